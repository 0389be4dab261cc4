//! Rules of DTLS, in words; what they tell is found in `facts::dtls`.

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::dtls::Trouble;
use crate::diagnosis::facts::dtls::mismatch;
use crate::diagnosis::facts::dtls::trouble;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::ice::hangup_line;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::name;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::diagnosis::words::who;
use crate::sdp::media::MediaSection;
use crate::session::model::media::DtlsTransport;
use crate::track::dtls::facts::AlertSeen;
use crate::track::dtls::facts::CertificateSeen;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::wire::tls::alert::AlertDescription;
use crate::wire::tls::certificate::HashFunction;

/// The certificate on the wire is not the one whose hash was signaled.
pub(super) const FINGERPRINT_MISMATCH: Rule = Rule {
    name: "dtls-fingerprint-mismatch",
    severity: Severity::Error,
    layer: FindingLayer::Dtls,
    stage: Some(Stage::Dtls),
    reference: "RFC 8122 §6.2, RFC 8827 §6.5",
    check: mismatches,
};

/// An alert ended the handshake.
pub(super) const ALERT: Rule = Rule {
    name: "dtls-alert",
    severity: Severity::Error,
    layer: FindingLayer::Dtls,
    stage: Some(Stage::Dtls),
    reference: "RFC 5246 §7.2.2, RFC 8446 §6.2",
    check: alerts,
};

/// The handshake began and did not complete.
pub(super) const UNANSWERED: Rule = Rule {
    name: "dtls-handshake-unanswered",
    severity: Severity::Error,
    layer: FindingLayer::Dtls,
    stage: Some(Stage::Dtls),
    reference: "RFC 6347 §4.2.4, RFC 9147 §5.8",
    check: stalls,
};

/// ICE is up and nobody says hello.
pub(super) const NEVER_STARTED: Rule = Rule {
    name: "dtls-never-started",
    severity: Severity::Error,
    layer: FindingLayer::Dtls,
    stage: Some(Stage::Dtls),
    reference: "RFC 5763 §5, RFC 8842 §5",
    check: never_started_calls,
};

/// Calls broken by the kind of trouble that `pick` takes, put into words by it.
fn troubled<'c>(
    context: &'c Context<'_>,
    pick: impl Fn(&Call<'_>, Trouble<'_>) -> Option<Statement> + 'c,
) -> impl Iterator<Item = Statement> + 'c {
    let failed = context
        .calls
        .iter()
        .filter(|call| call.breaks_at(Stage::Dtls));
    failed.filter_map(move |call| {
        let statement = pick(call, trouble(call)?)?;
        Some(Statement {
            call: Some(call.id),
            ..statement
        })
    })
}

fn mismatches(context: &Context<'_>) -> Vec<Statement> {
    let found = context.calls.iter().filter(|call| {
        // Below this rung something else broke first; above it is no mismatch any more.
        call.broken().is_none_or(|stage| stage >= Stage::Dtls)
    });
    found
        .filter_map(|call| {
            let (transport, certificate) = mismatch(call)?;
            Some(mismatch_statement(call, transport, certificate))
        })
        .collect()
}

fn mismatch_statement(
    call: &Call<'_>,
    transport: &DtlsTransport,
    certificate: &CertificateSeen,
) -> Statement {
    let scene = call.scene;
    let side = transport.side_of(certificate.direction).unwrap_or(Side::A);
    let (owner, peer) = (name(call.pc, side), name(call.pc, side.opposite()));
    let breaks = call.breaks_at(Stage::Dtls);
    let (declared, function) = declared(call, side);
    let on_wire = certificate.fingerprints.text(function);
    let mut evidence = Vec::new();
    if let Some((text, frames)) = declared {
        evidence.push(seen(format!("signaled for {owner}: {text}"), frames));
    }
    evidence.push(seen(
        format!("certificate of {owner} on the wire: {on_wire}"),
        certificate.frames.iter().copied(),
    ));
    if breaks {
        evidence.extend(aftermath(call, transport));
    }
    let outcome = if breaks {
        format!(
            "{peer} must then end the connection{}: {}",
            if transport.association.handshake_finished_at.is_some() {
                ", even though the handshake itself completes"
            } else {
                ""
            },
            consequences(call, transport)
        )
    } else {
        "The call went on all the same, so the other end does not check it, or holds another description than this capture shows.".to_owned()
    };
    Statement {
        call: Some(call.id),
        severity: (!breaks).then_some(Severity::Warning),
        title: format!("The DTLS certificate of {owner} is not the one that was signaled"),
        explanation: format!(
            "The a=fingerprint that {peer} was given for {} at {} does not fit the certificate that {owner} then showed. {outcome}",
            who(call, side),
            at(scene, certificate.at),
        ),
        evidence,
        would_disprove: format!("A description of {owner}, in force at that time, that holds {on_wire}."),
        advice: "Find what changes the session description on its way: a signaling server or gateway that rewrites SDP, a description of an \
            earlier connection, or somebody in the middle."
            .to_owned(),
        ..Statement::default()
    }
}

/// The fingerprint that was signaled for `side` last, and its hash function.
fn declared(call: &Call<'_>, side: Side) -> (Option<(String, Vec<FrameNumber>)>, HashFunction) {
    let mut own = call.pc.descriptions.iter().rev().filter(|d| d.side == side);
    let found = own.find_map(|description| {
        let mut prints = description
            .parsed
            .media
            .iter()
            .flat_map(MediaSection::fingerprints);
        prints
            .next()
            .map(|print| (print, description.frames.clone()))
    });
    let function = found
        .as_ref()
        .and_then(|(print, _)| HashFunction::from_word(&print.algorithm));
    (
        found.map(|(print, frames)| (print.to_string(), frames)),
        function.unwrap_or(HashFunction::Sha256),
    )
}

/// What followed: ICMP errors, unanswered checks, media that went nowhere, the server's own words.
fn aftermath(call: &Call<'_>, transport: &DtlsTransport) -> Vec<EvidenceLine> {
    let since = transport.association.last_at;
    let mut lines = Vec::new();
    for pair in call.tried() {
        let refused = pair.icmp_errors;
        if refused > 0 {
            lines.push(seen(
                format!(
                    "{} from the peer's address: its port is closed",
                    counted(refused, "ICMP error")
                ),
                pair.icmp_frames.iter().copied(),
            ));
        }
        let ignored: Vec<FrameNumber> = pair
            .checks
            .iter()
            .filter(|check| check.at > since && check.answered.is_none())
            .map(|check| check.frame)
            .collect();
        if ignored.len() >= CHECKS_IGNORED {
            lines.push(seen(
                format!(
                    "{} after the handshake, none answered",
                    counted(ignored.len() as u64, "check")
                ),
                ignored,
            ));
        }
    }
    lines.extend(hangup_line(call));
    lines.truncate(LINES);
    lines
}

fn consequences(call: &Call<'_>, transport: &DtlsTransport) -> String {
    let hung_up = call.handle.and_then(|handle| handle.hangup.as_ref());
    let closed = call.tried().any(|pair| pair.icmp_errors > 0);
    let mut told = Vec::new();
    if let Some((when, _, reason)) = hung_up {
        let after = when.since(transport.association.first_at);
        told.push(format!(
            "the server hung up {} after the ClientHello (“{reason}”)",
            span(after)
        ));
    }
    if closed {
        told.push("its port answers with ICMP errors from then on".to_owned());
    }
    match told.as_slice() {
        [] => "nothing is answered after it.".to_owned(),
        told => format!("{}.", told.join(", and ")),
    }
}

fn alerts(context: &Context<'_>) -> Vec<Statement> {
    troubled(context, |call, trouble| match trouble {
        Trouble::Alert(transport, alert) => Some(alert_statement(call, transport, alert)),
        _ => None,
    })
    .collect()
}

fn alert_statement(
    call: &Call<'_>,
    transport: &DtlsTransport,
    alert: Option<&AlertSeen>,
) -> Statement {
    let sender = alert
        .and_then(|alert| transport.side_of(alert.direction))
        .map_or_else(|| "one end".to_owned(), |side| who(call, side));
    let description = alert
        .and_then(|alert| alert.description)
        .and_then(AlertDescription::name);
    let what = description.map_or_else(
        || "an encrypted alert".to_owned(),
        |word| format!("“{word}”"),
    );
    let hint = match alert.and_then(|alert| alert.description) {
        Some(AlertDescription::CertificateUnknown | AlertDescription::BadCertificate) => {
            " In WebRTC that means: the certificate's hash is not the signaled a=fingerprint."
        }
        Some(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity) => {
            " The two ends have no cipher suite, group or SRTP profile in common."
        }
        Some(AlertDescription::ProtocolVersion) => " The two ends have no DTLS version in common.",
        _ => "",
    };
    let when = alert.map_or(transport.association.last_at, |alert| alert.at);
    let frames = alert.map_or_else(
        || transport.association.state.evidence.clone(),
        |alert| vec![alert.frame],
    );
    let mut evidence = vec![seen(
        format!("{}: alert {what} from {sender}", at(call.scene, when)),
        frames,
    )];
    evidence.push(seen(
        "hellos",
        transport.association.hello_frames.frames().iter().copied(),
    ));
    evidence.extend(hangup_line(call));
    Statement {
        title: format!("The DTLS handshake failed: {what} from {sender}"),
        explanation: format!(
            "ICE found a path, but {sender} ended the handshake with {what} at {}.{hint} Without keys there is no media.",
            at(call.scene, when)
        ),
        evidence,
        would_disprove: "A completed handshake on the same path.".to_owned(),
        advice: "Look at what the sender of the alert disliked: the alert names it from its point of view.".to_owned(),
        ..Statement::default()
    }
}

fn stalls(context: &Context<'_>) -> Vec<Statement> {
    troubled(context, |call, trouble| match trouble {
        Trouble::Stalled(transport) => Some(stalled_statement(call, transport)),
        _ => None,
    })
    .collect()
}

fn stalled_statement(call: &Call<'_>, transport: &DtlsTransport) -> Statement {
    let association = &transport.association;
    let client = association.client.unwrap_or(Direction::Forward);
    let side = transport.side_of(client).unwrap_or(Side::A);
    let (from, to) = (who(call, side), who(call, side.opposite()));
    let answered = association
        .flights
        .iter()
        .any(|flight| flight.direction != client);
    let begun = association
        .handshake_started_at
        .unwrap_or(association.first_at);
    let period = span(call.end.since(begun));
    let (title, explanation) = if answered {
        (
            format!("The DTLS handshake did not complete in {period}"),
            format!(
                "{from} and {to} exchanged {}, {} of them again, and neither came to an end of the handshake. Large flights (certificates) \
                 are lost where packets near the MTU or fragments do not pass.",
                counted(association.flights.len() as u64, "flight"),
                association.retransmitted_flights
            ),
        )
    } else {
        (
            format!("The DTLS handshake got no answer in {period}"),
            format!(
                "ICE found a path, and {from} sent its ClientHello at {}, and again {}; {to} answered none of them.",
                at(call.scene, begun),
                counted(u64::from(association.retransmitted_flights), "time"),
            ),
        )
    };
    let frames: Vec<FrameNumber> = association
        .flights
        .iter()
        .flat_map(|flight| flight.frames.frames().iter().copied())
        .collect();
    Statement {
        title,
        explanation,
        evidence: vec![seen("flights of the handshake", frames)],
        would_disprove: format!("A ServerHello or Finished of {}.", name(call.pc, side.opposite())),
        advice: "See whether the far end runs DTLS on that path (its log), holds the role a=setup gives it, and whether the path passes \
            packets of 1 200 bytes."
            .to_owned(),
        ..Statement::default()
    }
}

fn never_started_calls(context: &Context<'_>) -> Vec<Statement> {
    troubled(context, |call, trouble| match trouble {
        Trouble::NeverStarted => Some(never_started_statement(call)),
        _ => None,
    })
    .collect()
}

fn never_started_statement(call: &Call<'_>) -> Statement {
    let pair = call.pc.selected_pair();
    let frames = pair
        .map(|pair| pair.nominated_frames.clone())
        .unwrap_or_default();
    let since = pair.and_then(|pair| pair.nominated_at).unwrap_or(call.end);
    Statement {
        title: "ICE is up, but no DTLS handshake began".to_owned(),
        explanation: format!(
            "A pair was nominated at {}, both descriptions ask for DTLS, and no ClientHello came in the {} after. Each end may be waiting for \
             the other: a=setup says who has to begin.",
            at(call.scene, since),
            span(call.end.since(since))
        ),
        evidence: vec![seen("nomination", frames)],
        would_disprove: "A ClientHello on any path of this connection.".to_owned(),
        advice: "Compare a=setup in offer and answer: one must be active, or the offer actpass."
            .to_owned(),
        ..Statement::default()
    }
}

/// Unanswered checks that are worth a line.
const CHECKS_IGNORED: usize = 3;

/// Lines on what followed.
const LINES: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::at as instant;
    use crate::diagnosis::sketch::certificate_of;
    use crate::diagnosis::sketch::frame;
    use crate::track::dtls::association::State;
    use crate::vocab::claim::Basis;
    use crate::wire::tls::alert::AlertLevel;

    /// ICE is up; DTLS is for the test to add.
    fn checked(seconds: f64) -> Sketch {
        Sketch::new(seconds)
            .agreed()
            .checks(Side::A, 0.3, seconds, 1.0, true)
            .nominated(0.4)
    }

    fn mangled(mut sketch: Sketch) -> Sketch {
        let transport = &mut sketch.scene.dtls[0];
        transport.association.certificates[0].fingerprints = certificate_of(Side::B);
        transport.matches_sdp[0] = Some(false);
        sketch
    }

    #[test]
    fn a_mismatch_explains_everything_after_it() {
        let mut sketch = mangled(
            Sketch::new(20.0)
                .agreed()
                .checks(Side::A, 0.3, 0.5, 0.1, true)
                .checks(Side::A, 1.0, 19.0, 0.5, false)
                .nominated(0.4)
                .handshake(0.5, 0.6)
                .media(Side::A, 0.8, 6.0, 100),
        );
        sketch.pair().icmp_errors = 9;
        let (findings, verdicts) = sketch.judge();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(findings[0].rule, "dtls-fingerprint-mismatch");
        let evidence: Vec<&str> = findings[0]
            .evidence
            .iter()
            .map(|line| line.text.as_str())
            .collect();
        assert!(
            evidence[0].starts_with("signaled for alice: sha-256 "),
            "{evidence:?}"
        );
        assert!(
            evidence[1].starts_with("certificate of alice on the wire: sha-256 "),
            "{evidence:?}"
        );
        assert!(evidence[2].starts_with("9 ICMP errors"), "{evidence:?}");
        assert_eq!(
            (verdicts[0].outcome, verdicts[0].stage),
            (Outcome::Failed, Some(Stage::Dtls))
        );
    }

    #[test]
    fn a_mismatch_that_nobody_minds_is_a_warning() {
        let (findings, verdicts) = mangled(Sketch::healthy(20.0)).judge();
        assert_eq!(findings[0].severity, Severity::Warning);
        assert_eq!(verdicts[0].outcome, Outcome::Ok);
    }

    #[test]
    fn an_alert_in_the_clear_is_told_by_name() {
        let mut sketch = checked(20.0).hello(0.5);
        let association = &mut sketch.scene.dtls[0].association;
        association.state.value = State::Failed;
        association.alerts.push(AlertSeen {
            direction: Direction::Reverse,
            level: Some(AlertLevel::Fatal),
            description: Some(AlertDescription::HandshakeFailure),
            encrypted: false,
            basis: Basis::Observed,
            at: instant(0.6),
            frame: frame(0.6),
        });
        let (findings, verdicts) = sketch.judge();
        assert_eq!(findings[0].rule, "dtls-alert");
        assert!(
            findings[0].title.contains("“handshake_failure” from bob"),
            "{}",
            findings[0].title
        );
        assert_eq!(verdicts[0].stage, Some(Stage::Dtls));
    }

    #[test]
    fn an_encrypted_alert_at_the_end_of_a_cut_capture_is_a_goodbye() {
        let mut sketch = Sketch::healthy(20.0);
        let association = &mut sketch.scene.dtls[0].association;
        association.state.value = State::Failed;
        association.handshake_finished_at = None;
        assert_eq!(sketch.rules(), [""; 0]);
    }

    #[test]
    fn a_hello_that_nobody_answers_fails_after_a_while() {
        assert_eq!(checked(3.0).hello(0.5).rules(), [""; 0]);
        assert_eq!(
            checked(10.0).hello(0.5).rules(),
            ["dtls-handshake-unanswered"]
        );
    }

    #[test]
    fn a_chosen_pair_without_any_hello_fails_when_dtls_was_agreed() {
        assert_eq!(checked(10.0).rules(), ["dtls-never-started"]);
        // Without descriptions nobody can tell that there was to be DTLS.
        let mut unsigned = checked(10.0);
        unsigned.pc().descriptions.clear();
        unsigned.pc().negotiations.clear();
        assert_eq!(unsigned.rules(), [""; 0]);
    }
}
