//! Fields of TURN allocations.

use crate::filter::catalogue::BYTES;
use crate::filter::catalogue::COUNT;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::Of;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::SECONDS;
use crate::filter::catalogue::id;
use crate::filter::rows::RowKind;
use crate::filter::value::Value;
use crate::track::turn::Allocation;

const fn turn(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, Allocation>) -> Value<'a>,
) -> Field {
    Field::new(Some(RowKind::Turn), name, kind, meaning, Reader::Turn(read))
}

pub(super) const FIELDS: &[Field] = &[
    turn(
        "turn.id",
        Kind::Text,
        "its id in the report: turn-1",
        |of| id("turn", of.index).into(),
    ),
    turn(
        "turn.peerConnection",
        Kind::Text,
        "id of the call that used it: pc-1",
        |of| {
            let owners = &of.rows.analysis.scene.turn_owner;
            owners
                .get(of.index)
                .copied()
                .flatten()
                .map(|call| id("pc", call.index()))
                .into()
        },
    ),
    turn(
        "turn.flow",
        Kind::Text,
        "id of the conversation with the server",
        |of| id("flow", of.it.flow.index()).into(),
    ),
    turn(
        "turn.client",
        Kind::Address,
        "client address as in the packets",
        |of| of.it.client.into(),
    ),
    turn("turn.server", Kind::Address, "server address", |of| {
        of.it.server.into()
    }),
    turn(
        "turn.transport",
        Kind::Word(&["udp", "tcp"]),
        "between client and server",
        |of| of.it.transport.word().into(),
    ),
    turn("turn.state", STATE, "where it stands at the end", |of| {
        of.it.state.word().into()
    }),
    turn(
        "turn.relayedAddress",
        Kind::Address,
        "the address that peers see",
        |of| of.it.relayed.into(),
    ),
    turn(
        "turn.mappedAddress",
        Kind::Address,
        "the client's address as the server sees it",
        |of| of.it.mapped.into(),
    ),
    turn(
        "turn.lifetimeSeconds",
        SECONDS,
        "lifetime as last answered",
        |of| of.it.lifetime_seconds.into(),
    ),
    turn("turn.realm", Kind::Text, "realm", |of| {
        of.it.realm.as_ref().into()
    }),
    turn(
        "turn.username",
        Kind::Text,
        "user name of the long-term credential",
        |of| of.it.username.as_ref().into(),
    ),
    turn("turn.software", Kind::Text, "the server's software", |of| {
        of.it.software.as_ref().into()
    }),
    turn(
        "turn.permissions",
        Kind::Address,
        "permitted peer addresses",
        |of| Value::many(of.it.permissions.iter().copied()),
    ),
    turn("turn.sendIndications", COUNT, "Send indications", |of| {
        of.it.send_indications.into()
    }),
    turn("turn.dataIndications", COUNT, "Data indications", |of| {
        of.it.data_indications.into()
    }),
    turn(
        "turn.packetsToPeers",
        COUNT,
        "messages that the client sent to peers",
        |of| of.it.to_peers.packets.into(),
    ),
    turn("turn.bytesToPeers", BYTES, "their payload bytes", |of| {
        of.it.to_peers.bytes.into()
    }),
    turn(
        "turn.packetsFromPeers",
        COUNT,
        "messages that came from peers",
        |of| of.it.from_peers.packets.into(),
    ),
    turn("turn.bytesFromPeers", BYTES, "their payload bytes", |of| {
        of.it.from_peers.bytes.into()
    }),
    turn(
        "turn.requests.method",
        Kind::Text,
        "methods asked for: allocate, create-permission, channel-bind, refresh",
        |of| Value::many(of.it.requests.iter().map(|(method, ..)| *method)),
    ),
    turn(
        "turn.errors.code",
        COUNT,
        "error codes answered: 401, 403, 437, 438, 442, 486, 508",
        |of| Value::many(of.it.errors.iter().map(|error| error.code)),
    ),
    turn(
        "turn.errors.method",
        Kind::Text,
        "what was refused: allocate, create-permission, channel-bind, refresh",
        |of| Value::many(of.it.errors.iter().map(|error| error.method)),
    ),
    turn(
        "turn.errors.normal",
        Kind::Flag,
        "was a refusal part of the normal course, as the first 401 is?",
        |of| Value::many(of.it.errors.iter().map(|error| error.normal)),
    ),
    turn(
        "turn.channels.number",
        COUNT,
        "numbers of its channels",
        |of| Value::many(of.it.channels.iter().map(|channel| channel.number)),
    ),
    turn(
        "turn.channels.peer",
        Kind::Address,
        "the peers of its channels",
        |of| Value::many(of.it.channels.iter().map(|channel| channel.peer)),
    ),
    turn("turn.firstTimeSeconds", SECONDS, "first message", |of| {
        of.seconds(of.it.first_at).into()
    }),
    turn(
        "turn.allocatedTimeSeconds",
        SECONDS,
        "when the allocation succeeded",
        |of| of.it.allocated_at.map(|at| of.seconds(at)).into(),
    ),
    turn(
        "turn.refreshedTimeSeconds",
        SECONDS,
        "when its lifetime was last granted",
        |of| of.it.refreshed_at.map(|at| of.seconds(at)).into(),
    ),
    turn("turn.lastTimeSeconds", SECONDS, "last message", |of| {
        of.seconds(of.it.last_at).into()
    }),
];

const STATE: Kind = Kind::Word(&[
    "requested",
    "challenged",
    "allocated",
    "failed",
    "released",
    "expired",
    "unknown",
]);
