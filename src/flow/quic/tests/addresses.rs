//! Which connection a datagram belongs to, and how one begins and ends.

use super::*;

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
