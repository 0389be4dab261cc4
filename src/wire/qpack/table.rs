//! The dynamic table: fields that the encoder stream put in, numbered from 0 for good, bounded by size (RFC 9204 §3.2).

use std::collections::VecDeque;
use std::sync::Arc;

/// A field in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) value: Arc<str>,
    /// As the protocol counts it: name, value and 32 bytes.
    pub(super) size: usize,
}

/// Where the entries are. An entry stays for a while after the encoder let it go: a section that came late to the capture may still refer
/// to it, and numbers are not given twice.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Oldest first.
    entries: VecDeque<Entry>,
    /// Entries that are gone.
    dropped: u64,
    size: usize,
    capacity: usize,
}

impl Table {
    /// Largest capacity followed; browsers announce 65 536.
    pub(super) const LIMIT: usize = 1 << 18;

    /// Entries ever put in.
    pub(super) fn inserted(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Entry `number`.
    pub(super) fn get(&self, number: u64) -> Option<&Entry> {
        let place = number.checked_sub(self.dropped)?;
        self.entries.get(usize::try_from(place).ok()?)
    }

    /// Puts an entry in; false when it is larger than the table.
    pub(super) fn insert(&mut self, entry: Entry) -> bool {
        if entry.size > self.capacity {
            return false;
        }
        self.size += entry.size;
        self.entries.push_back(entry);
        self.evict();
        true
    }

    pub(super) fn resize(&mut self, capacity: usize) {
        self.capacity = capacity.min(Self::LIMIT);
        self.evict();
    }

    fn evict(&mut self) {
        while self.size > 2 * self.capacity {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.size -= oldest.size;
            self.dropped += 1;
        }
    }
}
