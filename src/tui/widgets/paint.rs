//! Clipped text and panes. Whatever the size of the terminal, nothing is drawn outside its area.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Block, Widget};

use crate::tui::text::{elide, width};
use crate::tui::theme::{Theme, ascii};
use crate::vocab::printable::acts_on_terminal;

/// A piece of a line.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Printable text.
    pub text: String,
    /// Its style.
    pub style: Style,
}

impl Piece {
    /// A piece of a line.
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
        }
    }

    /// One without style.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Style::new())
    }
}

/// Draws `text` at column `x`, row `y` of `area`, cut to what fits; gives the column after it.
pub fn put(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buffer.area);
    if x >= area.width || y >= area.height {
        return x;
    }
    let room = usize::from(area.width - x);
    let fitting = elide(text, room);
    let style = alone(style);
    let (end, _) = buffer.set_stringn(area.x + x, area.y + y, fitting.as_ref(), room, style);
    end.saturating_sub(area.x)
}

/// The same style, whatever was drawn below it: text over a dim line is not dim.
const fn alone(style: Style) -> Style {
    Style {
        fg: match style.fg {
            Some(colour) => Some(colour),
            None => Some(Color::Reset),
        },
        bg: match style.bg {
            Some(colour) => Some(colour),
            None => Some(Color::Reset),
        },
        sub_modifier: Modifier::all().difference(style.add_modifier),
        ..style
    }
}

/// Draws pieces one after the other; gives the column after the last.
pub fn put_pieces(buffer: &mut Buffer, area: Rect, x: u16, y: u16, pieces: &[Piece]) -> u16 {
    pieces.iter().fold(x, |x, piece| {
        put(buffer, area, x, y, &piece.text, piece.style)
    })
}

/// Draws `text` so that it ends at the right border of `area`.
pub fn put_right(buffer: &mut Buffer, area: Rect, y: u16, text: &str, style: Style) {
    let columns = u16::try_from(width(text)).unwrap_or(u16::MAX);
    put(
        buffer,
        area,
        area.width.saturating_sub(columns),
        y,
        text,
        style,
    );
}

/// Styles a row of `area` from border to border.
pub fn style_row(buffer: &mut Buffer, area: Rect, y: u16, style: Style) {
    if y < area.height {
        let row = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        buffer.set_style(row.intersection(buffer.area), alone(style));
    }
}

/// Draws a frame with a title around `area`; gives what is inside.
pub fn pane(buffer: &mut Buffer, area: Rect, title: &str, focused: bool, theme: Theme) -> Rect {
    let area = area.intersection(buffer.area);
    let block = Block::bordered().border_style(theme.border(focused));
    let inside = block.inner(area);
    block.render(area, buffer);
    if !title.is_empty() && area.width > 4 {
        let style = if focused { theme.bold() } else { Style::new() };
        let room = usize::from(area.width) - 4;
        let title = format!(" {} ", elide(title, room.saturating_sub(2)));
        put(
            buffer,
            Rect {
                width: area.width - 1,
                ..area
            },
            1,
            0,
            &title,
            style,
        );
    }
    inside
}

/// Draws a word into the lower border of a pane, at the right: `12–20 of 1 334`.
pub fn pane_note(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    if area.height > 1 && area.width > 6 {
        let text = format!(" {text} ");
        let inside = Rect {
            x: area.x + 2,
            width: area.width - 4,
            ..area
        };
        put_right(buffer, inside, area.height - 1, &text, style);
    }
}

/// The inside of a pane, without drawing it.
pub const fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// The last look at every cell before it goes to the terminal.
///
/// Text from the wire is made printable where it is read. Should one place ever forget, what acts on a terminal still does not
/// leave here. Where the locale is not UTF-8, this is also where shapes become ASCII.
pub fn seal(buffer: &mut Buffer, theme: Theme) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if symbol.is_ascii() && !symbol.contains(acts_on_terminal) {
            continue;
        }
        if symbol.contains(acts_on_terminal) {
            cell.set_symbol("?");
        } else if theme.ascii {
            let c = symbol.chars().next().map_or(' ', ascii);
            cell.set_char(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::palette::Palette;

    const THEME: Theme = Theme::new(Palette::Plain, true);

    #[test]
    fn nothing_is_drawn_outside_its_area() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 3));
        let area = Rect::new(2, 1, 4, 1);
        assert_eq!(put(&mut buffer, area, 0, 0, "abcdefgh", Style::new()), 4);
        put(&mut buffer, area, 9, 9, "x", Style::new());
        put(
            &mut buffer,
            Rect::new(50, 50, 5, 5),
            0,
            0,
            "x",
            Style::new(),
        );
        put_right(&mut buffer, area, 5, "x", Style::new());
        let text: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert_eq!(
            text,
            format!("{}{}{}", " ".repeat(10), "  abc…    ", " ".repeat(10))
        );
    }

    #[test]
    fn what_acts_on_a_terminal_is_sealed_in() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        buffer.content[0].set_symbol("\u{202e}");
        buffer.content[1].set_symbol("●");
        seal(&mut buffer, THEME);
        let text: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert_eq!(text, "?* ");
    }
}
