//! JSON of unknown origin, read with bounds.

use serde_json::Value;

use crate::track::signaling::text;

/// Longest body read as JSON, in bytes.
pub(super) const BODY_BYTES: usize = 4 << 20;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Longer than [`BODY_BYTES`].
    TooLong,
    /// Not JSON (RFC 8259), or nested deeper than 128 levels: the offset in bytes where reading stopped.
    Malformed(usize),
}

/// Reads a JSON text. A byte order mark in front is skipped (RFC 8259 §8.1 lets readers do so).
pub(super) fn parse(body: &[u8]) -> Result<Value, Unreadable> {
    if body.len() > BODY_BYTES {
        return Err(Unreadable::TooLong);
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| Unreadable::Malformed(offset(body, &error)))
}

/// Does a body look like the start of a JSON object or array?
pub(super) fn looks_like_json(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'['))
}

/// The member `key`, when it is a string.
pub(super) fn string<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// The member `key` as an identifier: a non-empty string or a number, as text.
pub(super) fn id(value: &Value, key: &str) -> Option<String> {
    as_id(value.get(key)?)
}

/// An identifier: a non-empty string or a number, as text.
pub(super) fn as_id(value: &Value) -> Option<String> {
    match value {
        Value::String(word) if !word.is_empty() => Some(text::name(word)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The member `key` as an array; empty when it is none.
pub(super) fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Byte offset of an error, which `serde_json` tells as line and column (both from 1).
fn offset(body: &[u8], error: &serde_json::Error) -> usize {
    let lines = body.split_inclusive(|&byte| byte == b'\n');
    let before: usize = lines
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    before + error.column().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_text_tells_where() {
        assert_eq!(parse(b"{\"a\":\n  x}"), Err(Unreadable::Malformed(8)));
        assert!(matches!(parse(b""), Err(Unreadable::Malformed(0))));
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        assert!(parse("[".repeat(1 << 20).as_bytes()).is_err());
        assert_eq!(parse(&vec![b' '; BODY_BYTES + 1]), Err(Unreadable::TooLong));
    }

    #[test]
    fn an_id_is_a_number_or_a_string() {
        let value = parse(br#"{"n":8006446443526837,"s":"80","e":"","b":true,"h":1e300}"#).unwrap();
        assert_eq!(id(&value, "n").as_deref(), Some("8006446443526837"));
        assert_eq!(id(&value, "s").as_deref(), Some("80"));
        assert_eq!(
            (id(&value, "e"), id(&value, "b"), id(&value, "x")),
            (None, None, None)
        );
        assert_eq!(id(&value, "h").as_deref(), Some("1e+300"));
    }
}
