//! The last segments handed on, by checksum: tells a faithful retransmission from an altered one without keeping bytes.

/// A ring of the last few segments.
#[derive(Debug, Default)]
pub(super) struct Recent {
    segments: [Delivered; REMEMBERED],
    index: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Delivered {
    offset: u64,
    length: u32,
    crc: u32,
}

impl Recent {
    /// Remembers `bytes`, handed on at stream offset `offset`.
    pub(super) fn push(&mut self, offset: u64, bytes: &[u8]) {
        self.segments[self.index] = Delivered {
            offset,
            length: bytes.len() as u32,
            crc: crc32fast::hash(bytes),
        };
        self.index = (self.index + 1) % REMEMBERED;
    }

    /// Was the same range handed on with other bytes? Repeats that are cut differently are not compared.
    pub(super) fn is_altered(&self, offset: u64, bytes: &[u8]) -> bool {
        let length = bytes.len() as u32;
        let known = self
            .segments
            .iter()
            .find(|known| length > 0 && known.length == length && known.offset == offset);
        known.is_some_and(|known| known.crc != crc32fast::hash(bytes))
    }
}

/// Segments remembered.
const REMEMBERED: usize = 8;
