//! Sorts what conversations carry: by first bytes (RFC 7983, RFC 9443), confirmed by each conversation's history.
//!
//! ```text
//! frame ─► packet::decode ─► flow table ─► UDP payload ─► classify ─► Observation
//!                                     │          ▲
//!                                     └─► TCP ───┴── STUN and RFC 4571 frames; TURN's inner datagrams come back here
//! ```

mod quic;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::crypt::keylog::KeyLog;
use crate::crypt::tls::facts::{Facts, Opening};
use crate::flow::copies::{Copies, Seen};
use crate::flow::exchange::Exchange;
use crate::flow::exchange::Exchanges;
use crate::flow::fragments::{Fragments, Taken};
use crate::flow::observation::Observation;
use crate::flow::piggyback::Piggyback;
use crate::flow::quic::connections::Connections;
use crate::flow::relay::Relay;
use crate::flow::table::{FlowProtocol, FlowTable, Outer, Way};
use crate::flow::tcp::{Carried, Conversation, Shared, TcpConversations};
use crate::flow::tcp_relay::Bound;
use crate::flow::tcp_relay::TcpRelays;
use crate::flow::websocket::message::{Endpoint, Message as WebSocketMessage};
use crate::vocab::address::{Direction, FiveTuple, Transport, TransportAddress};
use crate::vocab::fault::{Fault, FaultLog, Layer};
use crate::vocab::frame::{Frame, LinkType};
use crate::vocab::ids::{FlowId, FrameNumber};
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::channel_data::ChannelData;
use crate::wire::datagram::{Kind, classify};
use crate::wire::dtls::probe::probe as probe_dtls;
use crate::wire::packet::{Body, Packet, Piece, decode, decode_whole, glance};
use crate::wire::rtcp::classify::{Classified, classify as classify_rtcp};
use crate::wire::span::Span;
use crate::wire::stun::{Class, Message};
use crate::wire::{dns, icmp, rtp, tcp, udp};

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

/// TLS connections that hold ciphertext until the key log has their secrets.
#[derive(Debug, Default)]
struct Waiting {
    flows: Vec<FlowId>,
    /// Has the key log grown since they were last asked?
    due: bool,
    /// Segments since then: asking costs a look at each, and is spread over as many.
    segments: usize,
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

    /// TCP conversations and the HTTP exchanges found in them.
    pub const fn tcp_conversations(&self) -> &TcpConversations {
        &self.tcp
    }

    /// The HTTP exchanges, taken out: the end of the capture.
    pub fn take_exchanges(&mut self) -> Vec<Exchange> {
        self.tcp.shared_mut().exchanges.take_all()
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
    pub fn push<S>(&mut self, frame: &Frame<'_>, sink: &mut S)
    where
        S: FnMut(Sighting, Observation<'_>),
    {
        self.push_known(frame, None, sink);
    }

    /// The same, with the conversation of its UDP datagram if [`Demux::glance`] gave it.
    #[inline]
    pub fn push_known<S>(
        &mut self,
        frame: &Frame<'_>,
        known: Option<(FlowId, Direction)>,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
        if frame.is_truncated() {
            self.counts.truncated_packets += 1;
        }
        let packet = decode(frame.link, frame.data, frame.original_length);
        self.packet(frame, known, &packet, 0, sink);
    }

    /// One packet, out of a frame or of `joined` generations of pieces.
    #[inline]
    fn packet<S>(
        &mut self,
        frame: &Frame<'_>,
        known: Option<(FlowId, Direction)>,
        packet: &Packet<'_>,
        joined: u8,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
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
    fn fragment<S>(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        piece: &Piece<'_>,
        joined: u8,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
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

    /// The capture is over: lets TCP conversations give what they still hold.
    pub fn finish<S>(&mut self, sink: &mut S)
    where
        S: FnMut(Sighting, Observation<'_>),
    {
        self.fragments.finish(&mut self.faults);
        self.ask_waiting(sink);
        for flow in self.tcp.flows() {
            self.with_conversation(flow, |demux, conversation, shared| {
                conversation.finish(flow, shared, &mut |carried, exchanges| {
                    demux.carried(flow, carried, exchanges, sink);
                });
                demux.count_late_secrets(flow, &shared.secrets.log);
            });
        }
        self.finish_quic(sink);
    }

    /// Secrets that came when their connection was no longer held for them are a limit of ours to show.
    fn count_late_secrets(&mut self, flow: FlowId, log: &KeyLog) {
        let facts = self.table.get(flow).and_then(|record| record.tls.as_ref());
        let closed = facts.filter(|facts| facts.opening == Opening::NoSecrets);
        let random = closed.and_then(|facts| facts.client_random);
        if random.is_some_and(|random| log.lines_for(&random) > 0) {
            let fault = Fault::new(Layer::Tls, "tls-secrets-too-late", 0);
            self.faults.record(fault, None);
        }
    }

    /// Lets connections try again whose secrets may have come.
    fn ask_waiting<S>(&mut self, sink: &mut S)
    where
        S: FnMut(Sighting, Observation<'_>),
    {
        (self.waiting.due, self.waiting.segments) = (false, 0);
        for flow in std::mem::take(&mut self.waiting.flows) {
            self.with_conversation(flow, |demux, conversation, shared| {
                conversation.secrets_came(flow, shared, &mut |carried, exchanges| {
                    demux.carried(flow, carried, exchanges, sink);
                });
            });
        }
    }

    /// Takes a conversation out while it is at work: what it carries comes back to this demultiplexer.
    fn with_conversation(
        &mut self,
        flow: FlowId,
        work: impl FnOnce(&mut Self, &mut Conversation, &mut Shared),
    ) {
        let Some(tuple) = self.table.get(flow).map(|record| record.tuple) else {
            return;
        };
        let mut conversation = self.tcp.take(flow, tuple);
        let mut shared = self.tcp.take_shared();
        work(self, &mut conversation, &mut shared);
        self.tcp.put_shared(shared);
        self.tcp.put(flow, conversation);
    }

    fn tcp<S>(&mut self, frame: &Frame<'_>, segment: &tcp::Segment<'_>, way: &Way, sink: &mut S)
    where
        S: FnMut(Sighting, Observation<'_>),
    {
        let (source, destination) = (segment.source, segment.destination);
        let entry = self
            .table
            .entry(frame, Transport::Tcp, source, destination, None);
        let Some((flow, direction)) = entry else {
            self.counts.other_packets += 1;
            return;
        };
        if way.again && self.table.is_mirrored(flow, direction) {
            self.counts.duplicate_packets += 1;
            return;
        }
        self.count(frame, flow, direction, way);
        if self.waiting.due {
            self.waiting.segments += 1;
            if self.waiting.segments >= self.waiting.flows.len() {
                self.ask_waiting(sink);
            }
        }
        self.with_conversation(flow, |demux, conversation, shared| {
            conversation.segment(
                (frame.at, frame.number),
                flow,
                direction,
                segment,
                shared,
                &mut |carried, exchanges| demux.carried(flow, carried, exchanges, sink),
            );
        });
    }

    /// Tells the sink what a TCP conversation carried.
    fn carried<S>(
        &mut self,
        flow: FlowId,
        carried: Carried<'_>,
        exchanges: &Exchanges,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
        match carried {
            Carried::Request(id) => {
                let Some(exchange) = exchanges.get(id) else {
                    return;
                };
                let Some(request) = &exchange.request else {
                    return;
                };
                let seen =
                    self.seen_by(flow, exchange.client, request.complete_at, &request.frames);
                sink(seen, Observation::HttpRequest { exchange });
            }
            Carried::Response(id) => {
                let Some(exchange) = exchanges.get(id) else {
                    return;
                };
                let Some(response) = &exchange.response else {
                    return;
                };
                let seen = self.seen_by(
                    flow,
                    exchange.server,
                    response.complete_at,
                    &response.frames,
                );
                sink(seen, Observation::HttpResponse { exchange });
            }
            Carried::Datagram {
                at,
                frame,
                direction,
                bytes,
            } => {
                let frame = Frame {
                    number: frame,
                    at,
                    original_length: bytes.len() as u32,
                    link: LinkType::RawIp,
                    interface: 0,
                    data: bytes,
                };
                let datagram = Datagram {
                    payload: bytes,
                    length: bytes.len(),
                    depth: 0,
                };
                if let Some(bound) = self.tcp_relays.bound(flow) {
                    self.peer_bytes(&frame, bound, direction, datagram, sink);
                } else {
                    self.datagram(&frame, flow, direction, datagram, sink);
                }
            }
            Carried::WebSocketMessage {
                exchange,
                client,
                message,
            } => {
                let exchange = exchange.and_then(|id| exchanges.get(id));
                self.websocket_message(flow, client, exchange, &message, sink);
            }
            Carried::WebSocketBegins => {
                self.counts.websocket_connections += 1;
                self.table.recognise(flow, FlowProtocol::WebSocket);
            }
            Carried::HttpBegins => self.table.recognise(flow, FlowProtocol::Http),
            Carried::Http2Begins => self.table.recognise(flow, FlowProtocol::Http2),
            Carried::Http3Begins => self.table.recognise(flow, FlowProtocol::Http3),
            Carried::TlsBegins => {
                self.counts.tls_connections += 1;
                self.table.recognise(flow, FlowProtocol::Tls);
            }
            Carried::Tls(facts) => self.tls_facts(flow, facts),
            Carried::TlsWaits => self.waiting.flows.push(flow),
            Carried::Fault(frame, fault) => self.faults.record(fault, Some(frame)),
        }
    }

    fn tls_facts(&mut self, flow: FlowId, facts: &Facts) {
        let Some(record) = self.table.get_mut(flow) else {
            return;
        };
        if facts.server_name.is_some() {
            record.server_name.clone_from(&facts.server_name);
        }
        let before = record.tls.take();
        let same = before
            .as_ref()
            .is_some_and(|before| before.client_random == facts.client_random);
        let was_open = same && before.is_some_and(|before| before.opening == Opening::Opened);
        if facts.opening == Opening::Opened && !was_open {
            self.counts.tls_decrypted += 1;
        }
        record.tls = Some(Box::new(facts.clone()));
    }

    fn websocket_message<S>(
        &mut self,
        flow: FlowId,
        client: Direction,
        exchange: Option<&Exchange>,
        message: &WebSocketMessage,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
        self.counts.websocket_messages += 1;
        let Some(tuple) = self.table.get(flow).map(|record| record.tuple) else {
            return;
        };
        let direction = match message.from {
            Endpoint::Client => client,
            Endpoint::Server => client.opposite(),
        };
        let sender = tuple.source(direction);
        let seen = self.seen_by(flow, sender, message.at, &message.frames);
        let url = exchange.map(Exchange::websocket_url);
        let observation = Observation::WebSocketMessage {
            message,
            exchange: exchange.map(|exchange| exchange.id),
            url: url.as_deref().filter(|url| !url.is_empty()),
            client: tuple.source(client),
            server: tuple.destination(client),
        };
        sink(seen, observation);
    }

    fn seen_by(
        &self,
        flow: FlowId,
        sender: TransportAddress,
        at: Timestamp,
        frames: &[FrameNumber],
    ) -> Sighting {
        let forward = self
            .table
            .get(flow)
            .is_none_or(|record| record.tuple.a == sender);
        Sighting {
            at,
            frame: frames.last().copied().unwrap_or(FrameNumber::new(0, 0)),
            flow,
            direction: if forward {
                Direction::Forward
            } else {
                Direction::Reverse
            },
        }
    }

    #[inline]
    fn udp<S>(
        &mut self,
        frame: &Frame<'_>,
        known: Option<(FlowId, Direction)>,
        udp: &udp::Datagram<'_>,
        way: &Way,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
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

    /// One UDP payload, inner datagram of TURN, or frame of a TCP stream that stands for a datagram.
    #[inline]
    fn datagram<S>(
        &mut self,
        frame: &Frame<'_>,
        flow: FlowId,
        direction: Direction,
        datagram: Datagram<'_>,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
        let seen = Sighting {
            at: frame.at,
            frame: frame.number,
            flow,
            direction,
        };
        let history = self.history(flow);
        let kind = classify(datagram.payload);
        if history.has(History::QUIC) && self.quic_in_disguise(seen, kind, datagram, sink) {
            return;
        }
        match kind {
            Kind::Rtp => self.rtp(seen, history, datagram, sink),
            Kind::Rtcp => self.rtcp(seen, history, datagram, sink),
            Kind::Stun => self.stun(frame, seen, datagram, sink),
            Kind::Dtls | Kind::DtlsUnified => self.dtls(seen, history, datagram, sink),
            Kind::ChannelData => self.channel_data(frame, seen, history, datagram, sink),
            Kind::Zrtp => self.table.recognise(flow, FlowProtocol::Zrtp),
            Kind::Quic => self.quic(seen, history, datagram, sink),
            Kind::Unknown => self.counts.other_packets += 1,
        }
    }

    #[inline]
    fn rtp<S>(&mut self, seen: Sighting, history: History, datagram: Datagram<'_>, sink: &mut S)
    where
        S: FnMut(Sighting, Observation<'_>),
    {
        match rtp::Header::of_span(Span::new(datagram.payload, datagram.length)) {
            Ok(header) => {
                self.counts.rtp_like += 1;
                if !history.has(History::RTP) {
                    self.remember(seen.flow, History::RTP);
                }
                sink(
                    seen,
                    Observation::Rtp {
                        header,
                        length: datagram.length,
                    },
                );
            }
            // Elsewhere a first byte of 128 to 191 promises nothing.
            Err(fault) if history.is_webrtc() => self.faults.record(fault, Some(seen.frame)),
            Err(_) => self.counts.other_packets += 1,
        }
    }

    fn rtcp<S>(&mut self, seen: Sighting, history: History, datagram: Datagram<'_>, sink: &mut S)
    where
        S: FnMut(Sighting, Observation<'_>),
    {
        let confirmed = history.is_webrtc() || history.has(History::RTP);
        let packet = classify_rtcp(datagram.payload);
        match packet {
            Classified::Plain(_) => {
                self.counts.rtcp_packets += 1;
                self.table.recognise(seen.flow, FlowProtocol::Rtcp);
            }
            Classified::Encrypted(_) if confirmed => {
                self.counts.srtcp_packets += 1;
                self.table.recognise(seen.flow, FlowProtocol::Srtcp);
            }
            Classified::Malformed { fault, .. } if confirmed => {
                self.faults.record(fault, Some(seen.frame));
                return;
            }
            _ => {
                self.counts.other_packets += 1;
                return;
            }
        }
        sink(seen, Observation::Rtcp { packet });
    }

    fn stun<S>(&mut self, frame: &Frame<'_>, seen: Sighting, datagram: Datagram<'_>, sink: &mut S)
    where
        S: FnMut(Sighting, Observation<'_>),
    {
        let read = if datagram.length > datagram.payload.len() {
            Message::new_cut(datagram.payload)
        } else {
            Message::new(datagram.payload)
        };
        let message = match read {
            Ok(message) => message,
            Err(fault) => {
                self.faults.record(fault, Some(seen.frame));
                return;
            }
        };
        for fault in message.faults() {
            self.faults.record(fault, Some(seen.frame));
        }
        self.table.recognise(seen.flow, FlowProtocol::Stun);
        self.remember(seen.flow, History::STUN);
        let Some(tuple) = self.table.get(seen.flow).map(|record| record.tuple) else {
            return;
        };
        let inner = self.turn(seen, &tuple, &message);
        sink(seen, Observation::Stun { message, tuple });
        for (seen, datagram) in self.piggyback.take(seen, &message) {
            let datagram = Datagram {
                payload: &datagram,
                length: datagram.len(),
                depth: 0,
            };
            self.dtls(seen, self.history(seen.flow), datagram, sink);
        }
        if let Some((peer, payload)) = inner {
            let inner = Datagram {
                payload,
                length: payload.len(),
                depth: datagram.depth + 1,
            };
            self.inner(frame, seen, &tuple, peer, inner, Wrapping::Indication, sink);
        }
    }

    /// Learns from a TURN message; gives what a Send or Data indication wraps.
    fn turn<'a>(
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

    fn channel_data<S>(
        &mut self,
        frame: &Frame<'_>,
        seen: Sighting,
        history: History,
        datagram: Datagram<'_>,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
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
        let inner = Datagram {
            payload,
            length: payload.len(),
            depth: datagram.depth + 1,
        };
        self.inner(frame, seen, &tuple, peer, inner, Wrapping::Channel, sink);
    }

    /// A frame on the data connection of a TCP allocation: the allocation's own conversation is the outer one.
    fn peer_bytes<S>(
        &mut self,
        frame: &Frame<'_>,
        bound: Bound,
        direction: Direction,
        datagram: Datagram<'_>,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
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
    fn inner<S>(
        &mut self,
        frame: &Frame<'_>,
        outer: Sighting,
        tuple: &FiveTuple,
        peer: TransportAddress,
        datagram: Datagram<'_>,
        wrapping: Wrapping,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
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

    fn dtls<S>(&mut self, seen: Sighting, history: History, datagram: Datagram<'_>, sink: &mut S)
    where
        S: FnMut(Sighting, Observation<'_>),
    {
        // A unified header (RFC 9147 §4) is three fixed bits: only where DTLS was seen in the clear before.
        let unified = datagram
            .payload
            .first()
            .is_some_and(|first| (0x20..0x40).contains(first));
        let accepted = if unified {
            history.has(History::DTLS)
        } else {
            probe_dtls(datagram.payload)
        };
        if !accepted {
            if history.has(History::DTLS) {
                let fault = Fault::new(Layer::Dtls, "dtls-record-malformed", 0);
                self.faults.record(fault, Some(seen.frame));
            } else {
                self.counts.other_packets += 1;
            }
            return;
        }
        self.table.recognise(seen.flow, FlowProtocol::Dtls);
        self.remember(
            seen.flow,
            if unified {
                History::DTLS_13
            } else {
                History::DTLS
            },
        );
        sink(
            seen,
            Observation::Dtls {
                datagram: datagram.payload,
                cut: datagram.length > datagram.payload.len(),
            },
        );
    }

    fn dns<S>(
        &mut self,
        frame: &Frame<'_>,
        flow: FlowId,
        direction: Direction,
        payload: &[u8],
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
        let Ok(message) = dns::Message::new(payload) else {
            self.counts.other_packets += 1;
            return;
        };
        self.counts.dns_messages += 1;
        let multicast = self.table.get(flow).is_some_and(|record| {
            record.tuple.a.port == MDNS_PORT || record.tuple.b.port == MDNS_PORT
        });
        let protocol = if multicast {
            FlowProtocol::Mdns
        } else {
            FlowProtocol::Dns
        };
        self.table.recognise(flow, protocol);
        let seen = Sighting {
            at: frame.at,
            frame: frame.number,
            flow,
            direction,
        };
        for (name, address) in message.addresses() {
            sink(seen, Observation::Name { name, address });
        }
    }

    fn icmp<S>(
        &mut self,
        frame: &Frame<'_>,
        message: &icmp::Message<'_>,
        reporter: Option<IpAddr>,
        sink: &mut S,
    ) where
        S: FnMut(Sighting, Observation<'_>),
    {
        self.counts.icmp_messages += 1;
        if !message.is_error() {
            return;
        }
        let Some(quote) = &message.quote else { return };
        let Some(tuple) = quote.five_tuple() else {
            return;
        };
        let Some((flow, direction)) = self.table.find(tuple.transport, tuple.a, tuple.b) else {
            return;
        };
        if let Some(record) = self.table.get_mut(flow) {
            record.icmp_errors += 1;
        }
        let seen = Sighting {
            at: frame.at,
            frame: frame.number,
            flow,
            direction,
        };
        let reporter = reporter.unwrap_or(tuple.b.ip);
        sink(
            seen,
            Observation::Icmp {
                reporter,
                quoted: quote.payload,
            },
        );
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

    fn relay_slot(&mut self, flow: FlowId) -> Option<&mut Option<Box<Relay>>> {
        if self.relays.len() <= flow.index() {
            self.relays.resize(flow.index() + 1, None);
        }
        self.relays.get_mut(flow.index())
    }
}

/// How an inner datagram was wrapped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapping {
    Indication,
    Channel,
    /// On a connection of its own (RFC 6062).
    Connection,
}

const DNS_PORT: u16 = 53;
const MDNS_PORT: u16 = 5353;

/// DNS has random ids in its first bytes, which pass for RTP: by port, before anything else.
const fn is_dns(source: u16, destination: u16) -> bool {
    matches!(source, DNS_PORT | MDNS_PORT) || matches!(destination, DNS_PORT | MDNS_PORT)
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
