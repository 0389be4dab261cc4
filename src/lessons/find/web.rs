//! How a page finds and reaches its server: names, connections, requests, responses.

use std::net::IpAddr;
use std::ops::ControlFlow;

use crate::flow::exchange::Exchange;
use crate::lessons::desk::Desk;
use crate::lessons::figure::Figure;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::dns;
use crate::wire::packet::Body;
use crate::wire::packet::decode;

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "dns",
        what: "DNS answer with an address",
        figures: &[
            ("dns.name", "the name asked for"),
            ("dns.type", "A or AAAA"),
            ("dns.address", "the first address told"),
            ("dns.server", "who told"),
            ("dns.port", "its port"),
            ("dns.query", "frame of the question"),
            ("dns.answer", "frame of the answer"),
            ("dns.id", "id of both"),
            ("dns.ms", "time between them"),
            ("dns.ttl", "how long it may be remembered, seconds"),
        ],
        run: name,
    },
    Query {
        name: "url",
        what: "HTTP request",
        figures: &[
            ("url.text", "the whole URL"),
            ("url.scheme", "http or https"),
            ("url.host", "host"),
            ("url.port", "port, said or implied"),
            ("url.path", "path"),
            ("url.server", "the server's address and port"),
            ("url.frame", "frame of the request"),
        ],
        run: url,
    },
    Query {
        name: "tcp",
        what: "TCP connection whose beginning was captured",
        figures: &[
            ("tcp.client", "who opened it"),
            ("tcp.server", "who was called"),
            ("tcp.client.port", "the client's port"),
            ("tcp.server.port", "the server's port"),
            ("tcp.syn", "frame of SYN"),
            ("tcp.synack", "frame of SYN, ACK"),
            ("tcp.ack", "frame of ACK"),
            ("tcp.ms", "from SYN to SYN, ACK"),
            ("tcp.sequence", "the client's first sequence number"),
        ],
        run: connection,
    },
    Query {
        name: "http",
        what: "HTTP request with its response",
        figures: &[
            ("http.method", "method"),
            ("http.target", "request target"),
            ("http.version", "HTTP version"),
            ("http.host", "Host header field"),
            ("http.headers", "header fields of the request"),
            ("http.bytes", "bytes of its body"),
            ("http.type", "Content-Type of the request"),
            ("http.status", "status code"),
            ("http.reason", "reason phrase"),
            ("http.response.type", "Content-Type of the response"),
            ("http.response.bytes", "bytes of its body"),
            ("http.ms", "from the end of the request to the response"),
            ("http.request", "frame of the request"),
            ("http.response", "frame of the response"),
        ],
        run: http,
    },
];

/// The exchange that lessons are about: the first POST of the signaling with a response, else the first with one, else the first.
pub(super) fn exchange<'a>(desk: &Desk<'a>) -> Option<&'a Exchange> {
    let exchanges = desk.exchanges();
    let answered = |it: &&&Exchange| it.request.is_some() && it.response.is_some();
    let posts = |it: &&&Exchange| {
        let request = it.request.as_ref();
        request.is_some_and(|request| request.method == "POST")
    };
    let mut all = exchanges.iter();
    all.clone()
        .find(|it| answered(it) && posts(it))
        .or_else(|| all.clone().find(answered))
        .or_else(|| all.find(|it| it.request.is_some()))
        .copied()
}

struct Told {
    name: String,
    kind: &'static str,
    ip: IpAddr,
    server: TransportAddress,
    id: u16,
    ttl: u32,
    at: Timestamp,
    frame: FrameNumber,
    asked: Option<(FrameNumber, Timestamp)>,
}

fn name(desk: &mut Desk<'_>) -> Option<Found> {
    let wanted = exchange(desk).map(|it| it.server.ip);
    let mut asked: Vec<(u16, TransportAddress, FrameNumber, Timestamp)> = Vec::new();
    let (mut first, mut best): (Option<Told>, Option<Told>) = (None, None);
    desk.scan(FrameNumber::new(0, 1), |frame| {
        let Body::Udp(udp) = decode(frame.link, frame.data, frame.original_length).body else {
            return ControlFlow::Continue(());
        };
        if udp.source.port != DNS && udp.destination.port != DNS {
            return ControlFlow::Continue(());
        }
        let Ok(message) = dns::Message::new(udp.payload) else {
            return ControlFlow::Continue(());
        };
        if !message.is_response {
            if asked.len() < ASKED_MAX {
                asked.push((message.id, udp.source, frame.number, frame.at));
            }
            return ControlFlow::Continue(());
        }
        let Some((name, ips)) = message.answer() else {
            return ControlFlow::Continue(());
        };
        let ip = ips
            .iter()
            .find(|ip| Some(**ip) == wanted)
            .or_else(|| ips.first());
        if let Some(&ip) = ip {
            let question = asked
                .iter()
                .find(|(id, from, ..)| *id == message.id && *from == udp.destination);
            let ttl = message
                .records
                .iter()
                .find(|record| matches!(record.data, dns::RecordData::Address(told) if told == ip));
            let told = Told {
                name: name.to_owned(),
                kind: if ip.is_ipv4() { "A" } else { "AAAA" },
                ip,
                server: udp.source,
                id: message.id,
                ttl: ttl.map_or(0, |record| record.time_to_live),
                at: frame.at,
                frame: frame.number,
                asked: question.map(|(_, _, frame, at)| (*frame, *at)),
            };
            if Some(ip) == wanted && told.asked.is_some() {
                best = Some(told);
                return ControlFlow::Break(());
            }
            if first.is_none() && told.asked.is_some() {
                first = Some(told);
            }
        }
        ControlFlow::Continue(())
    });
    let told = best.or(first)?;
    let (question, asked_at) = told.asked?;
    let mut found = Found::at([told.frame, question])?;
    let both = [told.frame, question];
    found.set("dns.name", Figure::word(&told.name).seen(&[question]));
    found.set("dns.type", Figure::word(told.kind));
    found.set("dns.address", Figure::address(told.ip).seen(&[told.frame]));
    found.set("dns.server", Figure::address(told.server.ip));
    found.set("dns.port", Figure::count(told.server.port));
    found.set("dns.query", Figure::frame(question));
    found.set("dns.answer", Figure::frame(told.frame));
    found.set(
        "dns.id",
        Figure::written(format!("{:#06x}", told.id), told.id).seen(&both),
    );
    found.set("dns.ms", Figure::milliseconds(told.at.since(asked_at)));
    found.set("dns.ttl", Figure::count(told.ttl));
    Some(found)
}

fn url(desk: &mut Desk<'_>) -> Option<Found> {
    let exchange = exchange(desk)?;
    let request = exchange.request.as_ref()?;
    let authority = request
        .header("host")
        .or_else(|| request.header(":authority"))
        .map_or_else(|| exchange.server.ip.to_string(), str::to_owned);
    let scheme = exchange.scheme.word();
    let implied = if scheme == "https" { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && !port.contains(']') => {
            match port.parse::<u16>() {
                Ok(port) => (host.to_owned(), port),
                Err(_) => (authority.clone(), implied),
            }
        }
        _ => (authority.clone(), implied),
    };
    let path = request.target.split('?').next().unwrap_or_default();
    let mut found = Found::at(request.frames.clone())?;
    found.exchange = Some(exchange.id);
    found.set(
        "url.text",
        Figure::word(&format!("{scheme}://{authority}{}", request.target)),
    );
    found.set("url.scheme", Figure::word(scheme));
    found.set("url.host", Figure::word(&host));
    found.set("url.port", Figure::count(port));
    found.set("url.path", Figure::word(path));
    found.set("url.server", Figure::socket(exchange.server));
    found.set("url.frame", Figure::frame(*request.frames.first()?));
    Some(found)
}

fn connection(desk: &mut Desk<'_>) -> Option<Found> {
    let scene = &desk.analysis.scene;
    let own = exchange(desk).and_then(|it| scene.flows.get(it.flow.index()));
    let mut flows = own.into_iter().chain(&scene.flows).filter(|flow| {
        flow.tuple.transport == crate::vocab::address::Transport::Tcp && flow.relayed.is_none()
    });
    let found = flows.by_ref().take(FLOWS_MAX).find_map(|flow| {
        let (tuple, first) = (flow.tuple, flow.first_frame);
        let mut steps: Vec<(FrameNumber, Timestamp, TransportAddress, u32)> = Vec::new();
        let mut left = HANDSHAKE_WITHIN;
        desk.scan(first, |frame| {
            left -= 1;
            if let Body::Tcp(tcp) = decode(frame.link, frame.data, frame.original_length).body {
                let ends = [(tuple.a, tuple.b), (tuple.b, tuple.a)];
                let ours = ends.contains(&(tcp.source, tcp.destination));
                let due = match steps.as_slice() {
                    [] => tcp.flags.syn() && !tcp.flags.ack(),
                    [syn] => tcp.flags.syn() && tcp.flags.ack() && tcp.source != syn.2,
                    [syn, _] => tcp.flags.ack() && !tcp.flags.syn() && tcp.source == syn.2,
                    _ => false,
                };
                if ours && due {
                    steps.push((frame.number, frame.at, tcp.source, tcp.sequence));
                }
            }
            if left == 0 || steps.len() == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        match steps.as_slice() {
            [syn, synack, ack] => Some((*syn, *synack, *ack)),
            _ => None,
        }
    });
    let (syn, synack, ack) = found?;
    let mut found = Found::at([syn.0, synack.0, ack.0])?;
    found.set("tcp.client", Figure::socket(syn.2).seen(&[syn.0]));
    found.set("tcp.server", Figure::socket(synack.2).seen(&[synack.0]));
    found.set("tcp.client.port", Figure::count(syn.2.port));
    found.set("tcp.server.port", Figure::count(synack.2.port));
    found.set("tcp.syn", Figure::frame(syn.0));
    found.set("tcp.synack", Figure::frame(synack.0));
    found.set("tcp.ack", Figure::frame(ack.0));
    found.set("tcp.ms", Figure::milliseconds(synack.1.since(syn.1)));
    found.set("tcp.sequence", Figure::count(syn.3));
    Some(found)
}

fn http(desk: &mut Desk<'_>) -> Option<Found> {
    let exchange = exchange(desk)?;
    let (request, response) = (exchange.request.as_ref()?, exchange.response.as_ref()?);
    let frames: Vec<FrameNumber> = request
        .frames
        .iter()
        .chain(&response.frames)
        .copied()
        .collect();
    let mut found = Found::at(frames)?;
    found.exchange = Some(exchange.id);
    let bytes = |body: &crate::flow::body::Body| Figure::count(body.bytes.len() as u64);
    let kind = |value: Option<&str>| value.map(Figure::word);
    found.set("http.method", Figure::word(&request.method));
    found.set("http.target", Figure::word(&request.target));
    found.set("http.version", Figure::word(request.version.word()));
    let host = request
        .header("host")
        .or_else(|| request.header(":authority"));
    found.set_some("http.host", host.map(Figure::word));
    found.set(
        "http.headers",
        Figure::count(request.headers.iter().count() as u64),
    );
    found.set("http.bytes", bytes(&request.body));
    found.set_some("http.type", kind(request.header("content-type")));
    found.set("http.status", Figure::count(response.status));
    let reason = Some(&response.reason).filter(|reason| !reason.is_empty());
    found.set_some("http.reason", reason.map(|it| Figure::word(it)));
    found.set_some(
        "http.response.type",
        kind(response.headers.get("content-type")),
    );
    found.set("http.response.bytes", bytes(&response.body));
    let waited = response.at.since(request.complete_at);
    found.set("http.ms", Figure::milliseconds(waited));
    found.set("http.request", Figure::frame(*request.frames.first()?));
    found.set("http.response", Figure::frame(*response.frames.first()?));
    Some(found)
}

const DNS: u16 = 53;
/// Questions remembered until their answers come.
const ASKED_MAX: usize = 512;
/// Connections tried until one has its beginning in the capture.
const FLOWS_MAX: usize = 64;
/// Frames in which a handshake has to be over.
pub(super) const HANDSHAKE_WITHIN: u32 = 2_000;
