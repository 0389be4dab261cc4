//! Questions to the user and their answers.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;
use tui_input::Input;
use tui_input::InputRequest;

use crate::tui::effect::Effect;
use crate::tui::keymap::Scope;
use crate::tui::state::Prompt;
use crate::tui::state::PromptKind;
use crate::tui::state::State;
use crate::tui::state::filter::Filter;
use crate::tui::update::travel;
use crate::vocab::ids::FrameNumber;

/// Asks for words to filter by.
pub(super) fn filter(state: &mut State) {
    let known = match state.scope() {
        Scope::Calls => state.calls.filter.text(),
        Scope::Findings => state.findings.filter.text(),
        Scope::CallPackets | Scope::Packets => state
            .packets_shown()
            .map_or("", |packets| packets.filter.text()),
        _ => state.call.as_ref().map_or("", |call| call.filter.text()),
    };
    let known = known.to_owned();
    ask(state, PromptKind::Filter, known);
}

/// Asks for a frame number.
pub(super) fn go_to(state: &mut State) {
    ask(state, PromptKind::GoTo, String::new());
}

/// Asks where to save the marked frames.
pub(super) fn save(state: &mut State) {
    if state.marks.is_empty() {
        state.complain("nothing is marked: Space marks the selected frames");
        return;
    }
    ask(state, PromptKind::Save, "marked.pcapng".to_owned());
}

fn ask(state: &mut State, kind: PromptKind, known: String) {
    state.help = None;
    state.prompt = Some(Prompt {
        kind,
        input: Input::new(known),
    });
}

/// Takes a key while a question is open.
pub(super) fn type_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let request = match key.code {
        KeyCode::Esc => {
            state.prompt = None;
            return Vec::new();
        }
        KeyCode::Enter => {
            return state
                .prompt
                .take()
                .map(|prompt| answer(state, &prompt))
                .unwrap_or_default();
        }
        KeyCode::Char('c') if ctrl => {
            state.prompt = None;
            return Vec::new();
        }
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
        KeyCode::Char(c) if !ctrl => InputRequest::InsertChar(c),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return Vec::new(),
    };
    if let Some(prompt) = &mut state.prompt
        && (prompt.input.value().chars().count() < ANSWER_MAX
            || !matches!(request, InputRequest::InsertChar(_)))
    {
        prompt.input.handle(request);
    }
    Vec::new()
}

fn answer(state: &mut State, prompt: &Prompt) -> Vec<Effect> {
    let text = prompt.input.value().trim();
    match prompt.kind {
        PromptKind::Filter => apply_filter(state, text),
        PromptKind::GoTo => match frame(state, text) {
            Some(frame) => {
                if let Some(packets) = state.packets_shown_mut() {
                    packets.select(frame);
                }
            }
            None => state.complain(format!(
                "{} is no frame of this capture",
                crate::tui::text::shown(text)
            )),
        },
        PromptKind::Save => {
            if !text.is_empty() {
                return vec![Effect::Save {
                    path: PathBuf::from(text),
                    frames: state.marks.iter().copied().collect(),
                }];
            }
        }
    }
    Vec::new()
}

fn apply_filter(state: &mut State, text: &str) {
    let filter = Filter::new(text);
    let analysis = Arc::clone(&state.analysis);
    match state.scope() {
        Scope::Calls => {
            state.calls.filter = filter;
            state.calls.apply_filter(&analysis);
        }
        Scope::Findings => {
            state.findings.filter = filter;
            state.findings.apply_filter(&analysis);
        }
        Scope::CallPackets | Scope::Packets => {
            if let Some(packets) = state.packets_shown_mut() {
                packets.wanted = packets.selected();
                packets.filter = filter;
                packets.matches = None;
                if let Some(frame) = packets.wanted.filter(|_| !packets.needs_scan()) {
                    packets.select(frame);
                }
            }
        }
        _ => {
            if let Some(call) = &mut state.call {
                call.filter = filter;
            }
            if !text.is_empty() {
                travel::hit(state, 1);
            }
        }
    }
}

/// `17`, or `2:17` for frame 17 of the second file.
fn frame(state: &State, text: &str) -> Option<FrameNumber> {
    let (file, number) = text.split_once([':', '#']).unwrap_or(("1", text));
    let file = file.trim().parse::<u16>().ok()?.checked_sub(1)?;
    let number = number.trim().parse::<u64>().ok()?;
    let total = *state.packets.totals.get(usize::from(file))?;
    (1..=total)
        .contains(&number)
        .then(|| FrameNumber::new(file, number))
}

/// Longest answer, characters.
const ANSWER_MAX: usize = 300;
