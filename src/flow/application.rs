//! What runs on a TCP connection, told by its first bytes: HTTP/1.1, HTTP/2, WebSocket, STUN and TURN, RFC 4571 frames, and TLS with any of
//! these inside.

use crate::flow::exchange::Exchanges;
use crate::flow::exchange::Scheme;
use crate::flow::http2::connection::Http2Connection;
use crate::flow::reassembly::Chunk;
use crate::flow::tcp::Carried;
use crate::flow::tcp::Shared;
use crate::flow::tls_stream::TlsEvent;
use crate::flow::tls_stream::TlsStream;
use crate::flow::web::Http2Web;
use crate::flow::web::WebConnection;
use crate::flow::web::run_websocket;
use crate::flow::websocket::connection::WebSocketConnection;
use crate::flow::websocket::message::Endpoint;
use crate::flow::websocket::sniff;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::FlowId;
use crate::wire::http1::sniff::Sniff;
use crate::wire::http1::sniff::looks_like_http;
use crate::wire::http2;
use crate::wire::stun::framing::Framing;
use crate::wire::stun::framing::Front;

/// What runs on a connection, or inside its TLS.
#[derive(Debug, Default)]
pub(super) struct Application {
    kind: Kind,
    /// Payload chunks looked at without recognising anything.
    tried: u8,
    /// Is it inside TLS?
    secure: bool,
}

/// The connection it runs on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) flow: FlowId,
    pub(super) tuple: FiveTuple,
}

#[derive(Debug)]
enum Kind {
    /// Not recognised yet; `midway`: its beginning is not in the capture.
    Unknown { midway: bool },
    /// HTTP/1.1, and what it becomes.
    Http(Box<WebConnection>),
    /// HTTP/2 from its first byte on, or joined midway.
    Http2(Box<Http2Web>),
    /// WebSocket whose handshake is not in the capture.
    WebSocket(Box<WebSocketConnection>),
    /// Datagrams in frames; what is not a whole frame yet, by direction.
    Framed(Framing, [Vec<u8>; 2]),
    /// TLS.
    Tls(Box<Secured>),
    /// Something else.
    Opaque,
}

/// A TLS connection and what runs inside.
#[derive(Debug)]
struct Secured {
    stream: TlsStream,
    inside: Application,
    /// Was it told that this connection waits for secrets?
    listed: bool,
}

impl Default for Kind {
    fn default() -> Self {
        Self::Unknown { midway: true }
    }
}

impl Application {
    /// Payload chunks after which an unrecognised connection is left alone.
    const TRIES: u8 = 64;
    /// Bytes buffered of an unfinished frame; a frame is at most 65 537 long.
    const FRAME_KEPT: usize = 1 << 17;

    /// Takes the next chunk of one direction.
    pub(super) fn take(
        &mut self,
        ends: Ends,
        direction: Direction,
        chunk: Chunk<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        if let Chunk::Start { midway, .. } = chunk {
            self.resign(ends, shared, sink);
            // A conversation whose ports are used again keeps its HTTP state machine, which starts over by itself.
            if !matches!(self.kind, Kind::Http(_)) {
                self.kind = Kind::Unknown { midway };
                self.tried = 0;
                return;
            }
        }
        if let (Kind::Unknown { midway }, Chunk::Data { at, frame, bytes }) = (&self.kind, chunk) {
            let midway = *midway;
            self.recognise(ends, direction, bytes, midway, shared);
            match &mut self.kind {
                Kind::Http(web) => {
                    sink(Carried::HttpBegins, &shared.exchanges);
                    let start = Chunk::Start { at, frame, midway };
                    web.observe(direction, start, shared, sink);
                }
                Kind::Http2(_) => sink(Carried::Http2Begins, &shared.exchanges),
                Kind::WebSocket(_) => sink(Carried::WebSocketBegins, &shared.exchanges),
                Kind::Tls(_) => sink(Carried::TlsBegins, &shared.exchanges),
                _ => {}
            }
        }
        match &mut self.kind {
            Kind::Http(web) => web.observe(direction, chunk, shared, sink),
            Kind::Http2(web) => web.observe(direction, chunk, shared, sink),
            Kind::WebSocket(connection) => {
                run_websocket(connection, None, direction, chunk, shared, sink);
            }
            Kind::Framed(framing, buffers) => {
                let buffer = &mut buffers[direction.index()];
                let peers = run_framed(*framing, buffer, direction, chunk, &shared.exchanges, sink);
                if let (Some(rest), Chunk::Data { at, frame, .. }) = (peers, chunk) {
                    // Anything may follow: what it is, its first bytes tell, as on any connection.
                    self.kind = Kind::Unknown { midway: false };
                    self.tried = 0;
                    let bytes = rest.as_slice();
                    if !bytes.is_empty() {
                        let chunk = Chunk::Data { at, frame, bytes };
                        self.take(ends, direction, chunk, shared, sink);
                    }
                }
            }
            Kind::Tls(secured) => {
                let events = secured.stream.take(direction, chunk, &mut shared.secrets);
                secured.deliver(&events, ends, shared, sink);
            }
            Kind::Unknown { .. } | Kind::Opaque => {}
        }
    }

    /// The key log has grown.
    pub(super) fn secrets_came(
        &mut self,
        ends: Ends,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        if let Kind::Tls(secured) = &mut self.kind {
            secured.listed = false;
            let events = secured.stream.secrets_came(&mut shared.secrets);
            secured.deliver(&events, ends, shared, sink);
        }
    }

    /// No more secrets will come for this connection.
    pub(super) fn resign(
        &mut self,
        ends: Ends,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        if let Kind::Tls(secured) = &mut self.kind {
            let events = secured.stream.resign(&mut shared.secrets);
            secured.deliver(&events, ends, shared, sink);
            sink(Carried::Tls(secured.stream.facts()), &shared.exchanges);
        }
    }

    /// The connection is over: what HTTP needed to read on is of no more use.
    pub(super) fn rest(&mut self) {
        if let Kind::Http(_) = self.kind {
            self.kind = Kind::Opaque;
        }
    }

    #[cfg(test)]
    pub(super) const fn is_at_rest(&self) -> bool {
        matches!(self.kind, Kind::Opaque)
    }

    fn recognise(
        &mut self,
        ends: Ends,
        direction: Direction,
        bytes: &[u8],
        midway: bool,
        shared: &mut Shared,
    ) {
        let scheme = if self.secure {
            Scheme::Https
        } else {
            Scheme::Http
        };
        if matches!(looks_like_http(bytes), Sniff::Request | Sniff::Response) {
            let web = WebConnection::new(ends.flow, ends.tuple, scheme);
            self.kind = Kind::Http(Box::new(web));
        } else if let Some(sniff) = http2::sniff(bytes, midway) {
            let connection = match sniff {
                http2::Sniff::Preface => {
                    Http2Connection::new(ends.flow, ends.tuple, scheme).with_client(direction)
                }
                http2::Sniff::Settings => Http2Connection::new(ends.flow, ends.tuple, scheme),
                http2::Sniff::Frames => Http2Connection::midway(ends.flow, ends.tuple, scheme),
            };
            self.kind = Kind::Http2(Box::new(Http2Web::new(connection)));
        } else if midway && let Some(from) = sniff::begins(bytes) {
            let client = match from {
                Endpoint::Client => direction,
                Endpoint::Server => direction.opposite(),
            };
            let connection = WebSocketConnection::midway(client, &mut shared.websockets);
            self.kind = Kind::WebSocket(Box::new(connection));
        } else if let Ok(framing) = Framing::sniff(bytes) {
            self.kind = Kind::Framed(framing, [Vec::new(), Vec::new()]);
        } else if !self.secure && (TlsStream::begins(bytes) || midway && TlsStream::goes_on(bytes))
        {
            self.kind = Kind::Tls(Box::new(Secured {
                stream: TlsStream::default(),
                inside: Self {
                    secure: true,
                    ..Self::default()
                },
                listed: false,
            }));
        } else {
            self.tried += 1;
            if self.tried >= Self::TRIES {
                self.kind = Kind::Opaque;
            }
        }
    }
}

impl Secured {
    /// Hands plaintext to what runs inside, and tells what is new about the connection.
    fn deliver(
        &mut self,
        events: &[TlsEvent],
        ends: Ends,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        if let Some(facts) = self.stream.news() {
            sink(Carried::Tls(facts), &shared.exchanges);
        }
        for event in events {
            if let TlsEvent::Fault(frame, fault) = event {
                sink(Carried::Fault(*frame, *fault), &shared.exchanges);
            } else if let Some((direction, chunk)) = event.chunk() {
                self.inside.take(ends, direction, chunk, shared, sink);
                if let TlsEvent::Start(_, client) = event
                    && self.stream.facts().alpn.as_deref() == Some("h2")
                {
                    let connection = Http2Connection::new(ends.flow, ends.tuple, Scheme::Https);
                    let web = Http2Web::new(connection.with_client(*client));
                    self.inside.kind = Kind::Http2(Box::new(web));
                    sink(Carried::Http2Begins, &shared.exchanges);
                }
            }
        }
        if self.stream.waits() && !self.listed {
            self.listed = true;
            sink(Carried::TlsWaits, &shared.exchanges);
        }
    }
}

/// Takes whole frames out. Gives what is behind a ConnectionBind that was granted: from there on the bytes are a peer's (RFC 6062 §4.4).
fn run_framed(
    framing: Framing,
    buffer: &mut Vec<u8>,
    direction: Direction,
    chunk: Chunk<'_>,
    exchanges: &Exchanges,
    sink: &mut impl FnMut(Carried<'_>, &Exchanges),
) -> Option<Vec<u8>> {
    let (at, frame, bytes) = match chunk {
        Chunk::Data { at, frame, bytes } => (at, frame, bytes),
        // What came before the gap will never be whole; frames are found again at the next segment that begins with one.
        Chunk::Gap { .. } | Chunk::Start { .. } | Chunk::End { .. } => {
            buffer.clear();
            return None;
        }
    };
    buffer.extend_from_slice(bytes);
    let mut begin = 0;
    loop {
        let rest = buffer.get(begin..).unwrap_or_default();
        match framing.front(rest) {
            Front::Stun(unit) | Front::ChannelData(unit) | Front::Packet(unit) => {
                let datagram = Carried::Datagram {
                    at,
                    frame,
                    direction,
                    bytes: unit.bytes,
                };
                sink(datagram, exchanges);
                begin += unit.consumed;
                if framing == Framing::Stun && unit.bytes.starts_with(&CONNECTION_BOUND) {
                    let rest = buffer.split_off(begin);
                    buffer.clear();
                    return Some(rest);
                }
            }
            Front::More(_) if rest.len() < Application::FRAME_KEPT => break,
            Front::More(_) | Front::Foreign => {
                let fault = Fault::new(Layer::Stun, "stun-stream-out-of-step", begin);
                sink(Carried::Fault(frame, fault), exchanges);
                begin = buffer.len();
                break;
            }
        }
    }
    buffer.drain(..begin);
    None
}

/// Message type of a ConnectionBind success response (RFC 6062 §6.1).
const CONNECTION_BOUND: [u8; 2] = [0x01, 0x0b];
