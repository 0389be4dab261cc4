//! Reading again, with another key log, or another file, while a large capture is still being read.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pty;

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pty::Session;

/// A capture that comes through a pipe at `path`: its first `bytes`, and the rest when told to.
fn slowly(path: &Path, capture: &str, bytes: usize) -> (mpsc::Sender<()>, thread::JoinHandle<()>) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
    let (go_on, wait) = mpsc::channel();
    let (path, capture) = (path.to_owned(), recorded(capture));
    let writer = thread::spawn(move || {
        let media = std::fs::read(capture).unwrap();
        let mut pipe = std::fs::File::create(path).unwrap();
        // Nobody may be left to read it.
        let _ = pipe.write_all(&media[..bytes]);
        // What comes now comes too late.
        wait.recv().unwrap();
        let _ = pipe.write_all(&media[bytes..]);
    });
    (go_on, writer)
}

fn recorded(capture: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    root.join(capture).join("capture.pcapng")
}

#[test]
fn another_file_is_opened_while_one_is_read_that_does_not_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slow.pcapng");
    let (go_on, writer) = slowly(&path, "lossy", 500_000);
    let name = path.display().to_string();
    let mut session = Session::start(&[&name], (120, 40));
    session.shows(&["slow.pcapng", "reading"]);
    // What can't be opened stops nothing.
    session.press("O");
    session.shows(&["Open capture:"]);
    session.press("captures/no-such.pcapng\r");
    // What was typed is there to be mended.
    session.shows(&[
        "no-such.pcapng does not exist",
        "reading",
        "Open capture: captures/no-such.pcapng",
    ]);
    session.press(&"\u{7f}".repeat("no-such.pcapng".len()));
    session.press("data-channel/capture.pcapng\r");
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
fn a_key_log_is_added_while_the_first_reading_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, path) = (
        folder.path().join("pipe"),
        folder.path().join("call.pcapng"),
    );
    std::os::unix::fs::symlink(&pipe, &path).unwrap();
    let (go_on, writer) = slowly(&pipe, "websocket-h2", 100_000);
    let mut session = Session::start(&[&path.display().to_string()], (120, 40));
    session.shows(&["call.pcapng", "reading"]);
    // The first reading stays where it is: in a pipe that nobody closes. Who reads the file again finds all of it.
    std::fs::remove_file(&path).unwrap();
    std::fs::copy(recorded("websocket-h2"), &path).unwrap();
    session.press("K");
    session.shows(&["Add key log:", "reading"]);
    session.press("captures/websocket-h2/keys.log\r");
    session.shows(&["more could be read"]);
    session.press("4");
    session.shows(&["HTTP by time", "GET"]);
    // It could not have come to its end.
    assert!(!writer.is_finished());
    go_on.send(()).unwrap();
    writer.join().unwrap();
    thread::sleep(Duration::from_millis(700));
    session.press("1");
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
