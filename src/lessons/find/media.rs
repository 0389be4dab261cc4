//! Media: an RTP header field by field, sequence numbers and loss, timestamps and frames, rates.

use std::ops::ControlFlow;

use crate::lessons::desk::Desk;
use crate::lessons::desk::layers;
use crate::lessons::figure::Figure;
use crate::lessons::figure::Unit;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::session::model::media::MediaStream;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::StreamId;
use crate::vocab::time::Timestamp;
use crate::wire::rtp;

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "rtp",
        what: "RTP packet of a stream",
        figures: &[
            ("rtp.frame", "its frame"),
            ("rtp.first", "its first byte, in bits"),
            ("rtp.version", "version"),
            ("rtp.padding", "P: yes or no"),
            ("rtp.extension", "X: yes or no"),
            ("rtp.sources", "CC: contributing sources"),
            ("rtp.marker", "M: yes or no"),
            ("rtp.payload", "payload type"),
            ("rtp.codec", "what that is, by the signaling"),
            ("rtp.sequence", "sequence number"),
            ("rtp.sequence.hex", "the same, hexadecimal"),
            ("rtp.timestamp", "timestamp"),
            ("rtp.ssrc", "SSRC"),
            ("rtp.kind", "audio or video"),
        ],
        run: header,
    },
    Query {
        name: "sequence",
        what: "RTP stream whose packets can be counted",
        figures: &[
            ("sequence.first", "first sequence number"),
            ("sequence.packets", "packets seen"),
            ("sequence.expected", "packets that the numbers promise"),
            ("sequence.lost", "the difference"),
            ("sequence.kind", "audio or video"),
            ("sequence.ssrc", "SSRC"),
            ("sequence.frame", "frame of the first packet"),
        ],
        run: sequence,
    },
    Query {
        name: "frames",
        what: "video stream with frames one after another",
        figures: &[
            ("frames.first", "timestamp of one frame"),
            ("frames.next", "timestamp of the next one"),
            ("frames.ticks", "ticks between them"),
            ("frames.clock", "ticks per second"),
            ("frames.ms", "the same in milliseconds"),
            ("frames.rate", "frames per second at that pace"),
            ("frames.packets", "packets of the first of the two"),
            ("frames.frame", "where it begins"),
            ("frames.after", "where the next begins"),
        ],
        run: frames,
    },
    Query {
        name: "loss",
        what: "stream with loss",
        figures: &[
            ("loss.lost", "packets lost"),
            ("loss.expected", "packets expected"),
            ("loss.percent", "the part lost"),
            ("loss.kind", "audio or video"),
            ("loss.from", "who sent it"),
            ("loss.gap", "packets missing in the first gap"),
            ("loss.before", "the last frame before it"),
            ("loss.after", "the first frame after it"),
            ("loss.ssrc", "SSRC"),
        ],
        run: loss,
    },
    Query {
        name: "rate",
        what: "media stream that lasts",
        figures: &[
            ("rate.kilobits", "kilobits per second"),
            ("rate.bytes", "payload bytes"),
            ("rate.seconds", "how long"),
            ("rate.packets", "packets"),
            ("rate.kind", "audio or video"),
            ("rate.codec", "codec"),
            ("rate.frame", "frame of the first packet"),
        ],
        run: rate,
    },
];

/// A packet of a stream, as a query reads it.
pub(super) struct Packet {
    pub(super) frame: FrameNumber,
    pub(super) at: Timestamp,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
}

/// The streams of the capture that repair no other: the lesson's first, then by packets.
pub(super) fn streams<'a>(desk: &Desk<'a>) -> Vec<(StreamId, &'a MediaStream)> {
    let own = desk.stream();
    let streams = desk.analysis.scene.streams.iter().zip(0..);
    let mut all: Vec<_> = streams
        .filter(|(it, _)| it.repairs.is_none() && it.codec.as_deref() != Some("rtx"))
        .map(|(stream, index)| (StreamId(index), stream))
        .collect();
    all.sort_by_key(|(_, it)| {
        let first = own.is_some_and(|own| std::ptr::eq(own, *it));
        (!first, std::cmp::Reverse(it.stats.packets))
    });
    all.truncate(STREAMS_MAX);
    all
}

/// The first `count` packets of a stream on its first path, as they were captured.
pub(super) fn packets(desk: &mut Desk<'_>, stream: &MediaStream, count: usize) -> Vec<Packet> {
    let mut found: Vec<Packet> = Vec::new();
    let ssrc = stream.stats.ssrc;
    desk.scan(stream.stats.first.frame, |frame| {
        let header = layers(frame).into_iter().rev().find_map(|(_, bytes)| {
            let header = rtp::Header::new(bytes).ok()?;
            (rtp::probe(bytes) && header.ssrc() == ssrc).then_some(header)
        });
        if let Some(header) = header {
            // A mirror's copy is the same packet.
            if found
                .last()
                .is_none_or(|last| last.sequence != header.sequence())
            {
                found.push(Packet {
                    frame: frame.number,
                    at: frame.at,
                    sequence: header.sequence(),
                    timestamp: header.timestamp(),
                });
            }
        }
        if found.len() >= count {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    found
}

pub(super) fn kind(stream: &MediaStream) -> Figure {
    Figure::word(stream.kind.map_or("media", |kind| kind.word()))
}

fn yes(flag: bool) -> Figure {
    Figure::word(if flag { "yes" } else { "no" })
}

fn header(desk: &mut Desk<'_>) -> Option<Found> {
    for (id, stream) in streams(desk) {
        let Some(frame) = packets(desk, stream, 1).first().map(|it| it.frame) else {
            continue;
        };
        let owned = desk.frame(frame)?;
        let view = owned.as_frame();
        let header = layers(&view).into_iter().rev().find_map(|(_, bytes)| {
            let header = rtp::Header::new(bytes).ok()?;
            (header.ssrc() == stream.stats.ssrc).then_some((header, *bytes.first()?))
        });
        let (header, first) = header?;
        let mut found = Found::at([frame])?;
        found.call = stream.peer_connection;
        found.stream = Some(id);
        found.set("rtp.frame", Figure::frame(frame));
        found.set(
            "rtp.first",
            Figure::written(format!("{first:#010b}"), first),
        );
        found.set("rtp.version", Figure::count(header.version()));
        found.set("rtp.padding", yes(header.has_padding()));
        found.set("rtp.extension", yes(header.has_extension()));
        found.set("rtp.sources", Figure::count(header.csrc_count()));
        found.set("rtp.marker", yes(header.marker()));
        found.set("rtp.payload", Figure::count(header.payload_type().0));
        let codec = stream.codec.as_deref();
        found.set_some("rtp.codec", codec.map(Figure::word));
        found.set("rtp.sequence", Figure::count(header.sequence()));
        found.set(
            "rtp.sequence.hex",
            Figure::written(format!("{:#06x}", header.sequence()), header.sequence()),
        );
        found.set("rtp.timestamp", Figure::count(header.timestamp()));
        found.set("rtp.ssrc", Figure::count(header.ssrc().0));
        found.set("rtp.kind", kind(stream));
        return Some(found);
    }
    None
}

fn sequence(desk: &mut Desk<'_>) -> Option<Found> {
    for (id, stream) in streams(desk) {
        let first = packets(desk, stream, 1);
        let Some(first) = first.first() else {
            continue;
        };
        let stats = &stream.stats;
        if stats.sequence_restarts > 0 {
            continue;
        }
        let mut found = Found::at([first.frame])?;
        found.call = stream.peer_connection;
        found.stream = Some(id);
        found.set("sequence.first", Figure::count(first.sequence));
        found.set("sequence.packets", Figure::count(stats.packets));
        found.set("sequence.lost", Figure::count(stats.packets_lost));
        let expected = stats.packets.saturating_add(stats.packets_lost);
        found.set("sequence.expected", Figure::count(expected));
        found.set("sequence.kind", kind(stream));
        found.set("sequence.ssrc", Figure::count(stats.ssrc.0));
        found.set("sequence.frame", Figure::frame(first.frame));
        return Some(found);
    }
    None
}

fn frames(desk: &mut Desk<'_>) -> Option<Found> {
    for (id, stream) in streams(desk) {
        let video = stream.kind == Some(crate::session::model::media::MediaKind::Video);
        let Some(clock) = stream.media_clock().filter(|rate| *rate > 0 && video) else {
            continue;
        };
        let seen = packets(desk, stream, PACKETS_READ);
        let groups: Vec<&[Packet]> = seen
            .chunk_by(|one, next| one.timestamp == next.timestamp)
            .collect();
        // The second and third frame: the first one of a stream is often a whole picture on its own.
        let pair = groups.windows(2).skip(1).find_map(|pair| match pair {
            [one, next] => {
                let ticks = next.first()?.timestamp.wrapping_sub(one.first()?.timestamp);
                (1..=clock).contains(&ticks).then_some((*one, *next, ticks))
            }
            _ => None,
        });
        let Some((one, next, ticks)) = pair else {
            continue;
        };
        let (begin, after) = (one.first()?, next.first()?);
        let seconds = f64::from(ticks) / f64::from(clock);
        let mut found = Found::at([begin.frame, after.frame])?;
        found.call = stream.peer_connection;
        found.stream = Some(id);
        found.set("frames.first", Figure::count(begin.timestamp));
        found.set("frames.next", Figure::count(after.timestamp));
        found.set("frames.ticks", Figure::count(ticks));
        found.set("frames.clock", Figure::count(clock));
        found.set(
            "frames.ms",
            Figure::number(seconds * 1e3, 1, Unit::Milliseconds),
        );
        found.set("frames.rate", Figure::number(1.0 / seconds, 1, Unit::None));
        found.set("frames.packets", Figure::count(one.len() as u64));
        found.set("frames.frame", Figure::frame(begin.frame));
        found.set("frames.after", Figure::frame(after.frame));
        return Some(found);
    }
    None
}

fn loss(desk: &mut Desk<'_>) -> Option<Found> {
    let scene = &desk.analysis.scene;
    let (stream, index) = scene
        .streams
        .iter()
        .zip(0..)
        .filter(|(it, _)| it.stats.packets_lost > 0 && it.repairs.is_none())
        .max_by(|(one, _), (other, _)| share(one).total_cmp(&share(other)))?;
    let seen = packets(desk, stream, PACKETS_FOR_GAP);
    let (before, after, missing) = first_gap(&seen)?;
    let mut found = Found::at([after, before])?;
    found.call = stream.peer_connection;
    found.stream = Some(StreamId(index));
    let stats = &stream.stats;
    found.set("loss.lost", Figure::count(stats.packets_lost));
    let expected = stats.packets.saturating_add(stats.packets_lost);
    found.set("loss.expected", Figure::count(expected));
    found.set(
        "loss.percent",
        Figure::number(share(stream) * 1e2, 2, Unit::Percent),
    );
    found.set("loss.kind", kind(stream));
    let from = stream.peer_connection.and_then(|id| {
        let call = scene.peer_connections.get(id.index())?;
        call.endpoint(stream.from?).name.clone()
    });
    let side = stream.from.map(Side::word);
    let from = from.or_else(|| side.map(|side| format!("side {side}")));
    found.set_some("loss.from", from.map(|it| Figure::word(&it)));
    found.set("loss.gap", Figure::count(missing));
    found.set("loss.before", Figure::frame(before));
    found.set("loss.after", Figure::frame(after));
    found.set("loss.ssrc", Figure::count(stats.ssrc.0));
    Some(found)
}

/// The first jump in the numbers that no late packet fills: the frames around it, and how many are missing.
fn first_gap(seen: &[Packet]) -> Option<(FrameNumber, FrameNumber, u16)> {
    seen.windows(2).enumerate().find_map(|(at, pair)| {
        let [before, after] = pair else {
            return None;
        };
        let missing = after
            .sequence
            .wrapping_sub(before.sequence)
            .checked_sub(1)?;
        let around = seen.get(at.saturating_sub(LATE)..(at + LATE).min(seen.len()))?;
        let filled = around.iter().any(|it| {
            let place = it.sequence.wrapping_sub(before.sequence);
            (1..=missing).contains(&place)
        });
        let jump = (1..=LARGEST_JUMP).contains(&missing) && !filled && at + LATE < seen.len();
        jump.then_some((before.frame, after.frame, missing))
    })
}

/// Part of a stream that was lost, 0 to 1.
fn share(stream: &MediaStream) -> f64 {
    let lost = stream.stats.packets_lost as f64;
    lost / (stream.stats.packets as f64 + lost).max(1.0)
}

fn rate(desk: &mut Desk<'_>) -> Option<Found> {
    let (id, stream, bits, bytes) = streams(desk).into_iter().find_map(|(id, stream)| {
        let long = stream.stats.duration().as_secs_f64() >= LASTING_SECONDS;
        let bits = stream.bitrate_bps().filter(|_| long)?;
        Some((id, stream, bits, stream.payload_bytes?))
    })?;
    let first = stream.stats.first.frame;
    let mut found = Found::at([first])?;
    found.call = stream.peer_connection;
    found.stream = Some(id);
    found.set(
        "rate.kilobits",
        Figure::number(bits as f64 / 1e3, 1, Unit::Kilobits),
    );
    found.set("rate.bytes", Figure::count(bytes));
    found.set(
        "rate.seconds",
        Figure::number(stream.stats.duration().as_secs_f64(), 2, Unit::Seconds),
    );
    found.set("rate.packets", Figure::count(stream.stats.packets));
    found.set("rate.kind", kind(stream));
    let codec = stream.codec.as_deref();
    found.set_some("rate.codec", codec.map(Figure::word));
    found.set("rate.frame", Figure::frame(first));
    Some(found)
}

/// Streams tried until one has what is sought.
const STREAMS_MAX: usize = 8;
/// Packets read to find two frames one after another.
const PACKETS_READ: usize = 200;
/// Packets read to find a gap.
const PACKETS_FOR_GAP: usize = 4_000;
/// Packets among which a late one may come.
const LATE: usize = 64;
/// A larger jump is a new beginning.
const LARGEST_JUMP: u16 = 1_000;
/// A rate over less is chance, seconds.
const LASTING_SECONDS: f64 = 1.0;
