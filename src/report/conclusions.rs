//! Findings and verdicts by what they concern, looked up once: a capture of a busy server has thousands of calls.

use hashbrown::HashMap;
use hashbrown::HashSet;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Verdict;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::PeerConnectionId;

/// Who concerns whom. Numbers are positions in the list of findings.
#[derive(Debug)]
pub struct Conclusions<'a> {
    calls: HashMap<PeerConnectionId, About<'a>>,
    sessions: HashMap<DialogueId, About<'a>>,
    sessions_with_call: HashSet<DialogueId>,
    general: Vec<usize>,
}

/// What is concluded about one call, or about one session without a call.
#[derive(Debug, Default)]
pub struct About<'a> {
    /// How it came out.
    pub verdict: Option<&'a Verdict>,
    /// Findings about it.
    pub findings: Vec<usize>,
}

impl<'a> Conclusions<'a> {
    /// Of one analysis.
    pub fn new(analysis: &'a Analysis) -> Self {
        let connections = analysis.scene.peer_connections.iter();
        let mut conclusions = Self {
            calls: HashMap::new(),
            sessions: HashMap::new(),
            sessions_with_call: connections
                .filter_map(|connection| connection.dialogue)
                .collect(),
            general: Vec::new(),
        };
        for (index, finding) in analysis.findings.iter().enumerate() {
            match conclusions.about(finding.peer_connection, finding.dialogue) {
                Some(about) => about.findings.push(index),
                None => conclusions.general.push(index),
            }
        }
        for verdict in &analysis.verdicts {
            if let Some(about) = conclusions.about(verdict.peer_connection, verdict.dialogue) {
                about.verdict.get_or_insert(verdict);
            }
        }
        conclusions
    }

    fn about(
        &mut self,
        call: Option<PeerConnectionId>,
        session: Option<DialogueId>,
    ) -> Option<&mut About<'a>> {
        match (call, session) {
            (Some(call), _) => Some(self.calls.entry(call).or_default()),
            // A session with calls has no place of its own in the reports.
            (None, Some(session)) if !self.has_call(session) => {
                Some(self.sessions.entry(session).or_default())
            }
            _ => None,
        }
    }

    /// What is concluded about a call.
    pub fn of_call(&self, id: PeerConnectionId) -> Option<&About<'a>> {
        self.calls.get(&id)
    }

    /// What is concluded about a session without a call.
    pub fn of_session(&self, id: DialogueId) -> Option<&About<'a>> {
        self.sessions.get(&id)
    }

    /// Findings about the capture, or about sessions beyond their calls.
    pub fn general(&self) -> &[usize] {
        &self.general
    }

    /// Did this session lead to a call?
    pub fn has_call(&self, id: DialogueId) -> bool {
        self.sessions_with_call.contains(&id)
    }
}
