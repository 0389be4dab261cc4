//! The work on two threads says what it says on one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use rtcscope::analyzer::analysis::Analysis;
use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::{Item, Source};
use rtcscope::report::json;
use rtcscope::vocab::frame::{Frame, LinkType};
use rtcscope::vocab::ids::FrameNumber;
use rtcscope::vocab::time::Timestamp;

/// A frame that outlives its file.
struct Kept {
    at: Timestamp,
    link: LinkType,
    original_length: u32,
    data: Vec<u8>,
}

/// A capture's frames and secrets; frames `cut` at a snap length.
fn read(path: &Path, cut: usize) -> (Vec<Kept>, Vec<Vec<u8>>) {
    let mut source = Source::open(vec![Input::Path(path.to_owned())]).unwrap();
    let (mut frames, mut secrets) = (Vec::new(), Vec::new());
    while let Some(item) = source.pull() {
        match item {
            Item::Frame(frame) => frames.push(Kept {
                at: frame.at,
                link: frame.link,
                original_length: frame.original_length,
                data: frame.data[..frame.data.len().min(cut)].to_vec(),
            }),
            Item::Secrets { text, .. } => secrets.push(text.to_vec()),
            Item::Name { .. } => {}
        }
    }
    (frames, secrets)
}

/// The capture, again and again, one hour later each time, until there is enough for a second thread; `looks` at what is known by then.
fn run(mut analyzer: Analyzer, capture: &(Vec<Kept>, Vec<Vec<u8>>), looks: usize) -> Analysis {
    let (frames, secrets) = capture;
    for text in secrets {
        analyzer.add_key_log(text);
    }
    let rounds = ENOUGH.div_ceil(frames.len().max(1));
    let every = (rounds * frames.len()) / (looks + 1) + 1;
    let mut number = 0;
    for round in 0..rounds {
        let later = Duration::from_secs(3600) * round as u32;
        for kept in frames {
            number += 1;
            analyzer.push(&Frame {
                number: FrameNumber::new(0, number),
                at: kept.at.after(later),
                original_length: kept.original_length,
                link: kept.link,
                interface: 0,
                data: &kept.data,
            });
            if looks > 0 && (number as usize).is_multiple_of(every) {
                analyzer.snapshot(&[]);
            }
        }
    }
    analyzer.finish();
    analyzer.into_analysis(&[])
}

fn report(analysis: &Analysis) -> String {
    let mut out = Vec::new();
    json::write(analysis, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn two_threads_say_what_one_says() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut checked = 0;
    for entry in fs::read_dir(captures).unwrap() {
        let path = entry.unwrap().path().join("capture.pcapng");
        if !path.is_file() {
            continue;
        }
        for (cut, looks) in [(usize::MAX, 3), (80, 0)] {
            let capture = read(&path, cut);
            let one = report(&run(Analyzer::default(), &capture, 0));
            let two = report(&run(Analyzer::default().on_two_threads(), &capture, looks));
            assert!(
                one == two,
                "{}, cut at {cut}, {looks} looks",
                path.display()
            );
        }
        checked += 1;
    }
    assert!(checked > 10, "only {checked} captures");
}

/// Frames after which a second thread has long begun.
const ENOUGH: usize = 14_000;
