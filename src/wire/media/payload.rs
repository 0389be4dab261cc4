//! Payload → codec bytes, and what the payload's own header says. For plain or decrypted packets only.

use bytes::Bytes;
use bytes::BytesMut;
use rtp::codecs::h264::H264Packet;
use rtp::codecs::h265::H265Packet;
use rtp::codecs::h265::H265Payload;
use rtp::codecs::opus::OpusPacket;
use rtp::codecs::vp8::Vp8Packet;
use rtp::codecs::vp9::Vp9Packet;
use rtp::packetizer::Depacketizer as _;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::media::fence::fenced;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;

/// A codec whose payloads can be read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// RFC 7798.
    H265,
    /// RTP payload format for AV1, version 1.0.
    Av1,
    /// RFC 7587.
    Opus,
}

impl Codec {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Vp8,
        Self::Vp9,
        Self::H264,
        Self::H265,
        Self::Av1,
        Self::Opus,
    ];

    /// By the encoding name of an `a=rtpmap` line.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// Encoding name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::H264 => "H264",
            Self::H265 => "H265",
            Self::Av1 => "AV1",
            Self::Opus => "opus",
        }
    }
}

/// What one payload holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    /// Codec bytes that are complete with this packet: a piece of a VP8 or VP9 frame, an Opus packet, whole NAL units with start
    /// codes, AV1's OBU elements with their lengths. Empty for the first fragments of a NAL unit.
    pub media: Bytes,
    /// Does a key frame begin here? `None` when the payload can't tell.
    pub key_frame: Option<bool>,
    /// Width and height, where said.
    pub size: Option<(u16, u16)>,
    /// What the header says: name and value.
    pub words: Vec<(&'static str, String)>,
}

/// Reads the payloads of one stream in order. H.264 and H.265 spread a NAL unit over several.
#[derive(Debug)]
pub struct Depacketizer {
    codec: Codec,
    h264: H264Packet,
    /// Fragments of the current NAL unit: what the `rtp` crate holds for H.264, and our own of H.265.
    held: usize,
    unit: BytesMut,
}

impl Depacketizer {
    /// For a stream of `codec`.
    pub fn new(codec: Codec) -> Self {
        Self {
            codec,
            h264: H264Packet::default(),
            held: 0,
            unit: BytesMut::new(),
        }
    }

    /// Forgets fragments: to be called when a sequence number is missing, for the crate would glue what remains.
    pub fn reset(&mut self) {
        *self = Self::new(self.codec);
    }

    /// Reads the next payload, without padding. A broken one is a fault.
    pub fn push(&mut self, payload: &[u8]) -> Result<Payload, Fault> {
        let bytes = Bytes::copy_from_slice(payload);
        match self.codec {
            Codec::Vp8 => vp8(&bytes),
            Codec::Vp9 => vp9(&bytes),
            Codec::H264 => self.h264(&bytes),
            Codec::H265 => self.h265(&bytes),
            Codec::Av1 => av1(&bytes),
            Codec::Opus => opus(&bytes),
        }
    }

    fn h264(&mut self, bytes: &Bytes) -> Result<Payload, Fault> {
        let kind = bytes.first().map_or(0, |byte| byte & 0x1f);
        // The crate panics on an aggregate with one byte left over.
        if kind == STAP_A && !is_aggregate(bytes.get(1..).unwrap_or(&[])) {
            return Err(fault("media-h264-aggregate-overruns"));
        }
        self.held = if kind == FU_A {
            self.held + bytes.len()
        } else {
            0
        };
        if self.held > MOST_HELD {
            self.reset();
            return Err(fault("media-h264-unit-endless"));
        }
        let media = fenced(Layer::Rtp, "media-h264-unreadable", 0, || {
            self.h264.depacketize(bytes)
        })?;
        let fragment = u8_at(bytes, 1).filter(|_| kind == FU_A);
        let inner = fragment.map_or(kind, |header| header & 0x1f);
        let starts = fragment.is_none_or(|header| header & 0x80 != 0);
        if fragment.is_some_and(|header| header & 0x40 != 0) {
            self.held = 0;
        }
        let mut words = vec![("NAL unit type", format!("{kind} {}", h264_name(kind)))];
        if let Some(header) = fragment {
            words.push((
                "fragment of",
                format!("{inner} {}{}", h264_name(inner), edges(header)),
            ));
        }
        let key_frame = match inner {
            // Parameter sets come right before an IDR picture, in one aggregate as a rule.
            5 | 7 => Some(starts),
            STAP_A => Some(
                units(bytes.get(1..).unwrap_or(&[]))
                    .any(|unit| matches!(unit.first().map_or(0, |b| b & 0x1f), 5 | 7)),
            ),
            1..=4 => Some(false),
            _ => None,
        };
        Ok(Payload {
            media,
            key_frame,
            size: None,
            words,
        })
    }

    fn h265(&mut self, bytes: &Bytes) -> Result<Payload, Fault> {
        let mut packet = H265Packet::default();
        fenced(Layer::Rtp, "media-h265-unreadable", 0, || {
            packet.depacketize(bytes)
        })?;
        let (Some(first), Some(second)) = (u8_at(bytes, 0), u8_at(bytes, 1)) else {
            return Err(fault("media-h265-unreadable"));
        };
        let kind = first >> 1 & 0x3f;
        let mut words = vec![("NAL unit type", format!("{kind} {}", h265_name(kind)))];
        let mut media = BytesMut::new();
        let mut key = is_h265_key(kind);
        match packet.payload() {
            H265Payload::H265SingleNALUnitPacket(_) => {
                put_unit(&mut media, bytes);
            }
            H265Payload::H265AggregationPacket(aggregate) => {
                let rest = aggregate
                    .other_units()
                    .iter()
                    .map(rtp::codecs::h265::H265AggregationUnit::nal_unit);
                let all = aggregate
                    .first_unit()
                    .map(rtp::codecs::h265::H265AggregationUnitFirst::nal_unit);
                for unit in all.into_iter().chain(rest) {
                    key |= unit
                        .first()
                        .is_some_and(|byte| is_h265_key(byte >> 1 & 0x3f));
                    put_unit(&mut media, &unit);
                }
            }
            H265Payload::H265FragmentationUnitPacket(fragment) => {
                let header = fragment.fu_header();
                let inner = header.fu_type();
                words.push(("fragment of", format!("{inner} {}", h265_name(inner))));
                if header.s() {
                    self.unit.clear();
                    self.unit
                        .extend_from_slice(&[first & 0x81 | inner << 1, second]);
                }
                // A lost start leaves nothing to append to.
                if !self.unit.is_empty() {
                    self.unit.extend_from_slice(&fragment.payload());
                }
                key = header.s() && is_h265_key(inner);
                if self.unit.len() > MOST_HELD {
                    self.reset();
                    return Err(fault("media-h265-unit-endless"));
                }
                if header.e() {
                    put_unit(&mut media, &std::mem::take(&mut self.unit));
                }
            }
            H265Payload::H265PACIPacket(_) => {}
        }
        Ok(Payload {
            media: media.freeze(),
            key_frame: Some(key),
            size: None,
            words,
        })
    }
}

fn vp8(bytes: &Bytes) -> Result<Payload, Fault> {
    // A fresh one each time: the crate leaves optional fields of the packet before standing.
    let mut packet = Vp8Packet::default();
    let media = fenced(Layer::Rtp, "media-vp8-unreadable", 0, || {
        packet.depacketize(bytes)
    })?;
    let starts = packet.s == 1 && packet.pid == 0;
    // The first bit of the frame says "no key frame"; a key frame's size follows its start code (RFC 6386 §9.1).
    let key = starts && media.first().is_some_and(|byte| byte & 1 == 0);
    let little = |at| u16_at(&media, at).map(|word| word.swap_bytes() & 0x3fff);
    let mut words = vec![(
        "partition",
        format!(
            "{}{}",
            packet.pid,
            if starts { ", frame starts" } else { "" }
        ),
    )];
    if packet.i == 1 {
        words.push(("picture id", packet.picture_id.to_string()));
    }
    if packet.l == 1 {
        words.push(("temporal level zero index", packet.tl0_pic_idx.to_string()));
    }
    if packet.t == 1 {
        words.push(("temporal layer", packet.tid.to_string()));
    }
    Ok(Payload {
        key_frame: Some(key),
        size: key.then(|| little(6).zip(little(8))).flatten(),
        media,
        words,
    })
}

fn vp9(bytes: &Bytes) -> Result<Payload, Fault> {
    let mut packet = Vp9Packet::default();
    let media = fenced(Layer::Rtp, "media-vp9-unreadable", 0, || {
        packet.depacketize(bytes)
    })?;
    let mut words = vec![(
        "frame",
        format!(
            "{}{}{}",
            if packet.p {
                "predicted"
            } else {
                "not predicted"
            },
            if packet.b { ", starts" } else { "" },
            if packet.e { ", ends" } else { "" }
        ),
    )];
    if packet.i {
        words.push(("picture id", packet.picture_id.to_string()));
    }
    if packet.l {
        words.push((
            "layers",
            format!("temporal {}, spatial {}", packet.tid, packet.sid),
        ));
    }
    // Layers are listed from the smallest up.
    let size = packet
        .width
        .last()
        .copied()
        .zip(packet.height.last().copied());
    Ok(Payload {
        media,
        key_frame: Some(packet.b && !packet.p && packet.sid == 0),
        size,
        words,
    })
}

/// The aggregation header tells how OBUs are cut into elements (RTP payload format for AV1, §4.4).
fn av1(bytes: &Bytes) -> Result<Payload, Fault> {
    let Some(head) = u8_at(bytes, 0) else {
        return Err(fault("media-av1-empty"));
    };
    let is_new = head & 0x08 != 0;
    let count = match head >> 4 & 3 {
        0 => "each with its length".to_owned(),
        count => count.to_string(),
    };
    let words = vec![
        ("OBU elements", count),
        (
            "first element",
            yes(
                head & 0x80 != 0,
                "goes on from the packet before",
                "begins here",
            ),
        ),
        (
            "last element",
            yes(head & 0x40 != 0, "goes on in the next packet", "ends here"),
        ),
    ];
    Ok(Payload {
        media: bytes.slice(1..),
        key_frame: Some(is_new),
        size: None,
        words,
    })
}

fn yes(is: bool, then: &str, otherwise: &str) -> String {
    (if is { then } else { otherwise }).to_owned()
}

/// The first byte tells mode, bandwidth, frame length, channels and frame count (RFC 6716 §3.1).
fn opus(bytes: &Bytes) -> Result<Payload, Fault> {
    let media = fenced(Layer::Rtp, "media-opus-empty", 0, || {
        OpusPacket.depacketize(bytes)
    })?;
    let toc = media.first().copied().unwrap_or(0);
    let config = toc >> 3;
    let (mode, bandwidth, tenths_ms) = match config {
        0..=11 => (
            "SILK",
            ["narrowband", "mediumband", "wideband"].get(usize::from(config / 4)),
            [100, 200, 400, 600].get(usize::from(config % 4)),
        ),
        12..=15 => (
            "hybrid",
            ["super-wideband", "fullband"].get(usize::from((config - 12) / 2)),
            [100, 200].get(usize::from(config % 2)),
        ),
        _ => (
            "CELT",
            ["narrowband", "wideband", "super-wideband", "fullband"]
                .get(usize::from((config - 16) / 4)),
            [25, 50, 100, 200].get(usize::from(config % 4)),
        ),
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u8_at(&media, 1).map_or(0, |count| count & 0x3f),
    };
    let words = vec![
        ("mode", format!("{mode}, {}", bandwidth.unwrap_or(&""))),
        (
            "frames",
            format!(
                "{frames} of {} ms",
                f64::from(*tenths_ms.unwrap_or(&0)) / 10.0
            ),
        ),
        (
            "channels",
            if toc & 4 == 0 { "mono" } else { "stereo" }.to_owned(),
        ),
    ];
    Ok(Payload {
        media,
        key_frame: None,
        size: None,
        words,
    })
}

/// Do the units of an aggregate end exactly at its end?
fn is_aggregate(rest: &[u8]) -> bool {
    let mut walk = units(rest);
    walk.by_ref().for_each(drop);
    walk.rest.is_empty()
}

/// The units of an aggregate, each behind a 16-bit length; ends at the first that overruns.
const fn units(rest: &[u8]) -> Units<'_> {
    Units { rest }
}

struct Units<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Units<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&length, after) = self.rest.split_first_chunk()?;
        let (unit, rest) = after.split_at_checked(u16::from_be_bytes(length).into())?;
        self.rest = rest;
        Some(unit)
    }
}

/// Appends a NAL unit with its start code (Annex B).
fn put_unit(media: &mut BytesMut, unit: &[u8]) {
    media.extend_from_slice(&[0, 0, 0, 1]);
    media.extend_from_slice(unit);
}

/// `, starts` and `, ends` of a fragmentation header.
const fn edges(header: u8) -> &'static str {
    match header >> 6 {
        0b10 => ", starts",
        0b01 => ", ends",
        0b11 => ", starts, ends",
        _ => "",
    }
}

const fn h264_name(kind: u8) -> &'static str {
    match kind {
        1 => "slice",
        5 => "IDR slice",
        6 => "SEI",
        7 => "sequence parameter set",
        8 => "picture parameter set",
        9 => "access unit delimiter",
        STAP_A => "STAP-A",
        FU_A => "FU-A",
        _ => "",
    }
}

const fn h265_name(kind: u8) -> &'static str {
    match kind {
        0..=9 => "slice",
        16..=18 => "BLA slice",
        19 | 20 => "IDR slice",
        21 => "CRA slice",
        32 => "video parameter set",
        33 => "sequence parameter set",
        34 => "picture parameter set",
        39 | 40 => "SEI",
        48 => "aggregation packet",
        49 => "fragmentation unit",
        50 => "PACI",
        _ => "",
    }
}

/// Random access pictures and the parameter sets before them.
const fn is_h265_key(kind: u8) -> bool {
    matches!(kind, 16..=21 | 32 | 33)
}

const fn fault(name: &'static str) -> Fault {
    Fault::new(Layer::Rtp, name, 0)
}

/// Aggregation packet of H.264.
const STAP_A: u8 = 24;
/// Fragmentation unit of H.264.
const FU_A: u8 = 28;
/// Most bytes held of a NAL unit in fragments: more than any picture.
const MOST_HELD: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn push(codec: Codec, payload: &[u8]) -> Result<Payload, &'static str> {
        Depacketizer::new(codec)
            .push(payload)
            .map_err(|fault| fault.name)
    }

    #[test]
    fn a_vp8_key_frame_tells_its_size() {
        let bytes = [
            0x90, 0x80, 0x81, 0x02, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 9,
        ];
        let got = push(Codec::Vp8, &bytes).unwrap();
        assert_eq!((got.key_frame, got.size), (Some(true), Some((320, 240))));
        assert_eq!(got.words[1], ("picture id", "258".to_owned()));
        assert_eq!(push(Codec::Vp8, &[0x90]), Err("media-vp8-unreadable"));
    }

    #[test]
    fn a_vp9_start_without_prediction_is_a_key_frame() {
        let got = push(Codec::Vp9, &[0x8c, 0x05, 1, 2]).unwrap();
        assert_eq!((got.key_frame, got.media.len()), (Some(true), 2));
        assert_eq!(
            push(Codec::Vp9, &[0xcc, 0x05, 1]).unwrap().key_frame,
            Some(false)
        );
    }

    #[test]
    fn fragments_of_h264_become_one_unit() {
        let mut reader = Depacketizer::new(Codec::H264);
        assert!(reader.push(&[0x7c, 0x85, 1, 2]).unwrap().media.is_empty());
        let got = reader.push(&[0x7c, 0x45, 3]).unwrap();
        assert_eq!(&got.media[..], [0, 0, 0, 1, 0x65, 1, 2, 3]);
        assert_eq!(
            push(Codec::H264, &[0x78, 0, 2, 0x67, 1, 0, 2, 0x65, 9])
                .unwrap()
                .key_frame,
            Some(true)
        );
    }

    #[test]
    fn an_aggregate_with_a_byte_left_over_is_a_fault() {
        // The payload on which the rtp crate panics.
        let bytes = [0x78, 0, 3, 0x67, 1, 0x10, 0, 0x68];
        assert_eq!(
            push(Codec::H264, &bytes),
            Err("media-h264-aggregate-overruns")
        );
        assert_eq!(
            push(Codec::H264, &[0x78, 0, 1, 0x67, 3]),
            Err("media-h264-aggregate-overruns")
        );
    }

    #[test]
    fn fragments_of_h265_become_one_unit() {
        let mut reader = Depacketizer::new(Codec::H265);
        assert_eq!(
            reader.push(&[0x62, 1, 0x93, 1, 2]).unwrap().key_frame,
            Some(true)
        );
        let got = reader.push(&[0x62, 1, 0x53, 3]).unwrap();
        assert_eq!(&got.media[..], [0, 0, 0, 1, 0x26, 1, 1, 2, 3]);
    }

    #[test]
    fn the_aggregation_header_of_av1_tells_its_elements() {
        let got = push(Codec::Av1, &[0x58, 0x0a, 1]).unwrap();
        let words: Vec<&str> = got.words.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(words, ["1", "begins here", "goes on in the next packet"]);
        assert_eq!(
            (got.key_frame, &got.media[..]),
            (Some(true), &[0x0a, 1][..])
        );
        assert_eq!(push(Codec::Av1, &[]), Err("media-av1-empty"));
    }

    #[test]
    fn the_first_byte_of_opus_tells_its_frames() {
        let words = push(Codec::Opus, &[0x78, 1, 2]).unwrap().words;
        let got: Vec<&str> = words.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(got, ["hybrid, fullband", "1 of 20 ms", "mono"]);
        assert_eq!(push(Codec::Opus, &[]), Err("media-opus-empty"));
    }

    #[test]
    fn an_endless_unit_is_given_up() {
        let mut reader = Depacketizer::new(Codec::H264);
        let piece = [vec![0x7c, 0x05], vec![0; 60_000]].concat();
        let faults = (0..200).filter(|_| reader.push(&piece).is_err()).count();
        assert!(faults > 0);
    }

    proptest! {
        #[test]
        fn any_payload_is_safe(payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..4)) {
            for codec in Codec::ALL {
                let mut reader = Depacketizer::new(codec);
                for payload in &payloads {
                    let _ = reader.push(payload);
                }
            }
        }
    }
}
