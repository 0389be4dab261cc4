//! TURN allocations and what was done with them (RFC 8656).

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;

use crate::track::stun::Exchange;
use crate::vocab::address::{Direction, FiveTuple, Transport, TransportAddress};
use crate::vocab::ids::{FlowId, FrameNumber};
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::stun::{Class, Message, Method};

/// Where an allocation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocationState {
    /// Asked for, no answer seen.
    Requested,
    /// Challenged with 401 or 438, not tried again.
    Challenged,
    /// In use.
    Allocated,
    /// Refused.
    Failed,
    /// Ended by a Refresh with lifetime 0.
    Released,
    /// Not refreshed in time.
    Expired,
    /// Used in this capture, made before it began.
    Unknown,
}

impl AllocationState {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Challenged => "challenged",
            Self::Allocated => "allocated",
            Self::Failed => "failed",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

/// Error answers of one code to one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnError {
    /// STUN error code.
    pub code: u16,
    /// Reason phrase as first sent.
    pub reason: String,
    /// Method in kebab case: `allocate`, `create-permission`, `channel-bind`, `refresh`.
    pub method: &'static str,
    /// How often.
    pub count: u64,
    /// Part of the normal course: the first 401 that hands out realm and nonce, a 438 followed by success.
    pub normal: bool,
    /// When the first one came.
    pub first_at: Timestamp,
    /// Where, the first ones.
    pub frames: Vec<FrameNumber>,
}

/// A channel bound to a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Channel number, 0x4000 to 0x4fff.
    pub number: u16,
    /// The peer; `None` when the binding was not seen.
    pub peer: Option<TransportAddress>,
    /// ChannelData messages, both ways.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// When it was bound (success answer), in which frame.
    pub bound: Option<(Timestamp, FrameNumber)>,
}

/// One allocation on one conversation between a client and a TURN server.
#[derive(Debug, Clone)]
pub struct Allocation {
    /// The conversation.
    pub flow: FlowId,
    /// Which way the client's requests run.
    pub client_direction: Direction,
    /// Client address as in the packets.
    pub client: TransportAddress,
    /// Server address.
    pub server: TransportAddress,
    /// Transport between client and server.
    pub transport: Transport,
    /// Where it stands at the end.
    pub state: AllocationState,
    /// XOR-RELAYED-ADDRESS.
    pub relayed: Option<TransportAddress>,
    /// XOR-MAPPED-ADDRESS of the Allocate answer.
    pub mapped: Option<TransportAddress>,
    /// Lifetime as last answered, seconds.
    pub lifetime_seconds: Option<u32>,
    /// REALM.
    pub realm: Option<String>,
    /// USERNAME of the long-term credential.
    pub username: Option<String>,
    /// SOFTWARE of the server.
    pub software: Option<String>,
    /// REQUESTED-TRANSPORT: protocol number, 17 for UDP, 6 for TCP (RFC 6062).
    pub requested_transport: Option<u8>,
    /// Errors by method and code.
    pub errors: Vec<TurnError>,
    /// Permitted peer addresses (CreatePermission or ChannelBind answered with success).
    pub permissions: Vec<IpAddr>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Send indications.
    pub send_indications: u64,
    /// Data indications.
    pub data_indications: u64,
    /// Requests by method word, with their success answers: `(method, requests, successes)`.
    pub requests: Vec<(&'static str, u64, u64)>,
    /// First message.
    pub first_at: Timestamp,
    /// When the allocation was answered with success.
    pub allocated_at: Option<Timestamp>,
    /// In which frame.
    pub allocated_frame: Option<FrameNumber>,
    /// When it was last allocated or refreshed with success.
    pub refreshed_at: Option<Timestamp>,
    /// Last message.
    pub last_at: Timestamp,
    /// The first frames.
    pub frames: Vec<FrameNumber>,
}

/// Follows the allocations of every conversation with a TURN server.
#[derive(Debug)]
pub struct TurnTracker {
    allocations: Vec<Allocation>,
    /// The open allocation of a conversation, and requests that wait for their answer.
    flows: HashMap<FlowId, Client>,
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
struct Pending {
    id: [u8; 12],
    peers: Vec<TransportAddress>,
    channel: Option<u16>,
    releases: bool,
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
            limit,
            refused: 0,
        }
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
                Method::Send => allocation.send_indications += 1,
                Method::Data => allocation.data_indications += 1,
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
    }

    /// Takes a ChannelData message of `length` payload bytes.
    pub fn channel_data(&mut self, seen: Sighting, tuple: FiveTuple, number: u16, length: usize) {
        let known = self.flows.get(&seen.flow).map(|client| client.allocation);
        let Some(at) = known.or_else(|| self.open_unseen(seen, tuple)) else {
            return;
        };
        if let Some(allocation) = self.allocations.get_mut(at) {
            allocation.touch(seen);
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
            send_indications: 0,
            data_indications: 0,
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

impl Allocation {
    fn touch(&mut self, seen: Sighting) {
        self.last_at = self.last_at.max(seen.at);
        keep(&mut self.frames, seen.frame);
    }

    /// What a request says of the client.
    fn asked(&mut self, message: &Message<'_>) {
        if let Some(username) = message.username() {
            self.username = Some(username.to_owned());
        }
        self.requested_transport = message.requested_transport().or(self.requested_transport);
    }

    /// A success answer.
    fn granted(
        &mut self,
        seen: Sighting,
        method: &'static str,
        message: &Message<'_>,
        asked: Option<Pending>,
    ) {
        if let Some(software) = message.software() {
            self.software = Some(software.to_owned());
        }
        // A 438 that a success followed only handed out a fresh nonce (RFC 8489 §9.2.5).
        for error in self
            .errors
            .iter_mut()
            .filter(|error| error.method == method)
        {
            error.normal |= error.code == 438;
        }
        match message.method() {
            Method::Allocate => {
                self.state = AllocationState::Allocated;
                self.allocated_at.get_or_insert(seen.at);
                self.allocated_frame.get_or_insert(seen.frame);
                self.refreshed_at = Some(seen.at);
                self.relayed = message.xor_relayed_address().or(self.relayed);
                self.mapped = message.xor_mapped_address().or(self.mapped);
                self.lifetime_seconds = message.lifetime().or(self.lifetime_seconds);
            }
            Method::Refresh => {
                let released =
                    asked.is_some_and(|asked| asked.releases) || message.lifetime() == Some(0);
                if released {
                    self.state = AllocationState::Released;
                } else {
                    self.refreshed_at = Some(seen.at);
                    self.lifetime_seconds = message.lifetime().or(self.lifetime_seconds);
                }
            }
            Method::CreatePermission => {
                for peer in asked.into_iter().flat_map(|asked| asked.peers) {
                    self.permit(peer.ip);
                }
            }
            Method::ChannelBind => {
                let Some(Pending {
                    peers,
                    channel: Some(number),
                    ..
                }) = asked
                else {
                    return;
                };
                let Some(&peer) = peers.first() else { return };
                self.permit(peer.ip);
                if let Some(channel) = self.channel(number) {
                    channel.peer = Some(peer);
                    channel.bound.get_or_insert((seen.at, seen.frame));
                }
            }
            _ => {}
        }
    }

    /// An error answer.
    fn refused(
        &mut self,
        seen: Sighting,
        method: &'static str,
        message: &Message<'_>,
        authenticated: Option<bool>,
    ) {
        let Some(error) = message.error_code() else {
            return;
        };
        self.realm = message
            .realm()
            .map(str::to_owned)
            .or_else(|| self.realm.take());
        if let Some(software) = message.software() {
            self.software = Some(software.to_owned());
        }
        // The first 401 answers a request without credentials: that is how realm and nonce are handed out (RFC 8489 §9.2.3).
        let code = error.code.code();
        let normal = code == 401 && authenticated == Some(false);
        let same = |known: &&mut TurnError| {
            known.code == code && known.method == method && known.normal == normal
        };
        if let Some(known) = self.errors.iter_mut().find(same) {
            known.count += 1;
            keep(&mut known.frames, seen.frame);
        } else if self.errors.len() < TurnTracker::PEERS_KEPT {
            self.errors.push(TurnError {
                code,
                reason: String::from_utf8_lossy(error.reason).into_owned(),
                method,
                count: 1,
                normal,
                first_at: seen.at,
                frames: vec![seen.frame],
            });
        }
        if message.method() == Method::Allocate && self.allocated_at.is_none() {
            self.state = if normal || code == 438 {
                AllocationState::Challenged
            } else {
                AllocationState::Failed
            };
        }
    }

    fn permit(&mut self, ip: IpAddr) {
        if !self.permissions.contains(&ip) && self.permissions.len() < TurnTracker::PEERS_KEPT {
            self.permissions.push(ip);
        }
    }

    /// The channel of that number, made when new; `None` when there are too many.
    fn channel(&mut self, number: u16) -> Option<&mut Channel> {
        if let Some(at) = self
            .channels
            .iter()
            .position(|channel| channel.number == number)
        {
            return self.channels.get_mut(at);
        }
        if self.channels.len() >= TurnTracker::PEERS_KEPT {
            return None;
        }
        self.channels.push(Channel {
            number,
            peer: None,
            packets: 0,
            bytes: 0,
            bound: None,
        });
        self.channels.last_mut()
    }

    fn count_request(&mut self, method: &'static str, requests: u64, successes: u64) {
        let at = if let Some(at) = self.requests.iter().position(|row| row.0 == method) {
            at
        } else {
            self.requests.push((method, 0, 0));
            self.requests.len() - 1
        };
        self.requests[at].1 += requests;
        self.requests[at].2 += successes;
    }

    /// As it stands at `now`.
    fn aged(mut self, now: Timestamp) -> Self {
        if self.state == AllocationState::Allocated
            && let (Some(refreshed), Some(lifetime)) = (self.refreshed_at, self.lifetime_seconds)
            && now.since(refreshed) > Duration::from_secs(u64::from(lifetime))
        {
            self.state = AllocationState::Expired;
        }
        self
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

fn keep(frames: &mut Vec<FrameNumber>, frame: FrameNumber) {
    if frames.len() < TurnTracker::FRAMES_KEPT && frames.last() != Some(&frame) {
        frames.push(frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::stun::Transactions;
    use crate::track::testing::{Stun, address, seen, tuple};

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
