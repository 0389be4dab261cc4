//! Lines of the screens as a filter sees them: like the packets that they stand for.

use std::borrow::Cow;

use crate::filter::packet::Packet;
use crate::filter::packet::of_message;
use crate::filter::rows::Row;
use crate::filter::rows::Rows;
use crate::filter::value::Value;
use crate::session::model::scene::Scene;
use crate::timeline::host::Hosts;
use crate::timeline::ladder;
use crate::timeline::ladder::Course;
use crate::timeline::ladder::Subject;
use crate::tui::packet::summary::Summary;
use crate::tui::sheet;
use crate::tui::sheet::Cell;
use crate::tui::state::filter::Filter;
use crate::vocab::address::TransportAddress;
use crate::vocab::frame::Frame;
use crate::vocab::ids::PeerConnectionId;

/// Does a line of nothing but words pass? `rows`: what it belongs to.
pub fn words(filter: &Filter, all: &Rows<'_>, rows: &[Row], text: &str) -> bool {
    filter.passes_packet(all, &line(rows, text.into()))
}

/// Per line of a ladder: is it what is searched for?
pub fn ladder(
    filter: &Filter,
    all: &Rows<'_>,
    call: PeerConnectionId,
    hosts: Option<&Hosts>,
    lines: &[ladder::Row],
) -> Vec<bool> {
    let name = |column: usize| -> Value<'_> {
        let host = hosts.and_then(|hosts| hosts.list.get(column));
        let Some(host) = host else {
            return Value::Absent;
        };
        let addresses = host.addresses.iter().map(|ip| Value::Ip(*ip));
        Value::Many(
            std::iter::once(Value::from(&host.name))
                .chain(addresses)
                .collect(),
        )
    };
    let each = lines.iter().map(|row| {
        let mut rows = vec![Row::Call(call.index())];
        rows.extend(match row.subject {
            Subject::Pair(at) => Some(Row::Pair(call.index(), at)),
            Subject::Dtls(id) => Some(Row::Dtls(id.index())),
            Subject::Stream(id) => Some(Row::Stream(id.index())),
            Subject::Turn(id) => Some(Row::Turn(id.index())),
            Subject::Message(dialogue, at) => exchange(&all.analysis.scene, dialogue.index(), at),
            Subject::Query(_) | Subject::Connection => None,
        });
        let (from, to) = match row.course {
            Course::Arrow { from, to, .. } => (name(from), name(to)),
            Course::Both { one, other, .. } => (name(one), name(other)),
            Course::Note => (Value::Absent, Value::Absent),
        };
        let packet = Packet {
            number: row.frames.first().copied(),
            seconds: Some(all.analysis.scene.seconds(row.at)),
            from,
            to,
            protocol: row.layer.word(),
            texts: texts(&all.analysis.scene, row.subject),
            ..line(&rows, row.text.as_str().into())
        };
        filter.passes_packet(all, &packet)
    });
    each.collect()
}

/// What a message carries.
fn texts(scene: &Scene, subject: Subject) -> Vec<Cow<'_, str>> {
    let Subject::Message(dialogue, at) = subject else {
        return Vec::new();
    };
    let dialogue = scene.dialogues.get(dialogue.index());
    let message = dialogue.and_then(|dialogue| dialogue.messages.get(at));
    message.map(of_message).unwrap_or_default()
}

/// The HTTP exchange of a message.
fn exchange(scene: &Scene, dialogue: usize, at: usize) -> Option<Row> {
    let message = scene.dialogues.get(dialogue)?.messages.get(at)?;
    Some(Row::Http(message.exchange?.index()))
}

/// Positions of the rows of a call's sheet that pass; the head of a part stays with what is left of it.
pub fn sheet(
    filter: &Filter,
    all: &Rows<'_>,
    call: PeerConnectionId,
    protocol: &'static str,
    lines: &[sheet::Row],
) -> Vec<usize> {
    if filter.is_empty() {
        return (0..lines.len()).collect();
    }
    let mut shown = Vec::new();
    let mut head = None;
    for (at, row) in lines.iter().enumerate() {
        if row.heading {
            head = Some(at);
        }
        let texts: Vec<&str> = row.cells.iter().map(Cell::text).collect();
        let around = row
            .about
            .and_then(|about| around(&all.analysis.scene, about));
        let rows: Vec<Row> = [Row::Call(call.index())]
            .into_iter()
            .chain(row.about)
            .chain(around)
            .collect();
        let time = row.cells.iter().find_map(|cell| match cell {
            Cell::Time(at) => Some(all.analysis.scene.seconds(*at)),
            _ => None,
        });
        let packet = Packet {
            number: row.frames.first().copied(),
            seconds: time,
            protocol,
            ..line(&rows, texts.join(" ").into())
        };
        if filter.passes_packet(all, &packet) {
            shown.extend(head.take().filter(|head| *head != at));
            shown.push(at);
        }
    }
    shown
}

/// What a row is part of, beside a call.
fn around(scene: &Scene, row: Row) -> Option<Row> {
    match row {
        Row::Channel(index) => Some(Row::Dtls(scene.data_channels.get(index)?.dtls.index())),
        _ => None,
    }
}

/// A frame of the capture; `line`: what it says, where that is asked.
pub fn packet<'a>(
    frame: &Frame<'a>,
    line: Option<&'a Summary>,
    rows: &'a [Row],
    payload: &'a [u8],
    texts: Vec<Cow<'a, str>>,
    scene: &Scene,
) -> Packet<'a> {
    let tuple = line.and_then(|line| line.tuple);
    let end = |socket: Option<TransportAddress>, text: Option<&'a String>| match (socket, text) {
        (Some(socket), _) => Value::Socket(socket),
        (None, Some(text)) => Value::host(text),
        (None, None) => Value::Absent,
    };
    Packet {
        rows,
        number: Some(frame.number),
        seconds: Some(scene.seconds(frame.at)),
        from: end(tuple.map(|it| it.a), line.map(|line| &line.source)),
        to: end(tuple.map(|it| it.b), line.map(|line| &line.destination)),
        protocol: line.map_or("", |line| line.protocol),
        text: line.map_or("", |line| line.text.as_str()).into(),
        length: Some(frame.original_length),
        bytes: frame.data,
        payload,
        texts,
    }
}

const fn line<'a>(rows: &'a [Row], text: Cow<'a, str>) -> Packet<'a> {
    Packet {
        rows,
        number: None,
        seconds: None,
        from: Value::Absent,
        to: Value::Absent,
        protocol: "",
        text,
        length: None,
        bytes: &[],
        payload: &[],
        texts: Vec::new(),
    }
}
