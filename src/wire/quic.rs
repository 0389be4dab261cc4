//! QUIC's invariants (RFC 8999): enough to know a QUIC conversation by its long headers.
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! +-+-+-+-+-+-+-+-+
//! |1|  version-specific |  then 32-bit version, destination and source connection ids with their lengths
//! ```

/// A packet with a long header (RFC 8999 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongHeader<'a> {
    /// Version; 0 in Version Negotiation.
    pub version: u32,
    /// Destination Connection ID.
    pub destination: &'a [u8],
    /// Source Connection ID.
    pub source: &'a [u8],
}

impl<'a> LongHeader<'a> {
    /// Reads the invariant part; `None` when the datagram is no long header of a version in use.
    pub fn new(datagram: &'a [u8]) -> Option<Self> {
        let (&first, rest) = datagram.split_first()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let version = u32::from_be_bytes(*version);
        if first & 0x80 == 0 || !is_in_use(version) {
            return None;
        }
        let (destination, rest) = connection_id(rest)?;
        let (source, _) = connection_id(rest)?;
        Some(Self {
            version,
            destination,
            source,
        })
    }
}

/// Versions 1 and 2 and their drafts allow connection ids of up to 20 bytes (RFC 9000 §17.2).
const LONGEST_ID: usize = 20;

fn connection_id(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let length = usize::from(length);
    (length <= LONGEST_ID)
        .then(|| rest.split_at_checked(length))
        .flatten()
}

/// Version negotiation, 1 (RFC 9000), 2 (RFC 9369), IETF drafts, greased versions (RFC 9000 §15), and Google's `Qnnn`/`Tnnn`.
const fn is_in_use(version: u32) -> bool {
    matches!(version, 0 | 1 | 0x6b33_43cf)
        || version >> 8 == 0x00ff_0000
        || version & 0x0f0f_0f0f == 0x0a0a_0a0a
        || matches!(version >> 16, 0x5130 | 0x5430)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_initial_of_rfc_9001_is_quic_version_1() {
        // RFC 9001 appendix A.2, the unprotected header of the client's first packet.
        let packet = [
            0xc3, 0, 0, 0, 1, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0, 0,
        ];
        let header = LongHeader::new(&packet).unwrap();
        assert_eq!(
            (
                header.version,
                header.destination.len(),
                header.source.len()
            ),
            (1, 8, 0)
        );
    }

    #[test]
    fn rtp_is_not_quic() {
        assert_eq!(
            LongHeader::new(&[0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
            None
        );
    }

    #[test]
    fn no_cut_panics() {
        let packet = [0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 2, 1, 1];
        for length in 0..packet.len() {
            LongHeader::new(&packet[..length]);
        }
    }
}
