//! STUN messages and sightings for the trackers' tests.

use std::net::IpAddr;

use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;

/// `ip:port`.
pub(crate) fn address(ip: [u8; 4], port: u16) -> TransportAddress {
    TransportAddress::new(IpAddr::from(ip), port)
}

/// Alice behind her NAT, and a server.
pub(crate) fn tuple() -> FiveTuple {
    FiveTuple {
        transport: Transport::Udp,
        a: address([192, 168, 10, 2], 50_000),
        b: address([203, 0, 113, 10], 3478),
    }
}

/// Frame `number` at `millis`, in flow 0.
pub(crate) fn seen(number: u64, millis: u64, direction: Direction) -> Sighting {
    Sighting {
        at: Timestamp::from_nanos(millis * 1_000_000),
        frame: FrameNumber::new(0, number),
        flow: FlowId(0),
        direction,
    }
}

/// A STUN message under construction.
pub(crate) struct Stun(Vec<u8>);

impl Stun {
    /// Of a message type (`0x0001` Binding request …), its transaction id filled with `id`.
    pub(crate) fn new(kind: u16, id: u8) -> Self {
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend([0, 0, 0x21, 0x12, 0xa4, 0x42]);
        bytes.extend([id; 12]);
        Self(bytes)
    }

    /// Adds an attribute, padded.
    pub(crate) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        self.0.extend(kind.to_be_bytes());
        self.0.extend((value.len() as u16).to_be_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let length = (self.0.len() - 20) as u16;
        self.0[2..4].copy_from_slice(&length.to_be_bytes());
        self
    }

    /// Adds an IPv4 address, XOR'd.
    pub(crate) fn with_address(self, kind: u16, address: TransportAddress) -> Self {
        let IpAddr::V4(ip) = address.ip else {
            unreachable!("tests use IPv4")
        };
        let mut value = vec![0, 1];
        value.extend((address.port ^ 0x2112).to_be_bytes());
        value.extend((u32::from(ip) ^ 0x2112_a442).to_be_bytes());
        self.with(kind, &value)
    }

    /// Adds ERROR-CODE.
    pub(crate) fn with_error(self, code: u16) -> Self {
        self.with(0x0009, &[0, 0, (code / 100) as u8, (code % 100) as u8])
    }

    /// The bytes.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0
    }
}
