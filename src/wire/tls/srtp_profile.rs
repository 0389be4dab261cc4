//! SRTP protection profiles: what `use_srtp` negotiates (RFC 5764 §4.1.2, RFC 7714 §14, RFC 8269, RFC 8723).
//!
//! The profile decides how many bytes of an SRTP packet are not media: the authentication tag at its end.

use crate::codepoint;

codepoint! {
    /// SRTP protection profile, two bytes in the `use_srtp` extension.
    pub enum SrtpProfile: u16 {
        /// AES-128 counter mode, 10-byte tag: what every WebRTC endpoint must know (RFC 8827 §6.5).
        Aes128CmHmacSha1_80 = 0x0001 => "SRTP_AES128_CM_HMAC_SHA1_80",
        /// AES-128 counter mode, 4-byte tag on RTP.
        Aes128CmHmacSha1_32 = 0x0002 => "SRTP_AES128_CM_HMAC_SHA1_32",
        /// No encryption, 10-byte tag.
        NullHmacSha1_80 = 0x0005 => "SRTP_NULL_HMAC_SHA1_80",
        /// No encryption, 4-byte tag on RTP.
        NullHmacSha1_32 = 0x0006 => "SRTP_NULL_HMAC_SHA1_32",
        /// AES-128 GCM, 16-byte tag (RFC 7714).
        AeadAes128Gcm = 0x0007 => "SRTP_AEAD_AES_128_GCM",
        /// AES-256 GCM, 16-byte tag (RFC 7714).
        AeadAes256Gcm = 0x0008 => "SRTP_AEAD_AES_256_GCM",
        /// End to end inside hop by hop, AES-128 GCM both (RFC 8723).
        DoubleAeadAes128Gcm = 0x0009 => "DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM",
        /// End to end inside hop by hop, AES-256 GCM both (RFC 8723).
        DoubleAeadAes256Gcm = 0x000a => "DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM",
        /// ARIA-128 counter mode, 10-byte tag (RFC 8269).
        Aria128CtrHmacSha1_80 = 0x000b => "SRTP_ARIA_128_CTR_HMAC_SHA1_80",
        /// ARIA-128 counter mode, 4-byte tag on RTP.
        Aria128CtrHmacSha1_32 = 0x000c => "SRTP_ARIA_128_CTR_HMAC_SHA1_32",
        /// ARIA-256 counter mode, 10-byte tag.
        Aria256CtrHmacSha1_80 = 0x000d => "SRTP_ARIA_256_CTR_HMAC_SHA1_80",
        /// ARIA-256 counter mode, 4-byte tag on RTP.
        Aria256CtrHmacSha1_32 = 0x000e => "SRTP_ARIA_256_CTR_HMAC_SHA1_32",
        /// ARIA-128 GCM, 16-byte tag.
        AeadAria128Gcm = 0x000f => "SRTP_AEAD_ARIA_128_GCM",
        /// ARIA-256 GCM, 16-byte tag.
        AeadAria256Gcm = 0x0010 => "SRTP_AEAD_ARIA_256_GCM",
    }
}

impl SrtpProfile {
    /// Bytes of authentication tag at the end of each SRTP packet; of the outer tag, for the double profiles. `None` when unknown.
    pub const fn rtp_tag_bytes(self) -> Option<usize> {
        Some(match self {
            Self::Aes128CmHmacSha1_80
            | Self::NullHmacSha1_80
            | Self::Aria128CtrHmacSha1_80
            | Self::Aria256CtrHmacSha1_80 => 10,
            Self::Aes128CmHmacSha1_32
            | Self::NullHmacSha1_32
            | Self::Aria128CtrHmacSha1_32
            | Self::Aria256CtrHmacSha1_32 => 4,
            Self::AeadAes128Gcm
            | Self::AeadAes256Gcm
            | Self::DoubleAeadAes128Gcm
            | Self::DoubleAeadAes256Gcm
            | Self::AeadAria128Gcm
            | Self::AeadAria256Gcm => 16,
            Self::Unknown(_) => return None,
        })
    }

    /// Bytes of authentication tag of each SRTCP packet. The `_32` profiles shorten RTP's only: SRTCP keeps ten (RFC 5764 §4.1.2).
    pub const fn rtcp_tag_bytes(self) -> Option<usize> {
        match self.rtp_tag_bytes() {
            Some(4) => Some(10),
            other => other,
        }
    }

    /// Is RTCP authenticated as associated data, the tag *before* the index (RFC 7714 §9.1) instead of after it (RFC 3711 §3.4)?
    pub const fn is_aead(self) -> bool {
        matches!(self.rtp_tag_bytes(), Some(16))
    }

    /// Lengths of master key and master salt that the exporter yields per direction, bytes. `None` when unknown.
    pub const fn key_and_salt_bytes(self) -> Option<(usize, usize)> {
        Some(match self {
            Self::Aes128CmHmacSha1_80
            | Self::Aes128CmHmacSha1_32
            | Self::NullHmacSha1_80
            | Self::NullHmacSha1_32
            | Self::Aria128CtrHmacSha1_80
            | Self::Aria128CtrHmacSha1_32 => (16, 14),
            Self::Aria256CtrHmacSha1_80 | Self::Aria256CtrHmacSha1_32 => (32, 14),
            Self::AeadAes128Gcm | Self::AeadAria128Gcm => (16, 12),
            Self::AeadAes256Gcm | Self::AeadAria256Gcm => (32, 12),
            Self::DoubleAeadAes128Gcm => (32, 24),
            Self::DoubleAeadAes256Gcm => (64, 24),
            Self::Unknown(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_tag_is_short_on_rtp_only() {
        let short = SrtpProfile::from_code(2);
        assert_eq!(
            (short.rtp_tag_bytes(), short.rtcp_tag_bytes()),
            (Some(4), Some(10))
        );
        assert_eq!(SrtpProfile::from_code(7).rtcp_tag_bytes(), Some(16));
        assert_eq!(SrtpProfile::from_code(3).rtp_tag_bytes(), None);
    }

    #[test]
    fn every_named_profile_has_lengths() {
        for profile in SrtpProfile::NAMED {
            assert!(profile.rtp_tag_bytes().is_some() && profile.key_and_salt_bytes().is_some());
        }
    }
}
