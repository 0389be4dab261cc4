//! Payload types: what each number of an `m=` line stands for.

use std::fmt;

use crate::sdp::attribute::Attribute;
use crate::sdp::field::Format;
use crate::sdp::field::MediaLine;
use crate::sdp::field::payload_type;
use crate::sdp::line::Content;
use crate::sdp::line::Line;
use crate::sdp::rtp_attribute::FormatParameters;
use crate::sdp::rtp_attribute::Rtpmap;
use crate::vocab::ids::PayloadType;

/// A codec with the number it has in this section.
///
/// Sources: the `m=` line (order of preference), `a=rtpmap`, `a=fmtp`, `a=rtcp-fb`; without `a=rtpmap`, the static table of RFC 3551 §6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// Payload type.
    pub payload_type: PayloadType,
    /// Encoding name, as written: `VP8`, `opus`, `rtx`.
    pub name: String,
    /// RTP clock rate, Hz.
    pub clock_rate: u32,
    /// Audio channels, when said.
    pub channels: Option<u32>,
    /// Format parameters.
    pub parameters: FormatParameters,
    /// RTCP feedback, at most [`Codec::MAX_FEEDBACK`]: `nack`, `nack pli`, `transport-cc`.
    pub feedback: Vec<String>,
    /// Is it in the `m=` line? Others are mapped, but not offered.
    pub listed: bool,
}

impl Codec {
    /// Feedback types kept per codec.
    pub const MAX_FEEDBACK: usize = 32;

    /// `VP8/90000`, `opus/48000/2`; one channel is not written (RFC 8866 §6.6).
    pub fn label(&self) -> String {
        self.to_string()
    }

    /// The payload type whose packets this one retransmits (`apt`, RFC 4588 §8.1).
    pub fn apt(&self) -> Option<PayloadType> {
        self.parameters.get("apt").and_then(payload_type)
    }

    /// What this payload type does in its section.
    pub fn role(&self) -> CodecRole {
        let is = |name: &str| self.name.eq_ignore_ascii_case(name);
        if is("rtx") {
            CodecRole::Retransmission
        } else if is("red") {
            CodecRole::Redundancy
        } else if is("ulpfec") || is("flexfec") || is("flexfec-03") || is("parityfec") {
            CodecRole::ForwardErrorCorrection
        } else if is("CN") || is("telephone-event") {
            CodecRole::Supplement
        } else {
            CodecRole::Media
        }
    }

    /// Same name, clock rate and channels: the same codec, parameters aside.
    pub fn is_same_encoding(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
            && self.clock_rate == other.clock_rate
            && self.channels.unwrap_or(1) == other.channels.unwrap_or(1)
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.clock_rate)?;
        match self.channels {
            None | Some(1) => Ok(()),
            Some(channels) => write!(f, "/{channels}"),
        }
    }
}

/// What a payload type does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodecRole {
    /// Carries sound or pictures.
    Media,
    /// `rtx`: packets sent again (RFC 4588).
    Retransmission,
    /// `red`: earlier frames repeated (RFC 2198).
    Redundancy,
    /// `ulpfec`, `flexfec`: parity packets.
    ForwardErrorCorrection,
    /// Comfort noise, telephone keys.
    Supplement,
}

/// The codecs of a section: those of the `m=` line in its order, then those mapped without being listed.
pub(super) fn codecs(media: &MediaLine, lines: &[Line]) -> Vec<Codec> {
    if !media.is_rtp() {
        return Vec::new();
    }
    let mut codecs: Vec<Codec> = Vec::with_capacity(media.formats.len());
    let mut places = [None; 128];
    let mut add = |codec: Codec, codecs: &mut Vec<Codec>| {
        if let Some(place @ None) = places.get_mut(usize::from(codec.payload_type.0)) {
            *place = Some(codecs.len());
            codecs.push(codec);
        }
    };
    let mut maps: [Option<&Rtpmap>; 128] = [None; 128];
    for attribute in lines.iter().filter_map(Line::attribute) {
        if let Attribute::Rtpmap(map) = attribute
            && let Some(place @ None) = maps.get_mut(usize::from(map.payload_type.0))
        {
            *place = Some(map);
        }
    }
    for format in &media.formats {
        if let Format::Payload(payload_type) = *format {
            let map = maps.get(usize::from(payload_type.0)).copied().flatten();
            if let Some(codec) = map.map(mapped).or_else(|| assigned(payload_type)) {
                add(codec, &mut codecs);
            }
        }
    }
    for map in maps.iter().flatten() {
        let codec = Codec {
            listed: false,
            ..mapped(map)
        };
        add(codec, &mut codecs);
    }
    for attribute in lines.iter().filter_map(Line::attribute) {
        describe(attribute, &places, &mut codecs);
    }
    codecs
}

/// Adds what `a=fmtp` and `a=rtcp-fb` say.
fn describe(attribute: &Attribute, places: &[Option<usize>; 128], codecs: &mut [Codec]) {
    let place = |payload_type: PayloadType| places.get(usize::from(payload_type.0)).copied()?;
    match attribute {
        Attribute::Fmtp(line) => {
            let place = payload_type(&line.format).and_then(place);
            if let Some(codec) = place.and_then(|place| codecs.get_mut(place)) {
                let parameters = line.parameters.0.iter().cloned();
                codec.parameters.0.extend(parameters);
            }
        }
        Attribute::RtcpFeedback(line) => {
            let chosen = match line.payload_type.map(place) {
                None => codecs,
                Some(Some(place)) => codecs.get_mut(place..=place).unwrap_or_default(),
                Some(None) => &mut [],
            };
            for codec in chosen {
                if codec.feedback.len() < Codec::MAX_FEEDBACK {
                    codec.feedback.push(line.feedback.clone());
                }
            }
        }
        _ => {}
    }
}

fn mapped(map: &Rtpmap) -> Codec {
    Codec {
        payload_type: map.payload_type,
        name: map.name.clone(),
        clock_rate: map.clock_rate,
        channels: map.channels,
        parameters: FormatParameters::default(),
        feedback: Vec::new(),
        listed: true,
    }
}

/// The codec that RFC 3551 §6 assigned to `payload_type`; `None` for reserved, unassigned and dynamic numbers.
pub fn assigned(payload_type: PayloadType) -> Option<Codec> {
    let (name, clock_rate, channels) = match payload_type.0 {
        0 => ("PCMU", 8_000, 1),
        3 => ("GSM", 8_000, 1),
        4 => ("G723", 8_000, 1),
        5 => ("DVI4", 8_000, 1),
        6 => ("DVI4", 16_000, 1),
        7 => ("LPC", 8_000, 1),
        8 => ("PCMA", 8_000, 1),
        // Sampled at 16 kHz; the 8 kHz clock is a mistake of RFC 1890 kept for compatibility (RFC 3551 §4.5.2).
        9 => ("G722", 8_000, 1),
        10 => ("L16", 44_100, 2),
        11 => ("L16", 44_100, 1),
        12 => ("QCELP", 8_000, 1),
        13 => ("CN", 8_000, 1),
        14 => ("MPA", 90_000, 1),
        15 => ("G728", 8_000, 1),
        16 => ("DVI4", 11_025, 1),
        17 => ("DVI4", 22_050, 1),
        18 => ("G729", 8_000, 1),
        25 => ("CelB", 90_000, 1),
        26 => ("JPEG", 90_000, 1),
        28 => ("nv", 90_000, 1),
        31 => ("H261", 90_000, 1),
        32 => ("MPV", 90_000, 1),
        33 => ("MP2T", 90_000, 1),
        34 => ("H263", 90_000, 1),
        _ => return None,
    };
    Some(Codec {
        payload_type,
        name: name.to_owned(),
        clock_rate,
        channels: (channels > 1).then_some(channels),
        parameters: FormatParameters::default(),
        feedback: Vec::new(),
        listed: true,
    })
}

/// Does a line of this section map `payload_type`?
pub(super) fn is_mapped(lines: &[Line], payload_type: PayloadType) -> bool {
    lines.iter().any(|line| {
        matches!(&line.content, Content::Attribute(Attribute::Rtpmap(map)) if map.payload_type == payload_type)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::description::Description;

    fn section(text: &str) -> Vec<Codec> {
        let media = Description::parse(text).media;
        media.into_iter().next().expect("a section").codecs
    }

    #[test]
    fn codecs_stand_in_order_of_preference() {
        let codecs = section(
            "m=video 9 UDP/TLS/RTP/SAVPF 98 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:* transport-cc\r\n\
             a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\na=rtpmap:99 H264/90000\r\n",
        );
        let labels: Vec<_> = codecs.iter().map(|c| (c.label(), c.listed)).collect();
        let expected = [
            ("VP9/90000", true),
            ("VP8/90000", true),
            ("rtx/90000", true),
            ("H264/90000", false),
        ];
        assert_eq!(
            labels,
            expected.map(|(label, listed)| (label.to_owned(), listed))
        );
        let vp8 = codecs.get(1).expect("four codecs");
        assert_eq!(vp8.feedback, ["nack", "transport-cc"]);
        let rtx = codecs.get(2).expect("four codecs");
        assert_eq!(
            (rtx.apt(), rtx.role()),
            (Some(PayloadType(96)), CodecRole::Retransmission)
        );
    }

    #[test]
    fn static_payload_types_need_no_map() {
        let labels: Vec<_> = section("m=audio 9 RTP/AVP 0 8 9 10 96\r\n")
            .iter()
            .map(Codec::label)
            .collect();
        assert_eq!(
            labels,
            ["PCMU/8000", "PCMA/8000", "G722/8000", "L16/44100/2"]
        );
    }

    #[test]
    fn one_channel_is_not_written() {
        let codecs = section(
            "m=audio 9 RTP/AVP 9 109\r\na=rtpmap:9 G722/8000/1\r\na=rtpmap:109 opus/48000/2\r\n",
        );
        let labels: Vec<_> = codecs.iter().map(Codec::label).collect();
        assert_eq!(labels, ["G722/8000", "opus/48000/2"]);
        let bare = assigned(PayloadType(9)).expect("static");
        assert!(
            codecs
                .first()
                .is_some_and(|g722| g722.is_same_encoding(&bare))
        );
    }
}
