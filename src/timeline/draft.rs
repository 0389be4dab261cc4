//! From events to the rows of a ladder.

use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::PairPath;
use crate::session::model::ice::PairState;
use crate::session::model::peer_connection::ConnectionState;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::timeline::event::Event;
use crate::timeline::event::events;
use crate::timeline::host::Hosts;
use crate::timeline::kind::EventKind;
use crate::timeline::ladder::Course;
use crate::timeline::ladder::Ladder;
use crate::timeline::ladder::Line;
use crate::timeline::ladder::Row;
use crate::timeline::ladder::Subject;
use crate::timeline::layer::Layer;
use crate::timeline::layer::Tone;
use crate::timeline::words;
use crate::track::dtls::association::State;
use crate::track::signaling::dialogue::Carried;
use crate::vocab::address::Side;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::StreamId;

/// Draws the ladder of a call, event by event.
pub(super) fn draft(scene: &Scene, id: PeerConnectionId) -> Option<Ladder> {
    let call = scene.peer_connections.get(id.index())?;
    let mut draft = Draft {
        scene,
        call,
        hosts: Hosts::of(scene, call),
        rows: Vec::new(),
    };
    let own: Vec<usize> = words::messages_of(scene, call)
        .map(|(place, _)| place)
        .collect();
    for event in events(scene) {
        let mine = match event.kind {
            EventKind::Message { dialogue, message } => {
                call.dialogue == Some(dialogue) && own.binary_search(&message).is_ok()
            }
            EventKind::SessionTimeout { dialogue } => call.dialogue == Some(dialogue),
            _ => event.peer_connection == Some(id),
        };
        if mine {
            draft.take(&event);
        }
    }
    // A pair's consent checks come with the pair but later.
    draft.rows.sort_by_key(|row| row.at);
    Some(Ladder {
        hosts: draft.hosts,
        rows: draft.rows,
    })
}

/// A ladder as far as it was drawn.
pub(super) struct Draft<'a> {
    pub(super) scene: &'a Scene,
    call: &'a PeerConnection,
    pub(super) hosts: Hosts,
    rows: Vec<Row>,
}

impl Draft<'_> {
    fn take(&mut self, event: &Event) {
        match event.kind {
            EventKind::Message { dialogue, message } => self.message(event, dialogue, message),
            EventKind::SessionTimeout { .. } => {
                self.note(
                    event,
                    "the server gave the signaling session up".to_owned(),
                    Tone::Bad,
                );
            }
            EventKind::FirstCheck { pair, .. } => self.checks(event, pair),
            EventKind::State { state } => self.state(event, state),
            EventKind::DtlsFlight {
                association,
                flight,
            } => self.flight(event, association, flight),
            EventKind::AddressChanged { rebinding } => self.address(event, rebinding),
            EventKind::DtlsState { association, state } => self.secured(event, association, state),
            EventKind::DtlsAlert { association, alert } => self.alert(event, association, alert),
            EventKind::StreamStart { stream } => self.stream(event, stream),
            EventKind::StreamGap { stream, gap } => self.gap(event, stream, gap),
            EventKind::TurnRequest { allocation }
            | EventKind::TurnError { allocation, .. }
            | EventKind::TurnAllocated { allocation }
            | EventKind::TurnChannel { allocation, .. } => self.turn(event, allocation),
            EventKind::StunMapped { query } | EventKind::StunUnanswered { query } => {
                self.query(event, query);
            }
            // Told by the message that carried them, by the pair, or by the stream's own row.
            EventKind::Description { .. }
            | EventKind::Candidate { .. }
            | EventKind::FirstAnswer { .. }
            | EventKind::CheckError { .. }
            | EventKind::Nominated { .. }
            | EventKind::Selected { .. }
            | EventKind::StreamEnd { .. }
            | EventKind::ClosedBySignaling => {}
        }
    }

    pub(super) fn push(
        &mut self,
        event: &Event,
        layer: Layer,
        course: Course,
        text: String,
        subject: Subject,
    ) -> Option<&mut Row> {
        self.rows.push(Row {
            at: event.at,
            layer,
            course,
            text,
            tone: Tone::Plain,
            minor: false,
            frames: event.frames.clone(),
            subject,
        });
        self.rows.last_mut()
    }

    fn note(&mut self, event: &Event, text: String, tone: Tone) {
        if let Some(row) = self.push(
            event,
            Layer::Connection,
            Course::Note,
            text,
            Subject::Connection,
        ) {
            row.tone = tone;
        }
    }

    fn message(&mut self, event: &Event, dialogue: DialogueId, place: usize) {
        let scene = self.scene;
        let known = scene.dialogues.get(dialogue.index());
        let Some(message) = known.and_then(|known| known.messages.get(place)) else {
            return;
        };
        let carries = message
            .carried
            .iter()
            .any(|carried| matches!(carried, Carried::Description { .. }));
        let (from, to) = (
            self.hosts.sender(message.from),
            self.hosts.sender(message.from.opposite()),
        );
        let line = if carries { Line::Double } else { Line::Plain };
        let course = Course::Arrow { from, to, line };
        let subject = Subject::Message(dialogue, place);
        let text = if message.summary.is_empty() {
            message.kind.clone()
        } else {
            message.summary.clone()
        };
        let minor = matches!(message.kind.as_str(), "ack" | "keepalive") && message.error.is_none();
        let tone = if message.error.is_some() {
            Tone::Bad
        } else {
            Tone::Plain
        };
        if let Some(row) = self.push(event, Layer::Signaling, course, text, subject) {
            row.minor = minor;
            row.tone = tone;
        }
    }

    /// All checks of a pair as one row, its consent checks as another.
    fn checks(&mut self, event: &Event, place: usize) {
        let subject = Subject::Pair(place);
        if self.rows.iter().any(|row| row.subject == subject) {
            return;
        }
        let Some(pair) = self.call.ice.pairs.get(place) else {
            return;
        };
        let (first, consent) = words::split_checks(pair);
        let course = self.course_of(pair);
        let tone = match pair.state {
            PairState::Succeeded => Tone::Good,
            PairState::Failed => Tone::Bad,
            PairState::Waiting | PairState::InProgress => Tone::Plain,
        };
        let mut text = words::checks(pair, &first, true);
        if pair.path == PairPath::Relay {
            text.push_str(", through TURN");
        }
        if let Some(row) = self.push(event, Layer::Ice, course, text, subject) {
            row.tone = tone;
            row.frames = first.iter().map(|check| check.frame).collect();
        }
        if let Some(begin) = consent.first() {
            let text = words::checks(pair, &consent, false);
            if let Some(row) = self.push(event, Layer::Ice, course, text, subject) {
                row.at = begin.at;
                row.frames = consent.iter().map(|check| check.frame).collect();
            }
        }
    }

    fn course_of(&self, pair: &CandidatePair) -> Course {
        let sent = |side| pair.checks.iter().any(|check| check.from == side);
        let (a, b) = (self.hosts.end(Side::A), self.hosts.end(Side::B));
        let line = Line::Dotted;
        match (sent(Side::A), sent(Side::B)) {
            (true, false) => Course::Arrow {
                from: a,
                to: b,
                line,
            },
            (false, true) => Course::Arrow {
                from: b,
                to: a,
                line,
            },
            _ => Course::Both {
                one: a,
                other: b,
                line,
            },
        }
    }

    fn state(&mut self, event: &Event, state: ConnectionState) {
        let tone = match state {
            ConnectionState::Connected => Tone::Good,
            ConnectionState::Failed | ConnectionState::Disconnected => Tone::Bad,
            _ => Tone::Plain,
        };
        self.note(event, format!("≈ {}", state.word()), tone);
    }

    fn address(&mut self, event: &Event, place: usize) {
        if let Some(change) = self.call.ice.rebindings.get(place) {
            let name = self.call.endpoint(change.side).name.as_deref();
            let name = name.unwrap_or_else(|| change.side.word());
            let text = format!("≈ {name} moves from {} to {}", change.from, change.to);
            self.note(event, text, Tone::Bad);
        }
    }

    fn flight(&mut self, event: &Event, id: AssociationId, place: usize) {
        let scene = self.scene;
        let transport = scene.dtls.get(id.index());
        let known = transport.and_then(|it| Some((it, it.association.flights.get(place)?)));
        if let Some((transport, flight)) = known {
            let course = self.from(transport.side_of(flight.direction), Line::Plain);
            self.push(
                event,
                Layer::Dtls,
                course,
                words::flight(flight),
                Subject::Dtls(id),
            );
        }
    }

    fn secured(&mut self, event: &Event, id: AssociationId, state: State) {
        let tone = match state {
            State::Connected => Tone::Good,
            State::Failed => Tone::Bad,
            // The flights and the alert tell these already.
            _ => return,
        };
        if let Some(transport) = self.scene.dtls.get(id.index()) {
            let text = words::secured(transport, state);
            let tone = if transport.matches_sdp.contains(&Some(false)) {
                Tone::Bad
            } else {
                tone
            };
            if let Some(row) = self.push(event, Layer::Dtls, Course::Note, text, Subject::Dtls(id))
            {
                row.tone = tone;
            }
        }
    }

    fn alert(&mut self, event: &Event, id: AssociationId, place: usize) {
        let scene = self.scene;
        let transport = scene.dtls.get(id.index());
        let known = transport.and_then(|it| Some((it, it.association.alerts.get(place)?)));
        if let Some((transport, alert)) = known {
            let course = self.from(transport.side_of(alert.direction), Line::Plain);
            let text = words::alert(alert);
            if let Some(row) = self.push(event, Layer::Dtls, course, text, Subject::Dtls(id))
                && !words::is_close(alert)
            {
                row.tone = Tone::Bad;
            }
        }
    }

    fn stream(&mut self, event: &Event, id: StreamId) {
        let Some(stream) = self.scene.streams.get(id.index()) else {
            return;
        };
        let course = self.from(stream.from, Line::Fat);
        let minor = stream.repairs.is_some();
        if let Some(row) = self.push(
            event,
            Layer::Media,
            course,
            words::stream(stream),
            Subject::Stream(id),
        ) {
            row.minor = minor;
        }
    }

    fn gap(&mut self, event: &Event, id: StreamId, place: usize) {
        let stream = self.scene.streams.get(id.index());
        let known = stream.and_then(|it| Some((it, it.stats.gaps.get(place)?)));
        if let Some((stream, gap)) = known {
            let name = words::stream_name(stream);
            let seconds = gap.duration().as_secs_f64();
            let why = match gap.skipped {
                0 => "nothing was sent".to_owned(),
                lost => format!("{lost} packets missing"),
            };
            let text = format!("{name} silent for {seconds:.1} s, {why}");
            // Nothing to repair is no silence to wonder about.
            let minor = stream.repairs.is_some() && gap.skipped == 0;
            let subject = Subject::Stream(id);
            if let Some(row) = self.push(event, Layer::Media, Course::Note, text, subject) {
                row.minor = minor;
            }
        }
    }

    /// From `side` to the other; a note when it is not known which side sends.
    fn from(&self, side: Option<Side>, line: Line) -> Course {
        match side {
            Some(side) => Course::Arrow {
                from: self.hosts.end(side),
                to: self.hosts.end(side.opposite()),
                line,
            },
            None => Course::Note,
        }
    }
}
