//! The book in `docs/` does what it says: every command it prints runs, every link leads somewhere, every capture names its scenario.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The pages of the book: name, text.
fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

/// Lines of the blocks marked `sh` that run rtcscope.
fn commands(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line.trim_end() == "```sh";
        } else if inside && line.contains("rtcscope ") {
            found.push(line);
        }
    }
    found
}

#[test]
fn every_command_of_the_book_runs() {
    let folder = tempfile::tempdir().unwrap();
    let sample = root().join("captures/videoroom-http");
    for name in ["call.pcapng", "client.pcapng", "server.pcapng"] {
        std::fs::copy(sample.join("capture.pcapng"), folder.path().join(name)).unwrap();
    }
    std::fs::copy(sample.join("keys.log"), folder.path().join("keys.log")).unwrap();
    let program = cargo_bin("rtcscope");
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut count = 0;
    for (page, text) in pages() {
        if page == "CONTRIBUTING.md" {
            continue;
        }
        for command in commands(&text) {
            let output = Command::new("sh")
                .args(["-c", command])
                .current_dir(folder.path())
                .env("PATH", &path)
                .env("RTCSCOPE_CONFIG", folder.path().join("config.toml"))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{page}: `{command}`: {said}");
            assert!(
                !output.stdout.is_empty() || command.contains(" -o "),
                "{page}: `{command}`"
            );
            count += 1;
        }
    }
    assert!(count > 15, "only {count} commands");
}

#[test]
fn every_link_of_the_book_leads_somewhere() {
    for (page, text) in pages() {
        for target in text.split("](").skip(1) {
            let target = target.split(')').next().unwrap();
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") || file.starts_with("term:") {
                continue;
            }
            assert!(root().join("docs").join(file).exists(), "{page}: {target}");
        }
    }
}

#[test]
fn every_capture_names_the_scenario_that_makes_it_again() {
    let lab = root().join("captures/lab");
    let scenarios = std::fs::read_to_string(lab.join("scenarios.mjs")).unwrap();
    for entry in std::fs::read_dir(root().join("captures")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if name == "lab" {
            continue;
        }
        let about = std::fs::read_to_string(folder.join("about.md")).unwrap();
        let line = about.lines().find(|line| line.starts_with("Scenario: "));
        let line = line.unwrap_or_default();
        assert!(!line.is_empty(), "{name} names no scenario");
        let named = line.split('`').nth(1).unwrap_or_default();
        let listed = scenarios.contains(&format!("'{named}': scenario("));
        // Texts are no recording: a program of the lab writes them.
        let program = lab.join(named);
        let written = program.extension().is_some_and(|it| it == "mjs") && program.exists();
        assert!(
            listed || written,
            "{name}: the lab has neither scenario nor program {named}"
        );
    }
}
