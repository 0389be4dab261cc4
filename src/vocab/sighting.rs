//! Where and when something was seen: the context that travels with every observation.

use crate::vocab::address::Direction;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// When, in which frame, in which conversation and which way something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// When the frame was captured; for reassembled data, the frame that completed it.
    pub at: Timestamp,
    /// That frame.
    pub frame: FrameNumber,
    /// The conversation. For what ran inside TURN, the inner conversation.
    pub flow: FlowId,
    /// Which way it ran in that conversation.
    pub direction: Direction,
}
