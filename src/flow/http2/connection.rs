//! Both directions of one HTTP/2 connection.

use crate::flow::exchange::Exchanges;
use crate::flow::exchange::Scheme;
use crate::flow::exchange::Version;
use crate::flow::exchange::note_frame;
use crate::flow::http::HttpEvent;
use crate::flow::http2::heads::Block;
use crate::flow::http2::heads::Place;
use crate::flow::http2::heads::Requests;
use crate::flow::http2::heads::fault;
use crate::flow::http2::heads::tell;
use crate::flow::http2::message::Fields;
use crate::flow::http2::reader::FrameReader;
use crate::flow::http2::reader::Step;
use crate::flow::http2::streams::Half;
use crate::flow::http2::streams::Message;
use crate::flow::http2::streams::Stream;
use crate::flow::reassembly::Chunk;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::wire::hpack::decoder::Decoder;
use crate::wire::http2::Fragment;
use crate::wire::http2::FrameHeader;
use crate::wire::http2::FrameType;

/// One connection.
#[derive(Debug)]
pub struct Http2Connection {
    requests: Requests,
    sides: [Side; 2],
}

/// One direction.
#[derive(Debug, Default)]
struct Side {
    reader: FrameReader,
    decoder: Decoder,
    /// When and where the frame under way began.
    begun: Option<Place>,
    block: Option<Unfinished>,
}

/// A header block of which CONTINUATION frames are still to come.
#[derive(Debug)]
struct Unfinished {
    block: Block,
    fragment: Vec<u8>,
}

impl Http2Connection {
    /// Bytes of a header block gathered; browsers and servers take 16 to 256 KiB.
    const BLOCK: usize = 1 << 18;

    /// For conversation `flow` between the ends of `tuple`.
    pub fn new(flow: FlowId, tuple: FiveTuple, scheme: Scheme) -> Self {
        Self {
            requests: Requests::new(flow, tuple, scheme, Version::Http2),
            sides: Default::default(),
        }
    }

    /// For a connection whose beginning is not in the capture.
    pub fn midway(flow: FlowId, tuple: FiveTuple, scheme: Scheme) -> Self {
        let mut connection = Self::new(flow, tuple, scheme);
        for side in &mut connection.sides {
            side.reader.lose_step();
            side.decoder.forget();
        }
        connection
    }

    /// For a connection that an HTTP/1.1 request asked for (RFC 7540 §3.2): stream 1 is the response to it.
    pub fn upgraded(
        flow: FlowId,
        tuple: FiveTuple,
        client: Direction,
        exchange: Option<ExchangeId>,
        exchanges: &mut Exchanges,
    ) -> Self {
        let mut connection = Self::new(flow, tuple, Scheme::Http);
        connection.requests.client = Some(client);
        let stream = Stream {
            exchange,
            halves: [Half::Done, Half::Awaited],
            protocol: None,
        };
        connection.requests.streams.open(1, stream);
        if let Some(exchange) = exchange {
            exchanges.update(exchange, |exchange| {
                // 101 was not the answer.
                if let Some(switching) = exchange.response.take() {
                    exchange.interim.push(switching.status);
                }
            });
        }
        connection
    }

    /// The client is known otherwise: by TLS, say.
    #[must_use]
    pub const fn with_client(mut self, client: Direction) -> Self {
        self.requests.client = Some(client);
        self
    }

    /// Takes the next piece of one direction. Exchanges go to `exchanges`, what happened to `sink`.
    pub fn observe(
        &mut self,
        direction: Direction,
        chunk: Chunk<'_>,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        match chunk {
            Chunk::Start { .. } => {}
            Chunk::Data { at, frame, bytes } => {
                self.read(direction, (at, frame), bytes, exchanges, sink);
            }
            Chunk::Gap { at, frame, bytes } => {
                let side = &mut self.sides[direction.index()];
                if let Some((header, missing)) = side.reader.gap(bytes) {
                    let message = self.requests.message(direction);
                    if let Some(stream) = self.requests.streams.get_mut(header.stream.into()) {
                        let half = &mut stream.halves[message.index()];
                        half.gap(header.stream.into(), message, missing, (at, frame), sink);
                    }
                } else {
                    self.lose_step(direction, (at, frame), sink);
                }
            }
            Chunk::End { at, frame, .. } => self.end(direction, (at, frame), exchanges, sink),
        }
    }

    fn read(
        &mut self,
        direction: Direction,
        place: Place,
        bytes: &[u8],
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        let mut input = bytes;
        loop {
            let side = &mut self.sides[direction.index()];
            match side.reader.step(&mut input) {
                Step::Hungry => return,
                Step::Begin => side.begun = Some(place),
                Step::Preface => self.requests.client = Some(direction),
                Step::Frame(header, payload) => {
                    self.frame(direction, place, header, &payload, exchanges, sink);
                }
                Step::Data {
                    header,
                    bytes,
                    last,
                } => {
                    let message = self.requests.message(direction);
                    if let Some(stream) = self.requests.streams.get_mut(header.stream.into()) {
                        let half = &mut stream.halves[message.index()];
                        half.data(header.stream.into(), message, place, bytes, sink);
                    }
                    if last && header.has(FrameHeader::END_STREAM) {
                        self.requests.streams.finish(
                            header.stream.into(),
                            message,
                            true,
                            place,
                            exchanges,
                            sink,
                        );
                    }
                }
                Step::Malformed(header, fault) => {
                    tell(place, fault, sink);
                    let message = self.requests.message(direction);
                    if header.has(FrameHeader::END_STREAM) {
                        self.requests.streams.finish(
                            header.stream.into(),
                            message,
                            false,
                            place,
                            exchanges,
                            sink,
                        );
                    }
                }
                Step::Lost(fault) => {
                    tell(place, fault, sink);
                    self.lose_step(direction, place, sink);
                }
            }
        }
    }

    fn frame(
        &mut self,
        direction: Direction,
        place: Place,
        header: FrameHeader,
        payload: &[u8],
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        let side = &mut self.sides[direction.index()];
        let continues = header.kind == FrameType::Continuation;
        let due = side.block.as_ref().map(|under_way| under_way.block.stream);
        if continues != due.is_some() || continues && due != Some(header.stream.into()) {
            // A block has no end, or no beginning: HPACK's table is out of step.
            if due.is_some() || !payload.is_empty() {
                side.block = None;
                side.decoder.forget();
                tell(place, fault("http2-continuation-out-of-place"), sink);
            }
            if continues {
                return;
            }
        }
        match header.kind {
            FrameType::Headers | FrameType::PushPromise | FrameType::Continuation => {
                match Fragment::new(&header, payload) {
                    Ok(fragment) => {
                        self.fragment(direction, place, header, fragment, exchanges, sink);
                    }
                    Err(fault) => {
                        self.sides[direction.index()].decoder.forget();
                        tell(place, fault, sink);
                    }
                }
            }
            FrameType::RstStream => {
                for message in [Message::Request, Message::Response] {
                    self.requests.streams.finish(
                        header.stream.into(),
                        message,
                        false,
                        place,
                        exchanges,
                        sink,
                    );
                }
            }
            _ => {}
        }
    }

    /// Takes part of a header block, and the block once it is whole.
    fn fragment(
        &mut self,
        direction: Direction,
        place: Place,
        header: FrameHeader,
        fragment: Fragment<'_>,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        let side = &mut self.sides[direction.index()];
        let begun = side.begun.unwrap_or(place);
        let mut under_way = side.block.take().unwrap_or_else(|| Unfinished {
            block: Block {
                stream: header.stream.into(),
                promised: fragment.promised.map(u64::from),
                end_stream: header.kind == FrameType::Headers
                    && header.has(FrameHeader::END_STREAM),
                begun,
                frames: Vec::new(),
                wire_bytes: 0,
            },
            fragment: Vec::new(),
        });
        let block = &mut under_way.block;
        note_frame(&mut block.frames, begun.1);
        note_frame(&mut block.frames, place.1);
        block.wire_bytes += (FrameHeader::SIZE + header.length) as u64;
        under_way.fragment.extend_from_slice(fragment.bytes);
        if under_way.fragment.len() > Self::BLOCK {
            side.decoder.forget();
            tell(place, fault("http2-header-block-too-long"), sink);
        } else if header.has(FrameHeader::END_HEADERS) {
            let decoded = side.decoder.decode(&under_way.fragment);
            for fault in decoded.faults {
                tell(place, fault, sink);
            }
            let fields = Fields::new(&decoded.fields);
            self.requests
                .headers(direction, place, under_way.block, fields, exchanges, sink);
        } else {
            side.block = Some(under_way);
        }
    }

    fn end(
        &mut self,
        direction: Direction,
        place: Place,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        for id in self.requests.streams.ids() {
            let message = self.requests.message(direction);
            self.requests
                .streams
                .finish(id, message, false, place, exchanges, sink);
        }
    }

    fn lose_step(
        &mut self,
        direction: Direction,
        place: Place,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        let side = &mut self.sides[direction.index()];
        side.block = None;
        side.decoder.forget();
        let message = self.requests.message(direction);
        self.requests.streams.gap(message, place, sink);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::flow::exchange::Exchange;
    use crate::flow::http2::heads::UNKNOWN;
    use crate::flow::reassembly::Ending;
    use crate::vocab::address::Transport;
    use crate::vocab::address::TransportAddress;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;
    use crate::wire::http2::PREFACE;

    use Direction::Forward;
    use Direction::Reverse;

    /// A connection under test; `story` tells what happened in words.
    struct Bench {
        connection: Http2Connection,
        exchanges: Exchanges,
        frame: u64,
        story: String,
    }

    impl Bench {
        fn new() -> Self {
            Self::of(Http2Connection::new)
        }

        fn of(make: impl FnOnce(FlowId, FiveTuple, Scheme) -> Http2Connection) -> Self {
            let end = |last| TransportAddress::new(Ipv4Addr::new(192, 0, 2, last).into(), 443);
            let tuple = FiveTuple {
                transport: Transport::Tcp,
                a: end(1),
                b: end(2),
            };
            Self {
                connection: make(FlowId(0), tuple, Scheme::Https),
                exchanges: Exchanges::default(),
                frame: 0,
                story: String::new(),
            }
        }

        fn observe(&mut self, direction: Direction, chunk: Chunk<'_>) {
            let story = &mut self.story;
            let mut sink = |event: HttpEvent<'_>| {
                let _ = match event {
                    HttpEvent::RequestComplete(id) => write!(story, "request {} ", id.0),
                    HttpEvent::ResponseComplete(id) => write!(story, "response {} ", id.0),
                    HttpEvent::Fault { fault, .. } => write!(story, "{} ", fault.name),
                    HttpEvent::Opened {
                        stream, protocol, ..
                    } => write!(story, "{protocol} on {stream} "),
                    HttpEvent::Tunnelled {
                        stream,
                        from,
                        chunk,
                    } => {
                        let what = match chunk {
                            Chunk::Data { bytes, .. } => bytes.escape_ascii().to_string(),
                            Chunk::Gap { bytes, .. } => format!("gap {bytes}"),
                            Chunk::End { how, .. } => format!("{how:?}"),
                            Chunk::Start { .. } => "start".to_owned(),
                        };
                        write!(story, "{stream} {from:?}: {what} ")
                    }
                    HttpEvent::Upgraded { .. } | HttpEvent::Through { .. } => Ok(()),
                };
            };
            self.connection
                .observe(direction, chunk, &mut self.exchanges, &mut sink);
        }

        fn place(&mut self) -> Place {
            self.frame += 1;
            let at = Timestamp::from_nanos(self.frame * 1_000_000);
            (at, FrameNumber::new(0, self.frame))
        }

        fn send(&mut self, direction: Direction, frames: &[Vec<u8>]) -> &mut Self {
            let (at, frame) = self.place();
            let bytes = &frames.concat();
            self.observe(direction, Chunk::Data { at, frame, bytes });
            self
        }

        fn gap(&mut self, direction: Direction, bytes: u64) -> &mut Self {
            let (at, frame) = self.place();
            self.observe(direction, Chunk::Gap { at, frame, bytes });
            self
        }

        fn end(&mut self, direction: Direction) -> &mut Self {
            let (at, frame) = self.place();
            let how = Ending::Finished;
            self.observe(direction, Chunk::End { at, frame, how });
            self
        }

        fn exchange(&self, id: usize) -> &Exchange {
            &self.exchanges.all()[id]
        }
    }

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
    }

    /// A field that goes into the dynamic table.
    fn field(name: &str, value: &str) -> Vec<u8> {
        let string = |text: &str| [&[text.len() as u8][..], text.as_bytes()].concat();
        [vec![0x40], string(name), string(value)].concat()
    }

    /// `GET /path`, authority in the dynamic table.
    fn get(path: &str) -> Vec<u8> {
        [
            vec![0x82, 0x87],
            field(":path", path),
            field(":authority", "a.test"),
        ]
        .concat()
    }

    /// `:status: 200`.
    const OK: [u8; 1] = [0x88];

    #[test]
    fn a_request_and_its_response_are_an_exchange() {
        let mut bench = Bench::new();
        let post = [
            vec![0x83, 0x87],
            field(":path", "/janus"),
            field(":authority", "a.test"),
        ];
        let (first, second) = post.split_at(2);
        bench
            .send(Forward, &[PREFACE.to_vec(), frame(4, 0, 0, &[])])
            .send(Reverse, &[frame(4, 0, 0, &[]), frame(4, 1, 0, &[])])
            .send(Forward, &[frame(1, 0, 1, &first.concat())])
            .send(Forward, &[frame(9, 0x4, 1, &second.concat())])
            .send(Forward, &[frame(0, 0x8, 1, b"\x03{\"janus\":\0\0\0")])
            .send(Forward, &[frame(0, 0x1, 1, b"\"create\"}")])
            .send(Reverse, &[frame(1, 0x4, 1, &OK), frame(0, 0, 1, b"{}")])
            .send(Reverse, &[frame(1, 0x5, 1, &field("x-trailer", "1"))]);
        assert_eq!(bench.story, "request 0 response 0 ");
        let exchange = bench.exchange(0);
        assert_eq!(exchange.url(), "https://a.test/janus");
        assert_eq!(exchange.client, bench.connection.requests.tuple.a);
        let request = exchange.request.as_ref().expect("seen");
        assert_eq!(
            (request.method.as_str(), request.version),
            ("POST", Version::Http2)
        );
        assert_eq!(request.body.text(), "{\"janus\":\"create\"}");
        assert!(request.body.complete && request.at < request.complete_at);
        let frames = [3, 4, 5, 6].map(|number| FrameNumber::new(0, number));
        assert_eq!(request.frames, frames);
        let response = exchange.response.as_ref().expect("seen");
        assert_eq!(
            (response.status, response.body.text().as_ref()),
            (200, "{}")
        );
        assert!(response.body.complete);
    }

    #[test]
    fn responses_find_their_requests_in_any_order() {
        let mut bench = Bench::new();
        bench
            .send(
                Forward,
                &[PREFACE.to_vec(), frame(1, 0x5, 1, &get("/poll"))],
            )
            .send(Forward, &[frame(1, 0x5, 3, &[0x82, 0x87, 0x84, 0xbe])])
            .send(Reverse, &[frame(1, 0x4, 3, &OK), frame(0, 1, 3, b"b")])
            .send(Reverse, &[frame(1, 0x4, 1, &field(":status", "103"))])
            .send(Reverse, &[frame(1, 0x4, 1, &OK), frame(0, 1, 1, b"a")]);
        assert_eq!(bench.story, "request 0 request 1 response 1 response 0 ");
        assert_eq!(bench.exchange(0).interim, [103]);
        assert_eq!(bench.exchange(1).url(), "https://a.test/");
        let body = |id| {
            bench
                .exchange(id)
                .response
                .as_ref()
                .map(|response| response.body.text())
        };
        assert_eq!((body(0), body(1)), (Some("a".into()), Some("b".into())));
    }

    #[test]
    fn a_promise_is_a_request_that_the_server_made() {
        let mut bench = Bench::new();
        let promise = [&[0, 0, 0, 2][..], &get("/style.css")].concat();
        bench
            .send(Forward, &[PREFACE.to_vec(), frame(1, 0x5, 1, &get("/"))])
            .send(
                Reverse,
                &[frame(5, 0x4, 1, &promise), frame(1, 0x5, 1, &OK)],
            )
            .send(Reverse, &[frame(1, 0x4, 2, &OK), frame(0, 1, 2, b"css")]);
        assert_eq!(bench.story, "request 0 request 1 response 0 response 1 ");
        assert_eq!(bench.exchange(1).url(), "https://a.test/style.css");
        assert_eq!(bench.exchange(1).client, bench.connection.requests.tuple.a);
    }

    /// RFC 8441 §5.1's example, with content.
    #[test]
    fn an_extended_connect_opens_its_stream_to_another_protocol() {
        let mut bench = Bench::new();
        let connect = [
            field(":method", "CONNECT"),
            field(":protocol", "websocket"),
            vec![0x87],
            field(":path", "/chat"),
            field(":authority", "server.test"),
            field("sec-websocket-extensions", "permessage-deflate"),
        ]
        .concat();
        let granted = [OK.to_vec(), field("sec-websocket-protocol", "chat")].concat();
        bench
            .send(Forward, &[PREFACE.to_vec(), frame(1, 0x4, 1, &connect)])
            .send(Reverse, &[frame(1, 0x4, 1, &granted)])
            .send(Forward, &[frame(0, 0, 1, b"hello")])
            .send(Reverse, &[frame(0, 0, 1, b"wor"), frame(0, 0, 1, b"ld")])
            .send(Forward, &[frame(0, 1, 1, b"bye")])
            .send(Reverse, &[frame(3, 0, 1, &[0, 0, 0, 8])]);
        assert_eq!(
            bench.story,
            "request 0 response 0 websocket on 1 1 Client: hello 1 Server: wor 1 Server: ld \
             1 Client: bye 1 Client: Finished 1 Server: Reset "
        );
        let exchange = bench.exchange(0);
        assert_eq!(exchange.url(), "https://server.test/chat");
        assert_eq!(exchange.websocket_url(), "wss://server.test/chat");
        assert_eq!(exchange.upgraded.as_deref(), Some("websocket"));
        assert_eq!(bench.connection.requests.streams.ids(), [0; 0]);
    }

    #[test]
    fn a_refused_connect_is_an_exchange_like_others() {
        let mut bench = Bench::new();
        let connect = [
            field(":method", "CONNECT"),
            field(":protocol", "websocket"),
            vec![0x87, 0x84],
            field(":authority", "server.test"),
        ]
        .concat();
        bench
            .send(Forward, &[PREFACE.to_vec(), frame(1, 0x4, 1, &connect)])
            .send(Reverse, &[frame(1, 0x5, 1, &field(":status", "404"))])
            .send(Forward, &[frame(0, 1, 1, b"lost")]);
        assert_eq!(bench.story, "response 0 request 0 ");
        assert_eq!(bench.exchange(0).upgraded, None);
    }

    #[test]
    fn a_gap_in_a_tunnel_is_told_to_what_runs_inside() {
        let mut bench = Bench::new();
        let connect = [
            field(":method", "CONNECT"),
            field(":protocol", "websocket"),
            vec![0x87, 0x84],
        ]
        .concat();
        let content = frame(0, 0, 1, &[b'x'; 100]);
        bench
            .send(Forward, &[PREFACE.to_vec(), frame(1, 0x4, 1, &connect)])
            .send(Reverse, &[frame(1, 0x4, 1, &OK)]);
        bench.story.clear();
        bench
            .send(Reverse, &[content[..12].to_vec()])
            .gap(Reverse, 90)
            .send(Reverse, &[content[102..].to_vec()])
            .gap(Forward, 7);
        assert_eq!(
            bench.story,
            "1 Server: xxx 1 Server: gap 90 1 Server: xxxxxxx 1 Client: gap 0 "
        );
    }

    #[test]
    fn a_reset_and_an_end_leave_messages_incomplete() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &[PREFACE.to_vec(), frame(1, 0x5, 1, &get("/a"))])
            .send(Reverse, &[frame(1, 0x4, 1, &OK), frame(0, 0, 1, b"part")])
            .send(Forward, &[frame(3, 0, 1, &[0, 0, 0, 8])])
            .send(Forward, &[frame(1, 0x5, 3, &get("/b"))])
            .send(Reverse, &[frame(1, 0x4, 3, &OK)])
            .end(Reverse);
        assert_eq!(bench.story, "request 0 response 0 request 1 response 1 ");
        for id in 0..2 {
            let response = bench.exchange(id).response.as_ref().expect("its head came");
            assert!(!response.body.complete);
        }
    }

    #[test]
    fn joined_midway_older_fields_are_unknown_and_newer_ones_are_not() {
        let mut bench = Bench::of(Http2Connection::midway);
        let request = [vec![0x82, 0x87, 0xc5, 0xc0], field("x-new", "1")].concat();
        let again = [0x82, 0x87, 0x84, 0xbe];
        bench
            .send(
                Forward,
                &[frame(8, 0, 0, &[0, 0, 0, 9]), frame(1, 0x5, 7, &request)],
            )
            .send(Reverse, &[frame(6, 0, 0, &[0; 8]), frame(1, 0x5, 7, &OK)])
            .send(Forward, &[frame(1, 0x5, 9, &again)])
            .send(Reverse, &[frame(1, 0x5, 5, &OK)]);
        assert_eq!(bench.story, "request 0 response 0 request 1 response 2 ");
        let request = bench.exchange(0).request.as_ref().expect("seen");
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("GET", UNKNOWN)
        );
        assert_eq!(request.headers.iter().nth(2), Some((UNKNOWN, UNKNOWN)));
        let request = bench.exchange(1).request.as_ref().expect("seen");
        assert_eq!(request.header("x-new"), Some("1"));
        assert!(bench.exchange(2).request.is_none());
        assert_eq!(bench.exchange(2).server, bench.connection.requests.tuple.b);
    }

    #[test]
    fn a_gap_in_content_costs_content_only() {
        let mut bench = Bench::new();
        bench.send(Forward, &[PREFACE.to_vec(), frame(1, 0x5, 1, &get("/a"))]);
        let content = frame(0, 1, 1, &[b'x'; 100]);
        bench
            .send(Reverse, &[frame(1, 0x4, 1, &OK), content[..29].to_vec()])
            .gap(Reverse, 50)
            .send(Reverse, &[content[79..].to_vec()]);
        assert_eq!(bench.story, "request 0 response 0 ");
        let body = &bench.exchange(0).response.as_ref().expect("seen").body;
        assert_eq!(
            (body.wire_bytes, body.missing_bytes, body.complete),
            (100, 50, false)
        );
    }

    #[test]
    fn a_gap_elsewhere_loses_step_until_frames_fit_together() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &[PREFACE.to_vec(), frame(1, 0x5, 1, &get("/a"))])
            .gap(Forward, 0)
            .send(Forward, &[vec![0xee; 30]])
            .send(
                Forward,
                &[
                    frame(6, 1, 0, &[0; 8]),
                    frame(1, 0x5, 5, &[0x82, 0x87, 0xbe, 0xbf]),
                ],
            );
        let request = bench.exchange(1).request.as_ref().expect("seen");
        assert_eq!(request.target, UNKNOWN);
        assert_eq!(bench.story, "request 0 request 1 ");
    }

    #[test]
    fn rules_broken_are_named() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &[PREFACE.to_vec(), frame(1, 0, 1, &get("/a"))])
            .send(Forward, &[frame(6, 0, 0, &[0; 8])])
            .send(Forward, &[frame(9, 4, 1, &get("/a"))])
            .send(Forward, &[frame(1, 0xc, 3, &[9, 0])])
            .send(Forward, &[frame(1, 0x5, 5, &[0xff])]);
        assert_eq!(
            bench.story,
            "http2-continuation-out-of-place http2-continuation-out-of-place \
             http2-padding-too-long http2-hpack-number-cut "
        );
    }

    #[test]
    fn streams_without_end_are_bounded() {
        let mut bench = Bench::new();
        bench.send(Forward, &[PREFACE.to_vec()]);
        for number in 0..6_000_u32 {
            let mut headers = frame(1, 0x4, 0, &[0x82, 0x87, 0x84]);
            headers[5..9].copy_from_slice(&(2 * number + 1).to_be_bytes());
            bench.send(Forward, &[headers]);
        }
        assert!(bench.story.contains("http2-too-many-streams"));
        assert_eq!(bench.connection.requests.streams.ids().len(), 4096);
    }

    #[test]
    fn flipped_connections_do_not_panic() {
        let client = [
            PREFACE.to_vec(),
            frame(1, 0x0, 1, &get("/a")),
            frame(9, 0x4, 1, &field("a", "b")),
            frame(0, 0x9, 1, b"\x02abc\0\0"),
        ]
        .concat();
        let promise = [&[0, 0, 0, 2][..], &get("/p")].concat();
        let server = [
            frame(4, 0, 0, &[0, 1, 0, 0, 0, 0]),
            frame(5, 0x4, 1, &promise),
            frame(1, 0x24, 1, &[&[0, 0, 0, 0, 1][..], &OK].concat()),
            frame(3, 0, 1, &[0; 4]),
        ]
        .concat();
        for bit in 0..client.len() * 8 {
            let mut flipped = client.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut answer = server.clone();
            let at = bit % (server.len() * 8);
            answer[at / 8] ^= 1 << (at % 8);
            let mut bench = Bench::new();
            let (head, tail) = flipped.split_at(bit / 8);
            bench
                .send(Forward, &[head.to_vec()])
                .send(Reverse, &[answer])
                .send(Forward, &[tail.to_vec()])
                .gap(Reverse, bit as u64)
                .end(Forward)
                .end(Reverse);
        }
    }
}
