//! Rules of TURN, in words; what they tell is found in `facts::turn`.

use std::collections::HashMap;
use std::hash::Hash;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::ice::unreached;
use crate::diagnosis::facts::turn::Refusal;
use crate::diagnosis::facts::turn::is_silent;
use crate::diagnosis::facts::turn::refusal;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::ice::hangup_line;
use crate::diagnosis::ice::tried_lines;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::listed;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::who;
use crate::track::turn::Allocation;
use crate::vocab::address::Side;
use crate::vocab::address::Transport;
use crate::vocab::capture::is_much_cut;
use crate::vocab::ids::PeerConnectionId;
use crate::wire::stun::error_code::ErrorCode;

/// The server does not accept the credentials.
pub(super) const CREDENTIALS_REJECTED: Rule = Rule {
    name: "turn-credentials-rejected",
    severity: Severity::Error,
    layer: FindingLayer::Turn,
    stage: Some(Stage::Gathering),
    reference: "RFC 8489 §9.2.4, RFC 8656 §7.2",
    check: |context| refusals(context, true),
};

/// The server refuses for another reason: policy, quota, capacity, transport.
pub(super) const REFUSED: Rule = Rule {
    name: "turn-refused",
    severity: Severity::Error,
    layer: FindingLayer::Turn,
    stage: Some(Stage::Gathering),
    reference: "RFC 8656 §7.4, §10.2, §12.2",
    check: |context| refusals(context, false),
};

/// The server does not answer at all.
pub(super) const SERVER_SILENT: Rule = Rule {
    name: "turn-server-silent",
    severity: Severity::Warning,
    layer: FindingLayer::Turn,
    stage: None,
    reference: "RFC 8656 §7.1, RFC 8489 §6.2.1",
    check: silent,
};

fn refusals(context: &Context<'_>, credentials: bool) -> Vec<Statement> {
    let refusals = allocations(context).filter_map(|(allocation, owner)| {
        let refusal = refusal(allocation)?;
        (refusal.is_about_credentials() == credentials).then_some((owner, refusal))
    });
    let groups = together(refusals, |&(owner, refusal)| {
        let Refusal { allocation, error } = refusal;
        let user = (&allocation.username, &allocation.realm);
        let what = (error.method, error.code);
        (owner, allocation.client.ip, allocation.server, user, what)
    });
    let statements = groups.into_iter().filter_map(|group| {
        let owner = group.first()?.0;
        let refusals: Vec<Refusal<'_>> = group.into_iter().map(|(_, refusal)| refusal).collect();
        refused(context, &refusals, owner)
    });
    statements.collect()
}

/// The allocations, each with the call that it belongs to.
fn allocations<'a>(
    context: &Context<'a>,
) -> impl Iterator<Item = (&'a Allocation, Option<PeerConnectionId>)> {
    let owners = context.scene.turn_owner.iter().copied();
    let owners = owners.chain(std::iter::repeat(None));
    context.scene.turn.iter().zip(owners)
}

/// What says the same, in order of the first of each: a client often asks a server from several sockets, and is told the same on each.
fn together<T, K: Eq + Hash>(all: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    let mut places = HashMap::new();
    let mut groups: Vec<Vec<T>> = Vec::new();
    for one in all {
        let place = *places.entry(key(&one)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// Who asked: `192.0.2.1:50000`, or `192.0.2.1 (3 sockets)`.
fn asker(first: &Allocation, sockets: usize) -> String {
    if sockets == 1 {
        return first.client.to_string();
    }
    format!("{} ({sockets} sockets)", first.client.ip)
}

/// `refusals` say the same; `None` when there are none.
fn refused(
    context: &Context<'_>,
    refusals: &[Refusal<'_>],
    owner: Option<PeerConnectionId>,
) -> Option<Statement> {
    let refusal = *refusals.first()?;
    let call = owner.and_then(|id| context.calls.get(id.index()));
    let breaks = call.is_some_and(|call| call.breaks_at(refusal.stage()));
    let Refusal { allocation, error } = refusal;
    let server = allocation.server;
    let client = call.map_or_else(
        || asker(allocation, refusals.len()),
        |call| who(call, Side::A),
    );
    let meaning = ErrorCode::from_code(error.code);
    let user = allocation
        .username
        .as_ref()
        .map(|user| format!(" of user “{user}”"))
        .unwrap_or_default();
    let realm = allocation
        .realm
        .as_ref()
        .map(|realm| format!(" in realm “{realm}”"))
        .unwrap_or_default();
    let (title, reason, advice) = if refusal.is_about_credentials() {
        (
            format!(
                "TURN server {server} rejects the credentials ({} {})",
                error.code, error.reason
            ),
            format!(
                "After the usual challenge {client} asked again with credentials{user}{realm}, and the server answered {} {} once more: \
                 username or password is wrong, or has expired.",
                error.code, error.reason
            ),
            "Check TURN username and password in the application's iceServers. Time-limited credentials expire, and need the server's \
             shared secret and a right clock on both sides.",
        )
    } else {
        (
            format!(
                "TURN server {server} refused {}: {} {}",
                error.method, error.code, error.reason
            ),
            format!(
                "{client} is authenticated, but the server answered its {} request with {} {}. {}",
                error.method,
                error.code,
                error.reason,
                meaning.meaning()
            ),
            "Look at the TURN server's policy and limits: denied peer addresses, quota per user, allowed transports, free relay ports.",
        )
    };
    let mut explanation = reason;
    let mut evidence = evidence_of(context, refusals);
    if let Some(call) = call {
        explanation.push(' ');
        explanation.push_str(&consequence(call, refusal, breaks));
        if breaks {
            evidence.extend(tried_lines(call));
            evidence.extend(hangup_line(call));
        }
    }
    let mut asked = refusals.iter().map(|refusal| refusal.allocation);
    let milder = if asked.all(|allocation| serves(allocation, call)) {
        Severity::Note
    } else {
        Severity::Warning
    };
    Some(Statement {
        call: owner,
        severity: (!breaks).then_some(milder),
        stage: Some(refusal.stage()),
        title,
        explanation,
        evidence,
        would_disprove: format!(
            "A success answer of {server} to the same request with the same credentials."
        ),
        advice: advice.to_owned(),
        ..Statement::default()
    })
}

/// Does the relay serve other peers, and the call does not suffer? Servers commonly refuse private addresses among the candidates.
fn serves(allocation: &Allocation, call: Option<&Call<'_>>) -> bool {
    allocation.allocated_at.is_some()
        && !allocation.permissions.is_empty()
        && call.is_none_or(|call| call.broken().is_none())
}

/// What the refusal meant for the call.
fn consequence(call: &Call<'_>, refusal: Refusal<'_>, breaks: bool) -> String {
    if !breaks {
        return match call.broken() {
            None if serves(refusal.allocation, Some(call)) => {
                "The relay does serve other peers, and the call did not break of it.".to_owned()
            }
            None => {
                "This call did not break of it; one that needs that relay will fail.".to_owned()
            }
            Some(_) => "It is not what broke this call first.".to_owned(),
        };
    }
    let left = match refusal.stage() {
        Stage::Gathering => "So there was no relay candidate, and only direct pairs were left",
        _ => "So the relay could not reach the peer, and only direct pairs were left",
    };
    match unreached(call) {
        Some(tried) => format!(
            "{left}: none of {} was answered.",
            counted(tried.checks, "check")
        ),
        None => format!("{left}."),
    }
}

fn evidence_of(context: &Context<'_>, refusals: &[Refusal<'_>]) -> Vec<EvidenceLine> {
    let Some(&Refusal { allocation, error }) = refusals.first() else {
        return Vec::new();
    };
    let mut evidence = Vec::new();
    let challenge = allocation
        .errors
        .iter()
        .find(|error| error.normal && error.code == 401);
    if let Some(challenge) = challenge {
        evidence.push(seen(
            format!(
                "{}: 401 to the first {}, without credentials: the usual challenge",
                at(context.scene, challenge.first_at),
                challenge.method
            ),
            challenge.frames.iter().copied(),
        ));
    }
    let (shown, rest) = refusals.split_at(refusals.len().min(MOST_SHOWN));
    for Refusal { allocation, error } in shown {
        evidence.push(seen(
            format!(
                "{}: {} {} to {} from {}, {}",
                at(context.scene, error.first_at),
                error.code,
                error.reason,
                error.method,
                allocation.client,
                counted(error.count, "time")
            ),
            error.frames.iter().copied(),
        ));
    }
    if !rest.is_empty() {
        let frames = rest.iter().filter_map(|more| more.error.frames.first());
        evidence.push(seen(
            format!("the same on {}", counted(rest.len() as u64, "more socket")),
            frames.copied().take(MOST_SHOWN),
        ));
    }
    if error.method != "allocate" && !allocation.permissions.is_empty() {
        let permitted: Vec<String> = allocation
            .permissions
            .iter()
            .map(ToString::to_string)
            .collect();
        evidence.push(seen(format!("permitted peers: {}", listed(&permitted)), []));
    }
    evidence
}

fn silent(context: &Context<'_>) -> Vec<Statement> {
    let silent = allocations(context).filter(|(allocation, _)| is_silent(allocation));
    let groups = together(silent, |&(allocation, owner)| {
        let (client, server) = (allocation.client.ip, allocation.server);
        (owner, client, server, allocation.transport)
    });
    groups
        .into_iter()
        .filter_map(|group| silent_server(context, &group))
        .collect()
}

/// `asked`: from where the same server was asked in vain, for the same call.
fn silent_server(
    context: &Context<'_>,
    asked: &[(&Allocation, Option<PeerConnectionId>)],
) -> Option<Statement> {
    let &(allocation, owner) = asked.first()?;
    let call = owner.and_then(|id| context.calls.get(id.index()));
    if context.capture.quality.one_direction || call.is_some_and(|call| call.doubts.one_direction) {
        return None;
    }
    // Of a TCP stream with holes the answers can't be read.
    let quality = &context.capture.quality;
    let is_much_cut = is_much_cut(quality.truncated_packets, context.capture.packets);
    if is_much_cut && allocation.transport == Transport::Tcp {
        return None;
    }
    let works = call.is_some_and(|call| call.broken().is_none());
    let granted = call.and_then(|call| {
        let mut other = call.turn.iter();
        other.find(|other| other.allocated_at.is_some())
    });
    let rest = match (call, granted) {
        (Some(_), Some(other)) => format!(
            " The call has a relay candidate all the same: {} granted one over {}.",
            other.server, other.transport
        ),
        (Some(_), None) if works => " This call found a path without it.".to_owned(),
        (Some(_), None) => " So there was no relay candidate.".to_owned(),
        (None, _) => String::new(),
    };
    let times = || asked.iter().map(|(allocation, _)| allocation);
    let first_at = times().map(|allocation| allocation.first_at).min()?;
    let last_at = times().map(|allocation| allocation.last_at).max()?;
    let lines = asked.iter().take(MOST_SHOWN).map(|(allocation, _)| {
        seen(
            format!("Allocate requests from {}, no answer", allocation.client),
            allocation.frames.iter().copied(),
        )
    });
    Some(Statement {
        call: owner,
        severity: (works || granted.is_some()).then_some(Severity::Note),
        title: match granted {
            Some(_) => format!(
                "TURN server {} did not answer over {}",
                allocation.server, allocation.transport
            ),
            None => format!("TURN server {} did not answer", allocation.server),
        },
        explanation: format!(
            "{} asked {} over {} for an allocation for {:.1} s and got no answer, not even the usual 401.{rest}",
            asker(allocation, asked.len()),
            allocation.server,
            allocation.transport,
            last_at.since(first_at).as_secs_f64(),
        ),
        evidence: lines.collect(),
        would_disprove: format!(
            "Any STUN answer from that server to that client over {}.",
            allocation.transport
        ),
        advice: match granted {
            Some(other) => format!(
                "Check whether a firewall lets {} through to that server: what {} does instead may cost delay.",
                allocation.transport, other.transport
            ),
            None => "Check the server's address and port, and whether a firewall lets it through; offer TURN over TCP or TLS on port 443 too."
                .to_owned(),
        },
        ..Statement::default()
    })
}

/// Sockets of which each has a line of its own among the evidence.
const MOST_SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::at as instant;
    use crate::track::turn::AllocationState;

    fn unreached() -> Sketch {
        Sketch::new(20.0)
            .agreed()
            .checks(Side::A, 0.3, 16.0, 0.1, false)
            .allocation()
    }

    fn allocated(mut sketch: Sketch) -> Sketch {
        let allocation = &mut sketch.scene.turn[0];
        allocation.state = AllocationState::Allocated;
        allocation.allocated_at = Some(instant(0.4));
        sketch
    }

    #[test]
    fn the_first_401_is_no_finding() {
        let challenged = Sketch::healthy(20.0)
            .allocation()
            .turn_error("allocate", 401, true);
        assert_eq!(allocated(challenged).rules(), [""; 0]);
    }

    #[test]
    fn a_second_401_breaks_gathering_when_nothing_else_worked() {
        let sketch = unreached()
            .turn_error("allocate", 401, true)
            .turn_error("allocate", 401, false);
        let (findings, verdicts) = sketch.judge();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(findings[0].rule, "turn-credentials-rejected");
        assert_eq!(findings[0].severity, Severity::Error);
        assert!(findings[0].explanation.contains("checks was answered"));
        assert_eq!(verdicts[0].stage, Some(Stage::Gathering));
        assert_eq!(verdicts[0].cause, Some(0));
    }

    /// As many more allocations like the first, from ports of their own.
    fn more(mut sketch: Sketch, count: u16) -> Sketch {
        for number in 0..count {
            let mut another = sketch.scene.turn[0].clone();
            another.client.port += number + 1;
            sketch.scene.turn.push(another);
            let owner = sketch.scene.turn_owner[0];
            sketch.scene.turn_owner.push(owner);
        }
        sketch
    }

    #[test]
    fn the_same_refusal_on_several_sockets_is_one_finding() {
        let refused = Sketch::healthy(20.0)
            .allocation()
            .turn_error("allocate", 401, false);
        let (findings, _) = more(refused, 5).judge();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        let lines: Vec<&str> = findings[0]
            .evidence
            .iter()
            .map(|line| &*line.text)
            .collect();
        let told = lines
            .iter()
            .filter(|line| line.contains("401 reason"))
            .count();
        assert_eq!(told, 4, "{lines:#?}");
        assert_eq!(lines.last(), Some(&"the same on 2 more sockets"));
    }

    #[test]
    fn another_user_is_another_finding() {
        let refused = Sketch::healthy(20.0)
            .allocation()
            .turn_error("allocate", 401, false);
        let mut sketch = more(refused, 1);
        sketch.scene.turn[1].username = Some("bob".to_owned());
        assert_eq!(sketch.judge().0.len(), 2);
    }

    #[test]
    fn a_server_silent_on_several_sockets_is_one_finding() {
        let mut asked = Sketch::new(20.0).agreed().allocation();
        asked.scene.turn[0].requests = vec![("allocate", 7, 0)];
        asked.scene.turn[0].last_at = instant(9.0);
        let (findings, _) = more(asked, 2).judge();
        let silent: Vec<_> = findings
            .iter()
            .filter(|finding| finding.rule == "turn-server-silent")
            .collect();
        assert_eq!(silent.len(), 1, "{findings:#?}");
        assert_eq!(silent[0].evidence.len(), 3);
    }

    #[test]
    fn wrong_credentials_are_a_warning_for_a_call_that_did_without() {
        let sketch = Sketch::healthy(20.0)
            .allocation()
            .turn_error("allocate", 401, false);
        let (findings, verdicts) = sketch.judge();
        assert_eq!(findings[0].severity, Severity::Warning);
        assert_eq!(verdicts[0].stage, None);
    }

    #[test]
    fn a_relay_that_may_not_reach_the_peer_breaks_the_checks() {
        let denied = allocated(unreached().turn_error("create-permission", 403, false));
        assert_eq!(denied.rules(), ["turn-refused"]);
        let verdict = denied.judge().1.remove(0);
        assert_eq!(
            (verdict.stage, verdict.cause),
            (Some(Stage::Checks), Some(0))
        );
    }

    #[test]
    fn a_relay_that_serves_other_peers_is_a_note() {
        let sketch = Sketch::healthy(20.0)
            .allocation()
            .turn_error("create-permission", 403, false);
        let mut sketch = allocated(sketch);
        sketch.scene.turn[0].permissions = sketch.scene.local.clone();
        assert_eq!(sketch.judge().0[0].severity, Severity::Note);
    }

    #[test]
    fn a_server_silent_over_one_transport_is_no_lack_of_a_relay_candidate() {
        let mut sketch = unreached().allocation();
        let granted = &mut sketch.scene.turn[1];
        granted.transport = Transport::Tcp;
        granted.state = AllocationState::Allocated;
        granted.allocated_at = Some(instant(0.4));
        let (findings, _) = sketch.judge();
        let silent = findings.iter().find(|it| it.rule == SERVER_SILENT.name);
        let silent = silent.unwrap();
        assert_eq!(silent.severity, Severity::Note);
        assert!(silent.title.ends_with("over udp"), "{}", silent.title);
        let told = &silent.explanation;
        assert!(told.contains("has a relay candidate"), "{told}");
        assert!(told.contains("granted one over tcp"), "{told}");
    }

    #[test]
    fn a_silent_server_is_told_beside_the_silence_of_the_checks() {
        assert_eq!(
            unreached().rules(),
            ["ice-checks-unanswered", "turn-server-silent"]
        );
        let (findings, verdicts) = unreached().judge();
        assert_eq!(findings[1].severity, Severity::Warning);
        assert_eq!(verdicts[0].cause, Some(0));
        let (findings, _) = Sketch::healthy(20.0).allocation().judge();
        assert_eq!(findings[0].severity, Severity::Note);
    }
}
