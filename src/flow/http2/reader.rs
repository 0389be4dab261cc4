//! One direction: bytes to frames. Content of DATA is passed on as it comes; all other frames are gathered whole.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::http2::FrameHeader;
use crate::wire::http2::FrameType;
use crate::wire::http2::PREFACE;
use crate::wire::http2::fits_together;

/// Reads frames.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    state: State,
    /// What is there of a header, a preface or a gathered frame.
    buffer: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// A frame header, or the client's preface, comes next.
    #[default]
    Header,
    /// The rest of the preface comes next.
    Preface,
    /// A frame's payload is gathered.
    Gather(FrameHeader),
    /// Content of a DATA frame comes next: so many bytes, and so many of padding after them.
    Content(FrameHeader, usize, usize),
    /// The first byte of a padded DATA frame comes next: how long the padding is.
    PadLength(FrameHeader),
    /// A frame that is passed over: so many bytes left.
    Skip(usize),
    /// The place of the next frame is not known.
    Lost,
}

/// What a reader gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// It needs more bytes.
    Hungry,
    /// The client's preface.
    Preface,
    /// A frame begins here.
    Begin,
    /// A whole frame other than DATA.
    Frame(FrameHeader, Vec<u8>),
    /// Content of a DATA frame; `last`: its end.
    Data {
        header: FrameHeader,
        bytes: &'a [u8],
        last: bool,
    },
    /// A DATA frame without readable content.
    Malformed(FrameHeader, Fault),
    /// The place of the next frame is lost.
    Lost(Fault),
}

impl FrameReader {
    /// Largest frame gathered; all must take 16 384 bytes, few announce that they take more.
    const GATHERED: usize = 1 << 18;

    /// For a connection that is joined midway.
    pub(super) fn lose_step(&mut self) {
        self.state = State::Lost;
        self.buffer.clear();
    }

    /// Reads on in `input`, which is shortened by what was read.
    pub(super) fn step<'a>(&mut self, input: &mut &'a [u8]) -> Step<'a> {
        loop {
            match self.state {
                State::Lost => {
                    // TCP segments and TLS records like to begin with a frame.
                    if !fits_together(input) {
                        *input = &[];
                        return Step::Hungry;
                    }
                    self.state = State::Header;
                }
                State::Header => {
                    let begins = self.buffer.is_empty() && !input.is_empty();
                    if begins && let Some(&first) = input.first() {
                        self.buffer.push(first);
                        *input = input.get(1..).unwrap_or_default();
                        return Step::Begin;
                    }
                    if !self.gather(FrameHeader::SIZE, input) {
                        return Step::Hungry;
                    }
                    // As a frame this would be one of five megabytes.
                    if PREFACE.starts_with(&self.buffer) {
                        self.state = State::Preface;
                        continue;
                    }
                    let Some((header, _)) = FrameHeader::split(&self.buffer) else {
                        return Step::Hungry;
                    };
                    self.buffer.clear();
                    if let Some(fault) = self.begin(header) {
                        return Step::Lost(fault);
                    }
                }
                State::Preface => {
                    if !self.gather(PREFACE.len(), input) {
                        return Step::Hungry;
                    }
                    let whole = self.buffer == PREFACE;
                    self.buffer.clear();
                    if whole {
                        self.state = State::Header;
                        return Step::Preface;
                    }
                    self.lose_step();
                    return Step::Lost(fault("http2-preface-malformed"));
                }
                State::Gather(header) => {
                    if !self.gather(header.length, input) {
                        return Step::Hungry;
                    }
                    self.state = State::Header;
                    return Step::Frame(header, std::mem::take(&mut self.buffer));
                }
                State::PadLength(header) => {
                    let Some((&padding, rest)) = input.split_first() else {
                        return Step::Hungry;
                    };
                    *input = rest;
                    let padding = usize::from(padding);
                    let Some(content) = (header.length - 1).checked_sub(padding) else {
                        self.state = State::Skip(header.length - 1);
                        return Step::Malformed(header, fault("http2-padding-too-long"));
                    };
                    self.state = State::Content(header, content, padding);
                }
                State::Content(header, left, padding) => {
                    if input.is_empty() && left > 0 {
                        return Step::Hungry;
                    }
                    let (bytes, rest) = input.split_at(left.min(input.len()));
                    *input = rest;
                    let left = left - bytes.len();
                    self.state = if left == 0 {
                        State::Skip(padding)
                    } else {
                        State::Content(header, left, padding)
                    };
                    return Step::Data {
                        header,
                        bytes,
                        last: left == 0,
                    };
                }
                State::Skip(left) => {
                    let skipped = left.min(input.len());
                    *input = input.get(skipped..).unwrap_or_default();
                    if skipped < left {
                        self.state = State::Skip(left - skipped);
                        return Step::Hungry;
                    }
                    self.state = State::Header;
                }
            }
        }
    }

    /// `bytes` are missing, 0 when it can't be told how many. Gives the DATA frame whose content goes on after it, with how much of the
    /// content is missing; `None` when the place of the next frame is lost.
    pub(super) fn gap(&mut self, bytes: u64) -> Option<(FrameHeader, u64)> {
        let missing = usize::try_from(bytes).ok().filter(|&missing| missing > 0);
        if let (State::Content(header, left, padding), Some(missing)) = (self.state, missing)
            && let Some(rest) = left.checked_sub(missing)
        {
            self.state = State::Content(header, rest, padding);
            return Some((header, bytes));
        }
        self.lose_step();
        None
    }

    /// A frame's header is read. Gives a fault when it can't be one.
    fn begin(&mut self, header: FrameHeader) -> Option<Fault> {
        let unsound = header.length > Self::GATHERED && header.kind != FrameType::Data;
        if unsound || matches!(header.kind, FrameType::Unknown(_)) && !Self::may_be_new(&header) {
            self.lose_step();
            return Some(fault("http2-frame-malformed"));
        }
        self.state = match header.kind {
            FrameType::Data if header.has(FrameHeader::PADDED) && header.length > 0 => {
                State::PadLength(header)
            }
            FrameType::Data => State::Content(header, header.length, 0),
            FrameType::Unknown(_) => State::Skip(header.length),
            _ => State::Gather(header),
        };
        None
    }

    /// Unknown types are to be ignored (RFC 9113 §4.1), but frames this long are a sign of being out of step.
    const fn may_be_new(header: &FrameHeader) -> bool {
        header.length <= 1 << 14
    }

    /// Fills the buffer up to `wanted` bytes; false when more input is needed.
    fn gather(&mut self, wanted: usize, input: &mut &[u8]) -> bool {
        let needed = wanted.saturating_sub(self.buffer.len()).min(input.len());
        let (taken, rest) = input.split_at(needed);
        self.buffer.extend_from_slice(taken);
        *input = rest;
        self.buffer.len() >= wanted
    }
}

const fn fault(name: &'static str) -> Fault {
    Fault::new(Layer::Http, name, 0)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    /// What comes of `bytes`, in words.
    fn read(reader: &mut FrameReader, bytes: &[u8]) -> String {
        let (mut input, mut story) = (bytes, String::new());
        loop {
            let _ = match reader.step(&mut input) {
                Step::Hungry => return story,
                Step::Begin => write!(story, "."),
                Step::Preface => write!(story, "preface "),
                Step::Frame(header, payload) => {
                    write!(story, "{} {} ", header.kind.name().unwrap(), payload.len())
                }
                Step::Data { bytes, last, .. } => {
                    write!(
                        story,
                        "{}{}",
                        bytes.escape_ascii(),
                        if last { "| " } else { "+" }
                    )
                }
                Step::Malformed(_, fault) | Step::Lost(fault) => write!(story, "{} ", fault.name),
            };
        }
    }

    fn sample() -> Vec<u8> {
        [
            PREFACE.to_vec(),
            frame(4, 0, &[0; 6]),
            frame(0, 0x8, &[2, b'a', b'b', 0, 0]),
            frame(0, 1, b""),
            frame(77, 0, b"grease"),
            frame(0, 1, b"cd"),
        ]
        .concat()
    }

    #[test]
    fn frames_come_out_in_order() {
        let story = read(&mut FrameReader::default(), &sample());
        assert_eq!(story, ".preface .SETTINGS 6 .ab| .| ..cd| ");
    }

    #[test]
    fn however_the_bytes_are_cut_the_frames_are_the_same() {
        for size in 1..20 {
            let mut reader = FrameReader::default();
            let pieces = sample();
            let story: String = pieces
                .chunks(size)
                .map(|piece| read(&mut reader, piece))
                .collect();
            assert_eq!(
                story.replace('+', ""),
                ".preface .SETTINGS 6 .ab| .| ..cd| "
            );
        }
    }

    #[test]
    fn a_gap_in_content_is_bridged_and_any_other_loses_step() {
        let mut reader = FrameReader::default();
        read(&mut reader, &frame(0, 0, &[b'x'; 100])[..19]);
        assert_eq!(
            reader.gap(40).map(|(header, bytes)| (header.length, bytes)),
            Some((100, 40))
        );
        let rest = [&[b'y'; 50][..], &frame(6, 0, &[0; 8])].concat();
        assert!(read(&mut reader, &rest).ends_with("y| .PING 8 "));
        read(&mut reader, &frame(6, 0, &[0; 8])[..12]);
        assert_eq!(reader.gap(5), None);
        assert_eq!(read(&mut reader, b"lost in the middle of something"), "");
        let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(read(&mut reader, &ping), ".PING 8 ");
    }

    #[test]
    fn what_is_no_frame_is_told_once() {
        let mut reader = FrameReader::default();
        assert_eq!(
            read(&mut reader, b"HTTP/1.1 400 Bad Request\r\n"),
            ".http2-frame-malformed "
        );
        assert_eq!(read(&mut reader, b"Connection: close\r\n"), "");
        let padded = frame(0, 0x8, &[9, 1, 2]);
        assert_eq!(
            read(&mut FrameReader::default(), &padded),
            ".http2-padding-too-long "
        );
        assert_eq!(
            read(
                &mut FrameReader::default(),
                b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n"
            ),
            ".http2-preface-malformed "
        );
    }

    #[test]
    fn flipped_bytes_do_not_panic() {
        let sample = sample();
        for bit in 0..sample.len() * 8 {
            let mut flipped = sample.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut reader = FrameReader::default();
            for piece in flipped.chunks(7) {
                read(&mut reader, piece);
            }
            reader.gap(bit as u64);
            read(&mut reader, &flipped);
        }
    }
}
