//! An analysis without an end: what is old makes room, so that memory stays what it is for days.
//!
//! ```text
//!  now    ├──────── calls ────────┼──────── calls ────────┤ evicted, bit by bit while the next grows
//!  next                           ├──────── calls ────────┼──────── calls ────────┤      begins when `now` is half full,
//!                                                                                        takes over when it is full
//! ```
//!
//! Full is an analysis with so many calls or conversations, of an interface also one of a day, and one with a table that would turn away what comes.
//!
//! Identities, streams and messages point at each other by position; taking single ones out would move all others. So there are two analyses for a
//! while: the second begins without what the first knew by then, and when the first is full it goes as a whole. Calls that ended long ago are
//! forgotten that way; one that still runs is from then on a call that was joined midway. How many went is counted.

use std::net::IpAddr;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::limits::RollingLimits;
use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::Intake;
use crate::analyzer::retired::Retired;
use crate::ingest::info::FileInfo;
use crate::ingest::source::Run;
use crate::ingest::source::Source;
use crate::vocab::frame::Frame;
use crate::vocab::time::Timestamp;

/// An analyzer that forgets, or one that does not.
#[derive(Debug)]
pub struct Rolling {
    now: Analyzer,
    next: Option<Successor>,
    /// The one before `now`, which makes room as `next` grows.
    before: Option<Retired>,
    /// The one before that: its room is for the successor to come.
    spare: Option<Retired>,
    /// When `now` began; `None`: with the capture.
    begun: Option<Timestamp>,
    /// `None`: everything is kept.
    limits: Option<RollingLimits>,
    packets: u64,
    bytes: u64,
    evicted_calls: u64,
    evicted_flows: u64,
    /// Frames until the next look at the limits.
    until_look: u64,
}

/// The analysis that will take over.
#[derive(Debug)]
struct Successor {
    analyzer: Analyzer,
    begun: Timestamp,
    /// Calls and conversations that were known when it began: it does not hear of their media, and they go when it takes over.
    calls_before: usize,
    flows_before: usize,
}

impl Rolling {
    /// For `source`: forgets when it may have no end, for the reason that there is no room.
    pub fn of(analyzer: Analyzer, source: &Source) -> Self {
        if source.can_wait() {
            Self::within(analyzer, RollingLimits::default())
        } else {
            Self::whole(analyzer.on_two_threads())
        }
    }

    /// For an interface: forgets what is old, too.
    pub fn live(analyzer: Analyzer) -> Self {
        Self::within(analyzer, RollingLimits::live())
    }

    /// Keeps everything: for captures that have an end.
    pub const fn whole(analyzer: Analyzer) -> Self {
        Self {
            now: analyzer,
            next: None,
            before: None,
            spare: None,
            begun: None,
            limits: None,
            packets: 0,
            bytes: 0,
            evicted_calls: 0,
            evicted_flows: 0,
            until_look: LOOK_EVERY,
        }
    }

    /// Forgets what is old, beyond these limits.
    pub const fn within(analyzer: Analyzer, limits: RollingLimits) -> Self {
        let mut rolling = Self::whole(analyzer);
        rolling.limits = Some(limits);
        rolling
    }

    /// Everything known so far, copied.
    pub fn snapshot(&mut self, files: &[FileInfo]) -> Analysis {
        let analysis = self.now.snapshot(files);
        self.with_totals(analysis)
    }

    /// Everything known at the end.
    pub fn into_analysis(mut self, files: &[FileInfo]) -> Analysis {
        let now = std::mem::take(&mut self.now);
        self.with_totals(now.into_analysis(files))
    }

    fn with_totals(&self, mut analysis: Analysis) -> Analysis {
        if self.evicted_flows > 0 {
            let capture = &mut analysis.capture;
            (capture.packets, capture.bytes) = (self.packets, self.bytes);
            capture.quality.evicted_calls = self.evicted_calls;
            capture.quality.evicted_flows = self.evicted_flows;
        }
        analysis
    }

    fn count(&mut self, frame: &Frame<'_>) {
        self.packets += 1;
        self.bytes += u64::from(frame.original_length);
    }

    /// Gives the frame to the analysis that will take over, unless it is media of what is to be forgotten.
    fn hand_on(&mut self, frame: &Frame<'_>) {
        if let Some(next) = &mut self.next
            && !self.now.is_media_of_first(frame, next.flows_before)
        {
            next.analyzer.push(frame);
        }
    }

    fn look(&mut self, frames: u64) {
        self.until_look = self.until_look.saturating_sub(frames);
        if self.until_look > 0 {
            return;
        }
        self.until_look = LOOK_EVERY;
        let Some(limits) = self.limits else {
            return;
        };
        let Some((start, at)) = self.now.span() else {
            return;
        };
        let (calls, flows) = self.now.sizes();
        let age = at.since(self.begun.unwrap_or(start));
        let share = limits.share(calls, flows, age).max(self.now.fullness());
        if let Some(before) = &mut self.before {
            before.shrink_to((1.0 - share) * 2.0);
        }
        match &self.next {
            None if share >= 0.5 => {
                self.next = Some(Successor {
                    analyzer: self.now.heir(self.spare.take()),
                    begun: at,
                    calls_before: calls,
                    flows_before: flows,
                });
            }
            Some(_) if share >= 1.0 => {
                if let Some(next) = self.next.take() {
                    self.evicted_calls += next.calls_before as u64;
                    self.evicted_flows += next.flows_before as u64;
                    self.begun = Some(next.begun);
                    let before = std::mem::replace(&mut self.now, next.analyzer);
                    self.spare = self.before.replace(Retired::new(before));
                }
            }
            _ => {}
        }
    }
}

impl Intake for Rolling {
    fn push(&mut self, frame: &Frame<'_>) {
        self.count(frame);
        self.now.push(frame);
        self.hand_on(frame);
        self.look(1);
    }

    fn push_run(&mut self, run: Run<'_>) {
        self.now.push_run(run);
        for frame in run.frames() {
            self.count(&frame);
            if self.next.is_some() {
                self.hand_on(&frame);
            }
        }
        self.look(run.len() as u64);
    }

    fn add_key_log(&mut self, text: &[u8]) {
        self.now.add_key_log(text);
        if let Some(next) = &mut self.next {
            next.analyzer.add_key_log(text);
        }
    }

    fn add_name(&mut self, address: IpAddr, name: &str) {
        self.now.add_name(address, name);
        if let Some(next) = &mut self.next {
            next.analyzer.add_name(address, name);
        }
    }

    fn finish(&mut self) {
        // What would have taken over is of no more use.
        (self.next, self.before, self.spare) = (None, None, None);
        self.now.finish();
    }
}

/// Frames between two looks at the limits.
const LOOK_EVERY: u64 = 1_024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::analyzer::limits::Limits;
    use crate::ingest::raw::Input;
    use crate::ingest::source::Item;

    /// The sample call, `times` times one after the other, each from another client.
    fn calls(times: u8, mut take: impl FnMut(&Frame<'_>)) {
        for turn in 0..times {
            let mut source = Source::open(vec![sample()]).unwrap();
            let mut count = 0_u64;
            while let Some(item) = source.pull() {
                let Item::Frame(frame) = item else {
                    continue;
                };
                count += 1;
                let mut data = frame.data.to_vec();
                // The client's address, wherever it stands in an IPv4 header.
                for at in [26, 30] {
                    if data.get(at..at + 4) == Some(&[192, 168, 10, 2]) {
                        data[at + 2] = turn + 20;
                    }
                }
                let at = Timestamp::from_nanos(frame.at.nanos() + u64::from(turn) * 20_000_000_000);
                take(&Frame {
                    data: &data,
                    at,
                    ..frame
                });
            }
            assert!(count > 1_000);
        }
    }

    fn sample() -> Input {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("captures/videoroom-http/capture.pcapng");
        Input::Path(path)
    }

    #[test]
    fn what_is_old_is_forgotten_and_counted() {
        let limits = RollingLimits {
            calls: 1 << 20,
            flows: 400,
            age: None,
        };
        let mut rolling = Rolling::within(Analyzer::default(), limits);
        let (mut most, mut packets) = (0, 0);
        calls(20, |frame| {
            rolling.push(frame);
            packets += 1;
            most = most.max(rolling.now.sizes().1);
        });
        let analysis = rolling.into_analysis(&[]);
        assert!(most < 600, "{most}");
        assert_eq!(analysis.capture.packets, packets);
        assert!(analysis.capture.quality.evicted_flows > 400);
        let kept = analysis.scene.flows.len() as u64;
        assert!(kept >= 200 && kept <= most as u64, "{kept} of {most}");
    }

    #[test]
    fn what_was_replaced_goes_as_the_next_grows() {
        let limits = RollingLimits {
            calls: 1 << 20,
            flows: 400,
            age: None,
        };
        let mut rolling = Rolling::within(Analyzer::default(), limits);
        let (mut share, mut left, mut shrunk, mut taken_over) = (0.0, usize::MAX, 0, 0);
        calls(20, |frame| {
            rolling.push(frame);
            let (calls, flows) = rolling.now.sizes();
            let now = limits.share(calls, flows, Duration::ZERO);
            let before = rolling.before.as_ref().map_or(usize::MAX, Retired::len);
            if now < share {
                taken_over += 1;
                assert!(before > 400, "all of it is there: {before}");
            } else if before < left {
                shrunk += 1;
            }
            (share, left) = (now, before);
        });
        assert!(
            taken_over >= 2 && shrunk > 2 * taken_over,
            "{shrunk}, {taken_over}"
        );
    }

    #[test]
    fn what_is_old_goes_though_there_is_room() {
        let limits = RollingLimits {
            age: Some(Duration::from_secs(100)),
            ..RollingLimits::live()
        };
        let mut rolling = Rolling::within(Analyzer::default(), limits);
        let mut oldest = Duration::ZERO;
        calls(20, |frame| {
            rolling.push(frame);
            let begun = rolling.begun.or_else(|| Some(rolling.now.span()?.0));
            oldest = oldest.max(begun.map_or(Duration::ZERO, |begun| frame.at.since(begun)));
        });
        let seconds = oldest.as_secs();
        assert!((95..130).contains(&seconds), "{seconds}");
        let analysis = rolling.into_analysis(&[]);
        assert!(analysis.capture.quality.evicted_flows > 100);
    }

    #[test]
    fn no_table_turns_anything_away() {
        let small = Limits {
            check_paths: 40,
            ..Limits::default()
        };
        let mut rolling = Rolling::within(Analyzer::new(small), RollingLimits::default());
        calls(20, |frame| rolling.push(frame));
        let analysis = rolling.into_analysis(&[]);
        assert!(analysis.capture.quality.evicted_flows > 100);
        let mut faults = analysis.capture.faults.rows();
        assert!(faults.all(|(_, name, _)| name != "limit-check-paths"));
    }

    #[test]
    fn a_capture_with_an_end_is_kept_whole() {
        let (mut rolling, mut plain) = (Rolling::whole(Analyzer::default()), Analyzer::default());
        calls(2, |frame| {
            rolling.push(frame);
            plain.push(frame);
        });
        let (rolling, plain) = (rolling.into_analysis(&[]), plain.into_analysis(&[]));
        assert_eq!(rolling.scene.flows.len(), plain.scene.flows.len());
        assert_eq!(rolling.capture.quality, plain.capture.quality);
    }
}
