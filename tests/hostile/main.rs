//! Input that was made to break us: every packet cut and flipped, random frames, and bodies of the fuzz targets on damaged samples.
//!
//! The quick tests take a sample of the damage; the exhaustive one is run by name, in CI:
//!
//! ```text
//! cargo test --release --test hostile -- --ignored
//! ```

use std::path::Path;
use std::path::PathBuf;

use proptest::prelude::*;
use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use rtcscope::lessons::library;
use rtcscope::vocab::frame::Frame;
use rtcscope::vocab::frame::LinkType;
use rtcscope::vocab::ids::FrameNumber;
use rtcscope::vocab::time::Timestamp;
use rtcscope::wire::packet::Body;
use rtcscope::wire::packet::decode;

mod escapes;

/// The bodies of the fuzz targets.
#[path = "../../fuzz/src/lib.rs"]
pub mod bodies;

/// Whom random frames come from …
const CLIENT: [u8; 4] = [192, 0, 2, 1];
/// … and go to.
const SERVER: [u8; 4] = [198, 51, 100, 1];

/// A frame of a capture, to damage.
struct Sample {
    at: Timestamp,
    link: LinkType,
    data: Vec<u8>,
}

/// How much damage is done.
struct Damage {
    /// One frame in so many is damaged; all are analyzed.
    every: usize,
    /// Cuts at each of the first bytes up to here, then at every 41st.
    cuts: usize,
    /// Bits flipped in each of the first bytes up to here.
    flips: usize,
}

impl Damage {
    const SAMPLED: Self = Self {
        every: 9,
        cuts: 80,
        flips: 80,
    };
    const COMPLETE: Self = Self {
        every: 1,
        cuts: usize::MAX,
        flips: usize::MAX,
    };

    /// Calls `f` with each damaged copy of `data`.
    fn each(&self, data: &[u8], mut f: impl FnMut(&[u8])) {
        let near = data.len().min(self.cuts);
        let far = (near..data.len()).step_by(41);
        for length in (0..near).chain(far) {
            f(&data[..length]);
        }
        let mut flipped = data.to_vec();
        for at in 0..data.len().min(self.flips) {
            for bit in 0..8 {
                flipped[at] ^= 1 << bit;
                f(&flipped);
                flipped[at] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn cut_and_flipped_packets_do_no_harm() {
    for path in captures() {
        analyze_damaged(&path, &Damage::SAMPLED);
    }
}

#[test]
#[ignore = "minutes long: CI runs it by name"]
fn every_cut_and_every_bit_flip_of_every_packet() {
    for path in captures() {
        analyze_damaged(&path, &Damage::COMPLETE);
    }
}

#[test]
fn damaged_payloads_pass_every_parser() {
    // Only the first payload of each transport, kind and length: a call repeats itself, and so do calls.
    let mut seen = std::collections::HashSet::new();
    for path in captures() {
        for sample in samples(&path) {
            let packet = decode(sample.link, &sample.data, sample.data.len() as u32);
            let (is_udp, payload) = match packet.body {
                Body::Udp(datagram) => (true, datagram.payload),
                Body::Tcp(segment) => (false, segment.payload),
                _ => continue,
            };
            let kind = payload.first().map(|first| match first {
                // The low bits of QUIC's short headers are masked: sixteen kinds that are one.
                0x40..=0x7f => 4,
                first => first >> 4,
            });
            if seen.insert((is_udp, kind, payload.len() / 64)) {
                Damage::SAMPLED.each(payload, all_parsers);
            }
        }
    }
}

#[test]
fn damaged_files_pass_every_parser() {
    let folder = root().join("captures/sdp-slips");
    for entry in std::fs::read_dir(folder).expect("the samples of descriptions") {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|end| end == "sdp") {
            let text = std::fs::read(&path).expect("readable");
            let damage = Damage {
                every: 1,
                cuts: 0,
                flips: 0,
            };
            damage.each(&text, bodies::sdp);
            bodies::sdp(&text);
        }
    }
    let keys = std::fs::read(root().join("captures/lossy/keys.log")).expect("readable");
    Damage::SAMPLED.each(&keys, bodies::keylog);
    let filter =
        r#"not (call.outcome in {ok, "failed"} || stream.loss >= 2% && ip != 10.0.0.0/8) alice"#;
    Damage::COMPLETE.each(filter.as_bytes(), bodies::filter);
    Damage::COMPLETE.each(LESSON.as_bytes(), bodies::lesson);
    for (_, text) in library::TEXTS {
        bodies::lesson(text.as_bytes());
    }
    let file = std::fs::read(root().join("captures/ice-failure-auth/capture.pcapng"));
    let file = file.expect("readable");
    let head = &file[..file.len().min(6_000)];
    let damage = Damage {
        every: 1,
        cuts: 64,
        flips: 24,
    };
    damage.each(head, |bytes| {
        bodies::report(bytes);
        bodies::pcap(bytes);
        bodies::pcapng(bytes);
    });
}

/// A lesson with one of everything.
const LESSON: &str = "---\nlesson: 1\ntitle: T\nabout: A\ncapture: lossy\n---\n\n## One\n\n```step\nfind = dns\nlook = message dns.answer, field id\nlook = ladder\n```\n\n\
    The **[name](term:dns)** is `{dns.name}` {{.\n\n1. one\n   - two\n\n| a |\n| - |\n| {dns.ms} |\n\n### Question\n\nWhich?\n\n```answer\nnumber dns.ms within 5 %\n```\n\n\
    ### Hint\n\nThere.\n\n### Why it matters\n\nSo.\n\n## Two\n\n```step\nfind = stream where stream.kind == video\nlook = chart\n```\n\nX.\n\n### Question\n\nY?\n\n\
    ```answer\nchoice stream.codec\n- VP8: so\n- VP9: not so\n```\n\n### Hint\n\nZ.\n";

#[test]
fn every_parser_has_a_fuzz_target() {
    let folder = root().join("fuzz/fuzz_targets");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the fuzz targets")
        .map(|entry| entry.expect("readable").file_name())
        .map(|name| name.to_string_lossy().trim_end_matches(".rs").to_owned())
        .collect();
    files.sort();
    let targets: Vec<&str> = bodies::TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(files, targets);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_pass_every_parser(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        all_parsers(&data);
        bodies::sdp(&data);
        bodies::candidate(&data);
        bodies::keylog(&data);
        bodies::capture_filter(&data);
    }

    #[test]
    fn random_words_are_a_capture_filter_or_none(words in proptest::collection::vec(filter_words(), 0..40)) {
        bodies::capture_filter(format!("ip{}", words.concat()).as_bytes());
    }

    #[test]
    fn random_frames_make_an_analysis(
        frames in proptest::collection::vec(frame(), 1..40),
        steps in proptest::collection::vec(any::<u64>(), 40),
    ) {
        let mut analyzer = Analyzer::default();
        for (number, (data, at)) in frames.iter().zip(steps).enumerate() {
            let original_length = (at >> 32) as u32;
            analyzer.push(&Frame {
                number: FrameNumber::new(0, number as u64 + 1),
                at: Timestamp::from_nanos(at),
                original_length,
                link: LinkType::Ethernet,
                interface: 0,
                data,
            });
        }
        analyzer.finish();
        analyzer.snapshot(&[]);
    }
}

/// A condition of capture filters, with what joins it to the one before: most often something that may stand there.
fn filter_words() -> impl Strategy<Value = String> {
    const CONDITIONS: [&str; 15] = [
        "udp",
        "ip6",
        "icmp",
        "host 10.0.0.1",
        "net 10/8",
        "port 53",
        "src net fe80::/10",
        "vlan",
        "vlan 7",
        "portrange 1-65535",
        "tcp dst port 443",
        "src and dst 10.1.2.3",
        "(ip)",
        "net 192.168.0.0 mask 255.255.0.0",
        "9",
    ];
    const JOINS: [&str; 7] = ["and", "or", "and not", "or !", "and (", ") or", ""];
    let join = prop_oneof![
        Just("or"),
        Just("and"),
        proptest::sample::select(&JOINS[..])
    ];
    let condition = proptest::sample::select(&CONDITIONS[..]);
    (join, condition).prop_map(|(join, condition)| format!(" {join} {condition}"))
}

/// A random datagram between the same two hosts, its first byte one that demultiplexing knows, so that every tracker gets its share.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let payload = proptest::collection::vec(any::<u8>(), 0..200);
    let first = prop_oneof![
        Just(vec![0x80, 0x60]),
        Just(vec![0x80, 0xc8]),
        Just(vec![0x81, 0xcd]),
        Just(vec![0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42]),
        Just(vec![1, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42]),
        Just(vec![0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42]),
        Just(vec![0x16, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40]),
        Just(vec![0x2f]),
        Just(vec![0x40, 0, 0, 20]),
        Just(vec![0xc3, 0, 0, 0, 1]),
        Just(vec![]),
    ];
    let ports = prop_oneof![
        Just((5_000, 3_478)),
        Just((3_478, 5_000)),
        Just((53, 5_001))
    ];
    (first, payload, ports).prop_map(|(mut datagram, payload, (source, destination))| {
        datagram.extend(payload);
        udp_frame(source, destination, &datagram)
    })
}

/// Ethernet, IPv4 and UDP around a payload; the lower port is the server's.
fn udp_frame(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::new();
    datagram.extend(source.to_be_bytes());
    datagram.extend(destination.to_be_bytes());
    datagram.extend((payload.len() as u16 + 8).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    let (from, to) = if source > destination {
        (CLIENT, SERVER)
    } else {
        (SERVER, CLIENT)
    };
    ipv4_frame(17, from, to, &datagram)
}

/// Ethernet and IPv4 around a payload.
fn ipv4_frame(protocol: u8, from: [u8; 4], to: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
    frame.extend((payload.len() as u16 + 20).to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
    frame.extend(from);
    frame.extend(to);
    frame.extend(payload);
    frame
}

/// A whole capture, some of its frames followed by damaged copies of themselves.
fn analyze_damaged(path: &Path, damage: &Damage) {
    let mut analyzer = Analyzer::default();
    let mut count = 0;
    let mut push = |sample: &Sample, data: &[u8]| {
        count += 1;
        analyzer.push(&Frame {
            number: FrameNumber::new(0, count),
            at: sample.at,
            original_length: sample.data.len() as u32,
            link: sample.link,
            interface: 0,
            data,
        });
    };
    for (number, sample) in samples(path).iter().enumerate() {
        push(sample, &sample.data);
        if number % damage.every == 0 {
            damage.each(&sample.data, |data| push(sample, data));
        }
    }
    analyzer.finish();
    let analysis = analyzer.snapshot(&[]);
    assert_eq!(analysis.capture.packets, count);
    assert!(!analysis.capture.faults.is_empty(), "damage is named");
}

fn all_parsers(data: &[u8]) {
    for (name, body) in bodies::TARGETS {
        // Files and long texts have samples of their own; on a datagram they only cost time.
        let slow = [
            "sdp",
            "candidate",
            "keylog",
            "pcap",
            "pcapng",
            "report",
            "packet",
        ];
        if !slow.contains(name) {
            body(data);
        }
    }
}

fn samples(path: &Path) -> Vec<Sample> {
    let mut source = Source::open(vec![Input::Path(path.to_owned())]).expect("readable");
    let mut samples = Vec::new();
    while let Some(item) = source.pull() {
        if let Item::Frame(frame) = item {
            samples.push(Sample {
                at: frame.at,
                link: frame.link,
                data: frame.data.to_vec(),
            });
        }
    }
    samples
}

fn captures() -> Vec<PathBuf> {
    let folder = root().join("captures");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the recorded calls")
        .map(|entry| entry.expect("readable").path().join("capture.pcapng"))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    assert!(found.len() >= 6, "{found:?}");
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
