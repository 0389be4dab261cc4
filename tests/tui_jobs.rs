//! The program under a shell with job control: stopped and called back, its terminal sane in between.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pty;

use std::num::NonZeroU16;
use std::process::Command;
use std::thread;
use std::time::Duration;

use portable_pty::PtySize;

use pty::Session;

const LOSSY: &str = "rtcscope captures/lossy/capture.pcapng\r";
const CTRL_Z: &str = "\u{1a}";

/// What the terminal is like when a shell's program has it: lines are edited and echoed, and Ctrl-C is a signal.
#[track_caller]
fn is_sane(session: &mut Session) {
    session.shows(&["Stopped"]);
    assert!(session.wrote("\u{1b}[?1000l"), "the mouse is given back");
    assert!(
        !session.screen.screen().alternate_screen(),
        "the alternate screen is left"
    );
    assert!(
        !session.screen.screen().hide_cursor(),
        "the cursor is shown"
    );
    session.press("clear; stty -a\r");
    session.shows(&["icanon", "rows", "prompt$ "]);
    let text = session.screen.screen().contents();
    for off in ["-icanon", "-echo ", "-isig", "-icrnl", "-opost"] {
        assert!(!text.contains(off), "{off}:\n{text}");
    }
}

fn resize(session: &mut Session, columns: u16, rows: u16) {
    let size = PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    };
    session.pair.master.resize(size).unwrap();
    let [rows, columns] = [rows, columns].map(|it| NonZeroU16::new(it).unwrap());
    session.screen.screen_mut().set_size(rows, columns);
}

#[test]
fn ctrl_z_goes_back_to_the_shell_and_fg_to_the_screen() {
    let mut session = Session::start_shell((100, 30));
    session.press(LOSSY);
    session.shows(&["alice → videoroom 100", "Enter open"]);
    session.press("\rL");
    session.shows(&["Detail", "create session"]);
    session.press(CTRL_Z);
    is_sane(&mut session);
    // The window changes its size meanwhile.
    resize(&mut session, 120, 40);
    session.press("clear; fg\r");
    session.shows(&["Detail", "create session", "Ladder", "Enter packets"]);
    assert!(session.screen.screen().alternate_screen());
    let text = session.screen.screen().contents();
    assert!(!text.contains("prompt$"), "{text}");
    assert_eq!(text.lines().count(), 40, "{text}");
    // Also while something is typed, which is still there afterwards.
    session.press("/dtls");
    session.shows(&["Filter", "dtls"]);
    session.press(CTRL_Z);
    is_sane(&mut session);
    session.press("clear; fg\r");
    session.shows(&["Filter", "dtls"]);
    // In the background it waits for its terminal, and draws over nothing.
    session.press("\u{1b}");
    session.shows(&["Enter packets"]);
    session.press(CTRL_Z);
    session.shows(&["Stopped"]);
    session.press("clear; bg; sleep 1; jobs; echo 1-$((40+2))\r");
    session.shows(&["Stopped", "1-42"]);
    assert!(!session.screen.screen().alternate_screen());
    session.press("clear; fg\r");
    session.shows(&["create session"]);
    session.press("\u{3}");
    session.shows(&["prompt$ "]);
    session.press("exit\r");
    assert!(session.ends());
}

#[test]
fn a_program_that_another_one_stops_leaves_a_sane_terminal_too() {
    let mut session = Session::start_shell((100, 30));
    let shell = session.child.process_id().unwrap().to_string();
    let signal = |name: &str| {
        let mut pgrep = Command::new("pgrep");
        let found = pgrep.args(["-P", &shell, "rtcscope"]);
        let found = String::from_utf8(found.output().unwrap().stdout).unwrap();
        let mut kill = Command::new("kill");
        let killed = kill.args([name, found.trim()]).status().unwrap();
        assert!(killed.success());
    };
    session.press(LOSSY);
    session.shows(&["alice → videoroom 100", "Enter open"]);
    signal("-TSTP");
    is_sane(&mut session);
    session.press("clear; fg\r");
    session.shows(&["alice → videoroom 100", "Enter open"]);
    // A stop that nobody can prepare for: the terminal is taken again all the same.
    signal("-STOP");
    session.shows(&["Stopped"]);
    session.press("stty sane; clear; fg\r");
    session.shows(&["alice → videoroom 100", "Enter open"]);
    session.press("3");
    session.shows(&["It worked."]);
    session.press("\u{3}");
    session.shows(&["prompt$ "]);
}

#[test]
fn a_signal_that_ends_the_program_leaves_a_sane_terminal() {
    for name in ["-TERM", "-HUP", "-INT"] {
        let mut session = Session::start_shell((100, 30));
        let shell = session.child.process_id().unwrap().to_string();
        session.press(LOSSY);
        session.shows(&["alice → videoroom 100", "Enter open"]);
        let mut kill = Command::new("pkill");
        let killed = kill.args([name, "-P", &shell, "rtcscope"]).status();
        assert!(killed.unwrap().success());
        session.shows(&["prompt$ "]);
        assert!(session.wrote("\u{1b}[?1000l"), "the mouse is given back");
        assert!(!session.screen.screen().alternate_screen(), "{name}");
        session.press("clear; stty -a\r");
        session.shows(&["icanon", "rows", "prompt$ "]);
        let text = session.screen.screen().contents();
        assert!(
            !text.contains("-icanon") && !text.contains("-echo "),
            "{text}"
        );
    }
}

#[test]
fn who_waits_for_a_pipe_can_still_be_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe").display().to_string();
    let mut session = Session::start_shell((100, 30));
    session.press(&format!(
        "mkfifo {pipe}; clear; echo 1-$((40+2)); rtcscope {pipe}\r"
    ));
    session.shows(&["1-42"]);
    // Nobody writes into it: opening it waits, without a screen.
    thread::sleep(Duration::from_millis(500));
    session.press("\u{3}");
    session.shows(&["prompt$ "]);
    session.press("clear; echo 2-$((40+2))\r");
    session.shows(&["2-42"]);
}

#[test]
fn a_pipe_stops_at_both_ends() {
    let mut session = Session::start_shell((100, 30));
    session.press("(cat captures/lossy/capture.pcapng; sleep 6) | rtcscope -\r");
    session.shows(&["1 Calls", "Enter open"]);
    session.press(CTRL_Z);
    is_sane(&mut session);
    session.press("clear; fg\r");
    session.shows(&["1 Calls", "Enter open"]);
    session.press("\u{3}");
    session.shows(&["prompt$ "]);
}

#[test]
fn without_a_shell_there_is_nothing_to_go_back_to() {
    let mut session = Session::start(&["captures/lossy/capture.pcapng"], (100, 30));
    session.shows(&["alice → videoroom 100"]);
    session.press(CTRL_Z);
    session.shows(&["there is no shell to go back to", "alice → videoroom 100"]);
    session.press("q");
    assert!(session.ends());
}

#[test]
fn a_key_that_comes_with_a_new_size_is_not_forgotten() {
    let mut session = Session::start(&["captures/lossy/capture.pcapng"], (100, 30));
    session.shows(&["alice → videoroom 100"]);
    for round in 0..20 {
        // Keys and sizes in one go, some while the program waits and some while it draws.
        let (key, words) = if round % 2 == 0 {
            ("3", "It worked.")
        } else {
            ("1", "alice ← videoroom 100")
        };
        resize(&mut session, 100 + round % 7, 30);
        session.press(key);
        session.shows(&[words]);
        thread::sleep(Duration::from_millis(u64::from(round) * 3));
    }
    session.press("q");
    assert!(session.ends());
}
