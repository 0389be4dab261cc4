//! Which conversation uses which keys.
//!
//! Keys come from a DTLS handshake, which names its conversation, or from SDP, which names none. After an ICE restart, or inside a relay, packets
//! with the same keys run on other conversations. So a conversation without keys of its own tries the others': the authentication tag says which
//! fit, and from then on they are its own.

use hashbrown::HashMap;

use crate::crypt::srtp::keys::Keys;
use crate::vocab::address::Direction;
use crate::vocab::ids::FlowId;

/// The keys known, and whose they are.
#[derive(Debug, Default)]
pub struct Keyring {
    keys: Vec<Keys>,
    owners: HashMap<(FlowId, Direction), Owner>,
}

/// Keys for the media of one direction of a conversation.
#[derive(Debug, Clone, Copy)]
pub enum MediaKeys<'a> {
    /// None are known.
    None,
    /// One of several, which the next SRTCP packet's tag will tell.
    Unproved,
    /// These: a tag proved them, or the handshake left no choice.
    Known(&'a Keys),
}

/// What is known of one direction of a conversation.
#[derive(Debug, Clone, Copy, Default)]
struct Owner {
    /// Place of its keys.
    own: Option<usize>,
    /// Did a tag fit them?
    proved: bool,
    /// Did handshakes leave a choice between several?
    unsure: bool,
    /// Datagrams that no key opened.
    vain: u32,
    /// How many keys there were when last all were tried.
    tried: usize,
}

impl Keyring {
    /// No keys?
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds what one side sends with. `owner`: the conversation and direction that a handshake named.
    pub fn add(&mut self, keys: Keys, owner: Option<(FlowId, Direction)>) {
        if self.keys.len() >= KEYS_MAX {
            return;
        }
        // A handshake seen twice, or one description sent again, brings nothing new; the latest are tried first.
        let known = self
            .keys
            .iter()
            .rev()
            .take(TRIED_MAX)
            .position(|known| *known == keys);
        let place = known.map_or(self.keys.len(), |back| self.keys.len() - 1 - back);
        if place == self.keys.len() {
            self.keys.push(keys);
        }
        if let Some(owner) = owner {
            let owner = self.owners.entry(owner).or_default();
            owner.unsure |= owner.own.is_some_and(|own| own != place);
            owner.own = Some(place);
        }
    }

    /// The plain RTCP packets of an SRTCP datagram, and whose keys opened it.
    pub fn open_rtcp(
        &mut self,
        flow: FlowId,
        direction: Direction,
        datagram: &[u8],
    ) -> Option<Vec<u8>> {
        if self.keys.is_empty() {
            return None;
        }
        if !self.owners.contains_key(&(flow, direction)) && self.owners.len() >= OWNERS_MAX {
            return None;
        }
        let owner = self.owners.entry((flow, direction)).or_default();
        let own = owner.own.and_then(|place| self.keys.get(place));
        if let Some(plain) = own.and_then(|keys| keys.open_rtcp(datagram)) {
            owner.proved = true;
            return Some(plain);
        }
        if owner.vain >= VAIN_MAX && owner.tried == self.keys.len() {
            return None;
        }
        let all = self.keys.iter().enumerate().rev().take(TRIED_MAX);
        for (place, keys) in all {
            if let Some(plain) = keys.open_rtcp(datagram) {
                owner.own = Some(place);
                owner.proved = true;
                return Some(plain);
            }
        }
        owner.vain = if owner.tried == self.keys.len() {
            owner.vain + 1
        } else {
            1
        };
        owner.tried = self.keys.len();
        None
    }

    /// The keys of one direction of a conversation, once a tag has proved them.
    pub fn proved(&self, flow: FlowId, direction: Direction) -> Option<&Keys> {
        let owner = self.owners.get(&(flow, direction))?;
        owner.proved.then(|| self.keys.get(owner.own?)).flatten()
    }

    /// What there is to decrypt the media of one direction of a conversation with.
    pub fn for_media(&self, flow: FlowId, direction: Direction) -> MediaKeys<'_> {
        let owner = self.owners.get(&(flow, direction));
        let keys = owner.and_then(|owner| Some((owner, self.keys.get(owner.own?)?)));
        match keys {
            Some((owner, keys)) if owner.proved || !owner.unsure => MediaKeys::Known(keys),
            Some(_) => MediaKeys::Unproved,
            None => MediaKeys::None,
        }
    }

    /// Does any direction of a conversation have proved keys?
    pub fn opens(&self, flow: FlowId) -> bool {
        [Direction::Forward, Direction::Reverse]
            .into_iter()
            .any(|direction| self.proved(flow, direction).is_some())
    }
}

/// Keys kept: two for each of some ten thousand calls.
const KEYS_MAX: usize = 1 << 15;
/// Conversations kept, by direction.
const OWNERS_MAX: usize = 1 << 17;
/// Keys tried on a datagram whose conversation has none: those of the latest calls.
const TRIED_MAX: usize = 64;
/// Datagrams of one direction that may try all keys in vain; then only new keys are worth a try.
const VAIN_MAX: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::hash::Hash;
    use crate::crypt::srtp::derive::Label;
    use crate::crypt::srtp::derive::counter_mode;
    use crate::crypt::srtp::derive::session_key;
    use crate::crypt::srtp::protection::Protection;

    fn keys(seed: u8) -> Keys {
        let protection = Protection::of_suite("AES_CM_128_HMAC_SHA1_80").expect("known");
        Keys::new(protection, &[seed; 16], &[seed; 14]).expect("fits")
    }

    /// A receiver report without blocks, sealed as `keys(seed)` would; the IV is made by hand.
    fn sealed(seed: u8, index: u32) -> Vec<u8> {
        let make = |label, length| session_key(&[seed; 16], &[seed; 14], label, length).unwrap();
        let mut datagram = vec![0x80, 201, 0, 2, 0, 0, 0, 7, 1, 2, 3, 4];
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(&make(Label::RtcpSalt, 14));
        iv[7] ^= 7;
        for (byte, number) in iv[10..14].iter_mut().zip(index.to_be_bytes()) {
            *byte ^= number;
        }
        counter_mode(&make(Label::RtcpEncryption, 16), &iv, &mut datagram[8..]).unwrap();
        datagram.extend((index | 1 << 31).to_be_bytes());
        let tag = Hash::Sha1.hmac(&make(Label::RtcpAuthentication, 20), &[&datagram]);
        datagram.extend(&tag[..10]);
        datagram
    }

    const PLAIN: [u8; 12] = [0x80, 201, 0, 2, 0, 0, 0, 7, 1, 2, 3, 4];

    #[test]
    fn keys_open_the_conversation_that_a_handshake_named() {
        let mut ring = Keyring::default();
        ring.add(keys(1), Some((FlowId(3), Direction::Forward)));
        ring.add(keys(2), Some((FlowId(3), Direction::Reverse)));
        assert!(ring.proved(FlowId(3), Direction::Reverse).is_none());
        let opened = ring.open_rtcp(FlowId(3), Direction::Reverse, &sealed(2, 5));
        assert_eq!(opened.as_deref(), Some(&PLAIN[..]));
        assert!(ring.opens(FlowId(3)) && ring.proved(FlowId(3), Direction::Reverse).is_some());
        assert!(ring.proved(FlowId(3), Direction::Forward).is_none());
    }

    #[test]
    fn keys_of_several_profiles_wait_for_a_tag_before_media_is_read() {
        let mut ring = Keyring::default();
        let at = (FlowId(3), Direction::Forward);
        assert!(matches!(ring.for_media(at.0, at.1), MediaKeys::None));
        ring.add(keys(1), Some(at));
        assert!(matches!(ring.for_media(at.0, at.1), MediaKeys::Known(it) if *it == keys(1)));
        ring.add(keys(2), Some(at));
        assert!(matches!(ring.for_media(at.0, at.1), MediaKeys::Unproved));
        ring.open_rtcp(at.0, at.1, &sealed(1, 5)).expect("opens");
        assert!(matches!(ring.for_media(at.0, at.1), MediaKeys::Known(it) if *it == keys(1)));
    }

    #[test]
    fn another_conversation_with_the_same_keys_is_found_by_its_tag() {
        let mut ring = Keyring::default();
        ring.add(keys(1), Some((FlowId(3), Direction::Forward)));
        ring.add(keys(2), None);
        assert!(
            ring.open_rtcp(FlowId(9), Direction::Reverse, &sealed(1, 5))
                .is_some()
        );
        assert_eq!(
            ring.proved(FlowId(9), Direction::Reverse),
            Some(&keys(1)),
            "remembered"
        );
        assert!(
            ring.open_rtcp(FlowId(9), Direction::Forward, &sealed(4, 5))
                .is_none()
        );
    }

    #[test]
    fn trying_in_vain_ends_until_new_keys_come() {
        let mut ring = Keyring::default();
        ring.add(keys(1), None);
        for index in 0..VAIN_MAX + 4 {
            assert!(
                ring.open_rtcp(FlowId(0), Direction::Forward, &sealed(2, index))
                    .is_none()
            );
        }
        ring.add(keys(2), None);
        assert!(
            ring.open_rtcp(FlowId(0), Direction::Forward, &sealed(2, 99))
                .is_some()
        );
    }
}
