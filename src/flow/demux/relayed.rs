//! The demultiplexer's side of TURN: what a client and its server wrap for peers is unwrapped, and sorted like any datagram.

use super::Datagram;
use super::Demux;
use super::History;
use super::Sink;

use std::net::IpAddr;
use std::net::Ipv4Addr;

use crate::flow::observation::Observation;
use crate::flow::relay::Relay;
use crate::flow::table::FlowProtocol;
use crate::flow::table::Outer;
use crate::flow::table::Way;
use crate::flow::tcp_relay::Bound;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::wire::channel_data::ChannelData;
use crate::wire::datagram::Kind;
use crate::wire::datagram::classify;
use crate::wire::dtls::probe::probe as probe_dtls;
use crate::wire::rtp;
use crate::wire::stun::Class;
use crate::wire::stun::Message;

impl Demux {
    /// Learns from a TURN message; gives what a Send or Data indication wraps.
    pub(super) fn turn<'a>(
        &mut self,
        seen: Sighting,
        tuple: &FiveTuple,
        message: &Message<'a>,
    ) -> Option<(TransportAddress, &'a [u8])> {
        if !message.method().is_turn() {
            return None;
        }
        if !self.tcp_relays.learn(seen, tuple, message) {
            let fault = Fault::new(Layer::Stun, "stun-too-many-turn-connections", 0);
            self.faults.record(fault, Some(seen.frame));
        }
        self.remember(seen.flow, History::TURN);
        let relay = self.relay_slot(seen.flow)?;
        relay
            .get_or_insert_with(|| Box::new(Relay::new(message, seen.direction)))
            .learn(message);
        if message.class() != Class::Indication {
            return None;
        }
        message.xor_peer_address().zip(message.data())
    }

    pub(super) fn channel_data(
        &mut self,
        frame: &Frame<'_>,
        seen: Sighting,
        history: History,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) {
        let view = match ChannelData::new(datagram.payload) {
            Ok(view) if history.has(History::TURN) || stands_alone(&view, datagram.payload) => view,
            Err(fault) if history.has(History::TURN) => {
                self.faults.record(fault, Some(seen.frame));
                return;
            }
            _ => {
                self.counts.other_packets += 1;
                return;
            }
        };
        self.counts.channel_data += 1;
        self.remember(seen.flow, History::TURN);
        self.table.recognise(seen.flow, FlowProtocol::ChannelData);
        let Some(tuple) = self.table.get(seen.flow).map(|record| record.tuple) else {
            return;
        };
        let (number, payload) = (view.number, view.data);
        sink(
            seen,
            Observation::ChannelData {
                number,
                length: payload.len(),
                tuple,
            },
        );
        let Some(slot) = self.relay_slot(seen.flow) else {
            return;
        };
        let relay = slot.get_or_insert_with(|| Box::new(Relay::guessed(&tuple)));
        // A channel whose binding was not seen still has one peer: the port tells channels apart until the address is known.
        let unknown = TransportAddress::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), number);
        let peer = relay.peer(number).unwrap_or(unknown);
        let inner = Datagram::whole(payload, datagram.depth + 1);
        self.inner(frame, seen, &tuple, peer, inner, Wrapping::Channel, sink);
    }

    /// A frame on the data connection of a TCP allocation: the allocation's own conversation is the outer one.
    pub(super) fn peer_bytes(
        &mut self,
        frame: &Frame<'_>,
        bound: Bound,
        direction: Direction,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) {
        let relay = self.relays.get(bound.control.index());
        let record = self.table.get(bound.control);
        let (Some(Some(relay)), Some(record)) = (relay, record) else {
            return;
        };
        let (client, tuple) = (relay.client, record.tuple);
        let outer = Sighting {
            at: frame.at,
            frame: frame.number,
            flow: bound.control,
            direction: if direction == bound.client {
                client
            } else {
                client.opposite()
            },
        };
        let inner = Datagram {
            depth: datagram.depth + 1,
            ..datagram
        };
        let wrapping = Wrapping::Connection;
        self.inner(frame, outer, &tuple, bound.peer, inner, wrapping, sink);
    }

    /// A datagram between a TURN client and its peer: a conversation of its own, inside the outer one.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call, spelled out: what, where, how wrapped"
    )]
    pub(super) fn inner(
        &mut self,
        frame: &Frame<'_>,
        outer: Sighting,
        tuple: &FiveTuple,
        peer: TransportAddress,
        datagram: Datagram<'_>,
        wrapping: Wrapping,
        sink: &mut impl Sink,
    ) {
        if datagram.depth > Self::DEPTH {
            let fault = Fault::new(Layer::Stun, "stun-relay-nested-too-deep", 0);
            self.faults.record(fault, Some(frame.number));
            return;
        }
        let Some(relay) = self
            .relays
            .get(outer.flow.index())
            .and_then(Option::as_deref)
        else {
            return;
        };
        let near = relay.near_end(tuple);
        let transport = match wrapping {
            Wrapping::Connection => Transport::Tcp,
            Wrapping::Indication | Wrapping::Channel => Transport::Udp,
        };
        let from_client = outer.direction == relay.client;
        let (source, destination) = if from_client {
            (near, peer)
        } else {
            (peer, near)
        };
        let within = Outer {
            flow: outer.flow,
            from_client,
        };
        let entry = self
            .table
            .entry(frame, transport, source, destination, Some(within));
        let Some((flow, direction)) = entry else {
            return;
        };
        self.table.count(
            flow,
            direction,
            frame.at,
            datagram.length as u32,
            &Way::default(),
        );
        if let Some(relayed) = self
            .table
            .get_mut(flow)
            .and_then(|record| record.relayed.as_mut())
        {
            match wrapping {
                Wrapping::Indication => relayed.in_indications += 1,
                Wrapping::Channel => relayed.in_channel_data += 1,
                Wrapping::Connection => relayed.in_connections += 1,
            }
        }
        self.datagram(frame, flow, direction, datagram, sink);
    }

    pub(super) fn relay_slot(&mut self, flow: FlowId) -> Option<&mut Option<Box<Relay>>> {
        if self.relays.len() <= flow.index() {
            self.relays.resize(flow.index() + 1, None);
        }
        self.relays.get_mut(flow.index())
    }
}

/// How an inner datagram was wrapped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapping {
    Indication,
    Channel,
    /// On a connection of its own (RFC 6062).
    Connection,
}

/// ChannelData on a conversation where no TURN message was seen: the length must fit to the byte and the inside must be
/// something that TURN carries in a call.
fn stands_alone(view: &ChannelData<'_>, payload: &[u8]) -> bool {
    let exact = payload.len() - 4 - view.data.len() < 4;
    let known = match classify(view.data) {
        Kind::Stun => true,
        Kind::Dtls | Kind::DtlsUnified => probe_dtls(view.data),
        Kind::Rtp => rtp::probe(view.data),
        _ => false,
    };
    exact && known && (0x4000..0x5000).contains(&view.number)
}
