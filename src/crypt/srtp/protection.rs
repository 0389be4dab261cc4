//! What an SRTP protection profile, or a crypto suite of SDP, is made of.

use crate::wire::tls::srtp_profile::SrtpProfile;

/// How packets are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// Not at all (RFC 3711 §4.1.3).
    Null,
    /// AES in counter mode, with HMAC-SHA1 beside it (RFC 3711 §4.1.1; 256 bits: RFC 6188).
    CounterMode,
    /// AES in Galois/counter mode (RFC 7714).
    Gcm,
}

/// A profile, taken apart. Lengths in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Protection {
    /// How packets are encrypted.
    pub cipher: Cipher,
    /// Length of the master key: 16 or 32.
    pub key_length: usize,
    /// Length of the master salt: 14, or 12 with GCM.
    pub salt_length: usize,
    /// Length of the authentication tag of RTP packets.
    pub rtp_tag: usize,
    /// Length of the authentication tag of RTCP packets.
    pub rtcp_tag: usize,
}

impl Protection {
    /// The parts of what `use_srtp` negotiated; `None` for ARIA, the double profiles and unknown ones.
    pub fn of(profile: SrtpProfile) -> Option<Self> {
        let cipher = match profile {
            SrtpProfile::Aes128CmHmacSha1_80 | SrtpProfile::Aes128CmHmacSha1_32 => {
                Cipher::CounterMode
            }
            SrtpProfile::NullHmacSha1_80 | SrtpProfile::NullHmacSha1_32 => Cipher::Null,
            SrtpProfile::AeadAes128Gcm | SrtpProfile::AeadAes256Gcm => Cipher::Gcm,
            _ => return None,
        };
        let (key_length, salt_length) = profile.key_and_salt_bytes()?;
        Some(Self {
            cipher,
            key_length,
            salt_length,
            rtp_tag: profile.rtp_tag_bytes()?,
            rtcp_tag: profile.rtcp_tag_bytes()?,
        })
    }

    /// Does an SRTCP packet that this opened speak for `profile`? The profiles with short RTP tags protect RTCP as the others do.
    pub fn speaks_for(self, profile: SrtpProfile) -> bool {
        Self::of(profile).is_some_and(|other| {
            (other.cipher, other.key_length, other.rtcp_tag)
                == (self.cipher, self.key_length, self.rtcp_tag)
        })
    }

    /// The parts of a crypto suite of SDP's `a=crypto` (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.2); `None` for others.
    pub fn of_suite(name: &str) -> Option<Self> {
        let &(_, cipher, key_length, rtp_tag, rtcp_tag) =
            SUITES.iter().find(|(known, ..)| *known == name)?;
        Some(Self {
            cipher,
            key_length,
            salt_length: if cipher == Cipher::Gcm { 12 } else { 14 },
            rtp_tag,
            rtcp_tag,
        })
    }
}

/// Names, ciphers, key lengths, tags of RTP and RTCP. RTCP keeps its long tag beside a short one on RTP (RFC 4568 §6.2.2).
const SUITES: [(&str, Cipher, usize, usize, usize); 6] = [
    ("AES_CM_128_HMAC_SHA1_80", Cipher::CounterMode, 16, 10, 10),
    ("AES_CM_128_HMAC_SHA1_32", Cipher::CounterMode, 16, 4, 10),
    ("AES_256_CM_HMAC_SHA1_80", Cipher::CounterMode, 32, 10, 10),
    ("AES_256_CM_HMAC_SHA1_32", Cipher::CounterMode, 32, 4, 10),
    ("AEAD_AES_128_GCM", Cipher::Gcm, 16, 16, 16),
    ("AEAD_AES_256_GCM", Cipher::Gcm, 32, 16, 16),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_and_its_suite_are_the_same() {
        let pairs = [
            (SrtpProfile::Aes128CmHmacSha1_80, "AES_CM_128_HMAC_SHA1_80"),
            (SrtpProfile::Aes128CmHmacSha1_32, "AES_CM_128_HMAC_SHA1_32"),
            (SrtpProfile::AeadAes128Gcm, "AEAD_AES_128_GCM"),
            (SrtpProfile::AeadAes256Gcm, "AEAD_AES_256_GCM"),
        ];
        for (profile, suite) in pairs {
            let protection = Protection::of(profile);
            assert!(protection.is_some(), "{suite}");
            assert_eq!(protection, Protection::of_suite(suite), "{suite}");
        }
    }

    #[test]
    fn an_rtcp_packet_does_not_tell_the_length_of_rtp_tags() {
        let opened = Protection::of(SrtpProfile::Aes128CmHmacSha1_80).expect("known");
        assert!(opened.speaks_for(SrtpProfile::Aes128CmHmacSha1_32));
        assert!(!opened.speaks_for(SrtpProfile::AeadAes128Gcm));
        assert!(!opened.speaks_for(SrtpProfile::AeadAria128Gcm));
    }

    #[test]
    fn what_is_not_read_here_is_none() {
        assert_eq!(Protection::of(SrtpProfile::DoubleAeadAes128Gcm), None);
        assert_eq!(Protection::of(SrtpProfile::AeadAria128Gcm), None);
        assert_eq!(Protection::of_suite("F8_128_HMAC_SHA1_80"), None);
    }
}
