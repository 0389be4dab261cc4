//! Rule of sides that fell silent without a goodbye.

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::ice::consent_lost;
use crate::diagnosis::facts::vanished::Vanished;
use crate::diagnosis::facts::vanished::vanished;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::name;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::diagnosis::words::who;

/// One side sends nothing any more.
pub(super) const VANISHED: Rule = Rule {
    name: "peer-vanished",
    severity: Severity::Error,
    layer: FindingLayer::Ice,
    stage: Some(Stage::Steady),
    reference: "RFC 7675 §5.1",
    check: silent_calls,
};

fn silent_calls(context: &Context<'_>) -> Vec<Statement> {
    let failed = context
        .calls
        .iter()
        .filter(|call| call.breaks_at(Stage::Steady) && consent_lost(call).is_none());
    failed
        .filter_map(|call| Some(statement(call, &vanished(call)?)))
        .collect()
}

fn statement(call: &Call<'_>, gone: &Vanished) -> Statement {
    let scene = call.scene;
    let (own, other) = (
        name(call.pc, gone.side),
        name(call.pc, gone.side.opposite()),
    );
    let silence = span(call.end.since(gone.last.0));
    let (missing, reasons) = if gone.local {
        (
            format!("not one packet of it left the machine that captured in the {silence} after"),
            "Its application ended or hangs (a crash, a closed laptop), or the machine lost its network.",
        )
    } else {
        (
            format!("not one packet of it came in the {silence} after"),
            "Its application ended or hangs (a crash, a closed laptop), its machine lost the network, or the way from there to here broke.",
        )
    };
    Statement {
        call: Some(call.id),
        title: format!(
            "{own} fell silent at {}, without a goodbye",
            at(scene, gone.last.0)
        ),
        explanation: format!(
            "Until {} {} sent, and asked for consent every {}; {missing}: no check, no answer, no media, no RTCP. {other} went on until {}. \
             Neither DTLS nor signaling said that the call ends. {reasons}",
            at(scene, gone.last.0),
            who(call, gone.side),
            span(gone.interval),
            at(scene, gone.other_until.0)
        ),
        evidence: vec![
            seen(
                format!("last packet of {own} at {}", at(scene, gone.last.0)),
                [gone.last.1],
            ),
            seen(
                format!(
                    "last packet of {other} at {}",
                    at(scene, gone.other_until.0)
                ),
                gone.other_until.1,
            ),
        ],
        would_disprove: format!("A later packet of {own}, from this address or another."),
        advice: format!(
            "Ask what happened at {own} then: browser and system logs, a change of network, a lost interface. The other end should notice within \
             30 s (consent expires) and free what it holds for the call."
        ),
        ..Statement::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::vocab::address::Side;

    /// Side a sends until then; side b, which never asks for consent, until `until`.
    fn silent_from(when: f64, until: f64) -> Sketch {
        Sketch::new(40.0)
            .agreed()
            .checks(Side::A, 0.3, when, 2.5, true)
            .nominated(0.4)
            .handshake(0.5, 0.6)
            .media(Side::A, 0.8, when, 900)
            .media(Side::B, 0.8, until, 900)
    }

    #[test]
    fn a_side_that_goes_without_a_word_while_the_other_goes_on_has_vanished() {
        let (findings, verdicts) = silent_from(20.0, 39.9).judge();
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [VANISHED.name]);
        assert_eq!(verdicts[0].outcome, Outcome::Failed);
        assert_eq!(verdicts[0].stage, Some(Stage::Steady));
        assert!(
            findings[0].title.contains("20.000 s"),
            "{}",
            findings[0].title
        );
    }

    #[test]
    fn both_ending_together_is_an_end() {
        let both = silent_from(20.0, 21.0);
        assert!(!both.rules().contains(&VANISHED.name));
    }

    #[test]
    fn a_goodbye_explains_the_silence() {
        let closed = silent_from(20.0, 39.9).closed(20.1);
        assert!(!closed.rules().contains(&VANISHED.name));
    }

    #[test]
    fn who_never_asked_for_consent_may_be_silent() {
        let lite = Sketch::new(40.0)
            .agreed()
            .checks(Side::A, 0.3, 39.0, 2.5, true)
            .nominated(0.4)
            .handshake(0.5, 0.6)
            .media(Side::A, 0.8, 39.9, 900);
        assert!(!lite.rules().contains(&VANISHED.name));
    }
}
