//! Reads the capture in the background: progress often, snapshots while they are cheap, and one at the end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Duration;
use std::time::Instant;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::analyze;
use crate::analyzer::rolling::Rolling;
use crate::ingest::source::Source;
use crate::tui::effect::News;
use crate::tui::state::Loading;

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
    let mut analyzer = Rolling::of(analyzer, &source);
    let started = Instant::now();
    let mut pace = Pace::default();
    analyze(&mut source, &mut analyzer, |source, analyzer| {
        let now = started.elapsed();
        let mut listening = true;
        if live && stop.load(Ordering::Relaxed) {
            return true;
        }
        if pace.is_due_to_tell(now) {
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
        if pace.is_due_to_snapshot(now) {
            let analysis = analyzer.snapshot(source.files());
            pace.took(now, started.elapsed());
            listening &= news
                .send(News::Snapshot(Arc::new(analysis), source.files().into()))
                .is_ok();
        }
        live || listening && !stop.load(Ordering::Relaxed)
    });
    if stop.load(Ordering::Relaxed) && !live {
        return None;
    }
    let analysis = Arc::new(analyzer.into_analysis(source.files()));
    // Nobody left to hear it: then the program is ending.
    let _ = news.send(News::Snapshot(Arc::clone(&analysis), source.files().into()));
    let _ = news.send(News::Loaded);
    Some(analysis)
}

/// When to tell what. A snapshot of a large analysis takes its time, so that the next one waits ten times as long.
#[derive(Debug, Default)]
struct Pace {
    told: Option<Duration>,
    next_snapshot: Duration,
}

impl Pace {
    fn is_due_to_tell(&mut self, now: Duration) -> bool {
        let due = self
            .told
            .is_none_or(|told| now.saturating_sub(told) >= TELL_EVERY);
        if due {
            self.told = Some(now);
        }
        due
    }

    fn is_due_to_snapshot(&self, now: Duration) -> bool {
        now >= self.next_snapshot
    }

    fn took(&mut self, from: Duration, until: Duration) {
        let cost = until.saturating_sub(from);
        self.next_snapshot = until + (cost * 10).max(SNAPSHOT_EVERY);
    }
}

/// Between two words on how far reading has come.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// Between two snapshots, at least.
const SNAPSHOT_EVERY: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_take_a_tenth_of_the_time_at_most() {
        let mut pace = Pace::default();
        let seconds = Duration::from_secs;
        assert!(pace.is_due_to_snapshot(seconds(0)));
        pace.took(seconds(0), seconds(2));
        assert!(!pace.is_due_to_snapshot(seconds(21)));
        assert!(pace.is_due_to_snapshot(seconds(22)));
    }
}
