//! The lanes of a call, from what is known of it.

use std::iter;

use crate::session::model::ice::{Candidate, CandidatePair, PairState};
use crate::session::model::media::{DtlsTransport, MediaKind, MediaStream};
use crate::session::model::peer_connection::{ConnectionState, PeerConnection};
use crate::session::model::scene::Scene;
use crate::timeline::lane::{Lane, Mark, Rate, Shape, Summary};
use crate::timeline::layer::Layer;
use crate::timeline::words;
use crate::track::rtp_stream::stream::Protection;
use crate::track::signaling::dialogue::{Carried, Message};
use crate::track::turn::Allocation;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;

/// The lanes of a call.
pub fn lanes(scene: &Scene, call: &PeerConnection) -> Vec<Lane> {
    let mut lanes = vec![states(call)];
    lanes.extend(signaling(scene, call));
    lanes.extend(pairs(call));
    let turn = call.turn.iter().filter_map(|id| scene.turn.get(id.index()));
    lanes.extend(turn.map(allocation));
    let dtls = call.dtls.iter().filter_map(|id| scene.dtls.get(id.index()));
    lanes.extend(dtls.map(handshake));
    let streams = scene.streams_of(call).map(|(_, stream)| stream);
    lanes.extend(streams.filter(|it| it.repairs.is_none()).map(media));
    lanes
}

/// When setup was over: connected, and a little more, so that what it led to is still in sight.
pub fn setup_until(call: &PeerConnection) -> Option<Timestamp> {
    let mut states = call.state_history.iter();
    let up = states.find(|change| change.state == ConnectionState::Connected)?;
    Some(up.at.after(up.at.since(call.first_at) / 4))
}

fn states(call: &PeerConnection) -> Lane {
    let marks = call.state_history.iter().map(|change| Mark {
        at: change.at,
        until: None,
        shape: match change.state {
            ConnectionState::Failed | ConnectionState::Disconnected => Shape::Broken,
            _ => Shape::Event,
        },
        text: change.state.word().to_owned(),
        frames: change.frames.clone(),
    });
    Lane::new(Layer::Connection, "state", marks.collect())
}

fn signaling(scene: &Scene, call: &PeerConnection) -> Option<Lane> {
    let messages = words::messages_of(scene, call);
    let mut marks: Vec<Mark> = messages.filter_map(|(_, it)| message_mark(it)).collect();
    if marks.is_empty() {
        // Without a readable dialogue there may still be descriptions, as from a generic carrier.
        marks.extend(call.descriptions.iter().map(|it| Mark {
            at: it.at,
            until: None,
            shape: Shape::Event,
            text: it.kind.word().to_owned(),
            frames: it.frames.clone(),
        }));
    }
    if let Some((at, frames)) = &call.closed_by_signaling {
        marks.push(Mark {
            at: *at,
            until: None,
            shape: Shape::Event,
            text: "hangup".to_owned(),
            frames: frames.clone(),
        });
    }
    marks.sort_by_key(|mark| mark.at);
    (!marks.is_empty()).then(|| Lane::new(Layer::Signaling, "signaling", marks))
}

/// Descriptions and errors by name, candidates as pulses; the rest of the dialogue is the ladder's.
fn message_mark(message: &Message) -> Option<Mark> {
    let description = message.carried.iter().find_map(|carried| match carried {
        Carried::Description { kind, .. } => Some(kind.map_or("description", |kind| kind.word())),
        _ => None,
    });
    let candidate = message
        .carried
        .iter()
        .any(|carried| matches!(carried, Carried::Candidate { .. }));
    let (shape, text) = match (&message.error, description) {
        (Some(error), _) => (Shape::Broken, format!("error {}", error.code)),
        (None, Some(kind)) => (Shape::Event, kind.to_owned()),
        (None, None) if candidate => (Shape::Pulse, String::new()),
        _ => return None,
    };
    Some(Mark {
        at: message.at,
        until: None,
        shape,
        text,
        frames: message.frames.clone(),
    })
}

/// The selected pair first, then the others that were tried, in order of first check.
fn pairs(call: &PeerConnection) -> Vec<Lane> {
    let tried = call.ice.pairs.iter().filter(|pair| pair.first_at.is_some());
    let (selected, others): (Vec<_>, Vec<_>) = tried.partition(|pair| pair.selected);
    let all = selected.into_iter().chain(others).take(PAIRS_SHOWN);
    all.map(|pair| pair_lane(call, pair)).collect()
}

fn pair_lane(call: &PeerConnection, pair: &CandidatePair) -> Lane {
    let mut marks = Vec::new();
    let settled = pair.nominated_at.or_else(|| {
        let answers = pair.checks.iter().filter(|check| check.error.is_none());
        answers
            .filter_map(|check| check.answered)
            .map(|(at, _)| at)
            .min()
    });
    let last = pair.checks.last().map(|check| check.at);
    if let (Some(first), Some(until)) = (pair.first_at, settled.or(last)) {
        marks.push(Mark {
            at: first,
            until: Some(until),
            shape: if settled.is_some() {
                Shape::Stretch
            } else {
                Shape::Broken
            },
            text: "checks".to_owned(),
            frames: pair.frames.clone(),
        });
    }
    if let Some(at) = pair.nominated_at {
        marks.push(Mark {
            at,
            until: None,
            shape: Shape::Selected,
            text: "nominated".to_owned(),
            frames: pair.nominated_frames.clone(),
        });
    }
    // Consent goes on as checks (RFC 7675 §5.1): an answered one is a pulse, one without answer a break.
    let later = pair
        .checks
        .iter()
        .filter(|check| settled.is_some_and(|settled| check.at > settled));
    marks.extend(later.map(|check| Mark {
        at: check.at,
        until: None,
        shape: match (check.answered, check.error) {
            (Some(_), None) => Shape::Pulse,
            _ => Shape::Broken,
        },
        text: String::new(),
        frames: vec![check.frame],
    }));
    marks.sort_by_key(|mark| mark.at);
    let kind = |at: usize| {
        let candidate: Option<&Candidate> = call.ice.candidates.get(at);
        candidate.map_or("?", |candidate| candidate.kind.word())
    };
    Lane {
        summary: match (pair.state, pair.round_trip) {
            (PairState::Succeeded, Some(times)) => Summary::RoundTrip(times.median),
            _ => Summary::None,
        },
        ..Lane::new(
            Layer::Ice,
            &format!("{}↔{}", kind(pair.a), kind(pair.b)),
            marks,
        )
    }
}

fn allocation(turn: &Allocation) -> Lane {
    let mark = |at, shape, text: &str, frames: &[FrameNumber]| Mark {
        at,
        until: None,
        shape,
        text: text.to_owned(),
        frames: frames.to_vec(),
    };
    let mut marks = Vec::new();
    if let Some(at) = turn.allocated_at {
        marks.push(Mark {
            until: Some(at),
            ..mark(turn.first_at, Shape::Stretch, "allocate", &turn.frames)
        });
    }
    for error in turn.errors.iter().filter(|error| !error.normal) {
        let text = format!("{} {}", error.method, error.code);
        marks.push(mark(error.first_at, Shape::Broken, &text, &error.frames));
    }
    for (at, frame) in turn.channels.iter().filter_map(|channel| channel.bound) {
        marks.push(mark(at, Shape::Event, "channel", &[frame]));
    }
    marks.sort_by_key(|mark| mark.at);
    Lane::new(Layer::Turn, "TURN", marks)
}

fn handshake(transport: &DtlsTransport) -> Lane {
    let known = &transport.association;
    let mut marks = Vec::new();
    if let Some(started) = known.handshake_started_at {
        let until = known.handshake_finished_at;
        let last = known.flights.last().map(|flight| flight.last_at);
        marks.push(Mark {
            at: started,
            until: until.or(last),
            shape: if until.is_some() {
                Shape::Stretch
            } else {
                Shape::Broken
            },
            text: "handshake".to_owned(),
            frames: known.hello_frames.frames().to_vec(),
        });
    }
    marks.extend(known.alerts.iter().map(|alert| Mark {
        at: alert.at,
        until: None,
        shape: if words::is_close(alert) {
            Shape::Event
        } else {
            Shape::Broken
        },
        text: words::alert(alert),
        frames: vec![alert.frame],
    }));
    Lane {
        summary: known
            .handshake_duration()
            .map_or(Summary::None, Summary::Took),
        ..Lane::new(Layer::Dtls, "DTLS", marks)
    }
}

fn media(stream: &MediaStream) -> Lane {
    let stats = &stream.stats;
    let protection = match (stream.encrypted, stream.tag_length) {
        (Some(true), Some((tag_length, _))) => Protection::Srtp { tag_length },
        // An unknown tag counts as payload: ten bytes a packet too much at most.
        (Some(true) | None, _) => Protection::Srtp { tag_length: 0 },
        (Some(false), _) => Protection::Plain,
    };
    let step = stats.series.step.as_secs_f64().max(f64::MIN_POSITIVE);
    let rates = stats
        .series
        .payload_bytes(protection)
        .map(|bytes| bytes as f64 * 8.0 / step);
    let bytes = stats.payload_bytes(protection);
    Lane {
        layer: Layer::Media,
        from: stream.from,
        title: words::stream_name(stream),
        marks: media_marks(stream),
        rate: Some(Rate {
            from: stats.first.at,
            until: stats.last.at,
            start: stats.series.start,
            step: stats.series.step,
            bits_per_second: rates.collect(),
            lost: stats
                .series
                .buckets
                .iter()
                .map(|bucket| bucket.lost)
                .collect(),
        }),
        summary: stream.rate_seconds().map_or(Summary::None, |seconds| {
            Summary::Rate(bytes as f64 * 8.0 / seconds)
        }),
    }
}

/// Silences, and of video the key frames and freezes.
fn media_marks(stream: &MediaStream) -> Vec<Mark> {
    let stats = &stream.stats;
    let mark = |shape, text: &str, from: Sighting, until: Option<Sighting>| Mark {
        at: from.at,
        until: until.map(|until| until.at),
        shape,
        text: text.to_owned(),
        frames: iter::once(from)
            .chain(until)
            .map(|seen| seen.frame)
            .collect(),
    };
    let silences = stats.gaps.iter().map(|gap| {
        let shape = if gap.is_continuous() {
            Shape::Pulse
        } else {
            Shape::Broken
        };
        mark(shape, "silent", gap.before, Some(gap.after))
    });
    let mut marks: Vec<Mark> = silences.collect();
    if stream.kind == Some(MediaKind::Video) {
        let freezes = stats.frames.freezes.stretches.iter();
        marks.extend(
            freezes.map(|it| mark(Shape::Freeze, "freeze (inferred)", it.from, Some(it.until))),
        );
        let keys = stream.key_frames.iter().flat_map(|known| &known.starts);
        marks.extend(keys.map(|start| mark(Shape::KeyFrame, "key frame", *start, None)));
        marks.sort_by_key(|mark| mark.at);
    }
    marks
}

/// Pairs that get a lane; the pair grid has them all.
const PAIRS_SHOWN: usize = 6;
