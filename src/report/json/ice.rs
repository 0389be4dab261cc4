//! `peerConnections[].ice`: candidates, candidate pairs and the selection.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::report::json::context::candidate_id;
use crate::report::json::context::pair_id;
use crate::report::json::context::seconds;
use crate::session::model::ice as model;
use crate::vocab::address::TransportAddress;

/// ICE of one peer connection (RFC 8445).
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Ice<'a> {
    /// `controlling` or `controlled`, from a's checks.
    pub role_a: Option<&'static str>,
    /// Role conflicts (487) seen.
    pub role_conflicts: u64,
    /// Generations of user fragments: 1, and one more for each ICE restart.
    pub generations: usize,
    /// `regular`, `aggressive` or `renomination`.
    pub nomination: Option<&'static str>,
    /// Candidates of both sides.
    pub candidates: Vec<Candidate<'a>>,
    /// Pairs tried on the wire.
    pub pairs: Vec<Pair<'a>>,
    /// Selections in order of time.
    pub selected_pair_history: Vec<Selection>,
    /// Changes of a side's address that the call went through, in order of time.
    pub rebindings: Vec<Rebinding>,
}

/// A candidate.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Candidate<'a> {
    /// `cand-1`, within the peer connection.
    pub id: String,
    /// `a` or `b`.
    pub side: &'static str,
    /// ICE generation of its side, from 0.
    pub generation: usize,
    /// `host`, `srflx`, `prflx` or `relay`.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// `udp` or `tcp`.
    pub protocol: &'a str,
    /// IP address, or a name while unresolved.
    pub address: &'a str,
    /// Port.
    pub port: u16,
    /// 1 for RTP, 2 for RTCP.
    pub component: u16,
    /// Base or mapped address that it derives from.
    pub related_address: Option<&'a str>,
    /// Its port.
    pub related_port: Option<u16>,
    /// Priority.
    pub priority: Option<u32>,
    /// Foundation.
    pub foundation: Option<&'a str>,
    /// mDNS name, when the declared address was one.
    pub mdns: Option<&'a str>,
    /// `active`, `passive` or `so`, for TCP.
    pub tcp_type: Option<&'a str>,
    /// Between client and TURN server: `udp`, `tcp` or `tls`.
    pub relay_protocol: Option<&'a str>,
    /// The m-section that it was declared for.
    pub mid: Option<&'a str>,
    /// `declared` in signaling, or `observed` on the wire only.
    pub basis: &'static str,
    /// Was it (also) seen on the wire?
    pub observed: bool,
    /// When it first came up.
    pub time_seconds: f64,
    /// Frames that declared or showed it.
    pub frames: Vec<FrameRef>,
}

/// A candidate pair; counts are from a's point of view.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pair<'a> {
    /// `pair-1`, within the peer connection.
    pub id: String,
    /// Candidate of side a: the valid pair's, the mapped address where a NAT is.
    pub a: String,
    /// Candidate of side b.
    pub b: String,
    /// ICE generation.
    pub generation: usize,
    /// The conversation.
    pub flow: Option<String>,
    /// `direct` or `relay`.
    pub path: &'static str,
    /// The addresses in the packets.
    pub wire: Option<Wire>,
    /// `RTCStatsIceCandidatePairState`: `waiting`, `in-progress`, `failed` or `succeeded`; inferred.
    pub state: &'static str,
    /// Was it nominated?
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
    /// Of checks, seconds.
    pub round_trip_time: Option<RoundTripTime>,
    /// First check or answer.
    pub first_time_seconds: Option<f64>,
    /// When the nominating check was answered.
    pub nominated_time_seconds: Option<f64>,
    /// When a check was last answered (consent, RFC 7675).
    pub last_answered_time_seconds: Option<f64>,
    /// Last check or answer.
    pub last_time_seconds: Option<f64>,
    /// Times in which nobody answered one side's checks, though earlier ones were answered: 5 s or longer, and what is unanswered at the end.
    pub outages: Vec<Outage>,
    /// MESSAGE-INTEGRITY against the signaled passwords: `verified`, `failed` or `unknown`.
    pub integrity: &'static str,
    /// Error answers by code.
    pub errors: Vec<CheckError<'a>>,
    /// ICMP errors that quoted the conversation.
    pub icmp_errors: u64,
    /// Their first frames.
    pub icmp_frames: Vec<FrameRef>,
    /// Binding indications, both ways.
    pub indications: u64,
    /// Frames of the nominating check and its answer.
    pub nominated_frames: Vec<FrameRef>,
    /// The first frames of its checks and answers.
    pub frames: Vec<FrameRef>,
}

/// The addresses in a pair's packets.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Wire {
    /// Of side a.
    pub a: String,
    /// Of side b.
    pub b: String,
}

/// Round trips of checks, seconds.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RoundTripTime {
    /// Shortest.
    pub min: f64,
    /// Median.
    pub median: f64,
    /// Longest.
    pub max: f64,
}

/// A while in which nobody answered one side's checks (RFC 7675 §5.1).
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Outage {
    /// Whose checks: `a` or `b`.
    pub side: &'static str,
    /// When the first of them was sent.
    pub time_seconds: f64,
    /// When an answer came again; `null` when none did.
    pub end_time_seconds: Option<f64>,
    /// Checks without an answer.
    pub checks: u64,
    /// The first check without an answer, and the answer that ended it.
    pub frames: Vec<FrameRef>,
}

/// Error answers of one code.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckError<'a> {
    /// STUN error code.
    pub code: u16,
    /// Reason phrase as sent.
    pub reason: &'a str,
    /// How often.
    pub count: u64,
    /// Its first frames.
    pub frames: Vec<FrameRef>,
}

/// A pair became the selected one.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// When.
    pub time_seconds: f64,
    /// Which pair.
    pub pair: String,
    /// The frame that shows it.
    pub frames: Vec<FrameRef>,
}

/// The address that a side shows to the other changed in the middle of the call: its NAT made another mapping (RFC 4787 §4.3), or its host changed the
/// network.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rebinding {
    /// Whose address: `a` or `b`.
    pub side: &'static str,
    /// Address and port before.
    pub from: String,
    /// Address and port from then on.
    pub to: String,
    /// Last sign of the old one.
    pub last_before_time_seconds: f64,
    /// First sign of the new one.
    pub time_seconds: f64,
    /// The pair that runs over the new one.
    pub pair: String,
    /// The pair that ran over the old one, in a capture beyond the NAT; `null` where answers to checks tell the address, and the pair is the same.
    pub replaces: Option<String>,
    /// Frames of both signs.
    pub frames: Vec<FrameRef>,
}

impl<'a> Ice<'a> {
    /// ICE of one peer connection.
    pub fn new(context: Context<'a>, ice: &'a model::Ice) -> Self {
        let history = ice.selected.iter().map(|selection| Selection {
            time_seconds: context.seconds(selection.at),
            pair: pair_id(selection.pair),
            frames: context.frames(&[selection.frame]),
        });
        let rebindings = ice.rebindings.iter().map(|change| Rebinding {
            side: change.side.word(),
            from: change.from.to_string(),
            to: change.to.to_string(),
            last_before_time_seconds: context.seconds(change.last_before),
            time_seconds: context.seconds(change.at),
            pair: pair_id(change.pair),
            replaces: change.replaces.map(pair_id),
            frames: context.frames(&change.frames),
        });
        let candidates = ice.candidates.iter().enumerate();
        let pairs = ice.pairs.iter().enumerate();
        Self {
            role_a: ice.role_a.map(model::IceRole::word),
            role_conflicts: ice.role_conflicts,
            generations: ice.generations,
            nomination: ice.nomination.map(model::Nomination::word),
            candidates: candidates
                .map(|(index, candidate)| Candidate::new(context, index, candidate))
                .collect(),
            pairs: pairs
                .map(|(index, pair)| Pair::new(context, index, pair))
                .collect(),
            selected_pair_history: history.collect(),
            rebindings: rebindings.collect(),
        }
    }
}

impl<'a> Candidate<'a> {
    fn new(context: Context<'a>, index: usize, candidate: &'a model::Candidate) -> Self {
        let related = candidate.related.as_ref();
        Self {
            id: candidate_id(index),
            side: candidate.side.word(),
            generation: candidate.generation,
            kind: candidate.kind.word(),
            protocol: &candidate.protocol,
            address: &candidate.address,
            port: candidate.port,
            component: candidate.component,
            related_address: related.map(|(address, _)| address.as_str()),
            related_port: related.map(|&(_, port)| port),
            priority: candidate.priority,
            foundation: candidate.foundation.as_deref(),
            mdns: candidate.mdns.as_deref(),
            tcp_type: candidate.tcp_type.as_deref(),
            relay_protocol: candidate.relay_protocol.as_deref(),
            mid: candidate.mid.as_deref(),
            basis: candidate.basis.word(),
            observed: candidate.observed,
            time_seconds: context.seconds(candidate.at),
            frames: context.frames(&candidate.frames),
        }
    }
}

impl<'a> Pair<'a> {
    fn new(context: Context<'a>, index: usize, pair: &'a model::CandidatePair) -> Self {
        let wire = |(a, b): (TransportAddress, TransportAddress)| Wire {
            a: a.to_string(),
            b: b.to_string(),
        };
        let round_trip = |times: model::RoundTrip| RoundTripTime {
            min: seconds(times.min),
            median: seconds(times.median),
            max: seconds(times.max),
        };
        let errors = pair.errors.iter().map(|error| CheckError {
            code: error.code,
            reason: &error.reason,
            count: error.count,
            frames: context.frames(&error.frames),
        });
        let time = |at| context.seconds(at);
        let outages = pair.outages.iter().map(|outage| Outage {
            side: outage.side.word(),
            time_seconds: context.seconds(outage.from),
            end_time_seconds: outage.until.map(time),
            checks: outage.checks,
            frames: context.frames(&outage.frames),
        });
        Self {
            id: pair_id(index),
            a: candidate_id(pair.a),
            b: candidate_id(pair.b),
            generation: pair.generation,
            flow: pair.flow.map(Id::id),
            path: pair.path.word(),
            wire: pair.wire.map(wire),
            state: pair.state.word(),
            nominated: pair.nominated,
            selected: pair.selected,
            requests_sent: pair.requests_sent,
            responses_received: pair.responses_received,
            requests_received: pair.requests_received,
            responses_sent: pair.responses_sent,
            retransmissions: pair.retransmissions,
            round_trip_time: pair.round_trip.map(round_trip),
            first_time_seconds: pair.first_at.map(time),
            nominated_time_seconds: pair.nominated_at.map(time),
            last_answered_time_seconds: pair.last_answered_at.map(time),
            last_time_seconds: pair.last_at.map(time),
            outages: outages.collect(),
            integrity: pair.integrity.word(),
            errors: errors.collect(),
            icmp_errors: pair.icmp_errors,
            icmp_frames: context.frames(&pair.icmp_frames),
            indications: pair.indications,
            nominated_frames: context.frames(&pair.nominated_frames),
            frames: context.frames(&pair.frames),
        }
    }
}
