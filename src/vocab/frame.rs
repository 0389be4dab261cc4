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
    /// 9: PPP, with or without its HDLC framing.
    Ppp,
    /// 12, 14, 101: raw IP, version in the first nibble.
    RawIp,
    /// 50: PPP in HDLC-like framing.
    PppHdlc,
    /// 51: PPP over Ethernet, from its own header on.
    PppEther,
    /// 104: Cisco's HDLC.
    CiscoHdlc,
    /// 105: IEEE 802.11.
    Wlan,
    /// 108: `OpenBSD` loopback, address family in network byte order.
    Loop,
    /// 113: Linux cooked capture v1.
    LinuxSll,
    /// 119: Prism header, then IEEE 802.11.
    WlanPrism,
    /// 127: Radiotap header, then IEEE 802.11.
    WlanRadiotap,
    /// 149 and 258: Apple's header with process and interface, then a frame of another type.
    Pktap,
    /// 163: AVS header, then IEEE 802.11.
    WlanAvs,
    /// 192: per-packet information, then a frame of another type.
    Ppi,
    /// 228: raw IPv4.
    Ipv4,
    /// 229: raw IPv6.
    Ipv6,
    /// 239: Linux netfilter log.
    Nflog,
    /// 274: Ethernet with its preamble.
    Mpacket,
    /// 276: Linux cooked capture v2.
    LinuxSll2,
    /// 284: Ethernet with the tag of a Marvell switch.
    Dsa,
    /// Any other type, by number.
    Other(u16),
}

impl LinkType {
    /// From the number in the file header or Interface Description Block (low 16 bits).
    pub const fn from_number(number: u16) -> Self {
        match number {
            0 => Self::Null,
            1 => Self::Ethernet,
            9 => Self::Ppp,
            12 | 14 | 101 => Self::RawIp,
            50 => Self::PppHdlc,
            51 => Self::PppEther,
            104 => Self::CiscoHdlc,
            105 => Self::Wlan,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            119 => Self::WlanPrism,
            127 => Self::WlanRadiotap,
            // Apple's own programs write a number meant for private use.
            149 | 258 => Self::Pktap,
            163 => Self::WlanAvs,
            192 => Self::Ppi,
            228 => Self::Ipv4,
            229 => Self::Ipv6,
            239 => Self::Nflog,
            274 => Self::Mpacket,
            276 => Self::LinuxSll2,
            284 => Self::Dsa,
            other => Self::Other(other),
        }
    }

    /// The number to write into a file header; for raw IP, 101, and for Apple's header 258.
    pub const fn number(self) -> u16 {
        match self {
            Self::Null => 0,
            Self::Ethernet => 1,
            Self::Ppp => 9,
            Self::PppHdlc => 50,
            Self::PppEther => 51,
            Self::RawIp => 101,
            Self::CiscoHdlc => 104,
            Self::Wlan => 105,
            Self::Loop => 108,
            Self::LinuxSll => 113,
            Self::WlanPrism => 119,
            Self::WlanRadiotap => 127,
            Self::WlanAvs => 163,
            Self::Ppi => 192,
            Self::Ipv4 => 228,
            Self::Ipv6 => 229,
            Self::Nflog => 239,
            Self::Pktap => 258,
            Self::Mpacket => 274,
            Self::LinuxSll2 => 276,
            Self::Dsa => 284,
            Self::Other(number) => number,
        }
    }

    /// The registry's name without the `LINKTYPE_` prefix, as the report prints it.
    pub fn name(self) -> String {
        match self {
            Self::Null => "NULL",
            Self::Ethernet => "ETHERNET",
            Self::Ppp => "PPP",
            Self::PppHdlc => "PPP_HDLC",
            Self::PppEther => "PPP_ETHER",
            Self::RawIp => "RAW",
            Self::CiscoHdlc => "C_HDLC",
            Self::Wlan => "IEEE802_11",
            Self::Loop => "LOOP",
            Self::LinuxSll => "LINUX_SLL",
            Self::WlanPrism => "IEEE802_11_PRISM",
            Self::WlanRadiotap => "IEEE802_11_RADIOTAP",
            Self::WlanAvs => "IEEE802_11_AVS",
            Self::Ppi => "PPI",
            Self::Ipv4 => "IPV4",
            Self::Ipv6 => "IPV6",
            Self::Nflog => "NFLOG",
            Self::Pktap => "PKTAP",
            Self::Mpacket => "ETHERNET_MPACKET",
            Self::LinuxSll2 => "LINUX_SLL2",
            Self::Dsa => "DSA_TAG_DSA",
            Self::Other(number) => return number.to_string(),
        }
        .to_owned()
    }
}
