//! How rows of the table of keys are written.

use std::borrow::Cow;

use ratatui::crossterm::event::KeyCode;

use crate::tui::action::Action;
use crate::tui::keymap::Binding;
use crate::tui::keymap::Key;
use crate::tui::keymap::Scope;

pub(super) const ENTER: &[Key] = &[named(KeyCode::Enter)];
pub(super) const LEFT: &[Key] = &[named(KeyCode::Left), key('h')];
pub(super) const RIGHT: &[Key] = &[named(KeyCode::Right), key('l')];
pub(super) const FILTER: &[Key] = &[key('/')];
pub(super) const COPY: &[Key] = &[key('y')];
pub(super) const MARK: &[Key] = &[key(' ')];

pub(super) const fn key(c: char) -> Key {
    Key {
        code: KeyCode::Char(c),
        ctrl: false,
    }
}

pub(super) const fn ctrl(c: char) -> Key {
    Key {
        code: KeyCode::Char(c),
        ctrl: true,
    }
}

pub(super) const fn named(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

pub(super) const fn row(
    keys: &'static [Key],
    action: Action,
    scopes: &'static [Scope],
    words: &'static str,
) -> Binding {
    Binding {
        keys: Cow::Borrowed(keys),
        action,
        scopes,
        words,
        footer: None,
    }
}

impl Binding {
    /// The same row, in the footer too.
    pub(super) const fn at(mut self, place: u8, short: &'static str) -> Self {
        self.footer = Some((place, short));
        self
    }
}
