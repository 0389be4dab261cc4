//! Which rows of a long list pass a filter, found out in the background: a word is looked for in every field of every row.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::analyzer::analysis::Analysis;
use crate::filter::rows::Row;
use crate::filter::rows::Rows;
use crate::tui::state::filter::Filter;

/// Which row of the analysis is at a position of a list.
pub type At = fn(usize) -> Row;

/// Positions among the first `length` rows that pass.
pub fn passed(analysis: &Analysis, filter: &Filter, length: usize, row: At) -> Vec<usize> {
    if filter.is_empty() {
        return (0..length).collect();
    }
    let rows = Rows::new(analysis);
    let passes = |at: &usize| filter.passes(&rows, row(*at));
    (0..length).filter(passes).collect()
}

/// The same bit by bit: `tell` takes what passed since the last time and whether that was all, and says whether to go on.
pub fn judge(
    analysis: &Analysis,
    filter: &Filter,
    length: usize,
    row: At,
    stop: &AtomicBool,
    mut tell: impl FnMut(Vec<usize>, bool) -> bool,
) {
    let rows = Rows::new(analysis);
    let mut next = 0;
    loop {
        let end = length.min(next + CHUNK);
        let mut found = Vec::new();
        for at in next..end {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            if filter.passes(&rows, row(at)) {
                found.push(at);
            }
        }
        next = end;
        let done = next == length;
        let goes_on = if done || !found.is_empty() {
            tell(found, done)
        } else {
            true
        };
        if done || !goes_on {
            return;
        }
    }
}

/// Rows that are judged while the user waits: some milliseconds.
pub const AT_ONCE: usize = 1_000;
/// Rows between two pieces of news.
const CHUNK: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::Scope;

    #[test]
    fn all_rows_are_judged_once_and_the_last_news_says_so() {
        let analysis = Analysis::default();
        for length in [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            // What is not there passes what says not.
            let filter = Filter::new("not word", Scope::Flows).unwrap();
            let mut told: Vec<(usize, bool)> = Vec::new();
            let mut all = Vec::new();
            let stop = AtomicBool::new(false);
            judge(
                &analysis,
                &filter,
                length,
                Row::Flow,
                &stop,
                |found, done| {
                    told.push((found.len(), done));
                    all.extend(found);
                    true
                },
            );
            assert_eq!(all, passed(&analysis, &filter, length, Row::Flow));
            assert_eq!(all.len(), length);
            assert_eq!(told.iter().filter(|(_, done)| *done).count(), 1);
            assert!(told.last().unwrap().1);
        }
    }

    #[test]
    fn nobody_is_told_after_a_stop() {
        let filter = Filter::new("word", Scope::Flows).unwrap();
        let stop = AtomicBool::new(true);
        judge(
            &Analysis::default(),
            &filter,
            9,
            Row::Flow,
            &stop,
            |_, _| unreachable!("it was stopped"),
        );
    }
}
