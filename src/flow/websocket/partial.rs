//! A frame header on its way: segments may cut it anywhere.

use crate::vocab::fault::Fault;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::websocket::header::HEADER_MAX;
use crate::wire::websocket::header::Header;

/// The first bytes of a header.
#[derive(Debug)]
pub(super) struct Partial {
    bytes: [u8; HEADER_MAX],
    length: usize,
    began: Place,
}

/// When and in which frame of the capture a piece came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) at: Timestamp,
    pub(super) frame: FrameNumber,
}

impl Partial {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; HEADER_MAX],
            length: 0,
            began: Place {
                at: Timestamp::from_nanos(0),
                frame: FrameNumber::new(0, 0),
            },
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Where the first byte of the latest header came.
    pub(super) const fn began(&self) -> Place {
        self.began
    }

    /// Takes header bytes from `input`, which came at `place`; the header once it is whole.
    pub(super) fn fill(
        &mut self,
        place: Place,
        input: &mut &[u8],
    ) -> Option<Result<Header, Fault>> {
        if self.is_empty() {
            self.began = place;
        }
        while let Some((&byte, rest)) = input.split_first() {
            *self.bytes.get_mut(self.length)? = byte;
            self.length += 1;
            *input = rest;
            let bytes = self.bytes.get(..self.length)?;
            if Header::length_of(bytes) == Some(self.length) {
                self.length = 0;
                return Some(Header::new(bytes));
            }
        }
        None
    }
}
