//! Rules of loss, in words; what they tell is found in `facts::media`.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::media::Lossy;
use crate::diagnosis::facts::media::Reported;
use crate::diagnosis::facts::media::lossy;
use crate::diagnosis::facts::media::only_small_arrive;
use crate::diagnosis::facts::media::reported;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::media::kind;
use crate::diagnosis::media::suffers;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::listed;
use crate::diagnosis::words::name;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::diagnosis::words::who;
use crate::session::model::scene::Scene;
use crate::vocab::address::Side;

/// Packets were lost before they came here.
pub(super) const LOSS: Rule = Rule {
    name: "media-loss",
    severity: Severity::Warning,
    layer: FindingLayer::Media,
    stage: Some(Stage::Steady),
    reference: "RFC 3550 §6.4.1, Appendix A.3",
    check: |context| lossy_calls(context, false),
};

/// Packets are missing in what leaves the capturing machine itself.
pub(super) const SENT_WITH_GAPS: Rule = Rule {
    name: "media-sent-with-gaps",
    severity: Severity::Note,
    layer: FindingLayer::Media,
    stage: None,
    reference: "RFC 3550 Appendix A.3",
    check: |context| lossy_calls(context, true),
};

/// The receiver reports loss that happened after the capture point.
pub(super) const REPORTED: Rule = Rule {
    name: "media-loss-reported",
    severity: Severity::Warning,
    layer: FindingLayer::Media,
    stage: Some(Stage::Steady),
    reference: "RFC 3550 §6.4.1",
    check: loss_reported,
};

/// Calls with loss in what comes in, or (`local`) in what leaves the capturing machine.
fn lossy_calls(context: &Context<'_>, local: bool) -> Vec<Statement> {
    let mut statements = Vec::new();
    for call in &context.calls {
        if call.broken().is_some_and(|stage| stage != Stage::Steady) {
            continue;
        }
        for side in [Side::A, Side::B] {
            let streams = lossy(call, side);
            if streams.is_empty() || call.is_local(side) != local {
                continue;
            }
            let figures = Figures::of(&streams);
            let told = if local {
                sent_with_gaps(call, side, &figures)
            } else if let Some(largest) = only_small_arrive(call, side, &streams) {
                large_lost(call, side, &figures, largest)
            } else {
                lost_on_the_way(call, side, &figures)
            };
            statements.push(Statement {
                call: Some(call.id),
                evidence: evidence_of(call, side, &streams),
                ..told
            });
        }
    }
    statements
}

/// Loss of all streams of a side.
struct Figures {
    lost: u64,
    expected: u64,
    /// `audio 38 of 692 (5.5 %) and video 17 of 265 (6.4 %)`.
    by_stream: String,
}

impl Figures {
    fn of(streams: &[Lossy<'_>]) -> Self {
        let by_stream: Vec<String> = streams
            .iter()
            .map(|lossy| {
                let (lost, expected) = (lossy.lost, lossy.expected);
                format!(
                    "{} {lost} of {expected} ({:.1} %)",
                    kind(lossy.stream),
                    lossy.percent()
                )
            })
            .collect();
        Self {
            lost: streams.iter().map(|lossy| lossy.lost).sum(),
            expected: streams.iter().map(|lossy| lossy.expected).sum(),
            by_stream: listed(&by_stream),
        }
    }
}

fn evidence_of(call: &Call<'_>, side: Side, streams: &[Lossy<'_>]) -> Vec<EvidenceLine> {
    let lines = streams.iter().map(|lossy| loss_line(call.scene, lossy));
    lines.chain(repair_line(call, side)).collect()
}

fn lost_on_the_way(call: &Call<'_>, side: Side, figures: &Figures) -> Statement {
    let sender = name(call.pc, side);
    let percent = figures.lost as f64 * 100.0 / figures.expected.max(1) as f64;
    Statement {
        title: format!("{percent:.1} % of the media from {sender} was lost on the way here"),
        explanation: format!(
            "Of what {} sent, {} never arrived where this capture was taken. That is the loss between {sender} and the capture, and \
             what {sender} itself missed if it forwards for others; what is lost further on, and in the other direction, is not in \
             these figures.",
            who(call, side),
            figures.by_stream
        ),
        would_disprove: format!(
            "A capture at {sender} that misses the same sequence numbers, or drops counted by this capture's interface."
        ),
        advice: "Look for a congested or wireless link between the two; compare with a capture at the far end to find the segment \
            that loses."
            .to_owned(),
        ..Statement::default()
    }
}

/// The packets that are missing are the large ones.
fn large_lost(call: &Call<'_>, side: Side, figures: &Figures, largest: u16) -> Statement {
    let sender = name(call.pc, side);
    let lost = lost_on_the_way(call, side, figures);
    Statement {
        title: format!("Large packets from {sender} don't get through: {}", lost.title),
        explanation: format!(
            "{} Audio, whose packets are small, came whole, and the largest packet that came has {largest} bytes on the wire, where video is sent in              packets of 1 200 bytes and more. So it looks as if a link on the way passes smaller packets only, and nobody tells the sender (inferred).",
            lost.explanation
        ),
        would_disprove: format!("One packet of 1 200 bytes from {sender} that arrives."),
        advice: "Look for tunnels and VPNs on the way, PPPoE, and firewalls that drop ICMP “fragmentation needed”; `ping -M do -s 1200` to the other             end tells. Lower the MTU of the tunnel's ends or let ICMP through."
            .to_owned(),
        reference: Some("RFC 3550 §6.4.1; RFC 1191; RFC 8899 §1"),
        ..lost
    }
}

/// No network lies between the sender and a capture on its own machine.
fn sent_with_gaps(call: &Call<'_>, side: Side, figures: &Figures) -> Statement {
    let sender = name(call.pc, side);
    Statement {
        title: format!(
            "{} of {} packets are missing in what {sender} sends from here",
            figures.lost, figures.expected
        ),
        explanation: format!(
            "Sequence numbers are missing in streams that leave the machine that captured: {}. No network lies in between: either \
             {sender} forwards what it got with gaps, as an SFU does, or the capture missed packets.",
            figures.by_stream
        ),
        would_disprove: "A capture on the same machine that holds the missing packets.".to_owned(),
        advice: "Look for the same loss in the stream that is forwarded; otherwise capture with a larger buffer.".to_owned(),
        ..Statement::default()
    }
}

fn loss_line(scene: &Scene, lossy: &Lossy<'_>) -> EvidenceLine {
    let stats = &lossy.stream.stats;
    let worst = stats
        .series
        .buckets
        .iter()
        .enumerate()
        .max_by_key(|(_, bucket)| bucket.lost);
    let worst = worst
        .filter(|(_, bucket)| bucket.lost > 0)
        .map(|(place, bucket)| {
            let offset = stats
                .series
                .step
                .saturating_mul(u32::try_from(place).unwrap_or(u32::MAX));
            let start = stats.series.start.after(offset);
            format!(
                "; most in the {} from {}: {}",
                span(stats.series.step.max(Duration::from_secs(1))),
                at(scene, start),
                bucket.lost
            )
        });
    let outages = stats.gaps.iter().filter(|gap| !gap.is_continuous());
    let frames = outages.flat_map(|gap| [gap.before.frame, gap.after.frame]);
    seen(
        format!(
            "{} SSRC {}: {} of {} numbers never seen{}",
            kind(lossy.stream),
            stats.ssrc,
            lossy.lost,
            lossy.expected,
            worst.unwrap_or_default()
        ),
        [stats.first.frame]
            .into_iter()
            .chain(frames)
            .chain([stats.last.frame]),
    )
}

/// Retransmissions seen here: what they repaired is lost to these figures, not to the viewer.
fn repair_line(call: &Call<'_>, side: Side) -> Option<EvidenceLine> {
    let own = call
        .streams
        .iter()
        .filter(|stream| stream.from == Some(side));
    let repairs = own.filter(|stream| stream.repairs.is_some());
    let (packets, frames) = repairs.fold((0, Vec::new()), |(packets, mut frames), stream| {
        frames.push(stream.stats.first.frame);
        (packets + stream.stats.packets, frames)
    });
    (packets > 0).then(|| {
        let text = format!(
            "{} of retransmission (RTX), which may repair some",
            counted(packets, "packet")
        );
        seen(text, frames)
    })
}

fn loss_reported(context: &Context<'_>) -> Vec<Statement> {
    let suffering = context.calls.iter().filter(|call| suffers(call));
    suffering
        .filter_map(|call| {
            let told = reported(call);
            (!told.is_empty()).then(|| reported_call(call, &told))
        })
        .collect()
}

fn reported_call(call: &Call<'_>, told: &[Reported<'_>]) -> Statement {
    let lines: Vec<EvidenceLine> = told
        .iter()
        .map(|reported| {
            let (first, last) = reported.reception.span;
            seen(
                format!(
                    "{} SSRC {}: {} of {} lost, by {}",
                    kind(reported.stream),
                    reported.stream.stats.ssrc,
                    reported.lost,
                    counted(reported.packets, "packet"),
                    counted(reported.reception.reports, "report"),
                ),
                [first.frame, last.frame],
            )
        })
        .collect();
    Statement {
        call: Some(call.id),
        title: "The receiver reports loss behind the capture point".to_owned(),
        explanation: format!(
            "{} passed here whole, but the receiver's RTCP reports count packets of them as lost: they were lost between this capture and \
             the receiver.",
            counted(told.len() as u64, "stream")
        ),
        evidence: lines,
        would_disprove: "A capture at the receiver that holds the packets.".to_owned(),
        advice: "Capture at the receiver, to find the segment that loses.".to_owned(),
        ..Statement::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::sighting;
    use crate::session::model::media::MediaKind;
    use crate::track::rtcp::RtcpTracker;
    use crate::wire::rtcp::classify::classify;

    fn with_loss(side: Side, packets: u64, lost: u64) -> Sketch {
        let mut sketch = Sketch::healthy(20.0);
        let own = sketch
            .scene
            .streams
            .iter_mut()
            .find(|stream| stream.from == Some(side));
        let stats = &mut own
            .expect("healthy calls have media of both sides here")
            .stats;
        stats.packets = packets;
        stats.packets_lost = lost;
        sketch
    }

    #[test]
    fn loss_on_the_way_here_degrades_the_call() {
        let (findings, verdicts) = with_loss(Side::B, 980, 20).judge();
        assert_eq!(
            (findings[0].rule, findings[0].severity),
            ("media-loss", Severity::Warning)
        );
        assert!(findings[0].explanation.contains("audio 20 of 1000 (2.0 %)"));
        assert_eq!(
            (verdicts[0].outcome, verdicts[0].stage),
            (Outcome::Degraded, Some(Stage::Steady))
        );
    }

    /// Video of side b lost 400 of 1 000 packets, its audio none; the largest packet that came has `largest` bytes.
    fn video_lost(largest: u16) -> Sketch {
        let mut sketch = Sketch::healthy(20.0).media(Side::B, 0.8, 20.0, 600);
        let video = &mut sketch.scene.streams[2];
        video.kind = Some(MediaKind::Video);
        video.stats.packets_lost = 400;
        sketch.scene.flows[0].largest[1] = largest;
        sketch
    }

    #[test]
    fn video_without_a_large_packet_beside_whole_audio_is_a_link_that_passes_small_ones_only() {
        let title = |largest| video_lost(largest).judge().0[0].title.clone();
        assert!(
            title(913).starts_with("Large packets from"),
            "{}",
            title(913)
        );
        assert!(title(1_242).starts_with("20.0 %") || title(1_242).starts_with("40.0 %"));
        let mut all = video_lost(913);
        all.scene.streams[1].stats.packets_lost = 100;
        assert!(
            !all.judge().0[0].title.starts_with("Large"),
            "audio suffers too"
        );
    }

    #[test]
    fn a_little_loss_and_loss_of_a_few_packets_are_nothing() {
        assert_eq!(with_loss(Side::B, 981, 19).rules(), [""; 0]);
        assert_eq!(with_loss(Side::B, 90, 9).rules(), [""; 0]);
    }

    #[test]
    fn what_is_missing_where_it_is_sent_is_not_the_networks() {
        let (findings, verdicts) = with_loss(Side::A, 900, 100).judge();
        assert_eq!(
            (findings[0].rule, findings[0].severity),
            ("media-sent-with-gaps", Severity::Note)
        );
        assert_eq!(verdicts[0].outcome, Outcome::Ok);
    }

    #[test]
    fn loss_behind_the_capture_is_known_from_readable_reports_only() {
        let mut sketch = with_loss(Side::A, 1_000, 0);
        // A receiver report: source 9 lost 51 packets of stream 0, side a's.
        let mut report = vec![0x81, 201, 0, 7, 0, 0, 0, 9, 0, 0, 0, 0, 25, 0, 0, 51];
        report.extend([0; 16]);
        let mut tracker = RtcpTracker::default();
        tracker.observe(sighting(Side::B, 10.0), &classify(&report));
        sketch.scene.rtcp = tracker.snapshot();
        let (findings, verdicts) = sketch.judge();
        assert_eq!(findings[0].rule, "media-loss-reported");
        assert!(
            findings[0].evidence[0]
                .text
                .contains("51 of 1000 packets lost"),
            "{findings:#?}"
        );
        assert_eq!(verdicts[0].outcome, Outcome::Degraded);
    }
}
