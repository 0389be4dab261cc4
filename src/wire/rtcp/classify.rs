//! Plain RTCP or SRTCP? (RFC 3711 §3.4, RFC 7714 §9)
//!
//! ```text
//! SRTCP, HMAC-SHA1:  | header, SSRC | encrypted … | E | index, 31 bits | [MKI] | tag, 10 bytes |
//! SRTCP, AEAD:       | header, SSRC | encrypted … | tag, 16 bytes | E | index, 31 bits | [MKI] |
//! ```
//!
//! The length field of the first packet covers that packet only, encrypted or not, so a plain compound walks exactly to the end
//! of the datagram and an SRTCP one does not: its second header is ciphertext, or its trailer is left over. RTCP packets are
//! whole words, so the tag length shows in the datagram's length modulo four. An MKI (not used with DTLS-SRTP) is not looked for.
//!
//! Where the snap length took the end, some of this still tells, and nothing is malformed for it.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::Ssrc;
use crate::wire::rtcp::compound::Compound;
use crate::wire::rtcp::compound::PacketType;
use crate::wire::rtcp::compound::fault;
use crate::wire::rtp::is_rtcp_type;
use crate::wire::span::Span;

/// What a datagram is that looks like RTCP by its first two bytes.
#[derive(Debug, Clone, Copy)]
pub enum Classified<'a> {
    /// Plain RTCP: the packets walk exactly to the end.
    Plain(Compound<'a>),
    /// SRTCP: only the fields of [`Srtcp`] are in the clear.
    Encrypted(Srtcp<'a>),
    /// The capture lacks its end, where the proof would be.
    Cut(Cut<'a>),
    /// Neither holds; what the header says, and the rule that plain RTCP would break.
    Malformed {
        /// The clear first 8 bytes, if there are as many.
        opening: Option<Opening>,
        /// Why it is no plain compound.
        fault: Fault,
    },
}

/// First 8 bytes of an RTCP or SRTCP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Type of the first packet.
    pub kind: PacketType,
    /// Its count, subtype or feedback format.
    pub count: u8,
    /// Its P bit.
    pub padding: bool,
    /// Its length, bytes, header included; in SRTCP without index and tag.
    pub length: usize,
    /// Its sender.
    pub ssrc: Ssrc,
}

/// The clear part of an SRTCP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Srtcp<'a> {
    /// The first 8 bytes.
    pub opening: Opening,
    /// E flag: is the body encrypted? When not, only authenticated.
    pub e_flag: bool,
    /// SRTCP index, 31 bits: one more with each packet of the sender.
    pub index: u32,
    /// Length of the authentication tag, bytes, inferred from the layout: 10 (HMAC-SHA1-80), 16 (AEAD), 4 (HMAC-SHA1-32).
    pub tag_length: u8,
    /// The whole datagram, for whoever holds the keys.
    pub datagram: &'a [u8],
}

/// A datagram of which the capture lacks the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut<'a> {
    /// The first 8 bytes.
    pub opening: Opening,
    /// Is it SRTCP? `None` when neither its length nor what was captured tells.
    pub is_encrypted: Option<bool>,
    /// All that was captured.
    pub datagram: Span<'a>,
}

impl<'a> Cut<'a> {
    /// The packets that were captured whole, if it is plain.
    pub fn whole_packets(&self) -> Compound<'a> {
        let bytes = self.datagram.bytes;
        let packets = Compound::new(bytes).packets().map_while(Result::ok);
        let end = packets.last().map_or(0, |last| last.offset + last.length);
        Compound::new(bytes.get(..end).unwrap_or_default())
    }
}

impl<'a> Srtcp<'a> {
    /// The packets, when they are only authenticated (E flag clear).
    pub fn authenticated_only(&self) -> Option<Compound<'a>> {
        let trailer = usize::from(self.tag_length) + INDEX_LENGTH;
        let body = self.datagram.len().checked_sub(trailer)?;
        (!self.e_flag).then(|| self.datagram.get(..body).map(Compound::new))?
    }
}

/// Tells plain RTCP from SRTCP by structure alone. `datagram` must be whole: the answer lies at its end.
pub fn classify(datagram: &[u8]) -> Classified<'_> {
    let Some(opening) = Opening::read(datagram) else {
        return Classified::Malformed {
            opening: None,
            fault: fault("rtcp-opening-truncated", 0),
        };
    };
    let compound = Compound::new(datagram);
    let stop = match walk(compound) {
        Walk::Whole => return Classified::Plain(compound),
        Walk::Stopped(stop) => stop,
    };
    if let Some(srtcp) = trailer(datagram, opening) {
        return Classified::Encrypted(srtcp);
    }
    Classified::Malformed {
        opening: Some(opening),
        fault: stop,
    }
}

/// The same for a datagram whose end the snap length may have cut off.
pub fn classify_span(datagram: Span<'_>) -> Classified<'_> {
    if datagram.missing() == 0 {
        return classify(datagram.bytes);
    }
    let Some(opening) = Opening::read(datagram.bytes) else {
        return Classified::Malformed {
            opening: None,
            fault: datagram.too_short(OPENING_LENGTH, Layer::Rtcp, "rtcp-opening-truncated"),
        };
    };
    if opening.length > datagram.on_wire {
        return Classified::Malformed {
            opening: Some(opening),
            fault: fault("rtcp-length-overruns", 2),
        };
    }
    Classified::Cut(Cut {
        opening,
        is_encrypted: is_encrypted(datagram),
        datagram,
    })
}

/// Is a cut datagram SRTCP? Its first packet is no longer than itself.
fn is_encrypted(datagram: Span<'_>) -> Option<bool> {
    // Packets are whole words, and so is a trailer with AEAD; one with HMAC-SHA1-80 is not.
    if !datagram.on_wire.is_multiple_of(4) {
        return Some(true);
    }
    let mut at = 0;
    while at < datagram.on_wire {
        let &[first, kind, l0, l1] = datagram.bytes.get(at..)?.first_chunk()?;
        if first >> 6 != 2 || !is_rtcp_type(kind) {
            return Some(true);
        }
        at += (usize::from(u16::from_be_bytes([l0, l1])) + 1) * 4;
    }
    Some(at > datagram.on_wire)
}

impl Opening {
    /// The first 8 bytes; `None` when too short, of another version or no RTCP packet type.
    pub fn read(datagram: &[u8]) -> Option<Self> {
        let &[first, kind, l0, l1, s0, s1, s2, s3] = datagram.first_chunk()?;
        (first >> 6 == 2 && is_rtcp_type(kind)).then(|| Self {
            kind: PacketType::from_code(kind),
            count: first & 0x1f,
            padding: first & 0x20 != 0,
            length: (usize::from(u16::from_be_bytes([l0, l1])) + 1) * 4,
            ssrc: Ssrc(u32::from_be_bytes([s0, s1, s2, s3])),
        })
    }
}

enum Walk {
    Whole,
    Stopped(Fault),
}

/// Do the packets of a plain compound end exactly at the end of the datagram, each of an RTCP type?
fn walk(compound: Compound<'_>) -> Walk {
    for packet in compound.packets() {
        match packet {
            Ok(packet) if is_rtcp_type(packet.kind.code()) => {}
            Ok(packet) => return Walk::Stopped(fault("rtcp-type-unknown", packet.offset + 1)),
            Err(stop) => return Walk::Stopped(stop),
        }
    }
    Walk::Whole
}

/// Reads the SRTCP trailer at the first of the known layouts that is plausible.
fn trailer(datagram: &[u8], opening: Opening) -> Option<Srtcp<'_>> {
    LAYOUTS.iter().find_map(|layout| {
        let trailer = INDEX_LENGTH + usize::from(layout.tag_length);
        let body_length = datagram.len().checked_sub(trailer)?;
        // Index and tag come on top of whole packets, the first of which is as long as it says.
        if opening.length > body_length || !body_length.is_multiple_of(4) {
            return None;
        }
        let index_at = if layout.tag_first {
            body_length + usize::from(layout.tag_length)
        } else {
            body_length
        };
        let word = u32::from_be_bytes(*datagram.get(index_at..)?.first_chunk()?);
        let (e_flag, index) = (word >> 31 == 1, word & 0x7fff_ffff);
        if index >= PLAUSIBLE_INDEX {
            return None;
        }
        // Without encryption the packets before the trailer must be readable; ciphertext is not.
        let clear = matches!(
            walk(Compound::new(datagram.get(..body_length)?)),
            Walk::Whole
        );
        (e_flag || clear).then_some(Srtcp {
            opening,
            e_flag,
            index,
            tag_length: layout.tag_length,
            datagram,
        })
    })
}

/// Where a protection profile puts tag and index.
struct Layout {
    tag_length: u8,
    tag_first: bool,
}

/// SRTCP keeps the 80-bit tag even with the `_32` profile (RFC 5764 §4.1.2); a 32-bit one is tried last.
const LAYOUTS: [Layout; 3] = [
    Layout {
        tag_length: 10,
        tag_first: false,
    },
    Layout {
        tag_length: 16,
        tag_first: true,
    },
    Layout {
        tag_length: 4,
        tag_first: false,
    },
];

/// Header and sender.
const OPENING_LENGTH: usize = 8;
/// E flag and index.
const INDEX_LENGTH: usize = 4;
/// The index starts at zero (RFC 3711 §3.2.1) and RTCP is slow: at 100 packets a second this is a day and a half. From here on
/// E flag and index would read as the header of an RTCP packet (`0x80C0_0000`).
const PLAUSIBLE_INDEX: u32 = 0xC0_0000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RR: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 7];

    fn encrypted(first: &[u8], cipher: &[u8], tail: &[u8]) -> Vec<u8> {
        [first, cipher, tail].concat()
    }

    #[test]
    fn a_compound_that_walks_to_the_end_is_plain() {
        let sdes = [0x81, 202, 0, 2, 0, 0, 0, 7, 1, 0, 0, 0];
        assert!(matches!(
            classify(&[&RR[..], &sdes].concat()),
            Classified::Plain(_)
        ));
        // A lone reduced-size packet (RFC 5506).
        let pli = [0x81, 206, 0, 2, 0, 0, 0, 7, 0, 0, 0, 9];
        assert!(matches!(classify(&pli), Classified::Plain(_)));
    }

    #[test]
    fn hmac_srtcp_has_its_index_before_the_tag() {
        let tail = [&[0x80, 0, 0, 5][..], &[0x5a; 10]].concat();
        let bytes = encrypted(&RR, &[0x11; 16], &tail);
        let Classified::Encrypted(srtcp) = classify(&bytes) else {
            panic!("not encrypted");
        };
        assert_eq!((srtcp.e_flag, srtcp.index, srtcp.tag_length), (true, 5, 10));
        assert_eq!((srtcp.opening.ssrc, srtcp.opening.length), (Ssrc(7), 8));
        assert!(srtcp.authenticated_only().is_none());
    }

    #[test]
    fn aead_srtcp_has_its_index_last() {
        // A single packet: length field = datagram − tag − index.
        let tail = [&[0xff; 16][..], &[0x80, 0, 1, 0]].concat();
        let bytes = encrypted(&RR, &[], &tail);
        let Classified::Encrypted(srtcp) = classify(&bytes) else {
            panic!("not encrypted");
        };
        assert_eq!((srtcp.index, srtcp.tag_length), (256, 16));
    }

    #[test]
    fn authentication_without_encryption_leaves_the_packets_readable() {
        let tail = [&[0, 0, 0, 9][..], &[0x5a; 10]].concat();
        let bytes = encrypted(&RR, &RR, &tail);
        let Classified::Encrypted(srtcp) = classify(&bytes) else {
            panic!("not SRTCP");
        };
        assert_eq!((srtcp.e_flag, srtcp.index), (false, 9));
        assert_eq!(srtcp.authenticated_only().unwrap().packets().count(), 2);
    }

    #[test]
    fn neither_is_malformed_with_its_reason() {
        let bytes = [&RR[..], &[0x81, 201, 0, 9, 0, 0, 0, 0]].concat();
        let Classified::Malformed { opening, fault } = classify(&bytes) else {
            panic!("accepted");
        };
        assert_eq!(opening.unwrap().kind, PacketType::ReceiverReport);
        assert_eq!((fault.name, fault.offset), ("rtcp-length-overruns", 10));
        assert!(matches!(
            classify(&RR[..7]),
            Classified::Malformed { opening: None, .. }
        ));
    }

    #[track_caller]
    fn check_cut(whole: &[u8], captured: usize, is_encrypted: Option<bool>) {
        let datagram = Span::new(&whole[..captured], whole.len());
        let Classified::Cut(cut) = classify_span(datagram) else {
            panic!("not taken for cut: {:?}", classify_span(datagram));
        };
        assert_eq!(cut.is_encrypted, is_encrypted, "{captured} captured");
    }

    #[test]
    fn what_the_snap_length_cut_is_told_apart_as_far_as_it_shows() {
        let sdes = [0x81, 202, 0, 2, 0, 0, 0, 7, 1, 0, 0, 0];
        let plain = [&RR[..], &sdes].concat();
        check_cut(&plain, 18, Some(false));
        check_cut(&plain, 12, Some(false));
        check_cut(&plain, 10, None);
        let hmac = encrypted(&RR, &[0x11; 16], &[0x5a; 14]);
        check_cut(&hmac, 8, Some(true));
        let aead = encrypted(&RR, &[0x11; 16], &[0x5a; 20]);
        check_cut(&aead, 12, Some(true));
        check_cut(&aead, 8, None);
    }

    #[test]
    fn of_a_plain_one_the_whole_packets_are_left() {
        let sdes = [0x81, 202, 0, 2, 0, 0, 0, 7, 1, 0, 0, 0];
        let plain = [&RR[..], &sdes].concat();
        let Classified::Cut(cut) = classify_span(Span::new(&plain[..15], plain.len())) else {
            panic!("not taken for cut");
        };
        assert_eq!(cut.whole_packets().datagram(), RR);
    }

    #[test]
    fn a_first_packet_longer_than_the_datagram_is_malformed_though_cut() {
        let long = [0x80, 201, 0, 9, 0, 0, 0, 7];
        let Classified::Malformed { fault, .. } = classify_span(Span::new(&long, 20)) else {
            panic!("accepted");
        };
        assert_eq!(fault.name, "rtcp-length-overruns");
        let Classified::Malformed { fault, .. } = classify_span(Span::new(&RR[..6], 8)) else {
            panic!("accepted");
        };
        assert_eq!(fault.name, "capture-frame-cut");
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(bytes in proptest::collection::vec(any::<u8>(), 0..120), missing in 0_usize..2_000) {
            let _ = classify(&bytes);
            if let Classified::Cut(cut) = classify_span(Span::new(&bytes, bytes.len() + missing)) {
                let _ = cut.whole_packets();
            }
        }

        #[test]
        fn ciphertext_is_never_taken_for_plain(
            words in 0_usize..30, index in 1_u32..100_000, noise in proptest::collection::vec(any::<u8>(), 200), aead: bool
        ) {
            let length = if aead { 16 } else { 10 };
            let (cipher, tag) = (&noise[..words * 4], &noise[150..150 + length]);
            let word = (index | 1 << 31).to_be_bytes();
            let tail = if aead { [tag, &word].concat() } else { [&word, tag].concat() };
            let bytes = [&RR[..], cipher, &tail].concat();
            match classify(&bytes) {
                Classified::Encrypted(srtcp) => prop_assert_eq!((srtcp.index, usize::from(srtcp.tag_length)), (index, length)),
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
