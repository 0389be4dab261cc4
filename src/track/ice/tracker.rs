//! Sorts Binding messages into check paths and server queries.

use hashbrown::HashMap;

use crate::track::ice::path::CheckPath;
use crate::track::ice::path::ServerQuery;
use crate::track::ice::record::keep;
use crate::track::stun::Exchange;
use crate::track::stun::RequestSeen;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::wire::stun::Class;
use crate::wire::stun::Message;
use crate::wire::stun::Method;

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
    /// Outages kept per path and direction.
    pub const OUTAGES_KEPT: usize = 64;
    /// Changes of an end's mapped address kept per path and direction.
    pub const REMAPPED_KEPT: usize = 16;
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

    /// How full it is: 1 turns away what comes.
    pub fn fullness(&self) -> f64 {
        self.paths.len().max(self.queries.len()) as f64 / self.limit.max(1) as f64
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

/// `receiver:sender`, both not empty. TURN's long-term user names seldom hold a colon, and never in Binding requests.
fn split_username(username: &str) -> Option<(&str, &str)> {
    let (receiver, sender) = username.split_once(':')?;
    (!receiver.is_empty() && !sender.is_empty()).then_some((receiver, sender))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::track::ice::path::Role;
    use crate::track::stun::Transactions;
    use crate::track::testing::Stun;
    use crate::track::testing::address;
    use crate::track::testing::seen;
    use crate::track::testing::tuple;

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
        let numbers = frames.map(|frames| frames.map(crate::vocab::ids::FrameNumber::number));
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

    /// libwebrtc's short check: no user name, four bytes of integrity (0xc060).
    #[test]
    fn a_goog_ping_is_a_check_of_the_path_that_was_checked_before() {
        let mut wire = Wire::default();
        wire.take(1, Direction::Forward, Stun::new(0x0200, 9));
        assert!(wire.tracker().paths().is_empty(), "of no path known");
        wire.take(2, Direction::Forward, check(1));
        wire.take(3, Direction::Reverse, Stun::new(0x0101, 1));
        let short = |kind, id| Stun::new(kind, id).with(0xc060, &[1, 2, 3, 4]);
        wire.take(4, Direction::Forward, short(0x0200, 2));
        wire.take(6, Direction::Reverse, short(0x0300, 2));
        let side = &wire.tracker().paths()[0].sides[0];
        assert_eq!((side.requests, side.successes), (2, 2));
        assert_eq!(side.round_trips[1], Duration::from_millis(2));
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
    fn another_address_in_a_later_answer_is_a_new_mapping() {
        let mut wire = Wire::default();
        for (id, port) in [(1, 24_360), (2, 24_360), (3, 20_334), (4, 20_334)] {
            let millis = u64::from(id) * 2_500;
            wire.take(millis, Direction::Forward, check(id));
            let mapped = address([203, 0, 113, 101], port);
            let answer = Stun::new(0x0101, id).with_address(XOR_MAPPED, mapped);
            wire.take(millis + 1, Direction::Reverse, answer);
        }
        let side = &wire.tracker().paths()[0].sides[Direction::Forward.index()];
        assert_eq!(side.mapped.map(|(address, ..)| address.port), Some(24_360));
        let [change] = side.remapped[..] else {
            panic!("{:?}", side.remapped)
        };
        assert_eq!(change.address.port, 20_334);
        assert_eq!(
            change.at.0.since(change.before.0),
            Duration::from_millis(2_500)
        );
    }

    /// Checks every 2.5 s from 0 s to 40 s; those between the two times get no answer.
    fn with_silence(from: u64, until: u64) -> Wire {
        let mut wire = Wire::default();
        for (id, millis) in (1_u8..).zip((0..40_000).step_by(2_500)) {
            wire.take(millis, Direction::Forward, check(id));
            if !(from..until).contains(&millis) {
                wire.take(millis + 20, Direction::Reverse, Stun::new(0x0101, id));
            }
        }
        wire
    }

    #[test]
    fn checks_without_answer_between_two_that_have_one_are_an_outage() {
        let mut wire = with_silence(10_000, 20_000);
        let side = &wire.tracker().paths()[0].sides[Direction::Forward.index()];
        let [outage] = side.outages[..] else {
            panic!("{:?}", side.outages)
        };
        assert_eq!(outage.requests, 4);
        assert_eq!(
            outage.until.0.since(outage.from.0),
            Duration::from_millis(10_020)
        );
        assert_eq!(side.unanswered, None);
    }

    #[test]
    fn a_short_silence_is_none_and_a_lasting_one_is_open() {
        let mut short = with_silence(10_000, 12_500);
        let side = &short.tracker().paths()[0].sides[Direction::Forward.index()];
        assert_eq!((side.outages.len(), side.unanswered), (0, None));
        let mut lasting = with_silence(30_000, 99_000);
        let side = &lasting.tracker().paths()[0].sides[Direction::Forward.index()];
        assert_eq!(side.outages.len(), 0);
        assert_eq!(side.unanswered.map(|open| open.requests), Some(4));
    }

    #[test]
    fn before_the_first_answer_nothing_is_broken() {
        let mut wire = with_silence(0, 20_000);
        let side = &wire.tracker().paths()[0].sides[Direction::Forward.index()];
        assert_eq!((side.outages.len(), side.unanswered), (0, None));
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
