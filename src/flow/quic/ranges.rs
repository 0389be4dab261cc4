//! Sets of numbers that come nearly in order: packets seen, streams that are over.

use std::ops::RangeInclusive;

/// A set of numbers, kept as ranges: ascending, apart from each other. Bounded: the oldest gaps are closed.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranges {
    ranges: Vec<RangeInclusive<u64>>,
}

impl Ranges {
    /// Ranges kept; one more closes the oldest gap.
    const KEPT: usize = 256;

    /// Adds a number; false when it was there.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        let at = self.ranges.partition_point(|range| *range.end() < number);
        let next = self.ranges.get(at);
        if next.is_some_and(|range| range.contains(&number)) {
            return false;
        }
        let joins_next = next.is_some_and(|range| *range.start() == number + 1);
        let before = at.checked_sub(1).and_then(|at| self.ranges.get(at));
        let joins_before = before.is_some_and(|range| *range.end() + 1 == number);
        let start = match before {
            Some(range) if joins_before => *range.start(),
            _ => number,
        };
        let end = match next {
            Some(range) if joins_next => *range.end(),
            _ => number,
        };
        let replaced = at - usize::from(joins_before)..at + usize::from(joins_next);
        self.ranges.splice(replaced, [start..=end]);
        if let [first, second, ..] = self.ranges.as_slice()
            && self.ranges.len() > Self::KEPT
        {
            let joined = *first.start()..=*second.end();
            self.ranges.splice(..2, [joined]);
        }
        true
    }

    /// Are all numbers of `range` in the set?
    pub(super) fn covers(&self, range: &RangeInclusive<u64>) -> bool {
        let at = self
            .ranges
            .partition_point(|known| known.end() < range.start());
        let known = self.ranges.get(at);
        known.is_some_and(|known| known.start() <= range.start() && known.end() >= range.end())
    }

    /// Is the number in the set?
    pub(super) fn contains(&self, number: u64) -> bool {
        self.covers(&(number..=number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_one_range() {
        let mut seen = Ranges::default();
        for number in [5, 7, 6, 1, 0, 9, 3] {
            assert!(seen.insert(number));
        }
        assert!(!seen.insert(6) && !seen.insert(0));
        assert_eq!(seen.ranges, [0..=1, 3..=3, 5..=7, 9..=9]);
        assert!(seen.covers(&(5..=7)) && !seen.covers(&(5..=9)) && !seen.contains(4));
    }

    #[test]
    fn the_oldest_gaps_are_closed_first() {
        let mut seen = Ranges::default();
        for number in 0..10_000 {
            seen.insert(number * 2);
        }
        assert_eq!(seen.ranges.len(), Ranges::KEPT);
        assert!(seen.contains(1) && !seen.contains(19_997));
    }
}
