//! STUN byte by byte: a Binding request, its response, and the XOR undone.

use crate::lessons::desk::Desk;
use crate::lessons::desk::message;
use crate::lessons::figure::Figure;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::packet::Body;
use crate::wire::packet::decode;
use crate::wire::stun::AttributeType;
use crate::wire::stun::Class;
use crate::wire::stun::Method;

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "stun.request",
        what: "Binding request with its response",
        figures: &[
            ("stun.frame", "its frame"),
            ("stun.type", "message type, hexadecimal"),
            ("stun.length", "length in the header"),
            ("stun.size", "bytes of the whole message"),
            ("stun.cookie", "magic cookie"),
            ("stun.transaction", "transaction id"),
            ("stun.attributes", "attributes"),
            ("stun.from", "who asks"),
            ("stun.to", "who is asked"),
            ("stun.answer", "frame of the response"),
            ("stun.ms", "until the response"),
        ],
        run: request,
    },
    Query {
        name: "xor",
        what: "Binding response with XOR-MAPPED-ADDRESS over IPv4",
        figures: &[
            ("xor.answer", "its frame"),
            ("xor.server", "who says it"),
            ("xor.to", "to which socket, by the packet"),
            ("xor.to.ip", "the address of that socket"),
            ("xor.port.wire", "port on the wire, hexadecimal"),
            ("xor.port.mask", "first half of the cookie"),
            ("xor.port.hex", "port, hexadecimal"),
            ("xor.port", "port"),
            ("xor.address.wire", "address on the wire, hexadecimal"),
            ("xor.address.mask", "the cookie"),
            ("xor.address.hex", "address, hexadecimal"),
            ("xor.address", "address"),
            ("xor.mapped", "address and port"),
            (
                "xor.changed",
                "yes or no: did something on the way change the address?",
            ),
        ],
        run: xor,
    },
];

/// A Binding transaction: request and response frames, from the servers asked first, then from the checks.
fn transactions(desk: &Desk<'_>) -> Vec<(FrameNumber, FrameNumber)> {
    let scene = &desk.analysis.scene;
    let mut pairs: Vec<(FrameNumber, FrameNumber)> = scene
        .server_queries
        .iter()
        .filter_map(|query| Some((*query.frames.first()?, query.mapped?.2)))
        .collect();
    let own = desk.call().into_iter().chain(desk.calls());
    for (_, call) in own.take(CALLS_MAX) {
        let checks = call.ice.pairs.iter().flat_map(|pair| &pair.checks);
        let answered = checks.filter_map(|check| Some((check.frame, check.answered?.1)));
        pairs.extend(answered.take(CHECKS_MAX));
    }
    pairs
}

struct Seen {
    at: Timestamp,
    ends: Option<(TransportAddress, TransportAddress)>,
    kind: u16,
    length: u16,
    size: usize,
    cookie: u32,
    transaction: [u8; 12],
    attributes: usize,
    class: Class,
    method: Method,
    mapped: Option<(Vec<u8>, TransportAddress)>,
}

fn look(desk: &mut Desk<'_>, number: FrameNumber) -> Option<Seen> {
    let owned = desk.frame(number)?;
    let frame = owned.as_frame();
    let (_, message) = message(&frame)?;
    let [a, b, ..] = message.bytes() else {
        return None;
    };
    let ends = match decode(frame.link, frame.data, frame.original_length).body {
        Body::Udp(udp) => Some((udp.source, udp.destination)),
        Body::Tcp(tcp) => Some((tcp.source, tcp.destination)),
        _ => None,
    };
    let attribute = message.attribute(AttributeType::XorMappedAddress);
    let mapped = attribute
        .map(|it| it.value.to_vec())
        .zip(message.xor_mapped_address());
    Some(Seen {
        at: frame.at,
        ends,
        kind: u16::from_be_bytes([*a, *b]),
        length: message.length(),
        size: message.bytes().len(),
        cookie: message.cookie(),
        transaction: message.transaction_id(),
        attributes: message.attributes().count(),
        class: message.class(),
        method: message.method(),
        mapped,
    })
}

fn request(desk: &mut Desk<'_>) -> Option<Found> {
    let all = transactions(desk).into_iter();
    let mut fitting: Vec<_> = all
        .filter_map(|(request, response)| {
            let asked = look(desk, request)?;
            let told = look(desk, response)?;
            let fits = asked.class == Class::Request
                && asked.method == Method::Binding
                && asked.transaction == told.transaction;
            fits.then_some((request, asked, response, told))
        })
        .collect();
    // A request to a server may be a bare header; one with attributes has more to show.
    fitting.sort_by_key(|(_, asked, ..)| asked.attributes == 0);
    let (frame, seen, answer, answered) = fitting.into_iter().next()?;
    let (from, to) = seen.ends?;
    let mut found = Found::at([frame, answer])?;
    found.call = desk.call().map(|(id, _)| id);
    found.set("stun.frame", Figure::frame(frame));
    found.set(
        "stun.type",
        Figure::written(format!("{:#06x}", seen.kind), seen.kind),
    );
    found.set("stun.length", Figure::count(seen.length));
    found.set("stun.size", Figure::count(seen.size as u64));
    found.set(
        "stun.cookie",
        Figure::written(format!("{:#010x}", seen.cookie), seen.cookie),
    );
    let id = crate::wire::detail::hex(&seen.transaction, seen.transaction.len());
    found.set("stun.transaction", Figure::word(&id));
    found.set("stun.attributes", Figure::count(seen.attributes as u64));
    found.set("stun.from", Figure::socket(from));
    found.set("stun.to", Figure::socket(to));
    found.set("stun.answer", Figure::frame(answer));
    found.set("stun.ms", Figure::milliseconds(answered.at.since(seen.at)));
    Some(found)
}

fn xor(desk: &mut Desk<'_>) -> Option<Found> {
    let (frame, seen) = transactions(desk).into_iter().find_map(|(_, response)| {
        let seen = look(desk, response)?;
        let v4 = seen.mapped.as_ref().is_some_and(|(_, it)| it.ip.is_ipv4());
        (v4 && seen.class == Class::Success).then_some((response, seen))
    })?;
    let (value, mapped) = seen.mapped?;
    let &[_, _, p0, p1, a0, a1, a2, a3] = value.as_slice() else {
        return None;
    };
    let (server, to) = seen.ends?;
    let mask = (seen.cookie >> 16) as u16;
    let wire_port = u16::from_be_bytes([p0, p1]);
    let wire_ip = u32::from_be_bytes([a0, a1, a2, a3]);
    let mut found = Found::at([frame])?;
    found.call = desk.call().map(|(id, _)| id);
    let short = |number: u16| Figure::written(format!("{number:#06x}"), number);
    let long = |number: u32| Figure::written(format!("{number:#010x}"), number);
    found.set("xor.answer", Figure::frame(frame));
    found.set("xor.server", Figure::socket(server));
    found.set("xor.to", Figure::socket(to));
    found.set("xor.to.ip", Figure::address(to.ip));
    found.set("xor.port.wire", short(wire_port));
    found.set("xor.port.mask", short(mask));
    found.set("xor.port.hex", short(wire_port ^ mask));
    found.set("xor.port", Figure::count(wire_port ^ mask));
    found.set("xor.address.wire", long(wire_ip));
    found.set("xor.address.mask", long(seen.cookie));
    found.set("xor.address.hex", long(wire_ip ^ seen.cookie));
    found.set("xor.address", Figure::address(mapped.ip));
    found.set("xor.mapped", Figure::socket(mapped));
    let word = if mapped == to { "no" } else { "yes" };
    found.set("xor.changed", Figure::word(word));
    Some(found)
}

/// Calls whose checks are looked at.
const CALLS_MAX: usize = 4;
/// Checks of each.
const CHECKS_MAX: usize = 16;
