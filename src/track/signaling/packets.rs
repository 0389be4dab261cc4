//! The lab's calls again, this time from the packets: what the trackers find in a capture must be what the browser recorded.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::flow::exchange::Exchanges;
use crate::flow::exchange::Scheme;
use crate::flow::http::HttpEvent;
use crate::flow::http::connection::HttpConnection;
use crate::flow::reassembly::Stream;
use crate::ingest::raw::Input;
use crate::ingest::source::Item;
use crate::ingest::source::Source;
use crate::track::signaling::Signaling;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::replay::compare;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::ids::FlowId;
use crate::wire::packet::Body;
use crate::wire::packet::decode;

#[test]
fn plain_http_calls_in_packets_are_told_as_their_browser_told_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures/lab");
    let Ok(scenarios) = fs::read_dir(&folder) else {
        println!("skipped: no captures in {}", folder.display());
        return;
    };
    let mut connections = 0;
    for scenario in scenarios.filter_map(Result::ok) {
        let Ok(text) = fs::read_to_string(scenario.path().join("truth.json")) else {
            continue;
        };
        let truth: Value = serde_json::from_str(&text).unwrap();
        let signaling = analyze(&scenario.path().join("alice.pcapng"));
        let name = scenario.path().display().to_string();
        connections += compare(&name, &signaling, &truth["peers"]["alice"], &truth["janus"]);
    }
    assert!(connections > 30, "{connections}");
}

/// Runs the HTTP of a capture through the tracker.
fn analyze(path: &Path) -> Signaling {
    let mut source = Source::open(vec![Input::Path(path.to_owned())]).unwrap();
    let mut flows: HashMap<FiveTuple, (Stream, HttpConnection)> = HashMap::new();
    let (mut exchanges, mut signaling) = (Exchanges::default(), Signaling::default());
    while let Some(item) = source.pull() {
        let Item::Frame(frame) = item else {
            continue;
        };
        let Body::Tcp(segment) = decode(frame.link, frame.data, frame.original_length).body else {
            continue;
        };
        if ![segment.source.port, segment.destination.port]
            .iter()
            .any(|port| PORTS.contains(port))
        {
            continue;
        }
        let (forward, reverse) = [
            (segment.source, segment.destination),
            (segment.destination, segment.source),
        ]
        .map(|(a, b)| FiveTuple {
            transport: Transport::Tcp,
            a,
            b,
        })
        .into();
        let (tuple, direction) = if flows.contains_key(&reverse) {
            (reverse, Direction::Reverse)
        } else {
            (forward, Direction::Forward)
        };
        let flow = FlowId(flows.len() as u32);
        let (stream, http) = flows.entry(tuple).or_insert_with(|| {
            (
                Stream::default(),
                HttpConnection::new(flow, tuple, Scheme::Http),
            )
        });
        let mut complete = Vec::new();
        stream.segment(
            frame.at,
            frame.number,
            direction,
            &segment,
            &mut |direction, chunk| {
                http.observe(direction, chunk, &mut exchanges, &mut |event| match event {
                    HttpEvent::RequestComplete(id) => complete.push((id, Sender::Client)),
                    HttpEvent::ResponseComplete(id) => complete.push((id, Sender::Server)),
                    _ => {}
                });
            },
        );
        for (id, from) in complete {
            signaling.observe_exchange(exchanges.get(id).unwrap(), from);
        }
    }
    signaling
}

/// Where the lab speaks HTTP without TLS: Janus, and the web server.
const PORTS: &[u16] = &[8088, 80];
