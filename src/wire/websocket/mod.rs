//! WebSocket (RFC 6455): messages both ways over one connection that began as an HTTP request.
//!
//! ```text
//!  0               1               2 …
//!  F RSV  opcode   M  length       extended length      masking key      payload
//!  1 3    4        1  7            0, 2 or 8 bytes      0 or 4 bytes     as long as announced
//! ```
//!
//! A client masks what it sends (§5.3), so that no proxy takes it for HTTP; a server does not. A message is one frame, or several: the
//! first says what it is, the others are continuations, the last has FIN set. Control frames may come in between.
//!
//! | file | what |
//! | --- | --- |
//! | [`header`] | frame headers, opcodes |
//! | [`frame`] | whole frames, masking |
//! | [`close`] | why a side closed |
//! | [`extension`] | what the handshake agreed on |
//! | [`detail`] | the decode tree of frames |
//!
//! Joining frames to messages is the flow floor's work.

pub mod close;
pub mod detail;
pub mod extension;
pub mod frame;
pub mod header;
