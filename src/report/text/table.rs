//! Rows and columns.

use std::io;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::report::text::figures::NO_BREAK;
use crate::report::text::page::FIELD_INDENT;
use crate::report::text::page::LABEL_INDENT;
use crate::report::text::page::Page;
use crate::report::text::words::Words;

/// A table: columns as wide as their widest cell, empty columns left out.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<Align>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    style: Style,
    cells: Vec<String>,
    /// Words below the row.
    note: Option<Words>,
}

/// On which side a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl Table {
    /// A table with these columns.
    pub fn new(columns: &[Align]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// A row of our own words and of what [`safe`] made safe.
    pub fn row(&mut self, style: Style, cells: impl IntoIterator<Item = String>) {
        self.rows.push(Row {
            style,
            cells: cells.into_iter().collect(),
            note: None,
        });
    }

    /// Words below the latest row.
    pub fn note(&mut self, words: Words) {
        if let Some(row) = self.rows.last_mut() {
            row.note = Some(words);
        }
    }

    /// Prints it as the words of a field: the label stands beside the first row.
    pub fn print(&self, page: &mut Page<'_>, label: &str) -> io::Result<()> {
        for (index, (row, line)) in self.lines(0).into_iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            page.field(label, &line)?;
            self.print_note(page, row)?;
        }
        Ok(())
    }

    /// Prints it in the place of a field: the first column stands where labels do.
    pub fn print_wide(&self, page: &mut Page<'_>) -> io::Result<()> {
        for (row, line) in self.lines(FIELD_INDENT - LABEL_INDENT - COLUMN_GAP) {
            page.wrapped(LABEL_INDENT, FIELD_INDENT, &line)?;
            self.print_note(page, row)?;
        }
        Ok(())
    }

    fn print_note(&self, page: &mut Page<'_>, row: usize) -> io::Result<()> {
        let note = self.rows.get(row).and_then(|row| row.note.as_ref());
        note.map_or(Ok(()), |note| {
            page.wrapped(FIELD_INDENT, FIELD_INDENT, note)
        })
    }

    /// Rows with their numbers, cells padded; the first column at least `first` wide.
    fn lines(&self, first: usize) -> Vec<(usize, Words)> {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.cells.get(column));
                let widest = cells.map(|cell| cell.width()).max().unwrap_or(0);
                if column == 0 {
                    widest.max(first)
                } else {
                    widest
                }
            })
            .collect();
        let rows = self.rows.iter().enumerate();
        rows.map(|(index, row)| {
            (
                index,
                Words::new().styled(row.style, self.line(row, &widths)),
            )
        })
        .collect()
    }

    /// The padding must stay as it is: no place to wrap at.
    fn line(&self, row: &Row, widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, &width), align) in row.cells.iter().zip(widths).zip(&self.columns) {
            if width == 0 {
                continue;
            }
            if !line.is_empty() {
                line.push_str(&" ".repeat(COLUMN_GAP));
            }
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            match align {
                Align::Left => line.extend([cell.as_str(), &padding]),
                Align::Right => line.extend([padding.as_str(), cell]),
            }
        }
        line.trim_end().replace(' ', &NO_BREAK.to_string())
    }
}

/// Spaces between columns.
const COLUMN_GAP: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text::words::PLAIN;

    #[test]
    fn empty_columns_take_no_room() {
        let mut table = Table::new(&[Align::Left, Align::Left, Align::Right]);
        table.row(PLAIN, ["a".into(), String::new(), "1".into()]);
        table.row(PLAIN, ["bb".into(), String::new(), "22".into()]);
        let mut out = Vec::new();
        table.print(&mut Page::new(&mut out), "Media").unwrap();
        let text = anstream::adapter::strip_bytes(&out).into_vec();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "  Media     a    1\n            bb  22\n"
        );
    }
}
