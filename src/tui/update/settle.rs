//! What follows from the rest: lists scroll to their selection, frames that are shown are read, scans are started.

use std::collections::HashSet;
use std::sync::Arc;

use crate::timeline::ladder::Subject;
use crate::tui::effect::Effect;
use crate::tui::effect::Query;
use crate::tui::effect::Target;
use crate::tui::keymap::Scope;
use crate::tui::screens;
use crate::tui::sheet;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::state::listing::Judging;
use crate::tui::state::packets::Matches;
use crate::tui::state::packets::Packets;
use crate::tui::update::learn;
use crate::tui::update::zoom;
use crate::tui::widgets::hex;
use crate::vocab::ids::FrameNumber;

/// Makes the state ready to be drawn; gives what has to be read for that.
pub fn settle(state: &mut State) -> Vec<Effect> {
    let taught = learn::settle(state);
    if !taught.is_empty() {
        return taught;
    }
    let body = screens::areas(state).body;
    if let Some(compare) = &mut state.compare {
        let rows = screens::compare::height(body);
        compare.cursor.show(compare.shown.len(), rows);
    }
    zoom::settle(state);
    let calls = screens::calls::list_height(body, state);
    state.calls.cursor.show(state.calls.shown.len(), calls);
    let findings = screens::findings::list_height(body, state.findings_shown());
    let shown = state.findings_shown_mut();
    shown.cursor.show(shown.shown.len(), findings);
    if let Some(call) = &mut state.call {
        let ladder = screens::ladder::list_height(body);
        let timeline = screens::timeline::list_height(body, call);
        let height = if call.tab == crate::tui::state::call::Tab::Ladder {
            ladder
        } else {
            timeline
        };
        call.cursor.show(call.folds.len(), height);
        if let Some(model) = state.analysis.scene.peer_connections.get(call.id.index()) {
            call.pairs.cursor.show(
                call.pairs.shown.len(),
                screens::ice::list_height(body, model),
            );
        }
    }
    let scope = state.scope();
    let (length, height) = (
        sheet::length(state, scope),
        screens::sheet::list_height(body, state, scope),
    );
    if let Some(listing) = sheet::listing_mut(state, scope) {
        listing.cursor.show(length, height);
    }
    let judged = judgings(state);
    let also = signaling_frames(state);
    let (known, target) = (
        Arc::clone(&state.known),
        if state.page == Page::Packets {
            Target::Page
        } else {
            Target::Call
        },
    );
    let (totals, order) = (state.packets.totals.clone(), state.packets.order.clone());
    let analysis = Arc::clone(&state.analysis);
    let mut scans = state.scans;
    let mut effects = judged;
    if let Some(packets) = state.packets_shown_mut() {
        packets.totals = totals;
        packets.order = order;
        if packets.needs_scan()
            && packets.matches.is_none()
            && packets.totals.iter().any(|total| *total > 0)
        {
            scans += 1;
            packets.matches = Some(Matches {
                scan: scans,
                ..Matches::default()
            });
            let query = Query {
                filter: packets.filter.clone(),
                analysis,
                call: packets.call,
                flow: packets.flow,
                also,
                totals: packets.totals.clone(),
                known,
            };
            packets.scanning = true;
            effects.push(Effect::Scan {
                target,
                scan: scans,
                query,
            });
        } else if packets.scanning && packets.matches.is_none() {
            // What was searched for is wanted no more.
            packets.scanning = false;
            effects.push(Effect::StopScan(target));
        }
        // Which frame an instant is in has to be looked up in the file.
        if let Some(at) = packets.wanted_at.take() {
            effects.push(Effect::Seek(at));
        }
        effects.extend(frames_to_read(packets, body));
    }
    state.scans = scans;
    effects
}

/// Long lists that wait to be filtered.
fn judgings(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    for scope in [Scope::Http, Scope::Flows, Scope::Allocations] {
        let (number, analysis) = (state.scans + 1, Arc::clone(&state.analysis));
        let Some(list) = sheet::listing_mut(state, scope) else {
            continue;
        };
        if !matches!(list.judging, Judging::Wanted) {
            continue;
        }
        list.judging = Judging::Running {
            number,
            passed: Vec::new(),
        };
        let filter = list.filter.clone();
        state.scans = number;
        effects.push(Effect::Judge {
            scope,
            number,
            filter,
            analysis,
        });
    }
    effects
}

/// Frames of the open call's signaling: their conversations may serve other calls too.
fn signaling_frames(state: &State) -> HashSet<FrameNumber> {
    state.call.as_ref().map(signaling_of).unwrap_or_default()
}

/// Frames of a call's signaling.
pub(super) fn signaling_of(call: &Call) -> HashSet<FrameNumber> {
    let rows = call.rows.iter();
    let messages = rows.filter(|row| matches!(row.subject, Subject::Message(..)));
    messages
        .flat_map(|row| row.frames.iter().copied())
        .collect()
}

fn frames_to_read(packets: &mut Packets, body: ratatui::layout::Rect) -> Vec<Effect> {
    let (length, height) = (packets.length(), screens::packets::list_height(body));
    packets.cursor.show(length, height);
    let visible = packets.cursor.visible(length, height);
    // One more above: times since the line before need it.
    let lines = visible.start.saturating_sub(1)..visible.end;
    let wanted = lines.filter_map(|line| packets.number(line));
    let missing: Vec<FrameNumber> = wanted
        .filter(|number| !packets.lines.contains_key(number))
        .collect();
    let mut effects = Vec::new();
    if !missing.is_empty() {
        effects.push(Effect::ReadLines(missing));
    }
    let selected = packets.selected();
    let open = packets.open.as_ref().map(|open| open.frame.number);
    if let Some(selected) = selected.filter(|_| open != selected) {
        effects.push(Effect::LookAt(selected));
    }
    let areas = screens::packets::areas(body);
    if let Some(open) = &mut packets.open {
        open.at
            .show(open.tree.len(), areas.tree.height.saturating_sub(2).into());
        let rows = usize::from(areas.bytes.height.saturating_sub(2)).max(1);
        let row = open.byte / hex::ROW;
        if row < open.bytes_top {
            open.bytes_top = row;
        } else if row >= open.bytes_top + rows {
            open.bytes_top = row + 1 - rows;
        }
    }
    effects
}
