//! Searches the capture for frames, in the background: the file is read again, since nothing else has its packets.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;

use crate::ingest::frame_reader::FrameReader;
use crate::ingest::index::FrameIndex;
use crate::ingest::order::FrameOrder;
use crate::tui::effect::News;
use crate::tui::effect::Query;
use crate::tui::effect::Target;
use crate::tui::scan::judge::Judge;
use crate::vocab::ids::FrameNumber;

mod judge;

/// Looks at all frames that `query` names; stops when `stop` is set, nobody listens, or [`FOUND_MAX`] were found.
pub fn scan(
    index: FrameIndex,
    target: Target,
    scan: u64,
    query: &Query,
    news: &Sender<News>,
    stop: &AtomicBool,
) {
    let order = index.order().cloned();
    let mut reader = FrameReader::new(index);
    let mut judge = Judge::new(query);
    let (mut looked_at, mut found) = (0, 0);
    let tell = |frames: Vec<FrameNumber>, looked_at, done| {
        news.send(News::Found {
            target,
            scan,
            frames,
            looked_at,
            done,
        })
        .is_ok()
    };
    let mut unreadable = HashSet::new();
    for ranges in chunks(order.as_ref(), &query.totals) {
        let mut frames = Vec::new();
        for (first, count) in ranges {
            if unreadable.contains(&first.file()) {
                continue;
            }
            let read = reader.read_range(first, count, |frame, _| {
                if judge.wants(&frame) {
                    frames.push(frame.number);
                }
            });
            // What can't be read again can't be found: the file changed under us, or a pipe was not kept.
            match read {
                Ok(read) => looked_at += read,
                Err(_) => {
                    unreadable.insert(first.file());
                }
            }
        }
        if let Some(order) = &order {
            frames.sort_by_cached_key(|frame| order.line(*frame));
        }
        found += frames.len();
        if !tell(frames, looked_at, false) || stop.load(Ordering::Relaxed) || found >= FOUND_MAX {
            break;
        }
    }
    tell(Vec::new(), looked_at, true);
}

/// Frames to read in one go, as runs of one file each: file after file, or in the order that several files have.
fn chunks<'a>(
    order: Option<&'a FrameOrder>,
    totals: &'a [u64],
) -> Box<dyn Iterator<Item = Vec<(FrameNumber, u64)>> + 'a> {
    let Some(order) = order else {
        let files = (0_u16..).zip(totals);
        return Box::new(files.flat_map(|(file, &total)| {
            let starts = (1..=total).step_by(CHUNK as usize);
            starts.map(move |first| {
                let count = CHUNK.min(total + 1 - first);
                vec![(FrameNumber::new(file, first), count)]
            })
        }));
    };
    let all = order.len();
    let starts = (0..all).step_by(CHUNK as usize);
    Box::new(starts.map(move |first| {
        let mut runs: BTreeMap<u16, (FrameNumber, u64)> = BTreeMap::new();
        for frame in (first..all.min(first + CHUNK as usize)).filter_map(|line| order.frame(line)) {
            let (_, count) = runs.entry(frame.file()).or_insert((frame, 0));
            *count += 1;
        }
        runs.into_values().collect()
    }))
}

/// Frames between two pieces of news.
const CHUNK: u64 = 4_096;
/// Frames that a scan finds at most: eight bytes each.
const FOUND_MAX: usize = 1 << 22;
