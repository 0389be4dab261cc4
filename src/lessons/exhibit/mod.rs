//! Exhibits: what a step lets one look at, laid out in lines for a pane or a page so many columns wide.
//!
//! The same lines stand on the screen and in the handout, so that neither has a figure that the other lacks. `Place` says where the real
//! screens show the same.
//!
//! | file | shows |
//! | --- | --- |
//! | `message` | a frame's fields and bytes, one field lit |
//! | `ladder` | arrows around the frames found |
//! | `grid` | candidates, candidate pairs |
//! | `agreed` | offer beside answer, a description line by line |
//! | `http` | request and response |
//! | `flights` | a handshake |
//! | `chart` | a stream over time |

mod agreed;
mod chart;
mod flights;
mod grid;
mod http;
mod ladder;
mod message;

use crate::lessons::desk::Desk;
use crate::lessons::find::Found;
use crate::lessons::lesson::Look;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;
use crate::vocab::printable::printable_within;

/// Something to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Exhibit {
    /// What it is. Printable.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Where the screens show it.
    pub place: Place,
}

/// A line: pieces beside each other.
pub type Line = Vec<Piece>;

/// Words in one shade. Printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// Their shade.
    pub shade: Shade,
}

/// How words stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// They do not.
    Plain,
    /// They step back.
    Dim,
    /// They head what follows.
    Head,
    /// It is them that the step is about.
    Lit,
    /// They say that something is well.
    Good,
    /// They say that something is wrong.
    Bad,
}

/// A place in the screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A frame among all packets, a field of it lit.
    Frame(FrameNumber, Option<String>),
    /// The ladder of a call, at a frame.
    Ladder(PeerConnectionId, FrameNumber),
    /// The candidates and pairs of a call.
    Ice(PeerConnectionId),
    /// Its offers and answers.
    Agreed(PeerConnectionId),
    /// Its handshakes.
    Dtls(PeerConnectionId),
    /// A stream of it.
    Media(PeerConnectionId, StreamId),
    /// An HTTP exchange.
    Http(ExchangeId),
}

/// Lays out what `look` shows of what was found, in `columns`. None when the capture does not have it.
pub fn lay_out(look: &Look, found: &Found, desk: &mut Desk<'_>, columns: usize) -> Option<Exhibit> {
    let columns = columns.clamp(NARROWEST, WIDEST);
    match look {
        Look::Message { figure, field } => {
            let named = found.figures.get(figure);
            let frame = named.and_then(|figure| figure.frames.last().copied());
            let frame = frame.or_else(|| found.frames.first().copied())?;
            message::exhibit(desk, frame, field.as_deref(), columns)
        }
        Look::Ladder => ladder::exhibit(desk, found, columns),
        Look::Candidates => grid::candidates(desk, found, columns),
        Look::Pairs => grid::pairs(desk, found, columns),
        Look::Chart => chart::exhibit(desk, found, columns),
        Look::Agreed => agreed::exhibit(desk, found, columns),
        Look::Description { offer } => agreed::description(desk, found, *offer, columns),
        Look::Http => http::exhibit(desk, found, columns),
        Look::Flights => flights::exhibit(desk, found, columns),
    }
}

/// Words in a shade; what acts on a terminal is spelled out.
fn piece(text: &str, shade: Shade) -> Piece {
    Piece {
        text: printable_within(text, LONGEST).into_owned(),
        shade,
    }
}

fn line(text: &str, shade: Shade) -> Line {
    vec![piece(text, shade)]
}

/// Text in lines of at most `columns` characters, broken at spaces where there are some; further lines are indented a little more.
fn wrapped(text: &str, columns: usize, shade: Shade) -> Vec<Line> {
    let shown = printable_within(text, LONGEST);
    let inner = shown.trim_start_matches(' ');
    let indent = " ".repeat((shown.len() - inner.len()).min(columns / 3));
    let mut lines: Vec<String> = Vec::new();
    let mut current = indent.clone();
    let mut empty = true;
    for word in inner.split(' ') {
        let length = current.chars().count();
        if !empty && length + 1 + word.chars().count() > columns {
            lines.push(std::mem::replace(&mut current, format!("{indent}  ")));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        empty = false;
        for c in word.chars() {
            if current.chars().count() == columns {
                lines.push(std::mem::take(&mut current));
            }
            current.push(c);
        }
    }
    lines.push(current);
    lines
        .into_iter()
        .map(|text| vec![Piece { text, shade }])
        .collect()
}

/// `text` in exactly `columns`: filled up, or cut with an ellipsis.
fn cell(text: &str, columns: usize) -> String {
    let shown = printable_within(text, columns);
    let length = shown.chars().count();
    format!("{shown}{}", " ".repeat(columns.saturating_sub(length)))
}

/// Least columns that exhibits are laid out for.
const NARROWEST: usize = 30;
/// Most.
const WIDEST: usize = 120;
/// Longest text of a piece, characters.
const LONGEST: usize = 400;
