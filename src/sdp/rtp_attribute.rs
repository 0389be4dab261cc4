//! The attributes that speak of RTP: payload types, feedback, header extensions, streams and simulcast layers.

use webrtc_sdp::attribute_type::SdpAttributeRtpmap;
use webrtc_sdp::attribute_type::SdpAttributeSimulcast;
use webrtc_sdp::attribute_type::SdpAttributeSimulcastVersion;
use webrtc_sdp::attribute_type::SdpAttributeSsrc;

use crate::sdp::attribute::MediaDirection;
use crate::sdp::field::payload_type;
use crate::sdp::reader::LineReader;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::Ssrc;

/// `a=rtpmap:<payload type> <name>/<clock rate>[/<channels>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rtpmap {
    /// Payload type.
    pub payload_type: PayloadType,
    /// Encoding name, as written; compared without case.
    pub name: String,
    /// RTP clock rate, Hz.
    pub clock_rate: u32,
    /// Audio channels; 1 when not said.
    pub channels: Option<u32>,
}

impl From<SdpAttributeRtpmap> for Rtpmap {
    fn from(rtpmap: SdpAttributeRtpmap) -> Self {
        Self {
            payload_type: PayloadType(rtpmap.payload_type),
            name: rtpmap.codec_name,
            clock_rate: rtpmap.frequency,
            channels: rtpmap.channels,
        }
    }
}

/// `a=fmtp:<format> <parameters>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FmtpLine {
    /// The payload type, or a format's name.
    pub format: String,
    /// Its parameters.
    pub parameters: FormatParameters,
}

/// Parameters of a format: `name=value` pairs, or words without a value (`0-15`, `111/111`). In order, names as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormatParameters(pub Vec<(String, Option<String>)>);

impl FormatParameters {
    /// Reads `name=value;name=value`.
    pub fn parse(text: &str) -> Self {
        let pairs = text.split(';').map(str::trim_ascii);
        Self(
            pairs
                .filter(|pair| !pair.is_empty())
                .map(|pair| match pair.split_once('=') {
                    Some((name, value)) => (
                        name.trim_ascii_end().to_owned(),
                        Some(value.trim_ascii_start().to_owned()),
                    ),
                    None => (pair.to_owned(), None),
                })
                .collect(),
        )
    }

    /// The value of `name`, compared without case (RFC 6838 §4.3).
    pub fn get(&self, name: &str) -> Option<&str> {
        let pair = self
            .0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        pair.and_then(|(_, value)| value.as_deref())
    }

    /// No parameter at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for FormatParameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            match value {
                Some(value) => write!(f, "{separator}{name}={value}")?,
                None => write!(f, "{separator}{name}")?,
            }
        }
        Ok(())
    }
}

/// `a=rtcp-fb:<payload type or *> <type> [<parameter>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackLine {
    /// The payload type; `None` for `*`, all of them.
    pub payload_type: Option<PayloadType>,
    /// Type and parameters, as written: `nack pli`, `transport-cc`.
    pub feedback: String,
}

/// `a=extmap:<id>[/<direction>] <URI> [<attributes>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extmap {
    /// Identifier in the packets: 1–14 in one-byte, 1–255 in two-byte headers; from 4096 on, one to be chosen in the answer (RFC 8285 §5, §7).
    pub id: u16,
    /// Direction, when it differs from the section's.
    pub direction: Option<MediaDirection>,
    /// What the extension is.
    pub uri: String,
    /// Its attributes, as written.
    pub attributes: Option<String>,
}

/// `a=ssrc:<ssrc> [<attribute>[:<value>]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsrcLine {
    /// The stream.
    pub ssrc: Ssrc,
    /// Attribute name: `cname`, `msid`, …
    pub attribute: Option<String>,
    /// Its value.
    pub value: Option<String>,
}

impl From<SdpAttributeSsrc> for SsrcLine {
    fn from(line: SdpAttributeSsrc) -> Self {
        Self {
            ssrc: Ssrc(line.id),
            attribute: line.attribute,
            value: line.value,
        }
    }
}

/// `a=ssrc-group:<semantics> <ssrc> …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsrcGroup {
    /// `FID` (stream and its retransmissions), `SIM` (simulcast layers), `FEC-FR` (stream and its repair) and others, as written.
    pub semantics: String,
    /// The streams, in order.
    pub ssrcs: Vec<Ssrc>,
}

/// `a=rid:<id> <send|recv> [<restrictions>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rid {
    /// The layer's name, as in the RTP header extension.
    pub id: String,
    /// Which way it runs, seen from the writer.
    pub direction: RidDirection,
    /// Payload types it may use; empty for all.
    pub payload_types: Vec<PayloadType>,
    /// Further restrictions: `max-width`, `max-br`, …
    pub restrictions: FormatParameters,
}

/// Which way a simulcast layer runs, seen from the writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RidDirection {
    /// The writer sends it.
    Send,
    /// The writer receives it.
    Recv,
}

impl RidDirection {
    /// The word of SDP.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Recv => "recv",
        }
    }
}

/// `a=simulcast:send <streams> recv <streams>`: streams separated by `;`, alternatives of one stream by `,`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Simulcast {
    /// Streams the writer sends.
    pub send: Vec<SimulcastStream>,
    /// Streams the writer receives.
    pub recv: Vec<SimulcastStream>,
}

/// One simulcast stream: alternatives in order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulcastStream {
    /// The layers, any one of which serves.
    pub alternatives: Vec<SimulcastLayer>,
}

/// A layer of a simulcast stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulcastLayer {
    /// The `a=rid` it refers to.
    pub rid: String,
    /// `~`: starts paused.
    pub paused: bool,
}

impl From<SdpAttributeSimulcast> for Simulcast {
    fn from(simulcast: SdpAttributeSimulcast) -> Self {
        let streams = |versions: Vec<SdpAttributeSimulcastVersion>| {
            let layers = versions.into_iter().map(|version| version.ids);
            layers
                .map(|ids| SimulcastStream {
                    alternatives: ids
                        .into_iter()
                        .map(|id| SimulcastLayer {
                            rid: id.id,
                            paused: id.paused,
                        })
                        .collect(),
                })
                .collect()
        };
        Self {
            send: streams(simulcast.send),
            recv: streams(simulcast.receive),
        }
    }
}

pub(super) fn fmtp(value: &str, reader: &mut LineReader<'_>) -> Option<FmtpLine> {
    let Some((format, parameters)) = value.split_once([' ', '\t']) else {
        reader.fault("sdp-fmtp-without-parameters", value);
        return None;
    };
    Some(FmtpLine {
        format: format.to_owned(),
        parameters: FormatParameters::parse(parameters),
    })
}

pub(super) fn feedback(value: &str, reader: &mut LineReader<'_>) -> Option<FeedbackLine> {
    let (format, feedback) = value.split_once([' ', '\t'])?;
    let payload_type = match (format, payload_type(format)) {
        ("*", _) => None,
        (_, Some(payload_type)) => Some(payload_type),
        (_, None) => {
            reader.fault("sdp-feedback-payload-type-unreadable", format);
            return None;
        }
    };
    Some(FeedbackLine {
        payload_type,
        feedback: feedback.trim_ascii().to_owned(),
    })
}

pub(super) fn extmap(value: &str, reader: &mut LineReader<'_>) -> Option<Extmap> {
    let mut tokens = value.splitn(3, [' ', '\t']);
    let (entry, uri) = (tokens.next()?, tokens.next()?);
    let (id, direction) = match entry.split_once('/') {
        Some((id, word)) => {
            let direction = MediaDirection::parse(word);
            if direction.is_none() {
                reader.fault("sdp-extmap-direction-unknown", word);
            }
            (id, direction)
        }
        None => (entry, None),
    };
    let parsed: u16 = reader.parse("sdp-extmap-id-unreadable", id)?;
    // RFC 8285 §5: 1–14 and 1–255 go on the wire, 4096–4351 are to be mapped by the answer; 0 is padding.
    if !matches!(parsed, 1..=255 | 4096..=4351) {
        reader.fault("sdp-extmap-id-out-of-range", id);
    }
    Some(Extmap {
        id: parsed,
        direction,
        uri: uri.to_owned(),
        attributes: tokens.next().map(str::to_owned),
    })
}

pub(super) fn ssrc_group(value: &str, reader: &mut LineReader<'_>) -> Option<SsrcGroup> {
    let mut tokens = value.split_ascii_whitespace();
    let semantics = tokens.next()?.to_owned();
    let ssrcs: Vec<Ssrc> = tokens
        .filter_map(|token| reader.parse("sdp-ssrc-unreadable", token).map(Ssrc))
        .collect();
    if ssrcs.is_empty() {
        reader.fault("sdp-ssrc-group-empty", value);
    }
    Some(SsrcGroup { semantics, ssrcs })
}

pub(super) fn rid(value: &str, reader: &mut LineReader<'_>) -> Option<Rid> {
    let mut tokens = value.splitn(3, [' ', '\t']);
    let id = tokens.next().filter(|id| !id.is_empty())?.to_owned();
    let word = tokens.next()?;
    let direction = match word {
        "send" => RidDirection::Send,
        "recv" => RidDirection::Recv,
        _ => {
            reader.fault("sdp-rid-direction-unknown", word);
            return None;
        }
    };
    let rest = tokens.next().unwrap_or_default();
    let mut restrictions = FormatParameters::parse(rest);
    let mut payload_types = Vec::new();
    if let Some(list) = restrictions.get("pt") {
        for token in list.split(',').map(str::trim_ascii) {
            match payload_type(token) {
                Some(payload_type) => payload_types.push(payload_type),
                None => reader.fault("sdp-rid-payload-type-unreadable", rest),
            }
        }
        restrictions.0.retain(|(name, _)| name != "pt");
    }
    Some(Rid {
        id,
        direction,
        payload_types,
        restrictions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::attribute::Attribute;
    use crate::sdp::line::Line;
    use crate::sdp::line::LineEnding;

    fn attribute(raw: &str) -> (Attribute, Vec<&'static str>) {
        let line = Line::read(1, 0, raw, LineEnding::CrLf);
        let attribute = line.attribute().cloned().expect("an a= line");
        (attribute, line.faults.iter().map(|f| f.name).collect())
    }

    #[test]
    fn format_parameters_come_in_three_shapes() {
        let pairs = FormatParameters::parse("level-asymmetry-allowed=1; packetization-mode=1;");
        assert_eq!(pairs.get("PACKETIZATION-MODE"), Some("1"));
        assert_eq!(
            pairs.to_string(),
            "level-asymmetry-allowed=1;packetization-mode=1"
        );
        assert_eq!(FormatParameters::parse("0-15").0, [("0-15".into(), None)]);
        let sprop = FormatParameters::parse("sprop-parameter-sets=Z0LAFdkA,aMuM=");
        assert_eq!(sprop.get("sprop-parameter-sets"), Some("Z0LAFdkA,aMuM="));
    }

    #[test]
    fn a_header_extension_may_be_inactive() {
        let (extmap, faults) = attribute("a=extmap:3/inactive urn:x  a b");
        let expected = Extmap {
            id: 3,
            direction: Some(MediaDirection::Inactive),
            uri: "urn:x".into(),
            attributes: Some(" a b".into()),
        };
        assert_eq!((extmap, faults), (Attribute::Extmap(expected), vec![]));
    }

    #[test]
    fn an_extension_id_on_the_wire_is_no_zero() {
        assert_eq!(
            attribute("a=extmap:0 urn:x").1,
            ["sdp-extmap-id-out-of-range"]
        );
        assert_eq!(attribute("a=extmap:4096 urn:x").1, [""; 0]);
        assert_eq!(
            attribute("a=extmap:1/up urn:x").1,
            ["sdp-extmap-direction-unknown"]
        );
    }

    #[test]
    fn feedback_of_any_type_is_kept() {
        let (line, faults) = attribute("a=rtcp-fb:* ack ccfb");
        let Attribute::RtcpFeedback(line) = line else {
            unreachable!("{line:?}")
        };
        assert_eq!(
            (line.payload_type, line.feedback.as_str()),
            (None, "ack ccfb")
        );
        assert!(faults.is_empty());
    }

    #[test]
    fn a_stream_group_loses_the_junk_token_only() {
        let (group, faults) = attribute("a=ssrc-group:FID 1 x 2");
        let ssrcs = vec![Ssrc(1), Ssrc(2)];
        assert_eq!(
            group,
            Attribute::SsrcGroup(SsrcGroup {
                semantics: "FID".into(),
                ssrcs
            })
        );
        assert_eq!(faults, ["sdp-ssrc-unreadable"]);
    }

    #[test]
    fn simulcast_has_alternatives_and_paused_layers() {
        // RFC 8853 §5.6.2 writes such a line.
        let (line, faults) = attribute("a=simulcast:send 1,~4;2;3 recv c");
        let Attribute::Simulcast(simulcast) = line else {
            unreachable!("{line:?}")
        };
        assert!(faults.is_empty());
        assert_eq!(simulcast.send.len(), 3);
        let first = simulcast.send.first().expect("three streams");
        let rids: Vec<_> = first
            .alternatives
            .iter()
            .map(|l| (l.rid.as_str(), l.paused))
            .collect();
        assert_eq!(rids, [("1", false), ("4", true)]);
        assert_eq!(simulcast.recv.len(), 1);
    }

    #[test]
    fn a_layer_has_payload_types_and_restrictions() {
        let (line, faults) = attribute("a=rid:1 send pt=97,98;max-width=1280;max-height=720");
        let Attribute::Rid(rid) = line else {
            unreachable!("{line:?}")
        };
        assert!(faults.is_empty());
        assert_eq!(rid.payload_types, [PayloadType(97), PayloadType(98)]);
        assert_eq!(rid.restrictions.get("max-height"), Some("720"));
        assert_eq!(rid.restrictions.get("pt"), None);
    }
}
