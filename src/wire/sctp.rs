//! SCTP packets (RFC 9260 §3), as data channels carry them inside DTLS (RFC 8261).
//!
//! ```text
//! source port 2 · destination port 2 · verification tag 4 · checksum 4, then chunks:
//!   type 1 · flags 1 · length 2 (header included) · value · padding to 4 bytes
//! DATA (type 0)     flags …IUBE · TSN 4 · stream 2 · stream sequence number 2 · payload protocol identifier 4 · user data
//! I-DATA (type 64)  likewise · TSN 4 · stream 2 · reserved 2 · message id 4 · identifier, or fragment number 4 · user data       RFC 8260 §2.1
//! ```
//!
//! The checksum is not verified: DTLS has authenticated every byte, and lets endpoints send zero (RFC 9653).

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// Length of the common header, bytes.
pub const HEADER: usize = 12;

/// A packet, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Sender's port; data channels use 5000 (RFC 8831 §6.1, `a=sctp-port`).
    pub source_port: u16,
    /// Receiver's port.
    pub destination_port: u16,
    /// Names the association; zero with INIT only.
    pub verification_tag: u32,
    chunks: &'a [u8],
}

/// Chunk type (RFC 9260 §3.2; RFC 3758, 6525, 8260).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChunkType {
    /// User data.
    Data,
    /// Begins an association.
    Init,
    /// Answers INIT.
    InitAck,
    /// Acknowledges data.
    Sack,
    /// Is the path alive?
    Heartbeat,
    /// It is.
    HeartbeatAck,
    /// Ends an association at once.
    Abort,
    /// Ends it once all is acknowledged.
    Shutdown,
    /// Answers SHUTDOWN.
    ShutdownAck,
    /// Tells of an error.
    Error,
    /// Third step of setup.
    CookieEcho,
    /// Fourth step of setup.
    CookieAck,
    /// Last step of shutdown.
    ShutdownComplete,
    /// Resets streams: closes data channels (RFC 6525, RFC 8831 §6.7).
    ReConfig,
    /// Gives up on data (RFC 3758).
    ForwardTsn,
    /// User data of interleaved messages (RFC 8260).
    IData,
    /// Gives up on interleaved data (RFC 8260).
    IForwardTsn,
    /// Any other.
    Unknown(u8),
}

impl ChunkType {
    /// Reads the type byte.
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Data,
            1 => Self::Init,
            2 => Self::InitAck,
            3 => Self::Sack,
            4 => Self::Heartbeat,
            5 => Self::HeartbeatAck,
            6 => Self::Abort,
            7 => Self::Shutdown,
            8 => Self::ShutdownAck,
            9 => Self::Error,
            10 => Self::CookieEcho,
            11 => Self::CookieAck,
            14 => Self::ShutdownComplete,
            64 => Self::IData,
            130 => Self::ReConfig,
            192 => Self::ForwardTsn,
            194 => Self::IForwardTsn,
            other => Self::Unknown(other),
        }
    }
}

/// A chunk, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// What it is.
    pub kind: ChunkType,
    /// Its flags.
    pub flags: u8,
    /// What follows its header, without padding.
    pub value: &'a [u8],
    /// Where it begins in the packet, bytes.
    pub offset: usize,
}

/// User data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data<'a> {
    /// Transmission sequence number: a retransmission keeps it.
    pub tsn: u32,
    /// Stream: the data channel's id (RFC 8832 §4).
    pub stream: u16,
    /// Payload protocol identifier (RFC 8831 §8); `None` in fragments after an I-DATA message's first.
    pub protocol: Option<u32>,
    /// Does a message begin here?
    pub begins: bool,
    /// Does it end here?
    pub ends: bool,
    /// Out of order?
    pub unordered: bool,
    /// The data.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Views a packet.
    ///
    /// # Errors
    ///
    /// `sctp-header-truncated`.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        let Some(([s0, s1, d0, d1, t0, t1, t2, t3, ..], chunks)) =
            bytes.split_first_chunk::<HEADER>()
        else {
            return Err(fault("sctp-header-truncated", bytes.len()));
        };
        Ok(Self {
            source_port: u16::from_be_bytes([*s0, *s1]),
            destination_port: u16::from_be_bytes([*d0, *d1]),
            verification_tag: u32::from_be_bytes([*t0, *t1, *t2, *t3]),
            chunks,
        })
    }

    /// The chunks; a fault ends them: `sctp-chunk-truncated`, `sctp-chunk-length-invalid`.
    pub const fn chunks(&self) -> Chunks<'a> {
        Chunks {
            rest: self.chunks,
            offset: HEADER,
        }
    }
}

/// The chunks of a packet.
#[derive(Debug, Clone)]
pub struct Chunks<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (rest, offset) = (std::mem::take(&mut self.rest), self.offset);
        let Some(([kind, flags, l0, l1], after)) = rest.split_first_chunk::<4>() else {
            return Some(Err(fault("sctp-chunk-truncated", offset)));
        };
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let Some(value_length) = length.checked_sub(4) else {
            return Some(Err(fault("sctp-chunk-length-invalid", offset + 2)));
        };
        let Some((value, after)) = after.split_at_checked(value_length) else {
            return Some(Err(fault("sctp-chunk-truncated", offset)));
        };
        // The last chunk's padding may be left out by mistake; nothing is lost by that.
        let padding = (length.next_multiple_of(4) - length).min(after.len());
        self.rest = after.get(padding..).unwrap_or_default();
        self.offset = offset + length + padding;
        Some(Ok(Chunk {
            kind: ChunkType::from_code(*kind),
            flags: *flags,
            value,
            offset,
        }))
    }
}

impl<'a> Chunk<'a> {
    /// The user data of DATA and I-DATA; `None` for other chunks.
    ///
    /// # Errors
    ///
    /// `sctp-data-truncated`.
    pub fn data(&self) -> Option<Result<Data<'a>, Fault>> {
        let interleaved = match self.kind {
            ChunkType::Data => false,
            ChunkType::IData => true,
            _ => return None,
        };
        Some(
            self.user_data(interleaved)
                .ok_or_else(|| fault("sctp-data-truncated", self.offset)),
        )
    }

    fn user_data(&self, interleaved: bool) -> Option<Data<'a>> {
        let ([t0, t1, t2, t3, s0, s1, _, _], rest) = self.value.split_first_chunk::<8>()?;
        let rest = if interleaved { rest.get(4..)? } else { rest };
        let (protocol, payload) = rest.split_first_chunk::<4>()?;
        let begins = self.flags & 2 != 0;
        Some(Data {
            tsn: u32::from_be_bytes([*t0, *t1, *t2, *t3]),
            stream: u16::from_be_bytes([*s0, *s1]),
            protocol: (begins || !interleaved).then(|| u32::from_be_bytes(*protocol)),
            begins,
            ends: self.flags & 1 != 0,
            unordered: self.flags & 4 != 0,
            payload,
        })
    }

    /// The streams whose sender resets them, in RE-CONFIG (RFC 6525 §4.1); empty for other chunks and other requests.
    pub fn reset_streams(&self) -> Vec<u16> {
        let mut rest = match self.kind {
            ChunkType::ReConfig => self.value,
            _ => return Vec::new(),
        };
        let mut streams = Vec::new();
        while let Some(([k0, k1, l0, l1], after)) = rest.split_first_chunk::<4>() {
            let length = usize::from(u16::from_be_bytes([*l0, *l1]));
            let Some(value) = length.checked_sub(4).and_then(|length| after.get(..length)) else {
                break;
            };
            // Outgoing SSN Reset Request: three sequence numbers, then streams.
            if u16::from_be_bytes([*k0, *k1]) == OUTGOING_RESET {
                let (numbers, _) = value.get(12..).unwrap_or_default().as_chunks::<2>();
                streams.extend(numbers.iter().map(|number| u16::from_be_bytes(*number)));
            }
            rest = after
                .get(length.next_multiple_of(4) - 4..)
                .unwrap_or_default();
        }
        streams
    }
}

const fn fault(name: &'static str, offset: usize) -> Fault {
    Fault::new(Layer::Sctp, name, offset)
}

/// Parameter type of an Outgoing SSN Reset Request.
const OUTGOING_RESET: u16 = 13;

#[cfg(test)]
mod tests {
    use super::*;

    /// Ports 5000, a DATA chunk of stream 1 with `hey`, a SACK.
    fn sample() -> Vec<u8> {
        let mut packet = vec![0x13, 0x88, 0x13, 0x88, 1, 2, 3, 4, 0, 0, 0, 0];
        packet.extend([0, 3, 0, 19, 0, 0, 0, 9, 0, 1, 0, 0, 0, 0, 0, 51]);
        packet.extend(b"hey\0");
        packet.extend([3, 0, 0, 16, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0]);
        packet
    }

    #[test]
    fn chunks_follow_each_other_with_padding() {
        let bytes = sample();
        let packet = Packet::new(&bytes).expect("whole");
        assert_eq!(
            (packet.source_port, packet.verification_tag),
            (5000, 0x0102_0304)
        );
        let chunks: Vec<_> = packet.chunks().flatten().collect();
        let kinds: Vec<_> = chunks.iter().map(|chunk| chunk.kind).collect();
        assert_eq!(kinds, [ChunkType::Data, ChunkType::Sack]);
        let data = chunks[0].data().expect("data").expect("whole");
        assert_eq!((data.tsn, data.stream, data.protocol), (9, 1, Some(51)));
        assert_eq!(
            (data.begins, data.ends, data.payload),
            (true, true, &b"hey"[..])
        );
        assert!(chunks[1].data().is_none());
    }

    #[test]
    fn interleaved_data_names_its_protocol_once() {
        let mut chunk = [0, 0, 0, 5, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 51, b'a', b'b'];
        let of = |flags, value: &'static [u8]| Chunk {
            kind: ChunkType::IData,
            flags,
            value,
            offset: 12,
        };
        let first = of(2, chunk.to_vec().leak())
            .data()
            .expect("data")
            .expect("whole");
        assert_eq!(
            (first.stream, first.protocol, first.payload),
            (2, Some(51), &b"ab"[..])
        );
        chunk[3] = 6;
        let second = of(1, chunk.to_vec().leak())
            .data()
            .expect("data")
            .expect("whole");
        assert_eq!((second.tsn, second.protocol), (6, None));
    }

    #[test]
    fn a_reset_names_its_streams() {
        let value = [0, 13, 0, 20, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 1, 0, 7];
        let chunk = Chunk {
            kind: ChunkType::ReConfig,
            flags: 0,
            value: &value,
            offset: 12,
        };
        assert_eq!(chunk.reset_streams(), [1, 7]);
    }

    #[test]
    fn cut_packets_keep_their_good_chunks() {
        let bytes = sample();
        for length in 0..bytes.len() {
            let Ok(packet) = Packet::new(&bytes[..length]) else {
                assert!(length < HEADER);
                continue;
            };
            let good = packet.chunks().flatten().count();
            let whole = [HEADER + 19, bytes.len()];
            let expected = whole.iter().filter(|end| length >= **end).count();
            assert_eq!(good, expected, "{length}");
        }
    }

    #[test]
    fn no_flip_panics() {
        let bytes = sample();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let packet = Packet::new(&flipped).expect("as long");
            for chunk in packet.chunks().flatten() {
                let _ = (chunk.data(), chunk.reset_streams());
            }
        }
    }
}
