//! AES-CBC with HMAC: the suites of TLS 1.0 to 1.2 that came before authenticated encryption.
//!
//! ```text
//! MAC then encrypt (RFC 5246 §6.2.3.2)     [IV]  AES( content  MAC  padding )           MAC over number, type, version, length, content
//! encrypt then MAC (RFC 7366)              [IV]  AES( content  padding )  MAC           MAC over number, type, version, length, IV, AES(…)
//!
//! padding    n (1) × n, then n: itself not counted
//! IV         in each record from 1.1 on; in 1.0 the last block of the record before
//! ```
//!
//! An endpoint must take the same time for every record, lest padding betray the plaintext; a reader of captures need not.

use std::fmt;

use aes::Aes128;
use aes::Aes256;
use aes::cipher::BlockModeDecrypt;
use aes::cipher::KeyIvInit;
use aes::cipher::block_padding::NoPadding;

use crate::crypt::hash::Hash;

/// One direction's keys.
pub(super) struct Cbc {
    pub(super) key: Vec<u8>,
    pub(super) mac_key: Vec<u8>,
    pub(super) mac: Hash,
    pub(super) encrypt_then_mac: bool,
    /// TLS 1.0: the last block that was seen. Later versions send their own.
    pub(super) chained: Option<[u8; BLOCK]>,
}

impl Cbc {
    /// The content of `fragment`. `header` is what the MAC takes before the length: number, type, version.
    pub(super) fn open(&self, header: &[u8; 11], fragment: &[u8]) -> Option<Vec<u8>> {
        let tag_length = self.mac.length();
        let (sealed, tag) = if self.encrypt_then_mac {
            fragment.split_at_checked(fragment.len().checked_sub(tag_length)?)?
        } else {
            (fragment, &[][..])
        };
        if self.encrypt_then_mac && !self.fits(header, sealed, tag) {
            return None;
        }
        let (iv, blocks) = if let Some(iv) = &self.chained {
            (iv, sealed)
        } else {
            sealed.split_first_chunk::<BLOCK>()?
        };
        let mut plain = self.decrypt(iv, blocks)?;
        let padding = usize::from(*plain.last()?) + 1;
        let unpadded = plain.len().checked_sub(padding)?;
        let uniform = plain
            .get(unpadded..)?
            .iter()
            .all(|&byte| usize::from(byte) + 1 == padding);
        if !uniform {
            return None;
        }
        plain.truncate(unpadded);
        if !self.encrypt_then_mac {
            let tag = plain.split_off(unpadded.checked_sub(tag_length)?);
            if !self.fits(header, &plain, &tag) {
                return None;
            }
        }
        Some(plain)
    }

    /// Remembers what the next record of TLS 1.0 is chained to.
    pub(super) fn pass(&mut self, fragment: &[u8]) {
        let sealed = fragment.len().saturating_sub(if self.encrypt_then_mac {
            self.mac.length()
        } else {
            0
        });
        let last = fragment
            .get(..sealed)
            .and_then(|sealed| sealed.last_chunk::<BLOCK>());
        if let (Some(chained), Some(last)) = (&mut self.chained, last) {
            *chained = *last;
        }
    }

    fn fits(&self, header: &[u8; 11], content: &[u8], tag: &[u8]) -> bool {
        let Ok(length) = u16::try_from(content.len()) else {
            return false;
        };
        let expected = self
            .mac
            .hmac(&self.mac_key, &[header, &length.to_be_bytes(), content]);
        expected == tag
    }

    fn decrypt(&self, iv: &[u8; BLOCK], blocks: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = blocks.to_vec();
        let length = if self.key.len() == 16 {
            let cipher = cbc::Decryptor::<Aes128>::new_from_slices(&self.key, iv).ok()?;
            cipher.decrypt_padded::<NoPadding>(&mut buffer).ok()?.len()
        } else {
            let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&self.key, iv).ok()?;
            cipher.decrypt_padded::<NoPadding>(&mut buffer).ok()?.len()
        };
        (length == blocks.len() && length > 0).then_some(buffer)
    }
}

impl fmt::Debug for Cbc {
    /// What it is, never the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cbc({} bytes, {:?})", self.key.len(), self.mac)
    }
}

/// AES block length, bytes.
pub(super) const BLOCK: usize = 16;

#[cfg(test)]
pub(super) mod tests {
    use aes::cipher::BlockModeEncrypt;

    use super::*;

    impl Cbc {
        /// The reverse of [`Cbc::open`].
        pub(in crate::crypt::tls) fn seal(&self, header: &[u8; 11], content: &[u8]) -> Vec<u8> {
            let mac = |content: &[u8]| {
                let length = (content.len() as u16).to_be_bytes();
                self.mac.hmac(&self.mac_key, &[header, &length, content])
            };
            let mut plain = content.to_vec();
            if !self.encrypt_then_mac {
                plain.extend(mac(content));
            }
            let padding = BLOCK - 1 - plain.len() % BLOCK;
            plain.extend(vec![padding as u8; padding + 1]);
            let iv = self.chained.unwrap_or([0x5a; BLOCK]);
            let length = plain.len();
            if self.key.len() == 16 {
                cbc::Encryptor::<Aes128>::new_from_slices(&self.key, &iv)
                    .expect("fits")
                    .encrypt_padded::<NoPadding>(&mut plain, length)
                    .expect("whole blocks");
            } else {
                cbc::Encryptor::<Aes256>::new_from_slices(&self.key, &iv)
                    .expect("fits")
                    .encrypt_padded::<NoPadding>(&mut plain, length)
                    .expect("whole blocks");
            }
            let mut fragment = Vec::new();
            if self.chained.is_none() {
                fragment.extend(iv);
            }
            fragment.extend(plain);
            if self.encrypt_then_mac {
                fragment.extend(mac(&fragment.clone()));
            }
            fragment
        }
    }

    fn keys(key_length: usize, mac: Hash, encrypt_then_mac: bool, chained: bool) -> Cbc {
        Cbc {
            key: vec![7; key_length],
            mac_key: vec![9; mac.length()],
            mac,
            encrypt_then_mac,
            chained: chained.then_some([3; BLOCK]),
        }
    }

    #[test]
    fn both_orders_open_with_every_hash_and_key() {
        let header = [0, 0, 0, 0, 0, 0, 0, 5, 23, 3, 3];
        for mac in [Hash::Sha1, Hash::Sha256, Hash::Sha384] {
            for (key_length, encrypt_then_mac, chained) in [
                (16, false, false),
                (32, false, true),
                (16, true, true),
                (32, true, false),
            ] {
                let cbc = keys(key_length, mac, encrypt_then_mac, chained);
                for content in [&b""[..], b"x", &[1; 15], &[1; 16], &[1; 1000]] {
                    let mut fragment = cbc.seal(&header, content);
                    assert_eq!(cbc.open(&header, &fragment).as_deref(), Some(content));
                    let wrong = [0, 0, 0, 0, 0, 0, 0, 6, 23, 3, 3];
                    assert_eq!(cbc.open(&wrong, &fragment), None);
                    fragment[BLOCK] ^= 1;
                    assert_eq!(cbc.open(&header, &fragment), None);
                }
            }
        }
    }

    #[test]
    fn no_length_panics() {
        let header = [0; 11];
        for length in 0..200 {
            for encrypt_then_mac in [false, true] {
                let mut cbc = keys(16, Hash::Sha1, encrypt_then_mac, length % 2 == 0);
                assert_eq!(cbc.open(&header, &vec![0xff; length]), None);
                cbc.pass(&vec![0xff; length]);
            }
        }
    }
}
