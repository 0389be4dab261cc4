//! The decode tree of TLS records on a byte stream.

use crate::wire::detail::Field;
use crate::wire::tls::detail::message::alert;
use crate::wire::tls::detail::message::body;
use crate::wire::tls::detail::message::encrypted;
use crate::wire::tls::detail::words::length;
use crate::wire::tls::detail::words::named;
use crate::wire::tls::detail::words::version;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::record::Message;
use crate::wire::tls::record::Record;
use crate::wire::tls::registry::ContentType;

/// The tree of the records in `stream`, which starts at byte `base`.
///
/// Handshake messages are read until ChangeCipherSpec or application data come: from then on everything is encrypted. A message that goes
/// on in another record is only counted.
///
/// ```text
/// TLS
///   handshake record     517 bytes
///     content type       handshake (22)
///     version            TLS 1.0 (0x0301)
///     length             512 bytes
///     ClientHello        508 bytes
///       …
/// ```
pub fn detail(stream: &[u8], base: usize) -> Field {
    let end = base + stream.len();
    let mut tree = Field::new("TLS", "", base..end);
    let (mut rest, mut clear) = (stream, true);
    while !rest.is_empty() {
        let at = end - rest.len();
        match Record::split(rest) {
            Ok(Some((record, after))) => {
                clear &= record.content_type != ContentType::ApplicationData;
                tree.children.push(record_field(&record, at, clear));
                clear &= record.content_type != ContentType::ChangeCipherSpec;
                rest = after;
            }
            Ok(None) => {
                let part = Field::new("part of a record", length(rest.len()), at..end);
                tree.children.push(part);
                break;
            }
            Err(fault) => {
                tree.children.push(Field::fault(fault.name, at..end));
                break;
            }
        }
    }
    tree
}

fn record_field(record: &Record<'_>, at: usize, clear: bool) -> Field {
    let kind = record.content_type;
    let content = at + Record::HEADER;
    let end = content + record.fragment.len();
    let name = format!("{} record", kind.name().unwrap_or("unknown"));
    let mut field = Field::new(name, length(end - at), at..end).with([
        Field::new("content type", named(kind.name(), kind.code()), at..at + 1),
        Field::new("version", version(record.version), at + 1..at + 3),
        Field::new("length", length(record.fragment.len()), at + 3..content),
    ]);
    match kind {
        ContentType::Handshake if clear => field.children.extend(messages(record, content)),
        ContentType::Alert if clear => field.children.extend(alert(record.fragment, content)),
        ContentType::ChangeCipherSpec => {}
        _ => field
            .children
            .push(encrypted(record.fragment.len(), content)),
    }
    field
}

fn messages(record: &Record<'_>, content: usize) -> Vec<Field> {
    let end = content + record.fragment.len();
    let mut fields = Vec::new();
    let mut rest = record.fragment;
    while let Some((message, after)) = Message::split(rest) {
        let at = end - rest.len();
        let start = at + Message::HEADER;
        let (kind, bytes) = (message.kind, message.body);
        let line = Field::new(kind.title(), length(bytes.len()), at..start + bytes.len());
        fields.push(
            line.with([Field::new(
                "type",
                named(kind.name(), kind.code()),
                at..at + 1,
            )])
            .with(body(kind, bytes, Protocol::Tls, record.version, start)),
        );
        rest = after;
    }
    if !rest.is_empty() {
        let part = Field::new(
            "part of a message",
            length(rest.len()),
            end - rest.len()..end,
        );
        fields.push(part);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_change_cipher_spec_nothing_is_read() {
        let stream = [
            &[22, 3, 3, 0, 4, 14, 0, 0, 0][..],
            &[20, 3, 3, 0, 1, 1],
            &[22, 3, 3, 0, 4, 14, 0, 0, 0],
            &[23, 3],
        ]
        .concat();
        let tree = detail(&stream, 100);
        let last: Vec<_> = tree
            .children
            .iter()
            .map(|record| {
                (
                    record.name.as_str(),
                    record.children.last().map(|f| f.name.as_str()),
                )
            })
            .collect();
        assert_eq!(
            last,
            [
                ("handshake record", Some("ServerHelloDone")),
                ("change_cipher_spec record", Some("length")),
                ("handshake record", Some("encrypted content")),
                ("part of a record", None),
            ]
        );
        assert_eq!(tree.children[1].range, 109..115);
    }

    #[test]
    fn no_stream_panics() {
        let stream: Vec<u8> = (0..=255).cycle().take(1024).collect();
        for start in 0..256 {
            detail(&stream[start..], 0);
        }
    }
}
