//! The same call by every road: our own captures wrapped in tunnels, cut into fragments and seen twice give the report they give plain.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::path::Path;

use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use rtcscope::report::json;
use rtcscope::vocab::frame::Frame;
use rtcscope::vocab::frame::LinkType;
use rtcscope::vocab::ids::FrameNumber;
use serde_json::Value;

/// Calls over UDP and TCP, relayed and not.
const CAPTURES: [&str; 3] = ["audio-video", "videoroom-http", "lossy"];

/// A frame in another shape: how much later, and its bytes. The last one keeps the frame's number.
type Shapes = Vec<(u64, Vec<u8>)>;

#[test]
fn tunnels_change_nothing_but_the_word_beside_the_flow() {
    let erspan = [
        0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 5, 4, 0x21, 0, 0, 0, 0,
    ];
    let gre = |frame: &[u8]| {
        v4(
            47,
            &[&[0x20, 0, 8, 0, 0, 0, 0, 7][..], &frame[14..]].concat(),
        )
    };
    let vxlan = |frame: &[u8]| {
        v4(
            17,
            &udp(4789, &[&[8, 0, 0, 0, 0, 0, 7, 0][..], frame].concat()),
        )
    };
    let geneve = |frame: &[u8]| {
        let header = [1, 0, 0x65, 0x58, 0, 0, 7, 0, 0, 1, 2, 0];
        v4(17, &udp(6081, &[&header[..], frame].concat()))
    };
    let gtp = |frame: &[u8]| {
        // Without the padding of short frames, as a mobile network has it.
        let total = usize::from(u16::from_be_bytes([frame[16], frame[17]]));
        let packet = &frame[14..14 + total];
        let mut header = vec![0x30, 0xff];
        header.extend((total as u16).to_be_bytes());
        header.extend([0, 0, 0, 7]);
        v4(17, &udp(2152, &[&header[..], packet].concat()))
    };
    let ipip = |frame: &[u8]| v4(4, &frame[14..]);
    let four_in_six = |frame: &[u8]| {
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend((frame.len() as u16 - 14).to_be_bytes());
        packet.extend([4, 64]);
        packet.extend([0x20; 32]);
        packet.extend(&frame[14..]);
        ethernet(0x86dd, &packet)
    };
    let check = |word: &str, wrap: &dyn Fn(&[u8]) -> Vec<u8>| {
        compare(LinkType::Ethernet, &[word], &|frame| vec![(0, wrap(frame))]);
    };
    check("gre", &gre);
    check("erspan", &|frame| v4(47, &[&erspan[..], frame].concat()));
    check("vxlan", &vxlan);
    check("geneve", &geneve);
    check("gtp-u", &gtp);
    check("ipip", &ipip);
    check("4in6", &four_in_six);
    compare(LinkType::Ethernet, &["gre", "vxlan", "ipip"], &|frame| {
        let inner = vxlan(&ipip(frame));
        vec![(0, gre(&inner))]
    });
}

#[test]
fn link_layers_change_nothing() {
    compare(LinkType::RawIp, &[], &|frame| {
        vec![(0, frame[14..].to_vec())]
    });
    compare(LinkType::Ppp, &[], &|frame| {
        vec![(0, [&[0xff, 3, 0, 0x21], &frame[14..]].concat())]
    });
    compare(LinkType::Ethernet, &["pppoe"], &|frame| {
        let header = [0x11, 0, 0, 7, 0, 0, 0, 0x21];
        vec![(0, ethernet(0x8864, &[&header[..], &frame[14..]].concat()))]
    });
    compare(LinkType::Ethernet, &["mpls"], &|frame| {
        let labels = [0, 1, 0, 64, 0, 2, 1, 64];
        vec![(0, ethernet(0x8847, &[&labels[..], &frame[14..]].concat()))]
    });
    compare(LinkType::WlanRadiotap, &[], &|frame| {
        let mut bytes = vec![0, 0, 8, 0, 0, 0, 0, 0, 0x88, 0x01, 0, 0];
        bytes.extend([2; 18]);
        bytes.extend([0x10, 0, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
        bytes.extend(&frame[14..]);
        vec![(0, bytes)]
    });
}

#[test]
fn fragments_come_together() {
    compare(LinkType::Ethernet, &[], &|frame| {
        let total = usize::from(u16::from_be_bytes([frame[16], frame[17]]));
        let data = &frame[34..14 + total];
        if data.len() <= 48 {
            return vec![(0, frame.to_vec())];
        }
        let piece = |flags: u16, data: &[u8]| {
            let mut bytes = frame[..34].to_vec();
            bytes[16..18].copy_from_slice(&(20 + data.len() as u16).to_be_bytes());
            bytes[20..22].copy_from_slice(&flags.to_be_bytes());
            bytes.extend(data);
            bytes
        };
        vec![(0, piece(0x2000, &data[..48])), (0, piece(6, &data[48..]))]
    });
}

#[test]
fn what_a_mirror_port_sends_twice_is_counted_once() {
    let again: &dyn Fn(&[u8]) -> Shapes =
        &|frame| vec![(0, frame.to_vec()), (20_000, frame.to_vec())];
    let routed: &dyn Fn(&[u8]) -> Shapes = &|frame| {
        let mut tagged = frame[..12].to_vec();
        tagged[5] ^= 1;
        tagged.extend([0x81, 0, 0, 7]);
        tagged.extend(&frame[12..]);
        tagged[26] -= 1;
        vec![(0, frame.to_vec()), (900_000, tagged)]
    };
    for (shapes, name) in [(again, "again"), (routed, "routed")] {
        for capture in CAPTURES {
            let plain = report(
                capture,
                LinkType::Ethernet,
                &|frame| vec![(0, frame.to_vec())],
                true,
            );
            let twice = report(capture, LinkType::Ethernet, shapes, false);
            let packets = plain["capture"]["packets"].as_u64().unwrap();
            let quality = &twice["capture"]["quality"];
            let duplicates = quality["duplicatePackets"].as_u64().unwrap();
            // Acknowledgments that nobody numbered are no copies to us.
            assert!(
                duplicates * 100 >= packets * 97,
                "{name} {capture}: {duplicates} of {packets}"
            );
            differ(&plain, &twice, &format!("{name} {capture}"));
        }
    }
}

/// The captures' reports, plain and in this shape, are the same; each flow says `encapsulation`.
fn compare(link: LinkType, encapsulation: &[&str], shapes: &dyn Fn(&[u8]) -> Shapes) {
    for capture in CAPTURES {
        let plain = report(
            capture,
            LinkType::Ethernet,
            &|frame| vec![(0, frame.to_vec())],
            true,
        );
        let shaped = report(capture, link, shapes, true);
        assert_eq!(plain["capture"]["faults"], shaped["capture"]["faults"]);
        for flow in shaped["flows"].as_array().unwrap() {
            if flow["via"].is_null() {
                let told: Vec<&str> = flow["encapsulation"]
                    .as_array()
                    .map(|words| words.iter().filter_map(Value::as_str).collect())
                    .unwrap_or_default();
                assert_eq!(told, encapsulation, "{capture}");
            }
        }
        differ(
            &plain,
            &shaped,
            &format!("{encapsulation:?} {link:?} {capture}"),
        );
    }
}

/// Everything but the capture itself, and the bytes and tunnels of flows.
fn differ(plain: &Value, other: &Value, what: &str) {
    for (name, expected) in plain.as_object().unwrap() {
        let (mut expected, mut got) = (expected.clone(), other[name].clone());
        if name == "capture" {
            continue;
        }
        if name == "flows" {
            for flows in [&mut expected, &mut got] {
                for flow in flows.as_array_mut().unwrap() {
                    let is_tcp = flow["transport"] == "tcp";
                    let flow = flow.as_object_mut().unwrap();
                    flow.retain(|name, _| {
                        let sizes = ["bytes", "largestPacket"];
                        let changes = name == "encapsulation"
                            || sizes.iter().any(|size| name.starts_with(size));
                        // An acknowledgment that nobody numbered may be another, so its copy counts.
                        let counts = name.starts_with("packets") || name == "lastTimeSeconds";
                        !(changes || is_tcp && counts)
                    });
                }
            }
        }
        if let (Value::Array(expected), Value::Array(got)) = (&expected, &got) {
            for (expected, got) in expected.iter().zip(got) {
                assert_eq!(expected, got, "{what}: {name}");
            }
        }
        assert!(expected == got, "{what}: {name} differs");
    }
}

/// The report of one of our captures with its frames in another shape. With `last`, the last of a frame's shapes keeps its number;
/// otherwise the first.
fn report(name: &str, link: LinkType, shapes: &dyn Fn(&[u8]) -> Shapes, last: bool) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("captures").join(name).join("capture.pcapng");
    let mut source = Source::open(vec![Input::Path(path)]).unwrap();
    let mut analyzer = Analyzer::default();
    while let Some(item) = source.pull() {
        let frame = match item {
            Item::Frame(frame) => frame,
            Item::Secrets { text, .. } => {
                analyzer.add_key_log(text);
                continue;
            }
            Item::Name { .. } => continue,
        };
        // ARP and IPv6's housekeeping stay outside.
        if frame.data[12..14] != [8, 0] {
            continue;
        }
        let shapes = shapes(frame.data);
        let kept = if last { shapes.len() - 1 } else { 0 };
        for (position, (later, data)) in shapes.iter().enumerate() {
            let number = if position == kept {
                frame.number
            } else {
                FrameNumber::new(0, frame.number.number() + (1 << 30))
            };
            analyzer.push(&Frame {
                number,
                at: frame.at.after(std::time::Duration::from_nanos(*later)),
                original_length: data.len() as u32,
                link,
                data,
                ..frame
            });
        }
    }
    analyzer.finish();
    let analysis = analyzer.into_analysis(source.files());
    let mut text = Vec::new();
    json::write(&analysis, &mut text).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn ethernet(ether_type: u16, packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    frame.extend(ether_type.to_be_bytes());
    frame.extend(packet);
    frame
}

/// An IPv4 packet between the ends of a tunnel, in Ethernet.
fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend([
        0, 9, 0x40, 0, 64, protocol, 0, 0, 198, 51, 100, 1, 198, 51, 100, 2,
    ]);
    packet.extend(payload);
    ethernet(0x0800, &packet)
}

fn udp(to: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = vec![0xc0, 0];
    datagram.extend(to.to_be_bytes());
    datagram.extend((8 + payload.len() as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}
