//! Sentences for payload types, feedback and header extensions.

use crate::sdp::attribute::Attribute;
use crate::sdp::attribute::MediaDirection;
use crate::sdp::explain::listed;
use crate::sdp::explain::printable;
use crate::sdp::explain::quoted;
use crate::sdp::rtp_attribute::Extmap;
use crate::sdp::rtp_attribute::FeedbackLine;
use crate::sdp::rtp_attribute::FmtpLine;
use crate::sdp::rtp_attribute::Rtpmap;

/// `None` for attributes of other files.
pub(super) fn explain(attribute: &Attribute) -> Option<String> {
    Some(match attribute {
        Attribute::Rtpmap(map) => explain_rtpmap(map),
        Attribute::Fmtp(line) => explain_fmtp(line),
        Attribute::RtcpFeedback(line) => explain_feedback(line),
        Attribute::Extmap(extmap) => explain_extmap(extmap),
        Attribute::ExtmapAllowMixed => {
            "RTP header extensions with one-byte and with two-byte headers may come mixed in one stream (RFC 8285 §6).".to_owned()
        }
        Attribute::RtcpRsize => "RTCP packets may be cut down to the part that matters now, for instance a lone NACK (RFC 5506 §5).".to_owned(),
        Attribute::Ptime(milliseconds) => format!("The writer would like {milliseconds} ms of sound in each packet (RFC 8866 §6.4)."),
        Attribute::MaxPtime(milliseconds) => format!("No packet should hold more than {milliseconds} ms of sound (RFC 8866 §6.5)."),
        _ => return None,
    })
}

fn explain_rtpmap(map: &Rtpmap) -> String {
    let Rtpmap {
        payload_type,
        clock_rate,
        ..
    } = map;
    let name = map.name.to_ascii_lowercase();
    let (what, source) = CODECS
        .iter()
        .find(|(codec, ..)| *codec == name)
        .map_or_else(
            || (quoted(&map.name), "RFC 8866 §6.6"),
            |(_, what, source)| ((*what).to_owned(), *source),
        );
    let channels = match map.channels {
        Some(channels) if channels > 1 => format!(" and {channels} channels"),
        _ => String::new(),
    };
    format!(
        "In packets with payload type {payload_type} comes {what}, with timestamps counted at {clock_rate} Hz{channels} ({source})."
    )
}

/// Encoding name in lower case, what it is, source.
const CODECS: &[(&str, &str, &str)] = &[
    (
        "av1",
        "AV1 video",
        "RTP Payload Format For AV1, RFC 8866 §6.6",
    ),
    ("cn", "comfort noise for silences", "RFC 3389"),
    (
        "flexfec-03",
        "parity data that rebuilds lost packets",
        "RFC 8627",
    ),
    (
        "g722",
        "G.722 audio, sampled twice as fast as its clock says, for historical reasons",
        "RFC 3551 §4.5.2",
    ),
    ("h264", "H.264 video", "RFC 6184"),
    ("h265", "H.265 video", "RFC 7798"),
    ("opus", "Opus audio", "RFC 7587"),
    (
        "pcma",
        "G.711 A-law audio, as on the telephone",
        "RFC 3551 §4.5.14",
    ),
    (
        "pcmu",
        "G.711 µ-law audio, as on the telephone",
        "RFC 3551 §4.5.14",
    ),
    (
        "red",
        "a payload together with copies of earlier ones, against loss",
        "RFC 2198",
    ),
    ("rtx", "packets that were lost, sent again", "RFC 4588"),
    ("telephone-event", "keys pressed on a telephone", "RFC 4733"),
    (
        "ulpfec",
        "parity data that rebuilds lost packets",
        "RFC 5109",
    ),
    ("vp8", "VP8 video", "RFC 7741"),
    ("vp9", "VP9 video", "RFC 9628"),
];

fn explain_fmtp(line: &FmtpLine) -> String {
    let parts: Vec<String> = line
        .parameters
        .0
        .iter()
        .take(SHOWN_PARAMETERS)
        .map(|(name, value)| parameter(name, value.as_deref()))
        .collect();
    let more = if line.parameters.0.len() > SHOWN_PARAMETERS {
        ", and more"
    } else {
        ""
    };
    format!(
        "How payload type {} is used: {}{more} (RFC 8866 §6.15).",
        printable(&line.format),
        listed(&parts)
    )
}

fn parameter(name: &str, value: Option<&str>) -> String {
    let Some(value) = value else {
        return if name.contains('/') {
            format!("it repeats payload types {}", printable(name))
        } else {
            printable(name)
        };
    };
    let shown = printable(value);
    match (name.to_ascii_lowercase().as_str(), value) {
        ("apt", _) => format!("it repeats lost packets of payload type {shown}"),
        ("rtx-time", _) => format!("packets are kept {shown} ms for repetition"),
        ("minptime", _) => format!("at least {shown} ms of sound a packet"),
        ("useinbandfec", "1") => {
            "the receiver can use a low-quality copy of the frame before, sent along against loss"
                .to_owned()
        }
        ("usedtx", "1") => "silence need not be sent".to_owned(),
        ("stereo", "1") => "stereo is welcome".to_owned(),
        ("sprop-stereo", "1") => "stereo will be sent".to_owned(),
        ("maxplaybackrate", _) => format!("sound above {shown} samples a second is not needed"),
        ("maxaveragebitrate", _) => format!("at most {shown} b/s on average"),
        ("packetization-mode", "0") => "one H.264 unit a packet (packetization-mode 0)".to_owned(),
        ("packetization-mode", "1") => {
            "H.264 units may be split and joined (packetization-mode 1)".to_owned()
        }
        ("level-asymmetry-allowed", "1") => "each direction may have its own level".to_owned(),
        ("profile-level-id", _) => {
            h264_profile(value).unwrap_or_else(|| format!("H.264 profile {shown}"))
        }
        ("profile-id" | "profile", _) => format!("codec profile {shown}"),
        ("level-idx", _) => format!("level index {shown}"),
        ("tier", _) => format!("tier {shown}"),
        ("max-fs", _) => format!("pictures of at most {shown} macroblocks"),
        ("max-fr", _) => format!("at most {shown} pictures a second"),
        _ => format!("{}={shown}", printable(name)),
    }
}

/// `42e01f` → `H.264 Constrained Baseline, level 3.1` (RFC 6184 §8.1).
fn h264_profile(value: &str) -> Option<String> {
    let number = u32::from_str_radix(value, 16)
        .ok()
        .filter(|_| value.len() == 6)?;
    let (idc, constraints, level) = ((number >> 16) as u8, (number >> 8) as u8, number as u8);
    let profile = match idc {
        0x42 if constraints & 0x40 != 0 => "Constrained Baseline",
        0x42 => "Baseline",
        0x4d => "Main",
        0x64 if constraints & 0x0c == 0x0c => "Constrained High",
        0x64 => "High",
        0xf4 => "High 4:4:4 Predictive",
        _ => return None,
    };
    Some(format!(
        "H.264 {profile}, level {}.{}",
        level / 10,
        level % 10
    ))
}

fn explain_feedback(line: &FeedbackLine) -> String {
    let scope = line.payload_type.map_or_else(
        || "any payload type".to_owned(),
        |payload_type| format!("payload type {payload_type}"),
    );
    let what = FEEDBACK
        .iter()
        .find(|(kind, _)| *kind == line.feedback)
        .map_or_else(
            || {
                format!(
                    "feedback of the kind {} may be sent (RFC 4585 §4.2)",
                    quoted(&line.feedback)
                )
            },
            |(_, what)| (*what).to_owned(),
        );
    format!("For {scope}, {what}.")
}

const FEEDBACK: &[(&str, &str)] = &[
    (
        "nack",
        "receivers may ask for single lost packets again (NACK, RFC 4585 §6.2.1)",
    ),
    (
        "nack pli",
        "receivers may say that they lost the picture and need a fresh one (PLI, RFC 4585 §6.3.1)",
    ),
    (
        "nack rpsi",
        "receivers may name a picture that they have, to predict from (RPSI, RFC 4585 §6.3.3)",
    ),
    (
        "nack sli",
        "receivers may say which slices of a picture were lost (SLI, RFC 4585 §6.3.2)",
    ),
    (
        "ccm fir",
        "a key frame can be demanded, for instance for a newcomer (FIR, RFC 5104 §3.5.1)",
    ),
    (
        "ccm tmmbr",
        "receivers may set a temporary maximum bit rate (TMMBR, RFC 5104 §3.5.4)",
    ),
    (
        "goog-remb",
        "receivers may report the bit rate that they estimate the path can take (REMB, draft-alvestrand-rmcat-remb)",
    ),
    (
        "transport-cc",
        "receivers report when each packet arrived, so that the sender can estimate the path (transport-cc, draft-holmer-rmcat-transport-wide-cc-extensions)",
    ),
    (
        "ack ccfb",
        "receivers report when each packet arrived, in the standard format (CCFB, RFC 8888)",
    ),
    (
        "rrtr",
        "receivers that send nothing can measure the round-trip time too (RFC 3611 §4.4)",
    ),
];

fn explain_extmap(extmap: &Extmap) -> String {
    let (what, source) = EXTENSIONS
        .iter()
        .find(|(uri, ..)| *uri == extmap.uri)
        .map_or_else(
            || (quoted(&extmap.uri), "RFC 8285 §5"),
            |(_, what, source)| ((*what).to_owned(), *source),
        );
    let direction = match extmap.direction {
        Some(MediaDirection::SendOnly) => ", in packets the writer sends",
        Some(MediaDirection::RecvOnly) => ", in packets the writer receives",
        Some(MediaDirection::Inactive) => ", not in use for now",
        Some(MediaDirection::SendRecv) | None => "",
    };
    format!(
        "RTP header extension {} carries {what}{direction} ({source}).",
        extmap.id
    )
}

/// URI, what it carries, source.
const EXTENSIONS: &[(&str, &str, &str)] = &[
    (
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "how loud the sound in the packet is",
        "RFC 6464",
    ),
    (
        "urn:ietf:params:rtp-hdrext:csrc-audio-level",
        "how loud each speaker in a mix is",
        "RFC 6465",
    ),
    (
        "urn:ietf:params:rtp-hdrext:sdes:mid",
        "the mid of the section that the packet belongs to",
        "RFC 9143 §15",
    ),
    (
        "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "which simulcast layer the packet belongs to",
        "RFC 8852",
    ),
    (
        "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        "which simulcast layer the packet repairs",
        "RFC 8852",
    ),
    (
        "urn:ietf:params:rtp-hdrext:toffset",
        "how long the packet waited between capture and sending",
        "RFC 5450",
    ),
    (
        "urn:ietf:params:rtp-hdrext:encrypt",
        "another extension, encrypted",
        "RFC 6904",
    ),
    (
        "urn:3gpp:video-orientation",
        "how the camera was held, so that the receiver turns the picture",
        "3GPP TS 26.114 §7.4.5",
    ),
    (
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "when the packet was sent, to estimate the path's bit rate",
        "webrtc.org abs-send-time",
    ),
    (
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "a number that counts the packets of the whole transport, which receivers report back",
        "draft-holmer-rmcat-transport-wide-cc-extensions",
    ),
    (
        "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
        "how long a frame may wait before it is shown",
        "webrtc.org playout-delay",
    ),
    (
        "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
        "whether the picture is a camera's or a screen's",
        "webrtc.org video-content-type",
    ),
    (
        "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
        "when a frame was captured, encoded and sent",
        "webrtc.org video-timing",
    ),
    (
        "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
        "the colour space of the picture",
        "webrtc.org color-space",
    ),
    (
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
        "when the sound or picture was captured",
        "webrtc.org abs-capture-time",
    ),
    (
        "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
        "which layers are sent, and their bit rates",
        "webrtc.org video-layers-allocation",
    ),
    (
        "http://www.webrtc.org/experiments/rtp-hdrext/generic-frame-descriptor-00",
        "which frames a frame depends on",
        "webrtc.org generic-frame-descriptor",
    ),
    (
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
        "which frames a frame depends on, so that a server can drop layers without decoding",
        "RTP Payload Format For AV1, appendix A",
    ),
];

/// Parameters listed in a sentence.
const SHOWN_PARAMETERS: usize = 12;
