//! One line of a description: its bytes, what they mean, and what is wrong with them.

use webrtc_sdp::SdpType;
use webrtc_sdp::error::SdpParserError;

use crate::sdp::attribute;
use crate::sdp::attribute::Attribute;
use crate::sdp::field;
use crate::sdp::field::Bandwidth;
use crate::sdp::field::Connection;
use crate::sdp::field::MediaLine;
use crate::sdp::field::Origin;
use crate::sdp::reader::LineReader;
use crate::vocab::fault::Fault;

/// One line, lossless: `raw` followed by `ending` is what stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Line number, from 1.
    pub number: usize,
    /// Byte offset of the line's first byte in the description.
    pub offset: usize,
    /// The line without its ending.
    pub raw: String,
    /// How the line ends.
    pub ending: LineEnding,
    /// The media section it belongs to (index into `Description::media`); `None` at session level.
    pub section: Option<usize>,
    /// What it says.
    pub content: Content,
    /// Rules it breaks; offsets are from the start of the description.
    pub faults: Vec<Fault>,
    /// Oddities that cost nothing.
    pub notes: Vec<Note>,
    /// What Firefox's parser says of this line alone.
    pub verdict: Verdict,
}

impl Line {
    /// Reads the line `raw` (without ending), which starts at byte `offset` of its description.
    pub(super) fn read(number: usize, offset: usize, raw: &str, ending: LineEnding) -> Self {
        let mut line = Self::read_content(number, offset, raw, true);
        raw.clone_into(&mut line.raw);
        line.ending = ending;
        line
    }

    /// What the line says and breaks; `raw` and `ending` are left open. `in_full`: asks `webrtc-sdp` for its verdict also where its value is not
    /// needed.
    pub(super) fn read_content(number: usize, offset: usize, raw: &str, in_full: bool) -> Self {
        let mut line = Self {
            number,
            offset,
            raw: String::new(),
            ending: LineEnding::Missing,
            section: None,
            content: Content::Unknown,
            faults: Vec::new(),
            notes: Vec::new(),
            verdict: Verdict::NotAsked,
        };
        let mut reader = LineReader::new(raw, offset);
        line.content = if raw.len() > MAX_LINE_BYTES {
            reader.fault("sdp-line-too-long", raw);
            Content::Unknown
        } else {
            line.read_text(raw, &mut reader, in_full)
        };
        line.faults = reader.into_faults();
        line
    }

    fn read_text(&mut self, raw: &str, reader: &mut LineReader<'_>, in_full: bool) -> Content {
        let text = raw.trim_ascii();
        if text.is_empty() {
            self.notes.push(Note::Blank);
            return Content::Blank;
        }
        if raw.starts_with([' ', '\t']) {
            self.notes.push(Note::LeadingSpace);
        }
        let Some((kind, value)) = text.split_once('=') else {
            reader.fault("sdp-line-not-type-value", text);
            return Content::Unknown;
        };
        let mut letters = kind.trim_ascii_end().chars();
        let (Some(letter), None) = (letters.next(), letters.next()) else {
            reader.fault("sdp-line-not-type-value", text);
            return Content::Unknown;
        };
        if kind.len() > 1 || value.starts_with(' ') && letter != 's' {
            self.notes.push(Note::SpaceAroundEquals);
        }
        // `s= ` is how RFC 8866 §5.3 writes "no name": that trailing space is meant.
        if raw.ends_with([' ', '\t']) && letter != 's' {
            self.notes.push(Note::TrailingSpace);
        }
        if letter.is_ascii_uppercase() {
            reader.fault("sdp-type-upper-case", kind);
        }
        let value = value.trim_ascii();
        let letter = letter.to_ascii_lowercase();
        let accepted = if in_full || !is_ours(letter, value) {
            self.ask(text, value)
        } else {
            None
        };
        content(letter, value, accepted, reader)
    }

    /// Asks `webrtc-sdp`; keeps its verdict and returns its value.
    fn ask(&mut self, text: &str, value: &str) -> Option<SdpType> {
        // Its reader of `imageattr` copies the rest of the line once per set: not for lines of strangers. We keep those as text anyway.
        if value.starts_with("imageattr:") {
            return None;
        }
        match webrtc_sdp::parse_sdp_line(text, self.number) {
            Ok(line) => {
                self.verdict = Verdict::Accepted;
                Some(line.sdp_type)
            }
            Err(SdpParserError::Unsupported { error, .. }) => {
                self.verdict = Verdict::Ignored(error.to_string());
                None
            }
            Err(SdpParserError::Line { error, .. }) => {
                self.verdict = Verdict::Refused(error.to_string());
                None
            }
            Err(SdpParserError::Sequence { message, .. }) => {
                self.verdict = Verdict::Refused(message);
                None
            }
        }
    }

    /// The attribute, on an `a=` line.
    pub const fn attribute(&self) -> Option<&Attribute> {
        match &self.content {
            Content::Attribute(attribute) => Some(attribute),
            _ => None,
        }
    }
}

/// How a line ends. RFC 8866 §5 asks for CRLF and for tolerance of a bare LF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineEnding {
    /// Carriage return and line feed.
    CrLf,
    /// Line feed alone.
    Lf,
    /// Carriage return alone.
    Cr,
    /// The text ends without a line ending.
    Missing,
}

impl LineEnding {
    /// The bytes.
    pub const fn text(self) -> &'static str {
        match self {
            Self::CrLf => "\r\n",
            Self::Lf => "\n",
            Self::Cr => "\r",
            Self::Missing => "",
        }
    }
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// `v=`: protocol version.
    Version(u64),
    /// `o=`: originator and session identifier.
    Origin(Origin),
    /// `s=`: session name.
    SessionName(String),
    /// `i=`: information, free text.
    Information(String),
    /// `u=`, `e=`, `p=`, `r=`, `z=`, `k=`: defined by RFC 8866, unused in WebRTC. The letter and the text.
    Unused(char, String),
    /// `c=`: connection data.
    Connection(Connection),
    /// `b=`: bandwidth.
    Bandwidth(Bandwidth),
    /// `t=`: start and stop time, NTP seconds; both 0 for a session without end.
    Timing {
        /// Start.
        start: u64,
        /// Stop.
        stop: u64,
    },
    /// `m=`: opens a media section.
    Media(MediaLine),
    /// `a=`: an attribute.
    Attribute(Attribute),
    /// Nothing but white space.
    Blank,
    /// Not a line of SDP, or its value cannot be read; the faults say which.
    Unknown,
}

/// An oddity that costs nothing: worth showing, not worth counting as a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Note {
    /// An empty line.
    Blank,
    /// White space before the type letter.
    LeadingSpace,
    /// White space after the value.
    TrailingSpace,
    /// White space beside the `=`.
    SpaceAroundEquals,
    /// An attribute that neither we nor Firefox's parser know; receivers ignore it (RFC 8866 §5.13).
    UnknownAttribute,
}

impl Note {
    /// The note as a sentence.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Blank => "An empty line; SDP has none, readers skip it.",
            Self::LeadingSpace => {
                "White space before the type letter; it was skipped, strict readers refuse the line."
            }
            Self::TrailingSpace => "White space after the value; it was cut.",
            Self::SpaceAroundEquals => {
                "White space beside the equals sign, which RFC 8866 §5 forbids; it was skipped."
            }
            Self::UnknownAttribute => {
                "An attribute of unknown meaning; receivers must ignore it (RFC 8866 §5.13)."
            }
        }
    }
}

/// What Firefox's parser (`webrtc-sdp`) says of a line on its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Verdict {
    /// Not asked: the line is blank, too long or not SDP.
    #[default]
    NotAsked,
    /// It reads the line.
    Accepted,
    /// It skips the line with a warning, for this reason.
    Ignored(String),
    /// The line makes it refuse the whole description, for this reason.
    Refused(String),
}

/// Is it a line that we read ourselves, whatever `webrtc-sdp` makes of it?
fn is_ours(letter: char, value: &str) -> bool {
    match letter {
        'm' | 'o' | 'c' => true,
        'a' => attribute::is_ours(value),
        _ => false,
    }
}

fn content(
    letter: char,
    value: &str,
    accepted: Option<SdpType>,
    reader: &mut LineReader<'_>,
) -> Content {
    match (letter, accepted) {
        ('a', accepted) => {
            let accepted = match accepted {
                Some(SdpType::Attribute(attribute)) => Some(attribute),
                _ => None,
            };
            return Content::Attribute(attribute::read(value, accepted, reader));
        }
        ('m', _) => field::media_line(value, reader).map(Content::Media),
        ('o', _) => field::origin(value, reader).map(Content::Origin),
        ('c', _) => field::connection(value, reader).map(Content::Connection),
        (_, Some(SdpType::Version(version))) => Some(Content::Version(version)),
        (_, Some(SdpType::Session(_))) => Some(Content::SessionName(value.to_owned())),
        (_, Some(SdpType::Information(text))) => Some(Content::Information(text)),
        (_, Some(SdpType::Bandwidth(bandwidth))) => {
            Some(Content::Bandwidth(Bandwidth::from(bandwidth)))
        }
        (_, Some(SdpType::Timing(timing))) => Some(Content::Timing {
            start: timing.start,
            stop: timing.stop,
        }),
        ('u' | 'e' | 'p' | 'r' | 'z' | 'k', _) => Some(Content::Unused(letter, value.to_owned())),
        ('v' | 's' | 'i' | 'b' | 't', _) => {
            reader.fault("sdp-field-unreadable", value);
            None
        }
        _ => {
            reader.fault("sdp-type-unknown", value);
            None
        }
    }
    .unwrap_or(Content::Unknown)
}

/// Longest line that is read, bytes; longer ones are kept as they are, with a fault. Real lines stay below 1 KiB.
pub const MAX_LINE_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Line {
        Line::read(1, 0, raw, LineEnding::CrLf)
    }

    fn fault_names(line: &Line) -> Vec<&'static str> {
        line.faults.iter().map(|fault| fault.name).collect()
    }

    #[test]
    fn a_line_that_is_no_sdp_is_kept_with_a_fault() {
        let line = read("… more lines");
        assert_eq!(line.content, Content::Unknown);
        assert_eq!(fault_names(&line), ["sdp-line-not-type-value"]);
        assert_eq!(line.raw, "… more lines");
    }

    #[test]
    fn white_space_is_a_note() {
        let line = read("  a=mid:0 ");
        assert_eq!(line.attribute(), Some(&Attribute::Mid("0".into())));
        assert_eq!(line.notes, [Note::LeadingSpace, Note::TrailingSpace]);
        assert!(line.faults.is_empty());
        assert_eq!(read("").notes, [Note::Blank]);
    }

    #[test]
    fn a_session_without_a_name_is_no_fault() {
        for raw in ["s=-", "s= ", "s="] {
            let line = read(raw);
            assert!(line.faults.is_empty() && line.notes.is_empty(), "{raw}");
        }
    }

    #[test]
    fn a_key_line_is_kept_though_firefox_refuses_it() {
        let line = read("k=clear:secret");
        assert_eq!(line.content, Content::Unused('k', "clear:secret".into()));
        assert!(matches!(line.verdict, Verdict::Refused(_)));
    }

    #[test]
    fn an_endless_line_is_not_read() {
        let line = read(&format!("a=mid:{}", "x".repeat(MAX_LINE_BYTES)));
        assert_eq!(fault_names(&line), ["sdp-line-too-long"]);
        assert_eq!(line.verdict, Verdict::NotAsked);
    }

    #[test]
    fn types_that_do_not_exist_are_faults() {
        assert_eq!(fault_names(&read("x=1")), ["sdp-type-unknown"]);
        assert_eq!(
            fault_names(&read("M=audio 9 RTP/AVP 0")),
            ["sdp-type-upper-case"]
        );
        assert_eq!(fault_names(&read("b=AS:lots")), ["sdp-field-unreadable"]);
    }
}
