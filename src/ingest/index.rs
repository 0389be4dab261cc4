//! The file is the database: a checkpoint every 4 096 frames is index enough to read any frame again.
//!
//! ```text
//!  frame   1        4097        8193        …         checkpoint = offset in the decoded stream + the parser as it stood there
//!          ▲        ▲           ▲
//! ```

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::ingest::order::FrameOrder;
use crate::ingest::parser::Parser;
use crate::ingest::store::Store;
use crate::ingest::window::Window;

/// Where to find frames again, for all inputs of a source. A copy is a handle to the same index.
#[derive(Debug, Clone)]
pub struct FrameIndex {
    files: Arc<[Arc<FileIndex>]>,
    order: Option<FrameOrder>,
}

impl FrameIndex {
    pub(crate) fn new(files: Vec<Arc<FileIndex>>, order: Option<FrameOrder>) -> Self {
        Self {
            files: files.into(),
            order,
        }
    }

    /// The order of frames of several files; `None` for one file, whose frames stand as they are numbered.
    pub const fn order(&self) -> Option<&FrameOrder> {
        self.order.as_ref()
    }

    pub(crate) fn file(&self, number: u16) -> Option<&Arc<FileIndex>> {
        self.files.get(usize::from(number))
    }
}

/// Checkpoints of one file.
#[derive(Debug)]
pub(crate) struct FileIndex {
    /// What to call the file.
    pub(crate) name: String,
    store: Store,
    checkpoints: Mutex<Checkpoints>,
}

#[derive(Debug, Default)]
struct Checkpoints {
    /// Checkpoints before these, of bytes that are gone.
    gone: u64,
    kept: VecDeque<Checkpoint>,
}

impl FileIndex {
    /// Frames between checkpoints.
    pub(crate) const EVERY: u64 = 4_096;

    pub(crate) fn new(name: String, store: Store) -> Self {
        Self {
            name,
            store,
            checkpoints: Mutex::default(),
        }
    }

    /// Keeps a checkpoint before frame `packets + 1`, unless there is one.
    pub(crate) fn mark(&self, packets: u64, checkpoint: impl FnOnce() -> Checkpoint) {
        let mut checkpoints = lock(&self.checkpoints);
        if checkpoints.gone + checkpoints.kept.len() as u64 != packets / Self::EVERY {
            return;
        }
        checkpoints.kept.push_back(checkpoint());
        // What made room for later bytes is not read again.
        let oldest = self.store.oldest();
        while checkpoints
            .kept
            .get(1)
            .is_some_and(|second| second.offset <= oldest)
        {
            checkpoints.kept.pop_front();
            checkpoints.gone += 1;
        }
    }

    /// A parser and its window that stand before a frame at or before `number`, and the number of that frame.
    pub(crate) fn seek(&self, number: u64) -> Option<(Parser, Window, u64)> {
        let checkpoints = lock(&self.checkpoints);
        let wanted = number.checked_sub(1)? / Self::EVERY;
        let last = checkpoints.kept.len().checked_sub(1)?;
        let place = usize::try_from(wanted.saturating_sub(checkpoints.gone))
            .unwrap_or(usize::MAX)
            .min(last);
        let checkpoint = checkpoints.kept.get(place)?;
        if wanted < checkpoints.gone {
            // Reading tells why there is nothing to read.
            let window = Window::new(self.store.reader_at(0), 0, WINDOW_BYTES);
            return Some((
                checkpoint.parser.checkpoint(),
                window,
                wanted * Self::EVERY + 1,
            ));
        }
        let reader = self.store.reader_at(checkpoint.offset);
        let window = Window::new(reader, checkpoint.offset, WINDOW_BYTES);
        let next = (checkpoints.gone + place as u64) * Self::EVERY + 1;
        Some((checkpoint.parser.checkpoint(), window, next))
    }
}

/// A place to read on from.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    /// Offset in the decoded stream.
    pub(crate) offset: u64,
    /// The parser as it stood there.
    pub(crate) parser: Parser,
}

/// A panic while the lock was held leaves nothing half done that matters: a list grew or did not.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Window of a re-reading parser: some hundred media packets.
const WINDOW_BYTES: usize = 128 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::compressed::Compression;
    use crate::ingest::info::FileInfo;
    use crate::ingest::pcapng::PcapngParser;

    /// Checkpoints kept of a thousand.
    fn kept(store: Store) -> usize {
        let index = FileIndex::new("capture".to_owned(), store);
        for count in 0..1_000 {
            index.mark(count * FileIndex::EVERY, || Checkpoint {
                offset: count * 1_000_000,
                parser: Parser::Pcapng(PcapngParser::new(&mut FileInfo::default())),
            });
        }
        let checkpoints = lock(&index.checkpoints);
        assert_eq!(checkpoints.gone + checkpoints.kept.len() as u64, 1_000);
        checkpoints.kept.len()
    }

    #[test]
    fn places_in_what_is_not_kept_are_not_kept() {
        assert_eq!(kept(Store::nothing()), 1);
        assert_eq!(kept(Store::nothing().decoded(Compression::Gzip)), 1);
        assert_eq!(kept(Store::path("capture".into())), 1_000);
    }
}
