//! A pane of detail lines, wrapped to its width.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::timeline::layer::Tone;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::text::wrap;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::put;

/// A line as it is drawn: indent, text, how it stands out, and which line it is a part of.
type Laid = (u16, String, Look, usize);

/// Breaks lines to `columns`.
pub fn lay_out(lines: &[DetailLine], columns: u16) -> Vec<Laid> {
    let mut laid = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = line.indent.min(columns / 2);
        let room = usize::from(columns.saturating_sub(indent));
        let parts = wrap(&line.text, room).into_iter().enumerate();
        // What goes on in the next line is set in, so that it is not taken for a line of its own.
        laid.extend(parts.map(|(part, text)| {
            (
                indent + if part > 0 { 2.min(columns / 4) } else { 0 },
                text,
                line.look,
                at,
            )
        }));
    }
    laid
}

/// Draws lines from line `top` on; gives how many there are when broken to the width.
pub fn render(
    buffer: &mut Buffer,
    area: Rect,
    lines: &[DetailLine],
    top: usize,
    theme: Theme,
) -> usize {
    // Room for what is set in.
    let laid = lay_out(lines, area.width.saturating_sub(2));
    for (y, (indent, text, look, _)) in (0..area.height).zip(laid.iter().skip(top)) {
        put(buffer, area, *indent, y, text, style(*look, theme));
    }
    laid.len()
}

/// The style of a look.
pub fn style(look: Look, theme: Theme) -> Style {
    match look {
        Look::Heading => theme.bold(),
        Look::Plain | Look::Tone(Tone::Plain) => Style::new(),
        Look::Dim => theme.dim(),
        Look::Tone(Tone::Good) => theme.good(),
        Look::Tone(Tone::Bad) => theme.bad(),
    }
}
