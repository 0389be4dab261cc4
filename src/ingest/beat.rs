//! Frames that were stamped when they were handed over, and not when they passed: they come in bursts, at a steady beat, with nothing between.
//!
//! ```text
//! frames   ||||||·················||||||·················|||||||················||||||
//!          burst      nothing     burst
//!          ├────── interval ──────┤
//! ```
//!
//! Phones that pass their packets on once a second do so, and capture drivers that hand over full buffers only. Traffic can look alike (a frame
//! of a screen a second), so whether it is the clock is for somebody to say who knows what the packets are.

use std::time::Duration;

use crate::vocab::time::Timestamp;

/// Bursts one after the other, each as long after the one before as that one was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beat {
    /// When its first burst began.
    pub from: Timestamp,
    /// When its last one began.
    pub until: Timestamp,
    /// Intervals between.
    pub intervals: u64,
}

impl Beat {
    /// From burst to burst, on average.
    pub fn interval(&self) -> Duration {
        let nanos = self.until.since(self.from).as_nanos();
        let each = nanos.checked_div(self.intervals.into()).unwrap_or_default();
        Duration::from_nanos(u64::try_from(each).unwrap_or(u64::MAX))
    }
}

/// Looks for the longest beat while frames go by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bursts {
    /// When the burst began that is under way.
    began: Timestamp,
    /// Between the two last beginnings.
    last: Duration,
    now: Beat,
    /// Intervals of the longest beat.
    longest: u64,
}

impl Bursts {
    /// A frame at `at`, after one at `previous`: the beat that it makes the longest so far, if it does, and if that is none by chance.
    #[inline]
    pub(crate) fn observe(&mut self, at: Timestamp, previous: Timestamp) -> Option<Beat> {
        if at.since(previous) < HOLE {
            return None;
        }
        self.begin(at, previous)
    }

    #[cold]
    fn begin(&mut self, at: Timestamp, previous: Timestamp) -> Option<Beat> {
        let interval = at.since(self.began);
        let short = previous.since(self.began) * BURST_SHARE <= interval;
        let alike = interval.abs_diff(self.last) * DRIFT_SHARE <= interval;
        if short && alike {
            self.now.until = at;
            self.now.intervals += 1;
        } else {
            self.now = Beat {
                from: at,
                until: at,
                intervals: 0,
            };
        }
        self.last = interval;
        self.began = at;
        if self.now.intervals <= self.longest {
            return None;
        }
        self.longest = self.now.intervals;
        (self.longest >= BEATS).then_some(self.now)
    }
}

/// So long without any frame is a hole: media of a call comes every 20 ms or so.
const HOLE: Duration = Duration::from_millis(200);
/// A burst takes a fourth of the interval at most.
const BURST_SHARE: u32 = 4;
/// Two intervals are alike when they differ by a tenth of themselves.
const DRIFT_SHARE: u32 = 10;
/// Fewer intervals may be chance.
const BEATS: u64 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    /// The beat of frames at these milliseconds.
    fn beat_of(frames: impl IntoIterator<Item = u64>) -> Option<Beat> {
        let mut bursts = Bursts::default();
        let mut previous = Timestamp::default();
        let mut longest = None;
        for milliseconds in frames {
            let at = Timestamp::from_nanos(1_700_000_000_000_000_000 + milliseconds * 1_000_000);
            longest = bursts.observe(at, previous).or(longest);
            previous = at;
        }
        longest
    }

    fn burst(began: u64) -> impl Iterator<Item = u64> {
        (0..50).map(move |frame| began + frame)
    }

    #[test]
    fn bursts_at_a_steady_beat_are_found() {
        let beat = beat_of((0..12).flat_map(|second| burst(second * 1_010))).unwrap();
        assert_eq!(beat.interval(), Duration::from_millis(1_010));
        assert!(beat.intervals >= 10, "{beat:?}");
    }

    #[test]
    fn the_longest_beat_counts_and_ordinary_traffic_does_not_hide_it() {
        let steady = (0..500).map(|frame| frame * 20);
        let bursts = (0..9).flat_map(|second| burst(10_000 + second * 500));
        let after = (0..500).map(|frame| 15_000 + frame * 20);
        let beat = beat_of(steady.chain(bursts).chain(after)).unwrap();
        assert_eq!(beat.interval().as_millis(), 500);
    }

    #[test]
    fn media_and_bursts_without_a_beat_have_none() {
        assert_eq!(beat_of((0..1_000).map(|frame| frame * 20)), None);
        let uneven = [0, 700, 1_000, 2_900, 3_300, 5_000, 5_600, 8_000, 8_500];
        assert_eq!(beat_of(uneven.into_iter().flat_map(burst)), None);
        // Long bursts are traffic with pauses.
        let long = (0..12).flat_map(|second| (0..70).map(move |frame| second * 1_000 + frame * 10));
        assert_eq!(beat_of(long), None);
        assert_eq!(beat_of([]), None);
    }
}
