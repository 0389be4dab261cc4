//! Signaling of no protocol we know: JSON or plain text that carries a session description or a candidate, recognised by shape.
//!
//! Parties talk through a server. What a client sends is its own; what the server delivers is another party's. A dialogue is one client at one
//! place of one server (URL, and room where the messages name one); each of its handles is the peer connection with one other party.
//!
//! | file | what |
//! | --- | --- |
//! | [`shape`] | descriptions, candidates and names anywhere in a body |
//! | [`party`] | which handle a message belongs to |

mod party;
mod shape;

use std::collections::HashMap;
use std::net::IpAddr;

use crate::track::signaling::carried::is_sdp;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Handle;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::dialogue::SignalingProtocol;
use crate::track::signaling::generic::party::Parties;
use crate::track::signaling::generic::party::Whose;
use crate::track::signaling::generic::shape::Group;
use crate::track::signaling::generic::shape::Names;
use crate::track::signaling::incoming::Incoming;
use crate::track::signaling::json;
use crate::track::signaling::ledger::Ledger;
use crate::track::signaling::ledger::Weight;
use crate::track::signaling::recent::Recent;
use crate::track::signaling::text;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;

/// Sorts messages by client, server, place and party.
#[derive(Debug, Clone)]
pub(super) struct Generic {
    talks: Vec<Talk>,
    places: HashMap<Place, Vec<usize>>,
    /// Talk, handle and message of each request that carried something.
    requests: Recent<ExchangeId, (usize, Option<usize>, Option<usize>)>,
}

/// Where a client talks: over HTTP any connection will do, a WebSocket is one page's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    client: IpAddr,
    server: TransportAddress,
    path: String,
    flow: Option<FlowId>,
}

/// A dialogue with what is needed to sort the next message.
#[derive(Debug, Clone)]
struct Talk {
    dialogue: usize,
    room: Option<String>,
    parties: Parties,
}

impl Default for Generic {
    fn default() -> Self {
        Self {
            talks: Vec::new(),
            places: HashMap::new(),
            requests: Recent::new(REQUESTS_KEPT),
        }
    }
}

impl Generic {
    /// Takes a message when it carries a description or a candidate, or belongs to a dialogue that did.
    pub(super) fn observe(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> bool {
        if incoming.body.is_empty()
            || incoming.body.len() > json::BODY_BYTES
            || incoming.method_is("OPTIONS")
        {
            return false;
        }
        let place = place(incoming);
        let known = self.places.contains_key(&place);
        if !known && !shape::may_carry(incoming.body) {
            return false;
        }
        let groups = match shape::read(incoming.body, incoming.media_type()) {
            Ok(groups) => groups,
            Err(offset) => {
                if known && incoming.complete {
                    ledger.fault("signaling-json-malformed", offset, incoming);
                }
                return known;
            }
        };
        let mut taken = false;
        for group in groups {
            taken |= self.group(ledger, incoming, &place, group);
        }
        taken
    }

    /// What one party said.
    fn group(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        place: &Place,
        mut group: Group,
    ) -> bool {
        let carries = !group.carried.is_empty();
        let room = group
            .names
            .room
            .take()
            .or_else(|| shape::room_in_query(incoming.query()));
        let Some(index) = self.talk(ledger, incoming, place, room, carries) else {
            return carries;
        };
        let Some(talk) = self.talks.get_mut(index) else {
            return carries;
        };
        group
            .carried
            .retain(|one| is_news(ledger, incoming, talk.dialogue, one));
        if carries && group.carried.is_empty() {
            ledger.touch(talk.dialogue, incoming);
            return true;
        }
        let asked = incoming
            .exchange
            .filter(|_| incoming.is_response())
            .and_then(|exchange| self.requests.get(&exchange));
        let asked = asked.copied().filter(|(talk, ..)| *talk == index);
        let name = match incoming.from {
            Sender::Client => group.names.to.as_deref(),
            Sender::Server => group.names.from.as_deref(),
        };
        let whose = Whose {
            from: incoming.from,
            name: name.or(group.names.peer.as_deref()),
            asked: asked.and_then(|(_, handle, _)| handle),
        };
        let handle = talk
            .parties
            .resolve(ledger, talk.dialogue, &whose, &group.carried);
        if let Some(handle) = ledger.handle(talk.dialogue, handle) {
            learn(handle, talk.room.as_deref(), incoming.from, &group.names);
        }
        let mut message = incoming
            .message(kind_of(&group.carried).map_or_else(|| group.word.clone(), str::to_owned));
        message.handle = handle;
        message.answers = asked.and_then(|(_, _, message)| message);
        message.carried = group.carried;
        message.summary = summary(&group.word, incoming.from, &group.names, &message.carried);
        let farewell = FAREWELLS.contains(&group.word.to_ascii_lowercase().as_str());
        if farewell {
            end(ledger, talk.dialogue, handle, incoming, &group.word);
        }
        let weight = if carries || farewell {
            Weight::News
        } else {
            Weight::Routine
        };
        let position = ledger.push(talk.dialogue, message, weight, incoming);
        if let (Some(exchange), true) = (incoming.exchange, incoming.is_request()) {
            self.requests.insert(exchange, (index, handle, position));
        }
        true
    }

    /// The dialogue for a room at a place. A message that names no room goes to the latest one there; a room named later names it.
    fn talk(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        place: &Place,
        room: Option<String>,
        open: bool,
    ) -> Option<usize> {
        let here = self
            .places
            .get(place)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let found = here.iter().rev().copied().find(|&index| {
            let known = self.talks.get(index).and_then(|talk| talk.room.as_ref());
            room.is_none() || known.is_none() || known == room.as_ref()
        });
        if let Some(talk) = found.and_then(|index| self.talks.get_mut(index)) {
            if talk.room.is_none() {
                talk.room = room;
            }
            return found;
        }
        if !open {
            return None;
        }
        let dialogue = ledger.open(SignalingProtocol::Generic, incoming)?;
        if let (Some(room), Some(dialogue)) = (&room, ledger.dialogue(dialogue)) {
            dialogue.protocol_session_id = Some(room.clone());
        }
        self.talks.push(Talk {
            dialogue,
            room,
            parties: Parties::default(),
        });
        let index = self.talks.len() - 1;
        self.places.entry(place.clone()).or_default().push(index);
        Some(index)
    }
}

/// Servers repeat what they were told, and pages report descriptions to statistics services: only the first telling is signaling.
fn is_news(ledger: &Ledger, incoming: &Incoming<'_>, dialogue: usize, carried: &Carried) -> bool {
    match ledger.told(incoming.client, carried) {
        Some((_, same)) if same == dialogue => false,
        // What the server delivered in another dialogue is not the client's own.
        Some((Sender::Server, _)) => incoming.from == Sender::Server,
        None | Some((Sender::Client, _)) => true,
    }
}

/// Names the parts of a handle that messages name.
fn learn(handle: &mut Handle, room: Option<&str>, from: Sender, names: &Names) {
    if handle.room.is_none() {
        handle.room = room.map(str::to_owned);
    }
    let own = match from {
        Sender::Client => names.from.as_ref(),
        Sender::Server => names.to.as_ref(),
    };
    if let Some(own) = own {
        handle.display = Some(own.clone());
    }
}

/// A party says goodbye: to the one it was talking with, or to all.
fn end(
    ledger: &mut Ledger,
    dialogue: usize,
    handle: Option<usize>,
    incoming: &Incoming<'_>,
    word: &str,
) {
    let (at, frame) = (incoming.at, incoming.last_frame());
    let Some(dialogue) = ledger.dialogue(dialogue) else {
        return;
    };
    for (index, one) in dialogue.handles.iter_mut().enumerate() {
        if handle.is_some_and(|handle| handle != index) {
            continue;
        }
        match incoming.from {
            Sender::Client => {
                one.detached.get_or_insert((at, frame));
            }
            Sender::Server => {
                one.hangup
                    .get_or_insert_with(|| (at, frame, text::name(word)));
            }
        }
    }
}

/// The word for what was carried: the description's type first.
fn kind_of(carried: &[Carried]) -> Option<&'static str> {
    let described = carried.iter().find_map(|one| match one {
        Carried::Description { kind, .. } => {
            Some(kind.map_or("description", DescriptionKind::word))
        }
        _ => None,
    });
    described.or(match carried {
        [] => None,
        [Carried::EndOfCandidates] => Some("end-of-candidates"),
        [Carried::Credentials { .. }, ..] => Some("restart"),
        [_] => Some("candidate"),
        _ => Some("candidates"),
    })
}

fn summary(word: &str, from: Sender, names: &Names, carried: &[Carried]) -> String {
    let whom = match from {
        Sender::Client => names.to.as_ref().map(|to| format!("to {to}")),
        Sender::Server => names.from.as_ref().map(|from| format!("from {from}")),
    };
    match (whom, carried) {
        (Some(whom), []) => format!("{word} {whom}"),
        (None, []) => word.to_owned(),
        (Some(whom), _) => whom,
        (None, _) => String::new(),
    }
}

/// Where a message was said. Requests for an offer, an answer or candidates often differ in their last path segment only.
fn place(incoming: &Incoming<'_>) -> Place {
    let mut path = incoming.path().trim_end_matches('/');
    while let Some((before, last)) = path.rsplit_once('/') {
        if !STEPS.contains(&last.to_ascii_lowercase().as_str()) {
            break;
        }
        path = before;
    }
    Place {
        client: incoming.client,
        server: incoming.server,
        path: text::line(path, PATH_CHARACTERS),
        flow: (incoming.carrier == Carrier::WebSocket).then_some(incoming.flow),
    }
}

/// Last path segments that name a step of the dialogue and not its place.
const STEPS: &[&str] = &[
    "offer",
    "answer",
    "sdp",
    "description",
    "candidate",
    "candidates",
    "ice",
    "ice-candidate",
    "ice-candidates",
    "icecandidate",
    "trickle",
    "poll",
    "send",
    "receive",
    "message",
    "messages",
    "events",
];

/// Words that end a call.
const FAREWELLS: &[&str] = &[
    "bye",
    "leave",
    "left",
    "hangup",
    "hang-up",
    "close",
    "end",
    "disconnect",
    "peer-left",
    "user-left",
];

/// Requests remembered until their responses come.
const REQUESTS_KEPT: usize = 4_096;

/// Characters of a path kept.
const PATH_CHARACTERS: usize = 512;

/// Does a text body hold a description as it stands?
fn is_description(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok_and(is_sdp)
}

#[cfg(test)]
mod tests;
