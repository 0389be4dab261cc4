//! What complete handshake messages tell about an association.

use crate::track::dtls::association::Association;
use crate::track::dtls::facts::CertificateSeen;
use crate::track::dtls::facts::HelloFacts;
use crate::track::dtls::facts::Issuer;
use crate::track::dtls::facts::Retry;
use crate::vocab::address::Direction;
use crate::vocab::fault::Fault;
use crate::vocab::fault::FaultLog;
use crate::vocab::fault::Layer;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::wire::tls::certificate::Certificate;
use crate::wire::tls::certificate::Fingerprints;
use crate::wire::tls::cursor::Cursor;
use crate::wire::tls::extension::Extensions;
use crate::wire::tls::hello::ClientHello;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::hello::ServerHello;
use crate::wire::tls::message::Body;
use crate::wire::tls::message::CertificateChain;
use crate::wire::tls::registry::ExtensionType;
use crate::wire::tls::registry::HandshakeType;
use crate::wire::tls::registry::NamedGroup;
use crate::wire::tls::registry::SignatureScheme;
use crate::wire::tls::registry::Version;
use crate::wire::tls::registry::is_grease;

/// A handshake message with where it was seen.
pub(super) struct Arrived<'a> {
    /// When its last fragment came, and which way.
    pub(super) seen: Sighting,
    /// Its type.
    pub(super) kind: HandshakeType,
    /// Its body; only the start of it when the snap length cut it.
    pub(super) body: &'a [u8],
    /// Did the snap length cut it?
    pub(super) is_cut: bool,
    /// Frames that carried it.
    pub(super) frames: &'a [FrameNumber],
}

/// What one hello says and only makes sense beside the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Offered {
    /// The client's session id: a server that resumes sends it back (RFC 5246 §7.4.1.3).
    session_id: Option<Vec<u8>>,
    /// Length of the connection id that each direction's sender wants to receive (RFC 9146 §3).
    connection_id_bytes: [Option<usize>; 2],
    /// Did the server agree on connection ids?
    connection_ids: bool,
    /// The version that the server chose unless what the capture cut off its hello says another.
    likely_version: Option<Version>,
}

impl Offered {
    /// Length of the connection ids in what `direction` sends: as the other end asked for.
    pub(super) fn connection_id_bytes(&self, direction: Direction) -> Option<usize> {
        self.connection_id_bytes[direction.opposite().index()].filter(|_| self.connection_ids)
    }
}

/// A message that DTLS 1.3 encrypts came in the clear: it is not that version.
pub(super) fn in_the_clear(association: &mut Association, offered: &Offered, kind: HandshakeType) {
    let old = matches!(
        kind,
        HandshakeType::Certificate
            | HandshakeType::ServerKeyExchange
            | HandshakeType::ServerHelloDone
            | HandshakeType::ClientKeyExchange
    );
    if old && association.version.is_none() {
        association.version = offered.likely_version;
    }
}

/// Takes over what the message tells. `faults` gets what is wrong with it.
pub(super) fn learn(
    association: &mut Association,
    offered: &mut Offered,
    message: &Arrived<'_>,
    faults: &mut FaultLog,
) {
    let version = association
        .version
        .or(association.record_version)
        .unwrap_or(Version::Dtls12);
    let seen = message.seen;
    let body = match Body::parse(message.kind, message.body, Protocol::Dtls, version) {
        Ok(body) => body,
        Err(fault) => return faults.record(fault, Some(seen.frame)),
    };
    for &fault in body.faults() {
        faults.record(fault, Some(seen.frame));
    }
    match body {
        Body::ClientHello(hello) => client_hello(association, offered, message, &hello),
        Body::ServerHello(hello) => server_hello(association, offered, message, &hello),
        Body::HelloVerifyRequest(_) => {
            let to_client = seen.direction;
            association
                .client
                .get_or_insert_with(|| to_client.opposite());
            association.hello.retry = Some(Retry::HelloVerifyRequest);
        }
        Body::Certificate(chain) => certificate(association, message, &chain, faults),
        Body::CertificateRequest(_) => association.hello.client_certificate_requested = true,
        Body::ServerKeyExchange(exchange) => {
            association.hello.group = exchange.group;
            association.hello.signature_scheme = exchange.signature_scheme;
        }
        Body::Opaque(extensions) if message.kind == HandshakeType::EncryptedExtensions => {
            encrypted_extensions(association, seen, extensions, faults);
        }
        Body::CertificateVerify(_) | Body::Opaque(_) => {}
    }
}

fn client_hello(
    association: &mut Association,
    offered: &mut Offered,
    message: &Arrived<'_>,
    hello: &ClientHello<'_>,
) {
    let seen = message.seen;
    let extensions = &hello.extensions;
    association.client = Some(seen.direction);
    association.client_random = Some(*hello.random);
    push_frames(association, message.frames);
    association.srtp_profiles_offered = extensions
        .use_srtp()
        .map(|srtp| srtp.profiles.clone())
        .unwrap_or_default();
    offered.connection_id_bytes[seen.direction.index()] =
        extensions.connection_id().map(<[u8]>::len);
    offered.session_id = Some(hello.session_id.to_vec());
    let facts = &mut association.hello;
    let limits = facts.record_size_limits;
    *facts = HelloFacts {
        versions_offered: hello.versions_offered(),
        cipher_suites_offered: hello
            .cipher_suites
            .iter()
            .copied()
            .filter(|suite| !suite.is_grease())
            .collect(),
        groups_offered: ungreased(extensions.groups(), NamedGroup::code),
        key_shares_offered: extensions
            .key_shares()
            .iter()
            .map(|share| share.group)
            .filter(|group| !is_grease(group.code()))
            .collect(),
        signature_schemes_offered: ungreased(extensions.signature_schemes(), SignatureScheme::code),
        alpn_offered: extensions.alpn().iter().copied().map(text).collect(),
        server_name: extensions.server_name().map(str::to_owned),
        session_ticket_offered: extensions.has(ExtensionType::SessionTicket),
        record_size_limits: limits,
        // What the server said stays: its hello may have been captured first.
        ..std::mem::take(facts)
    };
    facts.record_size_limits[0] = extensions.record_size_limit();
}

fn server_hello(
    association: &mut Association,
    offered: &mut Offered,
    message: &Arrived<'_>,
    hello: &ServerHello<'_>,
) {
    let seen = message.seen;
    let extensions = &hello.extensions;
    let client = *association
        .client
        .get_or_insert_with(|| seen.direction.opposite());
    push_frames(association, message.frames);
    let share = extensions.key_shares().first().map(|share| share.group);
    if hello.is_retry_request() {
        association.hello.retry = Some(Retry::HelloRetryRequest);
        association.hello.group = share;
        return;
    }
    // Glare: both ends believe to be server. The first to answer is taken at its word.
    if client == seen.direction && association.version.is_some() {
        return;
    }
    let version = hello.version();
    // DTLS 1.3 calls itself 1.2 in the hello's own field (RFC 9147 §5.4); the extension that says so may be what was cut.
    if message.is_cut && extensions.versions().is_empty() {
        offered.likely_version = Some(version);
    } else {
        association.version = Some(version);
    }
    association.cipher_suite = hello.cipher_suite;
    association.server_random = Some(*hello.random);
    association.srtp_profile = extensions
        .use_srtp()
        .and_then(|srtp| srtp.profiles.first().copied());
    offered.connection_id_bytes[seen.direction.index()] =
        extensions.connection_id().map(<[u8]>::len);
    offered.connection_ids = extensions.has(ExtensionType::ConnectionId);
    let facts = &mut association.hello;
    facts.connection_ids = offered.connection_ids;
    facts.record_size_limits[1] = extensions.record_size_limit();
    facts.alpn_selected = extensions.alpn().first().copied().map(text);
    if version.is_1_3() {
        facts.group = share;
        facts.resumed = Some(extensions.has(ExtensionType::PreSharedKey));
    } else if !message.is_cut {
        facts.resumed = offered
            .session_id
            .as_ref()
            .map(|id| !id.is_empty() && id == hello.session_id);
        facts.extended_master_secret = Some(extensions.has(ExtensionType::ExtendedMasterSecret));
    }
}

/// What the server chose under encryption (RFC 8446 §4.3.1).
fn encrypted_extensions(
    association: &mut Association,
    seen: Sighting,
    body: &[u8],
    faults: &mut FaultLog,
) {
    let mut broken = Vec::new();
    let Some(list) = Cursor::new(body).vector16() else {
        let fault = Fault::new(Layer::Dtls, "dtls-handshake-message-malformed", 0);
        return faults.record(fault, Some(seen.frame));
    };
    let extensions = Extensions::parse(list, Protocol::Dtls, &mut broken);
    for fault in broken {
        faults.record(fault, Some(seen.frame));
    }
    association.srtp_profile = extensions
        .use_srtp()
        .and_then(|srtp| srtp.profiles.first().copied());
    let facts = &mut association.hello;
    facts.record_size_limits[1] = extensions.record_size_limit();
    facts.alpn_selected = extensions.alpn().first().copied().map(text);
}

fn certificate(
    association: &mut Association,
    message: &Arrived<'_>,
    chain: &CertificateChain<'_>,
    faults: &mut FaultLog,
) {
    let seen = message.seen;
    // WebRTC looks at the first one only (RFC 8122 §6.2).
    let Some(&(offset, der)) = chain.certificates.first() else {
        return;
    };
    let certificate = Certificate::parse(der, Protocol::Dtls);
    if let Err(Fault { name, .. }) = certificate {
        faults.record(Fault::new(Layer::Dtls, name, offset), Some(seen.frame));
    }
    if association.certificates.len() < Association::CERTIFICATES_KEPT {
        let issuers = chain.certificates.iter().skip(1);
        let issuers = issuers
            .take(CertificateSeen::ISSUERS_KEPT)
            .map(|(_, der)| Issuer {
                fingerprints: Fingerprints::of(der),
                certificate: Certificate::parse(der, Protocol::Dtls).ok(),
            });
        association.certificates.push(CertificateSeen {
            direction: seen.direction,
            fingerprints: Fingerprints::of(der),
            certificate: certificate.ok(),
            issuers: issuers.collect(),
            chain_length: chain.certificates.len(),
            at: seen.at,
            frames: message.frames.to_vec(),
        });
    }
}

fn push_frames(association: &mut Association, frames: &[FrameNumber]) {
    for &frame in frames {
        association.hello_frames.push(frame);
    }
}

fn ungreased<T: Copy>(values: &[T], code: impl Fn(T) -> u16) -> Vec<T> {
    values
        .iter()
        .copied()
        .filter(|&value| !is_grease(code(value)))
        .collect()
}

/// Protocol names are ASCII by custom (RFC 7301 §6); GREASE ones are not.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
