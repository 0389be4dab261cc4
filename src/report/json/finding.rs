//! `findings` and `verdicts`: what is worth knowing, and what it all comes to.

use serde::Serialize;

use crate::diagnosis::finding as model;
use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::report::json::context::finding_id;
use crate::session::model::scene::Scene;

/// What a rule found.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Finding<'a> {
    /// `finding-1`.
    pub id: String,
    /// The rule's stable name, kebab case.
    pub rule: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// `capture`, `signaling`, `ice`, `turn`, `dtls` or `media`.
    pub layer: &'static str,
    /// The stage of a call that it breaks, when it breaks one.
    pub stage: Option<&'static str>,
    /// The peer connection it concerns.
    pub peer_connection: Option<String>,
    /// The session it concerns.
    pub session: Option<String>,
    /// One line.
    pub title: &'a str,
    /// Why, in two or three sentences.
    pub explanation: &'a str,
    /// What was seen.
    pub evidence: Vec<Evidence<'a>>,
    /// What, if seen, would prove it wrong.
    pub would_disprove: &'a str,
    /// What to do.
    pub advice: &'a str,
    /// RFC section or draft.
    pub reference: &'a str,
}

/// One thing that was seen.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Evidence<'a> {
    /// One sentence.
    pub text: &'a str,
    /// Frames that show it.
    pub frames: Vec<FrameRef>,
}

/// What became of a peer connection, or of a session that never got one.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Verdict<'a> {
    /// The peer connection; null for a session without one.
    pub peer_connection: Option<String>,
    /// Its session, when signaling could be read.
    pub session: Option<String>,
    /// `ok`, `degraded`, `failed` or `unknown`.
    pub outcome: &'static str,
    /// The first stage that broke: `signaling`, `gathering`, `checks`, `nomination`, `dtls`, `media` or `steady`.
    pub stage: Option<&'static str>,
    /// Stages below that one that the capture does not show whole: the call got past them, how can't be told.
    pub stages_not_shown: Vec<&'static str>,
    /// The finding that explains it.
    pub cause: Option<String>,
    /// `high`, `medium` or `low`.
    pub confidence: &'static str,
    /// What this capture can't tell, one sentence each.
    pub cannot_tell: &'a [String],
}

impl<'a> Finding<'a> {
    /// All findings.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let findings = context.analysis.findings.iter().enumerate();
        findings
            .map(|(index, finding)| Self::new(context, index, finding))
            .collect()
    }

    fn new(context: Context<'a>, index: usize, finding: &'a model::Finding) -> Self {
        let evidence = finding.evidence.iter().map(|line| Evidence {
            text: &line.text,
            frames: context.frames(&line.frames),
        });
        Self {
            id: finding_id(index),
            rule: finding.rule,
            severity: finding.severity.word(),
            layer: finding.layer.word(),
            stage: finding.stage.map(model::Stage::word),
            peer_connection: finding.peer_connection.map(Id::id),
            session: finding.dialogue.map(Id::id),
            title: &finding.title,
            explanation: &finding.explanation,
            evidence: evidence.collect(),
            would_disprove: &finding.would_disprove,
            advice: &finding.advice,
            reference: &finding.reference,
        }
    }
}

impl<'a> Verdict<'a> {
    /// One verdict. A peer connection's session stands here too, so that nobody has to look it up.
    pub fn new(verdict: &'a model::Verdict, scene: &Scene) -> Self {
        let connection = verdict
            .peer_connection
            .and_then(|id| scene.peer_connections.get(id.index()));
        let dialogue = verdict
            .dialogue
            .or_else(|| connection.and_then(|connection| connection.dialogue));
        let words = verdict.not_shown.iter().map(|stage| stage.word());
        Self {
            peer_connection: verdict.peer_connection.map(Id::id),
            session: dialogue.map(Id::id),
            outcome: verdict.outcome.word(),
            stage: verdict.stage.map(model::Stage::word),
            stages_not_shown: words.collect(),
            cause: verdict.cause.map(finding_id),
            confidence: verdict.confidence.word(),
            cannot_tell: &verdict.cannot_tell,
        }
    }
}
