//! TCP conversations: reassembled, then read as what their first bytes say: HTTP/1.1, WebSocket, STUN and TURN, RFC 4571 frames, TLS.

use crate::flow::exchange::Exchange;
use crate::flow::exchange::Exchanges;
use crate::flow::exchange::Scheme;
use crate::flow::reassembly::Chunk;
use crate::flow::reassembly::Stream;
use crate::flow::tls_hello::TlsHello;
use crate::flow::web::WebConnection;
use crate::flow::web::run_websocket;
use crate::flow::websocket::budget::Budget;
use crate::flow::websocket::connection::WebSocketConnection;
use crate::flow::websocket::message::Endpoint;
use crate::flow::websocket::message::Message;
use crate::flow::websocket::sniff;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::http1::sniff::Sniff;
use crate::wire::http1::sniff::looks_like_http;
use crate::wire::stun::framing::Framing;
use crate::wire::stun::framing::Front;
use crate::wire::tcp::Segment;

/// Something that a TCP conversation carried, in order.
#[derive(Debug)]
pub(super) enum Carried<'a> {
    /// An HTTP request is complete.
    Request(ExchangeId),
    /// An HTTP response is complete.
    Response(ExchangeId),
    /// A WebSocket connection begins, or is joined midway.
    WebSocketBegins,
    /// A WebSocket message is complete.
    WebSocketMessage {
        /// The handshake, if known.
        exchange: Option<ExchangeId>,
        /// The client's direction.
        client: Direction,
        message: Message,
    },
    /// A datagram in a frame of its own.
    Datagram {
        at: Timestamp,
        frame: FrameNumber,
        direction: Direction,
        bytes: &'a [u8],
    },
    /// The conversation turned out to be TLS.
    TlsBegins,
    /// The TLS client named its server.
    ServerName(String),
    /// The conversation turned out to be HTTP.
    HttpBegins,
    /// A broken rule.
    Fault(FrameNumber, Fault),
}

/// All TCP conversations, by `FlowId`, and the HTTP exchanges found in them.
#[derive(Debug, Default)]
pub struct TcpConversations {
    conversations: Vec<Option<Box<Conversation>>>,
    shared: Shared,
}

/// What all conversations write to, or draw on.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// HTTP exchanges.
    pub(super) exchanges: Exchanges,
    /// What WebSocket connections may keep.
    pub(super) websockets: Budget,
}

/// One conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    stream: Stream,
    tuple: FiveTuple,
    application: Application,
    /// Payload chunks looked at without recognising anything.
    tried: u8,
}

/// What runs on a connection.
#[derive(Debug)]
enum Application {
    /// Not recognised yet; `midway`: its beginning is not in the capture.
    Unknown { midway: bool },
    /// HTTP/1.1, and what it becomes.
    Http(Box<WebConnection>),
    /// WebSocket whose handshake is not in the capture.
    WebSocket(Box<WebSocketConnection>),
    /// Datagrams in frames; what is not a whole frame yet, by direction.
    Framed(Framing, [Vec<u8>; 2]),
    /// TLS.
    Tls(Box<TlsHello>),
    /// Something else.
    Opaque,
}

impl TcpConversations {
    /// HTTP exchanges, in order of their requests.
    pub fn exchanges(&self) -> &[Exchange] {
        self.shared.exchanges.all()
    }

    /// Exchanges not kept because the list was full.
    pub const fn refused(&self) -> u64 {
        self.shared.exchanges.refused()
    }

    /// Takes a conversation out, to work on it beside the rest; a new one when there is none.
    pub(super) fn take(&mut self, flow: FlowId, tuple: FiveTuple) -> Box<Conversation> {
        let slot = self
            .conversations
            .get_mut(flow.index())
            .and_then(Option::take);
        slot.unwrap_or_else(|| {
            Box::new(Conversation {
                stream: Stream::default(),
                tuple,
                application: Application::Unknown { midway: true },
                tried: 0,
            })
        })
    }

    /// Puts it back.
    pub(super) fn put(&mut self, flow: FlowId, conversation: Box<Conversation>) {
        if self.conversations.len() <= flow.index() {
            self.conversations.resize_with(flow.index() + 1, || None);
        }
        self.conversations[flow.index()] = Some(conversation);
    }

    /// Ids of all conversations, for the end of the capture.
    pub(super) fn flows(&self) -> Vec<FlowId> {
        (0..)
            .zip(&self.conversations)
            .filter(|(_, slot)| slot.is_some())
            .map(|(at, _)| FlowId(at))
            .collect()
    }

    pub(super) const fn shared_mut(&mut self) -> &mut Shared {
        &mut self.shared
    }
}

impl Conversation {
    /// Payload chunks after which an unrecognised connection is left alone.
    const TRIES: u8 = 64;
    /// Bytes buffered of an unfinished frame; a frame is at most 65 537 long.
    const FRAME_KEPT: usize = 1 << 17;

    /// Takes a segment.
    pub(super) fn segment(
        &mut self,
        (at, frame): (Timestamp, FrameNumber),
        flow: FlowId,
        direction: Direction,
        segment: &Segment<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        let Self {
            stream,
            tuple,
            application,
            tried,
        } = self;
        let fault = stream.segment(at, frame, direction, segment, &mut |direction, chunk| {
            application.take(*tuple, flow, direction, chunk, tried, shared, sink);
        });
        if let Some(fault) = fault {
            sink(Carried::Fault(frame, fault), &shared.exchanges);
        }
    }

    /// The capture is over.
    pub(super) fn finish(
        &mut self,
        flow: FlowId,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        let Self {
            stream,
            tuple,
            application,
            tried,
        } = self;
        stream.finish(&mut |direction, chunk| {
            application.take(*tuple, flow, direction, chunk, tried, shared, sink);
        });
    }
}

impl Application {
    #[expect(
        clippy::too_many_arguments,
        reason = "one call from two places, both spelled out"
    )]
    fn take(
        &mut self,
        tuple: FiveTuple,
        flow: FlowId,
        direction: Direction,
        chunk: Chunk<'_>,
        tried: &mut u8,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        if let Chunk::Start { midway, .. } = chunk {
            // A conversation whose ports are used again keeps its HTTP state machine, which starts over by itself.
            if !matches!(self, Self::Http(_)) {
                *self = Self::Unknown { midway };
                *tried = 0;
                return;
            }
        }
        if let (Self::Unknown { midway }, Chunk::Data { at, frame, bytes }) = (&*self, chunk) {
            let midway = *midway;
            *self = Self::recognise(tuple, flow, direction, bytes, tried, midway, shared);
            match self {
                Self::Http(web) => {
                    sink(Carried::HttpBegins, &shared.exchanges);
                    let start = Chunk::Start { at, frame, midway };
                    web.observe(direction, start, shared, sink);
                }
                Self::WebSocket(_) => sink(Carried::WebSocketBegins, &shared.exchanges),
                Self::Tls(_) => sink(Carried::TlsBegins, &shared.exchanges),
                _ => {}
            }
        }
        match self {
            Self::Http(web) => web.observe(direction, chunk, shared, sink),
            Self::WebSocket(connection) => {
                run_websocket(connection, None, direction, chunk, shared, sink);
            }
            Self::Framed(framing, buffers) => {
                let buffer = &mut buffers[direction.index()];
                run_framed(*framing, buffer, direction, chunk, &shared.exchanges, sink);
            }
            Self::Tls(hello) => {
                if let Chunk::Data { bytes, .. } = chunk
                    && let Some(name) = hello.take(direction, bytes)
                {
                    sink(Carried::ServerName(name), &shared.exchanges);
                }
            }
            Self::Unknown { .. } | Self::Opaque => {}
        }
    }

    fn recognise(
        tuple: FiveTuple,
        flow: FlowId,
        direction: Direction,
        bytes: &[u8],
        tried: &mut u8,
        midway: bool,
        shared: &mut Shared,
    ) -> Self {
        if matches!(looks_like_http(bytes), Sniff::Request | Sniff::Response) {
            return Self::Http(Box::new(WebConnection::new(flow, tuple, Scheme::Http)));
        }
        if midway && let Some(from) = sniff::begins(bytes) {
            let client = match from {
                Endpoint::Client => direction,
                Endpoint::Server => direction.opposite(),
            };
            let connection = WebSocketConnection::midway(client, &mut shared.websockets);
            return Self::WebSocket(Box::new(connection));
        }
        if let Ok(framing) = Framing::sniff(bytes) {
            return Self::Framed(framing, [Vec::new(), Vec::new()]);
        }
        if TlsHello::begins(bytes) {
            return Self::Tls(Box::default());
        }
        *tried += 1;
        if *tried >= Conversation::TRIES {
            Self::Opaque
        } else {
            Self::Unknown { midway }
        }
    }
}

fn run_framed(
    framing: Framing,
    buffer: &mut Vec<u8>,
    direction: Direction,
    chunk: Chunk<'_>,
    exchanges: &Exchanges,
    sink: &mut impl FnMut(Carried<'_>, &Exchanges),
) {
    let (at, frame, bytes) = match chunk {
        Chunk::Data { at, frame, bytes } => (at, frame, bytes),
        // What came before the gap will never be whole; frames are found again at the next segment that begins with one.
        Chunk::Gap { .. } | Chunk::Start { .. } | Chunk::End { .. } => {
            buffer.clear();
            return;
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
            }
            Front::More(_) if rest.len() < Conversation::FRAME_KEPT => break,
            Front::More(_) | Front::Foreign => {
                let fault = Fault::new(Layer::Stun, "stun-stream-out-of-step", begin);
                sink(Carried::Fault(frame, fault), exchanges);
                begin = buffer.len();
                break;
            }
        }
    }
    buffer.drain(..begin);
}
