//! Reads captures in the background while others are shown; when all is read, it takes their place at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Duration;
use std::time::Instant;

use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::analyze;
use crate::ingest::raw::Input;
use crate::ingest::source::Source;
use crate::tui::effect::News;
use crate::tui::effect::Opened;
use crate::tui::effect::Reopened;
use crate::tui::state::loading::Loading;

/// Opens inputs with key logs, or says why not. The command line's own way of doing it.
pub type Opener = fn(Vec<Input>, Vec<PathBuf>) -> Result<(Source, Analyzer), String>;

/// Opens and reads; what comes of it comes as news.
pub fn reopen(
    opener: Opener,
    inputs: Vec<Input>,
    key_logs: Vec<PathBuf>,
    keep: bool,
    news: &Sender<News>,
    stop: &AtomicBool,
) {
    // Nobody left to hear it: then the program is ending, or something else was asked for.
    let (mut source, mut analyzer) = match opener(inputs.clone(), key_logs.clone()) {
        Ok(opened) => opened,
        Err(text) => {
            let _ = news.send(News::NotReopened(text));
            return;
        }
    };
    let opened = Opened {
        inputs: inputs.clone(),
        key_logs: key_logs.clone(),
        keep,
    };
    if news.send(News::Opened(Box::new(opened))).is_err() {
        return;
    }
    let mut heard = true;
    let started = Instant::now();
    let mut told = Duration::ZERO;
    analyze(&mut source, &mut analyzer, |source, _| {
        let elapsed = started.elapsed();
        if elapsed.saturating_sub(told) >= TELL_EVERY {
            told = elapsed;
            let progress = source.progress();
            let loading = Loading {
                read_bytes: progress.read_bytes,
                total_bytes: progress.total_bytes,
                packets: source.files().iter().map(|file| file.packets).sum(),
                elapsed,
            };
            heard = news.send(News::Progress(loading)).is_ok();
        }
        heard && !stop.load(Ordering::Relaxed)
    });
    if !heard || stop.load(Ordering::Relaxed) {
        return;
    }
    let files = source.files().to_vec();
    let analysis = analyzer.into_analysis(source.files());
    let _ = news.send(News::Reopened(Box::new(Reopened {
        names: files.iter().map(|file| file.path.clone()).collect(),
        inputs,
        key_logs,
        keep,
        index: source.index(),
        analysis: Arc::new(analysis),
        files: files.into(),
    })));
}

/// Between two pieces of news on how far it is.
const TELL_EVERY: Duration = Duration::from_millis(50);
