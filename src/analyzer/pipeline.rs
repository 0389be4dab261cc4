//! The whole pipe: frames in, one `Analysis` out.
//!
//! Facts are pushed upwards; knowledge that comes later (which peer connection a conversation belongs to, which tag length its
//! SRTP has) is handed down from here as data.

mod above;
mod account;
mod batch;
mod fill;
mod parts;

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::limits::Limits;
use crate::analyzer::pipeline::above::Above;
use crate::analyzer::retired::Retired;
use crate::analyzer::trackers::Glance;
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
use crate::track::signaling::dialogue::Dialogue;
use crate::vocab::address::Direction;
use crate::vocab::capture::is_much_cut;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FlowId;
use crate::vocab::time::Timestamp;
use crate::wire::rtp::glance;

/// Takes frames in order and keeps what they mean; memory grows with conversations and control messages, never with media.
#[derive(Debug)]
pub struct Analyzer {
    demux: Demux,
    above: Above,
    start: Option<Timestamp>,
    end: Timestamp,
    packets: u64,
    bytes: u64,
    key_log: Arc<KeyLog>,
    limits: Limits,
}

/// What an analyzer knows at one moment.
struct Known<'a> {
    demux: &'a Demux,
    trackers: &'a Trackers,
    start: Option<Timestamp>,
    end: Timestamp,
    packets: u64,
    bytes: u64,
    key_log: &'a Arc<KeyLog>,
}

/// What takes most memory: copied for a snapshot, moved at the end.
#[derive(Debug)]
pub(super) struct Bulk {
    pub(super) flows: Vec<FlowRecord>,
    pub(super) http: Vec<Exchange>,
    pub(super) dialogues: Vec<Dialogue>,
    pub(super) streams: Vec<Stream>,
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
            above: Above::new(Trackers::new(&limits)),
            start: None,
            end: Timestamp::default(),
            packets: 0,
            bytes: 0,
            key_log: Arc::default(),
            limits,
        }
    }

    /// Lets the upper half of the work be done on a thread of its own, when there is enough of it and a processor for it.
    #[must_use]
    pub fn on_two_threads(mut self) -> Self {
        if thread::available_parallelism().is_ok_and(|processors| processors.get() > 1) {
            self.above.allow_thread();
        }
        self
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
            self.above.trackers().streams.begin(frame.at);
        }
        self.end = self.end.max(frame.at);
        self.packets += 1;
        self.bytes += u64::from(frame.original_length);
        let above = &mut self.above;
        self.demux
            .push_known(frame, flow, &mut |seen, observation| {
                above.observe(seen, &observation);
            });
    }

    /// Takes the next frames.
    ///
    /// As [`Analyzer::push`] one by one, and quicker where many conversations run at once: what a packet needs is then seldom in a cache, and
    /// waiting for memory is most of the work. A look at all of them beforehand lets the processor wait for many at a time. With few there is
    /// nothing to wait for.
    pub fn push_run(&mut self, run: Run<'_>) {
        let flows = if self.demux.media_flows() < MANY_FLOWS {
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
        let mut sum = 0_u64;
        for (flow, payload) in flows.iter().zip(payloads) {
            if let Some((flow, _)) = *flow {
                sum = sum.wrapping_add(self.demux.table().warm(flow));
                // The frame's end is looked at too, to know it from its copies.
                sum = sum.wrapping_add(payload.last().copied().unwrap_or_default().into());
            }
        }
        // Else the compiler would leave out what nobody uses.
        black_box(sum);
        if let Some(trackers) = self.above.at_once() {
            let media = flows.iter().zip(payloads).filter_map(|(flow, payload)| {
                let (flow, direction) = (*flow)?;
                let (payload_type, ssrc) = glance(payload)?;
                Some(Glance {
                    flow,
                    direction,
                    payload_type,
                    ssrc,
                })
            });
            trackers.warm(media);
        }
        flows
    }

    /// An analyzer for what is to come, that knows names, keys and when the capture began. `before`: whose room it may use.
    pub(super) fn heir(&mut self, before: Option<Retired>) -> Self {
        let mut heir = Self::new(self.limits);
        if let Some((flows, http)) = before.map(Retired::into_room) {
            heir.demux.use_room(flows, http);
        }
        heir.start = self.start;
        let theirs = heir.above.trackers();
        if let Some(start) = self.start {
            theirs.streams.begin(start);
        }
        let ours = self.above.trackers();
        for (address, name) in ours.names.newer() {
            theirs.names.learn(*address, name);
        }
        heir.key_log = Arc::clone(&self.key_log);
        heir.demux.set_key_log(Arc::clone(&self.key_log));
        heir
    }

    /// Times of the capture's first frame and of the last so far; `None` before the first.
    pub(super) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.start?, self.end))
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
        let trackers = self.above.trackers();
        // Taken back first: what nobody shares needs no copy to change.
        self.demux.set_key_log(Arc::default());
        trackers.dtls.set_key_log(Arc::default());
        trackers.secured.set_key_log(Arc::default(), &[]);
        for fault in Arc::make_mut(&mut self.key_log).add(text) {
            trackers.faults.record(fault, None);
        }
        self.demux.set_key_log(self.key_log.clone());
        trackers.dtls.set_key_log(Arc::clone(&self.key_log));
        trackers
            .secured
            .set_key_log(Arc::clone(&self.key_log), trackers.dtls.associations());
    }

    /// Takes a name for an address, from the capture file itself.
    pub fn add_name(&mut self, address: IpAddr, name: &str) {
        self.above.trackers().names.learn(address, name);
    }

    /// The capture is over: what was held back for missing pieces is given up.
    pub fn finish(&mut self) {
        let above = &mut self.above;
        self.demux
            .finish(&mut |seen, observation| above.observe(seen, &observation));
    }

    /// Everything known so far, copied: for a screen while frames still come. `files`: what the source says of itself.
    pub fn snapshot(&mut self, files: &[FileInfo]) -> Analysis {
        let known = self.known();
        let bulk = Bulk {
            flows: known.demux.table().records().to_vec(),
            http: known.demux.tcp_conversations().exchanges().to_vec(),
            dialogues: known.trackers.signaling.dialogues().to_vec(),
            streams: known.trackers.streams.snapshot(),
        };
        known.conclude(bulk, files)
    }

    /// Everything known at the end, without copies of what fills memory.
    pub fn into_analysis(mut self, files: &[FileInfo]) -> Analysis {
        let bulk = self.take_bulk();
        self.forget_what_waits();
        self.known().conclude(bulk, files)
    }

    pub(super) fn take_bulk(&mut self) -> Bulk {
        let trackers = self.above.trackers();
        Bulk {
            flows: self.demux.table_mut().take_records(),
            http: self.demux.take_exchanges(),
            dialogues: trackers.signaling.take_dialogues(),
            streams: trackers.streams.take_all(),
        }
    }

    fn known(&mut self) -> Known<'_> {
        Known {
            demux: &self.demux,
            trackers: self.above.trackers(),
            start: self.start,
            end: self.end,
            packets: self.packets,
            bytes: self.bytes,
            key_log: &self.key_log,
        }
    }
}

impl Known<'_> {
    fn conclude(&self, bulk: Bulk, files: &[FileInfo]) -> Analysis {
        let scene = self.scene(bulk);
        let capture = self.capture(&scene, files);
        let (findings, verdicts) = rule::diagnose(&scene, &capture);
        Analysis {
            capture,
            scene,
            findings,
            verdicts,
            key_log: Arc::clone(self.key_log),
        }
    }

    fn scene(&self, bulk: Bulk) -> Scene {
        let trackers = self.trackers;
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
            is_much_cut: is_much_cut(self.demux.counts().truncated_packets, self.packets),
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
    mut progress: impl FnMut(&Source, &mut A) -> bool,
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

/// Conversations with media, whose counters no longer fit the nearer caches.
const MANY_FLOWS: usize = 128;

/// Between two calls of the progress function while nothing comes.
const PATIENCE: Duration = Duration::from_millis(100);

/// Frames between two calls of the progress function.
const PROGRESS_EVERY: usize = 4096;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ingest::raw::Input;
    use crate::vocab::fault::Layer;

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

    #[test]
    fn what_a_snap_length_cut_is_not_called_malformed() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/lossy/capture.pcapng");
        let read = |snap_length: usize| {
            let mut source = Source::open(vec![Input::Path(path.clone())]).unwrap();
            let mut analyzer = Analyzer::default();
            while let Some(item) = source.pull() {
                if let Item::Frame(frame) = item {
                    let data = frame.data.get(..snap_length).unwrap_or(frame.data);
                    analyzer.push(&Frame { data, ..frame });
                }
            }
            analyzer.finish();
            analyzer.into_analysis(&[]).capture
        };
        let (whole, cut) = (read(usize::MAX), read(96));
        assert!(whole.protocols.srtcp_packets > 0);
        assert_eq!(cut.protocols.srtcp_packets, whole.protocols.srtcp_packets);
        let rtcp = |(layer, ..): &(Layer, &str, _)| *layer == Layer::Rtcp;
        assert_eq!(cut.faults.rows().filter(rtcp).count(), 0);
    }
}
