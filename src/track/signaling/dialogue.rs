//! A signaling dialogue, whatever protocol spoke it: who said what, and which session descriptions and candidates it carried.

use std::net::IpAddr;
use std::sync::Arc;

use crate::vocab::address::TransportAddress;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Signaling protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignalingProtocol {
    /// Janus gateway API.
    Janus,
    /// WebRTC-HTTP ingestion (RFC 9725).
    Whip,
    /// WebRTC-HTTP egress.
    Whep,
    /// SIP over WebSocket (RFC 7118).
    Sip,
    /// Anything else that carries an SDP or a candidate, recognised by shape.
    Generic,
}

impl SignalingProtocol {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Janus => "janus",
            Self::Whip => "whip",
            Self::Whep => "whep",
            Self::Sip => "sip",
            Self::Generic => "generic",
        }
    }
}

/// What carried the dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// HTTP requests and responses (long poll included).
    Http,
    /// WebSocket messages.
    WebSocket,
}

impl Carrier {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::WebSocket => "websocket",
        }
    }
}

/// Offer, answer, provisional answer or rollback (`RTCSdpType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DescriptionKind {
    /// `offer`
    Offer,
    /// `pranswer`
    Pranswer,
    /// `answer`
    Answer,
    /// `rollback`
    Rollback,
}

impl DescriptionKind {
    /// The word of `RTCSdpType`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Pranswer => "pranswer",
            Self::Answer => "answer",
            Self::Rollback => "rollback",
        }
    }

    /// From the word of `RTCSdpType`, case ignored.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Offer, Self::Pranswer, Self::Answer, Self::Rollback]
            .into_iter()
            .find(|kind| kind.word().eq_ignore_ascii_case(word))
    }
}

/// What a message carried for WebRTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// A session description, byte for byte as in the (decoded) body.
    Description {
        /// Its type; `None` when the message does not say.
        kind: Option<DescriptionKind>,
        /// The text.
        sdp: Arc<str>,
    },
    /// A trickled candidate.
    Candidate {
        /// The candidate attribute's text (`candidate:…`).
        candidate: String,
        /// MID of its m-section.
        mid: Option<String>,
        /// Index of its m-section.
        line_index: Option<u32>,
        /// Its sender's user fragment, where the message names it.
        ufrag: Option<String>,
    },
    /// No more candidates from this sender.
    EndOfCandidates,
    /// New ICE credentials without a description: an ICE restart in a WHIP fragment (RFC 9725 §4.3.3).
    Credentials {
        /// The user fragment.
        ufrag: String,
        /// The password.
        password: String,
    },
}

/// Which end of the carrying connection sent a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// The end that opened the connection.
    Client,
    /// The other.
    Server,
}

impl Sender {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// The other end.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// An error that signaling reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalingError {
    /// The protocol's number (Janus `error_code` or `error.code`, HTTP status for WHIP).
    pub code: i64,
    /// The text that came with it.
    pub reason: String,
    /// What the number means, from the protocol's own list.
    pub meaning: Option<&'static str>,
}

/// One signaling message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When it was complete on the wire.
    pub at: Timestamp,
    /// Which end sent it.
    pub from: Sender,
    /// What it is: for Janus `create`, `message configure`, `event configured`, `trickle`, `ack`, `webrtcup`, …
    pub kind: String,
    /// Transaction id, when the protocol has one.
    pub transaction: Option<String>,
    /// Handle it belongs to (index in `Dialogue::handles`).
    pub handle: Option<usize>,
    /// The HTTP exchange that carried it.
    pub exchange: Option<ExchangeId>,
    /// The conversation that carried it.
    pub flow: FlowId,
    /// Frames that carried it.
    pub frames: Vec<FrameNumber>,
    /// Descriptions and candidates inside, in order.
    pub carried: Vec<Carried>,
    /// Error that it reports.
    pub error: Option<SignalingError>,
    /// Index of the message that it answers (same transaction), in `Dialogue::messages`.
    pub answers: Option<usize>,
    /// One line for people: `join room 100 as alice`, `configured`, `slow link: 3 lost upstream`.
    pub summary: String,
}

/// What a handle is in its room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandleRole {
    /// Sends media to the server.
    Publisher,
    /// Gets media from the server.
    Subscriber,
    /// As the plugin calls it.
    Other(String),
}

impl HandleRole {
    /// Lower-case word, as the report prints it.
    pub fn word(&self) -> &str {
        match self {
            Self::Publisher => "publisher",
            Self::Subscriber => "subscriber",
            Self::Other(word) => word,
        }
    }
}

/// What carries one peer connection inside a dialogue: a Janus handle, a WHIP resource, or (generic) the dialogue itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handle {
    /// The protocol's id, as text.
    pub id: String,
    /// Plugin package (`janus.plugin.videoroom`).
    pub plugin: Option<String>,
    /// Role, once known.
    pub role: Option<HandleRole>,
    /// Room.
    pub room: Option<String>,
    /// Display name of the party on this handle.
    pub display: Option<String>,
    /// Feeds (other parties) it subscribes to: id and display name.
    pub feeds: Vec<(String, Option<String>)>,
    /// When and where the server said `webrtcup`.
    pub webrtc_up: Option<(Timestamp, FrameNumber)>,
    /// When, where and why the server said `hangup`.
    pub hangup: Option<(Timestamp, FrameNumber, String)>,
    /// When and where it was detached or its dialogue destroyed.
    pub detached: Option<(Timestamp, FrameNumber)>,
    /// `media` events: time, frame, kind (`audio`/`video`), whether the server receives it.
    pub media: Vec<(Timestamp, FrameNumber, String, bool)>,
    /// `slowlink` events: time, frame, lost packets.
    pub slow_links: Vec<(Timestamp, FrameNumber, u64)>,
}

/// One signaling dialogue.
#[derive(Debug, Clone)]
pub struct Dialogue {
    /// Protocol.
    pub protocol: SignalingProtocol,
    /// What carried it.
    pub carrier: Carrier,
    /// URL of its first message.
    pub url: Option<String>,
    /// The protocol's own session id.
    pub protocol_session_id: Option<String>,
    /// The client's address.
    pub client: IpAddr,
    /// The server's address and port.
    pub server: TransportAddress,
    /// Handles in order of appearance.
    pub handles: Vec<Handle>,
    /// Messages in order of time, bounded.
    pub messages: Vec<Message>,
    /// Messages beyond the bound, counted only.
    pub messages_dropped: u64,
    /// First message.
    pub first_at: Timestamp,
    /// Last message.
    pub last_at: Timestamp,
    /// When the server gave the session up (Janus `timeout`), with the frame.
    pub timed_out: Option<(Timestamp, FrameNumber)>,
}
