//! DTLS and SRTP: who says hello, the flights, the certificate against the SDP, what stays readable.

use std::ops::ControlFlow;

use crate::lessons::desk::Desk;
use crate::lessons::desk::layers;
use crate::lessons::figure::Figure;
use crate::lessons::figure::Unit;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::sdp::media::MediaSection;
use crate::session::model::media::DtlsTransport;
use crate::session::model::media::MediaStream;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::StreamId;
use crate::wire::rtp;
use crate::wire::tls::cipher_suite::CipherSuite;
use crate::wire::tls::srtp_profile::SrtpProfile;

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "dtls.hello",
        what: "DTLS ClientHello",
        figures: &[
            ("hello.client", "address of the DTLS client"),
            ("hello.server", "address of the DTLS server"),
            ("hello.side", "the client's name"),
            ("hello.frame", "its frame"),
            ("hello.suites", "cipher suites offered"),
            ("hello.profiles", "SRTP profiles offered"),
            ("hello.versions", "versions offered"),
            ("hello.seconds", "when"),
        ],
        run: hello,
    },
    Query {
        name: "dtls.flights",
        what: "DTLS handshake that completed",
        figures: &[
            ("flights.count", "flights"),
            ("flights.ms", "from the first ClientHello to the end"),
            ("flights.version", "version chosen"),
            ("flights.suite", "cipher suite chosen"),
            ("flights.retransmitted", "flights that were sent again"),
            ("flights.profile", "SRTP profile chosen"),
            ("flights.first", "frame of the first"),
            ("flights.last", "frame of the end"),
        ],
        run: flights,
    },
    Query {
        name: "dtls.certificate",
        what: "DTLS certificate in the clear, with a fingerprint to hold it to",
        figures: &[
            ("certificate.hash", "its SHA-256"),
            ("certificate.start", "the first byte of that, hexadecimal"),
            (
                "certificate.signaled",
                "the SHA-256 that the description announces",
            ),
            ("certificate.matches", "yes or no"),
            ("certificate.of", "who sent it"),
            ("certificate.frame", "frame that completed it"),
            ("certificate.subject", "its subject"),
        ],
        run: certificate,
    },
    Query {
        name: "srtp",
        what: "SRTP packet",
        figures: &[
            ("srtp.frame", "its frame"),
            ("srtp.header", "bytes of the header, which are readable"),
            ("srtp.fixed", "bytes of the fixed part of it"),
            ("srtp.extensions", "bytes of its extensions"),
            ("srtp.sealed", "bytes that are not"),
            ("srtp.tag", "of which authentication tag"),
            ("srtp.size", "bytes of the whole"),
            ("srtp.sequence", "sequence number, readable"),
            ("srtp.kind", "audio or video"),
        ],
        run: srtp,
    },
];

/// Associations: those of the lesson's call first.
fn transports<'a>(desk: &Desk<'a>) -> Vec<&'a DtlsTransport> {
    let own = desk.call().map(|(id, _)| id);
    let mut all: Vec<&DtlsTransport> = desk.analysis.scene.dtls.iter().collect();
    all.sort_by_key(|it| (it.peer_connection.is_none(), it.peer_connection != own));
    all
}

fn hello(desk: &mut Desk<'_>) -> Option<Found> {
    let scene = &desk.analysis.scene;
    let (transport, client, frame) = transports(desk).into_iter().find_map(|it| {
        let association = &it.association;
        // Who sent the hello is known for sure only where it was seen.
        association.handshake_started_at?;
        let frame = association.hello_frames.frames().first()?;
        Some((it, association.client?, *frame))
    })?;
    let association = &transport.association;
    let tuple = scene.flows.get(association.flow.index())?.tuple;
    let mut found = Found::at([frame])?;
    found.call = transport.peer_connection;
    let sender = tuple.source(client);
    found.set("hello.client", Figure::address(sender.ip).seen(&[frame]));
    found.set(
        "hello.server",
        Figure::address(tuple.destination(client).ip),
    );
    let side = transport.side_of(client).and_then(|side| {
        let call = scene
            .peer_connections
            .get(transport.peer_connection?.index())?;
        call.endpoint(side).name.clone()
    });
    let side = side.unwrap_or_else(|| sender.ip.to_string());
    found.set("hello.side", Figure::word(&side));
    found.set("hello.frame", Figure::frame(frame));
    let facts = &association.hello;
    found.set(
        "hello.suites",
        Figure::count(facts.cipher_suites_offered.len() as u64),
    );
    found.set(
        "hello.profiles",
        Figure::count(association.srtp_profiles_offered.len() as u64),
    );
    let versions: Vec<String> = facts
        .versions_offered
        .iter()
        .map(ToString::to_string)
        .collect();
    found.set("hello.versions", Figure::word(&versions.join(", ")));
    let at = association.handshake_started_at?;
    found.set(
        "hello.seconds",
        Figure::number(desk.seconds(at), 3, Unit::Seconds),
    );
    Some(found)
}

fn flights(desk: &mut Desk<'_>) -> Option<Found> {
    let (transport, took) = transports(desk)
        .into_iter()
        .find_map(|it| Some((it, it.association.handshake_duration()?)))?;
    let association = &transport.association;
    let frames: Vec<FrameNumber> = association
        .flights
        .iter()
        .flat_map(|it| it.frames.frames().iter().copied())
        .collect();
    let (first, last) = (*frames.first()?, *frames.last()?);
    let mut found = Found::at(frames)?;
    found.call = transport.peer_connection;
    found.set(
        "flights.count",
        Figure::count(association.flights.len() as u64),
    );
    found.set("flights.ms", Figure::milliseconds(took));
    let version = association.version.map(|it| it.to_string());
    found.set_some("flights.version", version.map(|it| Figure::word(&it)));
    let suite = association.cipher_suite.and_then(CipherSuite::name);
    found.set_some("flights.suite", suite.map(Figure::word));
    found.set(
        "flights.retransmitted",
        Figure::count(association.retransmitted_flights),
    );
    let profile = association.srtp_profile.and_then(SrtpProfile::name);
    found.set_some("flights.profile", profile.map(Figure::word));
    found.set("flights.first", Figure::frame(first));
    found.set("flights.last", Figure::frame(last));
    Some(found)
}

fn certificate(desk: &mut Desk<'_>) -> Option<Found> {
    let scene = &desk.analysis.scene;
    let (transport, seen, matches) = transports(desk).into_iter().find_map(|it| {
        let certificates = it.association.certificates.iter().zip(&it.matches_sdp);
        let mut known = certificates.filter_map(|(seen, matches)| Some((seen, (*matches)?)));
        let (seen, matches) = known.next()?;
        Some((it, seen, matches))
    })?;
    let call = scene
        .peer_connections
        .get(transport.peer_connection?.index())?;
    let side = transport.side_of(seen.direction)?;
    let mut found = Found::at(seen.frames.clone())?;
    found.call = transport.peer_connection;
    let hash = colons(&seen.fingerprints.sha256);
    found.set("certificate.hash", Figure::word(&hash).seen(&seen.frames));
    let start = hash.split(':').next().unwrap_or_default();
    found.set("certificate.start", Figure::word(start));
    let mut descriptions = call.descriptions.iter().filter(|it| it.side == side);
    let signaled = descriptions.find_map(|it| {
        let prints = it.parsed.media.iter().flat_map(MediaSection::fingerprints);
        prints.clone().find(|it| it.algorithm == "sha-256").cloned()
    });
    let signaled = signaled.map(|it| Figure::word(&colons(&it.bytes)));
    found.set_some("certificate.signaled", signaled);
    let word = if matches { "yes" } else { "no" };
    found.set("certificate.matches", Figure::word(word));
    let name = call.endpoint(side).name.clone();
    let name = name.unwrap_or_else(|| format!("side {}", side.word()));
    found.set("certificate.of", Figure::word(&name));
    found.set("certificate.frame", Figure::frame(*seen.frames.last()?));
    let subject = seen.certificate.as_ref().map(|it| it.subject.as_str());
    found.set_some("certificate.subject", subject.map(Figure::word));
    Some(found)
}

fn colons(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

/// Streams that are encrypted: the lesson's first.
fn sealed<'a>(desk: &Desk<'a>) -> Vec<(StreamId, &'a MediaStream)> {
    let own = desk.stream();
    let streams = desk.analysis.scene.streams.iter().zip(0..);
    let mut all: Vec<_> = streams
        .filter(|(stream, _)| stream.encrypted == Some(true))
        .map(|(stream, index)| (StreamId(index), stream))
        .collect();
    all.sort_by_key(|(_, stream)| !own.is_some_and(|own| std::ptr::eq(own, *stream)));
    all
}

fn srtp(desk: &mut Desk<'_>) -> Option<Found> {
    for (id, stream) in sealed(desk).into_iter().take(STREAMS_MAX) {
        let ssrc = stream.stats.ssrc;
        let mut seen = None;
        desk.scan(stream.stats.first.frame, |frame| {
            let packet = layers(frame).into_iter().rev().find_map(|(_, bytes)| {
                let header = rtp::Header::new(bytes).ok()?;
                (header.ssrc() == ssrc && rtp::probe(bytes)).then(|| {
                    (
                        frame.number,
                        header.header_length(),
                        header.payload_length(),
                        bytes.len(),
                        header.sequence(),
                        header.csrc_count(),
                    )
                })
            });
            seen = packet;
            if seen.is_some() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let Some((frame, header, payload, size, sequence, sources)) = seen else {
            continue;
        };
        let mut found = Found::at([frame])?;
        found.call = stream.peer_connection;
        found.stream = Some(id);
        let fixed = rtp::FIXED_LENGTH + 4 * usize::from(sources);
        found.set("srtp.frame", Figure::frame(frame));
        found.set("srtp.header", Figure::count(header as u64));
        found.set("srtp.fixed", Figure::count(fixed as u64));
        let extensions = header.saturating_sub(fixed) as u64;
        found.set("srtp.extensions", Figure::count(extensions));
        found.set("srtp.sealed", Figure::count(payload as u64));
        let tag = stream.tag_length.map(|(tag, _)| Figure::count(tag));
        found.set_some("srtp.tag", tag);
        found.set("srtp.size", Figure::count(size as u64));
        found.set("srtp.sequence", Figure::count(sequence));
        let kind = stream.kind.map_or("media", |kind| kind.word());
        found.set("srtp.kind", Figure::word(kind));
        return Some(found);
    }
    None
}

/// Streams tried until one has a packet that stands alone in a frame.
const STREAMS_MAX: usize = 8;
