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

use std::io;

use anstyle::Style;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::{Finding, Severity};
use crate::report::text::figures::{NO_BREAK, frames};
use crate::report::text::page::Page;
use crate::report::text::words::{BAD, BOLD, DIM, PLAIN, POOR, Words};

/// Prints the findings that `wanted` picks, the worst first. False when there was none.
pub fn print(
    analysis: &Analysis,
    page: &mut Page<'_>,
    wanted: impl Fn(&Finding) -> bool,
) -> io::Result<bool> {
    let mut picked: Vec<(usize, &Finding)> = analysis
        .findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| wanted(finding))
        .collect();
    picked.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    for (index, finding) in &picked {
        page.blank()?;
        print_one(analysis, page, *index, finding)?;
    }
    Ok(!picked.is_empty())
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
