//! RTCP and the streams that it is about: by SSRC, within a peer connection, reports running against what they report on.

use hashbrown::HashMap;

use crate::session::model::feedback::Feedback;
use crate::session::model::feedback::ReceiverSays;
use crate::session::model::feedback::SenderSays;
use crate::session::model::media::MediaStream;
use crate::track::rtcp::RtcpFlow;
use crate::track::rtcp::facts::Reception;
use crate::track::rtcp::facts::Requests;
use crate::track::rtcp::facts::SenderFacts;
use crate::vocab::address::Direction;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PeerConnectionId;

/// RTCP by conversation and by peer connection, so that each stream looks at its own only.
pub(super) struct Reports<'a> {
    by_flow: HashMap<FlowId, &'a RtcpFlow>,
    by_call: HashMap<PeerConnectionId, Vec<&'a RtcpFlow>>,
}

impl<'a> Reports<'a> {
    /// Sorts `rtcp`. `owner`: the peer connection of each conversation.
    pub(super) fn new(rtcp: &'a [RtcpFlow], owner: &[Option<PeerConnectionId>]) -> Self {
        let mut by_call: HashMap<PeerConnectionId, Vec<&RtcpFlow>> = HashMap::new();
        for flow in rtcp {
            if let Some(id) = owner.get(flow.flow.index()).copied().flatten() {
                by_call.entry(id).or_default().push(flow);
            }
        }
        Self {
            by_flow: rtcp.iter().map(|flow| (flow.flow, flow)).collect(),
            by_call,
        }
    }

    /// What may be about `stream`, in order of conversation: all of its call, and what runs on its own conversations. Without a call only
    /// the latter surely is.
    fn near(&self, stream: &MediaStream) -> Vec<&'a RtcpFlow> {
        let call = stream.peer_connection;
        let of_call = call.and_then(|id| self.by_call.get(&id));
        let paths = stream.stats.paths.iter();
        let own = paths.filter_map(|path| self.by_flow.get(&path.flow));
        let mut near: Vec<&RtcpFlow> = of_call.into_iter().flatten().chain(own).copied().collect();
        near.sort_by_key(|flow| flow.flow);
        near.dedup_by_key(|flow| flow.flow);
        near
    }
}

/// What readable RTCP says of `stream`.
pub(super) fn about(stream: &MediaStream, reports: &Reports<'_>) -> Feedback {
    let mut feedback = Feedback::default();
    for flow in reports.near(stream) {
        let path = stream
            .stats
            .paths
            .iter()
            .find(|path| path.flow == flow.flow);
        let forth = |direction: Direction| path.is_none_or(|path| path.direction == direction);
        let back = |direction: Direction| path.is_none_or(|path| path.direction != direction);
        let own = stream.stats.ssrc;
        for sender in &flow.senders {
            if sender.ssrc == own && forth(sender.direction) {
                take_sender(&mut feedback, sender);
            }
        }
        for reception in &flow.receptions {
            if reception.about == own && back(reception.direction) {
                take_reception(&mut feedback, reception);
            }
        }
        let readable = [Direction::Forward, Direction::Reverse]
            .into_iter()
            .filter(|direction| back(*direction))
            .any(|direction| !flow.ways[direction.index()].kinds.is_empty());
        if readable {
            feedback.asked.get_or_insert_default();
        }
        for requests in &flow.requests {
            if requests.about == own && back(requests.direction) {
                take_requests(&mut feedback, requests);
            }
        }
    }
    feedback
}

fn take_sender(feedback: &mut Feedback, facts: &SenderFacts) {
    let reports = feedback.sent.map_or(0, |known| known.reports) + facts.reports;
    let later = feedback
        .sent
        .is_none_or(|known| known.last.at <= facts.last.at);
    if later {
        feedback.sent = Some(SenderSays {
            reports,
            packets: facts.packet_count,
            bytes: facts.octet_count,
            last: facts.last,
        });
    } else if let Some(known) = &mut feedback.sent {
        known.reports = reports;
    }
}

/// Reports of one receiver may run on several conversations one after the other: an ICE restart moves them. Of several receivers the last
/// to report counts.
fn take_reception(feedback: &mut Feedback, facts: &Reception) {
    let says = ReceiverSays {
        reporter: facts.reporter,
        reports: facts.reports,
        packets_lost: facts.latest.cumulative_lost,
        fraction_lost: facts.latest.fraction_lost,
        fraction_lost_max: facts.fraction_lost_max,
        jitter_ticks: facts.latest.jitter_ticks,
        jitter_ticks_max: facts.jitter_ticks_max,
        round_trips: facts.round_trips,
        span: facts.span,
    };
    let Some(known) = feedback.received else {
        feedback.received = Some(says);
        return;
    };
    let (first, last) = if known.span.1.at <= says.span.1.at {
        (known, says)
    } else {
        (says, known)
    };
    feedback.received = Some(if first.reporter == last.reporter {
        ReceiverSays {
            reports: first.reports + last.reports,
            fraction_lost_max: first.fraction_lost_max.max(last.fraction_lost_max),
            jitter_ticks_max: first.jitter_ticks_max.max(last.jitter_ticks_max),
            round_trips: first.round_trips.and(last.round_trips),
            span: (first.span.0, last.span.1),
            ..last
        }
    } else {
        last
    });
}

fn take_requests(feedback: &mut Feedback, facts: &Requests) {
    let asked = feedback.asked.get_or_insert_default();
    asked.nacks += facts.nacks;
    asked.packets_nacked += facts.packets_nacked;
    asked.plis += facts.plis;
    asked.firs += facts.firs;
    let (first, last) = asked.span.unwrap_or(facts.span);
    if facts.bitrate_limit_bps.is_some() && last.at <= facts.span.1.at {
        asked.bitrate_limit_bps = facts.bitrate_limit_bps;
    }
    let earliest = if facts.span.0.at < first.at {
        facts.span.0
    } else {
        first
    };
    let latest = if facts.span.1.at > last.at {
        facts.span.1
    } else {
        last
    };
    asked.span = Some((earliest, latest));
}
