//! Packets by payload type: a stream has one or two of them, and 128 counters for each stream would fill caches for nothing.

use crate::vocab::ids::PayloadType;

/// How many packets came with each payload type, in order of first sight.
#[derive(Debug, Clone, Default)]
pub(super) struct PayloadTypes(Vec<(PayloadType, u32)>);

impl PayloadTypes {
    /// Counts packets.
    #[inline]
    pub(super) fn add(&mut self, payload_type: PayloadType, packets: u32) {
        let known = self.0.iter_mut().find(|(known, _)| *known == payload_type);
        match known {
            Some((_, count)) => *count = count.saturating_add(packets),
            None => self.0.push((payload_type, packets)),
        }
    }

    /// Adds those of the same stream on another path.
    pub(super) fn absorb(&mut self, later: &Self) {
        for &(payload_type, packets) in &later.0 {
            self.add(payload_type, packets);
        }
    }

    /// Packets with this payload type.
    #[inline]
    pub(super) fn of(&self, payload_type: PayloadType) -> u32 {
        let known = self.0.iter().find(|(known, _)| *known == payload_type);
        known.map_or(0, |&(_, packets)| packets)
    }

    /// All of them; of as many packets, the lower number first.
    pub(super) fn most_used_first(&self) -> Vec<(PayloadType, u64)> {
        let counts = self.0.iter();
        let mut all: Vec<_> = counts.map(|&(kind, count)| (kind, count.into())).collect();
        all.sort_by_key(|&(kind, packets)| (std::cmp::Reverse(packets), kind));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_counted_and_sorted_by_use() {
        let mut types = PayloadTypes::default();
        for kind in [111, 96, 96, 13] {
            types.add(PayloadType(kind), 1);
        }
        let mut other = PayloadTypes::default();
        other.add(PayloadType(0), 2);
        types.absorb(&other);
        assert_eq!(types.of(PayloadType(96)), 2);
        assert_eq!(types.of(PayloadType(5)), 0);
        let all = types.most_used_first();
        let expected = [(0, 2), (96, 2), (13, 1), (111, 1)];
        assert_eq!(
            all,
            expected.map(|(kind, count)| (PayloadType(kind), count))
        );
    }
}
