//! What is known of one flow: its scope, its trust, and which streams it carried last.

use crate::track::rtp_stream::probation::Trust;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::Ssrc;

/// What is known of a flow with RTP on it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) flow: FlowId,
    pub(super) scope: Scope,
    /// In a shared scope: is the sender of `Forward` packets its side A?
    pub(super) forward_is_a: bool,
    pub(super) trust: Trust,
    /// Did it carry a confirmed stream?
    pub(super) carries: bool,
    /// The streams of the latest packets, by direction.
    pub(super) recent: [[Recent; RECENT]; 2],
    pub(super) next_recent: [usize; 2],
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Recent {
    pub(super) ssrc: Ssrc,
    /// Position in `streams`, or [`NOWHERE`].
    pub(super) stream: u32,
    pub(super) path: u32,
}

/// Who a stream belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    /// Its flow.
    Flow(FlowId),
    /// A peer connection, by number.
    Shared(u32),
}

/// Scope, sender (direction or side index) and SSRC.
pub(super) type Key = (Scope, u8, Ssrc);

impl Slot {
    pub(super) const fn new(flow: FlowId) -> Self {
        Self {
            flow,
            scope: Scope::Flow(flow),
            forward_is_a: true,
            trust: Trust::None,
            carries: false,
            recent: [[Recent::NONE; RECENT]; 2],
            next_recent: [0; 2],
        }
    }

    pub(super) fn key(&self, direction: Direction, ssrc: Ssrc) -> Key {
        match self.scope {
            Scope::Flow(_) => (Scope::Flow(self.flow), direction.index() as u8, ssrc),
            shared @ Scope::Shared(_) => {
                let side = side_of(direction, self.forward_is_a);
                (shared, side.index() as u8, ssrc)
            }
        }
    }
}

impl Recent {
    pub(super) const NONE: Self = Self {
        ssrc: Ssrc(0),
        stream: NOWHERE,
        path: 0,
    };
}

/// Who sends what runs in `direction`.
pub(super) const fn side_of(direction: Direction, forward_is_a: bool) -> Side {
    match (direction, forward_is_a) {
        (Direction::Forward, true) | (Direction::Reverse, false) => Side::A,
        _ => Side::B,
    }
}

/// Streams remembered per flow and direction: audio, video, their repair streams, or three layers of simulcast and one more.
pub(super) const RECENT: usize = 4;
/// No stream.
pub(super) const NOWHERE: u32 = u32::MAX;
