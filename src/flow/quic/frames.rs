//! What the frames of an opened packet do to their connection.

use crate::crypt::quic::facts::Closed;
use crate::crypt::quic::session::Opened;
use crate::crypt::quic::session::Space;
use crate::crypt::tls::session::Peer;
use crate::flow::exchange::Exchanges;
use crate::flow::http::HttpEvent;
use crate::flow::http2::heads::Place;
use crate::flow::http3::connection::Http3Connection;
use crate::flow::http3::piece::Given;
use crate::flow::http3::piece::Piece;
use crate::flow::quic::connection::Connection;
use crate::flow::quic::ordered::Ordered;
use crate::flow::quic::ordered::Part;
use crate::flow::quic::streams::Streams;
use crate::flow::tcp::Carried;
use crate::flow::tcp::Shared;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::printable::printable_bytes;
use crate::wire::http3;
use crate::wire::quic::error::transport_error;
use crate::wire::quic::frame::Ack;
use crate::wire::quic::frame::Frame;
use crate::wire::quic::frame::Frames;
use crate::wire::quic::header::ConnectionId;
use crate::wire::tls::record::Message;

impl Connection {
    /// Takes what a packet held.
    pub(super) fn frames(
        &mut self,
        from: Peer,
        place: Place,
        opened: &Opened,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        let fresh = self.received[from.index()][opened.space.index()].insert(opened.number);
        if !fresh {
            // The same packet again: a mirror port, or two interfaces.
            return;
        }
        let mut acknowledged = false;
        for frame in Frames::new(&opened.frames) {
            match frame {
                // One says all that its sender has to say.
                Ok((_, Frame::Ack(_))) if std::mem::replace(&mut acknowledged, true) => {}
                Ok((_, frame)) => self.frame(from, place, opened, &frame, shared, sink),
                Err(fault) => sink(Carried::Fault(place.1, fault), &shared.exchanges),
            }
        }
    }

    fn frame(
        &mut self,
        from: Peer,
        place: Place,
        opened: &Opened,
        frame: &Frame<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        let mut part = Part {
            place,
            packet: opened.number,
            offset: 0,
            bytes: &[],
            fin: false,
        };
        match *frame {
            Frame::Crypto { offset, data } => {
                (part.offset, part.bytes) = (offset, data);
                for fault in self.crypto(from, opened.space, &part) {
                    sink(Carried::Fault(place.1, fault), &shared.exchanges);
                }
            }
            Frame::Stream {
                stream,
                offset,
                data,
                fin,
            } if self.session.facts().closed.is_none() => {
                (part.offset, part.bytes, part.fin) = (offset, data, fin);
                if self.http.is_none() && self.speaks_http() {
                    let http = Http3Connection::new(self.flow, self.tuple, self.client);
                    self.http = Some(Box::new(http));
                    sink(Carried::Http3Begins, &shared.exchanges);
                }
                self.with_streams(place, shared, sink, |streams, mut given| {
                    streams.push(stream, from, &part, &mut given)
                });
            }
            Frame::ResetStream { stream, .. } => {
                self.with_streams(place, shared, sink, |streams, mut given| {
                    streams.reset(stream, from, place, &mut given)
                });
            }
            Frame::Ack(ack) if opened.space == Space::Application => {
                self.acknowledged(from, place, &ack, shared, sink);
            }
            Frame::NewConnectionId { id, .. } => {
                if let Some(id) = ConnectionId::new(id) {
                    self.new_ids.push((id, from));
                }
            }
            Frame::ConnectionClose {
                error,
                frame_type,
                reason,
            } => {
                let error = match frame_type {
                    Some(_) => transport_error(error),
                    None if self.speaks_http() => http3::error_name(error),
                    None => format!("{error:#x}"),
                };
                let reason = printable_bytes(reason, Closed::REASON);
                self.closed(from, place, Closed { error, reason }, shared, sink);
            }
            _ => {}
        }
    }

    /// The handshake goes on.
    fn crypto(&mut self, from: Peer, space: Space, part: &Part<'_>) -> Vec<Fault> {
        let fault = |name| Fault::new(Layer::Quic, name, 0);
        let mut faults = Vec::new();
        let stream = &mut self.crypto[from.index()][space.index()];
        let joined = &mut stream.joined;
        let same = stream.ordered.push(part, &mut |_, piece| match piece {
            Piece::Data(bytes) => joined.extend_from_slice(bytes),
            Piece::Gap(_) | Piece::End | Piece::Reset => {}
        });
        if !same {
            faults.push(fault("quic-crypto-copies-differ"));
        }
        let (waiting, _) = stream.ordered.waiting();
        if joined.len() + waiting > CRYPTO_MAX {
            joined.clear();
            stream.ordered = Ordered::default();
            faults.push(fault("quic-crypto-too-long"));
            return faults;
        }
        let mut joined = std::mem::take(joined);
        let before = self.keys_known();
        let mut rest = joined.as_slice();
        while let Some((_, after)) = Message::split(rest) {
            let (message, _) = rest.split_at(rest.len() - after.len());
            faults.extend(self.session.handshake(from, message));
            rest = after;
        }
        let done = joined.len() - rest.len();
        joined.drain(..done);
        self.crypto[from.index()][space.index()].joined = joined;
        self.learned |= before != self.keys_known();
        faults
    }

    /// What the handshake told that keys depend on.
    fn keys_known(&self) -> (bool, bool) {
        let facts = self.session.tls();
        (facts.client_random.is_some(), facts.cipher_suite.is_some())
    }

    /// `from` has packets of the other side. Those that the capture lacks will not come again.
    fn acknowledged(
        &mut self,
        from: Peer,
        place: Place,
        ack: &Ack<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        if !self.streams.has_holes() {
            return;
        }
        let other = match from {
            Peer::Client => Peer::Server,
            Peer::Server => Peer::Client,
        };
        let seen = &self.received[other.index()][Space::Application.index()];
        let lacking: Vec<_> = ack
            .ranges()
            .take(RANGES)
            .filter(|range| !seen.covers(range))
            .collect();
        if lacking.is_empty() {
            return;
        }
        self.with_streams(place, shared, sink, |streams, mut given| {
            streams.acknowledged(other, &lacking, place, &mut given);
            None
        });
    }

    /// The connection is over.
    fn closed(
        &mut self,
        from: Peer,
        place: Place,
        closed: Closed,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        if self.session.facts().closed.is_some() {
            return;
        }
        self.session.facts_mut().closed = Some((from, closed));
        self.end_streams(place, shared, sink);
    }

    /// Nothing more will come on any stream.
    pub(super) fn end_streams(
        &mut self,
        place: Place,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        self.with_streams(place, shared, sink, |streams, mut given| {
            streams.finish(place, &mut given);
            None
        });
        let Self { http, tunnels, .. } = self;
        let Some(http) = http else { return };
        let Shared {
            exchanges,
            websockets,
            ..
        } = shared;
        let mut done = Vec::new();
        http.close(place, exchanges, &mut |event| {
            tunnels.take(&event, place.1, websockets, &mut done);
        });
        for carried in done {
            sink(carried, exchanges);
        }
    }

    /// Works on the streams, and hands what they give to HTTP/3.
    fn with_streams(
        &mut self,
        place: Place,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
        work: impl FnOnce(&mut Streams, &mut dyn FnMut(Given<'_>)) -> Option<&'static str>,
    ) {
        let Self {
            streams,
            http,
            tunnels,
            ..
        } = self;
        let Shared {
            exchanges,
            websockets,
            ..
        } = shared;
        let mut done = Vec::new();
        let mut told = |event: HttpEvent<'_>| {
            tunnels.take(&event, place.1, websockets, &mut done);
        };
        let fault = work(streams, &mut |given| {
            if let Some(http) = http {
                http.observe(given, exchanges, &mut told);
            }
        });
        for carried in done {
            sink(carried, exchanges);
        }
        if let Some(name) = fault {
            let fault = Fault::new(Layer::Quic, name, 0);
            sink(Carried::Fault(place.1, fault), exchanges);
        }
    }

    /// Does HTTP/3 run inside? While the choice is not known, what the client offered decides.
    fn speaks_http(&self) -> bool {
        let is_http = |name: &String| name == "h3" || name.starts_with("h3-");
        let facts = self.session.tls();
        match &facts.alpn {
            Some(chosen) => is_http(chosen),
            None => facts.alpn_offered.iter().any(is_http),
        }
    }
}

/// Bytes of one side's handshake in packets of one kind; certificate chains reach some 20 KiB.
const CRYPTO_MAX: usize = 1 << 18;
/// Ranges of an acknowledgment looked at.
const RANGES: usize = 32;
