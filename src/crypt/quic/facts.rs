//! What is known of a QUIC connection besides what its TLS handshake tells.

use crate::crypt::tls::session::Peer;
use crate::wire::quic::version::Version;

/// What is known of one connection. What was not seen is `None` or false.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Version of its packets, the server's once it answered.
    pub version: Option<Version>,
    /// Did the server answer a first attempt with other versions?
    pub negotiated: bool,
    /// Did the server have the client prove its address?
    pub retried: bool,
    /// 5-tuples it ran on besides its first.
    pub migrations: u32,
    /// Who closed it, and why.
    pub closed: Option<(Peer, Closed)>,
}

/// What `CONNECTION_CLOSE` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The error's name: the transport's, or HTTP/3's.
    pub error: String,
    /// Words for people; text from the wire.
    pub reason: String,
}

impl Closed {
    /// Bytes of the reason kept.
    pub const REASON: usize = 256;
}
