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

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::timeline::lane::{Lane, Mark, Rate, Shape, Summary};
use crate::tui::text::{bitrate, elide, milliseconds, shown, span, width};
use crate::tui::theme::Theme;
use crate::tui::widgets::axis::Axis;
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
    /// A stretch to mark: what the mouse is drawn over.
    pub drawn: Option<(Timestamp, Timestamp)>,
}

/// Lines that the lanes need, the axis included.
pub fn height(lanes: &[Lane]) -> u16 {
    u16::try_from(lanes.len() + 1).unwrap_or(u16::MAX)
}

/// Columns of the titles, columns of the figures.
fn margins(area: Rect) -> (u16, u16) {
    (
        TITLE.min(area.width / 3),
        if area.width >= 60 { SUMMARY } else { 0 },
    )
}

/// Where the lanes are drawn, without titles and figures, the axis' figures in its first line; `None` where there is no room.
pub fn plot(area: Rect) -> Option<Rect> {
    let (titles, sums) = margins(area);
    let place = Rect {
        x: area.x + titles,
        width: area.width.saturating_sub(titles + sums),
        ..area
    };
    (place.width >= 4 && area.height >= 2).then_some(place)
}

/// Draws the lanes.
pub fn render(buffer: &mut Buffer, area: Rect, what: &Lanes<'_>, theme: Theme) {
    let (titles, sums) = margins(area);
    let Some(place) = plot(area) else {
        return;
    };
    let axis = Axis::new(what.from, what.until, what.setup_until, place.width);
    ends(buffer, place, axis, what.origin, theme);
    if let Some((_, x)) = axis.bend() {
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
    if let Some((from, until)) = what.drawn {
        for x in axis.column(from)..=axis.column(until) {
            for y in 0..area.height.min(height(what.lanes)) {
                if let Some(cell) = buffer.cell_mut((place.x + x, area.y + y)) {
                    cell.set_style(theme.selected_elsewhere());
                }
            }
        }
    }
    if let Some(at) = what.cursor.filter(|at| axis.holds(*at)) {
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

/// The figures of the axis: its ends, and where its scale changes, else its middle.
fn ends(buffer: &mut Buffer, area: Rect, axis: Axis, origin: Timestamp, theme: Theme) {
    let decimals = decimals(axis.lasts());
    let figure = |at: Timestamp| format!("{:.decimals$}", at.seconds_from(origin));
    let (from, until) = (figure(axis.from()), format!("{} s", figure(axis.until())));
    put(buffer, area, 0, 0, &from, theme.dim());
    put_right(buffer, area, 0, &until, theme.dim());
    let (x, between) = match axis.bend() {
        // What stands left of the bend is stretched.
        Some((at, x)) => (x.saturating_sub(1), format!("┊{}", figure(at))),
        None if area.width > 50 => {
            let middle = axis.from().after(axis.lasts() / 2);
            (area.width / 2, figure(middle))
        }
        None => return,
    };
    let (x, room) = (usize::from(x), usize::from(area.width));
    if width(&from) < x && x + width(&between) + width(&until) < room {
        put(buffer, area, x as u16, 0, &between, theme.dim());
    }
}

/// Decimals of seconds that tell the columns of an axis apart.
fn decimals(lasts: Duration) -> usize {
    match lasts.as_micros() {
        0..=4_999 => 6,
        5_000..=49_999 => 5,
        50_000..=499_999 => 4,
        500_000..=1_999_999 => 3,
        _ => 2,
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
        // What ended before the axis begins is not on it, nor what comes after its end.
        .filter(|mark| mark.until.unwrap_or(mark.at) >= axis.from() && mark.at <= axis.until())
        .map(|mark| (axis.column(mark.at), mark))
        .collect();
    let mut free = 0;
    let mut key_frame_at = None;
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
            (Shape::KeyFrame, _) => {
                // Side by side they would hide the rate.
                if key_frame_at.is_some_and(|last| *x <= last + 1) {
                    continue;
                }
                key_frame_at = Some(*x);
                put(buffer, area, *x, y, "◆", style)
            }
            (Shape::Freeze, until) => {
                let columns = usize::from(until.unwrap_or(*x).max(*x) - *x) + 1;
                put(buffer, area, *x, y, &"▒".repeat(columns), style)
            }
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
    let mut is_first = true;
    for x in 0..area.width {
        let (from, until) = (axis.instant(x), axis.instant(x + 1));
        if until <= rate.from || from > rate.until {
            continue;
        }
        let Some(over) = over(rate, from, until, is_first) else {
            continue;
        };
        is_first = false;
        if over.lost > 0 {
            put(buffer, area, x, y, "╳", theme.bad());
            continue;
        }
        // A figure over many columns is one bar, not many that happen to be the same.
        if over.ends && is_broad(rate.step, until.since(from)) {
            continue;
        }
        let level = (over.highest / highest * 8.0).ceil().clamp(0.0, 8.0) as usize;
        let bar = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
            .get(level)
            .copied()
            .unwrap_or(" ");
        put(buffer, area, x, y, bar, style);
    }
}

/// The time that a bar stands for, where bars are so broad that they stand apart; `None` where no lane has such bars on the axis.
pub fn broad_bar(lanes: &[Lane], axis: Axis, columns: u16) -> Option<Duration> {
    let column = axis.lasts() / u32::from(columns.max(1));
    let rates = lanes.iter().filter_map(|lane| lane.rate.as_ref());
    let on_axis = rates.filter(|rate| rate.from <= axis.until() && rate.until >= axis.from());
    on_axis
        .map(|rate| rate.step)
        .find(|step| is_broad(*step, column))
}

/// Is a bar of this time so broad that the next one stands apart?
fn is_broad(step: Duration, column: Duration) -> bool {
    step >= column.saturating_mul(BROAD)
}

/// What a column stands for.
struct Over {
    /// The highest rate of its buckets.
    highest: f64,
    /// All losses of the buckets that begin in it.
    lost: u64,
    /// Does a bucket end in it?
    ends: bool,
}

/// What the buckets say that a column covers; `None` outside the stream. What the first column covers begins there.
fn over(rate: &Rate, from: Timestamp, until: Timestamp, is_first: bool) -> Option<Over> {
    let step = rate.step.as_nanos().max(1);
    let index = |at: Timestamp| {
        usize::try_from(u128::from(at.nanos().checked_sub(rate.start.nanos())?) / step).ok()
    };
    let last = index(until)?;
    let first = index(from).unwrap_or(0);
    let values = rate
        .bits_per_second
        .get(first..last.max(first + 1).min(rate.bits_per_second.len()))?;
    if values.is_empty() {
        return None;
    }
    // A bucket may be wider than a column: its losses stand where it begins.
    let start =
        |at: usize| u128::from(rate.start.nanos()).saturating_add(step.saturating_mul(at as u128));
    let begins = |at: usize| {
        let start = start(at);
        start >= from.nanos().into() && start < until.nanos().into()
    };
    let lost = (first..=last)
        .filter(|&at| begins(at) || is_first && at == first)
        .filter_map(|at| rate.lost.get(at))
        .map(|&lost| u64::from(lost))
        .sum();
    Some(Over {
        highest: values.iter().copied().fold(0.0, f64::max),
        lost,
        ends: last > first && last < rate.bits_per_second.len(),
    })
}

/// The lane in one figure.
fn summary(summary: Summary) -> String {
    match summary {
        Summary::None => String::new(),
        Summary::Took(took) => span(took),
        Summary::Rate(bits_per_second) => bitrate(bits_per_second),
        Summary::RoundTrip(round_trip) => {
            let time = milliseconds(round_trip);
            let named = format!("RTT {time}");
            // A column stays free beside the lane.
            if width(&named) < usize::from(SUMMARY) {
                named
            } else {
                time
            }
        }
    }
}

/// Columns of the titles.
const TITLE: u16 = 16;
/// Columns of the figures.
const SUMMARY: u16 = 12;
/// Columns from which on the bars of a lane stand apart.
const BROAD: u32 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::from_nanos(milliseconds * 1_000_000)
    }

    /// Three seconds, the second one with losses.
    fn rate() -> Rate {
        Rate {
            from: at(1_000),
            until: at(4_000),
            start: at(1_000),
            step: Duration::from_secs(1),
            bits_per_second: vec![8.0, 4.0, 8.0],
            lost: vec![0, 5, 0],
        }
    }

    #[track_caller]
    fn drawn(from: u64, until: u64, columns: u16, expected: &str) {
        let area = Rect::new(0, 0, columns, 1);
        let mut buffer = Buffer::empty(area);
        let axis = Axis::new(at(from), at(until), None, columns);
        let theme = Theme::new(crate::tui::theme::palette::Palette::Plain, false);
        bars(&mut buffer, area, 0, axis, &rate(), Style::new(), theme);
        let text: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert_eq!(text, expected);
    }

    #[test]
    fn a_second_over_many_columns_is_one_bar_and_its_losses_stand_once() {
        drawn(1_000, 4_000, 3, "█╳█");
        drawn(1_000, 4_000, 6, "██╳▄██");
        drawn(1_100, 4_100, 15, "████╳▄▄▄▄▄█████");
        // So broad that each stands apart.
        drawn(1_100, 3_100, 30, "█████████████╳▄▄▄▄▄▄▄▄▄▄▄▄▄▄ █");
        // All of it is inside of one second.
        drawn(3_100, 3_900, 8, "████████");
        // A second with losses that began before: where in it they were nobody knows, so the mark is at the left end of what shows of it.
        drawn(2_500, 2_900, 4, "╳▄▄▄");
    }

    #[test]
    fn broad_bars_are_told_where_there_are_some() {
        let lanes = [Lane {
            layer: crate::timeline::layer::Layer::Media,
            from: None,
            title: String::new(),
            marks: Vec::new(),
            rate: Some(rate()),
            summary: Summary::None,
        }];
        let told = |from, until| broad_bar(&lanes, Axis::new(at(from), at(until), None, 10), 10);
        assert_eq!(told(3_000, 3_500), Some(Duration::from_secs(1)));
        assert_eq!(told(1_000, 9_000), None);
        assert_eq!(told(5_000, 6_000), None);
    }
}
