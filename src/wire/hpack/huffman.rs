//! The Huffman code of HPACK strings (RFC 7541 §5.2, appendix B), also QPACK's.
//!
//! ```text
//! most significant bit first:   'w' 1111000   'w' 1111000   'w' 1111000   then ones up to the byte's end
//! ```
//!
//! The code is canonical: of two symbols the shorter code is the smaller number, and among codes of one length they ascend with the
//! symbol. So the lengths say all, and codes of one length are decoded by a subtraction.

/// What was wrong with a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// Decodes a string, at most `limit` bytes of it.
///
/// # Errors
/// [`Malformed`] with what could be read, when the end symbol appears, when padding is longer than seven bits or not all ones.
pub fn decode(encoded: &[u8], limit: usize) -> Result<Vec<u8>, (Vec<u8>, Malformed)> {
    let mut decoded = Vec::with_capacity((encoded.len() * 8 / 5).min(limit));
    let mut window: u64 = 0;
    let mut bits: u32 = 0;
    let mut bytes = encoded.iter();
    loop {
        while bits <= 56
            && let Some(&byte) = bytes.next()
        {
            window = window << 8 | u64::from(byte);
            bits += 8;
        }
        let Some((symbol, length)) = first_symbol(window, bits) else {
            break;
        };
        bits -= length;
        match u8::try_from(symbol) {
            Ok(byte) if decoded.len() < limit => decoded.push(byte),
            Ok(_) => return Ok(decoded),
            Err(_) => return Err((decoded, Malformed)),
        }
    }
    let padding = window & ((1 << bits) - 1);
    if bits > 7 || padding != (1 << bits) - 1 {
        return Err((decoded, Malformed));
    }
    Ok(decoded)
}

/// The symbol at the front of the window's low `bits` bits, and its length.
fn first_symbol(window: u64, bits: u32) -> Option<(u16, u32)> {
    (SHORTEST..=LONGEST.min(bits)).find_map(|length| {
        let code = (window >> (bits - length)) as u32 & ((1 << length) - 1);
        let group = GROUPS.get(length as usize)?;
        let place = code.checked_sub(group.first_code)?;
        if place >= group.count {
            return None;
        }
        let symbol = SORTED.get((group.start + place) as usize)?;
        Some((*symbol, length))
    })
}

/// Codes of one length.
#[derive(Clone, Copy)]
struct Group {
    /// The smallest.
    first_code: u32,
    /// How many.
    count: u32,
    /// Where their symbols begin in [`SORTED`].
    start: u32,
}

const SHORTEST: u32 = 5;
const LONGEST: u32 = 30;
/// 256 bytes and the end symbol.
const SYMBOLS: usize = 257;

/// Symbols by code length, then by value.
const SORTED: [u16; SYMBOLS] = sorted();
const GROUPS: [Group; LONGEST as usize + 1] = groups();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time: a wrong index does not compile"
)]
const fn sorted() -> [u16; SYMBOLS] {
    let mut sorted = [0; SYMBOLS];
    let (mut filled, mut length) = (0, 0);
    while length <= LONGEST {
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if LENGTHS[symbol] as u32 == length {
                sorted[filled] = symbol as u16;
                filled += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    sorted
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time: a wrong index does not compile"
)]
const fn groups() -> [Group; LONGEST as usize + 1] {
    let mut groups = [Group {
        first_code: 0,
        count: 0,
        start: 0,
    }; LONGEST as usize + 1];
    let mut length = 1;
    while length < groups.len() {
        let before = groups[length - 1];
        let mut count = 0;
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if LENGTHS[symbol] as usize == length {
                count += 1;
            }
            symbol += 1;
        }
        groups[length] = Group {
            first_code: (before.first_code + before.count) << 1,
            count,
            start: before.start + before.count,
        };
        length += 1;
    }
    groups
}

/// Code length by symbol (RFC 7541 appendix B); the last is the end symbol's.
#[rustfmt::skip]
const LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::hpack::testing::hex;

    #[test]
    fn the_codes_of_appendix_b_come_out() {
        let code = |symbol: u16| {
            let length = LENGTHS[usize::from(symbol)];
            let group = GROUPS[usize::from(length)];
            let place = SORTED.iter().position(|&known| known == symbol).unwrap();
            group.first_code + place as u32 - group.start
        };
        let expected = [
            (0, 0x1ff8),
            (1, 0x007f_ffd8),
            (10, 0x3fff_fffc),
            (32, 0x14),
            (48, 0),
            (92, 0x7fff0),
            (128, 0xfffe6),
            (255, 0x03ff_ffee),
            (256, 0x3fff_ffff),
        ];
        for (symbol, bits) in expected {
            assert_eq!(code(symbol), bits, "{symbol}");
        }
        // A complete code: every sequence of bits means something.
        let sum: u64 = LENGTHS.iter().map(|&length| 1 << (30 - length)).sum();
        assert_eq!(sum, 1 << 30);
    }

    #[test]
    fn strings_of_appendix_c_are_read() {
        for (encoded, text) in [
            ("f1e3 c2e5 f23a 6ba0 ab90 f4ff", "www.example.com"),
            ("a8eb 1064 9cbf", "no-cache"),
            ("25a8 49e9 5ba9 7d7f", "custom-key"),
            ("aec3 771a 4b", "private"),
            (
                "9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3",
                "https://www.example.com",
            ),
            ("", ""),
        ] {
            assert_eq!(decode(&hex(encoded), 100), Ok(text.as_bytes().to_vec()));
        }
    }

    #[test]
    fn padding_is_short_and_all_ones() {
        assert_eq!(decode(&[0b0000_0111], 9), Ok(b"0".to_vec()));
        assert_eq!(decode(&[0b0000_0110], 9), Err((b"0".to_vec(), Malformed)));
        assert_eq!(decode(&[0x07, 0xff], 9), Err((b"0".to_vec(), Malformed)));
        assert_eq!(decode(&[0xff; 4], 9), Err((vec![], Malformed)));
    }

    #[test]
    fn a_limit_holds() {
        assert_eq!(decode(&[0; 1000], 10), Ok(vec![b'0'; 10]));
    }

    #[test]
    fn no_bytes_panic() {
        for first in 0..=255 {
            for second in 0..=255_u8 {
                let _ = decode(&[first, second, !first, second ^ first, 0xff], 100);
            }
        }
    }
}
