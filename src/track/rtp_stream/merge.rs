//! Two entries that turn out to be one stream: the same sender and SSRC on two flows of one peer connection.
//!
//! Either the stream moved (ICE restart, relay to direct): the second goes on where the first ended. Or the flows are two views
//! of the same packets (two capture points, both legs of a relay): then the second only adds what the first had missed.

use crate::track::rtp_stream::state::GAP;
use crate::track::rtp_stream::state::State;
use crate::track::rtp_stream::stream::Gap;
use crate::track::rtp_stream::stream::Stream;

impl State {
    /// Makes one stream of this and `other`. Figures over time are exact when the stream moved, and of the fuller entry when it was mirrored.
    pub(super) fn absorb(&mut self, other: Self) {
        let (mut first, mut second) = (self.clone(), other);
        if second.first.frame < first.first.frame {
            std::mem::swap(&mut first, &mut second);
        }
        let later = second.first.at >= first.last.at;
        let mut sequences = first.sequences.clone();
        let both = sequences.absorb(&second.sequences, later);
        let mut paths = first.paths.clone();
        paths.append(&mut second.paths);
        let mirrored = both * 2 > first.sequences.unique().min(second.sequences.unique());
        if mirrored {
            paths
                .iter_mut()
                .skip(first.paths.len())
                .for_each(|path| path.copies = path.packets.min(both));
            let fuller_is_second = second.sequences.unique() > first.sequences.unique();
            let began = (first.first, first.first_timestamp);
            let mut fuller = if fuller_is_second { second } else { first };
            (fuller.first, fuller.first_timestamp) = began;
            fuller
                .series
                .settle_lost(sequences.lost(), fuller.last.at.nanos());
            *self = fuller;
        } else {
            first.append(second, both);
            first
                .series
                .settle_lost(sequences.lost(), first.last.at.nanos());
            *self = first;
        }
        self.sequences = sequences;
        self.paths = paths;
        self.lead = self.paths.len() - 1;
    }

    /// Goes on with `later`; `both` packets came on both paths.
    fn append(&mut self, mut later: Self, both: u64) {
        // Which packets came twice is known by their number only: their bytes are taken as average ones.
        let share = |sum: u64| {
            let kept = later.packets.saturating_sub(both);
            (u128::from(sum) * u128::from(kept) / u128::from(later.packets.max(1))) as u64
        };
        self.packets += share(later.packets);
        self.header_bytes += share(later.header_bytes);
        self.rest_bytes += share(later.rest_bytes);
        self.padded_packets += share(later.padded_packets);
        self.padding_bytes += share(later.padding_bytes);
        self.markers += share(later.markers);
        self.payload_types.absorb(&later.payload_types);
        let silence = later.first.at.since(self.last.at);
        if silence >= GAP {
            self.gap_count += 1;
            let skipped = later
                .sequences
                .first_sequence()
                .wrapping_sub(self.sequences.last_sequence().wrapping_add(1));
            self.gaps.push(Gap {
                before: self.last,
                after: later.first,
                skipped: skipped.into(),
            });
        }
        self.gaps.append(&mut later.gaps);
        self.gaps.truncate(Stream::GAPS_KEPT);
        self.gap_count += later.gap_count;
        self.extensions.absorb(&later.extensions);
        self.frames.append(later.frames);
        self.key_frames.append(later.key_frames);
        self.series.append(later.series);
        self.jitter = later.jitter;
        self.high_timestamp = later.high_timestamp;
        if later.last.at >= self.last.at {
            self.last = later.last;
        }
    }
}
