//! IPv4 (RFC 791) and IPv6 (RFC 8200): from the header to the transport inside.
//!
//! ```text
//! IPv4  version 4 bits · header length 4 bits (in 32-bit words) · DSCP+ECN 1 · total length 2 · identification 2 ·
//!       flags 3 bits · fragment offset 13 bits (in 8 bytes) · TTL 1 · protocol 1 · checksum 2 · source 4 · destination 4 · options
//! IPv6  version 4 bits · traffic class 8 bits · flow label 20 bits · payload length 2 · next header 1 · hop limit 1 ·
//!       source 16 · destination 16 · extension headers (next header 1 · length 1 · …)
//! ```
//!
//! Lengths lie in real captures, and mostly innocently: with segmentation offload the total length is 0 because the network card will
//! fill it in, and a snap length cuts the packet short. Both stay readable here.

use std::net::IpAddr;

use etherparse::IpAuthHeaderSlice;
use etherparse::Ipv4HeaderSlice;
use etherparse::Ipv6FragmentHeaderSlice;
use etherparse::Ipv6HeaderSlice;
use etherparse::Ipv6RawExtHeaderSlice;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::span::Span;

/// What both versions of the header say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// What follows; for IPv6, after its extension headers.
    pub protocol: Protocol,
    /// Time to live, or hop limit.
    pub hop_limit: u8,
    /// Differentiated services code point, 6 bits (RFC 2474).
    pub dscp: u8,
    /// Explicit congestion notification, 2 bits (RFC 3168).
    pub ecn: u8,
    /// IPv4's identification: one packet's number at its sender, or 0 where the sender sets none because it forbids fragments
    /// (RFC 6864). IPv6 has none.
    pub identification: u16,
}

/// An IP packet, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The header.
    pub header: Header,
    /// Set when this packet is a piece of a larger one.
    pub fragment: Option<Fragment>,
    /// Transport header and data, padding removed.
    pub payload: Span<'a>,
    /// A rule that was broken without making the packet unreadable.
    pub fault: Option<Fault>,
}

/// Which piece of a fragmented packet this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Joins the pieces of one packet, together with addresses and protocol. 16 bits in IPv4, 32 in IPv6.
    pub identification: u32,
    /// Where this piece starts in the original payload, bytes.
    pub offset: u32,
    /// More pieces follow.
    pub more: bool,
}

/// Takes an IPv4 packet apart.
///
/// # Errors
///
/// `ip-header-truncated`, `ip-version-unexpected`, `ip-header-length-invalid`, or `capture-frame-cut`.
#[inline]
pub fn split_v4(packet: Span<'_>) -> Result<Datagram<'_>, Fault> {
    let Ok(slice) = Ipv4HeaderSlice::from_slice(packet.bytes) else {
        return Err(v4_header_fault(packet));
    };
    let header = header_v4(&slice);
    let length = slice.slice().len();
    let (announced, fault) = match usize::from(slice.total_len()) {
        0 if header.protocol == Protocol::Tcp => (packet.on_wire, None),
        0 => (packet.on_wire, Some("ip-total-length-zero")),
        total if total < length => (packet.on_wire, Some("ip-total-length-below-header")),
        total if total > packet.on_wire => (total, Some("ip-length-exceeds-frame")),
        total => (total, None),
    };
    let mut datagram = Datagram {
        header,
        fragment: slice.is_fragmenting_payload().then(|| Fragment {
            identification: slice.identification().into(),
            offset: u32::from(slice.fragments_offset().value()) * 8,
            more: slice.more_fragments(),
        }),
        payload: packet.announced(announced).skip(length),
        fault: fault.map(|name| Fault::new(Layer::Ip, name, 2)),
    };
    // Of the headers that IPv6 chains, this one stands in IPv4 as well (RFC 4302).
    if header.protocol == Protocol::Authentication && datagram.fragment.is_none() {
        skip_extensions(&mut datagram);
    }
    Ok(datagram)
}

/// The fields of an IPv4 header that we keep.
#[inline]
pub fn header_v4(slice: &Ipv4HeaderSlice<'_>) -> Header {
    Header {
        source: IpAddr::V4(slice.source_addr()),
        destination: IpAddr::V4(slice.destination_addr()),
        protocol: Protocol::from_code(slice.protocol().0),
        hop_limit: slice.ttl(),
        dscp: slice.dcp().value(),
        ecn: slice.ecn().value(),
        identification: slice.identification(),
    }
}

#[cold]
fn v4_header_fault(packet: Span<'_>) -> Fault {
    const NAME: &str = "ip-header-truncated";
    match packet.bytes.first() {
        Some(first) if first >> 4 != 4 => Fault::new(Layer::Ip, "ip-version-unexpected", 0),
        Some(first) if first & 0x0f < 5 => Fault::new(Layer::Ip, "ip-header-length-invalid", 0),
        Some(first) => packet.too_short(usize::from(first & 0x0f) * 4, Layer::Ip, NAME),
        None => packet.too_short(20, Layer::Ip, NAME),
    }
}

/// Takes an IPv6 packet apart, extension headers included.
///
/// # Errors
///
/// `ip-header-truncated`, `ip-version-unexpected`, or `capture-frame-cut`. A broken extension header is no error: the packet is
/// returned with that header as its protocol and a fault.
#[inline]
pub fn split_v6(packet: Span<'_>) -> Result<Datagram<'_>, Fault> {
    let Ok(slice) = Ipv6HeaderSlice::from_slice(packet.bytes) else {
        return Err(match packet.bytes.first() {
            Some(first) if first >> 4 != 6 => Fault::new(Layer::Ip, "ip-version-unexpected", 0),
            _ => packet.too_short(V6_HEADER, Layer::Ip, "ip-header-truncated"),
        });
    };
    let next = Protocol::from_code(slice.next_header().0);
    let rest = packet.skip(V6_HEADER);
    let (announced, fault) = match usize::from(slice.payload_length()) {
        // A jumbogram's length is in a hop-by-hop option (RFC 2675); Linux's "BIG TCP" leaves even that out inside the host.
        0 if matches!(next, Protocol::Tcp | Protocol::HopByHop) => (rest.on_wire, None),
        length if length > rest.on_wire => (length, Some("ip-length-exceeds-frame")),
        length => (length, None),
    };
    let mut datagram = Datagram {
        header: header_v6(&slice),
        fragment: None,
        payload: rest.announced(announced),
        fault: fault.map(|name| Fault::new(Layer::Ip, name, 4)),
    };
    if is_extension(next) {
        skip_extensions(&mut datagram);
    }
    Ok(datagram)
}

/// The packet that pieces made, with the first one's header: past the extension headers that stand in the pieces' payload.
pub fn joined(header: Header, payload: Span<'_>) -> Datagram<'_> {
    let mut datagram = Datagram {
        header,
        fragment: None,
        payload,
        fault: None,
    };
    if is_extension(header.protocol) {
        skip_extensions(&mut datagram);
    }
    datagram
}

/// The fields of an IPv6 header that we keep.
#[inline]
pub fn header_v6(slice: &Ipv6HeaderSlice<'_>) -> Header {
    Header {
        source: IpAddr::V6(slice.source_addr()),
        destination: IpAddr::V6(slice.destination_addr()),
        protocol: Protocol::from_code(slice.next_header().0),
        hop_limit: slice.hop_limit(),
        dscp: slice.dscp().value(),
        ecn: slice.ecn().value(),
        identification: 0,
    }
}

/// Extension headers that can be stepped over (RFC 8200 §4).
const fn is_extension(protocol: Protocol) -> bool {
    matches!(
        protocol,
        Protocol::HopByHop
            | Protocol::Routing
            | Protocol::FragmentHeader
            | Protocol::DestinationOptions
            | Protocol::Authentication
    )
}

/// Steps over extension headers to the transport, or to the header that can't be read.
///
/// `etherparse` checks each header's own length; the walk is ours, because iterating its `Ipv6ExtensionsSlice` after a lax parse that
/// ended in an error reads past the end (0.21).
#[cold]
fn skip_extensions(datagram: &mut Datagram<'_>) {
    for _ in 0..EXTENSIONS {
        let bytes = datagram.payload.bytes;
        let step = match datagram.header.protocol {
            Protocol::HopByHop | Protocol::Routing | Protocol::DestinationOptions => {
                Ipv6RawExtHeaderSlice::from_slice(bytes)
                    .map(|header| (header.next_header(), header.slice().len()))
                    .ok()
            }
            Protocol::Authentication => IpAuthHeaderSlice::from_slice(bytes)
                .map(|header| (header.next_header(), header.slice().len()))
                .ok(),
            Protocol::FragmentHeader => Ipv6FragmentHeaderSlice::from_slice(bytes)
                .map(|header| {
                    // An "atomic" fragment (RFC 6946) is whole.
                    datagram.fragment = header.is_fragmenting_payload().then(|| Fragment {
                        identification: header.identification(),
                        offset: u32::from(header.fragment_offset().value()) * 8,
                        more: header.more_fragments(),
                    });
                    (header.next_header(), header.slice().len())
                })
                .ok(),
            _ => return,
        };
        let Some((next, length)) = step else {
            // AH counts 32-bit words less two, the others 64-bit words less one.
            let words = bytes.get(1).map_or(0, |&length| usize::from(length));
            let needed = match datagram.header.protocol {
                Protocol::Authentication => (words + 2) * 4,
                _ => (words + 1) * 8,
            };
            let fault =
                (datagram.payload).too_short(needed, Layer::Ip, "ip-extension-header-truncated");
            datagram.fault = datagram.fault.or(Some(fault));
            return;
        };
        datagram.header.protocol = Protocol::from_code(next.0);
        datagram.payload = datagram.payload.skip(length);
        // What follows is of the packet that the pieces make.
        if datagram.fragment.is_some() {
            return;
        }
    }
    let fault = Fault::new(Layer::Ip, "ip-extension-headers-too-many", V6_HEADER);
    datagram.fault = datagram.fault.or(Some(fault));
}

/// Extension headers stepped over before we give up; a sane packet has at most six.
const EXTENSIONS: usize = 128;

/// Length of the fixed IPv6 header.
const V6_HEADER: usize = 40;

crate::codepoint! {
    /// Assigned Internet Protocol Numbers (IANA): what an IP packet carries.
    pub enum Protocol: u8 {
        /// IPv6 hop-by-hop options.
        HopByHop = 0 => "HOPOPT",
        /// Internet Control Message Protocol.
        Icmp = 1 => "ICMP",
        /// Internet Group Management Protocol.
        Igmp = 2 => "IGMP",
        /// An IPv4 packet inside.
        Ipv4 = 4 => "IPv4",
        /// Transmission Control Protocol.
        Tcp = 6 => "TCP",
        /// User Datagram Protocol.
        Udp = 17 => "UDP",
        /// Datagram Congestion Control Protocol.
        Dccp = 33 => "DCCP",
        /// An IPv6 packet inside.
        Ipv6 = 41 => "IPv6",
        /// IPv6 routing header.
        Routing = 43 => "IPv6-Route",
        /// IPv6 fragment header.
        FragmentHeader = 44 => "IPv6-Frag",
        /// Resource reservation.
        Rsvp = 46 => "RSVP",
        /// Generic routing encapsulation.
        Gre = 47 => "GRE",
        /// IPsec encrypted payload.
        Esp = 50 => "ESP",
        /// IPsec authentication header.
        Authentication = 51 => "AH",
        /// ICMP for IPv6.
        Icmpv6 = 58 => "IPv6-ICMP",
        /// Nothing follows.
        NoNext = 59 => "IPv6-NoNxt",
        /// IPv6 destination options.
        DestinationOptions = 60 => "IPv6-Opts",
        /// Enhanced Interior Gateway Routing Protocol.
        Eigrp = 88 => "EIGRP",
        /// Open Shortest Path First.
        Ospf = 89 => "OSPFIGP",
        /// Protocol Independent Multicast.
        Pim = 103 => "PIM",
        /// Virtual Router Redundancy Protocol.
        Vrrp = 112 => "VRRP",
        /// Layer 2 tunneling.
        L2tp = 115 => "L2TP",
        /// Stream Control Transmission Protocol, straight over IP.
        Sctp = 132 => "SCTP",
        /// IPv6 mobility header.
        Mobility = 135 => "Mobility Header",
        /// UDP with partial checksum.
        UdpLite = 136 => "UDPLite",
        /// MPLS in IP.
        Mpls = 137 => "MPLS-in-IP",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(total: u16, protocol: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x45, 0xb8];
        bytes.extend(total.to_be_bytes());
        bytes.extend([0x12, 0x34]);
        bytes.extend(fragment.to_be_bytes());
        bytes.extend([64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        bytes.extend(payload);
        bytes
    }

    fn v6(length: u16, next: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x60, 0, 0, 0];
        bytes.extend(length.to_be_bytes());
        bytes.extend([next, 64]);
        bytes.extend([0x20; 32]);
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn padding_after_the_announced_length_is_dropped() {
        let bytes = v4(22, 17, 0, &[1, 2, 0, 0, 0, 0]);
        let datagram = split_v4(Span::whole(&bytes)).expect("readable");
        assert_eq!(datagram.payload, Span::whole(&[1, 2]));
        assert_eq!(
            (
                datagram.header.dscp,
                datagram.header.ecn,
                datagram.header.hop_limit
            ),
            (46, 0, 64)
        );
        assert_eq!(datagram.fault, None);
    }

    #[test]
    fn a_length_of_zero_means_offload_for_tcp_and_a_fault_otherwise() {
        let tcp = v4(0, 6, 0, &[9; 30]);
        let datagram = split_v4(Span::new(&tcp, 60)).expect("readable");
        assert_eq!(
            (datagram.payload.bytes.len(), datagram.payload.on_wire),
            (30, 40)
        );
        assert_eq!(datagram.fault, None);
        let udp = v4(0, 17, 0, &[9; 30]);
        let fault = split_v4(Span::whole(&udp)).expect("readable").fault;
        assert_eq!(fault.map(|f| f.name), Some("ip-total-length-zero"));
    }

    #[test]
    fn lengths_that_lie_are_named_and_the_rest_is_read() {
        let short = v4(19, 17, 0, &[1, 2]);
        let datagram = split_v4(Span::whole(&short)).expect("readable");
        assert_eq!(
            datagram.fault.map(|f| f.name),
            Some("ip-total-length-below-header")
        );
        assert_eq!(datagram.payload.bytes, [1, 2]);
        let long = v4(100, 17, 0, &[1, 2]);
        let datagram = split_v4(Span::whole(&long)).expect("readable");
        assert_eq!(
            datagram.fault.map(|f| f.name),
            Some("ip-length-exceeds-frame")
        );
        assert_eq!(datagram.payload.missing(), 78);
    }

    #[test]
    fn a_snap_length_is_no_fault() {
        let bytes = v4(100, 17, 0, &[1, 2]);
        let datagram = split_v4(Span::new(&bytes, 100)).expect("readable");
        assert_eq!((datagram.fault, datagram.payload.missing()), (None, 78));
    }

    #[test]
    fn broken_headers_are_named() {
        let name = |bytes: &[u8]| split_v4(Span::whole(bytes)).map_err(|f| f.name).err();
        assert_eq!(name(&[]), Some("ip-header-truncated"));
        assert_eq!(name(&[0x45; 19]), Some("ip-header-truncated"));
        assert_eq!(name(&[0x44; 20]), Some("ip-header-length-invalid"));
        assert_eq!(name(&[0x65; 40]), Some("ip-version-unexpected"));
        assert_eq!(name(&[0x4f; 40]), Some("ip-header-truncated"));
        assert_eq!(
            split_v6(Span::whole(&[0x60; 39])).map_err(|f| f.name).err(),
            Some("ip-header-truncated")
        );
    }

    #[test]
    fn fragments_are_told_apart() {
        let bytes = v4(24, 17, 0x20b9, &[1, 2, 3, 4]);
        let fragment = split_v4(Span::whole(&bytes)).expect("readable").fragment;
        assert_eq!(
            fragment,
            Some(Fragment {
                identification: 0x1234,
                offset: 1480,
                more: true
            })
        );
        // Don't-fragment alone is no fragment.
        assert_eq!(
            split_v4(Span::whole(&v4(20, 17, 0x4000, &[])))
                .expect("readable")
                .fragment,
            None
        );
    }

    #[test]
    fn extension_headers_are_stepped_over() {
        let mut payload = vec![44, 0, 1, 4, 0, 0, 0, 0]; // hop-by-hop: padding
        payload.extend([17, 0, 0x05, 0xc9, 0, 0, 0, 7]); // fragment at 1480, more
        payload.extend([5; 8]);
        let bytes = v6(24, 0, &payload);
        let datagram = split_v6(Span::whole(&bytes)).expect("readable");
        assert_eq!(datagram.header.protocol, Protocol::Udp);
        assert_eq!(
            datagram.fragment,
            Some(Fragment {
                identification: 7,
                offset: 1480,
                more: true
            })
        );
        assert_eq!(datagram.payload.bytes, [5; 8]);
    }

    #[test]
    fn a_broken_extension_header_is_a_fault_not_a_loss() {
        let bytes = v6(8, 60, &[17, 9, 0, 0, 0, 0, 0, 0]);
        let datagram = split_v6(Span::whole(&bytes)).expect("readable");
        assert_eq!(datagram.header.protocol, Protocol::DestinationOptions);
        assert_eq!(
            datagram.fault.map(|f| f.name),
            Some("ip-extension-header-truncated")
        );
        let endless = v6(1280, 60, &[60, 0, 0, 0, 0, 0, 0, 0].repeat(160));
        let fault = split_v6(Span::whole(&endless)).expect("readable").fault;
        assert_eq!(fault.map(|f| f.name), Some("ip-extension-headers-too-many"));
    }
}
