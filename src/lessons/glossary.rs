//! The glossary: `docs/glossary.md`, built in. Each `### term` is one entry; the anchor that GitHub makes of it is its key.

use std::sync::LazyLock;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Key: `server-reflexive-candidate`.
    pub key: String,
    /// The term: `server-reflexive candidate`.
    pub term: &'static str,
    /// What it means, a paragraph.
    pub meaning: String,
    /// Where it is defined: `RFC 8445 §4`.
    pub reference: String,
}

/// The entry with this key.
pub fn find(key: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.key == key)
}

/// All entries, in order of the alphabet.
pub fn all() -> &'static [Entry] {
    &ENTRIES
}

/// The glossary as it is written.
pub const TEXT: &str = include_str!("../../docs/glossary.md");

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| entries(TEXT));

fn entries(text: &'static str) -> Vec<Entry> {
    let parts = text.split("\n### ").skip(1);
    parts
        .map(|part| {
            let (term, body) = part.split_once('\n').unwrap_or((part, ""));
            // Entries end where a section of the alphabet begins.
            let body = body.split("\n## ").next().unwrap_or_default().trim();
            let (meaning, reference) = match body.rsplit_once("\n\n") {
                Some((meaning, reference)) => (meaning, reference),
                None => (body, ""),
            };
            Entry {
                key: key(term),
                term: term.trim(),
                meaning: meaning.split_whitespace().collect::<Vec<_>>().join(" "),
                reference: reference.trim().trim_matches('*').to_owned(),
            }
        })
        .collect()
}

/// As GitHub makes anchors: lower case, spaces as hyphens, without other marks.
fn key(term: &str) -> String {
    let kept = term.trim().chars().filter_map(|c| match c {
        ' ' | '-' => Some('-'),
        c if c.is_alphanumeric() || c == '_' => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_a_meaning_and_a_reference() {
        assert!(all().len() > 60);
        for entry in all() {
            assert!(entry.meaning.len() > 30, "{}", entry.term);
            let named = ["RFC ", "draft-", "W3C", "webrtc-", "IEEE", "RTP ", "Janus"];
            assert!(
                named.iter().any(|word| entry.reference.contains(word)),
                "{}: {}",
                entry.term,
                entry.reference
            );
        }
    }

    #[test]
    fn keys_are_unique_and_in_order() {
        let keys: Vec<&str> = all().iter().map(|entry| entry.key.as_str()).collect();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(keys, sorted);
    }
}
