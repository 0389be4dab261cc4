//! What could stand at the cursor.

use std::ops::Range;

use crate::filter::catalogue;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::lexer::LONGEST;
use crate::filter::lexer::TokenKind;
use crate::filter::lexer::is_sign;
use crate::filter::lexer::tokens_so_far;
use crate::filter::literal::operators;
use crate::filter::rows::RowKind;

/// What could stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The bytes to replace: the word before the cursor.
    pub replace: Range<usize>,
    /// What could replace them, best first.
    pub candidates: Vec<Suggestion>,
}

/// One thing that could.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suggestion {
    /// The text to insert.
    pub text: &'static str,
    /// What it means, in a line.
    pub meaning: &'static str,
}

/// What could stand at `cursor`, a byte of `text`; `rows`: those of the list that is filtered, whose fields may be named in short.
pub fn complete(rows: Option<RowKind>, text: &str, cursor: usize) -> Completion {
    let before = text.get(..cursor.min(text.len())).unwrap_or(text);
    if before.len() > LONGEST {
        let end = before.len();
        return Completion {
            replace: end..end,
            candidates: Vec::new(),
        };
    }
    let breaks = |c: char| c.is_whitespace() || (is_sign(c) || matches!(c, '"' | '\''));
    let start = before
        .char_indices()
        .rev()
        .find(|&(_, c)| breaks(c))
        .map_or(0, |(at, c)| at + c.len_utf8());
    let (done, typed) = before.split_at(start);
    let (tokens, wrong) = tokens_so_far(done);
    let kinds: Vec<&TokenKind> = tokens.iter().map(|token| &token.kind).collect();
    // Inside quotation marks everything is text.
    let candidates = match wrong {
        Some(_) => Vec::new(),
        None => matching(suggestions(rows, &kinds), typed),
    };
    Completion {
        replace: start..before.len(),
        candidates,
    }
}

/// What fits behind these tokens.
fn suggestions(rows: Option<RowKind>, before: &[&TokenKind]) -> Vec<Suggestion> {
    let field = |kind: &TokenKind| match kind {
        TokenKind::Word(word) => Field::find_for(rows, word),
        _ => None,
    };
    match before {
        [.., name, TokenKind::Operator(_)] => field(name).map_or_else(Vec::new, values),
        [.., TokenKind::In] => vec![Suggestion {
            text: "{",
            meaning: "values, with commas between",
        }],
        // A value that happens to be called like a field is followed by no operator.
        [.., TokenKind::Operator(_), TokenKind::Word(_)] => joints(),
        [.., TokenKind::OpenSet | TokenKind::Comma] => {
            set_of(before).and_then(field).map_or_else(Vec::new, values)
        }
        [.., TokenKind::Word(_) | TokenKind::Text(_)] if set_of(before).is_some() => [",", "}"]
            .map(|text| Suggestion {
                text,
                meaning: "another value, or the end of them",
            })
            .to_vec(),
        [.., name @ TokenKind::Word(_)] => {
            let mut offered = field(name).map_or_else(Vec::new, |field| signs(field.kind));
            offered.extend(joints());
            offered
        }
        [
            ..,
            TokenKind::Text(_) | TokenKind::Close | TokenKind::CloseSet,
        ] => joints(),
        _ => fields(),
    }
}

/// The name before the set that is open, if one is.
fn set_of<'a>(before: &[&'a TokenKind]) -> Option<&'a TokenKind> {
    let open = before
        .iter()
        .rposition(|kind| **kind == TokenKind::OpenSet)?;
    let closed = before
        .iter()
        .rposition(|kind| **kind == TokenKind::CloseSet);
    if closed.is_some_and(|closed| closed > open) {
        return None;
    }
    before.get(open.checked_sub(2)?).copied()
}

fn fields() -> Vec<Suggestion> {
    let fields = catalogue::all().map(|field| Suggestion {
        text: field.name,
        meaning: field.meaning,
    });
    let not = Suggestion {
        text: "not",
        meaning: "the opposite of what follows",
    };
    fields.chain([not]).collect()
}

fn values(field: &'static Field) -> Vec<Suggestion> {
    let words = match field.kind {
        Kind::Word(words) => words,
        Kind::Flag => &["true", "false"],
        Kind::Text | Kind::Number(_) | Kind::Address | Kind::Bytes => &[],
    };
    let words = words.iter().map(|text| Suggestion {
        text,
        meaning: field.meaning,
    });
    words.collect()
}

fn signs(kind: Kind) -> Vec<Suggestion> {
    let signs = operators(kind).iter().map(|operator| Suggestion {
        text: operator.sign(),
        meaning: "compared with a value",
    });
    let mut offered: Vec<Suggestion> = signs.collect();
    if !matches!(kind, Kind::Flag | Kind::Bytes) {
        offered.push(Suggestion {
            text: "in",
            meaning: "one of several values: in {a, b}",
        });
    }
    offered
}

fn joints() -> Vec<Suggestion> {
    ["and", "or"]
        .map(|text| Suggestion {
            text,
            meaning: "another test",
        })
        .to_vec()
}

/// Those that begin with what was typed, then those that hold it.
fn matching(all: Vec<Suggestion>, typed: &str) -> Vec<Suggestion> {
    let typed = typed.to_lowercase();
    let (begin, rest): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|it| it.text.to_lowercase().starts_with(&typed));
    let hold = rest
        .into_iter()
        .filter(|it| it.text.to_lowercase().contains(&typed));
    begin.into_iter().chain(hold).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<&'static str> {
        let completion = complete(None, text, text.len());
        completion.candidates.iter().map(|it| it.text).collect()
    }

    #[test]
    fn a_name_is_completed_by_its_beginning_then_by_any_part() {
        assert_eq!(texts("call.out"), ["call.outcome"]);
        assert_eq!(texts("packetslo"), ["stream.packetsLost"]);
        assert_eq!(complete(None, "a and call.out", 14).replace, 6..14);
    }

    #[test]
    fn behind_a_field_come_its_operators_and_behind_these_its_values() {
        assert_eq!(texts("call.outcome "), ["==", "!=", "~", "in", "and", "or"]);
        assert_eq!(
            texts("call.outcome == "),
            ["ok", "degraded", "failed", "unknown"]
        );
        assert_eq!(texts("call.outcome == f"), ["failed"]);
        assert_eq!(texts("call.outcome == ok "), ["and", "or"]);
        assert_eq!(texts("pair.selected == "), ["true", "false"]);
    }

    #[test]
    fn a_set_is_completed_value_by_value() {
        assert_eq!(texts("call.outcome in "), ["{"]);
        assert_eq!(texts("call.outcome in {de"), ["degraded"]);
        assert_eq!(texts("call.outcome in {ok "), [",", "}"]);
        assert_eq!(texts("call.outcome in {ok, fai"), ["failed"]);
        assert_eq!(texts("call.outcome in {ok} "), ["and", "or"]);
    }

    #[test]
    fn a_short_name_is_completed_as_the_whole_one_is() {
        let found = complete(Some(RowKind::Stream), "kind == ", 8);
        let texts: Vec<&str> = found.candidates.iter().map(|it| it.text).collect();
        assert_eq!(texts, ["audio", "video"]);
    }

    #[test]
    fn text_is_left_alone() {
        assert!(texts("\"call.out").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_replaced_lies_in_the_text(
            text in r#"([ a-z(){},=!<>~&|"'\\.0-9é]|call\.outcome|ip| in | == ){0,20}"#,
            cursor in 0_usize..60,
        ) {
            prop_assert!(text.get(complete(None, &text, cursor).replace).is_some());
        }
    }
}
