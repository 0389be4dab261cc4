//! The media streams of a call: a row each, by sender; what each did over time is drawn below (`screens/media.rs`).

use crate::report::text::feedback;
use crate::report::text::media as report;
use crate::session::model::media::MediaStream;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::track::rtp_stream::buckets::Bucket;
use crate::track::rtp_stream::stream::Protection;
use crate::tui::sheet::ABSENT;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::sheet::name;
use crate::tui::text::bitrate;
use crate::tui::text::bytes;
use crate::tui::text::count;
use crate::tui::text::counted;
use crate::tui::text::percent;
use crate::tui::text::plain;
use crate::tui::text::span;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Fit;
use crate::vocab::address::Side;
use crate::vocab::ids::StreamId;
use crate::vocab::time::Timestamp;

/// The columns.
pub const COLUMNS: &[Column] = &[
    Column::flexible("from", 7, 2, Fit::Left),
    Column::flexible("stream", 22, 3, Fit::Left),
    Column::fixed("packets", 7, Fit::Right),
    Column::fixed("lost", 12, Fit::Right),
    Column::fixed("jitter", 8, Fit::Right),
    Column::fixed("bit rate", 9, Fit::Right),
    Column::fixed("frames/s", 8, Fit::Right),
    Column::fixed("SSRC", 10, Fit::Right),
    Column::fixed("late", 5, Fit::Right),
    Column::fixed("twice", 5, Fit::Right),
    Column::fixed("≈ freezes", 9, Fit::Right),
    Column::flexible("track", 12, 2, Fit::Left),
];

/// The streams of a call by sender, each followed by what repairs it.
pub fn order(scene: &Scene, call: &PeerConnection) -> Vec<StreamId> {
    let mut streams: Vec<(StreamId, &MediaStream)> = scene.streams_of(call).collect();
    let place = |ssrc| {
        let mut all = scene.streams_of(call);
        all.position(|(_, other)| other.stats.ssrc == ssrc)
    };
    let side = |stream: &MediaStream| match stream.from {
        Some(Side::A) => 0,
        Some(Side::B) => 1,
        None => 2,
    };
    streams.truncate(STREAMS_MOST);
    let places = streams.iter().enumerate().map(|(at, (_, stream))| {
        let repaired = stream.repairs.and_then(place);
        (repaired.unwrap_or(at), repaired.is_some(), at)
    });
    let places: Vec<(usize, bool, usize)> = places.collect();
    let mut sorted: Vec<_> = streams.into_iter().zip(places).collect();
    sorted.sort_by_key(|((_, stream), place)| (side(stream), *place));
    sorted.into_iter().map(|((id, _), _)| id).collect()
}

/// A stream's row.
pub fn row(call: &PeerConnection, stream: &MediaStream) -> Row {
    let stats = &stream.stats;
    let ink = if stream.repairs.is_some() {
        Ink::Dim
    } else {
        Ink::Plain
    };
    let from = match stream.from {
        Some(Side::A) => format!("▲ {}", name(call, Side::A)),
        Some(Side::B) => format!("▼ {}", name(call, Side::B)),
        None => ABSENT.to_owned(),
    };
    let lost = if stats.packets_lost > 0 {
        Ink::Bad
    } else {
        ink
    };
    let or_absent = |text: Option<String>| Cell::new(text.as_deref().unwrap_or(ABSENT), ink);
    let freezes = stream.freezes().map(|freezes| freezes.count);
    Row {
        cells: vec![
            Cell::new(&from, ink),
            Cell::new(&title(stream), ink),
            Cell::new(&count(stats.packets), ink),
            Cell::new(&self::lost(stream), lost),
            or_absent(jitter(stream).map(|seconds| format!("{:.1} ms", seconds * 1e3))),
            or_absent(stream.bits_per_second().map(bitrate)),
            or_absent(frames_per_second(stream).map(|rate| format!("{rate:.1}"))),
            Cell::new(&stats.ssrc.to_string(), ink),
            Cell::new(&count(stats.packets_reordered), ink),
            Cell::new(&count(stats.packets_duplicated), ink),
            Cell::new(
                freezes.map(count).as_deref().unwrap_or(ABSENT),
                if freezes > Some(0) { Ink::Poor } else { ink },
            ),
            or_absent(stream.msid.clone()),
        ],
        frames: vec![stats.first.frame, stats.last.frame],
        detail: Vec::new(),
        heading: false,
        about: None,
    }
}

/// `video VP8 (h) mid 0`, with the simulcast layer in brackets.
pub fn title(stream: &MediaStream) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(stream.kind.map(|kind| kind.word().to_owned()));
    let codec = stream.codec.clone();
    let number = || {
        stream
            .stats
            .payload_type()
            .map(|kind| format!("type {kind}"))
    };
    words.extend(codec.or_else(number));
    // What tells layers apart comes early: a narrow column cuts the end.
    words.extend(stream.rid.as_ref().map(|rid| format!("({rid})")));
    words.extend(
        stream
            .wrapping
            .as_ref()
            .map(|wrapping| format!("in {wrapping}")),
    );
    words.extend(stream.mid.as_ref().map(|mid| format!("mid {mid}")));
    words.join(" ")
}

/// `27 4.7 %`.
pub fn lost(stream: &MediaStream) -> String {
    let stats = &stream.stats;
    let expected = stats.packets.saturating_sub(stats.packets_duplicated) + stats.packets_lost;
    let part = percent(stats.packets_lost, expected).unwrap_or_default();
    format!("{} {part}", count(stats.packets_lost))
}

/// What the columns have no room for, in one line.
pub fn summary(stream: &MediaStream) -> String {
    let stats = &stream.stats;
    let mut words = vec![span(stats.duration())];
    words.extend(
        stream
            .payload_bytes
            .map(|size| format!("{} of payload", bytes(size))),
    );
    if let Some(sizes) = stats.frames.sizes.filter(|_| stream.repairs.is_none()) {
        words.push(format!(
            "{} of {} to {}, median ≈ {}",
            counted(stats.frames.count, "frame"),
            bytes(sizes.min.into()),
            bytes(sizes.max.into()),
            bytes(sizes.median.into())
        ));
    }
    words.extend(report::key_frames(stream));
    if stats.gap_count > 0 {
        words.push(counted(stats.gap_count, "silence"));
    }
    words.extend(stream.rtx_ssrc.map(|ssrc| format!("repaired by {ssrc}")));
    words.extend(stream.repairs.map(|ssrc| format!("repairs {ssrc}")));
    words.join(" · ")
}

/// Where the capture stands to what this stream lost.
pub fn standpoint(scene: &Scene, call: &PeerConnection, stream: &MediaStream) -> Option<String> {
    let side = stream.from?;
    let mut addresses = call.endpoint(side).addresses.iter();
    let near = addresses.any(|address| scene.local.contains(address));
    near.then(|| {
        format!(
            "captured at {}: what is lost later is not in it",
            name(call, side)
        )
    })
}

/// What its receiver told by RTCP, as far as that could be read.
pub fn receiver(stream: &MediaStream) -> Option<String> {
    feedback::line(stream).map(|line| plain(&line))
}

/// Interarrival jitter, seconds; none without a clock rate, and for retransmissions.
pub fn jitter(stream: &MediaStream) -> Option<f64> {
    media_clock(stream).and_then(|rate| stream.stats.jitter.at(rate))
}

/// Frames per second; none for retransmissions.
pub fn frames_per_second(stream: &MediaStream) -> Option<f64> {
    stream
        .stats
        .frames
        .per_second
        .filter(|_| stream.repairs.is_none())
}

/// What a stream did in one stretch of its series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Second {
    /// Packets.
    pub packets: u32,
    /// Payload bits per second; none while an SRTP tag of unknown length is in them.
    pub bits_per_second: Option<f64>,
    /// Sequence numbers found missing.
    pub lost: u32,
    /// Jitter after the last packet, milliseconds.
    pub jitter_ms: Option<f64>,
    /// Frames that began.
    pub frames: u32,
    /// Payload bytes of a frame, on average; none while the bytes are not known, where no frame began, and for retransmissions. The bytes of a
    /// frame that goes on into the next stretch count there.
    pub frame_bytes: Option<f64>,
    /// Bytes of the largest frame that ended, after the RTP header; none for retransmissions.
    pub largest_frame: Option<u32>,
}

/// The series of a stream.
pub fn seconds(stream: &MediaStream) -> Vec<Second> {
    let series = &stream.stats.series;
    let protection = match stream.tag_length {
        Some((tag_length, _)) => Protection::Srtp { tag_length },
        None => Protection::Plain,
    };
    let step = series.step.as_secs_f64().max(f64::MIN_POSITIVE);
    let known = stream.payload_bytes.is_some();
    let media = stream.repairs.is_none();
    let each = |(bucket, size): (&Bucket, u64)| {
        let jitter = media_clock(stream).and_then(|rate| bucket.jitter.at(rate));
        Second {
            packets: bucket.packets,
            bits_per_second: known.then(|| size as f64 * 8.0 / step),
            lost: bucket.lost,
            jitter_ms: jitter
                .filter(|_| bucket.packets > 0)
                .map(|seconds| seconds * 1e3),
            frames: bucket.frames,
            frame_bytes: (known && media && bucket.frames > 0)
                .then(|| size as f64 / f64::from(bucket.frames)),
            largest_frame: (media && bucket.largest_frame > 0).then_some(bucket.largest_frame),
        }
    };
    let sizes = series.payload_bytes(protection);
    series.buckets.iter().zip(sizes).map(each).collect()
}

/// When the worst stretch of a stream begins, and what it lost; `None` when nothing was lost.
pub fn worst(stream: &MediaStream) -> Option<(Timestamp, u32)> {
    let series = &stream.stats.series;
    let mut worst: Option<(usize, u32)> = None;
    for (at, bucket) in series.buckets.iter().enumerate() {
        if bucket.lost > worst.map_or(0, |(_, lost)| lost) {
            worst = Some((at, bucket.lost));
        }
    }
    let (at, lost) = worst?;
    Some((start_of(stream, at), lost))
}

/// When a stretch of a stream's series begins.
pub fn start_of(stream: &MediaStream, bucket: usize) -> Timestamp {
    let series = &stream.stats.series;
    let after = series
        .step
        .saturating_mul(u32::try_from(bucket).unwrap_or(u32::MAX));
    series.start.after(after)
}

/// The clock that the timestamps of a stream's packets advance by; none for retransmissions.
const fn media_clock(stream: &MediaStream) -> Option<u32> {
    match stream.repairs {
        None => stream.clock_rate,
        Some(_) => None,
    }
}

/// Streams listed; a call has a handful.
const STREAMS_MOST: usize = 1_000;
