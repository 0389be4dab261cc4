//! Rule of addresses that changed in the middle of a call.

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::media::Stopped;
use crate::diagnosis::facts::outage::window_of_change;
use crate::diagnosis::facts::rebinding::Aftermath;
use crate::diagnosis::facts::rebinding::aftermaths;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::media::suffers;
use crate::diagnosis::outage::silence_lines;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::name;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::diagnosis::words::who;
use crate::session::model::ice::Rebinding;
use crate::vocab::sighting::Sighting;

/// A side's address changed, and media did or did not follow.
pub(super) const ADDRESS_CHANGED: Rule = Rule {
    name: "ice-address-changed",
    severity: Severity::Warning,
    layer: FindingLayer::Ice,
    stage: Some(Stage::Steady),
    reference: "RFC 4787 §4.3; RFC 8445 §7.3.1.3",
    check: |context: &Context<'_>| context.calls.iter().flat_map(changes).collect(),
};

fn changes(call: &Call<'_>) -> Vec<Statement> {
    let all = aftermaths(call).into_iter().take(CHANGES_SHOWN);
    all.map(|(rebinding, aftermath)| match aftermath {
        Aftermath::Silenced(stopped) if suffers(call) => silenced(call, rebinding, &stopped),
        Aftermath::Misdirected(last) if suffers(call) => misdirected(call, rebinding, last),
        Aftermath::Interrupted if suffers(call) => interrupted(call, rebinding),
        _ => went_on(call, rebinding),
    })
    .collect()
}

fn silenced(call: &Call<'_>, rebinding: &Rebinding, stopped: &Stopped) -> Statement {
    let (own, other) = (rebinding.side, stopped.side);
    let (own, sender) = (name(call.pc, own), name(call.pc, other));
    let silence = span(call.end.since(stopped.last.at));
    let mut evidence = change_lines(call, rebinding);
    evidence.push(seen(
        format!(
            "last of {} from {sender}, in {}, at {}; none in the {silence} after",
            counted(stopped.packets, "packet"),
            counted(stopped.streams as u64, "stream"),
            at(call.scene, stopped.last.at)
        ),
        [stopped.last.frame],
    ));
    Statement {
        title: format!("The NAT gave {own} a new address, and nothing from {sender} arrives since"),
        explanation: format!(
            "{} Media from {sender} ends in just that time, at {}, and not one packet came in the {silence} after, although {sender} answers \
             checks from the new address. So {sender} goes on sending to the old one, which the NAT no longer knows (inferred).",
            what_changed(call, rebinding),
            at(call.scene, stopped.last.at)
        ),
        evidence,
        would_disprove: format!(
            "A capture at {sender} in which its media goes to {}.",
            rebinding.to
        ),
        advice: REPAIR.to_owned(),
        ..statement(call)
    }
}

fn misdirected(call: &Call<'_>, rebinding: &Rebinding, last: Sighting) -> Statement {
    let (own, sender) = (
        name(call.pc, rebinding.side),
        name(call.pc, rebinding.side.opposite()),
    );
    let mut evidence = change_lines(call, rebinding);
    evidence.push(seen(
        format!(
            "media from {sender} to {} until {}, {} after",
            rebinding.from,
            at(call.scene, last.at),
            span(last.at.since(rebinding.at))
        ),
        [last.frame],
    ));
    Statement {
        title: format!("{sender} goes on sending media to an address that {own} has left"),
        explanation: format!(
            "{} {sender} answers there, and yet its media goes to the old address until {}: nobody listens there any more.",
            what_changed(call, rebinding),
            at(call.scene, last.at)
        ),
        evidence,
        would_disprove: format!("A capture at {own} in which that media arrives."),
        advice: REPAIR.to_owned(),
        ..statement(call)
    }
}

fn interrupted(call: &Call<'_>, rebinding: &Rebinding) -> Statement {
    let (own, sender) = (
        name(call.pc, rebinding.side),
        name(call.pc, rebinding.side.opposite()),
    );
    let mut evidence = change_lines(call, rebinding);
    let window = [window_of_change(rebinding)];
    evidence.extend(silence_lines(call, rebinding.side.opposite(), &window));
    Statement {
        title: format!("The address of {own} changed, and media from {sender} paused until {}", at(call.scene, rebinding.at)),
        explanation: format!(
            "{} Until {sender} heard of the new address it sent to the old one, where nothing passes any more; what is missing of its media from that              time is no loss of the path.",
            what_changed(call, rebinding)
        ),
        evidence,
        would_disprove: format!("Media from {sender} that arrives in that time."),
        advice: "Look for why the NAT forgot a mapping in use (a restart, a failover, too little room). Checks that come more often shorten the pause."
            .to_owned(),
        ..statement(call)
    }
}

fn went_on(call: &Call<'_>, rebinding: &Rebinding) -> Statement {
    let own = name(call.pc, rebinding.side);
    Statement {
        severity: Some(Severity::Note),
        title: format!(
            "The address of {own} changed at {}, and the call went on",
            at(call.scene, rebinding.at)
        ),
        explanation: format!(
            "{} ICE went on with the new address as a peer-reflexive candidate.",
            what_changed(call, rebinding)
        ),
        evidence: change_lines(call, rebinding),
        would_disprove: "A later check from the old address.".to_owned(),
        advice: "Nothing, if it was once. A NAT that forgets mappings in use was restarted, took over from another, or has too little room."
            .to_owned(),
        ..statement(call)
    }
}

fn statement(call: &Call<'_>) -> Statement {
    Statement {
        call: Some(call.id),
        ..Statement::default()
    }
}

/// One sentence: which address, when, and why as far as the packets tell.
fn what_changed(call: &Call<'_>, rebinding: &Rebinding) -> String {
    let own = who(call, rebinding.side);
    let (from, to) = (rebinding.from, rebinding.to);
    let (before, when) = (
        at(call.scene, rebinding.last_before),
        at(call.scene, rebinding.at),
    );
    if rebinding.replaces.is_none() {
        return format!(
            "{own} sends from the same socket all the time, but answers to its checks name {from} until {before} and {to} from {when} on: \
             the NAT before it forgot the mapping and made another."
        );
    }
    let why = if from.ip == to.ip {
        "only the port differs, so its NAT made a new mapping (inferred)"
    } else {
        "it changed its network, or its NAT the external address (inferred)"
    };
    format!(
        "{own} was last heard from {from} at {before}; from {when} on its checks come from {to}: {why}."
    )
}

fn change_lines(call: &Call<'_>, rebinding: &Rebinding) -> Vec<EvidenceLine> {
    let (before, after) = match rebinding.replaces {
        None => ("last answer that names", "first answer that names"),
        Some(_) => ("last packet from", "first check from"),
    };
    let times = [
        (before, rebinding.from, rebinding.last_before),
        (after, rebinding.to, rebinding.at),
    ];
    times
        .into_iter()
        .zip(&rebinding.frames)
        .map(|((what, address, when), frame)| {
            seen(
                format!("{what} {address} at {}", at(call.scene, when)),
                [*frame],
            )
        })
        .collect()
}

const REPAIR: &str = "Restart ICE when media stops: the other end then learns the address anew. Look for why the NAT forgot a mapping in use (a restart, a \
    failover, too little room), and whether the sender follows checks that come from a new address.";

/// Changes told per call; a NAT that makes a new mapping every few seconds is told by these.
const CHANGES_SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::at as instant;
    use crate::diagnosis::sketch::frame;
    use crate::vocab::address::Side;
    use crate::vocab::address::TransportAddress;

    /// Side a's address changed between 9 s and 11.5 s.
    fn changed(sketch: Sketch) -> Sketch {
        let mut sketch = sketch;
        let address = |port| TransportAddress::new([203, 0, 113, 101].into(), port);
        sketch.pc().ice.rebindings.push(Rebinding {
            side: Side::A,
            from: address(22_150),
            to: address(20_685),
            last_before: instant(9.0),
            at: instant(11.5),
            frames: vec![frame(9.0), frame(11.5)],
            pair: 0,
            replaces: None,
        });
        sketch
    }

    #[test]
    fn a_call_that_goes_on_is_well() {
        let (findings, verdicts) = changed(Sketch::healthy(30.0)).judge();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].rule, ADDRESS_CHANGED.name);
        assert_eq!(findings[0].severity, Severity::Note);
        assert_eq!(verdicts[0].outcome, Outcome::Ok);
    }

    #[test]
    fn media_that_ends_with_the_old_address_has_its_cause_in_it() {
        let silent = Sketch::new(30.0)
            .agreed()
            .checks(Side::A, 0.3, 30.0, 1.0, true)
            .nominated(0.4)
            .handshake(0.5, 0.6)
            .media(Side::A, 0.8, 30.0, 900)
            .media(Side::B, 0.8, 10.0, 500);
        let (findings, verdicts) = changed(silent).judge();
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(
            rules,
            [ADDRESS_CHANGED.name],
            "not told a second time as one-way media"
        );
        assert_eq!(verdicts[0].cause, Some(0));
        assert_eq!(verdicts[0].outcome, Outcome::Degraded);
        assert!(verdicts[0].cannot_tell[0].contains("203.0.113.101:22150"));
        assert!(findings[0].explanation.contains("10.000 s"));
    }
}
