//! A signaling message in detail: who answers what, then its payload.

use crate::analyzer::analysis::Analysis;
use crate::flow::exchange::Exchange;
use crate::timeline::layer::Tone;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::Message;
use crate::track::signaling::dialogue::Sender;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::detail::json::pretty;
use crate::tui::text::frames;
use crate::tui::text::milliseconds;
use crate::vocab::ids::DialogueId;

pub(super) fn explain(
    analysis: &Analysis,
    dialogue: DialogueId,
    place: usize,
    lines: &mut Vec<DetailLine>,
) {
    let scene = &analysis.scene;
    let Some(dialogue) = scene.dialogues.get(dialogue.index()) else {
        return;
    };
    let Some(message) = dialogue.messages.get(place) else {
        return;
    };
    if let Some(error) = &message.error {
        let meaning = error
            .meaning
            .map(|meaning| format!(" ({meaning})"))
            .unwrap_or_default();
        let text = format!("error {} {}{meaning}", error.code, error.reason);
        lines.push(DetailLine::new(0, &text, Look::Tone(Tone::Bad)));
    }
    if let Some(asked) = message.answers.and_then(|at| dialogue.messages.get(at)) {
        let after = milliseconds(message.at.since(asked.at));
        let text = format!(
            "answers {}, {after} later",
            frames(&asked.frames, &analysis.capture)
        );
        lines.push(DetailLine::dim(&text));
    }
    let mut later = dialogue.messages.iter().skip(place + 1);
    if let Some(answer) = later.find(|later| later.answers == Some(place) && later.kind != "ack") {
        let after = milliseconds(answer.at.since(message.at));
        let text = format!(
            "answered in {}, {after} later",
            frames(&answer.frames, &analysis.capture)
        );
        lines.push(DetailLine::dim(&text));
    }
    let exchange = message.exchange.and_then(|id| scene.http.get(id.index()));
    match exchange.and_then(|exchange| body(exchange, message, lines)) {
        Some(text) => {
            lines.push(DetailLine::plain(""));
            lines.extend(pretty(&text));
        }
        None => carried(message, lines),
    }
}

/// The body that the message came in, after a line on its exchange; `None` when it was not kept.
fn body(exchange: &Exchange, message: &Message, lines: &mut Vec<DetailLine>) -> Option<String> {
    let request = exchange.request.as_ref();
    let response = exchange.response.as_ref();
    let asked = request.map_or_else(String::new, |request| {
        format!("{} {}", request.method, request.target)
    });
    let status = response.map_or_else(
        || "no response".to_owned(),
        |response| response.status.to_string(),
    );
    let took = exchange
        .time_to_first_byte()
        .map(|took| format!(" in {}", milliseconds(took)))
        .unwrap_or_default();
    lines.push(DetailLine::dim(&format!("{asked} → {status}{took}")));
    let body = match message.from {
        Sender::Client => &request?.body,
        Sender::Server => &response?.body,
    };
    let text = body.text().into_owned();
    (!text.is_empty()).then_some(text)
}

/// What the message carried, where its body is not at hand.
fn carried(message: &Message, lines: &mut Vec<DetailLine>) {
    for one in &message.carried {
        lines.push(DetailLine::plain(""));
        match one {
            Carried::Description { kind, sdp } => {
                lines.push(DetailLine::plain(
                    kind.map_or("description", |kind| kind.word()),
                ));
                lines.extend(
                    sdp.lines()
                        .map(|line| DetailLine::new(2, line, Look::Plain)),
                );
            }
            Carried::Candidate { candidate, mid, .. } => {
                let mid = mid
                    .as_ref()
                    .map(|mid| format!(" for mid {mid}"))
                    .unwrap_or_default();
                lines.push(DetailLine::plain(&format!("{candidate}{mid}")));
            }
            Carried::EndOfCandidates => lines.push(DetailLine::plain("end of candidates")),
            Carried::Credentials { ufrag, .. } => {
                lines.push(DetailLine::plain(&format!(
                    "new ICE credentials, ufrag {ufrag}"
                )));
            }
        }
    }
}
