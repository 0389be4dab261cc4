//! Text with styles, safe to print.
//!
//! Everything that comes from the wire has to pass [`Words::said`] or [`safe`], which spell out what would act on a terminal.
//! Colour is never alone: glyphs and words say the same.

use anstyle::AnsiColor;
use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::report::text::figures::NO_BREAK;
use crate::vocab::printable::printable;
use crate::vocab::printable::printable_within;

/// Text with styles; wraps at spaces.
#[derive(Debug, Clone, Default)]
pub struct Words {
    pub(super) pieces: Vec<(Style, String)>,
}

/// Text without a space, in one style.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) style: Style,
    pub(super) text: &'a str,
    /// Does a space stand before it, where the line may break?
    pub(super) begins: bool,
}

impl Words {
    /// No words yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Our own words.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.styled(Style::new(), text)
    }

    /// Our own words in a style.
    #[must_use]
    pub fn styled(mut self, style: Style, text: impl Into<String>) -> Self {
        self.pieces.push((style, text.into()));
        self
    }

    /// Words from the wire, made safe and at most 160 characters long.
    #[must_use]
    pub fn said(self, text: &str) -> Self {
        let safe = printable_within(text, SAID_MAX).into_owned();
        self.text(safe)
    }

    /// Words from the wire in a style.
    #[must_use]
    pub fn said_styled(self, style: Style, text: &str) -> Self {
        let safe = printable_within(text, SAID_MAX).into_owned();
        self.styled(style, safe)
    }

    /// Words of ours that may quote the wire: made safe, not cut.
    #[must_use]
    pub fn long(self, text: &str) -> Self {
        self.long_styled(PLAIN, text)
    }

    /// The same in a style.
    #[must_use]
    pub fn long_styled(self, style: Style, text: &str) -> Self {
        let safe = printable(text).into_owned();
        self.styled(style, safe)
    }

    /// ` · ` between what is there and what follows; nothing at the start.
    #[must_use]
    pub fn dot(self) -> Self {
        if self.is_empty() {
            self
        } else {
            self.text(format!("{NO_BREAK}· "))
        }
    }

    /// Nothing in it?
    pub fn is_empty(&self) -> bool {
        self.pieces.iter().all(|(_, text)| text.is_empty())
    }

    /// Columns it takes on one line.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.width()).sum()
    }

    /// What stands between spaces, in order.
    pub(super) fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::with_capacity(16);
        let mut begins = true;
        for (style, text) in &self.pieces {
            for (index, text) in text.split(' ').enumerate() {
                begins |= index > 0;
                if !text.is_empty() {
                    parts.push(Part {
                        style: *style,
                        text,
                        begins: std::mem::take(&mut begins),
                    });
                }
            }
        }
        parts
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::new().text(text)
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::new().text(text)
    }
}

/// Text from the wire for a cell of a table: made safe, cut to `limit` characters.
pub fn safe(text: &str, limit: usize) -> String {
    printable_within(text, limit).into_owned()
}

/// Words from the wire are cut here; the JSON report has them whole.
const SAID_MAX: usize = 160;

/// Labels, frame numbers, what is inferred.
pub const DIM: Style = Style::new().dimmed();
/// Headings.
pub const BOLD: Style = Style::new().bold();
/// What is well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What suffers.
pub const POOR: Style = AnsiColor::Yellow.on_default();
/// What failed.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// No style.
pub const PLAIN: Style = Style::new();
