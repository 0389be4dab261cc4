//! A call over time: lanes drawn on one axis.
//!
//! ```text
//!                 0.85                                                       17.13 s
//! state           ●new●connecting ●connected                                ●closed
//! signaling       ●offer··●answer                                           ●hangup
//! srflx↔host      ▐checks▌★nominated  ·   ·   ·   ·   ·   ·   ·   ·   ·       0.2 ms
//! DTLS            ▐▌handshake                                               ●close_notify  3.2 ms
//! ▲ video VP8     ▂▅▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇╳▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇        120 kb/s
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::timeline::lane::{Lane, Mark, Rate, Shape, Summary};
use crate::tui::text::{bitrate, elide, milliseconds, shown, span, width};
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::{put, put_right};
use crate::vocab::address::Side;
use crate::vocab::time::Timestamp;

/// What to draw.
#[derive(Debug, Clone, Copy)]
pub struct Lanes<'a> {
    /// The lanes.
    pub lanes: &'a [Lane],
    /// Left end of the axis.
    pub from: Timestamp,
    /// Right end of the axis.
    pub until: Timestamp,
    /// Where the axis' figures count from.
    pub origin: Timestamp,
    /// When setup was over; a short one gets more of the axis than its time.
    pub setup_until: Option<Timestamp>,
    /// An instant to mark.
    pub cursor: Option<Timestamp>,
}

/// Lines that the lanes need, the axis included.
pub fn height(lanes: &[Lane]) -> u16 {
    u16::try_from(lanes.len() + 1).unwrap_or(u16::MAX)
}

/// Draws the lanes.
pub fn render(buffer: &mut Buffer, area: Rect, what: &Lanes<'_>, theme: Theme) {
    let titles = TITLE.min(area.width / 3);
    let sums = if area.width >= 60 { SUMMARY } else { 0 };
    let place = Rect {
        x: area.x + titles,
        width: area.width.saturating_sub(titles + sums),
        ..area
    };
    if place.width < 4 || area.height < 2 {
        return;
    }
    let axis = Axis::new(what, place.width);
    ends(buffer, place, axis, what.origin, theme);
    if let Some((_, x)) = axis.bend {
        for y in 1..area.height.min(height(what.lanes)) {
            put(buffer, place, x.saturating_sub(1), y, "┊", theme.dim());
        }
    }
    let rows = usize::from(area.height - 1);
    let drawn = if what.lanes.len() > rows {
        rows - 1
    } else {
        rows
    };
    for (y, lane) in (1..).zip(what.lanes.iter().take(drawn)) {
        let arrow = match lane.from {
            Some(Side::A) => "▲ ",
            Some(Side::B) => "▼ ",
            None => "",
        };
        let title = format!("{arrow}{}", shown(&lane.title));
        let style = theme.layer(lane.layer);
        put(
            buffer,
            area,
            0,
            y,
            &elide(&title, usize::from(titles).saturating_sub(1)),
            style,
        );
        if let Some(rate) = &lane.rate {
            bars(buffer, place, y, axis, rate, style, theme);
        }
        marks(buffer, place, y, axis, lane, style, theme);
        if sums > 0 {
            put_right(buffer, area, y, &summary(lane.summary), theme.dim());
        }
    }
    if what.lanes.len() > rows {
        let text = format!("… {} more", what.lanes.len() - drawn);
        put(buffer, area, 0, area.height - 1, &text, theme.dim());
    }
    if let Some(at) = what.cursor {
        let x = axis.column(at);
        for y in 1..area.height {
            if let Some(cell) = buffer.cell_mut((place.x + x, area.y + y)) {
                if cell.symbol() == " " {
                    cell.set_char('┊');
                }
                cell.set_style(theme.selected());
            }
        }
    }
}

fn ends(buffer: &mut Buffer, area: Rect, axis: Axis, origin: Timestamp, theme: Theme) {
    let seconds = |at: Timestamp| at.seconds_from(origin);
    put(
        buffer,
        area,
        0,
        0,
        &format!("{:.2}", seconds(axis.from)),
        theme.dim(),
    );
    put_right(
        buffer,
        area,
        0,
        &format!("{:.2} s", seconds(axis.until)),
        theme.dim(),
    );
    match axis.bend {
        // What stands left of the bend is stretched.
        Some((at, x)) => {
            put(
                buffer,
                area,
                x.saturating_sub(1),
                0,
                &format!("┊{:.2}", seconds(at)),
                theme.dim(),
            );
        }
        None if area.width > 50 => {
            let middle = seconds(axis.from).midpoint(seconds(axis.until));
            put(
                buffer,
                area,
                area.width / 2,
                0,
                &format!("{middle:.2}"),
                theme.dim(),
            );
        }
        None => {}
    }
}

fn marks(
    buffer: &mut Buffer,
    area: Rect,
    y: u16,
    axis: Axis,
    lane: &Lane,
    style: Style,
    theme: Theme,
) {
    let places: Vec<(u16, &Mark)> = lane
        .marks
        .iter()
        // What ended before the axis begins is not on it.
        .filter(|mark| mark.until.unwrap_or(mark.at) >= axis.from)
        .map(|mark| (axis.column(mark.at), mark))
        .collect();
    let mut free = 0;
    for (at, (x, mark)) in places.iter().enumerate() {
        let style = theme.tone(mark.shape.tone(), style);
        // Where the next mark with something to say stands: text ends before it.
        let next = places
            .iter()
            .skip(at + 1)
            .find(|(_, next)| next.shape != Shape::Pulse);
        let stop = next.map_or(area.width, |(next, _)| *next);
        let until = mark.until.map(|until| axis.column(until));
        let mut end = match (mark.shape, until) {
            (Shape::Pulse, None) => {
                if *x < free || lane.rate.is_some() {
                    continue;
                }
                put(buffer, area, *x, y, "·", style)
            }
            (Shape::Pulse, Some(_)) => continue,
            (_, Some(until)) => stretch(buffer, area, y, *x, until.max(*x), mark.shape, style),
            (Shape::Selected, None) => put(buffer, area, *x, y, "★", style),
            (Shape::Broken, None) => put(buffer, area, *x, y, "╳", style),
            (Shape::Event | Shape::Stretch, None) => put(buffer, area, *x, y, "●", style),
        };
        let text = shown(&mark.text);
        let room = usize::from(stop.saturating_sub(end));
        if lane.rate.is_none() && !text.is_empty() {
            let columns = width(&text);
            if columns <= room {
                end = put(buffer, area, end, y, &text, style);
            } else if mark.until.is_none() && columns < usize::from(x.saturating_sub(free)) {
                // At the right end of the axis words go before their mark.
                let before = x.saturating_sub(u16::try_from(columns).unwrap_or(*x));
                put(buffer, area, before, y, &text, style);
            }
        }
        free = free.max(end);
    }
}

/// `▐██▌`; a moment is `▌`. What ended badly is drawn with crosses.
fn stretch(
    buffer: &mut Buffer,
    axis: Rect,
    y: u16,
    from: u16,
    until: u16,
    shape: Shape,
    style: Style,
) -> u16 {
    let broken = shape == Shape::Broken;
    let columns = usize::from(until - from) + 1;
    let text = match (columns, broken) {
        (1, false) => "▌".to_owned(),
        (2, false) => "▐▌".to_owned(),
        (_, false) => format!("▐{}▌", "█".repeat(columns - 2)),
        (_, true) => "╳".repeat(columns),
    };
    put(buffer, axis, from, y, &text, style)
}

fn bars(
    buffer: &mut Buffer,
    area: Rect,
    y: u16,
    axis: Axis,
    rate: &Rate,
    style: Style,
    theme: Theme,
) {
    let highest = rate.bits_per_second.iter().copied().fold(0.0, f64::max);
    if highest <= 0.0 {
        return;
    }
    for x in 0..area.width {
        let (from, until) = (axis.instant(x), axis.instant(x + 1));
        if until <= rate.from || from > rate.until {
            continue;
        }
        let Some((value, lost)) = over(rate, from, until) else {
            continue;
        };
        if lost > 0 {
            put(buffer, area, x, y, "╳", theme.bad());
            continue;
        }
        let level = (value / highest * 8.0).ceil().clamp(0.0, 8.0) as usize;
        let bar = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
            .get(level)
            .copied()
            .unwrap_or(" ");
        put(buffer, area, x, y, bar, style);
    }
}

/// The highest rate and all losses of the buckets that a column covers; `None` outside the stream.
fn over(rate: &Rate, from: Timestamp, until: Timestamp) -> Option<(f64, u64)> {
    let step = rate.step.as_nanos().max(1);
    let index = |at: Timestamp| {
        usize::try_from(u128::from(at.nanos().checked_sub(rate.start.nanos())?) / step).ok()
    };
    let last = index(until)?;
    let first = index(from).unwrap_or(0);
    let range = first..last.max(first + 1).min(rate.bits_per_second.len());
    let values = rate.bits_per_second.get(range.clone())?;
    if values.is_empty() {
        return None;
    }
    // A bucket is wider than a column, or not: its losses stand in the first column only.
    let begins = |at: usize| {
        rate.start.nanos()
            + u64::try_from(step)
                .unwrap_or(u64::MAX)
                .saturating_mul(at as u64)
            >= from.nanos()
    };
    let lost = range
        .filter(|&at| begins(at) || at > first)
        .filter_map(|at| rate.lost.get(at))
        .map(|&lost| u64::from(lost))
        .sum();
    Some((values.iter().copied().fold(0.0, f64::max), lost))
}

/// Instants to columns and back. Setup takes milliseconds, the call minutes: so setup gets a share of its own.
#[derive(Debug, Clone, Copy)]
struct Axis {
    from: Timestamp,
    until: Timestamp,
    /// Where the scale changes: instant and column.
    bend: Option<(Timestamp, u16)>,
    columns: u16,
}

impl Axis {
    fn new(what: &Lanes<'_>, columns: u16) -> Self {
        let whole = what.until.since(what.from);
        let bend = what.setup_until.filter(|end| {
            let setup = end.since(what.from);
            *end < what.until && setup < whole.mul_f64(SETUP_MOST) && columns >= BEND_FROM
        });
        Self {
            from: what.from,
            until: what.until,
            bend: bend.map(|end| (end, columns * 2 / 5)),
            columns,
        }
    }

    /// The column of an instant; instants outside stand at the ends.
    fn column(self, at: Timestamp) -> u16 {
        let last = self.columns.saturating_sub(1);
        match self.bend {
            Some((bend, x)) if at < bend => share(at, self.from, bend, x.saturating_sub(1)),
            Some((bend, x)) => x + share(at, bend, self.until, last - x),
            None => share(at, self.from, self.until, last),
        }
    }

    /// The instant where a column begins.
    fn instant(self, x: u16) -> Timestamp {
        let point = |from: Timestamp, until: Timestamp, x: u16, columns: u16| {
            from.after(
                until
                    .since(from)
                    .mul_f64(f64::from(x) / f64::from(columns.max(1))),
            )
        };
        match self.bend {
            Some((bend, width)) if x < width => point(self.from, bend, x, width),
            Some((bend, width)) => point(bend, self.until, x - width, self.columns - width),
            None => point(self.from, self.until, x, self.columns),
        }
    }
}

fn share(at: Timestamp, from: Timestamp, until: Timestamp, last: u16) -> u16 {
    let whole = until.since(from).as_secs_f64();
    if whole <= 0.0 {
        return 0;
    }
    ((at.since(from).as_secs_f64() / whole * f64::from(last)).round() as u16).min(last)
}

/// The lane in one figure.
fn summary(summary: Summary) -> String {
    match summary {
        Summary::None => String::new(),
        Summary::Took(took) => span(took),
        Summary::Rate(bits_per_second) => bitrate(bits_per_second),
        Summary::RoundTrip(round_trip) => format!("RTT {}", milliseconds(round_trip)),
    }
}

/// Part of a call that its setup may take and still be stretched.
const SETUP_MOST: f64 = 0.25;
/// An axis of fewer columns has one scale.
const BEND_FROM: u16 = 40;
/// Columns of the titles.
const TITLE: u16 = 16;
/// Columns of the figures.
const SUMMARY: u16 = 12;
