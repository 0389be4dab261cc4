//! Candidate pairs, out of the check paths of one peer connection, and which of them was selected.

use std::net::IpAddr;
use std::time::Duration;

use crate::flow::table::FlowRecord;
use crate::session::candidates::CandidateBook;
use crate::session::candidates::Context;
use crate::session::candidates::End;
use crate::session::lookup::Lookup;
use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::CheckError;
use crate::session::model::ice::CheckSeen;
use crate::session::model::ice::Ice;
use crate::session::model::ice::IceRole;
use crate::session::model::ice::Integrity;
use crate::session::model::ice::Nomination;
use crate::session::model::ice::Outage;
use crate::session::model::ice::PairPath;
use crate::session::model::ice::PairState;
use crate::session::model::ice::RoundTrip;
use crate::session::model::ice::Selection;
use crate::session::rebindings;
use crate::track::ice::CheckPath;
use crate::track::ice::CheckSide;
use crate::track::ice::ErrorCount;
use crate::track::ice::Role;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::stun::Message;

/// What pairs are made from.
pub(super) struct PairSources<'a> {
    /// The check paths of this connection, with the side that their forward sender is.
    pub(super) paths: Vec<(&'a CheckPath, Side)>,
    /// User fragments of sides a and b, one per generation.
    pub(super) ufrags: [&'a [String]; 2],
    /// `(ufrag, ice-pwd)` of all descriptions.
    pub(super) passwords: &'a [(String, String)],
    /// STUN server requests and TURN allocations of the capture.
    pub(super) lookup: &'a Lookup<'a>,
    /// All conversations.
    pub(super) flows: &'a [FlowRecord],
    /// End of the capture.
    pub(super) end: Timestamp,
}

/// A browser gives a candidate pair up this long after its first check (libwebrtc's connection timeout).
const GIVE_UP: Duration = Duration::from_secs(15);

/// Joins the check paths into pairs and says which one was selected.
pub(super) fn join(sources: &PairSources<'_>, mut book: CandidateBook) -> Ice {
    let mut ice = Ice {
        generations: sources.ufrags[0].len().max(sources.ufrags[1].len()),
        ..Ice::default()
    };
    let mut roles = Roles::default();
    for &(path, forward) in &sources.paths {
        roles.read(path, forward);
        if let Some(pair) = pair(sources, &mut book, path, forward) {
            ice.rebindings
                .extend(rebindings::told(path, forward, ice.pairs.len()));
            ice.pairs.push(pair);
        }
    }
    ice.candidates = book.candidates;
    ice.role_a = roles.role_a();
    ice.role_conflicts = roles.conflicts;
    ice.nomination = roles.nomination();
    select(&mut ice, sources.flows);
    ice
}

fn pair(
    sources: &PairSources<'_>,
    book: &mut CandidateBook,
    path: &CheckPath,
    forward: Side,
) -> Option<CandidatePair> {
    let side_of = |direction: Direction| match direction {
        Direction::Forward => forward,
        Direction::Reverse => forward.opposite(),
    };
    let direction_of = |side: Side| {
        if side == forward {
            Direction::Forward
        } else {
            Direction::Reverse
        }
    };
    let generation = generation(sources, path, forward);
    let relayed = sources
        .flows
        .get(path.flow.index())
        .and_then(|flow| flow.relayed);
    let mut candidate = |side: Side| {
        let direction = direction_of(side);
        let wire = path.tuple.source(direction);
        let own = &path.sides[direction.index()];
        let through_turn = relayed.is_some_and(|relayed| relayed.client == direction);
        let end = |mapped| end_of(sources, own, wire, through_turn, mapped);
        let transport = path.tuple.transport;
        let frames = own.mapped.map(|(_, _, frame)| frame);
        let frames: Vec<FrameNumber> = frames
            .into_iter()
            .chain(path.frames.first().copied())
            .collect();
        let context = Context {
            side,
            generation,
            at: path.first_at,
            frames: &frames,
        };
        let mapped = own.mapped.map(|(address, at, _)| (address, at));
        let mut valid = book.valid_candidate(&context, transport, &end(mapped));
        for change in &own.remapped {
            let (at, frame) = change.at;
            let context = Context {
                at,
                frames: &[frame],
                ..context
            };
            valid = book.valid_candidate(&context, transport, &end(Some((change.address, at))));
        }
        valid
    };
    let (a, b) = (candidate(Side::A)?, candidate(Side::B)?);
    let (near, far) = (direction_of(Side::A), direction_of(Side::B));
    let (ours, theirs) = (&path.sides[near.index()], &path.sides[far.index()]);
    let nominated = [ours.nominated, theirs.nominated]
        .into_iter()
        .flatten()
        .min_by_key(|n| n.0);
    Some(CandidatePair {
        a,
        b,
        generation,
        flow: Some(path.flow),
        path: if relayed.is_some() {
            PairPath::Relay
        } else {
            PairPath::Direct
        },
        wire: Some((path.tuple.source(near), path.tuple.source(far))),
        state: state(path, sources.end),
        nominated: nominated.is_some(),
        selected: false,
        requests_sent: ours.requests,
        responses_received: ours.successes,
        requests_received: theirs.requests,
        responses_sent: theirs.successes,
        retransmissions: ours.retransmissions + theirs.retransmissions,
        round_trip: round_trip(&ours.round_trips).or_else(|| round_trip(&theirs.round_trips)),
        first_at: Some(path.first_at),
        last_at: Some(path.last_at),
        nominated_at: nominated.map(|(at, _)| at),
        nominated_frames: nominated
            .map(|(_, frames)| frames.to_vec())
            .unwrap_or_default(),
        last_answered_at: [ours.last_success, theirs.last_success]
            .into_iter()
            .flatten()
            .map(|(at, _)| at)
            .max(),
        outages: outages(path, side_of),
        integrity: integrity(sources, path),
        errors: errors(&ours.errors, &theirs.errors),
        icmp_errors: path.icmp_errors,
        icmp_frames: path.icmp_frames.clone(),
        indications: ours.indications + theirs.indications,
        frames: path.frames.clone(),
        checks: path
            .checks
            .iter()
            .map(|check| CheckSeen {
                from: side_of(check.direction),
                at: check.at,
                frame: check.frame,
                answered: check.answered,
                error: check.error,
                retransmissions: check.retransmissions,
                use_candidate: check.use_candidate,
            })
            .collect(),
    })
}

/// Outages of both ends, in order of time.
fn outages(path: &CheckPath, side_of: impl Fn(Direction) -> Side) -> Vec<Outage> {
    let mut all = Vec::new();
    for direction in [Direction::Forward, Direction::Reverse] {
        let (own, side) = (&path.sides[direction.index()], side_of(direction));
        all.extend(own.outages.iter().map(|outage| Outage {
            side,
            from: outage.from.0,
            until: Some(outage.until.0),
            checks: outage.requests,
            frames: vec![outage.from.1, outage.until.1],
        }));
        all.extend(own.unanswered.map(|unanswered| Outage {
            side,
            from: unanswered.first.0,
            until: None,
            checks: unanswered.requests,
            frames: vec![unanswered.first.1],
        }));
    }
    all.sort_by_key(|outage| outage.from);
    all
}

fn end_of(
    sources: &PairSources<'_>,
    own: &CheckSide,
    wire: TransportAddress,
    relayed: bool,
    mapped: Option<(TransportAddress, Timestamp)>,
) -> End {
    let queries = sources.lookup.queries_of(wire);
    // Browsers make a candidate of what a server says first; its answers to keepalives only hold the mapping.
    let told = queries
        .iter()
        .filter_map(|query| query.mapped)
        .filter(|(address, ..)| mapped.is_some_and(|(mapped, _)| *address == mapped))
        .map(|(_, at, _)| at)
        .min();
    End {
        wire,
        mapped: mapped.map(|(address, _)| address),
        mapped_at: mapped.map(|(_, at)| at),
        server_told_at: told,
        server_asked: !queries.is_empty(),
        priority: own.priority,
        relayed,
        own_interface: is_private(wire.ip)
            && (!queries.is_empty() || sources.lookup.is_turn_client(wire)),
    }
}

/// An address that no NAT shows to the outside: what comes from it, comes from an interface of that address (RFC 1918, 4193, 3927, 4291).
const fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// The later of the two fragments' generations: an ICE restart changes both, but each when its description comes.
fn generation(sources: &PairSources<'_>, path: &CheckPath, forward: Side) -> usize {
    let place = |side: Side| {
        let ufrag = &path.ufrags[usize::from(side != forward)];
        sources.ufrags[side.index()]
            .iter()
            .position(|known| known == ufrag)
    };
    place(Side::A).max(place(Side::B)).unwrap_or(0)
}

fn state(path: &CheckPath, end: Timestamp) -> PairState {
    let [one, other] = &path.sides;
    if one.successes + other.successes > 0 {
        PairState::Succeeded
    } else if one.requests + other.requests == 0 {
        PairState::Waiting
    } else if end.since(path.first_at) >= GIVE_UP || path.last_at.since(path.first_at) >= GIVE_UP {
        PairState::Failed
    } else {
        PairState::InProgress
    }
}

fn round_trip(sample: &[Duration]) -> Option<RoundTrip> {
    let mut sorted = sample.to_vec();
    sorted.sort_unstable();
    Some(RoundTrip {
        min: *sorted.first()?,
        median: *sorted.get(sorted.len() / 2)?,
        max: *sorted.last()?,
    })
}

fn errors(ours: &[ErrorCount], theirs: &[ErrorCount]) -> Vec<CheckError> {
    let mut all: Vec<CheckError> = Vec::new();
    for error in ours.iter().chain(theirs) {
        match all.iter_mut().find(|known| known.code == error.code) {
            Some(known) => {
                known.count += error.count;
                known.frames.extend(&error.frames);
                known.frames.sort_unstable();
            }
            None => all.push(CheckError {
                code: error.code,
                reason: error.reason.clone(),
                count: error.count,
                frames: error.frames.clone(),
            }),
        }
    }
    all
}

/// Tries the kept messages with the receiver's password: requests and their answers both carry its proof (RFC 8445 §7.1, §7.3).
fn integrity(sources: &PairSources<'_>, path: &CheckPath) -> Integrity {
    let mut verdict = Integrity::Unknown;
    for direction in [Direction::Forward, Direction::Reverse] {
        let receiver = &path.ufrags[direction.opposite().index()];
        let passwords: Vec<&str> = sources
            .passwords
            .iter()
            .filter(|(ufrag, _)| ufrag == receiver)
            .map(|(_, password)| password.as_str())
            .collect();
        if passwords.is_empty() {
            continue;
        }
        let side = &path.sides[direction.index()];
        for bytes in side.request_samples.iter().chain(&side.answer_samples) {
            let Ok(message) = Message::new(bytes) else {
                continue;
            };
            let tries: Vec<bool> = passwords
                .iter()
                .filter_map(|password| message.verify_integrity(password.as_bytes()))
                .collect();
            if tries.is_empty() {
                continue;
            }
            if !tries.contains(&true) {
                return Integrity::Failed;
            }
            verdict = Integrity::Verified;
        }
    }
    verdict
}

/// Roles and nomination, over all paths.
#[derive(Default)]
struct Roles {
    last: Option<(FrameNumber, IceRole)>,
    conflicts: u64,
    use_candidates: u64,
    aggressive: bool,
    renominates: bool,
}

impl Roles {
    fn read(&mut self, path: &CheckPath, forward: Side) {
        for direction in [Direction::Forward, Direction::Reverse] {
            let side = &path.sides[direction.index()];
            let is_a = (direction == Direction::Forward) == (forward == Side::A);
            if let Some((role, frame)) = side.role {
                let role_a = match (role, is_a) {
                    (Role::Controlling, true) | (Role::Controlled, false) => IceRole::Controlling,
                    _ => IceRole::Controlled,
                };
                if self.last.is_none_or(|(last, _)| frame > last) {
                    self.last = Some((frame, role_a));
                }
            }
            let conflicts = side.errors.iter().filter(|error| error.code == 487);
            self.conflicts += conflicts.map(|error| error.count).sum::<u64>();
            self.use_candidates += side.use_candidates;
            self.aggressive |= side.aggressive;
            self.renominates |= side.nomination_value.is_some_and(|value| value > 1);
        }
    }

    fn role_a(&self) -> Option<IceRole> {
        self.last.map(|(_, role)| role)
    }

    fn nomination(&self) -> Option<Nomination> {
        match self {
            Self {
                renominates: true, ..
            } => Some(Nomination::Renomination),
            Self {
                aggressive: true, ..
            } => Some(Nomination::Aggressive),
            Self {
                use_candidates: 1..,
                ..
            } => Some(Nomination::Regular),
            _ => None,
        }
    }
}

/// Says which pair was selected, and when each was.
///
/// Of several nominated pairs of the last generation, the one that carried the most: with aggressive nomination every pair
/// is nominated and the agents settle on one (RFC 5245 §8.1.1.2). Without any nomination seen (the capture began later),
/// the pair whose checks succeed and that carried the most.
fn select(ice: &mut Ice, flows: &[FlowRecord]) {
    let carried = |pair: &CandidatePair| {
        let flow = pair.flow.and_then(|id| flows.get(id.index()));
        flow.map_or(0, |flow| flow.bytes[0] + flow.bytes[1])
    };
    let mut picks: Vec<Selection> = ice
        .pairs
        .iter()
        .enumerate()
        .filter_map(|(at, pair)| {
            let frame = *pair.nominated_frames.last()?;
            Some(Selection {
                at: pair.nominated_at?,
                pair: at,
                frame,
            })
        })
        .collect();
    picks.sort_by_key(|pick| (pick.at, pick.frame));
    let best = |candidates: &mut dyn Iterator<Item = (usize, &CandidatePair)>| {
        candidates
            .max_by_key(|(at, pair)| (pair.generation, carried(pair), *at))
            .map(|(at, _)| at)
    };
    let chosen = best(
        &mut ice
            .pairs
            .iter()
            .enumerate()
            .filter(|(_, pair)| pair.nominated),
    )
    .or_else(|| {
        best(
            &mut ice
                .pairs
                .iter()
                .enumerate()
                .filter(|(_, pair)| pair.state == PairState::Succeeded && pair.flow.is_some()),
        )
    });
    let Some(chosen) = chosen else { return };
    if picks.is_empty()
        && let Some(pair) = ice.pairs.get(chosen)
        && let (Some(at), Some(&frame)) = (pair.first_at, pair.frames.first())
    {
        picks.push(Selection {
            at,
            pair: chosen,
            frame,
        });
    }
    // Selections that another of the same generation outlived at once were only nominations.
    picks.retain(|pick| {
        pick.pair == chosen
            || ice
                .pairs
                .get(pick.pair)
                .zip(ice.pairs.get(chosen))
                .is_some_and(|(pick, chosen)| {
                    pick.generation < chosen.generation || carried(pick) * 10 > carried(chosen)
                })
    });
    if let Some(pair) = ice.pairs.get_mut(chosen) {
        pair.selected = true;
    }
    ice.selected = picks;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::ice::IceTracker;
    use crate::track::stun::Transactions;
    use crate::track::testing::Stun;
    use crate::track::testing::seen;
    use crate::track::testing::tuple;

    use Direction::Forward;
    use Direction::Reverse;

    const USERNAME: u16 = 0x0006;
    const USE_CANDIDATE: u16 = 0x0025;
    const CONTROLLED: u16 = 0x8029;
    const CONTROLLING: u16 = 0x802a;
    const NOMINATION: u16 = 0xc001;

    /// Side a's check, side b's check; the transaction is `id`.
    fn check(from: Direction, id: u8) -> Stun {
        let name: &[u8] = match from {
            Forward => b"pemK:qaLo",
            Reverse => b"qaLo:pemK",
        };
        Stun::new(0x0001, id).with(USERNAME, name)
    }

    /// Plays messages, one each millisecond, and joins them; side a sends forward.
    fn play(messages: Vec<(Direction, Stun)>) -> Ice {
        let (mut tracker, mut transactions) = (IceTracker::new(8), Transactions::default());
        for (number, (direction, stun)) in (1..).zip(messages) {
            let bytes = stun.bytes();
            let message = Message::new(&bytes).expect("a message");
            let seen = seen(number, number, direction);
            let exchange = transactions.observe(seen, &message);
            tracker.observe(seen, tuple(), &message, exchange);
        }
        let paths = tracker.paths().iter().map(|path| (path, Side::A)).collect();
        let ufrags = [["qaLo".to_owned()], ["pemK".to_owned()]];
        let sources = PairSources {
            paths,
            ufrags: [&ufrags[0], &ufrags[1]],
            passwords: &[],
            lookup: &Lookup::default(),
            flows: &[],
            end: Timestamp::from_nanos(1_000_000_000),
        };
        join(&sources, CandidateBook::default())
    }

    /// RFC 8445 §7.3.1.1: whoever has the smaller tie-breaker is told 487, and takes the other role.
    #[test]
    fn a_role_conflict_is_counted_and_the_last_role_holds() {
        let ice = play(vec![
            (Forward, check(Forward, 1).with(CONTROLLING, &[1; 8])),
            (Reverse, Stun::new(0x0111, 1).with_error(487)),
            (Forward, check(Forward, 2).with(CONTROLLED, &[1; 8])),
            (Reverse, Stun::new(0x0101, 2)),
        ]);
        assert_eq!(ice.role_conflicts, 1);
        assert_eq!(ice.role_a, Some(IceRole::Controlled));
        assert_eq!(ice.pairs[0].errors[0].code, 487);
        assert_eq!(ice.pairs[0].state, PairState::Succeeded);
    }

    /// draft-thatcher-ice-renomination: each nomination says its number, and the highest counts.
    #[test]
    fn nominations_with_rising_numbers_are_renomination() {
        let nominate = |id, value: u32| {
            check(Forward, id)
                .with(CONTROLLING, &[1; 8])
                .with(USE_CANDIDATE, &[])
                .with(NOMINATION, &value.to_be_bytes())
        };
        let once = vec![
            (Forward, check(Forward, 1).with(CONTROLLING, &[1; 8])),
            (Reverse, Stun::new(0x0101, 1)),
            (Forward, nominate(2, 1)),
            (Reverse, Stun::new(0x0101, 2)),
        ];
        assert_eq!(play(once).nomination, Some(Nomination::Regular));
        let again = vec![
            (Forward, check(Forward, 1).with(CONTROLLING, &[1; 8])),
            (Reverse, Stun::new(0x0101, 1)),
            (Forward, nominate(2, 1)),
            (Reverse, Stun::new(0x0101, 2)),
            (Forward, nominate(3, 2)),
            (Reverse, Stun::new(0x0101, 3)),
        ];
        let ice = play(again);
        assert_eq!(ice.nomination, Some(Nomination::Renomination));
        assert!(ice.pairs[0].nominated && ice.pairs[0].selected);
    }

    /// RFC 8445 §2.5: a lite agent answers, and never asks.
    #[test]
    fn a_lite_agent_that_only_answers_makes_a_pair_all_the_same() {
        let ice = play(vec![
            (Forward, check(Forward, 1).with(CONTROLLING, &[1; 8])),
            (Reverse, Stun::new(0x0101, 1)),
            (
                Forward,
                check(Forward, 2)
                    .with(CONTROLLING, &[1; 8])
                    .with(USE_CANDIDATE, &[]),
            ),
            (Reverse, Stun::new(0x0101, 2)),
        ]);
        let pair = &ice.pairs[0];
        assert_eq!(pair.state, PairState::Succeeded);
        assert_eq!((pair.requests_sent, pair.requests_received), (2, 0));
        assert!(pair.nominated && pair.selected);
        assert_eq!(ice.role_a, Some(IceRole::Controlling));
        assert_eq!(ice.nomination, Some(Nomination::Regular));
    }
}
