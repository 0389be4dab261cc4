//! The trees of a frame's lower layers: link, IP, and UDP, TCP or ICMP.

use std::ops::Range;

use crate::vocab::encapsulation::Encapsulation;
use crate::vocab::encapsulation::Tunnel;
use crate::vocab::frame::LinkType;
use crate::wire::detail::Field;
use crate::wire::detail::Mark;
use crate::wire::detail::ip;
use crate::wire::detail::link;
use crate::wire::detail::transport;
use crate::wire::ip::Protocol;
use crate::wire::link::EtherType;
use crate::wire::link::Inner;
use crate::wire::link::follow;
use crate::wire::link::strip;
use crate::wire::packet::Body;
use crate::wire::packet::Packet;
use crate::wire::packet::decode;
use crate::wire::span::Span;
use crate::wire::tunnel;
use crate::wire::tunnel::Opened;

/// A frame's lower layers, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layers<'a> {
    /// A tree per layer, outermost first.
    pub fields: Vec<Field>,
    /// Bytes of the frame that the innermost layer carries: a UDP datagram's data, a TCP segment's. Empty when there is none.
    pub payload: Range<usize>,
    /// The frame as [`decode`] sees it.
    pub packet: Packet<'a>,
}

/// Explains the lower layers of a captured frame. `original_length` is its length on the wire, bytes.
pub fn layers(link: LinkType, data: &[u8], original_length: u32) -> Layers<'_> {
    let packet = decode(link, data, original_length);
    let mut walk = Walk::new(packet.encapsulation);
    walk.frame(link, Span::new(data, original_length as usize), 0);
    let mut fields = walk.fields;
    let fault = packet.fault.or(match packet.body {
        Body::Unreadable(fault) => Some(fault),
        _ => None,
    });
    if let Some(fault) = fault {
        fields.push(Field::new("fault", fault.to_string(), 0..data.len()).marked(Mark::Bad));
    }
    let payload = match packet.body {
        Body::Udp(udp) => range_of(data, udp.payload),
        Body::Tcp(tcp) => range_of(data, tcp.payload),
        _ => data.len()..data.len(),
    };
    Layers {
        fields,
        payload,
        packet,
    }
}

/// Adds the trees of an IP packet that starts at byte `start` of the frame; tunnels in it stay closed.
pub(super) fn network(fields: &mut Vec<Field>, packet: Span<'_>, start: usize, kind: EtherType) {
    let mut walk = Walk::new(Encapsulation::default());
    walk.network(packet, start, kind);
    fields.append(&mut walk.fields);
}

/// A walk down the layers. What it opens was decided by [`decode`]: a datagram to a tunnel's port may be none.
struct Walk {
    fields: Vec<Field>,
    /// Tunnels still to come, the next one last.
    tunnels: Vec<Tunnel>,
}

impl Walk {
    fn new(encapsulation: Encapsulation) -> Self {
        let mut tunnels: Vec<_> = encapsulation.tunnels().collect();
        tunnels.reverse();
        Self {
            fields: Vec::new(),
            tunnels,
        }
    }

    /// A frame that starts at byte `start`.
    fn frame(&mut self, link: LinkType, frame: Span<'_>, start: usize) {
        let Ok(inner) = strip(link, frame) else {
            return;
        };
        let trees = link::trees(link, frame.bytes, inner.header_length);
        let trees = trees.into_iter().map(|tree| tree.shifted(start));
        self.fields.extend(trees);
        self.inner(&inner, start + inner.header_length);
    }

    /// What a link-layer header led to, at byte `start`.
    fn inner(&mut self, inner: &Inner<'_>, start: usize) {
        if inner.shim.is_some() {
            self.tunnels.pop();
        }
        match inner.ether_type {
            EtherType::Ipv4 | EtherType::Ipv6 => {
                self.network(inner.packet, start, inner.ether_type);
            }
            EtherType::Bridging if inner.shim.is_some() => {
                self.frame(LinkType::Ethernet, inner.packet, start);
            }
            other => self.fields.push(Field::new(
                other
                    .name()
                    .map_or_else(|| format!("EtherType {:#06x}", other.code()), str::to_owned),
                format!("{} bytes, not opened", inner.packet.bytes.len()),
                start..start + inner.packet.bytes.len(),
            )),
        }
    }

    /// An IP packet that starts at byte `start`.
    fn network(&mut self, packet: Span<'_>, start: usize, kind: EtherType) {
        let split = match kind {
            EtherType::Ipv6 => crate::wire::ip::split_v6(packet),
            _ => crate::wire::ip::split_v4(packet),
        };
        let Ok(datagram) = split else {
            return;
        };
        let inner = start + (packet.bytes.len() - after(packet.bytes, datagram.payload.bytes));
        self.fields
            .push(ip::tree(packet.bytes, start, inner - start, &datagram));
        if datagram
            .fragment
            .is_some_and(|fragment| fragment.offset > 0)
        {
            return;
        }
        let whole = datagram.fragment.is_none();
        let (header, payload) = (&datagram.header, datagram.payload);
        match header.protocol {
            Protocol::Udp => {
                self.fields
                    .extend(transport::udp(header, payload, inner, whole));
                if whole && let Ok((udp, _)) = crate::wire::udp::split(header, payload) {
                    let data = Span::new(udp.payload, udp.payload_length());
                    self.tunnel(
                        tunnel::open_udp(udp.source.port, udp.destination.port, data),
                        inner + 8,
                        data,
                    );
                }
            }
            Protocol::Tcp => {
                self.fields
                    .extend(transport::tcp(header, payload, inner, whole));
            }
            Protocol::Icmp | Protocol::Icmpv6 => {
                self.fields
                    .extend(transport::icmp(header.protocol, payload, inner));
            }
            other => {
                let opened = tunnel::open_ip(kind, other, payload).and_then(Result::ok);
                if !whole || !self.tunnel(opened, inner, payload) {
                    self.fields.push(Field::new(
                        other
                            .name()
                            .map_or_else(|| format!("IP protocol {}", other.code()), str::to_owned),
                        format!("{} bytes, not opened", payload.bytes.len()),
                        inner..inner + payload.bytes.len(),
                    ));
                }
            }
        }
    }

    /// A tunnel whose header starts at byte `start`, and what is inside; was it opened?
    fn tunnel(&mut self, opened: Option<Opened<'_>>, start: usize, around: Span<'_>) -> bool {
        let Some(opened) = opened else {
            return false;
        };
        if self.tunnels.last() != Some(&opened.tunnel) {
            return false;
        }
        let length = opened.inside.bytes.len();
        let inside = start + around.bytes.len() - after(around.bytes, opened.inside.bytes);
        if inside > start || opened.id.is_some() {
            let id = opened.id.map_or_else(String::new, |id| format!("{id:#x}"));
            self.fields
                .push(Field::new(opened.tunnel.name(), id, start..inside));
        }
        // Labels are counted where they are taken off.
        if opened.tunnel != Tunnel::Mpls {
            self.tunnels.pop();
        }
        if opened.ether_type == EtherType::Bridging {
            self.frame(LinkType::Ethernet, opened.inside, inside);
        } else if let Ok(inner) = follow(opened.inside, opened.ether_type) {
            let at = length - after(opened.inside.bytes, inner.packet.bytes);
            if at > 0 {
                let shim = inner.shim.map_or("tags", Tunnel::name);
                self.fields.push(Field::new(shim, "", inside..inside + at));
            }
            self.inner(&inner, inside + at);
        }
        true
    }
}

/// Where `part`, a slice of `whole`, lies in it; an empty range at the end when it is empty or no part.
pub fn range_of(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    match start.checked_add(part.len()) {
        Some(end) if end <= whole.len() && !part.is_empty() => start..end,
        _ => whole.len()..whole.len(),
    }
}

/// Bytes of `whole` from the start of `part` on; 0 when `part` is empty.
fn after(whole: &[u8], part: &[u8]) -> usize {
    whole.len() - range_of(whole, part).start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(field: &Field, depth: usize, into: &mut Vec<String>) {
        into.push(format!(
            "{}{}: {} [{}..{}]",
            "  ".repeat(depth),
            field.name,
            field.value,
            field.range.start,
            field.range.end
        ));
        for child in &field.children {
            render(child, depth + 1, into);
        }
    }

    fn lines(layers: &Layers<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        layers
            .fields
            .iter()
            .for_each(|field| render(field, 0, &mut lines));
        lines
    }

    /// VLAN 5, 192.0.2.1:5000 → 192.0.2.2:3478, four bytes.
    fn udp_frame() -> Vec<u8> {
        let mut frame = vec![
            2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0x00, 0x00, 0x05, 0x08, 0x00,
        ];
        frame.extend([
            0x45, 0xb8, 0, 32, 0, 1, 0x40, 0, 64, 17, 0xb6, 0x10, 192, 0, 2, 1, 192, 0, 2, 2,
        ]);
        frame.extend([0x13, 0x88, 0x0d, 0x96, 0, 12, 0, 0, 1, 2, 3, 4]);
        frame
    }

    #[test]
    fn every_header_field_is_named_with_its_bytes() {
        let frame = udp_frame();
        let layers = layers(LinkType::Ethernet, &frame, 50);
        let lines = lines(&layers);
        for expected in [
            "Ethernet: 02:00:00:00:00:02 → 02:00:00:00:00:01 [0..18]",
            "  VLAN: 5, priority 0 [12..16]",
            "  type: 0x0800 IPv4 [16..18]",
            "IPv4: 192.0.2.1 → 192.0.2.2 [18..38]",
            "  DSCP: 46 (EF: voice) [19..20]",
            "  time to live: 64 [26..27]",
            "  header checksum: 0xb610, good [28..30]",
            "UDP: 5000 → 3478, 4 bytes [38..46]",
            "  checksum: none [44..46]",
        ] {
            assert!(
                lines.iter().any(|line| line == expected),
                "{expected} in {lines:#?}"
            );
        }
        assert_eq!(layers.payload, 46..50);
    }

    #[test]
    fn an_icmp_error_shows_the_quoted_packet_and_its_stun() {
        let mut frame = udp_frame();
        frame.drain(12..16);
        frame[23] = 1;
        let mut quoted = udp_frame()[18..46].to_vec();
        quoted.extend([0, 1, 0, 80, 0x21, 0x12, 0xa4, 0x42]);
        quoted.extend([7; 12]);
        (quoted[3], quoted[25]) = (128, 108);
        frame.truncate(34);
        frame.extend([3, 3, 0, 0, 0, 0, 0, 0]);
        frame.extend(&quoted);
        let total = (frame.len() - 14) as u16;
        frame[16..18].copy_from_slice(&total.to_be_bytes());
        let length = frame.len() as u32;
        let layers = layers(LinkType::Ethernet, &frame, length);
        let lines = lines(&layers);
        for expected in [
            "ICMP: port-unreachable [34..42]",
            "IPv4 (quoted): 192.0.2.1 → 192.0.2.2 [42..62]",
            "UDP (quoted): 5000 → 3478, 100 bytes [62..70]",
            "STUN (quoted): Binding request [70..90]",
        ] {
            assert!(
                lines.iter().any(|line| line == expected),
                "{expected} in {lines:#?}"
            );
        }
    }

    /// VXLAN network 7 around [`udp_frame`].
    fn tunnelled() -> Vec<u8> {
        let inner = udp_frame();
        let mut frame = udp_frame();
        frame.truncate(46);
        frame.extend([8, 0, 0, 0, 0, 0, 7, 0]);
        frame.extend(&inner);
        let length = inner.len() + 16;
        frame[20..22].copy_from_slice(&(20 + length as u16).to_be_bytes());
        frame[40..42].copy_from_slice(&4789_u16.to_be_bytes());
        frame[42..44].copy_from_slice(&(length as u16).to_be_bytes());
        frame
    }

    #[test]
    fn a_tunnel_is_shown_between_the_layers_around_it() {
        let frame = tunnelled();
        let layers = layers(LinkType::Ethernet, &frame, frame.len() as u32);
        let names: Vec<_> = layers
            .fields
            .iter()
            .map(|field| (field.name.as_str(), field.range.clone()))
            .collect();
        let expected = [
            ("Ethernet", 0..18),
            ("IPv4", 18..38),
            ("UDP", 38..46),
            ("VXLAN", 46..54),
            ("Ethernet", 54..72),
            ("IPv4", 72..92),
            ("UDP", 92..100),
        ];
        assert_eq!(names, expected);
        assert_eq!(layers.payload, 100..104);
    }

    #[test]
    fn cut_and_flipped_frames_never_panic_and_stay_inside() {
        fn inside(field: &Field, end: usize) {
            assert!(
                field.range.start <= field.range.end && field.range.end <= end,
                "{field:?}"
            );
            field.children.iter().for_each(|child| inside(child, end));
        }
        let links = [
            0, 1, 9, 12, 50, 51, 104, 105, 108, 113, 119, 127, 149, 163, 192, 228, 229, 239, 274,
            276, 284,
        ]
        .map(LinkType::from_number);
        let mut tcp = udp_frame();
        tcp[27] = 6;
        tcp.extend([0; 20]);
        tcp[21] = 52;
        tcp[50] = 0x60;
        let mut icmp = udp_frame();
        icmp[27] = 1;
        icmp[38] = 3;
        icmp.extend(udp_frame().split_off(18));
        icmp[21] = 64;
        let mut v6 = udp_frame();
        v6[16..18].copy_from_slice(&[0x86, 0xdd]);
        v6.truncate(18);
        v6.extend([0x60, 0, 0, 0, 0, 24, 0, 64]);
        v6.extend([0x20; 32]);
        v6.extend([
            44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3, 4, 0, 8, 0, 0,
        ]);
        for sample in [udp_frame(), tcp, icmp, v6, tunnelled()] {
            for end in 0..=sample.len() {
                for link in links {
                    let cut = &sample[..end];
                    layers(link, cut, sample.len() as u32)
                        .fields
                        .iter()
                        .for_each(|f| inside(f, end));
                }
            }
            for bit in 0..sample.len() * 8 {
                let mut flipped = sample.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let layers = layers(LinkType::Ethernet, &flipped, flipped.len() as u32);
                layers
                    .fields
                    .iter()
                    .for_each(|field| inside(field, flipped.len()));
            }
        }
    }
}
