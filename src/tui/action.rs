//! What a user can do. Keys and clicks become actions; [`crate::tui::update`] says what they change.

use crate::tui::state::call::Tab;

/// Something that the user wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// One to the left: previous tab, fold, previous byte.
    Left,
    /// One to the right: next tab, unfold, next byte.
    Right,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// To the first line.
    Home,
    /// To the last line.
    End,
    /// Into what is selected.
    Enter,
    /// Out again; on the top level, quit.
    Back,
    /// To the next pane.
    NextPane,
    /// To the pane before.
    PreviousPane,
    /// To the page with this number, from 1.
    Page(u8),
    /// Type a filter.
    Filter,
    /// Take back the last change of the filter.
    FilterBefore,
    /// Take the filter away.
    NoFilter,
    /// To the next finding.
    NextFinding,
    /// To the finding before.
    PreviousFinding,
    /// To the next hit of the filter.
    NextHit,
    /// To the hit before.
    PreviousHit,
    /// Mark or unmark the selected frames.
    Mark,
    /// Next way of showing times.
    TimeMode,
    /// Copy what is selected to the clipboard.
    Copy,
    /// Ask where to save the marked frames, or the call when none is marked.
    Save,
    /// Ask for a frame number or an instant to go to.
    GoTo,
    /// Fold or unfold idle stretches.
    Fold,
    /// To a tab of the open call; in the list of calls, of the selected one.
    Tab(Tab),
    /// Next way of showing descriptions: aligned, the offer's text, the answer's.
    Face,
    /// To the round of offer and answer before.
    PreviousRound,
    /// To the next round.
    NextRound,
    /// To the worst second of the call's media.
    Worst,
    /// Sort by the next column.
    NextSort,
    /// Sort by the column before.
    PreviousSort,
    /// Turn the order round.
    ReverseSort,
    /// Copy the screen as text.
    CopyScreen,
    /// Copy all of what is shown: a whole description.
    CopyAll,
    /// Show or hide the keys.
    Help,
    /// Leave the program, wherever we are.
    Quit,
}

/// What the mouse does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointer {
    /// A click on a cell: column, row.
    Click(u16, u16),
    /// The wheel over a cell: column, row, lines down (negative: up).
    Wheel(u16, u16, i16),
}
