//! One connection: packets of both sides, whichever addresses they travelled between.

use crate::crypt::quic::facts::Facts;
use crate::crypt::quic::session::Opened;
use crate::crypt::quic::session::Outcome;
use crate::crypt::quic::session::Session;
use crate::crypt::tls;
use crate::crypt::tls::session::Peer;
use crate::flow::exchange::Exchanges;
use crate::flow::http2::heads::Place;
use crate::flow::http3::connection::Http3Connection;
use crate::flow::quic::ordered::Ordered;
use crate::flow::quic::ranges::Ranges;
use crate::flow::quic::streams::Streams;
use crate::flow::tcp::Carried;
use crate::flow::tcp::Shared;
use crate::flow::tls_stream::TlsStream;
use crate::flow::tunnels::Tunnels;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::FlowId;
use crate::wire::quic::header::ConnectionId;
use crate::wire::quic::header::LongType;
use crate::wire::quic::header::Packet;

/// One connection.
#[derive(Debug)]
pub(in crate::flow) struct Connection {
    /// The conversation it began in, and its ends.
    pub(in crate::flow) flow: FlowId,
    pub(super) tuple: FiveTuple,
    /// The client's direction in it.
    pub(super) client: Direction,
    pub(super) session: Session,
    /// By sender and space: the handshake.
    pub(super) crypto: [[Crypto; 3]; 2],
    /// By sender and space: packets seen.
    pub(super) received: [[Ranges; 3]; 2],
    pub(super) streams: Streams,
    pub(super) http: Option<Box<Http3Connection>>,
    /// WebSocket connections inside (RFC 9220).
    pub(super) tunnels: Tunnels,
    /// Has the handshake told something since held packets were last tried?
    pub(super) learned: bool,
    /// Ids that were announced since they were last asked for, with the side that they name.
    pub(super) new_ids: Vec<(ConnectionId, Peer)>,
    /// Sides that wanted no id.
    nameless: [bool; 2],
    ids: usize,
    /// Conversations it was seen in besides its first.
    paths: Vec<FlowId>,
    held: Vec<Held>,
    held_bytes: usize,
    last: Place,
}

/// One side's handshake in packets of one kind.
#[derive(Debug, Default)]
pub(super) struct Crypto {
    pub(super) ordered: Ordered,
    /// Bytes of which no whole message is there yet.
    pub(super) joined: Vec<u8>,
}

/// A packet kept until secrets come.
#[derive(Debug)]
struct Held {
    from: Peer,
    place: Place,
    bytes: Vec<u8>,
    /// Length of the destination id, for short headers.
    id_length: usize,
    /// Does it carry streams? Those stay in order.
    application: bool,
}

impl Connection {
    /// Bytes held of one connection.
    const HELD: usize = 2 << 20;
    /// What a held packet counts for besides its bytes.
    const PACKET: usize = 64;
    /// Ids that it may have; endpoints keep two to eight at a time.
    const IDS: usize = 256;
    /// Conversations remembered.
    const PATHS: usize = 64;

    /// For a connection whose first packet was opened.
    pub(super) fn new(
        flow: FlowId,
        tuple: FiveTuple,
        client: Direction,
        session: Session,
        place: Place,
    ) -> Self {
        Self {
            flow,
            tuple,
            client,
            session,
            crypto: <[[Crypto; 3]; 2]>::default(),
            received: <[[Ranges; 3]; 2]>::default(),
            streams: Streams::default(),
            http: None,
            tunnels: Tunnels::default(),
            learned: false,
            new_ids: Vec::new(),
            nameless: [false; 2],
            ids: 0,
            paths: Vec::new(),
            held: Vec::new(),
            held_bytes: 0,
            last: place,
        }
    }

    /// Has something become known since the last time this was asked?
    pub(in crate::flow) fn take_news(&mut self) -> bool {
        self.session.take_news()
    }

    /// What its TLS handshake told, and what is known besides.
    pub(in crate::flow) const fn facts(&self) -> (&tls::facts::Facts, &Facts) {
        (self.session.tls(), self.session.facts())
    }

    /// Does it hold packets for want of secrets?
    pub(in crate::flow) const fn waits(&self) -> bool {
        !self.held.is_empty()
    }

    /// Does that side want no id?
    pub(super) fn is_nameless(&self, peer: Peer) -> bool {
        self.nameless[peer.index()]
    }

    /// That side wants no id.
    pub(super) fn has_no_name(&mut self, peer: Peer) {
        self.nameless[peer.index()] = true;
    }

    /// Counts an id; false when it has more than any endpoint keeps.
    pub(super) const fn take_id(&mut self) -> bool {
        self.ids += 1;
        self.ids <= Self::IDS
    }

    /// Ids announced since the last time, with the side that each names.
    pub(super) fn take_new_ids(&mut self) -> Vec<(ConnectionId, Peer)> {
        std::mem::take(&mut self.new_ids)
    }

    /// A packet of it came in this conversation.
    pub(super) fn seen_on(&mut self, flow: FlowId) {
        if flow != self.flow && self.paths.len() < Self::PATHS && !self.paths.contains(&flow) {
            self.paths.push(flow);
            self.session.facts_mut().migrations += 1;
        }
    }

    /// Takes the content of the packet that began it.
    pub(super) fn begin(
        &mut self,
        place: Place,
        opened: &Opened,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        self.frames(Peer::Client, place, opened, shared, sink);
    }

    /// Takes a packet; `id_length`: of its destination id, when its header is short. True when it opened.
    pub(super) fn packet(
        &mut self,
        from: Peer,
        place: Place,
        packet: &Packet<'_>,
        id_length: usize,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) -> bool {
        self.last = place;
        let (bytes, application) = match packet {
            Packet::Long(long) => (long.bytes, long.kind == LongType::ZeroRtt),
            Packet::Short(bytes) => (*bytes, true),
            Packet::Retry(retry) => return from == Peer::Server && self.session.retry(retry),
            Packet::Negotiation(..) => {
                self.session.facts_mut().negotiated = true;
                return true;
            }
            Packet::Other(_) => return false,
        };
        let held = Held {
            from,
            place,
            bytes: bytes.to_vec(),
            id_length,
            application,
        };
        let in_turn = application && self.held.iter().any(|held| held.application);
        let opened = if in_turn {
            self.hold(held, shared, sink);
            false
        } else {
            self.open(held, packet, shared, sink)
        };
        if std::mem::take(&mut self.learned) && self.waits() {
            self.release(shared, sink);
        }
        opened
    }

    /// The key log has grown: tries what was held for it.
    pub(super) fn secrets_came(
        &mut self,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        let random = self.session.tls().client_random;
        if random.is_some_and(|random| shared.secrets.log.lines_for(&random) > 0) {
            self.release(shared, sink);
        }
    }

    /// The capture is over: neither secrets nor packets will come.
    pub(super) fn finish(
        &mut self,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        self.session.resign();
        self.release(shared, sink);
        self.end_streams(self.last, shared, sink);
    }

    /// Opens a packet, or holds it. True when it opened.
    fn open(
        &mut self,
        held: Held,
        packet: &Packet<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) -> bool {
        let log = &shared.secrets.log;
        let outcome = match packet {
            Packet::Long(long) => self.session.open_long(held.from, long, log),
            _ => self
                .session
                .open_short(held.from, &held.bytes, held.id_length, log),
        };
        match outcome {
            Outcome::Opened(opened) => {
                self.frames(held.from, held.place, &opened, shared, sink);
                return true;
            }
            Outcome::SecretsMissing => self.hold(held, shared, sink),
            Outcome::Sealed(Some(fault)) => {
                sink(Carried::Fault(held.place.1, fault), &shared.exchanges);
            }
            Outcome::Sealed(None) => {}
        }
        false
    }

    fn hold(
        &mut self,
        held: Held,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        let bytes = held.bytes.len() + Self::PACKET;
        self.held.push(held);
        self.held_bytes += bytes;
        shared.secrets.held_bytes += bytes;
        if self.held_bytes > Self::HELD || shared.secrets.held_bytes > TlsStream::HELD_IN_ALL {
            self.session.resign();
            self.release(shared, sink);
        }
    }

    /// Tries all that was held; what still lacks its secrets is held again.
    fn release(&mut self, shared: &mut Shared, sink: &mut impl FnMut(Carried<'_>, &Exchanges)) {
        let secrets = &mut shared.secrets;
        secrets.held_bytes = secrets.held_bytes.saturating_sub(self.held_bytes);
        self.held_bytes = 0;
        for held in std::mem::take(&mut self.held) {
            let bytes = held.bytes.clone();
            let Ok((packet, _)) = Packet::split(&bytes) else {
                continue;
            };
            if held.application && self.held.iter().any(|held| held.application) {
                self.hold(held, shared, sink);
            } else {
                self.open(held, &packet, shared, sink);
            }
        }
    }
}
