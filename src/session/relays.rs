//! Which peer connection a TURN allocation, or a question to a STUN server, was for.

use std::collections::HashMap;

use crate::flow::table::FlowRecord;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::ice::ServerQuery;
use crate::track::turn::Allocation;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PeerConnectionId;

/// Which peer connection an address belongs to; of several, the first.
pub(super) struct Addresses {
    /// Of the candidates.
    declared: HashMap<(String, u16), PeerConnectionId>,
    /// Of the candidate pairs, as seen on the wire.
    on_wire: HashMap<TransportAddress, PeerConnectionId>,
}

impl Addresses {
    /// The addresses of all `connections`.
    pub(super) fn of(connections: &[PeerConnection]) -> Self {
        let (mut declared, mut on_wire) = (HashMap::default(), HashMap::default());
        for (at, pc) in (0..).zip(connections) {
            let id = PeerConnectionId(at);
            for candidate in &pc.ice.candidates {
                let key = (candidate.address.clone(), candidate.port);
                declared.entry(key).or_insert(id);
            }
            for (a, b) in pc.ice.pairs.iter().filter_map(|pair| pair.wire) {
                on_wire.entry(a).or_insert(id);
                on_wire.entry(b).or_insert(id);
            }
        }
        Self { declared, on_wire }
    }

    fn by_candidate(&self, address: Option<TransportAddress>) -> Option<PeerConnectionId> {
        let address = address?;
        let key = (address.ip.to_string(), address.port);
        self.declared.get(&key).copied()
    }

    fn by_socket(
        &self,
        client: TransportAddress,
        mapped: Option<TransportAddress>,
    ) -> Option<PeerConnectionId> {
        let on_wire = self.on_wire.get(&client).copied();
        on_wire
            .or_else(|| self.by_candidate(Some(client)))
            .or_else(|| self.by_candidate(mapped))
    }
}

/// The owner of each allocation: by the inner conversations first, then by its relayed address among the candidates, then
/// by the client's socket, which an ICE agent shares between its host candidate, its STUN questions and TURN.
///
/// Marks the allocation's own conversation too.
pub(super) fn owners(
    allocations: &[Allocation],
    flows: &[FlowRecord],
    addresses: &Addresses,
    flow_owner: &mut [Option<PeerConnectionId>],
) -> Vec<Option<PeerConnectionId>> {
    let mut inside: HashMap<FlowId, PeerConnectionId> = HashMap::default();
    for (flow, owner) in flows.iter().zip(flow_owner.iter()) {
        if let (Some(relayed), Some(owner)) = (flow.relayed, *owner) {
            inside.entry(relayed.outer).or_insert(owner);
        }
    }
    let mut owners = Vec::with_capacity(allocations.len());
    for allocation in allocations {
        let owner = inside
            .get(&allocation.flow)
            .copied()
            .or_else(|| addresses.by_candidate(allocation.relayed))
            .or_else(|| addresses.by_socket(allocation.client, allocation.mapped));
        if let (Some(slot), Some(owner)) = (flow_owner.get_mut(allocation.flow.index()), owner) {
            slot.get_or_insert(owner);
        }
        for (carrier, ..) in allocation.links.iter().filter_map(|link| link.bound) {
            if let (Some(slot), Some(owner)) = (flow_owner.get_mut(carrier.index()), owner) {
                slot.get_or_insert(owner);
            }
        }
        owners.push(owner);
    }
    owners
}

/// Marks the conversations with STUN servers that ran over a connection's own sockets.
pub(super) fn own_queries(
    queries: &[ServerQuery],
    addresses: &Addresses,
    flow_owner: &mut [Option<PeerConnectionId>],
) {
    for query in queries {
        let mapped = query.mapped.map(|(address, ..)| address);
        let owner = addresses.by_socket(query.client, mapped);
        if let (Some(slot), Some(owner)) = (flow_owner.get_mut(query.flow.index()), owner) {
            slot.get_or_insert(owner);
        }
    }
}
