//! A side that fell silent for good: no check, no media, no RTCP any more, and no goodbye.
//!
//! An agent that is alive asks for consent every few seconds (RFC 7675 §5.1), whether it has media to send or not. So it must have done that for a
//! while: servers with ICE lite never ask, and are silent whenever nobody asks them.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::media::last_rtcp;
use crate::session::model::ice::CandidatePair;
use crate::vocab::address::Side;
use crate::vocab::address::Transport;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Who fell silent, and when.
#[derive(Debug, Clone)]
pub(crate) struct Vanished {
    /// Who.
    pub(crate) side: Side,
    /// Its last packet.
    pub(crate) last: (Timestamp, FrameNumber),
    /// How often it had asked for consent.
    pub(crate) interval: Duration,
    /// The other side's last packet; its frame is not known where it is one of TCP.
    pub(crate) other_until: (Timestamp, Option<FrameNumber>),
    /// Was the capture taken where it is?
    pub(crate) local: bool,
}

/// The side that fell silent while the other went on.
pub(crate) fn vanished(call: &Call<'_>) -> Option<Vanished> {
    // Without media that can be read as such, silence of what can be read proves nothing.
    if call.closed || call.doubts.one_direction || call.streams.is_empty() {
        return None;
    }
    call.pc.selected_pair()?;
    let mut sides = [Side::A, Side::B].into_iter();
    sides.find_map(|side| vanished_side(call, side))
}

fn vanished_side(call: &Call<'_>, side: Side) -> Option<Vanished> {
    let interval = consent_interval(call, side)?;
    let last = last_sign(call, side)?;
    let (told, frame) = last_sign(call, side.opposite())?;
    // What TCP sends again and again is nothing new to say, but a packet.
    let other_until = match last_tcp(call).filter(|at| *at > told) {
        Some(at) => (at, None),
        None => (told, Some(frame)),
    };
    let patience = SILENCE.max(interval.saturating_mul(CHECKS_MISSED));
    let silent = call.end.since(last.0) >= patience && call.end >= last.0;
    let outlived = other_until.0 >= last.0.after(OUTLIVES);
    (silent && outlived).then(|| Vanished {
        side,
        last,
        interval,
        other_until,
        local: call.is_local(side),
    })
}

/// The last packet of the call's own TCP connections, either way.
fn last_tcp(call: &Call<'_>) -> Option<Timestamp> {
    let flows = call.pc.ice.pairs.iter().filter_map(|pair| pair.flow);
    let records = flows.filter_map(|flow| call.scene.flows.get(flow.index()));
    let tcp = records.filter(|record| record.tuple.transport == Transport::Tcp);
    tcp.map(|record| record.last_at).max()
}

/// How often `side` asked last, the middle of some; `None` where it did not ask regularly.
fn consent_interval(call: &Call<'_>, side: Side) -> Option<Duration> {
    let mut times: Vec<Timestamp> = call
        .pc
        .ice
        .pairs
        .iter()
        .flat_map(|pair| &pair.checks)
        .filter(|check| check.from == side)
        .map(|check| check.at)
        .collect();
    times.sort_unstable();
    let latest = times.len().saturating_sub(CHECKS_LOOKED_AT);
    let mut gaps: Vec<Duration> = times
        .get(latest..)?
        .windows(2)
        .map(|pair| pair[1].since(pair[0]))
        .collect();
    gaps.sort_unstable();
    let middle = *gaps.get(gaps.len() / 2)?;
    (gaps.len() >= CHECKS_REGULAR && CONSENT.contains(&middle)).then_some(middle)
}

/// The last check, answer, media or RTCP packet of `side`.
fn last_sign(call: &Call<'_>, side: Side) -> Option<(Timestamp, FrameNumber)> {
    let checks = call
        .pc
        .ice
        .pairs
        .iter()
        .filter_map(|pair| last_check(pair, side));
    let streams = call.streams.iter();
    let media = streams.filter(|stream| stream.from == Some(side));
    let media = media.map(|stream| (stream.stats.last.at, stream.stats.last.frame));
    let rtcp = last_rtcp(call, side).map(|seen| (seen.at, seen.frame));
    checks.chain(media).chain(rtcp).max()
}

fn last_check(pair: &CandidatePair, side: Side) -> Option<(Timestamp, FrameNumber)> {
    let own = pair.checks.iter().filter_map(|check| {
        if check.from == side {
            Some((check.at, check.frame))
        } else {
            check.answered
        }
    });
    let last = own.max()?;
    // Past the checks that are kept one by one, the pair's own last message may be this side's.
    let all_kept = pair.requests_sent + pair.requests_received <= pair.checks.len() as u64;
    Some(match pair.last_at.filter(|_| !all_kept) {
        Some(at) => (at.max(last.0), last.1),
        None => last,
    })
}

/// Silence is judged from this length on: RFC 7675 asks for a check every 4 to 6 s, RFC 3550 for RTCP every 5 s.
const SILENCE: Duration = Duration::from_secs(8);
/// And when so many checks are overdue.
const CHECKS_MISSED: u32 = 3;
/// The other side must go on for longer than both need to end a call together.
const OUTLIVES: Duration = Duration::from_secs(5);
/// RFC 7675 §5.1: 5 s, give or take a fifth; libwebrtc every 2.5 s. What comes faster looks for a path yet.
const CONSENT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(6);
/// Intervals that make a habit.
const CHECKS_REGULAR: usize = 2;
/// Checks looked at for it, the last ones.
const CHECKS_LOOKED_AT: usize = 5;
