//! The capture: which file, how much, when, where taken, and what to beware of.
//!
//! ```text
//! videoroom-http.pcapng · pcapng · 1 334 packets · 632 kB · 17.9 s
//! 2026-11-22 09:06:48 UTC, captured at 192.168.10.2
//! ! cut at the end of a record: the file ends early
//!
//! 2 calls: ● 2 ok · 1 signaling session · 4 streams · no faults
//! Shown: 1 of 2 calls, by the filter stream.kind == video                  only with a filter
//! ```

use std::io;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Outcome;
use crate::diagnosis::finding::Severity;
use crate::filter::shown::Shown;
use crate::report::text::figures::NO_BREAK;
use crate::report::text::figures::bytes;
use crate::report::text::figures::count;
use crate::report::text::figures::counted;
use crate::report::text::figures::short_name;
use crate::report::text::figures::span;
use crate::report::text::page::Page;
use crate::report::text::words::BAD;
use crate::report::text::words::BOLD;
use crate::report::text::words::DIM;
use crate::report::text::words::GOOD;
use crate::report::text::words::POOR;
use crate::report::text::words::Words;
use crate::vocab::capture::Capture;
use crate::vocab::capture::Quality;
use crate::vocab::time::Timestamp;

/// Prints the header and the summary, which are about the whole capture, and what a filter leaves of it.
pub fn print(analysis: &Analysis, shown: Option<&Shown>, page: &mut Page<'_>) -> io::Result<()> {
    let capture = &analysis.capture;
    page.wrapped(0, 2, &size(capture))?;
    if let [_, _, ..] = capture.files.as_slice() {
        for file in &capture.files {
            let line = Words::new().said(&file.path).text(format!(
                " · {} · {}",
                file.format,
                counted(file.packets, "packet")
            ));
            page.wrapped(2, 4, &line)?;
        }
    }
    page.wrapped(0, 2, &when_and_where(analysis))?;
    for warning in warnings(&capture.quality) {
        page.wrapped(
            0,
            2,
            &Words::new().styled(POOR, format!("!{NO_BREAK}{warning}")),
        )?;
    }
    page.blank()?;
    page.wrapped(0, 2, &summary(analysis))?;
    match shown {
        Some(shown) => page.wrapped(0, 2, &filtered(shown)),
        None => Ok(()),
    }
}

fn filtered(shown: &Shown) -> Words {
    let calls = counted(shown.of as u64, "call");
    Words::new()
        .styled(BOLD, "Shown")
        .text(format!(
            ": {}{NO_BREAK}of{NO_BREAK}{calls}, by the filter ",
            count(shown.calls.len() as u64)
        ))
        .said(&shown.expression)
}

fn size(capture: &Capture) -> Words {
    let name = match capture.files.as_slice() {
        [] => Words::new().styled(BOLD, "no capture"),
        [only] => Words::new()
            .said_styled(BOLD, short_name(&only.path))
            .dot()
            .said(&only.format),
        several => Words::new().styled(BOLD, counted(several.len() as u64, "file")),
    };
    let length = capture
        .start
        .zip(capture.end)
        .map(|(start, end)| span(end.since(start)));
    let mut line = name
        .dot()
        .text(counted(capture.packets, "packet"))
        .dot()
        .text(bytes(capture.bytes));
    if let Some(length) = length {
        line = line.dot().text(length);
    }
    line
}

fn when_and_where(analysis: &Analysis) -> Words {
    let mut line = Words::new();
    if let Some(start) = analysis.capture.start.and_then(date_and_time) {
        line = line.text(start);
    }
    let local = &analysis.scene.local;
    if let Some(first) = local.first() {
        let others = local.len() - 1;
        line = line.dot().text(format!("captured at{NO_BREAK}{first}"));
        if others > 0 {
            line = line.text(format!(" and {}", counted(others as u64, "other address")));
        }
    }
    let (tls, dtls) = analysis.capture.secrets;
    if tls + dtls > 0 {
        let secrets = counted(tls + dtls, "key-log secret");
        line = line.dot().text(secrets);
        if dtls > 0 {
            line = line.text(format!(", {} for DTLS here", count(dtls)));
        }
    }
    line
}

fn date_and_time(at: Timestamp) -> Option<String> {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at.nanos())).ok()?;
    Some(
        at.strftime("%Y-%m-%d %H:%M:%S UTC")
            .to_string()
            .replace(' ', &NO_BREAK.to_string()),
    )
}

/// What makes conclusions less sure, one sentence each.
pub fn warnings(quality: &Quality) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |applies: bool, sentence: String| {
        if applies {
            warnings.push(sentence);
        }
    };
    let packets = |number| counted(number, "packet");
    warn(
        quality.cut_short,
        "The file ends inside a packet: what came after it is missing.".into(),
    );
    warn(
        quality.evicted_flows > 0,
        format!(
            "{} and {} made room for later ones: of a capture without an end only the latest are kept.",
            counted(quality.evicted_calls, "call"),
            counted(quality.evicted_flows, "conversation")
        ),
    );
    warn(
        quality.dropped_packets > 0,
        format!(
            "The capturing side dropped {}: gaps may be the capture's, not the network's.",
            packets(quality.dropped_packets)
        ),
    );
    warn(
        quality.truncated_packets > 0,
        format!(
            "{} cut by the snap length: their ends could not be read.",
            packets(quality.truncated_packets)
        ),
    );
    warn(
        quality.one_direction,
        "Only one direction was captured: what looks unanswered may have been answered.".into(),
    );
    warn(
        quality.starts_mid_call,
        "Calls were already up when the capture began: their setup is not in it.".into(),
    );
    warn(
        quality.clock_is_unsure(),
        format!(
            "The clock steps back {}: times around there are unsure.",
            if quality.time_steps_back == 1 {
                "once".into()
            } else {
                format!("{} times", count(quality.time_steps_back))
            }
        ),
    );
    let interval = quality.burst_interval.unwrap_or_default();
    warn(
        quality.burst_interval.is_some(),
        format!(
            "Packets were stamped in bursts, {} apart: round trips, jitter, freezes and setup times are not known.",
            span(interval)
        ),
    );
    warn(
        quality.duplicate_packets > 0,
        format!(
            "{} captured twice, counted once.",
            packets(quality.duplicate_packets)
        ),
    );
    warnings
}

/// How all calls came out, in one line.
fn summary(analysis: &Analysis) -> Words {
    let scene = &analysis.scene;
    let of_calls = analysis
        .verdicts
        .iter()
        .filter(|verdict| verdict.peer_connection.is_some());
    let number_of = |outcome| {
        of_calls
            .clone()
            .filter(|verdict| verdict.outcome == outcome)
            .count()
    };
    let mut line = match scene.peer_connections.len() {
        0 => Words::new().styled(BOLD, "No call"),
        number => Words::new().styled(BOLD, counted(number as u64, "call")),
    };
    let mut separator = ": ";
    for outcome in [
        Outcome::Failed,
        Outcome::Degraded,
        Outcome::Unknown,
        Outcome::Ok,
    ] {
        let number = number_of(outcome);
        if number > 0 {
            let (glyph, style) = mark(outcome);
            line = line.text(separator).styled(
                style,
                format!("{glyph}{NO_BREAK}{number}{NO_BREAK}{}", words(outcome)),
            );
            separator = ", ";
        }
    }
    let findings = |severity| {
        analysis
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count() as u64
    };
    let mut parts = vec![
        counted(scene.dialogues.len() as u64, "signaling session"),
        counted(scene.streams.len() as u64, "stream"),
    ];
    if !scene.turn.is_empty() {
        parts.push(counted(scene.turn.len() as u64, "TURN allocation"));
    }
    for (severity, word) in [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ] {
        if findings(severity) > 0 {
            parts.push(counted(findings(severity), word));
        }
    }
    for part in parts {
        line = line.dot().text(part);
    }
    line
}

/// Glyph and style of an outcome.
pub const fn mark(outcome: Outcome) -> (char, anstyle::Style) {
    match outcome {
        Outcome::Ok => ('●', GOOD),
        Outcome::Degraded => ('◐', POOR),
        Outcome::Failed => ('✖', BAD),
        Outcome::Unknown => ('?', DIM),
    }
}

/// An outcome in a sentence.
pub const fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Degraded => "degraded",
        Outcome::Failed => "failed",
        Outcome::Unknown => "cannot tell",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_capture_warns_of_nothing() {
        assert!(warnings(&Quality::default()).is_empty());
    }

    #[test]
    fn each_flaw_gets_its_sentence() {
        let quality = Quality {
            truncated_packets: 1,
            dropped_packets: 2,
            duplicate_packets: 3,
            time_steps_back: 1,
            largest_step_back: std::time::Duration::from_millis(1),
            burst_interval: Some(std::time::Duration::from_secs(1)),
            one_direction: true,
            starts_mid_call: true,
            cut_short: true,
            evicted_calls: 3,
            evicted_flows: 9,
        };
        assert_eq!(warnings(&quality).len(), 9);
    }
}
