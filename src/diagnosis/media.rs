//! Rules of media: never started, one way only, lossy, paused. The facts are in `facts::media`.

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::ice::consent_lost;
use crate::diagnosis::facts::media::{Silent, Stopped, never_started, pauses, stopped};
use crate::diagnosis::finding::{EvidenceLine, FindingLayer, Severity, Stage};
use crate::diagnosis::rule::{Context, Rule, Statement};
use crate::diagnosis::words::{at, counted, listed, name, seen, span, who};
use crate::session::model::media::{MediaKind, MediaStream};
use crate::vocab::address::Side;
use crate::vocab::time::Timestamp;

/// Agreed media never came.
pub(super) const NEVER_STARTED: Rule = Rule {
    name: "media-never-started",
    severity: Severity::Error,
    layer: FindingLayer::Media,
    stage: Some(Stage::Media),
    reference: "RFC 3264 §5.1, RFC 9429 §5.11",
    check: silent,
};

/// Media of one side ended, the call did not.
pub(super) const ONE_WAY: Rule = Rule {
    name: "media-one-way",
    severity: Severity::Warning,
    layer: FindingLayer::Media,
    stage: Some(Stage::Steady),
    reference: "RFC 3550 §6.3.5, RFC 7675 §5.1",
    check: one_way,
};

/// Streams that fell silent by their sender's doing.
pub(super) const PAUSED: Rule = Rule {
    name: "media-paused",
    severity: Severity::Note,
    layer: FindingLayer::Media,
    stage: None,
    reference: "RFC 3550 §5.1",
    check: paused,
};

/// What the end of one side's media leaves open; for `cannotTell`.
pub(super) fn open_question(call: &Call<'_>) -> Option<String> {
    let far = stopped(call).into_iter().find(|stopped| !stopped.local)?;
    Some(format!(
        "Whether {} stopped sending at {} (a mute without signaling) or the network lost its packets from then on: no later packet tells.",
        name(call.pc, far.side),
        at(call.scene, far.last.at)
    ))
}

fn silent(context: &Context<'_>) -> Vec<Statement> {
    let failed = context
        .calls
        .iter()
        .filter(|call| call.breaks_at(Stage::Media));
    failed
        .filter_map(|call| Some(silent_call(call, &never_started(call)?)))
        .collect()
}

fn silent_call(call: &Call<'_>, silent: &Silent) -> Statement {
    let scene = call.scene;
    let sender = who(call, silent.side);
    let what = silent.kinds.join(" and ");
    let waited = span(call.end.since(silent.since));
    let other = if silent.altogether {
        "Nothing came from the other side either"
    } else {
        "Media of the other side does run, so the path carries it"
    };
    let mut evidence = vec![seen(
        format!("{}: DTLS handshake complete", at(scene, silent.since)),
        silent.handshake.iter().copied(),
    )];
    if let Some(round) = call.pc.negotiations.last() {
        let shown = [round.offer, round.answer].into_iter();
        let frames = shown.filter_map(|at| call.pc.descriptions.get(at));
        evidence.push(seen(
            format!(
                "offer and answer agree on {what} from {}",
                name(call.pc, silent.side)
            ),
            frames.flat_map(|description| description.frames.clone()),
        ));
    }
    Statement {
        call: Some(call.id),
        severity: (!silent.altogether).then_some(Severity::Warning),
        title: format!("Media never started: no {what} from {}", name(call.pc, silent.side)),
        explanation: format!(
            "The path works and the keys were agreed at {}, and offer and answer let {sender} send {what}, with a track announced for it. Not \
             one packet came in {waited}. {other}.",
            at(scene, silent.since)
        ),
        evidence,
        would_disprove: format!("An RTP packet of {} in a capture nearer to it.", name(call.pc, silent.side)),
        advice: "Check at the sender that a track is attached and live (camera and microphone permissions, replaceTrack(null)), and that \
            the SFU has a publisher to forward."
            .to_owned(),
        ..Statement::default()
    }
}

fn one_way(context: &Context<'_>) -> Vec<Statement> {
    let suffering = context.calls.iter().filter(|call| suffers(call));
    suffering
        .flat_map(|call| {
            let far = stopped(call).into_iter().filter(|stopped| !stopped.local);
            far.map(|stopped| one_way_call(call, &stopped))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Did nothing break below steady media, nor the path under it?
pub(super) fn suffers(call: &Call<'_>) -> bool {
    call.breaks_at(Stage::Steady) && consent_lost(call).is_none()
}

fn one_way_call(call: &Call<'_>, stopped: &Stopped) -> Statement {
    let scene = call.scene;
    let sender = name(call.pc, stopped.side);
    let silence = span(call.end.since(stopped.last.at));
    let title = if stopped.other_goes_on {
        format!(
            "One-way media since {}: nothing more from {sender}",
            at(scene, stopped.last.at)
        )
    } else {
        format!(
            "Media from {sender} stopped at {}, the connection did not",
            at(scene, stopped.last.at)
        )
    };
    let mut alive: Vec<String> = Vec::new();
    let mut evidence = vec![seen(
        format!(
            "last of {} from {sender}, in {}, at {}; none in the {silence} after",
            counted(stopped.packets, "packet"),
            counted(stopped.streams as u64, "stream"),
            at(scene, stopped.last.at)
        ),
        [stopped.last.frame],
    )];
    if let Some(answered) = stopped.answered {
        alive.push(format!(
            "connectivity checks are answered until {}",
            at(scene, answered)
        ));
        evidence.push(answer_line(call, stopped.last.at, answered));
    }
    if let Some(rtcp) = stopped.rtcp {
        alive.push(format!(
            "RTCP of {sender} arrives until {}",
            at(scene, rtcp.at)
        ));
        evidence.push(seen(
            format!("last RTCP from {sender} at {}", at(scene, rtcp.at)),
            [rtcp.frame],
        ));
    }
    Statement {
        call: Some(call.id),
        title,
        explanation: format!(
            "{} sent media until {}, and not one packet of it arrived in the {silence} after, although the path works: {}. Signaling does not \
             announce an end. Either {sender} stopped sending without a word (a mute), or something on the way loses its media and passes \
             the small packets.",
            who(call, stopped.side),
            at(scene, stopped.last.at),
            listed(&alive)
        ),
        evidence,
        would_disprove: format!(
            "A capture at {sender} without these packets, or a later packet with the next sequence number: then it was a pause of the sender."
        ),
        advice: format!(
            "Compare with packetsSent in getStats() at {sender}, or capture there. If it goes on sending, look for a filter by size or rate, or \
             an MTU that shrank, on the way."
        ),
        ..Statement::default()
    }
}

/// The last check that was answered after the media ended.
fn answer_line(call: &Call<'_>, since: Timestamp, until: Timestamp) -> EvidenceLine {
    let checks = call.pc.ice.pairs.iter().flat_map(|pair| &pair.checks);
    let later: Vec<_> = checks
        .filter(|check| check.error.is_none())
        .filter_map(|check| Some((check.frame, check.answered?)))
        .filter(|(_, (at, _))| *at > since)
        .collect();
    let frames = later
        .iter()
        .flat_map(|(frame, (_, answer))| [*frame, *answer]);
    seen(
        format!(
            "{} answered after that, the last at {}",
            counted(later.len() as u64, "check"),
            at(call.scene, until)
        ),
        frames,
    )
}

fn paused(context: &Context<'_>) -> Vec<Statement> {
    let lines = context.calls.iter().map(|call| (call, pause_lines(call)));
    lines
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(call, lines)| paused_call(call, lines))
        .collect()
}

fn pause_lines(call: &Call<'_>) -> Vec<EvidenceLine> {
    let scene = call.scene;
    let mut lines = Vec::new();
    for side in [Side::A, Side::B] {
        for stream in call.media_of(side) {
            for gap in pauses(stream) {
                if lines.len() < PAUSES_SHOWN {
                    lines.push(seen(
                        format!(
                            "{} from {}, SSRC {}: silent from {} to {} ({}), sequence numbers go on without a gap",
                            kind(stream),
                            name(call.pc, side),
                            stream.stats.ssrc,
                            at(scene, gap.before.at),
                            at(scene, gap.after.at),
                            span(gap.duration())
                        ),
                        [gap.before.frame, gap.after.frame],
                    ));
                }
            }
        }
    }
    if call.broken().is_none() {
        for own in stopped(call).into_iter().filter(|stopped| stopped.local) {
            lines.push(seen(
                format!(
                    "media from {} ends at {}, {} before the call; the capture was taken at its sender",
                    name(call.pc, own.side),
                    at(scene, own.last.at),
                    span(call.end.since(own.last.at))
                ),
                [own.last.frame],
            ));
        }
    }
    if !lines.is_empty() {
        let handle = call.handle.into_iter().flat_map(|handle| &handle.media);
        for (when, frame, what, receiving) in handle.take(PAUSES_SHOWN) {
            if !receiving {
                let text = format!("{}: the server no longer receives {what}", at(scene, *when));
                lines.push(seen(text, [*frame]));
            }
        }
    }
    lines
}

fn paused_call(call: &Call<'_>, lines: Vec<EvidenceLine>) -> Statement {
    Statement {
        call: Some(call.id),
        title: "Media paused by its sender".to_owned(),
        explanation: "A stream fell silent and later went on with the very next sequence number, or ended where it was sent: nothing was lost. \
            The sender had nothing to send, as with a mute (replaceTrack(null)) or a still screen; signaling need not say so."
            .to_owned(),
        evidence: lines,
        would_disprove: "Packets of the silent time in a capture nearer to the sender.".to_owned(),
        advice: "Nothing, if a mute was meant. Otherwise look at the track: ended, disabled, or its device taken away.".to_owned(),
        ..Statement::default()
    }
}

pub(super) fn kind(stream: &MediaStream) -> &'static str {
    stream.kind.map_or("stream", MediaKind::word)
}

/// Pauses listed per call.
const PAUSES_SHOWN: usize = 8;
