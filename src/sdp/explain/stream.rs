//! Sentences for announced streams and simulcast layers.

use crate::sdp::attribute::Attribute;
use crate::sdp::explain::listed;
use crate::sdp::explain::printable;
use crate::sdp::explain::quoted;
use crate::sdp::rtp_attribute::Rid;
use crate::sdp::rtp_attribute::RidDirection;
use crate::sdp::rtp_attribute::Simulcast;
use crate::sdp::rtp_attribute::SimulcastStream;
use crate::sdp::rtp_attribute::SsrcGroup;
use crate::sdp::rtp_attribute::SsrcLine;

/// `None` for attributes of other files.
pub(super) fn explain(attribute: &Attribute) -> Option<String> {
    Some(match attribute {
        Attribute::Ssrc(line) => explain_ssrc(line),
        Attribute::SsrcGroup(group) => explain_ssrc_group(group),
        Attribute::Rid(rid) => explain_rid(rid),
        Attribute::Simulcast(simulcast) => explain_simulcast(simulcast),
        _ => return None,
    })
}

fn explain_ssrc(line: &SsrcLine) -> String {
    let ssrc = line.ssrc;
    let value = line.value.as_deref().unwrap_or_default();
    match line.attribute.as_deref() {
        Some("cname") => format!(
            "The writer sends a stream with the identifier {ssrc}; streams with the same cname {} are played in step (RFC 5576 §6.1).",
            quoted(value)
        ),
        Some("msid") => format!(
            "The stream {ssrc} is the MediaStream and track {} (RFC 5576 §4.1, early drafts of RFC 8830).",
            quoted(value)
        ),
        Some(name) => format!(
            "The stream {ssrc} has the attribute {} with the value {} (RFC 5576 §4.1).",
            quoted(name),
            quoted(value)
        ),
        None => format!("The writer sends a stream with the identifier {ssrc} (RFC 5576 §4.1)."),
    }
}

fn explain_ssrc_group(group: &SsrcGroup) -> String {
    let ssrcs: Vec<String> = group
        .ssrcs
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect();
    match (group.semantics.as_str(), &ssrcs[..]) {
        ("FID", [first, second]) => format!(
            "The stream {second} repeats lost packets of {first} (RFC 5576 §4.2, RFC 4588)."
        ),
        ("FEC-FR", [first, second]) => format!(
            "The stream {second} carries parity data that rebuilds lost packets of {first} (RFC 5956 §4.3)."
        ),
        ("SIM", _) => format!(
            "The streams {} are the same picture in several sizes, as Chromium announced simulcast before RFC 8853 (RFC 5576 §4.2).",
            listed(&ssrcs)
        ),
        (other, _) => format!(
            "The streams {} form a group of the kind {} (RFC 5576 §4.2).",
            listed(&ssrcs),
            quoted(other)
        ),
    }
}

fn explain_rid(rid: &Rid) -> String {
    let way = match rid.direction {
        RidDirection::Send => "sends",
        RidDirection::Recv => "receives",
    };
    let mut limits: Vec<String> = Vec::new();
    if !rid.payload_types.is_empty() {
        let types: Vec<String> = rid
            .payload_types
            .iter()
            .take(SHOWN)
            .map(ToString::to_string)
            .collect();
        limits.push(format!("payload types {}", listed(&types)));
    }
    if !rid.restrictions.is_empty() {
        limits.push(printable(&rid.restrictions.to_string()));
    }
    let limits = if limits.is_empty() {
        String::new()
    } else {
        format!(", limited to {}", listed(&limits))
    };
    format!(
        "The writer {way} a layer named {}{limits}; packets carry the name in a header extension (RFC 8851 §4).",
        quoted(&rid.id)
    )
}

fn explain_simulcast(simulcast: &Simulcast) -> String {
    let ways: Vec<String> = [("sends", &simulcast.send), ("receives", &simulcast.recv)]
        .into_iter()
        .filter(|(_, streams)| !streams.is_empty())
        .map(|(way, streams)| format!("{way} {}", streams_of(streams)))
        .collect();
    format!(
        "Simulcast: the writer {}, best first; a server picks one for each viewer (RFC 8853 §5.1).",
        listed(&ways)
    )
}

fn streams_of(streams: &[SimulcastStream]) -> String {
    let names: Vec<String> = streams
        .iter()
        .take(SHOWN)
        .map(|stream| {
            let layers = stream.alternatives.iter().take(SHOWN);
            let layers = layers.map(|layer| {
                let paused = if layer.paused { " (paused)" } else { "" };
                format!("{}{paused}", printable(&layer.rid))
            });
            layers.collect::<Vec<_>>().join(" or ")
        })
        .collect();
    let noun = if streams.len() == 1 {
        "stream"
    } else {
        "streams"
    };
    format!(
        "{} {noun} of the same picture, {}",
        streams.len(),
        listed(&names)
    )
}

/// Streams and layers listed in a sentence.
const SHOWN: usize = 12;
