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

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::style::Style;
use ratatui::widgets::Clear;
use ratatui::widgets::Widget;

use crate::lessons::answer::Mark;
use crate::lessons::exhibit::Shade;
use crate::lessons::glossary;
use crate::lessons::play::Shown;
use crate::lessons::prose;
use crate::tui::screens::areas;
use crate::tui::state::State;
use crate::tui::state::learn::Learn;
use crate::tui::text::wrap;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::inside;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::put_pieces;
use crate::tui::widgets::paint::style_row;
use crate::tui::widgets::prose::blocks;

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

/// Columns that exhibits have.
pub fn columns(state: &State) -> usize {
    usize::from(inside(panes(areas(state).body).1).width).saturating_sub(1)
}

/// The furthest that prose and evidence scroll, lines.
pub fn longest(state: &State) -> (usize, usize) {
    let (left, right) = panes(areas(state).body);
    let (left, right) = (inside(left), inside(right));
    let shown = state.learn.shown.as_ref();
    let prose = prose_lines(state, left.width.saturating_sub(2).into()).len();
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
        render_list(buffer, body, state);
    }
    if let Some(top) = state.learn.terms {
        render_terms(buffer, body, state, top);
    }
}

fn render_list(buffer: &mut Buffer, body: Rect, state: &State) {
    let (theme, learn) = (state.theme, &state.learn);
    let inner = pane(
        buffer,
        body,
        "Learn how a call works, on real packets",
        true,
        theme,
    );
    let mut y = 0;
    for (at, lesson) in learn.lessons.iter().enumerate() {
        let done = (0..lesson.steps.len()).filter(|step| learn.is_done(at, *step));
        let (done, all) = (done.count(), lesson.steps.len());
        let sign = match done {
            0 => "·",
            done if done == all => "●",
            _ => "◐",
        };
        let text = format!(" {sign} {}. {}", lesson.number, lesson.title);
        put(buffer, inner, 1, y, &text, theme.bold());
        let note = format!("{done} of {all} answered");
        let x = inner
            .width
            .saturating_sub(u16::try_from(note.len()).unwrap_or(0) + 1);
        put(buffer, inner, x, y, &note, theme.dim());
        if at == learn.cursor.at {
            style_row(buffer, inner, y, theme.selected());
        }
        y += 1;
        // What a lesson is about, where there is room for all of them.
        // Its title and an empty line stand around it.
        let room = usize::from(inner.height) / learn.lessons.len().max(1);
        if let Some(room) = room.checked_sub(2).filter(|&room| room > 0) {
            let about = wrap(&lesson.about, usize::from(inner.width).saturating_sub(8));
            let cut = about.len() > room;
            for (at, line) in about.iter().take(room).enumerate() {
                let end = if cut && at + 1 == room { " …" } else { "" };
                put(buffer, inner, 6, y, &format!("{line}{end}"), theme.dim());
                y += 1;
            }
            y += 1;
        }
    }
    pane_note(buffer, body, "Enter: begin, or go on", theme.dim());
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
    let room = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let lines = prose_lines(state, room.width.into());
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

/// Prose, question, answer and what follows it, in lines of `columns`.
fn prose_lines(state: &State, columns: usize) -> Vec<Vec<Piece>> {
    let (theme, learn) = (state.theme, &state.learn);
    let mut lines = Vec::new();
    let plain = |text: &str, style: Style| -> Vec<Vec<Piece>> {
        let lines = wrap(text, columns).into_iter();
        lines.map(|line| vec![Piece::new(line, style)]).collect()
    };
    let Some(shown) = &learn.shown else {
        return plain("Reading the capture …", theme.dim());
    };
    if let Some(absent) = &shown.absent {
        lines.extend(plain(&absent.sentence(), Style::new()));
        lines.push(Vec::new());
        let go = if learn.home.is_some() {
            "c: back to your own capture · → next step"
        } else {
            "c: open that capture here · → next step"
        };
        lines.extend(plain(go, theme.bold()));
        return lines;
    }
    if learn.home.is_some() {
        let text = "This is a built-in capture; c leads back to yours.";
        lines.extend(plain(text, theme.dim()));
        lines.push(Vec::new());
    }
    blocks(&mut lines, &shown.prose, columns, theme);
    ask(&mut lines, learn, shown, columns, theme);
    lines
}

fn ask(lines: &mut Vec<Vec<Piece>>, learn: &Learn, shown: &Shown, columns: usize, theme: Theme) {
    let mark = learn.reply.as_ref().map(|(_, mark)| *mark);
    let solved = learn.is_done(learn.lesson, learn.step) || mark == Some(Mark::Right);
    if let Some(asked) = &shown.question {
        lines.push(vec![Piece::new("Question", theme.bold())]);
        blocks(lines, &asked.prose, columns, theme);
        for (number, option) in (1..).zip(&asked.options) {
            let option = format!("{number}. {option}");
            for (at, line) in wrap(&option, columns.saturating_sub(3))
                .into_iter()
                .enumerate()
            {
                let indent = if at == 0 { "" } else { "   " };
                lines.push(vec![Piece::plain(format!("{indent}{line}"))]);
            }
        }
        if !asked.options.is_empty() {
            lines.push(Vec::new());
        }
        if let Some(typed) = &learn.typed {
            lines.push(vec![
                Piece::new("▸ ", theme.bold()),
                Piece::plain(typed.value().to_owned()),
                Piece::new(" ", theme.selected()),
            ]);
            let text = format!("{} · Enter: check · Esc: not now", asked.wanted);
            lines.push(vec![Piece::new(text, theme.dim())]);
        } else if let Some((typed, mark)) = &learn.reply {
            let (sign, style, word) = match mark {
                Mark::Right => ("●", theme.good(), "right"),
                Mark::Wrong => ("✖", theme.bad(), "not quite"),
                Mark::Unreadable => ("✖", theme.bad(), "cannot be read"),
            };
            lines.push(vec![
                Piece::plain(format!("{typed}  ")),
                Piece::new(format!("{sign} {word}"), style),
            ]);
        } else if !solved {
            lines.push(vec![
                Piece::new("a", theme.bold()),
                Piece::new(format!(": answer ({})", asked.wanted), theme.dim()),
            ]);
        }
        lines.push(Vec::new());
        if !solved && matches!(mark, Some(Mark::Wrong)) {
            lines.push(vec![Piece::new("Hint", theme.bold())]);
            blocks(lines, &asked.hint, columns, theme);
            lines.push(vec![Piece::new("a: answer again", theme.dim())]);
        }
        if solved {
            // An option is a sentence: it may take more than one line.
            let answer = wrap(&asked.answer, columns.saturating_sub(2));
            for (at, line) in answer.into_iter().enumerate() {
                let sign = if at == 0 { "● " } else { "  " };
                lines.push(vec![
                    Piece::new(sign, theme.good()),
                    Piece::new(line, theme.bold()),
                ]);
            }
            lines.push(Vec::new());
        }
    }
    if solved || shown.question.is_none() {
        lines.push(vec![Piece::new("Why it matters", theme.bold())]);
        blocks(lines, &shown.why, columns, theme);
        lines.push(vec![Piece::new("→ next step", theme.dim())]);
    }
}

/// The terms of the step with their meanings, then the keys.
fn render_terms(buffer: &mut Buffer, body: Rect, state: &State, top: usize) {
    let theme = state.theme;
    let width = body.width.min(TERMS_WIDTH);
    let over = Rect {
        x: body.x + (body.width - width) / 2,
        width,
        ..body
    };
    Clear.render(over, buffer);
    let inner = pane(buffer, over, "Terms of this step, and keys", true, theme);
    let columns = usize::from(inner.width).saturating_sub(4);
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for key in terms(state) {
        let Some(entry) = glossary::find(&key) else {
            continue;
        };
        lines.push(vec![Piece::new(entry.term.to_owned(), theme.bold())]);
        let meaning = wrap(&entry.meaning, columns).into_iter();
        lines.extend(meaning.map(|it| vec![Piece::plain(format!("  {it}"))]));
        lines.push(vec![Piece::new(
            format!("  {}", entry.reference),
            theme.dim(),
        )]);
        lines.push(Vec::new());
    }
    lines.push(vec![Piece::new("Keys", theme.bold())]);
    lines.extend(KEYS.iter().map(|(key, does)| {
        vec![
            Piece::plain(format!("  {key:<10}")),
            Piece::new((*does).to_owned(), theme.dim()),
        ]
    }));
    let top = top.min(lines.len().saturating_sub(inner.height.into()));
    for (y, line) in (0..inner.height).zip(lines.iter().skip(top)) {
        put_pieces(buffer, inner, 1, y, line);
    }
    note(buffer, over, top, inner.height, lines.len(), theme);
}

/// Keys of the terms that the step links to, in its order.
fn terms(state: &State) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let Some(shown) = &state.learn.shown else {
        return keys;
    };
    let asked = shown.question.iter();
    let asked = asked.flat_map(|it| [&it.prose, &it.hint]);
    for blocks in std::iter::once(&shown.prose)
        .chain(asked)
        .chain([&shown.why])
    {
        for term in prose::spans(blocks)
            .into_iter()
            .filter_map(|it| it.term.as_ref())
        {
            if !keys.contains(term) {
                keys.push(term.clone());
            }
        }
    }
    keys
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

const KEYS: &[(&str, &str)] = &[
    ("→ n", "next step"),
    ("← p", "step before"),
    ("↑ ↓", "scroll; PgUp, PgDn and Space by screens"),
    ("Tab", "let the other pane scroll"),
    ("a", "answer the question"),
    (
        "Enter",
        "open the screen that shows the evidence; Esc there leads back",
    ),
    ("x", "next piece of evidence"),
    (
        "c",
        "open the capture that the step names, and back to yours",
    ),
    ("?", "the terms of the step, and these keys"),
    ("Esc", "the list of lessons; from there, the calls"),
    ("1 … 6", "the pages"),
];
/// Columns of the terms.
const TERMS_WIDTH: u16 = 76;
