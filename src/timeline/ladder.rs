//! A call as arrows between hosts, in order of time.
//!
//! ```text
//!   alice            janus           turn
//!   │═ offer ═══════▶│               │       signaling, one arrow per message
//!   │┄ Binding ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄▶│       STUN and TURN servers
//!   │◀┄ 7 checks ┄┄┄▶│               │       checks of a pair, both ways, as one
//!   │◀─ ClientHello ─│               │       a DTLS flight
//!   │▶▶ VP8 ▶▶▶▶▶▶▶▶▶│               │       a stream
//! ```

use crate::session::model::scene::Scene;
use crate::timeline::draft::draft;
use crate::timeline::host::Hosts;
use crate::timeline::layer::Layer;
use crate::timeline::layer::Tone;
use crate::vocab::ids::AllocationId;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;
use crate::vocab::time::Timestamp;

/// A call as arrows between hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// The columns.
    pub hosts: Hosts,
    /// The arrows, in order of time.
    pub rows: Vec<Row>,
}

/// One arrow or remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When it began.
    pub at: Timestamp,
    /// Its layer.
    pub layer: Layer,
    /// From where to where.
    pub course: Course,
    /// What it says. Text from the wire is in it.
    pub text: String,
    /// How it went.
    pub tone: Tone,
    /// One of many alike (acknowledgements, keepalives): may be folded.
    pub minor: bool,
    /// Frames that show it.
    pub frames: Vec<FrameNumber>,
    /// What it is about, for details.
    pub subject: Subject,
}

/// From where to where, by column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// One way.
    Arrow {
        /// Sender.
        from: usize,
        /// Receiver.
        to: usize,
        /// How it is drawn.
        line: Line,
    },
    /// Both ways.
    Both {
        /// One end.
        one: usize,
        /// The other.
        other: usize,
        /// How it is drawn.
        line: Line,
    },
    /// Nobody's message: a state, a silence.
    Note,
}

/// How an arrow is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A message.
    Plain,
    /// A message that carries a session description.
    Double,
    /// STUN: small and many.
    Dotted,
    /// Media: a stream of packets.
    Fat,
}

/// What a row is about: a place in the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A signaling message.
    Message(DialogueId, usize),
    /// A candidate pair of the call.
    Pair(usize),
    /// A DTLS association.
    Dtls(AssociationId),
    /// A media stream.
    Stream(StreamId),
    /// A TURN allocation.
    Turn(AllocationId),
    /// A STUN server that was asked.
    Query(usize),
    /// The connection as a whole.
    Connection,
}

/// The ladder of a call.
pub fn ladder(scene: &Scene, id: PeerConnectionId) -> Option<Ladder> {
    draft(scene, id)
}
