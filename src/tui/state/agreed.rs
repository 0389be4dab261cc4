//! The Offer/Answer tab: which round of offer and answer is looked at, and how.

use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::tui::sheet::Row;
use crate::tui::sheet::agreed;
use crate::tui::sheet::raw;
use crate::tui::state::listing::Listing;

/// The tab.
#[derive(Debug, Default)]
pub struct Agreed {
    /// Rounds of offer and answer, in order.
    pub rounds: Vec<Round>,
    /// The round chosen; `None`: the last, which is in force.
    pub chosen: Option<usize>,
    /// What is shown of it.
    pub face: Face,
    /// The rows shown.
    pub rows: Vec<Row>,
    /// Selection.
    pub list: Listing,
}

/// An offer and its answer: positions in the call's descriptions and negotiations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// The offer, when it was seen.
    pub offer: Option<usize>,
    /// The answer, when one was seen.
    pub answer: Option<usize>,
    /// What they agreed.
    pub negotiation: Option<usize>,
}

/// What is shown of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Face {
    /// Both, aligned.
    #[default]
    Aligned,
    /// The offer's text.
    Offer,
    /// The answer's text.
    Answer,
}

impl Agreed {
    /// Takes a new analysis in.
    pub fn refresh(&mut self, scene: &Scene, call: &PeerConnection) {
        self.rounds = rounds(call);
        self.rebuild(scene, call);
    }

    /// Makes the rows anew.
    pub fn rebuild(&mut self, scene: &Scene, call: &PeerConnection) {
        let Some(round) = self.round() else {
            self.rows = Vec::new();
            self.list.shown.clear();
            return;
        };
        let text = |at: Option<usize>| at.and_then(|at| call.descriptions.get(at)).map(raw::rows);
        self.rows = match self.face {
            Face::Aligned => agreed::rows(scene, call, round),
            Face::Offer => text(round.offer).unwrap_or_default(),
            Face::Answer => text(round.answer).unwrap_or_default(),
        };
    }

    /// The row on a line of the list.
    pub fn row(&self, line: usize) -> Option<&Row> {
        self.rows.get(*self.list.shown.get(line)?)
    }

    /// The position of the round looked at.
    pub fn place(&self) -> usize {
        let last = self.rounds.len().saturating_sub(1);
        self.chosen.map_or(last, |chosen| chosen.min(last))
    }

    /// The round looked at.
    pub fn round(&self) -> Option<Round> {
        self.rounds.get(self.place()).copied()
    }

    /// The description whose text is shown, else the answer, else the offer.
    pub fn description(&self) -> Option<usize> {
        let round = self.round()?;
        match self.face {
            Face::Offer => round.offer,
            Face::Answer | Face::Aligned => round.answer.or(round.offer),
        }
    }

    /// Is a description's text shown?
    pub fn is_raw(&self) -> bool {
        self.face != Face::Aligned
    }

    /// Does no round follow the one shown?
    pub fn is_last(&self) -> bool {
        self.place() + 1 >= self.rounds.len()
    }

    /// To the round `by` further on; gives whether there is one.
    pub fn turn(&mut self, by: isize) -> bool {
        let to = self.place().checked_add_signed(by);
        let found = to.filter(|to| *to < self.rounds.len());
        if let Some(to) = found {
            self.chosen = Some(to);
            self.skip_missing();
        }
        found.is_some()
    }

    /// Aligned, the offer's text, the answer's text, and from the start; what was not seen is left out.
    pub fn turn_face(&mut self) {
        self.face = match self.face {
            Face::Aligned => Face::Offer,
            Face::Offer => Face::Answer,
            Face::Answer => Face::Aligned,
        };
        self.skip_missing();
        self.list.cursor.at = 0;
    }

    fn skip_missing(&mut self) {
        let Some(round) = self.round() else {
            return;
        };
        if self.face == Face::Offer && round.offer.is_none() {
            self.face = Face::Answer;
        }
        if self.face == Face::Answer && round.answer.is_none() {
            self.face = Face::Aligned;
        }
    }

    /// `Offer and answer · round 2 of 2`.
    pub fn title(&self) -> String {
        let what = match self.face {
            Face::Aligned => "Offer and answer",
            Face::Offer => "The offer, line by line",
            Face::Answer => "The answer, line by line",
        };
        match self.rounds.len() {
            0 | 1 => what.to_owned(),
            rounds => format!(
                "{what} · round {} of {rounds}, < > choose",
                self.place() + 1
            ),
        }
    }
}

/// The rounds of a call, in order of their first description; descriptions that nothing answers stand alone.
fn rounds(call: &PeerConnection) -> Vec<Round> {
    let mut rounds: Vec<Round> = Vec::new();
    for (at, negotiation) in call.negotiations.iter().enumerate() {
        rounds.push(Round {
            offer: Some(negotiation.offer),
            answer: Some(negotiation.answer),
            negotiation: Some(at),
        });
    }
    for (at, description) in call.descriptions.iter().enumerate() {
        let known = |round: &Round| round.offer == Some(at) || round.answer == Some(at);
        if rounds.iter().any(known) {
            continue;
        }
        let alone = match description.kind {
            DescriptionKind::Offer => Round {
                offer: Some(at),
                answer: None,
                negotiation: None,
            },
            DescriptionKind::Answer | DescriptionKind::Pranswer => Round {
                offer: None,
                answer: Some(at),
                negotiation: None,
            },
            // Takes an offer back and says nothing of its own; the ladder has it.
            DescriptionKind::Rollback => continue,
        };
        rounds.push(alone);
    }
    rounds.sort_by_key(|round| round.offer.or(round.answer));
    rounds
}
