//! How the terminal UI behaves on a very large capture: first screen, keys while it is read and after, memory, and drawing.
//!
//! ```sh
//! cargo bench --bench screens                          # ten million packets: writes a file of 1.2 GB for the time of the run
//! PACKETS=1000000 cargo bench --bench screens          # fewer
//! CAPTURE=/data/large.pcap cargo bench --bench screens # a file of one's own
//! ```
//!
//! The file is a recorded call, repeated: one call after the other, each with addresses of its own, and packets cut at 96 bytes as by `-s 96`. The program
//! runs in a pseudo-terminal, and what counts is when its answer is on the screen.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement that cannot go on ends"
)]

use std::fs::File;
use std::io::BufWriter;
use std::io::Read;
use std::io::Write;
use std::num::NonZeroU16;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use portable_pty::CommandBuilder;
use portable_pty::PtySize;
use portable_pty::native_pty_system;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;
use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::analyzer::pipeline::analyze;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use rtcscope::tui::effect::News;
use rtcscope::tui::screens::render;
use rtcscope::tui::state::State;
use rtcscope::tui::theme::Theme;
use rtcscope::tui::theme::palette::Palette;
use rtcscope::tui::update;
use rtcscope::tui::worker::Worker;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let packets = std::env::var("PACKETS").map_or(10_000_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let capture = std::env::var_os("CAPTURE").map_or_else(
        || {
            let path = folder.path().join("large.pcap");
            let size = repeat(&path, packets);
            println!("{packets} packets, {} MB", size / 1_000_000);
            path
        },
        PathBuf::from,
    );
    let mut session = Session::start(&capture);
    session.shows("1 Calls");
    session.report("first screen", FIRST_SCREEN);
    session.key("2", "no.");
    session.report("a key while it is read", KEY);
    session.waits_for_the_end();
    session.asked = session.started;
    session.report("read to the end", None);
    for (name, key, words) in [
        ("the list of calls", "1", "outcome"),
        ("its last line", "G", "outcome"),
        ("all packets", "2", "no."),
        ("the last packet", "G", "Frame"),
        ("a screen up", "\u{1b}[5~", "Frame"),
        ("a line up", "k", "Frame"),
        ("conversations", "5", "Flows by time"),
        ("findings", "3", "Findings"),
    ] {
        session.key(key, words);
        session.report(name, KEY);
    }
    session.key("2", "no.");
    session.key(&format!("g{}\r", packets / 2), "Frame");
    session.report("the frame in the middle", KEY);
    let (now, most) = session.memory();
    println!("{:<28} {now:>7} MB, at most {most} MB (aim: 300)", "memory");
    session.press("\u{3}");
    drop(session);
    draw(capture);
}

/// Draws each page of the loaded capture again and again, without a terminal.
fn draw(capture: PathBuf) {
    let mut source = Source::open(vec![Input::Path(capture)]).unwrap();
    let mut analyzer = Analyzer::default();
    analyze(&mut source, &mut analyzer, |_, _| true);
    let analysis = Arc::new(analyzer.into_analysis(source.files()));
    let (sender, _news) = mpsc::channel();
    let mut worker = Worker::new(source.index(), sender, mpsc::channel().1);
    let theme = Theme::new(Palette::Dark, false);
    let mut state = State::new(vec!["large.pcap".to_owned()], theme, (200, 60));
    for news in [
        News::Snapshot(analysis, source.files().into()),
        News::Loaded,
    ] {
        let effects = update::hear(&mut state, news);
        worker.perform(effects, &mut state);
    }
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
    for (name, keys) in [
        ("calls", "1"),
        ("packets", "2"),
        ("findings", "3"),
        ("HTTP", "4"),
        ("conversations", "5"),
        ("a call's timeline", "1\n"),
        ("its ladder", "\t"),
    ] {
        for key in keys.chars() {
            let code = match key {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                other => KeyCode::Char(other),
            };
            let event = KeyEvent::new(code, KeyModifiers::NONE);
            let effects = update::press(&mut state, event);
            worker.perform(effects, &mut state);
            loop {
                let effects = update::settle(&mut state);
                if effects.is_empty() {
                    break;
                }
                worker.perform(effects, &mut state);
            }
        }
        let started = Instant::now();
        for _ in 0..DRAWN {
            terminal.draw(|frame| render(frame, &state)).unwrap();
        }
        let each = started.elapsed().as_secs_f64() * 1e3 / f64::from(DRAWN);
        println!("{:<28} {each:>7.2} ms (aim: 5)", format!("drawing {name}"));
    }
}

/// Writes a call again and again until there are `packets`; gives the size of the file.
fn repeat(path: &Path, packets: u64) -> u64 {
    let lossy = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/lossy/capture.pcapng");
    let mut source = Source::open(vec![Input::Path(lossy)]).unwrap();
    let mut frames: Vec<(u64, usize, Vec<u8>)> = Vec::new();
    while let Some(item) = source.pull() {
        if let Item::Frame(frame) = item {
            let bytes = frame
                .data
                .get(..CUT.min(frame.data.len()))
                .unwrap()
                .to_vec();
            frames.push((frame.at.nanos(), frame.original_length as usize, bytes));
        }
    }
    let start = frames.first().unwrap().0;
    let length = frames.last().unwrap().0 - start + 1_000_000_000;
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    // Nanoseconds, Ethernet.
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 0x0004_0000, 1] {
        out.write_all(&word.to_le_bytes()).unwrap();
    }
    let (mut written, mut size) = (0, 24);
    for round in 0_u64.. {
        for (at, original, bytes) in &frames {
            if written == packets {
                out.flush().unwrap();
                return size;
            }
            let at = at + round * length;
            let mut bytes = bytes.clone();
            // IPv4 addresses: a call of its own.
            if bytes.get(12..14) == Some(&[8, 0]) {
                for place in [27, 31] {
                    if let Some(byte) = bytes.get_mut(place) {
                        *byte = byte.wrapping_add((round % 251) as u8);
                    }
                }
            }
            let head = [
                (at / 1_000_000_000) as u32,
                (at % 1_000_000_000) as u32,
                bytes.len() as u32,
                *original as u32,
            ];
            for word in head {
                out.write_all(&word.to_le_bytes()).unwrap();
            }
            out.write_all(&bytes).unwrap();
            written += 1;
            size += 16 + bytes.len() as u64;
        }
    }
    size
}

struct Session {
    _pair: portable_pty::PtyPair,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    started: Instant,
    asked: Instant,
    answered: Instant,
}

impl Session {
    fn start(capture: &Path) -> Self {
        let size = PtySize {
            rows: 60,
            cols: 200,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rtcscope"));
        command.arg(capture);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env("RTCSCOPE_CONFIG", "no/such/config.toml");
        let asked = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let [rows, columns] = [60, 200].map(|it| NonZeroU16::new(it).unwrap());
        Self {
            _pair: pair,
            child,
            keys,
            output,
            screen: vt100::Parser::new(rows, columns, 0),
            started: asked,
            asked,
            answered: asked,
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Presses a key and waits until the screen has changed and shows `words`.
    fn key(&mut self, keys: &str, words: &str) {
        while let Ok(bytes) = self.output.recv_timeout(QUIET) {
            self.screen.process(&bytes);
        }
        let before = self.screen.screen().contents();
        self.asked = Instant::now();
        self.press(keys);
        self.wait(|text| text != before && text.contains(words));
    }

    fn shows(&mut self, words: &str) {
        self.wait(|text| text.contains(words));
    }

    /// The progress in the title is over.
    fn waits_for_the_end(&mut self) {
        self.wait(|text| {
            let title = text.lines().next().unwrap_or_default();
            !title.contains(" % ") && !title.contains("reading")
        });
    }

    fn wait(&mut self, is_there: impl Fn(&str) -> bool) {
        loop {
            let text = self.screen.screen().contents();
            if is_there(&text) {
                self.answered = Instant::now();
                return;
            }
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(mpsc::RecvTimeoutError::Timeout | mpsc::RecvTimeoutError::Disconnected) => {
                    panic!("no answer:\n{text}")
                }
            }
        }
    }

    fn report(&self, name: &str, aim: Option<Duration>) {
        let took = self.answered - self.asked;
        let aim = aim.map_or_else(String::new, |aim| format!(" (aim: {})", aim.as_millis()));
        println!("{name:<28} {:>7.1} ms{aim}", took.as_secs_f64() * 1e3);
    }

    /// Resident now and at most, megabytes; of Linux only.
    fn memory(&self) -> (u64, u64) {
        let id = self.child.process_id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let of = |name: &str| {
            let mut lines = status.lines().filter_map(|line| line.strip_prefix(name));
            let words = lines.next().and_then(|line| line.split_whitespace().next());
            words.map_or(0, |word| word.parse::<u64>().unwrap() / 1_000)
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bytes kept of a packet.
const CUT: usize = 96;
/// Silence after which the screen is taken to be at rest.
const QUIET: Duration = Duration::from_millis(120);
/// How often each page is drawn.
const DRAWN: u32 = 50;
const PATIENCE: Duration = Duration::from_secs(120);
const FIRST_SCREEN: Option<Duration> = Some(Duration::from_millis(150));
const KEY: Option<Duration> = Some(Duration::from_millis(50));
