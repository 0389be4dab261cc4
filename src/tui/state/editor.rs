//! The line at the bottom that a filter or a command is typed into: with what could stand at the cursor, and what is wrong.

use std::ops::Range;

use tui_input::Input;
use tui_input::InputRequest;

use crate::filter::catalogue::Field;
use crate::filter::complete::complete;
use crate::filter::error::FilterError;
use crate::filter::help::holds;
use crate::filter::rows::RowKind;
use crate::tui::action::Action;
use crate::tui::command::COMMANDS;
use crate::tui::keymap::BINDINGS;
use crate::tui::keymap::Scope;
use crate::tui::state::bookmarks::Bookmark;
use crate::tui::state::filter::Filter;

/// A filter or a command being typed.
#[derive(Debug)]
pub struct Editor {
    /// What it is for.
    pub purpose: Purpose,
    /// The screen whose list is filtered.
    scope: Scope,
    /// The rows of the list that is filtered: their fields are offered first.
    pub rows: RowKind,
    /// What was typed.
    pub input: Input,
    /// What could stand at the cursor, best first.
    pub proposals: Vec<Proposal>,
    /// The proposal that stands there.
    pub chosen: Option<usize>,
    /// What is wrong with it, when that is known.
    pub error: Option<Mistake>,
    /// First line of the help shown; `None` when it is not open.
    pub help: Option<usize>,
    /// The bytes that a proposal replaces.
    replace: Range<usize>,
    /// Which of the earlier filters is shown, and what was typed before.
    earlier: Option<(usize, String)>,
}

/// What is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A filter of the list shown.
    Filter,
    /// A command; with the bookmarks that there are.
    Command(Vec<Bookmark>),
}

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Which bytes of the text are meant.
    pub span: Range<usize>,
    /// What is wrong there, and what to do.
    pub text: String,
}

impl From<FilterError> for Mistake {
    fn from(error: FilterError) -> Self {
        Self {
            text: error.to_string(),
            span: error.span,
        }
    }
}

/// Something that could stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The text.
    pub text: String,
    /// What it holds, for a field: `number`, `ms`.
    pub holds: String,
    /// What it means.
    pub meaning: String,
}

impl Editor {
    /// A filter; begins with `text`.
    pub fn new(scope: Scope, text: &str) -> Self {
        Self::of(Purpose::Filter, scope, text)
    }

    /// Begins with `text`.
    pub fn of(purpose: Purpose, scope: Scope, text: &str) -> Self {
        let mut editor = Self {
            purpose,
            scope,
            rows: scope.rows(),
            input: Input::new(text.to_owned()),
            proposals: Vec::new(),
            chosen: None,
            error: None,
            help: None,
            replace: 0..0,
            earlier: None,
        };
        editor.typed();
        editor
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Does what the user does to the text.
    pub fn handle(&mut self, request: InputRequest) {
        let full = self.text().chars().count() >= TEXT_MAX;
        if full && matches!(request, InputRequest::InsertChar(_)) {
            return;
        }
        self.input.handle(request);
        self.earlier = None;
        self.typed();
    }

    /// Puts the next proposal in the place of the word at the cursor, or the one before; the only one stays, and a space follows.
    pub fn propose(&mut self, by: isize) {
        let count = self.proposals.len();
        let next = match self.chosen {
            None if by > 0 => 0,
            None => count.saturating_sub(1),
            Some(at) => {
                let by = by.rem_euclid(count.max(1).cast_signed()).unsigned_abs();
                (at + by) % count.max(1)
            }
        };
        let Some(proposal) = self.proposals.get(next) else {
            return;
        };
        let mut text = self.text().to_owned();
        let only = if count == 1 { " " } else { "" };
        let inserted = format!("{}{only}", proposal.text);
        if text.get(self.replace.clone()).is_none() {
            return;
        }
        text.replace_range(self.replace.clone(), &inserted);
        let end = self.replace.start + inserted.len();
        let cursor = text.get(..end).map_or(0, |before| before.chars().count());
        self.input = Input::new(text).with_cursor(cursor);
        self.error = None;
        if count == 1 {
            self.typed();
        } else {
            self.replace.end = end;
            self.chosen = Some(next);
        }
    }

    /// Shows an earlier filter, or for -1 a later one; behind the latest comes what was typed before.
    pub fn recall(&mut self, history: &[String], by: isize) {
        let (at, draft) = match self.earlier.take() {
            Some((at, draft)) => (Some(at), draft),
            None => (None, self.text().to_owned()),
        };
        // Counted from the latest.
        let next = match at {
            None => (by > 0).then_some(0),
            Some(at) => at.checked_add_signed(by),
        };
        let last = history.len().checked_sub(1);
        let next = next.zip(last).map(|(next, last)| next.min(last));
        let text = next.and_then(|next| history.iter().rev().nth(next));
        self.input = Input::new(text.unwrap_or(&draft).clone());
        self.earlier = next.map(|next| (next, draft));
        self.typed();
    }

    /// Takes what is wrong with it.
    pub fn complain(&mut self, error: Mistake) {
        self.error = Some(error);
    }

    /// What follows from a change of the text.
    fn typed(&mut self) {
        let text = self.input.value().to_owned();
        let cursor = text
            .char_indices()
            .nth(self.input.cursor())
            .map_or(text.len(), |(at, _)| at);
        let filter = match &self.purpose {
            Purpose::Filter => Some(0),
            Purpose::Command(_) => text.strip_prefix(FILTER).map(|_| FILTER.len()),
        };
        self.chosen = None;
        self.error = None;
        if let Some(from) = filter.filter(|from| *from <= cursor) {
            let typed = text.get(from..).unwrap_or_default();
            (self.replace, self.proposals) = fields(self.rows, typed, cursor - from);
            self.replace = self.replace.start + from..self.replace.end + from;
            // Who is still typing a word need not be told that it is none.
            let wrong = Filter::new(typed, self.scope).err();
            let wrong = wrong.filter(|wrong| wrong.span.end < typed.trim_end().len());
            self.error = wrong.map(|wrong| Mistake::within(from, wrong));
        } else if let Purpose::Command(bookmarks) = &self.purpose {
            (self.replace, self.proposals) = commands(&text, cursor, bookmarks);
        }
    }
}

impl Mistake {
    /// In a part of the text that begins at byte `from`.
    pub fn within(from: usize, error: FilterError) -> Self {
        let mistake = Self::from(error);
        Self {
            span: mistake.span.start + from..mistake.span.end + from,
            ..mistake
        }
    }
}

/// What could stand in a filter, and the bytes to replace.
fn fields(rows: RowKind, text: &str, cursor: usize) -> (Range<usize>, Vec<Proposal>) {
    let completion = complete(Some(rows), text, cursor);
    let typed = text.get(completion.replace.clone()).unwrap_or_default();
    let typed = typed.to_lowercase();
    let mut proposals: Vec<Proposal> = completion
        .candidates
        .iter()
        .map(|it| Proposal {
            text: it.text.to_owned(),
            holds: Field::find(it.text).map_or("", holds).to_owned(),
            meaning: it.meaning.to_owned(),
        })
        .collect();
    let own = format!("{}.", rows.word());
    proposals.sort_by_key(|it| {
        let begins = it.text.to_lowercase().starts_with(&typed);
        (!begins, !it.text.starts_with(&own))
    });
    // What is there in full needs no proposal.
    if proposals.len() == 1 && proposals.iter().all(|it| it.text == typed) {
        proposals.clear();
    }
    (completion.replace, proposals)
}

/// What could stand in a command line: its name, or a bookmark.
fn commands(text: &str, cursor: usize, bookmarks: &[Bookmark]) -> (Range<usize>, Vec<Proposal>) {
    let before = text.get(..cursor).unwrap_or(text);
    if let Some(typed) = before.strip_prefix(BOOKMARKS) {
        let listed = (1..).zip(bookmarks).map(|(number, it)| Proposal {
            text: number.to_string(),
            holds: it
                .frame
                .map_or_else(String::new, |frame| format!("frame {frame}")),
            meaning: it.words.clone(),
        });
        let listed = listed.filter(|it| it.text.starts_with(typed.trim()));
        return (BOOKMARKS.len()..cursor, listed.collect());
    }
    if before.contains(char::is_whitespace) {
        return (cursor..cursor, Vec::new());
    }
    let own = COMMANDS.iter().map(|it| Proposal {
        text: it.name.to_owned(),
        holds: it.takes.to_owned(),
        meaning: it.meaning.to_owned(),
    });
    let known = |name: &str| COMMANDS.iter().any(|it| it.name == name);
    let actions = Action::NAMED.iter().filter(|(name, _)| !known(name));
    let words = |action| BINDINGS.iter().find(|row| row.action == action);
    let actions = actions.map(|(name, action)| Proposal {
        text: (*name).to_owned(),
        holds: String::new(),
        meaning: words(*action).map_or("", |row| row.words).to_owned(),
    });
    let all = own.chain(actions);
    let fitting = all.filter(|it| it.text.starts_with(before) && it.text != before);
    (0..cursor, fitting.collect())
}

/// Behind this, a command line is a filter.
pub const FILTER: &str = "filter ";
/// Behind this, the number of a bookmark.
pub const BOOKMARKS: &str = "bookmarks ";
/// Longest filter, characters.
const TEXT_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Editor {
        let mut editor = Editor::new(Scope::Calls, "");
        for c in text.chars() {
            editor.handle(InputRequest::InsertChar(c));
        }
        editor
    }

    #[test]
    fn the_fields_of_the_list_are_offered_first() {
        let editor = Editor::new(Scope::Media, "");
        assert!(editor.proposals[0].text.starts_with("stream."));
        let editor = typed("");
        assert!(editor.proposals[0].text.starts_with("call."));
    }

    #[test]
    fn the_only_proposal_is_taken_and_the_next_word_can_follow() {
        let mut editor = typed("call.outc");
        editor.propose(1);
        assert_eq!(editor.text(), "call.outcome ");
        assert_eq!(editor.proposals[0].text, "==");
    }

    #[test]
    fn proposals_follow_each_other_in_place() {
        let mut editor = typed("call.outcome == ");
        for expected in ["ok", "degraded", "failed", "unknown", "ok"] {
            editor.propose(1);
            assert_eq!(editor.text(), format!("call.outcome == {expected}"));
        }
        editor.propose(-1);
        assert_eq!(editor.text(), "call.outcome == unknown");
    }

    #[test]
    fn a_proposal_in_the_middle_keeps_what_follows() {
        let mut editor = typed("call.outc or é");
        for _ in 0.." or é".chars().count() {
            editor.handle(InputRequest::GoToPrevChar);
        }
        editor.propose(1);
        assert_eq!(editor.text(), "call.outcome  or é");
    }

    #[test]
    fn a_mistake_is_told_once_the_word_is_over() {
        assert_eq!(typed("call.outcom").error, None);
        let error = typed("call.outcom == ok").error.unwrap();
        assert_eq!(error.span, 0..11);
    }

    #[test]
    fn earlier_filters_come_back_and_what_was_typed_too() {
        let history = ["first".to_owned(), "second".to_owned()];
        let mut editor = typed("draft");
        for (by, expected) in [
            (1, "second"),
            (1, "first"),
            (1, "first"),
            (-1, "second"),
            (-1, "draft"),
            (-1, "draft"),
        ] {
            editor.recall(&history, by);
            assert_eq!(editor.text(), expected);
        }
    }

    #[test]
    fn a_command_is_completed_and_behind_filter_so_is_a_filter() {
        let mut editor = Editor::of(Purpose::Command(Vec::new()), Scope::Media, "fil");
        let texts: Vec<&str> = editor.proposals.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(texts, ["filter", "filter-before"]);
        editor.propose(1);
        assert_eq!(editor.text(), "filter");
        let mut editor = Editor::of(
            Purpose::Command(Vec::new()),
            Scope::Media,
            "filter packetslo",
        );
        editor.propose(1);
        assert_eq!(editor.text(), "filter stream.packetsLost ");
        let editor = Editor::of(
            Purpose::Command(Vec::new()),
            Scope::Media,
            "filter strm.x == 1",
        );
        assert_eq!(editor.error.unwrap().span, 7..13);
    }

    #[test]
    fn a_line_has_an_end() {
        let editor = typed(&"é".repeat(TEXT_MAX + 50));
        assert_eq!(editor.text().chars().count(), TEXT_MAX);
    }
}
