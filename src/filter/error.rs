//! What is wrong with a filter, and where.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::vocab::printable::printable;

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct FilterError {
    /// Which bytes of the text are meant; empty at the place where something is missing.
    pub span: Range<usize>,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// More text than a filter may have.
    #[error("a filter has at most {0} bytes")]
    TooLong(usize),
    /// More parentheses and negations inside each other than a filter may have.
    #[error("more than {0} parentheses and negations inside each other")]
    TooDeep(usize),
    /// A quotation mark without its partner.
    #[error("this text has no closing quotation mark")]
    OpenText,
    /// A sign that is none of the language's.
    #[error("`{found}` is no operator{}", meant(.instead.as_ref()))]
    Sign {
        /// What stands there.
        found: String,
        /// What was probably meant.
        instead: Option<String>,
    },
    /// Something else should stand here.
    #[error("expected {what}, found {found}")]
    Expected {
        /// What should.
        what: &'static str,
        /// What does.
        found: String,
    },
    /// No such field.
    #[error("no field is called `{name}`{}", meant(.instead.as_ref()))]
    UnknownField {
        /// The name.
        name: String,
        /// The closest name.
        instead: Option<String>,
    },
    /// The field never has this value.
    #[error("`{field}` is never `{value}`{}", meant_or_one_of(.instead.as_ref(), .words))]
    UnknownWord {
        /// The field.
        field: &'static str,
        /// The value.
        value: String,
        /// The closest word.
        instead: Option<String>,
        /// All words.
        words: &'static [&'static str],
    },
    /// The value is not of the field's type.
    #[error("`{field}` is {kind}, and `{value}` is none")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What it holds: `a number of seconds`.
        kind: &'static str,
        /// The value.
        value: String,
    },
    /// The field is one of packets, and the list has none.
    #[error("`{field}` is a packet's: only lists of packets can be asked for it")]
    OnlyOfPackets {
        /// The field.
        field: &'static str,
    },
    /// The operator says nothing about such a field.
    #[error("`{operator}` does not apply to `{field}`, which is {kind}: {instead}")]
    Operator {
        /// The field.
        field: &'static str,
        /// What it holds.
        kind: &'static str,
        /// The operator.
        operator: &'static str,
        /// Which ones do.
        instead: &'static str,
    },
}

impl FilterError {
    /// At `span`.
    pub const fn new(span: Range<usize>, problem: Problem) -> Self {
        Self { span, problem }
    }

    /// The text and, under it, a mark at the place, two lines safe to print.
    ///
    /// ```text
    /// stream.packetLost > 10
    /// ^^^^^^^^^^^^^^^^^
    /// ```
    pub fn pointed(&self, text: &str) -> String {
        let (start, end) = (self.span.start, self.span.end);
        // Spans come from the lexer, on character boundaries of this very text; of another text, the end has to do.
        let before = printable(text.get(..start).unwrap_or(text));
        let inside = printable(text.get(start..end).unwrap_or_default());
        let after = printable(text.get(end..).unwrap_or_default());
        let (before, after) = shortened(&before, &after);
        let inside = inside.chars().take(MARKED_LONGEST).collect::<String>();
        let indent = " ".repeat(before.width());
        let mark = "^".repeat(inside.width().max(1));
        format!("{before}{inside}{after}\n{indent}{mark}")
    }
}

/// What stands around the place, as much as a line holds.
fn shortened(before: &str, after: &str) -> (String, String) {
    let (left, right) = (before.chars().count(), after.chars().count());
    let before = match left.checked_sub(AROUND_LONGEST) {
        None | Some(0) => before.to_owned(),
        Some(cut) => format!("…{}", before.chars().skip(cut).collect::<String>()),
    };
    let after = if right > AROUND_LONGEST {
        format!(
            "{}…",
            after.chars().take(AROUND_LONGEST).collect::<String>()
        )
    } else {
        after.to_owned()
    };
    (before, after)
}

fn meant(instead: Option<&String>) -> String {
    instead.map_or_else(String::new, |it| format!("; did you mean `{it}`?"))
}

fn meant_or_one_of(instead: Option<&String>, words: &[&str]) -> String {
    if instead.is_some() {
        return meant(instead);
    }
    format!(": it is one of {}", words.join(", "))
}

/// Characters of the text shown before the place, and after it.
const AROUND_LONGEST: usize = 60;
/// Characters marked at most.
const MARKED_LONGEST: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn pointed(text: &str, span: Range<usize>) -> String {
        FilterError::new(span, Problem::OpenText).pointed(text)
    }

    #[test]
    fn the_mark_stands_under_the_place() {
        assert_eq!(pointed("a == b", 5..6), "a == b\n     ^");
        assert_eq!(pointed("a ==", 4..4), "a ==\n    ^");
        assert_eq!(pointed("日本 xx", 7..9), "日本 xx\n     ^^");
    }

    #[test]
    fn what_acts_on_a_terminal_is_spelled_out() {
        assert_eq!(pointed("\x1b[1m x", 5..6), "\\x1b[1m x\n        ^");
    }

    #[test]
    fn a_long_text_is_shortened_around_the_place() {
        let text = format!("{}!{}", "a".repeat(500), "b".repeat(500));
        let shown = pointed(&text, 500..501);
        let (line, mark) = shown.split_once('\n').unwrap();
        assert_eq!(line.chars().count(), 123);
        assert_eq!(mark.len(), 62);
    }

    #[test]
    fn a_span_outside_the_text_does_no_harm() {
        assert_eq!(pointed("é", 1..9), "é\n ^");
    }
}
