//! What both hellos agreed on: all that keys depend on besides the secrets.

use crate::crypt::keylog::ClientRandom;
use crate::wire::tls::cipher_suite::CipherSuite;
use crate::wire::tls::registry::Version;

/// The parts of a handshake that keys are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handshake {
    /// Random of the client's hello.
    pub client_random: ClientRandom,
    /// Random of the server's hello.
    pub server_random: [u8; 32],
    /// Version that the server chose.
    pub version: Version,
    /// Cipher suite that the server chose.
    pub suite: CipherSuite,
}
