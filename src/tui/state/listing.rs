//! Where a list with a detail pane stands: selection, filter, order.

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
    /// Words that rows must have, where the list can be filtered.
    pub filter: Filter,
    /// The order, where it can be chosen.
    pub sort: Sort,
    /// Positions of the rows shown, in order; unused by lists that show all there is.
    pub shown: Vec<usize>,
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

impl Listing {
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
