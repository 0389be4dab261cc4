//! Interarrival jitter (RFC 3550 §6.4.1, A.8), and which clock the timestamps run on.
//!
//! ```text
//! D(i−1, i) = (Rᵢ − Rᵢ₋₁) − (Sᵢ − Sᵢ₋₁)        J += (|D| − J) / 16
//! ```
//!
//! S counts in ticks of a clock that only signaling names. The estimator is cheap, so it runs once per usual clock rate, and
//! [`Jitters::at`] picks; nothing has to be computed again when the rate becomes known.

use crate::vocab::ids::PayloadType;

/// RTP clock rates that jitter is kept for, Hz.
pub const CLOCK_RATES: [u32; 8] = [1_000, 8_000, 16_000, 24_000, 32_000, 44_100, 48_000, 90_000];

/// Jitter, if the clock ran at each of [`CLOCK_RATES`]; nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Jitters(pub [f32; CLOCK_RATES.len()]);

impl Jitters {
    /// Seconds, for a clock of `rate` Hz; `None` for a rate that is not among [`CLOCK_RATES`].
    pub fn at(&self, rate: u32) -> Option<f64> {
        let lane = CLOCK_RATES.iter().position(|&known| known == rate)?;
        self.0.get(lane).map(|&nanos| f64::from(nanos) / 1e9)
    }
}

/// The running estimate over one sequence of (arrival, timestamp) pairs.
#[derive(Debug, Clone)]
pub(super) struct JitterMeter {
    jitters: Jitters,
    last_at: u64,
    last_timestamp: u32,
    /// First arrival, and ticks passed since, roll-overs included: the clock's pace.
    first_at: u64,
    ticks: i64,
}

impl JitterMeter {
    /// Starts with the first arrival, nanoseconds.
    pub(super) const fn new(at: u64, timestamp: u32) -> Self {
        Self {
            jitters: Jitters([0.0; CLOCK_RATES.len()]),
            last_at: at,
            last_timestamp: timestamp,
            first_at: at,
            ticks: 0,
        }
    }

    /// Takes the next arrival.
    #[inline]
    pub(super) fn observe(&mut self, at: u64, timestamp: u32) {
        // f32 keeps 24 bits: 1 ns in 16 ms, and far less than a tick over any gap that matters.
        let arrival = at.wrapping_sub(self.last_at).cast_signed() as f32;
        let ticks = timestamp.wrapping_sub(self.last_timestamp).cast_signed();
        for (jitter, nanos) in self.jitters.0.iter_mut().zip(&NANOS_PER_TICK) {
            let d = (arrival - ticks as f32 * nanos).abs();
            *jitter += (d - *jitter) * GAIN;
        }
        self.ticks += i64::from(ticks);
        self.last_at = at;
        self.last_timestamp = timestamp;
    }

    /// Goes on from here without judging the step: numbering and clock began anew.
    pub(super) const fn resume(&mut self, at: u64, timestamp: u32) {
        self.first_at = at;
        self.ticks = 0;
        self.last_at = at;
        self.last_timestamp = timestamp;
    }

    /// The estimate now.
    #[inline]
    pub(super) const fn jitters(&self) -> Jitters {
        self.jitters
    }

    /// Timestamp of the last arrival.
    #[inline]
    pub(super) const fn last_timestamp(&self) -> u32 {
        self.last_timestamp
    }

    /// The usual rate that the timestamps' pace comes nearest to, if it comes near.
    pub(super) fn nearest_rate(&self) -> Option<u32> {
        let nanos = self.last_at.checked_sub(self.first_at)?;
        if nanos < SHORTEST_SPAN || self.ticks <= 0 {
            return None;
        }
        let pace = self.ticks as f64 * 1e9 / nanos as f64;
        let off = |rate: u32| (pace / f64::from(rate)).ln().abs();
        let (rate, distance) = GUESSED_RATES
            .iter()
            .map(|&rate| (rate, off(rate)))
            .min_by(|a, b| a.1.total_cmp(&b.1))?;
        // 44.1 kHz lies near 48 kHz and hardly occurs: only a long and exact match is believed.
        if rate == 44_100 && (nanos < LONG_SPAN || distance > EXACT) {
            return (off(48_000) < NEAR).then_some(48_000);
        }
        (distance < NEAR).then_some(rate)
    }
}

/// Clock rate that RFC 3551 §6 assigns to a static payload type.
pub(super) const fn static_rate(payload_type: PayloadType) -> Option<u32> {
    match payload_type.0 {
        0 | 3..=5 | 7..=9 | 12 | 13 | 15 | 18 => Some(8_000),
        6 => Some(16_000),
        10 | 11 => Some(44_100),
        14 | 25 | 26 | 28 | 31..=34 => Some(90_000),
        _ => None,
    }
}

/// Nanoseconds of one tick, per clock rate.
const NANOS_PER_TICK: [f32; CLOCK_RATES.len()] = {
    let mut nanos = [0.0; CLOCK_RATES.len()];
    let mut i = 0;
    while i < nanos.len() {
        nanos[i] = 1e9 / CLOCK_RATES[i] as f32;
        i += 1;
    }
    nanos
};
/// Noise reduction of RFC 3550 §6.4.1.
const GAIN: f32 = 1.0 / 16.0;
/// Rates that a media clock has; text (1 kHz) is not guessed.
const GUESSED_RATES: [u32; 7] = [8_000, 16_000, 24_000, 32_000, 44_100, 48_000, 90_000];
/// Least time to judge a clock by, nanoseconds.
const SHORTEST_SPAN: u64 = 50_000_000;
/// Time to judge a clock that has a near neighbour by, nanoseconds.
const LONG_SPAN: u64 = 5_000_000_000;
/// Natural logarithm of the ratio that still counts as near.
const NEAR: f64 = 0.12;
/// The same for an exact match.
const EXACT: f64 = 0.01;

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn check(rate: u32, arrivals_ms: &[u64], ticks: &[u32], expected_ms: f64) {
        let mut meter = JitterMeter::new(arrivals_ms[0] * MS, ticks[0]);
        for (&at, &timestamp) in arrivals_ms.iter().zip(ticks).skip(1) {
            meter.observe(at * MS, timestamp);
        }
        let got = meter.jitters().at(rate).unwrap() * 1e3;
        assert!(
            (got - expected_ms).abs() < 1e-4,
            "{got} is not {expected_ms}"
        );
    }

    #[test]
    fn a_steady_stream_has_no_jitter() {
        check(8_000, &[0, 20, 40, 60], &[0, 160, 320, 480], 0.0);
        check(90_000, &[0, 40, 80], &[u32::MAX - 3_599, 0, 3_600], 0.0);
    }

    #[test]
    fn the_estimate_follows_rfc_3550_a_8() {
        // |D| = 5, 5, 0 ms: J = 5/16; then 5/16 + (5 − 5/16)/16; then that · 15/16.
        let (first, second) = (5.0 / 16.0, 5.0 / 16.0 + (5.0 - 5.0 / 16.0) / 16.0);
        check(8_000, &[0, 25], &[0, 160], first);
        check(8_000, &[0, 25, 40], &[0, 160, 320], second);
        check(
            8_000,
            &[0, 25, 40, 60],
            &[0, 160, 320, 480],
            second * 15.0 / 16.0,
        );
    }

    #[test]
    fn the_clock_is_told_by_its_pace() {
        for rate in [8_000, 16_000, 48_000, 90_000] {
            let mut meter = JitterMeter::new(0, 7);
            for i in 1..50_u64 {
                meter.observe(i * 20 * MS + i % 3 * MS, 7 + i as u32 * rate / 50);
            }
            assert_eq!(meter.nearest_rate(), Some(rate));
        }
        assert_eq!(JitterMeter::new(0, 0).nearest_rate(), None);
    }

    #[test]
    fn an_unusual_rate_has_no_estimate() {
        assert_eq!(Jitters::default().at(12_345), None);
        assert_eq!(static_rate(PayloadType(0)), Some(8_000));
        assert_eq!(static_rate(PayloadType(111)), None);
    }
}
