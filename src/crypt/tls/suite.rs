//! What a cipher suite is made of, read off its IANA name: `TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256` is AES-128-CBC with HMAC-SHA-256.

use crate::crypt::aead::Algorithm;
use crate::crypt::hash::Hash;
use crate::wire::tls::cipher_suite::CipherSuite;

/// The parts of a suite that matter once the keys are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// How records are protected.
    pub protection: Protection,
    /// The key schedule's hash, from version 1.2 on.
    pub hash: Hash,
}

/// How records are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// One algorithm for both secrecy and integrity.
    Aead(Algorithm),
    /// AES in CBC mode and HMAC beside it.
    Cbc {
        /// AES key length, bytes.
        key_length: usize,
        /// HMAC's hash.
        mac: Hash,
    },
}

impl Suite {
    /// The parts of `suite`; `None` for those that are not read here.
    pub fn of(suite: CipherSuite) -> Option<Self> {
        let name = suite.name()?;
        let &(_, protection, hash) = ENDINGS.iter().find(|(end, ..)| name.ends_with(end))?;
        Some(Self { protection, hash })
    }
}

const fn cbc(key_length: usize, mac: Hash) -> Protection {
    Protection::Cbc { key_length, mac }
}

/// Ends of suite names. The last word is HMAC's hash in CBC suites and the key schedule's in all others; a CBC suite with an
/// old hash has SHA-256 in its key schedule (RFC 5246 §5).
const ENDINGS: [(&str, Protection, Hash); 8] = [
    (
        "_AES_128_GCM_SHA256",
        Protection::Aead(Algorithm::Aes128Gcm),
        Hash::Sha256,
    ),
    (
        "_AES_256_GCM_SHA384",
        Protection::Aead(Algorithm::Aes256Gcm),
        Hash::Sha384,
    ),
    (
        "_CHACHA20_POLY1305_SHA256",
        Protection::Aead(Algorithm::ChaCha20Poly1305),
        Hash::Sha256,
    ),
    ("_AES_128_CBC_SHA", cbc(16, Hash::Sha1), Hash::Sha256),
    ("_AES_256_CBC_SHA", cbc(32, Hash::Sha1), Hash::Sha256),
    ("_AES_128_CBC_SHA256", cbc(16, Hash::Sha256), Hash::Sha256),
    ("_AES_256_CBC_SHA256", cbc(32, Hash::Sha256), Hash::Sha256),
    ("_AES_256_CBC_SHA384", cbc(32, Hash::Sha384), Hash::Sha384),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(suite: CipherSuite, protection: Protection, hash: Hash) {
        assert_eq!(Suite::of(suite), Some(Suite { protection, hash }));
    }

    #[test]
    fn a_suite_is_what_its_name_says() {
        check(
            CipherSuite::Aes128GcmSha256,
            Protection::Aead(Algorithm::Aes128Gcm),
            Hash::Sha256,
        );
        check(
            CipherSuite::EcdheEcdsaWithChacha20Poly1305Sha256,
            Protection::Aead(Algorithm::ChaCha20Poly1305),
            Hash::Sha256,
        );
        check(
            CipherSuite::RsaWithAes128CbcSha,
            cbc(16, Hash::Sha1),
            Hash::Sha256,
        );
        // ECDHE-ECDSA with AES-256-CBC and SHA-384.
        check(
            CipherSuite::from_code(0xc024),
            cbc(32, Hash::Sha384),
            Hash::Sha384,
        );
    }

    #[test]
    fn what_is_not_read_is_none() {
        for suite in [
            CipherSuite::NullWithNullNull,
            CipherSuite::RsaWithRc4128Sha,
            CipherSuite::RsaWith3desEdeCbcSha,
            CipherSuite::RsaWithAes128Ccm8,
            CipherSuite::RsaWithCamellia128GcmSha256,
            CipherSuite::Unknown(0x0a0a),
        ] {
            assert_eq!(Suite::of(suite), None, "{suite:?}");
        }
    }
}
