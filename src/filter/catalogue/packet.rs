//! Fields of packets, and of the lines that stand for some.

use std::borrow::Cow;

use crate::filter::catalogue::BYTES;
use crate::filter::catalogue::COUNT;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::Origin;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::SECONDS;
use crate::filter::packet::Packet;
use crate::filter::rows::RowKind;
use crate::filter::value::Value;
use crate::vocab::ids::FrameNumber;

pub(super) const FIELDS: &[Field] = &[
    packet(
        "packet.number",
        COUNT,
        "number of the frame in its file",
        |it| it.number.map(FrameNumber::number).into(),
    ),
    packet(
        "packet.file",
        COUNT,
        "which of the capture files it is in, from 1",
        |it| {
            let file = it.number.map(|number| u64::from(number.file()) + 1);
            file.into()
        },
    ),
    packet(
        "packet.timeSeconds",
        SECONDS,
        "when it was captured, from the start",
        |it| it.seconds.into(),
    ),
    packet("packet.from", Kind::Address, "who sent it", |it| {
        it.from.clone()
    }),
    packet("packet.to", Kind::Address, "who was to get it", |it| {
        it.to.clone()
    }),
    packet(
        "packet.protocol",
        Kind::Text,
        "STUN, DTLS, SRTP, HTTP … as the list shows it",
        |it| it.protocol.into(),
    ),
    packet(
        "packet.text",
        Kind::Text,
        "what it says, as the list shows it",
        |it| it.text.as_ref().into(),
    ),
    packet("packet.length", BYTES, "length on the wire", |it| {
        it.length.map(u64::from).into()
    }),
    packet(
        "packet.payload",
        Kind::Text,
        "what it carries, decrypted where keys are known: HTTP, JSON, SDP",
        |it| {
            let texts = it.texts.iter();
            let texts = texts.map(|text| Value::Text(Cow::Borrowed(text.as_ref())));
            Value::Many(texts.chain([Value::Bytes(it.payload)]).collect())
        },
    ),
    packet(
        "packet.bytes",
        Kind::Bytes,
        "its bytes, from the link layer on: bytes ~ 21:12:a4:42",
        |it| Value::Bytes(it.bytes),
    ),
];

const fn packet(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(&'a Packet<'a>) -> Value<'a>,
) -> Field {
    Field::new(
        Some(RowKind::Packet),
        name,
        kind,
        meaning,
        Reader::Packet(read),
    )
    .of(Origin::Capture)
}
