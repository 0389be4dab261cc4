//! Instants and spans, in nanoseconds.

use std::fmt;
use std::time::Duration;

/// Instant a frame was captured, in nanoseconds since the Unix epoch (UTC).
///
/// Source: the capture file, scaled by its interface's `if_tsresol`. The range ends in the year 2554; later instants saturate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Time elapsed since `earlier`; zero when `earlier` is in fact later (captures step back).
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Signed seconds from `origin` to this instant, nanoseconds kept as far as `f64` carries them.
    pub fn seconds_from(self, origin: Self) -> f64 {
        (i128::from(self.0) - i128::from(origin.0)) as f64 / 1e9
    }

    /// This instant moved later by `span`, saturating.
    #[must_use]
    pub const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_nanos() as u64))
    }
}

impl fmt::Display for Timestamp {
    /// `seconds.nanoseconds` since the epoch, as tcpdump's `-tt` prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_back_is_no_negative_duration() {
        let (early, late) = (Timestamp::from_nanos(1), Timestamp::from_nanos(5));
        assert_eq!(early.since(late), Duration::ZERO);
        assert!(early.seconds_from(late) < 0.0);
    }
}
