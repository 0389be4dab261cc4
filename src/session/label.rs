//! What to call a peer connection and its two ends.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::session::identity::Identity;
use crate::session::identity::Party;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::Handle;
use crate::track::signaling::dialogue::HandleRole;
use crate::track::signaling::dialogue::SignalingProtocol;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Names the ends after what signaling calls them: the display name of the client's party, the server's product.
pub(super) fn name_endpoints(
    pc: &mut PeerConnection,
    identity: &Identity,
    a: Party,
    dialogues: &[Dialogue],
) {
    for span in &identity.signaling {
        let Some(dialogue) = dialogues.get(span.key.0.index()) else {
            continue;
        };
        let handle = span.key.1.and_then(|at| dialogue.handles.get(at));
        let own = handle
            .and_then(|handle| handle.display.clone())
            .or_else(|| {
                // A subscriber's handle has no display of its own; the same client's publisher has.
                dialogue
                    .handles
                    .iter()
                    .find_map(|handle| handle.display.clone())
            });
        let far = match dialogue.protocol {
            SignalingProtocol::Janus => Some("janus".to_owned()),
            _ => handle.and_then(|handle| {
                handle
                    .feeds
                    .first()
                    .map(|(id, name)| name.clone().unwrap_or_else(|| id.clone()))
            }),
        };
        for (party, name) in [(span.client, own), (1 - span.client, far)] {
            let end = if party == a { &mut pc.a } else { &mut pc.b };
            if let Some(name) = name {
                end.name.get_or_insert(name);
            }
        }
    }
}

/// Gives addresses the names that their user chose, and calls the labels that follow.
pub fn give_names(scene: &mut Scene, names: &BTreeMap<IpAddr, String>) {
    scene.given_names.clone_from(names);
    let labels: Vec<String> = scene
        .peer_connections
        .iter()
        .map(|pc| label(pc, scene))
        .collect();
    for (pc, label) in scene.peer_connections.iter_mut().zip(labels) {
        pc.label = label;
    }
}

/// When and in which frames signaling ended it: the handle hung up or detached, by either end.
pub(super) fn closed_by_signaling(
    identity: &Identity,
    dialogues: &[Dialogue],
) -> Option<(Timestamp, Vec<FrameNumber>)> {
    let ends = identity.signaling.iter().filter_map(|span| {
        let dialogue = dialogues.get(span.key.0.index())?;
        let handle = dialogue.handles.get(span.key.1?)?;
        let hangup = handle.hangup.as_ref().map(|(at, frame, _)| (*at, *frame));
        let end = [hangup, handle.detached].into_iter().flatten().min()?;
        span.until.is_none_or(|until| end.0 <= until).then_some(end)
    });
    ends.min().map(|(at, frame)| (at, vec![frame]))
}

/// One line: who, which way, whom, and in what role. The arrow shows where the media goes.
pub(super) fn label(pc: &PeerConnection, scene: &Scene) -> String {
    let (a, b) = (end_name(pc, scene, Side::A), end_name(pc, scene, Side::B));
    let dialogue = pc.dialogue.and_then(|id| scene.dialogues.get(id.index()));
    let handle = dialogue.and_then(|dialogue| {
        dialogue
            .handles
            .iter()
            .find(|handle| Some(&handle.id) == pc.handle.as_ref())
    });
    if let Some(handle) = handle
        && let Some(text) = in_room(handle, dialogue, &a, scene.given_name(&pc.a))
    {
        return text;
    }
    let sends = |side: Side| {
        scene
            .streams_of(pc)
            .any(|(_, stream)| stream.from == Some(side))
    };
    let arrow = match (sends(Side::A), sends(Side::B)) {
        (true, false) => "→",
        (false, true) => "←",
        _ => "↔",
    };
    format!("{a} {arrow} {b}")
}

/// `alice → videoroom 100 (publisher)`.
fn in_room(
    handle: &Handle,
    dialogue: Option<&Dialogue>,
    end: &str,
    given: Option<&str>,
) -> Option<String> {
    let who = given
        .map(str::to_owned)
        .or_else(|| handle.display.clone())
        .or_else(|| {
            dialogue?
                .handles
                .iter()
                .find_map(|handle| handle.display.clone())
        })
        .unwrap_or_else(|| end.to_owned());
    let plugin = handle.plugin.as_deref()?.rsplit('.').next()?;
    let room = handle
        .room
        .as_deref()
        .map(|room| format!(" {room}"))
        .unwrap_or_default();
    let role = handle.role.as_ref();
    let arrow = match role {
        Some(HandleRole::Publisher) => "→",
        Some(HandleRole::Subscriber) => "←",
        _ => "↔",
    };
    let role = role
        .map(|role| format!(" ({})", role.word()))
        .unwrap_or_default();
    Some(format!("{who} {arrow} {plugin}{room}{role}"))
}

fn end_name(pc: &PeerConnection, scene: &Scene, side: Side) -> String {
    let end = pc.endpoint(side);
    if let Some(name) = scene.given_name(end) {
        return name.to_owned();
    }
    if let Some(name) = &end.name {
        return name.clone();
    }
    match end.addresses.first() {
        Some(ip) => scene
            .name_of(*ip)
            .map_or_else(|| ip.to_string(), str::to_owned),
        None => "not seen".to_owned(),
    }
}
