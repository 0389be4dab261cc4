//! Our programs against tcpdump's, on real packets.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use super::Instruction;
use super::Layer;
use super::assemble;
use super::compile;
use super::machine::Seen;
use super::machine::accepts;
use crate::ingest::raw::Input;
use crate::ingest::source::Item;
use crate::ingest::source::Source;
use crate::vocab::frame::LinkType;

/// Everything that can be said, alone and together.
const EXPRESSIONS: &[&str] = &[
    "ip",
    "ip6",
    "arp",
    "rarp",
    "tcp",
    "udp",
    "sctp",
    "icmp",
    "icmp6",
    "not ip",
    "not tcp and not udp",
    "tcp or udp",
    "tcp or udp and ip6",
    "tcp or (udp and ip6)",
    "port 53",
    "src port 53",
    "dst port 53",
    "src and dst port 5353",
    "src or dst port 443",
    "udp port 3478 or 5349",
    "tcp port 80 or tcp port 8088",
    "portrange 10000-20000",
    "udp src portrange 1024-65535",
    "not port 53 and udp",
    "host 192.168.10.2",
    "src host 203.0.113.10",
    "dst 203.0.113.10",
    "src 192.168.10.2 and dst port 53",
    "host 2001:db8:10::2",
    "net 192.168",
    "src net 203.0.113.0/24",
    "net 10",
    "dst net 2001:db8::/32",
    "net fe80::/10",
    "ip host 192.168.10.2",
    "arp host 192.168.10.1",
    "ip6 net ff00::/8",
    "vlan",
    "vlan 100",
    "vlan and udp",
    "vlan and ip",
    "not vlan",
    "vlan and vlan",
    "udp or vlan and udp",
    "net 0.0.0.0/0",
    "(host 192.168.10.2 or host 203.0.113.10) and not (tcp port 8088 or udp port 53)",
    "sctp port 5000",
    "icmp or icmp6",
    "udp and (portrange 20000-30000 or src net 203.0.113.0/25) and not dst host 203.0.113.20",
    "not (not (not udp))",
    "src or dst net 192.168.10.0 mask 255.255.255.0",
    "udp port 0",
    "portrange 65535-0",
];

#[test]
fn the_same_frames_pass_as_with_tcpdump() {
    if Command::new("tcpdump").arg("--version").output().is_err() {
        println!("no tcpdump: skipped");
        return;
    }
    let mut compared = 0;
    for path in captures() {
        let Some(frames) = ethernet_frames(&path) else {
            continue;
        };
        for expression in EXPRESSIONS {
            let program = compile(expression, Layer::Ethernet).unwrap();
            let Some(theirs) = tcpdump(&path, expression) else {
                continue;
            };
            let passes = |data: &Vec<u8>| {
                accepts(
                    &program,
                    &Seen {
                        data,
                        protocol: 0,
                        tag: None,
                    },
                )
            };
            let ours = frames.iter().filter(|data| passes(data)).count();
            assert_eq!(ours, theirs, "{expression} on {}", path.display());
            compared += 1;
        }
    }
    println!("{compared} comparisons");
}

#[test]
fn a_tag_that_the_kernel_took_out_counts() {
    let capture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/videoroom-http/capture.pcapng");
    let frames = ethernet_frames(&capture).unwrap();
    let with = |expression: &str, frame: &[u8], tag: Option<u16>| {
        let program = compile(expression, Layer::Ethernet).unwrap();
        let stripped = accepts(
            &program,
            &Seen {
                data: frame,
                protocol: 0,
                tag,
            },
        );
        // The same without the link header, as a cooked socket shows it.
        let protocol = u16::from_be_bytes([frame[12], frame[13]]);
        let program = compile(expression, Layer::Network).unwrap();
        let cooked = accepts(
            &program,
            &Seen {
                data: &frame[14..],
                protocol,
                tag,
            },
        );
        assert_eq!(stripped, cooked, "{expression}");
        stripped
    };
    let udp = frames.iter().find(|frame| frame[23] == 17).unwrap();
    for (expression, tag, expected) in [
        ("udp", Some(7), true),
        ("vlan", Some(7), true),
        ("vlan", None, false),
        ("vlan 7 and udp", Some(7), true),
        ("vlan 8 and udp", Some(7), false),
        ("vlan and tcp", Some(7), false),
        ("not vlan", Some(7), false),
        ("host 192.168.10.2 and port 53 or udp", None, true),
        ("ip6", None, false),
    ] {
        assert_eq!(with(expression, udp, tag), expected, "{expression} {tag:?}");
    }
}

#[test]
fn long_programs_jump_far() {
    let many = |count: u32| {
        let hosts: Vec<String> = (0..count)
            .map(|n| format!("host 10.0.{}.{}", n >> 8, n & 255))
            .collect();
        format!("udp and ({})", hosts.join(" or "))
    };
    let program = compile(&many(100), Layer::Ethernet).unwrap();
    assert!(program.len() > 1_000 && sound(&program));
    let frame = |last: u8| {
        let mut frame = vec![0; 42];
        (frame[12], frame[23]) = (8, 17);
        frame[14] = 0x45;
        frame[30..34].copy_from_slice(&[10, 0, 0, last]);
        frame
    };
    for (last, expected) in [(0, true), (99, true), (100, false)] {
        let seen = accepts(
            &program,
            &Seen {
                data: &frame(last),
                protocol: 0,
                tag: None,
            },
        );
        assert_eq!(seen, expected, "{last}");
    }
    let said = compile(&many(4_000), Layer::Ethernet)
        .unwrap_err()
        .to_string();
    assert!(said.contains("4096 instructions"), "{said}");
}

/// What the kernel checks: no jump beyond the end, a return at it.
fn sound(program: &[Instruction]) -> bool {
    let jumps = program.iter().enumerate().all(|(at, step)| {
        let far = match step.code {
            assemble::JUMP => step.k as usize,
            _ => step.when_true.max(step.when_false).into(),
        };
        at + 1 + far < program.len() || step.code == assemble::RETURN
    });
    jumps
        && program
            .last()
            .is_some_and(|last| last.code == assemble::RETURN)
}

/// The sample, and what lies beside the repository, chosen for what the expressions ask for.
fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![root.join("captures/videoroom-http/capture.pcapng")];
    let beside = root.join("../shared/captures/public");
    let Ok(files) = std::fs::read_dir(&beside) else {
        println!(
            "{} is not there: only the sample is compared",
            beside.display()
        );
        return paths;
    };
    let mut files: Vec<PathBuf> = files.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_small = path.metadata().is_ok_and(|about| about.len() < 200_000);
        is_small
            && ["vlan", "qinq", "sctp", "ipv6", "icmp", "frag", "arp"]
                .iter()
                .any(|word| name.contains(word))
    };
    paths.extend(files.into_iter().filter(wanted).take(MOST_FILES));
    paths
}

/// Each file is read by tcpdump once for each expression.
const MOST_FILES: usize = 8;

/// All frames, when all are Ethernet.
fn ethernet_frames(path: &Path) -> Option<Vec<Vec<u8>>> {
    let mut source = Source::open(vec![Input::Path(path.to_owned())]).ok()?;
    let mut frames = Vec::new();
    while let Some(item) = source.pull() {
        if let Item::Frame(frame) = item {
            if frame.link != LinkType::Ethernet {
                return None;
            }
            frames.push(frame.data.to_vec());
        }
    }
    let info = &source.files()[0];
    (info.faults.rows().next().is_none()).then_some(frames)
}

/// How many frames tcpdump lets pass; `None` when it refuses the file or the expression.
fn tcpdump(path: &Path, expression: &str) -> Option<usize> {
    let output = Command::new("tcpdump")
        .args(["-n", "--count", "-r"])
        .arg(path)
        .arg(expression)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output
        .status
        .success()
        .then(|| text.split_whitespace().next()?.parse().ok())?
}
