//! One direction of a TCP connection: what came, what waits, what is missing.

use crate::flow::reassembly::Chunk;
use crate::flow::reassembly::Counters;
use crate::flow::reassembly::Ending;
use crate::flow::reassembly::pending::Content;
use crate::flow::reassembly::pending::Offered;
use crate::flow::reassembly::pending::Pending;
use crate::flow::reassembly::recent::Recent;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::tcp::Segment;

/// Sequence numbers further than this from all that is known are doubted: 16 MiB, as large as receive windows get in practice.
pub const PLAUSIBLE_WINDOW: u32 = 16 << 20;

/// One direction. "Offset" means bytes since the first one seen, 64 bits wide, so that sequence numbers may wrap.
#[derive(Debug, Default)]
pub(super) struct Half {
    pub(super) counters: Counters,
    /// Sequence number of the first byte, when a SYN or its answer told it.
    pub(super) initial: Option<u32>,
    /// Sequence number of the byte to hand on next.
    pub(super) next: Option<u32>,
    /// Offset of that byte.
    pub(super) delivered: u64,
    pub(super) pending: Pending,
    pub(super) fin: Option<Fin>,
    pub(super) ended: bool,
    pub(super) peer: Acknowledged,
    /// Where a second segment would have to begin to confirm one that seemed astray.
    pub(super) astray: Option<u32>,
    recent: Recent,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Fin {
    pub(super) offset: u64,
    pub(super) at: Timestamp,
    pub(super) frame: FrameNumber,
}

/// The peer's acknowledgments.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    /// The latest acknowledgment number.
    pub(super) last: Option<u32>,
    /// Has one frame already acknowledged the bytes of the present gap?
    pub(super) past_gap: bool,
}

impl Half {
    /// Bytes kept.
    pub(super) fn pending_bytes(&self) -> usize {
        self.pending.size().1
    }

    /// Back to nothing known; counters stay.
    pub(super) fn forget(&mut self) {
        *self = Self {
            counters: self.counters,
            ..Self::default()
        };
    }

    /// Could a SYN whose first byte is `first` belong to the connection we know?
    pub(super) fn may_begin_with(&self, first: u32) -> bool {
        match (self.initial, self.next) {
            // After the end even the same number begins anew: refused clients try again with it.
            (Some(initial), _) => initial == first && !self.ended,
            // Joined midway, or the other direction's SYN came first: only the very first byte fits a SYN.
            (None, Some(_)) => false,
            (None, None) => !self.ended,
        }
    }

    /// A SYN, or the acknowledgment of one: the stream begins at `first`.
    pub(super) fn begin(&mut self, first: u32) {
        if self.next.is_none() {
            self.next = Some(first);
            self.initial = Some(first);
        }
    }

    /// Is `sequence` in reach of what we know of this direction? Yes when nothing is known.
    pub(super) fn is_near(&self, sequence: u32) -> bool {
        let near = |known: u32| distance(known, sequence).unsigned_abs() <= PLAUSIBLE_WINDOW.into();
        match (self.next, self.peer.last) {
            (None, None) => true,
            (next, acknowledged) => next.is_some_and(near) || acknowledged.is_some_and(near),
        }
    }

    /// The peer acknowledged everything before `acknowledgment`.
    pub(super) fn acknowledged(
        &mut self,
        at: Timestamp,
        acknowledgment: u32,
        sink: &mut impl FnMut(Chunk<'_>),
    ) {
        if self
            .peer
            .last
            .is_none_or(|last| distance(last, acknowledgment) > 0)
        {
            self.peer.last = Some(acknowledgment);
        }
        // One acknowledgment may overtake, in the capture, the segment that it confirms; two rarely do.
        if self.gap_is_acknowledged() {
            if self.peer.past_gap {
                self.give_up_acknowledged(sink);
            } else {
                self.peer.past_gap = true;
            }
        }
        self.give_up_late(at, sink);
    }

    /// Takes a segment whose first payload byte has sequence number `first`.
    pub(super) fn segment(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        first: u32,
        segment: &Segment<'_>,
        sink: &mut impl FnMut(Chunk<'_>),
    ) -> Option<Fault> {
        let length = segment.payload.len() as u64 + u64::from(segment.cut_bytes);
        if length > 0 {
            self.counters.segments += 1;
        }
        let fault = self.place(at, frame, first, length, segment, sink);
        // The acknowledgment is older than this frame: what it covers would have been captured by now.
        self.give_up_acknowledged(sink);
        self.give_up_late(at, sink);
        while self.is_over_budget() && self.give_up(sink) {}
        fault
    }

    /// No more will come: hands on all that waits, then the end.
    pub(super) fn end(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        how: Ending,
        sink: &mut impl FnMut(Chunk<'_>),
    ) {
        while self.give_up(sink) {}
        if !self.ended {
            self.ended = true;
            sink(Chunk::End { at, frame, how });
        }
    }

    fn place(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        first: u32,
        length: u64,
        segment: &Segment<'_>,
        sink: &mut impl FnMut(Chunk<'_>),
    ) -> Option<Fault> {
        let fin = segment.flags.fin();
        if length == 0 && !fin {
            if self.next.is_some_and(|next| distance(first, next) == 1) && !self.ended {
                self.counters.keep_alives += 1;
            }
            return None;
        }
        let Some(next) = self.next else {
            let probe = length == 1 && self.peer.last == Some(first.wrapping_add(1));
            if probe {
                // A keep-alive repeats the byte before the window (RFC 1122 §4.2.3.6): nothing to start a stream with.
                self.counters.keep_alives += 1;
                return None;
            }
            self.next = Some(first);
            return self.place(at, frame, first, length, segment, sink);
        };
        let ahead = distance(next, first);
        if ahead.unsigned_abs() > u64::from(PLAUSIBLE_WINDOW) {
            if self.ended || !self.is_confirmed(first) {
                self.counters.astray += 1;
                self.astray = Some(first.wrapping_add(length as u32));
                return Some(Fault::new(Layer::Tcp, "tcp-sequence-out-of-window", 4));
            }
            self.jump(at, frame, first, sink);
            return self.place(at, frame, first, length, segment, sink);
        }
        self.astray = None;
        let old = ahead.min(0).unsigned_abs().min(length);
        let mut fault = None;
        let behind = ahead.saturating_add_unsigned(length);
        if fin && behind >= 0 && self.fin.is_none() && !self.ended {
            let offset = self.delivered.saturating_add_signed(behind);
            if offset < self.pending.end() {
                // Bytes behind it are here already, so this FIN is not the sender's, or they are not.
                return Some(Fault::new(Layer::Tcp, "tcp-fin-before-data", 0));
            }
            self.fin = Some(Fin { offset, at, frame });
        }
        if length > 0 && old == length {
            fault = self.repeated(ahead, segment.payload);
        } else if length > 0 && self.ended {
            match self.fin {
                Some(_) => fault = Some(Fault::new(Layer::Tcp, "tcp-data-after-fin", 0)),
                // It was on its way while the reset was.
                None => self.counters.after_reset += 1,
            }
        } else if length > 0 {
            if old > 0 {
                self.counters.overlapping += 1;
            }
            let start = self.delivered + ahead.max(0).unsigned_abs();
            let payload = segment.payload.get(old as usize..).unwrap_or_default();
            let cut = length - old - payload.len() as u64;
            fault = self.take(at, frame, start, payload, cut, sink);
        }
        self.hand_on(sink);
        fault
    }

    /// New bytes from `start` on: straight through when they are next and nothing waits, else into the queue.
    fn take(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        start: u64,
        payload: &[u8],
        cut: u64,
        sink: &mut impl FnMut(Chunk<'_>),
    ) -> Option<Fault> {
        let limit = self.fin.map_or(u64::MAX, |fin| fin.offset);
        let end = start + payload.len() as u64 + cut;
        if end > limit {
            // What follows the FIN is not part of the stream (RFC 9293 §3.10.7.4).
            let payload = payload
                .get(..limit.saturating_sub(start) as usize)
                .unwrap_or(payload);
            if start < limit {
                self.take(at, frame, start, payload, 0, sink);
            }
            return Some(Fault::new(Layer::Tcp, "tcp-data-after-fin", 0));
        }
        if start == self.delivered && self.pending.is_empty() {
            self.deliver(at, frame, payload, sink);
            self.skip(at, frame, cut, sink);
            return None;
        }
        if start > self.delivered {
            self.counters.out_of_order += 1;
        }
        let kept = self
            .pending
            .insert(at, frame, start, Offered::Bytes(payload));
        let behind = start + payload.len() as u64;
        let hole = self.pending.insert(at, frame, behind, Offered::Cut(cut));
        if kept.new_bytes + hole.new_bytes == 0 {
            self.counters.retransmitted += 1;
        }
        kept.differs_at
            .map(|offset| Fault::new(Layer::Tcp, "tcp-overlap-differs", offset))
    }

    /// A segment without new bytes: a keep-alive, a retransmission, or an altered one.
    fn repeated(&mut self, ahead: i64, payload: &[u8]) -> Option<Fault> {
        if ahead == -1 && payload.len() == 1 {
            self.counters.keep_alives += 1;
            return None;
        }
        self.counters.retransmitted += 1;
        // What came before the first byte seen has no offset, and nothing to be compared with.
        let start = self.delivered.checked_add_signed(ahead)?;
        self.recent
            .is_altered(start, payload)
            .then(|| Fault::new(Layer::Tcp, "tcp-overlap-differs", 0))
    }

    /// Did the peer, or the segment before, show that the stream really went to `first`?
    fn is_confirmed(&self, first: u32) -> bool {
        let near_acknowledged = self
            .peer
            .last
            .is_some_and(|last| distance(last, first).unsigned_abs() <= PLAUSIBLE_WINDOW.into());
        near_acknowledged || self.astray == Some(first)
    }

    /// The stream went on elsewhere, after a pause of the capture: gives up all that waits and goes there.
    fn jump(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        first: u32,
        sink: &mut impl FnMut(Chunk<'_>),
    ) {
        while self.give_up(sink) {}
        let next = self.next.unwrap_or(first);
        let bytes = u64::try_from(distance(next, first)).unwrap_or(0);
        self.counters.gaps += 1;
        self.counters.lost_bytes += bytes;
        self.delivered += bytes;
        self.next = Some(first);
        self.fin = None;
        self.astray = None;
        self.peer = Acknowledged::default();
        sink(Chunk::Gap { at, frame, bytes });
    }

    /// Hands on what waits and is next, up to the following hole.
    pub(super) fn hand_on(&mut self, sink: &mut impl FnMut(Chunk<'_>)) {
        while self
            .pending
            .first()
            .is_some_and(|(start, _)| start <= self.delivered)
        {
            let Some((_, piece)) = self.pending.pop_first() else {
                return;
            };
            match piece.content {
                Content::Bytes(bytes) => self.deliver(piece.at, piece.frame, &bytes, sink),
                Content::Cut(bytes) => self.skip(piece.at, piece.frame, bytes, sink),
            }
        }
        if let Some(fin) = self.fin
            && fin.offset <= self.delivered
            && !self.ended
        {
            self.ended = true;
            sink(Chunk::End {
                at: fin.at,
                frame: fin.frame,
                how: Ending::Finished,
            });
        }
    }

    fn deliver(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        bytes: &[u8],
        sink: &mut impl FnMut(Chunk<'_>),
    ) {
        if bytes.is_empty() {
            return;
        }
        self.recent.push(self.delivered, bytes);
        self.counters.delivered_bytes += bytes.len() as u64;
        self.advance(bytes.len() as u64);
        sink(Chunk::Data { at, frame, bytes });
    }

    pub(super) fn skip(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        bytes: u64,
        sink: &mut impl FnMut(Chunk<'_>),
    ) {
        if bytes == 0 {
            return;
        }
        self.counters.gaps += 1;
        self.counters.lost_bytes += bytes;
        self.advance(bytes);
        sink(Chunk::Gap { at, frame, bytes });
    }

    fn advance(&mut self, bytes: u64) {
        self.delivered += bytes;
        self.next = self.next.map(|next| next.wrapping_add(bytes as u32));
        self.peer.past_gap = false;
    }
}

/// How far sequence number `to` lies ahead of `from`, negative when behind (RFC 9293 §3.4, modulo 2³²).
pub(super) fn distance(from: u32, to: u32) -> i64 {
    i64::from(to.wrapping_sub(from).cast_signed())
}
