//! Frame headers (RFC 6455 §5.2): 2 to 14 bytes.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::read::chunk_at;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u64_at;

/// A frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Is it the last frame of its message?
    pub fin: bool,
    /// RSV1, RSV2, RSV3 as the bits 4, 2, 1; extensions give them meanings.
    pub reserved: u8,
    /// What the frame is.
    pub opcode: Opcode,
    /// Masking key; `None` when the mask bit is not set.
    pub mask: Option<[u8; 4]>,
    /// Length of the payload, bytes.
    pub payload_length: u64,
    /// Length of this header, bytes.
    pub length: usize,
}

/// What a frame is (RFC 6455 §11.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Opcode {
    /// Goes on with the message of the frame before.
    Continuation,
    /// A message of UTF-8 text.
    Text,
    /// A message of bytes.
    Binary,
    /// The sender closes.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping, or says that the sender is there.
    Pong,
    /// Not assigned; 4 bits.
    Unknown(u8),
}

impl Opcode {
    /// From its 4 bits.
    pub const fn new(bits: u8) -> Self {
        match bits & 0x0f {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            other => Self::Unknown(other),
        }
    }

    /// Its 4 bits.
    pub const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xa,
            Self::Unknown(bits) => bits,
        }
    }

    /// Is it a control frame, of those assigned or not (§5.5)?
    pub const fn is_control(self) -> bool {
        self.bits() & 0x8 != 0
    }

    /// The specification's word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Continuation => "continuation",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Close => "close",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Header {
    /// How long the header that begins with `bytes` is; `None` while the two bytes that say so are not there.
    pub fn length_of(bytes: &[u8]) -> Option<usize> {
        let second = u8_at(bytes, 1)?;
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        Some(2 + extended + mask)
    }

    /// Reads the header at the front of `bytes`.
    ///
    /// # Errors
    ///
    /// `websocket-header-truncated`; `websocket-length-too-large` when the first bit of a 64-bit length is set (§5.2).
    pub fn new(bytes: &[u8]) -> Result<Self, Fault> {
        let cut = fault("websocket-header-truncated", bytes.len());
        let length = Self::length_of(bytes).ok_or(cut)?;
        let bytes = bytes.get(..length).ok_or(cut)?;
        let (Some(first), Some(second)) = (u8_at(bytes, 0), u8_at(bytes, 1)) else {
            return Err(cut);
        };
        let payload_length = match second & 0x7f {
            126 => u16_at(bytes, 2).map(u64::from).ok_or(cut)?,
            127 => u64_at(bytes, 2).ok_or(cut)?,
            short => u64::from(short),
        };
        if payload_length > i64::MAX as u64 {
            return Err(fault("websocket-length-too-large", 2));
        }
        let mask = (second & 0x80 != 0).then(|| chunk_at(bytes, length - 4));
        Ok(Self {
            fin: first & 0x80 != 0,
            reserved: first >> 4 & 0x7,
            opcode: Opcode::new(first),
            mask: mask.flatten(),
            payload_length,
            length,
        })
    }

    /// RSV1: the first frame of a compressed message, where permessage-deflate was agreed on (RFC 7692 §6).
    pub const fn rsv1(&self) -> bool {
        self.reserved & RSV1 != 0
    }

    /// Rules that the header breaks by itself, whatever was agreed on: `websocket-opcode-unknown`, `websocket-control-fragmented`,
    /// `websocket-control-too-long`, `websocket-length-not-minimal`.
    pub fn faults(&self) -> impl Iterator<Item = Fault> + use<> {
        let control = self.opcode.is_control();
        let key = if self.mask.is_some() { 4 } else { 0 };
        let long_form = match self.length - key {
            4 => self.payload_length < 126,
            10 => self.payload_length <= 0xffff,
            _ => false,
        };
        let unknown = matches!(self.opcode, Opcode::Unknown(_));
        [
            unknown.then(|| fault("websocket-opcode-unknown", 0)),
            (control && !self.fin).then(|| fault("websocket-control-fragmented", 0)),
            (control && self.payload_length > 125).then(|| fault("websocket-control-too-long", 1)),
            long_form.then(|| fault("websocket-length-not-minimal", 1)),
        ]
        .into_iter()
        .flatten()
    }
}

/// The bit of [`Header::reserved`] that permessage-deflate uses.
pub const RSV1: u8 = 4;
/// Longest header, bytes.
pub const HEADER_MAX: usize = 14;

const fn fault(name: &'static str, offset: usize) -> Fault {
    Fault::new(Layer::WebSocket, name, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<(Opcode, u64, usize), &str>) {
        let got = Header::new(bytes)
            .map(|header| (header.opcode, header.payload_length, header.length))
            .map_err(|fault| fault.name);
        assert_eq!(got, expected);
    }

    #[track_caller]
    fn check_faults(bytes: &[u8], expected: &[&str]) {
        let header = Header::new(bytes).unwrap();
        let names: Vec<_> = header.faults().map(|fault| fault.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn lengths_of_all_three_forms_are_read() {
        // The headers of RFC 6455 §5.7.
        check(&[0x81, 0x05], Ok((Opcode::Text, 5, 2)));
        check(
            &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d],
            Ok((Opcode::Text, 5, 6)),
        );
        check(&[0x01, 0x03], Ok((Opcode::Text, 3, 2)));
        check(&[0x80, 0x02], Ok((Opcode::Continuation, 2, 2)));
        check(&[0x89, 0x05], Ok((Opcode::Ping, 5, 2)));
        check(&[0x82, 0x7e, 0x01, 0x00], Ok((Opcode::Binary, 256, 4)));
        let long = [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0];
        check(&long, Ok((Opcode::Binary, 65_536, 10)));
    }

    #[test]
    fn broken_headers_are_named() {
        check(&[], Err("websocket-header-truncated"));
        check(&[0x81], Err("websocket-header-truncated"));
        check(&[0x81, 0x85, 1, 2, 3], Err("websocket-header-truncated"));
        let huge = [0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0];
        check(&huge, Err("websocket-length-too-large"));
        check_faults(&[0x83, 0x00], &["websocket-opcode-unknown"]);
        check_faults(&[0x09, 0x00], &["websocket-control-fragmented"]);
        check_faults(&[0x89, 0x7e, 0, 126], &["websocket-control-too-long"]);
        check_faults(&[0x81, 0x7e, 0, 125], &["websocket-length-not-minimal"]);
        let wide = [0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4];
        check_faults(&wide, &["websocket-length-not-minimal"]);
        check_faults(&[0x81, 0x7e, 0, 126], &[]);
    }

    #[test]
    fn flags_and_key_are_kept_apart() {
        let header = Header::new(&[0xc1, 0x80, 1, 2, 3, 4]).unwrap();
        assert!(header.fin && header.rsv1());
        assert_eq!(header.mask, Some([1, 2, 3, 4]));
        assert_eq!(Header::new(&[0x31, 0]).unwrap().reserved, 3);
        for bits in 0..16 {
            assert_eq!(Opcode::new(bits).bits(), bits);
        }
    }
}
