//! Choosing columns: a list over the screen, in the order of the columns.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;
use ratatui::widgets::Widget;

use crate::tui::state::columns::Chooser;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::put_pieces;
use crate::tui::widgets::paint::style_row;

/// Draws the list over the screen.
pub fn render(buffer: &mut Buffer, area: Rect, chooser: &Chooser, theme: Theme) {
    let rows = u16::try_from(chooser.columns.len()).unwrap_or(u16::MAX);
    let height = rows.saturating_add(2).min(area.height);
    let width = WIDTH.min(area.width);
    let over = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(over, buffer);
    let inside = pane(buffer, over, "Columns of the list of calls", true, theme);
    let first = (chooser.cursor.at + 1).saturating_sub(inside.height.into());
    for (y, (at, (column, shown))) in
        (0..inside.height).zip(chooser.columns.iter().enumerate().skip(first))
    {
        let mark = if *shown { "●" } else { "·" };
        let pieces = [
            Piece::plain(format!(" {mark} {:<10} ", column.word())),
            Piece::new(column.explanation(), theme.dim()),
        ];
        put_pieces(buffer, inside, 0, y, &pieces);
        if at == chooser.cursor.at {
            style_row(buffer, inside, y, theme.selected());
        }
    }
}

/// Keys and what they do, for the footer.
pub const KEYS: [(&str, &str); 5] = [
    ("Space", "show or hide"),
    ("←", "move up"),
    ("→", "move down"),
    ("Enter", "take"),
    ("Esc", "leave"),
];

/// Columns of the terminal.
const WIDTH: u16 = 44;
