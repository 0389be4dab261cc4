//! What a header block is: a request's head, a response's, an interim response, trailers, or a promise.

use crate::flow::body::Body;
use crate::flow::body::Collector;
use crate::flow::exchange::Exchange;
use crate::flow::exchange::Exchanges;
use crate::flow::exchange::INTERIM_KEPT;
use crate::flow::exchange::Request;
use crate::flow::exchange::Response;
use crate::flow::exchange::Version;
use crate::flow::exchange::note_frame;
use crate::flow::http::HttpEvent;
use crate::flow::http2::connection::Block;
use crate::flow::http2::connection::Http2Connection;
use crate::flow::http2::connection::Place;
use crate::flow::http2::connection::UNKNOWN;
use crate::flow::http2::connection::fault;
use crate::flow::http2::connection::tell;
use crate::flow::http2::message::Fields;
use crate::flow::http2::streams::Half;
use crate::flow::http2::streams::Message;
use crate::flow::http2::streams::Stream;
use crate::vocab::address::Direction;
use crate::vocab::ids::ExchangeId;

impl Http2Connection {
    /// A header block is there: a head, an interim response, trailers, or a promise.
    pub(super) fn headers(
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
        id: u32,
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
            version: Version::Http2,
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
        id: u32,
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
                version: Version::Http2,
                headers: fields.list,
                head_bytes: block.wire_bytes,
                body: Body::default(),
                frames: block.frames.clone(),
                faults: Vec::new(),
            };
            exchanges.update(exchange, |exchange| exchange.response = Some(response));
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
        id: u32,
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
        id: u32,
        stream: Stream,
        place: Place,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        if let Some(oldest) = self.streams.open(id, stream) {
            tell(place, fault("http2-too-many-streams"), sink);
            for message in [Message::Request, Message::Response] {
                self.streams
                    .finish(oldest, message, false, place, exchanges, sink);
            }
        }
    }

    fn exchange(&self, request: Option<Request>) -> Exchange {
        let client = self.client.unwrap_or(Direction::Forward);
        Exchange {
            id: ExchangeId(0),
            flow: self.flow,
            client: self.tuple.source(client),
            server: self.tuple.destination(client),
            scheme: self.scheme,
            request,
            interim: Vec::new(),
            response: None,
            upgraded: None,
            shed: false,
        }
    }
}
