//! Capturing for real: in a network namespace, over a pair of virtual cables, a recorded call is played back.
//!
//! A namespace is a test's own: this file runs itself again inside of one. Where that is not allowed, it says so and passes.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cable;
mod pty;

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use serde_json::Value;

use cable::Wire;
use cable::ip;
use cable::replay;
use cable::replay_part;
use cable::sample;
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
fn events_are_told_while_they_happen() {
    in_a_namespace("inside_events");
}

#[test]
fn who_is_killed_leaves_a_file_that_opens() {
    in_a_namespace("inside_killed");
}

#[test]
fn a_line_that_hangs_up_leaves_a_whole_file() {
    in_a_namespace("inside_hung_up");
}

#[test]
fn who_joins_midway_is_told_what_is_missing() {
    in_a_namespace("inside_midway");
}

#[test]
fn who_is_flooded_ends_when_told_to() {
    in_a_namespace("inside_flooded");
}

#[cfg(feature = "libpcap")]
#[test]
fn libpcap_captures_the_same() {
    in_a_namespace("inside_libpcap");
}

#[cfg(feature = "libpcap")]
#[test]
fn libpcap_notices_when_interfaces_come_and_go() {
    in_a_namespace("inside_libpcap_comes_and_goes");
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

/// A program that was started and says on standard error when it is ready.
struct Started {
    child: Child,
    errors: thread::JoinHandle<String>,
    output: thread::JoinHandle<Vec<u8>>,
}

impl Started {
    fn when_it_says(command: &mut Command, words: &str) -> Self {
        let (mut child, mut errors, mut said) = start(command, words);
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
        // Twice, as `timeout` does, and a shell whose terminal hangs up.
        assert!(
            Command::new("sh")
                .args([
                    "-c",
                    "kill \"$0\" \"$1\"; kill \"$0\" \"$1\" || true",
                    signal,
                    &id
                ])
                .stderr(Stdio::null())
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap();
        (self.errors.join().unwrap(), self.output.join().unwrap())
    }
}

/// Starts a program and waits until it says these words; gives it, what it will say, and what it said.
fn start(command: &mut Command, words: &str) -> (Child, impl BufRead + Send + use<>, String) {
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
    (child, errors, said)
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

/// The modes of the files that a process has open and that have no name.
fn nameless_files(process: u32) -> Vec<u32> {
    let open = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let nameless = open.filter_map(|entry| {
        let path = entry.unwrap().path();
        let target = fs::read_link(&path).ok()?;
        let is_one = target.to_string_lossy().ends_with(" (deleted)");
        is_one.then(|| fs::metadata(&path).unwrap().mode() & 0o7777)
    });
    nameless.collect()
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
    cable::lay();
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
    let count = replay(6.0);
    thread::sleep(Duration::from_millis(300));
    // Nobody can look at packets again: none are kept but in the file.
    assert!(nameless_files(live.child.id()).is_empty());
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
    cable::lay();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("call.pcapng");
    let path = file.display().to_string();
    let mut session = Session::start(&["live", "-i", "vb", "-w", &path], (110, 30));
    session.shows(&["vb", "live", "Calls appear here"]);
    // The recent packets: nobody else can see them, and they are gone with the program.
    let modes = nameless_files(session.child.process_id().unwrap());
    assert_eq!(modes, [0o600]);
    let player = thread::spawn(|| replay(3.0));
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
    // What is wrong can be read to its end, and what was typed be corrected.
    session.shows(&["`speed`", "parentheses", "Capture only"]);
    session.press("\u{15}sctp\r");
    session.shows(&["captured from now on: sctp"]);
    // The thread that captures obeys a moment later.
    thread::sleep(Duration::from_millis(300));
    replay(100.0);
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
    cable::lay();
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
    cable::lay();
    thread::sleep(Duration::from_millis(1_500));
    // The new ones show frames that are meant for others, too, as the first did.
    for name in ["va", "vb"] {
        let about = Command::new("ip")
            .args(["-d", "link", "show", name])
            .output();
        let about = String::from_utf8(about.unwrap().stdout).unwrap();
        assert!(about.contains("promiscuity 1"), "{about}");
    }
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

#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_events() {
    cable::lay();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rtcscope"));
    command.args(["live", "-i", "vb", "--headless", "--format", "ndjson"]);
    // What it says later stays unread, and its pipe open.
    let (mut child, _errors, _) = start(&mut command, "capturing on vb");
    let player = thread::spawn(|| replay(2.0));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Option<Value> {
        let line = lines.next()?.unwrap();
        Some(serde_json::from_str(&line).unwrap())
    };
    // All of it while the call is played.
    for event in ["message", "nominated", "stream-start", "state", "sample"] {
        while next().unwrap()["event"] != event {}
        assert!(!player.is_finished(), "{event} came late");
    }
    player.join().unwrap();
    thread::sleep(Duration::from_millis(300));
    let id = child.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    let rest: Vec<Value> = std::iter::from_fn(next).collect();
    assert!(rest.iter().any(|line| line["event"] == "stream-end"));
    let last = rest.last().unwrap();
    assert_eq!(last["event"], "verdict", "{last}");
    assert!(child.wait().unwrap().success());
}

#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_killed() {
    cable::lay();
    let folder = tempfile::tempdir().unwrap();
    // When all was quiet, and while packets came.
    for quiet in [true, false] {
        let file = folder.path().join(format!("quiet-{quiet}.pcapng"));
        let live = live(&["-i", "vb"], &file);
        let player = thread::spawn(|| replay(3.0));
        let sent = if quiet {
            let sent = player.join().unwrap();
            thread::sleep(Duration::from_millis(400));
            live.end("-KILL");
            sent
        } else {
            thread::sleep(Duration::from_millis(1_500));
            live.end("-KILL");
            player.join().unwrap()
        };
        let read = report(&file)["capture"]["packets"].as_u64().unwrap();
        assert!(tshark(&file).is_none_or(|shown| shown as u64 == read));
        if quiet {
            assert_eq!(read, sent);
        } else {
            assert!(read > 100 && read < sent, "{read} of {sent}");
        }
    }
}

#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_hung_up() {
    cable::lay();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("headless.pcapng");
    let headless = live(&["-i", "vb"], &file);
    let on_screen = folder.path().join("screen.pcapng").display().to_string();
    let mut session = Session::start(&["live", "-i", "vb", "-w", &on_screen], (110, 30));
    session.shows(&["vb", "live", "Calls appear here"]);
    let gone = folder.path().join("gone.pcapng").display().to_string();
    let mut hung_up = Session::start(&["live", "-i", "vb", "-w", &gone], (110, 30));
    hung_up.shows(&["vb", "live", "Calls appear here"]);
    let count = replay(6.0);
    session.shows(&["publisher"]);
    thread::sleep(Duration::from_millis(300));

    let (said, printed) = headless.end("-HUP");
    assert!(
        said.contains(&format!("{count} packets written to")),
        "{said}"
    );
    let mut printed: Value = serde_json::from_slice(&printed).unwrap();
    let id = session.child.process_id().unwrap().to_string();
    Command::new("kill").args(["-HUP", &id]).status().unwrap();
    assert!(session.ends());
    assert!(session.wrote("\u{1b}[?1049l") && session.wrote("written to"));
    // The terminal itself is gone: nobody can be told, but the file is whole.
    hung_up.hang_up();
    hung_up.ends();

    // All three, and what was printed, say the same.
    let mut reports = [file.as_path(), on_screen.as_ref(), gone.as_ref()].map(|file| {
        assert!(tshark(file).is_none_or(|read| read as u64 == count));
        let report = report(file);
        assert_eq!(report["capture"]["packets"], count);
        assert_eq!(report["capture"]["quality"]["droppedPackets"], 0);
        assert_eq!(report["capture"]["quality"]["cutShort"], false);
        report
    });
    for report in reports.iter_mut().chain([&mut printed]) {
        report.as_object_mut().unwrap().remove("capture");
    }
    assert_eq!(printed, reports[0]);
    for other in &reports[1..] {
        let differing = differences("", &reports[0], other);
        assert!(differing.is_empty(), "{}", differing.join("\n"));
    }
}

#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_midway() {
    cable::lay();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rest.pcapng");
    // Before anybody looks: signaling, checks, handshakes.
    let before = replay_part(50.0, ..MIDWAY);
    let live = live(&["-i", "vb"], &file);
    let mut session = Session::start(&["live", "-i", "vb"], (140, 30));
    session.shows(&["vb", "live", "Calls appear here"]);
    let count = replay_part(3.0, MIDWAY..);
    assert!(before > 500 && count > 500, "{before} and {count}");
    session.shows(&["starts mid-call"]);
    session.press("q");
    assert!(session.ends());
    let (_, printed) = live.end("-INT");
    let printed: Value = serde_json::from_slice(&printed).unwrap();
    assert_eq!(printed["capture"]["packets"], count);
    assert_eq!(printed["capture"]["quality"]["startsMidCall"], true);
    let told = |verdict: &Value| verdict["cannotTell"][0].as_str().unwrap().to_owned();
    let verdicts = printed["verdicts"].as_array().unwrap();
    assert!(
        verdicts
            .iter()
            .any(|verdict| told(verdict).starts_with("The call was up when the capture began")),
        "{verdicts:#?}"
    );
}

#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_flooded() {
    cable::lay();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flood.pcapng");
    let live = live(&["-i", "vb", "--buffer", "16MB"], &file);
    let (sent, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let (before, was_flooded, (said, printed)) = thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let wire = Wire::open("va");
            let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
            frame.extend([0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0]);
            frame.extend([10, 0, 0, 1, 10, 0, 0, 2, 0, 9, 0, 9, 0, 26, 0, 0]);
            frame.resize(60, 0);
            let begun = Instant::now();
            while !over.load(Ordering::Relaxed) && begun.elapsed() < LONGEST_FLOOD {
                // Many conversations, no two frames alike: the most work.
                let number = sent.fetch_add(1, Ordering::Relaxed);
                frame[18..20].copy_from_slice(&number.to_be_bytes()[4..6]);
                frame[28..30].copy_from_slice(&number.to_be_bytes()[6..]);
                wire.send(&frame);
            }
        });
        thread::sleep(Duration::from_secs(3));
        let before = sent.load(Ordering::Relaxed);
        let ended = live.end("-TERM");
        let was_flooded = !flood.is_finished();
        over.store(true, Ordering::Relaxed);
        (before, was_flooded, ended)
    });
    assert!(was_flooded, "it went on until packets ended: {said}");
    // What came before the signal was written, or dropped and counted.
    let printed: Value = serde_json::from_slice(&printed).unwrap();
    let written = printed["capture"]["packets"].as_u64().unwrap();
    let dropped = printed["capture"]["quality"]["droppedPackets"]
        .as_u64()
        .unwrap();
    assert!(
        written + dropped >= before,
        "{written} and {dropped} of {before}"
    );
    assert!(tshark(&file).is_none_or(|read| read as u64 == written));
}

#[cfg(feature = "libpcap")]
#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_libpcap() {
    cable::lay();
    let folder = tempfile::tempdir().unwrap();
    let [by_socket, by_libpcap, of_any, of_two, filtered] =
        ["socket", "libpcap", "any", "two", "filtered"]
            .map(|name| folder.path().join(format!("{name}.pcapng")));
    let captures = [
        live(&["-i", "vb"], &by_socket),
        live(&["-i", "vb", "--libpcap"], &by_libpcap),
        live(&["-i", "any", "--libpcap"], &of_any),
        live(&["-i", "va", "-i", "vb", "--libpcap"], &of_two),
        live(
            &["-i", "vb", "--libpcap", "-f", "udp and not port 53"],
            &filtered,
        ),
    ];
    let count = replay(6.0);
    thread::sleep(Duration::from_millis(400));
    let mut reports = captures.map(|live| {
        let (said, printed) = live.end("-TERM");
        let printed: Value = serde_json::from_slice(&printed).unwrap();
        assert_eq!(printed["capture"]["quality"]["droppedPackets"], 0, "{said}");
        printed
    });
    let packets = reports
        .each_ref()
        .map(|report| report["capture"]["packets"].as_u64().unwrap());
    // Both ends of the cable saw each.
    assert_eq!(packets[..4], [count, count, 2 * count, 2 * count]);
    let links = reports
        .each_ref()
        .map(|report| report["capture"]["files"][0]["linkTypes"][0].clone());
    assert_eq!(links[..2], ["ETHERNET", "ETHERNET"]);
    assert!(links[2].as_str().unwrap().starts_with("LINUX_SLL"));
    // The same words compiled by us.
    let ours = live_filter_count(&by_socket, "udp and not port 53");
    assert!(ours.is_none_or(|ours| ours == packets[4]), "{packets:?}");
    assert!(packets[4] > 100 && packets[4] < count);
    for file in [&by_libpcap, &of_any, &of_two, &filtered] {
        let shown = tshark(file);
        let packets = report(file)["capture"]["packets"].as_u64();
        assert!(shown.is_none_or(|shown| Some(shown as u64) == packets));
    }
    for report in &mut reports {
        report.as_object_mut().unwrap().remove("capture");
    }
    let differing = differences("", &reports[0], &reports[1]);
    assert!(differing.is_empty(), "{}", differing.join("\n"));

    let refused = Command::new(env!("CARGO_BIN_EXE_rtcscope"))
        .args(["live", "-i", "vb", "--libpcap", "--headless"])
        .args(["-f", "udp or speed of light"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("none that libpcap understands"), "{said}");
}

/// How many of a file's packets tcpdump lets pass; `None` without it.
#[cfg(feature = "libpcap")]
fn live_filter_count(file: &Path, filter: &str) -> Option<u64> {
    let output = Command::new("tcpdump")
        .args(["-nn", "-r"])
        .arg(file)
        .arg(filter)
        .output();
    let output = output.ok().filter(|output| output.status.success())?;
    let lines = String::from_utf8_lossy(&output.stdout).lines().count();
    Some(lines as u64)
}

#[cfg(feature = "libpcap")]
#[test]
#[ignore = "runs inside a network namespace, for another test"]
fn inside_libpcap_comes_and_goes() {
    cable::lay();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("call.pcapng");
    let live = live(&["-i", "vb", "--libpcap"], &file);
    let frame = fs::read(sample()).unwrap();
    let frame = [&frame[..12], &[0x88, 0xb5], &[0; 46]].concat();
    Wire::open("va").send(&frame);
    thread::sleep(Duration::from_millis(1_500));
    ip("link set vb down");
    thread::sleep(Duration::from_millis(2_500));
    ip("link set vb up");
    thread::sleep(Duration::from_millis(2_500));
    Wire::open("va").send(&frame);
    thread::sleep(Duration::from_millis(300));
    ip("link del va");
    thread::sleep(Duration::from_millis(2_500));
    cable::lay();
    thread::sleep(Duration::from_millis(2_500));
    Wire::open("va").send(&frame);
    thread::sleep(Duration::from_millis(300));
    let (said, _) = live.end("-INT");
    for words in [
        "vb went down",
        "vb is up again",
        "vb was removed",
        "vb is there again, and captured",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(report(&file)["capture"]["packets"], 3, "{said}");
}

/// More than it takes to end.
const LONGEST_FLOOD: Duration = Duration::from_secs(60);
/// A frame of the sample when both its calls are up.
const MIDWAY: u64 = 600;
