//! What the command line (`:`) can be told: one table, from which its completion and its help are made.
//!
//! The names of all actions, as the configuration has them, are commands too.

use crate::tui::action::Action;

/// A command.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What follows it; empty for nothing.
    pub takes: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// What is done.
    pub verb: Verb,
}

/// What commands do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Goes to a frame.
    Frame,
    /// Goes to an instant.
    Time,
    /// Filters the list shown.
    Filter,
    /// Saves the marked frames, else the call.
    Save,
    /// Remembers what is selected.
    Bookmark,
    /// Goes to what was remembered.
    Bookmarks,
}

/// The commands that take something.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "frame",
        takes: "17",
        meaning: "go to a frame; 2:17 in the second file",
        verb: Verb::Frame,
    },
    Command {
        name: "time",
        takes: "12.5s",
        meaning: "go to an instant: seconds from the start, or 09:06:49",
        verb: Verb::Time,
    },
    Command {
        name: "filter",
        takes: "EXPR",
        meaning: "filter the list shown; nothing takes the filter away",
        verb: Verb::Filter,
    },
    Command {
        name: "save",
        takes: "FILE",
        meaning: "save the marked frames, else the call, as pcapng",
        verb: Verb::Save,
    },
    Command {
        name: "bookmark",
        takes: "WORDS",
        meaning: "remember what is selected, by these words",
        verb: Verb::Bookmark,
    },
    Command {
        name: "bookmarks",
        takes: "1",
        meaning: "go to what was remembered",
        verb: Verb::Bookmarks,
    },
];

/// What a command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// A command of the table, and what follows it.
    Command(Verb, &'a str),
    /// What a key could do.
    Action(Action),
}

/// Reads a line; a number or a time alone is somewhere to go.
///
/// # Errors
///
/// There is no such command: a sentence that says so.
pub fn read(line: &str) -> Result<Asked<'_>, String> {
    let line = line.trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    if let Some(command) = COMMANDS.iter().find(|it| it.name == name) {
        return Ok(Asked::Command(command.verb, rest));
    }
    if let Some(action) = Action::of(name).filter(|_| rest.is_empty()) {
        return Ok(Asked::Action(action));
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) && rest.is_empty() {
        let verb = if name.bytes().all(|it| it.is_ascii_digit()) {
            Verb::Frame
        } else {
            Verb::Time
        };
        return Ok(Asked::Command(verb, name));
    }
    let name = crate::tui::text::shown(name);
    Err(format!(
        "no command is called `{name}`: Tab lists them, F1 explains"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_an_action_or_somewhere_to_go() {
        let checks = [
            ("frame 17", Asked::Command(Verb::Frame, "17")),
            ("  filter  a or b ", Asked::Command(Verb::Filter, "a or b")),
            ("17", Asked::Command(Verb::Frame, "17")),
            ("3.5", Asked::Command(Verb::Time, "3.5")),
            ("09:06:49", Asked::Command(Verb::Time, "09:06:49")),
            ("quit", Asked::Action(Action::Quit)),
        ];
        for (line, expected) in checks {
            assert_eq!(read(line), Ok(expected), "{line}");
        }
        assert!(read("qiut").unwrap_err().contains("`qiut`"));
        assert!(read("quit now").is_err());
    }

    #[test]
    fn no_command_is_called_like_an_action_that_takes_nothing() {
        for command in COMMANDS {
            let action = Action::of(command.name);
            let shared = ["filter", "save", "bookmark", "bookmarks"].contains(&command.name);
            assert_eq!(action.is_some(), shared, "{}", command.name);
        }
    }
}
