//! The lines of RFC 8866 §5 that are not attributes: `o=`, `c=`, `b=` and `m=`.

use webrtc_sdp::SdpBandwidth;

use crate::sdp::address::ConnectionAddress;
use crate::sdp::reader::LineReader;
use crate::vocab::ids::PayloadType;

/// `o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address>` (RFC 8866 §5.2).
///
/// Browsers fill in no real name or address; `version` counts the descriptions of one session and goes up by one per change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Login name of the originator, `-` for none; Firefox puts its version here.
    pub username: String,
    /// Identifies the session; a number by the RFC, kept as text since some senders exceed 64 bits.
    pub session_id: String,
    /// Version of this description; `None` when it is no 64-bit number.
    pub version: Option<u64>,
    /// The originator's address, as written.
    pub address: String,
}

/// `c=<nettype> <addrtype> <connection-address>` (RFC 8866 §5.7).
///
/// With ICE the address means little: browsers write `0.0.0.0`, and the candidates decide (RFC 8839 §4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The address, without the multicast `/ttl/count`.
    pub address: ConnectionAddress,
    /// What follows the address after `/` (multicast time to live and count), as written.
    pub multicast: Option<String>,
}

/// `b=<bwtype>:<bandwidth>` (RFC 8866 §5.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bandwidth {
    /// `AS` and `CT` count kilobits per second, `TIAS` (RFC 3890) bits per second.
    pub kind: String,
    /// The number, in the unit of its kind.
    pub value: u32,
}

impl Bandwidth {
    /// Bits per second; `None` for kinds whose unit we do not know.
    pub fn bps(&self) -> Option<u64> {
        match self.kind.as_str() {
            "AS" | "CT" => Some(u64::from(self.value) * 1000),
            "TIAS" => Some(u64::from(self.value)),
            _ => None,
        }
    }
}

impl From<SdpBandwidth> for Bandwidth {
    fn from(bandwidth: SdpBandwidth) -> Self {
        let (kind, value) = match bandwidth {
            SdpBandwidth::As(value) => ("AS".to_owned(), value),
            SdpBandwidth::Ct(value) => ("CT".to_owned(), value),
            SdpBandwidth::Tias(value) => ("TIAS".to_owned(), value),
            SdpBandwidth::Unknown(kind, value) => (kind, value),
        };
        Self { kind, value }
    }
}

/// `m=<media> <port> <proto> <fmt> …` (RFC 8866 §5.14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLine {
    /// What is sent.
    pub kind: MediaKind,
    /// Transport port: 9 ("discard") while ICE has not chosen, 0 when rejected; `None` when it cannot be read.
    pub port: Option<u16>,
    /// Protocol stack, as written: `UDP/TLS/RTP/SAVPF`.
    pub protocol: String,
    /// Formats in order of preference; junk is kept in place.
    pub formats: Vec<Format>,
}

impl MediaLine {
    /// Do the formats number RTP payload types?
    pub fn is_rtp(&self) -> bool {
        speaks_rtp(&self.protocol)
    }
}

/// The media type of a section.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
    /// In WebRTC: data channels.
    Application,
    /// Any other, as written.
    Other(String),
}

impl MediaKind {
    /// The word of the `m=` line.
    pub const fn word(&self) -> &str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Application => "application",
            Self::Other(word) => word.as_str(),
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "audio" => Self::Audio,
            "video" => Self::Video,
            "application" => Self::Application,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// One format of an `m=` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// An RTP payload type.
    Payload(PayloadType),
    /// A format by name: `webrtc-datachannel`.
    Name(String),
    /// A token of an RTP section that is no payload type (0–127).
    Junk(String),
}

/// Reads the value of `m=`. `None` only when there is no media word.
pub(super) fn media_line(value: &str, reader: &mut LineReader<'_>) -> Option<MediaLine> {
    let mut tokens = value.split_ascii_whitespace();
    let Some(media) = tokens.next() else {
        reader.fault("sdp-media-line-empty", value);
        return None;
    };
    let port = if let Some(token) = tokens.next() {
        // `port/count` asks for consecutive ports; WebRTC has one.
        reader.parse("sdp-media-port-unreadable", first_of(token, '/'))
    } else {
        reader.fault("sdp-media-line-too-short", value);
        None
    };
    let protocol = tokens.next().unwrap_or_default();
    let is_rtp = speaks_rtp(protocol);
    let mut seen = [false; 128];
    let mut formats = Vec::new();
    for token in tokens {
        if formats.len() == MAX_FORMATS {
            reader.fault("sdp-media-too-many-formats", token);
            break;
        }
        formats.push(match (is_rtp, payload_type(token)) {
            (true, Some(payload_type)) => {
                if let Some(seen) = seen.get_mut(usize::from(payload_type.0)) {
                    if *seen {
                        reader.fault("sdp-format-repeated", token);
                    }
                    *seen = true;
                }
                Format::Payload(payload_type)
            }
            (true, None) => {
                reader.fault("sdp-format-not-a-payload-type", token);
                Format::Junk(token.to_owned())
            }
            (false, _) => Format::Name(token.to_owned()),
        });
    }
    if formats.is_empty() && port.is_some() {
        reader.fault("sdp-media-line-too-short", value);
    }
    Some(MediaLine {
        kind: MediaKind::parse(media),
        port,
        protocol: protocol.to_owned(),
        formats,
    })
}

/// Reads the value of `o=`.
pub(super) fn origin(value: &str, reader: &mut LineReader<'_>) -> Option<Origin> {
    let tokens: Vec<&str> = value.split_ascii_whitespace().collect();
    let [username, session_id, version, _nettype, _addrtype, address] = tokens[..] else {
        reader.fault("sdp-origin-unreadable", value);
        return None;
    };
    if !session_id.bytes().all(|byte| byte.is_ascii_digit()) {
        reader.fault("sdp-origin-session-id-not-a-number", session_id);
    }
    Some(Origin {
        username: username.to_owned(),
        session_id: session_id.to_owned(),
        version: reader.parse("sdp-origin-version-not-a-number", version),
        address: address.to_owned(),
    })
}

/// Reads the value of `c=`.
pub(super) fn connection(value: &str, reader: &mut LineReader<'_>) -> Option<Connection> {
    let mut tokens = value.split_ascii_whitespace();
    let (Some("IN"), Some("IP4" | "IP6"), Some(address)) =
        (tokens.next(), tokens.next(), tokens.next())
    else {
        reader.fault("sdp-connection-unreadable", value);
        return None;
    };
    if let Some(extra) = tokens.next() {
        reader.fault("sdp-connection-extra-token", extra);
    }
    let (address, multicast) = match address.split_once('/') {
        Some((address, rest)) => (address, Some(rest.to_owned())),
        None => (address, None),
    };
    let Some(address) = ConnectionAddress::parse(address) else {
        reader.fault("sdp-connection-unreadable", address);
        return None;
    };
    Some(Connection { address, multicast })
}

/// A payload type: 0 to 127.
pub(super) fn payload_type(token: &str) -> Option<PayloadType> {
    let digits = (1..=3).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { token.parse().ok()? } else { 255 };
    (number < 128).then_some(PayloadType(number))
}

/// Everything before the first `separator`.
pub(super) fn first_of(text: &str, separator: char) -> &str {
    text.split_once(separator).map_or(text, |(first, _)| first)
}

/// Is this protocol stack RTP (`RTP/AVP`, `UDP/TLS/RTP/SAVPF`, …)?
fn speaks_rtp(protocol: &str) -> bool {
    protocol
        .split('/')
        .any(|layer| layer.eq_ignore_ascii_case("RTP"))
}

/// Formats kept per `m=` line: 128 payload types, and room for junk.
const MAX_FORMATS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn media(value: &str) -> (MediaLine, Vec<(&'static str, usize)>) {
        let mut reader = LineReader::new(value, 0);
        let line = media_line(value, &mut reader).expect("a media word");
        let faults = reader.into_faults();
        (line, faults.iter().map(|f| (f.name, f.offset)).collect())
    }

    #[test]
    fn one_junk_token_costs_that_token() {
        let (line, faults) = media("video 9 UDP/TLS/RTP/SAVPF 96 97 … 116 mid=0");
        assert_eq!(
            line.formats,
            [
                Format::Payload(PayloadType(96)),
                Format::Payload(PayloadType(97)),
                Format::Junk("…".into()),
                Format::Payload(PayloadType(116)),
                Format::Junk("mid=0".into()),
            ]
        );
        let name = "sdp-format-not-a-payload-type";
        assert_eq!(faults, [(name, 32), (name, 40)]);
    }

    #[test]
    fn a_data_channel_section_names_its_format() {
        let (line, faults) = media("application 9 UDP/DTLS/SCTP webrtc-datachannel");
        assert_eq!(line.formats, [Format::Name("webrtc-datachannel".into())]);
        assert!(faults.is_empty() && !line.is_rtp());
    }

    #[test]
    fn payload_types_have_seven_bits() {
        assert_eq!(payload_type("127"), Some(PayloadType(127)));
        for token in ["128", "256", "-1", "+1", "", "0096"] {
            assert_eq!(payload_type(token), None, "{token}");
        }
    }

    #[test]
    fn a_cut_media_line_keeps_its_kind() {
        let (line, faults) = media("audio");
        assert_eq!((line.kind, line.port), (MediaKind::Audio, None));
        assert_eq!(faults, [("sdp-media-line-too-short", 0)]);
        let (line, faults) = media("audio x RTP/AVP 0");
        assert_eq!((line.port, line.formats.len()), (None, 1));
        assert_eq!(faults, [("sdp-media-port-unreadable", 6)]);
    }

    #[test]
    fn an_origin_larger_than_64_bits_is_kept() {
        let value = "- 99999999999999999999999 2 IN IP4 127.0.0.1";
        let mut reader = LineReader::new(value, 0);
        let origin = origin(value, &mut reader).expect("six tokens");
        assert_eq!(origin.session_id, "99999999999999999999999");
        assert_eq!(origin.version, Some(2));
        assert!(reader.into_faults().is_empty());
    }

    #[test]
    fn bandwidth_counts_in_the_unit_of_its_kind() {
        let bps = |kind: &str| {
            Bandwidth {
                kind: kind.into(),
                value: 500,
            }
            .bps()
        };
        assert_eq!(
            (bps("AS"), bps("TIAS"), bps("X-YZ")),
            (Some(500_000), Some(500), None)
        );
    }
}
