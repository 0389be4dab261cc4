//! The mouse on the page of lessons: a click selects, answers or goes on, a second one on the same opens; the wheel scrolls.

use ratatui::layout::Position;

use crate::tui::action::Pointer;
use crate::tui::effect::Effect;
use crate::tui::screens;
use crate::tui::screens::learn::Target;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::update::learn;

/// Does what the mouse did on the page; `None` for what means there what it means everywhere.
pub(in crate::tui::update) fn point(state: &mut State, pointer: Pointer) -> Option<Vec<Effect>> {
    let covered = state.prompt.is_some()
        || state.chooser.is_some()
        || state.compare.is_some()
        || state.help.is_some();
    if state.page != Page::Learn || covered {
        return None;
    }
    let body = screens::areas(state).body;
    match pointer {
        Pointer::Click(x, y) if body.contains(Position::new(x, y)) => {
            state.notice = None;
            Some(click(state, Position::new(x, y)))
        }
        Pointer::Click(..) | Pointer::Drag(..) | Pointer::Release(..) => None,
        Pointer::Wheel(x, y, lines) => {
            wheel(state, Position::new(x, y), lines.into());
            Some(Vec::new())
        }
    }
}

fn wheel(state: &mut State, at: Position, lines: isize) {
    if let Some(top) = state.learn.terms {
        state.learn.terms = Some(top.saturating_add_signed(lines));
        return;
    }
    if state.learn.lesson().is_none() {
        let length = state.learn.lessons.len();
        state.learn.cursor.step(lines, length);
        return;
    }
    if let Some(under) = screens::learn::at(state, at) {
        state.learn.in_evidence = under == Target::Evidence;
    }
    learn::scroll(state, lines);
}

fn click(state: &mut State, at: Position) -> Vec<Effect> {
    if state.learn.terms.take().is_some() {
        return Vec::new();
    }
    let Some(target) = screens::learn::at(state, at) else {
        return Vec::new();
    };
    let again = state.learn.in_evidence;
    state.learn.in_evidence = target == Target::Evidence;
    match target {
        Target::Lesson(place) => {
            let again = state.learn.cursor.at == place;
            state.learn.cursor.at = place;
            if again {
                return learn::begin(state);
            }
        }
        Target::Choice(number) => {
            state.learn.typed = None;
            return learn::reply(state, number.to_string());
        }
        Target::Answer => learn::ask(state),
        Target::Next => return learn::step(state, 1),
        Target::Capture => return learn::other_capture(state),
        Target::Evidence if again => learn::open(state),
        Target::Evidence | Target::Prose => {}
    }
    Vec::new()
}
