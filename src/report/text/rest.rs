//! What belongs to no call: signaling sessions that led nowhere, TURN, STUN servers, loose streams, findings on the capture, faults.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Outcome;
use crate::filter::shown::Shown;
use crate::report::conclusions::About;
use crate::report::conclusions::Conclusions;
use crate::report::text::carrier::carrier;
use crate::report::text::figures::NO_BREAK;
use crate::report::text::figures::count;
use crate::report::text::figures::counted;
use crate::report::text::figures::frames;
use crate::report::text::figures::instant;
use crate::report::text::findings;
use crate::report::text::header;
use crate::report::text::media;
use crate::report::text::page::Page;
use crate::report::text::path;
use crate::report::text::words::BAD;
use crate::report::text::words::BOLD;
use crate::report::text::words::DIM;
use crate::report::text::words::PLAIN;
use crate::report::text::words::POOR;
use crate::report::text::words::Words;
use crate::session::model::nat::MappingBehavior;
use crate::session::model::nat::NatMapping;
use crate::track::ice::ServerQuery;
use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::dialogue::Message;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::DialogueId;

/// Prints it all; of what a filter leaves, only what belongs to the calls shown or bears on all.
pub fn print(
    analysis: &Analysis,
    shown: Option<&Shown>,
    conclusions: &Conclusions<'_>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    for (dialogue, index) in analysis.scene.dialogues.iter().zip(0..) {
        let id = DialogueId(index);
        if shown.is_none() && !conclusions.has_call(id) {
            page.blank()?;
            print_dialogue(analysis, conclusions.of_session(id), page, id, dialogue)?;
        }
    }
    print_servers(analysis, shown, page)?;
    let loose: Vec<_> = analysis
        .scene
        .streams
        .iter()
        .filter(|stream| shown.is_none() && stream.peer_connection.is_none())
        .collect();
    if !loose.is_empty() {
        page.blank()?;
        page.wrapped(0, 2, &Words::new().styled(BOLD, "Streams of no call"))?;
        media::print_loose(&loose, page)?;
    }
    let general = conclusions.general().iter().copied();
    let general: Vec<usize> = general
        .filter(|index| shown.is_none_or(|shown| shown.findings.contains(index)))
        .collect();
    if !general.is_empty() {
        page.blank()?;
        page.wrapped(0, 2, &Words::new().styled(BOLD, "Beyond single calls"))?;
        findings::print(analysis, page, &general)?;
    }
    print_faults(analysis, page)
}

/// A dialogue that never got a peer connection.
fn print_dialogue(
    analysis: &Analysis,
    about: Option<&About<'_>>,
    page: &mut Page<'_>,
    id: DialogueId,
    dialogue: &Dialogue,
) -> io::Result<()> {
    let verdict = about.and_then(|about| about.verdict);
    let outcome = verdict.map_or(Outcome::Unknown, |verdict| verdict.outcome);
    let (glyph, style) = header::mark(outcome);
    let left = Words::new().styled(style, glyph.to_string()).styled(
        BOLD,
        format!(
            "{NO_BREAK}Session{NO_BREAK}{}{NO_BREAK} without a call",
            id.index() + 1
        ),
    );
    page.title(&left, &Words::new().styled(style, header::words(outcome)))?;
    page.blank()?;
    page.field(
        "Who",
        &Words::from(format!("{} ↔ {}", dialogue.client, dialogue.server)),
    )?;
    let mut words = Words::from(format!(
        "{} over {}",
        dialogue.protocol.word(),
        carrier(&analysis.scene, dialogue)
    ));
    if let Some(url) = &dialogue.url {
        words = words.dot().said(url);
    }
    page.field("Signaling", &words)?;
    print_messages(analysis, page, dialogue)?;
    let findings = about.map_or(&[][..], |about| &about.findings);
    findings::print(analysis, page, findings)
}

fn print_messages(analysis: &Analysis, page: &mut Page<'_>, dialogue: &Dialogue) -> io::Result<()> {
    let shown = dialogue
        .messages
        .iter()
        .filter(|message| is_worth_showing(message));
    for (index, message) in shown.take(MESSAGES_SHOWN).enumerate() {
        let mut words = Words::from(instant(analysis.scene.seconds(message.at)))
            .text(format!(" {}: ", message.from.word()));
        let said = if message.summary.is_empty() {
            &message.kind
        } else {
            &message.summary
        };
        let style = if message.error.is_some() { BAD } else { PLAIN };
        words = words.said_styled(style, said);
        words = words.styled(
            DIM,
            format!(" ({})", frames(&message.frames, &analysis.capture)),
        );
        page.field(if index == 0 { "Messages" } else { "" }, &words)?;
    }
    Ok(())
}

/// Acknowledgements and keepalives say nothing to a reader.
fn is_worth_showing(message: &Message) -> bool {
    !matches!(message.kind.as_str(), "ack" | "keepalive")
}

fn print_servers(
    analysis: &Analysis,
    shown: Option<&Shown>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let scene = &analysis.scene;
    let queries = scene.server_queries.iter().enumerate();
    let asked: Vec<&ServerQuery> = queries
        .filter(|(index, _)| shown.is_none_or(|shown| shown.server_queries.contains(index)))
        .map(|(_, query)| query)
        .collect();
    let mappings = scene.nat.iter().enumerate();
    let mappings = mappings
        .filter(|(index, _)| shown.is_none_or(|shown| shown.nat.contains(index)))
        .map(|(_, mapping)| mapping);
    let loose: Vec<_> = scene
        .turn
        .iter()
        .zip(scene.turn_owner.iter().chain(std::iter::repeat(&None)))
        .filter(|(_, owner)| shown.is_none() && owner.is_none())
        .map(|(turn, _)| turn)
        .collect();
    let transports = scene.dtls.iter();
    let hidden: Vec<_> = transports
        .filter(|_| shown.is_none())
        .filter_map(|transport| scene.turn_inside(transport))
        .collect();
    if loose.is_empty() && hidden.is_empty() && asked.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.wrapped(0, 2, &Words::new().styled(BOLD, "STUN and TURN servers"))?;
    let mut queries: Vec<&ServerQuery> = asked.iter().copied().take(SERVERS_SHOWN).collect();
    queries.sort_by_key(|query| query.server);
    for of_server in queries.chunk_by(|a, b| a.server == b.server) {
        if let Some(first) = of_server.first() {
            page.field("STUN", &server(analysis, first.server))?;
        }
        for query in of_server {
            page.hanging(&answer(analysis, query))?;
        }
    }
    for (client, server) in hidden.iter().take(SERVERS_SHOWN) {
        let words = Words::from(format!("{client} at server {server} inside DTLS, closed"));
        page.field("TURN", &words)?;
    }
    for words in nat_words(mappings) {
        page.field("NAT", &words)?;
    }
    for turn in loose.iter().take(SERVERS_SHOWN) {
        let words = path::allocation_words(turn, |at| instant(scene.seconds(at)));
        page.field("TURN", &words)?;
    }
    let more = asked.len().saturating_sub(SERVERS_SHOWN)
        + loose.len().saturating_sub(SERVERS_SHOWN)
        + hidden.len().saturating_sub(SERVERS_SHOWN);
    if more > 0 {
        page.hanging(&Words::from(format!("and {more} more")))?;
    }
    Ok(())
}

fn server(analysis: &Analysis, address: TransportAddress) -> Words {
    let words = Words::from(address.to_string());
    match analysis.scene.name_of(address.ip) {
        Some(name) => words.text(" (").said(name).text(")"),
        None => words,
    }
}

/// How the NATs map: a line per host and behaviour, since all sockets of a host are behind the same NAT.
fn nat_words<'a>(mappings: impl Iterator<Item = &'a NatMapping>) -> Vec<Words> {
    let mut hosts: BTreeMap<(IpAddr, MappingBehavior), usize> = BTreeMap::new();
    for mapping in mappings {
        *hosts
            .entry((mapping.base.ip, mapping.behavior))
            .or_default() += 1;
    }
    let shown = hosts.into_iter().take(SERVERS_SHOWN);
    shown
        .map(|((ip, behavior), sockets)| {
            let sockets = counted(sockets as u64, "socket");
            Words::from(format!("{ip}: {} mapping", behavior.word()))
                .styled(DIM, format!(" (inferred from {sockets})"))
        })
        .collect()
}

/// What one client was told.
fn answer(analysis: &Analysis, query: &ServerQuery) -> Words {
    let words = Words::from(query.client.to_string());
    let mut words = match query.mapped {
        Some((mapped, _, frame)) => words
            .text(format!(" is {mapped} to the server"))
            .styled(DIM, format!(" ({})", frames(&[frame], &analysis.capture))),
        None if query.responses == 0 => {
            let tries = counted(query.requests + query.retransmissions, "request");
            let shown = frames(&query.frames, &analysis.capture);
            words
                .styled(BAD, format!(": no answer to {tries}"))
                .styled(DIM, format!(" ({shown})"))
        }
        None => words.text(": no address in the answer"),
    };
    for error in &query.errors {
        words = words
            .dot()
            .styled(POOR, format!("error {} ", error.code))
            .said_styled(POOR, &error.reason);
    }
    words
}

fn print_faults(analysis: &Analysis, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    if analysis.capture.faults.is_empty() {
        return page.wrapped(0, 2, &Words::new().styled(DIM, "No malformed input."));
    }
    page.wrapped(0, 2, &Words::new().styled(BOLD, "Malformed input"))?;
    for (_, name, row) in analysis.capture.faults.rows() {
        let mut words = Words::from(format!("{}{NO_BREAK}× {name}", count(row.count)));
        let shown = frames(&row.frames, &analysis.capture);
        if !shown.is_empty() {
            words = words.styled(DIM, format!(" ({shown})"));
        }
        page.wrapped(2, 4, &words)?;
    }
    Ok(())
}

/// Messages written out of a dialogue without a call.
const MESSAGES_SHOWN: usize = 20;
/// STUN servers, and TURN servers, written out.
const SERVERS_SHOWN: usize = 12;
