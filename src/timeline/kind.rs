//! What can happen.

use crate::session::model::peer_connection::ConnectionState;
use crate::track::dtls::association::State as DtlsState;
use crate::vocab::address::Side;
use crate::vocab::ids::AllocationId;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::StreamId;

/// What happened. Numbers are positions in the lists of the scene, or of the event's peer connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A signaling message.
    Message {
        /// Its dialogue.
        dialogue: DialogueId,
        /// Its place in the dialogue.
        message: usize,
    },
    /// The server gave a signaling session up.
    SessionTimeout {
        /// The dialogue.
        dialogue: DialogueId,
    },
    /// An offer or answer.
    Description {
        /// Its place among the peer connection's descriptions.
        description: usize,
    },
    /// A candidate came up: in signaling, or (peer-reflexive) on the wire.
    Candidate {
        /// Its place among the peer connection's candidates.
        candidate: usize,
    },
    /// The first connectivity check of a pair, one way.
    FirstCheck {
        /// The pair.
        pair: usize,
        /// Who sent it.
        from: Side,
    },
    /// The first success answer to such a check.
    FirstAnswer {
        /// The pair.
        pair: usize,
        /// Who had sent the check.
        from: Side,
    },
    /// The first error answer of one code.
    CheckError {
        /// The pair.
        pair: usize,
        /// Who had sent the check.
        from: Side,
        /// STUN error code.
        code: u16,
    },
    /// A check with USE-CANDIDATE was answered with success.
    Nominated {
        /// The pair.
        pair: usize,
    },
    /// A pair became the selected one.
    Selected {
        /// The pair.
        pair: usize,
    },
    /// A side's address changed.
    AddressChanged {
        /// Its place among the peer connection's rebindings.
        rebinding: usize,
    },
    /// The connection entered a state.
    State {
        /// Which.
        state: ConnectionState,
    },
    /// A flight of a DTLS handshake.
    DtlsFlight {
        /// The association.
        association: AssociationId,
        /// Its place among the association's flights.
        flight: usize,
    },
    /// A DTLS association entered a state.
    DtlsState {
        /// The association.
        association: AssociationId,
        /// Which.
        state: DtlsState,
    },
    /// A DTLS alert.
    DtlsAlert {
        /// The association.
        association: AssociationId,
        /// Its place among the association's alerts.
        alert: usize,
    },
    /// The first packet of a stream.
    StreamStart {
        /// The stream.
        stream: StreamId,
    },
    /// A stream fell silent for a second or more.
    StreamGap {
        /// The stream.
        stream: StreamId,
        /// Its place among the stream's gaps.
        gap: usize,
    },
    /// The last packet of a stream.
    StreamEnd {
        /// The stream.
        stream: StreamId,
    },
    /// The first request to a TURN server.
    TurnRequest {
        /// The allocation.
        allocation: AllocationId,
    },
    /// The first error answer of a TURN server of one code and method.
    TurnError {
        /// The allocation.
        allocation: AllocationId,
        /// Its place among the allocation's errors.
        error: usize,
    },
    /// An allocation was made.
    TurnAllocated {
        /// The allocation.
        allocation: AllocationId,
    },
    /// A channel was bound.
    TurnChannel {
        /// The allocation.
        allocation: AllocationId,
        /// Its place among the allocation's channels.
        channel: usize,
    },
    /// A STUN server told somebody's address.
    StunMapped {
        /// Its place among the scene's server queries.
        query: usize,
    },
    /// A STUN server was asked and never answered.
    StunUnanswered {
        /// Its place among the scene's server queries.
        query: usize,
    },
    /// Signaling closed the connection.
    ClosedBySignaling,
}

impl EventKind {
    /// Kebab-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::SessionTimeout { .. } => "session-timeout",
            Self::Description { .. } => "description",
            Self::Candidate { .. } => "candidate",
            Self::FirstCheck { .. } => "first-check",
            Self::FirstAnswer { .. } => "first-answer",
            Self::CheckError { .. } => "check-error",
            Self::Nominated { .. } => "nominated",
            Self::Selected { .. } => "selected",
            Self::AddressChanged { .. } => "address-changed",
            Self::State { .. } => "state",
            Self::DtlsFlight { .. } => "dtls-flight",
            Self::DtlsState { .. } => "dtls-state",
            Self::DtlsAlert { .. } => "dtls-alert",
            Self::StreamStart { .. } => "stream-start",
            Self::StreamGap { .. } => "stream-gap",
            Self::StreamEnd { .. } => "stream-end",
            Self::TurnRequest { .. } => "turn-request",
            Self::TurnError { .. } => "turn-error",
            Self::TurnAllocated { .. } => "turn-allocated",
            Self::TurnChannel { .. } => "turn-channel",
            Self::StunMapped { .. } => "stun-mapped",
            Self::StunUnanswered { .. } => "stun-unanswered",
            Self::ClosedBySignaling => "closed-by-signaling",
        }
    }
}
