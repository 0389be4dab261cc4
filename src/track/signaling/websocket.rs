//! WebSocket messages as input.

use crate::flow::websocket::message::Endpoint;
use crate::flow::websocket::message::Message;
use crate::track::signaling::Signaling;
use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::incoming::Incoming;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;

impl Signaling {
    /// Takes a message of the WebSocket connection that `client` opened to `server` in conversation `flow`, with the URL if known.
    pub fn observe_websocket(
        &mut self,
        flow: FlowId,
        message: &Message,
        url: Option<&str>,
        client: TransportAddress,
        server: TransportAddress,
    ) {
        self.observe(&Incoming {
            carrier: Carrier::WebSocket,
            from: match message.from {
                Endpoint::Client => Sender::Client,
                Endpoint::Server => Sender::Server,
            },
            at: message.at,
            frames: &message.frames,
            flow,
            exchange: None,
            client: client.ip,
            server,
            method: None,
            url,
            status: None,
            content_type: None,
            location: None,
            body: &message.payload,
            complete: message.complete,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::websocket::message::Kind;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    #[test]
    fn a_message_is_signaling_with_its_frames() {
        let mut signaling = Signaling::default();
        let message = Message {
            from: Endpoint::Client,
            kind: Kind::Text,
            payload: br#"{"janus":"create","transaction":"t"}"#.to_vec(),
            fragments: 1,
            frames: vec![FrameNumber::new(0, 67)],
            at: Timestamp::from_nanos(5),
            complete: true,
        };
        let client = TransportAddress::new("192.168.10.2".parse().unwrap(), 50_000);
        let server = TransportAddress::new("203.0.113.10".parse().unwrap(), 8188);
        let url = Some("ws://janus.example:8188/");
        signaling.observe_websocket(FlowId(3), &message, url, client, server);
        let dialogue = &signaling.dialogues()[0];
        assert_eq!(dialogue.carrier, Carrier::WebSocket);
        assert_eq!(dialogue.url.as_deref(), url);
        assert_eq!(dialogue.messages[0].frames, message.frames);
        assert_eq!(dialogue.messages[0].from, Sender::Client);
    }
}
