//! What offer and answer agreed, an m-section a line.
//!
//! ```text
//!   Agreed    mid 0 video: VP8 · alice sends · not agreed: H264, AV1, VP9, red, ulpfec
//!             mid 1 audio: opus · both send
//! ```

use std::io;

use crate::report::text::call::Call;
use crate::report::text::figures::NO_BREAK;
use crate::report::text::page::Page;
use crate::report::text::words::DIM;
use crate::report::text::words::Words;
use crate::sdp::attribute::MediaDirection;
use crate::sdp::codec::CodecRole;
use crate::sdp::field::MediaKind;
use crate::sdp::negotiation::NegotiatedSection;
use crate::vocab::address::Side;

/// Prints what the last offer and answer agreed.
pub fn print(call: Call<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(negotiation) = call.connection.negotiations.last() else {
        return Ok(());
    };
    let sections = negotiation.sections.iter().take(SECTIONS_SHOWN);
    for (index, section) in sections.enumerate() {
        let direction_a = match negotiation.offerer {
            Side::A => section.offerer_direction,
            Side::B => section.answerer_direction,
        };
        let label = if index == 0 { "Agreed" } else { "" };
        page.field(label, &line(call, section, direction_a))?;
    }
    match negotiation.sections.len().saturating_sub(SECTIONS_SHOWN) {
        0 => Ok(()),
        more => page.hanging(&Words::from(format!("and {more} more"))),
    }
}

fn line(call: Call<'_>, section: &NegotiatedSection, direction_a: MediaDirection) -> Words {
    let mid = section.mid.as_deref().unwrap_or("?");
    let words = Words::new()
        .text(format!("mid{NO_BREAK}"))
        .said(mid)
        .text(" ")
        .said(section.kind.word());
    if section.rejection.is_some() {
        return words.text(": rejected");
    }
    if section.kind == MediaKind::Application {
        return words.text(format!(": data{NO_BREAK}channels"));
    }
    let media = section.codecs.iter();
    let media = media.filter(|codec| codec.role == CodecRole::Media);
    let codecs = names(media.map(|codec| codec.label.as_str()));
    let words = if codecs.is_empty() {
        words
    } else {
        words.text(": ").said(&codecs)
    };
    let words = words.dot().text(match direction_a {
        MediaDirection::SendOnly => format!("{} sends", call.name(Side::A)),
        MediaDirection::RecvOnly => format!("{} sends", call.name(Side::B)),
        MediaDirection::SendRecv => "both send".into(),
        MediaDirection::Inactive => "nobody sends".into(),
    });
    let dropped = names(section.dropped.iter().map(|codec| codec.label.as_str()));
    if dropped.is_empty() {
        words
    } else {
        let words = words.dot().styled(DIM, format!("not{NO_BREAK}agreed: "));
        words.said_styled(DIM, &dropped)
    }
}

/// Encoding names, each once: `VP8, H264` of `VP8/90000`, `H264/90000`, `H264/90000`.
fn names<'a>(labels: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for label in labels {
        let name = label.split('/').next().unwrap_or(label);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// Sections written out; the JSON report has them all.
const SECTIONS_SHOWN: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_named_once() {
        let labels = ["VP8/90000", "H264/90000", "H264/90000", "opus/48000/2"];
        assert_eq!(names(labels.into_iter()), "VP8, H264, opus");
    }
}
