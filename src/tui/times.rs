//! Instants as columns show them: since the start, since the line before, or by the clock.

use crate::tui::state::State;
use crate::tui::state::TimeMode;
use crate::vocab::time::Timestamp;

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
