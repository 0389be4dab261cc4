//! Packets to a file: those that pass a filter, with what decrypts them.

use std::fs;
use std::io;
use std::io::IsTerminal;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anstream::ColorChoice;

use crate::cli::args::Frames;
use crate::cli::args::Load;
use crate::cli::failure::Failure;
use crate::cli::load::read;
use crate::cli::output::Destination;
use crate::ingest::frame_reader::FrameReader;
use crate::ingest::raw::Input;
use crate::ingest::save::Marked;
use crate::ingest::save::Remarks;
use crate::ingest::save::write_frames;
use crate::tui::effect::Query;
use crate::tui::keymap::Scope;
use crate::tui::packet::known::Known;
use crate::tui::scan::collect;
use crate::tui::state::filter::Filter;
use crate::tui::text::count;
use crate::tui::text::counted;

/// Writes the packets that pass.
///
/// # Errors
///
/// The filter is none, a capture or key log cannot be read, or the file not be written.
pub(super) fn frames(inputs: Load, wanted: &Frames) -> Result<ExitCode, Failure> {
    // Before the capture is read, which may take a while.
    let filter = filter(&wanted.filter)?;
    let destination = destination(wanted.output.as_deref(), &inputs)?;
    let (source, analysis) = read(inputs)?;
    let analysis = Arc::new(analysis);
    let query = Query {
        filter,
        call: None,
        flow: None,
        also: std::collections::HashSet::new(),
        totals: source.files().iter().map(|file| file.packets).collect(),
        known: Arc::new(Known::of(&analysis.scene)),
        analysis,
    };
    let found = collect(source.index(), &query);
    let all: u64 = query.totals.iter().sum();
    if found.frames.is_empty() {
        say(&format!(
            "none of {} passes the filter: nothing was written",
            counted(all, "packet")
        ));
        return Ok(ExitCode::from(NOTHING_PASSES));
    }
    let marked: Vec<Marked<'_>> = found
        .frames
        .iter()
        .map(|&number| Marked {
            number,
            comment: None,
        })
        .collect();
    let with_secrets = wanted.secrets && found.opened > 0;
    let comment = format!("packets that pass: {}", wanted.filter);
    let remarks = Remarks {
        comment: Some(&comment),
        key_log: with_secrets.then_some(found.key_log.as_bytes()),
    };
    let mut reader = FrameReader::new(source.index());
    // Bytes, not text: nothing in them is an escape sequence.
    destination.deliver(ColorChoice::AlwaysAnsi, |out| {
        write_frames(
            out,
            "the file",
            &marked,
            &mut reader,
            source.files(),
            remarks,
        )
        .map(|_| ())
        .map_err(io::Error::other)
    })?;
    let secrets = match found.opened {
        0 => String::new(),
        opened if with_secrets => {
            format!(
                ", with the secrets of {}",
                counted(opened as u64, "handshake")
            )
        }
        _ => ", without the secrets".to_owned(),
    };
    say(&format!(
        "{} of {} written{secrets}",
        count(found.frames.len() as u64),
        counted(all, "packet")
    ));
    Ok(ExitCode::SUCCESS)
}

fn filter(expression: &str) -> Result<Filter, Failure> {
    Filter::new(expression, Scope::Packets).map_err(|error| Failure::Filter {
        expression: expression.to_owned(),
        error,
    })
}

/// Where the packets go, when they can go there.
fn destination<'a>(output: Option<&'a Path>, inputs: &Load) -> Result<Destination<'a>, Failure> {
    match output {
        None => Err(Failure::NoOutput),
        Some(path) if path == Path::new("-") && io::stdout().is_terminal() => {
            Err(Failure::OutputIsTerminal)
        }
        Some(path) if path == Path::new("-") => Ok(Destination::Stdout),
        Some(path) => {
            let target = fs::canonicalize(path).ok();
            let is_read = |input: &Input| match input {
                Input::Path(read) => target.is_some() && fs::canonicalize(read).ok() == target,
                _ => false,
            };
            if inputs.inputs.iter().any(is_read) {
                return Err(Failure::OutputIsInput {
                    path: path.to_owned(),
                });
            }
            Ok(Destination::File(path))
        }
    }
}

/// On standard error: standard output may have the packets.
fn say(text: &str) {
    // Nobody may be left to read it.
    let _ = writeln!(anstream::stderr(), "rtcscope: {text}");
}

/// Exit status when no packet passes.
const NOTHING_PASSES: u8 = 1;
