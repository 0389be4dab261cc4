//! The dynamic table: fields that a direction's blocks put in, the newest first, bounded by size (RFC 7541 §2.3.2, §4).

use std::collections::VecDeque;
use std::sync::Arc;

/// A field in the table; a part is `None` when it came from an entry that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Option<Arc<str>>,
    pub(super) value: Option<Arc<str>>,
    /// As the protocol counts it: name, value and 32 bytes.
    pub(super) size: usize,
}

#[derive(Debug)]
pub(super) struct Table {
    /// Newest first.
    entries: VecDeque<Entry>,
    size: usize,
    limit: usize,
    /// May there be entries, older than all of these, that are not known?
    incomplete: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            size: 0,
            limit: Self::INITIAL,
            incomplete: false,
        }
    }
}

impl Table {
    /// Size that both ends begin with (RFC 9113 §6.5.2), bytes.
    const INITIAL: usize = 4096;
    /// Largest size followed; browsers announce 65 536.
    pub(super) const LIMIT: usize = 1 << 16;

    /// From here on, entries that were there before are unknown.
    pub(super) fn forget(&mut self) {
        self.entries.clear();
        self.size = 0;
        self.incomplete = true;
        // The sender may have enlarged it, and entries kept for too long do no harm: it refers to those only that it kept.
        self.limit = Self::LIMIT;
    }

    pub(super) const fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Entry `place`, the newest being 0.
    pub(super) fn get(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place)
    }

    pub(super) fn insert(&mut self, entry: Entry) {
        if entry.size > self.limit {
            // Such an entry empties the table and is no error (RFC 7541 §4.4).
            self.entries.clear();
            self.size = 0;
            return;
        }
        self.size += entry.size;
        self.entries.push_front(entry);
        self.evict();
    }

    /// The sender says how large its table is from now on.
    pub(super) fn resize(&mut self, limit: usize) {
        if limit > Self::LIMIT {
            // What is dropped here too early must not pass for a reference to nothing.
            self.incomplete = true;
        }
        self.limit = limit.min(Self::LIMIT);
        self.evict();
    }

    fn evict(&mut self) {
        while self.size > self.limit {
            let Some(oldest) = self.entries.pop_back() else {
                break;
            };
            self.size -= oldest.size;
        }
    }

    #[cfg(test)]
    pub(super) fn listing(&self) -> (Vec<String>, usize) {
        let text = |part: &Option<Arc<str>>| part.as_deref().unwrap_or("?").to_owned();
        let rows = self.entries.iter();
        let rows = rows.map(|entry| format!("{}: {}", text(&entry.name), text(&entry.value)));
        (rows.collect(), self.size)
    }
}
