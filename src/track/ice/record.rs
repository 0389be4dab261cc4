//! How requests, answers and errors change a check path or a server query.

use std::time::Duration;

use crate::track::ice::path::Check;
use crate::track::ice::path::CheckPath;
use crate::track::ice::path::CheckSide;
use crate::track::ice::path::ErrorCount;
use crate::track::ice::path::Outage;
use crate::track::ice::path::Remapped;
use crate::track::ice::path::Role;
use crate::track::ice::path::ServerQuery;
use crate::track::ice::path::Unanswered;
use crate::track::ice::tracker::IceTracker;
use crate::track::stun::Exchange;
use crate::track::stun::RequestSeen;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::stun::Message;
use crate::wire::stun::getters::Refusal;

impl CheckPath {
    pub(super) fn touch(&mut self, seen: Sighting) {
        self.last_at = self.last_at.max(seen.at);
        keep(&mut self.frames, seen.frame);
    }

    /// The listed check that `request` began.
    pub(super) fn check_of(&self, request: &RequestSeen) -> Option<usize> {
        // Frames ascend and the answer comes soon: look from the end.
        self.checks.iter().rposition(|check| {
            check.frame == request.frame
                && check.direction == request.direction
                && check.at == request.at
        })
    }

    pub(super) fn request(&mut self, seen: Sighting, message: &Message<'_>, exchange: Exchange) {
        self.touch(seen);
        let check = match exchange {
            Exchange::Retransmission(request) => self.check_of(&request),
            _ => None,
        };
        let side = &mut self.sides[seen.direction.index()];
        if matches!(exchange, Exchange::Retransmission(_)) {
            side.retransmissions += 1;
            side.await_answer(seen);
            if let Some(check) = check.and_then(|at| self.checks.get_mut(at)) {
                check.retransmissions = check.retransmissions.saturating_add(1);
            }
            return;
        }
        let use_candidate = message.use_candidate();
        side.aggressive |= side.requests == 0 && use_candidate;
        side.requests += 1;
        side.use_candidates += u64::from(use_candidate);
        side.nomination_value = message.nomination().or(side.nomination_value);
        side.priority = message.priority().or(side.priority);
        side.first_request.get_or_insert((seen.at, seen.frame));
        side.last_request = Some((seen.at, seen.frame));
        side.await_answer(seen);
        let role = match (message.ice_controlling(), message.ice_controlled()) {
            (Some(_), _) => Some(Role::Controlling),
            (None, Some(_)) => Some(Role::Controlled),
            (None, None) => None,
        };
        if let Some(role) = role {
            side.role_changed |= side.role.is_some_and(|(before, _)| before != role);
            side.role = Some((role, seen.frame));
        }
        sample(&mut side.request_samples, message);
        if self.checks.len() < IceTracker::CHECKS_KEPT {
            self.checks.push(Check {
                direction: seen.direction,
                at: seen.at,
                frame: seen.frame,
                answered: None,
                error: None,
                retransmissions: 0,
                use_candidate,
            });
        }
    }

    pub(super) fn answer(
        &mut self,
        seen: Sighting,
        message: &Message<'_>,
        request: Option<RequestSeen>,
    ) {
        self.touch(seen);
        let error = message.error_code();
        if let Some(at) = request.and_then(|request| self.check_of(&request))
            && let Some(check) = self.checks.get_mut(at)
        {
            check.answered = Some((seen.at, seen.frame));
            check.error = error.map(|error| error.code.code());
        }
        let side = &mut self.sides[seen.direction.opposite().index()];
        sample(&mut side.answer_samples, message);
        if let Some(error) = error {
            count_error(&mut side.errors, error, seen.frame);
            return;
        }
        side.end_silence(seen, request);
        side.successes += 1;
        side.first_success.get_or_insert((seen.at, seen.frame));
        let before = side.last_success.replace((seen.at, seen.frame));
        if let Some(address) = mapped_address(message) {
            side.learn_mapping(address, before, seen);
        }
        let Some(request) = request else { return };
        side.last_answered_request = Some(request.at);
        // An answer to a repeated request may belong to any of the repetitions (Karn): no round trip from it.
        if request.retransmissions == 0 && side.round_trips.len() < IceTracker::ROUND_TRIPS_KEPT {
            side.round_trips.push(seen.at.since(request.at));
        }
        if request.use_candidate {
            side.nominated
                .get_or_insert((seen.at, [request.frame, seen.frame]));
        }
    }
}

impl CheckSide {
    /// A request waits, or is sent once more: some agents repeat one, others send new ones. Before the first success there is nothing that could
    /// have broken.
    fn await_answer(&mut self, seen: Sighting) {
        if self.successes > 0 {
            let first = (seen.at, seen.frame);
            let waiting = self
                .unanswered
                .get_or_insert(Unanswered { first, requests: 0 });
            waiting.requests += 1;
        }
    }

    /// A success answer names the address that this end has for the other: the first one, or another than in the answer `before`.
    fn learn_mapping(
        &mut self,
        address: TransportAddress,
        before: Option<(Timestamp, FrameNumber)>,
        seen: Sighting,
    ) {
        let (first, ..) = *self.mapped.get_or_insert((address, seen.at, seen.frame));
        let known = self.remapped.last().map_or(first, |change| change.address);
        if address != known
            && self.remapped.len() < IceTracker::REMAPPED_KEPT
            && let Some(before) = before
        {
            self.remapped.push(Remapped {
                address,
                at: (seen.at, seen.frame),
                before,
            });
        }
    }

    /// A success answer: what waited longer than an agent is patient was an outage.
    fn end_silence(&mut self, seen: Sighting, request: Option<RequestSeen>) {
        let Some(waited) = self.unanswered.take() else {
            return;
        };
        // The answered request itself is none of those that got nothing.
        let requests = match request {
            Some(request) if request.at < waited.first.0 => {
                self.unanswered = Some(waited);
                return;
            }
            Some(_) => waited.requests - 1,
            None => waited.requests,
        };
        if seen.at.since(waited.first.0) >= OUTAGE
            && requests >= OUTAGE_REQUESTS
            && self.outages.len() < IceTracker::OUTAGES_KEPT
        {
            self.outages.push(Outage {
                from: waited.first,
                until: (seen.at, seen.frame),
                requests,
            });
        }
    }
}

impl ServerQuery {
    pub(super) fn answer(
        &mut self,
        seen: Sighting,
        message: &Message<'_>,
        request: Option<RequestSeen>,
    ) {
        self.last_at = self.last_at.max(seen.at);
        keep(&mut self.frames, seen.frame);
        if let Some(error) = message.error_code() {
            count_error(&mut self.errors, error, seen.frame);
            return;
        }
        self.responses += 1;
        if let Some(mapped) = mapped_address(message) {
            self.mapped.get_or_insert((mapped, seen.at, seen.frame));
        }
        if self.software.is_none() {
            self.software = message.software().map(str::to_owned);
        }
        if let Some(request) = request
            && request.retransmissions == 0
        {
            self.round_trip
                .get_or_insert_with(|| seen.at.since(request.at));
        }
    }
}

/// The address that an answer says its receiver has.
fn mapped_address(message: &Message<'_>) -> Option<TransportAddress> {
    message
        .xor_mapped_address()
        .or_else(|| message.mapped_address())
}

/// Without an answer this long after a request, libwebrtc calls a pair unwritable (`CONNECTION_WRITE_CONNECT_TIMEOUT`).
const OUTAGE: Duration = Duration::from_secs(5);

/// One may be lost by itself. Firefox asks every 5 s, and calls itself disconnected when it asks again with no answer to the last.
const OUTAGE_REQUESTS: u64 = 2;

/// Keeps the first frames, each once.
pub(super) fn keep(frames: &mut Vec<FrameNumber>, frame: FrameNumber) {
    if frames.len() < IceTracker::FRAMES_KEPT && frames.last() != Some(&frame) {
        frames.push(frame);
    }
}

fn sample(samples: &mut Vec<Vec<u8>>, message: &Message<'_>) {
    if samples.len() < IceTracker::SAMPLES_KEPT {
        samples.push(message.bytes().to_vec());
    }
}

fn count_error(errors: &mut Vec<ErrorCount>, refusal: Refusal<'_>, frame: FrameNumber) {
    let code = refusal.code.code();
    match errors.iter_mut().find(|error| error.code == code) {
        Some(error) => {
            error.count += 1;
            keep(&mut error.frames, frame);
        }
        None => errors.push(ErrorCount {
            code,
            reason: String::from_utf8_lossy(refusal.phrase()).into_owned(),
            count: 1,
            frames: vec![frame],
        }),
    }
}
