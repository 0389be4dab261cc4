//! Records that the capture holds twice. A retransmission takes a new record sequence number (RFC 6347 §4.2.4), so the same number again
//! is the same record: duplicated by the network, or captured on two interfaces.

/// What one sender's record numbers were.
#[derive(Debug, Clone, Default)]
pub(super) struct Replay {
    clear: Window,
    encrypted: Option<(u16, Window)>,
}

impl Replay {
    /// Was this record seen before? Remembers it.
    pub(super) fn is_duplicate(&mut self, epoch: u16, sequence: u64) -> bool {
        if epoch == 0 {
            return self.clear.is_duplicate(sequence);
        }
        match &mut self.encrypted {
            Some((current, window)) if *current == epoch => window.is_duplicate(sequence),
            Some((current, _)) if *current > epoch => false,
            other => {
                let mut window = Window::default();
                window.is_duplicate(sequence);
                *other = Some((epoch, window));
                false
            }
        }
    }
}

/// The highest number seen and, bit by bit, the 64 before it (RFC 6347 §4.1.2.6).
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    /// One more than the highest number; 0 while there is none.
    end: u64,
    /// Bit `n`: number `end - 1 - n` was seen.
    seen: u64,
}

impl Window {
    fn is_duplicate(&mut self, sequence: u64) -> bool {
        if sequence >= self.end {
            let shift = sequence + 1 - self.end;
            self.seen = if shift < 64 { self.seen << shift } else { 0 } | 1;
            self.end = sequence + 1;
            return false;
        }
        let age = self.end - 1 - sequence;
        if age >= 64 {
            return false;
        }
        let bit = 1 << age;
        let duplicate = self.seen & bit != 0;
        self.seen |= bit;
        duplicate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_again_is_a_duplicate() {
        let mut replay = Replay::default();
        let seen: Vec<_> = [0, 2, 1, 2, 1, 100, 40, 40, 3]
            .iter()
            .map(|&sequence| replay.is_duplicate(0, sequence))
            .collect();
        assert_eq!(
            seen,
            [false, false, false, true, true, false, false, true, false]
        );
    }

    #[test]
    fn each_epoch_counts_for_itself() {
        let mut replay = Replay::default();
        assert!(!replay.is_duplicate(0, 0));
        assert!(!replay.is_duplicate(1, 0));
        assert!(replay.is_duplicate(1, 0));
        assert!(replay.is_duplicate(0, 0));
        assert!(!replay.is_duplicate(2, 0));
        assert!(!replay.is_duplicate(1, (1 << 48) - 1));
    }
}
