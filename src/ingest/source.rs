//! One or many captures, pulled one item at a time.
//!
//! Several inputs are merged by time with one item of each looked at ahead: equal times keep argument order, a file whose own
//! clock steps back keeps its own order. A single input goes past all that.

use std::io::Read;
use std::net::IpAddr;
use std::time::Duration;

use crate::ingest::error::IngestError;
use crate::ingest::file::CaptureFile;
use crate::ingest::index::FrameIndex;
use crate::ingest::info::FileInfo;
use crate::ingest::merge::Merge;
use crate::ingest::order::FrameOrder;
use crate::ingest::raw::Input;
use crate::ingest::raw::Keep;
use crate::ingest::raw::RawStream;
use crate::ingest::recent::Recent;
use crate::ingest::record::FrameHead;
use crate::ingest::record::Record;
use crate::ingest::record::SecretsKind;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FrameNumber;

/// One or many inputs, merged by time. Memory: at most [`WINDOWS_BYTES`] or so of windows, and an index entry per 4 096 frames.
#[derive(Debug)]
pub struct Source {
    files: Vec<CaptureFile>,
    infos: Vec<FileInfo>,
    merge: Option<Merge>,
    /// Of one input: the frames given out last as a run.
    run: Vec<FrameHead>,
    /// Of one input: what was found after a run.
    after_run: Option<Record>,
}

impl Source {
    /// Opens all `inputs` and reads their headers; a pipe is waited for until it delivers one.
    ///
    /// # Errors
    ///
    /// The first input that is unreadable, empty, a directory or no capture.
    pub fn open(inputs: Vec<Input>) -> Result<Self, IngestError> {
        Self::open_with(inputs, false, Keep::Bytes)
    }

    /// The same, with a thread for each packed one of a few inputs that unpacks ahead: for reading all of them as fast as can be.
    ///
    /// # Errors
    ///
    /// As [`Source::open`].
    pub fn open_ahead(inputs: Vec<Input>) -> Result<Self, IngestError> {
        let ahead = inputs.len() <= MOST_AHEAD;
        Self::open_with(inputs, ahead, Keep::Bytes)
    }

    /// The same, for who needs no frame twice: what comes through a pipe is not kept, which saves a third of the time and up to 8 GB of disk.
    ///
    /// # Errors
    ///
    /// As [`Source::open`].
    pub fn open_once(inputs: Vec<Input>) -> Result<Self, IngestError> {
        let ahead = inputs.len() <= MOST_AHEAD;
        Self::open_with(inputs, ahead, Keep::Nothing)
    }

    fn open_with(inputs: Vec<Input>, ahead: bool, keep: Keep) -> Result<Self, IngestError> {
        if inputs.is_empty() {
            return Err(IngestError::NoInput);
        }
        if inputs.len() > MAX_INPUTS {
            return Err(IngestError::TooManyInputs {
                count: inputs.len(),
                limit: MAX_INPUTS,
            });
        }
        let window_bytes = (WINDOWS_BYTES / inputs.len()).clamp(64 << 10, 256 << 10);
        let mut files = Vec::with_capacity(inputs.len());
        let mut infos = Vec::with_capacity(inputs.len());
        for (number, input) in inputs.into_iter().enumerate() {
            let stream = input.open(keep)?;
            let (file, info) = CaptureFile::open(stream, number as u16, window_bytes, ahead)?;
            files.push(file);
            infos.push(info);
        }
        Ok(Self::of(files, infos, keep))
    }

    /// Reads a capture from any stream, such as a child process; it is spooled like standard input.
    ///
    /// # Errors
    ///
    /// As [`Source::open`].
    pub fn open_stream(name: String, reader: Box<dyn Read + Send>) -> Result<Self, IngestError> {
        let stream = RawStream::passing(name, reader, Keep::Bytes)?;
        let (file, info) = CaptureFile::open(stream, 0, 256 << 10, false)?;
        Ok(Self::of(vec![file], vec![info], Keep::Bytes))
    }

    /// Reads a live capture from a stream whose bytes `recent` keeps, if somebody may look at them again.
    ///
    /// # Errors
    ///
    /// As [`Source::open`].
    pub fn open_kept(
        name: String,
        reader: Box<dyn Read + Send>,
        recent: Option<Recent>,
    ) -> Result<Self, IngestError> {
        let stream = match recent {
            Some(recent) => RawStream::kept(name, reader, recent)?,
            None => RawStream::passing(name, reader, Keep::Nothing)?,
        };
        let (file, info) = CaptureFile::open(stream, 0, 1 << 20, true)?;
        Ok(Self::of(vec![file], vec![info], Keep::Bytes))
    }

    fn of(files: Vec<CaptureFile>, infos: Vec<FileInfo>, keep: Keep) -> Self {
        let merge = (files.len() > 1).then(|| {
            let has_end = !files.iter().any(CaptureFile::can_wait);
            let order = (keep == Keep::Bytes).then(|| {
                if has_end {
                    FrameOrder::default()
                } else {
                    FrameOrder::of_recent()
                }
            });
            Merge::new(order)
        });
        Self {
            files,
            infos,
            merge,
            run: Vec::with_capacity(LONGEST_RUN),
            after_run: None,
        }
    }

    /// The next item, or `None` at the end of all inputs. Never fails: damage becomes faults, kept in [`Source::files`].
    #[inline]
    pub fn pull(&mut self) -> Option<Item<'_>> {
        let (number, record) = match &mut self.merge {
            None => match self.after_run.take() {
                Some(record) => (0, record),
                None => (0, self.files.first_mut()?.next(self.infos.first_mut()?)),
            },
            Some(merge) => merge.next(&mut self.files, &mut self.infos)?,
        };
        let file = self.files.get(usize::from(number))?;
        Some(match record {
            Record::Frame(head) => {
                let packets = self.infos.get(usize::from(number))?.packets;
                Item::Frame(file.frame(&head, FrameNumber::new(number, packets)))
            }
            Record::Secrets {
                kind,
                position,
                length,
            } => Item::Secrets {
                file: number,
                kind,
                text: file.bytes(position, length),
            },
            Record::Name(address) => Item::Name {
                file: number,
                address,
                name: file.name(),
            },
            Record::End => return None,
        })
    }

    /// The next frames, as many as are at hand and at most [`LONGEST_RUN`]. Empty when the next item is none of these: then
    /// [`Source::pull`] gives it, as it does for several inputs.
    ///
    /// Several frames at once let the analyzer look ahead.
    #[inline]
    pub fn pull_run(&mut self) -> Run<'_> {
        self.run.clear();
        let mut before = 0;
        if self.merge.is_none()
            && self.after_run.is_none()
            && let (Some(file), Some(info)) = (self.files.first_mut(), self.infos.first_mut())
        {
            before = info.packets;
            self.after_run = file.next_at_hand(info, &mut self.run);
        }
        Run {
            file: self.files.first(),
            heads: &self.run,
            before,
        }
    }

    /// Can the next item be late, because it comes through a pipe or from an interface?
    pub fn can_wait(&self) -> bool {
        self.files.iter().any(CaptureFile::can_wait)
    }

    /// Waits for the next item, at most `patience`; gives whether it is still to be waited for. Else [`Source::pull`] has it at once, or at least begun.
    pub fn waits(&mut self, patience: Duration) -> bool {
        match &mut self.merge {
            Some(merge) => merge.waits(&mut self.files, &mut self.infos, patience),
            None => {
                self.after_run.is_none()
                    && match (self.files.first_mut(), self.infos.first_mut()) {
                        (Some(file), Some(info)) => file.waits(info, patience),
                        _ => false,
                    }
            }
        }
    }

    /// Facts so far, one per input in argument order.
    pub fn files(&self) -> &[FileInfo] {
        &self.infos
    }

    /// How far reading has come.
    pub fn progress(&self) -> Progress {
        let mut progress = Progress {
            read_bytes: 0,
            total_bytes: Some(0),
        };
        for (read, total) in self.files.iter().map(CaptureFile::progress) {
            progress.read_bytes += read;
            progress.total_bytes = progress
                .total_bytes
                .zip(total)
                .map(|(sum, more)| sum + more);
        }
        progress
    }

    /// The index to re-read frames by; it grows as frames are pulled, also while another thread uses a copy.
    pub fn index(&self) -> FrameIndex {
        let order = self.merge.as_ref().and_then(|merge| merge.order().cloned());
        FrameIndex::new(self.files.iter().map(CaptureFile::index).collect(), order)
    }
}

/// Frames of one input that follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    file: Option<&'a CaptureFile>,
    heads: &'a [FrameHead],
    /// Frames before these.
    before: u64,
}

impl<'a> Run<'a> {
    /// Number of frames.
    pub const fn len(&self) -> usize {
        self.heads.len()
    }

    /// No frame?
    pub const fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// The frames.
    #[inline]
    pub fn frames(self) -> impl Iterator<Item = Frame<'a>> {
        let numbered = self.heads.iter().zip(self.before + 1..);
        numbered.filter_map(move |(head, number)| {
            let file = self.file?;
            Some(file.frame(head, FrameNumber::new(0, number)))
        })
    }
}

/// What a capture holds.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// Secrets that came with the capture (pcapng Decryption Secrets Block).
    Secrets {
        /// File, from 0.
        file: u16,
        /// What they are.
        kind: SecretsKind,
        /// The key log, as it stands.
        text: &'a [u8],
    },
    /// A name for an address (pcapng Name Resolution Block).
    Name {
        /// File, from 0.
        file: u16,
        /// The address.
        address: IpAddr,
        /// One of its names.
        name: &'a str,
    },
}

/// How far reading has come, in bytes of the files as they are on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes there are; `None` when an input is a pipe.
    pub total_bytes: Option<u64>,
}

/// Frames of a run: as many as a processor waits for memory of at once, and more.
pub const LONGEST_RUN: usize = 32;
/// Inputs of which each may have a thread to read ahead.
const MOST_AHEAD: usize = 16;
/// Inputs at once: a frame number tells this many files apart.
const MAX_INPUTS: usize = 1 << 16;
/// Bytes of windows over all inputs; each has between 64 KiB and 1 MiB.
const WINDOWS_BYTES: usize = 64 << 20;

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::ingest::samples::Bytes;
    use crate::ingest::samples::Order;
    use crate::ingest::samples::input;
    use crate::ingest::samples::read;

    #[test]
    fn progress_ends_at_the_size_of_all_inputs() {
        let file = |n: u32| {
            let file = Bytes::new(Order::Little).pcap(0xa1b2_c3d4, 1);
            input(
                (0..n)
                    .fold(file, |file, n| file.record(n + 1, 0, &[0; 99]))
                    .bytes,
            )
        };
        let mut source = Source::open(vec![file(10), file(1_000)]).unwrap();
        let total = 2 * 24 + 1_010 * 115;
        assert_eq!(source.progress().total_bytes, Some(total));
        let (frames, _) = read(&mut source);
        assert_eq!((frames.len(), source.progress().read_bytes), (1_010, total));
        assert!(source.pull().is_none());
    }

    /// Gives what is sent to it, and waits for it.
    struct Pipe {
        sent: mpsc::Receiver<Vec<u8>>,
        rest: Vec<u8>,
    }

    impl Read for Pipe {
        fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
            if self.rest.is_empty() {
                self.rest = self.sent.recv().unwrap_or_default();
            }
            let count = self.rest.len().min(room.len());
            room[..count].copy_from_slice(&self.rest[..count]);
            self.rest.drain(..count);
            Ok(count)
        }
    }

    #[test]
    fn blocks_that_bring_nothing_keep_nobody_waiting() {
        let (write, sent) = mpsc::channel();
        let begun = Bytes::new(Order::Little)
            .section()
            .interface(1, |b| b)
            .packet(0, 1, &[1], |b| b);
        // Statistics, and a section that has no packet yet.
        let silent = begun
            .block(5, |b| b.u32(0).u64(0))
            .section()
            .interface(1, |b| b);
        write.send(silent.bytes).unwrap();
        let rest = Vec::new();
        let reader = Box::new(Pipe { sent, rest });
        let stream = RawStream::passing("pipe".to_owned(), reader, Keep::Nothing).unwrap();
        let (file, info) = CaptureFile::open(stream, 0, 1 << 20, true).unwrap();
        let mut source = Source::of(vec![file], vec![info], Keep::Nothing);
        assert!(!source.waits(Duration::ZERO));
        assert!(matches!(source.pull(), Some(Item::Frame(_))));
        assert!(source.waits(Duration::from_millis(20)));
        assert_eq!(source.files()[0].sections, 2);
        let later = Bytes::new(Order::Little).packet(0, 2, &[2], |b| b);
        write.send(later.bytes).unwrap();
        while source.waits(Duration::from_millis(20)) {}
        assert!(matches!(source.pull(), Some(Item::Frame(_))));
        drop(write);
        assert!(source.pull().is_none());
    }

    #[test]
    fn files_are_merged_by_time_and_keep_their_order() {
        let file = |times: &[u64]| -> Input {
            let file = Bytes::new(Order::Little).section().interface(1, |b| b);
            let file = times
                .iter()
                .fold(file, |file, &t| file.packet(0, t, &[t as u8], |b| b));
            input(file.bytes)
        };
        let inputs = vec![file(&[2, 4, 4, 9]), file(&[1, 4, 3, 10]), file(&[])];
        let mut source = Source::open(inputs).unwrap();
        let mut order = Vec::new();
        while let Some(item) = source.pull() {
            if let Item::Frame(frame) = item {
                order.push((
                    frame.at.nanos() / 1_000,
                    frame.number.file(),
                    frame.number.number(),
                ));
            }
        }
        let expected = [
            (1, 1, 1),
            (2, 0, 1),
            (4, 0, 2),
            (4, 0, 3),
            (4, 1, 2),
            (3, 1, 3),
            (9, 0, 4),
            (10, 1, 4),
        ];
        assert_eq!(order, expected);
        let index = source.index();
        let lines = index.order().expect("several files have an order");
        for (line, (_, file, number)) in expected.into_iter().enumerate() {
            let frame = FrameNumber::new(file, number);
            assert_eq!((lines.frame(line), lines.line(frame)), (Some(frame), line));
        }
        assert_eq!(source.files()[1].time_steps_back, 1);
    }
}
