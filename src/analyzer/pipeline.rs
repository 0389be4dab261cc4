//! The whole pipe: frames in, one `Analysis` out.
//!
//! Facts are pushed upwards; knowledge that comes later (which peer connection a conversation belongs to, which tag length its
//! SRTP has) is handed down from here as data.

use std::net::IpAddr;
use std::sync::Arc;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::limits::Limits;
use crate::analyzer::names::Names;
use crate::crypt::keylog::KeyLog;
use crate::diagnosis::rule;
use crate::flow::demux::Demux;
use crate::flow::exchange::Exchange;
use crate::flow::observation::Observation;
use crate::flow::table::FlowRecord;
use crate::ingest::info::FileInfo;
use crate::ingest::source::Item;
use crate::ingest::source::Source;
use crate::sdp::description::Description;
use crate::session::descriptions::ReadDescriptions;
use crate::session::descriptions::gist;
use crate::session::identity::Identities;
use crate::session::identity::Introduction;
use crate::session::identity::Joined;
use crate::session::join::Sources;
use crate::session::join::join;
use crate::session::model::scene::Scene;
use crate::track::dtls;
use crate::track::ice::IceTracker;
use crate::track::ice::Noticed;
use crate::track::rtcp::RtcpTracker;
use crate::track::rtp_stream::RtpStreams;
use crate::track::rtp_stream::tracker::Trust;
use crate::track::signaling::Signaling;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::Message;
use crate::track::signaling::dialogue::Sender;
use crate::track::stun::Transactions;
use crate::track::turn::TurnTracker;
use crate::vocab::capture::Capture;
use crate::vocab::capture::CaptureFile;
use crate::vocab::capture::ProtocolCounts;
use crate::vocab::capture::Quality;
use crate::vocab::fault::Fault;
use crate::vocab::fault::FaultLog;
use crate::vocab::fault::Layer;
use crate::vocab::frame::Frame;
use crate::vocab::ids::DialogueId;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;

/// Takes frames in order and keeps what they mean; memory grows with conversations and control messages, never with media.
#[derive(Debug)]
pub struct Analyzer {
    demux: Demux,
    trackers: Trackers,
    start: Option<Timestamp>,
    end: Timestamp,
    packets: u64,
    bytes: u64,
    key_log: Arc<KeyLog>,
}

/// Everything above the flow floor, apart from it so that both can be borrowed at once.
#[derive(Debug)]
struct Trackers {
    transactions: Transactions,
    ice: IceTracker,
    turn: TurnTracker,
    dtls: dtls::Tracker,
    streams: RtpStreams,
    rtcp: RtcpTracker,
    signaling: Signaling,
    identities: Identities,
    descriptions: ReadDescriptions,
    names: Names,
    /// TURN legs by inner conversation are looked up in the flow table; this remembers how many check paths were joined.
    new_paths: Vec<(Sighting, usize)>,
    faults: FaultLog,
}

/// What takes most memory: copied for a snapshot, moved at the end.
struct Bulk {
    flows: Vec<FlowRecord>,
    http: Vec<Exchange>,
    dialogues: Vec<Dialogue>,
}

impl Default for Analyzer {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Analyzer {
    /// An analyzer with these limits.
    pub fn new(limits: Limits) -> Self {
        Self {
            demux: Demux::new(limits.flow),
            trackers: Trackers {
                transactions: Transactions::default(),
                ice: IceTracker::new(limits.check_paths),
                turn: TurnTracker::new(limits.allocations),
                dtls: dtls::Tracker::default(),
                streams: RtpStreams::default(),
                rtcp: RtcpTracker::default(),
                signaling: Signaling::default(),
                identities: Identities::default(),
                descriptions: ReadDescriptions::default(),
                names: Names::new(limits.names),
                new_paths: Vec::new(),
                faults: FaultLog::default(),
            },
            start: None,
            end: Timestamp::default(),
            packets: 0,
            bytes: 0,
            key_log: Arc::default(),
        }
    }

    /// Takes the next frame.
    #[inline]
    pub fn push(&mut self, frame: &Frame<'_>) {
        if self.start.is_none() {
            self.start = Some(frame.at);
            self.trackers.streams.begin(frame.at);
        }
        self.end = self.end.max(frame.at);
        self.packets += 1;
        self.bytes += u64::from(frame.original_length);
        let trackers = &mut self.trackers;
        self.demux.push(frame, &mut |seen, observation| {
            trackers.observe(seen, &observation);
        });
        if !self.trackers.new_paths.is_empty() {
            self.join_new_paths();
        }
    }

    /// Takes key-log text.
    pub fn add_key_log(&mut self, text: &[u8]) {
        // Taken back first: what nobody shares needs no copy to change.
        self.demux.set_key_log(Arc::default());
        for fault in Arc::make_mut(&mut self.key_log).add(text) {
            self.trackers.faults.record(fault, None);
        }
        self.demux.set_key_log(self.key_log.clone());
    }

    /// Takes a name for an address, from the capture file itself.
    pub fn add_name(&mut self, address: IpAddr, name: &str) {
        self.trackers.names.learn(address, name);
    }

    /// The capture is over: what was held back for missing pieces is given up.
    pub fn finish(&mut self) {
        let trackers = &mut self.trackers;
        self.demux
            .finish(&mut |seen, observation| trackers.observe(seen, &observation));
        self.join_new_paths();
    }

    /// Everything known so far, copied: for a screen while frames still come. `files`: what the source says of itself.
    pub fn snapshot(&self, files: &[FileInfo]) -> Analysis {
        let scene = self.scene(Bulk {
            flows: self.demux.table().records().to_vec(),
            http: self.demux.tcp_conversations().exchanges().to_vec(),
            dialogues: self.trackers.signaling.dialogues().to_vec(),
        });
        self.conclude(scene, files)
    }

    /// Everything known at the end, without copies of what fills memory.
    pub fn into_analysis(mut self, files: &[FileInfo]) -> Analysis {
        let bulk = Bulk {
            flows: self.demux.table_mut().take_records(),
            http: self.demux.take_exchanges(),
            dialogues: self.trackers.signaling.take_dialogues(),
        };
        let scene = self.scene(bulk);
        self.conclude(scene, files)
    }

    fn conclude(&self, scene: Scene, files: &[FileInfo]) -> Analysis {
        let capture = self.capture(&scene, files);
        let (findings, verdicts) = rule::diagnose(&scene, &capture);
        Analysis {
            capture,
            scene,
            findings,
            verdicts,
        }
    }

    /// Conversations that showed new user fragments: tell the identities, and the streams where they belong.
    fn join_new_paths(&mut self) {
        let new = std::mem::take(&mut self.trackers.new_paths);
        for (seen, at) in &new {
            let Some(path) = self.trackers.ice.paths().get(*at) else {
                continue;
            };
            let relayed = self
                .demux
                .table()
                .get(seen.flow)
                .and_then(|record| record.relayed);
            let outer = relayed.and_then(|relayed| self.demux.table().get(relayed.outer));
            let [forward, reverse] = &path.ufrags;
            let joined = self.trackers.identities.check(
                seen.flow,
                &path.tuple,
                outer.map(|outer| &outer.tuple),
                [forward, reverse],
            );
            self.trackers.streams.trust_flow(seen.flow, Trust::Checked);
            self.trackers.assign(&joined);
        }
        // Give the buffer back: the packet path allocates nothing.
        let mut new = new;
        new.clear();
        self.trackers.new_paths = new;
    }

    fn scene(&self, bulk: Bulk) -> Scene {
        let trackers = &self.trackers;
        join(Sources {
            start: self.start.unwrap_or_default(),
            end: self.end,
            flows: bulk.flows,
            http: bulk.http,
            dialogues: bulk.dialogues,
            descriptions: &trackers.descriptions,
            identities: &trackers.identities,
            ice: &trackers.ice,
            turn: trackers.turn.allocations(self.end),
            dtls: trackers.dtls.associations().to_vec(),
            streams: trackers.streams.snapshot(),
            rtcp: trackers.rtcp.snapshot(),
            names: trackers.names.all().to_vec(),
        })
    }

    fn capture(&self, scene: &Scene, files: &[FileInfo]) -> Capture {
        let mut faults = self.demux.faults().clone();
        faults.absorb(&self.trackers.faults);
        faults.absorb(self.trackers.signaling.faults());
        for file in files {
            faults.absorb(&file.faults);
        }
        self.count_limits(&mut faults);
        Capture {
            files: files.iter().map(capture_file).collect(),
            start: self.start,
            end: self.start.map(|_| self.end),
            packets: self.packets,
            bytes: self.bytes,
            secrets: self.secrets(scene),
            quality: self.quality(scene, files),
            protocols: self.protocols(scene),
            faults,
        }
    }

    /// A table that was full is a fault of ours to show: what came after is counted, not kept.
    fn count_limits(&self, faults: &mut FaultLog) {
        let refused = [
            ("limit-flows", self.demux.table().refused()),
            ("limit-check-paths", self.trackers.ice.refused()),
            ("limit-turn-allocations", self.trackers.turn.refused()),
            (
                "limit-http-exchanges",
                self.demux.tcp_conversations().refused(),
            ),
        ];
        for (name, count) in refused {
            for _ in 0..count.min(1) {
                faults.record(Fault::new(Layer::Capture, name, 0), None);
            }
        }
    }

    /// Key-log lines for the DTLS associations seen, and the rest, which can only be TLS's.
    fn secrets(&self, scene: &Scene) -> (u64, u64) {
        let dtls: usize = scene
            .dtls
            .iter()
            .filter_map(|transport| transport.association.client_random)
            .map(|random| self.key_log.lines_for(&random))
            .sum();
        (self.key_log.len().saturating_sub(dtls) as u64, dtls as u64)
    }

    fn quality(&self, scene: &Scene, files: &[FileInfo]) -> Quality {
        Quality {
            truncated_packets: self.demux.counts().truncated_packets,
            dropped_packets: files.iter().filter_map(FileInfo::dropped).sum(),
            duplicate_packets: 0,
            time_steps_back: files.iter().map(|file| file.time_steps_back).sum(),
            largest_step_back: files
                .iter()
                .map(|file| file.largest_step_back)
                .max()
                .unwrap_or_default(),
            one_direction: crate::diagnosis::capture::is_one_direction(scene),
            starts_mid_call: crate::diagnosis::capture::starts_mid_call(scene),
            cut_short: files
                .iter()
                .any(|file| file.faults.rows().any(|(_, name, _)| name == CUT_SHORT)),
        }
    }

    fn protocols(&self, scene: &Scene) -> ProtocolCounts {
        let counts = self.demux.counts();
        let stun = self.trackers.transactions.counts();
        let rtp_packets: u64 = scene
            .streams
            .iter()
            .flat_map(|stream| &stream.stats.paths)
            .map(|path| path.packets)
            .sum();
        ProtocolCounts {
            stun_retransmissions: stun.retransmissions,
            stun_unanswered: stun.requests - stun.answered,
            channel_data: counts.channel_data,
            send_indications: stun.types.get("send-indication").copied().unwrap_or(0),
            data_indications: stun.types.get("data-indication").copied().unwrap_or(0),
            stun_types: stun.types,
            dtls_records: scene.dtls.iter().map(|t| t.association.records).sum(),
            dtls_handshakes: scene
                .dtls
                .iter()
                .filter(|t| t.association.handshake_finished_at.is_some())
                .count() as u64,
            rtp_packets,
            rtp_streams: scene.streams.len() as u64,
            rtcp_packets: counts.rtcp_packets,
            srtcp_packets: counts.srtcp_packets,
            http_exchanges: scene.http.len() as u64,
            websocket_connections: counts.websocket_connections,
            websocket_messages: counts.websocket_messages,
            tls_connections: counts.tls_connections,
            tls_decrypted: counts.tls_decrypted,
            sctp_packets: 0,
            dns_messages: counts.dns_messages,
            icmp_messages: counts.icmp_messages,
            other_packets: counts.other_packets + counts.rtp_like.saturating_sub(rtp_packets),
        }
    }
}

impl Trackers {
    #[inline]
    fn observe(&mut self, seen: Sighting, observation: &Observation<'_>) {
        match *observation {
            Observation::Rtp { header, .. } => {
                self.streams.observe(seen, &header);
            }
            Observation::Stun { message, tuple } => {
                let exchange = self.transactions.observe(seen, &message);
                self.turn.observe(seen, tuple, &message, exchange);
                if let Noticed::NewPath(at) = self.ice.observe(seen, tuple, &message, exchange) {
                    self.new_paths.push((seen, at));
                }
            }
            Observation::ChannelData {
                number,
                length,
                tuple,
            } => {
                self.turn.channel_data(seen, tuple, number, length);
            }
            Observation::Dtls { datagram, cut } => {
                self.streams.trust_flow(seen.flow, Trust::Negotiated);
                if cut {
                    self.dtls.observe_cut(seen, datagram, &mut self.faults);
                } else {
                    self.dtls.observe(seen, datagram, &mut self.faults);
                }
            }
            Observation::Rtcp { packet } => self.rtcp.observe(seen, &packet),
            Observation::HttpRequest { exchange } => {
                self.signaling.observe_exchange(exchange, Sender::Client);
                self.read_signaling();
            }
            Observation::HttpResponse { exchange } => {
                self.signaling.observe_exchange(exchange, Sender::Server);
                self.read_signaling();
            }
            Observation::WebSocketMessage {
                message,
                url,
                client,
                server,
                ..
            } => {
                self.signaling
                    .observe_websocket(seen.flow, message, url, client, server);
                self.read_signaling();
            }
            Observation::Icmp { .. } => self.ice.icmp(seen),
            Observation::Name { name, address } => self.names.learn(address, name),
        }
    }

    /// Tells the identities what new signaling messages carried.
    fn read_signaling(&mut self) {
        let new = self.signaling.take_new_messages();
        for (dialogue, at) in new {
            let joined = self.introduce(dialogue, at);
            for joined in joined {
                self.assign(&joined);
            }
        }
    }

    fn introduce(&mut self, id: DialogueId, at: usize) -> Vec<Joined> {
        let Some(dialogue) = self.signaling.dialogues().get(id.index()) else {
            return Vec::new();
        };
        let Some(message) = dialogue.messages.get(at) else {
            return Vec::new();
        };
        let hosts = [dialogue.client, dialogue.server.ip];
        let descriptions = descriptions_of(message);
        descriptions
            .map(|(place, kind, sdp)| {
                let parsed = Arc::new(Description::parse(sdp).without_lines());
                self.descriptions
                    .insert((id, at, place), Arc::clone(&parsed));
                for fault in parsed.faults() {
                    self.faults.record(fault, message.frames.first().copied());
                }
                let gist = gist(&parsed);
                let ufrags: Vec<&str> = gist.ufrags.iter().map(String::as_str).collect();
                let declared: Vec<IpAddr> = parsed
                    .media
                    .iter()
                    .flat_map(|section| &section.candidates)
                    .filter_map(|candidate| candidate.address.ip())
                    .collect();
                self.identities.description(&Introduction {
                    key: (id, message.handle),
                    at: message.at,
                    by_client: message.from == Sender::Client,
                    is_offer: kind == Some(DescriptionKind::Offer),
                    ufrags: &ufrags,
                    passport: &gist.passport,
                    hosts: &hosts,
                    declared: &declared,
                })
            })
            .collect()
    }

    fn assign(&mut self, joined: &Joined) {
        for &(flow, forward) in &joined.flows {
            self.streams
                .assign_scope(flow, joined.identity, forward == 0);
        }
    }
}

/// The descriptions that a message carries, with their place in it.
fn descriptions_of(
    message: &Message,
) -> impl Iterator<Item = (usize, Option<DescriptionKind>, &str)> {
    let carried = message.carried.iter().enumerate();
    carried.filter_map(|(place, carried)| match carried {
        Carried::Description { kind, sdp } => Some((place, *kind, sdp.as_str())),
        _ => None,
    })
}

fn capture_file(info: &FileInfo) -> CaptureFile {
    CaptureFile {
        path: info.path.clone(),
        format: info.format.word().to_owned(),
        bytes: info.bytes,
        packets: info.packets,
        link_types: info.link_types.iter().map(|link| link.name()).collect(),
        interfaces: info
            .interfaces
            .iter()
            .filter_map(|interface| interface.name.clone())
            .collect(),
        application: info.application.clone(),
    }
}

/// Reads `source` to its end. `progress` is called every few thousand frames and may stop the reading by returning `false`.
pub fn analyze(
    source: &mut Source,
    analyzer: &mut Analyzer,
    mut progress: impl FnMut(&Source, &Analyzer) -> bool,
) {
    let mut count: u32 = 0;
    while let Some(item) = source.pull() {
        match item {
            Item::Frame(frame) => {
                analyzer.push(&frame);
                count = count.wrapping_add(1);
            }
            Item::Secrets { text, .. } => analyzer.add_key_log(text),
            Item::Name { address, name, .. } => analyzer.add_name(address, name),
        }
        if count.is_multiple_of(PROGRESS_EVERY) && !progress(source, analyzer) {
            return;
        }
    }
    analyzer.finish();
}

/// The ingest floor's name for a file that ends inside a record.
const CUT_SHORT: &str = "capture-cut-short";

/// Frames between two calls of the progress function.
const PROGRESS_EVERY: u32 = 4096;
