//! How the NATs before the capture's sockets map them (RFC 4787 §4.1), from what STUN servers, TURN servers and peers say they saw.
//!
//! ```text
//! one socket ──► server 1        says 203.0.113.101:1823 ─┐
//!            ──► server 2        says 203.0.113.101:1823  ├─ the same: endpoint-independent
//!            ──► peer's address  says 203.0.113.101:1823 ─┘  another per address, or per address and port: dependent
//! ```
//!
//! The far side's sockets are not in the capture; where its candidates give several mapped addresses for one base, these tell.

use hashbrown::HashMap;

use crate::sdp::candidate::CandidateType;
use crate::session::model::ice::Candidate;
use crate::session::model::nat::Mapped;
use crate::session::model::nat::MappingBehavior;
use crate::session::model::nat::NatMapping;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::track::ice::CheckPath;
use crate::track::turn::Allocation;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::claim::Basis;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PeerConnectionId;

/// What is known of the sockets, in order of first sight.
#[derive(Default)]
struct Sockets {
    list: Vec<Socket>,
    places: HashMap<(TransportAddress, Option<PeerConnectionId>), usize>,
}

struct Socket {
    base: TransportAddress,
    owner: Option<(PeerConnectionId, Side)>,
    seen: Vec<Mapped>,
}

/// The sockets whose NAT's behaviour shows.
pub(super) fn infer(scene: &Scene, paths: &[CheckPath]) -> Vec<NatMapping> {
    let mut sockets = Sockets::default();
    for query in &scene.server_queries {
        if let Some((address, at, frame)) = query.mapped {
            let destination = Some(query.server);
            let mapped = Mapped {
                destination,
                address,
                at,
                frame: Some(frame),
            };
            sockets.note(scene, query.flow, query.client, mapped);
        }
    }
    for turn in scene.turn.iter().filter(|turn| is_udp(turn)) {
        if let (Some(address), Some(at)) = (turn.mapped, turn.allocated_at) {
            let mapped = Mapped {
                destination: Some(turn.server),
                address,
                at,
                frame: turn.allocated_frame,
            };
            sockets.note(scene, turn.flow, turn.client, mapped);
        }
    }
    for path in paths {
        let record = scene.flows.get(path.flow.index());
        let relayed = record.is_none_or(|record| record.relayed.is_some());
        if relayed || path.tuple.transport != Transport::Udp {
            continue;
        }
        for direction in [Direction::Forward, Direction::Reverse] {
            if let Some((address, at, frame)) = path.sides[direction.index()].mapped {
                let mapped = Mapped {
                    destination: Some(path.tuple.destination(direction)),
                    address,
                    at,
                    frame: Some(frame),
                };
                sockets.note(scene, path.flow, path.tuple.source(direction), mapped);
            }
        }
    }
    for (id, pc) in (0..).map(PeerConnectionId).zip(&scene.peer_connections) {
        for candidate in &pc.ice.candidates {
            sockets.declared(id, candidate);
        }
    }
    sockets.conclude()
}

fn is_udp(turn: &Allocation) -> bool {
    turn.transport == Transport::Udp
}

impl Sockets {
    /// Bounds the comparisons of one socket; a browser asks a handful of servers.
    const SEEN_KEPT: usize = 64;

    fn note(&mut self, scene: &Scene, flow: FlowId, base: TransportAddress, mapped: Mapped) {
        // No NAT between the two.
        if mapped.address == base {
            return;
        }
        let owner = scene.flow_owner.get(flow.index()).copied().flatten();
        let side = owner.and_then(|id| {
            let pc = scene.peer_connections.get(id.index())?;
            Some((id, side_of(pc, base)))
        });
        self.add(base, side, mapped);
    }

    /// A server-reflexive candidate tells the base and one mapping of it, and not who saw it.
    fn declared(&mut self, id: PeerConnectionId, candidate: &Candidate) {
        let reflexive = candidate.kind == CandidateType::ServerReflexive
            && candidate.basis == Basis::Declared
            && candidate.protocol == Transport::Udp.word();
        let related = candidate.related.as_ref();
        let (Some((ip, port)), true) = (related, reflexive) else {
            return;
        };
        let (Ok(base), Ok(address)) = (ip.parse(), candidate.address.parse()) else {
            return;
        };
        let base = TransportAddress::new(base, *port);
        // Browsers hide the base behind 0.0.0.0 and port 0 or 9 when hosts are names.
        if base.ip.is_unspecified() || base.port == 0 || base.port == 9 {
            return;
        }
        let mapped = Mapped {
            destination: None,
            address: TransportAddress::new(address, candidate.port),
            at: candidate.at,
            frame: candidate.frames.first().copied(),
        };
        if mapped.address != base {
            self.add(base, Some((id, candidate.side)), mapped);
        }
    }

    fn add(
        &mut self,
        base: TransportAddress,
        owner: Option<(PeerConnectionId, Side)>,
        mapped: Mapped,
    ) {
        let key = (base, owner.map(|(id, _)| id));
        let list = &mut self.list;
        let place = *self.places.entry(key).or_insert_with(|| {
            list.push(Socket {
                base,
                owner,
                seen: Vec::new(),
            });
            list.len() - 1
        });
        let Some(socket) = self.list.get_mut(place) else {
            return;
        };
        // The same destination again tells nothing new; nor does a candidate whose address somebody was seen to tell.
        let known = socket.seen.iter().any(|seen| match mapped.destination {
            Some(_) => seen.destination == mapped.destination,
            None => seen.address == mapped.address,
        });
        if !known && socket.seen.len() < Self::SEEN_KEPT {
            socket.seen.push(mapped);
        }
    }

    fn conclude(self) -> Vec<NatMapping> {
        let concluded = self.list.into_iter().filter_map(|mut socket| {
            socket.seen.sort_by_key(|seen| seen.at);
            Some(NatMapping {
                base: socket.base,
                owner: socket.owner,
                behavior: behavior(&socket.seen)?,
                seen: socket.seen,
            })
        });
        concluded.collect()
    }
}

/// Whose socket it is: side b's when only side b's packets come from there.
fn side_of(pc: &PeerConnection, base: TransportAddress) -> Side {
    let wires = || pc.ice.pairs.iter().filter_map(|pair| pair.wire);
    let far = wires().any(|(_, b)| b == base) && !wires().any(|(a, _)| a == base);
    let declared =
        pc.ice.candidates.iter().find(|candidate| {
            candidate.port == base.port && candidate.address == base.ip.to_string()
        });
    match declared {
        Some(candidate) => candidate.side,
        None if far => Side::B,
        None => Side::A,
    }
}

/// What the mappings that several destinations saw come to; `None` when they do not tell.
fn behavior(seen: &[Mapped]) -> Option<MappingBehavior> {
    let mut facts = Facts::default();
    for (at, one) in seen.iter().enumerate() {
        for other in seen.iter().skip(at + 1) {
            facts.compare(one, other);
        }
    }
    match facts {
        Facts {
            by_port: Some(true),
            ..
        } => Some(MappingBehavior::AddressAndPortDependent),
        Facts {
            differs: true,
            by_port: Some(false),
            ..
        } => Some(MappingBehavior::AddressDependent),
        Facts { differs: true, .. } => Some(MappingBehavior::DestinationDependent),
        Facts {
            two_addresses: true,
            ..
        } => Some(MappingBehavior::EndpointIndependent),
        Facts { .. } => None,
    }
}

#[derive(Default)]
struct Facts {
    /// Two mappings differ.
    differs: bool,
    /// Two ports of one destination address: do their mappings differ?
    by_port: Option<bool>,
    /// Two destination addresses were compared.
    two_addresses: bool,
}

impl Facts {
    fn compare(&mut self, one: &Mapped, other: &Mapped) {
        let differs = one.address != other.address;
        self.differs |= differs;
        let (Some(here), Some(there)) = (one.destination, other.destination) else {
            return;
        };
        if here.ip != there.ip {
            self.two_addresses = true;
        } else if here.port != there.port {
            self.by_port = Some(differs || self.by_port == Some(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> TransportAddress {
        let (ip, port) = text.rsplit_once(':').expect("written here");
        let (ip, port) = (ip.parse().expect("an IP"), port.parse().expect("a port"));
        TransportAddress::new(ip, port)
    }

    fn check(seen: &[(&str, &str)], expected: Option<MappingBehavior>) {
        let seen: Vec<Mapped> = seen
            .iter()
            .map(|(destination, mapped)| Mapped {
                destination: (!destination.is_empty()).then(|| address(destination)),
                address: address(mapped),
                at: crate::vocab::time::Timestamp::default(),
                frame: None,
            })
            .collect();
        assert_eq!(behavior(&seen), expected, "{seen:?}");
    }

    const SERVER: &str = "203.0.113.20:3478";
    const OTHER_PORT: &str = "203.0.113.20:5349";
    const OTHER_SERVER: &str = "198.51.100.7:3478";
    const ONE: &str = "192.0.2.101:1823";
    const TWO: &str = "192.0.2.101:46377";

    #[test]
    fn one_mapping_for_two_addresses_is_endpoint_independent() {
        let same = [(SERVER, ONE), (OTHER_SERVER, ONE)];
        check(&same, Some(MappingBehavior::EndpointIndependent));
    }

    #[test]
    fn another_mapping_for_another_port_is_address_and_port_dependent() {
        let by_port = [(SERVER, ONE), (OTHER_PORT, TWO)];
        check(&by_port, Some(MappingBehavior::AddressAndPortDependent));
    }

    #[test]
    fn another_mapping_for_another_address_only_is_address_dependent() {
        let by_address = [(SERVER, ONE), (OTHER_PORT, ONE), (OTHER_SERVER, TWO)];
        check(&by_address, Some(MappingBehavior::AddressDependent));
    }

    #[test]
    fn two_servers_that_differ_leave_open_by_what() {
        let apart = [(SERVER, ONE), (OTHER_SERVER, TWO)];
        check(&apart, Some(MappingBehavior::DestinationDependent));
        let declared = [("", ONE), ("", TWO)];
        check(&declared, Some(MappingBehavior::DestinationDependent));
    }

    #[test]
    fn one_server_tells_nothing() {
        check(&[(SERVER, ONE)], None);
        check(&[(SERVER, ONE), (OTHER_PORT, ONE)], None);
        check(&[("", ONE), (SERVER, ONE)], None);
    }
}
