//! Sentences for the lines that are not attributes.

use crate::sdp::explain::listed;
use crate::sdp::explain::printable;
use crate::sdp::explain::quoted;
use crate::sdp::field::Bandwidth;
use crate::sdp::field::Connection;
use crate::sdp::field::Format;
use crate::sdp::field::MediaKind;
use crate::sdp::field::MediaLine;
use crate::sdp::field::Origin;
use crate::sdp::line::Content;

pub(super) fn explain(content: &Content) -> String {
    match content {
        Content::Version(version) => {
            format!(
                "The description starts, written in version {version} of SDP, the only one there is (RFC 8866 §5.1)."
            )
        }
        Content::Origin(origin) => explain_origin(origin),
        Content::SessionName(name) if matches!(name.as_str(), "" | "-") => {
            "The session has no name, as is usual in WebRTC (RFC 8866 §5.3).".to_owned()
        }
        Content::SessionName(name) => {
            format!("The session is called {} (RFC 8866 §5.3).", quoted(name))
        }
        Content::Information(text) => {
            format!("Free text for people: {} (RFC 8866 §5.4).", quoted(text))
        }
        Content::Unused(letter, text) => explain_unused(*letter, text),
        Content::Connection(connection) => explain_connection(connection),
        Content::Bandwidth(bandwidth) => explain_bandwidth(bandwidth),
        Content::Timing { start: 0, stop: 0 } => {
            "The session has no set beginning or end, as is usual for calls (RFC 8866 §5.9)."
                .to_owned()
        }
        Content::Timing { start, stop } => {
            format!(
                "The session runs from {start} to {stop}, in seconds since 1900 (RFC 8866 §5.9)."
            )
        }
        Content::Media(media) => explain_media(media),
        Content::Attribute(_) | Content::Blank | Content::Unknown => String::new(),
    }
}

fn explain_origin(origin: &Origin) -> String {
    let writer = match origin.username.as_str() {
        "-" => "a sender that gives no name".to_owned(),
        name => quoted(name),
    };
    let version = origin
        .version
        .map_or_else(|| "unknown".to_owned(), |version| version.to_string());
    format!(
        "Session {} of {writer}; this is version {version} of its description, a number that grows with every change, \
         and the address {} is a placeholder where ICE is used (RFC 8866 §5.2, RFC 9429 §5.2.1).",
        printable(&origin.session_id),
        printable(&origin.address),
    )
}

fn explain_connection(connection: &Connection) -> String {
    let address = &connection.address;
    if address.ip().is_some_and(|ip| ip.is_unspecified()) {
        format!(
            "No address yet: {address} is a placeholder, the candidates say where to send (RFC 8866 §5.7, RFC 9429 §5.2.1)."
        )
    } else {
        format!(
            "Without ICE, media would go to {address}; with ICE the candidates decide, and this repeats the default one (RFC 8866 §5.7, RFC 8839 §4)."
        )
    }
}

fn explain_bandwidth(bandwidth: &Bandwidth) -> String {
    let value = bandwidth.value;
    match bandwidth.kind.as_str() {
        "AS" => format!(
            "The writer wants to receive at most {value} kb/s here, packet headers included (RFC 8866 §5.8)."
        ),
        "CT" => format!("The whole conference should stay below {value} kb/s (RFC 8866 §5.8)."),
        "TIAS" => format!(
            "The writer wants to receive at most {value} b/s here, packet headers not counted (RFC 3890 §6)."
        ),
        kind => format!(
            "A bandwidth limit of {value} in the unit of {}, which receivers that do not know it ignore (RFC 8866 §5.8).",
            quoted(kind)
        ),
    }
}

fn explain_unused(letter: char, text: &str) -> String {
    let (what, section) = match letter {
        'u' => ("A web address about the session", "§5.5"),
        'e' => ("An e-mail address of whoever runs the session", "§5.6"),
        'p' => ("A telephone number of whoever runs the session", "§5.6"),
        'r' => ("When the session repeats", "§5.10"),
        'z' => ("Time-zone changes for repeated sessions", "§5.11"),
        _ => (
            "An encryption key in clear text, which is obsolete and must not be used",
            "§5.12",
        ),
    };
    format!(
        "{what}: {}; WebRTC has no use for it (RFC 8866 {section}).",
        quoted(text)
    )
}

fn explain_media(media: &MediaLine) -> String {
    let what = match &media.kind {
        MediaKind::Audio => "sound".to_owned(),
        MediaKind::Video => "pictures".to_owned(),
        MediaKind::Application => "data channels".to_owned(),
        MediaKind::Other(word) => quoted(word),
    };
    let port = match media.port {
        Some(0) => "port 0 rejects it, unless it is bundle-only".to_owned(),
        Some(9) => "port 9 is a placeholder until ICE finds a path".to_owned(),
        Some(port) => format!("the default port is {port}"),
        None => "the port cannot be read".to_owned(),
    };
    format!(
        "Opens a media section for {what} over {}{}; {port} (RFC 8866 §5.14).",
        protocol(&media.protocol),
        formats(media),
    )
}

fn formats(media: &MediaLine) -> String {
    let payloads: Vec<String> = media
        .formats
        .iter()
        .filter_map(|format| match format {
            Format::Payload(payload_type) => Some(payload_type.to_string()),
            Format::Name(_) | Format::Junk(_) => None,
        })
        .collect();
    let junk: Vec<String> = media
        .formats
        .iter()
        .filter_map(|format| match format {
            Format::Junk(token) => Some(quoted(token)),
            Format::Payload(_) | Format::Name(_) => None,
        })
        .take(SHOWN_JUNK)
        .collect();
    let payloads = match &payloads[..] {
        [] => String::new(),
        [only] => format!(", with payload type {only}"),
        [first, ..] => format!(
            ", with {} payload types, the most wanted one, {first}, first",
            payloads.len()
        ),
    };
    if junk.is_empty() {
        payloads
    } else {
        let junk = listed(&junk);
        format!("{payloads}; {junk} stand where payload types should")
    }
}

/// What a protocol stack means.
fn protocol(protocol: &str) -> String {
    let meaning = match protocol {
        "UDP/TLS/RTP/SAVPF" => {
            "RTP encrypted with keys from a DTLS handshake, with fast RTCP feedback"
        }
        "UDP/TLS/RTP/SAVP" => "RTP encrypted with keys from a DTLS handshake",
        "TCP/TLS/RTP/SAVPF" | "TCP/DTLS/RTP/SAVPF" => {
            "encrypted RTP on TCP, with fast RTCP feedback"
        }
        "RTP/SAVPF" => "encrypted RTP with fast RTCP feedback",
        "RTP/SAVP" => "encrypted RTP",
        "RTP/AVPF" => "RTP in the clear, with fast RTCP feedback",
        "RTP/AVP" => "RTP in the clear",
        "UDP/DTLS/SCTP" | "DTLS/SCTP" => "SCTP inside DTLS",
        "TCP/DTLS/SCTP" => "SCTP inside DTLS on TCP",
        other => return quoted(other),
    };
    format!("{meaning} ({protocol})")
}

/// Junk tokens quoted in a sentence.
const SHOWN_JUNK: usize = 4;
