//! One direction of a TLS connection: from ordered bytes to whole records, across gaps.
//!
//! A gap inside a record whose header was seen costs that record only: its length says where the next one begins. After any other
//! gap the next place is looked for that reads as a record header and is followed by another one, or by the end of what was sent.

use crate::vocab::fault::Fault;
use crate::wire::tls::record::Record;

/// Bytes on their way to records.
#[derive(Debug, Default)]
pub(super) struct Records {
    buffer: Vec<u8>,
    /// Bytes at the buffer's start that are done with.
    done: usize,
    /// Bytes of a lost record still to come.
    skip: u64,
    state: State,
    /// Times the place of the next record was lost.
    losses: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// The buffer begins with a record header.
    #[default]
    InStep,
    /// It may begin anywhere.
    Searching,
    /// Not TLS any more.
    GivenUp,
}

/// What stands at the front.
pub(super) enum Front<'a> {
    /// A whole record, and how many bytes it takes.
    Record(Record<'a>, usize),
    /// More bytes are needed.
    More,
    /// What stands there is no record.
    Broken(Fault),
}

impl Records {
    /// Bytes kept while a record is not whole: the longest one.
    const KEPT: usize = Record::HEADER + Record::FRAGMENT_LIMIT;
    /// Losses of step until the rest is left alone.
    const LOSSES: u32 = 64;

    /// The next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.state == State::GivenUp {
            return;
        }
        self.buffer.drain(..self.done);
        self.done = 0;
        let skipped = bytes
            .len()
            .min(usize::try_from(self.skip).unwrap_or(usize::MAX));
        self.skip -= skipped as u64;
        let bytes = bytes.get(skipped..).unwrap_or_default();
        self.buffer.extend_from_slice(bytes);
        if self.state == State::Searching {
            self.search(bytes.len());
        }
    }

    /// `bytes` are missing here, 0 when it can't be told how many. Gives how many records that may be.
    pub(super) fn gap(&mut self, bytes: u64) -> u64 {
        let known = bytes > 0;
        if known && bytes <= self.skip {
            self.skip -= bytes;
            return 0;
        }
        if self.state == State::InStep
            && known
            && self.skip == 0
            && let Some(length) = length_at(self.rest(), 0)
            && let Some(left) = (length as u64).checked_sub(self.rest().len() as u64 + bytes)
        {
            self.clear();
            self.skip = left;
            return 1;
        }
        self.lose_step();
        bytes / SHORTEST + 1
    }

    /// The first record, if it is whole.
    pub(super) fn front(&self) -> Front<'_> {
        if self.state != State::InStep {
            return Front::More;
        }
        match Record::split(self.rest()) {
            Ok(Some((record, after))) => Front::Record(record, self.rest().len() - after.len()),
            Ok(None) => Front::More,
            Err(fault) => Front::Broken(fault),
        }
    }

    /// The first `length` bytes are done with.
    pub(super) fn advance(&mut self, length: usize) {
        self.done = (self.done + length).min(self.buffer.len());
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.done..).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.done = 0;
    }

    /// The front is no record: look for the next one.
    pub(super) fn resynchronise(&mut self) {
        self.advance(1);
        let rest = self.rest().to_vec();
        self.lose_step();
        self.push(&rest);
    }

    fn lose_step(&mut self) {
        self.clear();
        self.skip = 0;
        self.losses += 1;
        self.state = if self.losses > Self::LOSSES {
            State::GivenUp
        } else {
            State::Searching
        };
    }

    /// Looks for a record; the last `fresh` bytes of the buffer came together, and senders like to begin a segment with a record.
    fn search(&mut self, fresh: usize) {
        let bytes = self.rest();
        let segment = bytes.len() - fresh;
        let mut at = 0;
        while at < bytes.len() {
            match verdict(bytes, at) {
                Verdict::No => at += 1,
                Verdict::Unsure if at != segment => break,
                Verdict::Yes | Verdict::Unsure => {
                    self.state = State::InStep;
                    break;
                }
            }
        }
        self.advance(at);
        if self.state == State::Searching && self.rest().len() > 2 * Self::KEPT {
            self.clear();
        }
    }
}

/// Does a record begin at `at`?
fn verdict(bytes: &[u8], at: usize) -> Verdict {
    let Some(length) = length_at(bytes, at) else {
        let rest = bytes.get(at..).unwrap_or_default();
        let may_be = rest.len() < Record::HEADER && matches!(rest, [20..=23, 3, ..] | [20..=23]);
        return if may_be { Verdict::Unsure } else { Verdict::No };
    };
    let end = at + length;
    match bytes.len() {
        all if all < end => Verdict::Unsure,
        all if all == end => Verdict::Yes,
        all if all < end + Record::HEADER => Verdict::Unsure,
        _ if length_at(bytes, end).is_some() => Verdict::Yes,
        _ => Verdict::No,
    }
}

enum Verdict {
    Yes,
    No,
    /// More bytes will tell.
    Unsure,
}

/// Length of the record at `at`, header included, if a record header can stand there.
fn length_at(bytes: &[u8], at: usize) -> Option<usize> {
    let (&[kind, 3, 1..=3, high, low], _) = bytes.get(at..)?.split_first_chunk::<5>()? else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let plausible = (20..=23).contains(&kind) && (1..=Record::FRAGMENT_LIMIT).contains(&length);
    plausible.then_some(Record::HEADER + length)
}

/// Bytes of the shortest record that carries anything encrypted: header, a byte, tag.
const SHORTEST: u64 = 22;

#[cfg(test)]
mod tests {
    use super::*;

    fn record(length: usize) -> Vec<u8> {
        let size = (length as u16).to_be_bytes();
        [&[23, 3, 3][..], &size, &vec![0xaa; length]].concat()
    }

    fn lengths(records: &mut Records) -> Vec<usize> {
        let mut lengths = Vec::new();
        while let Front::Record(record, taken) = records.front() {
            lengths.push(record.fragment.len());
            records.advance(taken);
        }
        lengths
    }

    #[test]
    fn a_record_comes_out_whole_however_it_is_cut() {
        let stream = [record(30), record(500)].concat();
        for size in [1, 2, 7, 100, 600] {
            let mut records = Records::default();
            let mut seen = Vec::new();
            for piece in stream.chunks(size) {
                records.push(piece);
                seen.extend(lengths(&mut records));
            }
            assert_eq!(seen, [30, 500]);
        }
    }

    #[test]
    fn a_gap_inside_a_record_costs_that_record_only() {
        let mut records = Records::default();
        records.push(&record(500)[..100]);
        assert_eq!(records.gap(300), 1);
        records.push(&record(500)[400..]);
        records.push(&record(30));
        assert_eq!(lengths(&mut records), [30]);
    }

    #[test]
    fn two_gaps_inside_one_record_are_one_loss() {
        let mut records = Records::default();
        records.push(&record(500)[..100]);
        assert_eq!(records.gap(100), 1);
        records.push(&record(500)[200..300]);
        assert_eq!(records.gap(100), 0);
        records.push(&[&record(500)[400..], &record(30)].concat());
        assert_eq!(lengths(&mut records), [30]);
    }

    #[test]
    fn after_a_gap_of_unknown_size_records_are_found_again() {
        let mut records = Records::default();
        assert_eq!(records.gap(0), 1);
        records.push(&[0xaa; 40]);
        assert_eq!(lengths(&mut records), [] as [usize; 0]);
        records.push(&[&[0xaa; 7][..], &record(60), &record(20)].concat());
        assert_eq!(lengths(&mut records), [60, 20]);
        assert_eq!(records.gap(4_400), 201);
        records.push(&record(9000)[..1400]);
        records.push(&record(9000)[1400..]);
        assert_eq!(lengths(&mut records), [9000]);
    }

    #[test]
    fn what_is_no_tls_is_given_up_in_the_end() {
        let mut records = Records::default();
        for _ in 0..200 {
            records.push(b"GET / HTTP/1.1\r\n\r\n");
            if let Front::Broken(_) = records.front() {
                records.resynchronise();
            }
            records.gap(0);
        }
        records.push(&record(5));
        assert_eq!(lengths(&mut records), [] as [usize; 0]);
        assert_eq!(records.buffer.len(), 0);
    }

    #[test]
    fn a_search_keeps_a_bounded_buffer() {
        let mut records = Records::default();
        records.gap(0);
        for _ in 0..1000 {
            records.push(&[0x17, 3, 3, 0x40, 0, 0x17, 3, 3, 0x40, 1]);
            let _ = lengths(&mut records);
            assert!(records.buffer.len() <= 2 * Records::KEPT + 10);
        }
    }
}
