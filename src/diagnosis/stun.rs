//! Rules of STUN servers, in words; what they tell is found in `facts::ice`.

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::ice::is_silent;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::ladder::Status;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::seen;

/// A STUN server did not answer.
pub(super) const SERVER_SILENT: Rule = Rule {
    name: "stun-server-silent",
    severity: Severity::Warning,
    layer: FindingLayer::Ice,
    stage: None,
    reference: "RFC 8489 §6.2.1",
    check: silent_servers,
};

pub(super) fn silent_server_lines(call: &Call<'_>) -> Vec<EvidenceLine> {
    let silent = call.queries.iter().filter(|query| is_silent(query));
    silent
        .take(SERVERS_SHOWN)
        .map(|query| {
            let requests = counted(query.requests + query.retransmissions, "Binding request");
            seen(
                format!(
                    "{requests} from {} to STUN server {}: no answer",
                    query.client, query.server
                ),
                query.frames.iter().copied(),
            )
        })
        .collect()
}

fn silent_servers(context: &Context<'_>) -> Vec<Statement> {
    let mut statements = Vec::new();
    for call in &context.calls {
        // When the checks meet the same silence, it is told with them.
        if call.broken().is_some_and(|stage| stage <= Stage::Checks) || call.doubts.one_direction {
            continue;
        }
        let answered = call.queries.iter().any(|query| query.responses > 0);
        let silent: Vec<_> = call
            .queries
            .iter()
            .filter(|query| is_silent(query))
            .collect();
        let Some(query) = silent.first().filter(|_| !answered) else {
            continue;
        };
        let reached = call.status(Stage::Checks) == Status::Passed;
        let rest = if reached {
            "The call found a path without it. A client behind another kind of NAT would not have."
        } else {
            "Without it the client does not learn its public address (no srflx candidate)."
        };
        statements.push(Statement {
            call: Some(call.id),
            severity: reached.then_some(Severity::Note),
            title: format!("STUN server {} did not answer", query.server),
            explanation: format!(
                "{} asked {} for its public address {}, and no answer came. {rest}",
                query.client,
                query.server,
                match query.requests + query.retransmissions {
                    1 => "once".to_owned(),
                    times => format!("{times} times"),
                },
            ),
            evidence: silent_server_lines(call),
            would_disprove: "A Binding success from that server to that client.".to_owned(),
            advice: "Check the server's address and port, and that UDP to it is allowed."
                .to_owned(),
            ..Statement::default()
        });
    }
    statements
}

/// Servers listed per finding.
const SERVERS_SHOWN: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::sketch::Sketch;

    #[test]
    fn a_silent_server_that_the_call_did_without_is_a_note() {
        let (findings, _) = Sketch::healthy(20.0).unanswered_query(7).judge();
        assert_eq!(findings[0].rule, "stun-server-silent");
        assert_eq!(findings[0].severity, Severity::Note);
        assert!(findings[0].title.contains("203.0.113.20:3478"));
    }

    #[test]
    fn a_single_lost_question_is_nothing() {
        assert_eq!(Sketch::healthy(20.0).unanswered_query(1).rules(), [""; 0]);
    }
}
