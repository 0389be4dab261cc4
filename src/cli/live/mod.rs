//! `rtcscope live`: sockets opened, rights given up, then screens or a report.

use std::io;
use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anstream::ColorChoice;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::analyze;
use crate::cli::failure::Failure;
use crate::cli::live::keylog::follow;
use crate::cli::live::raw::Watch;
use crate::cli::live::signals::Signals;
use crate::cli::output::Destination;
use crate::cli::raw::Colour;
use crate::cli::raw::Format;
use crate::ingest::live::rights;
use crate::ingest::live::session::Live;
use crate::ingest::live::session::Opened;
use crate::ingest::source::Source;
use crate::report;
use crate::vocab::printable::printable;

pub mod keylog;
pub mod list;
pub mod raw;
pub mod signals;

/// Watches what is wanted until the user, a signal or the time ends it.
pub fn run(watch: Watch, _screen: Colour, colour: ColorChoice) -> Result<ExitCode, Failure> {
    let opened = Opened::new(watch.options)?;
    rights::give_up();
    let signals = Signals::listen().map_err(Failure::Signals)?;
    let (source, live) = opened.start()?;
    follow(watch.key_logs, live.control().clone());
    let format = watch.headless.unwrap_or(Format::Text);
    headless(source, &live, &signals, format, colour)
}

/// Without a screen: what happens goes to standard error, the report to standard output.
fn headless(
    mut source: Source,
    live: &Live,
    signals: &Signals,
    format: Format,
    colour: ColorChoice,
) -> Result<ExitCode, Failure> {
    let mut analyzer = Analyzer::default();
    analyze(&mut source, &mut analyzer, |_, _| {
        if signals.stop.load(Ordering::Relaxed) {
            live.control().stop();
        }
        tell(live);
        true
    });
    let analysis = analyzer.into_analysis(source.files());
    let file = live.finish(&remarks(&analysis));
    tell(live);
    if let Some(file) = file {
        say(&format!(
            "{} packets written to {file}",
            analysis.capture.packets
        ));
    }
    Destination::Stdout.deliver(colour, |out| match format {
        Format::Text => report::text::write(&analysis, out),
        Format::Json => report::json::write(&analysis, out),
        Format::Ndjson => report::ndjson::write(&analysis, out),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Comments for the file: each finding in a line, with its frames.
pub fn remarks(analysis: &Analysis) -> Vec<String> {
    let findings = analysis.findings.iter().enumerate();
    findings
        .map(|(index, finding)| {
            let mut frames: Vec<u64> = finding
                .evidence
                .iter()
                .flat_map(|line| &line.frames)
                .map(|frame| frame.number())
                .collect();
            frames.sort_unstable();
            frames.dedup();
            let listed: Vec<String> = frames
                .iter()
                .take(FRAMES_NAMED)
                .map(u64::to_string)
                .collect();
            let shown = if listed.is_empty() {
                String::new()
            } else {
                format!(" (frames {})", listed.join(", "))
            };
            format!(
                "rtcscope finding-{}, {}: {}{shown}",
                index + 1,
                finding.severity.word(),
                finding.title
            )
        })
        .collect()
}

/// Tells what happened to the capture.
fn tell(live: &Live) {
    for event in live.status().take_events() {
        say(&event.text);
    }
}

fn say(text: &str) {
    // Nobody may be left to read it.
    let _ = writeln!(io::stderr(), "rtcscope: {}", printable(text));
}

/// Frames named in a comment.
const FRAMES_NAMED: usize = 16;
