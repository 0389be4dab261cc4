//! Arrows of a call around the frames found.

use crate::lessons::desk::Desk;
use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::Place;
use crate::lessons::exhibit::Shade;
use crate::lessons::exhibit::cell;
use crate::lessons::exhibit::line;
use crate::lessons::find::Found;
use crate::timeline::ladder::Course;
use crate::timeline::ladder::Ladder;
use crate::timeline::ladder::Row;
use crate::timeline::ladder::ladder;

pub(super) fn exhibit(desk: &Desk<'_>, found: &Found, columns: usize) -> Option<Exhibit> {
    let call = found.call?;
    let ladder = ladder(&desk.analysis.scene, call)?;
    let shows = |row: &Row| row.frames.iter().any(|frame| found.frames.contains(frame));
    let lit = ladder.rows.iter().position(shows);
    // The nearest in time, when the ladder folds the frames into something larger.
    let frame = *found.frames.first()?;
    let nearest = || {
        let mut rows = ladder.rows.iter();
        rows.position(|row| row.frames.first().is_some_and(|first| *first >= frame))
    };
    let at = lit.or_else(nearest).unwrap_or(0);
    let start = at.saturating_sub(BEFORE);
    let rows = ladder.rows.iter().enumerate().skip(start).take(ROWS);
    let mut lines = Vec::new();
    for (place, row) in rows {
        let text = text(desk, &ladder, row, Some(place) == lit);
        let shade = match (Some(place) == lit, row.minor) {
            (true, _) => Shade::Lit,
            (false, true) => Shade::Dim,
            (false, false) => Shade::Plain,
        };
        lines.push(line(cell(&text, columns).trim_end(), shade));
    }
    Some(Exhibit {
        title: format!("Ladder of call {}", call.index() + 1),
        lines,
        place: Place::Ladder(call, frame),
    })
}

fn text(desk: &Desk<'_>, ladder: &Ladder, row: &Row, lit: bool) -> String {
    let host = |at: usize| {
        let host = ladder.hosts.list.get(at);
        host.map_or("?", |host| host.name.as_str())
    };
    let mark = if lit { '▶' } else { ' ' };
    let course = match row.course {
        Course::Arrow { from, to, .. } => format!("{} → {}", host(from), host(to)),
        Course::Both { one, other, .. } => format!("{} ↔ {}", host(one), host(other)),
        Course::Note => "·".to_owned(),
    };
    format!(
        "{mark}{:>8.3}  {course}: {}",
        desk.seconds(row.at),
        row.text
    )
}

/// Rows before the one that is lit.
const BEFORE: usize = 5;
/// Rows in all.
const ROWS: usize = 14;
