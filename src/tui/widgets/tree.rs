//! The decode tree: the lines of it that are open, with the bytes they stand for.

use std::collections::HashSet;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::state::cursor::Cursor;
use crate::tui::text::shown;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::put_pieces;
use crate::tui::widgets::paint::style_row;
use crate::wire::detail::Field;
use crate::wire::detail::Mark;

/// A line of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeLine {
    /// How deep it is.
    pub depth: usize,
    /// Names from the root to it: the same in every frame of a kind, so that what is open stays open.
    pub path: String,
    /// Name. Printable.
    pub name: String,
    /// Value. Printable.
    pub value: String,
    /// Bytes of the frame.
    pub range: Range<usize>,
    /// What a check said.
    pub mark: Mark,
    /// Has it parts?
    pub parts: bool,
    /// Are they shown?
    pub open: bool,
}

/// The lines of `fields` that are open: the last layer, whatever failed a check, and what `toggled` says otherwise.
pub fn flatten(fields: &[Field], toggled: &Toggled) -> Vec<TreeLine> {
    let mut lines = Vec::new();
    let last = fields.len().saturating_sub(1);
    for (at, field) in fields.iter().enumerate() {
        push(&mut lines, field, "", 0, at == last, toggled);
    }
    lines
}

fn push(
    lines: &mut Vec<TreeLine>,
    field: &Field,
    above: &str,
    depth: usize,
    open: bool,
    toggled: &Toggled,
) {
    if lines.len() >= LINES_MAX || depth > DEPTH_MAX {
        return;
    }
    let path = format!("{above}/{}", field.name);
    let by_itself = open || field.children.iter().any(|child| child.mark == Mark::Bad);
    let open = by_itself != toggled.contains(&path);
    let parts = !field.children.is_empty();
    lines.push(TreeLine {
        depth,
        name: shown(&field.name).into_owned(),
        value: shown(&field.value).into_owned(),
        range: field.range.clone(),
        mark: field.mark,
        parts,
        open: open && parts,
        path: path.clone(),
    });
    if open {
        for child in &field.children {
            push(lines, child, &path, depth + 1, false, toggled);
        }
    }
}

/// Paths of fields opened or closed by hand.
pub type Toggled = HashSet<String>;

/// Draws the tree.
pub fn render(
    buffer: &mut Buffer,
    area: Rect,
    lines: &[TreeLine],
    cursor: Cursor,
    focused: bool,
    theme: Theme,
) {
    let visible = cursor.visible(lines.len(), area.height.into());
    for (y, at) in (0..area.height).zip(visible) {
        let Some(line) = lines.get(at) else {
            return;
        };
        let arrow = match (line.parts, line.open) {
            (false, _) => "  ",
            (true, true) => "▾ ",
            (true, false) => "▸ ",
        };
        let (glyph, style) = theme.mark(line.mark);
        let mut pieces = vec![Piece::plain(format!(
            "{}{arrow}",
            " ".repeat(line.depth * 2)
        ))];
        if line.mark != Mark::Plain {
            pieces.push(Piece::new(format!("{glyph} "), style));
        }
        let name = if line.depth == 0 {
            theme.bold()
        } else {
            theme.dim()
        };
        pieces.push(Piece::new(line.name.clone(), name));
        pieces.push(Piece::new(format!("  {}", line.value), style));
        put_pieces(buffer, area, 0, y, &pieces);
        if at == cursor.at {
            let style = if focused {
                theme.selected()
            } else {
                theme.selected_elsewhere()
            };
            style_row(buffer, area, y, style);
        }
    }
}

/// Lines shown at most.
const LINES_MAX: usize = 4_096;
/// Depth shown at most.
const DEPTH_MAX: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<Field> {
        let inner =
            Field::new("XOR-MAPPED-ADDRESS", "…", 20..32).with([Field::new("port", "1", 24..26)]);
        vec![
            Field::new("UDP", "", 0..8).with([Field::new("length", "9", 4..6)]),
            Field::new("STUN", "", 8..32).with([inner]),
        ]
    }

    fn names(toggled: &[&str]) -> Vec<String> {
        let toggled = toggled.iter().map(|&path| path.to_owned()).collect();
        flatten(&fields(), &toggled)
            .into_iter()
            .map(|line| line.name)
            .collect()
    }

    #[test]
    fn the_innermost_layer_is_open_one_level_deep() {
        assert_eq!(names(&[]), ["UDP", "STUN", "XOR-MAPPED-ADDRESS"]);
    }

    #[test]
    fn what_was_opened_or_closed_by_hand_stays_so() {
        assert_eq!(names(&["/UDP", "/STUN"]), ["UDP", "length", "STUN"]);
        assert_eq!(
            names(&["/STUN/XOR-MAPPED-ADDRESS"]),
            ["UDP", "STUN", "XOR-MAPPED-ADDRESS", "port"]
        );
    }

    #[test]
    fn a_failed_check_opens_its_layer() {
        let bad = Field::new("IPv4", "", 0..20)
            .with([Field::new("checksum", "wrong", 10..12).marked(Mark::Bad)]);
        let lines = flatten(&[bad, Field::new("UDP", "", 20..28)], &HashSet::new());
        assert_eq!(lines.len(), 3);
    }
}
