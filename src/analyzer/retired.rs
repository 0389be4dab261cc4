//! An analysis whose time is over, taken apart piece by piece.
//!
//! ```text
//!  memory  │▒▒▒▒▒▒▒▒▒▒▒▄▄▄▄▄▄▄▄▄▄            │   retired     what goes leaves its room to what comes:
//!          │           ░░░░░░░░░░░░░░░░░░░░░░│   next        the sum stays what it is
//!          │█████████████████████████████████│   now
//! ```
//!
//! A thousand calls are a million pieces. Freeing all of them at once would hold up the packets that come meanwhile, and give memory back to the system
//! only to ask for it again: so as many go as come anew.

use std::sync::Arc;

use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::Bulk;
use crate::flow::exchange::Exchange;
use crate::flow::table::FlowRecord;
use crate::sdp::description::Description;

/// What is left of an analysis that was replaced.
#[derive(Debug)]
pub(super) struct Retired {
    bulk: Bulk,
    descriptions: Vec<Arc<Description>>,
    /// How many of each kind there were: flows, exchanges, dialogues, streams, descriptions.
    whole: [usize; 5],
    rest: Analyzer,
    /// Parts of the rest that are gone.
    parts_gone: usize,
}

impl Retired {
    /// All of `analyzer`, for now.
    pub(super) fn new(mut analyzer: Analyzer) -> Self {
        let bulk = analyzer.take_bulk();
        let descriptions = analyzer.take_descriptions();
        Self {
            whole: [
                bulk.flows.len(),
                bulk.http.len(),
                bulk.dialogues.len(),
                bulk.streams.len(),
                descriptions.len(),
            ],
            bulk,
            descriptions,
            rest: analyzer,
            parts_gone: 0,
        }
    }

    /// Forgets until this share of everything is left, from 0 to 1.
    pub(super) fn shrink_to(&mut self, share: f64) {
        let share = share.clamp(0.0, 1.0);
        let [flows, http, dialogues, streams, descriptions] = self
            .whole
            .map(|count| (count as f64 * share).ceil() as usize);
        self.bulk.flows.truncate(flows);
        self.bulk.http.truncate(http);
        self.bulk.dialogues.truncate(dialogues);
        self.bulk.streams.truncate(streams);
        self.descriptions.truncate(descriptions);
        let gone = ((1.0 - share) * Analyzer::PARTS as f64) as usize;
        while self.parts_gone < gone {
            self.rest.forget_part(self.parts_gone);
            self.parts_gone += 1;
        }
    }

    /// Forgets the rest; the room of the longest lists is for who needs as much next.
    pub(super) fn into_room(mut self) -> (Vec<FlowRecord>, Vec<Exchange>) {
        self.shrink_to(0.0);
        (self.bulk.flows, self.bulk.http)
    }

    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.bulk.flows.len() + self.bulk.http.len() + self.descriptions.len()
    }
}
