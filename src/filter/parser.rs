//! Tokens → expression, by recursive descent; the grammar stands in [`crate::filter`].

use std::ops::Range;

use crate::filter::catalogue;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::error::FilterError;
use crate::filter::error::Problem;
use crate::filter::expression::Expression;
use crate::filter::expression::Operator;
use crate::filter::lexer::Token;
use crate::filter::lexer::TokenKind;
use crate::filter::lexer::tokens;
use crate::filter::literal::Literal;
use crate::filter::literal::check_operator;
use crate::filter::nearest::nearest;
use crate::filter::rows::RowKind;

/// Reads a filter. No text is the filter that lets everything pass. In a list of `rows` their word may be left out before an operator:
/// `packetsLost > 10` among streams.
///
/// # Errors
///
/// The text is no filter.
pub fn parse(rows: Option<RowKind>, text: &str) -> Result<Expression, FilterError> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Expression::Everything);
    }
    let mut parser = Parser {
        rows,
        text,
        tokens: &tokens,
        depth: 0,
    };
    let expression = parser.any()?;
    match parser.tokens.first() {
        None => Ok(expression),
        Some(_) => Err(parser.expected("and, or, or the end")),
    }
}

/// The tokens not read yet.
struct Parser<'a> {
    rows: Option<RowKind>,
    text: &'a str,
    tokens: &'a [Token],
    /// Parentheses and negations open.
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a TokenKind> {
        self.tokens.first().map(|token| &token.kind)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn next_if(&mut self, kind: &TokenKind) -> bool {
        let there = self.peek() == Some(kind);
        if there {
            self.next();
        }
        there
    }

    /// Where the next token stands; at the end, the end.
    fn span(&self) -> Range<usize> {
        let end = self.text.trim_end().len();
        self.tokens
            .first()
            .map_or(end..end, |token| token.span.clone())
    }

    fn expected(&self, what: &'static str) -> FilterError {
        let span = self.span();
        let found = match self.text.get(span.clone()) {
            Some(found) if !found.is_empty() => format!("`{found}`"),
            _ => "the end".to_owned(),
        };
        FilterError::new(span, Problem::Expected { what, found })
    }

    fn any(&mut self) -> Result<Expression, FilterError> {
        let mut parts = vec![self.all()?];
        while self.next_if(&TokenKind::Or) {
            parts.push(self.all()?);
        }
        Ok(match parts.len() {
            1 => parts.swap_remove(0),
            _ => Expression::Any(parts),
        })
    }

    fn all(&mut self) -> Result<Expression, FilterError> {
        let mut parts = vec![self.one()?];
        loop {
            let joined = self.next_if(&TokenKind::And);
            let begins = matches!(
                self.peek(),
                Some(TokenKind::Word(_) | TokenKind::Text(_) | TokenKind::Not | TokenKind::Open)
            );
            if !joined && !begins {
                return Ok(Expression::all(parts));
            }
            parts.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<Expression, FilterError> {
        let start = self.span();
        match self.peek() {
            Some(TokenKind::Not) => {
                self.next();
                let inner = self.deeper(start, Self::one)?;
                Ok(Expression::Not(Box::new(inner)))
            }
            Some(TokenKind::Open) => {
                self.next();
                let inner = self.deeper(start, Self::any)?;
                if self.next_if(&TokenKind::Close) {
                    Ok(inner)
                } else {
                    Err(self.expected("`)`"))
                }
            }
            Some(TokenKind::Text(text)) => {
                self.next();
                self.no_operator_after_text()?;
                Ok(Expression::Search(text.to_lowercase()))
            }
            Some(TokenKind::Word(word)) => {
                self.next();
                self.word(word, start)
            }
            _ => Err(self.expected("a field, a word to search for, `not` or `(`")),
        }
    }

    fn deeper(
        &mut self,
        start: Range<usize>,
        read: fn(&mut Self) -> Result<Expression, FilterError>,
    ) -> Result<Expression, FilterError> {
        if self.depth == DEEPEST {
            return Err(FilterError::new(start, Problem::TooDeep(DEEPEST)));
        }
        self.depth += 1;
        let inner = read(self)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn no_operator_after_text(&self) -> Result<(), FilterError> {
        match self.peek() {
            Some(TokenKind::Operator(_) | TokenKind::In) => {
                Err(self.expected("a field before this operator, not text"))
            }
            _ => Ok(()),
        }
    }

    /// A field with what is asked of it, or a word to search for.
    fn word(&mut self, word: &str, span: Range<usize>) -> Result<Expression, FilterError> {
        let contains = self.is_contains();
        let compared =
            contains || matches!(self.peek(), Some(TokenKind::Operator(_) | TokenKind::In));
        let short = self.rows.filter(|_| compared);
        let Some(field) = Field::find_for(short, word) else {
            return if compared || looks_like_a_field(word) {
                Err(FilterError::new(span, unknown_field(word)))
            } else {
                Ok(Expression::Search(word.to_lowercase()))
            };
        };
        let operator_span = self.span();
        match self.peek() {
            Some(&TokenKind::Operator(operator)) => {
                self.next();
                check_operator(field, operator, operator_span)?;
                let value = self.value(field, operator)?;
                Ok(Expression::Compare(field, operator, value))
            }
            _ if contains => {
                self.next();
                check_operator(field, Operator::Contains, operator_span)?;
                let value = self.value(field, Operator::Contains)?;
                Ok(Expression::Compare(field, Operator::Contains, value))
            }
            Some(TokenKind::In) => {
                check_operator_in(field, operator_span)?;
                self.next();
                Ok(Expression::In(field, self.set(field)?))
            }
            _ => Ok(Expression::Known(field)),
        }
    }

    /// Does `contains` with a value behind it come next? It is another way to write `~`, and a word where nothing follows.
    fn is_contains(&self) -> bool {
        matches!(
            self.tokens.iter().map(|token| &token.kind).take(2).collect::<Vec<_>>().as_slice(),
            [TokenKind::Word(word), TokenKind::Word(_) | TokenKind::Text(_)]
                if word.eq_ignore_ascii_case("contains")
        )
    }

    fn set(&mut self, field: &'static Field) -> Result<Vec<Literal>, FilterError> {
        if !self.next_if(&TokenKind::OpenSet) {
            return Err(self.expected("`{` and values, with commas between"));
        }
        let mut values = vec![self.value(field, Operator::Equal)?];
        while self.next_if(&TokenKind::Comma) {
            values.push(self.value(field, Operator::Equal)?);
        }
        if self.next_if(&TokenKind::CloseSet) {
            Ok(values)
        } else {
            Err(self.expected("`,` or `}`"))
        }
    }

    fn value(&mut self, field: &'static Field, operator: Operator) -> Result<Literal, FilterError> {
        let span = self.span();
        match self.peek() {
            Some(TokenKind::Word(text) | TokenKind::Text(text)) => {
                self.next();
                Literal::new(field, operator, text, span)
            }
            _ => Err(self.expected("a value")),
        }
    }
}

/// Bytes are searched for, never equal to others.
fn check_operator_in(field: &'static Field, span: Range<usize>) -> Result<(), FilterError> {
    if field.kind == Kind::Bytes {
        return check_operator(field, Operator::Equal, span);
    }
    Ok(())
}

/// `call.…` was meant as a field: hosts are searched for by other names.
fn looks_like_a_field(word: &str) -> bool {
    let row = word.split_once('.').map(|(row, _)| row);
    row.is_some_and(|row| {
        let mut rows = RowKind::ALL.into_iter().chain([RowKind::Packet]);
        rows.any(|kind| kind.word().eq_ignore_ascii_case(row))
    })
}

fn unknown_field(name: &str) -> Problem {
    let names = || catalogue::all().map(|field| field.name);
    // `packetsLost` alone is as likely to be typed as a slip of the finger.
    let ending = || names().find(|known| ends_with_part(known, name));
    Problem::UnknownField {
        name: name.to_owned(),
        instead: nearest(name, names()).or_else(ending).map(str::to_owned),
    }
}

fn ends_with_part(known: &str, name: &str) -> bool {
    let mut parts = known.match_indices('.').map(|(at, _)| at + 1);
    parts.any(|at| {
        known
            .get(at..)
            .is_some_and(|rest| rest.eq_ignore_ascii_case(name))
    })
}

/// The most parentheses and negations inside each other.
pub const DEEPEST: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_wrong(text: &str, span: Range<usize>, sentence: &str) {
        let error = parse(None, text).unwrap_err();
        assert_eq!(error.to_string(), sentence, "{text}");
        assert_eq!(error.span, span, "{text}");
    }

    #[test]
    fn or_binds_less_than_and() {
        let Expression::Any(parts) = parse(None, "a or b and c").unwrap() else {
            panic!("no or at the top");
        };
        assert_eq!(parts[0], Expression::Search("a".into()));
        assert_eq!(parts[1], parse(None, "b c").unwrap());
    }

    #[test]
    fn signs_mean_the_same_as_words() {
        for (words, signs) in [
            ("a and b or not c", "a && b || !c"),
            ("not (a or b)", "!(a||b)"),
            ("call.outcome == ok", "call.outcome==ok"),
        ] {
            assert_eq!(parse(None, words), parse(None, signs), "{words}");
        }
    }

    #[test]
    fn tests_on_one_kind_of_row_go_together() {
        let text = "call.outcome == ok stream.kind == video stream.packetsLost > 1";
        let Expression::All(groups) = parse(None, text).unwrap() else {
            panic!("no and at the top");
        };
        assert_eq!(groups[1].row, Some(RowKind::Stream));
        assert_eq!((groups[0].parts.len(), groups[1].parts.len()), (1, 2));
    }

    #[test]
    fn a_host_is_searched_for_and_a_mistyped_field_is_not() {
        assert!(matches!(
            parse(None, "janus.example.com"),
            Ok(Expression::Search(_))
        ));
        assert!(matches!(
            parse(None, "stream.rid"),
            Ok(Expression::Known(_))
        ));
        check_wrong(
            "stream.packetLost > 10",
            0..17,
            "no field is called `stream.packetLost`; did you mean `stream.packetsLost`?",
        );
        check_wrong(
            "packetsLost > 10",
            0..11,
            "no field is called `packetsLost`; did you mean `stream.packetsLost`?",
        );
        check_wrong(
            "call.zzzzzzzzzzz",
            0..16,
            "no field is called `call.zzzzzzzzzzz`",
        );
    }

    #[test]
    fn what_is_missing_is_named_where_it_is_missing() {
        check_wrong(
            "call.outcome ==  ",
            15..15,
            "expected a value, found the end",
        );
        check_wrong("(a or b", 7..7, "expected `)`, found the end");
        check_wrong("a )", 2..3, "expected and, or, or the end, found `)`");
        check_wrong(
            "a and",
            5..5,
            "expected a field, a word to search for, `not` or `(`, found the end",
        );
        check_wrong(
            "call.outcome in ok",
            16..18,
            "expected `{` and values, with commas between, found `ok`",
        );
        check_wrong(
            "call.outcome in {ok failed}",
            20..26,
            "expected `,` or `}`, found `failed`",
        );
    }

    #[test]
    fn a_value_must_fit_its_field() {
        check_wrong(
            "call.outcome == faild",
            16..21,
            "`call.outcome` is never `faild`; did you mean `failed`?",
        );
        check_wrong(
            "call.outcome == banana",
            16..22,
            "`call.outcome` is never `banana`: it is one of ok, degraded, failed, unknown",
        );
        check_wrong(
            "stream.packetsLost > many",
            21..25,
            "`stream.packetsLost` is a plain number, and `many` is none",
        );
        check_wrong(
            "ip == 10.0.0.0/40",
            6..17,
            "`ip` is an IP address, and `10.0.0.0/40` is none",
        );
        check_wrong(
            "stream.codec > VP8",
            13..14,
            "`>` does not apply to `stream.codec`, which is text: use == != ~ or in",
        );
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(None, &nested(DEEPEST)).is_ok());
        let error = parse(None, &nested(DEEPEST + 1)).unwrap_err();
        assert_eq!(error.problem, Problem::TooDeep(DEEPEST));
        assert!(parse(None, &"!".repeat(2_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_filter_or_an_error_within_it(
            text in r#"([ a-z(){},=!<>~&|"'\\.0-9é]|call\.outcome|stream\.jitter|ip| in | not | == ){0,40}"#
        ) {
            if let Err(error) = parse(None, &text) {
                prop_assert!(text.get(error.span.clone()).is_some());
                prop_assert!(!error.to_string().is_empty());
                prop_assert_eq!(error.pointed(&text).lines().count(), 2);
            }
        }
    }
}
