//! Header sections that count on insertions which have not come, and what followed them on their streams.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use crate::crypt::tls::session::Peer;
use crate::flow::http2::heads::Place;
use crate::flow::http3::piece::Piece;

/// One direction of one stream.
pub(super) type Side = (u64, Peer);

/// What waits, by direction of a stream. Bounded: see [`Blocked::BYTES`].
#[derive(Debug, Default)]
pub(super) struct Blocked {
    queues: BTreeMap<Side, Queue>,
    bytes: usize,
}

/// What waits on one direction of a stream.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) section: Section,
    pub(super) pieces: VecDeque<(Place, Held)>,
}

/// A header section.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) bytes: Vec<u8>,
    pub(super) promised: Option<u64>,
    pub(super) begun: Place,
    pub(super) place: Place,
    pub(super) wire_bytes: u64,
}

/// A piece of a stream, kept.
#[derive(Debug)]
pub(super) enum Held {
    Data(Vec<u8>),
    Gap(u64),
    End,
    Reset,
}

impl Blocked {
    /// Bytes kept of one connection; past that, sections are read without what they wait for.
    const BYTES: usize = 4 << 20;
    /// Sections kept; browsers allow 16 to 100 to wait.
    const SECTIONS: usize = 256;
    /// What a piece counts for besides its bytes.
    const PIECE: usize = 64;

    /// A section has to wait; given back when there is no room.
    pub(super) fn insert(&mut self, side: Side, section: Section) -> Result<(), Section> {
        if self.is_full() || self.queues.len() >= Self::SECTIONS {
            return Err(section);
        }
        self.bytes += section.bytes.len() + Self::PIECE;
        let pieces = VecDeque::new();
        self.queues.insert(side, Queue { section, pieces });
        Ok(())
    }

    /// Keeps a piece of a stream that waits; false when it does not.
    pub(super) fn keep(&mut self, side: Side, place: Place, piece: Piece<'_>) -> bool {
        let Some(queue) = self.queues.get_mut(&side) else {
            return false;
        };
        let held = match piece {
            Piece::Data(bytes) => {
                self.bytes += bytes.len();
                Held::Data(bytes.to_vec())
            }
            Piece::Gap(bytes) => Held::Gap(bytes),
            Piece::End => Held::End,
            Piece::Reset => Held::Reset,
        };
        self.bytes += Self::PIECE;
        queue.pieces.push_back((place, held));
        true
    }

    /// Is there no more room?
    pub(super) const fn is_full(&self) -> bool {
        self.bytes > Self::BYTES
    }

    /// Directions that wait and were sent by `from`.
    pub(super) fn sides(&self, from: Peer) -> Vec<Side> {
        self.queues
            .keys()
            .filter(|(_, sender)| *sender == from)
            .copied()
            .collect()
    }

    /// The section that a direction waits with.
    pub(super) fn section(&self, side: Side) -> Option<&Section> {
        self.queues.get(&side).map(|queue| &queue.section)
    }

    /// Takes out what waits.
    pub(super) fn remove(&mut self, side: Side) -> Option<Queue> {
        let queue = self.queues.remove(&side)?;
        let pieces = queue.pieces.iter().map(|(_, held)| match held {
            Held::Data(bytes) => bytes.len() + Self::PIECE,
            _ => Self::PIECE,
        });
        let bytes = queue.section.bytes.len() + Self::PIECE + pieces.sum::<usize>();
        self.bytes = self.bytes.saturating_sub(bytes);
        Some(queue)
    }
}

impl Held {
    /// The piece again.
    pub(super) fn piece(&self) -> Piece<'_> {
        match self {
            Self::Data(bytes) => Piece::Data(bytes),
            Self::Gap(bytes) => Piece::Gap(*bytes),
            Self::End => Piece::End,
            Self::Reset => Piece::Reset,
        }
    }
}
