//! `a=` lines: `a=<name>` or `a=<name>:<value>` (RFC 8866 §5.13), and the meanings WebRTC gives them.

use webrtc_sdp::attribute_type::SdpAttribute;
use webrtc_sdp::attribute_type::SdpAttributeSetup;

use crate::sdp::candidate;
use crate::sdp::candidate::Candidate;
use crate::sdp::reader::LineReader;
use crate::sdp::rtp_attribute;
use crate::sdp::rtp_attribute::Extmap;
use crate::sdp::rtp_attribute::FeedbackLine;
use crate::sdp::rtp_attribute::FmtpLine;
use crate::sdp::rtp_attribute::Rid;
use crate::sdp::rtp_attribute::Rtpmap;
use crate::sdp::rtp_attribute::Simulcast;
use crate::sdp::rtp_attribute::SsrcGroup;
use crate::sdp::rtp_attribute::SsrcLine;
use crate::sdp::transport;
use crate::sdp::transport::Crypto;
use crate::sdp::transport::Fingerprint;
use crate::sdp::transport::RtcpAddress;
use crate::sdp::transport::SetupRole;

/// The meaning of an `a=` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// `group`: sections that belong together (RFC 5888 §5, RFC 9143 for BUNDLE).
    Group(Group),
    /// `mid`: the section's name (RFC 5888 §4).
    Mid(String),
    /// `bundle-only`: port 0 here does not mean "rejected" (RFC 9143 §6).
    BundleOnly,
    /// `msid`: `MediaStream` and track (RFC 8830 §2).
    Msid(Msid),
    /// `msid-semantic`: legacy list of the `MediaStream`s.
    MsidSemantic {
        /// `WMS` for `WebRTC` media streams.
        semantic: String,
        /// Stream identifiers, or `*`.
        streams: Vec<String>,
    },
    /// `ice-ufrag` (RFC 8839 §5.4).
    IceUfrag(String),
    /// `ice-pwd` (RFC 8839 §5.4).
    IcePwd(String),
    /// `ice-lite` (RFC 8839 §5.3).
    IceLite,
    /// `ice-options` (RFC 8839 §5.6).
    IceOptions(Vec<String>),
    /// `ice-mismatch` (RFC 8839 §5.3).
    IceMismatch,
    /// `ice-pacing`, milliseconds between checks (RFC 8839 §5.5).
    IcePacing(u64),
    /// `candidate` (RFC 8839 §5.1).
    Candidate(Box<Candidate>),
    /// `end-of-candidates` (RFC 8840 §8).
    EndOfCandidates,
    /// `fingerprint` (RFC 8122 §5).
    Fingerprint(Fingerprint),
    /// `setup` (RFC 4145 §4, RFC 8842 §5).
    Setup(SetupRole),
    /// `tls-id` (RFC 8842 §4).
    TlsId(String),
    /// `crypto`: SRTP keys in the clear (SDES, RFC 4568 §4).
    Crypto(Crypto),
    /// `rtpmap` (RFC 8866 §6.6).
    Rtpmap(Rtpmap),
    /// `fmtp` (RFC 8866 §6.15).
    Fmtp(FmtpLine),
    /// `rtcp-fb` (RFC 4585 §4.2).
    RtcpFeedback(FeedbackLine),
    /// `extmap` (RFC 8285 §5).
    Extmap(Extmap),
    /// `extmap-allow-mixed` (RFC 8285 §6).
    ExtmapAllowMixed,
    /// `rtcp` (RFC 3605 §2.1).
    Rtcp(RtcpAddress),
    /// `rtcp-mux` (RFC 5761 §5.1.1).
    RtcpMux,
    /// `rtcp-mux-only` (RFC 8858 §3).
    RtcpMuxOnly,
    /// `rtcp-rsize` (RFC 5506 §5).
    RtcpRsize,
    /// `ssrc` (RFC 5576 §4.1).
    Ssrc(SsrcLine),
    /// `ssrc-group` (RFC 5576 §4.2).
    SsrcGroup(SsrcGroup),
    /// `rid` (RFC 8851 §4).
    Rid(Rid),
    /// `simulcast` (RFC 8853 §5.1).
    Simulcast(Simulcast),
    /// `sendrecv`, `sendonly`, `recvonly`, `inactive` (RFC 8866 §6.7).
    Direction(MediaDirection),
    /// `ptime`, milliseconds of sound per packet (RFC 8866 §6.4).
    Ptime(u64),
    /// `maxptime`, milliseconds (RFC 8866 §6.5).
    MaxPtime(u64),
    /// `sctp-port` (RFC 8841 §5).
    SctpPort(u16),
    /// `max-message-size`, bytes; 0 for no limit (RFC 8841 §6).
    MaxMessageSize(u64),
    /// `sctpmap`: data channels before RFC 8841 (draft-ietf-mmusic-sctp-sdp-05).
    Sctpmap {
        /// SCTP port.
        port: u16,
        /// Streams.
        streams: u32,
    },
    /// Any other attribute, and those whose value cannot be read.
    Other {
        /// Name, as written.
        name: String,
        /// Value, when there is a colon.
        value: Option<String>,
    },
}

/// `a=group:<semantics> <mid> …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `BUNDLE` (one transport for all), `LS` (lip synchronization) and others, as written.
    pub semantics: String,
    /// The sections' mids, in order; the first one of a BUNDLE group owns the transport.
    pub mids: Vec<String>,
}

impl Group {
    /// Is this a BUNDLE group (RFC 9143)?
    pub fn is_bundle(&self) -> bool {
        self.semantics == "BUNDLE"
    }
}

/// `a=msid:<stream> [<track>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Msid {
    /// `MediaStream` identifier; `-` for none.
    pub stream: String,
    /// Track identifier.
    pub track: Option<String>,
}

/// Which way media may run in a section, seen from the side that wrote the description (RFC 3264 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MediaDirection {
    /// Both ways; what holds when nothing is said.
    #[default]
    SendRecv,
    /// The writer sends.
    SendOnly,
    /// The writer receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl MediaDirection {
    /// From what each way allows.
    pub const fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Does the writer send?
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Does the writer receive?
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same, seen from the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// The word of SDP.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// From the word of SDP.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::SendRecv,
            Self::SendOnly,
            Self::RecvOnly,
            Self::Inactive,
        ]
        .into_iter()
        .find(|direction| direction.word() == word)
    }
}

/// Reads the value of `a=`; `accepted` is what `webrtc-sdp` made of it.
pub(super) fn read(
    text: &str,
    accepted: Option<SdpAttribute>,
    reader: &mut LineReader<'_>,
) -> Attribute {
    let (name, value) = match text.split_once(':') {
        Some((name, value)) => (name, Some(value.trim_ascii())),
        None => (text, None),
    };
    ours(name, value.unwrap_or_default(), reader)
        .or_else(|| accepted.and_then(theirs))
        .unwrap_or_else(|| leftover(name, value, reader))
}

/// Does [`ours`] read the attribute, and nobody else?
pub(super) fn is_ours(text: &str) -> bool {
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    OURS.contains(&name)
}

/// The names that [`ours`] reads, those of which a description has many first. What it can't read of them, `webrtc-sdp`'s value would not replace.
const OURS: &[&str] = &[
    "rtcp-fb",
    "fmtp",
    "extmap",
    "candidate",
    "rid",
    "ssrc-group",
    "fingerprint",
    "crypto",
    "rtcp",
    "ice-ufrag",
    "ice-pwd",
    "tls-id",
    "group",
];

/// The attributes that `webrtc-sdp` does not know or does not keep whole; each stands in [`OURS`], too.
fn ours(name: &str, value: &str, reader: &mut LineReader<'_>) -> Option<Attribute> {
    match name {
        "candidate" => candidate::read(value, reader).map(|c| Attribute::Candidate(Box::new(c))),
        "fmtp" => rtp_attribute::fmtp(value, reader).map(Attribute::Fmtp),
        "rtcp-fb" => rtp_attribute::feedback(value, reader).map(Attribute::RtcpFeedback),
        "extmap" => rtp_attribute::extmap(value, reader).map(Attribute::Extmap),
        "rid" => rtp_attribute::rid(value, reader).map(Attribute::Rid),
        "ssrc-group" => rtp_attribute::ssrc_group(value, reader).map(Attribute::SsrcGroup),
        "fingerprint" => transport::fingerprint(value, reader).map(Attribute::Fingerprint),
        "crypto" => transport::crypto(value, reader).map(Attribute::Crypto),
        "rtcp" => transport::rtcp_address(value, reader).map(Attribute::Rtcp),
        "ice-ufrag" => transport::ufrag(value, reader).map(Attribute::IceUfrag),
        "ice-pwd" => transport::pwd(value, reader).map(Attribute::IcePwd),
        "tls-id" if !value.is_empty() => Some(Attribute::TlsId(value.to_owned())),
        "group" => {
            let mut tokens = value.split_ascii_whitespace();
            Some(Attribute::Group(Group {
                semantics: tokens.next()?.to_owned(),
                mids: tokens.map(str::to_owned).collect(),
            }))
        }
        _ => None,
    }
}

/// From what `webrtc-sdp` read; `None` for the attributes that [`ours`] reads, and for those we keep as text.
fn theirs(attribute: SdpAttribute) -> Option<Attribute> {
    Some(match attribute {
        SdpAttribute::Mid(mid) => Attribute::Mid(mid),
        SdpAttribute::BundleOnly => Attribute::BundleOnly,
        SdpAttribute::Msid(msid) => Attribute::Msid(Msid {
            stream: msid.id,
            track: msid.appdata,
        }),
        SdpAttribute::MsidSemantic(semantic) => Attribute::MsidSemantic {
            semantic: semantic.semantic,
            streams: semantic.msids,
        },
        SdpAttribute::IceLite => Attribute::IceLite,
        SdpAttribute::IceMismatch => Attribute::IceMismatch,
        SdpAttribute::IceOptions(options) => Attribute::IceOptions(options),
        SdpAttribute::IcePacing(pacing) => Attribute::IcePacing(pacing),
        SdpAttribute::EndOfCandidates => Attribute::EndOfCandidates,
        SdpAttribute::Setup(setup) => Attribute::Setup(match setup {
            SdpAttributeSetup::Active => SetupRole::Active,
            SdpAttributeSetup::Passive => SetupRole::Passive,
            SdpAttributeSetup::Actpass => SetupRole::ActPass,
            SdpAttributeSetup::Holdconn => SetupRole::HoldConn,
        }),
        SdpAttribute::Rtpmap(rtpmap) => Attribute::Rtpmap(Rtpmap::from(rtpmap)),
        SdpAttribute::ExtmapAllowMixed => Attribute::ExtmapAllowMixed,
        SdpAttribute::RtcpMux => Attribute::RtcpMux,
        SdpAttribute::RtcpMuxOnly => Attribute::RtcpMuxOnly,
        SdpAttribute::RtcpRsize => Attribute::RtcpRsize,
        SdpAttribute::Ssrc(ssrc) => Attribute::Ssrc(SsrcLine::from(ssrc)),
        SdpAttribute::Simulcast(simulcast) => Attribute::Simulcast(Simulcast::from(simulcast)),
        SdpAttribute::Sendrecv => Attribute::Direction(MediaDirection::SendRecv),
        SdpAttribute::Sendonly => Attribute::Direction(MediaDirection::SendOnly),
        SdpAttribute::Recvonly => Attribute::Direction(MediaDirection::RecvOnly),
        SdpAttribute::Inactive => Attribute::Direction(MediaDirection::Inactive),
        SdpAttribute::Ptime(milliseconds) => Attribute::Ptime(milliseconds),
        SdpAttribute::MaxPtime(milliseconds) => Attribute::MaxPtime(milliseconds),
        SdpAttribute::SctpPort(port) => Attribute::SctpPort(u16::try_from(port).ok()?),
        SdpAttribute::MaxMessageSize(bytes) => Attribute::MaxMessageSize(bytes),
        SdpAttribute::Sctpmap(map) => Attribute::Sctpmap {
            port: map.port,
            streams: map.channels,
        },
        _ => return None,
    })
}

/// What neither reader understood: a flag that carries a value still is that flag; for the rest, the text, and a fault when the name is one we read.
fn leftover(name: &str, value: Option<&str>, reader: &mut LineReader<'_>) -> Attribute {
    if let (Some(text), Some(flag)) = (value, flag(name)) {
        reader.fault("sdp-flag-with-value", text);
        return flag;
    }
    if READ.contains(&name) && !reader.has_faults() {
        reader.fault("sdp-attribute-unreadable", value.unwrap_or(name));
    }
    Attribute::Other {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    }
}

/// The attributes without a value.
fn flag(name: &str) -> Option<Attribute> {
    Some(match name {
        "bundle-only" => Attribute::BundleOnly,
        "ice-lite" => Attribute::IceLite,
        "ice-mismatch" => Attribute::IceMismatch,
        "end-of-candidates" => Attribute::EndOfCandidates,
        "extmap-allow-mixed" => Attribute::ExtmapAllowMixed,
        "rtcp-mux" => Attribute::RtcpMux,
        "rtcp-mux-only" => Attribute::RtcpMuxOnly,
        "rtcp-rsize" => Attribute::RtcpRsize,
        word => return MediaDirection::parse(word).map(Attribute::Direction),
    })
}

/// The attributes that must have a readable value.
const READ: &[&str] = &[
    "candidate",
    "crypto",
    "extmap",
    "fingerprint",
    "fmtp",
    "group",
    "ice-options",
    "ice-pacing",
    "ice-pwd",
    "ice-ufrag",
    "max-message-size",
    "maxptime",
    "mid",
    "msid",
    "msid-semantic",
    "ptime",
    "rid",
    "rtcp",
    "rtcp-fb",
    "rtpmap",
    "sctp-port",
    "sctpmap",
    "setup",
    "simulcast",
    "ssrc",
    "ssrc-group",
    "tls-id",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::line::Line;
    use crate::sdp::line::LineEnding;

    fn attribute(raw: &str) -> (Attribute, Vec<&'static str>) {
        let line = Line::read(1, 0, raw, LineEnding::CrLf);
        let attribute = line.attribute().cloned().expect("an a= line");
        (attribute, line.faults.iter().map(|f| f.name).collect())
    }

    #[test]
    fn a_group_keeps_its_order_and_any_semantics() {
        let (bundle, faults) = attribute("a=group:BUNDLE 0 1 data");
        let Attribute::Group(group) = bundle else {
            unreachable!("{bundle:?}")
        };
        assert!(group.is_bundle() && faults.is_empty());
        assert_eq!(group.mids, ["0", "1", "data"]);
        assert!(matches!(attribute("a=group:XYZ a").0, Attribute::Group(_)));
    }

    #[test]
    fn a_flag_with_a_value_is_still_that_flag() {
        assert_eq!(
            attribute("a=rtcp-mux:yes"),
            (Attribute::RtcpMux, vec!["sdp-flag-with-value"])
        );
    }

    #[test]
    fn a_known_attribute_without_a_readable_value_is_a_fault() {
        for raw in [
            "a=mid:",
            "a=mid",
            "a=setup:maybe",
            "a=rtpmap:96",
            "a=rtpmap:200 VP8/90000",
            "a=ssrc:x cname:y",
            "a=simulcast:up 1",
            "a=sctp-port:70000",
            "a=group:",
            "a=tls-id:",
        ] {
            let (attribute, faults) = attribute(raw);
            assert!(matches!(attribute, Attribute::Other { .. }), "{raw}");
            assert_eq!(faults, ["sdp-attribute-unreadable"], "{raw}");
        }
    }

    #[test]
    fn an_unknown_attribute_is_no_fault() {
        let (attribute, faults) = attribute("a=x-google-flag:conference");
        let value = Some("conference".to_owned());
        assert_eq!(
            attribute,
            Attribute::Other {
                name: "x-google-flag".into(),
                value
            }
        );
        assert!(faults.is_empty());
    }

    #[test]
    fn directions_reverse() {
        assert_eq!(
            MediaDirection::SendOnly.reversed(),
            MediaDirection::RecvOnly
        );
        assert_eq!(
            MediaDirection::SendRecv.reversed(),
            MediaDirection::SendRecv
        );
        assert_eq!(
            attribute("a=inactive").0,
            Attribute::Direction(MediaDirection::Inactive)
        );
    }
}
