//! Rows for sketches: a pair, an association, a stream of which nothing is told yet.

use std::net::IpAddr;

use crate::diagnosis::sketch::at;
use crate::diagnosis::sketch::frame;
use crate::diagnosis::sketch::sighting;
use crate::sdp::candidate::CandidateType;
use crate::session::model::feedback::Feedback;
use crate::session::model::ice::Candidate;
use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::Ice;
use crate::session::model::ice::Integrity;
use crate::session::model::ice::PairPath;
use crate::session::model::ice::PairState;
use crate::session::model::media::DtlsTransport;
use crate::session::model::media::MediaKind;
use crate::session::model::media::MediaStream;
use crate::session::model::peer_connection::ConnectionState;
use crate::session::model::peer_connection::Endpoint;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::peer_connection::Setup;
use crate::track::dtls::Association;
use crate::track::dtls::association::State;
use crate::track::dtls::facts::HelloFacts;
use crate::track::dtls::facts::Traffic;
use crate::track::rtp_stream::Stream;
use crate::track::rtp_stream::frames::Frames;
use crate::track::rtp_stream::jitter::Jitters;
use crate::track::rtp_stream::series::Series;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::address::TransportAddress;
use crate::vocab::claim::Basis;
use crate::vocab::claim::Claim;
use crate::vocab::claim::Evidence;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::Ssrc;

pub(super) fn address(ip: &str, port: u16) -> TransportAddress {
    let ip: IpAddr = ip.parse().expect("an address written here");
    TransportAddress::new(ip, port)
}

pub(super) fn near() -> TransportAddress {
    address("192.0.2.1", 50_000)
}

pub(super) fn far() -> TransportAddress {
    address("198.51.100.1", 10_000)
}

fn endpoint(name: &str, address: TransportAddress) -> Endpoint {
    Endpoint {
        name: Some(name.to_owned()),
        addresses: vec![address.ip],
        ..Endpoint::default()
    }
}

pub(super) fn connection() -> PeerConnection {
    PeerConnection {
        dialogue: None,
        handle: None,
        label: "alice → bob".to_owned(),
        a: endpoint("alice", near()),
        b: endpoint("bob", far()),
        state: ConnectionState::Unknown,
        state_history: Vec::new(),
        first_at: at(0.0),
        last_at: at(0.0),
        setup: Setup::default(),
        descriptions: Vec::new(),
        negotiations: Vec::new(),
        ice: Ice::default(),
        flows: vec![(FlowId(0), Side::A)],
        dtls: Vec::new(),
        streams: Vec::new(),
        data_channels: Vec::new(),
        turn: Vec::new(),
        closed_by_signaling: None,
    }
}

pub(super) fn candidate(side: Side, address: TransportAddress) -> Candidate {
    Candidate {
        side,
        generation: 0,
        kind: CandidateType::Host,
        protocol: "udp".to_owned(),
        address: address.ip.to_string(),
        port: address.port,
        component: 1,
        related: None,
        priority: None,
        foundation: None,
        mdns: None,
        tcp_type: None,
        relay_protocol: None,
        mid: None,
        basis: Basis::Declared,
        observed: false,
        at: at(0.1),
        frames: vec![frame(0.1)],
    }
}

pub(super) fn pair() -> CandidatePair {
    CandidatePair {
        a: 0,
        b: 1,
        generation: 0,
        flow: Some(FlowId(0)),
        path: PairPath::Direct,
        wire: Some((near(), far())),
        state: PairState::Failed,
        nominated: false,
        selected: false,
        requests_sent: 0,
        responses_received: 0,
        requests_received: 0,
        responses_sent: 0,
        retransmissions: 0,
        round_trip: None,
        first_at: None,
        last_at: None,
        nominated_at: None,
        nominated_frames: Vec::new(),
        last_answered_at: None,
        integrity: Integrity::Unknown,
        errors: Vec::new(),
        icmp_errors: 0,
        icmp_frames: Vec::new(),
        outages: Vec::new(),
        indications: 0,
        frames: Vec::new(),
        checks: Vec::new(),
    }
}

pub(super) fn transport(begun: f64, state: State) -> DtlsTransport {
    DtlsTransport {
        association: Association {
            id: AssociationId(0),
            flow: FlowId(0),
            state: Claim {
                value: state,
                basis: Basis::Inferred,
                evidence: vec![frame(begun)],
            },
            state_history: Vec::new(),
            version: None,
            record_version: None,
            cipher_suite: None,
            srtp_profile: None,
            srtp_profiles_offered: Vec::new(),
            client: Some(Direction::Forward),
            first_at: at(begun),
            last_at: at(begun),
            handshake_started_at: Some(at(begun)),
            handshake_finished_at: None,
            retransmitted_flights: 0,
            flights: Vec::new(),
            certificates: Vec::new(),
            alerts: Vec::new(),
            hello: HelloFacts::default(),
            records: 4,
            duplicate_records: 0,
            application_data: [Traffic::default(); 2],
            hello_frames: Evidence::from(vec![frame(begun)]),
            finished_frames: Evidence::default(),
            client_random: None,
            server_random: None,
            epochs: [None; 2],
            decrypted: false,
        },
        peer_connection: Some(PeerConnectionId(0)),
        forward_side: Some(Side::A),
        sctp: None,
        matches_sdp: Vec::new(),
        match_frames: Vec::new(),
    }
}

pub(super) fn stream(from: Side, ssrc: u32, first: f64, last: f64, packets: u64) -> MediaStream {
    MediaStream {
        stats: Stream {
            ssrc: Ssrc(ssrc),
            scope: None,
            sender: Some(from),
            first: sighting(from, first),
            last: sighting(from, last),
            paths: Vec::new(),
            packets,
            header_bytes: 0,
            rest_bytes: 0,
            padded_packets: 0,
            padding_bytes: 0,
            markers: 0,
            payload_types: Vec::new(),
            extended_highest_sequence: packets,
            packets_lost: 0,
            packets_reordered: 0,
            packets_duplicated: 0,
            sequence_restarts: 0,
            timestamps: (0, 0),
            clock: None,
            jitter: Jitters::default(),
            frames: Frames::default(),
            key_frames: Vec::new(),
            gaps: Vec::new(),
            gap_count: 0,
            extension_ids: Vec::new(),
            extension_values: Vec::new(),
            series: Series::default(),
        },
        peer_connection: Some(PeerConnectionId(0)),
        from: Some(from),
        kind: Some(MediaKind::Audio),
        mid: None,
        rid: None,
        codec: Some("opus".to_owned()),
        codec_payload_type: None,
        wrapping: None,
        codec_basis: None,
        clock_rate: None,
        clock_rate_basis: None,
        rtx_ssrc: None,
        packets_with_rtx: None,
        repairs: None,
        encrypted: Some(true),
        tag_length: None,
        payload_bytes: None,
        msid: None,
        feedback: Feedback::default(),
        key_frames: None,
    }
}
