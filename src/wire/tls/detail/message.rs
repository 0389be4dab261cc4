//! The decode trees of handshake message bodies, certificates and alerts.

use jiff::Timestamp;

use crate::vocab::printable::printable;
use crate::wire::detail::Field;
use crate::wire::detail::hex;
use crate::wire::tls::alert::Alert;
use crate::wire::tls::certificate::Certificate;
use crate::wire::tls::certificate::Fingerprints;
use crate::wire::tls::certificate::HashFunction;
use crate::wire::tls::detail::hello::client_hello;
use crate::wire::tls::detail::hello::server_hello;
use crate::wire::tls::detail::words::HEX_LIMIT;
use crate::wire::tls::detail::words::coded;
use crate::wire::tls::detail::words::length;
use crate::wire::tls::detail::words::list;
use crate::wire::tls::detail::words::named;
use crate::wire::tls::detail::words::version as version_words;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::message::Body;
use crate::wire::tls::registry::HandshakeType;
use crate::wire::tls::registry::SignatureScheme;
use crate::wire::tls::registry::Version;

/// Lines for a handshake message's body, which starts at byte `base`. A body that is not whole shows what there is of a hello.
pub(crate) fn body(
    kind: HandshakeType,
    bytes: &[u8],
    protocol: Protocol,
    version: Version,
    base: usize,
) -> Vec<Field> {
    let all = base..base + bytes.len();
    let parsed = match Body::parse(kind, bytes, protocol, version) {
        Ok(parsed) => parsed,
        Err(fault) => return vec![Field::fault(fault.name, all)],
    };
    let mut fields = match &parsed {
        Body::ClientHello(hello) => client_hello(bytes, hello, base),
        Body::ServerHello(hello) => server_hello(bytes, hello, base),
        Body::HelloVerifyRequest(request) => vec![
            Field::new("version", version_words(request.version), base..base + 2),
            Field::new("cookie", hex(request.cookie, HEX_LIMIT), base + 2..all.end),
        ],
        Body::Certificate(chain) => {
            let certificates = chain.certificates.iter();
            certificates
                .map(|&(offset, der)| certificate(der, protocol, base + offset))
                .collect()
        }
        Body::CertificateRequest(request) => vec![
            Field::new(
                "signature schemes",
                schemes(&request.signature_schemes),
                all.clone(),
            ),
            Field::new("authorities", request.authorities.to_string(), all.clone()),
        ],
        Body::ServerKeyExchange(exchange) => {
            let group = exchange.group.map(|group| {
                // Curve type, then the group.
                Field::new(
                    "group",
                    coded(group.name(), group.code()),
                    base + 1..base + 3,
                )
            });
            let scheme = exchange
                .signature_scheme
                .map(|scheme| Field::new("signature scheme", schemes(&[scheme]), all.clone()));
            group.into_iter().chain(scheme).collect()
        }
        Body::CertificateVerify(Some(scheme)) => {
            vec![Field::new(
                "signature scheme",
                schemes(&[*scheme]),
                base..base + 2,
            )]
        }
        Body::CertificateVerify(None) | Body::Opaque(_) => Vec::new(),
    };
    fields.extend(parsed.faults().iter().map(|fault| {
        let start = base + fault.offset.min(bytes.len());
        Field::fault(fault.name, start..all.end)
    }));
    fields
}

/// Lines for an alert in the clear, which starts at byte `base`.
pub(crate) fn alert(content: &[u8], base: usize) -> Vec<Field> {
    let Some(alert) = Alert::parse(content) else {
        return Vec::new();
    };
    let (level, description) = (alert.level, alert.description);
    vec![
        Field::new("level", named(level.name(), level.code()), base..base + 1),
        Field::new(
            "description",
            named(description.name(), description.code()),
            base + 1..base + 2,
        ),
    ]
}

/// The line for content that can't be read without keys.
pub(crate) fn encrypted(bytes: usize, base: usize) -> Field {
    Field::new("encrypted content", length(bytes), base..base + bytes)
}

fn certificate(der: &[u8], protocol: Protocol, base: usize) -> Field {
    let range = base..base + der.len();
    let mut field = Field::new("certificate", length(der.len()), range.clone());
    let line = |name: &str, value: String| Field::new(name, value, range.clone());
    match Certificate::parse(der, protocol) {
        Ok(certificate) => field.children.extend([
            line("subject", printable(&certificate.subject).into_owned()),
            line("issuer", printable(&certificate.issuer).into_owned()),
            line("not before", date(certificate.not_before)),
            line("not after", date(certificate.not_after)),
            line("key", certificate.key.to_string()),
            line("signature algorithm", certificate.signature_algorithm),
        ]),
        Err(fault) => field.children.push(Field::fault(fault.name, range.clone())),
    }
    let fingerprint = Fingerprints::of(der).text(HashFunction::Sha256);
    field.children.push(line("fingerprint", fingerprint));
    field
}

/// `2026-11-21T09:06:45Z`; the bare number when no calendar reaches it.
fn date(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

fn schemes(schemes: &[SignatureScheme]) -> String {
    list(schemes, SignatureScheme::name, SignatureScheme::code)
}
