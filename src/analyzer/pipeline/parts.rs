//! An analyzer taken apart: at the end of the capture, and when it is of no more use (see [`crate::analyzer::retired`]).

use std::sync::Arc;

use crate::analyzer::pictures::Pictures;
use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::secured::Secured;
use crate::sdp::description::Description;
use crate::track::dtls;
use crate::track::ice::IceTracker;
use crate::track::signaling::Signaling;

impl Analyzer {
    /// Into how many parts is taken apart what is left without its bulk and its descriptions.
    pub(in crate::analyzer) const PARTS: usize = 5;

    /// The descriptions that were read, in order of their messages.
    pub(in crate::analyzer) fn take_descriptions(&mut self) -> Vec<Arc<Description>> {
        let descriptions = std::mem::take(&mut self.above.trackers().descriptions);
        let mut descriptions: Vec<_> = descriptions.into_iter().collect();
        descriptions.sort_unstable_by_key(|(key, _)| *key);
        descriptions.into_iter().map(|(_, read)| read).collect()
    }

    /// Forgets what only a packet to come would ask for: the end of the capture.
    pub(super) fn forget_what_waits(&mut self) {
        self.demux.forget_tcp();
        let trackers = self.above.trackers();
        trackers.secured = Secured::default();
        trackers.pictures = Pictures::default();
        trackers.signaling.forget_what_waits();
        trackers.dtls.forget_what_waits();
    }

    /// Forgets a part of what is left, from 0 on, below [`Analyzer::PARTS`].
    pub(in crate::analyzer) fn forget_part(&mut self, part: usize) {
        let trackers = self.above.trackers();
        match part {
            0 => self.demux.forget_tcp(),
            1 => trackers.dtls = dtls::Tracker::default(),
            2 => trackers.signaling = Signaling::default(),
            3 => trackers.ice = IceTracker::new(0),
            _ => *self = Self::new(self.limits),
        }
    }
}
