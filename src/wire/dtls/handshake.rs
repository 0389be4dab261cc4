//! Fragments of handshake messages inside unencrypted records (RFC 6347 §4.2.2, RFC 9147 §5.2).
//!
//! ```text
//! type (1)  length (3)  message_seq (2)  fragment_offset (3)  fragment_length (3)  fragment
//! ```
//!
//! `length` is the whole message's, the same in all its fragments. A retransmission keeps `message_seq` and may cut the message elsewhere.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::tls::cursor::Cursor;
use crate::wire::tls::registry::HandshakeType;

/// A fragment of a handshake message; often the whole of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// Type of the message.
    pub kind: HandshakeType,
    /// Length of the whole message, bytes.
    pub length: usize,
    /// Number of the message among its sender's, from 0.
    pub message_seq: u16,
    /// Where this fragment belongs in the message, bytes.
    pub fragment_offset: usize,
    /// Its length as declared, bytes; `body` is shorter when the record was cut.
    pub fragment_length: usize,
    /// Its content, as far as it was captured.
    pub body: &'a [u8],
    /// Where its header starts in the datagram, bytes.
    pub offset: usize,
}

impl Fragment<'_> {
    /// Header length, bytes.
    pub const HEADER: usize = 12;

    /// Is the whole message here?
    pub const fn is_whole(&self) -> bool {
        self.fragment_offset == 0 && self.body.len() == self.length
    }

    /// Does the content of an unencrypted record start like a handshake message?
    pub fn probe(content: &[u8]) -> bool {
        let Some(Ok(fragment)) = Fragments::new(content, 0).next() else {
            return false;
        };
        fragment.kind.name().is_some()
            && fragment.fragment_offset + fragment.fragment_length <= fragment.length
    }
}

/// The fragments of one record, in order, faults between them.
#[derive(Debug, Clone)]
pub struct Fragments<'a> {
    cursor: Cursor<'a>,
    pending: Option<Fault>,
}

impl<'a> Fragments<'a> {
    /// Reads the content of an unencrypted handshake record that starts at `offset` of the datagram.
    pub const fn new(content: &'a [u8], offset: usize) -> Self {
        Self {
            cursor: Cursor::within(content, offset),
            pending: None,
        }
    }

    fn header(cursor: &mut Cursor<'a>) -> Option<(u8, usize, u16, usize, usize)> {
        Some((
            cursor.u8()?,
            cursor.u24()? as usize,
            cursor.u16()?,
            cursor.u24()? as usize,
            cursor.u24()? as usize,
        ))
    }
}

impl<'a> Iterator for Fragments<'a> {
    type Item = Result<Fragment<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(fault) = self.pending.take() {
            return Some(Err(fault));
        }
        if self.cursor.is_empty() {
            return None;
        }
        let offset = self.cursor.offset();
        let fault = |name| Fault::new(Layer::Dtls, name, offset);
        let Some((kind, length, message_seq, fragment_offset, fragment_length)) =
            Self::header(&mut self.cursor)
        else {
            self.cursor = Cursor::new(&[]);
            return Some(Err(fault("dtls-handshake-header-truncated")));
        };
        let captured = fragment_length.min(self.cursor.rest().len());
        if captured < fragment_length {
            self.pending = Some(fault("dtls-handshake-fragment-truncated"));
        } else if fragment_offset + fragment_length > length {
            self.pending = Some(fault("dtls-handshake-fragment-out-of-range"));
        }
        Some(Ok(Fragment {
            kind: HandshakeType::from_code(kind),
            length,
            message_seq,
            fragment_offset,
            fragment_length,
            body: self.cursor.take(captured).unwrap_or_default(),
            offset,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_record_may_hold_several_messages() {
        let mut content = vec![14, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0];
        content.extend([11, 0, 0, 9, 0, 5, 0, 0, 3, 0, 0, 2, 0xaa, 0xbb]);
        let fragments: Vec<_> = Fragments::new(&content, 13)
            .map(|item| item.expect("sound"))
            .collect();
        assert!(fragments[0].is_whole() && !fragments[1].is_whole());
        assert_eq!(
            (
                fragments[1].offset,
                fragments[1].fragment_offset,
                fragments[1].body
            ),
            (25, 3, &[0xaa, 0xbb][..])
        );
    }

    #[test]
    fn faults_are_named_and_the_good_part_kept() {
        let names = |content: &[u8]| -> Vec<_> {
            Fragments::new(content, 0)
                .map(|item| item.map_or_else(|fault| fault.name, |_| "ok"))
                .collect()
        };
        let cut = [11, 0, 0, 9, 0, 5, 0, 0, 3, 0, 0, 2, 0xaa];
        assert_eq!(names(&cut), ["ok", "dtls-handshake-fragment-truncated"]);
        assert_eq!(names(&cut[..11]), ["dtls-handshake-header-truncated"]);
        let outside = [11, 0, 0, 1, 0, 5, 0, 0, 1, 0, 0, 1, 0xaa];
        assert_eq!(
            names(&outside),
            ["ok", "dtls-handshake-fragment-out-of-range"]
        );
    }
}
