//! Signaling that may be there and can't be read.

use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashSet;

use crate::crypt::tls::facts::Facts;
use crate::crypt::tls::facts::Opening;
use crate::diagnosis::call::Call;
use crate::diagnosis::rule::Context;
use crate::flow::table::FlowProtocol;
use crate::flow::table::FlowRecord;
use crate::sdp::candidate::CandidateType;
use crate::session::model::scene::STUN_PORT;
use crate::session::model::scene::STUNS_PORT;
use crate::session::model::scene::Scene;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;

/// An encrypted conversation that may have carried the signaling of calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealed<'a> {
    /// The conversation.
    pub(crate) flow: &'a FlowRecord,
    /// Why it was not read.
    pub(crate) why: Why,
}

/// Why a conversation was not read. In order of what to tell first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// No secret was given at all.
    NoKeys,
    /// Secrets were given, none of them for it.
    OtherKeys,
    /// There are secrets for it, and nothing opens with them.
    KeysDoNotFit,
    /// The handshake that its keys depend on came before the capture, or was not captured whole.
    HandshakeMissing,
    /// Its cipher suite or version is not read here.
    Unsupported,
}

/// Calls without a readable description.
pub(crate) fn unsignaled<'c, 'a>(context: &'c Context<'a>) -> Vec<&'c Call<'a>> {
    let calls = context.calls.iter();
    calls
        .filter(|call| call.pc.descriptions.is_empty())
        .collect()
}

/// The encrypted conversations of `calls`' own hosts that ran when they began and may have carried their signaling.
pub(crate) fn sealed_signaling<'a>(context: &Context<'a>, calls: &[&Call<'a>]) -> Vec<Sealed<'a>> {
    let scene = context.scene;
    let keys = context.capture.secrets.0 + context.capture.secrets.1 > 0;
    if calls.is_empty() {
        return Vec::new();
    }
    let exchanges = scene.http.iter().map(|exchange| exchange.flow);
    let messages = scene
        .dialogues
        .iter()
        .flat_map(|dialogue| &dialogue.messages);
    let read: HashSet<FlowId> = exchanges
        .chain(messages.map(|message| message.flow))
        .collect();
    let flows = (0..).map(FlowId).zip(&scene.flows);
    flows
        .filter(|(id, flow)| !read.contains(id) && calls.iter().any(|call| may_serve(flow, call)))
        .filter_map(|(_, flow)| {
            let why = sealed(scene, flow, keys)?;
            Some(Sealed { flow, why })
        })
        .collect()
}

/// An encrypted conversation of the call's host with a TURN server, when nothing of the call's path was seen: it may be the path.
pub(crate) fn sealed_relay<'a>(context: &Context<'a>, call: &Call<'a>) -> Option<Sealed<'a>> {
    let scene = context.scene;
    if !call.pc.ice.pairs.is_empty() {
        return None;
    }
    let keys = context.capture.secrets.0 + context.capture.secrets.1 > 0;
    let relays = |ip: IpAddr| {
        let mut candidates = call.pc.ice.candidates.iter();
        candidates.any(|candidate| {
            candidate.kind == CandidateType::Relayed && candidate.address.parse() == Ok(ip)
        })
    };
    let mut flows = scene.flows.iter().filter(|flow| {
        let server = server_of(flow);
        let during = flow.first_at <= call.end && flow.last_at >= call.pc.first_at;
        during && (server.port == STUNS_PORT || relays(server.ip))
    });
    flows.find_map(|flow| {
        let facts = flow.tls.as_ref()?;
        let why = unopened(facts, keys)?;
        Some(Sealed { flow, why })
    })
}

/// Does a host of the call talk there, from before the call began on?
fn may_serve(flow: &FlowRecord, call: &Call<'_>) -> bool {
    let pc = call.pc;
    let hosts = || pc.a.addresses.iter().chain(&pc.b.addresses);
    let own = [flow.tuple.a.ip, flow.tuple.b.ip];
    let at_home = hosts().chain(&call.scene.local).any(|ip| own.contains(ip));
    let begun = flow.first_at <= pc.first_at;
    let still_there = pc.first_at.since(flow.last_at) <= SIGNALED_BEFORE;
    at_home && begun && still_there && !flow.packets.contains(&0)
}

/// Why a conversation's content is unknown; `None` for those that were opened, and those that carry something else.
fn sealed(scene: &Scene, flow: &FlowRecord, keys: bool) -> Option<Why> {
    if is_stun_server(scene, server_of(flow)) {
        return None;
    }
    if let Some(facts) = &flow.tls {
        if speaks_other(facts) {
            return None;
        }
        return unopened(facts, keys);
    }
    flow.protocols
        .contains(&FlowProtocol::Quic)
        .then_some(without(keys))
}

const fn unopened(facts: &Facts, keys: bool) -> Option<Why> {
    match facts.opening {
        Opening::Pending | Opening::Opened => None,
        Opening::NoSecrets => Some(without(keys)),
        Opening::SecretsDoNotFit => Some(Why::KeysDoNotFit),
        Opening::HandshakeMissing => Some(Why::HandshakeMissing),
        Opening::Unsupported => Some(Why::Unsupported),
    }
}

const fn without(keys: bool) -> Why {
    if keys { Why::OtherKeys } else { Why::NoKeys }
}

/// The end that was called: the one that did not send the first frame, but for a connection joined midway the lower port.
pub(crate) fn server_of(flow: &FlowRecord) -> TransportAddress {
    let (a, b) = (flow.tuple.a, flow.tuple.b);
    if a.port < b.port { a } else { b }
}

fn is_stun_server(scene: &Scene, server: TransportAddress) -> bool {
    let stuns_port = [STUNS_PORT, STUN_PORT].contains(&server.port);
    let relays = scene.turn.iter().any(|turn| turn.server == server);
    stuns_port || relays
}

/// Do the application protocols of the handshake (ALPN) say that it is no web connection?
fn speaks_other(facts: &Facts) -> bool {
    let chosen = facts.alpn.iter();
    let protocols: Vec<&String> = if facts.alpn.is_some() {
        chosen.collect()
    } else {
        facts.alpn_offered.iter().collect()
    };
    let other = |protocol: &&String| OTHER_PROTOCOLS.contains(&protocol.as_str());
    !protocols.is_empty() && protocols.iter().all(other)
}

/// A page may be loaded, and a long poll be over, this long before the first check.
const SIGNALED_BEFORE: Duration = Duration::from_secs(30);

/// ALPN protocol ids that carry no signaling (IANA: TLS Application-Layer Protocol Negotiation Protocol IDs).
const OTHER_PROTOCOLS: &[&str] = &[
    "stun.turn",
    "stun.nat-discovery",
    "dot",
    "doq",
    "imap",
    "pop3",
    "managesieve",
    "ftp",
    "ntske/1",
    "acme-tls/1",
    "smb",
    "irc",
    "nntp",
];
