//! What is wrong with a lesson, and where: a teacher reads this, so it names the file, the line and the way out.

use std::fmt;

/// A lesson cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonError {
    /// The lesson's file, as it was named.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl LessonError {
    /// At a line.
    pub fn new(file: &str, line: usize, reason: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for LessonError {
    /// `lessons/nat.md:12: reason`, as compilers do, so that editors jump there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.reason),
            line => write!(f, "{}:{line}: {}", self.file, self.reason),
        }
    }
}

impl std::error::Error for LessonError {}
