//! WebRTC-HTTP ingestion and egress: one offer, one answer, a resource to trickle to and to delete.
//!
//! ```text
//! POST   endpoint   application/sdp (offer)                  → 201, Location: resource, application/sdp (answer)
//! PATCH  resource   application/trickle-ice-sdpfrag, If-Match → 204, or 200 with the server's fragment after an ICE restart
//! DELETE resource                                            → 200
//! ```
//! RFC 9725 for WHIP; draft-ietf-wish-whep for WHEP, where the server may also make the offer: it comes with the answer to the POST,
//! and the client's answer in a PATCH.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::track::signaling::carried;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::HandleRole;
use crate::track::signaling::dialogue::SignalingError;
use crate::track::signaling::dialogue::SignalingProtocol;
use crate::track::signaling::incoming::Incoming;
use crate::track::signaling::incoming::url_path;
use crate::track::signaling::ledger::Ledger;
use crate::track::signaling::ledger::Weight;
use crate::track::signaling::recent::Recent;
use crate::track::signaling::text;
use crate::vocab::ids::ExchangeId;

/// Sorts WHIP and WHEP requests into one dialogue per offer.
#[derive(Debug, Clone)]
pub(super) struct Whip {
    /// Resources by server, client and path.
    resources: HashMap<(IpAddr, IpAddr, String), usize>,
    /// Dialogue and message of each request.
    requests: Recent<ExchangeId, (usize, Option<usize>)>,
    /// Offers refused or redirected, by client and fingerprint: the same offer again is another try, not another call.
    refused: Recent<(IpAddr, u64), usize>,
    /// User fragments already signaled in a dialogue: a fragment that repeats them restarts nothing.
    ufrags: HashMap<usize, Vec<String>>,
}

impl Default for Whip {
    fn default() -> Self {
        Self {
            resources: HashMap::new(),
            requests: Recent::new(REQUESTS_KEPT),
            refused: Recent::new(REQUESTS_KEPT),
            ufrags: HashMap::new(),
        }
    }
}

impl Whip {
    /// Takes a message when it is WHIP's or WHEP's; `false` leaves it to others.
    pub(super) fn observe(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> bool {
        if incoming.carrier != Carrier::Http || incoming.method_is("OPTIONS") {
            return false;
        }
        match (incoming.is_request(), incoming.method) {
            (true, Some("POST")) => self.offered(ledger, incoming),
            (true, Some("PATCH")) => self.patched(ledger, incoming),
            (true, Some("DELETE")) => self.deleted(ledger, incoming),
            (true, _) => false,
            (false, _) => self.responded(ledger, incoming),
        }
    }

    fn offered(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> bool {
        let Some(sdp) = sdp_body(incoming) else {
            return false;
        };
        let again = self
            .refused
            .get(&(incoming.client, text::fingerprint(&sdp)))
            .copied();
        let Some(dialogue) = again.or_else(|| open(ledger, incoming, Some(&sdp))) else {
            return true;
        };
        self.say(
            ledger,
            incoming,
            dialogue,
            "offer",
            description(DescriptionKind::Offer, sdp),
        );
        true
    }

    fn patched(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> bool {
        let carried = if incoming.media_type_is(FRAGMENT) {
            carried::fragment(&String::from_utf8_lossy(incoming.body))
        } else if let Some(sdp) = sdp_body(incoming) {
            description(DescriptionKind::Answer, sdp)
        } else {
            return false;
        };
        let key = resource_key(incoming, incoming.path());
        let Some(dialogue) = self
            .resources
            .get(&key)
            .copied()
            .or_else(|| open(ledger, incoming, None))
        else {
            return true;
        };
        self.locate(ledger, incoming, dialogue, incoming.path());
        self.say(ledger, incoming, dialogue, "trickle", carried);
        true
    }

    fn deleted(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> bool {
        let Some(&dialogue) = self.resources.get(&resource_key(incoming, incoming.path())) else {
            return false;
        };
        if let Some(handle) = ledger.handle(dialogue, Some(0)) {
            handle
                .detached
                .get_or_insert_with(|| (incoming.at, incoming.last_frame()));
        }
        self.say(ledger, incoming, dialogue, "delete", Vec::new());
        true
    }

    fn responded(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> bool {
        let known = incoming
            .exchange
            .and_then(|exchange| self.requests.get(&exchange))
            .copied();
        let status = incoming.status.unwrap_or_default();
        let sdp = sdp_body(incoming);
        let (dialogue, asked) = match (known, &sdp) {
            (Some(known), _) => known,
            // The server makes the offer: the POST had no body, so nothing told it from any other.
            (None, Some(sdp)) if incoming.method_is("POST") => {
                match open(ledger, incoming, Some(sdp)) {
                    Some(dialogue) => (dialogue, None),
                    None => return true,
                }
            }
            _ => return false,
        };
        if let Some(location) = incoming.location
            && status == 201
        {
            self.locate(
                ledger,
                incoming,
                dialogue,
                &resolve(incoming.path(), location),
            );
        }
        let mut message = incoming.message("response");
        message.answers = asked;
        message.handle = Some(0);
        message.summary = status.to_string();
        if let Some(sdp) = sdp {
            let kind = if known.is_none() {
                DescriptionKind::Offer
            } else {
                DescriptionKind::Answer
            };
            message.kind = String::from(kind.word());
            message.carried = description(kind, sdp);
        } else if incoming.media_type_is(FRAGMENT) {
            message.kind = String::from("trickle");
            message.carried = carried::fragment(&String::from_utf8_lossy(incoming.body));
        } else if (300..400).contains(&status) {
            message.kind = String::from("redirect");
            message.summary = format!("{status} to {}", incoming.location.unwrap_or("nowhere"));
        } else if status >= 400 {
            let error = refusal(incoming, status);
            message.kind = String::from("error");
            message.summary = match error.meaning {
                Some(meaning) => format!("error {status}: {meaning}"),
                None => format!("error {status}"),
            };
            message.error = Some(error);
        }
        if status >= 300 {
            self.remember_refused(ledger, incoming, dialogue, asked);
        }
        message.carried = self.news_only(dialogue, message.carried);
        ledger.push(dialogue, message, Weight::News, incoming);
        true
    }

    /// Appends a request.
    fn say(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        dialogue: usize,
        kind: &str,
        carried: Vec<Carried>,
    ) {
        let mut message = incoming.message(kind);
        message.handle = Some(0);
        message.carried = self.news_only(dialogue, carried);
        if message
            .carried
            .iter()
            .any(|one| matches!(one, Carried::Credentials { .. }))
        {
            message.kind = String::from("restart");
        }
        let method = incoming.method.unwrap_or_default();
        message.summary = text::name(method);
        let position = ledger.push(dialogue, message, Weight::News, incoming);
        if let Some(exchange) = incoming.exchange {
            self.requests.insert(exchange, (dialogue, position));
        }
    }

    /// Learns where the resource is: it names the dialogue, and later requests go there.
    fn locate(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        dialogue: usize,
        path: &str,
    ) {
        let path = text::line(path, PATH_CHARACTERS);
        if let Some(handle) = ledger.handle(dialogue, Some(0)) {
            handle.id.clone_from(&path);
        }
        if let Some(known) = ledger.dialogue(dialogue) {
            known.protocol_session_id = Some(path.clone());
        }
        self.resources
            .insert(resource_key(incoming, &path), dialogue);
    }

    /// Leaves out credentials that were signaled before.
    fn news_only(&mut self, dialogue: usize, carried: Vec<Carried>) -> Vec<Carried> {
        let known = self.ufrags.entry(dialogue).or_default();
        let mut news = |ufrag: &str| {
            let new = !known.iter().any(|one| one == ufrag);
            if new && known.len() < UFRAGS_KEPT {
                known.push(ufrag.to_owned());
            }
            new
        };
        carried
            .into_iter()
            .filter(|one| match one {
                Carried::Description { sdp, .. } => {
                    if let Some(ufrag) = carried::attribute(sdp, "ice-ufrag") {
                        news(ufrag);
                    }
                    true
                }
                Carried::Credentials { ufrag, .. } => news(ufrag),
                Carried::Candidate { .. } | Carried::EndOfCandidates => true,
            })
            .collect()
    }

    fn remember_refused(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        dialogue: usize,
        asked: Option<usize>,
    ) {
        let offer = ledger
            .message(dialogue, asked)
            .and_then(|asked| asked.carried.first());
        if let Some(Carried::Description { sdp, .. }) = offer {
            self.refused
                .insert((incoming.client, text::fingerprint(sdp)), dialogue);
        }
    }
}

/// Opens a dialogue with its one handle.
fn open(ledger: &mut Ledger, incoming: &Incoming<'_>, sdp: Option<&str>) -> Option<usize> {
    let egress = is_egress(incoming.path(), sdp);
    let (protocol, role) = if egress {
        (SignalingProtocol::Whep, HandleRole::Subscriber)
    } else {
        (SignalingProtocol::Whip, HandleRole::Publisher)
    };
    let dialogue = ledger.open(protocol, incoming)?;
    let index = ledger.handle_index(dialogue, incoming.path());
    if let Some(handle) = ledger.handle(dialogue, index) {
        handle.id = text::line(incoming.path(), PATH_CHARACTERS);
        handle.role = Some(role);
    }
    Some(dialogue)
}

/// WHEP says so in its path, or its client's offer only receives.
fn is_egress(path: &str, sdp: Option<&str>) -> bool {
    let path = path.to_ascii_lowercase();
    if path.contains("whep") || path.contains("whip") {
        return path.contains("whep");
    }
    let has = |direction: &str| {
        sdp.is_some_and(|sdp| sdp.lines().any(|line| line.trim_end() == direction))
    };
    has("a=recvonly") && !has("a=sendonly") && !has("a=sendrecv")
}

/// The body, when it is a session description by type and by its first line.
fn sdp_body(incoming: &Incoming<'_>) -> Option<String> {
    let body = String::from_utf8_lossy(incoming.body);
    (incoming.media_type_is("application/sdp") && body.len() <= SDP_BYTES && carried::is_sdp(&body))
        .then(|| body.into_owned())
}

fn description(kind: DescriptionKind, sdp: String) -> Vec<Carried> {
    vec![Carried::Description {
        kind: Some(kind),
        sdp: sdp.into(),
    }]
}

fn resource_key(incoming: &Incoming<'_>, path: &str) -> (IpAddr, IpAddr, String) {
    (incoming.server.ip, incoming.client, path.to_owned())
}

/// The path of a `Location`, which may be relative to the request's path (RFC 3986 §5.2, without dot segments).
fn resolve(base: &str, location: &str) -> String {
    if location.contains("://") || location.starts_with('/') {
        return url_path(location).to_owned();
    }
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let relative = location.split(['?', '#']).next().unwrap_or_default();
    format!("{folder}/{}", relative.trim_start_matches("./"))
}

fn refusal(incoming: &Incoming<'_>, status: u16) -> SignalingError {
    let body = String::from_utf8_lossy(incoming.body.get(..REASON_BYTES).unwrap_or(incoming.body));
    SignalingError {
        code: i64::from(status),
        reason: text::line(body.trim(), text::LINE_CHARACTERS),
        meaning: MEANINGS
            .iter()
            .find(|(known, _)| *known == status)
            .map(|(_, meaning)| *meaning),
    }
}

/// What a status means to WHIP (RFC 9725 §4).
const MEANINGS: &[(u16, &str)] = &[
    (400, "the server can't read the request"),
    (401, "unauthorized: bearer token missing or wrong"),
    (403, "forbidden: the token does not allow this"),
    (404, "no such endpoint or resource"),
    (405, "method not supported here"),
    (406, "session description not acceptable"),
    (409, "conflict with the state of the resource"),
    (412, "If-Match names another ICE session"),
    (415, "content type not supported"),
    (422, "session description or fragment not acceptable"),
    (428, "If-Match is missing"),
    (429, "too many requests"),
    (503, "server overloaded; Retry-After says when to come back"),
];

const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// Longest session description read, in bytes.
const SDP_BYTES: usize = 1 << 20;

/// Bytes of an error's body that are read.
const REASON_BYTES: usize = 1_024;

/// Characters of a path kept.
const PATH_CHARACTERS: usize = 1_024;

/// Requests remembered until their responses come.
const REQUESTS_KEPT: usize = 4_096;

/// User fragments remembered per dialogue.
const UFRAGS_KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::signaling::Signaling;
    use crate::track::signaling::testing::Wire;

    const OFFER: &str = "v=0\r\no=- 5228595038118931041 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
        a=ice-ufrag:EsAw\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\na=setup:actpass\r\na=mid:0\r\na=sendonly\r\n";
    const ANSWER: &str = "v=0\r\no=- 1657793490019 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
        a=ice-ufrag:38sdf4fdsf54\r\na=ice-pwd:2e13dde17c1cb009202f627fab90cbec358d766d049c9697\r\na=setup:passive\r\na=mid:0\r\na=recvonly\r\n";

    /// RFC 9725, figures 2, 5 and 9.
    fn session() -> Signaling {
        let mut wire = Wire::default();
        let mut signaling = Signaling::default();
        let endpoint = "https://whip.example.com/whip/endpoint";
        wire.content_type = Some("application/sdp");
        signaling.observe(&wire.request("POST", endpoint, OFFER));
        wire.location = Some("/resource/id");
        signaling.observe(&wire.response("POST", endpoint, 201, ANSWER));
        wire.step();
        wire.location = None;
        wire.content_type = Some(FRAGMENT);
        let resource = "https://whip.example.com/resource/id";
        let fragment = "a=ice-ufrag:EsAw\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n\
            a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\na=end-of-candidates\r\n";
        signaling.observe(&wire.request("PATCH", resource, fragment));
        wire.content_type = None;
        signaling.observe(&wire.response("PATCH", resource, 204, ""));
        wire.step();
        signaling.observe(&wire.request("DELETE", resource, ""));
        signaling.observe(&wire.response("DELETE", resource, 200, ""));
        signaling
    }

    #[test]
    fn offer_answer_trickle_and_delete_are_one_dialogue() {
        let signaling = session();
        let [dialogue] = signaling.dialogues() else {
            unreachable!("one POST is one dialogue")
        };
        assert_eq!(dialogue.protocol, SignalingProtocol::Whip);
        assert_eq!(
            dialogue.protocol_session_id.as_deref(),
            Some("/resource/id")
        );
        let kinds: Vec<&str> = dialogue
            .messages
            .iter()
            .map(|message| message.kind.as_str())
            .collect();
        assert_eq!(
            kinds,
            [
                "offer", "answer", "trickle", "response", "delete", "response"
            ]
        );
        let answers: Vec<Option<usize>> = dialogue
            .messages
            .iter()
            .map(|message| message.answers)
            .collect();
        assert_eq!(answers, [None, Some(0), None, Some(2), None, Some(4)]);
        let handle = &dialogue.handles[0];
        assert_eq!(
            (handle.id.as_str(), &handle.role),
            ("/resource/id", &Some(HandleRole::Publisher))
        );
        assert!(handle.detached.is_some());
        assert_eq!(
            dialogue.messages[1].carried,
            description(DescriptionKind::Answer, ANSWER.into())
        );
        assert!(
            !dialogue.messages[2]
                .carried
                .iter()
                .any(|one| matches!(one, Carried::Credentials { .. }))
        );
    }

    #[test]
    fn a_refused_offer_tried_again_stays_one_dialogue() {
        let mut wire = Wire::default();
        let mut signaling = Signaling::default();
        let endpoint = "https://whip.example.com/whip/endpoint";
        wire.content_type = Some("application/sdp");
        signaling.observe(&wire.request("POST", endpoint, OFFER));
        wire.content_type = Some("text/plain");
        signaling.observe(&wire.response("POST", endpoint, 401, "token expired"));
        wire.step();
        wire.content_type = Some("application/sdp");
        signaling.observe(&wire.request("POST", endpoint, OFFER));
        signaling.observe(&wire.response("POST", endpoint, 201, ANSWER));
        assert_eq!(signaling.dialogues().len(), 1);
        let error = signaling.dialogues()[0].messages[1].error.clone().unwrap();
        assert_eq!((error.code, error.reason.as_str()), (401, "token expired"));
    }

    #[test]
    fn an_ice_restart_carries_new_credentials_both_ways() {
        let mut signaling = session();
        let mut wire = Wire::default();
        wire.step();
        wire.step();
        wire.step();
        wire.content_type = Some(FRAGMENT);
        let fragment =
            |ufrag: &str| format!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n");
        let (ours, theirs) = (fragment("ysXw"), fragment("289b31b754eaa438"));
        signaling.observe(&wire.request("PATCH", "https://whip.example.com/resource/id", &ours));
        signaling.observe(&wire.response(
            "PATCH",
            "https://whip.example.com/resource/id",
            200,
            &theirs,
        ));
        let messages = &signaling.dialogues()[0].messages;
        let restarts: Vec<_> = messages
            .iter()
            .flat_map(|message| &message.carried)
            .filter(|one| matches!(one, Carried::Credentials { .. }))
            .collect();
        assert_eq!(restarts.len(), 2);
        assert_eq!(messages[6].kind, "restart");
    }

    #[test]
    fn an_offer_that_only_receives_is_whep() {
        assert!(is_egress("/live/cam", Some("v=0\r\na=recvonly\r\n")));
        assert!(!is_egress("/live/cam", Some(OFFER)));
        assert!(is_egress("/whep/cam", Some(OFFER)));
        assert!(!is_egress("/whip/cam", Some("v=0\r\na=recvonly\r\n")));
    }

    #[test]
    fn a_location_may_be_relative() {
        assert_eq!(resolve("/whip/endpoint", "resource/1"), "/whip/resource/1");
        assert_eq!(resolve("/whip/endpoint", "https://h/r/1?x"), "/r/1");
        assert_eq!(resolve("/whip/endpoint", "/r/1"), "/r/1");
    }
}
