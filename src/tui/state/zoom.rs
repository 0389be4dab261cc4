//! The part of a call's time that is looked at: all of it, or a stretch that the user chose.

use std::time::Duration;

use crate::vocab::time::Timestamp;

/// From one instant to another, the second not before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

impl Stretch {
    /// Between two instants, in either order.
    pub fn between(one: Timestamp, other: Timestamp) -> Self {
        Self {
            from: one.min(other),
            until: one.max(other),
        }
    }

    /// How long it is.
    pub const fn lasts(self) -> Duration {
        self.until.since(self.from)
    }

    /// Is an instant in it?
    pub fn holds(self, at: Timestamp) -> bool {
        (self.from..=self.until).contains(&at)
    }

    /// One of this length that begins at an instant, or where it has to so as to lie within `whole`.
    fn moved_to(self, from: Timestamp, whole: Self) -> Self {
        let lasts = self.lasts().min(whole.lasts());
        let latest = whole
            .from
            .after(whole.lasts().checked_sub(lasts).unwrap_or_default());
        let from = from.clamp(whole.from, latest);
        Self {
            from,
            until: from.after(lasts),
        }
    }
}

/// What is looked at of a call's time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Zoom {
    /// The stretch; `None`: all of it, up to now while it is captured.
    stretch: Option<Stretch>,
    /// Drawn with the mouse, whose button is down.
    pub drawn: Option<Drawn>,
    /// The instant of the cursor when the stretch last went along with it.
    followed: Option<Timestamp>,
}

/// A stretch being drawn with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// Column and line of the screen where the button went down.
    pub begun: (u16, u16),
    /// The instants of that column.
    pub first: Stretch,
    /// The instants of the column that the pointer is over.
    pub last: Stretch,
    /// Was the pointer anywhere else meanwhile?
    pub moved: bool,
}

impl Drawn {
    /// The stretch drawn over so far.
    pub fn stretch(&self) -> Stretch {
        Stretch {
            from: self.first.from.min(self.last.from),
            until: self.first.until.max(self.last.until),
        }
    }
}

impl Zoom {
    /// The stretch chosen, if one is.
    pub const fn stretch(&self) -> Option<Stretch> {
        self.stretch
    }

    /// What is shown, where without a choice `view` would be.
    pub fn or(&self, view: Stretch) -> Stretch {
        self.stretch.unwrap_or(view)
    }

    /// Looks at all of it again.
    pub fn all(&mut self) {
        self.stretch = None;
    }

    /// Looks at a stretch of `whole`, where without a choice `view` would be shown: what is as long as that is no choice.
    pub fn show(&mut self, stretch: Stretch, view: Stretch, whole: Stretch) {
        if stretch.lasts() >= view.lasts() {
            self.stretch = None;
            return;
        }
        let lacking = SHORTEST.checked_sub(stretch.lasts()).unwrap_or_default();
        let before = u64::try_from(lacking.as_nanos() / 2).unwrap_or(u64::MAX);
        let from = Timestamp::from_nanos(stretch.from.nanos().saturating_sub(before));
        let wide = Stretch {
            from,
            until: from.after(stretch.lasts().max(SHORTEST)),
        };
        self.stretch = Some(wide.moved_to(from, whole));
    }

    /// Looks at twice the time, an instant keeping its place; one outside stands for the middle.
    pub fn wider(&mut self, around: Option<Timestamp>, view: Stretch, whole: Stretch) {
        let Some(now) = self.stretch else {
            return;
        };
        let around = around.filter(|at| now.holds(*at));
        let before = around.map_or_else(|| now.lasts() / 2, |at| at.since(now.from));
        let before = u64::try_from(before.as_nanos()).unwrap_or(u64::MAX);
        let from = Timestamp::from_nanos(now.from.nanos().saturating_sub(before));
        let wide = Stretch {
            from,
            until: from.after(now.lasts().saturating_mul(2)),
        };
        self.show(wide, view, whole);
    }

    /// Looks at what comes before (negative) or after, by halves of the stretch; gives whether there was any.
    pub fn pan(&mut self, halves: i32, whole: Stretch) -> bool {
        let Some(now) = self.stretch else {
            return false;
        };
        let by = now.lasts() / 2 * halves.unsigned_abs();
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let from = if halves < 0 {
            now.from.nanos().saturating_sub(by)
        } else {
            now.from.nanos().saturating_add(by)
        };
        let there = now.moved_to(Timestamp::from_nanos(from), whole);
        self.stretch = Some(there);
        there != now
    }

    /// Goes along with a cursor that moved; one that stands still is left where it is, also outside.
    pub fn follow(&mut self, cursor: Option<Timestamp>, whole: Stretch) {
        if self.followed == cursor {
            return;
        }
        self.followed = cursor;
        if let Some(at) = cursor {
            self.reach(at, whole);
        }
    }

    /// Moves the stretch, if there is one, to where an instant is in it.
    pub fn reach(&mut self, at: Timestamp, whole: Stretch) {
        let Some(now) = self.stretch.filter(|now| !now.holds(at)) else {
            return;
        };
        // As little as shows it and a little of what is beyond.
        let lasts = u64::try_from(now.lasts().as_nanos()).unwrap_or(u64::MAX);
        let margin = lasts / 8;
        let from = if at < now.from {
            at.nanos().saturating_sub(margin)
        } else {
            at.nanos().saturating_sub(lasts - margin)
        };
        self.stretch = Some(now.moved_to(Timestamp::from_nanos(from), whole));
    }
}

/// The shortest stretch looked at: packets of one burst are some microseconds apart.
const SHORTEST: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(from: u64, until: u64) -> Stretch {
        Stretch {
            from: at(from),
            until: at(until),
        }
    }

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::from_nanos(milliseconds * 1_000_000)
    }

    const fn whole() -> Stretch {
        Stretch {
            from: Timestamp::from_nanos(10_000_000_000),
            until: Timestamp::from_nanos(20_000_000_000),
        }
    }

    fn zoomed(from: u64, until: u64) -> Zoom {
        let mut zoom = Zoom::default();
        zoom.show(stretch(from, until), whole(), whole());
        zoom
    }

    #[test]
    fn a_stretch_stays_within_the_call() {
        let within = |from, until| zoomed(from, until).stretch();
        assert_eq!(within(12_000, 13_000), Some(stretch(12_000, 13_000)));
        assert_eq!(within(5_000, 11_000), Some(stretch(10_000, 16_000)));
        assert_eq!(within(19_000, 21_000), Some(stretch(18_000, 20_000)));
        assert_eq!(within(9_000, 25_000), None);
    }

    #[test]
    fn no_stretch_is_shorter_than_a_burst() {
        let shown = zoomed(12_000, 12_000).stretch().unwrap();
        assert_eq!(shown.lasts(), SHORTEST);
        assert!(shown.holds(at(12_000)));
    }

    #[test]
    fn twice_the_time_ends_with_all_of_it() {
        let mut zoom = zoomed(14_000, 17_000);
        zoom.wider(Some(at(15_000)), whole(), whole());
        assert_eq!(zoom.stretch(), Some(stretch(13_000, 19_000)));
        zoom.wider(None, whole(), whole());
        assert_eq!(zoom.stretch(), None);
        zoom.wider(None, whole(), whole());
        assert_eq!(zoom.stretch(), None);
    }

    #[test]
    fn panning_ends_at_the_ends() {
        let mut zoom = zoomed(12_000, 14_000);
        assert!(zoom.pan(-1, whole()));
        assert_eq!(zoom.stretch(), Some(stretch(11_000, 13_000)));
        assert!(zoom.pan(-5, whole()));
        assert_eq!(zoom.stretch(), Some(stretch(10_000, 12_000)));
        assert!(!zoom.pan(-1, whole()));
        assert!(zoom.pan(i32::MAX, whole()));
        assert_eq!(zoom.stretch(), Some(stretch(18_000, 20_000)));
        assert!(!Zoom::default().pan(1, whole()));
    }

    #[test]
    fn the_stretch_goes_along_with_a_cursor_that_moves() {
        let mut zoom = zoomed(12_000, 14_000);
        zoom.follow(Some(at(13_000)), whole());
        assert_eq!(zoom.stretch(), Some(stretch(12_000, 14_000)));
        zoom.follow(Some(at(15_000)), whole());
        assert_eq!(zoom.stretch(), Some(stretch(13_250, 15_250)));
        // Who pans leaves the cursor behind.
        zoom.pan(4, whole());
        zoom.follow(Some(at(15_000)), whole());
        assert_eq!(zoom.stretch(), Some(stretch(17_250, 19_250)));
        zoom.follow(Some(at(10_100)), whole());
        assert_eq!(zoom.stretch(), Some(stretch(10_000, 12_000)));
    }

    #[test]
    fn a_call_that_goes_on_leaves_the_stretch_where_it_is() {
        let mut zoom = zoomed(18_000, 19_000);
        let longer = Stretch {
            until: at(60_000),
            ..whole()
        };
        zoom.follow(None, longer);
        assert_eq!(zoom.or(longer), stretch(18_000, 19_000));
        zoom.all();
        assert_eq!(zoom.or(longer), longer);
    }
}
