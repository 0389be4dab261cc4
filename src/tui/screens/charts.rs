//! Where the charts of streams stand, and which time is on them: for drawing, and for the mouse.

use std::time::Duration;

use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::session::model::media::MediaStream;
use crate::tui::sheet::media;
use crate::tui::sheet::media::Second;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::state::zoom::Stretch;
use crate::tui::widgets::chart::LABEL;
use crate::tui::widgets::chart::Share;
use crate::tui::widgets::paint::inside;
use crate::vocab::time::Timestamp;

/// Stretches of time that charts beside each other share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// Its left end.
    pub(super) from: Timestamp,
    /// What a stretch lasts.
    pub(super) step: Duration,
    /// How many there are.
    pub(super) stretches: usize,
}

/// The time on the charts, and how much of it one column of figures is.
pub fn time(state: &State, open: &Call, area: Rect) -> Option<(Stretch, Duration)> {
    let stream = open.media.stream(&state.analysis.scene)?;
    let axis = axis(open, stream, beside(state, open, stream, area));
    let (from, until) = (axis.from, axis.end());
    Some((Stretch { from, until }, axis.step))
}

/// The instants of the column of the charts under the pointer; of the nearest one where it need not be over charts.
pub fn cell(
    state: &State,
    open: &Call,
    area: Rect,
    at: Position,
    nearest: bool,
) -> Option<Stretch> {
    let stream = open.media.stream(&state.analysis.scene)?;
    let other = beside(state, open, stream, area);
    let axis = axis(open, stream, other);
    let pane = match other {
        Some(_) => {
            let [left, right] = halves(area);
            if at.x < right.x { left } else { right }
        }
        None => area,
    };
    let plot = plot(within(inside(pane)));
    let share = Share::new(axis.stretches, plot.width);
    let used = u16::try_from(share.used()).unwrap_or(u16::MAX);
    let over = Rect {
        width: used,
        ..plot
    }
    .contains(at);
    if used == 0 || !over && !nearest {
        return None;
    }
    let column = at.x.saturating_sub(plot.x).min(used - 1);
    let stretches = share.stretches(column.into());
    Some(Stretch {
        from: axis.start_of(stretches.start),
        until: axis.start_of(stretches.end.max(stretches.start + 1)),
    })
}

/// The stream drawn beside another, where there is room.
pub(super) fn beside<'a>(
    state: &'a State,
    open: &Call,
    stream: &MediaStream,
    area: Rect,
) -> Option<&'a MediaStream> {
    (area.width >= BESIDE)
        .then(|| counterpart(state, open, stream))
        .flatten()
}

/// The time on the charts.
pub(super) fn axis(open: &Call, stream: &MediaStream, other: Option<&MediaStream>) -> Axis {
    let own = Axis::of(stream);
    other
        .map_or(own, |other| own.with(Axis::of(other)))
        .within(open.zoom.stretch())
}

/// Two panes beside each other.
pub(super) const fn halves(area: Rect) -> [Rect; 2] {
    let half = area.width / 2;
    [
        Rect {
            width: half,
            ..area
        },
        Rect {
            x: area.x + half,
            width: area.width - half,
            ..area
        },
    ]
}

/// The inside of a pane without the columns left free at its border.
pub(super) const fn within(inner: Rect) -> Rect {
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

/// Where the columns of charts stand in a pane.
pub(super) fn plot(inner: Rect) -> Rect {
    Rect {
        x: inner.x + LABEL.min(inner.width),
        width: inner.width.saturating_sub(LABEL),
        ..inner
    }
}

/// The stream of the same kind that runs the other way, that of the same m-section first.
fn counterpart<'a>(state: &'a State, open: &Call, stream: &MediaStream) -> Option<&'a MediaStream> {
    let other_side = stream.from?.opposite();
    let streams = open.media.streams.iter();
    let streams = streams.filter_map(|id| state.analysis.scene.streams.get(id.index()));
    let fits = |it: &&MediaStream| {
        it.from == Some(other_side)
            && it.kind == stream.kind
            && it.repairs.is_some() == stream.repairs.is_some()
    };
    let all: Vec<&MediaStream> = streams.filter(fits).collect();
    let same = all.iter().find(|it| it.mid == stream.mid);
    same.or_else(|| all.first()).copied()
}

impl Axis {
    /// That of a stream.
    pub(super) fn of(stream: &MediaStream) -> Self {
        let series = &stream.stats.series;
        Self {
            from: series.start,
            step: series.step.max(Duration::from_millis(1)),
            stretches: series.buckets.len(),
        }
    }

    /// One that holds both.
    fn with(self, other: Self) -> Self {
        let from = self.from.min(other.from);
        let until = self.end().max(other.end());
        // The longest kind of series has stretches of its own length; two short ones far apart have longer ones here.
        let whole = until.since(from);
        let least = whole / u32::try_from(STRETCHES_MOST).unwrap_or(u32::MAX);
        let step = self.step.max(other.step).max(least);
        let stretches = whole.as_nanos().div_ceil(step.as_nanos().max(1));
        Self {
            from,
            step,
            stretches: usize::try_from(stretches).unwrap_or(0).min(STRETCHES_MOST),
        }
    }

    /// What is left of it when only a stretch of time is looked at.
    fn within(self, shown: Option<Stretch>) -> Self {
        let Some(shown) = shown else {
            return self;
        };
        let step = self.step.as_nanos().max(1);
        let first = shown.from.since(self.from).as_nanos() / step;
        let last = shown.until.since(self.from).as_nanos().div_ceil(step);
        let skipped = Duration::from_nanos(u64::try_from(first * step).unwrap_or(u64::MAX));
        Self {
            from: self.from.after(skipped),
            step: self.step,
            stretches: usize::try_from(last.saturating_sub(first))
                .unwrap_or(STRETCHES_MOST)
                .clamp(1, STRETCHES_MOST),
        }
    }

    /// Its right end.
    pub(super) fn end(self) -> Timestamp {
        self.start_of(self.stretches)
    }

    /// When a stretch begins.
    pub(super) fn start_of(self, stretch: usize) -> Timestamp {
        let stretches = u32::try_from(stretch).unwrap_or(u32::MAX);
        self.from.after(self.step.saturating_mul(stretches))
    }

    /// The stretch that an instant is in, or would be in behind the end; `None` before the beginning.
    pub(super) fn place(self, at: Timestamp) -> Option<usize> {
        let after = at.nanos().checked_sub(self.from.nanos())?;
        let place = u128::from(after) / self.step.as_nanos().max(1);
        usize::try_from(place).ok()
    }

    /// One figure of a stream, stretch by stretch; where two of the stream's fall into one, the larger.
    pub(super) fn values(
        self,
        stream: &MediaStream,
        seconds: &[Second],
        of: impl Fn(&Second) -> Option<f64>,
    ) -> Vec<Option<f64>> {
        let mut values = vec![None; self.stretches];
        for (at, second) in seconds.iter().enumerate() {
            let place = self.place(media::start_of(stream, at));
            if let Some(value) = place.and_then(|place| values.get_mut(place)) {
                *value = match (*value, of(second)) {
                    (Some(known), Some(new)) => Some(f64::max(known, new)),
                    (known, new) => known.or(new),
                };
            }
        }
        values
    }
}

/// From this width on, forward and reverse stand side by side.
const BESIDE: u16 = 120;
/// Stretches of a shared axis at most: two series of the longest kind.
const STRETCHES_MOST: usize = 16_384;
