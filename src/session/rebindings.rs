//! Addresses that changed in the middle of a call: a NAT that gave a socket another mapping, a host that changed its network.
//!
//! ```text
//! capture before the NAT     one conversation; answers to its checks name another address than before
//! capture beyond the NAT     two conversations: the old one falls silent, checks with the same user fragments come from a new address
//! ```

use std::time::Duration;

use crate::sdp::candidate::CandidateType;
use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::PairIndex;
use crate::session::model::ice::Rebinding;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::ice::CheckPath;
use crate::track::rtp_stream::stream::Stream;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// The changes that answers to the checks of one path tell.
pub(super) fn told(path: &CheckPath, forward: Side, pair: PairIndex) -> Vec<Rebinding> {
    let mut found = Vec::new();
    for (direction, side) in [
        (Direction::Forward, forward),
        (Direction::Reverse, forward.opposite()),
    ] {
        let own = &path.sides[direction.index()];
        let Some((mut from, ..)) = own.mapped else {
            continue;
        };
        for change in &own.remapped {
            found.push(Rebinding {
                side,
                from,
                to: change.address,
                last_before: change.before.0,
                at: change.at.0,
                frames: vec![change.before.1, change.at.1],
                pair,
                replaces: None,
            });
            from = change.address;
        }
    }
    found
}

/// The changes that show as a pair that falls silent and another that takes over, from an address that nobody had declared. `streams`: the
/// connection's own.
pub(super) fn moved(pc: &PeerConnection, streams: &[&Stream]) -> Vec<Rebinding> {
    let pairs = || pc.ice.pairs.iter().enumerate();
    let mut found = Vec::new();
    for (at, new) in pairs() {
        for side in [Side::A, Side::B] {
            let Some(begins) = first_sign(new, side) else {
                continue;
            };
            if !is_reflexive(pc, new, side) {
                continue;
            }
            let before = pairs()
                .filter(|(known, old)| *known != at && are_one(old, new, side))
                .filter_map(|(known, old)| {
                    let ends = last_sign(pc, old, side, streams)?;
                    let ran = ends.0.since(first_sign(old, side)?.0);
                    (ran >= RAN_FOR && ends.0 <= begins.0).then_some((known, old, ends))
                });
            let Some((known, old, ends)) = before.max_by_key(|(.., ends)| ends.0) else {
                continue;
            };
            if let (Some(from), Some(to)) = (wire_of(old, side), wire_of(new, side)) {
                found.push(Rebinding {
                    side,
                    from,
                    to,
                    last_before: ends.0,
                    at: begins.0,
                    frames: vec![ends.1, begins.1],
                    pair: at,
                    replaces: Some(known),
                });
            }
        }
    }
    found
}

type Sign = (Timestamp, FrameNumber);

/// The first check of `side`.
fn first_sign(pair: &CandidatePair, side: Side) -> Option<Sign> {
    let mut own = pair.checks.iter().filter(|check| check.from == side);
    own.next().map(|check| (check.at, check.frame))
}

/// The last check, answer or media packet of `side` on a pair.
fn last_sign(
    pc: &PeerConnection,
    pair: &CandidatePair,
    side: Side,
    streams: &[&Stream],
) -> Option<Sign> {
    let checks = pair.checks.iter().filter_map(|check| {
        if check.from == side {
            Some((check.at, check.frame))
        } else {
            check.answered
        }
    });
    let flow = pair.flow?;
    let direction = pc.direction_of(flow, side)?;
    let paths = streams.iter().flat_map(|stream| &stream.paths);
    let media = paths
        .filter(|path| path.flow == flow && path.direction == direction)
        .map(|path| (path.last.at, path.last.frame));
    checks.chain(media).max()
}

/// Does only the address of `side` differ, within one generation?
fn are_one(old: &CandidatePair, new: &CandidatePair, side: Side) -> bool {
    let other = side.opposite();
    old.generation == new.generation
        && old.path == new.path
        && wire_of(old, other) == wire_of(new, other)
        && wire_of(old, side) != wire_of(new, side)
}

fn wire_of(pair: &CandidatePair, side: Side) -> Option<TransportAddress> {
    let (a, b) = pair.wire?;
    Some(if side == Side::A { a } else { b })
}

/// Did the address first come up in a check?
fn is_reflexive(pc: &PeerConnection, pair: &CandidatePair, side: Side) -> bool {
    let at = if side == Side::A { pair.a } else { pair.b };
    let candidate = pc.ice.candidates.get(at);
    candidate.is_some_and(|candidate| candidate.kind == CandidateType::PeerReflexive)
}

/// An address that was in use for less was one of several that were tried at the start.
const RAN_FOR: Duration = Duration::from_secs(2);
