//! What is compared: a row of a ladder in detail, or the fields of a frame.

use std::sync::Arc;

use crate::ingest::frame_reader::OwnedFrame;
use crate::timeline::ladder::Row;
use crate::tui::detail::DetailLine;
use crate::tui::detail::detail;
use crate::tui::packet::known::Known;
use crate::tui::packet::tree::tree;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::text::shown;
use crate::wire::detail::Field;

/// One of two messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// What it is. Printable.
    pub title: String,
    /// Its lines. Printable.
    pub lines: Vec<String>,
}

/// A row of a call's ladder, as the pane beside it explains it.
pub fn of_row(state: &State, call: &Call, row: &Row) -> Side {
    let lines = detail(&state.analysis, call.id, row);
    let time = state.analysis.scene.seconds(row.at);
    let title = format!("{time:.3} s  {}", shown(&row.text));
    // The heading is the title.
    let lines = lines.iter().skip(1).map(line).collect();
    Side { title, lines }
}

/// A frame, field by field.
pub fn of_frame(frame: &OwnedFrame, known: &Arc<Known>) -> Side {
    let mut lines = Vec::new();
    for field in tree(&frame.as_frame(), known) {
        push(&mut lines, 0, &field);
    }
    Side {
        title: format!("frame {}", frame.number),
        lines,
    }
}

fn line(line: &DetailLine) -> String {
    format!("{}{}", " ".repeat(line.indent.into()), line.text)
}

fn push(lines: &mut Vec<String>, depth: usize, field: &Field) {
    if lines.len() >= LINES_MOST {
        return;
    }
    let text = format!(
        "{}{}  {}",
        "  ".repeat(depth),
        shown(&field.name),
        shown(&field.value)
    );
    lines.push(text.trim_end().to_owned());
    for child in &field.children {
        push(lines, depth + 1, child);
    }
}

/// Lines of a message at most.
const LINES_MOST: usize = 4_000;
