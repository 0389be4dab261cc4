//! TZSP, the `TaZmen` sniffer protocol: a frame that a router or access point mirrors to a collector.
//!
//! ```text
//! version 1 (1) · type 1 (0: received, 1: to send) · encapsulated protocol 2 (1: Ethernet) · tags · frame
//! tag: type 1 · length 1 · value; padding (0) and the end (1) are one byte
//! ```

use crate::vocab::encapsulation::Tunnel;
use crate::wire::link::EtherType;
use crate::wire::read::u8_at;
use crate::wire::span::Span;
use crate::wire::tunnel::Opened;

/// The collector's port.
pub const PORT: u16 = 37008;

/// Takes a TZSP header off a datagram; `None` when it carries no Ethernet frame.
pub fn open(payload: Span<'_>) -> Option<Opened<'_>> {
    let [1, 0 | 1, 0, 1, ..] = payload.bytes else {
        return None;
    };
    let mut at = 4;
    for _ in 0..TAGS {
        match u8_at(payload.bytes, at)? {
            TAG_END => {
                return Some(Opened {
                    tunnel: Tunnel::Tzsp,
                    id: None,
                    ether_type: EtherType::Bridging,
                    inside: payload.skip(at + 1),
                });
            }
            TAG_PADDING => at += 1,
            _ => at += 2 + usize::from(u8_at(payload.bytes, at + 1)?),
        }
    }
    None
}

const TAG_PADDING: u8 = 0;
const TAG_END: u8 = 1;

/// Tags followed before we give up; senders write a handful.
const TAGS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tunnel::testing::damage;

    const SAMPLE: [u8; 10] = [1, 0, 0, 1, 0, 0x29, 2, 0, 60, 1];

    #[test]
    fn tags_are_stepped_over() {
        let bytes = [&SAMPLE[..], &[0xaa]].concat();
        let opened = open(Span::whole(&bytes)).expect("TZSP");
        assert_eq!(opened.inside.bytes, [0xaa]);
        assert_eq!(open(Span::whole(&SAMPLE[..9])), None);
        assert_eq!(open(Span::whole(&[1, 0, 0, 18, 1])), None);
    }

    #[test]
    fn cut_and_flipped_headers_never_panic() {
        damage(&SAMPLE, |span| {
            let _ = open(span);
        });
    }
}
