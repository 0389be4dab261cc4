//! A public collection of captures against the facts that come with it (`index.tsv`, explained in its `FACTS.txt`).
//!
//! The facts are counts by a small reader written for that list, and by tshark where that says so.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::Comparison;
use crate::Keys;
use crate::Known;
use crate::count;
use crate::each;
use crate::judge;
use crate::report;
use crate::shared;
use crate::text;

#[test]
fn every_public_capture_agrees_with_its_facts() {
    let Some(folder) = shared("public") else {
        return;
    };
    let index = std::fs::read_to_string(folder.join("index.tsv")).expect("an index");
    let mut rows = index.lines().map(|line| line.split('\t'));
    let head: Vec<&str> = rows.next().expect("a head").collect();
    let found: Vec<_> = rows
        .map(|cells| head.iter().copied().zip(cells).collect())
        .filter(|row: &BTreeMap<_, _>| row["type"] != "keylog")
        .map(|row| (row["name"].to_owned(), compare(&folder, &row)))
        .collect();
    assert!(found.len() > 100, "only {} captures", found.len());
    judge(&found, KNOWN);
}

fn compare(folder: &Path, row: &BTreeMap<&str, &str>) -> Comparison {
    let mut comparison = Comparison::default();
    let report = match report(&folder.join(row["name"]), None, Keys::All) {
        Ok(report) => report,
        Err(refusal) => {
            let may_be_refused = matches!(row["type"], "malformed" | "container");
            comparison.point("a report", may_be_refused, || refusal.to_string());
            return comparison;
        }
    };
    let facts: BTreeMap<&str, &str> = row["key facts"]
        .split("; ")
        .filter_map(|fact| fact.split_once('='))
        .collect();
    let fact = |name: &str| facts.get(name).copied().unwrap_or_default();
    if let Ok(packets @ 1..) = row["packets"].parse::<i64>() {
        comparison.equal("packets", count(&report["capture"]["packets"]), packets);
    }
    if !fact("stun").contains("tcp") {
        stun(fact("stun"), &report, &mut comparison);
    }
    // Several legs of one call are one stream to us.
    if !fact("note").contains("legs") {
        rtp(fact("rtp"), &report, &mut comparison);
    }
    let negotiated = fact("dtls_negotiated");
    if !negotiated.is_empty() {
        let ours = each(&report["dtls"])
            .filter(|association| association["cipherSuite"].is_string())
            .count();
        comparison.point("DTLS negotiated", ours > 0, || negotiated.to_owned());
    }
    certificates(fact("dtls_cert_sha256"), &report, &mut comparison);
    if row["type"] == "negative" {
        let calls = each(&report["peerConnections"]).count();
        comparison.equal("peer connections", calls, 0);
        if fact("rtp").is_empty() {
            comparison.equal("streams", each(&report["streams"]).count(), 0);
        }
    }
    comparison
}

/// `Binding-req:23+turn-ind:Binding-succ:22`: messages by method and class, wherever they were carried.
fn stun(fact: &str, report: &Value, comparison: &mut Comparison) {
    let mut theirs: BTreeMap<String, i64> = BTreeMap::new();
    for part in fact.split('+') {
        let part = part
            .trim_start_matches("turn-ind:")
            .trim_start_matches("chan:");
        let Some((name, times)) = part.split_once(':') else {
            continue;
        };
        let Some((method, class)) = name.split_once('-') else {
            continue;
        };
        let method = match method {
            "CreatePerm" => "create-permission",
            "ChannelBind" => "channel-bind",
            "Binding" | "Allocate" | "Refresh" | "Send" | "Data" => &method.to_lowercase(),
            _ => continue,
        };
        let class = match class {
            "req" => "request",
            "succ" => "success",
            "err" => "error",
            "ind" => "indication",
            _ => continue,
        };
        let times: i64 = times.parse().expect("a count");
        *theirs.entry(format!("{method}-{class}")).or_default() += times;
    }
    let ours = &report["capture"]["protocols"]["stun"]["types"];
    for (name, times) in theirs {
        comparison.equal(&format!("stun {name}"), count(&ours[&name]), times);
    }
}

/// `ssrc 87fab2d7 32704>56328 pt 120 n 62 lost 0 dup 0 …|…`: one entry per stream and five-tuple, eight at most.
fn rtp(fact: &str, report: &Value, comparison: &mut Comparison) {
    let entries: Vec<Vec<&str>> = fact
        .split('|')
        .map(|entry| entry.split_whitespace().collect())
        .filter(|words: &Vec<&str>| words.first() == Some(&"ssrc"))
        .collect();
    let mut theirs: BTreeMap<u32, (i64, Vec<i64>)> = BTreeMap::new();
    for words in &entries {
        let ssrc = u32::from_str_radix(words[1], 16).expect("an SSRC");
        let figure = |name: &str| -> i64 {
            let place = words.iter().position(|word| *word == name);
            let word = place.and_then(|place| words.get(place + 1));
            word.and_then(|word| word.parse().ok()).unwrap_or_default()
        };
        let row = theirs.entry(ssrc).or_default();
        row.0 += figure("n");
        row.1.push(figure("lost"));
    }
    // A full list may have left entries of the same SSRC out.
    let complete = entries.len() < 8;
    for (ssrc, (packets, lost)) in theirs {
        if packets < WORTH_COUNTING {
            continue;
        }
        let ours: Vec<&Value> = each(&report["streams"])
            .filter(|stream| stream["ssrc"] == ssrc)
            .collect();
        let sum: i64 = ours.iter().map(|stream| count(&stream["packets"])).sum();
        let agreed = if complete {
            sum == packets
        } else {
            sum >= packets
        };
        comparison.point(&format!("packets of {ssrc:08x}"), agreed, || {
            format!("{sum} instead of {packets}")
        });
        if let ([ours], [lost]) = (ours.as_slice(), lost.as_slice()) {
            let what = format!("lost of {ssrc:08x}");
            comparison.equal(&what, count(&ours["packetsLost"]), *lost);
        }
    }
}

/// SHA-256 hashes, comma-separated.
fn certificates(fact: &str, report: &Value, comparison: &mut Comparison) {
    let theirs: BTreeSet<String> = fact
        .split(',')
        .filter(|hash| hash.len() == 64)
        .map(str::to_lowercase)
        .collect();
    let ours: BTreeSet<String> = each(&report["dtls"])
        .flat_map(|association| each(&association["certificates"]))
        .filter_map(|certificate| text(&certificate["fingerprint"]).strip_prefix("sha-256 "))
        .map(|hash| hash.replace(':', "").to_lowercase())
        .collect();
    if !theirs.is_empty() {
        comparison.equal("certificates", ours, theirs);
    }
}

/// Shorter streams than this are below what a stream without signaling needs to be called one.
const WORTH_COUNTING: i64 = 20;

const KNOWN: &[Known] = &[
    (
        "ntop__wa_voice.pcap",
        "packets of f50386f4",
        "the facts: one packet went to a second address first, and a lone packet without signaling is no stream to us",
    ),
    (
        "veondigital__wifi-tcp_to_3g.pcap",
        "packets of 3482b3a1",
        "both: the last five came after the TURN client had reset its connection, so they were on the wire and nobody received them",
    ),
    (
        "OISF__tls_DER-incomplete-header.pcap",
        "packets",
        "both: after a record with a wild length we find seven more; the facts stop at the damage",
    ),
];
