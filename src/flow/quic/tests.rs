//! Connections made up for the purpose, packet by packet: what no browser does on request.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::crypt::aead::Algorithm;
use crate::crypt::hash::Hash;
use crate::crypt::keylog::KeyLog;
use crate::crypt::quic::keys::Keys;
use crate::crypt::tls::facts::Opening;
use crate::crypt::tls::session::Peer;
use crate::crypt::tls::suite::Protection;
use crate::crypt::tls::suite::Suite;
use crate::flow::exchange::Exchange;
use crate::flow::quic::connections::Connections;
use crate::flow::quic::connections::Seen;
use crate::flow::quic::connections::Verdict;
use crate::flow::tcp::Carried;
use crate::flow::tcp::Shared;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::quic::version::Dialect;
use crate::wire::quic::version::Version;

use Peer::Client;
use Peer::Server;

const SUITE: Suite = Suite {
    protection: Protection::Aead(Algorithm::Aes128Gcm),
    hash: Hash::Sha256,
};
/// What the client calls the server at first.
const INVENTED: [u8; 8] = [0xd0, 1, 2, 3, 4, 5, 6, 7];
/// What the server calls itself.
const SERVER_ID: [u8; 6] = [0x51, 1, 2, 3, 4, 5];
const RANDOM: [u8; 32] = [7; 32];

/// A capture under test: packets are sealed as endpoints would, and `story` tells what came of them.
struct Bench {
    connections: Connections,
    shared: Shared,
    version: Version,
    dialect: Dialect,
    traffic: [Keys; 2],
    phase: [bool; 2],
    numbers: [[u64; 3]; 2],
    frame: u64,
    flow: FlowId,
    story: String,
    lost: bool,
    verdict: Verdict,
}

fn secret(byte: u8) -> [u8; 32] {
    [byte; 32]
}

fn keys(dialect: Dialect, byte: u8) -> Keys {
    Keys::new(dialect, SUITE, &secret(byte)).expect("fits together")
}

fn log() -> Arc<KeyLog> {
    let mut log = KeyLog::default();
    let lines = [
        ("CLIENT_EARLY_TRAFFIC_SECRET", 1),
        ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 2),
        ("SERVER_HANDSHAKE_TRAFFIC_SECRET", 3),
        ("CLIENT_TRAFFIC_SECRET_0", 4),
        ("SERVER_TRAFFIC_SECRET_0", 5),
    ];
    for (label, byte) in lines {
        let line = format!(
            "{label} {} {}\n",
            "07".repeat(32),
            format!("{byte:02x}").repeat(32)
        );
        log.add(line.as_bytes());
    }
    Arc::new(log)
}

fn extension(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[0, kind, 0, body.len() as u8], body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    [&[kind], &length[1..], body].concat()
}

fn client_hello() -> Vec<u8> {
    let extensions = [
        extension(16, &[0, 3, 2, b'h', b'3']),
        extension(43, &[2, 3, 4]),
        extension(42, &[]),
    ]
    .concat();
    let mut body = vec![3, 3];
    body.extend(RANDOM);
    body.extend([0, 0, 2, 0x13, 0x01, 1, 0, 0, extensions.len() as u8]);
    body.extend(extensions);
    message(1, &body)
}

fn server_hello() -> Vec<u8> {
    let extensions = extension(43, &[3, 4]);
    let mut body = vec![3, 3];
    body.extend([9; 32]);
    body.extend([0, 0x13, 0x01, 0, 0, extensions.len() as u8]);
    body.extend(extensions);
    message(2, &body)
}

fn crypto(offset: u8, data: &[u8]) -> Vec<u8> {
    let length = (0x4000 | data.len() as u16).to_be_bytes();
    [&[6, offset], &length[..], data].concat()
}

fn stream(id: u8, offset: u16, fin: bool, data: &[u8]) -> Vec<u8> {
    let offset = (0x4000 | offset).to_be_bytes();
    let length = (0x4000 | data.len() as u16).to_be_bytes();
    [&[0x0e | u8::from(fin), id], &offset[..], &length[..], data].concat()
}

/// A HEADERS frame from indexes of QPACK's static table, and a path or other literal.
fn headers(indexes: &[u8], path: Option<&str>) -> Vec<u8> {
    let mut section = vec![0, 0];
    section.extend(indexes.iter().map(|index| 0xc0 | index));
    if let Some(path) = path {
        section.extend([0x51, path.len() as u8]);
        section.extend(path.as_bytes());
    }
    [&[1, section.len() as u8], &section[..]].concat()
}

fn get(path: &str) -> Vec<u8> {
    headers(&[17, 23], Some(path))
}

fn ok(body: &str) -> Vec<u8> {
    [
        &headers(&[25], None)[..],
        &[0, body.len() as u8],
        body.as_bytes(),
    ]
    .concat()
}

impl Bench {
    fn new(version: Version) -> Self {
        let dialect = version.dialect().expect("read here");
        let mut shared = Shared::default();
        shared.secrets.log = log();
        Self {
            connections: Connections::default(),
            shared,
            version,
            dialect,
            traffic: [keys(dialect, 4), keys(dialect, 5)],
            phase: [false; 2],
            numbers: [[0; 3]; 2],
            frame: 0,
            flow: FlowId(0),
            story: String::new(),
            lost: false,
            verdict: Verdict::Foreign,
        }
    }

    fn without_keys(mut self) -> Self {
        self.shared.secrets.log = Arc::default();
        self
    }

    fn datagram(&mut self, from: Peer, payload: &[u8]) -> &mut Self {
        self.frame += 1;
        if std::mem::take(&mut self.lost) {
            return self;
        }
        let end = |last, port| TransportAddress::new(Ipv4Addr::new(192, 0, 2, last).into(), port);
        let tuple = FiveTuple {
            transport: Transport::Udp,
            a: end(1, 50_000 + self.flow.0 as u16),
            b: end(2, 443),
        };
        let seen = Seen {
            flow: self.flow,
            tuple,
            direction: match from {
                Client => Direction::Forward,
                Server => Direction::Reverse,
            },
            place: (
                Timestamp::from_nanos(self.frame * 1_000_000),
                FrameNumber::new(0, self.frame),
            ),
            payload,
        };
        let story = &mut self.story;
        let mut sink = |_, carried: Carried<'_>, _: &_| note(story, &carried);
        self.verdict = self
            .connections
            .datagram(&seen, &mut self.shared, &mut sink);
        self
    }

    /// The capture lacks the next datagram.
    fn lose(&mut self) -> &mut Self {
        self.lost = true;
        self
    }

    fn long(&mut self, from: Peer, kind: u8, keys: &Keys, space: usize, frames: &[u8]) -> Vec<u8> {
        let number = self.numbers[from.index()][space];
        self.numbers[from.index()][space] += 1;
        let kind = match self.dialect {
            Dialect::V2 => (kind + 1) & 3,
            _ => kind,
        };
        let mut header = vec![0xc0 | kind << 4];
        header.extend(self.version.0.to_be_bytes());
        let (destination, source): (&[u8], &[u8]) = match from {
            Client => (&INVENTED, &[]),
            Server => (&[], &SERVER_ID),
        };
        header.push(destination.len() as u8);
        header.extend(destination);
        header.push(source.len() as u8);
        header.extend(source);
        if space == 0 {
            header.push(0);
        }
        let length = 1 + frames.len() + 16;
        header.extend((0x4000 | length as u16).to_be_bytes());
        header.push(number as u8);
        keys.seal(&header, number, frames)
    }

    fn initial(&mut self, from: Peer, frames: &[u8]) -> &mut Self {
        let keys = Keys::initial(self.dialect, &INVENTED).expect("made");
        let packet = self.long(from, 0, &keys[from.index()], 0, frames);
        self.datagram(from, &packet)
    }

    fn early(&mut self, frames: &[u8]) -> &mut Self {
        let packet = self.long(Client, 1, &keys(self.dialect, 1), 2, frames);
        self.datagram(Client, &packet)
    }

    fn handshake(&mut self, from: Peer, frames: &[u8]) -> &mut Self {
        let keys = keys(self.dialect, 2 + from.index() as u8);
        let packet = self.long(from, 2, &keys, 1, frames);
        self.datagram(from, &packet)
    }

    fn short(&mut self, from: Peer, frames: &[u8]) -> Vec<u8> {
        let number = self.numbers[from.index()][2];
        self.numbers[from.index()][2] += 1;
        let mut header = vec![0x40 | u8::from(self.phase[from.index()]) << 2];
        if from == Client {
            header.extend(SERVER_ID);
        }
        header.push(number as u8);
        let mut frames = frames.to_vec();
        frames.resize(frames.len().max(4), 0);
        self.traffic[from.index()].seal(&header, number, &frames)
    }

    fn send(&mut self, from: Peer, frames: &[u8]) -> &mut Self {
        let packet = self.short(from, frames);
        self.datagram(from, &packet)
    }

    /// Both hellos, and the server's choice of protocol.
    fn hellos(&mut self) -> &mut Self {
        let chosen = extension(16, &[0, 3, 2, b'h', b'3']);
        let extensions = message(8, &[&[0, chosen.len() as u8], &chosen[..]].concat());
        self.initial(Client, &crypto(0, &client_hello()))
            .initial(Server, &crypto(0, &server_hello()))
            .handshake(Server, &crypto(0, &extensions))
    }

    fn update_keys(&mut self, from: Peer) -> &mut Self {
        let side = from.index();
        self.traffic[side] = self.traffic[side].updated().expect("follows");
        self.phase[side] = !self.phase[side];
        self
    }

    fn finish(&mut self) -> &mut Self {
        let story = &mut self.story;
        for at in 0..self.connections.len() {
            let mut sink = |_, carried: Carried<'_>, _: &_| note(story, &carried);
            self.connections.finish(at, &mut self.shared, &mut sink);
        }
        self
    }

    fn keys_come(&mut self) -> &mut Self {
        self.shared.secrets.log = log();
        self.connections.secrets_are_due();
        let story = &mut self.story;
        for at in self.connections.take_due() {
            let mut sink = |_, carried: Carried<'_>, _: &_| note(story, &carried);
            self.connections
                .secrets_came(at, &mut self.shared, &mut sink);
        }
        self
    }

    fn exchange(&self, at: usize) -> &Exchange {
        &self.shared.exchanges.all()[at]
    }

    fn facts(
        &mut self,
    ) -> (
        crate::crypt::tls::facts::Facts,
        crate::crypt::quic::facts::Facts,
    ) {
        let connection = self.connections.get_mut(0).expect("begun");
        let (tls, quic) = connection.facts();
        (tls.clone(), quic.clone())
    }

    #[track_caller]
    fn told(&mut self, expected: &str) -> &mut Self {
        assert_eq!(std::mem::take(&mut self.story).trim_end(), expected);
        self
    }
}

fn note(story: &mut String, carried: &Carried<'_>) {
    let _ = match carried {
        Carried::Request(id) => write!(story, "request {} ", id.0),
        Carried::Response(id) => write!(story, "response {} ", id.0),
        Carried::Http3Begins => write!(story, "http3 "),
        Carried::WebSocketBegins => write!(story, "websocket "),
        Carried::WebSocketMessage { .. } => write!(story, "message "),
        Carried::Fault(_, fault) => write!(story, "{} ", fault.name),
        _ => Ok(()),
    };
}

#[test]
fn a_request_and_its_response_are_an_exchange_in_each_version() {
    for version in [Version::V1, Version::V2, Version(0xff00_001d)] {
        let mut bench = Bench::new(version);
        bench
            .hellos()
            .send(Client, &stream(0, 0, true, &get("/a")))
            .send(Server, &stream(0, 0, true, &ok("hello")))
            .told("http3 request 0 response 0");
        let exchange = bench.exchange(0);
        assert_eq!(exchange.url(), "https://192.0.2.2:443/a");
        let (request, response) = (exchange.request.as_ref(), exchange.response.as_ref());
        assert_eq!(request.map(|it| it.version.word()), Some("3"));
        assert_eq!(response.map(|it| it.body.text()).as_deref(), Some("hello"));
        assert_eq!(
            response.map(|it| it.frames.clone()),
            Some(vec![FrameNumber::new(0, 5)])
        );
        let (tls, quic) = bench.facts();
        assert_eq!(
            (tls.opening, quic.version),
            (Opening::Opened, Some(version))
        );
        assert_eq!(
            (tls.alpn.as_deref(), tls.opened_records),
            (Some("h3"), [1, 2])
        );
    }
}

#[test]
fn packets_share_a_datagram_and_come_twice() {
    let mut bench = Bench::new(Version::V1);
    bench.hellos();
    let keys = keys(Dialect::V1, 2);
    let frames = crypto(0, &message(20, &[1; 32]));
    let mut datagram = bench.long(Client, 2, &keys, 1, &frames);
    datagram.extend(bench.short(Client, &stream(0, 0, true, &get("/a"))));
    bench
        .datagram(Client, &datagram)
        .told("http3 request 0")
        .datagram(Client, &datagram)
        .told("");
}

#[test]
fn streams_are_put_in_order() {
    let body = ok("hello");
    let (first, second) = body.split_at(4);
    let mut bench = Bench::new(Version::V1);
    bench
        .hellos()
        .send(Client, &stream(0, 0, true, &get("/a")))
        .send(Server, &stream(0, 4, true, second))
        .told("http3 request 0")
        .send(Server, &stream(0, 0, false, first))
        .told("response 0");
    let response = bench.exchange(0).response.as_ref().expect("there");
    assert!(response.body.complete);
    let numbers: Vec<u64> = response.frames.iter().map(|frame| frame.number()).collect();
    assert_eq!(numbers, [5, 6]);
}

#[test]
fn what_was_acknowledged_and_not_captured_is_given_up() {
    let body = ok("hello, world");
    let mut bench = Bench::new(Version::V1);
    bench.hellos().send(Client, &stream(0, 0, true, &get("/a")));
    bench
        .send(Server, &stream(0, 0, false, &body[..7]))
        .lose()
        .send(Server, &stream(0, 7, false, &body[7..9]))
        .send(Server, &stream(0, 9, true, &body[9..]))
        .told("http3 request 0")
        // Packets 0 to 2, all of them.
        .send(Client, &[2, 2, 0, 0, 2])
        .told("response 0");
    let response = bench.exchange(0).response.as_ref().expect("there");
    assert_eq!(
        (response.body.missing_bytes, response.body.complete),
        (2, false)
    );
}

#[test]
fn what_the_network_lost_comes_again() {
    let body = ok("hello, world");
    let mut bench = Bench::new(Version::V1);
    bench.hellos().send(Client, &stream(0, 0, true, &get("/a")));
    bench
        .send(Server, &stream(0, 0, false, &body[..7]))
        .lose()
        .send(Server, &stream(0, 7, false, &body[7..9]))
        .send(Server, &stream(0, 9, true, &body[9..]))
        // Packets 0 and 2: the receiver lacks the same.
        .send(Client, &[2, 2, 0, 1, 0, 0, 0])
        .told("http3 request 0")
        .send(Server, &stream(0, 7, false, &body[7..9]))
        .told("response 0");
    let response = bench.exchange(0).response.as_ref().expect("there");
    assert_eq!(response.body.text(), "hello, world");
}

#[test]
fn keys_are_updated_by_the_phase_bit() {
    let mut bench = Bench::new(Version::V1);
    bench.hellos().send(Client, &stream(0, 0, true, &get("/a")));
    let late = bench.short(Server, &stream(0, 0, false, &ok("")));
    bench
        .update_keys(Server)
        .send(Server, &stream(0, 7, true, b""))
        .told("http3 request 0")
        .datagram(Server, &late)
        .told("response 0")
        .update_keys(Client)
        .send(Client, &stream(4, 0, true, &get("/b")))
        .update_keys(Server)
        .send(Server, &stream(4, 0, true, &ok("b")))
        .told("request 1 response 1");
    assert_eq!(bench.facts().0.key_updates, [1, 2]);
}

#[test]
fn secrets_that_come_late_open_what_was_held() {
    let mut bench = Bench::new(Version::V1).without_keys();
    bench
        .hellos()
        .send(Client, &stream(0, 0, true, &get("/a")))
        .send(Server, &stream(0, 0, true, &ok("hello")))
        .told("");
    let (tls, _) = bench.facts();
    assert_eq!(
        (tls.opening, tls.alpn_offered),
        (Opening::NoSecrets, vec!["h3".to_owned()])
    );
    bench.keys_come().told("http3 request 0 response 0");
    assert_eq!(bench.shared.secrets.held_bytes, 0);
}

#[test]
fn without_secrets_nothing_is_invented() {
    let mut bench = Bench::new(Version::V1).without_keys();
    bench
        .hellos()
        .send(Client, &stream(0, 0, true, &get("/a")))
        .finish()
        .told("");
    let (tls, _) = bench.facts();
    assert_eq!(
        (tls.opening, tls.sealed_records),
        (Opening::NoSecrets, [1, 1])
    );
    assert!(bench.shared.exchanges.all().is_empty());
}

#[test]
fn what_is_held_for_secrets_is_bounded() {
    let mut bench = Bench::new(Version::V1).without_keys();
    bench.hellos();
    for _ in 0..2_000 {
        bench.send(Server, &stream(0, 0, false, &[0; 1200]));
    }
    assert_eq!(bench.shared.secrets.held_bytes, 0);
    bench.keys_come().told("");
}

#[test]
fn early_data_is_read_once_the_hello_is_whole() {
    let hello = client_hello();
    let (first, second) = hello.split_at(20);
    let mut bench = Bench::new(Version::V1);
    bench
        .initial(Client, &crypto(0, first))
        .early(&stream(0, 0, true, &get("/early")))
        .told("")
        .initial(Client, &crypto(20, second))
        .told("http3 request 0");
    assert!(bench.facts().0.early_data);
}

#[test]
fn a_connection_outlives_its_addresses() {
    let mut bench = Bench::new(Version::V1);
    bench.hellos().send(Client, &stream(0, 0, true, &get("/a")));
    bench.flow = FlowId(1);
    bench
        .send(Client, &stream(4, 0, true, &get("/b")))
        .send(Server, &stream(0, 0, true, &ok("a")))
        .told("http3 request 0 request 1 response 0");
    assert_eq!(bench.exchange(1).flow, FlowId(0));
    assert_eq!(bench.facts().1.migrations, 1);
    assert!(matches!(
        bench.verdict,
        Verdict::Known {
            connection: 0,
            opened: true,
            ..
        }
    ));
}

#[test]
fn an_id_announced_under_way_is_known_elsewhere() {
    let mut bench = Bench::new(Version::V1);
    let announced = [0x99, 8, 7, 6, 5, 4, 3, 2];
    let mut frame = vec![0x18, 1, 0, 8];
    frame.extend(announced);
    frame.extend([0; 16]);
    bench.hellos().send(Server, &frame);
    bench.flow = FlowId(7);
    let mut header = vec![0x40];
    header.extend(announced);
    header.push(0);
    let packet = keys(Dialect::V1, 4).seal(&header, 0, &stream(0, 0, true, &get("/a")));
    bench.datagram(Client, &packet).told("http3 request 0");
}

#[test]
fn a_retry_changes_the_initial_keys() {
    let mut packet = vec![0xf0, 0, 0, 0, 1, 0, 4, 9, 9, 9, 9];
    packet.extend(b"token");
    let tag = {
        let mut associated = vec![8];
        associated.extend(INVENTED);
        associated.extend(&packet);
        let key = 0xbe0c_690b_9f66_575a_1d76_6b54_e368_c84e_u128.to_be_bytes();
        let aead = crate::crypt::aead::Aead::new(Algorithm::Aes128Gcm, &key).expect("fits");
        aead.seal(
            b"\x46\x15\x99\xd3\x5d\x63\x2b\xf2\x23\x98\x25\xbb",
            &associated,
            b"",
        )
    };
    packet.extend(tag);
    let mut bench = Bench::new(Version::V1);
    bench
        .initial(Client, &crypto(0, &client_hello()))
        .datagram(Server, &packet);
    assert!(bench.facts().1.retried);
    let [keys, _] = Keys::initial(Dialect::V1, &[9; 4]).expect("made");
    let frames = crypto(0, &client_hello());
    let mut header = vec![0xc0, 0, 0, 0, 1, 4, 9, 9, 9, 9, 0, 5];
    header.extend(b"token");
    header.extend((0x4000 | (1 + frames.len() as u16 + 16)).to_be_bytes());
    header.push(1);
    let packet = keys.seal(&header, 1, &frames);
    bench.datagram(Client, &packet).told("");
    let same = Verdict::Known {
        connection: 0,
        begins: false,
        opened: true,
    };
    assert_eq!(bench.verdict, same);
}

#[test]
fn a_close_is_named_and_ends_the_streams() {
    let mut bench = Bench::new(Version::V1);
    bench
        .hellos()
        .send(Client, &stream(0, 0, true, &get("/a")))
        .send(Server, &stream(0, 0, false, &ok("half")))
        .send(Client, &[0x1d, 0x41, 0x0c, 3, b'b', b'y', b'e'])
        .told("http3 request 0 response 0");
    let response = bench.exchange(0).response.as_ref().expect("there");
    assert!(!response.body.complete);
    let (from, closed) = bench.facts().1.closed.expect("closed");
    assert_eq!(from, Client);
    assert_eq!(
        (closed.error.as_str(), closed.reason.as_str()),
        ("H3_REQUEST_CANCELLED", "bye")
    );
}

#[test]
fn a_section_waits_for_the_table() {
    let mut bench = Bench::new(Version::V1);
    // The server takes 4096 bytes; the client inserts `:path: /dyn` and refers to it.
    let settings = [0, 4, 3, 1, 0x50, 0];
    let insert = [2, 0x3f, 0xe1, 0x1f, 0xc1, 4, b'/', b'd', b'y', b'n'];
    let section = [1, 5, 2, 0, 0xd1, 0xd7, 0x80];
    bench
        .hellos()
        .send(Server, &stream(3, 0, false, &settings))
        .send(Client, &stream(0, 0, true, &section))
        .told("http3")
        .send(Client, &stream(6, 0, false, &insert))
        .told("request 0");
    let request = bench.exchange(0).request.as_ref().expect("there");
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("GET", "/dyn")
    );
}

#[test]
fn a_table_whose_beginning_was_not_captured_leaves_fields_unknown() {
    let mut bench = Bench::new(Version::V1);
    let section = [1, 5, 2, 0, 0xd1, 0xd7, 0x80];
    bench
        .hellos()
        .send(Server, &stream(3, 0, false, &[0, 4, 3, 1, 0x50, 0]))
        .send(Client, &stream(0, 0, true, &section))
        .told("http3")
        .finish()
        .told("request 0");
    let request = bench.exchange(0).request.as_ref().expect("there");
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("GET", "unknown header")
    );
}

#[test]
fn a_websocket_runs_in_an_extended_connect() {
    let mut bench = Bench::new(Version::V1);
    // RFC 9220: `:method CONNECT`, `:scheme https`, `:protocol websocket`, `:path /ws`.
    let mut section = vec![0, 0, 0xcf, 0xd7, 0x27, 2];
    section.extend(b":protocol");
    section.push(9);
    section.extend(b"websocket");
    section.extend([0x51, 3, b'/', b'w', b's']);
    let connect = [&[1, section.len() as u8], &section[..]].concat();
    let masked = [0, 8, 0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
    bench
        .hellos()
        .send(Client, &stream(0, 0, false, &connect))
        .send(Server, &stream(0, 0, false, &headers(&[25], None)))
        .send(Client, &stream(0, connect.len() as u16, false, &masked))
        .told("http3 request 0 response 0 websocket message");
    assert_eq!(bench.exchange(0).websocket_url(), "wss://192.0.2.2:443/ws");
}

#[test]
fn what_comes_after_a_close_opens_no_stream_again() {
    let mut bench = Bench::new(Version::V1);
    bench
        .hellos()
        .send(Client, &stream(0, 0, true, &get("/a")))
        .send(Client, &[0x1d, 0x41, 0, 0])
        .told("http3 request 0")
        .send(Server, &stream(0, 0, true, &ok("late")))
        .finish()
        .told("");
    assert_eq!(bench.shared.exchanges.all().len(), 1);
}

#[test]
fn a_long_header_that_does_not_open_is_no_proof() {
    let mut bench = Bench::new(Version::V1);
    let mut packet = bench.long(Client, 0, &keys(Dialect::V1, 9), 0, &[1; 30]);
    bench.datagram(Client, &packet);
    assert_eq!(
        (bench.verdict, bench.connections.len()),
        (Verdict::Likely, 0)
    );
    packet[1..5].copy_from_slice(&0x1a2a_3a4a_u32.to_be_bytes());
    bench.datagram(Client, &packet);
    assert_eq!(bench.verdict, Verdict::Likely);
    bench.datagram(Client, &[0x40; 30]);
    assert_eq!(bench.verdict, Verdict::Foreign);
}

#[test]
fn damaged_frames_do_not_panic() {
    let insert = [2, 0x3f, 0xe1, 0x1f, 0xc1, 4, b'/', b'd', b'y', b'n'];
    let samples = [
        stream(0, 0, true, &get("/a")),
        stream(0, 3, false, &ok("hello")),
        stream(3, 0, false, &[0, 4, 3, 1, 0x50, 0]),
        stream(2, 0, false, &insert),
        vec![4, 0, 1, 9],
        vec![2, 9, 0, 1, 1, 2, 3],
        vec![
            0x18, 1, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ],
    ];
    let mut bench = Bench::new(Version::V1);
    bench.hellos();
    for sample in &samples {
        for bit in 0..sample.len() * 8 {
            let mut flipped = sample.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            for from in [Client, Server] {
                bench.send(from, &flipped).send(from, &flipped[..bit / 8]);
            }
        }
    }
    bench.finish();
    assert!(bench.connections.get_mut(0).is_some_and(|it| !it.waits()));
}
