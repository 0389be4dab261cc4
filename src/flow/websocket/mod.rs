//! WebSocket connections (RFC 6455): from two ordered byte streams to messages.
//!
//! ```text
//!  client ──bytes──► Reader ─frames─► Assembly ─► inflate ─┐
//!                                                          ├─► Event::{Message, Control, Fault}
//!  server ──bytes──► Reader ─frames─► Assembly ─► inflate ─┘
//! ```
//!
//! Works on [`Chunk`](crate::flow::reassembly::Chunk)s, so it does not matter whether they come from TCP, out of TLS, or from an HTTP/2
//! stream (RFC 8441). Where the capture lacks bytes, a frame whose length is known goes on in step; otherwise the next segment that begins
//! with a frame is looked for.
//!
//! | file | what it does |
//! | --- | --- |
//! | [`connection`] | both directions |
//! | `reader` | one direction: frames, one after the other |
//! | `partial` | a header on its way |
//! | `assembly` | frames to messages |
//! | [`message`] | the result |
//! | `inflate` | permessage-deflate (RFC 7692) |
//! | `sniff` | telling frames without a handshake |
//! | [`budget`] | what all connections together may keep |

mod assembly;
pub mod budget;
#[cfg(test)]
mod captures;
pub mod connection;
mod inflate;
pub mod message;
mod partial;
mod reader;
pub(super) mod sniff;
