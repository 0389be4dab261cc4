//! The files written: one, or a rotated set named as Wireshark names them, so that it knows them as one.
//!
//! ```text
//!  call.pcapng                              or  call_00001_20260101120000.pcapng, call_00002_…
//!  section · interfaces · secrets · packets … · what the kernel counted, with a comment for each finding
//! ```
//!
//! What is written is whole blocks, a piece at a time: who is killed leaves a file that ends with one. A disk that is full is said once, the
//! file cut back to its last whole block, and the capture goes on without it.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::ingest::live::chunk::Chunk;
use crate::ingest::live::chunk::Counters;
use crate::ingest::live::options::OutputOptions;
use crate::ingest::live::options::Rotate;
use crate::ingest::live::status::Status;
use crate::ingest::writer::PcapngWriter;
use crate::vocab::time::Timestamp;

/// The files written; a copy is a handle.
#[derive(Debug, Clone)]
pub struct Output(Arc<Mutex<Files>>);

impl Output {
    /// Opens the first file; `now` is for its name.
    ///
    /// # Errors
    ///
    /// It can't be written.
    pub fn create(options: OutputOptions, status: Status, now: Timestamp) -> io::Result<Self> {
        let mut files = Files {
            options,
            status,
            file: None,
            path: PathBuf::new(),
            bytes: 0,
            head: Vec::new(),
            begun: None,
            until: now,
            number: 0,
            kept: VecDeque::new(),
            counters: Vec::new(),
            counted_before: Vec::new(),
        };
        files.open(now)?;
        Ok(Self(Arc::new(Mutex::new(files))))
    }

    /// Writes a piece.
    pub(super) fn take(&self, chunk: &Chunk) {
        self.files().take(chunk);
    }

    /// Closes the last file, with what the kernel counted and `comments`; gives what was written, `None` when writing stopped before.
    pub fn finish(&self, comments: &[String]) -> Option<Written> {
        let mut files = self.files();
        files.close(comments);
        files.file.take().map(|_| Written {
            last: files.path.clone(),
            files: files.number,
            kept: files.options.keep.map(|keep| keep as u64),
        })
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files that were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The last of them.
    pub last: PathBuf,
    /// How many.
    pub files: u64,
    /// How many of them were to be kept.
    pub kept: Option<u64>,
}

impl fmt::Display for Written {
    /// `call.pcapng`; `12 files, the last call_00012_….pcapng; the newest 3 are kept`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.last.display();
        match (self.files, self.kept) {
            (1, _) => write!(f, "{last}"),
            (files, Some(kept)) if kept < files => {
                write!(
                    f,
                    "{files} files, the last {last}; the newest {kept} are kept"
                )
            }
            (files, _) => write!(f, "{files} files, the last {last}"),
        }
    }
}

#[derive(Debug)]
struct Files {
    options: OutputOptions,
    status: Status,
    file: Option<File>,
    path: PathBuf,
    /// Written to the file.
    bytes: u64,
    /// What every file begins with.
    head: Vec<u8>,
    /// Time of the file's first packet.
    begun: Option<Timestamp>,
    until: Timestamp,
    number: u64,
    kept: VecDeque<PathBuf>,
    counters: Vec<Counters>,
    counted_before: Vec<Counters>,
}

impl Files {
    fn take(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::Head(bytes) => {
                if self.head.len() + bytes.len() <= MOST_HEAD_BYTES {
                    self.head.extend_from_slice(bytes);
                }
                self.write(bytes);
            }
            Chunk::Packets { bytes, from, until } => {
                if self.is_full(*until) {
                    self.rotate(*from);
                }
                self.begun.get_or_insert(*from);
                self.until = self.until.max(*until);
                self.write(bytes);
            }
            Chunk::Counted { counters, at } => {
                self.counters.clone_from(counters);
                self.until = self.until.max(*at);
            }
        }
    }

    fn is_full(&self, until: Timestamp) -> bool {
        let Some(begun) = self.begun else {
            return false;
        };
        match self.options.rotate {
            None => false,
            Some(Rotate::Bytes(most)) => self.bytes >= most,
            Some(Rotate::Span(span)) => until.since(begun) >= span,
        }
    }

    fn rotate(&mut self, now: Timestamp) {
        if self.file.is_none() {
            return;
        }
        self.close(&[]);
        self.counted_before.clone_from(&self.counters);
        if let Err(error) = self.open(now) {
            self.give_up(&error);
            return;
        }
        let head = std::mem::take(&mut self.head);
        self.write(&head);
        self.head = head;
        while self
            .options
            .keep
            .is_some_and(|keep| self.kept.len() > keep.max(1))
        {
            if let Some(oldest) = self.kept.pop_front() {
                // Somebody else may have moved it away: then it is not ours to keep count of.
                let _gone = std::fs::remove_file(oldest);
            }
        }
    }

    fn open(&mut self, now: Timestamp) -> io::Result<()> {
        self.number += 1;
        self.path = match self.options.rotate {
            None => self.options.path.clone(),
            Some(_) => numbered(&self.options.path, self.number, now),
        };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        self.file = Some(options.open(&self.path)?);
        (self.bytes, self.begun) = (0, None);
        if self.options.keep.is_some() {
            self.kept.push_back(self.path.clone());
        }
        self.status.set_file(Some(self.path.display().to_string()));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) {
        let Some(file) = &mut self.file else {
            return;
        };
        match file.write_all(bytes) {
            Ok(()) => self.bytes += bytes.len() as u64,
            Err(error) => {
                // The part of a block that still had room would make the file look damaged.
                let _as_it_is = file.set_len(self.bytes);
                self.give_up(&error);
            }
        }
    }

    fn close(&mut self, comments: &[String]) {
        let at = self.until;
        let mut writer = PcapngWriter::within(Vec::new());
        for (place, counters) in self.counters.iter().enumerate() {
            let before = self.counted_before.get(place).copied().unwrap_or_default();
            let counted = counters.since(before);
            let said = if place == 0 { comments } else { &[] };
            // Into memory: does not fail.
            let _ = writer.statistics(place as u32, at, counted.received, counted.dropped, said);
        }
        if let Ok(bytes) = writer.finish() {
            self.write(&bytes);
        }
    }

    /// Said once: there is no file to write to any more.
    fn give_up(&mut self, error: &io::Error) {
        self.file = None;
        self.status.set_file(None);
        let name = self.path.display();
        self.status.tell(
            format!("{name} is not written any further: {error}; the analysis goes on"),
            true,
        );
    }
}

/// `call.pcapng` → `call_00001_20260101120000.pcapng`, in UTC.
fn numbered(path: &Path, number: u64, at: Timestamp) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path
        .extension()
        .map_or_else(|| "pcapng".into(), |end| end.to_string_lossy());
    let at = jiff::Timestamp::UNIX_EPOCH + Duration::from_nanos(at.nanos().min(LATEST_NANOS));
    let time = at.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%S");
    path.with_file_name(format!("{stem}_{number:05}_{time}.{end}"))
}

/// Bytes that every file of a set begins with: later secrets are in the file of their time only.
const MOST_HEAD_BYTES: usize = 4 << 20;
/// The year 2500: times that no clock has yet.
const LATEST_NANOS: u64 = 16_725_225_600_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::raw::Input;
    use crate::ingest::samples::read;
    use crate::ingest::source::Source;
    use crate::vocab::frame::Frame;
    use crate::vocab::frame::LinkType;
    use crate::vocab::ids::FrameNumber;

    fn head() -> Chunk {
        let mut writer = PcapngWriter::new(Vec::new(), None).unwrap();
        writer
            .interface(LinkType::Ethernet, 0, Some("eth0"))
            .unwrap();
        Chunk::Head(writer.finish().unwrap())
    }

    fn packets(second: u64, count: usize) -> Chunk {
        let at = Timestamp::from_nanos(second * 1_000_000_000);
        let mut writer = PcapngWriter::within(Vec::new());
        for _ in 0..count {
            let frame = Frame {
                number: FrameNumber::new(0, 1),
                at,
                original_length: 60,
                link: LinkType::Ethernet,
                interface: 0,
                data: &[7; 60],
            };
            writer.frame(0, &frame, None).unwrap();
        }
        Chunk::Packets {
            bytes: writer.finish().unwrap(),
            from: at,
            until: at,
        }
    }

    fn counted(received: u64, dropped: u64) -> Chunk {
        Chunk::Counted {
            counters: vec![Counters { received, dropped }],
            at: Timestamp::default(),
        }
    }

    fn written(folder: &Path) -> Vec<(String, usize, Option<u64>)> {
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        let about = |path: &PathBuf| {
            let (frames, info) = read(&mut Source::open(vec![Input::Path(path.clone())]).unwrap());
            assert!(info.faults.rows().next().is_none());
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, frames.len(), info.dropped())
        };
        paths.iter().map(about).collect()
    }

    fn output(folder: &Path, rotate: Option<Rotate>, keep: Option<usize>) -> Output {
        let path = folder.join("call.pcapng");
        let options = OutputOptions { path, rotate, keep };
        Output::create(options, Status::default(), Timestamp::default()).unwrap()
    }

    #[test]
    fn a_set_is_rotated_by_time_and_keeps_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let output = output(
            folder.path(),
            Some(Rotate::Span(Duration::from_secs(10))),
            Some(2),
        );
        output.take(&head());
        for second in 0..35 {
            output.take(&packets(second, 1));
            output.take(&counted(second + 1, second / 10));
        }
        let said = output.finish(&[]).unwrap().to_string();
        assert!(said.starts_with("4 files, the last "), "{said}");
        assert!(
            said.ends_with("call_00004_19700101000030.pcapng; the newest 2 are kept"),
            "{said}"
        );
        let expected = [
            ("call_00003_19700101000020.pcapng", 10, 1),
            ("call_00004_19700101000030.pcapng", 5, 1),
        ];
        let expected =
            expected.map(|(name, frames, dropped)| (name.to_owned(), frames, Some(dropped)));
        assert_eq!(written(folder.path()), expected);
    }

    #[test]
    fn a_set_is_rotated_by_size() {
        let folder = tempfile::tempdir().unwrap();
        let output = output(folder.path(), Some(Rotate::Bytes(1_000)), None);
        output.take(&head());
        for _ in 0..5 {
            output.take(&packets(1, 6));
        }
        output.finish(&["finding-1: something".to_owned()]);
        let frames: Vec<usize> = written(folder.path())
            .iter()
            .map(|(_, frames, _)| *frames)
            .collect();
        assert_eq!(frames, [12, 12, 6]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said_once() {
        let options = OutputOptions {
            path: "/dev/full".into(),
            rotate: None,
            keep: None,
        };
        let status = Status::default();
        let output = Output::create(options, status.clone(), Timestamp::default()).unwrap();
        output.take(&head());
        output.take(&packets(1, 1));
        let events = status.take_events();
        assert!(
            events.len() == 1 && events[0].bad && events[0].text.contains("/dev/full"),
            "{events:?}"
        );
        assert!(output.finish(&[]).is_none());
    }
}
