//! Two marked messages compared.

use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;

use crate::timeline::ladder::Subject;
use crate::tui::compare::Compare;
use crate::tui::compare::sides::of_row;
use crate::tui::effect::Effect;
use crate::tui::keymap::Scope;
use crate::tui::screens;
use crate::tui::screens::compare::height;
use crate::tui::state::State;
use crate::tui::state::packets::Packets;
use crate::vocab::ids::FrameNumber;

/// Compares the first two that are marked; with one, compares that and the selected one.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    state.help = None;
    match state.scope() {
        Scope::Timeline | Scope::Ladder => rows(state),
        _ => return frames(state),
    }
    Vec::new()
}

fn rows(state: &mut State) {
    let Some(call) = &state.call else {
        return;
    };
    let is_marked = |at: &usize| {
        let row = call.rows.get(*at);
        // What was concluded from a message has its frames, and is none.
        let row = row.filter(|row| row.subject != Subject::Connection);
        row.is_some_and(|row| row.frames.iter().any(|frame| state.marks.contains(frame)))
    };
    let mut chosen: Vec<usize> = (0..call.rows.len()).filter(is_marked).take(2).collect();
    if let ([only], Some(selected)) = (chosen.as_slice(), call.selected_row())
        && *only != selected
    {
        chosen.push(selected);
        chosen.sort_unstable();
    }
    let sides = |at: usize| call.rows.get(at).map(|row| of_row(state, call, row));
    if let [one, other] = chosen.as_slice()
        && let Some(sides) = sides(*one).zip(sides(*other))
    {
        state.compare = Some(Compare::new(sides.into()));
    } else {
        state.complain(MARK_TWO);
    }
}

fn frames(state: &mut State) -> Vec<Effect> {
    let selected = state.packets_shown().and_then(Packets::selected);
    let mut chosen: Vec<FrameNumber> = state.marks.iter().copied().take(2).collect();
    if let ([only], Some(selected)) = (chosen.as_slice(), selected)
        && *only != selected
    {
        chosen.push(selected);
        chosen.sort_unstable();
    }
    if let [one, other] = chosen.as_slice() {
        return vec![Effect::Compare([*one, *other])];
    }
    state.complain(MARK_TWO);
    Vec::new()
}

/// Takes a key while two are compared.
pub(super) fn key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let rows = height(screens::areas(state).body);
    let Some(compare) = &mut state.compare else {
        return Vec::new();
    };
    let length = compare.shown.len();
    let screen = isize::try_from(rows.saturating_sub(1)).unwrap_or(1);
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => compare.cursor.step(-1, length),
        KeyCode::Down | KeyCode::Char('j') => compare.cursor.step(1, length),
        KeyCode::PageUp => compare.cursor.step(-screen, length),
        KeyCode::PageDown => compare.cursor.step(screen, length),
        KeyCode::Home => compare.cursor.select(0, length),
        KeyCode::End | KeyCode::Char('G') => compare.cursor.select(usize::MAX, length),
        KeyCode::Char('n' | ']') => compare.next_difference(1),
        KeyCode::Char('N' | 'P' | '[') => compare.next_difference(-1),
        KeyCode::Char('f') => compare.toggle(),
        KeyCode::Char('y') => return vec![Effect::Copy(compare.as_text())],
        KeyCode::Char('Y') => return vec![Effect::Copy(screens::as_text(state))],
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '=') => state.compare = None,
        _ => {}
    }
    Vec::new()
}

const MARK_TWO: &str = "mark two messages first: Space marks, = compares";
