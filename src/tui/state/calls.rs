//! The list of calls: peer connections, and signaling that never got as far as one.

use std::fmt::Write;
use std::time::Duration;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::{Finding, Outcome, Verdict};
use crate::filter::rows::{Row as Asked, Rows};
use crate::session::model::ice::Candidate;
use crate::session::model::media::{MediaKind, MediaStream};
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::timeline::lane::Lane;
use crate::timeline::lanes::lanes;
use crate::tui::asked;
use crate::tui::state::columns::CallColumn;
use crate::tui::state::cursor::Cursor;
use crate::tui::state::filter::Filter;
use crate::tui::state::listing::Sort;
use crate::tui::state::zoom::Zoom;
use crate::tui::text::{percent, shown};
use crate::vocab::address::Side;
use crate::vocab::ids::{DialogueId, PeerConnectionId};
use crate::vocab::parallel::map_in_order;
use crate::vocab::time::Timestamp;

/// The page.
#[derive(Debug)]
pub struct Calls {
    /// All rows, in order of time.
    pub rows: Vec<Row>,
    /// Positions of the rows that the filter lets through.
    pub shown: Vec<usize>,
    /// The filter.
    pub filter: Filter,
    /// Selection among the shown rows.
    pub cursor: Cursor,
    /// Its order.
    pub sort: Sort,
    /// Its columns.
    pub columns: Vec<CallColumn>,
    /// The selected call over time.
    pub lanes: Vec<Lane>,
    /// The part of its time that they show.
    pub zoom: Zoom,
    /// When the call began whose lanes these are.
    lanes_of: Option<Timestamp>,
}

/// What the list can be sorted by.
pub const SORTS: [&str; 7] = [
    "time", "length", "outcome", "who", "path", "loss", "findings",
];

/// One row. Text is printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub subject: Subject,
    /// How it came out.
    pub outcome: Outcome,
    /// First sign of it.
    pub start: Timestamp,
    /// Last sign of it.
    pub end: Timestamp,
    /// Who and whom.
    pub who: String,
    /// `srflx→host udp`.
    pub path: String,
    /// `▲ VP8 15 fps`, per side and codec.
    pub media: String,
    /// What its signaling speaks.
    pub signaling: &'static str,
    /// From its first sign to the first media.
    pub setup: Option<Duration>,
    /// Packets lost and expected, over all streams.
    pub loss: (u64, u64),
    /// Findings that concern it.
    pub findings: usize,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A peer connection.
    Call(PeerConnectionId),
    /// A signaling dialogue without one.
    Dialogue(DialogueId),
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            shown: Vec::new(),
            filter: Filter::default(),
            cursor: Cursor::default(),
            sort: Sort::default(),
            columns: CallColumn::SHOWN.to_vec(),
            lanes: Vec::new(),
            zoom: Zoom::default(),
            lanes_of: None,
        }
    }
}

impl Calls {
    /// Takes a new analysis in; the selection stays with its call.
    pub fn refresh(&mut self, analysis: &Analysis) {
        let selected = self.selected().map(|row| (row.start, row.who.clone()));
        self.rows = rows(analysis);
        self.apply_filter(analysis);
        if let Some((start, who)) = selected {
            let mut shown = self.shown.iter();
            let kept = shown.position(|&at| {
                self.rows
                    .get(at)
                    .is_some_and(|row| row.start == start && row.who == who)
            });
            if let Some(at) = kept {
                self.cursor.at = at;
            }
        }
        self.refresh_lanes(analysis);
    }

    /// Applies the filter anew.
    pub fn apply_filter(&mut self, analysis: &Analysis) {
        let Self { rows, filter, .. } = self;
        self.shown = if filter.is_empty() {
            (0..rows.len()).collect()
        } else {
            let all = Rows::new(analysis);
            let passes = |row: &Row| match row.subject {
                Subject::Call(id) => filter.passes(&all, Asked::Call(id.index())),
                Subject::Dialogue(_) => asked::words(filter, &all, &[], &row.who),
            };
            let passed = map_in_order(rows, passes);
            let passed = passed.into_iter().enumerate();
            passed
                .filter_map(|(at, passed)| passed.then_some(at))
                .collect()
        };
        self.arrange();
        self.cursor.at = self.cursor.at.min(self.shown.len().saturating_sub(1));
        self.refresh_lanes(analysis);
    }

    /// Puts the rows shown in order. Rows are in order of time; what is equal stays so.
    fn arrange(&mut self) {
        let Self {
            rows, shown, sort, ..
        } = self;
        let by = |at: &usize| rows.get(*at);
        shown.sort_unstable();
        match sort.key {
            1 => shown.sort_by_key(|at| by(at).map(|row| row.end.since(row.start))),
            2 => shown.sort_by_key(|at| by(at).map(|row| row.outcome.word())),
            3 => shown.sort_by_key(|at| by(at).map(|row| row.who.clone())),
            4 => shown.sort_by_key(|at| by(at).map(|row| row.path.clone())),
            // Per mille of a per cent will do.
            5 => shown.sort_by_key(|at| {
                by(at).map(|row| row.loss.0.saturating_mul(100_000) / row.loss.1.max(1))
            }),
            6 => shown.sort_by_key(|at| by(at).map(|row| row.findings)),
            _ => {}
        }
        if sort.descending {
            shown.reverse();
        }
    }

    /// Sorts anew; the selection stays where it is in the list.
    pub fn sort_by(&mut self, sort: Sort, analysis: &Analysis) {
        self.sort = sort;
        self.arrange();
        self.refresh_lanes(analysis);
    }

    /// Computes the lanes of the selected call. Another call is looked at as a whole.
    pub fn refresh_lanes(&mut self, analysis: &Analysis) {
        let began = self.selected().map(|row| row.start);
        if self.lanes_of != began {
            self.lanes_of = began;
            self.zoom = Zoom::default();
        }
        let call = match self.selected().map(|row| row.subject) {
            Some(Subject::Call(id)) => analysis.scene.peer_connections.get(id.index()),
            _ => None,
        };
        self.lanes = call
            .map(|call| lanes(&analysis.scene, call))
            .unwrap_or_default();
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&Row> {
        self.rows.get(*self.shown.get(self.cursor.at)?)
    }
}

fn rows(analysis: &Analysis) -> Vec<Row> {
    let scene = &analysis.scene;
    let calls = scene.peer_connections.iter().zip(0..).map(|(call, at)| {
        let id = PeerConnectionId(at);
        Row {
            subject: Subject::Call(id),
            outcome: outcome(analysis, |verdict| verdict.peer_connection == Some(id)),
            start: call.first_at,
            end: call.last_at,
            who: shown(&call.label).into_owned(),
            path: path(call),
            media: media(scene.streams_of(call).map(|(_, stream)| stream)),
            signaling: signaling(scene, call),
            setup: call.setup.first_media,
            loss: loss(scene, call),
            findings: findings(analysis, |finding| finding.peer_connection == Some(id)),
        }
    });
    let alone = scene
        .dialogues
        .iter()
        .zip(0..)
        .filter_map(|(dialogue, at)| {
            let id = DialogueId(at);
            let served = scene
                .peer_connections
                .iter()
                .any(|call| call.dialogue == Some(id));
            let url = dialogue.url.as_deref().unwrap_or("");
            (!served).then(|| Row {
                subject: Subject::Dialogue(id),
                outcome: outcome(analysis, |verdict| {
                    verdict.peer_connection.is_none() && verdict.dialogue == Some(id)
                }),
                start: dialogue.first_at,
                end: dialogue.last_at,
                who: shown(&format!(
                    "{} signaling, {} {url}",
                    dialogue.protocol.word(),
                    dialogue.client
                ))
                .into_owned(),
                path: "no call".to_owned(),
                media: String::new(),
                signaling: dialogue.protocol.word(),
                setup: None,
                loss: (0, 0),
                findings: findings(analysis, |finding| {
                    finding.peer_connection.is_none() && finding.dialogue == Some(id)
                }),
            })
        });
    let mut rows: Vec<Row> = calls.chain(alone).collect();
    rows.sort_by_key(|row| row.start);
    rows
}

fn signaling(scene: &Scene, call: &PeerConnection) -> &'static str {
    let dialogue = call.dialogue.and_then(|id| scene.dialogues.get(id.index()));
    dialogue.map_or("", |dialogue| dialogue.protocol.word())
}

fn loss(scene: &Scene, call: &PeerConnection) -> (u64, u64) {
    let streams = scene.streams_of(call).map(|(_, stream)| &stream.stats);
    streams.fold((0, 0), |(lost, expected), stats| {
        let own = stats.packets.saturating_sub(stats.packets_duplicated);
        let all = own.saturating_add(stats.packets_lost);
        (lost + stats.packets_lost, expected + all)
    })
}

fn findings(analysis: &Analysis, concerns: impl Fn(&Finding) -> bool) -> usize {
    let findings = analysis.findings.iter();
    findings.filter(|finding| concerns(finding)).count()
}

/// The outcome of the first verdict that `concerns` it; without one, the capture can't tell.
pub fn outcome(analysis: &Analysis, concerns: impl Fn(&Verdict) -> bool) -> Outcome {
    let mut verdicts = analysis.verdicts.iter();
    verdicts
        .find(|verdict| concerns(verdict))
        .map_or(Outcome::Unknown, |verdict| verdict.outcome)
}

fn path(call: &PeerConnection) -> String {
    let Some(pair) = call.selected_pair() else {
        return match call.ice.pairs.len() {
            0 => "not seen".to_owned(),
            _ => "no pair".to_owned(),
        };
    };
    let candidate = |at: usize| -> Option<&Candidate> { call.ice.candidates.get(at) };
    let kind = |at| candidate(at).map_or("?", |candidate| candidate.kind.word());
    let protocol = candidate(pair.a).map_or("", |candidate| candidate.protocol.as_str());
    shown(&format!("{}→{} {protocol}", kind(pair.a), kind(pair.b))).into_owned()
}

/// What each side sends: `▲ VP8 15 fps  ▼ opus 4.9 % lost`.
fn media<'a>(streams: impl Iterator<Item = &'a MediaStream>) -> String {
    let streams: Vec<&MediaStream> = streams.filter(|stream| stream.repairs.is_none()).collect();
    let mut words: Vec<String> = Vec::new();
    for (side, arrow) in [(Some(Side::A), "▲"), (Some(Side::B), "▼"), (None, "")] {
        for stream in streams
            .iter()
            .filter(|stream| stream.from == side)
            .take(STREAMS_SHOWN)
        {
            let stats = &stream.stats;
            let codec = stream
                .codec
                .clone()
                .or_else(|| stats.payload_type().map(|kind| format!("type {kind}")));
            let mut word = format!("{arrow} {}", codec.unwrap_or_default());
            if stream.kind == Some(MediaKind::Video)
                && let Some(rate) = stats.frames.per_second
            {
                let _ = write!(word, " {rate:.0} fps");
            }
            let expected =
                stats.packets.saturating_sub(stats.packets_duplicated) + stats.packets_lost;
            if let Some(lost) =
                percent(stats.packets_lost, expected).filter(|_| stats.packets_lost > 0)
            {
                let _ = write!(word, " {lost} lost");
            }
            words.push(word);
        }
    }
    shown(&words.join(" ")).trim().to_owned()
}

/// Streams named per side; the media lanes have them all.
const STREAMS_SHOWN: usize = 3;
