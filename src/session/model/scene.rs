//! Everything joined: flat lists that refer to each other by id, in order of first frame.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::flow::exchange::Exchange;
use crate::flow::table::FlowRecord;
use crate::session::model::data::DataChannel;
use crate::session::model::media::DtlsTransport;
use crate::session::model::media::MediaStream;
use crate::session::model::nat::NatMapping;
use crate::session::model::peer_connection::Endpoint;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::ice::ServerQuery;
use crate::track::rtcp::RtcpFlow;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::turn::Allocation;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;
use crate::vocab::time::Timestamp;

/// What the capture shows, joined. Screens, reports and rules read this and compute nothing that is not here.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// First frame's time: the zero of `timeSeconds`.
    pub start: Timestamp,
    /// Last frame's time.
    pub end: Timestamp,
    /// The capture's own addresses, inferred; empty when it can't be told.
    pub local: Vec<IpAddr>,
    /// Names learned for addresses (DNS, mDNS, HTTP Host, pcapng name records), address first.
    pub names: Vec<(IpAddr, String)>,
    /// Names that the user gave to addresses: they go before all others.
    pub given_names: BTreeMap<IpAddr, String>,
    /// Conversations; position = `FlowId`.
    pub flows: Vec<FlowRecord>,
    /// HTTP exchanges; position = `ExchangeId`.
    pub http: Vec<Exchange>,
    /// Signaling dialogues; position = `DialogueId`.
    pub dialogues: Vec<Dialogue>,
    /// Peer connections; position = `PeerConnectionId`.
    pub peer_connections: Vec<PeerConnection>,
    /// DTLS associations; position = `AssociationId`.
    pub dtls: Vec<DtlsTransport>,
    /// Media streams; position = `StreamId`.
    pub streams: Vec<MediaStream>,
    /// TURN allocations; position = `AllocationId`.
    pub turn: Vec<Allocation>,
    /// Which peer connection each allocation served, where one did.
    pub turn_owner: Vec<Option<PeerConnectionId>>,
    /// Binding requests to STUN servers.
    pub server_queries: Vec<ServerQuery>,
    /// How NATs map the sockets seen, where that shows.
    pub nat: Vec<NatMapping>,
    /// RTCP facts per flow.
    pub rtcp: Vec<RtcpFlow>,
    /// Data channels of associations that keys opened, in order of first sight.
    pub data_channels: Vec<DataChannel>,
    /// Per flow, the peer connection it belongs to; same length as `flows`.
    pub flow_owner: Vec<Option<PeerConnectionId>>,
}

impl Scene {
    /// Seconds from the start of the capture.
    pub fn seconds(&self, at: Timestamp) -> f64 {
        at.seconds_from(self.start)
    }

    /// A peer connection's streams with their ids.
    pub fn streams_of(
        &self,
        pc: &PeerConnection,
    ) -> impl Iterator<Item = (StreamId, &MediaStream)> {
        pc.streams
            .iter()
            .filter_map(|&id| self.streams.get(id.index()).map(|stream| (id, stream)))
    }

    /// Client and server of an association that carries TURN (RFC 8656 §3.1): it is no call's, offers no SRTP, and says so by its application
    /// protocol (RFC 7443) or its server's port. What is inside stays closed.
    pub fn turn_inside(
        &self,
        transport: &DtlsTransport,
    ) -> Option<(TransportAddress, TransportAddress)> {
        let association = &transport.association;
        let client = association.client?;
        let tuple = self.flows.get(association.flow.index())?.tuple;
        let server = tuple.destination(client);
        let mut named = association.hello.alpn_offered.iter();
        let turns = named.any(|protocol| protocol.starts_with("stun."))
            || [STUN_PORT, STUNS_PORT].contains(&server.port);
        let own = transport.peer_connection.is_none()
            && association.srtp_profiles_offered.is_empty()
            && !association.hello_frames.frames().is_empty();
        (turns && own).then(|| (tuple.source(client), server))
    }

    /// The best name known for an address.
    pub fn name_of(&self, ip: IpAddr) -> Option<&str> {
        let learned = || {
            let mut names = self.names.iter();
            names.find(|(known, _)| *known == ip).map(|(_, name)| name)
        };
        let given = self.given_names.get(&ip);
        given.or_else(learned).map(String::as_str)
    }

    /// The name that the user gave to one of an endpoint's addresses.
    pub fn given_name(&self, end: &Endpoint) -> Option<&str> {
        let mut addresses = end.addresses.iter();
        addresses
            .find_map(|ip| self.given_names.get(ip))
            .map(String::as_str)
    }
}

/// Where STUN and TURN listen by default, without and with TLS or DTLS (RFC 8489 §14.1, RFC 8656 §4).
pub const STUN_PORT: u16 = 3478;
/// See [`STUN_PORT`].
pub const STUNS_PORT: u16 = 5349;
