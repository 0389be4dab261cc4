//! Facts about the capture as a whole, as diagnosis, reports and screens need them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::vocab::fault::FaultLog;
use crate::vocab::time::Timestamp;

/// One capture file (or pipe), as far as it was read.
#[derive(Debug, Clone, Default)]
pub struct CaptureFile {
    /// Path, or a name for pipes and the built-in sample.
    pub path: String,
    /// `pcap` or `pcapng`.
    pub format: String,
    /// Bytes of the file as stored.
    pub bytes: u64,
    /// Packets read.
    pub packets: u64,
    /// Link types, by registry name.
    pub link_types: Vec<String>,
    /// Interface names.
    pub interfaces: Vec<String>,
    /// The program that wrote it.
    pub application: Option<String>,
}

/// What lowers trust in conclusions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quality {
    /// Packets cut by the snap length.
    pub truncated_packets: u64,
    /// Packets that the capturing kernel or interface dropped, by its own count.
    pub dropped_packets: u64,
    /// Packets recognised as copies of others.
    pub duplicate_packets: u64,
    /// Frames whose time is earlier than the frame before.
    pub time_steps_back: u64,
    /// The largest of those steps. Frames of two processors come a microsecond out of order; only larger steps blur times.
    pub largest_step_back: Duration,
    /// Packets were stamped in bursts, so far apart, and not when they passed: what is shorter is not known (inferred).
    pub burst_interval: Option<Duration>,
    /// Only one direction of the calls' conversations was captured.
    pub one_direction: bool,
    /// Calls were already up when the capture began.
    pub starts_mid_call: bool,
    /// The file ended inside a record.
    pub cut_short: bool,
    /// Calls that made room for later ones, in a capture without an end.
    pub evicted_calls: u64,
    /// Conversations that did.
    pub evicted_flows: u64,
}

impl Quality {
    /// Did the clock step back so far that times around there are unsure?
    pub fn clock_is_unsure(&self) -> bool {
        self.largest_step_back >= Self::STEP_THAT_BLURS
    }

    /// Round trips on one network segment are of this order: smaller steps hide in them.
    const STEP_THAT_BLURS: Duration = Duration::from_micros(100);
}

/// Counts by protocol (the report's `capture.protocols`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProtocolCounts {
    /// STUN messages by type word (`binding-request`), wherever carried.
    pub stun_types: BTreeMap<String, u64>,
    /// STUN requests repeated with the same transaction id.
    pub stun_retransmissions: u64,
    /// STUN requests (distinct) never answered.
    pub stun_unanswered: u64,
    /// ChannelData messages.
    pub channel_data: u64,
    /// Send indications.
    pub send_indications: u64,
    /// Data indications.
    pub data_indications: u64,
    /// DTLS records.
    pub dtls_records: u64,
    /// DTLS handshakes completed.
    pub dtls_handshakes: u64,
    /// RTP packets of confirmed streams.
    pub rtp_packets: u64,
    /// Confirmed streams.
    pub rtp_streams: u64,
    /// Plain RTCP packets (datagrams).
    pub rtcp_packets: u64,
    /// Encrypted RTCP packets (datagrams).
    pub srtcp_packets: u64,
    /// HTTP exchanges.
    pub http_exchanges: u64,
    /// WebSocket connections.
    pub websocket_connections: u64,
    /// WebSocket messages.
    pub websocket_messages: u64,
    /// TLS connections.
    pub tls_connections: u64,
    /// TLS connections that keys opened.
    pub tls_decrypted: u64,
    /// QUIC connections.
    pub quic_connections: u64,
    /// Those of them that keys opened.
    pub quic_decrypted: u64,
    /// SCTP packets.
    pub sctp_packets: u64,
    /// DNS and mDNS messages.
    pub dns_messages: u64,
    /// ICMP messages.
    pub icmp_messages: u64,
    /// UDP and TCP packets in no protocol known here, and other IP packets.
    pub other_packets: u64,
}

/// The capture as a whole.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    /// Its files.
    pub files: Vec<CaptureFile>,
    /// First frame's time; `None` when there is no frame.
    pub start: Option<Timestamp>,
    /// Last frame's time.
    pub end: Option<Timestamp>,
    /// Packets in all files.
    pub packets: u64,
    /// Bytes on the wire (original lengths).
    pub bytes: u64,
    /// Usable key-log lines: TLS, DTLS.
    pub secrets: (u64, u64),
    /// What lowers trust.
    pub quality: Quality,
    /// Counts by protocol.
    pub protocols: ProtocolCounts,
    /// Malformed input by name.
    pub faults: FaultLog,
}

/// Were so many of `packets` cut by the snap length that it casts doubt on every call? Fewer are told, and that is all.
pub const fn is_much_cut(truncated: u64, packets: u64) -> bool {
    truncated > 0 && truncated * CUT_SHARE >= packets
}

/// One packet cut of so many, or more.
const CUT_SHARE: u64 = 100;
