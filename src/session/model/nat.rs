//! How a NAT maps one socket, as RFC 4787 §4.1 names it.

use crate::vocab::address::Side;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::time::Timestamp;

/// Which external address a socket's packets get, depending on where they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MappingBehavior {
    /// The same one for all destinations.
    EndpointIndependent,
    /// Another one for each destination address.
    AddressDependent,
    /// Another one for each destination address and port ("symmetric" in older texts).
    AddressAndPortDependent,
    /// Different ones; the capture does not tell whether by address alone or by port too.
    DestinationDependent,
}

impl MappingBehavior {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::EndpointIndependent => "endpoint-independent",
            Self::AddressDependent => "address-dependent",
            Self::AddressAndPortDependent => "address-and-port-dependent",
            Self::DestinationDependent => "destination-dependent",
        }
    }

    /// Does what one server saw hold for nobody else?
    pub const fn is_dependent(self) -> bool {
        !matches!(self, Self::EndpointIndependent)
    }
}

/// One external address of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapped {
    /// Who saw it; `None` when it is known from a candidate line only.
    pub destination: Option<TransportAddress>,
    /// The external address.
    pub address: TransportAddress,
    /// When that was told.
    pub at: Timestamp,
    /// In which frame.
    pub frame: Option<FrameNumber>,
}

/// A socket behind a NAT, and how its NAT maps it: inferred from what at least two destinations saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatMapping {
    /// The socket's own address.
    pub base: TransportAddress,
    /// The peer connection that it serves, and whose socket it is.
    pub owner: Option<(PeerConnectionId, Side)>,
    /// What follows.
    pub behavior: MappingBehavior,
    /// From what, in order of time.
    pub seen: Vec<Mapped>,
}
