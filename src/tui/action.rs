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
    /// Type a command.
    Command,
    /// Remember the selection, or forget it.
    Bookmark,
    /// List what is remembered.
    Bookmarks,
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
    /// Half the time of the lanes and charts, around the cursor.
    ZoomIn,
    /// Twice the time.
    ZoomOut,
    /// All of the call's time.
    ZoomAll,
    /// What was before the stretch shown.
    Earlier,
    /// What came after it.
    Later,
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
    /// Hold the view of a capture that runs, or let it go on.
    Pause,
    /// Back to this instant in a capture that runs.
    Now,
    /// Ask for another capture filter.
    CaptureFilter,
    /// Show or hide the keys.
    Help,
    /// Leave the program, wherever we are.
    Quit,
    /// Stop the program, and go back to the shell for a while.
    Suspend,
    /// Next theme.
    NextTheme,
    /// Mask addresses and names, or show them again.
    Private,
    /// Ask for a name for the selected address.
    Name,
    /// Choose the columns of the list of calls.
    Columns,
    /// Compare two marked messages.
    Compare,
    /// Read the files again.
    Reload,
    /// Ask for another file.
    Open,
    /// Ask for a key log.
    KeyLog,
}

impl Action {
    /// The action of a name in the configuration.
    pub fn of(word: &str) -> Option<Self> {
        let mut named = Self::NAMED.iter();
        named
            .find(|(known, _)| *known == word)
            .map(|(_, action)| *action)
    }

    /// Its name in the configuration.
    pub fn word(self) -> &'static str {
        let mut named = Self::NAMED.iter();
        named
            .find(|(_, action)| *action == self)
            .map_or("?", |(word, _)| word)
    }

    /// The names of all actions.
    pub const NAMED: &[(&str, Self)] = &[
        ("up", Self::Up),
        ("down", Self::Down),
        ("left", Self::Left),
        ("right", Self::Right),
        ("page-up", Self::PageUp),
        ("page-down", Self::PageDown),
        ("first", Self::Home),
        ("last", Self::End),
        ("open", Self::Enter),
        ("back", Self::Back),
        ("next-pane", Self::NextPane),
        ("previous-pane", Self::PreviousPane),
        ("calls", Self::Page(1)),
        ("packets", Self::Page(2)),
        ("findings", Self::Page(3)),
        ("http", Self::Page(4)),
        ("flows", Self::Page(5)),
        ("turn", Self::Page(6)),
        ("learn", Self::Page(7)),
        ("call-timeline", Self::Tab(Tab::Timeline)),
        ("call-ladder", Self::Tab(Tab::Ladder)),
        ("call-offer-answer", Self::Tab(Tab::OfferAnswer)),
        ("call-ice", Self::Tab(Tab::Ice)),
        ("call-dtls", Self::Tab(Tab::Dtls)),
        ("call-turn", Self::Tab(Tab::Turn)),
        ("call-media", Self::Tab(Tab::Media)),
        ("call-data", Self::Tab(Tab::Data)),
        ("call-findings", Self::Tab(Tab::Findings)),
        ("call-packets", Self::Tab(Tab::Packets)),
        ("filter", Self::Filter),
        ("filter-before", Self::FilterBefore),
        ("no-filter", Self::NoFilter),
        ("next-hit", Self::NextHit),
        ("previous-hit", Self::PreviousHit),
        ("next-finding", Self::NextFinding),
        ("previous-finding", Self::PreviousFinding),
        ("mark", Self::Mark),
        ("times", Self::TimeMode),
        ("copy", Self::Copy),
        ("copy-all", Self::CopyAll),
        ("copy-screen", Self::CopyScreen),
        ("save", Self::Save),
        ("go-to", Self::GoTo),
        ("command", Self::Command),
        ("bookmark", Self::Bookmark),
        ("bookmarks", Self::Bookmarks),
        ("fold", Self::Fold),
        ("pause", Self::Pause),
        ("now", Self::Now),
        ("capture-filter", Self::CaptureFilter),
        ("description-text", Self::Face),
        ("previous-round", Self::PreviousRound),
        ("next-round", Self::NextRound),
        ("worst-second", Self::Worst),
        ("zoom-in", Self::ZoomIn),
        ("zoom-out", Self::ZoomOut),
        ("zoom-all", Self::ZoomAll),
        ("earlier", Self::Earlier),
        ("later", Self::Later),
        ("next-sort", Self::NextSort),
        ("previous-sort", Self::PreviousSort),
        ("reverse-sort", Self::ReverseSort),
        ("help", Self::Help),
        ("quit", Self::Quit),
        #[cfg(unix)]
        ("suspend", Self::Suspend),
        ("next-theme", Self::NextTheme),
        ("private", Self::Private),
        ("name", Self::Name),
        ("columns", Self::Columns),
        ("compare", Self::Compare),
        ("reload", Self::Reload),
        ("open-file", Self::Open),
        ("key-log", Self::KeyLog),
    ];
}

/// What the mouse does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointer {
    /// A click on a cell: column, row.
    Click(u16, u16),
    /// The pointer moved to a cell with the button down: column, row.
    Drag(u16, u16),
    /// The button was let go over a cell: column, row.
    Release(u16, u16),
    /// The wheel over a cell: column, row, lines down (negative: up).
    Wheel(u16, u16, i16),
}
