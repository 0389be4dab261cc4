//! What users set while they look: theme, privacy, names, columns.

use std::net::IpAddr;
use std::sync::Arc;

use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use tui_input::Input;

use crate::analyzer::analysis::Analysis;
use crate::session::label::give_names;
use crate::timeline::ladder::Course;
use crate::tui::config::Setting;
use crate::tui::effect::Effect;
use crate::tui::keymap::Scope;
use crate::tui::state::Prompt;
use crate::tui::state::PromptKind;
use crate::tui::state::State;
use crate::tui::state::calls::Subject;
use crate::tui::state::columns::Chooser;
use crate::tui::text::shown;
use crate::vocab::address::Side;

/// The next theme.
pub(super) fn next_theme(state: &mut State) {
    state.theme.palette = state.theme.palette.next();
    state.tell(format!("theme: {}", state.theme.palette.word()));
}

/// Masks addresses and names, or shows them again.
pub(super) fn private(state: &mut State) {
    state.private = !state.private;
    state.tell(if state.private {
        "addresses and names are masked on the screen and in what is copied; saved files have them"
    } else {
        "addresses and names are shown"
    });
}

/// Asks for a name of the selected address.
pub(super) fn ask_name(state: &mut State) {
    state.nameable = addresses(state);
    match state.nameable.first() {
        Some(address) => ask_name_of(state, *address),
        None => state.complain("nothing that is selected has an address"),
    }
}

fn ask_name_of(state: &mut State, address: IpAddr) {
    let known = state.own_names.get(&address).cloned();
    state.help = None;
    state.prompt = Some(Prompt {
        kind: PromptKind::Name(address),
        input: Input::new(known.unwrap_or_default()),
        error: None,
    });
}

/// Asks for a name of the next address of what is selected.
pub(super) fn ask_next_name(state: &mut State, address: IpAddr) {
    let at = state.nameable.iter().position(|known| *known == address);
    let next = at.map_or(0, |at| (at + 1) % state.nameable.len());
    if let Some(next) = state.nameable.get(next).copied() {
        ask_name_of(state, next);
    }
}

/// Gives an address a name; an empty one takes it away.
pub(super) fn name(state: &mut State, address: IpAddr, name: &str) -> Vec<Effect> {
    let name = (!name.is_empty()).then(|| name.to_owned());
    if let Some(name) = &name {
        state.own_names.insert(address, name.clone());
        state.tell(format!("{address} is {} from now on", shown(name)));
    } else {
        state.own_names.remove(&address);
        state.tell(format!("{address} has no name of yours"));
    }
    let mut analysis = Arc::clone(&state.analysis);
    // Nobody else holds it, or it is copied.
    state.analysis = Arc::default();
    give_names(&mut Arc::make_mut(&mut analysis).scene, &state.own_names);
    take_names(state, &analysis);
    state.analysis = analysis;
    vec![Effect::Remember(Setting::Name(address, name))]
}

/// Shows names that changed.
fn take_names(state: &mut State, analysis: &Analysis) {
    state.mask.learn(&analysis.scene, &state.names);
    state.calls.refresh(analysis);
    if let Some(call) = &mut state.call {
        call.refresh(analysis);
    }
}

/// Addresses of what is selected, the nearest first.
fn addresses(state: &State) -> Vec<IpAddr> {
    let scene = &state.analysis.scene;
    let mut found: Vec<IpAddr> = Vec::new();
    let open = state.call.as_ref();
    match state.scope() {
        Scope::Packets | Scope::CallPackets => {
            let packets = state.packets_shown();
            let line = packets.and_then(|packets| packets.lines.get(&packets.selected()?));
            found.extend(line.into_iter().flat_map(|line| {
                let ends = [&line.source, &line.destination];
                let ports = line.tuple.map(|tuple| [tuple.a.ip, tuple.b.ip]);
                let alone = ends.map(|end| end.parse().ok()).into_iter().flatten();
                ports.into_iter().flatten().chain(alone).collect::<Vec<_>>()
            }));
        }
        Scope::Flows => {
            let at = state.flows.shown.get(state.flows.cursor.at);
            let flow = at.and_then(|at| scene.flows.get(*at));
            found.extend(
                flow.into_iter()
                    .flat_map(|it| [it.tuple.a.ip, it.tuple.b.ip]),
            );
        }
        Scope::Allocations => {
            let turn = state.allocations.selected();
            let turn = turn.and_then(|at| scene.turn.get(at));
            found.extend(
                turn.into_iter()
                    .flat_map(|it| [it.client.ip, it.server.ip])
                    .chain(turn.and_then(|it| Some(it.relayed?.ip))),
            );
        }
        Scope::Http => {
            let at = state.http.shown.get(state.http.cursor.at);
            let flow = at.and_then(|at| scene.flows.get(scene.http.get(*at)?.flow.index()));
            found.extend(
                flow.into_iter()
                    .flat_map(|it| [it.tuple.b.ip, it.tuple.a.ip]),
            );
        }
        Scope::Calls => {
            if let Some(Subject::Dialogue(id)) = state.calls.selected().map(|row| row.subject)
                && let Some(dialogue) = scene.dialogues.get(id.index())
            {
                found.extend([dialogue.client, dialogue.server.ip]);
            }
        }
        Scope::Ice => {
            let call = open.and_then(|open| scene.peer_connections.get(open.id.index()));
            let pair = call.and_then(|call| call.ice.pairs.get(open?.pairs.selected()?));
            let wire = pair.and_then(|pair| pair.wire);
            found.extend(wire.into_iter().flat_map(|(a, b)| [a.ip, b.ip]));
        }
        Scope::Timeline | Scope::Ladder => {
            let row = open.and_then(|open| open.rows.get(open.selected_row()?));
            let hosts = row.map(|row| match row.course {
                Course::Arrow { from, to, .. } => vec![from, to],
                Course::Both { one, other, .. } => vec![one, other],
                Course::Note => Vec::new(),
            });
            let known = open.and_then(|open| open.hosts.as_ref());
            for host in hosts.into_iter().flatten() {
                let host = known.and_then(|known| known.list.get(host));
                found.extend(host.and_then(|host| host.addresses.first()));
            }
        }
        _ => {}
    }
    let selected = match state.calls.selected().map(|row| row.subject) {
        Some(Subject::Call(id)) if state.scope() == Scope::Calls => Some(id),
        _ => open.map(|open| open.id),
    };
    if let Some(call) = selected.and_then(|id| scene.peer_connections.get(id.index())) {
        for side in [Side::A, Side::B] {
            found.extend(&call.endpoint(side).addresses);
        }
    }
    let mut seen = Vec::new();
    found.retain(|ip| {
        let new = !seen.contains(ip);
        seen.push(*ip);
        new
    });
    found
}

/// Opens the choice of columns.
pub(super) fn choose_columns(state: &mut State) {
    state.help = None;
    state.chooser = Some(Chooser::new(&state.calls.columns));
}

/// Takes a key while columns are chosen.
pub(super) fn choose(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let Some(chooser) = &mut state.chooser else {
        return Vec::new();
    };
    let length = chooser.columns.len();
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => chooser.cursor.step(-1, length),
        KeyCode::Down | KeyCode::Char('j') => chooser.cursor.step(1, length),
        KeyCode::Left | KeyCode::Char('<' | 'h') => chooser.shift(-1),
        KeyCode::Right | KeyCode::Char('>' | 'l') => chooser.shift(1),
        KeyCode::Char(' ' | 'x') => chooser.toggle(),
        KeyCode::Enter => {
            let columns = chooser.chosen();
            state.chooser = None;
            state.calls.columns.clone_from(&columns);
            return vec![Effect::Remember(Setting::Columns(columns))];
        }
        KeyCode::Esc | KeyCode::Char('q' | 'C' | 'c') => state.chooser = None,
        _ => {}
    }
    Vec::new()
}
