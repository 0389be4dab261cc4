//! STUN transactions: which message repeats another, and which answers which (RFC 8489 §6).
//!
//! ICE and TURN both live on transactions of the same conversations, so they are matched once, here, and handed to both.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::vocab::address::Direction;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::stun::Class;
use crate::wire::stun::Message;

/// A request as its transaction remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSeen {
    /// Which way it ran.
    pub direction: Direction,
    /// When it was first seen.
    pub at: Timestamp,
    /// Frame of the first sight.
    pub frame: FrameNumber,
    /// When it was last repeated; `at` when it never was.
    pub last_at: Timestamp,
    /// Repetitions.
    pub retransmissions: u16,
    /// Did it carry USE-CANDIDATE?
    pub use_candidate: bool,
    /// Did it carry MESSAGE-INTEGRITY?
    pub authenticated: bool,
}

/// A message's place in its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// First sight of a request.
    Request,
    /// The same transaction id again, from the same end.
    Retransmission(RequestSeen),
    /// The first answer to a request seen.
    Answer(RequestSeen),
    /// Another answer to the same request.
    RepeatedAnswer(RequestSeen),
    /// An answer whose request was not seen.
    Orphan,
    /// No transaction: an indication.
    Indication,
}

/// What the messages come to, for the report's protocol counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StunCounts {
    /// Messages by type word (`binding-request`).
    pub types: BTreeMap<String, u64>,
    /// Requests seen for the first time.
    pub requests: u64,
    /// Requests that got an answer.
    pub answered: u64,
    /// Repeated requests.
    pub retransmissions: u64,
}

/// Matches answers to requests, per conversation. Remembers [`Transactions::KEPT`] requests of each.
#[derive(Debug, Default)]
pub struct Transactions {
    flows: HashMap<FlowId, VecDeque<Open>>,
    /// `(method, class)` to count: few distinct values, so the words are made once, at the end.
    types: BTreeMap<(u16, u8), (String, u64)>,
    requests: u64,
    answered: u64,
    retransmissions: u64,
}

#[derive(Debug)]
struct Open {
    id: [u8; 12],
    request: RequestSeen,
    answered: bool,
}

impl Transactions {
    /// Requests remembered per conversation; an answer later than that many newer requests is an orphan.
    pub const KEPT: usize = 128;

    /// Finds the message's place, and counts it.
    pub fn observe(&mut self, seen: Sighting, message: &Message<'_>) -> Exchange {
        self.count_type(message);
        let id = message.transaction_id();
        match message.class() {
            Class::Indication => Exchange::Indication,
            Class::Request => self.request(seen, id, message),
            Class::Success | Class::Error => self.answer(seen, id),
        }
    }

    /// The counts so far.
    pub fn counts(&self) -> StunCounts {
        StunCounts {
            types: self.types.values().cloned().collect(),
            requests: self.requests,
            answered: self.answered,
            retransmissions: self.retransmissions,
        }
    }

    fn count_type(&mut self, message: &Message<'_>) {
        let key = (message.method().code(), message.class() as u8);
        self.types
            .entry(key)
            .or_insert_with(|| (message.message_type().to_string(), 0))
            .1 += 1;
    }

    fn request(&mut self, seen: Sighting, id: [u8; 12], message: &Message<'_>) -> Exchange {
        let open = self.flows.entry(seen.flow).or_default();
        let known = open
            .iter_mut()
            .rev()
            .find(|open| open.id == id && open.request.direction == seen.direction);
        if let Some(open) = known {
            open.request.retransmissions = open.request.retransmissions.saturating_add(1);
            open.request.last_at = seen.at;
            self.retransmissions += 1;
            return Exchange::Retransmission(open.request);
        }
        if open.len() == Self::KEPT {
            open.pop_front();
        }
        open.push_back(Open {
            id,
            answered: false,
            request: RequestSeen {
                direction: seen.direction,
                at: seen.at,
                frame: seen.frame,
                last_at: seen.at,
                retransmissions: 0,
                use_candidate: message.use_candidate(),
                authenticated: message.message_integrity().is_some(),
            },
        });
        self.requests += 1;
        Exchange::Request
    }

    fn answer(&mut self, seen: Sighting, id: [u8; 12]) -> Exchange {
        let found = self.flows.get_mut(&seen.flow).and_then(|open| {
            open.iter_mut()
                .rev()
                .find(|open| open.id == id && open.request.direction != seen.direction)
        });
        match found {
            None => Exchange::Orphan,
            Some(open) if open.answered => Exchange::RepeatedAnswer(open.request),
            Some(open) => {
                open.answered = true;
                self.answered += 1;
                Exchange::Answer(open.request)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::testing::Stun;
    use crate::track::testing::seen;

    fn observe(
        all: &mut Transactions,
        millis: u64,
        direction: Direction,
        bytes: &[u8],
    ) -> Exchange {
        let message = Message::new(bytes).unwrap();
        all.observe(seen(millis, millis, direction), &message)
    }

    #[test]
    fn an_answer_finds_its_request_by_transaction_id() {
        let mut all = Transactions::default();
        let (request, answer) = (Stun::new(0x0001, 1).bytes(), Stun::new(0x0101, 1).bytes());
        assert_eq!(
            observe(&mut all, 1, Direction::Forward, &request),
            Exchange::Request
        );
        let Exchange::Answer(asked) = observe(&mut all, 4, Direction::Reverse, &answer) else {
            panic!("no answer")
        };
        assert_eq!(asked.frame, FrameNumber::new(0, 1));
        assert!(matches!(
            observe(&mut all, 5, Direction::Reverse, &answer),
            Exchange::RepeatedAnswer(_)
        ));
        assert_eq!((all.counts().requests, all.counts().answered), (1, 1));
    }

    #[test]
    fn a_retransmitted_request_is_no_new_one() {
        let mut all = Transactions::default();
        let request = Stun::new(0x0001, 1).bytes();
        observe(&mut all, 1, Direction::Forward, &request);
        let Exchange::Retransmission(first) = observe(&mut all, 9, Direction::Forward, &request)
        else {
            panic!("no retransmission")
        };
        assert_eq!((first.frame.number(), first.retransmissions), (1, 1));
        assert_eq!(all.counts().types["binding-request"], 2);
        assert_eq!(
            (all.counts().requests, all.counts().retransmissions),
            (1, 1)
        );
    }

    #[test]
    fn an_answer_without_request_is_an_orphan_and_so_is_one_from_the_same_end() {
        let mut all = Transactions::default();
        let answer = Stun::new(0x0101, 1).bytes();
        assert_eq!(
            observe(&mut all, 1, Direction::Reverse, &answer),
            Exchange::Orphan
        );
        observe(
            &mut all,
            2,
            Direction::Reverse,
            &Stun::new(0x0001, 1).bytes(),
        );
        assert_eq!(
            observe(&mut all, 3, Direction::Reverse, &answer),
            Exchange::Orphan
        );
    }

    #[test]
    fn a_flood_of_requests_keeps_only_the_latest() {
        let mut all = Transactions::default();
        for id in 0..=255 {
            observe(
                &mut all,
                u64::from(id),
                Direction::Forward,
                &Stun::new(0x0001, id).bytes(),
            );
        }
        let kept = all.flows[&FlowId(0)].len();
        assert_eq!((kept, all.counts().requests), (Transactions::KEPT, 256));
    }
}
