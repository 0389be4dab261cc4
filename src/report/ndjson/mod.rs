//! What happened, in order of time, one JSON object a line: for `grep`, `jq` and log pipelines.
//!
//! ```json
//! {"timeSeconds":0.851,"event":"first-check","peerConnection":"pc-1","frames":[183],"basis":"observed","text":"a checks pair-1","pair":"pair-1","from":"a"}
//! ```
//!
//! Ids are those of the JSON report. Findings and verdicts come last, at the time of the last packet: they are conclusions, not events.

mod describe;
mod detail;
pub mod running;

use std::io;

use serde::Serialize;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::finding::Verdict;
use crate::filter::shown::Shown;
use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::report::json::context::finding_id;
use crate::report::json::print::write_line;
use crate::report::ndjson::describe::describe;
use crate::report::ndjson::detail::Detail;
use crate::timeline::event::Event;
use crate::timeline::event::EventKind;
use crate::timeline::event::events;
use crate::vocab::claim::Basis;
use crate::vocab::ids::PeerConnectionId;

/// Writes all events, then findings and verdicts.
pub fn write(analysis: &Analysis, out: &mut dyn io::Write) -> io::Result<()> {
    write_events(Context::new(analysis), None, out)
}

/// As [`write`], without what a filter leaves out; the first line says so.
pub fn write_shown(analysis: &Analysis, shown: &Shown, out: &mut dyn io::Write) -> io::Result<()> {
    let line = Line {
        time_seconds: 0.0,
        event: "filter",
        peer_connection: None,
        frames: Vec::new(),
        basis: Basis::Observed.word(),
        text: format!(
            "{} of {} peer connections pass",
            shown.calls.len(),
            shown.of
        ),
        detail: Detail::Filter {
            expression: &shown.expression,
            shown: shown.calls.len(),
            of: shown.of,
        },
    };
    write_line(&line, out)?;
    write_events(Context::new(analysis), Some(shown), out)
}

fn write_events(
    context: Context<'_>,
    shown: Option<&Shown>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for event in events(&context.analysis.scene) {
        if shown.is_some_and(|shown| !is_shown(&event, shown)) {
            continue;
        }
        if let Some(line) = Line::of_event(context, &event) {
            write_line(&line, out)?;
        }
    }
    write_conclusions(context, shown, out)
}

/// Does it belong to a call that is shown?
fn is_shown(event: &Event, shown: &Shown) -> bool {
    if let Some(call) = event.peer_connection {
        return shown.calls.contains(&call.index());
    }
    match event.kind {
        EventKind::Message { dialogue, .. } | EventKind::SessionTimeout { dialogue } => {
            shown.dialogues.contains(&dialogue.index())
        }
        EventKind::StunMapped { query } | EventKind::StunUnanswered { query } => {
            shown.server_queries.contains(&query)
        }
        // All others belong to a call, or to none.
        _ => false,
    }
}

/// One line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    time_seconds: f64,
    event: &'static str,
    peer_connection: Option<String>,
    frames: Vec<FrameRef>,
    basis: &'static str,
    text: String,
    #[serde(flatten)]
    detail: Detail<'a>,
}

impl<'a> Line<'a> {
    /// `None` when the event points nowhere, which `events` never makes.
    fn of_event(context: Context<'a>, event: &Event) -> Option<Self> {
        let (text, detail) = describe(context, event)?;
        Some(Self {
            time_seconds: context.seconds(event.at),
            event: event.kind.word(),
            peer_connection: event.peer_connection.map(Id::id),
            frames: context.frames(&event.frames),
            basis: event.basis.word(),
            text,
            detail,
        })
    }

    /// A conclusion, at the time of the last packet.
    fn concluded(
        context: Context<'_>,
        event: &'static str,
        connection: Option<PeerConnectionId>,
        text: String,
        detail: Detail<'a>,
    ) -> Self {
        Self {
            time_seconds: context.seconds(context.analysis.scene.end),
            event,
            peer_connection: connection.map(Id::id),
            frames: Vec::new(),
            basis: Basis::Inferred.word(),
            text,
            detail,
        }
    }

    fn of_finding(context: Context<'_>, index: usize, finding: &Finding) -> Self {
        let evidence = finding.evidence.iter().flat_map(|line| &line.frames);
        let frames: Vec<_> = evidence.copied().collect();
        let detail = Detail::Finding {
            finding: finding_id(index),
            rule: finding.rule,
            severity: finding.severity.word(),
        };
        let (connection, title) = (finding.peer_connection, finding.title.clone());
        Self {
            frames: context.frames(&frames),
            ..Self::concluded(context, "finding", connection, title, detail)
        }
    }

    fn of_verdict(context: Context<'_>, verdict: &Verdict) -> Self {
        let detail = Detail::Verdict {
            session: verdict.dialogue.map(Id::id),
            outcome: verdict.outcome.word(),
            stage: verdict.stage.map(Stage::word),
            cause: verdict.cause.map(finding_id),
        };
        let text = match verdict.stage {
            Some(stage) => format!("{} at {}", verdict.outcome.word(), stage.word()),
            None => verdict.outcome.word().to_owned(),
        };
        Self::concluded(context, "verdict", verdict.peer_connection, text, detail)
    }
}

fn write_conclusions(
    context: Context<'_>,
    shown: Option<&Shown>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let analysis = context.analysis;
    for (index, finding) in analysis.findings.iter().enumerate() {
        if shown.is_none_or(|shown| shown.findings.contains(&index)) {
            write_line(&Line::of_finding(context, index, finding), out)?;
        }
    }
    for (index, verdict) in analysis.verdicts.iter().enumerate() {
        if shown.is_none_or(|shown| shown.verdicts.contains(&index)) {
            write_line(&Line::of_verdict(context, verdict), out)?;
        }
    }
    Ok(())
}
