//! The decode tree of one packet: what each byte means, for the packet view.
//!
//! Slow and generous, unlike the views next door: it runs for the one frame a person looks at. Every protocol brings a function that
//! returns [`Field`]s; the byte ranges count from the start of the frame (or of the reassembled data), so that a screen can light them.

use std::ops::Range;

mod checksum;
pub mod frame;
mod ip;
mod link;
mod transport;
mod wlan;

pub use frame::layers;

/// One line of the decode tree, with the bytes it stands for and the lines below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The specification's name for it: `time to live`, `XOR-MAPPED-ADDRESS`.
    pub name: String,
    /// Its value in words, with the arithmetic where there is some; may be empty.
    pub value: String,
    /// Bytes of the frame.
    pub range: Range<usize>,
    /// What was checked about it.
    pub mark: Mark,
    /// Parts of it.
    pub children: Vec<Self>,
}

/// What a check said about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Nothing was checked.
    #[default]
    Plain,
    /// A check passed: checksum, integrity.
    Good,
    /// A check failed, or the bytes break a rule.
    Bad,
}

impl Field {
    /// A line without parts.
    pub fn new(name: impl Into<String>, value: impl Into<String>, range: Range<usize>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            range,
            mark: Mark::Plain,
            children: Vec::new(),
        }
    }

    /// The same tree, `by` bytes further into the frame.
    #[must_use]
    pub fn shifted(mut self, by: usize) -> Self {
        self.range = self.range.start + by..self.range.end + by;
        self.children = self
            .children
            .into_iter()
            .map(|child| child.shifted(by))
            .collect();
        self
    }

    /// A line for a broken rule: its fault name, marked bad.
    pub fn fault(name: &str, range: Range<usize>) -> Self {
        Self::new("fault", name, range).marked(Mark::Bad)
    }

    /// The same line with `children` added below it.
    #[must_use]
    pub fn with(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The same line with a check's outcome.
    #[must_use]
    pub const fn marked(mut self, mark: Mark) -> Self {
        self.mark = mark;
        self
    }

    /// The deepest line that covers byte `offset`, searched from here down; of equals the first.
    pub fn at(&self, offset: usize) -> Option<&Self> {
        if let Some(found) = self.children.iter().find_map(|child| child.at(offset)) {
            return Some(found);
        }
        self.range.contains(&offset).then_some(self)
    }
}

/// The bytes as lower-case hex without separators; at most `limit` of them, then `…`.
pub fn hex(bytes: &[u8], limit: usize) -> String {
    let mut text = String::with_capacity(bytes.len().min(limit) * 2);
    for &byte in bytes.iter().take(limit) {
        for nibble in [byte >> 4, byte & 0x0f] {
            text.push(char::from_digit(nibble.into(), 16).unwrap_or_default());
        }
    }
    if bytes.len() > limit {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_finds_its_deepest_field() {
        let tree = Field::new("IPv4", "", 14..34).with([
            Field::new("version", "4", 14..15),
            Field::new("time to live", "64", 22..23),
        ]);
        assert_eq!(tree.at(22).map(|f| f.name.as_str()), Some("time to live"));
        assert_eq!(tree.at(30).map(|f| f.name.as_str()), Some("IPv4"));
        assert_eq!(tree.at(34), None);
    }

    #[test]
    fn long_bytes_end_in_an_ellipsis() {
        assert_eq!(hex(&[1, 0xab, 3], 2), "01ab…");
        assert_eq!(hex(&[1, 0xab], 2), "01ab");
    }
}
