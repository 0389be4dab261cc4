//! One direction of a stream: bytes to frames. Content of DATA is passed on as it comes; what must be whole is gathered.

use crate::flow::http2::heads::Place;
use crate::flow::http2::heads::fault;
use crate::vocab::fault::Fault;
use crate::wire::http3::FrameHeader;
use crate::wire::http3::FrameType;

/// Bytes on their way to frames.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    state: State,
    buffer: Vec<u8>,
    /// When and where the frame under way began.
    begun: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// At a frame's header.
    #[default]
    Header,
    /// In a frame that is wanted whole.
    Gather(FrameHeader),
    /// In DATA, so many bytes before its end.
    Content(u64),
    /// In a frame of no interest.
    Skip(u64),
    /// Nobody knows where the next frame begins, or these are no frames.
    Lost,
}

/// What came of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// More bytes are needed.
    Hungry,
    /// A whole frame, the place of its first byte, and its length on the wire.
    Frame(FrameType, Vec<u8>, Place, u64),
    /// Content.
    Data(&'a [u8]),
    /// A broken rule; reading goes on behind the frame.
    Malformed(Fault),
}

impl FrameReader {
    /// Longest frame gathered: browsers and servers take header sections of 16 to 256 KiB.
    const GATHERED: u64 = 1 << 18;

    /// Reads on. `input` is shortened by what was read; `place` is its place.
    pub(super) fn step<'a>(&mut self, input: &mut &'a [u8], place: Place) -> Step<'a> {
        loop {
            if input.is_empty()
                && !matches!(self.state, State::Gather(header) if header.length == 0)
            {
                return Step::Hungry;
            }
            match self.state {
                State::Header => {
                    let (&first, rest) = input.split_first().unwrap_or((&0, &[]));
                    if self.buffer.is_empty() {
                        self.begun = Some(place);
                    }
                    self.buffer.push(first);
                    *input = rest;
                    let Some((header, _)) = FrameHeader::split(&self.buffer) else {
                        continue;
                    };
                    if let Some(fault) = self.begin(header) {
                        return Step::Malformed(fault);
                    }
                }
                State::Gather(header) => {
                    let wanted = (header.length as usize).saturating_sub(self.buffer.len());
                    let (taken, rest) = input.split_at(wanted.min(input.len()));
                    self.buffer.extend_from_slice(taken);
                    *input = rest;
                    if taken.len() == wanted {
                        self.state = State::Header;
                        let begun = self.begun.unwrap_or(place);
                        let payload = std::mem::take(&mut self.buffer);
                        // Type and length of frames this long take so much in practice.
                        let length = header.length + 3;
                        return Step::Frame(header.kind, payload, begun, length);
                    }
                }
                State::Content(left) => {
                    let taken = left.min(input.len() as u64);
                    let (bytes, rest) = input.split_at(taken as usize);
                    *input = rest;
                    self.state = match left - taken {
                        0 => State::Header,
                        left => State::Content(left),
                    };
                    if !bytes.is_empty() {
                        return Step::Data(bytes);
                    }
                }
                State::Skip(left) => {
                    let taken = left.min(input.len() as u64);
                    *input = input.get(taken as usize..).unwrap_or_default();
                    self.state = match left - taken {
                        0 => State::Header,
                        left => State::Skip(left),
                    };
                }
                State::Lost => *input = &[],
            }
        }
    }

    /// `bytes` are missing. Gives how much content is missing among them: 0 when that can't be told, nothing when none is.
    pub(super) fn gap(&mut self, bytes: u64) -> Option<u64> {
        match self.state {
            State::Content(left) if left >= bytes => {
                self.state = State::Content(left - bytes);
                Some(bytes)
            }
            State::Skip(left) if left >= bytes => {
                self.state = State::Skip(left - bytes);
                None
            }
            _ => {
                self.lose_step();
                Some(0)
            }
        }
    }

    /// The rest of the stream can't be read.
    pub(super) fn lose_step(&mut self) {
        self.state = State::Lost;
        self.buffer = Vec::new();
    }

    /// Is it between two frames?
    pub(super) fn is_at_boundary(&self) -> bool {
        match self.state {
            State::Header => self.buffer.is_empty(),
            State::Content(0) | State::Skip(0) => true,
            _ => false,
        }
    }

    /// A frame's header is read. Gives a fault when it can't be one.
    fn begin(&mut self, header: FrameHeader) -> Option<Fault> {
        self.buffer.clear();
        self.state = match header.kind {
            FrameType::Data => State::Content(header.length),
            FrameType::WebTransportStream => State::Lost,
            FrameType::Headers | FrameType::PushPromise | FrameType::Settings => {
                if header.length > Self::GATHERED {
                    self.state = State::Skip(header.length);
                    return Some(fault("http3-frame-too-long"));
                }
                State::Gather(header)
            }
            _ => State::Skip(header.length),
        };
        // Types of HTTP/2 that have no place here (RFC 9114 §7.2.8).
        let foreign = matches!(header.kind, FrameType::Unknown(0x02 | 0x06 | 0x08 | 0x09));
        foreign.then(|| fault("http3-frame-unexpected"))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    const PLACE: Place = (Timestamp::from_nanos(0), FrameNumber::new(0, 1));

    /// What comes of `bytes`, in words.
    fn read(reader: &mut FrameReader, bytes: &[u8]) -> String {
        let (mut input, mut story) = (bytes, String::new());
        loop {
            let _ = match reader.step(&mut input, PLACE) {
                Step::Hungry => return story,
                Step::Frame(kind, payload, ..) => {
                    write!(story, "{} {} ", kind.name().unwrap_or("?"), payload.len())
                }
                Step::Data(bytes) => write!(story, "{}", bytes.escape_ascii()),
                Step::Malformed(fault) => write!(story, "{} ", fault.name),
            };
        }
    }

    const SAMPLE: [u8; 21] = [
        4, 0, // SETTINGS, empty
        0x40, 0x21, 2, 9, 9, // grease
        1, 3, 0, 0, 0xd1, // HEADERS
        0, 0, // DATA, empty
        0, 2, b'a', b'b', // DATA
        0, 1, b'c',
    ];

    #[test]
    fn however_the_bytes_are_cut_the_frames_are_the_same() {
        for size in 1..SAMPLE.len() {
            let mut reader = FrameReader::default();
            let story: String = SAMPLE
                .chunks(size)
                .map(|piece| read(&mut reader, piece))
                .collect();
            assert_eq!(story, "SETTINGS 0 HEADERS 3 abc");
            assert!(reader.is_at_boundary());
        }
    }

    #[test]
    fn a_gap_in_content_is_bridged_and_any_other_loses_step() {
        let mut reader = FrameReader::default();
        read(&mut reader, &[0, 10, b'a', b'b']);
        assert_eq!(reader.gap(7), Some(7));
        assert_eq!(read(&mut reader, &[b'c', 4, 0]), "cSETTINGS 0 ");
        read(&mut reader, &[0x21, 10]);
        assert_eq!(reader.gap(10), None);
        assert_eq!(read(&mut reader, &[1, 1, 0]), "HEADERS 1 ");
        assert_eq!(reader.gap(1), Some(0));
        assert_eq!(read(&mut reader, &SAMPLE), "");
        assert!(!reader.is_at_boundary());
    }

    #[test]
    fn what_is_too_long_or_foreign_is_told_and_skipped() {
        let mut reader = FrameReader::default();
        let long = [0x01, 0x80, 0x04, 0x00, 0x01];
        assert_eq!(read(&mut reader, &long), "http3-frame-too-long ");
        assert_eq!(read(&mut reader, &vec![0; 0x4_0001]), "");
        assert_eq!(
            read(&mut reader, &[6, 1, 0, 1, 0]),
            "http3-frame-unexpected HEADERS 0 "
        );
    }

    #[test]
    fn flipped_bytes_do_not_panic() {
        for bit in 0..SAMPLE.len() * 8 {
            let mut flipped = SAMPLE;
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut reader = FrameReader::default();
            flipped
                .chunks(5)
                .for_each(|piece| drop(read(&mut reader, piece)));
            reader.gap(bit as u64);
            read(&mut reader, &flipped);
        }
    }
}
