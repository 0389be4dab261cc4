//! Frames: what the sealed part of a packet holds (RFC 9000 §19, RFC 9221).
//!
//! ```text
//! 00 PADDING   01 PING   02 03 ACK   04 RESET_STREAM   05 STOP_SENDING   06 CRYPTO   07 NEW_TOKEN
//! 08–0f STREAM, three flags:  4 offset   2 length   1 the stream's end
//! 10 MAX_DATA   11 MAX_STREAM_DATA   12 13 MAX_STREAMS   14 DATA_BLOCKED   15 STREAM_DATA_BLOCKED   16 17 STREAMS_BLOCKED
//! 18 NEW_CONNECTION_ID   19 RETIRE_CONNECTION_ID   1a PATH_CHALLENGE   1b PATH_RESPONSE   1c 1d CONNECTION_CLOSE   1e HANDSHAKE_DONE
//! 30 31 DATAGRAM
//! ```
//!
//! Nearly all numbers are variable-length integers. Nothing says how long an unknown frame is, so the rest of its packet can't be read.

use std::ops::Range;
use std::ops::RangeInclusive;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::tls::cursor::Cursor;

/// A frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Nothing, so many bytes long.
    Padding(usize),
    /// Asks for an acknowledgment.
    Ping,
    /// What was received.
    Ack(Ack<'a>),
    /// The sender gives a stream up.
    ResetStream {
        /// Stream.
        stream: u64,
        /// Why, in the application's numbers.
        error: u64,
        /// Bytes sent on it.
        final_size: u64,
    },
    /// The receiver wants no more of a stream.
    StopSending {
        /// Stream.
        stream: u64,
        /// Why, in the application's numbers.
        error: u64,
    },
    /// Part of the handshake.
    Crypto {
        /// Place in the handshake of this packet's kind, bytes.
        offset: u64,
        /// The part.
        data: &'a [u8],
    },
    /// For the Initial of a later connection.
    NewToken(&'a [u8]),
    /// Part of a stream.
    Stream {
        /// Stream.
        stream: u64,
        /// Place in the stream, bytes.
        offset: u64,
        /// The part.
        data: &'a [u8],
        /// Does the stream end with it?
        fin: bool,
    },
    /// Credit for the connection, bytes from its start.
    MaxData(u64),
    /// Credit for a stream.
    MaxStreamData {
        /// Stream.
        stream: u64,
        /// Bytes from its start.
        maximum: u64,
    },
    /// Streams that the peer may open.
    MaxStreams {
        /// In both directions, or in one.
        bidirectional: bool,
        /// Streams since the connection's start.
        maximum: u64,
    },
    /// The sender has more than the connection's credit allows.
    DataBlocked(u64),
    /// The sender has more than a stream's credit allows.
    StreamDataBlocked {
        /// Stream.
        stream: u64,
        /// The credit.
        maximum: u64,
    },
    /// The sender wants more streams.
    StreamsBlocked {
        /// In both directions, or in one.
        bidirectional: bool,
        /// The limit.
        maximum: u64,
    },
    /// Another name that the sender answers to.
    NewConnectionId {
        /// Its place among the sender's names.
        sequence: u64,
        /// Names before this place are to be given up.
        retire_prior_to: u64,
        /// The name.
        id: &'a [u8],
        /// Proves a stateless reset.
        reset_token: &'a [u8; 16],
    },
    /// A name of the peer's that the sender no longer uses.
    RetireConnectionId(u64),
    /// Can you be reached on this path?
    PathChallenge([u8; 8]),
    /// Yes.
    PathResponse([u8; 8]),
    /// The connection is over.
    ConnectionClose {
        /// Why.
        error: u64,
        /// The type of the frame that broke a rule; `None` when the application closed.
        frame_type: Option<u64>,
        /// Words for people.
        reason: &'a [u8],
    },
    /// The server has seen all of the handshake.
    HandshakeDone,
    /// Data that need not arrive.
    Datagram(&'a [u8]),
}

/// An acknowledgment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack<'a> {
    /// The largest packet number received.
    pub largest: u64,
    /// How long it waited, in units that the transport parameters tell.
    pub delay: u64,
    /// Packets before it that were received too.
    pub first_range: u64,
    /// Gaps and lengths of further ranges.
    ranges: &'a [u8],
    /// Packets received with ECT(0), ECT(1) and CE.
    pub ecn: Option<[u64; 3]>,
}

/// The frames of a packet, with their places in it.
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Frames<'a> {
    /// Frames in what a packet sealed.
    pub const fn new(payload: &'a [u8]) -> Self {
        Self {
            cursor: Cursor::new(payload),
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<(Range<usize>, Frame<'a>), Fault>;

    /// The next frame, or why the rest can't be read: `quic-frame-unknown`, `quic-frame-truncated`, `quic-ack-malformed`.
    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let start = self.cursor.offset();
        let mut ahead = self.cursor;
        let frame = match ahead.varint().map(|kind| body(kind, &mut ahead)) {
            Some(Ok(Some(frame))) => Ok((start..ahead.offset(), frame)),
            Some(Ok(None)) | None => Err("quic-frame-truncated"),
            Some(Err(name)) => Err(name),
        };
        self.cursor = if frame.is_ok() {
            ahead
        } else {
            Cursor::new(&[])
        };
        Some(frame.map_err(|name| Fault::new(Layer::Quic, name, start)))
    }
}

/// A frame behind its type; nothing when it is cut, a fault's name when it can't be read.
fn body<'a>(kind: u64, cursor: &mut Cursor<'a>) -> Result<Option<Frame<'a>>, &'static str> {
    Ok(match kind {
        0x00 => Some(padding(cursor)),
        0x01 => Some(Frame::Ping),
        0x02 | 0x03 => return ack(kind == 0x03, cursor),
        0x08..=0x0f => stream(kind, cursor),
        0x04..=0x1e => transport(kind, cursor),
        0x30 => cursor.take(cursor.rest().len()).map(Frame::Datagram),
        0x31 => cursor.counted().map(Frame::Datagram),
        _ => return Err("quic-frame-unknown"),
    })
}

/// One frame for all padding in a row.
fn padding<'a>(cursor: &mut Cursor<'a>) -> Frame<'a> {
    let more = cursor.rest().iter().take_while(|&&byte| byte == 0).count();
    cursor.take(more);
    Frame::Padding(1 + more)
}

fn ack<'a>(with_ecn: bool, cursor: &mut Cursor<'a>) -> Result<Option<Frame<'a>>, &'static str> {
    let mut read = || {
        let (largest, delay) = (cursor.varint()?, cursor.varint()?);
        let count = cursor.length()?;
        let first_range = cursor.varint()?;
        let (all, start) = (cursor.rest(), cursor.offset());
        for _ in 0..count {
            cursor.varint()?;
            cursor.varint()?;
        }
        let ranges = all.get(..cursor.offset() - start)?;
        let ecn = if with_ecn {
            Some([cursor.varint()?, cursor.varint()?, cursor.varint()?])
        } else {
            None
        };
        Some(Ack {
            largest,
            delay,
            first_range,
            ranges,
            ecn,
        })
    };
    match read() {
        Some(ack) if ack.first_range > ack.largest => Err("quic-ack-malformed"),
        ack => Ok(ack.map(Frame::Ack)),
    }
}

fn stream<'a>(kind: u64, cursor: &mut Cursor<'a>) -> Option<Frame<'a>> {
    let stream = cursor.varint()?;
    let offset = if kind & 4 == 0 { 0 } else { cursor.varint()? };
    let data = if kind & 2 == 0 {
        cursor.take(cursor.rest().len())?
    } else {
        cursor.counted()?
    };
    Some(Frame::Stream {
        stream,
        offset,
        data,
        fin: kind & 1 != 0,
    })
}

fn transport<'a>(kind: u64, cursor: &mut Cursor<'a>) -> Option<Frame<'a>> {
    Some(match kind {
        0x04 => Frame::ResetStream {
            stream: cursor.varint()?,
            error: cursor.varint()?,
            final_size: cursor.varint()?,
        },
        0x05 => Frame::StopSending {
            stream: cursor.varint()?,
            error: cursor.varint()?,
        },
        0x06 => Frame::Crypto {
            offset: cursor.varint()?,
            data: cursor.counted()?,
        },
        0x07 => Frame::NewToken(cursor.counted()?),
        0x10 => Frame::MaxData(cursor.varint()?),
        0x11 => Frame::MaxStreamData {
            stream: cursor.varint()?,
            maximum: cursor.varint()?,
        },
        0x12 | 0x13 => Frame::MaxStreams {
            bidirectional: kind == 0x12,
            maximum: cursor.varint()?,
        },
        0x14 => Frame::DataBlocked(cursor.varint()?),
        0x15 => Frame::StreamDataBlocked {
            stream: cursor.varint()?,
            maximum: cursor.varint()?,
        },
        0x16 | 0x17 => Frame::StreamsBlocked {
            bidirectional: kind == 0x16,
            maximum: cursor.varint()?,
        },
        0x18 => Frame::NewConnectionId {
            sequence: cursor.varint()?,
            retire_prior_to: cursor.varint()?,
            id: cursor.counted8()?,
            reset_token: cursor.array()?,
        },
        0x19 => Frame::RetireConnectionId(cursor.varint()?),
        0x1a => Frame::PathChallenge(*cursor.array()?),
        0x1b => Frame::PathResponse(*cursor.array()?),
        0x1c | 0x1d => Frame::ConnectionClose {
            error: cursor.varint()?,
            frame_type: match kind {
                0x1c => Some(cursor.varint()?),
                _ => None,
            },
            reason: cursor.counted()?,
        },
        _ => Frame::HandshakeDone,
    })
}

impl Ack<'_> {
    /// Packet numbers received, the largest first; ends early where the ranges make no sense.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<u64>> {
        let first = self.largest.saturating_sub(self.first_range);
        let mut cursor = Cursor::new(self.ranges);
        let mut smallest = first;
        let more = std::iter::from_fn(move || {
            let (gap, length) = (cursor.varint()?, cursor.varint()?);
            // Two less: the numbers between are not received, and a gap of nothing would be none (RFC 9000 §19.3.1).
            let largest = smallest.checked_sub(gap)?.checked_sub(2)?;
            smallest = largest.checked_sub(length)?;
            Some(smallest..=largest)
        });
        std::iter::once(first..=self.largest).chain(more)
    }
}

impl Frame<'_> {
    /// Name, as the RFC writes it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Padding(_) => "PADDING",
            Self::Ping => "PING",
            Self::Ack(_) => "ACK",
            Self::ResetStream { .. } => "RESET_STREAM",
            Self::StopSending { .. } => "STOP_SENDING",
            Self::Crypto { .. } => "CRYPTO",
            Self::NewToken(_) => "NEW_TOKEN",
            Self::Stream { .. } => "STREAM",
            Self::MaxData(_) => "MAX_DATA",
            Self::MaxStreamData { .. } => "MAX_STREAM_DATA",
            Self::MaxStreams { .. } => "MAX_STREAMS",
            Self::DataBlocked(_) => "DATA_BLOCKED",
            Self::StreamDataBlocked { .. } => "STREAM_DATA_BLOCKED",
            Self::StreamsBlocked { .. } => "STREAMS_BLOCKED",
            Self::NewConnectionId { .. } => "NEW_CONNECTION_ID",
            Self::RetireConnectionId(_) => "RETIRE_CONNECTION_ID",
            Self::PathChallenge(_) => "PATH_CHALLENGE",
            Self::PathResponse(_) => "PATH_RESPONSE",
            Self::ConnectionClose { .. } => "CONNECTION_CLOSE",
            Self::HandshakeDone => "HANDSHAKE_DONE",
            Self::Datagram(_) => "DATAGRAM",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One frame of each type, flags included.
    fn samples() -> Vec<Vec<u8>> {
        let mut samples = vec![
            vec![0, 0, 0],
            vec![1],
            vec![2, 10, 0, 1, 2, 1, 3],
            vec![3, 10, 0, 0, 2, 1, 2, 3],
            vec![4, 4, 0x41, 0x02, 9],
            vec![5, 4, 8],
            vec![6, 1, 2, 7, 7],
            vec![7, 2, 1, 2],
            vec![0x18, 1, 0, 4, 1, 2, 3, 4],
            vec![0x1a, 1, 2, 3, 4, 5, 6, 7, 8],
            vec![0x1b, 1, 2, 3, 4, 5, 6, 7, 8],
            vec![0x1c, 0x0a, 6, 2, b'n', b'o'],
            vec![0x1d, 0x41, 0, 0],
            vec![0x1e],
            vec![0x31, 1, 5],
        ];
        samples[8].extend([9; 16]);
        for kind in 0x08..0x10 {
            let mut sample = vec![kind, 4];
            sample.extend((kind & 4 != 0).then_some(3));
            sample.extend((kind & 2 != 0).then_some(2));
            sample.extend([b'h', b'i']);
            samples.push(sample);
        }
        for kind in [0x10, 0x12, 0x13, 0x14, 0x16, 0x17, 0x19] {
            samples.push(vec![kind, 5]);
        }
        samples.extend([vec![0x11, 4, 5], vec![0x15, 4, 5], vec![0x30, 1, 2]]);
        samples
    }

    #[test]
    fn every_frame_is_read_to_its_end() {
        for sample in samples() {
            let mut frames = Frames::new(&sample);
            let (range, frame) = frames.next().expect("one").expect("sound");
            assert_eq!(range, 0..sample.len(), "{}", frame.name());
            assert_eq!(frames.next(), None);
        }
    }

    #[test]
    fn stream_flags_say_what_follows() {
        let payload = [0x0f, 8, 3, 2, b'h', b'i', 0x08, 12, b'!'];
        let read: Vec<Frame<'_>> = Frames::new(&payload)
            .map(|frame| frame.expect("sound").1)
            .collect();
        let frame = |stream, offset, data, fin| Frame::Stream {
            stream,
            offset,
            data,
            fin,
        };
        assert_eq!(
            read,
            [
                frame(8, 3, &b"hi"[..], true),
                frame(12, 0, &b"!"[..], false)
            ]
        );
    }

    #[test]
    fn acknowledged_ranges_descend() {
        // 10 and two before it; 5 and four before it.
        let payload = [2, 10, 0, 1, 2, 1, 4];
        let Some(Ok((_, Frame::Ack(ack)))) = Frames::new(&payload).next() else {
            unreachable!("an ACK");
        };
        assert!(ack.ranges().eq([8..=10, 1..=5]));
        let impossible = [2, 10, 0, 2, 2, 1, 9, 0, 0];
        let Some(Ok((_, Frame::Ack(ack)))) = Frames::new(&impossible).next() else {
            unreachable!("an ACK");
        };
        assert!(ack.ranges().eq([8..=10]));
    }

    #[test]
    fn what_can_not_be_read_ends_the_packet() {
        let name = |payload: &[u8]| Frames::new(payload).find_map(Result::err).map(|it| it.name);
        assert_eq!(name(&[1, 0x21, 1, 1]), Some("quic-frame-unknown"));
        assert_eq!(name(&[1, 0x06, 1]), Some("quic-frame-truncated"));
        assert_eq!(name(&[0x02, 1, 0, 0, 2]), Some("quic-ack-malformed"));
        assert_eq!(
            name(&[0x02, 9, 0, 0xc0, 0, 0, 0, 0xff, 0, 0, 0, 0]),
            Some("quic-frame-truncated")
        );
    }

    #[test]
    fn no_cut_or_flipped_frame_panics() {
        let all = samples().concat();
        for sample in samples().iter().chain([&all]) {
            for length in 0..sample.len() {
                Frames::new(&sample[..length]).for_each(drop);
            }
            for bit in 0..sample.len() * 8 {
                let mut flipped = sample.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                for frame in Frames::new(&flipped).flatten() {
                    if let (_, Frame::Ack(ack)) = frame {
                        ack.ranges().for_each(drop);
                    }
                }
            }
        }
    }
}
