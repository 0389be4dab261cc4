//! The three packet blocks.
//!
//! ```text
//!  Enhanced (6)  head 8 │ interface 4 │ ticks high 4 │ ticks low 4 │ captured 4 │ original 4 │ bytes, padded │ options │ length 4
//!  Packet   (2)  head 8 │ interface 2 │ drops 2 │ … as above
//!  Simple   (3)  head 8 │ original 4 │ bytes, padded │ length 4
//! ```

use pcap_parser::nom;
use pcap_parser::parse_option_be;
use pcap_parser::parse_option_le;

use crate::ingest::info::FileInfo;
use crate::ingest::pcapng::Interface;
use crate::ingest::pcapng::PcapngParser;
use crate::ingest::pcapng::Place;
use crate::ingest::pcapng::framing::ByteOrder;
use crate::ingest::pcapng::section::MAX_TEXT;
use crate::ingest::pcapng::section::printable;
use crate::ingest::record::FrameHead;

impl PcapngParser {
    #[inline]
    pub(super) fn enhanced_packet(
        &mut self,
        block: &[u8],
        place: Place,
        info: &mut FileInfo,
    ) -> Option<FrameHead> {
        let fields = Fields::of(block, self.order);
        let Some(fields) = fields else {
            info.fault("capture-packet-block-too-short", place.offset);
            return None;
        };
        let interface = self.order.u32(fields.interface);
        Some(self.frame(&fields, interface, block, place, info))
    }

    pub(super) fn obsolete_packet(
        &mut self,
        block: &[u8],
        place: Place,
        info: &mut FileInfo,
    ) -> Option<FrameHead> {
        let Some(fields) = Fields::of(block, self.order) else {
            info.fault("capture-packet-block-too-short", place.offset);
            return None;
        };
        let [i0, i1, d0, d1] = fields.interface;
        let interface = self.order.u16([i0, i1]).into();
        let drops = self.order.u16([d0, d1]);
        // 0xffff: not known (draft-tuexen-opsawg-pcapng, appendix on the Packet Block).
        if drops != u16::MAX {
            self.count_drops(interface, drops.into(), info);
        }
        Some(self.frame(&fields, interface, block, place, info))
    }

    /// A Simple Packet has neither time nor interface: the time of the frame before and the first interface stand in.
    pub(super) fn simple_packet(
        &mut self,
        block: &[u8],
        place: Place,
        info: &mut FileInfo,
    ) -> Option<FrameHead> {
        let original = block.get(8..).and_then(|rest| rest.first_chunk::<4>());
        let (Some(original), Some(room)) = (original, block.len().checked_sub(SIMPLE_BYTES)) else {
            info.fault("capture-packet-block-too-short", place.offset);
            return None;
        };
        let original_length = self.order.u32(*original);
        let interface = self.interface(0, place, info);
        let limit = match interface.snaplen {
            0 => u32::MAX,
            snaplen => snaplen,
        };
        // Only the smaller of original and snap length tells the bytes from their padding.
        let captured = original_length.min(limit);
        let length = captured.min(room as u32);
        if length < captured {
            info.frame_fault("capture-packet-overruns-block", place.offset);
        }
        info.frame_fault("capture-packet-without-time", place.offset);
        let head = FrameHead {
            at: self.last_at,
            position: place.position + 12,
            length,
            original_length,
            link: interface.link,
            interface: self.interface_base,
        };
        Some(head.without_fcs(interface.fcs_bytes))
    }

    #[inline]
    fn frame(
        &mut self,
        fields: &Fields,
        interface_id: u32,
        block: &[u8],
        place: Place,
        info: &mut FileInfo,
    ) -> FrameHead {
        let interface = self.interface(interface_id, place, info);
        let room = block.len().saturating_sub(ENHANCED_BYTES);
        let length = fields.captured.min(room as u32);
        if length < fields.captured {
            info.frame_fault("capture-packet-overruns-block", place.offset);
        }
        self.last_at = interface.clock.at(fields.ticks);
        let head = FrameHead {
            at: self.last_at,
            position: place.position + DATA_AT,
            length,
            original_length: fields.original.max(length),
            link: interface.link,
            interface: self.interface_base.saturating_add(interface_id),
        };
        let mut fcs_bytes = interface.fcs_bytes;
        let options_at = DATA_AT + (length as usize).next_multiple_of(4);
        if options_at + 4 < block.len() {
            let options = block.get(options_at..block.len() - 4).unwrap_or_default();
            self.comment = None;
            fcs_bytes = self.packet_options(options, interface_id, fcs_bytes, info);
            if let Some((position, _)) = &mut self.comment {
                *position = head.position;
            }
        }
        if fcs_bytes == 0 {
            head
        } else {
            head.without_fcs(fcs_bytes)
        }
    }

    /// Keeps the comment, counts drops and gives the length of the frame check sequence, the packet's own if it has one.
    fn packet_options(
        &mut self,
        options: &[u8],
        interface: u32,
        mut fcs_bytes: u8,
        info: &mut FileInfo,
    ) -> u8 {
        for (code, value) in Options::new(options, self.order) {
            match (code, value) {
                (EPB_FLAGS, &[a, b, c, d, ..]) => {
                    let length = self.order.u32([a, b, c, d]) >> 5 & 0xf;
                    // 0: not known here, the interface's word holds.
                    if length != 0 {
                        fcs_bytes = length as u8;
                    }
                }
                (EPB_DROPCOUNT, value) => {
                    if let Some(count) = value.first_chunk::<8>() {
                        self.count_drops(interface, self.order.u64(*count), info);
                    }
                }
                (COMMENT, value) if self.comment.is_none() => {
                    self.comment = printable(value, MAX_TEXT).map(|comment| (0, comment));
                }
                _ => {}
            }
        }
        fcs_bytes
    }

    fn count_drops(&self, interface: u32, count: u64, info: &mut FileInfo) {
        let index = self.interface_base.saturating_add(interface) as usize;
        if let Some(interface) = info.interfaces.get_mut(index) {
            interface.count_drops(count);
        }
    }

    #[inline]
    fn interface(&self, id: u32, place: Place, info: &mut FileInfo) -> Interface {
        if let Some(interface) = self.interfaces.get(id as usize) {
            *interface
        } else {
            info.frame_fault("capture-unknown-interface", place.offset);
            Interface::UNKNOWN
        }
    }
}

/// The fixed fields that Enhanced Packet and Packet share.
struct Fields {
    interface: [u8; 4],
    ticks: u64,
    captured: u32,
    original: u32,
}

impl Fields {
    #[inline]
    fn of(block: &[u8], order: ByteOrder) -> Option<Self> {
        let (words, _) = block.first_chunk::<ENHANCED_BYTES>()?.as_chunks::<4>();
        let [_, _, interface, high, low, captured, original, _] = words else {
            return None;
        };
        Some(Self {
            interface: *interface,
            ticks: u64::from(order.u32(*high)) << 32 | u64::from(order.u32(*low)),
            captured: order.u32(*captured),
            original: order.u32(*original),
        })
    }
}

/// Walks options without collecting them.
pub(super) struct Options<'a> {
    rest: &'a [u8],
    order: ByteOrder,
}

impl<'a> Options<'a> {
    pub(super) const fn new(bytes: &'a [u8], order: ByteOrder) -> Self {
        Self { rest: bytes, order }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let parse = match self.order {
            ByteOrder::Little => parse_option_le::<nom::error::Error<&[u8]>>,
            ByteOrder::Big => parse_option_be::<nom::error::Error<&[u8]>>,
        };
        let bytes = self.rest;
        let (rest, option) = parse(bytes).ok()?;
        self.rest = rest;
        if option.code.0 == END_OF_OPTIONS {
            return None;
        }
        // The option's own slice would not outlive it.
        let value = bytes.get(4..4 + usize::from(option.len))?;
        Some((option.code.0, value))
    }
}

/// Fixed part of an Enhanced Packet Block with its last length.
const ENHANCED_BYTES: usize = 32;
/// Fixed part of a Simple Packet Block with its last length.
const SIMPLE_BYTES: usize = 16;
/// Where the packet's bytes begin in Enhanced Packet and Packet.
const DATA_AT: usize = 28;

const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;
const EPB_FLAGS: u16 = 2;
const EPB_DROPCOUNT: u16 = 4;
