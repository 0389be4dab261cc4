//! The line above an open call: which call, how it came out, its tabs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::session::model::peer_connection::PeerConnection;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::state::call::Tab;
use crate::tui::state::calls::outcome;
use crate::tui::text::elide;
use crate::tui::text::shown;
use crate::tui::text::width;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::put_pieces;

/// The call itself, if it is still there.
pub fn model<'a>(state: &'a State, open: &Call) -> Option<&'a PeerConnection> {
    state.analysis.scene.peer_connections.get(open.id.index())
}

/// ` Call 1 · alice → videoroom 100 (publisher) · ● ok               Timeline  Ladder  ICE  Packets`
pub fn title(buffer: &mut Buffer, area: Rect, state: &State, open: &Call) {
    let theme = state.theme;
    let verdict = outcome(&state.analysis, |verdict| {
        verdict.peer_connection == Some(open.id)
    });
    let (glyph, style, word) = theme.outcome(verdict);
    let label = model(state, open).map_or("", |call| call.label.as_str());
    let tabs_x = area.width.saturating_sub(tabs_width(area.width));
    let head = format!(" Call {} · ", open.id.index() + 1);
    let tail = format!(" · {glyph} {word}");
    let room = usize::from(tabs_x).saturating_sub(width(&head) + width(&tail) + 1);
    // Where room is short, how it came out goes before whose call it is.
    let pieces = if room < LABEL_LEAST {
        vec![
            Piece::new(head.trim_end_matches(" · ").to_owned(), theme.bold()),
            Piece::new(tail, style),
        ]
    } else {
        vec![
            Piece::new(head, theme.bold()),
            Piece::new(elide(&shown(label), room).into_owned(), theme.bold()),
            Piece::new(tail, style),
        ]
    };
    let left = Rect {
        width: tabs_x,
        ..area
    };
    put_pieces(buffer, left, 0, 0, &pieces);
    let mut x = tabs_x;
    for tab in Tab::ALL {
        let style = if tab == open.tab {
            theme.selected()
        } else {
            Style::new()
        };
        let title = title_in(tab, area.width);
        let text = if area.width < WIDE {
            format!("{title} ")
        } else {
            format!(" {title} ")
        };
        x = put(buffer, area, x, 0, &text, style);
    }
}

/// The tab under column `x` of a line `columns` wide.
pub fn tab_at(x: u16, columns: u16) -> Option<Tab> {
    let mut at = columns.saturating_sub(tabs_width(columns));
    if x < at {
        return None;
    }
    Tab::ALL.into_iter().find(|tab| {
        at += title_width(*tab, columns);
        x < at
    })
}

fn tabs_width(columns: u16) -> u16 {
    let widths = Tab::ALL.into_iter().map(|tab| title_width(tab, columns));
    widths.sum()
}

fn title_width(tab: Tab, columns: u16) -> u16 {
    let around = if columns < WIDE { 1 } else { 2 };
    u16::try_from(title_in(tab, columns).len()).unwrap_or(0) + around
}

/// What a tab is called in a line `columns` wide.
const fn title_in(tab: Tab, columns: u16) -> &'static str {
    if columns < WIDE {
        tab.short_title()
    } else {
        tab.title()
    }
}

/// From this width on tabs have their long names, and room on both sides.
const WIDE: u16 = 110;
/// A label shorter than this says nothing.
const LABEL_LEAST: usize = 6;
