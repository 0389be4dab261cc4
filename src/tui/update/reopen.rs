//! Read again, read something else, read with more keys.

use std::path::PathBuf;
use std::sync::Arc;

use tui_input::Input as Typed;

use crate::ingest::raw::Input;
use crate::lessons::library;
use crate::tui::effect::Effect;
use crate::tui::effect::Opened;
use crate::tui::effect::Reopened;
use crate::tui::state::Prompt;
use crate::tui::state::PromptKind;
use crate::tui::state::State;
use crate::tui::state::loading::Loading;
use crate::tui::state::packets::Packets;
use crate::tui::text::counted;
use crate::tui::text::shown;
use crate::tui::update::show;

/// Reads the same files again.
pub(super) fn again(state: &mut State) -> Vec<Effect> {
    let key_logs = state.key_logs.clone();
    read(state, key_logs)
}

/// Asks for another file.
pub(super) fn ask_file(state: &mut State) {
    ask(state, PromptKind::Open);
}

/// Asks for a key log.
pub(super) fn ask_key_log(state: &mut State) {
    ask(state, PromptKind::KeyLog);
}

fn ask(state: &mut State, kind: PromptKind) {
    state.help = None;
    if state.live.is_some() {
        state.complain(STILL_RUNS);
        return;
    }
    state.prompt = Some(Prompt {
        kind,
        input: Typed::default(),
        error: None,
    });
}

/// Opens another file.
pub(super) fn file(state: &mut State, text: &str) -> Vec<Effect> {
    let key_logs = state.key_logs.clone();
    start(state, vec![Input::Path(path(text))], key_logs, false)
}

/// Reads with one more key log.
pub(super) fn key_log(state: &mut State, text: &str) -> Vec<Effect> {
    let mut key_logs = state.key_logs.clone();
    key_logs.push(path(text));
    read(state, key_logs)
}

/// Reads what is shown, or is about to be.
fn read(state: &mut State, key_logs: Vec<PathBuf>) -> Vec<Effect> {
    if let Some(inputs) = state.coming.clone() {
        return start(state, inputs, key_logs, false);
    }
    let inputs = on_screen(state);
    start(state, inputs, key_logs, true)
}

/// What is shown: the user's files, or the built-in capture of a lesson in their place.
fn on_screen(state: &State) -> Vec<Input> {
    let built_in = state.learn.built_in.as_deref().and_then(library::capture);
    built_in.map_or_else(|| state.inputs.clone(), |capture| vec![capture.input()])
}

/// Without a shell, `~` is ours to understand.
fn path(text: &str) -> PathBuf {
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match text.strip_prefix("~/") {
        Some(rest) => home().map_or_else(|| PathBuf::from(text), |home| home.join(rest)),
        None => PathBuf::from(text),
    }
}

fn start(state: &mut State, inputs: Vec<Input>, key_logs: Vec<PathBuf>, keep: bool) -> Vec<Effect> {
    if state.live.is_some() {
        state.complain(STILL_RUNS);
        return Vec::new();
    }
    if inputs.is_empty() || inputs.iter().any(|input| matches!(input, Input::Stdin)) {
        state.complain("what was captured live, or came through a pipe, cannot be read again: save it to a file first");
        return Vec::new();
    }
    state.tried = None;
    // A reading that goes on does so until the other has opened its files.
    state.loading.get_or_insert(Loading::begun());
    vec![Effect::Reopen {
        inputs,
        key_logs,
        keep,
    }]
}

/// Nothing came of it: the question is asked again with what was typed, unless the user is busy elsewhere.
pub(super) fn refused(state: &mut State, text: String) {
    // What is shown may not be read to its end, and goes on.
    if state.loaded {
        state.loading = None;
    }
    let busy = state.prompt.is_some() || state.editor.is_some() || state.chooser.is_some();
    match state.tried.take().filter(|_| !busy) {
        Some(tried) => {
            state.help = None;
            state.prompt = Some(Prompt {
                error: Some(shown(&text).into_owned()),
                ..tried
            });
        }
        None => state.complain(text),
    }
}

/// Captures were opened: whatever was being read is not read on.
pub(super) fn begin(state: &mut State, new: Opened) {
    state.tried = None;
    state.loading = Some(Loading::begun());
    state.loaded = false;
    state.key_logs = new.key_logs;
    state.coming = (!new.keep).then_some(new.inputs);
}

/// Takes what was read. What was looked at stays, as far as it is still there.
pub(super) fn take(state: &mut State, new: Reopened) {
    let known = decrypted(state);
    state.loading = None;
    state.loaded = true;
    state.coming = None;
    let built_in = library::known(&new.inputs).map(|capture| capture.name.to_owned());
    let same = new.keep && built_in.is_some() && built_in == state.learn.built_in;
    if !same {
        // A lesson's capture, if one stood in the place of the user's own, is gone.
        state.learn.home = None;
        state.learn.built_in = built_in;
        state.inputs = new.inputs;
    }
    // Steps are played again: with more keys there may be more to see.
    state.learn.changes += 1;
    state.learn.shown = None;
    state.names = new.names;
    state.key_logs = new.key_logs;
    if !new.keep {
        let (columns, sort) = (state.calls.columns.clone(), state.calls.sort);
        state.calls = crate::tui::state::calls::Calls::default();
        (state.calls.columns, state.calls.sort) = (columns, sort);
        state.call = None;
        state.came_from = None;
        state.page = crate::tui::state::Page::Calls;
        state.packets = Packets::default();
        state.http = crate::tui::state::listing::Listing::default();
        state.flows = crate::tui::state::listing::Listing::default();
        state.allocations = crate::tui::state::listing::Listing::default();
        state.marks.clear();
    }
    state.packets.order = new.index.order().cloned();
    let call = state.call.as_mut().map(|call| &mut call.packets);
    for packets in call.into_iter().chain([&mut state.packets]) {
        packets.lines.clear();
        packets.open = None;
        packets.wanted = packets.selected();
        packets.matches = None;
    }
    show(state, new.analysis, new.files);
    let totals = state.packets.totals.clone();
    state.marks.retain(|frame| {
        let total = totals.get(usize::from(frame.file()));
        total.is_some_and(|total| frame.number() <= *total)
    });
    if let Some(frame) = state.packets.wanted.take()
        && !state.packets.needs_scan()
    {
        state.packets.select(frame);
    }
    let packets = counted(state.analysis.capture.packets, "packet");
    let calls = counted(state.analysis.scene.peer_connections.len() as u64, "call");
    let opened = decrypted(state).into_iter().zip(known);
    let opened = opened.zip(["message", "data channel"]);
    let opened = opened.filter_map(|((now, before), what)| {
        let more = now.saturating_sub(before);
        (more > 0).then(|| counted(more as u64, what))
    });
    let opened: Vec<String> = opened.collect();
    state.tell(if !opened.is_empty() {
        let opened = opened.join(" and ");
        format!("{packets}, {calls}; {opened} more could be read")
    } else if new.keep {
        format!("{packets}, {calls}; no more could be read than before")
    } else {
        format!("{packets}, {calls}")
    });
}

/// What keys open: how many exchanges and messages, and how many data channels, could be read.
fn decrypted(state: &State) -> [usize; 2] {
    let scene = &Arc::clone(&state.analysis).scene;
    let messages = scene
        .dialogues
        .iter()
        .map(|dialogue| dialogue.messages.len());
    [
        scene.http.len() + messages.sum::<usize>(),
        scene.data_channels.len(),
    ]
}

/// Said of a capture that runs.
const STILL_RUNS: &str = "a capture runs: what is shown cannot be changed before it is over";
