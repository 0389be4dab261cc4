//! GRE (RFC 2784, key and sequence number of RFC 2890, PPTP's version 1 of RFC 2637) and the mirrored frames of ERSPAN inside.
//!
//! ```text
//! GRE        C R K S … version 3 bits 2 · protocol 2 · [checksum 2 · reserved 2]C · [key 4]K · [sequence 4]S · payload
//! version 1  the same, key and [acknowledgment 4]A; the key's upper half is the payload length
//! ERSPAN II  version 4 bits (1) · VLAN 12 bits · COS 3 · encapsulation 2 · truncated 1 · session 10 bits · index 4    (0x88be with S)
//! ERSPAN III version 4 bits (2) · VLAN 12 bits · … session 10 bits · timestamp 4 · group 2 · … O 1 bit · [subheader 8]O   (0x22eb)
//! ```
//!
//! ERSPAN's first type has no header of its own: 0x88be without a sequence number.

use crate::vocab::encapsulation::Tunnel;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::link::EtherType;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;
use crate::wire::span::Span;
use crate::wire::tunnel::Opened;

/// Takes a GRE header off an IP payload, and ERSPAN's behind it.
///
/// # Errors
///
/// `ip-gre-header-truncated`, `ip-gre-routing` (RFC 1701's source routes, which nobody sends), `ip-gre-version-unknown`,
/// `ip-erspan-header-truncated`, or `capture-frame-cut`.
pub fn open(payload: Span<'_>) -> Result<Opened<'_>, Fault> {
    let cut = |needed| payload.too_short(needed, Layer::Ip, "ip-gre-header-truncated");
    let (Some(flags), Some(protocol)) = (u16_at(payload.bytes, 0), u16_at(payload.bytes, 2)) else {
        return Err(cut(4));
    };
    let version = flags & 0x0007;
    if version > 1 {
        return Err(Fault::new(Layer::Ip, "ip-gre-version-unknown", 1));
    }
    if flags & ROUTING != 0 {
        return Err(Fault::new(Layer::Ip, "ip-gre-routing", 0));
    }
    let mut at = 4;
    if flags & CHECKSUM != 0 {
        at += 4;
    }
    let mut key = None;
    if flags & KEY != 0 {
        key = Some(u32_at(payload.bytes, at).ok_or_else(|| cut(at + 4))?);
        at += 4;
    }
    if flags & SEQUENCE != 0 {
        at += 4;
    }
    if version == 1 && flags & ACKNOWLEDGMENT != 0 {
        at += 4;
    }
    if payload.bytes.len() < at {
        return Err(cut(at));
    }
    let inside = payload.skip(at);
    match protocol {
        ERSPAN_II if flags & SEQUENCE != 0 => erspan(inside, 8),
        ERSPAN_II => Ok(Opened {
            tunnel: Tunnel::Erspan,
            id: None,
            ether_type: EtherType::Bridging,
            inside,
        }),
        ERSPAN_III => {
            // The last bit of the 12 bytes announces 8 more of the switch's own.
            let optional = u16_at(inside.bytes, 10).is_some_and(|word| word & 1 != 0);
            erspan(inside, if optional { 20 } else { 12 })
        }
        // WCCP's second version puts a redirect header before the packet, which is told by its first nibble.
        WCCP if inside.bytes.first().is_some_and(|byte| byte >> 4 != 4) => {
            Ok(gre(key, EtherType::Ipv4, inside.skip(4)))
        }
        MIKROTIK => Ok(gre(key, EtherType::Bridging, inside)),
        WCCP => Ok(gre(key, EtherType::Ipv4, inside)),
        _ => Ok(gre(key, EtherType::from_code(protocol), inside)),
    }
}

fn gre(id: Option<u32>, ether_type: EtherType, inside: Span<'_>) -> Opened<'_> {
    Opened {
        tunnel: Tunnel::Gre,
        id,
        ether_type,
        inside,
    }
}

fn erspan(inside: Span<'_>, length: usize) -> Result<Opened<'_>, Fault> {
    let session = u16_at(inside.bytes, 2).filter(|_| inside.bytes.len() >= length);
    let Some(session) = session else {
        return Err(inside.too_short(length, Layer::Ip, "ip-erspan-header-truncated"));
    };
    Ok(Opened {
        tunnel: Tunnel::Erspan,
        id: Some(u32::from(session & 0x03ff)),
        ether_type: EtherType::Bridging,
        inside: inside.skip(length),
    })
}

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;
const ERSPAN_II: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;
const WCCP: u16 = 0x883e;
/// `MikroTik`'s "Ethernet over IP".
const MIKROTIK: u16 = 0x6400;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tunnel::testing::damage;

    fn check(
        bytes: &[u8],
        expected: Result<(Tunnel, Option<u32>, EtherType, usize), &'static str>,
    ) {
        let got = open(Span::whole(bytes))
            .map(|o| (o.tunnel, o.id, o.ether_type, bytes.len() - o.inside.on_wire))
            .map_err(|fault| fault.name);
        assert_eq!(got, expected);
    }

    #[test]
    fn the_flags_say_how_long_the_header_is() {
        let (gre, four) = (Tunnel::Gre, EtherType::Ipv4);
        check(&[0, 0, 8, 0, 0x45], Ok((gre, None, four, 4)));
        check(&[0x80, 0, 8, 0, 1, 2, 0, 0, 0x45], Ok((gre, None, four, 8)));
        let all = [
            0xb0, 0, 0x65, 0x58, 1, 2, 0, 0, 0, 0, 5, 7, 0, 0, 0, 9, 0xaa,
        ];
        check(&all, Ok((gre, Some(0x507), EtherType::Bridging, 16)));
        // PPTP: key with the payload length above the call, sequence and acknowledgment.
        let pptp = [
            0x30, 0x81, 0x88, 0x0b, 0, 1, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2, 0xff,
        ];
        check(&pptp, Ok((gre, Some(0x1_0007), EtherType::Ppp, 16)));
    }

    #[test]
    fn a_mirrored_frame_is_behind_its_own_header() {
        let erspan = Tunnel::Erspan;
        let bridged = EtherType::Bridging;
        check(&[0, 0, 0x88, 0xbe, 1], Ok((erspan, None, bridged, 4)));
        let second = [
            0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0x05, 0x04, 0x21, 0, 0, 0, 0, 1,
        ];
        check(&second, Ok((erspan, Some(0x21), bridged, 16)));
        let mut third = vec![0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0x05, 0, 0x22];
        third.extend([0; 8]);
        check(&third, Ok((erspan, Some(0x22), bridged, 20)));
        third[19] = 1;
        check(&third, Err("ip-erspan-header-truncated"));
        third.extend([0; 8]);
        check(&third, Ok((erspan, Some(0x22), bridged, 28)));
    }

    #[test]
    fn a_redirect_header_is_told_from_a_packet() {
        let expected = |at| Ok((Tunnel::Gre, None, EtherType::Ipv4, at));
        check(&[0, 0, 0x88, 0x3e, 0x45], expected(4));
        check(&[0, 0, 0x88, 0x3e, 0x80, 0, 1, 1, 0x45], expected(8));
    }

    #[test]
    fn broken_headers_are_named() {
        check(&[0, 0, 8], Err("ip-gre-header-truncated"));
        check(&[0xb0, 0, 8, 0, 1, 1, 1, 1], Err("ip-gre-header-truncated"));
        check(&[0x40, 0, 8, 0], Err("ip-gre-routing"));
        check(&[0, 2, 8, 0], Err("ip-gre-version-unknown"));
        let cut = open(Span::new(&[0, 0], 60)).map_err(|fault| fault.name);
        assert_eq!(cut.err(), Some("capture-frame-cut"));
    }

    #[test]
    fn cut_and_flipped_headers_never_panic() {
        let mut third = vec![0xb0, 0, 0x22, 0xeb, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 9];
        third.extend([0x20, 0x05, 0, 0x22, 0, 0, 0, 0, 0, 0, 0, 1]);
        third.extend([0; 12]);
        damage(&third, |span| {
            let _ = open(span);
        });
    }
}
