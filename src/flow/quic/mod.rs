//! QUIC connections (RFC 9000): from datagrams to the streams inside, whatever addresses they travel between.
//!
//! ```text
//! datagram ─► Connections ─ by connection id, else by 5-tuple ─► Connection ─► packets ─► Session ─► frames
//!                                                                    │  ▲                              │
//!                                       held until secrets come ◄────┘  └─ CRYPTO: TLS handshake ◄─────┤
//!                                                                          STREAM: Ordered ─► HTTP/3 ◄─┘
//! ```
//!
//! Packets come in any order and repeat themselves in part only, so nothing is kept in step: what waits, waits for its own stream.
//!
//! | file | what it does |
//! | --- | --- |
//! | [`connections`] | which connection a datagram belongs to |
//! | [`connection`] | one connection: packets to frames, held for late secrets |
//! | `frames` | what frames do to it |
//! | `streams` | streams, put in order |
//! | `ordered` | one direction of a stream |
//! | `ranges` | which packets were seen |

pub(super) mod connection;
pub(super) mod connections;
mod frames;
mod ordered;
mod ranges;
mod streams;
#[cfg(test)]
mod tests;
