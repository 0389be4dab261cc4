//! The program itself in a terminal of its own: keys in, a screen out, and the terminal left as it was found.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pty;

use std::num::NonZeroU16;

use portable_pty::PtySize;

use pty::Session;

const RIGHT: &str = "\u{1b}[C";
const ESCAPE: &str = "\u{1b}";

#[test]
fn a_user_finds_their_way_from_the_sample_to_its_bytes_and_out() {
    let mut session = Session::start(&[], (100, 30));
    session.shows(&["built-in sample", "alice → videoroom 100", "Calls"]);
    session.press("\r");
    session.shows(&["Call 1", "What happened"]);
    session.press(RIGHT);
    session.shows(&["Ladder", "Detail", "janus"]);
    session.press(RIGHT);
    session.shows(&["Offer and answer", "direction"]);
    session.press(RIGHT);
    session.shows(&["Candidate pairs", "succeeded", "How it won"]);
    session.press("\r");
    session.shows(&["Packets of call 1", "Binding request", "0000  "]);
    session.press("\t\t");
    session.press("l");
    session.press("?");
    session.shows(&["Keys", "decode, open or close a field", "more"]);
    session.press("G");
    session.shows(&["Signs", "inferred, not read"]);
    session.press("?");
    session.press("3");
    session.shows(&["Findings", "It worked."]);
    session.press("1");
    session.press("q");
    session.shows(&["Packets of call 1"]);
    session.press("q");
    session.shows(&["How it won"]);
    session.press("q");
    session.shows(&["alice ← videoroom 100"]);
    session.press("q");
    assert!(session.ends());
    assert!(
        session.wrote("\u{1b}[?1049l"),
        "the alternate screen is left"
    );
    assert!(session.wrote("\u{1b}[?1000l"), "the mouse is given back");
    assert!(session.wrote("\u{1b}[?25h"), "the cursor is back");
}

#[test]
fn a_user_visits_every_tab_marks_two_frames_and_saves_the_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.pcapng");
    let mut session = Session::start(&["captures/lossy/capture.pcapng"], (120, 40));
    session.shows(&["alice ← videoroom 100"]);
    for (key, words) in [
        ("o", "Offer and answer"),
        ("r", "The offer, line by line"),
        ("i", "Candidate pairs"),
        ("d", "its hash stands in the SDP"),
        ("u", "No TURN allocation"),
        ("m", "≤ "),
        ("e", "Findings of call 1"),
        ("p", "Packets of call 1"),
        ("4", "HTTP by time"),
        ("5", "Flows by time"),
        ("6", "TURN allocations by time"),
        ("1", "of 1 441"),
    ] {
        session.press(key);
        session.shows(&[words]);
    }
    session.press("  ");
    session.shows(&["2 frames marked"]);
    session.press("sx");
    session.shows(&["Save the marked frames as: marked.pcapngx"]);
    session.press(ESCAPE);
    // Escape and what follows at once would be one key.
    session.shows(&["Enter decode"]);
    session.press("g");
    session.shows(&["Go to frame (17) or time"]);
    session.press("10s\r");
    session.shows(&["Frame "]);
    session.press(ESCAPE);
    session.shows(&["outcome"]);
    // Nothing is marked any more in a new start; the call is what s saves then.
    session.press("q");
    assert!(session.ends());
    let mut session = Session::start(&["captures/lossy/capture.pcapng"], (120, 40));
    session.shows(&["alice ← videoroom 100"]);
    session.press("s");
    session.shows(&["Save the call as: call-1.pcapng"]);
    // Ctrl-U takes the name away.
    session.press("\u{15}");
    session.press(&format!("{}\r", path.display()));
    session.shows(&["frames saved to"]);
    assert!(path.metadata().unwrap().len() > 100_000);
    session.press("q");
    assert!(session.ends());
}

#[test]
fn a_user_filters_the_packets_looks_at_one_and_takes_the_filter_back() {
    let mut session = Session::start(&["captures/lossy/capture.pcapng"], (120, 40));
    session.shows(&["alice ← videoroom 100"]);
    session.press("2/");
    session.shows(&["Filter: Packets", "packet.number"]);
    session.press("stream.packetsLo");
    session.shows(&["sequence numbers never seen"]);
    session.press("\t");
    session.press("> 10\r");
    session.shows(&["902 of 3 137 · stream.packetsLost > 10", "1 of 902"]);
    session.press("\r");
    session.shows(&["Frame 601", "SRTP"]);
    session.press("\t");
    session.press(ESCAPE);
    session.shows(&["902 of 3 137"]);
    // Backspace: the filter before, here none.
    session.press("\u{7f}");
    session.shows(&["601 of 3 137"]);
    session.press(":");
    session.shows(&["Command", "go to an instant"]);
    session.press("time 10s\r");
    session.shows(&["10.0"]);
    session.press("1q");
    assert!(session.ends());
}

#[test]
fn a_user_draws_over_a_stretch_of_time_and_sees_it_closer() {
    let mut session = Session::start(&["captures/lossy/capture.pcapng"], (120, 40));
    session.shows(&["alice ← videoroom 100"]);
    session.press("\r");
    session.shows(&["What happened", "19.89 s"]);
    // Down in column 60 of line 6, on to 80, up: as xterm reports it, counted from 1.
    session.press("\u{1b}[<0;60;6M\u{1b}[<32;70;6M\u{1b}[<32;80;6M");
    session.shows(&["let go to see it"]);
    session.press("\u{1b}[<0;80;6m");
    session.shows(&[" of 17.3 s · 0: all", "0 all"]);
    session.press("0");
    session.shows(&["19.89 s", "/ filter"]);
    // The wheel, up.
    session.press("\u{1b}[<64;60;6M");
    session.shows(&[" of 17.3 s · 0: all"]);
    session.press(ESCAPE);
    session.shows(&["19.89 s", "/ filter"]);
    session.press("\u{3}");
    assert!(session.ends());
}

#[test]
fn a_window_that_changes_its_size_is_drawn_anew() {
    let mut session = Session::start(&["captures/lossy/capture.pcapng"], (80, 24));
    session.shows(&["alice → videoroom"]);
    let size = PtySize {
        rows: 9,
        cols: 30,
        pixel_width: 0,
        pixel_height: 0,
    };
    session.pair.master.resize(size).unwrap();
    session
        .screen
        .screen_mut()
        .set_size(NonZeroU16::new(9).unwrap(), NonZeroU16::new(30).unwrap());
    session.shows(&["needs at least 40"]);
    let size = PtySize {
        rows: 40,
        cols: 120,
        pixel_width: 0,
        pixel_height: 0,
    };
    session.pair.master.resize(size).unwrap();
    session
        .screen
        .screen_mut()
        .set_size(NonZeroU16::new(40).unwrap(), NonZeroU16::new(120).unwrap());
    session.shows(&["Findings", "alice → videoroom"]);
    // Ctrl-C leaves from anywhere.
    session.press("\u{3}");
    assert!(session.ends());
}

#[test]
fn copying_asks_the_terminal_for_its_clipboard() {
    let mut session = Session::start(&["captures/ice-failure-auth/capture.pcapng"], (100, 30));
    session.shows(&["failed"]);
    session.press("]");
    session.shows(&["Evidence"]);
    session.press("y");
    session.shows(&["copied"]);
    assert!(session.wrote("\u{1b}]52;c;"));
    session.press(ESCAPE);
    session.shows(&["videoroom", "outcome"]);
    session.press("q");
    assert!(session.ends());
}

#[test]
fn what_cannot_be_opened_is_said_without_a_screen() {
    let mut session = Session::start(&["no-such-file.pcapng"], (80, 24));
    assert!(!session.ends());
    let text = session.screen.screen().contents();
    assert!(
        text.contains("no-such-file.pcapng does not exist"),
        "{text}"
    );
    assert!(!session.wrote("\u{1b}[?1049h"));
}

#[test]
fn privacy_mode_shows_no_address_from_the_first_screen_on() {
    let mut session = Session::start(
        &["--private", "captures/turn-stale-nonce/capture.pcapng"],
        (120, 40),
    );
    session.shows(&["name-1 → videoroom 100", "capture-1"]);
    for (keys, words) in [
        ("\rL", "host-1"),
        ("i", "Candidate pairs"),
        ("u", "host-1:"),
        ("o", "Offer and answer"),
        ("rr", "line by line"),
        ("p", "Not shown in privacy mode"),
        ("2", "host-2"),
        ("4", "HTTP by time"),
        ("5", "Flows by time"),
        ("6", "TURN allocations by time"),
        ("3", "Findings"),
    ] {
        session.press(keys);
        session.shows(&[words]);
    }
    // Not on one of all the screens that went by, nor in the clipboard.
    session.press("Y");
    session.shows(&["copied"]);
    session.press("q");
    session.shows(&["name-1 → videoroom 100"]);
    session.press("\u{3}");
    assert!(session.ends());
    for secret in [
        "192.168.",
        "203.0.113.",
        "2001:db8",
        "alice",
        "turn-stale-nonce",
    ] {
        assert!(!session.wrote(secret), "{secret} was written");
    }
}

#[test]
fn settings_hold_from_the_next_start_on_and_wrong_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(
        &config,
        "times = \"clock\"\nhue = 3\n[keys]\nhelp = \"F1\"\n",
    )
    .unwrap();
    let lossy = ["captures/lossy/capture.pcapng"];
    let mut session = Session::start_with(&lossy, (120, 40), &config);
    session.shows(&["line 2: hue is no setting of this version", "UTC", "alice"]);
    session.press("N");
    session.shows(&["Name of "]);
    session.press("bob\r");
    session.shows(&["bob → videoroom 100"]);
    session.press("C");
    session.shows(&["Columns of the list of calls"]);
    session.press(" \r");
    session.shows(&["F1 help"]);
    session.press("q");
    assert!(session.ends());
    let mut session = Session::start_with(&lossy, (120, 40), &config);
    session.shows(&["bob → videoroom 100"]);
    let text = session.screen.screen().contents();
    assert!(!text.contains("outcome"), "{text}");
    session.press("q");
    session.press("q");
    assert!(session.ends());
    std::fs::write(&config, "\ntheme = \"dakr\"\n").unwrap();
    let mut session = Session::start_with(&lossy, (120, 40), &config);
    assert!(!session.ends());
    let text = session.screen.screen().contents().replace('\n', " ");
    assert!(
        text.contains("line 2: theme: allowed is dark, light"),
        "{text}"
    );
}

#[test]
fn a_student_takes_the_first_lesson_and_goes_on_another_day() {
    let home = tempfile::tempdir().unwrap();
    let start = || Session::start_at_home(&["learn", "--lesson", "1"], (120, 40), home.path());
    let mut session = start();
    // Reads, and opens the evidence.
    session.shows(&[
        "A name becomes an address",
        "janus.lab.test",
        "Frame 59",
        "a: answer (",
    ]);
    session.press("\r");
    session.shows(&["Packets", "DNS answer", "▸      59"]);
    session.press(ESCAPE);
    session.shows(&["A name becomes an address", "a: answer ("]);
    // Answers wrong, sees the hint, answers right.
    session.press("a");
    session.shows(&["Enter: check"]);
    session.press("1.2.3.4\r");
    session.shows(&["not quite", "Hint", "The line that begins with"]);
    session.press("a203.0.113.10\r");
    session.shows(&["right", "Why it matters"]);
    session.press(RIGHT);
    session.shows(&["1.2 of 7", "The parts of a URL"]);
    session.press("a8088\r");
    session.shows(&["right"]);
    session.press(RIGHT);
    session.shows(&["1.3 of 7"]);
    session.press("\u{3}");
    assert!(session.ends());
    // Resumes where that was.
    let mut again = Session::start_at_home(&["learn"], (120, 40), home.path());
    again.shows(&["1.3 of 7", "TCP says hello"]);
    again.press("q");
    again.shows(&["2 of 7 answered"]);
    again.press("\u{3}");
    assert!(again.ends());
}

#[test]
fn a_student_finds_the_causes_of_five_broken_calls() {
    let home = tempfile::tempdir().unwrap();
    let mut session = Session::start_at_home(&["learn", "--lesson", "8"], (120, 40), home.path());
    // Each call: counted, then its cause named; each on a capture of its own.
    let calls = [
        ("8.1 of 10", "0", "1", "ice-failure-blocked"),
        ("8.3 of 10", "0", "2", "ice-failure-auth"),
        ("8.5 of 10", "2", "3", "nat-no-relay"),
        ("8.7 of 10", "1", "4", "dtls-failure-offer"),
        ("8.9 of 10", "", "5", "lossy"),
    ];
    for (place, count, cause, capture) in calls {
        session.shows(&[place, capture, "a: answer ("]);
        if !count.is_empty() {
            session.press(&format!("a{count}\r"));
            session.shows(&["Why it matters"]);
        }
        session.press(RIGHT);
        session.shows(&["name the cause", "a: answer ("]);
        let wrong = if cause == "5" { "1" } else { "5" };
        session.press(&format!("a{wrong}\r"));
        session.shows(&["not quite"]);
        // The answer is typed again, and the evidence looked at before.
        session.press("\r");
        session.shows(&["Offer/Answer"]);
        session.press(ESCAPE);
        session.shows(&["name the cause", "Hint"]);
        session.press(&format!("a{cause}\r"));
        session.shows(&["Why it matters"]);
        session.press(RIGHT);
    }
    session.press("\u{3}");
    assert!(session.ends());
}

#[test]
fn reading_again_keeps_the_capture_of_a_lesson() {
    let home = tempfile::tempdir().unwrap();
    let lesson = ["learn", "--lesson", "8"];
    let mut session = Session::start_at_home(&lesson, (120, 40), home.path());
    session.shows(&["8.1 of 10", "ice-failure-blocked"]);
    session.press("2R");
    session.shows(&["no more could be read than before", "ice-failure-blocked"]);
    session.press("7");
    session.shows(&["8.1 of 10", "ice-failure-blocked", "a: answer ("]);
    // The next call comes with its own capture still.
    session.press(&format!("{RIGHT}{RIGHT}"));
    session.shows(&["8.3 of 10", "ice-failure-auth", "a: answer ("]);
    session.press("\u{3}");
    assert!(session.ends());
    // In the place of one's own capture: that is still there afterwards.
    let own = ["learn", "--lesson", "5", "captures/lossy/capture.pcapng"];
    let mut session = Session::start_at_home(&own, (120, 40), home.path());
    session.shows(&["This capture has none"]);
    session.press("c");
    session.shows(&["This is a built-in capture", "turn-stale-nonce"]);
    session.press("2R");
    session.shows(&["no more could be read than before", "turn-stale-nonce"]);
    session.press("7");
    session.shows(&["This is a built-in capture"]);
    session.press("c");
    session.shows(&["This capture has none", "capture.pcapng"]);
    session.press("\u{3}");
    assert!(session.ends());
}

#[test]
fn a_key_log_opens_a_call_that_is_on_the_screen() {
    let mut session = Session::start(&["captures/websocket-h2/capture.pcapng"], (120, 40));
    session.shows(&["capture.pcapng", "packets"]);
    session.press("4");
    session.shows(&["No HTTP was read"]);
    session.press("K");
    session.shows(&["Add key log:"]);
    session.press("captures/no-such-keys.log\r");
    // What was typed is there to be mended.
    session.shows(&[
        "no-such-keys.log cannot be read",
        "Add key log: captures/no-such-keys.log",
    ]);
    session.press("\u{15}captures/websocket-h2/keys.log\r");
    session.shows(&["more could be read"]);
    // Where we were, and what was hidden is there.
    session.shows(&["HTTP by time", "GET"]);
    session.press("R");
    session.shows(&["no more could be read than before", "GET"]);
    session.press("O");
    session.shows(&["Open capture:"]);
    session.press("captures/lossy/about.md\r");
    session.shows(&["Open capture: captures/lossy/about.md", "✖"]);
    session.press("\u{15}captures/lossy/capture.pcapng\r");
    session.shows(&["alice → videoroom 100", "3 137 packets"]);
    session.press("q");
    assert!(session.ends());
}

#[test]
fn a_key_log_fills_in_the_figures_of_the_call_on_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("closed.pcapng");
    std::fs::write(
        &path,
        without_secrets("captures/data-channel/capture.pcapng"),
    )
    .unwrap();
    let mut session = Session::start(&[&path.display().to_string()], (120, 40));
    session.shows(&["600 packets"]);
    session.press("D");
    session.shows(&["Data channels", "a key log"]);
    session.press("K");
    session.shows(&["Add key log:"]);
    session.press("captures/data-channel/keys.log\r");
    // The call stays open, and its tab has the channel with what was sent.
    session.shows(&["data channel more could be read", "reliable"]);
    session.press(ESCAPE);
    session.shows(&["outcome"]);
    session.press("\u{3}");
    assert!(session.ends());
}

/// A pcapng of this machine's byte order without its blocks of secrets.
fn without_secrets(capture: &str) -> Vec<u8> {
    const SECRETS: u32 = 0x0000_000a;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let whole = std::fs::read(root.join(capture)).unwrap();
    let mut kept = Vec::new();
    let mut rest = &whole[..];
    while rest.len() >= 12 {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let (block, behind) = rest.split_at(word(4) as usize);
        if word(0) != SECRETS {
            kept.extend_from_slice(block);
        }
        rest = behind;
    }
    assert!(kept.len() < whole.len());
    kept
}

#[test]
fn a_user_marks_two_messages_compares_and_saves_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.pcapng");
    let mut session = Session::start(&["captures/lossy/capture.pcapng"], (120, 40));
    session.shows(&["alice → videoroom 100"]);
    session.press("L");
    session.shows(&["Detail", "create session"]);
    session.press("jjjj ");
    session.shows(&["marked"]);
    session.press("jj ");
    session.shows(&["marked"]);
    session.press("=");
    session.shows(&["differ", "next difference"]);
    session.press("y");
    session.shows(&["copied"]);
    session.press("q");
    session.shows(&["create session", "marked"]);
    session.press("s");
    session.shows(&["Save the marked frames as:"]);
    session.press("\u{15}");
    session.press(&format!("{}\r", path.display()));
    session.shows(&["saved to"]);
    assert!(path.metadata().unwrap().len() > 200);
    session.press("\u{3}");
    assert!(session.ends());
}
