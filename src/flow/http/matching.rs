//! Which response answers which request, and what the connection becomes.

use crate::flow::body::Body;
use crate::flow::exchange::Exchange;
use crate::flow::exchange::Exchanges;
use crate::flow::exchange::INTERIM_KEPT;
use crate::flow::exchange::Request;
use crate::flow::exchange::Response;
use crate::flow::http::HttpEvent;
use crate::flow::http::connection::HttpConnection;
use crate::flow::http::connection::Outstanding;
use crate::flow::http::connection::Place;
use crate::flow::http::reader::Reader;
use crate::flow::http::reader::Span;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::http1::framing;
use crate::wire::http1::framing::Framing;
use crate::wire::http1::head::Head;
use crate::wire::http1::headers::Headers;

impl HttpConnection {
    pub(super) fn request(
        &mut self,
        place: Place,
        mut head: Head,
        mut request: Request,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        self.client = Some(place.direction);
        let mut faults = std::mem::take(&mut head.faults);
        let framing = framing::of_request(&head, &mut faults);
        tell(place, &faults, sink);
        self.readers[place.direction.index()].expect(framing, &head.headers);
        let asks = head
            .headers
            .members("connection")
            .any(|option| option.eq_ignore_ascii_case("upgrade"));
        let upgrade = head
            .header("upgrade")
            .filter(|_| asks)
            .map(str::to_ascii_lowercase);
        let method = METHODS
            .into_iter()
            .find(|known| request.method == *known)
            .unwrap_or_default();
        request.headers = head.headers;
        request.faults = faults;
        let id = exchanges.open(self.exchange(place, Some(request)));
        self.sending = id;
        if self.outstanding.len() >= OUTSTANDING_MAX {
            self.outstanding.pop_front();
            let fault = Fault::new(Layer::Http, "http-too-many-outstanding", 0);
            tell(place, &[fault], sink);
        }
        self.outstanding.push_back(Outstanding {
            id,
            method,
            upgrade,
        });
    }

    pub(super) fn response(
        &mut self,
        place: Place,
        mut head: Head,
        mut response: Response,
        lost_before: bool,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        self.client = Some(place.direction.opposite());
        if lost_before && !self.pipelines && self.outstanding.len() > 1 {
            // This client waits for each response: the older ones were answered in what the capture lacks.
            self.outstanding.drain(..self.outstanding.len() - 1);
        } else if self.outstanding.len() > 1 {
            self.pipelines = true;
        }
        let method = self.outstanding.front().map(|request| request.method);
        let status = response.status;
        let mut faults = std::mem::take(&mut head.faults);
        let framing = framing::of_response(&head, status, method, &mut faults);
        tell(place, &faults, sink);
        let interim = matches!(status, 100..=199) && status != 101;
        if interim {
            // The Length(0) that ends it must not count as the response: `receiving` stays empty.
            self.readers[place.direction.index()].expect(Framing::None, &Headers::default());
            self.receiving = None;
            let id = self.outstanding.front().and_then(|request| request.id);
            if let Some(id) = id {
                exchanges.update(id, |exchange| {
                    if exchange.interim.len() < INTERIM_KEPT {
                        exchange.interim.push(status);
                    }
                });
            }
            return;
        }
        let upgrade = head
            .header("upgrade")
            .map(str::to_ascii_lowercase)
            .filter(|_| framing == Framing::Tunnel);
        let extensions = match framing {
            Framing::Tunnel => head.headers.members("sec-websocket-extensions").collect(),
            _ => Vec::new(),
        };
        let extensions = extensions.join(", ");
        self.readers[place.direction.index()].expect(framing, &head.headers);
        response.headers = head.headers;
        response.faults = faults;
        let answered = self.outstanding.pop_front();
        let id = match &answered {
            Some(request) => request.id,
            None => exchanges.open(self.exchange(place, None)),
        };
        if let Some(id) = id {
            exchanges.update(id, |exchange| exchange.response = Some(response.into()));
        }
        self.receiving = id;
        if framing == Framing::Tunnel {
            let asked = answered.and_then(|request| request.upgrade);
            let protocol = match status {
                101 => upgrade.or(asked).unwrap_or_default(),
                _ => "connect".to_owned(),
            };
            self.upgrade(place, &protocol, &extensions, exchanges, sink);
        } else {
            self.release(place.direction.opposite(), exchanges, sink);
        }
    }

    /// The response just read hands the connection to `protocol`.
    fn upgrade(
        &mut self,
        place: Place,
        protocol: &str,
        extensions: &str,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        let exchange = self.receiving.take();
        if let Some(id) = exchange {
            exchanges.update(id, |exchange| {
                exchange.upgraded = Some(protocol.to_owned());
                if let Some(response) = exchange.response_mut() {
                    response.body.complete = true;
                }
            });
            sink(HttpEvent::ResponseComplete(id));
        }
        self.readers.iter_mut().for_each(Reader::become_tunnel);
        let client = place.direction.opposite();
        sink(HttpEvent::Upgraded {
            exchange,
            client,
            protocol,
            extensions,
        });
        self.release(client, exchanges, sink);
    }

    /// The message on its way in this direction is over.
    pub(super) fn done(
        &mut self,
        place: Place,
        body: Body,
        span: Span,
        exchanges: &mut Exchanges,
        sink: &mut impl FnMut(HttpEvent<'_>),
    ) {
        tell(place, &body.faults, sink);
        if self.client == Some(place.direction) {
            let last = self.outstanding.back();
            if last.is_some_and(|last| last.upgrade.is_some() || last.method == "CONNECT") {
                self.held = Some(Vec::new());
            }
            let Some(id) = self.sending.take() else {
                return;
            };
            exchanges.update(id, |exchange| {
                if let Some(request) = exchange.request_mut() {
                    request.body = body;
                    request.complete_at = span.complete_at;
                    request.frames = span.frames;
                }
            });
            sink(HttpEvent::RequestComplete(id));
        } else if let Some(id) = self.receiving.take() {
            exchanges.update(id, |exchange| {
                if let Some(response) = exchange.response_mut() {
                    response.body = body;
                    response.complete_at = span.complete_at;
                    response.frames = span.frames;
                }
            });
            sink(HttpEvent::ResponseComplete(id));
        }
    }

    /// An exchange that begins with a message in the direction of `place`.
    fn exchange(&self, place: Place, request: Option<Request>) -> Exchange {
        let client = self.client.unwrap_or(place.direction);
        Exchange::new(self.flow, &self.tuple, client, self.scheme, request)
    }
}

/// Passes broken rules on.
fn tell(place: Place, faults: &[Fault], sink: &mut impl FnMut(HttpEvent<'_>)) {
    for &fault in faults {
        sink(HttpEvent::Fault {
            frame: place.frame,
            fault,
        });
    }
}

/// Methods that change how the response is framed.
const METHODS: [&str; 2] = ["HEAD", "CONNECT"];
/// Requests that may wait for their responses; browsers send one at a time, pipelining clients a few.
const OUTSTANDING_MAX: usize = 1024;
