//! Lessons on paper: everything that the screen version shows, for a class. Answers only when asked for.
//!
//! Both formats are made of the same [`Page`]s, which [`crate::lessons::play`] fills; neither looks at a capture.

pub mod html;
pub mod markdown;

use crate::lessons::lesson::Lesson;
use crate::lessons::play::Shown;

/// A lesson, played on a capture.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// Its steps with the name of the capture that each was played on.
    pub steps: Vec<(String, Shown)>,
}

/// Columns that exhibits have on paper.
pub const COLUMNS: usize = 84;
