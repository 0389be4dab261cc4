//! Rows of an analysis, and which belong to one call.
//!
//! Most rows belong to one call. An HTTP exchange, a conversation with a server or a finding about signaling may belong to several: those
//! that the report would show it with.

use hashbrown::HashMap;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Verdict;
use crate::filter::surroundings::Surroundings;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::signaling::dialogue::Message;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::PeerConnectionId;

/// A list of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// `peerConnections`, with their `verdicts`
    Call,
    /// `streams`
    Stream,
    /// `flows`
    Flow,
    /// `http`
    Http,
    /// `findings`
    Finding,
    /// `peerConnections[].ice.candidates`
    Candidate,
    /// `peerConnections[].ice.pairs`
    Pair,
    /// `dtls`
    Dtls,
    /// `dataChannels`
    Channel,
    /// `turn`
    Turn,
    /// No list of the report: a packet of the capture, or a line that stands for some, like a ladder's.
    Packet,
}

impl RowKind {
    /// Those that the report lists.
    pub const ALL: [Self; 10] = [
        Self::Call,
        Self::Stream,
        Self::Flow,
        Self::Http,
        Self::Finding,
        Self::Candidate,
        Self::Pair,
        Self::Dtls,
        Self::Channel,
        Self::Turn,
    ];

    /// What the names of its fields begin with.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Stream => "stream",
            Self::Flow => "flow",
            Self::Http => "http",
            Self::Finding => "finding",
            Self::Candidate => "candidate",
            Self::Pair => "pair",
            Self::Dtls => "dtls",
            Self::Channel => "channel",
            Self::Turn => "turn",
            Self::Packet => "packet",
        }
    }
}

/// A row: positions in the lists of an analysis, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Row {
    /// A peer connection.
    Call(usize),
    /// An RTP stream.
    Stream(usize),
    /// A conversation.
    Flow(usize),
    /// An HTTP exchange.
    Http(usize),
    /// A finding.
    Finding(usize),
    /// A candidate: its peer connection, its place there.
    Candidate(usize, usize),
    /// A candidate pair: its peer connection, its place there.
    Pair(usize, usize),
    /// A DTLS association.
    Dtls(usize),
    /// A data channel.
    Channel(usize),
    /// A TURN allocation.
    Turn(usize),
    /// The packet that is asked about: [`crate::filter::packet::Packet`] says what is known of it.
    Packet,
}

impl Row {
    /// Which list it is in.
    pub const fn kind(self) -> RowKind {
        match self {
            Self::Call(_) => RowKind::Call,
            Self::Stream(_) => RowKind::Stream,
            Self::Flow(_) => RowKind::Flow,
            Self::Http(_) => RowKind::Http,
            Self::Finding(_) => RowKind::Finding,
            Self::Candidate(..) => RowKind::Candidate,
            Self::Pair(..) => RowKind::Pair,
            Self::Dtls(_) => RowKind::Dtls,
            Self::Channel(_) => RowKind::Channel,
            Self::Turn(_) => RowKind::Turn,
            Self::Packet => RowKind::Packet,
        }
    }
}

/// The rows of an analysis, with what it takes to go from a call to its rows and back.
#[derive(Debug)]
pub struct Rows<'a> {
    /// The analysis.
    pub analysis: &'a Analysis,
    verdicts: HashMap<usize, &'a Verdict>,
    findings: HashMap<usize, Vec<usize>>,
    http: HashMap<usize, Vec<usize>>,
    calls_of_http: HashMap<usize, Vec<usize>>,
    calls_of_flow: HashMap<usize, Vec<usize>>,
    calls_of_dialogue: HashMap<usize, Vec<usize>>,
}

impl<'a> Rows<'a> {
    /// Of one analysis.
    pub fn new(analysis: &'a Analysis) -> Self {
        let mut rows = Self {
            analysis,
            verdicts: HashMap::new(),
            findings: HashMap::new(),
            http: HashMap::new(),
            calls_of_http: HashMap::new(),
            calls_of_flow: HashMap::new(),
            calls_of_dialogue: HashMap::new(),
        };
        for verdict in &analysis.verdicts {
            if let Some(call) = verdict.peer_connection {
                rows.verdicts.entry(call.index()).or_insert(verdict);
            }
        }
        for (index, finding) in analysis.findings.iter().enumerate() {
            if let Some(call) = finding.peer_connection {
                rows.findings.entry(call.index()).or_default().push(index);
            }
        }
        for (call, connection) in analysis.scene.peer_connections.iter().enumerate() {
            let exchanges = exchanges(analysis, connection);
            for &exchange in &exchanges {
                rows.calls_of_http.entry(exchange).or_default().push(call);
            }
            rows.http.insert(call, exchanges);
            if let Some(dialogue) = connection.dialogue {
                let calls = rows.calls_of_dialogue.entry(dialogue.index());
                calls.or_default().push(call);
            }
        }
        let surroundings = Surroundings::new(analysis);
        for call in 0..analysis.scene.peer_connections.len() {
            for flow in surroundings.of(&rows, call).flows {
                rows.calls_of_flow.entry(flow).or_default().push(call);
            }
        }
        rows
    }

    /// How a call came out.
    pub fn verdict(&self, call: usize) -> Option<&'a Verdict> {
        self.verdicts.get(&call).copied()
    }

    /// The calls that a row belongs to. A packet belongs to those of its own rows.
    pub fn calls_of(&self, row: Row) -> Vec<usize> {
        let scene = &self.analysis.scene;
        let several = |calls: &HashMap<usize, Vec<usize>>, index: usize| {
            calls.get(&index).cloned().unwrap_or_default()
        };
        let owner = match row {
            Row::Call(call) | Row::Candidate(call, _) | Row::Pair(call, _) => return vec![call],
            Row::Http(index) => return several(&self.calls_of_http, index),
            Row::Flow(index) => return several(&self.calls_of_flow, index),
            Row::Finding(index) => {
                let finding = self.analysis.findings.get(index);
                let call = finding.and_then(|finding| finding.peer_connection);
                if let (None, Some(dialogue)) = (call, finding.and_then(|it| it.dialogue)) {
                    return several(&self.calls_of_dialogue, dialogue.index());
                }
                call
            }
            Row::Stream(index) => scene.streams.get(index).and_then(|it| it.peer_connection),
            Row::Dtls(index) => scene.dtls.get(index).and_then(|it| it.peer_connection),
            Row::Channel(index) => {
                let data = scene.data_channels.get(index);
                data.and_then(|it| it.peer_connection)
            }
            Row::Turn(index) => scene.turn_owner.get(index).copied().flatten(),
            Row::Packet => None,
        };
        owner.map(PeerConnectionId::index).into_iter().collect()
    }

    /// The rows of one kind that belong to a call.
    pub fn of_call(&self, call: usize, kind: RowKind) -> Vec<Row> {
        let Some(connection) = self.analysis.scene.peer_connections.get(call) else {
            return Vec::new();
        };
        let listed = |lists: &HashMap<usize, Vec<usize>>, row: fn(usize) -> Row| {
            let list = lists.get(&call).into_iter().flatten();
            list.map(|&index| row(index)).collect()
        };
        match kind {
            RowKind::Call => vec![Row::Call(call)],
            RowKind::Stream => {
                let ids = connection.streams.iter();
                ids.map(|id| Row::Stream(id.index())).collect()
            }
            RowKind::Flow => {
                let ids = connection.flows.iter();
                ids.map(|(id, _)| Row::Flow(id.index())).collect()
            }
            RowKind::Dtls => {
                let ids = connection.dtls.iter();
                ids.map(|id| Row::Dtls(id.index())).collect()
            }
            RowKind::Channel => {
                let positions = connection.data_channels.iter();
                positions.map(|&index| Row::Channel(index)).collect()
            }
            RowKind::Turn => {
                let ids = connection.turn.iter();
                ids.map(|id| Row::Turn(id.index())).collect()
            }
            RowKind::Candidate => (0..connection.ice.candidates.len())
                .map(|index| Row::Candidate(call, index))
                .collect(),
            RowKind::Pair => (0..connection.ice.pairs.len())
                .map(|index| Row::Pair(call, index))
                .collect(),
            RowKind::Http => listed(&self.http, Row::Http),
            RowKind::Finding => listed(&self.findings, Row::Finding),
            RowKind::Packet => Vec::new(),
        }
    }

    /// The messages of a call's signaling.
    pub fn messages<'b>(
        &'b self,
        connection: &'b PeerConnection,
    ) -> impl Iterator<Item = &'b Message> {
        messages(self.analysis, connection)
    }

    /// All rows of one kind, in the report's order.
    pub fn all(&self, kind: RowKind) -> Vec<Row> {
        let scene = &self.analysis.scene;
        let rows = |length: usize, row: fn(usize) -> Row| (0..length).map(row).collect();
        match kind {
            RowKind::Call => rows(scene.peer_connections.len(), Row::Call),
            RowKind::Stream => rows(scene.streams.len(), Row::Stream),
            RowKind::Flow => rows(scene.flows.len(), Row::Flow),
            RowKind::Http => rows(scene.http.len(), Row::Http),
            RowKind::Finding => rows(self.analysis.findings.len(), Row::Finding),
            RowKind::Dtls => rows(scene.dtls.len(), Row::Dtls),
            RowKind::Channel => rows(scene.data_channels.len(), Row::Channel),
            RowKind::Turn => rows(scene.turn.len(), Row::Turn),
            RowKind::Candidate | RowKind::Pair => (0..scene.peer_connections.len())
                .flat_map(|call| self.of_call(call, kind))
                .collect(),
            RowKind::Packet => Vec::new(),
        }
    }
}

/// The HTTP exchanges that carried a call's signaling: those of its handle, and those of the session that name no handle.
fn exchanges(analysis: &Analysis, connection: &PeerConnection) -> Vec<usize> {
    let mut exchanges: Vec<usize> = messages(analysis, connection)
        .filter_map(|message| message.exchange)
        .map(ExchangeId::index)
        .collect();
    exchanges.sort_unstable();
    exchanges.dedup();
    exchanges
}

/// The messages of a call's signaling: those of its handle, and those of the session that name no handle.
fn messages<'a>(
    analysis: &'a Analysis,
    connection: &'a PeerConnection,
) -> impl Iterator<Item = &'a Message> {
    let dialogue = connection
        .dialogue
        .and_then(|id| analysis.scene.dialogues.get(id.index()));
    dialogue.into_iter().flat_map(move |dialogue| {
        let own = |handle: usize| {
            let handle = dialogue.handles.get(handle);
            handle.map(|handle| &handle.id) == connection.handle.as_ref()
        };
        let messages = dialogue.messages.iter();
        messages
            .filter(move |message| connection.handle.is_none() || message.handle.is_none_or(own))
    })
}
