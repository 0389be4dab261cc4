//! The calls of a capture, and the selected one over time.
//!
//! ```text
//! ┌ Calls ────────────────────────────────────────────────────────────────────────────────────┐
//! │   outcome      start   length  who                              path            media     │
//! │ ▸ ● ok         0.846   16.3 s  alice → videoroom 100 (publisher) srflx→host udp ▲ VP8 …   │
//! └───────────────────────────────────────────────────────────────────────────────────────────┘
//! ┌ alice → videoroom 100 (publisher) ────────────────────────────────────────────────────────┐
//! │ lanes                                                                                     │
//! └───────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::track::signaling::dialogue::Dialogue;
use crate::tui::screens::over_time;
use crate::tui::sheet::{ABSENT, sorted};
use crate::tui::state::State;
use crate::tui::state::calls::{Row, SORTS, Subject};
use crate::tui::state::columns::CallColumn;
use crate::tui::state::listing::Sort;
use crate::tui::text::{count, counted, percent, shown, span, wrap};
use crate::tui::times::{Times, stamp};
use crate::tui::widgets::filtered::heading;
use crate::tui::widgets::filtered::say_nothing_passes;
use crate::tui::widgets::lanes;
use crate::tui::widgets::paint::{Piece, inside, pane, pane_note, put, put_pieces, style_row};
use crate::tui::widgets::table::{Column, Columns, Fit};
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::time::Timestamp;

/// The list's pane, the timeline's pane.
pub fn areas(body: Rect, state: &State) -> (Rect, Rect) {
    let rows = u16::try_from(state.calls.shown.len())
        .unwrap_or(u16::MAX)
        .max(1);
    let wanted = lanes::height(&state.calls.lanes)
        .saturating_add(2)
        .clamp(8, 14);
    let most = body.height.saturating_sub(wanted).max(5);
    let list = rows.saturating_add(3).min(most).min(body.height);
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
pub fn list_height(body: Rect, state: &State) -> usize {
    inside(areas(body, state).0).height.saturating_sub(1).into()
}

/// Draws the page.
pub fn render(buffer: &mut Buffer, body: Rect, state: &State) {
    let (list, below) = areas(body, state);
    render_list(buffer, list, state);
    render_selected(buffer, below, state);
}

fn render_list(buffer: &mut Buffer, area: Rect, state: &State) {
    let (theme, calls) = (state.theme, &state.calls);
    let (left, all) = (calls.shown.len(), calls.rows.len());
    let title = heading(&name(calls.sort), &calls.filter, left, all);
    let inner = pane(buffer, area, &title, true, theme);
    if calls.shown.is_empty() {
        if !calls.rows.is_empty() {
            say_nothing_passes(buffer, inner, &calls.filter, theme);
            return;
        }
        let text = match &state.loading {
            Some(_) if state.live.is_some() => {
                "Capturing. Calls appear here as soon as they are seen; page 2 has the packets."
            }
            Some(_) => "Reading. Calls appear here as soon as they are seen.",
            None if state.analysis.capture.packets == 0 => "There is no packet in this capture.",
            None => "No WebRTC call and no signaling was found. Page 2 has the packets.",
        };
        let lines = wrap(text, usize::from(inner.width.saturating_sub(2)));
        for (y, line) in (0..inner.height).zip(lines) {
            put(buffer, inner, 1, y, &line, theme.dim());
        }
        return;
    }
    let table = Columns::new(&columns(state), inner.width.saturating_sub(3));
    let cells = Rect {
        x: inner.x + 2,
        width: inner.width.saturating_sub(3),
        ..inner
    };
    table.head(buffer, cells, 0, theme.dim());
    let height = usize::from(inner.height.saturating_sub(1));
    let mut previous = None;
    for (y, at) in (1..inner.height).zip(calls.cursor.visible(calls.shown.len(), height)) {
        let Some(row) = calls.shown.get(at).and_then(|&at| calls.rows.get(at)) else {
            continue;
        };
        table.row(buffer, cells, y, &pieces(state, row, previous));
        previous = Some(row.start);
        if state
            .live
            .as_ref()
            .is_some_and(|view| view.is_over(row.end))
        {
            style_row(buffer, inner, y, theme.dim());
        }
        if at == calls.cursor.at {
            put(buffer, inner, 0, y, "▸", theme.bold());
            style_row(buffer, inner, y, theme.selected());
        }
    }
    if calls.shown.len() > height {
        pane_note(
            buffer,
            area,
            &counted(calls.shown.len() as u64, "call"),
            theme.dim(),
        );
    }
}

/// `Calls`, `Calls by loss, the last first`.
fn name(sort: Sort) -> String {
    match sort {
        sort if sort == Sort::default() => "Calls".to_owned(),
        sort => sorted("Calls", sort, &SORTS),
    }
}

fn pieces(state: &State, row: &Row, previous: Option<Timestamp>) -> Vec<Piece> {
    let columns = state.calls.columns.iter();
    columns
        .map(|column| piece(state, *column, row, previous))
        .collect()
}

fn piece(state: &State, column: CallColumn, row: &Row, previous: Option<Timestamp>) -> Piece {
    match column {
        CallColumn::Outcome => {
            let (glyph, style, word) = state.theme.outcome(row.outcome);
            Piece::new(format!("{glyph} {word}"), style)
        }
        CallColumn::Start => Piece::plain(stamp(state, row.start, previous, 3)),
        CallColumn::Length => Piece::plain(span(row.end.since(row.start))),
        CallColumn::Who => Piece::plain(row.who.clone()),
        CallColumn::Path => Piece::plain(row.path.clone()),
        CallColumn::Media => Piece::plain(row.media.clone()),
        CallColumn::Signaling => Piece::plain(row.signaling),
        CallColumn::Setup => Piece::plain(row.setup.map_or_else(|| ABSENT.to_owned(), span)),
        CallColumn::Loss => {
            let (lost, expected) = row.loss;
            let style = if lost > 0 {
                state.theme.poor()
            } else {
                state.theme.dim()
            };
            Piece::new(
                percent(lost, expected).unwrap_or_else(|| ABSENT.to_owned()),
                style,
            )
        }
        CallColumn::Findings => Piece::plain(count(row.findings as u64)),
    }
}

fn render_selected(buffer: &mut Buffer, area: Rect, state: &State) {
    let Some(row) = state.calls.selected() else {
        pane(buffer, area, "", false, state.theme);
        return;
    };
    let inner = pane(buffer, area, &row.who, false, state.theme);
    match row.subject {
        Subject::Call(id) => {
            if let Some(call) = state.analysis.scene.peer_connections.get(id.index()) {
                let lanes = &state.calls.lanes;
                let rest = over_time::render(buffer, area, state, call, lanes, None);
                render_conclusions(buffer, rest, state, id);
            }
        }
        Subject::Dialogue(id) => {
            let inner = Rect {
                x: inner.x + 1,
                width: inner.width.saturating_sub(2),
                ..inner
            };
            if let Some(dialogue) = state.analysis.scene.dialogues.get(id.index()) {
                render_dialogue(buffer, inner, state, dialogue);
            }
        }
    }
}

/// How the call came out and why, how long its setup took, and what was found.
fn render_conclusions(buffer: &mut Buffer, area: Rect, state: &State, id: PeerConnectionId) {
    let (theme, analysis) = (state.theme, &state.analysis);
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let mut verdicts = analysis.verdicts.iter();
    let verdict = verdicts.find(|verdict| verdict.peer_connection == Some(id));
    if let Some(verdict) = verdict {
        let (glyph, style, word) = theme.outcome(verdict.outcome);
        let stage = verdict.stage.map(|stage| format!(" at {}", stage.label()));
        let cause = verdict.cause.and_then(|at| analysis.findings.get(at));
        let cause = cause.map(|finding| &finding.title);
        let why = cause
            .or_else(|| verdict.cannot_tell.first())
            .map(|why| format!(": {}", shown(why)));
        lines.push(vec![
            Piece::new(
                format!("{glyph} {word}{}", stage.unwrap_or_default()),
                style,
            ),
            Piece::plain(why.unwrap_or_default()),
        ]);
    }
    if let Some(call) = analysis.scene.peer_connections.get(id.index()) {
        let took = [
            ("signaling", call.setup.signaling),
            ("ICE", call.setup.ice),
            ("DTLS", call.setup.dtls),
            ("first media after", call.setup.first_media),
        ];
        let known = took
            .into_iter()
            .filter_map(|(name, took)| Some(format!("{name} {}", span(took?))));
        let known: Vec<String> = known.collect();
        if !known.is_empty() {
            lines.push(vec![
                Piece::new("setup  ", theme.dim()),
                Piece::plain(known.join(" · ")),
            ]);
        }
    }
    let cause = verdict.and_then(|verdict| verdict.cause);
    let others = analysis
        .findings
        .iter()
        .enumerate()
        .filter(|(at, finding)| finding.peer_connection == Some(id) && cause != Some(*at));
    for (_, finding) in others {
        let (glyph, style) = theme.severity(finding.severity);
        lines.push(vec![
            Piece::new(format!("{glyph} "), style),
            Piece::new(
                format!("{:<9} ", finding.layer.word()),
                theme.finding(finding.layer),
            ),
            Piece::plain(shown(&finding.title).into_owned()),
        ]);
    }
    put_roomy(buffer, area, &lines);
}

/// Lines below each other; one that is cut goes on below itself where rows are left, so that none is pushed out.
fn put_roomy(buffer: &mut Buffer, area: Rect, lines: &[Vec<Piece>]) {
    let mut left = usize::from(area.height).saturating_sub(lines.len());
    let mut y = 0;
    for line in lines {
        let Some((last, before)) = line.split_last() else {
            continue;
        };
        let x = put_pieces(buffer, area, 0, y, before);
        // Below what stands before it, unless that is a sentence's begin.
        let hang = if x > HANG_MOST { 2 } else { x };
        let room = |from: u16| usize::from(area.width.saturating_sub(from));
        let mut parts = wrap(&last.text, room(x));
        if parts.len() > 1 {
            let rest = parts.split_off(1).join(" ");
            parts.extend(wrap(&rest, room(hang)));
        }
        if parts.len() > left + 1 {
            put(buffer, area, x, y, &last.text, last.style);
            y += 1;
            continue;
        }
        left -= parts.len() - 1;
        for (at, part) in parts.iter().enumerate() {
            let from = if at == 0 { x } else { hang };
            put(buffer, area, from, y, part, last.style);
            y += 1;
        }
    }
}

/// The messages of signaling that led to no call: there is no more to it than these.
fn render_dialogue(buffer: &mut Buffer, area: Rect, state: &State, dialogue: &Dialogue) {
    let theme = state.theme;
    let table = Columns::new(MESSAGE_COLUMNS, area.width);
    for (y, message) in (0..area.height).zip(&dialogue.messages) {
        let style = if message.error.is_some() {
            theme.bad()
        } else {
            ratatui::style::Style::new()
        };
        let cells = [
            Piece::plain(stamp(state, message.at, None, 3)),
            Piece::new(message.from.word(), theme.dim()),
            Piece::new(shown(&message.summary).into_owned(), style),
        ];
        table.row(buffer, area, y, &cells);
    }
}

fn columns(state: &State) -> Vec<Column> {
    let times = Times::of(state, 3);
    let each = state.calls.columns.iter().map(|column| match column {
        CallColumn::Outcome => Column::fixed("outcome", 10, Fit::Left),
        CallColumn::Start => Column::fixed(times.title, times.columns, Fit::Right),
        CallColumn::Length => Column::fixed("length", 10, Fit::Right),
        CallColumn::Who => Column::flexible("who", 14, 4, Fit::Left),
        CallColumn::Path => Column::flexible("path", 11, 1, Fit::Left),
        CallColumn::Media => Column::flexible("media", 12, 3, Fit::Left),
        CallColumn::Signaling => Column::fixed("signaling", 9, Fit::Left),
        CallColumn::Setup => Column::fixed("setup", 9, Fit::Right),
        CallColumn::Loss => Column::fixed("loss", 7, Fit::Right),
        CallColumn::Findings => Column::fixed("findings", 8, Fit::Right),
    });
    each.collect()
}

/// Columns that a line's first words may take for the rest to stand below the rest.
const HANG_MOST: u16 = 12;

const MESSAGE_COLUMNS: &[Column] = &[
    Column::fixed("time", 12, Fit::Right),
    Column::fixed("from", 6, Fit::Left),
    Column::flexible("what", 20, 1, Fit::Left),
];
