//! A capture filter as it was meant.

use std::net::IpAddr;

/// Terms and how they are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// One term.
    Term(Term),
    /// Both.
    And(Box<Self>, Box<Self>),
    /// Either.
    Or(Box<Self>, Box<Self>),
    /// The opposite.
    Not(Box<Self>),
}

/// One thing asked of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    /// `vlan`s before it in the text: each shifts it by a tag.
    pub(super) tags: u8,
    /// What is asked.
    pub(super) asked: Asked,
}

/// What a term asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// A protocol.
    Protocol(Protocol),
    /// An address, or a net of them.
    Net {
        /// Only in packets of this protocol (`ip`, `ip6`, `arp`, `rarp`).
        within: Option<Protocol>,
        /// Whose address.
        end: End,
        /// The address with its host bits clear.
        address: IpAddr,
        /// Bits of it that count.
        prefix: u8,
    },
    /// A range of ports.
    Ports {
        /// Only in packets of this protocol (`tcp`, `udp`, `sctp`).
        within: Option<Protocol>,
        /// Whose port.
        end: End,
        /// The first.
        first: u16,
        /// The last.
        last: u16,
    },
    /// A VLAN tag, perhaps of one VLAN.
    Vlan(Option<u16>),
}

/// Protocols that can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// IPv4.
    Ip,
    /// IPv6.
    Ip6,
    /// ARP.
    Arp,
    /// Reverse ARP.
    Rarp,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
    /// ICMP.
    Icmp,
    /// `ICMPv6`.
    Icmp6,
}

impl Protocol {
    /// By the word for it.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "ip" => Self::Ip,
            "ip6" => Self::Ip6,
            "arp" => Self::Arp,
            "rarp" => Self::Rarp,
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "sctp" => Self::Sctp,
            "icmp" => Self::Icmp,
            "icmp6" => Self::Icmp6,
            _ => return None,
        })
    }

    /// Does it have ports?
    pub(super) const fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp | Self::Sctp)
    }

    /// Does it have addresses of its own?
    pub(super) const fn has_addresses(self) -> bool {
        matches!(self, Self::Ip | Self::Ip6 | Self::Arp | Self::Rarp)
    }
}

/// Which end of a packet's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Where it comes from.
    Source,
    /// Where it goes.
    Destination,
    /// One of them.
    Either,
    /// Each of them.
    Both,
}
