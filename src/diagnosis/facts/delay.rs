//! Delay: how long packets take there and back, and whether it is distance or a queue.
//!
//! Checks for consent go the way that media goes, so that they wait where media waits. They are few: one every few seconds.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::outage::windows;
use crate::session::model::ice::CheckSeen;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Round trips too long to talk over.
#[derive(Debug, Clone)]
pub(crate) struct Delay {
    /// Round trips looked at.
    pub(crate) count: usize,
    /// Those that were too long, in order of time.
    pub(crate) long: Vec<RoundTrip>,
    /// The shortest.
    pub(crate) shortest: Duration,
    /// The longest.
    pub(crate) longest: RoundTrip,
}

/// A check and its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoundTrip {
    /// When the check was sent.
    pub(crate) at: Timestamp,
    /// Until its answer.
    pub(crate) took: Duration,
    /// Frames of both.
    pub(crate) frames: [FrameNumber; 2],
}

impl Delay {
    /// Is it a queue, and not the length of the way? That does not change by so much.
    pub(crate) fn is_queue(&self) -> bool {
        self.longest.took >= self.shortest.saturating_mul(GROWN)
    }
}

/// Round trips of the selected pairs that are too long for a conversation; `None` where too few are.
pub(crate) fn delay(call: &Call<'_>) -> Option<Delay> {
    let ice = &call.pc.ice;
    let up = ice.selected.first()?.at;
    let interrupted = windows(call);
    let apart = |at: Timestamp| {
        let inside = |from: Timestamp, until: Timestamp| at >= from && at <= until;
        !interrupted
            .iter()
            .any(|window| inside(window.from, window.until))
    };
    let pairs = ice.selected.iter().map(|selection| selection.pair);
    let mut pairs: Vec<usize> = pairs.collect();
    pairs.sort_unstable();
    pairs.dedup();
    let checks = pairs.into_iter().filter_map(|at| ice.pairs.get(at));
    let checks = checks.flat_map(|pair| &pair.checks);
    let mut all: Vec<RoundTrip> = checks
        .filter(|check| check.at >= up && check.at <= call.end && apart(check.at))
        .filter_map(round_trip)
        .collect();
    all.sort_unstable_by_key(|trip| trip.at);
    let longest = all.iter().copied().max_by_key(|trip| trip.took)?;
    let shortest = all.iter().map(|trip| trip.took).min()?;
    let long = all.iter().copied().filter(|trip| trip.took >= TOO_LONG);
    let long: Vec<RoundTrip> = long.collect();
    (long.len() >= LONG_TO_JUDGE).then_some(Delay {
        count: all.len(),
        long,
        shortest,
        longest,
    })
}

/// An answer to a repeated request may belong to any of the repetitions (Karn).
fn round_trip(check: &CheckSeen) -> Option<RoundTrip> {
    let (answered, frame) = check.answered?;
    let clear = check.retransmissions == 0 && check.error.is_none() && answered >= check.at;
    clear.then(|| RoundTrip {
        at: check.at,
        took: answered.since(check.at),
        frames: [check.frame, frame],
    })
}

/// ITU-T G.114: 400 ms one way is the most that a network may be planned for.
pub(crate) const TOO_LONG: Duration = Duration::from_millis(800);
/// One may be the answering machine's own pause.
const LONG_TO_JUDGE: usize = 2;
/// How many times the shortest round trip the longest must be to show a queue.
const GROWN: u32 = 3;
