//! Queries: each finds its own frames in any analysis, and says what it found in figures. `None` is an answer too: this capture has none.
//!
//! | file | finds |
//! | --- | --- |
//! | `web` | names, connections, requests |
//! | `tls` | what shows of TLS, and what keys change |
//! | `janus` | the session with Janus, long polls |
//! | `signaling` | offer, answer, what was agreed, trickle |
//! | `stun` | a request, a response, the XOR undone |
//! | `candidates` | candidates by kind, what the NAT did |
//! | `ice` | pairs, priorities, checks, nomination, consent, restart |
//! | `turn` | the challenge, allocation, permission, channel |
//! | `dtls` | hello, flights, certificate, profile |
//! | `media` | an RTP header, sequence numbers, frames, loss |
//! | `jitter` | five packets, by hand |
//! | `failure` | calls that failed, by cause |
//! | `rows` | the first row that a filter lets pass |

mod candidates;
mod dtls;
mod failure;
mod ice;
mod janus;
mod jitter;
mod media;
mod rows;
mod signaling;
mod stun;
mod tls;
mod turn;
mod web;

use crate::lessons::desk::Desk;
use crate::lessons::figure::Figure;
use crate::lessons::figure::Figures;
use crate::lessons::figure::Unit;
use crate::lessons::lesson::Find;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;

/// A query.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// Its name, as lessons write it.
    pub name: &'static str,
    /// What it finds, for the sentence `This capture has no …`.
    pub what: &'static str,
    /// The figures it gives, with their meanings. Some may stay away where a capture does not tell.
    pub figures: &'static [(&'static str, &'static str)],
    run: fn(&mut Desk<'_>) -> Option<Found>,
}

/// What a query found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The figures.
    pub figures: Figures,
    /// The frames, the telling one first; never empty.
    pub frames: Vec<FrameNumber>,
    /// The call it is in.
    pub call: Option<PeerConnectionId>,
    /// The stream it is about.
    pub stream: Option<StreamId>,
    /// The HTTP exchange it is about.
    pub exchange: Option<ExchangeId>,
}

impl Found {
    /// In these frames; none when there are none.
    fn at(frames: impl Into<Vec<FrameNumber>>) -> Option<Self> {
        let frames = frames.into();
        (!frames.is_empty()).then(|| Self {
            frames,
            ..Self::default()
        })
    }

    fn of_call(mut self, call: PeerConnectionId) -> Self {
        self.call = Some(call);
        self
    }

    fn set(&mut self, name: &str, figure: Figure) {
        self.set_some(name, Some(figure));
    }

    /// What is said in no words is not known.
    fn set_some(&mut self, name: &str, figure: Option<Figure>) {
        let figure = figure.filter(|it| !it.text.is_empty());
        self.figures.set_some(name, figure);
    }
}

/// The query called `name`.
pub fn named(name: &str) -> Option<&'static Query> {
    all().find(|query| query.name == name)
}

/// All queries, in the order of the lessons.
pub fn all() -> impl Iterator<Item = &'static Query> {
    let lists: [&'static [Query]; 12] = [
        web::QUERIES,
        tls::QUERIES,
        janus::QUERIES,
        signaling::QUERIES,
        stun::QUERIES,
        candidates::QUERIES,
        ice::QUERIES,
        turn::QUERIES,
        dtls::QUERIES,
        media::QUERIES,
        jitter::QUERIES,
        failure::QUERIES,
    ];
    lists.into_iter().flatten()
}

/// Finds, and adds what every capture has.
pub fn find(wanted: &Find, desk: &mut Desk<'_>) -> Option<Found> {
    let mut found = match wanted {
        Find::Named(query) => (query.run)(desk),
        Find::Row(kind, filter) => rows::find(desk, *kind, filter),
    }?;
    found.figures.extend(common(desk));
    Some(found)
}

/// What a find looks for, for `This capture has no …`.
pub fn what(wanted: &Find) -> String {
    match wanted {
        Find::Named(query) => query.what.to_owned(),
        Find::Row(kind, filter) => format!("{} where {}", kind.word(), filter.text()),
    }
}

/// Figures that every step has.
pub const COMMON: &[(&str, &str)] = &[
    ("capture.file", "name of the capture"),
    ("capture.packets", "packets in it"),
    ("capture.seconds", "how long it is"),
    ("capture.calls", "calls in it"),
];

fn common(desk: &Desk<'_>) -> Figures {
    let capture = &desk.analysis.capture;
    let mut figures = Figures::default();
    if let Some(file) = capture.files.first() {
        figures.set("capture.file", Figure::word(&file.path));
    }
    figures.set("capture.packets", Figure::count(capture.packets));
    if let (Some(start), Some(end)) = (capture.start, capture.end) {
        let seconds = end.seconds_from(start);
        figures.set("capture.seconds", Figure::number(seconds, 1, Unit::Seconds));
    }
    let calls = desk.analysis.scene.peer_connections.len();
    figures.set("capture.calls", Figure::count(calls as u64));
    figures
}
