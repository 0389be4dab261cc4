//! Datagrams, packets and streams: what is lost, comes twice or out of order.

use super::*;

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
