//! Which peer connection a TURN allocation, or a question to a STUN server, was for.

use crate::flow::table::FlowRecord;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::ice::ServerQuery;
use crate::track::turn::Allocation;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::PeerConnectionId;

/// The owner of each allocation: by the inner conversations first, then by its relayed address among the candidates, then
/// by the client's socket, which an ICE agent shares between its host candidate, its STUN questions and TURN.
///
/// Marks the allocation's own conversation too.
pub(super) fn owners(
    allocations: &[Allocation],
    flows: &[FlowRecord],
    connections: &[PeerConnection],
    flow_owner: &mut [Option<PeerConnectionId>],
) -> Vec<Option<PeerConnectionId>> {
    let mut owners = Vec::with_capacity(allocations.len());
    for allocation in allocations {
        let inside = flows
            .iter()
            .zip(flow_owner.iter())
            .find_map(|(flow, owner)| {
                owner.filter(|_| flow.relayed.is_some_and(|r| r.outer == allocation.flow))
            });
        let owner = inside
            .or_else(|| by_candidate(connections, allocation.relayed))
            .or_else(|| by_socket(connections, allocation.client, allocation.mapped));
        if let (Some(slot), Some(owner)) = (flow_owner.get_mut(allocation.flow.index()), owner) {
            slot.get_or_insert(owner);
        }
        owners.push(owner);
    }
    owners
}

/// Marks the conversations with STUN servers that ran over a connection's own sockets.
pub(super) fn own_queries(
    queries: &[ServerQuery],
    connections: &[PeerConnection],
    flow_owner: &mut [Option<PeerConnectionId>],
) {
    for query in queries {
        let mapped = query.mapped.map(|(address, ..)| address);
        let owner = by_socket(connections, query.client, mapped);
        if let (Some(slot), Some(owner)) = (flow_owner.get_mut(query.flow.index()), owner) {
            slot.get_or_insert(owner);
        }
    }
}

fn by_candidate(
    connections: &[PeerConnection],
    address: Option<TransportAddress>,
) -> Option<PeerConnectionId> {
    let address = address?;
    find(connections, |pc| declares(pc, address))
}

fn by_socket(
    connections: &[PeerConnection],
    client: TransportAddress,
    mapped: Option<TransportAddress>,
) -> Option<PeerConnectionId> {
    let on_wire = |pc: &PeerConnection| {
        let wires = pc.ice.pairs.iter().filter_map(|pair| pair.wire);
        wires.into_iter().any(|(a, b)| a == client || b == client)
    };
    find(connections, on_wire)
        .or_else(|| find(connections, |pc| declares(pc, client)))
        .or_else(|| mapped.and_then(|mapped| find(connections, |pc| declares(pc, mapped))))
}

fn declares(pc: &PeerConnection, address: TransportAddress) -> bool {
    let ip = address.ip.to_string();
    pc.ice
        .candidates
        .iter()
        .any(|candidate| candidate.port == address.port && candidate.address == ip)
}

fn find(
    connections: &[PeerConnection],
    fits: impl Fn(&PeerConnection) -> bool,
) -> Option<PeerConnectionId> {
    (0..)
        .zip(connections)
        .find(|(_, pc)| fits(pc))
        .map(|(at, _)| PeerConnectionId(at))
}
