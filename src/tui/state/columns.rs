//! Columns of the list of calls, and choosing them.

use crate::tui::state::cursor::Cursor;

/// A column of the list of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallColumn {
    /// How it came out.
    Outcome,
    /// When it began.
    Start,
    /// How long it lasted.
    Length,
    /// Who and whom.
    Who,
    /// The selected pair.
    Path,
    /// What each side sent.
    Media,
    /// What its signaling speaks.
    Signaling,
    /// How long it took from its first sign to the first media.
    Setup,
    /// Packets lost of all expected, over all streams.
    Loss,
    /// How many findings concern it.
    Findings,
}

impl CallColumn {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Outcome,
        Self::Start,
        Self::Length,
        Self::Who,
        Self::Path,
        Self::Media,
        Self::Signaling,
        Self::Setup,
        Self::Loss,
        Self::Findings,
    ];
    /// Those shown when nothing else was chosen.
    pub const SHOWN: [Self; 6] = [
        Self::Outcome,
        Self::Start,
        Self::Length,
        Self::Who,
        Self::Path,
        Self::Media,
    ];

    /// As it is written in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Start => "start",
            Self::Length => "length",
            Self::Who => "who",
            Self::Path => "path",
            Self::Media => "media",
            Self::Signaling => "signaling",
            Self::Setup => "setup",
            Self::Loss => "loss",
            Self::Findings => "findings",
        }
    }

    /// The column of this name.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.word() == word)
    }

    /// What it shows, in a few words.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Outcome => "how it came out",
            Self::Start => "when it began",
            Self::Length => "how long it lasted",
            Self::Who => "who and whom",
            Self::Path => "the selected pair",
            Self::Media => "what each side sent",
            Self::Signaling => "what its signaling speaks",
            Self::Setup => "first sign to first media",
            Self::Loss => "packets lost, all streams",
            Self::Findings => "how many findings",
        }
    }
}

/// The columns while they are chosen.
#[derive(Debug, Clone)]
pub struct Chooser {
    /// All columns in order, and whether they are shown.
    pub columns: Vec<(CallColumn, bool)>,
    /// Selection among them.
    pub cursor: Cursor,
}

impl Chooser {
    /// Begins with the columns shown; those not shown follow.
    pub fn new(shown: &[CallColumn]) -> Self {
        let rest = CallColumn::ALL.into_iter();
        let rest = rest.filter(|column| !shown.contains(column));
        let columns = shown.iter().map(|column| (*column, true));
        Self {
            columns: columns.chain(rest.map(|column| (column, false))).collect(),
            cursor: Cursor::default(),
        }
    }

    /// Shows the selected column, or hides it; the last one shown stays.
    pub fn toggle(&mut self) {
        let shown = self.columns.iter().filter(|(_, shown)| *shown).count();
        if let Some((_, chosen)) = self.columns.get_mut(self.cursor.at)
            && (shown > 1 || !*chosen)
        {
            *chosen = !*chosen;
        }
    }

    /// Moves the selected column `by` places.
    pub fn shift(&mut self, by: isize) {
        let from = self.cursor.at;
        self.cursor.step(by, self.columns.len());
        if from < self.columns.len() {
            self.columns.swap(from, self.cursor.at);
        }
    }

    /// The columns that are to be shown.
    pub fn chosen(&self) -> Vec<CallColumn> {
        let columns = self.columns.iter();
        columns
            .filter(|(_, shown)| *shown)
            .map(|(column, _)| *column)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_chosen_and_moved() {
        let mut chooser = Chooser::new(&[CallColumn::Who, CallColumn::Media]);
        chooser.shift(1);
        assert_eq!(chooser.chosen(), [CallColumn::Media, CallColumn::Who]);
        chooser.toggle();
        assert_eq!(chooser.chosen(), [CallColumn::Media]);
        chooser.cursor.at = 0;
        chooser.toggle();
        assert_eq!(chooser.chosen(), [CallColumn::Media], "one stays");
        chooser.cursor.select(99, chooser.columns.len());
        chooser.toggle();
        assert_eq!(chooser.chosen().len(), 2);
    }

    #[test]
    fn every_column_has_a_name_of_its_own() {
        for column in CallColumn::ALL {
            assert_eq!(CallColumn::of(column.word()), Some(column));
        }
    }
}
