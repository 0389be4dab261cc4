//! What every part of the report needs: ids, frames, times.

use std::time::Duration;

use serde::Serialize;

use crate::analyzer::analysis::Analysis;
use crate::vocab::ids::AllocationId;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;
use crate::vocab::time::Timestamp;

/// The analysis, with what it takes to name its parts.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What is reported.
    pub analysis: &'a Analysis,
}

impl<'a> Context<'a> {
    /// For one analysis.
    pub const fn new(analysis: &'a Analysis) -> Self {
        Self { analysis }
    }

    /// Seconds from the first packet.
    pub fn seconds(self, at: Timestamp) -> f64 {
        self.analysis.scene.seconds(at)
    }

    /// Frame numbers as the report names them, ascending, each once.
    pub fn frames(self, frames: &[FrameNumber]) -> Vec<FrameRef> {
        let mut frames = frames.to_vec();
        frames.sort_unstable();
        frames.dedup();
        frames.into_iter().map(|frame| self.frame(frame)).collect()
    }

    /// A frame number as the report names it: a number, with several files `file#frame`.
    pub fn frame(self, frame: FrameNumber) -> FrameRef {
        let files = &self.analysis.capture.files;
        match files.get(usize::from(frame.file())) {
            Some(file) if files.len() > 1 => {
                FrameRef::InFile(format!("{}#{}", file.path, frame.number()))
            }
            _ => FrameRef::Number(frame.number()),
        }
    }
}

/// A frame: its number from 1 as Wireshark shows it, or `file#number` when there are several files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum FrameRef {
    /// In the only file.
    Number(u64),
    /// In one of several.
    InFile(String),
}

/// RFC 3339, UTC, nanoseconds.
pub fn rfc3339(at: Timestamp) -> Option<String> {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at.nanos())).ok()?;
    Some(format!("{at:.9}"))
}

/// Milliseconds, nanoseconds kept.
pub fn milliseconds(span: Duration) -> f64 {
    span.as_nanos() as f64 / 1e6
}

/// Seconds, nanoseconds kept.
pub fn seconds(span: Duration) -> f64 {
    span.as_nanos() as f64 / 1e9
}

/// `value` to nine decimals: what lies beyond is noise of the arithmetic.
pub fn nine_decimals(value: f64) -> f64 {
    let rounded = (value * 1e9).round() / 1e9;
    if rounded.is_finite() { rounded } else { value }
}

/// An id, as `flow-7`.
pub trait Id {
    /// The id as the report prints it: counted from 1.
    fn id(self) -> String;
}

macro_rules! ids {
    ($($type:ident => $prefix:literal),+ $(,)?) => {
        $(impl Id for $type {
            fn id(self) -> String {
                format!(concat!($prefix, "-{}"), self.index() + 1)
            }
        })+
    };
}

ids! {
    FlowId => "flow",
    ExchangeId => "http",
    DialogueId => "session",
    PeerConnectionId => "pc",
    AssociationId => "dtls",
    StreamId => "stream",
    AllocationId => "turn",
}

/// `finding-1` for the first.
pub fn finding_id(index: usize) -> String {
    format!("finding-{}", index + 1)
}

/// `cand-1` for the first.
pub fn candidate_id(index: usize) -> String {
    format!("cand-{}", index + 1)
}

/// `pair-1` for the first.
pub fn pair_id(index: usize) -> String {
    format!("pair-{}", index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::capture::Capture;
    use crate::vocab::capture::CaptureFile;

    #[test]
    fn an_instant_keeps_its_nanoseconds() {
        let at = Timestamp::from_nanos(1_795_336_898_123_456_789);
        assert_eq!(rfc3339(at).unwrap(), "2026-11-22T08:41:38.123456789Z");
        assert_eq!(
            rfc3339(Timestamp::from_nanos(0)).unwrap(),
            "1970-01-01T00:00:00.000000000Z"
        );
        assert!(rfc3339(Timestamp::from_nanos(u64::MAX)).is_some());
    }

    #[test]
    fn ids_count_from_one() {
        assert_eq!(FlowId(6).id(), "flow-7");
        assert_eq!(
            (candidate_id(0), pair_id(1), finding_id(2)),
            ("cand-1".into(), "pair-2".into(), "finding-3".into())
        );
    }

    #[test]
    fn a_frame_names_its_file_only_among_several() {
        let file = |path: &str| CaptureFile {
            path: path.into(),
            ..CaptureFile::default()
        };
        let mut analysis = Analysis {
            capture: Capture {
                files: vec![file("a.pcap")],
                ..Capture::default()
            },
            ..Analysis::default()
        };
        assert_eq!(
            Context::new(&analysis).frame(FrameNumber::new(0, 7)),
            FrameRef::Number(7)
        );
        analysis.capture.files.push(file("b.pcap"));
        assert_eq!(
            Context::new(&analysis).frame(FrameNumber::new(1, 7)),
            FrameRef::InFile("b.pcap#7".into())
        );
    }
}
