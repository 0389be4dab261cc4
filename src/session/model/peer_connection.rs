//! The pair of endpoints that one signaling dialogue sets up.

use std::net::IpAddr;
use std::time::Duration;

use crate::session::model::description::Negotiation;
use crate::session::model::description::SignaledDescription;
use crate::session::model::ice::Ice;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::ids::AllocationId;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::StreamId;
use crate::vocab::time::Timestamp;

/// Who made the first offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalingRole {
    /// Sent the first offer.
    Offerer,
    /// Answered it.
    Answerer,
}

impl SignalingRole {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offerer => "offerer",
            Self::Answerer => "answerer",
        }
    }
}

/// One endpoint of a peer connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Offerer or answerer, when signaling was readable.
    pub role: Option<SignalingRole>,
    /// A name from signaling (display name, `janus`), when there is one.
    pub name: Option<String>,
    /// User fragments, one per generation.
    pub ufrags: Vec<String>,
    /// Addresses in the packets of its flows, most used first, those of its relays last.
    pub addresses: Vec<IpAddr>,
}

/// `RTCPeerConnectionState` words (W3C webrtc-pc §4.3.3), inferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// No check yet.
    New,
    /// Checking or in the DTLS handshake.
    Connecting,
    /// A pair is selected and DTLS is up.
    Connected,
    /// Checks of the selected pair go unanswered.
    Disconnected,
    /// Gave up.
    Failed,
    /// Closed by signaling, `close_notify` or both.
    Closed,
    /// The capture can't tell.
    Unknown,
}

impl ConnectionState {
    /// The W3C word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Failed => "failed",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }
}

/// A change of the connection state, inferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// When.
    pub at: Timestamp,
    /// To which state.
    pub state: ConnectionState,
    /// Frames that show it.
    pub frames: Vec<FrameNumber>,
}

/// How long each stage of the setup took; absent where its ends were not seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Setup {
    /// From the first description to the one that answered it.
    pub signaling: Option<Duration>,
    /// From the first check to the first success answer of the selected pair.
    pub ice: Option<Duration>,
    /// From the first ClientHello to the end of the handshake.
    pub dtls: Option<Duration>,
    /// From the first description (else the first check) to the first media packet.
    pub first_media: Option<Duration>,
}

/// A peer connection rebuilt from packets.
#[derive(Debug, Clone)]
pub struct PeerConnection {
    /// The signaling dialogue, when readable.
    pub dialogue: Option<DialogueId>,
    /// Handle within it (Janus handle, WHIP resource).
    pub handle: Option<String>,
    /// `alice → videoroom 100 (publisher)`, else addresses.
    pub label: String,
    /// Side a.
    pub a: Endpoint,
    /// Side b.
    pub b: Endpoint,
    /// Last inferred state.
    pub state: ConnectionState,
    /// How it got there.
    pub state_history: Vec<StateChange>,
    /// First sign of it in the capture.
    pub first_at: Timestamp,
    /// Last sign of it.
    pub last_at: Timestamp,
    /// Setup times.
    pub setup: Setup,
    /// Descriptions in order.
    pub descriptions: Vec<SignaledDescription>,
    /// Offer/answer rounds in order; the last is in force.
    pub negotiations: Vec<Negotiation>,
    /// Candidates and pairs.
    pub ice: Ice,
    /// Its flows, in order of first frame, with the side that `Direction::Forward` comes from.
    pub flows: Vec<(FlowId, Side)>,
    /// Its DTLS associations.
    pub dtls: Vec<AssociationId>,
    /// Its media streams.
    pub streams: Vec<StreamId>,
    /// Positions of its data channels in [`Scene::data_channels`](crate::session::model::scene::Scene::data_channels), ascending.
    pub data_channels: Vec<usize>,
    /// TURN allocations that its sides used in this capture.
    pub turn: Vec<AllocationId>,
    /// Was it closed in signaling (hangup, detach, DELETE), and in which frames?
    pub closed_by_signaling: Option<(Timestamp, Vec<FrameNumber>)>,
}

impl PeerConnection {
    /// Which way `side` sends in one of the connection's conversations; `None` for others.
    pub fn direction_of(&self, flow: FlowId, side: Side) -> Option<Direction> {
        let (_, forward) = self.flows.iter().find(|(known, _)| *known == flow)?;
        Some(if *forward == side {
            Direction::Forward
        } else {
            Direction::Reverse
        })
    }

    /// The endpoint on `side`.
    pub const fn endpoint(&self, side: Side) -> &Endpoint {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    /// The selected pair in force at the end, if any.
    pub fn selected_pair(&self) -> Option<&crate::session::model::ice::CandidatePair> {
        self.ice.pairs.iter().find(|pair| pair.selected)
    }
}
