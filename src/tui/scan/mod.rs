//! Searches the capture for frames: the file is read again, since nothing else has its packets.

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
use crate::tui::scan::secrets::Secrets;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FrameNumber;

mod judge;
pub mod secrets;

/// Looks at all frames that `query` names; stops when `stop` is set, nobody listens, or [`FOUND_MAX`] were found.
pub fn scan(
    index: FrameIndex,
    target: Target,
    scan: u64,
    query: &Query,
    news: &Sender<News>,
    stop: &AtomicBool,
) {
    let mut judge = Judge::new(query);
    let (mut all, mut found) = (0, 0);
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
    walk(
        index,
        &query.totals,
        |frame| judge.wants(frame),
        |frames, looked_at| {
            all = looked_at;
            found += frames.len();
            tell(frames, looked_at, false) && !stop.load(Ordering::Relaxed) && found < FOUND_MAX
        },
    );
    tell(Vec::new(), all, true);
}

/// Frames to be saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// Which, in order.
    pub frames: Vec<FrameNumber>,
    /// The text of a key log for what is encrypted in them, as far as its secrets are known.
    pub key_log: String,
    /// Handshakes whose secrets these are.
    pub opened: usize,
}

/// All frames that `query` names, with what opens them.
///
/// Where a call, a stream or another row is asked for, and not what single packets say, encrypted connections that have a part in it are
/// taken whole: a part could not be opened, whatever the secrets.
pub fn collect(index: FrameIndex, query: &Query) -> Collected {
    let mut secrets = Secrets::new(&query.analysis);
    let mut judge = Judge::new(query);
    let mut frames = Vec::new();
    let first = |frame: &Frame<'_>| {
        let wanted = judge.wants(frame);
        if wanted {
            secrets.meet(frame);
        }
        wanted
    };
    walk(index.clone(), &query.totals, first, |found, _| {
        frames.extend(found);
        true
    });
    if secrets.met_connection() && !query.filter.reads_packets() {
        frames.clear();
        let again = |frame: &Frame<'_>| judge.wants(frame) || secrets.is_of_connection(frame);
        walk(index, &query.totals, again, |found, _| {
            frames.extend(found);
            true
        });
    }
    let (key_log, opened) = secrets.text();
    Collected {
        frames,
        key_log,
        opened,
    }
}

/// Reads all frames in order; `tell` takes those that are wanted with the number looked at so far, and says whether to go on.
fn walk(
    index: FrameIndex,
    totals: &[u64],
    mut wants: impl FnMut(&Frame<'_>) -> bool,
    mut tell: impl FnMut(Vec<FrameNumber>, u64) -> bool,
) {
    let order = index.order().cloned();
    let mut reader = FrameReader::new(index);
    let mut looked_at = 0;
    let mut unreadable = HashSet::new();
    for ranges in chunks(order.as_ref(), totals) {
        let mut frames = Vec::new();
        for (first, count) in ranges {
            if unreadable.contains(&first.file()) {
                continue;
            }
            let read = reader.read_range(first, count, |frame, _| {
                if wants(&frame) {
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
        if !tell(frames, looked_at) {
            break;
        }
    }
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
