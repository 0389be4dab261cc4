//! The program as a user or a script meets it: exit statuses, messages, where output goes.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::CommandCargoExt;

/// Controls that must never reach a terminal raw; newline is layout.
fn acts_on_terminal(c: char) -> bool {
    c != '\n' && rtcscope::vocab::printable::acts_on_terminal(c)
}

fn rtcscope(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("rtcscope").unwrap();
    command.args(arguments).stdin(Stdio::null());
    command
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Refused with status 2, nothing on standard output, and one line that holds `words`.
#[track_caller]
fn check_refused(arguments: &[&str], words: &[&str]) {
    let output = rtcscope(arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(output.stdout.is_empty(), "{:?}", output.stdout);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.starts_with("rtcscope: "), "{message}");
    for word in words {
        assert!(message.contains(word), "{message}");
    }
}

fn sample() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/videoroom-http/capture.pcapng");
    path.display().to_string()
}

#[test]
fn a_missing_file_is_named() {
    check_refused(
        &["report", "no-such.pcapng"],
        &["no-such.pcapng", "does not exist"],
    );
}

#[test]
fn a_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    check_refused(&[dir.path().to_str().unwrap()], &["is a directory"]);
}

#[test]
fn an_empty_file_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    check_refused(&[file.path().to_str().unwrap()], &["is empty"]);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"This is a letter, not a capture.\n".repeat(20).as_slice())
        .unwrap();
    check_refused(
        &["report", file.path().to_str().unwrap()],
        &["not a packet capture"],
    );
}

#[test]
fn an_empty_pipe_is_refused() {
    check_refused(&["report", "-"], &["standard input", "empty"]);
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let inside_nothing = dir.path().join("no/such/dir/out.json");
    check_refused(
        &["report", "-o", inside_nothing.to_str().unwrap()],
        &["cannot be written"],
    );
    check_refused(
        &["report", "-o", dir.path().to_str().unwrap()],
        &["is a directory"],
    );
}

#[test]
fn a_key_log_that_is_none_is_refused() {
    check_refused(&["report", "--keylog", "no-such.log"], &["no-such.log"]);
    check_refused(&["report", "--keylog", &sample()], &["holds no secret"]);
}

#[test]
fn wrong_usage_is_status_2_and_help_is_not() {
    assert_eq!(
        rtcscope(&["report", "--format", "xml"]).status.code(),
        Some(2)
    );
    assert_eq!(rtcscope(&["--no-such-option"]).status.code(), Some(2));
    let help = rtcscope(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(stdout(&help).contains("Examples:"));
    let version = rtcscope(&["--version"]);
    assert_eq!(
        stdout(&version),
        format!("rtcscope {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = rtcscope(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(stdout(&output).contains("keylog"), "{shell}");
    }
}

#[test]
fn the_configuration_is_printed_with_its_place() {
    let mut command = command(&["config"]);
    command.env("RTCSCOPE_CONFIG", "no/such/config.toml");
    let output = command.output().unwrap();
    let text = stdout(&output);
    assert!(output.status.success());
    assert!(
        text.starts_with("# Looked for at no/such/config.toml, which is not there yet."),
        "{text}"
    );
    assert!(
        text.contains("#theme = \"dark\"") && text.contains("#mark "),
        "{text}"
    );
    assert!(
        text.lines()
            .all(|line| line.is_empty() || line.starts_with('#')),
        "{text}"
    );
}

#[test]
fn without_a_file_the_sample_is_reported() {
    let output = rtcscope(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{:?}", output.stderr);
    assert!(stdout(&output).contains("built-in sample"));
    assert!(!stdout(&output).contains(acts_on_terminal));
}

#[test]
fn a_report_has_the_same_bytes_every_time() {
    for format in ["text", "json", "ndjson"] {
        let (once, again) = (
            rtcscope(&["report", "--format", format, &sample()]),
            rtcscope(&["--format", format, &sample(), "report"]),
        );
        assert_eq!(once.status.code(), Some(0));
        assert!(!once.stdout.is_empty());
        assert!(once.stdout == again.stdout, "{format} differs");
    }
}

#[test]
fn a_pipe_is_read_as_a_file_is() {
    let mut child = Command::cargo_bin("rtcscope")
        .unwrap()
        .args(["report", "--format", "ndjson", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let bytes = fs::read(sample()).unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let piped = child.wait_with_output().unwrap();
    let read = rtcscope(&["report", "--format", "ndjson", &sample()]);
    assert!(piped.stdout == read.stdout);
}

#[test]
fn every_line_of_ndjson_is_an_object_in_order_of_time() {
    let output = rtcscope(&["report", "--format", "ndjson", &sample()]);
    let mut last = f64::MIN;
    for line in stdout(&output).lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let at = value["timeSeconds"].as_f64().unwrap();
        assert!(at >= last, "{line}");
        assert!(value["event"].is_string(), "{line}");
        last = at;
    }
    assert!(last > 0.0);
}

#[test]
fn a_report_goes_whole_to_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    let output = rtcscope(&[
        "report",
        &sample(),
        "--format",
        "json",
        "-o",
        path.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    let value: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(value["schema"], "rtcscope-report/1");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn colour_comes_when_asked_for_only() {
    let plain = rtcscope(&["report", &sample()]);
    assert!(!plain.stdout.contains(&0x1b));
    let coloured = rtcscope(&["report", &sample(), "--color", "always"]);
    assert!(coloured.stdout.contains(&0x1b));
    let stripped = anstream::adapter::strip_bytes(&coloured.stdout).into_vec();
    assert!(stripped == plain.stdout);
    let never = rtcscope(&["report", &sample(), "--color", "never"]);
    assert!(never.stdout == plain.stdout);
}

#[test]
fn a_reader_that_had_enough_is_no_failure() {
    let mut child = command(&["report", "--format", "json", &sample()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{:?}", output.stderr);
    assert!(output.stderr.is_empty(), "{:?}", output.stderr);
}

#[test]
fn text_lines_fit_80_columns() {
    for name in [
        "videoroom-http",
        "lossy",
        "ice-failure-auth",
        "dtls-failure-offer",
    ] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("captures/{name}/capture.pcapng"));
        let output = rtcscope(&["report", path.to_str().unwrap()]);
        for line in stdout(&output).lines() {
            let width = unicode_width::UnicodeWidthStr::width(line);
            // A word that is longer than the page, such as a URL, stands on a line of its own.
            let words = line.split_whitespace().count();
            assert!(width <= 80 || words == 1, "{name}: {width}: {line}");
        }
    }
}

#[test]
fn what_strangers_wrote_cannot_act_on_the_terminal() {
    // Display name and SDP travel in plain JSON in this capture, the STUN server's software in its answers.
    let mut bytes = fs::read(sample()).unwrap();
    for (from, to) in [
        ("alice", "\u{9b}\u{202e}"),
        ("VP8", "\u{202e}"),
        ("Coturn", "C\x1b[5mn"),
    ] {
        replace_all(&mut bytes, from.as_bytes(), to.as_bytes());
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    for format in ["text", "json", "ndjson"] {
        let output = rtcscope(&["report", "--format", format, file.path().to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{format}");
        let shown = stdout(&output);
        assert!(!shown.contains(acts_on_terminal), "{format}");
        assert!(shown.contains("202e"), "{format}");
    }
}

/// Replaces in place; both of one length, so that the capture stays sound.
fn replace_all(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut at = 0;
    while let Some(found) = bytes[at..]
        .windows(from.len())
        .position(|window| window == from)
    {
        bytes[at + found..at + found + to.len()].copy_from_slice(to);
        at += found + to.len();
    }
}
#[test]
fn fail_on_turns_findings_into_status_1() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/ice-failure-blocked/capture.pcapng");
    let path = path.to_str().unwrap();
    assert_eq!(
        rtcscope(&["report", path, "--fail-on", "error"])
            .status
            .code(),
        Some(1)
    );
    assert_eq!(rtcscope(&["report", path]).status.code(), Some(0));
    assert_eq!(
        rtcscope(&["report", &sample(), "--fail-on", "error"])
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn a_filter_that_is_none_is_shown_with_its_place() {
    let path = sample();
    let output = rtcscope(&["report", "--filter", "stream.packetLost > 10", &path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "rtcscope: filter: no field is called `stream.packetLost`; did you mean `stream.packetsLost`?

  stream.packetLost > 10
  ^^^^^^^^^^^^^^^^^

`rtcscope report --filter help` explains filters and lists the fields
"
    );
}

#[test]
fn a_filters_controls_never_reach_the_terminal() {
    let output = rtcscope(&[
        "report",
        "--filter",
        "call.outcome == \u{1b}[31m\u{202e}",
        &sample(),
    ]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!message.contains(acts_on_terminal), "{message:?}");
}

#[test]
fn a_filter_leaves_calls_out_and_says_so_in_every_format() {
    let path = sample();
    let report = |format| {
        rtcscope(&[
            "report",
            "--format",
            format,
            "--filter",
            "call.id == pc-2",
            &path,
        ])
    };
    let text = report("text");
    assert!(
        stdout(&text).contains("Shown: 1\u{a0}of\u{a0}2\u{a0}calls")
            || stdout(&text).contains("Shown: 1 of 2 calls")
    );
    assert!(stdout(&text).contains("Call 2") && !stdout(&text).contains("Call 1 "));
    let json = report("json");
    let json: serde_json::Value = serde_json::from_str(stdout(&json)).unwrap();
    assert_eq!(
        json["filter"],
        serde_json::json!({"expression": "call.id == pc-2", "shown": 1, "of": 2})
    );
    let calls = json["peerConnections"].as_array().unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["id"], "pc-2");
    for list in ["streams", "dtls", "verdicts"] {
        for row in json[list].as_array().unwrap() {
            assert_eq!(row["peerConnection"], "pc-2", "{list}");
        }
    }
    let ndjson = report("ndjson");
    let mut lines = stdout(&ndjson).lines();
    assert!(lines.next().unwrap().contains("\"event\":\"filter\""));
    assert!(lines.clone().count() > 10);
    assert!(lines.all(|line| !line.contains("\"peerConnection\":\"pc-1\"")));
}

#[test]
fn only_what_is_reported_counts_for_fail_on() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/ice-failure-auth/capture.pcapng");
    let path = path.display().to_string();
    let code = |filter| {
        let arguments = ["report", "--fail-on", "error", "--filter", filter, &path];
        rtcscope(&arguments).status.code()
    };
    assert_eq!(code("call.outcome == failed"), Some(1));
    assert_eq!(code("call.outcome == ok"), Some(0));
}

#[test]
fn filter_help_lists_the_fields() {
    let output = rtcscope(&["report", "--filter", "help"]);
    assert_eq!(output.status.code(), Some(0));
    for name in ["call.outcome", "stream.packetsLost", "http.path", "ip "] {
        assert!(stdout(&output).contains(name), "{name}");
    }
}

/// Numbers of packets that `report` counts in a capture.
fn packets(path: &Path) -> u64 {
    let output = rtcscope(&["report", "--format", "json", path.to_str().unwrap()]);
    assert!(output.status.success());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["capture"]["packets"].as_u64().unwrap()
}

#[test]
fn packets_that_pass_are_exported_and_tell_the_same_call_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("second.pcapng");
    let out = path.to_str().unwrap();
    let arguments = ["export", "frames", "--filter", "call.id == pc-2", "-o", out];
    let output = rtcscope(&[&arguments[..], &[&sample()]].concat());
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert!(message.contains("of 1 334 packets written"), "{message}");
    assert!(packets(&path) > 400);
    let report = rtcscope(&["report", out]);
    assert!(stdout(&report).contains("← videoroom 100 (subscriber)"));
    assert!(stdout(&report).contains("1 call: ● 1 ok"));
    // The same to standard output.
    let arguments = ["export", "frames", "--filter", "call.id == pc-2", "-o", "-"];
    let output = rtcscope(&[&arguments[..], &[&sample()]].concat());
    assert_eq!(output.stdout, fs::read(&path).unwrap());
}

#[test]
fn secrets_go_along_for_what_is_exported_and_only_for_that() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/tls");
    let (capture, keys) = (folder.join("capture.pcapng"), folder.join("keys.log"));
    let dir = tempfile::tempdir().unwrap();
    let export = |name: &str, filter: &str, more: &[&str]| {
        let path = dir.path().join(name);
        let mut arguments = vec!["export", "frames", "--filter", filter, "-o"];
        arguments.extend([path.to_str().unwrap(), capture.to_str().unwrap()]);
        if keys.exists() {
            arguments.extend(["--keylog", keys.to_str().unwrap()]);
        }
        arguments.extend(more);
        let output = rtcscope(&arguments);
        assert!(output.status.success(), "{output:?}");
        (path, String::from_utf8(output.stderr).unwrap())
    };
    let http = |path: &Path| {
        let output = rtcscope(&["report", "--format", "json", path.to_str().unwrap()]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report["http"].as_array().unwrap().len()
    };
    let (path, message) = export("http.pcapng", "http.status == 200", &[]);
    assert!(message.contains("with the secrets of"), "{message}");
    assert!(http(&path) > 0, "decrypted without the key log");
    let (path, message) = export("bare.pcapng", "http.status == 200", &["--no-secrets"]);
    assert!(message.contains("without the secrets"), "{message}");
    assert_eq!(http(&path), 0);
    let (_, message) = export("one.pcapng", "http.id == http-1", &[]);
    assert!(message.contains("secrets of 1 handshake"), "{message}");
}

#[test]
fn an_export_that_makes_no_sense_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.pcapng");
    let out = path.to_str().unwrap();
    let frames = ["export", "frames", "--filter"];
    let sample = sample();
    let with = |rest: &[&str]| {
        let rest = rest.iter().map(|it| (*it).to_owned());
        let all = frames.iter().map(|it| (*it).to_owned()).chain(rest);
        all.collect::<Vec<String>>()
    };
    let refused = |rest: &[&str], words: &[&str]| {
        let arguments = with(rest);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        check_refused(&arguments, words);
    };
    refused(&["stun", &sample], &["-o OUT.pcapng"]);
    refused(&["stun", "-o", &sample, &sample], &["one of the captures"]);
    // A mistake is shown in its place, on lines of its own.
    let output = rtcscope(&[
        "export",
        "frames",
        "--filter",
        "call.outcom == ok",
        "-o",
        out,
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("did you mean `call.outcome`")
    );
    // Nothing passes: nothing is written.
    let output = rtcscope(&["export", "frames", "--filter", "call.id == pc-9", "-o", out]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!path.exists());
    let help = rtcscope(&["export", "frames", "--filter", "help"]);
    assert!(stdout(&help).contains("packet.payload"));
}
