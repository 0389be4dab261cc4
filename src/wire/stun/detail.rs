//! The decode tree of a STUN message: every attribute explained, XOR'd addresses with their arithmetic.

use std::ops::Range;

use crate::wire::detail::Field;
use crate::wire::detail::Mark;
use crate::wire::detail::hex;
use crate::wire::read::u16_at;
use crate::wire::stun::explain;
use crate::wire::stun::message::Attribute;
use crate::wire::stun::message::COOKIE;
use crate::wire::stun::message::HEADER;
use crate::wire::stun::message::Message;
use crate::wire::stun::registry::Class;

/// The tree of a message that starts at byte `base` of the frame.
///
/// ```text
/// STUN  Binding success response
///   type            0x0101: Binding, success response
///   length          44 bytes of attributes
///   magic cookie    0x2112a442
///   transaction id  6f4a61…
///   XOR-MAPPED-ADDRESS  203.0.113.101:29181
///     family    IPv4
///     port      29181 = 0x50ef ⊕ 0x2112
///     address   203.0.113.101 = 0xea12d527 ⊕ 0x2112a442
///   FINGERPRINT  good: 0x5f4c5c2d
/// ```
pub fn detail(message: &Message<'_>, base: usize) -> Field {
    let at = |range: Range<usize>| base + range.start..base + range.end;
    let bytes = message.bytes();
    let mut tree = Field::new("STUN", title(message), at(0..bytes.len()));
    tree.children.extend(header(message, base));
    tree.children
        .extend(message.attributes().map(|a| attribute(message, &a, base)));
    for fault in message.faults() {
        if !message.attributes().any(|a| a.fault == Some(fault)) {
            let end = bytes.len().max(fault.offset);
            tree.children
                .push(Field::fault(fault.name, at(fault.offset..end)));
        }
    }
    if !message.trailing().is_empty() {
        let range = bytes.len()..bytes.len() + message.trailing().len();
        let value = format!("{} bytes after the message", message.trailing().len());
        tree.range.end = base + range.end;
        tree.children
            .push(Field::new("trailing bytes", value, at(range)));
    }
    tree
}

/// `Binding success response`, `Allocate error response 401 Unauthenticated`.
fn title(message: &Message<'_>) -> String {
    let method = match message.method().name() {
        Some(name) => name.to_owned(),
        None => format!("method {:#05x}", message.method().code()),
    };
    let class = class_words(message.class());
    let classic = if message.is_classic() {
        ", RFC 3489 without cookie"
    } else {
        ""
    };
    match message.error_code() {
        Some(error) if message.class() == Class::Error => {
            let name = error.code.name().unwrap_or("unknown");
            format!("{method} {class} {} {name}{classic}", error.code.code())
        }
        _ => format!("{method} {class}{classic}"),
    }
}

const fn class_words(class: Class) -> &'static str {
    match class {
        Class::Request => "request",
        Class::Indication => "indication",
        Class::Success => "success response",
        Class::Error => "error response",
    }
}

fn header(message: &Message<'_>, base: usize) -> [Field; 4] {
    let kind = u16_at(message.bytes(), 0).unwrap_or_default();
    let method = message.method();
    let cookie = match message.cookie() {
        COOKIE => format!("{COOKIE:#010x}"),
        other => format!("{other:#010x}: none, part of the RFC 3489 transaction id"),
    };
    [
        Field::new(
            "type",
            format!(
                "{kind:#06x}: method {:#05x} {}, class {}",
                method.code(),
                method.name().unwrap_or("unknown"),
                class_words(message.class())
            ),
            base..base + 2,
        ),
        Field::new(
            "length",
            format!("{} bytes of attributes", message.length()),
            base + 2..base + 4,
        ),
        Field::new("magic cookie", cookie, base + 4..base + 8),
        Field::new(
            "transaction id",
            hex(&message.transaction_id(), 12),
            base + 8..base + HEADER,
        ),
    ]
}

fn attribute(message: &Message<'_>, attribute: &Attribute<'_>, base: usize) -> Field {
    let start = base + attribute.offset;
    let value_at = start + 4;
    let end = value_at + attribute.value.len();
    let mut field = Field::new(attribute.kind.label(), "", start..end);
    (field.value, field.mark) = explain::value(message, attribute);
    field.children = explain::parts(message, attribute, value_at);
    if attribute.kind.name().is_none() {
        let text = if attribute.kind.is_comprehension_required() {
            "unknown here; a receiver that does not know it must refuse the request"
        } else {
            "unknown here; a receiver that does not know it ignores it"
        };
        field
            .children
            .push(Field::new("type", text, start..start + 2));
    }
    if let Some(fault) = attribute.fault {
        field.mark = Mark::Bad;
        field.children.push(Field::fault(fault.name, start..end));
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::stun::samples;

    /// `name: value` of each line, indented.
    fn render(field: &Field, depth: usize, into: &mut Vec<String>) {
        into.push(format!(
            "{}{}: {}",
            "  ".repeat(depth),
            field.name,
            field.value
        ));
        for child in &field.children {
            render(child, depth + 1, into);
        }
    }

    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        render(&detail(&Message::new(bytes).unwrap(), 42), 0, &mut lines);
        lines
    }

    #[test]
    fn an_xored_address_shows_its_arithmetic() {
        let lines = lines(&samples::response_v4());
        assert_eq!(lines[0], "STUN: Binding success response");
        assert_eq!(
            lines[1],
            "  type: 0x0101: method 0x001 Binding, class success response"
        );
        let at = lines
            .iter()
            .position(|l| l.starts_with("  XOR-MAPPED"))
            .unwrap();
        assert_eq!(
            lines[at..at + 4],
            [
                "  XOR-MAPPED-ADDRESS: 192.0.2.1:32853",
                "    family: IPv4",
                "    port: 32853 = 0xa147 ⊕ 0x2112",
                "    address: 192.0.2.1 = 0xe112a643 ⊕ 0x2112a442",
            ]
        );
        assert_eq!(lines.last().unwrap(), "  FINGERPRINT: good: 0xc07d4c96");
    }

    #[test]
    fn ranges_count_from_the_start_of_the_frame() {
        let bytes = samples::request();
        let tree = detail(&Message::new(&bytes).unwrap(), 42);
        assert_eq!(tree.range, 42..150);
        assert_eq!(
            tree.at(42 + 50).map(|f| f.name.as_str()),
            Some("ICE-CONTROLLED")
        );
        let username = tree.children.iter().find(|f| f.name == "USERNAME").unwrap();
        assert_eq!(username.children[1].value, "h6vY");
        let sender = username.children[1].range.clone();
        assert_eq!(&bytes[sender.start - 42..sender.end - 42], b"h6vY");
    }

    #[test]
    fn a_broken_attribute_is_marked() {
        let mut bytes = samples::request();
        bytes[23] = 0xff;
        let tree = detail(&Message::new(&bytes).unwrap(), 0);
        let software = tree.children.iter().find(|f| f.name == "SOFTWARE").unwrap();
        assert_eq!(software.mark, Mark::Bad);
        assert_eq!(
            software.children.last().unwrap().value,
            "stun-attribute-overruns"
        );
    }
}
