//! What is drawn where. Each screen knows its areas, from which both `render` and the mouse go.
//!
//! ```text
//! title, pages                                       1 line
//! call, tabs (with a call open)                      1 line
//! the screen                                         the rest
//! keys, a question, or news                          1 line
//! ```

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::privacy;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::state::call::Tab;
use crate::tui::text::width as text_width;
use crate::tui::text::wrap;
use crate::tui::widgets::bars;
use crate::tui::widgets::chooser;
use crate::tui::widgets::editor;
use crate::tui::widgets::help;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::seal;
use crate::vocab::time::Timestamp;

pub mod call;
pub mod calls;
pub mod charts;
pub mod compare;
pub mod findings;
pub mod ice;
pub mod ladder;
pub mod learn;
pub mod media;
pub mod over_time;
pub mod packets;
pub mod sheet;
pub mod timeline;

/// Areas that all screens share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// Title and pages.
    pub title: Rect,
    /// The open call and its tabs; empty without one.
    pub call: Rect,
    /// The screen.
    pub body: Rect,
    /// Keys.
    pub footer: Rect,
}

/// The areas of a terminal of this size.
pub fn areas(state: &State) -> Areas {
    let (width, height) = state.size;
    let call = u16::from(state.page == Page::Calls && state.call.is_some());
    let row = |y, height| Rect {
        x: 0,
        y,
        width,
        height,
    };
    Areas {
        title: row(0, 1),
        call: row(1, call),
        body: row(1 + call, height.saturating_sub(2 + call)),
        footer: row(height.saturating_sub(1), 1),
    }
}

/// The stretch of time to draw of a call: while it is captured, up to this instant.
fn stretch(state: &State, first: Timestamp, last: Timestamp) -> (Timestamp, Timestamp) {
    match &state.live {
        Some(view) => view.stretch(first, last),
        None => (first, last),
    }
}

/// Draws everything. Changes nothing.
pub fn render(frame: &mut Frame<'_>, state: &State) {
    draw(frame.buffer_mut(), state);
}

/// The screen as text, without colours.
pub fn as_text(state: &State) -> String {
    let (width, height) = state.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(&mut buffer, state);
    let rows = buffer.content.chunks(usize::from(width.max(1)));
    let lines = rows.map(|row| {
        let mut line = String::new();
        let mut covered: usize = 0;
        for cell in row {
            // The column after a wide character is part of it.
            if covered > 0 {
                covered -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            covered = text_width(cell.symbol()).saturating_sub(1);
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn draw(buffer: &mut Buffer, state: &State) {
    privacy::with(state.mask_in_force(), || draw_all(buffer, state));
}

fn draw_all(buffer: &mut Buffer, state: &State) {
    let whole = buffer.area;
    if whole.width < LEAST.0 || whole.height < LEAST.1 {
        let text = format!(
            "rtcscope needs at least {} columns and {} lines: please make the window larger.",
            LEAST.0, LEAST.1
        );
        for (y, line) in (0..whole.height).zip(wrap(&text, whole.width.into())) {
            put(buffer, whole, 0, y, &line, Style::new());
        }
        return;
    }
    let areas = areas(state);
    bars::title(buffer, areas.title, state);
    match (state.page, &state.call) {
        (Page::Calls, None) => calls::render(buffer, areas.body, state),
        (Page::Calls, Some(open)) => {
            call::title(buffer, areas.call, state, open);
            match open.tab {
                Tab::Timeline => timeline::render(buffer, areas.body, state, open),
                Tab::Ladder => ladder::render(buffer, areas.body, state, open),
                Tab::OfferAnswer | Tab::Dtls | Tab::Turn | Tab::Media | Tab::Data => {
                    sheet::render(buffer, areas.body, state, state.scope());
                }
                Tab::Ice => ice::render(buffer, areas.body, state, open),
                Tab::Findings => findings::render(buffer, areas.body, state),
                Tab::Packets => packets::render(buffer, areas.body, state, &open.packets),
            }
        }
        (Page::Packets, _) => packets::render(buffer, areas.body, state, &state.packets),
        (Page::Http | Page::Flows | Page::Turn, _) => {
            sheet::render(buffer, areas.body, state, state.scope());
        }
        (Page::Findings, _) => findings::render(buffer, areas.body, state),
        (Page::Learn, _) => learn::render(buffer, areas.body, state),
    }
    bars::footer(buffer, areas.footer, state);
    if let Some(wrong) = state.prompt.as_ref().and_then(|it| it.error.as_ref()) {
        bars::complaint(buffer, areas.body, wrong, state.theme);
    }
    if let Some(typed) = &state.editor {
        editor::render(buffer, areas.body, state, typed);
    }
    if let Some(compared) = &state.compare {
        compare::render(buffer, areas.body, compared, state.theme);
    }
    if let Some(chooser) = &state.chooser {
        chooser::render(buffer, areas.body, chooser, state.theme);
    }
    if let Some(top) = state.help {
        help::render(buffer, areas.body, state, top);
    }
    seal(buffer, state.theme);
}

/// Least size that makes sense: columns, lines.
pub const LEAST: (u16, u16) = (40, 10);
