//! SIP messages (RFC 3261 §7), as WebSocket carries them: one message in each (RFC 7118 §5).
//!
//! ```text
//! INVITE sip:alice@example.com SIP/2.0          SIP/2.0 200 OK
//! Via: SIP/2.0/WS 1.invalid;branch=z9hG4bK1     Via: …
//! From: "Bob" <sip:bob@example.com>;tag=8u8     From: …
//! Call-ID: 75tdtp8i                             To: <sip:alice@example.com>;tag=b1
//! CSeq: 1 INVITE                                CSeq: 1 INVITE
//! Content-Type: application/sdp                 Content-Length: 0
//!
//! v=0 …
//! ```
//!
//! Header fields have long and compact names (`f` is From, §20), may go on in the next line when that begins with white space (§7.3.1), and
//! end with an empty line. What is read here is what joins messages into calls.

use std::borrow::Cow;

use memchr::memchr;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// A SIP message. Text that is not UTF-8 has replacement characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// Request line or status line.
    pub start: StartLine,
    /// Header fields in order, names in their long form where they have one, values without white space around.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// What is behind the empty line, no longer than Content-Length says.
    pub body: &'a [u8],
    /// Broken rules; offsets count from the start of the message.
    pub faults: Vec<Fault>,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartLine {
    /// `INVITE sip:alice@example.com SIP/2.0` (§7.1).
    Request {
        /// Method, case-sensitive.
        method: String,
        /// Request-URI.
        uri: String,
    },
    /// `SIP/2.0 180 Ringing` (§7.2).
    Response {
        /// Status code, 100 to 699.
        status: u16,
        /// Reason phrase, possibly empty.
        reason: String,
    },
}

/// A party, as From, To and Contact name it (§20.10): `"Bob" <sip:bob@example.com>;tag=8u8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party<'a> {
    /// Display name, without quotes; empty when there is none.
    pub display: &'a str,
    /// The URI.
    pub uri: &'a str,
    /// `tag` parameter: one end of a dialogue.
    pub tag: Option<&'a str>,
}

impl<'a> Message<'a> {
    /// Header fields kept; browsers' stacks send a dozen or two.
    pub const HEADERS_KEPT: usize = 128;

    /// Do these bytes begin like a SIP message? Cheap, for deciding whether to read on.
    pub fn begins(bytes: &[u8]) -> bool {
        let line = bytes.get(..bytes.len().min(LINE_MAX)).unwrap_or_default();
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.starts_with(b"SIP/2.0 ") || line.ends_with(b" SIP/2.0")
    }

    /// Reads a message. Fails with `sip-start-line` when the first line is neither a request line nor a status line of SIP 2.0.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut lines = Lines { bytes, offset: 0 };
        let first = lines.next().unwrap_or_default();
        let start = start_line(&text(first.1)).ok_or(fault("sip-start-line", 0))?;
        let mut headers: Vec<(Cow<'static, str>, String)> = Vec::new();
        let mut faults = Vec::new();
        let mut ended = false;
        for (offset, line) in lines.by_ref() {
            if line.is_empty() {
                ended = true;
                break;
            }
            let line = text(line);
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                if headers.len() < Self::HEADERS_KEPT {
                    headers.push((long_name(name.trim()), value.trim().to_owned()));
                }
            } else if faults.len() < FAULTS_MAX {
                faults.push(fault("sip-header-line", offset));
            }
        }
        if !ended {
            faults.push(fault("sip-head-cut", bytes.len()));
        }
        let mut message = Self {
            start,
            headers,
            body: bytes.get(lines.offset..).unwrap_or_default(),
            faults,
        };
        message.bound_body(lines.offset);
        Ok(message)
    }

    /// WebSocket frames the message already, so Content-Length may be missing (RFC 7118 §5); where it is there, it bounds the body.
    fn bound_body(&mut self, offset: usize) {
        let Some(said) = self.header("Content-Length") else {
            return;
        };
        match said.parse::<usize>() {
            Ok(length) => match self.body.get(..length) {
                Some(body) => self.body = body,
                None => self.faults.push(fault("sip-body-cut", offset)),
            },
            Err(_) => self.faults.push(fault("sip-content-length", offset)),
        }
    }

    /// Value of the first field of that long name (any case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Call-ID: names the call (§8.1.1.4).
    pub fn call_id(&self) -> Option<&str> {
        self.header("Call-ID").filter(|id| !id.is_empty())
    }

    /// `CSeq`: number and method of the transaction (§8.1.1.5); a response repeats its request's.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.header("CSeq")?.split_once([' ', '\t'])?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// Who sent the request.
    pub fn from(&self) -> Option<Party<'_>> {
        self.header("From").map(Party::new)
    }

    /// Whom it is for.
    pub fn to(&self) -> Option<Party<'_>> {
        self.header("To").map(Party::new)
    }

    /// Media type of the body, without parameters.
    pub fn media_type(&self) -> &str {
        let whole = self.header("Content-Type").unwrap_or_default();
        whole.split(';').next().unwrap_or_default().trim()
    }

    /// Does a list field (Require, Supported) have this member?
    pub fn lists(&self, name: &str, member: &str) -> bool {
        let own = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        own.flat_map(|(_, value)| value.split(','))
            .any(|one| one.trim().eq_ignore_ascii_case(member))
    }
}

impl<'a> Party<'a> {
    /// Reads a name-addr or addr-spec with its parameters; what keeps to no grammar is all URI.
    pub fn new(value: &'a str) -> Self {
        let value = value.trim();
        // A quoted display name may hold any character, `<` among them.
        let (display, rest) = match value.strip_prefix('"') {
            Some(quoted) => match end_of_quote(quoted) {
                Some((inside, rest)) => (inside, rest),
                None => ("", value),
            },
            None => match value.split_once('<') {
                Some((name, _)) => (name.trim(), value.get(name.len()..).unwrap_or_default()),
                None => ("", value),
            },
        };
        let bracketed = rest.split_once('<').map(|(_, rest)| rest);
        let (uri, parameters) = match bracketed {
            Some(rest) => rest.split_once('>').unwrap_or((rest, "")),
            // Without brackets, parameters belong to the header field (§20.10).
            None => rest.split_once(';').unwrap_or((rest, "")),
        };
        let mut parameters = parameters.split(';').map(str::trim);
        let tag = parameters.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("tag")
                .then_some(value.trim())
        });
        Self {
            display,
            uri: uri.trim(),
            tag,
        }
    }

    /// What to call the party: its display name, else the user part of its URI, else the URI.
    pub fn name(&self) -> &'a str {
        if !self.display.is_empty() {
            return self.display;
        }
        let rest = self.uri.split_once(':').map_or(self.uri, |(_, rest)| rest);
        rest.split_once('@').map_or(rest, |(user, _)| user)
    }
}

/// Lines, without their ends, with their offsets.
struct Lines<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.offset;
        let rest = self.bytes.get(offset..).filter(|rest| !rest.is_empty())?;
        let length = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        self.offset += length;
        let line = rest.get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some((offset, line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

/// The text up to the quote's end, and what is behind it.
fn end_of_quote(quoted: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, character) in quoted.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((quoted.get(..at)?, quoted.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn start_line(line: &str) -> Option<StartLine> {
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = status
            .parse()
            .ok()
            .filter(|code| (100..700).contains(code))?;
        return Some(StartLine::Response {
            status,
            reason: reason.trim().to_owned(),
        });
    }
    let (method, rest) = line.strip_suffix(" SIP/2.0")?.split_once(' ')?;
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte);
    let sound = !method.is_empty() && method.bytes().all(token);
    sound.then(|| StartLine::Request {
        method: method.to_owned(),
        uri: rest.trim().to_owned(),
    })
}

/// The long name of a field with a compact one (§20; RFC 6665, 3515, 3841, 3892).
fn long_name(name: &str) -> Cow<'static, str> {
    let long = match name.as_bytes() {
        [letter] => match letter.to_ascii_lowercase() {
            b'c' => "Content-Type",
            b'e' => "Content-Encoding",
            b'f' => "From",
            b'i' => "Call-ID",
            b'k' => "Supported",
            b'l' => "Content-Length",
            b'm' => "Contact",
            b'o' => "Event",
            b'r' => "Refer-To",
            b's' => "Subject",
            b't' => "To",
            b'u' => "Allow-Events",
            b'v' => "Via",
            _ => return Cow::Owned(name.to_owned()),
        },
        _ => return Cow::Owned(name.to_owned()),
    };
    Cow::Borrowed(long)
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

const fn fault(name: &'static str, offset: usize) -> Fault {
    Fault::new(Layer::Signaling, name, offset)
}

/// Bytes looked at for the end of the first line.
const LINE_MAX: usize = 1_024;
/// Broken header lines named, of one message.
const FAULTS_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7118 §8.2, F1 (its body cut to a line).
    const INVITE: &str = "INVITE sip:bob@example.com SIP/2.0\r\n\
        Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks\r\n\
        From: sip:alice@example.com;tag=asdyka899\r\n\
        To: sip:bob@example.com\r\n\
        Call-ID: asidkj3ss\r\n\
        CSeq: 1 INVITE\r\n\
        Max-Forwards: 70\r\n\
        Supported: path, outbound, gruu\r\n\
        Route: <sip:proxy.example.com:443;transport=ws;lr>\r\n\
        Contact: <sip:alice@example.com;gr=urn:uuid:f81-7dec-14a06cf1;ob>\r\n\
        Content-Type: application/sdp\r\n\
        \r\n\
        v=0\r\n";

    /// RFC 4475 §3.1.1.1, the parts that are read here.
    const TORTUOUS: &str = "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n\
        TO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n\
        from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n\
        MaX-fOrWaRdS: 0068\r\n\
        Call-ID: wsinv.ndaksdj@192.0.2.1\r\n\
        Content-Length   : 5\r\n\
        cseq: 0009\r\n  INVITE\r\n\
        c:application/sdp\r\n\
        \r\n\
        v=0\r\nrest";

    #[test]
    fn the_invite_of_rfc_7118_is_read() {
        let message = Message::new(INVITE.as_bytes()).expect("a message");
        let start = StartLine::Request {
            method: "INVITE".to_owned(),
            uri: "sip:bob@example.com".to_owned(),
        };
        assert_eq!(message.start, start);
        assert_eq!(message.call_id(), Some("asidkj3ss"));
        assert_eq!(message.cseq(), Some((1, "INVITE")));
        let from = message.from().expect("named");
        assert_eq!((from.name(), from.tag), ("alice", Some("asdyka899")));
        assert_eq!(message.to().expect("named").tag, None);
        assert!(message.lists("supported", "OUTBOUND"));
        assert_eq!(message.media_type(), "application/sdp");
        assert_eq!((message.body, message.faults.len()), (&b"v=0\r\n"[..], 0));
    }

    #[test]
    fn a_short_tortuous_invite_is_read() {
        let message = Message::new(TORTUOUS.as_bytes()).expect("a message");
        let from = message.from().expect("named");
        assert_eq!(from.uri, "sip:jdrosen@example.com");
        assert_eq!(from.tag, Some("98asjd8"));
        assert_eq!(from.display, "J Rosenberg \\\\\\\"");
        assert_eq!(message.to().expect("named").tag, Some("1918181833n"));
        assert_eq!(message.cseq(), Some((9, "INVITE")));
        assert_eq!(message.body, b"v=0\r\n");
        assert_eq!(message.faults, []);
    }

    #[test]
    fn a_status_line_has_code_and_reason() {
        let check = |line: &str, expected: Option<(u16, &str)>| {
            let found = Message::new(line.as_bytes()).ok();
            let found = found.and_then(|message| match message.start {
                StartLine::Response { status, reason } => Some((status, reason)),
                StartLine::Request { .. } => None,
            });
            let found = found
                .as_ref()
                .map(|(code, reason)| (*code, reason.as_str()));
            assert_eq!(found, expected, "{line}");
        };
        check("SIP/2.0 486 Busy Here\r\n\r\n", Some((486, "Busy Here")));
        check("SIP/2.0 200\r\n\r\n", Some((200, "")));
        check("SIP/2.0 99 Low\r\n\r\n", None);
        check("HTTP/1.1 200 OK\r\n\r\n", None);
        check("GET / HTTP/1.1\r\n\r\n", None);
        check("", None);
    }

    #[test]
    fn a_party_is_called_by_its_display_name_else_its_user() {
        let check = |value: &str, name: &str| assert_eq!(Party::new(value).name(), name);
        check(
            "\"Bob <the builder>\" <sip:bob@x>;tag=1",
            "Bob <the builder>",
        );
        check("Bob <sips:bob@x>", "Bob");
        check("<sip:bob@x;transport=ws>", "bob");
        check("sip:x.example", "x.example");
        check("", "");
        check("\"", "\"");
    }

    #[test]
    fn broken_rules_are_named_and_the_rest_is_read() {
        let names = |text: &str| -> Vec<&str> {
            let message = Message::new(text.as_bytes()).expect("a message");
            message.faults.iter().map(|fault| fault.name).collect()
        };
        assert_eq!(names("BYE sip:a SIP/2.0\r\nCall-ID: 1"), ["sip-head-cut"]);
        assert_eq!(
            names("BYE sip:a SIP/2.0\r\nnonsense\r\nl: 9\r\n\r\nabc"),
            ["sip-header-line", "sip-body-cut"]
        );
        assert_eq!(
            names("BYE sip:a SIP/2.0\nl: x\n\nabc"),
            ["sip-content-length"]
        );
    }

    #[test]
    fn what_begins_like_sip_is_known_by_its_first_line() {
        assert!(Message::begins(INVITE.as_bytes()));
        assert!(Message::begins(b"SIP/2.0 100 Trying\r\n"));
        assert!(!Message::begins(b"{\"method\":\"INVITE sip:a SIP/2.0\"}"));
        assert!(!Message::begins(b"\r\n\r\n"));
    }

    #[test]
    fn cut_and_flipped_messages_do_not_panic() {
        for sample in [INVITE, TORTUOUS] {
            let sample = sample.as_bytes();
            for end in 0..sample.len() {
                let _ = Message::new(&sample[..end]);
            }
            for bit in 0..sample.len() * 8 {
                let mut flipped = sample.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                if let Ok(message) = Message::new(&flipped) {
                    let parties = [message.from(), message.to()];
                    let names: Vec<_> = parties.iter().flatten().map(Party::name).collect();
                    let _ = (names, message.cseq(), message.media_type());
                }
            }
        }
    }
}
