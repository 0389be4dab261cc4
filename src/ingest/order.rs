//! In which order the frames of several files stand when they are merged by time.
//!
//! ```text
//!  line     0   1   2   3   4   5  …        files: 0  0  1  0  1  1  …        two bytes a frame
//!  frame   0#1 0#2 1#1 0#3 1#2 1#3 …        marks of file 1: (line 2, number 1) … every 256 of its frames, or 65 536 lines
//! ```
//!
//! Where the inputs have no end, the oldest lines make room: line numbers stay, and what was in the first of them is not known any more.
//!
//! A frame's number follows from the mark before it and the lines since; a line from the mark before its number.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::vocab::ids::FrameNumber;

/// The order of frames of a source with several inputs. A copy is a handle to the same order, which grows as frames are pulled.
#[derive(Debug, Clone, Default)]
pub struct FrameOrder(Arc<Mutex<Order>>);

impl FrameOrder {
    /// Keeps the order of the last lines, [`FrameOrder::MOST`] of them, when the inputs have no end.
    pub(crate) fn of_recent() -> Self {
        Self::within(Self::MOST)
    }

    /// Lines kept of inputs without an end, two bytes each.
    pub const MOST: usize = 1 << 26;

    fn within(limit: usize) -> Self {
        let order = Order {
            limit: Some(limit),
            ..Order::default()
        };
        Self(Arc::new(Mutex::new(order)))
    }

    /// The next frame is one of `file`.
    pub(crate) fn push(&self, file: u16) {
        self.lock().push(file);
    }

    /// Lines so far.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Not one line so far?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frame in a line, from 0; `None` also for one that made room.
    pub fn frame(&self, line: usize) -> Option<FrameNumber> {
        self.lock().frame(line)
    }

    /// The line of a frame; for one that did not come yet, the line after the last, and the oldest for one that made room.
    pub fn line(&self, frame: FrameNumber) -> usize {
        self.lock().line(frame)
    }

    /// A panic while the lock was held leaves nothing half done that matters: a list grew or did not.
    fn lock(&self) -> MutexGuard<'_, Order> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Order {
    /// Lines that made room.
    gone: usize,
    /// The file of each line after them.
    files: VecDeque<u16>,
    /// By file.
    marks: Vec<Marks>,
    /// Lines kept at most.
    limit: Option<usize>,
}

#[derive(Debug, Clone, Default)]
struct Marks {
    /// Frames so far.
    count: u64,
    /// Some lines of the file and the frames in them, ascending.
    places: VecDeque<(usize, u64)>,
}

impl Order {
    fn push(&mut self, file: u16) {
        let (line, place) = (self.len(), usize::from(file));
        if self.marks.len() <= place {
            self.marks.resize(place + 1, Marks::default());
        }
        self.files.push_back(file);
        let Some(marks) = self.marks.get_mut(place) else {
            return;
        };
        marks.count += 1;
        let far = marks.places.back().is_none_or(|(before, number)| {
            line - before >= LINES_BETWEEN || marks.count - number >= FRAMES_BETWEEN
        });
        if far {
            marks.places.push_back((line, marks.count));
        }
        if self.limit.is_some_and(|limit| self.files.len() > limit) {
            self.make_room();
        }
    }

    fn len(&self) -> usize {
        self.gone + self.files.len()
    }

    /// Forgets the oldest quarter.
    fn make_room(&mut self) {
        let oldest = self.files.len() / 4;
        self.files.drain(..oldest);
        self.gone += oldest;
        for marks in &mut self.marks {
            // What follows the last mark of a file before it is not found again until the next one: some hundred frames at most.
            let gone = marks.places.partition_point(|(line, _)| *line < self.gone);
            marks.places.drain(..gone);
        }
    }

    /// The files of the lines from one that a mark is in, up to another.
    fn between(&self, marked: usize, until: usize) -> Option<impl Iterator<Item = u16>> {
        let (from, until) = (
            marked.checked_sub(self.gone)?,
            until.checked_sub(self.gone)?,
        );
        let is_there = from <= until && until <= self.files.len();
        is_there.then(|| self.files.range(from..until).copied())
    }

    fn frame(&self, line: usize) -> Option<FrameNumber> {
        let file = *self.files.get(line.checked_sub(self.gone)?)?;
        let places = &self.marks.get(usize::from(file))?.places;
        let after = places.partition_point(|(marked, _)| *marked <= line);
        let (marked, number) = *places.get(after.checked_sub(1)?)?;
        let passed = self.between(marked, line)?.filter(|other| *other == file);
        let passed = passed.count();
        Some(FrameNumber::new(file, number + passed as u64))
    }

    fn line(&self, frame: FrameNumber) -> usize {
        let marks = self.marks.get(usize::from(frame.file()));
        match marks {
            Some(marks) if frame.number() <= marks.count => {
                self.known_line(marks, frame).unwrap_or(self.gone)
            }
            _ => self.len(),
        }
    }

    fn known_line(&self, marks: &Marks, frame: FrameNumber) -> Option<usize> {
        let places = &marks.places;
        let after = places.partition_point(|(_, number)| *number <= frame.number());
        let (marked, number) = *places.get(after.checked_sub(1)?)?;
        let wanted = usize::try_from(frame.number() - number).ok()?;
        let since = self.between(marked, self.len())?.enumerate();
        let mut own = since.filter(|(_, file)| *file == frame.file());
        own.nth(wanted).map(|(further, _)| marked + further)
    }
}

/// Frames of a file from one mark to the next at most.
const FRAMES_BETWEEN: u64 = 256;
/// Lines from one mark of a file to its next frame that is not marked at most.
const LINES_BETWEEN: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: impl Iterator<Item = u16>) {
        let order = FrameOrder::default();
        let mut counts = [0_u64; 8];
        let mut expected = Vec::new();
        for file in files {
            order.push(file);
            counts[usize::from(file)] += 1;
            expected.push(FrameNumber::new(file, counts[usize::from(file)]));
        }
        for (line, frame) in expected.iter().enumerate().step_by(7) {
            assert_eq!(order.frame(line), Some(*frame));
            assert_eq!(order.line(*frame), line);
        }
        assert_eq!(order.frame(expected.len()), None);
        assert_eq!(order.line(FrameNumber::new(7, 1_000_000)), expected.len());
    }

    #[test]
    fn lines_and_frames_lead_to_each_other() {
        check((0..5_000_u16).map(|at| at % 3));
        check((0..5_000_u16).map(|at| u16::from(at.count_ones() > 6)));
    }

    #[test]
    fn a_file_that_pauses_for_long_is_found_again() {
        let pause = (0..200_000).map(|_| 1);
        check([0, 0].into_iter().chain(pause).chain([0, 1, 0, 0]));
    }

    #[test]
    fn what_has_no_end_makes_room() {
        let order = FrameOrder::within(10_000);
        let all: Vec<u16> = (0..100_000).map(|at: u32| (at % 3 == 1).into()).collect();
        for file in &all {
            order.push(*file);
        }
        let kept = order.lock().files.len();
        assert!(kept <= 10_000 && order.len() == 100_000, "{kept}");
        assert!(order.lock().marks.iter().all(|it| it.places.len() < 100));
        assert_eq!(order.frame(0), None);
        // Behind the first marks each frame is found.
        let first = order.lock().gone;
        for line in (first + 1_000..100_000).step_by(7) {
            let file = all[line];
            let number = all[..=line].iter().filter(|it| **it == file).count();
            let frame = FrameNumber::new(file, number as u64);
            assert_eq!((order.frame(line), order.line(frame)), (Some(frame), line));
        }
        assert_eq!(order.line(FrameNumber::new(1, 1)), first);
        assert_eq!(order.line(FrameNumber::new(1, 99_999)), 100_000);
    }

    #[test]
    fn nothing_is_in_no_line() {
        let order = FrameOrder::default();
        assert!(order.is_empty());
        assert_eq!(order.frame(0), None);
        assert_eq!(order.line(FrameNumber::new(0, 1)), 0);
    }
}
