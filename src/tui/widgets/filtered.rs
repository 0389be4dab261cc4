//! What a filter leaves of a list, in words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::state::filter::Filter;
use crate::tui::text::count;
use crate::tui::text::shown;
use crate::tui::text::wrap;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::put;

/// `Calls · 12 of 340 · stream.packetsLost > 10`: the heading of a list of which a filter leaves `left` of `all`.
pub fn heading(title: &str, filter: &Filter, left: usize, all: usize) -> String {
    if filter.is_empty() {
        return title.to_owned();
    }
    let (left, all) = (count(left as u64), count(all as u64));
    format!("{title} · {left} of {all} · {}", shown(filter.text()))
}

/// Says in an empty list that nothing passes, and what to do.
pub fn say_nothing_passes(buffer: &mut Buffer, inner: Rect, filter: &Filter, theme: Theme) {
    let text = format!(
        "Nothing here passes {}. / changes the filter, Backspace goes back to the one before, Del takes it away.",
        shown(filter.text())
    );
    let lines = wrap(&text, usize::from(inner.width.saturating_sub(2)));
    for (y, line) in (0..inner.height).zip(lines) {
        put(buffer, inner, 1, y, &line, theme.dim());
    }
}
