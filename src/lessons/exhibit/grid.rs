//! Candidates and candidate pairs of a call.

use std::fmt::Write;

use crate::lessons::desk::Desk;
use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::Line;
use crate::lessons::exhibit::Place;
use crate::lessons::exhibit::Shade;
use crate::lessons::exhibit::line;
use crate::lessons::exhibit::wrapped;
use crate::lessons::find::Found;
use crate::session::model::ice::Candidate;
use crate::session::model::ice::PairState;
use crate::session::model::peer_connection::PeerConnection;
use crate::vocab::address::Side;
use crate::vocab::ids::PeerConnectionId;

fn call<'a>(desk: &Desk<'a>, found: &Found) -> Option<(PeerConnectionId, &'a PeerConnection)> {
    let id = found.call.or_else(|| desk.call().map(|(id, _)| id))?;
    let call = desk.analysis.scene.peer_connections.get(id.index())?;
    Some((id, call))
}

pub(super) fn candidates(desk: &Desk<'_>, found: &Found, columns: usize) -> Option<Exhibit> {
    let (id, call) = call(desk, found)?;
    let mut lines: Vec<Line> = Vec::new();
    for side in [Side::A, Side::B] {
        let endpoint = call.endpoint(side);
        let name = endpoint.name.as_deref().unwrap_or_else(|| side.word());
        lines.push(line(name, Shade::Head));
        let own = call.ice.candidates.iter().filter(|it| it.side == side);
        for candidate in own.take(SHOWN) {
            let lit = candidate
                .frames
                .iter()
                .any(|it| Some(it) == found.frames.first());
            let shade = if lit { Shade::Lit } else { Shade::Plain };
            lines.extend(wrapped(&words(candidate, lit), columns, shade));
            if let Some((address, port)) = &candidate.related {
                lines.push(line(
                    &format!("           from {address}:{port}"),
                    Shade::Dim,
                ));
            }
        }
    }
    Some(Exhibit {
        title: format!("Candidates of call {}", id.index() + 1),
        lines,
        place: Place::Ice(id),
    })
}

fn words(candidate: &Candidate, lit: bool) -> String {
    let mark = if lit { "▶" } else { " " };
    let mut text = format!(
        "{mark} {:<5} {} {}",
        candidate.kind.word(),
        candidate.protocol,
        address(candidate)
    );
    if let Some(priority) = candidate.priority {
        let _ = write!(text, " priority {priority}");
    }
    text.push_str(match candidate.basis {
        crate::vocab::claim::Basis::Declared => ", signaled",
        _ => ", seen on the wire",
    });
    text
}

fn address(candidate: &Candidate) -> String {
    let host = candidate.mdns.as_ref().unwrap_or(&candidate.address);
    if host.contains(':') {
        format!("[{host}]:{}", candidate.port)
    } else {
        format!("{host}:{}", candidate.port)
    }
}

pub(super) fn pairs(desk: &Desk<'_>, found: &Found, columns: usize) -> Option<Exhibit> {
    let (id, call) = call(desk, found)?;
    let mut lines: Vec<Line> = Vec::new();
    for pair in call.ice.pairs.iter().take(SHOWN) {
        let name = |index: usize| {
            let candidate = call.ice.candidates.get(index);
            candidate.map_or_else(String::new, |it| {
                format!("{} {}", it.kind.word(), address(it))
            })
        };
        let star = if pair.selected { "★" } else { " " };
        let text = format!("{star} {} ↔ {}", name(pair.a), name(pair.b));
        let shade = match (pair.selected, pair.state) {
            (true, _) => Shade::Lit,
            (_, PairState::Failed) => Shade::Bad,
            _ => Shade::Plain,
        };
        lines.extend(wrapped(&text, columns, shade));
        let mut detail = format!(
            "    {} {}, sent {} answered {}, received {} answered {}",
            pair.path.word(),
            pair.state.word(),
            pair.requests_sent,
            pair.responses_received,
            pair.requests_received,
            pair.responses_sent
        );
        if let Some(round_trip) = pair.round_trip {
            let median = round_trip.median.as_secs_f64() * 1e3;
            let _ = write!(detail, ", round trip {median:.1} ms");
        }
        lines.extend(wrapped(&detail, columns, Shade::Dim));
    }
    if call.ice.pairs.is_empty() {
        lines.push(line("no pair was tried", Shade::Dim));
    }
    Some(Exhibit {
        title: format!("Candidate pairs of call {}", id.index() + 1),
        lines,
        place: Place::Ice(id),
    })
}

/// Candidates of a side, pairs of a call.
const SHOWN: usize = 12;
