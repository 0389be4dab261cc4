//! A capture under load: small UDP packets over a virtual cable, a call among them, the screens open.
//!
//! ```text
//! cargo bench --bench live -- PACKETS_PER_SECOND SECONDS          as root, on Linux
//! ```
//!
//! Prints what was sent, what was captured, and what the kernel dropped, by the file that `rtcscope live` wrote.

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
#[path = "../tests/pty/mod.rs"]
mod pty;

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::path::Path;
    use std::process::Command;
    use std::thread;
    use std::time::{Duration, Instant};

    use nix::ifaddrs::getifaddrs;
    use nix::sys::socket::{AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, sendto, socket};
    use rtcscope::ingest::raw::Input;
    use rtcscope::ingest::source::{Item, Source};
    use serde_json::Value;

    use crate::pty::Session;

    pub(super) fn main() {
        let numbers: Vec<f64> = std::env::args()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [rate, seconds] = numbers[..] else {
            // `cargo bench` runs everything: without its numbers this is not meant.
            return;
        };
        if std::env::var_os(INSIDE).is_none() {
            let this = std::env::current_exe().expect("a program has a path");
            let status = Command::new("unshare")
                .arg("-n")
                .arg(this)
                .args([rate.to_string(), seconds.to_string()])
                .env(INSIDE, "1")
                .status();
            assert!(
                status.is_ok_and(|status| status.success()),
                "network namespaces need root here"
            );
            return;
        }
        measure(rate, seconds);
    }

    fn measure(rate: f64, seconds: f64) {
        for arguments in [
            "link add va type veth peer name vb",
            "link set va up",
            "link set vb up",
        ] {
            let status = Command::new("ip").args(arguments.split(' ')).status();
            assert!(
                status.is_ok_and(|status| status.success()),
                "ip {arguments}"
            );
        }
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = folder.path().join("flood.pcapng").display().to_string();
        let mut session = Session::start(&["live", "-i", "vb", "-w", &file], (200, 60));
        session.shows(&["live", "Calls appear here"]);
        let player = thread::spawn(play);
        let begun = Instant::now();
        let flooded = flood(rate, seconds);
        let took = begun.elapsed().as_secs_f64();
        let played = player.join().expect("the call was played");
        session.shows(&["publisher"]);
        thread::sleep(Duration::from_millis(500));
        session.press("q");
        assert!(session.ends(), "it ended badly");
        let output = Command::new(env!("CARGO_BIN_EXE_rtcscope"))
            .args(["report", "--format", "json", &file])
            .output()
            .expect("the program runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
        println!(
            "sent {} packets in {took:.1} s ({:.0} a second), captured {}, dropped by the kernel {}, calls {}",
            flooded + played,
            (flooded + played) as f64 / took,
            report["capture"]["packets"],
            report["capture"]["quality"]["droppedPackets"],
            report["peerConnections"].as_array().map_or(0, Vec::len),
        );
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
        let (begun, total) = (Instant::now(), (rate * seconds) as u64);
        for count in 0..total {
            frame[29] = (count % 64) as u8;
            frame[18..20].copy_from_slice(&(count as u16).to_be_bytes());
            wire.send(&frame);
            // Ahead of time: a little rest, now and then.
            if count % 64 == 0 {
                let due = Duration::from_secs_f64(count as f64 / rate);
                thread::sleep(due.saturating_sub(begun.elapsed()));
            }
        }
        total
    }

    /// Plays the sample call; gives its number of frames.
    fn play() -> u64 {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/videoroom-http/capture.pcapng");
        let mut source =
            Source::open(vec![Input::Path(path)]).expect("the sample comes with the project");
        let wire = Wire::open("va");
        let begun = Instant::now();
        let (mut first, mut count) = (None, 0);
        while let Some(item) = source.pull() {
            if let Item::Frame(frame) = item {
                let since = frame.at.since(*first.get_or_insert(frame.at));
                thread::sleep(since.saturating_sub(begun.elapsed()));
                wire.send(frame.data);
                count += 1;
            }
        }
        count
    }

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
            .expect("root may send");
            let mut addresses = getifaddrs()
                .expect("interfaces are known")
                .filter(|entry| entry.interface_name == interface);
            let to = addresses.find_map(|entry| entry.address?.as_link_addr().copied());
            Self {
                socket,
                to: to.expect("the cable is there"),
            }
        }

        fn send(&self, frame: &[u8]) {
            // A full queue is waited for: what counts is what was sent.
            while sendto(self.socket.as_raw_fd(), frame, &self.to, MsgFlags::empty()).is_err() {
                thread::yield_now();
            }
        }
    }

    /// Set for the program that runs inside a network namespace.
    const INSIDE: &str = "RTCSCOPE_BENCH_INSIDE";
}
