//! Conversations: the flow table.

use hashbrown::HashMap;

use crate::crypt::quic::facts::Facts as QuicFacts;
use crate::crypt::tls::facts::Facts;
use crate::flow::key::Key;
use crate::flow::key::KeyV4;
use crate::flow::key::KeyWide;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::encapsulation::Encapsulation;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// A protocol recognised inside a conversation, in the report's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowProtocol {
    /// STUN and TURN messages.
    Stun,
    /// TURN ChannelData.
    ChannelData,
    /// DTLS.
    Dtls,
    /// RTP (plain or SRTP).
    Rtp,
    /// Plain RTCP.
    Rtcp,
    /// Encrypted RTCP.
    Srtcp,
    /// QUIC.
    Quic,
    /// ZRTP.
    Zrtp,
    /// HTTP/1.1.
    Http,
    /// HTTP/2.
    Http2,
    /// HTTP/3.
    Http3,
    /// WebSocket.
    WebSocket,
    /// TLS.
    Tls,
    /// DNS.
    Dns,
    /// Multicast DNS.
    Mdns,
    /// SCTP (over DTLS, once decrypted).
    Sctp,
}

impl FlowProtocol {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stun => "stun",
            Self::ChannelData => "channel-data",
            Self::Dtls => "dtls",
            Self::Rtp => "rtp",
            Self::Rtcp => "rtcp",
            Self::Srtcp => "srtcp",
            Self::Quic => "quic",
            Self::Zrtp => "zrtp",
            Self::Http => "http",
            Self::Http2 => "http2",
            Self::Http3 => "http3",
            Self::WebSocket => "websocket",
            Self::Tls => "tls",
            Self::Dns => "dns",
            Self::Mdns => "mdns",
            Self::Sctp => "sctp",
        }
    }
}

/// How an inner conversation's datagrams travelled on their TURN leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relayed {
    /// The conversation between client and TURN server that carried it.
    pub outer: FlowId,
    /// Which way the TURN client's own packets run in the inner conversation.
    pub client: Direction,
    /// Datagrams that came in Send or Data indications.
    pub in_indications: u64,
    /// Datagrams that came in ChannelData.
    pub in_channel_data: u64,
    /// Those that came on a connection of their own (RFC 6062).
    pub in_connections: u64,
}

/// One conversation: what the report's `flows` and the Flows page show.
///
/// What every packet touches comes first, on one cache line.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub struct FlowRecord {
    /// Packets by direction index.
    pub packets: [u64; 2],
    /// Bytes on the wire by direction index: whole frames; for inner conversations the inner datagrams.
    pub bytes: [u64; 2],
    /// Last frame's time.
    pub last_at: Timestamp,
    /// First frame's time.
    pub first_at: Timestamp,
    /// IP time-to-live of the first packet by direction index; 0 while none was seen, and inside TURN.
    pub ttl: [u8; 2],
    /// Bytes of the largest packet by direction index, counted as in [`Self::bytes`]; at most 65 535.
    pub largest: [u16; 2],
    /// Its ends; `a` sent the first frame seen. Inside TURN: relayed address (else the client's) and peer.
    pub tuple: FiveTuple,
    /// Set for a conversation that ran inside TURN.
    pub relayed: Option<Relayed>,
    /// Protocols recognised, in order of first sight.
    pub protocols: Vec<FlowProtocol>,
    /// First frame.
    pub first_frame: FrameNumber,
    /// ICMP errors that quoted it.
    pub icmp_errors: u64,
    /// The tunnels around its first packet; none inside TURN.
    pub encapsulation: Encapsulation,
    /// Packets that came again just as they were, by direction index: copies of a mirror where they are many.
    pub repeats: [u32; 2],
    /// Server name from TLS or QUIC, where seen.
    pub server_name: Option<String>,
    /// What is known of the TLS connection in it, or of QUIC's TLS handshake; of several, the last.
    pub tls: Option<Box<Facts>>,
    /// What is known of the QUIC connection in it besides its TLS handshake; of several, the last.
    pub quic: Option<Box<QuicFacts>>,
}

/// What a packet brought along on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// Time-to-live, or hop limit; 0 inside TURN.
    pub ttl: u8,
    /// The tunnels around it.
    pub encapsulation: Encapsulation,
    /// Did the same packet come just before, at the same place?
    pub again: bool,
}

/// The TURN leg around an inner datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outer {
    /// The conversation between client and server.
    pub flow: FlowId,
    /// Did the client send the datagram (and not its peer)?
    pub from_client: bool,
}

/// Where a key leads. Which way a packet runs is told without a look at the record.
#[derive(Debug, Clone, Copy)]
struct Place {
    id: u32,
    /// Is the key's lower end the conversation's `a`?
    low_is_a: bool,
}

impl Place {
    #[inline]
    const fn towards(self, source_is_low: bool) -> (FlowId, Direction) {
        let direction = if source_is_low == self.low_is_a {
            Direction::Forward
        } else {
            Direction::Reverse
        };
        (FlowId(self.id), direction)
    }
}

/// The conversations seen, by key and by id. Bounded: past [`FlowTable::limit`] new conversations are counted, not kept.
#[derive(Debug, Default)]
pub struct FlowTable {
    v4: HashMap<KeyV4, Place, foldhash::fast::RandomState>,
    wide: HashMap<KeyWide, Place, foldhash::fast::RandomState>,
    records: Vec<FlowRecord>,
    limit: usize,
    refused: u64,
}

impl FlowTable {
    /// A table for at most `limit` conversations.
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.min(u32::MAX as usize),
            ..Self::default()
        }
    }

    /// Finds or opens the conversation of a packet from `source` to `destination`; `None` when the table is full.
    #[inline]
    pub fn entry(
        &mut self,
        frame: &Frame<'_>,
        transport: Transport,
        source: TransportAddress,
        destination: TransportAddress,
        outer: Option<Outer>,
    ) -> Option<(FlowId, Direction)> {
        let within = outer.map(|outer| outer.flow);
        let (key, source_is_low) = Key::new(transport, source, destination, within);
        if let Some(place) = self.place(&key) {
            return Some(place.towards(source_is_low));
        }
        let id = self.open(frame, transport, source, destination, outer)?;
        let place = Place {
            id,
            low_is_a: source_is_low,
        };
        match key {
            Key::V4(key) => self.v4.insert(key, place),
            Key::Wide(key) => self.wide.insert(key, place),
        };
        Some(place.towards(source_is_low))
    }

    /// Finds the conversation of a packet from `source` to `destination` without opening one.
    #[inline]
    pub fn find(
        &self,
        transport: Transport,
        source: TransportAddress,
        destination: TransportAddress,
    ) -> Option<(FlowId, Direction)> {
        let (key, source_is_low) = Key::new(transport, source, destination, None);
        Some(self.place(&key)?.towards(source_is_low))
    }

    /// Has the processor fetch what the next packet of `id` needs; the number means nothing.
    #[inline]
    pub fn warm(&self, id: FlowId) -> u64 {
        self.records
            .get(id.index())
            .map_or(0, |record| record.packets[0])
    }

    #[inline]
    fn place(&self, key: &Key) -> Option<Place> {
        match key {
            Key::V4(key) => self.v4.get(key),
            Key::Wide(key) => self.wide.get(key),
        }
        .copied()
    }

    /// Forgets the key, so that the next packet opens a new conversation (a TCP port used again).
    pub fn retire(&mut self, id: FlowId) {
        let Some(record) = self.records.get(id.index()) else {
            return;
        };
        let outer = record.relayed.map(|relayed| relayed.outer);
        match Key::new(
            record.tuple.transport,
            record.tuple.a,
            record.tuple.b,
            outer,
        )
        .0
        {
            Key::V4(key) => drop(self.v4.remove(&key)),
            Key::Wide(key) => drop(self.wide.remove(&key)),
        }
    }

    /// Counts a packet of `bytes` on the wire that came this `way`.
    #[inline]
    pub fn count(
        &mut self,
        id: FlowId,
        direction: Direction,
        at: Timestamp,
        bytes: u32,
        way: &Way,
    ) {
        if let Some(record) = self.records.get_mut(id.index()) {
            if record.packets[direction.index()] == 0 {
                if record.packets == [0; 2] {
                    record.encapsulation = way.encapsulation;
                }
                record.ttl[direction.index()] = way.ttl;
            }
            record.packets[direction.index()] += 1;
            record.bytes[direction.index()] += u64::from(bytes);
            let largest = &mut record.largest[direction.index()];
            *largest = (*largest).max(u16::try_from(bytes).unwrap_or(u16::MAX));
            record.last_at = record.last_at.max(at);
        }
    }

    /// Is a packet that came again a mirror's copy? It is where so many do that no network can be the reason.
    #[cold]
    pub fn is_mirrored(&mut self, id: FlowId, direction: Direction) -> bool {
        let Some(record) = self.records.get_mut(id.index()) else {
            return false;
        };
        let repeats = &mut record.repeats[direction.index()];
        *repeats = repeats.saturating_add(1);
        u64::from(*repeats) * MIRRORED >= record.packets[direction.index()]
    }

    /// Notes that `protocol` was recognised in the conversation.
    #[inline]
    pub fn recognise(&mut self, id: FlowId, protocol: FlowProtocol) {
        if let Some(record) = self.records.get_mut(id.index())
            && !record.protocols.contains(&protocol)
        {
            record.protocols.push(protocol);
        }
    }

    /// The record of a conversation.
    pub fn get(&self, id: FlowId) -> Option<&FlowRecord> {
        self.records.get(id.index())
    }

    /// The record of a conversation, to change.
    pub fn get_mut(&mut self, id: FlowId) -> Option<&mut FlowRecord> {
        self.records.get_mut(id.index())
    }

    /// All records; position = `FlowId`.
    pub fn records(&self) -> &[FlowRecord] {
        &self.records
    }

    /// All records, taken out: the table is of no more use.
    pub fn take_records(&mut self) -> Vec<FlowRecord> {
        std::mem::take(&mut self.records)
    }

    /// Uses the room of `empty` for records, instead of asking for new.
    pub fn use_room(&mut self, mut empty: Vec<FlowRecord>) {
        if self.records.is_empty() {
            empty.clear();
            self.records = empty;
        }
    }

    /// How full it is: 1 turns away what comes.
    pub fn fullness(&self) -> f64 {
        self.records.len() as f64 / self.limit.max(1) as f64
    }

    /// Packets that opened no conversation because the table was full.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    fn open(
        &mut self,
        frame: &Frame<'_>,
        transport: Transport,
        source: TransportAddress,
        destination: TransportAddress,
        outer: Option<Outer>,
    ) -> Option<u32> {
        if self.records.len() >= self.limit {
            self.refused += 1;
            return None;
        }
        let id = self.records.len() as u32;
        self.records.push(FlowRecord {
            tuple: FiveTuple {
                transport,
                a: source,
                b: destination,
            },
            relayed: outer.map(|outer| Relayed {
                outer: outer.flow,
                client: if outer.from_client {
                    Direction::Forward
                } else {
                    Direction::Reverse
                },
                in_indications: 0,
                in_channel_data: 0,
                in_connections: 0,
            }),
            protocols: Vec::new(),
            packets: [0; 2],
            bytes: [0; 2],
            first_at: frame.at,
            last_at: frame.at,
            first_frame: frame.number,
            icmp_errors: 0,
            ttl: [0; 2],
            largest: [0; 2],
            encapsulation: Encapsulation::default(),
            repeats: [0; 2],
            server_name: None,
            tls: None,
            quic: None,
        });
        Some(id)
    }
}

/// One packet in so many comes twice behind a mirror; a network that repeats as many would be of no use.
const MIRRORED: u64 = 4;
