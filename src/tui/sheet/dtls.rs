//! The DTLS associations of a call: flights in order of time, certificates with the fingerprint check, alerts.
//!
//! ```text
//!     time  from   what                                              0 … 83.4 ms
//!    0.884  –      DTLS 1.2 · connected · handshake 83.4 ms
//!    0.884  janus  ClientHello                                       ▐▌
//!    0.901  alice  ServerHello, Certificate, … ServerHelloDone         ▐█▌
//!    0.901  alice  certificate WebRTC, EC P-256                      ● its hash is the one announced
//! ```

use crate::analyzer::analysis::Analysis;
use crate::filter::rows::Row as Asked;
use crate::session::model::media::DtlsTransport;
use crate::session::model::peer_connection::PeerConnection;
use crate::timeline::layer::Layer;
use crate::timeline::layer::Tone;
use crate::track::dtls::Association;
use crate::track::dtls::facts::AlertSeen;
use crate::track::dtls::facts::Retry;
use crate::track::dtls::flight::Flight;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::sheet::ABSENT;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::sheet::fact;
use crate::tui::sheet::name;
use crate::tui::text::count;
use crate::tui::text::counted;
use crate::tui::text::milliseconds;
use crate::tui::times::Times;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Fit;
use crate::vocab::address::Direction;
use crate::vocab::claim::Basis;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::tls::alert::AlertDescription;
use crate::wire::tls::certificate::HashFunction;

/// The columns.
pub fn columns(times: Times) -> Vec<Column> {
    vec![
        Column::fixed(times.title, times.columns, Fit::Right),
        Column::flexible("from", 6, 1, Fit::Left),
        Column::flexible("what", 32, 4, Fit::Left),
        Column::flexible("handshake over time", 20, 3, Fit::Left),
    ]
}

/// The rows of a call.
pub fn rows(analysis: &Analysis, call: &PeerConnection) -> Vec<Row> {
    let transports = call.dtls.iter();
    let rows = transports.flat_map(|id| {
        let transport = analysis.scene.dtls.get(id.index());
        let rows = transport.map(|transport| association(analysis, call, transport));
        let about = Some(Asked::Dtls(id.index()));
        rows.into_iter()
            .flatten()
            .map(move |row| Row { about, ..row })
    });
    rows.collect()
}

fn association(analysis: &Analysis, call: &PeerConnection, transport: &DtlsTransport) -> Vec<Row> {
    let known = &transport.association;
    let who = |direction: Direction| match transport.side_of(direction) {
        Some(side) => name(call, side),
        None => ABSENT.to_owned(),
    };
    let mut rows = vec![head(analysis, transport, &who)];
    let mut parts: Vec<(Timestamp, Row)> = Vec::new();
    let over = span_of(known);
    for (at, sent) in known.flights.iter().enumerate() {
        let mut before = known.flights.get(..at).unwrap_or_default().iter();
        let before = before.rfind(|other| other.direction != sent.direction);
        parts.push((sent.first_at, flight(sent, before, over, &who)));
    }
    for (at, seen) in known.certificates.iter().enumerate() {
        let matches = transport.matches_sdp.get(at).copied().flatten();
        let mut row = certificate(seen, matches, &who);
        if matches.is_some() {
            row.frames.extend_from_slice(&transport.match_frames);
            row.frames.sort_unstable();
            row.frames.dedup();
        }
        parts.push((seen.at, row));
    }
    parts.extend(known.alerts.iter().map(|seen| (seen.at, alert(seen, &who))));
    parts.sort_by_key(|(at, _)| *at);
    rows.extend(parts.into_iter().map(|(_, row)| row));
    rows
}

/// `DTLS 1.2 · connected · handshake 83.4 ms · 1 flight sent again`, and in detail all that was agreed.
fn head(analysis: &Analysis, transport: &DtlsTransport, who: &impl Fn(Direction) -> String) -> Row {
    let known = &transport.association;
    let version = known.version.map(|version| version.to_string());
    let mut words = vec![
        version.unwrap_or_else(|| "DTLS, version not seen".to_owned()),
        format!("≈ {}", known.state.value.word()),
    ];
    let took = known.handshake_duration();
    words.extend(took.map(|took| format!("handshake {}", milliseconds(took))));
    if known.retransmitted_flights > 0 {
        let again = counted(known.retransmitted_flights.into(), "flight");
        words.push(format!("{again} sent again"));
    }
    let mut frames: Vec<FrameNumber> = known.hello_frames.frames().to_vec();
    frames.extend_from_slice(known.finished_frames.frames());
    if frames.is_empty() {
        frames.clone_from(&known.state.evidence);
    }
    frames.sort_unstable();
    frames.dedup();
    Row {
        cells: vec![
            Cell::Time(known.first_at),
            Cell::plain(""),
            Cell::new(&words.join(" · "), Ink::Bold),
            Cell::new(&agreed(known), Ink::Of(Layer::Dtls)),
        ],
        frames,
        detail: facts(analysis, transport, who),
        heading: true,
        about: None,
    }
}

/// `TLS_ECDHE_… · SRTP_AES128_CM_HMAC_SHA1_80`.
fn agreed(known: &Association) -> String {
    let suite = known
        .cipher_suite
        .map(|suite| named(suite.name(), suite.code()));
    let profile = known.srtp_profile;
    let profile = profile.map(|profile| named(profile.name(), profile.code()));
    let both: Vec<String> = suite.into_iter().chain(profile).collect();
    if both.is_empty() {
        "no handshake was seen".to_owned()
    } else {
        both.join(" · ")
    }
}

fn facts(
    analysis: &Analysis,
    transport: &DtlsTransport,
    who: &impl Fn(Direction) -> String,
) -> Vec<DetailLine> {
    let known = &transport.association;
    let hello = &known.hello;
    let list = |names: Vec<String>| (!names.is_empty()).then(|| names.join(" "));
    let flow = analysis.scene.flows.get(known.flow.index());
    let ends = |direction: Option<Direction>| {
        let direction = direction?;
        let address = flow?.tuple.source(direction);
        Some(format!("{}, {address}", who(direction)))
    };
    let traffic = |direction: Direction| {
        let sent = known.application_data.get(direction.index())?;
        let records = counted(sent.records, "record");
        (sent.records > 0).then(|| {
            format!(
                "{records}, {} of ciphertext",
                crate::tui::text::bytes(sent.bytes)
            )
        })
    };
    let all = [
        ("client", ends(known.client)),
        ("server", ends(known.server())),
        ("version", known.version.map(|version| version.to_string())),
        (
            "cipher suite",
            known
                .cipher_suite
                .map(|suite| named(suite.name(), suite.code())),
        ),
        (
            "SRTP profile",
            known.srtp_profile.map(|it| named(it.name(), it.code())),
        ),
        (
            "key exchange",
            hello.group.map(|group| named(group.name(), group.code())),
        ),
        (
            "secret",
            hello.extended_master_secret.map(|extended| {
                let word = if extended {
                    "extended master secret"
                } else {
                    "plain master secret, against RFC 7627"
                };
                word.to_owned()
            }),
        ),
        (
            "resumed",
            hello
                .resumed
                .filter(|resumed| *resumed)
                .map(|_| "an earlier session".to_owned()),
        ),
        (
            "hello twice",
            hello.retry.map(|retry| {
                let word = match retry {
                    Retry::HelloVerifyRequest => "HelloVerifyRequest: prove your address",
                    Retry::HelloRetryRequest => {
                        "HelloRetryRequest: another group, or prove your address"
                    }
                };
                word.to_owned()
            }),
        ),
        ("protocol", hello.alpn_selected.clone()),
        (
            "offered",
            list(
                hello
                    .versions_offered
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
            ),
        ),
        (
            "",
            list(
                known
                    .srtp_profiles_offered
                    .iter()
                    .map(|it| named(it.name(), it.code()))
                    .collect(),
            ),
        ),
        (
            "",
            list(
                hello
                    .cipher_suites_offered
                    .iter()
                    .map(|it| named(it.name(), it.code()))
                    .collect(),
            ),
        ),
        (
            "",
            list(
                hello
                    .groups_offered
                    .iter()
                    .map(|it| named(it.name(), it.code()))
                    .collect(),
            ),
        ),
        ("records", Some(count(known.records))),
        (
            "twice",
            (known.duplicate_records > 0).then(|| {
                format!(
                    "{} captured twice",
                    counted(known.duplicate_records, "record")
                )
            }),
        ),
        ("data →", known.client.and_then(traffic)),
        ("data ←", known.server().and_then(traffic)),
    ];
    let mut lines: Vec<DetailLine> = Vec::new();
    for (name, value) in all {
        lines.extend(value.map(|value| fact(name, &value)));
    }
    for change in &known.state_history {
        let at = analysis.scene.seconds(change.at);
        lines.push(fact(
            "≈ state",
            &format!("{} at {at:.3} s", change.state.word()),
        ));
    }
    lines
}

fn flight(
    sent: &Flight,
    before: Option<&Flight>,
    over: Option<(Timestamp, Timestamp)>,
    who: &impl Fn(Direction) -> String,
) -> Row {
    let names = sent.messages.iter().map(|message| message.kind.name());
    let names: Vec<&str> = names.collect();
    let (again, ink) = if sent.retransmission {
        ("again: ", Ink::Poor)
    } else {
        ("", Ink::Plain)
    };
    let mut detail = vec![DetailLine::new(0, &names.join(", "), Look::Heading)];
    let records: u64 = sent
        .messages
        .iter()
        .map(|message| u64::from(message.records))
        .sum();
    let lasted = sent.last_at.since(sent.first_at);
    // What one packet carried took no time.
    let within = if lasted.is_zero() {
        String::new()
    } else {
        format!(" within {}", milliseconds(lasted))
    };
    detail.push(fact(
        "sent",
        &format!("{}{within}", counted(records, "record")),
    ));
    if let Some(before) = before {
        let after = milliseconds(sent.first_at.since(before.last_at));
        detail.push(fact(
            "after",
            &format!("{after} after the last of the other side's flight"),
        ));
    }
    if sent.retransmission {
        let text = "Sent again, because no answer came in time: this flight or the answer to it was lost, or the answer was late (RFC 6347 §4.2.4).";
        detail.push(DetailLine::new(0, text, Look::Plain));
    }
    let axis = over.map_or_else(
        || Cell::plain(""),
        |(from, until)| {
            let whole = until.since(from).as_secs_f64().max(f64::MIN_POSITIVE);
            let part = |at: Timestamp| at.since(from).as_secs_f64() / whole;
            Cell::Stretch(
                part(sent.first_at),
                part(sent.last_at),
                ink_or(ink, Layer::Dtls),
            )
        },
    );
    Row {
        cells: vec![
            Cell::Time(sent.first_at),
            Cell::plain(&who(sent.direction)),
            Cell::new(&format!("{again}{}", names.join(", ")), ink),
            axis,
        ],
        frames: sent.frames.frames().to_vec(),
        detail,
        heading: false,
        about: None,
    }
}

fn certificate(
    seen: &crate::track::dtls::facts::CertificateSeen,
    matches: Option<bool>,
    who: &impl Fn(Direction) -> String,
) -> Row {
    let says = seen.certificate.as_ref().map_or_else(
        || "not readable".to_owned(),
        |it| format!("{}, {}", it.subject, it.key),
    );
    let (text, ink) = match matches {
        Some(true) => ("● its hash stands in the SDP", Ink::Good),
        Some(false) => ("✖ its hash is not the SDP's", Ink::Bad),
        None => ("? nothing to compare with", Ink::Dim),
    };
    let fingerprint = seen.fingerprints.text(HashFunction::Sha256);
    let mut detail = vec![
        DetailLine::new(0, &format!("certificate {says}"), Look::Heading),
        fact("SHA-256", &fingerprint),
    ];
    let chain = (seen.chain_length > 1).then(|| counted(seen.chain_length as u64, "certificate"));
    detail.extend(chain.map(|chain| fact("chain", &chain)));
    let certificate = seen.certificate.as_ref();
    detail.extend(certificate.map(|it| {
        fact(
            "signed",
            &format!("{}, by {}", it.signature_algorithm, it.issuer),
        )
    }));
    detail.extend(certificate.map(|it| {
        fact(
            "valid",
            &format!("{} to {}", date(it.not_before), date(it.not_after)),
        )
    }));
    let (meaning, look) = match matches {
        Some(true) => (
            "The description of this side announced this very certificate, so whoever wrote the description holds its key.",
            Look::Tone(Tone::Good),
        ),
        Some(false) => (
            "The description of this side announced another certificate: something sits between the two, or one of them is stale.",
            Look::Tone(Tone::Bad),
        ),
        None => (
            "No description of this side was read, so there is nothing to compare the hash with.",
            Look::Dim,
        ),
    };
    detail.push(DetailLine::new(0, meaning, look));
    Row {
        cells: vec![
            Cell::Time(seen.at),
            Cell::plain(&who(seen.direction)),
            Cell::plain(&format!("certificate {says}")),
            Cell::new(text, ink),
        ],
        frames: seen.frames.clone(),
        detail,
        heading: false,
        about: None,
    }
}

fn alert(seen: &AlertSeen, who: &impl Fn(Direction) -> String) -> Row {
    let what = seen
        .description
        .map(|it| named(it.name(), it.code().into()));
    let what = what.unwrap_or_else(|| "not readable".to_owned());
    let level = seen.level.map(|it| named(it.name(), it.code().into()));
    let level = level.map(|level| format!("{level} ")).unwrap_or_default();
    let sign = if seen.basis == Basis::Inferred {
        "≈ "
    } else {
        ""
    };
    let close = seen.description == Some(AlertDescription::CloseNotify);
    let ink = if close { Ink::Plain } else { Ink::Bad };
    let mut detail = vec![DetailLine::new(
        0,
        &format!("{level}alert {what}"),
        Look::Heading,
    )];
    if seen.encrypted {
        let text = match seen.basis {
            Basis::Inferred => {
                "Encrypted. Inferred: it is the last record of its sender after the handshake, and fatal alerts belong to handshakes (RFC 6347 §4.1.2.7)."
            }
            _ => "Encrypted: what it says cannot be read.",
        };
        detail.push(DetailLine::new(0, text, Look::Dim));
    }
    Row {
        cells: vec![
            Cell::Time(seen.at),
            Cell::plain(&who(seen.direction)),
            Cell::new(&format!("{sign}{level}alert {what}"), ink),
            Cell::new(if seen.encrypted { "encrypted" } else { "" }, Ink::Dim),
        ],
        frames: vec![seen.frame],
        detail,
        heading: false,
        about: None,
    }
}

/// From the first flight to the last.
fn span_of(known: &Association) -> Option<(Timestamp, Timestamp)> {
    let from = known.flights.iter().map(|flight| flight.first_at).min()?;
    let until = known.flights.iter().map(|flight| flight.last_at).max()?;
    Some((from, until))
}

fn ink_or(ink: Ink, layer: Layer) -> Ink {
    match ink {
        Ink::Plain => Ink::Of(layer),
        other => other,
    }
}

/// The registry's name, else the number: `0x1301`.
fn named(name: Option<&'static str>, code: u16) -> String {
    name.map_or_else(|| format!("{code:#06x}"), str::to_owned)
}

/// `2026-11-22` of seconds since the Unix epoch; the number itself where the calendar has no such day.
fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_beyond| seconds.to_string(),
        |at| at.strftime("%Y-%m-%d").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(i64::MAX), i64::MAX.to_string());
        assert_eq!(date(-1), "1969-12-31");
    }
}
