//! Does a row pass?
//!
//! A test reads the row in question. Is it about another kind of row, it reads those of the same call, and passes when one of them does:
//! `stream.packetsLost > 10` finds the calls with such a stream, and the flows of such calls. Joined by `and`, tests on one kind must all be
//! passed by the same row: `stream.kind == video and stream.packetsLost > 10` finds a call whose video lost, not one whose audio did.
//!
//! A packet knows best what it belongs to: its conversation, the stream it is of, its call. Tests on other rows are asked of those alone:
//! `stream.packetsLost > 10` finds the packets of such streams, `call.outcome == failed` all packets of such calls.

use std::net::IpAddr;

use memchr::memmem;

use crate::filter::catalogue;
use crate::filter::catalogue::Field;
use crate::filter::expression::Expression;
use crate::filter::expression::Group;
use crate::filter::expression::Operator;
use crate::filter::literal::Literal;
use crate::filter::packet::Packet;
use crate::filter::rows::Row;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;
use crate::filter::value::Value;
use crate::filter::value::holds;

/// Does `row` pass?
pub fn passes(expression: &Expression, rows: &Rows<'_>, row: Row) -> bool {
    let place = Place {
        rows,
        row,
        packet: None,
        same: None,
    };
    place.passes(expression)
}

/// Does a packet pass?
pub fn passes_packet(expression: &Expression, rows: &Rows<'_>, packet: &Packet<'_>) -> bool {
    let place = Place {
        rows,
        row: Row::Packet,
        packet: Some(packet),
        same: None,
    };
    place.passes(expression)
}

/// What a test is asked of.
#[derive(Clone, Copy)]
struct Place<'a> {
    rows: &'a Rows<'a>,
    /// The row in question.
    row: Row,
    /// The packet, where the row is one.
    packet: Option<&'a Packet<'a>>,
    /// The row of another kind that a conjunction is about.
    same: Option<Row>,
}

impl Place<'_> {
    fn passes(self, expression: &Expression) -> bool {
        match expression {
            Expression::Everything => true,
            Expression::All(groups) => groups.iter().all(|group| self.passes_group(group)),
            Expression::Any(parts) => parts.iter().any(|part| self.passes(part)),
            Expression::Not(part) => !self.passes(part),
            Expression::Compare(field, operator, literal) => {
                self.some_row(field, |value| compare(value, *operator, literal))
            }
            Expression::In(field, literals) => self.some_row(field, |value| {
                let mut literals = literals.iter();
                literals.any(|literal| compare(value, Operator::Equal, literal))
            }),
            Expression::Known(field) => self.some_row(field, |value| !value.each().is_empty()),
            Expression::Search(text) => self.search(text),
        }
    }

    fn passes_group(self, group: &Group) -> bool {
        let all = |place: Self| group.parts.iter().all(|part| place.passes(part));
        match group.row {
            Some(kind) if self.row.kind() != kind && self.same.is_none() => {
                let related = self.related(kind);
                related.into_iter().any(|row| {
                    all(Self {
                        same: Some(row),
                        ..self
                    })
                })
            }
            _ => all(self),
        }
    }

    /// Does one of the rows that `field` is about pass `test`?
    fn some_row(self, field: &Field, test: impl Fn(&Value<'_>) -> bool) -> bool {
        let passes = |row| test(&self.value(field, row));
        match field.row {
            None => passes(self.row),
            Some(kind) if kind == self.row.kind() => passes(self.row),
            Some(kind) => match self.same {
                Some(row) if row.kind() == kind => passes(row),
                _ => self.related(kind).into_iter().any(passes),
            },
        }
    }

    /// What `field` holds in a row, or in the packet.
    fn value<'a>(&'a self, field: &Field, row: Row) -> Value<'a> {
        match (row, self.packet) {
            (Row::Packet, Some(packet)) => field.value_of_packet(packet),
            _ => field.value(self.rows, row),
        }
    }

    /// Rows of one kind that belong to the same call; of a packet, those that it belongs to.
    fn related(self, kind: RowKind) -> Vec<Row> {
        if let Some(packet) = self.packet {
            return self.related_to(packet, kind);
        }
        let calls = self.rows.calls_of(self.row).into_iter();
        calls
            .flat_map(|call| self.rows.of_call(call, kind))
            .collect()
    }

    fn related_to(self, packet: &Packet<'_>, kind: RowKind) -> Vec<Row> {
        let rows = packet.rows.iter().copied();
        if kind != RowKind::Candidate {
            return rows.filter(|row| row.kind() == kind).collect();
        }
        // Candidates meet in pairs.
        let pairs = rows.filter_map(|row| match row {
            Row::Pair(call, index) => {
                let call_of = self.rows.analysis.scene.peer_connections.get(call)?;
                let pair = call_of.ice.pairs.get(index)?;
                Some([Row::Candidate(call, pair.a), Row::Candidate(call, pair.b)])
            }
            _ => None,
        });
        pairs.flatten().collect()
    }

    /// Is `text` in a field of the row, or of a call's rows?
    fn search(self, text: &str) -> bool {
        let found = |row: Row| {
            let mut fields = catalogue::all().filter(|field| field.row == Some(row.kind()));
            fields.any(|field| self.value(field, row).mentions(text))
        };
        if found(self.row) {
            return true;
        }
        let Row::Call(call) = self.row else {
            return false;
        };
        let kinds = RowKind::ALL.iter().filter(|kind| **kind != RowKind::Call);
        kinds
            .flat_map(|kind| self.rows.of_call(call, *kind))
            .any(found)
    }
}

/// A value against a literal. Of several values one has to pass, but none may be equal where `!=` is asked.
fn compare(value: &Value<'_>, operator: Operator, literal: &Literal) -> bool {
    let values = value.each();
    match operator {
        Operator::NotEqual => {
            !values.is_empty() && !values.iter().any(|value| equals(value, literal))
        }
        Operator::Equal => values.iter().any(|value| equals(value, literal)),
        Operator::Contains => {
            let mut values = values.iter();
            values.any(|value| match (value, literal) {
                (Value::Bytes(bytes), Literal::Bytes(wanted)) => {
                    memmem::find(bytes, wanted).is_some()
                }
                (Value::Bytes(bytes), Literal::Text(text)) if text.is_ascii() => {
                    holds(bytes, text.as_bytes())
                }
                (value, Literal::Text(text)) => value.text().to_lowercase().contains(text.as_str()),
                _ => false,
            })
        }
        Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
            let mut values = values.iter();
            values.any(|value| match (value, literal) {
                (Value::Number(value), Literal::Number(literal)) => {
                    in_order(*value, operator, *literal)
                }
                _ => false,
            })
        }
    }
}

fn in_order(value: f64, operator: Operator, literal: f64) -> bool {
    let same = alike(value, literal);
    match operator {
        Operator::Less => value < literal && !same,
        Operator::AtMost => value < literal || same,
        Operator::Greater => value > literal && !same,
        Operator::AtLeast => value > literal || same,
        Operator::Equal | Operator::NotEqual | Operator::Contains => false,
    }
}

fn equals(value: &Value<'_>, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Text(text), Literal::Text(literal)) => text.to_lowercase() == *literal,
        (Value::Number(number), Literal::Number(literal)) => alike(*number, *literal),
        (Value::Flag(flag), Literal::Flag(literal)) => flag == literal,
        (Value::Ip(ip), literal) => covers(literal, *ip),
        (Value::Socket(address), Literal::Socket(literal)) => address == literal,
        (Value::Socket(address), literal) => covers(literal, address.ip),
        _ => false,
    }
}

/// The report prints nanoseconds; a tenth of one is the arithmetic's noise.
fn alike(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-10 * a.abs().max(1.0)
}

/// Does the literal mean this address?
fn covers(literal: &Literal, ip: IpAddr) -> bool {
    match *literal {
        Literal::Ip(wanted) => wanted == ip,
        Literal::Network(network, bits) => match (network, ip) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
                network.to_bits() & mask == ip.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
                network.to_bits() & mask == ip.to_bits() & mask
            }
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::address::TransportAddress;

    #[track_caller]
    fn check(value: &Value<'_>, test: &str, expected: bool) {
        // Any field of the kind will do to read the value.
        let Ok(Expression::Compare(_, operator, literal)) =
            crate::filter::parser::parse(None, test)
        else {
            panic!("{test} is no comparison");
        };
        assert_eq!(compare(value, operator, &literal), expected, "{test}");
    }

    #[test]
    fn what_is_not_known_passes_no_test() {
        for test in [
            "stream.codec == x",
            "stream.codec != x",
            "stream.codec ~ x",
            "stream.packets < 1",
            "stream.packets >= 0",
        ] {
            check(&Value::Absent, test, false);
        }
    }

    #[test]
    fn numbers_compare_by_size_without_the_arithmetics_noise() {
        let value = Value::from(0.1 + 0.2);
        check(&value, "stream.jitter == 300ms", true);
        check(&value, "stream.jitter > 0.3", false);
        check(&value, "stream.jitter >= 0.3", true);
        check(&value, "stream.jitter < 0.31", true);
    }

    #[test]
    fn text_compares_in_any_case() {
        check(&"VP8".into(), "stream.codec == vp8", true);
        check(&"VP8".into(), "stream.codec ~ p8", true);
        check(&"VP8".into(), "stream.codec != opus", true);
    }

    #[test]
    fn a_network_covers_its_addresses() {
        let ip = |text: &str| Value::Ip(text.parse().unwrap());
        check(&ip("10.1.2.3"), "ip == 10.0.0.0/8", true);
        check(&ip("11.1.2.3"), "ip == 10.0.0.0/8", false);
        check(&ip("11.1.2.3"), "ip == 0.0.0.0/0", true);
        check(&ip("11.1.2.3"), "ip == ::/0", false);
        check(&ip("2001:db8::1"), "ip == 2001:db8::/32", true);
        check(&ip("2001:db8::1"), "ip == 2001:db8::2/127", false);
        check(&ip("2001:db8::1"), "ip == 2001:db8::1/128", true);
    }

    #[test]
    fn a_port_counts_only_where_it_is_asked_for() {
        let address = TransportAddress::new("10.0.0.1".parse().unwrap(), 3478);
        check(&address.into(), "flow.a == 10.0.0.1", true);
        check(&address.into(), "flow.a == 10.0.0.1:3478", true);
        check(&address.into(), "flow.a == 10.0.0.1:80", false);
        check(&address.into(), "flow.a ~ :3478", true);
    }

    #[test]
    fn bytes_are_searched_for_text_and_for_bytes() {
        let value = Value::Bytes(b"GET /Janus \x21\x12\xa4\x42");
        check(&value, "packet.payload ~ janus", true);
        check(&value, "packet.payload ~ \"/jan us\"", false);
        check(&value, "packet.bytes ~ 21:12:a4:42", true);
        check(&value, "packet.bytes ~ 0x2112A442", true);
        check(&value, "packet.bytes ~ 2112a443", false);
    }

    #[test]
    fn of_several_values_one_may_be_equal_and_none_where_they_must_differ() {
        let values = Value::many(["a", "b"]);
        check(&values, "call.a.ufrags == b", true);
        check(&values, "call.a.ufrags != b", false);
        check(&values, "call.a.ufrags != c", true);
    }
}
