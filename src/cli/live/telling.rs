//! Events of a capture that runs, on standard output as soon as they are known.

use std::io;
use std::io::Write;
use std::time::Duration;
use std::time::Instant;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::pace::Pace;
use crate::analyzer::rolling::Rolling;
use crate::cli::failure::Failure;
use crate::ingest::live::clock::now;
use crate::ingest::source::Source;
use crate::report::ndjson::running::Running;

/// Tells events as they come; whoever reads them gets whole lines at once.
#[derive(Debug)]
pub struct Telling {
    running: Running,
    begun: Instant,
    pace: Pace,
    lines: Vec<u8>,
}

impl Default for Telling {
    fn default() -> Self {
        Self {
            running: Running::default(),
            begun: Instant::now(),
            pace: Pace::every(LOOK_EVERY),
            lines: Vec::new(),
        }
    }
}

impl Telling {
    /// Tells what is new, when it is time to look. Gives whether anybody still reads.
    ///
    /// # Errors
    ///
    /// Standard output takes no more.
    pub fn look(&mut self, source: &Source, analyzer: &mut Rolling) -> Result<bool, Failure> {
        let from = self.begun.elapsed();
        if !self.pace.is_due(from) {
            return Ok(true);
        }
        let analysis = analyzer.snapshot(source.files());
        // Into memory: does not fail.
        let _ = self.running.write(&analysis, now(), &mut self.lines);
        self.pace.took(from, self.begun.elapsed());
        self.print()
    }

    /// Tells the rest, and what it came to.
    ///
    /// # Errors
    ///
    /// Standard output takes no more.
    pub fn finish(&mut self, analysis: &Analysis) -> Result<(), Failure> {
        let _ = self.running.finish(analysis, &mut self.lines);
        self.print().map(|_| ())
    }

    fn print(&mut self) -> Result<bool, Failure> {
        if self.lines.is_empty() {
            return Ok(true);
        }
        let mut out = io::stdout().lock();
        let printed = out.write_all(&self.lines).and_then(|()| out.flush());
        self.lines.clear();
        match printed {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(Failure::Stdout(error)),
        }
    }
}

/// Between two looks, at least.
const LOOK_EVERY: Duration = Duration::from_millis(250);
