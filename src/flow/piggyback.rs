//! DTLS handshakes that travel inside connectivity checks, so that they need no round trip of their own (libwebrtc's META-DTLS-IN-STUN).
//!
//! ```text
//! Binding request  META-DTLS-IN-STUN: ClientHello ──► on every pair that is checked
//!                  ◄── Binding success, META-DTLS-IN-STUN: ServerHello … on those that work
//! ```
//!
//! A pair whose checks nobody answers carries no handshake: what it brought is held until the first success, and told then.

use hashbrown::HashMap;

use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::wire::stun::Class;
use crate::wire::stun::Message;
use crate::wire::stun::Method;

/// What checks carried, by conversation.
#[derive(Debug, Default)]
pub(super) struct Piggyback {
    flows: HashMap<FlowId, Pair>,
}

#[derive(Debug, Default)]
struct Pair {
    works: bool,
    held: Vec<(Sighting, Vec<u8>)>,
}

impl Piggyback {
    /// Conversations remembered.
    const FLOWS: usize = 4_096;
    /// Datagrams held of one; a handshake has a dozen, and checks repeat them.
    const HELD: usize = 16;

    /// The DTLS datagrams that may be told now, in order: the message's own, and what waited for it.
    pub(super) fn take(
        &mut self,
        seen: Sighting,
        message: &Message<'_>,
    ) -> Vec<(Sighting, Vec<u8>)> {
        let own = message.dtls_in_stun().filter(|bytes| !bytes.is_empty());
        if own.is_none() && !self.flows.contains_key(&seen.flow) {
            return Vec::new();
        }
        if self.flows.len() >= Self::FLOWS && !self.flows.contains_key(&seen.flow) {
            return Vec::new();
        }
        let pair = self.flows.entry(seen.flow).or_default();
        if let Some(bytes) = own
            && pair.held.len() < Self::HELD
        {
            pair.held.push((seen, bytes.to_vec()));
        }
        pair.works |= message.class() == Class::Success
            && matches!(message.method(), Method::Binding | Method::GoogPing);
        if pair.works {
            std::mem::take(&mut pair.held)
        } else {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::address::Direction;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    fn seen(flow: u32, number: u64, direction: Direction) -> Sighting {
        Sighting {
            at: Timestamp::from_nanos(number * 1_000_000),
            frame: FrameNumber::new(0, number),
            flow: FlowId(flow),
            direction,
        }
    }

    /// A Binding message with that attribute; none when `dtls` is empty.
    fn message(kind: u16, dtls: &[u8]) -> Vec<u8> {
        let mut attribute = Vec::new();
        if !dtls.is_empty() {
            attribute.extend(0xc070_u16.to_be_bytes());
            attribute.extend((dtls.len() as u16).to_be_bytes());
            attribute.extend(dtls);
            attribute.resize(attribute.len().next_multiple_of(4), 0);
        }
        let length = attribute.len() as u16;
        let head = [
            &kind.to_be_bytes()[..],
            &length.to_be_bytes(),
            &[0x21, 0x12, 0xa4, 0x42],
        ];
        [head.concat(), vec![7; 12], attribute].concat()
    }

    fn take(piggyback: &mut Piggyback, seen: Sighting, kind: u16, dtls: &[u8]) -> Vec<Vec<u8>> {
        let bytes = message(kind, dtls);
        let message = Message::new(&bytes).expect("a message");
        let told = piggyback.take(seen, &message);
        told.into_iter().map(|(_, bytes)| bytes).collect()
    }

    const REQUEST: u16 = 0x0001;
    const SUCCESS: u16 = 0x0101;

    #[test]
    fn a_handshake_in_checks_is_told_once_its_pair_works() {
        let (ask, answer) = (Direction::Forward, Direction::Reverse);
        let mut piggyback = Piggyback::default();
        let none: [Vec<u8>; 0] = [];
        assert_eq!(
            take(&mut piggyback, seen(0, 1, ask), REQUEST, b"hello"),
            none
        );
        assert_eq!(
            take(&mut piggyback, seen(1, 2, ask), REQUEST, b"hello"),
            none
        );
        let told = take(&mut piggyback, seen(1, 3, answer), SUCCESS, b"answer");
        assert_eq!(told, [b"hello".to_vec(), b"answer".to_vec()]);
        let more = take(&mut piggyback, seen(1, 4, ask), REQUEST, b"more");
        assert_eq!(more, [b"more".to_vec()]);
        assert_eq!(take(&mut piggyback, seen(2, 5, answer), SUCCESS, b""), none);
        assert_eq!(
            piggyback.flows.len(),
            2,
            "ordinary checks are not remembered"
        );
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut piggyback = Piggyback::default();
        for number in 0..50 {
            take(
                &mut piggyback,
                seen(0, number, Direction::Forward),
                REQUEST,
                b"again",
            );
        }
        assert_eq!(piggyback.flows[&FlowId(0)].held.len(), Piggyback::HELD);
    }
}
