//! Does what [`crate::tui::update`] asks for: reads frames, copies, saves, starts scans.

use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::thread;

use ratatui::crossterm::clipboard::CopyToClipboard;
use ratatui::crossterm::execute;

use crate::analyzer::analysis::Analysis;
use crate::ingest::frame_reader::FrameReader;
use crate::ingest::index::FrameIndex;
use crate::ingest::info::FileInfo;
use crate::ingest::live::session::Live;
use crate::ingest::raw::Input;
use crate::ingest::save::Marked;
use crate::ingest::save::Remarks;
use crate::ingest::save::save_frames;
use crate::lessons::library;
use crate::tui::compare::Compare;
use crate::tui::compare::sides::of_frame;
use crate::tui::config::Setting;
use crate::tui::config::place::remember;
use crate::tui::effect::Effect;
use crate::tui::effect::News;
use crate::tui::effect::Query;
use crate::tui::effect::Target;
use crate::tui::judge::judge;
use crate::tui::keymap::Scope;
use crate::tui::packet::summary::summary;
use crate::tui::privacy;
use crate::tui::privacy::masked;
use crate::tui::readings::Readings;
use crate::tui::reopen::Opener;
use crate::tui::reopen::reopen;
use crate::tui::scan::Collected;
use crate::tui::scan::collect;
use crate::tui::scan::scan;
use crate::tui::scan::secrets::Secrets;
use crate::tui::sheet::rows_of;
use crate::tui::state::State;
use crate::tui::state::filter::Filter;
use crate::tui::state::learn::Home;
use crate::tui::teach;
use crate::tui::text::counted;
use crate::tui::text::shown;
use crate::tui::watch::refilter;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Reads frames by number and does the rest of what is asked for.
#[derive(Debug)]
pub struct Worker {
    index: FrameIndex,
    reader: FrameReader,
    news: Sender<News>,
    /// The capture that runs.
    live: Option<Live>,
    /// The user's own frames, while those of a built-in capture stand in their place.
    own: Option<FrameIndex>,
    /// Says stop to the scan that runs for the page, for the call.
    scans: [Arc<AtomicBool>; 2],
    /// Says stop to what judges the rows of a list.
    judges: Vec<(Scope, Arc<AtomicBool>)>,
    /// Opens other captures.
    opener: Option<Opener>,
    /// Who reads.
    readings: Readings,
    /// Says stop to that.
    stop: Arc<AtomicBool>,
}

impl Worker {
    /// A worker over the frames of `index`; scans report to `news`, and what is read first comes on `reading`.
    pub fn new(index: FrameIndex, news: Sender<News>, reading: Receiver<News>) -> Self {
        Self {
            live: None,
            reader: FrameReader::new(index.clone()),
            index,
            news,
            own: None,
            scans: [Arc::default(), Arc::default()],
            judges: Vec::new(),
            opener: None,
            readings: Readings::new(reading),
            stop: Arc::default(),
        }
    }

    /// The same while `live` runs.
    #[must_use]
    pub fn watching(mut self, live: Option<Live>) -> Self {
        self.live = live;
        self
    }

    /// The same, and can open other captures.
    #[must_use]
    pub fn opening(mut self, opener: Opener) -> Self {
        self.opener = Some(opener);
        self
    }

    /// Does what is asked for. What fails is told to the user, not to the caller.
    pub fn perform(&mut self, effects: Vec<Effect>, state: &mut State) {
        for effect in effects {
            match effect {
                Effect::ReadLines(frames) => self.read_lines(&frames, state),
                Effect::LookAt(frame) => {
                    self.look_at(frame, state);
                    teach::light(state);
                }
                Effect::Scan {
                    target,
                    scan,
                    query,
                } => self.start_scan(target, scan, query),
                Effect::Judge {
                    scope,
                    number,
                    filter,
                    analysis,
                } => self.start_judging(scope, number, filter, analysis),
                Effect::StopScan(target) => self.slot(target).store(true, Ordering::Relaxed),
                Effect::Seek(at) => self.seek(at, state),
                Effect::Refilter(text) => {
                    if let Some(live) = &self.live {
                        refilter(live, &text, state);
                    }
                }
                Effect::Play(columns) => teach::play(&self.index, state, columns),
                Effect::OpenBuiltIn(name) => self.open_built_in(&name, state),
                Effect::OpenOwn => self.open_own(state),
                Effect::SaveProgress => teach::save(state),
                Effect::Copy(text) => {
                    let mask = state.mask_in_force().cloned();
                    let text = privacy::with(mask.as_ref(), || masked(&text).into_owned());
                    copy(&text, state);
                }
                Effect::Compare(frames) => self.compare(frames, state),
                Effect::Reopen {
                    inputs,
                    key_logs,
                    keep,
                } => self.start_reopening(inputs, key_logs, keep, state),
                Effect::Remember(setting) => keep(&setting, state),
                Effect::Save { path, frames } => self.save(&path, &frames, state),
                Effect::SaveCall { path, query } => self.start_save(path, query, state),
            }
        }
    }

    fn open_built_in(&mut self, name: &str, state: &mut State) {
        let Some((source, analysis)) = teach::built_in(name) else {
            return;
        };
        // What was opened by hand is the user's own: it stays within reach.
        if state.learn.built_in.is_none() {
            self.own = Some(self.index.clone());
            state.learn.home = Some(Home {
                analysis: Arc::clone(&state.analysis),
                files: Arc::clone(&state.files),
                names: std::mem::take(&mut state.names),
            });
        }
        self.turn_to(source.index());
        teach::show(
            state,
            analysis,
            source.files().into(),
            vec![name.to_owned()],
        );
        state.learn.built_in = Some(name.to_owned());
    }

    fn open_own(&mut self, state: &mut State) {
        if let (Some(index), Some(home)) = (self.own.take(), state.learn.home.take()) {
            self.turn_to(index);
            teach::show(state, home.analysis, home.files, home.names);
            state.learn.built_in = None;
        }
    }

    fn turn_to(&mut self, index: FrameIndex) {
        for scan in &self.scans {
            scan.store(true, Ordering::Relaxed);
        }
        self.reader = FrameReader::new(index.clone());
        self.index = index;
    }

    /// Takes news that change where frames are read from.
    pub fn hear(&mut self, news: &News) {
        if let News::Reopened(new) = news {
            self.turn_to(new.index.clone());
            // A lesson's capture that was read again still stands in the place of the user's own.
            if !new.keep || library::known(&new.inputs).is_none() {
                self.own = None;
            }
        }
    }

    /// Is something being read that may take the place of what is shown? When its reading ended without news, it ended in a bug.
    pub fn is_reopening(&self) -> bool {
        self.readings.is_busy()
    }

    /// The next news of what is being read.
    pub fn read(&mut self) -> Option<News> {
        self.readings.hear()
    }

    fn start_reopening(
        &mut self,
        inputs: Vec<Input>,
        key_logs: Vec<PathBuf>,
        keep: bool,
        state: &mut State,
    ) {
        let Some(opener) = self.opener else {
            if state.loaded {
                state.loading = None;
            }
            state.complain("nothing else can be opened here");
            return;
        };
        let stop = Arc::clone(&self.stop);
        self.readings
            .ask(move |news| reopen(opener, inputs, key_logs, keep, news, &stop));
    }

    fn compare(&mut self, frames: [FrameNumber; 2], state: &mut State) {
        let known = Arc::clone(&state.known);
        let mut side = |frame| {
            self.reader
                .read(frame)
                .map(|frame| of_frame(&frame, &known))
        };
        match (side(frames[0]), side(frames[1])) {
            (Ok(one), Ok(other)) => state.compare = Some(Compare::new([one, other])),
            (Err(error), _) | (_, Err(error)) => {
                state.complain(shown(&error.to_string()).into_owned());
            }
        }
    }

    fn read_lines(&mut self, frames: &[FrameNumber], state: &mut State) {
        let known = Arc::clone(&state.known);
        let Some(packets) = state.packets_shown_mut() else {
            return;
        };
        // Neighbours in one go.
        let runs = frames.chunk_by(|a, b| a.file() == b.file() && a.number() + 1 == b.number());
        for run in runs {
            let Some(&first) = run.first() else {
                continue;
            };
            // A frame that can't be read keeps its number in the list, and tells why when it is looked at.
            let _unread = self.reader.read_range(first, run.len() as u64, |frame, _| {
                packets.remember(summary(&frame, &known));
            });
        }
    }

    fn look_at(&mut self, frame: FrameNumber, state: &mut State) {
        let known = Arc::clone(&state.known);
        let Some(packets) = state.packets_shown_mut() else {
            return;
        };
        match self.reader.read(frame) {
            Ok(frame) => packets.look_at(frame, &known),
            Err(error) => {
                packets.open = None;
                packets.trouble = Some(error.to_string());
            }
        }
    }

    fn seek(&mut self, at: Timestamp, state: &mut State) {
        let found = self.first_from(at, &state.packets.totals);
        if let (Some(frame), Some(packets)) = (found, state.packets_shown_mut()) {
            packets.select(frame);
        }
    }

    /// The first frame captured at `at` or later; of several files, the one that has the earliest. Frames stand in order of time in
    /// a file, but for what a clock that steps back puts out of order.
    fn first_from(&mut self, at: Timestamp, totals: &[u64]) -> Option<FrameNumber> {
        let mut best: Option<(Timestamp, FrameNumber)> = None;
        for (file, &total) in (0_u16..).zip(totals) {
            let (mut low, mut high, mut found) = (1, total, None);
            while low <= high {
                let middle = low + (high - low) / 2;
                let number = FrameNumber::new(file, middle);
                let Ok(frame) = self.reader.read(number) else {
                    break;
                };
                if frame.at < at {
                    low = middle + 1;
                } else {
                    found = Some((frame.at, number));
                    high = middle - 1;
                }
            }
            if let Some(found) = found {
                best = Some(best.map_or(found, |best| best.min(found)));
            }
        }
        best.map(|(_, frame)| frame)
    }

    fn start_scan(&mut self, target: Target, number: u64, query: Query) {
        let slot = self.slot(target);
        slot.store(true, Ordering::Relaxed);
        let stop = Arc::new(AtomicBool::new(false));
        *slot = Arc::clone(&stop);
        let (index, news) = (self.index.clone(), self.news.clone());
        thread::spawn(move || scan(index, target, number, &query, &news, &stop));
    }

    fn start_judging(
        &mut self,
        scope: Scope,
        number: u64,
        filter: Filter,
        analysis: Arc<Analysis>,
    ) {
        for (_, before) in self.judges.extract_if(.., |(of, _)| *of == scope) {
            before.store(true, Ordering::Relaxed);
        }
        let stop: Arc<AtomicBool> = Arc::default();
        self.judges.push((scope, Arc::clone(&stop)));
        let news = self.news.clone();
        thread::spawn(move || {
            let (length, row) = rows_of(&analysis.scene, scope);
            judge(&analysis, &filter, length, row, &stop, |passed, done| {
                let told = News::Judged {
                    scope,
                    number,
                    passed,
                    done,
                };
                news.send(told).is_ok()
            });
        });
    }

    const fn slot(&mut self, target: Target) -> &mut Arc<AtomicBool> {
        match target {
            Target::Page => &mut self.scans[0],
            Target::Call => &mut self.scans[1],
        }
    }

    fn save(&mut self, path: &Path, frames: &[FrameNumber], state: &mut State) {
        if let Err(text) = is_free(path) {
            state.complain(text);
            return;
        }
        let files = Arc::clone(&state.files);
        let mut frames = frames.to_vec();
        if let Some(order) = self.index.order() {
            frames.sort_by_cached_key(|frame| order.line(*frame));
        }
        let analysis = Arc::clone(&state.analysis);
        let mut secrets = Secrets::new(&analysis);
        for &number in &frames {
            // A frame that can't be read is an error when it is to be written.
            if let Ok(frame) = self.reader.read(number) {
                secrets.meet(&frame.as_frame());
            }
        }
        let (key_log, opened) = secrets.text();
        let what = Collected {
            frames,
            key_log,
            opened,
        };
        match write(path, &what, &mut self.reader, &files) {
            Ok(text) => state.tell(text),
            Err(text) => state.complain(text),
        }
    }

    /// Saves a call in the background: its frames have to be searched for.
    fn start_save(&self, path: PathBuf, query: Query, state: &mut State) {
        if let Err(text) = is_free(&path) {
            state.saving = false;
            state.complain(text);
            return;
        }
        let (index, news, files) = (
            self.index.clone(),
            self.news.clone(),
            Arc::clone(&state.files),
        );
        thread::spawn(move || {
            let found = collect(index.clone(), &query);
            let written = write(&path, &found, &mut FrameReader::new(index), &files);
            let good = written.is_ok();
            let text = written.unwrap_or_else(|text| text);
            // Nobody left to hear it: then the program is ending.
            let _ = news.send(News::Saved { text, good });
        });
    }
}

/// Keeps a setting for the next start, where there is a place for it.
fn keep(setting: &Setting, state: &mut State) {
    if let Some(path) = state.config_path.clone()
        && let Err(text) = remember(&path, setting)
    {
        state.complain(format!("set for now, but not kept: {text}"));
    }
}

/// Nothing that is there is written over.
fn is_free(path: &Path) -> Result<(), String> {
    if path.exists() {
        let name = path.display().to_string();
        return Err(format!(
            "{} is already there: choose another name",
            shown(&name)
        ));
    }
    Ok(())
}

/// Writes frames to a new file; gives what to tell either way.
fn write(
    path: &Path,
    what: &Collected,
    reader: &mut FrameReader,
    files: &[FileInfo],
) -> Result<String, String> {
    let frames = what.frames.iter();
    let marked: Vec<Marked<'_>> = frames
        .map(|&number| Marked {
            number,
            comment: None,
        })
        .collect();
    let remarks = Remarks {
        key_log: (what.opened > 0).then_some(what.key_log.as_bytes()),
        ..Remarks::default()
    };
    let count = save_frames(path, &marked, reader, files, remarks)
        .map_err(|error| shown(&error.to_string()).into_owned())?;
    let with = match what.opened {
        0 => String::new(),
        opened => format!(
            " with the secrets of {}",
            counted(opened as u64, "handshake")
        ),
    };
    let name = path.display().to_string();
    Ok(format!(
        "{} saved to {}{with}",
        counted(count, "frame"),
        shown(&name)
    ))
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for scan in &self.scans {
            scan.store(true, Ordering::Relaxed);
        }
    }
}

/// Asks the terminal to take text into the clipboard (OSC 52): works over SSH, and needs no library of the desktop.
fn copy(text: &str, state: &mut State) {
    let mut out = io::stdout();
    match execute!(out, CopyToClipboard::to_clipboard_from(text)).and_then(|()| out.flush()) {
        Ok(()) => state.tell(format!(
            "{} copied",
            counted(text.lines().count() as u64, "line")
        )),
        Err(error) => state.complain(format!("cannot copy: {error}")),
    }
}
