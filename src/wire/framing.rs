//! Datagrams inside a byte stream: STUN and TURN over TCP (RFC 8489 §6.2.2, RFC 8656 §12.5), and RFC 4571 frames (ICE-TCP, RFC 6544).
//!
//! ```text
//! STUN         | type | length | cookie …            a message says its own length, a multiple of 4
//! ChannelData  | number | length | data | padding    padded to a multiple of 4 over TCP
//! RFC 4571     | length | datagram |                 16 bits, then any protocol of RFC 7983
//! ```

use crate::wire::stun::probe;

/// How a stream's datagrams are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// STUN messages and ChannelData, back to back.
    Turn,
    /// A 16-bit length before each datagram.
    Rfc4571,
}

/// What the front of a buffer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// A whole datagram in `start..end`; the next one begins at `next`.
    Whole {
        /// First byte of the datagram.
        start: usize,
        /// One past its last byte.
        end: usize,
        /// Where the next frame begins: past the padding.
        next: usize,
    },
    /// The datagram goes on beyond the buffer.
    More,
    /// No datagram of this framing begins here.
    Broken,
}

impl Framing {
    /// Recognises the framing of a stream by its first bytes; `None` when it is neither, or too little to say.
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        if is_stun(bytes) {
            return Some(Self::Turn);
        }
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        // ICE-TCP opens with a connectivity check: nothing else is a sure sign.
        (length >= STUN_HEADER && rest.get(..length).is_some_and(probe)).then_some(Self::Rfc4571)
    }

    /// Reads the front of `bytes`.
    pub fn front(self, bytes: &[u8]) -> Front {
        let Some(&[b0, b1]) = bytes.first_chunk::<2>() else {
            return Front::More;
        };
        let word = usize::from(u16::from_be_bytes([b0, b1]));
        let (start, end, next) = match self {
            Self::Rfc4571 => (2, 2 + word, 2 + word),
            Self::Turn => {
                let Some(&[.., l0, l1]) = bytes.first_chunk::<4>() else {
                    return Front::More;
                };
                let length = usize::from(u16::from_be_bytes([l0, l1]));
                match b0 {
                    0..=0x3f if is_stun(bytes) || bytes.len() < 8 => {
                        (0, STUN_HEADER + length, STUN_HEADER + length)
                    }
                    0x40..=0x7f => (0, 4 + length, (4 + length).next_multiple_of(4)),
                    _ => return Front::Broken,
                }
            }
        };
        if bytes.len() < next {
            Front::More
        } else {
            Front::Whole { start, end, next }
        }
    }
}

const STUN_HEADER: usize = 20;

/// A STUN header's cookie and length, even when the message goes on beyond `bytes`.
fn is_stun(bytes: &[u8]) -> bool {
    match bytes {
        [kind, _, _, length, 0x21, 0x12, 0xa4, 0x42, ..] => *kind < 0x40 && length % 4 == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Binding request without attributes.
    fn stun() -> Vec<u8> {
        let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        message.extend([7; 12]);
        message
    }

    #[test]
    fn stun_messages_and_padded_channel_data_come_apart() {
        let mut bytes = stun();
        bytes.extend([0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0]);
        assert_eq!(Framing::detect(&bytes), Some(Framing::Turn));
        assert_eq!(
            Framing::Turn.front(&bytes),
            Front::Whole {
                start: 0,
                end: 20,
                next: 20
            }
        );
        assert_eq!(
            Framing::Turn.front(&bytes[20..]),
            Front::Whole {
                start: 0,
                end: 9,
                next: 12
            }
        );
    }

    #[test]
    fn a_frame_of_rfc_4571_starts_after_its_length() {
        let mut bytes = vec![0, 20];
        bytes.extend(stun());
        assert_eq!(Framing::detect(&bytes), Some(Framing::Rfc4571));
        assert_eq!(
            Framing::Rfc4571.front(&bytes),
            Front::Whole {
                start: 2,
                end: 22,
                next: 22
            }
        );
    }

    #[test]
    fn every_cut_asks_for_more_or_is_no_frame() {
        let message = stun();
        for length in 0..message.len() {
            assert_eq!(
                Framing::Turn.front(&message[..length]),
                Front::More,
                "{length}"
            );
        }
    }

    #[test]
    fn http_is_no_framing() {
        assert_eq!(Framing::detect(b"GET / HTTP/1.1\r\n"), None);
        assert_eq!(Framing::Turn.front(b"\x80abcdefg"), Front::Broken);
    }
}
