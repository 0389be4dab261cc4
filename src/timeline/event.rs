//! What happened, in order of time: one list of events over all of a scene.
//!
//! An event points into the scene (a message of a dialogue, a pair, a flight …) instead of copying it, so that a screen or a
//! report shows as much of it as it wants. What repeats is there once: the first check of a pair, the first answer; consent,
//! media packets and reports are not events but rates.

use hashbrown::HashMap;

use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
pub use crate::timeline::kind::EventKind;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;
use crate::vocab::ids::AllocationId;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;
use crate::vocab::time::Timestamp;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The peer connection it belongs to.
    pub peer_connection: Option<PeerConnectionId>,
    /// Frames that show it.
    pub frames: Vec<FrameNumber>,
    /// Read on the wire, said in signaling, or concluded.
    pub basis: Basis,
    /// What.
    pub kind: EventKind,
}

/// All events of a scene, in order of time; at one time, causes before effects: signaling, ICE, DTLS, media, states.
pub fn events(scene: &Scene) -> Vec<Event> {
    let mut events = Vec::new();
    push_dialogues(scene, &mut events);
    for (connection, index) in scene.peer_connections.iter().zip(0..) {
        push_connection(connection, PeerConnectionId(index), &mut events);
    }
    push_servers(scene, &mut events);
    push_turn(scene, &mut events);
    push_dtls(scene, &mut events);
    push_streams(scene, &mut events);
    push_states(scene, &mut events);
    // Stable: what was pushed first stays first at equal times.
    events.sort_by_key(|event| event.at);
    events
}

/// The peer connection on each handle of each dialogue.
pub fn calls_by_handle(scene: &Scene) -> HashMap<(DialogueId, &str), PeerConnectionId> {
    let mut calls = HashMap::new();
    for (connection, index) in scene.peer_connections.iter().zip(0..) {
        if let (Some(dialogue), Some(handle)) = (connection.dialogue, &connection.handle) {
            // The first one on a handle stays.
            calls
                .entry((dialogue, handle.as_str()))
                .or_insert(PeerConnectionId(index));
        }
    }
    calls
}

fn push_dialogues(scene: &Scene, events: &mut Vec<Event>) {
    let calls = calls_by_handle(scene);
    for (dialogue, index) in scene.dialogues.iter().zip(0..) {
        let id = DialogueId(index);
        let connection_of = |handle: Option<usize>| {
            let handle = dialogue.handles.get(handle?)?;
            calls.get(&(id, handle.id.as_str())).copied()
        };
        for (place, message) in dialogue.messages.iter().enumerate() {
            events.push(Event {
                at: message.at,
                peer_connection: connection_of(message.handle),
                frames: message.frames.clone(),
                basis: Basis::Observed,
                kind: EventKind::Message {
                    dialogue: id,
                    message: place,
                },
            });
        }
        if let Some((at, frame)) = dialogue.timed_out {
            events.push(Event {
                at,
                peer_connection: None,
                frames: vec![frame],
                basis: Basis::Declared,
                kind: EventKind::SessionTimeout { dialogue: id },
            });
        }
    }
}

fn push_connection(connection: &PeerConnection, id: PeerConnectionId, events: &mut Vec<Event>) {
    let mut push = |at, frames: &[FrameNumber], basis, kind| {
        events.push(Event {
            at,
            peer_connection: Some(id),
            frames: frames.to_vec(),
            basis,
            kind,
        });
    };
    for (description, signaled) in connection.descriptions.iter().enumerate() {
        let kind = EventKind::Description { description };
        push(signaled.at, &signaled.frames, Basis::Declared, kind);
    }
    for (candidate, known) in connection.ice.candidates.iter().enumerate() {
        let kind = EventKind::Candidate { candidate };
        push(known.at, &known.frames, known.basis, kind);
    }
    for (pair, tried) in connection.ice.pairs.iter().enumerate() {
        for from in [Side::A, Side::B] {
            let mut checks = tried.checks.iter().filter(|check| check.from == from);
            if let Some(first) = checks.clone().next() {
                let kind = EventKind::FirstCheck { pair, from };
                push(first.at, &[first.frame], Basis::Observed, kind);
            }
            let answer = checks.find_map(|check| check.answered.filter(|_| check.error.is_none()));
            if let Some((at, frame)) = answer {
                let kind = EventKind::FirstAnswer { pair, from };
                push(at, &[frame], Basis::Observed, kind);
            }
        }
        let mut codes: Vec<u16> = Vec::new();
        for check in &tried.checks {
            if let (Some(code), Some((at, frame))) = (check.error, check.answered)
                && !codes.contains(&code)
            {
                codes.push(code);
                let from = check.from;
                let kind = EventKind::CheckError { pair, from, code };
                push(at, &[frame], Basis::Observed, kind);
            }
        }
        if let Some(at) = tried.nominated_at {
            let kind = EventKind::Nominated { pair };
            push(at, &tried.nominated_frames, Basis::Observed, kind);
        }
    }
    for selection in &connection.ice.selected {
        let kind = EventKind::Selected {
            pair: selection.pair,
        };
        push(selection.at, &[selection.frame], Basis::Inferred, kind);
    }
    for (rebinding, change) in connection.ice.rebindings.iter().enumerate() {
        let kind = EventKind::AddressChanged { rebinding };
        push(change.at, &change.frames, Basis::Inferred, kind);
    }
    if let Some((at, frames)) = &connection.closed_by_signaling {
        push(*at, frames, Basis::Declared, EventKind::ClosedBySignaling);
    }
}

fn push_servers(scene: &Scene, events: &mut Vec<Event>) {
    for (query, asked) in scene.server_queries.iter().enumerate() {
        let owner = scene.flow_owner.get(asked.flow.index()).copied().flatten();
        if let Some((_, at, frame)) = asked.mapped {
            events.push(Event {
                at,
                peer_connection: owner,
                frames: vec![frame],
                basis: Basis::Observed,
                kind: EventKind::StunMapped { query },
            });
        } else if asked.responses == 0 {
            events.push(Event {
                at: asked.first_at,
                peer_connection: owner,
                frames: asked.frames.clone(),
                basis: Basis::Observed,
                kind: EventKind::StunUnanswered { query },
            });
        }
    }
}

fn push_turn(scene: &Scene, events: &mut Vec<Event>) {
    for (turn, index) in scene.turn.iter().zip(0..) {
        let allocation = AllocationId(index);
        let peer_connection = scene.turn_owner.get(allocation.index()).copied().flatten();
        let mut push = |at, frames: Vec<FrameNumber>, kind| {
            events.push(Event {
                at,
                peer_connection,
                frames,
                basis: Basis::Observed,
                kind,
            });
        };
        let first = turn.frames.first().copied().into_iter().collect();
        push(turn.first_at, first, EventKind::TurnRequest { allocation });
        for (error, answer) in turn.errors.iter().enumerate() {
            let kind = EventKind::TurnError { allocation, error };
            push(answer.first_at, answer.frames.clone(), kind);
        }
        if let Some(at) = turn.allocated_at {
            let frames = turn.allocated_frame.into_iter().collect();
            push(at, frames, EventKind::TurnAllocated { allocation });
        }
        for (channel, bound) in turn.channels.iter().enumerate() {
            if let Some((at, frame)) = bound.bound {
                let kind = EventKind::TurnChannel {
                    allocation,
                    channel,
                };
                push(at, vec![frame], kind);
            }
        }
    }
}

fn push_dtls(scene: &Scene, events: &mut Vec<Event>) {
    for (transport, index) in scene.dtls.iter().zip(0..) {
        let association = AssociationId(index);
        let known = &transport.association;
        let mut push = |at, frames: &[FrameNumber], basis, kind| {
            events.push(Event {
                at,
                peer_connection: transport.peer_connection,
                frames: frames.to_vec(),
                basis,
                kind,
            });
        };
        for (flight, sent) in known.flights.iter().enumerate() {
            let kind = EventKind::DtlsFlight {
                association,
                flight,
            };
            push(sent.first_at, sent.frames.frames(), Basis::Observed, kind);
        }
        for (alert, seen) in known.alerts.iter().enumerate() {
            let kind = EventKind::DtlsAlert { association, alert };
            push(seen.at, &[seen.frame], seen.basis, kind);
        }
        for change in &known.state_history {
            let state = change.state;
            let kind = EventKind::DtlsState { association, state };
            push(change.at, &change.frames, Basis::Inferred, kind);
        }
    }
}

fn push_streams(scene: &Scene, events: &mut Vec<Event>) {
    for (media, index) in scene.streams.iter().zip(0..) {
        let stream = StreamId(index);
        let mut push = |at, frames: Vec<FrameNumber>, kind| {
            events.push(Event {
                at,
                peer_connection: media.peer_connection,
                frames,
                basis: Basis::Observed,
                kind,
            });
        };
        let (first, last) = (media.stats.first, media.stats.last);
        push(
            first.at,
            vec![first.frame],
            EventKind::StreamStart { stream },
        );
        for (gap, silence) in media.stats.gaps.iter().enumerate() {
            let frames = vec![silence.before.frame, silence.after.frame];
            push(
                silence.before.at,
                frames,
                EventKind::StreamGap { stream, gap },
            );
        }
        push(last.at, vec![last.frame], EventKind::StreamEnd { stream });
    }
}

fn push_states(scene: &Scene, events: &mut Vec<Event>) {
    for (connection, index) in scene.peer_connections.iter().zip(0..) {
        for change in &connection.state_history {
            events.push(Event {
                at: change.at,
                peer_connection: Some(PeerConnectionId(index)),
                frames: change.frames.clone(),
                basis: Basis::Inferred,
                kind: EventKind::State {
                    state: change.state,
                },
            });
        }
    }
}
