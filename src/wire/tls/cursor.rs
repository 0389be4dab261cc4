//! Reading of TLS presentation language (RFC 8446 §3): big-endian numbers, and vectors that carry their length before them.

/// A place in a message body. Every read either yields a value and moves on, or yields `None` and stays.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    /// At the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            offset: 0,
        }
    }

    /// At the start of `bytes`, which lie at `offset` of a larger message: offsets count from that message's start.
    pub const fn within(bytes: &'a [u8], offset: usize) -> Self {
        Self {
            rest: bytes,
            offset,
        }
    }

    /// Bytes before this place.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What is still to be read.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Is nothing left?
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `length` bytes.
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.offset += length;
        Some(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        self.offset += N;
        Some(taken)
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|&[byte]| byte)
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().copied().map(u16::from_be_bytes)
    }

    /// Three bytes.
    pub fn u24(&mut self) -> Option<u32> {
        self.array()
            .map(|&[high, mid, low]| u32::from_be_bytes([0, high, mid, low]))
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().copied().map(u32::from_be_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().copied().map(u64::from_be_bytes)
    }

    /// A vector after its one-byte length.
    pub fn vector8(&mut self) -> Option<Self> {
        self.vector(|cursor| cursor.u8().map(usize::from))
    }

    /// A vector after its two-byte length.
    pub fn vector16(&mut self) -> Option<Self> {
        self.vector(|cursor| cursor.u16().map(usize::from))
    }

    /// A vector after its three-byte length.
    pub fn vector24(&mut self) -> Option<Self> {
        self.vector(|cursor| cursor.u24().map(|length| length as usize))
    }

    /// All of the rest as two-byte numbers; a byte left over is ignored.
    pub fn u16s(mut self) -> impl Iterator<Item = u16> + 'a {
        std::iter::from_fn(move || self.u16())
    }

    fn vector(&mut self, length: impl FnOnce(&mut Self) -> Option<usize>) -> Option<Self> {
        let mut ahead = *self;
        let length = length(&mut ahead)?;
        let offset = ahead.offset;
        let bytes = ahead.take(length)?;
        *self = ahead;
        Some(Self::within(bytes, offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_that_overruns_leaves_the_cursor_in_place() {
        let mut cursor = Cursor::new(&[0, 3, 1, 2]);
        assert!(cursor.vector16().is_none());
        assert_eq!((cursor.offset(), cursor.u16()), (0, Some(3)));
    }

    #[test]
    fn offsets_count_from_the_whole_message() {
        let mut cursor = Cursor::new(&[9, 2, 7, 8, 6]);
        cursor.u8();
        let inner = cursor.vector8().expect("two bytes follow");
        assert_eq!(
            (inner.offset(), inner.rest(), cursor.rest()),
            (2, &[7, 8][..], &[6][..])
        );
    }
}
