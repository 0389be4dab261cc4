//! Offer and answer side by side, m-section by m-section, with what was agreed and what was dropped, and why.
//!
//! ```text
//!                      offer                         answer               agreed
//! from                 alice                         janus                3 sections
//! mid 0 video          m=video 9 UDP/TLS/RTP/SAVPF   m=video 9 …          ● agreed
//!   direction          sendonly                      recvonly             alice sends
//!   codecs             96 VP8 · 102 H264 · …         96 VP8               96 VP8 + 97 rtx
//!   dropped            102 H264 · 45 AV1 …           –                    not in the answer
//! ```

use std::sync::Arc;

use crate::sdp::description::Description;
use crate::sdp::negotiation::NegotiatedSection;
use crate::session::model::description::SignaledDescription;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::sheet::ABSENT;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::sheet::name;
use crate::tui::state::agreed::Round;
use crate::tui::text::counted;
use crate::tui::text::shown;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Fit;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;

mod section;

/// The columns.
pub const COLUMNS: &[Column] = &[
    Column::fixed("", 13, Fit::Left),
    Column::flexible("offer", 16, 3, Fit::Left),
    Column::flexible("answer", 16, 3, Fit::Left),
    Column::flexible("agreed", 18, 3, Fit::Left),
];

/// A round with all that its rows are made of.
#[derive(Clone, Copy)]
struct Looked<'a> {
    scene: &'a Scene,
    call: &'a PeerConnection,
    offer: Option<&'a SignaledDescription>,
    answer: Option<&'a SignaledDescription>,
    /// What was agreed; empty while there is no answer.
    sections: &'a [NegotiatedSection],
    /// Who offered.
    offerer: Side,
}

/// The rows of a round.
pub fn rows(scene: &Scene, call: &PeerConnection, round: Round) -> Vec<Row> {
    let description = |at: Option<usize>| at.and_then(|at| call.descriptions.get(at));
    let (offer, answer) = (description(round.offer), description(round.answer));
    let negotiation = round.negotiation.and_then(|at| call.negotiations.get(at));
    let offerer = match (negotiation, offer, answer) {
        (Some(negotiation), ..) => negotiation.offerer,
        (None, Some(offer), _) => offer.side,
        (None, None, Some(answer)) => answer.side.opposite(),
        (None, None, None) => return Vec::new(),
    };
    let looked = Looked {
        scene,
        call,
        offer,
        answer,
        sections: negotiation.map_or(&[], |negotiation| &negotiation.sections),
        offerer,
    };
    let mut rows = vec![looked.writers()];
    rows.extend(looked.whole());
    let sections = |description: Option<&SignaledDescription>| {
        description.map_or(0, |description| description.parsed.media.len())
    };
    let count = sections(offer).max(sections(answer));
    for index in 0..count.min(SECTIONS_SHOWN) {
        rows.extend(section::rows(looked, index));
    }
    if count > SECTIONS_SHOWN {
        let more = counted((count - SECTIONS_SHOWN) as u64, "section");
        rows.push(looked.row(
            "",
            ABSENT,
            ABSENT,
            Cell::new(&format!("{more} more"), Ink::Dim),
        ));
    }
    rows
}

impl Looked<'_> {
    /// Who wrote them, when, in which frames.
    fn writers(self) -> Row {
        let side = |description: Option<&SignaledDescription>, side: Side, what: &str| {
            description.map_or_else(
                || format!("no {what} seen"),
                |it| {
                    let at = self.scene.seconds(it.at);
                    format!("{}, {at:.3} s", name(self.call, side))
                },
            )
        };
        let agreed = match (self.offer, self.answer) {
            (Some(offer), Some(answer)) => {
                let took = crate::tui::text::milliseconds(answer.at.since(offer.at));
                Cell::new(&format!("answered in {took}"), Ink::Plain)
            }
            _ => Cell::new("nothing to compare with", Ink::Poor),
        };
        let mut row = self.row(
            "from",
            &side(self.offer, self.offerer, "offer"),
            &side(self.answer, self.offerer.opposite(), "answer"),
            agreed,
        );
        if let Some(offer) = self.offer {
            row.frames.clone_from(&offer.frames);
        }
        row.detail.push(DetailLine::new(
            0,
            "Enter shows the offer's frames; from any other row, the answer's. r shows their text.",
            Look::Dim,
        ));
        row
    }

    /// What holds for the descriptions as a whole.
    fn whole(self) -> Vec<Row> {
        let mut rows = Vec::new();
        let [offer, answer] = self.both();
        let bundle = |description: Option<&Description>| {
            let groups = description.map(|it| it.session.groups.as_slice());
            let bundles = groups.unwrap_or_default().iter();
            let each = bundles.filter(|group| group.is_bundle());
            let each: Vec<String> = each.map(|group| group.mids.join(" ")).collect();
            each.join(" · ")
        };
        let (offered, answered) = (bundle(offer), bundle(answer));
        if !(offered.is_empty() && answered.is_empty()) {
            let agreed = if answered.is_empty() || self.sections.is_empty() {
                Cell::plain(ABSENT)
            } else {
                Cell::new(&format!("one transport: mids {answered}"), Ink::Plain)
            };
            rows.push(self.row("BUNDLE", &offered, &answered, agreed));
        }
        let lite = |description: Option<&Description>| {
            let lite = description.is_some_and(|it| it.session.ice_lite);
            if lite { "ICE lite" } else { "" }
        };
        if !(lite(offer).is_empty() && lite(answer).is_empty()) {
            let agreed = Cell::new("a lite side only answers checks", Ink::Plain);
            rows.push(self.row("ICE", lite(offer), lite(answer), agreed));
        }
        let broken = |description: Option<&Description>| {
            let mut names: Vec<&str> = Vec::new();
            for fault in description.into_iter().flat_map(Description::faults) {
                if !names.contains(&fault.name) {
                    names.push(fault.name);
                }
            }
            names.join(" · ")
        };
        let (offered, answered) = (broken(offer), broken(answer));
        if !(offered.is_empty() && answered.is_empty()) {
            let agreed = Cell::new("✖ breaks rules of SDP; r marks the lines", Ink::Bad);
            rows.push(self.row("rules", &offered, &answered, agreed));
        }
        rows
    }

    /// Offer and answer, read.
    fn both<'d>(self) -> [Option<&'d Description>; 2]
    where
        Self: 'd,
    {
        [self.offer, self.answer].map(|it| it.map(|it| Arc::as_ref(&it.parsed)))
    }

    /// A row; text may come from the wire. Nothing on one side is `–`.
    fn row(self, what: &str, offer: &str, answer: &str, agreed: Cell) -> Row {
        let or_absent = |text: &str| {
            if text.is_empty() {
                Cell::new(ABSENT, Ink::Dim)
            } else {
                Cell::plain(text)
            }
        };
        let mut detail = vec![DetailLine::new(0, what.trim(), Look::Heading)];
        let agreed_text = agreed.text().to_owned();
        for (side, text) in [
            ("offer", offer),
            ("answer", answer),
            ("agreed", &agreed_text),
        ] {
            if !text.is_empty() {
                detail.push(DetailLine::new(
                    0,
                    &format!("{side:<7} {text}"),
                    Look::Plain,
                ));
            }
        }
        Row {
            cells: vec![
                Cell::Text(shown(what).into_owned(), Ink::Dim),
                or_absent(offer),
                or_absent(answer),
                agreed,
            ],
            frames: self.frames(),
            detail,
            heading: false,
            about: None,
        }
    }

    /// Frames of the answer, else of the offer.
    fn frames(self) -> Vec<FrameNumber> {
        let written = self.answer.or(self.offer);
        written.map(|it| it.frames.clone()).unwrap_or_default()
    }
}

/// Sections written out.
const SECTIONS_SHOWN: usize = 100;
