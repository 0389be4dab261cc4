//! Rule of signaling that can't be read: what is missing for it, and how to get it.

use crate::crypt::tls::facts::Facts;
use crate::diagnosis::facts::encrypted::Sealed;
use crate::diagnosis::facts::encrypted::Why;
use crate::diagnosis::facts::encrypted::sealed_relay;
use crate::diagnosis::facts::encrypted::sealed_signaling;
use crate::diagnosis::facts::encrypted::server_of;
use crate::diagnosis::facts::encrypted::unsignaled;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::seen;

/// The signaling of calls is encrypted, and was not opened.
pub(super) const ENCRYPTED: Rule = Rule {
    name: "signaling-encrypted",
    severity: Severity::Note,
    layer: FindingLayer::Signaling,
    stage: None,
    reference: "draft-ietf-tls-keylogfile; draft-ietf-opsawg-pcapng §4.7",
    check: encrypted,
};

/// One statement for the capture: calls of one page share their signaling, and the advice is the same for all.
fn encrypted(context: &Context<'_>) -> Vec<Statement> {
    let calls = unsignaled(context);
    let sealed = sealed_signaling(context, &calls);
    let Some(why) = sealed.iter().map(|sealed| sealed.why).min() else {
        return Vec::new();
    };
    let connections = counted(sealed.len() as u64, "encrypted connection");
    let whose = match calls.as_slice() {
        [_] => "this call".to_owned(),
        calls => format!("{} calls", calls.len()),
    };
    let (title, reason) = match why {
        Why::NoKeys => (
            "The signaling is encrypted, and no keys were given",
            "no secret of theirs was given",
        ),
        Why::OtherKeys => (
            "The signaling is encrypted, and the keys given are for other connections",
            "the secrets given are for other connections: another run of the browser, or another machine",
        ),
        Why::KeysDoNotFit => (
            "The signaling is encrypted, and the keys given do not open it",
            "nothing opens with the secrets given for them",
        ),
        Why::HandshakeMissing => (
            "The signaling is encrypted, and its connection began before the capture",
            "their handshakes, to which keys belong, are not in the capture as a whole",
        ),
        Why::Unsupported => (
            "The signaling is encrypted in a way that is not read here",
            "their cipher suites or versions are not read here",
        ),
    };
    let mut evidence: Vec<EvidenceLine> = sealed
        .iter()
        .take(CONNECTIONS_SHOWN)
        .map(|sealed| line(context, *sealed))
        .collect();
    if sealed.len() > CONNECTIONS_SHOWN {
        let more = sealed.len() - CONNECTIONS_SHOWN;
        evidence.push(seen(format!("and {more} more"), []));
    }
    vec![Statement {
        call: match calls.as_slice() {
            [call] => Some(call.id),
            _ => None,
        },
        title: title.to_owned(),
        explanation: format!(
            "No offer or answer of {whose} could be read. The same hosts talked over {connections} that may have carried them, and {reason}. \
             What STUN, DTLS and RTP show in the clear is told all the same; codecs, names, rooms and candidates that were never tried are not \
             known."
        ),
        evidence,
        would_disprove: "A readable offer of the same call elsewhere in the capture: then these connections carried something else."
            .to_owned(),
        advice: advice(why).to_owned(),
        ..Statement::default()
    }]
}

/// The way through a relay is encrypted, and was not opened.
pub(super) const RELAY_ENCRYPTED: Rule = Rule {
    name: "turn-encrypted",
    severity: Severity::Note,
    layer: FindingLayer::Turn,
    stage: None,
    reference: "RFC 8656 §3.1",
    check: relay_encrypted,
};

fn relay_encrypted(context: &Context<'_>) -> Vec<Statement> {
    let calls = context.calls.iter();
    let hidden: Vec<_> = calls
        .filter_map(|call| Some((call, sealed_relay(context, call)?)))
        .collect();
    let (Some((call, sealed)), count) = (hidden.first(), hidden.len()) else {
        return Vec::new();
    };
    let calls = match count {
        1 => "this call".to_owned(),
        count => format!("{count} calls"),
    };
    vec![Statement {
        call: (count == 1).then_some(call.id),
        title: "The path may run through TURN inside TLS, which was not opened".to_owned(),
        explanation: format!(
            "No connectivity check of {calls} is to be seen, and meanwhile the same host talked over TLS to what looks like a TURN server. \
             Checks, handshake and media inside it can't be seen without its keys, so nothing can be said of them."
        ),
        evidence: hidden
            .iter()
            .map(|(_, sealed)| line(context, *sealed))
            .take(CONNECTIONS_SHOWN)
            .collect(),
        would_disprove: "Checks of the same call elsewhere in the capture.".to_owned(),
        advice: advice(sealed.why).to_owned(),
        ..Statement::default()
    }]
}

fn line(context: &Context<'_>, sealed: Sealed<'_>) -> EvidenceLine {
    let flow = sealed.flow;
    let server = server_of(flow);
    let client = if server == flow.tuple.b {
        flow.tuple.a
    } else {
        flow.tuple.b
    };
    let name = flow.server_name.as_deref();
    let name = name.or_else(|| context.scene.name_of(server.ip));
    let name = name.map_or_else(String::new, |name| format!(" ({name})"));
    let records = |facts: &Facts| facts.sealed_records.iter().sum();
    let what = match (&flow.tls, &flow.quic) {
        (Some(facts), Some(quic)) => {
            let version = quic
                .version
                .map_or_else(String::new, |version| format!(" version {version}"));
            format!(
                "QUIC{version}, {}",
                counted(records(facts), "encrypted packet")
            )
        }
        (Some(facts), None) => {
            let version = facts
                .version
                .map_or_else(|| "TLS".to_owned(), |version| version.to_string());
            format!("{version}, {}", counted(records(facts), "encrypted record"))
        }
        (None, _) => format!("QUIC, {}", counted(flow.packets.iter().sum(), "packet")),
    };
    let why = match sealed.why {
        Why::NoKeys => "no secrets",
        Why::OtherKeys => "none of the secrets is for it",
        Why::KeysDoNotFit => "its secrets do not fit",
        Why::HandshakeMissing => "its handshake is missing",
        Why::Unsupported => "not supported",
    };
    seen(
        format!("{client} to {server}{name}: {what}; {why}"),
        [flow.first_frame],
    )
}

const fn advice(why: Why) -> &'static str {
    match why {
        Why::NoKeys => {
            "Let the browser write its secrets down: close it whole, start it with the environment variable SSLKEYLOGFILE=/tmp/keys.log \
             (Chromium and Firefox both know it), start the capture, then make the call. Give that file with `--keylog /tmp/keys.log`, or \
             put it into the capture with `editcap --inject-secrets tls,/tmp/keys.log in.pcapng out.pcapng`. A server's RSA private key \
             does not help."
        }
        Why::OtherKeys | Why::KeysDoNotFit => {
            "Take key log and capture of one and the same run: the browser must be started with SSLKEYLOGFILE before the page is opened, \
             and closed whole before that, or it goes on without. A log of the machine that captured is needed, or of the server."
        }
        Why::HandshakeMissing => {
            "Start the capture before the page is opened, or reload the page while it runs: secrets open only connections whose handshake \
             is in the capture. Then give the browser's SSLKEYLOGFILE with `--keylog`."
        }
        Why::Unsupported => {
            "Let client or server offer TLS 1.2 or 1.3 with AES-GCM, AES-CBC or ChaCha20-Poly1305 without compression, as browsers do."
        }
    }
}

/// Connections listed.
const CONNECTIONS_SHOWN: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::tls::facts::Facts;
    use crate::crypt::tls::facts::Opening;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::vocab::address::Side;

    /// A call whose signaling is not there, and a web connection of its host.
    fn silent(opening: Opening, alpn: &str) -> Sketch {
        let mut sketch = Sketch::new(20.0)
            .checks(Side::A, 0.3, 20.0, 1.0, true)
            .nominated(0.4)
            .handshake(0.5, 0.6)
            .media(Side::A, 0.8, 20.0, 500)
            .media(Side::B, 0.8, 20.0, 500)
            .closed(20.0);
        sketch.scene.peer_connections[0].first_at = crate::diagnosis::sketch::at(0.3);
        sketch.web(Facts {
            opening,
            alpn_offered: vec![alpn.to_owned()],
            sealed_records: [30, 40],
            ..Facts::default()
        });
        sketch
    }

    fn title(sketch: &Sketch) -> Option<String> {
        let (findings, verdicts) = sketch.judge();
        assert_eq!(verdicts[0].outcome, Outcome::Ok, "no warning by that");
        let mut own = findings
            .into_iter()
            .filter(|finding| finding.rule == ENCRYPTED.name);
        let found = own.next()?;
        assert_eq!(found.severity, Severity::Note);
        Some(found.title)
    }

    #[test]
    fn encrypted_signaling_is_named_with_the_way_to_its_keys() {
        let sketch = silent(Opening::NoSecrets, "h2");
        assert!(title(&sketch).is_some_and(|title| title.contains("no keys were given")));
        let (findings, _) = sketch.judge();
        let found = findings
            .iter()
            .find(|found| found.rule == ENCRYPTED.name)
            .expect("told");
        assert!(found.advice.contains("SSLKEYLOGFILE"));
        assert!(found.advice.contains("--keylog"));
        assert!(found.advice.contains("--inject-secrets"));
        assert!(found.evidence[0].text.contains("70 encrypted records"));
    }

    #[test]
    fn keys_of_another_run_are_told_apart_from_none() {
        let mut sketch = silent(Opening::NoSecrets, "h2");
        sketch.capture.secrets = (5, 0);
        assert!(title(&sketch).is_some_and(|title| title.contains("other connections")));
    }

    #[test]
    fn a_connection_joined_midway_can_have_no_keys() {
        let sketch = silent(Opening::HandshakeMissing, "http/1.1");
        assert!(title(&sketch).is_some_and(|title| title.contains("before the capture")));
    }

    #[test]
    fn a_relay_inside_tls_is_named_when_nothing_else_shows_a_path() {
        let mut hidden = Sketch::new(20.0).agreed();
        let facts = || Facts {
            opening: Opening::NoSecrets,
            ..Facts::default()
        };
        hidden.web(facts());
        assert_eq!(hidden.rules(), [""; 0]);
        hidden.scene.flows[1].tuple.b.port = 5349;
        assert_eq!(hidden.rules(), [RELAY_ENCRYPTED.name]);
        let mut seen = Sketch::healthy(20.0);
        seen.web(facts());
        seen.scene.flows[1].tuple.b.port = 5349;
        assert_eq!(seen.rules(), [""; 0]);
    }

    #[test]
    fn what_was_opened_or_carries_no_signaling_is_not_named() {
        assert_eq!(title(&silent(Opening::Opened, "h2")), None);
        assert_eq!(title(&silent(Opening::NoSecrets, "stun.turn")), None);
        let mut agreed = silent(Opening::NoSecrets, "h2");
        agreed = agreed.agreed();
        assert_eq!(title(&agreed), None);
        let mut late = silent(Opening::NoSecrets, "h2");
        late.scene.flows[1].first_at = crate::diagnosis::sketch::at(5.0);
        assert_eq!(title(&late), None);
    }
}
