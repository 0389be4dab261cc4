//! The blocks that describe: section, interface, statistics, names, secrets.
//!
//! `pcap-parser` reads them. Three of its habits are met here: numbers in options are read little-endian whatever the section
//! says (so they are taken from the option's bytes), padding counts as part of secrets and names, and the two lengths have to
//! agree (so a block with odd lengths is copied and put right first).

use std::borrow::Cow;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::sync::Arc;

use pcap_parser::Block;
use pcap_parser::DSB_MAGIC;
use pcap_parser::DecryptionSecretsBlock;
use pcap_parser::InterfaceDescriptionBlock;
use pcap_parser::InterfaceStatisticsBlock;
use pcap_parser::NameRecordType;
use pcap_parser::NameResolutionBlock;
use pcap_parser::OptionCode;
use pcap_parser::PcapNGOption;
use pcap_parser::parse_block_be;
use pcap_parser::parse_block_le;

use crate::ingest::clock::Clock;
use crate::ingest::info::FileInfo;
use crate::ingest::info::InterfaceInfo;
use crate::ingest::pcapng::Interface;
use crate::ingest::pcapng::PcapngParser;
use crate::ingest::pcapng::Place;
use crate::ingest::pcapng::framing::ByteOrder;
use crate::ingest::record::Record;
use crate::ingest::record::SecretsKind;
use crate::vocab::frame::LinkType;

impl PcapngParser {
    /// A Section Header: interfaces start anew.
    pub(super) fn begin_section(&mut self, block: &[u8], place: Place, info: &mut FileInfo) {
        if let Some(order) = block
            .get(8..)
            .and_then(|rest| rest.first_chunk::<4>())
            .and_then(|magic| ByteOrder::of_magic(*magic))
        {
            self.order = order;
        }
        let before = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
        self.interface_base = self.interface_base.saturating_add(before);
        self.interfaces = Arc::default();
        info.sections += 1;

        let block = repaired(block, self.order);
        let Some(Block::SectionHeader(header)) = self.parse(&block) else {
            info.fault("capture-unreadable-block", place.offset);
            return;
        };
        if header.major_version != 1 {
            // Its blocks are tried all the same: they are framed as ever, or resynchronised.
            info.fault("capture-unknown-section-version", place.offset);
        }
        let options = &header.options;
        info.hardware = info
            .hardware
            .take()
            .or_else(|| text(options, OptionCode::ShbHardware));
        info.os = info.os.take().or_else(|| text(options, OptionCode::ShbOs));
        info.application = info
            .application
            .take()
            .or_else(|| text(options, OptionCode::ShbUserAppl));
        if let Some(comment) = text(options, OptionCode::Comment)
            && info.comments.len() < FileInfo::COMMENTS_KEPT
        {
            info.comments.push(comment);
        }
    }

    /// A block that describes something else.
    pub(super) fn description(
        &mut self,
        kind: u32,
        block: &[u8],
        place: Place,
        info: &mut FileInfo,
    ) -> Option<Record> {
        if !self.is_affordable(kind, block) {
            info.fault("capture-oversized-block", place.offset);
            return None;
        }
        let block = repaired(block, self.order);
        match self.parse(&block) {
            Some(Block::InterfaceDescription(interface)) => {
                self.describe_interface(&interface, place, info);
                None
            }
            Some(Block::InterfaceStatistics(statistics)) => {
                self.count(&statistics, info);
                None
            }
            Some(Block::NameResolution(names)) => self.take_names(&names, place, info),
            Some(Block::DecryptionSecrets(secrets)) => Some(secrets_record(&secrets, place)),
            _ => {
                info.fault("capture-unreadable-block", place.offset);
                None
            }
        }
    }

    fn parse<'a>(&self, block: &'a [u8]) -> Option<Block<'a>> {
        let parsed = match self.order {
            ByteOrder::Little => parse_block_le(block),
            ByteOrder::Big => parse_block_be(block),
        };
        parsed.ok().map(|(_, block)| block)
    }

    /// `pcap-parser` collects options and names in vectors, ten bytes for each that a hostile block has; secrets cost nothing.
    fn is_affordable(&self, kind: u32, block: &[u8]) -> bool {
        let secrets = match block.get(12..).and_then(|rest| rest.first_chunk::<4>()) {
            Some(length) if kind == DSB_MAGIC => self.order.u32(*length) as usize,
            _ => 0,
        };
        block.len().saturating_sub(secrets) <= MAX_DESCRIPTION
    }

    fn describe_interface(
        &mut self,
        block: &InterfaceDescriptionBlock<'_>,
        place: Place,
        info: &mut FileInfo,
    ) {
        if self.interfaces.len() >= MAX_INTERFACES {
            info.fault("capture-too-many-interfaces", place.offset);
            return;
        }
        let options = &block.options;
        let resolution = match bytes(options, OptionCode::IfTsresol) {
            Some(&[resolution, ..]) => resolution,
            _ => 6,
        };
        let offset_seconds = bytes(options, OptionCode::IfTsoffset)
            .and_then(|value| value.first_chunk::<8>())
            .map_or(0, |value| self.order.u64(*value).cast_signed());
        let fcs_bytes = match bytes(options, IF_FCSLEN) {
            // Bits by the draft, bytes by what some writers do; no link has an FCS of 8 bytes or more.
            Some(&[length, ..]) if length >= 8 => length / 8,
            Some(&[length, ..]) => length,
            _ => 0,
        };
        let link = LinkType::from_number(block.linktype.0 as u16);
        Arc::make_mut(&mut self.interfaces).push(Interface {
            link,
            fcs_bytes,
            snaplen: block.snaplen,
            clock: Clock::new(resolution, offset_seconds),
        });
        info.add_interface(InterfaceInfo {
            name: text(options, OptionCode::IfName),
            description: text(options, OptionCode::IfDescription),
            // The first byte says what kind of filter it is; 0 is text.
            filter: match bytes(options, OptionCode::IfFilter) {
                Some([0, filter @ ..]) => printable(filter, MAX_TEXT),
                _ => None,
            },
            hardware: text(options, IF_HARDWARE),
            os: text(options, OptionCode::IfOs),
            comment: text(options, OptionCode::Comment),
            ..InterfaceInfo::bare(link, block.snaplen)
        });
    }

    fn count(&self, block: &InterfaceStatisticsBlock<'_>, info: &mut FileInfo) {
        let number = |code| {
            bytes(&block.options, code)
                .and_then(|value| value.first_chunk::<8>())
                .map(|value| self.order.u64(*value))
        };
        let index = self.interface_base.saturating_add(block.if_id) as usize;
        let Some(interface) = info.interfaces.get_mut(index) else {
            return;
        };
        interface.received = number(OptionCode::IsbIfRecv).or(interface.received);
        let dropped = [OptionCode::IsbIfDrop, OptionCode::IsbOsDrop]
            .into_iter()
            .filter_map(number)
            .reduce(u64::saturating_add);
        if let Some(dropped) = dropped {
            interface.report_drops(dropped);
        }
    }

    /// Queues the names of a block and gives the first.
    fn take_names(
        &mut self,
        block: &NameResolutionBlock<'_>,
        place: Place,
        info: &mut FileInfo,
    ) -> Option<Record> {
        for record in &block.nr {
            let Some((address, names)) = address(record.record_type, record.record_value) else {
                continue;
            };
            for name in names.split(|&byte| byte == 0) {
                let Some(name) = printable(name, MAX_NAME) else {
                    continue;
                };
                if self.names.len() >= MAX_NAMES {
                    info.fault("capture-too-many-names", place.offset);
                    break;
                }
                self.names.push_back((address, name));
            }
        }
        let (address, name) = self.names.pop_front()?;
        self.name = name;
        Some(Record::Name(address))
    }
}

fn secrets_record(block: &DecryptionSecretsBlock<'_>, place: Place) -> Record {
    Record::Secrets {
        kind: SecretsKind::from_code(block.secrets_type.0),
        position: place.position + SECRETS_AT,
        length: block.data.len().min(block.secrets_len as usize),
    }
}

/// The address of a name record, and the names behind it.
fn address(kind: NameRecordType, value: &[u8]) -> Option<(IpAddr, &[u8])> {
    match kind {
        NameRecordType::Ipv4 => {
            let (address, names) = value.split_first_chunk::<4>()?;
            Some((Ipv4Addr::from(*address).into(), names))
        }
        NameRecordType::Ipv6 => {
            let (address, names) = value.split_first_chunk::<16>()?;
            Some((Ipv6Addr::from(*address).into(), names))
        }
        _ => None,
    }
}

/// The block with both lengths as its bytes are: framing has found out where it ends.
fn repaired(block: &[u8], order: ByteOrder) -> Cow<'_, [u8]> {
    let length = block.len() as u32;
    let said = match order {
        ByteOrder::Little => length.to_le_bytes(),
        ByteOrder::Big => length.to_be_bytes(),
    };
    let first = block.get(4..8);
    if first == Some(&said) && block.last_chunk::<4>() == Some(&said) {
        return Cow::Borrowed(block);
    }
    let mut copy = block.to_vec();
    if let Some(first) = copy.get_mut(4..8) {
        first.copy_from_slice(&said);
    }
    if let Some(last) = copy.last_chunk_mut::<4>() {
        *last = said;
    }
    Cow::Owned(copy)
}

fn bytes<'a>(options: &'a [PcapNGOption<'_>], code: OptionCode) -> Option<&'a [u8]> {
    options
        .iter()
        .take_while(|option| option.code != OptionCode::EndOfOpt)
        .find(|option| option.code == code)
        .and_then(|option| option.as_bytes().ok())
}

fn text(options: &[PcapNGOption<'_>], code: OptionCode) -> Option<String> {
    printable(bytes(options, code)?, MAX_TEXT)
}

/// Text as far as it can be shown: a file must not send control sequences to a terminal.
pub(super) fn printable(bytes: &[u8], limit: usize) -> Option<String> {
    let bytes = bytes.get(..limit).unwrap_or(bytes);
    let text: String = String::from_utf8_lossy(bytes)
        .trim_end_matches('\0')
        .chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect();
    (!text.is_empty()).then_some(text)
}

/// Option 13: length of the frame check sequence.
const IF_FCSLEN: OptionCode = OptionCode(13);
/// Option 15: the interface's hardware.
const IF_HARDWARE: OptionCode = OptionCode(15);

/// Where the secrets of a Decryption Secrets Block begin.
const SECRETS_AT: usize = 16;
/// Bytes of a describing block, its secrets apart.
const MAX_DESCRIPTION: usize = 1 << 20;
/// Interfaces of a section; a checkpoint may hold a copy.
const MAX_INTERFACES: usize = 4_096;
/// Names of one Name Resolution Block.
const MAX_NAMES: usize = 65_536;
/// Bytes of a name: the longest domain name.
const MAX_NAME: usize = 255;
/// Bytes of any other text.
pub(super) const MAX_TEXT: usize = 4_096;
