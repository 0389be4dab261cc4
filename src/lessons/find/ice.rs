//! ICE at work: pairs, priorities by their formulas, a check, the nomination, consent, a restart.

use std::time::Duration;

use crate::lessons::desk::Desk;
use crate::lessons::desk::message;
use crate::lessons::figure::Figure;
use crate::lessons::figure::Unit;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::sdp::candidate::CandidateType;
use crate::session::model::ice::Candidate;
use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::IceRole;
use crate::session::model::ice::PairState;
use crate::session::model::peer_connection::PeerConnection;
use crate::vocab::address::Side;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::time::Timestamp;

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "pairs",
        what: "call with candidate pairs that were tried",
        figures: &[
            ("pairs.tried", "pairs tried on the wire"),
            ("pairs.succeeded", "pairs that a check succeeded on"),
            ("pairs.candidates.a", "candidates of side a"),
            ("pairs.candidates.b", "candidates of side b"),
            ("pairs.possible", "their product"),
            ("pairs.frame", "frame of the first check"),
            ("pairs.checks", "checks of all pairs"),
        ],
        run: pairs,
    },
    Query {
        name: "priority",
        what: "signaled candidate with a priority",
        figures: &[
            ("priority.value", "the priority"),
            ("priority.hex", "the same, hexadecimal"),
            ("priority.type", "type preference"),
            ("priority.local", "local preference"),
            ("priority.component", "component"),
            ("priority.kind", "host, srflx, prflx or relay"),
            ("priority.address", "the candidate"),
            ("priority.frame", "its frame"),
        ],
        run: priority,
    },
    Query {
        name: "pair.priority",
        what: "selected pair whose candidates' priorities are known",
        figures: &[
            ("pair.priority", "the pair's priority"),
            (
                "pair.controlling",
                "G: priority of the controlling side's candidate",
            ),
            ("pair.controlled", "D: priority of the controlled side's"),
            ("pair.least", "the smaller of both"),
            ("pair.most", "the larger of both"),
            ("pair.extra", "1 if G is larger"),
            ("pair.a", "candidate of side a"),
            ("pair.b", "candidate of side b"),
            ("pair.path", "direct or relay"),
            ("pair.frame", "frame of its first check"),
        ],
        run: pair_priority,
    },
    Query {
        name: "check",
        what: "connectivity check that was answered",
        figures: &[
            ("check.frame", "frame of the request"),
            ("check.answer", "frame of the answer"),
            ("check.username", "USERNAME"),
            ("check.receiver", "user fragment of the receiver"),
            ("check.sender", "user fragment of the sender"),
            ("check.role", "controlling or controlled"),
            ("check.priority", "PRIORITY"),
            ("check.use", "yes or no: USE-CANDIDATE"),
            ("check.ms", "until the answer"),
        ],
        run: check,
    },
    Query {
        name: "nomination",
        what: "nominated pair",
        figures: &[
            ("nomination.frame", "frame of the nominating check"),
            ("nomination.answer", "frame of its answer"),
            ("nomination.kind", "regular, aggressive or renomination"),
            ("nomination.ms", "after the first check"),
            ("nomination.by", "who nominated"),
            ("nomination.seconds", "when"),
        ],
        run: nomination,
    },
    Query {
        name: "consent",
        what: "selected pair with checks that go on",
        figures: &[
            ("consent.checks", "checks of side a after the nomination"),
            ("consent.seconds", "usual time between them"),
            ("consent.first", "frame of the first"),
            ("consent.last", "frame of the last"),
            ("consent.missed", "how many stayed unanswered"),
        ],
        run: consent,
    },
    Query {
        name: "restart",
        what: "ICE restart",
        figures: &[
            ("restart.generations", "generations"),
            ("restart.before", "user fragment before"),
            ("restart.after", "user fragment after"),
            ("restart.frame", "frame of the new one's first check"),
            ("restart.seconds", "when"),
            ("restart.dtls", "DTLS handshakes of the call"),
        ],
        run: restart,
    },
];

type InCall<'a, T> = (PeerConnectionId, &'a PeerConnection, &'a T);

/// The selected pair of the call, else of the first call that has one.
fn selected<'a>(desk: &Desk<'a>) -> Option<InCall<'a, CandidatePair>> {
    let own = desk.call();
    own.into_iter()
        .chain(desk.calls())
        .find_map(|(id, call)| Some((id, call, call.selected_pair()?)))
}

fn pairs(desk: &mut Desk<'_>) -> Option<Found> {
    let own = desk.call();
    let (id, call) = own
        .into_iter()
        .chain(desk.calls())
        .find(|(_, call)| tried(call).next().is_some())?;
    let first = tried(call)
        .filter_map(|pair| pair.frames.first().copied())
        .min()?;
    let mut found = Found::at([first])?.of_call(id);
    let of = |side| {
        let candidates = call.ice.candidates.iter();
        candidates.filter(|it| it.side == side).count() as u64
    };
    let (a, b) = (of(Side::A), of(Side::B));
    let won = tried(call).filter(|it| it.state == PairState::Succeeded);
    found.set("pairs.tried", Figure::count(tried(call).count() as u64));
    found.set("pairs.succeeded", Figure::count(won.count() as u64));
    found.set("pairs.candidates.a", Figure::count(a));
    found.set("pairs.candidates.b", Figure::count(b));
    found.set("pairs.possible", Figure::count(a.saturating_mul(b)));
    found.set("pairs.frame", Figure::frame(first));
    let checks = tried(call).map(|it| it.requests_sent + it.requests_received);
    found.set("pairs.checks", Figure::count(checks.sum::<u64>()));
    Some(found)
}

/// Pairs that the wire shows.
fn tried(call: &PeerConnection) -> impl Iterator<Item = &CandidatePair> {
    let pairs = call.ice.pairs.iter();
    pairs.filter(|pair| pair.flow.is_some() && !pair.frames.is_empty())
}

fn named(candidate: &Candidate) -> Figure {
    Figure::word(&format!(
        "{} {}:{}",
        candidate.kind.word(),
        candidate.address,
        candidate.port
    ))
    .seen(&candidate.frames)
}

/// The reflexive or relayed one first: its priority has more to tell than a host's.
fn priority(desk: &mut Desk<'_>) -> Option<Found> {
    let own = desk.call();
    let candidates = own
        .into_iter()
        .chain(desk.calls())
        .flat_map(|(id, call)| call.ice.candidates.iter().map(move |it| (id, it)))
        .filter(|(_, it)| {
            it.basis == crate::vocab::claim::Basis::Declared && !it.frames.is_empty()
        });
    let mut known: Vec<_> = candidates
        .filter_map(|(id, it)| Some((id, it, it.priority?)))
        .collect();
    known.sort_by_key(|(_, it, _)| it.kind == CandidateType::Host);
    let (id, candidate, value) = *known.first()?;
    let mut found = Found::at(candidate.frames.clone())?.of_call(id);
    found.set("priority.value", Figure::count(value));
    found.set(
        "priority.hex",
        Figure::written(format!("{value:#010x}"), value),
    );
    found.set("priority.type", Figure::count(value >> 24));
    found.set("priority.local", Figure::count(value >> 8 & 0xffff));
    found.set("priority.component", Figure::count(256 - (value & 0xff)));
    found.set("priority.kind", Figure::word(candidate.kind.word()));
    found.set("priority.address", named(candidate));
    found.set("priority.frame", Figure::frame(*candidate.frames.first()?));
    Some(found)
}

fn pair_priority(desk: &mut Desk<'_>) -> Option<Found> {
    let (id, call, pair) = selected(desk)?;
    let (a, b) = (
        call.ice.candidates.get(pair.a)?,
        call.ice.candidates.get(pair.b)?,
    );
    let (of_a, of_b) = (u64::from(a.priority?), u64::from(b.priority?));
    let (g, d) = match call.ice.role_a? {
        IceRole::Controlling => (of_a, of_b),
        IceRole::Controlled => (of_b, of_a),
    };
    let extra = u64::from(g > d);
    // At most 2^32 · (2^32 − 1) + 2 · (2^32 − 1) + 1: it fits.
    let value = (1 << 32) * g.min(d) + 2 * g.max(d) + extra;
    let mut found = Found::at(pair.frames.clone())?.of_call(id);
    found.set("pair.priority", Figure::word(&value.to_string()));
    found.set("pair.controlling", Figure::count(g));
    found.set("pair.controlled", Figure::count(d));
    found.set("pair.least", Figure::count(g.min(d)));
    found.set("pair.most", Figure::count(g.max(d)));
    found.set("pair.extra", Figure::count(extra));
    found.set("pair.a", named(a));
    found.set("pair.b", named(b));
    found.set("pair.path", Figure::word(pair.path.word()));
    found.set("pair.frame", Figure::frame(*pair.frames.first()?));
    Some(found)
}

fn check(desk: &mut Desk<'_>) -> Option<Found> {
    let own = desk.call();
    let calls: Vec<_> = own
        .into_iter()
        .chain(desk.calls())
        .take(CALLS_MAX)
        .collect();
    for (id, call) in calls {
        let checks = tried(call).flat_map(|pair| &pair.checks);
        let answered = checks.filter(|it| it.answered.is_some() && it.error.is_none());
        for check in answered.take(CHECKS_MAX) {
            let Some(found) = read_check(desk, id, check) else {
                continue;
            };
            return Some(found);
        }
    }
    None
}

fn read_check(
    desk: &mut Desk<'_>,
    id: PeerConnectionId,
    check: &crate::session::model::ice::CheckSeen,
) -> Option<Found> {
    let (at, answer) = check.answered?;
    let owned = desk.frame(check.frame)?;
    let frame = owned.as_frame();
    let (_, message) = message(&frame)?;
    let (receiver, sender) = message.ufrags()?;
    let role = match (message.ice_controlling(), message.ice_controlled()) {
        (Some(_), _) => "controlling",
        (None, Some(_)) => "controlled",
        (None, None) => return None,
    };
    let mut found = Found::at([check.frame, answer])?.of_call(id);
    found.set("check.frame", Figure::frame(check.frame));
    found.set("check.answer", Figure::frame(answer));
    found.set_some("check.username", message.username().map(Figure::word));
    found.set("check.receiver", Figure::word(receiver));
    found.set("check.sender", Figure::word(sender));
    found.set("check.role", Figure::word(role));
    found.set_some("check.priority", message.priority().map(Figure::count));
    let used = if message.use_candidate() { "yes" } else { "no" };
    found.set("check.use", Figure::word(used));
    found.set("check.ms", Figure::milliseconds(at.since(check.at)));
    Some(found)
}

fn nomination(desk: &mut Desk<'_>) -> Option<Found> {
    let own = desk.call();
    let (id, call, pair, at, (request, answer)) =
        own.into_iter().chain(desk.calls()).find_map(|(id, call)| {
            let mut pairs = call.ice.pairs.iter().filter(|it| it.nominated);
            let pair = pairs.find(|it| it.selected).or_else(|| {
                let mut pairs = call.ice.pairs.iter();
                pairs.find(|it| it.nominated)
            })?;
            let [request, answer] = pair.nominated_frames.as_slice() else {
                return None;
            };
            Some((id, call, pair, pair.nominated_at?, (*request, *answer)))
        })?;
    let first: Timestamp = pair.first_at?;
    let mut found = Found::at([request, answer])?.of_call(id);
    found.set("nomination.frame", Figure::frame(request));
    found.set("nomination.answer", Figure::frame(answer));
    let kind = call.ice.nomination;
    found.set_some("nomination.kind", kind.map(|it| Figure::word(it.word())));
    found.set("nomination.ms", Figure::milliseconds(at.since(first)));
    let check = pair.checks.iter().find(|it| it.frame == request);
    let by = check.map(|it| call.endpoint(it.from));
    let by = by.and_then(|it| {
        let address = it.addresses.first().map(ToString::to_string);
        it.name.clone().or(address)
    });
    found.set_some("nomination.by", by.map(|it| Figure::word(&it)));
    found.set(
        "nomination.seconds",
        Figure::number(desk.seconds(at), 3, Unit::Seconds),
    );
    Some(found)
}

fn consent(desk: &mut Desk<'_>) -> Option<Found> {
    let (id, _, pair) = selected(desk)?;
    let since = pair.nominated_at?;
    let checks: Vec<_> = pair
        .checks
        .iter()
        .filter(|it| it.from == Side::A && it.at > since)
        .collect();
    let mut gaps: Vec<Duration> = checks
        .iter()
        .zip(checks.iter().skip(1))
        .map(|(one, next)| next.at.since(one.at))
        .collect();
    gaps.sort_unstable();
    let usual = *gaps.get(gaps.len() / 2)?;
    let (first, last) = (checks.first()?.frame, checks.last()?.frame);
    let mut found = Found::at([first, last])?.of_call(id);
    found.set("consent.checks", Figure::count(checks.len() as u64));
    found.set(
        "consent.seconds",
        Figure::number(usual.as_secs_f64(), 2, Unit::Seconds),
    );
    found.set("consent.first", Figure::frame(first));
    found.set("consent.last", Figure::frame(last));
    let missed = checks.iter().filter(|it| it.answered.is_none()).count();
    found.set("consent.missed", Figure::count(missed as u64));
    Some(found)
}

fn restart(desk: &mut Desk<'_>) -> Option<Found> {
    let (id, call) = desk.calls().find(|(_, call)| call.ice.generations > 1)?;
    let side = [Side::A, Side::B]
        .into_iter()
        .find(|side| call.endpoint(*side).ufrags.len() > 1)?;
    let [before, after, ..] = call.endpoint(side).ufrags.as_slice() else {
        return None;
    };
    let (at, frame) = call
        .ice
        .pairs
        .iter()
        .filter(|pair| pair.generation > 0)
        .filter_map(|pair| Some((pair.first_at?, *pair.frames.first()?)))
        .min()?;
    let mut found = Found::at([frame])?.of_call(id);
    found.set(
        "restart.generations",
        Figure::count(call.ice.generations as u64),
    );
    found.set("restart.before", Figure::word(before));
    found.set("restart.after", Figure::word(after));
    found.set("restart.frame", Figure::frame(frame));
    found.set(
        "restart.seconds",
        Figure::number(desk.seconds(at), 2, Unit::Seconds),
    );
    found.set("restart.dtls", Figure::count(call.dtls.len() as u64));
    Some(found)
}

/// Calls whose checks are looked at.
const CALLS_MAX: usize = 4;
/// Checks of each.
const CHECKS_MAX: usize = 16;
