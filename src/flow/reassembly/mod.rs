//! TCP segments to ordered bytes (RFC 9293), seen from outside: the receiver's part, without the receiver.
//!
//! A receiver can ask for what is missing; an observer can only wait and then go on. So each direction is a run of
//! bytes with, now and then, a hole:
//!
//! ```text
//!  segments as captured     [1000..1500) [2000..2500) [1500..2000)        [3000..3500)          ack 3500
//!  chunks as handed on       Data          …waits…     Data, Data          …waits…               Gap 500, Data
//! ```
//!
//! What happens to the odd ones:
//!
//! | seen | done |
//! | --- | --- |
//! | out of order | kept until the hole before it closes |
//! | the same bytes twice | the first copy stands; a fault when the copies differ |
//! | a hole that the peer acknowledged | the peer has the bytes, the capture does not: `Gap`, and on |
//! | a hole that nobody closes | `Gap` after [`gap::PATIENCE`], or when the budget is used up |
//! | a segment cut by the snap length | its bytes, then a `Gap` of what was cut |
//! | no SYN | the stream starts at the first byte seen |
//! | SYN with a new initial sequence number | the port was used again: a new connection |
//! | keep-alive and zero-window probes | counted; a probe's byte is a repeat or is delivered |
//! | a sequence number far from everything known | held against the stream until a second one, or the peer, confirms it |
//!
//! In-order segments are handed on as slices of the frame: no copy, no allocation.

pub mod gap;
pub mod half;
pub(super) mod pending;
mod recent;

use crate::flow::reassembly::half::Half;
use crate::vocab::address::Direction;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::tcp::Segment;

/// A piece of one direction's byte stream, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// A connection begins; the direction is the initiator's (of a stream joined midway: the first sender's).
    Start {
        /// When.
        at: Timestamp,
        /// The frame.
        frame: FrameNumber,
        /// Was there no SYN?
        midway: bool,
    },
    /// The next bytes.
    Data {
        /// When the frame that carried them was captured.
        at: Timestamp,
        /// That frame.
        frame: FrameNumber,
        /// The bytes, never empty.
        bytes: &'a [u8],
    },
    /// Bytes that were sent and are not in the capture.
    Gap {
        /// When the frame after the gap was captured.
        at: Timestamp,
        /// That frame.
        frame: FrameNumber,
        /// How many are missing; 0 when that can't be told.
        bytes: u64,
    },
    /// This direction is over.
    End {
        /// When.
        at: Timestamp,
        /// The frame.
        frame: FrameNumber,
        /// In which way.
        how: Ending,
    },
}

/// How one direction of a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// FIN: everything was sent.
    Finished,
    /// RST, from either side.
    Reset,
    /// The capture ended, or a new connection took the ports.
    Unseen,
}

/// What one direction's segments were like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Segments with payload.
    pub segments: u64,
    /// Payload bytes handed on.
    pub delivered_bytes: u64,
    /// Segments that brought nothing new.
    pub retransmitted: u64,
    /// Segments that came before an earlier byte did.
    pub out_of_order: u64,
    /// Segments of which a part was new.
    pub overlapping: u64,
    /// Keep-alive probes (RFC 1122 §4.2.3.6).
    pub keep_alives: u64,
    /// Gaps handed on.
    pub gaps: u64,
    /// Bytes in those gaps.
    pub lost_bytes: u64,
    /// Segments whose sequence number fitted nothing known.
    pub astray: u64,
    /// Segments with payload that came after the connection was reset.
    pub after_reset: u64,
}

/// Both directions of the TCP connections on one five-tuple, one after the other.
#[derive(Debug, Default)]
pub struct Stream {
    halves: [Half; 2],
    open: bool,
    last: Option<(Timestamp, FrameNumber)>,
}

impl Stream {
    /// Takes one segment; `sink` gets what can be handed on, oldest first. The answer is the rule that the segment broke, if any.
    pub fn segment(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        direction: Direction,
        segment: &Segment<'_>,
        sink: &mut impl FnMut(Direction, Chunk<'_>),
    ) -> Option<Fault> {
        self.last = Some((at, frame));
        if segment.flags.rst() {
            return self.reset(at, frame, direction, segment, sink);
        }
        if segment.flags.syn() {
            self.synchronise(at, frame, direction, segment, sink);
        } else if !self.open {
            self.open = true;
            let start = Chunk::Start {
                at,
                frame,
                midway: true,
            };
            sink(direction, start);
        }
        // The acknowledgment first: what it frees was sent before this segment's payload.
        if segment.flags.ack() {
            let peer = direction.opposite();
            let half = &mut self.halves[peer.index()];
            half.acknowledged(at, segment.acknowledgment, &mut |chunk| sink(peer, chunk));
        }
        let first = segment
            .sequence
            .wrapping_add(u32::from(segment.flags.syn()));
        self.halves[direction.index()].segment(at, frame, first, segment, &mut |chunk| {
            sink(direction, chunk);
        })
    }

    /// The capture is over: hands on what still waits, with its gaps, and ends both directions.
    pub fn finish(&mut self, sink: &mut impl FnMut(Direction, Chunk<'_>)) {
        if let (true, Some((at, frame))) = (self.open, self.last) {
            self.end(at, frame, Direction::Forward, Ending::Unseen, sink);
        }
    }

    /// Have both directions ended? Nothing is handed on then, until a new connection takes the ports.
    pub fn is_over(&self) -> bool {
        self.halves.iter().all(|half| half.ended)
    }

    /// How the segments of one direction were, over all connections.
    pub fn counters(&self, direction: Direction) -> Counters {
        self.halves[direction.index()].counters
    }

    /// Bytes kept for segments that wait for an earlier one, both directions.
    pub fn pending_bytes(&self) -> usize {
        self.halves.iter().map(Half::pending_bytes).sum()
    }

    /// A SYN: the start of a connection, a repeat of it, or a new connection on ports used before.
    fn synchronise(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        direction: Direction,
        segment: &Segment<'_>,
        sink: &mut impl FnMut(Direction, Chunk<'_>),
    ) {
        let first = segment.sequence.wrapping_add(1);
        if self.open && !self.halves[direction.index()].may_begin_with(first) {
            self.end(at, frame, direction, Ending::Unseen, sink);
        }
        if !self.open {
            self.open = true;
            self.halves.iter_mut().for_each(Half::forget);
            // A SYN with ACK is the answer: its receiver began.
            let initiator = if segment.flags.ack() {
                direction.opposite()
            } else {
                direction
            };
            let start = Chunk::Start {
                at,
                frame,
                midway: false,
            };
            sink(initiator, start);
        }
        self.halves[direction.index()].begin(first);
        if segment.flags.ack() {
            self.halves[direction.opposite().index()].begin(segment.acknowledgment);
        }
    }

    fn reset(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        direction: Direction,
        segment: &Segment<'_>,
        sink: &mut impl FnMut(Direction, Chunk<'_>),
    ) -> Option<Fault> {
        // RFC 9293 §3.5.2: a reset counts when its sequence number is in the window. The answer to a SYN has 0 and no window yet.
        if !self.halves[direction.index()].is_near(segment.sequence) {
            return Some(Fault::new(Layer::Tcp, "tcp-reset-out-of-window", 4));
        }
        if self.open {
            self.end(at, frame, direction, Ending::Reset, sink);
        }
        None
    }

    /// Ends both directions, `first` first, and makes room for another connection.
    fn end(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        first: Direction,
        how: Ending,
        sink: &mut impl FnMut(Direction, Chunk<'_>),
    ) {
        for direction in [first, first.opposite()] {
            self.halves[direction.index()].end(at, frame, how, &mut |chunk| sink(direction, chunk));
        }
        // After a reset the sequence numbers are kept: late segments of the dead connection are no new one.
        self.open = how == Ending::Reset;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::vocab::address::TransportAddress;
    use crate::wire::tcp::Flags;

    const ISN: u32 = 0xffff_fff0;

    /// A stream under test, and what it handed on: bytes as they are, the rest as words in brackets.
    #[derive(Default)]
    struct Bench {
        stream: Stream,
        frame: u64,
        at: u64,
        seen: [Vec<u8>; 2],
        fault: Option<&'static str>,
    }

    impl Bench {
        fn opened() -> Self {
            let mut bench = Self::default();
            bench.send(Direction::Forward, ISN, 0, "S", b"");
            bench.send(Direction::Reverse, 7_000, ISN.wrapping_add(1), "SA", b"");
            bench.send(Direction::Forward, ISN.wrapping_add(1), 7_001, "A", b"");
            bench.seen = Default::default();
            bench
        }

        fn send(
            &mut self,
            direction: Direction,
            sequence: u32,
            acknowledgment: u32,
            flags: &str,
            payload: &[u8],
        ) {
            self.cut(direction, sequence, acknowledgment, flags, payload, 0);
        }

        fn cut(
            &mut self,
            direction: Direction,
            sequence: u32,
            acknowledgment: u32,
            flags: &str,
            payload: &[u8],
            cut_bytes: u32,
        ) {
            self.frame += 1;
            self.at += 1_000_000;
            let bits = [('F', 1), ('S', 2), ('R', 4), ('A', 16)];
            let bits = bits.iter().filter(|(name, _)| flags.contains(*name));
            let end = TransportAddress::new(Ipv4Addr::LOCALHOST.into(), 80);
            let segment = Segment {
                source: end,
                destination: end,
                sequence,
                acknowledgment,
                flags: Flags(bits.map(|(_, bit)| bit).sum()),
                window: 0,
                options: &[],
                payload,
                cut_bytes,
            };
            let frame = FrameNumber::new(0, self.frame);
            let at = Timestamp::from_nanos(self.at);
            let seen = &mut self.seen;
            let fault =
                self.stream
                    .segment(at, frame, direction, &segment, &mut |direction, chunk| {
                        write(&mut seen[direction.index()], chunk);
                    });
            self.fault = fault.map(|fault| fault.name);
        }

        /// Client data at stream offset `offset`.
        fn client(&mut self, offset: u32, payload: &[u8]) {
            self.send(
                Direction::Forward,
                ISN.wrapping_add(1).wrapping_add(offset),
                7_001,
                "A",
                payload,
            );
        }

        /// The server acknowledges all client bytes before `offset`.
        fn acknowledge(&mut self, offset: u32) {
            let acknowledgment = ISN.wrapping_add(1).wrapping_add(offset);
            self.send(Direction::Reverse, 7_001, acknowledgment, "A", b"");
        }

        fn finish(&mut self) {
            let seen = &mut self.seen;
            self.stream
                .finish(&mut |direction, chunk| write(&mut seen[direction.index()], chunk));
        }

        #[track_caller]
        fn check(&self, forward: &str) {
            assert_eq!(String::from_utf8_lossy(&self.seen[0]), forward);
        }

        fn counters(&self) -> Counters {
            self.stream.counters(Direction::Forward)
        }
    }

    fn write(to: &mut Vec<u8>, chunk: Chunk<'_>) {
        match chunk {
            Chunk::Start { midway, .. } => {
                to.extend_from_slice(if midway { b"[midway]" } else { b"[start]" });
            }
            Chunk::Data { bytes, .. } => to.extend_from_slice(bytes),
            Chunk::Gap { bytes, .. } => to.extend_from_slice(format!("[gap {bytes}]").as_bytes()),
            Chunk::End { how, .. } => to.extend_from_slice(format!("[{how:?}]").as_bytes()),
        }
    }

    #[test]
    fn segments_in_order_pass_across_the_wrap_of_sequence_numbers() {
        let mut bench = Bench::opened();
        bench.client(0, b"0123456789");
        bench.client(10, b"abcdefghij");
        bench.check("0123456789abcdefghij");
        assert_eq!(bench.counters().delivered_bytes, 20);
    }

    #[test]
    fn the_initiator_is_told_even_when_the_answer_comes_first() {
        let mut bench = Bench::default();
        bench.send(Direction::Reverse, 7_000, ISN.wrapping_add(1), "SA", b"");
        bench.send(Direction::Forward, ISN, 0, "S", b"");
        bench.client(0, b"hi");
        bench.check("[start]hi");
    }

    #[test]
    fn segments_out_of_order_wait_for_the_earlier_one() {
        let mut bench = Bench::opened();
        bench.client(6, b"ghi");
        bench.client(3, b"def");
        bench.check("");
        bench.client(0, b"abc");
        bench.check("abcdefghi");
        assert_eq!(bench.counters().out_of_order, 2);
        assert_eq!(bench.stream.pending_bytes(), 0);
    }

    #[test]
    fn a_retransmission_is_handed_on_once() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.client(0, b"abc");
        bench.client(3, b"def");
        bench.check("abcdef");
        assert_eq!(bench.counters().retransmitted, 1);
        assert_eq!(bench.fault, None);
    }

    #[test]
    fn an_altered_retransmission_is_a_fault_and_the_first_copy_stands() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.client(0, b"xyz");
        assert_eq!(bench.fault, Some("tcp-overlap-differs"));
        bench.client(6, b"ghi");
        bench.client(3, b"defGHI");
        assert_eq!(bench.fault, Some("tcp-overlap-differs"));
        bench.check("abcdefghi");
    }

    #[test]
    fn overlapping_segments_give_their_new_part() {
        let mut bench = Bench::opened();
        bench.client(0, b"abcd");
        bench.client(2, b"cdef");
        bench.client(8, b"ij");
        bench.client(4, b"efghijkl");
        bench.check("abcdefghijkl");
        assert_eq!(bench.counters().overlapping, 2);
    }

    #[test]
    fn a_hole_that_the_peer_acknowledged_twice_is_a_gap() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.client(6, b"ghi");
        bench.acknowledge(9);
        bench.check("abc");
        bench.acknowledge(9);
        bench.check("abc[gap 3]ghi");
        assert_eq!((bench.counters().gaps, bench.counters().lost_bytes), (1, 3));
    }

    #[test]
    fn a_hole_acknowledged_before_the_next_segment_is_a_gap_at_once() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.acknowledge(6);
        bench.client(6, b"ghi");
        bench.check("abc[gap 3]ghi");
    }

    #[test]
    fn an_acknowledgment_that_overtakes_its_segment_in_the_capture_loses_nothing() {
        let mut bench = Bench::opened();
        bench.client(3, b"def");
        bench.acknowledge(6);
        bench.client(0, b"abc");
        bench.check("abcdef");
        assert_eq!(bench.counters().gaps, 0);
    }

    #[test]
    fn a_hole_behind_the_acknowledgment_keeps_waiting() {
        let mut bench = Bench::opened();
        bench.client(3, b"def");
        for _ in 0..9 {
            bench.acknowledge(0);
        }
        bench.client(0, b"abc");
        bench.check("abcdef");
    }

    #[test]
    fn a_hole_is_given_up_after_patience_when_one_direction_is_captured() {
        let mut bench = Bench::opened();
        bench.client(3, b"def");
        bench.at += gap::PATIENCE.as_nanos() as u64;
        bench.client(6, b"ghi");
        bench.check("[gap 3]defghi");
    }

    #[test]
    fn a_hole_is_given_up_when_the_budget_is_used_up() {
        let mut bench = Bench::opened();
        let payload = vec![b'x'; 60_000];
        for n in 0..20 {
            bench.client(1 + n * 60_000, &payload);
            assert!(bench.stream.pending_bytes() <= gap::PENDING_BYTES + payload.len());
        }
        assert_eq!(bench.counters().lost_bytes, 1);
        assert_eq!(bench.counters().delivered_bytes, 1_200_000);
    }

    #[test]
    fn one_byte_segments_are_bounded_in_number() {
        let mut bench = Bench::opened();
        for n in 0..5_000 {
            bench.client(1 + n * 2, b"x");
        }
        assert!(bench.stream.pending_bytes() <= gap::PENDING_PIECES);
    }

    #[test]
    fn a_stream_joined_midway_starts_at_the_first_byte_seen() {
        let mut bench = Bench::default();
        bench.client(500, b"abc");
        bench.client(497, b"old");
        bench.client(503, b"def");
        bench.check("[midway]abcdef");
        assert_eq!(bench.fault, None);
    }

    #[test]
    fn a_keep_alive_probe_does_not_start_a_stream_and_brings_no_byte() {
        let mut bench = Bench::default();
        bench.acknowledge(500);
        bench.client(499, b"\0");
        bench.client(500, b"abc");
        bench.client(502, b"\0");
        bench.client(502, b"");
        bench.check("abc");
        assert_eq!(bench.counters().keep_alives, 3);
    }

    #[test]
    fn a_zero_window_probe_is_the_first_byte_of_what_follows() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.client(3, b"d");
        bench.client(3, b"d");
        bench.client(3, b"def");
        bench.check("abcdef");
    }

    #[test]
    fn cut_bytes_are_a_gap_and_the_stream_goes_on() {
        let mut bench = Bench::opened();
        let sequence = ISN.wrapping_add(1);
        bench.cut(Direction::Forward, sequence, 7_001, "A", b"abc", 5);
        bench.client(8, b"ijk");
        bench.cut(
            Direction::Forward,
            sequence.wrapping_add(13),
            7_001,
            "A",
            b"nop",
            4,
        );
        bench.client(11, b"lm");
        bench.client(20, b"uvw");
        bench.check("abc[gap 5]ijklmnop[gap 4]uvw");
    }

    #[test]
    fn a_fin_ends_the_direction_once_all_before_it_came() {
        let mut bench = Bench::opened();
        bench.send(Direction::Forward, ISN.wrapping_add(4), 7_001, "FA", b"def");
        bench.check("");
        bench.client(0, b"abc");
        bench.check("abcdef[Finished]");
        bench.client(6, b"more");
        assert_eq!(bench.fault, Some("tcp-data-after-fin"));
        bench.check("abcdef[Finished]");
    }

    #[test]
    fn bytes_behind_a_fin_are_no_part_of_the_stream() {
        let mut bench = Bench::opened();
        bench.send(Direction::Forward, ISN.wrapping_add(4), 7_001, "FA", b"");
        bench.client(0, b"abcdef");
        assert_eq!(bench.fault, Some("tcp-data-after-fin"));
        bench.check("abc[Finished]");
    }

    #[test]
    fn a_reset_ends_both_directions() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.client(6, b"ghi");
        bench.send(Direction::Reverse, 7_001, 0, "R", b"");
        bench.check("abc[gap 3]ghi[Reset]");
        assert_eq!(bench.seen[1], b"[Reset]");
        bench.client(9, b"late");
        bench.check("abc[gap 3]ghi[Reset]");
        assert_eq!((bench.fault, bench.counters().after_reset), (None, 1));
    }

    #[test]
    fn a_reset_out_of_the_window_is_a_fault_and_ends_nothing() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.send(Direction::Reverse, 0x7000_0000, 0, "R", b"");
        assert_eq!(bench.fault, Some("tcp-reset-out-of-window"));
        bench.client(3, b"def");
        bench.check("abcdef");
    }

    #[test]
    fn a_syn_with_another_number_is_a_new_connection_on_the_same_ports() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.send(Direction::Forward, 50, 0, "S", b"");
        bench.send(Direction::Reverse, 90, 51, "SA", b"");
        bench.send(Direction::Forward, 51, 91, "A", b"again");
        bench.check("abc[Unseen][start]again");
    }

    #[test]
    fn a_repeated_syn_changes_nothing() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.send(Direction::Forward, ISN, 0, "S", b"");
        bench.client(3, b"def");
        bench.check("abcdef");
    }

    #[test]
    fn a_refused_connection_may_be_tried_again_with_the_same_number() {
        let mut bench = Bench::default();
        bench.send(Direction::Forward, ISN, 0, "S", b"");
        bench.send(Direction::Reverse, 0, ISN.wrapping_add(1), "RA", b"");
        bench.send(Direction::Forward, ISN, 0, "S", b"");
        bench.send(Direction::Reverse, 7_000, ISN.wrapping_add(1), "SA", b"");
        bench.client(0, b"abc");
        bench.check("[start][Reset][start]abc");
    }

    #[test]
    fn data_in_the_syn_counts() {
        let mut bench = Bench::default();
        bench.send(Direction::Forward, ISN, 0, "S", b"fast");
        bench.check("[start]fast");
    }

    #[test]
    fn a_sequence_number_out_of_reach_is_doubted_until_a_second_one_follows() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.client(0x4000_0000, b"wild");
        assert_eq!(bench.fault, Some("tcp-sequence-out-of-window"));
        bench.client(3, b"def");
        bench.client(0x4000_0000, b"one");
        bench.client(0x4000_0003, b"two");
        bench.check("abcdef[gap 1073741821]two");
    }

    #[test]
    fn after_a_pause_of_the_capture_the_acknowledgment_shows_where_the_stream_went() {
        let mut bench = Bench::opened();
        bench.client(0, b"abc");
        bench.acknowledge(0x4000_0000);
        bench.client(0x4000_0000, b"later");
        bench.check("abc[gap 1073741821]later");
    }

    #[test]
    fn the_end_of_the_capture_hands_on_what_waits() {
        let mut bench = Bench::opened();
        bench.client(3, b"def");
        bench.finish();
        bench.check("[gap 3]def[Unseen]");
    }

    /// Cuts `data` into segments at `cuts`, orders them by `keys`, repeats some: an unkind network, but a complete capture.
    fn shuffled(data: &[u8], cuts: &[usize], keys: &[u32]) -> Vec<(u32, Vec<u8>)> {
        let mut edges: Vec<usize> = cuts.iter().map(|cut| cut % (data.len() + 1)).collect();
        edges.extend([0, data.len()]);
        edges.sort_unstable();
        let mut segments: Vec<(u32, u32, Vec<u8>)> = Vec::new();
        for (n, edge) in edges.windows(2).enumerate() {
            let key = keys[n % keys.len()];
            // Some begin earlier than the edge, so that they overlap; some come twice.
            let from = edge[0].saturating_sub((key % 5) as usize);
            segments.push((key, from as u32, data[from..edge[1]].to_vec()));
            if key.is_multiple_of(3) {
                segments.push((
                    key.rotate_left(9),
                    from as u32,
                    data[from..edge[1]].to_vec(),
                ));
            }
        }
        segments.sort();
        segments
            .into_iter()
            .map(|(_, at, bytes)| (at, bytes))
            .collect()
    }

    proptest! {
        #[test]
        fn any_cut_order_and_repetition_of_a_stream_gives_the_stream(
            data in proptest::collection::vec(any::<u8>(), 1..4_000),
            cuts in proptest::collection::vec(any::<usize>(), 0..60),
            keys in proptest::collection::vec(any::<u32>(), 1..60),
        ) {
            let mut bench = Bench::opened();
            for (offset, payload) in shuffled(&data, &cuts, &keys) {
                bench.client(offset, &payload);
                prop_assert_eq!(bench.fault, None);
            }
            prop_assert_eq!(&bench.seen[0], &data);
            prop_assert_eq!(bench.stream.pending_bytes(), 0);
        }

        #[test]
        fn no_segments_break_the_bounds(
            segments in proptest::collection::vec(
                (any::<bool>(), any::<u32>(), any::<u32>(), "[SFRA]{0,3}", 0usize..2_000, 0u32..100_000, any::<u8>()),
                0..300,
            ),
        ) {
            let mut bench = Bench::default();
            for (reverse, sequence, acknowledgment, flags, length, cut, scale) in segments {
                let direction = if reverse { Direction::Reverse } else { Direction::Forward };
                // Mostly near each other, sometimes anywhere.
                let sequence = if scale < 240 { sequence % 100_000 } else { sequence };
                let flags = if scale < 200 { "A" } else { flags.as_str() };
                bench.at += u64::from(scale) * 1_000_000;
                bench.cut(direction, sequence, acknowledgment % 200_000, flags, &vec![scale; length], cut % 3_000);
                prop_assert!(bench.stream.pending_bytes() <= 2 * (gap::PENDING_BYTES + 2_000));
            }
            bench.finish();
            prop_assert_eq!(bench.stream.pending_bytes(), 0);
        }
    }
}
