//! Descriptions, candidates and names anywhere in a body.
//!
//! ```text
//! {"type":"offer","sdp":"v=0…"}            {"description":{"type":"offer","sdp":"v=0…"}}      {"offer":"v=0…"}
//! {"type":"candidate","candidate":{…}}     {"candidate":"candidate:…","sdpMid":"0"}           ["candidate:…", …]
//! {"from":"bob","to":"alice", …}           {"payload":"{\"type\":\"offer\", …}"}              42["offer",{…}]   (socket.io)
//! ```

use serde_json::Value;

use crate::track::signaling::carried;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::json;
use crate::track::signaling::json::Unreadable;
use crate::track::signaling::text;

/// Names that a message gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Room, call or session.
    pub(super) room: Option<String>,
    /// Who says it.
    pub(super) from: Option<String>,
    /// Whom it is for.
    pub(super) to: Option<String>,
    /// The other one, whichever way it goes.
    pub(super) peer: Option<String>,
}

/// What one party says in one body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// Its names.
    pub(super) names: Names,
    /// The message's own word for itself; may be empty.
    pub(super) word: String,
    /// Descriptions and candidates, in order.
    pub(super) carried: Vec<Carried>,
}

/// Can this body hold a description or a candidate at all? One pass, no parsing: most HTTP bodies stop here.
pub(super) fn may_carry(body: &[u8]) -> bool {
    memchr::memmem::find(body, b"v=0").is_some()
        || memchr::memmem::find(body, b"candidate").is_some()
}

/// Reads a body; an error is the offset where JSON broke.
///
/// A group without descriptions and candidates is a word only (`bye`).
pub(super) fn read(body: &[u8], media_type: &str) -> Result<Vec<Group>, usize> {
    let plain = |carried: Vec<Carried>| {
        let group = Group {
            names: Names::default(),
            word: String::new(),
            carried,
        };
        Ok(if group.carried.is_empty() {
            Vec::new()
        } else {
            vec![group]
        })
    };
    if media_type.eq_ignore_ascii_case("application/trickle-ice-sdpfrag") {
        return plain(carried::fragment(&String::from_utf8_lossy(body)));
    }
    if super::is_description(body) {
        let sdp = String::from_utf8_lossy(body);
        let kind = carried::kind_by_setup(&sdp);
        let sdp = sdp.into();
        return plain(vec![Carried::Description { kind, sdp }]);
    }
    if body.starts_with(b"candidate:") || body.starts_with(b"a=candidate:") {
        let line = String::from_utf8_lossy(body);
        let value = Value::String(line.trim().to_owned());
        return plain(carried::candidate(&value).into_iter().collect());
    }
    let mut walk = Walk::default();
    // Engine.IO puts several packets into one polling body, 0x1e between them.
    for packet in body.split(|&byte| byte == 0x1e).take(PACKETS) {
        let packet = without_frame(packet);
        if !json::looks_like_json(packet) {
            continue;
        }
        match json::parse(packet) {
            Ok(value) => walk.value(&value, &Context::default()),
            Err(Unreadable::Malformed(offset)) => return Err(offset),
            Err(Unreadable::TooLong) => {}
        }
    }
    Ok(walk.groups)
}

/// The room that a query names: `?room=100`, socket.io's `sid`.
pub(super) fn room_in_query(query: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, room) =
        pairs.find(|(key, value)| (ROOM.contains(key) || *key == "sid") && !value.is_empty())?;
    Some(text::name(room))
}

/// Cuts the packet type that socket.io puts in front: `42["offer",…]`, `42/room,["offer",…]`, `17:42["offer",…]`.
fn without_frame(packet: &[u8]) -> &[u8] {
    if !packet.first().is_some_and(u8::is_ascii_digit) {
        return packet;
    }
    let start = packet
        .iter()
        .take(FRAME_BYTES)
        .position(|byte| matches!(byte, b'{' | b'['));
    start
        .and_then(|start| packet.get(start..))
        .unwrap_or(packet)
}

/// What an object inherits from those around it.
#[derive(Debug, Clone, Default)]
struct Context {
    names: Names,
    kind: Option<DescriptionKind>,
    word: String,
    depth: usize,
    nested: usize,
}

/// A walk through a JSON tree, collecting groups.
#[derive(Debug, Default)]
struct Walk {
    groups: Vec<Group>,
    steps: usize,
}

impl Walk {
    fn value(&mut self, value: &Value, context: &Context) {
        self.steps += 1;
        if self.steps > STEPS || context.depth > DEPTH {
            return;
        }
        match value {
            Value::String(line) => self.line(line, context),
            Value::Array(values) => {
                // socket.io: the first element is the event's name, the others its arguments.
                let event = values
                    .first()
                    .and_then(Value::as_str)
                    .filter(|word| is_word(word));
                let below = below(context, event);
                for value in values {
                    self.value(value, &below);
                }
            }
            Value::Object(_) => self.object(value, context),
            _ => {}
        }
    }

    fn object(&mut self, object: &Value, context: &Context) {
        let word = WORD
            .iter()
            .find_map(|key| json::string(object, key))
            .filter(|word| is_word(word));
        let mut here = below(context, word);
        learn(&mut here.names, object);
        if let Some(description) = carried::description(object, here.kind) {
            self.found(by_setup(description), &here);
        } else if object
            .get("candidate")
            .is_some_and(|candidate| !candidate.is_object())
        {
            // `{"candidate": null}` ends candidates only where the rest of the message is about them.
            let about = here.word.to_ascii_lowercase();
            let trickle = about.contains("candidate")
                || about.contains("ice")
                || object.get("sdpMid").is_some();
            let one = carried::candidate(object);
            if let Some(one) = one.filter(|one| trickle || *one != Carried::EndOfCandidates) {
                self.found(one, &here);
            }
        } else if word.is_some()
            && (context.depth == 0 || (context.depth <= 3 && here.names.from.is_some()))
        {
            // Below the top only what names its sender is a message: `{"messages": [{"from": "bob", "type": "bye"}]}`.
            self.word(&here);
        }
        for (key, value) in object.as_object().into_iter().flatten() {
            match key.as_str() {
                "sdp" | "candidate" if value.is_string() || value.is_null() => {}
                "candidate" if value.get("completed").and_then(Value::as_bool) == Some(true) => {
                    self.found(Carried::EndOfCandidates, &here);
                }
                key if FROM.contains(&key)
                    || TO.contains(&key)
                    || ROOM.contains(&key)
                    || WORD.contains(&key) => {}
                key => {
                    let mut member = here.clone();
                    member.kind = DescriptionKind::from_word(key).or(member.kind);
                    self.value(value, &member);
                }
            }
        }
    }

    /// A text: a description, a candidate, or JSON once more.
    fn line(&mut self, line: &str, context: &Context) {
        if carried::is_sdp(line) {
            let sdp = line.into();
            self.found(
                by_setup(Carried::Description {
                    kind: context.kind,
                    sdp,
                }),
                context,
            );
        } else if carried::is_candidate(line) {
            let one = carried::candidate(&Value::String(line.to_owned()));
            if let Some(one) = one {
                self.found(one, context);
            }
        } else if context.nested < NESTED
            && json::looks_like_json(line.as_bytes())
            && let Ok(value) = json::parse(line.as_bytes())
        {
            let mut inner = context.clone();
            inner.nested += 1;
            inner.depth += 1;
            self.value(&value, &inner);
        }
    }

    fn found(&mut self, one: Carried, context: &Context) {
        match self.groups.last_mut() {
            Some(group) if group.names == context.names && !group.carried.is_empty() => {
                group.carried.push(one);
            }
            // The word of the message itself gives way to what it carries.
            Some(group) if group.names == context.names && group.word == context.word => {
                group.carried.push(one);
            }
            _ => self.groups.push(Group {
                names: context.names.clone(),
                word: context.word.clone(),
                carried: vec![one],
            }),
        }
    }

    fn word(&mut self, context: &Context) {
        if self.groups.len() < GROUPS {
            self.groups.push(Group {
                names: context.names.clone(),
                word: context.word.clone(),
                carried: Vec::new(),
            });
        }
    }
}

/// Can this text be a message's name?
fn is_word(text: &str) -> bool {
    text.len() <= WORD_BYTES && !text.contains(char::is_whitespace)
}

/// The context one level down, where `word` names the message.
fn below(context: &Context, word: Option<&str>) -> Context {
    let mut here = context.clone();
    here.depth += 1;
    if let Some(word) = word {
        here.kind = DescriptionKind::from_word(word).or(here.kind);
        here.word = text::name(word);
    }
    here
}

/// Adds the names that an object gives; nearer ones win.
fn learn(names: &mut Names, object: &Value) {
    let first = |keys: &[&str]| keys.iter().find_map(|key| json::id(object, key));
    names.room = first(ROOM).or_else(|| names.room.take());
    names.from = first(FROM).or_else(|| names.from.take());
    names.to = first(TO).or_else(|| names.to.take());
    names.peer = first(PEER).or_else(|| names.peer.take());
}

/// A description that nothing names is what its own `a=setup` makes it.
fn by_setup(carried: Carried) -> Carried {
    match carried {
        Carried::Description { kind: None, sdp } => Carried::Description {
            kind: carried::kind_by_setup(&sdp),
            sdp,
        },
        other => other,
    }
}

/// Members that say what a message is.
const WORD: &[&str] = &[
    "type", "event", "action", "cmd", "command", "method", "kind",
];

/// Members that name a room, a call or a session.
const ROOM: &[&str] = &[
    "room",
    "roomId",
    "room_id",
    "roomName",
    "callId",
    "call_id",
    "sessionId",
    "session_id",
    "session",
];

/// Members that name the sender.
const FROM: &[&str] = &[
    "from",
    "sender",
    "senderId",
    "sender_id",
    "fromId",
    "from_id",
    "src",
    "source",
];

/// Members that name the recipient.
const TO: &[&str] = &[
    "to",
    "target",
    "targetId",
    "target_id",
    "toId",
    "to_id",
    "recipient",
    "receiver",
    "dst",
    "dest",
    "destination",
];

/// Members that name the other party, whoever speaks.
const PEER: &[&str] = &["peer", "peerId", "peer_id"];

/// Values visited in one body.
const STEPS: usize = 20_000;

/// Depth that descriptions are looked for.
const DEPTH: usize = 32;

/// JSON inside JSON strings: levels.
const NESTED: usize = 3;

/// Groups without descriptions and candidates in one body.
const GROUPS: usize = 64;

/// Packets in one polling body.
const PACKETS: usize = 256;

/// Longest word for a message.
const WORD_BYTES: usize = 64;

/// Where the JSON of a socket.io packet begins at the latest.
const FRAME_BYTES: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "v=0\\r\\no=- 1 2 IN IP4 0.0.0.0\\r\\na=setup:actpass\\r\\n";
    const LINE: &str = "candidate:1 1 udp 2122194687 192.168.10.2 48633 typ host";

    fn groups(body: &str) -> Vec<Group> {
        read(body.as_bytes(), "application/json").unwrap()
    }

    fn kinds(body: &str) -> Vec<Option<DescriptionKind>> {
        let groups = groups(body);
        let carried = groups.iter().flat_map(|group| &group.carried);
        carried
            .filter_map(|one| match one {
                Carried::Description { kind, .. } => Some(*kind),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_description_is_found_in_every_shape() {
        let answer = Some(DescriptionKind::Answer);
        for shape in [
            r#"{"type":"answer","sdp":"SDP"}"#,
            r#"{"description":{"type":"answer","sdp":"SDP"}}"#,
            r#"{"answer":"SDP"}"#,
            r#"{"answer":{"sdp":"SDP"}}"#,
            r#"{"event":"answer","data":{"sdp":"SDP"}}"#,
            r#"{"messages":[{"from":"bob","type":"answer","sdp":"SDP"}]}"#,
            r#"42["answer",{"sdp":"SDP"}]"#,
            r#"42/room,["answer","SDP"]"#,
        ] {
            assert_eq!(kinds(&shape.replace("SDP", SDP)), [answer], "{shape}");
        }
        assert_eq!(
            kinds(&format!(r#"{{"sdp":"{SDP}"}}"#)),
            [Some(DescriptionKind::Offer)]
        );
        let nested =
            serde_json::json!({"payload": format!(r#"{{"type":"answer","sdp":"{SDP}"}}"#)})
                .to_string();
        assert_eq!(kinds(&nested), [answer]);
        assert_eq!(
            read(b"v=0\r\na=setup:active\r\n", "text/plain")
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn a_candidate_is_found_in_every_shape() {
        for shape in [
            r#"{"candidate":{"candidate":"LINE","sdpMid":"0"}}"#,
            r#"{"candidate":"LINE","sdpMid":"0"}"#,
            r#"{"type":"candidate","candidate":"LINE"}"#,
            r#"{"candidates":["LINE"]}"#,
            r#"[{"candidate":"LINE"}]"#,
            "LINE",
        ] {
            let groups = groups(&shape.replace("LINE", LINE));
            let carried: Vec<_> = groups.iter().flat_map(|group| &group.carried).collect();
            assert!(
                matches!(carried[..], [Carried::Candidate { .. }]),
                "{shape}: {carried:?}"
            );
        }
    }

    #[test]
    fn a_candidate_for_a_job_is_no_candidate() {
        for body in [
            r#"{"candidate":null}"#,
            r#"{"candidate":"Jane Doe"}"#,
            r#"{"candidate":{"name":"Jane"}}"#,
            r#"{"sdp":"v=1"}"#,
        ] {
            assert!(
                groups(body).iter().all(|group| group.carried.is_empty()),
                "{body}"
            );
        }
        assert_eq!(
            groups(r#"{"type":"candidate","candidate":null}"#)[0].carried,
            [Carried::EndOfCandidates]
        );
    }

    #[test]
    fn each_party_has_its_own_group() {
        let body = format!(
            r#"{{"messages":[{{"from":"bob","type":"candidate","candidate":"{LINE}"}},{{"from":"bob","candidate":"{LINE}"}},{{"from":"carol","candidate":"{LINE}"}},{{"from":"bob","type":"bye"}}]}}"#
        );
        let groups = groups(&body);
        let seen: Vec<_> = groups
            .iter()
            .map(|group| {
                (
                    group.names.from.as_deref().unwrap(),
                    group.carried.len(),
                    group.word.as_str(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [("bob", 2, "candidate"), ("carol", 1, ""), ("bob", 0, "bye")]
        );
    }

    #[test]
    fn hostile_json_is_walked_within_bounds() {
        let deep = format!(
            "{}{}",
            r#"{"a":"#.repeat(100),
            "1".to_owned() + &"}".repeat(100)
        );
        assert!(groups(&deep).is_empty());
        let wide = format!("[{}]", vec![r#""v=0""#; 30_000].join(","));
        assert!(groups(&wide)[0].carried.len() <= STEPS);
        let mut nested = r#"{"sdp":"v=0"}"#.to_owned();
        for _ in 0..6 {
            nested = serde_json::json!({ "x": nested }).to_string();
        }
        assert!(groups(&nested).is_empty());
        assert!(read(b"{\"type\":", "application/json").is_err());
        assert_eq!(
            room_in_query("EIO=4&transport=polling&sid=abc"),
            Some("abc".into())
        );
    }
}
