//! What concerns a capture that runs: hold the view, go on, change the filter, take snapshots in.

use std::sync::Arc;

use crate::analyzer::analysis::Analysis;
use crate::ingest::info::FileInfo;
use crate::tui::state::State;
use crate::tui::update::travel;
use crate::tui::update::travel::Step;

/// Holds the view, or lets it go on; the capture goes on in any case.
pub(super) fn pause(state: &mut State) {
    let Some(view) = &mut state.live else {
        state.complain(NOTHING_RUNS);
        return;
    };
    if view.paused {
        go_on(state);
    } else {
        view.paused = true;
        state.tell("the view is held, the capture goes on: H or . to go on");
    }
}

/// Back to this instant: lets the view go on, and goes to the end of the list.
pub(super) fn now(state: &mut State) {
    if state.live.is_none() {
        state.complain(NOTHING_RUNS);
        return;
    }
    go_on(state);
    travel::go(state, Step::Lines(isize::MAX));
}

/// Lets the view go on with the latest snapshot.
pub(super) fn go_on(state: &mut State) {
    let waiting = state.live.as_mut().and_then(|view| {
        view.paused = false;
        view.waiting.take()
    });
    if let Some((analysis, files)) = waiting {
        super::show(state, analysis, files);
    }
}

/// Takes a snapshot; while the view is held it waits. New findings are announced in either case.
pub(super) fn take(state: &mut State, analysis: Arc<Analysis>, files: Arc<[FileInfo]>) {
    let Some(view) = &mut state.live else {
        super::show(state, analysis, files);
        return;
    };
    let news = view.announce(&analysis);
    let forgot =
        analysis.capture.quality.evicted_calls > state.analysis.capture.quality.evicted_calls;
    if view.paused {
        view.waiting = Some((analysis, files));
    } else {
        let follow = follows(state);
        if forgot {
            close_forgotten(state, &analysis);
        }
        super::show(state, analysis, files);
        if follow {
            travel::go(state, Step::Lines(isize::MAX));
        }
    }
    if let Some(news) = news {
        state.tell(news);
    }
}

/// Closes the open call when it made room for later ones.
fn close_forgotten(state: &mut State, analysis: &Analysis) {
    let mut calls = analysis.scene.peer_connections.iter();
    if let Some(open) = &state.call
        && !calls.any(|call| open.is(call))
    {
        state.call = None;
        state.tell("the call that was open made room for later ones");
    }
}

/// Does the selection stand at the end of a list that grows there? Then it stays at the end.
fn follows(state: &State) -> bool {
    if let Some(packets) = state.packets_shown() {
        let length = packets.length();
        return length > 0 && packets.cursor.at + 1 >= length && !state.packets_are_open();
    }
    let call = state.call.as_ref().filter(|_| state.is_in_time());
    call.is_some_and(|call| {
        !call.in_detail && call.cursor.at > 0 && call.cursor.at + 1 >= call.folds.len()
    })
}

/// The capture is over: what is on the screen stays.
pub(super) fn end(state: &mut State) {
    if state.live.is_some() {
        go_on(state);
        state.live = None;
        state.tell("the capture is over");
    }
}

/// Said where nothing is captured.
pub(super) const NOTHING_RUNS: &str = "nothing is being captured: this key is for `rtcscope live`";
