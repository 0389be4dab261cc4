//! `peerConnections`: who set up a call with whom, what they agreed, and how it went.

use serde::Serialize;

use crate::report::conclusions::About;
use crate::report::conclusions::Conclusions;
use crate::report::json::context::Context;
use crate::report::json::context::Id;
use crate::report::json::context::finding_id;
use crate::report::json::context::milliseconds;
use crate::report::json::data;
use crate::report::json::description::Description;
use crate::report::json::description::Negotiated;
use crate::report::json::ice::Ice;
use crate::report::json::session::Moment;
use crate::report::json::state::StateChange;
use crate::session::model::peer_connection as model;
use crate::vocab::ids::PeerConnectionId;

/// A peer connection.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PeerConnection<'a> {
    /// `pc-1`, in order of the first frame.
    pub id: String,
    /// Its signaling dialogue, when that could be read.
    pub session: Option<String>,
    /// The handle that carries it there.
    pub handle: Option<&'a str>,
    /// A name for people: `alice → videoroom 100 (publisher)`.
    pub label: &'a str,
    /// The capture's own side when known, else the offerer, else the first seen.
    pub a: Endpoint<'a>,
    /// The other side.
    pub b: Endpoint<'a>,
    /// `RTCPeerConnectionState` at the end, inferred; `unknown` when the capture can't tell.
    pub state: &'static str,
    /// How it got there.
    pub state_history: Vec<StateChange>,
    /// First sign of it.
    pub first_time_seconds: f64,
    /// Last sign of it.
    pub last_time_seconds: f64,
    /// How long each stage of the setup took.
    pub setup: Setup,
    /// Offers and answers as signaled.
    pub descriptions: Vec<Description<'a>>,
    /// What the last offer and answer agreed, by m-section.
    pub negotiated: Vec<Negotiated<'a>>,
    /// Candidates and pairs.
    pub ice: Ice<'a>,
    /// Its conversations.
    pub flows: Vec<String>,
    /// Its DTLS associations.
    pub dtls: Vec<String>,
    /// Its RTP streams.
    pub streams: Vec<String>,
    /// Its data channels.
    pub data_channels: Vec<String>,
    /// TURN allocations that served it.
    pub turn: Vec<String>,
    /// Findings about it.
    pub findings: Vec<String>,
    /// When signaling closed it.
    pub closed_by_signaling: Option<Moment>,
}

/// One endpoint.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Endpoint<'a> {
    /// `offerer` or `answerer`.
    pub role: Option<&'static str>,
    /// A name from signaling.
    pub name: Option<&'a str>,
    /// User fragments, one per ICE generation.
    pub ufrags: &'a [String],
    /// Addresses in the packets of its conversations, most used first.
    pub addresses: Vec<String>,
}

/// Setup times; null where an end of the span was not seen.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Setup {
    /// From the first description to the one that answered it.
    pub signaling_ms: Option<f64>,
    /// From the first check to the first success answer of the selected pair.
    pub ice_ms: Option<f64>,
    /// From the first `ClientHello` to the end of the handshake.
    pub dtls_ms: Option<f64>,
    /// From the first description (else the first check) to the first media packet.
    pub first_media_ms: Option<f64>,
}

impl<'a> PeerConnection<'a> {
    /// All peer connections.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let conclusions = Conclusions::new(context.analysis);
        let connections = context.analysis.scene.peer_connections.iter().zip(0..);
        connections
            .map(|(connection, index)| {
                let id = PeerConnectionId(index);
                Self::new(context, id, connection, conclusions.of_call(id))
            })
            .collect()
    }

    fn new(
        context: Context<'a>,
        id: PeerConnectionId,
        connection: &'a model::PeerConnection,
        about: Option<&About<'_>>,
    ) -> Self {
        let history = connection.state_history.iter().map(|change| {
            StateChange::new(context, change.at, change.state.word(), &change.frames)
        });
        let findings = about.map_or(&[][..], |about| &about.findings);
        let in_force = connection.negotiations.last();
        let closed = connection.closed_by_signaling.as_ref();
        Self {
            id: id.id(),
            session: connection.dialogue.map(Id::id),
            handle: connection.handle.as_deref(),
            label: &connection.label,
            a: Endpoint::new(&connection.a),
            b: Endpoint::new(&connection.b),
            state: connection.state.word(),
            state_history: history.collect(),
            first_time_seconds: context.seconds(connection.first_at),
            last_time_seconds: context.seconds(connection.last_at),
            setup: Setup::new(&connection.setup),
            descriptions: connection
                .descriptions
                .iter()
                .map(|description| Description::new(context, description))
                .collect(),
            negotiated: in_force.map_or_else(Vec::new, Negotiated::all),
            ice: Ice::new(context, &connection.ice),
            flows: connection
                .flows
                .iter()
                .map(|&(flow, _)| flow.id())
                .collect(),
            dtls: connection.dtls.iter().map(|&id| id.id()).collect(),
            streams: connection.streams.iter().map(|&id| id.id()).collect(),
            data_channels: connection
                .data_channels
                .iter()
                .map(|&position| data::id(position))
                .collect(),
            turn: connection.turn.iter().map(|&id| id.id()).collect(),
            findings: findings.iter().map(|&index| finding_id(index)).collect(),
            closed_by_signaling: closed.map(|(at, frames)| Moment {
                time_seconds: context.seconds(*at),
                frames: context.frames(frames),
            }),
        }
    }
}

impl<'a> Endpoint<'a> {
    fn new(endpoint: &'a model::Endpoint) -> Self {
        Self {
            role: endpoint.role.map(model::SignalingRole::word),
            name: endpoint.name.as_deref(),
            ufrags: &endpoint.ufrags,
            addresses: endpoint.addresses.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Setup {
    fn new(setup: &model::Setup) -> Self {
        Self {
            signaling_ms: setup.signaling.map(milliseconds),
            ice_ms: setup.ice.map(milliseconds),
            dtls_ms: setup.dtls.map(milliseconds),
            first_media_ms: setup.first_media.map(milliseconds),
        }
    }
}
