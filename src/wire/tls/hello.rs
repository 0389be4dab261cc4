//! The hellos: what the client offers and what the server picks.
//!
//! ```text
//! ClientHello          version (2)  random (32)  session_id<0..32>  [DTLS: cookie<0..255>]
//!                      cipher_suites<2..2^16-2>  compression_methods<1..255>  extensions<0..2^16-1>
//! ServerHello          version (2)  random (32)  session_id<0..32>  cipher_suite (2)  compression_method (1)  extensions
//! HelloVerifyRequest   version (2)  cookie<0..255>                                       (DTLS up to 1.2, RFC 6347 §4.2.1)
//! ```
//!
//! `<a..b>` is a vector behind its length: one byte up to 255, else two. A HelloRetryRequest of TLS 1.3 is a ServerHello whose random is
//! [`ServerHello::RETRY_RANDOM`].
//!
//! Read here and not by `tls-parser` because a hello cut short by the snap length should still show what is left of it, and because of
//! DTLS's cookie.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::tls::cipher_suite::CipherSuite;
use crate::wire::tls::cursor::Cursor;
use crate::wire::tls::extension::Extensions;
use crate::wire::tls::registry::Version;

/// Which of the two runs underneath: it decides about the cookie, and how faults are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Over a byte stream.
    Tls,
    /// Over datagrams.
    Dtls,
}

impl Protocol {
    /// The layer its faults belong to.
    pub const fn layer(self) -> Layer {
        match self {
            Self::Tls => Layer::Tls,
            Self::Dtls => Layer::Dtls,
        }
    }
}

/// `fault!(protocol, "hello-truncated", offset)`: a fault named `tls-hello-truncated` or `dtls-hello-truncated`.
macro_rules! fault {
    ($protocol:expr, $rule:literal, $offset:expr) => {
        $crate::vocab::fault::Fault::new(
            $protocol.layer(),
            match $protocol {
                $crate::wire::tls::hello::Protocol::Tls => concat!("tls-", $rule),
                $crate::wire::tls::hello::Protocol::Dtls => concat!("dtls-", $rule),
            },
            $offset,
        )
    };
}
pub(crate) use fault;

/// A client's offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// Version field: the highest one offered up to 1.2; later ones stand in `supported_versions`.
    pub legacy_version: Version,
    /// The client's random: names the handshake in key logs.
    pub random: &'a [u8; 32],
    /// Session to resume, or in TLS 1.3 a value for old middleboxes. DTLS 1.3 leaves it empty.
    pub session_id: &'a [u8],
    /// Cookie handed back to the server, empty in the first hello; `None` over TLS.
    pub cookie: Option<&'a [u8]>,
    /// Cipher suites in order of preference, GREASE values among them.
    pub cipher_suites: Vec<CipherSuite>,
    /// Compression methods; only 0 (none) is in use.
    pub compression_methods: &'a [u8],
    /// Extensions.
    pub extensions: Extensions<'a>,
    /// Rules broken; the fields hold what could be read in spite of them.
    pub faults: Vec<Fault>,
}

impl<'a> ClientHello<'a> {
    /// Reads the body of a ClientHello.
    ///
    /// # Errors
    /// `…-hello-truncated` when it ends before the random does.
    pub fn parse(body: &'a [u8], protocol: Protocol) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(body);
        let (Some(version), Some(random)) = (cursor.u16(), cursor.array::<32>()) else {
            return Err(fault!(protocol, "hello-truncated", body.len()));
        };
        let mut hello = Self {
            legacy_version: Version::from_code(version),
            random,
            session_id: &[],
            cookie: matches!(protocol, Protocol::Dtls).then_some(&[][..]),
            cipher_suites: Vec::new(),
            compression_methods: &[],
            extensions: Extensions::default(),
            faults: Vec::new(),
        };
        if hello.rest(&mut cursor, protocol).is_none() {
            hello
                .faults
                .push(fault!(protocol, "hello-truncated", cursor.offset()));
        }
        Ok(hello)
    }

    /// Versions offered, the client's preference first, GREASE left out: `supported_versions`, else the version field.
    pub fn versions_offered(&self) -> Vec<Version> {
        match self.extensions.versions() {
            [] => vec![self.legacy_version],
            versions => versions
                .iter()
                .copied()
                .filter(|version| !crate::wire::tls::registry::is_grease(version.code()))
                .collect(),
        }
    }

    fn rest(&mut self, cursor: &mut Cursor<'a>, protocol: Protocol) -> Option<()> {
        self.session_id = session_id(cursor, protocol, &mut self.faults)?;
        if let Some(cookie) = &mut self.cookie {
            *cookie = cursor.vector8()?.rest();
        }
        self.cipher_suites = cursor
            .vector16()?
            .u16s()
            .map(CipherSuite::from_code)
            .collect();
        self.compression_methods = cursor.vector8()?.rest();
        self.extensions = extensions(cursor, protocol, &mut self.faults);
        Some(())
    }
}

/// A server's choice, or its wish for another ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// Version field; for TLS 1.3 it says 1.2, see [`Self::version`].
    pub legacy_version: Version,
    /// The server's random.
    pub random: &'a [u8; 32],
    /// The client's session id again when a session resumes (up to 1.2), or echoed (TLS 1.3).
    pub session_id: &'a [u8],
    /// The cipher suite chosen; `None` when the message ends before it.
    pub cipher_suite: Option<CipherSuite>,
    /// Compression method chosen; 0 is none.
    pub compression_method: u8,
    /// Extensions.
    pub extensions: Extensions<'a>,
    /// Rules broken; the fields hold what could be read in spite of them.
    pub faults: Vec<Fault>,
}

impl<'a> ServerHello<'a> {
    /// SHA-256 of "HelloRetryRequest": the random that makes a ServerHello a HelloRetryRequest (RFC 8446 §4.1.3).
    pub const RETRY_RANDOM: [u8; 32] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
        0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
        0x33, 0x9c,
    ];

    /// Reads the body of a ServerHello.
    ///
    /// # Errors
    /// `…-hello-truncated` when it ends before the random does.
    pub fn parse(body: &'a [u8], protocol: Protocol) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(body);
        let (Some(version), Some(random)) = (cursor.u16(), cursor.array::<32>()) else {
            return Err(fault!(protocol, "hello-truncated", body.len()));
        };
        let mut hello = Self {
            legacy_version: Version::from_code(version),
            random,
            session_id: &[],
            cipher_suite: None,
            compression_method: 0,
            extensions: Extensions::default(),
            faults: Vec::new(),
        };
        if hello.rest(&mut cursor, protocol).is_none() {
            hello
                .faults
                .push(fault!(protocol, "hello-truncated", cursor.offset()));
        }
        Ok(hello)
    }

    /// Does it ask for another ClientHello?
    pub fn is_retry_request(&self) -> bool {
        *self.random == Self::RETRY_RANDOM
    }

    /// The version chosen: `supported_versions`, else the version field.
    pub fn version(&self) -> Version {
        match self.extensions.versions() {
            [chosen, ..] => *chosen,
            [] => self.legacy_version,
        }
    }

    fn rest(&mut self, cursor: &mut Cursor<'a>, protocol: Protocol) -> Option<()> {
        self.session_id = session_id(cursor, protocol, &mut self.faults)?;
        self.cipher_suite = Some(CipherSuite::from_code(cursor.u16()?));
        self.compression_method = cursor.u8()?;
        self.extensions = extensions(cursor, protocol, &mut self.faults);
        Some(())
    }
}

/// A DTLS server's demand that the client prove its address before the server keeps any state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelloVerifyRequest<'a> {
    /// Version; 1.0 whatever is negotiated later (RFC 6347 §4.2.1).
    pub version: Version,
    /// What the client has to hand back.
    pub cookie: &'a [u8],
}

impl<'a> HelloVerifyRequest<'a> {
    /// Reads the body of a HelloVerifyRequest.
    ///
    /// # Errors
    /// `dtls-hello-truncated` when it ends before the cookie does.
    pub fn parse(body: &'a [u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(body);
        let (Some(version), Some(cookie)) = (cursor.u16(), cursor.vector8()) else {
            return Err(fault!(Protocol::Dtls, "hello-truncated", cursor.offset()));
        };
        Ok(Self {
            version: Version::from_code(version),
            cookie: cookie.rest(),
        })
    }
}

fn session_id<'a>(
    cursor: &mut Cursor<'a>,
    protocol: Protocol,
    faults: &mut Vec<Fault>,
) -> Option<&'a [u8]> {
    let offset = cursor.offset();
    let id = cursor.vector8()?.rest();
    if id.len() > 32 {
        faults.push(fault!(protocol, "session-id-too-long", offset));
    }
    Some(id)
}

fn extensions<'a>(
    cursor: &mut Cursor<'a>,
    protocol: Protocol,
    faults: &mut Vec<Fault>,
) -> Extensions<'a> {
    // Up to TLS 1.2 a hello may end here (RFC 5246 §7.4.1.2).
    if cursor.is_empty() {
        return Extensions::default();
    }
    let block = cursor.vector16().unwrap_or_else(|| {
        faults.push(fault!(protocol, "extensions-overrun", cursor.offset()));
        let mut rest = *cursor;
        rest.take(2);
        rest
    });
    Extensions::parse(block, protocol, faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tls::registry::ExtensionType;
    use crate::wire::tls::registry::NamedGroup;
    use crate::wire::tls::srtp_profile::SrtpProfile;

    /// DTLS 1.2 ClientHello as Firefox sends it, shortened: two suites, one group, SRTP, extended master secret.
    fn client_hello() -> Vec<u8> {
        let mut body = vec![0xfe, 0xfd];
        body.extend([7; 32]);
        body.extend([0, 0]); // session id, cookie
        body.extend([0, 4, 0xc0, 0x2b, 0x0a, 0x0a, 1, 0]);
        let extensions = [
            &[0, 10, 0, 4, 0, 2, 0, 29][..],
            &[0, 14, 0, 5, 0, 2, 0, 1, 0],
            &[0, 23, 0, 0],
            &[0, 43, 0, 5, 4, 0xfe, 0xfc, 0xfe, 0xfd],
        ]
        .concat();
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
        body
    }

    #[test]
    fn a_client_hello_shows_all_it_offers() {
        let body = client_hello();
        let hello = ClientHello::parse(&body, Protocol::Dtls).expect("complete");
        assert_eq!(hello.faults, []);
        assert_eq!(hello.cookie, Some(&[][..]));
        assert_eq!(
            hello.cipher_suites.first().and_then(|suite| suite.name()),
            Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
        );
        assert_eq!(hello.versions_offered(), [Version::Dtls13, Version::Dtls12]);
        assert_eq!(hello.extensions.groups(), [NamedGroup::X25519]);
        assert!(hello.extensions.has(ExtensionType::ExtendedMasterSecret));
        let srtp = hello.extensions.use_srtp().expect("offered");
        assert_eq!(srtp.profiles, [SrtpProfile::Aes128CmHmacSha1_80]);
    }

    #[test]
    fn a_hello_cut_short_keeps_what_is_left() {
        let body = client_hello();
        let cut = ClientHello::parse(&body[..body.len() - 6], Protocol::Dtls).expect("has random");
        assert_eq!(cut.cipher_suites.len(), 2);
        assert!(cut.extensions.use_srtp().is_some());
        let names: Vec<_> = cut.faults.iter().map(|fault| fault.name).collect();
        assert_eq!(
            names,
            ["dtls-extensions-overrun", "dtls-extension-overruns"]
        );
        assert!(ClientHello::parse(&body[..20], Protocol::Dtls).is_err());
    }

    #[test]
    fn the_chosen_version_may_stand_in_an_extension() {
        let mut body = vec![0xfe, 0xfd];
        body.extend(ServerHello::RETRY_RANDOM);
        body.extend([0, 0x13, 0x01, 0, 0, 6, 0, 43, 0, 2, 0xfe, 0xfc]);
        let hello = ServerHello::parse(&body, Protocol::Dtls).expect("complete");
        assert!(hello.is_retry_request());
        assert_eq!(hello.version(), Version::Dtls13);
        assert_eq!(hello.cipher_suite, Some(CipherSuite::Aes128GcmSha256));
        assert_eq!(hello.faults, []);
    }

    #[test]
    fn no_cut_or_flipped_hello_panics() {
        let body = client_hello();
        for length in 0..=body.len() {
            for protocol in [Protocol::Tls, Protocol::Dtls] {
                let _ = ClientHello::parse(&body[..length], protocol);
                let _ = ServerHello::parse(&body[..length], protocol);
                let _ = HelloVerifyRequest::parse(&body[..length]);
            }
        }
        for bit in 0..body.len() * 8 {
            let mut flipped = body.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = ClientHello::parse(&flipped, Protocol::Dtls);
            let _ = ServerHello::parse(&flipped, Protocol::Dtls);
        }
    }
}
