//! The first row that a filter lets pass; its fields are the figures.

use crate::filter::Filter;
use crate::filter::catalogue;
use crate::filter::catalogue::Kind;
use crate::filter::rows::Row;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;
use crate::filter::value::Value;
use crate::lessons::desk::Desk;
use crate::lessons::figure::Figure;
use crate::lessons::figure::Unit;
use crate::lessons::find::Found;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;

pub(super) fn find(desk: &Desk<'_>, kind: RowKind, filter: &Filter) -> Option<Found> {
    let rows = Rows::new(desk.analysis);
    let row = rows
        .all(kind)
        .into_iter()
        .find(|row| filter.passes(&rows, *row))?;
    let mut found = Found::at(frames(desk, row)?)?;
    found.call = rows
        .calls_of(row)
        .first()
        .copied()
        .and_then(|call| u32::try_from(call).ok())
        .map(PeerConnectionId);
    match row {
        Row::Stream(index) => found.stream = u32::try_from(index).ok().map(StreamId),
        Row::Http(index) => found.exchange = u32::try_from(index).ok().map(ExchangeId),
        _ => {}
    }
    for field in catalogue::all().filter(|field| field.row == Some(kind)) {
        let figure = figure(&field.value(&rows, row), field.kind);
        found.set_some(field.name, figure);
    }
    Some(found)
}

/// A value as a figure; none for what is not known.
fn figure(value: &Value<'_>, kind: Kind) -> Option<Figure> {
    Some(match value {
        Value::Absent | Value::Bytes(_) => return None,
        Value::Text(text) => Figure::word(text),
        Value::Flag(flag) => Figure::word(if *flag { "yes" } else { "no" }),
        Value::Ip(ip) => Figure::address(*ip),
        Value::Socket(socket) => Figure::socket(*socket),
        Value::Number(number) => match kind {
            Kind::Number(catalogue::Unit::Seconds) => Figure::number(*number, 3, Unit::Seconds),
            Kind::Number(catalogue::Unit::Milliseconds) => {
                Figure::number(*number, 2, Unit::Milliseconds)
            }
            Kind::Number(catalogue::Unit::Bytes) => Figure::number(*number, 0, Unit::Bytes),
            Kind::Number(catalogue::Unit::BitsPerSecond) => {
                Figure::number(*number / 1e3, 1, Unit::Kilobits)
            }
            Kind::Number(catalogue::Unit::Ratio) => Figure::number(*number * 1e2, 1, Unit::Percent),
            _ if number.fract() == 0.0 => Figure::number(*number, 0, Unit::None),
            _ => Figure::number(*number, 3, Unit::None),
        },
        Value::Many(values) => {
            let texts: Vec<_> = values.iter().map(Value::text).collect();
            Figure::word(&texts.join(", "))
        }
    })
}

/// Frames that show a row.
fn frames(desk: &Desk<'_>, row: Row) -> Option<Vec<FrameNumber>> {
    let scene = &desk.analysis.scene;
    Some(match row {
        Row::Call(call) => {
            let call = scene.peer_connections.get(call)?;
            let described = call.descriptions.iter().flat_map(|it| &it.frames);
            let checked = call.ice.pairs.iter().flat_map(|it| &it.frames);
            let changed = call.state_history.iter().flat_map(|it| &it.frames);
            described.chain(checked).chain(changed).copied().collect()
        }
        Row::Stream(index) => vec![scene.streams.get(index)?.stats.first.frame],
        Row::Flow(index) => vec![scene.flows.get(index)?.first_frame],
        Row::Http(index) => {
            let exchange = scene.http.get(index)?;
            let request = exchange.request.iter().flat_map(|it| &it.frames);
            let response = exchange.response.iter().flat_map(|it| &it.frames);
            request.chain(response).copied().collect()
        }
        Row::Finding(index) => {
            let evidence = &desk.analysis.findings.get(index)?.evidence;
            evidence.iter().flat_map(|it| &it.frames).copied().collect()
        }
        Row::Candidate(call, index) => {
            let call = scene.peer_connections.get(call)?;
            call.ice.candidates.get(index)?.frames.clone()
        }
        Row::Pair(call, index) => {
            let call = scene.peer_connections.get(call)?;
            call.ice.pairs.get(index)?.frames.clone()
        }
        Row::Dtls(index) => {
            let association = &scene.dtls.get(index)?.association;
            let hellos = association.hello_frames.frames().iter();
            hellos.chain(&association.state.evidence).copied().collect()
        }
        Row::Channel(index) => {
            let (first, last) = scene.data_channels.get(index)?.channel.span;
            vec![first.frame, last.frame]
        }
        Row::Turn(index) => scene.turn.get(index)?.frames.clone(),
        // Packets are no list of an analysis.
        Row::Packet => return None,
    })
}
