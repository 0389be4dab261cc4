//! GTP-U (3GPP TS 29.281 §5.1): a subscriber's packet between base station and core network.
//!
//! ```text
//! version 3 bits (1) · PT 1 bit (1) · spare · E S PN 3 bits · type 1 (255: user data) · length 2 (after this header's 8 bytes) ·
//! tunnel endpoint 4 · [sequence 2 · N-PDU 1 · next extension 1]E|S|PN · [length 1 (in 4 bytes) · … · next extension 1]* · packet
//! ```

use crate::vocab::encapsulation::Tunnel;
use crate::wire::link::EtherType;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;
use crate::wire::span::Span;
use crate::wire::tunnel::Opened;

/// The port of the user plane, at both ends.
pub const PORT: u16 = 2152;

/// Takes a GTP-U header off a datagram of user data; `None` for signaling, and for what can't be GTP.
pub fn open(payload: Span<'_>) -> Option<Opened<'_>> {
    let flags = u8_at(payload.bytes, 0)?;
    let (kind, length) = (u8_at(payload.bytes, 1)?, u16_at(payload.bytes, 2)?);
    let endpoint = u32_at(payload.bytes, 4)?;
    let end = 8 + usize::from(length);
    if flags >> 4 != 0b0011 || kind != USER_DATA || end > payload.on_wire {
        return None;
    }
    let mut at = 8;
    // One flag is enough for all three fields to be there.
    if flags & 0x07 != 0 {
        let mut next = u8_at(payload.bytes, 11).filter(|_| flags & 0x04 != 0);
        at = 12;
        for _ in 0..EXTENSIONS {
            let Some(1..) = next else { break };
            let words = usize::from(u8_at(payload.bytes, at)?);
            if words == 0 {
                return None;
            }
            at += words * 4;
            next = Some(u8_at(payload.bytes, at - 1)?);
        }
        if let Some(1..) = next {
            return None;
        }
    }
    let inside = payload.announced(end).skip(at);
    let ether_type = match inside.bytes.first()? >> 4 {
        4 => EtherType::Ipv4,
        6 => EtherType::Ipv6,
        _ => return None,
    };
    Some(Opened {
        tunnel: Tunnel::GtpU,
        id: Some(endpoint),
        ether_type,
        inside,
    })
}

/// "G-PDU", the message that carries a packet.
const USER_DATA: u8 = 255;

/// Extension headers followed; 5G uses one, the PDU session container.
const EXTENSIONS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tunnel::testing::damage;

    /// With sequence number and the PDU session container of 5G.
    const SAMPLE: [u8; 21] = [
        0x36, 0xff, 0, 13, 0, 0, 0, 7, 0, 1, 0, 0x85, 2, 0, 9, 0, 0, 0, 0, 0, 0x45,
    ];

    #[test]
    fn extension_headers_are_followed_to_the_packet() {
        let opened = open(Span::whole(&SAMPLE)).expect("GTP-U");
        assert_eq!(
            (opened.id, opened.ether_type, opened.inside.bytes),
            (Some(7), EtherType::Ipv4, &[0x45][..])
        );
        let plain = [0x30, 0xff, 0, 1, 0, 0, 0, 7, 0x60, 0xee];
        let opened = open(Span::whole(&plain)).expect("GTP-U");
        assert_eq!(
            (opened.ether_type, opened.inside.bytes),
            (EtherType::Ipv6, &[0x60][..])
        );
    }

    #[test]
    fn anything_else_on_the_port_is_no_tunnel() {
        let check = |at: usize, byte| {
            let mut bytes = SAMPLE;
            bytes[at] = byte;
            assert_eq!(open(Span::whole(&bytes)), None);
        };
        check(0, 0x16); // GTP'
        check(0, 0x80); // RTP
        check(1, 1); // echo request
        check(3, 200);
        check(12, 0);
        check(20, 0x55);
    }

    #[test]
    fn cut_and_flipped_headers_never_panic() {
        damage(&SAMPLE, |span| {
            let _ = open(span);
        });
    }
}
