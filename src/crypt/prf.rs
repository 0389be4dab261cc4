//! The pseudo-random function of TLS and DTLS up to 1.2: master secret to keys.
//!
//! ```text
//! P_hash(secret, seed) = HMAC(secret, A(1) + seed) + HMAC(secret, A(2) + seed) + …      A(0) = seed, A(i) = HMAC(secret, A(i-1))
//!
//! 1.2        PRF(secret, label, seed) = P_hash(secret, label + seed)                    RFC 5246 §5, the hash from the cipher suite
//! 1.0, 1.1   PRF(secret, label, seed) = P_MD5(first half, …) XOR P_SHA-1(second half, …)            RFC 2246 §5
//! ```

use crate::crypt::hash::Hash;

/// Which pseudo-random function a connection uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prf {
    /// Versions 1.0 and 1.1: MD5 and SHA-1 together.
    Md5Sha1,
    /// Version 1.2: the cipher suite's hash.
    Hash(Hash),
}

impl Prf {
    /// `length` bytes for `label` and the concatenated `seed`.
    pub fn expand(self, secret: &[u8], label: &str, seed: &[&[u8]], length: usize) -> Vec<u8> {
        let mut labelled = label.as_bytes().to_vec();
        for part in seed {
            labelled.extend_from_slice(part);
        }
        match self {
            Self::Hash(hash) => p_hash(hash, secret, &labelled, length),
            Self::Md5Sha1 => {
                // Of an odd length the middle byte belongs to both halves.
                let half = secret.len().div_ceil(2);
                let (first, _) = secret.split_at(half);
                let (_, second) = secret.split_at(secret.len() - half);
                let mut output = p_hash(Hash::Md5, first, &labelled, length);
                let other = p_hash(Hash::Sha1, second, &labelled, length);
                output.iter_mut().zip(other).for_each(|(a, b)| *a ^= b);
                output
            }
        }
    }
}

fn p_hash(hash: Hash, secret: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let mut output = Vec::with_capacity(length + hash.length());
    let mut a = hash.hmac(secret, &[seed]);
    while output.len() < length {
        output.extend(hash.hmac(secret, &[&a, seed]));
        a = hash.hmac(secret, &[&a]);
    }
    output.truncate(length);
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::tls::testing::hex;

    /// The vectors that went over the IETF TLS mailing list with RFC 5246.
    #[test]
    fn prf_sha256_agrees_with_the_mailing_list_vector() {
        let output = Prf::Hash(Hash::Sha256).expand(
            &hex("9bbe436ba940f017b17652849a71db35"),
            "test label",
            &[&hex("a0ba9f936cda311827a6f796ffd5198c")],
            100,
        );
        assert_eq!(
            output,
            hex(
                "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa0\
                 22f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66"
            )
        );
    }

    #[test]
    fn prf_sha384_agrees_with_the_mailing_list_vector() {
        let output = Prf::Hash(Hash::Sha384).expand(
            &hex("b80b733d6ceefcdc71566ea48e5567df"),
            "test label",
            &[&hex("cd665cf6a8447dd6ff8b27555edb7465")],
            148,
        );
        assert!(output.starts_with(&hex("7b0c18e9ced410ed1804f2cfa34a336a")));
        assert_eq!(output.len(), 148);
    }

    #[test]
    fn the_two_halves_share_the_middle_byte_of_an_odd_secret() {
        let even = Prf::Md5Sha1.expand(&[1, 2, 3, 4], "x", &[], 7);
        let odd = Prf::Md5Sha1.expand(&[1, 2, 3], "x", &[], 7);
        let mixed = |first: &[u8], second: &[u8]| {
            let md5 = p_hash(Hash::Md5, first, b"x", 7);
            let sha1 = p_hash(Hash::Sha1, second, b"x", 7);
            md5.iter()
                .zip(sha1)
                .map(|(a, b)| a ^ b)
                .collect::<Vec<u8>>()
        };
        assert_eq!(even, mixed(&[1, 2], &[3, 4]));
        assert_eq!(odd, mixed(&[1, 2], &[2, 3]));
    }
}
