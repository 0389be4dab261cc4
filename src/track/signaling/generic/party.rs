//! Which handle a message belongs to: the peer connection with one other party.
//!
//! Told, strongest first, by the party's name · by the request that a response answers · by a candidate's user fragment · as the latest one.
//! A party may call again: an offer from a new session (`o=`), with new credentials and a new certificate, is a new peer connection.

use crate::track::signaling::carried::attribute;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::ledger::Ledger;

/// The parties of a dialogue, one for each handle.
#[derive(Debug, Clone, Default)]
pub(super) struct Parties {
    list: Vec<Party>,
    latest: Option<usize>,
}

/// The other end of one peer connection.
#[derive(Debug, Clone, Default)]
struct Party {
    name: Option<String>,
    /// Index in the dialogue's handles.
    handle: usize,
    /// Latest description of the client, and of the party.
    said: [Option<Identity>; 2],
    /// User fragments of both.
    ufrags: Vec<String>,
}

/// What stays the same for as long as a peer connection lives, but for its user fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    /// User name and session id of the `o=` line (RFC 8866 §5.2).
    session: Option<String>,
    fingerprint: Option<String>,
    ufrag: Option<String>,
}

/// What is known about the owner of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose<'a> {
    /// Which end sent it.
    pub(super) from: Sender,
    /// The other party's name, when the message gives it.
    pub(super) name: Option<&'a str>,
    /// Handle of the request that this answers.
    pub(super) asked: Option<usize>,
}

impl Parties {
    /// The handle of a message, opened when it is a new party's; `None` when nothing tells, or at the bound.
    pub(super) fn resolve(
        &mut self,
        ledger: &mut Ledger,
        dialogue: usize,
        whose: &Whose<'_>,
        carried: &[Carried],
    ) -> Option<usize> {
        let mut index = self.find(whose, carried);
        if index.is_none() && carried.is_empty() {
            return None;
        }
        let description = carried.iter().find_map(|one| match one {
            Carried::Description { kind, sdp } => Some((*kind, Identity::of(sdp))),
            _ => None,
        });
        if let (Some(found), Some((Some(DescriptionKind::Offer), identity))) = (index, &description)
            && self
                .list
                .get(found)
                .is_some_and(|party| party.is_over_for(whose.from, identity))
        {
            index = None;
        }
        let index = match index {
            Some(index) => index,
            None => self.open(ledger, dialogue, whose.name)?,
        };
        let taken: Vec<String> = self
            .list
            .iter()
            .filter_map(|party| party.name.clone())
            .collect();
        let party = self.list.get_mut(index)?;
        if let (None, Some(name)) = (&party.name, whose.name) {
            party.name = Some(name.to_owned());
            if let Some(handle) = ledger.handle(dialogue, Some(party.handle)) {
                handle.id = unique(name, &taken);
            }
        }
        party.remember(
            whose.from,
            description.map(|(_, identity)| identity),
            carried,
        );
        self.latest = Some(index);
        Some(party.handle)
    }

    fn find(&self, whose: &Whose<'_>, carried: &[Carried]) -> Option<usize> {
        if let Some(name) = whose.name {
            let named = self
                .list
                .iter()
                .rposition(|party| party.name.as_deref() == Some(name));
            // An offer to whoever is in the room gets its party with the first answer.
            return named.or_else(|| self.list.iter().rposition(|party| party.name.is_none()));
        }
        if let Some(asked) = whose.asked {
            return self.list.iter().position(|party| party.handle == asked);
        }
        let ufrag = carried.iter().find_map(|one| match one {
            Carried::Candidate { ufrag, .. } => ufrag.as_ref(),
            _ => None,
        });
        let same = ufrag.and_then(|ufrag| {
            self.list
                .iter()
                .rposition(|party| party.ufrags.contains(ufrag))
        });
        same.or(self.latest)
    }

    fn open(&mut self, ledger: &mut Ledger, dialogue: usize, name: Option<&str>) -> Option<usize> {
        let taken: Vec<String> = self
            .list
            .iter()
            .filter_map(|party| party.name.clone())
            .collect();
        let id = match name {
            Some(name) => unique(name, &taken),
            None => (self.list.len() + 1).to_string(),
        };
        let handle = ledger.handle_index(dialogue, &id)?;
        self.list.push(Party {
            name: name.map(str::to_owned),
            handle,
            ..Party::default()
        });
        Some(self.list.len() - 1)
    }
}

impl Party {
    /// Does an offer with this identity begin another peer connection?
    fn is_over_for(&self, from: Sender, identity: &Identity) -> bool {
        let Some(Some(known)) = self.said.get(slot(from)) else {
            return false;
        };
        // A certificate may be used again and a server may write any `o=` line: only all three together mean another connection.
        known.session != identity.session
            && known.fingerprint != identity.fingerprint
            && known.ufrag != identity.ufrag
    }

    fn remember(&mut self, from: Sender, identity: Option<Identity>, carried: &[Carried]) {
        let trickled = carried.iter().filter_map(|one| match one {
            Carried::Candidate { ufrag, .. } => ufrag.clone(),
            Carried::Credentials { ufrag, .. } => Some(ufrag.clone()),
            _ => None,
        });
        let described = identity
            .as_ref()
            .and_then(|identity| identity.ufrag.clone());
        for ufrag in trickled.chain(described) {
            if self.ufrags.len() < UFRAGS_KEPT && !self.ufrags.contains(&ufrag) {
                self.ufrags.push(ufrag);
            }
        }
        if let (Some(slot), Some(identity)) = (self.said.get_mut(slot(from)), identity) {
            *slot = Some(identity);
        }
    }
}

impl Identity {
    fn of(sdp: &str) -> Self {
        let origin = sdp.lines().find_map(|line| line.strip_prefix("o="));
        let session = origin.map(|origin| {
            let words: Vec<&str> = origin.split_whitespace().take(2).collect();
            words.join(" ")
        });
        Self {
            session,
            fingerprint: attribute(sdp, "fingerprint").map(str::to_ascii_uppercase),
            ufrag: attribute(sdp, "ice-ufrag").map(str::to_owned),
        }
    }
}

const fn slot(from: Sender) -> usize {
    match from {
        Sender::Client => 0,
        Sender::Server => 1,
    }
}

/// `bob`, and `bob#2` when bob calls again.
fn unique(name: &str, taken: &[String]) -> String {
    match taken.iter().filter(|one| one.as_str() == name).count() {
        0 => name.to_owned(),
        before => format!("{name}#{}", before + 1),
    }
}

/// User fragments remembered per party.
const UFRAGS_KEPT: usize = 64;
