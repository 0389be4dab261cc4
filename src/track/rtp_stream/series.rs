//! A stream over time: buckets of one width on the capture's clock, so that the streams of a capture line up.

use std::time::Duration;

use crate::track::rtp_stream::buckets::Bucket;
use crate::track::rtp_stream::buckets::Buckets;
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
    pub buckets: Buckets,
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
    /// The bucket of the last packet, a copy of its own beside the others: most packets need no other.
    open: Bucket,
    /// When it starts.
    open_start: u64,
    /// Width, nanoseconds.
    step: u64,
    /// Its place in `buckets`, which learns what it counted when another one is opened.
    place: usize,
    /// Start of the capture, nanoseconds.
    origin: u64,
    /// Number of the first bucket, counted from the capture's start.
    first: u64,
    buckets: Buckets,
}

impl SeriesMeter {
    /// A stream of a capture that starts at `origin`, whose first packet is at `at`.
    pub(super) fn new(origin: u64, at: u64) -> Self {
        let first = at.saturating_sub(origin) / STEP;
        let mut buckets = Buckets::default();
        buckets.reach(0);
        Self {
            open: Bucket::default(),
            open_start: origin + first * STEP,
            step: STEP,
            place: 0,
            origin,
            first,
            buckets,
        }
    }

    /// A field of each cache line that the next packet touches; what they are means nothing.
    #[inline]
    pub(super) fn warm(&self) -> u64 {
        self.open_start + u64::from(self.open.packets)
    }

    /// The bucket of instant `at`. Instants before the first bucket (the capture's clock stepped back) count in the first.
    #[inline]
    pub(super) fn bucket(&mut self, at: u64) -> &mut Bucket {
        if at.wrapping_sub(self.open_start) >= self.step {
            self.seek(at);
        }
        &mut self.open
    }

    /// Counts a frame that ended with the last packet.
    #[inline]
    pub(super) fn end_frame(&mut self, size: u32) {
        self.open.largest_frame = self.open.largest_frame.max(size);
    }

    /// Takes back a loss: the packet came after all. Found where it was counted, the latest first.
    pub(super) fn found(&mut self) {
        if self.open.lost > 0 {
            self.open.lost -= 1;
            return;
        }
        let lossy = |bucket: &Bucket| bucket.lost > 0;
        let place = self.buckets.iter().take(self.place).rposition(lossy);
        if let Some(place) = place {
            self.buckets.at(place).lost -= 1;
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
        for (number, theirs) in (later.first..).zip(later.closed().iter()) {
            let ours = self.bucket(self.origin + number * later.step);
            ours.absorb(theirs);
        }
    }

    /// Sets the sum of all losses to `lost`: what a merge found out on top goes to the bucket of `at`.
    pub(super) fn settle_lost(&mut self, lost: u64, at: u64) {
        let known: u64 = self.closed().iter().map(|it| u64::from(it.lost)).sum();
        let bucket = self.bucket(at);
        let more = u32::try_from(lost.saturating_sub(known)).unwrap_or(u32::MAX);
        bucket.lost = bucket.lost.saturating_add(more);
        self.close();
        let mut less = known.saturating_sub(lost);
        for place in (0..self.buckets.len()).rev() {
            let part = less.min(self.buckets.get(place).map_or(0, |it| it.lost.into()));
            if part > 0 {
                self.buckets.at(place).lost -= part as u32;
                less -= part;
            }
        }
        self.open();
    }

    /// The buckets so far.
    pub(super) fn snapshot(&self) -> Series {
        Series {
            start: Timestamp::from_nanos(self.origin + self.first * self.step),
            step: Duration::from_nanos(self.step),
            buckets: self.closed(),
        }
    }

    /// All buckets, the open one among them.
    fn closed(&self) -> Buckets {
        let mut buckets = self.buckets.clone();
        *buckets.at(self.place) = self.open;
        buckets
    }

    /// Writes the open bucket where it belongs.
    fn close(&mut self) {
        *self.buckets.at(self.place) = self.open;
    }

    /// Opens the bucket at `place`.
    fn open(&mut self) {
        self.buckets.reach(self.place);
        self.open = self.buckets.get(self.place).copied().unwrap_or_default();
    }

    /// Makes the bucket of `at` the open one, adding buckets or doubling their width as needed.
    #[cold]
    fn seek(&mut self, at: u64) {
        self.close();
        loop {
            let number = (at.saturating_sub(self.origin) / self.step).max(self.first);
            let place = (number - self.first) as usize;
            if place < Series::MOST {
                self.place = place;
                self.open_start = self.origin + number * self.step;
                self.open();
                return;
            }
            self.double();
        }
    }

    /// Doubles the width of all buckets.
    fn widen(&mut self) {
        self.close();
        self.double();
        self.open();
    }

    /// The same while the open bucket is closed: neighbours that share a bucket of twice the width are added.
    fn double(&mut self) {
        let odd = (self.first & 1) as usize;
        let mut wide = vec![Bucket::default(); (self.buckets.len() + odd).div_ceil(2)];
        for (place, narrow) in self.buckets.iter().enumerate() {
            wide[place.midpoint(odd)].absorb(narrow);
        }
        self.buckets = wide.into_iter().collect();
        self.first /= 2;
        self.step = self.step.saturating_mul(2);
        self.place = self.place.midpoint(odd);
        self.open_start = self.origin + (self.first + self.place as u64) * self.step;
    }
}

/// Width to begin with, nanoseconds.
const STEP: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn packets(meter: &SeriesMeter) -> Vec<u32> {
        meter.closed().iter().map(|b| b.packets).collect()
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
        let lost: Vec<u32> = meter.closed().iter().map(|b| b.lost).collect();
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
        assert_eq!(one.closed().iter().map(|b| b.lost).sum::<u32>(), 7);
        one.settle_lost(3, 0);
        assert_eq!(one.closed().iter().map(|b| b.lost).sum::<u32>(), 3);
    }
}
