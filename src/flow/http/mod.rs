//! HTTP/1.1 conversations (RFC 9112): from two ordered byte streams to exchanges.
//!
//! ```text
//!  client ──bytes──► Reader ─heads, bodies─┐                    ┌─► Exchanges   (what the report lists)
//!                                          ├─► HttpConnection ──┤
//!  server ──bytes──► Reader ─heads, bodies─┘                    └─► HttpEvent   (what signaling acts on, at its time)
//! ```
//!
//! Works on [`Chunk`]s, so it does not matter whether they come from TCP or out of TLS. Which side is the client
//! shows in the first message. Responses answer requests in order (RFC 9112 §9.3.2); where the capture lacks bytes, a
//! message whose framing is known goes on in step, and otherwise the next start line is looked for.
//!
//! | file | what it does |
//! | --- | --- |
//! | [`connection`] | both directions, from chunks to messages |
//! | `matching` | which response answers which request; upgrades |
//! | `reader` | one direction: heads and bodies, one after the other |
//! | `chunked` | the chunked coding |

mod chunked;
pub mod connection;
mod matching;
mod reader;

use crate::flow::reassembly::Chunk;
use crate::flow::websocket::message::Endpoint;
use crate::vocab::address::Direction;
use crate::vocab::fault::Fault;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FrameNumber;

/// What happened on an HTTP connection.
#[derive(Debug, Clone, Copy)]
pub enum HttpEvent<'a> {
    /// A request is there in full, or as far as it ever will be.
    RequestComplete(ExchangeId),
    /// A final response is there in full, or as far as it ever will be.
    ResponseComplete(ExchangeId),
    /// From here on the connection belongs to another protocol.
    Upgraded {
        /// The exchange that did it; `None` when the exchange list is full.
        exchange: Option<ExchangeId>,
        /// The client's direction.
        client: Direction,
        /// `websocket`, `h2c` … or `connect`; lower case.
        protocol: &'a str,
        /// What the response's `Sec-WebSocket-Extensions` says, its lines joined by commas.
        extensions: &'a str,
    },
    /// What that other protocol sent.
    Through {
        /// Which way.
        direction: Direction,
        /// Data, gap or end.
        chunk: Chunk<'a>,
    },
    /// From here on one stream of an HTTP/2 connection belongs to another protocol (extended CONNECT, RFC 8441).
    Opened {
        /// The stream.
        stream: u64,
        /// The exchange that did it; `None` when the exchange list is full.
        exchange: Option<ExchangeId>,
        /// The client's direction.
        client: Direction,
        /// `websocket` …, lower case.
        protocol: &'a str,
        /// What the response's `Sec-WebSocket-Extensions` says, its lines joined by commas.
        extensions: &'a str,
    },
    /// What that other protocol sent.
    Tunnelled {
        /// The stream.
        stream: u64,
        /// Which side.
        from: Endpoint,
        /// Data, gap or end.
        chunk: Chunk<'a>,
    },
    /// A broken rule; those of a message are in its exchange too.
    Fault {
        /// The frame in which it showed.
        frame: FrameNumber,
        /// The rule.
        fault: Fault,
    },
}
