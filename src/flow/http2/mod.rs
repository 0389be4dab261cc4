//! HTTP/2 connections (RFC 9113): from two ordered byte streams to the same exchanges as HTTP/1.1.
//!
//! ```text
//! bytes ─► FrameReader ─ frames ─► header blocks ─► HPACK ─┐
//!                      └ content of DATA ──────────────────┴─► streams ─► Exchanges, HttpEvent
//! ```
//!
//! Every request has a stream of its own, so nothing has to be matched. What must stay in step is HPACK's table: after bytes that the
//! capture lacks, and in a connection joined midway, fields that refer to older entries are shown as [`connection::UNKNOWN`].
//!
//! | file | what it does |
//! | --- | --- |
//! | [`connection`] | both directions: frames to messages |
//! | `heads` | what a header block is |
//! | `streams` | the requests under way |
//! | `message` | header fields to a request's or a response's head |
//! | `reader` | one direction: bytes to frames |

pub mod connection;
mod heads;
mod message;
mod reader;
mod streams;
