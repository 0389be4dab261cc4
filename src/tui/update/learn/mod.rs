//! The page of lessons: its keys, and the way from a step to the screens and back.
//!
//! `pointer` has what the mouse does there.

mod pointer;

pub(super) use pointer::point;

use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;
use tui_input::Input;
use tui_input::InputRequest;

use crate::lessons::answer::Mark;
use crate::lessons::exhibit::Place;
use crate::tui::effect::Effect;
use crate::tui::keymap::Scope;
use crate::tui::screens;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::state::call::Tab;
use crate::tui::update::edit;
use crate::tui::update::jump;
use crate::tui::update::jump::Spot;
use crate::vocab::ids::PeerConnectionId;

/// Takes a key on the page of lessons; `None` for keys that mean there what they mean everywhere.
pub(super) fn key(state: &mut State, key: KeyEvent) -> Option<Vec<Effect>> {
    if state.page != Page::Learn || key.modifiers.contains(KeyModifiers::CONTROL) {
        return None;
    }
    if state.learn.typed.is_some() {
        return Some(type_key(state, key));
    }
    if let Some(top) = state.learn.terms {
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => state.learn.terms = Some(top + 1),
            KeyCode::Up | KeyCode::Char('k') => state.learn.terms = Some(top.saturating_sub(1)),
            KeyCode::PageDown => state.learn.terms = Some(top + PAGE),
            KeyCode::PageUp => state.learn.terms = Some(top.saturating_sub(PAGE)),
            _ => state.learn.terms = None,
        }
        return Some(Vec::new());
    }
    if state.learn.open {
        in_lesson(state, key.code)
    } else {
        in_list(state, key.code)
    }
}

fn in_list(state: &mut State, code: KeyCode) -> Option<Vec<Effect>> {
    let length = state.learn.lessons.len();
    match code {
        KeyCode::Up | KeyCode::Char('k') => state.learn.cursor.step(-1, length),
        KeyCode::Down | KeyCode::Char('j') => state.learn.cursor.step(1, length),
        KeyCode::Home => state.learn.cursor.at = 0,
        KeyCode::End => state.learn.cursor.at = length.saturating_sub(1),
        KeyCode::Enter | KeyCode::Right => {
            return Some(begin(state));
        }
        KeyCode::Esc | KeyCode::Char('q') => {
            state.page = Page::Calls;
        }
        KeyCode::Char('?') => state.learn.terms = Some(0),
        code => return passed_on(code),
    }
    Some(Vec::new())
}

fn in_lesson(state: &mut State, code: KeyCode) -> Option<Vec<Effect>> {
    let height = usize::from(screens::areas(state).body.height).max(4) - 3;
    let screen = isize::try_from(height).unwrap_or(1);
    match code {
        KeyCode::Up | KeyCode::Char('k') => scroll(state, -1),
        KeyCode::Down | KeyCode::Char('j') => scroll(state, 1),
        KeyCode::PageUp => scroll(state, -screen),
        KeyCode::PageDown | KeyCode::Char(' ') => scroll(state, screen),
        KeyCode::Home => scroll(state, isize::MIN),
        KeyCode::End => scroll(state, isize::MAX),
        KeyCode::Tab | KeyCode::BackTab => state.learn.in_evidence = !state.learn.in_evidence,
        KeyCode::Right | KeyCode::Char('l' | 'n') => return Some(step(state, 1)),
        KeyCode::Left | KeyCode::Char('h' | 'p') => return Some(step(state, -1)),
        KeyCode::Char('x') => {
            let count = state.learn.shown.as_ref().map_or(0, |it| it.exhibits.len());
            state.learn.exhibit = (state.learn.exhibit + 1) % count.max(1);
            state.learn.evidence_top = 0;
        }
        KeyCode::Char('a') => ask(state),
        KeyCode::Char('c') => return Some(other_capture(state)),
        KeyCode::Char('?') => state.learn.terms = Some(0),
        KeyCode::Enter => open(state),
        KeyCode::Esc | KeyCode::Char('q') => {
            state.learn.open = false;
            return Some(vec![Effect::SaveProgress]);
        }
        code => return passed_on(code),
    }
    Some(Vec::new())
}

/// Opens the lesson that is selected.
fn begin(state: &mut State) -> Vec<Effect> {
    let lesson = state.learn.lessons.get(state.learn.cursor.at);
    let Some(number) = lesson.map(|it| it.number) else {
        return Vec::new();
    };
    state.learn.begin(number);
    vec![Effect::SaveProgress]
}

/// Scrolls the pane that has the keys.
fn scroll(state: &mut State, lines: isize) {
    let most = screens::learn::longest(state);
    let learn = &mut state.learn;
    let (top, most) = if learn.in_evidence {
        (&mut learn.evidence_top, most.1)
    } else {
        (&mut learn.prose_top, most.0)
    };
    *top = top.saturating_add_signed(lines).min(most);
}

/// Lets an answer be typed.
fn ask(state: &mut State) {
    let shown = state.learn.shown.as_ref();
    if shown.is_some_and(|it| it.question.is_some()) {
        state.learn.typed = Some(Input::default());
    } else {
        state.tell("nothing is asked here");
    }
}

/// Pages and the screen's copy work here too; other keys would act on what is not seen.
fn passed_on(code: KeyCode) -> Option<Vec<Effect>> {
    match code {
        KeyCode::Char('1'..='9' | 'Y') => None,
        _ => Some(Vec::new()),
    }
}

fn type_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => {
            state.learn.typed = None;
            return Vec::new();
        }
        KeyCode::Enter => {
            let typed = state.learn.typed.take();
            let text = typed.map(|typed| typed.value().to_owned());
            return text.map(|text| reply(state, text)).unwrap_or_default();
        }
        _ => {}
    }
    let Some(request) = edit::request(key.code, false) else {
        return Vec::new();
    };
    if let Some(typed) = &mut state.learn.typed
        && (typed.value().len() < ANSWER_MAX || !matches!(request, InputRequest::InsertChar(_)))
    {
        typed.handle(request);
    }
    Vec::new()
}

/// Marks an answer.
fn reply(state: &mut State, typed: String) -> Vec<Effect> {
    let shown = state.learn.shown.as_ref();
    let Some(asked) = shown.and_then(|it| it.question.as_ref()) else {
        return Vec::new();
    };
    let mark = asked.mark(&typed);
    let wanted = asked.wanted.clone();
    match mark {
        Mark::Right => state.tell("right"),
        Mark::Wrong => state.complain("not quite: there is a hint now"),
        Mark::Unreadable => state.complain(format!("that cannot be read as {wanted}")),
    }
    state.learn.reply = Some((typed, mark));
    // What follows the answer stands below it.
    state.learn.prose_top = screens::learn::longest(state).0;
    if mark == Mark::Right {
        state.learn.solve();
        return vec![Effect::SaveProgress];
    }
    Vec::new()
}

/// To the next step or the one before; after a lesson's last comes the next lesson.
fn step(state: &mut State, by: isize) -> Vec<Effect> {
    let learn = &mut state.learn;
    let steps = learn.lesson().map_or(0, |it| it.steps.len());
    match learn.step.checked_add_signed(by) {
        Some(step) if step < steps => learn.go_to(learn.lesson, step),
        Some(_) if learn.lesson + 1 < learn.lessons.len() => learn.go_to(learn.lesson + 1, 0),
        Some(_) => {
            state.tell("that was the last step: well done");
            return Vec::new();
        }
        None => {
            state.tell("this is the first step; Esc lists the lessons");
            return Vec::new();
        }
    }
    vec![Effect::SaveProgress]
}

/// Opens the capture that the step names, or the user's own again.
fn other_capture(state: &mut State) -> Vec<Effect> {
    if state.live.is_some() {
        state.tell("another capture cannot be opened while this one runs");
        return Vec::new();
    }
    let Some(step) = state.learn.step() else {
        return Vec::new();
    };
    if state.learn.home.is_some() {
        vec![Effect::OpenOwn]
    } else {
        vec![Effect::OpenBuiltIn(step.capture.clone())]
    }
}

/// Opens the screen that shows the evidence; back leads here.
fn open(state: &mut State) {
    let shown = state.learn.shown.as_ref();
    let exhibit = shown.and_then(|it| it.exhibits.get(state.learn.exhibit));
    let Some(place) = exhibit.map(|it| it.place.clone()) else {
        state.tell("there is nothing to open here");
        return;
    };
    match place {
        Place::Frame(frame, field) => {
            jump::show_frame(state, Some(frame));
            state.learn.light = field;
        }
        Place::Ladder(call, frame) => {
            open_call(state, call, Tab::Ladder);
            // The rows before the first that shows the frame are the way there.
            jump::go_to(state, Spot::Frame(frame));
        }
        Place::Ice(call) => open_call(state, call, Tab::Ice),
        Place::Agreed(call) => open_call(state, call, Tab::OfferAnswer),
        Place::Dtls(call) => open_call(state, call, Tab::Dtls),
        Place::Media(call, _) => open_call(state, call, Tab::Media),
        Place::Http(exchange) => {
            let mut shown = state.http.shown.iter();
            if let Some(at) = shown.position(|at| *at == exchange.index()) {
                state.http.cursor.at = at;
            }
            state.page = Page::Http;
        }
    }
    state.came_from = Some(Page::Learn);
}

fn open_call(state: &mut State, id: PeerConnectionId, tab: Tab) {
    let mut call = Call::open(&state.analysis, id);
    call.packets.totals.clone_from(&state.packets.totals);
    call.tab = tab;
    state.call = Some(call);
    state.page = Page::Calls;
    crate::tui::sheet::arrange(state, Scope::Media);
}

/// What has to be played or opened for the page to be drawn.
pub(super) fn settle(state: &mut State) -> Vec<Effect> {
    if state.page != Page::Learn || state.loading.is_some() {
        return Vec::new();
    }
    if state.learn.lessons.is_empty() {
        state.learn.prepare();
    }
    let Some(step) = state.learn.step() else {
        return Vec::new();
    };
    // Without a capture of one's own each step is shown on the one that it names.
    if let Some(open) = &state.learn.built_in
        && *open != step.capture
        && state.learn.home.is_none()
    {
        return vec![Effect::OpenBuiltIn(step.capture.clone())];
    }
    let columns = screens::learn::columns(state);
    let learn = &mut state.learn;
    let wanted = (learn.lesson, learn.step, columns, learn.changes);
    if learn.played == Some(wanted) {
        return Vec::new();
    }
    learn.played = Some(wanted);
    vec![Effect::Play(columns)]
}

/// Longest answer, bytes.
const ANSWER_MAX: usize = 200;
/// Lines that a page of terms moves.
const PAGE: usize = 10;
