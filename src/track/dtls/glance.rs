//! What a datagram shows at a glance: enough to say whose it is, before its records are taken in.

use crate::wire::dtls::handshake::Fragments;
use crate::wire::dtls::probe::probe;
use crate::wire::dtls::probe::probe_unified;
use crate::wire::dtls::record::Header;
use crate::wire::dtls::record::Records;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::HandshakeType;

/// How a datagram begins.
pub(super) enum Start {
    /// With the first fragment of a ClientHello: its random.
    Hello([u8; 32]),
    /// With another unencrypted handshake message.
    Handshake,
    /// With anything else.
    Other,
}

impl Start {
    /// Looks at its first record and message.
    pub(super) fn of(datagram: &[u8]) -> Self {
        let Some(Ok(record)) = Records::new(datagram, None).next() else {
            return Self::Other;
        };
        if record.is_encrypted()
            || !matches!(record.header, Header::Classic { content_type, .. } if content_type == ContentType::Handshake)
        {
            return Self::Other;
        }
        match Fragments::new(record.fragment, 0).next() {
            Some(Ok(fragment))
                if fragment.kind == HandshakeType::ClientHello && fragment.fragment_offset == 0 =>
            {
                // After the version (2) comes the random (32).
                let random = fragment.body.get(2..34).and_then(|r| r.try_into().ok());
                random.map_or(Self::Handshake, Self::Hello)
            }
            Some(Ok(_)) => Self::Handshake,
            _ => Self::Other,
        }
    }
}

/// What a datagram of ciphertext shows of itself.
pub(super) struct Ciphertext {
    /// Its records.
    pub(super) records: usize,
    /// Epoch and sequence number of its first record; `None` in DTLS 1.3, which encrypts them.
    number: Option<(u16, u64)>,
}

impl Ciphertext {
    /// Farthest that a sender's numbers may advance between two datagrams of one conversation.
    const STRIDE: u64 = 1 << 24;

    /// `None` when the datagram is not ciphertext from end to end.
    pub(super) fn of(datagram: &[u8]) -> Option<Self> {
        if !probe(datagram) && !probe_unified(datagram) {
            return None;
        }
        let mut records = 0;
        let mut number = None;
        for item in Records::new(datagram, None) {
            let record = item.ok()?;
            // A unified header without length proves nothing.
            let bare = matches!(record.header, Header::Unified { .. }) && record.header_bytes < 4;
            if !record.is_encrypted() || record.missing > 0 || bare {
                return None;
            }
            if let Header::Classic {
                epoch,
                sequence_number,
                ..
            } = record.header
                && records == 0
            {
                number = Some((epoch, sequence_number));
            }
            records += 1;
        }
        Some(Self { records, number })
    }

    /// Could both belong to one association, `earlier` first?
    pub(super) fn follows(&self, earlier: &Self, same_direction: bool) -> bool {
        match (self.number, earlier.number) {
            (Some((epoch, sequence)), Some((before_epoch, before))) => {
                epoch == before_epoch
                    && (!same_direction || sequence > before && sequence - before <= Self::STRIDE)
            }
            (None, None) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::dtls::samples;

    #[test]
    fn a_hello_is_known_by_its_random() {
        let hello = Start::of(&samples::HELLO_1_3_A.bytes());
        assert!(matches!(hello, Start::Hello(random) if random[..3] == [0x97, 0x68, 0x67]));
        assert!(matches!(
            Start::of(&samples::HELLO_1_3_B.bytes()),
            Start::Handshake
        ));
        assert!(matches!(Start::of(&samples::CLOSE.bytes()), Start::Other));
        assert!(matches!(Start::of(&[]), Start::Other));
    }

    #[test]
    fn ciphertext_goes_forward() {
        let number = |epoch, sequence| Ciphertext {
            records: 1,
            number: Some((epoch, sequence)),
        };
        assert!(number(1, 6).follows(&number(1, 5), true));
        assert!(!number(1, 5).follows(&number(1, 5), true));
        assert!(number(1, 1).follows(&number(1, 5), false));
        assert!(!number(2, 6).follows(&number(1, 5), true));
        assert!(!number(1, 1 << 40).follows(&number(1, 5), true));
    }
}
