//! Findings and verdicts: what a rule says, and what it all comes to.

use std::cmp::Ordering;

use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong with the call.
    Note,
    /// The call suffers, or might.
    Warning,
    /// The call, or a part of it, does not work.
    Error,
}

impl Severity {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Layer of a finding, as the report names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingLayer {
    /// The capture itself.
    Capture,
    /// Signaling.
    Signaling,
    /// ICE and STUN.
    Ice,
    /// TURN.
    Turn,
    /// DTLS.
    Dtls,
    /// Media.
    Media,
}

impl FindingLayer {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Signaling => "signaling",
            Self::Ice => "ice",
            Self::Turn => "turn",
            Self::Dtls => "dtls",
            Self::Media => "media",
        }
    }
}

/// A rung of the ladder that a call climbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Offer and answer exchanged.
    Signaling,
    /// Candidates gathered.
    Gathering,
    /// Connectivity checks answered.
    Checks,
    /// A pair nominated.
    Nomination,
    /// DTLS handshake done.
    Dtls,
    /// Media began.
    Media,
    /// And went on.
    Steady,
}

impl Stage {
    /// The rungs, bottom up.
    pub const LADDER: [Self; 7] = [
        Self::Signaling,
        Self::Gathering,
        Self::Checks,
        Self::Nomination,
        Self::Dtls,
        Self::Media,
        Self::Steady,
    ];

    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Signaling => "signaling",
            Self::Gathering => "gathering",
            Self::Checks => "checks",
            Self::Nomination => "nomination",
            Self::Dtls => "dtls",
            Self::Media => "media",
            Self::Steady => "steady",
        }
    }

    /// The same as people write it: `DTLS`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Dtls => "DTLS",
            other => other.word(),
        }
    }
}

/// One thing that was seen, with the frames that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLine {
    /// One sentence: `5 checks to 203.0.113.10:10122, no response`.
    pub text: String,
    /// Frames.
    pub frames: Vec<FrameNumber>,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Rule name, kebab case, stable.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Where.
    pub layer: FindingLayer,
    /// The rung that it breaks, when it breaks one.
    pub stage: Option<Stage>,
    /// The peer connection it concerns.
    pub peer_connection: Option<PeerConnectionId>,
    /// The signaling dialogue it concerns, when there is no peer connection.
    pub dialogue: Option<DialogueId>,
    /// One line.
    pub title: String,
    /// Why, in two or three sentences that a support engineer can paste.
    pub explanation: String,
    /// What was seen.
    pub evidence: Vec<EvidenceLine>,
    /// What, if seen, would prove it wrong.
    pub would_disprove: String,
    /// What to do.
    pub advice: String,
    /// RFC section or draft.
    pub reference: String,
}

/// How a call came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It worked.
    Ok,
    /// It worked, badly.
    Degraded,
    /// It did not work.
    Failed,
    /// The capture can't tell.
    Unknown,
}

impl Outcome {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// How sure a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The capture shows too little.
    Low,
    /// Some of it had to be inferred.
    Medium,
    /// The packets show it.
    High,
}

impl Confidence {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What became of one peer connection, or of a dialogue that never got one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The peer connection; `None` for a dialogue without one.
    pub peer_connection: Option<PeerConnectionId>,
    /// The signaling dialogue.
    pub dialogue: Option<DialogueId>,
    /// How it came out.
    pub outcome: Outcome,
    /// First rung that broke; `None` when ok.
    pub stage: Option<Stage>,
    /// Rungs below that one of which the capture shows nothing, or not enough: the call got past them, how is not known.
    pub not_shown: Vec<Stage>,
    /// Index of the finding that explains it, in the list of findings.
    pub cause: Option<usize>,
    /// How sure.
    pub confidence: Confidence,
    /// What this capture can't tell, one sentence each.
    pub cannot_tell: Vec<String>,
}

/// How a call that broke did on one rung, as screens and reports mark it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RungMark {
    /// Below the break, and the capture shows it.
    Passed,
    /// Below the break, but the capture does not show it, or not enough.
    NotShown,
    /// The first that held badly.
    Degraded,
    /// The first that broke.
    Broken,
    /// Above the break.
    Beyond,
}

impl Verdict {
    /// The mark of one rung; `None` when no rung broke.
    pub fn mark(&self, stage: Stage) -> Option<RungMark> {
        let broken = self.stage?;
        Some(match stage.cmp(&broken) {
            Ordering::Less if self.not_shown.contains(&stage) => RungMark::NotShown,
            Ordering::Less => RungMark::Passed,
            Ordering::Equal if self.outcome == Outcome::Degraded => RungMark::Degraded,
            Ordering::Equal => RungMark::Broken,
            Ordering::Greater => RungMark::Beyond,
        })
    }
}
