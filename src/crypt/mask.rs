//! What QUIC and DTLS 1.3 hide of their packet numbers: a mask out of the ciphertext, and numbers cut to their last bits.
//!
//! ```text
//! AES        mask = AES-ECB(key, first 16 bytes of ciphertext)             RFC 9001 §5.4.3, RFC 9147 §4.2.3
//! ChaCha20   mask = ChaCha20(key, counter = bytes 0 to 3, nonce = bytes 4 to 15)     RFC 9001 §5.4.4, RFC 9147 §4.2.3
//! ```

use std::fmt;

use aes::Aes128;
use aes::Aes256;
use aes::cipher::BlockCipherEncrypt;
use aes::cipher::KeyInit;
use chacha20::ChaCha20;
use chacha20::cipher::KeyIvInit;
use chacha20::cipher::StreamCipher;
use chacha20::cipher::StreamCipherSeek;

use crate::crypt::aead::Algorithm;

/// The key that masks are made with.
#[derive(Clone)]
pub(in crate::crypt) enum Mask {
    /// AES-128.
    Aes128(Box<Aes128>),
    /// AES-256.
    Aes256(Box<Aes256>),
    /// `ChaCha20`.
    ChaCha20([u8; 32]),
}

impl Mask {
    /// `None` when the key has not the algorithm's length.
    pub(in crate::crypt) fn new(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        Some(match algorithm {
            Algorithm::Aes128Gcm => Self::Aes128(Box::new(Aes128::new_from_slice(key).ok()?)),
            Algorithm::Aes256Gcm => Self::Aes256(Box::new(Aes256::new_from_slice(key).ok()?)),
            Algorithm::ChaCha20Poly1305 => Self::ChaCha20(key.try_into().ok()?),
        })
    }

    /// The first five bytes: as many as QUIC uses.
    pub(in crate::crypt) fn of(&self, sample: &[u8; 16]) -> [u8; 5] {
        let mut block = *sample;
        match self {
            Self::Aes128(key) => key.encrypt_block((&mut block).into()),
            Self::Aes256(key) => key.encrypt_block((&mut block).into()),
            Self::ChaCha20(key) => {
                let [c0, c1, c2, c3, nonce @ ..] = *sample;
                let counter = u32::from_le_bytes([c0, c1, c2, c3]);
                let mut cipher = ChaCha20::new(key.into(), (&nonce).into());
                block = [0; 16];
                // At the last block the cipher refuses to count on, though this block is still its own.
                if cipher.try_seek(u64::from(counter) * 64).is_ok() {
                    let _ = cipher.try_apply_keystream(&mut block);
                }
            }
        }
        let (mask, _) = block.split_first_chunk().expect("a block has 16 bytes");
        *mask
    }
}

impl fmt::Debug for Mask {
    /// The algorithm, never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aes128(_) => "Aes128",
            Self::Aes256(_) => "Aes256",
            Self::ChaCha20(_) => "ChaCha20",
        })
    }
}

/// The number nearest to the expected one that ends in these bits (RFC 9000 appendix A.3; RFC 9147 §4.2.2 asks for the same).
pub(in crate::crypt) fn whole_number(truncated: u64, bits: u32, expected: u64) -> u64 {
    let window = 1_u64 << bits;
    let candidate = (expected & !(window - 1)) | truncated;
    if candidate + window / 2 <= expected && candidate < (1 << 62) - window {
        candidate + window
    } else if candidate > expected + window / 2 && candidate >= window {
        candidate - window
    } else {
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9000 appendix A.3, and both ends of the range.
    #[test]
    fn truncated_numbers_are_completed() {
        assert_eq!(whole_number(0x9b32, 16, 0xa82f_30eb), 0xa82f_9b32);
        assert_eq!(whole_number(0xff, 8, 0), 0xff);
        assert_eq!(whole_number(0xff, 8, 0x100), 0xff);
        assert_eq!(whole_number(0x01, 8, 0xff), 0x101);
        let last = (1 << 62) - 1;
        assert_eq!(whole_number(0xffff_ffff, 32, last), last);
    }
}
