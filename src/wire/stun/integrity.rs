//! MESSAGE-INTEGRITY (HMAC), FINGERPRINT (CRC-32) and the keys (RFC 8489 §9, §14.5–14.7).
//!
//! Both cover the message up to themselves, with the header's length field set to end with them: attributes that follow were not there
//! yet when the sender computed them.

use crc32fast::Hasher;
use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use md5::Digest;
use md5::Md5;
use sha1::Sha1;
use sha2::Sha256;

use crate::wire::stun::message::Attribute;
use crate::wire::stun::message::HEADER;
use crate::wire::stun::message::Message;
use crate::wire::stun::registry::AttributeType;

impl Message<'_> {
    /// Does FINGERPRINT match the message? `None` without one, and for a cut message.
    pub fn fingerprint_is_good(&self) -> Option<bool> {
        if self.is_cut() {
            return None;
        }
        let attribute = self.attribute(AttributeType::Fingerprint)?;
        let found: [u8; 4] = attribute.value.try_into().ok()?;
        let mut crc = Hasher::new();
        self.feed(&attribute, |part| crc.update(part))?;
        Some(crc.finalize() ^ FINGERPRINT_XOR == u32::from_be_bytes(found))
    }

    /// Was the message signed with `key`? `None` when it carries no integrity attribute, is cut, or is classic STUN (RFC 3489 signs
    /// another way). Of several attributes one that matches is enough.
    ///
    /// For short-term credentials (ICE) the key is the password's bytes; for long-term ones (TURN) see [`long_term_key`].
    pub fn verify_integrity(&self, key: &[u8]) -> Option<bool> {
        if self.is_cut() || self.is_classic() {
            return None;
        }
        self.attributes()
            .filter(|attribute| attribute.fault.is_none())
            .filter_map(|attribute| match attribute.kind {
                AttributeType::MessageIntegrity | AttributeType::GoogMessageIntegrity32 => {
                    self.is_signed::<Hmac<Sha1>>(&attribute, key)
                }
                AttributeType::MessageIntegritySha256 => {
                    self.is_signed::<Hmac<Sha256>>(&attribute, key)
                }
                _ => None,
            })
            .reduce(|one, other| one || other)
    }

    /// Does it carry any integrity attribute?
    pub fn has_integrity(&self) -> bool {
        self.attributes().any(|attribute| {
            matches!(
                attribute.kind,
                AttributeType::MessageIntegrity
                    | AttributeType::MessageIntegritySha256
                    | AttributeType::GoogMessageIntegrity32
            )
        })
    }

    /// Does `attribute` hold the HMAC of what precedes it, whole or its first bytes?
    fn is_signed<M: Mac + KeyInit>(&self, attribute: &Attribute<'_>, key: &[u8]) -> Option<bool> {
        let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
        self.feed(attribute, |part| mac.update(part))?;
        Some(mac.verify_truncated_left(attribute.value).is_ok())
    }

    /// Hands `sink` the message up to `attribute`, its length field rewritten to end with that attribute.
    fn feed(&self, attribute: &Attribute<'_>, mut sink: impl FnMut(&[u8])) -> Option<()> {
        let end = attribute.offset + 4 + attribute.value.len();
        let length = u16::try_from(end.checked_sub(HEADER)?).ok()?;
        sink(self.bytes().get(..2)?);
        sink(&length.to_be_bytes());
        sink(self.bytes().get(4..attribute.offset)?);
        Some(())
    }
}

/// Key of long-term credentials, and of TURN's: MD5 over `user:realm:password` (RFC 8489 §9.2.2).
///
/// The strings are taken as they are; names beyond ASCII must have gone through `OpaqueString` (RFC 8265).
pub fn long_term_key(user: &str, realm: &str, password: &str) -> [u8; 16] {
    Md5::digest(format!("{user}:{realm}:{password}")).into()
}

/// As [`long_term_key`], when PASSWORD-ALGORITHM says SHA-256 (RFC 8489 §18.5.1.2).
pub fn long_term_key_sha256(user: &str, realm: &str, password: &str) -> [u8; 32] {
    Sha256::digest(format!("{user}:{realm}:{password}")).into()
}

/// What USERHASH holds in place of the user's name (RFC 8489 §14.4).
pub fn userhash(user: &str, realm: &str) -> [u8; 32] {
    Sha256::digest(format!("{user}:{realm}")).into()
}

/// FINGERPRINT is XOR'd with this ("STUN" in ASCII), to differ from other CRCs in the payload.
const FINGERPRINT_XOR: u32 = 0x5354_554e;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::stun::samples;

    #[test]
    fn the_short_term_vectors_of_rfc_5769_verify() {
        for bytes in [
            samples::request(),
            samples::response_v4(),
            samples::response_v6(),
        ] {
            let message = Message::new(&bytes).unwrap();
            assert_eq!(message.verify_integrity(samples::PASSWORD), Some(true));
            assert_eq!(message.verify_integrity(b"another"), Some(false));
            assert_eq!(message.fingerprint_is_good(), Some(true));
        }
    }

    #[test]
    fn the_long_term_vector_of_rfc_5769_verifies() {
        let bytes = samples::long_term_request();
        let message = Message::new(&bytes).unwrap();
        let key = long_term_key(
            "\u{30de}\u{30c8}\u{30ea}\u{30c3}\u{30af}\u{30b9}",
            "example.org",
            "TheMatrIX",
        );
        assert_eq!(message.verify_integrity(&key), Some(true));
        assert_eq!(message.fingerprint_is_good(), None);
    }

    #[test]
    fn the_sha_256_vector_of_rfc_8489_verifies() {
        let bytes = samples::sha256_request();
        let message = Message::new(&bytes).unwrap();
        let user = "\u{30de}\u{30c8}\u{30ea}\u{30c3}\u{30af}\u{30b9}";
        let key = long_term_key_sha256(user, "example.org", "TheMatrIX");
        assert_eq!(message.verify_integrity(&key), Some(true));
        assert_eq!(message.userhash(), Some(&userhash(user, "example.org")));
    }

    #[test]
    fn a_changed_byte_breaks_both() {
        let mut bytes = samples::request();
        bytes[30] ^= 1;
        let message = Message::new(&bytes).unwrap();
        assert_eq!(message.verify_integrity(samples::PASSWORD), Some(false));
        assert_eq!(message.fingerprint_is_good(), Some(false));
        assert_eq!(
            message.faults().first().map(|f| f.name),
            Some("stun-fingerprint-wrong")
        );
    }

    #[test]
    fn a_goog_ping_is_signed_with_four_bytes() {
        let mut bytes = vec![0x02, 0x00, 0, 8, 0x21, 0x12, 0xa4, 0x42];
        bytes.extend([7; 12]);
        let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(b"secret").unwrap();
        mac.update(&bytes);
        let tag = mac.finalize().into_bytes();
        bytes.extend([0xc0, 0x60, 0, 4]);
        bytes.extend(&tag[..4]);
        let message = Message::new(&bytes).unwrap();
        assert_eq!(message.message_type().to_string(), "goog-ping-request");
        assert_eq!(message.verify_integrity(b"secret"), Some(true));
        assert_eq!(message.verify_integrity(b"other"), Some(false));
    }

    #[test]
    fn a_cut_message_can_not_be_judged() {
        let bytes = samples::request();
        let message = Message::new_cut(&bytes[..60]).unwrap();
        assert_eq!(message.verify_integrity(samples::PASSWORD), None);
        assert_eq!(message.fingerprint_is_good(), None);
    }
}
