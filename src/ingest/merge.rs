//! Several captures in one order: the earliest record first, of each one looked at ahead.
//!
//! What comes through a pipe may be late. The others wait for it for [`WINDOW`], then go on without it until it speaks again; what it then has to
//! say may be older than what was given out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use std::time::Instant;

use crate::ingest::file::CaptureFile;
use crate::ingest::info::FileInfo;
use crate::ingest::order::FrameOrder;
use crate::ingest::record::Record;
use crate::vocab::time::Timestamp;

/// One record of each file, the earliest first.
#[derive(Debug)]
pub(crate) struct Merge {
    /// By file.
    ahead: Vec<Record>,
    /// Files with a record ahead, by its time, then in argument order.
    queue: BinaryHeap<Reverse<(Timestamp, u16)>>,
    /// Files whose next record has to be read.
    due: Vec<u16>,
    /// Since when one of those was waited for.
    waiting: Option<Instant>,
    /// Whose frames were given out so far, if somebody may ask.
    order: Option<FrameOrder>,
}

impl Merge {
    /// Nothing was given out so far. `order` takes down what is.
    pub(crate) const fn new(order: Option<FrameOrder>) -> Self {
        Self {
            ahead: Vec::new(),
            queue: BinaryHeap::new(),
            due: Vec::new(),
            waiting: None,
            order,
        }
    }

    /// The next record and its file.
    pub(crate) fn next(
        &mut self,
        files: &mut [CaptureFile],
        infos: &mut [FileInfo],
    ) -> Option<(u16, Record)> {
        self.begin(files.len());
        let mut at = 0;
        while let Some(&number) = self.due.get(at) {
            // Waited for long enough, when another file has a record.
            if !self.queue.is_empty() && self.waiting.is_some() && is_late(files, infos, number) {
                at += 1;
                continue;
            }
            self.due.swap_remove(at);
            self.advance(number, files, infos);
        }
        let Reverse((_, number)) = self.queue.pop()?;
        self.due.push(number);
        let record = *self.ahead.get(usize::from(number))?;
        if let Some(order) = &self.order
            && matches!(record, Record::Frame(_))
        {
            order.push(number);
        }
        Some((number, record))
    }

    /// Waits for the files whose next record has to be read, at most `patience`; gives whether there is still a reason to wait.
    pub(crate) fn waits(
        &mut self,
        files: &mut [CaptureFile],
        infos: &mut [FileInfo],
        patience: Duration,
    ) -> bool {
        self.begin(files.len());
        let begun = Instant::now();
        loop {
            let mut at = 0;
            while let Some(&number) = self.due.get(at) {
                if is_late(files, infos, number) {
                    at += 1;
                } else {
                    self.due.swap_remove(at);
                    self.advance(number, files, infos);
                }
            }
            let Some(&late) = self.due.first() else {
                self.waiting = None;
                return false;
            };
            let since = *self.waiting.get_or_insert_with(Instant::now);
            if !self.queue.is_empty() && since.elapsed() >= WINDOW {
                return false;
            }
            let Some(left) = patience.checked_sub(begun.elapsed()) else {
                return true;
            };
            // Others may be quicker: a short wait, then a look at all.
            waits(files, infos, late, left.min(SHORT_WAIT));
        }
    }

    /// In which order frames were given out.
    pub(crate) const fn order(&self) -> Option<&FrameOrder> {
        self.order.as_ref()
    }

    fn begin(&mut self, files: usize) {
        if self.ahead.is_empty() {
            self.ahead.resize(files, Record::End);
            self.due = (0..files).map(|number| number as u16).collect();
        }
    }

    fn advance(&mut self, number: u16, files: &mut [CaptureFile], infos: &mut [FileInfo]) {
        let place = usize::from(number);
        let (Some(file), Some(info), Some(ahead)) = (
            files.get_mut(place),
            infos.get_mut(place),
            self.ahead.get_mut(place),
        ) else {
            return;
        };
        *ahead = file.next(info);
        let at = match ahead {
            Record::Frame(head) => head.at,
            // What has no time comes as soon as its file's frames before it are through.
            Record::Secrets { .. } | Record::Name(_) => file.previous_at(),
            Record::End => return,
        };
        self.queue.push(Reverse((at, number)));
    }
}

/// Has the file nothing at hand, and may have later?
fn is_late(files: &mut [CaptureFile], infos: &mut [FileInfo], number: u16) -> bool {
    let can_wait = files
        .get(usize::from(number))
        .is_some_and(CaptureFile::can_wait);
    can_wait && waits(files, infos, number, Duration::ZERO)
}

fn waits(
    files: &mut [CaptureFile],
    infos: &mut [FileInfo],
    number: u16,
    patience: Duration,
) -> bool {
    let place = usize::from(number);
    match (files.get_mut(place), infos.get_mut(place)) {
        (Some(file), Some(info)) => file.waits(info, patience),
        _ => false,
    }
}

/// How long others wait for a silent pipe.
const WINDOW: Duration = Duration::from_millis(500);
/// A wait for one of several.
const SHORT_WAIT: Duration = Duration::from_millis(5);
