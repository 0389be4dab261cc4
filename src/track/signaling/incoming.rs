//! One message as its carrier delivered it: the only input of the signaling trackers, so that HTTP/1.1, HTTP/2 and WebSocket all feed them alike.

use std::net::IpAddr;

use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::Message;
use crate::track::signaling::dialogue::Sender;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// An HTTP request, an HTTP response or a WebSocket message, complete and decoded (chunks joined, compression undone).
///
/// A response repeats its request's `method` and `url`.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// What carried it.
    pub carrier: Carrier,
    /// Which end sent it.
    pub from: Sender,
    /// When it was complete on the wire.
    pub at: Timestamp,
    /// Frames that carried it, ascending.
    pub frames: &'a [FrameNumber],
    /// The conversation that carried it.
    pub flow: FlowId,
    /// The HTTP exchange it is half of; `None` for WebSocket.
    pub exchange: Option<ExchangeId>,
    /// The client's address.
    pub client: IpAddr,
    /// The server's address and port.
    pub server: TransportAddress,
    /// HTTP method of the request; `None` for WebSocket.
    pub method: Option<&'a str>,
    /// URL of the request, or of the WebSocket handshake; a bare path will do.
    pub url: Option<&'a str>,
    /// HTTP status; `None` for requests and WebSocket.
    pub status: Option<u16>,
    /// `Content-Type` of this message's own body.
    pub content_type: Option<&'a str>,
    /// `Location` of a response (WHIP's resource).
    pub location: Option<&'a str>,
    /// The decoded body, or the WebSocket message.
    pub body: &'a [u8],
    /// Is the body all there? A capture may have missed segments of it.
    pub complete: bool,
}

impl<'a> Incoming<'a> {
    /// Is it an HTTP request?
    pub fn is_request(&self) -> bool {
        self.carrier == Carrier::Http && self.from == Sender::Client
    }

    /// Is it an HTTP response?
    pub fn is_response(&self) -> bool {
        self.carrier == Carrier::Http && self.from == Sender::Server
    }

    /// Was the request made with this method? Methods are case-sensitive (RFC 9110 §9.1).
    pub fn method_is(&self, method: &str) -> bool {
        self.method == Some(method)
    }

    /// The URL's path, without query and fragment; `/` when there is none.
    pub fn path(&self) -> &'a str {
        self.url.map_or("/", url_path)
    }

    /// The URL's query, without `?`.
    pub fn query(&self) -> &'a str {
        let url = self.url.unwrap_or_default();
        let url = url.split('#').next().unwrap_or_default();
        url.split_once('?').map_or("", |(_, query)| query)
    }

    /// The media type of the body, without parameters.
    pub fn media_type(&self) -> &'a str {
        let whole = self.content_type.unwrap_or_default();
        whole.split(';').next().unwrap_or_default().trim()
    }

    /// Is the body of this media type? Case is ignored (RFC 9110 §8.3.1).
    pub fn media_type_is(&self, media_type: &str) -> bool {
        self.media_type().eq_ignore_ascii_case(media_type)
    }

    /// The frame that completed it.
    pub fn last_frame(&self) -> FrameNumber {
        let none = FrameNumber::new(0, 0);
        self.frames.last().copied().unwrap_or(none)
    }

    /// A message of `kind` that this carries, the rest empty.
    pub(super) fn message(&self, kind: impl Into<String>) -> Message {
        Message {
            at: self.at,
            from: self.from,
            kind: kind.into(),
            transaction: None,
            handle: None,
            exchange: self.exchange,
            flow: self.flow,
            frames: self.frames.to_vec(),
            carried: Vec::new(),
            error: None,
            answers: None,
            summary: String::new(),
        }
    }
}

/// The path of a URL or of a request target, without query and fragment; `/` when there is none.
pub(super) fn url_path(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..)),
        None => Some(url),
    };
    path.filter(|path| path.starts_with('/')).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_before_its_query_and_starts_after_the_authority() {
        let check = |url: &str, path: &str| assert_eq!(url_path(url), path, "{url}");
        check(
            "http://janus.lab.test:8088/janus/80?rid=1&maxev=5",
            "/janus/80",
        );
        check("/janus/80#top", "/janus/80");
        check("http://janus.lab.test", "/");
        check("http://janus.lab.test?x=/y", "/");
        check("*", "/");
        check("", "/");
    }
}
