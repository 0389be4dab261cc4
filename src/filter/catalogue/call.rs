//! Fields of peer connections, and of the verdicts about them.

use crate::diagnosis::finding::Stage;
use crate::filter::catalogue::COUNT;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::MILLISECONDS;
use crate::filter::catalogue::Of;
use crate::filter::catalogue::Origin;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::SECONDS;
use crate::filter::catalogue::id;
use crate::filter::catalogue::milliseconds;
use crate::filter::rows::RowKind;
use crate::filter::value::Value;
use crate::session::model::ice::IceRole;
use crate::session::model::ice::Nomination;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::peer_connection::SignalingRole;

const fn call(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, PeerConnection>) -> Value<'a>,
) -> Field {
    Field::new(Some(RowKind::Call), name, kind, meaning, Reader::Call(read))
}

pub(super) const FIELDS: &[Field] = &[
    call("call.id", Kind::Text, "its id in the report: pc-1", |of| {
        id("pc", of.index).into()
    }),
    call(
        "call.label",
        Kind::Text,
        "its name for people: alice → videoroom 100 (publisher)",
        |of| (&of.it.label).into(),
    ),
    call("call.outcome", OUTCOME, "how it came out", |of| {
        of.rows
            .verdict(of.index)
            .map(|verdict| verdict.outcome.word())
            .into()
    })
    .of(Origin::Verdict),
    call("call.stage", STAGE, "the first stage that broke", |of| {
        of.rows
            .verdict(of.index)
            .and_then(|verdict| verdict.stage)
            .map(Stage::word)
            .into()
    })
    .of(Origin::Verdict),
    call(
        "call.confidence",
        Kind::Word(&["high", "medium", "low"]),
        "how sure the verdict is",
        |of| {
            of.rows
                .verdict(of.index)
                .map(|verdict| verdict.confidence.word())
                .into()
        },
    )
    .of(Origin::Verdict),
    call(
        "call.state",
        STATE,
        "RTCPeerConnectionState at the end, inferred",
        |of| of.it.state.word().into(),
    ),
    call(
        "call.session",
        Kind::Text,
        "id of its signaling dialogue: session-1",
        |of| {
            of.it
                .dialogue
                .map(|dialogue| id("session", dialogue.index()))
                .into()
        },
    ),
    call(
        "call.handle",
        Kind::Text,
        "the handle that carries it there",
        |of| of.it.handle.as_ref().into(),
    ),
    call(
        "call.a.name",
        Kind::Text,
        "side a's name from signaling",
        |of| of.it.a.name.as_ref().into(),
    ),
    call(
        "call.b.name",
        Kind::Text,
        "side b's name from signaling",
        |of| of.it.b.name.as_ref().into(),
    ),
    call("call.a.role", ROLE, "side a in signaling", |of| {
        of.it.a.role.map(SignalingRole::word).into()
    }),
    call("call.b.role", ROLE, "side b in signaling", |of| {
        of.it.b.role.map(SignalingRole::word).into()
    }),
    call(
        "call.a.addresses",
        Kind::Address,
        "side a's addresses in the packets",
        |of| Value::many(of.it.a.addresses.iter().copied()),
    ),
    call(
        "call.b.addresses",
        Kind::Address,
        "side b's addresses in the packets",
        |of| Value::many(of.it.b.addresses.iter().copied()),
    ),
    call(
        "call.a.ufrags",
        Kind::Text,
        "side a's ICE user fragments",
        |of| Value::many(&of.it.a.ufrags),
    ),
    call(
        "call.b.ufrags",
        Kind::Text,
        "side b's ICE user fragments",
        |of| Value::many(&of.it.b.ufrags),
    ),
    call(
        "call.firstTimeSeconds",
        SECONDS,
        "first sign of it, from the first packet",
        |of| of.seconds(of.it.first_at).into(),
    ),
    call(
        "call.lastTimeSeconds",
        SECONDS,
        "last sign of it, from the first packet",
        |of| of.seconds(of.it.last_at).into(),
    ),
    call(
        "call.setup.signalingMs",
        MILLISECONDS,
        "from the offer to its answer",
        |of| of.it.setup.signaling.map(milliseconds).into(),
    ),
    call(
        "call.setup.iceMs",
        MILLISECONDS,
        "from the first check to the selected pair's first answer",
        |of| of.it.setup.ice.map(milliseconds).into(),
    ),
    call(
        "call.setup.dtlsMs",
        MILLISECONDS,
        "from the first ClientHello to the end of the handshake",
        |of| of.it.setup.dtls.map(milliseconds).into(),
    ),
    call(
        "call.setup.firstMediaMs",
        MILLISECONDS,
        "from the offer, else the first check, to the first media packet",
        |of| of.it.setup.first_media.map(milliseconds).into(),
    ),
    call(
        "call.ice.roleA",
        Kind::Word(&["controlling", "controlled"]),
        "side a's ICE role",
        |of| of.it.ice.role_a.map(IceRole::word).into(),
    ),
    call(
        "call.ice.roleConflicts",
        COUNT,
        "role conflicts (487) seen",
        |of| of.it.ice.role_conflicts.into(),
    ),
    call(
        "call.ice.generations",
        COUNT,
        "1, and one more for each ICE restart",
        |of| (of.it.ice.generations as u64).into(),
    ),
    call(
        "call.ice.nomination",
        Kind::Word(&["regular", "aggressive", "renomination"]),
        "how pairs were nominated",
        |of| of.it.ice.nomination.map(Nomination::word).into(),
    ),
];

const OUTCOME: Kind = Kind::Word(&["ok", "degraded", "failed", "unknown"]);
const ROLE: Kind = Kind::Word(&["offerer", "answerer"]);
const STAGE: Kind = Kind::Word(&[
    "signaling",
    "gathering",
    "checks",
    "nomination",
    "dtls",
    "media",
    "steady",
]);
const STATE: Kind = Kind::Word(&[
    "new",
    "connecting",
    "connected",
    "disconnected",
    "failed",
    "closed",
    "unknown",
]);
