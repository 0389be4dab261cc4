//! WebSocket in captures: what is read must be what the browser recorded, and what an independent reader counted.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::flow::demux::Demux;
use crate::flow::demux::FlowLimits;
use crate::flow::exchange::Exchanges;
use crate::flow::exchange::Scheme;
use crate::flow::http::HttpEvent;
use crate::flow::http::connection::HttpConnection;
use crate::flow::observation::Observation;
use crate::flow::reassembly::Stream;
use crate::flow::websocket::budget::Budget;
use crate::flow::websocket::connection::WebSocketConnection;
use crate::flow::websocket::message::Endpoint;
use crate::flow::websocket::message::Event;
use crate::flow::websocket::message::Kind;
use crate::flow::websocket::message::Message;
use crate::ingest::raw::Input;
use crate::ingest::source::Item;
use crate::ingest::source::Source;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::ids::FlowId;
use crate::wire::packet::Body;
use crate::wire::packet::decode;
use crate::wire::websocket::extension::Extensions;
use crate::wire::websocket::header::Opcode;

/// The captures' folder, or a word that there is none.
fn captures(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    let path = path.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no captures in {}", path.display());
    None
}

/// Everything that the WebSocket connections of a capture carried.
fn events(path: &Path) -> Vec<Event> {
    let mut source = Source::open(vec![Input::Path(path.to_owned())]).unwrap();
    let mut flows = HashMap::new();
    let (mut exchanges, mut budget, mut events) =
        (Exchanges::default(), Budget::default(), Vec::new());
    while let Some(item) = source.pull() {
        let Item::Frame(frame) = item else {
            continue;
        };
        let Body::Tcp(segment) = decode(frame.link, frame.data, frame.original_length).body else {
            continue;
        };
        let tuple = |a, b| FiveTuple {
            transport: Transport::Tcp,
            a,
            b,
        };
        let reverse = tuple(segment.destination, segment.source);
        let (key, direction) = if flows.contains_key(&reverse) {
            (reverse, Direction::Reverse)
        } else {
            (
                tuple(segment.source, segment.destination),
                Direction::Forward,
            )
        };
        let (stream, http, websocket) = flows.entry(key).or_insert_with(|| {
            let http = HttpConnection::new(FlowId(0), key, Scheme::Http);
            (Stream::default(), http, None)
        });
        stream.segment(
            frame.at,
            frame.number,
            direction,
            &segment,
            &mut |direction, chunk| {
                http.observe(direction, chunk, &mut exchanges, &mut |event| match event {
                    HttpEvent::Upgraded {
                        client, extensions, ..
                    } => {
                        let extensions = Extensions::new(extensions.split(','));
                        *websocket = Some(WebSocketConnection::new(client, &extensions));
                    }
                    HttpEvent::Through { direction, chunk } => {
                        if let Some(websocket) = websocket {
                            let mut sink = |event| events.push(event);
                            websocket.observe(direction, chunk, &mut budget, &mut sink);
                        }
                    }
                    _ => {}
                });
            },
        );
    }
    events
}

#[test]
fn a_lab_call_over_websocket_is_read_as_its_browser_recorded_it() {
    let Some(folder) = captures("lab/websocket") else {
        return;
    };
    let truth = fs::read_to_string(folder.join("truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let mut found = Vec::new();
    for event in events(&folder.join("alice.pcapng")) {
        match event {
            Event::Message(message) => {
                assert!(message.complete);
                found.push((message.from, String::from_utf8(message.payload).unwrap()));
            }
            Event::Fault { fault, .. } => panic!("{fault}"),
            Event::Control(_) => {}
        }
    }
    let mut told = Vec::new();
    for socket in truth["peers"]["alice"]["sockets"].as_array().unwrap() {
        for frame in socket["frames"].as_array().unwrap() {
            let from = match frame["from"].as_str().unwrap() {
                "client" => Endpoint::Client,
                _ => Endpoint::Server,
            };
            told.push((from, frame["payload"].as_str().unwrap().to_owned()));
        }
    }
    // Each side's order is certain; how the sides interleave, the browser sees later than the wire.
    let said_by = |messages: &[(Endpoint, String)], endpoint| {
        let texts = messages.iter().filter(|(from, _)| *from == endpoint);
        texts.map(|(_, text)| text.clone()).collect::<Vec<_>>()
    };
    for endpoint in [Endpoint::Client, Endpoint::Server] {
        assert_eq!(said_by(&found, endpoint), said_by(&told, endpoint));
        assert!(said_by(&found, endpoint).len() > 10);
    }
}

#[test]
fn a_capture_that_begins_after_the_handshake_gives_the_same_messages() {
    let Some(folder) = captures("lab/websocket") else {
        return;
    };
    let messages = |begins_at| {
        let input = Input::Path(folder.join("alice.pcapng"));
        let mut source = Source::open(vec![input]).unwrap();
        let mut demux = Demux::new(FlowLimits { flows: 1000 });
        let mut messages: Vec<Message> = Vec::new();
        while let Some(item) = source.pull() {
            if let Item::Frame(frame) = item
                && frame.number.number() >= begins_at
            {
                demux.push(&frame, &mut |_, observation| {
                    if let Observation::WebSocketMessage { message, .. } = observation {
                        messages.push(message.clone());
                    }
                });
            }
        }
        assert!(demux.faults().is_empty(), "{:?}", demux.faults());
        assert_eq!(demux.counts().websocket_connections, 1);
        messages
    };
    let (whole, late) = (messages(1), messages(67));
    assert!(whole.len() > 20 && whole == late);
    assert_eq!(messages(71), whole[4..]);
}

#[test]
fn public_captures_have_the_frames_that_another_reader_counted() {
    let Some(folder) = captures("public") else {
        return;
    };
    let index = fs::read_to_string(folder.join("index.tsv")).unwrap();
    let mut checked = 0;
    for row in index.lines() {
        let Some((_, counted)) = row.split_once("ws_opcodes=") else {
            continue;
        };
        let name = row.split('\t').next().unwrap();
        let mut expected = BTreeMap::new();
        for pair in counted.split(';').next().unwrap().trim().split('+') {
            let (opcode, count) = pair.split_once(':').unwrap();
            expected.insert(opcode.parse().unwrap(), count.parse().unwrap());
        }
        let mut found: BTreeMap<u8, u32> = BTreeMap::new();
        for event in events(&folder.join(name)) {
            match event {
                Event::Message(message) => {
                    assert!(message.complete, "{name}: {message:?}");
                    let opcode = match message.kind {
                        Kind::Text => Opcode::Text,
                        _ => Opcode::Binary,
                    };
                    *found.entry(opcode.bits()).or_default() += 1;
                    if message.fragments > 1 {
                        let more = message.fragments - 1;
                        *found.entry(Opcode::Continuation.bits()).or_default() += more;
                    }
                }
                Event::Control(control) => *found.entry(control.opcode.bits()).or_default() += 1,
                Event::Fault { fault, .. } => panic!("{name}: {fault}"),
            }
        }
        assert_eq!(found, expected, "{name}");
        checked += 1;
    }
    assert!(checked > 5, "{checked}");
}
