//! Keys of the flow table: both directions of a conversation have the same key.
//!
//! IPv4 keys are two words, so that the common look-up hashes 16 bytes and no enum tags.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;

/// Key of an IPv4 conversation: addresses in one word, ports and transport in the other.
pub(super) type KeyV4 = (u64, u64);

/// Key of any other conversation: IPv6, or inside TURN (`outer` set).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KeyWide {
    low: TransportAddress,
    high: TransportAddress,
    transport: Transport,
    outer: Option<FlowId>,
}

/// Either key.
pub(super) enum Key {
    /// IPv4, directly on the wire.
    V4(KeyV4),
    /// Everything else.
    Wide(KeyWide),
}

impl Key {
    /// The key of a conversation between `one` and `other`, in either order; and whether `one` is its lower end.
    #[inline]
    pub(super) fn new(
        transport: Transport,
        one: TransportAddress,
        other: TransportAddress,
        outer: Option<FlowId>,
    ) -> (Self, bool) {
        if let (IpAddr::V4(a), IpAddr::V4(b), None) = (one.ip, other.ip, outer) {
            let (key, one_is_low) = key_v4(transport, (a, one.port), (b, other.port));
            return (Self::V4(key), one_is_low);
        }
        let one_is_low = one <= other;
        let (low, high) = if one_is_low {
            (one, other)
        } else {
            (other, one)
        };
        let key = KeyWide {
            low,
            high,
            transport,
            outer,
        };
        (Self::Wide(key), one_is_low)
    }
}

#[inline]
fn key_v4(transport: Transport, one: (Ipv4Addr, u16), other: (Ipv4Addr, u16)) -> (KeyV4, bool) {
    let (one_word, other_word) = (word(one), word(other));
    let one_is_low = one_word <= other_word;
    let (low, high) = if one_is_low {
        (one_word, other_word)
    } else {
        (other_word, one_word)
    };
    let tag = match transport {
        Transport::Udp => 0,
        Transport::Tcp => 1_u64 << 63,
    };
    // A word holds 48 bits: 16 bits of `high` fit beside `low`, the rest beside the transport.
    ((low | high << 48, high >> 16 | tag), one_is_low)
}

fn word((ip, port): (Ipv4Addr, u16)) -> u64 {
    u64::from(u32::from(ip)) << 16 | u64::from(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(a: [u8; 4], port: u16) -> (Ipv4Addr, u16) {
        (Ipv4Addr::from(a), port)
    }

    #[test]
    fn both_directions_have_one_key() {
        let (a, b) = (v4([10, 0, 0, 1], 5), v4([10, 0, 0, 2], 6));
        let (there, back) = (key_v4(Transport::Udp, a, b), key_v4(Transport::Udp, b, a));
        assert_eq!(there.0, back.0);
        assert_eq!((there.1, back.1), (true, false));
    }

    #[test]
    fn ports_addresses_and_transport_all_tell() {
        let base = (v4([10, 0, 0, 1], 5), v4([10, 0, 0, 2], 6));
        let key = key_v4(Transport::Udp, base.0, base.1).0;
        assert_ne!(key, key_v4(Transport::Tcp, base.0, base.1).0);
        assert_ne!(
            key,
            key_v4(Transport::Udp, v4([10, 0, 0, 1], 6), v4([10, 0, 0, 2], 5)).0
        );
        assert_ne!(
            key,
            key_v4(Transport::Udp, v4([10, 0, 0, 2], 5), v4([10, 0, 0, 1], 6)).0
        );
        assert_ne!(key, key_v4(Transport::Udp, v4([10, 0, 0, 3], 5), base.1).0);
    }
}
