//! Fragments of handshake messages, joined over datagrams, out of order if need be, within limits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::track::dtls::facts::frames_of;
use crate::vocab::claim::Evidence;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::FrameNumber;
use crate::wire::dtls::handshake::Fragment;

/// Bytes of unfinished messages that all associations together may still hold.
#[derive(Debug, Clone)]
pub(super) struct Budget(pub(super) usize);

/// The handshake messages of one sender in one association.
#[derive(Debug, Clone, Default)]
pub(super) struct Assembler {
    /// By number and type: a server that answers HelloVerifyRequest's round statelessly may use number 0 twice, for it and ServerHello.
    messages: BTreeMap<(u16, u8), Message>,
}

/// What became of a fragment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    /// It is new, and its message has gaps still.
    Fresh,
    /// It is new, and completes its message.
    Complete {
        /// The message body.
        body: Cow<'a, [u8]>,
        /// Frames that carried it.
        frames: Vec<FrameNumber>,
    },
    /// All of it came before: a retransmission.
    Repeat,
    /// It can't be kept.
    Refused(Option<Fault>),
}

#[derive(Debug, Clone)]
struct Message {
    length: usize,
    /// Parts that came, by offset, none touching what another covers; `None` once complete.
    parts: Option<BTreeMap<usize, Vec<u8>>>,
    frames: Evidence,
}

impl Assembler {
    /// Longest message that is joined. Certificate chains of public servers stay below 16 KiB.
    const MESSAGE_LIMIT: usize = 64 * 1024;
    /// Messages of one sender; a full handshake has seven.
    const MESSAGES: usize = 64;
    /// Parts of one message; its retransmissions may cut it elsewhere.
    const PARTS: usize = 256;

    /// Takes one fragment.
    pub(super) fn add<'a>(
        &mut self,
        fragment: &Fragment<'a>,
        frame: FrameNumber,
        budget: &mut Budget,
    ) -> Outcome<'a> {
        let fault = |name| Outcome::Refused(Some(Fault::new(Layer::Dtls, name, fragment.offset)));
        // Where `body` lies in the message; a fragment out of range was reported by its reader.
        let start = fragment.fragment_offset;
        let end = start + fragment.body.len();
        if end > fragment.length {
            return Outcome::Refused(None);
        }
        if fragment.length > Self::MESSAGE_LIMIT {
            return fault("dtls-handshake-message-too-long");
        }
        let key = (fragment.message_seq, fragment.kind.code());
        if !self.messages.contains_key(&key) {
            if self.messages.len() >= Self::MESSAGES {
                return fault("dtls-handshake-too-many-messages");
            }
            if fragment.is_whole() {
                let frames = Evidence::from(vec![frame]);
                self.messages
                    .insert(key, Message::complete(fragment.length, frames));
                return Outcome::Complete {
                    body: Cow::Borrowed(fragment.body),
                    frames: vec![frame],
                };
            }
        }
        let message = self.messages.entry(key).or_insert_with(|| Message {
            length: fragment.length,
            parts: Some(BTreeMap::new()),
            frames: Evidence::default(),
        });
        if message.length != fragment.length {
            return fault("dtls-handshake-length-changed");
        }
        let Some(parts) = &mut message.parts else {
            return Outcome::Repeat;
        };
        let fresh = uncovered(parts, start, end);
        if fresh.is_empty() && !parts.is_empty() {
            return Outcome::Repeat;
        }
        let bytes: usize = fresh.iter().map(|&(from, to)| to - from).sum();
        if bytes > budget.0 || parts.len() + fresh.len() > Self::PARTS {
            return Outcome::Refused(None);
        }
        budget.0 -= bytes;
        for (from, to) in fresh {
            if let Some(part) = fragment.body.get(from - start..to - start) {
                parts.insert(from, part.to_vec());
            }
        }
        message.frames.push(frame);
        if parts.values().map(Vec::len).sum::<usize>() < message.length {
            return Outcome::Fresh;
        }
        let body: Vec<u8> = parts.values().flatten().copied().collect();
        budget.0 += body.len();
        let frames = frames_of(&message.frames);
        message.parts = None;
        Outcome::Complete {
            body: Cow::Owned(body),
            frames,
        }
    }

    /// Forgets all parts of unfinished messages.
    pub(super) fn release(&mut self, budget: &mut Budget) {
        for parts in self.messages.values_mut().filter_map(|m| m.parts.take()) {
            budget.0 += parts.values().map(Vec::len).sum::<usize>();
        }
    }
}

impl Message {
    const fn complete(length: usize, frames: Evidence) -> Self {
        Self {
            length,
            parts: None,
            frames,
        }
    }
}

/// The ranges of `start..end` that no part covers yet.
fn uncovered(parts: &BTreeMap<usize, Vec<u8>>, start: usize, end: usize) -> Vec<(usize, usize)> {
    let mut gaps = Vec::new();
    let mut at = start;
    for (&from, part) in parts {
        let to = from + part.len();
        if to <= at {
            continue;
        }
        if from >= end {
            break;
        }
        if from > at {
            gaps.push((at, from));
        }
        at = to;
    }
    if at < end {
        gaps.push((at, end));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tls::registry::HandshakeType;

    const BODY: &[u8] = b"0123456789";

    fn fragment(from: usize, to: usize) -> Fragment<'static> {
        Fragment {
            kind: HandshakeType::Certificate,
            length: BODY.len(),
            message_seq: 3,
            fragment_offset: from,
            fragment_length: to - from,
            body: &BODY[from..to],
            offset: 0,
        }
    }

    fn add(assembler: &mut Assembler, from: usize, to: usize, frame: u64) -> Outcome<'static> {
        let mut budget = Budget(1000);
        assembler.add(&fragment(from, to), FrameNumber::new(0, frame), &mut budget)
    }

    #[test]
    fn fragments_join_in_any_order_and_overlapping() {
        let mut assembler = Assembler::default();
        assert_eq!(add(&mut assembler, 7, 10, 1), Outcome::Fresh);
        assert_eq!(add(&mut assembler, 0, 4, 2), Outcome::Fresh);
        assert_eq!(add(&mut assembler, 0, 4, 3), Outcome::Repeat);
        assert_eq!(
            add(&mut assembler, 2, 9, 4),
            Outcome::Complete {
                body: Cow::Borrowed(BODY),
                frames: [1, 2, 4].map(|n| FrameNumber::new(0, n)).to_vec()
            }
        );
        assert_eq!(add(&mut assembler, 0, 10, 5), Outcome::Repeat);
    }

    #[test]
    fn a_message_that_changes_its_length_is_a_fault() {
        let mut assembler = Assembler::default();
        add(&mut assembler, 0, 4, 1);
        let mut other = fragment(4, 8);
        other.length = 9;
        let outcome = assembler.add(&other, FrameNumber::new(0, 2), &mut Budget(1000));
        assert!(
            matches!(outcome, Outcome::Refused(Some(fault)) if fault.name == "dtls-handshake-length-changed")
        );
    }

    #[test]
    fn the_budget_is_paid_back() {
        let (mut assembler, mut budget) = (Assembler::default(), Budget(5));
        let frame = FrameNumber::new(0, 1);
        assert_eq!(
            assembler.add(&fragment(0, 4), frame, &mut budget),
            Outcome::Fresh
        );
        assert_eq!(
            assembler.add(&fragment(4, 10), frame, &mut budget),
            Outcome::Refused(None)
        );
        assembler.release(&mut budget);
        assert_eq!(budget.0, 5);
    }

    #[test]
    fn a_message_too_long_is_refused() {
        let mut long = fragment(0, 4);
        long.length = 1 << 23;
        let outcome =
            Assembler::default().add(&long, FrameNumber::new(0, 1), &mut Budget(usize::MAX));
        assert!(matches!(outcome, Outcome::Refused(Some(_))));
    }
}
