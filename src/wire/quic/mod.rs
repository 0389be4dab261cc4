//! QUIC on the wire: version 1 (RFC 9000), version 2 (RFC 9369) and the last drafts, as far as it shows without keys; the frames of what
//! keys opened.
//!
//! ```text
//! datagram   packet │ packet │ …                      one with a short header ends it
//! packet     header │ number, protected │ frames, sealed
//!
//! Initial    keys that anyone can make: the ClientHello and ServerHello show          CRYPTO ACK PADDING
//! 0-RTT      keys of an earlier session
//! Handshake  keys behind the key exchange: the rest of TLS                            CRYPTO ACK
//! 1-RTT      short header; application keys                                           STREAM ACK …
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | [`version`] | versions by number |
//! | [`cursor`] | reading with variable-length integers |
//! | [`header`] | packets of a datagram, as far as they are in the clear |
//! | [`frame`] | frames |
//! | [`error`] | why a connection closed |
//! | [`detail`] | decode trees |

pub mod cursor;
pub mod detail;
pub mod error;
pub mod frame;
pub mod header;
pub mod version;
