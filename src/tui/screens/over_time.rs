//! A call over time as the list of calls and the timeline draw it: which stretch, and where on the screen.
//!
//! ```text
//! ┌ Over time ─────────────────────────────────────────────┐
//! │                2.31           4.02             5.73 s  │
//! │ srflx↔host      ·   ·  ·   ·     ·   ·                 │
//! └──────────────────────────────────── 3.4 s of 16.3 s ───┘
//! ```

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::session::model::peer_connection::PeerConnection;
use crate::timeline::lane::Lane;
use crate::timeline::lanes::setup_until;
use crate::tui::action::Action;
use crate::tui::keymap::Scope;
use crate::tui::screens;
use crate::tui::screens::calls;
use crate::tui::screens::charts;
use crate::tui::screens::sheet;
use crate::tui::screens::timeline;
use crate::tui::state::State;
use crate::tui::state::calls::Subject;
use crate::tui::state::zoom::Stretch;
use crate::tui::text::span;
use crate::tui::widgets::axis::Axis;
use crate::tui::widgets::lanes;
use crate::tui::widgets::lanes::Lanes;
use crate::tui::widgets::paint::inside;
use crate::tui::widgets::paint::pane_note;
use crate::vocab::time::Timestamp;

/// The time of a call.
#[derive(Debug, Clone, Copy)]
pub struct CallTime {
    /// What is shown without a choice: while it is captured, up to now.
    pub view: Stretch,
    /// From its first sign to its last, or to now.
    pub whole: Stretch,
    /// When its setup was over.
    setup_until: Option<Timestamp>,
}

/// The time of the call whose lanes or charts are on the screen.
pub fn time(state: &State) -> Option<CallTime> {
    shown(state).map(|call| time_of(state, call))
}

fn time_of(state: &State, call: &PeerConnection) -> CallTime {
    let (from, until) = screens::stretch(state, call.first_at, call.last_at);
    CallTime {
        view: Stretch { from, until },
        whole: Stretch {
            from: call.first_at,
            until: until.max(call.last_at),
        },
        setup_until: setup_until(call),
    }
}

/// The call that is open, else the one selected among all.
fn shown(state: &State) -> Option<&PeerConnection> {
    let id = match state.scope() {
        Scope::Calls => match state.calls.selected()?.subject {
            Subject::Call(id) => id,
            Subject::Dialogue(_) => return None,
        },
        _ => state.call.as_ref()?.id,
    };
    state.analysis.scene.peer_connections.get(id.index())
}

/// Where lanes are drawn on the screen, and what is drawn there; `None` where none are.
pub fn plot(state: &State) -> Option<(Rect, Axis, &[Lane])> {
    let body = screens::areas(state).body;
    let (pane, lanes) = match (state.scope(), &state.call) {
        (Scope::Calls, _) => (calls::areas(body, state).1, &state.calls.lanes),
        (Scope::Timeline, Some(open)) => (timeline::areas(body, open).0, &open.lanes),
        _ => return None,
    };
    let place = lanes::plot(within(pane))?;
    let time = time(state)?;
    Some((place, axis(state, time, place.width), lanes))
}

/// The time on the charts, and how much of it one column of figures is; `None` where there are none.
pub fn charted(state: &State) -> Option<(Stretch, Duration)> {
    let open = state
        .call
        .as_ref()
        .filter(|_| state.scope() == Scope::Media)?;
    let (_, area) = sheet::areas(screens::areas(state).body, state, Scope::Media);
    charts::time(state, open, area)
}

/// The instants of the column under the pointer; of the nearest one where it need not be over lanes or charts.
pub fn cell(state: &State, at: Position, nearest: bool) -> Option<Stretch> {
    if let (Scope::Media, Some(open)) = (state.scope(), &state.call) {
        let (_, area) = sheet::areas(screens::areas(state).body, state, Scope::Media);
        return charts::cell(state, open, area, at, nearest);
    }
    let (place, axis, lanes) = plot(state)?;
    let lines = place.height.min(lanes::height(lanes));
    let over = (place.x..place.x + place.width).contains(&at.x)
        && (place.y..place.y + lines).contains(&at.y);
    if !over && !nearest {
        return None;
    }
    let (from, until) = axis.cell(at.x.saturating_sub(place.x));
    Some(Stretch { from, until })
}

/// The axis of what is shown, so many columns wide.
pub fn axis(state: &State, time: CallTime, columns: u16) -> Axis {
    let shown = state.zoom().or(time.view);
    Axis::new(shown.from, shown.until, time.setup_until, columns)
}

/// The pane without its border, and a column left free on both sides.
fn within(pane: Rect) -> Rect {
    let inner = inside(pane);
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

/// Draws the lanes of a call into a pane, and gives what is left below them.
pub fn render(
    buffer: &mut Buffer,
    pane: Rect,
    state: &State,
    call: &PeerConnection,
    lanes: &[Lane],
    cursor: Option<Timestamp>,
) -> Rect {
    let inner = within(pane);
    let time = time_of(state, call);
    let shown = state.zoom().or(time.view);
    let drawn = state.zoom().drawn.map(|drawn| drawn.stretch());
    let what = Lanes {
        lanes,
        from: shown.from,
        until: shown.until,
        origin: state.analysis.scene.start,
        setup_until: time.setup_until,
        // What went before the call, and comes after it, stands at its ends.
        cursor: cursor.map(|at| at.clamp(time.whole.from, time.whole.until)),
        drawn: drawn.map(|drawn| (drawn.from, drawn.until)),
    };
    lanes::render(buffer, inner, &what, state.theme);
    let note = match (drawn, state.zoom().stretch()) {
        (Some(drawn), _) => format!("{}: let go to see it", span(drawn.lasts())),
        (None, Some(shown)) => {
            let plot = lanes::plot(inner).map_or(0, |place| place.width);
            let bar = lanes::broad_bar(lanes, axis(state, time, plot), plot);
            let bar = bar.map_or_else(String::new, |bar| format!("a bar: {} · ", span(bar)));
            format!(
                "{bar}{} of {} · {}: all",
                span(shown.lasts()),
                span(time.whole.lasts()),
                state.keymap.key_of(Action::ZoomAll)
            )
        }
        (None, None) => String::new(),
    };
    if !note.is_empty() {
        pane_note(buffer, pane, &note, state.theme.bold());
    }
    let below = lanes::height(lanes).saturating_add(1);
    Rect {
        y: inner.y.saturating_add(below),
        height: inner.height.saturating_sub(below),
        ..inner
    }
}
