//! Frames: packets that share a timestamp. For video a picture, for audio usually one packet.
//!
//! Sizes, spacing and freezes are concluded from arrivals; whether a frame could be decoded, the wire does not say.

use std::time::Duration;

use crate::track::rtp_stream::jitter::JitterMeter;
use crate::track::rtp_stream::jitter::Jitters;
use crate::vocab::sighting::Sighting;

/// What the frames of a stream show.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frames {
    /// Different timestamps seen.
    pub count: u64,
    /// Frames per second between the first and the last, long gaps left out; `None` for fewer than two.
    pub per_second: Option<f64>,
    /// Smallest, median and largest frame, bytes after the RTP header; the median to about 9 %.
    pub sizes: Option<Sizes>,
    /// Jitter of each frame's first packet.
    pub jitter: Jitters,
    /// Longest time between the first packets of two frames.
    pub largest_gap: Duration,
    /// Frames several times larger than usual: probably key frames (inferred).
    pub large: u64,
    /// Freezes that a viewer would have seen, had all frames been decoded on arrival (inferred).
    pub freezes: Freezes,
}

/// Frame sizes, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Smallest.
    pub min: u32,
    /// Median, to about 9 %.
    pub median: u32,
    /// Largest.
    pub max: u32,
}

/// Freezes as webrtc-stats defines them: a frame later than max(3 × average, average + 150 ms) after the one before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Freezes {
    /// `freezeCount`.
    pub count: u64,
    /// `totalFreezesDuration`.
    pub total: Duration,
    /// The first [`Freezes::KEPT`].
    pub stretches: Vec<Freeze>,
}

impl Freezes {
    /// Freezes of which it is kept when they were.
    pub const KEPT: usize = 64;
}

/// One freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freeze {
    /// First packet of the frame that stood still.
    pub from: Sighting,
    /// First packet of the one that came late.
    pub until: Sighting,
}

/// Counts frames, packet by packet.
#[derive(Debug, Clone)]
pub(super) struct FrameMeter {
    /// Timestamps of the latest frames, to know their late packets.
    recent: [u32; RECENT],
    next_recent: usize,
    current: u32,
    current_bytes: u32,
    current_packets: u32,
    count: u64,
    first_at: u64,
    last_at: u64,
    /// First packet of the current frame.
    begun: Sighting,
    paused: u64,
    largest_gap: u64,
    jitter: JitterMeter,
    sizes: Box<[u32; SIZE_CLASSES]>,
    min: u32,
    max: u32,
    mean_size: f32,
    large: u64,
    /// The last inter-frame times, nanoseconds, and their sum.
    spacings: Box<[u64; SPACINGS]>,
    spacings_sum: u64,
    spacings_taken: u64,
    freezes: u64,
    frozen: u64,
    freezes_kept: Vec<Freeze>,
}

impl FrameMeter {
    /// Starts with the first packet of the first frame.
    pub(super) fn new(seen: Sighting, timestamp: u32, bytes: u32) -> Self {
        let at = seen.at.nanos();
        Self {
            recent: [timestamp; RECENT],
            next_recent: 0,
            current: timestamp,
            current_bytes: bytes,
            current_packets: 1,
            count: 1,
            first_at: at,
            last_at: at,
            begun: seen,
            paused: 0,
            largest_gap: 0,
            jitter: JitterMeter::new(at, timestamp),
            sizes: Box::new([0; SIZE_CLASSES]),
            min: u32::MAX,
            max: 0,
            mean_size: 0.0,
            large: 0,
            spacings: Box::new([0; SPACINGS]),
            spacings_sum: 0,
            spacings_taken: 0,
            freezes: 0,
            frozen: 0,
            freezes_kept: Vec::new(),
        }
    }

    /// Takes a packet. When it begins a frame: the size of the one before, as far as that has come.
    #[inline]
    pub(super) fn observe(&mut self, seen: Sighting, timestamp: u32, bytes: u32) -> Option<u32> {
        if timestamp == self.current {
            self.current_bytes = self.current_bytes.saturating_add(bytes);
            self.current_packets += 1;
            return None;
        }
        if self.recent.contains(&timestamp) {
            return None;
        }
        let size = self.current_bytes;
        self.close();
        self.begin(seen, timestamp, bytes);
        Some(size)
    }

    /// Is it the frame that began last?
    pub(super) const fn is_current(&self, timestamp: u32) -> bool {
        self.current == timestamp
    }

    /// Fields of all cache lines that the next packet touches; what they are means nothing.
    #[inline]
    pub(super) fn warm(&self) -> u64 {
        u64::from(self.current) + self.count + self.largest_gap + self.freezes
    }

    /// The same behind the pointers.
    #[inline]
    pub(super) fn warm_deep(&self) -> u64 {
        let place = (self.spacings_taken % SPACINGS as u64) as usize;
        let class = self.sizes.get(class_of(self.current_bytes));
        let spacing = self.spacings.get(place).copied().unwrap_or_default();
        spacing + class.copied().map_or(0, u64::from)
    }

    /// Goes on after a restart of the stream's clock.
    pub(super) const fn resume(&mut self, at: u64, timestamp: u32) {
        self.jitter.resume(at, timestamp);
    }

    /// Adds the frames of the same stream on a path that it took after this one.
    pub(super) fn append(&mut self, later: Self) {
        self.close();
        let mut sizes = later.sizes.clone();
        for (ours, theirs) in sizes.iter_mut().zip(self.sizes.iter()) {
            *ours = ours.saturating_add(*theirs);
        }
        let handover = later.first_at.saturating_sub(self.last_at);
        let same = self.recent.contains(&later.recent[0]) && later.count == 1;
        *self = Self {
            count: self.count + later.count - u64::from(same),
            first_at: self.first_at,
            paused: self.paused + later.paused,
            largest_gap: self.largest_gap.max(later.largest_gap).max(handover),
            sizes,
            min: self.min.min(later.min),
            max: self.max.max(later.max),
            large: self.large + later.large,
            freezes: self.freezes + later.freezes,
            frozen: self.frozen + later.frozen,
            freezes_kept: self
                .freezes_kept
                .iter()
                .chain(&later.freezes_kept)
                .take(Freezes::KEPT)
                .copied()
                .collect(),
            ..later
        };
    }

    /// The figures as they stand, the open frame included.
    pub(super) fn snapshot(&self) -> Frames {
        let mut closed = self.clone();
        closed.close();
        let shown = self.last_at.saturating_sub(self.first_at + self.paused);
        Frames {
            count: self.count,
            per_second: (self.count > 1 && shown > 0)
                .then(|| (self.count - 1) as f64 * 1e9 / shown as f64),
            sizes: closed.sizes(),
            jitter: self.jitter.jitters(),
            largest_gap: Duration::from_nanos(self.largest_gap),
            large: closed.large,
            freezes: Freezes {
                count: self.freezes,
                total: Duration::from_nanos(self.frozen),
                stretches: self.freezes_kept.clone(),
            },
        }
    }

    fn begin(&mut self, seen: Sighting, timestamp: u32, bytes: u32) {
        let at = seen.at.nanos();
        let spacing = at.saturating_sub(self.last_at);
        self.count += 1;
        self.next_recent = (self.next_recent + 1) % RECENT;
        if let Some(place) = self.recent.get_mut(self.next_recent) {
            *place = timestamp;
        }
        self.current = timestamp;
        self.current_bytes = bytes;
        self.current_packets = 1;
        self.jitter.observe(at, timestamp);
        self.largest_gap = self.largest_gap.max(spacing);
        if spacing >= PAUSE {
            self.paused += spacing;
        } else if self.is_freeze(spacing) {
            self.note_freeze(seen, spacing);
        }
        self.last_at = self.last_at.max(at);
        self.begun = seen;
    }

    /// Is this spacing a freeze? Remembers it for the average, too.
    #[inline]
    fn is_freeze(&mut self, spacing: u64) -> bool {
        let taken = self.spacings_taken.min(SPACINGS as u64);
        // sum/n · 3 < spacing, and sum/n + 150 ms < spacing, without the division.
        let freeze = taken >= LEAST_SPACINGS
            && spacing * taken >= 3 * self.spacings_sum
            && (spacing.saturating_sub(FREEZE_FLOOR)) * taken >= self.spacings_sum;
        let place = (self.spacings_taken % SPACINGS as u64) as usize;
        if let Some(old) = self.spacings.get_mut(place) {
            self.spacings_sum = self.spacings_sum + spacing - *old;
            *old = spacing;
        }
        self.spacings_taken += 1;
        freeze
    }

    #[cold]
    fn note_freeze(&mut self, until: Sighting, spacing: u64) {
        self.freezes += 1;
        self.frozen += spacing;
        if self.freezes_kept.len() < Freezes::KEPT {
            let from = self.begun;
            self.freezes_kept.push(Freeze { from, until });
        }
    }

    /// Counts the size of the current frame.
    #[inline]
    fn close(&mut self) {
        let size = self.current_bytes;
        if let Some(class) = self.sizes.get_mut(class_of(size)) {
            *class = class.saturating_add(1);
        }
        self.min = self.min.min(size);
        self.max = self.max.max(size);
        let mean = self.mean_size;
        if mean > 0.0 && self.current_packets >= 3 && size as f32 > LARGE * mean {
            self.large += 1;
        } else {
            let gain = if mean > 0.0 { 1.0 / 16.0 } else { 1.0 };
            self.mean_size += (size as f32 - mean) * gain;
        }
    }

    fn sizes(&self) -> Option<Sizes> {
        let total: u64 = self.sizes.iter().map(|&n| u64::from(n)).sum();
        let mut below = 0;
        let class = self.sizes.iter().position(|&n| {
            below += u64::from(n);
            below * 2 >= total.max(1)
        })?;
        Some(Sizes {
            min: self.min,
            median: middle_of(class).clamp(self.min, self.max),
            max: self.max,
        })
    }
}

/// Size class: exact below 8, then four to an octave.
#[inline]
const fn class_of(size: u32) -> usize {
    if size < 8 {
        return size as usize;
    }
    let octave = size.ilog2();
    (octave * 4 + (size >> (octave - 2) & 3) - 4) as usize
}

/// Middle of a size class.
const fn middle_of(class: usize) -> u32 {
    if class < 8 {
        return class as u32;
    }
    let octave = (class as u32 + 4) / 4;
    let quarter = 1 << (octave - 2);
    (4 + (class as u32 & 3)) * quarter + quarter / 2
}

/// Frames whose late packets are still recognised.
const RECENT: usize = 16;
/// Size classes: 8 exact ones and 4 for each octave from 8 to 2³².
const SIZE_CLASSES: usize = 124;
/// Frames in the average that freezes are judged by (webrtc-stats `freezeCount`).
const SPACINGS: usize = 30;
/// Spacings needed before a freeze can be told.
const LEAST_SPACINGS: u64 = 5;
/// What a freeze lasts longer than the average by, at least: 150 ms.
const FREEZE_FLOOR: u64 = 150_000_000;
/// A spacing of 5 s or more is a pause, not a freeze (webrtc-stats `pauseCount`).
const PAUSE: u64 = 5_000_000_000;
/// How many times the usual size a frame has that is probably a key frame.
const LARGE: f32 = 3.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::address::Direction;
    use crate::vocab::ids::FlowId;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    fn at(milliseconds: u64) -> Sighting {
        Sighting {
            at: Timestamp::from_nanos(milliseconds * 1_000_000),
            frame: FrameNumber::new(0, milliseconds),
            flow: FlowId(0),
            direction: Direction::Forward,
        }
    }

    /// 90 kHz frames that start at these milliseconds, one packet of `size` each.
    fn frames(starts_ms: &[u64], size: u32) -> FrameMeter {
        let mut meter = FrameMeter::new(at(starts_ms[0]), 0, size);
        for &start in &starts_ms[1..] {
            meter.observe(at(start), (start * 90) as u32, size);
        }
        meter
    }

    #[test]
    fn packets_of_one_timestamp_are_one_frame() {
        let mut meter = FrameMeter::new(at(0), 10, 1_000);
        assert_eq!(meter.observe(at(1), 10, 500), None);
        assert_eq!(meter.observe(at(33), 3_010, 700), Some(1_500));
        // A late packet of the first frame.
        assert_eq!(meter.observe(at(34), 10, 100), None);
        let got = meter.snapshot();
        assert_eq!(got.count, 2);
        let sizes = got.sizes.unwrap();
        assert_eq!((sizes.min, sizes.max), (700, 1_500));
    }

    #[test]
    fn the_rate_is_frames_over_time() {
        let got = frames(&[0, 40, 80, 120, 160], 1).snapshot();
        assert_eq!(got.per_second, Some(25.0));
        assert_eq!(got.largest_gap, Duration::from_millis(40));
    }

    #[test]
    fn a_late_frame_is_a_freeze_by_the_definition_of_webrtc_stats() {
        let steady: Vec<u64> = (0..10).map(|i| i * 40).collect();
        let freeze_after = |gap: u64| {
            frames(&[&steady[..], &[360 + gap]].concat(), 1)
                .snapshot()
                .freezes
        };
        // max(3 · 40, 40 + 150) = 190 ms.
        assert_eq!(freeze_after(189).count, 0);
        let freeze = Freezes {
            count: 1,
            total: Duration::from_millis(190),
            stretches: vec![Freeze {
                from: at(360),
                until: at(550),
            }],
        };
        assert_eq!(freeze_after(190), freeze);
        assert_eq!(freeze_after(6_000).count, 0);
    }

    #[test]
    fn the_median_is_near() {
        for size in [1_u32, 7, 8, 100, 1_234, 40_000, 1_000_000, u32::MAX] {
            let median = frames(&[0, 40, 80], size).snapshot().sizes.unwrap().median;
            assert_eq!(median, size);
            let guess = f64::from(middle_of(class_of(size)));
            assert!(
                (guess / f64::from(size) - 1.0).abs() < 0.13,
                "{size}: {guess}"
            );
            assert!(class_of(size) < SIZE_CLASSES);
        }
    }

    #[test]
    fn a_frame_several_times_larger_stands_out() {
        let mut meter = frames(&[0, 40, 80, 120], 1_000);
        for _ in 0..4 {
            meter.observe(at(160), 14_400, 1_200);
        }
        meter.observe(at(200), 18_000, 900);
        assert_eq!(meter.snapshot().large, 1);
    }
}
