//! The table of keys.

use ratatui::crossterm::event::KeyCode;

use crate::tui::action::Action;
use crate::tui::keymap::Binding;
use crate::tui::keymap::Scope;
use crate::tui::keymap::places::FINDINGS;
use crate::tui::keymap::places::FRAMES;
use crate::tui::keymap::places::NEAR_CALL;
use crate::tui::keymap::places::OVER_TIME;
use crate::tui::keymap::places::PACKETS;
use crate::tui::keymap::places::PANES;
use crate::tui::keymap::places::SORTED;
use crate::tui::keymap::places::TABS;
use crate::tui::keymap::row::COPY;
use crate::tui::keymap::row::ENTER;
use crate::tui::keymap::row::FILTER;
use crate::tui::keymap::row::LEFT;
use crate::tui::keymap::row::MARK;
use crate::tui::keymap::row::RIGHT;
use crate::tui::keymap::row::ctrl;
use crate::tui::keymap::row::key;
use crate::tui::keymap::row::named;
use crate::tui::keymap::row::row;
use crate::tui::state::call::Tab;

/// The table.
pub const BINDINGS: &[Binding] = &[
    row(ENTER, Action::Enter, &[Scope::Calls], "open the call").at(1, "open"),
    row(ENTER, Action::Enter, TABS, "show its packets").at(1, "packets"),
    row(
        ENTER,
        Action::Enter,
        PACKETS,
        "decode, open or close a field",
    )
    .at(1, "decode"),
    row(
        ENTER,
        Action::Enter,
        FINDINGS,
        "show the evidence's frame; of a verdict, the call",
    )
    .at(1, "open"),
    row(LEFT, Action::Left, TABS, "tab before"),
    row(RIGHT, Action::Right, TABS, "next tab").at(2, "next tab"),
    row(LEFT, Action::Left, &[Scope::CallFindings], "tab before"),
    row(RIGHT, Action::Right, &[Scope::CallFindings], "next tab"),
    row(
        LEFT,
        Action::Left,
        &[Scope::CallPackets],
        "tab before, close a field, byte before",
    ),
    row(
        RIGHT,
        Action::Right,
        &[Scope::CallPackets],
        "next tab, open a field, next byte",
    ),
    row(
        LEFT,
        Action::Left,
        &[Scope::Packets],
        "close a field, byte before",
    ),
    row(
        RIGHT,
        Action::Right,
        &[Scope::Packets],
        "open a field, next byte",
    ),
    row(
        ENTER,
        Action::Enter,
        &[Scope::Media],
        "the stream's packets; from a chart, the second's",
    )
    .at(1, "packets"),
    row(
        LEFT,
        Action::Left,
        &[Scope::Media],
        "tab before; in the charts, the second before",
    ),
    row(
        RIGHT,
        Action::Right,
        &[Scope::Media],
        "next tab; in the charts, the next second",
    )
    .at(2, "next"),
    row(
        &[key('w')],
        Action::Worst,
        &[Scope::Media],
        "the worst second of all streams",
    )
    .at(4, "worst second"),
    row(ENTER, Action::Enter, &[Scope::Http], "show its packets").at(1, "packets"),
    row(
        ENTER,
        Action::Enter,
        &[Scope::Flows],
        "show its packets, and no others",
    )
    .at(1, "packets"),
    row(
        ENTER,
        Action::Enter,
        &[Scope::Allocations],
        "its conversation's packets, from the deciding one",
    )
    .at(1, "packets"),
    row(
        &[key('u')],
        Action::Tab(Tab::Turn),
        &[Scope::Allocations],
        "the call that it belongs to",
    )
    .at(2, "its call"),
    row(
        &[key('>')],
        Action::NextSort,
        SORTED,
        "sort by the next column",
    )
    .at(5, "sort"),
    row(
        &[key('<')],
        Action::PreviousSort,
        SORTED,
        "sort by the column before",
    ),
    row(
        &[key('r')],
        Action::ReverseSort,
        SORTED,
        "turn the order round",
    ),
    row(
        &[key('r')],
        Action::Face,
        &[Scope::OfferAnswer],
        "the offer's text, the answer's text, both aligned",
    )
    .at(3, "text"),
    row(
        &[key('<')],
        Action::PreviousRound,
        &[Scope::OfferAnswer],
        "the round of offer and answer before",
    ),
    row(
        &[key('>')],
        Action::NextRound,
        &[Scope::OfferAnswer],
        "the next round of offer and answer",
    )
    .at(4, "next round"),
    row(
        &[key('c')],
        Action::CopyAll,
        &[Scope::OfferAnswer],
        "copy the whole description shown, else the answer",
    ),
    row(
        &[key('f')],
        Action::Fold,
        &[Scope::Timeline, Scope::Ladder],
        "fold or unfold idle stretches",
    )
    .at(5, "fold"),
    row(
        &[key('+')],
        Action::ZoomIn,
        &[Scope::Timeline],
        "closer, around the cursor; or draw with the mouse",
    )
    .at(3, "closer"),
    row(
        &[key('0')],
        Action::ZoomAll,
        &[Scope::Timeline],
        "all of the call again; Esc, too",
    )
    .at(3, "all"),
    row(
        &[key('+')],
        Action::ZoomIn,
        &[Scope::Calls],
        "closer to the call below; or draw with the mouse",
    ),
    row(
        &[key('+')],
        Action::ZoomIn,
        &[Scope::Media],
        "closer to the marked second; or draw with the mouse",
    ),
    row(
        &[key('0')],
        Action::ZoomAll,
        &[Scope::Calls, Scope::Media],
        "all of the call again; Esc, too",
    ),
    row(&[key('-')], Action::ZoomOut, OVER_TIME, "twice the time"),
    row(
        &[key('(')],
        Action::Earlier,
        OVER_TIME,
        "half a stretch earlier",
    ),
    row(
        &[key(')')],
        Action::Later,
        OVER_TIME,
        "half a stretch later",
    ),
    row(&[named(KeyCode::Tab)], Action::NextPane, PANES, "next pane").at(3, "pane"),
    row(
        &[named(KeyCode::BackTab)],
        Action::PreviousPane,
        PANES,
        "pane before",
    ),
    row(
        FILTER,
        Action::Filter,
        &[],
        "filter, by fields or words; F1 there explains",
    )
    .at(4, "filter"),
    row(
        &[named(KeyCode::Backspace)],
        Action::FilterBefore,
        &[],
        "the filter before",
    ),
    row(
        &[named(KeyCode::Delete)],
        Action::NoFilter,
        &[],
        "take the filter away",
    ),
    row(
        &[key('n')],
        Action::NextHit,
        &[],
        "next row that passes the filter",
    ),
    row(&[key('P')], Action::PreviousHit, &[], "the one before"),
    row(MARK, Action::Mark, FRAMES, "mark or unmark its frames"),
    row(COPY, Action::Copy, FINDINGS, "copy it, for a ticket").at(5, "copy"),
    row(
        COPY,
        Action::Copy,
        &[
            Scope::Calls,
            Scope::Timeline,
            Scope::Ladder,
            Scope::OfferAnswer,
            Scope::Ice,
            Scope::Dtls,
            Scope::Turn,
            Scope::Media,
            Scope::Data,
            Scope::CallPackets,
            Scope::Packets,
            Scope::Http,
            Scope::Flows,
            Scope::Allocations,
        ],
        "copy the selected line",
    ),
    row(
        &[key('T')],
        Action::Tab(Tab::Timeline),
        NEAR_CALL,
        "the call's timeline",
    ),
    row(
        &[key('L')],
        Action::Tab(Tab::Ladder),
        NEAR_CALL,
        "the call's ladder",
    ),
    row(
        &[key('o')],
        Action::Tab(Tab::OfferAnswer),
        NEAR_CALL,
        "the call's offer and answer",
    ),
    row(
        &[key('i')],
        Action::Tab(Tab::Ice),
        NEAR_CALL,
        "the call's candidates and pairs",
    ),
    row(
        &[key('d')],
        Action::Tab(Tab::Dtls),
        NEAR_CALL,
        "the call's DTLS handshakes",
    ),
    row(
        &[key('u')],
        Action::Tab(Tab::Turn),
        NEAR_CALL,
        "the call's TURN allocations",
    ),
    row(
        &[key('m')],
        Action::Tab(Tab::Media),
        NEAR_CALL,
        "the call's media streams",
    ),
    row(
        &[key('D')],
        Action::Tab(Tab::Data),
        NEAR_CALL,
        "the call's data channels",
    ),
    row(
        &[key('e')],
        Action::Tab(Tab::Findings),
        NEAR_CALL,
        "the call's findings",
    ),
    row(
        &[key('p')],
        Action::Tab(Tab::Packets),
        NEAR_CALL,
        "the call's packets",
    ),
    row(&[named(KeyCode::Up), key('k')], Action::Up, &[], "up"),
    row(&[named(KeyCode::Down), key('j')], Action::Down, &[], "down"),
    row(
        &[named(KeyCode::PageUp), ctrl('b')],
        Action::PageUp,
        &[],
        "a screen up",
    ),
    row(
        &[named(KeyCode::PageDown), ctrl('f')],
        Action::PageDown,
        &[],
        "a screen down",
    ),
    row(&[named(KeyCode::Home)], Action::Home, &[], "first line"),
    row(
        &[named(KeyCode::End), key('G')],
        Action::End,
        &[],
        "last line",
    ),
    row(
        &[named(KeyCode::Esc), key('q')],
        Action::Back,
        &[],
        "back; quit from the top",
    )
    .at(7, "back"),
    row(&[key('1')], Action::Page(1), &[], "Calls"),
    row(&[key('2')], Action::Page(2), &[], "Packets"),
    row(&[key('3')], Action::Page(3), &[], "Findings"),
    row(&[key('4')], Action::Page(4), &[], "HTTP"),
    row(&[key('5')], Action::Page(5), &[], "Flows"),
    row(&[key('6')], Action::Page(6), &[], "TURN"),
    row(&[key('7')], Action::Page(7), &[], "Learn"),
    row(&[key(']')], Action::NextFinding, &[], "next finding").at(8, "finding"),
    row(&[key('[')], Action::PreviousFinding, &[], "finding before"),
    row(
        &[key('t')],
        Action::TimeMode,
        &[],
        "times: since start, since previous, clock",
    )
    .at(9, "times"),
    row(
        &[key('g')],
        Action::GoTo,
        &[],
        "go to a frame or an instant",
    )
    .at(6, "go to"),
    row(
        &[key(':')],
        Action::Command,
        &[],
        "type a command; F1 there lists them",
    ),
    row(
        &[key('b')],
        Action::Bookmark,
        &[],
        "remember this place; again: forget it",
    ),
    row(
        &[key('B')],
        Action::Bookmarks,
        &[],
        "go to a place that is remembered",
    ),
    row(
        &[key('s')],
        Action::Save,
        &[],
        "save the marked frames, else the call, as pcapng",
    ),
    row(
        &[key('Y')],
        Action::CopyScreen,
        &[],
        "copy the screen as text",
    ),
    row(
        &[key('N')],
        Action::Name,
        &[],
        "name the selected address; the name is kept",
    ),
    row(
        &[key('C')],
        Action::Columns,
        &[Scope::Calls],
        "choose the columns",
    ),
    row(
        &[key('X')],
        Action::Private,
        &[],
        "mask addresses and names, or show them again",
    ),
    row(
        &[key('=')],
        Action::Compare,
        &[
            Scope::Timeline,
            Scope::Ladder,
            Scope::CallPackets,
            Scope::Packets,
        ],
        "compare two marked messages",
    ),
    row(
        &[key('K')],
        Action::KeyLog,
        &[],
        "add a key log, and read with it",
    ),
    row(&[key('O')], Action::Open, &[], "open another capture"),
    row(&[key('R')], Action::Reload, &[], "read the files again"),
    row(&[ctrl('t')], Action::NextTheme, &[], "next theme"),
    row(
        &[key('H')],
        Action::Pause,
        &[],
        "live: hold the view, go on",
    ),
    row(&[key('.')], Action::Now, &[], "live: back to now"),
    row(
        &[key('F')],
        Action::CaptureFilter,
        &[],
        "live: change the capture filter",
    ),
    row(&[key('?')], Action::Help, &[], "these keys").at(2, "help"),
    #[cfg(unix)]
    row(
        &[ctrl('z')],
        Action::Suspend,
        &[],
        "back to the shell; its fg comes back here",
    ),
    row(&[ctrl('c')], Action::Quit, &[], "quit"),
];
