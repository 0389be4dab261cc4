//! TLS: what shows of a connection, and what keys change.

use std::ops::ControlFlow;

use crate::crypt::tls::facts::Opening;
use crate::lessons::desk::Desk;
use crate::lessons::figure::Figure;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::lessons::find::web::HANDSHAKE_WITHIN;
use crate::lessons::find::web::exchange;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::FrameNumber;
use crate::wire::packet::Body;
use crate::wire::packet::decode;
use crate::wire::tls::cipher_suite::CipherSuite;

pub(super) const QUERIES: &[Query] = &[Query {
    name: "tls",
    what: "TLS connection",
    figures: &[
        ("tls.name", "the name that the client asked for"),
        ("tls.version", "version"),
        ("tls.suite", "cipher suite"),
        ("tls.opened", "opened or closed"),
        ("tls.records", "encrypted records"),
        ("tls.records.opened", "records that keys opened"),
        ("tls.connections", "TLS connections in the capture"),
        ("tls.connections.opened", "connections that keys opened"),
        ("tls.hello", "frame of its first record"),
        ("tls.server", "the server"),
    ],
    run: tls,
}];

fn tls(desk: &mut Desk<'_>) -> Option<Found> {
    let flows = &desk.analysis.scene.flows;
    let connections = || flows.iter().filter(|flow| flow.quic.is_none());
    let with = || connections().filter_map(|flow| Some((flow, flow.tls.as_ref()?)));
    let opened = |facts: &crate::crypt::tls::facts::Facts| facts.opening == Opening::Opened;
    // The one that carried the page's signaling tells most.
    let own = exchange(desk).map(|it| it.flow.index());
    let (flow, facts) = with()
        .find(|(flow, _)| {
            own.and_then(|own| flows.get(own))
                .is_some_and(|it| std::ptr::eq(it, *flow))
        })
        .or_else(|| with().max_by_key(|(_, facts)| facts.version.is_some()))?;
    let hello = first_record(desk, flow.tuple, flow.first_frame).unwrap_or(flow.first_frame);
    let mut found = Found::at([hello])?;
    let name = facts.server_name.as_ref().or(flow.server_name.as_ref());
    found.set_some("tls.name", name.map(|it| Figure::word(it)));
    let version = facts.version.map(|version| version.to_string());
    found.set_some("tls.version", version.map(|it| Figure::word(&it)));
    let suite = facts.cipher_suite.and_then(CipherSuite::name);
    found.set_some("tls.suite", suite.map(Figure::word));
    let word = if opened(facts) { "opened" } else { "closed" };
    found.set("tls.opened", Figure::word(word));
    let read: u64 = facts.opened_records.iter().sum();
    let sealed: u64 = facts.sealed_records.iter().sum();
    found.set("tls.records", Figure::count(read.saturating_add(sealed)));
    found.set("tls.records.opened", Figure::count(read));
    let counts = &desk.analysis.capture.protocols;
    found.set("tls.connections", Figure::count(counts.tls_connections));
    found.set(
        "tls.connections.opened",
        Figure::count(counts.tls_decrypted),
    );
    found.set("tls.hello", Figure::frame(hello));
    let mut ends = [flow.tuple.a, flow.tuple.b];
    ends.sort_by_key(|end| end.port);
    let [server, _] = ends;
    found.set("tls.server", Figure::socket(server));
    Some(found)
}

/// The first segment of a connection that carries something.
fn first_record(desk: &mut Desk<'_>, tuple: FiveTuple, from: FrameNumber) -> Option<FrameNumber> {
    let mut found = None;
    let mut left = HANDSHAKE_WITHIN;
    desk.scan(from, |frame| {
        left -= 1;
        if let Body::Tcp(tcp) = decode(frame.link, frame.data, frame.original_length).body {
            let ends = (tcp.source, tcp.destination);
            let ours = [(tuple.a, tuple.b), (tuple.b, tuple.a)].contains(&ends);
            if ours && !tcp.payload.is_empty() {
                found = Some(frame.number);
            }
        }
        if left == 0 || found.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    found
}
