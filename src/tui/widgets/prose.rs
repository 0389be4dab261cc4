//! Prose of lessons: paragraphs, lists, computations and tables, in lines.

use ratatui::style::Modifier;
use ratatui::style::Style;

use crate::lessons::prose;
use crate::lessons::prose::Block;
use crate::lessons::prose::Ink;
use crate::lessons::prose::Span;
use crate::tui::text::width;
use crate::tui::text::wrap;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::Piece;

/// Lays out blocks of prose in lines of `columns`.
pub fn blocks(lines: &mut Vec<Vec<Piece>>, blocks: &[Block], columns: usize, theme: Theme) {
    for (at, block) in blocks.iter().enumerate() {
        match block {
            Block::Paragraph(spans) => lines.extend(flow(spans, columns, "", theme)),
            Block::Item(mark, spans) => {
                lines.extend(flow(spans, columns, &format!("{mark} "), theme));
            }
            Block::Code(spans) => code(lines, spans, columns, theme),
            Block::Table(rows) => table(lines, rows, columns, theme),
        }
        let listed = matches!(
            (block, blocks.get(at + 1)),
            (Block::Item(..), Some(Block::Item(..)))
        );
        if !listed {
            lines.push(Vec::new());
        }
    }
}

/// Words in lines, each in its ink; lines after the first are indented as far as the mark reaches.
fn flow(spans: &[Span], columns: usize, mark: &str, theme: Theme) -> Vec<Vec<Piece>> {
    let indent = " ".repeat(width(mark));
    let mut lines = vec![vec![Piece::plain(mark.to_owned())]];
    let mut used = width(mark);
    let mut fresh = true;
    for span in spans {
        let style = ink(span, theme);
        for (at, part) in span.text.split(' ').enumerate() {
            let space = at > 0;
            let mut rest = part;
            let mut room = columns.saturating_sub(used + usize::from(space && !fresh));
            if width(rest) > room && !fresh && (space || used > columns / 2) {
                lines.push(vec![Piece::plain(indent.clone())]);
                (used, fresh) = (width(&indent), true);
                room = columns.saturating_sub(used);
            }
            if space && !fresh {
                push(&mut lines, " ", style);
                used += 1;
            }
            // What is longer than a line is broken where the line ends.
            while width(rest) > room.max(1) {
                let cut = rest
                    .char_indices()
                    .map(|(at, _)| at)
                    .take_while(|at| width(rest.get(..*at).unwrap_or_default()) <= room.max(1))
                    .last()
                    .filter(|at| *at > 0);
                let Some((head, tail)) = cut.and_then(|cut| rest.split_at_checked(cut)) else {
                    break;
                };
                push(&mut lines, head, style);
                lines.push(vec![Piece::plain(indent.clone())]);
                used = width(&indent);
                room = columns.saturating_sub(used);
                rest = tail;
            }
            push(&mut lines, rest, style);
            used += width(rest);
            fresh &= rest.is_empty();
        }
    }
    lines
}

fn push(lines: &mut [Vec<Piece>], text: &str, style: Style) {
    if let Some(line) = lines.last_mut().filter(|_| !text.is_empty()) {
        line.push(Piece::new(text.to_owned(), style));
    }
}

fn ink(span: &Span, theme: Theme) -> Style {
    let style = match span.ink {
        Ink::Plain | Ink::Code => Style::new(),
        Ink::Strong => theme.bold(),
        Ink::Emphasis => Style::new().add_modifier(Modifier::ITALIC),
    };
    let style = if span.missing { theme.dim() } else { style };
    let style = if span.figure.is_some() && !span.missing {
        style.patch(theme.good())
    } else {
        style
    };
    if span.term.is_some() {
        style.add_modifier(Modifier::UNDERLINED)
    } else {
        style
    }
}

fn code(lines: &mut Vec<Vec<Piece>>, spans: &[Span], columns: usize, theme: Theme) {
    let mut line: Vec<Piece> = Vec::new();
    let mut used = 0;
    for span in spans {
        for (at, part) in span.text.split('\n').enumerate() {
            if at > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            let mut rest = part.to_owned();
            // Long values go on in the next line: nothing of a computation may be lost.
            while used + width(&rest) > columns && columns > 4 {
                let room = columns.saturating_sub(used);
                let cut = rest
                    .char_indices()
                    .nth(room)
                    .map_or(rest.len(), |(at, _)| at);
                let tail = rest.split_off(cut);
                line.push(Piece::new(rest, ink(span, theme)));
                lines.push(std::mem::take(&mut line));
                line.push(Piece::plain("  "));
                used = 2;
                rest = tail;
            }
            used += width(&rest);
            if !rest.is_empty() {
                line.push(Piece::new(rest, ink(span, theme)));
            }
        }
    }
    lines.push(line);
}

fn table(lines: &mut Vec<Vec<Piece>>, rows: &[Vec<Vec<Span>>], columns: usize, theme: Theme) {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| width(&prose::plain(cell)))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(widest).collect();
    let total: usize = widths.iter().sum::<usize>() + 2 * count.saturating_sub(1);
    for (at, row) in rows.iter().enumerate() {
        let style = if at == 0 { theme.dim() } else { Style::new() };
        if total <= columns {
            let mut line = Vec::new();
            for (cell, room) in row.iter().zip(&widths) {
                let text = prose::plain(cell);
                let fill = room.saturating_sub(width(&text)) + 2;
                line.push(Piece::new(format!("{text}{}", " ".repeat(fill)), style));
            }
            lines.push(line);
        } else if at > 0 {
            // Too wide: each row becomes lines of `head: cell`.
            for (head, cell) in rows.first().into_iter().flatten().zip(row) {
                let text = format!("{}: {}", prose::plain(head), prose::plain(cell));
                lines.extend(
                    wrap(&text, columns)
                        .into_iter()
                        .map(|it| vec![Piece::plain(it)]),
                );
            }
            lines.push(Vec::new());
        }
    }
}
