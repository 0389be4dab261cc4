//! Sentences for groups, names, directions and `MediaStream`s.

use crate::sdp::attribute::Attribute;
use crate::sdp::attribute::Group;
use crate::sdp::attribute::MediaDirection;
use crate::sdp::explain::listed;
use crate::sdp::explain::printable;
use crate::sdp::explain::quoted;

/// `None` for attributes of other files.
pub(super) fn explain(attribute: &Attribute) -> Option<String> {
    Some(match attribute {
        Attribute::Group(group) => explain_group(group),
        Attribute::Mid(mid) => format!(
            "Names this section {}: groups, candidates and an RTP header extension refer to it by that name (RFC 5888 §4).",
            quoted(mid)
        ),
        Attribute::BundleOnly => {
            "Port 0 does not reject this section: it is wanted, but only on the transport of its BUNDLE group (RFC 9143 §6).".to_owned()
        }
        Attribute::Msid(msid) => match (&msid.track, msid.stream.as_str()) {
            (Some(track), "-") => format!("What is sent here is the track {} of no MediaStream (RFC 8830 §2).", quoted(track)),
            (Some(track), stream) => format!(
                "What is sent here is the track {} of the MediaStream {}, the JavaScript object on the other side (RFC 8830 §2).",
                quoted(track),
                quoted(stream)
            ),
            (None, stream) => format!("What is sent here belongs to the MediaStream {} (RFC 8830 §2).", quoted(stream)),
        },
        Attribute::MsidSemantic { streams, .. } => explain_streams(streams),
        Attribute::Direction(direction) => explain_direction(*direction).to_owned(),
        _ => return None,
    })
}

fn explain_group(group: &Group) -> String {
    let mids: Vec<String> = group
        .mids
        .iter()
        .take(SHOWN_MIDS)
        .map(|mid| printable(mid))
        .collect();
    let more = if group.mids.len() > SHOWN_MIDS {
        " and more"
    } else {
        ""
    };
    let sections = format!("{}{more}", listed(&mids));
    match group.semantics.as_str() {
        "BUNDLE" if mids.is_empty() => {
            "No section shares a transport with another (RFC 9143 §5).".to_owned()
        }
        "BUNDLE" => format!(
            "The sections {sections} are to share one transport: one set of candidates, one DTLS handshake, one port (RFC 9143 §5)."
        ),
        "LS" => format!(
            "The sections {sections} are to be played in step, as lips and voice (RFC 5888 §7)."
        ),
        "FID" => format!("The sections {sections} carry the same media flow (RFC 5888 §8)."),
        other => format!(
            "The sections {sections} form a group of the kind {} (RFC 5888 §5).",
            quoted(other)
        ),
    }
}

fn explain_streams(streams: &[String]) -> String {
    const SOURCE: &str =
        "a list that older Chromium versions read and newer ones ignore (early drafts of RFC 8830)";
    match streams {
        [] => format!("The writer sends no MediaStream; {SOURCE}."),
        [all] if all == "*" => format!("Any MediaStream may come; {SOURCE}."),
        [one] => format!("The writer's MediaStream is {}; {SOURCE}.", quoted(one)),
        many => format!("The writer has {} MediaStreams; {SOURCE}.", many.len()),
    }
}

const fn explain_direction(direction: MediaDirection) -> &'static str {
    match direction {
        MediaDirection::SendRecv => {
            "The writer wants to send and to receive here (RFC 8866 §6.7.2)."
        }
        MediaDirection::SendOnly => {
            "The writer wants to send here, not to receive (RFC 8866 §6.7.3)."
        }
        MediaDirection::RecvOnly => {
            "The writer wants to receive here, not to send (RFC 8866 §6.7.1)."
        }
        MediaDirection::Inactive => {
            "Nothing is to be sent here in either direction, though the section stays open (RFC 8866 §6.7.4)."
        }
    }
}

/// Mids listed in a sentence.
const SHOWN_MIDS: usize = 12;
