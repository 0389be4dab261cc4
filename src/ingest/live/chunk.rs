//! Pieces of the pcapng stream, each of whole blocks.

use crate::vocab::time::Timestamp;

/// A piece of the stream.
#[derive(Debug)]
pub(super) enum Chunk {
    /// What every file begins with: section header, interfaces, secrets.
    Head(Vec<u8>),
    /// Packets.
    Packets {
        /// Their blocks.
        bytes: Vec<u8>,
        /// Time of the first.
        from: Timestamp,
        /// Time of the latest.
        until: Timestamp,
    },
    /// What the kernel counted so far, by interface.
    Counted {
        /// By interface.
        counters: Vec<Counters>,
        /// When.
        at: Timestamp,
    },
}

/// What the kernel counted on an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counters {
    /// Frames that passed the filter.
    pub(super) received: u64,
    /// Frames that it had no room for.
    pub(super) dropped: u64,
}

impl Counters {
    /// What was counted since `before`.
    pub(super) const fn since(self, before: Self) -> Self {
        Self {
            received: self.received.saturating_sub(before.received),
            dropped: self.dropped.saturating_sub(before.dropped),
        }
    }
}
