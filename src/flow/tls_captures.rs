//! TLS in captures: what keys open, whenever they come, and what is known without them.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::crypt::keylog::KeyLog;
use crate::crypt::tls::facts::Facts;
use crate::crypt::tls::facts::Opening;
use crate::flow::demux::Demux;
use crate::flow::demux::FlowLimits;
use crate::flow::observation::Observation;
use crate::ingest::raw::Input;
use crate::ingest::source::Item;
use crate::ingest::source::Source;
use crate::wire::packet::Body;
use crate::wire::packet::decode;
use crate::wire::tls::registry::Version;

/// A capture, or a word that there is none.
fn capture(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/captures")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {}", path.display());
    None
}

/// When the key log is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    Before,
    After,
    Never,
}

#[derive(Debug, Default, PartialEq)]
struct Seen {
    stun: usize,
    channel_data: usize,
    requests: Vec<String>,
    /// Every exchange at the end, with its response's body.
    exchanges: Vec<(String, String)>,
    connections: Vec<Facts>,
    /// Those of QUIC among them.
    quic: Vec<Facts>,
    faults: Vec<(&'static str, u64)>,
}

/// Reads a capture; `drop` names TCP segments with payload, counted from 0, that are left out.
fn read(name: &str, log: &str, keys: Keys, drop: impl Fn(usize) -> bool) -> Option<Seen> {
    let (name, log) = (capture(name)?, capture(log)?);
    let mut key_log = KeyLog::default();
    key_log.add(&fs::read(log).expect("readable"));
    let key_log = Arc::new(key_log);
    let mut demux = Demux::new(FlowLimits { flows: 1000 });
    let mut seen = Seen::default();
    let mut sink = |_, observation: Observation<'_>| match observation {
        Observation::Stun { .. } => seen.stun += 1,
        Observation::ChannelData { .. } => seen.channel_data += 1,
        Observation::HttpResponse { exchange } => {
            let status = exchange
                .response
                .as_ref()
                .map_or(0, |response| response.status);
            seen.requests.push(format!("{} {status}", exchange.url()));
        }
        _ => {}
    };
    if keys == Keys::Before {
        demux.set_key_log(key_log.clone());
    }
    let mut source = Source::open(vec![Input::Path(name)]).expect("a capture");
    let mut segments = 0;
    while let Some(item) = source.pull() {
        let Item::Frame(frame) = item else {
            continue;
        };
        if let Body::Tcp(segment) = decode(frame.link, frame.data, frame.original_length).body
            && !segment.payload.is_empty()
        {
            segments += 1;
            if drop(segments - 1) {
                continue;
            }
        }
        demux.push(&frame, &mut sink);
    }
    if keys == Keys::After {
        demux.set_key_log(key_log);
    }
    demux.finish(&mut sink);
    for exchange in demux.tcp_conversations().exchanges() {
        let (request, response) = (&exchange.request, &exchange.response);
        let method = request.as_ref().map_or("", |request| &request.method);
        let status = response.as_ref().map_or(0, |response| response.status);
        let text = response
            .as_ref()
            .map_or_else(String::new, |response| response.body.text().into());
        let line = format!("{method} {} {status}", exchange.url());
        seen.exchanges.push((line, text));
    }
    let quic = demux.table().records().iter();
    let quic = quic.filter(|record| record.quic.is_some());
    seen.quic = quic
        .filter_map(|record| record.tls.as_deref().cloned())
        .collect();
    let records = demux.table().records().iter();
    seen.connections = records
        .filter_map(|record| record.tls.as_deref().cloned())
        .collect();
    let rows = demux.faults().rows();
    seen.faults = rows.map(|(_, name, row)| (name, row.count)).collect();
    Some(seen)
}

const RELAYED: [&str; 2] = ["lab/turn-tls/alice.pcapng", "lab/turn-tls/keys.log"];

#[test]
fn turn_inside_tls_1_2_is_read_whenever_the_keys_come() {
    let [name, log] = RELAYED;
    let Some(before) = read(name, log, Keys::Before, |_| false) else {
        return;
    };
    assert_eq!(before.connections.len(), 4);
    for facts in &before.connections {
        assert_eq!(facts.version, Some(Version::Tls12));
        assert_eq!(facts.opening, Opening::Opened);
        assert_eq!(facts.sealed_records, [0, 0]);
        assert_eq!(facts.server_name.as_deref(), Some("turn.lab.test"));
    }
    let resumed = before
        .connections
        .iter()
        .filter(|facts| facts.resumed)
        .count();
    assert_eq!(resumed, 2, "two connections go on with an earlier session");
    assert!(before.channel_data > 100, "{}", before.channel_data);
    let mut after = read(name, log, Keys::After, |_| false).expect("read before");
    assert!(after.channel_data > 0 && after.connections.len() == 4);
    let opened = |seen: &Seen| -> u64 {
        let counts = seen.connections.iter();
        counts.flat_map(|facts| facts.opened_records).sum()
    };
    // One connection carries more media than is held for late keys.
    assert!(opened(&after) <= opened(&before));
    let short = |facts: &Facts| facts.opened_records.iter().sum::<u64>() < 100;
    after.connections.retain(short);
    assert!(
        after
            .connections
            .iter()
            .all(|facts| facts.opening == Opening::Opened)
    );
}

#[test]
fn without_keys_only_the_clear_beginning_is_known() {
    let [name, log] = RELAYED;
    let Some(seen) = read(name, log, Keys::Never, |_| false) else {
        return;
    };
    assert_eq!(seen.channel_data, 0);
    for facts in &seen.connections {
        assert_eq!(facts.opening, Opening::NoSecrets);
        assert_eq!(facts.opened_records, [0, 0]);
        assert!(facts.sealed_records.iter().all(|&count| count > 0));
        let named = facts
            .certificate
            .as_ref()
            .map(|certificate| &certificate.subject);
        assert_eq!(named.is_none(), facts.resumed, "{named:?}");
    }
}

#[test]
fn lost_segments_cost_their_records_only() {
    let [name, log] = RELAYED;
    let Some(whole) = read(name, log, Keys::Before, |_| false) else {
        return;
    };
    // The handshakes are left alone: four times half a dozen segments, and some HTTP before them.
    let lossy = read(name, log, Keys::Before, |at| at > 200 && at % 50 == 0).expect("read before");
    let sum = |seen: &Seen| -> u64 {
        seen.connections
            .iter()
            .flat_map(|facts| facts.opened_records)
            .sum()
    };
    let (whole, lossy) = (sum(&whole), sum(&lossy));
    assert!(
        lossy < whole && lossy > whole * 9 / 10,
        "{lossy} of {whole}"
    );
}

#[test]
fn http_inside_tls_1_2_and_1_3_is_read() {
    let (name, log) = (
        "public/secdev__tls_nss_example.pcap",
        "public/secdev__tls_nss_example.keys.txt",
    );
    let Some(seen) = read(name, log, Keys::Before, |_| false) else {
        return;
    };
    assert_eq!(
        seen.requests,
        ["https://127.0.0.1:443/pki/srv_key.pem 200"; 2]
    );
    let versions: Vec<_> = seen.connections.iter().map(|facts| facts.version).collect();
    assert_eq!(versions, [Some(Version::Tls12), Some(Version::Tls13)]);
    let late = read(name, log, Keys::After, |_| false).expect("read before");
    assert_eq!(late, seen);
}

#[test]
fn the_illustrated_connection_opens_with_aes_256() {
    let Some(seen) = read(
        "public/syncsynchalt__illustrated-tls13_capture.pcap",
        "public/syncsynchalt__illustrated-tls13_keylog.txt",
        Keys::Before,
        |_| false,
    ) else {
        return;
    };
    let [facts] = seen.connections.as_slice() else {
        panic!("{:?}", seen.connections);
    };
    assert_eq!(facts.opening, Opening::Opened);
    assert_eq!(facts.sealed_records, [0, 0]);
    let subject = facts
        .certificate
        .as_ref()
        .map(|certificate| certificate.subject.as_str());
    assert_eq!(subject, Some("example.ulfheim.net"));
}

#[test]
fn a_retry_and_a_suite_not_read_are_told() {
    let none = "public/syncsynchalt__illustrated-tls13_keylog.txt";
    if let Some(seen) = read("public/zeek__hrr.pcap", none, Keys::Before, |_| false) {
        assert!(seen.connections.iter().any(|facts| facts.retried));
    }
    let (name, log) = (
        "public/fkie-cad__system_system-tests.pcap",
        "public/fkie-cad__keyfiles_tls.key",
    );
    if let Some(seen) = read(name, log, Keys::Before, |_| false) {
        let opening = seen.connections.iter().map(|facts| facts.opening);
        assert_eq!(opening.collect::<Vec<_>>(), [Opening::Unsupported], "RC4");
    }
}

/// What the browser says of one request: method, URL, status, response body where it kept it.
fn browser_list(folder: &str) -> Option<Vec<(String, Option<String>)>> {
    let truth = fs::read(capture(&format!("{folder}/truth.json"))?).expect("readable");
    let truth: serde_json::Value = serde_json::from_slice(&truth).expect("JSON");
    let list = truth["peers"]["alice"]["http"].as_array()?;
    let rows = list
        .iter()
        .filter(|row| row["status"].as_u64().is_some() && row["remote"].is_string());
    let rows = rows.map(|row| {
        let line = format!(
            "{} {} {}",
            row["method"].as_str().unwrap_or_default(),
            row["url"].as_str().unwrap_or_default(),
            row["status"]
        );
        (line, row["responseBody"].as_str().map(str::to_owned))
    });
    Some(rows.collect())
}

#[test]
fn the_browsers_list_of_requests_over_http2_and_http3_is_rebuilt_with_bodies() {
    for folder in ["lab/videoroom-https", "lab/ipv6", "lab/offload", "lab/quic"] {
        let (name, log) = (
            format!("{folder}/alice.pcapng"),
            format!("{folder}/keys.log"),
        );
        let Some(list) = browser_list(folder) else {
            return;
        };
        assert!(list.len() > 20, "{folder}: {}", list.len());
        for keys in [Keys::Before, Keys::After] {
            let seen = read(&name, &log, keys, |_| false).expect("beside the truth");
            assert_eq!(seen.faults, [], "{folder}");
            let mut ours = seen.exchanges;
            for (line, body) in &list {
                let same = |(known, text): &(String, String)| {
                    known == line && body.as_ref().is_none_or(|body| body == text)
                };
                let place = ours.iter().position(same);
                let place = place.unwrap_or_else(|| panic!("{folder}: no {line} {body:?}"));
                ours.remove(place);
            }
        }
    }
}

#[test]
fn quic_names_its_server_and_its_offer_without_keys() {
    let none = "public/syncsynchalt__illustrated-tls13_keylog.txt";
    let cases: [(&str, &[(&str, &str)]); 5] = [
        (
            "zeek__chromium-115.0.5790.110-api-cirrus-com.pcap",
            &[("api.cirrus-ci.com", "h3")],
        ),
        (
            "ntop__snapchat_call_v1.pcapng",
            &[("str1-euwest1-34-246-231-140.addlive.io", "h3")],
        ),
        ("ntop__dlt_ppp.pcap", &[("server4", "hq-29")]),
        (
            "AlexeyVasilev__pcap_flow_lab_showcase.pcap",
            &[
                ("www.youtube.com", "h3"),
                ("web.whatsapp.com", "h3"),
                ("ep2.adtrafficquality.google", "h3"),
            ],
        ),
        (
            "arkime__arkime_synthetic.pcap",
            &[("config.edge.skype.com", "h3")],
        ),
    ];
    for (name, expected) in cases {
        let seen = read(&format!("public/{name}"), none, Keys::Never, |_| false);
        let Some(seen) = seen else { continue };
        let told: Vec<(&str, &str)> = seen
            .quic
            .iter()
            .map(|facts| {
                let offer = facts.alpn_offered.first().map(String::as_str);
                let name = facts.server_name.as_deref();
                (name.unwrap_or_default(), offer.unwrap_or_default())
            })
            .collect();
        assert_eq!(told, expected, "{name}");
        let opened: Vec<_> = seen.quic.iter().map(|facts| facts.opened_records).collect();
        assert!(opened.iter().all(|opened| *opened == [0, 0]), "{opened:?}");
    }
}

#[test]
fn http2_in_the_clear_is_read_from_preface_and_upgrade() {
    let none = "public/syncsynchalt__illustrated-tls13_keylog.txt";
    let lines = |name: &str| -> Option<Vec<String>> {
        let seen = read(name, none, Keys::Never, |_| false)?;
        assert_eq!(seen.faults, []);
        Some(seen.exchanges.into_iter().map(|(line, _)| line).collect())
    };
    if let Some(lines) = lines("public/secdev__http2_h2c.pcap") {
        assert_eq!(
            lines,
            [
                "GET http://nghttp2.org/robots.txt 200",
                "GET http://nghttp2.org/humans.txt 404"
            ]
        );
    }
    if let Some(lines) = lines("public/OISF__http2-continuation_input.pcap") {
        assert_eq!(lines, ["GET http://127.0.0.1:8080/tata 200"]);
    }
}
