//! The findings page: verdicts, each with its findings, then those on the capture.

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Verdict;
use crate::filter::rows::Row;
use crate::filter::rows::Rows;
use crate::tui::asked;
use crate::tui::state::cursor::Cursor;
use crate::tui::state::filter::Filter;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;

/// The page.
#[derive(Debug, Default)]
pub struct Findings {
    /// The call whose findings it shows; `None`: those of the capture.
    pub call: Option<PeerConnectionId>,
    /// All lines.
    pub items: Vec<Item>,
    /// Positions of the lines that the filter lets through.
    pub shown: Vec<usize>,
    /// The filter.
    pub filter: Filter,
    /// Selection among the shown lines.
    pub cursor: Cursor,
    /// Does the detail pane have the keys?
    pub in_detail: bool,
    /// The selected line of evidence.
    pub evidence: usize,
    /// First line of the detail shown.
    pub detail_top: usize,
}

/// A line: positions in the analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A verdict.
    Verdict(usize),
    /// A finding.
    Finding(usize),
}

impl Findings {
    /// Takes a new analysis in.
    pub fn refresh(&mut self, analysis: &Analysis) {
        self.items = items(analysis);
        if let Some(call) = self.call {
            self.items.retain(|item| concerns(analysis, *item, call));
        }
        self.apply_filter(analysis);
    }

    /// Applies the filter anew.
    pub fn apply_filter(&mut self, analysis: &Analysis) {
        self.shown = if self.filter.is_empty() {
            (0..self.items.len()).collect()
        } else {
            self.filtered(analysis)
        };
        self.cursor.at = self.cursor.at.min(self.shown.len().saturating_sub(1));
    }

    /// Positions of the findings that pass, each group under its verdict, and of the verdicts that pass themselves.
    fn filtered(&self, analysis: &Analysis) -> Vec<usize> {
        let rows = Rows::new(analysis);
        let mut shown = Vec::new();
        let mut verdict = None;
        for (line, item) in self.items.iter().enumerate() {
            match *item {
                Item::Verdict(at) => {
                    let passes = analysis.verdicts.get(at).is_some_and(|it| {
                        let call = it.peer_connection.map(|id| Row::Call(id.index()));
                        let own: Vec<Row> = call.into_iter().collect();
                        asked::words(&self.filter, &rows, &own, it.outcome.word())
                    });
                    verdict = (!passes).then_some(line);
                    shown.extend(passes.then_some(line));
                }
                Item::Finding(at) => {
                    if self.filter.passes(&rows, Row::Finding(at)) {
                        let about = analysis.findings.get(at);
                        let about = about.is_some_and(|it| {
                            it.peer_connection.is_some() || it.dialogue.is_some()
                        });
                        shown.extend(verdict.take().filter(|_| about));
                        shown.push(line);
                    }
                }
            }
        }
        shown
    }

    /// The selected line.
    pub fn selected(&self) -> Option<Item> {
        self.items.get(*self.shown.get(self.cursor.at)?).copied()
    }

    /// Selects the next (or, for -1, the previous) finding; gives whether there was one.
    pub fn step_finding(&mut self, by: isize, include_here: bool) -> bool {
        let is_finding = |at: &usize| matches!(self.items.get(*at), Some(Item::Finding(_)));
        let here = self.cursor.at;
        let lines = || {
            self.shown
                .iter()
                .enumerate()
                .filter(|(_, at)| is_finding(at))
                .map(|(line, _)| line)
        };
        let found = if by > 0 {
            lines().find(|&line| line > here || (include_here && line == here))
        } else {
            lines().rfind(|&line| line < here)
        };
        if let Some(line) = found {
            self.cursor.at = line;
            self.evidence = 0;
            self.detail_top = 0;
        }
        found.is_some()
    }

    /// The frames of the selected line of evidence.
    pub fn selected_frames<'a>(&self, analysis: &'a Analysis) -> &'a [FrameNumber] {
        let Some(Item::Finding(at)) = self.selected() else {
            return &[];
        };
        let evidence = analysis
            .findings
            .get(at)
            .map(|finding| finding.evidence.as_slice())
            .unwrap_or_default();
        let chosen = evidence
            .get(self.evidence)
            .filter(|line| !line.frames.is_empty());
        let any = evidence.iter().find(|line| !line.frames.is_empty());
        chosen
            .or(any)
            .map(|line| line.frames.as_slice())
            .unwrap_or_default()
    }
}

/// Is a line about `call`?
fn concerns(analysis: &Analysis, item: Item, call: PeerConnectionId) -> bool {
    let about = match item {
        Item::Verdict(at) => analysis.verdicts.get(at).map(|it| it.peer_connection),
        Item::Finding(at) => analysis.findings.get(at).map(|it| it.peer_connection),
    };
    about == Some(Some(call))
}

fn items(analysis: &Analysis) -> Vec<Item> {
    let belongs = |finding: &Finding, verdict: &Verdict| match verdict.peer_connection {
        Some(_) => finding.peer_connection == verdict.peer_connection,
        None => {
            finding.peer_connection.is_none()
                && finding.dialogue.is_some()
                && finding.dialogue == verdict.dialogue
        }
    };
    let mut items = Vec::new();
    let mut taken = vec![false; analysis.findings.len()];
    for (place, verdict) in analysis.verdicts.iter().enumerate() {
        items.push(Item::Verdict(place));
        for ((at, finding), taken) in analysis.findings.iter().enumerate().zip(&mut taken) {
            if !*taken && belongs(finding, verdict) {
                *taken = true;
                items.push(Item::Finding(at));
            }
        }
    }
    let rest = taken.iter().enumerate().filter(|(_, taken)| !**taken);
    items.extend(rest.map(|(at, _)| Item::Finding(at)));
    items
}
