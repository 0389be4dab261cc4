//! The README shows what the program prints.

use std::fs;
use std::path::Path;

/// What is wrong with the README, if anything; with `accept`, it is put right instead.
pub(crate) fn check(accept: bool) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).expect("a README");
    let report = root.join("captures/lossy/report.txt");
    let report = fs::read_to_string(report).expect("the accepted report");
    let shown = with_excerpt(&readme, &first_call(&report));
    if accept {
        fs::write(&path, shown).expect("the README can be written");
        return None;
    }
    (readme != shown).then(|| "README.md shows another report than captures/lossy".into())
}

/// From the line of the first call to that of the second.
fn first_call(report: &str) -> String {
    let begins = |line: &&str, number: u8| line.contains(&format!(" Call {number}  "));
    let lines: Vec<&str> = report
        .lines()
        .skip_while(|line| !begins(line, 1))
        .take_while(|line| !begins(line, 2))
        .collect();
    assert!(lines.len() > 10, "a call has more to say: {lines:?}");
    lines.join("\n").trim_end().to_owned()
}

/// The README with what stands between its two marks replaced.
fn with_excerpt(readme: &str, excerpt: &str) -> String {
    let (before, rest) = readme.split_once(BEGIN).expect("the first mark");
    let (_, after) = rest.split_once(END).expect("the second mark");
    format!("{before}{BEGIN}\n\n```text\n{excerpt}\n```\n\n{END}{after}")
}

const BEGIN: &str = "<!-- from captures/lossy/report.txt -->";
const END: &str = "<!-- end -->";
