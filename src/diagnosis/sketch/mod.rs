//! For tests: a scene with one call, drawn by hand. Seconds are from the start; a frame's number is its millisecond.

mod blank;

use crate::crypt::tls::facts::Facts;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Verdict;
use crate::diagnosis::rule::diagnose;
use crate::diagnosis::sketch::blank::address;
use crate::diagnosis::sketch::blank::candidate;
use crate::diagnosis::sketch::blank::connection;
use crate::diagnosis::sketch::blank::far;
use crate::diagnosis::sketch::blank::near;
use crate::diagnosis::sketch::blank::pair;
use crate::diagnosis::sketch::blank::stream;
use crate::diagnosis::sketch::blank::transport;
use crate::flow::table::FlowProtocol;
use crate::flow::table::FlowRecord;
use crate::sdp::description::Description;
use crate::sdp::negotiation::negotiate;
use crate::session::model::description::Negotiation;
use crate::session::model::description::SignaledDescription;
use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::CheckError;
use crate::session::model::ice::CheckSeen;
use crate::session::model::ice::PairState;
use crate::session::model::media::DtlsTransport;
use crate::session::model::peer_connection::ConnectionState;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::peer_connection::StateChange;
use crate::session::model::scene::Scene;
use crate::track::dtls::association::State;
use crate::track::dtls::facts::CertificateSeen;
use crate::track::ice::ServerQuery;
use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::Handle;
use crate::track::signaling::dialogue::SignalingProtocol;
use crate::track::turn::Allocation;
use crate::track::turn::AllocationState;
use crate::track::turn::TurnError;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Side;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::capture::Capture;
use crate::vocab::claim::Evidence;
use crate::vocab::encapsulation::Encapsulation;
use crate::vocab::ids::AllocationId;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::tls::certificate::Fingerprints;
use crate::wire::tls::certificate::HashFunction;

/// A scene with one call between `192.0.2.1` (side a, where the capture was taken) and `198.51.100.1`.
pub(crate) struct Sketch {
    pub(crate) scene: Scene,
    pub(crate) capture: Capture,
}

impl Sketch {
    /// A call of which nothing was seen yet, in a capture of so many seconds.
    pub(crate) fn new(seconds: f64) -> Self {
        let mut scene = Scene {
            start: at(0.0),
            end: at(seconds),
            local: vec![near().ip],
            ..Scene::default()
        };
        scene.peer_connections.push(connection());
        let mut sketch = Self {
            scene,
            capture: Capture::default(),
        };
        sketch.flow(near(), far());
        sketch
    }

    /// The usual: agreed, checked, keyed, and media both ways until the end, when it was closed. Stream 0 is side a's, 1 side b's.
    pub(crate) fn healthy(seconds: f64) -> Self {
        Self::new(seconds)
            .agreed()
            .checks(Side::A, 0.3, seconds, 1.0, true)
            .nominated(0.4)
            .handshake(0.5, 0.6)
            .media(Side::A, 0.8, seconds, 500)
            .media(Side::B, 0.8, seconds, 500)
            .closed(seconds)
    }

    /// Offer and answer, each with a track of audio to send.
    pub(crate) fn agreed(mut self) -> Self {
        self.describe(DescriptionKind::Offer, Side::A, 0.1);
        self.describe(DescriptionKind::Answer, Side::B, 0.2);
        let pc = self.pc();
        let sections = negotiate(&pc.descriptions[0].parsed, &pc.descriptions[1].parsed);
        pc.negotiations.push(Negotiation {
            offer: 0,
            answer: 1,
            offerer: Side::A,
            sections,
        });
        for (side, address) in [(Side::A, near()), (Side::B, far())] {
            pc.ice.candidates.push(candidate(side, address));
        }
        self
    }

    /// One description.
    pub(crate) fn describe(&mut self, kind: DescriptionKind, side: Side, when: f64) {
        let print = certificate_of(side).text(HashFunction::Sha256);
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n\
             a=rtpmap:111 opus/48000/2\r\na=mid:0\r\na=sendrecv\r\na=msid:stream track\r\na=rtcp-mux\r\n\
             a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:{print}\r\na=setup:actpass\r\n"
        );
        let parsed = Description::parse(&sdp);
        self.pc().descriptions.push(SignaledDescription {
            kind,
            side,
            at: at(when),
            frames: vec![frame(when)],
            sdp: sdp.into(),
            parsed: parsed.into(),
        });
    }

    /// Checks of `from` on the call's pair, one every `every` seconds from `first` until `last`.
    pub(crate) fn checks(
        mut self,
        from: Side,
        first: f64,
        last: f64,
        every: f64,
        answered: bool,
    ) -> Self {
        let pair = self.pair();
        let mut when = first;
        while when < last {
            pair.checks.push(CheckSeen {
                from,
                at: at(when),
                frame: frame(when),
                answered: answered.then(|| (at(when + 0.01), frame(when + 0.01))),
                error: None,
                retransmissions: 0,
                use_candidate: false,
            });
            if from == Side::A {
                pair.requests_sent += 1;
                pair.responses_received += u64::from(answered);
            } else {
                pair.requests_received += 1;
                pair.responses_sent += u64::from(answered);
            }
            pair.first_at.get_or_insert_with(|| at(when));
            pair.last_at = pair.last_at.max(Some(at(when)));
            pair.frames.push(frame(when));
            if answered {
                pair.state = PairState::Succeeded;
                pair.last_answered_at = Some(at(when + 0.01));
            }
            when += every;
        }
        self
    }

    /// All checks so far were answered with this error.
    pub(crate) fn rejected(mut self, code: u16, reason: &str) -> Self {
        let pair = self.pair();
        pair.errors.push(CheckError {
            code,
            reason: reason.to_owned(),
            count: pair.requests_sent,
            frames: pair.frames.clone(),
        });
        for check in &mut pair.checks {
            check.answered = Some((check.at, check.frame));
            check.error = Some(code);
        }
        self
    }

    /// The pair is nominated and selected.
    pub(crate) fn nominated(mut self, when: f64) -> Self {
        let pair = self.pair();
        pair.nominated = true;
        pair.selected = true;
        pair.nominated_at = Some(at(when));
        pair.nominated_frames = vec![frame(when)];
        self
    }

    /// A DTLS handshake, complete, with certificates as signaled. Side a is client.
    pub(crate) fn handshake(mut self, from: f64, to: f64) -> Self {
        let mut transport = transport(from, State::Connected);
        let association = &mut transport.association;
        association.handshake_finished_at = Some(at(to));
        association.last_at = at(to);
        association.finished_frames = Evidence::from(vec![frame(to)]);
        for (direction, side) in [(Direction::Forward, Side::A), (Direction::Reverse, Side::B)] {
            association.certificates.push(CertificateSeen {
                direction,
                fingerprints: certificate_of(side),
                certificate: None,
                issuers: Vec::new(),
                chain_length: 1,
                at: at(to),
                frames: vec![frame(to)],
            });
        }
        transport.matches_sdp = vec![Some(true), Some(true)];
        self.add_dtls(transport);
        self
    }

    /// A handshake that began and did not end.
    pub(crate) fn hello(mut self, when: f64) -> Self {
        self.add_dtls(transport(when, State::Connecting));
        self
    }

    fn add_dtls(&mut self, transport: DtlsTransport) {
        let id = AssociationId(self.scene.dtls.len() as u32);
        self.scene.dtls.push(transport);
        self.pc().dtls.push(id);
    }

    /// A stream of so many packets, none lost.
    pub(crate) fn media(mut self, from: Side, first: f64, last: f64, packets: u64) -> Self {
        let id = StreamId(self.scene.streams.len() as u32);
        self.scene
            .streams
            .push(stream(from, id.0, first, last, packets));
        self.pc().streams.push(id);
        self
    }

    /// The call is closed.
    pub(crate) fn closed(mut self, when: f64) -> Self {
        self.pc().state_history.push(StateChange {
            at: at(when),
            state: ConnectionState::Closed,
            frames: vec![frame(when)],
        });
        self
    }

    /// A question to a STUN server, unanswered.
    pub(crate) fn unanswered_query(mut self, requests: u64) -> Self {
        let server = address("203.0.113.20", 3478);
        let flow = self.flow(near(), server);
        self.scene.server_queries.push(ServerQuery {
            flow,
            client: near(),
            server,
            requests,
            retransmissions: 0,
            responses: 0,
            errors: Vec::new(),
            mapped: None,
            software: None,
            round_trip: None,
            first_at: at(0.2),
            last_at: at(3.0),
            frames: vec![frame(0.2), frame(3.0)],
            icmp_errors: 0,
        });
        self
    }

    /// A TLS connection of side a to a web server.
    pub(crate) fn web(&mut self, facts: Facts) {
        let server = address("203.0.113.30", 443);
        let id = self.flow(near(), server);
        let flow = &mut self.scene.flows[id.index()];
        flow.tuple.transport = Transport::Tcp;
        flow.protocols = vec![FlowProtocol::Tls];
        flow.tls = Some(Box::new(facts));
        self.scene.flow_owner[id.index()] = None;
    }

    /// An allocation at a TURN server, asked for and not answered.
    pub(crate) fn allocation(mut self) -> Self {
        let server = address("203.0.113.20", 3478);
        let flow = self.flow(near(), server);
        self.scene.turn.push(Allocation {
            flow,
            client_direction: Direction::Forward,
            client: near(),
            server,
            transport: Transport::Udp,
            state: AllocationState::Requested,
            relayed: None,
            mapped: None,
            lifetime_seconds: None,
            realm: None,
            username: None,
            software: None,
            requested_transport: None,
            errors: Vec::new(),
            permissions: Vec::new(),
            channels: Vec::new(),
            links: Vec::new(),
            send_indications: 0,
            data_indications: 0,
            to_peers: crate::track::turn::Carried::default(),
            from_peers: crate::track::turn::Carried::default(),
            requests: vec![("allocate", 2, 0)],
            first_at: at(0.2),
            allocated_at: None,
            allocated_frame: None,
            refreshed_at: None,
            last_at: at(8.0),
            frames: vec![frame(0.2)],
        });
        self.scene.turn_owner.push(Some(PeerConnectionId(0)));
        let id = AllocationId(self.scene.turn.len() as u32 - 1);
        self.pc().turn.push(id);
        self
    }

    /// An error of the TURN server.
    pub(crate) fn turn_error(mut self, method: &'static str, code: u16, normal: bool) -> Self {
        self.scene.turn[0].errors.push(TurnError {
            code,
            reason: "reason".to_owned(),
            method,
            count: 1,
            normal,
            first_at: at(0.3),
            frames: vec![frame(0.3)],
        });
        self
    }

    /// A Janus dialogue with one VideoRoom handle; the call's when `own`.
    pub(crate) fn dialogue(mut self, own: bool) -> Self {
        self.scene.dialogues.push(Dialogue {
            protocol: SignalingProtocol::Janus,
            carrier: Carrier::Http,
            url: None,
            protocol_session_id: None,
            client: near().ip,
            server: address("203.0.113.10", 8088),
            handles: vec![Handle {
                id: "1".to_owned(),
                plugin: Some("janus.plugin.videoroom".to_owned()),
                ..Handle::default()
            }],
            messages: Vec::new(),
            messages_dropped: 0,
            first_at: at(0.0),
            last_at: at(1.0),
            timed_out: None,
        });
        if own {
            self.pc().dialogue = Some(DialogueId(0));
            self.pc().handle = Some("1".to_owned());
        } else {
            self.scene.peer_connections.clear();
        }
        self
    }

    /// The call.
    pub(crate) fn pc(&mut self) -> &mut PeerConnection {
        &mut self.scene.peer_connections[0]
    }

    /// Its only pair.
    pub(crate) fn pair(&mut self) -> &mut CandidatePair {
        let pairs = &mut self.pc().ice.pairs;
        if pairs.is_empty() {
            pairs.push(pair());
        }
        &mut pairs[0]
    }

    fn flow(&mut self, a: TransportAddress, b: TransportAddress) -> FlowId {
        let id = FlowId(self.scene.flows.len() as u32);
        self.scene.flows.push(FlowRecord {
            tuple: FiveTuple {
                transport: Transport::Udp,
                a,
                b,
            },
            relayed: None,
            protocols: vec![FlowProtocol::Stun],
            packets: [100, 100],
            bytes: [10_000, 10_000],
            first_at: at(0.0),
            last_at: self.scene.end,
            first_frame: frame(0.0),
            icmp_errors: 0,
            ttl: [64, 60],
            largest: [1_242; 2],
            encapsulation: Encapsulation::default(),
            repeats: [0; 2],
            server_name: None,
            tls: None,
            quic: None,
        });
        self.scene.flow_owner.push(Some(PeerConnectionId(0)));
        id
    }

    /// Everything that the rules say, and the verdicts.
    pub(crate) fn judge(&self) -> (Vec<Finding>, Vec<Verdict>) {
        diagnose(&self.scene, &self.capture)
    }

    /// The names of the rules that fit, in order.
    pub(crate) fn rules(&self) -> Vec<&'static str> {
        self.judge().0.iter().map(|finding| finding.rule).collect()
    }
}

/// Instant `seconds` after the start.
pub(crate) fn at(seconds: f64) -> Timestamp {
    Timestamp::from_nanos(1_000_000_000 + (seconds * 1e9) as u64)
}

/// The frame of that instant.
pub(crate) fn frame(seconds: f64) -> FrameNumber {
    FrameNumber::new(0, 1 + (seconds * 1e3) as u64)
}

/// A packet of the call's conversation.
pub(crate) fn sighting(side: Side, seconds: f64) -> Sighting {
    Sighting {
        at: at(seconds),
        frame: frame(seconds),
        flow: FlowId(0),
        direction: if side == Side::A {
            Direction::Forward
        } else {
            Direction::Reverse
        },
    }
}

/// The certificate that `side` shows.
pub(crate) fn certificate_of(side: Side) -> Fingerprints {
    Fingerprints::of(side.word().as_bytes())
}
