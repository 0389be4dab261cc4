//! DTLS records.
//!
//! ```text
//! DTLS 1.0 to 1.2, and 1.3 before encryption (RFC 6347 §4.1), 13 bytes:
//!   type (1)  version (2)  epoch (2)  sequence number (6)  length (2)  fragment
//! With a connection id, encrypted (RFC 9146 §4), type 25:
//!   25  version (2)  epoch (2)  sequence number (6)  connection id (negotiated length)  length (2)  fragment
//! DTLS 1.3, encrypted (RFC 9147 §4), 2 bytes and up:
//!    0 1 2 3 4 5 6 7
//!   |0|0|1|C|S|L|E E|  [connection id, if C]  sequence number (2 if S, else 1)  [length (2), if L]  fragment
//! ```
//!
//! Epoch 0 is in the clear; each change of keys starts the next epoch. The unified header shows an epoch's low two bits (E) and a sequence
//! number that is itself encrypted; its real content type is inside the ciphertext. A record without L runs to the end of the datagram.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::tls::cursor::Cursor;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::Version;

/// One DTLS record. May be cut short by the snap length: see [`Record::missing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its header.
    pub header: Header<'a>,
    /// Where it starts in the datagram, bytes.
    pub offset: usize,
    /// Length of the header, bytes.
    pub header_bytes: usize,
    /// Content: plaintext or ciphertext, as far as it was captured.
    pub fragment: &'a [u8],
    /// Bytes of content that the header promises and the datagram does not hold.
    pub missing: usize,
}

/// Header of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header<'a> {
    /// The 13-byte header.
    Classic {
        /// What it carries; readable even when the content is not.
        content_type: ContentType,
        /// Record version. The first ClientHello says 1.0 for old servers' sake; DTLS 1.3 goes on saying 1.2.
        version: Version,
        /// Number of key changes so far.
        epoch: u16,
        /// 48 bits; starts over with each epoch, and a retransmission takes a new one.
        sequence_number: u64,
        /// Connection id; empty unless the type is `tls12_cid`.
        connection_id: &'a [u8],
    },
    /// DTLS 1.3's unified header.
    Unified {
        /// The epoch's low two bits: 2 is the handshake's, 3 the first of application data, 1 early data.
        epoch_bits: u8,
        /// Sequence number as sent: encrypted (RFC 9147 §4.2.3), so it neither counts nor orders.
        masked_sequence_number: u16,
        /// Connection id; empty without the C bit.
        connection_id: &'a [u8],
    },
}

impl Record<'_> {
    /// Length of the 13-byte header.
    pub const CLASSIC_HEADER: usize = 13;
    /// Longest fragment: 2^14 and up to 2 048 of expansion (RFC 6347 §4.1, RFC 5246 §6.2.3).
    pub const FRAGMENT_LIMIT: usize = (1 << 14) + 2048;
    /// Shortest ciphertext of DTLS 1.3: encryption of the sequence number samples 16 bytes of it (RFC 9147 §4.2.3).
    pub const UNIFIED_FRAGMENT_MINIMUM: usize = 16;

    /// Is the content encrypted?
    pub const fn is_encrypted(&self) -> bool {
        match self.header {
            Header::Classic {
                content_type,
                epoch,
                ..
            } => epoch > 0 || matches!(content_type, ContentType::Tls12Cid),
            Header::Unified { .. } => true,
        }
    }

    /// Bytes from the start of its header to the end of its captured content.
    pub const fn captured_bytes(&self) -> usize {
        self.header_bytes + self.fragment.len()
    }
}

/// The records of one datagram, in order, faults between them.
///
/// A record that the datagram cuts short comes with what there is of it, then its fault.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    cursor: Cursor<'a>,
    connection_id_bytes: Option<usize>,
    pending: Option<Fault>,
    cut: bool,
}

impl<'a> Records<'a> {
    /// Reads `datagram`. `connection_id_bytes` is the length of the ids that this direction carries, when the handshake showed it; else a
    /// record with an id is taken to fill the datagram.
    pub const fn new(datagram: &'a [u8], connection_id_bytes: Option<usize>) -> Self {
        Self {
            cursor: Cursor::new(datagram),
            connection_id_bytes,
            pending: None,
            cut: false,
        }
    }

    /// As [`Self::new`], for a datagram that the capture cut short: that its last record ends early is then no fault.
    #[must_use]
    pub const fn new_cut(datagram: &'a [u8], connection_id_bytes: Option<usize>) -> Self {
        let mut records = Self::new(datagram, connection_id_bytes);
        records.cut = true;
        records
    }

    fn record(&mut self) -> Result<Record<'a>, Fault> {
        match self.cursor.rest() {
            [20..=27, ..] => self.classic(),
            [32..=63, ..] => self.unified(),
            _ => Err(self.fault("dtls-not-a-record")),
        }
    }

    fn classic(&mut self) -> Result<Record<'a>, Fault> {
        let start = self.cursor;
        let mut cursor = start;
        let truncated = self.fault("dtls-record-header-truncated");
        let content_type = ContentType::from_code(cursor.u8().ok_or(truncated)?);
        let version = Version::from_code(cursor.u16().ok_or(truncated)?);
        if !is_record_version(version) {
            return Err(self.fault("dtls-record-version-unknown"));
        }
        let number = cursor.u64().ok_or(truncated)?;
        let connection_id = if content_type == ContentType::Tls12Cid {
            let length = self
                .connection_id_bytes
                .or_else(|| filling_id_length(cursor.rest()))
                .ok_or_else(|| self.fault("dtls-connection-id-length-unknown"))?;
            cursor.take(length).ok_or(truncated)?
        } else {
            &[]
        };
        let length = usize::from(cursor.u16().ok_or(truncated)?);
        if length > Record::FRAGMENT_LIMIT {
            self.pending = Some(self.fault("dtls-record-too-long"));
        }
        let header = Header::Classic {
            content_type,
            version,
            epoch: (number >> 48) as u16,
            sequence_number: number & 0xffff_ffff_ffff,
            connection_id,
        };
        Ok(self.finish(start, cursor, header, length))
    }

    fn unified(&mut self) -> Result<Record<'a>, Fault> {
        let start = self.cursor;
        let mut cursor = start;
        let truncated = self.fault("dtls-record-header-truncated");
        let flags = cursor.u8().ok_or(truncated)?;
        let (has_id, long_sequence, has_length) = (
            flags & 0b1_0000 != 0,
            flags & 0b1000 != 0,
            flags & 0b100 != 0,
        );
        let connection_id = if has_id {
            let before_length = 1 + usize::from(long_sequence);
            let length = self
                .connection_id_bytes
                .or_else(|| {
                    let after_id = |id: &usize| {
                        let mut ahead = cursor;
                        ahead.take(id + before_length)?;
                        let length = usize::from(ahead.u16()?);
                        (length == ahead.rest().len()).then_some(())
                    };
                    (has_length)
                        .then(|| (0..=255).find(|id| after_id(id).is_some()))
                        .flatten()
                })
                .ok_or_else(|| self.fault("dtls-connection-id-length-unknown"))?;
            cursor.take(length).ok_or(truncated)?
        } else {
            &[]
        };
        let masked_sequence_number = if long_sequence {
            cursor.u16().ok_or(truncated)?
        } else {
            u16::from(cursor.u8().ok_or(truncated)?)
        };
        let length = if has_length {
            usize::from(cursor.u16().ok_or(truncated)?)
        } else {
            cursor.rest().len()
        };
        if length < Record::UNIFIED_FRAGMENT_MINIMUM {
            self.pending = Some(self.fault("dtls-ciphertext-too-short"));
        }
        let header = Header::Unified {
            epoch_bits: flags & 0b11,
            masked_sequence_number,
            connection_id,
        };
        Ok(self.finish(start, cursor, header, length))
    }

    fn finish(
        &mut self,
        start: Cursor<'a>,
        mut cursor: Cursor<'a>,
        header: Header<'a>,
        length: usize,
    ) -> Record<'a> {
        let header_bytes = cursor.offset() - start.offset();
        let captured = length.min(cursor.rest().len());
        let fragment = cursor.take(captured).unwrap_or_default();
        if captured < length && !self.cut {
            self.pending = Some(self.fault("dtls-record-truncated"));
        }
        self.cursor = cursor;
        Record {
            header,
            offset: start.offset(),
            header_bytes,
            fragment,
            missing: length - captured,
        }
    }

    const fn fault(&self, name: &'static str) -> Fault {
        Fault::new(Layer::Dtls, name, self.cursor.offset())
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(fault) = self.pending.take() {
            return Some(Err(fault));
        }
        if self.cursor.is_empty() {
            return None;
        }
        let record = self.record();
        if let Err(fault) = record {
            // Where the next record would start can't be known.
            self.cursor = Cursor::new(&[]);
            if self.cut && fault.name == "dtls-record-header-truncated" {
                return None;
            }
        }
        Some(record)
    }
}

const fn is_record_version(version: Version) -> bool {
    matches!(
        version,
        Version::Dtls10 | Version::Dtls12 | Version::Dtls13 | Version::DtlsAnyConnect
    )
}

/// Length of the connection id that lets the record fill the datagram; `after` starts at the id.
fn filling_id_length(after: &[u8]) -> Option<usize> {
    (0..=255).find(|&id| {
        let mut cursor = Cursor::new(after);
        cursor.take(id);
        cursor.offset() == id
            && cursor
                .u16()
                .is_some_and(|length| usize::from(length) == cursor.rest().len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::dtls::samples;

    fn read(datagram: &[u8]) -> (Vec<Record<'_>>, Vec<&'static str>) {
        let (mut records, mut faults) = (Vec::new(), Vec::new());
        for item in Records::new(datagram, None) {
            match item {
                Ok(record) => records.push(record),
                Err(fault) => faults.push(fault.name),
            }
        }
        (records, faults)
    }

    #[test]
    fn a_flight_of_five_records_is_one_datagram() {
        let datagram = samples::CLIENT_KEY_FLIGHT.bytes();
        let (records, faults) = read(&datagram);
        let shown: Vec<_> = records
            .iter()
            .map(|record| match record.header {
                Header::Classic {
                    content_type,
                    epoch,
                    sequence_number,
                    ..
                } => (content_type.code(), epoch, sequence_number),
                Header::Unified { .. } => (0, 0, 0),
            })
            .collect();
        assert_eq!(
            shown,
            [(22, 0, 1), (22, 0, 2), (22, 0, 3), (20, 0, 4), (22, 1, 0)]
        );
        assert!(records[4].is_encrypted() && !records[3].is_encrypted());
        assert!(faults.is_empty());
    }

    #[test]
    fn a_cut_datagram_keeps_its_good_records() {
        let datagram = samples::CLIENT_KEY_FLIGHT.bytes();
        let (records, faults) = read(&datagram[..datagram.len() - 1]);
        assert_eq!((records.len(), records[4].missing), (5, 1));
        assert_eq!(faults, ["dtls-record-truncated"]);
        let (records, faults) = read(&datagram[..datagram.len() - 50]);
        assert_eq!(records.len(), 4);
        assert_eq!(faults, ["dtls-record-header-truncated"]);
        for missing in [1, 50] {
            let cut = &datagram[..datagram.len() - missing];
            assert!(Records::new_cut(cut, None).all(|item| item.is_ok()));
        }
    }

    #[test]
    fn a_unified_header_takes_many_shapes() {
        let ciphertext = [7; 16];
        // S and L set, epoch 3, as BoringSSL and NSS send it.
        let long = [&[0x2f, 0x7a, 0x20, 0, 16], &ciphertext[..]].concat();
        let (records, faults) = read(&long);
        assert_eq!(
            records[0].header,
            Header::Unified {
                epoch_bits: 3,
                masked_sequence_number: 0x7a20,
                connection_id: &[]
            }
        );
        assert_eq!((records[0].header_bytes, faults.len()), (5, 0));
        // Neither: one byte of sequence number, up to the end.
        let short = [&[0x22, 0x05], &ciphertext[..]].concat();
        assert_eq!(read(&short).0[0].fragment, ciphertext);
        // With a connection id of three bytes, whose length follows from the record's.
        let with_id = [&[0x3f, 1, 2, 3, 0x7a, 0x20, 0, 16], &ciphertext[..]].concat();
        let (records, _) = read(&with_id);
        assert!(
            matches!(records[0].header, Header::Unified { connection_id, .. } if connection_id == [1, 2, 3])
        );
    }

    #[test]
    fn a_connection_id_record_is_read_with_and_without_its_length_known() {
        let mut datagram = vec![25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0xaa, 0xbb, 0, 3];
        datagram.extend([1, 2, 3]);
        for length in [None, Some(2)] {
            let record = Records::new(&datagram, length)
                .next()
                .expect("one")
                .expect("sound");
            assert!(record.is_encrypted());
            assert_eq!(record.fragment, [1, 2, 3]);
        }
        assert_eq!(
            read(&datagram[..17]).1,
            ["dtls-connection-id-length-unknown"]
        );
    }

    #[test]
    fn no_cut_or_flipped_datagram_panics() {
        for sample in samples::HANDSHAKE {
            let datagram = sample.bytes();
            for length in 0..=datagram.len() {
                read(&datagram[..length]);
            }
            for bit in 0..datagram.len() * 8 {
                let mut flipped = datagram.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                read(&flipped);
            }
        }
    }
}
