//! Prose of a step, its question, the answer and what follows it, in lines; and which of them can be clicked.

use std::ops::Range;

use ratatui::style::Style;

use crate::lessons::answer::Mark;
use crate::lessons::play::Shown;
use crate::tui::screens::learn::Target;
use crate::tui::state::State;
use crate::tui::state::learn::Learn;
use crate::tui::text::wrap;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::prose::blocks;

/// Prose, question, answer and what follows it.
#[derive(Debug, Default)]
pub(super) struct Prose {
    /// Lines of pieces.
    pub(super) lines: Vec<Vec<Piece>>,
    /// Which of the lines can be clicked.
    pub(super) targets: Vec<(Range<usize>, Target)>,
}

impl Prose {
    /// The open step, in lines of `columns`.
    pub(super) fn of(state: &State, columns: usize) -> Self {
        let mut prose = Self::default();
        step(&mut prose, state, columns);
        prose
    }

    /// Lines since `from` can be clicked.
    fn target(&mut self, from: usize, target: Target) {
        self.targets.push((from..self.lines.len(), target));
    }
}

fn step(prose: &mut Prose, state: &State, columns: usize) {
    let (theme, learn) = (state.theme, &state.learn);
    let plain = |text: &str, style: Style| -> Vec<Vec<Piece>> {
        let lines = wrap(text, columns).into_iter();
        lines.map(|line| vec![Piece::new(line, style)]).collect()
    };
    let Some(shown) = &learn.shown else {
        prose.lines = plain("Reading the capture …", theme.dim());
        return;
    };
    if let Some(absent) = &shown.absent {
        prose.lines.extend(plain(&absent.sentence(), Style::new()));
        prose.lines.push(Vec::new());
        let go = if learn.home.is_some() {
            "c: back to your own capture · → next step"
        } else {
            "c: open that capture here · → next step"
        };
        let from = prose.lines.len();
        prose.lines.extend(plain(go, theme.bold()));
        prose.target(from, Target::Capture);
        return;
    }
    if learn.home.is_some() {
        let text = "This is a built-in capture; c leads back to yours.";
        prose.lines.extend(plain(text, theme.dim()));
        prose.target(0, Target::Capture);
        prose.lines.push(Vec::new());
    }
    blocks(&mut prose.lines, &shown.prose, columns, theme);
    ask(prose, learn, shown, columns, theme);
}

fn ask(prose: &mut Prose, learn: &Learn, shown: &Shown, columns: usize, theme: Theme) {
    let mark = learn.reply.as_ref().map(|(_, mark)| *mark);
    let solved = learn.is_done(learn.lesson, learn.step) || mark == Some(Mark::Right);
    if let Some(asked) = &shown.question {
        prose.lines.push(vec![Piece::new("Question", theme.bold())]);
        blocks(&mut prose.lines, &asked.prose, columns, theme);
        for (number, option) in (1..).zip(&asked.options) {
            let from = prose.lines.len();
            let option = format!("{number}. {option}");
            for (at, line) in wrap(&option, columns.saturating_sub(3))
                .into_iter()
                .enumerate()
            {
                let indent = if at == 0 { "" } else { "   " };
                prose
                    .lines
                    .push(vec![Piece::plain(format!("{indent}{line}"))]);
            }
            prose.target(from, Target::Choice(number));
        }
        if !asked.options.is_empty() {
            prose.lines.push(Vec::new());
        }
        if let Some(typed) = &learn.typed {
            prose.lines.push(vec![
                Piece::new("▸ ", theme.bold()),
                Piece::plain(typed.value().to_owned()),
                Piece::new(" ", theme.selected()),
            ]);
            let text = format!("{} · Enter: check · Esc: not now", asked.wanted);
            prose.lines.push(vec![Piece::new(text, theme.dim())]);
        } else if let Some((typed, mark)) = &learn.reply {
            let (sign, style, word) = match mark {
                Mark::Right => ("●", theme.good(), "right"),
                Mark::Wrong => ("✖", theme.bad(), "not quite"),
                Mark::Unreadable => ("✖", theme.bad(), "cannot be read"),
            };
            prose.lines.push(vec![
                Piece::plain(format!("{typed}  ")),
                Piece::new(format!("{sign} {word}"), style),
            ]);
        } else if !solved {
            prose.lines.push(vec![
                Piece::new("a", theme.bold()),
                Piece::new(format!(": answer ({})", asked.wanted), theme.dim()),
            ]);
            prose.target(prose.lines.len() - 1, Target::Answer);
        }
        prose.lines.push(Vec::new());
        if !solved && matches!(mark, Some(Mark::Wrong)) {
            prose.lines.push(vec![Piece::new("Hint", theme.bold())]);
            blocks(&mut prose.lines, &asked.hint, columns, theme);
            prose
                .lines
                .push(vec![Piece::new("a: answer again", theme.dim())]);
            prose.target(prose.lines.len() - 1, Target::Answer);
        }
        if solved {
            // An option is a sentence: it may take more than one line.
            let answer = wrap(&asked.answer, columns.saturating_sub(2));
            for (at, line) in answer.into_iter().enumerate() {
                let sign = if at == 0 { "● " } else { "  " };
                prose.lines.push(vec![
                    Piece::new(sign, theme.good()),
                    Piece::new(line, theme.bold()),
                ]);
            }
            prose.lines.push(Vec::new());
        }
    }
    if solved || shown.question.is_none() {
        prose
            .lines
            .push(vec![Piece::new("Why it matters", theme.bold())]);
        blocks(&mut prose.lines, &shown.why, columns, theme);
        prose
            .lines
            .push(vec![Piece::new("→ next step", theme.dim())]);
        prose.target(prose.lines.len() - 1, Target::Next);
    }
}
