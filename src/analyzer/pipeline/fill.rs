//! How full an analyzer's tables are: in a capture without an end older calls make room before one of them turns away what comes.

use crate::analyzer::pipeline::Analyzer;

impl Analyzer {
    /// Peer connections and conversations so far.
    pub(in crate::analyzer) fn sizes(&mut self) -> (usize, usize) {
        (
            self.above.trackers().identities.iter().count(),
            self.demux.table().records().len(),
        )
    }

    /// How full the fullest table is that turns away what it has no room for: 1 is full.
    pub(in crate::analyzer) fn fullness(&mut self) -> f64 {
        let trackers = self.above.trackers();
        let above = [
            trackers.ice.fullness(),
            trackers.turn.fullness(),
            trackers.rtcp.fullness(),
            trackers.signaling.fullness(),
        ];
        above.into_iter().fold(self.demux.fullness(), f64::max)
    }
}
