//! From conversations of packets to associations.
//!
//! A conversation usually has one association. A fresh ClientHello (another random) begins a second one on the same five-tuple: a restarted
//! peer, or two ends that both believe to be the client. Captures that begin in the middle of a call show ciphertext only; one such datagram
//! could be anything, so a second that goes with it has to follow before an association is believed.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;
use hashbrown::HashSet;

use crate::crypt::keylog::KeyLog;
use crate::track::dtls::assembly::Budget;
use crate::track::dtls::association::Association;
use crate::track::dtls::association::State;
use crate::track::dtls::conversation::Conversation;
use crate::track::dtls::conversation::Datagram;
use crate::track::dtls::conversation::Plaintext;
use crate::track::dtls::conversation::Surroundings;
use crate::track::dtls::glance::Ciphertext;
use crate::track::dtls::glance::Start;
use crate::vocab::fault::FaultLog;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::wire::dtls::probe::probe;
use crate::wire::tls::srtp_profile::SrtpProfile;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Associations in all; further ones are counted in [`Tracker::refused`].
    pub associations: usize,
    /// Conversations that have shown one datagram of ciphertext and wait for a second.
    pub unconfirmed: usize,
    /// Bytes of unfinished handshake messages in all.
    pub reassembly_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            associations: 65_536,
            unconfirmed: 1_024,
            reassembly_bytes: 32 << 20,
        }
    }
}

/// Follows every DTLS association of a capture.
#[derive(Debug)]
pub struct Tracker {
    limits: Limits,
    budget: Budget,
    associations: Vec<Association>,
    flows: HashMap<FlowId, Vec<Live>>,
    unconfirmed: HashMap<FlowId, Unconfirmed>,
    /// Conversations in `unconfirmed`, longest waiting first; may name some that have been confirmed since.
    waiting: VecDeque<FlowId>,
    refused: u64,
    log: Arc<KeyLog>,
    /// Application data that keys opened, not taken yet.
    data: Vec<Plaintext>,
}

/// An association whose records may still come.
#[derive(Debug)]
struct Live {
    id: AssociationId,
    conversation: Conversation,
}

/// The first datagram of ciphertext on a conversation without handshake.
#[derive(Debug, Clone)]
struct Unconfirmed {
    seen: Sighting,
    datagram: Vec<u8>,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Tracker {
    /// Associations of one conversation whose records are told apart.
    const LIVE_PER_FLOW: usize = 4;

    /// A tracker that keeps at most as much as `limits` say.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            budget: Budget(limits.reassembly_bytes),
            associations: Vec::new(),
            flows: HashMap::new(),
            unconfirmed: HashMap::new(),
            waiting: VecDeque::new(),
            refused: 0,
            log: Arc::default(),
            data: Vec::new(),
        }
    }

    /// Takes a datagram whose first byte is DTLS's (20 to 63). Broken rules go to `faults` under the datagram's frame; a datagram that
    /// belongs to no association leaves none, because it may be another protocol altogether.
    pub fn observe(&mut self, seen: Sighting, datagram: &[u8], faults: &mut FaultLog) {
        let datagram = Datagram {
            bytes: datagram,
            cut: false,
        };
        self.take(seen, datagram, faults);
    }

    /// As [`Self::observe`], for a datagram that the capture cut short: that its last record ends early is then no fault.
    pub fn observe_cut(&mut self, seen: Sighting, datagram: &[u8], faults: &mut FaultLog) {
        let datagram = Datagram {
            bytes: datagram,
            cut: true,
        };
        self.take(seen, datagram, faults);
    }

    /// Takes a larger key log: records from now on are opened with it.
    pub fn set_key_log(&mut self, log: Arc<KeyLog>) {
        self.log = log;
    }

    /// Application data that keys opened since it was asked for last.
    pub fn take_data(&mut self) -> Vec<Plaintext> {
        std::mem::take(&mut self.data)
    }

    /// Forgets what only a datagram to come would ask for; the associations stay.
    pub fn forget_what_waits(&mut self) {
        self.flows = HashMap::new();
        self.unconfirmed = HashMap::new();
        self.waiting = VecDeque::new();
    }

    /// All associations, in order of their first record.
    pub fn associations(&self) -> &[Association] {
        &self.associations
    }

    /// The latest association of a conversation.
    pub fn on_flow(&self, flow: FlowId) -> Option<&Association> {
        let live = self.flows.get(&flow)?.last()?;
        self.associations.get(live.id.index())
    }

    /// Says which SRTP profiles open the media of a conversation. Where the handshake hid its choice (DTLS 1.3 answers under encryption) and only
    /// one of those offered does, that was chosen.
    pub fn prove_profile(&mut self, flow: FlowId, opens: impl Fn(SrtpProfile) -> bool) {
        let live = self.flows.get(&flow).and_then(|known| known.last());
        let association = live.and_then(|live| self.associations.get_mut(live.id.index()));
        if let Some(association) = association
            && association.srtp_profile.is_none()
        {
            let offered = &association.srtp_profiles_offered;
            let mut fitting = offered.iter().copied().filter(|profile| opens(*profile));
            if let (Some(chosen), None) = (fitting.next(), fitting.next()) {
                association.srtp_profile = Some(chosen);
            }
        }
    }

    /// Records of all associations.
    pub fn records(&self) -> u64 {
        self.associations.iter().map(|a| a.records).sum()
    }

    /// Handshakes seen to complete.
    pub fn handshakes(&self) -> usize {
        let finished = |association: &&Association| association.handshake_finished_at.is_some();
        self.associations.iter().filter(finished).count()
    }

    /// Associations that were not kept, for [`Limits::associations`] was reached.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    fn take(&mut self, seen: Sighting, datagram: Datagram<'_>, faults: &mut FaultLog) {
        let start = Start::of(datagram.bytes);
        if let Some(position) = self.position(seen, &start) {
            return self.feed(position, seen, datagram, faults);
        }
        match start {
            Start::Hello(_) | Start::Handshake => {
                if probe(datagram.bytes)
                    && let Some(position) = self.open(seen, State::Connecting)
                {
                    self.feed(position, seen, datagram, faults);
                }
            }
            Start::Other => match self.confirm(seen, datagram.bytes) {
                Verdict::Wait => {}
                Verdict::Alone => {
                    if let Some(position) = self.open(seen, State::Unknown) {
                        self.feed(position, seen, datagram, faults);
                    }
                }
                Verdict::With(earlier) => {
                    if let Some(position) = self.open(earlier.seen, State::Unknown) {
                        let first = Datagram {
                            bytes: &earlier.datagram,
                            cut: false,
                        };
                        self.feed(position, earlier.seen, first, faults);
                        self.feed(position, seen, datagram, faults);
                    }
                }
            },
        }
    }

    /// Which association of its conversation a datagram belongs to. `None`: none of them.
    fn position(&self, seen: Sighting, start: &Start) -> Option<(FlowId, usize)> {
        let lives = self.flows.get(&seen.flow)?;
        let latest = lives.len().checked_sub(1)?;
        let Start::Hello(random) = start else {
            return Some((seen.flow, latest));
        };
        let known = lives.iter().position(|live| {
            self.associations
                .get(live.id.index())
                .is_some_and(|a| a.client_random.as_ref() == Some(random))
        });
        // No random yet: this hello's second part, or the answer to it, was captured first.
        let nameless = || {
            let association = self.associations.get(lives.get(latest)?.id.index())?;
            let waits = association.client_random.is_none()
                && association.state.value == State::Connecting
                && association
                    .client
                    .is_none_or(|client| client == seen.direction);
            waits.then_some(latest)
        };
        Some((seen.flow, known.or_else(nameless)?))
    }

    /// Puts a new association on a conversation.
    fn open(&mut self, seen: Sighting, state: State) -> Option<(FlowId, usize)> {
        if self.associations.len() >= self.limits.associations {
            self.refused += 1;
            return None;
        }
        let id = AssociationId(u32::try_from(self.associations.len()).ok()?);
        self.associations.push(Association::new(id, seen, state));
        self.unconfirmed.remove(&seen.flow);
        let lives = self.flows.entry(seen.flow).or_default();
        if lives.len() >= Self::LIVE_PER_FLOW {
            lives.remove(0).conversation.release(&mut self.budget);
        }
        // Few conversations have a second association; room for four of them is some kilobytes.
        lives.reserve_exact(1);
        lives.push(Live {
            id,
            conversation: Conversation::default(),
        });
        Some((seen.flow, lives.len() - 1))
    }

    fn feed(
        &mut self,
        (flow, position): (FlowId, usize),
        seen: Sighting,
        datagram: Datagram<'_>,
        faults: &mut FaultLog,
    ) {
        let lives = self.flows.get_mut(&flow);
        if let Some(live) = lives.and_then(|lives| lives.get_mut(position))
            && let Some(association) = self.associations.get_mut(live.id.index())
        {
            let mut around = Surroundings {
                budget: &mut self.budget,
                log: &self.log,
                data: &mut self.data,
                faults,
            };
            live.conversation
                .observe(association, seen, datagram, &mut around);
        }
    }

    /// Weighs ciphertext on a conversation without association.
    fn confirm(&mut self, seen: Sighting, datagram: &[u8]) -> Verdict {
        let Some(now) = Ciphertext::of(datagram) else {
            return Verdict::Wait;
        };
        let before = self.unconfirmed.remove(&seen.flow);
        if let Some(before) = before
            && let Some(earlier) = Ciphertext::of(&before.datagram)
            && now.follows(&earlier, before.seen.direction == seen.direction)
        {
            return Verdict::With(before);
        }
        if now.records > 1 {
            return Verdict::Alone;
        }
        while self.unconfirmed.len() >= self.limits.unconfirmed.max(1) {
            let Some(oldest) = self.waiting.pop_front() else {
                break;
            };
            self.unconfirmed.remove(&oldest);
        }
        let waiting = Unconfirmed {
            seen,
            datagram: datagram.to_vec(),
        };
        self.unconfirmed.insert(seen.flow, waiting);
        self.waiting.push_back(seen.flow);
        if self.waiting.len() > 2 * self.limits.unconfirmed.max(1) {
            let mut named = HashSet::new();
            self.waiting
                .retain(|flow| self.unconfirmed.contains_key(flow) && named.insert(*flow));
        }
        Verdict::Wait
    }
}

/// Is there an association behind some ciphertext?
enum Verdict {
    /// Not known yet.
    Wait,
    /// This datagram shows it.
    Alone,
    /// This datagram and the one before it show it.
    With(Unconfirmed),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::dtls::facts::Retry;
    use crate::vocab::address::Direction;
    use crate::vocab::address::Direction::Forward;
    use crate::vocab::address::Direction::Reverse;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;
    use crate::wire::dtls::record::Header;
    use crate::wire::dtls::record::Records;
    use crate::wire::dtls::samples;
    use crate::wire::tls::alert::AlertDescription;
    use crate::wire::tls::cipher_suite::CipherSuite;
    use crate::wire::tls::registry::NamedGroup;
    use crate::wire::tls::registry::Version;

    /// A tracker fed with one datagram a millisecond, on one flow.
    #[derive(Default)]
    struct Call {
        tracker: Tracker,
        faults: FaultLog,
        frame: u64,
    }

    impl Call {
        fn send(&mut self, direction: Direction, datagram: &[u8]) -> &mut Self {
            self.frame += 1;
            let seen = Sighting {
                at: Timestamp::from_nanos(self.frame * 1_000_000),
                frame: FrameNumber::new(0, self.frame),
                flow: FlowId(0),
                direction,
            };
            self.tracker.observe(seen, datagram, &mut self.faults);
            self
        }

        /// The handshake of [`samples::HANDSHAKE`]: client forward, server back.
        fn handshake() -> Self {
            let mut call = Self::default();
            for (sample, direction) in samples::HANDSHAKE.iter().zip([Forward, Reverse].repeat(2)) {
                call.send(direction, &sample.bytes());
            }
            call
        }

        fn only(&self) -> &Association {
            assert_eq!(self.tracker.associations().len(), 1);
            &self.tracker.associations()[0]
        }

        fn states(&self) -> Vec<&'static str> {
            let history = &self.only().state_history;
            history.iter().map(|change| change.state.word()).collect()
        }
    }

    /// A record with 13-byte header, DTLS 1.2.
    fn record(kind: u8, epoch: u8, sequence: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len() as u8;
        let mut record = vec![
            kind, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, sequence, 0, length,
        ];
        record.extend(content);
        record
    }

    #[test]
    fn what_opens_media_tells_a_choice_that_was_hidden() {
        let mut call = Call::handshake();
        let flow = call.only().flow;
        let hidden = |call: &mut Call| call.tracker.associations[0].srtp_profile = None;
        hidden(&mut call);
        call.tracker.prove_profile(flow, |_| true);
        assert_eq!(call.only().srtp_profile, None, "several fit");
        let gcm = |profile| profile == SrtpProfile::AeadAes256Gcm;
        call.tracker.prove_profile(flow, gcm);
        assert_eq!(call.only().srtp_profile, Some(SrtpProfile::AeadAes256Gcm));
        // What the handshake said stands.
        call.tracker.prove_profile(flow, |profile| !gcm(profile));
        assert_eq!(call.only().srtp_profile, Some(SrtpProfile::AeadAes256Gcm));
    }

    #[test]
    fn a_handshake_tells_who_agreed_on_what() {
        let call = Call::handshake();
        let association = call.only();
        assert!(call.faults.is_empty());
        assert_eq!(call.states(), ["connecting", "connected"]);
        assert_eq!(association.version, Some(Version::Dtls12));
        assert_eq!(
            association.cipher_suite.and_then(CipherSuite::name),
            Some("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")
        );
        assert_eq!(
            association.srtp_profile,
            Some(SrtpProfile::Aes128CmHmacSha1_80)
        );
        assert_eq!(association.srtp_profiles_offered.len(), 4);
        assert_eq!(association.client, Some(Forward));
        assert_eq!(
            association.handshake_duration().map(|d| d.as_millis()),
            Some(3)
        );
        let facts = &association.hello;
        assert_eq!(facts.group, Some(NamedGroup::Secp256r1));
        assert_eq!(
            (facts.extended_master_secret, facts.resumed, facts.retry),
            (Some(true), Some(false), None)
        );
        assert!(facts.client_certificate_requested);
        let owners: Vec<_> = association
            .certificates
            .iter()
            .map(|seen| {
                let certificate = seen.certificate.as_ref().expect("parses");
                (seen.direction, certificate.subject.as_str())
            })
            .collect();
        assert_eq!(owners, [(Reverse, "WebRTC"), (Forward, "Janus")]);
    }

    #[test]
    fn flights_are_four_and_name_their_messages() {
        let call = Call::handshake();
        let names: Vec<Vec<_>> = call
            .only()
            .flights
            .iter()
            .map(|flight| flight.messages.iter().map(|m| m.kind.name()).collect())
            .collect();
        assert_eq!(names.len(), 4);
        assert_eq!(names[0], ["ClientHello"]);
        assert_eq!(
            names[1],
            [
                "ServerHello",
                "Certificate",
                "ServerKeyExchange",
                "CertificateRequest",
                "ServerHelloDone"
            ]
        );
        assert_eq!(names[3], ["ChangeCipherSpec", "Finished (encrypted)"]);
    }

    #[test]
    fn a_record_captured_twice_is_no_retransmission() {
        let mut call = Call::default();
        let hello = samples::CLIENT_HELLO.bytes();
        call.send(Forward, &hello).send(Forward, &hello);
        let association = call.only();
        assert_eq!(
            (
                association.records,
                association.duplicate_records,
                association.retransmitted_flights
            ),
            (2, 1, 0)
        );
    }

    #[test]
    fn a_flight_sent_again_is_counted_once() {
        let mut call = Call::handshake();
        // The client's second flight again, as a retransmission: new record numbers, all else the same.
        let mut again = Vec::new();
        for item in Records::new(&samples::CLIENT_KEY_FLIGHT.bytes(), None) {
            let record = item.expect("sound");
            let Header::Classic {
                content_type,
                epoch,
                sequence_number,
                ..
            } = record.header
            else {
                continue;
            };
            again.extend([content_type.code(), 0xfe, 0xfd]);
            again.extend(epoch.to_be_bytes());
            again.extend(&(sequence_number + 10).to_be_bytes()[2..]);
            again.extend((record.fragment.len() as u16).to_be_bytes());
            again.extend(record.fragment);
        }
        call.send(Forward, &again);
        let association = call.only();
        assert_eq!(association.retransmitted_flights, 1);
        let last = association.flights.last().expect("one");
        assert!(last.retransmission);
        assert_eq!(last.messages.len(), 5);
        assert_eq!(association.certificates.len(), 2);
    }

    #[test]
    fn a_post_quantum_hello_in_two_datagrams_is_one_message() {
        let (first, second) = (samples::HELLO_1_3_A.bytes(), samples::HELLO_1_3_B.bytes());
        for order in [[&first, &second], [&second, &first]] {
            let mut call = Call::default();
            call.send(Forward, order[0]).send(Forward, order[1]);
            call.send(Reverse, &samples::SERVER_HELLO_1_3.bytes())
                .send(Reverse, &samples::CIPHER_1_3_A.bytes())
                .send(Forward, &samples::CIPHER_1_3_B.bytes());
            assert_eq!(call.states(), ["connecting"]);
            call.send(Reverse, &samples::ACK_1_3.bytes());
            assert_eq!(call.states(), ["connecting", "connected"]);
            let association = call.only();
            assert_eq!(association.version, Some(Version::Dtls13));
            assert_eq!(association.hello.group, Some(NamedGroup::X25519MlKem768));
            assert_eq!(
                association.handshake_duration().map(|d| d.as_millis()),
                Some(4)
            );
            assert_eq!(
                (association.srtp_profile, association.alerts.len()),
                (None, 0)
            );
            assert_eq!(association.srtp_profiles_offered.len(), 3);
            assert_eq!(association.flights.len(), 3);
            assert!(call.faults.is_empty());
        }
    }

    #[test]
    fn the_last_encrypted_alert_is_a_goodbye() {
        let mut call = Call::handshake();
        call.send(Reverse, &samples::CLOSE.bytes());
        let alert = &call.only().alerts[0];
        assert_eq!(
            (alert.encrypted, alert.description),
            (true, Some(AlertDescription::CloseNotify))
        );
        assert_eq!(call.states(), ["connecting", "connected", "closed"]);
        // It was none: its sender goes on.
        call.send(Reverse, &record(23, 1, 3, &[7; 40]));
        assert_eq!(call.only().alerts[0].description, None);
        assert_eq!(call.only().state.value, State::Connected);
    }

    #[test]
    fn an_encrypted_alert_during_the_handshake_is_a_failure_without_a_reason() {
        let mut call = Call::default();
        for (sample, direction) in samples::HANDSHAKE[..3]
            .iter()
            .zip([Forward, Reverse, Forward])
        {
            call.send(direction, &sample.bytes());
        }
        call.send(Forward, &record(21, 1, 1, &[7; 18]));
        assert_eq!(call.states(), ["connecting", "failed"]);
        assert_eq!(call.only().alerts[0].description, None);
    }

    #[test]
    fn one_direction_alone_cannot_tell_failure_from_goodbye() {
        let mut call = Call::default();
        for index in [0, 2] {
            call.send(Forward, &samples::HANDSHAKE[index].bytes());
        }
        call.send(Forward, &record(21, 1, 1, &[7; 18]));
        assert_eq!(call.states(), ["connecting", "unknown"]);
        assert_eq!(call.only().alerts[0].description, None);
    }

    #[test]
    fn data_may_overtake_the_last_finished() {
        let mut call = Call::default();
        for (sample, direction) in samples::HANDSHAKE[..3]
            .iter()
            .zip([Forward, Reverse, Forward])
        {
            call.send(direction, &sample.bytes());
        }
        call.send(Reverse, &record(23, 1, 1, &[7; 40]));
        assert_eq!(call.states(), ["connecting", "connected"]);
        assert_eq!(call.only().handshake_finished_at, None);
        call.send(Reverse, &samples::SERVER_FINISHED.bytes());
        assert_eq!(call.tracker.handshakes(), 1);
    }

    #[test]
    fn a_fatal_alert_in_the_clear_is_read() {
        let mut call = Call::default();
        call.send(Forward, &samples::CLIENT_HELLO.bytes())
            .send(Reverse, &record(21, 0, 0, &[2, 40]));
        assert_eq!(call.states(), ["connecting", "failed"]);
        assert_eq!(
            call.only().alerts[0].description,
            Some(AlertDescription::HandshakeFailure)
        );
        // One that comes when there are keys is anybody's.
        let mut call = Call::handshake();
        call.send(Reverse, &record(21, 0, 99, &[2, 40]));
        assert_eq!(call.only().state.value, State::Connected);
    }

    #[test]
    fn another_random_is_another_association() {
        let mut call = Call::handshake();
        let mut hello = samples::CLIENT_HELLO.bytes();
        hello[13 + 12 + 2] ^= 0xff;
        call.send(Forward, &hello).send(Forward, &hello);
        let associations = call.tracker.associations();
        assert_eq!(associations.len(), 2);
        assert_eq!(associations[0].state.value, State::Connected);
        assert_eq!(associations[1].records, 2);
        assert_eq!(call.tracker.handshakes(), 1);
    }

    #[test]
    fn two_clients_make_two_associations_however_often_they_try() {
        let (mut one, mut two) = (samples::CLIENT_HELLO.bytes(), samples::CLIENT_HELLO.bytes());
        two[13 + 12 + 2] ^= 0xff;
        let mut call = Call::default();
        for sequence in 0..5 {
            one[10] = sequence;
            two[10] = sequence;
            call.send(Forward, &one).send(Reverse, &two);
        }
        let associations = call.tracker.associations();
        assert_eq!(associations.len(), 2);
        assert!(associations.iter().all(|a| a.retransmitted_flights == 4));
    }

    #[test]
    fn a_cookie_round_stays_one_association() {
        let hello = samples::CLIENT_HELLO.bytes();
        let mut verify = vec![3, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 7];
        verify.extend([0xfe, 0xff, 4, 1, 2, 3, 4]);
        let mut second = hello.clone();
        second[10] = 1;
        second[13 + 5] = 1; // message_seq; the cookie itself does not matter here
        let mut call = Call::default();
        call.send(Forward, &hello)
            .send(Reverse, &record(22, 0, 0, &verify))
            .send(Forward, &second);
        let association = call.only();
        assert_eq!(association.hello.retry, Some(Retry::HelloVerifyRequest));
        assert_eq!(
            (association.flights.len(), association.retransmitted_flights),
            (3, 0)
        );
    }

    #[test]
    fn ciphertext_alone_needs_a_second_datagram() {
        let mut call = Call::default();
        call.send(Forward, &record(23, 1, 5, &[7; 40]));
        assert!(call.tracker.associations().is_empty());
        call.send(Forward, &record(23, 1, 6, &[7; 40]));
        let association = call.only();
        assert_eq!(
            (association.state.value, association.records),
            (State::Unknown, 2)
        );
        assert_eq!((association.version, association.client), (None, None));
        assert_eq!(association.first_at.nanos(), 1_000_000);
        assert_eq!(association.application_data[0].records, 2);
        assert_eq!(
            association.epochs[0].and_then(|progress| progress.last_sequence),
            Some(6)
        );
    }

    #[test]
    fn lookalikes_are_never_believed() {
        let mut call = Call::default();
        for _ in 0..3 {
            call.send(Forward, &samples::ZOOM_LOOKALIKE.bytes());
            call.send(Forward, b"NOTIFY * HTTP/1.1\r\n");
        }
        assert!(call.tracker.associations().is_empty() && call.faults.is_empty());
    }

    #[test]
    fn limits_hold() {
        let mut call = Call {
            tracker: Tracker::new(Limits {
                associations: 1,
                unconfirmed: 2,
                reassembly_bytes: 10,
            }),
            ..Call::default()
        };
        let mut hello = samples::CLIENT_HELLO.bytes();
        for random in 0..5 {
            hello[13 + 12 + 2] = random;
            call.send(Forward, &hello);
        }
        assert_eq!(call.tracker.associations().len(), 1);
        assert_eq!(call.tracker.refused(), 4);
        let mut call = Call::default();
        for flow in 0..5000 {
            let seen = Sighting {
                at: Timestamp::default(),
                frame: FrameNumber::new(0, 1),
                flow: FlowId(flow),
                direction: Forward,
            };
            let datagram = record(23, 1, 5, &[7; 40]);
            call.tracker.observe(seen, &datagram, &mut call.faults);
        }
        let limit = Limits::default().unconfirmed;
        assert_eq!(call.tracker.unconfirmed.len(), limit);
        assert!(call.tracker.waiting.len() <= 2 * limit);
    }

    #[test]
    fn no_cut_or_flipped_handshake_panics() {
        let datagrams: Vec<_> = samples::HANDSHAKE
            .iter()
            .map(samples::Sample::bytes)
            .collect();
        for at in 0..datagrams.len() {
            let length = datagrams[at].len();
            for step in 0..length * 2 {
                let mut call = Call::default();
                for (index, datagram) in datagrams.iter().enumerate() {
                    let mut datagram = datagram.clone();
                    if index == at && step < length {
                        datagram.truncate(step);
                    } else if index == at {
                        datagram[step - length] ^= 1 << (step % 8);
                    }
                    call.send([Forward, Reverse][index % 2], &datagram);
                }
                assert!(call.tracker.associations().len() <= 2);
            }
        }
    }
}
