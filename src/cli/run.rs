//! Does what was asked, and turns the outcome into an exit status.

use std::ffi::OsString;
use std::io;
use std::io::IsTerminal;
use std::io::Write;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::CommandFactory;
use clap::Parser;

use crate::analyzer::analysis::Analysis;
use crate::cli::args::Action;
use crate::cli::args::Args;
use crate::cli::args::Learn;
use crate::cli::args::Load;
use crate::cli::args::Look;
use crate::cli::args::Report;
use crate::cli::args::sample;
use crate::cli::export;
use crate::cli::failure::Failure;
use crate::cli::learn::handout;
use crate::cli::learn::lessons;
use crate::cli::live;
use crate::cli::load::analyzer;
use crate::cli::load::load;
use crate::cli::output::Destination;
use crate::cli::raw::Colour;
use crate::cli::raw::Format;
use crate::cli::raw::RawArgs;
use crate::cli::screen::config_text;
use crate::cli::screen::setup;
use crate::diagnosis::finding::Severity;
use crate::filter::Filter;
use crate::filter::help::help;
use crate::filter::rows::RowKind;
use crate::filter::shown::Shown;
use crate::ingest::source::Source;
use crate::lessons::library::SAMPLE;
use crate::report;
use crate::tui;
use crate::tui::run::Lessons;

/// Runs the program with its arguments, program name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let raw = match RawArgs::try_parse_from(arguments) {
        Ok(raw) => raw,
        Err(shown) => return usage(&shown),
    };
    let args = Args::resolve(raw, io::stdout().is_terminal());
    match perform(args) {
        Ok(code) => code,
        Err(failure) => {
            // Nobody may be left to read it.
            let _ = writeln!(anstream::stderr(), "rtcscope: {failure}");
            ExitCode::from(UNUSABLE)
        }
    }
}

/// Help and version are printed and done; wrong usage is printed and status 2, clap's own choice.
fn usage(shown: &clap::Error) -> ExitCode {
    let _ = shown.print();
    u8::try_from(shown.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn perform(args: Args) -> Result<ExitCode, Failure> {
    let colour = colour(args.colour);
    match args.action {
        Action::Completions(shell) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut RawArgs::command(), "rtcscope", &mut script);
            Destination::Stdout.deliver(ColorChoice::Never, |out| out.write_all(&script))?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Live(watch, look) => live::run(*watch, look, args.colour, colour),
        Action::Interfaces => live::list::print(colour),
        Action::ExportFrames(inputs, wanted) => export::frames(inputs, &wanted),
        Action::FilterHelp => {
            let text = help();
            Destination::Stdout
                .deliver(ColorChoice::Never, |out| out.write_all(text.as_bytes()))?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Report(inputs, wanted) => print_report(inputs, &wanted, colour),
        Action::Config => {
            let text = config_text();
            Destination::Stdout
                .deliver(ColorChoice::Never, |out| out.write_all(text.as_bytes()))?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Explore(inputs, look) => explore(inputs, look, args.colour),
        Action::Learn(wanted) => learn(&wanted, args.colour),
    }
}

fn learn(wanted: &Learn, colour: Colour) -> Result<ExitCode, Failure> {
    let Some(print) = &wanted.print else {
        return teach(wanted, colour);
    };
    let text = handout(wanted, print)?;
    let destination = match &print.output {
        Some(path) => Destination::File(path),
        None => Destination::Stdout,
    };
    // A handout has no styles, and nothing in it that could be taken for one.
    destination.deliver(ColorChoice::AlwaysAnsi, |out| {
        out.write_all(text.as_bytes())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the lessons' screen on the user's capture, else on the one that the first lesson names.
fn teach(wanted: &Learn, colour: Colour) -> Result<ExitCode, Failure> {
    let list = lessons(wanted)?;
    let mut load = wanted.load.clone();
    let is_sample = load.inputs.is_empty();
    if is_sample {
        load.inputs = vec![sample()];
    }
    let mut setup = setup(Look::default(), colour, &load)?;
    setup.built_in = is_sample.then(|| SAMPLE.to_owned());
    setup.lessons = Some(Lessons {
        list,
        number: wanted.lesson,
    });
    let analyzer = analyzer(&load)?;
    let source = Source::open_ahead(load.inputs)?;
    tui::run::run(source, analyzer, setup).map_err(Failure::Screen)?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the inputs before the screen, so that what can't be opened is said where the user stays.
fn explore(inputs: Load, look: Look, colour: Colour) -> Result<ExitCode, Failure> {
    let mut setup = setup(look, colour, &inputs)?;
    let analyzer = analyzer(&inputs)?;
    let is_sample = inputs.inputs == [sample()];
    let source = Source::open_ahead(inputs.inputs)?;
    setup.built_in = is_sample.then(|| SAMPLE.to_owned());
    tui::run::run(source, analyzer, setup).map_err(Failure::Screen)?;
    Ok(ExitCode::SUCCESS)
}

fn print_report(inputs: Load, wanted: &Report, colour: ColorChoice) -> Result<ExitCode, Failure> {
    // Before the capture is read, which may take a while.
    let filter = wanted.filter.as_deref().map(filter).transpose()?;
    let analysis = load(inputs)?;
    let shown = filter.map(|filter| Shown::new(&analysis, &filter));
    let destination = match &wanted.output {
        Some(path) => Destination::File(path),
        None => Destination::Stdout,
    };
    // JSON has no styles, and no escapes that could be taken for some: nothing to strip.
    let colour = match wanted.format {
        Format::Text => colour,
        Format::Json | Format::Ndjson => ColorChoice::AlwaysAnsi,
    };
    destination.deliver(colour, |out| match (wanted.format, &shown) {
        (Format::Text, None) => report::text::write(&analysis, out),
        (Format::Text, Some(shown)) => report::text::write_shown(&analysis, shown, out),
        (Format::Json, None) => report::json::write(&analysis, out),
        (Format::Json, Some(shown)) => report::json::write_shown(&analysis, shown, out),
        (Format::Ndjson, None) => report::ndjson::write(&analysis, out),
        (Format::Ndjson, Some(shown)) => report::ndjson::write_shown(&analysis, shown, out),
    })?;
    let met = wanted
        .fail_on
        .is_some_and(|least| is_met(&analysis, shown.as_ref(), least));
    // The process ends here: freeing a large capture's facts piece by piece would only keep its user waiting.
    std::mem::forget(analysis);
    Ok(if met {
        ExitCode::from(FAIL_ON_MET)
    } else {
        ExitCode::SUCCESS
    })
}

fn filter(expression: &str) -> Result<Filter, Failure> {
    Filter::of_list(expression, RowKind::Call).map_err(|error| Failure::Filter {
        expression: expression.to_owned(),
        error,
    })
}

/// Only what is reported counts.
fn is_met(analysis: &Analysis, shown: Option<&Shown>, least: Severity) -> bool {
    let mut findings = analysis.findings.iter().enumerate();
    findings.any(|(index, finding)| {
        let reported = shown.is_none_or(|shown| shown.findings.contains(&index));
        reported && finding.severity >= least
    })
}

fn colour(wanted: Colour) -> ColorChoice {
    match wanted {
        Colour::Auto => ColorChoice::Auto,
        Colour::Always => ColorChoice::Always,
        Colour::Never => ColorChoice::Never,
    }
}

/// Exit status when `--fail-on` was met.
const FAIL_ON_MET: u8 = 1;
/// Exit status for wrong usage and for inputs and outputs that cannot be used; clap uses it too.
const UNUSABLE: u8 = 2;
