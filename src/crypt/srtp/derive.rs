//! Session keys (RFC 3711 §4.3).
//!
//! ```text
//! master salt   14 bytes (GCM's 12 are padded with zeros at their end, RFC 7714 §11)
//! IV            salt, its 8th byte XOR label, then two bytes of zero
//! session key   AES in counter mode over zeros, with the master key
//! ```
//!
//! The rate of derivation is zero wherever WebRTC is spoken: one set of session keys for a master key's life.

use aes::Aes128;
use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::KeyIvInit;
use ctr::cipher::StreamCipher;

/// Which session key (RFC 3711 §4.3.1, §4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Encryption of RTP.
    RtpEncryption = 0,
    /// Authentication of RTP.
    RtpAuthentication = 1,
    /// Salt of RTP.
    RtpSalt = 2,
    /// Encryption of RTCP.
    RtcpEncryption = 3,
    /// Authentication of RTCP.
    RtcpAuthentication = 4,
    /// Salt of RTCP.
    RtcpSalt = 5,
}

/// `length` bytes for `label`. `None` when the master key is not 16 or 32 bytes long, or the salt longer than 14.
pub fn session_key(
    master_key: &[u8],
    master_salt: &[u8],
    label: Label,
    length: usize,
) -> Option<Vec<u8>> {
    let mut iv = [0; 16];
    iv.get_mut(..14)?
        .get_mut(..master_salt.len())?
        .copy_from_slice(master_salt);
    iv[7] ^= label as u8;
    let mut output = vec![0; length];
    counter_mode(master_key, &iv, &mut output)?;
    Some(output)
}

/// XORs `bytes` with the key stream that begins at `iv`. `None` when the key is not 16 or 32 bytes long.
pub(super) fn counter_mode(key: &[u8], iv: &[u8; 16], bytes: &mut [u8]) -> Option<()> {
    if key.len() == 16 {
        Ctr128BE::<Aes128>::new_from_slices(key, iv)
            .ok()?
            .apply_keystream(bytes);
    } else {
        Ctr128BE::<Aes256>::new_from_slices(key, iv)
            .ok()?
            .apply_keystream(bytes);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::tls::testing::digits;
    use crate::crypt::tls::testing::hex;

    /// RFC 3711 appendix B.3.
    #[test]
    fn session_keys_agree_with_rfc_3711() {
        let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
        let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
        let make = |label, length| digits(&session_key(&key, &salt, label, length).expect("fits"));
        assert_eq!(
            make(Label::RtpEncryption, 16),
            "c61e7a93744f39ee10734afe3ff7a087"
        );
        assert_eq!(make(Label::RtpSalt, 14), "30cbbc08863d8c85d49db34a9ae1");
        assert_eq!(
            make(Label::RtpAuthentication, 94),
            "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef7227098\
             6371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2"
        );
    }

    #[test]
    fn keys_and_salts_of_other_lengths_make_nothing() {
        assert!(session_key(&[0; 15], &[0; 14], Label::RtpSalt, 14).is_none());
        assert!(session_key(&[0; 16], &[0; 15], Label::RtpSalt, 14).is_none());
        assert!(session_key(&[0; 32], &[0; 12], Label::RtpSalt, 12).is_some());
    }
}
