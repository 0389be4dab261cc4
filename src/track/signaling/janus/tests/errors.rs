//! Refusals, errors, and what is no Janus message at all.

use super::*;

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
