//! One peer connection with everything that belongs to it, looked up once for all rules.

use std::net::IpAddr;

use crate::diagnosis::capture::Doubts;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::ladder;
use crate::diagnosis::ladder::Rung;
use crate::diagnosis::ladder::Status;
use crate::session::model::ice::CandidatePair;
use crate::session::model::media::DtlsTransport;
use crate::session::model::media::MediaStream;
use crate::session::model::peer_connection::ConnectionState;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::track::ice::ServerQuery;
use crate::track::rtcp::RtcpFlow;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::Handle;
use crate::track::turn::Allocation;
use crate::vocab::address::Side;
use crate::vocab::capture::Capture;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::time::Timestamp;

/// A peer connection as the rules see it.
#[derive(Debug)]
pub struct Call<'a> {
    /// Everything joined.
    pub scene: &'a Scene,
    /// Which one.
    pub id: PeerConnectionId,
    /// The peer connection itself.
    pub pc: &'a PeerConnection,
    /// The dialogue that set it up.
    pub dialogue: Option<&'a Dialogue>,
    /// Its handle in that dialogue.
    pub handle: Option<&'a Handle>,
    /// Its DTLS associations.
    pub dtls: Vec<&'a DtlsTransport>,
    /// Its media streams.
    pub streams: Vec<&'a MediaStream>,
    /// TURN allocations that served it.
    pub turn: Vec<&'a Allocation>,
    /// What its sockets asked STUN servers.
    pub queries: Vec<&'a ServerQuery>,
    /// RTCP of its conversations.
    pub rtcp: Vec<&'a RtcpFlow>,
    /// When it was closed, else the end of the capture.
    pub end: Timestamp,
    /// Was it closed in this capture?
    pub closed: bool,
    /// What lowers trust in conclusions about it.
    pub doubts: Doubts,
    /// Addresses of the machine that captured.
    homes: Vec<IpAddr>,
    /// The rungs it climbed, bottom up; filled while they are asked for one after the other.
    pub ladder: Vec<Rung>,
}

impl<'a> Call<'a> {
    /// Gathers the peer connections of a scene and lets each climb its ladder.
    pub fn all(scene: &'a Scene, capture: &Capture) -> Vec<Self> {
        let homes = homes(scene);
        let mut calls: Vec<Self> = (0..)
            .zip(&scene.peer_connections)
            .map(|(at, pc)| Self::new(scene, PeerConnectionId(at), pc, &homes))
            .collect();
        let owner = |flow: usize| scene.flow_owner.get(flow).copied().flatten();
        for query in &scene.server_queries {
            if let Some(call) = owner(query.flow.index()).and_then(|id| calls.get_mut(id.index())) {
                call.queries.push(query);
            }
        }
        for flow in &scene.rtcp {
            if let Some(call) = owner(flow.flow.index()).and_then(|id| calls.get_mut(id.index())) {
                call.rtcp.push(flow);
            }
        }
        for call in &mut calls {
            call.conclude(capture);
        }
        calls
    }

    /// Gathers one peer connection; `None` when there is none of that id.
    pub fn one(scene: &'a Scene, capture: &Capture, id: PeerConnectionId) -> Option<Self> {
        let pc = scene.peer_connections.get(id.index())?;
        let mut call = Self::new(scene, id, pc, &homes(scene));
        let own = |flow: usize| scene.flow_owner.get(flow).copied().flatten() == Some(id);
        let queries = scene.server_queries.iter();
        call.queries = queries.filter(|query| own(query.flow.index())).collect();
        call.rtcp = scene
            .rtcp
            .iter()
            .filter(|rtcp| own(rtcp.flow.index()))
            .collect();
        call.conclude(capture);
        Some(call)
    }

    fn new(
        scene: &'a Scene,
        id: PeerConnectionId,
        pc: &'a PeerConnection,
        homes: &[IpAddr],
    ) -> Self {
        let dialogue = pc.dialogue.and_then(|id| scene.dialogues.get(id.index()));
        let handle = dialogue.and_then(|dialogue| {
            let own = |handle: &&Handle| Some(&handle.id) == pc.handle.as_ref();
            dialogue.handles.iter().find(own)
        });
        let closed = pc
            .state_history
            .iter()
            .find(|change| change.state == ConnectionState::Closed)
            .map(|change| change.at);
        Self {
            scene,
            id,
            pc,
            dialogue,
            handle,
            dtls: of(&scene.dtls, pc.dtls.iter().map(|id| id.index())),
            streams: of(&scene.streams, pc.streams.iter().map(|id| id.index())),
            turn: of(&scene.turn, pc.turn.iter().map(|id| id.index())),
            queries: Vec::new(),
            rtcp: Vec::new(),
            end: closed.unwrap_or(scene.end).min(scene.end),
            closed: closed.is_some(),
            doubts: Doubts::default(),
            homes: homes.to_vec(),
            ladder: Vec::new(),
        }
    }

    fn conclude(&mut self, capture: &Capture) {
        self.doubts = Doubts::about(self, capture);
        for stage in Stage::LADDER {
            let rung = ladder::rung(self, stage);
            self.ladder.push(rung);
        }
    }

    /// How it did on a rung; [`Status::NotSeen`] for rungs not asked for yet.
    pub fn status(&self, stage: Stage) -> Status {
        let mut rungs = self.ladder.iter();
        rungs
            .find(|rung| rung.stage == stage)
            .map_or(Status::NotSeen, |rung| rung.status)
    }

    /// The first rung that broke.
    pub fn broken(&self) -> Option<Stage> {
        let mut rungs = self.ladder.iter();
        rungs
            .find(|rung| rung.status == Status::Broken)
            .map(|rung| rung.stage)
    }

    /// Is this the rung that broke first? What broke above it is its consequence.
    pub fn breaks_at(&self, stage: Stage) -> bool {
        self.broken() == Some(stage)
    }

    /// Pairs that were tried on the wire.
    pub fn tried(&self) -> impl Iterator<Item = &'a CandidatePair> + use<'a> {
        let pairs = self.pc.ice.pairs.iter();
        pairs.filter(|pair| pair.requests_sent + pair.requests_received > 0)
    }

    /// Streams of `side` that carry media themselves: no retransmissions, no parity.
    pub fn media_of(&self, side: Side) -> impl Iterator<Item = &'a MediaStream> + '_ {
        let streams = self.streams.iter().copied();
        streams.filter(move |stream| stream.from == Some(side) && carries_media(stream))
    }

    /// Was the capture taken where `side` is, so that its packets are seen before the network can lose any?
    pub fn is_local(&self, side: Side) -> bool {
        let local = |ip: &IpAddr| self.homes.contains(ip);
        let relayed = side == Side::A && self.turn.iter().any(|turn| local(&turn.client.ip));
        relayed || self.pc.endpoint(side).addresses.iter().any(local)
    }
}

/// The capture's own addresses, without those that a TURN server there relays: they stand for clients elsewhere.
fn homes(scene: &Scene) -> Vec<IpAddr> {
    let relays = |ip: &IpAddr| {
        let mut relayed = scene.turn.iter().filter_map(|turn| turn.relayed);
        relayed.any(|address| address.ip == *ip)
    };
    let local = scene.local.iter().copied();
    local.filter(|ip| !relays(ip)).collect()
}

/// Does the stream carry media itself, and not repairs of another (RTX, FEC)?
fn carries_media(stream: &MediaStream) -> bool {
    let repair = |codec: &str| {
        ["rtx", "ulpfec", "flexfec-03", "flexfec"]
            .iter()
            .any(|word| codec.eq_ignore_ascii_case(word))
    };
    stream.repairs.is_none() && !stream.codec.as_deref().is_some_and(repair)
}

/// Rows of a table by their positions; positions outside it are left out.
fn of<T>(table: &[T], positions: impl Iterator<Item = usize>) -> Vec<&T> {
    positions.filter_map(|at| table.get(at)).collect()
}
