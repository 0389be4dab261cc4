//! What is known of an allocation.

use std::net::IpAddr;

use crate::vocab::address::Direction;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Where an allocation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocationState {
    /// Asked for, no answer seen.
    Requested,
    /// Challenged with 401 or 438, not tried again.
    Challenged,
    /// In use.
    Allocated,
    /// Refused.
    Failed,
    /// Ended by a Refresh with lifetime 0.
    Released,
    /// Not refreshed in time.
    Expired,
    /// Used in this capture, made before it began.
    Unknown,
}

impl AllocationState {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Challenged => "challenged",
            Self::Allocated => "allocated",
            Self::Failed => "failed",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

/// Error answers of one code to one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnError {
    /// STUN error code.
    pub code: u16,
    /// Reason phrase as first sent.
    pub reason: String,
    /// Method in kebab case: `allocate`, `create-permission`, `channel-bind`, `refresh`.
    pub method: &'static str,
    /// How often.
    pub count: u64,
    /// Part of the normal course: the first 401 that hands out realm and nonce, a 438 followed by success.
    pub normal: bool,
    /// When the first one came.
    pub first_at: Timestamp,
    /// Where, the first ones.
    pub frames: Vec<FrameNumber>,
}

/// A channel bound to a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Channel number, 0x4000 to 0x4fff.
    pub number: u16,
    /// The peer; `None` when the binding was not seen.
    pub peer: Option<TransportAddress>,
    /// ChannelData messages, both ways.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// When it was bound (success answer), in which frame.
    pub bound: Option<(Timestamp, FrameNumber)>,
}

/// What peers and client sent each other through the server, one way. Connections of their own (RFC 6062) are not counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// ChannelData messages and indications.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
}

/// A connection to a peer over TCP (RFC 6062).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerLink {
    /// CONNECTION-ID.
    pub id: u32,
    /// The peer.
    pub peer: TransportAddress,
    /// Did the peer open it (ConnectionAttempt), and not the client (Connect)?
    pub by_peer: bool,
    /// When the server announced it, in which frame.
    pub announced: (Timestamp, FrameNumber),
    /// The conversation that carries its bytes, since when, in which frame; `None` until ConnectionBind was granted.
    pub bound: Option<(FlowId, Timestamp, FrameNumber)>,
}

impl Carried {
    /// Counts one message more.
    pub(super) const fn add(&mut self, length: usize) {
        self.packets += 1;
        self.bytes += length as u64;
    }
}

impl Allocation {
    /// The frame that shows best where it stands: the answer that granted it, else the refusal, else its first message.
    pub fn decisive_frame(&self) -> Option<FrameNumber> {
        let refusals = self.errors.iter().filter(|error| !error.normal);
        let refused = refusals.filter_map(|error| error.frames.first()).min();
        self.allocated_frame
            .or_else(|| refused.copied())
            .or_else(|| self.frames.first().copied())
    }
}

/// One allocation on one conversation between a client and a TURN server.
#[derive(Debug, Clone)]
pub struct Allocation {
    /// The conversation.
    pub flow: FlowId,
    /// Which way the client's requests run.
    pub client_direction: Direction,
    /// Client address as in the packets.
    pub client: TransportAddress,
    /// Server address.
    pub server: TransportAddress,
    /// Transport between client and server.
    pub transport: Transport,
    /// Where it stands at the end.
    pub state: AllocationState,
    /// XOR-RELAYED-ADDRESS.
    pub relayed: Option<TransportAddress>,
    /// XOR-MAPPED-ADDRESS of the Allocate answer.
    pub mapped: Option<TransportAddress>,
    /// Lifetime as last answered, seconds.
    pub lifetime_seconds: Option<u32>,
    /// REALM.
    pub realm: Option<String>,
    /// USERNAME of the long-term credential.
    pub username: Option<String>,
    /// SOFTWARE of the server.
    pub software: Option<String>,
    /// REQUESTED-TRANSPORT: protocol number, 17 for UDP, 6 for TCP (RFC 6062).
    pub requested_transport: Option<u8>,
    /// Errors by method and code.
    pub errors: Vec<TurnError>,
    /// Permitted peer addresses (CreatePermission or ChannelBind answered with success).
    pub permissions: Vec<IpAddr>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Connections to peers, of a TCP allocation.
    pub links: Vec<PeerLink>,
    /// Send indications.
    pub send_indications: u64,
    /// Data indications.
    pub data_indications: u64,
    /// Sent to peers.
    pub to_peers: Carried,
    /// Received from peers.
    pub from_peers: Carried,
    /// Requests by method word, with their success answers: `(method, requests, successes)`.
    pub requests: Vec<(&'static str, u64, u64)>,
    /// First message.
    pub first_at: Timestamp,
    /// When the allocation was answered with success.
    pub allocated_at: Option<Timestamp>,
    /// In which frame.
    pub allocated_frame: Option<FrameNumber>,
    /// When it was last allocated or refreshed with success.
    pub refreshed_at: Option<Timestamp>,
    /// Last message.
    pub last_at: Timestamp,
    /// The first frames.
    pub frames: Vec<FrameNumber>,
}
