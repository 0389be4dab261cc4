//! ICE: checks that nobody answered, pairs that nobody chose, consent that ran out, STUN servers that kept silent.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::CheckSeen;
use crate::session::model::ice::PairState;
use crate::track::ice::ServerQuery;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// What came back instead of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Nothing.
    Nothing,
    /// ICMP errors only.
    Icmp,
    /// STUN errors only.
    Errors,
}

/// How long and how often a call was tried without success.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unreached {
    /// What came back.
    pub(crate) silence: Silence,
    /// Distinct checks, both ways.
    pub(crate) checks: u64,
    /// First check.
    pub(crate) first: Timestamp,
    /// Last sign of a check.
    pub(crate) last: Timestamp,
}

/// No check of any pair succeeded, and there was time enough for it. Of cut packets the checks inside TURN or TCP can't be read: another
/// pair may have worked.
pub(crate) fn unreached(call: &Call<'_>) -> Option<Unreached> {
    if call.doubts.one_direction || call.doubts.truncated > 0 {
        return None;
    }
    let mut checks = 0;
    let (mut icmp, mut errors) = (0, 0);
    let mut span: Option<(Timestamp, Timestamp)> = None;
    for pair in call.tried() {
        if pair.state == PairState::Succeeded {
            return None;
        }
        checks += pair.requests_sent + pair.requests_received;
        icmp += pair.icmp_errors;
        errors += pair.errors.iter().map(|error| error.count).sum::<u64>();
        if let (Some(first), Some(last)) = (pair.first_at, pair.last_at) {
            span = Some(span.map_or((first, last), |(a, b)| (a.min(first), b.max(last))));
        }
    }
    let (first, last) = span?;
    let until = call.end.max(last.min(call.scene.end));
    if checks < CHECKS_TO_JUDGE || until.since(first) < TRIED_FOR {
        return None;
    }
    let silence = match (errors, icmp) {
        (0, 0) => Silence::Nothing,
        (0, _) => Silence::Icmp,
        _ => Silence::Errors,
    };
    Some(Unreached {
        silence,
        checks,
        first,
        last,
    })
}

/// The side that most checks come from, as seen here.
pub(crate) fn near_side(call: &Call<'_>) -> Side {
    let (mut sent, mut received) = (0, 0);
    for pair in call.tried() {
        sent += pair.requests_sent;
        received += pair.requests_received;
    }
    if received > sent { Side::B } else { Side::A }
}

/// Was a STUN server asked, with time to answer, and did it not?
pub(crate) fn is_silent(query: &ServerQuery) -> bool {
    query.responses == 0
        && query.errors.is_empty()
        && query.requests + query.retransmissions >= QUERIES_TO_JUDGE
}

/// A pair that works and was not chosen, although there was time.
pub(crate) fn unnominated<'a>(call: &Call<'a>) -> Option<&'a CandidatePair> {
    if call.doubts.one_direction || call.doubts.mid_call {
        return None;
    }
    let mut working = call
        .pc
        .ice
        .pairs
        .iter()
        .filter(|pair| pair.state == PairState::Succeeded);
    working.find(|pair| {
        let first = pair.first_at.unwrap_or(call.end);
        pair.checks.len() as u64 >= CHECKS_TO_JUDGE && call.end.since(first) >= TRIED_FOR
    })
}

/// Consent that one side lost.
#[derive(Debug, Clone)]
pub(crate) struct ConsentLost {
    /// Whose checks go unanswered.
    pub(crate) side: Side,
    /// The last answer to them.
    pub(crate) last_answer: Timestamp,
    /// The first check after it.
    pub(crate) first_check: Timestamp,
    /// Checks after it.
    pub(crate) unanswered: u64,
    /// The last of those.
    pub(crate) last_check: Timestamp,
    /// The last answer and the first unanswered checks.
    pub(crate) frames: Vec<FrameNumber>,
}

/// The selected pair used to answer one side's checks and does so no more (RFC 7675 §5.1). What happens after the call was closed
/// does not count.
pub(crate) fn consent_lost(call: &Call<'_>) -> Option<ConsentLost> {
    if call.doubts.one_direction {
        return None;
    }
    let pair = call.pc.selected_pair()?;
    [Side::A, Side::B]
        .into_iter()
        .find_map(|side| consent_of(call, pair, side))
}

fn consent_of(call: &Call<'_>, pair: &CandidatePair, side: Side) -> Option<ConsentLost> {
    let own = || {
        pair.checks
            .iter()
            .filter(|check| check.from == side && check.at <= call.end)
    };
    let answer = |check: &CheckSeen| check.answered.filter(|_| check.error.is_none());
    let (last_answer, answer_frame) = own().filter_map(answer).max()?;
    let after: Vec<&CheckSeen> = own()
        .filter(|check| check.at > last_answer && check.answered.is_none())
        .collect();
    let (first, last) = (after.first()?, after.last()?);
    // Only so many checks are kept one by one; past them, the pair's own last answer speaks.
    let all_kept = pair.requests_sent + pair.requests_received <= pair.checks.len() as u64;
    if !all_kept && pair.last_answered_at > Some(last.at) {
        return None;
    }
    let lost = after.len() >= CONSENT_CHECKS
        && call.end.since(last_answer) >= CONSENT_NOTICED
        && call.end.since(first.at) >= CONSENT_SPAN;
    lost.then(|| ConsentLost {
        side,
        last_answer,
        first_check: first.at,
        unanswered: after.len() as u64,
        last_check: last.at,
        frames: std::iter::once(answer_frame)
            .chain(after.iter().map(|check| check.frame).take(6))
            .chain([last.frame])
            .collect(),
    })
}

/// Checks from which on silence means something: agents send one every 50 ms at first (RFC 8445 §14).
const CHECKS_TO_JUDGE: u64 = 5;

/// Unanswered this long is not merely slow: a check's first retransmissions are over after 3.5 s at the default RTO (RFC 8489 §6.2.1).
const TRIED_FOR: Duration = Duration::from_secs(5);

/// Sends to a STUN server from which on its silence means something.
const QUERIES_TO_JUDGE: u64 = 3;

/// Consent checks come every 4 to 6 s by RFC 7675 §5.1, and every 2.5 s or faster from libwebrtc: this many in a row are no single loss.
const CONSENT_CHECKS: usize = 3;

/// libwebrtc calls a pair unwritable after some 5 s and 5 checks without answer.
const CONSENT_NOTICED: Duration = Duration::from_secs(5);

/// The unanswered checks must span this much: answers to the last ones may lie behind the end of the capture.
const CONSENT_SPAN: Duration = Duration::from_secs(3);
/// libwebrtc's connectionState turns to failed this long after the first check without an answer.
pub(crate) const LIBWEBRTC_FAILED: Duration = Duration::from_secs(15);
