//! Captures to play lessons on.

use std::path::Path;
use std::path::PathBuf;

use rtcscope::analyzer::analysis::Analysis;
use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::analyzer::pipeline::analyze;
use rtcscope::ingest::frame_reader::FrameReader;
use rtcscope::ingest::index::FrameIndex;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Source;
use rtcscope::lessons::desk::Desk;
use rtcscope::lessons::lesson::Step;
use rtcscope::lessons::library;
use rtcscope::lessons::play;
use rtcscope::lessons::play::Shown;
use rtcscope::tui::packet::known::Known;
use rtcscope::tui::packet::tree::tree;
use rtcscope::vocab::frame::Frame;

/// A capture that was read.
pub(crate) struct Bench {
    pub(crate) name: String,
    pub(crate) analysis: Analysis,
    pub(crate) index: FrameIndex,
    known: Known,
    /// Secrets that came with it, as a key log.
    pub(crate) secrets: Vec<u8>,
}

impl Bench {
    pub(crate) fn built_in(name: &str) -> Self {
        let capture = library::capture(name).unwrap();
        let mut analyzer = Analyzer::default();
        analyzer.add_key_log(capture.key_log);
        let mut bench = Self::read(name, capture.input(), analyzer).unwrap();
        bench.secrets = [&secrets(capture.bytes), capture.key_log].concat();
        bench
    }

    /// `None` for a file that is no capture.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        let name = path.display().to_string();
        let mut bench = Self::read(&name, Input::Path(path.to_owned()), Analyzer::default())?;
        bench.secrets = secrets(&std::fs::read(path).ok()?);
        Some(bench)
    }

    fn read(name: &str, input: Input, mut analyzer: Analyzer) -> Option<Self> {
        let mut source = Source::open(vec![input]).ok()?;
        analyze(&mut source, &mut analyzer, |_, _| true);
        let analysis = analyzer.into_analysis(source.files());
        Some(Self {
            name: name.to_owned(),
            secrets: Vec::new(),
            known: Known::of(&analysis.scene),
            index: source.index(),
            analysis,
        })
    }

    pub(crate) fn show(&self, step: &Step, columns: usize) -> Shown {
        let dissect = |frame: &Frame<'_>| tree(frame, &self.known);
        let frames = FrameReader::new(self.index.clone());
        let mut desk = Desk::new(&self.analysis, frames, &dissect);
        play::show(step, &mut desk, columns)
    }
}

/// What the decryption secrets blocks of a little-endian pcapng file hold; nothing for other files.
fn secrets(file: &[u8]) -> Vec<u8> {
    let (mut rest, mut found) = (file, Vec::new());
    while let Some((head, _)) = rest.split_first_chunk::<8>() {
        let word = |at: usize| u32::from_le_bytes(*head[at..].first_chunk().unwrap());
        let length = usize::try_from(word(4)).unwrap();
        let Some((block, after)) = rest.split_at_checked(length).filter(|_| length >= 12) else {
            break;
        };
        if word(0) == 0x0a {
            found.extend_from_slice(block);
        }
        rest = after;
    }
    found
}

/// Every capture there is to play on: built in, recorded in the lab, and the public ones of WebRTC.
pub(crate) fn every_capture(mut play: impl FnMut(&Bench)) {
    for capture in library::CAPTURES {
        play(&Bench::built_in(capture.name));
    }
    for path in lab().into_iter().chain(public()) {
        if let Some(bench) = Bench::open(&path) {
            play(&bench);
        }
    }
}

fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/captures")
        .join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

fn lab() -> Vec<PathBuf> {
    let Some(folder) = shared("lab") else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    for scenario in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(scenario.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let derived = path.parent().is_some_and(|it| it.ends_with("derived"));
            if name == "alice.pcapng" || (derived && name.contains(".pcap")) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    assert!(paths.len() > 20, "only {} captures", paths.len());
    paths
}

fn public() -> Vec<PathBuf> {
    let Some(folder) = shared("public") else {
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("index.tsv")).unwrap();
    let rows = index
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let of_webrtc = rows.filter(|row| row.get(1) == Some(&"webrtc"));
    of_webrtc.map(|row| folder.join(row[0])).collect()
}
