//! An event in a sentence for people and in fields for programs.

use crate::report::json::context::Context;
use crate::report::json::context::Id;
use crate::report::json::context::candidate_id;
use crate::report::json::context::pair_id;
use crate::report::json::context::seconds;
use crate::report::json::session::carried_word;
use crate::report::ndjson::detail::Detail;
use crate::session::model::media::MediaKind;
use crate::session::model::peer_connection::PeerConnection;
use crate::timeline::event::Event;
use crate::timeline::event::EventKind;
use crate::vocab::address::Side;
use crate::wire::tls::alert::AlertDescription;
use crate::wire::tls::alert::AlertLevel;

/// A sentence for people, and fields for programs.
pub(super) fn describe<'a>(context: Context<'a>, event: &Event) -> Option<(String, Detail<'a>)> {
    let scene = &context.analysis.scene;
    let connection = event
        .peer_connection
        .and_then(|id| scene.peer_connections.get(id.index()));
    match event.kind {
        EventKind::Message { dialogue, message } => {
            let message = scene
                .dialogues
                .get(dialogue.index())?
                .messages
                .get(message)?;
            let carries = message.carried.iter().map(carried_word);
            let said = if message.summary.is_empty() {
                &message.kind
            } else {
                &message.summary
            };
            let detail = Detail::Message {
                session: dialogue.id(),
                from: message.from.word(),
                kind: &message.kind,
                transaction: message.transaction.as_deref(),
                carries: carries.collect(),
                error_code: message.error.as_ref().map(|error| error.code),
            };
            Some((format!("{}: {said}", message.from.word()), detail))
        }
        EventKind::SessionTimeout { dialogue } => {
            let session = dialogue.id();
            Some((
                format!("the server gave {session} up"),
                Detail::Session { session },
            ))
        }
        EventKind::State { state } => {
            let state = state.word();
            Some((
                format!("the connection is {state}"),
                Detail::State { state },
            ))
        }
        EventKind::ClosedBySignaling => {
            Some(("signaling closed the connection".into(), Detail::None {}))
        }
        EventKind::Description { .. }
        | EventKind::Candidate { .. }
        | EventKind::FirstCheck { .. }
        | EventKind::FirstAnswer { .. }
        | EventKind::CheckError { .. }
        | EventKind::Nominated { .. }
        | EventKind::Selected { .. }
        | EventKind::AddressChanged { .. } => describe_setup(connection?, event.kind),
        EventKind::DtlsFlight { .. }
        | EventKind::DtlsState { .. }
        | EventKind::DtlsAlert { .. } => describe_dtls(context, event.kind),
        EventKind::StreamStart { .. }
        | EventKind::StreamGap { .. }
        | EventKind::StreamEnd { .. } => describe_media(context, event.kind),
        EventKind::TurnRequest { .. }
        | EventKind::TurnError { .. }
        | EventKind::TurnAllocated { .. }
        | EventKind::TurnChannel { .. }
        | EventKind::StunMapped { .. }
        | EventKind::StunUnanswered { .. } => describe_server(context, event.kind),
    }
}

/// Descriptions, candidates and checks.
fn describe_setup(connection: &PeerConnection, kind: EventKind) -> Option<(String, Detail<'_>)> {
    let check = |pair, from: Side, error_code| Detail::Check {
        pair: pair_id(pair),
        from: from.word(),
        error_code,
    };
    match kind {
        EventKind::Description { description } => {
            let description = connection.descriptions.get(description)?;
            let (kind, side) = (description.kind.word(), description.side.word());
            Some((
                format!("{kind} of {side}"),
                Detail::Description { kind, side },
            ))
        }
        EventKind::Candidate { candidate } => {
            let known = connection.ice.candidates.get(candidate)?;
            let detail = Detail::Candidate {
                candidate: candidate_id(candidate),
                side: known.side.word(),
                kind: known.kind.word(),
                protocol: &known.protocol,
                address: &known.address,
                port: known.port,
            };
            let text = format!(
                "{} candidate of {}: {} port {}",
                known.kind.word(),
                known.side.word(),
                known.address,
                known.port
            );
            Some((text, detail))
        }
        EventKind::FirstCheck { pair, from } => {
            let text = format!("{} checks {}", from.word(), pair_id(pair));
            Some((text, check(pair, from, None)))
        }
        EventKind::FirstAnswer { pair, from } => {
            let text = format!(
                "a check of {} on {} was answered",
                from.word(),
                pair_id(pair)
            );
            Some((text, check(pair, from, None)))
        }
        EventKind::CheckError { pair, from, code } => {
            let text = format!(
                "a check of {} on {} was refused with {code}",
                from.word(),
                pair_id(pair)
            );
            Some((text, check(pair, from, Some(code))))
        }
        EventKind::Nominated { pair } => {
            let pair = pair_id(pair);
            Some((format!("{pair} was nominated"), Detail::Pair { pair }))
        }
        EventKind::Selected { pair } => {
            let pair = pair_id(pair);
            Some((
                format!("{pair} is the selected pair"),
                Detail::Pair { pair },
            ))
        }
        EventKind::AddressChanged { rebinding } => {
            let change = connection.ice.rebindings.get(rebinding)?;
            let (side, pair) = (change.side.word(), pair_id(change.pair));
            let text = format!(
                "the address of {side} changed from {} to {}",
                change.from, change.to
            );
            Some((text, Detail::Pair { pair }))
        }
        _ => None,
    }
}

fn describe_dtls(context: Context<'_>, kind: EventKind) -> Option<(String, Detail<'_>)> {
    let transports = &context.analysis.scene.dtls;
    match kind {
        EventKind::DtlsFlight {
            association,
            flight,
        } => {
            let transport = transports.get(association.index())?;
            let flight = transport.association.flights.get(flight)?;
            let side = transport.side_of(flight.direction).map(Side::word);
            let messages: Vec<&str> = flight
                .messages
                .iter()
                .map(|message| message.kind.name())
                .collect();
            let again = if flight.retransmission { " again" } else { "" };
            let text = format!(
                "{} sends {}{again}",
                side.unwrap_or("somebody"),
                messages.join(", ")
            );
            let detail = Detail::Flight {
                dtls: association.id(),
                side,
                messages,
                retransmission: flight.retransmission,
            };
            Some((text, detail))
        }
        EventKind::DtlsState { association, state } => {
            let (dtls, state) = (association.id(), state.word());
            Some((
                format!("{dtls} is {state}"),
                Detail::DtlsState { dtls, state },
            ))
        }
        EventKind::DtlsAlert { association, alert } => {
            let transport = transports.get(association.index())?;
            let alert = transport.association.alerts.get(alert)?;
            let side = transport.side_of(alert.direction).map(Side::word);
            let description = alert.description.and_then(AlertDescription::name);
            let text = format!(
                "{} sends alert {}",
                side.unwrap_or("somebody"),
                description.unwrap_or("(encrypted)")
            );
            let detail = Detail::Alert {
                dtls: association.id(),
                side,
                level: alert.level.and_then(AlertLevel::name),
                description,
                encrypted: alert.encrypted,
            };
            Some((text, detail))
        }
        _ => None,
    }
}

fn describe_media(context: Context<'_>, kind: EventKind) -> Option<(String, Detail<'_>)> {
    let streams = &context.analysis.scene.streams;
    let (EventKind::StreamStart { stream: id }
    | EventKind::StreamEnd { stream: id }
    | EventKind::StreamGap { stream: id, .. }) = kind
    else {
        return None;
    };
    let stream = streams.get(id.index())?;
    let ssrc = stream.stats.ssrc.0;
    if let EventKind::StreamGap { gap, .. } = kind {
        let gap = stream.stats.gaps.get(gap)?;
        let duration_seconds = seconds(gap.duration());
        let detail = Detail::Gap {
            stream: id.id(),
            ssrc,
            duration_seconds,
            skipped: gap.skipped,
        };
        return Some((
            format!("{} falls silent for {duration_seconds:.1} s", id.id()),
            detail,
        ));
    }
    let verb = if matches!(kind, EventKind::StreamStart { .. }) {
        "starts"
    } else {
        "ends"
    };
    let detail = Detail::Stream {
        stream: id.id(),
        ssrc,
        from: stream.from.map(Side::word),
        kind: stream.kind.map(MediaKind::word),
        codec: stream.codec.as_deref(),
        packets: stream.stats.packets,
    };
    Some((format!("{} {verb}", id.id()), detail))
}

fn describe_server(context: Context<'_>, kind: EventKind) -> Option<(String, Detail<'_>)> {
    let scene = &context.analysis.scene;
    match kind {
        EventKind::StunMapped { query } | EventKind::StunUnanswered { query } => {
            let query = scene.server_queries.get(query)?;
            let (server, client) = (query.server.to_string(), query.client.to_string());
            let mapped_address = query.mapped.map(|(address, ..)| address.to_string());
            let text = match &mapped_address {
                Some(mapped) => format!("STUN server {server} tells {client} that it is {mapped}"),
                None => format!("STUN server {server} does not answer {client}"),
            };
            let detail = Detail::Stun {
                server,
                client,
                mapped_address,
            };
            Some((text, detail))
        }
        EventKind::TurnError { allocation, error } => {
            let turn = scene.turn.get(allocation.index())?;
            let error = turn.errors.get(error)?;
            let detail = Detail::TurnError {
                turn: allocation.id(),
                server: turn.server.to_string(),
                method: error.method,
                error_code: error.code,
                reason: &error.reason,
                normal: error.normal,
            };
            let text = format!(
                "TURN server {} answers {} with {}",
                turn.server, error.method, error.code
            );
            Some((text, detail))
        }
        EventKind::TurnChannel {
            allocation,
            channel,
        } => {
            let channel = scene.turn.get(allocation.index())?.channels.get(channel)?;
            let peer = channel.peer.map(|peer| peer.to_string());
            let text = format!("{} binds channel {:#06x}", allocation.id(), channel.number);
            let detail = Detail::TurnChannel {
                turn: allocation.id(),
                channel: channel.number,
                peer,
            };
            Some((text, detail))
        }
        EventKind::TurnRequest { allocation } | EventKind::TurnAllocated { allocation } => {
            let turn = scene.turn.get(allocation.index())?;
            let verb = if matches!(kind, EventKind::TurnRequest { .. }) {
                "is asked"
            } else {
                "allocates"
            };
            let detail = Detail::Turn {
                turn: allocation.id(),
                server: turn.server.to_string(),
                relayed_address: turn.relayed.map(|address| address.to_string()),
            };
            Some((format!("TURN server {} {verb}", turn.server), detail))
        }
        _ => None,
    }
}
