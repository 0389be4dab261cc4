//! Plays lessons on the capture that is open, and opens built-in ones in its place.

use std::sync::Arc;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::analyze;
use crate::ingest::frame_reader::FrameReader;
use crate::ingest::index::FrameIndex;
use crate::ingest::info::FileInfo;
use crate::ingest::source::Source;
use crate::lessons::desk::Desk;
use crate::lessons::library;
use crate::lessons::play;
use crate::lessons::progress;
use crate::tui::effect::News;
use crate::tui::packet::tree::tree;
use crate::tui::state::State;
use crate::tui::state::packets::Packets;
use crate::tui::update;
use crate::tui::widgets::hex;
use crate::vocab::frame::Frame;

/// Plays the open step on the open capture.
pub(super) fn play(index: &FrameIndex, state: &mut State, columns: usize) {
    let Some(step) = state.learn.step() else {
        return;
    };
    let known = Arc::clone(&state.known);
    let dissect = |frame: &Frame<'_>| tree(frame, &known);
    let mut desk = Desk::new(&state.analysis, FrameReader::new(index.clone()), &dissect);
    let shown = play::show(step, &mut desk, columns);
    state.learn.exhibit = state
        .learn
        .exhibit
        .min(shown.exhibits.len().saturating_sub(1));
    state.learn.shown = Some(shown);
}

/// A built-in capture, read. They are small: it takes no longer than a key press may.
pub(super) fn built_in(name: &str) -> Option<(Source, Arc<Analysis>)> {
    let capture = library::capture(name)?;
    let mut analyzer = Analyzer::default();
    analyzer.add_key_log(capture.key_log);
    let mut source = Source::open(vec![capture.input()]).ok()?;
    analyze(&mut source, &mut analyzer, |_, _| true);
    let analysis = analyzer.into_analysis(source.files());
    Some((source, Arc::new(analysis)))
}

/// Shows another capture: nothing of the one before stays but the lessons.
pub(super) fn show(
    state: &mut State,
    analysis: Arc<Analysis>,
    files: Arc<[FileInfo]>,
    names: Vec<String>,
) {
    state.call = None;
    state.packets = Packets::default();
    state.marks.clear();
    state.names = names;
    // Neither asks for anything to be done.
    let _effects = update::hear(state, News::Snapshot(analysis, files));
    let _effects = update::hear(state, News::Loaded);
    state.learn.changes += 1;
    state.learn.shown = None;
}

/// Lights a field of the frame that was opened from a step, and the bytes it stands for.
pub(super) fn light(state: &mut State) {
    let Some(field) = state.learn.light.take() else {
        return;
    };
    let Some(open) = &mut state.packets.open else {
        return;
    };
    let words = field.to_lowercase();
    let mut lines = open.tree.iter();
    let named = lines.position(|line| line.depth > 0 && line.name.to_lowercase().contains(&words));
    if let Some((at, line)) = named.and_then(|at| Some((at, open.tree.get(at)?))) {
        open.byte = line.range.start;
        open.bytes_top = open.byte / hex::ROW;
        open.at.at = at;
    }
}

/// Remembers how far the user got; what cannot be remembered is told once.
pub(super) fn save(state: &mut State) {
    let Some(path) = state.learn.remembered_at.clone() else {
        return;
    };
    if let Err(error) = state.learn.progress.save(&path) {
        state.learn.remembered_at = None;
        state.complain(format!("progress cannot be remembered: {error}"));
    }
}

/// Takes up where the user left: what is remembered, and which built-in capture is open.
pub(super) fn begin(state: &mut State) {
    state.learn.remembered_at = progress::path();
    if let Some(path) = &state.learn.remembered_at {
        state.learn.progress = progress::Progress::load(path);
    }
}
