//! DTLS: TLS over datagrams (RFC 4347, 6347, 9147). In WebRTC it runs on the ICE pair, authenticates both ends by their certificates'
//! fingerprints, agrees on SRTP's keys and carries data channels.
//!
//! | file | what |
//! | --- | --- |
//! | [`probe`] | is a datagram DTLS at all? |
//! | [`record`] | records of all versions, several in one datagram |
//! | [`handshake`] | fragments of handshake messages |
//! | [`ack`] | DTLS 1.3's acknowledgements |
//! | [`detail`] | the decode tree of a datagram |
//!
//! Message bodies are TLS's: [`crate::wire::tls`]. Joining fragments over datagrams is the tracker's work. A record of an epoch above 0 is
//! encrypted: its body is never decoded here.

pub mod ack;
pub mod detail;
pub mod handshake;
pub mod probe;
pub mod record;
#[cfg(test)]
pub(crate) mod samples;
