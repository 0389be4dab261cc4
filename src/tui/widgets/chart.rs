//! Columns over time: one figure of a stream, in as many lines as there are.
//!
//! ```text
//! bit rate    ▂▅▇█████████████▇▅██████████
//! ≤ 240 kb/s  ████████████████████████████
//! ```

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::text::elide;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::put;

/// What to draw.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    /// What the figure is.
    pub title: &'a str,
    /// What the highest column stands for, in words: `≤ 240 kb/s`.
    pub most: String,
    /// The figures, one for each stretch of time; `None` where there is none.
    pub values: &'a [Option<f64>],
    /// What a column of full height stands for.
    pub full: f64,
    /// Colour.
    pub style: Style,
}

/// How stretches of time share the columns of the terminal; charts below each other have the same.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    stretches: usize,
    columns: usize,
    /// Columns for each stretch, when there are more columns than stretches.
    wide: usize,
}

impl Share {
    /// Shares `columns` out among `stretches`.
    pub fn new(stretches: usize, columns: u16) -> Self {
        let columns = usize::from(columns);
        let wide = columns.checked_div(stretches).unwrap_or(0).min(WIDEST);
        Self {
            stretches,
            columns,
            wide,
        }
    }

    /// Columns in use.
    pub const fn used(self) -> usize {
        if self.wide > 0 {
            self.stretches * self.wide
        } else {
            self.columns
        }
    }

    /// The stretches that a column stands for.
    pub fn stretches(self, column: usize) -> Range<usize> {
        match (column.checked_div(self.wide), self.columns) {
            (Some(at), _) => at..(at + 1).min(self.stretches),
            (None, 0) => 0..0,
            (None, columns) => {
                column * self.stretches / columns..(column + 1) * self.stretches / columns
            }
        }
    }

    /// The columns of a stretch.
    pub fn columns(self, stretch: usize) -> Range<usize> {
        if self.wide > 0 {
            return stretch * self.wide..(stretch + 1) * self.wide;
        }
        let all = 0..self.columns;
        let first = all
            .into_iter()
            .find(|&column| self.stretches(column).contains(&stretch));
        first.map_or(0..0, |first| first..first + 1)
    }
}

/// Columns that a chart's words take.
pub const LABEL: u16 = 13;

/// Draws a chart; `cursor`: the stretch to mark.
pub fn render(
    buffer: &mut Buffer,
    area: Rect,
    chart: &Chart<'_>,
    share: Share,
    cursor: Option<usize>,
    theme: Theme,
) {
    let label = usize::from(LABEL).saturating_sub(1);
    put(buffer, area, 0, 0, &elide(chart.title, label), chart.style);
    if area.height > 1 {
        put(buffer, area, 0, 1, &elide(&chart.most, label), theme.dim());
    }
    let plot = Rect {
        x: area.x + LABEL.min(area.width),
        width: area.width.saturating_sub(LABEL),
        ..area
    };
    let marked = cursor
        .map(|stretch| share.columns(stretch))
        .unwrap_or_default();
    for (x, column) in (0..plot.width).zip(0..share.used()) {
        let values = chart
            .values
            .get(share.stretches(column))
            .unwrap_or_default();
        let most = values.iter().flatten().copied().reduce(f64::max);
        let eighths = most.map(|value| eighths(value, chart.full, plot.height));
        let style = if marked.contains(&column) {
            theme.selected()
        } else {
            chart.style
        };
        for y in 0..plot.height {
            let below = usize::from(plot.height - 1 - y) * 8;
            let glyph = match eighths {
                None => ' ',
                Some(0) if below == 0 => '·',
                Some(eighths) => level(eighths.saturating_sub(below)),
            };
            let (text, style) = match glyph {
                ' ' if !marked.contains(&column) => continue,
                '·' if !marked.contains(&column) => ('·', theme.dim()),
                glyph => (glyph, style),
            };
            put(buffer, plot, x, y, text.encode_utf8(&mut [0; 4]), style);
        }
    }
}

/// Eighths of a line that a value fills; what is more than nothing can be seen.
fn eighths(value: f64, full: f64, lines: u16) -> usize {
    if value <= 0.0 || full <= 0.0 {
        return 0;
    }
    let most = usize::from(lines) * 8;
    ((value / full * most as f64).round() as usize).clamp(1, most)
}

/// A cell filled with so many eighths.
const fn level(eighths: usize) -> char {
    match eighths {
        0 => ' ',
        1 => '▁',
        2 => '▂',
        3 => '▃',
        4 => '▄',
        5 => '▅',
        6 => '▆',
        7 => '▇',
        _ => '█',
    }
}

/// Columns for one stretch at most.
const WIDEST: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::palette::Palette;

    #[test]
    fn every_stretch_has_a_column_and_every_column_a_stretch() {
        for (stretches, columns) in [(1, 10), (10, 10), (10, 33), (33, 10), (4_096, 60), (0, 5)] {
            let share = Share::new(stretches, columns);
            assert!(share.used() <= usize::from(columns), "{share:?}");
            let mut next = 0;
            for column in 0..share.used() {
                let range = share.stretches(column);
                assert!(
                    range.start <= next && range.end >= next,
                    "{share:?} {column}"
                );
                next = range.end;
            }
            if share.used() > 0 {
                assert_eq!(next, stretches);
            }
        }
    }

    #[test]
    fn what_is_more_than_nothing_can_be_seen() {
        assert_eq!(eighths(0.0, 10.0, 2), 0);
        assert_eq!(eighths(0.001, 10.0, 2), 1);
        assert_eq!(eighths(10.0, 10.0, 2), 16);
        assert_eq!(eighths(99.0, 10.0, 2), 16);
        assert_eq!(eighths(1.0, 0.0, 2), 0);
    }

    #[test]
    fn columns_stand_on_the_lowest_line() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, LABEL + 3, 2));
        let chart = Chart {
            title: "lost",
            most: "≤ 4".to_owned(),
            values: &[Some(4.0), Some(0.0), Some(1.0)],
            full: 4.0,
            style: Style::new(),
        };
        let theme = Theme::new(Palette::Plain, false);
        let area = buffer.area;
        render(&mut buffer, area, &chart, Share::new(3, 3), None, theme);
        let rows: Vec<String> = buffer
            .content
            .chunks(usize::from(LABEL + 3))
            .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect())
            .collect();
        assert_eq!(rows, ["lost         █  ", "≤ 4          █·▄"]);
    }
}
