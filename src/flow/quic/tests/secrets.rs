//! Secrets: those that change, come late or never.

use super::*;

#[test]
fn keys_are_updated_by_the_phase_bit() {
    let mut bench = Bench::new(Version::V1);
    bench.hellos().send(Client, &stream(0, 0, true, &get("/a")));
    let late = bench.short(Server, &stream(0, 0, false, &ok("")));
    bench
        .update_keys(Server)
        .send(Server, &stream(0, 7, true, b""))
        .told("http3 request 0")
        .datagram(Server, &late)
        .told("response 0")
        .update_keys(Client)
        .send(Client, &stream(4, 0, true, &get("/b")))
        .update_keys(Server)
        .send(Server, &stream(4, 0, true, &ok("b")))
        .told("request 1 response 1");
    assert_eq!(bench.facts().0.key_updates, [1, 2]);
}

#[test]
fn secrets_that_come_late_open_what_was_held() {
    let mut bench = Bench::new(Version::V1).without_keys();
    bench
        .hellos()
        .send(Client, &stream(0, 0, true, &get("/a")))
        .send(Server, &stream(0, 0, true, &ok("hello")))
        .told("");
    let (tls, _) = bench.facts();
    assert_eq!(
        (tls.opening, tls.alpn_offered),
        (Opening::NoSecrets, vec!["h3".to_owned()])
    );
    bench.keys_come().told("http3 request 0 response 0");
    assert_eq!(bench.shared.secrets.held_bytes, 0);
}

#[test]
fn without_secrets_nothing_is_invented() {
    let mut bench = Bench::new(Version::V1).without_keys();
    bench
        .hellos()
        .send(Client, &stream(0, 0, true, &get("/a")))
        .finish()
        .told("");
    let (tls, _) = bench.facts();
    assert_eq!(
        (tls.opening, tls.sealed_records),
        (Opening::NoSecrets, [1, 1])
    );
    assert!(bench.shared.exchanges.all().is_empty());
}

#[test]
fn what_is_held_for_secrets_is_bounded() {
    let mut bench = Bench::new(Version::V1).without_keys();
    bench.hellos();
    for _ in 0..2_000 {
        bench.send(Server, &stream(0, 0, false, &[0; 1200]));
    }
    assert_eq!(bench.shared.secrets.held_bytes, 0);
    bench.keys_come().told("");
}

#[test]
fn early_data_is_read_once_the_hello_is_whole() {
    let hello = client_hello();
    let (first, second) = hello.split_at(20);
    let mut bench = Bench::new(Version::V1);
    bench
        .initial(Client, &crypto(0, first))
        .early(&stream(0, 0, true, &get("/early")))
        .told("")
        .initial(Client, &crypto(20, second))
        .told("http3 request 0");
    assert!(bench.facts().0.early_data);
}
