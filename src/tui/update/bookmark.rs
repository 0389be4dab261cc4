//! Places to come back to: remembered, listed, gone to.

use crate::tui::keymap::Scope;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::state::bookmarks::Bookmark;
use crate::tui::state::calls::Subject;
use crate::tui::text::shown;
use crate::tui::update::edit;
use crate::tui::update::jump;
use crate::tui::update::jump::Spot;
use crate::tui::update::open;
use crate::tui::update::pick;

/// Remembers what is selected by `words`, else by what it says; without words, forgets it when it was remembered.
pub(super) fn toggle(state: &mut State, words: &str) {
    let call = state.call.as_ref().filter(|_| state.page == Page::Calls);
    let call = call.map(|call| (call.id, call.tab));
    let frame = state.selected_frames().first().copied();
    let selected = match (state.scope(), state.calls.selected()) {
        (Scope::Calls, Some(row)) => Some(row.subject),
        _ => None,
    };
    let call = match selected {
        Some(Subject::Call(id)) => Some((id, crate::tui::state::call::Tab::Timeline)),
        _ => call,
    };
    if frame.is_none() && call.is_none() {
        state.complain("nothing is selected that could be found again");
        return;
    }
    let named = !words.is_empty();
    let words = if named {
        shown(words).into_owned()
    } else {
        pick::text(state).unwrap_or_default()
    };
    let place = Bookmark {
        page: state.page,
        call,
        frame,
        words,
    };
    let kept = state.bookmarks.toggle(place, named);
    state.tell(if kept {
        "remembered: B lists what is"
    } else {
        "forgotten"
    });
}

/// Lists what is remembered, to choose from.
pub(super) fn list(state: &mut State) {
    if state.bookmarks.list.is_empty() {
        state.complain("nothing is remembered: b remembers what is selected");
        return;
    }
    edit::open_command(state, crate::tui::state::editor::BOOKMARKS);
}

/// Goes to the place with this number.
///
/// # Errors
///
/// There is none: a sentence that says so.
pub(super) fn go(state: &mut State, number: &str) -> Result<(), String> {
    let at = number.parse::<usize>().ok();
    let at = at.and_then(|number| number.checked_sub(1));
    let Some(place) = at.and_then(|at| state.bookmarks.list.get(at)).cloned() else {
        return Err(match state.bookmarks.list.len() {
            0 => "nothing is remembered: b remembers what is selected".to_owned(),
            1 => "there is one: 1".to_owned(),
            many => format!("say which: 1 to {many}, Tab chooses"),
        });
    };
    state.help = None;
    if let Some((id, tab)) = place.call {
        if state.call.as_ref().is_none_or(|open| open.id != id) {
            open::call(state, id);
        }
        state.page = Page::Calls;
        open::tab(state, tab);
    } else {
        state.page = place.page;
    }
    let Some(frame) = place.frame else {
        return Ok(());
    };
    match state.scope() {
        Scope::Timeline | Scope::Ladder | Scope::CallPackets => {
            jump::go_to(state, Spot::Frame(frame));
        }
        _ => jump::show_frame(state, Some(frame)),
    }
    Ok(())
}
