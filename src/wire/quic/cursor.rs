//! What QUIC reads beyond TLS: numbers whose first two bits say how long they are (RFC 9000 §16), and what they count.
//!
//! ```text
//! 00  6 bits      01  14 bits      10  30 bits      11  62 bits
//! ```

use crate::wire::tls::cursor::Cursor;

impl<'a> Cursor<'a> {
    /// A variable-length integer, below 2^62.
    pub fn varint(&mut self) -> Option<u64> {
        let length = 1 << (self.rest().first()? >> 6);
        let bytes = self.take(length)?;
        let number = bytes
            .iter()
            .fold(0, |n: u64, &byte| n << 8 | u64::from(byte));
        // The length's two bits stand on top.
        Some(number & (u64::MAX >> (64 - 8 * length + 2)))
    }

    /// A variable-length integer that counts bytes or things here.
    pub fn length(&mut self) -> Option<usize> {
        let mut ahead = *self;
        let length = usize::try_from(ahead.varint()?).ok()?;
        *self = ahead;
        Some(length)
    }

    /// Bytes behind their length in a variable-length integer.
    pub fn counted(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let length = ahead.length()?;
        let bytes = ahead.take(length)?;
        *self = ahead;
        Some(bytes)
    }

    /// Bytes behind their length in one byte.
    pub fn counted8(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let length = ahead.u8()?;
        let bytes = ahead.take(usize::from(length))?;
        *self = ahead;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<u64>) {
        let mut cursor = Cursor::new(bytes);
        assert_eq!(cursor.varint(), expected);
        assert_eq!(cursor.is_empty(), expected.is_some());
    }

    /// RFC 9000 appendix A.1.
    #[test]
    fn the_examples_of_the_rfc_are_read() {
        let long = [0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c];
        check(&long, Some(151_288_809_941_952_652));
        check(&[0x9d, 0x7f, 0x3e, 0x7d], Some(494_878_333));
        check(&[0x7b, 0xbd], Some(15_293));
        check(&[0x25], Some(37));
        check(&[0x40, 0x25], Some(37));
        check(&[0xff; 8], Some((1 << 62) - 1));
        for length in 1..8 {
            check(&long[..length], None);
        }
    }

    #[test]
    fn a_count_that_overruns_leaves_the_cursor_in_place() {
        let mut cursor = Cursor::new(&[3, 1, 2]);
        assert_eq!((cursor.counted(), cursor.counted8()), (None, None));
        assert_eq!(cursor.offset(), 0);
        assert_eq!(Cursor::new(&[0x40, 1, 9]).counted(), Some(&[9][..]));
    }
}
