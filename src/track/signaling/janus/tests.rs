use std::net::IpAddr;
use std::net::Ipv4Addr;

use crate::track::signaling::Signaling;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::HandleRole;
use crate::track::signaling::dialogue::Message;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::testing::Wire;

mod calls;
mod errors;

/// A call in a VideoRoom, as the lab's Janus 1.x and its page speak. Numbers: connection, then what came when.
struct Call {
    wire: Wire,
    signaling: Signaling,
}

const BASE: &str = "http://janus.lab.test:8088/janus";
const SESSION: &str = "http://janus.lab.test:8088/janus/8006446443526837";
const POLL: &str = "http://janus.lab.test:8088/janus/8006446443526837?rid=1795338409278&maxev=5";
const PUBLISHER: &str = "http://janus.lab.test:8088/janus/8006446443526837/8630043135622766";
const SUBSCRIBER: &str = "http://janus.lab.test:8088/janus/8006446443526837/5719384400221262";
const CREATE: &str = r#"{"transaction":"c6wff9vyq0h","janus":"create"}"#;
const CREATED: &str = "{\n   \"janus\": \"success\",\n   \"transaction\": \"c6wff9vyq0h\",\n   \"data\": {\n      \"id\": 8006446443526837\n   }\n}";
const ATTACH: &str =
    r#"{"transaction":"volfpke6hk","janus":"attach","plugin":"janus.plugin.videoroom"}"#;
const ATTACHED: &str = r#"{"janus":"success","session_id":8006446443526837,"transaction":"volfpke6hk","data":{"id":8630043135622766}}"#;
const JOIN: &str = r#"{"transaction":"xapp6msj7f","janus":"message","body":{"request":"join","ptype":"publisher","room":100,"display":"alice"}}"#;
const JOINED: &str = r#"[{"janus":"event","session_id":8006446443526837,"transaction":"xapp6msj7f","sender":8630043135622766,"plugindata":{"plugin":"janus.plugin.videoroom","data":{"videoroom":"joined","room":100,"description":"Demo room","id":2110835288318954,"private_id":3340966702,"publishers":[]}}}]"#;
const OFFER: &str = r#"{"transaction":"9xzukbtsec","janus":"message","body":{"request":"configure","audio":false,"video":true},"jsep":{"type":"offer","sdp":"v=0\r\na=ice-ufrag:qaLo\r\n"}}"#;
const TRICKLE: &str = r#"{"transaction":"bie10qn7qhj","janus":"trickle","candidate":{"candidate":"candidate:1496816855 1 udp 2122194687 192.168.10.2 48633 typ host generation 0 ufrag qaLo network-id 1","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"qaLo"}}"#;
const CONFIGURED: &str = r#"[{"janus":"event","session_id":8006446443526837,"transaction":"9xzukbtsec","sender":8630043135622766,"plugindata":{"plugin":"janus.plugin.videoroom","data":{"videoroom":"event","room":100,"configured":"ok","video_codec":"vp8","streams":[]}},"jsep":{"type":"answer","sdp":"v=0\r\n"}},{"janus":"webrtcup","session_id":8006446443526837,"sender":8630043135622766},{"janus":"media","session_id":8006446443526837,"sender":8630043135622766,"mid":"0","type":"video","receiving":true}]"#;
const PUBLISHERS: &str = r#"[{"janus":"event","session_id":8006446443526837,"sender":8630043135622766,"plugindata":{"plugin":"janus.plugin.videoroom","data":{"videoroom":"event","room":100,"publishers":[{"id":3067529463748627,"display":"bob","video_codec":"vp8"}]}}}]"#;
const SUBSCRIBE: &str = r#"{"transaction":"en43v5olukq","janus":"message","body":{"request":"join","ptype":"subscriber","room":100,"private_id":3340966702,"streams":[{"feed":3067529463748627}]}}"#;
const HANGUP: &str = r#"[{"janus":"hangup","session_id":8006446443526837,"sender":8630043135622766,"reason":"DTLS alert"}]"#;

impl Call {
    fn new() -> Self {
        Self {
            wire: Wire::default(),
            signaling: Signaling::default(),
        }
    }

    fn ack(transaction: &str) -> String {
        format!(r#"{{"janus":"ack","session_id":8006446443526837,"transaction":"{transaction}"}}"#)
    }

    fn post(&mut self, url: &str, asked: &str, told: &str) -> &mut Self {
        self.signaling
            .observe(&self.wire.request("POST", url, asked));
        self.signaling
            .observe(&self.wire.response("POST", url, 200, told));
        self.wire.step();
        self
    }

    fn poll(&mut self, told: &str) -> &mut Self {
        self.signaling.observe(&self.wire.request("GET", POLL, ""));
        self.signaling
            .observe(&self.wire.response("GET", POLL, 200, told));
        self.wire.step();
        self
    }

    /// Events overtake acks here: the poll's answer is seen between a request and its ack.
    fn published() -> Self {
        let mut call = Self::new();
        call.signaling
            .observe(&call.wire.request("OPTIONS", BASE, ""));
        call.wire.step();
        call.post(BASE, CREATE, CREATED)
            .post(SESSION, ATTACH, ATTACHED);
        call.signaling
            .observe(&call.wire.request("POST", PUBLISHER, JOIN));
        let asked = call.wire.exchange;
        call.wire.step();
        call.poll(JOINED);
        let next = std::mem::replace(&mut call.wire.exchange, asked);
        call.signaling.observe(&call.wire.response(
            "POST",
            PUBLISHER,
            200,
            &Self::ack("xapp6msj7f"),
        ));
        call.wire.exchange = next;
        call.post(PUBLISHER, OFFER, &Self::ack("9xzukbtsec"));
        call.post(PUBLISHER, TRICKLE, &Self::ack("bie10qn7qhj"));
        call.poll(CONFIGURED);
        call
    }

    fn dialogue(&self) -> &Dialogue {
        assert_eq!(self.signaling.dialogues().len(), 1);
        &self.signaling.dialogues()[0]
    }

    fn message(&self, kind: &str) -> &Message {
        let found = self
            .dialogue()
            .messages
            .iter()
            .find(|message| message.kind == kind);
        found.unwrap_or_else(|| unreachable!("{kind} is among {:?}", self.kinds()))
    }

    fn kinds(&self) -> Vec<&str> {
        self.dialogue()
            .messages
            .iter()
            .map(|message| message.kind.as_str())
            .collect()
    }
}
