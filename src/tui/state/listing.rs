//! Where a list with a detail pane stands: selection, filter, order.

use crate::tui::state::State;
use crate::tui::state::cursor::Cursor;
use crate::tui::state::filter::Filter;

/// A list and the pane that tells more of its selected row.
#[derive(Debug, Default)]
pub struct Listing {
    /// Selection.
    pub cursor: Cursor,
    /// Does the detail pane have the keys?
    pub in_detail: bool,
    /// First line of the detail shown.
    pub detail_top: usize,
    /// What rows have to pass.
    pub filter: Filter,
    /// The order, where it can be chosen.
    pub sort: Sort,
    /// Positions of the rows shown, in order.
    pub shown: Vec<usize>,
    /// What a long list waits for to be filtered.
    pub judging: Judging,
}

/// How far the filtering of a long list is.
#[derive(Debug, Default)]
pub enum Judging {
    /// All rows were judged.
    #[default]
    Done,
    /// It is to begin.
    Wanted,
    /// It goes on in the background.
    Running {
        /// Which one it is.
        number: u64,
        /// Positions of the rows that passed so far.
        passed: Vec<usize>,
    },
}

/// An order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort {
    /// Position among the keys that the list can be sorted by.
    pub key: usize,
    /// The largest first?
    pub descending: bool,
}

impl Sort {
    /// The other way round.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            descending: !self.descending,
            ..self
        }
    }

    /// The key `by` further on among `keys`, around the ends.
    #[must_use]
    pub const fn moved(self, by: isize, keys: usize) -> Self {
        let keys = if keys == 0 { 1 } else { keys };
        let by = by.rem_euclid(keys.cast_signed()).unsigned_abs();
        Self {
            key: (self.key + by) % keys,
            ..self
        }
    }
}

impl State {
    /// Is a long list being filtered?
    pub const fn is_judging(&self) -> bool {
        self.http.is_judging() || self.flows.is_judging() || self.allocations.is_judging()
    }
}

impl Listing {
    /// Takes which rows are shown; the selected one stays selected where it is still there, else the one nearest to it does.
    pub fn show_only(&mut self, shown: Vec<usize>) {
        let selected = self.selected();
        self.shown = shown;
        if let Some(selected) = selected {
            let line = self.shown.partition_point(|at| *at < selected);
            self.cursor.select(line, self.shown.len());
        }
    }

    /// Is it not yet known of every row whether it is shown?
    pub const fn is_judging(&self) -> bool {
        !matches!(self.judging, Judging::Done)
    }

    /// Position of the selected row.
    pub fn selected(&self) -> Option<usize> {
        self.shown.get(self.cursor.at).copied()
    }

    /// Moves the selection; the detail starts from its top again.
    pub fn step(&mut self, lines: isize, length: usize) {
        self.cursor.step(lines, length);
        self.detail_top = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_to_sort_by_go_around() {
        let sort = Sort::default();
        assert_eq!(sort.moved(-1, 5).key, 4);
        assert_eq!(sort.moved(-1, 5).moved(1, 5).key, 0);
        assert_eq!(sort.moved(1, 0).key, 0);
    }
}
