//! Sentences for the attributes that the model keeps as text.

use crate::sdp::explain::printable;
use crate::sdp::explain::quoted;

pub(super) fn explain(name: &str, value: Option<&str>) -> String {
    let shown = value.map_or_else(String::new, |value| format!(": {}", quoted(value)));
    match KNOWN.iter().find(|(known, ..)| *known == name) {
        Some((_, what, source)) => format!("{what}{shown} ({source})."),
        None if name.starts_with("x-google-") => {
            format!(
                "A switch of Google's own named {}{shown}, which other implementations ignore (libwebrtc).",
                quoted(name)
            )
        }
        None if name.is_empty() => {
            "An attribute without a name, which receivers ignore (RFC 8866 §5.13).".to_owned()
        }
        None => format!(
            "An attribute named “{}” that is not known or whose value cannot be read{shown}; receivers ignore it (RFC 8866 §5.13).",
            printable(name)
        ),
    }
}

pub(super) fn knows(name: &str) -> bool {
    KNOWN.iter().any(|(known, ..)| *known == name) || name.starts_with("x-google-")
}

/// Attribute, what it says, source.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "cat",
        "A category for catalogues of sessions",
        "RFC 8866 §6.1",
    ),
    (
        "charset",
        "The character set of the texts for people",
        "RFC 8866 §6.10",
    ),
    (
        "conf",
        "A web page about the conference",
        "RFC 4566, unused in WebRTC",
    ),
    (
        "connection",
        "Whether a running connection is to be kept or opened anew",
        "RFC 4145 §5",
    ),
    (
        "content",
        "What the picture is for, for instance slides",
        "RFC 4796 §5",
    ),
    (
        "dcmap",
        "A data channel agreed upon in advance",
        "RFC 8864 §5.1",
    ),
    (
        "dcsa",
        "An attribute of a data channel agreed upon in advance",
        "RFC 8864 §5.2",
    ),
    (
        "dtls-message",
        "The first DTLS message sent along with the description, to save a round trip",
        "draft-rescorla-dtls-in-sdp",
    ),
    ("floorctrl", "Who may control who speaks", "RFC 8856 §4"),
    (
        "framerate",
        "The most pictures a second that the writer would like",
        "RFC 8866 §6.13",
    ),
    (
        "identity",
        "Proof, signed by an identity provider, of who wrote the description",
        "RFC 8827 §5",
    ),
    (
        "imageattr",
        "Picture sizes that the writer can send or show",
        "RFC 6236 §3",
    ),
    (
        "keywds",
        "Key words for catalogues of sessions",
        "RFC 8866 §6.2",
    ),
    (
        "label",
        "A label that the application gives to what is sent here",
        "RFC 4574 §4",
    ),
    ("lang", "The language spoken", "RFC 8866 §6.12"),
    (
        "orient",
        "How a shared white board is turned",
        "RFC 8866 §6.8",
    ),
    (
        "packetization",
        "Payloads are cut into packets without regard to the codec, so that even encrypted frames fit",
        "libwebrtc",
    ),
    (
        "quality",
        "How to weigh picture quality against frame rate",
        "RFC 8866 §6.14",
    ),
    (
        "remote-candidates",
        "The other side's candidates that ICE chose, repeated to settle which path is meant",
        "RFC 8839 §5.2",
    ),
    (
        "rtcp-xr",
        "Extended RTCP reports that the writer takes, for instance to measure the round-trip time",
        "RFC 3611 §5.1",
    ),
    (
        "sdplang",
        "The language of the texts for people",
        "RFC 8866 §6.11",
    ),
    ("silenceSupp", "Whether silence is sent", "RFC 3108"),
    (
        "source-filter",
        "The senders whose packets are welcome",
        "RFC 4570 §3",
    ),
    (
        "tool",
        "The program that wrote the description",
        "RFC 8866 §6.3",
    ),
    (
        "ts-refclk",
        "The clock that timestamps follow",
        "RFC 7273 §4",
    ),
    (
        "mediaclk",
        "How the media clock follows a reference clock",
        "RFC 7273 §5",
    ),
    ("type", "The kind of conference", "RFC 8866 §6.9"),
];
