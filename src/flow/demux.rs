//! Sorts what conversations carry: by first bytes (RFC 7983, RFC 9443), confirmed by each conversation's history.
//!
//! ```text
//! frame ─► packet::decode ─► flow table ─► UDP payload ─► classify ─► Observation
//!                                     │          ▲
//!                                     └─► TCP ───┴── STUN and RFC 4571 frames; TURN's inner datagrams come back here
//! ```

mod datagrams;
mod quic;
mod relayed;
mod streams;

use std::sync::Arc;

use crate::crypt::keylog::KeyLog;
use crate::flow::copies::Copies;
use crate::flow::copies::Seen;
use crate::flow::demux::datagrams::is_dns;
use crate::flow::demux::streams::Waiting;
use crate::flow::exchange::Exchange;
use crate::flow::fragments::Fragments;
use crate::flow::fragments::Taken;
use crate::flow::observation::Observation;
use crate::flow::piggyback::Piggyback;
use crate::flow::quic::connections::Connections;
use crate::flow::relay::Relay;
use crate::flow::table::FlowRecord;
use crate::flow::table::FlowTable;
use crate::flow::table::Way;
use crate::flow::tcp::TcpConversations;
use crate::flow::tcp_relay::TcpRelays;
use crate::vocab::address::Direction;
use crate::vocab::address::Transport;
use crate::vocab::fault::Fault;
use crate::vocab::fault::FaultLog;
use crate::vocab::fault::Layer;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::wire::packet::Body;
use crate::wire::packet::Packet;
use crate::wire::packet::Piece;
use crate::wire::packet::decode;
use crate::wire::packet::decode_whole;
use crate::wire::packet::glance;
use crate::wire::span::Span;
use crate::wire::udp;

/// Bounds of the flow floor's tables.
#[derive(Debug, Clone, Copy)]
pub struct FlowLimits {
    /// Conversations.
    pub flows: usize,
}

/// Packets and messages that the demultiplexer counts itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlowCounts {
    /// ICMP and ICMPv6 messages.
    pub icmp_messages: u64,
    /// DNS and mDNS messages.
    pub dns_messages: u64,
    /// ChannelData messages.
    pub channel_data: u64,
    /// Plain RTCP datagrams.
    pub rtcp_packets: u64,
    /// SRTCP datagrams.
    pub srtcp_packets: u64,
    /// Packets that read as RTP by their header.
    pub rtp_like: u64,
    /// Packets of no protocol known here.
    pub other_packets: u64,
    /// Packets that were captured before, and are not counted anywhere else.
    pub duplicate_packets: u64,
    /// Packets cut by the snap length.
    pub truncated_packets: u64,
    /// TLS connections.
    pub tls_connections: u64,
    /// Those of them that keys opened.
    pub tls_decrypted: u64,
    /// QUIC connections.
    pub quic_connections: u64,
    /// Those of them that keys opened.
    pub quic_decrypted: u64,
    /// WebSocket connections.
    pub websocket_connections: u64,
    /// WebSocket messages, without control frames.
    pub websocket_messages: u64,
}

/// What a conversation was seen to carry, as bits: the history that confirms a first byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct History(u8);

impl History {
    const STUN: u8 = 1;
    const DTLS: u8 = 2;
    const TURN: u8 = 4;
    const QUIC: u8 = 8;
    const RTP: u8 = 16;
    const DTLS_13: u8 = 32;

    const fn has(self, bits: u8) -> bool {
        self.0 & bits != 0
    }

    /// STUN or DTLS ran here, so media and SRTCP may.
    const fn is_webrtc(self) -> bool {
        self.has(Self::STUN | Self::DTLS)
    }
}

/// Frames in, observations out.
#[derive(Debug)]
pub struct Demux {
    table: FlowTable,
    histories: Vec<History>,
    /// Conversations that carried what reads as RTP.
    media_flows: usize,
    relays: Vec<Option<Box<Relay>>>,
    tcp_relays: TcpRelays,
    piggyback: Piggyback,
    tcp: TcpConversations,
    /// `None` while one of them is at work.
    quic: Option<Box<Connections>>,
    waiting: Waiting,
    fragments: Fragments,
    copies: Copies,
    counts: FlowCounts,
    faults: FaultLog,
}

/// One datagram on its way through the demultiplexer.
#[derive(Clone, Copy)]
struct Datagram<'a> {
    payload: &'a [u8],
    /// Length on the wire; more than `payload` when the snap length cut it.
    length: usize,
    /// How many TURN legs it is inside.
    depth: u8,
}

impl<'a> Datagram<'a> {
    /// One of which all is there.
    const fn whole(payload: &'a [u8], depth: u8) -> Self {
        Self {
            payload,
            length: payload.len(),
            depth,
        }
    }
}

/// Takes what frames carried, as it is found.
pub trait Sink: FnMut(Sighting, Observation<'_>) {}

impl<F: FnMut(Sighting, Observation<'_>)> Sink for F {}

impl Demux {
    /// TURN inside TURN is opened this deep.
    const DEPTH: u8 = 3;

    /// Pieces of packets in pieces: a tunnel's, and those of the packet in it.
    const JOINED: u8 = 3;

    /// An empty demultiplexer with these bounds.
    pub fn new(limits: FlowLimits) -> Self {
        Self {
            table: FlowTable::new(limits.flows),
            histories: Vec::new(),
            media_flows: 0,
            relays: Vec::new(),
            tcp_relays: TcpRelays::default(),
            piggyback: Piggyback::default(),
            tcp: TcpConversations::default(),
            quic: None,
            waiting: Waiting::default(),
            fragments: Fragments::default(),
            copies: Copies::default(),
            counts: FlowCounts::default(),
            faults: FaultLog::default(),
        }
    }

    /// The conversations.
    pub const fn table(&self) -> &FlowTable {
        &self.table
    }

    /// The conversations, to note what trackers found in them.
    pub const fn table_mut(&mut self) -> &mut FlowTable {
        &mut self.table
    }

    /// Conversations that carried what reads as RTP.
    pub const fn media_flows(&self) -> usize {
        self.media_flows
    }

    /// TCP conversations and the HTTP exchanges found in them.
    pub const fn tcp_conversations(&self) -> &TcpConversations {
        &self.tcp
    }

    /// The HTTP exchanges, taken out: the end of the capture.
    pub fn take_exchanges(&mut self) -> Vec<Exchange> {
        self.tcp.shared_mut().exchanges.take_all()
    }

    /// Uses the room of what an earlier one kept, for as much again.
    pub fn use_room(&mut self, records: Vec<FlowRecord>, exchanges: Vec<Exchange>) {
        self.table.use_room(records);
        self.tcp.shared_mut().exchanges.use_room(exchanges);
    }

    /// Frees what TCP conversations hold, but for what they counted: the end of the capture.
    pub fn forget_tcp(&mut self) {
        self.tcp.forget();
    }

    /// Replaces the key log by a larger one. Connections that waited for it are read before the next TCP segment, or soon after.
    pub fn set_key_log(&mut self, log: Arc<KeyLog>) {
        self.waiting.due |= !log.is_empty();
        if !log.is_empty()
            && let Some(quic) = &mut self.quic
        {
            quic.secrets_are_due();
        }
        self.tcp.shared_mut().secrets.log = log;
    }

    /// Counters.
    pub const fn counts(&self) -> FlowCounts {
        let mut counts = self.counts;
        counts.other_packets += self.fragments.given_up();
        counts
    }

    /// How full the lists are that turn away what they have no room for: 1 is full.
    pub fn fullness(&self) -> f64 {
        let quic = self.quic.as_ref().map_or(0.0, |it| it.fullness());
        let flows = self.table.fullness();
        self.tcp.fullness().max(quic).max(flows)
    }

    /// Malformed input met on this floor and below.
    pub const fn faults(&self) -> &FaultLog {
        &self.faults
    }

    /// A quick look at a frame to come: the conversation of its UDP datagram, which way it runs, and its payload.
    #[inline]
    pub fn glance<'a>(&self, frame: &Frame<'a>) -> Option<(FlowId, Direction, &'a [u8])> {
        let (source, destination, payload) = glance(frame.link, frame.data)?;
        let (flow, direction) = self.table.find(Transport::Udp, source, destination)?;
        Some((flow, direction, payload))
    }

    /// Takes one frame; tells `sink` what it carried.
    #[inline]
    pub fn push(&mut self, frame: &Frame<'_>, sink: &mut impl Sink) {
        self.push_known(frame, None, sink);
    }

    /// The same, with the conversation of its UDP datagram if [`Demux::glance`] gave it.
    #[inline]
    pub fn push_known(
        &mut self,
        frame: &Frame<'_>,
        known: Option<(FlowId, Direction)>,
        sink: &mut impl Sink,
    ) {
        if frame.is_truncated() {
            self.counts.truncated_packets += 1;
        }
        let packet = decode(frame.link, frame.data, frame.original_length);
        self.packet(frame, known, &packet, 0, sink);
    }

    /// One packet, out of a frame or of `joined` generations of pieces.
    #[inline]
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        known: Option<(FlowId, Direction)>,
        packet: &Packet<'_>,
        joined: u8,
        sink: &mut impl Sink,
    ) {
        let seen = self.copies.look(frame, packet);
        if seen == Seen::Elsewhere {
            self.counts.duplicate_packets += 1;
            return;
        }
        if let Some(fault) = packet.fault {
            self.faults.record(fault, Some(frame.number));
        }
        let way = Way {
            ttl: packet.ip.map_or(0, |ip| ip.hop_limit),
            encapsulation: packet.encapsulation,
            again: seen == Seen::Here,
        };
        match &packet.body {
            Body::Udp(datagram) => {
                // The glance saw the outermost datagram.
                let known = known.filter(|_| packet.encapsulation.is_empty());
                self.udp(frame, known, datagram, &way, sink);
            }
            Body::Tcp(segment) => self.tcp(frame, segment, &way, sink),
            // Errors quote what caused them, so that two are never the same by chance.
            Body::Icmp(_) if way.again => self.counts.duplicate_packets += 1,
            Body::Icmp(message) => {
                self.icmp(frame, message, packet.ip.map(|ip| ip.source), sink);
            }
            Body::Fragment(piece) => self.fragment(frame, packet, piece, joined, sink),
            Body::Unreadable(fault) => {
                self.faults.record(*fault, Some(frame.number));
                self.counts.other_packets += 1;
            }
            Body::UnsupportedLink(_) => {
                let fault = Fault::new(Layer::Link, "link-type-unsupported", 0);
                self.faults.record(fault, Some(frame.number));
                self.counts.other_packets += 1;
            }
            Body::OtherIp { .. } | Body::NotIp { .. } => {
                self.counts.other_packets += 1;
            }
        }
    }

    /// A piece of a packet; the last one missing brings the whole, as if it had come in that piece's frame.
    #[cold]
    fn fragment(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        piece: &Piece<'_>,
        joined: u8,
        sink: &mut impl Sink,
    ) {
        if joined >= Self::JOINED {
            let fault = Fault::new(Layer::Ip, "ip-fragments-nested-too-deep", 0);
            self.faults.record(fault, Some(frame.number));
            return;
        }
        let Some(ip) = &packet.ip else { return };
        let whole = match self.fragments.take(frame, ip, piece, &mut self.faults) {
            Taken::Whole(whole) => whole,
            Taken::Copy => {
                self.counts.duplicate_packets += 1;
                return;
            }
            Taken::Held => return,
        };
        let frame = Frame {
            original_length: whole.frame_bytes,
            ..*frame
        };
        let payload = Span::new(&whole.payload, whole.length);
        let inner = decode_whole(piece.version, &whole.ip, payload, packet);
        self.packet(&frame, None, &inner, joined + 1, sink);
    }

    #[inline]
    fn udp(
        &mut self,
        frame: &Frame<'_>,
        known: Option<(FlowId, Direction)>,
        udp: &udp::Datagram<'_>,
        way: &Way,
        sink: &mut impl Sink,
    ) {
        let (source, destination) = (udp.source, udp.destination);
        let entry = known.or_else(|| {
            self.table
                .entry(frame, Transport::Udp, source, destination, None)
        });
        let Some((flow, direction)) = entry else {
            self.counts.other_packets += 1;
            return;
        };
        if way.again && self.table.is_mirrored(flow, direction) {
            self.counts.duplicate_packets += 1;
            return;
        }
        self.count(frame, flow, direction, way);
        if is_dns(source.port, destination.port) {
            self.dns(frame, flow, direction, udp.payload, sink);
            return;
        }
        let datagram = Datagram {
            payload: udp.payload,
            length: udp.payload.len() + udp.cut_bytes as usize,
            depth: 0,
        };
        self.datagram(frame, flow, direction, datagram, sink);
    }

    #[inline]
    fn count(&mut self, frame: &Frame<'_>, flow: FlowId, direction: Direction, way: &Way) {
        self.table
            .count(flow, direction, frame.at, frame.original_length, way);
    }

    #[inline]
    fn history(&self, flow: FlowId) -> History {
        self.histories
            .get(flow.index())
            .copied()
            .unwrap_or_default()
    }

    fn remember(&mut self, flow: FlowId, bits: u8) {
        if self.histories.len() <= flow.index() {
            self.histories.resize(flow.index() + 1, History::default());
        }
        self.histories[flow.index()].0 |= bits;
    }
}
