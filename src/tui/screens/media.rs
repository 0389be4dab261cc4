//! The streams of a call, and the selected one over time; where there is room, beside the stream that runs the other way.
//!
//! ```text
//! ┌ Media ─────────────────────────────────────────────────────────────────────┐
//! │ ▸ ▲ alice   video VP8 mid 0      288      0 0.0 %    0.9 ms   120 kb/s      │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ┌ ▲ alice video VP8 mid 0 ───────────────────────────────────────────────────┐
//! │ bit rate     ▂▅▇██████████████████████████                                 │
//! │ lost         ·······█·····················                                 │
//! │ jitter       ▁▁▁▂▁▁▅▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁                                 │
//! │ frames       ▇████████████████████████████                                 │
//! │ frame size   █▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂                                 │
//! │              0.00 s        ▲ 7.00 s                                 16.0 s │
//! │ 7.00–8.00 s: 20 packets · 118 kb/s · 3 lost · jitter 4.1 ms · 15 frames    │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::session::model::media::MediaStream;
use crate::session::model::peer_connection::PeerConnection;
use crate::timeline::layer::Layer;
use crate::tui::screens::call::model;
use crate::tui::screens::charts::Axis;
use crate::tui::screens::charts::axis;
use crate::tui::screens::charts::beside;
use crate::tui::screens::charts::halves;
use crate::tui::screens::charts::plot;
use crate::tui::screens::charts::within;
use crate::tui::sheet::ABSENT;
use crate::tui::sheet::media;
use crate::tui::sheet::media::Second;
use crate::tui::sheet::name;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::state::zoom::Stretch;
use crate::tui::text::bitrate;
use crate::tui::text::bytes;
use crate::tui::text::count;
use crate::tui::text::counted;
use crate::tui::text::elide;
use crate::tui::text::shown;
use crate::tui::text::span;
use crate::tui::text::width;
use crate::tui::theme::Theme;
use crate::tui::widgets::chart;
use crate::tui::widgets::chart::Chart;
use crate::tui::widgets::chart::LABEL;
use crate::tui::widgets::chart::Share;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::put_right;
use crate::vocab::time::Timestamp;

/// Draws the charts of the selected stream.
pub fn render_charts(buffer: &mut Buffer, area: Rect, state: &State, open: &Call) {
    let scene = &state.analysis.scene;
    let Some((call, stream)) = model(state, open).zip(open.media.stream(scene)) else {
        pane(buffer, area, "Over time", false, state.theme);
        return;
    };
    let cursor = open
        .media
        .bucket(scene)
        .map(|at| media::start_of(stream, at));
    let other = beside(state, open, stream, area);
    let axis = axis(open, stream, other);
    let Some(other) = other else {
        one(
            buffer,
            area,
            state,
            call,
            stream,
            axis,
            cursor,
            open.media.list.in_detail,
        );
        return;
    };
    let [left, right] = halves(area);
    one(
        buffer,
        left,
        state,
        call,
        stream,
        axis,
        cursor,
        open.media.list.in_detail,
    );
    one(buffer, right, state, call, other, axis, cursor, false);
}

/// A figure of the charts: its name, its value in a stretch of time, its largest value in words, its colour.
type Figure = (
    &'static str,
    fn(&Second) -> Option<f64>,
    fn(f64) -> String,
    Style,
);

#[expect(
    clippy::too_many_arguments,
    reason = "a pane of its own would say no more"
)]
fn one(
    buffer: &mut Buffer,
    area: Rect,
    state: &State,
    call: &PeerConnection,
    stream: &MediaStream,
    axis: Axis,
    cursor: Option<Timestamp>,
    focused: bool,
) {
    let theme = state.theme;
    let from = stream.from.map_or_else(String::new, |side| {
        let arrow = if side == crate::vocab::address::Side::A {
            '▲'
        } else {
            '▼'
        };
        format!("{arrow} {} ", name(call, side))
    });
    let title = format!("{from}{}", shown(&media::title(stream)));
    let inner = pane(buffer, area, &title, focused, theme);
    let inner = within(inner);
    let seconds = media::seconds(stream);
    let place = cursor.and_then(|at| axis.place(at));
    let mut y = 0;
    if inner.height >= ROOMY {
        let mut said = media::summary(stream);
        if let Some(where_) = media::standpoint(&state.analysis.scene, call, stream) {
            said = format!("{said} · {where_}");
        }
        put(buffer, inner, 0, 0, &shown(&said), theme.dim());
        y = 1;
        if let Some(told) = media::receiver(stream) {
            put(buffer, inner, 0, 1, &shown(&told), theme.dim());
            y = 2;
        }
    }
    let share = Share::new(axis.stretches, inner.width.saturating_sub(LABEL));
    let charts = inner.height.saturating_sub(y + 2);
    let each = (charts / 5).clamp(1, TALLEST);
    let media = theme.layer(Layer::Media);
    let figures: [Figure; 5] = [
        (
            "bit rate",
            |it| it.bits_per_second,
            |most| format!("≤ {}", bitrate(most)),
            media,
        ),
        (
            "lost",
            |it| Some(f64::from(it.lost)),
            |most| format!("≤ {most:.0}"),
            theme.bad(),
        ),
        (
            "jitter",
            |it| it.jitter_ms,
            |most| format!("≤ {most:.1} ms"),
            theme.poor(),
        ),
        (
            "frames",
            |it| Some(f64::from(it.frames)),
            |most| format!("≤ {most:.0}"),
            media,
        ),
        (
            "frame size",
            |it| it.largest_frame.map(f64::from),
            |most| format!("≤ {}", bytes(most.round() as u64)),
            media,
        ),
    ];
    for (title, of, words, style) in figures {
        if y + each + 2 > inner.height {
            break;
        }
        let values = axis.values(stream, &seconds, of);
        let most = values.iter().flatten().copied().reduce(f64::max);
        let chart = Chart {
            title,
            most: most.map_or_else(|| ABSENT.to_owned(), words),
            values: &values,
            full: most.unwrap_or(0.0),
            style,
        };
        let row = Rect {
            y: inner.y + y,
            height: each,
            ..inner
        };
        chart::render(buffer, row, &chart, share, place, theme);
        y += each;
    }
    ends(
        buffer,
        Rect {
            y: inner.y + y,
            height: 1,
            ..inner
        },
        state,
        axis,
        share,
    );
    if let Some(drawn) = state.zoom().drawn {
        light(buffer, plot(inner), axis, share, drawn.stretch(), theme);
        let note = format!("{}: let go to see it", span(drawn.stretch().lasts()));
        pane_note(buffer, area, &note, theme.bold());
    }
    if let Some(at) = cursor {
        let text = figures_at(state, stream, &seconds, at);
        let style = if focused { theme.bold() } else { Style::new() };
        put(buffer, inner, 0, y + 1, &text, style);
    }
}

/// Lights what the mouse is drawn over.
fn light(buffer: &mut Buffer, plot: Rect, axis: Axis, share: Share, drawn: Stretch, theme: Theme) {
    for (x, column) in (plot.x..plot.x + plot.width).zip(0..share.used()) {
        let from = axis.start_of(share.stretches(column).start);
        if from < drawn.from || from >= drawn.until {
            continue;
        }
        for y in plot.y..plot.y + plot.height {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_style(theme.selected_elsewhere());
            }
        }
    }
}

/// The ends of the axis, in seconds of the capture.
fn ends(buffer: &mut Buffer, area: Rect, state: &State, axis: Axis, share: Share) {
    let at = |at: Timestamp| format!("{:.2} s", state.analysis.scene.seconds(at));
    let room = u16::try_from(share.used()).unwrap_or(u16::MAX);
    let line = Rect {
        x: area.x + LABEL.min(area.width),
        width: area.width.saturating_sub(LABEL),
        ..area
    };
    let (from, until) = (at(axis.from), at(axis.end()));
    put(buffer, line, 0, 0, &from, state.theme.dim());
    let line = Rect {
        width: line.width.min(room.max(12)),
        ..line
    };
    if width(&from) + width(&until) + 1 < usize::from(line.width) {
        put_right(buffer, line, 0, &until, state.theme.dim());
    }
}

/// `7.00–8.00 s: 20 packets · 118 kb/s · 3 lost · jitter 4.1 ms · 15 frames`.
fn figures_at(state: &State, stream: &MediaStream, seconds: &[Second], at: Timestamp) -> String {
    let series = &stream.stats.series;
    let scene = &state.analysis.scene;
    let place = at.since(series.start).as_nanos() / series.step.as_nanos().max(1);
    let from = scene.seconds(at);
    let until = from + series.step.as_secs_f64();
    let second = (at >= series.start)
        .then_some(usize::try_from(place).ok())
        .flatten();
    let Some(second) = second.and_then(|place| seconds.get(place)) else {
        return format!("{from:.2}–{until:.2} s: nothing of this stream");
    };
    let absent = || ABSENT.to_owned();
    let worst = media::worst(stream).is_some_and(|(worst, _)| worst == at);
    let words = [
        counted(second.packets.into(), "packet"),
        second.bits_per_second.map_or_else(absent, bitrate),
        format!("{} lost", count(second.lost.into())),
        format!(
            "jitter {}",
            second
                .jitter_ms
                .map_or_else(absent, |ms| format!("{ms:.1} ms"))
        ),
        frames_of(second, stream),
    ];
    let word = if worst { " (the worst)" } else { "" };
    elide(
        &format!("{from:.2}–{until:.2} s{word}: {}", words.join(" · ")),
        200,
    )
    .into_owned()
}

/// `15 frames of 2.3 kB, at most 12 kB with tags`: the payload on average, and the largest as it came.
fn frames_of(second: &Second, stream: &MediaStream) -> String {
    let frames = counted(second.frames.into(), "frame");
    let mean = second.frame_bytes.map_or_else(String::new, |size| {
        format!(" of {}", bytes(size.round() as u64))
    });
    let most = second.largest_frame.map_or_else(String::new, |size| {
        // How many packets it had, and so how many tags, is not kept.
        let tags = stream.tag_length.map_or("", |_| " with tags");
        format!(", at most {}{tags}", bytes(size.into()))
    });
    format!("{frames}{mean}{most}")
}

/// From this height on there is room for a line of facts.
const ROOMY: u16 = 8;
/// Lines of a chart at most.
const TALLEST: u16 = 8;
