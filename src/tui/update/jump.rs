//! To the frames behind something, and to a frame or an instant.

use std::sync::Arc;

use crate::tui::keymap::Scope;
use crate::tui::sheet;
use crate::tui::sheet::flows::tuple;
use crate::tui::sheet::media::start_of;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::state::call::Tab;
use crate::tui::state::filter::Filter;
use crate::tui::state::packets::Pane;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::Ssrc;
use crate::vocab::time::Timestamp;

/// Where somebody wants to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// To a frame.
    Frame(FrameNumber),
    /// To what was captured then.
    Instant(Timestamp),
}

/// To a frame or an instant: among the packets or the events shown; from elsewhere, among all packets.
pub(super) fn go_to(state: &mut State, spot: Spot) {
    if let (Scope::Timeline | Scope::Ladder, Some(open)) = (state.scope(), &mut state.call) {
        let mut rows = open.rows.iter();
        let row = match spot {
            Spot::Frame(frame) => rows.position(|row| row.frames.contains(&frame)),
            Spot::Instant(at) => rows.position(|row| row.at >= at),
        };
        match row {
            Some(row) => {
                open.select_row(row);
                open.refresh_detail(&state.analysis);
            }
            None => state.complain("nothing of this call is there; page 2 has all packets"),
        }
        return;
    }
    if state.packets_shown().is_none() {
        state.came_from = Some(state.page);
        state.page = Page::Packets;
    }
    if let Some(packets) = state.packets_shown_mut() {
        match spot {
            Spot::Frame(frame) => packets.select(frame),
            Spot::Instant(at) => packets.wanted_at = Some(at),
        }
    }
}

/// To the packets of the selected conversation.
pub(super) fn flow(state: &mut State) {
    let Some(row) = sheet::selected(state, Scope::Flows) else {
        return;
    };
    let at = state.flows.shown.get(state.flows.cursor.at).copied();
    let tuple = at.and_then(|at| tuple(&state.analysis.scene, at));
    show_only(state, row.frames.first().copied(), tuple);
}

/// To the packets of the conversation of the selected TURN allocation: the one that decided about it.
pub(super) fn allocation(state: &mut State) {
    let scene = &state.analysis.scene;
    let Some(turn) = state
        .allocations
        .selected()
        .and_then(|at| scene.turn.get(at))
    else {
        return;
    };
    let (frame, tuple) = (turn.decisive_frame(), tuple(scene, turn.flow.index()));
    show_only(state, frame, tuple);
}

/// To a frame among the packets of a conversation, and no others.
fn show_only(state: &mut State, frame: Option<FrameNumber>, tuple: Option<FiveTuple>) {
    show_frame(state, frame);
    if let Some(frame) = frame {
        state.packets.flow = tuple;
        state.packets.matches = None;
        state.packets.select(frame);
    }
}

/// To the packets of the selected stream; from the charts, to those of the stretch looked at.
pub(super) fn media(state: &mut State) {
    let analysis = Arc::clone(&state.analysis);
    let Some(open) = &mut state.call else {
        return;
    };
    let Some(stream) = open.media.stream(&analysis.scene) else {
        return;
    };
    let second = open.media.bucket(&analysis.scene);
    let second = second.filter(|_| open.media.list.in_detail);
    open.came_from = Some(open.tab);
    open.tab = Tab::Packets;
    let packets = &mut open.packets;
    packets.filter = of_stream(stream.stats.ssrc);
    packets.matches = None;
    packets.pane = Pane::List;
    packets.wanted = Some(stream.stats.first.frame);
    packets.wanted_at = second.map(|at| start_of(stream, at));
}

/// The packets of a stream.
fn of_stream(ssrc: Ssrc) -> Filter {
    let text = format!("stream.ssrc == {ssrc}");
    Filter::new(&text, Scope::Packets).unwrap_or_default()
}

/// Goes to a frame among the packets of the open call.
pub(super) fn show_in_call(state: &mut State, frame: Option<FrameNumber>) {
    match (frame, &mut state.call) {
        (Some(frame), Some(open)) => {
            open.came_from = Some(open.tab);
            open.tab = Tab::Packets;
            if !open.packets.filter.is_empty() {
                open.packets.filter = Filter::default();
                open.packets.matches = None;
            }
            open.packets.select(frame);
        }
        _ => state.complain("no frame shows this"),
    }
}

/// Goes to a frame on the page of all packets.
pub(super) fn show_frame(state: &mut State, frame: Option<FrameNumber>) {
    let Some(frame) = frame else {
        state.complain("no frame shows this");
        return;
    };
    state.came_from = Some(state.page);
    state.page = Page::Packets;
    if state.packets.needs_scan() {
        // What was filtered by can be had back.
        state.packets.flow = None;
        state.packets.matches = None;
        state.change_filter(Filter::default());
    }
    state.packets.pane = Pane::List;
    state.packets.select(frame);
}
