//! What the browser said of its own call: `truth.json`, recorded with the capture.
//!
//! Its log tells descriptions and candidates, its statistics (getStats) the selected pair, DTLS and, at one instant, packets and bytes of each
//! stream. The report is made of the frames up to that same instant.

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
use crate::name_of;
use crate::own_captures;
use crate::report;
use crate::shared;
use crate::text;

#[test]
fn our_own_captures_agree_with_their_browsers() {
    let found: Vec<_> = own_captures()
        .iter()
        .filter(|folder| folder.join("truth.json").exists())
        .map(|folder| {
            (
                name_of(folder),
                compare(folder, "capture.pcapng", Keys::All),
            )
        })
        .collect();
    assert!(found.len() > 5, "{} calls", found.len());
    judge(&found, KNOWN);
}

#[test]
fn every_recorded_call_agrees_with_its_browser() {
    let Some(lab) = shared("lab") else { return };
    let mut folders: Vec<_> = std::fs::read_dir(lab)
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .filter(|folder| folder.join("truth.json").exists())
        .collect();
    folders.sort();
    assert!(folders.len() > 20, "{folders:?}");
    let found: Vec<_> = folders
        .iter()
        .map(|folder| {
            let with_keys = "alice-with-keys.pcapng";
            let file = if folder.join(with_keys).exists() {
                with_keys
            } else {
                "alice.pcapng"
            };
            (name_of(folder), compare(folder, file, Keys::All))
        })
        .collect();
    judge(&found, KNOWN);
}

/// Compares the report of one call, point by point.
pub(crate) fn compare(folder: &Path, file: &str, keys: Keys) -> Comparison {
    let truth = std::fs::read(folder.join("truth.json")).expect("a call has its truth.json");
    let truth: Value = serde_json::from_slice(&truth).expect("truth.json is JSON");
    let path = folder.join(file);
    let report = report(&path, None, keys).expect("a capture");
    let alice = &truth["peers"]["alice"];
    let mut comparison = Comparison::default();
    let mut known = 0;
    for browser in each(&alice["peerConnections"]) {
        let fragments = fragments(browser);
        if fragments.is_empty() {
            continue; // It never got as far as a description.
        }
        known += 1;
        let Some((call, side)) = find(&report, &fragments, &mut comparison) else {
            continue;
        };
        let readable = each(&call["descriptions"]).next().is_some();
        let server = text(&truth["settings"]["server"]);
        if server.starts_with("http://") || server.starts_with("ws://") {
            comparison.equal("signaling is readable", readable, true);
        }
        if readable {
            descriptions(browser, call, &mut comparison);
            candidates(browser, call, side, &mut comparison);
        }
        selected_pair(browser, call, side, readable, &mut comparison);
        states(browser, call, &mut comparison);
        dtls(browser, &report, call, side, &mut comparison);
        data_channels(browser, &report, call, side, &mut comparison);
        if text(&browser["states"]["connection"]) == "connected" {
            streams(&path, keys, browser, &fragments, readable, &mut comparison);
        }
    }
    let listed = each(&report["peerConnections"]).count();
    comparison.equal("peer connections", listed, known);
    let readable_http = each(&report["http"]).next().is_some();
    if readable_http {
        http(alice, &report, &mut comparison);
    }
    comparison
}

/// User fragments of a peer connection's own descriptions: one per generation.
pub(crate) fn fragments(browser: &Value) -> BTreeSet<String> {
    events(browser, "setLocalDescription")
        .filter_map(|event| {
            let line = text(&event["sdp"])
                .lines()
                .find_map(|line| line.strip_prefix("a=ice-ufrag:"));
            line.map(|fragment| fragment.trim().to_owned())
        })
        .collect()
}

fn events<'a>(browser: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a Value> {
    each(&browser["log"]).filter(move |event| event["event"] == kind)
}

/// The one peer connection of the report with these fragments, and the side that has them.
pub(crate) fn find<'a>(
    report: &'a Value,
    fragments: &BTreeSet<String>,
    comparison: &mut Comparison,
) -> Option<(&'a Value, &'static str)> {
    let mut found = Vec::new();
    for call in each(&report["peerConnections"]) {
        for side in ["a", "b"] {
            let known: BTreeSet<String> = each(&call[side]["ufrags"])
                .map(|fragment| text(fragment).to_owned())
                .collect();
            if !known.is_disjoint(fragments) {
                comparison.equal("generations", &known, fragments);
                found.push((call, side));
            }
        }
    }
    comparison.equal("one peer connection per fragment", found.len(), 1);
    found.pop()
}

/// Each description that was set was signaled, line by line; candidates may have been trickled into it.
fn descriptions(browser: &Value, call: &Value, comparison: &mut Comparison) {
    for kind in ["setLocalDescription", "setRemoteDescription"] {
        for event in events(browser, kind).filter(|event| event["sdp"].is_string()) {
            let (kind, lines) = (text(&event["type"]), lines(&event["sdp"]));
            let signaled = each(&call["descriptions"]).any(|description| {
                text(&description["type"]) == kind && self::lines(&description["sdp"]) == lines
            });
            comparison.point(&format!("{kind} as signaled"), signaled, || {
                format!("none of its kind has these {} lines", lines.len())
            });
        }
    }
}

fn lines(sdp: &Value) -> Vec<&str> {
    text(sdp)
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("a=candidate"))
        .filter(|line| !line.starts_with("a=end-of-candidates"))
        .collect()
}

/// Each candidate that the browser gathered is known, with address, port, type and priority.
fn candidates(browser: &Value, call: &Value, side: &str, comparison: &mut Comparison) {
    for event in events(browser, "localCandidate") {
        let line = text(&event["candidate"]["candidate"]);
        let words: Vec<&str> = line.split_whitespace().collect();
        let &[_, _, _, priority, address, port, "typ", kind, ..] = words.as_slice() else {
            continue; // The end of candidates.
        };
        let known = each(&call["ice"]["candidates"]).any(|candidate| {
            let names = [&candidate["address"], &candidate["mdns"]];
            text(&candidate["side"]) == side
                && names
                    .iter()
                    .any(|name| text(name).eq_ignore_ascii_case(address))
                && count(&candidate["port"]).to_string() == port
                && text(&candidate["type"]) == kind
                && count(&candidate["priority"]).to_string() == priority
        });
        comparison.point("candidate", known, || line.to_owned());
    }
}

/// The selected pair names the same two candidates. Where signaling can't be read the wire tells addresses, not types.
/// Connection states, their times counted from the first check, up to where the packets show the end: a browser that was hung up on, or sent
/// an alert, goes on checking. What lasts shorter than a second is an ICE restart's change of pairs, which the browser alone knows of.
fn states(browser: &Value, call: &Value, comparison: &mut Comparison) {
    let ours = since_first(
        each(&call["stateHistory"])
            .map(|change| (text(&change["state"]), seconds(&change["timeSeconds"])))
            .filter(|(state, _)| *state != "new"),
    );
    let closed = ours.iter().find(|(state, _)| *state == "closed");
    let end = closed.map_or(f64::INFINITY, |(_, at)| *at);
    let theirs = since_first(
        events(browser, "connectionState")
            .map(|event| (text(&event["value"]), seconds(&event["t"]) / 1_000.0)),
    );
    if theirs.is_empty() {
        return; // Cut down for the repository.
    }
    let until = |states: &[(&str, f64)]| -> Vec<String> {
        let before = states.iter().filter(|(_, at)| *at < end);
        before.map(|(state, _)| (*state).to_owned()).collect()
    };
    comparison.equal("states", until(&ours), until(&theirs));
    for ((state, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        if *ours < end {
            let agree = (ours - theirs).abs() < 0.5;
            comparison.point(&format!("time of {state}"), agree, || {
                format!("{ours:.2} s instead of {theirs:.2} s after the first check")
            });
        }
    }
}

fn seconds(value: &Value) -> f64 {
    value.as_f64().expect("a time is a number")
}

/// States with their times since the first one; changes that are taken back within a second left out.
fn since_first<'a>(states: impl Iterator<Item = (&'a str, f64)>) -> Vec<(&'a str, f64)> {
    let mut kept: Vec<(&str, f64)> = Vec::new();
    for (state, at) in states {
        let taken_back = kept.len() > 1
            && kept.last().is_some_and(|(_, last)| at - last < 1.0)
            && kept
                .get(kept.len() - 2)
                .is_some_and(|(before, _)| *before == state);
        if taken_back {
            kept.pop();
        } else {
            kept.push((state, at));
        }
    }
    let start = kept.first().map_or(0.0, |(_, at)| *at);
    kept.into_iter()
        .map(|(state, at)| (state, at - start))
        .collect()
}

fn selected_pair(
    browser: &Value,
    call: &Value,
    side: &str,
    readable: bool,
    comparison: &mut Comparison,
) {
    let theirs = &browser["selectedPair"];
    if !theirs["local"]["port"].is_number() {
        return;
    }
    let Some(ours) = each(&call["ice"]["pairs"]).find(|pair| pair["selected"] == true) else {
        comparison.point("selected pair", false, || "none".into());
        return;
    };
    let other = if side == "a" { "b" } else { "a" };
    for (role, side) in [("local", side), ("remote", other)] {
        let theirs = &theirs[role];
        let id = &ours[side];
        let ours = each(&call["ice"]["candidates"])
            .find(|candidate| candidate["id"] == *id)
            .expect("a pair names candidates of its peer connection");
        if readable {
            comparison.equal(
                &format!("type of the selected {role} candidate"),
                text(&ours["type"]),
                text(&theirs["candidateType"]),
            );
        }
        comparison.equal(
            &format!("port of the selected {role} candidate"),
            count(&ours["port"]),
            count(&theirs["port"]),
        );
        // The browser keeps the address of a host with an mDNS name to itself.
        let address = text(&theirs["address"]);
        if !address.is_empty() && address.strip_suffix(".local").is_none() {
            comparison.equal(
                &format!("address of the selected {role} candidate"),
                text(&ours["address"]),
                address,
            );
        }
    }
}

/// Version, ciphers, role and certificates of the association in force.
fn dtls(browser: &Value, report: &Value, call: &Value, side: &str, comparison: &mut Comparison) {
    let Some(transport) = stats(browser, "transport").next() else {
        return;
    };
    if text(&transport["dtlsState"]) != "connected" {
        return;
    }
    let ours: Vec<&Value> = each(&report["dtls"])
        .filter(|association| association["peerConnection"] == call["id"])
        .filter(|association| matches!(text(&association["state"]), "connected" | "closed"))
        .collect();
    let Some(ours) = ours.last() else {
        comparison.point("DTLS connected", false, || "no association is".into());
        return;
    };
    let version = match text(&transport["tlsVersion"]) {
        "FEFF" => "DTLS 1.0",
        "FEFD" => "DTLS 1.2",
        "FEFC" => "DTLS 1.3",
        other => other,
    };
    comparison.equal("DTLS version", text(&ours["version"]), version);
    comparison.equal(
        "cipher suite",
        text(&ours["cipherSuite"]),
        text(&transport["dtlsCipher"]),
    );
    let client = text(&ours["client"]) == side;
    comparison.equal("DTLS client", client, transport["dtlsRole"] == "client");
    let hidden = version == "DTLS 1.3";
    // It chooses the profile under encryption; keys tell it.
    if !hidden || !ours["srtpCipher"].is_null() {
        // Some builds of Chromium say OpenSSL's names, some the registry's.
        let profile = |name: &Value| {
            let name = text(name).trim_start_matches("SRTP_");
            name.replace("AES_CM_128", "AES128_CM")
        };
        comparison.equal(
            "SRTP profile",
            profile(&ours["srtpCipher"]),
            profile(&transport["srtpCipher"]),
        );
    }
    if hidden {
        return; // Certificates, too.
    }
    let hashes = |list: Vec<&Value>| -> BTreeSet<String> {
        let last = |print: &Value| text(print).rsplit(' ').next().map(str::to_uppercase);
        list.into_iter().filter_map(last).collect()
    };
    let seen = each(&ours["certificates"])
        .map(|certificate| &certificate["fingerprint"])
        .collect();
    let theirs = stats(browser, "certificate")
        .map(|certificate| &certificate["fingerprint"])
        .collect();
    comparison.equal("certificates", hashes(seen), hashes(theirs));
}

/// Streams at the instant of the browser's own statistics.
fn streams(
    path: &Path,
    keys: Keys,
    browser: &Value,
    fragments: &BTreeSet<String>,
    readable: bool,
    comparison: &mut Comparison,
) {
    let instant = stats(browser, "outbound-rtp")
        .chain(stats(browser, "inbound-rtp"))
        .filter_map(|stream| stream["timestamp"].as_f64())
        .fold(0.0, f64::max);
    if instant == 0.0 {
        return;
    }
    let report = report(path, Some((instant * 1e6) as u64), keys).expect("a capture");
    let mut ignored = Comparison::default();
    let Some((call, side)) = find(&report, fragments, &mut ignored) else {
        comparison.point("streams", false, || {
            "no peer connection at the instant".into()
        });
        return;
    };
    let of_call = |ssrc: &Value| -> Vec<&Value> {
        each(&report["streams"])
            .filter(|stream| stream["peerConnection"] == call["id"])
            .filter(|stream| stream["ssrc"] == *ssrc)
            .collect()
    };
    for (kind, suffix, outbound) in [
        ("outbound-rtp", "Sent", true),
        ("inbound-rtp", "Received", false),
    ] {
        for theirs in stats(browser, kind) {
            let figure = |name: &str| count(&theirs[format!("{name}{suffix}")]);
            if figure("packets") == 0 {
                continue;
            }
            let ssrc = &theirs["ssrc"];
            let found = of_call(ssrc);
            comparison.equal(&format!("ssrc {ssrc} once"), found.len(), 1);
            let Some(ours) = found.first() else { continue };
            let sent_by = if (side == "a") == outbound { "a" } else { "b" };
            comparison.equal(&format!("sender of {ssrc}"), text(&ours["from"]), sent_by);
            // Browsers count repairs and padding with the stream that they serve.
            let rtx = [&theirs["rtxSsrc"], &ours["rtxSsrc"]]
                .into_iter()
                .find(|ssrc| ssrc.is_number());
            let rtx = rtx.map(of_call).unwrap_or_default();
            let sum = |name: &str| -> i64 {
                let parts = rtx.iter().chain([ours]);
                parts.map(|stream| count(&stream[name])).sum()
            };
            let packets = sum("packets");
            if ours["packetsWithRtx"].is_number() {
                comparison.equal("packets with RTX", count(&ours["packetsWithRtx"]), packets);
            }
            let what = format!("packets of {ssrc}, {suffix}");
            near(
                &what,
                packets,
                figure("packets"),
                PACKETS_IN_FLIGHT,
                comparison,
            );
            if ours["payloadBytes"].is_number() {
                let what = format!("payload bytes of {ssrc}, {suffix}");
                let slack = 1_200 * PACKETS_IN_FLIGHT;
                near(
                    &what,
                    sum("payloadBytes"),
                    figure("bytes"),
                    slack,
                    comparison,
                );
            }
            if let Some(frames) = theirs[format!("frames{suffix}")].as_i64() {
                let what = format!("frames of {ssrc}, {suffix}");
                near(
                    &what,
                    count(&ours["frameCount"]),
                    frames,
                    FRAMES_UNDER_WAY,
                    comparison,
                );
            }
            key_frames(ours, theirs, comparison);
            feedback(browser, ours, theirs, comparison);
            if readable {
                comparison.equal("kind", text(&ours["kind"]), text(&theirs["kind"]));
                let codec = &browser["finalStats"][text(&theirs["codecId"])];
                let name = text(&codec["mimeType"]).rsplit('/').next().unwrap_or("");
                comparison.point(
                    &format!("codec of {ssrc}"),
                    name.eq_ignore_ascii_case(text(&ours["codec"]))
                        && ours["payloadType"] == codec["payloadType"],
                    || format!("{} instead of {codec}", ours["codec"]),
                );
            }
        }
    }
}

/// Data channels, where keys opened DTLS: what the browser counted of each, by its label.
fn data_channels(
    browser: &Value,
    report: &Value,
    call: &Value,
    side: &str,
    comparison: &mut Comparison,
) {
    let opened = each(&report["dtls"])
        .any(|dtls| dtls["peerConnection"] == call["id"] && dtls["decrypted"] == true);
    if !opened {
        return;
    }
    for theirs in stats(browser, "data-channel") {
        let label = text(&theirs["label"]);
        let ours = each(&report["dataChannels"]).find(|ours| {
            ours["peerConnection"] == call["id"]
                && ours["dataChannelIdentifier"] == theirs["dataChannelIdentifier"]
        });
        let Some(ours) = ours else {
            comparison.point(&format!("data channel {label}"), false, || "none".into());
            continue;
        };
        comparison.equal("label", text(&ours["label"]), label);
        comparison.equal(
            "protocol",
            text(&ours["protocol"]),
            text(&theirs["protocol"]),
        );
        let ways = if side == "a" {
            [("Sent", "AToB"), ("Received", "BToA")]
        } else {
            [("Sent", "BToA"), ("Received", "AToB")]
        };
        for (way, arrow) in ways {
            let figure = |name: &str| count(&theirs[format!("{name}{way}")]);
            near(
                &format!("messages {way} on {label}"),
                count(&ours[format!("messages{arrow}")]),
                figure("messages"),
                MESSAGES_AFTERWARDS,
                comparison,
            );
            near(
                &format!("bytes {way} on {label}"),
                count(&ours[format!("bytes{arrow}")]),
                figure("bytes"),
                BYTES_AFTERWARDS,
                comparison,
            );
        }
    }
}

/// Key frames, where keys opened the payload: those encoded here, those decoded of what came.
fn key_frames(ours: &Value, theirs: &Value, comparison: &mut Comparison) {
    let known = &ours["keyFrames"];
    let counted = ["keyFramesEncoded", "keyFramesDecoded"]
        .into_iter()
        .find_map(|name| theirs[name].as_i64());
    if let (false, Some(counted)) = (known.is_null(), counted) {
        let ssrc = &theirs["ssrc"];
        comparison.equal(
            &format!("key frames of {ssrc}"),
            count(&known["count"]),
            counted,
        );
        let what = format!("frames of {ssrc} that tell");
        let frames = count(&ours["frameCount"]);
        let lost = count(&ours["packetsLost"]);
        near(&what, count(&known["judged"]), frames, lost, comparison);
    }
}

/// What RTCP told, where keys opened it: requests as the browser counts them, and what the other end reported last.
fn feedback(browser: &Value, ours: &Value, theirs: &Value, comparison: &mut Comparison) {
    let ssrc = &theirs["ssrc"];
    for name in ["nackCount", "pliCount", "firCount"] {
        if let (Some(ours), Some(theirs)) = (ours[name].as_i64(), theirs[name].as_i64()) {
            near(
                &format!("{name} of {ssrc}"),
                ours,
                theirs,
                REPORTS_IN_FLIGHT,
                comparison,
            );
        }
    }
    let mut reports = stats(browser, "remote-inbound-rtp");
    let Some(theirs) = reports.find(|report| report["ssrc"] == *ssrc) else {
        return;
    };
    let ours = &ours["remoteInbound"];
    if ours.is_null() {
        return;
    }
    near(
        &format!("loss reported of {ssrc}"),
        count(&ours["packetsLost"]),
        count(&theirs["packetsLost"]),
        LOST_IN_FLIGHT,
        comparison,
    );
    let jitter = |report: &Value| report["jitter"].as_f64().unwrap_or(f64::NAN);
    let (here, there) = (jitter(ours), jitter(theirs));
    comparison.point(
        &format!("jitter reported of {ssrc}"),
        (here - there).abs() < JITTER_IN_FLIGHT,
        || format!("{here} s instead of {there} s"),
    );
}

fn near(what: &str, ours: i64, theirs: i64, slack: i64, comparison: &mut Comparison) {
    comparison.point(what, (ours - theirs).abs() <= slack, || {
        format!("{ours} instead of {theirs}")
    });
}

/// Each exchange that the browser lists is in the report, as often.
fn http(alice: &Value, report: &Value, comparison: &mut Comparison) {
    let key = |exchange: &Value| {
        let url = text(&exchange["url"]);
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        let path = path.split('?').next().unwrap_or(path).to_owned();
        let status = count(&exchange["status"]);
        (text(&exchange["method"]).to_owned(), path, status)
    };
    let tally = |list: Vec<&Value>| {
        let mut tally: BTreeMap<_, i64> = BTreeMap::new();
        for exchange in list {
            *tally.entry(key(exchange)).or_default() += 1;
        }
        tally
    };
    let answered = |exchange: &&Value| count(&exchange["status"]) != 0;
    let theirs = each(&alice["http"])
        .filter(answered)
        .filter(|exchange| text(&exchange["url"]).starts_with("http://"))
        .filter(|exchange| exchange["remote"].is_string())
        .collect();
    let ours = tally(each(&report["http"]).filter(answered).collect());
    for (exchange, times) in tally(theirs) {
        let seen = ours.get(&exchange).copied().unwrap_or_default();
        comparison.point("http", seen >= times, || {
            format!("{exchange:?} {seen} of {times} times")
        });
    }
}

pub(crate) fn stats<'a>(browser: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a Value> {
    let reports = browser["finalStats"].as_object();
    let reports = reports.into_iter().flat_map(serde_json::Map::values);
    reports.filter(move |report| report["type"] == kind)
}

/// Messages between the browser's last count and the end of the capture.
const MESSAGES_AFTERWARDS: i64 = 2;
/// And their bytes: short texts.
const BYTES_AFTERWARDS: i64 = 40;
/// Requests that passed the network card and had not reached the browser's count, or the other way round.
const REPORTS_IN_FLIGHT: i64 = 1;
/// What a report that was under way then may add to the loss.
const LOST_IN_FLIGHT: i64 = 3;
/// And to the jitter, seconds: a frame's packets come together, so that it swings from one report to the next.
const JITTER_IN_FLIGHT: f64 = 0.001;
/// Packets between the interface and the browser's own counter at one instant.
const PACKETS_IN_FLIGHT: i64 = 2;
/// Frames that the browser has begun and not counted yet, or the other way round.
const FRAMES_UNDER_WAY: i64 = 2;

const KNOWN: &[Known] = &[
    (
        "sip-websocket",
        "answer as signaled",
        "both: JsSIP sends the description as it is when all candidates are gathered, the browser logs it as it was set",
    ),
    (
        "dtls-failure-offer",
        "offer as signaled",
        "both: the page changes the fingerprint between setLocalDescription and sending, to make DTLS fail",
    ),
    (
        "lossy",
        "frames of 531824294, Received",
        "both: the browser counts frames that it got whole, we those of which a packet came by",
    ),
    (
        "firefox-p2p",
        "packets of 345096715, Received",
        "both: Firefox leaves padding that came on the RTX stream out of what it received",
    ),
    (
        "firefox-p2p",
        "payload bytes of 345096715, Received",
        "both: as above",
    ),
    (
        "simulcast",
        "payload bytes of 2185128733, Sent",
        "the browser: hundreds of RTX packets are padding, which SRTP encrypts, so that we count it as payload",
    ),
    (
        "path-interrupted",
        "packets of 440859131, Sent",
        "the wire: while it reads “disconnected” the browser counts packets, and sends none of them",
    ),
    (
        "path-interrupted",
        "payload bytes of 440859131, Sent",
        "the wire: as above",
    ),
    (
        "path-interrupted",
        "packets of 51330308, Sent",
        "the wire: as above",
    ),
    (
        "path-interrupted",
        "payload bytes of 51330308, Sent",
        "the wire: as above",
    ),
    (
        "path-interrupted",
        "frames of 51330308, Sent",
        "the wire: as above",
    ),
    (
        "path-interrupted",
        "frames of 455288339, Received",
        "both: after the interruption the browser throws frames away until a key frame comes",
    ),
];
