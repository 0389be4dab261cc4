//! HTTP exchanges as input: the request once it is complete, the response once it is.

use crate::flow::exchange::Exchange;
use crate::track::signaling::Signaling;
use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::incoming::Incoming;

impl Signaling {
    /// Takes the half of an exchange that `from` sent, when it is complete. A half that the capture lacks is nothing.
    pub fn observe_exchange(&mut self, exchange: &Exchange, from: Sender) {
        let url = exchange.url();
        if let Some(incoming) = incoming(exchange, from, &url) {
            self.observe(&incoming);
        }
    }
}

/// One half of an exchange; `url` is the exchange's own.
fn incoming<'a>(exchange: &'a Exchange, from: Sender, url: &'a str) -> Option<Incoming<'a>> {
    let asked = exchange.request.as_ref();
    let told = exchange
        .response
        .as_ref()
        .filter(|_| from == Sender::Server);
    let (at, frames, body) = match from {
        Sender::Client => asked.map(|asked| (asked.complete_at, &asked.frames, &asked.body))?,
        Sender::Server => told.map(|told| (told.complete_at, &told.frames, &told.body))?,
    };
    Some(Incoming {
        carrier: Carrier::Http,
        from,
        at,
        frames,
        flow: exchange.flow,
        exchange: Some(exchange.id),
        client: exchange.client.ip,
        server: exchange.server,
        method: asked.map(|asked| asked.method.as_str()),
        url: Some(url).filter(|url| !url.is_empty()),
        status: told.map(|told| told.status),
        content_type: body.content_type.as_deref(),
        location: told.and_then(|told| told.header("location")),
        body: &body.bytes,
        complete: body.complete && !body.truncated,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::flow::body::Body;
    use crate::flow::exchange::Request;
    use crate::flow::exchange::Response;
    use crate::flow::exchange::Scheme;
    use crate::flow::exchange::Version;
    use crate::vocab::address::TransportAddress;
    use crate::vocab::ids::ExchangeId;
    use crate::vocab::ids::FlowId;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;
    use crate::wire::http1::headers::Headers;

    fn body(text: &str) -> Body {
        Body {
            bytes: text.as_bytes().into(),
            complete: true,
            content_type: Some("application/json".into()),
            ..Body::default()
        }
    }

    fn exchange() -> Exchange {
        Exchange {
            id: ExchangeId(3),
            flow: FlowId(2),
            client: TransportAddress::new("192.168.10.2".parse().unwrap(), 50_000),
            server: TransportAddress::new("203.0.113.10".parse().unwrap(), 8088),
            scheme: Scheme::Http,
            request: Some(Arc::new(Request {
                at: Timestamp::from_nanos(1),
                complete_at: Timestamp::from_nanos(2),
                method: "POST".into(),
                target: "/janus".into(),
                version: Version::Http11,
                headers: [("Host", "janus.lab.test:8088")].into_iter().collect(),
                head_bytes: 0,
                body: body(r#"{"janus":"create","transaction":"t"}"#),
                frames: vec![FrameNumber::new(0, 31)],
                faults: Vec::new(),
            })),
            interim: Vec::new(),
            response: Some(Arc::new(Response {
                at: Timestamp::from_nanos(3),
                complete_at: Timestamp::from_nanos(4),
                status: 200,
                reason: "OK".into(),
                version: Version::Http11,
                headers: Headers::default(),
                head_bytes: 0,
                body: body(r#"{"janus":"success","transaction":"t","data":{"id":80}}"#),
                frames: vec![FrameNumber::new(0, 33)],
                faults: Vec::new(),
            })),
            upgraded: None,
            shed: false,
        }
    }

    #[test]
    fn both_halves_of_an_exchange_are_messages_with_their_frames() {
        let mut signaling = Signaling::default();
        let exchange = exchange();
        signaling.observe_exchange(&exchange, Sender::Client);
        signaling.observe_exchange(&exchange, Sender::Server);
        let dialogue = &signaling.dialogues()[0];
        assert_eq!(
            dialogue.url.as_deref(),
            Some("http://janus.lab.test:8088/janus")
        );
        assert_eq!(dialogue.protocol_session_id.as_deref(), Some("80"));
        let frames: Vec<u64> = dialogue
            .messages
            .iter()
            .map(|message| message.frames[0].number())
            .collect();
        assert_eq!(frames, [31, 33]);
        assert_eq!(dialogue.messages[1].at, Timestamp::from_nanos(4));
        assert_eq!(dialogue.messages[1].exchange, Some(ExchangeId(3)));
    }

    #[test]
    fn a_response_without_its_request_still_speaks() {
        let mut exchange = exchange();
        exchange.request = None;
        let mut signaling = Signaling::default();
        signaling.observe_exchange(&exchange, Sender::Client);
        signaling.observe_exchange(&exchange, Sender::Server);
        assert_eq!(
            signaling.dialogues()[0].protocol_session_id.as_deref(),
            Some("80")
        );
    }
}
