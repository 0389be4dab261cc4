//! Candidates, candidate pairs and the selection, as RFC 8445 names them.

use std::time::Duration;

use crate::sdp::candidate::CandidateType;
use crate::vocab::address::Side;
use crate::vocab::address::TransportAddress;
use crate::vocab::claim::Basis;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Position of a candidate in its peer connection's list (from 0).
pub type CandidateIndex = usize;

/// Position of a pair in its peer connection's list (from 0).
pub type PairIndex = usize;

/// A candidate of one side: declared in signaling, observed on the wire, or both (RFC 8445 §4).
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Whose candidate it is.
    pub side: Side,
    /// ICE generation of its side: 0, then one more for each restart.
    pub generation: usize,
    /// host, srflx, prflx or relay.
    pub kind: CandidateType,
    /// `udp`, `tcp`; for relay candidates the transport between relay and peer.
    pub protocol: String,
    /// Address as declared or seen: an IP address, or a name (mDNS) while unresolved.
    pub address: String,
    /// Port.
    pub port: u16,
    /// Component: 1 RTP, 2 RTCP.
    pub component: u16,
    /// Base or mapped address that it derives from (`raddr`/`rport`).
    pub related: Option<(String, u16)>,
    /// Priority, as declared or as the PRIORITY attribute of its checks said.
    pub priority: Option<u32>,
    /// Foundation, when declared.
    pub foundation: Option<String>,
    /// mDNS name, when the declared address was one.
    pub mdns: Option<String>,
    /// TCP type (`active`, `passive`, `so`; RFC 6544), when declared.
    pub tcp_type: Option<String>,
    /// Protocol between client and TURN server (`udp`, `tcp`, `tls`), for relay candidates when seen.
    pub relay_protocol: Option<String>,
    /// MID of the m-section it was declared for.
    pub mid: Option<String>,
    /// Declared in signaling or observed on the wire.
    pub basis: Basis,
    /// Was it (also) seen on the wire?
    pub observed: bool,
    /// When it first came up.
    pub at: Timestamp,
    /// Frames that declared or showed it.
    pub frames: Vec<FrameNumber>,
}

/// How a pair's packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairPath {
    /// Between the two hosts themselves.
    Direct,
    /// Through a TURN allocation seen in this capture.
    Relay,
}

impl PairPath {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Relay => "relay",
        }
    }
}

/// `RTCStatsIceCandidatePairState` words (webrtc-stats §8.11), inferred from the checks seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairState {
    /// Never tried on the wire.
    Waiting,
    /// Checks sent, no answer yet at the end of the capture.
    InProgress,
    /// No check of either side was ever answered with success.
    Failed,
    /// At least one check was answered with success.
    Succeeded,
}

impl PairState {
    /// The word of webrtc-stats.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::InProgress => "in-progress",
            Self::Failed => "failed",
            Self::Succeeded => "succeeded",
        }
    }
}

/// Did MESSAGE-INTEGRITY prove that the messages belong to the description's password?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// Every message tried verified.
    Verified,
    /// At least one message did not verify.
    Failed,
    /// No password known, or no message kept to try.
    Unknown,
}

impl Integrity {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// Minimum, median and maximum of the round trips of checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrip {
    /// Shortest.
    pub min: Duration,
    /// Median.
    pub median: Duration,
    /// Longest.
    pub max: Duration,
}

/// One error code among the answers to a pair's checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckError {
    /// STUN error code.
    pub code: u16,
    /// Reason phrase as sent.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// Where, the first ones.
    pub frames: Vec<FrameNumber>,
}

/// One connectivity check (a Binding transaction), for charts and the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckSeen {
    /// Who sent the request.
    pub from: Side,
    /// When the request was first seen.
    pub at: Timestamp,
    /// The request's frame.
    pub frame: FrameNumber,
    /// When the answer came, and in which frame.
    pub answered: Option<(Timestamp, FrameNumber)>,
    /// Error code of the answer; `None` for success or no answer.
    pub error: Option<u16>,
    /// Requests repeated with the same transaction id.
    pub retransmissions: u16,
    /// Did it carry USE-CANDIDATE?
    pub use_candidate: bool,
}

/// A while in which nobody answered one side's checks, on a pair that answered before (RFC 7675 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// Whose checks.
    pub side: Side,
    /// When the first of them was sent.
    pub from: Timestamp,
    /// When an answer came again; `None` when none did.
    pub until: Option<Timestamp>,
    /// Checks without an answer.
    pub checks: u64,
    /// The first check without an answer, and the answer that ended it.
    pub frames: Vec<FrameNumber>,
}

/// A candidate pair with what the wire showed of it (RFC 8445 §6.1.2).
///
/// Counts are from side a's point of view.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidatePair {
    /// Candidate of side a: the valid pair's, so the mapped address where a NAT is.
    pub a: CandidateIndex,
    /// Candidate of side b.
    pub b: CandidateIndex,
    /// ICE generation.
    pub generation: usize,
    /// The conversation; `None` for pairs never tried on the wire.
    pub flow: Option<FlowId>,
    /// Direct, or through a relay seen here.
    pub path: PairPath,
    /// The addresses in the packets: side a's, side b's.
    pub wire: Option<(TransportAddress, TransportAddress)>,
    /// State word, inferred.
    pub state: PairState,
    /// Was it nominated (USE-CANDIDATE answered with success)?
    pub nominated: bool,
    /// Was it the last selected pair?
    pub selected: bool,
    /// Distinct checks that a sent.
    pub requests_sent: u64,
    /// Success answers that a got.
    pub responses_received: u64,
    /// Distinct checks that a got.
    pub requests_received: u64,
    /// Success answers that a sent.
    pub responses_sent: u64,
    /// Repeated requests, both ways.
    pub retransmissions: u64,
    /// Round trips of a's checks, or of b's when a's were not seen answered.
    pub round_trip: Option<RoundTrip>,
    /// First check or answer.
    pub first_at: Option<Timestamp>,
    /// Last check or answer.
    pub last_at: Option<Timestamp>,
    /// When the nominating check was answered.
    pub nominated_at: Option<Timestamp>,
    /// Frames of the nominating request and its answer.
    pub nominated_frames: Vec<FrameNumber>,
    /// When a check of this pair was last answered with success (consent, RFC 7675).
    pub last_answered_at: Option<Timestamp>,
    /// Times without answers, in order: those that ended, and what is unanswered at the end.
    pub outages: Vec<Outage>,
    /// Proof by password.
    pub integrity: Integrity,
    /// Error answers by code.
    pub errors: Vec<CheckError>,
    /// ICMP errors that quoted this conversation.
    pub icmp_errors: u64,
    /// Frames of those ICMP errors, the first ones.
    pub icmp_frames: Vec<FrameNumber>,
    /// Binding indications (keepalives without answer), both ways.
    pub indications: u64,
    /// The first frames of the pair's checks and answers.
    pub frames: Vec<FrameNumber>,
    /// The checks themselves, in order, bounded.
    pub checks: Vec<CheckSeen>,
}

/// Regular, aggressive, or renomination (draft-thatcher-ice-renomination).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nomination {
    /// One check with USE-CANDIDATE after others succeeded.
    Regular,
    /// USE-CANDIDATE on every check from the first (RFC 5245).
    Aggressive,
    /// NOMINATION attributes with rising values.
    Renomination,
}

impl Nomination {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Aggressive => "aggressive",
            Self::Renomination => "renomination",
        }
    }
}

/// ICE role (RFC 8445 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IceRole {
    /// Nominates.
    Controlling,
    /// Is told.
    Controlled,
}

impl IceRole {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Controlling => "controlling",
            Self::Controlled => "controlled",
        }
    }
}

/// A change of the selected pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// When.
    pub at: Timestamp,
    /// Which pair.
    pub pair: PairIndex,
    /// The frame that shows it.
    pub frame: FrameNumber,
}

/// The address that a side shows to the other changed in the middle of the call, and ICE went on with the new one: its NAT gave it another
/// mapping (RFC 4787 §4.3), or its host another network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebinding {
    /// Whose address.
    pub side: Side,
    /// The address before.
    pub from: TransportAddress,
    /// The address from then on.
    pub to: TransportAddress,
    /// Last sign of the old one.
    pub last_before: Timestamp,
    /// First sign of the new one.
    pub at: Timestamp,
    /// The frames of both.
    pub frames: Vec<FrameNumber>,
    /// The pair that runs over the new address.
    pub pair: PairIndex,
    /// The pair that ran over the old one, where the address itself is in the packets: in a capture beyond the NAT. `None` where answers to checks
    /// tell the address: the pair is the same.
    pub replaces: Option<PairIndex>,
}

/// Everything ICE of one peer connection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ice {
    /// Role of side a, from its checks.
    pub role_a: Option<IceRole>,
    /// Role conflicts (487) seen.
    pub role_conflicts: u64,
    /// Number of ufrag generations seen.
    pub generations: usize,
    /// How the controlling side nominated.
    pub nomination: Option<Nomination>,
    /// Candidates of both sides.
    pub candidates: Vec<Candidate>,
    /// Pairs tried on the wire, in order of first check.
    pub pairs: Vec<CandidatePair>,
    /// Selections in order of time.
    pub selected: Vec<Selection>,
    /// Changes of address that the call went through, in order of time.
    pub rebindings: Vec<Rebinding>,
}

impl Ice {
    /// The pairs that were selected at some time.
    pub fn once_selected(&self) -> impl Iterator<Item = &CandidatePair> {
        let pairs = self.pairs.iter().enumerate();
        let own = pairs.filter(|(at, pair)| {
            pair.selected || self.selected.iter().any(|selection| selection.pair == *at)
        });
        own.map(|(_, pair)| pair)
    }
}
