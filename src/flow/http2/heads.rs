//! What a header block is: a request's head, a response's, an interim response, trailers, or a promise. HTTP/2 and HTTP/3 share it: both
//! have a stream for each request.

use crate::flow::body::Body;
use crate::flow::body::Collector;
use crate::flow::exchange::Exchange;
use crate::flow::exchange::Exchanges;
use crate::flow::exchange::INTERIM_KEPT;
use crate::flow::exchange::Request;
use crate::flow::exchange::Response;
use crate::flow::exchange::Scheme;
use crate::flow::exchange::Version;
use crate::flow::exchange::note_frame;
use crate::flow::http::HttpEvent;
use crate::flow::http2::message::Fields;
use crate::flow::http2::streams::Half;
use crate::flow::http2::streams::Message;
use crate::flow::http2::streams::Stream;
use crate::flow::http2::streams::Streams;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Stands for a header field, or a part of one, that refers to what was sent before the capture.
pub const UNKNOWN: &str = "unknown header";

/// The requests of one connection, and whose they are.
#[derive(Debug)]
pub(in crate::flow) struct Requests {
    pub(in crate::flow) flow: FlowId,
    pub(in crate::flow) tuple: FiveTuple,
    pub(in crate::flow) scheme: Scheme,
    pub(in crate::flow) version: Version,
    /// The client's direction, once known.
    pub(in crate::flow) client: Option<Direction>,
    pub(in crate::flow) streams: Streams,
}

/// When and in which frame.
pub(in crate::flow) type Place = (Timestamp, FrameNumber);

/// A header block.
#[derive(Debug)]
pub(in crate::flow) struct Block {
    pub(in crate::flow) stream: u64,
    pub(in crate::flow) promised: Option<u64>,
    pub(in crate::flow) end_stream: bool,
    pub(in crate::flow) begun: Place,
    pub(in crate::flow) frames: Vec<FrameNumber>,
    pub(in crate::flow) wire_bytes: u64,
}

impl Requests {
    /// None yet, in conversation `flow` between the ends of `tuple`.
    pub(in crate::flow) fn new(
        flow: FlowId,
        tuple: FiveTuple,
        scheme: Scheme,
        version: Version,
    ) -> Self {
        Self {
            flow,
            tuple,
            scheme,
            version,
            client: None,
            streams: Streams::default(),
        }
    }

    /// What a direction sends on a stream. As long as the client is not known, the conversation's first sender passes for it.
    pub(in crate::flow) fn message(&self, direction: Direction) -> Message {
        if direction == self.client.unwrap_or(Direction::Forward) {
            Message::Request
        } else {
            Message::Response
        }
    }

    /// A header block is there: a head, an interim response, trailers, or a promise.
    pub(in crate::flow) fn headers(
        &mut self,
        direction: Direction,
        place: Place,
        block: Block,
        fields: Fields,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        if self.client.is_none() {
            self.client = match fields.is_request() {
                Some(true) if block.promised.is_none() => Some(direction),
                Some(_) => Some(direction.opposite()),
                None => None,
            };
        }
        let (id, end_stream) = (block.stream, block.end_stream);
        if let Some(promised) = block.promised {
            self.request(promised, place, block, fields, exchanges, sink);
            self.streams
                .finish(promised, Message::Request, true, place, exchanges, sink);
            return;
        }
        let message = self.message(direction);
        let half = self.streams.get_mut(id);
        let half = half.map(|stream| &mut stream.halves[message.index()]);
        match (half, message) {
            // A second block is trailers: names of fields, without effect on a call.
            (Some(Half::Open(_, frames)), _) => {
                note_frame(frames, place.1);
            }
            (Some(Half::Done), _) => return,
            (Some(Half::Tunnel), _) => {}
            (None, _) if fields.is_trailer() => return,
            (_, Message::Request) => self.request(id, place, block, fields, exchanges, sink),
            (_, Message::Response) => {
                if !self.response(id, place, block, fields, exchanges, sink) {
                    return;
                }
            }
        }
        if end_stream {
            self.streams
                .finish(id, message, true, place, exchanges, sink);
        }
    }

    fn request(
        &mut self,
        id: u64,
        place: Place,
        block: Block,
        fields: Fields,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        let collector = Collector::new(&fields.list);
        let protocol = fields.wanted();
        let request = Request {
            at: block.begun.0,
            complete_at: place.0,
            method: fields.method.as_deref().unwrap_or(UNKNOWN).to_owned(),
            target: fields.target(),
            version: self.version,
            headers: fields.list,
            head_bytes: block.wire_bytes,
            body: Body::default(),
            frames: block.frames.clone(),
            faults: Vec::new(),
        };
        let exchange = exchanges.open(self.exchange(Some(request)));
        let stream = Stream {
            exchange,
            halves: [Half::Open(Box::new(collector), block.frames), Half::Awaited],
            protocol,
        };
        self.open(id, stream, place, exchanges, sink);
    }

    /// Takes a response's head; false when it was an interim one.
    fn response(
        &mut self,
        id: u64,
        place: Place,
        block: Block,
        fields: Fields,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) -> bool {
        let status = fields.status.unwrap_or_default();
        let known = self.streams.get_mut(id).is_some();
        if !known {
            // The request came before the capture.
            let exchange = exchanges.open(self.exchange(None));
            let stream = Stream {
                exchange,
                halves: [Half::Done, Half::Awaited],
                protocol: None,
            };
            self.open(id, stream, place, exchanges, sink);
        }
        let Some(stream) = self.streams.get_mut(id) else {
            return false;
        };
        if matches!(status, 100..=199) {
            if let Some(exchange) = stream.exchange {
                exchanges.update(exchange, |exchange| {
                    if exchange.interim.len() < INTERIM_KEPT {
                        exchange.interim.push(status);
                    }
                });
            }
            return false;
        }
        let collector = Collector::new(&fields.list);
        let granted = matches!(status, 200..=299);
        let protocol = stream.protocol.take().filter(|_| granted);
        let extensions = fields.extensions();
        if let Some(exchange) = stream.exchange {
            let response = Response {
                at: block.begun.0,
                complete_at: place.0,
                status,
                reason: String::new(),
                version: self.version,
                headers: fields.list,
                head_bytes: block.wire_bytes,
                body: Body::default(),
                frames: block.frames.clone(),
                faults: Vec::new(),
            };
            exchanges.update(exchange, |exchange| {
                exchange.response = Some(response.into());
            });
        }
        stream.halves[Message::Response.index()] = Half::Open(Box::new(collector), block.frames);
        if let Some(protocol) = protocol {
            self.hand_over(id, &protocol, &extensions, place, exchanges, sink);
        }
        true
    }

    /// The stream belongs to another protocol from here on: both messages are over.
    fn hand_over(
        &mut self,
        id: u64,
        protocol: &str,
        extensions: &str,
        place: Place,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        let exchange = self.streams.get_mut(id).and_then(|stream| stream.exchange);
        let mut closed = [false; 2];
        for message in [Message::Request, Message::Response] {
            if let Some(stream) = self.streams.get_mut(id) {
                closed[message.index()] = matches!(stream.halves[message.index()], Half::Done);
            }
            self.streams
                .finish(id, message, true, place, exchanges, sink);
            if let Some(stream) = self.streams.get_mut(id)
                && !closed[message.index()]
            {
                stream.halves[message.index()] = Half::Tunnel;
            }
        }
        if let Some(exchange) = exchange {
            exchanges.update(exchange, |exchange| {
                exchange.upgraded = Some(protocol.to_owned());
            });
        }
        let client = self.client.unwrap_or(Direction::Forward);
        sink(HttpEvent::Opened {
            stream: id,
            exchange,
            client,
            protocol,
            extensions,
        });
    }

    fn open(
        &mut self,
        id: u64,
        stream: Stream,
        place: Place,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        if let Some(oldest) = self.streams.open(id, stream) {
            let name = match self.version {
                Version::Http3 => "http3-too-many-streams",
                _ => "http2-too-many-streams",
            };
            tell(place, fault(name), sink);
            for message in [Message::Request, Message::Response] {
                self.streams
                    .finish(oldest, message, false, place, exchanges, sink);
            }
        }
    }

    fn exchange(&self, request: Option<Request>) -> Exchange {
        let client = self.client.unwrap_or(Direction::Forward);
        Exchange::new(self.flow, &self.tuple, client, self.scheme, request)
    }
}

/// Passes a broken rule on.
pub(in crate::flow) fn tell(place: Place, fault: Fault, sink: &mut impl FnMut(HttpEvent<'_>)) {
    sink(HttpEvent::Fault {
        frame: place.1,
        fault,
    });
}

pub(in crate::flow) const fn fault(name: &'static str) -> Fault {
    Fault::new(Layer::Http, name, 0)
}
