//! `flows`: conversations between two transport addresses.

use serde::Serialize;

use crate::crypt::quic::facts::Facts as QuicFacts;
use crate::crypt::tls::facts::Facts;
use crate::crypt::tls::session::Peer;
use crate::flow::table::FlowRecord;
use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::vocab::encapsulation::Tunnel;
use crate::vocab::ids::FlowId;

/// A conversation.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Flow<'a> {
    /// `flow-1`, in order of the first frame.
    pub id: String,
    /// `udp` or `tcp`.
    pub transport: &'static str,
    /// The end that sent the first frame; IPv6 as `[address]:port`.
    pub a: String,
    /// The other end.
    pub b: String,
    /// Protocols recognised, in order of first sight.
    pub protocols: Vec<&'static str>,
    /// Tunnels around its packets, outermost first: `gre`, `vxlan`. Absent where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub encapsulation: Vec<&'static str>,
    /// The conversation with a TURN server that this one ran inside.
    pub via: Option<String>,
    /// Packets from a.
    pub packets_a_to_b: u64,
    /// Packets from b.
    pub packets_b_to_a: u64,
    /// Bytes from a: whole frames; inside TURN, the inner datagrams.
    pub bytes_a_to_b: u64,
    /// Bytes from b.
    pub bytes_b_to_a: u64,
    /// Bytes of the largest packet from a to b.
    pub largest_packet_a_to_b: u16,
    /// Of the largest from b to a.
    pub largest_packet_b_to_a: u16,
    /// First packet.
    pub first_time_seconds: f64,
    /// Last packet.
    pub last_time_seconds: f64,
    /// The peer connection that it serves.
    pub peer_connection: Option<String>,
    /// ICMP errors that quoted it.
    pub icmp_errors: u64,
    /// Server name from TLS or QUIC.
    pub server_name: Option<&'a str>,
    /// The TLS connection in it, or QUIC's TLS handshake; of several, the last. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls<'a>>,
    /// The QUIC connection in it besides its TLS handshake; of several, the last. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quic: Option<Quic<'a>>,
    /// Its first frame.
    pub frames: Vec<FrameRef>,
}

/// A TLS connection.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tls<'a> {
    /// Version chosen: `TLS 1.3`.
    pub version: Option<String>,
    /// Cipher suite chosen, by its IANA name.
    pub cipher_suite: Option<String>,
    /// Application protocols that the client offered.
    pub alpn_offered: &'a [String],
    /// The one chosen; behind keys in TLS 1.3.
    pub alpn: Option<&'a str>,
    /// Subject of the server's certificate; behind keys in TLS 1.3.
    pub certificate: Option<&'a str>,
    /// Does it continue an earlier session?
    pub resumed: bool,
    /// `pending`, `no-secrets`, `handshake-missing`, `unsupported`, `secrets-do-not-fit` or `opened`.
    pub decryption: &'static str,
    /// Encrypted records, or QUIC packets, that were opened, both ways.
    pub opened_records: u64,
    /// Encrypted records, or QUIC packets, that were not.
    pub sealed_records: u64,
}

/// A QUIC connection.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Quic<'a> {
    /// Version of its packets: `1`, `2`, `draft 29`.
    pub version: Option<String>,
    /// Did the server answer a first attempt with other versions?
    pub negotiated: bool,
    /// Did the server have the client prove its address?
    pub retried: bool,
    /// Other conversations that it moved to.
    pub migrations: u32,
    /// Who closed it: `client` or `server`; behind keys, like the two below.
    pub closed_by: Option<&'static str>,
    /// The error's name.
    pub error: Option<&'a str>,
    /// What the closing side said of it.
    pub reason: Option<&'a str>,
}

impl<'a> Quic<'a> {
    fn new(facts: &'a QuicFacts) -> Self {
        let closed = facts.closed.as_ref();
        Self {
            version: facts.version.map(|version| version.to_string()),
            negotiated: facts.negotiated,
            retried: facts.retried,
            migrations: facts.migrations,
            closed_by: closed.map(|(from, _)| match from {
                Peer::Client => "client",
                Peer::Server => "server",
            }),
            error: closed.map(|(_, closed)| closed.error.as_str()),
            reason: closed
                .map(|(_, closed)| closed.reason.as_str())
                .filter(|reason| !reason.is_empty()),
        }
    }
}

impl<'a> Tls<'a> {
    fn new(facts: &'a Facts) -> Self {
        Self {
            version: facts.version.map(|version| version.to_string()),
            cipher_suite: facts.cipher_suite.map(|suite| {
                let unknown = || format!("{:#06x}", suite.code());
                suite.name().map_or_else(unknown, str::to_owned)
            }),
            alpn_offered: &facts.alpn_offered,
            alpn: facts.alpn.as_deref(),
            certificate: facts
                .certificate
                .as_ref()
                .map(|certificate| certificate.subject.as_str()),
            resumed: facts.resumed,
            decryption: facts.opening.word(),
            opened_records: facts.opened_records.iter().sum(),
            sealed_records: facts.sealed_records.iter().sum(),
        }
    }
}

impl<'a> Flow<'a> {
    /// All conversations.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let flows = context.analysis.scene.flows.iter().zip(0..);
        flows
            .map(|(flow, index)| Self::new(context, FlowId(index), flow))
            .collect()
    }

    fn new(context: Context<'a>, id: FlowId, flow: &'a FlowRecord) -> Self {
        let owner = context.analysis.scene.flow_owner.get(id.index());
        let [packets_a_to_b, packets_b_to_a] = flow.packets;
        let [bytes_a_to_b, bytes_b_to_a] = flow.bytes;
        let [largest_packet_a_to_b, largest_packet_b_to_a] = flow.largest;
        Self {
            id: id.id(),
            transport: flow.tuple.transport.word(),
            a: flow.tuple.a.to_string(),
            b: flow.tuple.b.to_string(),
            protocols: flow
                .protocols
                .iter()
                .map(|protocol| protocol.word())
                .collect(),
            encapsulation: flow.encapsulation.tunnels().map(Tunnel::word).collect(),
            via: flow.relayed.map(|relayed| relayed.outer.id()),
            packets_a_to_b,
            packets_b_to_a,
            bytes_a_to_b,
            bytes_b_to_a,
            largest_packet_a_to_b,
            largest_packet_b_to_a,
            first_time_seconds: context.seconds(flow.first_at),
            last_time_seconds: context.seconds(flow.last_at),
            peer_connection: owner.copied().flatten().map(Id::id),
            icmp_errors: flow.icmp_errors,
            server_name: flow.server_name.as_deref(),
            tls: flow.tls.as_deref().map(Tls::new),
            quic: flow.quic.as_deref().map(Quic::new),
            frames: context.frames(&[flow.first_frame]),
        }
    }
}
