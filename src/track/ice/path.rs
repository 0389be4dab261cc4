//! What is known of the checks between two ends, and of the questions to STUN servers.

use std::time::Duration;

use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// One Binding transaction of a check path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Which way the request ran.
    pub direction: Direction,
    /// When the request was first seen.
    pub at: Timestamp,
    /// Its frame.
    pub frame: FrameNumber,
    /// When the answer came, and in which frame.
    pub answered: Option<(Timestamp, FrameNumber)>,
    /// Error code of the answer; `None` for success or none.
    pub error: Option<u16>,
    /// Requests repeated with the same transaction id.
    pub retransmissions: u16,
    /// Did it carry USE-CANDIDATE?
    pub use_candidate: bool,
}

/// Error answers of one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorCount {
    /// STUN error code.
    pub code: u16,
    /// Reason phrase as first sent.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// Where, the first ones.
    pub frames: Vec<FrameNumber>,
}

/// ICE role as a request's ICE-CONTROLLING or ICE-CONTROLLED says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// ICE-CONTROLLING.
    Controlling,
    /// ICE-CONTROLLED.
    Controlled,
}

/// The address of one end, as those see it that answer, changed: its NAT gave it another mapping (RFC 4787 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remapped {
    /// The new address.
    pub address: TransportAddress,
    /// The first answer that names it.
    pub at: (Timestamp, FrameNumber),
    /// The last answer before.
    pub before: (Timestamp, FrameNumber),
}

/// A while in which none of one end's requests was answered, though earlier ones and later ones were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// The first request that got no answer.
    pub from: (Timestamp, FrameNumber),
    /// The success answer that ended it.
    pub until: (Timestamp, FrameNumber),
    /// Requests without an answer, repeats included.
    pub requests: u64,
}

/// Requests that got no answer so far, on a path that answered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// The first of them.
    pub first: (Timestamp, FrameNumber),
    /// How many, repeats included.
    pub requests: u64,
}

/// The checks that one end of a path sent, and their answers.
#[derive(Debug, Clone, Default)]
pub struct CheckSide {
    /// Distinct requests.
    pub requests: u64,
    /// Requests repeated with the same transaction id.
    pub retransmissions: u64,
    /// Success answers (answers whose request was not seen included).
    pub successes: u64,
    /// Error answers by code.
    pub errors: Vec<ErrorCount>,
    /// Requests with USE-CANDIDATE.
    pub use_candidates: u64,
    /// Did the very first request carry USE-CANDIDATE?
    pub aggressive: bool,
    /// NOMINATION attribute values seen, last one (renomination draft).
    pub nomination_value: Option<u32>,
    /// When a request with USE-CANDIDATE was first answered with success, with the frames of both.
    pub nominated: Option<(Timestamp, [FrameNumber; 2])>,
    /// Role said by the last request, with its frame.
    pub role: Option<(Role, FrameNumber)>,
    /// Did the role change on the way?
    pub role_changed: bool,
    /// PRIORITY of the requests: what a peer-reflexive candidate would get.
    pub priority: Option<u32>,
    /// Address that success answers mapped this end to: first seen when, in which frame.
    pub mapped: Option<(TransportAddress, Timestamp, FrameNumber)>,
    /// Addresses that later answers mapped it to, bounded.
    pub remapped: Vec<Remapped>,
    /// First request.
    pub first_request: Option<(Timestamp, FrameNumber)>,
    /// Last request.
    pub last_request: Option<(Timestamp, FrameNumber)>,
    /// First success answer.
    pub first_success: Option<(Timestamp, FrameNumber)>,
    /// Last success answer.
    pub last_success: Option<(Timestamp, FrameNumber)>,
    /// Requests since the last success answer.
    pub unanswered: Option<Unanswered>,
    /// Times without answers that ended, bounded.
    pub outages: Vec<Outage>,
    /// Time of the last request that got a success answer.
    pub last_answered_request: Option<Timestamp>,
    /// Round trips, bounded sample, unsorted.
    pub round_trips: Vec<Duration>,
    /// Binding indications.
    pub indications: u64,
    /// A few whole requests, to verify their integrity once the password is known.
    pub request_samples: Vec<Vec<u8>>,
    /// A few whole answers (signed with the receiver's password too).
    pub answer_samples: Vec<Vec<u8>>,
}

/// Checks of one pair of user fragments in one conversation.
#[derive(Debug, Clone)]
pub struct CheckPath {
    /// The conversation; the inner one for what ran inside TURN.
    pub flow: FlowId,
    /// Its ends, as in the packets.
    pub tuple: FiveTuple,
    /// User fragments: of the `Forward` sender, of the `Reverse` sender.
    pub ufrags: [String; 2],
    /// By `Direction::index` of the requests.
    pub sides: [CheckSide; 2],
    /// First message.
    pub first_at: Timestamp,
    /// Last message.
    pub last_at: Timestamp,
    /// The first frames.
    pub frames: Vec<FrameNumber>,
    /// The checks in order, bounded; the counters go on.
    pub checks: Vec<Check>,
    /// ICMP errors that quoted this conversation.
    pub icmp_errors: u64,
    /// Their frames, the first ones.
    pub icmp_frames: Vec<FrameNumber>,
}

/// Binding requests without credentials to a STUN server, from one local address (RFC 8489 §2, RFC 5780).
#[derive(Debug, Clone)]
pub struct ServerQuery {
    /// The conversation.
    pub flow: FlowId,
    /// Who asked.
    pub client: TransportAddress,
    /// The server.
    pub server: TransportAddress,
    /// Distinct requests.
    pub requests: u64,
    /// Requests repeated with the same transaction id.
    pub retransmissions: u64,
    /// Success answers.
    pub responses: u64,
    /// Error answers by code.
    pub errors: Vec<ErrorCount>,
    /// Address that the server saw: first told when, in which frame.
    pub mapped: Option<(TransportAddress, Timestamp, FrameNumber)>,
    /// SOFTWARE of the server.
    pub software: Option<String>,
    /// Round trip of the first answered request.
    pub round_trip: Option<Duration>,
    /// First request.
    pub first_at: Timestamp,
    /// Last message.
    pub last_at: Timestamp,
    /// The first frames.
    pub frames: Vec<FrameNumber>,
    /// ICMP errors that quoted this conversation.
    pub icmp_errors: u64,
}
