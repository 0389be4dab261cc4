//! Tunnels: a packet or frame inside a packet, by IP protocol or by UDP port.
//!
//! An IP protocol number says what follows. A UDP port promises nothing, since anybody may send media from port 4789; so a tunnel over
//! UDP is opened only when its header is as its specification wants it, and [`crate::wire::packet`] takes the datagram for plain UDP
//! again when no readable packet is inside.

use crate::vocab::encapsulation::Tunnel;
use crate::vocab::fault::Fault;
use crate::wire::ip::Protocol;
use crate::wire::link::EtherType;
use crate::wire::span::Span;

pub mod geneve;
pub mod gre;
pub mod gtp;
pub mod teredo;
pub mod tzsp;
pub mod vxlan;

/// What is inside a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened<'a> {
    /// Which tunnel.
    pub tunnel: Tunnel,
    /// Its network, call or stream, where its header names one: GRE key, VXLAN and GENEVE network, GTP-U endpoint, ERSPAN session.
    pub id: Option<u32>,
    /// What follows; [`EtherType::Bridging`] for an Ethernet frame.
    pub ether_type: EtherType,
    /// What follows.
    pub inside: Span<'a>,
}

/// Opens what an IP packet carries, when it is a tunnel; `outer` tells the IP version around it.
///
/// # Errors
///
/// The tunnel's header is cut or broken: `ip-gre-header-truncated`, `ip-gre-routing`, `ip-gre-version-unknown`,
/// `ip-erspan-header-truncated`, or `capture-frame-cut`.
pub fn open_ip(
    outer: EtherType,
    protocol: Protocol,
    payload: Span<'_>,
) -> Option<Result<Opened<'_>, Fault>> {
    let (tunnel, ether_type) = match (protocol, outer) {
        (Protocol::Gre, _) => return Some(gre::open(payload)),
        (Protocol::Ipv4, EtherType::Ipv6) => (Tunnel::FourInSix, EtherType::Ipv4),
        (Protocol::Ipv4, _) => (Tunnel::FourInFour, EtherType::Ipv4),
        (Protocol::Ipv6, EtherType::Ipv6) => (Tunnel::SixInSix, EtherType::Ipv6),
        (Protocol::Ipv6, _) => (Tunnel::SixInFour, EtherType::Ipv6),
        // RFC 4023; stripping the labels is the link layer's work, and it counts the tunnel, too.
        (Protocol::Mpls, _) => (Tunnel::Mpls, EtherType::Mpls),
        _ => return None,
    };
    Some(Ok(Opened {
        tunnel,
        id: None,
        ether_type,
        inside: payload,
    }))
}

/// May a datagram between these ports be a tunnel? To be asked first: the packet path has no time for more.
#[inline]
pub const fn is_udp(source: u16, destination: u16) -> bool {
    is_port(destination) || is_port(source)
}

/// Opens what a UDP datagram carries, when port and header are those of a tunnel. Whether a packet is inside shows later.
pub fn open_udp(source: u16, destination: u16, payload: Span<'_>) -> Option<Opened<'_>> {
    // The well-known port is the receiver's; answers of some senders come from it, too.
    let port = if is_port(destination) {
        destination
    } else {
        source
    };
    match port {
        gtp::PORT => gtp::open(payload),
        teredo::PORT => teredo::open(payload),
        vxlan::PORT | vxlan::PORT_LINUX => vxlan::open(payload),
        vxlan::PORT_GPE => vxlan::open_any(payload),
        geneve::PORT => geneve::open(payload),
        tzsp::PORT => tzsp::open(payload),
        _ => None,
    }
}

const fn is_port(port: u16) -> bool {
    matches!(
        port,
        gtp::PORT
            | teredo::PORT
            | vxlan::PORT
            | vxlan::PORT_GPE
            | vxlan::PORT_LINUX
            | geneve::PORT
            | tzsp::PORT
    )
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Every prefix and every flipped bit of `sample` is read without a panic.
    pub(crate) fn damage(sample: &[u8], open: impl Fn(Span<'_>)) {
        for end in 0..=sample.len() {
            open(Span::new(&sample[..end], sample.len()));
            open(Span::whole(&sample[..end]));
        }
        for bit in 0..sample.len() * 8 {
            let mut flipped = sample.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            open(Span::whole(&flipped));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_in_packets_are_told_by_both_versions() {
        let check = |outer, protocol, tunnel, inner| {
            let opened = open_ip(outer, protocol, Span::whole(&[0x45]));
            let opened = opened.expect("a tunnel").expect("readable");
            assert_eq!((opened.tunnel, opened.ether_type), (tunnel, inner));
        };
        let (four, six) = (EtherType::Ipv4, EtherType::Ipv6);
        check(four, Protocol::Ipv4, Tunnel::FourInFour, four);
        check(six, Protocol::Ipv4, Tunnel::FourInSix, four);
        check(four, Protocol::Ipv6, Tunnel::SixInFour, six);
        check(six, Protocol::Ipv6, Tunnel::SixInSix, six);
        check(four, Protocol::Mpls, Tunnel::Mpls, EtherType::Mpls);
        assert!(open_ip(four, Protocol::Esp, Span::whole(&[])).is_none());
    }

    #[test]
    fn ports_and_openers_agree() {
        let header = [8, 0, 0, 0, 0, 0, 7, 0];
        for port in 0..=u16::MAX {
            assert!(is_udp(9, port) || open_udp(9, port, Span::whole(&header)).is_none());
        }
    }
}
