//! Rule of paths that take too long.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::delay::Delay;
use crate::diagnosis::facts::delay::delay;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::media::suffers;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::diagnosis::words::who;
use crate::vocab::address::Side;

/// Round trips too long to talk over.
pub(super) const TOO_SLOW: Rule = Rule {
    name: "path-delay",
    severity: Severity::Warning,
    layer: FindingLayer::Media,
    stage: Some(Stage::Steady),
    reference: "ITU-T G.114",
    check: slow_calls,
};

fn slow_calls(context: &Context<'_>) -> Vec<Statement> {
    let suffering = context.calls.iter().filter(|call| suffers(call));
    suffering
        .filter_map(|call| Some(statement(call, &delay(call)?)))
        .collect()
}

fn statement(call: &Call<'_>, delay: &Delay) -> Statement {
    let (shortest, longest) = (brief(delay.shortest), span(delay.longest.took));
    let ends = format!("{} and {}", who(call, Side::A), who(call, Side::B));
    let share = format!(
        "{} of {} took 800 ms or longer",
        delay.long.len(),
        counted(delay.count as u64, "answered check")
    );
    let (title, why, advice) = if delay.is_queue() {
        (
            format!("Round trips grew to {longest}, {shortest} at best: too slow to talk over"),
            format!(
                "Checks between {ends} took {shortest} there and back at best, and {longest} at {}; {share}. Most likely packets waited in a queue, before a \
                 link that is slower than what is sent into it (bufferbloat): media waits there, too, and what the queue can't hold is lost. A change \
                 of uplink under the same addresses would look alike (inferred).",
                at(call.scene, delay.longest.at)
            ),
            "Find the link that was full then: an upload beside the call, a mobile network, a shaper. Queue management (fq_codel, SQM) at that link, or a \
             lower bit rate of the senders, keeps the queue short.",
        )
    } else {
        (
            format!("Round trips of {shortest} to {longest}: too slow to talk over"),
            format!(
                "Not one check between {ends} came back in less than {shortest}; {share}. The way itself is that long (a satellite, a VPN or a relay far \
                 away), or a queue never empties."
            ),
            "Look where the packets go: a relay or media server nearer to both ends shortens the way; so does leaving a VPN.",
        )
    };
    Statement {
        call: Some(call.id),
        title,
        explanation: format!(
            "{why} Conversation suffers from some 300 ms on, and becomes taking turns at 800."
        ),
        evidence: evidence(call, delay),
        would_disprove: "Round trips of other traffic between the two at that time that are short."
            .to_owned(),
        advice: advice.to_owned(),
        ..Statement::default()
    }
}

fn brief(trip: Duration) -> String {
    if trip < Duration::from_millis(1) {
        "less than 1 ms".to_owned()
    } else {
        span(trip)
    }
}

fn evidence(call: &Call<'_>, delay: &Delay) -> Vec<EvidenceLine> {
    let mut lines: Vec<EvidenceLine> = delay
        .long
        .iter()
        .take(TRIPS_SHOWN)
        .map(|trip| {
            seen(
                format!(
                    "check at {}: answered after {}",
                    at(call.scene, trip.at),
                    span(trip.took)
                ),
                trip.frames,
            )
        })
        .collect();
    let more = delay.long.len().saturating_sub(TRIPS_SHOWN);
    if more > 0 {
        lines.push(seen(
            format!("and {more} more"),
            delay
                .long
                .iter()
                .skip(TRIPS_SHOWN)
                .flat_map(|trip| trip.frames),
        ));
    }
    lines
}

/// Round trips told one by one.
const TRIPS_SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::at as instant;
    use crate::diagnosis::sketch::frame;
    use crate::session::model::ice::Selection;

    /// A healthy call, its checks answered after so many seconds from the given time on.
    fn slowed(from: f64, took: f64) -> Sketch {
        let mut sketch = Sketch::healthy(30.0);
        let ice = &mut sketch.pc().ice;
        ice.selected.push(Selection {
            at: instant(0.4),
            pair: 0,
            frame: frame(0.4),
        });
        for check in &mut ice.pairs[0].checks {
            if check.at >= instant(from) {
                let answered = check.at.after(Duration::from_secs_f64(took));
                check.answered = Some((answered, check.frame));
            }
        }
        sketch
    }

    #[test]
    fn round_trips_that_grow_are_a_queue() {
        let (findings, verdicts) = slowed(10.0, 1.5).judge();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(findings[0].rule, TOO_SLOW.name);
        assert!(
            findings[0].title.contains("grew to 1.5 s, 9 ms at best"),
            "{}",
            findings[0].title
        );
        assert_eq!(verdicts[0].outcome, Outcome::Degraded);
    }

    #[test]
    fn round_trips_that_are_long_from_the_start_are_a_long_way() {
        let (findings, _) = slowed(0.0, 1.2).judge();
        assert!(
            findings[0].title.starts_with("Round trips of 1.2 s"),
            "{}",
            findings[0].title
        );
    }

    #[test]
    fn what_can_be_talked_over_is_no_finding() {
        assert_eq!(slowed(10.0, 0.7).rules(), [""; 0]);
    }
}
