//! The requests under way on a connection of HTTP/2 or HTTP/3, by stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::flow::body::Collector;
use crate::flow::exchange::Exchanges;
use crate::flow::exchange::note_frame;
use crate::flow::http::HttpEvent;
use crate::flow::http2::heads::Place;
use crate::flow::reassembly::Chunk;
use crate::flow::reassembly::Ending;
use crate::flow::websocket::message::Endpoint;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FrameNumber;

/// Streams that are not over yet. Bounded: see [`Streams::LIMIT`].
#[derive(Debug, Default)]
pub(in crate::flow) struct Streams {
    open: BTreeMap<u64, Stream>,
}

/// A request and its response on their way.
#[derive(Debug, Default)]
pub(in crate::flow) struct Stream {
    /// `None` when the exchange list was full.
    pub(in crate::flow) exchange: Option<ExchangeId>,
    pub(in crate::flow) halves: [Half; 2],
    /// What a CONNECT wants the stream to be: `:protocol` of an extended one (RFC 8441 §4), `connect` of a plain one.
    pub(in crate::flow) protocol: Option<Arc<str>>,
}

/// One message on its way.
#[derive(Debug, Default)]
pub(in crate::flow) enum Half {
    /// Its head has not come.
    #[default]
    Awaited,
    /// Its head is there.
    Open(Box<Collector>, Vec<FrameNumber>),
    /// Another protocol has it, since a 2xx response to CONNECT.
    Tunnel,
    /// It is over.
    Done,
}

/// Which of the two messages of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Message {
    Request,
    Response,
}

impl Message {
    pub(in crate::flow) const fn index(self) -> usize {
        match self {
            Self::Request => 0,
            Self::Response => 1,
        }
    }
}

impl Streams {
    /// Streams open at once; browsers and servers allow each other 100 to 256.
    const LIMIT: usize = 4096;

    pub(in crate::flow) fn get_mut(&mut self, id: u64) -> Option<&mut Stream> {
        self.open.get_mut(&id)
    }

    /// Opens a stream. Gives the number of the one that has to make room.
    pub(in crate::flow) fn open(&mut self, id: u64, stream: Stream) -> Option<u64> {
        let full = self.open.len() >= Self::LIMIT && !self.open.contains_key(&id);
        let oldest = full.then(|| self.open.keys().next().copied()).flatten();
        self.open.insert(id, stream);
        oldest
    }

    /// Numbers of all open streams, ascending.
    pub(in crate::flow) fn ids(&self) -> Vec<u64> {
        self.open.keys().copied().collect()
    }

    /// Content is missing of all messages under way in one direction: nobody knows whose.
    pub(in crate::flow) fn gap(
        &mut self,
        message: Message,
        place: Place,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        for (&id, stream) in &mut self.open {
            stream.halves[message.index()].gap(id, message, 0, place, sink);
        }
    }

    /// Ends a message, with `ended` as its framing wants it; does nothing when it is not under way.
    pub(in crate::flow) fn finish(
        &mut self,
        id: u64,
        message: Message,
        ended: bool,
        (at, frame): Place,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        let Some(stream) = self.open.get_mut(&id) else {
            return;
        };
        let half = std::mem::replace(&mut stream.halves[message.index()], Half::Done);
        let exchange = stream.exchange;
        if matches!(stream.halves, [Half::Done, Half::Done]) {
            self.open.remove(&id);
        }
        if matches!(half, Half::Tunnel) {
            let how = if ended {
                Ending::Finished
            } else {
                Ending::Reset
            };
            tunnelled(id, message, Chunk::End { at, frame, how }, sink);
        }
        let (Half::Open(collector, frames), Some(exchange)) = (half, exchange) else {
            return;
        };
        let body = collector.finish(ended);
        for &fault in &body.faults {
            sink(HttpEvent::Fault { frame, fault });
        }
        exchanges.update(exchange, |exchange| match message {
            Message::Request => {
                if let Some(request) = exchange.request_mut() {
                    (request.body, request.frames) = (body, frames);
                    request.complete_at = if ended { at } else { request.complete_at };
                }
            }
            Message::Response => {
                if let Some(response) = exchange.response_mut() {
                    (response.body, response.frames) = (body, frames);
                    response.complete_at = if ended { at } else { response.complete_at };
                }
            }
        });
        sink(match message {
            Message::Request => HttpEvent::RequestComplete(exchange),
            Message::Response => HttpEvent::ResponseComplete(exchange),
        });
    }
}

impl Half {
    /// The next content bytes of a message of stream `id`.
    pub(in crate::flow) fn data(
        &mut self,
        id: u64,
        message: Message,
        (at, frame): Place,
        bytes: &[u8],
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        match self {
            Self::Open(collector, frames) => {
                collector.data(bytes);
                note_frame(frames, frame);
            }
            Self::Tunnel => tunnelled(id, message, Chunk::Data { at, frame, bytes }, sink),
            Self::Awaited | Self::Done => {}
        }
    }

    /// `bytes` of its content are missing: 0 when it can't be told how many.
    pub(in crate::flow) fn gap(
        &mut self,
        id: u64,
        message: Message,
        bytes: u64,
        (at, frame): Place,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        match self {
            Self::Open(collector, _) => collector.gap(bytes),
            Self::Tunnel => tunnelled(id, message, Chunk::Gap { at, frame, bytes }, sink),
            Self::Awaited | Self::Done => {}
        }
    }
}

fn tunnelled(
    stream: u64,
    message: Message,
    chunk: Chunk<'_>,
    sink: &mut impl FnMut(HttpEvent<'_>),
) {
    let from = match message {
        Message::Request => Endpoint::Client,
        Message::Response => Endpoint::Server,
    };
    sink(HttpEvent::Tunnelled {
        stream,
        from,
        chunk,
    });
}
