//! GENEVE (RFC 8926 §3.4): a frame or packet in UDP, with options.
//!
//! ```text
//! version 2 bits (0) · options length 6 bits (in 4 bytes) · O C 2 bits · reserved 6 bits · protocol 2 · network identifier 3 ·
//! reserved 1 · options · frame or packet
//! ```

use crate::vocab::encapsulation::Tunnel;
use crate::wire::link::EtherType;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;
use crate::wire::span::Span;
use crate::wire::tunnel::Opened;

/// The port IANA assigned.
pub const PORT: u16 = 6081;

/// Takes a GENEVE header off a datagram; `None` when it can't be one.
pub fn open(payload: Span<'_>) -> Option<Opened<'_>> {
    let first = u8_at(payload.bytes, 0)?;
    let protocol = EtherType::from_code(u16_at(payload.bytes, 2)?);
    let network = u32_at(payload.bytes, 4)?;
    let end = 8 + usize::from(first & 0x3f) * 4;
    let carries = matches!(
        protocol,
        EtherType::Bridging | EtherType::Ipv4 | EtherType::Ipv6
    );
    // Reserved bits are ignored on receipt.
    let valid = first >> 6 == 0 && carries && end <= payload.on_wire;
    valid.then(|| Opened {
        tunnel: Tunnel::Geneve,
        id: Some(network >> 8),
        ether_type: protocol,
        inside: payload.skip(end),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tunnel::testing::damage;

    const SAMPLE: [u8; 17] = [
        0x02, 0x40, 0x65, 0x58, 0, 0, 9, 0, 0, 0, 0, 1, 1, 2, 3, 4, 0xaa,
    ];

    #[test]
    fn options_are_stepped_over() {
        let opened = open(Span::whole(&SAMPLE)).expect("GENEVE");
        assert_eq!(
            (opened.id, opened.ether_type, opened.inside.bytes),
            (Some(9), EtherType::Bridging, &[0xaa][..])
        );
    }

    #[test]
    fn what_carries_no_packet_is_no_geneve() {
        let check = |at: usize, byte| {
            let mut bytes = SAMPLE;
            bytes[at] = byte;
            assert_eq!(open(Span::whole(&bytes)), None);
        };
        check(0, 0x42);
        check(0, 0x03);
        check(2, 0x12);
        assert_eq!(open(Span::whole(&[0x80, 96, 0, 1, 0, 0, 0, 9, 1])), None);
    }

    #[test]
    fn cut_and_flipped_headers_never_panic() {
        damage(&SAMPLE, |span| {
            let _ = open(span);
        });
    }
}
