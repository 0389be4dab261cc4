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
        }
    }

    /// The text of the last [`Record::Name`].
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A copy to read on from here another time.
    pub(crate) fn checkpoint(&self) -> Self {
        Self {
            names: VecDeque::new(),
            name: String::new(),
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
