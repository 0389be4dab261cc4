//! Plain words to filter lists by: a line passes when it has all of them, in any case.

/// Words, lower-case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    text: String,
    words: Vec<String>,
}

impl Filter {
    /// From what was typed.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.trim().to_owned(),
            words: text.split_whitespace().map(str::to_lowercase).collect(),
        }
    }

    /// What was typed; empty for none.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Does it let everything through?
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Is every word in one of `parts`?
    pub fn passes(&self, parts: &[&str]) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let line = parts.join(" ").to_lowercase();
        self.words.iter().all(|word| line.contains(word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_count_in_any_order_and_case() {
        let filter = Filter::new("  STUN 203.0 ");
        assert!(filter.passes(&["203.0.113.10:3478", "stun Binding"]));
        assert!(!filter.passes(&["203.0.113.10:3478", "DTLS"]));
        assert!(Filter::default().passes(&[]));
        assert_eq!(filter.text(), "STUN 203.0");
    }
}
