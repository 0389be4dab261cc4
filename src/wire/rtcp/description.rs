//! Source description, goodbye and application packets (RFC 3550 §6.5–6.7).
//!
//! ```text
//! SDES chunk: SSRC · items (type, 8 · length, 8 · text) · type 0 · zeros to the next word
//! BYE: `count` SSRCs · optional reason (length, 8 · text)       APP: SSRC · name, 4 ASCII · data
//! ```

use crate::vocab::fault::Fault;
use crate::vocab::ids::Ssrc;
use crate::wire::rtcp::compound::Packet;
use crate::wire::rtcp::compound::fault;
use crate::wire::rtcp::reader::Reader;

crate::codepoint! {
    /// SDES item type (IANA "RTP SDES Item Types").
    pub enum ItemType: u8 {
        /// Canonical name: one per endpoint and session.
        Cname = 1 => "CNAME",
        /// User name.
        Name = 2 => "NAME",
        /// Electronic mail address.
        Email = 3 => "EMAIL",
        /// Phone number.
        Phone = 4 => "PHONE",
        /// Geographic location.
        Location = 5 => "LOC",
        /// Application or tool name.
        Tool = 6 => "TOOL",
        /// Notice about the source.
        Note = 7 => "NOTE",
        /// Private extension.
        Private = 8 => "PRIV",
        /// Media section identification (RFC 9143 §15).
        Mid = 15 => "MID",
        /// RTP stream identifier (RFC 8852).
        RtpStreamId = 12 => "RTP-STREAM-ID",
        /// Repaired RTP stream identifier (RFC 8852).
        RepairedRtpStreamId = 13 => "REPAIRED-RTP-STREAM-ID",
    }
}

/// What is said of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The source.
    pub ssrc: Ssrc,
    /// Type and text, in order; text should be UTF-8 but may be anything.
    pub items: Vec<(ItemType, &'a [u8])>,
}

impl<'a> Chunk<'a> {
    /// The canonical name, bytes that are no UTF-8 replaced.
    pub fn cname(&self) -> Option<String> {
        let (_, text) = self
            .items
            .iter()
            .find(|(kind, _)| *kind == ItemType::Cname)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// All chunks that `count` announces, as far as they are there.
    pub(super) fn decode_all(packet: &Packet<'a>) -> (Vec<Self>, Option<Fault>) {
        let mut reader = Reader::new(packet.body, packet.body_offset());
        let mut chunks = Vec::new();
        for _ in 0..packet.count {
            let start = reader.offset();
            let Some(ssrc) = reader.u32() else {
                return (chunks, Some(fault("rtcp-sdes-chunk-truncated", start)));
            };
            let mut chunk = Self {
                ssrc: Ssrc(ssrc),
                items: Vec::new(),
            };
            let whole = chunk.read_items(&mut reader);
            chunks.push(chunk);
            if !whole {
                return (
                    chunks,
                    Some(fault("rtcp-sdes-item-overruns", reader.offset())),
                );
            }
            // The list ends with a zero byte and fills its last word (RFC 3550 §6.5).
            let used = reader.offset() - start;
            let _ = reader.take(used.next_multiple_of(4) - used);
        }
        (chunks, None)
    }

    /// Reads items up to the end mark; `false` when one overruns.
    fn read_items(&mut self, reader: &mut Reader<'a>) -> bool {
        loop {
            let mut ahead = *reader;
            match ahead.u8() {
                None => return false,
                Some(0) => {
                    *reader = ahead;
                    return true;
                }
                Some(kind) => {
                    let Some(length) = ahead.u8() else {
                        return false;
                    };
                    let Some(text) = ahead.take(usize::from(length)) else {
                        return false;
                    };
                    self.items.push((ItemType::from_code(kind), text));
                    *reader = ahead;
                }
            }
        }
    }
}

/// Sources that leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bye<'a> {
    /// Who.
    pub ssrcs: Vec<Ssrc>,
    /// Why, if said.
    pub reason: Option<&'a [u8]>,
}

impl<'a> Bye<'a> {
    pub(super) fn decode(packet: &Packet<'a>) -> (Self, Option<Fault>) {
        let mut reader = Reader::new(packet.body, packet.body_offset());
        let mut bye = Self {
            ssrcs: Vec::new(),
            reason: None,
        };
        for _ in 0..packet.count {
            let Some(ssrc) = reader.u32() else {
                return (bye, Some(fault("rtcp-bye-truncated", reader.offset())));
            };
            bye.ssrcs.push(Ssrc(ssrc));
        }
        if let Some(length) = reader.u8() {
            bye.reason = reader.take(usize::from(length));
            if bye.reason.is_none() {
                return (
                    bye,
                    Some(fault("rtcp-bye-reason-overruns", reader.offset())),
                );
            }
        }
        (bye, None)
    }
}

/// An application's own packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct App<'a> {
    /// Subtype, 5 bits.
    pub subtype: u8,
    /// Its sender.
    pub ssrc: Ssrc,
    /// Four ASCII characters.
    pub name: [u8; 4],
    /// Whatever the application says.
    pub data: &'a [u8],
}

impl<'a> App<'a> {
    pub(super) fn decode(packet: &Packet<'a>) -> Option<Self> {
        let mut reader = Reader::new(packet.body, packet.body_offset());
        Some(Self {
            subtype: packet.count,
            ssrc: Ssrc(reader.u32()?),
            name: reader.array()?,
            data: reader.rest(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rtcp::body::Body;
    use crate::wire::rtcp::body::decode;
    use crate::wire::rtcp::compound::Compound;

    fn one(bytes: &[u8]) -> (Body<'_>, Option<&'static str>) {
        let packet = Compound::new(bytes).packets().next().unwrap().unwrap();
        let decoded = decode(&packet);
        (decoded.body, decoded.fault.map(|f| f.name))
    }

    #[test]
    fn chunks_end_at_their_word() {
        let bytes = [
            0x82, 202, 0, 5, 0, 0, 0, 1, 1, 2, b'a', b'b', 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, b'c', 0,
        ];
        let (Body::SourceDescription(chunks), None) = one(&bytes) else {
            panic!("faulty");
        };
        assert_eq!(chunks[0].items, [(ItemType::Cname, &b"ab"[..])]);
        assert_eq!((chunks[1].ssrc, chunks[1].items.len()), (Ssrc(2), 1));
    }

    #[test]
    fn an_item_beyond_the_packet_is_a_fault_after_the_good_ones() {
        let bytes = [
            0x81, 202, 0, 3, 0, 0, 0, 1, 1, 1, b'a', 2, 9, b'x', b'x', b'x',
        ];
        let (Body::SourceDescription(chunks), Some("rtcp-sdes-item-overruns")) = one(&bytes) else {
            panic!("accepted");
        };
        assert_eq!(chunks[0].items, [(ItemType::Cname, &b"a"[..])]);
    }

    #[test]
    fn a_bye_names_sources_and_reason() {
        let bytes = [0x81, 203, 0, 2, 0, 0, 0, 1, 2, b'h', b'i', 0];
        let (Body::Bye(bye), None) = one(&bytes) else {
            panic!("faulty");
        };
        assert_eq!((bye.ssrcs, bye.reason), (vec![Ssrc(1)], Some(&b"hi"[..])));
        assert_eq!(
            one(&[0x82, 203, 0, 1, 0, 0, 0, 1]).1,
            Some("rtcp-bye-truncated")
        );
    }

    #[test]
    fn an_app_packet_keeps_its_name() {
        let bytes = [
            0x83, 204, 0, 3, 0, 0, 0, 1, b'q', b't', b's', b'i', 1, 2, 3, 4,
        ];
        let (Body::App(app), None) = one(&bytes) else {
            panic!("faulty");
        };
        assert_eq!(
            (app.subtype, &app.name, app.data),
            (3, b"qtsi", &[1, 2, 3, 4][..])
        );
    }
}
