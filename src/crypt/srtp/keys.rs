//! One direction's SRTP and SRTCP packets, opened.
//!
//! ```text
//! counter mode (RFC 3711 §4.1.1)   IV = salt (14) 0 0  XOR  0 0 0 0 SSRC (4) index (6) 0 0
//!                                  tag = first bytes of HMAC-SHA1(packet, roll-over counter | nothing for RTCP: its index is in the packet)
//! GCM (RFC 7714 §8.1, §9.1)        IV = salt (12)  XOR  0 0 SSRC (4) index (6)
//!                                  associated data: RTP's header; RTCP's first 8 bytes and the word with E flag and index
//!
//! SRTCP   header, SSRC (8)  ciphertext  E, index (4)  tag (10)        counter mode
//!         header, SSRC (8)  ciphertext  tag (16)  E, index (4)        GCM
//! ```
//!
//! The index of an SRTP packet is its roll-over counter and sequence number, 48 bits; an SRTCP packet carries its own, 31 bits.

use std::fmt;

use aes::Aes128;
use aes::Aes256;
use ctr::Ctr32BE;
use ctr::cipher::KeyIvInit;
use ctr::cipher::StreamCipher;

use crate::crypt::aead;
use crate::crypt::aead::Aead;
use crate::crypt::aead::Algorithm;
use crate::crypt::hash::Hash;
use crate::crypt::srtp::derive::Label;
use crate::crypt::srtp::derive::counter_mode;
use crate::crypt::srtp::derive::session_key;
use crate::crypt::srtp::protection::Cipher;
use crate::crypt::srtp::protection::Protection;
use crate::vocab::ids::Ssrc;

/// What one side sends with: keys of RTP and of RTCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    protection: Protection,
    rtp: SessionKeys,
    rtcp: SessionKeys,
}

/// Session keys of one kind of packet.
#[derive(Clone, PartialEq, Eq)]
struct SessionKeys {
    encryption: Vec<u8>,
    authentication: Vec<u8>,
    salt: [u8; 14],
}

impl Keys {
    /// Derives the session keys. `None` when key or salt have not the protection's lengths.
    pub fn new(protection: Protection, master_key: &[u8], master_salt: &[u8]) -> Option<Self> {
        if master_key.len() != protection.key_length || master_salt.len() != protection.salt_length
        {
            return None;
        }
        let make = |labels: [Label; 3]| {
            let [encryption, authentication, salt] = labels;
            let derived = session_key(master_key, master_salt, salt, protection.salt_length)?;
            let mut salt = [0; 14];
            salt.get_mut(..derived.len())?.copy_from_slice(&derived);
            Some(SessionKeys {
                encryption: session_key(
                    master_key,
                    master_salt,
                    encryption,
                    protection.key_length,
                )?,
                authentication: session_key(
                    master_key,
                    master_salt,
                    authentication,
                    HMAC_KEY_LENGTH,
                )?,
                salt,
            })
        };
        Some(Self {
            protection,
            rtp: make([
                Label::RtpEncryption,
                Label::RtpAuthentication,
                Label::RtpSalt,
            ])?,
            rtcp: make([
                Label::RtcpEncryption,
                Label::RtcpAuthentication,
                Label::RtcpSalt,
            ])?,
        })
    }

    /// What packets are protected by.
    pub const fn protection(&self) -> Protection {
        self.protection
    }

    /// The plain RTCP packets of an SRTCP datagram; `None` when its tag does not fit these keys.
    pub fn open_rtcp(&self, datagram: &[u8]) -> Option<Vec<u8>> {
        let (header, _) = datagram.split_first_chunk::<8>()?;
        let [_, _, _, _, ssrc @ ..] = *header;
        let (body, word, tag) = if self.protection.cipher == Cipher::Gcm {
            let (sealed, word) = datagram.split_last_chunk::<4>()?;
            (sealed, *word, &[][..])
        } else {
            let whole = datagram.len().checked_sub(self.protection.rtcp_tag)?;
            let (authenticated, tag) = datagram.split_at_checked(whole)?;
            let (body, word) = authenticated.split_last_chunk::<4>()?;
            (body, *word, tag)
        };
        let sealed = body.get(header.len()..)?;
        let (encrypted, index) = (
            word[0] & 0x80 != 0,
            u64::from(u32::from_be_bytes(word) & !E),
        );
        let content = match self.protection.cipher {
            Cipher::Gcm => {
                let associated = if encrypted {
                    [&header[..], &word].concat()
                } else {
                    let clear = body.len().checked_sub(Aead::TAG)?;
                    [body.get(..clear)?, &word].concat()
                };
                let nonce = self.rtcp.nonce(u32::from_be_bytes(ssrc), index);
                let aead = self.rtcp.aead()?;
                if encrypted {
                    aead.open(&nonce, &associated, sealed)?
                } else {
                    let clear = sealed.len().checked_sub(Aead::TAG)?;
                    let (content, tag) = sealed.split_at_checked(clear)?;
                    aead.open(&nonce, &associated, tag)?;
                    content.to_vec()
                }
            }
            Cipher::CounterMode | Cipher::Null => {
                let authenticated = datagram.get(..datagram.len() - tag.len())?;
                self.rtcp.fits(&[authenticated], tag).then_some(())?;
                let mut content = sealed.to_vec();
                if encrypted && self.protection.cipher == Cipher::CounterMode {
                    let iv = self.rtcp.iv(u32::from_be_bytes(ssrc), index);
                    counter_mode(&self.rtcp.encryption, &iv, &mut content)?;
                }
                content
            }
        };
        Some([&header[..], &content].concat())
    }

    /// The payload of an SRTP packet whose payload begins at `payload_at`; `None` when its tag does not fit these keys and the packet's
    /// roll-over counter.
    pub fn open_rtp(
        &self,
        packet: &[u8],
        payload_at: usize,
        ssrc: Ssrc,
        index: u64,
    ) -> Option<Vec<u8>> {
        let (header, sealed) = packet.split_at_checked(payload_at)?;
        if self.protection.cipher == Cipher::Gcm {
            let nonce = self.rtp.nonce(ssrc.0, index);
            return self.rtp.aead()?.open(&nonce, header, sealed);
        }
        let whole = packet.len().checked_sub(self.protection.rtp_tag)?;
        let (authenticated, tag) = packet.split_at_checked(whole)?;
        let roll_over = ((index >> 16) as u32).to_be_bytes();
        self.rtp
            .fits(&[authenticated, &roll_over], tag)
            .then_some(())?;
        let mut payload = authenticated.get(payload_at..)?.to_vec();
        self.decrypt(ssrc, index, &mut payload)?;
        Some(payload)
    }

    /// Decrypts the beginning of an SRTP payload in place, without a look at the tag: for keys that have proved themselves.
    pub fn decrypt(&self, ssrc: Ssrc, index: u64, payload: &mut [u8]) -> Option<()> {
        let keys = &self.rtp;
        match self.protection.cipher {
            Cipher::Null => Some(()),
            Cipher::CounterMode => counter_mode(&keys.encryption, &keys.iv(ssrc.0, index), payload),
            Cipher::Gcm => {
                // The counter is 32 bits and the first block, 1, is the tag's (NIST SP 800-38D §7.1).
                let mut block = [0; 16];
                let (nonce, counter) = block.split_at_mut(12);
                nonce.copy_from_slice(&keys.nonce(ssrc.0, index));
                counter.copy_from_slice(&2_u32.to_be_bytes());
                if keys.encryption.len() == 16 {
                    Ctr32BE::<Aes128>::new_from_slices(&keys.encryption, &block)
                        .ok()?
                        .apply_keystream(payload);
                } else {
                    Ctr32BE::<Aes256>::new_from_slices(&keys.encryption, &block)
                        .ok()?
                        .apply_keystream(payload);
                }
                Some(())
            }
        }
    }
}

impl SessionKeys {
    fn iv(&self, ssrc: u32, index: u64) -> [u8; 16] {
        let [_, _, index @ ..] = index.to_be_bytes();
        let mut iv = [0; 16];
        let numbers = ssrc.to_be_bytes().into_iter().chain(index);
        for (byte, number) in iv.iter_mut().skip(4).zip(numbers) {
            *byte = number;
        }
        for (byte, salt) in iv.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        iv
    }

    fn nonce(&self, ssrc: u32, index: u64) -> aead::Nonce {
        let [_, _, index @ ..] = index.to_be_bytes();
        let mut nonce = [0; 12];
        let numbers = ssrc.to_be_bytes().into_iter().chain(index);
        for (byte, number) in nonce.iter_mut().skip(2).zip(numbers) {
            *byte = number;
        }
        for (byte, salt) in nonce.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        nonce
    }

    fn aead(&self) -> Option<Aead> {
        let algorithm = match self.encryption.len() {
            16 => Algorithm::Aes128Gcm,
            _ => Algorithm::Aes256Gcm,
        };
        Aead::new(algorithm, &self.encryption)
    }

    fn fits(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        let expected = Hash::Sha1.hmac(&self.authentication, parts);
        !tag.is_empty() && expected.starts_with(tag)
    }
}

impl fmt::Debug for SessionKeys {
    /// That they are there, never what they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys")
    }
}

/// The E flag in the last word of an SRTCP packet.
const E: u32 = 1 << 31;
/// Length of HMAC-SHA1's session key, bytes (RFC 3711 §5.2).
const HMAC_KEY_LENGTH: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::tls::testing::digits;
    use crate::crypt::tls::testing::hex;

    /// Keys that were not derived: as the vectors give them.
    fn session(cipher: Cipher, encryption: &str, salt: &str) -> Keys {
        let mut padded = [0; 14];
        let given = hex(salt);
        padded[..given.len()].copy_from_slice(&given);
        let keys = SessionKeys {
            encryption: hex(encryption),
            authentication: vec![7; 20],
            salt: padded,
        };
        Keys {
            protection: Protection {
                cipher,
                key_length: keys.encryption.len(),
                salt_length: given.len(),
                rtp_tag: if cipher == Cipher::Gcm { 16 } else { 10 },
                rtcp_tag: if cipher == Cipher::Gcm { 16 } else { 10 },
            },
            rtp: keys.clone(),
            rtcp: keys,
        }
    }

    /// RFC 3711 appendix B.2: the key stream of SSRC 0, index 0.
    #[test]
    fn counter_mode_agrees_with_rfc_3711() {
        let keys = session(
            Cipher::CounterMode,
            "2B7E151628AED2A6ABF7158809CF4F3C",
            "F0F1F2F3F4F5F6F7F8F9FAFBFCFD",
        );
        let mut zeros = [0; 32];
        keys.decrypt(Ssrc(0), 0, &mut zeros).expect("fits");
        assert_eq!(
            digits(&zeros),
            "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
        );
    }

    /// RFC 7714 §16.1.1.
    #[test]
    fn gcm_packets_agree_with_rfc_7714() {
        let keys = session(
            Cipher::Gcm,
            "000102030405060708090a0b0c0d0e0f",
            "517569642070726f2071756f",
        );
        let packet = hex(
            "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833\
             899d7f27beb16a9152cf765ee4390cce",
        );
        let (ssrc, index) = (Ssrc(0x5501_a0b2), 0xf17b);
        let payload = keys.open_rtp(&packet, 12, ssrc, index).expect("fits");
        assert_eq!(payload, b"Gallia est omnis divisa in partes tres");
        assert_eq!(keys.open_rtp(&packet, 12, ssrc, index + 0x1_0000), None);
        let mut beginning = packet[12..18].to_vec();
        keys.decrypt(ssrc, index, &mut beginning).expect("fits");
        assert_eq!(beginning, b"Gallia");
    }

    /// RFC 7714 §17.1.
    #[test]
    fn gcm_reports_agree_with_rfc_7714() {
        let keys = session(
            Cipher::Gcm,
            "000102030405060708090a0b0c0d0e0f",
            "517569642070726f2071756f",
        );
        let mut datagram = hex(
            "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b\
             c84aa45896cf4d2fc5abf87245d9eade800005d4",
        );
        assert_eq!(
            digits(&keys.open_rtcp(&datagram).expect("fits")),
            "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
        );
        datagram[20] ^= 1;
        assert_eq!(keys.open_rtcp(&datagram), None);
    }

    #[test]
    fn counter_mode_reports_come_back_and_a_wrong_tag_does_not() {
        let keys = session(
            Cipher::CounterMode,
            "2B7E151628AED2A6ABF7158809CF4F3C",
            "F0F1F2F3F4F5F6F7F8F9FAFBFCFD",
        );
        let plain = hex("81c9000700000063000000070500000200000007000000210001800000004000");
        for encrypted in [true, false] {
            let mut datagram = plain.clone();
            let index = 9_u32 | if encrypted { E } else { 0 };
            if encrypted {
                let iv = keys.rtcp.iv(0x63, 9);
                counter_mode(&keys.rtcp.encryption, &iv, &mut datagram[8..]).expect("fits");
            }
            datagram.extend(index.to_be_bytes());
            let tag = Hash::Sha1.hmac(&keys.rtcp.authentication, &[&datagram]);
            datagram.extend(&tag[..10]);
            assert_eq!(keys.open_rtcp(&datagram).as_ref(), Some(&plain));
            for at in [0, 9, datagram.len() - 1] {
                let mut flipped = datagram.clone();
                flipped[at] ^= 4;
                assert_eq!(keys.open_rtcp(&flipped), None, "{at}");
            }
        }
    }

    #[test]
    fn every_cut_is_safe() {
        let gcm = session(Cipher::Gcm, &"01".repeat(32), &"02".repeat(12));
        let counter = session(Cipher::CounterMode, &"01".repeat(16), &"02".repeat(14));
        let bytes = [0x81; 60];
        for keys in [gcm, counter] {
            for length in 0..bytes.len() {
                assert_eq!(keys.open_rtcp(&bytes[..length]), None);
                assert_eq!(keys.open_rtp(&bytes[..length], 12, Ssrc(1), 1), None);
            }
        }
    }

    #[test]
    fn keys_of_other_lengths_are_none() {
        let protection = Protection::of_suite("AES_CM_128_HMAC_SHA1_80").expect("known");
        assert!(Keys::new(protection, &[1; 16], &[2; 14]).is_some());
        assert!(Keys::new(protection, &[1; 32], &[2; 14]).is_none());
        assert!(Keys::new(protection, &[1; 16], &[2; 12]).is_none());
    }
}
