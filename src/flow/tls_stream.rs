//! TLS on a TCP connection: chunks of ciphertext in, chunks of plaintext out.
//!
//! ```text
//! Chunk ─► Records ─► Session ─► Chunk, with the time and the frame of the record's last byte
//!             │          │
//!             │          └─ secrets missing: both directions are held from here on, and read again once the key log has grown
//!             └─ out of step after a gap: the next record is looked for
//! ```
//!
//! Browsers log secrets while they shake hands, but a capture may show them late: a live one polls the key log, and a pcapng file may
//! hold its Decryption Secrets Block anywhere. What is held is bounded, per connection and in all; past that the connection is passed
//! over, and its facts say so.

use std::sync::Arc;

use crate::crypt::keylog::KeyLog;
use crate::crypt::tls::facts::Facts;
use crate::crypt::tls::session::Event;
use crate::crypt::tls::session::Outcome;
use crate::crypt::tls::session::Peer;
use crate::crypt::tls::session::Session;
use crate::flow::reassembly::Chunk;
use crate::flow::reassembly::Ending;
use crate::flow::tls_records::Front;
use crate::flow::tls_records::Records;
use crate::vocab::address::Direction;
use crate::vocab::fault::Fault;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// The key log, and how much ciphertext waits for it to grow.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    pub(super) log: Arc<KeyLog>,
    /// Bytes held over all connections, QUIC's among them.
    pub(super) held_bytes: usize,
}

/// A TLS connection.
#[derive(Debug, Default)]
pub(super) struct TlsStream {
    session: Session,
    client: Option<Direction>,
    records: [Records; 2],
    held: Option<Vec<Held>>,
    held_bytes: usize,
    began: bool,
}

/// What a TLS connection gave.
#[derive(Debug)]
pub(super) enum TlsEvent {
    /// The connection inside begins; the client's direction.
    Start(Place, Direction),
    /// Plaintext.
    Data(Place, Direction, Vec<u8>),
    /// Plaintext is missing.
    Gap(Place, Direction),
    /// A direction is over.
    End(Place, Direction, Ending),
    /// A broken rule.
    Fault(FrameNumber, Fault),
}

/// When and in which frame.
pub(super) type Place = (Timestamp, FrameNumber);

/// A chunk kept until secrets come.
#[derive(Debug)]
struct Held {
    place: Place,
    direction: Direction,
    what: Piece,
}

#[derive(Debug)]
enum Piece {
    Data(Vec<u8>),
    Gap(u64),
    End(Ending),
}

impl TlsStream {
    /// Bytes held of one connection.
    const HELD: usize = 2 << 20;
    /// Pieces held of one connection.
    const PIECES: usize = 1 << 14;
    /// Bytes held of all.
    pub(super) const HELD_IN_ALL: usize = 32 << 20;
    /// Least length of an encrypted record: a tag of 16 bytes and one byte of content type (RFC 8446 §5.2).
    const SEALED_MIN: usize = 17;
    /// Largest: 2^14 bytes of content and 2 048 of expansion (RFC 5246 §6.2.3).
    const SEALED_MAX: usize = (1 << 14) + 2_048;

    /// Do these bytes begin a TLS connection: a handshake record of any version, with a hello inside?
    pub(super) fn begins(bytes: &[u8]) -> bool {
        matches!(bytes, [0x16, 0x03, 0..=4, _, _, 1 | 2, ..])
    }

    /// Do these bytes go on with a TLS connection that began earlier: the header of a record of application data? Which keys it has can't be
    /// known any more (RFC 8446 §7.3).
    pub(super) fn goes_on(bytes: &[u8]) -> bool {
        let [0x17, 0x03, 1..=3, high, low, _, ..] = *bytes else {
            return false;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        (Self::SEALED_MIN..=Self::SEALED_MAX).contains(&length)
    }

    /// What is known of the connection, when that has changed.
    pub(super) fn news(&mut self) -> Option<&Facts> {
        self.session.take_news().then(|| self.session.facts())
    }

    /// What is known of the connection.
    pub(super) const fn facts(&self) -> &Facts {
        self.session.facts()
    }

    /// Does it hold ciphertext for want of secrets?
    pub(super) const fn waits(&self) -> bool {
        self.held.is_some()
    }

    /// Takes the next chunk.
    pub(super) fn take(
        &mut self,
        direction: Direction,
        chunk: Chunk<'_>,
        secrets: &mut Secrets,
    ) -> Vec<TlsEvent> {
        let mut events = Vec::new();
        let (at, frame, what) = match chunk {
            Chunk::Start { .. } => return events,
            Chunk::Data { at, frame, bytes } if self.held.is_none() => {
                self.read((at, frame), direction, bytes, secrets, &mut events);
                return events;
            }
            Chunk::Data { at, frame, bytes } => (at, frame, Piece::Data(bytes.to_vec())),
            Chunk::Gap { at, frame, bytes } => (at, frame, Piece::Gap(bytes)),
            Chunk::End { at, frame, how } => (at, frame, Piece::End(how)),
        };
        let held = Held {
            place: (at, frame),
            direction,
            what,
        };
        self.piece(held, secrets, &mut events);
        events
    }

    /// The key log has grown: reads what was held for it.
    pub(super) fn secrets_came(&mut self, secrets: &mut Secrets) -> Vec<TlsEvent> {
        let mut events = Vec::new();
        let random = self.session.facts().client_random;
        let known = random.is_some_and(|random| secrets.log.lines_for(&random) > 0);
        if known {
            self.release(secrets, &mut events);
        }
        events
    }

    /// No secrets will come any more: passes over what was held for them.
    pub(super) fn resign(&mut self, secrets: &mut Secrets) -> Vec<TlsEvent> {
        let mut events = Vec::new();
        self.session.resign();
        self.release(secrets, &mut events);
        events
    }

    fn release(&mut self, secrets: &mut Secrets, events: &mut Vec<TlsEvent>) {
        secrets.held_bytes = secrets.held_bytes.saturating_sub(self.held_bytes);
        self.held_bytes = 0;
        for held in self.held.take().unwrap_or_default() {
            self.piece(held, secrets, events);
        }
    }

    /// Reads a piece, or holds it.
    fn piece(&mut self, piece: Held, secrets: &mut Secrets, events: &mut Vec<TlsEvent>) {
        if self.held.is_some() {
            self.hold(piece, secrets, events);
            return;
        }
        let Held {
            place,
            direction,
            what,
        } = piece;
        match what {
            Piece::Data(bytes) => self.read(place, direction, &bytes, secrets, events),
            Piece::Gap(bytes) => {
                let records = self.records[direction.index()].gap(bytes);
                if records > 0 {
                    self.session.gap(self.peer(direction), records);
                    if self.began {
                        events.push(TlsEvent::Gap(place, direction));
                    }
                }
            }
            Piece::End(how) => {
                if self.began {
                    events.push(TlsEvent::End(place, direction, how));
                }
            }
        }
    }

    fn hold(&mut self, piece: Held, secrets: &mut Secrets, events: &mut Vec<TlsEvent>) {
        let Some(held) = &mut self.held else { return };
        let bytes = match &piece.what {
            Piece::Data(bytes) => bytes.len(),
            Piece::Gap(_) | Piece::End(_) => 0,
        };
        held.push(piece);
        self.held_bytes += bytes;
        secrets.held_bytes += bytes;
        let full = self.held_bytes > Self::HELD
            || held.len() > Self::PIECES
            || secrets.held_bytes > Self::HELD_IN_ALL;
        if full {
            self.session.resign();
            self.release(secrets, events);
        }
    }

    fn read(
        &mut self,
        place: Place,
        direction: Direction,
        bytes: &[u8],
        secrets: &mut Secrets,
        events: &mut Vec<TlsEvent>,
    ) {
        if self.client.is_none() {
            // A ServerHello first: the capture began between the two.
            let answered = matches!(bytes, [_, _, _, _, _, 2, ..]);
            self.client = Some(if answered {
                direction.opposite()
            } else {
                direction
            });
        }
        let peer = self.peer(direction);
        let client = self.client.unwrap_or(direction);
        let records = &mut self.records[direction.index()];
        records.push(bytes);
        loop {
            match records.front() {
                Front::Record(record, length) => {
                    let began = &mut self.began;
                    let outcome = self
                        .session
                        .record(peer, &record, &secrets.log, &mut |event| match event {
                            Event::Data(bytes) => {
                                if !*began {
                                    *began = true;
                                    events.push(TlsEvent::Start(place, client));
                                }
                                events.push(TlsEvent::Data(place, direction, bytes));
                            }
                            Event::Fault(fault) => {
                                events.push(TlsEvent::Fault(place.1, fault));
                            }
                            Event::Alert(_) => {}
                        });
                    if outcome == Outcome::SecretsMissing {
                        break;
                    }
                    records.advance(length);
                }
                Front::Broken(fault) => {
                    events.push(TlsEvent::Fault(place.1, fault));
                    records.resynchronise();
                    self.session.gap(peer, 1);
                }
                Front::More => return,
            }
        }
        // The record stays in its buffer; this piece remembers when it was whole.
        self.held = Some(Vec::new());
        let resume = Held {
            place,
            direction,
            what: Piece::Data(Vec::new()),
        };
        self.hold(resume, secrets, events);
    }

    fn peer(&self, direction: Direction) -> Peer {
        if self.client.is_none_or(|client| client == direction) {
            Peer::Client
        } else {
            Peer::Server
        }
    }
}

impl TlsEvent {
    /// As the chunk that plain TCP would have given; `None` for faults.
    pub(super) fn chunk(&self) -> Option<(Direction, Chunk<'_>)> {
        Some(match *self {
            Self::Start((at, frame), direction) => (
                direction,
                Chunk::Start {
                    at,
                    frame,
                    midway: false,
                },
            ),
            Self::Data((at, frame), direction, ref bytes) => {
                (direction, Chunk::Data { at, frame, bytes })
            }
            Self::Gap((at, frame), direction) => (
                direction,
                Chunk::Gap {
                    at,
                    frame,
                    // Padding, tags and headers are in the count of what is missing below.
                    bytes: 0,
                },
            ),
            Self::End((at, frame), direction, how) => (direction, Chunk::End { at, frame, how }),
            Self::Fault(..) => return None,
        })
    }
}
