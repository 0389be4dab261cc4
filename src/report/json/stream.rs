//! `streams`: what one sender's SSRC carried, and how well it came this far.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::report::json::context::nine_decimals;
use crate::report::json::context::seconds;
use crate::report::json::feedback::RemoteInbound;
use crate::report::json::feedback::RemoteOutbound;
use crate::session::model::feedback::Feedback;
use crate::session::model::media::KeyFrameCount;
use crate::session::model::media::MediaKind;
use crate::session::model::media::MediaStream;
use crate::track::rtp_stream::buckets::Bucket;
use crate::track::rtp_stream::frames::Freezes as TrackFreezes;
use crate::track::rtp_stream::stream::Path as TrackPath;
use crate::track::rtp_stream::stream::Protection;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::StreamId;

/// An RTP stream: one SSRC of one sender.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Stream<'a> {
    /// `stream-1`, in order of the first frame.
    pub id: String,
    /// The peer connection that it belongs to.
    pub peer_connection: Option<String>,
    /// Synchronization source.
    pub ssrc: u32,
    /// Who sends it: `a` or `b`.
    pub from: Option<&'static str>,
    /// Sender's address in the packets.
    pub source: Option<String>,
    /// Receiver's address in the packets.
    pub destination: Option<String>,
    /// `audio` or `video`.
    pub kind: Option<&'static str>,
    /// Mid of its m-section.
    pub mid: Option<&'a str>,
    /// Simulcast layer.
    pub rid: Option<&'a str>,
    /// Media track, as declared.
    pub msid: Option<&'a str>,
    /// Payload type of `codec`: that of most packets, but for media wrapped in RED.
    pub payload_type: Option<u8>,
    /// All payload types in the packets.
    pub payload_types: Vec<PayloadType>,
    /// Encoding name: `VP8`; `rtx` for retransmissions.
    pub codec: Option<&'a str>,
    /// `red` when the packets wrap the codec's payload (RFC 2198); the codec inside is then inferred from the description.
    pub wrapping: Option<&'a str>,
    /// How the codec is known: declared in signaling, or inferred (wrapped in RED, or a payload type that RFC 3551 assigns).
    pub codec_basis: Option<&'static str>,
    /// RTP clock rate, Hz.
    pub clock_rate: Option<u32>,
    /// How the clock rate is known.
    pub clock_rate_basis: Option<&'static str>,
    /// Packets of this SSRC and its RTX stream: what browsers count as packetsSent and packetsReceived.
    pub packets_with_rtx: Option<u64>,
    /// SSRC of the stream that retransmits this one.
    pub rtx_ssrc: Option<u32>,
    /// SSRC that this stream retransmits or protects.
    pub repairs: Option<u32>,
    /// SRTP, or plain RTP.
    pub encrypted: Option<bool>,
    /// SRTP tag at the end of each packet, bytes.
    pub tag_bytes: Option<u8>,
    /// How the tag's length is known.
    pub tag_basis: Option<&'static str>,
    /// First packet.
    pub first_time_seconds: f64,
    /// Last packet.
    pub last_time_seconds: f64,
    /// Frames of the first and the last packet.
    pub frames: Vec<FrameRef>,
    /// Conversations that it came on; several when it moved.
    pub paths: Vec<Path>,
    /// Packets; copies on a second path are not counted.
    pub packets: u64,
    /// As webrtc-stats `bytesSent`: no header, no SRTP tag; null while a tag of unknown length is in them.
    pub payload_bytes: Option<u64>,
    /// As webrtc-stats `headerBytesSent`.
    pub header_bytes: u64,
    /// Packets with padding.
    pub padded_packets: u64,
    /// Sequence numbers never seen between the first and the highest; repeats hide none.
    pub packets_lost: u64,
    /// Packets that came after one with a higher number.
    pub packets_reordered: u64,
    /// Packets whose number had been seen.
    pub packets_duplicated: u64,
    /// Times that numbering began anew.
    pub sequence_restarts: u64,
    /// Interarrival jitter (RFC 3550), seconds; null without a clock rate, and for retransmissions, whose timestamps are those
    /// of what they repeat.
    pub jitter: Option<f64>,
    /// The same between the first packets of frames, ms.
    pub frame_jitter_ms: Option<f64>,
    /// Different RTP timestamps.
    pub frame_count: u64,
    /// Frames per second; null for retransmissions.
    pub frames_per_second: Option<f64>,
    /// Frame sizes.
    pub frame_bytes: Option<FrameBytes>,
    /// Frames several times larger than usual: probably key frames; inferred.
    pub large_frames: u64,
    /// Key frames, as the payload says; null where it can't be read.
    pub key_frames: Option<KeyFrames>,
    /// Payload bits per second, from the first packet to the last; null for less than a second.
    pub bitrate_bps: Option<u64>,
    /// Freezes that a viewer would have seen, had all frames been decoded on arrival; of video only they mean anything.
    pub freezes: Freezes,
    /// Silences of a second or more, the first ones.
    pub gaps: Vec<Gap>,
    /// All such silences.
    pub gap_count: u64,
    /// What its sender reported (webrtc-stats `remote-outbound-rtp`); null without readable RTCP.
    pub remote_outbound: Option<RemoteOutbound>,
    /// What its receiver reported (`remote-inbound-rtp`); null without readable RTCP.
    pub remote_inbound: Option<RemoteInbound>,
    /// NACK packets about it (RFC 4585 §6.2.1); null when no RTCP against its direction could be read.
    pub nack_count: Option<u64>,
    /// Sequence numbers asked for again, repeats included.
    pub packets_nacked: Option<u64>,
    /// Picture loss indications about it (RFC 4585 §6.3.1).
    pub pli_count: Option<u64>,
    /// Full intra requests about it (RFC 5104 §4.3.1).
    pub fir_count: Option<u64>,
    /// The last bit rate that a receiver allowed (REMB, TMMBR).
    pub bitrate_limit_bps: Option<u64>,
    /// Frames of the first and the last such request.
    pub request_frames: Vec<FrameRef>,
    /// The stream over time.
    pub series: Series,
}

/// A payload type and its packets.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PayloadType {
    /// Payload type.
    pub payload_type: u8,
    /// Packets.
    pub packets: u64,
}

/// A conversation that a stream came on.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// The conversation.
    pub flow: String,
    /// `direct`, `turn-indication`, `turn-channel` or `turn-connection`.
    pub via: &'static str,
    /// Packets on it, copies of others' included.
    pub packets: u64,
    /// Of those, packets that had come on another path already.
    pub copies: u64,
    /// First packet.
    pub first_time_seconds: f64,
    /// Last packet.
    pub last_time_seconds: f64,
}

/// Frame sizes after the RTP header.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FrameBytes {
    /// Smallest.
    pub min: u32,
    /// Median, to about 9 %.
    pub median: u32,
    /// Largest.
    pub max: u32,
}

/// Key frames. Those of frames whose telling packet is missing are not among them.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct KeyFrames {
    /// Key frames: webrtc-stats `keyFramesSent`, as far as they came this far.
    pub count: u64,
    /// Frames that could be told, out of `frameCount`.
    pub judged: u64,
    /// When they began: the first 512.
    pub times_seconds: Vec<f64>,
    /// The first packet of each that tells.
    pub frames: Vec<FrameRef>,
}

/// Freezes by the definition of webrtc-stats.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Freezes {
    /// `freezeCount`.
    pub count: u64,
    /// `totalFreezesDuration`.
    pub total_seconds: f64,
    /// The first 64 of them.
    pub stretches: Vec<Freeze>,
    /// Always `inferred`.
    pub basis: &'static str,
}

/// A freeze.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Freeze {
    /// First packet of the frame that stood still.
    pub time_seconds: f64,
    /// How long it stood.
    pub duration_seconds: f64,
    /// First packets of that frame and of the late one.
    pub frames: Vec<FrameRef>,
}

/// A silence.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// Last packet before it.
    pub time_seconds: f64,
    /// How long it lasted.
    pub duration_seconds: f64,
    /// Sequence numbers skipped over it; 0: the sender was silent, nothing was lost.
    pub skipped: u64,
    /// Frames before and after it.
    pub frames: Vec<FrameRef>,
}

/// A stream over time; bucket i covers `[startSeconds + i·stepSeconds, + stepSeconds)` of the capture.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// Width of a bucket.
    pub step_seconds: f64,
    /// Start of the first bucket.
    pub start_seconds: f64,
    /// Packets.
    pub packets: Vec<u32>,
    /// Payload bytes; null while an SRTP tag of unknown length is in them.
    pub payload_bytes: Option<Vec<u64>>,
    /// Sequence numbers found missing, less those that came later.
    pub lost: Vec<u32>,
    /// Jitter after the last packet, ms; null in an empty bucket, or without a clock rate.
    pub jitter_ms: Vec<Option<f64>>,
    /// Frames that began.
    pub frames: Vec<u32>,
    /// Size of the largest frame that ended, bytes after the RTP header; null where none did, and for retransmissions.
    pub largest_frame_bytes: Vec<Option<u32>>,
}

impl<'a> Stream<'a> {
    /// All streams.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let streams = context.analysis.scene.streams.iter().zip(0..);
        streams
            .map(|(stream, index)| Self::new(context, StreamId(index), stream))
            .collect()
    }

    fn new(context: Context<'a>, id: StreamId, stream: &'a MediaStream) -> Self {
        let stats = &stream.stats;
        let Feedback {
            sent,
            received,
            asked,
        } = stream.feedback;
        let flow = context.analysis.scene.flows.get(stats.first.flow.index());
        let ends = flow.map(|flow| &flow.tuple);
        let direction = stats.first.direction;
        let payload_types = stats
            .payload_types
            .iter()
            .map(|&(kind, packets)| PayloadType {
                payload_type: kind.0,
                packets,
            });
        let gaps = stats.gaps.iter().map(|gap| Gap {
            time_seconds: context.seconds(gap.before.at),
            duration_seconds: seconds(gap.duration()),
            skipped: gap.skipped,
            frames: context.frames(&[gap.before.frame, gap.after.frame]),
        });
        Self {
            id: id.id(),
            peer_connection: stream.peer_connection.map(Id::id),
            ssrc: stats.ssrc.0,
            from: stream.from.map(Side::word),
            source: ends.map(|ends| ends.source(direction).to_string()),
            destination: ends.map(|ends| ends.destination(direction).to_string()),
            kind: stream.kind.map(MediaKind::word),
            mid: stream.mid.as_deref(),
            rid: stream.rid.as_deref(),
            msid: stream.msid.as_deref(),
            payload_type: stream
                .codec_payload_type
                .or_else(|| stats.payload_type())
                .map(|kind| kind.0),
            payload_types: payload_types.collect(),
            codec: stream.codec.as_deref(),
            wrapping: stream.wrapping.as_deref(),
            codec_basis: stream.codec_basis.map(Basis::word),
            clock_rate: stream.clock_rate,
            clock_rate_basis: stream.clock_rate_basis.map(Basis::word),
            packets_with_rtx: stream.packets_with_rtx,
            rtx_ssrc: stream.rtx_ssrc.map(|ssrc| ssrc.0),
            repairs: stream.repairs.map(|ssrc| ssrc.0),
            encrypted: stream.encrypted,
            tag_bytes: stream.tag_length.map(|(length, _)| length),
            tag_basis: stream.tag_length.map(|(_, basis)| basis.word()),
            first_time_seconds: context.seconds(stats.first.at),
            last_time_seconds: context.seconds(stats.last.at),
            frames: context.frames(&[stats.first.frame, stats.last.frame]),
            paths: stats
                .paths
                .iter()
                .map(|path| Path::new(context, path))
                .collect(),
            packets: stats.packets,
            payload_bytes: stream.payload_bytes,
            header_bytes: stats.header_bytes,
            padded_packets: stats.padded_packets,
            packets_lost: stats.packets_lost,
            packets_reordered: stats.packets_reordered,
            packets_duplicated: stats.packets_duplicated,
            sequence_restarts: stats.sequence_restarts,
            jitter: stream.jitter_seconds().map(nine_decimals),
            frame_jitter_ms: stream
                .frame_jitter_seconds()
                .map(|jitter| nine_decimals(jitter * 1e3)),
            frame_count: stats.frames.count,
            frames_per_second: stream.frames_per_second().map(nine_decimals),
            frame_bytes: stats.frames.sizes.map(|sizes| FrameBytes {
                min: sizes.min,
                median: sizes.median,
                max: sizes.max,
            }),
            large_frames: stats.frames.large,
            key_frames: stream
                .key_frames
                .as_ref()
                .map(|known| KeyFrames::new(context, known)),
            bitrate_bps: stream.bitrate_bps(),
            freezes: Freezes::new(context, &stats.frames.freezes),
            gaps: gaps.collect(),
            gap_count: stats.gap_count,
            remote_outbound: sent.map(|says| RemoteOutbound::new(context, &says)),
            remote_inbound: received.map(|says| RemoteInbound::new(context, stream, &says)),
            nack_count: asked.map(|asked| asked.nacks),
            packets_nacked: asked.map(|asked| asked.packets_nacked),
            pli_count: asked.map(|asked| asked.plis),
            fir_count: asked.map(|asked| asked.firs),
            bitrate_limit_bps: asked.and_then(|asked| asked.bitrate_limit_bps),
            request_frames: asked
                .and_then(|asked| asked.span)
                .map(|(first, last)| context.frames(&[first.frame, last.frame]))
                .unwrap_or_default(),
            series: Series::new(context, stream),
        }
    }
}

impl KeyFrames {
    fn new(context: Context<'_>, known: &KeyFrameCount) -> Self {
        let starts = || known.starts.iter();
        let frames: Vec<FrameNumber> = starts().map(|start| start.frame).collect();
        Self {
            count: known.count,
            judged: known.judged,
            times_seconds: starts().map(|start| context.seconds(start.at)).collect(),
            frames: context.frames(&frames),
        }
    }
}

impl Freezes {
    fn new(context: Context<'_>, known: &TrackFreezes) -> Self {
        let stretches = known.stretches.iter().map(|freeze| Freeze {
            time_seconds: context.seconds(freeze.from.at),
            duration_seconds: seconds(freeze.until.at.since(freeze.from.at)),
            frames: context.frames(&[freeze.from.frame, freeze.until.frame]),
        });
        Self {
            count: known.count,
            total_seconds: seconds(known.total),
            stretches: stretches.collect(),
            basis: Basis::Inferred.word(),
        }
    }
}

impl Path {
    fn new(context: Context<'_>, path: &TrackPath) -> Self {
        let flow = context.analysis.scene.flows.get(path.flow.index());
        let via = match flow.and_then(|flow| flow.relayed) {
            None => "direct",
            Some(relayed) if relayed.in_connections > 0 => "turn-connection",
            // A client sends indications until its channel is bound; then all goes through the channel.
            Some(relayed) if relayed.in_channel_data >= relayed.in_indications => "turn-channel",
            Some(_) => "turn-indication",
        };
        Self {
            flow: path.flow.id(),
            via,
            packets: path.packets,
            copies: path.copies,
            first_time_seconds: context.seconds(path.first.at),
            last_time_seconds: context.seconds(path.last.at),
        }
    }
}

impl Series {
    fn new(context: Context<'_>, stream: &MediaStream) -> Self {
        let series = &stream.stats.series;
        let protection = match stream.tag_length {
            Some((tag_length, _)) => Protection::Srtp { tag_length },
            None => Protection::Plain,
        };
        let jitter = |bucket: &Bucket| {
            let jitter = stream
                .media_clock()
                .and_then(|rate| bucket.jitter.at(rate))?;
            (bucket.packets > 0).then(|| nine_decimals(jitter * 1e3))
        };
        let each = |value: fn(&Bucket) -> u32| series.buckets.iter().map(value).collect();
        Self {
            step_seconds: seconds(series.step),
            start_seconds: context.seconds(series.start),
            packets: each(|bucket| bucket.packets),
            payload_bytes: stream
                .payload_bytes
                .map(|_| series.payload_bytes(protection).collect()),
            lost: each(|bucket| bucket.lost),
            jitter_ms: series.buckets.iter().map(jitter).collect(),
            frames: each(|bucket| bucket.frames),
            largest_frame_bytes: series
                .buckets
                .iter()
                .map(|bucket| bucket.largest_frame)
                .map(|size| (size > 0 && stream.repairs.is_none()).then_some(size))
                .collect(),
        }
    }
}
