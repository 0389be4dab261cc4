//! PPP (RFC 1661), alone, in HDLC-like framing (RFC 1662), and over Ethernet (RFC 2516).
//!
//! ```text
//! PPP     [address 1 (0xff) · control 1 (0x03)] · protocol 1 or 2 (its last byte is odd) · packet
//! PPPoE   version+type 1 (0x11) · code 1 (0) · session 2 · length 2 · PPP without address and control
//! ```

use crate::wire::link::EtherType;
use crate::wire::read::u8_at;

/// Steps over a PPP header at byte `at`: to the packet, or, for PPP's own protocols, to the header itself. `None` when it is cut.
pub fn leave(bytes: &[u8], at: usize) -> Option<(EtherType, usize)> {
    let start = match bytes.get(at..)? {
        [0xff, 0x03, ..] => at + 2,
        _ => at,
    };
    let first = u8_at(bytes, start)?;
    let (protocol, end) = if first & 1 == 1 {
        // Protocol field compression (RFC 1661 §6.5).
        (u16::from(first), start + 1)
    } else {
        (
            u16::from_be_bytes([first, u8_at(bytes, start + 1)?]),
            start + 2,
        )
    };
    Some(match protocol {
        0x0021 => (EtherType::Ipv4, end),
        0x0057 => (EtherType::Ipv6, end),
        0x0281 => (EtherType::Mpls, end),
        0x0283 => (EtherType::MplsUpstream, end),
        _ => (EtherType::Ppp, at),
    })
}

/// Steps over a PPPoE session header and the PPP header behind it; `None` when no packet is there.
pub fn leave_pppoe(bytes: &[u8], at: usize) -> Option<(EtherType, usize)> {
    let [0x11, 0, _, _, _, _, ..] = bytes.get(at..)? else {
        return None;
    };
    let (ether_type, end) = leave(bytes, at + 6)?;
    (ether_type != EtherType::Ppp).then_some((ether_type, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocol_is_one_byte_or_two() {
        let check = |bytes: &[u8], expected| assert_eq!(leave(bytes, 0), expected);
        check(&[0xff, 3, 0, 0x21], Some((EtherType::Ipv4, 4)));
        check(&[0x21], Some((EtherType::Ipv4, 1)));
        check(&[0xff, 3, 0x57], Some((EtherType::Ipv6, 3)));
        check(&[0xc0, 0x21, 1], Some((EtherType::Ppp, 0)));
        check(&[0xff, 3, 0], None);
        check(&[], None);
    }

    #[test]
    fn a_session_header_leads_to_its_packet() {
        let check = |bytes: &[u8], expected| assert_eq!(leave_pppoe(bytes, 0), expected);
        check(&[0x11, 0, 0, 7, 0, 22, 0, 0x21], Some((EtherType::Ipv4, 8)));
        check(&[0x11, 0, 0, 7, 0, 22, 0xc0, 0x21], None);
        check(&[0x11, 0x09, 0, 7, 0, 22, 0, 0x21], None);
        check(&[0x11, 0, 0, 7], None);
    }
}
