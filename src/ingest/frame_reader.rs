//! Any frame again, by its number.

use std::fmt;

use crate::ingest::error::IngestError;
use crate::ingest::index::FileIndex;
use crate::ingest::index::FrameIndex;
use crate::ingest::info::FileInfo;
use crate::ingest::parser::Parser;
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
        self.read_range(number, 1, |frame, comment| {
            found = Some(OwnedFrame::of(frame, comment));
        })?;
        found.ok_or_else(|| IngestError::NoSuchFrame {
            name: self.name(number.file()),
            number: number.number(),
            packets: number.number().saturating_sub(1),
        })
    }

    /// Up to `count` frames of one file from `start` on, in file order, each with its comment; gives how many there were.
    ///
    /// # Errors
    ///
    /// As [`FrameReader::read`], when not even `start` can be read.
    pub fn read_range(
        &mut self,
        start: FrameNumber,
        count: u64,
        mut take: impl FnMut(Frame<'_>, Option<&str>),
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
                let frame = open.frame(&head, FrameNumber::new(file, number));
                take(frame, open.parser.comment_on(&head));
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
    /// What somebody noted on it (pcapng `opt_comment`).
    pub comment: Option<String>,
}

impl OwnedFrame {
    /// A copy of `frame`.
    pub fn of(frame: Frame<'_>, comment: Option<&str>) -> Self {
        Self {
            number: frame.number,
            at: frame.at,
            original_length: frame.original_length,
            link: frame.link,
            interface: frame.interface,
            data: frame.data.to_vec(),
            comment: comment.map(str::to_owned),
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::io::Read;

    use super::*;
    use crate::ingest::raw::Input;
    use crate::ingest::samples::Bytes;
    use crate::ingest::samples::Order;
    use crate::ingest::samples::Seen;
    use crate::ingest::samples::open;
    use crate::ingest::samples::read;
    use crate::ingest::source::Source;

    /// 10 000 packets over two sections and three interfaces, the second of them described late.
    fn capture() -> Vec<u8> {
        let mut file = Bytes::new(Order::Little).section().interface(1, |b| b);
        for n in 0..10_000_u32 {
            if n == 3_000 {
                file = file.interface(113, |b| b.option(9, &[9]));
            }
            if n == 6_000 {
                file.order = Order::Big;
                file = file.section().interface(101, |b| b);
            }
            let interface = u32::from((3_000..6_000).contains(&n) && n % 2 == 0);
            let data = n.to_be_bytes().repeat(n as usize % 40 + 1);
            file = file.packet(interface, u64::from(n) * 1_000, &data, |b| {
                if n == 4_444 {
                    b.option(1, "seen twice".as_bytes()).u32(0)
                } else {
                    b
                }
            });
        }
        file.bytes
    }

    fn check(mut source: Source) {
        let (frames, _) = read(&mut source);
        assert_eq!(frames.len(), 10_000);
        let mut reader = FrameReader::new(source.index());
        for number in [
            1, 4_096, 4_097, 10_000, 5, 4_445, 6_001, 9_999, 3_001, 8_193,
        ] {
            let frame = reader.read(FrameNumber::new(0, number)).unwrap();
            assert_eq!(seen(&frame.as_frame()), frames[number as usize - 1]);
            assert_eq!(frame.comment.is_some(), number == 4_445);
        }
        let mut range = Vec::new();
        let count = reader.read_range(FrameNumber::new(0, 4_000), 3_000, |frame, _| {
            range.push(seen(&frame));
        });
        assert_eq!(count.unwrap(), 3_000);
        assert_eq!(range, frames[3_999..6_999]);
        // Beyond the end a range is short, and a single frame an error.
        let count = reader.read_range(FrameNumber::new(0, 9_990), 50, |_, _| ());
        assert_eq!(count.unwrap(), 11);
        for (file, number) in [(0, 10_001), (0, 99_999), (0, 0), (1, 1)] {
            let said = reader
                .read(FrameNumber::new(file, number))
                .unwrap_err()
                .to_string();
            assert!(said.starts_with("there is no frame"), "{said}");
        }
    }

    fn seen(frame: &Frame<'_>) -> Seen {
        Seen {
            file: frame.number.file(),
            number: frame.number.number(),
            nanos: frame.at.nanos(),
            original_length: frame.original_length,
            link: frame.link.number(),
            interface: frame.interface,
            data: frame.data.to_vec(),
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(bytes, flate2::Compression::fast())
            .read_to_end(&mut packed)
            .unwrap();
        packed
    }

    #[test]
    fn any_frame_of_a_file_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("capture");
        for bytes in [capture(), gzip(&capture())] {
            std::fs::write(&path, bytes).unwrap();
            check(Source::open(vec![Input::Path(path.clone())]).unwrap());
        }
    }

    #[test]
    fn any_frame_in_memory_can_be_read_again() {
        check(open(capture()));
        check(open(gzip(&capture())));
    }

    #[test]
    fn any_frame_of_a_pipe_can_be_read_again() {
        for bytes in [capture(), gzip(&capture())] {
            let reader = Box::new(io::Cursor::new(bytes));
            check(Source::open_stream("pipe".into(), reader).unwrap());
        }
    }

    #[test]
    fn frames_are_there_while_the_pipe_still_runs() {
        for bytes in [capture(), gzip(&capture())] {
            let reader = Box::new(io::Cursor::new(bytes));
            let mut source = Source::open_stream("pipe".into(), reader).unwrap();
            let mut reader = FrameReader::new(source.index());
            for number in 1..10_000 {
                let frame = source.pull().is_some();
                assert!(frame);
                if number % 999 == 0 {
                    let back = reader.read(FrameNumber::new(0, number)).unwrap();
                    assert_eq!(back.number.number(), number);
                    assert_eq!(back.data[..4], (number as u32 - 1).to_be_bytes());
                }
            }
        }
    }

    #[test]
    fn a_file_that_went_away_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("capture");
        std::fs::write(&path, capture()).unwrap();
        let mut source = Source::open(vec![Input::Path(path.clone())]).unwrap();
        read(&mut source);
        std::fs::remove_file(path).unwrap();
        let error = FrameReader::new(source.index())
            .read(FrameNumber::new(0, 7))
            .unwrap_err();
        assert!(matches!(error, IngestError::FrameGone { number: 7, .. }));
    }
}
