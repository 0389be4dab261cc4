//! Where a list stands: the selected line, and the first one shown.

/// Selection and scroll of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The selected line.
    pub at: usize,
    /// The first line shown.
    pub top: usize,
}

impl Cursor {
    /// Moves the selection by `lines`, staying within `length` lines.
    pub fn step(&mut self, lines: isize, length: usize) {
        self.at = self
            .at
            .saturating_add_signed(lines)
            .min(length.saturating_sub(1));
    }

    /// Selects a line.
    pub fn select(&mut self, at: usize, length: usize) {
        self.at = at.min(length.saturating_sub(1));
    }

    /// Scrolls as little as needed to show the selection among `length` lines, `height` at a time.
    pub fn show(&mut self, length: usize, height: usize) {
        self.at = self.at.min(length.saturating_sub(1));
        let height = height.max(1);
        if self.at < self.top {
            self.top = self.at;
        } else if self.at >= self.top.saturating_add(height) {
            self.top = self.at + 1 - height;
        }
        self.top = self.top.min(length.saturating_sub(height));
    }

    /// The lines shown.
    pub fn visible(&self, length: usize, height: usize) -> std::ops::Range<usize> {
        let top = self.top.min(length);
        top..top.saturating_add(height).min(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_stays_in_sight() {
        let mut cursor = Cursor::default();
        cursor.step(25, 100);
        cursor.show(100, 10);
        assert_eq!((cursor.at, cursor.top), (25, 16));
        cursor.step(-20, 100);
        cursor.show(100, 10);
        assert_eq!((cursor.at, cursor.top), (5, 5));
    }

    #[test]
    fn a_list_that_shrank_takes_the_cursor_along() {
        let mut cursor = Cursor { at: 90, top: 85 };
        cursor.show(3, 10);
        assert_eq!((cursor.at, cursor.top), (2, 0));
        cursor.show(0, 10);
        assert_eq!((cursor.at, cursor.visible(0, 10)), (0, 0..0));
    }
}
