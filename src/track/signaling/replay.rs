//! The lab's calls, replayed from what the browsers recorded: what the trackers find must be what the browsers said and heard.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use serde_json::Value;

use crate::track::signaling::Signaling;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::HandleRole;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::incoming::Incoming;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Descriptions and candidates of one side of a peer connection, in order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    descriptions: Vec<(String, String)>,
    candidates: Vec<String>,
}

#[test]
fn every_lab_call_is_told_as_its_browsers_told_it() {
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
        for (peer, client) in [("alice", "192.168.10.2"), ("bob", "192.168.20.2")] {
            if truth["peers"][peer].is_object() {
                let ip = client.parse().unwrap();
                let (name, peer) = (scenario.path().display().to_string(), &truth["peers"][peer]);
                connections += compare(&name, &replay(peer, ip), peer, &truth["janus"]);
            }
        }
    }
    assert!(connections > 60, "{connections}");
}

/// What Janus itself said about its handles (Admin API, `handle_info`), just before the end of the call.
fn check_handles(name: &str, dialogue: &Dialogue, truth: &Value) {
    for told in truth.as_array().into_iter().flatten() {
        if Some(told["session_id"].to_string()) != dialogue.protocol_session_id {
            continue;
        }
        let id = told["handle_id"].to_string();
        let handle = dialogue
            .handles
            .iter()
            .find(|handle| handle.id == id)
            .unwrap();
        let plugin = &told["plugin_specific"];
        assert_eq!(handle.plugin.as_deref(), told["plugin"].as_str(), "{name}");
        // A join that is refused leaves the handle without type and room; here it shows what was asked for.
        if plugin["type"].is_null() {
            continue;
        }
        assert_eq!(
            handle.role.as_ref().map(HandleRole::word),
            plugin["type"].as_str(),
            "{name}"
        );
        assert_eq!(handle.room, Some(plugin["room"].to_string()), "{name}");
        if let Some(display) = plugin["display"].as_str() {
            assert_eq!(handle.display.as_deref(), Some(display), "{name}");
        } else {
            let mut feeds: Vec<(String, Option<String>)> = Vec::new();
            for stream in plugin["streams"].as_array().into_iter().flatten() {
                let display = stream["feed_display"].as_str().map(str::to_owned);
                feeds.push((stream["feed_id"].to_string(), display));
            }
            feeds.dedup();
            // Where the call failed, the feed was gone again by then.
            assert!(
                feeds.is_empty() || handle.feeds == feeds,
                "{name}: {handle:?}"
            );
        }
    }
}

/// Compares what the tracker found with what a browser and Janus recorded; returns how many peer connections that were.
pub(super) fn compare(name: &str, signaling: &Signaling, peer: &Value, handles: &Value) -> usize {
    assert!(
        signaling.faults().is_empty(),
        "{name}: {:?}",
        signaling.faults()
    );
    let dialogues = signaling.dialogues();
    if dialogues.is_empty() {
        return 0;
    }
    assert_eq!(dialogues.len(), 1, "{name}: {dialogues:?}");
    let dialogue = &dialogues[0];
    check_handles(name, dialogue, handles);
    let connections = peer["peerConnections"].as_array().unwrap();
    assert_eq!(
        dialogue
            .handles
            .iter()
            .enumerate()
            .filter(|(index, _)| !on_wire(dialogue, *index, Sender::Client)
                .descriptions
                .is_empty())
            .count(),
        connections.len(),
        "{name}"
    );
    for (index, connection) in connections.iter().enumerate() {
        for (sender, side) in [(Sender::Client, "Local"), (Sender::Server, "Remote")] {
            let told = in_browser(connection, side);
            let found = on_wire(dialogue, index, sender);
            assert_eq!(
                found.descriptions, told.descriptions,
                "{name} {index} {side}"
            );
            assert_eq!(found.candidates, told.candidates, "{name} {index} {side}");
        }
    }
    connections.len()
}

fn on_wire(dialogue: &Dialogue, handle: usize, from: Sender) -> Said {
    let mut said = Said::default();
    let messages = dialogue
        .messages
        .iter()
        .filter(|message| message.handle == Some(handle) && message.from == from);
    for carried in messages.flat_map(|message| &message.carried) {
        match carried {
            Carried::Description { kind, sdp } => said
                .descriptions
                .push((kind.unwrap().word().to_owned(), unmangled(sdp))),
            Carried::Candidate { candidate, mid, .. } => {
                said.candidates.push(format!("{candidate} {mid:?}"));
            }
            _ => {}
        }
    }
    said.candidates.sort_unstable();
    said
}

fn in_browser(connection: &Value, side: &str) -> Said {
    let mut said = Said::default();
    for entry in connection["log"].as_array().unwrap() {
        let event = entry["event"].as_str().unwrap();
        if event == format!("set{side}Description") {
            let sdp = unmangled(entry["sdp"].as_str().unwrap());
            said.descriptions
                .push((entry["type"].as_str().unwrap().to_owned(), sdp));
        } else if event == format!("{}Candidate", side.to_lowercase())
            && entry["candidate"]["candidate"]
                .as_str()
                .is_some_and(|line| !line.is_empty())
        {
            let mid = entry["candidate"]["sdpMid"].as_str().map(str::to_owned);
            said.candidates.push(format!(
                "{} {mid:?}",
                entry["candidate"]["candidate"].as_str().unwrap()
            ));
        }
    }
    said.candidates.sort_unstable();
    said
}

/// Two scenarios mangle fingerprints between browser and wire: leave them out.
fn unmangled(sdp: &str) -> String {
    sdp.lines()
        .filter(|line| !line.starts_with("a=fingerprint:"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn replay(peer: &Value, client: IpAddr) -> Signaling {
    let mut signaling = Signaling::default();
    let server = TransportAddress::new("203.0.113.10".parse().unwrap(), 8088);
    let frames = [FrameNumber::new(0, 1)];
    let mut events: Vec<(f64, Incoming<'_>)> = Vec::new();
    for (index, exchange) in peer["http"].as_array().unwrap().iter().enumerate() {
        let remote = exchange["remote"]
            .as_str()
            .and_then(|remote| remote.rsplit_once(':'));
        let address = remote.map(|(ip, port)| {
            (
                ip.trim_matches(['[', ']']).parse().unwrap(),
                port.parse().unwrap(),
            )
        });
        let request = Incoming {
            carrier: Carrier::Http,
            from: Sender::Client,
            at: Timestamp::default(),
            frames: &frames,
            flow: FlowId(exchange["connection"].as_u64().unwrap_or_default() as u32),
            exchange: Some(ExchangeId(index as u32)),
            client,
            server: address.map_or(server, |(ip, port)| TransportAddress::new(ip, port)),
            method: exchange["method"].as_str(),
            url: exchange["url"].as_str(),
            status: None,
            content_type: Some("application/json"),
            location: None,
            body: exchange["requestBody"]
                .as_str()
                .unwrap_or_default()
                .as_bytes(),
            complete: true,
        };
        events.push((exchange["t"].as_f64().unwrap(), request));
        if let Some(end) = exchange["tEnd"].as_f64() {
            let response = Incoming {
                from: Sender::Server,
                status: exchange["status"].as_u64().map(|status| status as u16),
                content_type: exchange["mimeType"].as_str(),
                body: exchange["responseBody"]
                    .as_str()
                    .unwrap_or_default()
                    .as_bytes(),
                ..request
            };
            events.push((end, response));
        }
    }
    for (index, socket) in peer["sockets"].as_array().into_iter().flatten().enumerate() {
        for frame in socket["frames"].as_array().unwrap() {
            let message = Incoming {
                carrier: Carrier::WebSocket,
                from: if frame["from"] == "client" {
                    Sender::Client
                } else {
                    Sender::Server
                },
                at: Timestamp::default(),
                frames: &frames,
                flow: FlowId(index as u32),
                exchange: None,
                client,
                server,
                method: None,
                url: socket["url"].as_str(),
                status: None,
                content_type: None,
                location: None,
                body: frame["payload"].as_str().unwrap().as_bytes(),
                complete: true,
            };
            events.push((frame["t"].as_f64().unwrap(), message));
        }
    }
    events.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (milliseconds, incoming) in &events {
        signaling.observe(&Incoming {
            at: Timestamp::from_nanos((milliseconds * 1e6) as u64),
            ..*incoming
        });
    }
    signaling
}
