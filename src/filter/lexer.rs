//! Text → tokens with their places.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use crate::filter::error::FilterError;
use crate::filter::error::Problem;
use crate::filter::expression::Operator;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes in the text.
    pub span: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenKind {
    /// A field's name, a value, or a word to search for.
    Word(String),
    /// Text in quotation marks, without them.
    Text(String),
    /// A comparison.
    Operator(Operator),
    /// `and`, `&&`
    And,
    /// `or`, `||`
    Or,
    /// `not`, `!`
    Not,
    /// `in`
    In,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `{`
    OpenSet,
    /// `}`
    CloseSet,
    /// `,`
    Comma,
}

/// All tokens of `text`.
///
/// # Errors
///
/// The text is too long, has a sign of another language, or a quotation mark without its partner.
pub fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let (tokens, wrong) = tokens_so_far(text);
    wrong.map_or(Ok(tokens), Err)
}

/// The tokens before the first mistake, and that mistake: what completion works with, since a text being typed is seldom right.
pub fn tokens_so_far(text: &str) -> (Vec<Token>, Option<FilterError>) {
    let mut tokens = Vec::new();
    if text.len() > LONGEST {
        let span = text.len()..text.len();
        return (
            tokens,
            Some(FilterError::new(span, Problem::TooLong(LONGEST))),
        );
    }
    let mut rest = text.char_indices().peekable();
    while let Some(&(start, first)) = rest.peek() {
        if first.is_whitespace() {
            rest.next();
            continue;
        }
        let kind = match first {
            '"' | '\'' => quoted(&mut rest, start..text.len()),
            _ if is_sign(first) => sign(&mut rest, start),
            _ => Ok(word(text, &mut rest, start)),
        };
        let end = rest.peek().map_or(text.len(), |&(at, _)| at);
        match kind {
            Ok(kind) => tokens.push(Token {
                kind,
                span: start..end,
            }),
            Err(wrong) => return (tokens, Some(wrong)),
        }
    }
    (tokens, None)
}

/// Is `c` a sign of the language, which ends a word?
pub const fn is_sign(c: char) -> bool {
    matches!(
        c,
        '(' | ')' | '{' | '}' | ',' | '=' | '!' | '<' | '>' | '~' | '&' | '|'
    )
}

type Rest<'a> = Peekable<CharIndices<'a>>;

/// Text up to the quotation mark that opened it; a backslash takes the next character as it is.
fn quoted(rest: &mut Rest<'_>, span: Range<usize>) -> Result<TokenKind, FilterError> {
    let mut text = String::new();
    let mark = rest.next().map(|(_, mark)| mark);
    while let Some((_, c)) = rest.next() {
        match c {
            _ if Some(c) == mark => return Ok(TokenKind::Text(text)),
            '\\' => text.extend(rest.next().map(|(_, escaped)| escaped)),
            _ => text.push(c),
        }
    }
    Err(FilterError::new(span, Problem::OpenText))
}

fn word(text: &str, rest: &mut Rest<'_>, start: usize) -> TokenKind {
    let ends = |c: char| c.is_whitespace() || is_sign(c) || matches!(c, '"' | '\'');
    while rest.next_if(|&(_, c)| !ends(c)).is_some() {}
    let end = rest.peek().map_or(text.len(), |&(at, _)| at);
    let word = text.get(start..end).unwrap_or_default();
    let keyword = |name: &str| word.eq_ignore_ascii_case(name);
    match () {
        () if keyword("and") => TokenKind::And,
        () if keyword("or") => TokenKind::Or,
        () if keyword("not") => TokenKind::Not,
        () if keyword("in") => TokenKind::In,
        () => TokenKind::Word(word.to_owned()),
    }
}

fn sign(rest: &mut Rest<'_>, start: usize) -> Result<TokenKind, FilterError> {
    let first = rest.next().map_or(' ', |(_, c)| c);
    let mut followed_by = |c| rest.next_if(|&(_, next)| next == c).is_some();
    Ok(match first {
        '(' => TokenKind::Open,
        ')' => TokenKind::Close,
        '{' => TokenKind::OpenSet,
        '}' => TokenKind::CloseSet,
        ',' => TokenKind::Comma,
        '~' => TokenKind::Operator(Operator::Contains),
        '=' if followed_by('=') => TokenKind::Operator(Operator::Equal),
        '!' if followed_by('=') => TokenKind::Operator(Operator::NotEqual),
        '!' => TokenKind::Not,
        '<' if followed_by('=') => TokenKind::Operator(Operator::AtMost),
        '<' => TokenKind::Operator(Operator::Less),
        '>' if followed_by('=') => TokenKind::Operator(Operator::AtLeast),
        '>' => TokenKind::Operator(Operator::Greater),
        '&' if followed_by('&') => TokenKind::And,
        '|' if followed_by('|') => TokenKind::Or,
        single => {
            let problem = Problem::Sign {
                found: single.to_string(),
                instead: Some(single.to_string().repeat(2)),
            };
            return Err(FilterError::new(start..start + single.len_utf8(), problem));
        }
    })
}

/// The most bytes a filter may have: a screenful, and no way to keep the parser busy.
pub const LONGEST: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let tokens = tokens(text).unwrap();
        tokens.into_iter().map(|token| token.kind).collect()
    }

    fn word(text: &str) -> TokenKind {
        TokenKind::Word(text.into())
    }

    #[test]
    fn addresses_numbers_and_names_are_words() {
        for text in [
            "203.0.113.10:3478",
            "[2001:db8::1]:80",
            "10.0.0.0/8",
            "2%",
            "-1.5ms",
            "call.a.name",
            "/janus/1?x",
            "notable",
            "größe",
        ] {
            assert_eq!(kinds(text), [word(text)], "{text}");
        }
    }

    #[test]
    fn signs_need_no_space_around_them() {
        let expected = [
            word("a"),
            TokenKind::Operator(Operator::AtLeast),
            word("1"),
            TokenKind::And,
            TokenKind::Not,
            TokenKind::Open,
            word("b"),
            TokenKind::Close,
        ];
        assert_eq!(kinds("a>=1&&!(b)"), expected);
        assert_eq!(kinds("a >= 1 AND Not ( b )"), expected);
    }

    #[test]
    fn a_backslash_takes_the_next_character_as_it_is() {
        let text = |text: &str| TokenKind::Text(text.into());
        assert_eq!(
            kinds(r#""a \"b\" \\" 'it"s'"#),
            [text(r#"a "b" \"#), text("it\"s")]
        );
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let wrong = |text| tokens(text).unwrap_err();
        assert_eq!(wrong("é = 1").span, 3..4);
        assert!(wrong("a = 1").to_string().contains("did you mean `==`?"));
        assert_eq!(wrong("a 'b").span, 2..4);
        assert_eq!(wrong("a \"b\\").problem, Problem::OpenText);
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(wrong(&long).problem, Problem::TooLong(LONGEST));
    }
}
