//! Text for cells: made printable, measured in columns, cut to fit.
//!
//! In privacy mode, whatever is measured, cut or shown here is masked first ([`crate::tui::privacy`]).
//!
//! Everything that came from the wire goes through [`shown`] before it is drawn. Widths are the terminal's: a CJK character takes
//! two columns, so nothing here counts `char`s.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

use crate::report::text::figures;
use crate::tui::privacy::masked;
use crate::vocab::capture::Capture;
use crate::vocab::ids::FrameNumber;
use crate::vocab::printable::printable_within;

/// Text from the wire, safe to draw; at most [`TEXT_MAX`] characters.
pub fn shown(text: &str) -> Cow<'_, str> {
    match masked(text) {
        Cow::Borrowed(text) => printable_within(text, TEXT_MAX),
        Cow::Owned(text) => Cow::Owned(printable_within(&text, TEXT_MAX).into_owned()),
    }
}

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    masked(text).width()
}

/// `text` cut at the end to at most `columns`, with `…` when something was cut.
pub fn elide(text: &str, columns: usize) -> Cow<'_, str> {
    let text = masked(text);
    if text.width() <= columns {
        return text;
    }
    let mut cut = front(&text, columns.saturating_sub(1)).to_owned();
    if columns > 0 {
        cut.push('…');
    }
    Cow::Owned(cut)
}

/// `text` cut in the middle to at most `columns`: `2001:db8:…:2`. Addresses and paths differ at both ends.
pub fn elide_middle(text: &str, columns: usize) -> Cow<'_, str> {
    let text = masked(text);
    if text.width() <= columns {
        return text;
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let head = front(&text, room / 2);
    let tail = back(&text, room - head.width());
    Cow::Owned(format!("{head}…{tail}"))
}

/// The longest start of `text` that fits `columns`.
fn front(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        used += c.width().unwrap_or(0);
        (used > columns).then_some(at)
    });
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

/// The longest end of `text` that fits `columns`.
fn back(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let begin = text.char_indices().rev().find_map(|(at, c)| {
        used += c.width().unwrap_or(0);
        (used > columns).then_some(at + c.len_utf8())
    });
    text.get(begin.unwrap_or(0)..).unwrap_or(text)
}

/// `text` broken into lines of at most `columns`, at spaces where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let text = &*masked(text);
    let columns = columns.max(1);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word;
        let space = usize::from(!line.is_empty());
        if width(&line) + space + width(word) <= columns {
            if space > 0 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while width(word) > columns {
            let head = front(word, columns);
            // A character wider than the line: give up on it rather than on the loop.
            let taken = if head.is_empty() {
                word.len()
            } else {
                head.len()
            };
            lines.push(head.to_owned());
            word = word.get(taken..).unwrap_or_default();
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// `1 334`.
pub fn count(number: u64) -> String {
    plain(&figures::count(number))
}

/// `1 call`, `2 calls`.
pub fn counted(number: u64, noun: &str) -> String {
    plain(&figures::counted(number, noun))
}

/// `120 kb/s`.
pub fn bitrate(bits_per_second: f64) -> String {
    plain(&figures::bitrate(bits_per_second))
}

/// `16 kB`.
pub fn bytes(number: u64) -> String {
    plain(&figures::bytes(number))
}

/// `16.2 s`.
pub fn span(span: std::time::Duration) -> String {
    plain(&figures::span(span))
}

/// `0.9 ms`.
pub fn milliseconds(span: std::time::Duration) -> String {
    plain(&figures::milliseconds(span))
}

/// `0.9`, in milliseconds, where several share a unit.
pub fn bare_milliseconds(span: std::time::Duration) -> String {
    figures::bare_milliseconds(span)
}

/// `4.9 %`.
pub fn percent(part: u64, whole: u64) -> Option<String> {
    figures::percent(part, whole).map(|text| plain(&text))
}

/// `frames 180, 183–186`.
pub fn frames(frames: &[FrameNumber], capture: &Capture) -> String {
    shown(&plain(&figures::frames(frames, capture))).into_owned()
}

/// Nothing breaks lines inside a cell, so a plain space does.
pub fn plain(text: &str) -> String {
    text.replace(figures::NO_BREAK, " ")
}

/// Longest text from the wire in one cell or line, characters.
pub const TEXT_MAX: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(elide("日本語です", 5), "日本…");
        assert_eq!(elide("alice", 5), "alice");
        assert_eq!(elide("alice", 0), "");
    }

    #[test]
    fn addresses_keep_both_ends() {
        assert_eq!(elide_middle("2001:db8:10::2", 9), "2001…0::2");
        assert_eq!(elide_middle("203.0.113.10", 12), "203.0.113.10");
        assert_eq!(elide_middle("203.0.113.10", 0), "");
    }

    #[test]
    fn long_words_are_broken_and_the_rest_at_spaces() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert!(wrap("日本", 1).len() < 4);
    }
}
