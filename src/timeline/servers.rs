//! Arrows to and from STUN and TURN servers.

use crate::timeline::draft::Draft;
use crate::timeline::event::Event;
use crate::timeline::kind::EventKind;
use crate::timeline::ladder::Course;
use crate::timeline::ladder::Line;
use crate::timeline::ladder::Subject;
use crate::timeline::layer::Layer;
use crate::timeline::layer::Tone;
use crate::timeline::words;
use crate::vocab::ids::AllocationId;

impl Draft<'_> {
    /// A request to a TURN server, or its answer.
    pub(super) fn turn(&mut self, event: &Event, id: AllocationId) {
        let scene = self.scene;
        let Some(turn) = scene.turn.get(id.index()) else {
            return;
        };
        let (client, server) = (
            self.hosts.at(scene, turn.client.ip),
            self.hosts.at(scene, turn.server.ip),
        );
        let (from_client, tone, text) = match event.kind {
            EventKind::TurnError { error, .. } => {
                let Some(error) = turn.errors.get(error) else {
                    return;
                };
                let tone = if error.normal { Tone::Plain } else { Tone::Bad };
                let times = if error.count > 1 {
                    format!(" ×{}", error.count)
                } else {
                    String::new()
                };
                (
                    false,
                    tone,
                    format!("{}: {} {}{times}", error.method, error.code, error.reason),
                )
            }
            EventKind::TurnAllocated { .. } => (false, Tone::Good, words::allocated(turn)),
            EventKind::TurnChannel { channel, .. } => {
                let Some(channel) = turn.channels.get(channel) else {
                    return;
                };
                let peer = channel
                    .peer
                    .map(|peer| format!(" to {peer}"))
                    .unwrap_or_default();
                let text = format!(
                    "channel {:#06x}{peer}, {}",
                    channel.number,
                    words::counted(channel.packets, "packet")
                );
                (false, Tone::Plain, text)
            }
            _ => (true, Tone::Plain, "Allocate".to_owned()),
        };
        let (from, to) = if from_client {
            (client, server)
        } else {
            (server, client)
        };
        let course = Course::Arrow {
            from,
            to,
            line: Line::Dotted,
        };
        if let Some(row) = self.push(event, Layer::Turn, course, text, Subject::Turn(id)) {
            row.tone = tone;
        }
    }

    /// A question to a STUN server, with its answer.
    pub(super) fn query(&mut self, event: &Event, place: usize) {
        let scene = self.scene;
        let Some(query) = scene.server_queries.get(place) else {
            return;
        };
        let (client, server) = (
            self.hosts.at(scene, query.client.ip),
            self.hosts.at(scene, query.server.ip),
        );
        let line = Line::Dotted;
        let (course, text, tone) = match query.mapped {
            Some((mapped, ..)) => (
                Course::Arrow {
                    from: server,
                    to: client,
                    line,
                },
                format!("STUN: {} is {mapped} outside", query.client),
                Tone::Plain,
            ),
            None => (
                Course::Arrow {
                    from: client,
                    to: server,
                    line,
                },
                format!(
                    "STUN: {} never answered",
                    words::counted(query.requests, "Binding request")
                ),
                Tone::Bad,
            ),
        };
        if let Some(row) = self.push(event, Layer::Ice, course, text, Subject::Query(place)) {
            row.tone = tone;
        }
    }
}
