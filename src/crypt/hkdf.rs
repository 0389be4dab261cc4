//! HKDF-Expand-Label (RFC 8446 §7.1): how TLS 1.3, DTLS 1.3 and QUIC make keys out of the secrets that key logs hold.
//!
//! ```text
//! HkdfLabel   length (2)   label<7..255> = "tls13 " + word   context<0..255>
//!                                          "dtls13" + word   in DTLS 1.3 (RFC 9147 §5.9)
//!
//! traffic secret ─┬─ "key" ──► key
//!                 ├─ "iv" ───► 12 bytes, XORed with the record number
//!                 └─ "traffic upd" ──► the next traffic secret (key update, §7.2)
//! ```

use sha2::Sha256;
use sha2::Sha384;

use crate::crypt::hash::Hash;

/// What stands before every label: it keeps the protocols' keys apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// `tls13 `, for TLS and QUIC.
    Tls,
    /// `dtls13`, without a space.
    Dtls,
}

/// `length` bytes out of `secret`. `None` when the secret is shorter than the hash or the length is out of range.
pub fn expand_label(
    hash: Hash,
    prefix: Prefix,
    secret: &[u8],
    word: &str,
    context: &[u8],
    length: usize,
) -> Option<Vec<u8>> {
    let prefix: &[u8; 6] = match prefix {
        Prefix::Tls => b"tls13 ",
        Prefix::Dtls => b"dtls13",
    };
    let mut info = Vec::with_capacity(4 + prefix.len() + word.len() + context.len());
    info.extend(u16::try_from(length).ok()?.to_be_bytes());
    info.push(u8::try_from(prefix.len() + word.len()).ok()?);
    info.extend(prefix);
    info.extend(word.as_bytes());
    info.push(u8::try_from(context.len()).ok()?);
    info.extend(context);
    let mut output = vec![0; length];
    match hash {
        Hash::Sha256 => hkdf::Hkdf::<Sha256>::from_prk(secret)
            .ok()?
            .expand(&info, &mut output)
            .ok()?,
        Hash::Sha384 => hkdf::Hkdf::<Sha384>::from_prk(secret)
            .ok()?
            .expand(&info, &mut output)
            .ok()?,
        Hash::Md5 | Hash::Sha1 => return None,
    }
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::tls::testing::hex;

    /// RFC 8448 §3: the server's handshake traffic secret and what is made of it.
    #[test]
    fn keys_of_the_rfc_8448_trace_come_out() {
        let secret = hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
        let make = |word, length| {
            expand_label(Hash::Sha256, Prefix::Tls, &secret, word, &[], length).expect("in range")
        };
        assert_eq!(make("key", 16), hex("3fce516009c21727d0f2e4e86ee403bc"));
        assert_eq!(make("iv", 12), hex("5d313eb2671276ee13000b30"));
    }

    #[test]
    fn a_secret_shorter_than_the_hash_makes_nothing() {
        let make = |hash, length| expand_label(hash, Prefix::Tls, &[1; 32], "key", &[], length);
        assert!(make(Hash::Sha256, 16).is_some());
        assert!(make(Hash::Sha384, 16).is_none());
        assert!(make(Hash::Sha256, 9_000).is_none());
        assert!(make(Hash::Sha1, 16).is_none());
    }
}
