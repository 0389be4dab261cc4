//! What a capture file says about itself, and what was found while reading it.

use std::time::Duration;

use crate::ingest::beat::Beat;
use crate::ingest::compressed::Compression;
use crate::vocab::fault::Fault;
use crate::vocab::fault::FaultLog;
use crate::vocab::fault::Layer;
use crate::vocab::frame::LinkType;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Facts about one input, as far as it was read.
#[derive(Debug, Clone, Default)]
pub struct FileInfo {
    /// The path as given, `standard input`, or the name of an embedded capture.
    pub path: String,
    /// Position in argument order, from 0: the file half of its frames' numbers.
    pub file: u16,
    /// Capture format.
    pub format: Format,
    /// How it was compressed, if it was.
    pub compression: Option<Compression>,
    /// Size of the file, bytes, compressed as it is; for a pipe, the bytes read so far.
    pub bytes: u64,
    /// Frames read.
    pub packets: u64,
    /// Link types of its interfaces, each once, in order of appearance, at most [`FileInfo::LINK_TYPES_KEPT`].
    pub link_types: Vec<LinkType>,
    /// Its interfaces over all sections, at most [`FileInfo::INTERFACES_KEPT`]; a pcap file has one, without a name.
    pub interfaces: Vec<InterfaceInfo>,
    /// Sections begun (pcapng); 1 for pcap.
    pub sections: u64,
    /// Program that wrote it (pcapng `shb_userappl` of the first section that says).
    pub application: Option<String>,
    /// Hardware it was captured on (pcapng `shb_hardware`).
    pub hardware: Option<String>,
    /// Operating system it was captured on (pcapng `shb_os`).
    pub os: Option<String>,
    /// Comments on its sections, at most [`FileInfo::COMMENTS_KEPT`].
    pub comments: Vec<String>,
    /// Largest number of bytes kept of a frame, when the file says; several interfaces: the largest.
    pub snaplen: Option<u32>,
    /// What was wrong with it, offsets in the decompressed stream.
    pub faults: FaultLog,
    /// Earliest instant of a frame.
    pub first_at: Option<Timestamp>,
    /// Latest instant of a frame.
    pub last_at: Option<Timestamp>,
    /// Frames stamped earlier than the frame before them.
    pub time_steps_back: u64,
    /// The largest of those steps.
    pub largest_step_back: Duration,
    /// The longest beat in which frames come in bursts, with nothing between.
    pub beat: Option<Beat>,
    /// Frames of which the snap length cut bytes off.
    pub truncated_packets: u64,
    /// Bytes that could not be understood and were passed over.
    pub skipped_bytes: u64,
    /// Well-formed pcapng blocks of types that carry nothing for us (custom, journal, process …).
    pub skipped_blocks: u64,
    /// What the operating system or the decompressor said when reading stopped early.
    pub trouble: Option<String>,
}

impl FileInfo {
    /// Interfaces described at most; later ones still carry frames.
    pub const INTERFACES_KEPT: usize = 4_096;
    /// Link types listed at most; frames of any other are read all the same.
    pub const LINK_TYPES_KEPT: usize = 64;
    /// Section comments kept at most.
    pub const COMMENTS_KEPT: usize = 16;

    /// Packets that the capturing side says it lost, over all interfaces; `None` when no interface says.
    pub fn dropped(&self) -> Option<u64> {
        self.interfaces
            .iter()
            .filter_map(|interface| interface.dropped)
            .reduce(u64::saturating_add)
    }

    /// Notes a fault of the file at byte `offset` of its decompressed stream.
    pub(crate) fn fault(&mut self, name: &'static str, offset: u64) {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        self.faults
            .record(Fault::new(Layer::Capture, name, offset), None);
    }

    /// Notes a fault of the frame that is about to be counted.
    pub(crate) fn frame_fault(&mut self, name: &'static str, offset: u64) {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let frame = FrameNumber::new(self.file, self.packets + 1);
        self.faults
            .record(Fault::new(Layer::Capture, name, offset), Some(frame));
    }

    /// Notes an interface, as long as there is room for its description.
    pub(crate) fn add_interface(&mut self, interface: InterfaceInfo) {
        if self.link_types.len() < Self::LINK_TYPES_KEPT
            && !self.link_types.contains(&interface.link)
        {
            self.link_types.push(interface.link);
        }
        if interface.snaplen != 0 {
            self.snaplen = self.snaplen.max(Some(interface.snaplen));
        }
        if self.interfaces.len() < Self::INTERFACES_KEPT {
            self.interfaces.push(interface);
        }
    }
}

/// Facts about one capturing interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceInfo {
    /// `eth0`, `\Device\NPF_{…}` (pcapng `if_name`).
    pub name: Option<String>,
    /// `Intel Ethernet` (pcapng `if_description`).
    pub description: Option<String>,
    /// Capture filter (pcapng `if_filter`, when given as text).
    pub filter: Option<String>,
    /// Hardware (pcapng `if_hardware`).
    pub hardware: Option<String>,
    /// Operating system (pcapng `if_os`).
    pub os: Option<String>,
    /// Comment (pcapng `opt_comment`).
    pub comment: Option<String>,
    /// Link type of its frames.
    pub link: LinkType,
    /// Bytes kept of a frame at most; 0: no limit.
    pub snaplen: u32,
    /// Frames that the interface received (pcapng `isb_ifrecv`, the last word).
    pub received: Option<u64>,
    /// Frames lost by interface and operating system (pcapng `isb_ifdrop` + `isb_osdrop`, or the sum of `epb_dropcount`).
    pub dropped: Option<u64>,
    /// Sum of the drop counts of single packets.
    pub(crate) drop_counts: u64,
}

impl InterfaceInfo {
    /// A packet says that `count` were lost before it.
    pub(crate) fn count_drops(&mut self, count: u64) {
        self.drop_counts = self.drop_counts.saturating_add(count);
        self.dropped = self.dropped.max(Some(self.drop_counts));
    }

    /// The interface's statistics say that `total` were lost so far.
    pub(crate) fn report_drops(&mut self, total: u64) {
        self.dropped = Some(total.max(self.drop_counts));
    }

    /// An interface of which nothing but the link type and snap length is known.
    pub(crate) const fn bare(link: LinkType, snaplen: u32) -> Self {
        Self {
            name: None,
            description: None,
            filter: None,
            hardware: None,
            os: None,
            comment: None,
            link,
            snaplen,
            received: None,
            dropped: None,
            drop_counts: 0,
        }
    }
}

/// Capture file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// libpcap's format, microseconds.
    #[default]
    Pcap,
    /// libpcap's format, nanoseconds.
    PcapNanoseconds,
    /// libpcap's format with Kuznetzov's longer record headers.
    PcapModified,
    /// pcapng.
    Pcapng,
}

impl Format {
    /// The word that the report prints.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pcap | Self::PcapNanoseconds | Self::PcapModified => "pcap",
            Self::Pcapng => "pcapng",
        }
    }
}
