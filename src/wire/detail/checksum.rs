//! The Internet checksum (RFC 1071), as IPv4, UDP, TCP and ICMPv6 use it.

use std::net::IpAddr;

use crate::wire::ip::Header;

/// Checksum of the parts, one after another; every part but the last has an even length. 0 when the parts contain their own right checksum.
pub(super) fn of(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        for pair in part.chunks(2) {
            let word = match *pair {
                [high, low] => u16::from_be_bytes([high, low]),
                [high] => u16::from_be_bytes([high, 0]),
                _ => 0,
            };
            sum += u64::from(word);
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Checksum over a transport segment with IP's pseudo header before it (RFC 768, RFC 8200 §8.1).
pub(super) fn with_pseudo_header(ip: &Header, segment: &[u8]) -> u16 {
    let mut pseudo = Vec::with_capacity(40);
    for address in [ip.source, ip.destination] {
        match address {
            IpAddr::V4(v4) => pseudo.extend(v4.octets()),
            IpAddr::V6(v6) => pseudo.extend(v6.octets()),
        }
    }
    // 32-bit length, three zeros, protocol: IPv6's form sums to the same as IPv4's.
    pseudo.extend((segment.len() as u32).to_be_bytes());
    pseudo.extend([0, 0, 0, ip.protocol.code()]);
    of(&[&pseudo, segment])
}

/// How a checksum that does not fit is shown: on the sender's own machine that is normal, since the network card fills it in.
pub(super) fn unfit(sum: u16) -> String {
    format!(
        "{sum:#06x}, does not fit: damaged, or left to the sender's network card (checksum offload)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071_sums_up() {
        assert_eq!(
            of(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]),
            !0xddf2
        );
        // 0xfffe + 0x0100 carries around to 0x00ff.
        assert_eq!(of(&[&[0xff, 0xfe], &[1]]), !0x00ff);
    }
}
