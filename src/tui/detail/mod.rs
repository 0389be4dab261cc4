//! A row of the ladder in detail: what the pane beside it says, as lines of printable text.

use crate::analyzer::analysis::Analysis;
use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::Integrity;
use crate::session::model::peer_connection::PeerConnection;
use crate::timeline::ladder::Row;
use crate::timeline::ladder::Subject;
use crate::timeline::layer::Tone;
use crate::tui::text::bitrate;
use crate::tui::text::count;
use crate::tui::text::counted;
use crate::tui::text::frames;
use crate::tui::text::milliseconds;
use crate::tui::text::percent;
use crate::tui::text::shown;
use crate::tui::text::span;
use crate::vocab::ids::AllocationId;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;

pub mod json;
mod message;

/// A line of detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailLine {
    /// Columns to indent.
    pub indent: u16,
    /// Printable text.
    pub text: String,
    /// How it stands out.
    pub look: Look,
}

/// How a line stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// What the pane is about.
    Heading,
    /// As it is.
    Plain,
    /// Of second importance.
    Dim,
    /// Good news, bad news.
    Tone(Tone),
}

impl DetailLine {
    /// A line; `text` may come from the wire.
    pub fn new(indent: u16, text: &str, look: Look) -> Self {
        Self {
            indent,
            text: shown(text).into_owned(),
            look,
        }
    }

    /// A plain line.
    pub fn plain(text: &str) -> Self {
        Self::new(0, text, Look::Plain)
    }

    /// A line of second importance.
    pub fn dim(text: &str) -> Self {
        Self::new(0, text, Look::Dim)
    }
}

/// Explains a row of a call's ladder.
pub fn detail(analysis: &Analysis, call: PeerConnectionId, row: &Row) -> Vec<DetailLine> {
    let heading = match row.tone {
        Tone::Bad => Look::Tone(Tone::Bad),
        _ => Look::Heading,
    };
    let mut lines = vec![DetailLine::new(0, &row.text, heading)];
    let shown_frames = frames(&row.frames, &analysis.capture);
    if !shown_frames.is_empty() {
        lines.push(DetailLine::dim(&shown_frames));
    }
    lines.push(DetailLine::plain(""));
    let Some(call) = analysis.scene.peer_connections.get(call.index()) else {
        return lines;
    };
    match row.subject {
        Subject::Message(dialogue, place) => {
            message::explain(analysis, dialogue, place, &mut lines);
        }
        Subject::Pair(at) => {
            if let Some(pair) = call.ice.pairs.get(at) {
                lines.extend(explain_pair(call, pair));
            }
        }
        Subject::Dtls(id) => explain_dtls(analysis, id, &mut lines),
        Subject::Stream(id) => explain_stream(analysis, id, &mut lines),
        Subject::Turn(id) => explain_turn(analysis, id, &mut lines),
        Subject::Query(at) => explain_query(analysis, at, &mut lines),
        Subject::Connection => {
            lines.push(DetailLine::dim(
                "The state that the browser's RTCPeerConnection would show,",
            ));
            lines.push(DetailLine::dim(
                "inferred from what was seen of ICE, DTLS and signaling.",
            ));
        }
    }
    lines.truncate(LINES_MAX);
    lines
}

fn explain_pair(call: &PeerConnection, pair: &CandidatePair) -> Vec<DetailLine> {
    let end = |at: usize| {
        let candidate = call.ice.candidates.get(at);
        candidate.map_or_else(
            || "?".to_owned(),
            |it| format!("{} {} port {}", it.kind.word(), it.address, it.port),
        )
    };
    let mut lines = vec![
        DetailLine::plain(&format!("a  {}", end(pair.a))),
        DetailLine::plain(&format!("b  {}", end(pair.b))),
    ];
    if let Some((a, b)) = pair.wire {
        lines.push(DetailLine::dim(&format!("on the wire {a} ↔ {b}")));
    }
    lines.push(DetailLine::plain(""));
    lines.push(DetailLine::plain(&format!(
        "state      {}",
        pair.state.word()
    )));
    lines.push(DetailLine::plain(&format!(
        "a asked    {} checks, {} answered",
        count(pair.requests_sent),
        count(pair.responses_received)
    )));
    lines.push(DetailLine::plain(&format!(
        "b asked    {} checks, {} answered",
        count(pair.requests_received),
        count(pair.responses_sent)
    )));
    if let Some(times) = pair.round_trip {
        let [min, median, max] = [times.min, times.median, times.max].map(milliseconds);
        lines.push(DetailLine::plain(&format!(
            "round trip {min} min, {median} median, {max} max"
        )));
    }
    let (word, look) = match pair.integrity {
        Integrity::Verified => (
            "verified with the description's password",
            Look::Tone(Tone::Good),
        ),
        Integrity::Failed => (
            "does not verify with the description's password",
            Look::Tone(Tone::Bad),
        ),
        Integrity::Unknown => ("not checked: no password is known", Look::Dim),
    };
    lines.push(DetailLine::new(0, &format!("integrity  {word}"), look));
    for error in &pair.errors {
        let text = format!(
            "error      {} {}, {}",
            error.code,
            error.reason,
            counted(error.count, "time")
        );
        lines.push(DetailLine::new(0, &text, Look::Tone(Tone::Bad)));
    }
    if pair.icmp_errors > 0 {
        lines.push(DetailLine::plain(&format!(
            "ICMP       {} errors about its packets",
            count(pair.icmp_errors)
        )));
    }
    lines
}

fn explain_dtls(analysis: &Analysis, id: AssociationId, lines: &mut Vec<DetailLine>) {
    let Some(transport) = analysis.scene.dtls.get(id.index()) else {
        return;
    };
    let known = &transport.association;
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(DetailLine::plain(&format!("{name:<11}{value}")));
        }
    };
    say("state", Some(known.state.value.word().to_owned()));
    say("version", known.version.map(|version| version.to_string()));
    let name =
        |name: Option<&str>, code: u16| name.map_or_else(|| format!("{code:#06x}"), str::to_owned);
    say(
        "cipher",
        known
            .cipher_suite
            .map(|suite| name(suite.name(), suite.code())),
    );
    say(
        "SRTP",
        known
            .srtp_profile
            .map(|profile| name(profile.name(), profile.code())),
    );
    say("handshake", known.handshake_duration().map(milliseconds));
    let again = u64::from(known.retransmitted_flights);
    say(
        "sent again",
        (again > 0).then(|| format!("{} flights", count(again))),
    );
    for (seen, matches) in known.certificates.iter().zip(&transport.matches_sdp) {
        let side = transport
            .side_of(seen.direction)
            .map_or("?", |side| side.word());
        let (word, look) = match matches {
            Some(true) => ("matches the SDP", Look::Tone(Tone::Good)),
            Some(false) => ("does not match the SDP", Look::Tone(Tone::Bad)),
            None => ("nothing to compare with", Look::Dim),
        };
        lines.push(DetailLine::new(
            0,
            &format!("certificate of {side}: {word}"),
            look,
        ));
    }
    lines.push(DetailLine::plain(""));
    for flight in &known.flights {
        let side = transport
            .side_of(flight.direction)
            .map_or("?", |side| side.word());
        let names: Vec<&str> = flight
            .messages
            .iter()
            .map(|message| message.kind.name())
            .collect();
        let again = if flight.retransmission {
            " (again)"
        } else {
            ""
        };
        lines.push(DetailLine::dim(&format!(
            "{side} sends{again} {}",
            names.join(", ")
        )));
    }
}

fn explain_stream(analysis: &Analysis, id: StreamId, lines: &mut Vec<DetailLine>) {
    let Some(stream) = analysis.scene.streams.get(id.index()) else {
        return;
    };
    let stats = &stream.stats;
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(DetailLine::plain(&format!("{name:<12}{value}")));
        }
    };
    say("SSRC", Some(stats.ssrc.to_string()));
    say("mid", stream.mid.clone());
    say("rid", stream.rid.clone());
    say("codec", stream.codec.clone());
    say(
        "clock",
        stream
            .clock_rate
            .map(|rate| format!("{} Hz", count(rate.into()))),
    );
    say("lasted", Some(span(stats.duration())));
    say("packets", Some(count(stats.packets)));
    let expected = stats.packets.saturating_sub(stats.packets_duplicated) + stats.packets_lost;
    let lost = percent(stats.packets_lost, expected).unwrap_or_default();
    say(
        "lost",
        Some(format!(
            "{} of {}, {lost}, as seen here",
            count(stats.packets_lost),
            count(expected)
        )),
    );
    say(
        "late",
        (stats.packets_reordered > 0).then(|| count(stats.packets_reordered)),
    );
    say(
        "twice",
        (stats.packets_duplicated > 0).then(|| count(stats.packets_duplicated)),
    );
    say("bit rate", stream.bits_per_second().map(bitrate));
    say(
        "frames",
        stats
            .frames
            .per_second
            .map(|rate| format!("{rate:.1} per second")),
    );
    let jitter = stream.clock_rate.and_then(|rate| stats.jitter.at(rate));
    say(
        "jitter",
        jitter.map(|seconds| format!("{:.1} ms", seconds * 1e3)),
    );
    say(
        "silences",
        (stats.gap_count > 0).then(|| count(stats.gap_count)),
    );
    say(
        "repaired by",
        stream.rtx_ssrc.map(|ssrc| format!("SSRC {ssrc} (rtx)")),
    );
    say("repairs", stream.repairs.map(|ssrc| format!("SSRC {ssrc}")));
}

fn explain_turn(analysis: &Analysis, id: AllocationId, lines: &mut Vec<DetailLine>) {
    let Some(turn) = analysis.scene.turn.get(id.index()) else {
        return;
    };
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(DetailLine::plain(&format!("{name:<12}{value}")));
        }
    };
    say("state", Some(turn.state.word().to_owned()));
    say("client", Some(turn.client.to_string()));
    say(
        "server",
        Some(format!("{} over {}", turn.server, turn.transport.word())),
    );
    say("relay", turn.relayed.map(|address| address.to_string()));
    say("outside", turn.mapped.map(|address| address.to_string()));
    say(
        "lifetime",
        turn.lifetime_seconds.map(|seconds| format!("{seconds} s")),
    );
    say("realm", turn.realm.clone());
    say("user", turn.username.clone());
    say("software", turn.software.clone());
    for (method, asked, answered) in &turn.requests {
        say(
            method,
            Some(format!(
                "{} asked, {} granted",
                count(*asked),
                count(*answered)
            )),
        );
    }
    for channel in &turn.channels {
        let peer = channel
            .peer
            .map(|peer| format!(" to {peer}"))
            .unwrap_or_default();
        say(
            "channel",
            Some(format!(
                "{:#06x}{peer}, {} packets",
                channel.number,
                count(channel.packets)
            )),
        );
    }
    for error in &turn.errors {
        let text = format!(
            "{}: error {} {}, {}",
            error.method,
            error.code,
            error.reason,
            counted(error.count, "time")
        );
        let look = if error.normal {
            Look::Dim
        } else {
            Look::Tone(Tone::Bad)
        };
        lines.push(DetailLine::new(0, &text, look));
    }
}

fn explain_query(analysis: &Analysis, at: usize, lines: &mut Vec<DetailLine>) {
    let Some(query) = analysis.scene.server_queries.get(at) else {
        return;
    };
    lines.push(DetailLine::plain(&format!("asked by   {}", query.client)));
    lines.push(DetailLine::plain(&format!("server     {}", query.server)));
    lines.push(DetailLine::plain(&format!(
        "requests   {}, {} answered",
        count(query.requests),
        count(query.responses)
    )));
    if let Some((mapped, ..)) = query.mapped {
        lines.push(DetailLine::plain(&format!("outside    {mapped}")));
    }
    if let Some(round_trip) = query.round_trip {
        lines.push(DetailLine::plain(&format!(
            "round trip {}",
            milliseconds(round_trip)
        )));
    }
    if let Some(software) = &query.software {
        lines.push(DetailLine::plain(&format!("software   {software}")));
    }
}

/// Lines of a detail at most.
const LINES_MAX: usize = 2_000;
