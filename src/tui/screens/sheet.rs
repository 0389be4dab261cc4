//! A sheet: rows in columns, and the selected row in detail below or beside them.
//!
//! ```text
//! ┌ Offer and answer ──────────────────────────────────────────────────────────┐
//! │   direction   sendonly              recvonly             alice sends       │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ┌ Detail ────────────────────────────────────────────────────────────────────┐
//! │ the same without cuts, and what there is to say of it                      │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::keymap::Scope;
use crate::tui::screens::media;
use crate::tui::sheet;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::state::State;
use crate::tui::text::wrap;
use crate::tui::theme::Theme;
use crate::tui::times::stamp;
use crate::tui::widgets::filtered::heading;
use crate::tui::widgets::filtered::say_nothing_passes;
use crate::tui::widgets::lines;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::inside;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::style_row;
use crate::tui::widgets::table::Columns;
use crate::vocab::time::Timestamp;

/// The list's pane, the detail's pane; the latter empty where nothing is listed.
pub fn areas(body: Rect, state: &State, scope: Scope) -> (Rect, Rect) {
    if sheet::is_empty(state, scope) {
        // Of nothing there is no detail.
        return split_below(body, body.height);
    }
    if scope == Scope::Media {
        // The charts are what the screen is for.
        let rows = u16::try_from(sheet::length(state, scope)).unwrap_or(u16::MAX);
        let list = rows
            .saturating_add(3)
            .clamp(4, (body.height * 2 / 5).max(4));
        return split_below(body, list.min(body.height));
    }
    if matches!(scope, Scope::Http | Scope::Flows | Scope::Allocations) {
        if body.width < BESIDE {
            return split_below(body, body.height / 2);
        }
        let mut list = body.width * 3 / 5;
        if scope == Scope::Flows {
            // What is told of a conversation is short; the list has both addresses and all protocols.
            list = list.max(body.width.saturating_sub(FLOW_DETAIL_MOST));
        }
        let (left, right) = (list, body.width - list);
        return (
            Rect {
                width: left,
                ..body
            },
            Rect {
                x: body.x + left,
                width: right,
                ..body
            },
        );
    }
    let detail = (body.height / 3).clamp(5, DETAIL_MOST).min(body.height);
    split_below(body, body.height - detail)
}

fn split_below(body: Rect, list: u16) -> (Rect, Rect) {
    (
        Rect {
            height: list,
            ..body
        },
        Rect {
            y: body.y + list,
            height: body.height - list,
            ..body
        },
    )
}

/// Rows of the list that fit.
pub fn list_height(body: Rect, state: &State, scope: Scope) -> usize {
    inside(areas(body, state, scope).0)
        .height
        .saturating_sub(1)
        .into()
}

/// Lines of the detail that fit.
pub fn detail_height(body: Rect, state: &State, scope: Scope) -> usize {
    inside(areas(body, state, scope).1).height.into()
}

/// Lines of the detail when broken to its width.
pub fn detail_length(body: Rect, state: &State, scope: Scope) -> usize {
    let columns = inside(areas(body, state, scope).1).width.saturating_sub(4);
    lines::lay_out(&sheet::detail(state, scope), columns).len()
}

/// Draws the sheet.
pub fn render(buffer: &mut Buffer, body: Rect, state: &State, scope: Scope) {
    let (list, below) = areas(body, state, scope);
    render_list(buffer, list, state, scope);
    if below.is_empty() {
        return;
    }
    match (scope, &state.call) {
        (Scope::Media, Some(open)) => media::render_charts(buffer, below, state, open),
        _ => render_detail(buffer, below, state, scope),
    }
}

fn render_list(buffer: &mut Buffer, area: Rect, state: &State, scope: Scope) {
    let theme = state.theme;
    let Some(listing) = sheet::listing(state, scope) else {
        return;
    };
    let (length, all) = (sheet::length(state, scope), sheet::all(state, scope));
    let title = heading(&sheet::title(state, scope), &listing.filter, length, all);
    let inner = pane(buffer, area, &title, !listing.in_detail, theme);
    if length == 0 && listing.is_judging() {
        put(buffer, inner, 1, 0, "Looking …", theme.dim());
        return;
    }
    if length == 0 && all > 0 && !listing.filter.is_empty() {
        say_nothing_passes(buffer, inner, &listing.filter, theme);
        return;
    }
    if length == 0 {
        let text = match &state.loading {
            Some(_) => "Reading. What is found appears here.",
            None => sheet::empty(state, scope),
        };
        let lines = wrap(text, usize::from(inner.width.saturating_sub(2)));
        for (y, line) in (0..inner.height).zip(lines) {
            put(buffer, inner, 1, y, &line, theme.dim());
        }
        return;
    }
    let table = Columns::new(&sheet::columns(state, scope), inner.width.saturating_sub(3));
    let cells = Rect {
        x: inner.x + 2,
        width: inner.width.saturating_sub(3),
        ..inner
    };
    table.head(buffer, cells, 0, theme.dim());
    let height = usize::from(inner.height.saturating_sub(1));
    let mut previous = None;
    for (y, at) in (1..inner.height).zip(listing.cursor.visible(length, height)) {
        let Some(row) = sheet::row(state, scope, at) else {
            continue;
        };
        table.row(
            buffer,
            cells,
            y,
            &pieces(state, &row.cells, &table, &mut previous),
        );
        if row.frames.iter().any(|frame| state.marks.contains(frame)) {
            put(buffer, inner, 1, y, "•", theme.poor());
        }
        if at == listing.cursor.at {
            put(buffer, inner, 0, y, "▸", theme.bold());
            let style = if listing.in_detail {
                theme.selected_elsewhere()
            } else {
                theme.selected()
            };
            style_row(buffer, inner, y, style);
        }
    }
    if length > height {
        let note = format!("{} of {length}", listing.cursor.at + 1);
        pane_note(buffer, area, &note, theme.dim());
    }
}

fn pieces(
    state: &State,
    cells: &[Cell],
    table: &Columns,
    previous: &mut Option<Timestamp>,
) -> Vec<Piece> {
    let each = cells.iter().enumerate().map(|(at, cell)| match cell {
        Cell::Stretch(from, until, ink) => {
            let text = stretch(*from, *until, table.room(at).into());
            Piece::new(text, style(*ink, state.theme))
        }
        Cell::Text(text, ink) => Piece::new(text.clone(), style(*ink, state.theme)),
        Cell::Time(at) => {
            let text = stamp(state, *at, *previous, 3);
            *previous = Some(*at);
            Piece::plain(text)
        }
    });
    each.collect()
}

/// `····▐██▌`: a stretch of what `columns` stand for.
fn stretch(from: f64, until: f64, columns: usize) -> String {
    let last = columns.saturating_sub(1);
    let place = |part: f64| ((part.clamp(0.0, 1.0) * last as f64).round() as usize).min(last);
    let (first, end) = (place(from), place(until).max(place(from)));
    let bar = match end - first {
        0 => "▌".to_owned(),
        more => format!("▐{}▌", "█".repeat(more - 1)),
    };
    format!("{}{bar}", "·".repeat(first))
}

fn style(ink: Ink, theme: Theme) -> Style {
    match ink {
        Ink::Plain => Style::new(),
        Ink::Dim => theme.dim(),
        Ink::Bold => theme.bold(),
        Ink::Good => theme.good(),
        Ink::Poor => theme.poor(),
        Ink::Bad => theme.bad(),
        Ink::Of(layer) => theme.layer(layer),
    }
}

fn render_detail(buffer: &mut Buffer, area: Rect, state: &State, scope: Scope) {
    let Some(listing) = sheet::listing(state, scope) else {
        return;
    };
    let inner = pane(buffer, area, "Detail", listing.in_detail, state.theme);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let detail = sheet::detail(state, scope);
    let length = lines::lay_out(&detail, inner.width.saturating_sub(2)).len();
    let height = usize::from(inner.height);
    let top = listing.detail_top.min(length.saturating_sub(height));
    lines::render(buffer, inner, &detail, top, state.theme);
    if length > height {
        let note = format!("{} of {length}", (top + height).min(length));
        pane_note(buffer, area, &note, state.theme.dim());
    }
}

/// From this width on the detail of long lists stands beside them.
const BESIDE: u16 = 150;
/// Columns of the detail of a conversation beside the list, at most.
const FLOW_DETAIL_MOST: u16 = 66;
/// Lines of a detail pane below a list at most, borders included.
const DETAIL_MOST: u16 = 14;
