//! Delay: how long packets take there and back, and whether it is distance or a queue.
//!
//! Checks for consent go the way that media goes, so that they wait where media waits. They are few: one every few seconds.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::outage::windows;
use crate::session::model::ice::CheckSeen;
use crate::vocab::address::Side;
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

/// Round trips that are too long for a conversation, of the selected pair that had most of them; `None` where too few are.
pub(crate) fn delay(call: &Call<'_>) -> Option<Delay> {
    // A check in one burst is answered in the next, however fast the answer was.
    if call.doubts.burst_interval.is_some() {
        return None;
    }
    let ice = &call.pc.ice;
    let up = ice.selected.first()?.at;
    let held_up = windows(call);
    ice.once_selected()
        .filter_map(|pair| {
            // Of the side that is further from the answers: the other's are seen on half of their way only.
            let sides = [Side::A, Side::B].map(|side| {
                let own = pair.checks.iter().filter(|check| check.from == side);
                let own = own.filter(|check| check.at >= up && check.at <= call.end);
                let free = own.filter(|check| !held_up.iter().any(|it| it.holds(check.at)));
                free.filter_map(round_trip).collect::<Vec<RoundTrip>>()
            });
            judge(sides.into_iter().max_by_key(|trips| middle(trips))?)
        })
        .max_by_key(|delay| delay.long.len())
}

fn judge(all: Vec<RoundTrip>) -> Option<Delay> {
    let longest = all.iter().copied().max_by_key(|trip| trip.took)?;
    let shortest = all.iter().map(|trip| trip.took).min()?;
    let count = all.len();
    let long = all.into_iter().filter(|trip| trip.took >= TOO_LONG);
    let long: Vec<RoundTrip> = long.collect();
    (long.len() >= LONG_TO_JUDGE).then_some(Delay {
        count,
        long,
        shortest,
        longest,
    })
}

fn middle(trips: &[RoundTrip]) -> Option<Duration> {
    let mut sorted: Vec<Duration> = trips.iter().map(|trip| trip.took).collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
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
