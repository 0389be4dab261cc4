//! One direction's keys and record number.
//!
//! ```text
//! 1.3                       nonce = iv XOR number          authenticated with: the record header
//! 1.2, ChaCha20-Poly1305    nonce = iv XOR number          authenticated with: number, type, version, length of the content
//! 1.2, AES-GCM              nonce = salt (4), 8 bytes at the record's start (RFC 5288 §3)            likewise
//! ```
//!
//! The number is not on the wire: both ends count. After bytes that the capture lacks, the numbers that come next are tried, and the
//! one that fits proves itself.

use crate::crypt::aead;
use crate::crypt::aead::Aead;
use crate::crypt::aead::Algorithm;
use crate::crypt::hash::Hash;
use crate::crypt::hkdf::Prefix;
use crate::crypt::hkdf::expand_label;
use crate::crypt::prf::Prf;
use crate::crypt::tls::cbc::BLOCK;
use crate::crypt::tls::cbc::Cbc;
use crate::crypt::tls::session::Peer;
use crate::crypt::tls::suite::Protection;
use crate::crypt::tls::suite::Suite;
use crate::wire::tls::record::Record;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::Version;

/// Keys of one direction, and the number of the record that comes next.
#[derive(Debug)]
pub(in crate::crypt) struct Opener {
    keys: Keys,
    number: u64,
}

#[derive(Debug)]
enum Keys {
    /// TLS 1.3.
    Inner { aead: Aead, iv: aead::Nonce },
    /// TLS 1.2, nonce from the record number.
    Counted { aead: Aead, iv: aead::Nonce },
    /// TLS 1.2, nonce in the record.
    Explicit { aead: Aead, salt: [u8; 4] },
    /// Up to TLS 1.2.
    Cbc(Cbc),
}

/// What both ends agreed on in the hellos, up to TLS 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crypt) struct Agreed {
    pub(in crate::crypt) version: Version,
    pub(in crate::crypt) suite: Suite,
    pub(in crate::crypt) client_random: [u8; 32],
    pub(in crate::crypt) server_random: [u8; 32],
    pub(in crate::crypt) encrypt_then_mac: bool,
}

/// A record's content.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::crypt) struct Opened {
    /// `None`: TLS 1.3 content that is padding only.
    pub(in crate::crypt) content_type: Option<ContentType>,
    pub(in crate::crypt) bytes: Vec<u8>,
}

impl Opener {
    /// For a traffic secret of TLS 1.3 (RFC 8446 §7.3).
    pub(super) fn of_secret(suite: Suite, secret: &[u8]) -> Option<Self> {
        let Protection::Aead(algorithm) = suite.protection else {
            return None;
        };
        let make = |word, length| expand_label(suite.hash, Prefix::Tls, secret, word, &[], length);
        let key = make("key", algorithm.key_length())?;
        let iv = make("iv", 12)?.try_into().ok()?;
        Some(Self {
            keys: Keys::Inner {
                aead: Aead::new(algorithm, &key)?,
                iv,
            },
            number: 0,
        })
    }

    /// For a master secret (RFC 5246 §6.3).
    pub(in crate::crypt) fn of_master_secret(
        agreed: &Agreed,
        master: &[u8],
        from: Peer,
    ) -> Option<Self> {
        let prf = match agreed.version {
            Version::Tls12 => Prf::Hash(agreed.suite.hash),
            Version::Tls10 | Version::Tls11 => Prf::Md5Sha1,
            _ => return None,
        };
        let (mac_length, key_length, iv_length) = match agreed.suite.protection {
            Protection::Aead(Algorithm::ChaCha20Poly1305) => (0, 32, 12),
            Protection::Aead(algorithm) => (0, algorithm.key_length(), 4),
            Protection::Cbc { key_length, mac } => (mac.length(), key_length, BLOCK),
        };
        let seed = [&agreed.server_random[..], &agreed.client_random];
        let length = 2 * (mac_length + key_length + iv_length);
        let block = prf.expand(master, "key expansion", &seed, length);
        let mut rest = block.as_slice();
        let mut pick = |length: usize| {
            let (client, after) = rest.split_at_checked(length)?;
            let (server, after) = after.split_at_checked(length)?;
            rest = after;
            Some(match from {
                Peer::Client => client,
                Peer::Server => server,
            })
        };
        let (mac_key, key, iv) = (pick(mac_length)?, pick(key_length)?, pick(iv_length)?);
        let keys = match agreed.suite.protection {
            Protection::Aead(Algorithm::ChaCha20Poly1305) => Keys::Counted {
                aead: Aead::new(Algorithm::ChaCha20Poly1305, key)?,
                iv: iv.try_into().ok()?,
            },
            Protection::Aead(algorithm) => Keys::Explicit {
                aead: Aead::new(algorithm, key)?,
                salt: iv.try_into().ok()?,
            },
            Protection::Cbc { mac, .. } => Keys::Cbc(Cbc {
                key: key.to_vec(),
                mac_key: mac_key.to_vec(),
                mac,
                encrypt_then_mac: agreed.encrypt_then_mac,
                chained: match agreed.version {
                    Version::Tls10 => Some(iv.try_into().ok()?),
                    _ => None,
                },
            }),
        };
        Some(Self { keys, number: 0 })
    }

    /// Opens `record` with the next number, or with one of the `slack` numbers after it. Only what opens counts.
    pub(super) fn open(&mut self, record: &Record<'_>, slack: u64) -> Option<Opened> {
        let opened = (0..=slack).find_map(|ahead| {
            let number = self.number.checked_add(ahead)?;
            let opened = self.open_as(record, number)?;
            self.number = number + 1;
            Some(opened)
        });
        if let Keys::Cbc(cbc) = &mut self.keys {
            cbc.pass(record.fragment);
        }
        opened
    }

    /// Opens `record` with a number that is known.
    pub(in crate::crypt) fn open_as(&self, record: &Record<'_>, number: u64) -> Option<Opened> {
        let fragment = record.fragment;
        let mut header = [0; 11];
        let (counted, rest) = header.split_at_mut(8);
        counted.copy_from_slice(&number.to_be_bytes());
        let version = record.version.code().to_be_bytes();
        rest.copy_from_slice(&[record.content_type.code(), version[0], version[1]]);
        let sealed_content = |sealed: usize| {
            let length = u16::try_from(sealed.checked_sub(Aead::TAG)?).ok()?;
            let mut associated = header.to_vec();
            associated.extend(length.to_be_bytes());
            Some(associated)
        };
        let bytes = match &self.keys {
            Keys::Inner { aead, iv } => {
                let mut associated = rest_of(&header).to_vec();
                associated.extend(u16::try_from(fragment.len()).ok()?.to_be_bytes());
                let plain = aead.open(&aead::nonce(iv, number), &associated, fragment)?;
                return Some(inner(plain));
            }
            Keys::Counted { aead, iv } => {
                let associated = sealed_content(fragment.len())?;
                aead.open(&aead::nonce(iv, number), &associated, fragment)?
            }
            Keys::Explicit { aead, salt } => {
                let (explicit, sealed) = fragment.split_first_chunk::<8>()?;
                let mut nonce = [0; 12];
                let (fixed, varied) = nonce.split_at_mut(4);
                fixed.copy_from_slice(salt);
                varied.copy_from_slice(explicit);
                aead.open(&nonce, &sealed_content(sealed.len())?, sealed)?
            }
            Keys::Cbc(cbc) => cbc.open(&header, fragment)?,
        };
        Some(Opened {
            content_type: Some(record.content_type),
            bytes,
        })
    }
}

/// Type and version of a MAC header.
fn rest_of(header: &[u8; 11]) -> &[u8] {
    let [_, _, _, _, _, _, _, _, rest @ ..] = header;
    rest
}

/// TLS 1.3 puts the true type behind the content and pads with zeros behind that (RFC 8446 §5.4).
pub(in crate::crypt) fn inner(mut plain: Vec<u8>) -> Opened {
    let end = plain.iter().rposition(|&byte| byte != 0);
    let content_type = end.and_then(|end| {
        let code = *plain.get(end)?;
        plain.truncate(end);
        Some(ContentType::from_code(code))
    });
    Opened {
        content_type,
        bytes: plain,
    }
}

/// The traffic secret after `secret` (RFC 8446 §7.2).
pub(super) fn updated(hash: Hash, secret: &[u8]) -> Option<Vec<u8>> {
    expand_label(hash, Prefix::Tls, secret, "traffic upd", &[], hash.length())
}

#[cfg(test)]
impl Opener {
    /// A whole record, header included, that this opener would open next; counts on.
    pub(super) fn seal(
        &mut self,
        content_type: ContentType,
        content: &[u8],
        padding: usize,
    ) -> Vec<u8> {
        let number = self.number;
        self.number += 1;
        let mut header = number.to_be_bytes().to_vec();
        let kind = match self.keys {
            Keys::Inner { .. } => 23,
            _ => content_type.code(),
        };
        header.extend([kind, 3, 3]);
        let header: [u8; 11] = header.try_into().expect("11 bytes");
        let length = (content.len() as u16).to_be_bytes();
        let associated = [&header[..], &length].concat();
        let fragment = match &mut self.keys {
            Keys::Inner { aead, iv } => {
                let mut plain = content.to_vec();
                plain.push(content_type.code());
                plain.extend(vec![0; padding]);
                let sealed = (plain.len() + Aead::TAG) as u16;
                let associated = [&header[8..], &sealed.to_be_bytes()].concat();
                aead.seal(&aead::nonce(iv, number), &associated, &plain)
            }
            Keys::Counted { aead, iv } => aead.seal(&aead::nonce(iv, number), &associated, content),
            Keys::Explicit { aead, salt } => {
                let nonce = [&salt[..], &number.to_be_bytes()].concat();
                let nonce: aead::Nonce = nonce.try_into().expect("12 bytes");
                let sealed = aead.seal(&nonce, &associated, content);
                [&number.to_be_bytes()[..], &sealed].concat()
            }
            Keys::Cbc(cbc) => {
                let fragment = cbc.seal(&header, content);
                cbc.pass(&fragment);
                fragment
            }
        };
        let length = (fragment.len() as u16).to_be_bytes();
        [&header[8..], &length, &fragment].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::tls::testing::hex;
    use crate::wire::tls::cipher_suite::CipherSuite;

    fn agreed(version: Version, suite: u16, encrypt_then_mac: bool) -> Agreed {
        Agreed {
            version,
            suite: Suite::of(CipherSuite::from_code(suite)).expect("read here"),
            client_random: [1; 32],
            server_random: [2; 32],
            encrypt_then_mac,
        }
    }

    #[test]
    fn every_suite_and_version_counts_its_records_by_itself() {
        let cases = [
            (Version::Tls12, 0xc02f, false),
            (Version::Tls12, 0xc030, false),
            (Version::Tls12, 0xcca8, false),
            (Version::Tls12, 0xc027, false),
            (Version::Tls12, 0xc028, true),
            (Version::Tls11, 0x0035, false),
            (Version::Tls10, 0x002f, false),
            (Version::Tls10, 0x002f, true),
        ];
        for (version, suite, encrypt_then_mac) in cases {
            let agreed = agreed(version, suite, encrypt_then_mac);
            for from in [Peer::Client, Peer::Server] {
                let make =
                    || Opener::of_master_secret(&agreed, &[5; 48], from).expect("fits together");
                let (mut sender, mut reader) = (make(), make());
                for text in [&b"first"[..], b"", &[7; 5000]] {
                    let sealed = sender.seal(ContentType::ApplicationData, text, 0);
                    let (record, _) = Record::split(&sealed).expect("a record").expect("whole");
                    let opened = reader.open(&record, 0).expect("opens");
                    assert_eq!(opened.bytes, text, "{version} {suite:#x}");
                    assert_eq!(reader.open(&record, 0), None, "a number is used once");
                }
            }
        }
    }

    #[test]
    fn lost_records_are_found_by_trying_the_numbers_after() {
        let suite = Suite::of(CipherSuite::Aes128GcmSha256).expect("read here");
        let make = || Opener::of_secret(suite, &[9; 32]).expect("fits");
        let (mut sender, mut reader) = (make(), make());
        for _ in 0..5 {
            sender.seal(ContentType::ApplicationData, b"lost", 0);
        }
        let sealed = sender.seal(ContentType::ApplicationData, b"found", 40);
        let (record, _) = Record::split(&sealed).expect("a record").expect("whole");
        assert_eq!(reader.open(&record, 4), None);
        let opened = reader.open(&record, 5).expect("within reach");
        assert_eq!(
            (opened.content_type, opened.bytes.as_slice()),
            (Some(ContentType::ApplicationData), &b"found"[..])
        );
    }

    #[test]
    fn content_of_padding_only_has_no_type() {
        assert_eq!(inner(vec![0, 0, 0]).content_type, None);
        assert_eq!(inner(vec![]).content_type, None);
        let opened = inner(vec![1, 0, 22, 0]);
        assert_eq!(opened.content_type, Some(ContentType::Handshake));
        assert_eq!(opened.bytes, [1, 0]);
    }

    #[test]
    fn an_update_makes_another_secret_of_the_same_length() {
        let secret = hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
        let next = updated(Hash::Sha256, &secret).expect("as long as the hash");
        assert_eq!(next.len(), 32);
        assert_ne!(next, secret);
        assert_eq!(updated(Hash::Sha384, &secret), None);
    }
}
