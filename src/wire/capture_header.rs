//! Headers that a capture program puts before the frame: signal strength, interface, process. They were never on the wire.
//!
//! ```text
//! Radiotap  version 1 (0) · pad 1 · length 2 · fields present 4 [*, while bit 31] · fields       little-endian, then 802.11
//! Prism     message 4 (0x44) · length 4 · …                                                      host order, then 802.11
//! AVS       magic+version 4 (0x8021_1001 or …2) · length 4 · …                                   big-endian, then 802.11
//! PPI       version 1 · flags 1 · length 2 · link type 4 · fields                                little-endian, then that type
//! PKTAP     length 4 · next 4 · link type 4 · interface, process …                               little-endian, then that type
//! MPACKET   preamble 7 · start 1                                                                 then Ethernet
//! NFLOG     family 1 · version 1 · resource 2 · [length 2 · type 2 · value, padded to 4]*        host order; type 9 is the packet
//! ```

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::frame::LinkType;
use crate::wire::read::chunk_at;
use crate::wire::read::u8_at;
use crate::wire::read::u32_at;
use crate::wire::span::Span;

/// Does a frame of this type start with such a header?
pub const fn precedes(link: LinkType) -> bool {
    matches!(
        link,
        LinkType::WlanRadiotap
            | LinkType::WlanPrism
            | LinkType::WlanAvs
            | LinkType::Ppi
            | LinkType::Pktap
            | LinkType::Mpacket
            | LinkType::Nflog
    )
}

/// Measures the header: which type of frame follows, at which byte.
///
/// # Errors
///
/// `link-header-truncated`, `link-type-unknown`, or `capture-frame-cut`.
pub fn leave(link: LinkType, frame: Span<'_>) -> Result<(LinkType, usize), Fault> {
    let bytes = frame.bytes;
    let cut = |needed| frame.too_short(needed, Layer::Link, "link-header-truncated");
    let word = |at| little_u32(bytes, at).ok_or_else(|| cut(at + 4));
    let (inner, length) = match link {
        LinkType::WlanRadiotap => return radiotap(frame),
        // Drivers wrote AVS headers under Prism's number, too.
        LinkType::WlanPrism | LinkType::WlanAvs
            if u32_at(bytes, 0).is_some_and(|magic| magic >> 4 == AVS_MAGIC) =>
        {
            let length = u32_at(bytes, 4).ok_or_else(|| cut(8))?;
            (LinkType::Wlan, length as usize)
        }
        LinkType::WlanPrism => (LinkType::Wlan, word(4)? as usize),
        LinkType::Ppi => {
            let length = little_u16(bytes, 2).ok_or_else(|| cut(4))?;
            (inner_link(word(4)?)?, usize::from(length))
        }
        LinkType::Pktap => (inner_link(word(8)?)?, word(0)? as usize),
        LinkType::Mpacket => (LinkType::Ethernet, 8),
        LinkType::Nflog => return nflog(frame),
        _ => return Err(Fault::new(Layer::Link, "link-type-unknown", 0)),
    };
    if bytes.len() < length {
        return Err(cut(length));
    }
    Ok((inner, length))
}

fn inner_link(number: u32) -> Result<LinkType, Fault> {
    let number = u16::try_from(number).ok();
    number
        .map(LinkType::from_number)
        .ok_or_else(|| Fault::new(Layer::Link, "link-type-unknown", 0))
}

/// Only one of Radiotap's fields matters here: the flag that says the 802.11 header is padded to 4 bytes. Such frames are not read.
fn radiotap(frame: Span<'_>) -> Result<(LinkType, usize), Fault> {
    let bytes = frame.bytes;
    let cut = |needed| frame.too_short(needed, Layer::Link, "link-header-truncated");
    let length = usize::from(little_u16(bytes, 2).ok_or_else(|| cut(4))?);
    let present = little_u32(bytes, 4).ok_or_else(|| cut(8))?;
    if bytes.len() < length {
        return Err(cut(length));
    }
    let words = (0..PRESENT_WORDS)
        .find(|word| little_u32(bytes, 4 + word * 4).is_none_or(|bits| bits >> 31 == 0))
        .unwrap_or(PRESENT_WORDS);
    let mut at = 4 + (words + 1) * 4;
    if present & 0x01 != 0 {
        // The timer is aligned to its eight bytes.
        at = at.next_multiple_of(8) + 8;
    }
    let flags = u8_at(bytes, at).filter(|_| present & 0x02 != 0 && at < length);
    if flags.is_some_and(|flags| flags & PADDED != 0) {
        return Err(Fault::new(Layer::Link, "link-wlan-header-padded", at));
    }
    Ok((LinkType::Wlan, length))
}

fn nflog(frame: Span<'_>) -> Result<(LinkType, usize), Fault> {
    let mut at = 4;
    for _ in 0..ATTRIBUTES {
        let (length, kind) = (little_u16(frame.bytes, at), little_u16(frame.bytes, at + 2));
        let (Some(length @ 4..), Some(kind)) = (length, kind) else {
            break;
        };
        if kind == NFLOG_PACKET {
            return Ok((LinkType::RawIp, at + 4));
        }
        at += usize::from(length).next_multiple_of(4);
    }
    Err(frame.too_short(at + 4, Layer::Link, "link-header-truncated"))
}

fn little_u16(bytes: &[u8], at: usize) -> Option<u16> {
    chunk_at(bytes, at).map(u16::from_le_bytes)
}

fn little_u32(bytes: &[u8], at: usize) -> Option<u32> {
    chunk_at(bytes, at).map(u32::from_le_bytes)
}

/// AVS magic without its version nibble.
const AVS_MAGIC: u32 = 0x0802_1100;
/// Radiotap flag: padding between 802.11 header and data.
const PADDED: u8 = 0x20;
/// Radiotap bitmaps followed; drivers write one per antenna.
const PRESENT_WORDS: usize = 32;
/// `NFULA_PAYLOAD`.
const NFLOG_PACKET: u16 = 9;
/// NFLOG attributes followed; the kernel writes about twenty.
const ATTRIBUTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(link: LinkType, bytes: &[u8], expected: Result<(LinkType, usize), &'static str>) {
        let got = leave(link, Span::whole(bytes)).map_err(|fault| fault.name);
        assert_eq!(got, expected);
    }

    const RADIOTAP: [u8; 18] = [0, 0, 18, 0, 0x03, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0x10, 0];

    fn samples() -> Vec<(LinkType, Vec<u8>)> {
        let mut pktap = vec![12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
        pktap.extend([0; 4]);
        let prism = [0x44, 0, 0, 0, 8, 0, 0, 0, 8].to_vec();
        let avs = [0x80, 0x21, 0x10, 0x01, 0, 0, 0, 8, 8].to_vec();
        let ppi = [0, 0, 8, 0, 105, 0, 0, 0, 8].to_vec();
        let nflog = [2, 0, 0, 0, 5, 0, 10, 0, 7, 0, 0, 0, 24, 0, 9, 0, 0x45].to_vec();
        vec![
            (LinkType::WlanRadiotap, RADIOTAP.to_vec()),
            (LinkType::Pktap, pktap),
            (LinkType::WlanPrism, prism),
            (LinkType::WlanAvs, avs),
            (LinkType::Ppi, ppi),
            (LinkType::Nflog, nflog),
        ]
    }

    #[test]
    fn each_header_tells_where_the_frame_begins() {
        let ends: Vec<_> = samples()
            .iter()
            .map(|(link, bytes)| leave(*link, Span::whole(bytes)).expect("readable"))
            .collect();
        assert_eq!(
            ends,
            [
                (LinkType::Wlan, 18),
                (LinkType::Ethernet, 12),
                (LinkType::Wlan, 8),
                (LinkType::Wlan, 8),
                (LinkType::Wlan, 8),
                (LinkType::RawIp, 16),
            ]
        );
    }

    #[test]
    fn padding_is_named_and_not_guessed_at() {
        let mut padded = RADIOTAP;
        padded[16] = 0x20;
        check(
            LinkType::WlanRadiotap,
            &padded,
            Err("link-wlan-header-padded"),
        );
    }

    #[test]
    fn a_header_longer_than_the_frame_is_cut() {
        check(
            LinkType::WlanRadiotap,
            &RADIOTAP[..17],
            Err("link-header-truncated"),
        );
        check(
            LinkType::Ppi,
            &[0, 0, 8, 0, 0, 0, 1, 0],
            Err("link-type-unknown"),
        );
    }

    #[test]
    fn cut_and_flipped_headers_never_panic() {
        for (link, sample) in samples() {
            for end in 0..=sample.len() {
                let _ = leave(link, Span::whole(&sample[..end]));
            }
            for bit in 0..sample.len() * 8 {
                let mut flipped = sample.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let _ = leave(link, Span::whole(&flipped));
            }
        }
    }
}
