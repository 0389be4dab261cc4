//! What of an analysis a filter of calls leaves: the calls that pass, and what belongs to them. Ids stay what they are in the whole.

use hashbrown::HashSet;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::FindingLayer;
use crate::filter::Filter;
use crate::filter::rows::Row;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FlowId;
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
        for row in calls {
            if filter.passes(&rows, row)
                && let Row::Call(call) = row
            {
                shown.add_call(&rows, call);
            }
        }
        shown.add_conversations(analysis);
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
                Row::Flow(index) => self.flows.insert(index),
                Row::Http(index) => self.http.insert(index),
                Row::Finding(index) => self.findings.insert(index),
                Row::Dtls(index) => self.dtls.insert(index),
                Row::Turn(index) => self.turn.insert(index),
                Row::Call(_) | Row::Candidate(..) | Row::Pair(..) => true,
            };
        }
    }

    /// The conversations around those of the calls: outside a relay, to the relay, of the signaling; and what was learned of their sockets.
    fn add_conversations(&mut self, analysis: &Analysis) {
        let scene = &analysis.scene;
        let relays = scene.turn.iter().enumerate();
        let relays = relays.filter(|(index, _)| self.turn.contains(index));
        let exchanges = scene.http.iter().enumerate();
        let exchanges = exchanges.filter(|(index, _)| self.http.contains(index));
        let dialogues = scene.dialogues.iter().enumerate();
        let dialogues = dialogues.filter(|(index, _)| self.dialogues.contains(index));
        let outer = self.flows.iter().filter_map(|&index| {
            let relayed = scene.flows.get(index)?.relayed?;
            Some(relayed.outer)
        });
        let around: Vec<usize> = relays
            .map(|(_, turn)| turn.flow)
            .chain(exchanges.map(|(_, exchange)| exchange.flow))
            .chain(dialogues.flat_map(|(_, dialogue)| {
                // Of an HTTP dialogue, the exchanges above say which conversations were the calls' own.
                let messages = dialogue.messages.iter();
                messages
                    .filter(|message| message.exchange.is_none())
                    .map(|message| message.flow)
            }))
            .chain(outer)
            .map(FlowId::index)
            .collect();
        self.flows.extend(around);
        let sockets: HashSet<TransportAddress> = self
            .flows
            .iter()
            .filter_map(|&index| scene.flows.get(index))
            .flat_map(|flow| [flow.tuple.a, flow.tuple.b])
            .collect();
        let queries = scene.server_queries.iter().enumerate();
        for (index, query) in queries.filter(|(_, query)| sockets.contains(&query.client)) {
            self.server_queries.insert(index);
            self.flows.insert(query.flow.index());
        }
        let mappings = scene.nat.iter().enumerate();
        let mappings = mappings.filter(|(_, mapping)| sockets.contains(&mapping.base));
        self.nat.extend(mappings.map(|(index, _)| index));
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
