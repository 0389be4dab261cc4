//! What became of each call: outcome, the rung that broke, the finding that explains it, how sure, and what can't be told.
//!
//! A call whose rungs all held is ok, also when some of them lie outside the capture: media that runs to the end has passed them. A
//! call that neither broke nor got there is unknown, never failed: not seen is not "did not happen".

use crate::diagnosis::call::Call;
use crate::diagnosis::facts;
use crate::diagnosis::finding::Confidence;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Outcome;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::finding::Verdict;
use crate::diagnosis::ladder::Status;
use crate::diagnosis::media;
use crate::diagnosis::rule::Context;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::span;
use crate::flow::table::FlowProtocol;
use crate::flow::table::FlowRecord;
use crate::session::model::scene::Scene;
use crate::track::signaling::dialogue::SignalingProtocol;
use crate::vocab::address::Transport;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::PeerConnectionId;

/// One verdict per peer connection, then one per dialogue that failed without any, or never got one.
pub(super) fn judge(context: &Context<'_>, findings: &[Finding]) -> Vec<Verdict> {
    let causes = Causes::index(context, findings);
    let tls = tls_flows(context.scene);
    let mut verdicts: Vec<Verdict> = context
        .calls
        .iter()
        .map(|call| judge_call(call, causes.of(call, findings), findings, &tls))
        .collect();
    let mut has_call = vec![false; context.scene.dialogues.len()];
    for dialogue in context.calls.iter().filter_map(|call| call.pc.dialogue) {
        if let Some(known) = has_call.get_mut(dialogue.index()) {
            *known = true;
        }
    }
    for (id, has_call) in (0..).map(DialogueId).zip(has_call) {
        let refused = findings.iter().position(|finding| {
            finding.dialogue == Some(id)
                && finding.peer_connection.is_none()
                && finding.severity == Severity::Error
        });
        if refused.is_some() || !has_call {
            verdicts.push(judge_dialogue(context, id, refused));
        }
    }
    verdicts
}

/// Connections of TLS over TCP, the first of them: a TURN server behind TLS shows as nothing else.
fn tls_flows(scene: &Scene) -> Vec<&FlowRecord> {
    let tls = scene.flows.iter().filter(|flow| {
        flow.tuple.transport == Transport::Tcp && flow.protocols.contains(&FlowProtocol::Tls)
    });
    tls.take(TLS_LOOKED_AT).collect()
}

/// Findings that may be causes, by peer connection.
struct Causes(Vec<Vec<usize>>);

impl Causes {
    fn index(context: &Context<'_>, findings: &[Finding]) -> Self {
        let mut by_call = vec![Vec::new(); context.calls.len()];
        for (at, finding) in findings.iter().enumerate() {
            let call = finding.peer_connection.map(PeerConnectionId::index);
            if let Some(own) = call.and_then(|call| by_call.get_mut(call)) {
                own.push(at);
            }
        }
        Self(by_call)
    }

    /// The worst finding about the rung that broke; of equals the first.
    fn of(&self, call: &Call<'_>, findings: &[Finding]) -> Option<usize> {
        let broken = call.broken()?;
        let own = self.0.get(call.id.index())?;
        own.iter()
            .copied()
            .filter_map(|at| Some((at, findings.get(at)?)))
            .filter(|(_, finding)| {
                finding.stage == Some(broken) && finding.severity > Severity::Note
            })
            .max_by_key(|(at, finding)| (finding.severity, std::cmp::Reverse(*at)))
            .map(|(at, _)| at)
    }
}

fn judge_call(
    call: &Call<'_>,
    cause: Option<usize>,
    findings: &[Finding],
    tls: &[&FlowRecord],
) -> Verdict {
    let stage = call.broken();
    let severity = cause
        .and_then(|at| findings.get(at))
        .map(|finding| finding.severity);
    let outcome = match (stage, severity) {
        (Some(_), Some(Severity::Warning)) => Outcome::Degraded,
        (Some(_), _) => Outcome::Failed,
        (None, _) if call.status(Stage::Steady) == Status::Passed => Outcome::Ok,
        (None, _) => Outcome::Unknown,
    };
    // With half of the packets missing, even a call that looks well is seen by half.
    let outcome = if call.doubts.one_direction && outcome == Outcome::Ok {
        Outcome::Unknown
    } else {
        outcome
    };
    Verdict {
        peer_connection: Some(call.id),
        dialogue: call.pc.dialogue,
        outcome,
        stage,
        not_shown: not_shown(call),
        cause,
        confidence: confidence(call, outcome),
        cannot_tell: cannot_tell(call, outcome, tls),
    }
}

/// Rungs below the one that broke that nothing in the capture shows it to have passed.
fn not_shown(call: &Call<'_>) -> Vec<Stage> {
    let Some(broken) = call.broken() else {
        return Vec::new();
    };
    let below = call.ladder.iter().take_while(|rung| rung.stage < broken);
    below
        .filter(|rung| rung.status != Status::Passed)
        .map(|rung| rung.stage)
        .collect()
}

fn confidence(call: &Call<'_>, outcome: Outcome) -> Confidence {
    let doubts = &call.doubts;
    if outcome == Outcome::Unknown || doubts.one_direction {
        return Confidence::Low;
    }
    let shaken = doubts.mid_call
        || doubts.truncated > 0
        || doubts.dropped > 0
        || doubts.cut_short
        || doubts.burst_interval.is_some();
    let early = outcome == Outcome::Failed && gave_up_early(call).is_some();
    let open = media::suffers(call) && media::open_question(call).is_some();
    if shaken || early || open {
        Confidence::Medium
    } else {
        Confidence::High
    }
}

fn cannot_tell(call: &Call<'_>, outcome: Outcome, tls: &[&FlowRecord]) -> Vec<String> {
    let mut told = call.doubts.sentences(call);
    let readable = call.status(Stage::Signaling) != Status::NotSeen;
    if !readable && !call.doubts.mid_call {
        told.push(
            "What was offered and agreed, and who hung up: signaling could not be read (encrypted, on another path, or not captured)."
                .to_owned(),
        );
    }
    if outcome == Outcome::Failed {
        told.extend(gave_up_early(call));
    }
    if media::suffers(call) {
        told.extend(media::open_question(call));
    }
    if outcome == Outcome::Unknown && !call.doubts.one_direction {
        told.push(missing(call, tls));
    }
    told
}

/// Were the checks still going on when the capture ended? Then one may have been answered later.
fn gave_up_early(call: &Call<'_>) -> Option<String> {
    let tried = facts::ice::unreached(call).filter(|_| call.broken() <= Some(Stage::Checks))?;
    let waited = call.scene.end.since(tried.first);
    (!call.closed && waited < facts::ice::LIBWEBRTC_FAILED).then(|| {
        format!(
            "Whether a later check succeeded: the capture ends {} after the first one, before an agent gives up.",
            span(waited)
        )
    })
}

/// What an unknown call lacks, by the highest rung that it passed.
fn missing(call: &Call<'_>, tls: &[&FlowRecord]) -> String {
    let end = if call.closed {
        format!("it was closed at {}", at(call.scene, call.end))
    } else {
        format!("the capture ends at {}", at(call.scene, call.end))
    };
    let tried = call.tried().next().is_some();
    let agreed = call.status(Stage::Signaling) == Status::Passed;
    if !tried && agreed {
        return unseen_path(call, tls);
    }
    if !tried {
        return format!(
            "Whether the call was ever set up: the capture holds no answer and no check, and {end}."
        );
    }
    if let Some(data) = facts::media::data_traffic(call) {
        return format!(
            "What the {} in DTLS carried (data channels or another application's own), and so whether it went as wanted: no RTP stream was seen before {end}.",
            counted(data.records, "record")
        );
    }
    if call.status(Stage::Checks) == Status::Passed {
        return format!(
            "How the call went on after its checks succeeded: no media of it was seen before {end}."
        );
    }
    let checks = call
        .tried()
        .map(|pair| pair.requests_sent + pair.requests_received);
    format!(
        "Whether its checks would have succeeded: {} without success are too few, or too short, to call it failed, and {end}.",
        counted(checks.sum(), "check")
    )
}

/// Offer and answer are there, checks are not: where could they be?
fn unseen_path(call: &Call<'_>, tls: &[&FlowRecord]) -> String {
    let up = call.handle.and_then(|handle| handle.webrtc_up);
    let up = up.map_or_else(String::new, |(when, _)| {
        format!(
            " The server did say at {} that it is up.",
            at(call.scene, when)
        )
    });
    let mut tls = tls
        .iter()
        .filter(|flow| flow.last_at >= call.pc.first_at && flow.first_at <= call.end);
    match tls.next() {
        Some(flow) => format!(
            "How checks, keys and media went: none was seen. They may run inside TLS (as with {}), where a TURN server relays them.{up}",
            flow.tuple.b
        ),
        None => format!(
            "How checks, keys and media went: none was seen. They may take a path that this capture does not see, or never have begun.{up}"
        ),
    }
}

fn judge_dialogue(context: &Context<'_>, id: DialogueId, refused: Option<usize>) -> Verdict {
    let janus = context
        .scene
        .dialogues
        .get(id.index())
        .is_some_and(|dialogue| dialogue.protocol == SignalingProtocol::Janus);
    let failed = refused.is_some();
    let mut cannot_tell = Vec::new();
    if !failed {
        let what = if janus { "session" } else { "dialogue" };
        cannot_tell.push(format!(
            "What the {what} was for: it carried no session description in this capture, and no error either."
        ));
    }
    let one_direction = context.capture.quality.one_direction;
    Verdict {
        peer_connection: None,
        dialogue: Some(id),
        outcome: if failed {
            Outcome::Failed
        } else {
            Outcome::Unknown
        },
        stage: failed.then_some(Stage::Signaling),
        not_shown: Vec::new(),
        cause: refused,
        confidence: match (failed, one_direction) {
            (true, false) => Confidence::High,
            (true, true) => Confidence::Medium,
            (false, _) => Confidence::Low,
        },
        cannot_tell,
    }
}

/// TLS connections looked at for calls that run out of sight.
const TLS_LOOKED_AT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::RungMark;
    use crate::diagnosis::sketch::Sketch;
    use crate::vocab::address::Side;

    #[test]
    fn a_call_that_runs_out_of_sight_is_unknown() {
        let (findings, verdicts) = Sketch::new(60.0).agreed().judge();
        assert_eq!(findings, []);
        assert_eq!(
            (verdicts[0].outcome, verdicts[0].confidence),
            (Outcome::Unknown, Confidence::Low)
        );
        assert!(verdicts[0].cannot_tell[0].contains("a path that this capture does not see"));
        let mut relayed = Sketch::new(60.0).agreed();
        relayed.scene.flows[0].tuple.transport = Transport::Tcp;
        relayed.scene.flows[0].protocols = vec![FlowProtocol::Tls];
        assert!(relayed.judge().1[0].cannot_tell[0].contains("inside TLS"));
    }

    #[test]
    fn a_call_whose_signaling_is_encrypted_can_be_ok() {
        let sketch = Sketch::new(20.0)
            .checks(Side::A, 0.3, 20.0, 1.0, true)
            .nominated(0.4)
            .handshake(0.5, 0.6)
            .media(Side::B, 0.8, 20.0, 500)
            .closed(20.0);
        let verdict = sketch.judge().1.remove(0);
        assert_eq!(verdict.outcome, Outcome::Ok);
        assert!(verdict.cannot_tell[0].contains("signaling could not be read"));
    }

    #[test]
    fn rungs_below_the_broken_one_that_nothing_shows_are_named() {
        let verdict = Sketch::new(30.0)
            .checks(Side::A, 0.3, 25.0, 1.0, false)
            .judge()
            .1
            .remove(0);
        assert_eq!(verdict.stage, Some(Stage::Checks));
        assert_eq!(verdict.mark(Stage::Signaling), Some(RungMark::NotShown));
        assert_eq!(verdict.mark(Stage::Checks), Some(RungMark::Broken));
        assert_eq!(verdict.mark(Stage::Media), Some(RungMark::Beyond));
    }

    #[test]
    fn data_that_nobody_could_read_is_no_proof_of_a_good_call() {
        let mut sketch = Sketch::new(20.0)
            .checks(Side::A, 0.3, 20.0, 1.0, true)
            .nominated(0.4)
            .handshake(0.5, 0.6)
            .closed(20.0);
        sketch.scene.dtls[0].association.application_data[0].records = 40;
        let verdict = sketch.judge().1.remove(0);
        assert_eq!(verdict.outcome, Outcome::Unknown);
        let told = verdict.cannot_tell.join(" ");
        assert!(told.contains("the 40 records in DTLS"), "{told}");
    }

    #[test]
    fn a_dialogue_without_call_or_error_is_unknown() {
        let verdicts = Sketch::new(20.0).dialogue(false).judge().1;
        assert_eq!(verdicts.len(), 1);
        assert_eq!(
            (verdicts[0].outcome, verdicts[0].dialogue),
            (Outcome::Unknown, Some(DialogueId(0)))
        );
    }
}
