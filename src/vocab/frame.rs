//! One captured frame, borrowed from the reader's buffer.

use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// One captured link-layer frame. Borrowed: lives until the reader moves on.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// File and number within it.
    pub number: FrameNumber,
    /// When it was captured.
    pub at: Timestamp,
    /// Length on the wire, bytes; larger than `data` when the snap length cut the frame.
    pub original_length: u32,
    /// How to read the first bytes.
    pub link: LinkType,
    /// Interface within its file, from 0 (pcapng interface index over all sections; always 0 in pcap).
    pub interface: u32,
    /// The captured bytes.
    pub data: &'a [u8],
}

impl Frame<'_> {
    /// Did the snap length cut bytes off?
    pub const fn is_truncated(&self) -> bool {
        self.data.len() < self.original_length as usize
    }
}

/// Link-layer header type, by the tcpdump.org registry (`LINKTYPE_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkType {
    /// 0: BSD loopback, address family in the capturing host's byte order.
    Null,
    /// 1: Ethernet II / IEEE 802.3.
    Ethernet,
    /// 12, 14, 101: raw IP, version in the first nibble.
    RawIp,
    /// 108: `OpenBSD` loopback, address family in network byte order.
    Loop,
    /// 113: Linux cooked capture v1.
    LinuxSll,
    /// 228: raw IPv4.
    Ipv4,
    /// 229: raw IPv6.
    Ipv6,
    /// 276: Linux cooked capture v2.
    LinuxSll2,
    /// Any other type, by number.
    Other(u16),
}

impl LinkType {
    /// From the number in the file header or Interface Description Block (low 16 bits).
    pub const fn from_number(number: u16) -> Self {
        match number {
            0 => Self::Null,
            1 => Self::Ethernet,
            12 | 14 | 101 => Self::RawIp,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            228 => Self::Ipv4,
            229 => Self::Ipv6,
            276 => Self::LinuxSll2,
            other => Self::Other(other),
        }
    }

    /// The number to write into a file header; for raw IP, 101.
    pub const fn number(self) -> u16 {
        match self {
            Self::Null => 0,
            Self::Ethernet => 1,
            Self::RawIp => 101,
            Self::Loop => 108,
            Self::LinuxSll => 113,
            Self::Ipv4 => 228,
            Self::Ipv6 => 229,
            Self::LinuxSll2 => 276,
            Self::Other(number) => number,
        }
    }

    /// The registry's name without the `LINKTYPE_` prefix, as the report prints it.
    pub fn name(self) -> String {
        match self {
            Self::Null => "NULL".into(),
            Self::Ethernet => "ETHERNET".into(),
            Self::RawIp => "RAW".into(),
            Self::Loop => "LOOP".into(),
            Self::LinuxSll => "LINUX_SLL".into(),
            Self::Ipv4 => "IPV4".into(),
            Self::Ipv6 => "IPV6".into(),
            Self::LinuxSll2 => "LINUX_SLL2".into(),
            Self::Other(number) => number.to_string(),
        }
    }
}
