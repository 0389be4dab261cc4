//! A session description line by line: as it crossed the wire, and what each line says.

use crate::sdp::description::Description;
use crate::sdp::explain::explain;
use crate::sdp::line::Line;
use crate::sdp::line::Note;
use crate::session::model::description::SignaledDescription;
use crate::timeline::layer::Tone;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Fit;

/// The columns.
pub const COLUMNS: &[Column] = &[
    Column::fixed("line", 4, Fit::Right),
    Column::flexible("as it was sent", 28, 2, Fit::Left),
    Column::flexible("what it says", 24, 3, Fit::Left),
];

/// The lines of a description; read from its text again, for the model keeps no lines.
pub fn rows(description: &SignaledDescription) -> Vec<Row> {
    let parsed = Description::parse(&description.sdp);
    let mut rows: Vec<Row> = parsed
        .lines
        .iter()
        .map(|line| row(line, description))
        .collect();
    // Rules that no single line breaks.
    rows.extend(parsed.own_faults.iter().map(|fault| Row {
        cells: vec![
            Cell::plain(""),
            Cell::plain(""),
            Cell::new(&format!("✖ {fault}"), Ink::Bad),
        ],
        frames: description.frames.clone(),
        detail: vec![DetailLine::new(
            0,
            &fault.to_string(),
            Look::Tone(Tone::Bad),
        )],
        heading: false,
        about: None,
    }));
    if !parsed.unread.is_empty() || parsed.omitted_bytes > 0 {
        let bytes = parsed.unread.len() + parsed.omitted_bytes;
        rows.push(Row {
            cells: vec![
                Cell::plain(""),
                Cell::new(&format!("{bytes} bytes more"), Ink::Dim),
                Cell::new("not read: longer than any real description", Ink::Poor),
            ],
            frames: description.frames.clone(),
            ..Row::default()
        });
    }
    rows
}

fn row(line: &Line, description: &SignaledDescription) -> Row {
    let said = explain(line);
    let (sign, ink) = if line.faults.is_empty() {
        ("", Ink::Dim)
    } else {
        ("✖ ", Ink::Bad)
    };
    let is_section = line.raw.starts_with("m=");
    let mut detail = vec![
        DetailLine::new(0, &line.raw, Look::Heading),
        DetailLine::new(0, &said, Look::Plain),
    ];
    detail.extend(line.faults.iter().map(|fault| {
        DetailLine::new(0, &format!("breaks a rule: {fault}"), Look::Tone(Tone::Bad))
    }));
    let notes = line.notes.iter().copied().map(Note::text);
    detail.extend(notes.map(|note| DetailLine::new(0, note, Look::Dim)));
    Row {
        cells: vec![
            Cell::new(&line.number.to_string(), Ink::Dim),
            Cell::new(&line.raw, if is_section { Ink::Bold } else { Ink::Plain }),
            Cell::new(&format!("{sign}{said}"), ink),
        ],
        frames: description.frames.clone(),
        detail,
        heading: is_section,
        about: None,
    }
}
