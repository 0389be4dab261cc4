//! A page of text: words wrapped to 80 columns, labels in a column of their own, colour where it helps.
//!
//! ```text
//! ● Call 1  alice → videoroom 100 (publisher)                                   title: text left, outcome right
//!
//!   Setup     signaling 12.0 ms · ICE 31.0 ms · DTLS 33.9 ms                    field: label, then text;
//!             · first media 60.2 ms                                             more lines hang below it
//! ```

use std::borrow::Cow;
use std::io;
use std::io::Write;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::report::text::figures::NO_BREAK;
use crate::report::text::words::DIM;
use crate::report::text::words::Words;
use crate::vocab::printable::printable;

/// Columns of a page.
pub const WIDTH: usize = 80;

/// Where the label of a field begins.
pub const LABEL_INDENT: usize = 2;

/// Where the text of a field begins.
pub const FIELD_INDENT: usize = 12;

/// Writes lines, wrapped and indented.
pub struct Page<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Page<'a> {
    /// A page on `out`. Styles are always written; a stream that strips them decides.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// Adds what was printed on another page.
    pub fn add(&mut self, printed: &[u8]) -> io::Result<()> {
        self.out.write_all(printed)
    }

    /// An empty line.
    pub fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// `left`, and `right` at the right margin where both fit; else below.
    pub fn title(&mut self, left: &Words, right: &Words) -> io::Result<()> {
        let gap = WIDTH.saturating_sub(left.width() + right.width());
        if gap < 2 {
            self.wrapped(0, 2, left)?;
            return self.wrapped(2, 2, right);
        }
        let line = Words {
            pieces: [
                left.pieces.as_slice(),
                &[(Style::new(), NO_BREAK.to_string().repeat(gap))],
                &right.pieces,
            ]
            .concat(),
        };
        self.wrapped(0, 0, &line)
    }

    /// `  label     words`, more lines hanging below the words. Nothing at all without words.
    pub fn field(&mut self, label: &str, words: &Words) -> io::Result<()> {
        self.field_with(&Words::new().styled(DIM, label), words)
    }

    /// The same with a label in styles of its own, on one line.
    pub fn field_with(&mut self, label: &Words, words: &Words) -> io::Result<()> {
        if words.is_empty() {
            return Ok(());
        }
        let gap = FIELD_INDENT
            .saturating_sub(LABEL_INDENT + label.width())
            .max(1);
        self.indent(LABEL_INDENT)?;
        for (style, text) in &label.pieces {
            self.styled(*style, text)?;
        }
        self.indent(gap)?;
        self.words(LABEL_INDENT + label.width() + gap, FIELD_INDENT, words)
    }

    /// More words below a field's; of an item (`· …`), further lines hang by two.
    pub fn hanging(&mut self, words: &Words) -> io::Result<()> {
        let listed = words
            .pieces
            .first()
            .is_some_and(|(_, text)| text.ends_with(NO_BREAK));
        let rest = if listed {
            FIELD_INDENT + 2
        } else {
            FIELD_INDENT
        };
        self.wrapped(FIELD_INDENT, rest, words)
    }

    /// Words, the first line indented by `first`, the others by `rest`.
    pub fn wrapped(&mut self, first: usize, rest: usize, words: &Words) -> io::Result<()> {
        if words.is_empty() {
            return Ok(());
        }
        self.indent(first)?;
        self.words(first, rest, words)
    }

    fn words(&mut self, mut column: usize, indent: usize, words: &Words) -> io::Result<()> {
        let mut at_start = true;
        for run in words.parts().chunk_by(|_, next| !next.begins) {
            let width: usize = run.iter().map(|part| part.text.width()).sum();
            if !at_start {
                if column + 1 + width > WIDTH {
                    self.blank()?;
                    self.indent(indent)?;
                    column = indent;
                } else {
                    self.indent(1)?;
                    column += 1;
                }
            }
            for part in run {
                self.styled(part.style, part.text)?;
            }
            column += width;
            at_start = false;
        }
        self.blank()
    }

    fn styled(&mut self, style: Style, text: &str) -> io::Result<()> {
        let text = breakable(text);
        if style.is_plain() {
            return self.out.write_all(text.as_bytes());
        }
        write!(self.out, "{style}{text}{style:#}")
    }

    fn indent(&mut self, columns: usize) -> io::Result<()> {
        write!(self.out, "{:columns$}", "")
    }
}

/// Ready to print: spaces where a line must not break, and nothing that acts on a terminal.
fn breakable(text: &str) -> Cow<'_, str> {
    let text = printable(text);
    if text.contains(NO_BREAK) {
        Cow::Owned(text.replace(NO_BREAK, " "))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text::words::BAD;
    use crate::report::text::words::GOOD;

    fn shown(print: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        print(&mut Page::new(&mut out)).unwrap();
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn a_long_field_hangs_below_its_own_text() {
        let words = Words::from("word ".repeat(20)).styled(GOOD, "end");
        let text = shown(|page| page.field("Setup", &words));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("  Setup     word word"), "{text}");
        assert!(lines[1].starts_with("            word"), "{text}");
        assert!(lines.iter().all(|line| line.width() <= WIDTH), "{text}");
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        let words = Words::from(format!("{} 1{NO_BREAK}ms", "x".repeat(64)));
        let text = shown(|page| page.field("Setup", &words));
        assert!(text.ends_with("\n            1 ms\n"), "{text}");
    }

    #[test]
    fn styles_do_not_count_as_width_and_do_not_break_words() {
        let words = Words::new()
            .styled(BAD, "✖")
            .text("glued ")
            .styled(GOOD, "next");
        assert_eq!(words.width(), 11);
        assert_eq!(shown(|page| page.wrapped(0, 0, &words)), "✖glued next\n");
    }

    #[test]
    fn what_was_said_on_the_wire_cannot_act() {
        let words = Words::new().said("bad\x1b]0;title\x07name");
        assert_eq!(
            shown(|page| page.wrapped(0, 0, &words)),
            "bad\\x1b]0;title\\x07name\n"
        );
    }

    #[test]
    fn an_outcome_stands_at_the_right_margin() {
        let text = shown(|page| page.title(&Words::from("left"), &Words::from("right")));
        assert_eq!(text.trim_end().width(), WIDTH);
        assert!(text.ends_with("   right\n"), "{text}");
    }
}
