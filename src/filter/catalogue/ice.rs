//! Fields of candidates and candidate pairs.

use crate::filter::catalogue::BASIS;
use crate::filter::catalogue::COUNT;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::Of;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::SECONDS;
use crate::filter::catalogue::SIDE;
use crate::filter::catalogue::id;
use crate::filter::rows::RowKind;
use crate::filter::value::Value;
use crate::session::model::ice::Candidate;
use crate::session::model::ice::CandidatePair;

const fn candidate(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, Candidate>) -> Value<'a>,
) -> Field {
    Field::new(
        Some(RowKind::Candidate),
        name,
        kind,
        meaning,
        Reader::Candidate(read),
    )
}

const fn pair(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, CandidatePair>) -> Value<'a>,
) -> Field {
    Field::new(Some(RowKind::Pair), name, kind, meaning, Reader::Pair(read))
}

pub(super) const FIELDS: &[Field] = &[
    candidate(
        "candidate.id",
        Kind::Text,
        "its id in its call: cand-1",
        |of| id("cand", of.index).into(),
    ),
    candidate("candidate.side", SIDE, "whose it is", |of| {
        of.it.side.word().into()
    }),
    candidate(
        "candidate.generation",
        COUNT,
        "ICE generation of its side, from 0",
        |of| (of.it.generation as u64).into(),
    ),
    candidate(
        "candidate.type",
        Kind::Word(&["host", "srflx", "prflx", "relay"]),
        "where it comes from",
        |of| Value::Text(of.it.kind.word().into()),
    ),
    candidate("candidate.protocol", Kind::Text, "udp or tcp", |of| {
        (&of.it.protocol).into()
    }),
    candidate(
        "candidate.address",
        Kind::Address,
        "IP address, or a name while unresolved",
        |of| Value::host(&of.it.address),
    ),
    candidate("candidate.port", COUNT, "port", |of| of.it.port.into()),
    candidate(
        "candidate.component",
        COUNT,
        "1 for RTP, 2 for RTCP",
        |of| of.it.component.into(),
    ),
    candidate(
        "candidate.relatedAddress",
        Kind::Address,
        "base or mapped address that it derives from",
        |of| {
            of.it
                .related
                .as_ref()
                .map(|(address, _)| Value::host(address))
                .into()
        },
    ),
    candidate("candidate.priority", COUNT, "priority", |of| {
        of.it.priority.into()
    }),
    candidate(
        "candidate.mdns",
        Kind::Text,
        "its mDNS name, when the declared address was one",
        |of| of.it.mdns.as_ref().into(),
    ),
    candidate(
        "candidate.tcpType",
        Kind::Text,
        "active, passive or so, for TCP",
        |of| of.it.tcp_type.as_ref().into(),
    ),
    candidate(
        "candidate.relayProtocol",
        Kind::Text,
        "between client and TURN server: udp, tcp or tls",
        |of| of.it.relay_protocol.as_ref().into(),
    ),
    candidate("candidate.basis", BASIS, "how it is known first", |of| {
        of.it.basis.word().into()
    }),
    candidate(
        "candidate.observed",
        Kind::Flag,
        "was it seen on the wire?",
        |of| of.it.observed.into(),
    ),
    candidate(
        "candidate.timeSeconds",
        SECONDS,
        "when it first came up",
        |of| of.seconds(of.it.at).into(),
    ),
    pair("pair.id", Kind::Text, "its id in its call: pair-1", |of| {
        id("pair", of.index).into()
    }),
    pair("pair.a", Kind::Text, "id of side a's candidate", |of| {
        id("cand", of.it.a).into()
    }),
    pair("pair.b", Kind::Text, "id of side b's candidate", |of| {
        id("cand", of.it.b).into()
    }),
    pair("pair.generation", COUNT, "ICE generation", |of| {
        (of.it.generation as u64).into()
    }),
    pair("pair.flow", Kind::Text, "id of its conversation", |of| {
        of.it.flow.map(|flow| id("flow", flow.index())).into()
    }),
    pair(
        "pair.path",
        Kind::Word(&["direct", "relay"]),
        "how its packets travel",
        |of| of.it.path.word().into(),
    ),
    pair(
        "pair.wire.a",
        Kind::Address,
        "side a's address in the packets",
        |of| of.it.wire.map(|(a, _)| a).into(),
    ),
    pair(
        "pair.wire.b",
        Kind::Address,
        "side b's address in the packets",
        |of| of.it.wire.map(|(_, b)| b).into(),
    ),
    pair(
        "pair.state",
        STATE,
        "RTCStatsIceCandidatePairState, inferred",
        |of| of.it.state.word().into(),
    ),
    pair("pair.nominated", Kind::Flag, "was it nominated?", |of| {
        of.it.nominated.into()
    }),
    pair(
        "pair.selected",
        Kind::Flag,
        "was it the last selected pair?",
        |of| of.it.selected.into(),
    ),
    pair(
        "pair.requestsSent",
        COUNT,
        "distinct checks that a sent",
        |of| of.it.requests_sent.into(),
    ),
    pair(
        "pair.responsesReceived",
        COUNT,
        "success answers that a got",
        |of| of.it.responses_received.into(),
    ),
    pair(
        "pair.requestsReceived",
        COUNT,
        "distinct checks that a got",
        |of| of.it.requests_received.into(),
    ),
    pair(
        "pair.responsesSent",
        COUNT,
        "success answers that a sent",
        |of| of.it.responses_sent.into(),
    ),
    pair(
        "pair.retransmissions",
        COUNT,
        "repeated requests, both ways",
        |of| of.it.retransmissions.into(),
    ),
    pair(
        "pair.roundTripTime.min",
        SECONDS,
        "shortest round trip of its checks",
        |of| of.it.round_trip.map(|times| times.min.as_secs_f64()).into(),
    ),
    pair(
        "pair.roundTripTime.median",
        SECONDS,
        "their median round trip",
        |of| {
            of.it
                .round_trip
                .map(|times| times.median.as_secs_f64())
                .into()
        },
    ),
    pair(
        "pair.roundTripTime.max",
        SECONDS,
        "their longest round trip",
        |of| of.it.round_trip.map(|times| times.max.as_secs_f64()).into(),
    ),
    pair(
        "pair.firstTimeSeconds",
        SECONDS,
        "first check or answer",
        |of| of.it.first_at.map(|at| of.seconds(at)).into(),
    ),
    pair(
        "pair.nominatedTimeSeconds",
        SECONDS,
        "when the nominating check was answered",
        |of| of.it.nominated_at.map(|at| of.seconds(at)).into(),
    ),
    pair(
        "pair.lastAnsweredTimeSeconds",
        SECONDS,
        "when a check was last answered",
        |of| of.it.last_answered_at.map(|at| of.seconds(at)).into(),
    ),
    pair(
        "pair.integrity",
        Kind::Word(&["verified", "failed", "unknown"]),
        "MESSAGE-INTEGRITY against the passwords",
        |of| of.it.integrity.word().into(),
    ),
    pair(
        "pair.icmpErrors",
        COUNT,
        "ICMP errors that quoted its conversation",
        |of| of.it.icmp_errors.into(),
    ),
];

const STATE: Kind = Kind::Word(&["waiting", "in-progress", "failed", "succeeded"]);
