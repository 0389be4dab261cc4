//! What of an analysis a filter of calls leaves: the calls that pass, and what belongs to them. Ids stay what they are in the whole.

use hashbrown::HashSet;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::FindingLayer;
use crate::filter::Filter;
use crate::filter::rows::Row;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;
use crate::filter::surroundings::Surroundings;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::PeerConnectionId;

/// Positions, in the lists of an analysis, of what is left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The filter, as typed.
    pub expression: String,
    /// Peer connections.
    pub calls: HashSet<usize>,
    /// How many there are in all.
    pub of: usize,
    /// Their signaling dialogues.
    pub dialogues: HashSet<usize>,
    /// Conversations of theirs, of their signaling, and of their relays.
    pub flows: HashSet<usize>,
    /// HTTP exchanges of their signaling.
    pub http: HashSet<usize>,
    /// DTLS associations.
    pub dtls: HashSet<usize>,
    /// RTP streams.
    pub streams: HashSet<usize>,
    /// Data channels.
    pub data_channels: HashSet<usize>,
    /// TURN allocations.
    pub turn: HashSet<usize>,
    /// Queries of STUN servers from their sockets.
    pub server_queries: HashSet<usize>,
    /// NAT mappings of their sockets.
    pub nat: HashSet<usize>,
    /// Findings about them and their dialogues, and about the capture itself, which lower trust in all.
    pub findings: HashSet<usize>,
    /// Verdicts about them.
    pub verdicts: HashSet<usize>,
}

impl Shown {
    /// What `filter` leaves of `analysis`.
    pub fn new(analysis: &Analysis, filter: &Filter) -> Self {
        let rows = Rows::new(analysis);
        let calls = rows.all(RowKind::Call);
        let mut shown = Self {
            expression: filter.text().to_owned(),
            of: calls.len(),
            ..Self::default()
        };
        let surroundings = Surroundings::new(analysis);
        for row in calls {
            if filter.passes(&rows, row)
                && let Row::Call(call) = row
            {
                shown.add_call(&rows, call);
                let around = surroundings.of(&rows, call);
                shown.flows.extend(around.flows);
                shown.server_queries.extend(around.server_queries);
                shown.nat.extend(around.nat);
            }
        }
        shown.add_conclusions(analysis);
        shown
    }

    fn add_call(&mut self, rows: &Rows<'_>, call: usize) {
        self.calls.insert(call);
        let connections = &rows.analysis.scene.peer_connections;
        let dialogue = connections
            .get(call)
            .and_then(|connection| connection.dialogue);
        self.dialogues.extend(dialogue.map(DialogueId::index));
        for row in RowKind::ALL
            .iter()
            .flat_map(|kind| rows.of_call(call, *kind))
        {
            match row {
                Row::Stream(index) => self.streams.insert(index),
                Row::Http(index) => self.http.insert(index),
                Row::Finding(index) => self.findings.insert(index),
                Row::Dtls(index) => self.dtls.insert(index),
                Row::Channel(index) => self.data_channels.insert(index),
                Row::Turn(index) => self.turn.insert(index),
                // Conversations come with those around them.
                Row::Call(_) | Row::Flow(_) | Row::Candidate(..) | Row::Pair(..) | Row::Packet => {
                    true
                }
            };
        }
    }

    fn add_conclusions(&mut self, analysis: &Analysis) {
        for (index, verdict) in analysis.verdicts.iter().enumerate() {
            let call = verdict.peer_connection.map(PeerConnectionId::index);
            if call.is_some_and(|call| self.calls.contains(&call)) {
                self.verdicts.insert(index);
                self.findings.extend(verdict.cause);
            }
        }
        for (index, finding) in analysis.findings.iter().enumerate() {
            let about = match (finding.peer_connection, finding.dialogue) {
                (Some(_), _) => continue,
                (None, Some(dialogue)) => self.dialogues.contains(&dialogue.index()),
                (None, None) => finding.layer == FindingLayer::Capture,
            };
            if about {
                self.findings.insert(index);
            }
        }
    }
}
