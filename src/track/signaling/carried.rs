//! Session descriptions and candidates inside messages, in the JSON shapes that browsers and servers give them.
//!
//! ```text
//! RTCSessionDescriptionInit   {"type": "offer", "sdp": "v=0\r\n…"}
//! RTCIceCandidateInit         {"candidate": "candidate:…", "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "qaLo"}
//! end of candidates           null · {"candidate": ""} · {"completed": true}  (Janus)
//! ```

use std::sync::Arc;

use serde_json::Value;

use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::json;
use crate::track::signaling::text;

/// A session description object (`RTCSessionDescriptionInit`); `hint` is the type that its surroundings name.
///
/// `None` when `value` holds no SDP. A `rollback` needs no SDP and is told from the type alone.
pub(super) fn description(value: &Value, hint: Option<DescriptionKind>) -> Option<Carried> {
    let said = json::string(value, "type").and_then(DescriptionKind::from_word);
    match json::string(value, "sdp") {
        Some(sdp) if is_sdp(sdp) => Some(Carried::Description {
            kind: said.or(hint),
            sdp: sdp.into(),
        }),
        _ if said == Some(DescriptionKind::Rollback) => Some(Carried::Description {
            kind: said,
            sdp: Arc::default(),
        }),
        _ => None,
    }
}

/// A candidate object (`RTCIceCandidateInit`), a candidate attribute's text, or one of the ways to say "no more".
pub(super) fn candidate(value: &Value) -> Option<Carried> {
    match value {
        Value::Null => Some(Carried::EndOfCandidates),
        Value::String(line) => candidate_line(line, value),
        Value::Object(_) if value.get("completed").and_then(Value::as_bool) == Some(true) => {
            Some(Carried::EndOfCandidates)
        }
        Value::Object(_) => match value.get("candidate")? {
            Value::String(line) => candidate_line(line, value),
            Value::Null => Some(Carried::EndOfCandidates),
            _ => None,
        },
        _ => None,
    }
}

/// Is this text a session description? Every one starts with its version, on a line of its own (RFC 8866 §5.1).
pub(super) fn is_sdp(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix("v=0");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['\r', '\n']))
}

/// Is this text a candidate attribute (RFC 8839 §5.1), with or without `a=`?
pub(super) fn is_candidate(text: &str) -> bool {
    let text = text.strip_prefix("a=").unwrap_or(text);
    text.starts_with("candidate:") && text.split(' ').any(|word| word == "typ")
}

/// The type that an SDP itself gives away: an offer says `setup:actpass`, an answer must choose (RFC 8842 §5.2, §5.3).
pub(super) fn kind_by_setup(sdp: &str) -> Option<DescriptionKind> {
    let setup = sdp
        .lines()
        .find_map(|line| line.trim_end().strip_prefix("a=setup:"))?;
    match setup {
        "actpass" => Some(DescriptionKind::Offer),
        "active" | "passive" => Some(DescriptionKind::Answer),
        _ => None,
    }
}

/// The value of the first `a=name:` line of an SDP.
pub(super) fn attribute<'a>(sdp: &'a str, name: &str) -> Option<&'a str> {
    sdp.lines().find_map(|line| {
        let value = line.trim().strip_prefix("a=")?.strip_prefix(name)?;
        value.strip_prefix(':')
    })
}

/// The SDP fragment of trickle ICE over HTTP or SIP (`application/trickle-ice-sdpfrag`, RFC 8840 §9): candidates under the `a=mid` above them.
pub(super) fn fragment(text: &str) -> Vec<Carried> {
    let (mut out, mut mid, mut index) = (Vec::new(), None, None::<u32>);
    let (mut ufrag, mut password) = (None, None);
    for line in text.lines().map(str::trim) {
        if line.starts_with("m=") {
            index = Some(index.map_or(0, |index| index.saturating_add(1)));
            mid = None;
        } else if let Some(value) = line.strip_prefix("a=mid:") {
            mid = Some(text::name(value));
        } else if let Some(value) = line.strip_prefix("a=ice-ufrag:") {
            ufrag = Some(text::name(value));
        } else if let Some(value) = line.strip_prefix("a=ice-pwd:") {
            password = Some(text::line(value, PASSWORD_CHARACTERS));
        } else if line.starts_with("a=candidate:") {
            out.push(Carried::Candidate {
                candidate: line.strip_prefix("a=").unwrap_or(line).to_owned(),
                mid: mid.clone(),
                line_index: index,
                ufrag: named_ufrag(line).or_else(|| ufrag.clone()),
            });
        } else if line == "a=end-of-candidates" && out.last() != Some(&Carried::EndOfCandidates) {
            out.push(Carried::EndOfCandidates);
        }
    }
    if let (Some(ufrag), Some(password)) = (ufrag, password) {
        out.insert(0, Carried::Credentials { ufrag, password });
    }
    out
}

/// What a message carried, in a few words: `offer`, `3 candidates`, `end of candidates`.
pub(super) fn words(carried: &[Carried]) -> String {
    let candidates = carried
        .iter()
        .filter(|one| matches!(one, Carried::Candidate { .. }))
        .count();
    let mut words: Vec<String> = Vec::new();
    for one in carried {
        match one {
            Carried::Description { kind, .. } => {
                words.push(kind.map_or("description", DescriptionKind::word).to_owned());
            }
            Carried::Credentials { .. } => words.push("new ICE credentials".to_owned()),
            Carried::Candidate { .. } | Carried::EndOfCandidates => {}
        }
    }
    match (candidates, carried) {
        (0, _) => {}
        (1, _) => words.push(carried.iter().find_map(candidate_words).unwrap_or_default()),
        (many, _) => words.push(format!("{many} candidates")),
    }
    if carried.contains(&Carried::EndOfCandidates) {
        words.push("end of candidates".to_owned());
    }
    words.join(", ")
}

/// `candidate srflx 203.0.113.101:29181/udp`.
fn candidate_words(carried: &Carried) -> Option<String> {
    let Carried::Candidate { candidate, .. } = carried else {
        return None;
    };
    let words: Vec<&str> = candidate.split(' ').collect();
    let kind = words.windows(2).find_map(|pair| match pair {
        ["typ", kind] => Some(*kind),
        _ => None,
    });
    let line = match (kind, words.as_slice()) {
        (Some(kind), [_, _, transport, _, address, port, ..]) if address.contains(':') => {
            format!("candidate {kind} [{address}]:{port}/{transport}")
        }
        (Some(kind), [_, _, transport, _, address, port, ..]) => {
            format!("candidate {kind} {address}:{port}/{transport}")
        }
        _ => "candidate".to_owned(),
    };
    Some(text::line(&line, text::NAME_CHARACTERS))
}

fn candidate_line(line: &str, value: &Value) -> Option<Carried> {
    // W3C webrtc-pc §4.8.1.1: the empty string says that the generation has no more candidates.
    if line.is_empty() {
        return Some(Carried::EndOfCandidates);
    }
    if !is_candidate(line) {
        return None;
    }
    let index = value.get("sdpMLineIndex").or_else(|| value.get("label"));
    let mid = value
        .get("sdpMid")
        .or_else(|| value.get("mid"))
        .or_else(|| value.get("id"));
    let ufrag = value.get("usernameFragment").and_then(Value::as_str);
    Some(Carried::Candidate {
        candidate: line.to_owned(),
        mid: mid.and_then(json::as_id),
        line_index: index
            .and_then(Value::as_u64)
            .and_then(|index| u32::try_from(index).ok()),
        ufrag: ufrag.map(text::name).or_else(|| named_ufrag(line)),
    })
}

/// The `ufrag` extension attribute that Chromium puts into its candidates.
fn named_ufrag(line: &str) -> Option<String> {
    let mut words = line.split(' ');
    words.find(|word| *word == "ufrag")?;
    words.next().map(text::name)
}

/// An ICE password has 22 to 256 characters (RFC 8839 §5.4).
const PASSWORD_CHARACTERS: usize = 256;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LINE: &str = "candidate:1496816855 1 udp 2122194687 192.168.10.2 48633 typ host generation 0 ufrag qaLo network-id 1";

    #[test]
    fn a_candidate_object_keeps_all_four_members() {
        let value = json!({"candidate": LINE, "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "qaLo"});
        let expected = Carried::Candidate {
            candidate: LINE.into(),
            mid: Some("0".into()),
            line_index: Some(0),
            ufrag: Some("qaLo".into()),
        };
        assert_eq!(candidate(&value), Some(expected.clone()));
        assert_eq!(words(&[expected]), "candidate host 192.168.10.2:48633/udp");
    }

    #[test]
    fn a_bare_candidate_line_names_its_own_ufrag() {
        let Some(Carried::Candidate { ufrag, mid, .. }) = candidate(&json!(LINE)) else {
            unreachable!("a candidate line is a candidate")
        };
        assert_eq!((ufrag.as_deref(), mid), (Some("qaLo"), None));
    }

    #[test]
    fn three_ways_to_say_no_more_candidates() {
        for value in [
            json!(null),
            json!({"candidate": ""}),
            json!({"completed": true}),
            json!({"candidate": null}),
        ] {
            assert_eq!(candidate(&value), Some(Carried::EndOfCandidates), "{value}");
        }
    }

    #[test]
    fn wrong_types_are_no_candidates() {
        for value in [
            json!(1),
            json!([]),
            json!({"candidate": 7}),
            json!({"candidate": "candidate:"}),
            json!({"completed": "yes"}),
        ] {
            assert_eq!(candidate(&value), None, "{value}");
        }
        let odd = json!({"candidate": LINE, "sdpMid": {}, "sdpMLineIndex": 1e300});
        assert!(matches!(
            candidate(&odd),
            Some(Carried::Candidate {
                mid: None,
                line_index: None,
                ..
            })
        ));
    }

    #[test]
    fn a_fragment_puts_candidates_under_their_mid() {
        // RFC 9725 §4.3.1, figure 6, shortened.
        let text = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n\
            a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n\
            a=end-of-candidates\r\n";
        let carried = fragment(text);
        assert!(matches!(&carried[0], Carried::Credentials { ufrag, .. } if ufrag == "EsAw"));
        assert!(
            matches!(&carried[1], Carried::Candidate { mid: Some(mid), line_index: Some(0), .. } if mid == "0")
        );
        assert_eq!(carried[2], Carried::EndOfCandidates);
        assert_eq!(
            words(&carried),
            "new ICE credentials, candidate host 192.0.2.1:61764/udp, end of candidates"
        );
    }

    #[test]
    fn setup_tells_offers_from_answers() {
        assert_eq!(
            kind_by_setup("v=0\r\na=setup:actpass\r\n"),
            Some(DescriptionKind::Offer)
        );
        assert_eq!(
            kind_by_setup("v=0\r\na=setup:active\r\n"),
            Some(DescriptionKind::Answer)
        );
        assert_eq!(kind_by_setup("v=0\r\n"), None);
        assert_eq!(
            attribute("v=0\r\na=ice-ufrag:ab\r\n", "ice-ufrag"),
            Some("ab")
        );
    }
}
