//! SIP over WebSocket (RFC 7118): one dialogue per connection, one handle per Call-ID.
//!
//! ```text
//! INVITE  offer ──────────►          or  INVITE ─────────────►            (RFC 3261 §13.2.1)
//!         ◄── 183  answer, provisional   ◄── 200  offer
//!         ◄── 200  answer                ACK  answer ────────►
//! ACK     ────────────────►
//! UPDATE, re-INVITE, PRACK: another round, from either side (RFC 3311, 3262)
//! BYE     ────────────────►          CANCEL before the answer
//! ```
//!
//! SIP does not say which body is the offer: the first is, and the other side's next one answers it (RFC 3264 §4). The same body again, as
//! in 183 and 200, is told once as provisional and once as final.

use std::collections::HashMap;

use crate::track::signaling::carried;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::dialogue::SignalingError;
use crate::track::signaling::dialogue::SignalingProtocol;
use crate::track::signaling::incoming::Incoming;
use crate::track::signaling::ledger::Ledger;
use crate::track::signaling::ledger::Weight;
use crate::track::signaling::recent::Recent;
use crate::track::signaling::text;
use crate::vocab::ids::FlowId;
use crate::wire::sip::Message;
use crate::wire::sip::Party;
use crate::wire::sip::StartLine;

/// Sorts SIP messages by connection and call.
#[derive(Debug, Clone)]
pub(super) struct Sip {
    /// Dialogue of each connection; `None` when the ledger took no more.
    connections: HashMap<FlowId, Option<usize>>,
    /// Rounds of offer and answer, by dialogue and handle.
    rounds: HashMap<(usize, usize), Round>,
    /// Requests, by dialogue, Call-ID, sender and `CSeq`.
    requests: Recent<(usize, String, Sender, u32, String), Request>,
}

/// Where a call's offers and answers stand.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    /// Whose offer waits for its answer.
    offered: Option<Sender>,
}

/// What is remembered of a request until its answers come.
#[derive(Debug, Clone, Copy)]
struct Request {
    /// Its place among the messages.
    message: Option<usize>,
}

impl Default for Sip {
    fn default() -> Self {
        Self {
            connections: HashMap::new(),
            rounds: HashMap::new(),
            requests: Recent::new(REQUESTS_KEPT),
        }
    }
}

impl Sip {
    /// Takes a message when it is SIP's; `false` leaves it to others.
    pub(super) fn observe(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> bool {
        if incoming.carrier != Carrier::WebSocket || !Message::begins(incoming.body) {
            return false;
        }
        let Ok(message) = Message::new(incoming.body) else {
            return false;
        };
        for fault in &message.faults {
            ledger.fault(fault.name, fault.offset, incoming);
        }
        let known = self.connections.entry(incoming.flow);
        let opened = known.or_insert_with(|| ledger.open(SignalingProtocol::Sip, incoming));
        if let Some(dialogue) = *opened {
            self.take(ledger, incoming, dialogue, &message);
        }
        true
    }

    fn take(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        dialogue: usize,
        message: &Message<'_>,
    ) {
        let call = message.call_id().map(text::name);
        let (number, method) = message.cseq().unwrap_or_default();
        let method = text::name(method);
        let handle = call
            .as_deref()
            .filter(|_| SETS_UP.contains(&method.as_str()))
            .and_then(|call| ledger.handle_index(dialogue, call));
        let mut said = incoming.message(String::new());
        said.handle = handle;
        said.transaction = Some(format!("{number} {method}"));
        let request = matches!(message.start, StartLine::Request { .. });
        let asker = if request {
            incoming.from
        } else {
            incoming.from.opposite()
        };
        let key = (
            dialogue,
            call.unwrap_or_default(),
            asker,
            number,
            method.clone(),
        );
        match &message.start {
            StartLine::Request { uri, .. } => {
                said.kind.clone_from(&method);
                said.summary = asked(&method, uri, message);
            }
            StartLine::Response { status, reason } => {
                said.kind = format!("{status} {method}");
                said.summary = text::line(format!("{status} {reason}").trim(), LINE);
                said.answers = self.requests.get(&key).and_then(|request| request.message);
                said.error = refusal(*status, reason);
            }
        }
        said.carried = self.bodies(dialogue, handle, incoming, message);
        self.follow(dialogue, handle, message, &method);
        learn(ledger, dialogue, handle, incoming, asker, message, &method);
        let weight = if said.carried.is_empty() && is_routine(message, &method) {
            Weight::Routine
        } else {
            Weight::News
        };
        let place = ledger.push(dialogue, said, weight, incoming);
        if request {
            self.requests.insert(key, Request { message: place });
        }
    }

    /// Descriptions and candidates in the body.
    fn bodies(
        &mut self,
        dialogue: usize,
        handle: Option<usize>,
        incoming: &Incoming<'_>,
        message: &Message<'_>,
    ) -> Vec<Carried> {
        let body = String::from_utf8_lossy(message.body);
        let media_type = message.media_type();
        if media_type.eq_ignore_ascii_case(FRAGMENT) {
            return carried::fragment(&body);
        }
        let Some(handle) = handle.filter(|_| carried::is_sdp(&body)) else {
            return Vec::new();
        };
        let provisional = matches!(message.start, StartLine::Response { status: 100..=199, .. })
            // A reliable provisional response counts like a final one (RFC 3262 §5).
            && !message.lists("Require", "100rel");
        let round = self.rounds.entry((dialogue, handle)).or_default();
        let answers = round.offered == Some(incoming.from.opposite());
        let kind = match (answers, provisional) {
            (true, true) => DescriptionKind::Pranswer,
            (true, false) => DescriptionKind::Answer,
            (false, _) => DescriptionKind::Offer,
        };
        round.offered = match kind {
            DescriptionKind::Offer => Some(incoming.from),
            DescriptionKind::Answer => None,
            _ => round.offered,
        };
        vec![Carried::Description {
            kind: Some(kind),
            sdp: body.into(),
        }]
    }

    /// A refused INVITE or UPDATE takes its offer with it.
    fn follow(
        &mut self,
        dialogue: usize,
        handle: Option<usize>,
        message: &Message<'_>,
        method: &str,
    ) {
        let refused = matches!(message.start, StartLine::Response { status: 300.., .. });
        if refused
            && matches!(method, "INVITE" | "UPDATE")
            && let Some(round) = handle.and_then(|handle| self.rounds.get_mut(&(dialogue, handle)))
        {
            round.offered = None;
        }
    }
}

/// What the call's handle learns: who talks to whom, and when they hung up.
fn learn(
    ledger: &mut Ledger,
    dialogue: usize,
    handle: Option<usize>,
    incoming: &Incoming<'_>,
    asker: Sender,
    message: &Message<'_>,
    method: &str,
) {
    let Some(handle) = ledger.handle(dialogue, handle) else {
        return;
    };
    let names = [message.from(), message.to()].map(|party| {
        let name = party.map(|party| text::name(party.name()));
        name.filter(|name| !name.is_empty())
    });
    let [asking, asked] = names;
    let (own, far) = match asker {
        Sender::Client => (asking, asked),
        Sender::Server => (asked, asking),
    };
    if handle.display.is_none() {
        handle.display = own;
    }
    if let (true, Some(far)) = (handle.feeds.is_empty(), far) {
        handle.feeds.push((far, None));
    }
    let request = matches!(message.start, StartLine::Request { .. });
    if request && matches!(method, "BYE" | "CANCEL") {
        let reason = message.header("Reason").unwrap_or(method);
        let end = (incoming.at, incoming.last_frame(), text::line(reason, LINE));
        handle.hangup.get_or_insert(end);
    }
}

/// A request in a line: `INVITE sip:alice@example.com from Bob`.
fn asked(method: &str, uri: &str, message: &Message<'_>) -> String {
    let from = message.from();
    let from = from
        .as_ref()
        .map(Party::name)
        .filter(|name| !name.is_empty());
    let from = from.map_or_else(String::new, |name| format!(" from {}", text::name(name)));
    let uri = text::line(uri, text::NAME_CHARACTERS);
    format!("{method} {uri}{from}")
}

/// The error of a final response that is one; challenges, redirections and the normal end of a cancelled call are none.
fn refusal(status: u16, reason: &str) -> Option<SignalingError> {
    let normal = matches!(status, 0..=399 | 401 | 407 | 422 | 487 | 491);
    (!normal).then(|| SignalingError {
        code: status.into(),
        reason: text::line(reason, LINE),
        meaning: meaning(status),
    })
}

/// RFC 3261 §21.
const fn meaning(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "the request could not be understood",
        403 => "the server understood and refuses",
        404 => "no such user at that address",
        405 => "the method is not allowed there",
        408 => "nobody answered in time",
        410 => "the user is gone for good",
        415 => "the body's format is not supported",
        420 => "an extension that was required is not supported",
        480 => "the user can't be reached now",
        481 => "no such call or transaction",
        482 => "the request went in a loop",
        483 => "too many hops",
        484 => "the address is incomplete",
        486 => "the user is busy",
        488 => "the offer is not acceptable: no codec, transport or security in common",
        500 => "the server failed",
        501 => "the method is not implemented",
        502 => "a server further on answered nonsense",
        503 => "the server is overloaded or out of service",
        504 => "a server further on did not answer in time",
        600 => "the user is busy everywhere",
        603 => "the user declined",
        604 => "the user does not exist anywhere",
        606 => "the offer is not acceptable anywhere",
        _ => return None,
    })
}

/// Does the message only keep things going?
fn is_routine(message: &Message<'_>, method: &str) -> bool {
    let trying = matches!(message.start, StartLine::Response { status: 100, .. });
    trying || matches!(method, "OPTIONS" | "ACK")
}

/// Methods whose Call-ID is a call's; REGISTER, OPTIONS and MESSAGE have one too, and set up nothing.
const SETS_UP: &[&str] = &[
    "INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "INFO", "REFER",
];
/// Trickled candidates in an INFO (RFC 8840).
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// Requests remembered for their answers.
const REQUESTS_KEPT: usize = 4_096;
/// Characters of a reason kept.
const LINE: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::signaling::Signaling;
    use crate::track::signaling::dialogue::Dialogue;
    use crate::track::signaling::testing::Wire;

    use Sender::Client;
    use Sender::Server;

    const URL: &str = "wss://sip.example/";
    const SDP: &str = "v=0\r\na=ice-ufrag:x\r\n";

    /// Bob calls Alice, whose connection this is; `cseq` names the transaction.
    fn message(start: &str, cseq: &str, body: &str) -> String {
        let kind = if body.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        format!(
            "{start}\r\nFrom: \"Bob\" <sip:bob@x>;tag=1\r\nTo: <sip:alice@x>;tag=2\r\nCall-ID: c1\r\nCSeq: {cseq}\r\n{kind}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn play(script: &[(Sender, &str, &str, &str)]) -> Dialogue {
        let mut signaling = Signaling::default();
        let mut wire = Wire::default();
        for (from, start, cseq, body) in script {
            let text = message(start, cseq, body);
            signaling.observe(&wire.websocket(*from, URL, &text));
            wire.step();
        }
        assert_eq!(signaling.dialogues().len(), 1);
        signaling.take_dialogues().remove(0)
    }

    fn kinds(dialogue: &Dialogue) -> Vec<&'static str> {
        let carried = dialogue.messages.iter().flat_map(|said| &said.carried);
        carried
            .map(|one| match one {
                Carried::Description { kind, .. } => kind.map_or("?", DescriptionKind::word),
                _ => "other",
            })
            .collect()
    }

    #[test]
    fn a_call_is_a_handle_with_offer_answer_names_and_end() {
        let dialogue = play(&[
            (Client, "REGISTER sip:x SIP/2.0", "1 REGISTER", ""),
            (Server, "SIP/2.0 200 OK", "1 REGISTER", ""),
            (Server, "INVITE sip:alice@x SIP/2.0", "7 INVITE", SDP),
            (Client, "SIP/2.0 180 Ringing", "7 INVITE", ""),
            (Client, "SIP/2.0 200 OK", "7 INVITE", SDP),
            (Server, "ACK sip:alice@x SIP/2.0", "7 ACK", ""),
            (Server, "BYE sip:alice@x SIP/2.0", "8 BYE", ""),
            (Client, "SIP/2.0 200 OK", "8 BYE", ""),
        ]);
        assert_eq!(dialogue.protocol, SignalingProtocol::Sip);
        assert_eq!(kinds(&dialogue), ["offer", "answer"]);
        let [call] = dialogue.handles.as_slice() else {
            panic!("one call, not {:?}", dialogue.handles);
        };
        assert_eq!(
            (call.id.as_str(), call.display.as_deref()),
            ("c1", Some("alice"))
        );
        assert_eq!(call.feeds, [("Bob".to_owned(), None)]);
        assert!(call.hangup.as_ref().is_some_and(|end| end.2 == "BYE"));
        let told: Vec<_> = dialogue
            .messages
            .iter()
            .map(|said| (said.kind.as_str(), said.answers))
            .collect();
        assert_eq!(
            told,
            [
                ("REGISTER", None),
                ("200 REGISTER", Some(0)),
                ("INVITE", None),
                ("180 INVITE", Some(2)),
                ("200 INVITE", Some(2)),
                ("ACK", None),
                ("BYE", None),
                ("200 BYE", Some(6)),
            ]
        );
        assert_eq!(
            dialogue.messages[2].summary,
            "INVITE sip:alice@x from Bob + offer"
        );
        assert_eq!(
            dialogue.messages[2].transaction.as_deref(),
            Some("7 INVITE")
        );
    }

    #[test]
    fn an_early_answer_is_provisional_and_a_reliable_one_final() {
        let early = play(&[
            (Client, "INVITE sip:b SIP/2.0", "1 INVITE", SDP),
            (Server, "SIP/2.0 183 Progress", "1 INVITE", SDP),
            (Server, "SIP/2.0 200 OK", "1 INVITE", SDP),
        ]);
        assert_eq!(kinds(&early), ["offer", "pranswer", "answer"]);
        let reliable = "SIP/2.0 183 Progress\r\nRequire: 100rel";
        let reliable = play(&[
            (Client, "INVITE sip:b SIP/2.0", "1 INVITE", SDP),
            (Server, reliable, "1 INVITE", SDP),
            (Client, "PRACK sip:b SIP/2.0", "2 PRACK", ""),
            (Client, "UPDATE sip:b SIP/2.0", "3 UPDATE", SDP),
            (Server, "SIP/2.0 200 OK", "3 UPDATE", SDP),
        ]);
        assert_eq!(kinds(&reliable), ["offer", "answer", "offer", "answer"]);
    }

    #[test]
    fn an_invite_without_a_body_is_offered_to_in_the_answer() {
        let late = play(&[
            (Server, "INVITE sip:alice@x SIP/2.0", "1 INVITE", ""),
            (Client, "SIP/2.0 200 OK", "1 INVITE", SDP),
            (Server, "ACK sip:alice@x SIP/2.0", "1 ACK", SDP),
        ]);
        assert_eq!(kinds(&late), ["offer", "answer"]);
        assert_eq!(late.messages[1].from, Client);
    }

    #[test]
    fn a_refusal_is_an_error_and_takes_its_offer_back() {
        let refused = play(&[
            (Client, "INVITE sip:b SIP/2.0", "1 INVITE", SDP),
            (Server, "SIP/2.0 407 Authenticate", "1 INVITE", ""),
            (Client, "INVITE sip:b SIP/2.0", "2 INVITE", SDP),
            (Server, "SIP/2.0 488 Not Acceptable Here", "2 INVITE", ""),
            (Server, "INVITE sip:alice@x SIP/2.0", "1 INVITE", SDP),
        ]);
        assert_eq!(kinds(&refused), ["offer"; 3]);
        let errors: Vec<i64> = refused
            .messages
            .iter()
            .filter_map(|said| said.error.as_ref())
            .map(|error| error.code)
            .collect();
        assert_eq!(errors, [488]);
    }

    #[test]
    fn keepalives_and_json_are_not_sip() {
        let mut signaling = Signaling::default();
        let wire = Wire::default();
        for body in ["\r\n\r\n", "", "{\"to\": \"INVITE x SIP/2.0\"}"] {
            signaling.observe(&wire.websocket(Client, URL, body));
        }
        assert!(signaling.dialogues().is_empty());
    }
}
