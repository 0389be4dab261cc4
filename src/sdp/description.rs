//! A whole description: lines, session level, media sections.

use std::fmt;

use crate::sdp::attribute::Attribute;
use crate::sdp::attribute::Group;
use crate::sdp::attribute::MediaDirection;
use crate::sdp::candidate::Candidate;
use crate::sdp::check;
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
        description.read_lines(kept);
        description.assemble();
        check::check(&mut description);
        description
    }

    fn read_lines(&mut self, text: &str) {
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
            let mut line = Line::read(self.lines.len() + 1, offset, raw, ending);
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

    /// The codec behind `payload_type` in the first section that has it.
    pub fn codec(&self, payload_type: PayloadType) -> Option<&crate::sdp::codec::Codec> {
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
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
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
