//! The tree of a link-layer header.

use crate::vocab::frame::LinkType;
use crate::wire::capture_header;
use crate::wire::detail::Field;
use crate::wire::detail::wlan;
use crate::wire::link::EtherType;
use crate::wire::link::is_vlan_tag;
use crate::wire::read::chunk_at;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;
use crate::wire::span::Span;

/// The headers of a frame whose network packet starts at byte `end`; none for links without a header.
pub(super) fn trees(link: LinkType, data: &[u8], end: usize) -> Vec<Field> {
    let mut trees = Vec::new();
    let (mut link, mut at) = (link, 0);
    if capture_header::precedes(link)
        && let Ok((inner, length)) = capture_header::leave(link, Span::whole(data))
        && length <= end
    {
        let name = format!("{} header", link.name());
        trees.push(Field::new(name, "by the capturing program", 0..length));
        (link, at) = (inner, length);
    }
    let tree = tree(link, data.get(at..).unwrap_or_default(), end - at);
    trees.extend(tree.map(|tree| tree.shifted(at)));
    trees
}

fn tree(link: LinkType, data: &[u8], end: usize) -> Option<Field> {
    match link {
        LinkType::Ethernet => ethernet(data, end),
        LinkType::LinuxSll => cooked_v1(data, end),
        LinkType::LinuxSll2 => cooked_v2(data, end),
        LinkType::Null | LinkType::Loop => {
            let family = chunk_at::<4>(data, 0)?;
            let value = format!("{family:02x?}");
            Some(Field::new("Loopback", "", 0..4).with([Field::new("address family", value, 0..4)]))
        }
        LinkType::Wlan => wlan::tree(data, end),
        LinkType::RawIp | LinkType::Ipv4 | LinkType::Ipv6 => None,
        _ if end == 0 => None,
        link => Some(Field::new(link.name(), "", 0..end)),
    }
}

fn ethernet(data: &[u8], end: usize) -> Option<Field> {
    let (to, from) = (mac(data, 0)?, mac(data, 6)?);
    let mut tree = Field::new("Ethernet", format!("{from} → {to}"), 0..end);
    tree.children = vec![
        Field::new("destination", to, 0..6),
        Field::new("source", from, 6..12),
    ];
    push_types(&mut tree, data, 12, end);
    Some(tree)
}

/// `LINKTYPE_LINUX_SLL`: what a capture on Linux's "any" device has in place of the real header.
fn cooked_v1(data: &[u8], end: usize) -> Option<Field> {
    let mut tree = Field::new("Linux cooked capture", direction(u16_at(data, 0)?), 0..end);
    tree.children = vec![
        Field::new("packet type", direction(u16_at(data, 0)?), 0..2),
        Field::new("ARPHRD type", u16_at(data, 2)?.to_string(), 2..4),
        Field::new("address", mac(data, 6)?, 6..12),
    ];
    push_types(&mut tree, data, 14, end);
    Some(tree)
}

/// `LINKTYPE_LINUX_SLL2`: as the first version, with the interface.
fn cooked_v2(data: &[u8], end: usize) -> Option<Field> {
    let kind = direction(u8_at(data, 10)?.into());
    let mut tree = Field::new("Linux cooked capture v2", kind.clone(), 0..end);
    tree.children = vec![
        Field::new("interface index", u32_at(data, 4)?.to_string(), 4..8),
        Field::new("ARPHRD type", u16_at(data, 8)?.to_string(), 8..10),
        Field::new("packet type", kind, 10..11),
        Field::new("address", mac(data, 12)?, 12..18),
        Field::new("type", type_words(u16_at(data, 0)?), 0..2),
    ];
    Some(tree)
}

/// The EtherType at `at`, with the tags before the one that counts.
fn push_types(tree: &mut Field, data: &[u8], mut at: usize, end: usize) {
    while let Some(ether_type) = u16_at(data, at) {
        if at + 2 > end {
            return;
        }
        match u16_at(data, at + 2) {
            Some(tag) if is_vlan_tag(ether_type) && at + 4 <= end => {
                let value = format!("{}, priority {}", tag & 0x0fff, tag >> 13);
                tree.children.push(Field::new("VLAN", value, at..at + 4));
                at += 4;
            }
            _ => {
                tree.children
                    .push(Field::new("type", type_words(ether_type), at..at + 2));
                if at + 2 < end {
                    let name = match EtherType::from_code(ether_type) {
                        EtherType::PppoeSession => "PPPoE session and PPP",
                        EtherType::Mpls | EtherType::MplsUpstream => "MPLS labels",
                        _ => "LLC and SNAP",
                    };
                    tree.children.push(Field::new(name, "", at + 2..end));
                }
                return;
            }
        }
    }
}

fn type_words(ether_type: u16) -> String {
    match EtherType::from_code(ether_type).name() {
        _ if ether_type < 0x0600 => format!("{ether_type}: a length, LLC follows"),
        Some(name) => format!("{ether_type:#06x} {name}"),
        None => format!("{ether_type:#06x}"),
    }
}

/// Linux's packet types: which way the capturing host saw the packet go.
fn direction(kind: u16) -> String {
    match kind {
        0 => "to this host".into(),
        1 => "broadcast".into(),
        2 => "multicast".into(),
        3 => "to another host".into(),
        4 => "from this host".into(),
        other => format!("packet type {other}"),
    }
}

pub(super) fn mac(data: &[u8], at: usize) -> Option<String> {
    let bytes: [u8; 6] = chunk_at(data, at)?;
    Some(bytes.map(|byte| format!("{byte:02x}")).join(":"))
}
