//! Two messages beside each other: lines that belong together in one row, what differs marked.
//!
//! | file | what |
//! | --- | --- |
//! | [`align`] | which line belongs to which |
//! | [`sides`] | what is compared: a row of a ladder in detail, or the fields of a frame |

use crate::tui::compare::align::Row;
use crate::tui::compare::align::align;
use crate::tui::compare::sides::Side;
use crate::tui::state::cursor::Cursor;

pub mod align;
pub mod sides;

/// Two messages, compared.
#[derive(Debug, Clone)]
pub struct Compare {
    /// What each is.
    pub titles: [String; 2],
    /// All rows.
    pub rows: Vec<Row>,
    /// Positions of the rows shown.
    pub shown: Vec<usize>,
    /// Are only the rows shown that differ?
    pub only_differences: bool,
    /// Selection among the rows shown.
    pub cursor: Cursor,
}

impl Compare {
    /// Compares two messages; begins at the first difference.
    pub fn new([left, right]: [Side; 2]) -> Self {
        let rows = align(&left.lines, &right.lines);
        let mut compare = Self {
            titles: [left.title, right.title],
            shown: (0..rows.len()).collect(),
            rows,
            only_differences: false,
            cursor: Cursor::default(),
        };
        if compare.row(0).is_some_and(|row| !row.differs()) {
            compare.next_difference(1);
        }
        compare
    }

    /// Rows that differ.
    pub fn differences(&self) -> usize {
        self.rows.iter().filter(|row| row.differs()).count()
    }

    /// The row on a line.
    pub fn row(&self, line: usize) -> Option<&Row> {
        self.rows.get(*self.shown.get(line)?)
    }

    /// To the next row that differs, or the one before.
    pub fn next_difference(&mut self, by: isize) {
        let differs = |line: &usize| self.row(*line).is_some_and(Row::differs);
        let here = self.cursor.at;
        let found = if by > 0 {
            (here + 1..self.shown.len()).find(differs)
        } else {
            (0..here).rev().find(differs)
        };
        if let Some(line) = found {
            self.cursor.at = line;
        }
    }

    /// Shows only what differs, or everything again.
    pub fn toggle(&mut self) {
        let selected = self.shown.get(self.cursor.at).copied();
        self.only_differences = !self.only_differences;
        let rows = self.rows.iter().enumerate();
        let shown = rows.filter(|(_, row)| row.differs() || !self.only_differences);
        self.shown = shown.map(|(at, _)| at).collect();
        let at = selected.map_or(0, |selected| {
            self.shown.partition_point(|known| *known < selected)
        });
        self.cursor.select(at, self.shown.len());
    }

    /// As text: ` ` the same, `-` only left, `+` only right; what changed is both.
    pub fn as_text(&self) -> String {
        let [left, right] = &self.titles;
        let rows = self.shown.iter().filter_map(|at| self.rows.get(*at));
        let lines = rows.map(|row| match row {
            Row::Same(line) => format!(" {line}\n"),
            Row::Left(line) => format!("-{line}\n"),
            Row::Right(line) => format!("+{line}\n"),
            Row::Changed(old, new) => format!("-{old}\n+{new}\n"),
        });
        let head = format!("--- {left}\n+++ {right}\n");
        std::iter::once(head).chain(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(title: &str, lines: &[&str]) -> Side {
        Side {
            title: title.to_owned(),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        }
    }

    #[test]
    fn differences_follow_each_other() {
        let mut compare = Compare::new([
            side("a", &["v=0", "m=audio 9", "a=mid:0", "a=sendonly"]),
            side("b", &["v=0", "m=audio 0", "a=mid:0", "a=recvonly", "a=x"]),
        ]);
        assert_eq!((compare.differences(), compare.cursor.at), (4, 1));
        compare.next_difference(1);
        let first = compare.cursor.at;
        compare.next_difference(1);
        compare.next_difference(-1);
        assert_eq!(compare.cursor.at, first);
        compare.toggle();
        assert_eq!(compare.shown.len(), 4);
        assert!(
            compare
                .as_text()
                .starts_with("--- a\n+++ b\n-m=audio 9\n+m=audio 0\n")
        );
        compare.toggle();
        assert_eq!(compare.cursor.at, first);
    }

    #[test]
    fn two_of_the_same_differ_nowhere() {
        let compare = Compare::new([side("a", &["x"]), side("b", &["x"])]);
        assert_eq!((compare.differences(), compare.cursor.at), (0, 0));
        let empty = Compare::new([side("a", &[]), side("b", &[])]);
        assert!(empty.row(0).is_none());
    }
}
