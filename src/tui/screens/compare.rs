//! Two messages beside each other.
//!
//! ```text
//! ┌ 0.578 s  configure + offer ───────────┐┌ 0.581 s  configured + answer ─────────┐
//! │  v=0                                  ││  v=0                                  │
//! │≠ a=setup:actpass                      ││≠ a=setup:active                       │
//! │◂ a=extmap:14 toffset                  ││                                       │
//! └───────────────────────────────────────┘└────────────────── 12 rows differ ─────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::style::Style;

use crate::tui::compare::Compare;
use crate::tui::compare::align::Row;
use crate::tui::text::counted;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::inside;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::put_pieces;
use crate::tui::widgets::paint::style_row;

/// Rows that fit.
pub fn height(body: Rect) -> usize {
    inside(body).height.into()
}

/// Draws the comparison.
pub fn render(buffer: &mut Buffer, body: Rect, compare: &Compare, theme: Theme) {
    let half = body.width / 2;
    let sides = [
        Rect {
            width: half,
            ..body
        },
        Rect {
            x: body.x + half,
            width: body.width - half,
            ..body
        },
    ];
    ratatui::widgets::Widget::render(ratatui::widgets::Clear, body, buffer);
    let [left, right] = &compare.titles;
    let inner = [
        pane(buffer, sides[0], left, true, theme),
        pane(buffer, sides[1], right, true, theme),
    ];
    let visible = compare.cursor.visible(compare.shown.len(), height(body));
    for (y, line) in (0..inner[0].height).zip(visible) {
        let Some(row) = compare.row(line) else {
            continue;
        };
        let (sign, style) = match row {
            Row::Same(_) => (" ", Style::new()),
            Row::Changed(..) => ("≠", theme.poor()),
            Row::Left(_) => ("◂", theme.poor()),
            Row::Right(_) => ("▸", theme.poor()),
        };
        let texts = match row {
            Row::Same(text) => [Some((text, None)), Some((text, None))],
            Row::Changed(a, b) => [Some((a, Some(b))), Some((b, Some(a)))],
            Row::Left(text) => [Some((text, None)), None],
            Row::Right(text) => [None, Some((text, None))],
        };
        for (area, text) in inner.iter().zip(texts) {
            if let Some((text, other)) = text {
                put(buffer, *area, 0, y, sign, style);
                let pieces = pieces(text, other.map(String::as_str), style);
                put_pieces(buffer, *area, 2, y, &pieces);
            }
            if line == compare.cursor.at {
                style_row(buffer, *area, y, theme.selected());
            }
        }
    }
    if compare.rows.is_empty() {
        put(
            buffer,
            inner[0],
            1,
            0,
            "Neither has anything to compare.",
            theme.dim(),
        );
    }
    let text = match compare.differences() {
        0 => "nothing differs".to_owned(),
        rows => format!("{} differ", counted(rows as u64, "row")),
    };
    pane_note(buffer, sides[1], &text, theme.dim());
    let place = format!(
        "{} of {}",
        compare.cursor.at + 1,
        compare.shown.len().max(1)
    );
    pane_note(buffer, sides[0], &place, theme.dim());
}

/// A line, with what the other side has not underlined.
fn pieces(text: &str, other: Option<&str>, style: Style) -> Vec<Piece> {
    let Some(other) = other else {
        return vec![Piece::new(text, style)];
    };
    let pairs = text.char_indices().zip(other.chars());
    let begin = pairs
        .take_while(|((_, a), b)| a == b)
        .last()
        .map_or(0, |((at, c), _)| at + c.len_utf8());
    let rest = text.get(begin..).unwrap_or_default();
    let other = other.get(begin..).unwrap_or_default();
    let backwards = rest.chars().rev().zip(other.chars().rev());
    let same = backwards.take_while(|(a, b)| a == b);
    let end = text.len() - same.map(|(c, _)| c.len_utf8()).sum::<usize>();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    vec![
        Piece::new(part(0..begin), style),
        Piece::new(
            part(begin..end),
            style.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        ),
        Piece::new(part(end..text.len()), style),
    ]
}

/// Keys and what they do, for the footer.
pub const KEYS: [(&str, &str); 5] = [
    ("n", "next difference"),
    ("N", "the one before"),
    ("f", "differences only"),
    ("y", "copy"),
    ("Esc", "close"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_within_a_line_stands_out() {
        let parts = |text, other| -> Vec<String> {
            let pieces = pieces(text, Some(other), Style::new());
            pieces.into_iter().map(|piece| piece.text).collect()
        };
        assert_eq!(
            parts("a=setup:actpass", "a=setup:active"),
            ["a=setup:act", "pass", ""]
        );
        assert_eq!(parts("x=日1", "x=日本1"), ["x=日", "", "1"]);
        assert_eq!(parts("aa", "aaa"), ["aa", "", ""]);
    }
}
