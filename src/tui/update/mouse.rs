//! Clicks and the wheel: a click selects, a second one on the same line opens; over lanes, the wheel and drawing come closer.

use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::tui::action::Action;
use crate::tui::action::Pointer;
use crate::tui::keymap::Scope;
use crate::tui::screens;
use crate::tui::sheet;
use crate::tui::state::State;
use crate::tui::state::cursor::Cursor;
use crate::tui::state::packets::Pane;
use crate::tui::update::travel::Step;
use crate::tui::update::travel::go;
use crate::tui::update::zoom;
use crate::tui::widgets::bars::page_at;
use crate::tui::widgets::hex::byte_at;
use crate::tui::widgets::paint::inside;

/// Does what the mouse did; what is left to do comes as an action.
pub(super) fn action(state: &mut State, pointer: Pointer) -> Option<Action> {
    match pointer {
        Pointer::Drag(x, y) => {
            zoom::draw(state, Position::new(x, y));
            return None;
        }
        Pointer::Release(x, y) => {
            zoom::end(state, Position::new(x, y));
            return None;
        }
        Pointer::Click(..) | Pointer::Wheel(..) => {}
    }
    state.notice = None;
    state.zoom_mut().drawn = None;
    if state.prompt.is_some() || state.chooser.is_some() || state.compare.is_some() {
        return None;
    }
    match pointer {
        Pointer::Wheel(x, y, lines) => {
            if state.help.is_none() {
                let at = Position::new(x, y);
                if zoom::wheel(state, at, lines < 0) {
                    return None;
                }
                focus(state, at);
            }
            go(state, Step::Lines(lines.into()));
            None
        }
        Pointer::Click(..) if state.help.is_some() => Some(Action::Help),
        Pointer::Click(x, y) if zoom::begin(state, Position::new(x, y)) => None,
        Pointer::Click(x, y) => click(state, Position::new(x, y)),
        // Done above.
        Pointer::Drag(..) | Pointer::Release(..) => None,
    }
}

fn click(state: &mut State, at: Position) -> Option<Action> {
    let areas = screens::areas(state);
    if areas.title.contains(at) {
        return match page_at(at.x, areas.title.width, state.page)? {
            Some(page) => {
                let number = crate::tui::state::Page::ALL
                    .iter()
                    .position(|known| *known == page)?;
                Some(Action::Page(u8::try_from(number + 1).ok()?))
            }
            None => Some(Action::Help),
        };
    }
    if areas.call.contains(at) {
        if let Some(tab) = screens::call::tab_at(at.x, areas.call.width)
            && let Some(call) = &mut state.call
        {
            call.tab = tab;
            call.came_from = None;
            call.in_detail = false;
        }
        return None;
    }
    focus(state, at);
    select(state, at)
}

/// Gives the keys to the pane under the pointer.
fn focus(state: &mut State, at: Position) {
    let body = screens::areas(state).body;
    match state.scope() {
        Scope::Ladder => {
            let (ladder, detail) = screens::ladder::areas(body);
            if let Some(call) = state
                .call
                .as_mut()
                .filter(|_| ladder.contains(at) || detail.contains(at))
            {
                call.in_detail = detail.contains(at);
            }
        }
        Scope::CallFindings | Scope::Findings => {
            let (list, detail) = screens::findings::areas(body, state.findings_shown());
            if list.contains(at) || detail.contains(at) {
                state.findings_shown_mut().in_detail = detail.contains(at);
            }
        }
        Scope::CallPackets | Scope::Packets => {
            let areas = screens::packets::areas(body);
            let panes = [
                (areas.list, Pane::List),
                (areas.tree, Pane::Tree),
                (areas.bytes, Pane::Bytes),
            ];
            let under = panes.into_iter().find(|(area, _)| area.contains(at));
            if let (Some((_, pane)), Some(packets)) = (under, state.packets_shown_mut()) {
                packets.pane = pane;
            }
        }
        Scope::Calls | Scope::Timeline | Scope::Ice => {}
        scope => {
            let (list, detail) = screens::sheet::areas(body, state, scope);
            let listing = sheet::listing_mut(state, scope);
            if let Some(listing) = listing.filter(|_| list.contains(at) || detail.contains(at)) {
                listing.in_detail = detail.contains(at);
            }
        }
    }
}

/// Selects what is under the pointer; opens it when it was selected already.
fn select(state: &mut State, at: Position) -> Option<Action> {
    let body = screens::areas(state).body;
    match state.scope() {
        Scope::Calls => {
            let area = inside(screens::calls::areas(body, state).0);
            let length = state.calls.shown.len();
            let again = pick(&mut state.calls.cursor, area, 1, at, length)?;
            state.calls.refresh_lanes(&state.analysis);
            again.then_some(Action::Enter)
        }
        Scope::Timeline | Scope::Ladder => {
            let ladder = state.scope() == Scope::Ladder;
            let call = state.call.as_mut()?;
            let (area, head) = if ladder {
                (inside(screens::ladder::areas(body).0), 2)
            } else {
                (inside(screens::timeline::areas(body, call).1), 0)
            };
            let again = pick(&mut call.cursor, area, head, at, call.folds.len())?;
            call.refresh_detail(&state.analysis);
            again.then_some(Action::Enter)
        }
        Scope::Ice => {
            let call = state.call.as_mut()?;
            let model = state.analysis.scene.peer_connections.get(call.id.index())?;
            let area = inside(screens::ice::areas(body, model).pairs);
            pick(&mut call.pairs.cursor, area, 1, at, call.pairs.shown.len())?
                .then_some(Action::Enter)
        }
        Scope::CallPackets | Scope::Packets => {
            let areas = screens::packets::areas(body);
            let packets = state.packets_shown_mut()?;
            match packets.pane {
                Pane::List => {
                    let length = packets.length();
                    pick(&mut packets.cursor, inside(areas.list), 1, at, length)?
                        .then_some(Action::Enter)
                }
                Pane::Tree => {
                    let open = packets.open.as_mut()?;
                    let again = pick(&mut open.at, inside(areas.tree), 0, at, open.tree.len())?;
                    packets.step_field(0);
                    again.then_some(Action::Enter)
                }
                Pane::Bytes => {
                    let area = inside(areas.bytes);
                    let open = packets.open.as_mut()?;
                    let (x, y) = (at.x.checked_sub(area.x + 1)?, at.y.checked_sub(area.y)?);
                    open.byte = byte_at(open.bytes_top, x, y)
                        .filter(|byte| *byte < open.frame.data.len())?;
                    packets.step_byte(0);
                    None
                }
            }
        }
        Scope::CallFindings | Scope::Findings => {
            let area = inside(screens::findings::areas(body, state.findings_shown()).0);
            let findings = state.findings_shown_mut();
            if findings.in_detail {
                return None;
            }
            let length = findings.shown.len();
            let again = pick(&mut findings.cursor, area, 0, at, length)?;
            if !again {
                findings.evidence = 0;
                findings.detail_top = 0;
            }
            again.then_some(Action::Enter)
        }
        scope => {
            let area = inside(screens::sheet::areas(body, state, scope).0);
            let length = sheet::length(state, scope);
            let listing = sheet::listing_mut(state, scope)?;
            if listing.in_detail {
                return None;
            }
            let again = pick(&mut listing.cursor, area, 1, at, length)?;
            listing.detail_top = 0;
            again.then_some(Action::Enter)
        }
    }
}

/// Selects the line under the pointer; gives whether it was selected before. `head`: lines of headings.
fn pick(cursor: &mut Cursor, area: Rect, head: u16, at: Position, length: usize) -> Option<bool> {
    if !area.contains(at) {
        return None;
    }
    let line = cursor.top + usize::from(at.y.checked_sub(area.y + head)?);
    if line >= length {
        return None;
    }
    let again = cursor.at == line;
    cursor.at = line;
    Some(again)
}
