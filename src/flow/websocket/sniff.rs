//! Telling WebSocket frames without having followed the connection: after a gap, or when the handshake is not in the capture.
//!
//! Endpoints write a message at once, so that a segment that begins with a frame mostly ends with one too. That is what is looked for: it
//! is unlikely by chance.

use crate::flow::websocket::budget::MESSAGE_KEPT;
use crate::flow::websocket::message::Endpoint;
use crate::wire::websocket::frame::Frame;
use crate::wire::websocket::header::Header;
use crate::wire::websocket::header::Opcode;
use crate::wire::websocket::header::RSV1;

/// Does a segment begin a WebSocket connection's frames, the handshake unseen? If so, who sends them.
///
/// Asks for frames that fill it to the last byte, and for a text message among them that is text and is not too short to be chance.
pub(in crate::flow) fn begins(segment: &[u8]) -> Option<Endpoint> {
    let masked = segment.get(1)? & 0x80 != 0;
    let from = if masked {
        Endpoint::Client
    } else {
        Endpoint::Server
    };
    let mut convincing = false;
    let mut rest = segment;
    while !rest.is_empty() {
        let frame = Frame::new(rest).ok()?;
        if !is_plain(&frame.header, from, 0) {
            return None;
        }
        if frame.header.opcode == Opcode::Text && frame.header.fin {
            let payload = frame.payload();
            let text = std::str::from_utf8(&payload).ok()?;
            if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
                return None;
            }
            convincing |= text.len() >= TEXT_MIN;
        }
        rest = rest.get(frame.length()..)?;
    }
    convincing.then_some(from)
}

/// Does a segment of a WebSocket connection begin with a frame of `from`?
pub(super) fn resumes(segment: &[u8], from: Endpoint, deflate: bool) -> bool {
    let allowed = if deflate { RSV1 } else { 0 };
    let mut rest = segment;
    loop {
        let Ok(frame) = Frame::new_cut(rest) else {
            return false;
        };
        let header = &frame.header;
        if !is_plain(header, from, allowed) {
            return false;
        }
        if frame.is_cut() {
            // It goes on in the next segment: a 16-bit length says enough, a shorter one does not.
            let plausible = 126..=MESSAGE_KEPT as u64;
            return rest.len() == segment.len() && plausible.contains(&header.payload_length);
        }
        rest = rest.get(frame.length()..).unwrap_or_default();
        if rest.is_empty() {
            return true;
        }
    }
}

/// Does the header look as nearly all do?
fn is_plain(header: &Header, from: Endpoint, allowed: u8) -> bool {
    let begins = matches!(header.opcode, Opcode::Text | Opcode::Binary);
    let allowed = if begins { allowed } else { 0 };
    header.mask.is_some() == (from == Endpoint::Client)
        && header.reserved & !allowed == 0
        && header.faults().next().is_none()
}

/// Bytes of text that convince.
const TEXT_MIN: usize = 12;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(segment: &[u8], expected: Option<Endpoint>) {
        assert_eq!(begins(segment), expected);
    }

    #[test]
    fn text_that_fills_a_segment_convinces() {
        check(b"\x81\x0f{\"janus\":\"ack\"}", Some(Endpoint::Server));
        check(
            b"\x89\x00\x81\x0f{\"janus\":\"ack\"}",
            Some(Endpoint::Server),
        );
        let masked = b"\x81\x8f\x00\x00\x00\x00{\"janus\":\"ack\"}";
        check(masked, Some(Endpoint::Client));
    }

    #[test]
    fn what_may_be_chance_does_not() {
        check(b"\x81\x05Hello", None);
        check(b"\x81\x0f{\"janus\":\"ack\"", None);
        check(b"\x81\x0f{\"janus\":\"ack\"}\x81", None);
        check(b"\x81\x0f{\"janus\"\x00\"ack\"}", None);
        check(b"\x82\x0f{\"janus\":\"ack\"}", None);
        check(b"\x81\x7e\x00\x0f{\"janus\":\"ack\"}", None);
        check(b"", None);
    }

    #[test]
    fn a_long_frame_resumes_before_its_end() {
        let mut segment = b"\xc1\x7e\x10\x00".to_vec();
        segment.resize(1460, b'x');
        assert!(resumes(&segment, Endpoint::Server, true));
        assert!(!resumes(&segment, Endpoint::Server, false));
        assert!(!resumes(&segment, Endpoint::Client, true));
        assert!(!resumes(b"\x81\x20short", Endpoint::Server, true));
    }

    proptest! {
        #[test]
        fn what_begins_also_resumes(segment in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(from) = begins(&segment) {
                prop_assert!(resumes(&segment, from, true));
            }
        }
    }
}
