//! The counters of one stream: the packet path. Once a stream exists, a packet allocates nothing here but, now and then, room
//! for a time not reached before, a payload type, or an extension's value.

use std::time::Duration;

use crate::track::rtp_stream::extensions::ExtensionLog;
use crate::track::rtp_stream::frames::FrameMeter;
use crate::track::rtp_stream::jitter::JitterMeter;
use crate::track::rtp_stream::jitter::static_rate;
use crate::track::rtp_stream::key_frames::KeyFrameMeter;
use crate::track::rtp_stream::payload_types::PayloadTypes;
use crate::track::rtp_stream::sequence::Pace;
use crate::track::rtp_stream::sequence::Place;
use crate::track::rtp_stream::sequence::Sequences;
use crate::track::rtp_stream::series::SeriesMeter;
use crate::track::rtp_stream::stream::ClockGuess;
use crate::track::rtp_stream::stream::Gap;
use crate::track::rtp_stream::stream::Path;
use crate::track::rtp_stream::stream::Stream;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;
use crate::wire::rtp::Header;

/// A running stream.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) ssrc: Ssrc,
    pub(super) first: Sighting,
    pub(super) last: Sighting,
    pub(super) packets: u64,
    pub(super) header_bytes: u64,
    pub(super) rest_bytes: u64,
    pub(super) padded_packets: u64,
    pub(super) padding_bytes: u64,
    pub(super) markers: u64,
    pub(super) first_timestamp: u32,
    /// Timestamp of the packet with the highest sequence number.
    pub(super) high_timestamp: u32,
    /// The path that brought the last new packet: a repeat on another one is a copy.
    pub(super) lead: usize,
    pub(super) paths: Vec<Path>,
    pub(super) sequences: Sequences,
    pub(super) jitter: JitterMeter,
    pub(super) frames: FrameMeter,
    pub(super) key_frames: KeyFrameMeter,
    pub(super) series: SeriesMeter,
    pub(super) extensions: ExtensionLog,
    pub(super) payload_types: PayloadTypes,
    pub(super) gaps: Vec<Gap>,
    pub(super) gap_count: u64,
}

impl State {
    /// A stream that begins with this packet, in a capture that starts at `origin` nanoseconds.
    pub(super) fn new(origin: u64, seen: Sighting, header: &Header<'_>, padding: usize) -> Self {
        let at = seen.at.nanos();
        let mut state = Self {
            ssrc: header.ssrc(),
            first: seen,
            last: seen,
            packets: 0,
            header_bytes: 0,
            rest_bytes: 0,
            padded_packets: 0,
            padding_bytes: 0,
            markers: 0,
            first_timestamp: header.timestamp(),
            high_timestamp: header.timestamp(),
            lead: 0,
            paths: Vec::with_capacity(2),
            sequences: Sequences::new(header.sequence()),
            jitter: JitterMeter::new(at, header.timestamp()),
            frames: FrameMeter::new(seen, header.timestamp(), header.payload_length() as u32),
            key_frames: KeyFrameMeter::default(),
            series: SeriesMeter::new(origin, at),
            extensions: ExtensionLog::new(),
            payload_types: PayloadTypes::default(),
            gaps: Vec::new(),
            gap_count: 0,
        };
        let path = state.path(seen);
        state.count(path, seen, header, padding);
        let bucket = state.series.bucket(at);
        bucket.add(header.payload_length(), padding);
        bucket.frames += 1;
        state
    }

    /// Position of the path that `seen` is on; a new one if there is room, else the last.
    pub(super) fn path(&mut self, seen: Sighting) -> usize {
        let known = self
            .paths
            .iter()
            .position(|p| p.flow == seen.flow && p.direction == seen.direction);
        known.unwrap_or_else(|| {
            if self.paths.len() < MOST_PATHS {
                self.paths.push(Path {
                    flow: seen.flow,
                    direction: seen.direction,
                    packets: 0,
                    copies: 0,
                    first: seen,
                    last: seen,
                });
            }
            self.paths.len() - 1
        })
    }

    /// Takes the next packet; `padding` is what its last byte says, for plain packets.
    #[inline]
    pub(super) fn observe(
        &mut self,
        path: usize,
        seen: Sighting,
        header: &Header<'_>,
        padding: usize,
    ) {
        let at = seen.at.nanos();
        let last_at = self.last.at.nanos();
        let timestamp = header.timestamp();
        let newer = timestamp.wrapping_sub(self.high_timestamp).cast_signed() > 0;
        let pace = Pace {
            silence: at.saturating_sub(last_at),
            packets: self.packets,
            span: last_at.saturating_sub(self.first.at.nanos()),
        };
        let place = self.sequences.observe(header.sequence(), newer, pace);
        let mut skipped = 0;
        match place {
            Place::Ahead { skipped: numbers } => {
                skipped = numbers;
                self.high_timestamp = timestamp;
                self.lead = path;
            }
            Place::Repeated => {
                if path != self.lead {
                    self.sequences.repeated -= 1;
                    self.copy(path, seen);
                    return;
                }
            }
            Place::Restarted => {
                self.high_timestamp = timestamp;
                self.lead = path;
            }
            Place::Late | Place::Early { .. } | Place::Doubtful => {}
        }
        if pace.silence >= GAP_NANOS {
            self.note_gap(seen, skipped);
        }
        self.count(path, seen, header, padding);
        let ended = match place {
            Place::Repeated | Place::Doubtful => None,
            Place::Restarted => {
                self.jitter.resume(at, timestamp);
                self.frames.resume(at, timestamp);
                self.frames
                    .observe(seen, timestamp, header.payload_length() as u32)
            }
            Place::Ahead { .. } | Place::Late | Place::Early { .. } => {
                self.jitter.observe(at, timestamp);
                self.frames
                    .observe(seen, timestamp, header.payload_length() as u32)
            }
        };
        let jitter = self.jitter.jitters();
        if let Some(size) = ended {
            // Before the next bucket is opened: a frame counts where its last packet came.
            self.series.end_frame(size);
        }
        let bucket = self.series.bucket(at);
        bucket.add(header.payload_length(), padding);
        bucket.frames = bucket.frames.saturating_add(ended.is_some().into());
        bucket.jitter = jitter;
        match place {
            Place::Ahead { skipped } => {
                bucket.lost = bucket.lost.saturating_add(skipped as u32);
            }
            Place::Early { grown } => {
                bucket.lost = bucket.lost.saturating_add((grown - 1) as u32);
            }
            Place::Late => self.series.found(),
            Place::Repeated | Place::Doubtful | Place::Restarted => {}
        }
    }

    /// The packet's index, when it is of the frame that began last and no packet has said yet whether that is a key frame.
    pub(super) fn open_frame(&self, header: &Header<'_>) -> Option<u64> {
        let timestamp = header.timestamp();
        let open = self.frames.is_current(timestamp) && self.key_frames.is_open(timestamp);
        open.then(|| self.sequences.index(header.sequence()))?
    }

    /// A field of each cache line that the next packet touches; what they add up to means nothing.
    #[inline]
    pub(super) fn warm(&self) -> u64 {
        let own = [
            self.packets,
            self.lead as u64,
            self.last.at.nanos(),
            self.gap_count,
            self.sequences.unique(),
            self.jitter.last_timestamp().into(),
            self.frames.warm(),
            self.series.warm(),
            self.extensions.warm(),
        ];
        own.into_iter().fold(0, u64::wrapping_add)
    }

    /// The same behind the pointers, for a packet of this payload type.
    #[inline]
    pub(super) fn warm_deep(&self, payload_type: PayloadType) -> u64 {
        let path = self.paths.get(self.lead);
        let behind = [
            path.map_or(0, |path| path.packets),
            path.map_or(0, |path| path.last.at.nanos()),
            self.payload_types.of(payload_type).into(),
            self.sequences.warm_deep(),
            self.frames.warm_deep(),
        ];
        behind.into_iter().fold(0, u64::wrapping_add)
    }

    /// What the floors above read.
    pub(super) fn snapshot(&self, scope: Option<u32>, sender: Option<Side>) -> Stream {
        let payload_types = self.payload_types.most_used_first();
        let declared = payload_types
            .first()
            .and_then(|&(kind, _)| static_rate(kind));
        Stream {
            ssrc: self.ssrc,
            scope,
            sender,
            first: self.first,
            last: self.last,
            paths: self.paths.clone(),
            packets: self.packets,
            header_bytes: self.header_bytes,
            rest_bytes: self.rest_bytes,
            padded_packets: self.padded_packets,
            padding_bytes: self.padding_bytes,
            markers: self.markers,
            payload_types,
            extended_highest_sequence: self.sequences.extended_highest(),
            packets_lost: self.sequences.lost(),
            packets_reordered: self.sequences.reordered,
            packets_duplicated: self.sequences.repeated,
            sequence_restarts: self.sequences.restarts,
            timestamps: (self.first_timestamp, self.jitter.last_timestamp()),
            clock: declared
                .or_else(|| self.jitter.nearest_rate())
                .map(|rate| ClockGuess {
                    rate,
                    basis: Basis::Inferred,
                }),
            jitter: self.jitter.jitters(),
            frames: self.frames.snapshot(),
            key_frames: self.key_frames.snapshot(),
            gaps: self.gaps.clone(),
            gap_count: self.gap_count,
            extension_ids: self.extensions.ids(),
            extension_values: self.extensions.values(),
            series: self.series.snapshot(),
        }
    }

    /// Adds the packet to all sums that don't depend on its place.
    #[inline]
    fn count(&mut self, path: usize, seen: Sighting, header: &Header<'_>, padding: usize) {
        let rest = header.payload_length() as u64;
        self.packets += 1;
        self.header_bytes += header.header_length() as u64;
        self.rest_bytes += rest;
        self.padded_packets += u64::from(header.has_padding());
        self.padding_bytes += padding as u64;
        self.markers += u64::from(header.marker());
        self.payload_types.add(header.payload_type(), 1);
        if let Some(path) = self.paths.get_mut(path) {
            path.packets += 1;
            path.last = seen;
        }
        if let Some(extension) = header.extension() {
            self.extensions.observe(&extension);
        }
        // A capture may step back; the stream's end does not.
        if seen.at >= self.last.at {
            self.last = seen;
        }
    }

    /// A packet that came on another path already.
    fn copy(&mut self, path: usize, seen: Sighting) {
        if let Some(path) = self.paths.get_mut(path) {
            path.packets += 1;
            path.copies += 1;
            path.last = seen;
        }
    }

    #[cold]
    fn note_gap(&mut self, after: Sighting, skipped: u64) {
        self.gap_count += 1;
        if self.gaps.len() < Stream::GAPS_KEPT {
            self.gaps.push(Gap {
                before: self.last,
                after,
                skipped,
            });
        }
    }
}

/// Paths kept per stream; packets of further ones count in the last.
const MOST_PATHS: usize = 16;
/// A silence worth noting: longer than any voice codec's comfort noise interval.
pub(super) const GAP: Duration = Duration::from_secs(1);
const GAP_NANOS: u64 = GAP.as_nanos() as u64;
