//! One direction of a stream, or of the handshake of one kind of packet: pieces in any order in, bytes in order out.

use crate::flow::http2::heads::Place;
use crate::flow::http3::piece::Piece;
use crate::flow::reassembly::pending::Content;
use crate::flow::reassembly::pending::Offered;
use crate::flow::reassembly::pending::Pending;

/// Pieces that wait for an earlier one.
#[derive(Debug, Default)]
pub(super) struct Ordered {
    pending: Pending,
    /// Offset of the byte to hand on next.
    next: u64,
    /// Where the sender said the end is, and in which frame.
    end: Option<(u64, Place)>,
    /// The packet that showed the hole before the waiting pieces.
    shown_by: Option<u64>,
    over: bool,
}

/// A piece that is offered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) place: Place,
    /// Number of the packet it came in.
    pub(super) packet: u64,
    pub(super) offset: u64,
    pub(super) bytes: &'a [u8],
    pub(super) fin: bool,
}

impl Ordered {
    /// Takes a part. False when another copy of some byte has it otherwise.
    pub(super) fn push(
        &mut self,
        part: &Part<'_>,
        sink: &mut impl FnMut(Place, Piece<'_>),
    ) -> bool {
        let Part {
            place,
            offset,
            bytes,
            ..
        } = *part;
        let behind = offset.saturating_add(bytes.len() as u64);
        if part.fin && self.end.is_none() {
            self.end = Some((behind, place));
        }
        let mut same = true;
        if !self.over && behind > self.next {
            let known = self.next.saturating_sub(offset) as usize;
            let new = bytes.get(known..).unwrap_or_default();
            let start = self.next.max(offset);
            if start == self.next && self.pending.is_empty() {
                self.next = behind;
                sink(place, Piece::Data(new));
            } else {
                if self.pending.is_empty() {
                    self.shown_by = Some(part.packet);
                }
                let offered = Offered::Bytes(new);
                let inserted = self.pending.insert(place.0, place.1, start, offered);
                same = inserted.differs_at.is_none();
            }
        }
        self.drain(sink);
        same
    }

    /// The sender gave the stream up.
    pub(super) fn reset(&mut self, place: Place, sink: &mut impl FnMut(Place, Piece<'_>)) {
        if !self.over {
            self.give_up(place, sink);
            if !self.over {
                self.over = true;
                sink(place, Piece::Reset);
            }
        }
    }

    /// What is missing will not come: goes on behind it, and behind all further holes.
    pub(super) fn give_up(&mut self, place: Place, sink: &mut impl FnMut(Place, Piece<'_>)) {
        while let Some((start, piece)) = self.pending.first() {
            let (at, missing) = ((piece.at, piece.frame), start - self.next);
            self.next = start;
            sink(at, Piece::Gap(missing));
            self.drain(sink);
        }
        if let Some((end, _)) = self.end
            && end > self.next
            && !self.over
        {
            sink(place, Piece::Gap(end - self.next));
            self.next = end;
            self.drain(sink);
        }
    }

    /// The packet that showed the present hole, if there is one.
    pub(super) fn hole(&self) -> Option<u64> {
        self.shown_by.filter(|_| !self.pending.is_empty())
    }

    /// Bytes and pieces that wait.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let (pieces, bytes) = self.pending.size();
        (bytes, pieces)
    }

    /// Did it come to its end?
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    fn drain(&mut self, sink: &mut impl FnMut(Place, Piece<'_>)) {
        while self
            .pending
            .first()
            .is_some_and(|(start, _)| start <= self.next)
        {
            let Some((start, piece)) = self.pending.pop_first() else {
                break;
            };
            if let Content::Bytes(bytes) = piece.content {
                let known = (self.next - start) as usize;
                let new = bytes.get(known..).unwrap_or_default();
                if !new.is_empty() {
                    self.next += new.len() as u64;
                    sink((piece.at, piece.frame), Piece::Data(new));
                }
            }
        }
        if let Some((end, place)) = self.end
            && self.next >= end
            && !self.over
        {
            self.over = true;
            sink(place, Piece::End);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    fn place(number: u64) -> Place {
        (Timestamp::from_nanos(number), FrameNumber::new(0, number))
    }

    /// A stream under test; `story` tells what came out.
    #[derive(Default)]
    struct Bench {
        ordered: Ordered,
        story: String,
        packet: u64,
    }

    impl Bench {
        fn each(
            &mut self,
            work: impl FnOnce(&mut Ordered, Place, &mut dyn FnMut(Place, Piece<'_>)),
        ) {
            self.packet += 1;
            let story = &mut self.story;
            let mut sink = |_: Place, piece: Piece<'_>| {
                let _ = match piece {
                    Piece::Data(bytes) => write!(story, "{}", bytes.escape_ascii()),
                    Piece::Gap(bytes) => write!(story, "<{bytes}>"),
                    Piece::End => write!(story, "|"),
                    Piece::Reset => write!(story, "!"),
                };
            };
            work(&mut self.ordered, place(self.packet), &mut sink);
        }

        fn push(&mut self, offset: u64, text: &str, fin: bool) -> bool {
            let mut same = true;
            let packet = self.packet + 1;
            self.each(|ordered, place, sink| {
                let part = Part {
                    place,
                    packet,
                    offset,
                    bytes: text.as_bytes(),
                    fin,
                };
                same = ordered.push(&part, &mut |place, piece| sink(place, piece));
            });
            same
        }

        fn give_up(&mut self) {
            self.each(|ordered, at, sink| {
                ordered.give_up(at, &mut |place, piece| sink(place, piece));
            });
        }
    }

    #[test]
    fn parts_come_out_in_order_and_once() {
        let mut bench = Bench::default();
        bench.push(4, "efg", true);
        bench.push(2, "cde", false);
        assert_eq!((bench.story.as_str(), bench.ordered.hole()), ("", Some(1)));
        bench.push(0, "abc", false);
        bench.push(0, "abcdefg", true);
        assert_eq!(bench.story, "abcdefg|");
        assert_eq!(bench.ordered.waiting(), (0, 0));
    }

    #[test]
    fn an_end_may_come_on_its_own() {
        let mut bench = Bench::default();
        bench.push(0, "ab", false);
        bench.push(2, "", true);
        bench.push(2, "", true);
        assert_eq!(bench.story, "ab|");
    }

    #[test]
    fn holes_are_given_up_one_after_the_other() {
        let mut bench = Bench::default();
        bench.push(2, "c", false);
        bench.push(6, "g", true);
        bench.give_up();
        assert_eq!(bench.story, "<2>c<3>g|");
        bench = Bench::default();
        bench.push(0, "a", false);
        bench.push(5, "", true);
        bench.give_up();
        assert_eq!(bench.story, "a<4>|");
    }

    #[test]
    fn copies_that_differ_are_told_and_the_first_stands() {
        let mut bench = Bench::default();
        assert!(bench.push(1, "bc", false));
        assert!(!bench.push(1, "bX", false));
        assert!(bench.push(0, "a", false));
        assert_eq!(bench.story, "abc");
    }

    #[test]
    fn a_reset_ends_it() {
        let mut bench = Bench::default();
        bench.push(0, "a", false);
        bench.each(|ordered, at, sink| ordered.reset(at, &mut |place, piece| sink(place, piece)));
        bench.push(1, "b", true);
        assert_eq!(bench.story, "a!");
    }

    #[test]
    fn the_largest_offsets_do_no_harm() {
        let mut bench = Bench::default();
        bench.push((1 << 62) - 1, "x", true);
        bench.push(3, "x", false);
        bench.give_up();
        assert!(bench.ordered.is_over());
        bench.push(u64::MAX, "x", true);
    }
}
