//! Why a side closed (RFC 6455 §5.5.1, §7.4).
//!
//! ```text
//! status code 2 · reason, UTF-8 text        or nothing at all
//! ```

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// The payload of a Close frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Close {
    /// Status code; `None` when the sender gave none.
    pub code: Option<u16>,
    /// Reason; bytes that are no UTF-8 replaced.
    pub reason: String,
    /// Broken rules: `websocket-close-too-short`, `websocket-close-code-invalid`, `websocket-close-reason-not-utf8`.
    pub faults: Vec<Fault>,
}

impl Close {
    /// Reads an unmasked payload.
    pub fn new(payload: &[u8]) -> Self {
        let mut close = Self::default();
        let Some((code, reason)) = payload.split_first_chunk() else {
            if !payload.is_empty() {
                close.fault("websocket-close-too-short", 0);
            }
            return close;
        };
        let code = u16::from_be_bytes(*code);
        close.code = Some(code);
        if !is_sendable(code) {
            close.fault("websocket-close-code-invalid", 0);
        }
        if let Err(error) = std::str::from_utf8(reason) {
            close.fault("websocket-close-reason-not-utf8", 2 + error.valid_up_to());
        }
        close.reason = String::from_utf8_lossy(reason).into_owned();
        close
    }

    fn fault(&mut self, name: &'static str, offset: usize) {
        self.faults.push(Fault::new(Layer::WebSocket, name, offset));
    }
}

/// May an endpoint send this code? 1005, 1006 and 1015 only stand for what was not sent (§7.4.1).
const fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// What a status code means (RFC 6455 §7.4.1 and the IANA registry); `None` for one that applications or libraries define.
pub const fn code_words(code: u16) -> Option<&'static str> {
    Some(match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1005 => "no status received",
        1006 => "abnormal closure",
        1007 => "invalid frame payload data",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "mandatory extension missing",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS handshake failed",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(payload: &[u8], code: Option<u16>, reason: &str, faults: &[&str]) {
        let close = Close::new(payload);
        let names: Vec<_> = close.faults.iter().map(|fault| fault.name).collect();
        assert_eq!((close.code, close.reason.as_str()), (code, reason));
        assert_eq!(names, faults);
    }

    #[test]
    fn code_and_reason_are_read() {
        check(b"", None, "", &[]);
        check(b"\x03\xe8", Some(1000), "", &[]);
        check(b"\x0f\xa0bye", Some(4000), "bye", &[]);
    }

    #[test]
    fn broken_reasons_are_named() {
        check(b"\x03", None, "", &["websocket-close-too-short"]);
        check(
            b"\x03\xee",
            Some(1006),
            "",
            &["websocket-close-code-invalid"],
        );
        check(b"\x00\x00", Some(0), "", &["websocket-close-code-invalid"]);
        let name = "websocket-close-reason-not-utf8";
        check(b"\x03\xe8\xff", Some(1000), "\u{fffd}", &[name]);
    }
}
