//! Rule of NATs that let no direct path through.

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::nat::dependent;
use crate::diagnosis::facts::nat::explains_silence;
use crate::diagnosis::facts::nat::has_relay;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::ice::tried_lines;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::who;
use crate::session::model::nat::NatMapping;
use crate::vocab::address::Side;

/// NATs map by destination, and there is no relay.
pub(super) const NO_WAY_THROUGH: Rule = Rule {
    name: "ice-symmetric-nat",
    severity: Severity::Error,
    layer: FindingLayer::Ice,
    stage: Some(Stage::Checks),
    reference: "RFC 4787 §4.1; RFC 8445 §2",
    check: no_way_through,
};

fn no_way_through(context: &Context<'_>) -> Vec<Statement> {
    let failed = context
        .calls
        .iter()
        .filter(|call| call.breaks_at(Stage::Checks) && !has_relay(call));
    failed
        .filter_map(|call| {
            if let Some(mappings) = explains_silence(call) {
                return Some(both(call, mappings));
            }
            let mut sides = [Side::A, Side::B].into_iter();
            sides.find_map(|side| Some(one(call, side, dependent(call, side)?)))
        })
        .collect()
}

fn both(call: &Call<'_>, [a, b]: [&NatMapping; 2]) -> Statement {
    let (near, far) = (who(call, Side::A), who(call, Side::B));
    let mut evidence = mapping_lines(call, Side::A, a);
    evidence.extend(mapping_lines(call, Side::B, b));
    evidence.extend(tried_lines(call));
    Statement {
        call: Some(call.id),
        title: "Symmetric NATs on both sides, and no relay".to_owned(),
        explanation: format!(
            "The NATs of {near} and of {far} both give a socket another external address for each destination (mapping {} and {}, inferred). \
             So the address that a STUN server saw of one is not the one that its checks come from, neither side knows where to send, and \
             no check gets through. Such a pair needs a relay, and neither side had a relay candidate.",
            a.behavior.word(),
            b.behavior.word()
        ),
        evidence,
        would_disprove: "A direct check between the two mapped addresses that was answered.".to_owned(),
        advice: "Give both clients a TURN server (`iceServers` with a `turn:` URL and credentials that work); one that answers on TCP or \
            TLS port 443 helps against firewalls too."
            .to_owned(),
        ..Statement::default()
    }
}

fn one(call: &Call<'_>, side: Side, mapping: &NatMapping) -> Statement {
    Statement {
        call: Some(call.id),
        severity: Some(Severity::Note),
        title: format!(
            "The NAT of {} is symmetric, and there is no relay",
            who(call, side)
        ),
        explanation: format!(
            "It gives a socket another external address for each destination (mapping {}, inferred). The other side can answer such checks \
             only where they get through to it: not behind a NAT that lets in only what it knows. No side had a relay candidate.",
            mapping.behavior.word()
        ),
        evidence: mapping_lines(call, side, mapping),
        would_disprove:
            "Two destinations that saw the same address of that socket, later in the capture."
                .to_owned(),
        advice: "Give the clients a TURN server: it works whatever the NATs do.".to_owned(),
        ..Statement::default()
    }
}

fn mapping_lines(call: &Call<'_>, side: Side, mapping: &NatMapping) -> Vec<EvidenceLine> {
    let shown = mapping.seen.iter().take(SEEN_SHOWN);
    shown
        .map(|seen_as| {
            let by = match seen_as.destination {
                Some(destination) => format!("to {destination}"),
                None => "by its candidates".to_owned(),
            };
            seen(
                format!(
                    "{} ({}) is {} {by}",
                    mapping.base,
                    who(call, side),
                    seen_as.address
                ),
                seen_as.frame,
            )
        })
        .collect()
}

/// Mappings listed per socket.
const SEEN_SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::sketch::Sketch;
    use crate::sdp::candidate::CandidateType;
    use crate::session::model::nat::MappingBehavior;
    use crate::vocab::ids::PeerConnectionId;

    /// A call whose checks all fail, with a NAT of that behaviour before each given side.
    fn failed(sides: &[Side], behavior: MappingBehavior) -> Sketch {
        let mut sketch = Sketch::new(20.0)
            .agreed()
            .checks(Side::A, 0.3, 15.0, 0.1, false);
        for &side in sides {
            let wire = sketch.scene.flows[0].tuple;
            let base = if side == Side::A { wire.a } else { wire.b };
            sketch.scene.nat.push(NatMapping {
                base,
                owner: Some((PeerConnectionId(0), side)),
                behavior,
                seen: Vec::new(),
            });
        }
        sketch
    }

    #[test]
    fn symmetric_nats_on_both_sides_without_a_relay_are_the_cause() {
        let behavior = MappingBehavior::AddressAndPortDependent;
        let sketch = failed(&[Side::A, Side::B], behavior);
        let (findings, verdicts) = sketch.judge();
        let cause = verdicts[0].cause.expect("explained");
        assert_eq!(findings[cause].rule, NO_WAY_THROUGH.name);
        assert_eq!(findings[cause].severity, Severity::Error);
        assert_eq!(findings.len(), 1, "the silence is not told a second time");
    }

    #[test]
    fn on_one_side_they_are_a_note() {
        let sketch = failed(&[Side::B], MappingBehavior::DestinationDependent);
        let (findings, verdicts) = sketch.judge();
        assert_eq!(findings[0].rule, NO_WAY_THROUGH.name);
        assert_eq!(findings[0].severity, Severity::Note);
        let cause = verdicts[0].cause.expect("explained");
        assert_eq!(findings[cause].rule, "ice-checks-unanswered");
    }

    #[test]
    fn a_nat_that_maps_alike_for_all_or_a_relay_explains_nothing() {
        let alike = failed(&[Side::A, Side::B], MappingBehavior::EndpointIndependent);
        assert_eq!(alike.rules(), ["ice-checks-unanswered"]);
        let mut relayed = failed(
            &[Side::A, Side::B],
            MappingBehavior::AddressAndPortDependent,
        );
        relayed.pc().ice.candidates[0].kind = CandidateType::Relayed;
        assert_eq!(relayed.rules(), ["ice-checks-unanswered"]);
    }
}
