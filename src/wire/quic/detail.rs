//! The decode trees of QUIC packets and frames.

use std::ops::Range;

use crate::vocab::printable::printable_bytes;
use crate::wire::detail::Field;
use crate::wire::detail::hex;
use crate::wire::quic::error::transport_error;
use crate::wire::quic::frame::Frame;
use crate::wire::quic::frame::Frames;
use crate::wire::quic::header::Long;
use crate::wire::quic::header::LongHeader;
use crate::wire::quic::header::Packet;
use crate::wire::quic::version::Version;
use crate::wire::tls::detail::message::body;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::record::Message;
use crate::wire::tls::registry::Version as TlsVersion;

/// A tree for each packet of `datagram`, which starts at byte `base`. `open` gives the frames of a packet and where in it they begin, if
/// somebody has keys; they lie where their ciphertext does.
///
/// ```text
/// QUIC Initial           1250 bytes
///   version              1
///   destination id       c625d04702d1b39f
///   token                none
///   packet number        1, 1 byte
///   CRYPTO               at 0, 300 bytes
/// ```
pub fn detail(
    datagram: &[u8],
    base: usize,
    open: impl Fn(&Long<'_>) -> Option<(u64, usize, Vec<u8>)>,
) -> Vec<Field> {
    let end = base + datagram.len();
    let mut fields = Vec::new();
    let mut rest = datagram;
    while !rest.is_empty() {
        let at = end - rest.len();
        if rest.iter().all(|&byte| byte == 0) {
            fields.push(Field::new("padding", length(rest.len()), at..end));
            break;
        }
        match Packet::split(rest) {
            Ok((packet, after)) => {
                fields.push(self::packet(&packet, at..end - after.len(), &open));
                rest = after;
            }
            Err(fault) => {
                fields.push(Field::fault(fault.name, at..end));
                break;
            }
        }
    }
    fields
}

fn packet(
    packet: &Packet<'_>,
    range: Range<usize>,
    open: &impl Fn(&Long<'_>) -> Option<(u64, usize, Vec<u8>)>,
) -> Field {
    let tree = |name: String| Field::new(name, length(range.len()), range.clone());
    match packet {
        Packet::Short(_) => tree("QUIC 1-RTT".into()).with([
            Field::new("header form", "short", range.start..range.start + 1),
            sealed(range.start + 1..range.end),
        ]),
        Packet::Other(header) => tree("QUIC".into()).with(ids(header, range.start)),
        Packet::Negotiation(header, versions) => {
            let names: Vec<String> = versions.iter().map(|version| version.to_string()).collect();
            let start = range.start + header_length(header);
            let versions = Field::new("versions", names.join(", "), start..range.end);
            tree("QUIC Version Negotiation".into())
                .with(ids(header, range.start))
                .with([versions])
        }
        Packet::Retry(retry) => {
            let (token, tag) = (range.end - 16 - retry.token.len(), range.end - 16);
            tree("QUIC Retry".into())
                .with(ids(&retry.header, range.start))
                .with([
                    Field::new("token", hex(retry.token, HEX), token..tag),
                    Field::new("integrity tag", hex(retry.tag, HEX), tag..range.end),
                ])
        }
        Packet::Long(long) => {
            let number_at = range.start + long.number_at;
            let mut tree =
                tree(format!("QUIC {}", long.kind.name())).with(ids(&long.header, range.start));
            if !long.token.is_empty() {
                let start = range.start + header_length(&long.header);
                let token = Field::new("token", hex(long.token, HEX), start..number_at);
                tree.children.push(token);
            }
            match open(long) {
                Some((number, payload_at, payload)) => {
                    let payload_at = range.start + payload_at;
                    let number =
                        Field::new("packet number", number.to_string(), number_at..payload_at);
                    tree.children.push(number);
                    tree.children.extend(frames(&payload, payload_at));
                }
                None => tree.children.push(sealed(number_at..range.end)),
            }
            tree
        }
    }
}

fn ids(header: &LongHeader<'_>, start: usize) -> [Field; 3] {
    let destination = start + 6;
    let source = destination + header.destination.len() + 1;
    let name = |id: &[u8]| match id {
        [] => "none".to_owned(),
        id => hex(id, HEX),
    };
    let version = match header.version {
        Version::NEGOTIATION => "negotiation".to_owned(),
        version if version.is_grease() => format!("{version}, reserved"),
        version => version.to_string(),
    };
    [
        Field::new("version", version, start + 1..start + 5),
        Field::new(
            "destination connection id",
            name(header.destination),
            destination..destination + header.destination.len(),
        ),
        Field::new(
            "source connection id",
            name(header.source),
            source..source + header.source.len(),
        ),
    ]
}

/// A line for each frame of what a packet held; `base`: where in the frame it begins.
pub fn frames(payload: &[u8], base: usize) -> Vec<Field> {
    let end = base + payload.len();
    Frames::new(payload)
        .map(|frame| match frame {
            Ok((range, frame)) => {
                let range = base + range.start..base + range.end;
                let field = Field::new(frame.name(), words(&frame), range.clone());
                match frame {
                    Frame::Crypto { offset: 0, data } => field.with([message(data, range.end)]),
                    _ => field,
                }
            }
            Err(fault) => Field::fault(fault.name, base + fault.offset..end),
        })
        .collect()
}

/// The handshake message that `data`, which ends at byte `end`, begins with; a part of one is only counted.
fn message(data: &[u8], end: usize) -> Field {
    let at = end - data.len();
    let Some((message, after)) = Message::split(data) else {
        return Field::new("part of a message", length(data.len()), at..end);
    };
    let range = at..end - after.len();
    let line = Field::new(message.kind.title(), length(message.body.len()), range);
    let start = at + Message::HEADER;
    line.with(body(
        message.kind,
        message.body,
        Protocol::Tls,
        TlsVersion::Tls13,
        start,
    ))
}

/// What a frame says, in words.
fn words(frame: &Frame<'_>) -> String {
    let of = |bidirectional| {
        if bidirectional {
            "in both directions"
        } else {
            "in one direction"
        }
    };
    match *frame {
        Frame::Padding(count) => length(count),
        Frame::Ping | Frame::HandshakeDone => String::new(),
        Frame::Ack(ack) => {
            let ranges: Vec<String> = ack
                .ranges()
                .take(RANGES)
                .map(|range| format!("{}–{}", range.start(), range.end()))
                .collect();
            let ecn = ack.ecn.map_or_else(String::new, |[ect0, ect1, ce]| {
                format!(", ECT(0) {ect0}, ECT(1) {ect1}, CE {ce}")
            });
            format!("packets {}{ecn}", ranges.join(", "))
        }
        Frame::ResetStream {
            stream,
            error,
            final_size,
        } => format!("stream {stream}, error {error:#x}, after {final_size} bytes"),
        Frame::StopSending { stream, error } => format!("stream {stream}, error {error:#x}"),
        Frame::Crypto { offset, data } => format!("at {offset}, {}", length(data.len())),
        Frame::NewToken(token) => hex(token, HEX),
        Frame::Stream {
            stream,
            offset,
            data,
            fin,
        } => {
            let end = if fin { ", the last" } else { "" };
            format!("stream {stream}, at {offset}, {}{end}", length(data.len()))
        }
        Frame::MaxData(maximum) | Frame::DataBlocked(maximum) => format!("{maximum} bytes"),
        Frame::MaxStreamData { stream, maximum } | Frame::StreamDataBlocked { stream, maximum } => {
            format!("stream {stream}, {maximum} bytes")
        }
        Frame::MaxStreams {
            bidirectional,
            maximum,
        }
        | Frame::StreamsBlocked {
            bidirectional,
            maximum,
        } => format!("{maximum}, {}", of(bidirectional)),
        Frame::NewConnectionId {
            sequence,
            retire_prior_to,
            id,
            ..
        } => format!(
            "{}, place {sequence}, none before {retire_prior_to}",
            hex(id, HEX)
        ),
        Frame::RetireConnectionId(sequence) => format!("place {sequence}"),
        Frame::PathChallenge(data) | Frame::PathResponse(data) => hex(&data, HEX),
        Frame::ConnectionClose {
            error,
            frame_type,
            reason,
        } => {
            let error = match frame_type {
                Some(_) => transport_error(error),
                None => format!("the application's {error:#x}"),
            };
            match printable_bytes(reason, REASON) {
                reason if reason.is_empty() => error,
                reason => format!("{error}: {reason}"),
            }
        }
        Frame::Datagram(data) => length(data.len()),
    }
}

fn header_length(header: &LongHeader<'_>) -> usize {
    7 + header.destination.len() + header.source.len()
}

fn sealed(range: Range<usize>) -> Field {
    let words = format!("{}, encrypted", length(range.len()));
    Field::new("packet number and frames", words, range)
}

fn length(bytes: usize) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        bytes => format!("{bytes} bytes"),
    }
}

/// Bytes shown in hexadecimal.
const HEX: usize = 20;
/// Ranges of an acknowledgment shown.
const RANGES: usize = 8;
/// Bytes of a reason shown.
const REASON: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    /// A Handshake packet and a 1-RTT packet behind it, then padding.
    const DATAGRAM: [u8; 20] = [
        0xe0, 0, 0, 0, 1, 1, 0xaa, 2, 0xbb, 0xcc, 5, 1, 2, 3, 4, 5, 0x40, 7, 8, 9,
    ];

    fn lines(fields: &[Field]) -> Vec<String> {
        let line = |field: &Field| format!("{}: {}", field.name, field.value);
        fields
            .iter()
            .flat_map(|field| std::iter::once(line(field)).chain(field.children.iter().map(line)))
            .collect()
    }

    #[test]
    fn packets_of_a_datagram_stand_side_by_side() {
        let fields = detail(&DATAGRAM, 42, |_| None);
        assert_eq!(
            lines(&fields),
            [
                "QUIC Handshake: 16 bytes",
                "version: 1",
                "destination connection id: aa",
                "source connection id: bbcc",
                "packet number and frames: 5 bytes, encrypted",
                "QUIC 1-RTT: 4 bytes",
                "header form: short",
                "packet number and frames: 3 bytes, encrypted",
            ]
        );
        assert_eq!(
            (fields[0].range.clone(), fields[1].range.clone()),
            (42..58, 58..62)
        );
    }

    #[test]
    fn what_was_opened_lies_where_its_ciphertext_does() {
        let fields = detail(&DATAGRAM, 42, |long| {
            Some((7, long.number_at + 1, vec![0x1e, 0x1c, 0x0a, 0x06, 0]))
        });
        let close = fields[0].children.last().expect("frames");
        assert_eq!(close.value, "PROTOCOL_VIOLATION");
        assert_eq!(close.range, 55..59);
    }

    #[test]
    fn no_datagram_panics() {
        let bytes: Vec<u8> = (0..=255).cycle().take(600).collect();
        for start in 0..256 {
            detail(&bytes[start..], 0, |_| None);
            frames(&bytes[start..], 0);
        }
        for bit in 0..DATAGRAM.len() * 8 {
            let mut flipped = DATAGRAM;
            flipped[bit / 8] ^= 1 << (bit % 8);
            detail(&flipped, 0, |_| None);
        }
    }
}
