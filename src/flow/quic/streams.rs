//! The streams of one connection, each in order for itself.
//!
//! ```text
//! stream number   … place │ one way only (1 bit) │ opened by the server (1 bit)
//! ```

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::crypt::tls::session::Peer;
use crate::flow::http2::heads::Place;
use crate::flow::http3::piece::Given;
use crate::flow::http3::piece::Piece;
use crate::flow::quic::ordered::Ordered;
use crate::flow::quic::ordered::Part;
use crate::flow::quic::ranges::Ranges;

/// Streams that are not over yet. Bounded: see [`Streams::LIMIT`], [`Streams::WAITING`].
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<u64, [Ordered; 2]>,
    /// By the number's low bits: streams that are over.
    over: [Ranges; 4],
    waiting: usize,
}

impl Streams {
    /// Streams open at once; browsers and servers allow each other some hundred.
    const LIMIT: usize = 4096;
    /// Bytes that wait for earlier ones, over all streams. A piece counts for more than its bytes.
    const WAITING: usize = 8 << 20;
    /// What a piece counts for besides its bytes.
    const PIECE: usize = 128;

    /// Takes a part of a stream. Gives the name of a rule that it broke.
    pub(super) fn push(
        &mut self,
        id: u64,
        from: Peer,
        part: &Part<'_>,
        sink: &mut impl FnMut(Given<'_>),
    ) -> Option<&'static str> {
        let mut fault = None;
        let Some(ordered) = self.side(id, from, part.place, &mut fault, sink) else {
            return fault;
        };
        let before = cost(ordered);
        if !ordered.push(part, &mut |place, piece| {
            sink(given(id, from, place, piece));
        }) {
            fault = Some("quic-stream-copies-differ");
        }
        let after = cost(ordered);
        self.waiting = (self.waiting + after).saturating_sub(before);
        if self.waiting > Self::WAITING {
            self.give_up(id, from, part.place, sink);
            fault = Some("quic-streams-wait-for-too-much");
        }
        self.close(id);
        fault
    }

    /// The sender gave a stream up.
    pub(super) fn reset(
        &mut self,
        id: u64,
        from: Peer,
        place: Place,
        sink: &mut impl FnMut(Given<'_>),
    ) -> Option<&'static str> {
        let mut fault = None;
        if let Some(ordered) = self.side(id, from, place, &mut fault, sink) {
            let before = cost(ordered);
            ordered.reset(place, &mut |place, piece| {
                sink(given(id, from, place, piece));
            });
            self.waiting = self.waiting.saturating_sub(before);
            self.close(id);
        }
        fault
    }

    /// The receiver has packets of `from` in `acknowledged` that the capture lacks: holes that those packets filled stay.
    pub(super) fn acknowledged(
        &mut self,
        from: Peer,
        acknowledged: &[RangeInclusive<u64>],
        place: Place,
        sink: &mut impl FnMut(Given<'_>),
    ) {
        let shown = |sides: &[Ordered; 2]| {
            let hole = sides[from.index()].hole();
            hole.is_some_and(|packet| acknowledged.iter().any(|range| range.contains(&packet)))
        };
        let ids: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, sides)| shown(sides))
            .map(|(&id, _)| id)
            .collect();
        for id in ids {
            self.give_up(id, from, place, sink);
            self.close(id);
        }
    }

    /// Are there holes in what `from` sent?
    pub(super) fn has_holes(&self) -> bool {
        self.waiting > 0
    }

    /// Nothing more will come: goes on behind all holes.
    pub(super) fn finish(&mut self, place: Place, sink: &mut impl FnMut(Given<'_>)) {
        for id in self.open.keys().copied().collect::<Vec<_>>() {
            for from in [Peer::Client, Peer::Server] {
                self.give_up(id, from, place, sink);
            }
        }
        self.open.clear();
        self.waiting = 0;
    }

    fn give_up(&mut self, id: u64, from: Peer, place: Place, sink: &mut impl FnMut(Given<'_>)) {
        let Some(sides) = self.open.get_mut(&id) else {
            return;
        };
        let ordered = &mut sides[from.index()];
        let before = cost(ordered);
        ordered.give_up(place, &mut |place, piece| {
            sink(given(id, from, place, piece));
        });
        self.waiting = self.waiting.saturating_sub(before);
    }

    /// One side of a stream, opened when it is new; nothing when the stream is over or that side does not send.
    fn side(
        &mut self,
        id: u64,
        from: Peer,
        place: Place,
        fault: &mut Option<&'static str>,
        sink: &mut impl FnMut(Given<'_>),
    ) -> Option<&mut Ordered> {
        if !sends(id, from) {
            *fault = Some("quic-stream-of-the-wrong-side");
            return None;
        }
        if self.over[(id & 3) as usize].contains(id >> 2) {
            return None;
        }
        if self.open.len() >= Self::LIMIT && !self.open.contains_key(&id) {
            *fault = Some("quic-too-many-streams");
            let oldest = self.open.keys().next().copied()?;
            for from in [Peer::Client, Peer::Server] {
                self.give_up(oldest, from, place, sink);
                sink(given(oldest, from, place, Piece::Reset));
            }
            self.open.remove(&oldest);
            self.over[(oldest & 3) as usize].insert(oldest >> 2);
        }
        let sides = self.open.entry(id).or_default();
        sides.get_mut(from.index())
    }

    /// Forgets a stream that is over.
    fn close(&mut self, id: u64) {
        let Some(sides) = self.open.get(&id) else {
            return;
        };
        let over = |from: Peer| !sends(id, from) || sides[from.index()].is_over();
        if over(Peer::Client) && over(Peer::Server) {
            self.open.remove(&id);
            self.over[(id & 3) as usize].insert(id >> 2);
        }
    }
}

/// Does this side send on the stream?
const fn sends(id: u64, from: Peer) -> bool {
    let opener = if id & 1 == 0 {
        Peer::Client.index()
    } else {
        Peer::Server.index()
    };
    id & 2 == 0 || opener == from.index()
}

fn cost(ordered: &Ordered) -> usize {
    let (bytes, pieces) = ordered.waiting();
    bytes + pieces * Streams::PIECE
}

const fn given(stream: u64, from: Peer, (at, frame): Place, piece: Piece<'_>) -> Given<'_> {
    Given {
        stream,
        from,
        at,
        frame,
        piece,
    }
}
