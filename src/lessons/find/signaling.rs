//! Signaling: the offer, the answer, what was agreed and what was dropped, trickled candidates.

use crate::lessons::desk::Desk;
use crate::lessons::figure::Figure;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::sdp::negotiation::Party;
use crate::session::model::description::Negotiation;
use crate::session::model::description::SignaledDescription;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::signaling::dialogue::Carried;
use crate::vocab::address::Side;
use crate::vocab::ids::PeerConnectionId;

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "offer",
        what: "offer that can be read",
        figures: &[
            ("offer.by", "who offered"),
            ("offer.to", "to whom"),
            ("offer.frame", "frame where it was complete"),
            ("offer.lines", "its lines"),
            ("offer.bytes", "its bytes"),
            ("offer.sections", "its media sections"),
            ("offer.kinds", "what they are"),
            ("offer.ufrag", "ICE user fragment"),
            ("offer.setup", "DTLS role offered"),
            ("offer.fingerprint", "certificate hash"),
            ("offer.candidates", "candidates inside it"),
            ("offer.session", "session id in o="),
        ],
        run: offer,
    },
    Query {
        name: "answer",
        what: "offer with its answer",
        figures: &[
            ("answer.by", "who answered"),
            ("answer.frame", "frame where it was complete"),
            ("answer.ms", "after the offer"),
            ("answer.lines", "its lines"),
            ("answer.offer.lines", "lines of the offer"),
            ("answer.ufrag", "ICE user fragment"),
            ("answer.setup", "DTLS role chosen"),
            ("answer.client", "offerer or answerer: who opens DTLS"),
            ("answer.candidates", "candidates inside it"),
        ],
        run: answer,
    },
    Query {
        name: "agreed",
        what: "media section that offer and answer agreed on",
        figures: &[
            ("agreed.kind", "audio or video"),
            ("agreed.mid", "its mid"),
            ("agreed.offered", "codecs offered"),
            ("agreed.codecs", "codecs agreed"),
            ("agreed.dropped", "codecs dropped"),
            ("agreed.names", "names of the agreed ones"),
            ("agreed.dropped.names", "names of the dropped ones"),
            ("agreed.first", "the first one agreed"),
            ("agreed.payload", "its payload type"),
            ("agreed.offerer", "direction from the offerer's view"),
            ("agreed.answerer", "direction from the answerer's view"),
            ("agreed.extensions", "header extensions agreed"),
            ("agreed.frame", "frame of the answer"),
        ],
        run: agreed,
    },
    Query {
        name: "trickle",
        what: "trickled candidate",
        figures: &[
            (
                "trickle.count",
                "candidates that came after the descriptions",
            ),
            ("trickle.first", "the first of them"),
            ("trickle.frame", "its frame"),
            ("trickle.ms", "after the offer"),
            ("trickle.messages", "messages that carried candidates"),
        ],
        run: trickle,
    },
];

type Round<'a> = (
    PeerConnectionId,
    &'a PeerConnection,
    &'a Negotiation,
    &'a SignaledDescription,
    &'a SignaledDescription,
);

/// The first round of the call that has one.
fn round<'a>(desk: &Desk<'a>) -> Option<Round<'a>> {
    let own = desk.call();
    own.into_iter().chain(desk.calls()).find_map(|(id, call)| {
        let negotiation = call.negotiations.first()?;
        let offer = call.descriptions.get(negotiation.offer)?;
        let answer = call.descriptions.get(negotiation.answer)?;
        Some((id, call, negotiation, offer, answer))
    })
}

fn who(call: &PeerConnection, side: Side) -> Figure {
    let endpoint = call.endpoint(side);
    match (&endpoint.name, endpoint.addresses.first()) {
        (Some(name), _) => Figure::word(name),
        (None, Some(ip)) => Figure::address(*ip),
        (None, None) => Figure::word(match side {
            Side::A => "side a",
            Side::B => "side b",
        }),
    }
}

fn lines(description: &SignaledDescription) -> Figure {
    Figure::count(description.sdp.lines().count() as u64)
}

fn candidates(description: &SignaledDescription) -> Figure {
    let media = description.parsed.media.iter();
    Figure::count(media.map(|it| it.candidates.len() as u64).sum::<u64>())
}

/// Offers of captures without an answer count too.
fn offer(desk: &mut Desk<'_>) -> Option<Found> {
    let round = round(desk).map(|(id, call, _, offer, _)| (id, call, offer));
    let (id, call, offer) = round.or_else(|| {
        desk.calls().find_map(|(id, call)| {
            let mut descriptions = call.descriptions.iter();
            let offer = descriptions.find(|it| it.kind.word() == "offer")?;
            Some((id, call, offer))
        })
    })?;
    let section = offer.parsed.media.first()?;
    let mut found = Found::at(offer.frames.clone())?.of_call(id);
    found.set("offer.by", who(call, offer.side));
    found.set("offer.to", who(call, offer.side.opposite()));
    found.set(
        "offer.frame",
        Figure::frame(*offer.frames.last()?).seen(&offer.frames),
    );
    found.set("offer.lines", lines(offer));
    found.set("offer.bytes", Figure::count(offer.sdp.len() as u64));
    let sections = &offer.parsed.media;
    found.set("offer.sections", Figure::count(sections.len() as u64));
    let kinds: Vec<&str> = sections.iter().map(|it| it.kind.word()).collect();
    found.set("offer.kinds", Figure::word(&kinds.join(", ")));
    found.set_some("offer.ufrag", section.ufrag().map(Figure::word));
    let setup = section.transport.setup;
    found.set_some("offer.setup", setup.map(|it| Figure::word(it.word())));
    let fingerprint = section.fingerprints().first();
    found.set_some(
        "offer.fingerprint",
        fingerprint.map(|it| Figure::word(&it.to_string())),
    );
    found.set("offer.candidates", candidates(offer));
    let origin = offer.parsed.session.origin.as_ref();
    found.set_some(
        "offer.session",
        origin.map(|it| Figure::word(&it.session_id)),
    );
    Some(found)
}

fn answer(desk: &mut Desk<'_>) -> Option<Found> {
    let (id, call, negotiation, offer, answer) = round(desk)?;
    let section = answer.parsed.media.first()?;
    let frames: Vec<_> = answer.frames.iter().chain(&offer.frames).copied().collect();
    let mut found = Found::at(frames)?.of_call(id);
    found.set("answer.by", who(call, answer.side));
    found.set(
        "answer.frame",
        Figure::frame(*answer.frames.last()?).seen(&answer.frames),
    );
    found.set("answer.ms", Figure::milliseconds(answer.at.since(offer.at)));
    found.set("answer.lines", lines(answer));
    found.set("answer.offer.lines", lines(offer));
    found.set_some("answer.ufrag", section.ufrag().map(Figure::word));
    let setup = section.transport.setup;
    found.set_some("answer.setup", setup.map(|it| Figure::word(it.word())));
    let client = negotiation.sections.iter().find_map(|it| it.dtls_client);
    found.set_some(
        "answer.client",
        client.map(|party| {
            Figure::word(match party {
                Party::Offerer => "offerer",
                Party::Answerer => "answerer",
            })
        }),
    );
    found.set("answer.candidates", candidates(answer));
    Some(found)
}

fn agreed(desk: &mut Desk<'_>) -> Option<Found> {
    let (id, _, negotiation, _, answer) = round(desk)?;
    let sections = negotiation.sections.iter();
    let section = sections
        .filter(|it| !it.codecs.is_empty())
        .max_by_key(|it| {
            (
                it.codecs.len() + it.dropped.len(),
                std::cmp::Reverse(it.index),
            )
        })?;
    let first = section.codecs.first()?;
    let mut found = Found::at(answer.frames.clone())?.of_call(id);
    let (kept, dropped) = (section.codecs.len() as u64, section.dropped.len() as u64);
    found.set("agreed.kind", Figure::word(section.kind.word()));
    found.set_some(
        "agreed.mid",
        section.mid.as_ref().map(|it| Figure::word(it)),
    );
    found.set("agreed.offered", Figure::count(kept + dropped));
    found.set("agreed.codecs", Figure::count(kept));
    found.set("agreed.dropped", Figure::count(dropped));
    let short = |label: &str| label.split('/').next().unwrap_or(label).to_owned();
    let names: Vec<String> = section.codecs.iter().map(|it| short(&it.label)).collect();
    found.set("agreed.names", Figure::word(&names.join(", ")));
    let mut gone: Vec<String> = section.dropped.iter().map(|it| short(&it.label)).collect();
    gone.dedup();
    let gone = if gone.is_empty() {
        "none".to_owned()
    } else {
        gone.join(", ")
    };
    found.set("agreed.dropped.names", Figure::word(&gone));
    found.set("agreed.first", Figure::word(&short(&first.label)));
    found.set(
        "agreed.payload",
        Figure::count(first.payload_types.to_answerer.0),
    );
    found.set(
        "agreed.offerer",
        Figure::word(section.offerer_direction.word()),
    );
    found.set(
        "agreed.answerer",
        Figure::word(section.answerer_direction.word()),
    );
    found.set(
        "agreed.extensions",
        Figure::count(section.header_extensions.len() as u64),
    );
    found.set(
        "agreed.frame",
        Figure::frame(*answer.frames.last()?).seen(&answer.frames),
    );
    Some(found)
}

fn trickle(desk: &mut Desk<'_>) -> Option<Found> {
    let (id, call, _, offer, _) = round(desk)?;
    let dialogue = desk.analysis.scene.dialogues.get(call.dialogue?.index())?;
    let own = |handle: Option<usize>| match (&call.handle, handle) {
        (Some(id), Some(handle)) => {
            let handle = dialogue.handles.get(handle);
            handle.is_some_and(|handle| handle.id == *id)
        }
        (None, _) => true,
        (Some(_), None) => false,
    };
    let carrying = || {
        let messages = dialogue.messages.iter().filter(|it| own(it.handle));
        messages.filter_map(|message| {
            let candidates: Vec<&String> = message
                .carried
                .iter()
                .filter_map(|carried| match carried {
                    Carried::Candidate { candidate, .. } if !candidate.trim().is_empty() => {
                        Some(candidate)
                    }
                    _ => None,
                })
                .collect();
            (!candidates.is_empty()).then_some((message, candidates))
        })
    };
    let (first, candidates) = carrying().next()?;
    let mut found = Found::at(first.frames.clone())?.of_call(id);
    found.exchange = first.exchange;
    let count: usize = carrying().map(|(_, candidates)| candidates.len()).sum();
    found.set("trickle.count", Figure::count(count as u64));
    found.set("trickle.first", Figure::word(candidates.first()?));
    found.set(
        "trickle.frame",
        Figure::frame(*first.frames.last()?).seen(&first.frames),
    );
    found.set("trickle.ms", Figure::milliseconds(first.at.since(offer.at)));
    found.set("trickle.messages", Figure::count(carrying().count() as u64));
    Some(found)
}
