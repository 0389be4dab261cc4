//! Segments that wait for an earlier one: pieces of a stream that don't overlap, by stream offset.

use std::collections::BTreeMap;

use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Pieces that wait, by the stream offset of their first byte.
#[derive(Debug, Default)]
pub(in crate::flow) struct Pending {
    pieces: BTreeMap<u64, Piece>,
    bytes: usize,
}

/// A run of bytes from one frame.
#[derive(Debug)]
pub(in crate::flow) struct Piece {
    pub(in crate::flow) at: Timestamp,
    pub(in crate::flow) frame: FrameNumber,
    pub(in crate::flow) content: Content,
}

/// Bytes, or the length of what the snap length cut.
#[derive(Debug)]
pub(in crate::flow) enum Content {
    Bytes(Box<[u8]>),
    Cut(u64),
}

/// A run of bytes that is offered.
#[derive(Debug, Clone, Copy)]
pub(in crate::flow) enum Offered<'a> {
    Bytes(&'a [u8]),
    Cut(u64),
}

/// What became of an offered run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::flow) struct Insertion {
    /// Bytes that were not there before.
    pub(in crate::flow) new_bytes: u64,
    /// Offset within the run of the first byte that another copy has otherwise.
    pub(in crate::flow) differs_at: Option<usize>,
}

impl Piece {
    pub(in crate::flow) fn len(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Cut(bytes) => *bytes,
        }
    }
}

impl Offered<'_> {
    pub(in crate::flow) fn len(self) -> u64 {
        match self {
            Offered::Bytes(bytes) => bytes.len() as u64,
            Offered::Cut(bytes) => bytes,
        }
    }
}

impl Pending {
    pub(in crate::flow) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Pieces and bytes kept.
    pub(in crate::flow) fn size(&self) -> (usize, usize) {
        (self.pieces.len(), self.bytes)
    }

    /// Offset of the first piece, and when it was captured.
    pub(in crate::flow) fn first(&self) -> Option<(u64, &Piece)> {
        self.pieces
            .first_key_value()
            .map(|(&start, piece)| (start, piece))
    }

    /// Offset behind the last byte; 0 when nothing waits.
    pub(in crate::flow) fn end(&self) -> u64 {
        self.pieces
            .last_key_value()
            .map_or(0, |(&start, piece)| start + piece.len())
    }

    /// Takes the first piece out.
    pub(in crate::flow) fn pop_first(&mut self) -> Option<(u64, Piece)> {
        let (start, piece) = self.pieces.pop_first()?;
        if self.pieces.is_empty() {
            // An emptied tree keeps a node, and most connections have something wait once.
            self.pieces = BTreeMap::new();
        }
        if let Content::Bytes(bytes) = &piece.content {
            self.bytes -= bytes.len();
        }
        Some((start, piece))
    }

    /// Adds the parts of `offered` that no piece covers yet: of two copies the first stands.
    pub(in crate::flow) fn insert(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        start: u64,
        offered: Offered<'_>,
    ) -> Insertion {
        let end = start.saturating_add(offered.len());
        let mut outcome = Insertion::default();
        let mut cursor = start;
        while cursor < end {
            if let Some((&known_start, known)) = self.pieces.range(..=cursor).next_back()
                && known_start + known.len() > cursor
            {
                let stop = end.min(known_start + known.len());
                if outcome.differs_at.is_none() {
                    outcome.differs_at =
                        difference(known_start, &known.content, start, offered, cursor..stop);
                }
                cursor = stop;
                continue;
            }
            let stop = self
                .pieces
                .range(cursor..)
                .next()
                .map_or(end, |(&next, _)| next.min(end));
            let content = match offered {
                Offered::Cut(_) => Content::Cut(stop - cursor),
                Offered::Bytes(bytes) => {
                    let part = range(bytes, start, cursor..stop);
                    self.bytes += part.len();
                    Content::Bytes(part.into())
                }
            };
            self.pieces.insert(cursor, Piece { at, frame, content });
            outcome.new_bytes += stop - cursor;
            cursor = stop;
        }
        outcome
    }
}

/// Offset within `offered` of the first byte of `common` (stream offsets) that both have and that differs.
fn difference(
    known_start: u64,
    known: &Content,
    start: u64,
    offered: Offered<'_>,
    common: std::ops::Range<u64>,
) -> Option<usize> {
    let (Content::Bytes(known), Offered::Bytes(offered)) = (known, offered) else {
        return None;
    };
    let before = (common.start - start) as usize;
    let ours = range(known, known_start, common.clone());
    let theirs = range(offered, start, common);
    let at = ours.iter().zip(theirs).position(|(a, b)| a != b)?;
    Some(before + at)
}

/// The part of `bytes` (which begin at stream offset `start`) that lies in `wanted`.
fn range(bytes: &[u8], start: u64, wanted: std::ops::Range<u64>) -> &[u8] {
    let from = (wanted.start - start) as usize;
    let to = (wanted.end - start) as usize;
    bytes.get(from..to).unwrap_or_default()
}
