//! Typing a filter or a command, and taking a filter back.

use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;
use tui_input::InputRequest;

use crate::tui::effect::Effect;
use crate::tui::state::State;
use crate::tui::state::editor::Editor;
use crate::tui::state::editor::Purpose;
use crate::tui::state::filter::Filter;
use crate::tui::update::command;
use crate::tui::update::travel;
use crate::tui::widgets::editor::help_length;

/// Opens the line for the filter of the list shown.
pub(super) fn open(state: &mut State) {
    state.help = None;
    let known = state.filter_shown().text().to_owned();
    state.editor = Some(Editor::new(state.scope(), &known));
}

/// Opens the line for a command that begins with `text`.
pub(super) fn open_command(state: &mut State, text: &str) {
    state.help = None;
    let purpose = Purpose::Command(state.bookmarks.list.clone());
    state.editor = Some(Editor::of(purpose, state.scope(), text));
}

/// Gives the list shown the filter back that it had before.
pub(super) fn before(state: &mut State) {
    if !state.filter_before() {
        state.tell("this list had no other filter before");
    }
}

/// Takes the filter of the list shown away.
pub(super) fn away(state: &mut State) {
    state.change_filter(Filter::default());
}

/// Takes a key while a filter or a command is typed.
pub(super) fn key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let Some(editor) = &mut state.editor else {
        return Vec::new();
    };
    let history = match editor.purpose {
        Purpose::Filter => &state.filters.history,
        Purpose::Command(_) => &state.filters.commands,
    };
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    if let Some(top) = editor.help {
        editor.help = scrolled(top, key.code, help_length(editor));
        return Vec::new();
    }
    match key.code {
        KeyCode::Esc => state.editor = None,
        KeyCode::Char('c') if ctrl => state.editor = None,
        KeyCode::Enter => return enter(state),
        KeyCode::Tab => editor.propose(1),
        KeyCode::BackTab => editor.propose(-1),
        KeyCode::Up => editor.recall(history, 1),
        KeyCode::Down => editor.recall(history, -1),
        KeyCode::F(1) => editor.help = Some(0),
        // As a word of its own it would search for nothing useful; inside of text it is text.
        KeyCode::Char('?') if !ctrl && begins_a_word(editor) => editor.help = Some(0),
        code => {
            if let Some(request) = request(code, ctrl) {
                editor.handle(request);
            }
        }
    }
    Vec::new()
}

fn enter(state: &mut State) -> Vec<Effect> {
    let command = state
        .editor
        .as_ref()
        .filter(|it| it.purpose != Purpose::Filter);
    let Some(text) = command.map(|it| it.text().to_owned()) else {
        apply(state);
        return Vec::new();
    };
    let editor = state.editor.take();
    match command::run(state, &text) {
        Ok(effects) => {
            state.filters.remember_command(text.trim());
            effects
        }
        Err(mistake) => {
            state.editor = editor;
            if let Some(editor) = &mut state.editor {
                editor.complain(mistake);
            }
            Vec::new()
        }
    }
}

/// What a key does to a line of text.
pub(super) const fn request(code: KeyCode, ctrl: bool) -> Option<InputRequest> {
    Some(match code {
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
        KeyCode::Char('k') if ctrl => InputRequest::DeleteTillEnd,
        KeyCode::Char(c) if !ctrl => InputRequest::InsertChar(c),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if ctrl => InputRequest::GoToPrevWord,
        KeyCode::Right if ctrl => InputRequest::GoToNextWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

fn begins_a_word(editor: &Editor) -> bool {
    let before: String = editor.text().chars().take(editor.input.cursor()).collect();
    let in_text = before.matches('"').count() % 2 == 1;
    !in_text && before.chars().last().is_none_or(char::is_whitespace)
}

/// The first line of the help after a key; `None`: it is closed.
fn scrolled(top: usize, code: KeyCode, length: usize) -> Option<usize> {
    let by: isize = match code {
        KeyCode::Up => -1,
        KeyCode::Down => 1,
        KeyCode::PageUp => -HELP_PAGE,
        KeyCode::PageDown | KeyCode::Char(' ') => HELP_PAGE,
        KeyCode::Home => isize::MIN,
        KeyCode::End => isize::MAX,
        _ => return None,
    };
    Some(top.saturating_add_signed(by).min(length.saturating_sub(1)))
}

/// Filters by what was typed, when it is a filter of this list.
fn apply(state: &mut State) {
    let scope = state.scope();
    let Some(editor) = &mut state.editor else {
        return;
    };
    let text = editor.text().trim().to_owned();
    let checked = Filter::new(editor.text(), scope);
    match checked {
        Ok(filter) => {
            state.editor = None;
            state.filters.remember(&text);
            let nothing = filter.is_empty();
            state.change_filter(filter);
            if !nothing && scope.searches() {
                travel::hit(state, 1);
            }
        }
        Err(error) => editor.complain(error.into()),
    }
}

/// Lines of help that a page key goes.
const HELP_PAGE: isize = 10;
