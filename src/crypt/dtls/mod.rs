//! DTLS: from the secrets of a key log to what records carry, and to SRTP's keys.
//!
//! | file | what |
//! | --- | --- |
//! | [`handshake`] | what both hellos agreed on |
//! | [`session`] | records, opened |
//! | [`exporter`] | SRTP's keys out of a handshake's secrets |

pub mod exporter;
pub mod handshake;
pub mod session;
