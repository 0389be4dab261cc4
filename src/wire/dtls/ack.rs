//! DTLS 1.3's ACK: the records of a flight that arrived (RFC 9147 §7). In the clear only while there are no keys yet.
//!
//! ```text
//! length (2)  then each:  epoch (8)  sequence number (8)
//! ```

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::tls::cursor::Cursor;

/// One acknowledged record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordNumber {
    /// Epoch.
    pub epoch: u64,
    /// Sequence number in that epoch.
    pub sequence_number: u64,
}

/// Reads the content of an unencrypted ACK record.
///
/// # Errors
/// `dtls-ack-malformed` when the list overruns or is no whole number of entries.
pub fn parse(content: &[u8]) -> Result<Vec<RecordNumber>, Fault> {
    let malformed = Fault::new(Layer::Dtls, "dtls-ack-malformed", 0);
    let mut list = Cursor::new(content).vector16().ok_or(malformed)?;
    let mut numbers = Vec::new();
    while !list.is_empty() {
        numbers.push(RecordNumber {
            epoch: list.u64().ok_or(malformed)?,
            sequence_number: list.u64().ok_or(malformed)?,
        });
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_lists_record_numbers() {
        let mut content = vec![0, 16];
        content.extend(2_u64.to_be_bytes());
        content.extend(5_u64.to_be_bytes());
        assert_eq!(
            parse(&content),
            Ok(vec![RecordNumber {
                epoch: 2,
                sequence_number: 5
            }])
        );
        assert!(parse(&content[..17]).is_err());
        assert_eq!(parse(&[0, 0]), Ok(vec![]));
    }
}
