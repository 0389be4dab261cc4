//! The bytes at hand: a growing and shifting view into a stream.
//!
//! ```text
//!  buffer   │ consumed │ data: read, not yet consumed │ room │
//!           0          start                          end    capacity
//! ```
//!
//! A quarter of a mebibyte per `read`, which the second cache holds until it is looked at, beats a memory map by 2–2.5× at media packet
//! sizes: a map is bound by cache and TLB misses.
//! Consuming moves nothing, so a frame's bytes stay where they are until the next call that may read.

use std::io;
use std::io::Read;
use std::time::Duration;

use crate::ingest::ahead::Ahead;
use crate::ingest::ahead::Block;
use crate::ingest::ahead::HEADROOM;

/// A stream seen through a buffer that holds the bytes from the current position on.
pub struct Window {
    reader: Reader,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset of `buffer[0]` in the stream, which may lie before its start (wrapped).
    base: u64,
    ended: bool,
    failure: Option<io::Error>,
    reads: u64,
    pinned: bool,
}

/// Where the bytes come from.
enum Reader {
    /// Read when they are needed.
    Direct(Box<dyn Read + Send>),
    /// Read by a thread of their own.
    Ahead(Ahead),
}

impl Window {
    /// A window over `reader`, which stands at byte `offset` of its stream, with room for `capacity` bytes.
    pub fn new(reader: Box<dyn Read + Send>, offset: u64, capacity: usize) -> Self {
        let buffer = vec![0; capacity.max(SMALLEST)];
        Self::of(Reader::Direct(reader), buffer, offset)
    }

    /// The same, with a thread that reads ahead: for a whole capture, where reading and unpacking take a processor's time.
    pub fn ahead(reader: Box<dyn Read + Send>, capacity: usize) -> Self {
        match Ahead::new(reader, capacity.max(SMALLEST)) {
            Ok(ahead) => Self::of(Reader::Ahead(ahead), Vec::new(), 0),
            Err(reader) => Self::new(reader, 0, capacity),
        }
    }

    const fn of(reader: Reader, buffer: Vec<u8>, offset: u64) -> Self {
        Self {
            reader,
            buffer,
            start: 0,
            end: 0,
            base: offset,
            ended: false,
            failure: None,
            reads: 0,
            pinned: false,
        }
    }

    /// While pinned, no byte moves: `position`s stay valid over an `ensure`, at the price of a larger buffer if one has to read.
    pub const fn pin(&mut self, pinned: bool) {
        self.pinned = pinned;
    }

    /// The bytes read and not yet consumed.
    #[inline]
    pub fn data(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Where in the buffer `data` begins; with [`Window::bytes`], names bytes across a `consume`.
    #[inline]
    pub const fn position(&self) -> usize {
        self.start
    }

    /// The `length` bytes at `position`; valid until the next `ensure`.
    #[inline]
    pub fn bytes(&self, position: usize, length: usize) -> &[u8] {
        self.buffer
            .get(position..position.saturating_add(length))
            .unwrap_or_default()
    }

    /// Offset of `data` in the stream.
    #[inline]
    pub const fn offset(&self) -> u64 {
        self.base.wrapping_add(self.start as u64)
    }

    /// Moves on by `count` bytes, at most to the end of `data`.
    #[inline]
    pub fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    /// Reads until `data` has `needed` bytes. `false`: the stream ends or fails first.
    ///
    /// The buffer grows only as bytes really arrive, so a lying length costs no memory.
    pub fn ensure(&mut self, needed: usize) -> bool {
        while self.end - self.start < needed {
            if self.ended {
                return false;
            }
            match &mut self.reader {
                Reader::Direct(_) => {
                    self.make_room(1);
                    self.read_once();
                }
                Reader::Ahead(ahead) => {
                    let block = ahead.next();
                    self.take(block);
                }
            }
        }
        true
    }

    /// Waits for more bytes, at most `patience`. `None`: none came in time; else whether there are more. A stream without a thread of its own can't
    /// be waited for, and says that there is no more.
    pub fn wait(&mut self, patience: Duration) -> Option<bool> {
        let Reader::Ahead(ahead) = &self.reader else {
            return Some(false);
        };
        if self.ended {
            return Some(false);
        }
        let block = ahead.next_within(patience).ok()?;
        self.take(block);
        Some(!self.ended)
    }

    /// Can the stream be waited for?
    pub const fn can_wait(&self) -> bool {
        matches!(self.reader, Reader::Ahead(_))
    }

    /// Why the stream could not be read to its end.
    pub const fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    /// How often the stream was read: changes when more bytes came.
    #[inline]
    pub const fn reads(&self) -> u64 {
        self.reads
    }

    /// Room for at least `least` bytes behind the data.
    fn make_room(&mut self, least: usize) {
        let held = self.end - self.start;
        // Shifting pays when it moves no more than what was consumed since the last shift: linear over the whole stream,
        // whatever a hostile file makes us ask for.
        if held <= self.start && !self.pinned {
            self.buffer.copy_within(self.start..self.end, 0);
            self.base = self.base.wrapping_add(self.start as u64);
            self.start = 0;
            self.end = held;
        }
        if self.buffer.len() - self.end < least {
            let larger = self.buffer.len().saturating_mul(2).max(self.end + least);
            self.buffer.resize(larger, 0);
        }
    }

    fn read_once(&mut self) {
        let (Reader::Direct(reader), Some(room)) =
            (&mut self.reader, self.buffer.get_mut(self.end..))
        else {
            return;
        };
        match reader.read(room) {
            Ok(0) => self.ended = true,
            // A reader that claims more than the room it got is held to the room.
            Ok(count) => self.end = (self.end + count).min(self.buffer.len()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.fail(error),
        }
        self.reads += 1;
    }

    /// Goes on with a block that was read ahead.
    fn take(&mut self, block: Option<io::Result<Block>>) {
        self.reads += 1;
        let mut block = match block {
            Some(Ok(block)) => block,
            Some(Err(error)) => return self.fail(error),
            None => {
                self.ended = true;
                return;
            }
        };
        let held = self.end - self.start;
        let spent = if held <= HEADROOM && !self.pinned {
            // The rest of the old block goes in front of the new one, which then is the window.
            let offset = self.offset();
            let start = HEADROOM - held;
            if let (Some(room), Some(rest)) = (
                block.bytes.get_mut(start..HEADROOM),
                self.buffer.get(self.start..self.end),
            ) {
                room.copy_from_slice(rest);
            }
            (self.start, self.end) = (start, block.end);
            self.base = offset.wrapping_sub(start as u64);
            std::mem::replace(&mut self.buffer, block.bytes)
        } else {
            let count = block.end - HEADROOM;
            self.make_room(count);
            let to = self.end + count;
            if let (Some(room), Some(new)) = (
                self.buffer.get_mut(self.end..to),
                block.bytes.get(HEADROOM..block.end),
            ) {
                room.copy_from_slice(new);
                self.end = to;
            }
            block.bytes
        };
        if let Reader::Ahead(ahead) = &self.reader {
            ahead.give_back(spent);
        }
    }

    fn fail(&mut self, error: io::Error) {
        self.ended = true;
        self.failure = Some(error);
    }
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window")
            .field("offset", &self.offset())
            .field("held", &(self.end - self.start))
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Smallest buffer: a few frames.
const SMALLEST: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives at most `.1` bytes a read.
    struct Drip(io::Cursor<Vec<u8>>, usize);

    impl Read for Drip {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let most = room.len().min(self.1);
            self.0.read(&mut room[..most])
        }
    }

    #[test]
    fn a_window_shifts_and_keeps_count() {
        let bytes: Vec<u8> = (0..50_000_u32).map(|n| n as u8).collect();
        let mut window = Window::new(Box::new(io::Cursor::new(bytes.clone())), 0, SMALLEST);
        let mut seen = Vec::new();
        while window.ensure(300) {
            assert_eq!(window.offset(), seen.len() as u64);
            let at = window.position();
            window.consume(300);
            seen.extend_from_slice(window.bytes(at, 300));
        }
        seen.extend_from_slice(window.data());
        assert_eq!(seen, bytes);
        assert!(window.buffer.len() <= 2 * SMALLEST);
    }

    #[test]
    fn reading_ahead_changes_nothing() {
        let bytes: Vec<u8> = (0..500_000_u32).map(|n| (n % 251) as u8).collect();
        // Frames, now and then one larger than the headroom, and one that has to be kept where it is.
        let lengths = [300, 1_500, 70_000, 12, 9_000, 150_000, 64];
        for piece in [1_000_000, 4_096, 701] {
            let reader = Drip(io::Cursor::new(bytes.clone()), piece);
            let mut window = Window::ahead(Box::new(reader), SMALLEST);
            let mut seen = Vec::new();
            for (turn, length) in lengths.iter().cycle().enumerate() {
                window.pin(turn % 3 == 0);
                let whole = window.ensure(*length);
                assert_eq!(window.offset(), seen.len() as u64);
                let count = window.data().len().min(*length);
                seen.extend_from_slice(&window.data()[..count]);
                window.consume(count);
                if !whole {
                    break;
                }
            }
            assert_eq!(seen, bytes);
            assert!(window.failure().is_none());
        }
    }

    #[test]
    fn a_lying_length_costs_no_memory() {
        let mut window = Window::new(Box::new(io::Cursor::new(vec![1; 10_000])), 0, SMALLEST);
        assert!(!window.ensure(1 << 40));
        assert_eq!(window.data().len(), 10_000);
        assert!(window.buffer.len() <= 32_768);
    }

    #[test]
    fn a_pinned_window_moves_nothing() {
        let bytes: Vec<u8> = (0..50_000_u32).map(|n| n as u8).collect();
        let mut window = Window::new(Box::new(io::Cursor::new(bytes.clone())), 0, SMALLEST);
        assert!(window.ensure(SMALLEST));
        window.consume(SMALLEST);
        window.pin(true);
        assert!(window.ensure(10_000));
        assert_eq!(window.bytes(100, 9_000), &bytes[100..9_100]);
        window.pin(false);
        window.consume(9_000);
        assert!(window.ensure(20_000));
        assert_eq!(window.data()[..20_000], bytes[13_096..33_096]);
    }

    #[test]
    fn a_large_demand_grows_the_window() {
        let mut window = Window::new(Box::new(Drip(io::Cursor::new(vec![1; 100_000]), 7)), 0, 1);
        assert!(window.ensure(90_000));
        window.consume(89_000);
        assert!(window.ensure(11_000));
        assert!(!window.ensure(11_001));
    }

    #[test]
    fn a_failing_reader_is_remembered() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
        }
        for mut window in [
            Window::new(Box::new(Failing), 0, 1),
            Window::ahead(Box::new(Failing), 1),
        ] {
            assert!(!window.ensure(1));
            assert!(window.failure().is_some());
        }
    }
}
