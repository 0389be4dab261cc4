//! The decode tree of WebSocket frames.
//!
//! ```text
//! WebSocket frame           text, last frame, masked, 5 bytes
//!   FIN                     1: last frame of its message
//!   RSV                     0
//!   opcode                  text (1)
//!   mask                    1
//!   payload length          5 bytes
//!   masking key             37fa213d
//!   payload                 Hello
//! ```

use crate::wire::detail::Field;
use crate::wire::detail::hex;
use crate::wire::websocket::close::Close;
use crate::wire::websocket::close::code_words;
use crate::wire::websocket::frame::Frame;
use crate::wire::websocket::header::Opcode;

/// The trees of the frames in `bytes`, which begin at byte `base`. The last frame may be cut; at most [`FRAMES_SHOWN`] are shown.
pub fn detail(bytes: &[u8], base: usize) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && !rest.is_empty()
        && fields.len() < FRAMES_SHOWN
    {
        match Frame::new_cut(rest) {
            Ok(frame) => {
                fields.push(frame_field(&frame, base + at));
                at += frame.length();
            }
            Err(fault) => {
                let end = base + bytes.len();
                let range = (base + at + fault.offset).min(end)..end;
                fields.push(Field::fault(fault.name, range));
                break;
            }
        }
    }
    fields
}

fn frame_field(frame: &Frame<'_>, base: usize) -> Field {
    let header = &frame.header;
    let (start, end) = (base + header.length, base + frame.length());
    let key = if header.mask.is_some() { 4 } else { 0 };
    let word = header.opcode.word();
    let last = if header.fin {
        "last frame"
    } else {
        "more frames follow"
    };
    let masked = if header.mask.is_some() {
        ", masked"
    } else {
        ""
    };
    let title = format!("{word}, {last}{masked}, {} bytes", header.payload_length);
    let fin = if header.fin {
        "1: last frame of its message"
    } else {
        "0: the message goes on"
    };
    let reserved = if header.rsv1() {
        format!(
            "{:03b}: compressed, with permessage-deflate",
            header.reserved
        )
    } else {
        format!("{:03b}", header.reserved)
    };
    let mut tree = Field::new("WebSocket frame", title, base..end).with([
        Field::new("FIN", fin, base..base + 1),
        Field::new("RSV", reserved, base..base + 1),
        Field::new(
            "opcode",
            format!("{word} ({})", header.opcode.bits()),
            base..base + 1,
        ),
        Field::new("mask", if key == 0 { "0" } else { "1" }, base + 1..base + 2),
        Field::new(
            "payload length",
            format!("{} bytes", header.payload_length),
            base + 1..start - key,
        ),
    ]);
    if let Some(key) = header.mask {
        tree.children
            .push(Field::new("masking key", hex(&key, 4), start - 4..start));
    }
    if start < end {
        tree.children.push(payload_field(frame, start..end));
    }
    if frame.is_cut() {
        let missing = header.payload_length - frame.masked.len() as u64;
        let words = format!("{missing} bytes of the payload are not in this piece");
        tree.children.push(Field::new("continues", words, end..end));
    }
    tree.with(
        header
            .faults()
            .map(|fault| Field::fault(fault.name, base + fault.offset..start)),
    )
}

fn payload_field(frame: &Frame<'_>, range: std::ops::Range<usize>) -> Field {
    let payload = frame.payload();
    let start = range.start;
    if frame.header.opcode == Opcode::Close && !frame.is_cut() {
        let close = Close::new(&payload);
        let mut tree = Field::new("payload", "", range.clone());
        if let Some(code) = close.code {
            let words = code_words(code).unwrap_or("defined by the application");
            let words = format!("{code} ({words})");
            tree.children
                .push(Field::new("status code", words, start..start + 2));
            tree.children
                .push(Field::new("reason", close.reason, start + 2..range.end));
        }
        return tree.with(
            close
                .faults
                .iter()
                .map(|fault| Field::fault(fault.name, start + fault.offset..range.end)),
        );
    }
    Field::new("payload", words(&payload), range)
}

/// The payload as text where it is, else in hex; the beginning of a long one.
fn words(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) if !text.chars().any(|c| c.is_control() && !c.is_whitespace()) => {
            let mut shown: String = text.chars().take(TEXT_SHOWN).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            shown
        }
        _ => hex(payload, HEX_SHOWN),
    }
}

/// Frames shown of one piece of a stream.
pub const FRAMES_SHOWN: usize = 64;
/// Characters shown of a text payload.
const TEXT_SHOWN: usize = 400;
/// Bytes shown of another payload.
const HEX_SHOWN: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HELLO: [u8; 11] = [
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ];

    fn value<'a>(field: &'a Field, name: &str) -> &'a str {
        let found = field.children.iter().find(|child| child.name == name);
        found.map_or("", |child| child.value.as_str())
    }

    #[test]
    fn the_tree_shows_the_payload_unmasked() {
        let tree = &detail(&HELLO, 54)[0];
        assert_eq!(tree.value, "text, last frame, masked, 5 bytes");
        assert_eq!(tree.range, 54..65);
        assert_eq!(value(tree, "payload"), "Hello");
        assert_eq!(value(tree, "masking key"), "37fa213d");
        assert_eq!(
            tree.at(58).map(|field| field.name.as_str()),
            Some("masking key")
        );
    }

    #[test]
    fn several_frames_and_a_cut_one_are_shown() {
        let trees = detail(&[0x89, 0, 0x88, 2, 3, 0xe8, 0x81, 5, b'H'], 0);
        let titles: Vec<_> = trees.iter().map(|tree| tree.value.as_str()).collect();
        assert_eq!(
            titles,
            [
                "ping, last frame, 0 bytes",
                "close, last frame, 2 bytes",
                "text, last frame, 5 bytes"
            ]
        );
        assert_eq!(
            value(&trees[1].children[5], "status code"),
            "1000 (normal closure)"
        );
        assert!(value(&trees[2], "continues").starts_with("4 bytes"));
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_tree(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for tree in detail(&bytes, 7) {
                prop_assert!(tree.range.end <= 7 + bytes.len());
            }
        }

        #[test]
        fn flipped_frames_do_not_break_it(at in 0usize..17, flip: u8, cut in 0usize..=17) {
            let mut bytes = HELLO.to_vec();
            bytes.extend([0x88, 4, 0x03, 0xe8, b'o', b'k']);
            bytes[at] ^= flip;
            let _ = detail(&bytes[..cut], 0);
        }
    }
}
