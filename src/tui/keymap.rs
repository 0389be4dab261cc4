//! Keys to actions: one table, from which the footer and the help screen are made.

use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;

use crate::tui::action::Action;
use crate::tui::state::call::Tab;

/// Where keys are pressed. The same key may mean different things in different places, never two in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The list of calls.
    Calls,
    /// A call's timeline.
    Timeline,
    /// A call's ladder.
    Ladder,
    /// A call's offers and answers.
    OfferAnswer,
    /// A call's candidate pairs.
    Ice,
    /// A call's DTLS associations.
    Dtls,
    /// A call's TURN allocations.
    Turn,
    /// Packets of a call.
    CallPackets,
    /// Packets of the capture.
    Packets,
    /// The findings.
    Findings,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Calls,
        Self::Timeline,
        Self::Ladder,
        Self::OfferAnswer,
        Self::Ice,
        Self::Dtls,
        Self::Turn,
        Self::CallPackets,
        Self::Packets,
        Self::Findings,
    ];

    /// Heading in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Calls => "Calls",
            Self::Timeline => "Timeline",
            Self::Ladder => "Ladder",
            Self::OfferAnswer => "Offer/Answer",
            Self::Ice => "ICE",
            Self::Dtls => "DTLS",
            Self::Turn => "TURN",
            Self::CallPackets => "Packets of the call",
            Self::Packets => "Packets",
            Self::Findings => "Findings",
        }
    }
}

/// A key, with or without Ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub code: KeyCode,
    /// Is Ctrl held?
    pub ctrl: bool,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Any of these keys.
    pub keys: &'static [Key],
    /// What they ask for.
    pub action: Action,
    /// Where; empty: everywhere.
    pub scopes: &'static [Scope],
    /// What it does, in a few words.
    pub words: &'static str,
    /// Place in the footer (the smallest first) and what it says there; `None`: not there.
    pub footer: Option<(u8, &'static str)>,
}

/// The action of a key in `scope`. What is bound there goes before what is bound everywhere.
pub fn action(scope: Scope, event: KeyEvent) -> Option<Action> {
    let pressed = Key {
        code: match event.code {
            // Terminals tell Shift-Tab in two ways.
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        },
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
    };
    let bound = |wanted: fn(&Binding, Scope) -> bool| {
        let mut rows = BINDINGS.iter().filter(|row| wanted(row, scope));
        rows.find(|row| row.keys.contains(&pressed))
            .map(|row| row.action)
    };
    bound(|row, scope| row.scopes.contains(&scope))
        .or_else(|| bound(|row, _| row.scopes.is_empty()))
}

/// The rows of `scope`, its own first.
pub fn rows(scope: Scope) -> impl Iterator<Item = &'static Binding> {
    let own = BINDINGS
        .iter()
        .filter(move |row| row.scopes.contains(&scope));
    own.chain(general())
}

/// The rows that hold everywhere.
pub fn general() -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(|row| row.scopes.is_empty())
}

/// The rows that the footer of `scope` shows, the most useful first.
pub fn footer(scope: Scope) -> Vec<&'static Binding> {
    let mut shown: Vec<&Binding> = rows(scope).filter(|row| row.footer.is_some()).collect();
    shown.sort_by_key(|row| row.footer.map(|(place, _)| place));
    shown.truncate(FOOTER_KEYS);
    shown
}

impl Binding {
    /// `Enter`, `↑ k`.
    pub fn key_names(&self) -> String {
        let names: Vec<String> = self.keys.iter().map(|key| key.name()).collect();
        names.join(" ")
    }

    /// The first key's name: enough for the footer.
    pub fn key_name(&self) -> String {
        self.keys.first().map(|key| key.name()).unwrap_or_default()
    }
}

impl Key {
    /// As it stands on the keyboard.
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::Home => "Home".to_owned(),
            KeyCode::End => "End".to_owned(),
            KeyCode::Enter => "Enter".to_owned(),
            KeyCode::Esc => "Esc".to_owned(),
            KeyCode::Tab => "Tab".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) => c.to_string(),
            _ => "?".to_owned(),
        };
        if self.ctrl {
            format!("Ctrl-{name}")
        } else {
            name
        }
    }
}

const fn key(c: char) -> Key {
    Key {
        code: KeyCode::Char(c),
        ctrl: false,
    }
}

const fn ctrl(c: char) -> Key {
    Key {
        code: KeyCode::Char(c),
        ctrl: true,
    }
}

const fn named(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

const fn row(
    keys: &'static [Key],
    action: Action,
    scopes: &'static [Scope],
    words: &'static str,
) -> Binding {
    Binding {
        keys,
        action,
        scopes,
        words,
        footer: None,
    }
}

impl Binding {
    /// The same row, in the footer too.
    const fn at(mut self, place: u8, short: &'static str) -> Self {
        self.footer = Some((place, short));
        self
    }
}

/// Keys that the footer has room for.
pub const FOOTER_KEYS: usize = 5;

const ENTER: &[Key] = &[named(KeyCode::Enter)];
const LEFT: &[Key] = &[named(KeyCode::Left), key('h')];
const RIGHT: &[Key] = &[named(KeyCode::Right), key('l')];
const FILTER: &[Key] = &[key('/')];
const COPY: &[Key] = &[key('y')];
const MARK: &[Key] = &[key(' ')];

/// Screens that have a list to filter.
const LISTS: &[Scope] = &[
    Scope::Calls,
    Scope::Timeline,
    Scope::Ladder,
    Scope::CallPackets,
    Scope::Packets,
    Scope::Findings,
];
/// Screens whose selection stands for frames.
const FRAMES: &[Scope] = &[
    Scope::Timeline,
    Scope::Ladder,
    Scope::OfferAnswer,
    Scope::Ice,
    Scope::Dtls,
    Scope::Turn,
    Scope::CallPackets,
    Scope::Packets,
    Scope::Findings,
];
/// The tabs of a call that are not Packets.
const TABS: &[Scope] = &[
    Scope::Timeline,
    Scope::Ladder,
    Scope::OfferAnswer,
    Scope::Ice,
    Scope::Dtls,
    Scope::Turn,
];
/// Screens from which a call's tabs are one key away.
const NEAR_CALL: &[Scope] = &[
    Scope::Calls,
    Scope::Timeline,
    Scope::Ladder,
    Scope::OfferAnswer,
    Scope::Ice,
    Scope::Dtls,
    Scope::Turn,
    Scope::CallPackets,
];
/// Packets, of the capture or of a call.
const PACKETS: &[Scope] = &[Scope::CallPackets, Scope::Packets];
/// Screens with more than one pane.
const PANES: &[Scope] = &[
    Scope::Ladder,
    Scope::OfferAnswer,
    Scope::Dtls,
    Scope::Turn,
    Scope::CallPackets,
    Scope::Packets,
    Scope::Findings,
];

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
        &[Scope::Findings],
        "show the evidence's frame",
    )
    .at(1, "frame"),
    row(LEFT, Action::Left, TABS, "tab before"),
    row(RIGHT, Action::Right, TABS, "next tab").at(2, "next tab"),
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
        &[key('Y')],
        Action::CopyAll,
        &[Scope::OfferAnswer],
        "copy the whole description: the one shown, else the answer",
    ),
    row(
        &[key('f')],
        Action::Fold,
        &[Scope::Timeline, Scope::Ladder],
        "fold or unfold idle stretches",
    )
    .at(5, "fold"),
    row(&[key('g')], Action::GoTo, PACKETS, "go to a frame number").at(4, "go to"),
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
        LISTS,
        "filter by words; where nothing is hidden, search",
    )
    .at(4, "filter"),
    row(
        &[key('n')],
        Action::NextHit,
        LISTS,
        "next hit of the filter",
    ),
    row(&[key('N')], Action::PreviousHit, LISTS, "hit before"),
    row(MARK, Action::Mark, FRAMES, "mark or unmark its frames"),
    row(
        COPY,
        Action::Copy,
        &[Scope::Findings],
        "copy it, for a ticket",
    )
    .at(5, "copy"),
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
            Scope::CallPackets,
            Scope::Packets,
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
        &[key('s')],
        Action::Save,
        &[],
        "save marked frames as pcapng",
    ),
    row(&[key('?')], Action::Help, &[], "these keys").at(2, "help"),
    row(&[ctrl('c')], Action::Quit, &[], "quit"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn press(scope: Scope, key: Key) -> Option<Action> {
        let modifiers = if key.ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        action(scope, KeyEvent::new(key.code, modifiers))
    }

    #[test]
    fn every_row_is_reachable_by_each_of_its_keys() {
        for row in BINDINGS {
            let scopes = if row.scopes.is_empty() {
                &Scope::ALL[..]
            } else {
                row.scopes
            };
            for (&scope, &key) in scopes
                .iter()
                .flat_map(|scope| row.keys.iter().map(move |key| (scope, key)))
            {
                assert_eq!(
                    press(scope, key),
                    Some(row.action),
                    "{} in {scope:?}",
                    key.name()
                );
            }
        }
    }

    #[test]
    fn every_action_has_a_key() {
        use Action as A;
        let all = [
            A::Up,
            A::Down,
            A::Left,
            A::Right,
            A::PageUp,
            A::PageDown,
            A::Home,
            A::End,
            A::Enter,
            A::Back,
            A::NextPane,
            A::PreviousPane,
            A::Page(1),
            A::Page(2),
            A::Page(3),
            A::Filter,
            A::NextFinding,
            A::PreviousFinding,
            A::NextHit,
            A::PreviousHit,
            A::Mark,
            A::TimeMode,
            A::Copy,
            A::Save,
            A::GoTo,
            A::Fold,
            A::Tab(Tab::Timeline),
            A::Tab(Tab::Ladder),
            A::Tab(Tab::OfferAnswer),
            A::Tab(Tab::Ice),
            A::Tab(Tab::Dtls),
            A::Tab(Tab::Turn),
            A::Tab(Tab::Packets),
            A::Face,
            A::PreviousRound,
            A::NextRound,
            A::CopyAll,
            A::Help,
            A::Quit,
        ];
        for action in all {
            assert!(
                BINDINGS.iter().any(|row| row.action == action),
                "{action:?}"
            );
        }
        for row in BINDINGS {
            assert!(
                all.contains(&row.action),
                "{:?} is missing in this test",
                row.action
            );
        }
    }

    #[test]
    fn footers_have_five_keys_with_distinct_names() {
        for scope in Scope::ALL {
            let names: Vec<String> = footer(scope).iter().map(|row| row.key_name()).collect();
            assert_eq!(names.len(), FOOTER_KEYS, "{scope:?}: {names:?}");
            assert!(names.contains(&"?".to_owned()), "{scope:?}: {names:?}");
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_scope() {
        for scope in Scope::ALL {
            let own: Vec<&Key> = BINDINGS
                .iter()
                .filter(|row| row.scopes.contains(&scope))
                .flat_map(|row| row.keys)
                .collect();
            for (at, key) in own.iter().enumerate() {
                assert!(
                    !own[at + 1..].contains(key),
                    "{} twice in {scope:?}",
                    key.name()
                );
            }
        }
    }
}
