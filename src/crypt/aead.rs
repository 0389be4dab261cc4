//! Authenticated encryption: AES-GCM (NIST SP 800-38D) and ChaCha20-Poly1305 (RFC 8439), as TLS, DTLS, QUIC and SRTP use them.
//!
//! All three take a 12-byte nonce and append a 16-byte tag. What opens was sealed with this key, nonce and associated data: so a
//! right guess of a record number proves itself.

use std::fmt;

use aes_gcm::Aes128Gcm;
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::Aead as _;
use aes_gcm::aead::KeyInit;
use aes_gcm::aead::Payload;
use chacha20poly1305::ChaCha20Poly1305;

/// Which cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
}

impl Algorithm {
    /// Key length, bytes.
    pub const fn key_length(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }
}

/// A cipher with its key.
pub struct Aead(Keyed);

enum Keyed {
    Aes128Gcm(Box<Aes128Gcm>),
    Aes256Gcm(Box<Aes256Gcm>),
    ChaCha20Poly1305(Box<ChaCha20Poly1305>),
}

/// 96 bits that must never be used twice with one key.
pub type Nonce = [u8; 12];

impl Aead {
    /// Length of the tag behind the ciphertext, bytes.
    pub const TAG: usize = 16;

    /// `None` when the key has not [`Algorithm::key_length`].
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        Some(Self(match algorithm {
            Algorithm::Aes128Gcm => {
                Keyed::Aes128Gcm(Box::new(Aes128Gcm::new_from_slice(key).ok()?))
            }
            Algorithm::Aes256Gcm => {
                Keyed::Aes256Gcm(Box::new(Aes256Gcm::new_from_slice(key).ok()?))
            }
            Algorithm::ChaCha20Poly1305 => {
                Keyed::ChaCha20Poly1305(Box::new(ChaCha20Poly1305::new_from_slice(key).ok()?))
            }
        }))
    }

    /// The plaintext of `sealed` (ciphertext and tag); `None` when the tag does not fit.
    pub fn open(&self, nonce: &Nonce, associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload {
            msg: sealed,
            aad: associated,
        };
        match &self.0 {
            Keyed::Aes128Gcm(cipher) => cipher.decrypt(&(*nonce).into(), payload),
            Keyed::Aes256Gcm(cipher) => cipher.decrypt(&(*nonce).into(), payload),
            Keyed::ChaCha20Poly1305(cipher) => cipher.decrypt(&(*nonce).into(), payload),
        }
        .ok()
    }

    /// The reverse of [`Self::open`], for tests that need sealed records.
    #[cfg(test)]
    pub(crate) fn seal(&self, nonce: &Nonce, associated: &[u8], plain: &[u8]) -> Vec<u8> {
        let payload = Payload {
            msg: plain,
            aad: associated,
        };
        match &self.0 {
            Keyed::Aes128Gcm(cipher) => cipher.encrypt(&(*nonce).into(), payload),
            Keyed::Aes256Gcm(cipher) => cipher.encrypt(&(*nonce).into(), payload),
            Keyed::ChaCha20Poly1305(cipher) => cipher.encrypt(&(*nonce).into(), payload),
        }
        .expect("short messages seal")
    }
}

impl fmt::Debug for Aead {
    /// The algorithm, never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Keyed::Aes128Gcm(_) => "Aes128Gcm",
            Keyed::Aes256Gcm(_) => "Aes256Gcm",
            Keyed::ChaCha20Poly1305(_) => "ChaCha20Poly1305",
        })
    }
}

/// `iv` XOR `number` at its end: the nonce of TLS 1.3, DTLS 1.3, QUIC, and of ChaCha20-Poly1305 in TLS 1.2 (RFC 8446 §5.3).
pub fn nonce(iv: &Nonce, number: u64) -> Nonce {
    let mut nonce = *iv;
    nonce
        .iter_mut()
        .skip(4)
        .zip(number.to_be_bytes())
        .for_each(|(byte, bits)| *byte ^= bits);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::tls::testing::digits;
    use crate::crypt::tls::testing::hex;

    #[track_caller]
    fn check(
        algorithm: Algorithm,
        key: &str,
        iv: &str,
        associated: &str,
        plain: &str,
        sealed: &str,
    ) {
        let cipher = Aead::new(algorithm, &hex(key)).expect("fits");
        let iv: Nonce = hex(iv).try_into().expect("12 bytes");
        let (associated, mut sealed) = (hex(associated), hex(sealed));
        assert_eq!(cipher.open(&iv, &associated, &sealed), Some(hex(plain)));
        sealed[0] ^= 1;
        assert_eq!(cipher.open(&iv, &associated, &sealed), None);
        assert_eq!(cipher.open(&iv, &associated, &[]), None);
    }

    /// Test cases 4 and 16 of the GCM specification.
    #[test]
    fn gcm_agrees_with_its_specification() {
        let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        let associated = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
        check(
            Algorithm::Aes128Gcm,
            "feffe9928665731c6d6a8f9467308308",
            "cafebabefacedbaddecaf888",
            associated,
            plain,
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
        );
        check(
            Algorithm::Aes256Gcm,
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            "cafebabefacedbaddecaf888",
            associated,
            plain,
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
        );
    }

    /// RFC 8439 §2.8.2.
    #[test]
    fn chacha20_poly1305_agrees_with_rfc_8439() {
        let plain = digits(
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
        );
        check(
            Algorithm::ChaCha20Poly1305,
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            "070000004041424344454647",
            "50515253c0c1c2c3c4c5c6c7",
            &plain,
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116\
             1ae10b594f09e26a7e902ecbd0600691",
        );
    }

    #[test]
    fn a_key_of_the_wrong_length_is_none() {
        assert!(Aead::new(Algorithm::Aes128Gcm, &[0; 32]).is_none());
        assert!(Aead::new(Algorithm::ChaCha20Poly1305, &[0; 16]).is_none());
    }

    #[test]
    fn the_record_number_fills_the_nonce_from_its_end() {
        let nonce = nonce(&[0xff; 12], 0x0102);
        assert_eq!(nonce[..10], [0xff; 10]);
        assert_eq!(nonce[10..], [0xfe, 0xfd]);
    }
}
