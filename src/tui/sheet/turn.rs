//! The TURN allocations of a call: how each came about, what it was used for, how it ended.
//!
//! ```text
//!     time  step                what                                                 result
//!    0.386  allocation          192.168.10.2:48309 at 203.0.113.20:3478 over udp     ● allocated
//!    0.404  allocate            401 Unauthorized: the usual challenge                normal
//!    0.406  allocate            relay 203.0.113.20:50090 for 600 s                   ● granted
//!    0.500  channel-bind        0x4000 to 203.0.113.10:10014                         288 packets, 310 kB
//!        –  refresh             2 asked                                              2 granted
//! ```

use crate::analyzer::analysis::Analysis;
use crate::filter::rows::Row as Asked;
use crate::flow::table::FlowRecord;
use crate::session::model::peer_connection::PeerConnection;
use crate::timeline::layer::Tone;
use crate::track::turn::Allocation;
use crate::track::turn::AllocationState;
use crate::track::turn::PeerLink;
use crate::track::turn::TurnError;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::sheet::ABSENT;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::sheet::fact;
use crate::tui::text::bytes;
use crate::tui::text::count;
use crate::tui::text::counted;
use crate::tui::text::milliseconds;
use crate::tui::text::span;
use crate::tui::times::Times;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Fit;
use crate::vocab::address::Direction;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::stun::error_code::ErrorCode;

/// The columns.
pub fn columns(times: Times) -> Vec<Column> {
    vec![
        Column::fixed(times.title, times.columns, Fit::Right),
        Column::fixed("step", 18, Fit::Left),
        Column::flexible("what", 24, 3, Fit::Left),
        Column::flexible("result", 18, 2, Fit::Left),
    ]
}

/// The rows of a call.
pub fn rows(analysis: &Analysis, call: &PeerConnection) -> Vec<Row> {
    let allocations = call.turn.iter();
    let rows = allocations.flat_map(|id| {
        let turn = analysis.scene.turn.get(id.index());
        let rows = turn.map(|turn| allocation(analysis, turn));
        let about = Some(Asked::Turn(id.index()));
        rows.into_iter()
            .flatten()
            .map(move |row| Row { about, ..row })
    });
    rows.take(ROWS_MOST).collect()
}

/// The rows of an allocation: its head, then step by step.
pub(super) fn allocation(analysis: &Analysis, turn: &Allocation) -> Vec<Row> {
    let mut rows = vec![head(analysis, turn)];
    let mut steps: Vec<(Timestamp, Row)> = Vec::new();
    steps.extend(turn.errors.iter().map(|it| (it.first_at, refused(it))));
    if let Some(at) = turn.allocated_at {
        steps.push((at, granted(turn, at)));
    }
    for channel in &turn.channels {
        let peer = channel.peer.map(|peer| format!(" to {peer}"));
        let peer = peer.unwrap_or_else(|| ", peer not seen".to_owned());
        let what = format!("{:#06x}{peer}", channel.number);
        let carried = format!(
            "{}, {}",
            counted(channel.packets, "packet"),
            bytes(channel.bytes)
        );
        let frames = channel.bound.map(|(_, frame)| vec![frame]);
        let at = channel.bound.map(|(at, _)| at);
        let row = step(
            at,
            "channel-bind",
            &what,
            Cell::plain(&carried),
            frames.unwrap_or_default(),
        );
        steps.push((at.unwrap_or(turn.last_at), row));
    }
    steps.extend(turn.links.iter().map(|it| (it.announced.0, link(it))));
    steps.extend(relayed(analysis, turn));
    steps.sort_by_key(|(at, _)| *at);
    rows.extend(steps.into_iter().map(|(_, row)| row));
    rows.extend(counts(turn));
    rows.extend(end(turn));
    rows
}

/// Client, server and state; in detail all that is known.
fn head(analysis: &Analysis, turn: &Allocation) -> Row {
    let what = format!(
        "{} at {} over {}",
        turn.client,
        turn.server,
        turn.transport.word()
    );
    let mut row = step(
        Some(turn.first_at),
        "allocation",
        &what,
        state(turn),
        turn.frames.clone(),
    );
    row.heading = true;
    if let Some(first) = row.cells.get_mut(1) {
        *first = Cell::new("allocation", Ink::Bold);
    }
    let lasted = analysis.scene.seconds(turn.last_at);
    let protocol = turn.requested_transport.map(|number| match number {
        17 => "udp".to_owned(),
        6 => "tcp (RFC 6062)".to_owned(),
        other => format!("IP protocol {other}"),
    });
    let all = [
        (
            "state",
            Some(format!(
                "{}, last message at {lasted:.3} s",
                turn.state.word()
            )),
        ),
        ("client", Some(turn.client.to_string())),
        ("outside", turn.mapped.map(|it| it.to_string())),
        ("server", Some(turn.server.to_string())),
        ("software", turn.software.clone()),
        ("relay", turn.relayed.map(|it| it.to_string())),
        ("to peers", protocol),
        (
            "lifetime",
            turn.lifetime_seconds
                .map(|seconds| format!("{seconds} s, as last answered")),
        ),
        ("realm", turn.realm.clone()),
        ("user", turn.username.clone()),
    ];
    let known = all
        .into_iter()
        .filter_map(|(name, value)| Some(fact(name, &value?)));
    row.detail.extend(known);
    row
}

/// `● allocated`.
pub(super) fn state(turn: &Allocation) -> Cell {
    let (sign, ink) = match turn.state {
        AllocationState::Allocated | AllocationState::Released => ("●", Ink::Good),
        AllocationState::Failed | AllocationState::Expired => ("✖", Ink::Bad),
        AllocationState::Requested | AllocationState::Challenged => ("◐", Ink::Poor),
        AllocationState::Unknown => ("?", Ink::Plain),
    };
    Cell::new(&format!("{sign} {}", turn.state.word()), ink)
}

fn refused(error: &TurnError) -> Row {
    let times = match error.count {
        1 => String::new(),
        times => format!(", {} times", count(times)),
    };
    let (result, ink) = if error.normal {
        ("part of the normal course", Ink::Dim)
    } else {
        ("✖ refused", Ink::Bad)
    };
    let what = format!("{} {}{times}", error.code, error.reason);
    let mut row = step(
        Some(error.first_at),
        error.method,
        &what,
        Cell::new(result, ink),
        error.frames.clone(),
    );
    let look = if error.normal {
        Look::Plain
    } else {
        Look::Tone(Tone::Bad)
    };
    row.detail.push(DetailLine::new(
        0,
        ErrorCode::from_code(error.code).meaning(),
        look,
    ));
    row
}

fn granted(turn: &Allocation, at: Timestamp) -> Row {
    let relay = turn
        .relayed
        .map_or_else(|| ABSENT.to_owned(), |it| it.to_string());
    let lifetime = turn
        .lifetime_seconds
        .map(|seconds| format!(" for {seconds} s"));
    let what = format!("relay {relay}{}", lifetime.unwrap_or_default());
    let frames = turn.allocated_frame.into_iter().collect();
    let mut row = step(
        Some(at),
        "allocate",
        &what,
        Cell::new("● granted", Ink::Good),
        frames,
    );
    let took = milliseconds(at.since(turn.first_at));
    row.detail
        .push(fact("after", &format!("{took} since the first message")));
    if let Some(mapped) = turn.mapped {
        row.detail.push(fact(
            "outside",
            &format!("the server sees the client as {mapped}"),
        ));
    }
    row
}

/// A connection to a peer over TCP (RFC 6062).
fn link(link: &PeerLink) -> Row {
    let (at, announced) = link.announced;
    let by = if link.by_peer {
        "the peer"
    } else {
        "the client"
    };
    let what = format!("to {}, opened by {by}", link.peer);
    let result = if link.bound.is_some() {
        Cell::new("● bound to a conversation of its own", Ink::Good)
    } else {
        Cell::new("◐ no conversation was bound to it", Ink::Poor)
    };
    let bound = link.bound.map(|(.., frame)| frame);
    let frames = std::iter::once(announced).chain(bound).collect();
    let mut row = step(Some(at), "connect", &what, result, frames);
    row.detail.push(fact("connection", &link.id.to_string()));
    row
}

/// Requests by method, permitted peers, indications.
fn counts(turn: &Allocation) -> Vec<Row> {
    let mut rows = Vec::new();
    for &(method, asked, answered) in &turn.requests {
        let ink = if answered == 0 { Ink::Poor } else { Ink::Plain };
        let result = Cell::new(&format!("{} granted", count(answered)), ink);
        let mut row = step(
            None,
            method,
            &format!("{} asked, in all", count(asked)),
            result,
            turn.frames.clone(),
        );
        if method == "refresh"
            && let Some(at) = turn.refreshed_at
        {
            let before = span(turn.last_at.since(at));
            let text = format!("last granted {before} before the last message");
            row.detail.push(fact("refreshed", &text));
        }
        rows.push(row);
    }
    if !turn.permissions.is_empty() {
        let peers: Vec<String> = turn.permissions.iter().map(ToString::to_string).collect();
        let result = Cell::plain(&counted(turn.permissions.len() as u64, "peer"));
        rows.push(step(
            None,
            "permissions",
            &peers.join(" "),
            result,
            turn.frames.clone(),
        ));
    }
    let indications = [
        (
            "send indications",
            turn.send_indications,
            "to the server, for peers without a channel",
        ),
        (
            "data indications",
            turn.data_indications,
            "from the server, of peers without a channel",
        ),
    ];
    for (name, number, what) in indications.into_iter().filter(|(_, number, _)| *number > 0) {
        let result = Cell::plain(&count(number));
        rows.push(step(None, name, what, result, turn.frames.clone()));
    }
    rows
}

/// The conversations that ran inside: what was relayed, each way.
fn relayed(analysis: &Analysis, turn: &Allocation) -> Vec<(Timestamp, Row)> {
    let inner = analysis.scene.flows.iter();
    let inner = inner.filter(|flow| flow.relayed.is_some_and(|it| it.outer == turn.flow));
    let rows = inner.map(|flow: &FlowRecord| {
        let client = flow.relayed.map_or(Direction::Forward, |it| it.client);
        let of = |direction: Direction| {
            let at = direction.index();
            let (packets, size) = (flow.packets.get(at), flow.bytes.get(at));
            let packets = counted(packets.copied().unwrap_or(0), "packet");
            format!("{packets}, {}", bytes(size.copied().unwrap_or(0)))
        };
        let peer = flow.tuple.destination(client);
        let result = format!("▲ {} ▼ {}", of(client), of(client.opposite()));
        let row = step(
            Some(flow.first_at),
            "relayed",
            &format!("to and from {peer}"),
            Cell::plain(&result),
            vec![flow.first_frame],
        );
        (flow.first_at, row)
    });
    rows.collect()
}

/// How it ended, where it did.
fn end(turn: &Allocation) -> Option<Row> {
    let (what, result) = match turn.state {
        AllocationState::Released => (
            "a Refresh with lifetime 0",
            Cell::new("● released", Ink::Good),
        ),
        AllocationState::Expired => (
            "its lifetime passed without a Refresh",
            Cell::new("✖ expired", Ink::Bad),
        ),
        AllocationState::Challenged => (
            "after the challenge the client did not ask again",
            Cell::new("◐ given up", Ink::Poor),
        ),
        AllocationState::Requested => ("no answer was seen", Cell::new("◐ unanswered", Ink::Poor)),
        AllocationState::Unknown => (
            "in use when the capture began",
            Cell::new("? its beginning was not seen", Ink::Plain),
        ),
        AllocationState::Allocated | AllocationState::Failed => return None,
    };
    Some(step(
        Some(turn.last_at),
        "end",
        what,
        result,
        turn.frames.clone(),
    ))
}

fn step(
    at: Option<Timestamp>,
    name: &str,
    what: &str,
    result: Cell,
    frames: Vec<FrameNumber>,
) -> Row {
    let heading = format!("{name} · {}", result.text());
    Row {
        cells: vec![
            at.map_or_else(|| Cell::new(ABSENT, Ink::Dim), Cell::Time),
            Cell::new(name, Ink::Dim),
            Cell::plain(what),
            result,
        ],
        frames,
        detail: vec![
            DetailLine::new(0, &heading, Look::Heading),
            DetailLine::new(0, what, Look::Plain),
        ],
        heading: false,
        about: None,
    }
}

/// Rows at most; a call has one allocation, or a few.
const ROWS_MOST: usize = 2_000;
