//! The decode trees of RTP and RTCP packets.
//!
//! ```text
//! RTP  VP8, sequence 4711                      SRTCP  RR from 1234, index 17
//!   version          2                           opening     RR, sender 1234
//!   marker           set: last of its frame      encrypted   36 bytes
//!   payload type     96 VP8                      index       17, encrypted
//!   extension        0xbede, one-byte form       tag         10 bytes (inferred)
//!     id 4 MID       "0"
//!   payload          1 098 bytes, encrypted
//! ```

use crate::vocab::fault::Fault;
use crate::wire::detail::Field;
use crate::wire::detail::Mark;
use crate::wire::detail::hex;
use crate::wire::media::control::lines;
use crate::wire::media::extension::ExtensionKind;
use crate::wire::media::extension::ExtensionValue;
use crate::wire::media::payload::Codec;
use crate::wire::media::payload::Depacketizer;
use crate::wire::rtcp::body::decode;
use crate::wire::rtcp::classify::Classified;
use crate::wire::rtcp::classify::Cut;
use crate::wire::rtcp::classify::Opening;
use crate::wire::rtcp::classify::Srtcp;
use crate::wire::rtcp::compound::Compound;
use crate::wire::rtcp::compound::Packet;
use crate::wire::rtp::Extension;
use crate::wire::rtp::ExtensionForm;
use crate::wire::rtp::Header;

/// What signaling and DTLS say of a stream, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Ids and URIs of its header extensions.
    pub extensions: &'a [(u8, &'a str)],
    /// Encoding name of this payload type.
    pub codec: Option<&'a str>,
    /// Is it SRTP? Then the payload is shown as bytes only.
    pub encrypted: bool,
}

/// The tree of an RTP packet that starts at byte `base` of the frame.
pub fn rtp(header: &Header<'_>, base: usize, known: &Known<'_>) -> Field {
    let at = |from: usize, length: usize| base + from..base + from + length;
    let header_length = header.header_length();
    let end = header_length + header.payload().len();
    let codec = known.codec.unwrap_or("payload");
    let name = if known.encrypted { "SRTP" } else { "RTP" };
    let title = format!("{codec}, sequence {}", header.sequence());
    let bit = |set: bool| if set { "set" } else { "not set" }.to_owned();
    let mut tree = Field::new(name, title, at(0, end)).with([
        Field::new("version", header.version().to_string(), at(0, 1)),
        Field::new("padding", bit(header.has_padding()), at(0, 1)),
        Field::new("extension", bit(header.has_extension()), at(0, 1)),
        Field::new(
            "contributing sources",
            header.csrc_count().to_string(),
            at(0, 1),
        ),
        Field::new("marker", bit(header.marker()), at(1, 1)),
        Field::new(
            "payload type",
            format!("{} {}", header.payload_type(), known.codec.unwrap_or("")),
            at(1, 1),
        ),
        Field::new("sequence number", header.sequence().to_string(), at(2, 2)),
        Field::new("timestamp", header.timestamp().to_string(), at(4, 4)),
        Field::new(
            "synchronization source",
            header.ssrc().to_string(),
            at(8, 4),
        ),
    ]);
    let csrcs = header.csrcs().enumerate();
    tree.children.extend(
        csrcs.map(|(i, csrc)| {
            Field::new("contributing source", csrc.to_string(), at(12 + 4 * i, 4))
        }),
    );
    if let Some(extension) = header.extension() {
        tree.children
            .push(extension_tree(&extension, base, known.extensions));
    }
    tree.with([payload_tree(header, base, known)])
}

/// The tree of an RTCP or SRTCP datagram that starts at byte `base` of the frame.
pub fn rtcp(datagram: &Classified<'_>, base: usize) -> Vec<Field> {
    match datagram {
        Classified::Plain(compound) => compound_trees(*compound, base),
        Classified::Encrypted(srtcp) => vec![srtcp_tree(srtcp, base)],
        Classified::Cut(cut) => vec![cut_tree(cut, base)],
        Classified::Malformed { opening, fault } => {
            let at = base + fault.offset;
            let mut tree = Field::new("RTCP", "malformed", base..at + 1);
            tree.children
                .extend(opening.map(|opening| opening_field(&opening, base)));
            vec![tree.with([Field::fault(fault.name, at..at + 1)])]
        }
    }
}

/// The trees of a plain or decrypted compound.
pub fn compound_trees(compound: Compound<'_>, base: usize) -> Vec<Field> {
    let end = base + compound.datagram().len();
    compound
        .packets()
        .map(|packet| match packet {
            Ok(packet) => packet_tree(&packet, base + packet.offset),
            Err(fault) => Field::fault(fault.name, base + fault.offset..end),
        })
        .collect()
}

fn packet_tree(packet: &Packet<'_>, base: usize) -> Field {
    let name = packet
        .kind
        .name()
        .map_or_else(|| format!("type {}", packet.kind.code()), str::to_owned);
    let mut tree = Field::new("RTCP", name, base..base + packet.length).with([
        Field::new("count or format", packet.count.to_string(), base..base + 1),
        Field::new(
            "packet type",
            packet.kind.code().to_string(),
            base + 1..base + 2,
        ),
        Field::new(
            "length",
            format!("{} bytes", packet.length),
            base + 2..base + 4,
        ),
    ]);
    let body = base + 4..base + 4 + packet.body.len();
    let decoded = decode(packet);
    match lines(packet, base) {
        Ok(Some(fields)) => tree.children.extend(fields),
        // Types that the crate does not know, and packets that it refuses: as our own decoder reads them.
        Ok(None) | Err(_) => tree.children.push(Field::new(
            "body",
            format!("{:?}", decoded.body),
            body.clone(),
        )),
    }
    if packet.padding > 0 {
        let range = body.end..body.end + usize::from(packet.padding);
        tree.children.push(Field::new(
            "padding",
            format!("{} bytes", packet.padding),
            range,
        ));
    }
    tree.children
        .extend(decoded.fault.map(|fault| fault_field(fault, base, packet)));
    tree
}

fn fault_field(fault: Fault, base: usize, packet: &Packet<'_>) -> Field {
    let at = base + fault.offset.saturating_sub(packet.offset);
    Field::fault(fault.name, at..(base + packet.length).max(at))
}

/// Only what SRTCP leaves in the clear.
fn srtcp_tree(srtcp: &Srtcp<'_>, base: usize) -> Field {
    let end = srtcp.datagram.len();
    let tag = usize::from(srtcp.tag_length);
    let body_end = end.saturating_sub(tag + 4);
    // AEAD puts the tag before the index (RFC 7714 §9.2).
    let index_at = if tag == 16 {
        end.saturating_sub(4)
    } else {
        body_end
    };
    let tag_at = if tag == 16 { body_end } else { body_end + 4 };
    let at = |from: usize, length: usize| base + from..base + from + length;
    let state = if srtcp.e_flag {
        "encrypted"
    } else {
        "authenticated only"
    };
    let title = format!(
        "{} from {}, index {}",
        word_of(&srtcp.opening),
        srtcp.opening.ssrc,
        srtcp.index
    );
    let mut tree =
        Field::new("SRTCP", title, at(0, end)).with([opening_field(&srtcp.opening, base)]);
    match srtcp.authenticated_only() {
        Some(compound) => tree.children.extend(compound_trees(compound, base)),
        None => tree.children.push(Field::new(
            "encrypted",
            format!("{} bytes", body_end.saturating_sub(8)),
            base + 8..base + body_end.max(8),
        )),
    }
    tree.with([
        Field::new(
            "index",
            format!("{}, {state}", srtcp.index),
            at(index_at, 4),
        ),
        Field::new(
            "authentication tag",
            format!("{tag} bytes, by the layout"),
            at(tag_at, tag),
        ),
    ])
}

fn cut_tree(cut: &Cut<'_>, base: usize) -> Field {
    let (name, state) = match cut.is_encrypted {
        Some(true) => ("SRTCP", "encrypted"),
        Some(false) => ("RTCP", "plain"),
        None => ("RTCP or SRTCP", "maybe encrypted"),
    };
    let (captured, on_wire) = (cut.datagram.bytes.len(), cut.datagram.on_wire);
    let title = format!(
        "{} from {}, {state}, cut by the snap length: {captured} of {on_wire} bytes",
        word_of(&cut.opening),
        cut.opening.ssrc,
    );
    let mut tree =
        Field::new(name, title, base..base + captured).with([opening_field(&cut.opening, base)]);
    if cut.is_encrypted == Some(false) {
        tree.children
            .extend(compound_trees(cut.whole_packets(), base));
    }
    tree
}

fn opening_field(opening: &Opening, base: usize) -> Field {
    let value = format!(
        "{}, count or format {}, {} bytes, sender {}",
        word_of(opening),
        opening.count,
        opening.length,
        opening.ssrc
    );
    Field::new("opening", value, base..base + 8)
}

fn word_of(opening: &Opening) -> &'static str {
    opening.kind.name().unwrap_or("unknown type")
}

fn extension_tree(extension: &Extension<'_>, base: usize, names: &[(u8, &str)]) -> Field {
    let form = match extension.form() {
        ExtensionForm::OneByte => "one-byte form",
        ExtensionForm::TwoByte { .. } => "two-byte form",
        ExtensionForm::Encrypted => "encrypted (Cryptex)",
        ExtensionForm::Other => "of a profile",
    };
    let start = base + extension.offset();
    let end = start + extension.block().len();
    let title = format!("{:#06x}, {form}", extension.profile());
    let elements = extension.elements().map(|element| match element {
        Ok(element) => {
            let uri = names
                .iter()
                .find(|&&(id, _)| id == element.id)
                .map(|&(_, uri)| uri);
            let kind = uri.and_then(ExtensionKind::from_uri);
            let words = kind.map(|kind| ExtensionValue::read(kind, element.value, element.offset));
            let name = kind
                .map(ExtensionKind::name)
                .or(uri)
                .unwrap_or("not declared");
            let (value, mark) = match words {
                Some(Ok(value)) => (value.to_string(), Mark::Plain),
                Some(Err(fault)) => (fault.name.to_owned(), Mark::Bad),
                None => (hex(element.value, 32), Mark::Plain),
            };
            let at = base + element.offset;
            Field::new(
                format!("id {} {name}", element.id),
                value,
                at..at + element.value.len(),
            )
            .marked(mark)
        }
        Err(fault) => Field::fault(
            fault.name,
            base + fault.offset..end.max(base + fault.offset),
        ),
    });
    Field::new("header extension", title, start.saturating_sub(4)..end).with(elements)
}

fn payload_tree(header: &Header<'_>, base: usize, known: &Known<'_>) -> Field {
    let start = base + header.header_length();
    let captured = header.payload();
    let range = start..start + captured.len();
    let length = header.payload_length();
    let cut = if captured.len() < length {
        format!(", {} captured", captured.len())
    } else {
        String::new()
    };
    if known.encrypted {
        return Field::new("payload", format!("{length} bytes, encrypted{cut}"), range);
    }
    let padding = header.padding();
    let kept = captured.len() - padding.unwrap_or(0).min(captured.len());
    let mut tree = Field::new("payload", format!("{length} bytes{cut}"), range);
    let body = captured.get(..kept).unwrap_or(captured);
    if let Some(codec) = known.codec.and_then(Codec::from_name) {
        match Depacketizer::new(codec).push(body) {
            Ok(payload) => {
                let key = payload
                    .key_frame
                    .filter(|&key| key)
                    .map(|_| ("key frame", "starts".to_owned()));
                let size = payload
                    .size
                    .map(|(width, height)| ("size", format!("{width}×{height}")));
                let words = payload.words.into_iter().chain(key).chain(size);
                tree.children.extend(
                    words.map(|(name, value)| Field::new(name, value, start..start + kept)),
                );
            }
            Err(fault) => tree
                .children
                .push(Field::fault(fault.name, start..start + kept)),
        }
    }
    match padding {
        Ok(0) => tree,
        Ok(count) => tree.with([Field::new(
            "padding",
            format!("{count} bytes"),
            start + kept..start + captured.len(),
        )]),
        Err(fault) => tree.with([Field::fault(fault.name, start..start + captured.len())]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::rtcp::classify::classify;

    const PACKET: [u8; 27] = [
        0xb0, 0xe0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 0xbe, 0xde, 0, 1, 0x40, b'0', 0x10, 0x85, 0x10,
        0x01, 0x9d, 0x01, 9, 0, 2,
    ];

    fn flat(field: &Field) -> Vec<String> {
        let own = std::iter::once(format!("{}: {}", field.name, field.value));
        own.chain(field.children.iter().flat_map(flat)).collect()
    }

    #[test]
    fn an_rtp_packet_is_told_with_what_signaling_knows() {
        let known = Known {
            extensions: &[(4, "urn:ietf:params:rtp-hdrext:sdes:mid")],
            codec: Some("VP8"),
            encrypted: false,
        };
        let lines = flat(&rtp(&Header::new(&PACKET).unwrap(), 42, &known));
        for line in [
            "RTP: VP8, sequence 7",
            "id 4 MID: \"0\"",
            "id 1 not declared: 85",
            "partition: 0, frame starts",
            "padding: 2 bytes",
        ] {
            assert!(
                lines.iter().any(|l| l == line),
                "{line} is not in {lines:#?}"
            );
        }
    }

    #[test]
    fn an_encrypted_payload_is_never_read() {
        let known = Known {
            codec: Some("VP8"),
            encrypted: true,
            ..Known::default()
        };
        let tree = rtp(&Header::new(&PACKET).unwrap(), 0, &known);
        let payload = tree.children.last().unwrap();
        assert_eq!(
            (payload.value.as_str(), payload.children.len()),
            ("7 bytes, encrypted", 0)
        );
    }

    #[test]
    fn srtcp_shows_opening_index_and_tag_alone() {
        let bytes = [
            &[0x80, 201, 0, 1, 0, 0, 0, 7, 9, 9, 9, 9, 0x80, 0, 0, 17][..],
            &[5; 10],
        ]
        .concat();
        let trees = rtcp(&classify(&bytes), 0);
        let names: Vec<&str> = trees[0].children.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(
            names,
            ["opening", "encrypted", "index", "authentication tag"]
        );
        assert_eq!(
            (trees[0].value.as_str(), trees[0].children[2].range.clone()),
            ("RR from 7, index 17", 12..16)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_tree(bytes in proptest::collection::vec(any::<u8>(), 0..90), encrypted: bool) {
            let known = Known { codec: Some("H264"), encrypted, extensions: &[(1, "urn:3gpp:video-orientation")] };
            if let Ok(header) = Header::new(&bytes) {
                let _ = rtp(&header, 14, &known);
            }
            let _ = rtcp(&classify(&bytes), 14);
        }
    }
}
