//! Where all trackers write: the dialogues with their handles and messages, within bounds.
//!
//! Indexes never move: a message beyond a bound is counted and not kept, none is ever removed.

use std::net::IpAddr;

use crate::track::signaling::carried;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::Handle;
use crate::track::signaling::dialogue::Message;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::dialogue::SignalingProtocol;
use crate::track::signaling::incoming::Incoming;
use crate::track::signaling::recent::Recent;
use crate::track::signaling::text;
use crate::vocab::fault::Fault;
use crate::vocab::fault::FaultLog;
use crate::vocab::fault::Layer;
use crate::vocab::ids::DialogueId;

/// Dialogues kept.
pub const DIALOGUES_KEPT: usize = 2_048;

/// Handles kept in a dialogue.
pub const HANDLES_KEPT: usize = 512;

/// Handles kept in all dialogues.
pub const ALL_HANDLES_KEPT: usize = 8_192;

/// Messages kept in a dialogue.
pub const MESSAGES_KEPT: usize = 8_192;

/// Of these, messages that only keep the dialogue going (`keepalive`, `ack`).
pub const ROUTINE_MESSAGES_KEPT: usize = 1_024;

/// Bytes of messages kept in all dialogues: texts, and a flat rate for each message.
pub const MESSAGE_BYTES_KEPT: usize = 128 << 20;

/// Descriptions and candidates kept of one message.
pub const CARRIED_KEPT: usize = 256;

/// What the bounds turned away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overflow {
    /// Dialogues not opened.
    pub dialogues: u64,
    /// Handles not opened.
    pub handles: u64,
    /// Messages counted only.
    pub messages: u64,
}

/// The book of dialogues.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    pub(super) dialogues: Vec<Dialogue>,
    pub(super) faults: FaultLog,
    pub(super) overflow: Overflow,
    fresh: Vec<(DialogueId, usize)>,
    routine: Vec<usize>,
    bytes: usize,
    handles: usize,
    told: Recent<(IpAddr, u64), (Sender, usize)>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            dialogues: Vec::new(),
            faults: FaultLog::default(),
            overflow: Overflow::default(),
            fresh: Vec::new(),
            routine: Vec::new(),
            bytes: 0,
            handles: 0,
            told: Recent::new(TOLD_KEPT),
        }
    }
}

/// Does a message carry news, or does it only keep the dialogue going?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    News,
    Routine,
}

impl Ledger {
    /// Opens a dialogue with `incoming` as its first message; `None` at the bound.
    pub(super) fn open(
        &mut self,
        protocol: SignalingProtocol,
        incoming: &Incoming<'_>,
    ) -> Option<usize> {
        if self.dialogues.len() >= DIALOGUES_KEPT {
            self.overflow.dialogues += 1;
            return None;
        }
        self.dialogues.push(Dialogue {
            protocol,
            carrier: incoming.carrier,
            url: incoming.url.map(|url| text::line(url, URL_CHARACTERS)),
            protocol_session_id: None,
            client: incoming.client,
            server: incoming.server,
            handles: Vec::new(),
            messages: Vec::new(),
            messages_dropped: 0,
            first_at: incoming.at,
            last_at: incoming.at,
            timed_out: None,
        });
        self.routine.push(0);
        Some(self.dialogues.len() - 1)
    }

    /// Without what only a message to come would ask for.
    pub(super) fn without_what_waits(self) -> Self {
        Self {
            told: Recent::new(TOLD_KEPT),
            ..self
        }
    }

    /// The dialogue at `index`.
    pub(super) fn dialogue(&mut self, index: usize) -> Option<&mut Dialogue> {
        self.dialogues.get_mut(index)
    }

    /// The handle `id` of a dialogue, opened when new; `None` at the bound.
    pub(super) fn handle_index(&mut self, dialogue: usize, id: &str) -> Option<usize> {
        let dialogue = self.dialogues.get_mut(dialogue)?;
        let known = dialogue.handles.iter().position(|handle| handle.id == id);
        if known.is_some() {
            return known;
        }
        if dialogue.handles.len() >= HANDLES_KEPT || self.handles >= ALL_HANDLES_KEPT {
            self.overflow.handles += 1;
            return None;
        }
        self.handles += 1;
        dialogue.handles.push(Handle {
            id: id.to_owned(),
            ..Handle::default()
        });
        Some(dialogue.handles.len() - 1)
    }

    /// How full what all dialogues share is.
    pub(super) fn fullness(&self) -> f64 {
        let of = |count: usize, limit: usize| count as f64 / limit as f64;
        of(self.dialogues.len(), DIALOGUES_KEPT)
            .max(of(self.handles, ALL_HANDLES_KEPT))
            .max(of(self.bytes, MESSAGE_BYTES_KEPT))
    }

    /// A handle, by its dialogue and its own index.
    pub(super) fn handle(&mut self, dialogue: usize, handle: Option<usize>) -> Option<&mut Handle> {
        self.dialogues.get_mut(dialogue)?.handles.get_mut(handle?)
    }

    /// A sign of life that is no message: an empty long poll.
    pub(super) fn touch(&mut self, dialogue: usize, incoming: &Incoming<'_>) {
        if let Some(dialogue) = self.dialogues.get_mut(dialogue) {
            dialogue.first_at = dialogue.first_at.min(incoming.at);
            dialogue.last_at = dialogue.last_at.max(incoming.at);
        }
    }

    /// Appends a message; its index, or `None` when a bound turned it away.
    ///
    /// What it carried ends its summary: `configure: video on + offer`.
    pub(super) fn push(
        &mut self,
        index: usize,
        mut message: Message,
        weight: Weight,
        incoming: &Incoming<'_>,
    ) -> Option<usize> {
        self.touch(index, incoming);
        message.carried.truncate(CARRIED_KEPT);
        let carried = carried::words(&message.carried);
        if !carried.is_empty() {
            let joint = if message.summary.is_empty() {
                ""
            } else {
                " + "
            };
            message.summary = format!("{}{joint}{carried}", message.summary);
        }
        message.summary = text::line(&message.summary, text::LINE_CHARACTERS);
        let (dialogue, routine) = (self.dialogues.get_mut(index)?, self.routine.get_mut(index)?);
        let bytes = message_bytes(&message);
        let full = dialogue.messages.len() >= MESSAGES_KEPT
            || self.bytes.saturating_add(bytes) > MESSAGE_BYTES_KEPT
            || (weight == Weight::Routine && *routine >= ROUTINE_MESSAGES_KEPT);
        if full {
            dialogue.messages_dropped += 1;
            self.overflow.messages += 1;
            return None;
        }
        for one in &message.carried {
            if let Some(fingerprint) = fingerprint(one) {
                self.told
                    .insert_new((incoming.client, fingerprint), (message.from, index));
            }
        }
        self.bytes += bytes;
        *routine += usize::from(weight == Weight::Routine);
        dialogue.messages.push(message);
        let position = dialogue.messages.len() - 1;
        self.fresh.push((DialogueId(index as u32), position));
        Some(position)
    }

    /// Who first told a description or candidate to or from this client, and in which dialogue.
    pub(super) fn told(&self, client: IpAddr, carried: &Carried) -> Option<(Sender, usize)> {
        self.told.get(&(client, fingerprint(carried)?)).copied()
    }

    /// A message, by its dialogue and its own index.
    pub(super) fn message(
        &mut self,
        dialogue: usize,
        message: Option<usize>,
    ) -> Option<&mut Message> {
        self.dialogues.get_mut(dialogue)?.messages.get_mut(message?)
    }

    /// Counts a broken rule of signaling.
    pub(super) fn fault(&mut self, name: &'static str, offset: usize, incoming: &Incoming<'_>) {
        let fault = Fault::new(Layer::Signaling, name, offset);
        self.faults.record(fault, incoming.frames.last().copied());
    }

    /// The messages appended since the last call, in order.
    pub(super) fn take_fresh(&mut self) -> Vec<(DialogueId, usize)> {
        std::mem::take(&mut self.fresh)
    }
}

/// Memory that a message takes, about.
fn message_bytes(message: &Message) -> usize {
    let carried: usize = message.carried.iter().map(carried_bytes).sum();
    MESSAGE_FLAT_BYTES + message.summary.len() + message.frames.len() * 8 + carried
}

/// Tells equal descriptions and candidates from different ones.
fn fingerprint(carried: &Carried) -> Option<u64> {
    match carried {
        Carried::Description { sdp, .. } => Some(text::fingerprint(sdp)),
        Carried::Candidate {
            candidate,
            mid,
            line_index,
            ufrag,
        } => Some(text::fingerprint(&format!(
            "{candidate} {mid:?} {line_index:?} {ufrag:?}"
        ))),
        Carried::EndOfCandidates | Carried::Credentials { .. } => None,
    }
}

fn carried_bytes(carried: &Carried) -> usize {
    CARRIED_FLAT_BYTES
        + match carried {
            Carried::Description { sdp, .. } => sdp.len(),
            Carried::Candidate { candidate, .. } => candidate.len(),
            Carried::EndOfCandidates | Carried::Credentials { .. } => 0,
        }
}

/// Flat rate of a message: its own fields, ids and allocations.
const MESSAGE_FLAT_BYTES: usize = 512;

/// Flat rate of a description or candidate.
const CARRIED_FLAT_BYTES: usize = 128;

/// Descriptions and candidates remembered by fingerprint.
const TOLD_KEPT: usize = 65_536;

/// Characters of a URL kept.
const URL_CHARACTERS: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::signaling::testing::Wire;

    #[test]
    fn routine_messages_have_a_bound_of_their_own() {
        let wire = Wire::default();
        let incoming = wire.request("POST", "http://janus/janus", "");
        let mut ledger = Ledger::default();
        let index = ledger.open(SignalingProtocol::Janus, &incoming).unwrap();
        for _ in 0..ROUTINE_MESSAGES_KEPT + 5 {
            ledger.push(index, incoming.message("ack"), Weight::Routine, &incoming);
        }
        assert!(
            ledger
                .push(index, incoming.message("event"), Weight::News, &incoming)
                .is_some()
        );
        assert_eq!(ledger.dialogues[index].messages_dropped, 5);
        assert_eq!(ledger.overflow.messages, 5);
        assert_eq!(ledger.take_fresh().len(), ROUTINE_MESSAGES_KEPT + 1);
        assert!(ledger.take_fresh().is_empty());
    }

    #[test]
    fn handles_have_a_bound() {
        let wire = Wire::default();
        let incoming = wire.request("POST", "http://janus/janus", "");
        let mut ledger = Ledger::default();
        let index = ledger.open(SignalingProtocol::Janus, &incoming).unwrap();
        let opened = (0..HANDLES_KEPT + 3)
            .filter(|id| ledger.handle_index(index, &id.to_string()).is_some());
        assert_eq!(opened.count(), HANDLES_KEPT);
        assert_eq!(ledger.overflow.handles, 3);
    }
}
