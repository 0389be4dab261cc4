//! Which peer connection is it? Decided as packets come, so that streams know their connection from their first packet.
//!
//! A peer connection is known by its user fragments: signaling ties them to a handle, checks tie them to conversations
//! (joins 1 and 6 of the design). Fragments are short random strings, and captures exist in which two calls share them (a
//! recording replayed, a merged set of files), so a match must also share a host, unless nothing else is in question.

use std::hash::BuildHasher;
use std::net::IpAddr;

use hashbrown::HashMap;

use crate::vocab::address::FiveTuple;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FlowId;
use crate::vocab::time::Timestamp;

/// Position of an identity in [`Identities`], from 0. Stays valid when identities merge.
pub type IdentityIndex = u32;

/// One of the two ends of an identity, before the report decides which is `a`: 0 or 1.
pub type Party = u8;

/// What signaling calls a peer connection: a dialogue and a handle within it.
pub type SignalKey = (DialogueId, Option<usize>);

/// One peer connection's identity.
#[derive(Debug, Default, Clone)]
pub struct Identity {
    /// User fragments by party, in order of appearance.
    pub ufrags: [Vec<String>; 2],
    /// Conversations with the party that `Direction::Forward` comes from.
    pub flows: Vec<(FlowId, Party)>,
    /// Signaling handles, and while which of their messages were about this connection.
    pub signaling: Vec<SignalSpan>,
    /// Who the parties say they are in their offers: SDP session id and certificate hash.
    passports: [Vec<Passport>; 2],
    /// Addresses in the packets: ends of conversations, of TURN legs and of the signaling connection.
    hosts: Vec<IpAddr>,
    /// Addresses that candidates declare: a weaker sign, since they may be private or copied.
    declared: Vec<IpAddr>,
    /// Where this identity went when it merged into another.
    merged_into: Option<IdentityIndex>,
}

/// The stretch of a signaling handle's messages that is about one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalSpan {
    /// The handle.
    pub key: SignalKey,
    /// Which party the client of its dialogue is.
    pub client: Party,
    /// From the first description on.
    pub from: Timestamp,
    /// Up to where another connection took the handle over.
    pub until: Option<Timestamp>,
}

/// What stays the same over a peer connection's life, ICE restarts included: the session id of `o=` (RFC 9429 §5.2.2) and
/// the certificate hash. A handle whose offers change both is used for a second call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passport {
    /// `sess-id` of the origin line.
    pub session_id: String,
    /// First `a=fingerprint`, as written.
    pub fingerprint: String,
}

/// A description as far as it tells who speaks.
#[derive(Debug, Clone, Copy)]
pub struct Introduction<'a> {
    /// The handle that it came on.
    pub key: SignalKey,
    /// When.
    pub at: Timestamp,
    /// Did the client of the dialogue send it?
    pub by_client: bool,
    /// Is it an offer?
    pub is_offer: bool,
    /// User fragments in it.
    pub ufrags: &'a [&'a str],
    /// Who the sender says it is.
    pub passport: &'a Passport,
    /// Both ends of the signaling connection.
    pub hosts: &'a [IpAddr],
    /// Addresses of candidates inside.
    pub declared: &'a [IpAddr],
}

/// What a check or a description changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The identity.
    pub identity: IdentityIndex,
    /// Conversations that belong to it from now on, with the party of their forward sender.
    pub flows: Vec<(FlowId, Party)>,
}

/// All identities, looked up by user fragment, by conversation and by signaling handle.
#[derive(Debug, Default)]
pub struct Identities {
    all: Vec<Identity>,
    by_ufrag: HashMap<String, Vec<IdentityIndex>>,
    /// Fragment and host: where calls share a fragment (a recording replayed for many clients), this finds the one at once.
    by_ufrag_and_host: HashMap<(u64, IpAddr), IdentityIndex>,
    hasher: foldhash::fast::RandomState,
    by_signal: HashMap<SignalKey, IdentityIndex>,
    by_path: Vec<IdentityIndex>,
}

impl Identities {
    /// Hosts and fragments kept per identity; more than a real call ever has.
    const KEPT: usize = 64;
    /// Identities looked at per user fragment, when none of them is known on the same host.
    const ALIKE: usize = 64;

    /// The identities in force, in order of first sight, with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (IdentityIndex, &Identity)> {
        (0..)
            .zip(&self.all)
            .filter(|(_, identity)| identity.merged_into.is_none())
    }

    /// The identity behind an index, merges followed.
    pub fn resolve(&self, mut index: IdentityIndex) -> IdentityIndex {
        while let Some(next) = self
            .all
            .get(index as usize)
            .and_then(|found| found.merged_into)
        {
            index = next;
        }
        index
    }

    /// A conversation showed checks between the owners of two user fragments: the next check path of the ICE tracker.
    ///
    /// `ufrags`: of the forward sender, of the reverse sender. `outer`: the ends of the TURN leg, for what ran inside one.
    pub fn check(
        &mut self,
        flow: FlowId,
        tuple: &FiveTuple,
        outer: Option<&FiveTuple>,
        ufrags: [&str; 2],
    ) -> Joined {
        let mut hosts = vec![tuple.a.ip, tuple.b.ip];
        hosts.extend(outer.iter().flat_map(|outer| [outer.a.ip, outer.b.ip]));
        let found = self.match_ufrags(&ufrags, &hosts);
        let index = found.unwrap_or_else(|| self.create());
        self.by_path.push(index);
        let Some(identity) = self.all.get_mut(index as usize) else {
            return Joined {
                identity: index,
                flows: Vec::new(),
            };
        };
        let forward = identity.party_of_forward(ufrags);
        identity.add_hosts(&hosts);
        let known = identity.flows.iter().any(|(known, _)| *known == flow);
        if !known {
            identity.flows.push((flow, forward));
        }
        self.add_ufrag(index, forward, ufrags[0]);
        self.add_ufrag(index, 1 - forward, ufrags[1]);
        self.index_hosts(index);
        Joined {
            identity: index,
            flows: vec![(flow, forward)],
        }
    }

    /// Signaling carried a description.
    pub fn description(&mut self, said: &Introduction<'_>) -> Joined {
        let known = self
            .by_signal
            .get(&said.key)
            .copied()
            .map(|index| self.resolve(index));
        let known = known.filter(|&index| !self.begins_another_call(index, said));
        let matched = self.match_ufrags(said.ufrags, said.hosts);
        let mut moved = Vec::new();
        let index = match (known, matched) {
            (Some(known), Some(matched)) if known != matched => {
                moved = self.merge(matched, known);
                known
            }
            (Some(index), _) | (None, Some(index)) => index,
            (None, None) => self.create(),
        };
        self.hand_over(said, index);
        let Some(identity) = self.all.get_mut(index as usize) else {
            return Joined {
                identity: index,
                flows: moved,
            };
        };
        identity.add_hosts(said.hosts);
        for ip in said.declared {
            if identity.declared.len() < Self::KEPT && !identity.declared.contains(ip) {
                identity.declared.push(*ip);
            }
        }
        let party = identity.party_of_sender(said);
        let passports = &mut identity.passports[usize::from(party)];
        if !passports.contains(said.passport) && passports.len() < Self::KEPT {
            passports.push(said.passport.clone());
        }
        for ufrag in said.ufrags {
            self.add_ufrag(index, party, ufrag);
        }
        self.index_hosts(index);
        Joined {
            identity: index,
            flows: moved,
        }
    }

    /// Does this offer, on a handle already in use, begin another call rather than renegotiate?
    fn begins_another_call(&self, index: IdentityIndex, said: &Introduction<'_>) -> bool {
        let Some(identity) = self.all.get(index as usize) else {
            return false;
        };
        let stranger = |known: &Passport| {
            known.session_id != said.passport.session_id
                && known.fingerprint != said.passport.fingerprint
        };
        let Some(client) = identity.client_of(said.key) else {
            return false;
        };
        let party = if said.by_client { client } else { 1 - client };
        let passports = &identity.passports[usize::from(party)];
        said.is_offer
            && !passports.is_empty()
            && passports.iter().all(stranger)
            && !said.ufrags.iter().any(|ufrag| identity.knows(ufrag))
    }

    /// The handle's messages are about identity `index` from here on.
    fn hand_over(&mut self, said: &Introduction<'_>, index: IdentityIndex) {
        let before = self.by_signal.insert(said.key, index);
        let Some(before) = before.map(|before| self.resolve(before)) else {
            return;
        };
        if before != index
            && let Some(identity) = self.all.get_mut(before as usize)
        {
            for span in identity
                .signaling
                .iter_mut()
                .filter(|span| span.key == said.key)
            {
                span.until.get_or_insert(said.at);
            }
        }
    }

    /// The identity that a signaling handle's messages are about now.
    pub fn of_signal(&self, key: SignalKey) -> Option<IdentityIndex> {
        self.by_signal.get(&key).map(|&index| self.resolve(index))
    }

    /// The identity of the ICE tracker's check path at position `path`.
    pub fn of_path(&self, path: usize) -> Option<IdentityIndex> {
        self.by_path.get(path).map(|&index| self.resolve(index))
    }

    /// The identity at an index, merges followed.
    pub fn get(&self, index: IdentityIndex) -> Option<&Identity> {
        self.all.get(self.resolve(index) as usize)
    }

    fn create(&mut self) -> IdentityIndex {
        self.all.push(Identity::default());
        (self.all.len() - 1) as IdentityIndex
    }

    /// The best identity that knows one of the fragments and does not live on other hosts.
    fn match_ufrags(&self, ufrags: &[&str], hosts: &[IpAddr]) -> Option<IdentityIndex> {
        let mut here = Vec::new();
        for ufrag in ufrags {
            let hash = self.hasher.hash_one(ufrag);
            let found = hosts
                .iter()
                .filter_map(|host| self.by_ufrag_and_host.get(&(hash, *host)));
            here.extend(found.map(|&index| (index, false)));
        }
        self.best(&here, ufrags, hosts).or_else(|| {
            let anywhere = ufrags.iter().filter_map(|ufrag| self.by_ufrag.get(*ufrag));
            let alike: Vec<(IdentityIndex, bool)> = anywhere
                .flat_map(|alike| {
                    alike
                        .iter()
                        .take(Self::ALIKE)
                        .map(|&index| (index, alike.len() == 1))
                })
                .collect();
            self.best(&alike, ufrags, hosts)
        })
    }

    /// The candidate that fits best; with each, whether it is the only one with its fragment. The first of equals.
    fn best(
        &self,
        candidates: &[(IdentityIndex, bool)],
        ufrags: &[&str],
        hosts: &[IpAddr],
    ) -> Option<IdentityIndex> {
        let mut best: Option<(u32, IdentityIndex)> = None;
        for &(index, alone) in candidates {
            let index = self.resolve(index);
            let Some(identity) = self.all.get(index as usize) else {
                continue;
            };
            let score = identity.score(ufrags, hosts, alone);
            if score > 0 && best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, index));
            }
        }
        best.map(|(_, index)| index)
    }

    /// Makes an identity findable by its fragments and hosts together.
    fn index_hosts(&mut self, index: IdentityIndex) {
        let Some(identity) = self.all.get(index as usize) else {
            return;
        };
        // The latest generations are what is asked for; a call has few hosts.
        let latest = |list: &'_ Vec<String>| list.len().saturating_sub(4);
        let ufrags = identity
            .ufrags
            .iter()
            .flat_map(|list| &list[latest(list)..]);
        for ufrag in ufrags {
            let hash = self.hasher.hash_one(ufrag.as_str());
            for host in identity.hosts.iter().take(8) {
                self.by_ufrag_and_host.entry((hash, *host)).or_insert(index);
            }
        }
    }

    fn add_ufrag(&mut self, index: IdentityIndex, party: Party, ufrag: &str) {
        let Some(identity) = self.all.get_mut(index as usize) else {
            return;
        };
        let list = &mut identity.ufrags[usize::from(party)];
        if list.iter().any(|known| known == ufrag) || list.len() >= Self::KEPT {
            return;
        }
        list.push(ufrag.to_owned());
        let alike = self.by_ufrag.entry_ref(ufrag).or_default();
        if !alike.contains(&index) {
            alike.push(index);
        }
    }

    /// Moves everything of `from` into `into`; gives the conversations moved, as parties of `into`.
    fn merge(&mut self, from: IdentityIndex, into: IdentityIndex) -> Vec<(FlowId, Party)> {
        let Some(source) = self.all.get_mut(from as usize).map(std::mem::take) else {
            return Vec::new();
        };
        if let Some(slot) = self.all.get_mut(from as usize) {
            slot.merged_into = Some(into);
        }
        let flipped = {
            let Some(target) = self.all.get(into as usize) else {
                return Vec::new();
            };
            let crosses = |party: usize| {
                source.ufrags[party]
                    .iter()
                    .any(|ufrag| target.ufrags[1 - party].contains(ufrag))
            };
            crosses(0) || crosses(1)
        };
        let turn = |party: Party| if flipped { 1 - party } else { party };
        let moved: Vec<_> = source
            .flows
            .iter()
            .map(|&(flow, party)| (flow, turn(party)))
            .collect();
        for party in 0..2_u8 {
            for ufrag in &source.ufrags[usize::from(party)] {
                self.add_ufrag(into, turn(party), ufrag);
            }
        }
        if let Some(target) = self.all.get_mut(into as usize) {
            target.flows.extend(&moved);
            target.add_hosts(&source.hosts);
            target
                .signaling
                .extend(source.signaling.iter().map(|span| SignalSpan {
                    client: turn(span.client),
                    ..*span
                }));
            for party in 0..2_u8 {
                target.passports[usize::from(turn(party))]
                    .extend_from_slice(&source.passports[usize::from(party)]);
            }
        }
        moved
    }
}

impl Identity {
    /// How well a sighting with these fragments on these hosts fits; 0 is not at all.
    fn score(&self, ufrags: &[&str], hosts: &[IpAddr], alone: bool) -> u32 {
        let known = ufrags.iter().filter(|ufrag| self.knows(ufrag)).count() as u32;
        let shared = hosts.iter().filter(|ip| self.hosts.contains(ip)).count() as u32;
        let declared = hosts.iter().any(|ip| self.declared.contains(ip));
        // A dual-stack call meets on IPv6 after signaling or checks on IPv4: another family contradicts nothing.
        let other_family = !self.hosts.is_empty()
            && hosts
                .iter()
                .all(|ip| self.hosts.iter().all(|host| host.is_ipv4() != ip.is_ipv4()));
        let unopposed = alone && self.flows.is_empty();
        if shared == 0 && !declared && !other_family && !unopposed {
            return 0;
        }
        known * 16 + shared * 4 + u32::from(declared) * 2 + 1
    }

    fn knows(&self, ufrag: &str) -> bool {
        self.ufrags
            .iter()
            .any(|list| list.iter().any(|known| known == ufrag))
    }

    /// The party that a user fragment belongs to; `None` when neither or both say it.
    pub fn owner_of(&self, ufrag: &str) -> Option<Party> {
        let knows = |party: usize| self.ufrags[party].iter().any(|known| known == ufrag);
        match (knows(0), knows(1)) {
            (true, false) => Some(0),
            (false, true) => Some(1),
            _ => None,
        }
    }

    fn party_knowing(&self, ufrag: &str) -> Option<Party> {
        (0..2_u8).find(|&party| {
            self.ufrags[usize::from(party)]
                .iter()
                .any(|known| known == ufrag)
        })
    }

    /// Which party the forward sender is. Equal fragments tell nothing: the forward sender is then party 0.
    fn party_of_forward(&self, [forward, reverse]: [&str; 2]) -> Party {
        if forward == reverse {
            return 0;
        }
        self.party_knowing(forward)
            .or_else(|| self.party_knowing(reverse).map(|party| 1 - party))
            .unwrap_or(0)
    }

    /// Which party the client of this handle's dialogue is.
    fn client_of(&self, key: SignalKey) -> Option<Party> {
        self.signaling
            .iter()
            .rev()
            .find(|span| span.key == key)
            .map(|span| span.client)
    }

    /// Which party the sender of a description is: known by its fragments, else by what its dialogue's client is.
    fn party_of_sender(&mut self, said: &Introduction<'_>) -> Party {
        let by_ufrag = said
            .ufrags
            .iter()
            .find_map(|ufrag| self.party_knowing(ufrag));
        let as_sent = |client: Party| if said.by_client { client } else { 1 - client };
        let known = self.client_of(said.key);
        let party = by_ufrag
            .or_else(|| known.map(as_sent))
            .unwrap_or_else(|| as_sent(0));
        if known.is_none() && self.signaling.len() < Identities::KEPT {
            self.signaling.push(SignalSpan {
                key: said.key,
                client: as_sent(party),
                from: said.at,
                until: None,
            });
        }
        party
    }

    fn add_hosts(&mut self, hosts: &[IpAddr]) {
        for ip in hosts {
            if self.hosts.len() < Identities::KEPT && !self.hosts.contains(ip) {
                self.hosts.push(*ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::address::Transport;
    use crate::vocab::address::TransportAddress;

    fn tuple(a: [u8; 4], b: [u8; 4]) -> FiveTuple {
        let end = |ip: [u8; 4]| TransportAddress::new(IpAddr::from(ip), 5000);
        FiveTuple {
            transport: Transport::Udp,
            a: end(a),
            b: end(b),
        }
    }

    const ALICE: [u8; 4] = [192, 168, 10, 2];
    const JANUS: [u8; 4] = [203, 0, 113, 10];

    #[test]
    fn a_check_in_the_other_direction_is_the_same_connection() {
        let mut all = Identities::default();
        let one = all.check(FlowId(0), &tuple(ALICE, JANUS), None, ["aaaa", "bbbb"]);
        let two = all.check(FlowId(1), &tuple(JANUS, ALICE), None, ["bbbb", "aaaa"]);
        assert_eq!(one.identity, two.identity);
        assert_eq!((one.flows[0].1, two.flows[0].1), (0, 1));
    }

    #[test]
    fn the_same_fragments_between_other_hosts_are_another_call() {
        let mut all = Identities::default();
        let one = all.check(FlowId(0), &tuple(ALICE, JANUS), None, ["aaaa", "bbbb"]);
        let two = all.check(
            FlowId(1),
            &tuple([10, 0, 0, 2], [11, 0, 0, 10]),
            None,
            ["aaaa", "bbbb"],
        );
        assert_ne!(one.identity, two.identity);
    }

    /// What the client (or the server) of dialogue `dialogue` introduces itself with.
    fn say(
        all: &mut Identities,
        dialogue: u32,
        by_client: bool,
        ufrag: &str,
        session_id: &str,
        hosts: [[u8; 4]; 2],
    ) -> Joined {
        all.description(&Introduction {
            key: (DialogueId(dialogue), None),
            at: Timestamp::from_nanos(7),
            by_client,
            is_offer: by_client,
            ufrags: &[ufrag],
            passport: &Passport {
                session_id: session_id.into(),
                fingerprint: session_id.into(),
            },
            hosts: &hosts.map(IpAddr::from),
            declared: &[],
        })
    }

    #[test]
    fn a_restart_in_signaling_keeps_the_connection() {
        let mut all = Identities::default();
        let first = say(&mut all, 0, true, "aaaa", "1", [ALICE, JANUS]);
        all.check(FlowId(0), &tuple(ALICE, JANUS), None, ["aaaa", "bbbb"]);
        say(&mut all, 0, false, "bbbb", "2", [ALICE, JANUS]);
        say(&mut all, 0, true, "cccc", "1", [ALICE, JANUS]);
        let after = all.check(FlowId(1), &tuple(ALICE, JANUS), None, ["cccc", "dddd"]);
        assert_eq!(first.identity, after.identity);
        let identity = all.get(after.identity).unwrap();
        assert_eq!(
            identity.ufrags,
            [vec!["aaaa", "cccc"], vec!["bbbb", "dddd"]]
        );
    }

    #[test]
    fn an_offer_of_a_stranger_on_the_same_handle_is_another_call() {
        let mut all = Identities::default();
        let first = say(&mut all, 0, true, "aaaa", "1", [ALICE, JANUS]);
        let second = say(&mut all, 0, true, "eeee", "9", [ALICE, JANUS]);
        assert_ne!(first.identity, second.identity);
        assert!(
            all.get(first.identity).unwrap().signaling[0]
                .until
                .is_some()
        );
    }

    #[test]
    fn signaling_that_comes_late_takes_over_what_checks_showed() {
        let mut all = Identities::default();
        let checks = all.check(FlowId(0), &tuple(ALICE, JANUS), None, ["aaaa", "bbbb"]);
        // The answer is read first: the offer was before the capture.
        let answer = say(&mut all, 0, false, "bbbb", "2", [ALICE, JANUS]);
        assert_eq!(checks.identity, answer.identity);
        assert_eq!(all.get(answer.identity).unwrap().signaling[0].client, 0);
    }

    #[test]
    fn two_dialogues_about_one_call_are_one_connection() {
        let (server, bob) = ([203, 0, 113, 30], [203, 0, 113, 102]);
        let mut all = Identities::default();
        let one = say(&mut all, 0, true, "aaaa", "1", [ALICE, server]);
        let two = say(&mut all, 1, false, "aaaa", "1", [bob, server]);
        assert_eq!(one.identity, two.identity);
        // Bob is the client of his dialogue and not the owner of alice's fragment.
        let clients: Vec<_> = all
            .get(two.identity)
            .unwrap()
            .signaling
            .iter()
            .map(|span| span.client)
            .collect();
        assert_eq!(clients, [0, 1]);
    }
}
