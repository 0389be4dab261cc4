//! The decode trees of ClientHello and ServerHello.
//!
//! ```text
//! version              DTLS 1.2 (0xfefd)
//! random               976867800f…
//! cipher suites        13
//!   cipher suite       TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 (0xc02b)
//! extensions           15
//!   use_srtp           SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_HMAC_SHA1_80
//! ```

use crate::vocab::printable::printable_bytes;
use crate::vocab::printable::printable_within;
use crate::wire::detail::Field;
use crate::wire::detail::hex;
use crate::wire::tls::cipher_suite::CipherSuite;
use crate::wire::tls::cursor::Cursor;
use crate::wire::tls::detail::words::HEX_LIMIT;
use crate::wire::tls::detail::words::coded;
use crate::wire::tls::detail::words::length;
use crate::wire::tls::detail::words::list;
use crate::wire::tls::detail::words::version;
use crate::wire::tls::extension::Extension;
use crate::wire::tls::extension::Extensions;
use crate::wire::tls::extension::Value;
use crate::wire::tls::hello::ClientHello;
use crate::wire::tls::hello::ServerHello;
use crate::wire::tls::registry::ExtensionType;
use crate::wire::tls::registry::NamedGroup;
use crate::wire::tls::registry::SignatureScheme;
use crate::wire::tls::registry::Version;
use crate::wire::tls::registry::is_grease;
use crate::wire::tls::srtp_profile::SrtpProfile;

/// Lines for a ClientHello whose body starts at byte `base`.
pub(super) fn client_hello(body: &[u8], hello: &ClientHello<'_>, base: usize) -> Vec<Field> {
    let mut walk = Walk::new(body, base);
    walk.start();
    walk.vector8("session id", opaque);
    if hello.cookie.is_some() {
        walk.vector8("cookie", opaque);
    }
    walk.cipher_suites();
    walk.vector8("compression methods", |bytes| match bytes {
        [0] => "none".into(),
        other => opaque(other),
    });
    walk.extensions(&hello.extensions);
    walk.fields
}

/// Lines for a ServerHello (or HelloRetryRequest) whose body starts at byte `base`.
pub(super) fn server_hello(body: &[u8], hello: &ServerHello<'_>, base: usize) -> Vec<Field> {
    let mut walk = Walk::new(body, base);
    walk.start();
    if hello.is_retry_request()
        && let Some(random) = walk.fields.last_mut()
    {
        random.value.push_str(": this is a HelloRetryRequest");
    }
    walk.vector8("session id", opaque);
    let from = walk.cursor.offset();
    if let Some(suite) = walk.cursor.u16().map(CipherSuite::from_code) {
        walk.push("cipher suite", suite_words(suite), from);
    }
    let from = walk.cursor.offset();
    if let Some(method) = walk.cursor.u8() {
        let words = match method {
            0 => "none".into(),
            other => other.to_string(),
        };
        walk.push("compression method", words, from);
    }
    walk.extensions(&hello.extensions);
    walk.fields
}

/// Walks through a hello, a line per field, as far as the body reaches.
struct Walk<'a> {
    cursor: Cursor<'a>,
    base: usize,
    fields: Vec<Field>,
}

impl<'a> Walk<'a> {
    const fn new(body: &'a [u8], base: usize) -> Self {
        Self {
            cursor: Cursor::new(body),
            base,
            fields: Vec::new(),
        }
    }

    /// A line for what was read since byte `from` of the body.
    fn push(&mut self, name: &str, value: String, from: usize) {
        let range = self.base + from..self.base + self.cursor.offset();
        self.fields.push(Field::new(name, value, range));
    }

    fn start(&mut self) {
        if let Some(code) = self.cursor.u16() {
            self.push("version", version(Version::from_code(code)), 0);
        }
        if let Some(random) = self.cursor.array::<32>() {
            self.push("random", hex(random, HEX_LIMIT), 2);
        }
    }

    fn vector8(&mut self, name: &str, words: impl Fn(&[u8]) -> String) {
        let from = self.cursor.offset();
        if let Some(content) = self.cursor.vector8() {
            self.push(name, words(content.rest()), from);
        }
    }

    fn cipher_suites(&mut self) {
        let from = self.cursor.offset();
        let Some(suites) = self.cursor.vector16() else {
            return;
        };
        let first = self.base + suites.offset();
        let children: Vec<_> = suites
            .u16s()
            .enumerate()
            .map(|(index, code)| {
                let at = first + 2 * index;
                let words = suite_words(CipherSuite::from_code(code));
                Field::new("cipher suite", words, at..at + 2)
            })
            .collect();
        self.push("cipher suites", children.len().to_string(), from);
        if let Some(line) = self.fields.last_mut() {
            line.children = children;
        }
    }

    fn extensions(&mut self, extensions: &Extensions<'_>) {
        let from = self.cursor.offset();
        if self.cursor.is_empty() {
            return;
        }
        self.cursor.take(self.cursor.rest().len());
        self.push("extensions", extensions.0.len().to_string(), from);
        let base = self.base;
        if let Some(line) = self.fields.last_mut() {
            let children = extensions.0.iter();
            line.children = children.map(|e| extension_field(e, base)).collect();
        }
    }
}

fn extension_field(extension: &Extension<'_>, base: usize) -> Field {
    let start = base + extension.offset;
    // Type and length take four bytes.
    let range = start..start + 4 + extension.data.len();
    Field::new(
        extension_name(extension.kind),
        value_words(extension),
        range,
    )
}

fn extension_name(kind: ExtensionType) -> String {
    match (kind.name(), kind.code()) {
        (Some(name), _) => name.into(),
        (None, code) if is_grease(code) => format!("GREASE ({code:#06x})"),
        (None, code) => format!("unknown ({code:#06x})"),
    }
}

fn value_words(extension: &Extension<'_>) -> String {
    match &extension.value {
        Value::ServerName(name) => {
            printable_within(name.unwrap_or("acknowledged"), HEX_LIMIT).into_owned()
        }
        Value::SupportedGroups(groups) => list(groups, NamedGroup::name, NamedGroup::code),
        Value::SignatureAlgorithms(schemes) => {
            list(schemes, SignatureScheme::name, SignatureScheme::code)
        }
        Value::UseSrtp(srtp) => {
            let profiles = list(&srtp.profiles, SrtpProfile::name, SrtpProfile::code);
            match srtp.mki {
                [] => profiles,
                mki => format!("{profiles}; MKI {}", hex(mki, HEX_LIMIT)),
            }
        }
        Value::Alpn(protocols) => {
            let shown = protocols.iter().map(|p| printable_bytes(p, HEX_LIMIT));
            shown.collect::<Vec<_>>().join(", ")
        }
        Value::SupportedVersions(versions) => list(versions, Version::name, Version::code),
        Value::KeyShare(shares) => {
            let shown = shares.iter().map(|share| {
                let group = list(&[share.group], NamedGroup::name, NamedGroup::code);
                format!("{group} {}", length(share.key_bytes))
            });
            shown.collect::<Vec<_>>().join(", ")
        }
        Value::ConnectionId([]) => "empty: may send one, wants none".into(),
        Value::ConnectionId(bytes) | Value::Cookie(bytes) => opaque(bytes),
        Value::RecordSizeLimit(limit) => length(usize::from(*limit)),
        Value::SessionTicket(ticket) => length(ticket.len()),
        Value::Flag => "present".into(),
        Value::Opaque => opaque(extension.data),
    }
}

fn suite_words(suite: CipherSuite) -> String {
    let name = if suite.is_grease() {
        Some("GREASE")
    } else {
        suite.name()
    };
    coded(name, suite.code())
}

fn opaque(bytes: &[u8]) -> String {
    match bytes {
        [] => "empty".into(),
        bytes => hex(bytes, HEX_LIMIT),
    }
}
