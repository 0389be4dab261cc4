//! Flights: what one end sends before it waits for the other, and what it sends again when nothing comes (RFC 6347 §4.2.4, RFC 9147 §5.7).
//!
//! ```text
//! client                                       server
//! 1  ClientHello                        -->
//!                                       <--    HelloVerifyRequest  2        (seldom in WebRTC)
//! 3  ClientHello, with the cookie       -->
//!                                       <--    ServerHello … ServerHelloDone  4
//! 5  Certificate … Finished             -->
//!                                       <--    ChangeCipherSpec, Finished  6
//! ```
//!
//! In DTLS 1.3 the server's Finished stands in flight 4 and all of it after ServerHello is ciphertext.

use crate::track::dtls::association::Association;
use crate::vocab::address::Direction;
use crate::vocab::claim::Evidence;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::tls::registry::HandshakeType;

/// Messages sent in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// Direction of its sender.
    pub direction: Direction,
    /// Its first record.
    pub first_at: Timestamp,
    /// Its last record.
    pub last_at: Timestamp,
    /// What it carried, each message once, in order; at most [`Flight::MESSAGES_KEPT`].
    pub messages: Vec<FlightMessage>,
    /// Frames that carried it.
    pub frames: Evidence,
    /// Was all of it sent before?
    pub retransmission: bool,
}

impl Flight {
    /// Messages kept.
    pub const MESSAGES_KEPT: usize = 64;

    fn new(seen: Sighting, retransmission: bool) -> Self {
        Self {
            direction: seen.direction,
            first_at: seen.at,
            last_at: seen.at,
            messages: Vec::new(),
            frames: Evidence::default(),
            retransmission,
        }
    }

    fn push(&mut self, seen: Sighting, kind: MessageKind) {
        self.last_at = self.last_at.max(seen.at);
        self.frames.push(seen.frame);
        if let Some(known) = self.messages.iter_mut().find(|known| known.kind == kind) {
            known.records += 1;
        } else if self.messages.len() < Self::MESSAGES_KEPT {
            self.messages.push(FlightMessage { kind, records: 1 });
        }
    }

    /// Does no further message belong to a flight with these?
    fn is_over(&self, next: MessageKind) -> bool {
        self.messages.iter().any(|known| match known.kind {
            // Both hellos that a server may ask to be repeated are flights of their own, and so is its asking.
            MessageKind::Handshake {
                kind: HandshakeType::ClientHello | HandshakeType::HelloVerifyRequest,
                ..
            } => known.kind != next,
            MessageKind::Handshake {
                kind: HandshakeType::ServerHelloDone,
                ..
            } => matches!(
                next,
                MessageKind::ChangeCipherSpec | MessageKind::EncryptedHandshake { .. }
            ),
            _ => false,
        })
    }
}

/// A message of a flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlightMessage {
    /// What it is.
    pub kind: MessageKind,
    /// Records (or fragments) it took.
    pub records: u32,
}

/// What can be said of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// A handshake message in the clear, with its number.
    Handshake {
        /// Its type.
        kind: HandshakeType,
        /// Its number among its sender's.
        message_seq: u16,
    },
    /// ChangeCipherSpec: a record of its own, no handshake message.
    ChangeCipherSpec,
    /// An encrypted handshake message up to DTLS 1.2: right after ChangeCipherSpec, it is Finished.
    EncryptedHandshake {
        /// Its epoch.
        epoch: u16,
    },
    /// DTLS 1.3 ciphertext under handshake keys: certificates, Finished, acknowledgements.
    Ciphertext,
}

impl MessageKind {
    /// Its name: `ClientHello`, `Finished (encrypted)`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Handshake { kind, .. } => kind.title(),
            Self::ChangeCipherSpec => "ChangeCipherSpec",
            Self::EncryptedHandshake { .. } => "Finished (encrypted)",
            Self::Ciphertext => "encrypted handshake",
        }
    }
}

/// Where the next message of an association's flights goes.
#[derive(Debug, Clone, Default)]
pub(super) struct FlightLog {
    /// The latest flight sent for the first time.
    fresh: Option<usize>,
    /// Per direction: the latest retransmitted flight, and what it has repeated so far.
    repeated: [Option<(usize, Vec<Part>)>; 2],
}

/// A message, or the fragment of it that starts at an offset.
type Part = (MessageKind, usize);

impl FlightLog {
    /// Puts a message (or a fragment of one, at `offset` of it) into its flight; `repeat`: was it sent before?
    pub(super) fn record(
        &mut self,
        association: &mut Association,
        seen: Sighting,
        kind: MessageKind,
        offset: usize,
        repeat: bool,
    ) {
        let flights = &mut association.flights;
        let part = (kind, offset);
        let known = if repeat {
            self.repeated[seen.direction.index()]
                .as_mut()
                .filter(|(_, parts)| !parts.contains(&part) && parts.len() < Flight::MESSAGES_KEPT)
                .map(|(index, parts)| {
                    parts.push(part);
                    *index
                })
        } else {
            // A flight goes on when its last part arrives after something that the other side repeated.
            self.fresh.filter(|&index| {
                flights.get(index).is_some_and(|flight| {
                    flight.direction == seen.direction && !flight.is_over(kind)
                })
            })
        };
        if let Some(flight) = known.and_then(|index| flights.get_mut(index)) {
            flight.push(seen, kind);
            return;
        }
        if repeat {
            association.retransmitted_flights += 1;
        }
        if flights.len() >= Association::FLIGHTS_KEPT {
            return;
        }
        let mut flight = Flight::new(seen, repeat);
        flight.push(seen, kind);
        if repeat {
            self.repeated[seen.direction.index()] = Some((flights.len(), vec![part]));
        } else {
            self.fresh = Some(flights.len());
        }
        flights.push(flight);
    }
}
