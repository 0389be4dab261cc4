//! How long a message body is (RFC 9112 §6), and chunk sizes (§7.1).

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::http1::head::Head;

/// What follows a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// No body.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks, each behind its size, then trailers (§7.1).
    Chunked,
    /// All until the connection closes.
    UntilClose,
    /// The connection belongs to another protocol from here on: 101, or a 2xx to CONNECT.
    Tunnel,
}

/// The body that follows the request `head` (§6.3 rules 3 to 7).
pub fn of_request(head: &Head, faults: &mut Vec<Fault>) -> Framing {
    match transfer_coding(head, faults) {
        TransferCoding::Chunked => Framing::Chunked,
        // A server can't know where such a body ends and must answer 400; nor can we.
        TransferCoding::Other => {
            faults.push(Fault::new(Layer::Http, "http-request-length-unknown", 0));
            Framing::UntilClose
        }
        TransferCoding::None => match content_length(head, faults) {
            Some(0) | None => Framing::None,
            Some(length) => Framing::Length(length),
        },
    }
}

/// The body that follows the response `head` with `status`, to a request with `method` where that is known (§6.3 rules 1 to 8).
pub fn of_response(
    head: &Head,
    status: u16,
    method: Option<&str>,
    faults: &mut Vec<Fault>,
) -> Framing {
    match (method, status) {
        (_, 101) | (Some("CONNECT"), 200..=299) => return Framing::Tunnel,
        (_, 100..=199 | 204 | 304) | (Some("HEAD"), _) => return Framing::None,
        _ => {}
    }
    match transfer_coding(head, faults) {
        TransferCoding::Chunked => Framing::Chunked,
        TransferCoding::Other => Framing::UntilClose,
        TransferCoding::None => match content_length(head, faults) {
            Some(0) => Framing::None,
            Some(length) => Framing::Length(length),
            None => Framing::UntilClose,
        },
    }
}

/// The size in a chunk-size line without its line end, chunk extensions passed over.
pub fn chunk_size(line: &[u8]) -> Result<u64, Fault> {
    let fault = Fault::new(Layer::Http, "http-chunk-size", 0);
    // `httparse` takes a line without digits for 0, which would end the body.
    if !line.first().is_some_and(u8::is_ascii_hexdigit) {
        return Err(fault);
    }
    let mut whole = Vec::with_capacity(line.len() + 2);
    whole.extend_from_slice(line);
    whole.extend_from_slice(b"\r\n");
    match httparse::parse_chunk_size(&whole) {
        Ok(httparse::Status::Complete((_, size))) => Ok(size),
        Ok(httparse::Status::Partial) | Err(_) => Err(fault),
    }
}

enum TransferCoding {
    None,
    /// Chunked is the last coding, so the body tells its own end.
    Chunked,
    /// Codings without chunked at the end.
    Other,
}

fn transfer_coding(head: &Head, faults: &mut Vec<Fault>) -> TransferCoding {
    let Some(last) = head.headers.members("transfer-encoding").last() else {
        return TransferCoding::None;
    };
    if head.header("content-length").is_some() {
        // Transfer-Encoding overrides (§6.3 rule 3); sending both is how requests are smuggled past proxies.
        faults.push(Fault::new(
            Layer::Http,
            "http-length-and-transfer-encoding",
            0,
        ));
    }
    if last.eq_ignore_ascii_case("chunked") {
        TransferCoding::Chunked
    } else {
        TransferCoding::Other
    }
}

/// Content-Length; of several that differ the first, with a fault (§6.3 rule 5).
fn content_length(head: &Head, faults: &mut Vec<Fault>) -> Option<u64> {
    let mut length = None;
    for member in head.headers.members("content-length") {
        let digits = member.bytes().all(|byte| byte.is_ascii_digit());
        match member.parse::<u64>().ok().filter(|_| digits) {
            Some(value) if length.is_none_or(|known| known == value) => length = Some(value),
            Some(_) => {
                faults.push(Fault::new(Layer::Http, "http-content-length-conflict", 0));
                return length;
            }
            None => {
                faults.push(Fault::new(Layer::Http, "http-content-length-invalid", 0));
                return length;
            }
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(start: &str, fields: &str) -> Head {
        Head::new(format!("{start}\r\n{fields}\r\n\r\n").as_bytes()).expect("a head")
    }

    #[track_caller]
    fn check_request(fields: &str, expected: Framing, fault: Option<&str>) {
        let mut faults = Vec::new();
        let framing = of_request(&head("POST / HTTP/1.1", fields), &mut faults);
        assert_eq!(framing, expected, "{fields:?}");
        assert_eq!(faults.first().map(|fault| fault.name), fault, "{fields:?}");
    }

    #[track_caller]
    fn check_response(status: u16, method: &str, fields: &str, expected: Framing) {
        let head = head(&format!("HTTP/1.1 {status} x"), fields);
        let framing = of_response(&head, status, Some(method), &mut Vec::new());
        assert_eq!(framing, expected, "{status} to {method}: {fields:?}");
    }

    #[test]
    fn a_request_has_the_body_its_head_announces() {
        check_request("Host: a", Framing::None, None);
        check_request("Content-Length: 46", Framing::Length(46), None);
        check_request("Content-Length: 5, 5", Framing::Length(5), None);
        check_request("Transfer-Encoding: gzip, Chunked", Framing::Chunked, None);
        check_request(
            "Content-Length: 5\r\nContent-Length: 6",
            Framing::Length(5),
            Some("http-content-length-conflict"),
        );
        check_request(
            "Content-Length: +5",
            Framing::None,
            Some("http-content-length-invalid"),
        );
        check_request(
            "Content-Length: 99999999999999999999",
            Framing::None,
            Some("http-content-length-invalid"),
        );
        check_request(
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            Framing::Chunked,
            Some("http-length-and-transfer-encoding"),
        );
        check_request(
            "Transfer-Encoding: gzip",
            Framing::UntilClose,
            Some("http-request-length-unknown"),
        );
    }

    #[test]
    fn a_response_has_no_body_where_the_rules_say_so() {
        let length = "Content-Length: 9";
        check_response(200, "GET", length, Framing::Length(9));
        check_response(200, "HEAD", length, Framing::None);
        check_response(204, "GET", length, Framing::None);
        check_response(304, "GET", length, Framing::None);
        check_response(100, "POST", length, Framing::None);
        check_response(101, "GET", length, Framing::Tunnel);
        check_response(200, "CONNECT", length, Framing::Tunnel);
        check_response(407, "CONNECT", length, Framing::Length(9));
        check_response(200, "GET", "Transfer-Encoding: chunked", Framing::Chunked);
        check_response(200, "GET", "Transfer-Encoding: gzip", Framing::UntilClose);
        check_response(200, "GET", "Server: a", Framing::UntilClose);
    }

    #[test]
    fn chunk_sizes_are_hexadecimal_and_may_have_extensions() {
        for (line, size) in [("6A", 106), ("0", 0), ("1f;name=value", 31), ("5 ; x", 5)] {
            assert_eq!(chunk_size(line.as_bytes()), Ok(size), "{line}");
        }
        for line in ["", ";x", "-1", "5x", "fffffffffffffffff"] {
            assert!(chunk_size(line.as_bytes()).is_err(), "{line}");
        }
    }
}
