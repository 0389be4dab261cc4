use crate::track::signaling::Signaling;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::testing::Wire;

const URL: &str = "http://web.lab.test/signal/100/alice";

fn sdp(session: u32, setup: &str) -> String {
    format!(
        "v=0\\r\\no=- {session} 2 IN IP4 127.0.0.1\\r\\na=ice-ufrag:u{session}\\r\\na=fingerprint:sha-256 {session}\\r\\na=setup:{setup}\\r\\n"
    )
}

fn candidate(ufrag: &str) -> String {
    format!(
        r#"{{"candidate":"candidate:1 1 udp 2122194687 192.168.10.2 56348 typ host generation 0 ufrag {ufrag}","sdpMid":"0","sdpMLineIndex":0}}"#
    )
}

/// Runs `GET` (body in the response) and `POST` exchanges.
fn run(exchanges: &[(&str, &str, String)]) -> Signaling {
    let mut signaling = Signaling::default();
    let mut wire = Wire::default();
    for (method, url, body) in exchanges {
        let (asked, told) = if *method == "POST" {
            (body.as_str(), r#"{"next":1}"#)
        } else {
            ("", body.as_str())
        };
        signaling.observe(&wire.request(method, url, asked));
        signaling.observe(&wire.response(method, url, 200, told));
        wire.step();
    }
    signaling
}

fn only(signaling: &Signaling) -> &Dialogue {
    assert_eq!(
        signaling.dialogues().len(),
        1,
        "{:?}",
        signaling.dialogues()
    );
    &signaling.dialogues()[0]
}

fn carried_by_handle(dialogue: &Dialogue) -> Vec<(String, usize)> {
    let count = |index| {
        let of = dialogue
            .messages
            .iter()
            .filter(|message| message.handle == Some(index));
        of.map(|message| message.carried.len()).sum()
    };
    dialogue
        .handles
        .iter()
        .enumerate()
        .map(|(index, handle)| (handle.id.clone(), count(index)))
        .collect()
}

#[test]
fn an_offer_to_the_room_finds_its_party_with_the_answer() {
    let offer = format!(r#"{{"type":"offer","sdp":"{}"}}"#, sdp(1, "actpass"));
    let answer = format!(
        r#"{{"next":3,"messages":[{{"from":"bob","type":"answer","sdp":"{}"}}]}}"#,
        sdp(2, "active")
    );
    let trickled = format!(
        r#"{{"next":4,"messages":[{{"from":"bob","type":"candidate","candidate":{}}}]}}"#,
        candidate("u2")
    );
    let bye = r#"{"next":5,"messages":[{"from":"bob","type":"bye"}]}"#.to_owned();
    let poll = format!("{URL}?since=2");
    let signaling = run(&[
        ("POST", URL, r#"{"type":"hello"}"#.into()),
        ("POST", URL, offer),
        (
            "POST",
            URL,
            format!(r#"{{"type":"candidate","candidate":{}}}"#, candidate("u1")),
        ),
        ("GET", &poll, answer),
        ("GET", &poll, trickled),
        ("GET", &poll, bye),
    ]);
    let dialogue = only(&signaling);
    assert_eq!(carried_by_handle(dialogue), [("bob".to_owned(), 4)]);
    assert_eq!(dialogue.handles[0].hangup.as_ref().unwrap().2, "bye");
    let kinds: Vec<&str> = dialogue
        .messages
        .iter()
        .map(|message| message.kind.as_str())
        .collect();
    assert_eq!(kinds, ["offer", "candidate", "answer", "candidate", "bye"]);
    assert_eq!(dialogue.messages[2].from, Sender::Server);
    assert_eq!(dialogue.messages[2].summary, "from bob + answer");
}

#[test]
fn two_parties_are_two_handles() {
    let to = |whom: &str, session| {
        format!(
            r#"{{"to":"{whom}","description":{{"type":"offer","sdp":"{}"}}}}"#,
            sdp(session, "actpass")
        )
    };
    let from = |whom: &str, session| {
        format!(
            r#"{{"from":"{whom}","description":{{"type":"answer","sdp":"{}"}}}}"#,
            sdp(session, "active")
        )
    };
    let signaling = run(&[
        ("POST", URL, to("bob", 1)),
        ("POST", URL, to("carol", 2)),
        ("GET", URL, from("carol", 3)),
        ("GET", URL, from("bob", 4)),
        ("POST", URL, candidate("u2")),
    ]);
    assert_eq!(
        carried_by_handle(only(&signaling)),
        [("bob".to_owned(), 2), ("carol".to_owned(), 3)]
    );
}

#[test]
fn a_restart_stays_and_a_new_call_gets_a_new_handle() {
    let offer = |sdp: &str| format!(r#"{{"type":"offer","sdp":"{sdp}"}}"#);
    let restart = sdp(1, "actpass").replace("u1", "u9");
    let signaling = run(&[
        ("POST", URL, offer(&sdp(1, "actpass"))),
        ("POST", URL, offer(&restart)),
        ("POST", URL, offer(&sdp(7, "actpass"))),
        ("POST", URL, candidate("u9")),
    ]);
    assert_eq!(
        carried_by_handle(only(&signaling)),
        [("1".to_owned(), 3), ("2".to_owned(), 1)]
    );
}

#[test]
fn the_answer_in_a_response_belongs_to_the_offer_in_its_request() {
    let mut signaling = Signaling::default();
    let (mut first, mut second) = (Wire::default(), Wire::default());
    second.step();
    first.at += 1;
    let url = "http://media.example/offer";
    let offers =
        [1, 2].map(|session| format!(r#"{{"type":"offer","sdp":"{}"}}"#, sdp(session, "actpass")));
    let answers =
        [3, 4].map(|session| format!(r#"{{"type":"answer","sdp":"{}"}}"#, sdp(session, "active")));
    signaling.observe(&first.request("POST", url, &offers[0]));
    signaling.observe(&second.request("POST", url, &offers[1]));
    signaling.observe(&second.response("POST", url, 200, &answers[1]));
    signaling.observe(&first.response("POST", url, 200, &answers[0]));
    let dialogue = only(&signaling);
    let handles: Vec<_> = dialogue
        .messages
        .iter()
        .map(|message| (message.handle, message.answers))
        .collect();
    assert_eq!(
        handles,
        [
            (Some(0), None),
            (Some(1), None),
            (Some(1), Some(1)),
            (Some(0), Some(0))
        ]
    );
}

#[test]
fn steps_of_a_dialogue_may_have_their_own_paths_and_rooms_keep_apart() {
    let body = |room: u32, session| {
        format!(
            r#"{{"room":{room},"type":"offer","sdp":"{}"}}"#,
            sdp(session, "actpass")
        )
    };
    let signaling = run(&[
        ("POST", "http://h/api/offer", body(5, 1)),
        ("POST", "http://h/api/candidate", candidate("u1")),
        ("POST", "http://h/api/offer", body(6, 2)),
    ]);
    let rooms: Vec<_> = signaling
        .dialogues()
        .iter()
        .map(|dialogue| {
            (
                dialogue.protocol_session_id.as_deref(),
                dialogue.messages.len(),
            )
        })
        .collect();
    assert_eq!(rooms, [(Some("5"), 2), (Some("6"), 1)]);
}

#[test]
fn echoes_and_reports_are_told_once() {
    let offer = format!(r#"{{"type":"offer","sdp":"{}"}}"#, sdp(1, "actpass"));
    let answer = format!(r#"{{"type":"answer","sdp":"{}"}}"#, sdp(2, "active"));
    let signaling = run(&[
        ("POST", URL, offer.clone()),
        ("GET", URL, offer),
        ("GET", URL, answer.clone()),
        (
            "POST",
            "http://stats.example/collect",
            format!(r#"["setRemoteDescription",{answer}]"#),
        ),
    ]);
    let told = signaling
        .dialogues()
        .iter()
        .flat_map(|dialogue| &dialogue.messages)
        .flat_map(|message| &message.carried);
    assert_eq!(
        told.filter(|one| matches!(one, Carried::Description { .. }))
            .count(),
        2
    );
}

#[test]
fn a_websocket_is_a_place_of_its_own() {
    let mut signaling = Signaling::default();
    let offer = format!(r#"42["offer",{{"sdp":"{}"}}]"#, sdp(1, "actpass"));
    for flow in [1, 2] {
        let wire = Wire {
            flow,
            ..Wire::default()
        };
        signaling.observe(&wire.websocket(
            Sender::Client,
            "ws://h/socket.io/?EIO=4",
            &offer.replace("- 1 2", &format!("- {flow} 2")),
        ));
    }
    assert_eq!(signaling.dialogues().len(), 2);
}

#[test]
fn other_json_opens_nothing() {
    let signaling = run(&[
        ("POST", URL, r#"{"type":"hello"}"#.into()),
        ("GET", URL, r#"{"candidate":"Jane Doe"}"#.into()),
    ]);
    assert!(signaling.dialogues().is_empty());
    assert!(signaling.faults().is_empty());
}

#[test]
fn broken_json_in_a_dialogue_is_a_fault() {
    let offer = format!(r#"{{"type":"offer","sdp":"{}"}}"#, sdp(1, "actpass"));
    let signaling = run(&[("POST", URL, offer), ("POST", URL, r#"{"type":"#.into())]);
    let faults: Vec<_> = signaling
        .faults()
        .rows()
        .map(|(_, name, count)| (name, count.count))
        .collect();
    assert_eq!(faults, [("signaling-json-malformed", 1)]);
}
