//! Hello extensions.
//!
//! ```text
//! extensions<0..2^16-1>:  length (2)  then each:  type (2)  length (2)  data
//! use_srtp (RFC 5764 §4.1.1):   profiles length (2)  profile (2) …  MKI length (1)  MKI
//! key_share, client (RFC 8446 §4.2.8):  length (2)  then each:  group (2)  key length (2)  key
//! key_share, server: one such entry;  in HelloRetryRequest: the group alone
//! connection_id (RFC 9146 §3):  length (1)  id that the sender wants to *receive*
//! ```
//!
//! `tls-parser` reads the common ones; it leaves `use_srtp`, the entries of `key_share` and `connection_id` as bytes, which are read here.

use tls_parser::TlsExtension;
use tls_parser::parse_tls_extension;

use crate::vocab::fault::Fault;
use crate::wire::tls::cursor::Cursor;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::hello::fault;
use crate::wire::tls::registry::ExtensionType;
use crate::wire::tls::registry::NamedGroup;
use crate::wire::tls::registry::SignatureScheme;
use crate::wire::tls::registry::Version;
use crate::wire::tls::srtp_profile::SrtpProfile;

/// One extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its type.
    pub kind: ExtensionType,
    /// Where its type field starts, bytes into the message body.
    pub offset: usize,
    /// Its data, without type and length.
    pub data: &'a [u8],
    /// What the data say.
    pub value: Value<'a>,
}

/// What an extension's data say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// Host name the client asks for; empty in a ServerHello.
    ServerName(Option<&'a str>),
    /// Groups the sender can use, in its order of preference.
    SupportedGroups(Vec<NamedGroup>),
    /// Signature schemes the sender can verify.
    SignatureAlgorithms(Vec<SignatureScheme>),
    /// SRTP profiles, and the master key identifier if any.
    UseSrtp(UseSrtp<'a>),
    /// Application protocols: `webrtc`, `c-webrtc`, `h2` …
    Alpn(Vec<&'a [u8]>),
    /// Versions offered, or the one chosen.
    SupportedVersions(Vec<Version>),
    /// Groups with a public key for each, or the one chosen.
    KeyShare(Vec<KeyShare>),
    /// The id that the sender wants in records sent to it; may be empty.
    ConnectionId(&'a [u8]),
    /// Longest record the sender takes, bytes.
    RecordSizeLimit(u16),
    /// DTLS 1.3's cookie (TLS up to 1.2 has none in an extension).
    Cookie(&'a [u8]),
    /// Session ticket of RFC 5077, empty when the client has none yet.
    SessionTicket(&'a [u8]),
    /// No data: the extension's presence says it all.
    Flag,
    /// Not read further, or malformed.
    Opaque,
}

/// Content of `use_srtp`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UseSrtp<'a> {
    /// Profiles offered in order of preference, or the one chosen.
    pub profiles: Vec<SrtpProfile>,
    /// Master key identifier; browsers leave it empty. When not, every SRTP packet carries it before its tag.
    pub mki: &'a [u8],
}

/// A group for which a public key was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyShare {
    /// The group.
    pub group: NamedGroup,
    /// Length of the public key, bytes; 0 in a HelloRetryRequest, which names the group only. X25519MLKEM768 takes 1 216: the reason
    /// why browsers' hellos no longer fit one datagram.
    pub key_bytes: usize,
}

/// The extensions of one hello, in the order they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extensions<'a>(pub Vec<Extension<'a>>);

impl<'a> Extensions<'a> {
    /// Reads the extensions that fill `cursor`. What does not parse is added to `faults`, the rest is kept.
    pub(crate) fn parse(
        mut cursor: Cursor<'a>,
        protocol: Protocol,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let mut extensions = Vec::new();
        while !cursor.is_empty() {
            let offset = cursor.offset();
            let whole = cursor.rest();
            let header = cursor.u16();
            let (Some(kind), Some(data)) = (header, cursor.vector16()) else {
                faults.push(fault!(protocol, "extension-overruns", offset));
                break;
            };
            let kind = ExtensionType::from_code(kind);
            let value = value(kind, whole, data).unwrap_or_else(|| {
                faults.push(fault!(protocol, "extension-malformed", offset));
                Value::Opaque
            });
            extensions.push(Extension {
                kind,
                offset,
                data: data.rest(),
                value,
            });
        }
        Self(extensions)
    }

    /// The first extension of a type.
    pub fn find(&self, kind: ExtensionType) -> Option<&Extension<'a>> {
        self.0.iter().find(|extension| extension.kind == kind)
    }

    /// Is there an extension of this type?
    pub fn has(&self, kind: ExtensionType) -> bool {
        self.find(kind).is_some()
    }

    /// Host name asked for (SNI).
    pub fn server_name(&self) -> Option<&'a str> {
        self.pick(|value| match value {
            Value::ServerName(name) => Some(*name),
            _ => None,
        })
        .flatten()
    }

    /// Groups the sender can use.
    pub fn groups(&self) -> &[NamedGroup] {
        self.list(|value| match value {
            Value::SupportedGroups(groups) => Some(groups.as_slice()),
            _ => None,
        })
    }

    /// Signature schemes the sender can verify.
    pub fn signature_schemes(&self) -> &[SignatureScheme] {
        self.list(|value| match value {
            Value::SignatureAlgorithms(schemes) => Some(schemes.as_slice()),
            _ => None,
        })
    }

    /// Content of `use_srtp`.
    pub fn use_srtp(&self) -> Option<&UseSrtp<'a>> {
        self.0.iter().find_map(|extension| match &extension.value {
            Value::UseSrtp(srtp) => Some(srtp),
            _ => None,
        })
    }

    /// Application protocols.
    pub fn alpn(&self) -> &[&'a [u8]] {
        self.list(|value| match value {
            Value::Alpn(protocols) => Some(protocols.as_slice()),
            _ => None,
        })
    }

    /// Versions in `supported_versions`.
    pub fn versions(&self) -> &[Version] {
        self.list(|value| match value {
            Value::SupportedVersions(versions) => Some(versions.as_slice()),
            _ => None,
        })
    }

    /// Groups in `key_share`.
    pub fn key_shares(&self) -> &[KeyShare] {
        self.list(|value| match value {
            Value::KeyShare(shares) => Some(shares.as_slice()),
            _ => None,
        })
    }

    /// The connection id that the sender wants to receive.
    pub fn connection_id(&self) -> Option<&'a [u8]> {
        self.pick(|value| match value {
            Value::ConnectionId(id) => Some(*id),
            _ => None,
        })
    }

    /// Longest record the sender takes, bytes.
    pub fn record_size_limit(&self) -> Option<u16> {
        self.pick(|value| match value {
            Value::RecordSizeLimit(limit) => Some(*limit),
            _ => None,
        })
    }

    fn pick<T>(&self, choose: impl Fn(&Value<'a>) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(|extension| choose(&extension.value))
    }

    fn list<'s, T>(&'s self, choose: impl Fn(&'s Value<'a>) -> Option<&'s [T]>) -> &'s [T] {
        self.0
            .iter()
            .find_map(|extension| choose(&extension.value))
            .unwrap_or_default()
    }
}

/// Reads one extension; `whole` starts at its type, `data` is its data. `None` when malformed.
fn value<'a>(kind: ExtensionType, whole: &'a [u8], data: Cursor<'a>) -> Option<Value<'a>> {
    Some(match kind {
        ExtensionType::UseSrtp => Value::UseSrtp(use_srtp(data)?),
        ExtensionType::KeyShare => Value::KeyShare(key_shares(data)?),
        ExtensionType::ConnectionId => Value::ConnectionId(opaque8(data)?),
        ExtensionType::Cookie => Value::Cookie(opaque16(data)?),
        // The second list of schemes has the same shape; tls-parser leaves it as bytes. It is about chains, which WebRTC has none of.
        ExtensionType::ServerName
        | ExtensionType::SupportedGroups
        | ExtensionType::SignatureAlgorithms
        | ExtensionType::Alpn
        | ExtensionType::SupportedVersions
        | ExtensionType::RecordSizeLimit
        | ExtensionType::SessionTicket
        | ExtensionType::ExtendedMasterSecret
        | ExtensionType::EncryptThenMac => {
            let (_, extension) = parse_tls_extension(whole).ok()?;
            from_tls_parser(extension)?
        }
        _ => Value::Opaque,
    })
}

fn from_tls_parser(extension: TlsExtension<'_>) -> Option<Value<'_>> {
    Some(match extension {
        TlsExtension::SNI(names) => {
            Value::ServerName(match names.first() {
                // Host names are ASCII (RFC 6066 §3); anything else would reach a terminal.
                Some((_, name)) => Some(std::str::from_utf8(name).ok().filter(|name| {
                    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic())
                })?),
                None => None,
            })
        }
        TlsExtension::EllipticCurves(groups) => Value::SupportedGroups(
            groups
                .iter()
                .map(|group| NamedGroup::from_code(group.0))
                .collect(),
        ),
        TlsExtension::SignatureAlgorithms(schemes) => Value::SignatureAlgorithms(
            schemes
                .into_iter()
                .map(SignatureScheme::from_code)
                .collect(),
        ),
        TlsExtension::ALPN(protocols) => Value::Alpn(protocols),
        TlsExtension::SupportedVersions(versions) => Value::SupportedVersions(
            versions
                .iter()
                .map(|version| Version::from_code(version.0))
                .collect(),
        ),
        TlsExtension::RecordSizeLimit(limit) => Value::RecordSizeLimit(limit),
        TlsExtension::SessionTicket(ticket) => Value::SessionTicket(ticket),
        TlsExtension::ExtendedMasterSecret | TlsExtension::EncryptThenMac => Value::Flag,
        _ => return None,
    })
}

fn use_srtp(mut data: Cursor<'_>) -> Option<UseSrtp<'_>> {
    let profiles = data.vector16()?;
    if profiles.is_empty() || profiles.rest().len() % 2 != 0 {
        return None;
    }
    let mki = data.vector8()?.rest();
    data.is_empty().then(|| UseSrtp {
        profiles: profiles.u16s().map(SrtpProfile::from_code).collect(),
        mki,
    })
}

fn key_shares(mut data: Cursor<'_>) -> Option<Vec<KeyShare>> {
    // The three shapes tell themselves apart by length: 2 bytes in a HelloRetryRequest; in a ServerHello the length of the whole is the
    // key's plus 4; in a ClientHello the list's plus 2.
    let length = data.rest().len();
    let mut ahead = data;
    if length == 2 {
        return Some(vec![KeyShare {
            group: NamedGroup::from_code(data.u16()?),
            key_bytes: 0,
        }]);
    }
    if let Some(list) = ahead.vector16()
        && ahead.is_empty()
    {
        return key_share_entries(list);
    }
    key_share_entries(data)
}

fn key_share_entries(mut list: Cursor<'_>) -> Option<Vec<KeyShare>> {
    let mut shares = Vec::new();
    while !list.is_empty() {
        shares.push(KeyShare {
            group: NamedGroup::from_code(list.u16()?),
            key_bytes: list.vector16()?.rest().len(),
        });
    }
    Some(shares)
}

fn opaque8(mut data: Cursor<'_>) -> Option<&[u8]> {
    let content = data.vector8()?.rest();
    data.is_empty().then_some(content)
}

fn opaque16(mut data: Cursor<'_>) -> Option<&[u8]> {
    let content = data.vector16()?.rest();
    data.is_empty().then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> (Extensions<'_>, Vec<Fault>) {
        let mut faults = Vec::new();
        let extensions = Extensions::parse(Cursor::new(bytes), Protocol::Dtls, &mut faults);
        (extensions, faults)
    }

    #[test]
    fn chromes_srtp_profiles_are_read_in_order() {
        let (extensions, faults) = parse(&[0, 14, 0, 9, 0, 6, 0, 7, 0, 8, 0, 1, 0]);
        assert_eq!(
            extensions.use_srtp().map(|srtp| srtp.profiles.clone()),
            Some(vec![
                SrtpProfile::AeadAes128Gcm,
                SrtpProfile::AeadAes256Gcm,
                SrtpProfile::Aes128CmHmacSha1_80
            ])
        );
        assert!(faults.is_empty());
    }

    #[test]
    fn a_malformed_extension_hides_no_other() {
        // use_srtp whose list overruns, then extended_master_secret.
        let (extensions, faults) = parse(&[0, 14, 0, 3, 0, 9, 0, 0, 23, 0, 0]);
        assert!(extensions.has(ExtensionType::ExtendedMasterSecret));
        assert_eq!(faults.len(), 1);
        assert_eq!(
            (faults[0].name, faults[0].offset),
            ("dtls-extension-malformed", 0)
        );
    }

    #[test]
    fn an_extension_that_overruns_ends_the_list() {
        let (extensions, faults) = parse(&[0, 23, 0, 0, 0, 16, 0, 200, 1]);
        assert_eq!(extensions.0.len(), 1);
        assert_eq!(faults[0].name, "dtls-extension-overruns");
    }

    #[test]
    fn key_shares_have_three_shapes() {
        let client = [0, 51, 0, 7, 0, 5, 0, 29, 0, 1, 9];
        let server = [0, 51, 0, 5, 0, 29, 0, 1, 9];
        let retry = [0, 51, 0, 2, 0, 23];
        let x25519 = KeyShare {
            group: NamedGroup::X25519,
            key_bytes: 1,
        };
        assert_eq!(parse(&client).0.key_shares(), [x25519]);
        assert_eq!(parse(&server).0.key_shares(), [x25519]);
        assert_eq!(parse(&retry).0.key_shares()[0].group, NamedGroup::Secp256r1);
    }

    #[test]
    fn a_host_name_with_control_characters_is_a_fault() {
        let (extensions, faults) = parse(&[0, 0, 0, 7, 0, 5, 0, 0, 2, 27, b'[']);
        assert_eq!(
            (extensions.server_name(), faults[0].name),
            (None, "dtls-extension-malformed")
        );
    }
}
