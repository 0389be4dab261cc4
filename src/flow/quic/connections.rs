//! Which connection a datagram belongs to.
//!
//! ```text
//! known destination id ─► its connection, sent by the side that the id does not name      outlives addresses: migration, NAT rebinding
//! else the 5-tuple ─► the newest connection there: an end may want no id at all
//! else an Initial that opens with the keys in its own header ─► a new connection
//! ```

use hashbrown::HashMap;

use crate::crypt::quic::session::Session;
use crate::crypt::tls::session::Peer;
use crate::flow::exchange::Exchanges;
use crate::flow::http2::heads::Place;
use crate::flow::quic::connection::Connection;
use crate::flow::tcp::Carried;
use crate::flow::tcp::Shared;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::FlowId;
use crate::wire::quic::header::ConnectionId;
use crate::wire::quic::header::LONGEST_ID;
use crate::wire::quic::header::LongHeader;
use crate::wire::quic::header::Packet;

/// All connections. Bounded: see [`Connections::LIMIT`], [`Connections::IDS`].
#[derive(Debug, Default)]
pub(in crate::flow) struct Connections {
    list: Vec<Connection>,
    by_id: HashMap<ConnectionId, Route, foldhash::fast::RandomState>,
    /// Lengths of the ids in it, as bits.
    lengths: u32,
    by_flow: HashMap<FlowId, OnPath, foldhash::fast::RandomState>,
    /// Has the key log grown since held packets were last tried?
    due: bool,
    refused: u64,
}

/// Where packets to an id go.
#[derive(Debug, Clone, Copy)]
struct Route {
    connection: usize,
    /// Who answers to the id.
    named: Peer,
}

/// The newest connection on a 5-tuple.
#[derive(Debug, Clone, Copy)]
struct OnPath {
    connection: usize,
    client: Direction,
}

/// A datagram and where it was seen.
#[derive(Debug, Clone, Copy)]
pub(in crate::flow) struct Seen<'a> {
    pub(in crate::flow) flow: FlowId,
    pub(in crate::flow) tuple: FiveTuple,
    pub(in crate::flow) direction: Direction,
    pub(in crate::flow) place: Place,
    pub(in crate::flow) payload: &'a [u8],
}

/// What a datagram turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Verdict {
    /// Part of a connection. `begins`: its first; `opened`: at least one packet was.
    Known {
        connection: usize,
        begins: bool,
        opened: bool,
    },
    /// It looks like QUIC by its long header, and nothing more is known.
    Likely,
    /// No sign of QUIC.
    Foreign,
}

impl Connections {
    /// Connections kept; a page opens a dozen.
    const LIMIT: usize = 1 << 14;
    /// Ids kept over all connections.
    const IDS: usize = 1 << 18;
    /// Shortest id that names its connection without the 5-tuple's help: a shorter one is met by chance.
    const TELLING: usize = 4;
    /// Packets looked at in one datagram: an Initial, a Handshake, a 0-RTT and a 1-RTT packet, and some to spare.
    const PACKETS: usize = 16;

    /// Connections that found the list full.
    pub(in crate::flow) const fn refused(&self) -> u64 {
        self.refused
    }

    /// How full the lists are: at 1 a new connection, or id, is turned away.
    pub(in crate::flow) fn fullness(&self) -> f64 {
        let connections = self.list.len() as f64 / Self::LIMIT as f64;
        connections.max(self.by_id.len() as f64 / Self::IDS as f64)
    }

    /// One of them.
    pub(in crate::flow) fn get_mut(&mut self, at: usize) -> Option<&mut Connection> {
        self.list.get_mut(at)
    }

    /// How many there are.
    pub(in crate::flow) const fn len(&self) -> usize {
        self.list.len()
    }

    /// The key log has grown.
    pub(in crate::flow) const fn secrets_are_due(&mut self) {
        self.due = true;
    }

    /// Connections that hold packets for which secrets may have come; once.
    pub(in crate::flow) fn take_due(&mut self) -> Vec<usize> {
        if !std::mem::take(&mut self.due) {
            return Vec::new();
        }
        let list = self.list.iter().enumerate();
        list.filter(|(_, connection)| connection.waits())
            .map(|(at, _)| at)
            .collect()
    }

    /// Tries again what a connection holds.
    pub(in crate::flow) fn secrets_came(
        &mut self,
        at: usize,
        shared: &mut Shared,
        sink: &mut impl FnMut(FlowId, Carried<'_>, &Exchanges),
    ) {
        if let Some(connection) = self.list.get_mut(at) {
            let flow = connection.flow;
            connection.secrets_came(shared, &mut |carried, exchanges| {
                sink(flow, carried, exchanges);
            });
            self.learn_ids(at);
        }
    }

    /// The capture is over.
    pub(in crate::flow) fn finish(
        &mut self,
        at: usize,
        shared: &mut Shared,
        sink: &mut impl FnMut(FlowId, Carried<'_>, &Exchanges),
    ) {
        if let Some(connection) = self.list.get_mut(at) {
            let flow = connection.flow;
            connection.finish(shared, &mut |carried, exchanges| {
                sink(flow, carried, exchanges);
            });
        }
    }

    /// Takes a datagram. What it carries is told with the conversation that its connection began in.
    pub(in crate::flow) fn datagram(
        &mut self,
        seen: &Seen<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(FlowId, Carried<'_>, &Exchanges),
    ) -> Verdict {
        let mut verdict = Verdict::Foreign;
        let mut rest = seen.payload;
        for _ in 0..Self::PACKETS {
            // Zeros behind the last packet fill the datagram up.
            if rest.iter().all(|&byte| byte == 0) {
                break;
            }
            let Ok((packet, after)) = Packet::split(rest) else {
                if verdict == Verdict::Foreign && LongHeader::new(rest).is_some() {
                    verdict = Verdict::Likely;
                }
                break;
            };
            rest = after;
            verdict = match (verdict, self.packet(seen, &packet, shared, sink)) {
                (
                    Verdict::Known {
                        connection,
                        begins,
                        opened,
                    },
                    Verdict::Known { opened: also, .. },
                ) => Verdict::Known {
                    connection,
                    begins,
                    opened: opened || also,
                },
                (known @ Verdict::Known { .. }, _) => known,
                (_, now) => now,
            };
        }
        verdict
    }

    fn packet(
        &mut self,
        seen: &Seen<'_>,
        packet: &Packet<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(FlowId, Carried<'_>, &Exchanges),
    ) -> Verdict {
        let header = match packet {
            Packet::Short(bytes) => {
                return match self.route_short(seen, bytes) {
                    Some((at, from, id_length)) => {
                        self.hand_over(seen, at, from, packet, id_length, shared, sink)
                    }
                    None => Verdict::Foreign,
                };
            }
            Packet::Other(_) => return Verdict::Likely,
            Packet::Negotiation(header, _) => header,
            Packet::Retry(retry) => &retry.header,
            Packet::Long(long) => &long.header,
        };
        if let Some((at, from)) = self.route_long(seen, header) {
            let verdict = self.hand_over(seen, at, from, packet, 0, shared, sink);
            if let Verdict::Known { opened: true, .. } = verdict {
                // What the sender wants to be called by.
                self.learn(header.source, at, from);
                return verdict;
            }
            let again = self.begin(seen, packet, shared, sink);
            return again.unwrap_or(verdict);
        }
        self.begin(seen, packet, shared, sink)
            .unwrap_or(Verdict::Likely)
    }

    /// Opens a new connection, if the packet is a client's first.
    fn begin(
        &mut self,
        seen: &Seen<'_>,
        packet: &Packet<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(FlowId, Carried<'_>, &Exchanges),
    ) -> Option<Verdict> {
        let Packet::Long(long) = packet else {
            return None;
        };
        let (session, opened) = Session::begin(long)?;
        if self.list.len() >= Self::LIMIT {
            self.refused += 1;
            return None;
        }
        let at = self.list.len();
        let mut connection =
            Connection::new(seen.flow, seen.tuple, seen.direction, session, seen.place);
        connection.begin(seen.place, &opened, shared, &mut |carried, exchanges| {
            sink(seen.flow, carried, exchanges);
        });
        self.list.push(connection);
        let on_path = OnPath {
            connection: at,
            client: seen.direction,
        };
        self.by_flow.insert(seen.flow, on_path);
        self.learn(long.header.source, at, Peer::Client);
        // As long as the server has no name of its own, the client's invention stands for it.
        self.learn(long.header.destination, at, Peer::Server);
        Some(Verdict::Known {
            connection: at,
            begins: true,
            opened: true,
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call, spelled out: which datagram, whose, and where its content goes"
    )]
    fn hand_over(
        &mut self,
        seen: &Seen<'_>,
        at: usize,
        from: Peer,
        packet: &Packet<'_>,
        id_length: usize,
        shared: &mut Shared,
        sink: &mut impl FnMut(FlowId, Carried<'_>, &Exchanges),
    ) -> Verdict {
        let Some(connection) = self.list.get_mut(at) else {
            return Verdict::Foreign;
        };
        let flow = connection.flow;
        let mut told = |carried: Carried<'_>, exchanges: &Exchanges| sink(flow, carried, exchanges);
        let opened = connection.packet(from, seen.place, packet, id_length, shared, &mut told);
        let client = match from {
            Peer::Client => seen.direction,
            Peer::Server => seen.direction.opposite(),
        };
        let on_path = OnPath {
            connection: at,
            client,
        };
        self.by_flow.insert(seen.flow, on_path);
        connection.seen_on(seen.flow);
        self.learn_ids(at);
        Verdict::Known {
            connection: at,
            begins: false,
            opened,
        }
    }

    /// The connection that a long header belongs to, and who sent it.
    fn route_long(&self, seen: &Seen<'_>, header: &LongHeader<'_>) -> Option<(usize, Peer)> {
        let id = ConnectionId::new(header.destination)?;
        if header.destination.len() >= Self::TELLING
            && let Some(route) = self.by_id.get(&id)
        {
            let on_path = self.by_flow.get(&seen.flow);
            // Without an id of its own a client is called by nothing; then only the path tells who speaks.
            let from = match on_path {
                Some(path) if path.connection == route.connection => path.peer(seen.direction),
                _ => other(route.named),
            };
            return Some((route.connection, from));
        }
        let path = self.by_flow.get(&seen.flow)?;
        Some((path.connection, path.peer(seen.direction)))
    }

    /// The connection that a short header belongs to, who sent it, and how long its destination id is.
    fn route_short(&self, seen: &Seen<'_>, packet: &[u8]) -> Option<(usize, Peer, usize)> {
        let behind = packet.get(1..)?;
        let longest = LONGEST_ID.min(behind.len());
        for length in (1..=longest).rev() {
            if self.lengths & 1 << length == 0 {
                continue;
            }
            let id = behind.get(..length).and_then(ConnectionId::new)?;
            let Some(route) = self.by_id.get(&id) else {
                continue;
            };
            let path = self.by_flow.get(&seen.flow);
            let agrees = path.is_some_and(|path| {
                path.connection == route.connection
                    && path.peer(seen.direction) == other(route.named)
            });
            if agrees || length >= Self::TELLING {
                return Some((route.connection, other(route.named), length));
            }
        }
        let path = self.by_flow.get(&seen.flow)?;
        let from = path.peer(seen.direction);
        let connection = self.list.get(path.connection)?;
        let nameless = connection.is_nameless(other(from));
        nameless.then_some((path.connection, from, 0))
    }

    /// Notes ids that a connection's frames announced.
    fn learn_ids(&mut self, at: usize) {
        let Some(connection) = self.list.get_mut(at) else {
            return;
        };
        for (id, named) in connection.take_new_ids() {
            self.learn(id.bytes(), at, named);
        }
    }

    /// From now on packets to `id` belong to `connection`.
    fn learn(&mut self, id: &[u8], at: usize, named: Peer) {
        let Some(connection) = self.list.get_mut(at) else {
            return;
        };
        if id.is_empty() {
            connection.has_no_name(named);
            return;
        }
        let Some(id) = ConnectionId::new(id) else {
            return;
        };
        let known = self.by_id.get(&id);
        if known.is_some_and(|route| route.connection == at && route.named == named) {
            return;
        }
        if self.by_id.len() < Self::IDS && connection.take_id() {
            self.lengths |= 1 << id.bytes().len();
            let route = Route {
                connection: at,
                named,
            };
            self.by_id.insert(id, route);
        }
    }
}

impl OnPath {
    fn peer(&self, direction: Direction) -> Peer {
        if direction == self.client {
            Peer::Client
        } else {
            Peer::Server
        }
    }
}

const fn other(peer: Peer) -> Peer {
    match peer {
        Peer::Client => Peer::Server,
        Peer::Server => Peer::Client,
    }
}
