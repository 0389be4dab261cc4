//! Conversations between two addresses, those in no call too: who, what, how much, when.
//!
//! ```text
//! a                      b                       protocols       packets    bytes    time   lasted  over time      call
//! 192.168.10.2:48633     203.0.113.10:10112      stun dtls srtp      610   240 kB   0.851   16.0 s  ▐██████████▌   1
//! ```

use crate::analyzer::analysis::Analysis;
use crate::flow::table::FlowRecord;
use crate::session::model::scene::Scene;
use crate::timeline::layer::Layer;
use crate::timeline::layer::Tone;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::sheet::fact;
use crate::tui::sheet::media;
use crate::tui::state::listing::Sort;
use crate::tui::text::bytes;
use crate::tui::text::count;
use crate::tui::text::counted;
use crate::tui::text::span;
use crate::tui::times::Times;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Fit;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::TransportAddress;
use crate::vocab::encapsulation::Tunnel;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::time::Timestamp;

/// What the list can be sorted by, in words.
pub const KEYS: [&str; 6] = [
    "time",
    "bytes",
    "packets",
    "lasted",
    "protocols",
    "addresses",
];

/// The columns.
pub fn columns(times: Times) -> Vec<Column> {
    vec![
        Column::flexible("a", 15, 2, Fit::Middle),
        Column::flexible("b", 15, 2, Fit::Middle),
        Column::flexible("protocols", 9, 5, Fit::Left),
        Column::fixed("packets", 7, Fit::Right),
        Column::fixed("bytes", 7, Fit::Right),
        Column::fixed(times.title, times.columns, Fit::Right),
        Column::fixed("lasted", 8, Fit::Right),
        Column::fixed("call", 4, Fit::Right),
        Column::flexible("over time", 12, 1, Fit::Left),
    ]
}

/// Positions of conversations in the order of `sort`.
pub fn order(scene: &Scene, mut shown: Vec<usize>, sort: Sort) -> Vec<usize> {
    let by = |at: &usize| scene.flows.get(*at);
    match sort.key {
        1 => shown.sort_by_key(|at| by(at).map(|flow| sum(flow.bytes))),
        2 => shown.sort_by_key(|at| by(at).map(|flow| sum(flow.packets))),
        3 => shown.sort_by_key(|at| by(at).map(|flow| flow.last_at.since(flow.first_at))),
        4 => shown.sort_by_cached_key(|at| by(at).map(protocols)),
        5 => shown.sort_by_key(|at| by(at).map(|flow| (flow.tuple.a, flow.tuple.b))),
        _ => shown.sort_by_key(|at| by(at).map(|flow| flow.first_at)),
    }
    if sort.descending {
        shown.reverse();
    }
    shown
}

/// The row of a conversation.
pub fn row(analysis: &Analysis, at: usize) -> Option<Row> {
    let scene = &analysis.scene;
    let flow = scene.flows.get(at)?;
    let call = call_of(scene, at).map(|id| (id.index() + 1).to_string());
    let whole = scene
        .end
        .since(scene.start)
        .as_secs_f64()
        .max(f64::MIN_POSITIVE);
    let part = |at: Timestamp| at.since(scene.start).as_secs_f64() / whole;
    Some(Row {
        cells: vec![
            Cell::plain(&flow.tuple.a.to_string()),
            Cell::plain(&flow.tuple.b.to_string()),
            Cell::plain(&protocols(flow)),
            Cell::plain(&count(sum(flow.packets))),
            Cell::plain(&bytes(sum(flow.bytes))),
            Cell::Time(flow.first_at),
            Cell::plain(&lasted(flow)),
            Cell::plain(&call.unwrap_or_default()),
            Cell::Stretch(
                part(flow.first_at),
                part(flow.last_at),
                Ink::Of(layer(flow)),
            ),
        ],
        frames: vec![flow.first_frame],
        detail: Vec::new(),
        heading: false,
        about: None,
    })
}

/// The addresses in the packets of a conversation: those of the one with the TURN server, for what ran inside.
pub fn tuple(scene: &Scene, at: usize) -> Option<FiveTuple> {
    let flow = scene.flows.get(at)?;
    let outer = flow
        .relayed
        .and_then(|it| scene.flows.get(it.outer.index()));
    Some(outer.unwrap_or(flow).tuple)
}

/// A conversation in detail: its ends, what ran in it, and what happened when.
pub fn detail(analysis: &Analysis, at: usize) -> Vec<DetailLine> {
    let scene = &analysis.scene;
    let Some(flow) = scene.flows.get(at) else {
        return Vec::new();
    };
    let end = |end: TransportAddress| {
        let name = scene.name_of(end.ip);
        let name = name.map(|name| format!(", {name}")).unwrap_or_default();
        let local = if scene.local.contains(&end.ip) {
            ", ≈ where the capture was taken"
        } else {
            ""
        };
        format!("{end}{name}{local}")
    };
    let mut lines = vec![DetailLine::new(
        0,
        &format!(
            "{} {} ↔ {}",
            flow.tuple.transport.word(),
            flow.tuple.a,
            flow.tuple.b
        ),
        Look::Heading,
    )];
    let [packets_a, packets_b] = flow.packets;
    let [bytes_a, bytes_b] = flow.bytes;
    let call = call_of(scene, at);
    let call = call.and_then(|id| Some((id, scene.peer_connections.get(id.index())?)));
    let tunnels: Vec<&str> = flow.encapsulation.tunnels().map(Tunnel::name).collect();
    let outer = flow
        .relayed
        .and_then(|it| scene.flows.get(it.outer.index()));
    let tls = flow.tls.as_deref();
    let quic = flow.quic.as_deref();
    let facts = [
        ("a", Some(end(flow.tuple.a))),
        ("b", Some(end(flow.tuple.b))),
        (
            "call",
            call.map(|(id, call)| format!("{}, {}", id.index() + 1, call.label)),
        ),
        (
            "protocols",
            Some(protocols(flow)).filter(|words| !words.is_empty()),
        ),
        (
            "a to b",
            Some(format!(
                "{}, {}",
                counted(packets_a, "packet"),
                bytes(bytes_a)
            )),
        ),
        (
            "b to a",
            Some(format!(
                "{}, {}",
                counted(packets_b, "packet"),
                bytes(bytes_b)
            )),
        ),
        (
            "inside",
            outer.map(|it| format!("TURN, {} ↔ {}", it.tuple.a, it.tuple.b)),
        ),
        ("tunnels", (!tunnels.is_empty()).then(|| tunnels.join(", "))),
        ("server name", flow.server_name.clone()),
        (
            "TLS",
            tls.and_then(|it| it.version)
                .map(|version| version.to_string()),
        ),
        (
            "offered",
            tls.map(|it| it.alpn_offered.join(" "))
                .filter(|words| !words.is_empty()),
        ),
        ("chosen", tls.and_then(|it| it.alpn.clone())),
        ("decrypted", tls.map(|it| it.opening.word().to_owned())),
        (
            "QUIC",
            quic.and_then(|it| it.version)
                .map(|version| format!("version {version}")),
        ),
        (
            "moved",
            quic.filter(|it| it.migrations > 0)
                .map(|it| format!("to {}", counted(it.migrations.into(), "other conversation"))),
        ),
        (
            "ICMP errors",
            (flow.icmp_errors > 0).then(|| count(flow.icmp_errors)),
        ),
    ];
    let known = facts
        .into_iter()
        .filter_map(|(name, value)| Some(fact(name, &value?)));
    lines.extend(known);
    lines.push(DetailLine::plain(""));
    lines.push(DetailLine::new(0, "What happened when", Look::Heading));
    let mut events = events(scene, at, flow);
    events.sort_by_key(|(at, ..)| *at);
    let more = events.len().saturating_sub(EVENTS_MOST);
    for (at, text, look) in events.into_iter().take(EVENTS_MOST) {
        let time = format!("{:.3} s", scene.seconds(at));
        // Points below each other.
        let indent = u16::try_from(TIME_COLUMNS.saturating_sub(time.len())).unwrap_or(0);
        lines.push(DetailLine::new(indent, &format!("{time}  {text}"), look));
    }
    if more > 0 {
        lines.push(DetailLine::dim(&format!("{} more", count(more as u64))));
    }
    lines
}

/// What is known to have happened in a conversation.
fn events(scene: &Scene, at: usize, flow: &FlowRecord) -> Vec<(Timestamp, String, Look)> {
    let is_this = |id: FlowId| id.index() == at;
    let mut events = vec![
        (flow.first_at, "first packet".to_owned(), Look::Dim),
        (flow.last_at, "last packet".to_owned(), Look::Dim),
    ];
    for it in scene.http.iter().filter(|it| is_this(it.flow)) {
        let (Some(at), Some(request)) = (it.at(), &it.request) else {
            continue;
        };
        let status = it.response.as_ref().map_or(0, |response| response.status);
        let answer = if status == 0 {
            String::new()
        } else {
            format!(" → {status}")
        };
        let look = if status >= 400 {
            Look::Tone(Tone::Bad)
        } else {
            Look::Plain
        };
        events.push((
            at,
            format!("{} {}{answer}", request.method, request.target),
            look,
        ));
    }
    for it in scene.dtls.iter().filter(|it| is_this(it.association.flow)) {
        for change in &it.association.state_history {
            events.push((
                change.at,
                format!("DTLS ≈ {}", change.state.word()),
                Look::Plain,
            ));
        }
    }
    for it in scene.turn.iter().filter(|it| is_this(it.flow)) {
        events.push((it.first_at, "TURN: first request".to_owned(), Look::Plain));
        let granted = it.allocated_at.zip(it.relayed);
        events.extend(granted.map(|(at, relay)| (at, format!("TURN: relay {relay}"), Look::Plain)));
        for error in &it.errors {
            let text = format!(
                "TURN: {} refused with {} {}",
                error.method, error.code, error.reason
            );
            let look = if error.normal {
                Look::Plain
            } else {
                Look::Tone(Tone::Bad)
            };
            events.push((error.first_at, text, look));
        }
    }
    for it in scene.server_queries.iter().filter(|it| is_this(it.flow)) {
        events.push((
            it.first_at,
            format!("STUN: {} asked", it.server),
            Look::Plain,
        ));
    }
    for stream in &scene.streams {
        for path in stream.stats.paths.iter().filter(|path| is_this(path.flow)) {
            let what = format!("{} ssrc {}", media::title(stream), stream.stats.ssrc);
            let packets = counted(path.packets, "packet");
            events.push((
                path.first.at,
                format!("{what}: first of {packets}"),
                Look::Plain,
            ));
            events.push((path.last.at, format!("{what}: last packet"), Look::Dim));
        }
    }
    let calls = scene.peer_connections.iter();
    for pair in calls
        .flat_map(|call| &call.ice.pairs)
        .filter(|pair| pair.flow.is_some_and(is_this))
    {
        let first = pair.checks.first();
        events.extend(first.map(|check| {
            let text = "first connectivity check".to_owned();
            (check.at, text, Look::Plain)
        }));
        let nominated = pair.nominated_at;
        events.extend(nominated.map(|at| (at, "★ nominated".to_owned(), Look::Tone(Tone::Good))));
    }
    events
}

/// From its first packet to its last; a single packet did not last.
fn lasted(flow: &FlowRecord) -> String {
    match sum(flow.packets) {
        0 | 1 => "–".to_owned(),
        _ => span(flow.last_at.since(flow.first_at)),
    }
}

fn call_of(scene: &Scene, at: usize) -> Option<PeerConnectionId> {
    scene.flow_owner.get(at).copied().flatten()
}

/// `udp stun dtls srtp`; the transport alone where nothing was recognised.
fn protocols(flow: &FlowRecord) -> String {
    let transport = flow.tuple.transport.word();
    let words = flow.protocols.iter().map(|protocol| protocol.word());
    std::iter::once(transport)
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

fn layer(flow: &FlowRecord) -> Layer {
    let has = |word: &str| {
        flow.protocols
            .iter()
            .any(|protocol| protocol.word().contains(word))
    };
    if has("rtp") {
        Layer::Media
    } else if has("channel-data") {
        Layer::Turn
    } else if has("stun") {
        Layer::Ice
    } else if has("http") || has("websocket") {
        Layer::Signaling
    } else if has("tls") {
        Layer::Dtls
    } else {
        Layer::Other
    }
}

const fn sum([one, other]: [u64; 2]) -> u64 {
    one.saturating_add(other)
}

/// Columns of the times in front of events.
const TIME_COLUMNS: usize = 10;
/// Events written out.
const EVENTS_MOST: usize = 500;
