//! Offer beside answer, what was agreed; and a description line by line.

use crate::lessons::desk::Desk;
use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::Line;
use crate::lessons::exhibit::Place;
use crate::lessons::exhibit::Shade;
use crate::lessons::exhibit::line;
use crate::lessons::exhibit::wrapped;
use crate::lessons::find::Found;
use crate::sdp::description::Description;
use crate::sdp::explain::explain;
use crate::track::signaling::dialogue::DescriptionKind;

pub(super) fn exhibit(desk: &Desk<'_>, found: &Found, columns: usize) -> Option<Exhibit> {
    let id = found.call?;
    let call = desk.analysis.scene.peer_connections.get(id.index())?;
    let negotiation = call.negotiations.first()?;
    let mut lines: Vec<Line> = Vec::new();
    for section in negotiation.sections.iter().take(SECTIONS) {
        let mid = section.mid.as_deref().unwrap_or("?");
        let head = format!("mid {mid} · {}", section.kind.word());
        lines.push(line(&head, Shade::Head));
        let mut row = |name: &str, text: &str, shade| {
            lines.extend(wrapped(&format!("{name:<10} {text}"), columns, shade));
        };
        row("offerer", section.offerer_direction.word(), Shade::Plain);
        row("answerer", section.answerer_direction.word(), Shade::Plain);
        let agreed: Vec<String> = section
            .codecs
            .iter()
            .map(|it| format!("{} {}", it.payload_types.to_answerer, it.label))
            .collect();
        row("agreed", &agreed.join(", "), Shade::Lit);
        let dropped: Vec<String> = section
            .dropped
            .iter()
            .map(|it| format!("{} {}", it.payload_type, it.label))
            .collect();
        if !dropped.is_empty() {
            row("dropped", &dropped.join(", "), Shade::Dim);
            let why: Vec<String> = section
                .dropped
                .iter()
                .map(|it| it.why.to_string())
                .collect();
            let mut why = why;
            why.dedup();
            row("because", &why.join("; "), Shade::Dim);
        }
        let extensions = section.header_extensions.len();
        row("headers", &format!("{extensions} extensions"), Shade::Plain);
        let mux = if section.rtcp_mux { "yes" } else { "no" };
        row("rtcp-mux", mux, Shade::Plain);
        if section.rejection.is_some() {
            row("rejected", "nothing runs here", Shade::Bad);
        }
        lines.push(Vec::new());
    }
    Some(Exhibit {
        title: format!("Offer and answer of call {}", id.index() + 1),
        lines,
        place: Place::Agreed(id),
    })
}

pub(super) fn description(
    desk: &Desk<'_>,
    found: &Found,
    offer: bool,
    columns: usize,
) -> Option<Exhibit> {
    let id = found.call?;
    let call = desk.analysis.scene.peer_connections.get(id.index())?;
    let kind = if offer {
        DescriptionKind::Offer
    } else {
        DescriptionKind::Answer
    };
    let description = match call.negotiations.first() {
        Some(round) => call
            .descriptions
            .get(if offer { round.offer } else { round.answer }),
        None => call.descriptions.iter().find(|it| it.kind == kind),
    }?;
    let parsed = Description::parse(&description.sdp);
    let mut lines: Vec<Line> = Vec::new();
    let told: Vec<_> = parsed.lines.iter().filter(|it| tells(&it.raw)).collect();
    for it in told.iter().take(LINES) {
        let shade = if it.raw.starts_with("m=") {
            Shade::Head
        } else {
            Shade::Lit
        };
        let cut = super::cell(&it.raw, columns).trim_end().to_owned();
        lines.push(line(&cut, shade));
        let said = format!("  {}", explain(it));
        lines.extend(wrapped(&said, columns, Shade::Dim));
    }
    let more = parsed.lines.len().saturating_sub(told.len().min(LINES));
    if more > 0 {
        let text = format!("… and {more} lines more; the screen has them all");
        lines.extend(wrapped(&text, columns, Shade::Dim));
    }
    let word = if offer { "offer" } else { "answer" };
    Some(Exhibit {
        title: format!("The {word}, line by line"),
        lines,
        place: Place::Agreed(id),
    })
}

/// The lines that a first reading is about; codecs and extensions come by the dozen.
fn tells(raw: &str) -> bool {
    const MANY: [&str; 5] = ["a=rtcp-fb:", "a=fmtp:", "a=extmap:", "a=ssrc", "a=rtpmap:"];
    !MANY.iter().any(|many| raw.starts_with(many))
}

/// Sections shown.
const SECTIONS: usize = 6;
/// Lines of a description shown.
const LINES: usize = 32;
