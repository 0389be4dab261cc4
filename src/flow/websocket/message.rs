//! What a WebSocket connection carried.

use crate::vocab::fault::Fault;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::websocket::header::Opcode;

/// Something that a WebSocket connection carried, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message is there in full, or as far as it ever will be.
    Message(Message),
    /// A control frame.
    Control(Control),
    /// A broken rule.
    Fault {
        /// The frame in which it showed.
        frame: FrameNumber,
        /// The rule.
        fault: Fault,
    },
}

/// One of the two ends (RFC 6455 §1.3); the client masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// The one that asked for the connection.
    Client,
    /// The other.
    Server,
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
    /// Its first frame is not there.
    Unknown,
}

/// A message, unmasked, its frames joined, its compression undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who sent it.
    pub from: Endpoint,
    /// What it is.
    pub kind: Kind,
    /// What the application said. Stops at the first byte that was not captured; where compression refers to what was not captured, the
    /// bytes are [`UNKNOWN`].
    pub payload: Vec<u8>,
    /// WebSocket frames it came in.
    pub fragments: u32,
    /// Frames of the capture that carried it, ascending.
    pub frames: Vec<FrameNumber>,
    /// When its last byte seen was captured.
    pub at: Timestamp,
    /// Is the payload all there, as far as can be told?
    pub complete: bool,
}

/// A Close, Ping or Pong frame, or one of an unknown kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Who sent it.
    pub from: Endpoint,
    /// What it is.
    pub opcode: Opcode,
    /// Unmasked payload, at most 125 bytes.
    pub payload: Vec<u8>,
    /// When it was complete.
    pub at: Timestamp,
    /// The frame that completed it.
    pub frame: FrameNumber,
}

/// Stands for a byte that compression took from something not captured. No UTF-8 text contains it.
pub const UNKNOWN: u8 = 0xff;
