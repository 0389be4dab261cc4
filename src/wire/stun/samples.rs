//! The test vectors of RFC 5769 §2 and RFC 8489 appendix B.1 (with erratum 6268), for the tests next door.

/// Password of the short-term vectors.
pub(super) const PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

/// RFC 5769 §2.1: a connectivity check.
pub(super) fn request() -> Vec<u8> {
    hex(
        "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36\
         000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf",
    )
}

/// RFC 5769 §2.2: its answer, 192.0.2.1:32853.
pub(super) fn response_v4() -> Vec<u8> {
    hex(
        "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643\
         000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96",
    )
}

/// RFC 5769 §2.3: the answer over IPv6.
pub(super) fn response_v6() -> Vec<u8> {
    hex(
        "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9\
         00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c",
    )
}

/// RFC 5769 §2.4: long-term credentials.
pub(super) fn long_term_request() -> Vec<u8> {
    hex(
        "000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b90000\
         0015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b6578616d706c652e6f726700\
         00080014f67024656dd64a3e02b8e0712e85c9a28ca89666",
    )
}

/// RFC 8489 B.1: long-term credentials with USERHASH and SHA-256.
pub(super) fn sha256_request() -> Vec<u8> {
    hex(
        "000100902112a44278ad3433c6ad72c029da412e001e00204a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704\
         001500296f624d61744a6f733241414143662f2f3439396b39353464364f4c33346f4c39465354767936347341000000\
         0014000b6578616d706c652e6f726700001d000400020000\
         001c0020b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65",
    )
}

/// All five.
pub(super) fn all() -> [Vec<u8>; 5] {
    [
        request(),
        response_v4(),
        response_v6(),
        long_term_request(),
        sha256_request(),
    ]
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    text.as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}
