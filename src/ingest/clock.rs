//! From an interface's ticks to nanoseconds since the Unix epoch (pcapng draft, `if_tsresol` and `if_tsoffset`).
//!
//! ```text
//!  if_tsresol   0 rrrrrrr   ticks of 10^-r s        1 rrrrrrr   ticks of 2^-r s
//!  if_tsoffset  signed seconds to add, in the section's byte order
//! ```
//!
//! Own arithmetic: `pcap-parser` gives no resolution for powers of two and reads the offset little-endian always.

use crate::vocab::time::Timestamp;

/// How one interface counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    tick: Tick,
    offset_seconds: i64,
}

impl Clock {
    /// The default of pcapng: microseconds since the epoch.
    pub const MICROSECONDS: Self = Self {
        tick: Tick::Nanoseconds(1_000),
        offset_seconds: 0,
    };

    /// From the option values; 6 and 0 are their defaults.
    pub const fn new(resolution: u8, offset_seconds: i64) -> Self {
        let exponent = resolution & 0x7f;
        let tick = match (resolution & 0x80 != 0, exponent) {
            (true, _) => Tick::PowerOfTwo(exponent),
            (false, 0..=9) => Tick::Nanoseconds(10_u64.pow(9 - exponent as u32)),
            // 10^19 is the largest power of ten that fits.
            (false, 10..=28) => Tick::PerNanosecond(10_u64.pow(exponent as u32 - 9)),
            // 2^64 ticks of 10^-29 s are less than a nanosecond.
            (false, _) => Tick::Nanoseconds(0),
        };
        Self {
            tick,
            offset_seconds,
        }
    }

    /// The instant of `ticks`; what lies before 1970 or after 2554 saturates.
    #[inline]
    pub fn at(self, ticks: u64) -> Timestamp {
        if self.offset_seconds == 0
            && let Tick::Nanoseconds(nanos) = self.tick
        {
            return Timestamp::from_nanos(ticks.saturating_mul(nanos));
        }
        let nanos = match self.tick {
            Tick::Nanoseconds(nanos) => u128::from(ticks) * u128::from(nanos),
            Tick::PerNanosecond(per) => u128::from(ticks / per),
            Tick::PowerOfTwo(exponent) => (u128::from(ticks) * 1_000_000_000) >> exponent,
        };
        // Below 2^94 and above -2^94: no sum of the two can overflow.
        let nanos = nanos.cast_signed() + i128::from(self.offset_seconds) * 1_000_000_000;
        Timestamp::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tick {
    /// A tick lasts this many nanoseconds.
    Nanoseconds(u64),
    /// This many ticks to a nanosecond.
    PerNanosecond(u64),
    /// A tick lasts 2^-n seconds.
    PowerOfTwo(u8),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(resolution: u8, offset: i64, ticks: u64, nanos: u64) {
        assert_eq!(
            Clock::new(resolution, offset).at(ticks),
            Timestamp::from_nanos(nanos),
            "resolution {resolution:#x}, offset {offset}, ticks {ticks}"
        );
    }

    #[test]
    fn decimal_resolutions_scale_up_and_down() {
        check(6, 0, 1_500_000, 1_500_000_000);
        check(9, 0, 1_500_000_001, 1_500_000_001);
        check(0, 0, 7, 7_000_000_000);
        check(12, 0, 1_500_999, 1_500);
        check(28, 0, u64::MAX, 1);
        check(29, 0, u64::MAX, 0);
        check(0x7f, 0, u64::MAX, 0);
    }

    #[test]
    fn powers_of_two_are_resolutions_too() {
        check(0x80, 0, 3, 3_000_000_000);
        check(0x8a, 0, 1_536, 1_500_000_000);
        check(0xa0, 0, 1 << 31, 500_000_000);
        check(0xff, 0, u64::MAX, 0);
    }

    #[test]
    fn an_offset_is_signed() {
        check(6, 10, 1, 10_000_001_000);
        check(6, -1, 1_500_000, 500_000_000);
        check(6, -5, 1_000_000, 0);
        check(9, i64::MIN, u64::MAX, 0);
        check(9, i64::MAX, 0, u64::MAX);
    }

    #[test]
    fn late_instants_saturate() {
        check(6, 0, u64::MAX, u64::MAX);
        check(0, 0, 1 << 40, u64::MAX);
    }
}
