//! Pieces of IP packets, put together again (RFC 791 §3.2, RFC 8200 §4.5).
//!
//! ```text
//! piece ─► same packet? (addresses, identification, and for IPv4 the protocol) ─► does it fit? ─► all there? ─► whole packet
//!             no, new one                       overlap: IPv4 keeps what came first, IPv6 gives the packet up (RFC 5722 §4)
//! ```
//!
//! Whoever sends pieces can send too many. Packets in the making, their pieces and their bytes are limited, and time ends them: by the
//! capture's clock, as everything here.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;

use crate::vocab::fault::Fault;
use crate::vocab::fault::FaultLog;
use crate::vocab::fault::Layer;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::ip::Header;
use crate::wire::ip::Protocol;
use crate::wire::link::EtherType;
use crate::wire::packet::Piece;

/// A packet whose pieces are all there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Whole {
    /// The first piece's header.
    pub(super) ip: Header,
    /// Transport header and data, up to the first byte that a snap length took.
    pub(super) payload: Vec<u8>,
    /// Their length on the wire, bytes.
    pub(super) length: usize,
    /// Bytes of all frames that brought it.
    pub(super) frame_bytes: u32,
}

/// What became of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    /// It waits for others, or was refused.
    Held,
    /// It came before: a copy.
    Copy,
    /// It was the last one missing.
    Whole(Whole),
}

/// Packets in the making.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    packets: HashMap<Key, Making, foldhash::fast::RandomState>,
    /// Packets by the time they were begun, with the number of their making: a key may have been used again since.
    begun: VecDeque<(Key, u64)>,
    makings: u64,
    bytes: usize,
    given_up: u64,
}

/// What the pieces of one packet have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    /// Set for IPv4 only: in IPv6 only the first piece's next header counts.
    protocol: Option<Protocol>,
}

/// One packet in the making.
#[derive(Debug)]
struct Making {
    number: u64,
    begun_at: Timestamp,
    first_frame: FrameNumber,
    state: State,
    /// The header of the piece at offset 0, or else of the first that came.
    ip: Header,
    /// Byte ranges that are there, ascending, apart from each other.
    ranges: Vec<Range>,
    buffer: Vec<u8>,
    /// Length of the whole, once the last piece was seen.
    total: Option<u32>,
    pieces: u64,
    frame_bytes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Complete at this time, and told.
    Done(Timestamp),
    /// Given up: what still comes of it is refused.
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    start: u32,
    end: u32,
    /// Captured up to here; the snap length took the rest.
    captured: u32,
}

impl Fragments {
    /// Takes a piece that came in `frame` with header `ip`.
    pub(super) fn take(
        &mut self,
        frame: &Frame<'_>,
        ip: &Header,
        piece: &Piece<'_>,
        faults: &mut FaultLog,
    ) -> Taken {
        self.expire(frame.at, faults);
        let start = piece.fragment.offset;
        let end = start.saturating_add(piece.payload.len() as u32 + piece.cut_bytes);
        let problem = if start == end {
            Some("ip-fragment-empty")
        } else if piece.fragment.more && !(end - start).is_multiple_of(8) {
            Some("ip-fragment-length-invalid")
        } else if end > LARGEST {
            Some("ip-fragment-beyond-packet")
        } else {
            None
        };
        if let Some(name) = problem {
            self.given_up += 1;
            faults.record(Fault::new(Layer::Ip, name, 0), Some(frame.number));
            return Taken::Held;
        }
        let range = Range {
            start,
            end,
            captured: start + piece.payload.len() as u32,
        };
        let key = key(ip, piece);
        self.forget_done(key, frame.at, range, piece.payload);
        let making = self.making(key, frame, ip, faults);
        let before = making.buffer.len();
        let outcome = making.add(range, ip, piece);
        let (grown, pieces) = (making.buffer.len() - before, making.pieces);
        self.bytes += grown;
        let taken = match outcome {
            Ok(Added::Copy) => return Taken::Copy,
            Ok(Added::Partly) => {
                let fault = Fault::new(Layer::Ip, "ip-fragment-overlap", 0);
                faults.record(fault, Some(frame.number));
                Taken::Held
            }
            Ok(Added::New) => Taken::Held,
            Err(name) => {
                faults.record(Fault::new(Layer::Ip, name, 0), Some(frame.number));
                self.refuse(key, pieces);
                return Taken::Held;
            }
        };
        if let Some(making) = self.packets.get_mut(&key) {
            making.frame_bytes = making.frame_bytes.saturating_add(frame.original_length);
            if let Some(whole) = making.whole(frame.at) {
                return Taken::Whole(whole);
            }
        }
        taken
    }

    /// The capture is over: what is not complete will never be.
    pub(super) fn finish(&mut self, faults: &mut FaultLog) {
        while let Some((key, number)) = self.begun.pop_front() {
            self.end(key, number, faults);
        }
    }

    /// Pieces that no packet came of.
    pub(super) const fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Ends packets whose time is over.
    fn expire(&mut self, now: Timestamp, faults: &mut FaultLog) {
        while let Some(&(key, number)) = self.begun.front() {
            let old = self.packets.get(&key).is_none_or(|making| {
                making.number != number || now.since(making.begun_at) > TIMEOUT
            });
            if !old {
                return;
            }
            self.begun.pop_front();
            self.end(key, number, faults);
        }
    }

    fn end(&mut self, key: Key, number: u64, faults: &mut FaultLog) {
        if self.packets.get(&key).is_none_or(|m| m.number != number) {
            return;
        }
        let Some(making) = self.packets.remove(&key) else {
            return;
        };
        self.bytes -= making.buffer.len();
        if making.state == State::Open {
            self.given_up += making.pieces;
            let fault = Fault::new(Layer::Ip, "ip-fragments-incomplete", 0);
            faults.record(fault, Some(making.first_frame));
        }
    }

    /// Identifications come round again: what is no piece of a packet that is done, or comes long after, is of another one.
    fn forget_done(&mut self, key: Key, now: Timestamp, range: Range, payload: &[u8]) {
        let Some(making) = self.packets.get(&key) else {
            return;
        };
        let State::Done(at) = making.state else {
            return;
        };
        if now.since(at) > COPIES_WITHIN || !making.has(range, payload) {
            self.bytes -= making.buffer.len();
            self.packets.remove(&key);
        }
    }

    /// The packet of `key`, begun when it is new; the oldest ones make room for it.
    fn making(
        &mut self,
        key: Key,
        frame: &Frame<'_>,
        ip: &Header,
        faults: &mut FaultLog,
    ) -> &mut Making {
        while !self.packets.contains_key(&key)
            && (self.packets.len() >= PACKETS
                || self.begun.len() >= 2 * PACKETS
                || self.bytes > BYTES)
        {
            let Some((oldest, number)) = self.begun.pop_front() else {
                break;
            };
            let open = self
                .packets
                .get(&oldest)
                .is_some_and(|making| making.number == number && making.state == State::Open);
            if open {
                let fault = Fault::new(Layer::Capture, "limit-ip-fragments", 0);
                faults.record(fault, Some(frame.number));
            }
            self.end(oldest, number, faults);
        }
        self.packets.entry(key).or_insert_with(|| {
            self.makings += 1;
            self.begun.push_back((key, self.makings));
            Making {
                number: self.makings,
                begun_at: frame.at,
                first_frame: frame.number,
                state: State::Open,
                ip: *ip,
                ranges: Vec::new(),
                buffer: Vec::new(),
                total: None,
                pieces: 0,
                frame_bytes: 0,
            }
        })
    }

    fn refuse(&mut self, key: Key, pieces: u64) {
        if let Some(making) = self.packets.get_mut(&key) {
            self.bytes -= making.buffer.len();
            self.given_up += pieces;
            (making.buffer, making.ranges) = (Vec::new(), Vec::new());
            (making.state, making.pieces) = (State::Refused, 0);
        }
    }
}

/// How a piece fitted.
enum Added {
    New,
    /// Some of its bytes were there: they stayed.
    Partly,
    Copy,
}

impl Making {
    /// Adds the bytes of a piece.
    ///
    /// # Errors
    ///
    /// The fault for which the whole packet is refused.
    fn add(&mut self, range: Range, ip: &Header, piece: &Piece<'_>) -> Result<Added, &'static str> {
        match self.state {
            State::Done(_) => return Ok(Added::Copy),
            State::Refused => {
                self.pieces += 1;
                return Err("ip-fragment-of-refused-packet");
            }
            State::Open => {}
        }
        if self.has(range, piece.payload) {
            return Ok(Added::Copy);
        }
        self.pieces += 1;
        if self.ranges.len() >= PIECES {
            return Err("ip-fragments-too-many");
        }
        let six = piece.version == EtherType::Ipv6;
        let overlaps = self
            .ranges
            .iter()
            .any(|there| there.start < range.end && range.start < there.end);
        if overlaps && six {
            return Err("ip-fragment-overlap");
        }
        if !piece.fragment.more {
            if self.total.is_some_and(|total| total != range.end) {
                return Err("ip-fragment-end-differs");
            }
            self.total = Some(range.end);
        }
        let beyond = |end| self.total.is_some_and(|total| end > total);
        if beyond(range.end) || self.ranges.last().is_some_and(|last| beyond(last.end)) {
            return Err("ip-fragment-end-differs");
        }
        if range.start == 0 {
            self.ip = *ip;
        }
        self.fill(range, piece.payload);
        Ok(if overlaps { Added::Partly } else { Added::New })
    }

    /// Is this very piece there?
    fn has(&self, range: Range, payload: &[u8]) -> bool {
        let bytes = self
            .buffer
            .get(range.start as usize..range.captured as usize);
        self.ranges.contains(&range) && bytes == Some(payload)
    }

    /// Writes the bytes of `range` that are not there yet.
    fn fill(&mut self, range: Range, payload: &[u8]) {
        let mut gaps = Vec::new();
        let mut at = range.start;
        for there in &self.ranges {
            if there.start >= range.end {
                break;
            }
            if there.start > at {
                gaps.push((at, there.start));
            }
            at = at.max(there.end);
        }
        if at < range.end {
            gaps.push((at, range.end));
        }
        for (start, end) in gaps {
            let captured = end.min(range.captured).max(start);
            let length = self.buffer.len().max(captured as usize);
            self.buffer.resize(length, 0);
            let from =
                payload.get((start - range.start) as usize..(captured - range.start) as usize);
            let to = self.buffer.get_mut(start as usize..captured as usize);
            if let (Some(from), Some(to)) = (from, to) {
                to.copy_from_slice(from);
            }
            let place = self.ranges.partition_point(|there| there.start < start);
            let gap = Range {
                start,
                end,
                captured,
            };
            self.ranges.insert(place, gap);
        }
    }

    /// The packet, when nothing is missing; it is told once.
    fn whole(&mut self, now: Timestamp) -> Option<Whole> {
        let total = self.total.filter(|_| self.state == State::Open)?;
        let (mut end, mut captured) = (0, 0);
        for range in &self.ranges {
            if range.start != end {
                return None;
            }
            if captured == end {
                captured = range.captured;
            }
            end = range.end;
        }
        if end != total {
            return None;
        }
        // Kept for a while, to know copies by.
        self.state = State::Done(now);
        Some(Whole {
            ip: self.ip,
            payload: self.buffer.get(..captured as usize)?.to_vec(),
            length: total as usize,
            frame_bytes: self.frame_bytes,
        })
    }
}

fn key(ip: &Header, piece: &Piece<'_>) -> Key {
    Key {
        source: ip.source,
        destination: ip.destination,
        identification: piece.fragment.identification,
        protocol: (piece.version == EtherType::Ipv4).then_some(piece.protocol),
    }
}

/// Packets in the making at once.
const PACKETS: usize = 1 << 10;
/// Bytes of all packets in the making.
const BYTES: usize = 8 << 20;
/// Pieces of one packet. 64 KiB over links of 576 bytes make 120.
const PIECES: usize = 256;
/// Bytes that an IP packet can carry.
const LARGEST: u32 = 65_535;
/// How long pieces wait for the others, as receivers do: "60 seconds" (RFC 8200 §4.5); Linux waits half as long for IPv4.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long after the whole its pieces are still taken for copies: a sender of 65536 packets comes round later.
const COPIES_WITHIN: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::frame::LinkType;
    use crate::wire::ip::Fragment;

    fn header(version: EtherType) -> Header {
        let end = |last| match version {
            EtherType::Ipv6 => IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]),
            _ => IpAddr::from([192, 0, 2, last as u8]),
        };
        Header {
            source: end(1),
            destination: end(2),
            protocol: Protocol::Udp,
            hop_limit: 64,
            dscp: 0,
            ecn: 0,
            identification: 7,
        }
    }

    /// Pieces of packet 7, each with its offset, bytes and whether more follow; what became of them, and the faults' names.
    struct Bench {
        fragments: Fragments,
        faults: FaultLog,
        version: EtherType,
        frame: u64,
        at: Timestamp,
    }

    impl Bench {
        fn new(version: EtherType) -> Self {
            Self {
                fragments: Fragments::default(),
                faults: FaultLog::default(),
                version,
                frame: 0,
                at: Timestamp::from_nanos(1_000_000_000),
            }
        }

        fn take_of(&mut self, id: u32, offset: u32, bytes: &[u8], more: bool, cut: u32) -> Taken {
            self.frame += 1;
            let frame = Frame {
                number: FrameNumber::new(0, self.frame),
                at: self.at,
                original_length: bytes.len() as u32 + cut + 34,
                link: LinkType::Ethernet,
                interface: 0,
                data: &[],
            };
            let piece = Piece {
                version: self.version,
                fragment: Fragment {
                    identification: id,
                    offset,
                    more,
                },
                protocol: Protocol::Udp,
                ports: None,
                payload: bytes,
                cut_bytes: cut,
            };
            let ip = header(self.version);
            self.fragments.take(&frame, &ip, &piece, &mut self.faults)
        }

        fn take(&mut self, offset: u32, bytes: &[u8], more: bool) -> Taken {
            self.take_of(7, offset, bytes, more, 0)
        }

        fn faults(&self) -> Vec<&'static str> {
            self.faults.rows().map(|(_, name, _)| name).collect()
        }
    }

    fn payload(taken: Taken) -> Vec<u8> {
        match taken {
            Taken::Whole(whole) => whole.payload,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn pieces_make_a_packet_in_any_order() {
        for version in [EtherType::Ipv4, EtherType::Ipv6] {
            let mut bench = Bench::new(version);
            assert_eq!(bench.take(16, &[3; 3], false), Taken::Held);
            assert_eq!(bench.take(0, &[1; 8], true), Taken::Held);
            let Taken::Whole(whole) = bench.take(8, &[2; 8], true) else {
                unreachable!()
            };
            let expected = [&[1; 8][..], &[2; 8], &[3; 3]].concat();
            assert_eq!((whole.payload, whole.length), (expected, 19));
            assert_eq!(whole.frame_bytes, 19 + 3 * 34);
            assert!(bench.faults.is_empty());
            bench.fragments.finish(&mut bench.faults);
            assert_eq!((bench.fragments.bytes, bench.fragments.given_up()), (0, 0));
        }
    }

    #[test]
    fn a_piece_that_comes_again_is_a_copy_until_the_number_comes_round() {
        let mut bench = Bench::new(EtherType::Ipv6);
        bench.take(0, &[1; 8], true);
        assert_eq!(bench.take(0, &[1; 8], true), Taken::Copy);
        payload(bench.take(8, &[2; 8], false));
        assert_eq!(bench.take(8, &[2; 8], false), Taken::Copy);
        assert_eq!(bench.take(8, &[9; 8], false), Taken::Held);
        assert_eq!(payload(bench.take(0, &[8; 8], true)).len(), 16);
        bench.at = bench.at.after(Duration::from_secs(2));
        assert_eq!(bench.take(8, &[9; 8], false), Taken::Held);
        assert!(bench.faults.is_empty());
    }

    #[test]
    fn where_pieces_overlap_ipv4_keeps_what_came_first() {
        let mut bench = Bench::new(EtherType::Ipv4);
        bench.take(8, &[2; 8], true);
        bench.take(0, &[1; 16], true);
        let whole = payload(bench.take(16, &[3; 8], false));
        assert_eq!(whole, [[1; 8], [2; 8], [3; 8]].concat());
        assert_eq!(bench.faults(), ["ip-fragment-overlap"]);
    }

    #[test]
    fn an_overlap_ends_an_ipv6_packet() {
        let mut bench = Bench::new(EtherType::Ipv6);
        bench.take(0, &[1; 16], true);
        assert_eq!(bench.take(8, &[2; 8], true), Taken::Held);
        assert_eq!(bench.take(16, &[3; 8], false), Taken::Held);
        assert_eq!(
            bench.faults(),
            ["ip-fragment-of-refused-packet", "ip-fragment-overlap"]
        );
        assert_eq!((bench.fragments.bytes, bench.fragments.given_up()), (0, 3));
    }

    #[test]
    fn pieces_that_fit_no_packet_are_named() {
        let mut bench = Bench::new(EtherType::Ipv4);
        bench.take(0, &[], true);
        bench.take(0, &[1; 7], true);
        bench.take(65_528, &[1; 8], false);
        bench.take_of(8, 8, &[1; 8], false, 0);
        bench.take_of(8, 16, &[1; 8], true, 0);
        assert_eq!(
            bench.faults(),
            [
                "ip-fragment-beyond-packet",
                "ip-fragment-empty",
                "ip-fragment-end-differs",
                "ip-fragment-length-invalid",
            ]
        );
    }

    #[test]
    fn what_stays_incomplete_is_named_when_its_time_is_over() {
        let mut bench = Bench::new(EtherType::Ipv4);
        bench.take(0, &[1; 8], true);
        bench.at = bench.at.after(Duration::from_secs(61));
        bench.take_of(8, 0, &[1; 8], true, 0);
        assert_eq!(bench.faults(), ["ip-fragments-incomplete"]);
        assert_eq!(bench.fragments.packets.len(), 1);
        bench.fragments.finish(&mut bench.faults);
        let rows: Vec<_> = bench.faults.rows().map(|row| row.2.count).collect();
        assert_eq!((rows, bench.fragments.given_up()), (vec![2], 2));
    }

    #[test]
    fn a_flood_of_pieces_is_bounded_and_said() {
        let mut bench = Bench::new(EtherType::Ipv6);
        for id in 0..5_000 {
            bench.take_of(id, 0, &[1; 1400], true, 0);
            bench.take_of(id, 60_000, &[1; 8], true, 0);
        }
        assert!(bench.fragments.packets.len() <= PACKETS);
        assert!(bench.fragments.begun.len() <= 2 * PACKETS);
        assert!(bench.fragments.bytes <= BYTES + LARGEST as usize);
        assert!(bench.faults().contains(&"limit-ip-fragments"));
        let mut bench = Bench::new(EtherType::Ipv4);
        for piece in 0..1_000 {
            bench.take(piece * 16, &[1; 8], true);
        }
        assert!(bench.faults().contains(&"ip-fragments-too-many"));
    }

    #[test]
    fn what_the_snap_length_took_ends_the_bytes_but_not_the_packet() {
        let mut bench = Bench::new(EtherType::Ipv4);
        bench.take_of(7, 0, &[1; 6], true, 2);
        let Taken::Whole(whole) = bench.take(8, &[2; 8], false) else {
            unreachable!()
        };
        assert_eq!((whole.payload, whole.length), (vec![1; 6], 16));
    }
}
