//! Lessons: left the prose, right the living evidence.
//!
//! ```text
//! ┌ 3. Candidates and NAT · 4 of 8 · The XOR undone by hand ┐┌ Frame 161 ───────────────┐
//! │ The answer in frame 161 says from which address …       ││   STUN  Binding success … │
//! │                                                         ││ ▶   XOR-MAPPED-ADDRESS  … │
//! │ Question                                                ││ 003a  ⟦00 20 00 08 …      │
//! │ ▸ _                                                     ││                           │
//! └─────────────────────────────────────────────────────────┘└──────────────────────────┘
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `list` | the lessons, and how much of each is done |
//! | `prose` | prose, question, answer, and what can be clicked in them |
//! | `terms` | the terms of a step, and the keys |

mod list;
mod prose;
mod terms;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::style::Style;

use crate::lessons::exhibit::Shade;
use crate::tui::screens::areas;
use crate::tui::screens::learn::prose::Prose;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::inside;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put_pieces;

/// The prose's pane, the evidence's.
fn panes(body: Rect) -> (Rect, Rect) {
    let left = body.width * 9 / 20;
    let right = Rect {
        x: body.x + left,
        width: body.width - left,
        ..body
    };
    (
        Rect {
            width: left,
            ..body
        },
        right,
    )
}

/// Where the prose stands inside its pane.
fn room(inside: Rect) -> Rect {
    Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    }
}

/// Something that can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A lesson of the list, by its place.
    Lesson(usize),
    /// An option of the question, from 1.
    Choice(usize),
    /// The invitation to answer.
    Answer,
    /// The way to the next step.
    Next,
    /// The way to another capture.
    Capture,
    /// The prose, where nothing of that stands.
    Prose,
    /// The evidence.
    Evidence,
}

/// What is under the pointer.
pub fn at(state: &State, pointer: Position) -> Option<Target> {
    let body = areas(state).body;
    if state.learn.lesson().is_none() {
        return list::at(state, body, pointer).map(Target::Lesson);
    }
    let (left, right) = panes(body);
    if right.contains(pointer) {
        return Some(Target::Evidence);
    }
    let room = room(inside(left));
    if !room.contains(pointer) {
        return left.contains(pointer).then_some(Target::Prose);
    }
    let prose = Prose::of(state, room.width.into());
    let most = prose.lines.len().saturating_sub(room.height.into());
    let line = state.learn.prose_top.min(most) + usize::from(pointer.y - room.y);
    let mut targets = prose.targets.into_iter();
    let under = targets.find(|(lines, _)| lines.contains(&line));
    Some(under.map_or(Target::Prose, |(_, target)| target))
}

/// Columns that exhibits have.
pub fn columns(state: &State) -> usize {
    usize::from(inside(panes(areas(state).body).1).width).saturating_sub(1)
}

/// The furthest that prose and evidence scroll, lines.
pub fn longest(state: &State) -> (usize, usize) {
    let (left, right) = panes(areas(state).body);
    let (left, right) = (inside(left), inside(right));
    let shown = state.learn.shown.as_ref();
    let prose = Prose::of(state, room(left).width.into()).lines.len();
    let evidence = shown
        .and_then(|it| it.exhibits.get(state.learn.exhibit))
        .map_or(0, |it| it.lines.len());
    (
        prose.saturating_sub(left.height.into()),
        evidence.saturating_sub(right.height.into()),
    )
}

/// Draws the page.
pub fn render(buffer: &mut Buffer, body: Rect, state: &State) {
    if state.learn.lesson().is_some() {
        render_step(buffer, body, state);
    } else {
        list::render(buffer, body, state);
    }
    if let Some(top) = state.learn.terms {
        terms::render(buffer, body, state, top);
    }
}

fn render_step(buffer: &mut Buffer, body: Rect, state: &State) {
    let (theme, learn) = (state.theme, &state.learn);
    let (left, right) = panes(body);
    let (Some(lesson), Some(step)) = (learn.lesson(), learn.step()) else {
        return;
    };
    let sign = if learn.is_done(learn.lesson, learn.step) {
        " ●"
    } else {
        ""
    };
    let place = format!(
        "{}.{} of {}{sign}",
        lesson.number,
        learn.step + 1,
        lesson.steps.len()
    );
    let title = format!("{place} · {}", step.title);
    let inner = pane(buffer, left, &title, !learn.in_evidence, theme);
    let room = room(inner);
    let lines = Prose::of(state, room.width.into()).lines;
    let top = learn
        .prose_top
        .min(lines.len().saturating_sub(room.height.into()));
    for (y, line) in (0..room.height).zip(lines.iter().skip(top)) {
        put_pieces(buffer, room, 0, y, line);
    }
    note(buffer, left, top, room.height, lines.len(), theme);
    render_evidence(buffer, right, state);
}

fn note(buffer: &mut Buffer, area: Rect, top: usize, height: u16, length: usize, theme: Theme) {
    if length > usize::from(height) {
        let last = (top + usize::from(height)).min(length);
        pane_note(buffer, area, &format!("{last} of {length}"), theme.dim());
    }
}

fn render_evidence(buffer: &mut Buffer, area: Rect, state: &State) {
    let (theme, learn) = (state.theme, &state.learn);
    let shown = learn.shown.as_ref();
    let exhibit = shown.and_then(|it| it.exhibits.get(learn.exhibit));
    let Some(exhibit) = exhibit else {
        pane(buffer, area, "Evidence", learn.in_evidence, theme);
        return;
    };
    let count = shown.map_or(0, |it| it.exhibits.len());
    let title = if count > 1 {
        format!(
            "{} · {} of {count}, x: next",
            exhibit.title,
            learn.exhibit + 1
        )
    } else {
        exhibit.title.clone()
    };
    let inner = pane(buffer, area, &title, learn.in_evidence, theme);
    let room = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(1),
        ..inner
    };
    let length = exhibit.lines.len();
    let top = learn
        .evidence_top
        .min(length.saturating_sub(room.height.into()));
    for (y, line) in (0..room.height).zip(exhibit.lines.iter().skip(top)) {
        let pieces: Vec<Piece> = line
            .iter()
            .map(|piece| Piece::new(piece.text.clone(), shade(piece.shade, theme)))
            .collect();
        put_pieces(buffer, room, 0, y, &pieces);
    }
    note(buffer, area, top, room.height, length, theme);
}

fn shade(shade: Shade, theme: Theme) -> Style {
    match shade {
        Shade::Plain => Style::new(),
        Shade::Dim => theme.dim(),
        Shade::Head => theme.bold(),
        Shade::Lit => theme.poor().add_modifier(Modifier::REVERSED),
        Shade::Good => theme.good(),
        Shade::Bad => theme.bad(),
    }
}

/// What the last line says.
pub fn footer(state: &State) -> Vec<(&'static str, &'static str)> {
    let learn = &state.learn;
    if learn.typed.is_some() {
        vec![("Enter", "check"), ("Esc", "not now")]
    } else if learn.terms.is_some() {
        vec![("Esc", "close"), ("↑↓", "scroll")]
    } else if learn.lesson().is_some() {
        vec![
            ("a", "answer"),
            ("Enter", "open evidence"),
            ("→", "next"),
            ("?", "terms, keys"),
            ("Esc", "lessons"),
        ]
    } else {
        vec![
            ("Enter", "begin"),
            ("↑↓", "choose"),
            ("?", "keys"),
            ("Esc", "calls"),
        ]
    }
}
