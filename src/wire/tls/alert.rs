//! Alerts: why one end gives up, or that it says goodbye.
//!
//! ```text
//! level (1)  description (1)
//! ```
//!
//! Only alerts sent before there are keys can be read: those of failing handshakes. `close_notify` at the end of a call is encrypted.

use crate::codepoint;

/// An alert in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// How bad.
    pub level: AlertLevel,
    /// What about.
    pub description: AlertDescription,
}

impl Alert {
    /// Reads the fragment of an unencrypted alert record: two bytes, no more.
    pub const fn parse(fragment: &[u8]) -> Option<Self> {
        match fragment {
            &[level, description] => Some(Self {
                level: AlertLevel::from_code(level),
                description: AlertDescription::from_code(description),
            }),
            _ => None,
        }
    }
}

codepoint! {
    /// How bad an alert is. TLS 1.3 keeps the byte and ignores it (RFC 8446 §6).
    pub enum AlertLevel: u8 {
        /// The connection may go on.
        Warning = 1 => "warning",
        /// The connection ends here.
        Fatal = 2 => "fatal",
    }
}

codepoint! {
    /// What an alert says (RFC 8446 §6). Whoever sends one reports what *it* did not like about its peer.
    pub enum AlertDescription: u8 {
        /// The sender will send no more; no failure.
        CloseNotify = 0 => "close_notify",
        /// A message out of turn.
        UnexpectedMessage = 10 => "unexpected_message",
        /// A record did not decrypt.
        BadRecordMac = 20 => "bad_record_mac",
        /// Reserved, was for RFC 2246's ciphers.
        DecryptionFailed = 21 => "decryption_failed_RESERVED",
        /// A record too long.
        RecordOverflow = 22 => "record_overflow",
        /// Reserved, was for compression.
        DecompressionFailure = 30 => "decompression_failure_RESERVED",
        /// No acceptable set of parameters: cipher suites, groups or SRTP profiles have nothing in common.
        HandshakeFailure = 40 => "handshake_failure",
        /// Reserved, was for SSL 3.0.
        NoCertificate = 41 => "no_certificate_RESERVED",
        /// The certificate is corrupt or its signature is.
        BadCertificate = 42 => "bad_certificate",
        /// A kind of certificate that is not supported.
        UnsupportedCertificate = 43 => "unsupported_certificate",
        /// Revoked by its signer.
        CertificateRevoked = 44 => "certificate_revoked",
        /// Expired, or not valid yet.
        CertificateExpired = 45 => "certificate_expired",
        /// Something else about the certificate: in WebRTC, that its hash is not the signaled `a=fingerprint`.
        CertificateUnknown = 46 => "certificate_unknown",
        /// A field out of range.
        IllegalParameter = 47 => "illegal_parameter",
        /// No path to a trusted authority.
        UnknownCa = 48 => "unknown_ca",
        /// Valid, but not welcome.
        AccessDenied = 49 => "access_denied",
        /// A message that does not parse.
        DecodeError = 50 => "decode_error",
        /// A signature or Finished that does not verify.
        DecryptError = 51 => "decrypt_error",
        /// More connection ids than the peer takes (RFC 9147).
        TooManyCidsRequested = 52 => "too_many_cids_requested",
        /// Reserved, was for export ciphers.
        ExportRestriction = 60 => "export_restriction_RESERVED",
        /// No common version.
        ProtocolVersion = 70 => "protocol_version",
        /// The server wants stronger ciphers.
        InsufficientSecurity = 71 => "insufficient_security",
        /// A failure that is not the peer's.
        InternalError = 80 => "internal_error",
        /// A retry at a lower version than could be had (RFC 7507).
        InappropriateFallback = 86 => "inappropriate_fallback",
        /// The sender gives the handshake up for reasons of its own.
        UserCanceled = 90 => "user_canceled",
        /// No new handshake, thank you.
        NoRenegotiation = 100 => "no_renegotiation_RESERVED",
        /// An extension that must be there is not.
        MissingExtension = 109 => "missing_extension",
        /// An extension that must not be there is.
        UnsupportedExtension = 110 => "unsupported_extension",
        /// Reserved, was for client certificate URLs.
        CertificateUnobtainable = 111 => "certificate_unobtainable_RESERVED",
        /// No such host here.
        UnrecognizedName = 112 => "unrecognized_name",
        /// The stapled OCSP response is bad.
        BadCertificateStatusResponse = 113 => "bad_certificate_status_response",
        /// Reserved, was for client certificate URLs.
        BadCertificateHashValue = 114 => "bad_certificate_hash_value_RESERVED",
        /// No such pre-shared key identity.
        UnknownPskIdentity = 115 => "unknown_psk_identity",
        /// The client must present a certificate.
        CertificateRequired = 116 => "certificate_required",
        /// Says nothing more (RFC 8446 errata, general error).
        GeneralError = 117 => "general_error",
        /// No common application protocol.
        NoApplicationProtocol = 120 => "no_application_protocol",
        /// Encrypted ClientHello must be used.
        EchRequired = 121 => "ech_required",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_two_bytes() {
        assert_eq!(
            Alert::parse(&[2, 46]).and_then(|alert| alert.description.name()),
            Some("certificate_unknown")
        );
        assert_eq!(Alert::parse(&[2]), None);
        assert_eq!(Alert::parse(&[0; 31]), None);
    }
}
