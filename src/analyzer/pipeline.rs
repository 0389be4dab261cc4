//! The whole pipe: frames in, one `Analysis` out.
//!
//! Facts are pushed upwards; knowledge that comes later (which peer connection a conversation belongs to, which tag length its
//! SRTP has) is handed down from here as data.

mod account;

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::limits::Limits;
use crate::analyzer::trackers::Trackers;
use crate::crypt::keylog::KeyLog;
use crate::diagnosis::rule;
use crate::flow::demux::Demux;
use crate::flow::exchange::Exchange;
use crate::flow::table::FlowProtocol;
use crate::flow::table::FlowRecord;
use crate::ingest::info::FileInfo;
use crate::ingest::source::Item;
use crate::ingest::source::LONGEST_RUN;
use crate::ingest::source::Run;
use crate::ingest::source::Source;
use crate::session::join::Sources;
use crate::session::join::join;
use crate::session::model::scene::Scene;
use crate::track::rtp_stream::stream::Stream;
use crate::track::rtp_stream::tracker::Trust;
use crate::track::signaling::dialogue::Dialogue;
use crate::vocab::address::Direction;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FlowId;
use crate::vocab::time::Timestamp;
use crate::wire::rtp::glance;

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
    limits: Limits,
}

/// What takes most memory: copied for a snapshot, moved at the end.
struct Bulk {
    flows: Vec<FlowRecord>,
    http: Vec<Exchange>,
    dialogues: Vec<Dialogue>,
    streams: Vec<Stream>,
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
            trackers: Trackers::new(&limits),
            start: None,
            end: Timestamp::default(),
            packets: 0,
            bytes: 0,
            key_log: Arc::default(),
            limits,
        }
    }

    /// Takes the next frame.
    #[inline]
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.push_known(frame, None);
    }

    /// Takes the next frame, whose conversation may be known already.
    #[inline]
    fn push_known(&mut self, frame: &Frame<'_>, flow: Option<(FlowId, Direction)>) {
        if self.start.is_none() {
            self.start = Some(frame.at);
            self.trackers.streams.begin(frame.at);
        }
        self.end = self.end.max(frame.at);
        self.packets += 1;
        self.bytes += u64::from(frame.original_length);
        let trackers = &mut self.trackers;
        self.demux
            .push_known(frame, flow, &mut |seen, observation| {
                trackers.observe(seen, &observation);
            });
        if !self.trackers.new_paths.is_empty() {
            self.join_new_paths();
        }
    }

    /// Takes the next frames.
    ///
    /// As [`Analyzer::push`] one by one, and quicker where many streams run at once: what a packet needs is then seldom in a cache, and waiting
    /// for memory is most of the work. A look at all of them beforehand lets the processor wait for many at a time. With few streams there is
    /// nothing to wait for.
    pub fn push_run(&mut self, run: Run<'_>) {
        let flows = if self.trackers.streams.len() < MANY_STREAMS {
            [None; LONGEST_RUN]
        } else {
            self.look_ahead(run)
        };
        for (frame, flow) in run.frames().zip(flows) {
            self.push_known(&frame, flow);
        }
    }

    /// Finds the packets' conversations, and touches what they will need. Each loop's steps don't depend on each other, so their misses
    /// overlap.
    #[inline]
    fn look_ahead(&self, run: Run<'_>) -> [Option<(FlowId, Direction)>; LONGEST_RUN] {
        let mut flows = [None; LONGEST_RUN];
        let mut payloads = [[].as_slice(); LONGEST_RUN];
        for ((frame, flow), payload) in run.frames().zip(&mut flows).zip(&mut payloads) {
            if let Some((found, direction, bytes)) = self.demux.glance(&frame) {
                (*flow, *payload) = (Some((found, direction)), bytes);
            }
        }
        let mut media = [None; LONGEST_RUN];
        let mut sum = 0_u64;
        for ((flow, payload), media) in flows.iter().zip(payloads).zip(&mut media) {
            let Some((flow, direction)) = *flow else {
                continue;
            };
            sum = sum.wrapping_add(self.demux.table().warm(flow));
            // The frame's end is looked at too, to know it from its copies.
            sum = sum.wrapping_add(payload.last().copied().unwrap_or_default().into());
            if let Some((payload_type, ssrc)) = glance(payload) {
                let stream = self.trackers.streams.glance(flow, direction, ssrc);
                *media = stream.map(|stream| (stream, payload_type));
            }
        }
        for &(stream, _) in media.iter().flatten() {
            sum = sum.wrapping_add(self.trackers.streams.warm(stream));
        }
        for &(stream, payload_type) in media.iter().flatten() {
            sum = sum.wrapping_add(self.trackers.streams.warm_deep(stream, payload_type));
        }
        // Else the compiler would leave out what nobody uses.
        black_box(sum);
        flows
    }

    /// An analyzer for what is to come, that knows names, keys and when the capture began.
    pub(super) fn heir(&self) -> Self {
        let mut heir = Self::new(self.limits);
        heir.start = self.start;
        if let Some(start) = self.start {
            heir.trackers.streams.begin(start);
        }
        heir.key_log = Arc::clone(&self.key_log);
        heir.demux.set_key_log(Arc::clone(&self.key_log));
        for (address, name) in self.trackers.names.all() {
            heir.trackers.names.learn(*address, name);
        }
        heir
    }

    /// Peer connections and conversations so far.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (
            self.trackers.identities.iter().count(),
            self.demux.table().records().len(),
        )
    }

    /// Is it a datagram of a call's conversation, one of the first `flows`?
    pub(super) fn is_media_of_first(&self, frame: &Frame<'_>, flows: usize) -> bool {
        let Some((flow, _, _)) = self.demux.glance(frame) else {
            return false;
        };
        let record = self.demux.table().get(flow);
        flow.index() < flows
            && record.is_some_and(|record| {
                let is_media = |protocol: &FlowProtocol| {
                    matches!(
                        protocol,
                        FlowProtocol::Stun | FlowProtocol::Dtls | FlowProtocol::Rtp
                    )
                };
                record.protocols.iter().any(is_media)
            })
    }

    /// Takes key-log text.
    pub fn add_key_log(&mut self, text: &[u8]) {
        // Taken back first: what nobody shares needs no copy to change.
        self.demux.set_key_log(Arc::default());
        self.trackers.dtls.set_key_log(Arc::default());
        self.trackers.secured.set_key_log(Arc::default(), &[]);
        for fault in Arc::make_mut(&mut self.key_log).add(text) {
            self.trackers.faults.record(fault, None);
        }
        self.demux.set_key_log(self.key_log.clone());
        self.trackers.dtls.set_key_log(Arc::clone(&self.key_log));
        self.trackers
            .secured
            .set_key_log(Arc::clone(&self.key_log), self.trackers.dtls.associations());
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
            streams: self.trackers.streams.snapshot(),
        });
        self.conclude(scene, files)
    }

    /// Everything known at the end, without copies of what fills memory.
    pub fn into_analysis(mut self, files: &[FileInfo]) -> Analysis {
        let bulk = Bulk {
            flows: self.demux.table_mut().take_records(),
            http: self.demux.take_exchanges(),
            dialogues: self.trackers.signaling.take_dialogues(),
            streams: self.trackers.streams.take_all(),
        };
        self.demux.forget_tcp();
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
            key_log: Arc::clone(&self.key_log),
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
            streams: bulk.streams,
            rtcp: trackers.rtcp.snapshot(),
            data: trackers.sctp.associations().to_vec(),
            names: trackers.names.all().to_vec(),
        })
    }
}

/// What a source can be read into.
pub trait Intake {
    /// Takes the next frame.
    fn push(&mut self, frame: &Frame<'_>);
    /// Takes the next frames.
    fn push_run(&mut self, run: Run<'_>);
    /// Takes key-log text.
    fn add_key_log(&mut self, text: &[u8]);
    /// Takes a name for an address.
    fn add_name(&mut self, address: IpAddr, name: &str);
    /// The capture is over.
    fn finish(&mut self);
}

impl Intake for Analyzer {
    fn push(&mut self, frame: &Frame<'_>) {
        Self::push(self, frame);
    }

    fn push_run(&mut self, run: Run<'_>) {
        Self::push_run(self, run);
    }

    fn add_key_log(&mut self, text: &[u8]) {
        Self::add_key_log(self, text);
    }

    fn add_name(&mut self, address: IpAddr, name: &str) {
        Self::add_name(self, address, name);
    }

    fn finish(&mut self) {
        Self::finish(self);
    }
}

/// Reads `source` to its end. `progress` is called every few thousand frames, and while frames are waited for, and may stop the reading by returning `false`.
pub fn analyze<A: Intake>(
    source: &mut Source,
    analyzer: &mut A,
    mut progress: impl FnMut(&Source, &A) -> bool,
) {
    let mut count = 0;
    loop {
        let run = source.pull_run();
        count += run.len().max(1);
        if run.is_empty() {
            // Nothing is at hand: what is known so far is worth telling before more is waited for, however little it is.
            if source.can_wait() {
                while {
                    if !progress(source, analyzer) {
                        return;
                    }
                    source.waits(PATIENCE)
                } {}
                count = 0;
            }
            match source.pull() {
                Some(Item::Frame(frame)) => analyzer.push(&frame),
                Some(Item::Secrets { text, .. }) => analyzer.add_key_log(text),
                Some(Item::Name { address, name, .. }) => analyzer.add_name(address, name),
                None => break,
            }
        } else {
            analyzer.push_run(run);
        }
        if count >= PROGRESS_EVERY {
            count = 0;
            if !progress(source, analyzer) {
                return;
            }
        }
    }
    analyzer.finish();
}

/// Streams whose counters no longer fit the nearer caches, about a kilobyte each.
const MANY_STREAMS: usize = 256;

/// Between two calls of the progress function while nothing comes.
const PATIENCE: Duration = Duration::from_millis(100);

/// Frames between two calls of the progress function.
const PROGRESS_EVERY: usize = 4096;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ingest::raw::Input;

    #[test]
    fn a_look_ahead_changes_no_result() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/lossy/capture.pcapng");
        let read = |push: fn(&mut Analyzer, Run<'_>)| {
            let mut source = Source::open(vec![Input::Path(path.clone())]).unwrap();
            let mut analyzer = Analyzer::default();
            loop {
                let run = source.pull_run();
                if !run.is_empty() {
                    push(&mut analyzer, run);
                    continue;
                }
                match source.pull() {
                    Some(Item::Frame(frame)) => analyzer.push(&frame),
                    Some(_) => {}
                    None => break,
                }
            }
            analyzer.finish();
            let files = source.files().to_vec();
            analyzer.into_analysis(&files)
        };
        let plain = read(|analyzer, run| run.frames().for_each(|frame| analyzer.push(&frame)));
        let ahead = read(|analyzer, run| {
            let flows = analyzer.look_ahead(run);
            for (frame, flow) in run.frames().zip(flows) {
                analyzer.push_known(&frame, flow);
            }
        });
        assert!(!ahead.scene.streams.is_empty());
        assert_eq!(format!("{:?}", plain.scene), format!("{:?}", ahead.scene));
        assert_eq!(plain.capture.protocols, ahead.capture.protocols);
    }
}
