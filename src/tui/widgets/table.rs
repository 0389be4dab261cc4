//! Columns that share a width: fixed ones take what they need, the others the rest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::text::elide;
use crate::tui::text::elide_middle;
use crate::tui::text::width;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::put;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Columns of the terminal; for flexible ones the least.
    pub width: u16,
    /// Share of what is left over; 0: fixed.
    pub flex: u16,
    /// Where its text goes.
    pub fit: Fit,
}

/// Where a column's text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Left, cut at the end.
    Left,
    /// Left, cut in the middle: addresses.
    Middle,
    /// Right: numbers.
    Right,
}

impl Column {
    /// A column of fixed width.
    pub const fn fixed(title: &'static str, width: u16, fit: Fit) -> Self {
        Self {
            title,
            width,
            flex: 0,
            fit,
        }
    }

    /// A column that takes a share of what is left.
    pub const fn flexible(title: &'static str, least: u16, flex: u16, fit: Fit) -> Self {
        Self {
            title,
            width: least,
            flex,
            fit,
        }
    }
}

/// A table's columns with their places.
#[derive(Debug, Clone)]
pub struct Columns {
    columns: Vec<(Column, u16, u16)>,
}

impl Columns {
    /// Shares `total` columns of the terminal out; columns that no longer fit are left out, the last first.
    pub fn new(columns: &[Column], total: u16) -> Self {
        let least = |columns: &[Column]| -> u16 {
            let gaps = GAP * u16::try_from(columns.len().saturating_sub(1)).unwrap_or(0);
            columns.iter().map(|column| column.width).sum::<u16>() + gaps
        };
        let mut fitting = columns;
        while fitting.len() > 1 && least(fitting) > total {
            fitting = fitting.split_last().map_or(fitting, |(_, rest)| rest);
        }
        let spare = total.saturating_sub(least(fitting));
        let shares: u16 = fitting.iter().map(|column| column.flex).sum();
        let mut x = 0;
        let placed = fitting.iter().map(|column| {
            let more = (spare * column.flex).checked_div(shares).unwrap_or(0);
            let width = (column.width + more).min(total.saturating_sub(x));
            let place = (*column, x, width);
            x += width + GAP;
            place
        });
        Self {
            columns: placed.collect(),
        }
    }

    /// Columns of the terminal that a column has; 0 when it was left out.
    pub fn room(&self, column: usize) -> u16 {
        self.columns.get(column).map_or(0, |(_, _, room)| *room)
    }

    /// Draws the headings.
    pub fn head(&self, buffer: &mut Buffer, area: Rect, y: u16, style: Style) {
        let titles: Vec<Piece> = self
            .columns
            .iter()
            .map(|(column, ..)| Piece::new(column.title, style))
            .collect();
        self.row(buffer, area, y, &titles);
    }

    /// Draws a row; cells without a column are left out.
    pub fn row(&self, buffer: &mut Buffer, area: Rect, y: u16, cells: &[Piece]) {
        for ((column, x, room), cell) in self.columns.iter().zip(cells) {
            let room_columns = usize::from(*room);
            let text = match column.fit {
                Fit::Middle => elide_middle(&cell.text, room_columns),
                Fit::Left | Fit::Right => elide(&cell.text, room_columns),
            };
            let left = match column.fit {
                Fit::Right => room.saturating_sub(u16::try_from(width(&text)).unwrap_or(*room)),
                Fit::Left | Fit::Middle => 0,
            };
            put(buffer, area, x + left, y, &text, cell.style);
        }
    }
}

/// Between columns.
const GAP: u16 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(columns: &[Column], total: u16, cells: &[&str]) -> String {
        let area = Rect::new(0, 0, total, 1);
        let mut buffer = Buffer::empty(area);
        let cells: Vec<Piece> = cells.iter().map(|text| Piece::plain(*text)).collect();
        Columns::new(columns, total).row(&mut buffer, area, 0, &cells);
        buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    const COLUMNS: &[Column] = &[
        Column::fixed("no.", 4, Fit::Right),
        Column::flexible("from", 6, 1, Fit::Middle),
        Column::fixed("what", 5, Fit::Left),
    ];

    #[test]
    fn numbers_end_where_their_column_ends() {
        assert_eq!(
            line(COLUMNS, 21, &["17", "10.0.0.1", "STUN"]),
            "  17  10.0.0.1  STUN "
        );
    }

    #[test]
    fn addresses_are_cut_in_the_middle() {
        assert_eq!(
            line(COLUMNS, 19, &["1", "192.168.10.2", "STUN"]),
            "   1  19…0.2  STUN "
        );
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out() {
        assert_eq!(
            line(COLUMNS, 12, &["1", "10.0.0.1", "STUN"]),
            "   1  10…0.1"
        );
    }
}
