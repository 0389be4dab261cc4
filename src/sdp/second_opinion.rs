//! What Firefox's own parser says of a whole description.

use webrtc_sdp::error::SdpParserError;

use crate::sdp::description::Description;

/// The verdict of `webrtc-sdp` on the whole text: one bad line makes it refuse everything, which is what a browser would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondOpinion {
    /// It takes the description; it skips these lines, and says why.
    Accepts(Vec<String>),
    /// It refuses the description.
    Refuses {
        /// The line it blames, from 1; `None` when it names none.
        line: Option<usize>,
        /// Its reason.
        reason: String,
    },
    /// It was not asked: the description is longer than any real one ([`MAX_OPINION_BYTES`]).
    NotAsked,
}

/// Asks `webrtc-sdp` about `description` as a whole.
pub fn second_opinion(description: &Description) -> SecondOpinion {
    let text = description.to_string();
    // Its work grows with the square of the number of lines, and with that of an `imageattr` line's length.
    let is_sane = text.len() <= MAX_OPINION_BYTES
        && description
            .lines
            .iter()
            .all(|line| line.raw.len() <= MAX_OPINION_LINE_BYTES);
    if !is_sane {
        return SecondOpinion::NotAsked;
    }
    match webrtc_sdp::parse_sdp(&text, false) {
        Ok(session) => SecondOpinion::Accepts(session.warnings.iter().map(reason).collect()),
        Err(error) => SecondOpinion::Refuses {
            line: blamed(&error),
            reason: reason(&error),
        },
    }
}

/// Its line numbers start at 0, and stand at 0 as well when it knows none.
fn blamed(error: &SdpParserError) -> Option<usize> {
    match error {
        SdpParserError::Sequence { line_number: 0, .. } => None,
        SdpParserError::Line { line_number, .. }
        | SdpParserError::Unsupported { line_number, .. }
        | SdpParserError::Sequence { line_number, .. } => Some(line_number + 1),
    }
}

fn reason(error: &SdpParserError) -> String {
    match error {
        SdpParserError::Line { error, .. } | SdpParserError::Unsupported { error, .. } => {
            error.to_string()
        }
        SdpParserError::Sequence { message, .. } => message.clone(),
    }
}

/// Longest text handed over, bytes.
pub const MAX_OPINION_BYTES: usize = 64 * 1024;

/// Longest line handed over, bytes.
const MAX_OPINION_LINE_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn firefox_refuses_the_whole_for_one_token() {
        let text = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 mid=0\r\nc=IN IP4 0.0.0.0\r\n";
        let opinion = second_opinion(&Description::parse(text));
        assert!(
            matches!(opinion, SecondOpinion::Refuses { line: Some(5), .. }),
            "{opinion:?}"
        );
        let opinion = second_opinion(&Description::parse(&text.replace(" mid=0", "")));
        assert_eq!(opinion, SecondOpinion::Accepts(Vec::new()));
    }

    #[test]
    fn an_endless_text_is_not_handed_over() {
        let text = "a=x\n".repeat(MAX_OPINION_BYTES);
        assert_eq!(
            second_opinion(&Description::parse(&text)),
            SecondOpinion::NotAsked
        );
    }
}
