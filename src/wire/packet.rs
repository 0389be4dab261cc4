//! From a frame to its transport payload, in one call: the packet path's first step.
//!
//! Nearly every frame of a call is Ethernet, IP and UDP, whole and well-formed. Those take three of `etherparse`'s layer slices and no
//! other branch. Everything else (tags, cooked captures, TCP, cut or lying lengths) takes the tolerant road below, which would give
//! the same answer for the common frame; a test holds the two together.
//!
//! Nothing here allocates. Tunnels stay closed: GRE, IP in IP and their like are named with their payload, for the flow floor to open.

use std::net::IpAddr;

use etherparse::Ethernet2Slice;
use etherparse::Ipv4HeaderSlice;
use etherparse::Ipv6HeaderSlice;
use etherparse::UdpSlice;
use etherparse::ether_type;
use etherparse::ip_number;

use crate::vocab::address::TransportAddress;
use crate::vocab::fault::Fault;
use crate::vocab::frame::LinkType;
use crate::wire::icmp;
use crate::wire::ip;
use crate::wire::ip::Protocol;
use crate::wire::link;
use crate::wire::link::EtherType;
use crate::wire::read::u16_at;
use crate::wire::span::Span;
use crate::wire::tcp;
use crate::wire::udp;

/// A frame, taken apart down to its transport. Borrows the frame's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// VLAN identifier of the outermost tag, 12 bits.
    pub vlan: Option<u16>,
    /// The IP header, when there is a readable one.
    pub ip: Option<ip::Header>,
    /// What the packet carries.
    pub body: Body<'a>,
    /// A rule that was broken without making the packet unreadable.
    pub fault: Option<Fault>,
}

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body<'a> {
    /// A UDP datagram.
    Udp(udp::Datagram<'a>),
    /// A TCP segment.
    Tcp(tcp::Segment<'a>),
    /// An ICMP or ICMPv6 message.
    Icmp(icmp::Message<'a>),
    /// A piece of a larger packet.
    Fragment(Piece<'a>),
    /// Another protocol over IP, named but not opened; tunnels are among them.
    OtherIp {
        /// Which.
        protocol: Protocol,
        /// Its header and data, as far as captured.
        payload: &'a [u8],
    },
    /// No IP packet: ARP, LLDP …
    NotIp {
        /// Which.
        ether_type: EtherType,
        /// Its header and data, as far as captured.
        payload: &'a [u8],
    },
    /// A header on the way was cut or broken.
    Unreadable(Fault),
    /// A link type that we can't read, by its registry number.
    UnsupportedLink(u16),
}

/// A piece of a fragmented IP packet, addresses in [`Packet::ip`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Its place in the whole.
    pub fragment: ip::Fragment,
    /// What the whole carries.
    pub protocol: Protocol,
    /// Source and destination, when the piece is the first one and of UDP or TCP.
    pub ports: Option<(TransportAddress, TransportAddress)>,
    /// Its bytes, the transport header included in the first piece; as far as captured.
    pub payload: &'a [u8],
    /// Bytes on the wire that the capture lacks.
    pub cut_bytes: u32,
}

/// Takes a captured frame apart. `original_length` is its length on the wire, bytes.
#[inline]
pub fn decode(link: LinkType, data: &[u8], original_length: u32) -> Packet<'_> {
    if link == LinkType::Ethernet
        && let Ok(ethernet) = Ethernet2Slice::from_slice_without_fcs(data)
    {
        let packet = ethernet.payload_slice();
        match ethernet.ether_type() {
            ether_type::IPV4 => {
                if let Some((header, udp)) = plain_v4(packet) {
                    let (source, destination) = (header.source_addr(), header.destination_addr());
                    return plain(
                        ip::header_v4(&header),
                        source.into(),
                        destination.into(),
                        &udp,
                    );
                }
            }
            ether_type::IPV6 => {
                if let Some((header, udp)) = plain_v6(packet) {
                    let (source, destination) = (header.source_addr(), header.destination_addr());
                    return plain(
                        ip::header_v6(&header),
                        source.into(),
                        destination.into(),
                        &udp,
                    );
                }
            }
            _ => {}
        }
    }
    decode_any(link, data, original_length)
}

/// The common packet: IPv4, unfragmented, with UDP, all of it captured, all lengths sound. `None` for anything else.
#[inline]
fn plain_v4(packet: &[u8]) -> Option<(Ipv4HeaderSlice<'_>, UdpSlice<'_>)> {
    let header = Ipv4HeaderSlice::from_slice(packet).ok()?;
    if header.protocol() != ip_number::UDP || header.is_fragmenting_payload() {
        return None;
    }
    let payload = packet.get(header.slice().len()..usize::from(header.total_len()))?;
    let udp = UdpSlice::from_slice(payload).ok()?;
    (udp.length() > 0).then_some((header, udp))
}

/// The same over IPv6, without extension headers.
#[inline]
fn plain_v6(packet: &[u8]) -> Option<(Ipv6HeaderSlice<'_>, UdpSlice<'_>)> {
    let header = Ipv6HeaderSlice::from_slice(packet).ok()?;
    if header.next_header() != ip_number::UDP {
        return None;
    }
    let (_, payload) = packet.split_at_checked(header.slice().len())?;
    let udp = UdpSlice::from_slice(payload.get(..usize::from(header.payload_length()))?).ok()?;
    (udp.length() > 0).then_some((header, udp))
}

/// The addresses come beside the header that holds them too: copying one just written costs more than reading it from the frame again.
#[inline]
fn plain<'a>(
    ip: ip::Header,
    source: IpAddr,
    destination: IpAddr,
    udp: &UdpSlice<'a>,
) -> Packet<'a> {
    Packet {
        vlan: None,
        ip: Some(ip),
        body: Body::Udp(udp::Datagram {
            source: TransportAddress::new(source, udp.source_port()),
            destination: TransportAddress::new(destination, udp.destination_port()),
            payload: udp.payload(),
            cut_bytes: 0,
        }),
        fault: None,
    }
}

/// Any frame, without the shortcut.
fn decode_any(link: LinkType, data: &[u8], original_length: u32) -> Packet<'_> {
    if let LinkType::Other(number) = link {
        return without_ip(None, Body::UnsupportedLink(number));
    }
    match link::strip(link, Span::new(data, original_length as usize)) {
        Ok(inner) => decode_inner(&inner),
        Err(fault) => without_ip(None, Body::Unreadable(fault)),
    }
}

/// Takes a network packet apart: what a tunnel led to.
pub fn decode_network(ether_type: EtherType, packet: Span<'_>) -> Packet<'_> {
    decode_inner(&link::Inner {
        ether_type,
        vlan: None,
        header_length: 0,
        packet,
    })
}

/// Takes apart what a link-layer header led to.
#[inline]
fn decode_inner<'a>(inner: &link::Inner<'a>) -> Packet<'a> {
    let datagram = match inner.ether_type {
        EtherType::Ipv4 => ip::split_v4(inner.packet),
        EtherType::Ipv6 => ip::split_v6(inner.packet),
        ether_type => {
            let payload = inner.packet.bytes;
            return without_ip(
                inner.vlan,
                Body::NotIp {
                    ether_type,
                    payload,
                },
            );
        }
    };
    match datagram {
        Ok(datagram) => decode_transport(inner.vlan, &datagram),
        Err(fault) => without_ip(inner.vlan, Body::Unreadable(fault)),
    }
}

/// Takes the transport header off an IP packet.
#[inline]
fn decode_transport<'a>(vlan: Option<u16>, datagram: &ip::Datagram<'a>) -> Packet<'a> {
    let (ip, span) = (&datagram.header, datagram.payload);
    let mut fault = datagram.fault;
    // The outer layer's fault is the likelier cause of the inner one's, so it stays.
    let mut note = |inner: Option<Fault>| fault = fault.or(inner);
    let body = match (datagram.fragment, ip.protocol) {
        (Some(fragment), _) => Body::Fragment(piece(ip, fragment, span)),
        (None, Protocol::Udp) => match udp::split(ip, span) {
            Ok((datagram, inner)) => {
                note(inner);
                Body::Udp(datagram)
            }
            Err(fault) => Body::Unreadable(fault),
        },
        (None, Protocol::Tcp) => match tcp::split(ip, span) {
            Ok((segment, inner)) => {
                note(inner);
                Body::Tcp(segment)
            }
            Err(fault) => Body::Unreadable(fault),
        },
        (None, Protocol::Icmp | Protocol::Icmpv6) => {
            let version = match ip.protocol {
                Protocol::Icmp => icmp::Version::V4,
                _ => icmp::Version::V6,
            };
            match icmp::split(version, span) {
                Ok((message, inner)) => {
                    note(inner);
                    Body::Icmp(message)
                }
                Err(fault) => Body::Unreadable(fault),
            }
        }
        (None, protocol) => Body::OtherIp {
            protocol,
            payload: span.bytes,
        },
    };
    Packet {
        vlan,
        ip: Some(*ip),
        body,
        fault,
    }
}

fn piece<'a>(ip: &ip::Header, fragment: ip::Fragment, span: Span<'a>) -> Piece<'a> {
    let bytes = span.bytes;
    let ports = match (u16_at(bytes, 0), u16_at(bytes, 2), ip.protocol) {
        (Some(source), Some(destination), Protocol::Udp | Protocol::Tcp)
            if fragment.offset == 0 =>
        {
            Some((
                TransportAddress::new(ip.source, source),
                TransportAddress::new(ip.destination, destination),
            ))
        }
        _ => None,
    };
    Piece {
        fragment,
        protocol: ip.protocol,
        ports,
        payload: bytes,
        cut_bytes: span.missing() as u32,
    }
}

fn without_ip(vlan: Option<u16>, body: Body<'_>) -> Packet<'_> {
    Packet {
        vlan,
        ip: None,
        body,
        fault: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETHERNET: [u8; 14] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00];

    /// 192.0.2.1:5000 → 192.0.2.2:3478 with four bytes of data and two of Ethernet padding.
    fn udp_frame() -> Vec<u8> {
        let mut frame = ETHERNET.to_vec();
        frame.extend([
            0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
        ]);
        frame.extend([0x13, 0x88, 0x0d, 0x96, 0, 12, 0, 0, 1, 2, 3, 4, 0, 0]);
        frame
    }

    #[test]
    fn the_shortcut_and_the_tolerant_road_agree() {
        let frame = udp_frame();
        assert!(plain_v4(&frame[14..]).is_some());
        let quick = decode(LinkType::Ethernet, &frame, 46);
        assert_eq!(quick, decode_any(LinkType::Ethernet, &frame, 46));
        let Body::Udp(udp) = quick.body else {
            unreachable!("{quick:?}")
        };
        assert_eq!(
            (udp.source.to_string().as_str(), udp.payload),
            ("192.0.2.1:5000", &[1, 2, 3, 4][..])
        );
    }

    #[test]
    fn a_cut_frame_is_read_as_far_as_it_goes() {
        let frame = udp_frame();
        let packet = decode(LinkType::Ethernet, &frame[..44], 46);
        let Body::Udp(udp) = packet.body else {
            unreachable!("{packet:?}")
        };
        assert_eq!(
            (udp.payload, udp.cut_bytes, packet.fault),
            (&[1, 2][..], 2, None)
        );
        let packet = decode(LinkType::Ethernet, &frame[..40], 46);
        let Body::Unreadable(fault) = packet.body else {
            unreachable!("{packet:?}")
        };
        assert_eq!(
            (fault.name, packet.ip.is_some()),
            ("capture-frame-cut", true)
        );
    }

    #[test]
    fn only_the_first_fragment_knows_its_ports() {
        let mut frame = udp_frame();
        frame[20] = 0x20;
        let Body::Fragment(first) = decode(LinkType::Ethernet, &frame, 46).body else {
            unreachable!()
        };
        assert_eq!(first.ports.map(|(_, to)| to.port), Some(3478));
        frame[21] = 1;
        let Body::Fragment(later) = decode(LinkType::Ethernet, &frame, 46).body else {
            unreachable!()
        };
        assert_eq!(
            (later.ports, later.fragment.offset, later.payload.len()),
            (None, 8, 12)
        );
    }

    #[test]
    fn what_is_not_udp_or_tcp_is_named() {
        let mut frame = udp_frame();
        frame[23] = 47;
        let body = decode(LinkType::Ethernet, &frame, 46).body;
        assert!(
            matches!(body, Body::OtherIp { protocol: Protocol::Gre, payload } if payload.len() == 12)
        );
        frame[13] = 0x06;
        let body = decode(LinkType::Ethernet, &frame, 46).body;
        assert!(matches!(
            body,
            Body::NotIp {
                ether_type: EtherType::Arp,
                ..
            }
        ));
        assert_eq!(
            decode(LinkType::Other(147), &frame, 46).body,
            Body::UnsupportedLink(147)
        );
    }

    #[test]
    fn cut_and_flipped_frames_never_panic_and_the_roads_agree() {
        let mut samples = vec![udp_frame()];
        let mut tcp = udp_frame();
        tcp[23] = 6;
        samples.push(tcp);
        let mut icmp = udp_frame();
        icmp[23] = 1;
        icmp[34] = 3;
        samples.push(icmp);
        let mut v6 = ETHERNET.to_vec();
        v6[12..].copy_from_slice(&[0x86, 0xdd]);
        v6.extend([0x60, 0, 0, 0, 0, 24, 0, 64]);
        v6.extend([0x20; 32]);
        v6.extend([
            44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0, 7, 1, 2, 3, 4, 0, 8, 0, 0,
        ]);
        samples.push(v6);
        let mut v6 = ETHERNET.to_vec();
        v6[12..].copy_from_slice(&[0x86, 0xdd]);
        v6.extend([0x60, 0, 0, 0, 0, 12, 17, 64]);
        v6.extend([0x20; 32]);
        v6.extend([0x13, 0x88, 0x0d, 0x96, 0, 12, 0, 0, 1, 2, 3, 4, 0, 0]);
        assert!(plain_v6(&v6[14..]).is_some());
        samples.push(v6);
        let links = [0, 1, 12, 108, 113, 228, 229, 276].map(LinkType::from_number);
        for sample in samples {
            for end in 0..=sample.len() {
                for link in links {
                    decode(link, &sample[..end], sample.len() as u32);
                    decode(link, &sample[..end], 0);
                }
            }
            for bit in 0..sample.len() * 8 {
                let mut flipped = sample.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let length = flipped.len() as u32;
                let got = decode(LinkType::Ethernet, &flipped, length);
                assert_eq!(got, decode_any(LinkType::Ethernet, &flipped, length));
                for link in links {
                    decode(link, &flipped[14..], length);
                }
            }
        }
    }
}
