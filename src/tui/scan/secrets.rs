//! The secrets that open what is saved: those of the connections in it, and no others.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;

use crate::analyzer::analysis::Analysis;
use crate::crypt::keylog::ClientRandom;
use crate::crypt::keylog::KeyLog;
use crate::filter::packet::Conversation;
use crate::filter::packet::conversation;
use crate::filter::rows::Rows;
use crate::tui::scan::judge::carried;
use crate::vocab::frame::Frame;

/// What is known to open conversations, and which of them were met.
#[derive(Debug)]
pub struct Secrets<'a> {
    key_log: &'a KeyLog,
    randoms: HashMap<Conversation, Vec<ClientRandom>>,
    /// Those of TLS and QUIC, which can only be opened whole.
    connections: HashSet<Conversation>,
    met: HashSet<Conversation>,
}

impl<'a> Secrets<'a> {
    /// Of what `analysis` knows the secrets of.
    pub fn new(analysis: &'a Analysis) -> Self {
        let mut secrets = Self {
            key_log: &analysis.key_log,
            randoms: HashMap::new(),
            connections: HashSet::new(),
            met: HashSet::new(),
        };
        if analysis.key_log.is_empty() {
            return secrets;
        }
        for flow in &analysis.scene.flows {
            let random = flow.tls.as_ref().and_then(|facts| facts.client_random);
            if let Some(random) = random {
                let at = conversation(&flow.tuple);
                if secrets.add(at, random) {
                    secrets.connections.insert(at);
                }
            }
        }
        let rows = Rows::new(analysis);
        for transport in &analysis.scene.dtls {
            let association = &transport.association;
            let at = crate::filter::packet::on_the_wire(&rows, association.flow.index());
            if let Some((at, random)) = at.zip(association.client_random) {
                secrets.add(at, random);
            }
        }
        secrets
    }

    fn add(&mut self, at: Conversation, random: ClientRandom) -> bool {
        let known = self.key_log.lines_for(&random) > 0;
        if known {
            self.randoms.entry(at).or_default().push(random);
        }
        known
    }

    /// A frame is saved.
    pub fn meet(&mut self, frame: &Frame<'_>) {
        if self.randoms.is_empty() {
            return;
        }
        let at = carried(frame).tuple.as_ref().map(conversation);
        self.met
            .extend(at.filter(|at| self.randoms.contains_key(at)));
    }

    /// Was a TLS or QUIC connection met that is to be opened?
    pub fn met_connection(&self) -> bool {
        self.met.iter().any(|at| self.connections.contains(at))
    }

    /// Is a frame of such a connection?
    pub fn is_of_connection(&self, frame: &Frame<'_>) -> bool {
        let at = carried(frame).tuple.as_ref().map(conversation);
        at.is_some_and(|at| self.met.contains(&at) && self.connections.contains(&at))
    }

    /// The secrets of what was met, as the text of a key log, and of how many handshakes they are.
    pub fn text(&self) -> (String, usize) {
        let randoms: BTreeSet<ClientRandom> = self
            .met
            .iter()
            .filter_map(|at| self.randoms.get(at))
            .flatten()
            .copied()
            .collect();
        let count = randoms.len();
        (self.key_log.text_for(randoms), count)
    }
}
