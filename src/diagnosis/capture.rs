//! How far can this capture be trusted? Asked before any verdict.

use crate::flow::table::{FlowProtocol, FlowRecord};
use crate::session::model::scene::Scene;

/// Do the calls' conversations show packets of one direction only, although both ends must have spoken?
pub fn is_one_direction(scene: &Scene) -> bool {
    let mut talking = calls(scene)
        .filter(|flow| flow.packets[0] + flow.packets[1] >= FEW)
        .peekable();
    talking.peek().is_some() && talking.all(|flow| flow.packets.contains(&0)) && !any_answer(scene)
}

/// Were calls already up when the capture began: media or checks with neither a handshake nor a first check of their own?
pub fn starts_mid_call(scene: &Scene) -> bool {
    scene.peer_connections.iter().any(|pc| {
        let handshake = pc
            .dtls
            .iter()
            .filter_map(|id| scene.dtls.get(id.index()))
            .any(|transport| transport.association.handshake_started_at.is_some());
        let media = !pc.streams.is_empty() || pc.selected_pair().is_some();
        let nominated = pc.ice.pairs.iter().any(|pair| pair.nominated);
        media && !handshake && (pc.descriptions.is_empty() || !nominated)
    })
}

/// Packets from which on silence of the other direction means something.
const FEW: u64 = 4;

fn calls(scene: &Scene) -> impl Iterator<Item = &FlowRecord> {
    scene
        .flows
        .iter()
        .zip(&scene.flow_owner)
        .filter(|(flow, owner)| owner.is_some() || flow.protocols.contains(&FlowProtocol::Dtls))
        .map(|(flow, _)| flow)
}

/// Does the other direction show in any conversation at all? Then the capture had both, and a silent peer is a silent peer.
fn any_answer(scene: &Scene) -> bool {
    scene.flows.iter().any(|flow| !flow.packets.contains(&0))
}
