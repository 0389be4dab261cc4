//! Reads the capture in the background: progress often, snapshots while they are cheap, and one at the end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Duration;
use std::time::Instant;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::pace::Pace;
use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::analyze;
use crate::analyzer::rolling::Rolling;
use crate::ingest::source::Source;
use crate::tui::effect::News;
use crate::tui::state::loading::Loading;

/// Reads `source` to its end, or until `stop` is set or nobody listens any more; gives what is known at its end.
///
/// A capture that runs (`live`) is read to its end in any case: what came has to be written.
pub fn load(
    mut source: Source,
    analyzer: Analyzer,
    news: &Sender<News>,
    stop: &AtomicBool,
    live: bool,
) -> Option<Arc<Analysis>> {
    let mut analyzer = if live {
        Rolling::live(analyzer)
    } else {
        Rolling::of(analyzer, &source)
    };
    let started = Instant::now();
    let mut listening = true;
    let (mut telling, mut pace) = (Telling::default(), Pace::every(SNAPSHOT_EVERY));
    analyze(&mut source, &mut analyzer, |source, analyzer| {
        let now = started.elapsed();
        if live && stop.load(Ordering::Relaxed) {
            return true;
        }
        if telling.is_due(now) {
            let progress = source.progress();
            listening &= news
                .send(News::Progress(Loading {
                    read_bytes: progress.read_bytes,
                    total_bytes: progress.total_bytes,
                    packets: source.files().iter().map(|file| file.packets).sum(),
                    elapsed: now,
                }))
                .is_ok();
        }
        if pace.is_due(now) {
            let analysis = analyzer.snapshot(source.files());
            pace.took(now, started.elapsed());
            listening &= news
                .send(News::Snapshot(Arc::new(analysis), source.files().into()))
                .is_ok();
        }
        live || listening && !stop.load(Ordering::Relaxed)
    });
    if (!listening || stop.load(Ordering::Relaxed)) && !live {
        return None;
    }
    let analysis = Arc::new(analyzer.into_analysis(source.files()));
    // Nobody left to hear it: then the program is ending.
    let _ = news.send(News::Snapshot(Arc::clone(&analysis), source.files().into()));
    let _ = news.send(News::Loaded);
    Some(analysis)
}

/// When to tell how far reading has come.
#[derive(Debug, Default)]
struct Telling {
    told: Option<Duration>,
}

impl Telling {
    fn is_due(&mut self, now: Duration) -> bool {
        let due = self
            .told
            .is_none_or(|told| now.saturating_sub(told) >= TELL_EVERY);
        if due {
            self.told = Some(now);
        }
        due
    }
}

/// Between two words on how far reading has come.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// Between two snapshots, at least.
const SNAPSHOT_EVERY: Duration = Duration::from_millis(500);
