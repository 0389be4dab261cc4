//! WebSocket connections inside the streams of an HTTP connection: extended CONNECT (RFC 8441; RFC 9220 says the same for HTTP/3).
//!
//! ```text
//! stream  client ── HEADERS :method CONNECT, :protocol websocket ──►  server
//!                ◄── HEADERS :status 200 ──
//!                ◄═══ DATA: WebSocket frames, as after an HTTP/1.1 handshake ═══►
//! ```

use std::collections::BTreeMap;

use crate::flow::http::HttpEvent;
use crate::flow::reassembly::Chunk;
use crate::flow::tcp::Carried;
use crate::flow::web::carried;
use crate::flow::web::carried_http;
use crate::flow::websocket::budget::Budget;
use crate::flow::websocket::connection::WebSocketConnection;
use crate::flow::websocket::message::Endpoint;
use crate::vocab::address::Direction;
use crate::vocab::fault::Fault;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FrameNumber;
use crate::wire::websocket::extension::Extensions;

/// The WebSocket connections of one HTTP connection, by stream.
#[derive(Debug, Default)]
pub(super) struct Tunnels {
    open: BTreeMap<u64, Tunnel>,
}

#[derive(Debug)]
struct Tunnel {
    exchange: Option<ExchangeId>,
    connection: WebSocketConnection,
    /// By side, client and server: has it said its last?
    over: [bool; 2],
}

impl Tunnels {
    /// Takes what an HTTP connection told in `frame`: what its streams tunnel is read here, the rest goes on as it is.
    pub(super) fn take(
        &mut self,
        event: &HttpEvent<'_>,
        frame: FrameNumber,
        budget: &mut Budget,
        done: &mut Vec<Carried<'static>>,
    ) {
        match *event {
            HttpEvent::Opened {
                stream,
                exchange,
                client,
                protocol: "websocket",
                extensions,
            } => {
                let faults = self.open(stream, exchange, client, extensions);
                done.push(Carried::WebSocketBegins);
                done.extend(faults.into_iter().map(|fault| Carried::Fault(frame, fault)));
            }
            HttpEvent::Tunnelled {
                stream,
                from,
                chunk,
            } => self.observe(stream, from, chunk, budget, done),
            _ => done.extend(carried_http(event)),
        }
    }

    /// Opens one that a 2xx response granted; `extensions`: what its `Sec-WebSocket-Extensions` says. Gives the broken rules of that field.
    fn open(
        &mut self,
        stream: u64,
        exchange: Option<ExchangeId>,
        client: Direction,
        extensions: &str,
    ) -> Vec<Fault> {
        let extensions = Extensions::new(extensions.split(','));
        let connection = WebSocketConnection::new(client, &extensions);
        self.open.insert(
            stream,
            Tunnel {
                exchange,
                connection,
                over: [false; 2],
            },
        );
        extensions.faults
    }

    /// Takes the next piece of one side of a stream; streams that carry something else are passed over.
    fn observe(
        &mut self,
        stream: u64,
        from: Endpoint,
        chunk: Chunk<'_>,
        budget: &mut Budget,
        done: &mut Vec<Carried<'static>>,
    ) {
        let Some(tunnel) = self.open.get_mut(&stream) else {
            return;
        };
        let client = tunnel.connection.client();
        let (direction, side) = match from {
            Endpoint::Client => (client, 0),
            Endpoint::Server => (client.opposite(), 1),
        };
        let exchange = tunnel.exchange;
        tunnel
            .connection
            .observe(direction, chunk, budget, &mut |event| {
                done.extend(carried(event, exchange, client));
            });
        tunnel.over[side] |= matches!(chunk, Chunk::End { .. });
        if tunnel.over == [true; 2] {
            self.open.remove(&stream);
        }
    }
}
