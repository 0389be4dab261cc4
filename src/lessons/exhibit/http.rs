//! An HTTP exchange: start lines, header fields, bodies.

use crate::lessons::desk::Desk;
use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::Line;
use crate::lessons::exhibit::Place;
use crate::lessons::exhibit::Shade;
use crate::lessons::exhibit::line;
use crate::lessons::exhibit::wrapped;
use crate::lessons::find::Found;
use crate::wire::http1::headers::Headers;

pub(super) fn exhibit(desk: &Desk<'_>, found: &Found, columns: usize) -> Option<Exhibit> {
    let id = found.exchange?;
    let exchange = desk.analysis.scene.http.get(id.index())?;
    let mut lines: Vec<Line> = Vec::new();
    if let Some(request) = &exchange.request {
        let start = format!("{} {}", request.method, request.target);
        lines.extend(wrapped(&start, columns, Shade::Lit));
        headers(&mut lines, &request.headers, columns);
        body(&mut lines, &request.body.text(), columns);
    }
    lines.push(Vec::new());
    match &exchange.response {
        Some(response) => {
            let start = format!(
                "HTTP/{} {} {}",
                response.version.word(),
                response.status,
                response.reason
            );
            lines.extend(wrapped(start.trim_end(), columns, Shade::Lit));
            headers(&mut lines, &response.headers, columns);
            body(&mut lines, &response.body.text(), columns);
        }
        None => lines.push(line("no response in this capture", Shade::Bad)),
    }
    Some(Exhibit {
        title: format!("HTTP exchange {}", id.index() + 1),
        lines,
        place: Place::Http(id),
    })
}

fn headers(lines: &mut Vec<Line>, headers: &Headers, columns: usize) {
    for (name, value) in headers.iter().take(HEADERS) {
        let text = format!("{name}: {value}");
        lines.push(line(super::cell(&text, columns).trim_end(), Shade::Dim));
    }
}

fn body(lines: &mut Vec<Line>, text: &str, columns: usize) {
    if text.is_empty() {
        return;
    }
    lines.push(Vec::new());
    // JSON on one line is broken up where its members end.
    let broken = text.replace(",\"", ",\n\"").replace('{', "{\n");
    let all: Vec<&str> = broken.lines().filter(|it| !it.trim().is_empty()).collect();
    for it in all.iter().take(BODY) {
        let cut = super::cell(it, columns);
        lines.push(line(cut.trim_end(), Shade::Plain));
    }
    if all.len() > BODY {
        let more = format!("… {} lines more", all.len() - BODY);
        lines.push(line(&more, Shade::Dim));
    }
}

/// Header fields shown.
const HEADERS: usize = 20;
/// Lines of a body shown.
const BODY: usize = 14;
