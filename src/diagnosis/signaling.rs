//! Rules of signaling: what the server refused, and offers that nobody answered.

use hashbrown::HashMap;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::signaling::refused;
use crate::diagnosis::facts::signaling::unanswered;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::ladder::Status;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::name;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::session::model::description::SignaledDescription;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::Message;
use crate::track::signaling::dialogue::SignalingError;
use crate::track::signaling::dialogue::SignalingProtocol;
use crate::vocab::address::Side;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FrameNumber;

/// Signaling reported an error, by number.
pub(super) const ERROR: Rule = Rule {
    name: "signaling-error",
    severity: Severity::Error,
    layer: FindingLayer::Signaling,
    stage: Some(Stage::Signaling),
    reference: "RFC 9110 §15",
    check: errors,
};

/// An offer got no answer.
pub(super) const NO_ANSWER: Rule = Rule {
    name: "signaling-no-answer",
    severity: Severity::Error,
    layer: FindingLayer::Signaling,
    stage: Some(Stage::Signaling),
    reference: "RFC 3264 §6",
    check: no_answer,
};

/// Errors of one number on one handle.
struct Refusal<'a> {
    id: DialogueId,
    dialogue: &'a Dialogue,
    first: &'a Message,
    error: &'a SignalingError,
    count: u64,
    frames: Vec<FrameNumber>,
}

fn errors(context: &Context<'_>) -> Vec<Statement> {
    let mut refusals: Vec<Refusal<'_>> = Vec::new();
    for (id, dialogue) in (0..).map(DialogueId).zip(&context.scene.dialogues) {
        let own = refusals.len();
        for message in &dialogue.messages {
            let Some(error) = &message.error else {
                continue;
            };
            let known = refusals.iter_mut().skip(own).find(|known| {
                known.error.code == error.code && known.first.handle == message.handle
            });
            if let Some(known) = known {
                known.count += 1;
                known.frames.extend_from_slice(&message.frames);
            } else if refusals.len() - own < ERRORS_PER_DIALOGUE {
                refusals.push(Refusal {
                    id,
                    dialogue,
                    first: message,
                    error,
                    count: 1,
                    frames: message.frames.clone(),
                });
            }
        }
    }
    let mut calls: HashMap<DialogueId, Vec<&Call<'_>>> = HashMap::new();
    for call in &context.calls {
        if let Some(id) = call.pc.dialogue {
            calls.entry(id).or_default().push(call);
        }
    }
    let stated = refusals.iter().map(|refusal| {
        let own = calls.get(&refusal.id).map_or(&[][..], Vec::as_slice);
        state(context, refusal, call_of(own, refusal))
    });
    stated.collect()
}

fn state(context: &Context<'_>, refusal: &Refusal<'_>, call: Option<&Call<'_>>) -> Statement {
    let survived = call.is_some_and(|call| call.status(Stage::Signaling) == Status::Passed);
    let what = means(refusal.error);
    let server = server(refusal.dialogue);
    let request = refusal
        .first
        .answers
        .and_then(|at| refusal.dialogue.messages.get(at));
    let asked = request.map_or_else(
        || "a request of the client".to_owned(),
        |request| format!("the request “{}”", request.summary),
    );
    let outcome = match call {
        Some(call) if survived => format!(
            "The call of {} was set up all the same, so this did not stop it.",
            name(call.pc, Side::A)
        ),
        Some(_) => "No answer followed, so the call ended there.".to_owned(),
        None => "No offer followed on this handle, so no peer connection came of it.".to_owned(),
    };
    let symbol = symbol(refusal).map_or_else(String::new, |symbol| format!(", {symbol}"));
    let times = match refusal.count {
        1 => String::new(),
        count => format!(", {} in all", counted(count, "time")),
    };
    let mut evidence = Vec::new();
    if let Some(request) = request {
        evidence.push(seen(
            format!("{}: {}", at(context.scene, request.at), request.summary),
            request.frames.clone(),
        ));
    }
    evidence.push(seen(
        format!(
            "{}: {server} answers with error {}{times}",
            at(context.scene, refusal.first.at),
            refusal.error.code
        ),
        refusal.frames.clone(),
    ));
    Statement {
        call: call.map(|call| call.id),
        dialogue: Some(refusal.id),
        severity: survived.then_some(Severity::Note),
        title: format!("{server} refused: error {}, {what}", refusal.error.code),
        explanation: format!(
            "{server} answered {asked} with error {}{symbol} (“{}”): {what}. {outcome}",
            refusal.error.code, refusal.error.reason
        ),
        evidence,
        would_disprove:
            "A later answer to the same request, in this dialogue or another, that grants it."
                .to_owned(),
        advice: advice(refusal.dialogue.protocol, refusal.error.code).to_owned(),
        reference: match refusal.dialogue.protocol {
            SignalingProtocol::Janus => Some("Janus: apierror.h and the plugins' error codes"),
            _ => None,
        },
        ..Statement::default()
    }
}

/// Among the calls of the dialogue, the one whose handle the error came on; the first, when it names none.
fn call_of<'c, 'a>(calls: &[&'c Call<'a>], refusal: &Refusal<'_>) -> Option<&'c Call<'a>> {
    let handle = refusal
        .first
        .handle
        .and_then(|at| refusal.dialogue.handles.get(at));
    let mut calls = calls.iter().copied();
    calls.find(|call| handle.is_none_or(|handle| call.pc.handle.as_ref() == Some(&handle.id)))
}

/// Janus's own name of an error of its VideoRoom plugin (`janus_videoroom.c`): what people search for.
fn symbol(refusal: &Refusal<'_>) -> Option<&'static str> {
    let handle = refusal.dialogue.handles.get(refusal.first.handle?)?;
    if handle.plugin.as_deref() != Some("janus.plugin.videoroom") {
        return None;
    }
    Some(match refusal.error.code {
        421 => "JANUS_VIDEOROOM_ERROR_NO_MESSAGE",
        422 => "JANUS_VIDEOROOM_ERROR_INVALID_JSON",
        423 => "JANUS_VIDEOROOM_ERROR_INVALID_REQUEST",
        424 => "JANUS_VIDEOROOM_ERROR_JOIN_FIRST",
        425 => "JANUS_VIDEOROOM_ERROR_ALREADY_JOINED",
        426 => "JANUS_VIDEOROOM_ERROR_NO_SUCH_ROOM",
        427 => "JANUS_VIDEOROOM_ERROR_ROOM_EXISTS",
        428 => "JANUS_VIDEOROOM_ERROR_NO_SUCH_FEED",
        429 => "JANUS_VIDEOROOM_ERROR_MISSING_ELEMENT",
        430 => "JANUS_VIDEOROOM_ERROR_INVALID_ELEMENT",
        431 => "JANUS_VIDEOROOM_ERROR_INVALID_SDP_TYPE",
        432 => "JANUS_VIDEOROOM_ERROR_PUBLISHERS_FULL",
        433 => "JANUS_VIDEOROOM_ERROR_UNAUTHORIZED",
        434 => "JANUS_VIDEOROOM_ERROR_ALREADY_PUBLISHED",
        435 => "JANUS_VIDEOROOM_ERROR_NOT_PUBLISHED",
        436 => "JANUS_VIDEOROOM_ERROR_ID_EXISTS",
        437 => "JANUS_VIDEOROOM_ERROR_INVALID_SDP",
        _ => return None,
    })
}

fn means(error: &SignalingError) -> String {
    match (error.meaning, error.reason.is_empty()) {
        (Some(meaning), _) => meaning.to_owned(),
        (None, false) => error.reason.clone(),
        (None, true) => "no reason given".to_owned(),
    }
}

fn server(dialogue: &Dialogue) -> String {
    match dialogue.protocol {
        SignalingProtocol::Janus => format!("Janus ({})", dialogue.server),
        other => format!("The {} server {}", other.word(), dialogue.server),
    }
}

/// What to do about the numbers that support sees most.
fn advice(protocol: SignalingProtocol, code: i64) -> &'static str {
    match (protocol, code) {
        (SignalingProtocol::Janus, 426) => {
            "Compare the room number that the client asks for with the rooms of the server (request `list`); create the room \
             first, or join one that exists."
        }
        (SignalingProtocol::Janus, 403 | 433) => {
            "Check API secret, token and the room's pin: the server does not accept what the client sent."
        }
        (SignalingProtocol::Janus, 428) => {
            "The publisher is gone, or its feed id is wrong: subscribe to a feed from the latest `publishers` event."
        }
        (SignalingProtocol::Janus, 458 | 459) => {
            "The session or handle had ended: send a keepalive at least every 60 s, and do not use handles after `detach`."
        }
        (_, 401 | 403) => "Check the bearer token or credentials of the signaling request.",
        (_, 404) => "Check the URL of the endpoint: the server knows no such resource.",
        (_, 500..=599) => "The server failed: look for the same moment in its log.",
        _ => {
            "Look the number up in the server's list of errors, and correct the request that it answers."
        }
    }
}

fn no_answer(context: &Context<'_>) -> Vec<Statement> {
    let failed = context
        .calls
        .iter()
        .filter(|call| call.breaks_at(Stage::Signaling) && refused(call).is_none());
    failed
        .filter_map(|call| Some((call, unanswered(call)?)))
        .map(|(call, offer)| no_answer_to(context, call, offer))
        .collect()
}

fn no_answer_to(context: &Context<'_>, call: &Call<'_>, offer: &SignaledDescription) -> Statement {
    let scene = context.scene;
    let (from, to) = (offer.side, offer.side.opposite());
    let waited = span(call.end.since(offer.at));
    let mut evidence = vec![seen(
        format!("{}: offer of {}", at(scene, offer.at), name(call.pc, from)),
        offer.frames.clone(),
    )];
    let hangup = call.handle.and_then(|handle| handle.hangup.as_ref());
    if let Some((when, frame, reason)) = hangup {
        let text = format!("{}: hung up, “{reason}”", at(scene, *when));
        evidence.push(seen(text, [*frame]));
    }
    Statement {
        call: Some(call.id),
        dialogue: call.pc.dialogue,
        title: format!(
            "The offer of {} got no answer within {waited}",
            name(call.pc, from)
        ),
        explanation: format!(
            "{} made an offer at {}, and no answer of {} came until {}{}. No connectivity check ran either, so nothing shows that \
             an answer took another way.",
            name(call.pc, from),
            at(scene, offer.at),
            name(call.pc, to),
            at(scene, call.end),
            if hangup.is_some() { ", when it was hung up" } else { "" },
        ),
        evidence,
        would_disprove: "An answer on a signaling connection that this capture does not hold or can't read.".to_owned(),
        advice: "See whether the offer reached the other party (its signaling log), and whether it failed on it: codecs, \
            permissions, a user who did not pick up."
            .to_owned(),
        ..Statement::default()
    }
}

/// Different errors told per dialogue.
const ERRORS_PER_DIALOGUE: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::at as instant;
    use crate::diagnosis::sketch::frame;
    use crate::track::signaling::dialogue::DescriptionKind;
    use crate::track::signaling::dialogue::Sender;
    use crate::vocab::ids::FlowId;

    fn message(when: f64, summary: &str, error: Option<i64>, answers: Option<usize>) -> Message {
        Message {
            at: instant(when),
            from: if error.is_some() {
                Sender::Server
            } else {
                Sender::Client
            },
            kind: "message".to_owned(),
            transaction: None,
            handle: Some(0),
            exchange: None,
            flow: FlowId(0),
            frames: vec![frame(when)],
            carried: Vec::new(),
            error: error.map(|code| SignalingError {
                code,
                reason: "No such room (7)".to_owned(),
                meaning: Some("no such room"),
            }),
            answers,
            summary: summary.to_owned(),
        }
    }

    #[test]
    fn a_refused_join_fails_the_dialogue_that_has_no_call() {
        let mut sketch = Sketch::new(20.0).dialogue(false);
        sketch.scene.dialogues[0].messages = vec![
            message(0.1, "join room 7", None, None),
            message(0.2, "error", Some(426), Some(0)),
        ];
        let (findings, verdicts) = sketch.judge();
        assert_eq!(findings[0].rule, "signaling-error");
        for word in ["426", "no such room", "join room 7", "NO_SUCH_ROOM"] {
            assert!(
                findings[0].explanation.contains(word),
                "{}",
                findings[0].explanation
            );
        }
        let verdict = &verdicts[0];
        assert_eq!(
            (verdict.peer_connection, verdict.dialogue),
            (None, Some(DialogueId(0)))
        );
        assert_eq!(
            (verdict.outcome, verdict.stage, verdict.cause),
            (Outcome::Failed, Some(Stage::Signaling), Some(0))
        );
    }

    #[test]
    fn an_error_that_the_call_survived_is_a_note() {
        let mut sketch = Sketch::healthy(20.0).dialogue(true);
        sketch.scene.dialogues[0].messages = vec![message(19.0, "error", Some(459), None)];
        let (findings, verdicts) = sketch.judge();
        assert_eq!(findings[0].severity, Severity::Note);
        assert_eq!((verdicts.len(), verdicts[0].outcome), (1, Outcome::Ok));
    }

    #[test]
    fn an_offer_without_answer_fails_after_a_while() {
        let offered = |seconds: f64| {
            let mut sketch = Sketch::new(seconds);
            sketch.describe(DescriptionKind::Offer, Side::A, 0.1);
            sketch
        };
        assert_eq!(offered(5.0).rules(), [""; 0]);
        assert_eq!(offered(5.0).judge().1[0].outcome, Outcome::Unknown);
        assert_eq!(offered(15.0).rules(), ["signaling-no-answer"]);
        assert_eq!(offered(15.0).judge().1[0].stage, Some(Stage::Signaling));
        // Checks show that an answer came another way.
        let checked = offered(15.0).checks(Side::A, 1.0, 14.0, 1.0, true);
        assert_ne!(checked.judge().1[0].stage, Some(Stage::Signaling));
    }

    #[test]
    fn a_refused_offer_has_the_refusal_as_its_cause() {
        let mut sketch = Sketch::new(15.0).dialogue(true);
        sketch.describe(DescriptionKind::Offer, Side::A, 0.1);
        sketch.scene.dialogues[0].messages = vec![message(0.2, "error", Some(465), None)];
        assert_eq!(sketch.rules(), ["signaling-error"]);
        assert_eq!(sketch.judge().1[0].cause, Some(0));
    }
}
