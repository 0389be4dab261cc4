//! How fast each part of the pipe is, in packets per second, on media-heavy traffic.
//!
//! | group | what |
//! | --- | --- |
//! | `wire` | one frame taken apart: link, IP, UDP, RTP header; a STUN check; a DTLS datagram |
//! | `flow` | frames to observations: decoding, flow lookup, sorting |
//! | `analyzer` | frames to trackers: the whole packet path |
//! | `snapshot` | trackers to one `Analysis`: joins, findings, verdicts |
//! | `file` | the whole way from a file on disk, on one thread and on two: many calls at once with all their signaling, and one call that lasts |
//!
//! Traffic is `captures/lossy`, one call on a bad network, copied with each copy's hosts renamed: its control packets once per copy, its
//! media many times over with sequence numbers and timestamps that go on.

use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use criterion::BatchSize;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::analyzer::pipeline::analyze;
use rtcscope::flow::demux::Demux;
use rtcscope::flow::demux::FlowLimits;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use rtcscope::ingest::writer::PcapngWriter;
use rtcscope::vocab::frame::Frame;
use rtcscope::vocab::frame::LinkType;
use rtcscope::vocab::ids::FrameNumber;
use rtcscope::vocab::time::Timestamp;
use rtcscope::wire::datagram::Kind;
use rtcscope::wire::datagram::classify;
use rtcscope::wire::dtls::record::Records;
use rtcscope::wire::packet::Body;
use rtcscope::wire::packet::decode;
use rtcscope::wire::rtp::Header;
use rtcscope::wire::stun::Message;

/// A frame that outlives its file.
#[derive(Clone)]
struct Kept {
    at: Timestamp,
    data: Vec<u8>,
}

impl Kept {
    fn frame(&self, number: usize) -> Frame<'_> {
        Frame {
            number: FrameNumber::new(0, number as u64 + 1),
            at: self.at,
            original_length: self.data.len() as u32,
            link: LinkType::Ethernet,
            interface: 0,
            data: &self.data,
        }
    }

    /// The payload, when it is a UDP datagram.
    fn datagram(&self) -> Option<&[u8]> {
        match decode(LinkType::Ethernet, &self.data, self.data.len() as u32).body {
            Body::Udp(datagram) => Some(datagram.payload),
            _ => None,
        }
    }
}

fn wire(c: &mut Criterion) {
    let call = call();
    let first = |kind: Kind| {
        let found = call.iter().find(|kept| {
            let payload = kept.datagram();
            payload.is_some_and(|payload| classify(payload) == kind)
        });
        found.expect("the call has each kind").clone()
    };
    let mut group = c.benchmark_group("wire");
    group.throughput(Throughput::Elements(1));
    let media = first(Kind::Rtp);
    group.bench_function("frame to RTP header", |b| {
        b.iter(|| {
            let data = black_box(&media.data);
            let packet = decode(LinkType::Ethernet, data, data.len() as u32);
            let Body::Udp(datagram) = packet.body else {
                return None;
            };
            Header::new(datagram.payload)
                .ok()
                .map(|header| header.ssrc())
        });
    });
    let check = first(Kind::Stun);
    let check = check.datagram().expect("it has one");
    group.bench_function("STUN message, all attributes", |b| {
        b.iter(|| {
            let message = Message::new(black_box(check)).ok()?;
            Some((message.attributes().count(), message.ufrags().is_some()))
        });
    });
    let records = first(Kind::Dtls);
    let records = records.datagram().expect("it has one");
    group.bench_function("DTLS datagram, its records", |b| {
        b.iter(|| Records::new(black_box(records), None).count());
    });
    group.finish();
}

fn flow(c: &mut Criterion) {
    let traffic = traffic(CALLS, 1);
    let mut group = c.benchmark_group("flow");
    group.sample_size(20);
    group.throughput(Throughput::Elements(traffic.len() as u64));
    group.bench_function("frames to observations", |b| {
        b.iter(|| {
            let mut demux = Demux::new(FlowLimits { flows: 1 << 20 });
            let mut observations = 0_u64;
            for (number, kept) in traffic.iter().enumerate() {
                demux.push(&kept.frame(number), &mut |_, observation| {
                    black_box(&observation);
                    observations += 1;
                });
            }
            observations
        });
    });
    group.finish();
}

fn analyzer(c: &mut Criterion) {
    let traffic = traffic(CALLS, 1);
    let mut group = c.benchmark_group("analyzer");
    group.sample_size(20);
    group.throughput(Throughput::Elements(traffic.len() as u64));
    group.bench_function("frames to trackers", |b| {
        b.iter(|| fill(&traffic));
    });
    group.finish();
}

fn snapshot(c: &mut Criterion) {
    let mut group = c.benchmark_group("snapshot");
    group.sample_size(20);
    for calls in [1, CALLS] {
        let mut filled = fill(&traffic(calls, 1));
        group.throughput(Throughput::Elements(calls as u64));
        group.bench_function(format!("{calls} times two peer connections"), |b| {
            b.iter_batched(|| (), |()| filled.snapshot(&[]), BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn file(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let written = |name: &str, write: fn(&Path, &[Kept]), traffic: &[Kept]| {
        let path = folder.path().join(name);
        write(&path, traffic);
        let bytes = std::fs::metadata(&path).expect("it was written").len();
        println!(
            "{name}: {} packets, {} MB",
            traffic.len(),
            bytes / 1_000_000
        );
        (path, traffic.len() as u64)
    };
    let many = written("many.pcapng", write_pcapng, &traffic(CALLS, MEDIA_TIMES));
    let long = written("long.pcap", write_pcap, &traffic(1, LONG_MEDIA_TIMES));
    let mut group = c.benchmark_group("file");
    group.sample_size(10);
    group.measurement_time(Duration::from_secs(10));
    let ways = [
        ("many calls, on one thread", &many, false),
        ("many calls, on two threads", &many, true),
        ("one long call, on one thread", &long, false),
        ("one long call, on two threads", &long, true),
    ];
    for (name, (path, packets), on_two_threads) in ways {
        group.throughput(Throughput::Elements(*packets));
        group.bench_function(name, |b| {
            b.iter(|| {
                let input = Input::Path(path.clone());
                let mut source = Source::open(vec![input]).expect("readable");
                let mut analyzer = Analyzer::default();
                if on_two_threads {
                    analyzer = analyzer.on_two_threads();
                }
                analyze(&mut source, &mut analyzer, |_, _| true);
                analyzer.snapshot(source.files()).capture.packets
            });
        });
    }
    group.finish();
}

fn fill(traffic: &[Kept]) -> Analyzer {
    let mut analyzer = Analyzer::default();
    for (number, kept) in traffic.iter().enumerate() {
        analyzer.push(&kept.frame(number));
    }
    analyzer.finish();
    analyzer
}

/// Many calls at once, in order of time: each copy's media again and again, as if the call went on.
fn traffic(calls: usize, media_times: u32) -> Vec<Kept> {
    let call = call();
    let start = call.first().map_or(0, |kept| kept.at.nanos());
    let end = call.last().map_or(0, |kept| kept.at.nanos());
    let mut traffic = Vec::new();
    for number in 0..calls {
        let shift = number as u64 * 10_000_000;
        for kept in &call {
            let media = kept
                .datagram()
                .is_some_and(|payload| classify(payload) == Kind::Rtp);
            for round in 0..if media { media_times } else { 1 } {
                let mut copy = kept.clone();
                rename_hosts(&mut copy.data, number as u16);
                if round > 0 {
                    go_on(&mut copy.data, round);
                }
                let later = u64::from(round) * (end - start);
                copy.at = Timestamp::from_nanos(kept.at.nanos() + shift + later);
                traffic.push(copy);
            }
        }
    }
    traffic.sort_by_key(|kept| kept.at);
    traffic
}

/// The recorded call.
fn call() -> Vec<Kept> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/lossy/capture.pcapng");
    let mut source = Source::open(vec![Input::Path(path)]).expect("the recorded call");
    let mut call = Vec::new();
    while let Some(item) = source.pull() {
        if let Item::Frame(frame) = item {
            call.push(Kept {
                at: frame.at,
                data: frame.data.to_vec(),
            });
        }
    }
    call
}

/// Gives both ends of an IPv4 frame a network of their own: the last byte of each address stays.
fn rename_hosts(data: &mut [u8], number: u16) {
    if data.get(12..14) != Some(&[8, 0]) {
        return;
    }
    for at in [26, 30] {
        if let Some([first, second, third, _]) = data.get_mut(at..at + 4) {
            // 192.168… and 203.0.113… stay apart.
            *first = if *first == 192 { 10 } else { 11 };
            [*second, *third] = number.to_be_bytes();
        }
    }
}

/// Moves an RTP packet's sequence number and timestamp on, as a later round of the same media.
fn go_on(data: &mut [u8], round: u32) {
    const RTP: usize = 14 + 20 + 8;
    let Some(header) = data.get_mut(RTP..RTP + 8) else {
        return;
    };
    let sequence = u16::from_be_bytes([header[2], header[3]]);
    // More than either stream's packets in a round, so that rounds do not overlap.
    let sequence = sequence.wrapping_add((round * 1_000) as u16);
    header[2..4].copy_from_slice(&sequence.to_be_bytes());
    let timestamp = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
    let timestamp = timestamp.wrapping_add(round * 2_000_000);
    header[4..8].copy_from_slice(&timestamp.to_be_bytes());
}

/// Writes the traffic as Wireshark does.
fn write_pcapng(path: &Path, traffic: &[Kept]) {
    let file = BufWriter::new(File::create(path).expect("a new file"));
    let mut writer = PcapngWriter::new(file, None).expect("writable");
    let interface = writer
        .interface(LinkType::Ethernet, 0, None)
        .expect("writable");
    for (number, kept) in traffic.iter().enumerate() {
        writer
            .frame(interface, &kept.frame(number), None)
            .expect("writable");
    }
    writer.finish().expect("writable");
}

/// Writes the traffic as tcpdump does, in nanoseconds.
fn write_pcap(path: &Path, traffic: &[Kept]) {
    let mut file = BufWriter::new(File::create(path).expect("a new file"));
    let mut write = |words: &[u32], data: &[u8]| {
        let words: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        file.write_all(&words).expect("writable");
        file.write_all(data).expect("writable");
    };
    write(&[0xa1b2_3c4d, 4 << 16 | 2, 0, 0, 262_144, 1], &[]);
    for kept in traffic {
        let nanos = kept.at.nanos();
        let (seconds, nanos) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        let length = kept.data.len() as u32;
        write(&[seconds as u32, nanos as u32, length, length], &kept.data);
    }
}

/// Calls at once.
const CALLS: usize = 20;
/// How often the media of each goes round in the file.
const MEDIA_TIMES: u32 = 8;
/// How often the media of the long call goes round.
const LONG_MEDIA_TIMES: u32 = 320;

criterion_group!(benches, wire, flow, analyzer, snapshot, file);
criterion_main!(benches);
