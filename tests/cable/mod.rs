//! A cable between two virtual interfaces, and the sample call sent through it: for the tests and the benchmark of live captures.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each user takes a part of it, and what cannot go on fails"
)]

use std::fs;
use std::ops::RangeBounds;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Instant;

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::AddressFamily;
use nix::sys::socket::LinkAddr;
use nix::sys::socket::MsgFlags;
use nix::sys::socket::SockFlag;
use nix::sys::socket::SockType;
use nix::sys::socket::sendto;
use nix::sys::socket::socket;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;

pub fn ip(arguments: &str) {
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
pub fn lay() {
    ip("link add va mtu 9000 type veth peer name vb mtu 9000");
    for end in ["va", "vb"] {
        // Where there is no IPv6 there is nothing to switch off.
        let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{end}/disable_ipv6"), "1");
        ip(&format!("link set {end} up"));
    }
}

/// The sample call.
pub fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/videoroom-http/capture.pcapng")
}

/// Sends the sample's frames into `va`, so many times as fast as they came; gives how many.
pub fn replay(speed: f64) -> u64 {
    replay_part(speed, 1..)
}

/// The same with some of the frames, by number; the first goes at once.
pub fn replay_part(speed: f64, frames: impl RangeBounds<u64>) -> u64 {
    let mut source = Source::open(vec![Input::Path(sample())]).unwrap();
    let wire = Wire::open("va");
    let begun = Instant::now();
    let (mut first, mut count) = (None, 0);
    while let Some(item) = source.pull() {
        let Item::Frame(frame) = item else {
            continue;
        };
        if !frames.contains(&frame.number.number()) {
            continue;
        }
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
pub struct Wire {
    socket: OwnedFd,
    to: LinkAddr,
}

impl Wire {
    pub fn open(interface: &str) -> Self {
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

    pub fn send(&self, frame: &[u8]) {
        // A full queue is waited for: what counts is what was sent.
        while let Err(error) = sendto(self.socket.as_raw_fd(), frame, &self.to, MsgFlags::empty()) {
            assert_eq!(error, nix::errno::Errno::ENOBUFS);
            thread::yield_now();
        }
    }
}
