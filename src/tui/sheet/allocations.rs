//! TURN allocations of the whole capture, those of no call too: who asked which relay, what came of it, what went through.
//!
//! ```text
//!     time  client               server             state        errors        call  relay                 ▲ out     ▼ in
//!    0.386  192.168.10.2:48309   203.0.113.20:3478  ● allocated  401              1  203.0.113.20:50090    1 kB   310 kB
//!    0.391  192.168.10.2:48311   203.0.113.20:3478  ✖ failed     403, 401 · For…  –  –                      0 B      0 B
//! ```

use crate::analyzer::analysis::Analysis;
use crate::session::model::scene::Scene;
use crate::timeline::layer::Tone;
use crate::track::turn::Allocation;
use crate::track::turn::Carried;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::sheet::ABSENT;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::sheet::fact;
use crate::tui::sheet::turn;
use crate::tui::state::listing::Sort;
use crate::tui::text::bytes;
use crate::tui::text::counted;
use crate::tui::text::span;
use crate::tui::times::Times;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Fit;
use crate::vocab::ids::PeerConnectionId;

/// What the list can be sorted by, in words.
pub const KEYS: [&str; 7] = [
    "time", "state", "errors", "bytes", "lasted", "client", "server",
];

/// The columns.
pub fn columns(times: Times) -> Vec<Column> {
    vec![
        Column::fixed(times.title, times.columns, Fit::Right),
        Column::flexible("client", 13, 5, Fit::Middle),
        Column::flexible("server", 13, 5, Fit::Middle),
        Column::fixed("state", 12, Fit::Left),
        Column::flexible("errors", 6, 1, Fit::Left),
        Column::fixed("call", 4, Fit::Right),
        Column::flexible("relay", 15, 3, Fit::Middle),
        Column::fixed("▲ out", 7, Fit::Right),
        Column::fixed("▼ in", 7, Fit::Right),
    ]
}

/// Positions of allocations in the order of `sort`.
pub fn order(scene: &Scene, mut shown: Vec<usize>, sort: Sort) -> Vec<usize> {
    let by = |at: &usize| scene.turn.get(*at);
    match sort.key {
        1 => shown.sort_by_key(|at| by(at).map(|it| it.state.word())),
        2 => shown.sort_by_key(|at| by(at).map(refusals)),
        3 => shown.sort_by_key(|at| by(at).map(volume)),
        4 => shown.sort_by_key(|at| by(at).map(|it| it.last_at.since(it.first_at))),
        5 => shown.sort_by_key(|at| by(at).map(|it| it.client)),
        6 => shown.sort_by_key(|at| by(at).map(|it| it.server)),
        _ => shown.sort_by_key(|at| by(at).map(|it| it.first_at)),
    }
    if sort.descending {
        shown.reverse();
    }
    shown
}

/// The row of an allocation.
pub fn row(analysis: &Analysis, at: usize) -> Option<Row> {
    let scene = &analysis.scene;
    let it = scene.turn.get(at)?;
    let call = call_of(scene, at).map(|id| (id.index() + 1).to_string());
    let relay = it.relayed.map(|relay| relay.to_string());
    Some(Row {
        cells: vec![
            Cell::Time(it.first_at),
            Cell::plain(&it.client.to_string()),
            Cell::plain(&it.server.to_string()),
            turn::state(it),
            errors(it),
            Cell::plain(call.as_deref().unwrap_or(ABSENT)),
            Cell::plain(relay.as_deref().unwrap_or(ABSENT)),
            through(it, it.to_peers),
            through(it, it.from_peers),
        ],
        frames: it.frames.clone(),
        detail: Vec::new(),
        heading: false,
        about: None,
    })
}

/// An allocation in detail: its figures, then what happened when.
pub fn detail(analysis: &Analysis, at: usize) -> Vec<DetailLine> {
    let scene = &analysis.scene;
    let Some(it) = scene.turn.get(at) else {
        return Vec::new();
    };
    let mut steps = turn::allocation(analysis, it).into_iter();
    let mut lines = steps.next().map(|head| head.detail).unwrap_or_default();
    let call = call_of(scene, at);
    let call = call.and_then(|id| Some((id, scene.peer_connections.get(id.index())?)));
    lines.push(match call {
        Some((id, call)) => fact("call", &format!("{}, {}", id.index() + 1, call.label)),
        None => fact("call", "none: its address is no candidate of a call here"),
    });
    let carried = |it: Carried| format!("{}, {}", counted(it.packets, "message"), bytes(it.bytes));
    lines.push(fact("▲ out", &carried(it.to_peers)));
    lines.push(fact("▼ in", &carried(it.from_peers)));
    if !it.links.is_empty() {
        let links = counted(it.links.len() as u64, "connection");
        let words = format!("{links} to peers, whose bytes are in conversations of their own");
        lines.push(fact("TCP", &words));
    }
    lines.push(fact("lasted", &span(it.last_at.since(it.first_at))));
    lines.push(DetailLine::plain(""));
    lines.push(DetailLine::new(0, "What happened when", Look::Heading));
    for step in steps {
        lines.extend(written(scene, &step));
    }
    lines.truncate(LINES_MOST);
    lines
}

/// `   0.404 s  allocate      401 Unauthorized · part of the normal course`, and below what more there is to say of it.
fn written(scene: &Scene, step: &Row) -> Vec<DetailLine> {
    let time = step.cells.iter().find_map(|cell| match cell {
        Cell::Time(at) => Some(format!("{:.3} s", scene.seconds(*at))),
        _ => None,
    });
    let time = time.unwrap_or_else(|| ABSENT.to_owned());
    let cell = |at: usize| step.cells.get(at).map_or("", Cell::text);
    let look = match step.cells.get(3) {
        Some(Cell::Text(_, Ink::Bad)) => Look::Tone(Tone::Bad),
        _ => Look::Plain,
    };
    // Points below each other.
    let indent = u16::try_from(TIME_COLUMNS.saturating_sub(time.chars().count())).unwrap_or(0);
    let text = format!("{time}  {:<18} {} · {}", cell(1), cell(2), cell(3));
    let more = step.detail.iter().skip(2);
    let more = more.map(|line| DetailLine {
        indent: 2 + TIME_COLUMNS as u16,
        look: Look::Dim,
        ..line.clone()
    });
    std::iter::once(DetailLine::new(indent, &text, look))
        .chain(more)
        .collect()
}

/// Bytes one way. Connections to peers (RFC 6062) are conversations of their own: the allocation's figures say nothing of them.
fn through(it: &Allocation, carried: Carried) -> Cell {
    if it.links.is_empty() || carried.packets > 0 {
        Cell::plain(&bytes(carried.bytes))
    } else {
        Cell::new(ABSENT, Ink::Dim)
    }
}

/// The call that an allocation belongs to.
pub fn call_of(scene: &Scene, at: usize) -> Option<PeerConnectionId> {
    scene.turn_owner.get(at).copied().flatten()
}

/// `438, 401 · Stale Nonce`: those that are not part of the normal course first, and why.
fn errors(it: &Allocation) -> Cell {
    let (normal, refused): (Vec<_>, Vec<_>) = it.errors.iter().partition(|error| error.normal);
    let ink = if refused.is_empty() {
        Ink::Dim
    } else {
        Ink::Bad
    };
    let mut codes: Vec<String> = Vec::new();
    let mut reasons: Vec<&str> = Vec::new();
    for error in refused.iter().chain(&normal) {
        let code = error.code.to_string();
        if !codes.contains(&code) {
            codes.push(code);
        }
        if !error.normal && !reasons.contains(&error.reason.as_str()) {
            reasons.push(&error.reason);
        }
    }
    let codes = codes.join(", ");
    if reasons.is_empty() {
        Cell::new(&codes, ink)
    } else {
        Cell::new(&format!("{codes} · {}", reasons.join(", ")), ink)
    }
}

/// Refusals that are not part of the normal course, then those that are.
fn refusals(it: &Allocation) -> (u64, u64) {
    let sum = |normal: bool| {
        let errors = it.errors.iter().filter(|error| error.normal == normal);
        errors.map(|error| error.count).sum()
    };
    (sum(false), sum(true))
}

const fn volume(it: &Allocation) -> u64 {
    it.to_peers.bytes.saturating_add(it.from_peers.bytes)
}

/// Columns of the times in front of what happened.
const TIME_COLUMNS: usize = 10;
/// Lines of a detail at most.
const LINES_MOST: usize = 2_000;
