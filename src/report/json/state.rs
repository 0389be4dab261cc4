//! States that connections and transports entered.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// A state that was entered: of a peer connection or of a DTLS association, inferred.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StateChange {
    /// When.
    pub time_seconds: f64,
    /// Which state.
    pub state: &'static str,
    /// Frames that show it.
    pub frames: Vec<FrameRef>,
}

impl StateChange {
    pub(super) fn new(
        context: Context<'_>,
        at: Timestamp,
        state: &'static str,
        frames: &[FrameNumber],
    ) -> Self {
        Self {
            time_seconds: context.seconds(at),
            state,
            frames: context.frames(frames),
        }
    }
}
