//! Sequence numbers: which packets came, which never did (RFC 3550 A.1, A.3).
//!
//! A ring of up to 2¹⁶ bits remembers what was seen of the last 2¹⁶ numbers, so a late packet fills its hole and a repeat is known as one:
//! `lost = numbers in the range − numbers seen`, whatever came twice. The ring begins small and doubles with the stream: most are short.

/// What one stream's sequence numbers show.
#[derive(Debug, Clone)]
pub(super) struct Sequences {
    /// One bit per number, at its low bits; a power of two of them, at least as many as the run has numbers, up to [`WINDOW`].
    seen: Vec<u64>,
    /// First and highest number of the current run, extended past roll-overs.
    base: u64,
    high: u64,
    /// Different numbers seen in the current run.
    unique: u64,
    /// Numbers expected and seen in the runs before a restart.
    earlier_expected: u64,
    earlier_unique: u64,
    /// A number far off, waiting for one that follows it.
    candidate: Option<Candidate>,
    /// Packets that came after one with a higher number, and filled a hole.
    pub(super) reordered: u64,
    /// Packets whose number had been seen.
    pub(super) repeated: u64,
    /// Times that numbering began anew.
    pub(super) restarts: u64,
}

/// How a packet's number relates to those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Beyond the highest so far; so many numbers were passed over.
    Ahead { skipped: u64 },
    /// Behind the highest, and not seen before: it fills a hole.
    Late,
    /// Before the first number of the stream: the range grew downwards by so many, this one included.
    Early { grown: u64 },
    /// Seen before.
    Repeated,
    /// So far off that the next packet has to confirm it.
    Doubtful,
    /// Second packet of a new run; numbering began anew.
    Restarted,
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    sequence: u16,
    silence: u64,
}

/// How fast the stream ran up to a packet; nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Time since the packet before.
    pub(super) silence: u64,
    /// Packets before this one.
    pub(super) packets: u64,
    /// Time from the first packet to the last before this one.
    pub(super) span: u64,
}

impl Pace {
    /// Could an outage of `silence` have swallowed `numbers`? At a pace of the stream's own, give or take.
    fn explains(self, silence: u64, numbers: u16) -> bool {
        let rate = self.packets as f64 / self.span.max(1) as f64;
        f64::from(numbers) <= OUTAGE_MARGIN * rate * silence as f64
    }
}

impl Sequences {
    /// A stream whose first packet has `sequence`.
    pub(super) fn new(sequence: u16) -> Self {
        let start = FIRST_CYCLE + u64::from(sequence);
        let mut sequences = Self {
            seen: vec![0; FIRST_WORDS],
            base: start,
            high: start,
            unique: 1,
            earlier_expected: 0,
            earlier_unique: 0,
            candidate: None,
            reordered: 0,
            repeated: 0,
            restarts: 0,
        };
        sequences.mark(start);
        sequences
    }

    /// Places the next packet. `newer` says that its RTP timestamp is later than that of the highest packet: then it is no late one.
    /// `pace` tells a long outage from a restart.
    #[inline]
    pub(super) fn observe(&mut self, sequence: u16, newer: bool, pace: Pace) -> Place {
        let delta = sequence.wrapping_sub(self.high as u16).cast_signed();
        match delta {
            1 => {
                self.candidate = None;
                self.make_room(1);
                self.high += 1;
                self.mark(self.high);
                self.unique += 1;
                Place::Ahead { skipped: 0 }
            }
            2..MAX_DROPOUT => {
                self.candidate = None;
                self.advance(delta.unsigned_abs().into())
            }
            MAX_DROPOUT.. => self.far(sequence, pace),
            0 => self.behind(0),
            _ if delta > -MAX_MISORDER || delta > -MAX_DROPOUT && !newer => {
                let back = u64::from(delta.unsigned_abs());
                if self.high - back < self.base && self.base - (self.high - back) > MAX_EARLY {
                    return self.far(sequence, pace);
                }
                self.behind(back)
            }
            _ => self.far(sequence, pace),
        }
    }

    /// The marks of the highest number, next to which the next one most likely goes; what they are means nothing.
    #[inline]
    pub(super) fn warm_deep(&self) -> u64 {
        let (word, _) = self.place(self.high);
        self.seen.get(word).copied().unwrap_or_default()
    }

    /// Highest number of the current run, roll-overs in the upper bits, as a receiver report has it.
    pub(super) const fn extended_highest(&self) -> u64 {
        self.high - FIRST_CYCLE
    }

    /// The packet index of `sequence` (RFC 3711 §3.3.1): roll-over counter and number, as near to the highest as can be. `None` before the first
    /// cycle, and once numbering began anew, for a sender's counter does not.
    pub(super) const fn index(&self, sequence: u16) -> Option<u64> {
        if self.restarts > 0 {
            return None;
        }
        let delta = sequence.wrapping_sub(self.high as u16).cast_signed();
        match self.high.checked_add_signed(delta as i64) {
            Some(number) => number.checked_sub(FIRST_CYCLE),
            None => None,
        }
    }

    /// First number of the current run.
    pub(super) const fn first_sequence(&self) -> u16 {
        self.base as u16
    }

    /// Highest number of the current run, as it stood in the packet.
    pub(super) const fn last_sequence(&self) -> u16 {
        self.high as u16
    }

    /// Numbers never seen, over all runs.
    pub(super) const fn lost(&self) -> u64 {
        (self.earlier_expected + self.high - self.base + 1)
            .saturating_sub(self.earlier_unique + self.unique)
    }

    /// Different numbers seen, over all runs.
    pub(super) const fn unique(&self) -> u64 {
        self.earlier_unique + self.unique
    }

    /// Adds what `other` saw of the same numbering. `later` when it began after this one had ended.
    /// Gives how many numbers both saw.
    pub(super) fn absorb(&mut self, other: &Self, later: bool) -> u64 {
        // The two extended ranges differ by whole cycles: line up the ends that are near in time.
        let mark = if later { other.base } else { other.high };
        let delta = (mark as u16).wrapping_sub(self.high as u16).cast_signed();
        let aligned = self.high.cast_signed() + i64::from(delta);
        let shift = aligned - mark.cast_signed();
        let move_over = |number: u64| number.checked_add_signed(shift).unwrap_or(0);
        let (base, high) = (move_over(other.base), move_over(other.high));
        self.grow_to(self.high.max(high) - self.base.min(base));
        let mut both = 0;
        let mut fresh = Vec::new();
        for number in base.max(high.saturating_sub(WINDOW - 1))..=high {
            // A shift by whole cycles leaves the place in the ring as it is.
            if !other.is_marked(number) {
                continue;
            }
            if number <= self.high && number >= self.base && self.remembers(number) {
                both += 1;
            } else {
                fresh.push(number);
            }
        }
        // What lies before the other's window is known by its count only.
        let old = other.unique.saturating_sub(both + fresh.len() as u64);
        if high > self.high {
            for number in self.high + 1..=high.min(self.high + WINDOW) {
                self.unmark(number);
            }
            self.high = high;
        }
        self.base = self.base.min(base);
        for number in fresh {
            if self.high - number < WINDOW {
                self.mark(number);
            }
            self.unique += 1;
        }
        self.unique = (self.unique + old).min(self.high - self.base + 1);
        self.earlier_expected += other.earlier_expected;
        self.earlier_unique += other.earlier_unique;
        self.reordered += other.reordered;
        self.repeated += other.repeated;
        self.restarts += other.restarts;
        self.candidate = None;
        both
    }

    /// Goes `steps` beyond the highest.
    fn advance(&mut self, steps: u64) -> Place {
        self.make_room(steps);
        for number in self.high + 1..self.high + steps {
            self.unmark(number);
        }
        self.high += steps;
        self.mark(self.high);
        self.unique += 1;
        Place::Ahead { skipped: steps - 1 }
    }

    /// `back` below the highest.
    fn behind(&mut self, back: u64) -> Place {
        let number = self.high - back;
        if self.is_marked(number) {
            self.repeated += 1;
            return Place::Repeated;
        }
        self.mark(number);
        self.unique += 1;
        self.reordered += 1;
        if number < self.base {
            let grown = self.base - number;
            self.base = number;
            return Place::Early { grown };
        }
        Place::Late
    }

    /// A number far from the highest: believed when the next packet follows it (RFC 3550 A.1).
    fn far(&mut self, sequence: u16, pace: Pace) -> Place {
        let follows = self.candidate.is_some_and(|candidate| {
            (1..=MAX_CANDIDATE_STEP).contains(&sequence.wrapping_sub(candidate.sequence))
        });
        let Some(candidate) = self.candidate.filter(|_| follows) else {
            self.candidate = Some(Candidate {
                sequence,
                silence: pace.silence,
            });
            return Place::Doubtful;
        };
        self.candidate = None;
        let jump = candidate.sequence.wrapping_sub(self.high as u16);
        let step = u64::from(sequence.wrapping_sub(candidate.sequence));
        // An outage of the path or of the capture skips about as many numbers as the stream would have sent.
        if pace.explains(candidate.silence, jump) {
            let Place::Ahead { skipped } = self.advance(jump.into()) else {
                return Place::Doubtful;
            };
            let Place::Ahead { skipped: more } = self.advance(step) else {
                return Place::Doubtful;
            };
            return Place::Ahead {
                skipped: skipped + more,
            };
        }
        self.earlier_expected += self.high - self.base + 1;
        self.earlier_unique += self.unique;
        self.restarts += 1;
        self.seen.fill(0);
        self.base = FIRST_CYCLE + u64::from(candidate.sequence);
        self.high = self.base;
        self.mark(self.base);
        self.unique = 1;
        self.advance(step);
        Place::Restarted
    }

    /// Grows the ring when the run, `steps` longer and with the room that a late packet needs, outgrows it.
    #[inline]
    fn make_room(&mut self, steps: u64) {
        let bits = self.seen.len() as u64 * 64;
        if bits < WINDOW && self.high + steps - self.base + LATE_ROOM >= bits {
            self.grow_to(self.high + steps - self.base);
        }
    }

    #[cold]
    fn grow_to(&mut self, range: u64) {
        let words = ((range + LATE_ROOM + 1).min(WINDOW) as usize)
            .div_ceil(64)
            .next_power_of_two();
        if words <= self.seen.len() {
            return;
        }
        let bits = self.seen.len() as u64 * 64;
        let small = std::mem::replace(&mut self.seen, vec![0; words]);
        // As far back as the small ring told numbers apart.
        for number in self.high.saturating_sub(bits - 1)..=self.high {
            let at = (number >> 6) as usize & (small.len() - 1);
            if small
                .get(at)
                .is_some_and(|word| word >> (number & 63) & 1 == 1)
            {
                self.mark(number);
            }
        }
    }

    /// Word and bit of a number in the ring.
    #[inline]
    fn place(&self, number: u64) -> (usize, u32) {
        (
            (number >> 6) as usize & (self.seen.len() - 1),
            number as u32 & 63,
        )
    }

    fn remembers(&self, number: u64) -> bool {
        self.high - number >= WINDOW || self.is_marked(number)
    }

    #[inline]
    fn is_marked(&self, number: u64) -> bool {
        let (word, bit) = self.place(number);
        self.seen.get(word).is_some_and(|bits| bits >> bit & 1 == 1)
    }

    #[inline]
    fn mark(&mut self, number: u64) {
        let (word, bit) = self.place(number);
        if let Some(bits) = self.seen.get_mut(word) {
            *bits |= 1 << bit;
        }
    }

    #[inline]
    fn unmark(&mut self, number: u64) {
        let (word, bit) = self.place(number);
        if let Some(bits) = self.seen.get_mut(word) {
            *bits &= !(1 << bit);
        }
    }
}

/// Numbers remembered.
const WINDOW: u64 = 1 << 16;
/// Words of a new stream's ring: 8 192 numbers.
const FIRST_WORDS: usize = 128;
/// Numbers below the first and above the highest that a packet may have and still be placed.
const LATE_ROOM: u64 = 4_096;
/// Extended numbers start one cycle up, so that a late packet before the first can't go below zero.
const FIRST_CYCLE: u64 = 1 << 16;
/// Numbers that may be skipped at once without doubt (RFC 3550 A.1 `MAX_DROPOUT`).
const MAX_DROPOUT: i16 = 3000;
/// How far back a packet may be that has a newer timestamp (RFC 3550 A.1 `MAX_MISORDER`); with an older one, `MAX_DROPOUT`.
const MAX_MISORDER: i16 = 100;
/// How far below its first number a stream may grow: the capture began amid reordering.
const MAX_EARLY: u64 = 100;
/// How far the packet after a doubtful one may be ahead of it.
const MAX_CANDIDATE_STEP: u16 = 16;
/// An outage may skip so many times the numbers that the rate so far explains.
const OUTAGE_MARGIN: f64 = 4.0;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const STEADY: Pace = Pace {
        silence: 20_000_000,
        packets: 100,
        span: 2_000_000_000,
    };

    fn feed(numbers: &[u16]) -> Sequences {
        let mut sequences = Sequences::new(numbers[0]);
        for &number in &numbers[1..] {
            sequences.observe(number, false, STEADY);
        }
        sequences
    }

    #[test]
    fn a_roll_over_is_no_loss() {
        let s = feed(&[65_534, 65_535, 0, 1]);
        assert_eq!((s.lost(), s.unique(), s.extended_highest()), (0, 4, 65_537));
    }

    #[test]
    fn a_late_packet_fills_its_hole() {
        let s = feed(&[10, 12, 13, 11, 20]);
        assert_eq!((s.lost(), s.reordered, s.repeated), (6, 1, 0));
    }

    #[test]
    fn a_repeat_hides_no_loss() {
        let s = feed(&[10, 12, 12, 12]);
        assert_eq!((s.lost(), s.repeated), (1, 2));
    }

    #[test]
    fn reordering_at_the_start_moves_the_first_number() {
        let mut s = Sequences::new(11);
        assert_eq!(s.observe(10, false, STEADY), Place::Early { grown: 1 });
        assert_eq!((s.lost(), s.reordered), (0, 1));
        assert_eq!(s.observe(7, false, STEADY), Place::Early { grown: 3 });
        assert_eq!(s.lost(), 2);
    }

    #[test]
    fn one_stray_number_changes_nothing() {
        let s = feed(&[10, 40_000, 11, 12]);
        assert_eq!((s.lost(), s.restarts, s.extended_highest()), (0, 0, 12));
    }

    #[test]
    fn two_packets_of_a_new_run_are_a_restart() {
        let s = feed(&[10, 11, 40_000, 40_001, 40_003]);
        assert_eq!((s.lost(), s.restarts, s.unique()), (1, 1, 5));
        assert_eq!(s.extended_highest(), 40_003);
    }

    #[test]
    fn a_long_outage_is_loss_and_no_restart() {
        let mut s = feed(&[10, 11]);
        let after = Pace {
            silence: 100_000_000_000,
            ..STEADY
        };
        assert_eq!(s.observe(5_011, true, after), Place::Doubtful);
        assert_eq!(
            s.observe(5_012, true, STEADY),
            Place::Ahead { skipped: 4_999 }
        );
        assert_eq!((s.lost(), s.restarts), (4_999, 0));
    }

    #[test]
    fn a_newer_timestamp_far_behind_is_no_late_packet() {
        let mut s = feed(&[1_000, 1_001]);
        assert_eq!(s.observe(500, true, STEADY), Place::Doubtful);
        assert_eq!(s.observe(501, true, STEADY), Place::Restarted);
        assert_eq!((s.restarts, s.lost()), (1, 0));
    }

    #[test]
    fn two_halves_on_two_paths_are_whole() {
        let mut first = feed(&[65_530, 65_531, 65_532]);
        let both = first.absorb(&feed(&[65_533, 65_535, 0, 1]), true);
        assert_eq!(
            (both, first.lost(), first.extended_highest()),
            (0, 1, 65_537)
        );
    }

    #[test]
    fn copies_on_a_second_path_fill_holes_only() {
        let mut first = feed(&[1, 2, 4, 5, 6]);
        let both = first.absorb(&feed(&[2, 3, 4, 6, 7]), false);
        assert_eq!((both, first.lost(), first.unique()), (3, 0, 7));
        assert_eq!(first.repeated, 0);
        assert_eq!(first.observe(8, true, STEADY), Place::Ahead { skipped: 0 });
    }

    /// A stream with losses, repeats and bounded reordering.
    fn journey() -> impl Strategy<Value = Vec<u64>> {
        (
            0_u64..65_536,
            proptest::collection::vec((0_i64..12, 0_u8..10), 1..600),
        )
            .prop_map(|(start, steps)| {
                let mut ahead = start + 65_536;
                steps
                    .into_iter()
                    .map(|(jitter, kind)| match kind {
                        0 => {
                            ahead += 1 + jitter.unsigned_abs() * 40;
                            ahead
                        }
                        1 | 2 => (ahead - jitter.unsigned_abs()).max(start + 65_536),
                        _ => {
                            ahead += 1;
                            ahead
                        }
                    })
                    .collect()
            })
    }

    proptest! {
        #[test]
        fn counts_agree_with_a_set_of_all_numbers(numbers in journey()) {
            let low: Vec<u16> = numbers.iter().map(|&n| n as u16).collect();
            let s = feed(&low);
            let set: BTreeSet<u64> = numbers.iter().copied().collect();
            let range = set.last().unwrap() - set.first().unwrap() + 1;
            prop_assert_eq!(s.unique(), set.len() as u64);
            prop_assert_eq!(s.lost(), range - set.len() as u64);
            prop_assert_eq!(s.repeated, (numbers.len() - set.len()) as u64);
            prop_assert_eq!(s.restarts, 0);
        }

        #[test]
        fn a_merge_agrees_with_one_set(numbers in journey(), mask in proptest::collection::vec(0_u8..3, 600)) {
            // 0: first path only, 1: second only, 2: both.
            let of = |keep: u8| -> Vec<u64> {
                numbers.iter().zip(&mask).filter(|&(_, &m)| m == keep || m == 2).map(|(&n, _)| n).collect()
            };
            let (one, two) = (of(0), of(1));
            prop_assume!(!one.is_empty() && !two.is_empty());
            let low = |list: &[u64]| -> Vec<u16> { list.iter().map(|&n| n as u16).collect() };
            let mut merged = feed(&low(&one));
            merged.absorb(&feed(&low(&two)), false);
            let all: BTreeSet<u64> = one.iter().chain(&two).copied().collect();
            prop_assert_eq!(merged.unique(), all.len() as u64);
            prop_assert_eq!(merged.lost(), all.last().unwrap() - all.first().unwrap() + 1 - all.len() as u64);
        }

        #[test]
        fn any_numbers_are_safe(numbers in proptest::collection::vec((any::<u16>(), any::<bool>()), 1..300)) {
            let mut s = Sequences::new(numbers[0].0);
            for &(number, newer) in &numbers {
                s.observe(number, newer, STEADY);
            }
            prop_assert!(s.lost() < 300 * 66_000);
        }
    }
}
