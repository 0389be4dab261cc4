//! Time on columns: instants to places and back.
//!
//! ```text
//! from        bend                                              until
//! ├────────────┊──────────────────────────────────────────────────┤
//! 0            x                                          columns - 1
//! ```

use std::time::Duration;

use crate::vocab::time::Timestamp;

/// A stretch of time on the columns of the terminal. Setup takes milliseconds, the call minutes: so a short setup gets a share of its own.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    from: Timestamp,
    until: Timestamp,
    bend: Option<(Timestamp, u16)>,
    columns: u16,
}

impl Axis {
    /// An axis from one instant to another; a setup over at `setup_until` is stretched if it is short.
    pub fn new(
        from: Timestamp,
        until: Timestamp,
        setup_until: Option<Timestamp>,
        columns: u16,
    ) -> Self {
        let until = until.max(from);
        let whole = until.since(from);
        let bend = setup_until.filter(|end| {
            let setup = end.since(from);
            *end > from && *end < until && setup < whole.mul_f64(SETUP_MOST) && columns >= BEND_FROM
        });
        Self {
            from,
            until,
            bend: bend.map(|end| (end, columns * 2 / 5)),
            columns,
        }
    }

    /// Its left end.
    pub const fn from(self) -> Timestamp {
        self.from
    }

    /// Its right end.
    pub const fn until(self) -> Timestamp {
        self.until
    }

    /// Where the scale changes, if it does: instant and column.
    pub const fn bend(self) -> Option<(Timestamp, u16)> {
        self.bend
    }

    /// How much time is on it.
    pub const fn lasts(self) -> Duration {
        self.until.since(self.from)
    }

    /// Is an instant on it?
    pub fn holds(self, at: Timestamp) -> bool {
        (self.from..=self.until).contains(&at)
    }

    /// The column of an instant; instants outside stand at the ends.
    pub fn column(self, at: Timestamp) -> u16 {
        (self.place(at).round() as u16).min(self.last())
    }

    /// The instant where the bar of a column begins.
    pub fn instant(self, x: u16) -> Timestamp {
        let point = |from: Timestamp, until: Timestamp, x: u16, columns: u16| {
            along(from, until, f64::from(x) / f64::from(columns.max(1)))
        };
        match self.bend {
            Some((bend, width)) if x < width => point(self.from, bend, x, width),
            Some((bend, width)) => point(bend, self.until, x - width, self.columns - width),
            None => point(self.from, self.until, x, self.columns),
        }
    }

    /// The instants that are drawn in a column: the first, the last.
    pub fn cell(self, x: u16) -> (Timestamp, Timestamp) {
        let x = f64::from(x.min(self.last()));
        (self.at(x - 0.5), self.at(x + 0.5))
    }

    /// What is left of it when `share` of its columns are to fill it, an instant keeping its place. An instant outside stands for its middle.
    pub fn closer(self, around: Option<Timestamp>, share: f64) -> (Timestamp, Timestamp) {
        let last = f64::from(self.last());
        let around = around.filter(|at| self.holds(*at));
        let place = around.map_or(last / 2.0, |at| self.place(at));
        (
            self.at(place * (1.0 - share)),
            self.at(place + (last - place) * share),
        )
    }

    const fn last(self) -> u16 {
        self.columns.saturating_sub(1)
    }

    /// The place of an instant, in columns.
    fn place(self, at: Timestamp) -> f64 {
        let last = f64::from(self.last());
        match self.bend {
            Some((bend, x)) if at < bend => {
                part(at, self.from, bend) * f64::from(x.saturating_sub(1))
            }
            Some((bend, x)) => {
                let x = f64::from(x);
                x + part(at, bend, self.until) * (last - x)
            }
            None => part(at, self.from, self.until) * last,
        }
    }

    /// The instant at a place.
    fn at(self, place: f64) -> Timestamp {
        let last = f64::from(self.last());
        let share = |place: f64, columns: f64| (place / columns.max(1.0)).clamp(0.0, 1.0);
        match self.bend {
            Some((bend, x)) if place < f64::from(x) => {
                let left = f64::from(x.saturating_sub(1));
                along(self.from, bend, share(place, left))
            }
            Some((bend, x)) => {
                let x = f64::from(x);
                along(bend, self.until, share(place - x, last - x))
            }
            None => along(self.from, self.until, share(place, last)),
        }
    }
}

/// How far an instant is between two, 0 to 1.
fn part(at: Timestamp, from: Timestamp, until: Timestamp) -> f64 {
    let whole = until.since(from).as_secs_f64();
    if whole <= 0.0 {
        return 0.0;
    }
    (at.since(from).as_secs_f64() / whole).min(1.0)
}

/// The instant a share of the way from one to another.
fn along(from: Timestamp, until: Timestamp, share: f64) -> Timestamp {
    from.after(until.since(from).mul_f64(share))
}

/// Part of the axis' time that a setup may take and still be stretched: the part of the columns that it gets then, or coming closer would
/// make it smaller.
const SETUP_MOST: f64 = 0.4;
/// An axis of fewer columns has one scale.
const BEND_FROM: u16 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::from_nanos(milliseconds * 1_000_000)
    }

    fn axes() -> [Axis; 3] {
        [
            Axis::new(at(1_000), at(21_000), None, 60),
            Axis::new(at(1_000), at(21_000), Some(at(1_300)), 60),
            Axis::new(at(1_000), at(1_003), None, 7),
        ]
    }

    #[test]
    fn what_a_column_shows_is_in_its_cell() {
        for axis in axes() {
            for step in 0..=1_000 {
                let instant = along(axis.from(), axis.until(), f64::from(step) / 1_000.0);
                let (from, until) = axis.cell(axis.column(instant));
                // Nanoseconds of rounding.
                assert!(from.nanos() <= instant.nanos() + 2, "{axis:?} {instant:?}");
                assert!(instant.nanos() <= until.nanos() + 2, "{axis:?} {instant:?}");
            }
        }
    }

    #[test]
    fn coming_closer_keeps_an_instant_in_its_place() {
        for axis in axes() {
            for x in 0..axis.columns {
                let (from, until) = axis.cell(x);
                let instant = from.after(until.since(from) / 2);
                let (from, until) = axis.closer(Some(instant), 0.5);
                assert!(
                    from <= instant && instant <= until,
                    "{axis:?} {from:?} {until:?}"
                );
                assert!(from >= axis.from() && until <= axis.until());
            }
        }
        let plain = Axis::new(at(1_000), at(21_000), None, 61);
        let closer = |around, share| {
            let (from, until) = plain.closer(around, share);
            let nearest = |at: Timestamp| (at.nanos() + 500_000) / 1_000_000;
            (nearest(from), nearest(until))
        };
        assert_eq!(closer(Some(at(1_000)), 0.5), (1_000, 11_000));
        assert_eq!(closer(Some(at(21_000)), 0.5), (11_000, 21_000));
        assert_eq!(closer(None, 0.5), (6_000, 16_000));
        assert_eq!(closer(Some(at(99_000)), 0.5), (6_000, 16_000));
    }

    #[test]
    fn setup_never_gets_smaller_by_coming_closer() {
        let mut axis = Axis::new(at(1_000), at(21_000), Some(at(1_300)), 60);
        let mut before = axis.column(at(1_300));
        assert_eq!(before, 24);
        for _ in 0..12 {
            let (from, until) = axis.closer(Some(at(1_010)), 0.5);
            axis = Axis::new(from, until, Some(at(1_300)), 60);
            let now = axis.column(at(1_300));
            // A column of rounding.
            assert!(now + 1 >= before, "{axis:?}");
            before = now;
        }
    }

    #[test]
    fn an_axis_without_time_has_one_place() {
        let axis = Axis::new(at(5), at(5), Some(at(5)), 80);
        assert_eq!(axis.column(at(5)), 0);
        assert_eq!(axis.cell(40), (at(5), at(5)));
        let turned = Axis::new(at(9), at(5), None, 0);
        assert_eq!(
            (turned.column(at(7)), turned.instant(0), turned.lasts()),
            (0, at(9), Duration::ZERO)
        );
    }
}
