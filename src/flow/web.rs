//! An HTTP/1.1 connection and what it becomes: WebSocket after a handshake (RFC 6455 §4), HTTP/2 after `Upgrade: h2c` (RFC 7540 §3.2).
//! An HTTP/2 connection and what its streams become: WebSocket after an extended CONNECT (RFC 8441).

use crate::flow::exchange::Exchanges;
use crate::flow::exchange::Scheme;
use crate::flow::http::HttpEvent;
use crate::flow::http::connection::HttpConnection;
use crate::flow::http2::connection::Http2Connection;
use crate::flow::reassembly::Chunk;
use crate::flow::tcp::Carried;
use crate::flow::tcp::Shared;
use crate::flow::tunnels::Tunnels;
use crate::flow::websocket::connection::WebSocketConnection;
use crate::flow::websocket::message::Event;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::wire::websocket::extension::Extensions;

/// A connection that speaks HTTP/1.1 first. Takes chunks, from TCP or out of TLS.
#[derive(Debug)]
pub(super) struct WebConnection {
    http: HttpConnection,
    /// Few connections become one, and it is large.
    websocket: Option<Box<Upgraded>>,
    http2: Option<Box<Http2Web>>,
    flow: FlowId,
    tuple: FiveTuple,
}

/// What the connection became.
#[derive(Debug)]
struct Upgraded {
    /// The handshake; `None` when the exchange list was full.
    exchange: Option<ExchangeId>,
    connection: WebSocketConnection,
}

/// An HTTP/2 connection, and the WebSocket connections in its streams (RFC 8441).
#[derive(Debug)]
pub(super) struct Http2Web {
    http2: Http2Connection,
    tunnels: Tunnels,
}

impl WebConnection {
    /// For conversation `flow` between the ends of `tuple`.
    pub(super) fn new(flow: FlowId, tuple: FiveTuple, scheme: Scheme) -> Self {
        Self {
            http: HttpConnection::new(flow, tuple, scheme),
            websocket: None,
            http2: None,
            flow,
            tuple,
        }
    }

    /// Takes the next piece of one direction.
    pub(super) fn observe(
        &mut self,
        direction: Direction,
        chunk: Chunk<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        if let Chunk::Start { .. } = chunk {
            (self.websocket, self.http2) = (None, None);
        }
        if let Some(http2) = &mut self.http2 {
            return http2.observe(direction, chunk, shared, sink);
        }
        let Self {
            http, websocket, ..
        } = self;
        let Shared {
            exchanges,
            websockets,
            ..
        } = shared;
        let mut http2 = None;
        let mut through = Vec::new();
        // The sink wants to look at the exchanges, which HTTP is changing: it is told afterwards.
        let mut done: Vec<Carried<'static>> = Vec::new();
        http.observe(direction, chunk, exchanges, &mut |event| match event {
            HttpEvent::Upgraded {
                exchange,
                client,
                protocol: "h2c",
                ..
            } => {
                http2 = Some((client, exchange));
                done.push(Carried::Http2Begins);
            }
            HttpEvent::Through {
                direction,
                chunk: Chunk::Data { at, frame, bytes },
            } if http2.is_some() => through.push((direction, at, frame, bytes.to_vec())),
            HttpEvent::Upgraded {
                exchange,
                client,
                protocol,
                extensions,
            } => {
                if protocol != "websocket" {
                    return;
                }
                let extensions = Extensions::new(extensions.split(','));
                let frame = place_of(chunk);
                let faults = extensions.faults.iter();
                done.push(Carried::WebSocketBegins);
                done.extend(faults.map(|&fault| Carried::Fault(frame, fault)));
                *websocket = Some(Box::new(Upgraded {
                    exchange,
                    connection: WebSocketConnection::new(client, &extensions),
                }));
            }
            HttpEvent::Through { direction, chunk } => {
                let Some(upgraded) = websocket else {
                    return;
                };
                let (exchange, client) = (upgraded.exchange, upgraded.connection.client());
                upgraded
                    .connection
                    .observe(direction, chunk, websockets, &mut |event| {
                        done.extend(carried(event, exchange, client));
                    });
            }
            event => done.extend(carried_http(&event)),
        });
        for carried in done {
            sink(carried, exchanges);
        }
        if let Some((client, exchange)) = http2 {
            let (flow, tuple) = (self.flow, self.tuple);
            let http2 = Http2Connection::upgraded(flow, tuple, client, exchange, exchanges);
            let mut http2 = Box::new(Http2Web::new(http2));
            for (direction, at, frame, bytes) in through {
                let bytes = bytes.as_slice();
                let chunk = Chunk::Data { at, frame, bytes };
                http2.observe(direction, chunk, shared, sink);
            }
            self.http2 = Some(http2);
        }
    }
}

impl Http2Web {
    /// An HTTP/2 connection without WebSocket connections yet.
    pub(super) fn new(http2: Http2Connection) -> Self {
        Self {
            http2,
            tunnels: Tunnels::default(),
        }
    }

    /// Takes the next piece of one direction.
    pub(super) fn observe(
        &mut self,
        direction: Direction,
        chunk: Chunk<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        let Self { http2, tunnels } = self;
        let Shared {
            exchanges,
            websockets,
            ..
        } = shared;
        let mut done: Vec<Carried<'static>> = Vec::new();
        let frame = place_of(chunk);
        http2.observe(direction, chunk, exchanges, &mut |event| {
            tunnels.take(&event, frame, websockets, &mut done);
        });
        for carried in done {
            sink(carried, exchanges);
        }
    }
}

/// What of an HTTP connection's events goes on as it is.
pub(super) const fn carried_http(event: &HttpEvent<'_>) -> Option<Carried<'static>> {
    match *event {
        HttpEvent::RequestComplete(id) => Some(Carried::Request(id)),
        HttpEvent::ResponseComplete(id) => Some(Carried::Response(id)),
        HttpEvent::Fault { frame, fault } => Some(Carried::Fault(frame, fault)),
        HttpEvent::Upgraded { .. }
        | HttpEvent::Through { .. }
        | HttpEvent::Opened { .. }
        | HttpEvent::Tunnelled { .. } => None,
    }
}

/// Reads on in a WebSocket connection without an HTTP connection under it; `exchange`: its handshake, if known.
pub(super) fn run_websocket(
    connection: &mut WebSocketConnection,
    exchange: Option<ExchangeId>,
    direction: Direction,
    chunk: Chunk<'_>,
    shared: &mut Shared,
    sink: &mut impl FnMut(Carried<'_>, &Exchanges),
) {
    let client = connection.client();
    let exchanges = &shared.exchanges;
    connection.observe(direction, chunk, &mut shared.websockets, &mut |event| {
        if let Some(carried) = carried(event, exchange, client) {
            sink(carried, exchanges);
        }
    });
}

/// What of a connection's events goes on: messages and broken rules. Control frames say nothing about a call.
pub(super) fn carried(
    event: Event,
    exchange: Option<ExchangeId>,
    client: Direction,
) -> Option<Carried<'static>> {
    match event {
        Event::Message(message) => Some(Carried::WebSocketMessage {
            exchange,
            client,
            message,
        }),
        Event::Fault { frame, fault } => Some(Carried::Fault(frame, fault)),
        Event::Control(_) => None,
    }
}

/// The frame that a chunk came in.
const fn place_of(chunk: Chunk<'_>) -> FrameNumber {
    match chunk {
        Chunk::Start { frame, .. }
        | Chunk::Data { frame, .. }
        | Chunk::Gap { frame, .. }
        | Chunk::End { frame, .. } => frame,
    }
}
