//! From a frame to its transport payload, in one call: the packet path's first step.
//!
//! Nearly every frame of a call is Ethernet, IP and UDP, whole and well-formed. Those take three of `etherparse`'s layer slices and no
//! other branch. Everything else (tags, cooked captures, TCP, cut or lying lengths) takes the tolerant road below, which would give
//! the same answer for the common frame; a test holds the two together.
//!
//! Tunnels are opened on the way, up to [`Encapsulation::DEPTH`] of them, so that the transport is the innermost one. Nothing here
//! allocates.

use std::net::IpAddr;

use etherparse::Ethernet2Slice;
use etherparse::Ipv4HeaderSlice;
use etherparse::Ipv6HeaderSlice;
use etherparse::UdpSlice;
use etherparse::ether_type;
use etherparse::ip_number;

use crate::vocab::address::TransportAddress;
use crate::vocab::encapsulation::Encapsulation;
use crate::vocab::encapsulation::Tunnel;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::frame::LinkType;
use crate::wire::icmp;
use crate::wire::ip;
use crate::wire::ip::Protocol;
use crate::wire::link;
use crate::wire::link::EtherType;
use crate::wire::read::u16_at;
use crate::wire::span::FRAME_CUT;
use crate::wire::span::Span;
use crate::wire::tcp;
use crate::wire::tunnel;
use crate::wire::tunnel::Opened;
use crate::wire::udp;

/// A frame, taken apart down to its transport. Borrows the frame's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// VLAN identifier of the outermost tag, 12 bits.
    pub vlan: Option<u16>,
    /// The innermost readable IP header.
    pub ip: Option<ip::Header>,
    /// The tunnels and shims around it.
    pub encapsulation: Encapsulation,
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
    /// Which IP version's packet it is a piece of.
    pub version: EtherType,
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
                if let Some((header, udp)) = plain_v4(packet)
                    && !tunnel::is_udp(udp.source_port(), udp.destination_port())
                {
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
                if let Some((header, udp)) = plain_v6(packet)
                    && !tunnel::is_udp(udp.source_port(), udp.destination_port())
                {
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

/// Source, destination and payload of a UDP datagram straight over IP over Ethernet, when nothing about it is odd: a quick look, for whoever
/// wants to be ready for the packet. `None` says nothing.
#[inline]
pub fn glance(link: LinkType, data: &[u8]) -> Option<(TransportAddress, TransportAddress, &[u8])> {
    if link != LinkType::Ethernet {
        return None;
    }
    let ethernet = Ethernet2Slice::from_slice_without_fcs(data).ok()?;
    let packet = ethernet.payload_slice();
    let (source, destination, udp): (IpAddr, IpAddr, _) = match ethernet.ether_type() {
        ether_type::IPV4 => {
            let (header, udp) = plain_v4(packet)?;
            (
                header.source_addr().into(),
                header.destination_addr().into(),
                udp,
            )
        }
        ether_type::IPV6 => {
            let (header, udp) = plain_v6(packet)?;
            (
                header.source_addr().into(),
                header.destination_addr().into(),
                udp,
            )
        }
        _ => return None,
    };
    let source = TransportAddress::new(source, udp.source_port());
    let destination = TransportAddress::new(destination, udp.destination_port());
    Some((source, destination, udp.payload()))
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
        encapsulation: Encapsulation::default(),
        body: Body::Udp(udp::Datagram {
            source: TransportAddress::new(source, udp.source_port()),
            destination: TransportAddress::new(destination, udp.destination_port()),
            payload: udp.payload(),
            cut_bytes: 0,
        }),
        fault: None,
    }
}

/// Takes apart what the pieces of an IP packet held, once they are together: `ip` is the first piece's header, `around` the packet
/// of any piece.
pub fn decode_whole<'a>(
    version: EtherType,
    ip: &ip::Header,
    payload: Span<'a>,
    around: &Packet<'_>,
) -> Packet<'a> {
    let datagram = ip::joined(*ip, payload);
    let around = Around {
        vlan: around.vlan,
        ip: around.ip,
        encapsulation: around.encapsulation,
    };
    decode_transport(version, &datagram, around)
}

/// What was met on the way to a layer.
#[derive(Clone, Copy, Default)]
struct Around {
    vlan: Option<u16>,
    ip: Option<ip::Header>,
    encapsulation: Encapsulation,
}

impl Around {
    const fn packet(self, body: Body<'_>) -> Packet<'_> {
        Packet {
            vlan: self.vlan,
            ip: self.ip,
            encapsulation: self.encapsulation,
            body,
            fault: None,
        }
    }
}

/// Any frame, without the shortcut.
fn decode_any(link: LinkType, data: &[u8], original_length: u32) -> Packet<'_> {
    let around = Around::default();
    if let LinkType::Other(number) = link {
        return around.packet(Body::UnsupportedLink(number));
    }
    decode_frame(link, Span::new(data, original_length as usize), around)
}

#[inline]
fn decode_frame(link: LinkType, frame: Span<'_>, around: Around) -> Packet<'_> {
    match link::strip(link, frame) {
        Ok(inner) => decode_inner(&inner, around),
        Err(fault) => around.packet(Body::Unreadable(fault)),
    }
}

/// Takes apart what a link-layer header led to.
#[inline]
fn decode_inner<'a>(inner: &link::Inner<'a>, mut around: Around) -> Packet<'a> {
    around.vlan = around.vlan.or(inner.vlan);
    if let Some(shim) = inner.shim {
        let Some(encapsulation) = around.encapsulation.with(shim) else {
            return around.packet(Body::Unreadable(too_deep()));
        };
        around.encapsulation = encapsulation;
    }
    let datagram = match inner.ether_type {
        EtherType::Ipv4 => ip::split_v4(inner.packet),
        EtherType::Ipv6 => ip::split_v6(inner.packet),
        // A whole frame again, behind the labels of a pseudowire.
        EtherType::Bridging if inner.shim.is_some() => {
            return decode_frame(LinkType::Ethernet, inner.packet, around);
        }
        ether_type => {
            let payload = inner.packet.bytes;
            let mut packet = around.packet(Body::NotIp {
                ether_type,
                payload,
            });
            packet.fault = inner.fault;
            return packet;
        }
    };
    match datagram {
        Ok(datagram) => {
            let mut packet = decode_transport(inner.ether_type, &datagram, around);
            packet.fault = inner.fault.or(packet.fault);
            packet
        }
        Err(fault) => around.packet(Body::Unreadable(fault)),
    }
}

/// Takes the transport header off an IP packet, or opens the tunnel it carries.
#[inline]
fn decode_transport<'a>(
    version: EtherType,
    datagram: &ip::Datagram<'a>,
    mut around: Around,
) -> Packet<'a> {
    let (ip, span) = (&datagram.header, datagram.payload);
    around.ip = Some(*ip);
    let mut fault = datagram.fault;
    // The outer layer's fault is the likelier cause of the inner one's, so it stays.
    let mut note = |inner: Option<Fault>| fault = fault.or(inner);
    let body = match (datagram.fragment, ip.protocol) {
        (Some(fragment), _) => Body::Fragment(piece(version, ip, fragment, span)),
        (None, Protocol::Udp) => match udp::split(ip, span) {
            Ok((datagram, inner)) => {
                note(inner);
                if tunnel::is_udp(datagram.source.port, datagram.destination.port)
                    && let Some(packet) = decode_udp_tunnel(&datagram, around)
                {
                    return packet;
                }
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
        (None, protocol) => match tunnel::open_ip(version, protocol, span) {
            Some(Ok(opened)) => {
                let mut packet = decode_opened(&opened, around);
                packet.fault = fault.or(packet.fault);
                return packet;
            }
            Some(Err(fault)) => Body::Unreadable(fault),
            None => Body::OtherIp {
                protocol,
                payload: span.bytes,
            },
        },
    };
    let mut packet = around.packet(body);
    packet.fault = fault;
    packet
}

/// What is inside a tunnel, one level deeper.
#[cold]
fn decode_opened<'a>(opened: &Opened<'a>, mut around: Around) -> Packet<'a> {
    // Labels count themselves when they are taken off.
    if opened.tunnel != Tunnel::Mpls {
        let Some(encapsulation) = around.encapsulation.with(opened.tunnel) else {
            return around.packet(Body::Unreadable(too_deep()));
        };
        around.encapsulation = encapsulation;
    }
    if opened.ether_type == EtherType::Bridging {
        return decode_frame(LinkType::Ethernet, opened.inside, around);
    }
    match link::follow(opened.inside, opened.ether_type) {
        Ok(inner) => decode_inner(&inner, around),
        Err(fault) => around.packet(Body::Unreadable(fault)),
    }
}

/// The packet in a tunnel over UDP; `None` when there is none, and the datagram is one like any other.
#[cold]
fn decode_udp_tunnel<'a>(datagram: &udp::Datagram<'a>, around: Around) -> Option<Packet<'a>> {
    let payload = Span::new(datagram.payload, datagram.payload_length());
    let opened = tunnel::open_udp(datagram.source.port, datagram.destination.port, payload)?;
    let packet = decode_opened(&opened, around);
    let convincing = match packet.body {
        Body::Unreadable(fault) => matches!(fault.name, FRAME_CUT | TOO_DEEP),
        Body::NotIp { ether_type, .. } => ether_type.name().is_some(),
        _ => true,
    };
    convincing.then_some(packet)
}

const fn too_deep() -> Fault {
    Fault::new(Layer::Ip, TOO_DEEP, 0)
}

/// Fault name of a tunnel too many.
const TOO_DEEP: &str = "ip-tunnels-too-deep";

fn piece<'a>(
    version: EtherType,
    ip: &ip::Header,
    fragment: ip::Fragment,
    span: Span<'a>,
) -> Piece<'a> {
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
        version,
        fragment,
        protocol: ip.protocol,
        ports,
        payload: bytes,
        cut_bytes: span.missing() as u32,
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
        frame[23] = 50;
        let body = decode(LinkType::Ethernet, &frame, 46).body;
        assert!(
            matches!(body, Body::OtherIp { protocol: Protocol::Esp, payload } if payload.len() == 12)
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
        let links = [
            0, 1, 9, 12, 50, 51, 104, 105, 108, 113, 119, 127, 149, 163, 192, 228, 229, 239, 274,
            276, 284,
        ]
        .map(LinkType::from_number);
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

    /// An IPv4 header of `protocol` before `payload`.
    fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
        let total = (20 + payload.len()) as u16;
        let mut packet = vec![0x45, 0];
        packet.extend(total.to_be_bytes());
        packet.extend([
            0, 9, 0x40, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
        ]);
        packet.extend(payload);
        packet
    }

    fn udp(to: u16, payload: &[u8]) -> Vec<u8> {
        let mut datagram = vec![0xc0, 0];
        datagram.extend(to.to_be_bytes());
        datagram.extend(((8 + payload.len()) as u16).to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend(payload);
        datagram
    }

    fn framed(packet: &[u8]) -> Vec<u8> {
        [&ETHERNET[..], packet].concat()
    }

    fn tunnels(frame: &[u8]) -> (Vec<&'static str>, Option<u16>, Option<&'static str>) {
        let packet = decode(LinkType::Ethernet, frame, frame.len() as u32);
        let words = packet.encapsulation.tunnels().map(Tunnel::word).collect();
        match packet.body {
            Body::Udp(datagram) => (words, Some(datagram.destination.port), None),
            Body::Unreadable(fault) => (words, None, Some(fault.name)),
            _ => (words, None, None),
        }
    }

    #[test]
    fn the_innermost_transport_counts_and_its_tunnels_are_told() {
        let media = udp_frame();
        let check = |packet: &[u8], expected: &[&str]| {
            let got = tunnels(&framed(packet));
            assert_eq!(got, (expected.to_vec(), Some(3478), None));
        };
        let inner = &media[14..];
        check(&v4(4, inner), &["ipip"]);
        check(&v4(4, &v4(4, inner)), &["ipip", "ipip"]);
        check(&v4(47, &[&[0, 0, 8, 0][..], inner].concat()), &["gre"]);
        check(
            &v4(47, &[&[0, 0, 0x88, 0xbe][..], &media].concat()),
            &["erspan"],
        );
        let labels = [&[0, 0, 0x88, 0x47, 0, 1, 1, 64][..], inner].concat();
        check(&v4(47, &labels), &["gre", "mpls"]);
        let vxlan = [&[8, 0, 0, 0, 0, 0, 7, 0][..], &media].concat();
        check(&v4(17, &udp(4789, &vxlan)), &["vxlan"]);
        let geneve = [&[0, 0, 0x65, 0x58, 0, 0, 7, 0][..], &media].concat();
        check(&v4(17, &udp(6081, &geneve)), &["geneve"]);
        let gtp = [&[0x30, 0xff, 0, 32, 0, 0, 0, 7][..], &inner[..32]].concat();
        check(&v4(17, &udp(2152, &gtp)), &["gtp-u"]);
        check(
            &v4(
                17,
                &udp(
                    4789,
                    &[
                        &[8, 0, 0, 0, 0, 0, 7, 0][..],
                        &framed(&v4(17, &udp(2152, &gtp))),
                    ]
                    .concat(),
                ),
            ),
            &["vxlan", "gtp-u"],
        );
    }

    #[test]
    fn media_on_a_tunnels_port_is_media() {
        let rtp = [0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4];
        let stun = [
            0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
        ];
        let dtls = [0x16, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
        let vxlan_of_nothing = [8, 0, 0, 0, 0, 0, 7, 0, 0xde, 0xad, 0xbe, 0xef];
        for port in [2152, 3544, 4789, 4790, 6081, 8472, 37008] {
            for payload in [&rtp[..], &stun, &dtls, &vxlan_of_nothing, &[]] {
                let got = tunnels(&framed(&v4(17, &udp(port, payload))));
                assert_eq!(got, (vec![], Some(port), None));
            }
        }
    }

    #[test]
    fn tunnels_are_opened_up_to_a_limit_which_is_named() {
        let mut packet = udp_frame().split_off(14);
        for _ in 0..Encapsulation::DEPTH {
            packet = v4(4, &packet);
        }
        assert_eq!(tunnels(&framed(&packet)).1, Some(3478));
        for _ in 0..100 {
            packet = v4(4, &packet);
        }
        let (words, _, fault) = tunnels(&framed(&packet));
        assert_eq!((words.len(), fault), (Encapsulation::DEPTH, Some(TOO_DEEP)));
    }

    #[test]
    fn a_tunnel_that_the_snap_length_cut_is_no_datagram_of_its_own() {
        let vxlan = [&[8, 0, 0, 0, 0, 0, 7, 0][..], &udp_frame()].concat();
        let whole = framed(&v4(17, &udp(4789, &vxlan)));
        let packet = decode(LinkType::Ethernet, &whole[..70], whole.len() as u32);
        assert!(matches!(packet.body, Body::Unreadable(fault) if fault.name == FRAME_CUT));
        assert!(!packet.encapsulation.is_empty());
    }

    #[test]
    fn cut_and_flipped_tunnels_never_panic() {
        let vxlan = [&[8, 0, 0, 0, 0, 0, 7, 0][..], &udp_frame()].concat();
        let gre = [
            &[0x30, 0, 0x65, 0x58, 0, 0, 0, 7, 0, 0, 0, 1][..],
            &framed(&v4(17, &udp(4789, &vxlan))),
        ]
        .concat();
        let sample = framed(&v4(47, &gre));
        assert_eq!(tunnels(&sample).0, ["gre", "vxlan"]);
        for end in 0..=sample.len() {
            decode(LinkType::Ethernet, &sample[..end], sample.len() as u32);
            decode(LinkType::Ethernet, &sample[..end], 0);
        }
        for bit in 0..sample.len() * 8 {
            let mut flipped = sample.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            tunnels(&flipped);
        }
    }
}
