//! Telling HTTP/1 by its first bytes, on any port.

use memchr::memchr;

/// What the first bytes of a stream, or of a message, look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniff {
    /// A request line.
    Request,
    /// A status line.
    Response,
    /// The beginning of either; more bytes will tell.
    Unsure,
    /// Something else.
    Foreign,
}

/// Do `bytes` begin an HTTP/1 message?
///
/// A request line must end in ` HTTP/1.x`, which keeps RTSP and SIP out (`OPTIONS * RTSP/1.0`), and the HTTP/2 preface
/// (`PRI * HTTP/2.0`). Empty lines before a request line are allowed (RFC 9112 §2.2).
pub fn looks_like_http(bytes: &[u8]) -> Sniff {
    let start = skip_empty_lines(bytes);
    if let Some(rest) = start.strip_prefix(STATUS_LINE) {
        return match rest {
            [] => Sniff::Unsure,
            // "1 200": minor version, space, first digit of the status.
            [b'0'..=b'9', rest @ ..] => match rest {
                [] | [b' '] => Sniff::Unsure,
                [b' ', b'1'..=b'9', ..] => Sniff::Response,
                _ => Sniff::Foreign,
            },
            _ => Sniff::Foreign,
        };
    }
    if STATUS_LINE.starts_with(start) {
        return Sniff::Unsure;
    }
    request_line(start)
}

/// `bytes` without the line ends in front.
pub fn skip_empty_lines(bytes: &[u8]) -> &[u8] {
    let empty = bytes
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    bytes.get(empty..).unwrap_or_default()
}

fn request_line(start: &[u8]) -> Sniff {
    let token = start
        .iter()
        .take(METHOD_MAX + 1)
        .take_while(|&&byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_'))
        .count();
    if token > METHOD_MAX {
        return Sniff::Foreign;
    }
    match start.get(token..) {
        None | Some([]) => return Sniff::Unsure,
        Some([b' ', ..]) if token >= METHOD_MIN => {}
        Some(_) => return Sniff::Foreign,
    }
    if let Some(end) = memchr(b'\n', start) {
        let line = start.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let version = line.len().checked_sub(VERSION.len() + 1);
        let version = version.and_then(|at| line.get(at..));
        return match version {
            Some([version @ .., b'0'..=b'9']) if version == VERSION => Sniff::Request,
            _ => Sniff::Foreign,
        };
    }
    if start.len() > REQUEST_LINE_MAX {
        return Sniff::Foreign;
    }
    // Text has no control bytes; binary that happened to begin with capitals has.
    let text = start
        .iter()
        .all(|&byte| byte >= b' ' && byte != 0x7f || matches!(byte, b'\t' | b'\r'));
    if text { Sniff::Unsure } else { Sniff::Foreign }
}

/// What every status line of HTTP/1 begins with.
const STATUS_LINE: &[u8] = b"HTTP/1.";
/// What every request line of HTTP/1 ends with, but for the digit.
const VERSION: &[u8] = b" HTTP/1.";
/// Shortest method in use: `GET`, `PUT`, `ACL`.
const METHOD_MIN: usize = 3;
/// Longest registered method is `UPDATEREDIRECTREF`, 17 characters.
const METHOD_MAX: usize = 24;
/// Length at which a request line without an end is none: twice what RFC 9112 §3 recommends to support.
const REQUEST_LINE_MAX: usize = 16_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Sniff) {
        assert_eq!(looks_like_http(bytes), expected, "{}", bytes.escape_ascii());
    }

    #[test]
    fn request_and_status_lines_are_told() {
        check(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", Sniff::Request);
        check(b"\r\nPOST /janus HTTP/1.0\n", Sniff::Request);
        check(b"RPC_IN_DATA /x HTTP/1.1\r\n", Sniff::Request);
        check(b"HTTP/1.1 200 OK\r\n", Sniff::Response);
        check(b"HTTP/1.0 404", Sniff::Response);
    }

    #[test]
    fn a_beginning_is_unsure() {
        for end in 0..b"HTTP/1.1 ".len() {
            check(&b"HTTP/1.1 "[..end], Sniff::Unsure);
        }
        check(b"PO", Sniff::Unsure);
        check(b"POST /janus HT", Sniff::Unsure);
    }

    #[test]
    fn neighbours_of_http_are_foreign() {
        check(b"OPTIONS * RTSP/1.0\r\n", Sniff::Foreign);
        check(b"REGISTER sip:example.org SIP/2.0\r\n", Sniff::Foreign);
        check(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Sniff::Foreign);
        check(b"SSH-2.0-OpenSSH_9.6\r\n", Sniff::Foreign);
        check(b"USER anonymous\r\n", Sniff::Foreign);
        check(b"\x16\x03\x01\x02\x00\x01", Sniff::Foreign);
        check(b"ABC \x00\x01\x02", Sniff::Foreign);
        check(b"HTTP/2 200 OK\r\n", Sniff::Foreign);
        check(&[b'A'; 100], Sniff::Foreign);
    }
}
