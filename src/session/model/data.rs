//! Data channels as part of a peer connection.

use std::time::Duration;

use crate::track::sctp::Channel;
use crate::track::sctp::course::Course;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::sighting::Sighting;
use crate::wire::dcep::Reliability;

/// SCTP inside a DTLS association that keys opened: what data channels run on. `[T; 2]` is indexed by `Direction::index` of the sender.
#[derive(Debug, Clone)]
pub struct Sctp {
    /// How it came and went.
    pub course: Course,
    /// Packets.
    pub packets: [u64; 2],
    /// First and last packet.
    pub span: (Sighting, Sighting),
}

impl Sctp {
    /// From the first INIT to the first COOKIE ACK, where both were seen.
    pub fn setup_duration(&self) -> Option<Duration> {
        Some(self.course.cookie_ack?.at.since(self.course.init?.at))
    }

    /// Frames of the steps seen; first and last packet where there are none.
    pub fn frames(&self) -> Vec<FrameNumber> {
        let mut frames: Vec<FrameNumber> =
            self.course.steps().map(|(_, seen)| seen.frame).collect();
        if frames.is_empty() {
            frames.extend([self.span.0.frame, self.span.1.frame]);
        }
        frames.sort_unstable();
        frames.dedup();
        frames
    }
}

/// A data channel of an association that keys opened.
#[derive(Debug, Clone)]
pub struct DataChannel {
    /// Its id: the SCTP stream's number.
    pub id: u16,
    /// What its packets show.
    pub channel: Channel,
    /// The DTLS association that it runs in.
    pub dtls: AssociationId,
    /// The peer connection that it belongs to.
    pub peer_connection: Option<PeerConnectionId>,
    /// Which side the `Direction::Forward` sender is.
    pub forward_side: Option<Side>,
    /// Is the association over, aborted or shut down?
    pub is_over: bool,
}

impl DataChannel {
    /// In the words of `RTCDataChannelState` (W3C WebRTC §6.2), as far as it was seen; always inferred.
    pub const fn state(&self) -> &'static str {
        if self.channel.closed.is_some() || self.is_over {
            "closed"
        } else if self.channel.opened.is_some() && self.channel.confirmed.is_none() {
            "connecting"
        } else {
            "open"
        }
    }

    /// How often a lost message is sent again at most; `None`: no such limit, or not known.
    pub const fn max_retransmits(&self) -> Option<u32> {
        match self.channel.reliability {
            Some(Reliability::MaxRetransmits(limit)) => Some(limit),
            _ => None,
        }
    }

    /// For how many milliseconds; `None`: no such limit, or not known.
    pub const fn max_packet_life_time(&self) -> Option<u32> {
        match self.channel.reliability {
            Some(Reliability::MaxPacketLifeTime(limit)) => Some(limit),
            _ => None,
        }
    }

    /// Who opened it.
    pub fn opener(&self) -> Option<Side> {
        let forward = self.forward_side?;
        Some(match self.channel.opened?.direction {
            Direction::Forward => forward,
            Direction::Reverse => forward.opposite(),
        })
    }

    /// What `side` sent: messages and bytes; `None` when the sides are not known.
    pub fn sent_by(&self, side: Side) -> Option<(u64, u64)> {
        let way = usize::from(self.forward_side? != side);
        Some((self.channel.messages[way], self.channel.bytes[way]))
    }
}
