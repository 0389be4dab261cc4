//! `filter`: what a filter of calls leaves out of the report.

use hashbrown::HashSet;
use serde::Serialize;

use crate::filter::shown::Shown;
use crate::report::json::Report;

/// A filter, and how much it leaves.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Filter<'a> {
    /// The filter as typed.
    pub expression: &'a str,
    /// Peer connections in this report.
    pub shown: usize,
    /// Peer connections in the capture.
    pub of: usize,
}

impl<'a> Filter<'a> {
    /// What `shown` leaves.
    pub fn new(shown: &'a Shown) -> Self {
        Self {
            expression: &shown.expression,
            shown: shown.calls.len(),
            of: shown.of,
        }
    }
}

impl<'a> Report<'a> {
    /// Leaves out what is not shown.
    pub fn keep(&mut self, shown: &'a Shown) {
        self.filter = Some(Filter::new(shown));
        keep(&mut self.flows, &shown.flows);
        keep(&mut self.http, &shown.http);
        keep(&mut self.sessions, &shown.dialogues);
        keep(&mut self.peer_connections, &shown.calls);
        keep(&mut self.dtls, &shown.dtls);
        keep(&mut self.streams, &shown.streams);
        keep(&mut self.data_channels, &shown.data_channels);
        keep(&mut self.turn, &shown.turn);
        keep(&mut self.stun_servers, &shown.server_queries);
        keep(&mut self.nat_mappings, &shown.nat);
        keep(&mut self.findings, &shown.findings);
        keep(&mut self.verdicts, &shown.verdicts);
    }
}

/// Keeps the items whose positions are in `shown`.
fn keep<T>(items: &mut Vec<T>, shown: &HashSet<usize>) {
    let mut positions = 0..;
    items.retain(|_| positions.next().is_some_and(|index| shown.contains(&index)));
}
