//! Buckets of time, in blocks that copies share: a stream's series costs memory once, however many snapshots hold it, and its silences next to
//! nothing.
//!
//! ```text
//!  stream's series   │ block │ empty │ empty │ block │ last block │
//!  a snapshot of it  │   ↑   │   ↑   │   ↑   │   ↑   │ its own    │      only a block that is written to after the copy is a second one
//! ```

use std::sync::Arc;
use std::sync::LazyLock;

use crate::track::rtp_stream::jitter::Jitters;

/// What a stream did in one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bucket {
    /// Packets.
    pub packets: u32,
    /// Bytes after the RTP headers: payload, padding, SRTP tags.
    pub rest_bytes: u64,
    /// Padding bytes, if the stream is plain.
    pub padding_bytes: u32,
    /// Sequence numbers found missing, less those that came later.
    pub lost: u32,
    /// Frames that began.
    pub frames: u32,
    /// Size of the largest frame that ended, bytes after the RTP header; 0 when none did.
    pub largest_frame: u32,
    /// Jitter after the last packet; zero in an empty bucket.
    pub jitter: Jitters,
}

impl Bucket {
    /// Adds a packet; saturating, for a bucket may grow to be years wide.
    #[inline]
    pub(super) fn add(&mut self, rest: usize, padding: usize) {
        self.packets = self.packets.saturating_add(1);
        self.rest_bytes += rest as u64;
        self.padding_bytes = self.padding_bytes.saturating_add(padding as u32);
    }

    /// Adds a later or an equal stretch of time.
    pub(super) fn absorb(&mut self, later: &Self) {
        self.packets = self.packets.saturating_add(later.packets);
        self.rest_bytes += later.rest_bytes;
        self.padding_bytes = self.padding_bytes.saturating_add(later.padding_bytes);
        self.lost = self.lost.saturating_add(later.lost);
        self.frames = self.frames.saturating_add(later.frames);
        self.largest_frame = self.largest_frame.max(later.largest_frame);
        if later.packets > 0 {
            self.jitter = later.jitter;
        }
    }
}

/// Buckets in order. A copy shares the blocks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Buckets {
    blocks: Vec<Arc<Block>>,
    length: usize,
}

type Block = [Bucket; BLOCK];

impl Buckets {
    /// How many there are, empty ones included.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// None at all?
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bucket at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<&Bucket> {
        (index < self.length).then(|| self.stands(index))
    }

    /// The buckets in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Bucket> + ExactSizeIterator + Clone {
        (0..self.length).map(|index| self.stands(index))
    }

    /// The bucket at `index`, of which the caller knows that it is there.
    fn stands(&self, index: usize) -> &Bucket {
        &self.blocks[index / BLOCK][index % BLOCK]
    }

    /// Makes sure that there is a bucket at `index`: those that are missing up to it are empty ones.
    pub(super) fn reach(&mut self, index: usize) {
        if index >= self.length {
            self.length = index + 1;
            self.blocks
                .resize_with(self.length.div_ceil(BLOCK), || Arc::clone(&SILENCE));
        }
    }

    /// The bucket at `index`, to be changed; it is made if it is missing.
    pub(super) fn at(&mut self, index: usize) -> &mut Bucket {
        self.reach(index);
        &mut Arc::make_mut(&mut self.blocks[index / BLOCK])[index % BLOCK]
    }
}

impl FromIterator<Bucket> for Buckets {
    fn from_iter<I: IntoIterator<Item = Bucket>>(buckets: I) -> Self {
        let mut all = Self::default();
        for (index, bucket) in buckets.into_iter().enumerate() {
            if bucket == Bucket::default() {
                all.reach(index);
            } else {
                *all.at(index) = bucket;
            }
        }
        all
    }
}

/// Buckets in a block.
const BLOCK: usize = 32;

/// The block in which nothing happened: one for all streams.
static SILENCE: LazyLock<Arc<Block>> = LazyLock::new(|| Arc::new([Bucket::default(); BLOCK]));

#[cfg(test)]
mod tests {
    use super::*;

    fn of(packets: u32) -> Bucket {
        Bucket {
            packets,
            ..Bucket::default()
        }
    }

    #[test]
    fn a_copy_shares_what_is_not_written_again() {
        let mut ours: Buckets = (1..=100).map(of).collect();
        let copy = ours.clone();
        ours.at(99).packets = 7;
        let shared = ours.blocks.iter().zip(&copy.blocks);
        let shared = shared.filter(|(ours, theirs)| Arc::ptr_eq(ours, theirs));
        assert_eq!(shared.count(), 3);
        assert_eq!(copy.get(99), Some(&of(100)));
        assert_eq!(ours.get(99), Some(&of(7)));
        assert_eq!(ours.get(100), None);
    }

    #[test]
    fn silence_costs_no_block() {
        let mut buckets = Buckets::default();
        buckets.at(0).packets = 1;
        buckets.at(4_000).packets = 2;
        let own = buckets
            .blocks
            .iter()
            .filter(|it| !Arc::ptr_eq(it, &SILENCE));
        assert_eq!(own.count(), 2);
        assert_eq!(buckets.len(), 4_001);
        assert_eq!(buckets.iter().map(|it| it.packets).sum::<u32>(), 3);
        let again: Buckets = buckets.iter().copied().collect();
        assert_eq!(again, buckets);
        assert!(Arc::ptr_eq(&again.blocks[1], &SILENCE));
    }

    #[test]
    fn they_can_be_walked_from_both_ends() {
        let buckets: Buckets = (0..70).map(of).collect();
        assert_eq!(buckets.iter().len(), 70);
        assert_eq!(buckets.iter().rev().map(|it| it.packets).next(), Some(69));
        assert!(Buckets::default().is_empty());
    }
}
