//! TLS records and the handshake messages inside them, on a byte stream.
//!
//! ```text
//! record     type (1)  version (2)  length (2)  fragment
//! handshake  type (1)  length (3)   body                    may span records, and several may share one
//! ```
//!
//! Which handshake records are already encrypted is not written in them: it is everything after ChangeCipherSpec (up to TLS 1.2), and
//! in TLS 1.3 everything after ServerHello, sent as application data. The reader of the stream keeps count of that.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::HandshakeType;
use crate::wire::tls::registry::Version;

/// One TLS record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it carries.
    pub content_type: ContentType,
    /// Record version: 1.0 to 1.2, no matter what is negotiated.
    pub version: Version,
    /// Its content, encrypted or not.
    pub fragment: &'a [u8],
}

impl<'a> Record<'a> {
    /// Header length, bytes.
    pub const HEADER: usize = 5;
    /// Longest fragment: 2^14 of content and up to 2 048 of padding, tag and compression (RFC 5246 §6.2.3).
    pub const FRAGMENT_LIMIT: usize = (1 << 14) + 2048;

    /// Cuts the first record off `stream`; gives it and what follows. `Ok(None)`: more bytes are needed.
    ///
    /// # Errors
    /// `tls-not-a-record` when the header can't be one, `tls-record-too-long` when its length is out of range.
    pub fn split(stream: &'a [u8]) -> Result<Option<(Self, &'a [u8])>, Fault> {
        let Some((&[kind, major, minor, high, low], rest)) = stream.split_first_chunk::<5>() else {
            return Ok(None);
        };
        if !(20..=24).contains(&kind) || major != 3 || minor > 4 {
            return Err(Fault::new(Layer::Tls, "tls-not-a-record", 0));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > Self::FRAGMENT_LIMIT {
            return Err(Fault::new(Layer::Tls, "tls-record-too-long", 3));
        }
        Ok(rest.split_at_checked(length).map(|(fragment, rest)| {
            let record = Self {
                content_type: ContentType::from_code(kind),
                version: Version::from_code(u16::from_be_bytes([major, minor])),
                fragment,
            };
            (record, rest)
        }))
    }
}

/// Does a stream begin like TLS: a handshake record with a hello inside, or an alert?
pub const fn probe(stream: &[u8]) -> bool {
    match stream {
        [22, 3, 0..=4, high, low, 1 | 2, ..] | [21, 3, 0..=4, high, low, ..] => {
            let length = (*high as usize) << 8 | *low as usize;
            length >= 2 && length <= Record::FRAGMENT_LIMIT
        }
        _ => false,
    }
}

/// One handshake message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its type.
    pub kind: HandshakeType,
    /// Its body.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Header length, bytes.
    pub const HEADER: usize = 4;

    /// Cuts the first message off the joined fragments of handshake records; gives it and what follows. `None`: more bytes are needed.
    pub fn split(handshake: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&[kind, high, mid, low], rest) = handshake.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes([0, high, mid, low]) as usize;
        let (body, rest) = rest.split_at_checked(length)?;
        Some((
            Self {
                kind: HandshakeType::from_code(kind),
                body,
            },
            rest,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_waits_for_its_last_byte() {
        let stream = [22, 3, 1, 0, 5, 14, 0, 0, 0, 9, 23];
        assert_eq!(Record::split(&stream[..9]), Ok(None));
        let (record, rest) = Record::split(&stream).expect("a record").expect("complete");
        assert_eq!(
            (record.content_type, rest),
            (ContentType::Handshake, &[23][..])
        );
        let (message, rest) = Message::split(record.fragment).expect("complete");
        assert_eq!(
            (message.kind, rest),
            (HandshakeType::ServerHelloDone, &[9][..])
        );
    }

    #[test]
    fn text_is_no_record() {
        assert!(Record::split(b"GET / HTTP/1.1").is_err());
        assert!(!probe(b"GET / HTTP/1.1"));
        assert!(probe(&[22, 3, 1, 2, 0, 1]));
        assert_eq!(
            Record::split(&[22, 3, 1, 0xff, 0xff]).map_err(|fault| fault.name),
            Err("tls-record-too-long")
        );
    }
}
