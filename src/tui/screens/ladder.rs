//! A call as arrows between hosts, with the selected one in detail: beside the ladder where there is room, else below it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::timeline::fold::Fold;
use crate::tui::screens::timeline::{before, length, list_title};
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::text::width;
use crate::tui::times::{Times, stamp};
use crate::tui::widgets::arrows::{self, Grid};
use crate::tui::widgets::lines;
use crate::tui::widgets::paint::{inside, pane, pane_note, put, style_row};

/// The ladder's pane, the detail's pane.
pub fn areas(body: Rect) -> (Rect, Rect) {
    if body.width >= BESIDE {
        let detail = (body.width * 2 / 5).min(DETAIL_MOST);
        let ladder = body.width - detail;
        return (
            Rect {
                width: ladder,
                ..body
            },
            Rect {
                x: body.x + ladder,
                width: detail,
                ..body
            },
        );
    }
    let detail = (body.height * 2 / 5).max(4).min(body.height);
    let ladder = body.height - detail;
    (
        Rect {
            height: ladder,
            ..body
        },
        Rect {
            y: body.y + ladder,
            height: detail,
            ..body
        },
    )
}

/// Lines of the ladder that fit.
pub fn list_height(body: Rect) -> usize {
    inside(areas(body).0).height.saturating_sub(HEAD).into()
}

/// Lines of the detail that fit.
pub fn detail_height(body: Rect) -> usize {
    inside(areas(body).1).height.into()
}

/// Lines of the detail, broken to its width.
pub fn detail_length(body: Rect, open: &Call) -> usize {
    lines::lay_out(&open.detail, inside(areas(body).1).width.saturating_sub(4)).len()
}

/// Draws the tab.
pub fn render(buffer: &mut Buffer, body: Rect, state: &State, open: &Call) {
    let (ladder, detail) = areas(body);
    render_ladder(buffer, ladder, state, open);
    let inner = pane(buffer, detail, "Detail", open.in_detail, state.theme);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let laid = lines::render(buffer, inner, &open.detail, open.detail_top, state.theme);
    if laid > usize::from(inner.height) {
        let text = format!(
            "{} of {laid}",
            (open.detail_top + usize::from(inner.height)).min(laid)
        );
        pane_note(buffer, detail, &text, state.theme.dim());
    }
}

/// Columns before the first lifeline: marker, time, mark.
fn margin(state: &State) -> u16 {
    Times::of(state, 3).columns + 4
}

fn render_ladder(buffer: &mut Buffer, area: Rect, state: &State, open: &Call) {
    let theme = state.theme;
    let inner = pane(
        buffer,
        area,
        &list_title("Ladder", open),
        !open.in_detail,
        theme,
    );
    let Some(hosts) = &open.hosts else {
        return;
    };
    let margin = margin(state);
    let grid = Grid::new(hosts.list.len(), inner.width.saturating_sub(margin));
    let drawing = Rect {
        x: inner.x + margin,
        width: inner.width.saturating_sub(margin),
        ..inner
    };
    arrows::head(buffer, drawing, &grid, &hosts.list, theme);
    let title = state.time_mode.title();
    put(
        buffer,
        inner,
        margin.saturating_sub(2 + u16::try_from(title.len()).unwrap_or(0)),
        0,
        title,
        theme.dim(),
    );
    let lines = Rect {
        y: inner.y + HEAD.min(inner.height),
        height: inner.height.saturating_sub(HEAD),
        ..inner
    };
    let drawing = Rect {
        x: drawing.x,
        width: drawing.width,
        ..lines
    };
    let visible = open.cursor.visible(open.folds.len(), lines.height.into());
    let mut previous = before(open, visible.start);
    for (y, at) in (0..lines.height).zip(visible) {
        let Some(fold) = open.folds.get(at) else {
            continue;
        };
        arrows::line(buffer, drawing, y, &grid, fold, &open.rows, theme);
        if let Fold::Row(place) = fold
            && let Some(row) = open.rows.get(*place)
        {
            let time = stamp(state, row.at, previous, 3);
            let x = margin.saturating_sub(2 + u16::try_from(width(&time)).unwrap_or(0));
            put(buffer, lines, x, y, &time, theme.dim());
            previous = Some(row.at);
            if row.frames.iter().any(|frame| state.marks.contains(frame)) {
                put(buffer, lines, margin - 2, y, "•", theme.poor());
            }
            if open.is_hit(*place) {
                put(buffer, lines, 0, y, "/", theme.poor());
            }
        }
        if at == open.cursor.at {
            put(buffer, lines, 0, y, "▸", theme.bold());
            let style = if open.in_detail {
                theme.selected_elsewhere()
            } else {
                theme.selected()
            };
            style_row(buffer, lines, y, style);
        }
    }
    pane_note(buffer, area, &length(open), theme.dim());
}

/// Lines of names and addresses.
const HEAD: u16 = 2;
/// From this width on the detail stands beside the ladder.
const BESIDE: u16 = 116;
/// Columns of the detail at most.
const DETAIL_MOST: u16 = 84;
