//! Streams and DTLS associations as part of a peer connection.

use crate::session::model::data::Sctp;
use crate::session::model::feedback::Feedback;
use crate::track::dtls::Association;
use crate::track::rtp_stream::Stream;
use crate::track::rtp_stream::frames::Freezes;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;

/// Audio, video, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    /// `m=audio`.
    Audio,
    /// `m=video`.
    Video,
}

impl MediaKind {
    /// `audio` or `video`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

/// One RTP stream (one SSRC of one sender) with what signaling says of it.
#[derive(Debug, Clone)]
pub struct MediaStream {
    /// What the packets show.
    pub stats: Stream,
    /// The peer connection it belongs to.
    pub peer_connection: Option<PeerConnectionId>,
    /// Who sends it, within that peer connection.
    pub from: Option<Side>,
    /// Audio or video.
    pub kind: Option<MediaKind>,
    /// MID of its m-section.
    pub mid: Option<String>,
    /// RID of its simulcast layer.
    pub rid: Option<String>,
    /// Encoding name, `VP8`; for RTX streams `rtx`.
    pub codec: Option<String>,
    /// Payload type of that codec: the one in the packets, but for media wrapped in RED.
    pub codec_payload_type: Option<PayloadType>,
    /// `red` when the packets wrap the codec's payload (RFC 2198): encrypted, so the codec inside is inferred from the description.
    pub wrapping: Option<String>,
    /// How the codec is known: signaling declared it, or it was inferred (wrapped in RED, or a payload type that RFC 3551 assigns).
    pub codec_basis: Option<Basis>,
    /// RTP clock rate, Hz.
    pub clock_rate: Option<u32>,
    /// Whether signaling declared the clock rate or it was inferred from the timestamps.
    pub clock_rate_basis: Option<Basis>,
    /// SSRC of the RTX stream that repairs this one (RFC 4588).
    pub rtx_ssrc: Option<Ssrc>,
    /// Packets of this SSRC and of its RTX stream, when that was seen: what browsers count as packetsSent and packetsReceived
    /// (Chromium sends bandwidth probes on the RTX stream, so this is more than `packets` even without loss).
    pub packets_with_rtx: Option<u64>,
    /// SSRC that this RTX or FEC stream repairs.
    pub repairs: Option<Ssrc>,
    /// SRTP (true), plain RTP (false), or not known.
    pub encrypted: Option<bool>,
    /// Authentication tag length taken off each packet, bytes, and how it is known.
    pub tag_length: Option<(u8, Basis)>,
    /// Payload bytes as webrtc-stats counts bytesSent: no header, no SRTP tag; `None` while an SRTP tag of unknown length is in them.
    pub payload_bytes: Option<u64>,
    /// Media track identifier (`a=msid`), when declared.
    pub msid: Option<String>,
    /// What readable RTCP says of it.
    pub feedback: Feedback,
    /// Its key frames, where its payload could be read.
    pub key_frames: Option<KeyFrameCount>,
}

/// Key frames of a stream, as its payload says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeyFrameCount {
    /// webrtc-stats `keyFramesSent`, as far as they came this far.
    pub count: u64,
    /// Frames that could be told; others lost the packet that says it, or came before keys and descriptions.
    pub judged: u64,
    /// Where key frames began: the first ones.
    pub starts: Vec<Sighting>,
}

impl MediaStream {
    /// The clock that timestamps of the packets advance by; none for retransmissions, whose timestamps are those of what they repeat.
    pub const fn media_clock(&self) -> Option<u32> {
        match self.repairs {
            None => self.clock_rate,
            Some(_) => None,
        }
    }

    /// Interarrival jitter (RFC 3550), seconds.
    pub fn jitter_seconds(&self) -> Option<f64> {
        self.media_clock()
            .and_then(|rate| self.stats.jitter.at(rate))
    }

    /// Jitter as its receiver reported it last, and the largest, seconds.
    pub fn reported_jitter_seconds(&self) -> Option<(f64, f64)> {
        let received = self.feedback.received?;
        let rate = f64::from(self.clock_rate?);
        let seconds = |ticks: u32| f64::from(ticks) / rate;
        Some((
            seconds(received.jitter_ticks),
            seconds(received.jitter_ticks_max),
        ))
    }

    /// The same between the first packets of frames, seconds.
    pub fn frame_jitter_seconds(&self) -> Option<f64> {
        self.media_clock()
            .and_then(|rate| self.stats.frames.jitter.at(rate))
    }

    /// Frames per second; none for retransmissions.
    pub fn frames_per_second(&self) -> Option<f64> {
        self.stats
            .frames
            .per_second
            .filter(|_| self.repairs.is_none())
    }

    /// Freezes that a viewer would have seen; `None` for what nobody looks at: audio, or what may be audio, and retransmissions.
    pub fn freezes(&self) -> Option<&Freezes> {
        let video = match self.kind {
            Some(kind) => kind == MediaKind::Video,
            // The rate of all payload formats of video.
            None => self.clock_rate == Some(90_000),
        };
        (video && self.repairs.is_none()).then_some(&self.stats.frames.freezes)
    }

    /// Seconds that a rate may be told of: from the first packet to the last, when that is a second or more. A few packets in a few
    /// milliseconds would make a rate that nothing ever had.
    pub fn rate_seconds(&self) -> Option<f64> {
        Some(self.stats.duration().as_secs_f64()).filter(|&seconds| seconds >= 1.0)
    }

    /// Payload bits per second over [`MediaStream::rate_seconds`].
    pub fn bits_per_second(&self) -> Option<f64> {
        Some(self.payload_bytes? as f64 * 8.0 / self.rate_seconds()?)
    }

    /// The same in whole bits, as the report tells it.
    pub fn bitrate_bps(&self) -> Option<u64> {
        self.bits_per_second().map(|bits| bits.round() as u64)
    }
}

/// A DTLS association with its place in a peer connection.
#[derive(Debug, Clone)]
pub struct DtlsTransport {
    /// What the packets show.
    pub association: Association,
    /// The peer connection it belongs to.
    pub peer_connection: Option<PeerConnectionId>,
    /// Which side the `Direction::Forward` sender of its flow is.
    pub forward_side: Option<Side>,
    /// SCTP inside it, where keys opened it and there was any.
    pub sctp: Option<Sctp>,
    /// Certificate by certificate: does its hash stand in that side's description?
    pub matches_sdp: Vec<Option<bool>>,
    /// Frames of descriptions and certificates that the comparison used.
    pub match_frames: Vec<FrameNumber>,
}

impl DtlsTransport {
    /// The side that sends in `direction`, when the ends of the association are known.
    pub fn side_of(&self, direction: Direction) -> Option<Side> {
        let forward = self.forward_side?;
        Some(match direction {
            Direction::Forward => forward,
            Direction::Reverse => forward.opposite(),
        })
    }
}
