//! Fields of data channels.

use crate::filter::catalogue::BYTES;
use crate::filter::catalogue::COUNT;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::MILLISECONDS;
use crate::filter::catalogue::Of;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::SECONDS;
use crate::filter::catalogue::SIDE;
use crate::filter::catalogue::id;
use crate::filter::rows::RowKind;
use crate::filter::value::Value;
use crate::session::model::data::DataChannel;
use crate::vocab::address::Side;

const fn channel(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, DataChannel>) -> Value<'a>,
) -> Field {
    Field::new(
        Some(RowKind::Channel),
        name,
        kind,
        meaning,
        Reader::Channel(read),
    )
}

pub(super) const FIELDS: &[Field] = &[
    channel(
        "channel.id",
        Kind::Text,
        "its id in the report: channel-1",
        |of| id("channel", of.index).into(),
    ),
    channel(
        "channel.peerConnection",
        Kind::Text,
        "id of its call: pc-1",
        |of| {
            of.it
                .peer_connection
                .map(|call| id("pc", call.index()))
                .into()
        },
    ),
    channel(
        "channel.dtls",
        Kind::Text,
        "id of the DTLS association that it runs in",
        |of| id("dtls", of.it.dtls.index()).into(),
    ),
    channel(
        "channel.dataChannelIdentifier",
        COUNT,
        "its SCTP stream, as in webrtc-stats",
        |of| of.it.id.into(),
    ),
    channel("channel.label", Kind::Text, "its name", |of| {
        of.it.channel.label.as_ref().into()
    }),
    channel(
        "channel.protocol",
        Kind::Text,
        "its subprotocol; empty when it has none",
        |of| of.it.channel.protocol.as_ref().into(),
    ),
    channel(
        "channel.ordered",
        Kind::Flag,
        "is delivery in order?",
        |of| of.it.channel.ordered.into(),
    ),
    channel(
        "channel.maxRetransmits",
        COUNT,
        "how often a lost message is sent again at most",
        |of| of.it.max_retransmits().into(),
    ),
    channel(
        "channel.maxPacketLifeTime",
        MILLISECONDS,
        "how long a lost message is sent again at most",
        |of| of.it.max_packet_life_time().into(),
    ),
    channel(
        "channel.state",
        Kind::Word(&["connecting", "open", "closed"]),
        "RTCDataChannelState, inferred",
        |of| of.it.state().into(),
    ),
    channel("channel.openedBy", SIDE, "who opened it", |of| {
        of.it.opener().map(Side::word).into()
    }),
    channel(
        "channel.openedTimeSeconds",
        SECONDS,
        "when it was opened",
        |of| of.it.channel.opened.map(|seen| of.seconds(seen.at)).into(),
    ),
    channel(
        "channel.closedTimeSeconds",
        SECONDS,
        "when a side reset its stream",
        |of| of.it.channel.closed.map(|seen| of.seconds(seen.at)).into(),
    ),
    channel(
        "channel.messagesAToB",
        COUNT,
        "messages of the application, from a to b",
        |of| of.it.sent_by(Side::A).map(|(messages, _)| messages).into(),
    ),
    channel(
        "channel.messagesBToA",
        COUNT,
        "messages of the application, from b to a",
        |of| of.it.sent_by(Side::B).map(|(messages, _)| messages).into(),
    ),
    channel(
        "channel.bytesAToB",
        BYTES,
        "bytes of them, from a to b",
        |of| of.it.sent_by(Side::A).map(|(_, bytes)| bytes).into(),
    ),
    channel(
        "channel.bytesBToA",
        BYTES,
        "bytes of them, from b to a",
        |of| of.it.sent_by(Side::B).map(|(_, bytes)| bytes).into(),
    ),
    channel(
        "channel.firstTimeSeconds",
        SECONDS,
        "first sight of it",
        |of| of.seconds(of.it.channel.span.0.at).into(),
    ),
    channel(
        "channel.lastTimeSeconds",
        SECONDS,
        "last sight of it",
        |of| of.seconds(of.it.channel.span.1.at).into(),
    ),
];
