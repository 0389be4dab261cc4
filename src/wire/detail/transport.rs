//! The trees of UDP, TCP and ICMP headers.

use std::ops::Range;

use etherparse::TcpOptionElement;
use etherparse::TcpOptionsIterator;

use crate::wire::detail::Field;
use crate::wire::detail::Mark;
use crate::wire::detail::checksum;
use crate::wire::detail::frame;
use crate::wire::icmp;
use crate::wire::ip::Header;
use crate::wire::ip::Protocol;
use crate::wire::link::EtherType;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::span::Span;
use crate::wire::stun;
use crate::wire::tcp;
use crate::wire::udp;

/// UDP's header at byte `start`; `whole` unless this is the first piece of a fragmented packet.
pub(super) fn udp(ip: &Header, span: Span<'_>, start: usize, whole: bool) -> Option<Field> {
    let (datagram, _) = udp::split(ip, span).ok()?;
    let at = |from: usize, to: usize| start + from..start + to;
    let (from, to) = (datagram.source.port, datagram.destination.port);
    let length = datagram.payload_length();
    let end = span.bytes.len().min(8 + length);
    let sum = u16_at(span.bytes, 6)?;
    let checked = whole && datagram.cut_bytes == 0;
    let covered = span.bytes.get(..end).filter(|_| checked);
    let checksum = match sum {
        0 => Field::new("checksum", "none", at(6, 8)),
        _ => transport_checksum(ip, covered, sum, at(6, 8)),
    };
    let mut tree = Field::new("UDP", format!("{from} → {to}, {length} bytes"), at(0, 8));
    tree.children = vec![
        Field::new("source port", from.to_string(), at(0, 2)),
        Field::new("destination port", to.to_string(), at(2, 4)),
        Field::new(
            "length",
            format!("{} bytes with this header", u16_at(span.bytes, 4)?),
            at(4, 6),
        ),
        checksum,
    ];
    Some(tree)
}

/// TCP's header at byte `start`.
pub(super) fn tcp(ip: &Header, span: Span<'_>, start: usize, whole: bool) -> Option<Field> {
    let (segment, _) = tcp::split(ip, span).ok()?;
    let at = |from: usize, to: usize| start + from..start + to;
    let (from, to) = (segment.source.port, segment.destination.port);
    let flags = segment.flags.names().collect::<Vec<_>>().join(" ");
    let end = 20 + segment.options.len();
    let sum = u16_at(span.bytes, 16)?;
    let checked = whole && segment.cut_bytes == 0 && span.missing() == 0;
    let length = segment.payload_length();
    let mut tree = Field::new(
        "TCP",
        format!("{from} → {to} [{flags}], {length} bytes"),
        at(0, end),
    );
    tree.children = vec![
        Field::new("source port", from.to_string(), at(0, 2)),
        Field::new("destination port", to.to_string(), at(2, 4)),
        Field::new("sequence number", segment.sequence.to_string(), at(4, 8)),
        Field::new(
            "acknowledgment number",
            segment.acknowledgment.to_string(),
            at(8, 12),
        ),
        Field::new(
            "data offset",
            format!("{} bytes", (u8_at(span.bytes, 12)? >> 4) * 4),
            at(12, 13),
        ),
        Field::new("flags", flags, at(13, 14)),
        Field::new(
            "window",
            format!("{}, unscaled", segment.window),
            at(14, 16),
        ),
        transport_checksum(ip, Some(span.bytes).filter(|_| checked), sum, at(16, 18)),
        Field::new(
            "urgent pointer",
            u16_at(span.bytes, 18)?.to_string(),
            at(18, 20),
        ),
    ];
    if !segment.options.is_empty() {
        tree.children.push(options(segment.options, start + 20));
    }
    Some(tree)
}

fn options(bytes: &[u8], start: usize) -> Field {
    let mut tree = Field::new("options", "", start..start + bytes.len());
    let mut walk = TcpOptionsIterator::from_slice(bytes);
    let mut before = walk.rest().len();
    while let Some(option) = walk.next() {
        let after = walk.rest().len();
        let range = start + bytes.len() - before..start + bytes.len() - after;
        before = after;
        let (name, value) = match option {
            Ok(TcpOptionElement::Noop) => continue,
            Ok(TcpOptionElement::MaximumSegmentSize(size)) => {
                ("maximum segment size", format!("{size} bytes"))
            }
            Ok(TcpOptionElement::WindowScale(shift)) => {
                ("window scale", format!("shift by {shift}"))
            }
            Ok(TcpOptionElement::SelectiveAcknowledgementPermitted) => {
                ("selective acknowledgment permitted", String::new())
            }
            Ok(TcpOptionElement::SelectiveAcknowledgement(first, more)) => {
                let blocks: Vec<_> = [Some(first)]
                    .into_iter()
                    .chain(more)
                    .flatten()
                    .map(|(l, r)| format!("{l}–{r}"))
                    .collect();
                ("selective acknowledgment", blocks.join(", "))
            }
            Ok(TcpOptionElement::Timestamp(value, echo)) => {
                ("timestamp", format!("{value}, echo {echo}"))
            }
            Err(_) => {
                let rest = start + bytes.len() - before..start + bytes.len();
                tree.children
                    .push(Field::new("other options", "not read", rest));
                break;
            }
        };
        tree.children.push(Field::new(name, value, range));
    }
    tree
}

/// ICMP's header at byte `start`, and the trees of what it quotes.
pub(super) fn icmp(protocol: Protocol, span: Span<'_>, start: usize) -> Vec<Field> {
    let (version, name, kind) = match protocol {
        Protocol::Icmpv6 => (icmp::Version::V6, "ICMPv6", EtherType::Ipv6),
        _ => (icmp::Version::V4, "ICMP", EtherType::Ipv4),
    };
    let Ok((message, _)) = icmp::split(version, span) else {
        return Vec::new();
    };
    let at = |from: usize, to: usize| start + from..start + to;
    let mut tree = Field::new(name, message.name(), at(0, 8)).with([
        Field::new("type", message.kind.to_string(), at(0, 1)),
        Field::new("code", message.code.to_string(), at(1, 2)),
        Field::new(
            "checksum",
            format!("{:#06x}", u16_at(span.bytes, 2).unwrap_or_default()),
            at(2, 4),
        ),
    ]);
    if let Some(mtu) = message.next_hop_mtu() {
        tree.children
            .push(Field::new("next-hop MTU", format!("{mtu} bytes"), at(4, 8)));
    }
    let mut fields = vec![tree];
    if let Some(quote) = message.quote {
        let first = fields.len();
        let packet = Span::new(message.body, usize::from(u16::MAX));
        frame::network(&mut fields, packet, start + 8, kind);
        if let Ok(message) = stun::Message::new_cut(quote.payload)
            && message.cookie() == stun::message::COOKIE
        {
            let offset = frame::range_of(span.bytes, quote.payload).start;
            fields.push(stun::detail(&message, start + offset));
        }
        for field in fields.iter_mut().skip(first) {
            field.name.push_str(" (quoted)");
        }
    }
    fields
}

/// A checksum over `covered` with the pseudo header; not checked when that is not all there.
fn transport_checksum(ip: &Header, covered: Option<&[u8]>, sum: u16, range: Range<usize>) -> Field {
    match covered.map(|segment| checksum::with_pseudo_header(ip, segment)) {
        None => Field::new(
            "checksum",
            format!("{sum:#06x}, not checked: bytes are missing"),
            range,
        ),
        Some(0) => Field::new("checksum", format!("{sum:#06x}, good"), range).marked(Mark::Good),
        Some(_) => Field::new("checksum", checksum::unfit(sum), range),
    }
}
