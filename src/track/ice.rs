//! Connectivity checks and STUN server requests, per conversation (RFC 8445 §7, RFC 8489).
//!
//! USERNAME of a check is `receiver-ufrag:sender-ufrag`, so one request names both ends. A check path is one conversation
//! with one such pair of fragments: an ICE restart on the same ports starts a new path.

use std::time::Duration;

use hashbrown::HashMap;

use crate::track::stun::{Exchange, RequestSeen};
use crate::vocab::address::{Direction, FiveTuple, TransportAddress};
use crate::vocab::ids::{FlowId, FrameNumber};
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::stun::getters::Refusal;
use crate::wire::stun::{Class, Message, Method};

/// One Binding transaction of a check path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Which way the request ran.
    pub direction: Direction,
    /// When the request was first seen.
    pub at: Timestamp,
    /// Its frame.
    pub frame: FrameNumber,
    /// When the answer came, and in which frame.
    pub answered: Option<(Timestamp, FrameNumber)>,
    /// Error code of the answer; `None` for success or none.
    pub error: Option<u16>,
    /// Requests repeated with the same transaction id.
    pub retransmissions: u16,
    /// Did it carry USE-CANDIDATE?
    pub use_candidate: bool,
}

/// Error answers of one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorCount {
    /// STUN error code.
    pub code: u16,
    /// Reason phrase as first sent.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// Where, the first ones.
    pub frames: Vec<FrameNumber>,
}

/// ICE role as a request's ICE-CONTROLLING or ICE-CONTROLLED says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// ICE-CONTROLLING.
    Controlling,
    /// ICE-CONTROLLED.
    Controlled,
}

/// The checks that one end of a path sent, and their answers.
#[derive(Debug, Clone, Default)]
pub struct CheckSide {
    /// Distinct requests.
    pub requests: u64,
    /// Requests repeated with the same transaction id.
    pub retransmissions: u64,
    /// Success answers (answers whose request was not seen included).
    pub successes: u64,
    /// Error answers by code.
    pub errors: Vec<ErrorCount>,
    /// Requests with USE-CANDIDATE.
    pub use_candidates: u64,
    /// Did the very first request carry USE-CANDIDATE?
    pub aggressive: bool,
    /// NOMINATION attribute values seen, last one (renomination draft).
    pub nomination_value: Option<u32>,
    /// When a request with USE-CANDIDATE was first answered with success, with the frames of both.
    pub nominated: Option<(Timestamp, [FrameNumber; 2])>,
    /// Role said by the last request, with its frame.
    pub role: Option<(Role, FrameNumber)>,
    /// Did the role change on the way?
    pub role_changed: bool,
    /// PRIORITY of the requests: what a peer-reflexive candidate would get.
    pub priority: Option<u32>,
    /// Address that success answers mapped this end to: first seen when, in which frame.
    pub mapped: Option<(TransportAddress, Timestamp, FrameNumber)>,
    /// First request.
    pub first_request: Option<(Timestamp, FrameNumber)>,
    /// Last request.
    pub last_request: Option<(Timestamp, FrameNumber)>,
    /// First success answer.
    pub first_success: Option<(Timestamp, FrameNumber)>,
    /// Last success answer.
    pub last_success: Option<(Timestamp, FrameNumber)>,
    /// Time of the last request that got a success answer.
    pub last_answered_request: Option<Timestamp>,
    /// Round trips, bounded sample, unsorted.
    pub round_trips: Vec<Duration>,
    /// Binding indications.
    pub indications: u64,
    /// A few whole requests, to verify their integrity once the password is known.
    pub request_samples: Vec<Vec<u8>>,
    /// A few whole answers (signed with the receiver's password too).
    pub answer_samples: Vec<Vec<u8>>,
}

/// Checks of one pair of user fragments in one conversation.
#[derive(Debug, Clone)]
pub struct CheckPath {
    /// The conversation; the inner one for what ran inside TURN.
    pub flow: FlowId,
    /// Its ends, as in the packets.
    pub tuple: FiveTuple,
    /// User fragments: of the `Forward` sender, of the `Reverse` sender.
    pub ufrags: [String; 2],
    /// By `Direction::index` of the requests.
    pub sides: [CheckSide; 2],
    /// First message.
    pub first_at: Timestamp,
    /// Last message.
    pub last_at: Timestamp,
    /// The first frames.
    pub frames: Vec<FrameNumber>,
    /// The checks in order, bounded; the counters go on.
    pub checks: Vec<Check>,
    /// ICMP errors that quoted this conversation.
    pub icmp_errors: u64,
    /// Their frames, the first ones.
    pub icmp_frames: Vec<FrameNumber>,
}

/// Binding requests without credentials to a STUN server, from one local address (RFC 8489 §2, RFC 5780).
#[derive(Debug, Clone)]
pub struct ServerQuery {
    /// The conversation.
    pub flow: FlowId,
    /// Who asked.
    pub client: TransportAddress,
    /// The server.
    pub server: TransportAddress,
    /// Distinct requests.
    pub requests: u64,
    /// Requests repeated with the same transaction id.
    pub retransmissions: u64,
    /// Success answers.
    pub responses: u64,
    /// Error answers by code.
    pub errors: Vec<ErrorCount>,
    /// Address that the server saw: first told when, in which frame.
    pub mapped: Option<(TransportAddress, Timestamp, FrameNumber)>,
    /// SOFTWARE of the server.
    pub software: Option<String>,
    /// Round trip of the first answered request.
    pub round_trip: Option<Duration>,
    /// First request.
    pub first_at: Timestamp,
    /// Last message.
    pub last_at: Timestamp,
    /// The first frames.
    pub frames: Vec<FrameNumber>,
    /// ICMP errors that quoted this conversation.
    pub icmp_errors: u64,
}

/// Follows the checks of every conversation.
#[derive(Debug)]
pub struct IceTracker {
    paths: Vec<CheckPath>,
    queries: Vec<ServerQuery>,
    flows: HashMap<FlowId, FlowChecks>,
    limit: usize,
    refused: u64,
}

/// What the tracker has of one conversation.
#[derive(Debug, Default)]
struct FlowChecks {
    paths: Vec<usize>,
    /// The path whose request came last, by direction.
    latest: [Option<usize>; 2],
    query: Option<usize>,
}

/// What a check told that others want to know at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noticed {
    /// A conversation showed a pair of user fragments for the first time: index of the new path.
    NewPath(usize),
    /// Nothing new.
    Nothing,
}

impl IceTracker {
    /// Checks remembered one by one per path; the counters go on.
    pub const CHECKS_KEPT: usize = 1024;
    /// Round trips sampled per side.
    pub const ROUND_TRIPS_KEPT: usize = 512;
    /// Whole messages kept per side and kind, to verify integrity later.
    pub const SAMPLES_KEPT: usize = 2;
    /// Frames kept per path.
    pub const FRAMES_KEPT: usize = 64;
    /// Paths of one conversation: more user fragments than that on one socket pair is an attack, not a call.
    pub const PATHS_PER_FLOW: usize = 16;

    /// A tracker for at most `limit` check paths and as many server queries.
    pub fn new(limit: usize) -> Self {
        Self {
            paths: Vec::new(),
            queries: Vec::new(),
            flows: HashMap::new(),
            limit,
            refused: 0,
        }
    }

    /// The check paths, in order of first message.
    pub fn paths(&self) -> &[CheckPath] {
        &self.paths
    }

    /// The server queries, in order of first request.
    pub fn queries(&self) -> &[ServerQuery] {
        &self.queries
    }

    /// Paths and queries not kept because a table was full.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Takes a Binding (or GOOG-PING) message with its place in its transaction.
    pub fn observe(
        &mut self,
        seen: Sighting,
        tuple: FiveTuple,
        message: &Message<'_>,
        exchange: Exchange,
    ) -> Noticed {
        if !matches!(message.method(), Method::Binding | Method::GoogPing) {
            return Noticed::Nothing;
        }
        match (message.class(), exchange) {
            (Class::Request, exchange) => self.request(seen, tuple, message, exchange),
            (Class::Indication, _) => {
                if let Some(path) = self.latest_path(seen.flow, seen.direction) {
                    path.touch(seen);
                    path.sides[seen.direction.index()].indications += 1;
                }
                Noticed::Nothing
            }
            (Class::Success | Class::Error, exchange) => {
                self.answer(seen, message, exchange);
                Noticed::Nothing
            }
        }
    }

    /// Takes an ICMP error that quoted a packet of the conversation.
    pub fn icmp(&mut self, seen: Sighting) {
        if let Some(path) = self.latest_path(seen.flow, seen.direction) {
            path.icmp_errors += 1;
            keep(&mut path.icmp_frames, seen.frame);
        } else if let Some(query) = self
            .flows
            .get(&seen.flow)
            .and_then(|flow| flow.query)
            .and_then(|at| self.queries.get_mut(at))
        {
            query.icmp_errors += 1;
        }
    }

    fn request(
        &mut self,
        seen: Sighting,
        tuple: FiveTuple,
        message: &Message<'_>,
        exchange: Exchange,
    ) -> Noticed {
        // GOOG-PING carries no USERNAME: it belongs to the path that was pinged before.
        let named = message.username().and_then(split_username);
        let (at, noticed) = match named {
            Some((receiver, sender)) => match self.path_for(seen, tuple, receiver, sender) {
                Some(found) => found,
                None => return Noticed::Nothing,
            },
            None if message.method() == Method::GoogPing => {
                match self.latest_index(seen.flow, seen.direction) {
                    Some(at) => (at, Noticed::Nothing),
                    None => return Noticed::Nothing,
                }
            }
            None => {
                self.query(seen, tuple, exchange);
                return Noticed::Nothing;
            }
        };
        if let Some(flow) = self.flows.get_mut(&seen.flow) {
            flow.latest[seen.direction.index()] = Some(at);
        }
        if let Some(path) = self.paths.get_mut(at) {
            path.request(seen, message, exchange);
        }
        noticed
    }

    /// The path of these user fragments in this conversation, made when new.
    fn path_for(
        &mut self,
        seen: Sighting,
        tuple: FiveTuple,
        receiver: &str,
        sender: &str,
    ) -> Option<(usize, Noticed)> {
        let ufrags = match seen.direction {
            Direction::Forward => [sender, receiver],
            Direction::Reverse => [receiver, sender],
        };
        let flow = self.flows.entry(seen.flow).or_default();
        let known = flow.paths.iter().copied().find(|&at| {
            self.paths
                .get(at)
                .is_some_and(|path| path.ufrags[0] == ufrags[0] && path.ufrags[1] == ufrags[1])
        });
        if let Some(at) = known {
            return Some((at, Noticed::Nothing));
        }
        if self.paths.len() >= self.limit || flow.paths.len() >= Self::PATHS_PER_FLOW {
            self.refused += 1;
            return None;
        }
        let at = self.paths.len();
        flow.paths.push(at);
        self.paths.push(CheckPath {
            flow: seen.flow,
            tuple,
            ufrags: ufrags.map(str::to_owned),
            sides: Default::default(),
            first_at: seen.at,
            last_at: seen.at,
            frames: Vec::new(),
            checks: Vec::new(),
            icmp_errors: 0,
            icmp_frames: Vec::new(),
        });
        Some((at, Noticed::NewPath(at)))
    }

    fn answer(&mut self, seen: Sighting, message: &Message<'_>, exchange: Exchange) {
        let asked = seen.direction.opposite();
        let request = match exchange {
            Exchange::Answer(request) => Some(request),
            Exchange::Orphan => None,
            _ => return,
        };
        let query = self.flows.get(&seen.flow).and_then(|flow| flow.query);
        let at = self.path_of_answer(seen.flow, asked, request);
        if let Some(path) = at.and_then(|at| self.paths.get_mut(at)) {
            path.answer(seen, message, request);
        } else if let Some(query) = query.and_then(|at| self.queries.get_mut(at)) {
            query.answer(seen, message, request);
        }
    }

    /// The path that holds the request, else (request not seen) the one last active in either direction.
    fn path_of_answer(
        &self,
        flow: FlowId,
        asked: Direction,
        request: Option<RequestSeen>,
    ) -> Option<usize> {
        let checks = self.flows.get(&flow)?;
        let Some(request) = request else {
            return checks.latest[asked.index()]
                .or_else(|| checks.latest[asked.opposite().index()]);
        };
        let holds = |at: &usize| {
            self.paths
                .get(*at)
                .is_some_and(|path| path.check_of(&request).is_some())
        };
        let held = checks.paths.iter().rev().copied().find(|at| holds(at));
        // Past `CHECKS_KEPT` a path no longer lists its checks: the latest one asked.
        held.or_else(|| {
            let latest = checks.latest[asked.index()]?;
            let full = self.paths.get(latest)?.checks.len() >= Self::CHECKS_KEPT;
            full.then_some(latest)
        })
    }

    fn query(&mut self, seen: Sighting, tuple: FiveTuple, exchange: Exchange) {
        let flow = self.flows.entry(seen.flow).or_default();
        let at = match flow.query {
            Some(at) => at,
            None if self.queries.len() >= self.limit => {
                self.refused += 1;
                return;
            }
            None => {
                let at = self.queries.len();
                flow.query = Some(at);
                self.queries.push(ServerQuery {
                    flow: seen.flow,
                    client: tuple.source(seen.direction),
                    server: tuple.destination(seen.direction),
                    requests: 0,
                    retransmissions: 0,
                    responses: 0,
                    errors: Vec::new(),
                    mapped: None,
                    software: None,
                    round_trip: None,
                    first_at: seen.at,
                    last_at: seen.at,
                    frames: Vec::new(),
                    icmp_errors: 0,
                });
                at
            }
        };
        if let Some(query) = self.queries.get_mut(at) {
            query.last_at = seen.at;
            keep(&mut query.frames, seen.frame);
            match exchange {
                Exchange::Retransmission(_) => query.retransmissions += 1,
                _ => query.requests += 1,
            }
        }
    }

    fn latest_index(&self, flow: FlowId, direction: Direction) -> Option<usize> {
        let checks = self.flows.get(&flow)?;
        checks.latest[direction.index()].or_else(|| checks.latest[direction.opposite().index()])
    }

    fn latest_path(&mut self, flow: FlowId, direction: Direction) -> Option<&mut CheckPath> {
        let at = self.latest_index(flow, direction)?;
        self.paths.get_mut(at)
    }
}

impl CheckPath {
    fn touch(&mut self, seen: Sighting) {
        self.last_at = self.last_at.max(seen.at);
        keep(&mut self.frames, seen.frame);
    }

    /// The listed check that `request` began.
    fn check_of(&self, request: &RequestSeen) -> Option<usize> {
        // Frames ascend and the answer comes soon: look from the end.
        self.checks.iter().rposition(|check| {
            check.frame == request.frame
                && check.direction == request.direction
                && check.at == request.at
        })
    }

    fn request(&mut self, seen: Sighting, message: &Message<'_>, exchange: Exchange) {
        self.touch(seen);
        let check = match exchange {
            Exchange::Retransmission(request) => self.check_of(&request),
            _ => None,
        };
        let side = &mut self.sides[seen.direction.index()];
        if matches!(exchange, Exchange::Retransmission(_)) {
            side.retransmissions += 1;
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

    fn answer(&mut self, seen: Sighting, message: &Message<'_>, request: Option<RequestSeen>) {
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
        side.successes += 1;
        side.first_success.get_or_insert((seen.at, seen.frame));
        side.last_success = Some((seen.at, seen.frame));
        if let Some(mapped) = message
            .xor_mapped_address()
            .or_else(|| message.mapped_address())
        {
            side.mapped.get_or_insert((mapped, seen.at, seen.frame));
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

impl ServerQuery {
    fn answer(&mut self, seen: Sighting, message: &Message<'_>, request: Option<RequestSeen>) {
        self.last_at = self.last_at.max(seen.at);
        keep(&mut self.frames, seen.frame);
        if let Some(error) = message.error_code() {
            count_error(&mut self.errors, error, seen.frame);
            return;
        }
        self.responses += 1;
        if let Some(mapped) = message
            .xor_mapped_address()
            .or_else(|| message.mapped_address())
        {
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

/// `receiver:sender`, both not empty. TURN's long-term user names seldom hold a colon, and never in Binding requests.
fn split_username(username: &str) -> Option<(&str, &str)> {
    let (receiver, sender) = username.split_once(':')?;
    (!receiver.is_empty() && !sender.is_empty()).then_some((receiver, sender))
}

fn keep(frames: &mut Vec<FrameNumber>, frame: FrameNumber) {
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
            reason: String::from_utf8_lossy(refusal.reason).into_owned(),
            count: 1,
            frames: vec![frame],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::stun::Transactions;
    use crate::track::testing::{Stun, address, seen, tuple};

    const USERNAME: u16 = 0x0006;
    const USE_CANDIDATE: u16 = 0x0025;
    const CONTROLLING: u16 = 0x802a;
    const XOR_MAPPED: u16 = 0x0020;

    #[derive(Default)]
    struct Wire(Option<IceTracker>, Transactions);

    impl Wire {
        fn take(&mut self, millis: u64, direction: Direction, stun: Stun) -> Noticed {
            let bytes = stun.bytes();
            let message = Message::new(&bytes).unwrap();
            let seen = seen(millis, millis, direction);
            let exchange = self.1.observe(seen, &message);
            self.tracker().observe(seen, tuple(), &message, exchange)
        }

        fn tracker(&mut self) -> &mut IceTracker {
            self.0.get_or_insert_with(|| IceTracker::new(8))
        }
    }

    fn check(id: u8) -> Stun {
        Stun::new(0x0001, id)
            .with(USERNAME, b"pemK:qaLo")
            .with(CONTROLLING, &[7; 8])
    }

    #[test]
    fn a_check_names_both_ends_and_its_answer_maps_the_sender() {
        let mut wire = Wire::default();
        assert_eq!(
            wire.take(1, Direction::Forward, check(1)),
            Noticed::NewPath(0)
        );
        let mapped = address([203, 0, 113, 101], 29_181);
        let answer = Stun::new(0x0101, 1).with_address(XOR_MAPPED, mapped);
        wire.take(3, Direction::Reverse, answer);
        let path = &wire.tracker().paths()[0];
        assert_eq!(path.ufrags, ["qaLo", "pemK"]);
        let side = &path.sides[Direction::Forward.index()];
        assert_eq!((side.requests, side.successes), (1, 1));
        assert_eq!(side.mapped.map(|(address, ..)| address), Some(mapped));
        assert_eq!(side.round_trips, [Duration::from_millis(2)]);
        assert_eq!(side.role.map(|(role, _)| role), Some(Role::Controlling));
        assert_eq!(
            path.checks[0].answered.map(|(_, frame)| frame.number()),
            Some(3)
        );
    }

    #[test]
    fn a_retransmitted_request_is_one_check_without_round_trip() {
        let mut wire = Wire::default();
        wire.take(1, Direction::Forward, check(1));
        wire.take(5, Direction::Forward, check(1));
        wire.take(6, Direction::Reverse, Stun::new(0x0101, 1));
        let path = &wire.tracker().paths()[0];
        let side = &path.sides[0];
        assert_eq!(
            (side.requests, side.retransmissions, side.successes),
            (1, 1, 1)
        );
        assert!(side.round_trips.is_empty());
        assert_eq!((path.checks.len(), path.checks[0].retransmissions), (1, 1));
    }

    #[test]
    fn use_candidate_nominates_only_once_it_is_answered() {
        let mut wire = Wire::default();
        wire.take(1, Direction::Forward, check(1).with(USE_CANDIDATE, &[]));
        assert_eq!(wire.tracker().paths()[0].sides[0].nominated, None);
        wire.take(4, Direction::Reverse, Stun::new(0x0101, 1));
        let frames = wire.tracker().paths()[0].sides[0]
            .nominated
            .map(|(_, frames)| frames);
        let numbers = frames.map(|frames| frames.map(FrameNumber::number));
        assert_eq!(numbers, Some([1, 4]));
    }

    #[test]
    fn an_error_answer_is_counted_by_code_and_is_no_success() {
        let mut wire = Wire::default();
        wire.take(1, Direction::Forward, check(1));
        wire.take(2, Direction::Reverse, Stun::new(0x0111, 1).with_error(487));
        let side = &wire.tracker().paths()[0].sides[0];
        assert_eq!(
            (side.errors[0].code, side.errors[0].count, side.successes),
            (487, 1, 0)
        );
    }

    #[test]
    fn a_restart_on_the_same_ports_is_a_path_of_its_own() {
        let mut wire = Wire::default();
        wire.take(1, Direction::Forward, check(1));
        let restarted = Stun::new(0x0001, 2).with(USERNAME, b"newR:newS");
        assert_eq!(
            wire.take(9, Direction::Forward, restarted),
            Noticed::NewPath(1)
        );
        // A late answer still belongs to the old path.
        wire.take(10, Direction::Reverse, Stun::new(0x0101, 1));
        let paths = wire.tracker().paths();
        assert_eq!(
            (paths[0].sides[0].successes, paths[1].sides[0].successes),
            (1, 0)
        );
    }

    #[test]
    fn a_request_without_user_name_asks_a_server() {
        let mut wire = Wire::default();
        assert_eq!(
            wire.take(1, Direction::Forward, Stun::new(0x0001, 1)),
            Noticed::Nothing
        );
        let mapped = address([203, 0, 113, 101], 29_181);
        wire.take(
            2,
            Direction::Reverse,
            Stun::new(0x0101, 1).with_address(XOR_MAPPED, mapped),
        );
        let query = &wire.tracker().queries()[0];
        assert_eq!((query.requests, query.responses), (1, 1));
        assert_eq!(query.mapped.map(|(address, ..)| address), Some(mapped));
    }

    #[test]
    fn answers_of_a_one_way_capture_still_tell_the_mapped_address() {
        let mut wire = Wire::default();
        // Only what the far end sends was captured: its own check, and its answers to ours.
        let theirs = Stun::new(0x0001, 9).with(USERNAME, b"qaLo:pemK");
        wire.take(1, Direction::Reverse, theirs);
        let mapped = address([203, 0, 113, 101], 29_181);
        wire.take(
            2,
            Direction::Reverse,
            Stun::new(0x0101, 1).with_address(XOR_MAPPED, mapped),
        );
        let side = &wire.tracker().paths()[0].sides[Direction::Forward.index()];
        assert_eq!((side.requests, side.successes), (0, 1));
        assert!(side.mapped.is_some());
    }

    #[test]
    fn too_many_fragments_on_one_conversation_are_refused_and_counted() {
        let mut wire = Wire::default();
        for id in 0..20 {
            let name = format!("r{id}:s{id}");
            wire.take(
                u64::from(id),
                Direction::Forward,
                Stun::new(1, id).with(USERNAME, name.as_bytes()),
            );
        }
        assert_eq!(
            (wire.tracker().paths().len(), wire.tracker().refused()),
            (8, 12)
        );
    }
}
