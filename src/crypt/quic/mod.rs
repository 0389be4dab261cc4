//! QUIC's packet protection (RFC 9001, RFC 9369 §3.3): what anyone can open, and what the secrets open that an endpoint logged.
//!
//! ```text
//! client's first destination id ─► HKDF with the version's salt ─► Initial keys, of both sides
//! secrets of the key log ─► "quic key", "quic iv", "quic hp" ─► keys of 0-RTT, Handshake, 1-RTT
//!                           └─ "quic ku" ─► the next secret; "quic hp" stays (RFC 9001 §6)
//!
//! packet   masked: first byte's low bits, number       sealed: frames
//!          └ mask = block cipher of 16 sealed bytes    └ nonce = iv XOR number, authenticated with: the header, unmasked
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | [`keys`] | keys of one direction and kind of packet |
//! | [`session`] | one connection: which keys are due |
//! | [`facts`] | what is known of a connection |
//! | [`retry`] | is a Retry packet the answer to this client? |

pub mod facts;
pub mod keys;
pub mod retry;
pub mod session;
