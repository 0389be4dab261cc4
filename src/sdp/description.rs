//! A whole description: lines, session level, media sections.

use std::fmt;

use crate::sdp::attribute::Attribute;
use crate::sdp::attribute::Group;
use crate::sdp::attribute::MediaDirection;
use crate::sdp::candidate::Candidate;
use crate::sdp::check;
use crate::sdp::codec::Codec;
use crate::sdp::field::Bandwidth;
use crate::sdp::field::Connection;
use crate::sdp::field::Origin;
use crate::sdp::line::Content;
use crate::sdp::line::Line;
use crate::sdp::line::LineEnding;
use crate::sdp::media::MediaSection;
use crate::sdp::rtp_attribute::Extmap;
use crate::sdp::transport::TransportParameters;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::PayloadType;

/// A session description, or a fragment of one (`application/trickle-ice-sdpfrag`, RFC 8840 §9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Every line, in order.
    pub lines: Vec<Line>,
    /// What holds for the whole session.
    pub session: SessionLevel,
    /// The media sections, in order.
    pub media: Vec<MediaSection>,
    /// Faults of the description as a whole; those of its lines are with the lines. See [`Description::faults`].
    pub own_faults: Vec<Fault>,
    /// What follows after [`MAX_LINES`] lines, as it stands.
    pub unread: String,
    /// Bytes beyond [`MAX_BYTES`], which are not kept.
    pub omitted_bytes: usize,
}

impl Description {
    /// Reads `text`, whatever it is. What cannot be read is kept and has a fault.
    pub fn parse(text: &str) -> Self {
        Self::read(text, true)
    }

    /// The same without its lines, for keeping: a browser's hundred lines take ten times the text. The faults stay; whoever shows lines
    /// reads the text again.
    #[must_use]
    pub fn parse_without_lines(text: &str) -> Self {
        let mut description = Self::read(text, false);
        description.own_faults = description.faults().collect();
        description.lines = Vec::new();
        description.media.iter_mut().for_each(MediaSection::shrink);
        description.media.shrink_to_fit();
        description
    }

    fn read(text: &str, in_full: bool) -> Self {
        let (kept, omitted) = split_at_most(text, MAX_BYTES);
        let mut description = Self {
            lines: Vec::new(),
            session: SessionLevel::default(),
            media: Vec::new(),
            own_faults: Vec::new(),
            unread: String::new(),
            omitted_bytes: omitted.len(),
        };
        if !omitted.is_empty() {
            description.fault("sdp-too-long", kept.len());
        }
        description.read_lines(kept, in_full);
        description.assemble();
        check::check(&mut description);
        description
    }

    fn read_lines(&mut self, text: &str, in_full: bool) {
        // A line has some 32 bytes in a browser's descriptions.
        self.lines.reserve(MAX_LINES.min(text.len() / 32));
        let mut offset = 0;
        let mut section = None;
        let mut sections = 0;
        while let Some(rest) = text.get(offset..).filter(|rest| !rest.is_empty()) {
            if self.lines.len() == MAX_LINES {
                self.fault("sdp-too-many-lines", offset);
                rest.clone_into(&mut self.unread);
                return;
            }
            let (raw, ending) = first_line(rest);
            let number = self.lines.len() + 1;
            let mut line = if in_full {
                Line::read(number, offset, raw, ending)
            } else {
                Line::read_content(number, offset, raw, false)
            };
            if matches!(line.content, Content::Media(_)) {
                if sections == MAX_SECTIONS {
                    self.fault("sdp-too-many-sections", offset);
                }
                section = Some(sections);
                sections += 1;
            }
            line.section = section;
            offset += raw.len() + ending.text().len();
            self.lines.push(line);
        }
    }

    fn assemble(&mut self) {
        let first = self.lines.iter().position(|line| line.section.is_some());
        let (session, media) = self.lines.split_at(first.unwrap_or(self.lines.len()));
        for line in session {
            self.session.take(&line.content);
        }
        let mut start = session.len();
        let sections = media.chunk_by(|a, b| a.section == b.section);
        for (index, text) in sections.take(MAX_SECTIONS).enumerate() {
            let lines = start..start + text.len();
            start = lines.end;
            self.media
                .extend(MediaSection::assemble(index, lines, text, &self.session));
        }
        self.inherit_in_bundles();
    }

    /// Lets bundled sections without transport parameters have those of the section that owns the transport (RFC 9143 §7.1.3).
    fn inherit_in_bundles(&mut self) {
        let bundles = self.session.groups.iter().filter(|group| group.is_bundle());
        for group in bundles.take(MAX_BUNDLES) {
            let is_member = |section: &MediaSection| {
                let mid = section.mid.as_ref();
                !section.is_rejected() && mid.is_some_and(|mid| group.mids.contains(mid))
            };
            let tagged = group.mids.first().and_then(|tag| {
                let sections = self.media.iter();
                sections
                    .clone()
                    .find(|section| section.mid.as_ref() == Some(tag) && !section.is_rejected())
            });
            let Some(transport) = tagged.map(|section| section.transport.clone()) else {
                continue;
            };
            for section in self.media.iter_mut().filter(|section| is_member(section)) {
                section.transport.inherit(&transport);
            }
        }
    }

    /// Records a fault of the description as a whole.
    pub(super) fn fault(&mut self, name: &'static str, offset: usize) {
        if self.own_faults.len() < MAX_FAULTS {
            self.own_faults.push(Fault::new(Layer::Sdp, name, offset));
        }
    }

    /// All faults: those of the lines in order, then those of the whole.
    pub fn faults(&self) -> impl Iterator<Item = Fault> {
        let lines = self.lines.iter().flat_map(|line| &line.faults);
        lines.chain(&self.own_faults).copied()
    }

    /// Is it a fragment, as trickle ICE sends it? It has none of the lines that a description opens with.
    pub fn is_fragment(&self) -> bool {
        let opening = |line: &Line| {
            matches!(
                line.content,
                Content::Version(_) | Content::Origin(_) | Content::SessionName(_)
            )
        };
        !self.lines.iter().any(opening)
    }

    /// The lines of the session level.
    pub fn session_lines(&self) -> &[Line] {
        let first = self.lines.iter().position(|line| line.section.is_some());
        self.lines
            .get(..first.unwrap_or(self.lines.len()))
            .unwrap_or_default()
    }

    /// The lines of `section`, `m=` first.
    pub fn lines_of(&self, section: &MediaSection) -> &[Line] {
        self.lines.get(section.lines.clone()).unwrap_or_default()
    }

    /// The section named `mid`.
    pub fn section(&self, mid: &str) -> Option<&MediaSection> {
        self.media
            .iter()
            .find(|section| section.mid.as_deref() == Some(mid))
    }

    /// The BUNDLE group that `mid` is in.
    pub fn bundle_of(&self, mid: &str) -> Option<&Group> {
        let groups = self.session.groups.iter();
        groups
            .filter(|group| group.is_bundle())
            .find(|group| group.mids.iter().any(|member| member == mid))
    }

    /// The ICE user fragments with their passwords, each once, in order of sections; those of the session level when there is no section.
    pub fn credentials(&self) -> Vec<(&str, Option<&str>)> {
        let session = self.media.is_empty().then_some(&self.session.transport);
        let levels = self.media.iter().map(|section| &section.transport);
        let mut found = Vec::new();
        for level in levels.chain(session) {
            if let Some(ufrag) = level.ice_ufrag.as_deref() {
                let credentials = (ufrag, level.ice_pwd.as_deref());
                if !found.contains(&credentials) {
                    found.push(credentials);
                }
            }
        }
        found
    }

    /// The codec behind `payload_type` in the first section that has it.
    pub fn codec(&self, payload_type: PayloadType) -> Option<&Codec> {
        self.media
            .iter()
            .find_map(|section| section.codec(payload_type))
    }
}

impl fmt::Display for Description {
    /// The text as it was read, byte for byte up to [`MAX_BYTES`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            f.write_str(&line.raw)?;
            f.write_str(line.ending.text())?;
        }
        f.write_str(&self.unread)
    }
}

/// What the lines before the first `m=` say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionLevel {
    /// `o=`.
    pub origin: Option<Origin>,
    /// `s=`, `-` or empty for none.
    pub name: Option<String>,
    /// `c=`.
    pub connection: Option<Connection>,
    /// `b=` lines.
    pub bandwidths: Vec<Bandwidth>,
    /// Groups of sections.
    pub groups: Vec<Group>,
    /// The writer is an ICE lite agent: it answers checks and sends none (RFC 8445 §2.5).
    pub ice_lite: bool,
    /// Streams of `a=msid-semantic`.
    pub media_streams: Vec<String>,
    /// One-byte and two-byte header extensions may mix.
    pub extmap_allow_mixed: bool,
    /// Header extensions for all sections, at most [`SessionLevel::MAX_EXTMAPS`].
    pub extmaps: Vec<Extmap>,
    /// Direction for sections that say none.
    pub direction: Option<MediaDirection>,
    /// ICE and DTLS parameters for sections that say none.
    pub transport: TransportParameters,
    /// Candidates outside any section: against RFC 8839 §5.1, yet met in fragments.
    pub candidates: Vec<Candidate>,
    /// No more candidates will follow, for any section.
    pub end_of_candidates: bool,
}

impl SessionLevel {
    /// Header extensions kept.
    pub const MAX_EXTMAPS: usize = 32;

    fn take(&mut self, content: &Content) {
        match content {
            Content::Origin(origin) => {
                self.origin.get_or_insert_with(|| origin.clone());
            }
            Content::SessionName(name) => {
                self.name.get_or_insert_with(|| name.clone());
            }
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
            Attribute::Group(group) => self.groups.push(group.clone()),
            Attribute::IceLite => self.ice_lite = true,
            Attribute::MsidSemantic { streams, .. } => {
                self.media_streams.extend(streams.iter().cloned());
            }
            Attribute::ExtmapAllowMixed => self.extmap_allow_mixed = true,
            Attribute::Extmap(extmap) if self.extmaps.len() < Self::MAX_EXTMAPS => {
                self.extmaps.push(extmap.clone());
            }
            Attribute::Direction(direction) => self.direction = Some(*direction),
            Attribute::Candidate(candidate) => self.candidates.push((**candidate).clone()),
            Attribute::EndOfCandidates => self.end_of_candidates = true,
            _ => {}
        }
    }
}

/// `text` cut in two at a character boundary, `length` bytes in or a little before.
fn split_at_most(text: &str, length: usize) -> (&str, &str) {
    let cut = (0..=length.min(text.len()))
        .rev()
        .find_map(|cut| text.split_at_checked(cut));
    cut.unwrap_or((text, ""))
}

/// The first line of `text` without its ending, and the ending.
fn first_line(text: &str) -> (&str, LineEnding) {
    let end = memchr::memchr2(b'\r', b'\n', text.as_bytes()).unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let ending = if rest.starts_with("\r\n") {
        LineEnding::CrLf
    } else if rest.starts_with('\n') {
        LineEnding::Lf
    } else if rest.starts_with('\r') {
        LineEnding::Cr
    } else {
        LineEnding::Missing
    };
    (line, ending)
}

/// Longest description that is kept, bytes. A browser's has 4 to 6 KiB.
pub const MAX_BYTES: usize = 256 * 1024;

/// Lines that are read; what follows is kept unread.
pub const MAX_LINES: usize = 4096;

/// Media sections that are put together; the lines of further ones are read all the same.
pub const MAX_SECTIONS: usize = 512;

/// BUNDLE groups that are looked at for inheritance.
const MAX_BUNDLES: usize = 16;

/// Faults kept of the description as a whole.
const MAX_FAULTS: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sdp::explain::explain;
    use crate::sdp::field::Format;
    use crate::sdp::line::Note;
    use crate::sdp::negotiation::negotiate;

    const INTACT: &str = include_str!("../../captures/sdp-slips/intact.sdp");
    const JUNK: &str = include_str!("../../captures/sdp-slips/junk-in-media-line.sdp");
    const ELIDED: &str = include_str!("../../captures/sdp-slips/elided-lines.sdp");
    const LINE_FEEDS: &str = include_str!("../../captures/sdp-slips/line-feeds.sdp");
    const NO_CONNECTION: &str = include_str!("../../captures/sdp-slips/without-connection.sdp");
    const PRINTED: &str = include_str!("../../captures/sdp-slips/as-printed.sdp");

    /// Faults with the text of their line.
    fn faults(text: &str) -> Vec<(&'static str, String)> {
        let description = Description::parse(text);
        assert_eq!(description.to_string(), text);
        description
            .faults()
            .map(|fault| {
                let line = text
                    .get(fault.offset..)
                    .and_then(|rest| rest.lines().next());
                (fault.name, line.unwrap_or_default().to_owned())
            })
            .collect()
    }

    fn only_section(text: &str) -> MediaSection {
        let mut media = Description::parse(text).media;
        assert_eq!(media.len(), 1);
        media.remove(0)
    }

    fn agrees_without_lines(text: &str) {
        let (whole, kept) = (
            Description::parse(text),
            Description::parse_without_lines(text),
        );
        assert!(kept.lines.is_empty());
        assert_eq!(kept.session, whole.session, "{text}");
        assert_eq!(kept.media, whole.media, "{text}");
        assert!(kept.faults().eq(whole.faults()), "{text}");
    }

    #[test]
    fn without_lines_it_means_the_same() {
        for text in [INTACT, JUNK, ELIDED, LINE_FEEDS, NO_CONNECTION, PRINTED] {
            agrees_without_lines(text);
            for line in text.lines().filter(|line| line.is_ascii()) {
                for end in 0..line.len() {
                    agrees_without_lines(&format!(
                        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n{}",
                        &line[..end]
                    ));
                }
            }
        }
    }

    #[test]
    fn an_intact_description_has_no_fault() {
        assert_eq!(faults(INTACT), []);
        assert_eq!(faults(LINE_FEEDS), []);
        assert_eq!(
            Description::parse(INTACT).media,
            Description::parse(LINE_FEEDS).media
        );
        let lines = Description::parse(LINE_FEEDS).lines;
        assert!(lines.iter().all(|line| line.ending == LineEnding::Lf));
    }

    #[test]
    fn junk_in_the_media_line_costs_that_token_only() {
        let name = "sdp-format-not-a-payload-type";
        assert_eq!(
            faults(JUNK),
            [(name, "… 116 mid=0".to_owned()), (name, "mid=0".to_owned())]
        );
        let section = only_section(JUNK);
        let offered = section
            .formats
            .iter()
            .filter(|format| matches!(format, Format::Payload(_)));
        assert_eq!(offered.count(), 3);
        let h264 = section
            .codec(PayloadType(102))
            .expect("mapped, though not offered");
        assert_eq!((h264.label().as_str(), h264.listed), ("H264/90000", false));
        assert_eq!(
            (section.mid.as_deref(), section.ufrag()),
            (Some("0"), Some("Kp3V"))
        );
    }

    #[test]
    fn an_elided_line_and_a_missing_one_are_one_fault_each() {
        let name = "sdp-line-not-type-value";
        assert_eq!(faults(ELIDED), [(name, "… more lines".to_owned())]);
        let names: Vec<_> = faults(NO_CONNECTION)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["sdp-connection-missing"]);
    }

    #[test]
    fn a_description_as_printed_on_a_page_is_read() {
        let names: Vec<_> = faults(PRINTED).into_iter().map(|(name, _)| name).collect();
        let junk = "sdp-format-not-a-payload-type";
        assert_eq!(
            names,
            [
                junk,
                junk,
                "sdp-connection-missing",
                "sdp-line-not-type-value"
            ]
        );
        let (printed, intact) = (only_section(PRINTED), only_section(INTACT));
        assert_eq!(
            (printed.transport, printed.msids, printed.ssrcs),
            (intact.transport, intact.msids, intact.ssrcs)
        );
        let lines = Description::parse(PRINTED).lines;
        let count = |note| {
            lines
                .iter()
                .filter(|line| line.notes.contains(&note))
                .count()
        };
        assert!(count(Note::LeadingSpace) > 3);
        assert_eq!(
            (count(Note::Blank), lines.last().map(|line| line.ending)),
            (1, Some(LineEnding::Missing))
        );
    }

    #[test]
    fn line_numbers_and_offsets_lead_back_to_the_text() {
        let text = "v=0\r\no=x\rs=-\n\nt=0 0";
        let lines = Description::parse(text).lines;
        let places: Vec<_> = lines
            .iter()
            .map(|line| (line.number, line.offset, line.ending))
            .collect();

        assert_eq!(
            places,
            [
                (1, 0, LineEnding::CrLf),
                (2, 5, LineEnding::Cr),
                (3, 9, LineEnding::Lf),
                (4, 13, LineEnding::Lf),
                (5, 14, LineEnding::Missing)
            ]
        );
    }

    #[test]
    fn payload_types_and_maps_belong_together() {
        let text = INTACT.replace("96 97 102 103 116", "96 97 102 103 117");
        assert_eq!(
            faults(&text),
            [
                (
                    "sdp-payload-type-without-rtpmap",
                    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 117".to_owned()
                ),
                (
                    "sdp-rtpmap-of-unlisted-payload-type",
                    "a=rtpmap:116 red/90000".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn the_opening_lines_are_required() {
        let names: Vec<_> = faults("v=0\r\n")
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(
            names,
            [
                "sdp-origin-missing",
                "sdp-session-name-missing",
                "sdp-timing-missing"
            ]
        );
        for nothing in ["", "\r\n\r\n"] {
            assert_eq!(
                faults(nothing).first().map(|(name, _)| *name),
                Some("sdp-empty")
            );
        }
    }

    #[test]
    fn a_fragment_needs_no_opening() {
        // RFC 8840 §9.2's example, shortened.
        let text = "a=group:BUNDLE foo bar\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=ice-ufrag:8hhY\r\nm=audio 9 RTP/AVP 0\r\na=mid:foo\r\n\
            a=candidate:1 1 UDP 2130706432 2001:db8:a0b:12f0::1 5000 typ host\r\na=end-of-candidates\r\n";
        assert_eq!(faults(text), []);
        let description = Description::parse(text);
        assert!(description.is_fragment());
        let section = description.section("foo").expect("foo");
        assert_eq!(
            (
                section.ufrag(),
                section.candidates.len(),
                section.end_of_candidates
            ),
            (Some("8hhY"), 1, true)
        );
        assert_eq!(
            description.credentials(),
            [("8hhY", Some("asd88fgpdd777uzjYhagZg"))]
        );
        let bare = Description::parse(
            "a=ice-ufrag:8hhY\r\na=candidate:1 1 UDP 1 192.0.2.1 5000 typ host\r\n",
        );
        assert_eq!(
            (bare.session.candidates.len(), bare.faults().count()),
            (1, 0)
        );
    }

    #[test]
    fn attributes_at_the_wrong_level_are_faults() {
        let text = format!(
            "{}a=ice-lite\r\n",
            INTACT.replace("t=0 0\r\n", "t=0 0\r\na=rtcp-mux\r\n")
        );
        let name = "sdp-attribute-at-wrong-level";
        assert_eq!(
            faults(&text),
            [
                (name, "a=rtcp-mux".to_owned()),
                (name, "a=ice-lite".to_owned())
            ]
        );
    }

    #[test]
    fn mids_are_unique_and_groups_name_sections() {
        let text = format!(
            "{}m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n",
            INTACT.replace("BUNDLE 0", "BUNDLE 0 x")
        );
        assert_eq!(
            faults(&text),
            [
                ("sdp-group-of-unknown-mid", "a=group:BUNDLE 0 x".to_owned()),
                ("sdp-mid-repeated", "a=mid:0".to_owned()),
            ]
        );
    }

    #[test]
    fn bundled_sections_share_what_the_first_one_says() {
        // RFC 9429 §7.3's answers leave the transport out of all sections but the first.
        let text = format!(
            "{}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d1\r\na=sctp-port:5000\r\n\
             a=max-message-size:65536\r\nm=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=mid:a1\r\n",
            INTACT.replace("BUNDLE 0", "BUNDLE 0 d1")
        );
        assert_eq!(faults(&text), []);
        let description = Description::parse(&text);
        let data = description.section("d1").expect("d1");
        assert_eq!((data.ufrag(), data.fingerprints().len()), (Some("Kp3V"), 1));
        assert_eq!(
            (data.sctp_port, data.max_message_size_bytes),
            (Some(5000), Some(65_536))
        );
        assert_eq!(
            description.section("a1").and_then(MediaSection::ufrag),
            None
        );
    }

    #[test]
    fn the_first_example_of_jsep_is_read() {
        // RFC 9429 §7.1, offer A1 (the same in RFC 8829).
        let text = "v=0\r\no=- 4962303333179871722 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-options:trickle ice2\r\na=group:BUNDLE a1 v1\r\n\
            a=group:LS a1 v1\r\nm=audio 10100 UDP/TLS/RTP/SAVPF 96 0 8 97 98\r\nc=IN IP4 203.0.113.100\r\na=mid:a1\r\na=sendrecv\r\n\
            a=rtpmap:96 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:97 telephone-event/8000\r\n\
            a=rtpmap:98 telephone-event/48000\r\na=fmtp:97 0-15\r\na=fmtp:98 0-15\r\na=maxptime:120\r\n\
            a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
            a=msid:47017fee-b6c1-4162-929c-a25110252400\r\na=ice-ufrag:ETEn\r\na=ice-pwd:OtSK0WpNtpUjkY4+86js7ZQl\r\n\
            a=fingerprint:sha-256 19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04:BB:05:2F:70:9F:04:A9:0E:05:E9:26:33:E8:70:88:A2\r\n\
            a=setup:actpass\r\na=tls-id:91bbf309c0990a6bec11e38ba2933cee\r\na=rtcp:10101 IN IP4 203.0.113.100\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
            a=candidate:1 1 udp 2113929471 203.0.113.100 10100 typ host\r\na=candidate:1 2 udp 2113929470 203.0.113.100 10101 typ host\r\n\
            a=end-of-candidates\r\nm=video 10102 UDP/TLS/RTP/SAVPF 100 101 102 103\r\nc=IN IP4 203.0.113.100\r\na=mid:v1\r\na=sendrecv\r\n\
            a=rtpmap:100 VP8/90000\r\na=rtpmap:101 H264/90000\r\na=fmtp:101 packetization-mode=1;profile-level-id=42e01f\r\n\
            a=rtpmap:102 rtx/90000\r\na=fmtp:102 apt=100\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=101\r\n\
            a=rtcp-fb:100 ccm fir\r\na=rtcp-fb:100 nack\r\na=rtcp-fb:100 nack pli\r\na=msid:47017fee-b6c1-4162-929c-a25110252400\r\n\
            a=ice-ufrag:BGKk\r\na=ice-pwd:mqyWsAjvtKwTGnvhPztQ9mIf\r\na=setup:actpass\r\na=rtcp-mux\r\n";
        assert_eq!(faults(text), []);
        let description = Description::parse(text);
        let [audio, video] = &description.media[..] else {
            unreachable!()
        };
        assert!(audio.transport.trickles() && audio.end_of_candidates);
        assert_eq!(
            (
                audio.codecs.len(),
                audio.max_ptime_ms,
                audio.candidates.len()
            ),
            (5, Some(120), 2)
        );
        assert_eq!(
            (video.ufrag(), video.transport.tls_id.as_deref()),
            (Some("BGKk"), Some("91bbf309c0990a6bec11e38ba2933cee"))
        );
        assert_eq!(description.session.groups.len(), 2);
    }

    #[test]
    fn endless_text_is_bounded() {
        let long = format!("v=0\r\n{}", "é".repeat(MAX_BYTES));
        let description = Description::parse(&long);
        assert!(
            description
                .faults()
                .any(|fault| fault.name == "sdp-too-long")
        );
        assert_eq!(
            description.to_string().len() + description.omitted_bytes,
            long.len()
        );
        let many = "a=x\n".repeat(MAX_LINES + 2);
        assert!(
            faults(&many)
                .iter()
                .any(|(name, _)| *name == "sdp-too-many-lines")
        );
        let sections = "m=a 9 b c\n".repeat(MAX_SECTIONS + 2);
        let description = Description::parse(&sections);
        assert_eq!(description.media.len(), MAX_SECTIONS);
        assert!(
            description
                .own_faults
                .iter()
                .any(|fault| fault.name == "sdp-too-many-sections")
        );
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        for end in (0..INTACT.len()).filter(|end| INTACT.is_char_boundary(*end)) {
            let cut = &INTACT[..end];
            assert_eq!(Description::parse(cut).to_string(), cut);
        }
        for place in 0..INTACT.len() {
            let mut bytes = INTACT.as_bytes().to_vec();
            bytes[place] ^= 1 << (place % 7);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let description = Description::parse(&text);
            assert_eq!(description.to_string(), text);
            let _ = negotiate(&description, &description);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_text_comes_back_byte_for_byte(text in any::<String>()) {
            prop_assert_eq!(Description::parse(&text).to_string(), text);
        }

        #[test]
        fn mixed_lines_never_panic(picks in prop::collection::vec((0usize..400, 0usize..40, ".{0,6}", 0usize..4), 0..60)) {
            let lines: Vec<&str> = INTACT.lines().chain(EXOTIC.lines()).collect();
            let text: String = picks.iter().map(|(pick, place, junk, ending)| {
                let mut line = lines[pick % lines.len()].to_owned();
                if place % 3 == 0 {
                    let place = (0..=*place.min(&line.len())).rev().find(|p| line.is_char_boundary(*p)).unwrap_or(0);
                    line.insert_str(place, junk);
                }
                line + ["\r\n", "\n", "\r", "\r\n"][*ending]
            }).collect();
            let description = Description::parse(&text);
            prop_assert_eq!(description.to_string(), text.as_str());
            prop_assert!(description.faults().all(|fault| fault.offset <= text.len()));
            prop_assert!(description.lines.iter().all(|line| !explain(line).is_empty()));
            let _ = negotiate(&description, &Description::parse(INTACT));
        }
    }

    const EXOTIC: &str = "m=audio 9 RTP/AVP 0\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\nm=image 1 udptl t38\na=simulcast:send 1,~2;3 recv 4\n\
        a=rid:1 send pt=96;max-br=1\na=imageattr:* send [x=1,y=1] recv *\na=crypto:1 A inline:b\na=rtcp-fb:* ccm fir\na=bundle-only\n\
        a=candidate:1 1 tcp 1 fe80::1%eth0 9 typ host tcptype so raddr ::1 rport 1\na=inactive\na=sctpmap:5000 webrtc-datachannel 1\na=extmap:1/inactive u";
}
