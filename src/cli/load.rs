//! Inputs and key logs to an `Analysis`, with a progress bar where somebody waits.

use std::fs::File;
use std::io;
use std::io::IsTerminal;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::Intake;
use crate::analyzer::pipeline::analyze;
use crate::analyzer::rolling::Rolling;
use crate::cli::args::Load;
use crate::cli::args::SAMPLE_KEYS;
use crate::cli::args::sample;
use crate::cli::failure::Failure;
use crate::cli::live::signals::Signals;
use crate::crypt::keylog::KeyLog;
use crate::ingest::source::Source;
use crate::lessons::library;

/// Reads everything and analyzes it.
pub fn load(load: Load) -> Result<Analysis, Failure> {
    let analyzer = analyzer(&load)?;
    let source = Source::open_once(load.inputs)?;
    finish(source, analyzer).map(|(_, analysis)| analysis)
}

/// The same; the source can read frames again.
pub fn read(load: Load) -> Result<(Source, Analysis), Failure> {
    let analyzer = analyzer(&load)?;
    let source = Source::open_ahead(load.inputs)?;
    finish(source, analyzer)
}

fn finish(mut source: Source, analyzer: Analyzer) -> Result<(Source, Analysis), Failure> {
    let mut analyzer = Rolling::of(analyzer, &source);
    // What may have no end is ended by a signal, and reported.
    let signals = if source.can_wait() {
        Signals::listen().map_err(Failure::Signals)?
    } else {
        Signals::default()
    };
    let bar = progress_bar(&source);
    analyze(&mut source, &mut analyzer, |source, _| {
        bar.set_position(source.progress().read_bytes);
        !signals.stop.load(Ordering::Relaxed)
    });
    if signals.stop.load(Ordering::Relaxed) {
        analyzer.finish();
    }
    bar.finish_and_clear();
    let analysis = analyzer.into_analysis(source.files());
    Ok((source, analysis))
}

/// An analyzer that knows the key logs' secrets.
pub fn analyzer(load: &Load) -> Result<Analyzer, Failure> {
    let mut analyzer = Analyzer::default();
    if load.inputs == [sample()] {
        analyzer.add_key_log(SAMPLE_KEYS);
    } else if let Some(capture) = library::known(&load.inputs) {
        analyzer.add_key_log(capture.key_log);
    }
    for path in &load.key_logs {
        analyzer.add_key_log(&read_key_log(path)?);
    }
    if load.key_logs.is_empty()
        && let Some((_, text)) = key_log_around()
    {
        analyzer.add_key_log(&text);
    }
    Ok(analyzer)
}

/// The key logs that [`analyzer`] reads: a later one comes on top of these.
pub fn key_logs(load: &Load) -> Vec<PathBuf> {
    if load.key_logs.is_empty() {
        key_log_around().into_iter().map(|(path, _)| path).collect()
    } else {
        load.key_logs.clone()
    }
}

/// The file that the environment names. Nobody asked for it here: if it can't be read, or is no key log, there are no secrets.
fn key_log_around() -> Option<(PathBuf, Vec<u8>)> {
    let path = std::env::var_os(KEY_LOG_VARIABLE).filter(|path| !path.is_empty())?;
    let path = PathBuf::from(path);
    let text = read_key_log(&path).ok()?;
    Some((path, text))
}

/// The bytes of a key log; an error for what is none.
fn read_key_log(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |source| Failure::KeyLog {
        path: path.to_owned(),
        source,
    };
    let mut text = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(KEY_LOG_MAX + 1)
        .read_to_end(&mut text)
        .map_err(failed)?;
    if text.len() as u64 > KEY_LOG_MAX {
        return Err(Failure::KeyLogTooLarge {
            path: path.to_owned(),
            limit: KEY_LOG_MAX >> 20,
        });
    }
    // An empty key log is one whose browser has not written yet. One with lines and no secret is another kind of file.
    let mut secrets = KeyLog::default();
    if !secrets.add(&text).is_empty() && secrets.is_empty() {
        return Err(Failure::NoKeyLog {
            path: path.to_owned(),
        });
    }
    Ok(text)
}

/// A bar on standard error when that is a terminal and reading will take a while.
fn progress_bar(source: &Source) -> ProgressBar {
    let total = source.progress().total_bytes;
    let long = total.is_none_or(|bytes| bytes >= BAR_FROM_BYTES);
    if !long || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
    let template = if total.is_some() {
        "reading {wide_bar} {percent} % · {binary_bytes_per_sec} · {eta} left"
    } else {
        "reading {spinner} {binary_bytes} · {elapsed}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Where browsers started from this shell write their secrets.
const KEY_LOG_VARIABLE: &str = "SSLKEYLOGFILE";

/// Key logs are read up to here, bytes: more than a browser writes in years.
const KEY_LOG_MAX: u64 = 64 << 20;

/// From this size on reading takes about a second, and a bar is worth its flicker.
const BAR_FROM_BYTES: u64 = 256 << 20;
