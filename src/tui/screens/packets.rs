//! Frames: the list, the selected one's decode tree, its bytes.
//!
//! ```text
//! ┌ Packets ───────────────────────────────────────────────────────────────────────┐
//! │   no.   time s   from                 to                   what                │
//! └────────────────────────────────────────────────────────────────────────────────┘
//! ┌ Frame 184 · call 1 ──────────────────┐┌ 86 bytes ──────────────────────────────┐
//! └──────────────────────────────────────┘└────────────────────────────────────────┘
//! ```

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::packet::summary::Summary;
use crate::tui::state::State;
use crate::tui::state::packets::{Packets, Pane};
use crate::tui::text::{count, elide_middle, shown, wrap};
use crate::tui::times::{Times, stamp};
use crate::tui::widgets::filtered::{heading, say_nothing_passes};
use crate::tui::widgets::hex::{self, Hex};
use crate::tui::widgets::paint::{Piece, inside, pane, pane_note, put, style_row};
use crate::tui::widgets::table::{Column, Columns, Fit};
use crate::tui::widgets::tree;
use crate::vocab::time::Timestamp;

/// Areas of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// The list.
    pub list: Rect,
    /// The decode tree.
    pub tree: Rect,
    /// The bytes.
    pub bytes: Rect,
}

/// The areas: tree and bytes below the list, beside each other where there is room.
pub fn areas(body: Rect) -> Areas {
    let row = |y: u16, height: u16| Rect {
        y: body.y + y,
        height,
        ..body
    };
    if body.width >= BESIDE {
        let list = body.height / 2;
        let below = row(list, body.height - list);
        let bytes = hex::WIDTH + 4;
        let tree = below.width - bytes;
        return Areas {
            list: row(0, list),
            tree: Rect {
                width: tree,
                ..below
            },
            bytes: Rect {
                x: below.x + tree,
                width: bytes,
                ..below
            },
        };
    }
    let bytes = (body.height / 4).max(3).min(body.height);
    let tree = ((body.height - bytes) / 2).max(3).min(body.height - bytes);
    let list = body.height - bytes - tree;
    Areas {
        list: row(0, list),
        tree: row(list, tree),
        bytes: row(list + tree, bytes),
    }
}

/// Rows of the list that fit.
pub fn list_height(body: Rect) -> usize {
    inside(areas(body).list).height.saturating_sub(1).into()
}

/// Draws the screen.
pub fn render(buffer: &mut Buffer, body: Rect, state: &State, packets: &Packets) {
    let areas = areas(body);
    render_list(buffer, areas.list, state, packets);
    render_tree(buffer, areas.tree, state, packets);
    render_bytes(buffer, areas.bytes, state, packets);
}

fn render_list(buffer: &mut Buffer, area: Rect, state: &State, packets: &Packets) {
    let theme = state.theme;
    let focused = packets.pane == Pane::List;
    let mut title = match packets.call {
        Some(id) => format!("Packets of call {}", id.index() + 1),
        None => "Packets".to_owned(),
    };
    if let Some(flow) = packets.flow {
        let _ = write!(title, " of {} ↔ {}", flow.a, flow.b);
    }
    let (left, all) = (packets.length(), packets.looked_through());
    let title = heading(&title, &packets.filter, left, all);
    let inner = pane(buffer, area, &title, focused, theme);
    let times = Times::of(state, 4).columns.max(12);
    let table = Columns::new(&columns(inner.width, times), inner.width.saturating_sub(2));
    let cells = Rect {
        x: inner.x + 2,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    table.head(buffer, cells, 0, theme.dim());
    put(
        buffer,
        cells,
        9,
        0,
        &format!("{:>1$}", state.time_mode.title(), usize::from(times) - 1),
        theme.dim(),
    );
    let (length, height) = (
        packets.length(),
        usize::from(inner.height.saturating_sub(1)),
    );
    let visible = packets.cursor.visible(length, height);
    let mut previous = previous(packets, visible.start);
    for (y, at) in (1..inner.height).zip(visible) {
        let Some(number) = packets.number(at) else {
            continue;
        };
        match packets.lines.get(&number) {
            Some(summary) => {
                table.row(
                    buffer,
                    cells,
                    y,
                    &pieces(state, summary, previous, inner.width),
                );
                previous = Some(summary.at);
            }
            None => {
                table.row(buffer, cells, y, &[Piece::plain(number.to_string())]);
            }
        }
        if state.marks.contains(&number) {
            put(buffer, inner, 1, y, "•", theme.poor());
        }
        if at == packets.cursor.at {
            put(buffer, inner, 0, y, "▸", theme.bold());
            let style = if focused {
                theme.selected()
            } else {
                theme.selected_elsewhere()
            };
            style_row(buffer, inner, y, style);
        }
    }
    note(buffer, area, state, packets, length);
    if length == 0
        && packets.matches.as_ref().is_none_or(|matches| matches.done)
        && state.loading.is_none()
    {
        if packets.filter.is_empty() {
            put(buffer, inner, 1, 1, "No packets.", theme.dim());
        } else {
            let below = Rect {
                y: inner.y + 1.min(inner.height),
                height: inner.height.saturating_sub(1),
                ..inner
            };
            say_nothing_passes(buffer, below, &packets.filter, theme);
        }
    }
}

fn note(buffer: &mut Buffer, area: Rect, state: &State, packets: &Packets, length: usize) {
    let place = if length == 0 {
        0
    } else {
        packets.cursor.at as u64 + 1
    };
    let mut text = format!("{} of {}", count(place), count(length as u64));
    if let Some(matches) = packets.matches.as_ref().filter(|matches| !matches.done) {
        let all = packets.totals.iter().sum::<u64>();
        let part = matches.looked_at.saturating_mul(100) / all.max(1);
        let _ = write!(text, ", searching, {part} % of {} · Esc stops", count(all));
    }
    pane_note(buffer, area, &text, state.theme.dim());
}

/// The time of the line before the first one shown.
fn previous(packets: &Packets, first: usize) -> Option<Timestamp> {
    let number = packets.number(first.checked_sub(1)?)?;
    packets.lines.get(&number).map(|summary| summary.at)
}

fn pieces(
    state: &State,
    summary: &Summary,
    previous: Option<Timestamp>,
    columns: u16,
) -> [Piece; 5] {
    let theme = state.theme;
    let style = theme.layer(summary.layer);
    // In a narrow window hosts tell more than ports, and the message tells more than both.
    let end = |text: &str| -> String {
        let host = text
            .rsplit_once(':')
            .filter(|_| summary.tuple.is_some() && columns < WIDE);
        host.map_or(text, |(host, _)| host).to_owned()
    };
    let file = if state.files.len() > 1 {
        format!("{}:", summary.number.file() + 1)
    } else {
        String::new()
    };
    [
        Piece::plain(format!("{file}{}", summary.number)),
        Piece::new(stamp(state, summary.at, previous, 4), theme.dim()),
        Piece::plain(end(&summary.source)),
        Piece::plain(end(&summary.destination)),
        Piece::new(format!("{} {}", summary.protocol, summary.text), style),
    ]
}

fn columns(width: u16, times: u16) -> [Column; 5] {
    let (ends, share, what) = if width < WIDE {
        (13, 0, (12, 1))
    } else {
        (21, 1, (26, 8))
    };
    [
        Column::fixed("no.", 7, Fit::Right),
        Column::fixed("", times, Fit::Right),
        Column::flexible("from", ends, share, Fit::Middle),
        Column::flexible("to", ends, share, Fit::Middle),
        Column::flexible("what", what.0, what.1, Fit::Left),
    ]
}

fn render_tree(buffer: &mut Buffer, area: Rect, state: &State, packets: &Packets) {
    let theme = state.theme;
    let focused = packets.pane == Pane::Tree;
    let open = packets
        .open
        .as_ref()
        .filter(|open| Some(open.frame.number) == packets.selected());
    let Some(open) = open else {
        let inner = pane(buffer, area, "Decode", focused, theme);
        if let Some(trouble) = &packets.trouble {
            put(buffer, inner, 1, 0, &shown(trouble), theme.bad());
        }
        return;
    };
    let frame = &open.frame;
    let tuple = packets
        .lines
        .get(&frame.number)
        .and_then(|summary| summary.tuple);
    let call = tuple.and_then(|tuple| state.known.call(&tuple));
    let call = call
        .map(|id| format!(" · call {}", id.index() + 1))
        .unwrap_or_default();
    let file = state
        .names
        .get(usize::from(frame.number.file()))
        .filter(|_| state.files.len() > 1);
    let file = file
        .map(|name| format!(" of {}", elide_middle(&shown(name), 30)))
        .unwrap_or_default();
    let inner = pane(
        buffer,
        area,
        &format!("Frame {}{file}{call}", frame.number),
        focused,
        theme,
    );
    tree::render(buffer, inner, &open.tree, open.at, focused, theme);
    if let Some(comment) = &frame.comment {
        pane_note(buffer, area, &format!("“{}”", shown(comment)), theme.dim());
    }
}

fn render_bytes(buffer: &mut Buffer, area: Rect, state: &State, packets: &Packets) {
    let theme = state.theme;
    let focused = packets.pane == Pane::Bytes;
    let open = packets
        .open
        .as_ref()
        .filter(|open| Some(open.frame.number) == packets.selected());
    let Some(open) = open else {
        pane(buffer, area, "Bytes", focused, theme);
        return;
    };
    if state.private {
        let inner = pane(buffer, area, "Bytes", focused, theme);
        let text = "Not shown in privacy mode: bytes hold addresses and names as they are.";
        for (y, line) in (0..inner.height).zip(wrap(text, inner.width.saturating_sub(2).into())) {
            put(buffer, inner, 1, y, &line, theme.dim());
        }
        return;
    }
    let captured = open.frame.data.len();
    let wire = open.frame.original_length as usize;
    let title = if captured < wire {
        format!("{captured} of {wire} bytes, the rest was cut")
    } else {
        format!("{captured} bytes")
    };
    let inner = pane(buffer, area, &title, focused, theme);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(1),
        ..inner
    };
    let lit = open
        .tree
        .get(open.at.at)
        .map(|line| line.range.clone())
        .unwrap_or_default();
    let what = Hex {
        bytes: &open.frame.data,
        top: open.bytes_top,
        lit,
        cursor: focused.then_some(open.byte),
    };
    hex::render(buffer, inner, &what, theme);
}

/// From this width on tree and bytes stand beside each other.
const BESIDE: u16 = 120;
/// From this width on the list shows ports.
const WIDE: u16 = 100;
