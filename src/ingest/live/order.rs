//! Frames of several interfaces, in order of time.
//!
//! Each ring gives its frames some milliseconds late, in blocks. A frame is held for [`HOLD`], so that those of other interfaces that came
//! before it can overtake. Bounded: beyond [`MOST_BYTES`] the earliest go at once.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::vocab::time::Timestamp;

/// Frames that are held.
#[derive(Debug, Default)]
pub(super) struct Order {
    held: BinaryHeap<Held>,
    bytes: usize,
    count: u64,
}

/// A frame that is held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// When it was captured.
    pub(super) at: Timestamp,
    /// How many were held before it: equal times keep their order.
    count: u64,
    /// When it came out of its ring, since some instant.
    since: Duration,
    /// The interface's position.
    pub(super) interface: usize,
    /// Length on the wire.
    pub(super) length: u32,
    /// Its bytes.
    pub(super) data: Vec<u8>,
}

impl Order {
    /// Holds a frame that came out of its ring at `now`.
    pub(super) fn hold(
        &mut self,
        at: Timestamp,
        interface: usize,
        length: u32,
        data: &[u8],
        now: Duration,
    ) {
        self.count += 1;
        self.bytes += data.len();
        self.held.push(Held {
            at,
            count: self.count,
            since: now,
            interface,
            length,
            data: data.to_vec(),
        });
    }

    /// The earliest frame, once it was held long enough at `now`; `all`: at once.
    pub(super) fn next(&mut self, now: Duration, all: bool) -> Option<Held> {
        let first = self.held.peek()?;
        if !all && self.bytes <= MOST_BYTES && now.saturating_sub(first.since) < HOLD {
            return None;
        }
        let held = self.held.pop()?;
        self.bytes -= held.data.len();
        Some(held)
    }
}

impl Ord for Held {
    /// The earliest is the greatest: it leaves the heap first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.count).cmp(&(self.at, self.count))
    }
}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Time that a frame is held: a few times what a ring holds its frames back.
const HOLD: Duration = Duration::from_millis(60);
/// Bytes held.
const MOST_BYTES: usize = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_two_interfaces_come_in_order_of_time() {
        let mut order = Order::default();
        let ms = Duration::from_millis;
        let at = |ms: u64| Timestamp::from_nanos(ms * 1_000_000);
        order.hold(at(5), 0, 1, &[], ms(20));
        order.hold(at(7), 0, 1, &[], ms(20));
        assert!(order.next(ms(30), false).is_none());
        order.hold(at(6), 1, 1, &[], ms(40));
        let mut seen = Vec::new();
        while let Some(held) = order.next(ms(80), false) {
            seen.push((held.at, held.interface));
        }
        // The one held since 20 ms waits behind the one held since 40 ms.
        assert_eq!(seen, [(at(5), 0)]);
        while let Some(held) = order.next(ms(80), true) {
            seen.push((held.at, held.interface));
        }
        assert_eq!(seen, [(at(5), 0), (at(6), 1), (at(7), 0)]);
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut order = Order::default();
        for n in 0..40 {
            order.hold(
                Timestamp::from_nanos(n),
                0,
                1,
                &vec![0; 1 << 20],
                Duration::ZERO,
            );
        }
        let mut gone = 0;
        while order.next(Duration::ZERO, false).is_some() {
            gone += 1;
        }
        assert_eq!(gone, 8);
    }
}
