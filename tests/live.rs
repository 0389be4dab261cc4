//! Capturing for real: in a network namespace, over a pair of virtual cables, a recorded call is played back.
//!
//! A namespace is a test's own: this file runs itself again inside of one. Where that is not allowed, it says so and passes.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pty;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, sendto, socket};
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::{Item, Source};
use serde_json::Value;

use pty::Session;

#[test]
fn the_report_of_a_live_capture_is_the_report_of_its_file() {
    in_a_namespace("inside_headless");
}

#[test]
fn a_call_appears_on_the_screen_while_it_happens() {
    in_a_namespace("inside_a_terminal");
}

#[test]
fn interfaces_come_and_go() {
    in_a_namespace("inside_interfaces_come_and_go");
}

#[test]
fn who_lacks_the_right_is_told_what_to_do() {
    // In a namespace of users without a mapping nobody has rights.
    let output = Command::new("setpriv")
        .args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--bounding-set=-all",
            "--inh-caps=-all",
        ])
        .args([
            env!("CARGO_BIN_EXE_rtcscope"),
            "live",
            "-i",
            "lo",
            "--headless",
        ])
        .env("RTCSCOPE_CONFIG", "no/such/config.toml")
        .output();
    let output = match output {
        Ok(output) if output.status.code() != Some(127) => output,
        _ => {
            println!("no setpriv: skipped");
            return;
        }
    };
    let message = String::from_utf8(output.stderr).unwrap();
    if !message.starts_with("rtcscope: ") {
        println!("rights can't be given up here: skipped ({message})");
        return;
    }
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(output.stdout.is_empty());
    let program = env!("CARGO_BIN_EXE_rtcscope");
    let expected = format!(
        "rtcscope: capturing needs a right that this user lacks. Give it to rtcscope once:\n  sudo setcap cap_net_raw+ep {program}\n\
         or let tcpdump capture, here or elsewhere:\n  sudo tcpdump -U -w - | rtcscope -\n  ssh host tcpdump -U -w - | rtcscope -\n"
    );
    assert_eq!(message, expected);
}

/// Runs a test of this file inside of a network namespace.
fn in_a_namespace(test: &str) {
    let this = std::env::current_exe().unwrap();
    // As root, and else as root of a namespace of users.
    for unshare in [&["-n"][..], &["-rn"]] {
        let allowed = Command::new("unshare")
            .args(unshare)
            .args(["ip", "link"])
            .output();
        if !allowed.is_ok_and(|output| output.status.success()) {
            continue;
        }
        let output = Command::new("unshare")
            .args(unshare)
            .arg(&this)
            .args(["--ignored", "--exact", "--nocapture", test])
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
        return;
    }
    println!("network namespaces are not allowed here, or there is no `ip`: skipped");
}

fn ip(arguments: &str) {
    let output = Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "ip {arguments}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A cable from `va` to `vb`. Nobody else says anything on it.
fn cable() {
    ip("link add va mtu 9000 type veth peer name vb mtu 9000");
    for end in ["va", "vb"] {
        // Where there is no IPv6 there is nothing to switch off.
        let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{end}/disable_ipv6"), "1");
        ip(&format!("link set {end} up"));
    }
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/videoroom-http/capture.pcapng")
}

/// Sends the sample's frames into `interface`, so many times as fast as they came; gives how many.
fn replay(interface: &str, speed: f64) -> u64 {
    let mut source = Source::open(vec![Input::Path(sample())]).unwrap();
    let wire = Wire::open(interface);
    let begun = Instant::now();
    let (mut first, mut count) = (None, 0);
    while let Some(item) = source.pull() {
        let Item::Frame(frame) = item else {
            continue;
        };
        let since = frame
            .at
            .since(*first.get_or_insert(frame.at))
            .div_f64(speed);
        thread::sleep(since.saturating_sub(begun.elapsed()));
        wire.send(frame.data);
        count += 1;
    }
    count
}

/// One end of a cable, to send on.
struct Wire {
    socket: OwnedFd,
    to: LinkAddr,
}

impl Wire {
    fn open(interface: &str) -> Self {
        let socket = socket(
            AddressFamily::Packet,
            SockType::Raw,
            SockFlag::empty(),
            None,
        )
        .unwrap();
        let mut addresses = getifaddrs()
            .unwrap()
            .filter(|entry| entry.interface_name == interface);
        let to = addresses
            .find_map(|entry| entry.address?.as_link_addr().copied())
            .unwrap();
        Self { socket, to }
    }

    fn send(&self, frame: &[u8]) {
        sendto(self.socket.as_raw_fd(), frame, &self.to, MsgFlags::empty()).unwrap();
    }
}

/// A program that was started and says on standard error when it is ready.
struct Started {
    child: Child,
    errors: thread::JoinHandle<String>,
    output: thread::JoinHandle<Vec<u8>>,
}

impl Started {
    fn when_it_says(command: &mut Command, words: &str) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains(words) {
            assert!(errors.read_line(&mut said).unwrap() > 0, "it ended: {said}");
        }
        let mut output = child.stdout.take().unwrap();
        Self {
            child,
            errors: thread::spawn(move || {
                errors.read_to_string(&mut said).unwrap();
                said
            }),
            output: thread::spawn(move || {
                let mut bytes = Vec::new();
                output.read_to_end(&mut bytes).unwrap();
                bytes
            }),
        }
    }

    /// Asks it to end; gives what it said and wrote.
    fn end(mut self, signal: &str) -> (String, Vec<u8>) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap();
        (self.errors.join().unwrap(), self.output.join().unwrap())
    }
}

fn live(arguments: &[&str], file: &Path) -> Started {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rtcscope"));
    command
        .arg("live")
        .args(arguments)
        .args(["--headless", "--format", "json", "-w"])
        .arg(file);
    Started::when_it_says(&mut command, "capturing on")
}

fn report(file: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_rtcscope"))
        .args(["report", "--format", "json"])
        .arg(file)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Packets that tshark reads from a file; `None` without tshark.
fn tshark(file: &Path) -> Option<usize> {
    let output = Command::new("tshark").arg("-r").arg(file).output().ok()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8_lossy(&output.stdout).lines().count())
}

#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_headless() {
    cable();
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (
        folder.path().join("ours.pcapng"),
        folder.path().join("theirs.pcap"),
    );
    let mut tcpdump = Command::new("tcpdump");
    tcpdump
        .args([
            "-i",
            "vb",
            "-s",
            "0",
            "-U",
            "--time-stamp-precision=nano",
            "-w",
        ])
        .arg(&theirs);
    let tcpdump = if Command::new("tcpdump").arg("--version").output().is_ok() {
        Some(Started::when_it_says(&mut tcpdump, "listening on"))
    } else {
        println!("no tcpdump: only our own file is compared");
        None
    };
    let live = live(&["-i", "vb"], &ours);
    let count = replay("va", 6.0);
    thread::sleep(Duration::from_millis(300));
    let (said, printed) = live.end("-TERM");
    let mut printed: Value = serde_json::from_slice(&printed).unwrap();
    assert_eq!(printed["capture"]["packets"], count, "{said}");
    assert!(
        said.contains(&format!("{count} packets written to")),
        "{said}"
    );
    assert!(tshark(&ours).is_none_or(|read| read as u64 == count));
    let mut again = report(&ours);
    for report in [&mut printed, &mut again] {
        report.as_object_mut().unwrap().remove("capture");
    }
    assert_eq!(printed, again);
    if let Some(tcpdump) = tcpdump {
        // Interrupted, it gives up what the kernel still holds for it: up to a second of packets.
        let all_written = || report(&theirs)["capture"]["packets"] == count;
        for _ in 0..50 {
            if all_written() {
                break;
            }
            thread::sleep(Duration::from_millis(200));
        }
        tcpdump.end("-INT");
        let mut theirs = report(&theirs);
        theirs.as_object_mut().unwrap().remove("capture");
        let differing = differences("", &printed, &theirs);
        assert!(differing.is_empty(), "{}", differing.join("\n"));
    }
}

/// What differs more than two clocks that stamp the same packet do: each socket has its own time of it, some microseconds apart.
fn differences(place: &str, ours: &Value, theirs: &Value) -> Vec<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
            .iter()
            .flat_map(|(key, value)| differences(&format!("{place}.{key}"), value, &b[key]))
            .collect(),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs
                .flat_map(|(at, (a, b))| differences(&format!("{place}[{at}]"), a, b))
                .collect()
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            let close = (a - b).abs() <= 3.0_f64.max(a.abs() * 0.02);
            let counted = place.rsplit('.').next().is_some_and(|key| {
                key.contains("ackets") || key.contains("frame") || key.contains("bytes")
            });
            let same = if counted {
                a.to_bits() == b.to_bits()
            } else {
                close
            };
            (!same)
                .then(|| format!("{place}: {a} and {b}"))
                .into_iter()
                .collect()
        }
        (Value::String(a), Value::String(b)) => {
            // Sentences quote times.
            let words = |text: &str| -> String {
                text.chars()
                    .filter(|c| !c.is_ascii_digit() && *c != '.')
                    .collect()
            };
            (words(a) != words(b))
                .then(|| format!("{place}: {a} and {b}"))
                .into_iter()
                .collect()
        }
        _ if ours == theirs => Vec::new(),
        _ => vec![format!("{place}: {ours} and {theirs}")],
    }
}

#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_a_terminal() {
    cable();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("call.pcapng");
    let path = file.display().to_string();
    let mut session = Session::start(&["live", "-i", "vb", "-w", &path], (110, 30));
    session.shows(&["vb", "live", "Calls appear here"]);
    let player = thread::spawn(|| replay("va", 3.0));
    session.shows(&["publisher", "VP8", "live"]);
    session.press("H");
    session.shows(&["held"]);
    session.press("\r");
    session.shows(&["Over time", "held"]);
    session.press("2");
    session.shows(&["DNS query"]);
    session.press("1.");
    session.shows(&["live", "leave"]);
    let count = player.join().unwrap();
    session.press("F");
    session.shows(&["Capture only"]);
    session.press("udp or speed\r");
    session.shows(&["`speed`"]);
    session.press("F\u{15}sctp\r");
    session.shows(&["captured from now on: sctp"]);
    // The thread that captures obeys a moment later.
    thread::sleep(Duration::from_millis(300));
    replay("va", 100.0);
    thread::sleep(Duration::from_millis(200));
    session.press("\u{3}");
    assert!(session.ends());
    // The screen that was there before is back, with a word on what became of the packets.
    assert!(session.wrote("\u{1b}[?1049l") && session.wrote("written to"));
    assert!(tshark(&file).is_none_or(|read| read as u64 == count));
    let written = report(&file);
    assert_eq!(written["capture"]["packets"], count);
}

#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_interfaces_come_and_go() {
    cable();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("call.pcapng");
    let live = live(&["-i", "vb", "-i", "va"], &file);
    let frame = |last: u8| {
        let mut frame = fs::read(sample()).unwrap();
        frame.truncate(60);
        frame[12..14].copy_from_slice(&[0x88, 0xb5]);
        frame[59] = last;
        frame
    };
    Wire::open("va").send(&frame(1));
    thread::sleep(Duration::from_millis(1_500));
    ip("link set vb down");
    thread::sleep(Duration::from_millis(1_500));
    ip("link set vb up");
    thread::sleep(Duration::from_millis(1_500));
    Wire::open("va").send(&frame(2));
    thread::sleep(Duration::from_millis(300));
    ip("link del va");
    thread::sleep(Duration::from_millis(1_500));
    cable();
    thread::sleep(Duration::from_millis(1_500));
    Wire::open("va").send(&frame(3));
    thread::sleep(Duration::from_millis(300));
    let (said, _) = live.end("-INT");
    for words in [
        "vb went down",
        "vb is up again",
        "vb was removed",
        "va was removed",
        "vb is there again",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // Both ends saw all three, in order.
    let mut source = Source::open(vec![Input::Path(file)]).unwrap();
    let mut seen = Vec::new();
    while let Some(item) = source.pull() {
        if let Item::Frame(frame) = item {
            seen.push((frame.data[59], frame.interface));
        }
    }
    seen.sort_unstable();
    assert_eq!(
        seen,
        [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)],
        "{said}"
    );
}
