//! Packet → stream: flows, scopes, the tables and their limits.
//!
//! A stream is known by its scope, its sender and its SSRC. At first each flow is a scope of its own; when the floors above learn
//! which peer connection a flow belongs to, they say so ([`RtpStreams::assign_scope`]), and equal SSRCs of one sender become one stream.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::track::rtp_stream::probation::Candidate;
use crate::track::rtp_stream::probation::Kept;
use crate::track::rtp_stream::probation::Probation;
pub use crate::track::rtp_stream::probation::Trust;
use crate::track::rtp_stream::slot::Key;
use crate::track::rtp_stream::slot::NOWHERE;
use crate::track::rtp_stream::slot::RECENT;
use crate::track::rtp_stream::slot::Recent;
use crate::track::rtp_stream::slot::Scope;
use crate::track::rtp_stream::slot::Slot;
use crate::track::rtp_stream::slot::side_of;
use crate::track::rtp_stream::state::State;
use crate::track::rtp_stream::stream::Stream;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::media::payload::Codec;
use crate::wire::media::picture::Picture;
use crate::wire::rtp::Header;

/// All RTP streams of a capture.
#[derive(Debug)]
pub struct RtpStreams {
    limits: Limits,
    /// Start of the capture, nanoseconds; of the first packet when nobody says.
    origin: Option<u64>,
    /// Flow → its slot plus one; 0 for flows without RTP.
    slot_of: Vec<u32>,
    slots: Vec<Slot>,
    by_key: HashMap<Key, u32, RandomState>,
    streams: Vec<Option<Box<Entry>>>,
    probation: Probation,
    counts: Counts,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Confirmed streams, about 7 KB each and 56 bytes per second of their time.
    pub streams: usize,
    /// Unconfirmed ones, about 700 bytes each.
    pub candidates: usize,
    /// Flows with packets that look like RTP.
    pub flows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams: 32_768,
            candidates: 1_024,
            flows: 65_536,
        }
    }
}

/// Packets by their fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Packets of confirmed streams, copies on a second path included.
    pub confirmed: u64,
    /// Packets that looked like RTP and were never confirmed, or are not yet.
    pub unconfirmed: u64,
    /// Packets left out because a limit was reached.
    pub over_limit: u64,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It belongs to a confirmed stream.
    Counted,
    /// It waits for others that agree.
    Waiting,
    /// A limit was reached.
    OverLimit,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    state: State,
}

impl Entry {
    fn snapshot(&self) -> Stream {
        match self.key.0 {
            Scope::Flow(_) => self.state.snapshot(None, None),
            Scope::Shared(scope) => {
                let side = if self.key.1 == 0 { Side::A } else { Side::B };
                self.state.snapshot(Some(scope), Some(side))
            }
        }
    }
}

impl Default for RtpStreams {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl RtpStreams {
    /// An empty tracker.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            origin: None,
            slot_of: Vec::new(),
            slots: Vec::new(),
            by_key: HashMap::default(),
            streams: Vec::new(),
            probation: Probation::new(limits.candidates),
            counts: Counts::default(),
        }
    }

    /// Says when the capture starts, so that all series begin there. Without it the first packet's time is taken.
    pub fn begin(&mut self, start: Timestamp) {
        self.origin.get_or_insert_with(|| start.nanos());
    }

    /// Takes an RTP packet. Allocates nothing when its stream is known.
    #[inline]
    pub fn observe(&mut self, seen: Sighting, header: &Header<'_>) -> Fate {
        let ssrc = header.ssrc();
        if let Some(&place) = self.slot_of.get(seen.flow.index())
            && let Some(slot) = self.slots.get((place as usize).wrapping_sub(1))
            && let Some(recent) = slot.recent[seen.direction.index()]
                .iter()
                .find(|recent| recent.ssrc == ssrc && recent.stream != NOWHERE)
            && let Some(Some(entry)) = self.streams.get_mut(recent.stream as usize)
        {
            let padding = padding_of(header);
            entry
                .state
                .observe(recent.path as usize, seen, header, padding);
            self.counts.confirmed += 1;
            return Fate::Counted;
        }
        self.observe_slowly(seen, header)
    }

    /// A packet's index (RFC 3711 §3.3.1) when it was counted in `stream` just now and may tell whether its frame is a key frame.
    #[inline]
    pub fn open_frame(&self, stream: usize, header: &Header<'_>) -> Option<u64> {
        let entry = self.streams.get(stream)?.as_ref()?;
        entry.state.open_frame(header)
    }

    /// Says that a packet of the frame with this timestamp is kept, to tell of it later.
    pub fn put_off(&mut self, stream: usize, timestamp: u32) {
        if let Some(Some(entry)) = self.streams.get_mut(stream) {
            entry.state.key_frames.put_off(timestamp);
        }
    }

    /// Says what a packet of `stream`, read as a codec's, after decryption or without, tells of its frame.
    pub fn tell(
        &mut self,
        stream: usize,
        seen: Sighting,
        timestamp: u32,
        reading: (Codec, bool),
        picture: Picture,
    ) {
        if let Some(Some(entry)) = self.streams.get_mut(stream) {
            let key_frames = &mut entry.state.key_frames;
            key_frames.tell(seen, timestamp, reading, picture);
        }
    }

    /// The stream that a packet to come most likely belongs to, for [`RtpStreams::warm`] and [`RtpStreams::warm_deep`].
    #[inline]
    pub fn glance(&self, flow: FlowId, direction: Direction, ssrc: Ssrc) -> Option<usize> {
        let place = *self.slot_of.get(flow.index())? as usize;
        let slot = self.slots.get(place.wrapping_sub(1))?;
        let recent = slot.recent[direction.index()]
            .iter()
            .find(|recent| recent.ssrc == ssrc && recent.stream != NOWHERE)?;
        Some(recent.stream as usize)
    }

    /// Has the processor fetch the stream's counters; the number means nothing.
    #[inline]
    pub fn warm(&self, stream: usize) -> u64 {
        self.streams
            .get(stream)
            .and_then(Option::as_ref)
            .map_or(0, |entry| entry.state.warm())
    }

    /// The same for what the counters point to; for when they are at hand.
    #[inline]
    pub fn warm_deep(&self, stream: usize, payload_type: PayloadType) -> u64 {
        self.streams
            .get(stream)
            .and_then(Option::as_ref)
            .map_or(0, |entry| entry.state.warm_deep(payload_type))
    }

    /// Says that `flow` is known to carry media, which asks for fewer packets before a stream is believed.
    pub fn trust_flow(&mut self, flow: FlowId, trust: Trust) {
        let Some(place) = self.slot(flow) else {
            return;
        };
        let Some(slot) = self.slots.get_mut(place as usize) else {
            return;
        };
        if trust > slot.trust {
            slot.trust = trust;
            for candidate in self.probation.promote(place, trust.packets_needed()) {
                self.confirm(&candidate);
            }
        }
    }

    /// Says that `flow` belongs to peer connection `scope`, and whether the sender of its first frame is side A there.
    ///
    /// May come at any time: streams that turn out to be one are merged. A stream that another flow shares already stays where it is.
    pub fn assign_scope(&mut self, flow: FlowId, scope: u32, forward_is_a: bool) {
        let Some(place) = self.slot(flow) else {
            return;
        };
        let Some(slot) = self.slots.get_mut(place as usize) else {
            return;
        };
        if slot.scope == Scope::Shared(scope) && slot.forward_is_a == forward_is_a {
            return;
        }
        slot.scope = Scope::Shared(scope);
        slot.forward_is_a = forward_is_a;
        if !slot.carries {
            return;
        }
        let mut moved = false;
        for index in 0..self.streams.len() {
            let Some(Some(entry)) = self.streams.get(index) else {
                continue;
            };
            let all_here = entry.state.paths.iter().all(|path| path.flow == flow);
            if let (true, Some(path)) = (all_here, entry.state.paths.first()) {
                let way = side_of(path.direction, forward_is_a).index() as u8;
                self.rekey(index, (Scope::Shared(scope), way, entry.state.ssrc));
                moved = true;
            }
        }
        // What the slots remember of streams that moved is no longer true. Most flows are assigned before their first stream.
        if moved {
            for slot in &mut self.slots {
                slot.recent = [[Recent::NONE; RECENT]; 2];
            }
        }
    }

    /// The confirmed streams, in order of first frame.
    pub fn snapshot(&self) -> Vec<Stream> {
        in_order(self.streams.iter().flatten().map(|entry| entry.snapshot()))
    }

    /// The same at the end of the capture: the counters behind each are freed as soon as it is made.
    pub fn take_all(&mut self) -> Vec<Stream> {
        let entries = std::mem::take(&mut self.streams).into_iter().flatten();
        in_order(entries.map(|entry| entry.snapshot()))
    }

    /// Number of confirmed streams.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// No confirmed stream?
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Packets by their fate, so far.
    pub fn counts(&self) -> Counts {
        Counts {
            unconfirmed: self.probation.given_up + self.probation.waiting(),
            ..self.counts
        }
    }

    /// The packet's stream is not among the latest of its flow, or is not confirmed.
    #[cold]
    fn observe_slowly(&mut self, seen: Sighting, header: &Header<'_>) -> Fate {
        let origin = *self.origin.get_or_insert_with(|| seen.at.nanos());
        let Some(place) = self.slot(seen.flow) else {
            self.counts.over_limit += 1;
            return Fate::OverLimit;
        };
        let Some(slot) = self.slots.get(place as usize) else {
            return Fate::OverLimit;
        };
        let padding = padding_of(header);
        let key = slot.key(seen.direction, header.ssrc());
        if let Some(&index) = self.by_key.get(&key) {
            self.counts.confirmed += 1;
            self.count(index, seen, header, padding);
            return Fate::Counted;
        }
        let trust = slot.trust;
        if trust.packets_needed() == 1 {
            return self.create(origin, key, seen, header, padding);
        }
        let waiting = (place, seen.direction.index() as u8, header.ssrc());
        let kept = Kept::new(seen, header, padding);
        match self.probation.observe(waiting, kept, trust) {
            Some(candidate) => self.confirm(&candidate),
            None => Fate::Waiting,
        }
    }

    /// Counts the packets that waited.
    fn confirm(&mut self, candidate: &Candidate) -> Fate {
        let (place, ..) = candidate.key();
        let mut fate = Fate::Waiting;
        for kept in candidate.packets() {
            let (Some(header), Some(slot)) = (kept.header(), self.slots.get(place as usize)) else {
                continue;
            };
            let origin = *self.origin.get_or_insert_with(|| kept.seen.at.nanos());
            let key = slot.key(kept.seen.direction, header.ssrc());
            if let Some(&index) = self.by_key.get(&key) {
                self.counts.confirmed += 1;
                self.count(index, kept.seen, &header, kept.padding);
                fate = Fate::Counted;
            } else {
                fate = self.create(origin, key, kept.seen, &header, kept.padding);
            }
        }
        fate
    }

    /// Begins a stream, if there is room.
    fn create(
        &mut self,
        origin: u64,
        key: Key,
        seen: Sighting,
        header: &Header<'_>,
        padding: usize,
    ) -> Fate {
        if self.by_key.len() >= self.limits.streams {
            self.counts.over_limit += 1;
            return Fate::OverLimit;
        }
        let state = State::new(origin, seen, header, padding);
        let index = self.streams.len() as u32;
        self.streams.push(Some(Box::new(Entry { key, state })));
        self.by_key.insert(key, index);
        self.counts.confirmed += 1;
        self.remember(index, seen, header.ssrc(), 0);
        Fate::Counted
    }

    /// Counts a packet in a known stream, and remembers it as the flow's latest.
    fn count(&mut self, index: u32, seen: Sighting, header: &Header<'_>, padding: usize) {
        let Some(Some(entry)) = self.streams.get_mut(index as usize) else {
            return;
        };
        let path = entry.state.path(seen);
        entry.state.observe(path, seen, header, padding);
        self.remember(index, seen, header.ssrc(), path as u32);
    }

    fn remember(&mut self, stream: u32, seen: Sighting, ssrc: Ssrc, path: u32) {
        let way = seen.direction.index();
        let place = self
            .slot_of
            .get(seen.flow.index())
            .map_or(0, |&p| p as usize);
        let Some(slot) = self.slots.get_mut(place.wrapping_sub(1)) else {
            return;
        };
        slot.carries = true;
        let next = slot.next_recent[way];
        slot.next_recent[way] = (next + 1) % RECENT;
        if let Some(recent) = slot.recent[way].get_mut(next) {
            *recent = Recent { ssrc, stream, path };
        }
    }

    /// Gives a stream a new key; one that is there already takes it in.
    fn rekey(&mut self, index: usize, key: Key) {
        let Some(mut entry) = self.streams.get_mut(index).and_then(Option::take) else {
            return;
        };
        self.by_key.remove(&entry.key);
        let there = self.by_key.get(&key).map(|&there| there as usize);
        if let Some(Some(there)) = there.and_then(|there| self.streams.get_mut(there)) {
            there.state.absorb(entry.state);
            return;
        }
        entry.key = key;
        self.by_key.insert(key, index as u32);
        if let Some(place) = self.streams.get_mut(index) {
            *place = Some(entry);
        }
    }

    /// The flow's slot, made if need be; `None` when there are too many.
    fn slot(&mut self, flow: FlowId) -> Option<u32> {
        match self.slot_of.get(flow.index()) {
            Some(&place) if place > 0 => return Some(place - 1),
            _ => {}
        }
        if self.slots.len() >= self.limits.flows || flow.index() >= MOST_FLOW_IDS {
            return None;
        }
        if self.slot_of.len() <= flow.index() {
            self.slot_of.resize(flow.index() + 1, 0);
        }
        self.slots.push(Slot::new(flow));
        let place = self.slots.len() as u32;
        *self.slot_of.get_mut(flow.index())? = place;
        Some(place - 1)
    }
}

fn in_order(streams: impl Iterator<Item = Stream>) -> Vec<Stream> {
    let mut streams: Vec<Stream> = streams.collect();
    streams.sort_by_key(|stream| (stream.first.frame, stream.ssrc));
    streams
}

/// Padding as the last byte says; nothing when it can't be true, as on SRTP often.
#[inline]
fn padding_of(header: &Header<'_>) -> usize {
    if header.has_padding() {
        header.padding().unwrap_or(0)
    } else {
        0
    }
}

/// Flow ids are table positions; a larger one can't be meant.
const MOST_FLOW_IDS: usize = 1 << 24;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::rtp_stream::stream::Protection;
    use crate::vocab::ids::FrameNumber;

    /// Feeds packets made on the spot; each call is one frame, a millisecond apart.
    struct Wire {
        streams: RtpStreams,
        frame: u64,
        at: u64,
    }

    impl Wire {
        fn new() -> Self {
            Self {
                streams: RtpStreams::default(),
                frame: 0,
                at: 1_000_000_000,
            }
        }

        fn send(
            &mut self,
            flow: u32,
            direction: Direction,
            ssrc: u32,
            sequence: u16,
            timestamp: u32,
        ) -> Fate {
            self.frame += 1;
            self.at += 1_000_000;
            let mut packet = vec![0x80, 111];
            packet.extend(sequence.to_be_bytes());
            packet.extend(timestamp.to_be_bytes());
            packet.extend(ssrc.to_be_bytes());
            packet.extend([0; 110]);
            let seen = Sighting {
                at: Timestamp::from_nanos(self.at),
                frame: FrameNumber::new(0, self.frame),
                flow: FlowId(flow),
                direction,
            };
            self.streams.observe(seen, &Header::new(&packet).unwrap())
        }

        fn run(
            &mut self,
            flow: u32,
            direction: Direction,
            ssrc: u32,
            sequences: std::ops::Range<u16>,
        ) {
            for sequence in sequences {
                self.at += 19_000_000;
                self.send(flow, direction, ssrc, sequence, u32::from(sequence) * 960);
            }
        }
    }

    #[test]
    fn an_unknown_flow_needs_three_packets_and_counts_from_the_first() {
        let mut wire = Wire::new();
        wire.run(0, Direction::Forward, 7, 10..12);
        assert!(wire.streams.is_empty());
        assert_eq!(wire.streams.counts().unconfirmed, 2);
        wire.run(0, Direction::Forward, 7, 12..20);
        let stream = &wire.streams.snapshot()[0];
        assert_eq!(
            (stream.packets, stream.first.frame),
            (10, FrameNumber::new(0, 1))
        );
        assert_eq!(
            (stream.packets_lost, stream.payload_type()),
            (0, Some(PayloadType(111)))
        );
        let protection = Protection::Srtp { tag_length: 10 };
        assert_eq!(
            (stream.header_bytes, stream.payload_bytes(protection)),
            (120, 1_000)
        );
        assert_eq!(wire.streams.counts().confirmed, 10);
    }

    #[test]
    fn packets_that_disagree_never_become_a_stream() {
        let mut wire = Wire::new();
        for i in 0..2_000_u32 {
            // An SSRC each; then one SSRC with a constant number; then random timestamps.
            wire.send(0, Direction::Forward, i, i as u16, i);
            wire.send(1, Direction::Forward, 0, 0x0100, 0);
            wire.send(
                2,
                Direction::Forward,
                9,
                i as u16,
                i.wrapping_mul(0x9e37_79b9),
            );
        }
        assert!(wire.streams.is_empty());
        assert_eq!(wire.streams.counts().unconfirmed, 6_000);
    }

    #[test]
    fn trust_lowers_the_bar_and_promotes_what_waits() {
        let mut wire = Wire::new();
        wire.run(0, Direction::Forward, 7, 10..12);
        wire.streams.trust_flow(FlowId(0), Trust::Checked);
        assert_eq!(wire.streams.snapshot()[0].packets, 2);
        assert_eq!(wire.send(0, Direction::Reverse, 8, 1, 1), Fate::Waiting);
        wire.streams.trust_flow(FlowId(0), Trust::Negotiated);
        assert_eq!(wire.streams.len(), 2);
        assert_eq!(wire.send(0, Direction::Forward, 9, 1, 1), Fate::Counted);
    }

    #[test]
    fn a_stream_that_moves_to_another_flow_stays_one() {
        let mut wire = Wire::new();
        wire.streams.assign_scope(FlowId(0), 5, true);
        wire.run(0, Direction::Forward, 7, 65_500..65_535);
        // The new path was opened by the other side.
        wire.streams.assign_scope(FlowId(1), 5, false);
        wire.run(1, Direction::Reverse, 7, 0..10);
        let streams = wire.streams.snapshot();
        assert_eq!(streams.len(), 1);
        let paths: Vec<_> = streams[0]
            .paths
            .iter()
            .map(|p| (p.flow.0, p.packets))
            .collect();
        assert_eq!(paths, [(0, 35), (1, 10)]);
        assert_eq!(
            (streams[0].scope, streams[0].sender),
            (Some(5), Some(Side::A))
        );
        assert_eq!((streams[0].packets, streams[0].packets_lost), (45, 1));
    }

    #[test]
    fn a_late_assignment_merges_what_was_two() {
        let mut wire = Wire::new();
        wire.run(0, Direction::Forward, 7, 0..20);
        wire.run(1, Direction::Forward, 7, 22..40);
        assert_eq!(wire.streams.len(), 2);
        wire.streams.assign_scope(FlowId(0), 5, true);
        wire.streams.assign_scope(FlowId(1), 5, true);
        let streams = wire.streams.snapshot();
        let stream = &streams[0];
        assert_eq!(
            (streams.len(), stream.packets, stream.packets_lost),
            (1, 38, 2)
        );
        assert_eq!((stream.paths.len(), stream.frames.count), (2, 38));
        let series: u32 = stream.series.buckets.iter().map(|b| b.packets).sum();
        let lost: u32 = stream.series.buckets.iter().map(|b| b.lost).sum();
        assert_eq!((series, lost), (38, 2));
        wire.run(1, Direction::Forward, 7, 40..45);
        assert_eq!(wire.streams.snapshot()[0].packets, 43);
    }

    #[test]
    fn copies_on_a_second_path_count_there_only() {
        let mut wire = Wire::new();
        wire.streams.assign_scope(FlowId(0), 5, true);
        wire.streams.assign_scope(FlowId(1), 5, true);
        for sequence in 0..50 {
            wire.send(
                0,
                Direction::Forward,
                7,
                sequence,
                u32::from(sequence) * 960,
            );
            if sequence > 3 {
                wire.send(
                    1,
                    Direction::Forward,
                    7,
                    sequence,
                    u32::from(sequence) * 960,
                );
            }
        }
        let stream = &wire.streams.snapshot()[0];
        assert_eq!((stream.packets, stream.packets_duplicated), (50, 0));
        assert_eq!((stream.paths[1].packets, stream.paths[1].copies), (46, 46));
    }

    #[test]
    fn late_copies_are_merged_as_copies() {
        let mut wire = Wire::new();
        for sequence in 0..50 {
            wire.send(
                0,
                Direction::Forward,
                7,
                sequence,
                u32::from(sequence) * 960,
            );
            wire.send(
                1,
                Direction::Forward,
                7,
                sequence,
                u32::from(sequence) * 960,
            );
        }
        wire.streams.assign_scope(FlowId(0), 5, true);
        wire.streams.assign_scope(FlowId(1), 5, true);
        let stream = &wire.streams.snapshot()[0];
        assert_eq!(
            (
                stream.packets,
                stream.packets_lost,
                stream.packets_duplicated
            ),
            (50, 0, 0)
        );
        assert_eq!((stream.frames.count, stream.paths[1].copies), (50, 50));
    }

    #[test]
    fn a_repeat_on_the_same_path_is_a_duplicate() {
        let mut wire = Wire::new();
        wire.run(0, Direction::Forward, 7, 0..10);
        wire.run(0, Direction::Forward, 7, 9..12);
        let stream = &wire.streams.snapshot()[0];
        assert_eq!(
            (
                stream.packets,
                stream.packets_duplicated,
                stream.packets_lost
            ),
            (13, 1, 0)
        );
    }

    #[test]
    fn a_mute_is_a_gap_with_continuous_numbers() {
        let mut wire = Wire::new();
        wire.run(0, Direction::Forward, 7, 0..10);
        wire.at += 3_000_000_000;
        wire.run(0, Direction::Forward, 7, 10..20);
        let stream = &wire.streams.snapshot()[0];
        assert_eq!(
            (stream.gap_count, stream.gaps[0].is_continuous()),
            (1, true)
        );
        assert_eq!(stream.gaps[0].duration().as_millis(), 3_020);
    }

    #[test]
    fn both_senders_may_use_one_ssrc() {
        let mut wire = Wire::new();
        wire.run(0, Direction::Forward, 7, 0..10);
        wire.run(0, Direction::Reverse, 7, 500..510);
        wire.streams.assign_scope(FlowId(0), 1, false);
        let senders: Vec<_> = wire.streams.snapshot().iter().map(|s| s.sender).collect();
        assert_eq!(senders, [Some(Side::B), Some(Side::A)]);
    }

    #[test]
    fn limits_are_counted() {
        let mut wire = Wire::new();
        wire.streams = RtpStreams::new(Limits {
            streams: 2,
            candidates: 4,
            flows: 8,
        });
        (0..6).for_each(|ssrc| wire.run(0, Direction::Forward, ssrc, 0..10));
        assert_eq!(wire.streams.len(), 2);
        assert_eq!(wire.streams.counts().confirmed, 20);
        (10..40).for_each(|flow| wire.run(flow, Direction::Forward, 1, 0..1));
        let counts = wire.streams.counts();
        assert_eq!(
            counts.confirmed + counts.unconfirmed + counts.over_limit,
            wire.frame
        );
        assert_eq!(
            wire.send(u32::MAX, Direction::Forward, 1, 1, 1),
            Fate::OverLimit
        );
    }
}
