//! What each fuzz target does with its bytes. `tests/hostile.rs` includes this file, so the bodies compile and run with the tests.
//!
//! A body reads everything there is to read: a field that panics only when it is shown is a panic all the same.

use std::hint::black_box;
use std::io::Cursor;
use std::sync::LazyLock;

use rtcscope::analyzer::analysis::Analysis;
use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::analyzer::pipeline::analyze;
use rtcscope::crypt::keylog::KeyLog;
use rtcscope::crypt::quic::session::Opened;
use rtcscope::crypt::quic::session::Session as QuicSession;
use rtcscope::crypt::srtp::keys::Keys;
use rtcscope::crypt::srtp::protection::Protection;
use rtcscope::crypt::srtp::sdes;
use rtcscope::crypt::tls::session::Peer;
use rtcscope::crypt::tls::session::Session;
use rtcscope::filter::Filter;
use rtcscope::filter::complete::complete;
use rtcscope::filter::packet::Packet as Asked;
use rtcscope::filter::rows::Row;
use rtcscope::filter::rows::RowKind;
use rtcscope::filter::rows::Rows;
use rtcscope::flow::demux::Demux;
use rtcscope::flow::demux::FlowLimits;
use rtcscope::flow::exchange::Exchanges;
use rtcscope::flow::exchange::Scheme;
use rtcscope::flow::http::connection::HttpConnection;
use rtcscope::flow::http2::connection::Http2Connection;
use rtcscope::flow::http3::connection::Http3Connection;
use rtcscope::flow::http3::piece::Given;
use rtcscope::flow::http3::piece::Piece;
use rtcscope::flow::reassembly::Chunk;
use rtcscope::flow::reassembly::Ending;
use rtcscope::flow::websocket::budget::Budget;
use rtcscope::flow::websocket::connection::WebSocketConnection;
use rtcscope::ingest::frame_reader::FrameReader;
use rtcscope::ingest::index::FrameIndex;
use rtcscope::ingest::live::filter::Instruction;
use rtcscope::ingest::live::filter::Layer;
use rtcscope::ingest::live::filter::compile;
use rtcscope::ingest::source::Source;
use rtcscope::lessons::desk::Desk;
use rtcscope::lessons::handout;
use rtcscope::lessons::handout::Page;
use rtcscope::lessons::play;
use rtcscope::lessons::reader;
use rtcscope::report;
use rtcscope::sdp::description::Description;
use rtcscope::sdp::explain::explain;
use rtcscope::sdp::negotiation::negotiate;
use rtcscope::sdp::second_opinion::second_opinion;
use rtcscope::track::sctp::SctpTracker;
use rtcscope::vocab::address::Direction;
use rtcscope::vocab::address::FiveTuple;
use rtcscope::vocab::address::Transport;
use rtcscope::vocab::address::TransportAddress;
use rtcscope::vocab::fault::FaultLog;
use rtcscope::vocab::frame;
use rtcscope::vocab::frame::LinkType;
use rtcscope::vocab::ids::AssociationId;
use rtcscope::vocab::ids::FlowId;
use rtcscope::vocab::ids::FrameNumber;
use rtcscope::vocab::ids::Ssrc;
use rtcscope::vocab::printable::printable_bytes;
use rtcscope::vocab::sighting::Sighting;
use rtcscope::vocab::time::Timestamp;
use rtcscope::wire;
use rtcscope::wire::channel_data::ChannelData;
use rtcscope::wire::detail::layers;
use rtcscope::wire::dtls::handshake::Fragments;
use rtcscope::wire::dtls::record::Records;
use rtcscope::wire::hpack::decoder::Decoder;
use rtcscope::wire::hpack::huffman;
use rtcscope::wire::http1::head::Head;
use rtcscope::wire::link::EtherType;
use rtcscope::wire::media::extension::ExtensionKind;
use rtcscope::wire::media::extension::ExtensionValue;
use rtcscope::wire::media::payload::Codec;
use rtcscope::wire::media::payload::Depacketizer;
use rtcscope::wire::media::picture::Picture;
use rtcscope::wire::qpack::decoder::Decoder as QpackDecoder;
use rtcscope::wire::quic::frame::Frame;
use rtcscope::wire::quic::frame::Frames;
use rtcscope::wire::quic::header::Long;
use rtcscope::wire::quic::header::LongHeader;
use rtcscope::wire::quic::header::Packet;
use rtcscope::wire::rtp::Header;
use rtcscope::wire::span::Span;
use rtcscope::wire::stun::Message;
use rtcscope::wire::stun::framing::Framing;
use rtcscope::wire::stun::framing::Front;
use rtcscope::wire::tls::certificate::Certificate;
use rtcscope::wire::tls::hello::Protocol;
use rtcscope::wire::tls::message::Body;
use rtcscope::wire::tls::registry::HandshakeType;
use rtcscope::wire::tls::registry::Version;
use rtcscope::wire::websocket::extension::Extensions;

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets; `fuzz_targets/` has a file for each.
pub const TARGETS: &[Target] = &[
    ("candidate", candidate),
    ("capture_filter", capture_filter),
    ("channel_data", channel_data),
    ("datagram", datagram),
    ("dns", dns),
    ("dtls", dtls),
    ("filter", filter),
    ("fragments", fragments),
    ("framing", framing),
    ("hpack", hpack),
    ("http1", http1),
    ("http2", http2),
    ("http3", http3),
    ("keylog", keylog),
    ("lesson", lesson),
    ("media", media),
    ("packet", packet),
    ("pcap", pcap),
    ("pcapng", pcapng),
    ("qpack", qpack),
    ("quic", quic),
    ("report", report),
    ("rtcp", rtcp),
    ("rtp", rtp),
    ("sctp", sctp),
    ("sdp", sdp),
    ("sip", sip),
    ("srtp", srtp),
    ("stun", stun),
    ("tls", tls),
    ("tls_session", tls_session),
    ("tunnel", tunnel),
    ("websocket", websocket),
];

/// A frame of any link type, decoded and explained; the first byte chooses the link type.
///
/// # Panics
///
/// When the payload that was found lies outside its frame.
pub fn packet(data: &[u8]) {
    let Some((&first, frame)) = data.split_first() else {
        return;
    };
    let links = [
        0, 1, 12, 101, 108, 113, 228, 229, 276, 147, 9, 50, 51, 104, 105, 119, 127, 163, 192, 239,
        258, 274, 284,
    ];
    let link = LinkType::from_number(links[usize::from(first) % links.len()]);
    for original_length in [frame.len(), frame.len() + 100, 0, usize::MAX] {
        let original_length = u32::try_from(original_length).unwrap_or(u32::MAX);
        black_box(wire::packet::decode(link, frame, original_length));
        let layers = layers(link, frame, original_length);
        assert!(
            layers.payload.end <= frame.len(),
            "a payload outside its frame"
        );
    }
}

/// Pieces that [`fragments`] takes: enough to overlap in every way, and few enough for the tests.
const FRAGMENTS: u64 = 24;

/// Pieces of IPv4 and IPv6 packets: six bytes say how each comes, and how much of the input it carries.
///
/// # Panics
///
/// When more packets come out than pieces went in.
pub fn fragments(data: &[u8]) {
    let mut demux = Demux::new(FlowLimits { flows: 64 });
    let (mut rest, mut number) = (data, 0);
    while number < FRAGMENTS
        && let Some((&[kind, identification, offset_high, offset_low, length, wait], after)) =
            rest.split_first_chunk::<6>()
    {
        let (payload, after) = after.split_at(after.len().min(usize::from(length)));
        rest = after;
        number += 1;
        let place = u16::from_be_bytes([offset_high, offset_low]);
        let total = payload.len() as u16;
        let mut packet = Vec::new();
        if kind & 1 == 0 {
            packet.extend([0x45, 0]);
            packet.extend((20 + total).to_be_bytes());
            packet.extend([0, identification]);
            packet.extend((place & 0x3fff).to_be_bytes());
            packet.extend([64, [17, 6, 4, 47][usize::from(kind >> 1 & 3)], 0, 0]);
            packet.extend([192, 0, 2, 1, 192, 0, 2, 2]);
        } else {
            packet.extend([0x60, 0, 0, 0]);
            packet.extend((8 + total).to_be_bytes());
            packet.extend([44, 64]);
            packet.extend([0x20; 32]);
            packet.extend([[17, 60, 44, 41][usize::from(kind >> 1 & 3)], 0]);
            packet.extend(place.to_be_bytes());
            packet.extend([0, 0, 0, identification]);
        }
        packet.extend(payload);
        let frame = frame::Frame {
            number: FrameNumber::new(0, number),
            at: Timestamp::from_nanos(number * 1_000_000 + (u64::from(wait) << 30)),
            original_length: packet.len() as u32 + u32::from(kind >> 7),
            link: LinkType::RawIp,
            interface: 0,
            data: &packet,
        };
        demux.push(&frame, &mut |seen, observation| {
            black_box((seen, observation));
        });
    }
    demux.finish(&mut |seen, observation| {
        black_box((seen, observation));
    });
    let flows = demux.table().records().iter();
    let own = flows.filter(|flow| flow.relayed.is_none());
    let packets: u64 = own.map(|flow| flow.packets[0] + flow.packets[1]).sum();
    assert!(packets <= number, "packets out of nothing");
}

/// A tunnel of any kind, by IP protocol or UDP port, whole or cut, and the headers before and around 802.11 and PPP.
///
/// # Panics
///
/// When what is inside is longer than what came, or a header ends past its frame.
pub fn tunnel(data: &[u8]) {
    let Some((&selector, data)) = data.split_first() else {
        return;
    };
    for span in [Span::whole(data), Span::new(data, data.len() + 100)] {
        for version in [EtherType::Ipv4, EtherType::Ipv6] {
            let protocol = wire::ip::Protocol::from_code(selector);
            let _ = black_box(wire::tunnel::open_ip(version, protocol, span));
            let _ = black_box(wire::tunnel::gre::open(span));
        }
        for port in [2152, 3544, 4789, 4790, 6081, 8472, 37008] {
            if let Some(opened) = wire::tunnel::open_udp(port, port, span) {
                assert!(opened.inside.bytes.len() <= data.len(), "more than came");
                let _ = black_box(wire::link::follow(opened.inside, opened.ether_type));
            }
        }
        let _ = black_box(wire::wlan::leave(span));
        let _ = black_box(wire::ppp::leave(data, usize::from(selector)));
        let link = LinkType::from_number(u16::from(selector));
        if let Ok((_, length)) = wire::capture_header::leave(link, span) {
            assert!(length <= data.len(), "a header past the frame");
        }
    }
}

/// A filter as typed: read, or explained; completed at each place; asked of an empty analysis.
///
/// # Panics
///
/// When an error or a completion points outside the text.
pub fn filter(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match text.parse::<Filter>() {
        Ok(filter) => {
            let analysis = Analysis::default();
            black_box(filter.passes(&Rows::new(&analysis), Row::Call(0)));
        }
        Err(error) => {
            assert!(
                text.get(error.span.clone()).is_some(),
                "an error outside the text"
            );
            black_box((error.pointed(&text), error.to_string()));
        }
    }
    if let Ok(filter) = Filter::of_list(&text, RowKind::Packet) {
        let analysis = Analysis::default();
        let packet = Asked {
            rows: &[Row::Call(0), Row::Flow(7)],
            number: None,
            seconds: Some(0.0),
            from: "alice".into(),
            to: "bob".into(),
            protocol: "STUN",
            text: text.as_ref().into(),
            length: None,
            bytes: data,
            payload: data,
            texts: vec![text.as_ref().into()],
        };
        black_box(filter.passes_packet(&Rows::new(&analysis), &packet));
    }
    let step = 1 + text.len() / 16;
    for cursor in (0..=text.len()).step_by(step) {
        let rows = [None, Some(RowKind::Packet)][cursor % 2];
        let completion = complete(rows, &text, cursor);
        assert!(
            text.get(completion.replace).is_some(),
            "a completion outside the text"
        );
    }
}

/// A SIP message, with its parties.
pub fn sip(data: &[u8]) {
    black_box(wire::sip::Message::begins(data));
    if let Ok(message) = wire::sip::Message::new(data) {
        for party in [message.from(), message.to()].into_iter().flatten() {
            black_box((party.name(), party.tag));
        }
        black_box((message.call_id(), message.cseq(), message.media_type()));
        black_box((
            message.lists("Require", "100rel"),
            message.body,
            &message.faults,
        ));
    }
}

/// A STUN message, whole or cut, with every attribute.
pub fn stun(data: &[u8]) {
    black_box(wire::stun::probe(data));
    for message in [Message::new(data), Message::new_cut(data)]
        .into_iter()
        .flatten()
    {
        black_box(message.faults());
        black_box(message.attributes().count());
        black_box(message.verify_integrity(b"password"));
        black_box(message.fingerprint_is_good());
        black_box((message.ufrags(), message.reflexive_address()));
        black_box((message.error_code(), message.xor_relayed_address()));
        black_box(message.xor_peer_addresses().count());
        black_box(message.unknown_attributes().count());
        black_box((message.goog_network_info(), message.icmp()));
        black_box(wire::stun::detail(&message, 0));
    }
}

/// TURN ChannelData.
pub fn channel_data(data: &[u8]) {
    for message in [ChannelData::new(data), ChannelData::new_cut(data)]
        .into_iter()
        .flatten()
    {
        black_box(message.faults().count());
        black_box(message.detail(0));
    }
}

/// Sorting a datagram, and what the sorters of each protocol think of it.
pub fn datagram(data: &[u8]) {
    black_box(wire::datagram::classify(data));
    black_box((wire::rtp::probe(data), wire::stun::probe(data)));
    black_box(wire::dtls::probe::probe(data));
    black_box(wire::rtcp::classify::classify(data));
}

/// DTLS records, handshake fragments and their messages.
pub fn dtls(data: &[u8]) {
    for connection_id_bytes in [None, Some(0), Some(8)] {
        for records in [
            Records::new(data, connection_id_bytes),
            Records::new_cut(data, connection_id_bytes),
        ] {
            for record in records.take(MANY) {
                let Ok(record) = record else { continue };
                black_box(wire::dtls::ack::parse(record.fragment).is_ok());
                for fragment in Fragments::new(record.fragment, 0).take(MANY) {
                    black_box(fragment.is_ok());
                }
            }
        }
    }
    black_box(wire::dtls::detail::detail(data, 0));
}

/// TLS records, hellos, certificates.
pub fn tls(data: &[u8]) {
    let mut rest = data;
    while let Ok(Some((record, after))) = wire::tls::record::Record::split(rest) {
        let mut handshake = record.fragment;
        while let Some((message, after)) = wire::tls::record::Message::split(handshake) {
            let version = Version::Tls12;
            black_box(Body::parse(message.kind, message.body, Protocol::Tls, version).is_ok());
            handshake = after;
        }
        rest = after;
    }
    if let Some((&kind, body)) = data.split_first() {
        let kind = HandshakeType::from_code(kind);
        for (protocol, version) in [
            (Protocol::Tls, Version::Tls12),
            (Protocol::Tls, Version::Tls13),
            (Protocol::Dtls, Version::Dtls12),
            (Protocol::Dtls, Version::Dtls13),
        ] {
            black_box(Body::parse(kind, body, protocol, version).is_ok());
        }
    }
    black_box(Certificate::parse(data, Protocol::Tls).is_ok());
    black_box(wire::tls::detail::stream::detail(data, 0));
}

/// An RTP header with its extensions and padding.
pub fn rtp(data: &[u8]) {
    if let Ok(header) = Header::new(data) {
        black_box((header.csrcs().count(), header.padding().is_ok()));
        let elements = header.extension().map(|extension| extension.elements());
        black_box(elements.into_iter().flatten().take(MANY).count());
        black_box(header.copy_to(&mut [0; 64]));
    }
}

/// RTCP, plain or encrypted, packet by packet.
pub fn rtcp(data: &[u8]) {
    let classified = wire::rtcp::classify::classify(data);
    black_box(wire::media::detail::rtcp(&classified, 0));
    let missing = data.first().copied().unwrap_or_default();
    let cut = Span::new(data, data.len() + usize::from(missing));
    let classified = wire::rtcp::classify::classify_span(cut);
    black_box(wire::media::detail::rtcp(&classified, 0));
    let packets = wire::rtcp::compound::Compound::new(data).packets();
    for packet in packets.take(MANY).flatten() {
        black_box(wire::rtcp::body::decode(&packet));
    }
}

/// SCTP packets as data channels carry them: chunk by chunk, then as one end of an association that goes on.
pub fn sctp(data: &[u8]) {
    if let Ok(packet) = wire::sctp::Packet::new(data) {
        for chunk in packet.chunks().take(MANY).flatten() {
            black_box((chunk.data(), chunk.reset_streams()));
        }
    }
    black_box(wire::dcep::Message::new(data).is_ok());
    let mut tracker = SctpTracker::default();
    let mut faults = FaultLog::default();
    for (number, piece) in data.chunks(48).take(MANY).enumerate() {
        let seen = Sighting {
            at: Timestamp::from_nanos(number as u64),
            frame: FrameNumber::new(0, number as u64 + 1),
            flow: FlowId(0),
            direction: [Direction::Forward, Direction::Reverse][number % 2],
        };
        tracker.observe(seen, AssociationId(0), piece, &mut faults);
    }
    black_box(tracker.packets());
}

/// SRTP and SRTCP under known keys: whatever the packet, its tag decides; and keys as SDP carries them.
pub fn srtp(data: &[u8]) {
    for suite in ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"] {
        let Some(protection) = Protection::of_suite(suite) else {
            continue;
        };
        let (key, salt) = ([1; 32], [2; 14]);
        let keys = Keys::new(
            protection,
            &key[..protection.key_length],
            &salt[..protection.salt_length],
        );
        let Some(keys) = keys else { continue };
        black_box(keys.open_rtcp(data));
        black_box(keys.open_rtp(data, 12, Ssrc(7), 1 << 20));
        let mut beginning = data.to_vec();
        black_box(keys.decrypt(Ssrc(7), 1 << 20, &mut beginning));
        black_box(sdes::keys(suite, &String::from_utf8_lossy(data)));
    }
}

/// The fence around the crates that panic: payloads, extension values, RTCP bodies.
pub fn media(data: &[u8]) {
    let known = wire::media::detail::Known::default();
    if let Ok(header) = Header::new(data) {
        black_box(wire::media::detail::rtp(&header, 0, &known));
    }
    for kind in EXTENSIONS
        .iter()
        .filter_map(|uri| ExtensionKind::from_uri(uri))
    {
        black_box(ExtensionValue::read(kind, data, 0).is_ok());
    }
    for name in ["VP8", "VP9", "H264", "H265", "opus", "AV1"] {
        if let Some(codec) = Codec::from_name(name) {
            black_box(Picture::of(codec, data));
            let mut depacketizer = Depacketizer::new(codec);
            let (first, second) = data.split_at(data.len() / 2);
            black_box(depacketizer.push(first).is_ok());
            black_box(depacketizer.push(second).is_ok());
        }
    }
    black_box(wire::media::detail::compound_trees(
        wire::rtcp::compound::Compound::new(data),
        0,
    ));
}

/// WebSocket frames, explained, and as a connection whose halves take turns; the first byte says how long the turns are, and whether
/// compression was agreed on.
///
/// # Panics
///
/// When a connection that is over still counts as keeping bytes.
pub fn websocket(data: &[u8]) {
    black_box(wire::websocket::detail::detail(data, 0));
    black_box(wire::websocket::close::Close::new(data));
    let Some((&turn, stream)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(data);
    let mut extensions = Extensions::new(text.split(','));
    if turn & 1 != 0 {
        extensions = Extensions::new(["permessage-deflate; server_max_window_bits=9"]);
    }
    let mut budget = Budget::default();
    let mut connection = WebSocketConnection::new(Direction::Forward, &extensions);
    let (at, frame) = (Timestamp::from_nanos(1), FrameNumber::new(0, 1));
    let mut observe = |direction, chunk| {
        connection.observe(direction, chunk, &mut budget, &mut |event| {
            black_box(event);
        });
    };
    let sides = [Direction::Forward, Direction::Reverse];
    for (side, bytes) in sides
        .into_iter()
        .cycle()
        .zip(stream.chunks(usize::from(turn) + 1))
    {
        observe(side, Chunk::Data { at, frame, bytes });
        if bytes.first() == Some(&turn) {
            let bytes = u64::from(turn) / 2;
            observe(side, Chunk::Gap { at, frame, bytes });
        }
    }
    for side in sides {
        let how = Ending::Reset;
        observe(side, Chunk::End { at, frame, how });
    }
    assert_eq!(budget.kept(), 0, "kept after the end");
}

/// HTTP/1.1, once as a head, once as a connection whose halves take turns; the first byte says how long the turns are.
pub fn http1(data: &[u8]) {
    black_box(wire::http1::sniff::looks_like_http(data));
    black_box(wire::http1::framing::chunk_size(data).is_ok());
    if let Ok(head) = Head::new(data) {
        let mut faults = Vec::new();
        black_box(wire::http1::framing::of_request(&head, &mut faults));
        black_box(wire::http1::framing::of_response(
            &head,
            200,
            None,
            &mut faults,
        ));
    }
    let Some((&turn, stream)) = data.split_first() else {
        return;
    };
    let place = (Timestamp::from_nanos(1), FrameNumber::new(0, 1));
    let end = |port| TransportAddress::new([192, 0, 2, 1].into(), port);
    let tuple = FiveTuple {
        transport: Transport::Tcp,
        a: end(50_000),
        b: end(80),
    };
    let mut exchanges = Exchanges::default();
    let mut connection = HttpConnection::new(FlowId(0), tuple, Scheme::Http);
    let mut direction = Direction::Forward;
    for bytes in stream.chunks(usize::from(turn).max(1)).take(4 * MANY) {
        let (at, frame) = place;
        let chunk = Chunk::Data { at, frame, bytes };
        connection.observe(direction, chunk, &mut exchanges, &mut |_| {});
        direction = direction.opposite();
    }
    connection.finish(place.0, place.1, &mut exchanges, &mut |_| {});
}

/// An HTTP/2 connection, its two sides taking turns; the first byte says how many bytes a turn has, and whether it is joined midway.
pub fn http2(data: &[u8]) {
    black_box(wire::http2::sniff(data, true));
    let Some((&turn, stream)) = data.split_first() else {
        return;
    };
    let end = |port| TransportAddress::new([192, 0, 2, 1].into(), port);
    let tuple = FiveTuple {
        transport: Transport::Tcp,
        a: end(50_000),
        b: end(443),
    };
    let mut exchanges = Exchanges::default();
    let mut connection = if turn & 1 == 0 {
        Http2Connection::new(FlowId(0), tuple, Scheme::Https)
    } else {
        Http2Connection::midway(FlowId(0), tuple, Scheme::Https)
    };
    let (at, frame) = (Timestamp::from_nanos(1), FrameNumber::new(0, 1));
    let sides = [Direction::Forward, Direction::Reverse];
    let turns = stream.chunks(usize::from(turn) + 1).take(4 * MANY);
    for (side, bytes) in sides.into_iter().cycle().zip(turns) {
        let chunk = Chunk::Data { at, frame, bytes };
        connection.observe(side, chunk, &mut exchanges, &mut |_| {});
    }
    let gap = Chunk::Gap {
        at,
        frame,
        bytes: turn.into(),
    };
    let how = Ending::Finished;
    for side in sides {
        connection.observe(side, gap, &mut exchanges, &mut |_| {});
        let chunk = Chunk::End { at, frame, how };
        connection.observe(side, chunk, &mut exchanges, &mut |_| {});
    }
    for exchange in exchanges.all() {
        black_box(exchange.url());
    }
}

/// Header blocks of HTTP/2, one after the other, each behind its length in one byte.
pub fn hpack(data: &[u8]) {
    let mut decoder = Decoder::default();
    let mut rest = data;
    while let Some((&length, after)) = rest.split_first() {
        let (block, after) = after.split_at(usize::from(length).min(after.len()));
        black_box(decoder.decode(block));
        if length == 0 {
            decoder.forget();
        }
        rest = after;
    }
    let string = data.get(..256).unwrap_or(data);
    black_box(huffman::decode(string, 1 << 16).is_ok());
}

/// Secrets for the client random of 32 ones.
static SECRETS: LazyLock<KeyLog> = LazyLock::new(|| {
    let mut log = KeyLog::default();
    let labels = [
        "CLIENT_RANDOM",
        "CLIENT_EARLY_TRAFFIC_SECRET",
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_TRAFFIC_SECRET_0",
    ];
    for label in labels {
        let length = if label == "CLIENT_RANDOM" { 48 } else { 32 };
        let line = format!("{label} {} {}\n", "01".repeat(32), "02".repeat(length));
        log.add(line.as_bytes());
    }
    log
});

/// Records of a TLS connection, with and without the key log above; each record's
/// version says who sent it.
pub fn tls_session(data: &[u8]) {
    for (log, resigns) in [(&*SECRETS, false), (&KeyLog::default(), true)] {
        let mut session = Session::default();
        if resigns {
            session.resign();
        }
        let mut rest = data;
        while let Ok(Some((record, after))) = wire::tls::record::Record::split(rest) {
            let from = if record.version == Version::Tls12 {
                Peer::Server
            } else {
                Peer::Client
            };
            session.record(from, &record, log, &mut |event| {
                black_box(event);
            });
            if record.fragment.len() % 7 == 3 {
                session.gap(from, record.fragment.len() as u64);
            }
            rest = after;
        }
        black_box(session.facts());
    }
}

/// A DNS message.
pub fn dns(data: &[u8]) {
    if let Ok(message) = wire::dns::Message::new(data) {
        black_box((message.addresses().count(), message.answer()));
    }
}

/// Datagrams in a byte stream.
///
/// # Panics
///
/// When a message takes no room, so that a reader of the stream would never end.
pub fn framing(data: &[u8]) {
    black_box(Framing::sniff(data).is_ok());
    for framing in [Framing::Stun, Framing::Rfc4571] {
        let mut rest = data;
        while let Front::Stun(unit) | Front::ChannelData(unit) | Front::Packet(unit) =
            framing.front(rest)
        {
            assert!(unit.consumed > 0, "a message that takes no room");
            rest = &rest[unit.consumed..];
        }
    }
}

/// QUIC packets of a datagram, opened with Initial keys and with those of the key log below; and the same bytes as frames.
pub fn quic(data: &[u8]) {
    black_box(LongHeader::new(data));
    let initial = |packet: &Long<'_>| {
        let (_, opened) = QuicSession::begin(packet)?;
        Some((opened.number, packet.number_at, opened.frames))
    };
    black_box(wire::quic::detail::detail(data, 0, initial));
    black_box(wire::quic::detail::frames(data, 0));
    for frame in Frames::new(data).flatten().take(MANY) {
        if let (_, Frame::Ack(ack)) = frame {
            black_box(ack.ranges().take(MANY).count());
        }
    }
    // Without the fixed bit it is no packet; making keys takes long.
    if data.first().is_none_or(|first| first & 0x40 == 0) {
        return;
    }
    let Some((mut session, opened)) = begun(&QUIC_BEGINS) else {
        return;
    };
    black_box(session.handshake(Peer::Client, opened.frames.get(4..).unwrap_or_default()));
    let mut rest = data.get(..256).unwrap_or(data);
    while let Ok((packet, after)) = Packet::split(rest) {
        for from in [Peer::Client, Peer::Server] {
            match packet {
                Packet::Long(long) => drop(session.open_long(from, &long, &SECRETS)),
                Packet::Short(bytes) => drop(session.open_short(from, bytes, 8, &SECRETS)),
                Packet::Retry(retry) => drop(session.retry(&retry)),
                Packet::Negotiation(_, versions) => drop(black_box(versions.iter().count())),
                Packet::Other(_) => {}
            }
        }
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    black_box(session.handshake(Peer::Server, data));
    black_box((session.tls(), session.facts()));
}

/// An HTTP/3 connection, piece by piece: stream, sender and kind of piece in one byte, its length in the next.
pub fn http3(data: &[u8]) {
    let end = |port| TransportAddress::new([192, 0, 2, 1].into(), port);
    let tuple = FiveTuple {
        transport: Transport::Udp,
        a: end(50_000),
        b: end(443),
    };
    let mut exchanges = Exchanges::default();
    let mut connection = Http3Connection::new(FlowId(0), tuple, Direction::Forward);
    let (at, frame) = (Timestamp::from_nanos(1), FrameNumber::new(0, 1));
    let mut rest = data;
    while let [what, length, after @ ..] = rest {
        let (bytes, after) = after.split_at(usize::from(*length).min(after.len()));
        let piece = match what >> 5 & 3 {
            1 => Piece::Gap(bytes.len() as u64),
            2 if *length == 0 => Piece::End,
            3 if *length == 0 => Piece::Reset,
            _ => Piece::Data(bytes),
        };
        let given = Given {
            stream: u64::from(what & 0x1f),
            from: if what & 0x80 == 0 {
                Peer::Client
            } else {
                Peer::Server
            },
            at,
            frame,
            piece,
        };
        connection.observe(given, &mut exchanges, &mut |_| {});
        rest = after;
    }
    connection.close((at, frame), &mut exchanges, &mut |_| {});
    for exchange in exchanges.all() {
        black_box(exchange.url());
    }
}

/// An encoder stream of QPACK, and the same bytes as header sections.
pub fn qpack(data: &[u8]) {
    let mut decoder = QpackDecoder::default();
    let data = data.get(..256).unwrap_or(data);
    let (stream, sections) = data.split_at(data.len() / 2);
    decoder.insertions(&[0x3f, 0xe1, 0x1f]); // a capacity of 4096 bytes
    for (piece, section) in stream.chunks(16).zip(sections.chunks(16)) {
        black_box(decoder.insertions(piece));
        black_box(decoder.section(section));
        black_box(decoder.section_anyhow(section));
    }
    decoder.forget();
    black_box(decoder.section(data));
}

fn begun(packet: &[u8]) -> Option<(QuicSession, Opened)> {
    match Packet::split(packet).ok()? {
        (Packet::Long(long), _) => QuicSession::begin(&long),
        _ => None,
    }
}

/// The first packet of a connection whose client random is 32 ones: version 1, an Initial that offers `h3`.
const QUIC_BEGINS: [u8; 102] = [
    0xc1, 0x00, 0x00, 0x00, 0x01, 0x08, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0x00, 0x00,
    0x40, 0x54, 0x7e, 0x46, 0xb4, 0x51, 0xe5, 0x9b, 0x7c, 0xa3, 0x1c, 0xc0, 0xa5, 0x4e, 0x94, 0xc7,
    0x89, 0x76, 0xc2, 0x23, 0x11, 0x11, 0xff, 0xaa, 0x51, 0x16, 0x1a, 0xb0, 0x77, 0xbe, 0x6f, 0x9b,
    0x27, 0x01, 0xb5, 0x0d, 0x74, 0xe5, 0x6f, 0x45, 0x0a, 0x76, 0x58, 0x7d, 0x16, 0x27, 0xfb, 0x13,
    0xe5, 0xe5, 0x74, 0xe9, 0x02, 0x78, 0xd7, 0x21, 0xe3, 0xbf, 0x76, 0xa7, 0xdf, 0xb8, 0xb8, 0x31,
    0x42, 0x14, 0x30, 0xa8, 0x53, 0x5f, 0xea, 0x1e, 0x22, 0x28, 0x17, 0x87, 0x0d, 0xa8, 0x68, 0xfd,
    0xb9, 0x2e, 0x19, 0xf1, 0x77, 0xfb,
];

/// A session description: read, explained, judged by `webrtc-sdp`, answered by its own second half.
///
/// # Panics
///
/// When a description does not print as it was read.
pub fn sdp(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let description = Description::parse(&text);
    assert_eq!(description.to_string(), text, "a line was lost");
    let kept = Description::parse_without_lines(&text);
    assert!(
        kept.faults().eq(description.faults()) && kept.media == description.media,
        "without its lines it means something else"
    );
    for line in description.session_lines() {
        black_box(explain(line));
    }
    for section in &description.media {
        for line in description.lines_of(section) {
            black_box(explain(line));
        }
    }
    black_box(second_opinion(&description));
    let middle = (0..=text.len() / 2)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    let answer = Description::parse(&text[middle..]);
    black_box(negotiate(&description, &answer));
    black_box(negotiate(&answer, &description));
}

/// A candidate line, with or without its `a=`.
pub fn candidate(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parsed = rtcscope::sdp::candidate::Candidate::parse(&text);
    black_box(parsed);
}

/// A capture filter, compiled for the kernel.
///
/// # Panics
///
/// When the program is none that the kernel takes: that is a bug.
pub fn capture_filter(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for layer in [Layer::Ethernet, Layer::Network] {
        match compile(&text, layer) {
            Ok(program) => assert!(kernel_takes(&program), "no program: {text}"),
            Err(error) => {
                assert!(text.get(error.at..).is_some(), "an error outside the text");
                black_box(error.to_string());
            }
        }
    }
}

/// What the kernel asks of a program: not too long, jumps inside of it, and a return at its end.
fn kernel_takes(program: &[Instruction]) -> bool {
    const JUMP: u16 = 0x05;
    const CLASS: u16 = 0x07;
    const RETURN: u16 = 0x06;
    let mut steps = program.iter().enumerate();
    let inside = steps.all(|(at, step)| {
        let farthest = if step.code == JUMP {
            step.k as usize
        } else if step.code & CLASS == JUMP {
            usize::from(step.when_true.max(step.when_false))
        } else {
            0
        };
        at + 1 + farthest < program.len() || step.code == RETURN
    });
    let returns = program.last().is_some_and(|last| last.code == RETURN);
    inside && returns && program.len() <= 4_096
}

/// A key log.
pub fn keylog(data: &[u8]) {
    let mut log = KeyLog::default();
    black_box(log.add(data));
    black_box(log.len());
}

/// A pcap file: whatever its magic was, it becomes one of pcap's.
pub fn pcap(data: &[u8]) {
    let magics = [0xa1b2_c3d4, 0xa1b2_3c4d, 0xd4c3_b2a1, 0xa1b2_cd34_u32];
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let magic = magics[usize::from(first) % magics.len()];
    let mut file = magic.to_le_bytes().to_vec();
    file.extend_from_slice(rest);
    read(&file);
}

/// A pcapng file: its first block becomes a section header in either byte order.
pub fn pcapng(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let mut file = vec![0x0a, 0x0d, 0x0d, 0x0a];
    let (length, magic) = (28_u32, 0x1a2b_3c4d_u32);
    if first % 2 == 0 {
        file.extend([length.to_le_bytes(), magic.to_le_bytes()].as_flattened());
        file.extend([1, 0, 0, 0]);
        file.extend([0xff; 8]);
        file.extend(length.to_le_bytes());
    } else {
        file.extend([length.to_be_bytes(), magic.to_be_bytes()].as_flattened());
        file.extend([0, 1, 0, 0]);
        file.extend([0xff; 8]);
        file.extend(length.to_be_bytes());
    }
    file.extend_from_slice(rest);
    read(&file);
}

/// A lesson as a teacher writes it: read, played on a capture that has nothing, printed.
///
/// # Panics
///
/// When an error names a line that is not there.
pub fn lesson(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lesson = match reader::read("fuzz.md", &text) {
        Ok(lesson) => lesson,
        Err(error) => {
            assert!(error.line <= text.lines().count().max(1), "{error}");
            return;
        }
    };
    let (analysis, index) = &*NOTHING;
    let dissect = |_: &frame::Frame<'_>| Vec::new();
    let mut desk = Desk::new(analysis, FrameReader::new(index.clone()), &dissect);
    let shown = lesson.steps.iter().map(|step| {
        let shown = play::show(step, &mut desk, 60);
        ("nothing".to_owned(), shown)
    });
    let page = Page {
        steps: shown.collect(),
        lesson: &lesson,
    };
    let pages = [page];
    black_box(handout::markdown::write(&pages, true));
    black_box(handout::html::write(&pages, true));
}

/// A capture without packets.
static NOTHING: LazyLock<(Analysis, FrameIndex)> = LazyLock::new(|| {
    let head = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1].map(u32::to_le_bytes);
    let file = Cursor::new(head.as_flattened().to_vec());
    let source = Source::open_stream("nothing".into(), Box::new(file));
    let source = source.expect("a pcap header is a capture");
    (Analysis::default(), source.index())
});

/// The whole way, from a file's bytes to the reports.
///
/// # Panics
///
/// When a report cannot be written to memory.
pub fn report(data: &[u8]) {
    let Ok(mut source) = Source::open_stream("fuzz".into(), Box::new(Cursor::new(data.to_vec())))
    else {
        return;
    };
    let mut analyzer = Analyzer::default().on_two_threads();
    analyze(&mut source, &mut analyzer, |_, _| true);
    let analysis = analyzer.snapshot(source.files());
    let mut out = Vec::new();
    report::text::write(&analysis, &mut out).expect("memory takes it");
    report::json::write(&analysis, &mut out).expect("memory takes it");
    report::ndjson::write(&analysis, &mut out).expect("memory takes it");
    black_box(out);
}

/// Reads a capture file to its end.
fn read(file: &[u8]) {
    if let Ok(mut source) = Source::open_stream("fuzz".into(), Box::new(Cursor::new(file.to_vec())))
    {
        while let Some(item) = source.pull() {
            black_box(&item);
        }
        for file in source.files() {
            black_box(printable_bytes(file.path.as_bytes(), 80));
        }
    }
}

/// More parts than a datagram can hold that says something.
const MANY: usize = 10_000;

/// Header extensions whose values are decoded (their URIs).
const EXTENSIONS: &[&str] = &[
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:ietf:params:rtp-hdrext:csrc-audio-level",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:toffset",
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
];
