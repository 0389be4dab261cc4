//! Reading again, with another key log, or another file, while a large capture is still being read.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pty;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pty::Session;

/// A capture that takes its time: one with encrypted signaling, and much media behind it.
fn large(folder: &Path) -> String {
    let path = folder.join("large.pcapng");
    let read = |name: &str| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
        std::fs::read(root.join(name).join("capture.pcapng")).unwrap()
    };
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&read("websocket-h2")).unwrap();
    let media = read("lossy");
    // Sections of one pcapng, one behind the other.
    for _ in 0..ROUNDS {
        file.write_all(&media).unwrap();
    }
    path.display().to_string()
}

#[test]
fn another_file_is_opened_while_one_is_read_that_does_not_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slow.pcapng");
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let name = path.display().to_string();
    let (go_on, wait) = mpsc::channel();
    let writer = thread::spawn(move || {
        let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/lossy/capture.pcapng");
        let media = std::fs::read(media).unwrap();
        let mut pipe = std::fs::File::create(path).unwrap();
        // Nobody may be left to read it.
        let _ = pipe.write_all(&media[..500_000]);
        // What comes now comes too late.
        wait.recv().unwrap();
        let _ = pipe.write_all(&media[500_000..]);
    });
    let mut session = Session::start(&[&name], (120, 40));
    session.shows(&["slow.pcapng", "reading"]);
    // What can't be opened stops nothing.
    session.press("O");
    session.shows(&["Open capture:"]);
    session.press("captures/no-such.pcapng\r");
    session.shows(&["no-such.pcapng does not exist", "reading"]);
    session.press("O");
    session.shows(&["Open capture:"]);
    session.press("captures/data-channel/capture.pcapng\r");
    session.shows(&["600 packets, 1 call"]);
    go_on.send(()).unwrap();
    writer.join().unwrap();
    thread::sleep(Duration::from_millis(700));
    session.press("5");
    session.shows(&["Flows by time"]);
    session.press("1");
    session.shows(&["capture.pcapng · 600 packets"]);
    session.press("\u{3}");
    assert!(session.ends());
}

#[test]
fn a_key_log_is_added_while_a_large_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::start(&[&large(folder.path())], (120, 40));
    session.shows(&["large.pcapng"]);
    session.press("R");
    session.press("K");
    session.shows(&["Add key log:"]);
    session.press("captures/websocket-h2/keys.log\r");
    session.shows(&["more could be read"]);
    session.press("4");
    session.shows(&["HTTP by time", "GET"]);
    session.press("\u{3}");
    assert!(session.ends());
}

#[test]
fn a_key_log_is_added_to_the_one_of_the_environment() {
    let keys = "captures/websocket-h2/keys.log".as_ref();
    let files = [
        "captures/websocket-h2/capture.pcapng",
        "captures/data-channel/capture.pcapng",
    ];
    let mut session = Session::start_keyed(&files, (120, 40), keys);
    session.shows(&["packets"]);
    session.press("4");
    session.shows(&["HTTP by time", "GET"]);
    session.press("K");
    session.shows(&["Add key log:"]);
    session.press("captures/data-channel/keys.log\r");
    session.shows(&["packets, "]);
    session.shows(&["HTTP by time", "GET"]);
    session.press("\u{3}");
    assert!(session.ends());
}

/// Copies of the capture with media: half a million packets.
const ROUNDS: usize = 150;
