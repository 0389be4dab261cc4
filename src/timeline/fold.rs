//! Idle stretches and repetitions of a ladder, folded.

use std::ops::Range;
use std::time::Duration;

use crate::timeline::ladder::Row;

/// A line of a folded ladder: positions among its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fold {
    /// A row as it is.
    Row(usize),
    /// A silence, perhaps with minor rows in it.
    Idle {
        /// The rows folded away; may be empty.
        rows: Range<usize>,
        /// From the row before to the row after.
        lasted: Duration,
    },
}

/// Leaves minor rows out, and makes silences of [`IDLE`] or more one line each, whatever minor rows are in them.
pub fn fold(rows: &[Row]) -> Vec<Fold> {
    let mut lines = Vec::new();
    let mut next = 0;
    while let Some(row) = rows.get(next) {
        if !row.minor {
            lines.push(Fold::Row(next));
            next += 1;
        }
        let begin = next;
        while rows.get(next).is_some_and(|row| row.minor) {
            next += 1;
        }
        let before = begin.checked_sub(1).and_then(|at| rows.get(at));
        // What follows the last row that matters is a silence until the last row of all.
        let after = rows.get(next).or_else(|| rows.last());
        let lasted = match (before, after) {
            (Some(before), Some(after)) => after.at.since(before.at),
            _ => Duration::ZERO,
        };
        if lasted >= IDLE {
            lines.push(Fold::Idle {
                rows: begin..next,
                lasted,
            });
        }
    }
    lines
}

/// Every row as it is.
pub fn unfolded(rows: &[Row]) -> Vec<Fold> {
    (0..rows.len()).map(Fold::Row).collect()
}

/// Silence that is worth a line of its own.
pub const IDLE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::ladder::Course;
    use crate::timeline::ladder::Subject;
    use crate::timeline::layer::Layer;
    use crate::timeline::layer::Tone;
    use crate::vocab::time::Timestamp;

    fn row(seconds: u64, minor: bool) -> Row {
        Row {
            at: Timestamp::from_nanos(seconds * 1_000_000_000),
            layer: Layer::Signaling,
            course: Course::Note,
            text: String::new(),
            tone: Tone::Plain,
            minor,
            frames: Vec::new(),
            subject: Subject::Connection,
        }
    }

    #[track_caller]
    fn check(rows: &[(u64, bool)], expected: &[Fold]) {
        let rows: Vec<Row> = rows.iter().map(|&(at, minor)| row(at, minor)).collect();
        assert_eq!(fold(&rows), expected);
    }

    #[test]
    fn rows_that_matter_stay() {
        check(&[(0, false), (1, false)], &[Fold::Row(0), Fold::Row(1)]);
    }

    #[test]
    fn minor_rows_are_left_out() {
        check(
            &[(0, false), (0, true), (1, true), (1, false)],
            &[Fold::Row(0), Fold::Row(3)],
        );
    }

    #[test]
    fn silence_is_a_line_even_without_rows() {
        let lasted = Duration::from_secs(9);
        check(
            &[(0, false), (9, false)],
            &[
                Fold::Row(0),
                Fold::Idle { rows: 1..1, lasted },
                Fold::Row(1),
            ],
        );
        check(
            &[(0, false), (4, true), (9, true)],
            &[Fold::Row(0), Fold::Idle { rows: 1..3, lasted }],
        );
    }

    #[test]
    fn a_ladder_of_minor_rows_alone_ends() {
        check(&[(0, true), (1, true)], &[]);
        check(&[], &[]);
    }
}
