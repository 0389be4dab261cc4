//! Teredo (RFC 4380 §5.1.1): IPv6 in UDP, through address translators, to a server or relay.
//!
//! ```text
//! [authentication: 0x0001 · client id length 1 · authentication length 1 · both · nonce 8 · confirmation 1] ·
//! [origin: 0x0000 · port 2 · address 4] · IPv6 packet
//! ```

use crate::vocab::encapsulation::Tunnel;
use crate::wire::link::EtherType;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::span::Span;
use crate::wire::tunnel::Opened;

/// The port of servers and relays.
pub const PORT: u16 = 3544;

/// Takes Teredo's indications off a datagram; `None` when no IPv6 packet fills the rest.
pub fn open(payload: Span<'_>) -> Option<Opened<'_>> {
    let bytes = payload.bytes;
    let mut at = 0;
    if u16_at(bytes, at)? == 0x0001 {
        let (id, authentication) = (u8_at(bytes, 2)?, u8_at(bytes, 3)?);
        at += 4 + usize::from(id) + usize::from(authentication) + 9;
    }
    if u16_at(bytes, at)? == 0x0000 {
        at += 8;
    }
    let inside = payload.skip(at);
    let length = usize::from(u16_at(inside.bytes, 4)?);
    // Nothing but the packet's own length confirms it, so it has to fit.
    let fits = inside.bytes.first()? >> 4 == 6 && length + 40 == inside.on_wire;
    fits.then_some(Opened {
        tunnel: Tunnel::Teredo,
        id: None,
        ether_type: EtherType::Ipv6,
        inside,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tunnel::testing::damage;

    fn sample() -> Vec<u8> {
        let mut bytes = vec![0, 1, 1, 1, 0xaa, 0xbb, 1, 2, 3, 4, 5, 6, 7, 8, 0];
        bytes.extend([0, 0, 0x11, 0x22, 1, 2, 3, 4]);
        bytes.extend([0x60, 0, 0, 0, 0, 1, 59, 64]);
        bytes.extend([0x20; 33]);
        bytes
    }

    #[test]
    fn indications_are_stepped_over() {
        let bytes = sample();
        let opened = open(Span::whole(&bytes)).expect("Teredo");
        assert_eq!(opened.inside.bytes.len(), 41);
        assert!(open(Span::whole(&bytes[15..])).is_some());
        assert!(open(Span::whole(&bytes[23..])).is_some());
        assert_eq!(open(Span::whole(&bytes[..bytes.len() - 1])), None);
    }

    #[test]
    fn cut_and_flipped_headers_never_panic() {
        damage(&sample(), |span| {
            let _ = open(span);
        });
    }
}
