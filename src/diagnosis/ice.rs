//! Rules of ICE, in words; what they tell is found in `facts::ice`.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::ice::ConsentLost;
use crate::diagnosis::facts::ice::LIBWEBRTC_FAILED;
use crate::diagnosis::facts::ice::Silence;
use crate::diagnosis::facts::ice::Unreached;
use crate::diagnosis::facts::ice::consent_lost;
use crate::diagnosis::facts::ice::is_silent;
use crate::diagnosis::facts::ice::near_side;
use crate::diagnosis::facts::ice::unnominated;
use crate::diagnosis::facts::ice::unreached;
use crate::diagnosis::facts::media::last_rtcp;
use crate::diagnosis::facts::nat::explains_silence;
use crate::diagnosis::facts::turn::refused_peer;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::stun::silent_server_lines;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::listed;
use crate::diagnosis::words::name;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::diagnosis::words::who;
use crate::session::model::ice::CandidatePair;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;

/// Nothing but silence to every check.
pub(super) const CHECKS_UNANSWERED: Rule = Rule {
    name: "ice-checks-unanswered",
    severity: Severity::Error,
    layer: FindingLayer::Ice,
    stage: Some(Stage::Checks),
    reference: "RFC 8445 §7.2.5.2.3",
    check: |context| unreached_calls(context, Silence::Nothing),
};

/// Only ICMP refusals.
pub(super) const CHECKS_REFUSED: Rule = Rule {
    name: "ice-checks-refused",
    severity: Severity::Error,
    layer: FindingLayer::Ice,
    stage: Some(Stage::Checks),
    reference: "RFC 8445 §7.2.5.2.2",
    check: |context| unreached_calls(context, Silence::Icmp),
};

/// Only STUN errors.
pub(super) const CHECKS_REJECTED: Rule = Rule {
    name: "ice-checks-rejected",
    severity: Severity::Error,
    layer: FindingLayer::Ice,
    stage: Some(Stage::Checks),
    reference: "RFC 8445 §7.2.5.2.4",
    check: |context| unreached_calls(context, Silence::Errors),
};

/// Pairs work and none is chosen.
pub(super) const NEVER_NOMINATED: Rule = Rule {
    name: "ice-never-nominated",
    severity: Severity::Error,
    layer: FindingLayer::Ice,
    stage: Some(Stage::Nomination),
    reference: "RFC 8445 §8.1.1",
    check: never_nominated,
};

/// The selected pair stopped answering.
pub(super) const CONSENT_LOST: Rule = Rule {
    name: "ice-consent-lost",
    severity: Severity::Error,
    layer: FindingLayer::Ice,
    stage: Some(Stage::Steady),
    reference: "RFC 7675 §5.1",
    check: consent,
};

/// What was tried in vain, pair by pair, and what came back.
pub(super) fn tried_lines(call: &Call<'_>) -> Vec<EvidenceLine> {
    let pairs = call.tried().take(PAIRS_SHOWN);
    pairs.flat_map(|pair| pair_lines(call, pair)).collect()
}

fn pair_lines(call: &Call<'_>, pair: &CandidatePair) -> Vec<EvidenceLine> {
    let mut lines = vec![checks_line(call, pair)];
    for error in &pair.errors {
        lines.push(seen(
            format!(
                "answered {} × with error {} {}",
                error.count, error.code, error.reason
            ),
            error.frames.iter().copied(),
        ));
    }
    if pair.icmp_errors > 0 {
        lines.push(seen(
            format!(
                "{} that quote them",
                counted(pair.icmp_errors, "ICMP error")
            ),
            pair.icmp_frames.iter().copied(),
        ));
    }
    lines
}

fn checks_line(call: &Call<'_>, pair: &CandidatePair) -> EvidenceLine {
    // From the side that asked; when both did, from the capture's own.
    let (asked, other) = if pair.requests_sent > 0 {
        (pair.requests_sent, pair.requests_received)
    } else {
        (pair.requests_received, 0)
    };
    let ways = match pair.wire {
        Some((a, b)) if pair.requests_sent > 0 => format!("from {a} to {b}"),
        Some((a, b)) => format!("from {b} to {a}"),
        None => "on an unknown path".to_owned(),
    };
    let times = match (pair.first_at, pair.last_at) {
        (Some(first), Some(last)) => {
            format!(", {} to {}", at(call.scene, first), at(call.scene, last))
        }
        _ => String::new(),
    };
    let back = if other > 0 {
        format!(", {other} the other way")
    } else {
        String::new()
    };
    let succeeded = pair.responses_received + pair.responses_sent;
    let got = match succeeded {
        0 => "no success".to_owned(),
        answered => format!("{answered} answered"),
    };
    let got = if succeeded == 0 && pair.errors.is_empty() && pair.icmp_errors == 0 {
        "no answer".to_owned()
    } else {
        got
    };
    let frames: Vec<FrameNumber> = if pair.checks.is_empty() {
        pair.frames.clone()
    } else {
        pair.checks.iter().map(|check| check.frame).collect()
    };
    seen(
        format!("{} {ways}{back}{times}: {got}", counted(asked, "check")),
        frames,
    )
}

fn unreached_calls(context: &Context<'_>, silence: Silence) -> Vec<Statement> {
    let failed = context
        .calls
        .iter()
        .filter(|call| call.breaks_at(Stage::Checks));
    failed
        // A relay that was refused its peer is the reason, and TURN's rule to tell; so is a pair of NATs.
        .filter(|call| refused_peer(call).is_none() && explains_silence(call).is_none())
        .filter_map(|call| Some((call, unreached(call)?)))
        .filter(|(_, unreached)| unreached.silence == silence)
        .map(|(call, unreached)| unreached_call(call, &unreached))
        .collect()
}

fn unreached_call(call: &Call<'_>, unreached: &Unreached) -> Statement {
    let near = near_side(call);
    let (from, to) = (who(call, near), who(call, near.opposite()));
    let checks = counted(unreached.checks, "connectivity check");
    let period = span(unreached.last.since(unreached.first));
    let mut evidence = tried_lines(call);
    evidence.extend(silent_server_lines(call));
    evidence.extend(hangup_line(call));
    let server = udp_answer(call);
    let far = name(call.pc, near.opposite());
    let (title, explanation, would_disprove, advice) = match unreached.silence {
        Silence::Nothing => (
            format!("Nothing but silence: none of {checks} was answered"),
            format!(
                "{from} and {to} know each other's candidates, but {checks} within {period} got no answer at all: no success, no error, \
                 no ICMP. {server}",
            ),
            format!(
                "A capture at {far} that shows these checks arrive: then only the answers are lost, on the way back."
            ),
            "Let UDP to the candidate addresses through the firewalls on both sides, or give the client a TURN server that it reaches over \
             TCP or TLS on port 443.",
        ),
        Silence::Icmp => (
            format!("Every check was refused: {checks}, only ICMP errors back"),
            format!(
                "{checks} between {from} and {to} within {period} were answered by ICMP errors only: the packets arrived somewhere, but \
                 nothing listens at those addresses, or a router may not forward to them. {server}",
            ),
            "A STUN answer from one of these addresses.".to_owned(),
            "Check that the far end is up, and that the candidates it signals are the addresses it listens on (a gateway behind NAT needs its \
             public address configured).",
        ),
        Silence::Errors => {
            let codes = listed(&error_words(call));
            (
                format!("Every check was rejected: {codes}"),
                format!(
                    "{checks} between {from} and {to} within {period} reached the far end, which answered them with STUN errors only \
                     ({codes}). With 401 or 400 the two ends hold different ICE user fragments or passwords.",
                ),
                "A success answer to a check of this connection.".to_owned(),
                "Compare ice-ufrag and ice-pwd of the descriptions that each end holds: a stale description, or one of another session, is \
                 in use.",
            )
        }
    };
    Statement {
        call: Some(call.id),
        title,
        explanation,
        evidence,
        would_disprove,
        advice: advice.to_owned(),
        ..Statement::default()
    }
}

fn error_words(call: &Call<'_>) -> Vec<String> {
    let mut codes: Vec<(u16, String, u64)> = Vec::new();
    for error in call.tried().flat_map(|pair| &pair.errors) {
        match codes.iter_mut().find(|known| known.0 == error.code) {
            Some(known) => known.2 += error.count,
            None => codes.push((error.code, error.reason.clone(), error.count)),
        }
    }
    codes.sort_by_key(|code| std::cmp::Reverse(code.2));
    let words = codes.iter().take(PAIRS_SHOWN);
    words
        .map(|(code, reason, count)| format!("{count} × {code} {reason}"))
        .collect()
}

/// Does other UDP of this call get answers? That tells a closed path from closed UDP.
fn udp_answer(call: &Call<'_>) -> String {
    let mut silent = call.queries.iter().filter(|query| is_silent(query));
    if let Some(query) = call.queries.iter().find(|query| query.responses > 0) {
        format!(
            "The STUN server {} did answer {}, so UDP as such works here: what lies between the two ends is closed.",
            query.server, query.client
        )
    } else if let Some(query) = silent.next() {
        format!(
            "The STUN server {} did not answer {} either: it looks as if UDP got nowhere, or nothing of it came back.",
            query.server,
            counted(query.requests + query.retransmissions, "request")
        )
    } else {
        "Nothing in the capture shows whether other UDP gets through.".to_owned()
    }
}

/// What the signaling server said when it gave up.
pub(super) fn hangup_line(call: &Call<'_>) -> Option<EvidenceLine> {
    let (when, frame, reason) = call.handle?.hangup.as_ref()?;
    let text = format!(
        "{}: the signaling server hangs up, “{reason}”",
        at(call.scene, *when)
    );
    Some(seen(text, [*frame]))
}

fn never_nominated(context: &Context<'_>) -> Vec<Statement> {
    let failed = context
        .calls
        .iter()
        .filter(|call| call.breaks_at(Stage::Nomination));
    failed
        .filter_map(|call| Some((call, unnominated(call)?)))
        .map(|(call, pair)| {
            let path = pair
                .wire
                .map_or_else(|| "one pair".to_owned(), |(a, b)| format!("{a} ↔ {b}"));
            Statement {
                call: Some(call.id),
                title: "Checks succeed, but no pair is nominated".to_owned(),
                explanation: format!(
                    "Checks on {path} were answered, and the controlling side never sent one with USE-CANDIDATE that was. Neither DTLS nor \
                     media followed in {}.",
                    span(call.end.since(pair.first_at.unwrap_or(call.end)))
                ),
                evidence: pair_lines(call, pair),
                would_disprove: "An answered check with USE-CANDIDATE on any pair.".to_owned(),
                advice: "Look for a role conflict (487), or an agent that waits for a better pair than it will ever get.".to_owned(),
                ..Statement::default()
            }
        })
        .collect()
}

fn consent(context: &Context<'_>) -> Vec<Statement> {
    let failed = context
        .calls
        .iter()
        .filter(|call| call.breaks_at(Stage::Steady));
    failed
        .filter_map(|call| Some((call, consent_lost(call)?)))
        .map(|(call, lost)| consent_statement(call, &lost))
        .collect()
}

fn consent_statement(call: &Call<'_>, lost: &ConsentLost) -> Statement {
    let scene = call.scene;
    let (from, to) = (who(call, lost.side), who(call, lost.side.opposite()));
    let expires = lost.last_answer.after(CONSENT_EXPIRES);
    let silence = call.end.since(lost.last_answer);
    let mut evidence = vec![seen(
        format!(
            "last answered check at {}; {} after it, until {}, got none",
            at(scene, lost.last_answer),
            counted(lost.unanswered, "check"),
            at(scene, lost.last_check)
        ),
        lost.frames.iter().copied(),
    )];
    for side in [Side::A, Side::B] {
        let last = call.media_of(side).map(|stream| stream.stats.last);
        if let Some(rtcp) = last_rtcp(call, side) {
            evidence.push(seen(
                format!(
                    "last RTCP from {} at {}",
                    name(call.pc, side),
                    at(scene, rtcp.at)
                ),
                [rtcp.frame],
            ));
        }
        if let Some(last) = last.max_by_key(|seen| seen.at) {
            evidence.push(seen(
                format!(
                    "last media from {} at {}",
                    name(call.pc, side),
                    at(scene, last.at)
                ),
                [last.frame],
            ));
        }
    }
    let refused = refused_line(call, lost);
    let refused_words = refused.as_ref().map_or_else(String::new, |(what, _)| {
        format!(
            " ICMP errors came back: nothing listens at {what} any more, or it can't be reached."
        )
    });
    evidence.extend(refused.map(|(_, line)| line));
    let expiry = if silence >= CONSENT_EXPIRES {
        format!("RFC 7675's 30 s ran out at {}", at(scene, expires))
    } else {
        format!(
            "RFC 7675's 30 s would run out at {}, after the end",
            at(scene, expires)
        )
    };
    Statement {
        call: Some(call.id),
        title: format!(
            "Consent lost: no answer on the selected pair after {}",
            at(scene, lost.last_answer)
        ),
        explanation: format!(
            "Until {} {to} answered the checks of {from}; the {} after that got nothing, so the path between them broke while the call was \
             up. By libwebrtc's timers {} reads “disconnected” 5 s after the first of them ({}) and “failed” after 15 s ({}); {expiry}.{refused_words}",
            at(scene, lost.last_answer),
            counted(lost.unanswered, "check"),
            name(call.pc, lost.side),
            at(scene, lost.first_check.after(LIBWEBRTC_DISCONNECTED)),
            at(scene, lost.first_check.after(LIBWEBRTC_FAILED)),
        ),
        evidence,
        would_disprove: format!(
            "A success answer to a later check, or a capture at {} where these checks never left.",
            name(call.pc, lost.side)
        ),
        advice: if refused_words.is_empty() {
            "Look for what changed on the path at that moment: a network switch, a VPN, a firewall or NAT whose mapping expired. The \
             application can recover with an ICE restart."
        } else {
            "Look whether the server's process ended or was started anew at that moment (its log, the system's log). An ICE restart helps only \
             where it runs again."
        }
        .to_owned(),
        ..Statement::default()
    }
}

/// What ICMP refused after the last answer: the far end itself, or the TURN server before it.
fn refused_line(call: &Call<'_>, lost: &ConsentLost) -> Option<(String, EvidenceLine)> {
    let pair = call.pc.selected_pair()?;
    let answered = lost.frames.first()?;
    let after: Vec<FrameNumber> = pair
        .icmp_frames
        .iter()
        .copied()
        .filter(|frame| frame > answered)
        .collect();
    // One or two are the rule when a call ends.
    if after.len() >= ICMP_TO_JUDGE {
        let far = name(call.pc, lost.side.opposite());
        let count = counted(pair.icmp_errors, "ICMP error");
        return Some((
            far,
            seen(format!("{count} quote the checks and the media"), after),
        ));
    }
    let servers = call.turn.iter().filter_map(|turn| {
        let flow = call.scene.flows.get(turn.flow.index())?;
        (flow.icmp_errors >= ICMP_TO_JUDGE as u64).then_some((turn.server, flow.icmp_errors))
    });
    let (server, errors) = servers.max_by_key(|(_, errors)| *errors)?;
    let count = counted(errors, "ICMP error");
    let line = seen(
        format!("{count} quote packets to the TURN server {server}"),
        [],
    );
    Some((format!("the TURN server {server}"), line))
}

/// ICMP errors from which on they mean more than an end.
const ICMP_TO_JUDGE: usize = 3;

/// Consent expires (RFC 7675 §5.1).
const CONSENT_EXPIRES: Duration = Duration::from_secs(30);

/// libwebrtc's iceConnectionState turns to disconnected this long after the first check without an answer.
pub(super) const LIBWEBRTC_DISCONNECTED: Duration = Duration::from_secs(5);

/// Pairs, servers and codes listed per finding.
const PAIRS_SHOWN: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Confidence;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::frame;

    #[test]
    fn a_healthy_call_has_no_finding() {
        let (findings, verdicts) = Sketch::healthy(20.0).judge();
        assert_eq!(findings, []);
        assert_eq!(verdicts[0].outcome, Outcome::Ok);
        assert_eq!(verdicts[0].confidence, Confidence::High);
        assert_eq!(verdicts[0].cannot_tell, [""; 0]);
    }

    #[test]
    fn silence_to_every_check_fails_once_there_was_time() {
        let tried = |until: f64| {
            Sketch::new(until)
                .agreed()
                .checks(Side::A, 0.3, until, 0.1, false)
        };
        assert_eq!(tried(3.0).rules(), [""; 0]);
        assert_eq!(tried(3.0).judge().1[0].outcome, Outcome::Unknown);
        // Long enough to say so, too short for an agent to give up.
        let (findings, verdicts) = tried(10.0).judge();
        assert_eq!(findings[0].rule, "ice-checks-unanswered");
        assert_eq!(verdicts[0].confidence, Confidence::Medium);
        assert!(verdicts[0].cannot_tell[0].contains("later check"));
        assert_eq!(tried(20.0).judge().1[0].confidence, Confidence::High);
        // A relay's answers may be in what was cut.
        let mut cut = tried(20.0);
        cut.capture.quality.truncated_packets = cut.capture.packets / 2 + 1;
        let (findings, verdicts) = cut.judge();
        assert!(findings.iter().all(|it| it.rule == "capture-truncated"));
        assert_eq!(verdicts[0].outcome, Outcome::Unknown);
    }

    #[test]
    fn the_silence_of_a_stun_server_is_told_with_that_of_the_checks() {
        let sketch = Sketch::new(20.0)
            .agreed()
            .checks(Side::A, 0.3, 16.0, 0.1, false)
            .unanswered_query(7);
        let (findings, _) = sketch.judge();
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0]
                .explanation
                .contains("did not answer 7 requests either")
        );
    }

    #[test]
    fn icmp_alone_and_stun_errors_alone_have_rules_of_their_own() {
        let tried = || {
            Sketch::new(20.0)
                .agreed()
                .checks(Side::A, 0.3, 16.0, 0.1, false)
        };
        let mut refused = tried();
        refused.pair().icmp_errors = 12;
        assert_eq!(refused.rules(), ["ice-checks-refused"]);
        let rejected = tried().rejected(401, "Unauthorized");
        assert_eq!(rejected.rules(), ["ice-checks-rejected"]);
        assert!(rejected.judge().0[0].title.contains("401 Unauthorized"));
    }

    #[test]
    fn pairs_that_work_and_are_never_chosen_fail_at_nomination() {
        let sketch = Sketch::new(20.0)
            .agreed()
            .checks(Side::A, 0.3, 19.0, 1.0, true);
        assert_eq!(sketch.rules(), ["ice-never-nominated"]);
        assert_eq!(sketch.judge().1[0].stage, Some(Stage::Nomination));
    }

    /// Answers stop at 10 s; side a goes on.
    fn without_answers() -> Sketch {
        Sketch::new(40.0)
            .agreed()
            .checks(Side::A, 0.3, 10.0, 1.0, true)
            .checks(Side::A, 10.3, 39.0, 1.0, false)
            .nominated(0.4)
            .handshake(0.5, 0.6)
            .media(Side::A, 0.8, 24.0, 900)
            .media(Side::B, 0.8, 9.9, 500)
    }

    #[test]
    fn consent_is_lost_when_answers_stop_while_the_call_is_up() {
        let lost = without_answers();
        let (findings, verdicts) = lost.judge();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(findings[0].rule, "ice-consent-lost");
        for time in ["9.310 s", "15.300 s", "25.300 s", "39.310 s"] {
            assert!(
                findings[0].explanation.contains(time),
                "{}",
                findings[0].explanation
            );
        }
        assert_eq!(verdicts[0].outcome, Outcome::Failed);
        assert_eq!(verdicts[0].stage, Some(Stage::Steady));
        // After a goodbye nobody answers, and nobody has to.
        assert_eq!(lost.closed(10.5).judge().0, []);
    }

    #[test]
    fn icmp_errors_after_the_last_answer_tell_that_nobody_listens_any_more() {
        let lost = |errors: &[f64]| {
            let mut sketch = without_answers();
            let pair = &mut sketch.pc().ice.pairs[0];
            pair.icmp_errors = errors.len() as u64;
            pair.icmp_frames = errors.iter().map(|when| frame(*when)).collect();
            let (findings, _) = sketch.judge();
            findings[0].explanation.contains("nothing listens at")
        };
        assert!(lost(&[10.4, 11.4, 12.4]));
        assert!(!lost(&[10.4, 11.4]), "one end may close first");
        assert!(!lost(&[1.0, 2.0, 3.0]), "before the last answer");
    }

    #[test]
    fn one_lost_check_is_no_lost_consent() {
        let sketch = Sketch::healthy(20.0).checks(Side::A, 19.5, 20.5, 0.5, false);
        assert_eq!(sketch.rules(), [""; 0]);
    }
}
