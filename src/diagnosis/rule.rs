//! The rule book: a table of plain functions, and what runs them.
//!
//! A rule reads the [`Context`] and states what it found; name, severity, layer, stage and reference come from its row. Rules of a
//! broken rung ask [`Call::breaks_at`] first, so that a failed call has one cause and no list of its consequences.

use crate::diagnosis::call::Call;
use crate::diagnosis::capture;
use crate::diagnosis::delay;
use crate::diagnosis::dtls;
use crate::diagnosis::encrypted;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::finding::Verdict;
use crate::diagnosis::ice;
use crate::diagnosis::loss;
use crate::diagnosis::media;
use crate::diagnosis::nat;
use crate::diagnosis::outage;
use crate::diagnosis::rebinding;
use crate::diagnosis::signaling;
use crate::diagnosis::stun;
use crate::diagnosis::turn;
use crate::diagnosis::vanished;
use crate::diagnosis::verdict;
use crate::session::model::scene::Scene;
use crate::vocab::capture::Capture;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::PeerConnectionId;

/// What rules read.
#[derive(Debug)]
pub struct Context<'a> {
    /// Everything joined.
    pub scene: &'a Scene,
    /// The capture as a whole.
    pub capture: &'a Capture,
    /// The peer connections, each with what belongs to it and the rungs it climbed.
    pub calls: Vec<Call<'a>>,
}

impl<'a> Context<'a> {
    /// Looks everything up.
    pub fn new(scene: &'a Scene, capture: &'a Capture) -> Self {
        Self {
            scene,
            capture,
            calls: Call::all(scene, capture),
        }
    }
}

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Kebab-case name, stable.
    pub name: &'static str,
    /// How bad, unless a statement says that it is milder or worse.
    pub severity: Severity,
    /// Where.
    pub layer: FindingLayer,
    /// The rung that it breaks, unless a statement names another.
    pub stage: Option<Stage>,
    /// RFC section or draft.
    pub reference: &'static str,
    /// States each case of it.
    pub check: fn(&Context<'_>) -> Vec<Statement>,
}

/// One case of a rule. The rest of its [`Finding`] comes from the rule's row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// The peer connection it concerns.
    pub call: Option<PeerConnectionId>,
    /// The signaling dialogue it concerns, when there is no peer connection.
    pub dialogue: Option<DialogueId>,
    /// How bad, when it is not as the rule has it.
    pub severity: Option<Severity>,
    /// The rung, when it is not the rule's.
    pub stage: Option<Stage>,
    /// One line.
    pub title: String,
    /// Why, in two or three sentences.
    pub explanation: String,
    /// What was seen.
    pub evidence: Vec<EvidenceLine>,
    /// What, if seen, would prove it wrong.
    pub would_disprove: String,
    /// What to do.
    pub advice: String,
    /// RFC section or draft, when it is not the rule's.
    pub reference: Option<&'static str>,
}

impl Rule {
    fn finding(&self, statement: Statement) -> Finding {
        Finding {
            rule: self.name,
            severity: statement.severity.unwrap_or(self.severity),
            layer: self.layer,
            stage: statement.stage.or(self.stage),
            peer_connection: statement.call,
            dialogue: statement.dialogue,
            title: statement.title,
            explanation: statement.explanation,
            evidence: statement.evidence,
            would_disprove: statement.would_disprove,
            advice: statement.advice,
            reference: statement.reference.unwrap_or(self.reference).to_owned(),
        }
    }
}

/// The rule book, by layer. Of two rules that explain the same break, the first is its cause.
pub const RULES: &[Rule] = &[
    capture::ONE_DIRECTION,
    capture::STARTS_MID_CALL,
    capture::TRUNCATED,
    capture::DROPPED_PACKETS,
    capture::CUT_SHORT,
    capture::STAMPED_IN_BURSTS,
    signaling::ERROR,
    signaling::NO_ANSWER,
    encrypted::ENCRYPTED,
    nat::NO_WAY_THROUGH,
    ice::CHECKS_UNANSWERED,
    ice::CHECKS_REFUSED,
    ice::CHECKS_REJECTED,
    ice::NEVER_NOMINATED,
    ice::CONSENT_LOST,
    vanished::VANISHED,
    outage::INTERRUPTED,
    stun::SERVER_SILENT,
    encrypted::RELAY_ENCRYPTED,
    turn::CREDENTIALS_REJECTED,
    turn::REFUSED,
    turn::SERVER_SILENT,
    dtls::FINGERPRINT_MISMATCH,
    dtls::ALERT,
    dtls::UNANSWERED,
    dtls::NEVER_STARTED,
    media::NEVER_STARTED,
    rebinding::ADDRESS_CHANGED,
    media::ONE_WAY,
    delay::TOO_SLOW,
    loss::LOSS,
    loss::REPORTED,
    loss::SENT_WITH_GAPS,
    media::PAUSED,
];

/// Runs all rules, then judges every call.
///
/// Findings are in the order of the rules, and within a rule in the order of the calls.
pub fn diagnose(scene: &Scene, capture: &Capture) -> (Vec<Finding>, Vec<Verdict>) {
    let context = Context::new(scene, capture);
    let mut findings = Vec::new();
    let mut left_out = 0;
    for rule in RULES {
        let mut statements = (rule.check)(&context);
        left_out += statements.len().saturating_sub(STATEMENTS_KEPT);
        statements.truncate(STATEMENTS_KEPT);
        findings.extend(
            statements
                .into_iter()
                .map(|statement| rule.finding(statement)),
        );
    }
    if left_out > 0 {
        findings.push(left_out_note(left_out));
    }
    let verdicts = verdict::judge(&context, &findings);
    (findings, verdicts)
}

/// Says that there were more cases than are listed.
fn left_out_note(count: usize) -> Finding {
    Finding {
        rule: "findings-left-out",
        severity: Severity::Note,
        layer: FindingLayer::Capture,
        stage: None,
        peer_connection: None,
        dialogue: None,
        title: format!("{count} more findings are not listed"),
        explanation: format!(
            "A rule that fits more than {STATEMENTS_KEPT} times lists the first ones only. The verdicts count every call."
        ),
        evidence: Vec::new(),
        would_disprove: "Nothing: this is a limit of the listing.".to_owned(),
        advice: "Look at a part of the capture.".to_owned(),
        reference: String::new(),
    }
}

/// Cases kept per rule: a server's capture may hold thousands of calls that fail alike. The verdicts still count them all.
const STATEMENTS_KEPT: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names_of_their_own_in_kebab_case() {
        for (at, rule) in RULES.iter().enumerate() {
            let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(rule.name.chars().all(kebab), "{}", rule.name);
            assert!(
                RULES
                    .iter()
                    .skip(at + 1)
                    .all(|other| other.name != rule.name),
                "{}",
                rule.name
            );
            assert!(!rule.reference.is_empty(), "{}", rule.name);
        }
    }

    #[test]
    fn only_what_breaks_a_rung_is_an_error() {
        for rule in RULES {
            assert!(
                rule.severity < Severity::Error || rule.stage.is_some(),
                "{}",
                rule.name
            );
        }
    }

    #[test]
    fn an_empty_capture_has_nothing_to_say() {
        let (findings, verdicts) = diagnose(&Scene::default(), &Capture::default());
        assert_eq!((findings, verdicts), (Vec::new(), Vec::new()));
    }
}
