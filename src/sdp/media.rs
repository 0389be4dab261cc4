//! A media section: what one `m=` line and the lines after it say together.

use std::ops::Range;

use crate::sdp::attribute::Attribute;
use crate::sdp::attribute::MediaDirection;
use crate::sdp::attribute::Msid;
use crate::sdp::candidate::Candidate;
use crate::sdp::codec;
use crate::sdp::codec::Codec;
use crate::sdp::description::SessionLevel;
use crate::sdp::field::Bandwidth;
use crate::sdp::field::Connection;
use crate::sdp::field::Format;
use crate::sdp::field::MediaKind;
use crate::sdp::field::MediaLine;
use crate::sdp::line::Content;
use crate::sdp::line::Line;
use crate::sdp::rtp_attribute::Extmap;
use crate::sdp::rtp_attribute::Rid;
use crate::sdp::rtp_attribute::Simulcast;
use crate::sdp::rtp_attribute::SsrcGroup;
use crate::sdp::rtp_attribute::SsrcLine;
use crate::sdp::transport::Crypto;
use crate::sdp::transport::Fingerprint;
use crate::sdp::transport::RtcpAddress;
use crate::sdp::transport::SetupRole;
use crate::sdp::transport::TransportParameters;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::Ssrc;

/// One media section. Session-level values are already inherited where RFC 8866 says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSection {
    /// Position in the description, from 0: offer and answer pair up by it (RFC 3264 §6).
    pub index: usize,
    /// Its lines, `m=` first, as indices into `Description::lines`.
    pub lines: Range<usize>,
    /// What is sent.
    pub kind: MediaKind,
    /// Port of the `m=` line; see [`MediaSection::is_rejected`]. `None` when unreadable.
    pub port: Option<u16>,
    /// Protocol stack, as written.
    pub protocol: String,
    /// Formats in order of preference, junk included.
    pub formats: Vec<Format>,
    /// Its name (`a=mid`).
    pub mid: Option<String>,
    /// Which way media may run; `sendrecv` when nothing is said.
    pub direction: MediaDirection,
    /// Codecs in order of preference.
    pub codecs: Vec<Codec>,
    /// Header extensions.
    pub extmaps: Vec<Extmap>,
    /// One-byte and two-byte header extensions may mix.
    pub extmap_allow_mixed: bool,
    /// Streams announced by `a=ssrc`.
    pub ssrcs: Vec<AnnouncedStream>,
    /// Streams that belong together.
    pub ssrc_groups: Vec<SsrcGroup>,
    /// `MediaStream` and track.
    pub msids: Vec<Msid>,
    /// Simulcast layers.
    pub rids: Vec<Rid>,
    /// How the layers form simulcast streams.
    pub simulcast: Option<Simulcast>,
    /// ICE and DTLS parameters, inherited ones included.
    pub transport: TransportParameters,
    /// Candidates, in order.
    pub candidates: Vec<Candidate>,
    /// No more candidates will follow.
    pub end_of_candidates: bool,
    /// SDES keys.
    pub cryptos: Vec<Crypto>,
    /// `a=rtcp-mux`: RTCP shares the RTP port.
    pub rtcp_mux: bool,
    /// `a=rtcp-mux-only`: RTCP must share it.
    pub rtcp_mux_only: bool,
    /// `a=rtcp-rsize`: RTCP packets may be short.
    pub rtcp_rsize: bool,
    /// `a=rtcp`.
    pub rtcp: Option<RtcpAddress>,
    /// `a=bundle-only`: port 0 does not mean "rejected".
    pub bundle_only: bool,
    /// `c=`, the section's own or the session's.
    pub connection: Option<Connection>,
    /// `b=` lines.
    pub bandwidths: Vec<Bandwidth>,
    /// `a=ptime`, milliseconds.
    pub ptime_ms: Option<u64>,
    /// `a=maxptime`, milliseconds.
    pub max_ptime_ms: Option<u64>,
    /// SCTP port, from `a=sctp-port` or the older `a=sctpmap`.
    pub sctp_port: Option<u16>,
    /// `a=max-message-size`, bytes; 0 for no limit.
    pub max_message_size_bytes: Option<u64>,
}

impl MediaSection {
    /// Rejected or stopped: port 0 (RFC 3264 §6), unless the section is bundle-only (RFC 9143 §6).
    pub const fn is_rejected(&self) -> bool {
        matches!(self.port, Some(0)) && !self.bundle_only
    }

    /// ICE user fragment.
    pub fn ufrag(&self) -> Option<&str> {
        self.transport.ice_ufrag.as_deref()
    }

    /// ICE password.
    pub fn pwd(&self) -> Option<&str> {
        self.transport.ice_pwd.as_deref()
    }

    /// Certificate fingerprints.
    pub fn fingerprints(&self) -> &[Fingerprint] {
        &self.transport.fingerprints
    }

    /// DTLS role.
    pub const fn setup(&self) -> Option<SetupRole> {
        self.transport.setup
    }

    /// The codec behind `payload_type`, listed in the `m=` line or not.
    pub fn codec(&self, payload_type: PayloadType) -> Option<&Codec> {
        self.codecs
            .iter()
            .find(|codec| codec.payload_type == payload_type)
    }

    /// The stream that carries the retransmissions of `ssrc` (group `FID`, RFC 5576 §4.2).
    pub fn retransmission_of(&self, ssrc: Ssrc) -> Option<Ssrc> {
        let groups = self.ssrc_groups.iter();
        groups
            .filter(|group| group.semantics == "FID")
            .find_map(|group| match group.ssrcs[..] {
                [first, second, ..] if first == ssrc => Some(second),
                _ => None,
            })
    }

    /// Puts the section together from its lines; the first one is the `m=` line.
    pub(super) fn assemble(
        index: usize,
        lines: Range<usize>,
        text: &[Line],
        session: &SessionLevel,
    ) -> Option<Self> {
        let Content::Media(media) = &text.first()?.content else {
            return None;
        };
        let mut section = Self::new(index, lines, media, codec::codecs(media, text));
        for line in text {
            section.take(&line.content);
        }
        section.inherit(session, text);
        Some(section)
    }

    /// Gives back the room that its lists have to spare.
    pub(super) fn shrink(&mut self) {
        self.codecs.shrink_to_fit();
        for codec in &mut self.codecs {
            codec.parameters.0.shrink_to_fit();
            codec.feedback.shrink_to_fit();
        }
        self.extmaps.shrink_to_fit();
        self.ssrcs.shrink_to_fit();
        self.ssrc_groups.shrink_to_fit();
        self.msids.shrink_to_fit();
        self.candidates.shrink_to_fit();
        self.transport.fingerprints.shrink_to_fit();
        self.transport.ice_options.shrink_to_fit();
    }

    fn new(index: usize, lines: Range<usize>, media: &MediaLine, codecs: Vec<Codec>) -> Self {
        Self {
            index,
            lines,
            kind: media.kind.clone(),
            port: media.port,
            protocol: media.protocol.clone(),
            formats: media.formats.clone(),
            mid: None,
            direction: MediaDirection::default(),
            codecs,
            extmaps: Vec::new(),
            extmap_allow_mixed: false,
            ssrcs: Vec::new(),
            ssrc_groups: Vec::new(),
            msids: Vec::new(),
            rids: Vec::new(),
            simulcast: None,
            transport: TransportParameters::default(),
            candidates: Vec::new(),
            end_of_candidates: false,
            cryptos: Vec::new(),
            rtcp_mux: false,
            rtcp_mux_only: false,
            rtcp_rsize: false,
            rtcp: None,
            bundle_only: false,
            connection: None,
            bandwidths: Vec::new(),
            ptime_ms: None,
            max_ptime_ms: None,
            sctp_port: None,
            max_message_size_bytes: None,
        }
    }

    fn take(&mut self, content: &Content) {
        match content {
            Content::Connection(connection) => {
                self.connection.get_or_insert_with(|| connection.clone());
            }
            Content::Bandwidth(bandwidth) => self.bandwidths.push(bandwidth.clone()),
            Content::Attribute(attribute) if !self.transport.take(attribute) => {
                self.take_attribute(attribute);
            }
            _ => {}
        }
    }

    fn take_attribute(&mut self, attribute: &Attribute) {
        match attribute {
            Attribute::Mid(mid) => {
                self.mid.get_or_insert_with(|| mid.clone());
            }
            Attribute::BundleOnly => self.bundle_only = true,
            Attribute::Msid(msid) => self.msids.push(msid.clone()),
            Attribute::Candidate(candidate) => self.candidates.push((**candidate).clone()),
            Attribute::EndOfCandidates => self.end_of_candidates = true,
            Attribute::Crypto(crypto) => self.cryptos.push(crypto.clone()),
            Attribute::Extmap(extmap) => self.extmaps.push(extmap.clone()),
            Attribute::ExtmapAllowMixed => self.extmap_allow_mixed = true,
            Attribute::Rtcp(rtcp) => {
                self.rtcp.get_or_insert_with(|| rtcp.clone());
            }
            Attribute::RtcpMux => self.rtcp_mux = true,
            Attribute::RtcpMuxOnly => self.rtcp_mux_only = true,
            Attribute::RtcpRsize => self.rtcp_rsize = true,
            Attribute::Ssrc(line) => self.announce(line),
            Attribute::SsrcGroup(group) => self.ssrc_groups.push(group.clone()),
            Attribute::Rid(rid) => self.rids.push(rid.clone()),
            Attribute::Simulcast(simulcast) => {
                self.simulcast.get_or_insert_with(|| simulcast.clone());
            }
            Attribute::Direction(direction) => self.direction = *direction,
            Attribute::Ptime(milliseconds) => self.ptime_ms = Some(*milliseconds),
            Attribute::MaxPtime(milliseconds) => self.max_ptime_ms = Some(*milliseconds),
            Attribute::SctpPort(port) | Attribute::Sctpmap { port, .. } => {
                self.sctp_port.get_or_insert(*port);
            }
            Attribute::MaxMessageSize(bytes) => self.max_message_size_bytes = Some(*bytes),
            _ => {}
        }
    }

    /// Takes one `a=ssrc` line: a stream has several, mostly one after the other.
    fn announce(&mut self, line: &SsrcLine) {
        let known = self
            .ssrcs
            .iter()
            .rposition(|stream| stream.ssrc == line.ssrc);
        let place = known.unwrap_or(self.ssrcs.len());
        if known.is_none() {
            self.ssrcs.push(AnnouncedStream::new(line.ssrc));
        }
        if let (Some(stream), Some(name)) = (self.ssrcs.get_mut(place), &line.attribute) {
            stream.take(name, line.value.as_deref());
        }
    }

    /// Fills in what holds for the whole session.
    fn inherit(&mut self, session: &SessionLevel, text: &[Line]) {
        self.transport.inherit(&session.transport);
        if self.connection.is_none() {
            self.connection.clone_from(&session.connection);
        }
        if self.extmaps.is_empty() {
            self.extmaps.clone_from(&session.extmaps);
        }
        self.extmap_allow_mixed |= session.extmap_allow_mixed;
        let says_direction =
            |line: &Line| matches!(line.attribute(), Some(Attribute::Direction(_)));
        if let Some(direction) = session.direction
            && !text.iter().any(says_direction)
        {
            self.direction = direction;
        }
    }
}

/// An RTP stream announced by `a=ssrc` lines (RFC 5576).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedStream {
    /// The stream.
    pub ssrc: Ssrc,
    /// `cname`: equal for streams to be synchronized (RFC 3550 §6.5.1).
    pub cname: Option<String>,
    /// `msid`: `MediaStream` and track, as written.
    pub msid: Option<String>,
    /// Other attributes: name and value.
    pub attributes: Vec<(String, Option<String>)>,
}

impl AnnouncedStream {
    const fn new(ssrc: Ssrc) -> Self {
        Self {
            ssrc,
            cname: None,
            msid: None,
            attributes: Vec::new(),
        }
    }

    fn take(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match name {
            "cname" => self.cname = value,
            "msid" => self.msid = value,
            _ => self.attributes.push((name.to_owned(), value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::description::Description;

    fn section(text: &str) -> MediaSection {
        let media = Description::parse(text).media;
        media.into_iter().next().expect("a section")
    }

    #[test]
    fn what_a_section_does_not_say_it_has_from_the_session() {
        let section = section(
            "v=0\r\nc=IN IP4 192.0.2.1\r\na=ice-ufrag:sess\r\na=ice-pwd:0123456789012345678901\r\na=setup:passive\r\na=recvonly\r\n\
             a=fingerprint:sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB\r\na=extmap:1 urn:a\r\nm=audio 9 RTP/SAVPF 0\r\n",
        );
        assert_eq!(section.ufrag(), Some("sess"));
        assert_eq!(
            (section.setup(), section.direction),
            (Some(SetupRole::Passive), MediaDirection::RecvOnly)
        );
        assert_eq!(
            (section.fingerprints().len(), section.extmaps.len()),
            (1, 1)
        );
        assert!(section.connection.is_some());
    }

    #[test]
    fn the_section_s_own_word_counts_more() {
        let section = section(
            "v=0\r\na=recvonly\r\na=ice-ufrag:sess\r\nm=audio 9 RTP/SAVPF 0\r\na=sendrecv\r\na=ice-ufrag:own1\r\n",
        );
        assert_eq!(
            (section.direction, section.ufrag()),
            (MediaDirection::SendRecv, Some("own1"))
        );
    }

    #[test]
    fn port_0_rejects_unless_the_section_is_bundle_only() {
        assert!(section("m=audio 0 RTP/AVP 0\r\n").is_rejected());
        assert!(!section("m=audio 0 RTP/AVP 0\r\na=bundle-only\r\n").is_rejected());
    }

    #[test]
    fn streams_gather_their_lines_and_know_their_retransmissions() {
        let section = section(
            "m=video 9 RTP/SAVPF 96\r\na=ssrc-group:FID 1 2\r\na=ssrc:1 cname:c\r\na=ssrc:1 msid:s t\r\na=ssrc:2 cname:c\r\na=ssrc:2 x-flag\r\n",
        );
        assert_eq!(section.ssrcs.len(), 2);
        let first = section.ssrcs.first().expect("two streams");
        assert_eq!(
            (first.cname.as_deref(), first.msid.as_deref()),
            (Some("c"), Some("s t"))
        );
        assert_eq!(section.retransmission_of(Ssrc(1)), Some(Ssrc(2)));
        assert_eq!(section.retransmission_of(Ssrc(2)), None);
    }
}
