//! Offer and answer → what was agreed (RFC 3264, RFC 9429 §5.3, §5.10).

use std::fmt;

use crate::sdp::attribute::MediaDirection;
use crate::sdp::codec::Codec;
use crate::sdp::codec::CodecRole;
use crate::sdp::description::Description;
use crate::sdp::field::MediaKind;
use crate::sdp::format_match;
use crate::sdp::format_match::ParameterMismatch;
use crate::sdp::media::MediaSection;
use crate::sdp::rtp_attribute::RidDirection;
use crate::sdp::transport::SetupRole;
use crate::vocab::ids::PayloadType;

/// What offer and answer agree on for one media section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NegotiatedSection {
    /// Position in both descriptions.
    pub index: usize,
    /// Its name, from the offer, else from the answer.
    pub mid: Option<String>,
    /// What is sent.
    pub kind: MediaKind,
    /// Why nothing runs here, if so.
    pub rejection: Option<Rejection>,
    /// Codecs in both, in the answer's order of preference. Retransmissions are with their codec.
    pub codecs: Vec<NegotiatedCodec>,
    /// Offered codecs that were not agreed, in the offer's order. Retransmissions of dropped codecs are not listed.
    pub dropped: Vec<DroppedCodec>,
    /// Codecs of the answer that were not offered: the offerer cannot have asked for them.
    pub unoffered: Vec<String>,
    /// Which way media may run, from the offerer's point of view.
    pub offerer_direction: MediaDirection,
    /// The same from the answerer's.
    pub answerer_direction: MediaDirection,
    /// Header extensions in both, in the answer's order.
    pub header_extensions: Vec<NegotiatedExtension>,
    /// Mid of the section whose transport this one uses, its own included; `None` when it is in no BUNDLE group of the answer.
    pub bundled_with: Option<String>,
    /// Who sends the `ClientHello`; `None` when the descriptions leave it open.
    pub dtls_client: Option<Party>,
    /// RTP and RTCP share a port.
    pub rtcp_mux: bool,
    /// RTCP packets may be short.
    pub rtcp_rsize: bool,
    /// Simulcast layers that the offerer may send.
    pub rids_from_offerer: Vec<String>,
    /// Simulcast layers that the answerer may send.
    pub rids_from_answerer: Vec<String>,
}

/// One of the two sides of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// Wrote the offer.
    Offerer,
    /// Wrote the answer.
    Answerer,
}

/// Why a section carries nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// Port 0 in the offer: the offerer stopped it.
    ByOfferer,
    /// Port 0 in the answer.
    ByAnswerer,
    /// The answer has fewer sections than the offer, against RFC 3264 §6.
    NotInAnswer,
    /// The answer has more sections than the offer, against RFC 3264 §6.
    NotInOffer,
}

/// An agreed codec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NegotiatedCodec {
    /// `VP8/90000`, `opus/48000/2`.
    pub label: String,
    /// What it does.
    pub role: CodecRole,
    /// Payload types in the packets.
    pub payload_types: PayloadTypes,
    /// Payload types of its retransmissions, when both sides have them.
    pub rtx: Option<PayloadTypes>,
    /// RTCP feedback in both.
    pub feedback: Vec<String>,
}

/// Payload types by direction: a sender uses the number that the receiver declared (RFC 3264 §5.1). In WebRTC both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadTypes {
    /// Declared by the offer: in packets to the offerer.
    pub to_offerer: PayloadType,
    /// Declared by the answer: in packets to the answerer.
    pub to_answerer: PayloadType,
}

/// An offered codec that was not agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedCodec {
    /// `H264/90000`.
    pub label: String,
    /// Its payload type in the offer.
    pub payload_type: PayloadType,
    /// Why.
    pub why: DropReason,
}

/// Why an offered codec was not agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DropReason {
    /// The answer does not list it.
    NotInAnswer,
    /// The answer lists a codec of this name that is not the same.
    ParametersDiffer(ParameterMismatch),
    /// The whole section carries nothing.
    SectionRejected,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInAnswer => f.write_str("not in the answer"),
            Self::ParametersDiffer(mismatch) => write!(f, "fmtp differs: {mismatch}"),
            Self::SectionRejected => f.write_str("section rejected"),
        }
    }
}

/// An agreed header extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NegotiatedExtension {
    /// Identifier in the packets: the answer's, which repeats the offer's (RFC 8285 §7).
    pub id: u16,
    /// What the extension is.
    pub uri: String,
}

/// Works out what `offer` and `answer` agree on, section by section.
pub fn negotiate(offer: &Description, answer: &Description) -> Vec<NegotiatedSection> {
    let count = offer.media.len().max(answer.media.len());
    (0..count)
        .filter_map(
            |index| match (offer.media.get(index), answer.media.get(index)) {
                (Some(offered), Some(answered)) => Some(pair(index, offered, answered, answer)),
                (Some(offered), None) => Some(alone(index, offered, Rejection::NotInAnswer)),
                (None, Some(answered)) => Some(alone(index, answered, Rejection::NotInOffer)),
                (None, None) => None,
            },
        )
        .collect()
}

fn pair(
    index: usize,
    offered: &MediaSection,
    answered: &MediaSection,
    answer: &Description,
) -> NegotiatedSection {
    if answered.is_rejected() {
        let by = if offered.is_rejected() {
            Rejection::ByOfferer
        } else {
            Rejection::ByAnswerer
        };
        return alone(index, offered, by);
    }
    let sends = offered.direction.sends() && answered.direction.receives();
    let receives = offered.direction.receives() && answered.direction.sends();
    let offerer_direction = MediaDirection::new(sends, receives);
    let matched = match_codecs(offered, answered);
    let mid = offered.mid.clone().or_else(|| answered.mid.clone());
    NegotiatedSection {
        index,
        kind: offered.kind.clone(),
        rejection: None,
        dropped: dropped(offered, &matched),
        unoffered: matched
            .unoffered
            .iter()
            .map(|codec| codec.label())
            .collect(),
        codecs: matched.agreed(offered, answered),
        offerer_direction,
        answerer_direction: offerer_direction.reversed(),
        header_extensions: header_extensions(offered, answered),
        bundled_with: mid.as_deref().and_then(|mid| bundle_tag(answer, mid)),
        mid,
        dtls_client: dtls_client(offered, answered),
        rtcp_mux: offered.rtcp_mux && answered.rtcp_mux,
        rtcp_rsize: offered.rtcp_rsize && answered.rtcp_rsize,
        rids_from_offerer: rids(offered, answered),
        rids_from_answerer: rids(answered, offered),
    }
}

/// A section that only one side has, or that was rejected.
fn alone(index: usize, section: &MediaSection, rejection: Rejection) -> NegotiatedSection {
    let listed = section.codecs.iter().filter(|codec| codec.listed);
    let dropped = listed
        .filter(|codec| codec.role() != CodecRole::Retransmission)
        .map(|codec| DroppedCodec {
            label: codec.label(),
            payload_type: codec.payload_type,
            why: DropReason::SectionRejected,
        });
    let is_offered = rejection != Rejection::NotInOffer;
    NegotiatedSection {
        index,
        mid: section.mid.clone(),
        kind: section.kind.clone(),
        rejection: Some(rejection),
        codecs: Vec::new(),
        dropped: if is_offered {
            dropped.collect()
        } else {
            Vec::new()
        },
        unoffered: Vec::new(),
        offerer_direction: MediaDirection::Inactive,
        answerer_direction: MediaDirection::Inactive,
        header_extensions: Vec::new(),
        bundled_with: None,
        dtls_client: None,
        rtcp_mux: false,
        rtcp_rsize: false,
        rids_from_offerer: Vec::new(),
        rids_from_answerer: Vec::new(),
    }
}

/// Offered and answered codecs, paired.
struct Matched<'d> {
    pairs: Vec<(&'d Codec, &'d Codec)>,
    /// Codecs of the answer without a partner.
    unoffered: Vec<&'d Codec>,
}

/// Pairs the codecs in the answer's order: the same payload type first, as WebRTC keeps numbers (RFC 9429 §5.3.1), else any that is the same.
fn match_codecs<'d>(offered: &'d MediaSection, answered: &'d MediaSection) -> Matched<'d> {
    let mut matched = Matched {
        pairs: Vec::new(),
        unoffered: Vec::new(),
    };
    let is_primary = |codec: &&Codec| codec.listed && codec.role() != CodecRole::Retransmission;
    let offers: Vec<&Codec> = offered.codecs.iter().filter(is_primary).collect();
    let mut taken = vec![false; offers.len()];
    for answer in answered.codecs.iter().filter(is_primary) {
        let is_same = |offer: &Codec| {
            offer.is_same_encoding(answer) && format_match::mismatch(offer, answer).is_none()
        };
        let free = || {
            offers
                .iter()
                .zip(&taken)
                .enumerate()
                .filter(|(_, (offer, taken))| !**taken && is_same(offer))
        };
        let place = free()
            .find(|(_, (offer, _))| offer.payload_type == answer.payload_type)
            .or_else(|| free().next())
            .map(|(place, _)| place);
        match place.and_then(|place| Some((taken.get_mut(place)?, *offers.get(place)?))) {
            Some((taken, offer)) => {
                *taken = true;
                matched.pairs.push((offer, answer));
            }
            None => matched.unoffered.push(answer),
        }
    }
    matched
}

impl Matched<'_> {
    fn agreed(&self, offered: &MediaSection, answered: &MediaSection) -> Vec<NegotiatedCodec> {
        let pairs = self.pairs.iter();
        pairs
            .map(|&(offer, answer)| NegotiatedCodec {
                label: answer.label(),
                role: answer.role(),
                payload_types: PayloadTypes {
                    to_offerer: offer.payload_type,
                    to_answerer: answer.payload_type,
                },
                rtx: rtx_of(offered, offer).zip(rtx_of(answered, answer)).map(
                    |(to_offerer, to_answerer)| PayloadTypes {
                        to_offerer,
                        to_answerer,
                    },
                ),
                feedback: offer
                    .feedback
                    .iter()
                    .filter(|kind| answer.feedback.contains(kind))
                    .cloned()
                    .collect(),
            })
            .collect()
    }
}

/// The payload type that retransmits `codec` (RFC 4588 §8.1).
fn rtx_of(section: &MediaSection, codec: &Codec) -> Option<PayloadType> {
    let mut listed = section.codecs.iter().filter(|other| other.listed);
    let rtx = listed.find(|other| {
        other.role() == CodecRole::Retransmission && other.apt() == Some(codec.payload_type)
    });
    rtx.map(|rtx| rtx.payload_type)
}

fn dropped(offered: &MediaSection, matched: &Matched<'_>) -> Vec<DroppedCodec> {
    let agreed = |payload_type: PayloadType| {
        matched
            .pairs
            .iter()
            .find(|(offer, _)| offer.payload_type == payload_type)
    };
    let listed = offered.codecs.iter().filter(|codec| codec.listed);
    let gone = listed.filter(|codec| agreed(codec.payload_type).is_none());
    gone.filter(|codec| codec.role() != CodecRole::Retransmission)
        .map(|codec| {
            // A codec of the answer that found no partner is what became of the offered codec of its name.
            let strangers = matched
                .unoffered
                .iter()
                .filter(|answer| codec.is_same_encoding(answer));
            let mut mismatches =
                strangers.filter_map(|answer| format_match::mismatch(codec, answer));
            DroppedCodec {
                label: codec.label(),
                payload_type: codec.payload_type,
                why: mismatches
                    .next()
                    .map_or(DropReason::NotInAnswer, DropReason::ParametersDiffer),
            }
        })
        .collect()
}

fn header_extensions(offered: &MediaSection, answered: &MediaSection) -> Vec<NegotiatedExtension> {
    let answers = answered.extmaps.iter();
    answers
        .filter(|answer| offered.extmaps.iter().any(|offer| offer.uri == answer.uri))
        .map(|answer| NegotiatedExtension {
            id: answer.id,
            uri: answer.uri.clone(),
        })
        .collect()
}

/// The first section of the group that is not rejected owns the transport (RFC 9143 §7.3).
fn bundle_tag(answer: &Description, mid: &str) -> Option<String> {
    let group = answer.bundle_of(mid)?;
    let is_alive = |mid: &&String| {
        answer
            .section(mid)
            .is_some_and(|section| !section.is_rejected())
    };
    group.mids.iter().find(is_alive).cloned()
}

/// RFC 8842 §5: the offer says `actpass`, the answer chooses.
const fn dtls_client(offered: &MediaSection, answered: &MediaSection) -> Option<Party> {
    match (offered.setup(), answered.setup()) {
        // An answer without a role goes by what the offer leaves it.
        (_, Some(SetupRole::Active)) | (Some(SetupRole::Passive), None) => Some(Party::Answerer),
        (_, Some(SetupRole::Passive)) | (Some(SetupRole::Active), None) => Some(Party::Offerer),
        _ => None,
    }
}

/// The simulcast layers that `sender` offers to send and `receiver` to receive (RFC 8853 §5.3).
fn rids(sender: &MediaSection, receiver: &MediaSection) -> Vec<String> {
    if sender.simulcast.is_none() || receiver.simulcast.is_none() {
        return Vec::new();
    }
    let received = |id: &str| {
        let mut rids = receiver.rids.iter();
        rids.any(|rid| rid.direction == RidDirection::Recv && rid.id == id)
    };
    let sent = sender
        .rids
        .iter()
        .filter(|rid| rid.direction == RidDirection::Send);
    sent.filter(|rid| received(&rid.id))
        .map(|rid| rid.id.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111 9 110\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=setup:actpass\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
        a=rtpmap:111 opus/48000/2\r\na=rtpmap:110 telephone-event/48000\r\na=extmap:1 urn:a\r\na=extmap:4 urn:mid\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 98\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=setup:actpass\r\na=rtcp-mux\r\n\
        a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 goog-remb\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
        a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n\
        a=rtpmap:104 H264/90000\r\na=fmtp:104 packetization-mode=0;profile-level-id=42e01f\r\na=rtpmap:105 rtx/90000\r\na=fmtp:105 apt=104\r\n\
        a=rtpmap:98 VP9/90000\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=rtpmap:96 VP8/90000\r\n";

    const ANSWER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly\r\na=setup:active\r\na=rtcp-mux\r\n\
        a=rtpmap:111 opus/48000/2\r\na=extmap:4 urn:mid\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 102 120 121\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=setup:active\r\na=rtcp-mux\r\n\
        a=rtpmap:120 VP8/90000\r\na=rtcp-fb:120 nack\r\na=rtpmap:121 rtx/90000\r\na=fmtp:121 apt=120\r\n\
        a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=4d001f\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=rtpmap:96 VP8/90000\r\n";

    fn sections() -> Vec<NegotiatedSection> {
        negotiate(&Description::parse(OFFER), &Description::parse(ANSWER))
    }

    #[test]
    fn directions_roles_and_transport_are_agreed() {
        let sections = sections();
        let [audio, video, rejected] = &sections[..] else {
            unreachable!("three sections")
        };
        assert_eq!(
            (audio.offerer_direction, audio.answerer_direction),
            (MediaDirection::SendOnly, MediaDirection::RecvOnly)
        );
        assert_eq!(video.offerer_direction, MediaDirection::SendRecv);
        assert_eq!(audio.dtls_client, Some(Party::Answerer));
        assert!(audio.rtcp_mux && !audio.rtcp_rsize);
        assert_eq!(
            audio.header_extensions,
            [NegotiatedExtension {
                id: 4,
                uri: "urn:mid".into()
            }]
        );
        let bundled: Vec<_> = sections.iter().map(|s| s.bundled_with.as_deref()).collect();
        assert_eq!(bundled, [Some("0"), Some("0"), None]);
        assert_eq!(rejected.rejection, Some(Rejection::ByAnswerer));
        assert_eq!(rejected.offerer_direction, MediaDirection::Inactive);
    }

    #[test]
    fn payload_types_and_retransmissions_differ_by_direction() {
        let sections = sections();
        let video = sections.get(1).expect("three sections");
        let [vp8] = &video.codecs[..] else {
            unreachable!("{:?}", video.codecs)
        };
        let types = |to_offerer, to_answerer| PayloadTypes {
            to_offerer: PayloadType(to_offerer),
            to_answerer: PayloadType(to_answerer),
        };
        assert_eq!(
            (vp8.label.as_str(), vp8.payload_types, vp8.rtx),
            ("VP8/90000", types(96, 120), Some(types(97, 121)))
        );
        assert_eq!(vp8.feedback, ["nack"]);
    }

    #[test]
    fn dropped_codecs_say_why() {
        let sections = sections();
        let why = |index: usize| -> Vec<String> {
            let dropped = sections
                .get(index)
                .map(|section| section.dropped.as_slice())
                .unwrap_or_default();
            dropped
                .iter()
                .map(|codec| format!("{} {}: {}", codec.payload_type, codec.label, codec.why))
                .collect()
        };
        assert_eq!(
            why(0),
            [
                "9 G722/8000: not in the answer",
                "110 telephone-event/48000: not in the answer"
            ]
        );
        assert_eq!(
            why(1),
            [
                "102 H264/90000: fmtp differs: profile-level-id 42e01f in the offer, 4d001f in the answer",
                "104 H264/90000: fmtp differs: packetization-mode 0 in the offer, 1 in the answer",
                "98 VP9/90000: not in the answer",
            ]
        );
        assert_eq!(why(2), ["96 VP8/90000: section rejected"]);
        assert_eq!(
            sections.get(1).map(|s| s.unoffered.clone()),
            Some(vec!["H264/90000".to_owned()])
        );
    }

    #[test]
    fn a_codec_chosen_once_is_not_said_to_differ() {
        let answer = ANSWER.replace("4d001f", "42e01f");
        let sections = negotiate(&Description::parse(OFFER), &Description::parse(&answer));
        let video = sections.get(1).expect("three sections");
        let labels: Vec<_> = video
            .codecs
            .iter()
            .map(|codec| codec.label.as_str())
            .collect();
        assert_eq!(labels, ["H264/90000", "VP8/90000"]);
        let second = video.dropped.first().expect("two dropped");
        assert_eq!(
            (second.payload_type, &second.why),
            (PayloadType(104), &DropReason::NotInAnswer)
        );
    }

    #[test]
    fn a_missing_section_is_rejected() {
        let sections = negotiate(&Description::parse(OFFER), &Description::parse(""));
        assert!(
            sections
                .iter()
                .all(|section| section.rejection == Some(Rejection::NotInAnswer))
        );
        let sections = negotiate(&Description::parse(""), &Description::parse(ANSWER));
        assert!(
            sections
                .iter()
                .all(|section| section.rejection == Some(Rejection::NotInOffer)
                    && section.dropped.is_empty())
        );
    }

    #[test]
    fn simulcast_layers_are_those_of_both() {
        let layers = |direction: &str, ids: &str| {
            let rids: Vec<String> = ids
                .split(';')
                .map(|id| {
                    format!(
                        "a=rid:{id} {direction}
"
                    )
                })
                .collect();
            let rids = rids.concat();
            format!(
                "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtpmap:96 VP8/90000\r\n{rids}a=simulcast:{direction} {ids}\r\n"
            )
        };
        let (offer, answer) = (layers("send", "h;m;l"), layers("recv", "h;l"));
        let sections = negotiate(&Description::parse(&offer), &Description::parse(&answer));
        let section = sections.first().expect("a section");
        assert_eq!(
            (
                section.rids_from_offerer.as_slice(),
                section.rids_from_answerer.len()
            ),
            (["h".into(), "l".into()].as_slice(), 0)
        );
    }
}
