//! Data channels as part of a peer connection.

use crate::track::sctp::Channel;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::PeerConnectionId;
use crate::wire::dcep::Reliability;

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
    /// Was the association aborted?
    pub aborted: bool,
}

impl DataChannel {
    /// In the words of `RTCDataChannelState` (W3C WebRTC §6.2), as far as it was seen; always inferred.
    pub const fn state(&self) -> &'static str {
        if self.channel.closed.is_some() || self.aborted {
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
