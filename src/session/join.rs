//! Joins what the trackers know into one scene: peer connections with their pairs, transports and streams.
//!
//! A pure function of its sources: the same packets give the same scene, whenever it is asked for.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hashbrown::HashMap;

use crate::flow::exchange::Exchange;
use crate::flow::table::FlowRecord;
use crate::sdp::candidate::CandidateType;
use crate::session::candidates::CandidateBook;
use crate::session::data;
use crate::session::descriptions::ReadDescriptions;
use crate::session::descriptions::Said;
use crate::session::dtls;
use crate::session::identity::Identities;
use crate::session::identity::Identity;
use crate::session::identity::IdentityIndex;
use crate::session::identity::Party;
use crate::session::label;
use crate::session::local;
use crate::session::lookup::Lookup;
use crate::session::model::ice::Ice;
use crate::session::model::peer_connection::ConnectionState;
use crate::session::model::peer_connection::Endpoint;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::peer_connection::Setup;
use crate::session::model::peer_connection::SignalingRole;
use crate::session::model::scene::Scene;
use crate::session::nat;
use crate::session::pairs;
use crate::session::pairs::PairSources;
use crate::session::rebindings;
use crate::session::relays;
use crate::session::relays::Addresses;
use crate::session::states;
use crate::session::streams;
use crate::track::dtls::Association;
use crate::track::ice::CheckPath;
use crate::track::ice::IceTracker;
use crate::track::rtcp::RtcpFlow;
use crate::track::rtp_stream::Stream;
use crate::track::sctp::SctpAssociation;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::turn::Allocation;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::ids::AllocationId;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::parallel::map_in_order;
use crate::vocab::time::Timestamp;

/// What the trackers know.
#[derive(Debug)]
pub struct Sources<'a> {
    /// First frame's time.
    pub start: Timestamp,
    /// Last frame's time.
    pub end: Timestamp,
    /// Conversations.
    pub flows: Vec<FlowRecord>,
    /// HTTP exchanges.
    pub http: Vec<Exchange>,
    /// Signaling dialogues.
    pub dialogues: Vec<Dialogue>,
    /// Descriptions that were read when they came.
    pub descriptions: &'a ReadDescriptions,
    /// Who is who.
    pub identities: &'a Identities,
    /// Checks and server queries.
    pub ice: &'a IceTracker,
    /// TURN allocations.
    pub turn: Vec<Allocation>,
    /// DTLS associations, in order of first frame.
    pub dtls: Vec<Association>,
    /// Confirmed RTP streams, in order of first frame.
    pub streams: Vec<Stream>,
    /// RTCP facts per conversation.
    pub rtcp: Vec<RtcpFlow>,
    /// SCTP inside DTLS, per association.
    pub data: Vec<SctpAssociation>,
    /// Names of addresses.
    pub names: Vec<(IpAddr, String)>,
    /// Did a snap length cut many packets, so that answers may be missing?
    pub is_much_cut: bool,
}

/// Joins everything.
pub fn join(sources: Sources<'_>) -> Scene {
    let local = local::infer(&sources.flows);
    let mut found = connections(&sources, &local);
    found.sort_by_key(|(index, pc)| (pc.first_at, *index));
    let place: HashMap<IdentityIndex, PeerConnectionId> = (0..)
        .zip(&found)
        .map(|(at, (index, _))| (*index, PeerConnectionId(at)))
        .collect();
    let mut connections: Vec<PeerConnection> = found.into_iter().map(|(_, pc)| pc).collect();

    let mut owner = flow_owners(&sources, &place);
    let addresses = Addresses::of(&connections);
    let turn_owner = relays::owners(&sources.turn, &sources.flows, &addresses, &mut owner);
    relays::own_queries(sources.ice.queries(), &addresses, &mut owner);
    for (at, owner) in turn_owner.iter().enumerate() {
        if let Some(pc) = owner.and_then(|id| connections.get_mut(id.index())) {
            pc.turn.push(AllocationId(at as u32));
        }
    }

    let mut scene = Scene {
        start: sources.start,
        end: sources.end,
        local,
        names: sources.names,
        given_names: BTreeMap::new(),
        flows: sources.flows,
        http: sources.http,
        dialogues: sources.dialogues,
        dtls: dtls::join(sources.dtls, &owner, &connections),
        streams: Vec::new(),
        turn: sources.turn,
        turn_owner,
        server_queries: sources.ice.queries().to_vec(),
        nat: Vec::new(),
        rtcp: sources.rtcp,
        data_channels: Vec::new(),
        flow_owner: owner,
        peer_connections: connections,
    };
    for (at, transport) in (0..).zip(&scene.dtls) {
        if let Some(id) = transport.peer_connection
            && let Some(pc) = scene.peer_connections.get_mut(id.index())
        {
            pc.dtls.push(AssociationId(at));
        }
    }
    scene.nat = nat::infer(&scene, sources.ice.paths());
    streams::join(&mut scene, sources.streams);
    scene.data_channels = data::join(&mut scene.dtls, sources.data);
    for (at, data) in scene.data_channels.iter().enumerate() {
        if let Some(id) = data.peer_connection
            && let Some(pc) = scene.peer_connections.get_mut(id.index())
        {
            pc.data_channels.push(at);
        }
    }
    conclude(&mut scene, sources.is_much_cut);
    scene
}

/// States, setup times and labels need everything else to be in place.
fn conclude(scene: &mut Scene, is_much_cut: bool) {
    for at in 0..scene.peer_connections.len() {
        let Some(pc) = scene.peer_connections.get(at) else {
            continue;
        };
        let dtls: Vec<_> = pc
            .dtls
            .iter()
            .filter_map(|id| scene.dtls.get(id.index()).cloned())
            .collect();
        let first_media = scene
            .streams_of(pc)
            .map(|(_, stream)| stream.stats.first.at)
            .min();
        let last_media = scene
            .streams_of(pc)
            .map(|(_, stream)| stream.stats.last.at)
            .max();
        let moved = {
            let streams = scene.streams_of(pc).map(|(_, stream)| &stream.stats);
            rebindings::moved(pc, &streams.collect::<Vec<_>>())
        };
        let history = states::infer(pc, &dtls, scene.end, is_much_cut);
        let setup = states::setup(pc, &dtls, first_media);
        let label = label::label(pc, scene);
        let Some(pc) = scene.peer_connections.get_mut(at) else {
            continue;
        };
        pc.ice.rebindings.extend(moved);
        pc.ice.rebindings.sort_by_key(|rebinding| rebinding.at);
        pc.last_at = pc.last_at.max(last_media.unwrap_or(pc.last_at));
        if let Some(last) = dtls
            .iter()
            .map(|transport| transport.association.last_at)
            .max()
        {
            pc.last_at = pc.last_at.max(last);
        }
        pc.state = history
            .last()
            .map_or(ConnectionState::Unknown, |last| last.state);
        pc.state_history = history;
        pc.setup = setup;
        pc.label = label;
    }
}

/// All identities that are more than a name, as peer connections.
fn connections(sources: &Sources<'_>, local: &[IpAddr]) -> Vec<(IdentityIndex, PeerConnection)> {
    let lookup = Lookup::of(sources);
    let identities: Vec<_> = sources.identities.iter().collect();
    let found = map_in_order(&identities, |&(index, identity)| {
        let found = connection(sources, &lookup, index, identity, local);
        Some((index, found?))
    });
    found.into_iter().flatten().collect()
}

/// One identity as a peer connection; `None` when it is only a name so far.
fn connection(
    sources: &Sources<'_>,
    lookup: &Lookup<'_>,
    index: IdentityIndex,
    identity: &Identity,
    local: &[IpAddr],
) -> Option<PeerConnection> {
    let paths: Vec<(&CheckPath, Party)> = lookup
        .paths_of(index)
        .iter()
        .filter_map(|&at| sources.ice.paths().get(at))
        .map(|path| (path, forward_party(identity, path)))
        .collect();
    let said = Said::gather(identity, &sources.dialogues, sources.descriptions);
    if paths.is_empty() && said.descriptions.is_empty() {
        return None;
    }
    let a = near_party(sources, identity, &paths, &said, local);
    let side_of = |party: Party| if party == a { Side::A } else { Side::B };
    let ufrags = [
        &identity.ufrags[usize::from(a)],
        &identity.ufrags[usize::from(1 - a)],
    ];
    let ufrags = ufrags.map(Vec::as_slice);

    let mut book = CandidateBook::default();
    said.declare(&mut book, side_of, ufrags);
    book.resolve_mdns(|name| lookup.address_of(name));
    let passwords = said.passwords();
    let sided: Vec<(&CheckPath, Side)> = paths
        .iter()
        .map(|&(path, party)| (path, side_of(party)))
        .collect();
    let ice = pairs::join(
        &PairSources {
            paths: sided.clone(),
            ufrags,
            passwords: &passwords,
            lookup,
            flows: &sources.flows,
            end: sources.end,
        },
        book,
    );

    let mut flows: Vec<(FlowId, Side)> = Vec::new();
    for (path, side) in &sided {
        if !flows.iter().any(|(known, _)| *known == path.flow) {
            flows.push((path.flow, *side));
        }
    }
    let offerer = said.offerer().map(side_of);
    let times = said
        .descriptions
        .iter()
        .map(|spoken| (spoken.at, spoken.at))
        .chain(said.span)
        .chain(paths.iter().map(|(path, _)| (path.first_at, path.last_at)));
    let (first_at, last_at) = times.reduce(|x, y| (x.0.min(y.0), x.1.max(y.1)))?;
    let endpoint = |side: Side| Endpoint {
        role: offerer.map(|offerer| {
            if offerer == side {
                SignalingRole::Offerer
            } else {
                SignalingRole::Answerer
            }
        }),
        name: None,
        ufrags: ufrags[side.index()].to_vec(),
        addresses: addresses(&sources.flows, &flows, side, &relays_of(&ice, side)),
    };
    let (a_end, b_end) = (endpoint(Side::A), endpoint(Side::B));
    let key = identity.signaling.first().map(|span| span.key);
    let handle = key.and_then(|(dialogue, handle)| {
        let dialogue = sources.dialogues.get(dialogue.index())?;
        Some(dialogue.handles.get(handle?)?.id.clone())
    });
    let closed_by_signaling = label::closed_by_signaling(identity, &sources.dialogues);
    let (descriptions, negotiations) = said.conclude(side_of);
    let mut pc = PeerConnection {
        dialogue: key.map(|(dialogue, _)| dialogue),
        handle,
        label: String::new(),
        a: a_end,
        b: b_end,
        state: ConnectionState::Unknown,
        state_history: Vec::new(),
        first_at,
        last_at,
        setup: Setup::default(),
        descriptions,
        negotiations,
        ice,
        flows,
        dtls: Vec::new(),
        streams: Vec::new(),
        data_channels: Vec::new(),
        turn: Vec::new(),
        closed_by_signaling,
    };
    label::name_endpoints(&mut pc, identity, a, &sources.dialogues);
    Some(pc)
}

/// Which party the forward sender of a path is.
fn forward_party(identity: &Identity, path: &CheckPath) -> Party {
    identity
        .flows
        .iter()
        .find(|(flow, _)| *flow == path.flow)
        .map_or(0, |&(_, party)| party)
}

/// The party that becomes side a: the capture's own, else the offerer, else the first seen.
fn near_party(
    sources: &Sources<'_>,
    identity: &Identity,
    paths: &[(&CheckPath, Party)],
    said: &Said,
    local: &[IpAddr],
) -> Party {
    let is_local = |ip: IpAddr| local.contains(&ip);
    for (path, forward) in paths {
        // Inside TURN the client's end stands for its host.
        let relayed = sources
            .flows
            .get(path.flow.index())
            .and_then(|flow| flow.relayed);
        let outer = relayed.and_then(|relayed| sources.flows.get(relayed.outer.index()));
        let ends = match (relayed, outer) {
            (Some(relayed), Some(outer)) => {
                let client = [outer.tuple.a.ip, outer.tuple.b.ip]
                    .into_iter()
                    .find(|ip| is_local(*ip));
                match (client, relayed.client) {
                    (Some(_), Direction::Forward) => (true, false),
                    (Some(_), Direction::Reverse) => (false, true),
                    (None, _) => (false, false),
                }
            }
            _ => (is_local(path.tuple.a.ip), is_local(path.tuple.b.ip)),
        };
        match ends {
            (true, false) => return *forward,
            (false, true) => return 1 - *forward,
            _ => {}
        }
    }
    // No checks: the signaling client, if the capture was taken there.
    let client = identity.signaling.iter().find_map(|span| {
        let dialogue = sources.dialogues.get(span.key.0.index())?;
        match (is_local(dialogue.client), is_local(dialogue.server.ip)) {
            (true, false) => Some(span.client),
            (false, true) => Some(1 - span.client),
            _ => None,
        }
    });
    client
        .or_else(|| said.offerer())
        .or_else(|| paths.first().map(|(_, p)| *p))
        .unwrap_or(0)
}

/// Addresses of the relays that one side had to offer: a server's, not its own.
fn relays_of(ice: &Ice, side: Side) -> Vec<IpAddr> {
    let candidates = ice.candidates.iter();
    let relays =
        candidates.filter(|known| known.side == side && known.kind == CandidateType::Relayed);
    relays
        .filter_map(|known| known.address.parse().ok())
        .collect()
}

/// Addresses of one side in the packets of its conversations, most used first, relays last.
fn addresses(
    flows: &[FlowRecord],
    own: &[(FlowId, Side)],
    side: Side,
    relays: &[IpAddr],
) -> Vec<IpAddr> {
    let mut used: Vec<(IpAddr, u64)> = Vec::new();
    for (flow, forward) in own {
        let Some(record) = flows.get(flow.index()) else {
            continue;
        };
        let direction = if *forward == side {
            Direction::Forward
        } else {
            Direction::Reverse
        };
        // Inside TURN, the relayed address stands for the client: its own is on the outer leg.
        let outer = record
            .relayed
            .filter(|relayed| relayed.client == direction)
            .and_then(|relayed| flows.get(relayed.outer.index()));
        let ip = match outer {
            Some(outer) if outer.tuple.a.port >= outer.tuple.b.port => outer.tuple.a.ip,
            Some(outer) => outer.tuple.b.ip,
            None => record.tuple.source(direction).ip,
        };
        let packets = record.packets[0] + record.packets[1];
        match used.iter_mut().find(|(known, _)| *known == ip) {
            Some(known) => known.1 += packets,
            None => used.push((ip, packets)),
        }
    }
    used.sort_by_key(|(ip, packets)| (relays.contains(ip), std::cmp::Reverse(*packets), *ip));
    used.into_iter().map(|(ip, _)| ip).collect()
}

/// Per conversation, the connection whose checks ran there last.
fn flow_owners(
    sources: &Sources<'_>,
    place: &HashMap<IdentityIndex, PeerConnectionId>,
) -> Vec<Option<PeerConnectionId>> {
    let mut owner = vec![None; sources.flows.len()];
    for (at, path) in sources.ice.paths().iter().enumerate() {
        let id = sources
            .identities
            .of_path(at)
            .and_then(|index| place.get(&index));
        if let (Some(slot), Some(id)) = (owner.get_mut(path.flow.index()), id) {
            *slot = Some(*id);
        }
    }
    owner
}
