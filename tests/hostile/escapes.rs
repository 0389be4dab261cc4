//! A call whose every string was written by someone who wants our terminal: display names, SDP, URLs, headers, STUN attributes, DNS,
//! TLS and file metadata carry control sequences. The reports must show them, and none may act.

use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::ingest::info::FileInfo;
use rtcscope::report;
use rtcscope::vocab::frame::Frame;
use rtcscope::vocab::frame::LinkType;
use rtcscope::vocab::ids::FrameNumber;
use rtcscope::vocab::printable::acts_on_terminal;
use rtcscope::vocab::time::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::CLIENT;
use crate::SERVER;
use crate::ipv4_frame;
use crate::udp_frame;

/// Sets the window title; clears the screen with a C1 introducer; reverses the reading order; hides; deletes.
const EVIL: &str = "\x1b]0;owned\x07\u{9b}2J\u{202e}\u{2066}\u{200b}\x7f\x1b[38;5;213;9;53mX";

#[test]
fn no_report_hands_a_control_character_to_the_terminal() {
    let mut talk = Talk::default();
    signal(&mut talk);
    check(&mut talk);
    media(&mut talk);
    resolve(&mut talk);
    greet(&mut talk);
    talk.analyzer.add_name(CLIENT.into(), EVIL);
    talk.analyzer.add_key_log(EVIL.as_bytes());
    talk.analyzer.finish();
    let file = FileInfo {
        path: format!("{EVIL}.pcap"),
        application: Some(EVIL.into()),
        os: Some(EVIL.into()),
        comments: vec![EVIL.into()],
        trouble: Some(EVIL.into()),
        ..FileInfo::default()
    };
    let analysis = talk.analyzer.snapshot(&[file]);

    let mut text = Vec::new();
    report::text::write(&analysis, &mut text).expect("memory takes it");
    let text = String::from_utf8(text).expect("reports are UTF-8");
    assert_harmless("text", &without_styles(&text));
    assert!(text.contains("\\x1b]0;owned"), "shown, spelled out: {text}");

    let mut json = Vec::new();
    report::json::write(&analysis, &mut json).expect("memory takes it");
    let json = String::from_utf8(json).expect("reports are UTF-8");
    assert_harmless("JSON", &json);
    let values: Value = serde_json::from_str(&json).expect("JSON");
    for list in [
        "flows",
        "http",
        "sessions",
        "peerConnections",
        "streams",
        "turn",
    ] {
        let found = values[list].as_array().map_or(0, Vec::len);
        assert!(found > 0, "the talk has {list}: {json}");
    }
    assert!(json.contains("\\u001b]0;owned"), "kept, escaped");

    let mut events = Vec::new();
    report::ndjson::write(&analysis, &mut events).expect("memory takes it");
    let events = String::from_utf8(events).expect("reports are UTF-8");
    assert_harmless("NDJSON", &events);
}

#[track_caller]
fn assert_harmless(what: &str, report: &str) {
    for line in report.lines() {
        let found = line.chars().find(|&c| acts_on_terminal(c));
        assert_eq!(found, None, "{what}: {line:?}");
    }
}

/// The text without the styles that the report itself sets: colours of one number, bold, dim, underline, reset.
fn without_styles(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let style = part.trim_start_matches(|c: char| c.is_ascii_digit());
        match style.strip_prefix('m') {
            Some(rest) if part.len() - style.len() <= 2 => plain += rest,
            _ => {
                plain += "\x1b[";
                plain += part;
            }
        }
    }
    plain
}

/// Frames into an analyzer, a millisecond apart, with the sequence numbers of one TCP connection.
#[derive(Default)]
struct Talk {
    analyzer: Analyzer,
    frames: u64,
    sent: [u32; 2],
}

impl Talk {
    fn frame(&mut self, data: &[u8]) {
        self.frames += 1;
        self.analyzer.push(&Frame {
            number: FrameNumber::new(0, self.frames),
            at: Timestamp::from_nanos(self.frames * 1_000_000),
            original_length: data.len() as u32,
            link: LinkType::Ethernet,
            interface: 0,
            data,
        });
    }

    fn udp(&mut self, source: u16, destination: u16, payload: &[u8]) {
        self.frame(&udp_frame(source, destination, payload));
    }

    /// A segment of the client (0) or the server (1) on `port`.
    fn tcp(&mut self, sender: usize, port: u16, flags: u8, payload: &[u8]) {
        const CLIENT_PORT: u16 = 40_000;
        let (source, destination) = [(CLIENT_PORT, port), (port, CLIENT_PORT)][sender];
        let mut segment = Vec::new();
        segment.extend(source.to_be_bytes());
        segment.extend(destination.to_be_bytes());
        segment.extend(self.sent[sender].to_be_bytes());
        segment.extend(self.sent[1 - sender].to_be_bytes());
        segment.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        segment.extend(payload);
        let (from, to) = [(CLIENT, SERVER), (SERVER, CLIENT)][sender];
        self.frame(&ipv4_frame(6, from, to, &segment));
        let syn = u32::from(flags & 2 != 0);
        self.sent[sender] += syn + payload.len() as u32;
    }

    fn connect(&mut self, port: u16) {
        self.sent = [1_000, 2_000];
        self.tcp(0, port, 0x02, b"");
        self.tcp(1, port, 0x12, b"");
    }

    fn say(&mut self, sender: usize, port: u16, bytes: &[u8]) {
        for part in bytes.chunks(1_000) {
            self.tcp(sender, port, 0x18, part);
        }
    }

    /// One HTTP exchange with JSON both ways.
    fn exchange(&mut self, port: u16, target: &str, request: &Value, response: &Value) {
        // What a header may hold: no control character of ASCII, but those of Unicode.
        let header = "\u{9b}2J\u{202e}\u{200b}";
        let request = request.to_string();
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: {header}\r\nUser-Agent: {header}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            request.len()
        );
        self.say(0, port, (head + &request).as_bytes());
        let response = response.to_string();
        let head = format!(
            "HTTP/1.1 200 {header}\r\nServer: {header}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            response.len()
        );
        self.say(1, port, (head + &response).as_bytes());
    }
}

/// A Janus dialogue: offer and answer, room and people, all with evil names.
fn signal(talk: &mut Talk) {
    let base = "/janus";
    let session = "/janus/8006446443526837";
    let handle = "/janus/8006446443526837/8630043135622766";
    talk.connect(8_088);
    talk.exchange(
        8_088,
        base,
        &json!({"transaction": "a1", "janus": "create"}),
        &json!({"janus": "success", "transaction": "a1", "data": {"id": 8_006_446_443_526_837_u64}}),
    );
    talk.exchange(
        8_088,
        session,
        &json!({"transaction": "a2", "janus": "attach", "plugin": format!("janus.plugin.videoroom{EVIL}")}),
        &json!({"janus": "success", "session_id": 8_006_446_443_526_837_u64, "transaction": "a2", "data": {"id": 8_630_043_135_622_766_u64}}),
    );
    talk.exchange(
        8_088,
        handle,
        &json!({"transaction": "a3", "janus": "message", "body": {"request": "join", "ptype": "publisher", "room": EVIL, "display": EVIL}}),
        &json!({"janus": "ack", "session_id": 8_006_446_443_526_837_u64, "transaction": "a3"}),
    );
    talk.exchange(
        8_088,
        handle,
        &json!({"transaction": format!("a4{EVIL}"), "janus": "message", "body": {"request": "configure"}, "jsep": {"type": "offer", "sdp": description("evil", "actpass")}}),
        &json!({"janus": "event", "session_id": 8_006_446_443_526_837_u64, "sender": 8_630_043_135_622_766_u64, "transaction": format!("a4{EVIL}"),
            "plugindata": {"plugin": "janus.plugin.videoroom", "data": {"videoroom": "event", "room": 1, "error": EVIL, "configured": "ok"}},
            "jsep": {"type": "answer", "sdp": description("live", "active")}}),
    );
    talk.exchange(
        8_088,
        handle,
        &json!({"transaction": "a5", "janus": "trickle", "candidate": {"candidate": format!("candidate:1{EVIL} 1 udp 2122194687 {EVIL}.local 5000 typ {EVIL}"), "sdpMid": EVIL}}),
        &json!({"janus": "error", "transaction": "a5", "error": {"code": 458, "reason": EVIL}}),
    );
    talk.exchange(
        8_088,
        &format!("/janus/\u{9b}2J\u{202e}?x={}", "\u{200b}"),
        &json!({"janus": EVIL}),
        &json!({"janus": EVIL}),
    );
}

fn description(fragment: &str, setup: &str) -> String {
    format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns={EVIL}\r\nt=0 0\r\na=group:BUNDLE 0{EVIL}\r\na={EVIL}:{EVIL}\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{fragment}{EVIL}\r\na=ice-pwd:{EVIL}passwordpassword\r\n\
         a=fingerprint:sha-256{EVIL} 00:11\r\na=setup:{setup}\r\na=mid:0{EVIL}\r\na=sendrecv\r\na=rtcp-mux\r\n\
         a=msid:{EVIL} {EVIL}\r\na=extmap:1 {EVIL}\r\na=rtpmap:111 opus{EVIL}/48000/2\r\na=fmtp:111 {EVIL}\r\n\
         a=ssrc:305419896 cname:{EVIL}\r\na=rid:{EVIL} send\r\n\
         a=candidate:{EVIL} 1 udp 2122194687 192.0.2.1 5000 typ host {EVIL} {EVIL}\r\n"
    )
}

/// Checks between the two, and an allocation that is refused and one that is granted.
fn check(talk: &mut Talk) {
    let user = format!("live{EVIL}:evil{EVIL}");
    talk.udp(
        5_000,
        3_478,
        &stun(
            0x0001,
            1,
            &[(0x0006, user.as_bytes()), (0x8022, EVIL.as_bytes())],
        ),
    );
    talk.udp(3_478, 5_000, &stun(0x0101, 1, &[(0x8022, EVIL.as_bytes())]));
    talk.udp(5_000, 3_478, &stun(0x0001, 2, &[(0x0006, user.as_bytes())]));
    let mut refusal = vec![0, 0, 4, 0];
    refusal.extend(EVIL.as_bytes());
    talk.udp(
        3_478,
        5_000,
        &stun(0x0111, 2, &[(0x0009, &refusal), (0x8022, EVIL.as_bytes())]),
    );
    let transport: (u16, &[u8]) = (0x0019, &[17, 0, 0, 0]);
    talk.udp(5_001, 3_478, &stun(0x0003, 3, &[transport]));
    refusal[3] = 1;
    let demands = [
        (0x0009, &refusal[..]),
        (0x0014, EVIL.as_bytes()),
        (0x0015, EVIL.as_bytes()),
    ];
    talk.udp(3_478, 5_001, &stun(0x0113, 3, &demands));
    let named = [
        transport,
        (0x0006, EVIL.as_bytes()),
        (0x0014, EVIL.as_bytes()),
    ];
    talk.udp(5_001, 3_478, &stun(0x0003, 4, &named));
    let granted = [0, 1, 0xe1, 0xba, 0xe7, 0x21, 0xc0, 0x43];
    talk.udp(
        3_478,
        5_001,
        &stun(0x0103, 4, &[(0x0016, &granted), (0x8022, EVIL.as_bytes())]),
    );
}

/// Plain RTP, and RTCP that names its sender.
fn media(talk: &mut Talk) {
    for number in 0..40_u8 {
        let mut packet = vec![
            0x80, 111, 0, number, 0, 0, number, 0, 0x12, 0x34, 0x56, 0x78,
        ];
        packet.extend([0; 40]);
        talk.udp(5_000, 3_478, &packet);
    }
    let mut packet = vec![0x80, 201, 0, 1, 0x12, 0x34, 0x56, 0x78];
    let item = [&[1, EVIL.len() as u8], EVIL.as_bytes()].concat();
    let length = (4 + item.len()) / 4 + 1;
    packet.extend([0x81, 202, 0, length as u8, 0x12, 0x34, 0x56, 0x78]);
    packet.extend(&item);
    packet.resize(packet.len() + length * 4 - 4 - item.len(), 0);
    talk.udp(5_000, 3_478, &packet);
}

/// A name that the resolver never had.
fn resolve(talk: &mut Talk) {
    let mut name = vec![EVIL.len() as u8];
    name.extend(EVIL.as_bytes());
    name.push(0);
    let mut answer = vec![0, 9, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    answer.extend(&name);
    answer.extend([0, 1, 0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
    answer.extend(SERVER);
    talk.udp(53, 5_001, &answer);
}

/// A ClientHello that asks for an evil host.
fn greet(talk: &mut Talk) {
    let host = EVIL.as_bytes();
    let length = |bytes: usize| (bytes as u16).to_be_bytes();
    let mut name = Vec::new();
    name.extend(length(host.len() + 3));
    name.push(0);
    name.extend(length(host.len()));
    name.extend(host);
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0x13, 0x01, 1, 0]);
    body.extend(length(name.len() + 4));
    body.extend([0, 0]);
    body.extend(length(name.len()));
    body.extend(&name);
    let mut record = vec![22, 3, 1];
    record.extend(length(body.len() + 4));
    record.extend([1, 0]);
    record.extend(length(body.len()));
    record.extend(&body);
    talk.connect(443);
    talk.say(0, 443, &record);
}

/// A STUN message with these attributes.
fn stun(kind: u16, transaction: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in attributes {
        body.extend(kind.to_be_bytes());
        body.extend((value.len() as u16).to_be_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut message = kind.to_be_bytes().to_vec();
    message.extend((body.len() as u16).to_be_bytes());
    message.extend([0x21, 0x12, 0xa4, 0x42]);
    message.extend([transaction; 12]);
    message.extend(body);
    message
}
