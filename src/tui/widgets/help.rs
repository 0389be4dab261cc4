//! The keys, made from the key table: those of the screen below first, then those that hold everywhere.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;
use ratatui::widgets::Widget;

use crate::tui::keymap::Keymap;
use crate::tui::keymap::Scope;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::theme::palette::Palette;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put_pieces;

/// Draws the help over the screen.
pub fn render(buffer: &mut Buffer, area: Rect, state: &State, top: usize) {
    let theme = state.theme;
    let lines = lines(&state.keymap, state.scope(), theme);
    let height = u16::try_from(lines.len() + 2)
        .unwrap_or(u16::MAX)
        .min(area.height);
    let width = WIDTH.min(area.width);
    let over = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(over, buffer);
    let inside = pane(buffer, over, "Keys", true, theme);
    let top = top.min(lines.len().saturating_sub(inside.height.into()));
    for (y, line) in (0..inside.height).zip(lines.iter().skip(top)) {
        put_pieces(buffer, inside, 1, y, line);
    }
    let more = lines.len() > usize::from(inside.height);
    pane_note(
        buffer,
        over,
        if more {
            "↓ more · Esc close"
        } else {
            "Esc close"
        },
        theme.dim(),
    );
}

/// Lines of the help.
pub fn length(keymap: &Keymap, scope: Scope) -> usize {
    lines(keymap, scope, Theme::new(Palette::Plain, false)).len()
}

fn lines(keymap: &Keymap, scope: Scope, theme: Theme) -> Vec<Vec<Piece>> {
    let heading = |text: &str| vec![Piece::new(text.to_owned(), theme.bold())];
    let row = |keys: String, words: &str| {
        vec![
            Piece::plain(format!("  {keys:<14}")),
            Piece::new(words.to_owned(), theme.dim()),
        ]
    };
    let mut lines = vec![heading(scope.title())];
    let own = keymap
        .rows(scope)
        .filter(|binding| !binding.scopes.is_empty());
    lines.extend(own.map(|binding| row(binding.key_names(), binding.words)));
    lines.push(Vec::new());
    lines.push(heading("Everywhere"));
    lines.extend(
        keymap
            .general()
            .map(|binding| row(binding.key_names(), binding.words)),
    );
    lines.push(row(
        "mouse".to_owned(),
        "select; a second click opens; scroll; zoom over lanes",
    ));
    lines.push(Vec::new());
    lines.push(heading("Signs"));
    let signs = [
        ("● ◐ ✖ ?", "ok, degraded, failed, cannot tell"),
        ("★", "the selected pair; when it was nominated"),
        ("▐██▌ ● ·", "a stretch of time, an event, one of many alike"),
        ("╳", "packets lost; a check without answer"),
        ("◆ ▒", "a key frame; a picture that stood still"),
        ("▲ ▼", "sent by side a, by side b"),
        ("≈", "inferred, not read"),
    ];
    lines.extend(signs.map(|(sign, words)| row(sign.to_owned(), words)));
    lines
}

/// Columns of the help.
const WIDTH: u16 = 72;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::BINDINGS;

    #[test]
    fn every_key_is_in_some_help_and_no_line_is_cut() {
        let theme = Theme::new(Palette::Plain, false);
        let all: Vec<String> = Scope::ALL
            .into_iter()
            .flat_map(|scope| lines(&Keymap::default(), scope, theme))
            .map(|line| line.into_iter().map(|piece| piece.text).collect())
            .collect();
        for binding in BINDINGS {
            let found = all
                .iter()
                .any(|line| line.contains(&binding.key_names()) && line.contains(binding.words));
            assert!(found, "{} {}", binding.key_names(), binding.words);
        }
        // Two borders, and a space before the text.
        let room = usize::from(WIDTH) - 3;
        let mut cut = all;
        cut.retain(|line: &String| line.chars().count() > room);
        assert_eq!(cut, [""; 0]);
    }
}
