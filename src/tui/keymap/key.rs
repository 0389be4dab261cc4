//! A key: from the terminal, as it stands on the keyboard, and as it is written in the configuration.

use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;

/// A key, with or without Ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub code: KeyCode,
    /// Is Ctrl held?
    pub ctrl: bool,
}

impl Key {
    /// The key that was pressed.
    pub const fn of(event: KeyEvent) -> Self {
        Self {
            code: match event.code {
                // Terminals tell Shift-Tab in two ways.
                KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
                code => code,
            },
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        }
    }

    /// As it stands on the keyboard.
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::F(number) => format!("F{number}"),
            code => {
                let mut named = NAMED.iter().filter(|(_, known)| *known == code);
                named
                    .next()
                    .map_or_else(|| "?".to_owned(), |(name, _)| (*name).to_owned())
            }
        };
        if self.ctrl {
            format!("Ctrl-{name}")
        } else {
            name
        }
    }

    /// As it is written in the configuration: [`Key::name`], and arrows in words.
    pub fn word(self) -> String {
        self.name()
            .replace('↑', "Up")
            .replace('↓', "Down")
            .replace('←', "Left")
            .replace('→', "Right")
    }

    /// From what is written in the configuration: `x`, `Enter`, `F5`, `Ctrl-x`.
    pub fn parse(word: &str) -> Option<Self> {
        let (ctrl, name) = match word.strip_prefix("Ctrl-") {
            Some(name) => (true, name),
            None => (false, word),
        };
        let mut characters = name.chars();
        let code = match (characters.next(), characters.next()) {
            (Some(only), None) if !only.is_control() => KeyCode::Char(only),
            _ => {
                let function = name.strip_prefix('F').and_then(|it| it.parse().ok());
                let named = || {
                    let mut named = NAMED.iter().filter(|(known, _)| *known == name);
                    named.next().map(|(_, code)| *code)
                };
                let function = function.filter(|number| (1..=24).contains(number));
                function.map(KeyCode::F).or_else(named)?
            }
        };
        Some(Self { code, ctrl })
    }
}

/// Keys that have names.
pub const NAMED: &[(&str, KeyCode)] = &[
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Insert", KeyCode::Insert),
    ("Del", KeyCode::Delete),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::BINDINGS;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for key in BINDINGS.iter().flat_map(|row| row.keys.iter()) {
            assert_eq!(Key::parse(&key.word()), Some(*key), "{}", key.name());
        }
        for word in ["", "xy", "F0", "F99", "Ctrl-", "Hyper-x", "\u{1b}"] {
            assert_eq!(Key::parse(word), None, "{word}");
        }
    }
}
