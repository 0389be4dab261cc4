//! Calls that failed, or ran badly, by what broke them: the counts a reader needs to find the cause, and the cause itself.

use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Outcome;
use crate::diagnosis::finding::Verdict;
use crate::lessons::desk::Desk;
use crate::lessons::figure::Figure;
use crate::lessons::figure::Unit;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::sdp::candidate::CandidateType;
use crate::session::model::peer_connection::PeerConnection;
use crate::vocab::ids::FrameNumber;

type Names = &'static [(&'static str, &'static str)];

const FIGURES: Names = &[
    ("failure.outcome", "failed or degraded"),
    ("failure.stage", "the first rung that broke"),
    (
        "failure.cause",
        "the finding that explains it, by the name of its rule",
    ),
    ("failure.title", "what it says"),
    ("failure.advice", "what to do"),
    ("failure.reference", "where that is ruled"),
    ("failure.frame", "a frame that shows it"),
    ("failure.label", "the call"),
    ("failure.checks", "connectivity checks of both sides"),
    ("failure.answered", "of which answered with success"),
    ("failure.queries", "requests to STUN servers"),
    ("failure.responses", "of which answered"),
    ("failure.relays", "relayed candidates"),
    ("failure.reflexive", "server-reflexive candidates"),
    ("failure.allocates", "Allocate requests to TURN servers"),
    ("failure.granted", "allocations granted"),
    ("failure.refused", "Allocate requests answered with 401"),
    ("failure.handshakes", "DTLS handshakes completed"),
    (
        "failure.mismatches",
        "certificates that differ from what was signaled",
    ),
    ("failure.lost", "media packets lost on the way here"),
    ("failure.expected", "media packets expected here"),
    ("failure.percent", "the part lost"),
    ("failure.mapping", "how the NAT on this side maps"),
    ("failure.ports", "external ports that one socket was given"),
];

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "failure",
        what: "call that failed or ran badly",
        figures: FIGURES,
        run: |desk| failed(desk, &[]),
    },
    Query {
        name: "failure.silence",
        what: "call whose checks nobody answered",
        figures: FIGURES,
        run: |desk| failed(desk, &["ice-checks-unanswered"]),
    },
    Query {
        name: "failure.credentials",
        what: "call that failed because a TURN server refused the credentials",
        figures: FIGURES,
        run: |desk| failed(desk, &["turn-credentials-rejected"]),
    },
    Query {
        name: "failure.nat",
        what: "call that failed between two NATs that hand out a port per destination",
        figures: FIGURES,
        run: |desk| failed(desk, &["ice-symmetric-nat"]),
    },
    Query {
        name: "failure.certificate",
        what: "call whose certificate was not the one that was signaled",
        figures: FIGURES,
        run: |desk| failed(desk, &["dtls-fingerprint-mismatch"]),
    },
    Query {
        name: "failure.loss",
        what: "call that suffered from loss",
        figures: FIGURES,
        run: |desk| failed(desk, &["media-loss"]),
    },
];

/// The first call that failed or ran badly by one of these rules; by any when there are none.
fn failed(desk: &Desk<'_>, rules: &[&str]) -> Option<Found> {
    let analysis = desk.analysis;
    let (verdict, finding) = analysis.verdicts.iter().find_map(|verdict| {
        let bad = matches!(verdict.outcome, Outcome::Failed | Outcome::Degraded);
        let finding = analysis.findings.get(verdict.cause?)?;
        let wanted = rules.is_empty() || rules.contains(&finding.rule);
        let shown = !finding.evidence.iter().all(|it| it.frames.is_empty());
        (bad && wanted && shown && verdict.peer_connection.is_some()).then_some((verdict, finding))
    })?;
    let id = verdict.peer_connection?;
    let call = analysis.scene.peer_connections.get(id.index())?;
    let frames: Vec<FrameNumber> = finding
        .evidence
        .iter()
        .flat_map(|it| &it.frames)
        .copied()
        .collect();
    let mut found = Found::at(frames)?.of_call(id);
    conclude(&mut found, verdict, finding, call);
    count_ice(&mut found, call);
    count_servers(&mut found, desk, call);
    count_dtls(&mut found, desk, call);
    count_media(&mut found, desk, call);
    Some(found)
}

fn conclude(found: &mut Found, verdict: &Verdict, finding: &Finding, call: &PeerConnection) {
    found.set("failure.outcome", Figure::word(verdict.outcome.word()));
    let stage = verdict.stage.map(|it| Figure::word(it.word()));
    found.set_some("failure.stage", stage);
    found.set("failure.cause", Figure::word(finding.rule));
    found.set("failure.title", Figure::word(&finding.title));
    found.set("failure.advice", Figure::word(&finding.advice));
    found.set("failure.reference", Figure::word(&finding.reference));
    found.set("failure.label", Figure::word(&call.label));
    let frame = found.frames.first().copied();
    found.set_some("failure.frame", frame.map(Figure::frame));
}

fn count_ice(found: &mut Found, call: &PeerConnection) {
    let pairs = &call.ice.pairs;
    let sum = |each: fn(&crate::session::model::ice::CandidatePair) -> u64| {
        Figure::count(pairs.iter().map(each).sum::<u64>())
    };
    found.set(
        "failure.checks",
        sum(|it| it.requests_sent + it.requests_received),
    );
    found.set(
        "failure.answered",
        sum(|it| it.responses_received + it.responses_sent),
    );
    let of = |kind: CandidateType| {
        let candidates = call.ice.candidates.iter();
        Figure::count(candidates.filter(|it| it.kind == kind).count() as u64)
    };
    found.set("failure.relays", of(CandidateType::Relayed));
    found.set("failure.reflexive", of(CandidateType::ServerReflexive));
}

fn count_servers(found: &mut Found, desk: &Desk<'_>, call: &PeerConnection) {
    let scene = &desk.analysis.scene;
    let queries = &scene.server_queries;
    let asked: u64 = queries.iter().map(|it| it.requests).sum();
    let told: u64 = queries.iter().map(|it| it.responses).sum();
    found.set("failure.queries", Figure::count(asked));
    found.set("failure.responses", Figure::count(told));
    let own = || {
        let ids = call.turn.iter();
        ids.filter_map(|id| scene.turn.get(id.index()))
    };
    let allocates = own().flat_map(|it| &it.requests);
    let allocates = allocates.filter(|(method, ..)| *method == "allocate");
    found.set(
        "failure.allocates",
        Figure::count(allocates.map(|(_, sent, _)| *sent).sum::<u64>()),
    );
    let granted = own().filter(|it| it.relayed.is_some()).count();
    found.set("failure.granted", Figure::count(granted as u64));
    let errors = own().flat_map(|it| &it.errors);
    let refused = errors.filter(|it| it.code == 401 && it.method == "allocate");
    found.set(
        "failure.refused",
        Figure::count(refused.map(|it| it.count).sum::<u64>()),
    );
    let mapping = scene.nat.iter().find(|it| {
        let owner = it
            .owner
            .and_then(|(id, _)| scene.peer_connections.get(id.index()));
        owner.is_some_and(|owner| std::ptr::eq(owner, call))
    });
    if let Some(mapping) = mapping {
        found.set("failure.mapping", Figure::word(mapping.behavior.word()));
        let mut ports: Vec<u16> = mapping.seen.iter().map(|it| it.address.port).collect();
        ports.sort_unstable();
        ports.dedup();
        found.set("failure.ports", Figure::count(ports.len() as u64));
    }
}

fn count_dtls(found: &mut Found, desk: &Desk<'_>, call: &PeerConnection) {
    let scene = &desk.analysis.scene;
    let own = || {
        let ids = call.dtls.iter();
        ids.filter_map(|id| scene.dtls.get(id.index()))
    };
    let done = own().filter(|it| it.association.handshake_finished_at.is_some());
    found.set("failure.handshakes", Figure::count(done.count() as u64));
    let wrong = own().flat_map(|it| &it.matches_sdp);
    let wrong = wrong.filter(|matches| **matches == Some(false)).count();
    found.set("failure.mismatches", Figure::count(wrong as u64));
}

/// Media that came from the far side: what was lost of it was lost before the capture.
fn count_media(found: &mut Found, desk: &Desk<'_>, call: &PeerConnection) {
    let scene = &desk.analysis.scene;
    let (mut lost, mut expected, mut first) = (0_u64, 0_u64, None);
    for (id, stream) in scene.streams_of(call) {
        if stream.from == Some(crate::vocab::address::Side::B) && stream.repairs.is_none() {
            lost = lost.saturating_add(stream.stats.packets_lost);
            expected = expected
                .saturating_add(stream.stats.packets)
                .saturating_add(stream.stats.packets_lost);
            first = first.or(Some(id));
        }
    }
    found.stream = first;
    found.set("failure.lost", Figure::count(lost));
    found.set("failure.expected", Figure::count(expected));
    let part = lost as f64 / (expected.max(1)) as f64;
    found.set(
        "failure.percent",
        Figure::number(part * 1e2, 2, Unit::Percent),
    );
}
