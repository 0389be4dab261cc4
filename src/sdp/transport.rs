//! How a section is reached and secured: ICE credentials, DTLS fingerprints and roles, SDES keys.

use std::fmt;

use crate::sdp::address::ConnectionAddress;
use crate::sdp::attribute::Attribute;
use crate::sdp::reader::LineReader;

/// The transport parameters of a media section or of the session level.
///
/// What a section does not say, it has from the session level; what neither says, a bundled section has from the first section of its BUNDLE
/// group (RFC 9143 §7.1.3: transport attributes stand once).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransportParameters {
    /// ICE user fragment.
    pub ice_ufrag: Option<String>,
    /// ICE password: key of the connectivity checks' MESSAGE-INTEGRITY.
    pub ice_pwd: Option<String>,
    /// ICE options: `trickle`, `renomination`, `ice2`.
    pub ice_options: Vec<String>,
    /// Certificate fingerprints, at most [`TransportParameters::MAX_FINGERPRINTS`].
    pub fingerprints: Vec<Fingerprint>,
    /// DTLS role.
    pub setup: Option<SetupRole>,
    /// Identifies the DTLS association; a new one means a new handshake.
    pub tls_id: Option<String>,
}

impl TransportParameters {
    /// Fingerprints kept per level.
    pub const MAX_FINGERPRINTS: usize = 16;
    /// ICE options kept per level.
    pub const MAX_ICE_OPTIONS: usize = 16;

    /// Takes `attribute` when it is a transport parameter. What is said twice stays as first said; fingerprints and options add up.
    pub(super) fn take(&mut self, attribute: &Attribute) -> bool {
        match attribute {
            Attribute::IceUfrag(ufrag) => {
                self.ice_ufrag.get_or_insert_with(|| ufrag.clone());
            }
            Attribute::IcePwd(pwd) => {
                self.ice_pwd.get_or_insert_with(|| pwd.clone());
            }
            Attribute::IceOptions(options) => {
                for option in options {
                    if self.ice_options.len() < Self::MAX_ICE_OPTIONS
                        && !self.ice_options.contains(option)
                    {
                        self.ice_options.push(option.clone());
                    }
                }
            }
            Attribute::Fingerprint(fingerprint) => {
                if self.fingerprints.len() < Self::MAX_FINGERPRINTS {
                    self.fingerprints.push(fingerprint.clone());
                }
            }
            Attribute::Setup(setup) => {
                self.setup.get_or_insert(*setup);
            }
            Attribute::TlsId(id) => {
                self.tls_id.get_or_insert_with(|| id.clone());
            }
            _ => return false,
        }
        true
    }

    /// Fills in what is missing from `other`. User fragment and password go together (RFC 8839 §5.4).
    pub(super) fn inherit(&mut self, other: &Self) {
        if self.ice_ufrag.is_none() && self.ice_pwd.is_none() {
            self.ice_ufrag.clone_from(&other.ice_ufrag);
            self.ice_pwd.clone_from(&other.ice_pwd);
        }
        if self.ice_options.is_empty() {
            self.ice_options.clone_from(&other.ice_options);
        }
        if self.fingerprints.is_empty() {
            self.fingerprints.clone_from(&other.fingerprints);
        }
        self.setup = self.setup.or(other.setup);
        if self.tls_id.is_none() {
            self.tls_id.clone_from(&other.tls_id);
        }
    }

    /// May candidates follow one by one (RFC 8838 §3)?
    pub fn trickles(&self) -> bool {
        self.ice_options.iter().any(|option| option == "trickle")
    }
}

/// `a=fingerprint:<hash> <bytes>`: hash of the certificate that the DTLS handshake will show (RFC 8122 §5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// Hash function, lower case: `sha-256`.
    pub algorithm: String,
    /// The hash.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Fingerprint {
    /// `sha-256 FD:A8:…`, as in SDP.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.algorithm)?;
        for (index, byte) in self.bytes.iter().enumerate() {
            let separator = if index == 0 { ' ' } else { ':' };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

/// Who opens the DTLS association (RFC 4145 §4, RFC 8842 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetupRole {
    /// The writer sends the `ClientHello`.
    Active,
    /// The writer waits for it.
    Passive,
    /// The writer leaves the choice to the answerer.
    ActPass,
    /// Not now.
    HoldConn,
}

impl SetupRole {
    /// The word of SDP.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
            Self::HoldConn => "holdconn",
        }
    }
}

/// `a=crypto:<tag> <suite> <key parameters> [<session parameters>]`: SRTP keys inside the description (RFC 4568 §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crypto {
    /// Number that the answer repeats to choose this line.
    pub tag: u32,
    /// Crypto suite: `AES_CM_128_HMAC_SHA1_80`.
    pub suite: String,
    /// Key method and keys, as written: `inline:<base64>[|lifetime][|MKI:length]`.
    pub key_parameters: String,
    /// Session parameters, as written.
    pub session_parameters: Vec<String>,
}

/// `a=rtcp:<port> [IN IP4|IP6 <address>]`: where RTCP goes without rtcp-mux (RFC 3605 §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtcpAddress {
    /// The port; 9 while ICE has not chosen.
    pub port: u16,
    /// The address, when it is said.
    pub address: Option<ConnectionAddress>,
}

pub(super) fn ufrag(value: &str, reader: &mut LineReader<'_>) -> Option<String> {
    let lengths = 4..=LONGEST_ICE_CREDENTIAL;
    credential(value, lengths, "sdp-ice-ufrag-length", reader)
}

pub(super) fn pwd(value: &str, reader: &mut LineReader<'_>) -> Option<String> {
    let lengths = 22..=LONGEST_ICE_CREDENTIAL;
    credential(value, lengths, "sdp-ice-pwd-length", reader)
}

/// Short credentials are kept, since a call may run on them; longer ones than RFC 8839 §5.4 allows are not.
fn credential(
    value: &str,
    lengths: std::ops::RangeInclusive<usize>,
    name: &'static str,
    reader: &mut LineReader<'_>,
) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    if !lengths.contains(&value.len()) {
        reader.fault(name, value);
    } else if !value.bytes().all(is_ice_char) {
        reader.fault("sdp-ice-credential-characters", value);
    }
    (value.len() <= *lengths.end()).then(|| value.to_owned())
}

/// `ice-char = ALPHA / DIGIT / "+" / "/"` (RFC 8839 §5.1). Firefox's own ufrags are hexadecimal, Chromium's base64.
pub(super) const fn is_ice_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

pub(super) fn fingerprint(value: &str, reader: &mut LineReader<'_>) -> Option<Fingerprint> {
    let (algorithm, digits) = value.split_once([' ', '\t'])?;
    let algorithm = algorithm.to_ascii_lowercase();
    let digits = digits.trim_ascii();
    let bytes: Option<Vec<u8>> = digits
        .split(':')
        .take(MAX_HASH_BYTES + 1)
        .map(hex_byte)
        .collect();
    let Some(bytes) = bytes.filter(|bytes| bytes.len() <= MAX_HASH_BYTES) else {
        reader.fault("sdp-fingerprint-not-hexadecimal", digits);
        return None;
    };
    let expected = match algorithm.as_str() {
        "md5" => Some(16),
        "sha-1" => Some(20),
        "sha-224" => Some(28),
        "sha-256" => Some(32),
        "sha-384" => Some(48),
        "sha-512" => Some(64),
        _ => None,
    };
    if expected.is_some_and(|length| length != bytes.len()) {
        reader.fault("sdp-fingerprint-length", digits);
    }
    Some(Fingerprint { algorithm, bytes })
}

fn hex_byte(digits: &str) -> Option<u8> {
    let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if two {
        u8::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

pub(super) fn crypto(value: &str, reader: &mut LineReader<'_>) -> Option<Crypto> {
    let mut tokens = value.split_ascii_whitespace();
    let (tag, suite, key) = (tokens.next()?, tokens.next()?, tokens.next()?);
    Some(Crypto {
        tag: reader.parse("sdp-crypto-tag-unreadable", tag)?,
        suite: suite.to_owned(),
        key_parameters: key.to_owned(),
        session_parameters: tokens.map(str::to_owned).collect(),
    })
}

pub(super) fn rtcp_address(value: &str, reader: &mut LineReader<'_>) -> Option<RtcpAddress> {
    let mut tokens = value.split_ascii_whitespace();
    let port = reader.parse("sdp-rtcp-port-unreadable", tokens.next()?)?;
    // Network and address type say nothing that the address does not.
    let address = tokens.nth(2).and_then(|token| {
        let address = ConnectionAddress::parse(token);
        if address.is_none() {
            reader.fault("sdp-rtcp-address-unreadable", token);
        }
        address
    });
    Some(RtcpAddress { port, address })
}

/// Longest user fragment and password, bytes (RFC 8839 §5.4).
const LONGEST_ICE_CREDENTIAL: usize = 256;

/// Longest hash, bytes: SHA-512.
const MAX_HASH_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::line::Line;
    use crate::sdp::line::LineEnding;

    fn attribute(raw: &str) -> (Attribute, Vec<&'static str>) {
        let line = Line::read(1, 0, raw, LineEnding::CrLf);
        let attribute = line.attribute().cloned().expect("an a= line");
        (attribute, line.faults.iter().map(|f| f.name).collect())
    }

    #[test]
    fn a_fingerprint_prints_as_it_was_written() {
        // RFC 8122 §5.1's example.
        let text = "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB";
        let (line, faults) = attribute(&format!("a=fingerprint:{}", text.replace("sha", "SHA")));
        let Attribute::Fingerprint(fingerprint) = line else {
            unreachable!("{line:?}")
        };
        assert_eq!(
            (fingerprint.to_string().as_str(), fingerprint.bytes.len()),
            (text, 20)
        );
        assert!(faults.is_empty());
    }

    #[test]
    fn a_cut_fingerprint_is_kept_and_marked() {
        let (line, faults) = attribute("a=fingerprint:sha-256 4A:AD:B9");
        assert!(matches!(line, Attribute::Fingerprint(_)));
        assert_eq!(faults, ["sdp-fingerprint-length"]);
        let (line, faults) = attribute("a=fingerprint:sha-256 4A:AD:…");
        assert!(matches!(line, Attribute::Other { .. }));
        assert_eq!(faults, ["sdp-fingerprint-not-hexadecimal"]);
    }

    #[test]
    fn short_credentials_are_kept_and_endless_ones_are_not() {
        let (line, faults) = attribute("a=ice-ufrag:abc");
        assert_eq!(line, Attribute::IceUfrag("abc".into()));
        assert_eq!(faults, ["sdp-ice-ufrag-length"]);
        let (line, faults) = attribute(&format!("a=ice-pwd:{}", "x".repeat(257)));
        assert!(matches!(line, Attribute::Other { .. }));
        assert_eq!(faults, ["sdp-ice-pwd-length"]);
        assert_eq!(
            attribute("a=ice-ufrag:a b c").1,
            ["sdp-ice-credential-characters"]
        );
    }

    #[test]
    fn sdes_keys_are_read() {
        // RFC 4568 §9.
        let raw = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 FEC_ORDER=FEC_SRTP";
        let (line, faults) = attribute(raw);
        let Attribute::Crypto(crypto) = line else {
            unreachable!("{line:?}")
        };
        assert_eq!(
            (crypto.tag, crypto.suite.as_str()),
            (1, "AES_CM_128_HMAC_SHA1_80")
        );
        assert!(crypto.key_parameters.ends_with("|2^20|1:4") && faults.is_empty());
        assert_eq!(crypto.session_parameters, ["FEC_ORDER=FEC_SRTP"]);
    }

    #[test]
    fn user_fragment_and_password_are_inherited_together() {
        let session = TransportParameters {
            ice_ufrag: Some("sess".into()),
            ice_pwd: Some("password".into()),
            setup: Some(SetupRole::ActPass),
            ..TransportParameters::default()
        };
        let mut section = TransportParameters {
            ice_ufrag: Some("own1".into()),
            ..TransportParameters::default()
        };
        section.inherit(&session);
        assert_eq!(
            (section.ice_pwd, section.setup),
            (None, Some(SetupRole::ActPass))
        );
    }
}
