//! Header fields to the head of a request or a response (RFC 9113 §8.3, RFC 9114 §4.3).
//!
//! Pseudo-header fields say what the start line says in HTTP/1.1. They stay in the list of fields, in front as they were sent.

use std::sync::Arc;

use crate::flow::http2::heads::UNKNOWN;
use crate::wire::hpack::decoder::Field;
use crate::wire::http1::headers::Headers;

/// Header fields of a message, and what they make it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::flow) struct Fields {
    /// In order, as exchanges list them.
    pub(in crate::flow) list: Headers,
    pub(in crate::flow) method: Option<Arc<str>>,
    pub(in crate::flow) path: Option<Arc<str>>,
    pub(in crate::flow) authority: Option<Arc<str>>,
    pub(in crate::flow) status: Option<u16>,
    /// What the stream is to be, of an extended CONNECT (RFC 8441 §4).
    pub(in crate::flow) protocol: Option<Arc<str>>,
}

impl Fields {
    pub(in crate::flow) fn new(fields: &[Field]) -> Self {
        let mut read = Self::default();
        for field in fields {
            let value = field.value.clone();
            match field.name.as_deref() {
                Some(":method") => read.method = value,
                Some(":path") => read.path = value,
                Some(":authority") => read.authority = value,
                Some(":protocol") => read.protocol = value,
                Some(":status") => read.status = value.and_then(|value| value.parse().ok()),
                _ => {}
            }
            read.list.push(
                field.name.as_deref().unwrap_or(UNKNOWN),
                field.value.as_deref().unwrap_or(UNKNOWN),
            );
        }
        read
    }

    /// Does a request speak, or a response? `None` when the field that would tell is unknown.
    pub(in crate::flow) fn is_request(&self) -> Option<bool> {
        let has = |name: &str| self.list.iter().any(|(known, _)| known == name);
        if has(":method") || has(":path") || has(":scheme") {
            Some(true)
        } else if has(":status") {
            Some(false)
        } else {
            None
        }
    }

    /// Trailers, or interim responses among them, have no pseudo-header fields.
    pub(in crate::flow) fn is_trailer(&self) -> bool {
        let mut fields = self.list.iter();
        !fields.any(|(name, _)| name.starts_with(':') || name == UNKNOWN)
    }

    /// What a CONNECT wants its stream to be: a protocol's name, `connect` when it is to be a connection to somewhere else.
    pub(in crate::flow) fn wanted(&self) -> Option<Arc<str>> {
        let connects = self.method.as_deref() == Some("CONNECT");
        connects.then(|| match self.protocol.as_deref() {
            Some(protocol) => protocol.to_ascii_lowercase().into(),
            None => "connect".into(),
        })
    }

    /// Its `Sec-WebSocket-Extensions` lines, joined.
    pub(in crate::flow) fn extensions(&self) -> String {
        let lines = self.list.iter();
        let own = lines.filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-extensions"));
        let values: Vec<&str> = own.map(|(_, value)| value).collect();
        values.join(",")
    }

    /// The target as a start line would have it: the path, or the authority of CONNECT.
    pub(in crate::flow) fn target(&self) -> String {
        let target = match (&self.path, &self.authority, self.method.as_deref()) {
            (Some(path), ..) => path,
            (None, Some(authority), Some("CONNECT")) => authority,
            _ => return UNKNOWN.to_owned(),
        };
        target.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(Option<&str>, Option<&str>)]) -> Fields {
        let fields: Vec<Field> = list
            .iter()
            .map(|(name, value)| Field {
                name: name.map(Into::into),
                value: value.map(Into::into),
            })
            .collect();
        Fields::new(&fields)
    }

    #[test]
    fn pseudo_fields_make_the_start_line() {
        let request = fields(&[
            (Some(":method"), Some("GET")),
            (Some(":path"), Some("/janus")),
            (Some(":authority"), Some("janus.test")),
        ]);
        assert_eq!(
            (request.target().as_str(), request.is_request()),
            ("/janus", Some(true))
        );
        let connect = fields(&[
            (Some(":method"), Some("CONNECT")),
            (Some(":authority"), Some("turn.test:443")),
        ]);
        assert_eq!(connect.target(), "turn.test:443");
        let response = fields(&[
            (Some(":status"), Some("201")),
            (Some("location"), Some("/x")),
        ]);
        assert_eq!(
            (response.status, response.is_request()),
            (Some(201), Some(false))
        );
    }

    #[test]
    fn what_is_unknown_says_so() {
        let request = fields(&[
            (Some(":method"), Some("GET")),
            (None, None),
            (Some("a"), None),
        ]);
        assert_eq!(request.target(), UNKNOWN);
        assert_eq!(request.list.iter().nth(1), Some((UNKNOWN, UNKNOWN)));
        assert_eq!(fields(&[(None, None)]).is_request(), None);
        assert!(!fields(&[(None, None)]).is_trailer());
        assert!(fields(&[(Some("grpc-status"), Some("0"))]).is_trailer());
    }
}
