//! The filter of a list: what was typed, understood.

use std::sync::Arc;

use crate::filter;
use crate::filter::error::FilterError;
use crate::filter::packet::Packet;
use crate::filter::rows::Row;
use crate::filter::rows::Rows;
use crate::tui::keymap::Scope;

/// A filter, or none.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    parsed: Option<Arc<filter::Filter>>,
}

impl Filter {
    /// Reads a filter of the list of a screen.
    ///
    /// # Errors
    ///
    /// The text is no filter of such a list; the error says where and why.
    pub fn new(text: &str, scope: Scope) -> Result<Self, FilterError> {
        let parsed = if scope.has_packets() {
            filter::Filter::of_lines(text, scope.rows())?
        } else {
            filter::Filter::of_list(text, scope.rows())?
        };
        Ok(Self {
            parsed: (!parsed.text().is_empty()).then(|| Arc::new(parsed)),
        })
    }

    /// What was typed; empty for none.
    pub fn text(&self) -> &str {
        self.parsed.as_ref().map_or("", |filter| filter.text())
    }

    /// Does it let everything through?
    pub const fn is_empty(&self) -> bool {
        self.parsed.is_none()
    }

    /// Does a row of the analysis pass?
    pub fn passes(&self, rows: &Rows<'_>, row: Row) -> bool {
        let filter = self.parsed.as_ref();
        filter.is_none_or(|filter| filter.passes(rows, row))
    }

    /// Does a packet, or a line that stands for some, pass?
    pub fn passes_packet(&self, rows: &Rows<'_>, packet: &Packet<'_>) -> bool {
        let filter = self.parsed.as_ref();
        filter.is_none_or(|filter| filter.passes_packet(rows, packet))
    }

    /// Does it ask what a packet carries?
    pub fn reads_payloads(&self) -> bool {
        let filter = self.parsed.as_ref();
        filter.is_some_and(|filter| filter.reads_payloads())
    }

    /// Does it ask what a packet says, beside what it belongs to?
    pub fn reads_packets(&self) -> bool {
        let filter = self.parsed.as_ref();
        filter.is_some_and(|filter| filter.reads_packets())
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_no_filter() {
        let filter = Filter::new("  ", Scope::Calls).unwrap();
        assert!(filter.is_empty());
        assert_eq!(filter.text(), "");
    }

    #[test]
    fn what_was_typed_is_kept() {
        let filter = Filter::new(" call.outcome == failed ", Scope::Calls).unwrap();
        assert_eq!(filter.text(), "call.outcome == failed");
        assert!(!filter.reads_packets());
        assert!(Filter::new("stun", Scope::Packets).unwrap().reads_packets());
    }

    #[test]
    fn only_lines_that_stand_for_packets_are_asked_what_packets_have() {
        for scope in Scope::ALL {
            let asked = Filter::new("packet.length > 1000", scope);
            assert_eq!(asked.is_ok(), scope.has_packets(), "{scope:?}");
        }
    }
}
