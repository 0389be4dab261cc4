//! Connection states and setup times, inferred from what the wire shows (W3C webrtc-pc §5.6.3).
//!
//! Nobody sends these states: each is a conclusion with the frames that it stands on.

use std::time::Duration;

use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::PairState;
use crate::session::model::media::DtlsTransport;
use crate::session::model::peer_connection::ConnectionState;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::peer_connection::Setup;
use crate::session::model::peer_connection::StateChange;
use crate::track::dtls::association::State;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// This long after the first check without an answer an agent calls itself disconnected (libwebrtc's `CONNECTION_WRITE_CONNECT_TIMEOUT`; in
/// the recorded calls browsers say so within 0.1 s of it).
const DISCONNECTED_AFTER: Duration = Duration::from_secs(5);

/// This long after it, or never answered, an agent gives up (libwebrtc's `CONNECTION_WRITE_TIMEOUT`; RFC 7675 §5.1 allows 30 s).
const FAILED_AFTER: Duration = Duration::from_secs(15);

/// One check in flight when the capture ends proves nothing.
const CHECKS_TO_JUDGE: u64 = 2;

/// Infers the states of `pc` up to `end`, from its pairs, its DTLS associations and its signaling. Where packets are `is_much_cut`, checks
/// inside TURN or TCP may have been answered unseen.
pub(super) fn infer(
    pc: &PeerConnection,
    dtls: &[DtlsTransport],
    end: Timestamp,
    is_much_cut: bool,
) -> Vec<StateChange> {
    let mut changes = Changes::default();
    if let Some(first) = pc.descriptions.first() {
        changes.add(first.at, ConnectionState::New, first.frames.clone());
    }
    let pairs = &pc.ice.pairs;
    let tried = pairs
        .iter()
        .filter_map(|pair| Some((pair.first_at?, *pair.frames.first()?)))
        .min();
    if let Some((at, frame)) = tried {
        changes.add(at, ConnectionState::Connecting, vec![frame]);
    }
    if let Some((at, frames)) = connected(pc, dtls) {
        changes.add(at, ConnectionState::Connected, frames);
    }
    let closed = closed(pc, dtls);
    let until = closed.as_ref().map_or(end, |(at, _)| (*at).min(end));
    failures(dtls, &mut changes);
    if !pc.ice.selected.is_empty() {
        silences(pc, until, &mut changes);
    } else if !is_much_cut {
        never_answered(pc, until, &mut changes);
    }
    if let Some((at, frames)) = closed {
        changes.add(at, ConnectionState::Closed, frames);
    }
    changes.ordered()
}

/// How long each stage took.
pub(super) fn setup(
    pc: &PeerConnection,
    dtls: &[DtlsTransport],
    first_media: Option<Timestamp>,
) -> Setup {
    let offer = pc.descriptions.first().map(|description| description.at);
    let answer = pc
        .negotiations
        .first()
        .and_then(|round| pc.descriptions.get(round.answer))
        .map(|answer| answer.at);
    let first_check = pc.ice.pairs.iter().filter_map(|pair| pair.first_at).min();
    let first_success = pc
        .selected_pair()
        .and_then(|_| pc.ice.selected.first())
        .and_then(|first| pc.ice.pairs.get(first.pair))
        .and_then(first_answer);
    let handshake = dtls.first().map(|transport| &transport.association);
    let span = |from: Option<Timestamp>, to: Option<Timestamp>| {
        from.zip(to)
            .filter(|(from, to)| to >= from)
            .map(|(from, to)| to.since(from))
    };
    Setup {
        signaling: span(offer, answer),
        ice: span(first_check, first_success),
        dtls: handshake.and_then(|handshake| {
            span(
                handshake.handshake_started_at,
                handshake.handshake_finished_at,
            )
        }),
        first_media: span(offer.or(first_check), first_media),
    }
}

fn first_answer(pair: &CandidatePair) -> Option<Timestamp> {
    pair.checks
        .iter()
        .filter(|check| check.error.is_none())
        .filter_map(|check| check.answered)
        .map(|(at, _)| at)
        .min()
}

/// Connected once a pair is selected and every DTLS handshake is through, whichever comes last.
fn connected(pc: &PeerConnection, dtls: &[DtlsTransport]) -> Option<(Timestamp, Vec<FrameNumber>)> {
    let first = pc.ice.selected.first()?;
    let done = dtls.iter().find_map(|transport| {
        let at = transport.association.handshake_finished_at?;
        Some((at, transport.association.finished_frames.frames().to_vec()))
    });
    match done {
        Some((at, frames)) if at >= first.at => Some((at, frames)),
        Some((_, frames)) => Some((first.at, [vec![first.frame], frames].concat())),
        // The handshake was before the capture: media on a pair that answers is enough.
        None if dtls.is_empty()
            || dtls
                .iter()
                .all(|t| t.association.state.value == State::Unknown) =>
        {
            (!pc.streams.is_empty()).then(|| (first.at, vec![first.frame]))
        }
        None => None,
    }
}

/// When and by what it was closed.
fn closed(pc: &PeerConnection, dtls: &[DtlsTransport]) -> Option<(Timestamp, Vec<FrameNumber>)> {
    let alert = dtls
        .iter()
        .flat_map(|transport| &transport.association.state_history)
        .find(|change| change.state == State::Closed)
        .map(|change| (change.at, change.frames.clone()));
    alert
        .into_iter()
        .chain(pc.closed_by_signaling.clone())
        .min_by_key(|(at, _)| *at)
}

/// Handshakes that failed.
fn failures(dtls: &[DtlsTransport], changes: &mut Changes) {
    for transport in dtls {
        let history = &transport.association.state_history;
        if let Some(failed) = history.iter().find(|change| change.state == State::Failed) {
            changes.add(failed.at, ConnectionState::Failed, failed.frames.clone());
        }
    }
}

/// Times up to `until` in which the pair that was selected then did not answer.
fn silences(pc: &PeerConnection, until: Timestamp, changes: &mut Changes) {
    let Some(up) = changes.first(ConnectionState::Connected) else {
        return;
    };
    let mut silences: Vec<Silence> = Vec::new();
    for (at, selection) in pc.ice.selected.iter().enumerate() {
        let next = pc.ice.selected.get(at + 1).map(|next| next.at);
        let Some(pair) = pc.ice.pairs.get(selection.pair) else {
            continue;
        };
        // Once another pair has taken over, this one may well fall silent.
        let own = pair.outages.iter().filter(|outage| {
            let in_force = outage.from >= up && next.is_none_or(|next| outage.from < next);
            in_force && outage.checks >= CHECKS_TO_JUDGE
        });
        silences.extend(own.map(|outage| Silence {
            from: outage.from,
            answered: outage.until.filter(|at| *at <= until),
            // Another pair takes over: connected again.
            replaced: next.filter(|next| *next <= until),
            frames: outage.frames.clone(),
        }));
    }
    silences.sort_by_key(|silence| silence.from);
    let mut quiet_until = up;
    for silence in silences {
        let disconnected = silence.from.after(DISCONNECTED_AFTER).max(quiet_until);
        let restored = silence.answered.into_iter().chain(silence.replaced).min();
        let end = restored.unwrap_or(until);
        if end < disconnected || end.since(silence.from) < DISCONNECTED_AFTER {
            continue;
        }
        changes.add(
            disconnected,
            ConnectionState::Disconnected,
            silence.frames.clone(),
        );
        let failed = silence.from.after(FAILED_AFTER);
        // An agent that hears of the same pair again had not given it up.
        if silence.answered.is_none() && end >= failed {
            changes.add(failed, ConnectionState::Failed, silence.frames.clone());
        }
        if let Some(at) = restored {
            changes.add(at, ConnectionState::Connected, silence.frames);
        }
        quiet_until = end;
    }
}

/// Checks on a selected pair that nobody answered.
struct Silence {
    from: Timestamp,
    answered: Option<Timestamp>,
    replaced: Option<Timestamp>,
    frames: Vec<FrameNumber>,
}

fn never_answered(pc: &PeerConnection, until: Timestamp, changes: &mut Changes) {
    let tried = pc.ice.pairs.iter().filter_map(|pair| pair.first_at).min();
    let Some(first) = tried else { return };
    let answered = pc
        .ice
        .pairs
        .iter()
        .any(|pair| pair.state == PairState::Succeeded);
    if !answered && until.since(first) >= FAILED_AFTER {
        let frames = pc
            .ice
            .pairs
            .iter()
            .filter_map(|pair| pair.frames.first().copied())
            .collect();
        changes.add(first.after(FAILED_AFTER), ConnectionState::Failed, frames);
    }
}

/// State changes being gathered.
#[derive(Default)]
struct Changes(Vec<StateChange>);

impl Changes {
    fn add(&mut self, at: Timestamp, state: ConnectionState, frames: Vec<FrameNumber>) {
        self.0.push(StateChange { at, state, frames });
    }

    /// When a state was first entered, of those added so far.
    fn first(&self, state: ConnectionState) -> Option<Timestamp> {
        let own = self.0.iter().filter(|change| change.state == state);
        own.map(|change| change.at).min()
    }

    /// In order of time, without repeats, and without steps back: after a failure only another pair connects again, after the end nothing.
    fn ordered(mut self) -> Vec<StateChange> {
        self.0.sort_by_key(|change| change.at);
        let mut kept: Vec<StateChange> = Vec::new();
        for change in self.0 {
            let before = kept.last().map(|last| last.state);
            let after_end = before == Some(ConnectionState::Closed)
                || before == Some(ConnectionState::Failed)
                    && !matches!(
                        change.state,
                        ConnectionState::Closed | ConnectionState::Connected
                    );
            if before != Some(change.state) && !after_end {
                kept.push(change);
            }
        }
        kept
    }
}
