//! HTTP exchanges: a request and the response to it, whichever HTTP version carried them.

use std::sync::Arc;
use std::time::Duration;

use crate::flow::body::Body;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::TransportAddress;
use crate::vocab::fault::Fault;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::http1::headers::Headers;

/// A request with its response, as far as the capture has them. Copies share them.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Place in the list.
    pub id: ExchangeId,
    /// Conversation it ran in.
    pub flow: FlowId,
    /// Who asked.
    pub client: TransportAddress,
    /// Who was asked.
    pub server: TransportAddress,
    /// Plain or inside TLS.
    pub scheme: Scheme,
    /// `None` when the response's request was not captured.
    pub request: Option<Arc<Request>>,
    /// Interim status codes (1xx) in order, at most [`INTERIM_KEPT`].
    pub interim: Vec<u16>,
    /// `None` while, or for ever, unanswered.
    pub response: Option<Arc<Response>>,
    /// What the connection became: `websocket`, `h2c` … after 101, `connect` after a 2xx to CONNECT.
    pub upgraded: Option<String>,
    /// Were header fields and bodies let go, to stay within [`TEXT_KEPT`]?
    pub shed: bool,
}

/// A request. It stands here from its head on; `body` and `complete_at` are final once it is complete.
#[derive(Debug, Clone)]
pub struct Request {
    /// First byte.
    pub at: Timestamp,
    /// Last byte seen.
    pub complete_at: Timestamp,
    /// Method.
    pub method: String,
    /// Request target as sent.
    pub target: String,
    /// Version.
    pub version: Version,
    /// Header fields.
    pub headers: Headers,
    /// Length of the head on the wire, bytes.
    pub head_bytes: u64,
    /// Body.
    pub body: Body,
    /// Frames that carried it, ascending, at most [`FRAMES_KEPT`].
    pub frames: Vec<FrameNumber>,
    /// Broken rules of the head.
    pub faults: Vec<Fault>,
}

/// A final response. It stands here from its head on, like the request.
#[derive(Debug, Clone)]
pub struct Response {
    /// First byte.
    pub at: Timestamp,
    /// Last byte seen.
    pub complete_at: Timestamp,
    /// Status code; 0 when it stands in a header field that the capture lacks (HTTP/2 joined midway).
    pub status: u16,
    /// Reason phrase, possibly empty.
    pub reason: String,
    /// Version.
    pub version: Version,
    /// Header fields.
    pub headers: Headers,
    /// Length of the head on the wire, bytes.
    pub head_bytes: u64,
    /// Body.
    pub body: Body,
    /// Frames that carried it, ascending, at most [`FRAMES_KEPT`].
    pub frames: Vec<FrameNumber>,
    /// Broken rules of the head.
    pub faults: Vec<Fault>,
}

/// Under what the exchange ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// TCP alone.
    Http,
    /// TLS, or QUIC.
    Https,
}

/// HTTP version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1, and any higher minor version.
    Http11,
    /// HTTP/2.
    Http2,
    /// HTTP/3.
    Http3,
}

impl Scheme {
    /// `http` or `https`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Version {
    /// From the digit behind `HTTP/1.`.
    pub const fn from_minor(minor: u8) -> Self {
        match minor {
            0 => Self::Http10,
            _ => Self::Http11,
        }
    }

    /// `1.0`, `1.1`, `2` or `3`, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2",
            Self::Http3 => "3",
        }
    }
}

impl Request {
    /// Value of the first header field called `name` (any case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }
}

impl Response {
    /// Value of the first header field called `name` (any case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }
}

impl Exchange {
    /// One that begins with a message of the conversation `flow` between `client` and the other end of `tuple`: with its request, or with
    /// a response whose request was not captured. Its place is known once it is in the list.
    pub(super) fn new(
        flow: FlowId,
        tuple: &FiveTuple,
        client: Direction,
        scheme: Scheme,
        request: Option<Request>,
    ) -> Self {
        Self {
            id: ExchangeId(0),
            flow,
            client: tuple.source(client),
            server: tuple.destination(client),
            scheme,
            request: request.map(Arc::new),
            interim: Vec::new(),
            response: None,
            upgraded: None,
            shed: false,
        }
    }

    /// The target URI (RFC 9112 §3.3): `http://janus.example:8088/janus`. A target in absolute form is given as sent;
    /// without a Host field the server's address stands in; empty when the request was not captured.
    pub fn url(&self) -> String {
        let Some(request) = &self.request else {
            return String::new();
        };
        let target = request.target.as_str();
        if target.contains("://") {
            return target.to_owned();
        }
        let scheme = self.scheme.word();
        // An extended CONNECT has a path, like other requests (RFC 8441 §4).
        if request.method == "CONNECT" && !target.starts_with('/') {
            return format!("{scheme}://{target}");
        }
        // HTTP/2 has it in a pseudo-header field (RFC 9113 §8.3.1).
        let authority = request
            .header(":authority")
            .or_else(|| request.header("host"))
            .filter(|host| !host.is_empty());
        let path = if target == "*" { "" } else { target };
        match authority {
            Some(authority) => [scheme, "://", authority, path].concat(),
            None => format!("{scheme}://{}{path}", self.server),
        }
    }

    /// The same as URI of the WebSocket connection that the exchange opened (RFC 6455 §3): `ws://janus.example:8188/`.
    pub fn websocket_url(&self) -> String {
        let url = self.url();
        match url.strip_prefix("http") {
            Some(rest) => format!("ws{rest}"),
            None => url,
        }
    }

    /// The request, to change: no longer shared.
    pub fn request_mut(&mut self) -> Option<&mut Request> {
        self.request.as_mut().map(Arc::make_mut)
    }

    /// The response, to change: no longer shared.
    pub fn response_mut(&mut self) -> Option<&mut Response> {
        self.response.as_mut().map(Arc::make_mut)
    }

    /// HTTP version, of the request where that was captured.
    pub fn version(&self) -> Option<Version> {
        let request = self.request.as_ref().map(|request| request.version);
        request.or_else(|| self.response.as_ref().map(|response| response.version))
    }

    /// First byte of the exchange that was captured.
    pub fn at(&self) -> Option<Timestamp> {
        let request = self.request.as_ref().map(|request| request.at);
        request.or_else(|| self.response.as_ref().map(|response| response.at))
    }

    /// From the request's last byte to the response's first: how long the server took, plus a round trip.
    pub fn time_to_first_byte(&self) -> Option<Duration> {
        let (request, response) = (self.request.as_ref()?, self.response.as_ref()?);
        Some(response.at.since(request.complete_at))
    }

    /// From the request's first byte to the response's last one seen.
    pub fn duration(&self) -> Option<Duration> {
        let (request, response) = (self.request.as_ref()?, self.response.as_ref()?);
        Some(response.complete_at.since(request.at))
    }
}

/// All exchanges of a capture, in order of their requests. Bounded: see [`EXCHANGES_KEPT`] and [`TEXT_KEPT`].
#[derive(Debug, Default)]
pub struct Exchanges {
    list: Vec<Exchange>,
    text_bytes: usize,
    shed: usize,
    refused: u64,
}

impl Exchanges {
    /// The exchanges, taken out: the end of the capture.
    pub fn take_all(&mut self) -> Vec<Exchange> {
        std::mem::take(&mut self.list)
    }

    /// Uses the room of `empty`, instead of asking for new.
    pub fn use_room(&mut self, mut empty: Vec<Exchange>) {
        if self.list.is_empty() {
            empty.clear();
            self.list = empty;
        }
    }

    /// The exchanges.
    pub fn all(&self) -> &[Exchange] {
        &self.list
    }

    /// One of them.
    pub fn get(&self, id: ExchangeId) -> Option<&Exchange> {
        self.list.get(id.index())
    }

    /// How full the list is.
    pub fn fullness(&self) -> f64 {
        self.list.len() as f64 / EXCHANGES_KEPT as f64
    }

    /// Exchanges that found the list full.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Exchanges, from the first one on, whose header fields and bodies were let go.
    pub const fn shed(&self) -> usize {
        self.shed
    }

    /// Adds an exchange and gives it its id; `None` when the list is full.
    pub(super) fn open(&mut self, mut exchange: Exchange) -> Option<ExchangeId> {
        if self.list.len() >= EXCHANGES_KEPT {
            self.refused += 1;
            return None;
        }
        let id = ExchangeId(self.list.len() as u32);
        exchange.id = id;
        self.text_bytes += exchange.text_bytes();
        if self.list.len() == self.list.capacity() {
            // Long lists shall not have as much room again to spare.
            self.list.reserve_exact((self.list.len() / 2).max(64));
        }
        self.list.push(exchange);
        self.shed_oldest();
        Some(id)
    }

    /// Changes an exchange, and lets old text go when that makes it too much.
    pub(super) fn update(&mut self, id: ExchangeId, change: impl FnOnce(&mut Exchange)) {
        if let Some(exchange) = self.list.get_mut(id.index()) {
            self.text_bytes -= exchange.text_bytes();
            change(exchange);
            self.text_bytes += exchange.text_bytes();
        }
        self.shed_oldest();
    }

    /// Oldest first: what signaling had to say there has been read, and the newest must still be.
    fn shed_oldest(&mut self) {
        while self.text_bytes > TEXT_KEPT
            && self.shed + 1 < self.list.len()
            && let Some(exchange) = self.list.get_mut(self.shed)
        {
            self.text_bytes -= exchange.text_bytes();
            exchange.shed_text();
            self.text_bytes += exchange.text_bytes();
            self.shed += 1;
        }
    }
}

impl Exchange {
    /// Bytes of text it keeps alive.
    fn text_bytes(&self) -> usize {
        let request = self.request.as_ref().map_or(0, |request| {
            request.target.len() + request.headers.memory() + request.body.bytes.len()
        });
        let response = self.response.as_ref().map_or(0, |response| {
            response.reason.len() + response.headers.memory() + response.body.bytes.len()
        });
        request + response
    }

    /// Lets go what is long, except what names the exchange.
    fn shed_text(&mut self) {
        self.shed = true;
        if let Some(request) = self.request_mut() {
            let named = |name: &str| name.eq_ignore_ascii_case("host") || name == ":authority";
            let headers = request.headers.iter().filter(|(name, _)| named(name));
            request.headers = headers.collect();
            request.body.shed();
        }
        if let Some(response) = self.response_mut() {
            response.headers = Headers::default();
            response.body.shed();
        }
    }
}

/// Remembers that `frame` carried part of a message: ascending, without repeats; once full, the last place holds the latest.
pub(super) fn note_frame(frames: &mut Vec<FrameNumber>, frame: FrameNumber) {
    let Err(place) = frames.binary_search(&frame) else {
        return;
    };
    if frames.len() < FRAMES_KEPT {
        frames.insert(place, frame);
    } else if place == FRAMES_KEPT {
        frames[FRAMES_KEPT - 1] = frame;
    }
}

/// Exchanges listed; more are counted only.
pub const EXCHANGES_KEPT: usize = 100_000;
/// Bytes of header fields and bodies kept over all exchanges: 128 MiB.
pub const TEXT_KEPT: usize = 128 << 20;
/// Frame numbers kept per message.
pub const FRAMES_KEPT: usize = 64;
/// Interim status codes kept per exchange.
pub const INTERIM_KEPT: usize = 8;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn exchange(method: &str, target: &str, host: Option<&str>) -> Exchange {
        let address = TransportAddress::new(Ipv4Addr::new(192, 0, 2, 1).into(), 8088);
        let headers = host.map(|host| ("host".to_owned(), host.to_owned()));
        Exchange {
            id: ExchangeId(0),
            flow: FlowId(0),
            client: address,
            server: address,
            scheme: Scheme::Http,
            request: Some(Arc::new(Request {
                at: Timestamp::default(),
                complete_at: Timestamp::default(),
                method: method.into(),
                target: target.into(),
                version: Version::Http11,
                headers: headers.into_iter().collect(),
                head_bytes: 0,
                body: Body::default(),
                frames: Vec::new(),
                faults: Vec::new(),
            })),
            interim: Vec::new(),
            response: None,
            upgraded: None,
            shed: false,
        }
    }

    #[track_caller]
    fn check_url(method: &str, target: &str, host: Option<&str>, expected: &str) {
        assert_eq!(exchange(method, target, host).url(), expected);
    }

    #[test]
    fn a_url_is_made_of_target_and_host() {
        check_url("GET", "/a?b", Some("x.test:81"), "http://x.test:81/a?b");
        check_url("GET", "/a", None, "http://192.0.2.1:8088/a");
        check_url("GET", "http://y.test/a", Some("x.test"), "http://y.test/a");
        check_url("OPTIONS", "*", Some("x.test"), "http://x.test");
        check_url("CONNECT", "y.test:443", Some("x.test"), "http://y.test:443");
    }

    #[test]
    fn a_websocket_has_a_scheme_of_its_own() {
        let mut exchange = exchange("GET", "/a", Some("x.test"));
        assert_eq!(exchange.websocket_url(), "ws://x.test/a");
        exchange.scheme = Scheme::Https;
        assert_eq!(exchange.websocket_url(), "wss://x.test/a");
        exchange.request = None;
        assert_eq!(exchange.websocket_url(), "");
    }

    #[test]
    fn frames_are_ascending_and_bounded() {
        let mut frames = Vec::new();
        for number in [5, 3, 5, 9, 3] {
            note_frame(&mut frames, FrameNumber::new(0, number));
        }
        assert_eq!(frames, [3, 5, 9].map(|number| FrameNumber::new(0, number)));
        for number in 0..1000 {
            note_frame(&mut frames, FrameNumber::new(0, number));
        }
        assert_eq!(frames.len(), FRAMES_KEPT);
        assert_eq!(frames.last(), Some(&FrameNumber::new(0, 999)));
    }

    #[test]
    fn the_oldest_text_goes_first_and_the_url_stays() {
        let mut exchanges = Exchanges::default();
        let megabyte: Arc<[u8]> = vec![b'x'; 1 << 20].into();
        for _ in 0..130 {
            let id = exchanges.open(exchange("POST", "/a", Some("x.test")));
            exchanges.update(id.expect("room"), |exchange| {
                if let Some(request) = exchange.request_mut() {
                    request.body.bytes = megabyte.clone();
                }
            });
        }
        assert_eq!(exchanges.shed(), 3);
        let first = &exchanges.all()[0];
        assert_eq!(first.url(), "http://x.test/a");
        assert!(first.shed && first.request.as_ref().is_some_and(|r| r.body.truncated));
        assert!(!exchanges.all()[129].shed);
    }
}
