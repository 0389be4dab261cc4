//! A stream over time: packets per stretch, and where some are missing.

use crate::lessons::desk::Desk;
use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::Line;
use crate::lessons::exhibit::Place;
use crate::lessons::exhibit::Shade;
use crate::lessons::exhibit::line;
use crate::lessons::find::Found;
use crate::track::rtp_stream::buckets::Bucket;

pub(super) fn exhibit(desk: &Desk<'_>, found: &Found, columns: usize) -> Option<Exhibit> {
    let (id, call) = (found.stream?, found.call?);
    let stream = desk.analysis.scene.streams.get(id.index())?;
    let series = &stream.stats.series;
    // As many bars on paper as on any screen, so that each has the same figures.
    let buckets: Vec<Bucket> = series.buckets.iter().copied().collect();
    let group = buckets.len().div_ceil(BARS).max(1);
    let groups: Vec<&[Bucket]> = buckets.chunks(group).collect();
    let wide = columns.saturating_sub(12) / groups.len().max(1);
    let widened = |bar: char| std::iter::repeat_n(bar, wide.max(1));
    let sum = |buckets: &[Bucket], of: fn(&Bucket) -> u32| -> u64 {
        buckets.iter().map(|it| u64::from(of(it))).sum()
    };
    let packets: Vec<u64> = groups.iter().map(|it| sum(it, |it| it.packets)).collect();
    let lost: Vec<u64> = groups.iter().map(|it| sum(it, |it| it.lost)).collect();
    let most = packets.iter().copied().max().unwrap_or(0).max(1);
    let bars: String = packets
        .iter()
        .flat_map(|&count| widened(bar(count, most)))
        .collect();
    let marks: String = lost
        .iter()
        .flat_map(|&count| widened(if count > 0 { '╳' } else { '·' }))
        .collect();
    let step = series.step.as_secs_f64() * group as f64;
    let codec = stream.codec.as_deref().unwrap_or("?");
    let kind = stream.kind.map_or("media", |kind| kind.word());
    let row = |name: &str, text: &str, shade| -> Line {
        vec![
            super::piece(&format!("{name:<9} "), Shade::Dim),
            super::piece(text, shade),
        ]
    };
    let length = stream.stats.duration().as_secs_f64();
    let lines = vec![
        line(
            &format!("{kind} {codec}  ssrc {}", stream.stats.ssrc),
            Shade::Head,
        ),
        row("packets", &bars, Shade::Good),
        row(
            "lost",
            &marks,
            if stream.stats.packets_lost > 0 {
                Shade::Bad
            } else {
                Shade::Dim
            },
        ),
        line(
            &format!("one bar is {step:.2} s, the highest {most} packets"),
            Shade::Dim,
        ),
        line(
            &format!(
                "{} packets in {length:.1} s, {} lost",
                stream.stats.packets, stream.stats.packets_lost
            ),
            Shade::Plain,
        ),
    ];
    Some(Exhibit {
        title: format!("Stream of call {}", call.index() + 1),
        lines,
        place: Place::Media(call, id),
    })
}

fn bar(count: u64, most: u64) -> char {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let at = (count.saturating_mul(7)).div_ceil(most).min(7) as usize;
    if count == 0 {
        return ' ';
    }
    BARS.get(at).copied().unwrap_or('█')
}

/// Bars of a chart; the narrowest panes have room for them.
const BARS: usize = 24;
