//! How far can this capture be trusted? Asked before any verdict.
//!
//! A capture is one vantage point: what it does not show may have happened all the same. Five things make that worse, and none of
//! them is the call's fault: one direction missing, a beginning or an end outside the file, packets cut, packets dropped, and
//! packets stamped late.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::name;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::flow::table::FlowProtocol;
use crate::flow::table::FlowRecord;
use crate::ingest::beat::Beat;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::track::rtp_stream::stream::Stream;
use crate::vocab::address::Side;
use crate::vocab::capture::Capture;
use crate::vocab::capture::is_much_cut;
use crate::vocab::time::Timestamp;

/// Do the calls' conversations show packets of one direction only, although both ends must have spoken?
pub fn is_one_direction(scene: &Scene) -> bool {
    let mut talking = calls(scene)
        .filter(|flow| flow.packets[0] + flow.packets[1] >= FEW)
        .peekable();
    talking.peek().is_some() && talking.all(|flow| flow.packets.contains(&0)) && !any_answer(scene)
}

/// From one burst of packets to the next, where they were stamped in bursts and not when they passed: `beats` of whole files in which
/// nevertheless both sides of a call sent many frames for each burst. No two senders wait for the same instants.
pub fn burst_interval(scene: &Scene, beats: impl IntoIterator<Item = Beat>) -> Option<Duration> {
    let shown = beats.into_iter().filter(|beat| {
        let mut calls = scene.peer_connections.iter();
        calls.any(|pc| {
            let waited = |side| {
                let mut streams = scene.streams_of(pc).map(|(_, stream)| &stream.stats);
                streams.any(|stream| stream.sender == Some(side) && runs_on(stream, beat))
            };
            waited(Side::A) && waited(Side::B)
        })
    });
    shown.map(|beat| beat.interval()).max()
}

/// Does the stream run through most of these bursts, with several frames in each?
fn runs_on(stream: &Stream, beat: &Beat) -> bool {
    let seconds = beat.interval().as_secs_f64();
    let rate = stream.frames.per_second.unwrap_or(0.0);
    let shared = stream
        .last
        .at
        .min(beat.until)
        .since(stream.first.at.max(beat.from));
    rate * seconds >= FRAMES_IN_A_BURST && shared * 2 >= beat.until.since(beat.from)
}

/// Were calls already up when the capture began?
pub fn starts_mid_call(scene: &Scene) -> bool {
    let mut connections = scene.peer_connections.iter();
    connections.any(|pc| began_before(scene, pc))
}

/// Was this connection up when the capture began? Then its first media, or ciphertext, comes before any answered check of it,
/// and neither a description nor a hello is there: what a call begins with.
pub fn began_before(scene: &Scene, pc: &PeerConnection) -> bool {
    let transports = || pc.dtls.iter().filter_map(|id| scene.dtls.get(id.index()));
    let hello = transports().any(|t| !t.association.hello_frames.frames().is_empty());
    if hello || !pc.descriptions.is_empty() {
        return false;
    }
    let first_media = scene
        .streams_of(pc)
        .map(|(_, stream)| stream.stats.first.at);
    let first_record = transports().map(|transport| transport.association.first_at);
    let Some(running) = first_media.chain(first_record).min() else {
        return false;
    };
    first_answer(pc).is_none_or(|answered| running < answered)
}

fn first_answer(pc: &PeerConnection) -> Option<Timestamp> {
    let checks = pc.ice.pairs.iter().flat_map(|pair| &pair.checks);
    checks
        .filter(|check| check.error.is_none())
        .filter_map(|check| check.answered)
        .map(|(at, _)| at)
        .min()
}

/// What lowers trust in conclusions about one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubts {
    /// One direction is missing: silence proves nothing.
    pub one_direction: bool,
    /// The call was up when the capture began.
    pub mid_call: bool,
    /// Packets were cut by the snap length: how many, when they are more than a few stray ones.
    pub truncated: u64,
    /// Packets that the capture dropped: how many.
    pub dropped: u64,
    /// The file ends inside a record while the call is up.
    pub cut_short: bool,
    /// Packets were stamped in bursts, so far apart.
    pub burst_interval: Option<Duration>,
}

impl Doubts {
    /// The doubts about `call`.
    pub fn about(call: &Call<'_>, capture: &Capture) -> Self {
        let quality = &capture.quality;
        Self {
            one_direction: quality.one_direction || is_half_seen(call),
            mid_call: began_before(call.scene, call.pc),
            truncated: if is_much_cut(quality.truncated_packets, capture.packets) {
                quality.truncated_packets
            } else {
                0
            },
            dropped: quality.dropped_packets,
            cut_short: quality.cut_short && !call.closed,
            burst_interval: quality.burst_interval,
        }
    }

    /// One sentence each, for `cannotTell`.
    pub fn sentences(&self, call: &Call<'_>) -> Vec<String> {
        let mut told = Vec::new();
        if self.one_direction {
            told.push(
                "Only one direction was captured: what looks unanswered may have been answered."
                    .to_owned(),
            );
        }
        if self.mid_call {
            told.push(
                "The call was up when the capture began: its signaling, checks and handshake are not in it."
                    .to_owned(),
            );
        }
        if self.truncated > 0 {
            told.push(format!(
                "{} cut by the snap length: what signaling, certificates, and checks inside TURN or TCP said in them could not be read.",
                were(self.truncated),
            ));
        }
        if self.dropped > 0 {
            told.push(format!(
                "{} dropped by the capture itself: gaps need not be losses of the network.",
                were(self.dropped),
            ));
        }
        if self.cut_short {
            told.push(format!(
                "The file ends inside a packet, at {}: how the call went on is not in it.",
                at(call.scene, call.scene.end),
            ));
        }
        if let Some(interval) = self.burst_interval {
            told.push(format!(
                "What took less than {0}: packets were stamped in bursts, {0} apart. Round trips, jitter, freezes and setup times are not known.",
                span(interval)
            ));
        }
        told
    }
}

fn were(packets: u64) -> String {
    let verb = if packets == 1 { "was" } else { "were" };
    format!("{} {verb}", counted(packets, "packet"))
}

/// Answers whose requests were never seen, and nothing that ran the requests' way.
fn is_half_seen(call: &Call<'_>) -> bool {
    let flows = call.pc.flows.iter();
    let mut records = flows
        .filter_map(|(id, _)| call.scene.flows.get(id.index()))
        .filter(|flow| flow.packets[0] + flow.packets[1] >= FEW)
        .peekable();
    let half = records.peek().is_some() && records.all(|flow| flow.packets.contains(&0));
    half && call.pc.ice.pairs.iter().any(|pair| {
        pair.responses_received > 0 && pair.requests_sent == 0
            || pair.responses_sent > 0 && pair.requests_received == 0
    })
}

fn calls(scene: &Scene) -> impl Iterator<Item = &FlowRecord> {
    scene
        .flows
        .iter()
        .zip(&scene.flow_owner)
        .filter(|(flow, owner)| owner.is_some() || flow.protocols.contains(&FlowProtocol::Dtls))
        .map(|(flow, _)| flow)
}

/// Does the other direction show in any conversation at all? Then the capture had both, and a silent peer is a silent peer.
fn any_answer(scene: &Scene) -> bool {
    scene.flows.iter().any(|flow| !flow.packets.contains(&0))
}

/// Packets from which on silence of the other direction means something.
const FEW: u64 = 4;

/// One direction of every conversation is missing.
pub(super) const ONE_DIRECTION: Rule = Rule {
    name: "capture-one-direction",
    severity: Severity::Note,
    layer: FindingLayer::Capture,
    stage: None,
    reference: "RFC 8445 §7.2.5.2.3",
    check: one_direction,
};

fn one_direction(context: &Context<'_>) -> Vec<Statement> {
    if !context.capture.quality.one_direction {
        return Vec::new();
    }
    let half = calls(context.scene).filter(|flow| flow.packets.contains(&0));
    let evidence = half
        .take(LINES)
        .map(|flow| {
            let packets = flow.packets[0] + flow.packets[1];
            let (from, to) = if flow.packets[0] > 0 {
                (flow.tuple.a, flow.tuple.b)
            } else {
                (flow.tuple.b, flow.tuple.a)
            };
            let text = format!(
                "{} from {from} to {to}, none back",
                counted(packets, "packet")
            );
            seen(text, [flow.first_frame])
        })
        .collect();
    vec![Statement {
        title: "Only one direction of the traffic is in this capture".to_owned(),
        explanation: "Every conversation of the calls shows packets of one end and not one of the other, although calls need both. \
            So the capture saw one direction only, and what looks unanswered here may have been answered."
            .to_owned(),
        evidence,
        would_disprove: "A second capture, taken at the other end, that shows the missing direction silent too.".to_owned(),
        advice: "Capture again where both directions pass: on the host itself, on a mirror port set to both directions, and \
            without a filter on source or destination."
            .to_owned(),
        ..Statement::default()
    }]
}

/// A call was up before the capture began.
pub(super) const STARTS_MID_CALL: Rule = Rule {
    name: "capture-starts-mid-call",
    severity: Severity::Note,
    layer: FindingLayer::Capture,
    stage: None,
    reference: "RFC 7675 §5.1",
    check: mid_call,
};

fn mid_call(context: &Context<'_>) -> Vec<Statement> {
    let late = context.calls.iter().filter(|call| call.doubts.mid_call);
    late.map(|call| {
        let pc = call.pc;
        let first = call.streams.iter().map(|stream| stream.stats.first);
        let first = first.min_by_key(|seen| seen.at).map(|seen| seen.frame);
        let frames = first.into_iter().chain(
            call.dtls.iter().filter_map(|t| t.association.state.evidence.first().copied()),
        );
        Statement {
            call: Some(call.id),
            title: format!(
                "The call between {} and {} was up before the capture began",
                name(pc, Side::A),
                name(pc, Side::B)
            ),
            explanation: "Media runs before the first connectivity check and without a DTLS handshake. So the offer, the answer, \
                the checks and the handshake came before the capture, and nothing can be said of them."
                .to_owned(),
            evidence: vec![seen("media or ciphertext, before any answered check", frames)],
            would_disprove: "A ClientHello of this connection later in the capture.".to_owned(),
            advice: "Start the capture before the call, to see how it was set up.".to_owned(),
            ..Statement::default()
        }
    })
    .collect()
}

/// The snap length cut packets.
pub(super) const TRUNCATED: Rule = Rule {
    name: "capture-truncated",
    severity: Severity::Note,
    layer: FindingLayer::Capture,
    stage: None,
    reference: "draft-ietf-opsawg-pcap §5",
    check: truncated,
};

fn truncated(context: &Context<'_>) -> Vec<Statement> {
    let count = context.capture.quality.truncated_packets;
    if count == 0 {
        return Vec::new();
    }
    vec![Statement {
        title: format!("{} cut by the snap length", were(count)),
        explanation: format!(
            "Of {} packets {count} are stored only in part. Addresses, sizes and times are right; longer messages (signaling, \
             certificates, STUN attributes) can't be read to their ends.",
            context.capture.packets
        ),
        would_disprove: "Captured lengths that equal the original lengths.".to_owned(),
        advice: "Capture whole packets: `tcpdump -s 0`, or no snap length in Wireshark.".to_owned(),
        ..Statement::default()
    }]
}

/// The capture dropped packets by its own count.
pub(super) const DROPPED_PACKETS: Rule = Rule {
    name: "capture-dropped-packets",
    severity: Severity::Note,
    layer: FindingLayer::Capture,
    stage: None,
    reference: "draft-ietf-opsawg-pcapng §4.6",
    check: dropped,
};

fn dropped(context: &Context<'_>) -> Vec<Statement> {
    let count = context.capture.quality.dropped_packets;
    if count == 0 {
        return Vec::new();
    }
    vec![Statement {
        title: format!("{} dropped while capturing", were(count)),
        explanation: "By the capture file's own statistics the capturing system was too slow and left packets out. Gaps in \
            streams and missing answers may come from that and not from the network."
            .to_owned(),
        would_disprove: "Statistics of the capturing interface that count no drops.".to_owned(),
        advice: "Capture again with a larger kernel buffer (`tcpdump -B`), with a filter, or to a faster disk.".to_owned(),
        ..Statement::default()
    }]
}

/// The file ends inside a record.
pub(super) const CUT_SHORT: Rule = Rule {
    name: "capture-cut-short",
    severity: Severity::Note,
    layer: FindingLayer::Capture,
    stage: None,
    reference: "draft-ietf-opsawg-pcap §5",
    check: cut_short,
};

fn cut_short(context: &Context<'_>) -> Vec<Statement> {
    if !context.capture.quality.cut_short {
        return Vec::new();
    }
    vec![Statement {
        title: "The file ends inside a packet".to_owned(),
        explanation: format!(
            "After {} the file breaks off in the middle of a record: the capture was interrupted, or the file not copied whole. \
             What came later is not in it.",
            at(context.scene, context.scene.end)
        ),
        would_disprove: "A complete copy of the same file that ends at the same packet.".to_owned(),
        advice: "Copy the file again, or stop the capturing program before copying.".to_owned(),
        ..Statement::default()
    }]
}

/// Packets came out of the capturing system in bursts, and were stamped then.
pub(super) const STAMPED_IN_BURSTS: Rule = Rule {
    name: "capture-stamped-in-bursts",
    severity: Severity::Note,
    layer: FindingLayer::Capture,
    stage: None,
    reference: "draft-ietf-opsawg-pcap §5",
    check: stamped_in_bursts,
};

fn stamped_in_bursts(context: &Context<'_>) -> Vec<Statement> {
    let Some(interval) = context.capture.quality.burst_interval else {
        return Vec::new();
    };
    let interval = span(interval);
    vec![Statement {
        title: format!("Packets were stamped in bursts, {interval} apart"),
        explanation: format!(
            "All packets of the file, both directions and all conversations, stand in bursts with nothing between, although both sides of a call              sent all the time. So they were stamped when the capturing system handed them over, every {interval}, and not when they passed              (inferred). Their order and number are right; round trips, jitter, freezes and times of setup shorter than that are not known."
        ),
        would_disprove: "A capture of the same call elsewhere with the same bursts.".to_owned(),
        advice: "Capture where packets are stamped by the kernel as they pass: on the computer itself, or on the router or access point of the phone."
            .to_owned(),
        ..Statement::default()
    }]
}

/// So many frames of a stream in each burst were not made all at once.
const FRAMES_IN_A_BURST: f64 = 5.0;
/// Lines of evidence about conversations.
const LINES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Confidence;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::at as instant;

    #[test]
    fn half_of_the_traffic_makes_no_failure() {
        let mut sketch = Sketch::new(20.0)
            .agreed()
            .checks(Side::A, 0.3, 15.0, 0.1, false);
        sketch.scene.flows[0].packets = [150, 0];
        assert!(is_one_direction(&sketch.scene));
        sketch.capture.quality.one_direction = true;
        assert_eq!(sketch.rules(), ["capture-one-direction"]);
        let verdict = sketch.judge().1.remove(0);
        assert_eq!(
            (verdict.outcome, verdict.confidence),
            (Outcome::Unknown, Confidence::Low)
        );
        assert!(verdict.cannot_tell[0].contains("one direction"));
    }

    #[test]
    fn a_silent_peer_is_no_missing_direction_when_others_answer() {
        let mut sketch = Sketch::new(20.0)
            .agreed()
            .checks(Side::A, 0.3, 15.0, 0.1, false)
            .unanswered_query(1);
        sketch.scene.flows[0].packets = [150, 0];
        assert!(!is_one_direction(&sketch.scene));
        assert_eq!(sketch.rules(), ["ice-checks-unanswered"]);
    }

    #[test]
    fn media_before_the_first_check_was_there_before_the_capture() {
        let late = Sketch::new(20.0)
            .media(Side::B, 0.0, 20.0, 900)
            .checks(Side::A, 2.0, 20.0, 2.0, true)
            .nominated(2.1);
        assert!(starts_mid_call(&late.scene));
        assert_eq!(late.rules(), ["capture-starts-mid-call"]);
        let verdict = late.judge().1.remove(0);
        assert_eq!(
            (verdict.outcome, verdict.confidence),
            (Outcome::Ok, Confidence::Medium)
        );
        assert!(!starts_mid_call(&Sketch::healthy(20.0).scene));
    }

    #[test]
    fn packets_stamped_in_bursts_tell_no_round_trips() {
        let mut sketch = Sketch::healthy(30.0);
        for stream in &mut sketch.scene.streams {
            stream.stats.frames.per_second = Some(50.0);
        }
        let beat = Beat {
            from: instant(0.5),
            until: instant(29.5),
            intervals: 29,
        };
        let interval = burst_interval(&sketch.scene, [beat]);
        assert_eq!(interval, Some(Duration::from_secs(1)));
        sketch.capture.quality.burst_interval = interval;
        for check in &mut sketch.pc().ice.pairs[0].checks {
            check.answered = Some((check.at.after(Duration::from_secs(1)), check.frame));
        }
        let (findings, verdicts) = sketch.judge();
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [STAMPED_IN_BURSTS.name]);
        assert_eq!(
            (verdicts[0].outcome, verdicts[0].confidence),
            (Outcome::Ok, Confidence::Medium)
        );
        assert!(verdicts[0].cannot_tell[0].contains("less than 1.0 s"));
    }

    #[test]
    fn one_frame_a_second_is_no_clock_that_waits() {
        let mut sketch = Sketch::healthy(30.0);
        for stream in &mut sketch.scene.streams {
            stream.stats.frames.per_second = Some(1.0);
        }
        let beat = Beat {
            from: instant(0.5),
            until: instant(29.5),
            intervals: 29,
        };
        assert_eq!(burst_interval(&sketch.scene, [beat]), None);
        // Nor is it one when one side alone sends that much.
        sketch.scene.streams[0].stats.frames.per_second = Some(50.0);
        assert_eq!(burst_interval(&sketch.scene, [beat]), None);
    }

    #[test]
    fn limits_of_the_capture_are_noted_and_lower_confidence() {
        let mut sketch = Sketch::healthy(20.0);
        sketch.capture.quality.truncated_packets = 1;
        sketch.capture.quality.dropped_packets = 2;
        sketch.capture.quality.cut_short = true;
        assert_eq!(
            sketch.rules(),
            [
                "capture-truncated",
                "capture-dropped-packets",
                "capture-cut-short"
            ]
        );
        let (findings, verdicts) = sketch.judge();
        assert!(
            findings
                .iter()
                .all(|finding| finding.severity == Severity::Note)
        );
        assert_eq!(verdicts[0].confidence, Confidence::Medium);
        // The call was closed before the file broke off.
        assert_eq!(verdicts[0].cannot_tell.len(), 2);
        assert!(verdicts[0].cannot_tell[0].starts_with("1 packet was cut"));
    }
}
