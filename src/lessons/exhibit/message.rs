//! A frame: its fields, one of them lit, and the bytes they stand for.

use std::ops::Range;

use crate::lessons::desk::Desk;
use crate::lessons::desk::payload;
use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::Line;
use crate::lessons::exhibit::Place;
use crate::lessons::exhibit::Shade;
use crate::lessons::exhibit::line;
use crate::lessons::exhibit::piece;
use crate::vocab::ids::FrameNumber;
use crate::wire::detail::Field;
use crate::wire::detail::Mark;
use crate::wire::packet::Body;
use crate::wire::packet::decode;

pub(super) fn exhibit(
    desk: &mut Desk<'_>,
    number: FrameNumber,
    field: Option<&str>,
    columns: usize,
) -> Option<Exhibit> {
    let owned = desk.frame(number)?;
    let frame = owned.as_frame();
    let tree = desk.dissect(&owned);
    // A segment without data is looked at for its own header.
    let innermost = tree.last().map_or(0, |top| top.range.start);
    let carried = payload(&frame).filter(|(_, bytes)| !bytes.is_empty());
    let start = carried.map_or(innermost, |(start, _)| start);
    let lit = field.and_then(|field| find(&tree, &field.to_lowercase(), start));
    let mut lines = Vec::new();
    let ends = match decode(frame.link, frame.data, frame.original_length).body {
        Body::Udp(udp) => Some(("UDP", udp.source, udp.destination)),
        Body::Tcp(tcp) => Some(("TCP", tcp.source, tcp.destination)),
        _ => None,
    };
    if let Some((transport, from, to)) = ends {
        lines.push(line(&format!("{transport} {from}"), Shade::Dim));
        lines.push(line(&format!(" to {to}"), Shade::Dim));
    }
    let mut fields = Vec::new();
    for top in &tree {
        // The layers below are one line each; what they carry is what the step is about.
        let carried = top.range.start >= start;
        flatten(top, 0, carried, &mut fields);
    }
    let at = lit.as_ref().and_then(|lit| {
        fields
            .iter()
            .position(|(_, it)| it.range == *lit && named(it, field))
    });
    let window = around(fields.len(), at.unwrap_or(0), FIELDS_SHOWN);
    if window.start > 0 {
        lines.push(line("…", Shade::Dim));
    }
    for (place, (depth, it)) in fields
        .iter()
        .enumerate()
        .take(window.end)
        .skip(window.start)
    {
        lines.push(field_line(it, *depth, Some(place) == at, columns));
    }
    if window.end < fields.len() {
        let more = format!("… {} more fields", fields.len() - window.end);
        lines.push(line(&more, Shade::Dim));
    }
    lines.push(Vec::new());
    lines.extend(bytes(frame.data, start, lit.unwrap_or_default(), columns));
    Some(Exhibit {
        title: format!("Frame {number}"),
        lines,
        place: Place::Frame(number, field.map(str::to_owned)),
    })
}

fn named(field: &Field, wanted: Option<&str>) -> bool {
    wanted.is_some_and(|wanted| field.name.to_lowercase().contains(&wanted.to_lowercase()))
}

/// The first field whose name has the words, what the packet carries before its lower layers.
fn find(tree: &[Field], words: &str, start: usize) -> Option<Range<usize>> {
    let carried = tree.iter().filter(|it| it.range.start >= start);
    let below = tree.iter().filter(|it| it.range.start < start);
    carried
        .chain(below.rev())
        .find_map(|it| find_in(it, words, 0))
}

fn find_in(field: &Field, words: &str, depth: usize) -> Option<Range<usize>> {
    if field.name.to_lowercase().contains(words) && !field.range.is_empty() {
        return Some(field.range.clone());
    }
    if depth == DEPTH {
        return None;
    }
    let mut children = field.children.iter();
    children.find_map(|child| find_in(child, words, depth + 1))
}

fn flatten<'a>(field: &'a Field, depth: usize, open: bool, out: &mut Vec<(usize, &'a Field)>) {
    if out.len() == FIELDS_MAX {
        return;
    }
    out.push((depth, field));
    if open && depth < DEPTH {
        for child in &field.children {
            flatten(child, depth + 1, true, out);
        }
    }
}

fn field_line(field: &Field, depth: usize, lit: bool, columns: usize) -> Line {
    let (mark, shade) = match field.mark {
        Mark::Good => ("● ", Shade::Good),
        Mark::Bad => ("✖ ", Shade::Bad),
        Mark::Plain => ("", Shade::Plain),
    };
    let indent = "  ".repeat(depth);
    let arrow = if lit { "▶ " } else { "  " };
    let text = if field.value.is_empty() {
        field.name.clone()
    } else {
        format!("{}  {}", field.name, field.value)
    };
    let text = format!("{arrow}{indent}{mark}{text}");
    let shade = if lit { Shade::Lit } else { shade };
    line(super::cell(&text, columns).trim_end(), shade)
}

/// Rows of bytes, the lit ones marked: enough of them to see where they stand, and the same ones however wide a row is.
fn bytes(data: &[u8], start: usize, lit: Range<usize>, columns: usize) -> Vec<Line> {
    let row = if columns >= ROW_WIDE { ROW } else { ROW / 2 };
    let shown = data.get(start..).unwrap_or_default();
    let at = if lit.is_empty() {
        0
    } else {
        lit.start.saturating_sub(start) / ROW
    };
    let window = around(shown.len().div_ceil(ROW), at, ROWS_SHOWN);
    let end = (window.end * ROW).min(shown.len());
    let mut lines = Vec::new();
    for place in (window.start * ROW..end).step_by(row) {
        let from = start + place;
        let chunk = shown.get(place..(place + row).min(end));
        let mut cells = vec![piece(&format!("{from:04x} "), Shade::Dim)];
        for (offset, byte) in chunk.unwrap_or_default().iter().enumerate() {
            let lit = lit.contains(&(from + offset));
            let shade = if lit { Shade::Lit } else { Shade::Plain };
            cells.push(piece(" ", Shade::Plain));
            cells.push(piece(&format!("{byte:02x}"), shade));
        }
        lines.push(cells);
    }
    if end < shown.len() {
        let more = shown.len() - end;
        lines.push(line(&format!("…     {more} bytes more"), Shade::Dim));
    }
    lines
}

/// `shown` of `length` places, with `at` among them.
fn around(length: usize, at: usize, shown: usize) -> Range<usize> {
    if length <= shown {
        return 0..length;
    }
    let start = at.saturating_sub(shown / 2).min(length - shown);
    start..start + shown
}

/// Fields that are laid out.
const FIELDS_SHOWN: usize = 22;
/// Fields that are looked at.
const FIELDS_MAX: usize = 400;
/// How deep fields nest here.
const DEPTH: usize = 5;
/// Bytes of a row, where there is room for them; half as many elsewhere.
const ROW: usize = 16;
/// Rows of so many bytes.
const ROWS_SHOWN: usize = 8;
/// Columns that such a row takes.
const ROW_WIDE: usize = 54;
