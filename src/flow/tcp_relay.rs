//! TCP allocations (RFC 6062): which connection to a TURN server carries which peer's bytes.
//!
//! ```text
//! control connection   Connect (peer) ──► · ◄── success, CONNECTION-ID      the client opens a connection to its peer
//!                      ◄── ConnectionAttempt (peer, CONNECTION-ID)          its peer opens one to the relayed address
//! data connection      ConnectionBind (CONNECTION-ID) ──► · ◄── success     from here on, the peer's bytes as they are
//! ```

use hashbrown::HashMap;

use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::wire::stun::Class;
use crate::wire::stun::Message;
use crate::wire::stun::Method;

/// The data connections of all TCP allocations.
#[derive(Debug, Default)]
pub(super) struct TcpRelays {
    /// Peers asked for, by control connection and transaction.
    asked: HashMap<(FlowId, [u8; 12]), TransportAddress>,
    /// By server and CONNECTION-ID.
    announced: HashMap<(TransportAddress, u32), Leg>,
    /// Data connections that asked for their bytes.
    awaiting: HashMap<FlowId, (Leg, Direction)>,
    bound: HashMap<FlowId, Bound>,
}

#[derive(Debug, Clone, Copy)]
struct Leg {
    control: FlowId,
    peer: TransportAddress,
}

/// A data connection whose bytes are a peer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    /// The conversation that the allocation was made on.
    pub(super) control: FlowId,
    /// The peer.
    pub(super) peer: TransportAddress,
    /// Which way the client's bytes run on the data connection.
    pub(super) client: Direction,
}

impl TcpRelays {
    /// Entries of each kind remembered; browsers open one connection per remote candidate.
    const KEPT: usize = 4_096;

    /// Learns from a TURN message between the ends of `tuple`. False when a bound was reached.
    pub(super) fn learn(
        &mut self,
        seen: Sighting,
        tuple: &FiveTuple,
        message: &Message<'_>,
    ) -> bool {
        let sender = tuple.source(seen.direction);
        let key = (seen.flow, message.transaction_id());
        match (message.method(), message.class()) {
            (Method::Connect, Class::Request) => match message.xor_peer_address() {
                Some(peer) => keep(&mut self.asked, key, peer),
                None => true,
            },
            (Method::Connect, Class::Success) => {
                let peer = self.asked.remove(&key);
                self.announce(seen.flow, sender, peer, message.connection_id())
            }
            (Method::Connect, Class::Error) => {
                self.asked.remove(&key);
                true
            }
            (Method::ConnectionAttempt, Class::Indication) => {
                let peer = message.xor_peer_address();
                self.announce(seen.flow, sender, peer, message.connection_id())
            }
            (Method::ConnectionBind, Class::Request) => {
                let server = tuple.destination(seen.direction);
                let id = message.connection_id();
                match id.and_then(|id| self.announced.get(&(server, id)).copied()) {
                    Some(leg) => keep(&mut self.awaiting, seen.flow, (leg, seen.direction)),
                    None => true,
                }
            }
            (Method::ConnectionBind, Class::Success) => match self.awaiting.remove(&seen.flow) {
                Some((Leg { control, peer }, client)) => {
                    let bound = Bound {
                        control,
                        peer,
                        client,
                    };
                    keep(&mut self.bound, seen.flow, bound)
                }
                None => true,
            },
            _ => true,
        }
    }

    fn announce(
        &mut self,
        control: FlowId,
        server: TransportAddress,
        peer: Option<TransportAddress>,
        id: Option<u32>,
    ) -> bool {
        match (peer, id) {
            (Some(peer), Some(id)) => {
                keep(&mut self.announced, (server, id), Leg { control, peer })
            }
            _ => true,
        }
    }

    /// Whose bytes a data connection carries.
    pub(super) fn bound(&self, flow: FlowId) -> Option<Bound> {
        if self.bound.is_empty() {
            return None;
        }
        self.bound.get(&flow).copied()
    }
}

fn keep<K: Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>, key: K, value: V) -> bool {
    let room = map.len() < TcpRelays::KEPT || map.contains_key(&key);
    if room {
        map.insert(key, value);
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::demux::Demux;
    use crate::flow::demux::FlowLimits;
    use crate::flow::observation::Observation;
    use crate::vocab::address::Transport;
    use crate::vocab::frame::Frame;
    use crate::vocab::frame::LinkType;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    fn address(last: u8, port: u16) -> TransportAddress {
        TransportAddress::new([192, 0, 2, last].into(), port)
    }

    /// A connection of the client's to the server, from that port.
    fn tuple(port: u16) -> FiveTuple {
        FiveTuple {
            transport: Transport::Tcp,
            a: address(1, port),
            b: address(20, 3478),
        }
    }

    /// A message with CONNECTION-ID and XOR-PEER-ADDRESS where they are given.
    fn message(kind: u16, id: Option<u32>, peer: Option<TransportAddress>) -> Vec<u8> {
        let mut attributes = Vec::new();
        if let Some(id) = id {
            attributes.extend([0x00, 0x2a, 0, 4]);
            attributes.extend(id.to_be_bytes());
        }
        if let Some(peer) = peer {
            let std::net::IpAddr::V4(ip) = peer.ip else {
                unreachable!("tests use IPv4")
            };
            attributes.extend([0x00, 0x12, 0, 8, 0, 1]);
            attributes.extend((peer.port ^ 0x2112).to_be_bytes());
            attributes.extend((u32::from(ip) ^ 0x2112_a442).to_be_bytes());
        }
        let length = (attributes.len() as u16).to_be_bytes();
        let head = [&kind.to_be_bytes()[..], &length, &[0x21, 0x12, 0xa4, 0x42]];
        [head.concat(), vec![9; 12], attributes].concat()
    }

    fn learn(
        relays: &mut TcpRelays,
        (flow, port): (u32, u16),
        direction: Direction,
        bytes: &[u8],
    ) -> bool {
        let seen = Sighting {
            at: Timestamp::default(),
            frame: FrameNumber::new(0, 1),
            flow: FlowId(flow),
            direction,
        };
        let message = Message::new(bytes).expect("a message");
        relays.learn(seen, &tuple(port), &message)
    }

    const CONTROL: (u32, u16) = (0, 5_000);
    const DATA: (u32, u16) = (1, 5_001);

    #[test]
    fn a_data_connection_is_bound_to_the_peer_that_was_asked_for() {
        let mut relays = TcpRelays::default();
        let peer = address(9, 7_000);
        let (ask, answer) = (Direction::Forward, Direction::Reverse);
        learn(
            &mut relays,
            CONTROL,
            ask,
            &message(0x000a, None, Some(peer)),
        );
        learn(
            &mut relays,
            CONTROL,
            answer,
            &message(0x010a, Some(77), None),
        );
        learn(&mut relays, DATA, ask, &message(0x000b, Some(77), None));
        assert_eq!(relays.bound(FlowId(1)), None);
        learn(&mut relays, DATA, answer, &message(0x010b, None, None));
        let bound = Bound {
            control: FlowId(0),
            peer,
            client: ask,
        };
        assert_eq!(relays.bound(FlowId(1)), Some(bound));
    }

    #[test]
    fn a_peer_that_connects_itself_is_bound_alike() {
        let mut relays = TcpRelays::default();
        let peer = address(9, 7_000);
        let (ask, answer) = (Direction::Forward, Direction::Reverse);
        learn(
            &mut relays,
            CONTROL,
            answer,
            &message(0x001c, Some(5), Some(peer)),
        );
        learn(&mut relays, DATA, ask, &message(0x000b, Some(5), None));
        learn(&mut relays, DATA, answer, &message(0x010b, None, None));
        assert_eq!(relays.bound(FlowId(1)).map(|bound| bound.peer), Some(peer));
    }

    #[test]
    fn an_id_that_nobody_announced_binds_nothing() {
        let mut relays = TcpRelays::default();
        learn(
            &mut relays,
            DATA,
            Direction::Forward,
            &message(0x000b, Some(5), None),
        );
        learn(
            &mut relays,
            DATA,
            Direction::Reverse,
            &message(0x010b, None, None),
        );
        assert_eq!(relays.bound(FlowId(1)), None);
    }

    /// A TCP segment in raw IP, from or to the server.
    fn segment(port: u16, direction: Direction, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let (client, server) = ([192, 0, 2, 1], [192, 0, 2, 20]);
        let (from, to, source, destination) = match direction {
            Direction::Forward => (client, server, port, 3478),
            Direction::Reverse => (server, client, 3478, port),
        };
        let total = (40 + payload.len()) as u16;
        let mut bytes = vec![0x45, 0];
        bytes.extend(total.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 64, 6, 0, 0]);
        bytes.extend([from, to].concat());
        bytes.extend(source.to_be_bytes());
        bytes.extend(u16::to_be_bytes(destination));
        bytes.extend(sequence.to_be_bytes());
        // Acknowledgment 1, header of five words, ACK, window.
        bytes.extend([0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn checks_on_a_data_connection_are_a_conversation_with_the_peer_inside_the_allocation() {
        let peer = address(9, 7_000);
        let (ask, answer) = (Direction::Forward, Direction::Reverse);
        let framed = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat();
        let request = framed(&message(0x0001, None, None));
        let success = framed(&message(0x0101, None, None));
        // The server's grant and the peer's first frame come in one segment.
        let granted = [message(0x010b, None, None), success.clone()].concat();
        let (bind, attempt) = (
            message(0x000b, Some(5), None),
            message(0x001c, Some(5), Some(peer)),
        );
        let script: [(u16, Direction, u32, &[u8]); 5] = [
            (5_000, ask, 1, &message(0x0003, None, None)),
            (5_000, answer, 1, &attempt),
            (5_001, ask, 1, &bind),
            (5_001, answer, 1, &granted),
            (5_001, ask, 1 + bind.len() as u32, &request),
        ];
        let mut demux = Demux::new(FlowLimits { flows: 16 });
        let mut told = Vec::new();
        for (number, (port, direction, sequence, payload)) in (1..).zip(script) {
            let data = segment(port, direction, sequence, payload);
            let frame = Frame {
                number: FrameNumber::new(0, number),
                at: Timestamp::from_nanos(number * 1_000_000),
                original_length: data.len() as u32,
                link: LinkType::RawIp,
                interface: 0,
                data: &data,
            };
            demux.push(&frame, &mut |seen, observation| {
                if let Observation::Stun { message, tuple, .. } = observation {
                    told.push((seen, message.message_type().to_string(), tuple));
                }
            });
        }
        let types: Vec<&str> = told.iter().map(|(_, kind, _)| kind.as_str()).collect();
        let expected = [
            "allocate-request",
            "connection-attempt-indication",
            "connection-bind-request",
            "connection-bind-success",
            "binding-success",
            "binding-request",
        ];
        assert_eq!(types, expected);
        let (seen, _, tuple) = &told[5];
        assert_eq!(
            (tuple.transport, tuple.destination(seen.direction)),
            (Transport::Tcp, peer)
        );
        let record = demux.table().get(seen.flow).expect("a conversation");
        let relayed = record.relayed.expect("inside TURN");
        assert_eq!((relayed.outer, relayed.in_connections), (FlowId(0), 2));
        assert!(demux.faults().is_empty());
    }

    #[test]
    fn the_tables_are_bounded() {
        let mut relays = TcpRelays::default();
        let kept = (0..5_000)
            .filter(|&id| {
                let bytes = message(0x001c, Some(id), Some(address(9, 7_000)));
                learn(&mut relays, CONTROL, Direction::Reverse, &bytes)
            })
            .count();
        assert_eq!(kept, TcpRelays::KEPT);
    }
}
