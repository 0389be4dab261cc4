//! The lessons, each with what it is about and how much of it is done.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::lessons::lesson::Lesson;
use crate::tui::state::State;
use crate::tui::text::wrap;
use crate::tui::widgets::paint::inside;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::style_row;

/// Draws the list.
pub(super) fn render(buffer: &mut Buffer, body: Rect, state: &State) {
    let (theme, learn) = (state.theme, &state.learn);
    let title = "Learn how a call works, on real packets";
    let inner = pane(buffer, body, title, true, theme);
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
        let about = about(state, lesson, inner);
        for line in about.iter().flatten() {
            put(buffer, inner, 6, y, line, theme.dim());
            y += 1;
        }
        y += u16::from(about.is_some());
    }
    pane_note(buffer, body, "Enter: begin, or go on", theme.dim());
}

/// The lesson that is drawn under the pointer, by its place.
pub(super) fn at(state: &State, body: Rect, pointer: Position) -> Option<usize> {
    let inner = inside(body);
    if !inner.contains(pointer) {
        return None;
    }
    let mut left = usize::from(pointer.y - inner.y);
    state.learn.lessons.iter().position(|lesson| {
        let about = about(state, lesson, inner);
        let lines = 1 + about.map_or(0, |about| about.len() + 1);
        let under = left < lines;
        left = left.saturating_sub(lines);
        under
    })
}

/// What a lesson is about, in lines; none where there is no room for those of all lessons.
fn about(state: &State, lesson: &Lesson, inner: Rect) -> Option<Vec<String>> {
    // A lesson's title and an empty line stand around it.
    let room = usize::from(inner.height) / state.learn.lessons.len().max(1);
    let room = room.checked_sub(2).filter(|&room| room > 0)?;
    let columns = usize::from(inner.width).saturating_sub(8);
    let mut lines = wrap(&lesson.about, columns);
    if lines.len() > room {
        lines.truncate(room);
        if let Some(last) = lines.last_mut() {
            last.push_str(" …");
        }
    }
    Some(lines)
}
