//! Transport addresses and the two ends of a conversation.

use std::fmt;
use std::net::IpAddr;

/// Transport protocol under a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// User Datagram Protocol.
    Udp,
    /// Transmission Control Protocol.
    Tcp,
}

impl Transport {
    /// The word that SDP, ICE and getStats use: `udp` or `tcp`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// IP address and port of one end (RFC 8445 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransportAddress {
    /// IP address, without zone.
    pub ip: IpAddr,
    /// Port, host byte order.
    pub port: u16,
}

impl TransportAddress {
    /// Joins an address and a port.
    pub const fn new(ip: IpAddr, port: u16) -> Self {
        Self { ip, port }
    }
}

impl fmt::Display for TransportAddress {
    /// `192.0.2.1:3478`, `[2001:db8::1]:3478`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            IpAddr::V4(ip) => write!(f, "{ip}:{}", self.port),
            IpAddr::V6(ip) => write!(f, "[{ip}]:{}", self.port),
        }
    }
}

/// Which way a packet of a conversation runs: `Forward` is from the sender of its first frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From `FiveTuple::a` to `FiveTuple::b`.
    Forward,
    /// From `FiveTuple::b` to `FiveTuple::a`.
    Reverse,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Forward => Self::Reverse,
            Self::Reverse => Self::Forward,
        }
    }

    /// 0 for `Forward`, 1 for `Reverse`: to index per-direction arrays.
    pub const fn index(self) -> usize {
        match self {
            Self::Forward => 0,
            Self::Reverse => 1,
        }
    }
}

/// The two ends of a conversation; `a` sent the first frame seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiveTuple {
    /// Transport protocol.
    pub transport: Transport,
    /// Sender of the first frame seen.
    pub a: TransportAddress,
    /// Receiver of the first frame seen.
    pub b: TransportAddress,
}

impl FiveTuple {
    /// Sender of a packet that runs in `direction`.
    pub const fn source(&self, direction: Direction) -> TransportAddress {
        match direction {
            Direction::Forward => self.a,
            Direction::Reverse => self.b,
        }
    }

    /// Receiver of a packet that runs in `direction`.
    pub const fn destination(&self, direction: Direction) -> TransportAddress {
        self.source(direction.opposite())
    }
}

/// One of the two endpoints of a peer connection, as the report names them.
///
/// `A` is the capture's own side when known, else the offerer, else the first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The near side.
    A,
    /// The far side.
    B,
}

impl Side {
    /// The other endpoint.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// 0 for `A`, 1 for `B`: to index per-side arrays.
    pub const fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }

    /// `a` or `b`, as in the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}
