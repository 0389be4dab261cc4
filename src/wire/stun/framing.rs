//! Messages in a byte stream: STUN and ChannelData over TCP or TLS (RFC 8489 §6.2.2, RFC 8656 §12.5), and RFC 4571 for ICE-TCP.
//!
//! ```text
//! TURN server    STUN header tells its length · ChannelData header tells its length, padded to 4 · nothing between messages
//! ICE-TCP peer   length 2 · packet (STUN, DTLS, SRTP …), and again (RFC 4571, RFC 6544 §10)
//! ```
//!
//! Stateless: hand over the bytes at the front of a stream, take off what the answer says, ask again.

use crate::wire::channel_data;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;
use crate::wire::stun::message::COOKIE;
use crate::wire::stun::message::HEADER;

/// What stands at the front of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front<'a> {
    /// Too early to say: ask again when there are at least so many bytes.
    More(usize),
    /// A STUN message.
    Stun(Unit<'a>),
    /// A ChannelData message, header included, padding not.
    ChannelData(Unit<'a>),
    /// An RFC 4571 frame's packet, its length field not included; may be empty (a keepalive).
    Packet(Unit<'a>),
    /// Neither.
    Foreign,
}

/// One message of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit<'a> {
    /// The message.
    pub bytes: &'a [u8],
    /// Bytes to take off the stream: the message with its length field or padding.
    pub consumed: usize,
}

/// How a stream is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// STUN and ChannelData one after another: a STUN or TURN server at one end.
    Stun,
    /// Two bytes of length before each packet: an ICE-TCP peer.
    Rfc4571,
}

impl Framing {
    /// Tells how a stream is divided by its first message, which is STUN either way: the cookie stands at byte 4 or 6.
    ///
    /// # Errors
    ///
    /// The number of bytes needed to say, while there are fewer; 0 when it is neither.
    pub fn sniff(stream: &[u8]) -> Result<Self, usize> {
        match (u32_at(stream, 4), u32_at(stream, 6)) {
            (Some(COOKIE), _) if starts_stun(stream) => Ok(Self::Stun),
            (_, Some(COOKIE)) if stream.get(2..).is_some_and(starts_stun) => Ok(Self::Rfc4571),
            (_, None) => Err(10),
            _ => Err(0),
        }
    }

    /// The message at the front of a stream divided like this.
    pub fn front(self, stream: &[u8]) -> Front<'_> {
        match self {
            Self::Stun => stun_front(stream),
            Self::Rfc4571 => rfc4571_front(stream),
        }
    }
}

/// First two bits zero, and an attribute length that is a multiple of four.
fn starts_stun(bytes: &[u8]) -> bool {
    u8_at(bytes, 0).is_some_and(|first| first < 0x40)
        && u16_at(bytes, 2).is_some_and(|length| length.is_multiple_of(4))
}

fn stun_front(stream: &[u8]) -> Front<'_> {
    let (Some(first), Some(length)) = (u8_at(stream, 0), u16_at(stream, 2)) else {
        return Front::More(channel_data::HEADER);
    };
    match first {
        0x00..=0x3f if !length.is_multiple_of(4) => Front::Foreign,
        0x00..=0x3f => match u32_at(stream, 4) {
            None => Front::More(HEADER),
            Some(COOKIE) => {
                let total = HEADER + usize::from(length);
                cut(stream, 0, total, total).map_or(Front::More(total), Front::Stun)
            }
            Some(_) => Front::Foreign,
        },
        0x40..=0x7f => {
            let end = channel_data::HEADER + usize::from(length);
            let total = end.next_multiple_of(4);
            cut(stream, 0, end, total).map_or(Front::More(total), Front::ChannelData)
        }
        _ => Front::Foreign,
    }
}

fn rfc4571_front(stream: &[u8]) -> Front<'_> {
    let Some(length) = u16_at(stream, 0) else {
        return Front::More(2);
    };
    let total = 2 + usize::from(length);
    cut(stream, 2, total, total).map_or(Front::More(total), Front::Packet)
}

fn cut(stream: &[u8], start: usize, end: usize, consumed: usize) -> Option<Unit<'_>> {
    let whole = stream.get(..consumed)?;
    Some(Unit {
        bytes: whole.get(start..end)?,
        consumed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Vec<u8> {
        let mut bytes = vec![0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42];
        bytes.extend([7; 12]);
        bytes.extend([0, 0x19, 0, 4, 17, 0, 0, 0]);
        bytes
    }

    #[test]
    fn messages_come_off_one_after_another() {
        let mut stream = request();
        stream.extend([0x40, 0, 0, 3, 1, 2, 3, 0]);
        stream.extend(request());
        let Front::Stun(unit) = Framing::Stun.front(&stream) else {
            unreachable!()
        };
        assert_eq!((unit.bytes.len(), unit.consumed), (28, 28));
        let rest = &stream[unit.consumed..];
        let Front::ChannelData(unit) = Framing::Stun.front(rest) else {
            unreachable!()
        };
        assert_eq!(
            (unit.bytes, unit.consumed),
            (&[0x40, 0, 0, 3, 1, 2, 3][..], 8)
        );
        assert!(matches!(Framing::Stun.front(&rest[8..]), Front::Stun(_)));
    }

    #[test]
    fn half_a_message_says_how_many_bytes_it_needs() {
        let bytes = request();
        for end in 0..bytes.len() {
            let Front::More(needed) = Framing::Stun.front(&bytes[..end]) else {
                unreachable!("{end}")
            };
            assert!(needed > end && needed <= bytes.len());
        }
        // The padding belongs to the message.
        assert_eq!(
            Framing::Stun.front(&[0x40, 0, 0, 3, 1, 2, 3]),
            Front::More(8)
        );
    }

    #[test]
    fn other_protocols_are_foreign() {
        assert_eq!(Framing::sniff(b"GET / HTTP/1.1\r\n"), Err(0));
        assert_eq!(
            Framing::Stun.front(&[0x16, 3, 1, 2, 0, 1, 0, 1]),
            Front::Foreign
        );
        assert_eq!(Framing::Stun.front(&[0x80; 8]), Front::Foreign);
    }

    #[test]
    fn the_first_message_tells_the_framing() {
        let bytes = request();
        assert_eq!(Framing::sniff(&bytes), Ok(Framing::Stun));
        let framed = [&[0, 28][..], &bytes].concat();
        assert_eq!(Framing::sniff(&framed), Ok(Framing::Rfc4571));
        assert_eq!(Framing::sniff(&framed[..9]), Err(10));
        let Front::Packet(unit) = Framing::Rfc4571.front(&framed) else {
            unreachable!()
        };
        assert_eq!((unit.bytes, unit.consumed), (&bytes[..], 30));
        assert_eq!(Framing::Rfc4571.front(&framed[..20]), Front::More(30));
    }
}
