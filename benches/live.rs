//! A capture under load: small UDP packets over a virtual cable, a call among them, the screens open.
//!
//! ```text
//! cargo bench --bench live -- PACKETS_PER_SECOND SECONDS BUFFER_KB          as root, on Linux
//! ```
//!
//! Prints as JSON what was sent, what was captured, and what the kernel dropped, by the file that `rtcscope live` wrote. `benches/performance.py` puts
//! it into `docs/performance.md`.

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
#[path = "../tests/cable/mod.rs"]
mod cable;
#[cfg(target_os = "linux")]
#[path = "../tests/pty/mod.rs"]
mod pty;

#[cfg(target_os = "linux")]
mod linux {
    use std::process::Command;
    use std::thread;
    use std::time::Duration;
    use std::time::Instant;

    use serde_json::Value;
    use serde_json::json;

    use crate::cable;
    use crate::cable::Wire;
    use crate::pty::Session;

    pub(super) fn main() {
        let numbers: Vec<f64> = std::env::args()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [rate, seconds, buffer] = numbers[..] else {
            // `cargo bench` runs everything: without its numbers this is not meant.
            return;
        };
        if std::env::var_os(INSIDE).is_none() {
            let this = std::env::current_exe().expect("a program has a path");
            let status = Command::new("unshare")
                .arg("-n")
                .arg(this)
                .args([rate, seconds, buffer].map(|number| number.to_string()))
                .env(INSIDE, "1")
                .status();
            assert!(
                status.is_ok_and(|status| status.success()),
                "network namespaces need root here"
            );
            return;
        }
        println!("{}", measure(rate, seconds, buffer));
    }

    fn measure(rate: f64, seconds: f64, buffer: f64) -> Value {
        cable::lay();
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = folder.path().join("flood.pcapng").display().to_string();
        let room = format!("{buffer}kB");
        let arguments = ["live", "-i", "vb", "--buffer", &room, "-w", &file];
        let mut session = Session::start(&arguments, (200, 60));
        session.shows(&["live", "Calls appear here"]);
        let player = thread::spawn(|| cable::replay(1.0));
        let begun = Instant::now();
        // More than one sender can have of a processor comes from several.
        let senders = (rate / MOST_OF_ONE).ceil().max(1.0);
        let floods: Vec<_> = (0..senders as u64)
            .map(|_| thread::spawn(move || flood(rate / senders, seconds)))
            .collect();
        let flooded: u64 = floods
            .into_iter()
            .map(|flood| flood.join().expect("the flood was sent"))
            .sum();
        let took = begun.elapsed().as_secs_f64();
        let played = player.join().expect("the call was played");
        session.shows(&["publisher"]);
        // What waits is read.
        thread::sleep(Duration::from_secs(2));
        while let Ok(bytes) = session.output.try_recv() {
            session.take(&bytes);
        }
        let shown = session.screen.screen().contents();
        let is_said = shown.contains("dropped");
        session.press("q");
        assert!(session.ends(), "it ended badly");
        let output = Command::new(env!("CARGO_BIN_EXE_rtcscope"))
            .args(["report", "--format", "json", &file])
            .output()
            .expect("the program runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
        let sent = flooded + played;
        json!({
            "sent": sent,
            "seconds": took,
            "perSecond": (sent as f64 / took).round(),
            "captured": report["capture"]["packets"],
            "dropped": report["capture"]["quality"]["droppedPackets"],
            "dropsOnScreen": is_said,
            "calls": report["peerConnections"].as_array().map_or(0, Vec::len),
        })
    }

    /// 60-byte UDP datagrams of 64 conversations.
    fn flood(rate: f64, seconds: f64) -> u64 {
        let wire = Wire::open("va");
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
        frame.extend([
            0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ]);
        frame.extend([0x9c, 0x40, 0x9c, 0x41, 0, 26, 0, 0]);
        frame.resize(60, 0x55);
        let (begun, mut count) = (Instant::now(), 0_u64);
        let (total, patience) = ((rate * seconds) as u64, Duration::from_secs_f64(seconds));
        // Where the rate cannot be had, as many as there is time for.
        while count < total && begun.elapsed() < patience {
            for _ in 0..AT_ONCE.min(total - count) {
                frame[29] = (count % 64) as u8;
                frame[18..20].copy_from_slice(&(count as u16).to_be_bytes());
                wire.send(&frame);
                count += 1;
            }
            // Ahead of time: a little rest.
            let due = Duration::from_secs_f64(count as f64 / rate);
            thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        count
    }

    /// Packets a second from one sender.
    const MOST_OF_ONE: f64 = 1e6;
    /// Packets sent without a look at the clock.
    const AT_ONCE: u64 = 64;
    /// Set for the program that runs inside a network namespace.
    const INSIDE: &str = "RTCSCOPE_BENCH_INSIDE";
}
