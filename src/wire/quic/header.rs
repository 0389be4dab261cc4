//! Packet headers, as far as they are in the clear (RFC 8999, RFC 9000 §17, RFC 9369 §3.2).
//!
//! ```text
//! long         1 1 type(2) ****   version (4)   destination<0..20>   source<0..20>   what the type adds
//!                Initial          token<varint>   length (varint)   number****   sealed
//!                0-RTT, Handshake                 length (varint)   number****   sealed
//!                Retry            token   integrity tag (16)
//! negotiation  1 ***** 0 (4)      destination   source   versions (4 each)
//! short        0 1 ******         destination, its length known from before   number****   sealed
//! ```
//!
//! `<>` stands behind its length in one byte; what is `*` is masked by header protection or of no meaning. Connection ids name the receiver:
//! both ends choose those that they want to be called by, so that a connection outlives its addresses.

use std::fmt;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::quic::version::Dialect;
use crate::wire::quic::version::Version;
use crate::wire::tls::cursor::Cursor;

/// One packet of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The server speaks other versions than the client's.
    Negotiation(LongHeader<'a>, Versions<'a>),
    /// The server wants the client to prove its address first.
    Retry(Retry<'a>),
    /// Initial, 0-RTT or Handshake.
    Long(Long<'a>),
    /// 1-RTT: all of the packet.
    Short(&'a [u8]),
    /// A version that is not read here: all of the datagram.
    Other(LongHeader<'a>),
}

/// The part that all versions share (RFC 8999 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongHeader<'a> {
    /// Version.
    pub version: Version,
    /// Destination Connection ID.
    pub destination: &'a [u8],
    /// Source Connection ID.
    pub source: &'a [u8],
}

/// Type of a packet with a long header and sealed content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LongType {
    /// The handshake's first messages.
    Initial,
    /// Application data before the handshake is done.
    ZeroRtt,
    /// The handshake's other messages.
    Handshake,
}

/// A packet with a long header and sealed content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Long<'a> {
    /// Type.
    pub kind: LongType,
    /// Version and connection ids.
    pub header: LongHeader<'a>,
    /// What an earlier connection or a Retry gave the client; Initial only.
    pub token: &'a [u8],
    /// All of the packet.
    pub bytes: &'a [u8],
    /// Where in it the packet number begins.
    pub number_at: usize,
}

/// A Retry packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry<'a> {
    /// Version and connection ids; the source is what the client shall call the server now.
    pub header: LongHeader<'a>,
    /// What the client has to hand back.
    pub token: &'a [u8],
    /// Proves that the server saw the client's first packet (RFC 9001 §5.8).
    pub tag: &'a [u8; 16],
    /// The packet up to the tag.
    pub signed: &'a [u8],
}

/// Versions that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions<'a>(&'a [u8]);

/// A connection id, by value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    bytes: [u8; LONGEST_ID],
    length: u8,
}

impl<'a> Packet<'a> {
    /// Cuts the first packet off a datagram; gives it and what follows.
    ///
    /// # Errors
    /// `quic-header-truncated`, `quic-connection-id-too-long`, `quic-length-overruns`, `quic-retry-truncated`: nothing after it can be read
    /// either.
    pub fn split(datagram: &'a [u8]) -> Result<(Self, &'a [u8]), Fault> {
        let Some(&first) = datagram.first() else {
            return Err(fault("quic-header-truncated", 0));
        };
        if first & 0x80 == 0 {
            return Ok((Self::Short(datagram), &[]));
        }
        let mut cursor = Cursor::new(datagram);
        let header = LongHeader::read(&mut cursor)?;
        if header.version == Version::NEGOTIATION {
            return Ok((Self::Negotiation(header, Versions(cursor.rest())), &[]));
        }
        let Some(dialect) = header.version.dialect() else {
            return Ok((Self::Other(header), &[]));
        };
        let Some(kind) = long_type(dialect, first) else {
            return Ok((Self::Retry(retry(header, datagram, cursor)?), &[]));
        };
        let mut token = &[][..];
        if kind == LongType::Initial {
            let overruns = fault("quic-length-overruns", cursor.offset());
            token = cursor.counted().ok_or(overruns)?;
        }
        let overruns = fault("quic-length-overruns", cursor.offset());
        let length = cursor.length().ok_or(overruns)?;
        let number_at = cursor.offset();
        cursor.take(length).ok_or(overruns)?;
        let (bytes, rest) = datagram.split_at(cursor.offset());
        let long = Long {
            kind,
            header,
            token,
            bytes,
            number_at,
        };
        Ok((Self::Long(long), rest))
    }

    /// Name, as the RFC writes it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Negotiation(..) => "Version Negotiation",
            Self::Retry(_) => "Retry",
            Self::Long(long) => long.kind.name(),
            Self::Short(_) => "1-RTT",
            Self::Other(_) => "unknown version",
        }
    }
}

impl<'a> LongHeader<'a> {
    /// Reads the invariant part; `None` when the datagram is no long header of a version in use.
    pub fn new(datagram: &'a [u8]) -> Option<Self> {
        let header = Self::read(&mut Cursor::new(datagram)).ok()?;
        let long = datagram.first().is_some_and(|first| first & 0x80 != 0);
        (long && header.version.is_in_use()).then_some(header)
    }

    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let truncated = fault("quic-header-truncated", 0);
        cursor.u8().ok_or(truncated)?;
        let version = Version(cursor.u32().ok_or(truncated)?);
        let mut ids = [&[][..]; 2];
        for id in &mut ids {
            let at = cursor.offset();
            let bytes = cursor.counted8().ok_or(truncated)?;
            if bytes.len() > LONGEST_ID {
                return Err(fault("quic-connection-id-too-long", at));
            }
            *id = bytes;
        }
        let [destination, source] = ids;
        Ok(Self {
            version,
            destination,
            source,
        })
    }
}

impl LongType {
    /// Name, as the RFC writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initial => "Initial",
            Self::ZeroRtt => "0-RTT",
            Self::Handshake => "Handshake",
        }
    }
}

impl Versions<'_> {
    /// In the server's order; bytes left over are ignored.
    pub fn iter(self) -> impl Iterator<Item = Version> {
        let (versions, _) = self.0.as_chunks::<4>();
        versions
            .iter()
            .map(|&bytes| Version(u32::from_be_bytes(bytes)))
    }
}

impl ConnectionId {
    /// `None` when it is longer than 20 bytes.
    pub fn new(id: &[u8]) -> Option<Self> {
        let mut bytes = [0; LONGEST_ID];
        bytes.get_mut(..id.len())?.copy_from_slice(id);
        Some(Self {
            bytes,
            length: id.len() as u8,
        })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}

impl fmt::Debug for ConnectionId {
    /// Hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Version 2 numbers its types anew (RFC 9369 §3.2); `None` is Retry.
const fn long_type(dialect: Dialect, first: u8) -> Option<LongType> {
    let code = first >> 4 & 3;
    let code = match dialect {
        Dialect::V2 => code.wrapping_sub(1) & 3,
        _ => code,
    };
    match code {
        0 => Some(LongType::Initial),
        1 => Some(LongType::ZeroRtt),
        2 => Some(LongType::Handshake),
        _ => None,
    }
}

fn retry<'a>(
    header: LongHeader<'a>,
    datagram: &'a [u8],
    cursor: Cursor<'a>,
) -> Result<Retry<'a>, Fault> {
    let truncated = fault("quic-retry-truncated", cursor.offset());
    let (token, tag) = cursor.rest().split_last_chunk::<16>().ok_or(truncated)?;
    let (signed, _) = datagram.split_at(cursor.offset() + token.len());
    Ok(Retry {
        header,
        token,
        tag,
        signed,
    })
}

const fn fault(name: &'static str, offset: usize) -> Fault {
    Fault::new(Layer::Quic, name, offset)
}

/// Versions 1 and 2 and their drafts allow connection ids of up to 20 bytes (RFC 9000 §17.2).
pub const LONGEST_ID: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// The unprotected header of RFC 9001 appendix A.2, with as much of a payload as it says.
    fn initial() -> Vec<u8> {
        let mut packet = vec![0xc3, 0, 0, 0, 1, 8];
        packet.extend([0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08]);
        packet.extend([0, 0, 0x44, 0x9e]);
        packet.resize(18 + 0x49e, 0);
        packet
    }

    /// RFC 9369 appendix A.4.
    const RETRY: [u8; 36] = [
        0xcf, 0x6b, 0x33, 0x43, 0xcf, 0, 8, 0xf0, 0x67, 0xa5, 0x50, 0x2a, 0x42, 0x62, 0xb5, b't',
        b'o', b'k', b'e', b'n', 0xc8, 0x64, 0x6c, 0xe8, 0xbf, 0xe3, 0x39, 0x52, 0xd9, 0x55, 0x54,
        0x36, 0x65, 0xdc, 0xc7, 0xb6,
    ];

    #[test]
    fn the_initial_of_rfc_9001_is_quic_version_1() {
        let packet = initial();
        let header = LongHeader::new(&packet).expect("a long header");
        assert_eq!(
            (header.version, header.destination.len(), header.source),
            (Version::V1, 8, &[][..])
        );
        let Ok((Packet::Long(long), [])) = Packet::split(&packet) else {
            unreachable!("one packet");
        };
        assert_eq!((long.kind, long.number_at), (LongType::Initial, 18));
    }

    #[test]
    fn packets_share_a_datagram() {
        let mut datagram = vec![0xe0, 0, 0, 0, 1, 0, 0, 0x05, 1, 2, 3, 4, 5];
        datagram.extend([0x40, 9, 9]);
        let (first, rest) = Packet::split(&datagram).expect("a packet");
        assert!(matches!(first, Packet::Long(long) if long.kind == LongType::Handshake));
        assert_eq!(Packet::split(rest), Ok((Packet::Short(rest), &[][..])));
        datagram.truncate(12);
        let overruns = Packet::split(&datagram).expect_err("cut");
        assert_eq!(overruns.name, "quic-length-overruns");
    }

    #[test]
    fn a_retry_of_version_2_is_told_from_its_initial() {
        let Ok((Packet::Retry(retry), [])) = Packet::split(&RETRY) else {
            unreachable!("a Retry");
        };
        assert_eq!((retry.token, retry.signed.len()), (&b"token"[..], 20));
    }

    #[test]
    fn versions_are_listed() {
        let packet = [
            0x80, 0, 0, 0, 0, 1, 7, 1, 8, 0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf, 9,
        ];
        let Ok((Packet::Negotiation(header, versions), [])) = Packet::split(&packet) else {
            unreachable!("a negotiation");
        };
        assert_eq!((header.destination, header.source), (&[7][..], &[8][..]));
        assert!(versions.iter().eq([Version::V1, Version::V2]));
    }

    #[test]
    fn rtp_is_not_quic() {
        assert_eq!(
            LongHeader::new(&[0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
            None
        );
    }

    #[test]
    fn no_cut_or_flipped_header_panics() {
        for sample in [&initial()[..60], &RETRY] {
            for length in 0..sample.len() {
                LongHeader::new(&sample[..length]);
                let _ = Packet::split(&sample[..length]);
            }
            for bit in 0..sample.len() * 8 {
                let mut flipped = sample.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let _ = Packet::split(&flipped);
            }
        }
    }

    #[test]
    fn a_connection_id_keeps_its_length() {
        let id = ConnectionId::new(&[1, 0]).expect("short enough");
        assert_eq!(
            (id.bytes(), format!("{id:?}").as_str()),
            (&[1, 0][..], "0100")
        );
        assert_ne!(Some(id), ConnectionId::new(&[1]));
        assert_eq!(ConnectionId::new(&[0; 21]), None);
    }
}
