//! The decode tree of a whole frame: link, IP, transport, and what they carry.

use crate::crypt::aead::Aead;
use crate::crypt::quic::session::Session;
use crate::tui::packet::known::Known;
use crate::tui::packet::summary::DEPTH;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::frame::Frame;
use crate::vocab::printable::printable_bytes;
use crate::wire::channel_data::ChannelData;
use crate::wire::datagram::Kind;
use crate::wire::datagram::classify;
use crate::wire::detail::Field;
use crate::wire::detail::layers;
use crate::wire::dns;
use crate::wire::dtls;
use crate::wire::http1::sniff::Sniff;
use crate::wire::http1::sniff::looks_like_http;
use crate::wire::media::detail as media;
use crate::wire::packet::Body;
use crate::wire::quic;
use crate::wire::rtcp::classify as rtcp;
use crate::wire::rtp;
use crate::wire::span::Span;
use crate::wire::stun;
use crate::wire::tls;

/// A tree per layer, outermost first. Names and values may hold text from the wire.
pub fn tree(frame: &Frame<'_>, known: &Known) -> Vec<Field> {
    let layers = layers(frame.link, frame.data, frame.original_length);
    let mut fields = layers.fields;
    let base = layers.payload.start;
    let payload = frame.data.get(layers.payload).unwrap_or_default();
    match layers.packet.body {
        Body::Udp(udp)
            if [udp.source.port, udp.destination.port]
                .iter()
                .any(|port| DNS_PORTS.contains(port)) =>
        {
            fields.push(domain_names(payload, base));
        }
        Body::Udp(udp)
            if known.only_looks_like_quic(
                &FiveTuple {
                    transport: Transport::Udp,
                    a: udp.source,
                    b: udp.destination,
                },
                payload,
            ) =>
        {
            fields.push(data(payload, base));
        }
        Body::Udp(udp) => {
            let span = Span::new(payload, payload.len() + udp.cut_bytes as usize);
            datagram(span, base, known, 0, &mut fields);
        }
        Body::Tcp(_) if !payload.is_empty() => fields.push(stream(payload, base)),
        _ => {}
    }
    fields
}

fn data(bytes: &[u8], base: usize) -> Field {
    let text = format!("{} bytes", bytes.len());
    Field::new("data", text, base..base + bytes.len())
}

fn datagram(span: Span<'_>, base: usize, known: &Known, depth: usize, fields: &mut Vec<Field>) {
    let bytes = span.bytes;
    let end = base + bytes.len();
    let field = match classify(bytes) {
        Kind::Stun => match stun::Message::new_cut(bytes) {
            Ok(message) => {
                fields.push(stun::detail(&message, base));
                if let Some(inner) = message.data()
                    && depth < DEPTH
                {
                    let at = base + offset(bytes, inner);
                    datagram(span.inner(inner), at, known, depth + 1, fields);
                }
                return;
            }
            Err(fault) => Field::fault(fault.name, base..end),
        },
        Kind::ChannelData => match ChannelData::new_cut(bytes) {
            Ok(message) => {
                fields.push(message.detail(base));
                if depth < DEPTH {
                    datagram(
                        span.inner(message.data),
                        base + offset(bytes, message.data),
                        known,
                        depth + 1,
                        fields,
                    );
                }
                return;
            }
            Err(fault) => Field::fault(fault.name, base..end),
        },
        Kind::Dtls | Kind::DtlsUnified => dtls::detail::detail(bytes, base),
        Kind::Rtp => match rtp::Header::new(bytes) {
            Ok(header) => {
                let stream = known.stream(header.ssrc());
                let about = media::Known {
                    codec: stream.and_then(|stream| stream.codec.as_deref()),
                    encrypted: stream.is_none_or(|stream| stream.encrypted),
                    ..media::Known::default()
                };
                media::rtp(&header, base, &about)
            }
            Err(fault) => Field::fault(fault.name, base..end),
        },
        Kind::Rtcp => {
            fields.extend(media::rtcp(&rtcp::classify_span(span), base));
            return;
        }
        Kind::Quic => {
            fields.extend(quic::detail::detail(bytes, base, open_initial));
            return;
        }
        Kind::Zrtp => Field::new(
            "ZRTP",
            format!("{} bytes, not opened", bytes.len()),
            base..end,
        ),
        Kind::Unknown => data(bytes, base),
    };
    fields.push(field);
}

/// Opens a client's first packet, which needs no secrets (RFC 9001 §5.2): its number, where its frames begin, and the frames.
fn open_initial(packet: &quic::header::Long<'_>) -> Option<(u64, usize, Vec<u8>)> {
    let (_, opened) = Session::begin(packet)?;
    let sealed = opened.frames.len() + Aead::TAG;
    let start = packet.bytes.len().checked_sub(sealed)?;
    Some((opened.number, start, opened.frames))
}

fn stream(bytes: &[u8], base: usize) -> Field {
    let end = base + bytes.len();
    if matches!(looks_like_http(bytes), Sniff::Request | Sniff::Response) {
        return lines(bytes, base);
    }
    if tls::record::probe(bytes) {
        return tls::detail::stream::detail(bytes, base);
    }
    Field::new(
        "data",
        format!("{} bytes of a stream", bytes.len()),
        base..end,
    )
}

/// An HTTP head line by line, as far as this segment has it, then the body.
fn lines(bytes: &[u8], base: usize) -> Field {
    let mut tree = Field::new("HTTP", "", base..base + bytes.len());
    let mut at = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n').take(LINES_MAX) {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let range = base + at..base + at + text.len();
        at += line.len();
        let text = printable_bytes(text, TEXT_MAX);
        if text.is_empty() {
            break;
        }
        if tree.children.is_empty() {
            tree.value.clone_from(&text);
            tree.children.push(Field::new("start line", text, range));
        } else {
            let (name, value) = text.split_once(':').unwrap_or(("", &text));
            tree.children.push(Field::new(name, value.trim(), range));
        }
    }
    if at < bytes.len() {
        let body = bytes.get(at..).unwrap_or_default();
        tree.children.push(Field::new(
            "body",
            printable_bytes(body, TEXT_MAX),
            base + at..base + bytes.len(),
        ));
    }
    tree
}

fn domain_names(bytes: &[u8], base: usize) -> Field {
    let all = base..base + bytes.len();
    match dns::Message::new(bytes) {
        Ok(message) => {
            let asked = message
                .questions
                .iter()
                .map(|question| Field::new("question", question.name.clone(), all.clone()));
            let told = message.records.iter().map(|record| {
                Field::new(
                    "record",
                    format!("{} {:?}", record.name, record.data),
                    all.clone(),
                )
            });
            let kind = if message.is_response {
                "response"
            } else {
                "query"
            };
            Field::new("DNS", kind, all.clone()).with(asked).with(told)
        }
        Err(fault) => Field::fault(fault.name, all),
    }
}

/// Where `inner`, a part of `outer`, begins in it.
fn offset(outer: &[u8], inner: &[u8]) -> usize {
    (inner.as_ptr() as usize)
        .saturating_sub(outer.as_ptr() as usize)
        .min(outer.len())
}

/// DNS, multicast DNS.
const DNS_PORTS: [u16; 2] = [53, 5353];
/// Header lines shown.
const LINES_MAX: usize = 128;
/// Longest text of a line, characters.
const TEXT_MAX: usize = 300;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::packet::summary::summary;
    use crate::vocab::frame::LinkType;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    fn every_range_is_inside(fields: &[Field], length: usize) -> bool {
        fields.iter().all(|field| {
            field.range.start <= field.range.end
                && field.range.end <= length.max(1) + 4
                && every_range_is_inside(&field.children, length)
        })
    }

    proptest! {
        #[test]
        fn bytes_of_any_kind_have_a_summary_and_a_tree(data in proptest::collection::vec(any::<u8>(), 0..200), first in 0_u8..=255) {
            // An IPv4 and UDP header in front, so that the payload is reached.
            let mut bytes = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x13, 0x88, 0x13, 0x89];
            let udp = 8 + data.len() + 1;
            bytes.extend([(udp >> 8) as u8, udp as u8, 0, 0, first]);
            bytes.extend(&data);
            let total = bytes.len();
            bytes[2] = (total >> 8) as u8;
            bytes[3] = total as u8;
            let frame = Frame {
                number: FrameNumber::new(0, 1),
                at: Timestamp::default(),
                original_length: total as u32,
                link: LinkType::RawIp,
                interface: 0,
                data: &bytes,
            };
            let known = Known::default();
            let line = summary(&frame, &known);
            prop_assert!(!line.text.contains(crate::vocab::printable::acts_on_terminal));
            prop_assert!(every_range_is_inside(&tree(&frame, &known), total));
        }
    }
}
