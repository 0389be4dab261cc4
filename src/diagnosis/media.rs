//! Rules of media: never started, one way only, lossy, paused. The facts are in `facts::media`.

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::ice::consent_lost;
use crate::diagnosis::facts::media::Silent;
use crate::diagnosis::facts::media::Stopped;
use crate::diagnosis::facts::media::never_started;
use crate::diagnosis::facts::media::pauses;
use crate::diagnosis::facts::media::stopped;
use crate::diagnosis::facts::rebinding::silenced_by;
use crate::diagnosis::facts::vanished::vanished;
use crate::diagnosis::finding::EvidenceLine;
use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Severity;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::rule::Context;
use crate::diagnosis::rule::Rule;
use crate::diagnosis::rule::Statement;
use crate::diagnosis::words::at;
use crate::diagnosis::words::counted;
use crate::diagnosis::words::listed;
use crate::diagnosis::words::name;
use crate::diagnosis::words::seen;
use crate::diagnosis::words::span;
use crate::diagnosis::words::who;
use crate::session::model::media::MediaKind;
use crate::session::model::media::MediaStream;
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
    if let Some(rebinding) = silenced_by(call, &far) {
        return Some(format!(
            "Whether {} goes on sending to {}: the NAT lets none of it through, and the capture was taken on this side of it.",
            name(call.pc, far.side),
            rebinding.from
        ));
    }
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
            let far = stopped(call)
                .into_iter()
                .filter(|stopped| !stopped.local && silenced_by(call, stopped).is_none());
            far.map(|stopped| one_way_call(call, &stopped))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Did nothing break below steady media, nor the path under it?
pub(super) fn suffers(call: &Call<'_>) -> bool {
    call.breaks_at(Stage::Steady) && consent_lost(call).is_none() && vanished(call).is_none()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::finding::Confidence;
    use crate::diagnosis::finding::Outcome;
    use crate::diagnosis::sketch::Sketch;
    use crate::diagnosis::sketch::at as instant;
    use crate::diagnosis::sketch::frame;
    use crate::diagnosis::sketch::sighting;
    use crate::track::rtp_stream::stream::Gap;
    use crate::track::signaling::dialogue::Message;
    use crate::track::signaling::dialogue::Sender;
    use crate::vocab::ids::FlowId;

    /// Keys are agreed; media is for the test to add.
    fn keyed(seconds: f64) -> Sketch {
        Sketch::new(seconds)
            .agreed()
            .checks(Side::A, 0.3, seconds, 1.0, true)
            .nominated(0.4)
            .handshake(0.5, 0.6)
            .closed(seconds)
    }

    fn message(kind: &str, when: f64) -> Message {
        Message {
            at: instant(when),
            from: Sender::Server,
            kind: kind.to_owned(),
            transaction: None,
            handle: Some(0),
            exchange: None,
            flow: FlowId(0),
            frames: vec![frame(when)],
            carried: Vec::new(),
            error: None,
            answers: None,
            summary: String::new(),
        }
    }

    #[test]
    fn keys_and_tracks_without_a_packet_fail_at_media() {
        let (findings, verdicts) = keyed(10.0).judge();
        assert_eq!(findings[0].rule, "media-never-started");
        assert_eq!(
            (verdicts[0].outcome, verdicts[0].stage),
            (Outcome::Failed, Some(Stage::Media))
        );
        assert_eq!(keyed(4.0).rules(), [""; 0]);
    }

    #[test]
    fn one_silent_side_degrades_the_call() {
        let (findings, verdicts) = keyed(10.0).media(Side::A, 0.8, 10.0, 500).judge();
        assert_eq!(findings[0].title, "Media never started: no audio from bob");
        assert_eq!(verdicts[0].outcome, Outcome::Degraded);
    }

    #[test]
    fn media_from_afar_that_ends_alone_is_one_way_since_then() {
        let sketch = keyed(20.0)
            .media(Side::A, 0.8, 20.0, 900)
            .media(Side::B, 0.8, 10.0, 400);
        let (findings, verdicts) = sketch.judge();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(
            findings[0].title,
            "One-way media since 10.000 s: nothing more from bob"
        );
        assert_eq!(
            (verdicts[0].outcome, verdicts[0].stage),
            (Outcome::Degraded, Some(Stage::Steady))
        );
        assert_eq!(verdicts[0].confidence, Confidence::Medium);
        assert!(verdicts[0].cannot_tell[0].contains("a mute without signaling"));
    }

    #[test]
    fn media_that_ends_where_it_is_sent_is_a_pause() {
        let sketch = keyed(20.0)
            .media(Side::A, 0.8, 10.0, 400)
            .media(Side::B, 0.8, 20.0, 900);
        let (findings, verdicts) = sketch.judge();
        assert_eq!(
            (findings[0].rule, findings[0].severity),
            ("media-paused", Severity::Note)
        );
        assert_eq!(verdicts[0].outcome, Outcome::Ok);
    }

    #[test]
    fn media_that_ends_with_the_call_or_by_announcement_is_no_finding() {
        let brief = keyed(20.0)
            .media(Side::A, 0.8, 20.0, 900)
            .media(Side::B, 0.8, 18.0, 900);
        assert_eq!(brief.rules(), [""; 0]);
        let ended = || {
            keyed(20.0)
                .media(Side::A, 0.8, 20.0, 900)
                .media(Side::B, 0.8, 10.0, 400)
        };
        let mut announced = ended().dialogue(true);
        announced.scene.dialogues[0].messages = vec![message("event unpublished", 10.5)];
        assert_eq!(announced.rules(), [""; 0]);
        let mut late = ended().dialogue(true);
        late.scene.dialogues[0].messages = vec![message("event unpublished", 18.0)];
        assert_eq!(late.rules(), ["media-one-way"]);
    }

    #[test]
    fn a_silence_with_continuous_numbers_is_a_mute() {
        let mut sketch = keyed(20.0)
            .media(Side::A, 0.8, 20.0, 900)
            .media(Side::B, 0.8, 20.0, 900);
        let gap = |skipped| Gap {
            before: sighting(Side::B, 5.0),
            after: sighting(Side::B, 8.0),
            skipped,
        };
        sketch.scene.streams[1].stats.gaps = vec![gap(0)];
        let (findings, _) = sketch.judge();
        assert_eq!(findings[0].rule, "media-paused");
        assert!(
            findings[0].evidence[0]
                .text
                .contains("5.000 s to 8.000 s (3.0 s)")
        );
        sketch.scene.streams[1].stats.gaps = vec![gap(150)];
        assert_eq!(sketch.rules(), [""; 0]);
    }
}
