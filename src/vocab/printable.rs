//! Text from the wire, made safe for a terminal.
//!
//! Display names, URLs, realms, SDP lines and reason phrases are written by strangers. Printed as they are they could move the
//! cursor, recolour the screen, set the clipboard (OSC 52), reverse the reading order or hide characters. So every such string
//! passes through here on its way to a terminal, and what would act instead of being read is spelled out:
//!
//! | characters | shown as |
//! | --- | --- |
//! | newline, carriage return, tab | `\n` `\r` `\t` |
//! | other C0 controls and DEL | `\x1b` |
//! | C1 controls, bidirectional controls, zero-width and other invisible characters, line and paragraph separators, tags | `\u{202e}` |
//!
//! The result is for reading, not for parsing back: a backslash of the text itself stays as it is.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with everything that would act on a terminal spelled out. Borrows when there is nothing to do.
pub fn printable(text: &str) -> Cow<'_, str> {
    match text.find(acts_on_terminal) {
        None => Cow::Borrowed(text),
        Some(first) => {
            let (clean, rest) = text.split_at(first);
            let mut shown = String::with_capacity(text.len() + 16);
            shown.push_str(clean);
            rest.chars().for_each(|c| push_shown(&mut shown, c));
            Cow::Owned(shown)
        }
    }
}

/// As [`printable`], at most `limit` characters long; what does not fit is replaced by one `…`.
///
/// The limit counts characters as shown, so that an escape is never cut in half.
pub fn printable_within(text: &str, limit: usize) -> Cow<'_, str> {
    let mut shown = String::with_capacity(text.len().min(limit));
    // `room_end`: where to cut so that the ellipsis still fits.
    let (mut length, mut room_end) = (0, 0);
    for c in text.chars() {
        let before = shown.len();
        push_shown(&mut shown, c);
        length += shown.get(before..).map_or(0, |added| added.chars().count());
        if length > limit {
            shown.truncate(room_end);
            if limit > 0 {
                shown.push('…');
            }
            return Cow::Owned(shown);
        }
        if length < limit {
            room_end = shown.len();
        }
    }
    Cow::Owned(shown)
}

/// Bytes of a protocol that should be text, as [`printable_within`] shows them; what is not UTF-8 becomes `\xNN`.
pub fn printable_bytes(bytes: &[u8], limit: usize) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(&printable(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
        if text.len() > limit.saturating_mul(4) {
            break;
        }
    }
    printable_within(&text, limit).into_owned()
}

/// Does `c` act on a terminal, or vanish in it, instead of being read?
pub const fn acts_on_terminal(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'          // C0, DEL, C1
        | '\u{ad}' | '\u{34f}'                      // soft hyphen, combining grapheme joiner
        | '\u{61c}' | '\u{200e}' | '\u{200f}'       // bidirectional marks
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // bidirectional embeddings, overrides, isolates
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers: letters that show nothing
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}' // zero width
        | '\u{2028}' | '\u{2029}'                   // line and paragraph separator
        | '\u{fff9}'..='\u{fffb}'                   // interlinear annotation
        | '\u{e0000}'..='\u{e0fff}'                 // tags, variation selectors supplement
    )
}

fn push_shown(out: &mut String, c: char) {
    let _ = match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\0'..='\x1f' | '\x7f' => write!(out, "\\x{:02x}", u32::from(c)),
        _ if acts_on_terminal(c) => write!(out, "\\u{{{:x}}}", u32::from(c)),
        _ => out.write_char(c),
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(printable(text), expected);
    }

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(printable("alice → Zoë 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn an_escape_sequence_is_spelled_out() {
        check("a\x1b]52;c;AAAA\x07b", r"a\x1b]52;c;AAAA\x07b");
    }

    #[test]
    fn line_ends_do_not_break_the_layout() {
        check("v=0\r\n\ts", r"v=0\r\n\ts");
    }

    #[test]
    fn del_and_c1_controls_are_spelled_out() {
        check("\x7f\u{9b}31m", r"\x7f\u{9b}31m");
    }

    #[test]
    fn text_cannot_run_backwards_or_hide() {
        check(
            "\u{202e}gpj\u{200b}\u{2028}\u{feff}",
            r"\u{202e}gpj\u{200b}\u{2028}\u{feff}",
        );
    }

    #[test]
    fn the_limit_counts_what_is_shown_and_never_halves_an_escape() {
        assert_eq!(printable_within("abcdef", 6), "abcdef");
        assert_eq!(printable_within("abcdefg", 6), "abcde…");
        assert_eq!(printable_within("abc\x1bdef", 6), "abc…");
        assert_eq!(printable_within("abc\x1b", 7), r"abc\x1b");
        assert_eq!(printable_within("abc", 0), "");
    }

    #[test]
    fn bytes_that_are_no_text_show_in_hex() {
        assert_eq!(printable_bytes(b"ok\xff\x1b", 80), r"ok\xff\x1b");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_ever_comes_out(text in any::<String>(), limit in 0_usize..40) {
            prop_assert!(!printable(&text).contains(acts_on_terminal));
            let short = printable_within(&text, limit);
            prop_assert!(!short.contains(acts_on_terminal));
            prop_assert!(short.chars().count() <= limit);
        }

        #[test]
        fn bytes_of_any_kind_come_out_readable(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(!printable_bytes(&bytes, 30).contains(acts_on_terminal));
        }
    }
}
