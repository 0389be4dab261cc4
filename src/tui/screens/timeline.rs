//! A call over time: its lanes, and below them what happened, line by line; the selected line is marked on the lanes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::timeline::fold::Fold;
use crate::timeline::ladder::Course;
use crate::timeline::ladder::Row;
use crate::tui::screens::call::model;
use crate::tui::screens::over_time;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::text::counted;
use crate::tui::text::frames;
use crate::tui::text::shown;
use crate::tui::times::Times;
use crate::tui::times::stamp;
use crate::tui::widgets::arrows::idle;
use crate::tui::widgets::filtered::heading;
use crate::tui::widgets::lanes;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::inside;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::style_row;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Columns;
use crate::tui::widgets::table::Fit;
use crate::vocab::time::Timestamp;

/// The lanes' pane, the list's pane.
pub fn areas(body: Rect, open: &Call) -> (Rect, Rect) {
    let wanted = lanes::height(&open.lanes).saturating_add(2);
    let lanes = wanted.min(body.height * 3 / 5);
    (
        Rect {
            height: lanes,
            ..body
        },
        Rect {
            y: body.y + lanes,
            height: body.height - lanes,
            ..body
        },
    )
}

/// Lines of the list that fit.
pub fn list_height(body: Rect, open: &Call) -> usize {
    inside(areas(body, open).1).height.into()
}

/// Draws the tab.
pub fn render(buffer: &mut Buffer, body: Rect, state: &State, open: &Call) {
    let (above, list) = areas(body, open);
    pane(buffer, above, "Over time", false, state.theme);
    if let Some(call) = model(state, open) {
        let selected = open.selected_row().and_then(|at| open.rows.get(at));
        let cursor = selected.map(|row| row.at);
        over_time::render(buffer, above, state, call, &open.lanes, cursor);
    }
    render_list(buffer, list, state, open);
}

fn render_list(buffer: &mut Buffer, area: Rect, state: &State, open: &Call) {
    let theme = state.theme;
    let inner = pane(
        buffer,
        area,
        &list_title("What happened", open),
        true,
        theme,
    );
    let table = Columns::new(&columns(state), inner.width.saturating_sub(3));
    let cells = Rect {
        x: inner.x + 2,
        width: inner.width.saturating_sub(3),
        ..inner
    };
    let visible = open.cursor.visible(open.folds.len(), inner.height.into());
    let mut previous: Option<Timestamp> = before(open, visible.start);
    for (y, at) in (0..inner.height).zip(visible) {
        match open.folds.get(at) {
            Some(Fold::Row(place)) => {
                if let Some(row) = open.rows.get(*place) {
                    table.row(
                        buffer,
                        cells,
                        y,
                        &pieces(state, open, row, open.is_hit(*place), previous),
                    );
                    previous = Some(row.at);
                    // What the lanes do not show.
                    if open
                        .zoom
                        .stretch()
                        .is_some_and(|shown| !shown.holds(row.at))
                    {
                        style_row(buffer, inner, y, theme.dim());
                    }
                    if open.is_hit(*place) {
                        put(buffer, inner, 0, y, "/", theme.poor());
                    }
                    if row.frames.iter().any(|frame| state.marks.contains(frame)) {
                        put(buffer, inner, 1, y, "•", theme.poor());
                    }
                }
            }
            Some(Fold::Idle { rows, lasted }) => {
                put(
                    buffer,
                    cells,
                    12,
                    y,
                    &idle(rows.len(), *lasted),
                    theme.dim(),
                );
            }
            None => {}
        }
        if at == open.cursor.at {
            put(buffer, inner, 0, y, "▸", theme.bold());
            style_row(buffer, inner, y, theme.selected());
        }
    }
    pane_note(buffer, area, &length(open), theme.dim());
}

/// `45 lines, 12 rows folded`.
pub fn length(open: &Call) -> String {
    let lines = counted(open.folds.len() as u64, "line");
    let shown = open
        .folds
        .iter()
        .filter(|line| matches!(line, Fold::Row(_)))
        .count();
    match open.rows.len().saturating_sub(shown) {
        0 => lines,
        folded => format!("{lines}, {} folded", counted(folded as u64, "row")),
    }
}

/// The heading of a list of rows, with what is searched for.
pub fn list_title(title: &str, open: &Call) -> String {
    let hits = open.hits.iter().filter(|hit| **hit).count();
    heading(title, &open.filter, hits, open.rows.len())
}

/// The time of the last row before a line: what times since the previous line count from.
pub fn before(open: &Call, line: usize) -> Option<Timestamp> {
    let above = open.folds.get(..line)?;
    above.iter().rev().find_map(|fold| match fold {
        Fold::Row(at) => open.rows.get(*at).map(|row| row.at),
        Fold::Idle { .. } => None,
    })
}

fn pieces(
    state: &State,
    open: &Call,
    row: &Row,
    hit: bool,
    previous: Option<Timestamp>,
) -> [Piece; 5] {
    let theme = state.theme;
    let style = theme.layer(row.layer);
    let name = |host: usize| -> String {
        let host = open.hosts.as_ref().and_then(|hosts| hosts.list.get(host));
        host.map(|host| shown(&host.name).into_owned())
            .unwrap_or_default()
    };
    let who = match row.course {
        Course::Arrow { from, to, .. } => format!("{} → {}", name(from), name(to)),
        Course::Both { one, other, .. } => format!("{} ↔ {}", name(one), name(other)),
        Course::Note => String::new(),
    };
    let hit = if hit { theme.bold() } else { Style::new() };
    [
        Piece::plain(stamp(state, row.at, previous, 3)),
        Piece::new(row.layer.word(), style),
        Piece::plain(who),
        Piece::new(
            shown(&row.text).into_owned(),
            theme.tone(row.tone, Style::new()).patch(hit),
        ),
        Piece::new(frames(&row.frames, &state.analysis.capture), theme.dim()),
    ]
}

fn columns(state: &State) -> [Column; 5] {
    [
        Column::fixed("time", Times::of(state, 3).columns.max(12), Fit::Right),
        Column::fixed("layer", 9, Fit::Left),
        Column::flexible("who", 14, 1, Fit::Left),
        Column::flexible("what", 24, 4, Fit::Left),
        Column::flexible("frames", 14, 1, Fit::Left),
    ]
}
