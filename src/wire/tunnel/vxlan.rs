//! VXLAN (RFC 7348): an Ethernet frame in UDP.
//!
//! ```text
//! flags 1 (0x08: the network is valid) · reserved 3 · network identifier 3 · reserved 1 · Ethernet frame
//! ```
//!
//! Its generic extension (draft-ietf-nvo3-vxlan-gpe) says in the last reserved byte before the network what follows: 1 IPv4, 2 IPv6,
//! 3 Ethernet. Group-based policy uses flag 0x80 and two of the reserved bytes; those are left
//! to it.

use crate::vocab::encapsulation::Tunnel;
use crate::wire::link::EtherType;
use crate::wire::read::u8_at;
use crate::wire::read::u32_at;
use crate::wire::span::Span;
use crate::wire::tunnel::Opened;

/// The port IANA assigned.
pub const PORT: u16 = 4789;

/// The port Linux used before, and still does unless told otherwise.
pub const PORT_LINUX: u16 = 8472;

/// The port of the generic extension.
pub const PORT_GPE: u16 = 4790;

/// Takes a VXLAN header off a datagram; `None` when it can't be one.
pub fn open(payload: Span<'_>) -> Option<Opened<'_>> {
    let (flags, network) = (u32_at(payload.bytes, 0)?, u32_at(payload.bytes, 4)?);
    let valid = flags & 0x0800_0000 != 0 && flags & 0x7000_0000 == 0;
    valid.then(|| Opened {
        tunnel: Tunnel::Vxlan,
        id: Some(network >> 8),
        ether_type: EtherType::Bridging,
        inside: payload.skip(8),
    })
}

/// The same with the generic extension, for its port.
pub fn open_any(payload: Span<'_>) -> Option<Opened<'_>> {
    let mut opened = open(payload)?;
    opened.ether_type = match u8_at(payload.bytes, 3)? {
        1 => EtherType::Ipv4,
        2 => EtherType::Ipv6,
        3 => EtherType::Bridging,
        _ => return None,
    };
    Some(opened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tunnel::testing::damage;

    #[test]
    fn the_network_is_in_the_upper_three_bytes() {
        let opened = open(Span::whole(&[8, 0, 0, 0, 0, 1, 2, 0, 0xaa])).expect("VXLAN");
        assert_eq!((opened.id, opened.inside.bytes), (Some(0x102), &[0xaa][..]));
    }

    #[test]
    fn the_extension_tells_what_follows() {
        let mut header = [0x0c, 0, 0, 1, 0, 0, 7, 0, 0x45];
        let ether_type = |bytes: &[u8]| open_any(Span::whole(bytes)).map(|o| o.ether_type);
        assert_eq!(ether_type(&header), Some(EtherType::Ipv4));
        header[3] = 3;
        assert_eq!(ether_type(&header), Some(EtherType::Bridging));
        header[3] = 4;
        assert_eq!(ether_type(&header), None);
    }

    #[test]
    fn media_and_checks_on_the_port_are_no_vxlan() {
        assert_eq!(open(Span::whole(&[0x80, 96, 0, 1, 0, 0, 0, 9, 1])), None);
        let stun = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        assert_eq!(open(Span::whole(&stun)), None);
        assert_eq!(open(Span::whole(&[8, 0, 0])), None);
    }

    #[test]
    fn cut_and_flipped_headers_never_panic() {
        damage(&[0x88, 0, 0, 5, 0, 1, 2, 0, 0xaa, 0xbb], |span| {
            let _ = open(span);
        });
    }
}
