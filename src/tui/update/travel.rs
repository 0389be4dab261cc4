//! Up, down and from pane to pane.

use std::sync::Arc;

use ratatui::layout::Rect;

use crate::timeline::fold::Fold;
use crate::tui::config::Setting;
use crate::tui::effect::Effect;
use crate::tui::keymap::Scope;
use crate::tui::screens;
use crate::tui::sheet;
use crate::tui::state::State;
use crate::tui::state::agreed::Agreed;
use crate::tui::state::call::Tab;
use crate::tui::state::calls::SORTS;
use crate::tui::state::listing::Sort;
use crate::tui::state::packets::Packets;
use crate::tui::state::packets::Pane;
use crate::tui::update::tab;
use crate::tui::update::zoom;
use crate::tui::widgets::help;
use crate::tui::widgets::hex;

/// How far to go.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// So many lines.
    Lines(isize),
    /// So many screens.
    Screens(isize),
}

impl Step {
    /// In lines, where a screen has `height` of them.
    fn lines(self, height: usize) -> isize {
        match self {
            Self::Lines(lines) => lines,
            // A line of the old screen stays in sight.
            Self::Screens(screens) => {
                screens * isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(1)
            }
        }
    }
}

/// Goes up or down in whatever has the keys.
pub(super) fn go(state: &mut State, step: Step) {
    let body = screens::areas(state).body;
    if let Some(top) = state.help {
        let most = help::length(&state.keymap, state.scope())
            .saturating_sub(usize::from(body.height).saturating_sub(2));
        let lines = step.lines(body.height.into());
        state.help = Some(top.saturating_add_signed(lines).min(most));
        return;
    }
    let analysis = Arc::clone(&state.analysis);
    match state.scope() {
        Scope::Calls => {
            let height = screens::calls::list_height(body, state);
            let calls = &mut state.calls;
            calls.cursor.step(step.lines(height), calls.shown.len());
            calls.refresh_lanes(&analysis);
        }
        Scope::Timeline | Scope::Ladder => {
            let ladder = state.scope() == Scope::Ladder;
            let Some(call) = &mut state.call else {
                return;
            };
            if ladder && call.in_detail {
                let lines = step.lines(screens::ladder::detail_height(body));
                let most = screens::ladder::detail_length(body, call).saturating_sub(1);
                call.detail_top = call.detail_top.saturating_add_signed(lines).min(most);
                return;
            }
            let height = if ladder {
                screens::ladder::list_height(body)
            } else {
                screens::timeline::list_height(body, call)
            };
            call.cursor.step(step.lines(height), call.folds.len());
            call.refresh_detail(&analysis);
        }
        Scope::Ice => {
            if let Some(call) = &mut state.call {
                let model = analysis.scene.peer_connections.get(call.id.index());
                let height = model.map_or(1, |model| screens::ice::list_height(body, model));
                call.pairs.step(step.lines(height), call.pairs.shown.len());
            }
        }
        Scope::CallPackets | Scope::Packets => {
            let areas = screens::packets::areas(body);
            let height = screens::packets::list_height(body);
            if let Some(packets) = state.packets_shown_mut() {
                go_in_packets(
                    packets,
                    step,
                    height,
                    areas.tree.height.saturating_sub(2).into(),
                    areas.bytes.height.saturating_sub(2).into(),
                );
            }
        }
        Scope::CallFindings | Scope::Findings => {
            let height = screens::findings::list_height(body, state.findings_shown());
            if state.findings_shown().in_detail {
                screens::findings::scroll(state, step.lines(height));
                return;
            }
            let findings = state.findings_shown_mut();
            findings
                .cursor
                .step(step.lines(height), findings.shown.len());
            findings.evidence = 0;
            findings.detail_top = 0;
        }
        scope => go_in_sheet(state, scope, step, body),
    }
}

fn go_in_sheet(state: &mut State, scope: Scope, step: Step, body: Rect) {
    let length = sheet::length(state, scope);
    let list = screens::sheet::list_height(body, state, scope);
    let detail = screens::sheet::detail_height(body, state, scope);
    let lines = screens::sheet::detail_length(body, state, scope);
    let Some(listing) = sheet::listing_mut(state, scope) else {
        return;
    };
    if listing.in_detail && scope != Scope::Media {
        let most = lines.saturating_sub(detail);
        let by = step.lines(detail);
        listing.detail_top = listing.detail_top.saturating_add_signed(by).min(most);
    } else {
        listing.step(step.lines(list), length);
    }
}

fn go_in_packets(packets: &mut Packets, step: Step, list: usize, tree: usize, bytes: usize) {
    match packets.pane {
        Pane::List => {
            packets.wanted = None;
            let length = packets.length();
            packets.cursor.step(step.lines(list), length);
        }
        Pane::Tree => packets.step_field(step.lines(tree)),
        Pane::Bytes => {
            let row = isize::try_from(hex::ROW).unwrap_or(1);
            packets.step_byte(step.lines(bytes).saturating_mul(row));
        }
    }
}

/// Goes left or right: from tab to tab, in and out of a field, from byte to byte.
pub(super) fn sideways(state: &mut State, by: isize) {
    let in_call = tab(state).is_some();
    if let Some(packets) = state.packets_shown_mut() {
        match packets.pane {
            Pane::Tree => {
                packets.toggle_field(Some(by > 0));
                return;
            }
            Pane::Bytes => {
                packets.step_byte(by);
                return;
            }
            Pane::List => {}
        }
    }
    let analysis = Arc::clone(&state.analysis);
    if let Some(call) = state.call.as_mut().filter(|_| in_call) {
        if call.tab == Tab::Media && call.media.list.in_detail {
            call.media.step(&analysis.scene, by);
            zoom::follow_second(state);
            return;
        }
        call.tab = call.tab.moved(by);
        call.came_from = None;
        call.in_detail = false;
    }
}

/// Goes to the next pane, or the one before.
pub(super) fn pane(state: &mut State, by: isize) {
    if state.lists_nothing() {
        return;
    }
    match state.scope() {
        Scope::Ladder => {
            if let Some(call) = &mut state.call {
                call.in_detail = !call.in_detail;
            }
        }
        Scope::CallFindings | Scope::Findings => {
            let findings = state.findings_shown_mut();
            findings.in_detail = !findings.in_detail;
        }
        Scope::CallPackets | Scope::Packets => {
            if let Some(packets) = state.packets_shown_mut() {
                packets.pane = match (packets.pane, by > 0) {
                    (Pane::List, true) | (Pane::Bytes, false) => Pane::Tree,
                    (Pane::Tree, true) | (Pane::List, false) => Pane::Bytes,
                    (Pane::Bytes, true) | (Pane::Tree, false) => Pane::List,
                };
            }
        }
        Scope::Calls | Scope::Timeline | Scope::Ice => {}
        scope => {
            if let Some(listing) = sheet::listing_mut(state, scope) {
                listing.in_detail = !listing.in_detail;
            }
        }
    }
}

/// Goes to the next hit, or the one before; after the last comes the first.
pub(super) fn hit(state: &mut State, by: isize) {
    let analysis = Arc::clone(&state.analysis);
    match state.scope() {
        Scope::Timeline | Scope::Ladder => {
            let Some(call) = &mut state.call else {
                return;
            };
            let is_hit = |line: &usize| match call.folds.get(*line) {
                Some(Fold::Row(at)) => call.is_hit(*at),
                Some(Fold::Idle { rows, .. }) => rows.clone().any(|at| call.is_hit(at)),
                None => false,
            };
            let (here, length) = (call.cursor.at, call.folds.len());
            let found = if by > 0 {
                (here + 1..length).chain(0..=here).find(is_hit)
            } else {
                (0..here).rev().chain((here..length).rev()).find(is_hit)
            };
            match found {
                Some(line) => {
                    call.cursor.at = line;
                    call.refresh_detail(&analysis);
                }
                None => state.complain("nothing passes: / asks for something else"),
            }
        }
        Scope::Calls => {
            let calls = &mut state.calls;
            calls.cursor.at = around(calls.cursor.at, by, calls.shown.len());
            calls.refresh_lanes(&analysis);
        }
        Scope::Ice => {
            if let Some(call) = &mut state.call {
                call.pairs.cursor.at = around(call.pairs.cursor.at, by, call.pairs.shown.len());
            }
        }
        Scope::CallPackets | Scope::Packets => {
            if let Some(packets) = state.packets_shown_mut() {
                packets.cursor.at = around(packets.cursor.at, by, packets.length());
            }
        }
        Scope::CallFindings | Scope::Findings => {
            let findings = state.findings_shown_mut();
            findings.cursor.at = around(findings.cursor.at, by, findings.shown.len());
            findings.evidence = 0;
            findings.detail_top = 0;
        }
        scope => {
            let length = sheet::length(state, scope);
            if let Some(listing) = sheet::listing_mut(state, scope) {
                listing.cursor.at = around(listing.cursor.at, by, length);
                listing.detail_top = 0;
            }
        }
    }
}

/// Sorts the list shown anew.
pub(super) fn sort(state: &mut State, change: impl FnOnce(Sort, usize) -> Sort) -> Vec<Effect> {
    let scope = state.scope();
    if scope == Scope::Calls {
        let sort = change(state.calls.sort, SORTS.len());
        let analysis = Arc::clone(&state.analysis);
        state.calls.sort_by(sort, &analysis);
        return vec![Effect::Remember(Setting::Sort(sort))];
    }
    let keys = sheet::sort_keys(scope).len();
    if let Some(listing) = sheet::listing_mut(state, scope) {
        let sort = change(listing.sort, keys);
        listing.cursor.at = usize::MAX;
        sheet::sort(state, scope, sort);
    }
    Vec::new()
}

/// To the worst second of the call's streams.
pub(super) fn worst(state: &mut State) {
    let analysis = Arc::clone(&state.analysis);
    let found = state
        .call
        .as_mut()
        .is_some_and(|call| call.media.go_to_worst(&analysis.scene));
    if found {
        zoom::follow_second(state);
    } else {
        state.tell("nothing was lost here");
    }
}

/// Shows the descriptions of a round in the next way.
pub(super) fn face(state: &mut State) {
    change_agreed(state, |agreed| {
        agreed.turn_face();
        None
    });
}

/// To the next round of offer and answer, or the one before.
pub(super) fn round(state: &mut State, by: isize) {
    change_agreed(state, |agreed| {
        let there = agreed.turn(by);
        (!there).then_some(if by > 0 {
            "that was the last round of offer and answer"
        } else {
            "that was the first round of offer and answer"
        })
    });
}

fn change_agreed(state: &mut State, change: impl FnOnce(&mut Agreed) -> Option<&'static str>) {
    let analysis = Arc::clone(&state.analysis);
    let Some(call) = &mut state.call else {
        return;
    };
    let told = change(&mut call.agreed);
    if let Some(model) = analysis.scene.peer_connections.get(call.id.index()) {
        call.agreed.rebuild(&analysis.scene, model);
        call.refilter(&analysis);
    }
    if let Some(text) = told {
        state.tell(text);
    }
}

/// One further among `length`, around the ends.
const fn around(at: usize, by: isize, length: usize) -> usize {
    match (length, by > 0) {
        (0, _) => 0,
        (_, true) if at + 1 >= length => 0,
        (_, true) => at + 1,
        (_, false) if at == 0 => length - 1,
        (_, false) => at - 1,
    }
}
