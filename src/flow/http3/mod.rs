//! HTTP/3 connections (RFC 9114): from QUIC's streams to the same exchanges as HTTP/1.1.
//!
//! ```text
//! stream ─► StreamReader ─┬─ HEADERS ─► QPACK ─┬─► requests ─► Exchanges, HttpEvent      (shared with HTTP/2)
//!                         ├─ content of DATA ──┘
//!                         └─ encoder stream ─► QPACK's table
//! ```
//!
//! A stream for each request, as in HTTP/2; but streams overtake each other, so a header section may have to wait for the stream that fills
//! QPACK's table. What comes behind it on its own stream waits with it.
//!
//! | file | what it does |
//! | --- | --- |
//! | [`connection`] | all streams: frames to messages |
//! | [`piece`] | what a stream gives, in order |
//! | `reader` | one direction of a stream: bytes to frames |
//! | `blocked` | header sections that wait for the table |

mod blocked;
pub mod connection;
pub mod piece;
mod reader;
