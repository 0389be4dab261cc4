//! What lanes and arrows say. Text from the wire is in it: a screen makes it printable.

use std::fmt::Write;

use crate::session::model::ice::{CandidatePair, CheckSeen};
use crate::session::model::media::{DtlsTransport, MediaStream};
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::track::dtls::association::State;
use crate::track::dtls::facts::AlertSeen;
use crate::track::dtls::flight::{Flight, FlightMessage};
use crate::track::signaling::dialogue::{Dialogue, Message};
use crate::track::turn::Allocation;
use crate::vocab::address::Side;
use crate::wire::tls::alert::AlertDescription;

/// The messages of a call with their place in its dialogue: those of its handle, and those of the session as a whole.
pub(super) fn messages_of<'a>(
    scene: &'a Scene,
    call: &'a PeerConnection,
) -> impl Iterator<Item = (usize, &'a Message)> {
    let dialogue = dialogue_of(scene, call);
    let handle = dialogue.and_then(|dialogue| {
        let mut handles = dialogue.handles.iter();
        handles.position(|handle| Some(&handle.id) == call.handle.as_ref())
    });
    let messages = dialogue.into_iter().flat_map(|dialogue| &dialogue.messages);
    messages.enumerate().filter(move |(_, message)| {
        message.handle.is_none() || handle.is_none() || message.handle == handle
    })
}

/// The dialogue of a call.
pub(super) fn dialogue_of<'a>(scene: &'a Scene, call: &PeerConnection) -> Option<&'a Dialogue> {
    scene.dialogues.get(call.dialogue?.index())
}

/// `video VP8`, `audio opus`, `ssrc 1234`.
pub(super) fn stream_name(stream: &MediaStream) -> String {
    let codec = stream.codec.clone().or_else(|| {
        let kind = stream.stats.payload_type()?;
        Some(format!("RTP type {kind}"))
    });
    let kind = stream.kind.map(|kind| kind.word().to_owned());
    let rid = stream.rid.as_ref().map(|rid| format!("({rid})"));
    let words: Vec<String> = [kind, codec, rid].into_iter().flatten().collect();
    if words.is_empty() {
        format!("ssrc {}", stream.stats.ssrc)
    } else {
        words.join(" ")
    }
}

/// `VP8 · 303 packets, 2 lost · ssrc 3835126325`.
pub(super) fn stream(stream: &MediaStream) -> String {
    let stats = &stream.stats;
    let about = match stream.repairs {
        Some(ssrc) => format!(" that repair ssrc {ssrc}"),
        None => format!(", {} lost", stats.packets_lost),
    };
    let packets = counted(stats.packets, "packet");
    format!(
        "{} · {packets}{about} · ssrc {}",
        stream_name(stream),
        stats.ssrc
    )
}

/// Checks up to nomination, and the consent checks that follow.
pub(super) fn split_checks(pair: &CandidatePair) -> (Vec<CheckSeen>, Vec<CheckSeen>) {
    match pair.nominated_at {
        Some(nominated) => pair.checks.iter().partition(|check| check.at <= nominated),
        None => (pair.checks.clone(), Vec::new()),
    }
}

/// `7 checks each way, all answered, nominated`.
pub(super) fn checks(pair: &CandidatePair, checks: &[CheckSeen], first: bool) -> String {
    let count = |side| checks.iter().filter(|check| check.from == side).count() as u64;
    let repeats: u64 = checks
        .iter()
        .map(|check| u64::from(check.retransmissions))
        .sum();
    let answered = checks
        .iter()
        .filter(|check| check.answered.is_some() && check.error.is_none())
        .count();
    let noun = if first { "check" } else { "consent check" };
    let mut text = match (count(Side::A), count(Side::B)) {
        (a, b) if a == b => format!("{} each way", counted(a, noun)),
        (0, one) | (one, 0) => counted(one, noun),
        (a, b) => format!("{} one way, {b} the other", counted(a, noun)),
    };
    match answered {
        all if all == checks.len() => text.push_str(", all answered"),
        0 => text.push_str(", none answered"),
        some => text.push_str(&[", ", &some.to_string(), " answered"].concat()),
    }
    if repeats > 0 {
        let _ = write!(text, ", {repeats} repeated");
    }
    if first {
        for error in &pair.errors {
            let _ = write!(
                text,
                ", error {} {} ×{}",
                error.code, error.reason, error.count
            );
        }
        if pair.nominated_at.is_some() {
            text.push_str(", nominated");
        }
        if pair.icmp_errors > 0 {
            let _ = write!(text, ", {}", counted(pair.icmp_errors, "ICMP error"));
        }
    }
    text
}

/// `ClientHello`, `ServerHello, Certificate …`, `ClientHello again`.
pub(super) fn flight(flight: &Flight) -> String {
    let name = |message: &FlightMessage| message.kind.name();
    let names: Vec<&str> = flight.messages.iter().map(name).collect();
    let again = if flight.retransmission { " again" } else { "" };
    format!("{}{again}", names.join(", "))
}

/// `DTLS 1.2 connected, fingerprints match`.
pub(super) fn secured(transport: &DtlsTransport, state: State) -> String {
    let version = transport
        .association
        .version
        .map_or_else(|| "DTLS".to_owned(), |version| version.to_string());
    let mut text = format!("{version} {}", state.word());
    if state == State::Connected {
        let known: Vec<bool> = transport.matches_sdp.iter().copied().flatten().collect();
        if !known.is_empty() {
            let all = known.iter().all(|matches| *matches);
            text.push_str(if all {
                ", fingerprints match"
            } else {
                ", a fingerprint does not match the SDP"
            });
        }
    }
    text
}

/// `alert close_notify`, `encrypted alert`.
pub(super) fn alert(alert: &AlertSeen) -> String {
    let name = alert.description.and_then(AlertDescription::name);
    match name {
        Some(name) => name.to_owned(),
        None if alert.encrypted => "alert (encrypted)".to_owned(),
        None => "alert".to_owned(),
    }
}

/// Is it a goodbye, as far as can be told?
pub(super) fn is_close(alert: &AlertSeen) -> bool {
    alert
        .description
        .is_none_or(|description| description == AlertDescription::CloseNotify)
}

/// `allocated 203.0.113.20:50123 for 600 s`.
pub(super) fn allocated(turn: &Allocation) -> String {
    let relayed = turn
        .relayed
        .map(|address| format!(" {address}"))
        .unwrap_or_default();
    let lifetime = turn
        .lifetime_seconds
        .map(|seconds| format!(" for {seconds} s"))
        .unwrap_or_default();
    format!("allocated{relayed}{lifetime}")
}

/// `1 check`, `2 checks`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
