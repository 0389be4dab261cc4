//! A stream over time: buckets of one width on the capture's clock, so that the streams of a capture line up.

use std::time::Duration;

use crate::track::rtp_stream::jitter::Jitters;
use crate::track::rtp_stream::stream::Protection;
use crate::vocab::time::Timestamp;

/// Buckets from the stream's first to its last; bucket `i` covers `[start + i·step, + step)`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Start of the first bucket: a multiple of the step after the capture's start.
    pub start: Timestamp,
    /// Width: one second, doubled whenever the stream outgrew [`Series::MOST`] buckets.
    pub step: Duration,
    /// The buckets, empty ones included.
    pub buckets: Vec<Bucket>,
}

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
    /// Jitter after the last packet; zero in an empty bucket.
    pub jitter: Jitters,
}

impl Bucket {
    /// Adds a packet; saturating, for a bucket may grow to be years wide.
    #[inline]
    pub(super) fn add(&mut self, rest: usize, padding: usize, begins_frame: bool) {
        self.packets = self.packets.saturating_add(1);
        self.rest_bytes += rest as u64;
        self.padding_bytes = self.padding_bytes.saturating_add(padding as u32);
        self.frames = self.frames.saturating_add(u32::from(begins_frame));
    }

    /// Adds a later or an equal stretch of time.
    fn absorb(&mut self, later: &Self) {
        self.packets = self.packets.saturating_add(later.packets);
        self.rest_bytes += later.rest_bytes;
        self.padding_bytes = self.padding_bytes.saturating_add(later.padding_bytes);
        self.lost = self.lost.saturating_add(later.lost);
        self.frames = self.frames.saturating_add(later.frames);
        if later.packets > 0 {
            self.jitter = later.jitter;
        }
    }
}

impl Series {
    /// Most buckets that a series has.
    pub const MOST: usize = 4_096;

    /// Payload bytes per bucket: no padding, no SRTP tag.
    pub fn payload_bytes(&self, protection: Protection) -> impl Iterator<Item = u64> {
        self.buckets.iter().map(move |bucket| {
            protection.payload_bytes(
                bucket.rest_bytes,
                bucket.packets.into(),
                bucket.padding_bytes.into(),
            )
        })
    }
}

/// The series of a running stream.
#[derive(Debug, Clone)]
pub(super) struct SeriesMeter {
    /// Start of the capture, nanoseconds.
    origin: u64,
    /// Width, nanoseconds.
    step: u64,
    /// Number of the first bucket, counted from the capture's start.
    first: u64,
    buckets: Vec<Bucket>,
    /// The bucket of the last packet, and when it starts.
    current: usize,
    current_start: u64,
}

impl SeriesMeter {
    /// A stream of a capture that starts at `origin`, whose first packet is at `at`.
    pub(super) fn new(origin: u64, at: u64) -> Self {
        let first = at.saturating_sub(origin) / STEP;
        let mut buckets = Vec::with_capacity(ROOM);
        buckets.push(Bucket::default());
        Self {
            origin,
            step: STEP,
            first,
            buckets,
            current: 0,
            current_start: origin + first * STEP,
        }
    }

    /// A field of the first cache line; what it is means nothing.
    #[inline]
    pub(super) const fn warm(&self) -> u64 {
        self.current_start
    }

    /// The same of the bucket that the next packet most likely goes to.
    #[inline]
    pub(super) fn warm_deep(&self) -> u64 {
        let bucket = self.buckets.get(self.current);
        bucket.map_or(0, |bucket| u64::from(bucket.packets))
    }

    /// The bucket of instant `at`. Instants before the first bucket (the capture's clock stepped back) count in the first.
    #[inline]
    pub(super) fn bucket(&mut self, at: u64) -> &mut Bucket {
        if at.wrapping_sub(self.current_start) >= self.step {
            self.seek(at);
        }
        if self.current >= self.buckets.len() {
            // Never empty: `new` pushes one, and nothing removes the last.
            self.current = 0;
        }
        &mut self.buckets[self.current]
    }

    /// Takes back a loss: the packet came after all. Found where it was counted, the latest first.
    pub(super) fn found(&mut self) {
        let known = self.buckets.get_mut(..=self.current).unwrap_or_default();
        if let Some(bucket) = known.iter_mut().rev().find(|bucket| bucket.lost > 0) {
            bucket.lost -= 1;
        }
    }

    /// Adds the buckets of the same stream on a path that it took after this one.
    pub(super) fn append(&mut self, mut later: Self) {
        while self.step < later.step {
            self.widen();
        }
        while later.step < self.step {
            later.widen();
        }
        for (number, theirs) in (later.first..).zip(&later.buckets) {
            let ours = self.bucket(self.origin + number * later.step);
            ours.absorb(theirs);
        }
    }

    /// Sets the sum of all losses to `lost`: what a merge found out on top goes to the bucket of `at`.
    pub(super) fn settle_lost(&mut self, lost: u64, at: u64) {
        let sum = |buckets: &[Bucket]| buckets.iter().map(|b| u64::from(b.lost)).sum::<u64>();
        let more = lost.saturating_sub(sum(&self.buckets));
        let bucket = self.bucket(at);
        bucket.lost = bucket
            .lost
            .saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        let mut less = sum(&self.buckets).saturating_sub(lost);
        for bucket in self.buckets.iter_mut().rev() {
            let part = less.min(bucket.lost.into());
            bucket.lost -= part as u32;
            less -= part;
        }
    }

    /// The buckets so far.
    pub(super) fn snapshot(&self) -> Series {
        Series {
            start: Timestamp::from_nanos(self.origin + self.first * self.step),
            step: Duration::from_nanos(self.step),
            buckets: self.buckets.clone(),
        }
    }

    /// Makes the bucket of `at` the current one, adding buckets or doubling their width as needed.
    #[cold]
    fn seek(&mut self, at: u64) {
        loop {
            let number = (at.saturating_sub(self.origin) / self.step).max(self.first);
            let index = (number - self.first) as usize;
            if index < Series::MOST {
                if index >= self.buckets.len() {
                    self.buckets.resize(index + 1, Bucket::default());
                }
                self.current = index;
                self.current_start = self.origin + number * self.step;
                return;
            }
            self.widen();
        }
    }

    /// Doubles the width: neighbours that share a bucket of twice the width are added.
    fn widen(&mut self) {
        let odd = (self.first & 1) as usize;
        let mut wide = Vec::with_capacity(self.buckets.len() / 2 + 1);
        wide.resize((self.buckets.len() + odd).div_ceil(2), Bucket::default());
        for (index, narrow) in self.buckets.iter().enumerate() {
            wide[index.midpoint(odd)].absorb(narrow);
        }
        self.buckets = wide;
        self.first /= 2;
        self.step = self.step.saturating_mul(2);
        self.current = self.current.midpoint(odd);
        self.current_start = self.origin + (self.first + self.current as u64) * self.step;
    }
}

/// Width to begin with, nanoseconds.
const STEP: u64 = 1_000_000_000;
/// Buckets that a new stream has room for.
const ROOM: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn packets(meter: &SeriesMeter) -> Vec<u32> {
        meter.buckets.iter().map(|b| b.packets).collect()
    }

    #[test]
    fn buckets_lie_on_the_captures_clock() {
        let mut meter = SeriesMeter::new(100 * S, 103 * S + S / 2);
        meter.bucket(103 * S + S / 2).packets += 1;
        meter.bucket(104 * S).packets += 1;
        meter.bucket(106 * S + 1).packets += 1;
        meter.bucket(104 * S + 5).packets += 1;
        let series = meter.snapshot();
        assert_eq!(series.start, Timestamp::from_nanos(103 * S));
        assert_eq!(packets(&meter), [1, 2, 0, 1]);
    }

    #[test]
    fn a_clock_that_steps_back_counts_in_the_first_bucket() {
        let mut meter = SeriesMeter::new(100 * S, 103 * S);
        meter.bucket(99 * S).packets += 1;
        meter.bucket(101 * S).packets += 1;
        assert_eq!(packets(&meter), [2]);
    }

    #[test]
    fn a_long_stream_doubles_its_buckets_and_keeps_its_sums() {
        let start = 3 * S;
        let mut meter = SeriesMeter::new(0, start);
        for second in 0..10_000 {
            meter.bucket(start + second * S).packets += 1;
        }
        assert!(meter.buckets.len() <= Series::MOST);
        assert_eq!(meter.step, 4 * S);
        assert_eq!(meter.first, 0);
        assert_eq!(packets(&meter).iter().sum::<u32>(), 10_000);
        assert_eq!(packets(&meter)[..3], [1, 4, 4]);
    }

    #[test]
    fn a_gap_of_ages_ends() {
        let mut meter = SeriesMeter::new(0, 0);
        meter.bucket(u64::MAX).packets += 1;
        meter.bucket(0).packets += 1;
        assert!(meter.buckets.len() <= Series::MOST);
        assert_eq!(packets(&meter).iter().sum::<u32>(), 2);
    }

    #[test]
    fn a_loss_that_is_found_leaves_its_bucket() {
        let mut meter = SeriesMeter::new(0, 0);
        meter.bucket(0).lost = 2;
        meter.bucket(3 * S).packets = 1;
        meter.found();
        let lost: Vec<u32> = meter.buckets.iter().map(|b| b.lost).collect();
        assert_eq!(lost, [1, 0, 0, 0]);
    }

    #[test]
    fn two_paths_add_up_whatever_their_widths() {
        let mut one = SeriesMeter::new(0, 0);
        (0..5_000).for_each(|s| one.bucket(s * S).packets += 1);
        let mut two = SeriesMeter::new(0, 5_000 * S);
        (5_000..5_010).for_each(|s| two.bucket(s * S).packets += 1);
        one.append(two);
        one.settle_lost(7, 5_000 * S);
        assert_eq!(packets(&one).iter().sum::<u32>(), 5_010);
        assert_eq!(one.buckets.iter().map(|b| b.lost).sum::<u32>(), 7);
        one.settle_lost(3, 0);
        assert_eq!(one.buckets.iter().map(|b| b.lost).sum::<u32>(), 3);
    }
}
