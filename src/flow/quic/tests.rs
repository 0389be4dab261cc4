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

mod addresses;
mod fields;
mod secrets;
mod streams;

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
