//! HTTP/3 on top: field sections, their table, extended CONNECT.

use super::*;

#[test]
fn a_section_waits_for_the_table() {
    let mut bench = Bench::new(Version::V1);
    // The server takes 4096 bytes; the client inserts `:path: /dyn` and refers to it.
    let settings = [0, 4, 3, 1, 0x50, 0];
    let insert = [2, 0x3f, 0xe1, 0x1f, 0xc1, 4, b'/', b'd', b'y', b'n'];
    let section = [1, 5, 2, 0, 0xd1, 0xd7, 0x80];
    bench
        .hellos()
        .send(Server, &stream(3, 0, false, &settings))
        .send(Client, &stream(0, 0, true, &section))
        .told("http3")
        .send(Client, &stream(6, 0, false, &insert))
        .told("request 0");
    let request = bench.exchange(0).request.as_ref().expect("there");
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("GET", "/dyn")
    );
}

#[test]
fn a_table_whose_beginning_was_not_captured_leaves_fields_unknown() {
    let mut bench = Bench::new(Version::V1);
    let section = [1, 5, 2, 0, 0xd1, 0xd7, 0x80];
    bench
        .hellos()
        .send(Server, &stream(3, 0, false, &[0, 4, 3, 1, 0x50, 0]))
        .send(Client, &stream(0, 0, true, &section))
        .told("http3")
        .finish()
        .told("request 0");
    let request = bench.exchange(0).request.as_ref().expect("there");
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("GET", "unknown header")
    );
}

#[test]
fn a_websocket_runs_in_an_extended_connect() {
    let mut bench = Bench::new(Version::V1);
    // RFC 9220: `:method CONNECT`, `:scheme https`, `:protocol websocket`, `:path /ws`.
    let mut section = vec![0, 0, 0xcf, 0xd7, 0x27, 2];
    section.extend(b":protocol");
    section.push(9);
    section.extend(b"websocket");
    section.extend([0x51, 3, b'/', b'w', b's']);
    let connect = [&[1, section.len() as u8], &section[..]].concat();
    let masked = [0, 8, 0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
    bench
        .hellos()
        .send(Client, &stream(0, 0, false, &connect))
        .send(Server, &stream(0, 0, false, &headers(&[25], None)))
        .send(Client, &stream(0, connect.len() as u16, false, &masked))
        .told("http3 request 0 response 0 websocket message");
    assert_eq!(bench.exchange(0).websocket_url(), "wss://192.0.2.2:443/ws");
}
