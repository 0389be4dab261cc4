//! The same while a capture runs: of each snapshot, what was not said before.
//!
//! ```json
//! {"timeSeconds":7.21,"event":"sample","peerConnection":"pc-1","frames":[910],"basis":"observed","text":"stream-1: 50 packets/s, 32 kb/s","stream":"stream-1","ssrc":3735928559,"packets":350,"payloadBytes":28000,"packetsLost":0,"jitter":0.001,"packetsPerSecond":50.0,"bitrateBps":32000}
//! ```
//!
//! A line says what was known when it was written. So that little has to be taken back, what may still turn out otherwise (the end of a stream, an
//! answer that did not come, a finding) is held for a while; a finding that was said and no longer holds is taken back with `finding-withdrawn`.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use hashbrown::HashMap;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Outcome;
use crate::diagnosis::finding::Stage;
use crate::report::json::context::Context;
use crate::report::json::context::Id;
use crate::report::json::context::nine_decimals;
use crate::report::json::print::write_line;
use crate::report::ndjson::Line;
use crate::report::ndjson::detail::Detail;
use crate::report::ndjson::write_conclusions;
use crate::session::model::media::MediaStream;
use crate::timeline::event::Event;
use crate::timeline::event::EventKind;
use crate::timeline::event::events;
use crate::vocab::claim::Basis;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;
use crate::vocab::time::Timestamp;

/// What was said of a capture that runs. Grows with what the last snapshot knew, and no further.
#[derive(Debug, Default)]
pub struct Running {
    events: HashMap<EventKey, usize>,
    samples: HashMap<StreamKey, Sampled>,
    findings: BTreeMap<FindingKey, Held>,
    verdicts: HashMap<Owner, Concluded>,
    evicted: (u64, u64),
}

/// What makes an event the same in the next snapshot: positions change when calls are joined or make room, frames and times do not.
type EventKey = (Timestamp, &'static str, Option<FrameNumber>);
/// An SSRC and its first frame.
type StreamKey = (u32, FrameNumber);
/// When the call began, or which dialogue it is.
type Owner = (Option<Timestamp>, Option<DialogueId>);
type FindingKey = (&'static str, Owner);

/// A stream when it was last sampled.
#[derive(Debug, Clone, Copy)]
struct Sampled {
    at: Timestamp,
    packets: u64,
    bytes: u64,
}

/// Findings of a rule about one call.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    said: usize,
    seen: usize,
    since: Timestamp,
}

/// The verdict on a call.
#[derive(Debug, Clone, Copy)]
struct Concluded {
    said: Option<Gist>,
    seen: Gist,
    since: Timestamp,
}

type Gist = (Outcome, Option<Stage>);

impl Running {
    /// Writes what is new in a snapshot taken `now`.
    ///
    /// # Errors
    ///
    /// `out` takes no more.
    pub fn write(
        &mut self,
        analysis: &Analysis,
        now: Timestamp,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let context = Context::new(analysis);
        self.write_evicted(context, out)?;
        self.write_events(context, Some(now), out)?;
        self.write_samples(context, out)?;
        self.write_findings(context, now, out)?;
        self.write_verdicts(context, now, out)
    }

    /// The capture is over: writes the events that were held, then findings and verdicts as at the end of a report.
    ///
    /// # Errors
    ///
    /// `out` takes no more.
    pub fn finish(&mut self, analysis: &Analysis, out: &mut dyn io::Write) -> io::Result<()> {
        let context = Context::new(analysis);
        self.write_evicted(context, out)?;
        self.write_events(context, None, out)?;
        write_conclusions(context, None, out)
    }

    fn write_evicted(&mut self, context: Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let quality = &context.analysis.capture.quality;
        let evicted = (quality.evicted_calls, quality.evicted_flows);
        if evicted == self.evicted {
            return Ok(());
        }
        self.evicted = evicted;
        let (calls, flows) = evicted;
        let text =
            format!("{calls} calls and {flows} conversations made room so far: ids are given anew");
        let detail = Detail::Evicted { calls, flows };
        write_line(
            &Line::concluded(context, "evicted", None, text, detail),
            out,
        )
    }

    /// `now`: what may still turn out otherwise is held. `None`: nothing is.
    fn write_events(
        &mut self,
        context: Context<'_>,
        now: Option<Timestamp>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let mut met: HashMap<EventKey, usize> = HashMap::new();
        for event in events(&context.analysis.scene) {
            if now.is_some_and(|now| now.since(event.at) < held_for(&event)) {
                continue;
            }
            let key = key_of(&event);
            let count = met.entry(key).or_default();
            *count += 1;
            if *count > self.events.get(&key).copied().unwrap_or_default()
                && let Some(line) = Line::of_event(context, &event)
            {
                write_line(&line, out)?;
            }
        }
        self.events = met;
        Ok(())
    }

    fn write_samples(&mut self, context: Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let mut samples = HashMap::new();
        for (stream, index) in context.analysis.scene.streams.iter().zip(0..) {
            let stats = &stream.stats;
            let key = (stats.ssrc.0, stats.first.frame);
            let before = self.samples.get(&key).copied().unwrap_or(Sampled {
                at: stats.first.at,
                packets: 0,
                bytes: 0,
            });
            let is_due = stats.last.at.since(before.at) >= SAMPLE_EVERY;
            if is_due {
                let line = sample(context, StreamId(index), stream, before);
                write_line(&line, out)?;
            }
            let taken = if is_due { sampled(stream) } else { before };
            samples.insert(key, taken);
        }
        self.samples = samples;
        Ok(())
    }

    fn write_findings(
        &mut self,
        context: Context<'_>,
        now: Timestamp,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let mut found: BTreeMap<FindingKey, Vec<(usize, &Finding)>> = BTreeMap::new();
        for (index, finding) in context.analysis.findings.iter().enumerate() {
            let owner = owner(context, finding.peer_connection, finding.dialogue);
            let same = found.entry((finding.rule, owner)).or_default();
            same.push((index, finding));
        }
        // What was said is withdrawn, unless its call made room.
        for &key in self.findings.keys() {
            if !found.contains_key(&key) && is_known(context, key.1) {
                found.insert(key, Vec::new());
            }
        }
        let mut kept = BTreeMap::new();
        for (key, findings) in found {
            let mut held = self.findings.get(&key).copied().unwrap_or_default();
            if findings.len() > held.seen {
                held.since = now;
            }
            held.seen = findings.len();
            for _ in held.seen..held.said {
                write_line(&withdrawn(context, key), out)?;
            }
            held.said = held.said.min(held.seen);
            if held.seen > held.said && now.since(held.since) >= CONCLUSIONS_HELD {
                for &(index, finding) in findings.iter().skip(held.said) {
                    write_line(&Line::of_finding(context, index, finding), out)?;
                }
                held.said = held.seen;
            }
            if held.seen > 0 {
                kept.insert(key, held);
            }
        }
        self.findings = kept;
        Ok(())
    }

    fn write_verdicts(
        &mut self,
        context: Context<'_>,
        now: Timestamp,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let mut kept = HashMap::new();
        for verdict in &context.analysis.verdicts {
            let owner = owner(context, verdict.peer_connection, verdict.dialogue);
            let seen = (verdict.outcome, verdict.stage);
            let known = self.verdicts.get(&owner).copied();
            let mut concluded = known.unwrap_or(Concluded {
                said: None,
                seen,
                since: now,
            });
            if concluded.seen != seen {
                (concluded.seen, concluded.since) = (seen, now);
            }
            if concluded.said != Some(seen) && now.since(concluded.since) >= CONCLUSIONS_HELD {
                write_line(&Line::of_verdict(context, verdict), out)?;
                concluded.said = Some(seen);
            }
            kept.insert(owner, concluded);
        }
        self.verdicts = kept;
        Ok(())
    }
}

fn key_of(event: &Event) -> EventKey {
    (event.at, event.kind.word(), event.frames.first().copied())
}

/// How long an event waits, because more may belong to it, because signaling may explain it yet, or because it is about something that did not come.
const fn held_for(event: &Event) -> Duration {
    match (event.kind, event.basis) {
        (EventKind::StreamEnd { .. }, _) => SILENT_FOR,
        (EventKind::StunUnanswered { .. }, _) => UNANSWERED_FOR,
        (EventKind::DtlsFlight { .. }, _) => FLIGHT_LASTS,
        // A check may overtake the candidate that it belongs to (RFC 8445 §7.3.1.3).
        (EventKind::Candidate { .. }, Basis::Observed) | (EventKind::Selected { .. }, _) => {
            CONCLUSIONS_HELD
        }
        _ => Duration::ZERO,
    }
}

fn owner(
    context: Context<'_>,
    connection: Option<PeerConnectionId>,
    dialogue: Option<DialogueId>,
) -> Owner {
    let connections = &context.analysis.scene.peer_connections;
    let known = connection.and_then(|id| connections.get(id.index()));
    match known {
        // Its dialogue may be found out later.
        Some(known) => (Some(known.first_at), None),
        None => (None, dialogue),
    }
}

/// Is the call still among those that are known?
fn is_known(context: Context<'_>, (began, _): Owner) -> bool {
    began.is_none_or(|began| place_of(context, began).is_some())
}

fn place_of(context: Context<'_>, began: Timestamp) -> Option<PeerConnectionId> {
    let mut connections = context.analysis.scene.peer_connections.iter().zip(0..);
    connections
        .find(|(known, _)| known.first_at == began)
        .map(|(_, index)| PeerConnectionId(index))
}

fn withdrawn(context: Context<'_>, (rule, (began, dialogue)): FindingKey) -> Line<'static> {
    let connection = began.and_then(|began| place_of(context, began));
    let detail = Detail::Withdrawn {
        rule,
        session: dialogue.map(Id::id),
    };
    let text = format!("{rule} no longer holds");
    Line::concluded(context, "finding-withdrawn", connection, text, detail)
}

fn sampled(stream: &MediaStream) -> Sampled {
    Sampled {
        at: stream.stats.last.at,
        packets: stream.stats.packets,
        bytes: stream.payload_bytes.unwrap_or_default(),
    }
}

/// What came since `before`.
fn sample<'a>(
    context: Context<'a>,
    id: StreamId,
    stream: &'a MediaStream,
    before: Sampled,
) -> Line<'a> {
    let (stats, now) = (&stream.stats, sampled(stream));
    let seconds = now.at.since(before.at).as_secs_f64();
    let rate = now.packets.saturating_sub(before.packets) as f64 / seconds;
    let bits = now.bytes.saturating_sub(before.bytes) as f64 * 8.0 / seconds;
    let bitrate = stream.payload_bytes.map(|_| bits.round() as u64);
    let shown = bitrate.map_or_else(String::new, |bps| format!(", {} kb/s", bps / 1_000));
    Line {
        time_seconds: context.seconds(now.at),
        event: "sample",
        peer_connection: stream.peer_connection.map(Id::id),
        frames: context.frames(&[stats.last.frame]),
        basis: Basis::Observed.word(),
        text: format!("{}: {rate:.0} packets/s{shown}", id.id()),
        detail: Detail::Sample {
            stream: id.id(),
            ssrc: stats.ssrc.0,
            packets: stats.packets,
            payload_bytes: stream.payload_bytes,
            packets_lost: stats.packets_lost,
            jitter: stream.jitter_seconds().map(nine_decimals),
            packets_per_second: nine_decimals(rate),
            bitrate_bps: bitrate,
        },
    }
}

/// Between two samples of a stream.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// Silence after which a stream counts as ended; if it goes on all the same, a gap is told, and later another end.
const SILENT_FOR: Duration = Duration::from_secs(10);
/// A STUN client gives up after this time (RFC 8489 §6.2.1, with the default timers).
const UNANSWERED_FOR: Duration = Duration::from_millis(39_500);
/// Time for the messages of a flight to come.
const FLIGHT_LASTS: Duration = Duration::from_millis(500);
/// Findings and verdicts that change back, and pairs that turn out to be others, within this time are not told.
const CONCLUSIONS_HELD: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::analyzer::pipeline::Analyzer;
    use crate::ingest::raw::Input;
    use crate::ingest::source::Item;
    use crate::ingest::source::Source;
    use crate::report::ndjson;

    /// The lines of a capture as it came, a snapshot every so many frames, and those of its report.
    fn lines(capture: &str, every: u64) -> (Vec<Value>, Vec<Value>) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("captures")
            .join(capture)
            .join("capture.pcapng");
        let mut source = Source::open(vec![Input::Path(path)]).unwrap();
        let mut analyzer = Analyzer::default();
        let (mut running, mut said, mut count) = (Running::default(), Vec::new(), 0_u64);
        while let Some(item) = source.pull() {
            match item {
                Item::Frame(frame) => {
                    let at = frame.at;
                    analyzer.push(&frame);
                    count += 1;
                    if count % every == 0 {
                        running
                            .write(&analyzer.snapshot(&[]), at, &mut said)
                            .unwrap();
                    }
                }
                Item::Secrets { text, .. } => analyzer.add_key_log(text),
                Item::Name { address, name, .. } => analyzer.add_name(address, name),
            }
        }
        analyzer.finish();
        let analysis = analyzer.snapshot(&[]);
        running.finish(&analysis, &mut said).unwrap();
        let mut whole = Vec::new();
        ndjson::write(&analysis, &mut whole).unwrap();
        (read(&said), read(&whole))
    }

    fn read(text: &[u8]) -> Vec<Value> {
        let lines = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        lines
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    /// Time, event and first frame of what happened, sorted.
    fn happened(lines: &[Value]) -> Vec<String> {
        let concluded = [
            "finding",
            "finding-withdrawn",
            "verdict",
            "sample",
            "evicted",
        ];
        let mut keys: Vec<String> = lines
            .iter()
            .filter(|line| !concluded.contains(&line["event"].as_str().unwrap()))
            .map(|line| {
                format!(
                    "{} {} {}",
                    line["timeSeconds"], line["event"], line["frames"][0]
                )
            })
            .collect();
        keys.sort();
        keys
    }

    #[test]
    fn what_is_said_meanwhile_is_what_the_report_says() {
        for capture in ["videoroom-http", "restart-ice", "mdns"] {
            let (said, whole) = lines(capture, 40);
            let (said, whole) = (happened(&said), happened(&whole));
            let only = |these: &[String], others: &[String]| -> Vec<String> {
                these
                    .iter()
                    .filter(|it| !others.contains(it))
                    .cloned()
                    .collect()
            };
            assert_eq!(
                only(&whole, &said),
                Vec::<String>::new(),
                "{capture}: left out"
            );
            assert_eq!(
                only(&said, &whole),
                Vec::<String>::new(),
                "{capture}: too much"
            );
            assert_eq!(said.len(), whole.len(), "{capture}");
        }
    }

    #[test]
    fn events_come_as_they_happen() {
        let (said, whole) = lines("videoroom-http", 40);
        let place = |event: &str| said.iter().position(|line| line["event"] == event).unwrap();
        let samples = said.iter().filter(|line| line["event"] == "sample").count();
        assert!(place("nominated") < place("sample") && place("sample") < place("stream-end"));
        assert!(samples > 10, "{samples}");
        // Ends as the report does.
        let concluded = |lines: &[Value]| {
            let concluded = lines
                .iter()
                .rev()
                .take_while(|line| line["event"] == "finding" || line["event"] == "verdict");
            concluded.count()
        };
        let tail = concluded(&whole);
        assert!(tail > 0 && concluded(&said) >= tail);
        assert_eq!(said[said.len() - tail..], whole[whole.len() - tail..]);
    }

    #[test]
    fn a_sample_tells_the_rate_since_the_last() {
        let (said, _) = lines("videoroom-http", 20);
        let mut by_stream: HashMap<String, (f64, f64)> = HashMap::new();
        for line in said.iter().filter(|line| line["event"] == "sample") {
            let number = |key: &str| line[key].as_f64().unwrap();
            let (at, packets) = (number("timeSeconds"), number("packets"));
            let stream = line["stream"].as_str().unwrap().to_owned();
            if let Some((was_at, were)) = by_stream.insert(stream, (at, packets)) {
                assert!(at - was_at >= 1.0);
                let rate = (packets - were) / (at - was_at);
                assert!((rate - number("packetsPerSecond")).abs() < 1e-3, "{line}");
            }
        }
        assert!(by_stream.len() >= 2);
    }
}
