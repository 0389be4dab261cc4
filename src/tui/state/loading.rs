//! How far reading has come.

use std::time::Duration;

/// How far reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loading {
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes there are; `None` for a pipe.
    pub total_bytes: Option<u64>,
    /// Frames read.
    pub packets: u64,
    /// Time it took so far.
    pub elapsed: Duration,
}

impl Loading {
    /// Nothing was read so far.
    pub const fn begun() -> Self {
        Self {
            read_bytes: 0,
            total_bytes: None,
            packets: 0,
            elapsed: Duration::ZERO,
        }
    }

    /// Part done, 0 to 1; `None` when the end is not known.
    pub fn part(&self) -> Option<f64> {
        let total = self.total_bytes.filter(|total| *total > 0)?;
        Some((self.read_bytes as f64 / total as f64).clamp(0.0, 1.0))
    }

    /// Time left at this pace.
    pub fn left(&self) -> Option<Duration> {
        let part = self.part().filter(|part| *part > 0.01)?;
        Some(self.elapsed.mul_f64((1.0 - part) / part))
    }
}
