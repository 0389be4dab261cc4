//! `rtcscope live`: sockets opened, rights given up, then screens or a report.

use std::io;
use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anstream::ColorChoice;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::analyze;
use crate::analyzer::rolling::Rolling;
use crate::cli::args::Load;
use crate::cli::args::Look;
use crate::cli::failure::Failure;
use crate::cli::live::keylog::follow;
use crate::cli::live::raw::Watch;
use crate::cli::live::signals::Signals;
use crate::cli::live::telling::Telling;
use crate::cli::output::Destination;
use crate::cli::raw::Colour;
use crate::cli::raw::Format;
use crate::cli::screen::setup;
use crate::ingest::live::session::Live;
use crate::ingest::live::session::Opened;
use crate::ingest::live::session::may_capture;
use crate::ingest::source::Source;
use crate::report;
use crate::tui;
use crate::tui::choose::choose;
use crate::tui::run::Setup;
use crate::vocab::printable::printable;

pub mod keylog;
pub mod list;
pub mod raw;
pub mod signals;
pub mod telling;

/// Watches what is wanted until the user, a signal or the time ends it.
pub fn run(
    watch: Watch,
    look: Look,
    screen: Colour,
    colour: ColorChoice,
) -> Result<ExitCode, Failure> {
    if let Some(format) = watch.headless {
        return headless(watch, format, colour);
    }
    // What runs by cannot be read again.
    let nothing = Load {
        inputs: Vec::new(),
        key_logs: Vec::new(),
    };
    // Before anything runs, so that what is wrong with the settings is said where the user stays.
    explore(watch, setup(look, screen, &nothing)?)
}

/// Opens the sockets and begins; rights are given up on the way.
fn begin(watch: Watch) -> Result<(Source, Live, Signals), Failure> {
    let opened = Opened::new(watch.options)?;
    // Rights are given up here, so that no thread has any that is started later.
    let (source, live) = opened.start()?;
    let signals = Signals::listen().map_err(Failure::Signals)?;
    follow(
        watch.key_logs,
        live.control().clone(),
        live.status().clone(),
    );
    Ok((source, live, signals))
}

/// On the screens. What ends them ends the capture.
fn explore(mut watch: Watch, setup: Setup) -> Result<ExitCode, Failure> {
    if watch.options.interfaces.is_empty() {
        // Who lacks the right should not choose first.
        may_capture()?;
        match choose(setup.theme, &setup.stops).map_err(Failure::Screen)? {
            Some(names) => watch.options.interfaces = names,
            None => return Ok(ExitCode::SUCCESS),
        }
    }
    let filter = watch.options.filter.clone().unwrap_or_default();
    let (source, live, signals) = begin(watch)?;
    let handle = live.clone();
    let watched = tui::watch::Watch::new(live, signals.stop, filter);
    let outcome = tui::run::watch(source, Analyzer::default(), setup, watched);
    let known = outcome.as_ref().ok().and_then(Option::as_ref);
    let file = handle.finish(&known.map(|analysis| remarks(analysis)).unwrap_or_default());
    tell(&handle);
    if let (Some(file), Some(analysis)) = (file, known) {
        say(&format!(
            "{} packets written to {file}",
            analysis.capture.packets
        ));
    }
    outcome.map_err(Failure::Screen)?;
    Ok(ExitCode::SUCCESS)
}

/// Without a screen: what happens goes to standard error, the report to standard output; events at once, all else at the end.
fn headless(watch: Watch, format: Format, colour: ColorChoice) -> Result<ExitCode, Failure> {
    let is_written = watch.options.output.is_some();
    let (mut source, live, signals) = begin(watch)?;
    let names: Vec<&str> = source
        .files()
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    say(&format!("capturing on {}; Ctrl-C ends", names.join(", ")));
    let mut analyzer = Rolling::live(Analyzer::default());
    let mut telling = (format == Format::Ndjson).then(Telling::default);
    let mut failure = None;
    analyze(&mut source, &mut analyzer, |source, analyzer| {
        if signals.stop.load(Ordering::Relaxed) {
            live.control().stop();
        }
        tell(&live);
        let told = telling
            .as_mut()
            .map_or(Ok(true), |telling| telling.look(source, analyzer));
        if !matches!(told, Ok(true)) {
            telling = None;
            failure = told.err();
            // Nobody reads it any more: only a file is a reason to go on.
            if !is_written {
                live.control().stop();
            }
        }
        true
    });
    let analysis = analyzer.into_analysis(source.files());
    let file = live.finish(&remarks(&analysis));
    tell(&live);
    if let Some(file) = file {
        say(&format!(
            "{} packets written to {file}",
            analysis.capture.packets
        ));
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    match (format, &mut telling) {
        (Format::Ndjson, Some(telling)) => telling.finish(&analysis)?,
        // Its reader is gone.
        (Format::Ndjson, None) => {}
        (Format::Text, _) => {
            Destination::Stdout.deliver(colour, |out| report::text::write(&analysis, out))?;
        }
        (Format::Json, _) => {
            Destination::Stdout.deliver(colour, |out| report::json::write(&analysis, out))?;
        }
    }
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
