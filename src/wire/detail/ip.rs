//! The tree of an IP header.

use std::net::IpAddr;

use crate::wire::detail::Field;
use crate::wire::detail::Mark;
use crate::wire::detail::checksum;
use crate::wire::ip::Datagram;
use crate::wire::ip::Protocol;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;

/// The header of the packet `bytes`, which starts at byte `start` of the frame; `length` counts options and extension headers in.
pub(super) fn tree(bytes: &[u8], start: usize, length: usize, datagram: &Datagram<'_>) -> Field {
    let header = &datagram.header;
    let (name, children) = match header.source {
        IpAddr::V4(_) => ("IPv4", v4(bytes, start, length, datagram)),
        IpAddr::V6(_) => ("IPv6", v6(bytes, start, length, datagram)),
    };
    let mut tree = Field::new(
        name,
        format!("{} → {}", header.source, header.destination),
        start..start + length,
    );
    tree.children = children.unwrap_or_default();
    if let Some(fragment) = datagram.fragment {
        let more = if fragment.more {
            "more follow"
        } else {
            "the last"
        };
        tree.children.push(Field::new(
            "fragment",
            format!(
                "id {:#x}, from byte {}, {more}",
                fragment.identification, fragment.offset
            ),
            start..start + length,
        ));
    }
    tree
}

fn v4(bytes: &[u8], start: usize, length: usize, datagram: &Datagram<'_>) -> Option<Vec<Field>> {
    let at = |from: usize, to: usize| start + from..start + to;
    let header = &datagram.header;
    let words = u8_at(bytes, 0)? & 0x0f;
    let total = match u16_at(bytes, 2)? {
        0 => "0: to be filled in by the network card (segmentation offload)".to_owned(),
        total => format!("{total} bytes"),
    };
    let fragmenting = u16_at(bytes, 6)?;
    let flags = match fragmenting >> 13 & 0b011 {
        0b00 => "none",
        0b01 => "more fragments",
        0b10 => "don't fragment",
        _ => "don't fragment, more fragments",
    };
    let sum = u16_at(bytes, 10)?;
    let checksum = match checksum::of(&[bytes.get(..usize::from(words) * 4)?]) {
        0 => Field::new("header checksum", format!("{sum:#06x}, good"), at(10, 12))
            .marked(Mark::Good),
        _ => Field::new("header checksum", checksum::unfit(sum), at(10, 12)),
    };
    let mut fields = vec![
        Field::new("version", "4", at(0, 1)),
        Field::new(
            "header length",
            format!("{} bytes = {words} · 4", usize::from(words) * 4),
            at(0, 1),
        ),
        Field::new("DSCP", dscp(header.dscp), at(1, 2)),
        Field::new("ECN", ecn(header.ecn), at(1, 2)),
        Field::new("total length", total, at(2, 4)),
        Field::new(
            "identification",
            format!("{:#06x}", u16_at(bytes, 4)?),
            at(4, 6),
        ),
        Field::new("flags", flags, at(6, 7)),
        Field::new(
            "fragment offset",
            format!("{} bytes", u32::from(fragmenting & 0x1fff) * 8),
            at(6, 8),
        ),
        Field::new("time to live", header.hop_limit.to_string(), at(8, 9)),
        Field::new("protocol", protocol(header.protocol), at(9, 10)),
        checksum,
        Field::new("source", header.source.to_string(), at(12, 16)),
        Field::new("destination", header.destination.to_string(), at(16, 20)),
    ];
    if length > 20 {
        fields.push(Field::new(
            "options",
            format!("{} bytes", length - 20),
            at(20, length),
        ));
    }
    Some(fields)
}

fn v6(bytes: &[u8], start: usize, length: usize, datagram: &Datagram<'_>) -> Option<Vec<Field>> {
    let at = |from: usize, to: usize| start + from..start + to;
    let header = &datagram.header;
    let mut fields = vec![
        Field::new("version", "6", at(0, 1)),
        Field::new("DSCP", dscp(header.dscp), at(0, 2)),
        Field::new("ECN", ecn(header.ecn), at(1, 2)),
        Field::new(
            "flow label",
            format!("{:#07x}", u32_at(bytes, 0)? & 0x000f_ffff),
            at(1, 4),
        ),
        Field::new(
            "payload length",
            format!("{} bytes", u16_at(bytes, 4)?),
            at(4, 6),
        ),
        Field::new(
            "next header",
            protocol(Protocol::from_code(u8_at(bytes, 6)?)),
            at(6, 7),
        ),
        Field::new("hop limit", header.hop_limit.to_string(), at(7, 8)),
        Field::new("source", header.source.to_string(), at(8, 24)),
        Field::new("destination", header.destination.to_string(), at(24, 40)),
    ];
    if length > 40 {
        let value = format!("{} bytes, then {}", length - 40, protocol(header.protocol));
        fields.push(Field::new("extension headers", value, at(40, length)));
    }
    Some(fields)
}

fn protocol(protocol: Protocol) -> String {
    match protocol.name() {
        Some(name) => format!("{} {name}", protocol.code()),
        None => protocol.code().to_string(),
    }
}

/// The code points that browsers set for media (RFC 8837 §5), and their names.
fn dscp(value: u8) -> String {
    let name = match value {
        0 => "default",
        1 => "LE: lower effort",
        8 => "CS1: low priority",
        34 => "AF41: interactive video, high",
        36 => "AF42: interactive video",
        46 => "EF: voice",
        48 => "CS6: network control",
        _ => return value.to_string(),
    };
    format!("{value} ({name})")
}

const fn ecn(value: u8) -> &'static str {
    match value {
        0 => "0: not ECN-capable",
        1 => "1: ECN-capable, L4S",
        2 => "2: ECN-capable",
        _ => "3: congestion experienced",
    }
}
