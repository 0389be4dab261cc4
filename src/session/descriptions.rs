//! What signaling said about one peer connection: descriptions, candidates, and the rounds of offer and answer.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::sdp::candidate::Candidate as DeclaredCandidate;
use crate::sdp::description::Description;
use crate::sdp::media::MediaSection;
use crate::sdp::negotiation::negotiate;
use crate::session::candidates::CandidateBook;
use crate::session::candidates::Context;
use crate::session::identity::Identity;
use crate::session::identity::Party;
use crate::session::identity::Passport;
use crate::session::identity::SignalSpan;
use crate::session::model::description::Negotiation;
use crate::session::model::description::SignaledDescription;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::Message;
use crate::track::signaling::dialogue::Sender;
use crate::vocab::address::Side;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Descriptions that were read when they came: by dialogue, message, and place among what the message carried.
pub type ReadDescriptions = HashMap<(DialogueId, usize, usize), Arc<Description>>;

/// What a description says of its sender, gathered from all its sections.
pub(crate) struct Gist {
    /// User fragments, each once, in order.
    pub(crate) ufrags: Vec<String>,
    /// Session id and certificate hash.
    pub(crate) passport: Passport,
}

/// Reads the gist of a description.
pub(crate) fn gist(parsed: &Description) -> Gist {
    let mut ufrags: Vec<String> = Vec::new();
    let sections = parsed.media.iter().filter_map(|section| section.ufrag());
    for ufrag in sections.chain(parsed.session.transport.ice_ufrag.as_deref()) {
        if !ufrags.iter().any(|known| known == ufrag) {
            ufrags.push(ufrag.to_owned());
        }
    }
    let fingerprint = parsed
        .media
        .iter()
        .flat_map(MediaSection::fingerprints)
        .chain(&parsed.session.transport.fingerprints)
        .next()
        .map(ToString::to_string);
    let passport = Passport {
        session_id: parsed
            .session
            .origin
            .as_ref()
            .map(|origin| origin.session_id.clone())
            .unwrap_or_default(),
        fingerprint: fingerprint.unwrap_or_default(),
    };
    Gist { ufrags, passport }
}

/// A description with its party, before sides are named.
pub(super) struct Spoken {
    pub(super) party: Party,
    pub(super) kind: DescriptionKind,
    pub(super) at: Timestamp,
    pub(super) frames: Vec<FrameNumber>,
    pub(super) sdp: Arc<str>,
    pub(super) parsed: Arc<Description>,
}

/// A trickled candidate with its party.
pub(super) struct Trickled {
    party: Party,
    at: Timestamp,
    frames: Vec<FrameNumber>,
    candidate: DeclaredCandidate,
    mid: Option<String>,
    ufrag: Option<String>,
}

/// Everything that signaling said of one identity, in order of time.
#[derive(Default)]
pub(super) struct Said {
    pub(super) descriptions: Vec<Spoken>,
    pub(super) candidates: Vec<Trickled>,
    /// The handles' messages that carried nothing but count as signs of life: first and last.
    pub(super) span: Option<(Timestamp, Timestamp)>,
}

impl Said {
    /// Gathers what the handles of `identity` carried while they were about it.
    pub(super) fn gather(
        identity: &Identity,
        dialogues: &[Dialogue],
        read: &ReadDescriptions,
    ) -> Self {
        let mut said = Self::default();
        for span in &identity.signaling {
            let Some(dialogue) = dialogues.get(span.key.0.index()) else {
                continue;
            };
            let id = span.key.0;
            let messages = dialogue.messages.iter().enumerate();
            for (at, message) in messages.filter(|(_, message)| is_within(message, span)) {
                let known = |place: usize| read.get(&(id, at, place)).cloned();
                said.take(message, span.client, identity, &known);
            }
        }
        said.descriptions.sort_by_key(|spoken| spoken.at);
        said.candidates.sort_by_key(|trickled| trickled.at);
        said
    }

    fn take(
        &mut self,
        message: &Message,
        client: Party,
        identity: &Identity,
        known: &dyn Fn(usize) -> Option<Arc<Description>>,
    ) {
        let party = match message.from {
            Sender::Client => client,
            Sender::Server => 1 - client,
        };
        for (place, carried) in message.carried.iter().enumerate() {
            match carried {
                Carried::Description { kind, sdp } => {
                    // The same text again is the same description: passed on by a server, or polled twice.
                    if self.descriptions.iter().any(|known| known.sdp == *sdp) {
                        continue;
                    }
                    let parsed = known(place)
                        .unwrap_or_else(|| Arc::new(Description::parse_without_lines(sdp)));
                    self.describe(message, party, *kind, sdp, parsed, identity);
                }
                Carried::Candidate {
                    candidate,
                    mid,
                    ufrag,
                    ..
                } => {
                    let parsed = DeclaredCandidate::parse(candidate).candidate;
                    let Some(candidate) = parsed else { continue };
                    let ufrag = ufrag.clone().or_else(|| candidate.ufrag.clone());
                    // Where both ends' dialogues are seen, the fragment tells whose candidate was passed on.
                    let party = ufrag
                        .as_deref()
                        .and_then(|ufrag| identity.owner_of(ufrag))
                        .unwrap_or(party);
                    self.candidates.push(Trickled {
                        party,
                        at: message.at,
                        frames: message.frames.clone(),
                        candidate,
                        mid: mid.clone(),
                        ufrag,
                    });
                }
                Carried::EndOfCandidates | Carried::Credentials { .. } => {}
            }
        }
        let (first, last) = self.span.unwrap_or((message.at, message.at));
        self.span = Some((first.min(message.at), last.max(message.at)));
    }

    fn describe(
        &mut self,
        message: &Message,
        sender: Party,
        kind: Option<DescriptionKind>,
        sdp: &Arc<str>,
        parsed: Arc<Description>,
        identity: &Identity,
    ) {
        let party = gist(&parsed)
            .ufrags
            .iter()
            .find_map(|ufrag| identity.owner_of(ufrag))
            .unwrap_or(sender);
        let kind = kind.unwrap_or_else(|| {
            // Unsaid: what follows the other party's open offer answers it.
            let open = self
                .descriptions
                .last()
                .is_some_and(|last| last.kind == DescriptionKind::Offer && last.party != party);
            if open {
                DescriptionKind::Answer
            } else {
                DescriptionKind::Offer
            }
        });
        self.descriptions.push(Spoken {
            party,
            kind,
            at: message.at,
            frames: message.frames.clone(),
            sdp: Arc::clone(sdp),
            parsed,
        });
    }

    /// The party that made the first offer (or, the offer unseen, did not make the first answer).
    pub(super) fn offerer(&self) -> Option<Party> {
        self.descriptions
            .iter()
            .find_map(|spoken| match spoken.kind {
                DescriptionKind::Offer => Some(spoken.party),
                DescriptionKind::Answer | DescriptionKind::Pranswer => Some(1 - spoken.party),
                DescriptionKind::Rollback => None,
            })
    }

    /// `(ufrag, ice-pwd)` of all descriptions.
    pub(super) fn passwords(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for spoken in &self.descriptions {
            for section in &spoken.parsed.media {
                if let (Some(ufrag), Some(password)) = (section.ufrag(), section.pwd()) {
                    let pair = (ufrag.to_owned(), password.to_owned());
                    if !all.contains(&pair) {
                        all.push(pair);
                    }
                }
            }
        }
        all
    }

    /// Puts all declared candidates into the book.
    pub(super) fn declare(
        &self,
        book: &mut CandidateBook,
        side_of: impl Fn(Party) -> Side,
        ufrags: [&[String]; 2],
    ) {
        let place = |side: Side, ufrag: Option<&str>| {
            let known = ufrags[side.index()];
            known.iter().position(|known| Some(known.as_str()) == ufrag)
        };
        for spoken in &self.descriptions {
            let side = side_of(spoken.party);
            for section in &spoken.parsed.media {
                let context = Context {
                    side,
                    generation: place(side, section.ufrag()).unwrap_or(0),
                    at: spoken.at,
                    frames: &spoken.frames,
                };
                for candidate in section
                    .candidates
                    .iter()
                    .chain(&spoken.parsed.session.candidates)
                {
                    book.declare(&context, candidate, section.mid.as_deref());
                }
            }
        }
        for trickled in &self.candidates {
            let side = side_of(trickled.party);
            let generation = place(side, trickled.ufrag.as_deref())
                .or_else(|| {
                    // No fragment said: that of the sender's last description before it.
                    self.descriptions
                        .iter()
                        .rev()
                        .find(|spoken| spoken.party == trickled.party && spoken.at <= trickled.at)
                        .and_then(|spoken| gist(&spoken.parsed).ufrags.first().cloned())
                        .and_then(|ufrag| place(side, Some(&ufrag)))
                })
                .unwrap_or(0);
            let context = Context {
                side,
                generation,
                at: trickled.at,
                frames: &trickled.frames,
            };
            book.declare(&context, &trickled.candidate, trickled.mid.as_deref());
        }
    }

    /// The descriptions with their sides, and what each round of offer and answer agreed.
    pub(super) fn conclude(
        self,
        side_of: impl Fn(Party) -> Side,
    ) -> (Vec<SignaledDescription>, Vec<Negotiation>) {
        let mut rounds = Vec::new();
        let mut open: Option<usize> = None;
        for (at, spoken) in self.descriptions.iter().enumerate() {
            match spoken.kind {
                DescriptionKind::Offer => open = Some(at),
                DescriptionKind::Rollback => open = None,
                DescriptionKind::Pranswer | DescriptionKind::Answer => {
                    let Some((offer, offered)) =
                        open.and_then(|at| Some((at, self.descriptions.get(at)?)))
                    else {
                        continue;
                    };
                    if offered.party == spoken.party {
                        continue;
                    }
                    rounds.push(Negotiation {
                        offer,
                        answer: at,
                        offerer: side_of(offered.party),
                        sections: negotiate(&offered.parsed, &spoken.parsed),
                    });
                    if spoken.kind == DescriptionKind::Answer {
                        open = None;
                    }
                }
            }
        }
        let descriptions = self
            .descriptions
            .into_iter()
            .map(|spoken| SignaledDescription {
                kind: spoken.kind,
                side: side_of(spoken.party),
                at: spoken.at,
                frames: spoken.frames,
                sdp: spoken.sdp,
                parsed: spoken.parsed,
            })
            .collect();
        (descriptions, rounds)
    }
}

fn is_within(message: &Message, span: &SignalSpan) -> bool {
    message.handle == span.key.1
        && message.at >= span.from
        && span.until.is_none_or(|until| message.at < until)
}
