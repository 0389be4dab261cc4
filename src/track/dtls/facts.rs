//! Parts of what is known of an association.

use crate::vocab::address::Direction;
use crate::vocab::claim::Basis;
use crate::vocab::claim::Evidence;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::tls::alert::AlertDescription;
use crate::wire::tls::alert::AlertLevel;
use crate::wire::tls::certificate::Certificate;
use crate::wire::tls::certificate::Fingerprints;
use crate::wire::tls::cipher_suite::CipherSuite;
use crate::wire::tls::registry::NamedGroup;
use crate::wire::tls::registry::SignatureScheme;
use crate::wire::tls::registry::Version;

/// What the hellos (and the server's key exchange) said, beyond what was agreed. GREASE values are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HelloFacts {
    /// Versions that the client offered, in its order.
    pub versions_offered: Vec<Version>,
    /// Cipher suites that the client offered, in its order.
    pub cipher_suites_offered: Vec<CipherSuite>,
    /// Groups that the client can use.
    pub groups_offered: Vec<NamedGroup>,
    /// Groups for which the client sent a key (DTLS 1.3).
    pub key_shares_offered: Vec<NamedGroup>,
    /// Signature schemes that the client can verify.
    pub signature_schemes_offered: Vec<SignatureScheme>,
    /// Application protocols that the client offered: `webrtc`, `c-webrtc`.
    pub alpn_offered: Vec<String>,
    /// Application protocol that the server chose (up to DTLS 1.2).
    pub alpn_selected: Option<String>,
    /// Host name that the client asked for; rare over DTLS.
    pub server_name: Option<String>,
    /// Group that the server chose.
    pub group: Option<NamedGroup>,
    /// Scheme by which the server signed (DTLS 1.2).
    pub signature_scheme: Option<SignatureScheme>,
    /// Did client and server agree on the extended master secret (RFC 7627)? `None` until the server's hello is seen, and in DTLS 1.3,
    /// where the question does not arise.
    pub extended_master_secret: Option<bool>,
    /// Did the server make the client say hello twice?
    pub retry: Option<Retry>,
    /// Was an earlier session resumed, so that no certificates are sent? `None` until the server's hello is seen.
    pub resumed: Option<bool>,
    /// Did the server ask for a certificate? Seen up to DTLS 1.2; WebRTC requires it.
    pub client_certificate_requested: bool,
    /// Did the client announce session tickets (RFC 5077)?
    pub session_ticket_offered: bool,
    /// Longest record that client and server take, bytes (RFC 8449).
    pub record_size_limits: [Option<u16>; 2],
    /// Connection ids agreed (RFC 9146)?
    pub connection_ids: bool,
}

/// How a server made the client repeat its hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// HelloVerifyRequest: prove your address (up to DTLS 1.2).
    HelloVerifyRequest,
    /// HelloRetryRequest: another group, or prove your address (DTLS 1.3).
    HelloRetryRequest,
}

/// A certificate that an end sent in the clear: its own, the first of its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSeen {
    /// Direction of its sender.
    pub direction: Direction,
    /// Its hashes: what `a=fingerprint` is compared with.
    pub fingerprints: Fingerprints,
    /// What it says; `None` when it does not parse.
    pub certificate: Option<Certificate>,
    /// Those that it came with, each said to have issued the one before; WebRTC compares none of them. At most
    /// [`CertificateSeen::ISSUERS_KEPT`].
    pub issuers: Vec<Issuer>,
    /// Certificates in the message.
    pub chain_length: usize,
    /// When its last fragment came.
    pub at: Timestamp,
    /// Frames that carried it.
    pub frames: Vec<FrameNumber>,
}

impl CertificateSeen {
    /// Issuers kept of each chain.
    pub const ISSUERS_KEPT: usize = 8;
}

/// A certificate further up a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its hashes.
    pub fingerprints: Fingerprints,
    /// What it says; `None` when it does not parse.
    pub certificate: Option<Certificate>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertSeen {
    /// Direction of its sender.
    pub direction: Direction,
    /// How bad.
    pub level: Option<AlertLevel>,
    /// What about. Of an encrypted alert, `close_notify` is inferred when it is its sender's last record after the handshake: fatal alerts
    /// belong to handshakes, and after them DTLS drops bad records in silence (RFC 6347 §4.1.2.7).
    pub description: Option<AlertDescription>,
    /// Could it not be read?
    pub encrypted: bool,
    /// Ground of level and description: observed in the clear, inferred otherwise.
    pub basis: Basis,
    /// When.
    pub at: Timestamp,
    /// In which frame.
    pub frame: FrameNumber,
}

/// Records and bytes of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Records.
    pub records: u64,
    /// Bytes of ciphertext, headers not counted.
    pub bytes: u64,
}

/// Epoch and record numbers that one direction used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochProgress {
    /// Latest epoch; of DTLS 1.3's ciphertext the two low bits, raised to 2 or 3.
    pub epoch: u16,
    /// First sequence number seen in it; `None` where it is encrypted.
    pub first_sequence: Option<u64>,
    /// Highest sequence number seen in it.
    pub last_sequence: Option<u64>,
    /// When the latest record of it came.
    pub last_at: Timestamp,
}

impl EpochProgress {
    /// Takes notice of one more record.
    pub(super) fn advance(
        progress: &mut Option<Self>,
        epoch: u16,
        sequence: Option<u64>,
        at: Timestamp,
    ) {
        match progress {
            Some(now) if now.epoch == epoch => {
                now.last_sequence = now.last_sequence.max(sequence);
                now.last_at = at;
            }
            // A late record of an earlier epoch changes nothing.
            Some(now) if now.epoch > epoch => {}
            _ => {
                *progress = Some(Self {
                    epoch,
                    first_sequence: sequence,
                    last_sequence: sequence,
                    last_at: at,
                });
            }
        }
    }
}

/// Frames of a message that was joined from fragments.
pub(super) fn frames_of(evidence: &Evidence) -> Vec<FrameNumber> {
    let mut frames = evidence.frames().to_vec();
    frames.sort_unstable();
    frames.dedup();
    frames
}
