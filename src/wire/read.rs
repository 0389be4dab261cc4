//! Big-endian numbers at an offset, or `None` past the end: the bounds check that every view needs, in one place.

/// The byte at `at`.
#[inline]
pub fn u8_at(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

/// The big-endian 16-bit number at `at`.
#[inline]
pub fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    chunk_at(data, at).map(u16::from_be_bytes)
}

/// The big-endian 32-bit number at `at`.
#[inline]
pub fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    chunk_at(data, at).map(u32::from_be_bytes)
}

/// The big-endian 64-bit number at `at`.
#[inline]
pub fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    chunk_at(data, at).map(u64::from_be_bytes)
}

/// The `N` bytes at `at`.
#[inline]
pub fn chunk_at<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    data.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian_and_end_with_the_data() {
        let data = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(u8_at(&data, 7), Some(8));
        assert_eq!(u16_at(&data, 6), Some(0x0708));
        assert_eq!(u32_at(&data, 4), Some(0x0506_0708));
        assert_eq!(u64_at(&data, 0), Some(0x0102_0304_0506_0708));
        assert_eq!(u16_at(&data, 7), None);
        assert_eq!(u32_at(&data, usize::MAX), None);
    }
}
