//! `turn` and `stunServers`: relays and mirrors.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::report::json::context::seconds;
use crate::track::ice::ServerQuery;
use crate::track::turn::Allocation;
use crate::vocab::ids::AllocationId;

/// A TURN allocation (RFC 8656).
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Turn<'a> {
    /// `turn-1`, in order of the first frame.
    pub id: String,
    /// The peer connection that used it.
    pub peer_connection: Option<String>,
    /// The conversation between client and server.
    pub flow: String,
    /// Client address as in the packets.
    pub client: String,
    /// Server address.
    pub server: String,
    /// Between client and server: `udp` or `tcp`.
    pub transport: &'static str,
    /// `requested`, `challenged`, `allocated`, `failed`, `released`, `expired` or `unknown`.
    pub state: &'static str,
    /// The address that peers see.
    pub relayed_address: Option<String>,
    /// The client's address as the server sees it.
    pub mapped_address: Option<String>,
    /// Lifetime as last answered.
    pub lifetime_seconds: Option<u32>,
    /// Realm.
    pub realm: Option<&'a str>,
    /// User name of the long-term credential.
    pub username: Option<&'a str>,
    /// The server's software.
    pub software: Option<&'a str>,
    /// Between server and peer: IP protocol number, 17 for UDP, 6 for TCP.
    pub requested_transport: Option<u8>,
    /// Requests by method.
    pub requests: Vec<Requests>,
    /// Error answers by method and code.
    pub errors: Vec<TurnError<'a>>,
    /// Permitted peer addresses.
    pub permissions: Vec<String>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Connections to peers, of a TCP allocation (RFC 6062).
    pub connections: Vec<Connection>,
    /// Send indications.
    pub send_indications: u64,
    /// Data indications.
    pub data_indications: u64,
    /// Messages that the client sent to peers, in channels and indications.
    pub packets_to_peers: u64,
    /// Their payload bytes.
    pub bytes_to_peers: u64,
    /// Messages that came from peers, likewise.
    pub packets_from_peers: u64,
    /// Their payload bytes.
    pub bytes_from_peers: u64,
    /// First message.
    pub first_time_seconds: f64,
    /// When the allocation was answered with success.
    pub allocated_time_seconds: Option<f64>,
    /// The frame of that answer.
    pub allocated_frames: Vec<FrameRef>,
    /// When its lifetime was last granted, first or anew.
    pub refreshed_time_seconds: Option<f64>,
    /// Last message.
    pub last_time_seconds: f64,
    /// Its first frames.
    pub frames: Vec<FrameRef>,
}

/// Requests of one method.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// `allocate`, `create-permission`, `channel-bind`, `refresh`.
    pub method: &'static str,
    /// Distinct requests.
    pub requests: u64,
    /// Success answers.
    pub successes: u64,
}

/// Error answers of one code to one method.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TurnError<'a> {
    /// STUN error code.
    pub code: u16,
    /// Reason phrase as first sent.
    pub reason: &'a str,
    /// Method.
    pub method: &'static str,
    /// How often.
    pub count: u64,
    /// Part of the normal course, as the first 401 is.
    pub normal: bool,
    /// When the first one came.
    pub first_time_seconds: f64,
    /// Its first frames.
    pub frames: Vec<FrameRef>,
}

/// A channel bound to a peer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// Channel number.
    pub number: u16,
    /// The peer; null when the binding was not seen.
    pub peer: Option<String>,
    /// `ChannelData` messages, both ways.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// When it was bound.
    pub bound_time_seconds: Option<f64>,
    /// The frame that bound it.
    pub frames: Vec<FrameRef>,
}

/// A connection to a peer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// CONNECTION-ID.
    pub id: u32,
    /// The peer.
    pub peer: String,
    /// `client` or `peer`.
    pub opened_by: &'static str,
    /// The conversation that carries its bytes; null when none was bound.
    pub flow: Option<String>,
    /// Since when.
    pub bound_time_seconds: Option<f64>,
    /// The frames that announced and bound it.
    pub frames: Vec<FrameRef>,
}

/// What one client asked a STUN server, and what it was told.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StunServer<'a> {
    /// The conversation.
    pub flow: String,
    /// Who asked.
    pub client: String,
    /// The server.
    pub server: String,
    /// Distinct requests.
    pub requests_sent: u64,
    /// Success answers.
    pub responses_received: u64,
    /// Requests repeated with the same transaction id.
    pub retransmissions: u64,
    /// Error answers by code.
    pub errors: Vec<StunError<'a>>,
    /// The client's address as the server sees it.
    pub mapped_address: Option<String>,
    /// The server's software.
    pub software: Option<&'a str>,
    /// Of the first answered request, seconds.
    pub round_trip_time: Option<f64>,
    /// First request.
    pub first_time_seconds: f64,
    /// Last message.
    pub last_time_seconds: f64,
    /// ICMP errors that quoted the conversation.
    pub icmp_errors: u64,
    /// Its first frames.
    pub frames: Vec<FrameRef>,
}

/// Error answers of one code.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StunError<'a> {
    /// STUN error code.
    pub code: u16,
    /// Reason phrase as first sent.
    pub reason: &'a str,
    /// How often.
    pub count: u64,
    /// Its first frames.
    pub frames: Vec<FrameRef>,
}

impl<'a> Turn<'a> {
    /// All allocations.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let allocations = context.analysis.scene.turn.iter().zip(0..);
        allocations
            .map(|(allocation, index)| Self::new(context, AllocationId(index), allocation))
            .collect()
    }

    fn new(context: Context<'a>, id: AllocationId, turn: &'a Allocation) -> Self {
        let owner = context.analysis.scene.turn_owner.get(id.index());
        let requests = turn
            .requests
            .iter()
            .map(|&(method, requests, successes)| Requests {
                method,
                requests,
                successes,
            });
        let errors = turn.errors.iter().map(|error| TurnError {
            code: error.code,
            reason: &error.reason,
            method: error.method,
            count: error.count,
            normal: error.normal,
            first_time_seconds: context.seconds(error.first_at),
            frames: context.frames(&error.frames),
        });
        let connections = turn.links.iter().map(|link| Connection {
            id: link.id,
            peer: link.peer.to_string(),
            opened_by: if link.by_peer { "peer" } else { "client" },
            flow: link.bound.map(|(flow, ..)| flow.id()),
            bound_time_seconds: link.bound.map(|(_, at, _)| context.seconds(at)),
            frames: [Some(link.announced.1), link.bound.map(|(.., frame)| frame)]
                .into_iter()
                .flatten()
                .map(|frame| context.frame(frame))
                .collect(),
        });
        let channels = turn.channels.iter().map(|channel| Channel {
            number: channel.number,
            peer: channel.peer.map(|peer| peer.to_string()),
            packets: channel.packets,
            bytes: channel.bytes,
            bound_time_seconds: channel.bound.map(|(at, _)| context.seconds(at)),
            frames: channel
                .bound
                .iter()
                .map(|&(_, frame)| context.frame(frame))
                .collect(),
        });
        Self {
            id: id.id(),
            peer_connection: owner.copied().flatten().map(Id::id),
            flow: turn.flow.id(),
            client: turn.client.to_string(),
            server: turn.server.to_string(),
            transport: turn.transport.word(),
            state: turn.state.word(),
            relayed_address: turn.relayed.map(|address| address.to_string()),
            mapped_address: turn.mapped.map(|address| address.to_string()),
            lifetime_seconds: turn.lifetime_seconds,
            realm: turn.realm.as_deref(),
            username: turn.username.as_deref(),
            software: turn.software.as_deref(),
            requested_transport: turn.requested_transport,
            requests: requests.collect(),
            errors: errors.collect(),
            permissions: turn.permissions.iter().map(ToString::to_string).collect(),
            channels: channels.collect(),
            connections: connections.collect(),
            send_indications: turn.send_indications,
            data_indications: turn.data_indications,
            packets_to_peers: turn.to_peers.packets,
            bytes_to_peers: turn.to_peers.bytes,
            packets_from_peers: turn.from_peers.packets,
            bytes_from_peers: turn.from_peers.bytes,
            first_time_seconds: context.seconds(turn.first_at),
            allocated_time_seconds: turn.allocated_at.map(|at| context.seconds(at)),
            allocated_frames: turn
                .allocated_frame
                .iter()
                .map(|&it| context.frame(it))
                .collect(),
            refreshed_time_seconds: turn.refreshed_at.map(|at| context.seconds(at)),
            last_time_seconds: context.seconds(turn.last_at),
            frames: context.frames(&turn.frames),
        }
    }
}

impl<'a> StunServer<'a> {
    /// All queries of STUN servers.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let queries = context.analysis.scene.server_queries.iter();
        queries.map(|query| Self::new(context, query)).collect()
    }

    fn new(context: Context<'a>, query: &'a ServerQuery) -> Self {
        let errors = query.errors.iter().map(|error| StunError {
            code: error.code,
            reason: &error.reason,
            count: error.count,
            frames: context.frames(&error.frames),
        });
        Self {
            flow: query.flow.id(),
            client: query.client.to_string(),
            server: query.server.to_string(),
            requests_sent: query.requests,
            responses_received: query.responses,
            retransmissions: query.retransmissions,
            errors: errors.collect(),
            mapped_address: query.mapped.map(|(address, ..)| address.to_string()),
            software: query.software.as_deref(),
            round_trip_time: query.round_trip.map(seconds),
            first_time_seconds: context.seconds(query.first_at),
            last_time_seconds: context.seconds(query.last_at),
            icmp_errors: query.icmp_errors,
            frames: context.frames(&query.frames),
        }
    }
}
