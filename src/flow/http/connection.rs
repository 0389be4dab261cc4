//! Both directions of one HTTP/1.1 connection: which response answers which request, and what the connection becomes.

use std::collections::VecDeque;

use crate::flow::body::Body;
use crate::flow::exchange::Exchanges;
use crate::flow::exchange::Request;
use crate::flow::exchange::Response;
use crate::flow::exchange::Scheme;
use crate::flow::exchange::Version;
use crate::flow::http::HttpEvent;
use crate::flow::http::reader::Reader;
use crate::flow::http::reader::Step;
use crate::flow::reassembly::Chunk;
use crate::flow::reassembly::Ending;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::http1::head::StartLine;
use crate::wire::http1::headers::Headers;
use crate::wire::http1::sniff::Sniff;

/// The HTTP connections of one conversation, one after the other.
#[derive(Debug)]
pub struct HttpConnection {
    pub(super) flow: FlowId,
    pub(super) tuple: FiveTuple,
    pub(super) scheme: Scheme,
    pub(super) readers: [Reader; 2],
    /// The client's direction, once a start line showed it.
    pub(super) client: Option<Direction>,
    /// Requests without a final response head, oldest first.
    pub(super) outstanding: VecDeque<Outstanding>,
    /// The request on its way, and the exchange of the response on its way.
    pub(super) sending: Option<ExchangeId>,
    pub(super) receiving: Option<ExchangeId>,
    /// Has the client been seen to send a request before the response to the one before?
    pub(super) pipelines: bool,
    /// What the client sent after asking for another protocol, until the answer shows whose bytes they are.
    pub(super) held: Option<Vec<Held>>,
}

/// A request that waits for its response.
#[derive(Debug)]
pub(super) struct Outstanding {
    /// `None` when the exchange list was full.
    pub(super) id: Option<ExchangeId>,
    pub(super) method: &'static str,
    pub(super) upgrade: Option<String>,
}

#[derive(Debug)]
pub(super) struct Held {
    at: Timestamp,
    frame: FrameNumber,
    bytes: Vec<u8>,
}

/// When and in which frame a piece came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) at: Timestamp,
    pub(super) frame: FrameNumber,
    pub(super) direction: Direction,
}

impl HttpConnection {
    /// For conversation `flow` between the ends of `tuple`.
    pub fn new(flow: FlowId, tuple: FiveTuple, scheme: Scheme) -> Self {
        Self {
            flow,
            tuple,
            scheme,
            readers: Default::default(),
            client: None,
            outstanding: VecDeque::new(),
            sending: None,
            receiving: None,
            pipelines: false,
            held: None,
        }
    }

    /// The client's direction, once known.
    pub const fn client(&self) -> Option<Direction> {
        self.client
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
            Chunk::Start { midway, .. } => {
                *self = Self::new(self.flow, self.tuple, self.scheme);
                if midway {
                    self.readers.iter_mut().for_each(Reader::lose_step);
                }
            }
            Chunk::Data { at, frame, bytes } => {
                let place = Place {
                    at,
                    frame,
                    direction,
                };
                if !self.hold(place, bytes) {
                    self.release(direction, exchanges, sink);
                    self.read(place, bytes, exchanges, sink);
                }
            }
            Chunk::Gap { at, frame, bytes } => {
                let place = Place {
                    at,
                    frame,
                    direction,
                };
                self.release(direction, exchanges, sink);
                if self.readers[direction.index()].is_tunnel() {
                    sink(HttpEvent::Through { direction, chunk });
                }
                let step = self.readers[direction.index()].gap(bytes);
                self.act(place, step, exchanges, sink);
                // A gap to the very end of a body ends its message.
                self.read(place, &[], exchanges, sink);
            }
            Chunk::End { at, frame, how } => {
                let place = Place {
                    at,
                    frame,
                    direction,
                };
                self.release(direction, exchanges, sink);
                if self.readers[direction.index()].is_tunnel() {
                    sink(HttpEvent::Through { direction, chunk });
                }
                let step = self.readers[direction.index()].end(how);
                self.act(place, step, exchanges, sink);
            }
        }
    }

    /// The capture is over: what is under way stays incomplete.
    pub fn finish(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        for direction in [Direction::Forward, Direction::Reverse] {
            let end = Chunk::End {
                at,
                frame,
                how: Ending::Unseen,
            };
            self.observe(direction, end, exchanges, sink);
        }
    }

    fn read(
        &mut self,
        place: Place,
        bytes: &[u8],
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        let mut input = bytes;
        loop {
            let expected = self.client.map(|client| {
                if client == place.direction {
                    Sniff::Request
                } else {
                    Sniff::Response
                }
            });
            let reader = &mut self.readers[place.direction.index()];
            let step = reader.step(place.at, place.frame, &mut input, expected);
            if matches!(step, Step::Hungry) {
                return;
            }
            self.act(place, step, exchanges, sink);
            if self.hold(place, input) {
                return;
            }
        }
    }

    fn act(
        &mut self,
        place: Place,
        step: Step<'_>,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        match step {
            Step::Hungry => {}
            Step::Head {
                head,
                bytes,
                span,
                lost_before,
            } => match head.start.clone() {
                StartLine::Request { method, target } => {
                    let request = Request {
                        at: span.at,
                        complete_at: span.complete_at,
                        method,
                        target,
                        version: Version::from_minor(head.minor_version),
                        headers: Headers::default(),
                        head_bytes: bytes,
                        body: Body::default(),
                        frames: span.frames,
                        faults: Vec::new(),
                    };
                    self.request(place, head, request, exchanges, sink);
                }
                StartLine::Response { status, reason } => {
                    let response = Response {
                        at: span.at,
                        complete_at: span.complete_at,
                        status,
                        reason,
                        version: Version::from_minor(head.minor_version),
                        headers: Headers::default(),
                        head_bytes: bytes,
                        body: Body::default(),
                        frames: span.frames,
                        faults: Vec::new(),
                    };
                    self.response(place, head, response, lost_before, exchanges, sink);
                }
            },
            Step::Done { body, span } => self.done(place, body, span, exchanges, sink),
            Step::Through(bytes) => sink(HttpEvent::Through {
                direction: place.direction,
                chunk: Chunk::Data {
                    at: place.at,
                    frame: place.frame,
                    bytes,
                },
            }),
            Step::Fault(fault) => sink(HttpEvent::Fault {
                frame: place.frame,
                fault,
            }),
        }
    }

    /// Keeps client bytes while it is open whose they are; false when they are to be read now.
    fn hold(&mut self, place: Place, bytes: &[u8]) -> bool {
        if self.client != Some(place.direction) {
            return false;
        }
        let Some(held) = &mut self.held else {
            return false;
        };
        let kept: usize = held.iter().map(|piece| piece.bytes.len()).sum();
        if held.len() >= HELD_PIECES || kept + bytes.len() > HELD_BYTES {
            return false;
        }
        if !bytes.is_empty() {
            held.push(Held {
                at: place.at,
                frame: place.frame,
                bytes: bytes.to_vec(),
            });
        }
        true
    }

    /// Reads the client bytes that were held, as what they now are.
    pub(super) fn release(
        &mut self,
        direction: Direction,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        if self.client != Some(direction) {
            return;
        }
        for piece in self.held.take().unwrap_or_default() {
            let place = Place {
                at: piece.at,
                frame: piece.frame,
                direction,
            };
            if !self.hold(place, &piece.bytes) {
                self.read(place, &piece.bytes, exchanges, sink);
            }
        }
    }
}

/// Client bytes held while an upgrade is open.
const HELD_BYTES: usize = 64 * 1024;
/// Pieces of them.
const HELD_PIECES: usize = 256;

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::flow::exchange::Exchange;
    use crate::vocab::address::Transport;
    use crate::vocab::address::TransportAddress;

    /// A connection under test; `story` tells what happened in words.
    struct Bench {
        connection: HttpConnection,
        exchanges: Exchanges,
        frame: u64,
        story: String,
    }

    use Direction::Forward;
    use Direction::Reverse;

    impl Bench {
        fn new() -> Self {
            let end = |last| TransportAddress::new(Ipv4Addr::new(192, 0, 2, last).into(), 80);
            let tuple = FiveTuple {
                transport: Transport::Tcp,
                a: end(1),
                b: end(2),
            };
            Self {
                connection: HttpConnection::new(FlowId(0), tuple, Scheme::Http),
                exchanges: Exchanges::default(),
                frame: 0,
                story: String::new(),
            }
        }

        fn observe(&mut self, direction: Direction, chunk: Chunk<'_>) {
            let story = &mut self.story;
            let mut sink = |event: HttpEvent<'_>| {
                let _ = match event {
                    HttpEvent::Opened { .. } | HttpEvent::Tunnelled { .. } => Ok(()),
                    HttpEvent::RequestComplete(id) => write!(story, "request {} ", id.0),
                    HttpEvent::ResponseComplete(id) => write!(story, "response {} ", id.0),
                    HttpEvent::Upgraded { protocol, .. } => write!(story, "upgraded {protocol} "),
                    HttpEvent::Fault { fault, .. } => write!(story, "{} ", fault.name),
                    HttpEvent::Through { direction, chunk } => match chunk {
                        Chunk::Data { bytes, .. } => {
                            write!(story, "{direction:?}:{} ", bytes.escape_ascii())
                        }
                        other => write!(story, "{direction:?}:{other:?} "),
                    },
                };
            };
            self.connection
                .observe(direction, chunk, &mut self.exchanges, &mut sink);
        }

        fn place(&mut self) -> (Timestamp, FrameNumber) {
            self.frame += 1;
            let at = Timestamp::from_nanos(self.frame * 1_000_000);
            (at, FrameNumber::new(0, self.frame))
        }

        fn send(&mut self, direction: Direction, text: &str) -> &mut Self {
            let (at, frame) = self.place();
            let bytes = text.as_bytes();
            self.observe(direction, Chunk::Data { at, frame, bytes });
            self
        }

        fn lose(&mut self, direction: Direction, bytes: u64) -> &mut Self {
            let (at, frame) = self.place();
            self.observe(direction, Chunk::Gap { at, frame, bytes });
            self
        }

        fn end(&mut self, direction: Direction, how: Ending) -> &mut Self {
            let (at, frame) = self.place();
            self.observe(direction, Chunk::End { at, frame, how });
            self
        }

        /// The story since the last call.
        #[track_caller]
        fn check(&mut self, expected: &str) -> &mut Self {
            assert_eq!(std::mem::take(&mut self.story).trim_end(), expected);
            self
        }

        /// Method, target, status and response body of every exchange.
        #[track_caller]
        fn check_exchanges(&self, expected: &[&str]) {
            let rows: Vec<String> = self.exchanges.all().iter().map(row).collect();
            assert_eq!(rows, expected);
        }

        fn response(&self, index: usize) -> &Response {
            let exchange = &self.exchanges.all()[index];
            exchange.response.as_ref().expect("answered")
        }
    }

    fn row(exchange: &Exchange) -> String {
        let request = exchange.request.as_ref().map_or_else(
            || "?".into(),
            |request| format!("{} {}", request.method, request.target),
        );
        let response = exchange.response.as_ref().map_or_else(
            || "-".into(),
            |response| format!("{} {}", response.status, response.body.text()),
        );
        format!("{request} > {response}").trim_end().to_owned()
    }

    fn get(target: &str) -> String {
        format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    fn ok(body: &str) -> String {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    #[test]
    fn a_request_is_told_before_its_response_and_both_have_their_times() {
        let mut bench = Bench::new();
        bench
            .send(Forward, "POST /janus HTTP/1.1\r\nContent-Le")
            .send(Forward, "ngth: 5\r\n\r\nab")
            .check("")
            .send(Forward, "cde")
            .check("request 0")
            .send(
                Reverse,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            )
            .check("")
            .send(Reverse, "3\r\nxyz\r\n0\r\n\r\n")
            .check("response 0");
        bench.check_exchanges(&["POST /janus > 200 xyz"]);
        let exchange = &bench.exchanges.all()[0];
        let request = exchange.request.as_ref().expect("captured");
        assert_eq!(request.body.text(), "abcde");
        assert_eq!(
            (request.at.nanos(), request.complete_at.nanos()),
            (1_000_000, 3_000_000)
        );
        assert_eq!(request.frames.len(), 3);
        assert_eq!(
            exchange.time_to_first_byte().map(|t| t.as_millis()),
            Some(1)
        );
        assert_eq!(exchange.duration().map(|t| t.as_millis()), Some(4));
        assert_eq!(exchange.client, bench.connection.tuple.a);
    }

    #[test]
    fn pipelined_requests_are_answered_in_order() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &(get("/1") + &get("/2") + &get("/3")))
            .send(Reverse, &(ok("one") + &ok("two") + &ok("three")))
            .check("request 0 request 1 request 2 response 0 response 1 response 2");
        bench.check_exchanges(&["GET /1 > 200 one", "GET /2 > 200 two", "GET /3 > 200 three"]);
    }

    #[test]
    fn the_client_may_be_the_second_to_speak_in_the_capture() {
        let mut bench = Bench::new();
        bench.send(Reverse, &get("/")).send(Forward, &ok("x"));
        bench.check_exchanges(&["GET / > 200 x"]);
        assert_eq!(bench.exchanges.all()[0].client, bench.connection.tuple.b);
    }

    #[test]
    fn an_interim_response_is_noted_and_the_final_one_still_comes() {
        let mut bench = Bench::new();
        bench
            .send(
                Forward,
                "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
            )
            .send(Reverse, "HTTP/1.1 100 Continue\r\n\r\n")
            .send(Forward, "x")
            .send(
                Reverse,
                "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            )
            .check("request 0 response 0");
        assert_eq!(bench.exchanges.all()[0].interim, [100, 103]);
        bench.check_exchanges(&["PUT / > 204"]);
    }

    #[test]
    fn a_response_may_overtake_the_end_of_its_request() {
        let mut bench = Bench::new();
        bench
            .send(Forward, "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\na")
            .send(
                Reverse,
                "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n",
            )
            .send(Forward, "b")
            .check("response 0 request 0");
        bench.check_exchanges(&["POST / > 413"]);
    }

    #[test]
    fn a_response_to_head_has_no_body_whatever_its_length() {
        let mut bench = Bench::new();
        bench
            .send(Forward, "HEAD / HTTP/1.1\r\n\r\n")
            .send(Reverse, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
            .send(Forward, &get("/x"))
            .send(Reverse, &ok("x"))
            .check("request 0 response 0 request 1 response 1");
    }

    #[test]
    fn an_upgrade_hands_the_rest_over() {
        let mut bench = Bench::new();
        bench
            .send(
                Forward,
                "GET /ws HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
            )
            .send(Forward, "early")
            .check("request 0")
            .send(
                Reverse,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello",
            )
            .check("response 0 upgraded websocket Forward:early Reverse:hello")
            .send(Forward, "GET / HTTP/1.1\r\n\r\n")
            .check("Forward:GET / HTTP/1.1\\r\\n\\r\\n");
        bench.lose(Reverse, 7).end(Reverse, Ending::Finished);
        assert!(bench.story.contains("Gap") && bench.story.contains("End"));
        let exchange = &bench.exchanges.all()[0];
        assert_eq!(exchange.upgraded.as_deref(), Some("websocket"));
    }

    #[test]
    fn a_refused_upgrade_leaves_http() {
        let mut bench = Bench::new();
        bench
            .send(
                Forward,
                "GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            )
            .send(Forward, &get("/next"))
            .check("request 0")
            .send(Reverse, &ok("no"))
            .check("request 1 response 0")
            .send(Reverse, &ok("x"))
            .check("response 1");
        bench.check_exchanges(&["GET /ws > 200 no", "GET /next > 200 x"]);
    }

    #[test]
    fn connect_becomes_a_tunnel() {
        let mut bench = Bench::new();
        bench
            .send(
                Forward,
                "CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443\r\n\r\n",
            )
            .send(Reverse, "HTTP/1.1 200 Connection established\r\n\r\n")
            .send(Forward, "\x16\x03")
            .check("request 0 response 0 upgraded connect Forward:\\x16\\x03");
    }

    #[test]
    fn a_body_without_length_ends_with_the_connection() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &get("/"))
            .send(Reverse, "HTTP/1.0 200 OK\r\n\r\nall ")
            .send(Reverse, "of it")
            .check("request 0")
            .end(Reverse, Ending::Finished)
            .check("response 0");
        bench.check_exchanges(&["GET / > 200 all of it"]);
        assert!(bench.response(0).body.complete);
    }

    #[test]
    fn a_reset_leaves_a_body_incomplete_and_an_open_capture_too() {
        for (how, story) in [
            (Ending::Reset, "request 0 http-body-ends-early response 0"),
            (
                Ending::Finished,
                "request 0 http-body-ends-early response 0",
            ),
            (Ending::Unseen, "request 0 response 0"),
        ] {
            let mut bench = Bench::new();
            bench
                .send(Forward, &get("/"))
                .send(Reverse, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
                .end(Reverse, how)
                .check(story);
            bench.check_exchanges(&["GET / > 200 half"]);
            assert!(!bench.response(0).body.complete);
        }
    }

    #[test]
    fn an_unanswered_poll_has_no_response() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &get("/poll"))
            .end(Forward, Ending::Unseen);
        bench.check_exchanges(&["GET /poll > -"]);
    }

    #[test]
    fn a_hole_inside_a_body_keeps_the_next_message_in_step() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &get("/1"))
            .send(Reverse, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab")
            .lose(Reverse, 3)
            .send(Reverse, "6789")
            .send(Forward, &get("/2"))
            .send(Reverse, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            .lose(Reverse, 4)
            .send(Forward, &get("/3"))
            .send(Reverse, &ok("three"))
            .check("request 0 response 0 request 1 response 1 request 2 response 2");
        bench.check_exchanges(&["GET /1 > 200 ab", "GET /2 > 200", "GET /3 > 200 three"]);
        assert_eq!(bench.response(0).body.missing_bytes, 3);
        assert!(!bench.response(1).body.complete);
    }

    #[test]
    fn a_hole_beyond_a_body_ends_it_and_the_next_start_line_is_found() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &get("/1"))
            .send(
                Reverse,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na",
            )
            .lose(Reverse, 500)
            .check("request 0 response 0")
            .send(Reverse, "rest of a body\r\nmore\r\n")
            .send(Forward, &get("/2"))
            .send(Reverse, &ok("two"))
            .check("request 1 response 1");
        bench.check_exchanges(&["GET /1 > 200 a", "GET /2 > 200 two"]);
    }

    #[test]
    fn a_lost_response_does_not_shift_the_others() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &get("/1"))
            .send(Reverse, &ok("one"))
            .send(Forward, &get("/2"))
            .send(Forward, &get("/3"))
            .lose(Reverse, 300)
            .send(Reverse, &ok("three"));
        bench.check_exchanges(&["GET /1 > 200 one", "GET /2 > -", "GET /3 > 200 three"]);
    }

    #[test]
    fn a_lost_request_leaves_its_response_alone() {
        let mut bench = Bench::new();
        bench
            .send(Forward, "GET /1 HTTP/1.1\r\nHost")
            .lose(Forward, 90)
            // What the capture lacks is not malformed.
            .check("")
            .send(Reverse, &ok("one"))
            .send(Forward, &get("/2"))
            .send(Reverse, &ok("two"))
            .check("response 0 request 1 response 1");
        bench.check_exchanges(&["? > 200 one", "GET /2 > 200 two"]);
        assert_eq!(bench.exchanges.all()[0].client, bench.connection.tuple.a);
    }

    #[test]
    fn a_stream_joined_midway_waits_for_a_start_line_without_a_fault() {
        let mut bench = Bench::new();
        let (at, frame) = bench.place();
        let start = Chunk::Start {
            at,
            frame,
            midway: true,
        };
        bench.observe(Reverse, start);
        bench
            .send(Reverse, "\"sdp\":\"v=0\"}")
            .send(Forward, &get("/2"))
            .send(Reverse, &ok("two"))
            .check("request 0 response 0");
    }

    #[test]
    fn bytes_that_are_no_message_are_one_fault() {
        let mut bench = Bench::new();
        bench
            .send(Forward, &get("/1"))
            .send(Reverse, &ok("one"))
            .send(Reverse, "surplus")
            .send(Reverse, "more surplus\n")
            .send(Forward, &get("/2"))
            .send(Reverse, &ok("two"))
            .check("request 0 response 0 http-bytes-between-messages request 1 response 1");
    }

    #[test]
    fn a_head_without_end_is_given_up() {
        let mut bench = Bench::new();
        bench.send(Forward, "GET / HTTP/1.1\r\n");
        for _ in 0..100 {
            bench.send(Forward, &"x".repeat(1000));
        }
        bench.check("http-head-too-long");
    }

    #[test]
    fn endless_pipelining_is_bounded() {
        let mut bench = Bench::new();
        for _ in 0..1100 {
            bench.send(Forward, &get("/"));
        }
        assert!(bench.story.contains("http-too-many-outstanding"));
        assert!(bench.connection.outstanding.len() <= 1024);
    }

    #[test]
    fn what_is_held_during_an_upgrade_is_bounded() {
        let mut bench = Bench::new();
        bench.send(Forward, "CONNECT b:443 HTTP/1.1\r\n\r\n");
        for _ in 0..1000 {
            bench.send(Forward, &"x".repeat(1000));
            let held = bench.connection.held.iter().flatten();
            assert!(held.map(|piece| piece.bytes.len()).sum::<usize>() <= HELD_BYTES);
        }
    }

    /// A conversation with every framing, as (direction, text).
    fn conversation() -> Vec<(Direction, String)> {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;e=x\r\ndefg\r\n0\r\nT: v\r\n\r\n";
        vec![
            (Forward, get("/length")),
            (Reverse, ok("hello")),
            (
                Forward,
                "POST /chunked HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n"
                    .into(),
            ),
            (Reverse, format!("HTTP/1.1 100 Continue\r\n\r\n{chunked}")),
            (Forward, "HEAD /none HTTP/1.1\r\n\r\n".into()),
            (
                Reverse,
                "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n".into(),
            ),
            (Forward, get("/close")),
            (Reverse, "HTTP/1.0 200 OK\r\n\r\nto the end".into()),
        ]
    }

    proptest! {
        #[test]
        fn any_cut_of_the_streams_gives_the_same_exchanges(sizes in proptest::collection::vec(1usize..40, 1..40)) {
            let mut bench = Bench::new();
            let mut sizes = sizes.iter().cycle();
            for (direction, text) in conversation() {
                let mut rest = text.as_str();
                while !rest.is_empty() {
                    let size = sizes.next().map_or(1, |&size| size.min(rest.len()));
                    bench.send(direction, &rest[..size]);
                    rest = &rest[size..];
                }
            }
            bench.end(Reverse, Ending::Finished);
            bench.check_exchanges(&[
                "GET /length > 200 hello",
                "POST /chunked > 200 abcdefg",
                "HEAD /none > 200",
                "GET /close > 200 to the end",
            ]);
            prop_assert!(!bench.story.contains("http-"), "{}", bench.story);
        }

        #[test]
        fn flips_and_holes_do_not_panic(
            flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8),
            holes in proptest::collection::vec((0usize..8, 0u64..200), 0..4),
            size in 1usize..200,
        ) {
            let mut bench = Bench::new();
            let mut conversation: Vec<(Direction, Vec<u8>)> =
                conversation().into_iter().map(|(direction, text)| (direction, text.into_bytes())).collect();
            for (index, value) in flips {
                let piece = index.index(conversation.len());
                let bytes = &mut conversation[piece].1;
                let at = index.index(bytes.len());
                bytes[at] ^= value;
            }
            for (n, (direction, bytes)) in conversation.iter().enumerate() {
                for part in bytes.chunks(size) {
                    let (at, frame) = bench.place();
                    bench.observe(*direction, Chunk::Data { at, frame, bytes: part });
                }
                for &(after, bytes) in &holes {
                    if after == n {
                        bench.lose(*direction, bytes);
                    }
                }
            }
            bench.end(Forward, Ending::Reset).end(Reverse, Ending::Reset);
            prop_assert!(bench.exchanges.all().len() < 40);
        }
    }
}
