//! The terms of a step, and the keys of the page, over everything else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;
use ratatui::widgets::Widget;

use crate::lessons::glossary;
use crate::lessons::prose;
use crate::tui::screens::learn::note;
use crate::tui::state::State;
use crate::tui::text::wrap;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::put_pieces;

/// The terms of the step with their meanings, then the keys.
pub(super) fn render(buffer: &mut Buffer, body: Rect, state: &State, top: usize) {
    let theme = state.theme;
    let width = body.width.min(TERMS_WIDTH);
    let over = Rect {
        x: body.x + (body.width - width) / 2,
        width,
        ..body
    };
    Clear.render(over, buffer);
    let inner = pane(buffer, over, "Terms of this step, and keys", true, theme);
    let columns = usize::from(inner.width).saturating_sub(4);
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for key in terms(state) {
        let Some(entry) = glossary::find(&key) else {
            continue;
        };
        lines.push(vec![Piece::new(entry.term.to_owned(), theme.bold())]);
        let meaning = wrap(&entry.meaning, columns).into_iter();
        lines.extend(meaning.map(|it| vec![Piece::plain(format!("  {it}"))]));
        lines.push(vec![Piece::new(
            format!("  {}", entry.reference),
            theme.dim(),
        )]);
        lines.push(Vec::new());
    }
    lines.push(vec![Piece::new("Keys", theme.bold())]);
    lines.extend(KEYS.iter().map(|(key, does)| {
        vec![
            Piece::plain(format!("  {key:<10}")),
            Piece::new((*does).to_owned(), theme.dim()),
        ]
    }));
    let top = top.min(lines.len().saturating_sub(inner.height.into()));
    for (y, line) in (0..inner.height).zip(lines.iter().skip(top)) {
        put_pieces(buffer, inner, 1, y, line);
    }
    note(buffer, over, top, inner.height, lines.len(), theme);
}

/// Keys of the terms that the step links to, in its order.
fn terms(state: &State) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let Some(shown) = &state.learn.shown else {
        return keys;
    };
    let asked = shown.question.iter();
    let asked = asked.flat_map(|it| [&it.prose, &it.hint]);
    for blocks in std::iter::once(&shown.prose)
        .chain(asked)
        .chain([&shown.why])
    {
        for term in prose::spans(blocks)
            .into_iter()
            .filter_map(|it| it.term.as_ref())
        {
            if !keys.contains(term) {
                keys.push(term.clone());
            }
        }
    }
    keys
}

const KEYS: &[(&str, &str)] = &[
    ("→ n", "next step"),
    ("← p", "step before"),
    ("↑ ↓", "scroll; PgUp, PgDn and Space by screens"),
    ("Tab", "let the other pane scroll"),
    ("a", "answer the question"),
    (
        "Enter",
        "open the screen that shows the evidence; Esc there leads back",
    ),
    ("x", "next piece of evidence"),
    (
        "c",
        "open the capture that the step names, and back to yours",
    ),
    ("?", "the terms of the step, and these keys"),
    ("Esc", "the list of lessons; from there, the calls"),
    ("1 … 6", "the pages"),
];
/// Columns of the terms.
const TERMS_WIDTH: u16 = 76;
