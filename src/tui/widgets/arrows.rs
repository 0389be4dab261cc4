//! A call as arrows between hosts.
//!
//! ```text
//!      time   alice             janus             turn
//!             192.168.10.2      203.0.113.10      203.0.113.20
//!     0.512   │─ attach ───────▶│                 │
//! ▸   0.810   │═ offer ════════▶│                 │
//!     0.816   │◀┄ you are 203.0.113.101:29181 ┄┄┄┄│
//!     0.881   │◀┄ 7 checks ┄┄┄┄▶│                 │
//!     0.915   │━ VP8 ━━━━━━━━━━▶│                 │
//!             · 4.2 s ·
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::timeline::fold::Fold;
use crate::timeline::host::Host;
use crate::timeline::ladder::Course;
use crate::timeline::ladder::Line;
use crate::timeline::ladder::Row;
use crate::tui::text::count;
use crate::tui::text::counted;
use crate::tui::text::elide;
use crate::tui::text::elide_middle;
use crate::tui::text::shown;
use crate::tui::text::span;
use crate::tui::text::width;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::put;

/// Places of the columns.
#[derive(Debug, Clone)]
pub struct Grid {
    /// Where the lifelines stand, by host.
    lines: Vec<u16>,
    /// Columns in all.
    width: u16,
}

impl Grid {
    /// Shares `columns` out among `hosts`. The last column needs room for its name.
    pub fn new(hosts: usize, columns: u16) -> Self {
        let last = columns.saturating_sub(NAME_ROOM).max(1);
        let gaps = u16::try_from(hosts.saturating_sub(1))
            .unwrap_or(u16::MAX)
            .max(1);
        let lines = (0..u16::try_from(hosts).unwrap_or(u16::MAX))
            .map(|at| (u32::from(last) * u32::from(at) / u32::from(gaps)) as u16);
        Self {
            lines: lines.collect(),
            width: columns,
        }
    }

    fn x(&self, host: usize) -> u16 {
        self.lines.get(host).copied().unwrap_or(0)
    }
}

/// Draws the hosts' names and addresses into two lines.
pub fn head(buffer: &mut Buffer, area: Rect, grid: &Grid, hosts: &[Host], theme: Theme) {
    for (at, host) in hosts.iter().enumerate() {
        let x = grid.x(at);
        let next = grid.lines.get(at + 1).copied().unwrap_or(grid.width + 1);
        let room = usize::from(next.saturating_sub(x + 1));
        put(
            buffer,
            area,
            x,
            0,
            &elide(&shown(&host.name), room),
            theme.bold(),
        );
        let address = host
            .addresses
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        let text = match host.addresses.len() {
            _ if address == host.name => String::new(),
            0 | 1 => elide_middle(&address, room).into_owned(),
            more => format!(
                "{} +{}",
                elide_middle(&address, room.saturating_sub(3)),
                more - 1
            ),
        };
        put(buffer, area, x, 1, &text, theme.dim());
    }
}

/// Draws a line of the ladder.
pub fn line(
    buffer: &mut Buffer,
    area: Rect,
    y: u16,
    grid: &Grid,
    fold: &Fold,
    rows: &[Row],
    theme: Theme,
) {
    for &x in &grid.lines {
        put(buffer, area, x, y, "│", theme.dim());
    }
    match fold {
        Fold::Row(at) => {
            if let Some(row) = rows.get(*at) {
                arrow(buffer, area, y, grid, row, theme);
            }
        }
        Fold::Idle {
            rows: folded,
            lasted,
        } => {
            put(
                buffer,
                area,
                2,
                y,
                &idle(folded.len(), *lasted),
                theme.dim(),
            );
        }
    }
}

/// `· 4.2 s, 3 messages ·`.
pub fn idle(rows: usize, lasted: std::time::Duration) -> String {
    let mut words = Vec::new();
    if !lasted.is_zero() {
        words.push(span(lasted));
    }
    if rows > 0 {
        words.push(format!("{} folded", counted(rows as u64, "row")));
    }
    format!(" · {} · ", words.join(", "))
}

fn arrow(buffer: &mut Buffer, area: Rect, y: u16, grid: &Grid, row: &Row, theme: Theme) {
    let style = theme.layer(row.layer);
    let text_style = theme.tone(row.tone, style);
    let text = shown(&row.text);
    let (left, right, line, head_left, head_right) = match row.course {
        Course::Note => {
            let style = if text.starts_with('≈') {
                theme.inferred().patch(text_style)
            } else {
                text_style
            };
            put(buffer, area, 2, y, &format!(" {text} "), style);
            return;
        }
        Course::Arrow { from, to, line } if from == to => {
            put(
                buffer,
                area,
                grid.x(from),
                y,
                &format!("{} {text}", fill(line)),
                text_style,
            );
            return;
        }
        Course::Arrow { from, to, line } => {
            let (a, b) = (grid.x(from), grid.x(to));
            (a.min(b), a.max(b), line, a > b, a < b)
        }
        Course::Both { one, other, line } => {
            let (a, b) = (grid.x(one), grid.x(other));
            (a.min(b), a.max(b), line, true, true)
        }
    };
    let room = right.saturating_sub(left + 1);
    if room < 4 {
        return;
    }
    let shaft = fill(line).repeat(room.into());
    put(
        buffer,
        Rect {
            width: right.min(area.width),
            ..area
        },
        left + 1,
        y,
        &shaft,
        style,
    );
    if head_left {
        put(buffer, area, left + 1, y, "◀", style);
    }
    if head_right {
        put(buffer, area, right - 1, y, "▶", style);
    }
    // Inside when it fits, else to the right of the arrow where that gives more room.
    let inner = usize::from(room).saturating_sub(6);
    let outer = usize::from(area.width.saturating_sub(right + 3));
    if width(&text) <= inner || inner >= outer {
        put(
            buffer,
            area,
            left + 3,
            y,
            &format!(" {} ", elide(&text, inner)),
            text_style,
        );
    } else {
        put(
            buffer,
            area,
            right + 1,
            y,
            &format!(" {} ", elide(&text, outer)),
            text_style,
        );
    }
}

const fn fill(line: Line) -> &'static str {
    match line {
        Line::Plain => "─",
        Line::Double => "═",
        Line::Dotted => "┄",
        Line::Fat => "━",
    }
}

/// `frames 3` for a fold's or row's column of frames.
pub fn frame_count(frames: usize) -> String {
    match frames {
        0 => String::new(),
        one => count(one as u64),
    }
}

/// Room for the last host's name, to the right of its lifeline.
const NAME_ROOM: u16 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::ladder::Subject;
    use crate::timeline::layer::Layer;
    use crate::timeline::layer::Tone;
    use crate::tui::theme::palette::Palette;
    use crate::vocab::time::Timestamp;

    fn drawn(course: Course, text: &str) -> String {
        let row = Row {
            at: Timestamp::default(),
            layer: Layer::Signaling,
            course,
            text: text.to_owned(),
            tone: Tone::Plain,
            minor: false,
            frames: Vec::new(),
            subject: Subject::Connection,
        };
        let area = Rect::new(0, 0, 47, 1);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::new(Palette::Plain, false);
        line(
            &mut buffer,
            area,
            0,
            &Grid::new(3, 47),
            &Fold::Row(0),
            &[row],
            theme,
        );
        let text: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        text.trim_end().to_owned()
    }

    #[test]
    fn an_arrow_runs_between_its_lifelines() {
        let course = Course::Arrow {
            from: 0,
            to: 1,
            line: Line::Plain,
        };
        assert_eq!(drawn(course, "offer"), "│── offer ────▶│               │");
    }

    #[test]
    fn an_answer_points_back() {
        let course = Course::Arrow {
            from: 2,
            to: 0,
            line: Line::Double,
        };
        assert_eq!(drawn(course, "answer"), "│◀═ answer ════════════════════│");
    }

    #[test]
    fn long_words_go_beside_a_short_arrow() {
        let course = Course::Both {
            one: 0,
            other: 1,
            line: Line::Dotted,
        };
        assert_eq!(
            drawn(course, "7 checks each way, nominated"),
            "│◀┄┄┄┄┄┄┄┄┄┄┄┄▶│ 7 checks each way, nominated"
        );
    }
}
