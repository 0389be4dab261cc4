//! What is known of a TLS connection: from its clear beginning always, from the rest as far as keys open it.

use crate::crypt::keylog::ClientRandom;
use crate::wire::tls::alert::Alert;
use crate::wire::tls::certificate::Certificate;
use crate::wire::tls::cipher_suite::CipherSuite;
use crate::wire::tls::registry::Version;

/// What is known of one connection. What was not seen is `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Names the connection in key logs.
    pub client_random: Option<ClientRandom>,
    /// Host the client asked for (RFC 6066 §3).
    pub server_name: Option<String>,
    /// Application protocols the client offered, in its order, at most [`Facts::PROTOCOLS_KEPT`].
    pub alpn_offered: Vec<String>,
    /// Application protocol chosen: in the clear up to 1.2, behind keys in 1.3.
    pub alpn: Option<String>,
    /// Version chosen.
    pub version: Option<Version>,
    /// Cipher suite chosen.
    pub cipher_suite: Option<CipherSuite>,
    /// Did the server ask for a second ClientHello?
    pub retried: bool,
    /// Does it continue an earlier session?
    pub resumed: bool,
    /// Did the client send data before the server's answer?
    pub early_data: bool,
    /// Key updates by sender: client, server.
    pub key_updates: [u32; 2],
    /// The server's own certificate: in the clear up to 1.2, behind keys in 1.3.
    pub certificate: Option<Certificate>,
    /// The first fatal alert, and who sent it.
    pub alert: Option<(super::session::Peer, Alert)>,
    /// Did keys open it?
    pub opening: Opening,
    /// Encrypted records by sender, client and server: opened.
    pub opened_records: [u64; 2],
    /// Encrypted records by sender, client and server: not opened.
    pub sealed_records: [u64; 2],
}

impl Facts {
    /// Application protocols kept of an offer; browsers offer two.
    pub const PROTOCOLS_KEPT: usize = 16;
}

/// What became of the encrypted part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Opening {
    /// Nothing encrypted was seen yet.
    #[default]
    Pending,
    /// No secret for it in the key log, so far.
    NoSecrets,
    /// The capture lacks part of the handshake that the keys depend on.
    HandshakeMissing,
    /// A cipher suite, compression or version that is not read here.
    Unsupported,
    /// There are secrets, and no record opens with them.
    SecretsDoNotFit,
    /// At least one record opened.
    Opened,
}

impl Opening {
    /// In lower-case words, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::NoSecrets => "no-secrets",
            Self::HandshakeMissing => "handshake-missing",
            Self::Unsupported => "unsupported",
            Self::SecretsDoNotFit => "secrets-do-not-fit",
            Self::Opened => "opened",
        }
    }
}
