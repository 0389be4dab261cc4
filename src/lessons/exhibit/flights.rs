//! A DTLS handshake, flight by flight.

use crate::lessons::desk::Desk;
use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::Line;
use crate::lessons::exhibit::Place;
use crate::lessons::exhibit::Shade;
use crate::lessons::exhibit::line;
use crate::lessons::exhibit::wrapped;
use crate::lessons::find::Found;
use crate::track::dtls::Association;

pub(super) fn exhibit(desk: &Desk<'_>, found: &Found, columns: usize) -> Option<Exhibit> {
    let scene = &desk.analysis.scene;
    let shows = |association: &Association| {
        let flights = association.flights.iter();
        let mut frames = flights.flat_map(|it| it.frames.frames());
        frames.any(|frame| found.frames.contains(frame))
    };
    let transport = scene.dtls.iter().find(|it| shows(&it.association))?;
    let association = &transport.association;
    let tuple = scene.flows.get(association.flow.index())?.tuple;
    let mut lines: Vec<Line> = Vec::new();
    let start = association.flights.first()?.first_at;
    for flight in association.flights.iter().take(FLIGHTS) {
        let from = tuple.source(flight.direction);
        let after = flight.first_at.since(start).as_secs_f64() * 1e3;
        let frames = flight.frames.frames();
        let head = format!("+{after:.1} ms  {from}");
        lines.push(line(&head, Shade::Head));
        let names: Vec<&str> = flight.messages.iter().map(|it| it.kind.name()).collect();
        let again = if flight.retransmission {
            " (again)"
        } else {
            ""
        };
        let lit = frames
            .iter()
            .any(|frame| Some(frame) == found.frames.first());
        let shade = if lit { Shade::Lit } else { Shade::Plain };
        let text = format!("  {}{again}", names.join(", "));
        lines.extend(wrapped(&text, columns, shade));
        let numbers: Vec<String> = frames.iter().take(6).map(ToString::to_string).collect();
        let text = format!("  frames {}", numbers.join(", "));
        lines.push(line(&text, Shade::Dim));
    }
    let call = transport.peer_connection.or(found.call)?;
    Some(Exhibit {
        title: "DTLS handshake".to_owned(),
        lines,
        place: Place::Dtls(call),
    })
}

/// Flights shown.
const FLIGHTS: usize = 12;
