//! What the screens know of a capture that runs: who is captured, whether the view is held, what was announced.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Finding;
use crate::ingest::info::FileInfo;
use crate::ingest::live::status::InterfaceState;
use crate::ingest::live::status::InterfaceStatus;
use crate::tui::text::counted;
use crate::tui::text::shown;
use crate::vocab::ids::DialogueId;
use crate::vocab::time::Timestamp;

/// A capture that runs.
#[derive(Debug, Default)]
pub struct LiveView {
    /// Its interfaces.
    pub interfaces: Vec<InterfaceStatus>,
    /// The file being written.
    pub file: Option<String>,
    /// Its capture filter.
    pub filter: String,
    /// This instant, as far as the view is concerned: it stands still while the view is held.
    pub now: Timestamp,
    /// The view is held.
    pub paused: bool,
    /// The latest snapshot that came while it was.
    pub waiting: Option<(Arc<Analysis>, Arc<[FileInfo]>)>,
    /// Findings that were announced.
    announced: HashSet<Announced>,
}

/// What makes a finding the same in the next snapshot.
type Announced = (&'static str, Option<Timestamp>, Option<DialogueId>);

impl LiveView {
    /// A capture that began `now`, of what `filter` lets pass.
    pub fn new(filter: String, now: Timestamp) -> Self {
        Self {
            filter,
            now,
            ..Self::default()
        }
    }

    /// What there is to say of findings that were not there before, each once.
    pub fn announce(&mut self, analysis: &Analysis) -> Option<String> {
        let key = |finding: &Finding| -> Announced {
            let call = finding.peer_connection;
            let call = call.and_then(|id| analysis.scene.peer_connections.get(id.index()));
            // Positions change when old calls make room; when a call began does not.
            (
                finding.rule,
                call.map(|call| call.first_at),
                finding.dialogue,
            )
        };
        if self.announced.len() >= MOST_ANNOUNCED {
            // Those of calls that made room do not come again.
            let there: HashSet<Announced> = analysis.findings.iter().map(key).collect();
            self.announced.retain(|announced| there.contains(announced));
        }
        let findings = analysis.findings.iter();
        let news: Vec<&Finding> = findings
            .filter(|finding| {
                self.announced.len() < MOST_ANNOUNCED && self.announced.insert(key(finding))
            })
            .collect();
        let worst = news.iter().max_by_key(|finding| finding.severity)?;
        let others = match news.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Some(format!(
            "new {}: {}{others}",
            worst.severity.word(),
            shown(&worst.title)
        ))
    }

    /// `eth0, wlan0 (down)`.
    pub fn names(&self) -> String {
        let names = self.interfaces.iter().map(|interface| {
            let name = shown(&interface.name);
            match interface.state {
                InterfaceState::Up => name.into_owned(),
                InterfaceState::Down => format!("{name} (down)"),
                InterfaceState::Gone => format!("{name} (removed)"),
            }
        });
        names.collect::<Vec<_>>().join(", ")
    }

    /// Packets that the kernel dropped, in words; the analysis hears of them later than we do.
    pub fn dropped(&self) -> u64 {
        self.interfaces
            .iter()
            .map(|interface| interface.dropped)
            .sum()
    }

    /// The stretch of time to draw of a call: up to this instant while it goes on, and no longer than [`WINDOW`] while the view runs.
    pub fn stretch(&self, first: Timestamp, last: Timestamp) -> (Timestamp, Timestamp) {
        if self.is_over(last) {
            return (first, last);
        }
        let until = last.max(self.now);
        if self.paused || until.since(first) <= WINDOW {
            return (first, until);
        }
        let from = Timestamp::from_nanos(until.nanos().saturating_sub(WINDOW.as_nanos() as u64));
        (from, until)
    }

    /// Was nothing seen for so long that a call is most likely over?
    pub fn is_over(&self, last: Timestamp) -> bool {
        self.now.since(last) > QUIET
    }

    /// What the title says: `● live · 1 234 packets`, `‖ held`.
    pub fn word(&self, packets: u64) -> String {
        if self.paused {
            return "held, . to go on".to_owned();
        }
        format!("live, {}", counted(packets, "packet"))
    }

    /// The same where there is no room.
    pub const fn short_word(&self) -> &'static str {
        if self.paused { "held" } else { "live" }
    }
}

/// The part of a long call that is drawn while it runs.
const WINDOW: Duration = Duration::from_secs(120);
/// Silence after which a call counts as over; consent checks come every few seconds while it runs (RFC 7675 §5.1).
const QUIET: Duration = Duration::from_secs(30);
/// Findings remembered: who has so many reads none of them.
const MOST_ANNOUNCED: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn a_running_call_is_drawn_up_to_now() {
        let mut view = LiveView::new(String::new(), at(100));
        assert_eq!(view.stretch(at(10), at(95)), (at(10), at(100)));
        assert_eq!(view.stretch(at(10), at(60)), (at(10), at(60)));
        view.now = at(1_000);
        assert_eq!(view.stretch(at(10), at(999)), (at(880), at(1_000)));
        view.paused = true;
        assert_eq!(view.stretch(at(10), at(999)), (at(10), at(1_000)));
    }
}
