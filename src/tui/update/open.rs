//! Into things and out again.

use std::sync::Arc;

use crate::timeline::fold::Fold;
use crate::tui::keymap::OVER_TIME;
use crate::tui::keymap::Scope;
use crate::tui::sheet;
use crate::tui::sheet::allocations::call_of;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::state::call::Tab;
use crate::tui::state::calls::Subject;
use crate::tui::state::findings::Item;
use crate::tui::state::packets::Pane;
use crate::tui::update::edit;
use crate::tui::update::jump::allocation;
use crate::tui::update::jump::flow;
use crate::tui::update::jump::media;
use crate::tui::update::jump::show_frame;
use crate::tui::update::jump::show_in_call;
use crate::tui::update::zoom;
use crate::vocab::ids::PeerConnectionId;

/// Into what is selected.
pub(super) fn enter(state: &mut State) {
    if state.help.is_some() {
        state.help = None;
        return;
    }
    let analysis = Arc::clone(&state.analysis);
    match state.scope() {
        Scope::Calls => match state.calls.selected().map(|row| row.subject) {
            Some(Subject::Call(id)) => call(state, id),
            Some(Subject::Dialogue(id)) => {
                let dialogue = analysis.scene.dialogues.get(id.index());
                let first = dialogue.and_then(|dialogue| dialogue.messages.first()?.frames.first());
                show_frame(state, first.copied());
            }
            None => {}
        },
        Scope::Media => media(state),
        Scope::Http => {
            let row = sheet::selected(state, Scope::Http);
            show_frame(state, row.and_then(|row| row.frames.first().copied()));
        }
        Scope::Flows => flow(state),
        Scope::Allocations => allocation(state),
        scope if sheet::listing(state, scope).is_some() => {
            let row = sheet::selected(state, scope);
            let frame = row.and_then(|row| row.frames.first().copied());
            show_in_call(state, frame);
        }
        Scope::Timeline | Scope::Ladder | Scope::Ice => {
            let Some(open) = &mut state.call else {
                return;
            };
            if open.tab != Tab::Ice
                && matches!(open.folds.get(open.cursor.at), Some(Fold::Idle { .. }))
            {
                open.folded = false;
                open.refold(&analysis);
                return;
            }
            let frame = open.selected_frames(&analysis).first().copied();
            show_in_call(state, frame);
        }
        Scope::CallPackets | Scope::Packets => {
            if let Some(packets) = state.packets_shown_mut() {
                match packets.pane {
                    Pane::List | Pane::Bytes => packets.pane = Pane::Tree,
                    Pane::Tree => packets.toggle_field(None),
                }
            }
        }
        Scope::CallFindings | Scope::Findings => match state.findings_shown().selected() {
            Some(Item::Finding(_)) => {
                let frames = state.findings_shown().selected_frames(&analysis);
                let frame = frames.first().copied();
                show_frame(state, frame);
            }
            Some(Item::Verdict(at)) => {
                if let Some(id) = analysis
                    .verdicts
                    .get(at)
                    .and_then(|verdict| verdict.peer_connection)
                {
                    let here = state.call.as_ref().is_some_and(|open| open.id == id);
                    if !here {
                        call(state, id);
                    }
                    state.page = Page::Calls;
                    tab(state, Tab::Timeline);
                }
            }
            None => {}
        },
        // A sheet that lost its call.
        _ => {}
    }
}

/// Opens a call.
pub(super) fn call(state: &mut State, id: PeerConnectionId) {
    let mut open = Call::open(&state.analysis, id);
    // From the list of calls, what was looked at there.
    let selected = state.calls.selected().map(|row| row.subject);
    if state.page == Page::Calls && state.call.is_none() && selected == Some(Subject::Call(id)) {
        open.zoom = state.calls.zoom;
    }
    open.packets.totals.clone_from(&state.packets.totals);
    state.call = Some(open);
    zoom::take_cursor_along(state);
}

/// To a tab of the open call; from the list of calls, of the selected one; from the TURN allocations, of the call of the selected one.
pub(super) fn tab(state: &mut State, tab: Tab) {
    state.help = None;
    if state.scope() == Scope::Calls {
        let selected = state.calls.selected().map(|row| row.subject);
        let Some(Subject::Call(id)) = selected else {
            state.complain("no call is selected");
            return;
        };
        call(state, id);
    }
    if state.scope() == Scope::Allocations {
        let selected = state.allocations.selected();
        let Some(id) = selected.and_then(|at| call_of(&state.analysis.scene, at)) else {
            state.complain("it belongs to no call here");
            return;
        };
        if state.call.as_ref().is_none_or(|open| open.id != id) {
            call(state, id);
        }
        state.came_from = Some(state.page);
        state.page = Page::Calls;
    }
    if let Some(open) = &mut state.call {
        open.tab = tab;
        open.came_from = None;
        open.in_detail = false;
    }
}

/// Out again: of the help, a pane, a stretch of time, a filter, a jump, the call; on the top level, of the program.
pub(super) fn back(state: &mut State) {
    if state.help.take().is_some() {
        return;
    }
    let came_from = state.came_from.is_some();
    let in_list = state
        .packets_shown()
        .is_some_and(|packets| packets.pane == Pane::List);
    let in_call = state.scope() == Scope::CallPackets && in_list;
    let open = state.call.as_mut().filter(|_| in_call);
    let came_from_tab = open.and_then(|open| open.came_from.take());
    match state.scope() {
        Scope::CallPackets | Scope::Packets => {
            if let Some(packets) = state.packets_shown_mut() {
                if packets.pane != Pane::List {
                    packets.pane = Pane::List;
                    return;
                }
                if let Some(tab) = came_from_tab {
                    edit::away(state);
                    if let Some(open) = &mut state.call {
                        open.tab = tab;
                    }
                    return;
                }
                if !packets.filter.is_empty() || packets.flow.is_some() {
                    // What a jump narrowed, going back widens again.
                    let jumped = packets.filter.is_empty() && came_from;
                    if packets.flow.take().is_some() {
                        packets.change_filter(packets.filter.clone());
                    }
                    edit::away(state);
                    if !jumped {
                        return;
                    }
                }
            }
        }
        Scope::Timeline | Scope::Ladder => {
            if let Some(open) = state.call.as_mut().filter(|open| open.in_detail) {
                open.in_detail = false;
                return;
            }
        }
        Scope::CallFindings | Scope::Findings => {
            let findings = state.findings_shown_mut();
            if findings.in_detail {
                findings.in_detail = false;
                return;
            }
        }
        scope => {
            let listing = sheet::listing_mut(state, scope);
            if let Some(listing) = listing.filter(|listing| listing.in_detail) {
                listing.in_detail = false;
                return;
            }
        }
    }
    if OVER_TIME.contains(&state.scope()) && state.zoom().stretch().is_some() {
        state.zoom_mut().all();
        return;
    }
    if !state.filter_shown().is_empty() {
        edit::away(state);
        return;
    }
    if let Some(page) = state.came_from.take() {
        state.page = page;
    } else if state.page != Page::Calls {
        state.page = Page::Calls;
    } else if state.call.take().is_none() {
        state.quit = true;
    }
}

/// To a page by its number; its own number again leads out of the open call.
pub(super) fn page(state: &mut State, number: u8) {
    state.help = None;
    let page = usize::from(number)
        .checked_sub(1)
        .and_then(|at| Page::ALL.get(at));
    if let Some(&page) = page {
        if page == Page::Calls && state.page == Page::Calls {
            state.call = None;
        }
        state.page = page;
        state.came_from = None;
    }
}

/// To the next finding or the one before; from elsewhere, to the first of the open call.
pub(super) fn finding(state: &mut State, by: isize) {
    state.help = None;
    if state.analysis.findings.is_empty() {
        state.tell(if state.loading.is_some() {
            "no finding so far"
        } else {
            "nothing to report"
        });
        return;
    }
    if matches!(state.scope(), Scope::Findings | Scope::CallFindings) {
        if !state.findings_shown_mut().step_finding(by, false) {
            state.tell(if by > 0 {
                "that was the last finding"
            } else {
                "that was the first finding"
            });
        }
        return;
    }
    let call = state
        .call
        .as_ref()
        .filter(|_| state.page == Page::Calls)
        .map(|call| call.id);
    let analysis = Arc::clone(&state.analysis);
    let findings = &mut state.findings;
    let own = findings
        .shown
        .iter()
        .position(|&at| match findings.items.get(at) {
            Some(Item::Finding(at)) => {
                call.is_some()
                    && analysis
                        .findings
                        .get(*at)
                        .is_some_and(|it| it.peer_connection == call)
            }
            _ => false,
        });
    match own {
        Some(line) => {
            findings.cursor.at = line;
            findings.evidence = 0;
            findings.detail_top = 0;
        }
        None => {
            findings.step_finding(by, true);
        }
    }
    state.came_from = Some(state.page);
    state.page = Page::Findings;
}
