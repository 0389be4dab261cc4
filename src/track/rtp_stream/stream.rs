//! One RTP stream as the floors above read it: plain figures, and the two questions that need later knowledge.

use std::time::Duration;

use crate::track::rtp_stream::frames::Frames;
use crate::track::rtp_stream::jitter::Jitters;
use crate::track::rtp_stream::key_frames::KeyFrames;
use crate::track::rtp_stream::series::Series;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;

/// The packets of one SSRC from one sender, over all paths they took.
#[derive(Debug, Clone)]
pub struct Stream {
    /// Its synchronization source.
    pub ssrc: Ssrc,
    /// The scope its flow was assigned to: the number of a peer connection. `None`: still its own flow's.
    pub scope: Option<u32>,
    /// Who sends it, within that scope.
    pub sender: Option<Side>,
    /// First packet.
    pub first: Sighting,
    /// Last packet.
    pub last: Sighting,
    /// Flows it came on, in order of first packet.
    pub paths: Vec<Path>,
    /// Packets, those seen twice on one path included; copies on a second path are not.
    pub packets: u64,
    /// RTP header bytes, CSRCs and extensions included: webrtc-stats `headerBytesSent`, without the padding that Chromium adds to it.
    pub header_bytes: u64,
    /// Bytes after the RTP headers: payload, padding, SRTP tags. See [`Stream::payload_bytes`].
    pub rest_bytes: u64,
    /// Packets with the P bit.
    pub padded_packets: u64,
    /// Padding bytes, if the stream is plain; ciphertext otherwise.
    pub padding_bytes: u64,
    /// Packets with the marker bit.
    pub markers: u64,
    /// Payload types and their packets, most used first.
    pub payload_types: Vec<(PayloadType, u64)>,
    /// Highest sequence number, roll-overs in the upper bits, of the last numbering.
    pub extended_highest_sequence: u64,
    /// Sequence numbers never seen between the first and the highest; repeats hide none.
    pub packets_lost: u64,
    /// Packets that came after one with a higher number.
    pub packets_reordered: u64,
    /// Packets whose number had been seen on the same path.
    pub packets_duplicated: u64,
    /// Times that numbering began anew.
    pub sequence_restarts: u64,
    /// Timestamp of the first packet, and of the last.
    pub timestamps: (u32, u32),
    /// The clock the timestamps seem to run on, from a static payload type or from their pace: always inferred.
    pub clock: Option<ClockGuess>,
    /// Interarrival jitter of all packets.
    pub jitter: Jitters,
    /// Frames, by timestamp.
    pub frames: Frames,
    /// Key frames, for each codec that the payloads were read as.
    pub key_frames: Vec<KeyFrames>,
    /// Silences of a second or more, the first [`Stream::GAPS_KEPT`].
    pub gaps: Vec<Gap>,
    /// All such silences.
    pub gap_count: u64,
    /// Header extension ids seen, ascending.
    pub extension_ids: Vec<u8>,
    /// Printable extension values that hardly change: MID and RID are among them.
    pub extension_values: Vec<(u8, String)>,
    /// The stream over time.
    pub series: Series,
}

impl Stream {
    /// Silences kept.
    pub const GAPS_KEPT: usize = 64;

    /// webrtc-stats `bytesSent`: payload without header, padding and SRTP tag.
    pub fn payload_bytes(&self, protection: Protection) -> u64 {
        protection.payload_bytes(self.rest_bytes, self.packets, self.padding_bytes)
    }

    /// The payload type of most packets.
    pub fn payload_type(&self) -> Option<PayloadType> {
        self.payload_types.first().map(|&(kind, _)| kind)
    }

    /// Time from the first packet to the last.
    pub const fn duration(&self) -> Duration {
        self.last.at.since(self.first.at)
    }
}

/// One flow that a stream came on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// The flow.
    pub flow: FlowId,
    /// Which way in that flow.
    pub direction: Direction,
    /// Packets on this path, copies of others' included.
    pub packets: u64,
    /// Of those, packets that had come on another path already.
    pub copies: u64,
    /// First packet.
    pub first: Sighting,
    /// Last packet.
    pub last: Sighting,
}

/// How the packets are protected: what belongs to the payload depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Plain RTP: padding is known and left out.
    Plain,
    /// SRTP: each packet ends in a tag; padding is encrypted and can't be told from payload.
    Srtp {
        /// Length of the authentication tag, bytes.
        tag_length: u8,
    },
}

impl Protection {
    /// Payload among `rest` bytes after the headers of `packets` packets.
    pub fn payload_bytes(self, rest: u64, packets: u64, padding: u64) -> u64 {
        match self {
            Self::Plain => rest.saturating_sub(padding),
            Self::Srtp { tag_length } => rest.saturating_sub(packets * u64::from(tag_length)),
        }
    }
}

/// The clock of a stream that signaling does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockGuess {
    /// Ticks per second.
    pub rate: u32,
    /// Always [`Basis::Inferred`].
    pub basis: Basis,
}

/// A silence within a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Last packet before it.
    pub before: Sighting,
    /// First packet after it.
    pub after: Sighting,
    /// Sequence numbers skipped over it; none means that the sender was silent (a mute), not that packets were lost.
    pub skipped: u64,
}

impl Gap {
    /// How long it lasted.
    pub const fn duration(&self) -> Duration {
        self.after.at.since(self.before.at)
    }

    /// Did numbering go on as if nothing had been?
    pub const fn is_continuous(&self) -> bool {
        self.skipped == 0
    }
}
