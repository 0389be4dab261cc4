//! The pcapng format (draft-ietf-opsawg-pcapng).
//!
//! ```text
//!  block    type 4 │ length 4 │ body, padded to 4 │ length 4
//!  file     section, section, …       section    Section Header · Interface Descriptions · packets, names, secrets, statistics
//!
//!  0a0d0d0a Section Header     1 Interface Description    5 Interface Statistics    6 Enhanced Packet
//!  a Decryption Secrets        4 Name Resolution          3 Simple Packet           2 Packet (obsolete)
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | [`framing`] | where a block begins and ends, and how to find the next one after damage |
//! | [`packet`] | the three packet blocks |
//! | [`section`] | all other blocks, through `pcap-parser` |
//!
//! `pcap-parser` reads every block that describes something, and every option. Framing is ours because damage has to be told from
//! a slow pipe and read over, and packet blocks are ours because its Enhanced Packet Block collects options in a `Vec` and the
//! packet path allocates nothing. A Section Header resets the interfaces, so that state is ours as well.

mod framing;
mod packet;
mod section;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use pcap_parser::DSB_MAGIC;
use pcap_parser::EPB_MAGIC;
use pcap_parser::IDB_MAGIC;
use pcap_parser::ISB_MAGIC;
use pcap_parser::NRB_MAGIC;
use pcap_parser::SHB_MAGIC;
use pcap_parser::SPB_MAGIC;

use crate::ingest::clock::Clock;
use crate::ingest::info::FileInfo;
use crate::ingest::info::Format;
use crate::ingest::pcapng::framing::ByteOrder;
use crate::ingest::pcapng::framing::Framing;
use crate::ingest::record::FrameHead;
use crate::ingest::record::Record;
use crate::ingest::window::Window;
use crate::vocab::frame::LinkType;
use crate::vocab::time::Timestamp;

/// Reads the blocks of a pcapng file.
#[derive(Debug, Clone)]
pub struct PcapngParser {
    order: ByteOrder,
    /// Interfaces of the current section; shared with the checkpoints taken in it.
    interfaces: Arc<Vec<Interface>>,
    /// Interfaces of the sections before.
    interface_base: u32,
    last_at: Timestamp,
    names: VecDeque<(IpAddr, String)>,
    name: String,
    /// The last comment on a packet, and where that packet's bytes begin in the window.
    comment: Option<(usize, String)>,
}

impl PcapngParser {
    /// A parser that stands before the first Section Header.
    pub(crate) fn new(info: &mut FileInfo) -> Self {
        info.format = Format::Pcapng;
        Self {
            order: ByteOrder::Little,
            interfaces: Arc::default(),
            interface_base: 0,
            last_at: Timestamp::default(),
            names: VecDeque::new(),
            name: String::new(),
            comment: None,
        }
    }

    /// The text of the last [`Record::Name`].
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The comment on the frame that came last.
    pub(crate) fn comment_on(&self, head: &FrameHead) -> Option<&str> {
        self.comment
            .as_ref()
            .filter(|(position, _)| *position == head.position)
            .map(|(_, comment)| comment.as_str())
    }

    /// A copy to read on from here another time.
    pub(crate) fn checkpoint(&self) -> Self {
        Self {
            names: VecDeque::new(),
            name: String::new(),
            comment: None,
            interfaces: Arc::clone(&self.interfaces),
            ..*self
        }
    }

    /// The next frame, secrets or name, or the end.
    #[inline]
    pub(crate) fn next(&mut self, window: &mut Window, info: &mut FileInfo) -> Record {
        if !self.names.is_empty()
            && let Some((address, name)) = self.names.pop_front()
        {
            self.name = name;
            return Record::Name(address);
        }
        loop {
            let (kind, span) = match Framing::of(window.data(), self.order) {
                Framing::Whole { kind, span } => (kind, span),
                other => match self.read_on(other, window, info) {
                    Ready::Block { kind, span } => (kind, span),
                    Ready::Again => continue,
                    Ready::Never => return Record::End,
                },
            };
            let place = Place {
                position: window.position(),
                offset: window.offset(),
            };
            let block = window.bytes(place.position, span);
            let record = match kind {
                EPB_MAGIC => self.enhanced_packet(block, place, info).map(Record::Frame),
                _ => self.other_block(kind, block, place, info),
            };
            window.consume(span);
            if let Some(record) = record {
                return record;
            }
        }
    }

    /// Does `window` hold the next block whole, and is it a packet?
    #[inline]
    pub(crate) fn has_next(&self, window: &Window) -> bool {
        let framing = Framing::of(window.data(), self.order);
        matches!(framing, Framing::Whole { kind, .. } if kind == EPB_MAGIC)
    }

    /// Does the next block go on beyond `window`?
    pub(crate) fn wants_more(&self, window: &Window) -> bool {
        let framing = Framing::of(window.data(), self.order);
        self.names.is_empty() && matches!(framing, Framing::Short { .. })
    }

    /// Takes the blocks at hand that bring no record: what comes after them may be long in coming.
    pub(crate) fn take_silent(&mut self, window: &mut Window, info: &mut FileInfo) {
        while self.names.is_empty()
            && let Framing::Whole { kind, span } = Framing::of(window.data(), self.order)
            && matches!(kind, SHB_MAGIC | IDB_MAGIC | ISB_MAGIC)
        {
            let place = Place {
                position: window.position(),
                offset: window.offset(),
            };
            let block = window.bytes(place.position, span);
            self.other_block(kind, block, place, info);
            window.consume(span);
        }
    }

    fn other_block(
        &mut self,
        kind: u32,
        block: &[u8],
        place: Place,
        info: &mut FileInfo,
    ) -> Option<Record> {
        match kind {
            SPB_MAGIC => self.simple_packet(block, place, info).map(Record::Frame),
            OBSOLETE_PACKET => self.obsolete_packet(block, place, info).map(Record::Frame),
            SHB_MAGIC => {
                self.begin_section(block, place, info);
                None
            }
            IDB_MAGIC | ISB_MAGIC | NRB_MAGIC | DSB_MAGIC => {
                self.description(kind, block, place, info)
            }
            _ => {
                info.skipped_blocks += 1;
                None
            }
        }
    }

    /// Deals with bytes that are no whole block.
    #[cold]
    fn read_on(&self, framing: Framing, window: &mut Window, info: &mut FileInfo) -> Ready {
        match framing {
            Framing::Whole { kind, span } => Ready::Block { kind, span },
            Framing::Unaligned { kind, span } => {
                info.fault("capture-unaligned-block", window.offset());
                Ready::Block { kind, span }
            }
            Framing::Short { needed } => {
                if window.ensure(needed) {
                    return Ready::Again;
                }
                let left = window.data().len();
                if left == 0 {
                    return Ready::Never;
                }
                if self.order.is_cut_packet(window.data()) || !self.order.finds_block(window.data())
                {
                    info.fault("capture-cut-short", window.offset());
                    info.skipped_bytes += left as u64;
                    window.consume(left);
                    return Ready::Never;
                }
                // A length that reaches beyond the end, with blocks in between: the length is wrong, not the end.
                self.resynchronise("capture-bad-block-length", window, info);
                Ready::Again
            }
            Framing::Unequal { kind, span } => {
                // The first length holds when another block, or the end, follows where it says.
                let followed = if window.ensure(span + framing::HEAD_BYTES) {
                    let next = window.data().get(span..).unwrap_or_default();
                    self.order.plausible_length(next).is_some()
                } else {
                    window.data().len() == span
                };
                if followed {
                    info.fault("capture-block-lengths-differ", window.offset());
                    return Ready::Block { kind, span };
                }
                self.resynchronise("capture-bad-block-length", window, info);
                Ready::Again
            }
            Framing::Bad(fault) => {
                self.resynchronise(fault, window, info);
                Ready::Again
            }
        }
    }

    /// Passes over bytes until a block makes sense, or to the end.
    fn resynchronise(&self, fault: &'static str, window: &mut Window, info: &mut FileInfo) {
        let from = window.offset();
        info.fault(fault, from);
        window.consume(1);
        let found = self.order.search(window);
        info.skipped_bytes += window.offset() - from;
        if found {
            info.fault("capture-resynchronised", window.offset());
        }
    }
}

/// Where a block begins, in the window and in the stream.
#[derive(Debug, Clone, Copy)]
struct Place {
    position: usize,
    offset: u64,
}

enum Ready {
    Block { kind: u32, span: usize },
    Again,
    Never,
}

/// What the parser must know about an interface to read its packets.
#[derive(Debug, Clone, Copy)]
struct Interface {
    link: LinkType,
    fcs_bytes: u8,
    snaplen: u32,
    clock: Clock,
}

impl Interface {
    /// Stands in for an interface that was never described.
    const UNKNOWN: Self = Self {
        link: LinkType::Other(u16::MAX),
        fcs_bytes: 0,
        snaplen: 0,
        clock: Clock::MICROSECONDS,
    };
}

/// Packet Block: obsolete, and unknown to `pcap-parser`.
const OBSOLETE_PACKET: u32 = 2;

#[cfg(test)]
mod tests {
    use crate::ingest::record::SecretsKind;
    use crate::ingest::samples::Bytes;
    use crate::ingest::samples::ORDERS;
    use crate::ingest::samples::Order;
    use crate::ingest::samples::faults;
    use crate::ingest::source::Item;

    /// One section, one Ethernet interface, five packets.
    fn five(order: Order) -> Bytes {
        (1..=5).fold(
            Bytes::new(order).section().interface(1, |b| b),
            |file, n| file.packet(0, n * 1_000_000, &[n as u8; 61], |b| b),
        )
    }

    #[test]
    fn sections_begin_with_interfaces_of_their_own() {
        let mut file = five(Order::Big);
        file.order = Order::Little;
        let (frames, info) = file
            .section()
            .interface(113, |b| b)
            .interface(101, |b| b.option(2, b"tun0"))
            .packet(1, 9_000_000, b"raw", |b| b)
            .read();
        assert_eq!(frames.len(), 6);
        assert_eq!((frames[0].interface, frames[0].link), (0, 1));
        assert_eq!((frames[5].interface, frames[5].link), (2, 101));
        assert_eq!((info.sections, info.link_types.len()), (2, 3));
        assert_eq!(info.interfaces[2].name.as_deref(), Some("tun0"));
        assert!(info.faults.is_empty());
    }

    #[test]
    fn resolution_and_offset_are_read_in_either_byte_order() {
        for order in ORDERS {
            let offset = |seconds: i64| match order {
                Order::Little => seconds.to_le_bytes(),
                Order::Big => seconds.to_be_bytes(),
            };
            let (frames, _) = Bytes::new(order)
                .section()
                .interface(1, |b| b.option(9, &[0x8a]).option(14, &offset(-1)))
                .interface(1, |b| b.option(9, &[9]).option(14, &offset(100)))
                .packet(0, 2_048 + 512, b"a", |b| b)
                .packet(1, 1 << 33, b"b", |b| b)
                .read();
            assert_eq!(frames[0].nanos, 1_500_000_000);
            assert_eq!(frames[1].nanos, 100_000_000_000 + (1 << 33));
        }
    }

    #[test]
    fn drops_come_from_packets_and_from_statistics() {
        for order in ORDERS {
            let number = |n: u64| Bytes::new(order).u64(n).bytes;
            let file = Bytes::new(order)
                .section()
                .interface(1, |b| b)
                .packet(0, 1, b"a", |b| b.option(4, &number(3)))
                // An obsolete Packet Block: interface 0, 4 drops.
                .block(2, |b| {
                    b.u16(0).u16(4).u32(0).u32(2).u32(1).u32(1).padded(b"b")
                });
            let (frames, info) = file.clone().read();
            assert_eq!((frames.len(), frames[1].nanos), (2, 2_000));
            assert_eq!(info.dropped(), Some(7));

            let (_, info) = file
                .block(5, |b| {
                    b.u32(0)
                        .u64(0)
                        .option(4, &number(100))
                        .option(5, &number(20))
                        .option(7, &number(1))
                })
                .read();
            assert_eq!(
                (info.dropped(), info.interfaces[0].received),
                (Some(21), Some(100))
            );
        }
    }

    #[test]
    fn simple_packets_take_the_time_of_the_frame_before() {
        let (frames, info) = five(Order::Little)
            .block(3, |b| b.u32(6).padded(b"simple"))
            .read();
        let last = &frames[5];
        assert_eq!(
            (last.nanos, last.data.as_slice()),
            (5_000_000_000, &b"simple"[..])
        );
        assert_eq!(faults(&info), [("capture-packet-without-time", 1)]);
    }

    #[test]
    fn the_frame_check_sequence_is_left_out_in_bits_or_bytes() {
        let data = b"payload+FCS!";
        for length in [4, 32] {
            let (frames, _) = Bytes::new(Order::Little)
                .section()
                .interface(1, |b| b.option(13, &[length]))
                .packet(0, 0, data, |b| b)
                .read();
            assert_eq!(frames[0].data, b"payload+");
        }
        // The packet's own flags count before the interface's word.
        let (frames, _) = Bytes::new(Order::Big)
            .section()
            .interface(1, |b| b.option(13, &[4]))
            .packet(0, 0, data, |b| b.option(2, &(2_u32 << 5).to_be_bytes()))
            .read();
        assert_eq!(frames[0].data, b"payload+FC");
    }

    #[test]
    fn names_and_secrets_are_items() {
        for order in ORDERS {
            let mut source = Bytes::new(order)
                .section()
                .block(0x0a, |b| b.u32(0x544c_534b).u32(5).padded(b"KEYS\n"))
                .block(4, |b| {
                    b.option(1, b"\xc0\x00\x02\x01a.test\0b.test\0").u32(0)
                })
                .open();
            match source.pull() {
                Some(Item::Secrets { kind, text, .. }) => {
                    assert_eq!((kind, text), (SecretsKind::TlsKeyLog, &b"KEYS\n"[..]));
                }
                other => panic!("{other:?}"),
            }
            let mut names = Vec::new();
            while let Some(item) = source.pull() {
                match item {
                    Item::Name { address, name, .. } => names.push(format!("{address} {name}")),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(names, ["192.0.2.1 a.test", "192.0.2.1 b.test"]);
        }
    }

    #[test]
    fn unknown_and_custom_blocks_are_counted_and_passed_over() {
        let (frames, info) = five(Order::Little)
            .block(0xbad, |b| b.u32(32_473).padded(b"custom"))
            .block(0x1234_5678, |b| b.padded(b"?"))
            .block(0x1234_5678, |b| b)
            .packet(0, 6, b"x", |b| b)
            .read();
        assert_eq!((frames.len(), info.skipped_blocks), (6, 3));
        assert!(info.faults.is_empty());
    }

    #[test]
    fn a_packet_of_an_undescribed_interface_is_still_a_frame() {
        let (frames, info) = Bytes::new(Order::Little)
            .section()
            .packet(3, 1, b"x", |b| b)
            .read();
        assert_eq!((frames[0].interface, frames[0].link), (3, u16::MAX));
        assert_eq!(faults(&info), [("capture-unknown-interface", 1)]);
    }

    #[test]
    fn a_packet_longer_than_its_block_gives_what_is_there() {
        let (frames, info) = Bytes::new(Order::Little)
            .section()
            .interface(1, |b| b)
            .block(6, |b| b.u32(0).u64(0).u32(100).u32(200).padded(b"eight by"))
            .read();
        assert_eq!(frames[0].data, b"eight by");
        assert_eq!(frames[0].original_length, 200);
        assert_eq!(faults(&info), [("capture-packet-overruns-block", 1)]);
    }

    #[test]
    fn lengths_that_differ_are_settled_by_what_follows() {
        for order in ORDERS {
            let sound = five(order).bytes;
            let packet = 28 + 20;
            // The second packet's last length is wrong: the first one holds.
            let mut file = sound.clone();
            file[packet + 2 * 96 - 2] ^= 0x55;
            let (frames, info) = (Bytes { bytes: file, order }).read();
            assert_eq!(frames.len(), 5);
            assert_eq!(faults(&info), [("capture-block-lengths-differ", 1)]);
            // Its first length is wrong, whatever the bit: the block is lost, and only that.
            for bit in 0..32 {
                let mut file = sound.clone();
                file[packet + 96 + 4 + bit / 8] ^= 1 << (bit % 8);
                let (frames, info) = (Bytes { bytes: file, order }).read();
                let numbers: Vec<u8> = frames.iter().map(|frame| frame.data[0]).collect();
                assert!(
                    numbers == [1, 3, 4, 5] || numbers == [1, 2, 3, 4, 5],
                    "bit {bit}: {numbers:?}"
                );
                assert!(!info.faults.is_empty());
            }
        }
    }

    #[test]
    fn an_unaligned_length_is_read_and_named() {
        // 33 bytes of block, padded to 36 or not.
        for padding in [0, 3] {
            let mut file = Bytes::new(Order::Little).section().interface(1, |b| b);
            file = file.u32(6).u32(33).u32(0).u64(0).u32(1).u32(1).raw(b"x");
            file = file.raw(&vec![0; padding]).u32(33);
            let (frames, info) = file.packet(0, 1, b"next", |b| b).read();
            assert_eq!(frames.len(), 2, "{info:?}");
            assert_eq!(frames[0].data, b"x");
            assert_eq!(faults(&info), [("capture-unaligned-block", 1)]);
        }
    }

    #[test]
    fn every_prefix_gives_its_whole_packets() {
        let whole = five(Order::Little).bytes;
        for length in 28..whole.len() {
            let bytes = whole[..length].to_vec();
            let (frames, info) = (Bytes {
                bytes,
                order: Order::Little,
            })
            .read();
            assert_eq!(frames.len(), length.saturating_sub(48) / 96);
            let whole_blocks = length == 28 || (length >= 48 && (length - 48).is_multiple_of(96));
            assert_eq!(info.faults.is_empty(), whole_blocks, "{length}");
        }
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let (_, info) = Bytes::new(Order::Little)
            .section()
            .interface(1, |b| b.option(2, b"eth0\x1b[2J\0"))
            .read();
        assert_eq!(info.interfaces[0].name.as_deref(), Some("eth0\u{fffd}[2J"));
    }

    #[test]
    fn a_flood_of_interfaces_or_options_is_bounded() {
        let mut file = Bytes::new(Order::Little).section();
        for link in 0..5_000 {
            file = file.interface(link, |b| b);
        }
        let options = vec![0x7f; 2 << 20];
        let (frames, info) = file
            .block(5, |b| b.raw(&options))
            .packet(4_095, 0, b"x", |b| b)
            .read();
        assert_eq!((frames.len(), info.interfaces.len()), (1, 4_096));
        assert_eq!((frames[0].link, info.link_types.len()), (4_095, 64));
        assert_eq!(
            faults(&info),
            [
                ("capture-oversized-block", 1),
                ("capture-too-many-interfaces", 904)
            ]
        );
    }
}
