//! When to take the next snapshot: a large one takes its time, so that the one after it waits ten times as long.

use std::time::Duration;

/// When to take the next snapshot of an analysis that goes on.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    least: Duration,
    next: Duration,
}

impl Pace {
    /// A snapshot at once, and later ones with at least this time between them.
    pub const fn every(least: Duration) -> Self {
        Self {
            least,
            next: Duration::ZERO,
        }
    }

    /// Is it time for one? `now`: since the reading began, as for [`Pace::took`].
    pub fn is_due(&self, now: Duration) -> bool {
        now >= self.next
    }

    /// One was taken.
    pub fn took(&mut self, from: Duration, until: Duration) {
        let cost = until.saturating_sub(from);
        self.next = until + (cost * 10).max(self.least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_take_a_tenth_of_the_time_at_most() {
        let mut pace = Pace::every(Duration::from_millis(500));
        let seconds = Duration::from_secs;
        assert!(pace.is_due(seconds(0)));
        pace.took(seconds(0), seconds(2));
        assert!(!pace.is_due(seconds(21)));
        assert!(pace.is_due(seconds(22)));
        pace.took(seconds(22), seconds(22));
        assert!(!pace.is_due(seconds(22)) && pace.is_due(seconds(23)));
    }
}
