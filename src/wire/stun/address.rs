//! Address attributes: `reserved 1 · family 1 · port 2 · address 4 or 16` (RFC 8489 §14.1), plain or XOR'd (§14.2).
//!
//! Some NATs rewrite any bytes that look like the address they translate. XOR with cookie and transaction id hides it from them.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::vocab::address::TransportAddress;
use crate::wire::read::chunk_at;
use crate::wire::read::u16_at;

/// Reads a plain address: MAPPED-ADDRESS, OTHER-ADDRESS and their like. `None` for an unknown family or a wrong length.
pub fn plain(value: &[u8]) -> Option<TransportAddress> {
    xored(value, [0; 16])
}

/// Reads an XOR'd address; `mask` is cookie and transaction id. `None` for an unknown family or a wrong length.
pub fn xored(value: &[u8], mask: [u8; 16]) -> Option<TransportAddress> {
    let port = u16_at(value, 2)? ^ u16::from_be_bytes([mask[0], mask[1]]);
    let ip = match (value.get(1)?, value.len()) {
        (&IPV4, 8) => {
            let (bits, mask) = (chunk_at(value, 4)?, [mask[0], mask[1], mask[2], mask[3]]);
            IpAddr::V4(Ipv4Addr::from_bits(
                u32::from_be_bytes(bits) ^ u32::from_be_bytes(mask),
            ))
        }
        (&IPV6, 20) => {
            let bits = u128::from_be_bytes(chunk_at(value, 4)?);
            IpAddr::V6(Ipv6Addr::from_bits(bits ^ u128::from_be_bytes(mask)))
        }
        _ => return None,
    };
    Some(TransportAddress::new(ip, port))
}

/// Address family of an IPv4 address.
pub const IPV4: u8 = 0x01;

/// Address family of an IPv6 address.
pub const IPV6: u8 = 0x02;

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 16] = [
        0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf,
        0xae,
    ];

    #[test]
    fn addresses_read_as_in_rfc_5769() {
        let v4 = [0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43];
        assert_eq!(
            xored(&v4, MASK).map(|a| a.to_string()).as_deref(),
            Some("192.0.2.1:32853")
        );
        let v6 = [
            0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4,
            0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
        ];
        let text = xored(&v6, MASK).map(|a| a.to_string());
        assert_eq!(
            text.as_deref(),
            Some("[2001:db8:1234:5678:11:2233:4455:6677]:32853")
        );
    }

    #[test]
    fn a_family_and_a_length_that_disagree_are_no_address() {
        assert_eq!(plain(&[0, 2, 0, 1, 1, 2, 3, 4]), None);
        assert_eq!(plain(&[0, 1, 0, 1, 1, 2, 3, 4, 5]), None);
        assert_eq!(plain(&[0, 3, 0, 1, 1, 2, 3, 4]), None);
        assert_eq!(plain(&[0, 1, 0]), None);
    }
}
