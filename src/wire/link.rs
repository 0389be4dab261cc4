//! Link-layer headers: from the first byte of a frame to the network packet inside.
//!
//! ```text
//! Ethernet      destination 6 · source 6 · [tag 0x8100/0x88a8/… 2 · priority+VLAN id 2]* · EtherType 2   (IEEE 802.3, 802.1Q)
//! SLL  (v1)     packet type 2 · ARPHRD 2 · address length 2 · address 8 · protocol 2                     (LINKTYPE_LINUX_SLL)
//! SLL2 (v2)     protocol 2 · reserved 2 · interface 4 · ARPHRD 2 · packet type 1 · address length 1 · address 8
//! NULL, LOOP    address family 4, in the capturing host's byte order (NULL) or network order (LOOP)
//! RAW           nothing: the IP version is the first nibble
//! DSA           Ethernet addresses 12 · the switch's tag 4 · EtherType 2
//! ```
//!
//! PPPoE and MPLS headers count as part of the link layer when a packet is behind them. PPP, 802.11 and the headers that capture
//! programs put before a frame have files of their own.

use etherparse::Ethernet2Slice;

use crate::vocab::encapsulation::Tunnel;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::frame::LinkType;
use crate::wire::capture_header;
use crate::wire::ppp;
use crate::wire::read::u16_at;
use crate::wire::span::Span;
use crate::wire::wlan;

/// What a link-layer header leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inner<'a> {
    /// Which protocol follows.
    pub ether_type: EtherType,
    /// VLAN identifier of the outermost tag, 12 bits.
    pub vlan: Option<u16>,
    /// A shim between the link layer and the packet: PPPoE or MPLS.
    pub shim: Option<Tunnel>,
    /// A rule that was broken without hiding the packet.
    pub fault: Option<Fault>,
    /// Bytes of the frame before the packet, tags included.
    pub header_length: usize,
    /// The network packet, with whatever padding or trailer follows it.
    pub packet: Span<'a>,
}

/// Takes the link-layer header off a frame.
///
/// # Errors
///
/// The header is cut or leads nowhere: `link-header-truncated`, `link-vlan-tag-truncated`, `link-vlan-too-deep`,
/// `link-address-family-unknown`, `link-ip-version-unknown`, `link-type-unknown`, or those of [`wlan::leave`] and
/// [`capture_header::leave`].
#[inline]
pub fn strip(link: LinkType, frame: Span<'_>) -> Result<Inner<'_>, Fault> {
    let bytes = frame.bytes;
    let (ether_type, header_length) = match link {
        LinkType::Ethernet => {
            let Ok(ethernet) = Ethernet2Slice::from_slice_without_fcs(bytes) else {
                return Err(cut(frame, 14));
            };
            (ethernet.ether_type().0, 14)
        }
        LinkType::LinuxSll => (u16_at(bytes, 14).ok_or_else(|| cut(frame, 16))?, 16),
        LinkType::LinuxSll2 => {
            if bytes.len() < 20 {
                return Err(cut(frame, 20));
            }
            (u16_at(bytes, 0).unwrap_or_default(), 20)
        }
        LinkType::Null | LinkType::Loop => {
            let Some(family) = bytes.first_chunk::<4>() else {
                return Err(cut(frame, 4));
            };
            (family_ether_type(*family)?.code(), 4)
        }
        // Phones write IPv6 into captures of link type 228, so the packet's own version counts.
        LinkType::RawIp | LinkType::Ipv4 | LinkType::Ipv6 => match ip_version(bytes) {
            Some(ether_type) => (ether_type.code(), 0),
            None if bytes.is_empty() => return Err(cut(frame, 1)),
            None => return Err(Fault::new(Layer::Link, "link-ip-version-unknown", 0)),
        },
        LinkType::Dsa => (u16_at(bytes, 16).ok_or_else(|| cut(frame, 18))?, 18),
        LinkType::CiscoHdlc => (u16_at(bytes, 2).ok_or_else(|| cut(frame, 4))?, 4),
        LinkType::Ppp | LinkType::PppHdlc => {
            let (ether_type, at) = ppp::leave(bytes, 0).ok_or_else(|| cut(frame, 4))?;
            (ether_type.code(), at)
        }
        LinkType::PppEther => (EtherType::PppoeSession.code(), 0),
        LinkType::Wlan => return leave_wlan(frame),
        link if capture_header::precedes(link) => return leave_capture_header(link, frame),
        _ => return Err(Fault::new(Layer::Link, "link-type-unknown", 0)),
    };
    untag(frame, ether_type, header_length)
}

/// An 802.11 frame: LLC is behind its header, in data frames.
#[cold]
fn leave_wlan(frame: Span<'_>) -> Result<Inner<'_>, Fault> {
    let header = wlan::leave(frame)?;
    if header.is_data {
        let mut inner = untag(frame, EtherType::Llc.code(), header.length)?;
        inner.fault = header.fault;
        return Ok(inner);
    }
    Ok(Inner {
        ether_type: EtherType::WlanManagement,
        vlan: None,
        shim: None,
        fault: None,
        header_length: header.length,
        packet: frame.skip(header.length),
    })
}

/// What a capture program put before the frame, and the frame behind it.
#[cold]
fn leave_capture_header(link: LinkType, frame: Span<'_>) -> Result<Inner<'_>, Fault> {
    let (inner_link, at) = capture_header::leave(link, frame)?;
    let mut inner = match inner_link {
        // These two may announce each other without an end.
        LinkType::Ppi | LinkType::Pktap => {
            return Err(Fault::new(Layer::Link, "link-type-unknown", 0));
        }
        inner_link => strip(inner_link, frame.skip(at))?,
    };
    inner.header_length += at;
    Ok(inner)
}

/// Follows tags and shims from an EtherType that a tunnel named, to the packet.
///
/// # Errors
///
/// `link-vlan-tag-truncated`, `link-vlan-too-deep`, or `capture-frame-cut`.
pub fn follow(packet: Span<'_>, ether_type: EtherType) -> Result<Inner<'_>, Fault> {
    untag(packet, ether_type.code(), 0)
}

/// Follows VLAN tags, then one shim (LLC/SNAP, PPPoE, MPLS), to the EtherType that counts.
#[inline]
fn untag(frame: Span<'_>, first: u16, start: usize) -> Result<Inner<'_>, Fault> {
    let (mut ether_type, mut at, mut vlan) = (first, start, None);
    for _ in 0..=VLAN_DEPTH {
        if !is_vlan_tag(ether_type) {
            let before = EtherType::from_code(ether_type);
            let (ether_type, at) = leave_shim(frame.bytes, before, at);
            let shim = match before {
                _ if before == ether_type => None,
                EtherType::PppoeSession => Some(Tunnel::Pppoe),
                EtherType::Mpls | EtherType::MplsUpstream => Some(Tunnel::Mpls),
                EtherType::Backbone => Some(Tunnel::Pbb),
                _ => None,
            };
            return Ok(Inner {
                ether_type,
                vlan,
                shim,
                fault: None,
                header_length: at,
                packet: frame.skip(at),
            });
        }
        let (Some(tag), Some(next)) = (u16_at(frame.bytes, at), u16_at(frame.bytes, at + 2)) else {
            return Err(frame.too_short(at + 4, Layer::Link, "link-vlan-tag-truncated"));
        };
        vlan = vlan.or(Some(tag & 0x0fff));
        (ether_type, at) = (next, at + 4);
    }
    Err(Fault::new(Layer::Link, "link-vlan-too-deep", at))
}

/// Steps over what may stand between EtherType and packet; where it leads to no IP packet, its own EtherType stays.
#[inline]
fn leave_shim(bytes: &[u8], ether_type: EtherType, at: usize) -> (EtherType, usize) {
    let inner = match ether_type {
        EtherType::PppoeSession => ppp::leave_pppoe(bytes, at),
        EtherType::Ppp => ppp::leave(bytes, at),
        EtherType::Mpls | EtherType::MplsUpstream => leave_mpls(bytes, at),
        // Priority, flags and service, then a whole frame (802.1ah).
        EtherType::Backbone => Some((EtherType::Bridging, at + 4)),
        // Below 0x0600 the field is a length (802.3): an LLC header follows, and with SNAP the EtherType after it.
        _ if ether_type.code() < 0x0600 => match bytes.get(at..) {
            Some([0xaa, 0xaa, 0x03, 0, 0, 0, high, low, ..]) => {
                let inner = EtherType::from_code(u16::from_be_bytes([*high, *low]));
                Some((inner, at + 8))
            }
            _ => Some((EtherType::Llc, at)),
        },
        _ => None,
    };
    inner.unwrap_or((ether_type, at))
}

/// MPLS labels (RFC 3032 §2.1), 4 bytes each, to the one at the bottom of the stack. What follows is told by nothing but its first
/// nibble: an IP version, or the 0 of a pseudowire's control word (RFC 4385), behind which an Ethernet frame is the usual thing.
fn leave_mpls(bytes: &[u8], at: usize) -> Option<(EtherType, usize)> {
    let bottom = (0..MPLS_DEPTH).find(|label| {
        let traffic_class = bytes.get(at + label * 4 + 2);
        traffic_class.is_some_and(|byte| byte & 0x01 != 0)
    })?;
    let end = at + (bottom + 1) * 4;
    let rest = bytes.get(end..)?;
    if rest.first()? >> 4 == 0 {
        let frame_type = EtherType::from_code(u16_at(rest, 4 + 12)?);
        let is_frame = frame_type.name().is_some() && frame_type.code() >= 0x0600;
        return is_frame.then_some((EtherType::Bridging, end + 4));
    }
    Some((ip_version(rest)?, end))
}

/// Which IP packet starts here, by its first nibble.
fn ip_version(bytes: &[u8]) -> Option<EtherType> {
    match bytes.first()? >> 4 {
        4 => Some(EtherType::Ipv4),
        6 => Some(EtherType::Ipv6),
        _ => None,
    }
}

/// Is this EtherType a tag (802.1Q, 802.1ad and the numbers used before it)?
pub const fn is_vlan_tag(ether_type: u16) -> bool {
    matches!(ether_type, 0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300)
}

/// `AF_INET` is 2 everywhere; `AF_INET6` is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS. NULL writes it in the
/// capturing host's order, and files travel: the order is told by which half is zero.
fn family_ether_type(family: [u8; 4]) -> Result<EtherType, Fault> {
    let big = u32::from_be_bytes(family);
    let number = if big > 0xffff {
        u32::from_le_bytes(family)
    } else {
        big
    };
    match number {
        2 => Ok(EtherType::Ipv4),
        10 | 24 | 28 | 30 => Ok(EtherType::Ipv6),
        _ => Err(Fault::new(Layer::Link, "link-address-family-unknown", 0)),
    }
}

fn cut(frame: Span<'_>, needed: usize) -> Fault {
    frame.too_short(needed, Layer::Link, "link-header-truncated")
}

/// VLAN tags followed before we give up; two are usual, providers stack up to four.
const VLAN_DEPTH: usize = 8;

/// MPLS labels followed before we give up; providers use two or three.
const MPLS_DEPTH: usize = 16;

crate::codepoint! {
    /// EtherType (IEEE 802 Numbers at IANA): which protocol a frame carries.
    pub enum EtherType: u16 {
        /// No EtherType: an 802.3 length, with an LLC header behind (spanning tree, say). The number is Linux's `ETH_P_802_2`.
        Llc = 0x0004 => "LLC",
        /// No EtherType: an 802.11 frame without data (a beacon, say). The number is Linux's `ETH_P_80211_RAW`.
        WlanManagement = 0x0019 => "802.11 management",
        /// Internet Protocol version 4.
        Ipv4 = 0x0800 => "IPv4",
        /// Address Resolution Protocol.
        Arp = 0x0806 => "ARP",
        /// Wake-on-LAN.
        WakeOnLan = 0x0842 => "Wake-on-LAN",
        /// Transparent Ethernet bridging: a frame inside.
        Bridging = 0x6558 => "Transparent Ethernet Bridging",
        /// Reverse ARP.
        Rarp = 0x8035 => "RARP",
        /// 802.1Q tag.
        Vlan = 0x8100 => "VLAN",
        /// Internet Protocol version 6.
        Ipv6 = 0x86dd => "IPv6",
        /// Ethernet flow control (pause frames).
        FlowControl = 0x8808 => "Ethernet flow control",
        /// Slow protocols: LACP.
        Slow = 0x8809 => "LACP",
        /// PPP, as PPTP carries it in GRE; here also PPP's own control protocols.
        Ppp = 0x880b => "PPP",
        /// MPLS unicast.
        Mpls = 0x8847 => "MPLS",
        /// MPLS with upstream-assigned label.
        MplsUpstream = 0x8848 => "MPLS multicast",
        /// PPPoE discovery.
        PppoeDiscovery = 0x8863 => "PPPoE discovery",
        /// PPPoE session.
        PppoeSession = 0x8864 => "PPPoE session",
        /// Port authentication, 802.1X.
        Eapol = 0x888e => "EAPOL",
        /// Provider tag, 802.1ad.
        ProviderVlan = 0x88a8 => "QinQ",
        /// Provider backbone tag, 802.1ah.
        Backbone = 0x88e7 => "802.1ah",
        /// Link Layer Discovery Protocol.
        Lldp = 0x88cc => "LLDP",
        /// MAC security, 802.1AE: the rest is encrypted or authenticated.
        Macsec = 0x88e5 => "MACsec",
        /// Precision Time Protocol.
        Ptp = 0x88f7 => "PTP",
        /// Configuration test (loopback).
        Loopback = 0x9000 => "Loopback",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        link: LinkType,
        bytes: &[u8],
        expected: Result<(EtherType, Option<u16>, usize), &str>,
    ) {
        let got = strip(link, Span::whole(bytes))
            .map(|inner| (inner.ether_type, inner.vlan, inner.header_length))
            .map_err(|fault| fault.name);
        assert_eq!(got, expected);
    }

    fn ethernet(tail: &[u8]) -> Vec<u8> {
        [&[0; 12], tail].concat()
    }

    #[test]
    fn an_ethernet_header_leads_to_its_ether_type() {
        check(
            LinkType::Ethernet,
            &ethernet(&[0x08, 0x00]),
            Ok((EtherType::Ipv4, None, 14)),
        );
        check(LinkType::Ethernet, &[0; 13], Err("link-header-truncated"));
    }

    #[test]
    fn tags_are_followed_and_the_outer_one_is_kept() {
        let tagged = ethernet(&[0x88, 0xa8, 0xe0, 0x05, 0x81, 0x00, 0x00, 0x07, 0x86, 0xdd]);
        check(
            LinkType::Ethernet,
            &tagged,
            Ok((EtherType::Ipv6, Some(5), 22)),
        );
        check(
            LinkType::Ethernet,
            &tagged[..17],
            Err("link-vlan-tag-truncated"),
        );
        let endless = ethernet(&[0x81, 0x00].repeat(40));
        check(LinkType::Ethernet, &endless, Err("link-vlan-too-deep"));
    }

    #[test]
    fn snap_carries_an_ether_type_and_other_llc_is_named() {
        let snap = ethernet(&[0x00, 0x30, 0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00]);
        check(LinkType::Ethernet, &snap, Ok((EtherType::Ipv4, None, 22)));
        let spanning_tree = ethernet(&[0x00, 0x26, 0x42, 0x42, 0x03]);
        check(
            LinkType::Ethernet,
            &spanning_tree,
            Ok((EtherType::Llc, None, 14)),
        );
    }

    #[test]
    fn shims_lead_to_the_packet_behind_them() {
        let pppoe =
            |tail: &[u8]| ethernet(&[&[0x88, 0x64, 0x11, 0, 0, 7, 0, 22][..], tail].concat());
        check(
            LinkType::Ethernet,
            &pppoe(&[0, 0x21]),
            Ok((EtherType::Ipv4, None, 22)),
        );
        check(
            LinkType::Ethernet,
            &pppoe(&[0, 0x57]),
            Ok((EtherType::Ipv6, None, 22)),
        );
        check(
            LinkType::Ethernet,
            &pppoe(&[0xc0, 0x21]),
            Ok((EtherType::PppoeSession, None, 14)),
        );
        let labels = ethernet(&[0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64, 0x45]);
        check(LinkType::Ethernet, &labels, Ok((EtherType::Ipv4, None, 22)));
        check(
            LinkType::Ethernet,
            &labels[..22],
            Ok((EtherType::Mpls, None, 14)),
        );
    }

    #[test]
    fn cooked_captures_keep_the_protocol_at_the_end_or_the_start() {
        let mut v1 = [0; 16];
        v1[14..].copy_from_slice(&[0x08, 0x00]);
        check(LinkType::LinuxSll, &v1, Ok((EtherType::Ipv4, None, 16)));
        let mut v2 = [0; 20];
        v2[..2].copy_from_slice(&[0x86, 0xdd]);
        check(LinkType::LinuxSll2, &v2, Ok((EtherType::Ipv6, None, 20)));
        check(LinkType::LinuxSll2, &v2[..19], Err("link-header-truncated"));
    }

    #[test]
    fn a_loopback_family_reads_in_either_byte_order() {
        check(
            LinkType::Null,
            &[2, 0, 0, 0],
            Ok((EtherType::Ipv4, None, 4)),
        );
        check(
            LinkType::Null,
            &[0, 0, 0, 30],
            Ok((EtherType::Ipv6, None, 4)),
        );
        check(
            LinkType::Loop,
            &[0, 0, 0, 24],
            Ok((EtherType::Ipv6, None, 4)),
        );
        check(
            LinkType::Null,
            &[7, 0, 0, 0],
            Err("link-address-family-unknown"),
        );
    }

    #[test]
    fn raw_packets_tell_their_version() {
        check(LinkType::RawIp, &[0x45], Ok((EtherType::Ipv4, None, 0)));
        check(LinkType::RawIp, &[0x60], Ok((EtherType::Ipv6, None, 0)));
        check(LinkType::RawIp, &[0x10], Err("link-ip-version-unknown"));
        check(LinkType::RawIp, &[], Err("link-header-truncated"));
        check(LinkType::Ipv4, &[0x60], Ok((EtherType::Ipv6, None, 0)));
    }
}
