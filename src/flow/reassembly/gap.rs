//! When to stop waiting: a hole that will not be filled any more becomes a gap.

use std::time::Duration;

use crate::flow::reassembly::Chunk;
use crate::flow::reassembly::half::Half;
use crate::flow::reassembly::half::distance;
use crate::vocab::time::Timestamp;

impl Half {
    /// Does something wait behind a hole that the peer has acknowledged to its end?
    pub(super) fn gap_is_acknowledged(&self) -> bool {
        let (Some(next), Some(last), Some(end)) = (self.next, self.peer.last, self.gap_end())
        else {
            return false;
        };
        let ahead = distance(next, last);
        ahead > 0 && ahead.unsigned_abs() >= end - self.delivered
    }

    /// Offset of what waits first behind a hole.
    pub(super) fn gap_end(&self) -> Option<u64> {
        let piece = self.pending.first().map(|(start, _)| start);
        let fin = self.fin.map(|fin| fin.offset);
        piece
            .into_iter()
            .chain(fin)
            .min()
            .filter(|&end| end > self.delivered && !self.ended)
    }

    pub(super) fn give_up_acknowledged(&mut self, sink: &mut impl FnMut(Chunk<'_>)) {
        while self.gap_is_acknowledged() && self.give_up(sink) {}
    }

    pub(super) fn give_up_late(&mut self, now: Timestamp, sink: &mut impl FnMut(Chunk<'_>)) {
        loop {
            let piece = self.pending.first().map(|(_, piece)| piece.at);
            let waiting = piece.or_else(|| self.fin.map(|fin| fin.at));
            let late = waiting.is_some_and(|since| now.since(since) >= PATIENCE);
            if !(late && self.give_up(sink)) {
                return;
            }
        }
    }

    pub(super) fn is_over_budget(&self) -> bool {
        let (pieces, bytes) = self.pending.size();
        pieces > PENDING_PIECES || bytes > PENDING_BYTES
    }

    /// Passes over the first hole; false when there is none.
    pub(super) fn give_up(&mut self, sink: &mut impl FnMut(Chunk<'_>)) -> bool {
        let Some(end) = self.gap_end() else {
            return false;
        };
        let origin = match (self.pending.first(), self.fin) {
            (Some((_, piece)), _) => Some((piece.at, piece.frame)),
            (None, fin) => fin.map(|fin| (fin.at, fin.frame)),
        };
        if let Some((at, frame)) = origin {
            self.skip(at, frame, end - self.delivered, sink);
        }
        self.hand_on(sink);
        true
    }
}

/// Bytes kept per direction for segments that wait for an earlier one; a receive window of signaling is far smaller.
pub const PENDING_BYTES: usize = 512 * 1024;
/// Pieces kept per direction: bounds what one-byte segments cost.
pub const PENDING_PIECES: usize = 512;
/// How long (capture time) a hole may wait for its bytes when no acknowledgment shows that the peer has them.
pub const PATIENCE: Duration = Duration::from_secs(10);
