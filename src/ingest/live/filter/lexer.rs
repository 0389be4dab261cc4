//! Text to words and signs.

/// A word or a sign, and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// As it stands: `and` and `&&` are both there.
    pub(super) text: &'a str,
    /// Bytes from the start of the expression.
    pub(super) at: usize,
}

/// The words and signs of `expression`.
pub(super) fn tokens(expression: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    loop {
        let trimmed = rest.trim_start();
        let at = expression.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else {
            return tokens;
        };
        let length = match first {
            '(' | ')' | '!' => 1,
            '&' | '|' => {
                1 + usize::from(
                    trimmed
                        .get(1..)
                        .is_some_and(|after| after.starts_with(first)),
                )
            }
            _ => trimmed
                .find(|c: char| c.is_whitespace() || "()!&|".contains(c))
                .unwrap_or(trimmed.len()),
        };
        let (text, after) = trimmed.split_at(length);
        tokens.push(Token { text, at });
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_part_words() {
        let texts = |expression| -> Vec<&str> {
            tokens(expression).iter().map(|token| token.text).collect()
        };
        assert_eq!(
            texts(" udp&&!(port 53||net fe80::/10) & x"),
            [
                "udp",
                "&&",
                "!",
                "(",
                "port",
                "53",
                "||",
                "net",
                "fe80::/10",
                ")",
                "&",
                "x"
            ]
        );
        assert_eq!(tokens("a  bc")[1].at, 3);
        assert!(texts("  ").is_empty());
    }
}
