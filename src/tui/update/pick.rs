//! What is selected: to mark, to copy.

use crate::tui::keymap::Scope;
use crate::tui::screens::findings::as_text;
use crate::tui::sheet;
use crate::tui::state::State;
use crate::tui::state::packets::Pane;
use crate::tui::text::counted;
use crate::tui::text::frames;
use crate::tui::text::shown;
use crate::tui::times::stamp;
use crate::tui::update::travel::Step;
use crate::tui::update::travel::go;
use crate::wire::detail::hex;

/// Marks the selected frames; when all of them are marked, unmarks them.
pub(super) fn mark(state: &mut State) {
    let chosen = state.selected_frames();
    if chosen.is_empty() {
        state.complain("no frame shows this");
        return;
    }
    if chosen.iter().all(|frame| state.marks.contains(frame)) {
        for frame in &chosen {
            state.marks.remove(frame);
        }
    } else {
        state.marks.extend(&chosen);
    }
    let marked = counted(state.marks.len() as u64, "frame");
    state.tell(format!("{marked} marked: s saves them"));
    if matches!(state.scope(), Scope::CallPackets | Scope::Packets) {
        // On to the next, so that a run of frames is a run of keys.
        let in_list = state
            .packets_shown()
            .is_some_and(|packets| packets.pane == Pane::List);
        if in_list {
            go(state, Step::Lines(1));
        }
    }
}

/// The selection as text.
pub(super) fn text(state: &State) -> Option<String> {
    match state.scope() {
        Scope::Calls => {
            let row = state.calls.selected()?;
            let (_, _, word) = state.theme.outcome(row.outcome);
            Some(format!(
                "{} · {} · {} · {word}",
                row.who, row.path, row.media
            ))
        }
        Scope::Timeline | Scope::Ladder => {
            let call = state.call.as_ref()?;
            let row = call.rows.get(call.selected_row()?)?;
            let shown_frames = frames(&row.frames, &state.analysis.capture);
            Some(format!(
                "{} {} ({shown_frames})",
                stamp(state, row.at, None, 3),
                shown(&row.text)
            ))
        }
        Scope::Ice => {
            let call = state.call.as_ref()?;
            let model = state.analysis.scene.peer_connections.get(call.id.index())?;
            let pair = model.ice.pairs.get(call.pairs.selected()?)?;
            let (a, b) = pair.wire?;
            Some(format!(
                "{a} ↔ {b} {} ({})",
                pair.state.word(),
                frames(&pair.frames, &state.analysis.capture)
            ))
        }
        Scope::CallPackets | Scope::Packets => packet_text(state),
        Scope::CallFindings | Scope::Findings => as_text(state),
        scope => sheet::as_text(state, scope),
    }
}

/// All of what is shown, as text: a description as it crossed the wire.
pub(super) fn whole(state: &State) -> Option<String> {
    let call = state.call.as_ref()?;
    let model = state.analysis.scene.peer_connections.get(call.id.index())?;
    let description = model.descriptions.get(call.agreed.description()?)?;
    Some(description.sdp.to_string())
}

fn packet_text(state: &State) -> Option<String> {
    let packets = state.packets_shown()?;
    let open = packets.open.as_ref();
    match packets.pane {
        Pane::List => {
            let line = packets.lines.get(&packets.selected()?)?;
            let time = stamp(state, line.at, None, 4);
            Some(format!(
                "{} {time} {} → {} {} {}",
                line.number, line.source, line.destination, line.protocol, line.text
            ))
        }
        Pane::Tree => {
            let line = open?.tree.get(open?.at.at)?;
            Some(format!("{}: {}", line.name, line.value))
        }
        // In privacy mode bytes are not shown either.
        Pane::Bytes if state.private => None,
        Pane::Bytes => {
            let line = open?.tree.get(open?.at.at)?;
            let bytes = open?.frame.data.get(line.range.clone())?;
            Some(hex(bytes, bytes.len()))
        }
    }
}
