//! What a call says, in order and out of it.

use super::*;

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
