//! Sorts TURN messages into allocations.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::track::stun::Exchange;
use crate::track::turn::allocation::Allocation;
use crate::track::turn::allocation::AllocationState;
use crate::track::turn::allocation::Carried;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::stun::Class;
use crate::wire::stun::Message;
use crate::wire::stun::Method;

/// Follows the allocations of every conversation with a TURN server.
#[derive(Debug)]
pub struct TurnTracker {
    allocations: Vec<Allocation>,
    /// The open allocation of a conversation, and requests that wait for their answer.
    flows: HashMap<FlowId, Client>,
    /// Allocation and place of each connection to a peer, by server and CONNECTION-ID.
    links: HashMap<(TransportAddress, u32), (usize, usize)>,
    /// The same by the conversation that asked to carry its bytes.
    binds: HashMap<FlowId, (usize, usize)>,
    limit: usize,
    refused: u64,
}

#[derive(Debug)]
struct Client {
    allocation: usize,
    pending: VecDeque<Pending>,
}

/// What a request asked for, until it is answered.
#[derive(Debug)]
pub(super) struct Pending {
    id: [u8; 12],
    pub(super) peers: Vec<TransportAddress>,
    pub(super) channel: Option<u16>,
    pub(super) releases: bool,
}

impl TurnTracker {
    /// Requests per conversation that may wait for an answer.
    pub const PENDING_KEPT: usize = 32;
    /// Peers, channels and permissions kept per allocation.
    pub const PEERS_KEPT: usize = 256;
    /// Frames kept per allocation.
    pub const FRAMES_KEPT: usize = 64;

    /// A tracker for at most `limit` allocations.
    pub fn new(limit: usize) -> Self {
        Self {
            allocations: Vec::new(),
            flows: HashMap::new(),
            links: HashMap::new(),
            binds: HashMap::new(),
            limit,
            refused: 0,
        }
    }

    /// How full it is: 1 turns away what comes.
    pub fn fullness(&self) -> f64 {
        self.allocations.len() as f64 / self.limit.max(1) as f64
    }

    /// The allocations as they stand at `now`: those not refreshed in time have expired.
    pub fn allocations(&self, now: Timestamp) -> Vec<Allocation> {
        self.allocations
            .iter()
            .cloned()
            .map(|allocation| allocation.aged(now))
            .collect()
    }

    /// Allocations not kept because the table was full.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Takes a STUN message with its place in its transaction; those that are not TURN's are passed over.
    pub fn observe(
        &mut self,
        seen: Sighting,
        tuple: FiveTuple,
        message: &Message<'_>,
        exchange: Exchange,
    ) {
        let Some(method) = turn_method(message.method()) else {
            return;
        };
        if message.method() == Method::ConnectionBind {
            self.bind(seen, tuple, method, message, exchange);
            return;
        }
        let client_direction = match (message.class(), message.method()) {
            (Class::Request, _) | (Class::Indication, Method::Send) => seen.direction,
            _ => seen.direction.opposite(),
        };
        let Some(at) = self.allocation_for(seen, tuple, message, client_direction) else {
            return;
        };
        let Some(client) = self.flows.get_mut(&seen.flow) else {
            return;
        };
        let Some(allocation) = self.allocations.get_mut(at) else {
            return;
        };
        allocation.touch(seen);
        let links = allocation.links.len();
        match message.class() {
            Class::Request => {
                let first = exchange == Exchange::Request;
                allocation.count_request(method, u64::from(first), 0);
                if first {
                    allocation.asked(message);
                    client.remember(message);
                }
            }
            Class::Indication => match message.method() {
                Method::Send => {
                    allocation.send_indications += 1;
                    let length = message.data().map_or(0, <[u8]>::len);
                    allocation.to_peers.add(length);
                }
                Method::Data => {
                    allocation.data_indications += 1;
                    let length = message.data().map_or(0, <[u8]>::len);
                    allocation.from_peers.add(length);
                }
                Method::ConnectionAttempt => allocation.link(seen, message, None),
                _ => {}
            },
            Class::Success => {
                if !matches!(exchange, Exchange::RepeatedAnswer(_)) {
                    allocation.count_request(method, 0, 1);
                    allocation.granted(seen, method, message, client.settle(message));
                }
            }
            Class::Error => {
                if !matches!(exchange, Exchange::RepeatedAnswer(_)) {
                    let authenticated = match exchange {
                        Exchange::Answer(request) => Some(request.authenticated),
                        _ => None,
                    };
                    allocation.refused(seen, method, message, authenticated);
                    client.settle(message);
                }
            }
        }
        if let Some(link) = allocation.links.get(links) {
            let key = (allocation.server, link.id);
            self.links.insert(key, (at, links));
        }
    }

    /// A ConnectionBind comes on a conversation of its own, and belongs to the allocation whose connection it names.
    fn bind(
        &mut self,
        seen: Sighting,
        tuple: FiveTuple,
        method: &'static str,
        message: &Message<'_>,
        exchange: Exchange,
    ) {
        if message.class() == Class::Request {
            let server = tuple.destination(seen.direction);
            let id = message.connection_id();
            if let Some(&link) = id.and_then(|id| self.links.get(&(server, id))) {
                self.binds.insert(seen.flow, link);
            }
        }
        let Some(&(at, link)) = self.binds.get(&seen.flow) else {
            return;
        };
        let Some(allocation) = self.allocations.get_mut(at) else {
            return;
        };
        allocation.touch(seen);
        match message.class() {
            Class::Request => {
                allocation.count_request(method, u64::from(exchange == Exchange::Request), 0);
            }
            Class::Success => {
                allocation.count_request(method, 0, 1);
                if let Some(link) = allocation.links.get_mut(link) {
                    link.bound.get_or_insert((seen.flow, seen.at, seen.frame));
                }
            }
            Class::Error => allocation.refused(seen, method, message, Some(true)),
            Class::Indication => {}
        }
    }

    /// Takes a ChannelData message of `length` payload bytes.
    pub fn channel_data(&mut self, seen: Sighting, tuple: FiveTuple, number: u16, length: usize) {
        let known = self.flows.get(&seen.flow).map(|client| client.allocation);
        let Some(at) = known.or_else(|| self.open_unseen(seen, tuple)) else {
            return;
        };
        if let Some(allocation) = self.allocations.get_mut(at) {
            allocation.touch(seen);
            if seen.direction == allocation.client_direction {
                allocation.to_peers.add(length);
            } else {
                allocation.from_peers.add(length);
            }
            if let Some(channel) = allocation.channel(number) {
                channel.packets += 1;
                channel.bytes += length as u64;
            }
        }
    }

    /// An allocation made before the capture began. The server listens on the lower, well-known port.
    fn open_unseen(&mut self, seen: Sighting, tuple: FiveTuple) -> Option<usize> {
        let from_client =
            tuple.source(seen.direction).port >= tuple.destination(seen.direction).port;
        let client = if from_client {
            seen.direction
        } else {
            seen.direction.opposite()
        };
        let at = self.open(seen, tuple, client)?;
        self.allocations.get_mut(at)?.state = AllocationState::Unknown;
        Some(at)
    }

    /// The open allocation of the conversation; a new one for an Allocate request after the last one ended.
    fn allocation_for(
        &mut self,
        seen: Sighting,
        tuple: FiveTuple,
        message: &Message<'_>,
        client_direction: Direction,
    ) -> Option<usize> {
        let known = self.flows.get(&seen.flow).map(|client| client.allocation);
        let begins = message.method() == Method::Allocate && message.class() == Class::Request;
        let over = known
            .and_then(|at| self.allocations.get(at))
            .is_some_and(|allocation| allocation.state == AllocationState::Released);
        match known {
            Some(at) if !(begins && over) => Some(at),
            _ => {
                let at = self.open(seen, tuple, client_direction)?;
                if !begins && let Some(allocation) = self.allocations.get_mut(at) {
                    allocation.state = AllocationState::Unknown;
                }
                Some(at)
            }
        }
    }

    fn open(&mut self, seen: Sighting, tuple: FiveTuple, client: Direction) -> Option<usize> {
        if self.allocations.len() >= self.limit {
            self.refused += 1;
            return None;
        }
        let at = self.allocations.len();
        self.flows.insert(
            seen.flow,
            Client {
                allocation: at,
                pending: VecDeque::new(),
            },
        );
        self.allocations.push(Allocation {
            flow: seen.flow,
            client_direction: client,
            client: tuple.source(client),
            server: tuple.destination(client),
            transport: tuple.transport,
            state: AllocationState::Requested,
            relayed: None,
            mapped: None,
            lifetime_seconds: None,
            realm: None,
            username: None,
            software: None,
            requested_transport: None,
            errors: Vec::new(),
            permissions: Vec::new(),
            channels: Vec::new(),
            links: Vec::new(),
            send_indications: 0,
            data_indications: 0,
            to_peers: Carried::default(),
            from_peers: Carried::default(),
            requests: Vec::new(),
            first_at: seen.at,
            allocated_at: None,
            allocated_frame: None,
            refreshed_at: None,
            last_at: seen.at,
            frames: Vec::new(),
        });
        Some(at)
    }
}

impl Client {
    fn remember(&mut self, message: &Message<'_>) {
        if self.pending.len() == TurnTracker::PENDING_KEPT {
            self.pending.pop_front();
        }
        self.pending.push_back(Pending {
            id: message.transaction_id(),
            peers: message
                .xor_peer_addresses()
                .take(TurnTracker::PEERS_KEPT)
                .collect(),
            channel: message.channel_number(),
            releases: message.method() == Method::Refresh && message.lifetime() == Some(0),
        });
    }

    fn settle(&mut self, message: &Message<'_>) -> Option<Pending> {
        let id = message.transaction_id();
        let at = self.pending.iter().position(|pending| pending.id == id)?;
        self.pending.remove(at)
    }
}

/// The method word of TURN's messages; `None` for the others.
const fn turn_method(method: Method) -> Option<&'static str> {
    Some(match method {
        Method::Allocate => "allocate",
        Method::Refresh => "refresh",
        Method::Send => "send",
        Method::Data => "data",
        Method::CreatePermission => "create-permission",
        Method::ChannelBind => "channel-bind",
        Method::Connect => "connect",
        Method::ConnectionBind => "connection-bind",
        Method::ConnectionAttempt => "connection-attempt",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::stun::Transactions;
    use crate::track::testing::Stun;
    use crate::track::testing::address;
    use crate::track::testing::seen;
    use crate::track::testing::tuple;

    const USERNAME: u16 = 0x0006;
    const INTEGRITY: u16 = 0x0008;
    const CHANNEL: u16 = 0x000c;
    const LIFETIME: u16 = 0x000d;
    const PEER: u16 = 0x0012;
    const REALM: u16 = 0x0014;
    const RELAYED: u16 = 0x0016;

    #[derive(Default)]
    struct Wire(Option<TurnTracker>, Transactions);

    impl Wire {
        fn take(&mut self, millis: u64, direction: Direction, stun: Stun) {
            let bytes = stun.bytes();
            let message = Message::new(&bytes).unwrap();
            let seen = seen(millis, millis, direction);
            let exchange = self.1.observe(seen, &message);
            self.tracker().observe(seen, tuple(), &message, exchange);
        }

        fn tracker(&mut self) -> &mut TurnTracker {
            self.0.get_or_insert_with(|| TurnTracker::new(8))
        }

        fn only(&mut self, now_millis: u64) -> Allocation {
            let now = Timestamp::from_nanos(now_millis * 1_000_000);
            self.tracker().allocations(now).remove(0)
        }

        fn allocate(&mut self) {
            self.take(1, Direction::Forward, Stun::new(0x0003, 1));
            let challenge = Stun::new(0x0113, 1)
                .with_error(401)
                .with(REALM, b"lab.test");
            self.take(2, Direction::Reverse, challenge);
            self.take(3, Direction::Forward, authenticated(0x0003, 2));
        }
    }

    fn authenticated(kind: u16, id: u8) -> Stun {
        Stun::new(kind, id)
            .with(USERNAME, b"turnuser")
            .with(INTEGRITY, &[0; 20])
    }

    fn granted() -> Stun {
        Stun::new(0x0103, 2)
            .with_address(RELAYED, address([203, 0, 113, 20], 50_123))
            .with(LIFETIME, &600_u32.to_be_bytes())
    }

    #[test]
    fn the_first_401_is_the_normal_challenge() {
        let mut wire = Wire::default();
        wire.allocate();
        wire.take(4, Direction::Reverse, granted());
        let allocation = wire.only(5);
        assert_eq!(allocation.state, AllocationState::Allocated);
        assert_eq!(allocation.relayed, Some(address([203, 0, 113, 20], 50_123)));
        assert_eq!(
            (allocation.lifetime_seconds, allocation.realm.as_deref()),
            (Some(600), Some("lab.test"))
        );
        assert_eq!(allocation.errors.len(), 1);
        assert!(allocation.errors[0].normal);
    }

    #[test]
    fn a_401_to_credentials_says_that_they_are_wrong() {
        let mut wire = Wire::default();
        wire.allocate();
        wire.take(4, Direction::Reverse, Stun::new(0x0113, 2).with_error(401));
        let allocation = wire.only(5);
        assert_eq!(allocation.state, AllocationState::Failed);
        assert_eq!(allocation.username.as_deref(), Some("turnuser"));
        let normal: Vec<bool> = allocation.errors.iter().map(|error| error.normal).collect();
        assert_eq!(normal, [true, false]);
    }

    #[test]
    fn a_438_that_a_success_follows_is_normal() {
        let mut wire = Wire::default();
        wire.allocate();
        wire.take(4, Direction::Reverse, granted());
        wire.take(5, Direction::Forward, authenticated(0x0004, 3));
        wire.take(6, Direction::Reverse, Stun::new(0x0114, 3).with_error(438));
        assert!(!wire.only(6).errors[1].normal);
        wire.take(7, Direction::Forward, authenticated(0x0004, 4));
        wire.take(
            8,
            Direction::Reverse,
            Stun::new(0x0104, 4).with(LIFETIME, &600_u32.to_be_bytes()),
        );
        assert!(wire.only(8).errors[1].normal);
    }

    #[test]
    fn a_channel_has_the_peer_of_its_request_once_the_server_agrees() {
        let mut wire = Wire::default();
        wire.allocate();
        wire.take(4, Direction::Reverse, granted());
        let peer = address([203, 0, 113, 10], 10_122);
        let bind = authenticated(0x0009, 3)
            .with(CHANNEL, &[0x40, 0, 0, 0])
            .with_address(PEER, peer);
        wire.take(5, Direction::Forward, bind);
        assert!(wire.only(5).channels.is_empty());
        wire.take(6, Direction::Reverse, Stun::new(0x0109, 3));
        wire.tracker()
            .channel_data(seen(7, 7, Direction::Forward), tuple(), 0x4000, 100);
        let allocation = wire.only(7);
        let channel = &allocation.channels[0];
        assert_eq!((channel.number, channel.peer), (0x4000, Some(peer)));
        assert_eq!((channel.packets, channel.bytes), (1, 100));
        let once = Carried {
            packets: 1,
            bytes: 100,
        };
        assert_eq!(allocation.to_peers, once);
        assert_eq!(allocation.from_peers, Carried::default());
        assert_eq!(allocation.permissions, [peer.ip]);
    }

    #[test]
    fn an_allocation_ends_by_refresh_zero_or_by_age() {
        let mut wire = Wire::default();
        wire.allocate();
        wire.take(4, Direction::Reverse, granted());
        assert_eq!(wire.only(600_003).state, AllocationState::Allocated);
        assert_eq!(wire.only(600_005).state, AllocationState::Expired);
        wire.take(
            9,
            Direction::Forward,
            authenticated(0x0004, 3).with(LIFETIME, &[0; 4]),
        );
        wire.take(
            10,
            Direction::Reverse,
            Stun::new(0x0104, 3).with(LIFETIME, &[0; 4]),
        );
        assert_eq!(wire.only(11).state, AllocationState::Released);
    }

    #[test]
    fn channel_data_alone_is_an_allocation_of_unknown_state() {
        let mut wire = Wire::default();
        wire.tracker()
            .channel_data(seen(1, 1, Direction::Reverse), tuple(), 0x4001, 10);
        let allocation = wire.only(1);
        assert_eq!(allocation.state, AllocationState::Unknown);
        assert_eq!(
            (allocation.client, allocation.server),
            (tuple().a, tuple().b)
        );
        assert_eq!(allocation.channels[0].peer, None);
    }
}
