//! HTTP/2 frames (RFC 9113 §4, §6).
//!
//! ```text
//! preface       PRI * HTTP/2.0 CR LF CR LF SM CR LF CR LF                   the client's first 24 bytes
//! frame         length (3)  type (1)  flags (1)  reserved (1 bit)  stream (31 bits)  payload
//! DATA          [pad length (1)]  content  [padding]
//! HEADERS       [pad length (1)]  [exclusive (1 bit)  dependency (31 bits)  weight (1)]  fragment  [padding]
//! PUSH_PROMISE  [pad length (1)]  reserved (1 bit)  promised stream (31 bits)  fragment  [padding]
//! CONTINUATION  fragment                                                    until END_HEADERS, nothing else in between
//! SETTINGS      identifier (2)  value (4)  …
//! RST_STREAM    error (4)      GOAWAY  reserved (1 bit)  last stream (31 bits)  error (4)  debug data
//! ```

use crate::codepoint;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// What every client sends first (RFC 9113 §3.4).
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

codepoint! {
    /// Frame type.
    pub enum FrameType: u8 {
        /// Part of a message's content.
        Data = 0 => "DATA",
        /// A message's header fields, or its trailers.
        Headers = 1 => "HEADERS",
        /// Priority of a stream; deprecated.
        Priority = 2 => "PRIORITY",
        /// A stream ends at once.
        RstStream = 3 => "RST_STREAM",
        /// What the sender can take.
        Settings = 4 => "SETTINGS",
        /// The server announces a response that nobody asked for.
        PushPromise = 5 => "PUSH_PROMISE",
        /// Are you there?
        Ping = 6 => "PING",
        /// No more streams.
        GoAway = 7 => "GOAWAY",
        /// The sender can take more bytes.
        WindowUpdate = 8 => "WINDOW_UPDATE",
        /// More of a header block.
        Continuation = 9 => "CONTINUATION",
        /// The same service elsewhere (RFC 7838).
        AltSvc = 10 => "ALTSVC",
        /// Other origins the server speaks for (RFC 8336).
        Origin = 12 => "ORIGIN",
        /// Priority of a request (RFC 9218).
        PriorityUpdate = 16 => "PRIORITY_UPDATE",
    }
}

/// The nine bytes before every payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Payload length, bytes.
    pub length: usize,
    /// Type.
    pub kind: FrameType,
    /// Flags; what they mean depends on the type.
    pub flags: u8,
    /// Stream, 0 for the connection. Odd: the client's; even: pushed by the server.
    pub stream: u32,
}

impl FrameHeader {
    /// Its length, bytes.
    pub const SIZE: usize = 9;
    /// DATA, HEADERS: this direction of the stream is over.
    pub const END_STREAM: u8 = 0x1;
    /// SETTINGS, PING: an answer.
    pub const ACK: u8 = 0x1;
    /// HEADERS, `PUSH_PROMISE`, CONTINUATION: the block is whole.
    pub const END_HEADERS: u8 = 0x4;
    /// DATA, HEADERS, `PUSH_PROMISE`: padded.
    pub const PADDED: u8 = 0x8;
    /// HEADERS: with a priority.
    pub const PRIORITY: u8 = 0x20;

    /// Cuts a header off `bytes`; `None`: more bytes are needed.
    pub fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&[l0, l1, l2, kind, flags, s0, s1, s2, s3], rest) = bytes.split_first_chunk::<9>()?;
        let header = Self {
            length: u32::from_be_bytes([0, l0, l1, l2]) as usize,
            kind: FrameType::from_code(kind),
            flags,
            stream: u32::from_be_bytes([s0 & 0x7f, s1, s2, s3]),
        };
        Some((header, rest))
    }

    /// Is the flag set?
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Would a sound sender send it: right stream, right length, no unknown type or flag? To find frames in the middle of a stream.
    pub const fn is_plausible(&self) -> bool {
        let on_stream = self.stream != 0 && self.stream < STREAM_PLAUSIBLE;
        let (flags, fits) = match self.kind {
            FrameType::Data => (0x09, on_stream && self.length <= LENGTH_PLAUSIBLE),
            FrameType::Headers => (0x2d, on_stream && self.length <= LENGTH_PLAUSIBLE),
            FrameType::Priority => (0, on_stream && self.length == 5),
            FrameType::RstStream => (0, on_stream && self.length == 4),
            FrameType::Settings => (
                0x01,
                self.stream == 0
                    && self.length.is_multiple_of(6)
                    && self.length <= 600
                    && (self.length == 0) == self.has(Self::ACK),
            ),
            FrameType::PushPromise => (0x0c, on_stream && self.length <= LENGTH_PLAUSIBLE),
            FrameType::Ping => (0x01, self.stream == 0 && self.length == 8),
            FrameType::GoAway => (
                0,
                self.stream == 0 && self.length >= 8 && self.length <= 1024,
            ),
            FrameType::WindowUpdate => (0, self.length == 4 && self.stream < STREAM_PLAUSIBLE),
            FrameType::Continuation => (0x04, on_stream && self.length <= LENGTH_PLAUSIBLE),
            FrameType::PriorityUpdate => (
                0,
                self.stream == 0 && self.length >= 4 && self.length <= 256,
            ),
            _ => return false,
        };
        fits && self.flags & !flags == 0
    }
}

/// The header block fragment of a HEADERS, `PUSH_PROMISE` or CONTINUATION frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// The stream that the server promises a response on; only in `PUSH_PROMISE`.
    pub promised: Option<u32>,
    /// The fragment.
    pub bytes: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// Reads the payload behind `header`.
    ///
    /// # Errors
    /// `http2-padding-too-long` when the padding leaves less than nothing, `http2-frame-too-short` when a fixed field is cut.
    pub fn new(header: &FrameHeader, payload: &'a [u8]) -> Result<Self, Fault> {
        let short = Fault::new(Layer::Http, "http2-frame-too-short", FrameHeader::SIZE);
        let mut rest = payload;
        let mut padding = 0;
        if header.has(FrameHeader::PADDED) && header.kind != FrameType::Continuation {
            let (length, after) = rest.split_first().ok_or(short)?;
            (padding, rest) = (usize::from(*length), after);
        }
        let mut promised = None;
        match header.kind {
            FrameType::Headers if header.has(FrameHeader::PRIORITY) => {
                rest = rest.split_first_chunk::<5>().ok_or(short)?.1;
            }
            FrameType::PushPromise => {
                let (&stream, after) = rest.split_first_chunk::<4>().ok_or(short)?;
                promised = Some(u32::from_be_bytes(stream) & 0x7fff_ffff);
                rest = after;
            }
            _ => {}
        }
        let padded = Fault::new(Layer::Http, "http2-padding-too-long", FrameHeader::SIZE);
        let length = rest.len().checked_sub(padding).ok_or(padded)?;
        let bytes = rest.get(..length).ok_or(padded)?;
        Ok(Self { promised, bytes })
    }
}

/// How a stream of bytes shows that it is HTTP/2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniff {
    /// By the client's preface.
    Preface,
    /// By the first frame of a connection, which is SETTINGS: the server's when no preface came before it.
    Settings,
    /// By frames after one another that fit together.
    Frames,
}

/// Do `bytes` look like HTTP/2? `midway`: they need not be a connection's first.
pub fn sniff(bytes: &[u8], midway: bool) -> Option<Sniff> {
    let seen = bytes.len().min(PREFACE.len());
    if seen >= PREFACE_TOLD && bytes.get(..seen) == PREFACE.get(..seen) {
        return Some(Sniff::Preface);
    }
    let (first, _) = FrameHeader::split(bytes)?;
    if first.kind == FrameType::Settings && first.is_plausible() && !first.has(FrameHeader::ACK) {
        return Some(Sniff::Settings);
    }
    (midway && fits_together(bytes)).then_some(Sniff::Frames)
}

/// Are these whole frames, with a kind among them that has a fixed length or with several of them?
pub fn fits_together(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut trust = 0;
    while !rest.is_empty() {
        let Some((header, after)) = FrameHeader::split(rest) else {
            return false;
        };
        let Some((_, after)) = after.split_at_checked(header.length) else {
            return trust >= TRUST;
        };
        if !header.is_plausible() {
            return false;
        }
        trust += match header.kind {
            FrameType::Data | FrameType::Headers | FrameType::Continuation => 1,
            _ => TRUST,
        };
        rest = after;
    }
    trust >= TRUST
}

/// Bytes of the preface that nothing else begins with: `PRI * HTTP/2.0`.
const PREFACE_TOLD: usize = 14;
/// Frames of no fixed length that must follow each other.
const TRUST: u32 = 2;
/// Streams that a connection in a capture gets to: a million requests.
const STREAM_PLAUSIBLE: u32 = 1 << 21;
/// Frame length that everybody must take (RFC 9113 §6.5.2); few announce more.
const LENGTH_PLAUSIBLE: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
    }

    fn fragment(bytes: &[u8]) -> Result<Fragment<'_>, &'static str> {
        let (header, payload) = FrameHeader::split(bytes).expect("nine bytes");
        Fragment::new(&header, payload).map_err(|fault| fault.name)
    }

    #[test]
    fn padding_priority_and_promise_are_taken_off() {
        let plain = frame(1, 0x4, 1, b"abc");
        assert_eq!(
            fragment(&plain).map(|fragment| fragment.bytes),
            Ok(&b"abc"[..])
        );
        let all = frame(1, 0x2c, 1, &[2, 0, 0, 0, 0, 15, b'a', b'b', 0, 0]);
        assert_eq!(
            fragment(&all).map(|fragment| fragment.bytes),
            Ok(&b"ab"[..])
        );
        let promise = frame(5, 0xc, 1, &[1, 0x80, 0, 0, 2, b'a', 0]);
        let expected = Fragment {
            promised: Some(2),
            bytes: b"a",
        };
        assert_eq!(fragment(&promise), Ok(expected));
    }

    #[test]
    fn padding_longer_than_the_frame_is_a_fault() {
        assert_eq!(
            fragment(&frame(1, 0x8, 1, &[3, 0, 0])),
            Err("http2-padding-too-long")
        );
        assert_eq!(
            fragment(&frame(1, 0x8, 1, &[])),
            Err("http2-frame-too-short")
        );
        assert_eq!(
            fragment(&frame(1, 0x20, 1, &[0; 4])),
            Err("http2-frame-too-short")
        );
        assert_eq!(
            fragment(&frame(5, 0, 1, &[0; 3])),
            Err("http2-frame-too-short")
        );
    }

    #[test]
    fn a_connection_is_told_by_its_first_bytes() {
        assert_eq!(sniff(PREFACE, false), Some(Sniff::Preface));
        assert_eq!(sniff(&PREFACE[..14], false), Some(Sniff::Preface));
        assert_eq!(sniff(&PREFACE[..13], false), None);
        let settings = frame(4, 0, 0, &[0, 3, 0, 0, 0, 100]);
        assert_eq!(sniff(&settings, false), Some(Sniff::Settings));
        assert_eq!(sniff(b"GET / HTTP/1.1\r\n\r\n", true), None);
    }

    #[test]
    fn midway_frames_have_to_fit_together() {
        let ping = frame(6, 1, 0, &[7; 8]);
        assert_eq!(sniff(&ping, false), None);
        assert_eq!(sniff(&ping, true), Some(Sniff::Frames));
        let messages = [frame(1, 4, 5, &[0x82; 20]), frame(0, 1, 5, &[1; 300])].concat();
        assert_eq!(sniff(&messages, true), Some(Sniff::Frames));
        assert_eq!(sniff(&messages[1..], true), None);
        assert_eq!(sniff(&frame(0, 1, 5, &[1; 300]), true), None);
        assert_eq!(sniff(&[0; 100], true), None);
    }

    #[test]
    fn no_cut_or_flipped_frame_panics() {
        let sample = [
            &frame(4, 0, 0, &[0, 3, 0, 0, 0, 100])[..],
            &frame(1, 0x2c, 1, &[2, 0, 0, 0, 0, 15, b'a', b'b', 0, 0]),
            &frame(5, 0xc, 1, &[1, 0x80, 0, 0, 2, b'a', 0]),
        ]
        .concat();
        for end in 0..=sample.len() {
            let _ = sniff(&sample[..end], true);
        }
        for bit in 0..sample.len() * 8 {
            let mut flipped = sample.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = sniff(&flipped, true);
            let mut rest = flipped.as_slice();
            while let Some((header, after)) = FrameHeader::split(rest) {
                let (payload, after) = after.split_at(header.length.min(after.len()));
                let _ = Fragment::new(&header, payload);
                rest = after;
            }
        }
    }
}
