//! Findings: what, why, the frames that show it, what to do.
//!
//! ```text
//!   ✖ error   No candidate pair ever answered [finding-1]
//!             Checks left both ways and nothing came back …
//!             · 5 checks to 203.0.113.10:10122, no response (frames 180, 185)
//!             → Open UDP 10000 to 10200, or add a TURN server.
//!             Would disprove it: …
//!             RFC 8445 §6.1.4.3
//! ```

use std::cmp::Reverse;
use std::io;

use anstyle::Style;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Severity;
use crate::report::text::figures::NO_BREAK;
use crate::report::text::figures::frames;
use crate::report::text::page::Page;
use crate::report::text::words::BAD;
use crate::report::text::words::BOLD;
use crate::report::text::words::DIM;
use crate::report::text::words::PLAIN;
use crate::report::text::words::POOR;
use crate::report::text::words::Words;

/// Prints findings, by their positions in the analysis; the worst first.
pub fn print(analysis: &Analysis, page: &mut Page<'_>, picked: &[usize]) -> io::Result<()> {
    let findings = picked.iter().copied();
    let mut findings: Vec<(usize, &Finding)> = findings
        .filter_map(|index| Some((index, analysis.findings.get(index)?)))
        .collect();
    findings.sort_by_key(|(_, finding)| Reverse(finding.severity));
    for (index, finding) in findings {
        page.blank()?;
        print_one(analysis, page, index, finding)?;
    }
    Ok(())
}

fn print_one(
    analysis: &Analysis,
    page: &mut Page<'_>,
    index: usize,
    finding: &Finding,
) -> io::Result<()> {
    let (glyph, style) = mark(finding.severity);
    let label = Words::new().styled(style, format!("{glyph} {}", finding.severity.word()));
    let title = Words::new()
        .long_styled(BOLD, &finding.title)
        .styled(DIM, format!(" [finding-{}]", index + 1));
    page.field_with(&label, &title)?;
    page.hanging(&Words::new().long(&finding.explanation))?;
    for line in &finding.evidence {
        let shown = frames(&line.frames, &analysis.capture);
        let mut words = Words::new().text(format!("·{NO_BREAK}")).long(&line.text);
        if !shown.is_empty() {
            words = words.styled(DIM, format!(" ({shown})"));
        }
        page.hanging(&words)?;
    }
    if !finding.advice.is_empty() {
        page.hanging(
            &Words::new()
                .text(format!("→{NO_BREAK}"))
                .long(&finding.advice),
        )?;
    }
    if !finding.would_disprove.is_empty() {
        let words = Words::new().styled(DIM, "Would disprove it: ");
        page.hanging(&words.long_styled(DIM, &finding.would_disprove))?;
    }
    page.hanging(&Words::new().long_styled(DIM, &finding.reference))
}

/// Glyph and style of a severity.
pub const fn mark(severity: Severity) -> (char, Style) {
    match severity {
        Severity::Error => ('✖', BAD),
        Severity::Warning => ('!', POOR),
        Severity::Note => ('·', PLAIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::EvidenceLine;
    use crate::diagnosis::finding::FindingLayer;
    use crate::vocab::ids::FrameNumber;

    fn finding(severity: Severity, title: &str) -> Finding {
        Finding {
            rule: "a-rule",
            severity,
            layer: FindingLayer::Ice,
            stage: None,
            peer_connection: None,
            dialogue: None,
            title: title.into(),
            explanation: "Because.".into(),
            evidence: vec![EvidenceLine {
                text: "5 checks, no response".into(),
                frames: [180, 185].map(|n| FrameNumber::new(0, n)).to_vec(),
            }],
            would_disprove: "An answer.".into(),
            advice: "Open the port.".into(),
            reference: "RFC 8445 §6.1.4.3".into(),
        }
    }

    fn shown(findings: Vec<Finding>) -> String {
        let analysis = Analysis {
            findings,
            ..Analysis::default()
        };
        let mut out = Vec::new();
        let all: Vec<usize> = (0..analysis.findings.len()).collect();
        print(&analysis, &mut Page::new(&mut out), &all).unwrap();
        String::from_utf8(anstream::adapter::strip_bytes(&out).into_vec()).unwrap()
    }

    #[test]
    fn a_finding_says_what_why_where_and_what_to_do() {
        let expected = "
  ✖ error   Nobody answered [finding-1]
            Because.
            · 5 checks, no response (frames 180, 185)
            → Open the port.
            Would disprove it: An answer.
            RFC 8445 §6.1.4.3
";
        assert_eq!(
            shown(vec![finding(Severity::Error, "Nobody answered")]),
            expected
        );
    }

    #[test]
    fn the_worst_comes_first_and_keeps_its_number() {
        let text = shown(vec![
            finding(Severity::Note, "Minor"),
            finding(Severity::Error, "Major"),
        ]);
        let (major, minor) = (
            text.find("Major [finding-2]"),
            text.find("Minor [finding-1]"),
        );
        assert!(major.unwrap() < minor.unwrap(), "{text}");
    }

    #[test]
    fn a_title_that_quotes_the_wire_cannot_act() {
        let text = shown(vec![finding(Severity::Note, "refused: \x1b[2J\u{202e}")]);
        assert!(text.contains(r"\x1b[2J\u{202e}"), "{text}");
    }
}
