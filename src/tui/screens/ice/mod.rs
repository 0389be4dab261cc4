//! Candidates of both sides, the pair grid, and how the selected pair got there.
//!
//! ```text
//! ┌ alice, controlling ──────────────────────────┐┌ janus, controlled ───────────────────────────┐
//! │   host   192.168.10.2:48633      signaled    ││   host   203.0.113.10:10112      signaled    │
//! └──────────────────────────────────────────────┘└──────────────────────────────────────────────┘
//! ┌ Pairs ───────────────────────────────────────────────────────────────────────────────────────┐
//! │ ★ srflx …101:29181 ↔ host …10:10112  direct  ● succeeded  10 ▸ 10   1 ▸ 1   0.1 0.2 15.0  … │
//! └──────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::session::model::ice::Candidate;
use crate::session::model::peer_connection::PeerConnection;
use crate::tui::screens::call::model;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::text::shown;
use crate::tui::widgets::paint::inside;
use crate::vocab::address::Side;

mod candidates;
mod pairs;
mod story;

/// Areas of the tab.
#[derive(Debug, Clone, Copy)]
pub struct Areas {
    /// Candidates of side a, of side b.
    pub candidates: [Rect; 2],
    /// The pair grid.
    pub pairs: Rect,
    /// The selected pair's story.
    pub story: Rect,
}

/// The areas for a call.
pub fn areas(body: Rect, call: &PeerConnection) -> Areas {
    let of = |side| {
        call.ice
            .candidates
            .iter()
            .filter(|candidate| candidate.side == side)
            .count()
    };
    let most = of(Side::A).max(of(Side::B)).max(1);
    let candidates = u16::try_from(most)
        .unwrap_or(u16::MAX)
        .saturating_add(2)
        .min(body.height / 3);
    // Rows that the grid does not need are the story's: a pair that went through much has much to tell.
    let grid = u16::try_from(call.ice.pairs.len()).unwrap_or(u16::MAX);
    let spare = body.height.saturating_sub(candidates);
    let spare = spare.saturating_sub(grid.saturating_add(GRID_FRAME));
    let story = STORY.max(spare).min(body.height / 3);
    let half = body.width / 2;
    let row = |y: u16, height: u16| Rect {
        y: body.y + y,
        height,
        ..body
    };
    let top = row(0, candidates);
    Areas {
        candidates: [
            Rect { width: half, ..top },
            Rect {
                x: top.x + half,
                width: top.width - half,
                ..top
            },
        ],
        pairs: row(candidates, body.height - candidates - story),
        story: row(body.height - story, story),
    }
}

/// Rows of the grid that fit.
pub fn list_height(body: Rect, call: &PeerConnection) -> usize {
    inside(areas(body, call).pairs)
        .height
        .saturating_sub(1)
        .into()
}

/// Draws the tab.
pub fn render(buffer: &mut Buffer, body: Rect, state: &State, open: &Call) {
    let Some(call) = model(state, open) else {
        return;
    };
    let areas = areas(body, call);
    for (side, area) in [Side::A, Side::B].into_iter().zip(areas.candidates) {
        candidates::render(buffer, area, state, call, side);
    }
    pairs::render(buffer, areas.pairs, state, open, call);
    story::render(buffer, areas.story, state, open, call);
}

/// `203.0.113.10:10112`, `[2001:db8::2]:5000`, printable.
fn address_of(candidate: &Candidate) -> String {
    let address = shown(&candidate.address);
    if address.contains(':') {
        format!("[{address}]:{}", candidate.port)
    } else {
        format!("{address}:{}", candidate.port)
    }
}

/// ` tcp active` (RFC 6544 §4.5), printable, the type only where there is room; nothing for UDP, which most candidates use.
fn transport_of(candidate: &Candidate, wide: bool) -> String {
    if candidate.protocol.eq_ignore_ascii_case("udp") {
        return String::new();
    }
    let protocol = shown(&candidate.protocol);
    match candidate.tcp_type.as_deref().filter(|_| wide) {
        Some(tcp_type) => format!(" {protocol} {}", shown(tcp_type)),
        None => format!(" {protocol}"),
    }
}

/// From this width on there is room for addresses.
const WIDE: u16 = 110;
/// Lines of the story, borders included.
const STORY: u16 = 6;

/// Rows of the grid besides its pairs: border and headings.
const GRID_FRAME: u16 = 3;
