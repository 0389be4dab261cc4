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

#[test]
fn a_publisher_is_one_dialogue_with_one_handle() {
    let mut call = Call::published();
    assert_eq!(
        call.kinds(),
        [
            "create",
            "success",
            "attach",
            "success",
            "message join",
            "event joined",
            "ack",
            "message configure",
            "ack",
            "trickle",
            "ack",
            "event configured",
            "webrtcup",
            "media"
        ]
    );
    let dialogue = call.dialogue();
    assert_eq!(
        dialogue.protocol_session_id.as_deref(),
        Some("8006446443526837")
    );
    assert_eq!(dialogue.url.as_deref(), Some(BASE));
    let [handle] = &dialogue.handles[..] else {
        unreachable!("one attach is one handle")
    };
    assert_eq!(handle.id, "8630043135622766");
    assert_eq!(handle.plugin.as_deref(), Some("janus.plugin.videoroom"));
    assert_eq!(handle.role, Some(HandleRole::Publisher));
    assert_eq!(
        (handle.room.as_deref(), handle.display.as_deref()),
        (Some("100"), Some("alice"))
    );
    assert!(handle.webrtc_up.is_some());
    assert_eq!(
        (
            handle.media.len(),
            handle.media[0].2.as_str(),
            handle.media[0].3
        ),
        (1, "video", true)
    );
    assert_eq!(call.message("attach").handle, Some(0));
    assert_eq!(call.signaling.take_new_messages().len(), 14);
    assert!(call.signaling.faults().is_empty());
}

#[test]
fn an_event_that_overtakes_the_ack_answers_the_same_request() {
    let call = Call::published();
    let joined = call.message("event joined");
    assert_eq!(joined.answers, Some(4));
    assert_eq!(call.dialogue().messages[6].answers, Some(4));
    let configured = call.message("event configured");
    assert_eq!(
        call.dialogue().messages[configured.answers.unwrap()].kind,
        "message configure"
    );
    assert_eq!(configured.handle, Some(0));
}

#[test]
fn descriptions_and_candidates_are_carried_as_they_stand() {
    let call = Call::published();
    let offer = Carried::Description {
        kind: Some(DescriptionKind::Offer),
        sdp: "v=0\r\na=ice-ufrag:qaLo\r\n".into(),
    };
    assert_eq!(call.message("message configure").carried, [offer]);
    assert!(matches!(
        call.message("trickle").carried[..],
        [Carried::Candidate { .. }]
    ));
    assert!(matches!(
        call.message("event configured").carried[..],
        [Carried::Description {
            kind: Some(DescriptionKind::Answer),
            ..
        }]
    ));
}

#[test]
fn summaries_are_lines_for_people() {
    let call = Call::published();
    let line = |kind| call.message(kind).summary.as_str();
    assert_eq!(line("message join"), "join room 100 as alice");
    assert_eq!(
        line("event joined"),
        "joined room 100: nobody publishes yet"
    );
    assert_eq!(
        line("message configure"),
        "configure: audio off, video on + offer"
    );
    assert_eq!(line("event configured"), "configured, video vp8 + answer");
    assert_eq!(line("trickle"), "candidate host 192.168.10.2:48633/udp");
    assert_eq!(line("ack"), "ack of message");
    assert_eq!(line("media"), "Janus receives video");
}

#[test]
fn a_subscriber_knows_its_feed_and_its_own_name() {
    let mut call = Call::published();
    let attach = ATTACH.replace("volfpke6hk", "2p25ph0r5uw");
    let attached = ATTACHED
        .replace("volfpke6hk", "2p25ph0r5uw")
        .replace("8630043135622766", "5719384400221262");
    call.poll(PUBLISHERS)
        .post(SESSION, &attach, &attached)
        .post(SUBSCRIBER, SUBSCRIBE, &Call::ack("en43v5olukq"));
    let handle = &call.dialogue().handles[1];
    assert_eq!(handle.role, Some(HandleRole::Subscriber));
    assert_eq!(handle.display.as_deref(), Some("alice"));
    assert_eq!(
        handle.feeds,
        [("3067529463748627".to_owned(), Some("bob".to_owned()))]
    );
    assert_eq!(call.message("event publishers").summary, "bob publishing");
    let subscribe = call
        .dialogue()
        .messages
        .iter()
        .rfind(|message| message.kind == "message join")
        .unwrap();
    assert_eq!(subscribe.summary, "subscribe to bob in room 100");
}

#[test]
fn hangup_destroy_and_timeout_end_a_handle() {
    let mut call = Call::published();
    call.poll(HANGUP);
    let (_, _, reason) = call.dialogue().handles[0].hangup.clone().unwrap();
    assert_eq!(reason, "DTLS alert");
    assert!(call.dialogue().handles[0].detached.is_none());
    let destroy = r#"{"transaction":"q70saq4gz6","janus":"destroy"}"#;
    call.post(
        SESSION,
        destroy,
        r#"{"janus":"success","session_id":8006446443526837,"transaction":"q70saq4gz6"}"#,
    );
    assert!(call.dialogue().handles[0].detached.is_some());
    assert_eq!(
        call.dialogue().messages.last().unwrap().summary,
        "success of destroy"
    );
    call.poll(r#"{"janus":"timeout","session_id":8006446443526837}"#);
    assert!(call.dialogue().timed_out.is_some());
}

#[test]
fn a_missing_room_is_an_error_with_its_meaning() {
    let mut call = Call::new();
    call.post(BASE, CREATE, CREATED)
        .post(SESSION, ATTACH, ATTACHED)
        .post(
            PUBLISHER,
            &JOIN.replace("100", "999"),
            &Call::ack("xapp6msj7f"),
        );
    call.poll(r#"[{"janus":"event","session_id":8006446443526837,"transaction":"xapp6msj7f","sender":8630043135622766,"plugindata":{"plugin":"janus.plugin.videoroom","data":{"videoroom":"event","error_code":426,"error":"No such room (999)"}}}]"#);
    let message = call.message("event error");
    let error = message.error.clone().unwrap();
    assert_eq!((error.code, error.meaning), (426, Some("no such room")));
    assert_eq!(message.summary, "error 426: No such room (999)");
    assert_eq!(
        call.dialogue().messages[message.answers.unwrap()].kind,
        "message join"
    );
}

#[test]
fn an_error_of_the_core_belongs_to_its_session() {
    let mut call = Call::published();
    call.poll(r#"{"janus":"error","session_id":8006446443526837,"transaction":"x","error":{"code":458,"reason":"No such session 8006446443526837"}}"#);
    let error = call.message("error").error.clone().unwrap();
    assert_eq!(error.code, 458);
    assert!(error.meaning.unwrap().starts_with("no such session"));
}

#[test]
fn slow_links_say_which_way() {
    let mut call = Call::published();
    let slow = r#"{"janus":"slowlink","session_id":8006446443526837,"sender":8630043135622766,"media":"video","uplink":false,"lost":7}"#;
    call.poll(slow);
    assert_eq!(call.dialogue().handles[0].slow_links[0].2, 7);
    assert_eq!(
        call.message("slowlink").summary,
        "slow link: 7 video packets lost to Janus"
    );
}

#[test]
fn a_capture_that_starts_late_works_from_ids_alone() {
    let mut call = Call::new();
    call.post(PUBLISHER, OFFER, &Call::ack("9xzukbtsec"))
        .poll(CONFIGURED);
    let dialogue = call.dialogue();
    assert_eq!(
        dialogue.protocol_session_id.as_deref(),
        Some("8006446443526837")
    );
    let handle = &dialogue.handles[0];
    assert_eq!(
        (handle.id.as_str(), handle.plugin.as_deref()),
        ("8630043135622766", Some("janus.plugin.videoroom"))
    );
    assert_eq!(
        (&handle.role, handle.room.as_deref()),
        (&Some(HandleRole::Publisher), Some("100"))
    );

    let mut answers_only = Call::new();
    answers_only.poll(CONFIGURED);
    assert_eq!(answers_only.dialogue().handles.len(), 1);
}

#[test]
fn over_websocket_the_ids_are_in_the_bodies() {
    let wire = Wire::default();
    let mut call = Call::new();
    let url = "ws://janus.lab.test:8188/";
    let with_ids = |body: &str| {
        body.replacen(
            '{',
            r#"{"session_id":"8006446443526837","handle_id":8630043135622766,"#,
            1,
        )
    };
    let in_session = |body: &str| body.replacen('{', r#"{"session_id":8006446443526837,"#, 1);
    for (from, body) in [
        (Sender::Client, CREATE.to_owned()),
        (Sender::Server, CREATED.to_owned()),
        (Sender::Client, in_session(ATTACH)),
        (Sender::Server, ATTACHED.to_owned()),
        (Sender::Client, with_ids(JOIN)),
        (Sender::Server, JOINED.trim_matches(['[', ']']).to_owned()),
        (Sender::Server, Call::ack("xapp6msj7f")),
        (Sender::Client, "{\"janus\":".to_owned()),
    ] {
        call.signaling.observe(&wire.websocket(from, url, &body));
    }
    let handle = &call.dialogue().handles[0];
    assert_eq!(
        (&handle.role, handle.display.as_deref()),
        (&Some(HandleRole::Publisher), Some("alice"))
    );
    assert_eq!(call.message("event joined").answers, Some(4));
    assert_eq!(
        call.signaling.faults().rows().next().unwrap().1,
        "janus-json-malformed"
    );
}

#[test]
fn equal_session_ids_of_two_hosts_are_two_dialogues() {
    let mut call = Call::published();
    call.wire.client = IpAddr::V4(Ipv4Addr::new(192, 168, 20, 2));
    call.poll(PUBLISHERS);
    assert_eq!(call.signaling.dialogues().len(), 2);
}

#[test]
fn keepalives_arrays_of_candidates_and_completion_are_read() {
    let mut call = Call::published();
    let several = r#"{"janus":"trickle","transaction":"t","candidates":[{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0"},{"completed":true}]}"#;
    call.post(PUBLISHER, several, &Call::ack("t"))
        .poll(r#"{"janus":"keepalive"}"#);
    let trickle = call
        .dialogue()
        .messages
        .iter()
        .rfind(|message| message.kind == "trickle")
        .unwrap();
    assert_eq!(trickle.carried.len(), 2);
    assert_eq!(
        trickle.summary,
        "candidate host 192.0.2.1:9/udp, end of candidates"
    );
    assert_eq!(call.kinds().last(), Some(&"keepalive"));
}

#[test]
fn the_admin_api_and_event_handlers_are_no_dialogues() {
    let mut call = Call::new();
    let admin = r#"{"janus":"handle_info","transaction":"a1","admin_secret":"janusoverlord"}"#;
    let info = r#"{"janus":"success","transaction":"a1","session_id":1,"handle_id":2,"info":{"sdps":{"local":"v=0\r\n"}}}"#;
    call.post("http://janus:7088/admin/1/2", admin, info)
        .post("http://proxy/ops/1/2", admin, info);
    let report = r#"[{"emitter":"MyJanus","type":8,"session_id":1,"event":{"owner":"local","jsep":{"type":"offer","sdp":"v=0\r\n"}}}]"#;
    call.post("http://backend/events", report, "");
    assert!(call.signaling.dialogues().is_empty());
}

#[test]
fn a_bad_gateway_answers_in_place_of_janus() {
    let mut call = Call::new();
    call.signaling
        .observe(&call.wire.request("POST", BASE, CREATE));
    call.signaling.observe(
        &call
            .wire
            .response("POST", BASE, 502, "<html>Bad Gateway</html>"),
    );
    let error = call.message("error").error.clone().unwrap();
    assert_eq!(
        (error.code, error.meaning),
        (502, Some("the HTTP server answered, not Janus"))
    );
}

#[test]
fn a_refused_long_poll_is_an_error_of_its_session() {
    let mut call = Call::published();
    call.signaling.observe(&call.wire.request("GET", POLL, ""));
    call.signaling
        .observe(&call.wire.response("GET", POLL, 504, ""));
    assert_eq!(
        call.message("error").summary,
        "HTTP 504 in answer to long poll"
    );
}

#[test]
fn malformed_json_on_a_janus_path_is_a_fault_and_a_message() {
    let mut call = Call::published();
    call.poll(r#"[{"janus":"event","#);
    assert_eq!(call.message("malformed").from, Sender::Server);
    let faults: Vec<_> = call
        .signaling
        .faults()
        .rows()
        .map(|(_, name, count)| (name, count.count))
        .collect();
    assert_eq!(faults, [("janus-json-malformed", 1)]);

    let mut cut = Call::published();
    let mut incoming = cut.wire.response("GET", POLL, 200, "[{\"janus\"");
    incoming.complete = false;
    cut.signaling.observe(&incoming);
    assert_eq!(
        cut.signaling.faults().rows().next().unwrap().1,
        "janus-json-incomplete"
    );
}

#[test]
fn hostile_objects_never_panic() {
    let bodies = [
        r#"{"janus":"success","data":{"id":{}}}"#,
        r#"{"janus":"success","data":[],"session_id":[]}"#,
        r#"{"janus":"error","error":7}"#,
        r#"{"janus":"event","sender":1e308,"plugindata":[],"jsep":7,"transaction":-1}"#,
        r#"{"janus":"event","sender":1,"plugindata":{"plugin":9,"data":{"videoroom":{},"publishers":{"id":1},"streams":[1,[],{}],"error_code":99999999999999999999}}}"#,
        r#"{"janus":"message","body":[],"jsep":{"type":[],"sdp":{}}}"#,
        r#"{"janus":"message","body":{"request":["join"],"streams":[[[]]],"feed":{}}}"#,
        r#"{"janus":"trickle","candidates":{"a":1},"candidate":[]}"#,
        r#"{"janus":"slowlink","lost":-5,"uplink":"up"}"#,
        r#"{"janus":""}"#,
        r#"[[],7,{"janus":1},{"janus":"hangup"},{"janus":"timeout"},{"janus":"webrtcup"},{"janus":"detached","sender":"x"}]"#,
    ];
    let mut call = Call::published();
    for body in bodies {
        call.post(BASE, body, body)
            .post(SESSION, body, body)
            .post(PUBLISHER, body, body)
            .poll(body);
    }
    let deep = format!(r#"{{"janus":{}"#, "[".repeat(100_000));
    call.post(PUBLISHER, &deep, &deep);
}

#[test]
fn cut_and_flipped_bodies_never_panic() {
    for sample in [JOINED, OFFER, TRICKLE, CONFIGURED, SUBSCRIBE, HANGUP] {
        let mut call = Call::published();
        for cut in 0..sample.len() {
            let Some(prefix) = sample.get(..cut) else {
                continue;
            };
            let mut flipped = sample.as_bytes().to_vec();
            flipped[cut] ^= 1 << (cut % 7);
            let flipped = String::from_utf8_lossy(&flipped).into_owned();
            call.post(PUBLISHER, prefix, &flipped)
                .poll(prefix)
                .poll(&flipped);
        }
    }
}
