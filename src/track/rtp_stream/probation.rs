//! Packets that look like RTP, until several agree (RFC 3550 A.1, "probation").
//!
//! DNS, `NetBIOS`, games and obfuscated media pass a one-packet test now and then. What they don't have is one SSRC with numbers that
//! advance and timestamps that move at a media clock's pace. So the first packets wait here, headers kept, and count once confirmed.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;
use crate::wire::rtp::Header;
use crate::wire::span::Span;

/// What a flow is known to carry, and so how many packets must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Trust {
    /// Nothing is known of it: three.
    #[default]
    None,
    /// STUN connectivity checks ran on it: two. Obfuscated media does so as well, so one is not enough.
    Checked,
    /// A DTLS-SRTP handshake ran on it, or a description names its address: one.
    Negotiated,
}

impl Trust {
    /// Packets that must agree.
    pub const fn packets_needed(self) -> usize {
        match self {
            Self::None => MOST_KEPT,
            Self::Checked => 2,
            Self::Negotiated => 1,
        }
    }
}

/// Flow slot, direction index and SSRC.
pub(super) type Key = (u32, u8, Ssrc);

/// Candidates for a stream, at most a fixed number; the one that waited longest makes room.
#[derive(Debug)]
pub(super) struct Probation {
    by_key: HashMap<Key, u32, RandomState>,
    candidates: Vec<Candidate>,
    limit: usize,
    /// The next one to make room.
    oldest: usize,
    /// Packets given up: their candidate broke the pattern or made room.
    pub(super) given_up: u64,
}

/// Packets of one SSRC that agree so far.
#[derive(Debug)]
pub(super) struct Candidate {
    key: Key,
    kept: [Option<Kept>; MOST_KEPT],
    count: usize,
}

/// A packet's header, to be counted once its stream is confirmed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) seen: Sighting,
    pub(super) padding: usize,
    bytes: [u8; HEADER_KEPT],
    captured: usize,
    wire_length: usize,
    sequence: u16,
    timestamp: u32,
}

impl Probation {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            by_key: HashMap::default(),
            candidates: Vec::new(),
            limit: limit.max(1),
            oldest: 0,
            given_up: 0,
        }
    }

    /// Takes a packet; gives its packets in order when as many agree as `trust` asks for.
    pub(super) fn observe(&mut self, key: Key, packet: Kept, trust: Trust) -> Option<Candidate> {
        let index = match self.by_key.get(&key) {
            Some(&index) => index as usize,
            None => self.make_room(key),
        };
        let candidate = self.candidates.get_mut(index)?;
        if !candidate
            .last()
            .is_none_or(|last| last.leads_to(&packet, trust))
        {
            self.given_up += candidate.count as u64;
            candidate.clear();
        }
        candidate.push(packet);
        (candidate.count >= trust.packets_needed()).then(|| self.release(index))?
    }

    /// Candidates of a flow slot that have enough packets now that its trust has risen.
    pub(super) fn promote(&mut self, slot: u32, needed: usize) -> Vec<Candidate> {
        let ready: Vec<usize> = self
            .by_key
            .iter()
            .filter(|((of, ..), _)| *of == slot)
            .map(|(_, &index)| index as usize)
            .filter(|&index| {
                self.candidates
                    .get(index)
                    .is_some_and(|c| c.count >= needed)
            })
            .collect();
        let mut released: Vec<_> = ready
            .into_iter()
            .filter_map(|index| self.release(index))
            .collect();
        // The map's order is random, the report's is not.
        released.sort_by_key(|candidate| candidate.kept[0].map(|kept| kept.seen.frame));
        released
    }

    /// Packets that still wait.
    pub(super) fn waiting(&self) -> u64 {
        self.candidates.iter().map(|c| c.count as u64).sum()
    }

    /// A place for a new key: a fresh one, or that of the candidate that waited longest.
    fn make_room(&mut self, key: Key) -> usize {
        let index = if self.candidates.len() < self.limit {
            self.candidates.push(Candidate::new(key));
            self.candidates.len() - 1
        } else {
            let index = self.oldest;
            self.oldest = (self.oldest + 1) % self.limit;
            if let Some(old) = self.candidates.get_mut(index) {
                self.given_up += old.count as u64;
                if self.by_key.get(&old.key) == Some(&(index as u32)) {
                    self.by_key.remove(&old.key);
                }
                *old = Candidate::new(key);
            }
            index
        };
        self.by_key.insert(key, index as u32);
        index
    }

    /// Takes a candidate out; its place stays empty until its turn to make room comes.
    fn release(&mut self, index: usize) -> Option<Candidate> {
        let candidate = self.candidates.get_mut(index)?;
        let key = candidate.key;
        let released = std::mem::replace(candidate, Candidate::new(key));
        self.by_key.remove(&key);
        Some(released)
    }
}

impl Candidate {
    const fn new(key: Key) -> Self {
        Self {
            key,
            kept: [None; MOST_KEPT],
            count: 0,
        }
    }

    /// Flow slot, direction index and SSRC.
    pub(super) const fn key(&self) -> Key {
        self.key
    }

    /// Its packets, in order.
    pub(super) fn packets(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter().flatten()
    }

    fn last(&self) -> Option<&Kept> {
        self.kept.get(self.count.checked_sub(1)?)?.as_ref()
    }

    fn push(&mut self, packet: Kept) {
        if let Some(place) = self.kept.get_mut(self.count) {
            *place = Some(packet);
            self.count += 1;
        }
    }

    fn clear(&mut self) {
        self.kept = [None; MOST_KEPT];
        self.count = 0;
    }
}

impl Kept {
    pub(super) fn new(seen: Sighting, header: &Header<'_>, padding: usize) -> Self {
        let mut bytes = [0; HEADER_KEPT];
        let captured = header.copy_to(&mut bytes);
        Self {
            seen,
            padding,
            bytes,
            captured,
            wire_length: header.header_length() + header.payload_length(),
            sequence: header.sequence(),
            timestamp: header.timestamp(),
        }
    }

    /// The header again; extension elements beyond what was kept are missing.
    pub(super) fn header(&self) -> Option<Header<'_>> {
        let bytes = self.bytes.get(..self.captured)?;
        Header::of_span(Span::new(bytes, self.wire_length)).ok()
    }

    /// Could `next` be the stream's next packet, or one near it?
    fn leads_to(&self, next: &Self, trust: Trust) -> bool {
        let step = next.sequence.wrapping_sub(self.sequence).cast_signed();
        let ticks = next.timestamp.wrapping_sub(self.timestamp).cast_signed();
        let passed = next.seen.at.since(self.seen.at).as_secs_f64();
        step != 0
            && (-MOST_BACK..=MOST_AHEAD).contains(&step)
            && passed <= LONGEST_SILENCE
            // Chromium's first padding packets have timestamps unlike those that follow (captures/videoroom-http), so where
            // media is expected, numbers are enough.
            && (trust > Trust::None
                || f64::from(ticks).abs() <= FASTEST_CLOCK * (passed + CLOCK_SLACK))
    }
}

/// Packets kept per candidate: as many as an unknown flow needs.
const MOST_KEPT: usize = 3;
/// Header bytes kept: fixed header, 15 CSRCs, extension header, and a few elements.
const HEADER_KEPT: usize = 104;
/// How far the next number may be ahead, and behind.
const MOST_AHEAD: i16 = 16;
const MOST_BACK: i16 = 8;
/// A longer silence ends the pattern, seconds.
const LONGEST_SILENCE: f64 = 30.0;
/// No media clock runs faster, Hz.
const FASTEST_CLOCK: f64 = 200_000.0;
/// Jitter and bursts that timestamps may deviate by, seconds.
const CLOCK_SLACK: f64 = 2.0;
