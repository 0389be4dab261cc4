//! HTTP exchanges as a browser's network panel shows them: request, answer, size, time, waterfall.
//!
//! ```text
//! method  path              status     time     size      took  type       waterfall
//! POST    /janus/8006…/44…     200    0.846    220 B    2.1 ms  json       ·····▌
//! GET     /janus/8006…?rid     200    0.851   3.2 kB   30.0 s   json       ·····▐███████████▌
//! ```

use crate::analyzer::analysis::Analysis;
use crate::flow::body::Body;
use crate::flow::exchange::Exchange;
use crate::session::model::scene::Scene;
use crate::timeline::layer::Layer;
use crate::timeline::layer::Tone;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::detail::json::pretty;
use crate::tui::sheet::ABSENT;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::sheet::fact;
use crate::tui::state::listing::Sort;
use crate::tui::text::bytes;
use crate::tui::text::frames;
use crate::tui::text::milliseconds;
use crate::tui::text::span;
use crate::tui::times::Times;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Fit;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::http1::headers::Headers;

/// What the list can be sorted by, in words.
pub const KEYS: [&str; 6] = ["time", "path", "status", "size", "took", "method"];

/// The columns.
pub fn columns(times: Times) -> Vec<Column> {
    vec![
        Column::fixed("method", 7, Fit::Left),
        Column::flexible("path", 18, 4, Fit::Middle),
        Column::fixed("status", 6, Fit::Right),
        Column::fixed(times.title, times.columns, Fit::Right),
        Column::fixed("size", 8, Fit::Right),
        Column::fixed("took", 9, Fit::Right),
        Column::flexible("type", 9, 1, Fit::Left),
        Column::flexible("waterfall", 12, 3, Fit::Left),
        Column::flexible("server", 17, 1, Fit::Middle),
    ]
}

/// Positions of exchanges in the order of `sort`.
pub fn order(scene: &Scene, mut shown: Vec<usize>, sort: Sort) -> Vec<usize> {
    let by = |at: &usize| scene.http.get(*at);
    match sort.key {
        1 => shown.sort_by_cached_key(|at| by(at).map(|it| path(it).to_owned())),
        2 => shown.sort_by_key(|at| by(at).and_then(status)),
        3 => shown.sort_by_key(|at| by(at).and_then(size)),
        4 => shown.sort_by_key(|at| by(at).and_then(Exchange::duration)),
        5 => shown.sort_by_cached_key(|at| by(at).map(|it| method(it).to_owned())),
        _ => shown.sort_by_key(|at| by(at).and_then(Exchange::at)),
    }
    if sort.descending {
        shown.reverse();
    }
    shown
}

/// The row of an exchange.
pub fn row(analysis: &Analysis, exchange: &Exchange) -> Row {
    let status = status(exchange);
    let ink = match status {
        None => Ink::Dim,
        Some(400..) => Ink::Bad,
        Some(300..=399) => Ink::Poor,
        Some(_) => Ink::Good,
    };
    let or_absent = |text: Option<String>| Cell::new(text.as_deref().unwrap_or(ABSENT), Ink::Plain);
    Row {
        cells: vec![
            Cell::plain(method(exchange)),
            Cell::plain(path(exchange)),
            Cell::new(
                &status.map_or_else(|| ABSENT.to_owned(), |code| code.to_string()),
                ink,
            ),
            exchange
                .at()
                .map_or_else(|| Cell::new(ABSENT, Ink::Dim), Cell::Time),
            or_absent(size(exchange).map(bytes)),
            or_absent(exchange.duration().map(took)),
            or_absent(media_type(exchange)),
            waterfall(&analysis.scene, exchange),
            Cell::new(&exchange.server.to_string(), Ink::Dim),
        ],
        frames: all_frames(exchange),
        detail: Vec::new(),
        heading: false,
        about: None,
    }
}

/// An exchange in detail: timing, header fields, bodies.
pub fn detail(analysis: &Analysis, exchange: &Exchange) -> Vec<DetailLine> {
    let scene = &analysis.scene;
    let mut lines = Vec::new();
    let request = exchange.request.as_ref();
    let response = exchange.response.as_ref();
    let version = exchange.version().map_or("", |version| version.word());
    let url = exchange.url();
    let head = match request {
        Some(request) => format!("{} {url}", request.method),
        None => "the request was not captured".to_owned(),
    };
    lines.push(DetailLine::new(0, &head, Look::Heading));
    lines.push(match (status(exchange), response) {
        (Some(code), Some(response)) => {
            let look = if code >= 400 {
                Look::Tone(Tone::Bad)
            } else {
                Look::Tone(Tone::Good)
            };
            DetailLine::new(
                0,
                &format!("{code} {} · HTTP/{version}", response.reason),
                look,
            )
        }
        _ => DetailLine::new(0, "no answer was seen", Look::Dim),
    });
    if let Some(purpose) = purpose(scene, exchange) {
        lines.push(fact("signaling", &purpose));
    }
    timing(scene, exchange, &mut lines);
    if exchange.shed {
        lines.push(DetailLine::dim(
            "Header fields and bodies were let go, to stay within memory: the packets have them.",
        ));
    }
    if let Some(request) = request {
        let seen = frames(&request.frames, &analysis.capture);
        message(
            "Request",
            &seen,
            &request.headers,
            &request.body,
            &mut lines,
        );
    }
    if let Some(response) = response {
        let seen = frames(&response.frames, &analysis.capture);
        message(
            "Response",
            &seen,
            &response.headers,
            &response.body,
            &mut lines,
        );
    }
    lines.truncate(LINES_MOST);
    lines
}

fn timing(scene: &Scene, exchange: &Exchange, lines: &mut Vec<DetailLine>) {
    let at = |at: Timestamp| format!("{:.3} s", scene.seconds(at));
    if let Some(request) = &exchange.request {
        let sending = request.complete_at.since(request.at);
        lines.push(fact("sent", &transfer(&at(request.at), sending)));
    }
    if let Some(waited) = exchange.time_to_first_byte() {
        lines.push(fact(
            "waited",
            &format!("{} for the first byte", took(waited)),
        ));
    }
    if let Some(response) = &exchange.response {
        let receiving = response.complete_at.since(response.at);
        lines.push(fact("received", &transfer(&at(response.at), receiving)));
    }
    if let Some(whole) = exchange.duration() {
        lines.push(fact("took", &took(whole)));
    }
}

/// When a message went, and how long it took: no time at all, when one packet carried it.
fn transfer(from: &str, lasted: std::time::Duration) -> String {
    if lasted.is_zero() {
        format!("at {from}")
    } else {
        format!("from {from}, within {}", took(lasted))
    }
}

fn message(title: &str, seen: &str, headers: &Headers, body: &Body, lines: &mut Vec<DetailLine>) {
    lines.push(DetailLine::plain(""));
    lines.push(DetailLine::new(
        0,
        &format!("{title} · {seen}"),
        Look::Heading,
    ));
    let fields = headers.iter().take(FIELDS_MOST);
    lines.extend(
        fields.map(|(name, value)| DetailLine::new(0, &format!("{name}: {value}"), Look::Dim)),
    );
    if body.wire_bytes == 0 && body.bytes.is_empty() {
        return;
    }
    let mut said = vec![format!("body of {}", bytes(body.wire_bytes))];
    if body.missing_bytes > 0 {
        said.push(format!("{} were not captured", bytes(body.missing_bytes)));
    }
    if body.truncated {
        said.push("not kept whole".to_owned());
    }
    lines.push(DetailLine::new(0, &said.join(", "), Look::Plain));
    lines.extend(
        body.faults
            .iter()
            .map(|fault| DetailLine::new(0, &fault.to_string(), Look::Tone(Tone::Bad))),
    );
    let is_text = !body.bytes.contains(&0);
    if is_text {
        lines.extend(pretty(&body.text()));
    } else if !body.bytes.is_empty() {
        lines.push(DetailLine::dim("binary: its bytes are with the packets"));
    }
}

/// What it was for, when it carried signaling: `janus create`.
fn purpose(scene: &Scene, exchange: &Exchange) -> Option<String> {
    let mut dialogues = scene.dialogues.iter();
    dialogues.find_map(|dialogue| {
        let mut messages = dialogue.messages.iter();
        let message = messages.find(|message| message.exchange == Some(exchange.id))?;
        Some(format!("{} {}", dialogue.protocol.word(), message.kind))
    })
}

fn method(exchange: &Exchange) -> &str {
    exchange
        .request
        .as_ref()
        .map_or(ABSENT, |request| &request.method)
}

fn path(exchange: &Exchange) -> &str {
    exchange
        .request
        .as_ref()
        .map_or(ABSENT, |request| &request.target)
}

fn status(exchange: &Exchange) -> Option<u16> {
    let status = exchange.response.as_ref()?.status;
    (status != 0).then_some(status)
}

/// Length of the response's body on the wire.
fn size(exchange: &Exchange) -> Option<u64> {
    Some(exchange.response.as_ref()?.body.wire_bytes)
}

/// `json` of `application/json; charset=utf-8`; what it became, for an upgrade.
fn media_type(exchange: &Exchange) -> Option<String> {
    if let Some(upgraded) = &exchange.upgraded {
        return Some(upgraded.clone());
    }
    let kind = exchange.response.as_ref()?.body.media_type()?;
    Some(
        kind.strip_prefix("application/")
            .map(str::to_owned)
            .unwrap_or(kind),
    )
}

fn took(duration: std::time::Duration) -> String {
    if duration.as_secs() < 1 {
        milliseconds(duration)
    } else {
        span(duration)
    }
}

/// Where an exchange stands in the capture.
fn waterfall(scene: &Scene, exchange: &Exchange) -> Cell {
    let whole = scene
        .end
        .since(scene.start)
        .as_secs_f64()
        .max(f64::MIN_POSITIVE);
    let part = |at: Timestamp| at.since(scene.start).as_secs_f64() / whole;
    let Some(from) = exchange.at() else {
        return Cell::plain("");
    };
    let last = exchange
        .response
        .as_ref()
        .map(|response| response.complete_at);
    let sent = exchange.request.as_ref().map(|request| request.complete_at);
    let until = last.or(sent).unwrap_or(from);
    Cell::Stretch(part(from), part(until), Ink::Of(Layer::Signaling))
}

fn all_frames(exchange: &Exchange) -> Vec<FrameNumber> {
    let request = exchange.request.iter().flat_map(|it| &it.frames);
    let response = exchange.response.iter().flat_map(|it| &it.frames);
    let mut all: Vec<FrameNumber> = request.chain(response).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Lines of a detail at most.
const LINES_MOST: usize = 4_000;
/// Header fields written out of each message.
const FIELDS_MOST: usize = 200;
