//! What an action, a click or news change. Nothing here draws, reads files or looks at a clock.
//!
//! | file | what |
//! | --- | --- |
//! | [`travel`] | up, down and from pane to pane |
//! | [`open`] | into things and out again |
//! | [`jump`] | to the frames behind something, to a frame or an instant |
//! | [`edit`] | typing a filter or a command, and taking a filter back |
//! | [`command`], [`bookmark`] | what commands do; places to come back to |
//! | [`ask`] | questions to the user and their answers |
//! | [`live`] | a capture that runs: hold the view, go on, take snapshots in |
//! | [`pick`] | what is selected: to mark, to copy |
//! | [`learn`] | lessons, and the way from a step to the screens and back |
//! | [`mouse`] | clicks and the wheel |
//! | [`zoom`] | closer to a stretch of a call's time |
//! | [`reopen`] | read again, read something else, read with more keys |
//! | [`compare`] | two messages beside each other |
//! | [`settings`] | theme, privacy, names, columns |
//! | [`settle`](settle()) | what follows from the rest: scrolling, frames to read |

use std::sync::Arc;

use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;

use crate::analyzer::analysis::Analysis;
use crate::ingest::info::FileInfo;
use crate::session::label::give_names;
use crate::tui::action::Action;
use crate::tui::action::Pointer;
use crate::tui::effect::Effect;
use crate::tui::effect::News;
use crate::tui::effect::Target;
use crate::tui::keymap::Scope;
use crate::tui::packet::known::Known;
use crate::tui::screens;
use crate::tui::sheet;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::state::call::Tab;
use crate::tui::update::travel::Step;

mod ask;
mod bookmark;
mod command;
mod compare;
mod edit;
mod jump;
mod learn;
mod live;
mod mouse;
mod open;
mod pick;
mod reopen;
mod settings;
mod settle;
mod travel;
mod zoom;

pub use settle::settle;

/// Takes a key.
pub fn press(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    state.notice = None;
    // Who takes a key in the middle of drawing a stretch wants something else.
    state.zoom_mut().drawn = None;
    // Also while something is typed, as long as it is no letter.
    if key.modifiers.contains(KeyModifiers::CONTROL)
        && state.keymap.action(state.scope(), key) == Some(Action::Suspend)
    {
        return update(state, Action::Suspend);
    }
    if state.editor.is_some() {
        return edit::key(state, key);
    }
    if state.prompt.is_some() {
        return ask::type_key(state, key);
    }
    if state.compare.is_some() {
        return compare::key(state, key);
    }
    if state.chooser.is_some() {
        return settings::choose(state, key);
    }
    if let Some(effects) = learn::key(state, key) {
        return effects;
    }
    match state.keymap.action(state.scope(), key) {
        Some(action) => update(state, action),
        None => Vec::new(),
    }
}

/// Takes what the mouse did.
pub fn point(state: &mut State, pointer: Pointer) -> Vec<Effect> {
    if state.editor.is_some() {
        return Vec::new();
    }
    if let Some(effects) = learn::point(state, pointer) {
        return effects;
    }
    match mouse::action(state, pointer) {
        Some(action) => update(state, action),
        None => Vec::new(),
    }
}

/// Takes an action.
pub fn update(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => state.quit = true,
        Action::Suspend => state.suspend = true,
        Action::Help => state.help = if state.help.is_some() { None } else { Some(0) },
        Action::Back => open::back(state),
        Action::Up => travel::go(state, Step::Lines(-1)),
        Action::Down => travel::go(state, Step::Lines(1)),
        Action::PageUp => travel::go(state, Step::Screens(-1)),
        Action::PageDown => travel::go(state, Step::Screens(1)),
        Action::Home => travel::go(state, Step::Lines(isize::MIN)),
        Action::End => travel::go(state, Step::Lines(isize::MAX)),
        Action::Left => travel::sideways(state, -1),
        Action::Right => travel::sideways(state, 1),
        Action::NextPane => travel::pane(state, 1),
        Action::PreviousPane => travel::pane(state, -1),
        Action::Page(number) => open::page(state, number),
        Action::Enter => open::enter(state),
        Action::NextFinding => open::finding(state, 1),
        Action::PreviousFinding => open::finding(state, -1),
        Action::NextHit => travel::hit(state, 1),
        Action::PreviousHit => travel::hit(state, -1),
        Action::Filter => edit::open(state),
        Action::FilterBefore => edit::before(state),
        Action::NoFilter => edit::away(state),
        Action::GoTo => ask::go_to(state),
        Action::Command => edit::open_command(state, ""),
        Action::Bookmark => bookmark::toggle(state, ""),
        Action::Bookmarks => bookmark::list(state),
        Action::Save => ask::save(state),
        Action::Mark => pick::mark(state),
        Action::Copy => {
            let text = pick::text(state);
            return text.map(Effect::Copy).into_iter().collect();
        }
        Action::CopyScreen => return vec![Effect::Copy(screens::as_text(state))],
        Action::CopyAll => {
            let text = pick::whole(state);
            return text.map(Effect::Copy).into_iter().collect();
        }
        Action::Tab(tab) => open::tab(state, tab),
        Action::NextSort => return travel::sort(state, |sort, keys| sort.moved(1, keys)),
        Action::PreviousSort => return travel::sort(state, |sort, keys| sort.moved(-1, keys)),
        Action::ReverseSort => return travel::sort(state, |sort, _| sort.reversed()),
        Action::NextTheme => settings::next_theme(state),
        Action::Private => settings::private(state),
        Action::Name => settings::ask_name(state),
        Action::Compare => return compare::open(state),
        Action::Reload => return reopen::again(state),
        Action::Open => reopen::ask_file(state),
        Action::KeyLog => reopen::ask_key_log(state),
        Action::Columns => settings::choose_columns(state),
        Action::Face => travel::face(state),
        Action::Worst => travel::worst(state),
        Action::ZoomIn => zoom::closer(state),
        Action::ZoomOut => zoom::wider(state),
        Action::ZoomAll => zoom::all(state),
        Action::Earlier => zoom::pan(state, -1),
        Action::Later => zoom::pan(state, 1),
        Action::PreviousRound => travel::round(state, -1),
        Action::NextRound => travel::round(state, 1),
        Action::TimeMode => {
            state.time_mode = state.time_mode.next();
            state.tell(format!("times: {}", state.time_mode.words()));
        }
        Action::Pause => live::pause(state),
        Action::Now => live::now(state),
        Action::CaptureFilter => ask::capture_filter(state),
        Action::Fold => {
            let analysis = Arc::clone(&state.analysis);
            if let Some(call) = &mut state.call {
                call.folded = !call.folded;
                call.refold(&analysis);
            }
        }
    }
    Vec::new()
}

/// Takes news.
pub fn hear(state: &mut State, news: News) -> Vec<Effect> {
    match news {
        News::Progress(loading) => state.loading = Some(loading),
        News::Snapshot(analysis, files) => live::take(state, analysis, files),
        News::Reopened(new) => reopen::take(state, *new),
        News::Opened(new) => reopen::begin(state, *new),
        News::NotReopened(text) => reopen::refused(state, text),
        News::Loaded => {
            live::end(state);
            state.loading = None;
            state.loaded = true;
            // What was searched so far was searched in the part that was read: look again.
            let call = state.call.as_mut().map(|call| &mut call.packets);
            for packets in call.into_iter().chain([&mut state.packets]) {
                packets.lines.clear();
                if packets.matches.is_some() {
                    packets.wanted = packets.wanted.or_else(|| packets.selected());
                    packets.matches = None;
                }
            }
        }
        News::Saved { text, good } => {
            state.saving = false;
            if good {
                state.tell(text);
            } else {
                state.complain(text);
            }
        }
        News::Judged {
            scope,
            number,
            passed,
            done,
        } => sheet::judged(state, scope, number, passed, done),
        News::Found {
            target,
            scan,
            frames,
            looked_at,
            done,
        } => {
            let packets = match target {
                Target::Page => Some(&mut state.packets),
                Target::Call => state.call.as_mut().map(|call| &mut call.packets),
            };
            if let Some(packets) = packets {
                packets.found(scan, &frames, looked_at, done);
            }
        }
    }
    Vec::new()
}

/// Shows a new snapshot.
fn show(state: &mut State, mut analysis: Arc<Analysis>, files: Arc<[FileInfo]>) {
    if !state.own_names.is_empty() {
        let scene = &mut Arc::make_mut(&mut analysis).scene;
        give_names(scene, &state.own_names);
    }
    state.mask.learn(&analysis.scene, &state.names);
    state.known = Arc::new(Known::of(&analysis.scene));
    state.packets.totals = files.iter().map(|file| file.packets).collect();
    state.files = files;
    state.calls.refresh(&analysis);
    state.findings.refresh(&analysis);
    if let Some(call) = &mut state.call {
        call.refresh(&analysis);
        call.packets.totals.clone_from(&state.packets.totals);
    }
    state.analysis = analysis;
    sheet::arrange(state, Scope::Http);
    sheet::arrange(state, Scope::Flows);
    sheet::arrange(state, Scope::Allocations);
}

/// Is a call's tab on the screen, and which?
fn tab(state: &State) -> Option<Tab> {
    state
        .call
        .as_ref()
        .filter(|_| state.page == Page::Calls)
        .map(|call| call.tab)
}
