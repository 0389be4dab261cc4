//! A frame in one line: time, source, destination, protocol, what it says.

use crate::timeline::layer::Layer;
use crate::tui::packet::known::Known;
use crate::tui::text::counted;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::encapsulation::Tunnel;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FrameNumber;
use crate::vocab::printable::printable_bytes;
use crate::vocab::time::Timestamp;
use crate::wire::channel_data::ChannelData;
use crate::wire::datagram::Kind;
use crate::wire::datagram::classify;
use crate::wire::detail::Field;
use crate::wire::dns;
use crate::wire::dtls;
use crate::wire::http1::sniff::Sniff;
use crate::wire::http1::sniff::looks_like_http;
use crate::wire::http1::sniff::skip_empty_lines;
use crate::wire::icmp::Quote;
use crate::wire::packet::Body;
use crate::wire::packet::decode;
use crate::wire::quic::header::Packet;
use crate::wire::rtcp::classify as rtcp;
use crate::wire::rtp;
use crate::wire::span::Span;
use crate::wire::stun;
use crate::wire::tcp::Segment;
use crate::wire::tls;

/// A frame in one line. Text from the wire is printable already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its number.
    pub number: FrameNumber,
    /// When it was captured.
    pub at: Timestamp,
    /// Sender, when it can be told.
    pub source: String,
    /// Receiver.
    pub destination: String,
    /// Layer, for its colour.
    pub layer: Layer,
    /// Protocol: `STUN`, `SRTP`.
    pub protocol: &'static str,
    /// What it says.
    pub text: String,
    /// Length on the wire, bytes.
    pub length: u32,
    /// The conversation, for UDP and TCP; `a` sent this frame.
    pub tuple: Option<FiveTuple>,
}

/// What a payload says: its layer, protocol and words.
type Said = (Layer, &'static str, String);

/// Sums up a frame.
pub fn summary(frame: &Frame<'_>, known: &Known) -> Summary {
    let packet = decode(frame.link, frame.data, frame.original_length);
    let mut tuple = None;
    let ip = packet
        .ip
        .map(|ip| (ip.source.to_string(), ip.destination.to_string()));
    let (mut source, mut destination) = ip.unwrap_or_default();
    let (layer, protocol, mut text) = match packet.body {
        Body::Udp(udp) => {
            (source, destination) = (udp.source.to_string(), udp.destination.to_string());
            let between = FiveTuple {
                transport: Transport::Udp,
                a: udp.source,
                b: udp.destination,
            };
            tuple = Some(between);
            if DNS_PORTS.contains(&udp.source.port) || DNS_PORTS.contains(&udp.destination.port) {
                domain_names(udp.payload)
            } else if known.only_looks_like_quic(&between, udp.payload) {
                (Layer::Other, "UDP", bytes_of(udp.payload_length()))
            } else {
                datagram(Span::new(udp.payload, udp.payload_length()), known, 0)
            }
        }
        Body::Tcp(segment) => {
            (source, destination) = (segment.source.to_string(), segment.destination.to_string());
            tuple = Some(FiveTuple {
                transport: Transport::Tcp,
                a: segment.source,
                b: segment.destination,
            });
            stream(&segment)
        }
        Body::Icmp(message) => {
            let quoted = message.quote.as_ref().and_then(Quote::destination);
            let about = quoted
                .map(|to| format!(", about a packet to {to}"))
                .unwrap_or_default();
            (Layer::Other, "ICMP", format!("{}{about}", message.name()))
        }
        Body::Fragment(piece) => {
            let fragment = piece.fragment;
            let last = if fragment.more { "" } else { ", the last" };
            let text = format!(
                "fragment of packet {:#x} at byte {}{last}, {}",
                fragment.identification,
                fragment.offset,
                name(piece.protocol.name(), piece.protocol.code())
            );
            (Layer::Other, "IP", text)
        }
        Body::OtherIp { protocol, .. } => {
            (Layer::Other, "IP", name(protocol.name(), protocol.code()))
        }
        Body::NotIp { ether_type, .. } => {
            let text = ether_type.name().map_or_else(
                || format!("EtherType {:#06x}", ether_type.code()),
                str::to_owned,
            );
            (Layer::Other, "link", text)
        }
        Body::Unreadable(fault) => (Layer::Other, "?", fault.to_string()),
        Body::UnsupportedLink(number) => (
            Layer::Other,
            "?",
            format!("link type {number} is not supported"),
        ),
    };
    if !packet.encapsulation.is_empty() {
        let tunnels: Vec<&str> = packet.encapsulation.tunnels().map(Tunnel::name).collect();
        text = format!("{text} · in {}", tunnels.join(", "));
    }
    Summary {
        number: frame.number,
        at: frame.at,
        source,
        destination,
        layer,
        protocol,
        text,
        length: frame.original_length,
        tuple,
    }
}

fn name(name: Option<&str>, code: u8) -> String {
    name.map_or_else(|| format!("protocol {code}"), str::to_owned)
}

fn datagram(span: Span<'_>, known: &Known, depth: usize) -> Said {
    let bytes = span.bytes;
    match classify(bytes) {
        Kind::Stun => binding(span, known, depth),
        Kind::ChannelData => match ChannelData::new_cut(bytes) {
            Ok(message) if depth < DEPTH => {
                let (layer, protocol, text) = datagram(span.inner(message.data), known, depth + 1);
                (
                    layer,
                    protocol,
                    format!("{text} · in channel {:#06x}", message.number),
                )
            }
            Ok(message) => (
                Layer::Turn,
                "TURN",
                format!("channel {:#06x}", message.number),
            ),
            Err(fault) => (Layer::Turn, "TURN", fault.to_string()),
        },
        Kind::Dtls | Kind::DtlsUnified => (
            Layer::Dtls,
            "DTLS",
            records(&dtls::detail::detail(bytes, 0)),
        ),
        Kind::Rtp => media(bytes, known),
        Kind::Rtcp => control(span),
        Kind::Quic => (Layer::Other, "QUIC", packets_of(bytes)),
        Kind::Zrtp => (Layer::Dtls, "ZRTP", bytes_of(bytes.len())),
        Kind::Unknown => (Layer::Other, "UDP", bytes_of(bytes.len())),
    }
}

/// The packets of a QUIC datagram.
fn packets_of(bytes: &[u8]) -> String {
    let (mut names, mut rest) = (Vec::new(), bytes);
    while !rest.iter().all(|&byte| byte == 0)
        && names.len() < PARTS_SHOWN
        && let Ok((packet, after)) = Packet::split(rest)
    {
        names.push(packet.name());
        rest = after;
    }
    format!("{}, {}", names.join(", "), bytes_of(bytes.len()))
}

fn binding(span: Span<'_>, known: &Known, depth: usize) -> Said {
    let message = match stun::Message::new_cut(span.bytes) {
        Ok(message) => message,
        Err(fault) => return (Layer::Ice, "STUN", fault.to_string()),
    };
    let method = message.method();
    let (layer, protocol) = if method.is_turn() {
        (Layer::Turn, "TURN")
    } else {
        (Layer::Ice, "STUN")
    };
    if let Some(inner) = message.data()
        && depth < DEPTH
    {
        let (layer, protocol, text) = datagram(span.inner(inner), known, depth + 1);
        return (layer, protocol, format!("{text} · in an indication"));
    }
    let class = match message.class() {
        stun::Class::Request => "request",
        stun::Class::Indication => "indication",
        stun::Class::Success => "success",
        stun::Class::Error => "error",
    };
    let mut words = vec![format!(
        "{} {class}",
        method.name().unwrap_or("unknown method")
    )];
    if let Some(refusal) = message.error_code() {
        words.push(format!(
            "{} {}",
            refusal.code.code(),
            printable_bytes(refusal.phrase(), TEXT_MAX)
        ));
    }
    if let Some(address) = message.xor_relayed_address() {
        words.push(format!("relay {address}"));
    } else if let Some(address) = message.reflexive_address() {
        words.push(format!("you are {address}"));
    }
    if let Some(peer) = message.xor_peer_address() {
        words.push(format!("peer {peer}"));
    }
    if let Some(number) = message.channel_number() {
        words.push(format!("channel {number:#06x}"));
    }
    if message.class() == stun::Class::Request
        && let Some(username) = message.username()
    {
        words.push(printable_bytes(username.as_bytes(), TEXT_MAX));
    }
    if message.use_candidate() {
        words.push("use-candidate".to_owned());
    }
    (layer, protocol, words.join(" "))
}

fn media(bytes: &[u8], known: &Known) -> Said {
    match rtp::Header::new(bytes) {
        Ok(header) => {
            let stream = known.stream(header.ssrc());
            let codec = stream
                .and_then(|stream| stream.codec.as_deref())
                .map_or_else(
                    || format!("payload type {}", header.payload_type()),
                    |codec| printable_bytes(codec.as_bytes(), 16),
                );
            let protocol = if stream.is_none_or(|stream| stream.encrypted) {
                "SRTP"
            } else {
                "RTP"
            };
            let marker = if header.marker() { " marker" } else { "" };
            let text = format!(
                "{codec} sequence {}, time {}, ssrc {}{marker}",
                header.sequence(),
                header.timestamp(),
                header.ssrc()
            );
            (Layer::Media, protocol, text)
        }
        Err(fault) => (Layer::Media, "RTP", fault.to_string()),
    }
}

fn control(datagram: Span<'_>) -> Said {
    match rtcp::classify_span(datagram) {
        rtcp::Classified::Plain(compound) => {
            let names = compound.packets().map(|packet| match packet {
                Ok(packet) => packet.kind.name().unwrap_or("unknown type").to_owned(),
                Err(fault) => fault.name.to_owned(),
            });
            (
                Layer::Media,
                "RTCP",
                names.take(PARTS_SHOWN).collect::<Vec<_>>().join(", "),
            )
        }
        rtcp::Classified::Encrypted(packet) => {
            let kind = packet.opening.kind.name().unwrap_or("unknown type");
            (
                Layer::Media,
                "SRTCP",
                format!(
                    "{kind} from ssrc {}, then encrypted, index {}",
                    packet.opening.ssrc, packet.index
                ),
            )
        }
        rtcp::Classified::Cut(cut) => {
            let kind = cut.opening.kind.name().unwrap_or("unknown type");
            let protocol = match cut.is_encrypted {
                Some(true) => "SRTCP",
                Some(false) => "RTCP",
                None => "RTCP or SRTCP",
            };
            let text = format!("{kind} from ssrc {}, cut", cut.opening.ssrc);
            (Layer::Media, protocol, text)
        }
        rtcp::Classified::Malformed { fault, .. } => (Layer::Media, "RTCP", fault.to_string()),
    }
}

fn stream(segment: &Segment<'_>) -> Said {
    let payload = segment.payload;
    if payload.is_empty() {
        let flags: Vec<&str> = segment.flags.names().collect();
        return (Layer::Other, "TCP", flags.join(" "));
    }
    if matches!(looks_like_http(payload), Sniff::Request | Sniff::Response) {
        let start = skip_empty_lines(payload);
        let end = start
            .iter()
            .position(|&byte| byte == b'\r' || byte == b'\n')
            .unwrap_or(start.len());
        let line = start.get(..end).unwrap_or(start);
        // The protocol column says HTTP already.
        let line = line.strip_prefix(b"HTTP/1.1 ").unwrap_or(line);
        let line = line.strip_suffix(b" HTTP/1.1").unwrap_or(line);
        return (Layer::Signaling, "HTTP", printable_bytes(line, TEXT_MAX));
    }
    if tls::record::probe(payload) {
        return (
            Layer::Dtls,
            "TLS",
            records(&tls::detail::stream::detail(payload, 0)),
        );
    }
    (
        Layer::Other,
        "TCP",
        format!("{} of a stream", bytes_of(payload.len())),
    )
}

fn domain_names(bytes: &[u8]) -> Said {
    let text = match dns::Message::new(bytes) {
        Ok(message) => {
            let asked: Vec<&str> = message
                .questions
                .iter()
                .map(|question| question.name.as_str())
                .collect();
            let told = message.records.len();
            let kind = if message.is_response {
                "answer"
            } else {
                "query"
            };
            let names = printable_bytes(asked.join(", ").as_bytes(), TEXT_MAX);
            if told > 0 {
                format!("{kind} {names}, {}", counted(told as u64, "record"))
            } else {
                format!("{kind} {names}")
            }
        }
        Err(fault) => fault.to_string(),
    };
    (Layer::Other, "DNS", text)
}

/// The messages in the records of a DTLS or TLS tree: what comes after a record's own header fields.
fn records(tree: &Field) -> String {
    let mut words: Vec<String> = Vec::new();
    for record in tree.children.iter().take(PARTS_SHOWN) {
        let before = words.len();
        let messages = record
            .children
            .iter()
            .filter(|field| field.name.starts_with(char::is_uppercase));
        words.extend(messages.map(|field| field.name.clone()));
        if words.len() == before {
            words.push(if record.name == "fault" {
                record.value.clone()
            } else {
                record.name.clone()
            });
        }
    }
    printable_bytes(words.join(", ").as_bytes(), TEXT_MAX)
}

fn bytes_of(count: usize) -> String {
    format!("{count} bytes")
}

/// DNS, multicast DNS.
const DNS_PORTS: [u16; 2] = [53, 5353];
/// Envelopes that are opened: a relay inside a relay is as deep as it gets.
pub const DEPTH: usize = 2;
/// Longest text of a summary, characters.
const TEXT_MAX: usize = 200;
/// Records or packets of one datagram that are named.
const PARTS_SHOWN: usize = 6;
