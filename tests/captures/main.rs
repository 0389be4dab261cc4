//! Recorded calls against those who know better: the browsers that made them, a collection's own facts, and tshark.
//!
//! | module | judge |
//! | --- | --- |
//! | [`keyless`] | the same browser, about its encrypted calls without their keys |
//! | [`pairs`] | the browser, about each candidate pair |
//! | [`truth`] | the browser: its logs and its statistics, recorded with each call |
//! | [`public`] | facts about a public collection of captures, as its keepers and other programs counted them |
//! | [`tshark`] | tshark, where it is installed |
//!
//! What is compared is the JSON report, so that its contract is tested with it. A difference that we have looked into stands in a
//! list, with who is right and why; a listed difference that has gone must leave the list.

mod keyless;
mod pairs;
mod public;
mod truth;
mod tshark;

use std::path::Path;
use std::path::PathBuf;

use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::ingest::error::IngestError;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use rtcscope::report::json;
use serde_json::Value;

/// Which secrets a report may use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Those in the capture file, and of our own captures the key log beside it.
    All,
    /// None.
    None,
}

/// The JSON report of a capture; of its frames up to `until` (nanoseconds since the Unix epoch) only, where that is given.
fn report(path: &Path, until: Option<u64>, keys: Keys) -> Result<Value, IngestError> {
    let mut source = Source::open(vec![Input::Path(path.to_owned())])?;
    let mut analyzer = Analyzer::default();
    if keys == Keys::All && path.ends_with("capture.pcapng") {
        let log = std::fs::read(path.with_file_name("keys.log"));
        analyzer.add_key_log(&log.unwrap_or_default());
    }
    while let Some(item) = source.pull() {
        match item {
            Item::Frame(frame) if until.is_some_and(|until| frame.at.nanos() > until) => {}
            Item::Frame(frame) => analyzer.push(&frame),
            Item::Secrets { .. } if keys == Keys::None => {}
            Item::Secrets { text, .. } => analyzer.add_key_log(text),
            Item::Name { address, name, .. } => analyzer.add_name(address, name),
        }
    }
    analyzer.finish();
    let mut text = Vec::new();
    json::write(&analyzer.snapshot(source.files()), &mut text).expect("memory takes it");
    Ok(serde_json::from_slice(&text).expect("a report is JSON"))
}

/// Points on which a report was compared, and those where it differs.
#[derive(Default)]
struct Comparison {
    points: usize,
    differences: Vec<String>,
}

impl Comparison {
    /// Counts a point; `detail` says both sides, for when they differ.
    fn point(&mut self, what: &str, agreed: bool, detail: impl FnOnce() -> String) {
        self.points += 1;
        if !agreed {
            self.differences.push(format!("{what}: {}", detail()));
        }
    }

    /// Counts a point on which two values must be equal.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "points read better without an ampersand before each number"
    )]
    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, ours: T, theirs: T) {
        let agreed = ours == theirs;
        self.point(what, agreed, || format!("{ours:?} instead of {theirs:?}"));
    }
}

/// A difference that was looked into: capture, beginning of the difference, who is right and why.
type Known = (&'static str, &'static str, &'static str);

/// Fails with every difference that is not known, and every known one that is gone.
#[track_caller]
fn judge(found: &[(String, Comparison)], known: &[Known]) {
    let mut wrong = Vec::new();
    let mut used = vec![false; known.len()];
    for (capture, comparison) in found {
        for difference in &comparison.differences {
            let listed = known
                .iter()
                .position(|(name, start, _)| name == capture && difference.starts_with(start));
            match listed {
                Some(place) => used[place] = true,
                None => wrong.push(format!("{capture}: {difference}")),
            }
        }
    }
    let compared = |name: &str| found.iter().any(|(capture, _)| capture == name);
    for ((capture, start, _), used) in known.iter().zip(used) {
        if !used && compared(capture) {
            wrong.push(format!(
                "{capture}: {start}: known, but gone: take it off the list"
            ));
        }
    }
    let points: usize = found.iter().map(|(_, comparison)| comparison.points).sum();
    println!("{} captures, {points} points", found.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Recorded calls of the project, with a capture each.
fn own_captures() -> Vec<PathBuf> {
    let folder = root().join("captures");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the recorded calls")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.join("capture.pcapng").exists())
        .collect();
    found.sort();
    assert!(found.len() >= 6, "{found:?}");
    found
}

/// A folder of captures that lies beside the project on some machines; says so when it does not.
fn shared(folder: &str) -> Option<PathBuf> {
    let path = root().join("../shared/captures").join(folder);
    if !path.is_dir() {
        println!("skipped: no {}", path.display());
        return None;
    }
    Some(path)
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().expect("a capture has a name");
    name.to_string_lossy().into_owned()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The elements of a JSON array; of nothing, none.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A JSON string; of nothing, the empty one.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A JSON number that counts; of nothing, 0.
fn count(value: &Value) -> i64 {
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|number| number as i64))
        .unwrap_or_default()
}
