//! Candidates: what each side offered, what the NAT did, names that hide addresses.

use crate::lessons::desk::Desk;
use crate::lessons::figure::Figure;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::sdp::candidate::CandidateType;
use crate::session::model::ice::Candidate;
use crate::session::model::nat::NatMapping;
use crate::session::model::peer_connection::PeerConnection;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "candidates",
        what: "call with candidates",
        figures: &[
            ("candidates.total", "candidates of both sides"),
            ("candidates.a", "of side a"),
            ("candidates.b", "of side b"),
            ("candidates.host", "host candidates"),
            ("candidates.srflx", "server-reflexive candidates"),
            ("candidates.prflx", "peer-reflexive candidates"),
            ("candidates.relay", "relayed candidates"),
            ("candidates.mdns", "candidates that hide behind a name"),
            ("candidates.frame", "frame of the first"),
            ("candidates.sides", "the two sides"),
        ],
        run: overview,
    },
    Query {
        name: "host",
        what: "host candidate that was signaled",
        figures: CANDIDATE_HOST,
        run: |desk| of_kind(desk, "host", &CandidateType::Host),
    },
    Query {
        name: "srflx",
        what: "server-reflexive candidate",
        figures: CANDIDATE_SRFLX,
        run: |desk| of_kind(desk, "srflx", &CandidateType::ServerReflexive),
    },
    Query {
        name: "prflx",
        what: "peer-reflexive candidate",
        figures: CANDIDATE_PRFLX,
        run: |desk| of_kind(desk, "prflx", &CandidateType::PeerReflexive),
    },
    Query {
        name: "relay",
        what: "relayed candidate",
        figures: CANDIDATE_RELAY,
        run: |desk| of_kind(desk, "relay", &CandidateType::Relayed),
    },
    Query {
        name: "mdns",
        what: "candidate that hides its address behind an mDNS name",
        figures: &[
            ("mdns.name", "the name"),
            ("mdns.length", "characters of the name, .local included"),
            ("mdns.port", "port"),
            ("mdns.frame", "its frame"),
            ("mdns.count", "such candidates"),
        ],
        run: mdns,
    },
    Query {
        name: "nat",
        what: "socket whose NAT mapping shows",
        figures: &[
            ("nat.base", "the socket itself"),
            ("nat.base.ip", "its address"),
            ("nat.first", "the address that one destination saw"),
            ("nat.second", "the address that another one saw"),
            ("nat.kind", "how the NAT maps"),
            ("nat.seen", "destinations that told"),
            ("nat.same", "yes or no: did all see the same?"),
            ("nat.frame", "a frame that told"),
        ],
        run: nat,
    },
];

macro_rules! candidate_figures {
    ($name:literal) => {
        &[
            (concat!($name, ".address"), "its address"),
            (concat!($name, ".port"), "its port"),
            (concat!($name, ".side"), "whose it is"),
            (concat!($name, ".protocol"), "udp or tcp"),
            (concat!($name, ".priority"), "its priority"),
            (
                concat!($name, ".type-preference"),
                "the priority's upper 8 bits",
            ),
            (concat!($name, ".related"), "what it derives from"),
            (concat!($name, ".related.ip"), "the address of that"),
            (concat!($name, ".foundation"), "its foundation"),
            (concat!($name, ".basis"), "declared or observed"),
            (concat!($name, ".frame"), "the first frame that shows it"),
            (concat!($name, ".count"), "candidates of this kind"),
        ]
    };
}

type Names = &'static [(&'static str, &'static str)];
const CANDIDATE_HOST: Names = candidate_figures!("host");
const CANDIDATE_SRFLX: Names = candidate_figures!("srflx");
const CANDIDATE_PRFLX: Names = candidate_figures!("prflx");
const CANDIDATE_RELAY: Names = candidate_figures!("relay");

fn sides(call: &PeerConnection) -> String {
    let name = |side: Side| {
        let endpoint = call.endpoint(side);
        let address = endpoint.addresses.first().map(ToString::to_string);
        endpoint.name.clone().or(address)
    };
    let name = |side: Side| name(side).unwrap_or_else(|| side.word().to_owned());
    format!("{} and {}", name(Side::A), name(Side::B))
}

fn overview(desk: &mut Desk<'_>) -> Option<Found> {
    let own = desk.call();
    let (id, call) = own
        .into_iter()
        .chain(desk.calls())
        .find(|(_, call)| !call.ice.candidates.is_empty())?;
    let candidates = &call.ice.candidates;
    let frames: Vec<FrameNumber> = candidates
        .iter()
        .filter_map(|it| it.frames.first().copied())
        .collect();
    let mut found = Found::at(frames)?.of_call(id);
    let count = |keep: &dyn Fn(&Candidate) -> bool| {
        Figure::count(candidates.iter().filter(|it| keep(it)).count() as u64)
    };
    found.set("candidates.total", count(&|_| true));
    found.set("candidates.a", count(&|it| it.side == Side::A));
    found.set("candidates.b", count(&|it| it.side == Side::B));
    for (name, kind) in [
        ("candidates.host", CandidateType::Host),
        ("candidates.srflx", CandidateType::ServerReflexive),
        ("candidates.prflx", CandidateType::PeerReflexive),
        ("candidates.relay", CandidateType::Relayed),
    ] {
        found.set(name, count(&|it| it.kind == kind));
    }
    found.set("candidates.mdns", count(&|it| it.mdns.is_some()));
    found.set("candidates.frame", Figure::frame(*found.frames.first()?));
    found.set("candidates.sides", Figure::word(&sides(call)));
    Some(found)
}

fn all<'a>(
    desk: &Desk<'a>,
) -> impl Iterator<Item = (PeerConnectionId, &'a PeerConnection, &'a Candidate)> + use<'a> {
    let own = desk.call();
    let calls = own.into_iter().chain(desk.calls());
    calls.flat_map(|(id, call)| call.ice.candidates.iter().map(move |it| (id, call, it)))
}

fn of_kind(desk: &mut Desk<'_>, name: &str, kind: &CandidateType) -> Option<Found> {
    let mut candidates = all(desk).filter(|(.., it)| it.kind == *kind && !it.frames.is_empty());
    let (id, call, candidate) = candidates.next()?;
    let mut found = Found::at(candidate.frames.clone())?.of_call(id);
    let of_call = call.ice.candidates.iter().filter(|it| it.kind == *kind);
    let mut set = |part: &str, figure: Figure| found.figures.set(format!("{name}.{part}"), figure);
    let address = match candidate.address.parse() {
        Ok(ip) => Figure::address(ip),
        Err(_) => Figure::word(&candidate.address),
    };
    set("address", address.seen(&candidate.frames));
    set("port", Figure::count(candidate.port));
    let endpoint = call.endpoint(candidate.side);
    let side = endpoint.name.clone();
    let side = side.unwrap_or_else(|| format!("side {}", candidate.side.word()));
    set("side", Figure::word(&side));
    set("protocol", Figure::word(&candidate.protocol));
    if let Some(priority) = candidate.priority {
        set("priority", Figure::count(priority));
        set("type-preference", Figure::count(priority >> 24));
    }
    if let Some((address, port)) = &candidate.related {
        set("related", Figure::word(&format!("{address}:{port}")));
        if let Ok(ip) = address.parse() {
            set("related.ip", Figure::address(ip));
        }
    }
    if let Some(foundation) = &candidate.foundation {
        set("foundation", Figure::word(foundation));
    }
    set("basis", Figure::word(candidate.basis.word()));
    set("frame", Figure::frame(*candidate.frames.first()?));
    set("count", Figure::count(of_call.count() as u64));
    Some(found)
}

fn mdns(desk: &mut Desk<'_>) -> Option<Found> {
    let named = || all(desk).filter(|(.., it)| it.mdns.is_some() && !it.frames.is_empty());
    let (id, call, candidate) = named().next()?;
    let name = candidate.mdns.as_ref()?;
    let mut found = Found::at(candidate.frames.clone())?.of_call(id);
    found.set("mdns.name", Figure::word(name).seen(&candidate.frames));
    found.set("mdns.length", Figure::count(name.chars().count() as u64));
    found.set("mdns.port", Figure::count(candidate.port));
    found.set("mdns.frame", Figure::frame(*candidate.frames.first()?));
    let candidates = call.ice.candidates.iter();
    let count = candidates.filter(|it| it.mdns.is_some()).count();
    found.set("mdns.count", Figure::count(count as u64));
    Some(found)
}

fn nat(desk: &mut Desk<'_>) -> Option<Found> {
    let mappings = desk.analysis.scene.nat.iter();
    let told = |it: &&NatMapping| {
        let mut seen = it.seen.iter();
        it.seen.len() >= 2 && seen.all(|seen| seen.frame.is_some())
    };
    let mapping = mappings.clone().find(told)?;
    let frames: Vec<FrameNumber> = mapping.seen.iter().filter_map(|it| it.frame).collect();
    let mut found = Found::at(frames)?;
    found.call = mapping.owner.map(|(call, _)| call);
    let (first, second) = (mapping.seen.first()?, mapping.seen.get(1)?);
    found.set("nat.base", Figure::socket(mapping.base));
    found.set("nat.base.ip", Figure::address(mapping.base.ip));
    let figure = |seen: &crate::session::model::nat::Mapped| {
        let frames: Vec<FrameNumber> = seen.frame.into_iter().collect();
        Figure::socket(seen.address).seen(&frames)
    };
    found.set("nat.first", figure(first));
    found.set("nat.second", figure(second));
    found.set("nat.kind", Figure::word(mapping.behavior.word()));
    found.set("nat.seen", Figure::count(mapping.seen.len() as u64));
    let mut seen = mapping.seen.iter();
    let same = seen.all(|seen| seen.address == first.address);
    found.set("nat.same", Figure::word(if same { "yes" } else { "no" }));
    found.set("nat.frame", Figure::frame(first.frame?));
    Some(found)
}
