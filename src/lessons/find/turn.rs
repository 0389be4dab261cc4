//! TURN: the challenge, the allocation, permission and channel, what travels inside.

use std::net::IpAddr;
use std::ops::ControlFlow;

use crate::lessons::desk::Desk;
use crate::lessons::desk::outer_message;
use crate::lessons::desk::payload;
use crate::lessons::figure::Figure;
use crate::lessons::figure::Unit;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::track::turn::Allocation;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::wire::channel_data::ChannelData;
use crate::wire::datagram::Kind;
use crate::wire::datagram::classify;
use crate::wire::stun::Class;
use crate::wire::stun::Method;

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "turn.challenge",
        what: "TURN server that asks for credentials",
        figures: &[
            ("challenge.code", "error code"),
            ("challenge.reason", "reason phrase"),
            ("challenge.realm", "realm"),
            ("challenge.nonce", "nonce"),
            ("challenge.request", "frame of the first Allocate"),
            ("challenge.frame", "frame of its refusal"),
            ("challenge.server", "the server"),
        ],
        run: challenge,
    },
    Query {
        name: "turn.allocation",
        what: "TURN allocation that was granted",
        figures: &[
            ("allocation.relayed", "relayed address"),
            ("allocation.relayed.port", "its port"),
            ("allocation.mapped", "the client as the server sees it"),
            ("allocation.client", "the client's socket"),
            ("allocation.server", "the server"),
            ("allocation.lifetime", "seconds granted"),
            ("allocation.transport", "between client and server"),
            ("allocation.user", "user name"),
            ("allocation.frame", "frame that grants it"),
            ("allocation.allocates", "Allocate requests sent"),
        ],
        run: allocation,
    },
    Query {
        name: "turn.permission",
        what: "TURN allocation with a permission",
        figures: &[
            ("permission.peer", "the first address let through"),
            ("permission.count", "addresses let through"),
            ("permission.requests", "CreatePermission requests"),
            ("permission.frame", "frame of the first"),
            ("permission.relayed", "relayed address"),
        ],
        run: permission,
    },
    Query {
        name: "turn.channel",
        what: "TURN channel",
        figures: &[
            ("channel.number", "channel number"),
            ("channel.peer", "whom it leads to"),
            ("channel.packets", "packets through it"),
            ("channel.bytes", "bytes inside"),
            ("channel.bind", "frame where it was bound"),
            ("channel.count", "channels of the allocation"),
        ],
        run: channel,
    },
    Query {
        name: "turn.data",
        what: "ChannelData message",
        figures: &[
            ("data.frame", "its frame"),
            ("data.number", "channel number in its first two bytes"),
            ("data.length", "length in the next two"),
            ("data.datagram", "bytes of the datagram around it"),
            ("data.overhead", "bytes that the channel adds"),
            (
                "data.inside",
                "stun, dtls, rtp, rtcp: what is inside, by its first byte",
            ),
            ("data.first", "that byte"),
        ],
        run: data,
    },
    Query {
        name: "turn.sight",
        what: "media through a TURN server",
        figures: &[
            ("sight.media", "ciphertext or plaintext"),
            ("sight.packets", "media packets through the relay"),
            ("sight.kilobytes", "their bytes, in thousands"),
            ("sight.peer", "whom they go to or come from"),
            ("sight.codec", "codec, by the signaling"),
            ("sight.frame", "the first of them"),
        ],
        run: sight,
    },
];

/// Allocations with the call they served: those of the lesson's call first.
fn allocations<'a>(desk: &Desk<'a>) -> Vec<(&'a Allocation, Option<PeerConnectionId>)> {
    let scene = &desk.analysis.scene;
    let owners = scene
        .turn_owner
        .iter()
        .copied()
        .chain(std::iter::repeat(None));
    let mut all: Vec<_> = scene.turn.iter().zip(owners).collect();
    let own = desk.call().map(|(id, _)| id);
    all.sort_by_key(|(it, owner)| (*owner != own || own.is_none(), it.allocated_at.is_none()));
    all
}

struct Asked {
    frame: FrameNumber,
    method: Method,
    class: Class,
    code: Option<u16>,
    reason: String,
    realm: Option<String>,
    nonce: Option<String>,
    peers: Vec<IpAddr>,
    channel: Option<u16>,
}

/// TURN's own messages among an allocation's frames.
fn messages(desk: &mut Desk<'_>, allocation: &Allocation) -> Vec<Asked> {
    let mut seen = Vec::new();
    for &number in &allocation.frames {
        let Some(owned) = desk.frame(number) else {
            continue;
        };
        let frame = owned.as_frame();
        let Some((_, message)) = outer_message(&frame) else {
            continue;
        };
        let refusal = message.error_code();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        seen.push(Asked {
            frame: number,
            method: message.method(),
            class: message.class(),
            code: refusal.map(|it| it.code.code()),
            reason: refusal.map(|it| text(it.phrase())).unwrap_or_default(),
            realm: message.realm().map(str::to_owned),
            nonce: message.nonce().map(text),
            peers: message.xor_peer_addresses().map(|it| it.ip).collect(),
            channel: message.channel_number(),
        });
    }
    seen
}

fn challenge(desk: &mut Desk<'_>) -> Option<Found> {
    for (allocation, owner) in allocations(desk) {
        let seen = messages(desk, allocation);
        let refused = seen.iter().find(|it| {
            it.method == Method::Allocate && it.class == Class::Error && it.realm.is_some()
        });
        let asked = seen
            .iter()
            .find(|it| it.method == Method::Allocate && it.class == Class::Request);
        let (Some(asked), Some(refused)) = (asked, refused) else {
            continue;
        };
        let (Some(code), Some(realm)) = (refused.code, &refused.realm) else {
            continue;
        };
        let mut found = Found::at([refused.frame, asked.frame])?;
        found.call = owner;
        found.set("challenge.code", Figure::count(code));
        found.set("challenge.reason", Figure::word(&refused.reason));
        found.set("challenge.realm", Figure::word(realm));
        let nonce = refused.nonce.as_deref();
        found.set_some("challenge.nonce", nonce.map(Figure::word));
        found.set("challenge.request", Figure::frame(asked.frame));
        found.set("challenge.frame", Figure::frame(refused.frame));
        found.set("challenge.server", Figure::socket(allocation.server));
        return Some(found);
    }
    None
}

fn allocation(desk: &mut Desk<'_>) -> Option<Found> {
    let (allocation, owner, relayed, frame) = allocations(desk)
        .into_iter()
        .find_map(|(it, owner)| Some((it, owner, it.relayed?, it.allocated_frame?)))?;
    let mut found = Found::at([frame])?;
    found.call = owner;
    found.set("allocation.relayed", Figure::socket(relayed).seen(&[frame]));
    found.set("allocation.relayed.port", Figure::count(relayed.port));
    found.set_some("allocation.mapped", allocation.mapped.map(Figure::socket));
    found.set("allocation.client", Figure::socket(allocation.client));
    found.set("allocation.server", Figure::socket(allocation.server));
    found.set_some(
        "allocation.lifetime",
        allocation
            .lifetime_seconds
            .map(|it| Figure::number(f64::from(it), 0, Unit::Seconds)),
    );
    found.set(
        "allocation.transport",
        Figure::word(allocation.transport.word()),
    );
    let user = allocation.username.as_deref();
    found.set_some("allocation.user", user.map(Figure::word));
    found.set("allocation.frame", Figure::frame(frame));
    found.set("allocation.allocates", requests(allocation, "allocate"));
    Some(found)
}

/// Requests of a method that an allocation's client sent.
fn requests(allocation: &Allocation, method: &str) -> Figure {
    let mut methods = allocation.requests.iter();
    let row = methods.find(|(name, ..)| *name == method);
    Figure::count(row.map_or(0, |(_, sent, _)| *sent))
}

fn permission(desk: &mut Desk<'_>) -> Option<Found> {
    for (allocation, owner) in allocations(desk) {
        let Some(&peer) = allocation.permissions.first() else {
            continue;
        };
        let seen = messages(desk, allocation);
        let Some(asked) = seen.iter().find(|it| {
            it.class == Class::Request
                && matches!(it.method, Method::CreatePermission | Method::ChannelBind)
                && it.peers.contains(&peer)
        }) else {
            continue;
        };
        let mut found = Found::at([asked.frame])?;
        found.call = owner;
        found.set("permission.peer", Figure::address(peer));
        found.set(
            "permission.count",
            Figure::count(allocation.permissions.len() as u64),
        );
        found.set(
            "permission.requests",
            requests(allocation, "create-permission"),
        );
        found.set("permission.frame", Figure::frame(asked.frame));
        let relayed = allocation.relayed.map(Figure::socket);
        found.set_some("permission.relayed", relayed);
        return Some(found);
    }
    None
}

fn channel(desk: &mut Desk<'_>) -> Option<Found> {
    let (allocation, owner, channel, peer, bound) =
        allocations(desk).into_iter().find_map(|(it, owner)| {
            let channels = it.channels.iter();
            let bound = channels.filter(|it| it.bound.is_some() && it.peer.is_some());
            let channel = bound.max_by_key(|it| it.packets)?;
            Some((it, owner, channel, channel.peer?, channel.bound?.1))
        })?;
    // The request names number and peer; the answer only agrees.
    let seen = messages(desk, allocation);
    let asked = seen
        .iter()
        .find(|it| it.class == Class::Request && it.channel == Some(channel.number));
    let bound = asked.map_or(bound, |it| it.frame);
    let mut found = Found::at([bound])?;
    found.call = owner;
    found.set(
        "channel.number",
        Figure::written(format!("{:#06x}", channel.number), channel.number),
    );
    found.set("channel.peer", Figure::socket(peer));
    found.set("channel.packets", Figure::count(channel.packets));
    found.set("channel.bytes", Figure::count(channel.bytes));
    found.set("channel.bind", Figure::frame(bound));
    found.set(
        "channel.count",
        Figure::count(allocation.channels.len() as u64),
    );
    Some(found)
}

fn data(desk: &mut Desk<'_>) -> Option<Found> {
    let carrying = allocations(desk).into_iter().find_map(|(it, owner)| {
        let mut channels = it.channels.iter();
        let channel = channels.find(|it| it.packets > 0)?;
        Some((owner, channel.bound?.1, it.client, it.server))
    });
    let (owner, from, ..) = carrying?;
    let mut seen = None;
    desk.scan(from, |frame| {
        let Some((_, bytes)) = payload(frame) else {
            return ControlFlow::Continue(());
        };
        if classify(bytes) != Kind::ChannelData {
            return ControlFlow::Continue(());
        }
        let Ok(message) = ChannelData::new(bytes) else {
            return ControlFlow::Continue(());
        };
        // On TCP, only where a message is all there is: else its end is somebody else's beginning.
        if bytes.len() > message.data.len() + PADDED {
            return ControlFlow::Continue(());
        }
        seen = message.data.first().map(|&first| {
            (
                frame.number,
                message.number,
                message.length,
                bytes.len(),
                first,
                classify(message.data),
            )
        });
        if seen.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let (frame, number, length, datagram, first, kind) = seen?;
    let mut found = Found::at([frame])?;
    found.call = owner;
    found.set("data.frame", Figure::frame(frame));
    found.set(
        "data.number",
        Figure::written(format!("{number:#06x}"), number),
    );
    found.set("data.length", Figure::count(length));
    found.set("data.datagram", Figure::count(datagram as u64));
    let overhead = (datagram as u64).saturating_sub(length.into());
    found.set("data.overhead", Figure::count(overhead));
    found.set(
        "data.inside",
        Figure::word(match kind {
            Kind::Stun => "stun",
            Kind::Dtls | Kind::DtlsUnified => "dtls",
            Kind::Rtp => "rtp",
            Kind::Rtcp => "rtcp",
            _ => "other",
        }),
    );
    found.set(
        "data.first",
        Figure::written(format!("{first:#04x}"), first),
    );
    Some(found)
}

fn sight(desk: &mut Desk<'_>) -> Option<Found> {
    let scene = &desk.analysis.scene;
    let (stream, path) = scene
        .streams
        .iter()
        .zip(0_u32..)
        .find_map(|(stream, index)| {
            stream.encrypted?;
            let mut paths = stream.stats.paths.iter();
            let path = paths.find(|path| {
                let flow = scene.flows.get(path.flow.index());
                flow.is_some_and(|flow| flow.relayed.is_some())
            })?;
            Some(((stream, index), path))
        })?;
    let (stream, index) = stream;
    let flow = scene.flows.get(path.flow.index())?;
    let peer = flow.tuple.b;
    let mut found = Found::at([path.first.frame])?;
    found.call = stream.peer_connection;
    found.stream = Some(crate::vocab::ids::StreamId(index));
    let sealed = stream.encrypted == Some(true);
    let word = if sealed { "ciphertext" } else { "plaintext" };
    found.set("sight.media", Figure::word(word));
    found.set("sight.packets", Figure::count(stream.stats.packets));
    let kilobytes = stream.stats.rest_bytes as f64 / 1e3;
    found.set("sight.kilobytes", Figure::number(kilobytes, 0, Unit::None));
    found.set("sight.peer", Figure::socket(peer));
    let codec = stream.codec.as_deref();
    found.set_some("sight.codec", codec.map(Figure::word));
    found.set("sight.frame", Figure::frame(path.first.frame));
    Some(found)
}

/// Bytes that a ChannelData message adds at most: its header, and padding over TCP (RFC 8656 §12.5).
const PADDED: usize = 4 + 3;
