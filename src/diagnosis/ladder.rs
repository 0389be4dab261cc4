//! The ladder that every call climbs, and how far this one got.
//!
//! ```text
//! steady       media went on until the call was closed
//! media        the first packets of a stream that was agreed
//! dtls         handshake completed, certificates as signaled
//! nomination   one pair chosen
//! checks       a connectivity check answered
//! gathering    candidates of both sides known
//! signaling    offer and answer exchanged
//! ```
//!
//! A call fails at the first rung that breaks; what is missing above it is its consequence. Gathering breaks only when a server
//! refused what was needed: its silence is the same silence that the checks meet, and is told there.

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::dtls;
use crate::diagnosis::facts::ice;
use crate::diagnosis::facts::media;
use crate::diagnosis::facts::signaling;
use crate::diagnosis::facts::turn;
use crate::diagnosis::facts::vanished;
use crate::diagnosis::finding::Stage;
use crate::session::model::ice::PairState;
use crate::session::model::scene::Scene;
use crate::track::dtls::association::State;
use crate::vocab::capture::Capture;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;

use crate::diagnosis::words::few;

/// How a call did on one rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It got past it.
    Passed,
    /// It broke here; of several, the lowest is the cause and the others follow from it.
    Broken,
    /// Nothing of it is in the capture.
    NotSeen,
    /// Something of it was seen, not enough to tell.
    CannotTell,
}

impl Status {
    /// In two words at most, as screens print it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Broken => "broken",
            Self::NotSeen => "not seen",
            Self::CannotTell => "can't tell",
        }
    }
}

/// One rung, with the frames that show how the call did on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// Which one.
    pub stage: Stage,
    /// How it went.
    pub status: Status,
    /// The first frames that show it; empty when nothing was seen.
    pub frames: Vec<FrameNumber>,
}

/// The rungs of one peer connection, bottom up; none when there is no such connection.
pub fn climb(scene: &Scene, capture: &Capture, id: PeerConnectionId) -> Vec<Rung> {
    Call::one(scene, capture, id).map_or_else(Vec::new, |call| call.ladder)
}

/// The rung `stage`, given those below it.
pub(super) fn rung(call: &Call<'_>, stage: Stage) -> Rung {
    let (status, frames) = match stage {
        Stage::Signaling => signaling_rung(call),
        Stage::Gathering => gathering_rung(call),
        Stage::Checks => checks_rung(call),
        Stage::Nomination => nomination_rung(call),
        Stage::Dtls => dtls_rung(call),
        Stage::Media => media_rung(call),
        Stage::Steady => steady_rung(call),
    };
    Rung {
        stage,
        status,
        frames: few(frames),
    }
}

type Climbed = (Status, Vec<FrameNumber>);

fn signaling_rung(call: &Call<'_>) -> Climbed {
    let descriptions = &call.pc.descriptions;
    if let Some(round) = call.pc.negotiations.first() {
        let both = [round.offer, round.answer];
        let shown = both.iter().filter_map(|at| descriptions.get(*at));
        return (
            Status::Passed,
            shown.flat_map(|d| d.frames.clone()).collect(),
        );
    }
    let Some(first) = descriptions.first() else {
        return (Status::NotSeen, Vec::new());
    };
    if let Some(refused) = signaling::refused(call) {
        return (Status::Broken, refused.frames.clone());
    }
    if let Some(offer) = signaling::unanswered(call) {
        return (Status::Broken, offer.frames.clone());
    }
    (Status::CannotTell, first.frames.clone())
}

fn gathering_rung(call: &Call<'_>) -> Climbed {
    let succeeded = succeeded(call);
    if !succeeded && let Some(refusal) = turn::refused_relay(call) {
        return (Status::Broken, refusal.error.frames.clone());
    }
    let candidates = &call.pc.ice.candidates;
    let both = [0, 1].map(|side| {
        let mut own = candidates.iter().filter(|known| known.side.index() == side);
        own.next().map(|known| known.frames.clone())
    });
    match both {
        [Some(a), Some(b)] => (Status::Passed, [a, b].concat()),
        [None, None] => (Status::NotSeen, Vec::new()),
        [one, other] => (Status::CannotTell, one.or(other).unwrap_or_default()),
    }
}

fn succeeded(call: &Call<'_>) -> bool {
    let mut pairs = call.pc.ice.pairs.iter();
    pairs.any(|pair| pair.state == PairState::Succeeded)
}

fn checks_rung(call: &Call<'_>) -> Climbed {
    let pairs = &call.pc.ice.pairs;
    if let Some(pair) = pairs.iter().find(|pair| pair.state == PairState::Succeeded) {
        let mut answered = pair.checks.iter().filter(|check| check.error.is_none());
        let shown = answered.find_map(|check| Some([check.frame, check.answered?.1]));
        let frames = shown.map_or_else(|| pair.frames.clone(), |both| both.to_vec());
        return (Status::Passed, frames);
    }
    let frames: Vec<FrameNumber> = call
        .tried()
        .filter_map(|pair| pair.frames.first().copied())
        .collect();
    if frames.is_empty() {
        (Status::NotSeen, frames)
    } else if ice::unreached(call).is_some() {
        (Status::Broken, frames)
    } else {
        (Status::CannotTell, frames)
    }
}

fn nomination_rung(call: &Call<'_>) -> Climbed {
    let pairs = &call.pc.ice.pairs;
    if let Some(pair) = pairs.iter().find(|pair| pair.nominated) {
        return (Status::Passed, pair.nominated_frames.clone());
    }
    // Whoever opens DTLS or sends media has chosen a pair, seen or not.
    let shown = dtls_frames(call).or_else(|| media_frames(call));
    match (shown, call.status(Stage::Checks)) {
        (Some(frames), Status::Passed) => (Status::Passed, frames),
        (None, Status::Passed) => match ice::unnominated(call) {
            Some(pair) => (Status::Broken, pair.frames.clone()),
            None => (Status::CannotTell, Vec::new()),
        },
        _ => (Status::NotSeen, Vec::new()),
    }
}

fn dtls_frames(call: &Call<'_>) -> Option<Vec<FrameNumber>> {
    let mut shown = call.dtls.iter();
    shown.find_map(|transport| {
        let frames = transport.association.hello_frames.frames();
        (!frames.is_empty()).then(|| frames.to_vec())
    })
}

fn media_frames(call: &Call<'_>) -> Option<Vec<FrameNumber>> {
    let first = call.streams.iter().map(|stream| stream.stats.first);
    first
        .min_by_key(|seen| seen.at)
        .map(|seen| vec![seen.frame])
}

fn dtls_rung(call: &Call<'_>) -> Climbed {
    if let Some(trouble) = dtls::trouble(call) {
        return (Status::Broken, trouble.frames());
    }
    let done = call.dtls.iter().find(|transport| {
        let association = &transport.association;
        association.handshake_finished_at.is_some()
            || matches!(association.state.value, State::Connected | State::Closed)
    });
    if let Some(transport) = done {
        let shown = transport.association.finished_frames.frames();
        let hello = transport.association.hello_frames.frames();
        if !shown.is_empty() {
            return (Status::Passed, shown.to_vec());
        }
        // Ciphertext alone: the handshake was before the capture.
        if hello.is_empty() {
            return (Status::NotSeen, Vec::new());
        }
        return (Status::Passed, hello.to_vec());
    }
    match dtls_frames(call) {
        // Keys are there once media runs, whichever part of the handshake was not captured.
        Some(frames) if media::flows(call) => (Status::Passed, frames),
        Some(frames) => (Status::CannotTell, frames),
        None => (Status::NotSeen, Vec::new()),
    }
}

fn media_rung(call: &Call<'_>) -> Climbed {
    if let Some(silent) = media::never_started(call) {
        return (Status::Broken, silent.frames());
    }
    if let Some(frames) = media_frames(call) {
        return (Status::Passed, frames);
    }
    match media::data_traffic(call) {
        Some(data) if data.agreed => (Status::Passed, data.frames),
        Some(data) => (Status::CannotTell, data.frames),
        None => (Status::NotSeen, Vec::new()),
    }
}

fn steady_rung(call: &Call<'_>) -> Climbed {
    if let Some(lost) = ice::consent_lost(call) {
        return (Status::Broken, lost.frames);
    }
    if let Some(gone) = vanished::vanished(call)
        && call.broken().is_none()
    {
        let frames = std::iter::once(gone.last.1).chain(gone.other_until.1);
        return (Status::Broken, frames.collect());
    }
    // What follows a broken handshake or a silent start is no steady call, whatever it looks like.
    if call.broken().is_some() {
        return (Status::NotSeen, Vec::new());
    }
    let suffering = media::suffering(call);
    if !suffering.is_empty() {
        return (Status::Broken, suffering);
    }
    if call.status(Stage::Media) != Status::Passed {
        return (Status::NotSeen, Vec::new());
    }
    let last = call.streams.iter().map(|stream| stream.stats.last);
    let frames = last.max_by_key(|seen| seen.at).map(|seen| seen.frame);
    (Status::Passed, frames.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::sketch::Sketch;
    use crate::vocab::address::Side;

    fn statuses(sketch: &Sketch) -> Vec<Status> {
        let rungs = climb(&sketch.scene, &sketch.capture, PeerConnectionId(0));
        rungs.iter().map(|rung| rung.status).collect()
    }

    #[test]
    fn a_healthy_call_passes_every_rung_with_frames() {
        let sketch = Sketch::healthy(20.0);
        let rungs = climb(&sketch.scene, &sketch.capture, PeerConnectionId(0));
        assert!(
            rungs.iter().all(|rung| rung.status == Status::Passed),
            "{rungs:#?}"
        );
        assert!(
            rungs.iter().all(|rung| !rung.frames.is_empty()),
            "{rungs:#?}"
        );
        let stages: Vec<Stage> = rungs.iter().map(|rung| rung.stage).collect();
        assert_eq!(stages, Stage::LADDER);
    }

    #[test]
    fn nothing_seen_is_nothing_broken() {
        assert_eq!(statuses(&Sketch::new(60.0)), [Status::NotSeen; 7]);
    }

    #[test]
    fn media_shows_that_a_pair_was_chosen_and_keys_agreed() {
        let sketch = Sketch::new(20.0)
            .checks(Side::A, 0.3, 20.0, 1.0, true)
            .hello(0.5)
            .media(Side::B, 0.8, 20.0, 500);
        let passed = statuses(&sketch);
        assert_eq!((passed[3], passed[4]), (Status::Passed, Status::Passed));
    }

    #[test]
    fn a_call_that_is_not_there_has_no_ladder() {
        let sketch = Sketch::new(1.0);
        assert_eq!(
            climb(&sketch.scene, &sketch.capture, PeerConnectionId(7)),
            []
        );
    }
}
