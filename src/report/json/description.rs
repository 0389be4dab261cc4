//! `peerConnections[].descriptions` and `.negotiated`: what was offered, answered and agreed.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::sdp::codec::Codec;
use crate::sdp::media::MediaSection;
use crate::sdp::negotiation::DroppedCodec;
use crate::sdp::negotiation::NegotiatedSection;
use crate::sdp::negotiation::Party;
use crate::sdp::transport::SetupRole;
use crate::session::model::description as signaled;
use crate::vocab::address::Side;

/// An offer or answer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Description<'a> {
    /// `offer`, `pranswer`, `answer` or `rollback`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whose it is: `a` or `b`.
    pub side: &'static str,
    /// When it was complete on the wire.
    pub time_seconds: f64,
    /// Frames that carried it.
    pub frames: Vec<FrameRef>,
    /// The text, byte for byte as signaled.
    pub sdp: &'a str,
    /// Certificate hashes, each once: `sha-256 FD:A8:…`.
    pub fingerprints: Vec<String>,
    /// `actpass`, `active`, `passive` or `holdconn`: who opens DTLS.
    pub setup: Option<&'static str>,
    /// Does it only answer checks?
    pub ice_lite: bool,
    /// Mids of the first BUNDLE group: sections on one transport.
    pub bundle: &'a [String],
    /// Its m-sections.
    pub media: Vec<Media<'a>>,
    /// Rules that it breaks, by name.
    pub faults: Vec<&'static str>,
}

/// An m-section of a description.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Media<'a> {
    /// Its name.
    pub mid: Option<&'a str>,
    /// `audio`, `video`, `application` or as written.
    pub kind: &'a str,
    /// `sendrecv`, `sendonly`, `recvonly` or `inactive`, for its writer.
    pub direction: &'static str,
    /// Codecs in order of preference: `VP8/90000`.
    pub codecs: Vec<String>,
    /// Is its port 0?
    pub rejected: bool,
}

/// What was agreed for an m-section.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Negotiated<'a> {
    /// Its name.
    pub mid: Option<&'a str>,
    /// `audio`, `video`, `application` or as written.
    pub kind: &'a str,
    /// Does nothing run here?
    pub rejected: bool,
    /// Codecs in both descriptions, in the answer's order of preference.
    pub codecs: Vec<&'a str>,
    /// Offered codecs that were not agreed.
    pub dropped: Vec<Dropped<'a>>,
    /// Which way media may run, for side a.
    pub direction_a: &'static str,
    /// Header extensions in both.
    pub header_extensions: Vec<HeaderExtension<'a>>,
    /// Mid of the section whose transport this one uses.
    pub bundled_with: Option<&'a str>,
    /// Side that sends the `ClientHello`, by `a=setup`.
    pub dtls_client: Option<&'static str>,
    /// Do RTP and RTCP share a port?
    pub rtcp_mux: bool,
    /// Simulcast layers that a may send.
    pub rids_from_a: &'a [String],
    /// Simulcast layers that b may send.
    pub rids_from_b: &'a [String],
}

/// An offered codec that was not agreed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Dropped<'a> {
    /// `H264/90000`.
    pub codec: &'a str,
    /// Its payload type in the offer.
    pub payload_type: u8,
    /// Why.
    pub why: String,
}

/// An agreed header extension.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HeaderExtension<'a> {
    /// Its number in the packets.
    pub id: u16,
    /// What it is.
    pub uri: &'a str,
}

impl<'a> Description<'a> {
    /// One description.
    pub fn new(context: Context<'a>, description: &'a signaled::SignaledDescription) -> Self {
        let parsed = &description.parsed;
        let mut fingerprints: Vec<String> = Vec::new();
        for fingerprint in parsed.media.iter().flat_map(MediaSection::fingerprints) {
            let shown = fingerprint.to_string();
            if !fingerprints.contains(&shown) {
                fingerprints.push(shown);
            }
        }
        let mut faults: Vec<&'static str> = Vec::new();
        for fault in parsed.faults() {
            if !faults.contains(&fault.name) {
                faults.push(fault.name);
            }
        }
        let bundle = parsed.session.groups.iter().find(|group| group.is_bundle());
        Self {
            kind: description.kind.word(),
            side: description.side.word(),
            time_seconds: context.seconds(description.at),
            frames: context.frames(&description.frames),
            sdp: &description.sdp,
            fingerprints,
            setup: parsed
                .media
                .iter()
                .find_map(MediaSection::setup)
                .map(SetupRole::word),
            ice_lite: parsed.session.ice_lite,
            bundle: bundle.map_or(&[], |group| &group.mids),
            media: parsed.media.iter().map(Media::new).collect(),
            faults,
        }
    }
}

impl<'a> Media<'a> {
    fn new(section: &'a MediaSection) -> Self {
        let listed = section.codecs.iter().filter(|codec| codec.listed);
        Self {
            mid: section.mid.as_deref(),
            kind: section.kind.word(),
            direction: section.direction.word(),
            codecs: listed.map(Codec::label).collect(),
            rejected: section.is_rejected(),
        }
    }
}

impl<'a> Negotiated<'a> {
    /// All sections of an exchange of descriptions.
    pub fn all(negotiation: &'a signaled::Negotiation) -> Vec<Self> {
        let sections = negotiation.sections.iter();
        sections
            .map(|section| Self::new(negotiation.offerer, section))
            .collect()
    }

    fn new(offerer: Side, section: &'a NegotiatedSection) -> Self {
        let by_side = |of_offerer, of_answerer| match offerer {
            Side::A => (of_offerer, of_answerer),
            Side::B => (of_answerer, of_offerer),
        };
        let (rids_from_a, rids_from_b) = by_side(
            section.rids_from_offerer.as_slice(),
            section.rids_from_answerer.as_slice(),
        );
        let direction = match offerer {
            Side::A => section.offerer_direction,
            Side::B => section.answerer_direction,
        };
        let extensions = section
            .header_extensions
            .iter()
            .map(|extension| HeaderExtension {
                id: extension.id,
                uri: &extension.uri,
            });
        Self {
            mid: section.mid.as_deref(),
            kind: section.kind.word(),
            rejected: section.rejection.is_some(),
            codecs: section
                .codecs
                .iter()
                .map(|codec| codec.label.as_str())
                .collect(),
            dropped: section.dropped.iter().map(Dropped::new).collect(),
            direction_a: direction.word(),
            header_extensions: extensions.collect(),
            bundled_with: section.bundled_with.as_deref(),
            dtls_client: section
                .dtls_client
                .map(|party| side_of(party, offerer).word()),
            rtcp_mux: section.rtcp_mux,
            rids_from_a,
            rids_from_b,
        }
    }
}

impl<'a> Dropped<'a> {
    fn new(codec: &'a DroppedCodec) -> Self {
        Self {
            codec: &codec.label,
            payload_type: codec.payload_type.0,
            why: codec.why.to_string(),
        }
    }
}

const fn side_of(party: Party, offerer: Side) -> Side {
    match party {
        Party::Offerer => offerer,
        Party::Answerer => offerer.opposite(),
    }
}
