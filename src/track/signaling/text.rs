//! Text from the wire, cut to a length and freed from control characters, so that one line stays one line.

/// Identifiers, transaction ids, display names: characters kept.
pub(super) const NAME_CHARACTERS: usize = 128;

/// Summaries and reasons: characters kept.
pub(super) const LINE_CHARACTERS: usize = 240;

/// `text` as one line of at most `most` characters; control characters become spaces, a cut is marked with `…`.
pub(super) fn line(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most));
    for (count, character) in text.chars().enumerate() {
        if count == most {
            out.push('…');
            break;
        }
        out.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    out
}

/// `text` as a name.
pub(super) fn name(text: &str) -> String {
    line(text, NAME_CHARACTERS)
}

/// A stable 64-bit fingerprint of a text, to tell repeats (FNV-1a; a collision merely hides one repeat).
pub(super) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_control_characters_and_a_bound() {
        assert_eq!(line("a\r\nb\u{1b}[31m", 80), "a  b [31m");
        assert_eq!(line("abcdef", 3), "abc…");
        assert_eq!(line("äöü", 3), "äöü");
    }
}
