//! One snapshot of everything known: what screens and reports read.

use std::sync::Arc;

use crate::crypt::keylog::KeyLog;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Verdict;
use crate::session::model::scene::Scene;
use crate::vocab::capture::Capture;

/// One snapshot of everything known. Shared as `Arc<Analysis>`; nobody changes it.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// The capture as a whole.
    pub capture: Capture,
    /// Calls, flows, streams: everything joined.
    pub scene: Scene,
    /// What the rules found; the report prints `finding-{n+1}`.
    pub findings: Vec<Finding>,
    /// What became of each peer connection, and of dialogues without one.
    pub verdicts: Vec<Verdict>,
    /// The secrets that were given, for excerpts that are to be opened elsewhere.
    pub key_log: Arc<KeyLog>,
}
