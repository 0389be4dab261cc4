//! HTTP/2 connections (RFC 9113): from two ordered byte streams to the same exchanges as HTTP/1.1.
//!
//! ```text
//! bytes ─► FrameReader ─ frames ─► header blocks ─► HPACK ─┐
//!                      └ content of DATA ──────────────────┴─► streams ─► Exchanges, HttpEvent
//! ```
//!
//! Every request has a stream of its own, so nothing has to be matched. What must stay in step is HPACK's table: after bytes that the
//! capture lacks, and in a connection joined midway, fields that refer to older entries are shown as [`UNKNOWN`].
//!
//! | file | what it does |
//! | --- | --- |
//! | [`connection`] | both directions: frames to messages |
//! | `heads` | what a header block is; shared with HTTP/3, like the two below |
//! | `streams` | the requests under way |
//! | `message` | header fields to a request's or a response's head |
//! | `reader` | one direction: bytes to frames |

pub mod connection;
pub(super) mod heads;
pub(super) mod message;
mod reader;
pub(super) mod streams;

pub use heads::UNKNOWN;
