//! The filter's fields against the JSON report: the same names, the same values, in every capture; and what filters find in them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::collections::BTreeSet;
use std::path::Path;

use rtcscope::analyzer::analysis::Analysis;
use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::analyzer::pipeline::analyze;
use rtcscope::filter::Filter;
use rtcscope::filter::catalogue;
use rtcscope::filter::catalogue::Field;
use rtcscope::filter::catalogue::Kind;
use rtcscope::filter::catalogue::Origin;
use rtcscope::filter::rows::Row;
use rtcscope::filter::rows::RowKind;
use rtcscope::filter::rows::Rows;
use rtcscope::filter::shown::Shown;
use rtcscope::filter::value::Value;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Source;
use rtcscope::report::json::Report;
use serde_json::Value as Json;

fn analysis(capture: &str) -> Analysis {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures")
        .join(capture)
        .join("capture.pcapng");
    let mut source = Source::open(vec![Input::Path(path)]).unwrap();
    let mut analyzer = Analyzer::default();
    analyze(&mut source, &mut analyzer, |_, _| true);
    analyzer.snapshot(source.files())
}

fn captures() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let folders = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap());
    let captures = folders.filter(|entry| entry.path().join("capture.pcapng").exists());
    captures
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn every_field_is_the_reports() {
    let mut met = BTreeSet::new();
    for capture in captures() {
        let analysis = analysis(&capture);
        let report = serde_json::to_value(Report::new(&analysis)).unwrap();
        let rows = Rows::new(&analysis);
        for kind in RowKind::ALL {
            for row in rows.all(kind) {
                for field in catalogue::all().filter(|field| field.row == Some(kind)) {
                    let Some(json) = in_report(&report, row, field) else {
                        continue;
                    };
                    let value = field.value(&rows, row);
                    assert!(
                        is_same(&value, &json),
                        "{capture}: {row:?} {}: {value:?} is not {json}",
                        field.name
                    );
                    if let Kind::Word(words) = field.kind {
                        let text = value.text();
                        assert!(
                            value == Value::Absent || words.contains(&text.as_ref()),
                            "{}: {text}",
                            field.name
                        );
                    }
                    met.insert(field.name);
                }
            }
        }
    }
    // What no capture here shows has at least its name in the schema.
    let schema = include_str!("../docs/report.schema.json");
    let reported = |field: &&Field| field.row.is_some() && field.origin != Origin::Capture;
    for field in catalogue::all().filter(reported) {
        let (_, last) = field.name.rsplit_once('.').unwrap();
        assert!(
            met.contains(field.name) || schema.contains(&format!("\"{last}\": {{")),
            "no report has {}",
            field.name
        );
    }
    assert!(met.len() > 150, "{}", met.len());
}

/// What the report says of a field; `None` where it has no such key, as some objects are absent when empty.
fn in_report(report: &Json, row: Row, field: &Field) -> Option<Json> {
    let object = match row {
        Row::Call(index) if field.origin == Origin::Verdict => {
            let id = &report["peerConnections"][index]["id"];
            let verdicts = report["verdicts"].as_array().unwrap();
            verdicts
                .iter()
                .find(|verdict| verdict["peerConnection"] == *id)?
        }
        Row::Call(index) => &report["peerConnections"][index],
        Row::Stream(index) => &report["streams"][index],
        Row::Flow(index) => &report["flows"][index],
        Row::Http(index) => &report["http"][index],
        Row::Finding(index) => &report["findings"][index],
        Row::Candidate(call, index) => &report["peerConnections"][call]["ice"]["candidates"][index],
        Row::Pair(call, index) => &report["peerConnections"][call]["ice"]["pairs"][index],
        Row::Dtls(index) => &report["dtls"][index],
        Row::Channel(index) => &report["dataChannels"][index],
        Row::Turn(index) => &report["turn"][index],
        // The report has no packets.
        Row::Packet => return None,
    };
    if field.origin == Origin::Capture {
        return None;
    }
    if field.origin == Origin::Derived {
        return derived(object, field.name);
    }
    let (_, path) = field.name.split_once('.').unwrap();
    let mut at = object;
    for part in path.split('.') {
        if at.is_null() {
            // An object that the report leaves null: what is in it is not known.
            return Some(Json::Null);
        }
        // A field of the objects of a list is the list of what they have there.
        if let Some(list) = at.as_array() {
            let each = list.iter().map(|object| object.get(part).cloned());
            return each.collect::<Option<Vec<Json>>>().map(Json::Array);
        }
        at = at.get(part)?;
    }
    Some(at.clone())
}

fn derived(object: &Json, name: &str) -> Option<Json> {
    match name {
        "stream.loss" => {
            let lost = object["packetsLost"].as_f64()?;
            Some((lost / (lost + object["packets"].as_f64()?)).into())
        }
        "http.path" => {
            let Some(url) = object["url"].as_str() else {
                return Some(Json::Null);
            };
            let path = url.splitn(4, '/').nth(3);
            path.map(|path| format!("/{path}").into())
        }
        // A derived field that is not derived here fails above: no report has it.
        _ => None,
    }
}

fn is_same(value: &Value<'_>, json: &Json) -> bool {
    match (value, json) {
        (Value::Absent, json) => json.is_null(),
        (Value::Number(number), Json::Number(other)) => {
            (number - other.as_f64().unwrap()).abs() < 1e-8
        }
        (Value::Flag(flag), Json::Bool(other)) => flag == other,
        (Value::Many(values), Json::Array(others)) => {
            values.len() == others.len()
                && values
                    .iter()
                    .zip(others)
                    .all(|(value, json)| is_same(value, json))
        }
        (value, Json::String(other)) => value.text() == other.as_str(),
        _ => false,
    }
}

/// Ids of the calls that pass, from 1.
fn calls(analysis: &Analysis, filter: &str) -> Vec<usize> {
    let shown = Shown::new(analysis, &filter.parse::<Filter>().unwrap());
    let mut calls: Vec<usize> = shown.calls.iter().map(|call| call + 1).collect();
    calls.sort_unstable();
    calls
}

#[test]
fn filters_find_the_calls_they_describe() {
    let analysis = analysis("videoroom-http");
    for (filter, expected) in [
        ("", &[1, 2][..]),
        ("call.id == pc-2", &[2]),
        ("call.id in {pc-1, PC-2}", &[1, 2]),
        ("not call.id == pc-1", &[2]),
        ("call.outcome == ok", &[1, 2]),
        ("call.outcome == failed or call.id == pc-1", &[1]),
        ("call.label ~ publisher", &[1]),
        ("pair.selected == true and pair.state == succeeded", &[1, 2]),
        ("pair.selected == true and pair.state == failed", &[]),
        ("http.path ~ \"/janus\"", &[1, 2]),
        ("no-such-word", &[]),
        ("stream.packets > 0", &[1, 2]),
        ("not stream.packets > 0", &[]),
        ("finding", &[]),
    ] {
        assert_eq!(calls(&analysis, filter), expected, "{filter}");
    }
}

#[test]
fn tests_joined_by_and_are_about_the_same_row() {
    let analysis = analysis("audio-video");
    let rows = Rows::new(&analysis);
    let passes = |filter: &str, row| filter.parse::<Filter>().unwrap().passes(&rows, row);
    // Each is true of some stream, both of none.
    assert!(passes("stream.kind == audio", Row::Call(0)));
    assert!(passes("stream.clockRate == 90000", Row::Call(0)));
    assert!(!passes(
        "stream.kind == audio and stream.clockRate == 90000",
        Row::Call(0)
    ));
    // A stream is asked itself, not its neighbours.
    let streams = rows.of_call(0, RowKind::Stream);
    let audio = |row: &Row| passes("stream.kind == audio", *row);
    let heard = streams.iter().filter(|row| audio(row)).count();
    assert!(heard > 0 && heard < streams.len());
    assert!(streams.iter().all(|row| passes("call.id == pc-1", *row)));
}

#[test]
fn an_address_finds_the_calls_that_use_it() {
    let analysis = analysis("videoroom-http");
    let address = analysis.scene.peer_connections[0].b.addresses[0];
    assert_eq!(calls(&analysis, &format!("ip == {address}")), [1, 2]);
    assert_eq!(calls(&analysis, &format!("ip == {address}/24")), [1, 2]);
    assert_eq!(calls(&analysis, "ip == 9.9.9.9"), [0; 0]);
    assert_eq!(calls(&analysis, "ip == 9.9.9.9 or ip == 0.0.0.0/0"), [1, 2]);
}

#[test]
fn what_is_left_hangs_together() {
    for capture in captures() {
        let analysis = analysis(&capture);
        let everything = Shown::new(&analysis, &"".parse().unwrap());
        let nothing = Shown::new(&analysis, &"no-such-word-anywhere".parse().unwrap());
        assert_eq!(everything.calls.len(), everything.of, "{capture}");
        assert!(nothing.calls.is_empty() && nothing.flows.is_empty());
        for (call, connection) in analysis.scene.peer_connections.iter().enumerate() {
            let filter = format!("call.id == pc-{}", call + 1);
            let shown = Shown::new(&analysis, &filter.parse().unwrap());
            assert_eq!(shown.calls.len(), 1, "{capture}");
            let streams = connection.streams.iter();
            assert!(
                streams
                    .map(|id| id.index())
                    .all(|id| shown.streams.contains(&id))
            );
            for verdict in shown.verdicts.iter().map(|&it| &analysis.verdicts[it]) {
                assert!(verdict.cause.is_none_or(|it| shown.findings.contains(&it)));
            }
        }
    }
}
