//! The streams of a call, one row each; retransmissions stand in the row of what they repair.
//!
//! ```text
//!   Media     codec       packets  lost         bitrate    frames  jitter
//!   ▲ alice   video VP8       288     0  0.0 %  120 kb/s  15.0 fps  0.9 ms
//!             9 packets of rtx
//!   ▼ janus   audio opus      546    27  4.7 %   32 kb/s  50.0 fps  3.1 ms
//!             Captured at alice: later loss of what alice sends is not in it.
//! ```

use std::io;

use hashbrown::HashMap;
use hashbrown::HashSet;

use crate::report::text::call::Call;
use crate::report::text::feedback;
use crate::report::text::figures::NO_BREAK;
use crate::report::text::figures::bitrate;
use crate::report::text::figures::count;
use crate::report::text::figures::counted;
use crate::report::text::figures::percent;
use crate::report::text::figures::span;
use crate::report::text::page::Page;
use crate::report::text::table::Align;
use crate::report::text::table::Table;
use crate::report::text::words::BAD;
use crate::report::text::words::DIM;
use crate::report::text::words::PLAIN;
use crate::report::text::words::POOR;
use crate::report::text::words::Words;
use crate::report::text::words::safe;
use crate::session::model::media::MediaStream;
use crate::track::rtp_stream::stream::Gap;
use crate::vocab::address::Side;
use crate::vocab::ids::Ssrc;

/// Prints the streams of a call.
pub fn print(call: Call<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let mut streams: Vec<&MediaStream> = call
        .analysis
        .scene
        .streams_of(call.connection)
        .map(|(_, stream)| stream)
        .collect();
    streams.sort_by_key(|stream| stream.from.map_or(2, Side::index));
    if streams.is_empty() {
        return if call.connection.dtls.is_empty() {
            Ok(())
        } else {
            page.field("Media", &Words::new().styled(BAD, "no RTP stream"))
        };
    }
    table("Media", &streams, |side| call.name(side)).print_wide(page)?;
    page.hanging(&standpoint(call, &streams))
}

/// Prints streams that belong to no call.
pub fn print_loose(streams: &[&MediaStream], page: &mut Page<'_>) -> io::Result<()> {
    table("", streams, |_| String::new()).print_wide(page)
}

/// Loss is counted where the capture was taken: near the sender, what the network lost later is still there.
fn standpoint(call: Call<'_>, streams: &[&MediaStream]) -> Words {
    let local = &call.analysis.scene.local;
    let near = |side| {
        let mut addresses = call.connection.endpoint(side).addresses.iter();
        addresses.any(|address| local.contains(address))
    };
    let sends = |side| streams.iter().any(|stream| stream.from == Some(side));
    let mut words = Words::new();
    for side in [Side::A, Side::B] {
        if sends(side) && near(side) {
            let name = call.name(side);
            words = words.styled(
                DIM,
                format!("Captured at {name}: later loss of what {name} sends is not in it."),
            );
        }
    }
    words
}

fn table(title: &str, streams: &[&MediaStream], name: impl Fn(Side) -> String) -> Table {
    let mut table = Table::new(&[
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
    ]);
    let heading = [
        title, "codec", "packets", "lost", "", "bitrate", "frames", "jitter",
    ];
    table.row(DIM, heading.map(String::from));
    let sent: HashSet<Ssrc> = streams.iter().map(|stream| stream.stats.ssrc).collect();
    let mut repairs: HashMap<Ssrc, Vec<&MediaStream>> = HashMap::new();
    for stream in streams {
        if let Some(repaired) = stream.repairs {
            repairs.entry(repaired).or_default().push(stream);
        }
    }
    let stands_alone = |stream: &&&MediaStream| {
        let repaired = stream.repairs;
        repaired.is_none_or(|ssrc| !sent.contains(&ssrc))
    };
    for stream in streams.iter().filter(stands_alone) {
        let from = match stream.from {
            Some(Side::A) => format!("▲{NO_BREAK}{}", short(name(Side::A), Side::A)),
            Some(Side::B) => format!("▼{NO_BREAK}{}", short(name(Side::B), Side::B)),
            None => format!("ssrc{NO_BREAK}{}", stream.stats.ssrc),
        };
        row(&mut table, stream, from);
        let ssrc = stream.stats.ssrc;
        let words = remarks(stream, repairs.get(&ssrc).map_or(&[], Vec::as_slice));
        if !words.is_empty() {
            table.note(words);
        }
    }
    table
}

/// A name that leaves room for figures, else `a` or `b`: the lines above say who that is.
fn short(name: String, side: Side) -> String {
    if name.chars().count() <= NAME_MAX {
        name
    } else {
        side.word().into()
    }
}

fn row(table: &mut Table, stream: &MediaStream, from: String) {
    let stats = &stream.stats;
    let expected = stats.packets.saturating_sub(stats.packets_duplicated) + stats.packets_lost;
    let rate = stream.bits_per_second().map(bitrate);
    let jitter = stream.clock_rate.and_then(|rate| stats.jitter.at(rate));
    let jitter = jitter.map(|seconds| format!("{:.1}{NO_BREAK}ms", seconds * 1e3));
    let fps = stats.frames.per_second.filter(|&rate| rate < FPS_MAX);
    let fps = fps.map(|rate| format!("{rate:.1}{NO_BREAK}fps"));
    let codec = match (&stream.codec, &stream.rid) {
        (Some(codec), Some(rid)) => format!("{codec} {rid}"),
        (Some(codec), None) => codec.clone(),
        (None, _) => stats
            .payload_type()
            .map_or_else(|| "?".into(), |kind| format!("type {kind}")),
    };
    let codec = match stream.kind {
        Some(kind) => format!("{} {codec}", kind.word()),
        None => codec,
    };
    let style = if stats.packets_lost * 50 > expected {
        POOR
    } else {
        PLAIN
    };
    table.row(
        style,
        [
            from,
            safe(&codec, CODEC_MAX),
            count(stats.packets),
            count(stats.packets_lost),
            percent(stats.packets_lost, expected).unwrap_or_default(),
            rate.unwrap_or_else(|| "–".into()),
            fps.unwrap_or_else(|| "–".into()),
            jitter.unwrap_or_else(|| "–".into()),
        ],
    );
}

/// What a row has no column for.
fn remarks(stream: &MediaStream, repairs: &[&MediaStream]) -> Words {
    let stats = &stream.stats;
    let mut words = Words::new();
    let mut say = |applies: bool, sentence: String| {
        if applies {
            words = std::mem::take(&mut words).dot().text(sentence);
        }
    };
    if let Some(wrapping) = &stream.wrapping {
        say(true, format!("wrapped in {}", safe(wrapping, CODEC_MAX)));
    }
    for repair in repairs {
        let codec = repair.codec.as_deref().unwrap_or("repair");
        say(
            true,
            format!(
                "{} of {}",
                counted(repair.stats.packets, "packet"),
                safe(codec, CODEC_MAX)
            ),
        );
    }
    say(
        stats.packets_reordered > 0,
        format!("{} late", count(stats.packets_reordered)),
    );
    say(
        stats.packets_duplicated > 0,
        format!("{} twice", count(stats.packets_duplicated)),
    );
    say(
        stats.sequence_restarts > 0,
        format!(
            "{} of numbering",
            counted(stats.sequence_restarts, "restart")
        ),
    );
    if stream.key_frames.is_some()
        && let Some(words) = key_frames(stream)
    {
        say(true, words);
    }
    if let Some(freezes) = stream.freezes() {
        say(
            freezes.count > 0,
            format!(
                "{}, {} in all (inferred)",
                counted(freezes.count, "freeze"),
                span(freezes.total)
            ),
        );
    }
    let longest = stats.gaps.iter().map(Gap::duration).max();
    say(
        stats.gap_count > 0,
        format!(
            "{}, the longest {}",
            counted(stats.gap_count, "silence"),
            longest.map(span).unwrap_or_default()
        ),
    );
    say(
        stats.paths.len() > 1,
        format!("moved over {} paths", stats.paths.len()),
    );
    if let Some(line) = feedback::line(stream) {
        say(true, line);
    }
    words
}

/// Characters of a sender's name.
const NAME_MAX: usize = 12;
/// Characters of kind and codec.
const CODEC_MAX: usize = 14;
/// A rate beyond this shows timestamps that do not count media.
const FPS_MAX: f64 = 1_000.0;
/// `3 key frames`, as the payload says, else as the sizes suggest.
pub fn key_frames(stream: &MediaStream) -> Option<String> {
    let frames = &stream.stats.frames;
    if let Some(known) = &stream.key_frames {
        let number = counted(known.count, "key frame");
        return Some(if known.judged < frames.count {
            let (judged, all) = (count(known.judged), count(frames.count));
            format!("{number} in {judged} of {all} frames, the others did not tell")
        } else {
            number
        });
    }
    let guessed = frames.large > 0 && stream.repairs.is_none();
    guessed.then(|| format!("≈ {} by their size", counted(frames.large, "key frame")))
}
