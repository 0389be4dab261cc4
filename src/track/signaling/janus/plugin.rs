//! Plugins: what their requests and events say, in one form for all. VideoRoom has its own file; the others are read by the members they share.

use serde_json::Value;

use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Handle;
use crate::track::signaling::dialogue::HandleRole;
use crate::track::signaling::dialogue::SignalingError;
use crate::track::signaling::janus::error;
use crate::track::signaling::janus::roster::Roster;
use crate::track::signaling::janus::roster::add_feed;
use crate::track::signaling::janus::videoroom;
use crate::track::signaling::json;
use crate::track::signaling::text;

/// Members of a list that are read.
pub(super) const LISTED: usize = 32;

/// The last part of a package name: `videoroom` of `janus.plugin.videoroom`.
pub(super) fn short_name(package: &str) -> &str {
    package.rsplit('.').next().unwrap_or(package)
}

/// Learns from a request's body what its handle is.
pub(super) fn learn_request(
    handle: &mut Handle,
    roster: &mut Roster,
    body: &Value,
    jsep: Option<DescriptionKind>,
) {
    // Seen from the middle, a session does not tell its plugins; only VideoRoom's join has a `ptype`.
    if handle.plugin.is_none() && body.get("ptype").is_some() {
        handle.plugin = Some("janus.plugin.videoroom".to_owned());
    }
    let plugin = handle.plugin.clone().unwrap_or_default();
    let request = json::string(body, "request").unwrap_or_default();
    if short_name(&plugin) == "videoroom" {
        videoroom::learn_request(handle, roster, body, jsep);
        return;
    }
    if let Some(room) = json::id(body, "room") {
        handle.room = Some(room);
    }
    if let Some(display) = json::string(body, "display").or_else(|| json::string(body, "username"))
    {
        handle.display = Some(text::name(display));
    }
    let role = match (short_name(&plugin), request) {
        ("streaming", "watch") | ("recordplay", "play") => Some(HandleRole::Subscriber),
        ("recordplay", "record") => Some(HandleRole::Publisher),
        ("audiobridge" | "textroom", "join") => Some(HandleRole::Other("participant".to_owned())),
        ("videocall" | "sip" | "nosip", "call") => Some(HandleRole::Other("caller".to_owned())),
        ("videocall" | "sip" | "nosip", "accept") => Some(HandleRole::Other("callee".to_owned())),
        ("echotest", _) => Some(HandleRole::Other("echo".to_owned())),
        _ => None,
    };
    if role.is_some() {
        handle.role = role;
    }
    if matches!(request, "watch" | "play")
        && let Some(id) = json::id(body, "id")
    {
        add_feed(handle, &id, None);
    }
}

/// Learns from an event's data what its handle is.
pub(super) fn learn_event(
    handle: &mut Handle,
    roster: &mut Roster,
    data: &Value,
    jsep: Option<DescriptionKind>,
) {
    if data.get("videoroom").is_some() {
        videoroom::learn_event(handle, roster, data, jsep);
    } else if let Some(room) = json::id(data, "room") {
        handle.room = Some(room);
    }
}

/// One line for a request.
pub(super) fn request_summary(body: &Value, roster: &Roster) -> String {
    videoroom::request_summary(body, roster).unwrap_or_else(|| {
        let request = json::string(body, "request").unwrap_or("message");
        with_members(request, body, "request")
    })
}

/// The word for an event's kind: `joined`, `configured`, `error`; empty when it says no more than that it is an event.
pub(super) fn event_word(data: &Value, package: &str) -> String {
    if data.get("error_code").is_some() {
        return "error".to_owned();
    }
    if let Some(word) = videoroom::event_word(data) {
        return text::name(word);
    }
    let result = data.get("result");
    let said = result.and_then(|result| {
        result
            .as_str()
            .or_else(|| json::string(result, "event"))
            .or_else(|| json::string(result, "status"))
    });
    let own = json::string(data, short_name(package));
    match (own, said) {
        (Some("event") | None, Some(said)) => text::name(said),
        (Some(own), _) if own != "event" => text::name(own),
        _ => String::new(),
    }
}

/// One line for an event whose kind is `word`.
pub(super) fn event_summary(
    word: &str,
    data: &Value,
    package: &str,
    handle: Option<&Handle>,
    roster: &Roster,
) -> String {
    if let Some(error) = error_of(data, package) {
        return format!("error {}: {}", error.code, error.reason);
    }
    videoroom::event_summary(word, data, handle, roster).unwrap_or_else(|| {
        let word = if word.is_empty() { "event" } else { word };
        match data.get("result") {
            Some(result) if result.is_object() => with_members(word, result, "event"),
            _ => with_members(word, data, short_name(package)),
        }
    })
}

/// The error that an event reports.
pub(super) fn error_of(data: &Value, package: &str) -> Option<SignalingError> {
    let code = data.get("error_code")?.as_i64()?;
    Some(SignalingError {
        code,
        reason: text::line(
            json::string(data, "error").unwrap_or_default(),
            text::LINE_CHARACTERS,
        ),
        meaning: error::plugin(short_name(package), code),
    })
}

/// `word` followed by the scalar members of `body`, without `skipped` and without secrets.
fn with_members(word: &str, body: &Value, skipped: &str) -> String {
    let mut line = word.to_owned();
    let members = body.as_object().into_iter().flatten().take(LISTED);
    for (key, value) in
        members.filter(|(key, _)| *key != skipped && !SECRETS.contains(&key.as_str()))
    {
        let value = match value {
            Value::String(value) if value.as_str() != word => value.clone(),
            Value::Number(value) => value.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => continue,
        };
        line = format!("{line} {key}={}", text::name(&value));
    }
    text::line(&line, text::LINE_CHARACTERS)
}

/// Members that are secrets, or ids as good as one: never shown.
const SECRETS: &[&str] = &[
    "secret",
    "pin",
    "token",
    "password",
    "ha1_secret",
    "admin_key",
    "apisecret",
    "private_id",
    "sdp",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn learned(package: &str, body: &Value) -> Handle {
        let mut handle = Handle {
            plugin: Some(package.to_owned()),
            ..Handle::default()
        };
        learn_request(&mut handle, &mut Roster::default(), body, None);
        handle
    }

    #[test]
    fn secrets_stay_out_of_summaries() {
        let body = json!({"request": "create", "room": 7, "secret": "adminpwd", "pin": "1234", "publishers": 6});
        assert_eq!(
            request_summary(&body, &Roster::default()),
            "create room=7 publishers=6"
        );
    }

    #[test]
    fn streaming_echotest_and_videocall_are_read_by_their_common_members() {
        let streaming = learned(
            "janus.plugin.streaming",
            &json!({"request": "watch", "id": 1}),
        );
        assert_eq!(
            (streaming.role, streaming.feeds.len()),
            (Some(HandleRole::Subscriber), 1)
        );
        let preparing = json!({"streaming": "event", "result": {"status": "preparing"}});
        assert_eq!(
            event_word(&preparing, "janus.plugin.streaming"),
            "preparing"
        );

        let echo = json!({"echotest": "event", "result": "ok"});
        assert_eq!(event_word(&echo, "janus.plugin.echotest"), "ok");

        let called =
            json!({"videocall": "event", "result": {"event": "incomingcall", "username": "bob"}});
        assert_eq!(
            event_word(&called, "janus.plugin.videocall"),
            "incomingcall"
        );
        let line = event_summary(
            "incomingcall",
            &called,
            "janus.plugin.videocall",
            None,
            &Roster::default(),
        );
        assert_eq!(line, "incomingcall username=bob");
        let registered = learned(
            "janus.plugin.videocall",
            &json!({"request": "register", "username": "alice"}),
        );
        assert_eq!(registered.display.as_deref(), Some("alice"));
    }

    #[test]
    fn audiobridge_errors_have_their_own_meaning() {
        let data = json!({"audiobridge": "event", "error_code": 485, "error": "No such room (5)"});
        let error = error_of(&data, "janus.plugin.audiobridge").unwrap();
        assert_eq!((error.code, error.meaning), (485, Some("no such room")));
        assert_eq!(event_word(&data, "janus.plugin.audiobridge"), "error");
    }
}
