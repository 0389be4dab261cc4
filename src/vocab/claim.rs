//! A claim: a value with the ground it stands on.

use crate::vocab::ids::FrameNumber;

/// How we come to know something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// Read on the wire.
    Observed,
    /// Said in signaling.
    Declared,
    /// Concluded from what was read.
    Inferred,
}

impl Basis {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Declared => "declared",
            Self::Inferred => "inferred",
        }
    }
}

/// A value with its basis; `evidence` ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<T> {
    /// What is claimed.
    pub value: T,
    /// The ground it stands on.
    pub basis: Basis,
    /// Frames that show it.
    pub evidence: Vec<FrameNumber>,
}

/// Frame numbers kept as evidence: ascending, without repeats, at most [`Evidence::KEPT`] (the first ones and always the last).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence(Vec<FrameNumber>);

impl Evidence {
    /// Frames kept.
    pub const KEPT: usize = 64;

    /// Remembers `frame`; once full, the last place holds the latest.
    pub fn push(&mut self, frame: FrameNumber) {
        if self.0.last() == Some(&frame) {
            return;
        }
        if self.0.len() == Self::KEPT {
            self.0.pop();
        }
        self.0.push(frame);
    }

    /// The frames, ascending as pushed.
    pub fn frames(&self) -> &[FrameNumber] {
        &self.0
    }
}

impl From<Vec<FrameNumber>> for Evidence {
    fn from(frames: Vec<FrameNumber>) -> Self {
        let mut evidence = Self::default();
        for frame in frames {
            evidence.push(frame);
        }
        evidence
    }
}
