//! An HTTP/1.1 connection and what it becomes: after a handshake (RFC 6455 §4), WebSocket.

use crate::flow::exchange::Exchanges;
use crate::flow::exchange::Scheme;
use crate::flow::http::HttpEvent;
use crate::flow::http::connection::HttpConnection;
use crate::flow::reassembly::Chunk;
use crate::flow::tcp::Carried;
use crate::flow::tcp::Shared;
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
    websocket: Option<Upgraded>,
}

/// What the connection became.
#[derive(Debug)]
struct Upgraded {
    /// The handshake; `None` when the exchange list was full.
    exchange: Option<ExchangeId>,
    connection: WebSocketConnection,
}

impl WebConnection {
    /// For conversation `flow` between the ends of `tuple`.
    pub(super) fn new(flow: FlowId, tuple: FiveTuple, scheme: Scheme) -> Self {
        Self {
            http: HttpConnection::new(flow, tuple, scheme),
            websocket: None,
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
        let Self { http, websocket } = self;
        let Shared {
            exchanges,
            websockets,
            ..
        } = shared;
        if let Chunk::Start { .. } = chunk {
            *websocket = None;
        }
        // The sink wants to look at the exchanges, which HTTP is changing: it is told afterwards.
        let mut done: Vec<Carried<'static>> = Vec::new();
        http.observe(direction, chunk, exchanges, &mut |event| match event {
            HttpEvent::RequestComplete(id) => done.push(Carried::Request(id)),
            HttpEvent::ResponseComplete(id) => done.push(Carried::Response(id)),
            HttpEvent::Fault { frame, fault } => done.push(Carried::Fault(frame, fault)),
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
                *websocket = Some(Upgraded {
                    exchange,
                    connection: WebSocketConnection::new(client, &extensions),
                });
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
        });
        for carried in done {
            sink(carried, exchanges);
        }
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
fn carried(
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
