//! Start line and header fields (RFC 9112 §2–5).
//!
//! `httparse` reads what keeps to the rules. What does not is read again here, line by line, and each broken rule named:
//! a capture shows what was sent, not what should have been.

use memchr::memchr;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::http1::headers::Headers;

/// A message head, with owned text: heads are few, and their text outlives the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Request line or status line.
    pub start: StartLine,
    /// The digit behind `HTTP/1.`.
    pub minor_version: u8,
    /// Values without white space around, bytes that are no UTF-8 replaced.
    pub headers: Headers,
    /// Broken rules; offsets count from the start of the head.
    pub faults: Vec<Fault>,
}

/// The first line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartLine {
    /// `POST /janus HTTP/1.1` (RFC 9112 §3).
    Request {
        /// Method, case-sensitive.
        method: String,
        /// Request target: origin form, absolute form, authority form or `*`.
        target: String,
    },
    /// `HTTP/1.1 200 OK` (RFC 9112 §4).
    Response {
        /// Status code, 100 to 999.
        status: u16,
        /// Reason phrase, possibly empty.
        reason: String,
    },
}

impl Head {
    /// Reads the head in `bytes`, which end with its empty line (see [`end_of_head`]).
    ///
    /// Fails with `http-start-line` when the first line is neither a request line nor a status line of HTTP/1.
    pub fn new(bytes: &[u8]) -> Result<Self, Fault> {
        let mut head = match strict(bytes) {
            Some(head) => head,
            None => tolerant(bytes)?,
        };
        if let Some(offset) = bare_line_feed(bytes) {
            head.fault("http-bare-lf", offset);
        }
        Ok(head)
    }

    /// Value of the first field called `name` (any case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    fn fault(&mut self, name: &'static str, offset: usize) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault::new(Layer::Http, name, offset));
        }
    }
}

/// Offset behind the empty line that ends a head; `None` when it has not come yet. The first `searched` bytes are known not to end it.
///
/// Accepts a bare LF as line end (RFC 9112 §2.2).
pub fn end_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    // An end that straddles the border begins at most two bytes before it.
    let mut from = searched.saturating_sub(2);
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr(b'\n', rest)) {
        let behind = from + found + 1;
        match bytes.get(behind..) {
            Some([b'\n', ..]) => return Some(behind + 1),
            Some([b'\r', b'\n', ..]) => return Some(behind + 2),
            _ => from = behind,
        }
    }
    None
}

/// The head as `httparse` understands it; `None` when it refuses.
fn strict(bytes: &[u8]) -> Option<Head> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    if bytes.starts_with(b"HTTP/") {
        let mut response = httparse::Response::new(&mut fields);
        response.parse(bytes).ok()?.is_complete().then_some(())?;
        let start = StartLine::Response {
            status: response.code?,
            reason: response.reason?.to_owned(),
        };
        return Some(strict_head(start, response.version?, response.headers));
    }
    let mut request = httparse::Request::new(&mut fields);
    request.parse(bytes).ok()?.is_complete().then_some(())?;
    let start = StartLine::Request {
        method: request.method?.to_owned(),
        target: request.path?.to_owned(),
    };
    Some(strict_head(start, request.version?, request.headers))
}

fn strict_head(start: StartLine, minor_version: u8, fields: &[httparse::Header<'_>]) -> Head {
    let bytes = fields
        .iter()
        .map(|field| field.name.len() + field.value.len())
        .sum();
    let mut headers = Headers::with_capacity(fields.len(), bytes);
    for field in fields {
        headers.push(field.name, text(field.value).trim());
    }
    Head {
        start,
        minor_version,
        headers,
        faults: Vec::new(),
    }
}

/// The head line by line, with a fault for each rule broken.
fn tolerant(bytes: &[u8]) -> Result<Head, Fault> {
    let mut lines = Lines { bytes, offset: 0 }.skip_while(|(_, line)| line.is_empty());
    let (offset, line) = lines.next().unwrap_or_default();
    let (start, minor_version) = start_line(&text(line))
        .ok_or_else(|| Fault::new(Layer::Http, "http-start-line", offset))?;
    let mut head = Head {
        start,
        minor_version,
        headers: Headers::default(),
        faults: Vec::new(),
    };
    for (offset, line) in lines {
        match line {
            [] => break,
            [b' ' | b'\t', ..] => {
                head.fault("http-obs-fold", offset);
                head.headers.unfold(text(line).trim());
            }
            _ if head.headers.len() == HEADERS_MAX => {
                head.fault("http-too-many-headers", offset);
                break;
            }
            _ => field_line(&mut head, offset, line),
        }
    }
    if head.faults.is_empty() {
        // Every line was a field, so it is a byte in a name or a value that may not be there.
        head.fault("http-invalid-character", 0);
    }
    Ok(head)
}

fn field_line(head: &mut Head, offset: usize, line: &[u8]) {
    let Some(colon) = memchr(b':', line) else {
        head.fault("http-header-without-colon", offset);
        return;
    };
    let name = text(line.get(..colon).unwrap_or_default());
    let value = text(line.get(colon + 1..).unwrap_or_default());
    if name.trim().is_empty() {
        head.fault("http-header-without-name", offset);
        return;
    }
    if name.trim_end() != name {
        // A server must refuse this (RFC 9112 §5.1): proxies disagreed about whose field it is.
        head.fault("http-space-before-colon", offset);
    }
    head.headers.push(name.trim(), value.trim());
}

/// Request line or status line, and the minor version.
fn start_line(line: &str) -> Option<(StartLine, u8)> {
    if let Some(rest) = line.strip_prefix("HTTP/1.") {
        let (version, rest) = rest.split_once(' ')?;
        let (status, reason) = rest.trim_start().split_once(' ').unwrap_or((rest, ""));
        let status = status.trim().parse().ok().filter(|code| *code >= 100)?;
        let reason = reason.trim().to_owned();
        return Some((StartLine::Response { status, reason }, minor(version)?));
    }
    let (method, rest) = line.split_once(' ')?;
    // A target with spaces in it was not encoded; the version is still the last word.
    let (target, version) = rest.trim_end().rsplit_once(' ')?;
    let minor_version = minor(version.strip_prefix("HTTP/1.")?)?;
    let start = StartLine::Request {
        method: method.to_owned(),
        target: target.trim().to_owned(),
    };
    Some((start, minor_version))
}

fn minor(version: &str) -> Option<u8> {
    version.parse().ok().filter(|minor| *minor <= 9)
}

/// Offset of the first line feed without a carriage return before it.
fn bare_line_feed(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes)
        .find(|&at| at == 0 || bytes.get(at - 1).is_none_or(|&before| before != b'\r'))
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Lines with their offsets, without their ends.
struct Lines<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self
            .bytes
            .get(self.offset..)
            .filter(|rest| !rest.is_empty())?;
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end)?;
        let item = (self.offset, line.strip_suffix(b"\r").unwrap_or(line));
        self.offset += end + 1;
        Some(item)
    }
}

/// Header fields read; browsers send about 20, servers refuse above 100.
pub const HEADERS_MAX: usize = 128;
/// Faults kept per head.
const FAULTS_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn head(bytes: &str) -> Head {
        Head::new(bytes.as_bytes()).expect("a head")
    }

    fn faults(head: &Head) -> Vec<&'static str> {
        head.faults.iter().map(|fault| fault.name).collect()
    }

    #[test]
    fn a_request_head_gives_line_and_fields() {
        let head = head(
            "POST /janus HTTP/1.1\r\nHost: janus.example:8088\r\nContent-Length:  46 \r\n\r\n",
        );
        let start = StartLine::Request {
            method: "POST".into(),
            target: "/janus".into(),
        };
        assert_eq!((head.start.clone(), head.minor_version), (start, 1));
        assert_eq!(head.header("content-LENGTH"), Some("46"));
        assert_eq!(head.faults, []);
    }

    #[test]
    fn a_status_line_may_lack_its_reason() {
        for line in ["HTTP/1.0 204 \r\n\r\n", "HTTP/1.0 204\r\n\r\n"] {
            let head = head(line);
            let start = StartLine::Response {
                status: 204,
                reason: String::new(),
            };
            assert_eq!((head.start, head.minor_version), (start, 0));
        }
    }

    #[test]
    fn bare_line_feeds_are_read_and_named() {
        let head = head("GET / HTTP/1.1\nHost: a\n\n");
        assert_eq!(head.header("host"), Some("a"));
        assert_eq!(faults(&head), ["http-bare-lf"]);
    }

    #[test]
    fn a_folded_line_belongs_to_the_field_before() {
        let head = head("GET / HTTP/1.1\r\nX-Long: one\r\n\ttwo\r\nHost: a\r\n\r\n");
        assert_eq!(head.header("x-long"), Some("one two"));
        assert_eq!(head.header("host"), Some("a"));
        assert_eq!(faults(&head), ["http-obs-fold"]);
    }

    #[test]
    fn too_many_fields_leave_the_first_ones() {
        use std::fmt::Write as _;
        let mut text = String::from("GET / HTTP/1.1\r\n");
        for n in 0..300 {
            let _ = write!(text, "X-{n}: {n}\r\n");
        }
        let head = head(&(text + "\r\n"));
        assert_eq!(head.headers.len(), HEADERS_MAX);
        assert_eq!(faults(&head), ["http-too-many-headers"]);
    }

    #[test]
    fn broken_fields_are_named_and_the_others_kept() {
        let head =
            head("GET /a b HTTP/1.1\r\nno colon here\r\n: none\r\nLength : 5\r\nHost: a\r\n\r\n");
        assert_eq!(head.header("host"), Some("a"));
        assert_eq!(head.header("length"), Some("5"));
        assert_eq!(
            faults(&head),
            [
                "http-header-without-colon",
                "http-header-without-name",
                "http-space-before-colon"
            ]
        );
    }

    #[test]
    fn what_is_no_start_line_is_a_fault() {
        for bytes in [
            "\r\n\r\n",
            "GET /\r\n\r\n",
            "HTTP/1.1 ok\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "",
        ] {
            let fault = Head::new(bytes.as_bytes()).expect_err("no head");
            assert_eq!(fault.name, "http-start-line", "{bytes:?}");
        }
    }

    #[test]
    fn the_end_of_a_head_is_found_wherever_the_cut_falls() {
        for text in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\n\nbody",
        ] {
            let end = text.find("body");
            for cut in 0..text.len() {
                let known = end_of_head(&text.as_bytes()[..cut], 0);
                let found = known.or_else(|| end_of_head(text.as_bytes(), cut));
                assert_eq!(found, end, "cut at {cut} of {text:?}");
            }
        }
    }

    #[test]
    fn list_members_come_from_all_lines() {
        let head =
            head("GET / HTTP/1.1\r\nConnection: keep-alive, , Upgrade\r\nconnection: x\r\n\r\n");
        let all: Vec<&str> = head.headers.members("Connection").collect();
        assert_eq!(all, ["keep-alive", "Upgrade", "x"]);
    }

    #[test]
    fn cut_and_flipped_heads_do_not_panic() {
        let sample =
            b"POST /a?b=c HTTP/1.1\r\nHost: [2001:db8::1]:80\r\nA: b\r\n c\r\nTE : \xff\r\n\r\n";
        for end in 0..sample.len() {
            let _ = Head::new(&sample[..end]);
            for bit in 0..8 {
                let mut flipped = sample.to_vec();
                flipped[end] ^= 1 << bit;
                let _ = Head::new(&flipped);
                let _ = end_of_head(&flipped, end);
            }
        }
    }
}
