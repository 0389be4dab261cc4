//! `capture`: the files, what lowers trust in them, and counts by protocol.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::rfc3339;
use crate::report::json::context::seconds;
use crate::vocab::capture as model;
use crate::vocab::claim::Basis;

/// The capture as a whole.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Capture<'a> {
    /// Its files, in the order given.
    pub files: Vec<File<'a>>,
    /// When the first packet was captured; null when there is none.
    pub start_at: Option<String>,
    /// When the last packet was captured.
    pub end_at: Option<String>,
    /// From the first packet to the last.
    pub duration_seconds: Option<f64>,
    /// Packets in all files.
    pub packets: u64,
    /// Bytes on the wire (original lengths).
    pub bytes: u64,
    /// Usable key-log lines, from key logs and from the files.
    pub secrets: Secrets,
    /// Where the capture was taken.
    pub vantage: Vantage,
    /// What lowers trust in conclusions.
    pub quality: Quality,
    /// Counts by protocol.
    pub protocols: Protocols<'a>,
    /// Malformed input, by name.
    pub faults: Vec<FaultRow>,
    /// Names learned for addresses (DNS, mDNS, HTTP Host, pcapng name records).
    pub names: Vec<Name<'a>>,
}

/// One capture file, pipe, or the built-in sample.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct File<'a> {
    /// Path as given, or a name.
    pub path: &'a str,
    /// `pcap` or `pcapng`.
    pub format: &'a str,
    /// Bytes as stored.
    pub bytes: u64,
    /// Packets read.
    pub packets: u64,
    /// Link types, by registry name.
    pub link_types: &'a [String],
    /// Interface names.
    pub interfaces: &'a [String],
    /// The program that wrote it.
    pub application: Option<&'a str>,
}

/// Usable key-log lines.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Secrets {
    /// For TLS handshakes in the capture.
    pub tls: u64,
    /// For DTLS handshakes in the capture.
    pub dtls: u64,
}

/// Where the capture was taken.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Vantage {
    /// Addresses of the capturing host; empty when it can't be told.
    pub local: Vec<String>,
    /// How they are known.
    pub basis: &'static str,
}

/// What lowers trust in conclusions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    /// Packets cut by the snap length.
    pub truncated_packets: u64,
    /// Packets that the capturing side dropped, by its own count.
    pub dropped_packets: u64,
    /// Packets recognised as copies of others.
    pub duplicate_packets: u64,
    /// Packets stamped earlier than the packet before.
    pub time_steps_back: u64,
    /// The largest of those steps.
    pub largest_step_back_seconds: f64,
    /// From burst to burst, where packets were stamped in bursts and not when they passed: what is shorter is not known (inferred).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst_interval_seconds: Option<f64>,
    /// Only one direction of the calls' conversations was captured.
    pub one_direction: bool,
    /// Calls were already up when the capture began.
    pub starts_mid_call: bool,
    /// The file ended inside a record.
    pub cut_short: bool,
    /// Calls that made room for later ones, where that happened: only captures without an end forget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evicted_calls: Option<u64>,
    /// Conversations that did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evicted_flows: Option<u64>,
}

/// Counts by protocol.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Protocols<'a> {
    /// STUN and TURN messages, wherever carried.
    pub stun: StunCounts<'a>,
    /// Data relayed by TURN.
    pub turn: TurnCounts,
    /// DTLS.
    pub dtls: DtlsCounts,
    /// RTP packets of confirmed streams.
    pub rtp: RtpCounts,
    /// Plain RTCP.
    pub rtcp: Packets,
    /// Encrypted RTCP.
    pub srtcp: Packets,
    /// HTTP.
    pub http: HttpCounts,
    /// WebSocket.
    pub websocket: WebSocketCounts,
    /// TLS.
    pub tls: TlsCounts,
    /// QUIC.
    pub quic: TlsCounts,
    /// SCTP.
    pub sctp: Packets,
    /// DNS and mDNS.
    pub dns: Messages,
    /// ICMP.
    pub icmp: Messages,
    /// Packets of no protocol known here.
    pub other: Packets,
}

/// STUN and TURN messages.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StunCounts<'a> {
    /// Messages in all.
    pub messages: u64,
    /// By method and class: `binding-request`.
    pub types: &'a BTreeMap<String, u64>,
    /// Requests repeated with the same transaction id.
    pub retransmissions: u64,
    /// Distinct requests never answered.
    pub unanswered: u64,
}

/// Data relayed by TURN.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TurnCounts {
    /// `ChannelData` messages.
    pub channel_data: u64,
    /// Send indications.
    pub send_indications: u64,
    /// Data indications.
    pub data_indications: u64,
}

/// DTLS.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DtlsCounts {
    /// Records.
    pub records: u64,
    /// Handshakes completed.
    pub handshakes: u64,
}

/// RTP.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RtpCounts {
    /// Packets.
    pub packets: u64,
    /// Streams.
    pub streams: u64,
}

/// HTTP.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HttpCounts {
    /// Requests with their responses.
    pub exchanges: u64,
}

/// WebSocket.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebSocketCounts {
    /// Connections.
    pub connections: u64,
    /// Messages.
    pub messages: u64,
}

/// TLS.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TlsCounts {
    /// Connections.
    pub connections: u64,
    /// Connections that keys opened.
    pub decrypted: u64,
}

/// A count of packets.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Packets {
    /// Packets.
    pub packets: u64,
}

/// A count of messages.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Messages {
    /// Messages.
    pub messages: u64,
}

/// A broken rule: how often, and where first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FaultRow {
    /// Stable name: `dtls-record-truncated`.
    pub name: &'static str,
    /// Layer whose rule was broken.
    pub layer: &'static str,
    /// Occurrences.
    pub count: u64,
    /// Its first frames.
    pub frames: Vec<FrameRef>,
}

/// A name for an address.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Name<'a> {
    /// The address.
    pub address: String,
    /// Its name.
    pub name: &'a str,
}

impl<'a> Capture<'a> {
    /// The capture of an analysis.
    pub fn new(context: Context<'a>) -> Self {
        let capture = &context.analysis.capture;
        let scene = &context.analysis.scene;
        let faults = capture.faults.rows().map(|(layer, name, row)| FaultRow {
            name,
            layer: layer.word(),
            count: row.count,
            frames: context.frames(&row.frames),
        });
        let names = scene.names.iter().map(|(address, name)| Name {
            address: address.to_string(),
            name,
        });
        Self {
            files: capture.files.iter().map(File::new).collect(),
            start_at: capture.start.and_then(rfc3339),
            end_at: capture.end.and_then(rfc3339),
            duration_seconds: capture
                .start
                .zip(capture.end)
                .map(|(start, end)| seconds(end.since(start))),
            packets: capture.packets,
            bytes: capture.bytes,
            secrets: Secrets {
                tls: capture.secrets.0,
                dtls: capture.secrets.1,
            },
            vantage: Vantage {
                local: scene.local.iter().map(ToString::to_string).collect(),
                basis: Basis::Inferred.word(),
            },
            quality: Quality::new(&capture.quality),
            protocols: Protocols::new(&capture.protocols),
            faults: faults.collect(),
            names: names.collect(),
        }
    }
}

impl<'a> File<'a> {
    fn new(file: &'a model::CaptureFile) -> Self {
        Self {
            path: &file.path,
            format: &file.format,
            bytes: file.bytes,
            packets: file.packets,
            link_types: &file.link_types,
            interfaces: &file.interfaces,
            application: file.application.as_deref(),
        }
    }
}

/// Said only where there is something to say.
const fn told(count: u64) -> Option<u64> {
    if count == 0 { None } else { Some(count) }
}

impl Quality {
    const fn new(quality: &model::Quality) -> Self {
        Self {
            truncated_packets: quality.truncated_packets,
            dropped_packets: quality.dropped_packets,
            duplicate_packets: quality.duplicate_packets,
            time_steps_back: quality.time_steps_back,
            largest_step_back_seconds: quality.largest_step_back.as_secs_f64(),
            burst_interval_seconds: match quality.burst_interval {
                Some(interval) => Some(interval.as_secs_f64()),
                None => None,
            },
            one_direction: quality.one_direction,
            starts_mid_call: quality.starts_mid_call,
            cut_short: quality.cut_short,
            evicted_calls: told(quality.evicted_calls),
            evicted_flows: told(quality.evicted_flows),
        }
    }
}

impl<'a> Protocols<'a> {
    fn new(counts: &'a model::ProtocolCounts) -> Self {
        Self {
            stun: StunCounts {
                messages: counts.stun_types.values().sum(),
                types: &counts.stun_types,
                retransmissions: counts.stun_retransmissions,
                unanswered: counts.stun_unanswered,
            },
            turn: TurnCounts {
                channel_data: counts.channel_data,
                send_indications: counts.send_indications,
                data_indications: counts.data_indications,
            },
            dtls: DtlsCounts {
                records: counts.dtls_records,
                handshakes: counts.dtls_handshakes,
            },
            rtp: RtpCounts {
                packets: counts.rtp_packets,
                streams: counts.rtp_streams,
            },
            rtcp: Packets {
                packets: counts.rtcp_packets,
            },
            srtcp: Packets {
                packets: counts.srtcp_packets,
            },
            http: HttpCounts {
                exchanges: counts.http_exchanges,
            },
            websocket: WebSocketCounts {
                connections: counts.websocket_connections,
                messages: counts.websocket_messages,
            },
            tls: TlsCounts {
                connections: counts.tls_connections,
                decrypted: counts.tls_decrypted,
            },
            quic: TlsCounts {
                connections: counts.quic_connections,
                decrypted: counts.quic_decrypted,
            },
            sctp: Packets {
                packets: counts.sctp_packets,
            },
            dns: Messages {
                messages: counts.dns_messages,
            },
            icmp: Messages {
                messages: counts.icmp_messages,
            },
            other: Packets {
                packets: counts.other_packets,
            },
        }
    }
}
