//! Rule of paths that broke and healed.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::outage::Interruption;
use crate::diagnosis::facts::outage::Window;
use crate::diagnosis::facts::outage::interruptions;
use crate::diagnosis::facts::outage::silences;
use crate::diagnosis::facts::outage::windows_of;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::ice::LIBWEBRTC_DISCONNECTED;
use crate::diagnosis::media::kind;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::name;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::diagnosis::words::who;
use crate::vocab::address::Side;

/// The selected pair stopped answering, and answered again.
pub(super) const INTERRUPTED: Rule = Rule {
    name: "ice-path-interrupted",
    severity: Severity::Warning,
    layer: FindingLayer::Ice,
    stage: Some(Stage::Steady),
    reference: "RFC 7675 §5.1",
    check: interrupted_calls,
};

fn interrupted_calls(context: &Context<'_>) -> Vec<Statement> {
    let suffering = context
        .calls
        .iter()
        .filter(|call| call.breaks_at(Stage::Steady));
    suffering
        .map(|call| (call, interruptions(call)))
        .filter(|(_, interruptions)| !interruptions.is_empty())
        .map(|(call, interruptions)| statement(call, &interruptions))
        .collect()
}

fn statement(call: &Call<'_>, interruptions: &[Interruption<'_>]) -> Statement {
    let total: Duration = interruptions.iter().map(Interruption::duration).sum();
    let title = match interruptions {
        [_] => format!(
            "The path was interrupted for {}, and came back",
            span(total)
        ),
        several => format!(
            "The path was interrupted {} times, {} in all, and came back",
            several.len(),
            span(total)
        ),
    };
    let shown = || interruptions.iter().take(OUTAGES_SHOWN);
    let told: Vec<String> = shown().map(|known| times(call, known)).collect();
    let mut evidence: Vec<EvidenceLine> = shown().map(|known| checks_line(call, known)).collect();
    let windows = windows_of(interruptions);
    for side in [Side::A, Side::B] {
        evidence.extend(silence_lines(call, side, &windows));
    }
    Statement {
        call: Some(call.id),
        title,
        explanation: format!(
            "{} Then answers came again on the same pair, without an ICE restart. What media lacks from that time was lost to the \
             interruption, or held back by a sender that knew of it, and is no loss of the path while it stood.",
            told.join(" ")
        ),
        evidence,
        would_disprove: "An answered check of this pair from within that time, in a capture nearer to the other end.".to_owned(),
        advice: "Look for what changed on the path then: a network switch, a handover between access points, a firewall or NAT that reloaded. \
            An application that restarts ICE when it reads “disconnected” gets away sooner where there is another path."
            .to_owned(),
        ..Statement::default()
    }
}

fn times(call: &Call<'_>, known: &Interruption<'_>) -> String {
    let (outage, scene) = (known.outage, call.scene);
    let disconnected = outage.from.after(LIBWEBRTC_DISCONNECTED);
    format!(
        "From {} to {} nobody answered the checks of {}; by libwebrtc's timers it read “disconnected” from {} on.",
        at(scene, outage.from),
        at(scene, known.until),
        who(call, outage.side),
        at(scene, disconnected)
    )
}

fn checks_line(call: &Call<'_>, known: &Interruption<'_>) -> EvidenceLine {
    let outage = known.outage;
    seen(
        format!(
            "{} of {} without an answer from {} on; answered again at {}",
            counted(outage.checks, "check"),
            name(call.pc, outage.side),
            at(call.scene, outage.from),
            at(call.scene, known.until)
        ),
        outage.frames.iter().copied(),
    )
}

/// The silences of a side's streams in such times.
pub(super) fn silence_lines(call: &Call<'_>, side: Side, windows: &[Window]) -> Vec<EvidenceLine> {
    let mut lines = Vec::new();
    for stream in call.media_of(side) {
        for gap in silences(stream, windows) {
            if lines.len() < SILENCES_SHOWN {
                lines.push(seen(
                    format!(
                        "{} from {}, SSRC {}: silent from {} to {} ({}), {} missing",
                        kind(stream),
                        name(call.pc, side),
                        stream.stats.ssrc,
                        at(call.scene, gap.before.at),
                        at(call.scene, gap.after.at),
                        span(gap.duration()),
                        counted(gap.skipped, "sequence number")
                    ),
                    [gap.before.frame, gap.after.frame],
                ));
            }
        }
    }
    lines
}

/// Interruptions told one by one.
const OUTAGES_SHOWN: usize = 4;
/// Silences listed per side.
const SILENCES_SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::at as instant;
    use crate::diagnosis::sketch::frame;
    use crate::diagnosis::sketch::sighting;
    use crate::session::model::ice::Outage;
    use crate::track::rtp_stream::stream::Gap;

    /// Nobody answers from 8 s until 16 s; media from afar is silent meanwhile, and lacks 400 packets.
    fn interrupted(until: Option<f64>) -> Sketch {
        let mut sketch = Sketch::healthy(30.0);
        sketch.pc().ice.pairs[0].outages.push(Outage {
            side: Side::A,
            from: instant(8.0),
            until: until.map(instant),
            checks: 16,
            frames: vec![frame(8.0), frame(16.0)],
        });
        let stats = &mut sketch.scene.streams[1].stats;
        stats.packets_lost = 400;
        stats.gaps.push(Gap {
            before: sighting(Side::B, 6.5),
            after: sighting(Side::B, 16.1),
            skipped: 400,
        });
        sketch
    }

    #[test]
    fn an_outage_that_ended_is_the_cause_and_its_losses_are_no_loss_of_the_path() {
        let (findings, verdicts) = interrupted(Some(16.0)).judge();
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [INTERRUPTED.name]);
        assert_eq!(verdicts[0].cause, Some(0));
        assert_eq!(verdicts[0].outcome, Outcome::Degraded);
        assert_eq!(verdicts[0].stage, Some(Stage::Steady));
        let evidence: Vec<&str> = findings[0].evidence.iter().map(|it| &*it.text).collect();
        assert!(evidence[0].starts_with("16 checks of"), "{evidence:?}");
        assert!(evidence[1].contains("400 sequence numbers missing"));
    }

    #[test]
    fn one_that_lasts_to_the_end_is_none_that_came_back() {
        assert_eq!(interrupted(None).rules(), ["media-loss"]);
    }

    #[test]
    fn packets_lost_at_another_time_are_loss_all_the_same() {
        let mut sketch = interrupted(Some(16.0));
        sketch.scene.streams[1].stats.packets_lost = 600;
        assert_eq!(sketch.rules(), [INTERRUPTED.name, "media-loss"]);
    }
}
