//! tshark's word on our own captures: STUN by type, DTLS handshakes, RTP packets and losses by SSRC. Skipped where it is not installed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use crate::Comparison;
use crate::Keys;
use crate::Known;
use crate::count;
use crate::each;
use crate::judge;
use crate::name_of;
use crate::own_captures;
use crate::report;

#[test]
fn our_own_captures_agree_with_tshark() {
    if tshark(&["--version"]).is_none() {
        println!("skipped: no tshark");
        return;
    }
    let found: Vec<_> = own_captures()
        .iter()
        .map(|folder| (name_of(folder), compare(&folder.join("capture.pcapng"))))
        .collect();
    judge(&found, KNOWN);
}

fn compare(path: &Path) -> Comparison {
    let mut comparison = Comparison::default();
    let report = report(path, None, Keys::All).expect("a capture");
    // It does not look inside ChannelData and indications.
    let relayed = each(&report["flows"]).any(|flow| flow["via"].is_string());
    let ours = &report["capture"]["protocols"]["stun"]["types"];
    for (number, times) in stun_types(path) {
        let name = match number {
            0x0001 => "binding-request",
            0x0011 => "binding-indication",
            0x0101 => "binding-success",
            0x0111 => "binding-error",
            0x0003 => "allocate-request",
            0x0103 => "allocate-success",
            0x0113 => "allocate-error",
            0x0004 => "refresh-request",
            0x0104 => "refresh-success",
            0x0114 => "refresh-error",
            0x0008 => "create-permission-request",
            0x0108 => "create-permission-success",
            0x0009 => "channel-bind-request",
            0x0109 => "channel-bind-success",
            0x0016 => "send-indication",
            0x0017 => "data-indication",
            _ => continue,
        };
        if name.starts_with("binding") && relayed {
            continue;
        }
        comparison.equal(name, count(&ours[name]), times);
    }
    if relayed {
        return comparison;
    }
    let hellos = lines(path, "dtls.handshake.type==2 && !icmp", "frame.number").len();
    let associations = each(&report["dtls"])
        .filter(|association| association["cipherSuite"].is_string())
        .count();
    // A server repeats its hello when the client's answer is late.
    comparison.point("DTLS associations", associations <= hellos, || {
        format!("{associations} of {hellos} hellos")
    });
    comparison.equal("some DTLS", associations > 0, hellos > 0);
    for (ssrc, (packets, lost)) in rtp_streams(path) {
        let ours = each(&report["streams"]).find(|stream| stream["ssrc"] == ssrc);
        let Some(ours) = ours else {
            // tshark's heuristic takes a single packet for a stream.
            comparison.point(&format!("stream {ssrc}"), packets < 3, || {
                format!("{packets} packets in no stream")
            });
            continue;
        };
        let what = format!("packets of {ssrc}");
        comparison.equal(&what, count(&ours["packets"]), packets);
        let what = format!("lost of {ssrc}");
        comparison.equal(&what, count(&ours["packetsLost"]), lost);
    }
    comparison
}

/// Messages by type, those that an ICMP error quotes left out.
fn stun_types(path: &Path) -> BTreeMap<u16, i64> {
    let mut types = BTreeMap::new();
    for line in lines(path, "stun && !icmp && !icmpv6", "stun.type") {
        for word in line.split(',') {
            if let Ok(number) = u16::from_str_radix(word.trim_start_matches("0x"), 16) {
                *types.entry(number).or_default() += 1;
            }
        }
    }
    types
}

/// Packets and losses by SSRC, all directions and paths together.
fn rtp_streams(path: &Path) -> BTreeMap<u32, (i64, i64)> {
    let name = path.to_string_lossy();
    let heuristic = "rtp_udp";
    let options = [
        "-r",
        &name,
        "--enable-heuristic",
        heuristic,
        "-q",
        "-z",
        "rtp,streams",
    ];
    let table = tshark(&options).unwrap_or_default();
    let mut streams: BTreeMap<u32, (i64, i64)> = BTreeMap::new();
    for line in table.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(place) = words.iter().position(|word| word.starts_with("0x")) else {
            continue;
        };
        let ssrc = u32::from_str_radix(words[place].trim_start_matches("0x"), 16);
        // … SSRC, payload types (names with blanks among them), packets, lost, (percent).
        let percent = words.iter().position(|word| word.ends_with("%)"));
        if let (Ok(ssrc), Some(percent)) = (ssrc, percent) {
            let figure = |back: usize| words[percent - back].parse::<i64>().expect("a count");
            let row = streams.entry(ssrc).or_default();
            row.0 += figure(2);
            row.1 += figure(1);
        }
    }
    streams
}

/// One field of the frames that a display filter lets through.
fn lines(path: &Path, filter: &str, field: &str) -> Vec<String> {
    let name = path.to_string_lossy();
    let options = ["-r", &name, "-Y", filter, "-T", "fields", "-e", field];
    let text = tshark(&options).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn tshark(options: &[&str]) -> Option<String> {
    let output = Command::new("tshark")
        .args(options)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

const KNOWN: &[Known] = &[
    (
        "dtls-in-stun",
        "DTLS associations",
        "we: the hellos ride on connectivity checks, where tshark does not look",
    ),
    ("dtls-in-stun", "some DTLS", "we: as above"),
    (
        "data-channel",
        "DTLS associations",
        "we: frame 250 is the ServerHello of DTLS 1.3 that answers the ClientHello of 248 and 249; tshark stops at those",
    ),
    ("data-channel", "some DTLS", "we: as above"),
];
