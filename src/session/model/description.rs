//! Offers and answers as signaled.

use std::sync::Arc;

use crate::sdp::description::Description;
use crate::sdp::negotiation::NegotiatedSection;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// One session description, as it crossed the wire.
#[derive(Debug, Clone)]
pub struct SignaledDescription {
    /// Offer, answer, provisional answer or rollback.
    pub kind: DescriptionKind,
    /// Whose description it is.
    pub side: Side,
    /// When it was complete on the wire.
    pub at: Timestamp,
    /// Frames that carried it.
    pub frames: Vec<FrameNumber>,
    /// The text, byte for byte.
    pub sdp: Arc<str>,
    /// The text, understood; its lines are not kept ([`Description::parse_without_lines`]).
    pub parsed: Arc<Description>,
}

/// An offer and the answer it got.
#[derive(Debug, Clone)]
pub struct Negotiation {
    /// Index of the offer in the peer connection's descriptions.
    pub offer: usize,
    /// Index of the answer.
    pub answer: usize,
    /// Who offered.
    pub offerer: Side,
    /// What was agreed, by m-section.
    pub sections: Vec<NegotiatedSection>,
}
