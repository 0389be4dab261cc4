//! Instants as columns show them: since the start, since the line before, or by the clock.

use crate::tui::state::State;
use crate::tui::state::TimeMode;
use crate::tui::text::width;
use crate::vocab::time::Timestamp;

/// What a column of times is called, and the room that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Its heading.
    pub title: &'static str,
    /// Columns of the terminal.
    pub columns: u16,
}

impl Times {
    /// Room for any time of the capture: one that lasted weeks needs more than one of a call.
    pub fn of(state: &State, decimals: usize) -> Self {
        let scene = &state.analysis.scene;
        let longest = match state.time_mode {
            TimeMode::Clock => 0,
            TimeMode::SinceStart => width(&format!("{:.decimals$}", scene.seconds(scene.end))),
            TimeMode::SincePrevious => width(&format!("{:+.decimals$}", scene.seconds(scene.end))),
        };
        let longest = u16::try_from(longest).unwrap_or(u16::MAX);
        Self {
            title: state.time_mode.title(),
            columns: state.time_mode.columns().max(longest),
        }
    }
}

/// `at` as the current mode shows it, right-aligned columns assumed. `previous`: the line before, where there is one.
pub fn stamp(state: &State, at: Timestamp, previous: Option<Timestamp>, decimals: usize) -> String {
    match state.time_mode {
        TimeMode::SinceStart => format!("{:.decimals$}", state.analysis.scene.seconds(at)),
        TimeMode::SincePrevious => match previous {
            Some(previous) => format!("{:+.decimals$}", at.seconds_from(previous)),
            None => "–".to_owned(),
        },
        TimeMode::Clock => clock(at),
    }
}

/// Time of day, UTC: `09:06:48.123`.
pub fn clock(at: Timestamp) -> String {
    let milliseconds = at.nanos() / 1_000_000;
    let seconds = milliseconds / 1_000;
    let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}.{:03}",
        seconds % 60,
        milliseconds % 1_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_reads_hours_to_milliseconds() {
        let at = Timestamp::from_nanos((3_600 * 33 + 62) * 1_000_000_000 + 7_900_000);
        assert_eq!(clock(at), "09:01:02.007");
    }
}
