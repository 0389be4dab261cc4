//! Golden reports: what the text and JSON reports say of each recorded call in `captures/`.
//!
//! `captures/<name>/report.txt` and `report.json` hold the expected output, `filtered.txt` and `filtered.json` that of a filter. After a change that is meant, look at the difference:
//!
//! ```text
//! RTCSCOPE_ACCEPT=1 cargo test --test golden && git diff captures
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assert_cmd::cargo::CommandCargoExt;

#[path = "golden/readme.rs"]
mod readme;

/// Captures whose report is also kept with a filter, and that filter.
const FILTERED: &[(&str, &str)] = &[(
    "videoroom-http",
    "stream.from == b and stream.kind == video and stream.packets > 10",
)];

#[test]
fn reports_are_as_accepted() {
    let accept = std::env::var_os("RTCSCOPE_ACCEPT").is_some();
    let mut differing = Vec::new();
    for capture in captures() {
        let filters = FILTERED.iter().filter(|(name, _)| capture.ends_with(name));
        let filtered = filters.flat_map(|&(_, filter)| {
            let expression = Some(filter);
            [
                ("text", "filtered.txt", expression),
                ("json", "filtered.json", expression),
            ]
        });
        let whole = [("text", "report.txt", None), ("json", "report.json", None)];
        for (format, name, filter) in whole.into_iter().chain(filtered) {
            let report = report(&capture, format, filter);
            let golden = capture.join(name);
            if accept {
                fs::write(&golden, &report).unwrap();
                continue;
            }
            let expected = fs::read_to_string(&golden).unwrap_or_default();
            if expected != report {
                differing.push(difference(&golden, &expected, &report));
            }
        }
    }
    differing.extend(readme::check(accept));
    assert!(
        differing.is_empty(),
        "{}\nIf this is meant: RTCSCOPE_ACCEPT=1 cargo test --test golden",
        differing.join("\n")
    );
}

#[test]
fn every_capture_tells_its_story() {
    for capture in captures() {
        let about = fs::read_to_string(capture.join("about.md")).unwrap();
        for heading in [
            "# ",
            "## What to notice",
            "## How it was recorded",
            "Licence: ",
        ] {
            assert!(
                about.contains(heading),
                "{}: no `{heading}`",
                capture.display()
            );
        }
    }
}

/// The report, as a user in the capture's own folder gets it: no path of any machine is in it.
fn report(capture: &Path, format: &str, filter: Option<&str>) -> String {
    let mut command = Command::cargo_bin("rtcscope").unwrap();
    command
        .current_dir(capture)
        .args(["report", "--format", format, "capture.pcapng"])
        .stdin(Stdio::null());
    if let Some(filter) = filter {
        command.args(["--filter", filter]);
    }
    if capture.join("keys.log").exists() {
        command.args(["--keylog", "keys.log"]);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}: {:?}",
        capture.display(),
        output.stderr
    );
    String::from_utf8(output.stdout).unwrap()
}

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut captures: Vec<PathBuf> = entries
        .filter(|path| path.join("capture.pcapng").exists())
        .collect();
    captures.sort();
    assert!(captures.len() >= 6, "captures are missing");
    captures
}

/// The first lines that differ.
fn difference(golden: &Path, expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (expected.next(), found.next()) {
            (was, is) if was == is && was.is_some() => {}
            (was, is) => {
                return format!(
                    "{}:{number}\n  was {}\n  is  {}",
                    golden.display(),
                    was.unwrap_or("(end)"),
                    is.unwrap_or("(end)")
                );
            }
        }
    }
}
