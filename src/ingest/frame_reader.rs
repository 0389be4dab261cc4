//! Any frame again, by its number.

use std::fmt;

use crate::ingest::error::IngestError;
use crate::ingest::file::Parser;
use crate::ingest::index::FileIndex;
use crate::ingest::index::FrameIndex;
use crate::ingest::info::FileInfo;
use crate::ingest::record::FrameHead;
use crate::ingest::record::Record;
use crate::ingest::window::Window;
use crate::vocab::frame::Frame;
use crate::vocab::frame::LinkType;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Re-reads frames of a source. Cheap for frames in ascending order; any other costs at most 4 096 frames of reading.
pub struct FrameReader {
    index: FrameIndex,
    /// Files that stand somewhere, the one used last at the end; at most [`OPEN_FILES`].
    open: Vec<OpenFile>,
}

impl FrameReader {
    /// A reader over `index`, which may still grow.
    pub const fn new(index: FrameIndex) -> Self {
        Self {
            index,
            open: Vec::new(),
        }
    }

    /// Frame `number`.
    ///
    /// # Errors
    ///
    /// The file has no such frame, was removed or changed, or came through a pipe that could not be kept.
    pub fn read(&mut self, number: FrameNumber) -> Result<OwnedFrame, IngestError> {
        let mut found = None;
        self.read_range(number, 1, |frame| found = Some(OwnedFrame::of(frame)))?;
        found.ok_or_else(|| IngestError::NoSuchFrame {
            name: self.name(number.file()),
            number: number.number(),
            packets: number.number().saturating_sub(1),
        })
    }

    /// Up to `count` frames of one file from `start` on, in file order; gives how many there were.
    ///
    /// # Errors
    ///
    /// As [`FrameReader::read`], when not even `start` can be read.
    pub fn read_range(
        &mut self,
        start: FrameNumber,
        count: u64,
        mut take: impl FnMut(Frame<'_>),
    ) -> Result<u64, IngestError> {
        if count == 0 {
            return Ok(0);
        }
        let file = start.file();
        let mut open = self.stand_before(start)?;
        let first = start.number();
        let end = first.saturating_add(count);
        while open.next < end {
            let Some(head) = open.next_frame() else {
                break;
            };
            let number = open.next;
            open.next += 1;
            if number >= first {
                take(open.frame(&head, FrameNumber::new(file, number)));
            }
        }
        let (next, failure) = (open.next, open.failure());
        if next <= first {
            return Err(match failure {
                Some(reason) => IngestError::FrameGone {
                    name: self.name(file),
                    number: first,
                    reason,
                },
                None => IngestError::NoSuchFrame {
                    name: self.name(file),
                    number: first,
                    packets: next - 1,
                },
            });
        }
        // A parser that met the end of a growing stream has to look again; any other can be read on from.
        if next == end {
            if self.open.len() == OPEN_FILES {
                self.open.remove(0);
            }
            self.open.push(open);
        }
        Ok(next - first)
    }

    /// A file that stands at `number` or up to 4 095 frames before.
    fn stand_before(&mut self, number: FrameNumber) -> Result<OpenFile, IngestError> {
        let wanted = number.number();
        let near = self.open.iter().position(|open| {
            open.file == number.file()
                && open.next <= wanted
                && wanted - open.next < FileIndex::EVERY
        });
        if let Some(place) = near {
            return Ok(self.open.remove(place));
        }
        self.index
            .file(number.file())
            .and_then(|file| file.seek(wanted))
            .map(|(parser, window, next)| OpenFile {
                file: number.file(),
                parser,
                window,
                next,
                info: FileInfo::default(),
            })
            .ok_or_else(|| IngestError::NoSuchFrame {
                name: self.name(number.file()),
                number: wanted,
                packets: 0,
            })
    }

    fn name(&self, file: u16) -> String {
        self.index
            .file(file)
            .map_or_else(|| format!("file {}", file + 1), |index| index.name.clone())
    }
}

impl fmt::Debug for FrameReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameReader")
            .field("open", &self.open.len())
            .finish_non_exhaustive()
    }
}

struct OpenFile {
    file: u16,
    parser: Parser,
    window: Window,
    /// Number of the frame that comes next.
    next: u64,
    /// The parser writes its facts and faults somewhere; they were told when the file was first read.
    info: FileInfo,
}

impl OpenFile {
    fn next_frame(&mut self) -> Option<FrameHead> {
        loop {
            match self.parser.next(&mut self.window, &mut self.info) {
                Record::Frame(head) => return Some(head),
                Record::End => return None,
                Record::Secrets { .. } | Record::Name(_) => {}
            }
        }
    }

    fn frame(&self, head: &FrameHead, number: FrameNumber) -> Frame<'_> {
        Frame {
            number,
            at: head.at,
            original_length: head.original_length,
            link: head.link,
            interface: head.interface,
            data: self.window.bytes(head.position, head.length as usize),
        }
    }

    fn failure(&self) -> Option<String> {
        self.window.failure().map(ToString::to_string)
    }
}

/// A frame with bytes of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedFrame {
    /// File and number within it.
    pub number: FrameNumber,
    /// When it was captured.
    pub at: Timestamp,
    /// Length on the wire, bytes.
    pub original_length: u32,
    /// How to read the first bytes.
    pub link: LinkType,
    /// Interface within its file, from 0.
    pub interface: u32,
    /// The captured bytes.
    pub data: Vec<u8>,
}

impl OwnedFrame {
    /// A copy of `frame`.
    pub fn of(frame: Frame<'_>) -> Self {
        Self {
            number: frame.number,
            at: frame.at,
            original_length: frame.original_length,
            link: frame.link,
            interface: frame.interface,
            data: frame.data.to_vec(),
        }
    }

    /// The frame, borrowed.
    pub fn as_frame(&self) -> Frame<'_> {
        Frame {
            number: self.number,
            at: self.at,
            original_length: self.original_length,
            link: self.link,
            interface: self.interface,
            data: &self.data,
        }
    }
}

/// Files kept open between reads.
const OPEN_FILES: usize = 8;
