//! Rules that need more than one line: required lines, names that must match, attributes at the wrong level.

use std::collections::HashSet;

use crate::sdp::attribute::Attribute;
use crate::sdp::codec;
use crate::sdp::description::Description;
use crate::sdp::explain;
use crate::sdp::field::Format;
use crate::sdp::field::MediaLine;
use crate::sdp::line::Content;
use crate::sdp::line::Line;
use crate::sdp::line::Note;
use crate::sdp::line::Verdict;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::PayloadType;

/// Adds what the description breaks as a whole: to its lines where one is to blame, else to itself.
pub(super) fn check(description: &mut Description) {
    if description
        .lines
        .iter()
        .all(|line| line.content == Content::Blank)
    {
        description.fault("sdp-empty", 0);
        return;
    }
    let is_fragment = description.is_fragment();
    if !is_fragment {
        required_lines(description);
    }
    for line in &mut description.lines {
        level(line, is_fragment);
        unknown(line);
    }
    payload_types(description);
    mids(description);
}

/// RFC 8866 §5: `v= o= s= t=` once, and a `c=` for every section unless there is one for all.
fn required_lines(description: &mut Description) {
    let session = description.session_lines();
    let has = |kind: fn(&Content) -> bool| session.iter().any(|line| kind(&line.content));
    let missing = [
        (
            has(|c| matches!(c, Content::Version(_))),
            "sdp-version-missing",
        ),
        (
            has(|c| matches!(c, Content::Origin(_))),
            "sdp-origin-missing",
        ),
        (
            has(|c| matches!(c, Content::SessionName(_))),
            "sdp-session-name-missing",
        ),
        (
            has(|c| matches!(c, Content::Timing { .. })),
            "sdp-timing-missing",
        ),
    ];
    for (_, name) in missing.iter().filter(|(is_there, _)| !is_there) {
        description.fault(name, 0);
    }
    let without: Vec<usize> = description
        .media
        .iter()
        .filter(|section| section.connection.is_none())
        .map(|section| section.lines.start)
        .collect();
    for start in without {
        if let Some(line) = description.lines.get_mut(start) {
            blame(line, "sdp-connection-missing");
        }
    }
}

/// Attributes that stand at a level where their RFC does not allow them.
fn level(line: &mut Line, is_fragment: bool) {
    let Some(attribute) = line.attribute() else {
        return;
    };
    let is_misplaced = match (attribute, line.section) {
        (attribute, Some(_)) => is_session_only(attribute),
        (Attribute::Candidate(_), None) => !is_fragment,
        (attribute, None) => is_media_only(attribute),
    };
    if is_misplaced {
        blame(line, "sdp-attribute-at-wrong-level");
    }
}

const fn is_session_only(attribute: &Attribute) -> bool {
    matches!(
        attribute,
        Attribute::Group(_)
            | Attribute::IceLite
            | Attribute::IcePacing(_)
            | Attribute::MsidSemantic { .. }
    )
}

const fn is_media_only(attribute: &Attribute) -> bool {
    matches!(
        attribute,
        Attribute::BundleOnly
            | Attribute::Mid(_)
            | Attribute::Msid(_)
            | Attribute::Rtpmap(_)
            | Attribute::Fmtp(_)
            | Attribute::RtcpFeedback(_)
            | Attribute::Rtcp(_)
            | Attribute::RtcpMux
            | Attribute::RtcpMuxOnly
            | Attribute::RtcpRsize
            | Attribute::Ssrc(_)
            | Attribute::SsrcGroup(_)
            | Attribute::Rid(_)
            | Attribute::Simulcast(_)
            | Attribute::Ptime(_)
            | Attribute::MaxPtime(_)
            | Attribute::SctpPort(_)
            | Attribute::MaxMessageSize(_)
            | Attribute::Crypto(_)
    )
}

/// Notes an attribute that nobody knows.
fn unknown(line: &mut Line) {
    if let Some(Attribute::Other { name, .. }) = line.attribute()
        && line.faults.is_empty()
        && !matches!(line.verdict, Verdict::Accepted)
        && !explain::knows(name)
    {
        line.notes.push(Note::UnknownAttribute);
    }
}

/// A dynamic payload type means nothing without its `a=rtpmap` (RFC 8866 §6.6), and the other way round.
fn payload_types(description: &mut Description) {
    for section in &description.media {
        let lines = description.lines.get_mut(section.lines.clone());
        let Some([first, rest @ ..]) = lines else {
            continue;
        };
        let Content::Media(media) = &first.content else {
            continue;
        };
        if !media.is_rtp() || section.is_rejected() {
            continue;
        }
        // Who elided a token or a line may have elided the missing half: that is one slip, not two.
        let has_junk = media
            .formats
            .iter()
            .any(|format| matches!(format, Format::Junk(_)));
        let has_holes = rest.iter().any(|line| line.content == Content::Unknown);
        for line in rest.iter_mut() {
            if let Some(Attribute::Rtpmap(map)) = line.attribute()
                && !has_junk
                && !lists(media, map.payload_type)
            {
                blame(line, "sdp-rtpmap-of-unlisted-payload-type");
            }
        }
        let unmapped = media.formats.iter().any(|format| match *format {
            Format::Payload(payload_type) => {
                codec::assigned(payload_type).is_none() && !codec::is_mapped(rest, payload_type)
            }
            Format::Name(_) | Format::Junk(_) => false,
        });
        if unmapped && !has_holes {
            blame(first, "sdp-payload-type-without-rtpmap");
        }
    }
}

fn lists(media: &MediaLine, payload_type: PayloadType) -> bool {
    media.formats.contains(&Format::Payload(payload_type))
}

/// A mid names one section (RFC 5888 §4), and a BUNDLE group names sections that exist (RFC 9143 §5).
fn mids(description: &mut Description) {
    let mut seen = HashSet::new();
    let mut repeated = Vec::new();
    for section in &description.media {
        if let Some(mid) = section.mid.as_deref()
            && !seen.insert(mid)
        {
            repeated.push(section.lines.clone());
        }
    }
    let strangers: Vec<usize> = description
        .lines
        .iter()
        .enumerate()
        .filter_map(|(place, line)| match line.attribute() {
            Some(Attribute::Group(group)) => {
                let is_stranger = |mid: &String| !seen.contains(mid.as_str());
                group.mids.iter().any(is_stranger).then_some(place)
            }
            _ => None,
        })
        .collect();
    let is_fragment = description.is_fragment();
    for lines in repeated {
        let lines = description.lines.get_mut(lines).unwrap_or_default();
        let mid = lines
            .iter_mut()
            .find(|line| matches!(line.attribute(), Some(Attribute::Mid(_))));
        if let Some(line) = mid {
            blame(line, "sdp-mid-repeated");
        }
    }
    // A fragment shows the sections that have news, and repeats the group as it is (RFC 8840 §9).
    for place in strangers.into_iter().filter(|_| !is_fragment) {
        if let Some(line) = description.lines.get_mut(place) {
            blame(line, "sdp-group-of-unknown-mid");
        }
    }
}

fn blame(line: &mut Line, name: &'static str) {
    line.faults.push(Fault::new(Layer::Sdp, name, line.offset));
}
