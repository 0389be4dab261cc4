//! What the handshake agreed on: the server's `Sec-WebSocket-Extensions` (RFC 6455 §9.1, RFC 7692 §7.1).
//!
//! ```text
//! permessage-deflate; server_no_context_takeover; client_max_window_bits=12
//! ```

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// The extensions in use on a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extensions {
    /// Compression of messages; `None` when not agreed on.
    pub deflate: Option<Deflate>,
    /// Is there one that is not known here? It may give meanings to reserved bits, and change payloads.
    pub unknown: bool,
    /// Broken rules: `websocket-extension-invalid`.
    pub faults: Vec<Fault>,
}

/// How permessage-deflate is used (RFC 7692 §7.1), by the side that compresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deflate {
    /// What the client sends.
    pub client: Window,
    /// What the server sends.
    pub server: Window,
}

/// The LZ77 window of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Do messages refer to earlier ones ("context takeover")?
    pub takeover: bool,
    /// Base-2 logarithm of its largest size, 8 to 15.
    pub bits: u8,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            takeover: true,
            bits: 15,
        }
    }
}

impl Extensions {
    /// Reads the members of the field, in order.
    pub fn new<'a>(members: impl IntoIterator<Item = &'a str>) -> Self {
        let mut extensions = Self::default();
        for member in members {
            let mut parts = member.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            // A second acceptance could only contradict the first.
            if name.eq_ignore_ascii_case("permessage-deflate") && extensions.deflate.is_none() {
                extensions.deflate = Some(extensions.deflate_of(parts));
            } else if !name.is_empty() {
                extensions.unknown = true;
            }
        }
        extensions
    }

    fn deflate_of<'a>(&mut self, parameters: impl Iterator<Item = &'a str>) -> Deflate {
        let mut deflate = Deflate::default();
        for parameter in parameters {
            let (name, value) = match parameter.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
                None => (parameter, None),
            };
            let bits = value
                .and_then(|value| value.parse().ok())
                .filter(|bits| (8..=15).contains(bits));
            match (name.to_ascii_lowercase().as_str(), value, bits) {
                ("client_no_context_takeover", None, _) => deflate.client.takeover = false,
                ("server_no_context_takeover", None, _) => deflate.server.takeover = false,
                ("client_max_window_bits", _, Some(bits)) => deflate.client.bits = bits,
                ("server_max_window_bits", _, Some(bits)) => deflate.server.bits = bits,
                _ => {
                    let name = "websocket-extension-invalid";
                    self.faults.push(Fault::new(Layer::WebSocket, name, 0));
                }
            }
        }
        deflate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: &str) -> Extensions {
        Extensions::new(field.split(','))
    }

    #[test]
    fn parameters_belong_to_the_side_that_compresses() {
        let deflate =
            read("permessage-deflate; server_no_context_takeover; client_max_window_bits=\"12\"");
        let expected = Deflate {
            client: Window {
                takeover: true,
                bits: 12,
            },
            server: Window {
                takeover: false,
                bits: 15,
            },
        };
        assert_eq!(deflate.deflate, Some(expected));
        assert_eq!((deflate.unknown, deflate.faults.len()), (false, 0));
    }

    #[test]
    fn nothing_agreed_on_is_nothing() {
        assert_eq!(read(""), Extensions::default());
        assert!(read("x-webkit-deflate-frame").unknown);
    }

    #[test]
    fn bad_parameters_are_named_and_left_out() {
        for bad in [
            "client_max_window_bits",
            "server_max_window_bits=7",
            "foo",
            "server_no_context_takeover=1",
        ] {
            let extensions = read(&format!("permessage-deflate; {bad}"));
            assert_eq!(extensions.deflate, Some(Deflate::default()));
            assert_eq!(extensions.faults.len(), 1, "{bad}");
        }
    }
}
