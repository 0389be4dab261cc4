//! Fields of conversations.

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
use crate::flow::table::FlowRecord;
use crate::vocab::encapsulation::Tunnel;
use crate::vocab::ids::PeerConnectionId;

const fn flow(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, FlowRecord>) -> Value<'a>,
) -> Field {
    Field::new(Some(RowKind::Flow), name, kind, meaning, Reader::Flow(read))
}

pub(super) const FIELDS: &[Field] = &[
    flow(
        "flow.id",
        Kind::Text,
        "its id in the report: flow-1",
        |of| id("flow", of.index).into(),
    ),
    flow(
        "flow.peerConnection",
        Kind::Text,
        "id of its call: pc-1",
        |of| owner(&of).map(|call| id("pc", call.index())).into(),
    ),
    flow(
        "flow.transport",
        Kind::Word(&["udp", "tcp"]),
        "transport protocol",
        |of| of.it.tuple.transport.word().into(),
    ),
    flow(
        "flow.a",
        Kind::Address,
        "the end that sent the first frame",
        |of| of.it.tuple.a.into(),
    ),
    flow("flow.b", Kind::Address, "the other end", |of| {
        of.it.tuple.b.into()
    }),
    flow(
        "flow.protocols",
        Kind::Text,
        "protocols recognised: stun, dtls, rtp, http2 …",
        |of| Value::many(of.it.protocols.iter().map(|protocol| protocol.word())),
    ),
    flow(
        "flow.encapsulation",
        Kind::Text,
        "tunnels around its packets: gre, vxlan …",
        |of| Value::many(of.it.encapsulation.tunnels().map(Tunnel::word)),
    ),
    flow(
        "flow.via",
        Kind::Text,
        "id of the TURN conversation that it ran inside",
        |of| {
            of.it
                .relayed
                .map(|relayed| id("flow", relayed.outer.index()))
                .into()
        },
    ),
    flow("flow.packetsAToB", COUNT, "packets from a", |of| {
        of.it.packets[0].into()
    }),
    flow("flow.packetsBToA", COUNT, "packets from b", |of| {
        of.it.packets[1].into()
    }),
    flow("flow.bytesAToB", BYTES, "bytes from a", |of| {
        of.it.bytes[0].into()
    }),
    flow("flow.bytesBToA", BYTES, "bytes from b", |of| {
        of.it.bytes[1].into()
    }),
    flow(
        "flow.firstTimeSeconds",
        SECONDS,
        "its first packet, from the capture's first",
        |of| of.seconds(of.it.first_at).into(),
    ),
    flow(
        "flow.lastTimeSeconds",
        SECONDS,
        "its last packet, from the capture's first",
        |of| of.seconds(of.it.last_at).into(),
    ),
    flow(
        "flow.icmpErrors",
        COUNT,
        "ICMP errors that quoted it",
        |of| of.it.icmp_errors.into(),
    ),
    flow(
        "flow.serverName",
        Kind::Text,
        "server name from TLS or QUIC",
        |of| of.it.server_name.as_ref().into(),
    ),
    flow("flow.tls.version", Kind::Text, "TLS version chosen", |of| {
        of.it
            .tls
            .as_deref()
            .and_then(|tls| tls.version)
            .map(|version| version.to_string())
            .into()
    }),
    flow(
        "flow.tls.alpn",
        Kind::Text,
        "application protocol chosen",
        |of| {
            of.it
                .tls
                .as_deref()
                .and_then(|tls| tls.alpn.as_ref())
                .into()
        },
    ),
    flow(
        "flow.tls.decryption",
        DECRYPTION,
        "whether keys opened it",
        |of| of.it.tls.as_deref().map(|tls| tls.opening.word()).into(),
    ),
    flow("flow.quic.version", Kind::Text, "QUIC version", |of| {
        of.it
            .quic
            .as_deref()
            .and_then(|quic| quic.version)
            .map(|version| version.to_string())
            .into()
    }),
];

fn owner(of: &Of<'_, FlowRecord>) -> Option<PeerConnectionId> {
    let owners = &of.rows.analysis.scene.flow_owner;
    owners.get(of.index).copied().flatten()
}

const DECRYPTION: Kind = Kind::Word(&[
    "pending",
    "no-secrets",
    "handshake-missing",
    "unsupported",
    "secrets-do-not-fit",
    "opened",
]);
