//! Input made to break the trackers: none of it may panic, hang or grow without bound.

use proptest::prelude::*;

use crate::track::signaling::Signaling;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::ledger::CARRIED_KEPT;
use crate::track::signaling::ledger::DIALOGUES_KEPT;
use crate::track::signaling::testing::Wire;

/// Words that mean something to one of the trackers, as members and as values.
const WORDS: &[&str] = &[
    "janus",
    "create",
    "attach",
    "message",
    "event",
    "success",
    "trickle",
    "hangup",
    "detach",
    "error",
    "transaction",
    "session_id",
    "handle_id",
    "sender",
    "data",
    "id",
    "body",
    "request",
    "join",
    "ptype",
    "subscriber",
    "streams",
    "feed",
    "plugindata",
    "plugin",
    "janus.plugin.videoroom",
    "videoroom",
    "joined",
    "attached",
    "publishers",
    "display",
    "private_id",
    "jsep",
    "type",
    "offer",
    "answer",
    "sdp",
    "v=0\r\na=ice-ufrag:x\r\na=setup:active",
    "candidate",
    "candidates",
    "completed",
    "candidate:1 1 udp 1 192.0.2.1 9 typ host",
    "sdpMid",
    "from",
    "to",
    "room",
    "peer",
    "bye",
    "messages",
    "{\"type\":\"offer\",\"sdp\":\"v=0\"}",
    "emitter",
    "error_code",
    "",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![9 => proptest::sample::select(WORDS).prop_map(str::to_owned), 1 => "\\PC{0,8}"]
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        4 => word().prop_map(serde_json::Value::from),
        1 => any::<i64>().prop_map(serde_json::Value::from),
        1 => any::<u64>().prop_map(serde_json::Value::from),
        1 => any::<f64>().prop_map(serde_json::Value::from),
        1 => any::<bool>().prop_map(serde_json::Value::from),
        1 => Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            3 => prop::collection::vec((word(), inner), 0..8).prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_json_in_any_place_is_taken(bodies in prop::collection::vec((json(), 0_usize..6, any::<bool>()), 1..12)) {
        let mut signaling = Signaling::default();
        let mut wire = Wire::default();
        for (body, place, client) in bodies {
            let body = body.to_string();
            let url = ["http://h/janus", "http://h/janus/80", "http://h/janus/80/86", "http://h/signal/100/alice", "http://h/whip/x", "*"][place];
            let method = ["POST", "POST", "POST", "PATCH", "POST", "DELETE"][place];
            signaling.observe(&wire.request(method, url, &body));
            signaling.observe(&wire.response(method, url, 200, &body));
            let from = if client { Sender::Client } else { Sender::Server };
            signaling.observe(&wire.websocket(from, url, &body));
            wire.step();
        }
        for dialogue in signaling.dialogues() {
            for message in &dialogue.messages {
                prop_assert!(message.carried.len() <= CARRIED_KEPT);
                prop_assert!(message.handle.is_none_or(|handle| handle < dialogue.handles.len()));
                prop_assert!(message.answers.is_none_or(|answered| answered < dialogue.messages.len()));
                prop_assert!(!message.summary.contains(char::is_control));
            }
        }
    }

    #[test]
    fn any_bytes_under_any_media_type_are_taken(body in "\\PC{0,64}|v=0\\PC{0,32}|42\\PC{0,32}", kind in 0_usize..4) {
        let mut signaling = Signaling::default();
        let mut wire = Wire { content_type: Some(["application/json", "application/sdp", "application/trickle-ice-sdpfrag", "text/plain"][kind]), ..Wire::default() };
        for method in ["POST", "PATCH", "DELETE", "GET"] {
            signaling.observe(&wire.request(method, "http://h/whep/x", &body));
            signaling.observe(&wire.response(method, "http://h/whep/x", 201, &body));
            wire.step();
        }
    }
}

#[test]
fn sessions_beyond_the_bound_are_counted() {
    let mut signaling = Signaling::default();
    let mut wire = Wire::default();
    for _ in 0..DIALOGUES_KEPT + 7 {
        let create = format!(r#"{{"janus":"create","transaction":"{}"}}"#, wire.exchange);
        signaling.observe(&wire.request("POST", "http://h/janus", &create));
        wire.step();
    }
    assert_eq!(
        (signaling.dialogues().len(), signaling.overflow().dialogues),
        (DIALOGUES_KEPT, 7)
    );
}

#[test]
fn one_poll_with_very_many_events_stays_within_bounds() {
    let event =
        r#"{"janus":"media","session_id":80,"sender":SENDER,"type":"video","receiving":true}"#;
    let events: Vec<String> = (0..20_000)
        .map(|sender| event.replace("SENDER", &sender.to_string()))
        .collect();
    let mut signaling = Signaling::default();
    let wire = Wire::default();
    signaling.observe(&wire.response(
        "GET",
        "http://h/janus/80",
        200,
        &format!("[{}]", events.join(",")),
    ));
    let dialogue = &signaling.dialogues()[0];
    assert_eq!(
        dialogue.messages.len() as u64 + dialogue.messages_dropped,
        20_000
    );
    assert!(signaling.overflow().handles > 0);
}
