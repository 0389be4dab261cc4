//! One QUIC connection: packets of both sides in, their frames out, as far as keys open them.
//!
//! ```text
//! client   Initial ─► [0-RTT] ─► Handshake ─► 1-RTT, phase 0 ─► 1-RTT, phase 1 ─► phase 0 …
//! server   Initial ─────────────► Handshake ─► 1-RTT, phase 0 ─► …
//! ```
//!
//! Every packet says which keys it wants, so there is nothing to keep in step with; only the key phase has one bit for many updates.

use crate::crypt::keylog::KeyLog;
use crate::crypt::keylog::Label;
use crate::crypt::quic::facts::Facts;
use crate::crypt::quic::keys::Keys;
use crate::crypt::quic::keys::Unmasked;
use crate::crypt::quic::retry;
use crate::crypt::tls;
use crate::crypt::tls::attempt::EARLY_SUITES;
use crate::crypt::tls::facts::Opening;
use crate::crypt::tls::session::Event;
use crate::crypt::tls::session::Peer;
use crate::crypt::tls::suite::Suite;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::quic::header::Long;
use crate::wire::quic::header::LongType;
use crate::wire::quic::header::Retry;
use crate::wire::quic::version::Dialect;
use crate::wire::quic::version::Version;

/// One connection.
#[derive(Debug)]
pub struct Session {
    tls: tls::session::Session,
    pub(super) facts: Facts,
    news: bool,
    /// What the Initial keys are made of.
    original: Vec<u8>,
    /// Version of the client's first packet: its 0-RTT's.
    first: Dialect,
    /// Version of the server's packets, and of all that come after.
    dialect: Dialect,
    initial: Vec<(Dialect, [Keys; 2])>,
    early: Option<Keys>,
    halves: [Half; 2],
    resigned: bool,
}

/// One side's keys.
#[derive(Debug, Default)]
struct Half {
    /// By number space: the number after the largest so far.
    expected: [u64; 3],
    handshake: Option<Keys>,
    traffic: Option<Traffic>,
}

/// Keys of 1-RTT packets.
#[derive(Debug)]
struct Traffic {
    phase: bool,
    now: Keys,
    /// For packets that an update overtook.
    before: Option<Keys>,
    next: Option<Keys>,
}

impl Traffic {
    /// Opens a packet: its header, its frames, and whether the next keys did it.
    fn open(
        &self,
        packet: &[u8],
        number_at: usize,
        expected: u64,
    ) -> Option<(Unmasked, Vec<u8>, bool)> {
        let header = self.now.unmask(packet, number_at, expected)?;
        let open = |keys: Option<&Keys>| keys.and_then(|keys| keys.open(packet, &header));
        if header.key_phase() == self.phase {
            let frames = open(Some(&self.now))?;
            return Some((header, frames, false));
        }
        if let Some(frames) = open(self.before.as_ref()) {
            return Some((header, frames, false));
        }
        let frames = open(self.next.as_ref())?;
        Some((header, frames, true))
    }
}

/// Why there are no keys.
#[derive(Debug, Clone, Copy)]
struct Missing {
    why: Opening,
    /// Will there never be any?
    for_good: bool,
}

/// Packets of one space are numbered and acknowledged on their own (RFC 9000 §12.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// Initial packets.
    Initial,
    /// Handshake packets.
    Handshake,
    /// 0-RTT and 1-RTT packets.
    Application,
}

impl Space {
    /// 0, 1 or 2: to index per-space arrays.
    pub const fn index(self) -> usize {
        match self {
            Self::Initial => 0,
            Self::Handshake => 1,
            Self::Application => 2,
        }
    }
}

/// A packet's content.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its space.
    pub space: Space,
    /// Its number.
    pub number: u64,
    /// Its frames.
    pub frames: Vec<u8>,
}

/// What became of a packet.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was opened.
    Opened(Opened),
    /// It waits for secrets: nothing was changed, and the same packet may be given again once more is known.
    SecretsMissing,
    /// It can't be opened, ever; with a broken rule when there were keys for it.
    Sealed(Option<Fault>),
}

impl Session {
    /// For the connection that this client's Initial begins; gives its frames too. `None` when it does not open with the keys that its own
    /// header tells: then it is no such packet.
    pub fn begin(packet: &Long<'_>) -> Option<(Self, Opened)> {
        let dialect = packet.header.version.dialect()?;
        if packet.kind != LongType::Initial {
            return None;
        }
        let mut session = Self {
            tls: tls::session::Session::default(),
            facts: Facts {
                version: Some(packet.header.version),
                ..Facts::default()
            },
            news: true,
            original: packet.header.destination.to_vec(),
            first: dialect,
            dialect,
            initial: Vec::new(),
            early: None,
            halves: <[Half; 2]>::default(),
            resigned: false,
        };
        let opened = session.open_initial(Peer::Client, packet)?;
        Some((session, opened))
    }

    /// What the TLS handshake told.
    pub const fn tls(&self) -> &tls::facts::Facts {
        &self.tls.facts
    }

    /// What is known besides.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The same, to change: it is news.
    pub fn facts_mut(&mut self) -> &mut Facts {
        self.news = true;
        &mut self.facts
    }

    /// Has something become known since the last time this was asked?
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news) | self.tls.take_news()
    }

    /// No more secrets will come: packets without are passed over from now on. How many is news.
    pub const fn resign(&mut self) {
        self.resigned = true;
        self.news = true;
    }

    /// Takes a message of the TLS handshake; gives the rules it broke.
    pub fn handshake(&mut self, from: Peer, message: &[u8]) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.tls.handshake(from, message, &mut |event| {
            if let Event::Fault(fault) = event {
                faults.push(fault);
            }
        });
        faults
    }

    /// Takes a Retry packet; false when it does not answer this client. From here on the Initial keys are others.
    pub fn retry(&mut self, packet: &Retry<'_>) -> bool {
        if self.facts.retried || !retry::is_authentic(packet, &self.original) {
            return false;
        }
        self.facts_mut().retried = true;
        self.original = packet.header.source.to_vec();
        self.initial = Vec::new();
        true
    }

    /// Opens a packet with a long header.
    pub fn open_long(&mut self, from: Peer, packet: &Long<'_>, keys: &KeyLog) -> Outcome {
        let Some(dialect) = packet.header.version.dialect() else {
            return Outcome::Sealed(None);
        };
        match (packet.kind, from) {
            (LongType::Initial, _) => match self.open_initial(from, packet) {
                Some(opened) => {
                    if from == Peer::Server {
                        self.answered(dialect, packet.header.version);
                    }
                    Outcome::Opened(opened)
                }
                None => Outcome::Sealed(None),
            },
            (LongType::ZeroRtt, Peer::Client) => {
                self.open_early(packet.bytes, packet.number_at, keys)
            }
            (LongType::ZeroRtt, Peer::Server) => Outcome::Sealed(None),
            (LongType::Handshake, _) => {
                self.open_handshake(from, packet.bytes, packet.number_at, keys)
            }
        }
    }

    /// Opens a packet with a short header, whose destination id is `id_length` bytes long.
    pub fn open_short(
        &mut self,
        from: Peer,
        packet: &[u8],
        id_length: usize,
        keys: &KeyLog,
    ) -> Outcome {
        let number_at = 1 + id_length;
        let expected = self.halves[from.index()].expected[Space::Application.index()];
        let candidates = match self.halves[from.index()].traffic.take() {
            Some(traffic) => vec![traffic],
            None => match self.traffic(from, keys) {
                Ok(candidates) => candidates,
                Err(missing) => return self.without(from, missing),
            },
        };
        let alone = candidates.len() == 1;
        for traffic in candidates {
            let opened = traffic.open(packet, number_at, expected);
            if alone || opened.is_some() {
                self.halves[from.index()].traffic = Some(traffic);
            }
            if let Some((header, frames, updated)) = opened {
                if updated {
                    self.update(from, header.key_phase());
                }
                return self.opened(from, Space::Application, header.number, frames);
            }
        }
        self.pass_over(from, Some("quic-packet-not-authentic"))
    }

    /// Keys of 1-RTT packets that may be a side's.
    fn traffic(&self, from: Peer, keys: &KeyLog) -> Result<Vec<Traffic>, Missing> {
        let label = match from {
            Peer::Client => Label::ClientTraffic(0),
            Peer::Server => Label::ServerTraffic(0),
        };
        let candidates = self.candidates(self.dialect, label, keys)?;
        let candidates = candidates.into_iter().map(|now| Traffic {
            phase: false,
            next: now.updated(),
            before: None,
            now,
        });
        Ok(candidates.collect())
    }

    fn open_initial(&mut self, from: Peer, packet: &Long<'_>) -> Option<Opened> {
        let dialect = packet.header.version.dialect()?;
        if !self.initial.iter().any(|(known, _)| *known == dialect) {
            let keys = Keys::initial(dialect, &self.original)?;
            self.initial.push((dialect, keys));
        }
        let (_, keys) = self.initial.iter().find(|(known, _)| *known == dialect)?;
        let keys = &keys[from.index()];
        let expected = self.halves[from.index()].expected[Space::Initial.index()];
        let unmasked = keys.unmask(packet.bytes, packet.number_at, expected)?;
        let frames = keys.open(packet.bytes, &unmasked)?;
        self.note(from, Space::Initial, unmasked.number);
        Some(Opened {
            space: Space::Initial,
            number: unmasked.number,
            frames,
        })
    }

    /// The server's version is the connection's, whatever the client began with (RFC 9368 §2.1).
    fn answered(&mut self, dialect: Dialect, version: Version) {
        if self.facts.version != Some(version) {
            self.facts_mut().version = Some(version);
        }
        self.dialect = dialect;
    }

    fn open_early(&mut self, packet: &[u8], number_at: usize, keys: &KeyLog) -> Outcome {
        let expected = self.halves[Peer::Client.index()].expected[Space::Application.index()];
        let candidates = match (self.early.take(), self.first) {
            (Some(keys), _) => Ok(vec![keys]),
            (None, first) => self.candidates(first, Label::ClientEarly, keys),
        };
        self.open_with(candidates, packet, number_at, expected, |session, keys| {
            session.early = Some(keys);
            (Peer::Client, Space::Application)
        })
    }

    fn open_handshake(
        &mut self,
        from: Peer,
        packet: &[u8],
        number_at: usize,
        keys: &KeyLog,
    ) -> Outcome {
        let label = match from {
            Peer::Client => Label::ClientHandshake,
            Peer::Server => Label::ServerHandshake,
        };
        let half = &mut self.halves[from.index()];
        let expected = half.expected[Space::Handshake.index()];
        let candidates = match half.handshake.take() {
            Some(keys) => Ok(vec![keys]),
            None => self.candidates(self.dialect, label, keys),
        };
        match candidates {
            Err(missing) => self.without(from, missing),
            candidates => {
                self.open_with(candidates, packet, number_at, expected, |session, keys| {
                    session.halves[from.index()].handshake = Some(keys);
                    (from, Space::Handshake)
                })
            }
        }
    }

    /// Tries keys in turn; `keep` puts those that open the packet back.
    fn open_with(
        &mut self,
        candidates: Result<Vec<Keys>, Missing>,
        packet: &[u8],
        number_at: usize,
        expected: u64,
        keep: impl Fn(&mut Self, Keys) -> (Peer, Space),
    ) -> Outcome {
        let candidates = match candidates {
            Ok(candidates) => candidates,
            Err(missing) => return self.without(Peer::Client, missing),
        };
        let mut last = None;
        for keys in candidates {
            let unmasked = keys.unmask(packet, number_at, expected);
            let opened = unmasked.and_then(|header| {
                let frames = keys.open(packet, &header)?;
                Some((header.number, frames))
            });
            if let Some((number, frames)) = opened {
                let (from, space) = keep(self, keys);
                return self.opened(from, space, number, frames);
            }
            last = Some(keys);
        }
        let from = last.map_or(Peer::Client, |keys| keep(self, keys).0);
        self.pass_over(from, Some("quic-packet-not-authentic"))
    }

    /// Keys that a secret of the log makes: one, or several while the suite is not known. Else why there are none.
    fn candidates(
        &self,
        dialect: Dialect,
        label: Label,
        keys: &KeyLog,
    ) -> Result<Vec<Keys>, Missing> {
        let missing = |why, for_good| Missing { why, for_good };
        let Some(random) = self.tls.facts.client_random else {
            return Err(missing(Opening::HandshakeMissing, false));
        };
        let Some(secret) = keys.secret(&random, label) else {
            // Secrets are logged in the order of their use: what was left out will not come.
            let passed = match label {
                Label::ClientEarly => keys.lines_for(&random) > 0,
                Label::ClientHandshake | Label::ServerHandshake => {
                    keys.secret(&random, Label::ClientTraffic(0)).is_some()
                }
                _ => false,
            };
            return Err(missing(Opening::NoSecrets, passed));
        };
        let suite = self.tls.facts.cipher_suite;
        let suite = suite.filter(|_| label != Label::ClientEarly);
        let known = match suite.map(Suite::of) {
            Some(None) => return Err(missing(Opening::Unsupported, true)),
            Some(known) => known,
            None => None,
        };
        let suites: &[Suite] = match &known {
            Some(suite) => std::slice::from_ref(suite),
            None => &EARLY_SUITES,
        };
        let suites = suites
            .iter()
            .filter(|suite| suite.hash.length() == secret.len());
        Ok(suites
            .filter_map(|&suite| Keys::new(dialect, suite, secret))
            .collect())
    }

    /// There are no keys for a packet.
    fn without(&mut self, from: Peer, missing: Missing) -> Outcome {
        self.tls.opening(missing.why);
        if self.resigned || missing.for_good {
            self.pass_over(from, None)
        } else {
            Outcome::SecretsMissing
        }
    }

    fn opened(&mut self, from: Peer, space: Space, number: u64, frames: Vec<u8>) -> Outcome {
        self.note(from, space, number);
        self.tls.facts.opened_records[from.index()] += 1;
        self.tls.opening(Opening::Opened);
        Outcome::Opened(Opened {
            space,
            number,
            frames,
        })
    }

    fn note(&mut self, from: Peer, space: Space, number: u64) {
        let expected = &mut self.halves[from.index()].expected[space.index()];
        *expected = (*expected).max(number + 1);
    }

    fn pass_over(&mut self, from: Peer, name: Option<&'static str>) -> Outcome {
        self.tls.facts.sealed_records[from.index()] += 1;
        let fault = name.map(|name| {
            self.tls.opening(Opening::SecretsDoNotFit);
            Fault::new(Layer::Quic, name, 0)
        });
        Outcome::Sealed(fault)
    }

    /// A side seals with its next keys from here on.
    fn update(&mut self, from: Peer, phase: bool) {
        let Some(traffic) = self.halves[from.index()].traffic.take() else {
            return;
        };
        let Some(now) = traffic.next else { return };
        self.halves[from.index()].traffic = Some(Traffic {
            phase,
            next: now.updated(),
            before: Some(traffic.now),
            now,
        });
        self.tls.facts.key_updates[from.index()] += 1;
        self.news = true;
    }
}
