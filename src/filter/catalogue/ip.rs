//! `ip`: any address of a row.

use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::Origin;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::all;
use crate::filter::packet::Packet;
use crate::filter::rows::Row;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;
use crate::filter::value::Value;

pub(super) const FIELDS: &[Field] = &[Field::new(
    None,
    "ip",
    Kind::Address,
    "any address of the row; of a call, also those of its candidates, flows and servers",
    Reader::Any(addresses, ends),
)
.of(Origin::Derived)];

/// Where a packet came from and went to.
fn ends<'a>(packet: &'a Packet<'a>) -> Value<'a> {
    let ends = [&packet.from, &packet.to].into_iter().flat_map(Value::each);
    Value::Many(ends.cloned().collect())
}

/// The values of all address fields.
fn addresses<'a>(rows: &'a Rows<'a>, row: Row) -> Value<'a> {
    let related = match row {
        Row::Call(call) => [RowKind::Candidate, RowKind::Flow, RowKind::Turn]
            .into_iter()
            .flat_map(|kind| rows.of_call(call, kind))
            .collect(),
        _ => Vec::new(),
    };
    let mut values = Vec::new();
    for row in std::iter::once(row).chain(related) {
        let fields = all().filter(|field| field.row == Some(row.kind()));
        for field in fields.filter(|field| field.kind == Kind::Address) {
            match field.value(rows, row) {
                Value::Absent => {}
                Value::Many(several) => values.extend(several),
                single => values.push(single),
            }
        }
    }
    Value::Many(values)
}
