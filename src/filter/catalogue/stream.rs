//! Fields of RTP streams.

use crate::filter::catalogue::BASIS;
use crate::filter::catalogue::BYTES;
use crate::filter::catalogue::COUNT;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::MILLISECONDS;
use crate::filter::catalogue::Of;
use crate::filter::catalogue::Origin;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::SECONDS;
use crate::filter::catalogue::SIDE;
use crate::filter::catalogue::Unit;
use crate::filter::catalogue::id;
use crate::filter::rows::RowKind;
use crate::filter::value::Value;
use crate::session::model::media::MediaKind;
use crate::session::model::media::MediaStream;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;

const fn stream(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, MediaStream>) -> Value<'a>,
) -> Field {
    Field::new(
        Some(RowKind::Stream),
        name,
        kind,
        meaning,
        Reader::Stream(read),
    )
}

pub(super) const FIELDS: &[Field] = &[
    stream(
        "stream.id",
        Kind::Text,
        "its id in the report: stream-1",
        |of| id("stream", of.index).into(),
    ),
    stream(
        "stream.peerConnection",
        Kind::Text,
        "id of its call: pc-1",
        |of| {
            of.it
                .peer_connection
                .map(|call| id("pc", call.index()))
                .into()
        },
    ),
    stream("stream.ssrc", COUNT, "synchronization source", |of| {
        of.it.stats.ssrc.0.into()
    }),
    stream("stream.from", SIDE, "which side sends it", |of| {
        of.it.from.map(Side::word).into()
    }),
    stream(
        "stream.source",
        Kind::Address,
        "the sender's address in the packets",
        |of| {
            ends(&of)
                .map(|ends| ends.source(of.it.stats.first.direction))
                .into()
        },
    ),
    stream(
        "stream.destination",
        Kind::Address,
        "the receiver's address in the packets",
        |of| {
            ends(&of)
                .map(|ends| ends.destination(of.it.stats.first.direction))
                .into()
        },
    ),
    stream(
        "stream.kind",
        Kind::Word(&["audio", "video"]),
        "what it carries",
        |of| of.it.kind.map(MediaKind::word).into(),
    ),
    stream("stream.mid", Kind::Text, "mid of its m-section", |of| {
        of.it.mid.as_ref().into()
    }),
    stream("stream.rid", Kind::Text, "simulcast layer", |of| {
        of.it.rid.as_ref().into()
    }),
    stream(
        "stream.msid",
        Kind::Text,
        "media track, as declared",
        |of| of.it.msid.as_ref().into(),
    ),
    stream(
        "stream.codec",
        Kind::Text,
        "encoding name: VP8; rtx for retransmissions",
        |of| of.it.codec.as_ref().into(),
    ),
    stream("stream.codecBasis", BASIS, "how the codec is known", |of| {
        of.it.codec_basis.map(Basis::word).into()
    }),
    stream("stream.clockRate", COUNT, "RTP clock rate, Hz", |of| {
        of.it.clock_rate.into()
    }),
    stream("stream.encrypted", Kind::Flag, "SRTP, or plain RTP", |of| {
        of.it.encrypted.into()
    }),
    stream(
        "stream.repairs",
        COUNT,
        "SSRC that it retransmits or protects",
        |of| of.it.repairs.map(|ssrc| ssrc.0).into(),
    ),
    stream(
        "stream.firstTimeSeconds",
        SECONDS,
        "its first packet, from the capture's first",
        |of| of.seconds(of.it.stats.first.at).into(),
    ),
    stream(
        "stream.lastTimeSeconds",
        SECONDS,
        "its last packet, from the capture's first",
        |of| of.seconds(of.it.stats.last.at).into(),
    ),
    stream(
        "stream.packets",
        COUNT,
        "packets, copies not counted",
        |of| of.it.stats.packets.into(),
    ),
    stream(
        "stream.payloadBytes",
        BYTES,
        "as webrtc-stats bytesSent",
        |of| of.it.payload_bytes.into(),
    ),
    stream(
        "stream.packetsLost",
        COUNT,
        "sequence numbers never seen",
        |of| of.it.stats.packets_lost.into(),
    ),
    stream(
        "stream.loss",
        Kind::Number(Unit::Ratio),
        "packetsLost as a part of packetsLost and packets",
        |of| loss(of.it).into(),
    )
    .of(Origin::Derived),
    stream(
        "stream.packetsReordered",
        COUNT,
        "packets that came after one with a higher number",
        |of| of.it.stats.packets_reordered.into(),
    ),
    stream(
        "stream.packetsDuplicated",
        COUNT,
        "packets whose number had been seen",
        |of| of.it.stats.packets_duplicated.into(),
    ),
    stream(
        "stream.sequenceRestarts",
        COUNT,
        "times that numbering began anew",
        |of| of.it.stats.sequence_restarts.into(),
    ),
    stream(
        "stream.jitter",
        SECONDS,
        "interarrival jitter (RFC 3550)",
        |of| of.it.jitter_seconds().into(),
    ),
    stream(
        "stream.frameJitterMs",
        MILLISECONDS,
        "the same between the first packets of frames",
        |of| {
            of.it
                .frame_jitter_seconds()
                .map(|jitter| jitter * 1e3)
                .into()
        },
    ),
    stream(
        "stream.frameCount",
        COUNT,
        "different RTP timestamps",
        |of| of.it.stats.frames.count.into(),
    ),
    stream("stream.framesPerSecond", COUNT, "frames per second", |of| {
        of.it.frames_per_second().into()
    }),
    stream(
        "stream.largeFrames",
        COUNT,
        "frames that are probably key frames",
        |of| of.it.stats.frames.large.into(),
    ),
    stream(
        "stream.keyFrames.count",
        COUNT,
        "key frames, where the payload can be read",
        |of| of.it.key_frames.as_ref().map(|known| known.count).into(),
    ),
    stream(
        "stream.bitrateBps",
        Kind::Number(Unit::BitsPerSecond),
        "payload, from first packet to last; null for less than a second",
        |of| of.it.bitrate_bps().into(),
    ),
    stream(
        "stream.freezes.count",
        COUNT,
        "freezes that a viewer would have seen",
        |of| of.it.stats.frames.freezes.count.into(),
    ),
    stream(
        "stream.freezes.totalSeconds",
        SECONDS,
        "how long they lasted together",
        |of| of.it.stats.frames.freezes.total.as_secs_f64().into(),
    ),
    stream(
        "stream.gapCount",
        COUNT,
        "silences of a second or more",
        |of| of.it.stats.gap_count.into(),
    ),
];

fn ends<'a>(of: &Of<'a, MediaStream>) -> Option<&'a FiveTuple> {
    let flows = &of.rows.analysis.scene.flows;
    flows
        .get(of.it.stats.first.flow.index())
        .map(|flow| &flow.tuple)
}

fn loss(stream: &MediaStream) -> Option<f64> {
    let lost = stream.stats.packets_lost as f64;
    let expected = lost + stream.stats.packets as f64;
    (expected > 0.0).then_some(lost / expected)
}
