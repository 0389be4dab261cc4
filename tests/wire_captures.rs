//! Real frames through the wire floor: nothing panics, trees stay inside their frames, and STUN reads as `stun-types` reads it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its samples has failed"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use rtcscope::vocab::frame::Frame;
use rtcscope::wire::channel_data::ChannelData;
use rtcscope::wire::datagram::Kind;
use rtcscope::wire::datagram::classify;
use rtcscope::wire::detail::Field;
use rtcscope::wire::detail::layers;
use rtcscope::wire::dns;
use rtcscope::wire::packet::Body;
use rtcscope::wire::packet::decode;
use rtcscope::wire::stun;
use rtcscope::wire::stun::Message;
use stun_types::attribute::Attribute;

#[test]
fn every_frame_has_a_tree_that_stays_inside_it() {
    let mut frames = 0;
    for path in files(&["captures", "../shared/captures/public"]) {
        let mut left = 500;
        each_frame(&path, |frame| {
            if left == 0 {
                return;
            }
            left -= 1;
            frames += 1;
            let layers = layers(frame.link, frame.data, frame.original_length);
            layers
                .fields
                .iter()
                .for_each(|field| inside(field, frame.data.len()));
            let payload = &frame.data[layers.payload.clone()];
            if let Ok(message) = Message::new(payload) {
                let tree = stun::detail(&message, layers.payload.start);
                inside(&tree, frame.data.len());
            }
        });
    }
    assert!(frames > 1000, "{frames}");
}

#[test]
fn our_own_calls_have_no_faulty_stun_and_verify_with_their_passwords() {
    // No call, and no STUN in datagrams: inside TLS, inside DTLS, on TCP.
    let closed = [
        "tls/capture.pcapng",
        "turn-dtls/capture.pcapng",
        "turn-tcp-allocation/capture.pcapng",
    ];
    let calls = files(&["captures"])
        .into_iter()
        .filter(|path| !closed.iter().any(|closed| path.ends_with(closed)));
    for path in calls {
        let (mut messages, mut signed, mut verified) = (0, 0, 0);
        let passwords = passwords(&path);
        each_frame(&path, |frame| {
            each_stun(&frame, |bytes| {
                messages += 1;
                let message = Message::new(bytes).unwrap();
                assert_eq!(
                    message.faults(),
                    [],
                    "{}: {}",
                    path.display(),
                    message.message_type()
                );
                // TURN's messages are signed with the key of its own credential.
                if !message.method().is_turn() && message.has_integrity() {
                    signed += 1;
                    verified += u32::from(
                        passwords
                            .iter()
                            .any(|key| message.verify_integrity(key) == Some(true)),
                    );
                }
            });
        });
        assert!(messages > 0, "{}", path.display());
        // The passwords can be read where signaling is not encrypted; a wrong one is what ice-failure-auth is about.
        // Between two browsers one side's is compressed or masked: a frame alone does not show it.
        let partial = [
            "data-channel",
            "dtls-in-stun",
            "ice-failure-auth",
            "nat-no-relay",
            "p2p-symmetric-nat",
            "sip-websocket",
        ];
        let partial = partial
            .iter()
            .any(|name| path.ends_with(format!("{name}/capture.pcapng")));
        if !passwords.is_empty() && !partial {
            assert!(
                verified > 0 && verified * 10 >= signed * 9,
                "{}: {verified} of {signed}",
                path.display()
            );
        }
    }
}

#[test]
fn stun_reads_as_stun_types_reads_it() {
    let mut compared = 0;
    for path in files(&[
        "captures",
        "../shared/captures/lab",
        "../shared/captures/public",
    ]) {
        each_frame(&path, |frame| {
            each_stun(&frame, |bytes| compared += u32::from(compare(bytes)));
        });
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn host_names_of_our_own_calls_resolve() {
    let (mut messages, mut names) = (0, BTreeSet::new());
    for path in files(&["captures", "../shared/captures/lab"]) {
        each_frame(&path, |frame| {
            if let Body::Udp(udp) = decode(frame.link, frame.data, frame.original_length).body
                && [udp.source.port, udp.destination.port]
                    .iter()
                    .any(|port| [53, 5353].contains(port))
            {
                let message = dns::Message::new(udp.payload).unwrap();
                assert_eq!(message.fault, None, "{}: {}", path.display(), frame.number);
                messages += 1;
                names.extend(message.answer().map(|(name, _)| name.to_owned()));
            }
        });
    }
    assert!(
        messages > 0 && names.iter().any(|name| name.ends_with(".lab.test")),
        "{names:?}"
    );
}

/// Compares the two readings of a message; false when `stun-types` refuses it, which ours then has to explain.
fn compare(bytes: &[u8]) -> bool {
    let ours = Message::new(bytes).ok();
    let theirs = match stun_types::message::Message::from_bytes(bytes) {
        Ok(theirs) => theirs,
        // It refuses what we list as faults, and knows no RFC 3489.
        Err(error) => {
            let explained = ours.is_none_or(|ours| !ours.faults().is_empty() || ours.is_classic());
            assert!(explained, "{error}: {bytes:02x?}");
            return false;
        }
    };
    let ours = ours.unwrap();
    let id: u128 = theirs.transaction_id().into();
    assert_eq!(ours.transaction_id(), id.to_be_bytes()[4..]);
    assert_eq!(ours.method().code(), theirs.method().value());
    // It leaves out what receivers must ignore; we show it, with a fault.
    let ignored = |offset| {
        let name = "stun-attribute-after-integrity";
        ours.faults()
            .iter()
            .any(|f| f.name == name && f.offset == offset)
    };
    let read: Vec<_> = ours
        .attributes()
        .filter(|a| !ignored(a.offset))
        .map(|a| (a.offset, a.kind.code(), a.value.to_vec()))
        .collect();
    let expected: Vec<_> = theirs
        .iter_attributes()
        .map(|(offset, a)| (offset, a.get_type().value(), a.value.to_vec()))
        .collect();
    assert_eq!(read, expected);
    if let Ok(mapped) = theirs.attribute::<stun_types::attribute::XorMappedAddress>() {
        let address = mapped.addr(theirs.transaction_id());
        assert_eq!(
            ours.xor_mapped_address().map(|a| (a.ip, a.port)),
            Some((address.ip(), address.port()))
        );
    }
    if let Ok(error) = theirs.attribute::<stun_types::attribute::ErrorCode>() {
        assert_eq!(ours.error_code().map(|e| e.code.code()), Some(error.code()));
    }
    true
}

/// STUN messages over UDP, those inside TURN's envelopes included.
fn each_stun(frame: &Frame<'_>, mut see: impl FnMut(&[u8])) {
    if let Body::Udp(udp) = decode(frame.link, frame.data, frame.original_length).body
        && udp.cut_bytes == 0
    {
        descend(udp.payload, 0, &mut see);
    }
}

fn descend(datagram: &[u8], depth: u8, see: &mut impl FnMut(&[u8])) {
    match classify(datagram) {
        Kind::Stun => {
            see(datagram);
            if let Some(data) = Message::new(datagram)
                .ok()
                .and_then(|m| m.data())
                .filter(|_| depth < 2)
            {
                descend(data, depth + 1, see);
            }
        }
        Kind::ChannelData if depth < 2 => {
            if let Ok(message) = ChannelData::new(datagram) {
                descend(message.data, depth + 1, see);
            }
        }
        _ => {}
    }
}

/// Every `a=ice-pwd` that stands in clear in some TCP segment.
fn passwords(path: &Path) -> BTreeSet<Vec<u8>> {
    const MARK: &[u8] = b"a=ice-pwd:";
    let mut found = BTreeSet::new();
    each_frame(path, |frame| {
        if let Body::Tcp(tcp) = decode(frame.link, frame.data, frame.original_length).body {
            for at in 0..tcp.payload.len().saturating_sub(MARK.len()) {
                if tcp.payload[at..].starts_with(MARK) {
                    let word = tcp.payload[at + MARK.len()..].iter();
                    let end =
                        |&&byte: &&u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
                    found.insert(word.take_while(end).copied().collect());
                }
            }
        }
    });
    found
}

fn inside(field: &Field, end: usize) {
    assert!(
        field.range.start <= field.range.end && field.range.end <= end,
        "{field:?} in {end}"
    );
    field.children.iter().for_each(|child| inside(child, end));
}

fn each_frame(path: &Path, mut see: impl FnMut(Frame<'_>)) {
    let Ok(mut source) = Source::open(vec![Input::Path(path.to_owned())]) else {
        return;
    };
    while let Some(item) = source.pull() {
        if let Item::Frame(frame) = item {
            see(frame);
        }
    }
}

/// Capture files below folders of the checkout; one that is not there is named and skipped.
fn files(folders: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in folders {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        if !folder.is_dir() {
            println!("skipped: no {}", folder.display());
            continue;
        }
        let mut open = vec![folder];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path
                    .extension()
                    .is_some_and(|e| ["pcap", "pcapng", "cap"].iter().any(|x| e == *x))
                {
                    files.push(path);
                }
            }
        }
    }
    files.sort();
    files
}
