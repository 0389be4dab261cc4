//! Conversations: the flow table.

use crate::vocab::address::FiveTuple;
use crate::vocab::ids::FlowId;
use crate::vocab::time::Timestamp;

/// A protocol recognised inside a conversation, in the report's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowProtocol {
    /// STUN and TURN messages.
    Stun,
    /// TURN ChannelData.
    ChannelData,
    /// DTLS.
    Dtls,
    /// RTP (plain or SRTP).
    Rtp,
    /// Plain RTCP.
    Rtcp,
    /// Encrypted RTCP.
    Srtcp,
    /// QUIC.
    Quic,
    /// ZRTP.
    Zrtp,
    /// HTTP/1.1.
    Http,
    /// HTTP/2.
    Http2,
    /// WebSocket.
    WebSocket,
    /// TLS.
    Tls,
    /// DNS.
    Dns,
    /// Multicast DNS.
    Mdns,
    /// SCTP (over DTLS, once decrypted).
    Sctp,
}

impl FlowProtocol {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stun => "stun",
            Self::ChannelData => "channel-data",
            Self::Dtls => "dtls",
            Self::Rtp => "rtp",
            Self::Rtcp => "rtcp",
            Self::Srtcp => "srtcp",
            Self::Quic => "quic",
            Self::Zrtp => "zrtp",
            Self::Http => "http",
            Self::Http2 => "http2",
            Self::WebSocket => "websocket",
            Self::Tls => "tls",
            Self::Dns => "dns",
            Self::Mdns => "mdns",
            Self::Sctp => "sctp",
        }
    }
}

/// How an inner conversation's datagrams travelled on their TURN leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relayed {
    /// The conversation between client and TURN server that carried it.
    pub outer: FlowId,
    /// Datagrams that came in Send or Data indications.
    pub in_indications: u64,
    /// Datagrams that came in ChannelData.
    pub in_channel_data: u64,
}

/// One conversation: what the report's `flows` and the Flows page show.
#[derive(Debug, Clone)]
pub struct FlowRecord {
    /// Its ends; `a` sent the first frame seen. Inside TURN: relayed address (else the client's) and peer.
    pub tuple: FiveTuple,
    /// Set for a conversation that ran inside TURN.
    pub relayed: Option<Relayed>,
    /// Protocols recognised, in order of first sight.
    pub protocols: Vec<FlowProtocol>,
    /// Packets by direction index.
    pub packets: [u64; 2],
    /// Bytes on the wire by direction index: whole frames; for inner conversations the inner datagrams.
    pub bytes: [u64; 2],
    /// First frame's time.
    pub first_at: Timestamp,
    /// Last frame's time.
    pub last_at: Timestamp,
    /// First frame.
    pub first_frame: crate::vocab::ids::FrameNumber,
    /// ICMP errors that quoted it.
    pub icmp_errors: u64,
    /// Server name from TLS or QUIC, where seen.
    pub server_name: Option<String>,
}
