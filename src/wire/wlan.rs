//! IEEE 802.11 frames, as a wireless interface in monitor mode sees them (IEEE Std 802.11 §9.2).
//!
//! ```text
//! version 2 bits · type 2 bits · subtype 4 bits · flags 1 (to DS · from DS · more fragments · retry · power · more data · protected ·
//! order) · duration 2 · address 6 ×3 · fragment 4 bits, sequence 12 bits · [address 6, when to and from DS] · [QoS 2] ·
//! [HT control 4, when QoS and order] · LLC and data
//! ```
//!
//! An aggregate (A-MSDU) holds several Ethernet-like frames: `destination 6 · source 6 · length 2 · LLC and data · padding to 4`.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::span::Span;

/// The header of an 802.11 frame, measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Does an LLC header follow? Otherwise the frame manages the network.
    pub is_data: bool,
    /// Bytes up to LLC.
    pub length: usize,
    /// A rule that was broken without hiding the packet.
    pub fault: Option<Fault>,
}

/// Measures the header of an 802.11 frame. Of an aggregate, the first part is taken; `link-wlan-aggregate-partly-read` says that more
/// follow.
///
/// # Errors
///
/// `link-wlan-header-truncated`, `capture-frame-cut`, or what hides the packet: `link-wlan-encrypted`, `link-wlan-fragment`.
pub fn leave(frame: Span<'_>) -> Result<Header, Fault> {
    let bytes = frame.bytes;
    let cut = |needed| frame.too_short(needed, Layer::Link, "link-wlan-header-truncated");
    let (Some(control), Some(flags)) = (u8_at(bytes, 0), u8_at(bytes, 1)) else {
        return Err(cut(2));
    };
    let (kind, subtype) = (control >> 2 & 0x03, control >> 4);
    // Subtypes with this bit carry no data ("null", polls and acknowledgments).
    if kind != DATA || subtype & 0x04 != 0 {
        return Ok(Header {
            is_data: false,
            length: 0,
            fault: None,
        });
    }
    let mut length = 24;
    if flags & BOTH_DS == BOTH_DS {
        length += 6;
    }
    let mut aggregate = false;
    if subtype & QOS != 0 {
        aggregate = u8_at(bytes, length).is_some_and(|qos| qos & 0x80 != 0);
        length += 2;
        if flags & ORDER != 0 {
            length += 4;
        }
    }
    if bytes.len() < length {
        return Err(cut(length));
    }
    let has_llc = bytes.get(length..).is_some_and(is_snap);
    // Drivers that decrypt leave the flag as it was on the air.
    if flags & PROTECTED != 0 && !has_llc {
        return Err(Fault::new(Layer::Link, "link-wlan-encrypted", length));
    }
    let piece = u8_at(bytes, 22).unwrap_or_default() & 0x0f;
    if flags & MORE_FRAGMENTS != 0 || piece != 0 {
        return Err(Fault::new(Layer::Link, "link-wlan-fragment", 22));
    }
    let mut fault = None;
    if aggregate && !has_llc {
        let first = usize::from(u16_at(bytes, length + 12).ok_or_else(|| cut(length + 14))?);
        length += 14;
        if (length + first).next_multiple_of(4) + 14 <= frame.on_wire {
            let name = "link-wlan-aggregate-partly-read";
            fault = Some(Fault::new(Layer::Link, name, length + first));
        }
    }
    Ok(Header {
        is_data: true,
        length,
        fault,
    })
}

fn is_snap(bytes: &[u8]) -> bool {
    matches!(bytes, [0xaa, 0xaa, 0x03, ..])
}

/// Frame type.
const DATA: u8 = 2;
/// Bit of a data frame's subtype.
const QOS: u8 = 0x08;
/// To and from the distribution system at once: between access points, with a fourth address.
const BOTH_DS: u8 = 0x03;
const MORE_FRAGMENTS: u8 = 0x04;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];

    fn frame(control: u8, flags: u8, more: &[u8]) -> Vec<u8> {
        let mut bytes = vec![control, flags, 0, 0];
        bytes.extend([2; 18]);
        bytes.extend([0x10, 0]);
        bytes.extend(more);
        bytes.extend(SNAP);
        bytes
    }

    fn check(bytes: &[u8], expected: Result<(bool, usize), &'static str>) {
        let got = leave(Span::whole(bytes))
            .map(|header| (header.is_data, header.length))
            .map_err(|fault| fault.name);
        assert_eq!(got, expected);
    }

    #[test]
    fn the_header_grows_with_its_flags() {
        check(&frame(0x08, 0x01, &[]), Ok((true, 24)));
        check(&frame(0x08, 0x03, &[0; 6]), Ok((true, 30)));
        check(&frame(0x88, 0x02, &[0; 2]), Ok((true, 26)));
        check(&frame(0x88, 0x82, &[0; 6]), Ok((true, 30)));
        check(&frame(0x88, 0x83, &[0; 12]), Ok((true, 36)));
    }

    #[test]
    fn frames_without_data_manage_the_network() {
        check(&frame(0x80, 0, &[]), Ok((false, 0)));
        check(&[0xd4, 0, 0, 0], Ok((false, 0)));
        check(&frame(0x48, 0x01, &[]), Ok((false, 0)));
    }

    #[test]
    fn what_hides_the_packet_is_named() {
        check(
            &frame(0x08, 0x41, &[0, 1, 2, 0x20, 0, 0, 0, 0]),
            Err("link-wlan-encrypted"),
        );
        check(&frame(0x08, 0x41, &[]), Ok((true, 24)));
        check(&frame(0x08, 0x05, &[]), Err("link-wlan-fragment"));
        check(
            &frame(0x08, 0x01, &[])[..20],
            Err("link-wlan-header-truncated"),
        );
    }

    #[test]
    fn the_first_part_of_an_aggregate_is_read_and_the_rest_is_named() {
        let mut bytes = frame(0x88, 0x02, &[0x80, 0]);
        bytes.truncate(26);
        bytes.extend([2; 12]);
        bytes.extend([0, 8]);
        bytes.extend(SNAP);
        check(&bytes, Ok((true, 40)));
        assert_eq!(leave(Span::whole(&bytes)).map(|h| h.fault), Ok(None));
        bytes.extend([0; 16]);
        let fault = leave(Span::whole(&bytes)).expect("readable").fault;
        assert_eq!(
            fault.map(|fault| fault.name),
            Some("link-wlan-aggregate-partly-read")
        );
    }

    #[test]
    fn cut_and_flipped_headers_never_panic() {
        let sample = frame(0x88, 0x83, &[0x80; 12]);
        for end in 0..=sample.len() {
            let _ = leave(Span::whole(&sample[..end]));
            let _ = leave(Span::new(&sample[..end], sample.len()));
        }
        for bit in 0..sample.len() * 8 {
            let mut flipped = sample.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = leave(Span::whole(&flipped));
        }
    }
}
