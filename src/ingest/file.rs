//! One capture file while it is read: parser, facts, checkpoints.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::ingest::beat::Bursts;
use crate::ingest::error::IngestError;
use crate::ingest::format;
use crate::ingest::index::Checkpoint;
use crate::ingest::index::FileIndex;
use crate::ingest::info::FileInfo;
use crate::ingest::parser::Parser;
use crate::ingest::raw::RawStream;
use crate::ingest::record::FrameHead;
use crate::ingest::record::Record;
use crate::ingest::window::Window;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// A capture file, read from its start to its end.
pub(crate) struct CaptureFile {
    window: Window,
    parser: Parser,
    index: Arc<FileIndex>,
    previous_at: Timestamp,
    bursts: Bursts,
    total: Option<u64>,
    read: Arc<AtomicU64>,
    spool_stopped: Arc<AtomicBool>,
    reads_seen: u64,
    finished: bool,
}

impl CaptureFile {
    /// Reads the header of `stream`, the capture at position `file` in argument order. `ahead`: if it is packed, or comes through a pipe, a
    /// thread of its own reads on.
    pub(crate) fn open(
        stream: RawStream,
        file: u16,
        window_bytes: usize,
        ahead: bool,
    ) -> Result<(Self, FileInfo), IngestError> {
        let mut info = FileInfo {
            path: stream.name,
            file,
            compression: stream.compression,
            bytes: stream.total.unwrap_or_default(),
            ..FileInfo::default()
        };
        // Where nothing is to be unpacked, a second processor costs more in cold caches than it saves. A stream that passes by may be silent:
        // only with a thread that reads it can somebody else wait for it and do other things.
        let mut window = if ahead && (stream.compression.is_some() || stream.total.is_none()) {
            Window::ahead(stream.reader, window_bytes)
        } else {
            Window::new(stream.reader, 0, window_bytes)
        };
        let parser = format::detect(&mut window, &mut info)?;
        let file = Self {
            window,
            parser,
            index: Arc::new(FileIndex::new(info.path.clone(), stream.store)),
            previous_at: Timestamp::default(),
            bursts: Bursts::default(),
            total: stream.total,
            read: stream.read,
            spool_stopped: stream.spool_stopped,
            reads_seen: 0,
            finished: false,
        };
        Ok((file, info))
    }

    /// The next record; its bytes stay in the window until the next call.
    #[inline]
    pub(crate) fn next(&mut self, info: &mut FileInfo) -> Record {
        if info.packets.is_multiple_of(FileIndex::EVERY) {
            self.mark(info);
        }
        let record = self.parser.next(&mut self.window, info);
        match &record {
            Record::Frame(head) => self.count(head, info),
            Record::End if !self.finished => self.finish(info),
            _ => {}
        }
        if self.window.reads() != self.reads_seen {
            self.note_progress(info);
        }
        record
    }

    /// The records that are at hand, at most as many as `heads` has room for, onto `heads`: frames whose bytes stay where they are until
    /// the next call of this or [`CaptureFile::next`]. Gives the record that was none, which comes after them.
    #[inline]
    pub(crate) fn next_at_hand(
        &mut self,
        info: &mut FileInfo,
        heads: &mut Vec<FrameHead>,
    ) -> Option<Record> {
        self.window.pin(true);
        let mut other = None;
        while heads.len() < heads.capacity() && self.parser.has_next(&self.window) {
            match self.next(info) {
                Record::Frame(head) => heads.push(head),
                record => {
                    other = Some(record);
                    break;
                }
            }
        }
        self.window.pin(false);
        other
    }

    /// Waits for the next record, at most `patience`; gives whether it is still to be waited for.
    pub(crate) fn waits(&mut self, info: &mut FileInfo, patience: Duration) -> bool {
        loop {
            self.parser.take_silent(&mut self.window, info);
            if !self.parser.wants_more(&self.window) {
                return false;
            }
            match self.window.wait(patience) {
                Some(true) => {}
                Some(false) => return false,
                None => return true,
            }
        }
    }

    /// Can its bytes be late?
    pub(crate) const fn can_wait(&self) -> bool {
        self.window.can_wait()
    }

    /// The frame that `head` describes, with its number.
    #[inline]
    pub(crate) fn frame(&self, head: &FrameHead, number: FrameNumber) -> Frame<'_> {
        Frame {
            number,
            at: head.at,
            original_length: head.original_length,
            link: head.link,
            interface: head.interface,
            data: self.bytes(head.position, head.length as usize),
        }
    }

    /// Bytes that a record describes.
    #[inline]
    pub(crate) fn bytes(&self, position: usize, length: usize) -> &[u8] {
        self.window.bytes(position, length)
    }

    /// The text of the last name.
    pub(crate) fn name(&self) -> &str {
        self.parser.name()
    }

    /// Instant of the last frame; the epoch before the first.
    pub(crate) const fn previous_at(&self) -> Timestamp {
        self.previous_at
    }

    /// Checkpoints to re-read frames from.
    pub(crate) fn index(&self) -> Arc<FileIndex> {
        Arc::clone(&self.index)
    }

    /// Bytes read, and bytes there are, both of the file as it is on disk.
    pub(crate) fn progress(&self) -> (u64, Option<u64>) {
        (self.read.load(Ordering::Relaxed), self.total)
    }

    #[inline]
    fn count(&mut self, head: &FrameHead, info: &mut FileInfo) {
        info.packets += 1;
        info.truncated_packets += u64::from(head.length < head.original_length);
        if head.at < self.previous_at {
            info.time_steps_back += 1;
            info.largest_step_back = info.largest_step_back.max(self.previous_at.since(head.at));
        }
        if let Some(beat) = self.bursts.observe(head.at, self.previous_at) {
            info.beat = Some(beat);
        }
        // The epoch itself is no instant: it stands for "not known" before the first frame with a time.
        if head.at > Timestamp::default() {
            info.first_at = Some(info.first_at.map_or(head.at, |first| first.min(head.at)));
        }
        info.last_at = info.last_at.max(Some(head.at));
        self.previous_at = head.at;
    }

    #[cold]
    fn mark(&self, info: &FileInfo) {
        self.index.mark(info.packets, || Checkpoint {
            offset: self.window.offset(),
            parser: self.parser.checkpoint(),
        });
    }

    #[cold]
    fn note_progress(&mut self, info: &mut FileInfo) {
        self.reads_seen = self.window.reads();
        if self.total.is_none() {
            info.bytes = self.read.load(Ordering::Relaxed);
        }
    }

    #[cold]
    fn finish(&mut self, info: &mut FileInfo) {
        self.finished = true;
        let at = self.window.offset();
        if let Some(failure) = self.window.failure() {
            info.trouble = Some(failure.to_string());
            let fault = match (failure.kind(), info.compression) {
                (io::ErrorKind::UnexpectedEof, _) => "capture-cut-short",
                (_, Some(_)) => "capture-compression-damaged",
                (_, None) => "capture-read-failed",
            };
            info.fault(fault, at);
        }
        if self.spool_stopped.load(Ordering::Relaxed) {
            info.fault("capture-spool-stopped", at);
        }
    }
}

impl fmt::Debug for CaptureFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureFile")
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
