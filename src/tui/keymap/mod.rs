//! Keys to actions: one table ([`bindings`]), which the user may change, and from which the footer and the help screen are made.

use std::borrow::Cow;

use ratatui::crossterm::event::KeyEvent;

use crate::filter::rows::RowKind;
use crate::tui::action::Action;
use crate::tui::state::call::Tab;

mod bindings;
pub mod key;
mod places;
mod row;

pub use crate::tui::keymap::bindings::BINDINGS;
pub use crate::tui::keymap::key::Key;
pub use crate::tui::keymap::places::OVER_TIME;

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
    /// A call's media streams.
    Media,
    /// A call's data channels.
    Data,
    /// Findings of a call.
    CallFindings,
    /// Packets of a call.
    CallPackets,
    /// Packets of the capture.
    Packets,
    /// The findings.
    Findings,
    /// HTTP exchanges.
    Http,
    /// Conversations.
    Flows,
    /// TURN allocations of the capture.
    Allocations,
    /// Lessons.
    Learn,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Calls,
        Self::Timeline,
        Self::Ladder,
        Self::OfferAnswer,
        Self::Ice,
        Self::Dtls,
        Self::Turn,
        Self::Media,
        Self::Data,
        Self::CallFindings,
        Self::CallPackets,
        Self::Packets,
        Self::Findings,
        Self::Http,
        Self::Flows,
        Self::Allocations,
        Self::Learn,
    ];

    /// What its list has, as the report calls it: the fields of these rows a filter of it is most about.
    pub const fn rows(self) -> RowKind {
        match self {
            Self::Calls | Self::Learn => RowKind::Call,
            Self::Timeline
            | Self::Ladder
            | Self::OfferAnswer
            | Self::CallPackets
            | Self::Packets => RowKind::Packet,
            Self::Ice => RowKind::Pair,
            Self::Dtls => RowKind::Dtls,
            Self::Data => RowKind::Channel,
            Self::Turn | Self::Allocations => RowKind::Turn,
            Self::Media => RowKind::Stream,
            Self::CallFindings | Self::Findings => RowKind::Finding,
            Self::Http => RowKind::Http,
            Self::Flows => RowKind::Flow,
        }
    }

    /// Do the lines of its list stand for packets, so that they can be asked what packets have?
    pub const fn has_packets(self) -> bool {
        matches!(
            self,
            Self::Timeline
                | Self::Ladder
                | Self::OfferAnswer
                | Self::Dtls
                | Self::Turn
                | Self::Data
                | Self::CallPackets
                | Self::Packets
        )
    }

    /// Does its filter hide nothing, but is searched for?
    pub const fn searches(self) -> bool {
        matches!(self, Self::Timeline | Self::Ladder)
    }

    /// Is it a tab of a call?
    pub const fn is_of_call(self) -> bool {
        !matches!(
            self,
            Self::Calls
                | Self::Packets
                | Self::Findings
                | Self::Http
                | Self::Flows
                | Self::Allocations
                | Self::Learn
        )
    }

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
            Self::Media => "Media",
            Self::Data => "Data channels",
            Self::CallFindings => "Findings of the call",
            Self::CallPackets => "Packets of the call",
            Self::Packets => "Packets",
            Self::Findings => "Findings",
            Self::Http => "HTTP",
            Self::Flows => "Flows",
            Self::Allocations => "TURN allocations",
            Self::Learn => "Learn",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Any of these keys.
    pub keys: Cow<'static, [Key]>,
    /// What they ask for.
    pub action: Action,
    /// Where; empty: everywhere.
    pub scopes: &'static [Scope],
    /// What it does, in a few words.
    pub words: &'static str,
    /// Place in the footer (the smallest first) and what it says there; `None`: not there.
    pub footer: Option<(u8, &'static str)>,
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

    /// Do both hold in some place?
    fn meets(&self, other: &Self) -> bool {
        let shared = |scope: &Scope| other.scopes.contains(scope);
        self.scopes.is_empty() == other.scopes.is_empty()
            && (self.scopes.is_empty() || self.scopes.iter().any(shared))
    }
}

/// The keys as they are: the table, with what the user changed in it.
#[derive(Debug, Clone)]
pub struct Keymap {
    rows: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self {
            rows: BINDINGS.to_vec(),
        }
    }
}

impl Keymap {
    /// The action of a key in `scope`. What is bound there goes before what is bound everywhere.
    pub fn action(&self, scope: Scope, event: KeyEvent) -> Option<Action> {
        let pressed = Key::of(event);
        let bound = |wanted: fn(&Binding, Scope) -> bool| {
            let mut rows = self.rows.iter().filter(|row| wanted(row, scope));
            rows.find(|row| row.keys.contains(&pressed))
                .map(|row| row.action)
        };
        bound(|row, scope| row.scopes.contains(&scope))
            .or_else(|| bound(|row, _| row.scopes.is_empty()))
    }

    /// The name of the first key that asks for something; empty when none does.
    pub fn key_of(&self, action: Action) -> String {
        let mut rows = self.rows.iter().filter(|row| row.action == action);
        rows.next().map(Binding::key_name).unwrap_or_default()
    }

    /// All rows.
    pub fn all(&self) -> &[Binding] {
        &self.rows
    }

    /// The rows of `scope`, its own first.
    pub fn rows(&self, scope: Scope) -> impl Iterator<Item = &Binding> {
        let own = self
            .rows
            .iter()
            .filter(move |row| row.scopes.contains(&scope));
        own.chain(self.general())
    }

    /// The rows that hold everywhere.
    pub fn general(&self) -> impl Iterator<Item = &Binding> {
        self.rows.iter().filter(|row| row.scopes.is_empty())
    }

    /// The rows that the footer of `scope` shows, the most useful first, without those that can do nothing there now.
    pub fn footer(&self, scope: Scope, is_useless: impl Fn(Action) -> bool) -> Vec<&Binding> {
        let shown = self.rows(scope);
        let shown = shown.filter(|row| row.footer.is_some() && !is_useless(row.action));
        let mut shown: Vec<&Binding> = shown.collect();
        shown.sort_by_key(|row| row.footer.map(|(place, _)| place));
        shown.truncate(FOOTER_KEYS);
        shown
    }

    /// Gives an action other keys, wherever it has any.
    pub fn bind(&mut self, action: Action, keys: &[Key]) {
        for row in self.rows.iter_mut().filter(|row| row.action == action) {
            row.keys = Cow::Owned(keys.to_vec());
        }
    }

    /// A key of an action that asks for something else in the same place, and for what.
    pub fn conflict(&self, action: Action) -> Option<(Key, Action)> {
        let own = self.rows.iter().filter(|row| row.action == action);
        let others = self.rows.iter().filter(|row| row.action != action);
        own.flat_map(|row| others.clone().map(move |other| (row, other)))
            .filter(|(row, other)| row.meets(other))
            .find_map(|(row, other)| {
                let taken = row.keys.iter().find(|key| other.keys.contains(*key));
                taken.map(|key| (*key, other.action))
            })
    }
}

/// Actions that need something in the list.
pub const NEED_ROWS: [Action; 11] = [
    Action::Enter,
    Action::NextPane,
    Action::Copy,
    Action::NextSort,
    Action::Face,
    Action::NextRound,
    Action::Worst,
    Action::Fold,
    Action::Tab(Tab::Turn),
    Action::GoTo,
    Action::TimeMode,
];
/// Keys that the footer has room for.
pub const FOOTER_KEYS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::KeyCode;
    use ratatui::crossterm::event::KeyModifiers;

    fn press(scope: Scope, key: Key) -> Option<Action> {
        let modifiers = if key.ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        Keymap::default().action(scope, KeyEvent::new(key.code, modifiers))
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
            A::Page(4),
            A::Page(5),
            A::Page(6),
            A::Page(7),
            A::NextSort,
            A::PreviousSort,
            A::ReverseSort,
            A::Filter,
            A::FilterBefore,
            A::NoFilter,
            A::NextFinding,
            A::PreviousFinding,
            A::NextHit,
            A::PreviousHit,
            A::Mark,
            A::TimeMode,
            A::Copy,
            A::Save,
            A::GoTo,
            A::Command,
            A::Bookmark,
            A::Bookmarks,
            A::Fold,
            A::Tab(Tab::Timeline),
            A::Tab(Tab::Ladder),
            A::Tab(Tab::OfferAnswer),
            A::Tab(Tab::Ice),
            A::Tab(Tab::Dtls),
            A::Tab(Tab::Turn),
            A::Tab(Tab::Media),
            A::Tab(Tab::Data),
            A::Worst,
            A::ZoomIn,
            A::ZoomOut,
            A::ZoomAll,
            A::Earlier,
            A::Later,
            A::Tab(Tab::Findings),
            A::CopyScreen,
            A::Tab(Tab::Packets),
            A::Face,
            A::PreviousRound,
            A::NextRound,
            A::CopyAll,
            A::Pause,
            A::Now,
            A::CaptureFilter,
            A::Help,
            A::Quit,
            #[cfg(unix)]
            A::Suspend,
            A::NextTheme,
            A::Private,
            A::Name,
            A::Columns,
            A::Compare,
            A::Reload,
            A::Open,
            A::KeyLog,
        ];
        for action in all {
            assert!(
                BINDINGS.iter().any(|row| row.action == action),
                "{action:?}"
            );
        }
        let mut words: Vec<&str> = all.iter().map(|action| action.word()).collect();
        assert!(
            words.iter().all(|word| Action::of(word).is_some()),
            "{words:?}"
        );
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), all.len());
        for row in BINDINGS {
            assert!(
                all.contains(&row.action),
                "{:?} is missing in this test",
                row.action
            );
        }
    }

    #[test]
    fn footers_have_five_keys_where_there_are_rows_and_always_the_help() {
        for scope in Scope::ALL {
            for empty in [false, true] {
                let keymap = Keymap::default();
                let useless = |action| {
                    let of_findings = action == Action::NextFinding;
                    let of_filters = action == Action::Filter;
                    empty && (NEED_ROWS.contains(&action) || of_findings || of_filters)
                };
                let shown = keymap.footer(scope, useless);
                let names: Vec<String> = shown.iter().map(|row| row.key_name()).collect();
                let full = names.len() == FOOTER_KEYS;
                assert!(full || empty, "{scope:?}: {names:?}");
                assert!(names.contains(&"?".to_owned()), "{scope:?}: {names:?}");
                assert!(!(empty && names.contains(&"Tab".to_owned())), "{scope:?}");
            }
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_scope() {
        for scope in Scope::ALL {
            let own: Vec<&Key> = BINDINGS
                .iter()
                .filter(|row| row.scopes.contains(&scope))
                .flat_map(|row| row.keys.iter())
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

    #[test]
    fn keys_can_be_changed_but_not_taken_from_others() {
        let mut keymap = Keymap::default();
        let f5 = [Key::parse("F5").unwrap()];
        keymap.bind(Action::Mark, &f5);
        assert_eq!(keymap.conflict(Action::Mark), None);
        let event = KeyEvent::new(KeyCode::F(5), KeyModifiers::NONE);
        assert_eq!(keymap.action(Scope::Packets, event), Some(Action::Mark));
        let space = KeyEvent::new(KeyCode::Char(' '), KeyModifiers::NONE);
        assert_eq!(keymap.action(Scope::Packets, space), None);
        let y = Key::parse("y").unwrap();
        keymap.bind(Action::Mark, &[y]);
        assert_eq!(keymap.conflict(Action::Mark), Some((y, Action::Copy)));
    }
}
