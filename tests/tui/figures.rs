//! Figures on the screens are those of the JSON report: what one says, the other says.

use rtcscope::filter::Filter;
use rtcscope::filter::shown::Shown;
use rtcscope::report::json::{write, write_shown};
use rtcscope::tui::state::calls::Subject;
use rtcscope::tui::state::findings::Item;
use rtcscope::tui::text::{bitrate, bytes, count};
use serde_json::Value;

use crate::harness::Program;

const CAPTURES: [&str; 6] = [
    "videoroom-http",
    "audio-video",
    "lossy",
    "turn-stale-nonce",
    "ice-failure-auth",
    "dtls-failure-offer",
];
/// Wide and high enough that nothing is left out.
const SIZE: (u16, u16) = (300, 200);
/// So wide that not even a browser's list of codecs is cut.
const WIDE: (u16, u16) = (1_000, 100);

/// The report of the capture that `program` shows.
fn report(program: &Program) -> Value {
    let mut json = Vec::new();
    write(&program.state.analysis, &mut json).unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

/// Runs `check` on each call of each capture: the report, the call's part of it, its id, and the screen after `key`.
fn each_call(size: (u16, u16), key: &str, check: impl Fn(&Value, &Value, &str, &str)) {
    for name in CAPTURES {
        let mut program = Program::open(name, size);
        let report = report(&program);
        for (at, call) in list(&report, "peerConnections").iter().enumerate() {
            program.press("1 1 Home");
            // The list is in order of time, as the report is.
            for _ in 0..at {
                program.press("Down");
            }
            let screen = program.press(key).text();
            assert!(screen.contains(&format!("Call {} ", at + 1)), "{screen}");
            check(&report, call, call["id"].as_str().unwrap(), &screen);
        }
    }
}

/// The line of `screen` that has all `words`.
#[track_caller]
fn line<'a>(screen: &'a str, words: &[&str]) -> &'a str {
    let found = screen
        .lines()
        .find(|line| words.iter().all(|word| line.contains(word)));
    assert!(found.is_some(), "no line has {words:?}:\n{screen}");
    found.unwrap()
}

#[track_caller]
fn has(line: &str, figure: &str) {
    assert!(line.contains(figure), "{figure} is not in {line}");
}

#[test]
fn streams() {
    each_call(SIZE, "m", |report, _, id, screen| {
        let streams = list(report, "streams").iter();
        for stream in streams.filter(|stream| stream["peerConnection"] == id) {
            let line = line(screen, &[&stream["ssrc"].to_string()]);
            has(line, &count(stream["packets"].as_u64().unwrap()));
            has(line, &count(stream["packetsLost"].as_u64().unwrap()));
            has(line, stream["codec"].as_str().unwrap());
            match stream["jitter"].as_f64() {
                Some(jitter) => has(line, &format!("{:.1} ms", jitter * 1e3)),
                None => has(line, "–"),
            }
            match stream["bitrateBps"].as_f64() {
                Some(rate) => has(line, &bitrate(rate)),
                None => has(line, "–"),
            }
            // A few packets in a few milliseconds make no rate.
            let time = |of: &str| stream[of].as_f64().unwrap();
            let lasted = time("lastTimeSeconds") - time("firstTimeSeconds");
            assert!(
                lasted >= 0.999 || stream["bitrateBps"].is_null(),
                "{stream}"
            );
            match stream["framesPerSecond"].as_f64() {
                Some(rate) => has(line, &format!("{rate:.1}")),
                None => has(line, "–"),
            }
        }
    });
}

#[test]
fn seconds() {
    each_call(SIZE, "m Tab Home", |report, _, id, screen| {
        // The first stream by sender; its worst second, where something was lost, is the one shown.
        let streams = list(report, "streams").iter();
        let own: Vec<&Value> = streams.filter(|it| it["peerConnection"] == id).collect();
        let Some(shown) = own.iter().find(|it| {
            let first = screen
                .lines()
                .find(|line| line.contains('▸'))
                .unwrap_or_default();
            first.contains(&it["ssrc"].to_string())
        }) else {
            return;
        };
        let series = &shown["series"];
        let lost = list(series, "lost");
        let most = lost.iter().filter_map(Value::as_u64).max().unwrap_or(0);
        let at = lost
            .iter()
            .position(|it| it.as_u64() == Some(most))
            .unwrap();
        let from = series["startSeconds"].as_f64().unwrap()
            + at as f64 * series["stepSeconds"].as_f64().unwrap();
        let until = from + series["stepSeconds"].as_f64().unwrap();
        let line = line(screen, &[&format!("{from:.2}–{until:.2} s")]);
        has(line, &format!("{most} lost"));
        has(
            line,
            &format!("{} packet", count(series["packets"][at].as_u64().unwrap())),
        );
        has(
            line,
            &format!("{} frame", count(series["frames"][at].as_u64().unwrap())),
        );
        if let Some(size) = series["payloadBytes"][at].as_f64() {
            has(
                line,
                &bitrate(size * 8.0 / series["stepSeconds"].as_f64().unwrap()),
            );
        }
        let frames = series["frames"][at].as_f64().unwrap();
        if let Some(size) = series["payloadBytes"][at].as_f64()
            && frames > 0.0
        {
            let size = bytes((size / frames).round() as u64);
            has(line, &format!(" of {size}"));
        }
        if let Some(jitter) = series["jitterMs"][at].as_f64() {
            has(line, &format!("jitter {jitter:.1} ms"));
        }
    });
}

#[test]
fn what_was_agreed() {
    each_call(WIDE, "o", |_, call, _, screen| {
        for section in list(call, "negotiated") {
            let mid = section["mid"].as_str().unwrap();
            let kind = section["kind"].as_str().unwrap();
            let head = line(screen, &[&format!("mid {mid} {kind}")]);
            let rejected = section["rejected"].as_bool().unwrap();
            assert_eq!(head.contains("● agreed"), !rejected, "{head}");
            for codec in list(section, "codecs") {
                let name = codec.as_str().unwrap().split('/').next().unwrap();
                line(screen, &["codecs", name]);
            }
            for dropped in list(section, "dropped") {
                let name = dropped["codec"]
                    .as_str()
                    .unwrap()
                    .split('/')
                    .next()
                    .unwrap();
                let number = dropped["payloadType"].to_string();
                line(
                    screen,
                    &[
                        "dropped",
                        &format!("{number} {name}"),
                        dropped["why"].as_str().unwrap(),
                    ],
                );
            }
            for extension in list(section, "headerExtensions") {
                line(screen, &["extensions", &format!("{} ", extension["id"])]);
            }
        }
    });
}

#[test]
fn handshakes() {
    each_call(SIZE, "d", |report, _, id, screen| {
        let all = list(report, "dtls").iter();
        for dtls in all.filter(|dtls| dtls["peerConnection"] == id) {
            let mut head = vec![dtls["state"].as_str().unwrap().to_owned()];
            head.extend(dtls["version"].as_str().map(str::to_owned));
            head.extend(dtls["cipherSuite"].as_str().map(str::to_owned));
            head.extend(dtls["handshakeMs"].as_f64().map(|ms| format!("{ms:.1} ms")));
            let words: Vec<&str> = head.iter().map(String::as_str).collect();
            line(screen, &words);
            for certificate in list(dtls, "certificates") {
                let verdict = match certificate["matchesSdp"].as_bool() {
                    Some(true) => "stands in the SDP",
                    Some(false) => "is not the SDP's",
                    None => "nothing to compare with",
                };
                line(
                    screen,
                    &[
                        "certificate",
                        certificate["subject"].as_str().unwrap(),
                        verdict,
                    ],
                );
            }
            for alert in list(dtls, "alerts") {
                let time = format!("{:.3}", alert["timeSeconds"].as_f64().unwrap());
                line(
                    screen,
                    &[
                        "alert",
                        &time,
                        alert["description"].as_str().unwrap_or("not readable"),
                    ],
                );
            }
        }
    });
}

#[test]
fn allocations() {
    each_call(SIZE, "u", |report, _, id, screen| {
        let all = list(report, "turn").iter();
        for turn in all.filter(|turn| turn["peerConnection"] == id) {
            let head =
                ["client", "server", "transport", "state"].map(|name| turn[name].as_str().unwrap());
            line(screen, &head);
            for request in list(turn, "requests") {
                let asked = format!("{} asked", count(request["requests"].as_u64().unwrap()));
                let granted = format!("{} granted", count(request["successes"].as_u64().unwrap()));
                line(
                    screen,
                    &[request["method"].as_str().unwrap(), &asked, &granted],
                );
            }
            for error in list(turn, "errors") {
                line(
                    screen,
                    &[
                        error["method"].as_str().unwrap(),
                        &error["code"].to_string(),
                    ],
                );
            }
            for channel in list(turn, "channels") {
                let packets = count(channel["packets"].as_u64().unwrap());
                let size = bytes(channel["bytes"].as_u64().unwrap());
                let number = format!("{:#06x}", channel["number"].as_u64().unwrap());
                line(screen, &["channel-bind", &number, &packets, &size]);
            }
            if let Some(relay) = turn["relayedAddress"].as_str() {
                line(screen, &["allocate", relay, "granted"]);
            }
        }
    });
}

#[test]
fn associations_of_data_channels() {
    let mut program = Program::open("data-channel", SIZE);
    let report = report(&program);
    let dtls = &list(&report, "dtls")[0];
    let sctp = &dtls["sctp"];
    let screen = program.press("D Home").text();
    let state = sctp["state"].as_str().unwrap();
    line(&screen, &[dtls["id"].as_str().unwrap(), state]);
    line(&screen, &["SCTP  ", state]);
    let took = format!("{:.1} ms", sctp["setupMs"].as_f64().unwrap());
    line(&screen, &["set up in", &took]);
    for (step, name) in [
        ("init  ", "initTimeSeconds"),
        ("cookie ack", "establishedTimeSeconds"),
    ] {
        let at = format!("{:.3} s", sctp[name].as_f64().unwrap());
        line(&screen, &[step, &at]);
    }
}

#[test]
fn data_channels() {
    let mut program = Program::open("data-channel", SIZE);
    let report = report(&program);
    let screen = program.press("D Down").text();
    let channels = list(&report, "dataChannels");
    assert!(!channels.is_empty());
    for channel in channels {
        let line = line(&screen, &[channel["label"].as_str().unwrap()]);
        has(line, &channel["dataChannelIdentifier"].to_string());
        has(line, channel["state"].as_str().unwrap());
        for way in ["AToB", "BToA"] {
            let figure = |what: &str| channel[format!("{what}{way}")].as_u64().unwrap();
            let sent = (figure("messages"), figure("bytes"));
            has(line, &format!("{}, {}", count(sent.0), bytes(sent.1)));
        }
    }
    let frame = channels[0]["frames"][0].to_string();
    let packets = program.press("Enter").text();
    line(&packets, &["▸", &frame]);
}

#[test]
fn pairs() {
    each_call(SIZE, "i", |_, call, _, screen| {
        for pair in list(&call["ice"], "pairs") {
            let of = |name: &str| count(pair[name].as_u64().unwrap());
            let sent = format!("{} ▸ {}", of("requestsSent"), of("responsesReceived"));
            let received = format!("{} ▸ {}", of("requestsReceived"), of("responsesSent"));
            line(screen, &[&sent, &received, pair["state"].as_str().unwrap()]);
        }
    });
}

#[test]
fn exchanges_and_conversations() {
    for name in CAPTURES {
        let mut program = Program::open(name, SIZE);
        let report = report(&program);
        let screen = program.press("4").text();
        let all = list(&report, "http");
        assert!(all.len() < 150, "they fit");
        for http in all {
            let mut words = vec![format!("{:.3}", http["timeSeconds"].as_f64().unwrap())];
            words.extend(http["method"].as_str().map(str::to_owned));
            words.extend(http["status"].as_u64().map(|status| status.to_string()));
            words.extend(http["responseBytes"].as_u64().map(bytes));
            let took = http["durationMs"].as_f64().filter(|ms| *ms < 999.0);
            words.extend(took.map(|ms| format!("{ms:.1} ms")));
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            line(&screen, &words);
        }
        let screen = program.press("5").text();
        for flow in list(&report, "flows").iter().take(150) {
            let sum = |one: &str, other: &str| {
                flow[one].as_u64().unwrap() + flow[other].as_u64().unwrap()
            };
            let words = [
                flow["a"].as_str().unwrap().to_owned(),
                flow["b"].as_str().unwrap().to_owned(),
                format!("{:.3}", flow["firstTimeSeconds"].as_f64().unwrap()),
                count(sum("packetsAToB", "packetsBToA")),
                bytes(sum("bytesAToB", "bytesBToA")),
            ];
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let line = line(&screen, &words);
            // A single packet did not last; whatever did lasted more than nothing.
            assert!(
                !line.contains(" 0.0 ms") && !line.contains(" 0 ms"),
                "{line}"
            );
            let single = sum("packetsAToB", "packetsBToA") == 1;
            assert_eq!(line.contains("  –  "), single, "{line}");
        }
    }
}

#[test]
fn allocations_of_the_capture() {
    for name in CAPTURES {
        let mut program = Program::open(name, SIZE);
        let report = report(&program);
        let screen = program.press("6").text();
        for (at, turn) in list(&report, "turn").iter().enumerate() {
            let text = |name: &str| turn[name].as_str().unwrap_or("–").to_owned();
            let mut words = vec![
                format!("{:.3}", turn["firstTimeSeconds"].as_f64().unwrap()),
                text("client"),
                text("server"),
                text("state"),
                text("relayedAddress"),
                bytes(turn["bytesToPeers"].as_u64().unwrap()),
                bytes(turn["bytesFromPeers"].as_u64().unwrap()),
                text("peerConnection").replace("pc-", ""),
            ];
            let errors = list(turn, "errors").iter();
            words.extend(errors.map(|error| error["code"].to_string()));
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            line(&screen, &words);
            let mut keys = vec!["6", "Home"];
            keys.extend(std::iter::repeat_n("Down", at));
            let screen = program.press(&keys.join(" ")).text();
            for (name, packets, size) in [
                ("▲ out  ", "packetsToPeers", "bytesToPeers"),
                ("▼ in  ", "packetsFromPeers", "bytesFromPeers"),
            ] {
                let line = line(&screen, &[name, &bytes(turn[size].as_u64().unwrap())]);
                has(line, &count(turn[packets].as_u64().unwrap()));
            }
            if let Some(user) = turn["username"].as_str() {
                line(&screen, &["user  ", user]);
            }
            for channel in list(turn, "channels") {
                let number = format!("{:#06x}", channel["number"].as_u64().unwrap());
                let line = line(&screen, &["channel-bind", &number]);
                has(line, channel["peer"].as_str().unwrap());
                has(line, &count(channel["packets"].as_u64().unwrap()));
            }
        }
    }
}

/// What `report --format json --filter` says.
fn filtered_report(program: &Program, expression: &str) -> Value {
    let filter: Filter = expression.parse().unwrap();
    let analysis = &program.state.analysis;
    let shown = Shown::new(analysis, &filter);
    let mut json = Vec::new();
    write_shown(analysis, &shown, &mut json).unwrap();
    serde_json::from_slice(&json).unwrap()
}

/// Ids of the rows of a list.
fn ids(report: &Value, name: &str) -> Vec<String> {
    let rows = list(report, name).iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn numbered(prefix: &str, positions: impl IntoIterator<Item = usize>) -> Vec<String> {
    let mut positions: Vec<usize> = positions.into_iter().collect();
    positions.sort_unstable();
    let ids = positions.iter().map(|at| format!("{prefix}-{}", at + 1));
    ids.collect()
}

#[test]
fn a_filtered_list_has_the_rows_of_the_filtered_report() {
    let of_calls = [
        "call.outcome == failed",
        "call.outcome in {ok, degraded}",
        "stream.packetsLost > 10",
        "pair.state == succeeded and not turn.state",
        "candidate.type == relay",
        "ip == 203.0.113.10",
        "alice",
    ];
    for name in CAPTURES {
        let mut program = Program::open(name, SIZE);
        for expression in of_calls {
            let report = filtered_report(&program, expression);
            program.press("1").filter(expression);
            let calls = &program.state.calls;
            let rows = calls.shown.iter().map(|&at| calls.rows[at].subject);
            let shown = rows.filter_map(|subject| match subject {
                Subject::Call(id) => Some(id.index()),
                Subject::Dialogue(_) => None,
            });
            let shown = numbered("pc", shown);
            assert_eq!(
                shown,
                ids(&report, "peerConnections"),
                "{name}: {expression}"
            );
        }
        // What is asked of calls alone, the other lists answer with all that belongs to them.
        for expression in &of_calls[..2] {
            let report = filtered_report(&program, expression);
            program.press("5").filter(expression);
            let shown = numbered("flow", program.state.flows.shown.iter().copied());
            assert_eq!(shown, ids(&report, "flows"), "{name}: {expression}");
            program.press("4").filter(expression);
            let shown = numbered("http", program.state.http.shown.iter().copied());
            assert_eq!(shown, ids(&report, "http"), "{name}: {expression}");
            program.press("3").filter(expression);
            let page = &program.state.findings;
            let shown = page.shown.iter().map(|&at| page.items[at]);
            let shown = shown
                .filter(|item| matches!(item, Item::Finding(_)))
                .count();
            let reported = list(&report, "findings").iter();
            // The report keeps what lowers trust in everything.
            let reported = reported.filter(|it| it["layer"] != "capture").count();
            assert_eq!(shown, reported, "{name}: {expression}");
        }
    }
}

#[test]
fn a_filtered_list_has_the_rows_whose_figures_pass() {
    for name in CAPTURES.into_iter().chain(["data-channel"]) {
        let mut program = Program::open(name, SIZE);
        let report = report(&program);
        program.press("5").filter("flow.packetsAToB > 20");
        let flows = list(&report, "flows").iter();
        let passing = flows
            .filter(|it| it["packetsAToB"].as_u64().unwrap() > 20)
            .count();
        assert_eq!(program.state.flows.shown.len(), passing, "{name}");
        program
            .press("4")
            .filter("http.status == 200 and http.method == POST");
        let http = list(&report, "http").iter();
        let passing = http
            .filter(|it| it["status"] == 200 && it["method"] == "POST")
            .count();
        assert_eq!(program.state.http.shown.len(), passing, "{name}");
        program.press("1 1 Home m").filter("stream.packets > 100");
        let call = program.state.call.as_ref().unwrap();
        let id = format!("pc-{}", call.id.index() + 1);
        let streams = list(&report, "streams").iter();
        let passing = streams
            .filter(|it| it["peerConnection"] == id && it["packets"].as_u64().unwrap() > 100)
            .count();
        assert_eq!(call.media.list.shown.len(), passing, "{name}");
        program.press("6").filter("turn.errors.code == 401");
        let turn = list(&report, "turn").iter();
        let challenged = |error: &Value| error["code"] == 401;
        let passing = turn.filter(|it| list(it, "errors").iter().any(challenged));
        assert_eq!(
            program.state.allocations.shown.len(),
            passing.count(),
            "{name}"
        );
        program.press("1 1 Home D").filter("messagesAToB > 2");
        let call = program.state.call.as_ref().unwrap();
        let id = format!("pc-{}", call.id.index() + 1);
        let channels = list(&report, "dataChannels").iter();
        let passing = channels
            .filter(|it| it["peerConnection"] == id)
            .filter(|it| it["messagesAToB"].as_u64().is_some_and(|sent| sent > 2))
            .count();
        let shown = call.data.list.shown.iter();
        let shown = shown.filter(|&&at| !call.data.rows[at].heading).count();
        assert_eq!(shown, passing, "{name}");
        // Every stream has the packets on its page that the report counts.
        for stream in list(&report, "streams").iter().take(4) {
            let expression = format!("stream.id == {}", stream["id"].as_str().unwrap());
            program.press("2").filter(&expression);
            let packets = stream["packets"].as_u64().unwrap();
            assert_eq!(
                program.state.packets.length() as u64,
                packets,
                "{name}: {expression}"
            );
        }
    }
}
