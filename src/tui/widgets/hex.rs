//! The bytes of a frame, sixteen a row, with the selected field's lit.
//!
//! ```text
//! 0020  cb 00 71 0a bd f9 27 80  00 3c 5d 1e 00 01 00 20   ..q...'..<]....
//! ```

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::theme::Theme;
use crate::tui::widgets::paint::put;

/// Bytes a row.
pub const ROW: usize = 16;

/// Columns of a whole row.
pub const WIDTH: u16 = 6 + 3 * 16 + 1 + 1 + 16;

/// What to draw.
#[derive(Debug, Clone)]
pub struct Hex<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// First row shown.
    pub top: usize,
    /// Bytes of the selected field.
    pub lit: Range<usize>,
    /// The selected byte, when the pane has the keys.
    pub cursor: Option<usize>,
}

/// Draws the bytes.
pub fn render(buffer: &mut Buffer, area: Rect, hex: &Hex<'_>, theme: Theme) {
    for (y, row) in (0..area.height).zip(hex.top..) {
        let start = row.saturating_mul(ROW);
        let Some(bytes) = hex.bytes.get(start..) else {
            return;
        };
        if bytes.is_empty() {
            return;
        }
        put(buffer, area, 0, y, &format!("{start:04x}"), theme.dim());
        for (column, &byte) in bytes.iter().take(ROW).enumerate() {
            let style = style_of(hex, start + column, theme);
            let middle = usize::from(column >= ROW / 2);
            let x = u16::try_from(6 + 3 * column + middle).unwrap_or(u16::MAX);
            put(buffer, area, x, y, &format!("{byte:02x}"), style);
            // Between two lit bytes the gap is lit too, so that a field reads as one.
            if column + 1 < ROW
                && hex.lit.contains(&(start + column))
                && hex.lit.contains(&(start + column + 1))
            {
                let gap = if column + 1 == ROW / 2 { "  " } else { " " };
                put(buffer, area, x + 2, y, gap, lit(theme));
            }
            let c = if byte.is_ascii_graphic() || byte == b' ' {
                char::from(byte)
            } else {
                '.'
            };
            let x = u16::try_from(6 + 3 * ROW + 2 + column).unwrap_or(u16::MAX);
            put(buffer, area, x, y, c.encode_utf8(&mut [0; 4]), style);
        }
    }
}

/// The byte under a cell of the pane.
pub fn byte_at(top: usize, x: u16, y: u16) -> Option<usize> {
    let column = usize::from(x.checked_sub(6)?);
    let text = 3 * ROW + 2;
    let column = match column {
        _ if column >= text => column - text,
        // The second half stands one column further right.
        _ if column >= 3 * ROW / 2 => (column - 1) / 3,
        _ => column / 3,
    };
    (column < ROW).then(|| (top + usize::from(y)) * ROW + column)
}

fn style_of(hex: &Hex<'_>, at: usize, theme: Theme) -> Style {
    match hex.cursor {
        Some(cursor) if cursor == at => theme.selected().patch(theme.bold()),
        _ if hex.lit.contains(&at) => lit(theme),
        _ => Style::new(),
    }
}

fn lit(theme: Theme) -> Style {
    theme.selected_elsewhere().patch(theme.bold())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::palette::Palette;

    #[test]
    fn a_row_has_offset_bytes_and_text() {
        let area = Rect::new(0, 0, WIDTH, 2);
        let mut buffer = Buffer::empty(area);
        let bytes: Vec<u8> = (0x3c..0x3c + 20).collect();
        let hex = Hex {
            bytes: &bytes,
            top: 0,
            lit: 0..0,
            cursor: None,
        };
        render(&mut buffer, area, &hex, Theme::new(Palette::Plain, false));
        let text: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        let expected = "0000  3c 3d 3e 3f 40 41 42 43  44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK";
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(expected.len(), usize::from(WIDTH));
    }

    #[test]
    fn a_click_finds_its_byte() {
        assert_eq!(byte_at(0, 6, 0), Some(0));
        assert_eq!(byte_at(0, 6 + 21, 0), Some(7));
        assert_eq!(byte_at(2, 6 + 25, 1), Some(56));
        assert_eq!(byte_at(0, 56, 0), Some(0));
        assert_eq!(byte_at(0, 2, 0), None);
    }
}
