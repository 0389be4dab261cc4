//! Questions to the user and their answers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;
use tui_input::Input;
use tui_input::InputRequest;

use crate::tui::effect::Effect;
use crate::tui::effect::Query;
use crate::tui::keymap::Scope;
use crate::tui::state::Page;
use crate::tui::state::Prompt;
use crate::tui::state::PromptKind;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::state::calls::Subject;
use crate::tui::state::filter::Filter;
use crate::tui::update::edit;
use crate::tui::update::jump;
use crate::tui::update::jump::Spot;
use crate::tui::update::live;
use crate::tui::update::reopen;
use crate::tui::update::settings;
use crate::tui::update::settle::signaling_of;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::time::Timestamp;

/// Asks for a frame number, or an instant.
pub(super) fn go_to(state: &mut State) {
    ask(state, PromptKind::GoTo, String::new());
}

/// Asks where to save the marked frames; when none is marked, where to save the call.
pub(super) fn save(state: &mut State) {
    if !state.marks.is_empty() {
        ask(state, PromptKind::Save, "marked.pcapng".to_owned());
        return;
    }
    let open = state.call.as_ref().map(|call| call.id);
    let open = open.filter(|_| state.page == Page::Calls);
    let selected = match state.calls.selected().map(|row| row.subject) {
        Some(Subject::Call(id)) if state.scope() == Scope::Calls => Some(id),
        _ => None,
    };
    match open.or(selected) {
        Some(id) => {
            let name = format!("call-{}.pcapng", id.index() + 1);
            ask(state, PromptKind::SaveCall(id), name);
        }
        None => state.complain("nothing is marked: Space marks the selected frames"),
    }
}

/// Asks for another capture filter.
pub(super) fn capture_filter(state: &mut State) {
    match &state.live {
        Some(view) => {
            let known = view.filter.clone();
            ask(state, PromptKind::CaptureFilter, known);
        }
        None => state.complain(live::NOTHING_RUNS),
    }
}

fn ask(state: &mut State, kind: PromptKind, known: String) {
    state.help = None;
    state.prompt = Some(Prompt {
        kind,
        input: Input::new(known),
        error: None,
    });
}

/// Takes a key while a question is open.
pub(super) fn type_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let request = match key.code {
        KeyCode::Esc => {
            state.prompt = None;
            return Vec::new();
        }
        KeyCode::Enter => {
            return state
                .prompt
                .take()
                .map(|prompt| answer(state, &prompt))
                .unwrap_or_default();
        }
        KeyCode::Char('c') if ctrl => {
            state.prompt = None;
            return Vec::new();
        }
        KeyCode::Tab => {
            if let Some(PromptKind::Name(address)) = state.prompt.as_ref().map(|it| it.kind) {
                settings::ask_next_name(state, address);
            }
            return Vec::new();
        }
        code => match edit::request(code, ctrl) {
            Some(request) => request,
            None => return Vec::new(),
        },
    };
    if let Some(prompt) = &mut state.prompt
        && (prompt.input.value().chars().count() < ANSWER_MAX
            || !matches!(request, InputRequest::InsertChar(_)))
    {
        prompt.input.handle(request);
        prompt.error = None;
    }
    Vec::new()
}

/// Keeps a question for as long as it is not known whether its answer will do.
fn trying(state: &mut State, prompt: &Prompt, effects: Vec<Effect>) -> Vec<Effect> {
    state.tried = (!effects.is_empty()).then(|| Prompt {
        error: None,
        ..prompt.clone()
    });
    effects
}

fn answer(state: &mut State, prompt: &Prompt) -> Vec<Effect> {
    let text = prompt.input.value().trim();
    match prompt.kind {
        PromptKind::Open | PromptKind::KeyLog if text.is_empty() => {}
        PromptKind::Open => {
            let effects = reopen::file(state, text);
            return trying(state, prompt, effects);
        }
        PromptKind::KeyLog => {
            let effects = reopen::key_log(state, text);
            return trying(state, prompt, effects);
        }
        PromptKind::Name(address) => return settings::name(state, address, text),
        PromptKind::GoTo => {
            if let Err(wrong) = go(state, text) {
                state.complain(wrong);
            }
        }
        PromptKind::CaptureFilter => {
            let effects = vec![Effect::Refilter(text.to_owned())];
            return trying(state, prompt, effects);
        }
        PromptKind::SaveCall(id) => {
            if !text.is_empty() {
                return vec![save_call(state, id, PathBuf::from(text))];
            }
        }
        PromptKind::Save => {
            if !text.is_empty() {
                return vec![Effect::Save {
                    path: PathBuf::from(text),
                    frames: state.marks.iter().copied().collect(),
                }];
            }
        }
    }
    Vec::new()
}

/// Goes to a frame or an instant.
///
/// # Errors
///
/// The text is neither: a sentence that says so.
pub(super) fn go(state: &mut State, text: &str) -> Result<(), String> {
    let Some(spot) = spot(state, text) else {
        let text = crate::tui::text::shown(text);
        return Err(format!(
            "`{text}` is no frame and no instant of this capture"
        ));
    };
    jump::go_to(state, spot);
    Ok(())
}

/// Saves the marked frames, else the call.
pub(super) fn save_to(state: &mut State, path: PathBuf) -> Option<Effect> {
    // The questions know what would be saved.
    save(state);
    let kind = state.prompt.take()?.kind;
    match kind {
        PromptKind::SaveCall(id) => Some(save_call(state, id, path)),
        PromptKind::Save => Some(Effect::Save {
            path,
            frames: state.marks.iter().copied().collect(),
        }),
        _ => None,
    }
}

/// The search for the frames of a call, and the file they go to.
fn save_call(state: &mut State, id: PeerConnectionId, path: PathBuf) -> Effect {
    let known = state.call.as_ref().filter(|call| call.id == id);
    let also = known.map_or_else(
        || signaling_of(&Call::open(&state.analysis, id)),
        signaling_of,
    );
    state.saving = true;
    state.tell("saving the call");
    Effect::SaveCall {
        path,
        query: Query {
            filter: Filter::default(),
            analysis: Arc::clone(&state.analysis),
            call: Some(id),
            flow: None,
            also,
            totals: state.packets.totals.clone(),
            known: Arc::clone(&state.known),
        },
    }
}

/// A frame, or an instant: `17`, `2:17`; `12.5s`, `12.5`, `09:06:49.5`.
fn spot(state: &State, text: &str) -> Option<Spot> {
    if let Some(frame) = frame(state, text) {
        return Some(Spot::Frame(frame));
    }
    let scene = &state.analysis.scene;
    let at = match text.strip_suffix('s') {
        Some(seconds) => after(scene.start, seconds)?,
        None if text.matches(':').count() == 2 => on_the_clock(scene.start, text)?,
        None if text.contains('.') => after(scene.start, text)?,
        None => return None,
    };
    (at <= scene.end).then_some(Spot::Instant(at))
}

/// So many seconds after the first frame.
fn after(start: Timestamp, seconds: &str) -> Option<Timestamp> {
    let seconds = seconds.trim().parse::<f64>().ok()?;
    Some(start.after(Duration::try_from_secs_f64(seconds).ok()?))
}

/// `09:06:49.5`, UTC, of the day of the first frame, or of the next.
fn on_the_clock(start: Timestamp, text: &str) -> Option<Timestamp> {
    let mut parts = text.split(':');
    let hours = parts
        .next()?
        .trim()
        .parse::<u64>()
        .ok()
        .filter(|hours| *hours < 24)?;
    let minutes = parts
        .next()?
        .parse::<u64>()
        .ok()
        .filter(|minutes| *minutes < 60)?;
    let seconds = parts
        .next()?
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|seconds| *seconds < 61.0)?;
    let of_day = Duration::from_secs(hours * 3_600 + minutes * 60);
    let of_day = of_day.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
    let midnight = start.nanos() - start.nanos() % DAY.as_nanos() as u64;
    let at = Timestamp::from_nanos(midnight).after(of_day);
    // A second written without its fraction is the one that the capture starts in.
    let early = at.after(Duration::from_secs(1)) <= start;
    Some(if early { at.after(DAY) } else { at })
}

/// `17`, or `2:17` for frame 17 of the second file.
fn frame(state: &State, text: &str) -> Option<FrameNumber> {
    let (file, number) = text.split_once([':', '#']).unwrap_or(("1", text));
    let file = file.trim().parse::<u16>().ok()?.checked_sub(1)?;
    let number = number.trim().parse::<u64>().ok()?;
    let total = *state.packets.totals.get(usize::from(file))?;
    (1..=total)
        .contains(&number)
        .then(|| FrameNumber::new(file, number))
}

/// A day.
const DAY: Duration = Duration::from_secs(86_400);
/// Longest answer, characters.
const ANSWER_MAX: usize = 300;
