//! Handshake messages other than the hellos, as far as they travel in the clear (up to TLS 1.2; in TLS 1.3 after decryption).
//!
//! ```text
//! Certificate (RFC 5246 §7.4.2)         list length (3)  then each:  length (3)  DER
//! Certificate (RFC 8446 §4.4.2)         context<0..255>  list length (3)  then each:  length (3)  DER  extensions<0..2^16-1>
//! CertificateRequest (RFC 5246 §7.4.4)  types<1..255>  [1.2: signature schemes<2..2^16-2>]  authorities<0..2^16-1>
//! ServerKeyExchange (RFC 8422 §5.4)     curve type (1) = 3  group (2)  public key<1..255>  [1.2: scheme (2)]  signature<0..2^16-1>
//! CertificateVerify                     [1.2: scheme (2)]  signature<0..2^16-1>
//! ```

use crate::vocab::fault::Fault;
use crate::wire::tls::cursor::Cursor;
use crate::wire::tls::hello::ClientHello;
use crate::wire::tls::hello::HelloVerifyRequest;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::hello::ServerHello;
use crate::wire::tls::hello::fault;
use crate::wire::tls::registry::HandshakeType;
use crate::wire::tls::registry::NamedGroup;
use crate::wire::tls::registry::SignatureScheme;
use crate::wire::tls::registry::Version;

/// A handshake message, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// The client's offer.
    ClientHello(ClientHello<'a>),
    /// The server's choice, or a HelloRetryRequest.
    ServerHello(ServerHello<'a>),
    /// DTLS: give the cookie back.
    HelloVerifyRequest(HelloVerifyRequest<'a>),
    /// The sender's certificates.
    Certificate(CertificateChain<'a>),
    /// The server wants a certificate.
    CertificateRequest(CertificateRequest),
    /// The server's ephemeral key.
    ServerKeyExchange(ServerKeyExchange),
    /// Signature over the handshake; its scheme from version 1.2 on.
    CertificateVerify(Option<SignatureScheme>),
    /// Not read further: it holds keys, hashes or nothing.
    Opaque(&'a [u8]),
}

impl<'a> Body<'a> {
    /// Reads a complete message body. `version` is the negotiated one, or the record's as long as nothing is negotiated.
    ///
    /// # Errors
    /// The rule that a message broke before anything of it could be read; lesser faults are inside the values.
    pub fn parse(
        kind: HandshakeType,
        body: &'a [u8],
        protocol: Protocol,
        version: Version,
    ) -> Result<Self, Fault> {
        let broken = || fault!(protocol, "handshake-message-malformed", 0);
        Ok(match kind {
            HandshakeType::ClientHello => Self::ClientHello(ClientHello::parse(body, protocol)?),
            HandshakeType::ServerHello => Self::ServerHello(ServerHello::parse(body, protocol)?),
            HandshakeType::HelloVerifyRequest => {
                Self::HelloVerifyRequest(HelloVerifyRequest::parse(body)?)
            }
            HandshakeType::Certificate => {
                Self::Certificate(CertificateChain::parse(body, protocol, version))
            }
            HandshakeType::CertificateRequest if !version.is_1_3() => Self::CertificateRequest(
                CertificateRequest::parse(body, version).ok_or_else(broken)?,
            ),
            HandshakeType::ServerKeyExchange => {
                Self::ServerKeyExchange(ServerKeyExchange::parse(body, version).ok_or_else(broken)?)
            }
            HandshakeType::CertificateVerify => {
                Self::CertificateVerify(if version.has_signature_schemes() {
                    let scheme = Cursor::new(body).u16().ok_or_else(broken)?;
                    Some(SignatureScheme::from_code(scheme))
                } else {
                    None
                })
            }
            _ => Self::Opaque(body),
        })
    }

    /// Rules broken inside the message.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::ClientHello(hello) => &hello.faults,
            Self::ServerHello(hello) => &hello.faults,
            Self::Certificate(chain) => &chain.faults,
            _ => &[],
        }
    }
}

/// Certificates of one sender; the first is its own. WebRTC endpoints send exactly one, self-signed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateChain<'a> {
    /// Each certificate in DER, with its offset in the message body.
    pub certificates: Vec<(usize, &'a [u8])>,
    /// Rules broken; `certificates` holds those that came before.
    pub faults: Vec<Fault>,
}

impl<'a> CertificateChain<'a> {
    /// Reads the body of a Certificate message.
    pub fn parse(body: &'a [u8], protocol: Protocol, version: Version) -> Self {
        let mut chain = Self::default();
        let mut cursor = Cursor::new(body);
        if version.is_1_3() && cursor.vector8().is_none() {
            chain
                .faults
                .push(fault!(protocol, "certificate-list-overruns", 0));
            return chain;
        }
        let mut list = cursor.vector24().unwrap_or_else(|| {
            chain.faults.push(fault!(
                protocol,
                "certificate-list-overruns",
                cursor.offset()
            ));
            cursor.take(3);
            cursor
        });
        while !list.is_empty() {
            let offset = list.offset();
            let Some(der) = list.vector24() else {
                chain
                    .faults
                    .push(fault!(protocol, "certificate-overruns", offset));
                break;
            };
            chain.certificates.push((der.offset(), der.rest()));
            if version.is_1_3() && list.vector16().is_none() {
                chain
                    .faults
                    .push(fault!(protocol, "certificate-overruns", list.offset()));
                break;
            }
        }
        chain
    }
}

/// What kinds of certificate the server takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateRequest {
    /// Certificate types: 1 `rsa_sign`, 64 `ecdsa_sign`.
    pub certificate_types: Vec<u8>,
    /// Signature schemes the server can verify; empty before version 1.2.
    pub signature_schemes: Vec<SignatureScheme>,
    /// Number of authorities named; 0 in WebRTC.
    pub authorities: usize,
}

impl CertificateRequest {
    fn parse(body: &[u8], version: Version) -> Option<Self> {
        let mut cursor = Cursor::new(body);
        let certificate_types = cursor.vector8()?.rest().to_vec();
        let signature_schemes = if version.has_signature_schemes() {
            let schemes = cursor.vector16()?;
            schemes.u16s().map(SignatureScheme::from_code).collect()
        } else {
            Vec::new()
        };
        let mut names = cursor.vector16()?;
        let mut authorities = 0;
        while !names.is_empty() {
            names.vector16()?;
            authorities += 1;
        }
        Some(Self {
            certificate_types,
            signature_schemes,
            authorities,
        })
    }
}

/// Parameters of the server's ephemeral key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerKeyExchange {
    /// The named curve; `None` for key exchanges that have none (finite-field DHE, PSK, EC-JPAKE).
    pub group: Option<NamedGroup>,
    /// How they are signed; `None` before version 1.2 or without a named curve.
    pub signature_scheme: Option<SignatureScheme>,
}

impl ServerKeyExchange {
    /// `named_curve` (RFC 8422 §5.4), the only curve type in use.
    const NAMED_CURVE: u8 = 3;

    fn parse(body: &[u8], version: Version) -> Option<Self> {
        let mut cursor = Cursor::new(body);
        if cursor.u8()? != Self::NAMED_CURVE {
            return Some(Self {
                group: None,
                signature_scheme: None,
            });
        }
        let group = NamedGroup::from_code(cursor.u16()?);
        cursor.vector8()?;
        let signature_scheme = version
            .has_signature_schemes()
            .then(|| cursor.u16().map(SignatureScheme::from_code))
            .flatten();
        Some(Self {
            group: Some(group),
            signature_scheme,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_chain_keeps_the_certificates_before_the_cut() {
        let body = [0, 0, 12, 0, 0, 2, 0x30, 0, 0, 0, 9, 1];
        let chain = CertificateChain::parse(&body, Protocol::Dtls, Version::Dtls12);
        assert_eq!(chain.certificates, [(6, &[0x30, 0][..])]);
        let names: Vec<_> = chain.faults.iter().map(|fault| fault.name).collect();
        assert_eq!(
            names,
            [
                "dtls-certificate-list-overruns",
                "dtls-certificate-overruns"
            ]
        );
    }

    #[test]
    fn signature_schemes_came_with_version_1_2() {
        let old = [3, 0, 23, 1, 4, 0, 2, 9, 9];
        let new = [3, 0, 23, 1, 4, 4, 3, 0, 2, 9, 9];
        let read = |body, version| ServerKeyExchange::parse(body, version).expect("complete");
        assert_eq!(
            read(&old, Version::Dtls10),
            ServerKeyExchange {
                group: Some(NamedGroup::Secp256r1),
                signature_scheme: None
            }
        );
        assert_eq!(
            read(&new, Version::Dtls12).signature_scheme,
            Some(SignatureScheme::EcdsaSecp256r1Sha256)
        );
    }

    #[test]
    fn a_certificate_request_lists_schemes_and_counts_authorities() {
        let body = [1, 64, 0, 2, 4, 3, 0, 3, 0, 1, 9];
        let request = CertificateRequest::parse(&body, Version::Dtls12).expect("complete");
        assert_eq!(
            request.signature_schemes,
            [SignatureScheme::EcdsaSecp256r1Sha256]
        );
        assert_eq!(
            (request.certificate_types, request.authorities),
            (vec![64], 1)
        );
    }

    #[test]
    fn no_message_panics_however_short() {
        let body = [1_u8, 0, 3, 0, 1, 64, 0, 2, 4, 3, 0, 3, 0, 1, 9];
        for kind in 0..=255 {
            for length in 0..=body.len() {
                for version in [Version::Dtls10, Version::Dtls12, Version::Dtls13] {
                    let kind = HandshakeType::from_code(kind);
                    let _ = Body::parse(kind, &body[..length], Protocol::Dtls, version);
                }
            }
        }
    }
}
