//! The decode tree of a DTLS datagram.
//!
//! ```text
//! DTLS                        2 records
//!   handshake record          176 bytes
//!     content type            handshake (22)
//!     version                 DTLS 1.0 (0xfeff)
//!     epoch                   0
//!     sequence number         0
//!     length                  163 bytes
//!     ClientHello             151 bytes
//!       type                  client_hello (1)
//!       …
//!   encrypted record          …
//! ```

use crate::wire::detail::Field;
use crate::wire::detail::hex;
use crate::wire::dtls::ack;
use crate::wire::dtls::handshake::Fragment;
use crate::wire::dtls::handshake::Fragments;
use crate::wire::dtls::record::Header;
use crate::wire::dtls::record::Record;
use crate::wire::dtls::record::Records;
use crate::wire::tls::detail::message::alert;
use crate::wire::tls::detail::message::body;
use crate::wire::tls::detail::message::encrypted;
use crate::wire::tls::detail::words::HEX_LIMIT;
use crate::wire::tls::detail::words::length;
use crate::wire::tls::detail::words::named;
use crate::wire::tls::detail::words::version as version_words;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::HandshakeType;
use crate::wire::tls::registry::Version;

/// The tree of a datagram that starts at byte `base` of the frame. Messages are read as far as this datagram holds them.
pub fn detail(datagram: &[u8], base: usize) -> Field {
    let end = base + datagram.len();
    let mut records = Vec::new();
    let mut count = 0;
    for item in Records::new(datagram, None) {
        records.push(match item {
            Ok(record) => {
                count += 1;
                record_field(&record, base)
            }
            Err(fault) => Field::fault(fault.name, (base + fault.offset).min(end)..end),
        });
    }
    let words = match count {
        1 => "1 record".into(),
        count => format!("{count} records"),
    };
    Field::new("DTLS", words, base..end).with(records)
}

fn record_field(record: &Record<'_>, base: usize) -> Field {
    let at = base + record.offset;
    let content = at + record.header_bytes;
    let end = content + record.fragment.len();
    let name = match record.header {
        Header::Classic { content_type, .. } => content_type.name().unwrap_or("unknown"),
        Header::Unified { .. } => "encrypted",
    };
    let field = Field::new(format!("{name} record"), length(end - at), at..end);
    match record.header {
        Header::Classic {
            content_type,
            version,
            epoch,
            sequence_number,
            connection_id,
        } => {
            let id = at + 11..at + 11 + connection_id.len();
            let id = (!connection_id.is_empty())
                .then(|| Field::new("connection id", hex(connection_id, HEX_LIMIT), id));
            field
                .with([
                    Field::new(
                        "content type",
                        named(content_type.name(), content_type.code()),
                        at..at + 1,
                    ),
                    Field::new("version", version_words(version), at + 1..at + 3),
                    Field::new("epoch", epoch_words(epoch), at + 3..at + 5),
                    Field::new(
                        "sequence number",
                        sequence_number.to_string(),
                        at + 5..at + 11,
                    ),
                ])
                .with(id)
                .with([declared(record, content - 2..content)])
                .with(content_fields(record, content_type, version, base))
        }
        Header::Unified {
            epoch_bits,
            masked_sequence_number,
            connection_id,
        } => {
            let epoch = match epoch_bits {
                1 => "1: early data",
                2 => "2: handshake keys",
                3 => "3: application keys",
                _ => "0: application keys after a key update",
            };
            let id = (!connection_id.is_empty()).then(|| {
                let id = at + 1..at + 1 + connection_id.len();
                Field::new("connection id", hex(connection_id, HEX_LIMIT), id)
            });
            field
                .with([Field::new("epoch, two low bits", epoch, at..at + 1)])
                .with(id)
                .with([
                    Field::new(
                        "sequence number, encrypted",
                        format!("{masked_sequence_number:#x}"),
                        at + 1 + connection_id.len()..content,
                    ),
                    encrypted(record.fragment.len(), content),
                ])
        }
    }
}

fn content_fields(
    record: &Record<'_>,
    kind: ContentType,
    version: Version,
    base: usize,
) -> Vec<Field> {
    let offset = record.offset + record.header_bytes;
    let content = base + offset;
    let end = content + record.fragment.len();
    if record.is_encrypted() {
        return vec![encrypted(record.fragment.len(), content)];
    }
    match kind {
        ContentType::Handshake => Fragments::new(record.fragment, offset)
            .map(|item| match item {
                Ok(fragment) => fragment_field(&fragment, version, base),
                Err(fault) => Field::fault(fault.name, base + fault.offset..end),
            })
            .collect(),
        ContentType::Alert => alert(record.fragment, content),
        ContentType::Ack => match ack::parse(record.fragment) {
            Ok(numbers) => numbers
                .iter()
                .zip((content + 2..).step_by(16))
                .map(|(number, at)| {
                    let words = format!("epoch {}, {}", number.epoch, number.sequence_number);
                    Field::new("acknowledged record", words, at..at + 16)
                })
                .collect(),
            Err(fault) => vec![Field::fault(fault.name, content..end)],
        },
        _ => Vec::new(),
    }
}

fn fragment_field(fragment: &Fragment<'_>, version: Version, base: usize) -> Field {
    let at = base + fragment.offset;
    let start = at + Fragment::HEADER;
    let end = start + fragment.body.len();
    let (kind, from) = (fragment.kind, fragment.fragment_offset);
    let words = if fragment.is_whole() {
        length(fragment.length)
    } else {
        format!(
            "bytes {from} to {} of {}",
            from + fragment.body.len(),
            fragment.length
        )
    };
    let hello = matches!(
        kind,
        HandshakeType::ClientHello | HandshakeType::ServerHello
    );
    let content = if fragment.is_whole() || hello && from == 0 {
        body(kind, fragment.body, Protocol::Dtls, version, start)
    } else {
        vec![Field::new(
            "fragment",
            length(fragment.body.len()),
            start..end,
        )]
    };
    Field::new(kind.title(), words, at..end)
        .with([
            Field::new("type", named(kind.name(), kind.code()), at..at + 1),
            Field::new("message length", length(fragment.length), at + 1..at + 4),
            Field::new(
                "message sequence",
                fragment.message_seq.to_string(),
                at + 4..at + 6,
            ),
            Field::new("fragment offset", from.to_string(), at + 6..at + 9),
            Field::new(
                "fragment length",
                length(fragment.fragment_length),
                at + 9..start,
            ),
        ])
        .with(content)
}

fn declared(record: &Record<'_>, range: std::ops::Range<usize>) -> Field {
    let captured = record.fragment.len();
    let words = match record.missing {
        0 => length(captured),
        missing => format!("{}, {captured} here", length(captured + missing)),
    };
    Field::new("length", words, range)
}

fn epoch_words(epoch: u16) -> String {
    match epoch {
        0 => "0: in the clear".into(),
        epoch => epoch.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::dtls::samples;

    /// Every line as `name = value`, in depth order.
    fn lines(field: &Field) -> Vec<String> {
        let below = field.children.iter().flat_map(lines);
        std::iter::once(format!("{} = {}", field.name, field.value))
            .chain(below)
            .collect()
    }

    /// A line lies within its parent.
    fn nested(field: &Field) -> bool {
        field.children.iter().all(|child| {
            child.range.start >= field.range.start
                && child.range.end <= field.range.end
                && nested(child)
        })
    }

    #[test]
    fn a_servers_flight_is_explained_down_to_the_fingerprint() {
        let tree = detail(&samples::SERVER_FLIGHT.bytes(), 42);
        assert_eq!(tree.value, "5 records");
        assert!(nested(&tree));
        let lines = lines(&tree);
        for expected in [
            "version = DTLS 1.2 (0xfefd)",
            "cipher suite = TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 (0xcca9)",
            "use_srtp = SRTP_AES128_CM_HMAC_SHA1_80",
            "subject = WebRTC",
            "not after = 2026-12-22T09:06:49Z",
            "key = EC P-256",
            "group = secp256r1 (0x0017)",
        ] {
            assert!(
                lines.iter().any(|line| line == expected),
                "{expected}: {lines:#?}"
            );
        }
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("fingerprint = sha-256 "))
        );
    }

    #[test]
    fn a_byte_leads_to_its_line() {
        let datagram = samples::CLIENT_HELLO.bytes();
        let tree = detail(&datagram, 42);
        // Record header (13), message header (12), version (2), random (32), session id and cookie lengths (2), suites' length (2).
        let suite = tree.at(42 + 13 + 12 + 2 + 32 + 2 + 2);
        assert_eq!(
            suite.map(|field| field.value.as_str()),
            Some("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 (0xcca9)")
        );
    }

    #[test]
    fn ciphertext_is_never_shown() {
        let datagram = samples::SERVER_FINISHED.bytes();
        let shown = lines(&detail(&datagram, 0)).join("\n");
        assert!(shown.contains("encrypted content = 40 bytes"));
        assert!(!shown.contains("c305c92e"));
    }

    #[test]
    fn no_cut_or_flipped_datagram_panics() {
        for sample in [samples::SERVER_FLIGHT, samples::HELLO_1_3_A, samples::CLOSE] {
            let datagram = sample.bytes();
            for length in 0..=datagram.len() {
                assert!(nested(&detail(&datagram[..length], 7)));
            }
            for bit in 0..datagram.len() * 8 {
                let mut flipped = datagram.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(nested(&detail(&flipped, 7)), "bit {bit}");
            }
        }
    }
}
