//! X.509 certificates, as far as they say who a DTLS or TLS peer is.
//!
//! WebRTC trusts no authority: a certificate is self-signed, its names mean nothing, and what counts is that its hash is the one that
//! signaling announced (`a=fingerprint:sha-256 64:AD:…`, RFC 8122 §5). Hence the hash over the whole DER comes first here.

use std::fmt;
use std::sync::LazyLock;

use md5::Md5;
use sha1::Sha1;
use sha2::Digest;
use sha2::Sha224;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::OID_KEY_TYPE_EC_PUBLIC_KEY;
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::oid_registry::OID_SIG_ED448;
use x509_parser::oid_registry::OID_SIG_ED25519;
use x509_parser::oid_registry::OidRegistry;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;
use x509_parser::x509::X509Name;

use crate::vocab::fault::Fault;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::hello::fault;

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Common name of the subject, else its whole name; `WebRTC` in Chrome's. At most [`Certificate::NAME_LIMIT`] characters.
    pub subject: String,
    /// Common name of the issuer, else its whole name.
    pub issuer: String,
    /// Start of validity, seconds since the Unix epoch.
    pub not_before: i64,
    /// End of validity, seconds since the Unix epoch.
    pub not_after: i64,
    /// The key it certifies.
    pub key: KeyKind,
    /// How it is signed: `ecdsa-with-SHA256`, or the dotted object identifier.
    pub signature_algorithm: String,
    /// Are subject and issuer the same?
    pub self_issued: bool,
}

impl Certificate {
    /// Characters kept of a name.
    pub const NAME_LIMIT: usize = 256;

    /// Reads one certificate in DER.
    ///
    /// # Errors
    /// `…-certificate-malformed` when it does not parse. Its fingerprints can be had all the same.
    pub fn parse(der: &[u8], protocol: Protocol) -> Result<Self, Fault> {
        let (_, certificate) = X509Certificate::from_der(der)
            .map_err(|_unparsed| fault!(protocol, "certificate-malformed", 0))?;
        Ok(Self {
            subject: name(certificate.subject()),
            issuer: name(certificate.issuer()),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            key: KeyKind::of(certificate.public_key()),
            signature_algorithm: oid_name(&certificate.signature_algorithm.algorithm),
            self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
        })
    }
}

/// Kind and size of a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA, modulus length in bits.
    Rsa(usize),
    /// Elliptic curve, by name: `P-256`; browsers' default.
    Ec(String),
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// Anything else, by dotted object identifier.
    Other(String),
}

impl KeyKind {
    fn of(key: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = &key.algorithm.algorithm;
        if *algorithm == OID_PKCS1_RSAENCRYPTION {
            return match key.parsed() {
                Ok(PublicKey::RSA(rsa)) => Self::Rsa(rsa.key_size()),
                _ => Self::Rsa(0),
            };
        }
        if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
            let curve = key
                .algorithm
                .parameters
                .as_ref()
                .and_then(|parameters| parameters.as_oid().ok());
            let Some(curve) = curve else {
                return Self::Ec("explicit curve".into());
            };
            let dotted = curve.to_id_string();
            return Self::Ec(match dotted.as_str() {
                "1.2.840.10045.3.1.7" => "P-256".into(),
                "1.3.132.0.34" => "P-384".into(),
                "1.3.132.0.35" => "P-521".into(),
                "1.3.132.0.10" => "secp256k1".into(),
                _ => dotted,
            });
        }
        if *algorithm == OID_SIG_ED25519 {
            return Self::Ed25519;
        }
        if *algorithm == OID_SIG_ED448 {
            return Self::Ed448;
        }
        Self::Other(algorithm.to_id_string())
    }
}

impl fmt::Display for KeyKind {
    /// `RSA 2048`, `EC P-256`, `Ed25519`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Ec(curve) => write!(f, "EC {curve}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Other(oid) => f.write_str(oid),
        }
    }
}

/// Hash functions of `a=fingerprint` (RFC 8122 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashFunction {
    /// Broken; RFC 8122 forbids it.
    Md5,
    /// Broken; still met with old gateways.
    Sha1,
    /// Rare.
    Sha224,
    /// What everybody uses.
    Sha256,
    /// Rare.
    Sha384,
    /// Seen with some servers.
    Sha512,
}

impl HashFunction {
    /// All of them, weakest first.
    pub const ALL: [Self; 6] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    /// The word in `a=fingerprint`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha-1",
            Self::Sha224 => "sha-224",
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// From the word in `a=fingerprint`, in any case (RFC 8122 §5 compares without).
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|function| function.word().eq_ignore_ascii_case(word))
    }
}

/// All hashes of one certificate: an endpoint may announce any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprints {
    /// MD5.
    pub md5: [u8; 16],
    /// SHA-1.
    pub sha1: [u8; 20],
    /// SHA-224.
    pub sha224: [u8; 28],
    /// SHA-256.
    pub sha256: [u8; 32],
    /// SHA-384.
    pub sha384: [u8; 48],
    /// SHA-512.
    pub sha512: [u8; 64],
}

impl Fingerprints {
    /// Hashes a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        Self {
            md5: Md5::digest(der).into(),
            sha1: Sha1::digest(der).into(),
            sha224: Sha224::digest(der).into(),
            sha256: Sha256::digest(der).into(),
            sha384: Sha384::digest(der).into(),
            sha512: Sha512::digest(der).into(),
        }
    }

    /// The hash by one function.
    pub const fn get(&self, function: HashFunction) -> &[u8] {
        match function {
            HashFunction::Md5 => &self.md5,
            HashFunction::Sha1 => &self.sha1,
            HashFunction::Sha224 => &self.sha224,
            HashFunction::Sha256 => &self.sha256,
            HashFunction::Sha384 => &self.sha384,
            HashFunction::Sha512 => &self.sha512,
        }
    }

    /// As `a=fingerprint` has it: `sha-256 64:AD:…`.
    pub fn text(&self, function: HashFunction) -> String {
        format!("{} {}", function.word(), colon_hex(self.get(function)))
    }

    /// Is the value of an `a=fingerprint` line (`sha-256 64:ad:…`) this certificate's? `None` when the line names an unknown function.
    pub fn matches(&self, attribute: &str) -> Option<bool> {
        let (word, hash) = attribute.trim().split_once(' ')?;
        let function = HashFunction::from_word(word)?;
        Some(colon_hex(self.get(function)).eq_ignore_ascii_case(hash.trim()))
    }
}

/// Upper-case hexadecimal bytes with colons between.
pub fn colon_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            text.push(':');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(
                char::from_digit(u32::from(digit), 16).map_or('?', |c| c.to_ascii_uppercase()),
            );
        }
    }
    text
}

fn name(name: &X509Name<'_>) -> String {
    let common_name = name
        .iter_common_name()
        .next()
        .and_then(|attribute| attribute.as_str().ok());
    let text = common_name.map_or_else(|| name.to_string(), str::to_owned);
    text.chars().take(Certificate::NAME_LIMIT).collect()
}

fn oid_name(oid: &x509_parser::der_parser::Oid<'_>) -> String {
    static REGISTRY: LazyLock<OidRegistry<'_>> =
        LazyLock::new(|| OidRegistry::default().with_crypto());
    REGISTRY
        .get(oid)
        .map_or_else(|| oid.to_id_string(), |entry| entry.sn().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A self-signed certificate as Chromium makes them (EC P-256, CN=WebRTC), from a call in a laboratory.
    const CHROMIUM: &str = "\
        308201153081bca003020102020831d2d11234b61b32300a06082a8648ce3d0403023011310f300d06035504030c06576562525443301e\
        170d3236313132313039303634395a170d3236313232323039303634395a3011310f300d06035504030c06576562525443305930130607\
        2a8648ce3d020106082a8648ce3d030107034200044424ed99febf973ff93dbfccdf6af0aaadb01a04080e133958b371f771abf43c830a\
        d61dc280673d23dcecddcf743616eb1840c23ab8f0e0c51da6391a85e5f5300a06082a8648ce3d0403020348003045022100d4f4250b80\
        c3ca9bf2683bb1b9e3a285d6e863e610f117c7761b98d0a0d809dc0220243d9b5b9852170a59b46b7be0fe2bc351cbcf57ebb2932a6f31\
        ecdbb40ca1ea";

    /// Bytes of a hexadecimal constant.
    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).expect("hex"))
            .collect()
    }

    #[test]
    fn a_browsers_certificate_is_read() {
        let certificate = Certificate::parse(&bytes(CHROMIUM), Protocol::Dtls).expect("valid");
        assert_eq!(
            (certificate.subject.as_str(), certificate.issuer.as_str()),
            ("WebRTC", "WebRTC")
        );
        assert_eq!(certificate.key.to_string(), "EC P-256");
        assert_eq!(certificate.signature_algorithm, "ecdsa-with-SHA256");
        assert!(certificate.self_issued && certificate.not_before < certificate.not_after);
    }

    #[test]
    fn a_fingerprint_is_compared_without_case() {
        let prints = Fingerprints::of(b"abc");
        let announced = prints.text(HashFunction::Sha1);
        assert_eq!(
            announced,
            "sha-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D"
        );
        assert_eq!(prints.matches(&announced.to_lowercase()), Some(true));
        assert_eq!(prints.matches("SHA-1 00:11"), Some(false));
        assert_eq!(prints.matches("sha-3 00:11"), None);
    }

    #[test]
    fn no_cut_or_flipped_certificate_panics() {
        let der = bytes(CHROMIUM);
        for length in 0..der.len() {
            assert!(Certificate::parse(&der[..length], Protocol::Dtls).is_err());
        }
        for bit in 0..der.len() * 8 {
            let mut flipped = der.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = Certificate::parse(&flipped, Protocol::Dtls);
        }
    }
}
