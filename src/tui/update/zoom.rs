//! Closer to a stretch of a call's time and back: with keys around the cursor, with the wheel around the pointer, by drawing over it.

use std::sync::Arc;

use ratatui::layout::Position;

use crate::timeline::fold::Fold;
use crate::timeline::layer::Layer;
use crate::tui::keymap::Scope;
use crate::tui::screens::over_time;
use crate::tui::screens::over_time::CallTime;
use crate::tui::state::State;
use crate::tui::state::zoom::Drawn;
use crate::tui::state::zoom::Stretch;
use crate::tui::widgets::axis::Axis;
use crate::vocab::time::Timestamp;

/// Half the time, around the cursor.
pub(super) fn closer(state: &mut State) {
    let around = cursor(state);
    if !closer_around(state, around) {
        state.tell(if over_time::time(state).is_some() {
            "there is nothing closer"
        } else {
            "no call is selected"
        });
    }
}

/// Half the time, around an instant; gives whether that was possible.
fn closer_around(state: &mut State, around: Option<Timestamp>) -> bool {
    let Some(time) = over_time::time(state) else {
        return false;
    };
    let axis = if let Some((charted, step)) = over_time::charted(state) {
        let shown = state.zoom().or(charted);
        if shown.lasts() <= step {
            // One column would fill the charts, and then still.
            return false;
        }
        Axis::new(shown.from, shown.until, None, COLUMNS)
    } else {
        let columns = over_time::plot(state).map_or(COLUMNS, |(place, ..)| place.width);
        over_time::axis(state, time, columns)
    };
    let (from, until) = axis.closer(around, 0.5);
    show(state, Stretch::between(from, until), time)
}

/// Twice the time, around the cursor.
pub(super) fn wider(state: &mut State) {
    let around = cursor(state);
    wider_around(state, around);
}

fn wider_around(state: &mut State, around: Option<Timestamp>) {
    if let Some(time) = over_time::time(state) {
        state.zoom_mut().wider(around, time.view, time.whole);
    }
}

/// All of the call.
pub(super) fn all(state: &mut State) {
    state.zoom_mut().all();
}

/// Half a stretch earlier (negative) or later.
pub(super) fn pan(state: &mut State, halves: i32) {
    let Some(time) = over_time::time(state) else {
        return;
    };
    if state.zoom().stretch().is_none() {
        state.tell(format!(
            "all of the call is shown: {} comes closer",
            state.keymap.key_of(crate::tui::action::Action::ZoomIn)
        ));
    } else if !state.zoom_mut().pan(halves, time.whole) {
        state.tell(if halves < 0 {
            "the call begins here"
        } else {
            "the call ends here"
        });
    }
    take_cursor_along(state);
}

/// Looks at a stretch; gives whether that is another than before.
fn show(state: &mut State, stretch: Stretch, time: CallTime) -> bool {
    let before = state.zoom().stretch();
    state.zoom_mut().show(stretch, time.view, time.whole);
    take_cursor_along(state);
    state.zoom().stretch() != before
}

/// Goes along with the cursor of timeline and ladder, when it moved.
pub(super) fn settle(state: &mut State) {
    let Some(time) = over_time::time(state).filter(|_| state.is_in_time()) else {
        return;
    };
    let at = cursor(state);
    state.zoom_mut().follow(at, time.whole);
}

/// Goes along with the cursor of the charts.
pub(super) fn follow_second(state: &mut State) {
    let at = cursor(state);
    if let (Some(time), Some(at)) = (over_time::time(state), at) {
        state.zoom_mut().reach(at, time.whole);
    }
}

/// The instant of the cursor, where the screen has one. What went before the call, and comes after it, stands at its ends.
fn cursor(state: &State) -> Option<Timestamp> {
    let open = state.call.as_ref()?;
    let whole = over_time::time(state)?.whole;
    let at = match state.scope() {
        Scope::Timeline | Scope::Ladder => {
            let row = open.selected_row().and_then(|at| open.rows.get(at));
            row.map(|row| row.at)
        }
        Scope::Media => open.media.instant(&state.analysis.scene),
        _ => None,
    };
    at.map(|at| at.clamp(whole.from, whole.until))
}

/// A cursor outside the stretch goes to the nearest line in it.
pub(super) fn take_cursor_along(state: &mut State) {
    let at = cursor(state);
    let (Some(shown), Some(at)) = (state.zoom().stretch(), at) else {
        return;
    };
    if state.scope() != Scope::Timeline || shown.holds(at) {
        return;
    }
    let nearest = if at < shown.from {
        shown.from
    } else {
        shown.until
    };
    select(state, |row| {
        shown
            .holds(row)
            .then(|| row.since(nearest).max(nearest.since(row)))
    });
}

/// Selects the line of the timeline whose instant has the smallest rank; without any, nothing changes.
fn select<R: Ord>(state: &mut State, rank: impl Fn(Timestamp) -> Option<R>) {
    select_by(state, |at, _| rank(at));
}

fn select_by<R: Ord>(state: &mut State, rank: impl Fn(Timestamp, Layer) -> Option<R>) {
    let analysis = Arc::clone(&state.analysis);
    let Some(open) = &mut state.call else {
        return;
    };
    let lines = open.folds.iter().enumerate();
    let ranked = lines.filter_map(|(line, fold)| match fold {
        Fold::Row(at) => {
            let row = open.rows.get(*at)?;
            Some((rank(row.at, row.layer)?, line))
        }
        Fold::Idle { .. } => None,
    });
    if let Some((_, line)) = ranked.min() {
        open.cursor.at = line;
        open.refresh_detail(&analysis);
    }
}

/// The button went down; gives whether that was over lanes or charts.
pub(super) fn begin(state: &mut State, at: Position) -> bool {
    let Some(first) = over_time::cell(state, at, false) else {
        return false;
    };
    state.zoom_mut().drawn = Some(Drawn {
        begun: (at.x, at.y),
        first,
        last: first,
        moved: false,
    });
    true
}

/// The pointer moved with the button down.
pub(super) fn draw(state: &mut State, at: Position) {
    let Some(last) = over_time::cell(state, at, true) else {
        return;
    };
    if let Some(drawn) = &mut state.zoom_mut().drawn {
        drawn.last = last;
        drawn.moved |= drawn.begun.0 != at.x;
    }
}

/// The button was let go: a stretch is looked at, a click takes the cursor there.
pub(super) fn end(state: &mut State, at: Position) {
    draw(state, at);
    let Some(drawn) = state.zoom_mut().drawn.take() else {
        return;
    };
    if drawn.moved && drawn.begun.0 != at.x {
        if let Some(time) = over_time::time(state) {
            show(state, drawn.stretch(), time);
        }
    } else if state.scope() == Scope::Timeline {
        select_near(state, Position::from(drawn.begun));
    } else if let (Scope::Media, Some(open)) = (state.scope(), &mut state.call) {
        // A click takes the mark there, and gives the charts the keys.
        open.media.list.in_detail = true;
        open.media.second = Some(drawn.first.from);
        open.media.step(&state.analysis.scene, 0);
    }
}

/// Selects what is drawn at a place: of what is in the same column, something of the same lane; else what is nearest in time.
fn select_near(state: &mut State, at: Position) {
    let Some((place, axis, lanes)) = over_time::plot(state) else {
        return;
    };
    let x = at.x.saturating_sub(place.x);
    let lane = usize::from(at.y.saturating_sub(place.y)).checked_sub(1);
    let layer = lane.and_then(|lane| lanes.get(lane)).map(|lane| lane.layer);
    select_by(state, |row, of| {
        let columns = axis.column(row).abs_diff(x);
        let near = axis.holds(row).then_some(columns)?;
        // A lane's mark is two columns wide to a mouse.
        let own = near <= 1 && layer == Some(of);
        Some((!own, near))
    });
}

/// The wheel over lanes or charts; gives whether it was there.
pub(super) fn wheel(state: &mut State, at: Position, up: bool) -> bool {
    let Some(under) = over_time::cell(state, at, false) else {
        return false;
    };
    let around = Some(under.from.after(under.lasts() / 2));
    if up {
        closer_around(state, around);
    } else {
        wider_around(state, around);
    }
    true
}

/// Columns of an axis that is not on the screen.
const COLUMNS: u16 = 101;
