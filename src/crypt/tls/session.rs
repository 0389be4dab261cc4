//! One TLS connection: records of both sides in, what they said out.
//!
//! ```text
//! TLS 1.3     client   Clear ─► Early ─► Handshake ─► Application(0) ─► Application(1) …       each with a secret of its own
//!             server   Clear ──────────► Handshake ─► Application(0) ─► …
//! up to 1.2   either   Clear ─► Sealed(what was agreed) ─► Sealed(agreed anew) …               at each ChangeCipherSpec
//! ```
//!
//! Messages inside the encryption move a side on: Finished, `EndOfEarlyData`, `KeyUpdate`. Where such a message was lost, or its keys are
//! not in the log, the keys that come after are tried: a record that opens proves which they were.

use crate::crypt::keylog::KeyLog;
use crate::crypt::tls::attempt::Attempt;
use crate::crypt::tls::facts::Facts;
use crate::crypt::tls::facts::Opening;
use crate::crypt::tls::opener::Agreed;
use crate::crypt::tls::opener::Opened;
use crate::crypt::tls::opener::Opener;
use crate::crypt::tls::suite::Suite;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::tls::alert::Alert;
use crate::wire::tls::alert::AlertDescription;
use crate::wire::tls::alert::AlertLevel;
use crate::wire::tls::record::Record;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::Version;

/// Who sent a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// The one that sent the ClientHello.
    Client,
    /// The other.
    Server,
}

impl Peer {
    /// 0 for the client, 1 for the server: to index per-peer arrays.
    pub const fn index(self) -> usize {
        match self {
            Self::Client => 0,
            Self::Server => 1,
        }
    }
}

/// Something that a record said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Application data.
    Data(Vec<u8>),
    /// An alert, in the clear or opened.
    Alert(Alert),
    /// A broken rule.
    Fault(Fault),
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was read, or can't ever be.
    Taken,
    /// It waits for secrets: nothing was changed, and the same record may be given again once the key log has grown.
    SecretsMissing,
}

/// One connection.
#[derive(Debug, Default)]
pub struct Session {
    pub(in crate::crypt) facts: Facts,
    /// Has `facts` changed since they were last asked for?
    pub(in crate::crypt) news: bool,
    pub(super) server_random: Option<[u8; 32]>,
    pub(super) encrypt_then_mac: bool,
    pub(super) compressed: bool,
    /// What the client put into its hello: the server's echo of it means resumption, up to TLS 1.2.
    pub(super) offered_id: Vec<u8>,
    pub(super) halves: [Half; 2],
    resigned: bool,
    pub(super) trial_bytes: usize,
}

/// One side's state.
#[derive(Debug, Default)]
pub(super) struct Half {
    pub(super) epoch: Epoch,
    pub(super) opener: Option<Opener>,
    /// Handshake bytes of which no whole message is there yet.
    pub(super) handshake: Vec<u8>,
    /// An application traffic secret after so many updates, from which later ones follow.
    pub(super) secret: Option<(u16, Vec<u8>)>,
    /// Records that may be missing before the next one.
    pub(super) slack: u64,
    /// Records in a row that did not open.
    failures: u32,
}

/// Which keys protect a side's next record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Epoch {
    /// None.
    #[default]
    Clear,
    /// Up to TLS 1.2, those agreed on; `None` when the capture lacks part of the agreement.
    Sealed(Option<Agreed>),
    /// TLS 1.3's 0-RTT keys.
    Early,
    /// TLS 1.3's handshake keys.
    Handshake,
    /// TLS 1.3's application keys after so many updates.
    Application(u16),
    /// Given up.
    Lost,
}

impl Session {
    /// What is known so far.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Has something become known since the last time this was asked?
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// No more secrets will come: records without are passed over from now on.
    pub const fn resign(&mut self) {
        self.resigned = true;
    }

    /// Takes the next record of one side; tells `sink` what it said.
    pub fn record(
        &mut self,
        from: Peer,
        record: &Record<'_>,
        keys: &KeyLog,
        sink: &mut impl FnMut(Event),
    ) -> Outcome {
        match self.halves[from.index()].epoch {
            Epoch::Clear => {
                self.clear(from, record, sink);
                Outcome::Taken
            }
            Epoch::Lost => {
                self.pass_over(from);
                Outcome::Taken
            }
            _ => self.sealed(from, record, keys, sink),
        }
    }

    /// The capture lacks some of one side's records, `records` at most.
    pub fn gap(&mut self, from: Peer, records: u64) {
        let half = &mut self.halves[from.index()];
        half.slack = half.slack.saturating_add(records.max(1)).min(SLACK_MAX);
        half.handshake.clear();
    }

    fn clear(&mut self, from: Peer, record: &Record<'_>, sink: &mut impl FnMut(Event)) {
        match record.content_type {
            ContentType::Handshake => self.handshake(from, record.fragment, sink),
            ContentType::ChangeCipherSpec => self.change_cipher_spec(from, sink),
            ContentType::Alert => self.alert(from, record.fragment, sink),
            ContentType::ApplicationData => {
                // Early data that a HelloRetryRequest refused, or a hello that the capture lacks.
                self.pass_over(from);
                if self.facts.version.is_none() && !self.facts.early_data {
                    self.opening(Opening::HandshakeMissing);
                }
            }
            _ => {}
        }
    }

    /// Up to TLS 1.2: what follows is encrypted. In TLS 1.3 the record is there for middleboxes only (RFC 8446 §5).
    fn change_cipher_spec(&mut self, from: Peer, sink: &mut impl FnMut(Event)) {
        let Some(version) = self.facts.version else {
            return;
        };
        if version.is_1_3() {
            return;
        }
        let readable = matches!(version, Version::Tls10 | Version::Tls11 | Version::Tls12);
        let suite = self.facts.cipher_suite.and_then(Suite::of);
        let suite = suite.filter(|_| readable && !self.compressed);
        let agreed = match (suite, self.facts.client_random, self.server_random) {
            (Some(suite), Some(client_random), Some(server_random)) => Some(Agreed {
                version,
                suite,
                client_random,
                server_random,
                encrypt_then_mac: self.encrypt_then_mac,
            }),
            (Some(_), ..) => {
                self.opening(Opening::HandshakeMissing);
                None
            }
            (None, ..) => {
                self.opening(Opening::Unsupported);
                None
            }
        };
        if !self.halves[from.index()].handshake.is_empty() {
            sink(fault("tls-handshake-message-cut"));
        }
        self.enter(from, Epoch::Sealed(agreed));
    }

    fn alert(&mut self, from: Peer, fragment: &[u8], sink: &mut impl FnMut(Event)) {
        let Some(alert) = Alert::parse(fragment) else {
            sink(fault("tls-alert-malformed"));
            return;
        };
        // TLS 1.3 keeps the level byte and ignores it: what is no goodbye is fatal (RFC 8446 §6).
        let goodbye = matches!(
            alert.description,
            AlertDescription::CloseNotify | AlertDescription::UserCanceled
        );
        let is_1_3 = self.facts.version.is_some_and(Version::is_1_3);
        let fatal = !goodbye && (is_1_3 || alert.level == AlertLevel::Fatal);
        if fatal && self.facts.alert.is_none() {
            self.facts.alert = Some((from, alert));
            self.news = true;
        }
        sink(Event::Alert(alert));
    }

    fn sealed(
        &mut self,
        from: Peer,
        record: &Record<'_>,
        keys: &KeyLog,
        sink: &mut impl FnMut(Event),
    ) -> Outcome {
        let is_1_3 = !matches!(self.halves[from.index()].epoch, Epoch::Sealed(_));
        if is_1_3 {
            match record.content_type {
                ContentType::ApplicationData => {}
                // A server may refuse before it has keys; an encrypted alert would be application data.
                ContentType::Alert => {
                    self.alert(from, record.fragment, sink);
                    return Outcome::Taken;
                }
                // After a HelloRetryRequest, a client whose early data is refused says hello again in the clear.
                ContentType::Handshake => {
                    self.handshake(from, record.fragment, sink);
                    return Outcome::Taken;
                }
                _ => return Outcome::Taken,
            }
        }
        match self.attempt(from, record, keys) {
            Attempt::Opened(opened) => {
                let half = &mut self.halves[from.index()];
                (half.slack, half.failures) = (0, 0);
                self.facts.opened_records[from.index()] += 1;
                self.opening(Opening::Opened);
                self.opened(from, opened, sink);
            }
            Attempt::NoSecret if !self.resigned => {
                self.opening(Opening::NoSecrets);
                return Outcome::SecretsMissing;
            }
            Attempt::NoSecret => {
                self.opening(Opening::NoSecrets);
                self.pass_over(from);
            }
            Attempt::NotYet => self.pass_over(from),
            Attempt::Failed => {
                self.pass_over(from);
                self.failed(from, sink);
            }
        }
        Outcome::Taken
    }

    fn opened(&mut self, from: Peer, opened: Opened, sink: &mut impl FnMut(Event)) {
        match opened.content_type {
            Some(ContentType::ApplicationData) if opened.bytes.is_empty() => {}
            Some(ContentType::ApplicationData) => sink(Event::Data(opened.bytes)),
            Some(ContentType::Handshake) => self.handshake(from, &opened.bytes, sink),
            Some(ContentType::Alert) => self.alert(from, &opened.bytes, sink),
            Some(ContentType::ChangeCipherSpec) => self.change_cipher_spec(from, sink),
            Some(_) => {}
            None => sink(fault("tls-inner-type-missing")),
        }
    }

    fn failed(&mut self, from: Peer, sink: &mut impl FnMut(Event)) {
        let never = self.facts.opened_records == [0, 0];
        if never {
            self.opening(Opening::SecretsDoNotFit);
        }
        let half = &mut self.halves[from.index()];
        half.failures += 1;
        // It may have been a good record with a byte captured wrongly: its number is used up all the same.
        half.slack = (half.slack + 1).min(SLACK_MAX);
        sink(fault(if never {
            "tls-secrets-do-not-fit"
        } else {
            "tls-record-not-authentic"
        }));
        if half.failures >= FAILURES_MAX {
            half.epoch = Epoch::Lost;
            half.opener = None;
            sink(fault("tls-direction-given-up"));
        }
    }

    /// A side's next record is protected by other keys.
    pub(super) fn enter(&mut self, from: Peer, epoch: Epoch) {
        let half = &mut self.halves[from.index()];
        half.epoch = epoch;
        half.opener = None;
        half.handshake.clear();
    }

    pub(in crate::crypt) fn opening(&mut self, opening: Opening) {
        let better = match (self.facts.opening, opening) {
            (Opening::Opened, _) => false,
            (before, now) => before != now,
        };
        if better {
            self.facts.opening = opening;
            self.news = true;
        }
    }

    fn pass_over(&mut self, from: Peer) {
        self.facts.sealed_records[from.index()] += 1;
    }
}

pub(super) const fn fault(name: &'static str) -> Event {
    Event::Fault(Fault::new(Layer::Tls, name, 0))
}

/// Record numbers tried beyond the expected one.
const SLACK_MAX: u64 = 64;
/// Records in a row that do not open until a side is given up.
const FAILURES_MAX: u32 = 32;

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::crypt::hash::Hash;
    use crate::crypt::tls::attempt::EARLY_SUITES;
    use crate::crypt::tls::opener::updated;
    use crate::crypt::tls::testing::digits;
    use crate::crypt::tls::testing::hex;

    /// What a session said of whole records, in words.
    fn story(session: &mut Session, from: Peer, records: &[u8], keys: &KeyLog) -> String {
        let mut story = String::new();
        let mut rest = records;
        while let Some((record, after)) = Record::split(rest).expect("records") {
            rest = after;
            let outcome = session.record(from, &record, keys, &mut |event| {
                let told = match event {
                    Event::Data(bytes) => write!(story, "data {} ", bytes.escape_ascii()),
                    Event::Alert(alert) => write!(story, "{:?} ", alert.description),
                    Event::Fault(fault) => write!(story, "{} ", fault.name),
                };
                told.expect("strings take all");
            });
            if outcome == Outcome::SecretsMissing {
                story += "waits ";
            }
        }
        assert_eq!(rest, [] as [u8; 0], "a cut record");
        story
    }

    fn log(random: &[u8; 32], secrets: &[(&str, &[u8])]) -> KeyLog {
        let mut log = KeyLog::default();
        for (label, secret) in secrets {
            let line = format!("{label} {} {}\n", digits(random), digits(secret));
            assert_eq!(log.add(line.as_bytes()), []);
        }
        log
    }

    fn record(content_type: u8, content: &[u8]) -> Vec<u8> {
        let length = (content.len() as u16).to_be_bytes();
        [&[content_type, 3, 3][..], &length, content].concat()
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32).to_be_bytes();
        [&[kind][..], &length[1..], body].concat()
    }

    fn client_hello(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([1; 32]);
        body.extend([0, 0, 2, 0x13, 0x01, 1, 0]);
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
        record(22, &message(1, &body))
    }

    fn server_hello(random: &[u8; 32], suite: u16, extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend(random);
        body.push(0);
        body.extend(suite.to_be_bytes());
        body.push(0);
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
        record(22, &message(2, &body))
    }

    const VERSION_1_3: [u8; 6] = [0, 43, 0, 2, 3, 4];
    const EARLY_DATA: [u8; 4] = [0, 42, 0, 0];
    const CCS: [u8; 6] = [20, 3, 3, 0, 1, 1];

    const CLIENT_EARLY: [u8; 32] = [10; 32];
    const CLIENT_HANDSHAKE: [u8; 32] = [11; 32];
    const SERVER_HANDSHAKE: [u8; 32] = [12; 32];
    const CLIENT_TRAFFIC: [u8; 32] = [13; 32];
    const SERVER_TRAFFIC: [u8; 32] = [14; 32];

    fn all_secrets() -> KeyLog {
        log(
            &[1; 32],
            &[
                ("CLIENT_EARLY_TRAFFIC_SECRET", &CLIENT_EARLY),
                ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", &CLIENT_HANDSHAKE),
                ("SERVER_HANDSHAKE_TRAFFIC_SECRET", &SERVER_HANDSHAKE),
                ("CLIENT_TRAFFIC_SECRET_0", &CLIENT_TRAFFIC),
                ("SERVER_TRAFFIC_SECRET_0", &SERVER_TRAFFIC),
            ],
        )
    }

    fn sealer(secret: &[u8]) -> Opener {
        Opener::of_secret(EARLY_SUITES[0], secret).expect("as long as the hash")
    }

    fn say(sealer: &mut Opener, content: &[u8]) -> Vec<u8> {
        sealer.seal(ContentType::ApplicationData, content, 3)
    }

    fn tell(sealer: &mut Opener, kind: u8, body: &[u8]) -> Vec<u8> {
        sealer.seal(ContentType::Handshake, &message(kind, body), 0)
    }

    /// A 1.3 handshake up to both Finished; the sealers of application data come back.
    fn shake(session: &mut Session, keys: &KeyLog) -> (Opener, Opener) {
        assert_eq!(story(session, Peer::Client, &client_hello(&[]), keys), "");
        let hello = server_hello(&[2; 32], 0x1301, &VERSION_1_3);
        assert_eq!(story(session, Peer::Server, &hello, keys), "");
        let mut server = sealer(&SERVER_HANDSHAKE);
        let extensions = [0, 9, 0, 16, 0, 5, 0, 3, 2, b'h', b'2'];
        let flight = [
            &CCS[..],
            &tell(&mut server, 8, &extensions),
            &tell(&mut server, 20, &[7; 32]),
        ]
        .concat();
        assert_eq!(story(session, Peer::Server, &flight, keys), "");
        let mut client = sealer(&CLIENT_HANDSHAKE);
        let flight = [&CCS[..], &tell(&mut client, 20, &[7; 32])].concat();
        assert_eq!(story(session, Peer::Client, &flight, keys), "");
        (sealer(&CLIENT_TRAFFIC), sealer(&SERVER_TRAFFIC))
    }

    /// RFC 8448 §3, the client's side: hello, Finished, data and goodbye; of the server's side its hello, data and goodbye.
    #[test]
    fn the_simple_handshake_of_rfc_8448_opens() {
        let random = hex("cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7");
        let random: [u8; 32] = random.try_into().expect("32 bytes");
        let secret = |digits| -> [u8; 32] { hex(digits).try_into().expect("32 bytes") };
        let keys = log(
            &random,
            &[
                (
                    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                    &secret("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"),
                ),
                (
                    "CLIENT_TRAFFIC_SECRET_0",
                    &secret("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"),
                ),
                (
                    "SERVER_TRAFFIC_SECRET_0",
                    &secret("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"),
                ),
            ],
        );
        let mut hello = client_hello(&[]);
        hello[11..43].copy_from_slice(&random);
        let mut session = Session::default();
        assert_eq!(story(&mut session, Peer::Client, &hello, &keys), "");
        let hello = hex(
            "160303005a020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928001301\
             00002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304",
        );
        assert_eq!(story(&mut session, Peer::Server, &hello, &keys), "");
        let count: String = (0..50_u8)
            .map(|byte| byte.escape_ascii().to_string())
            .collect();
        let client = hex(
            "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd\
             1caeacab6867d726c40546\
             1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e\
             2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4\
             1703030013c9872760655666b74d7ff1153efd6db6d0b0e3",
        );
        assert_eq!(
            story(&mut session, Peer::Client, &client, &keys),
            format!("data {count} CloseNotify ")
        );
        // The server's ticket, not given here, has number 0.
        session.gap(Peer::Server, 3);
        let server = hex(
            "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59\
             a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d\
             1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9",
        );
        assert_eq!(
            story(&mut session, Peer::Server, &server, &keys),
            format!("data {count} CloseNotify ")
        );
    }

    #[test]
    fn keys_change_with_finished_and_with_key_update() {
        let keys = all_secrets();
        let mut session = Session::default();
        let (mut client, mut server) = shake(&mut session, &keys);
        assert_eq!(session.facts().alpn.as_deref(), Some("h2"));
        let records = [say(&mut client, b"a"), tell(&mut client, 24, &[0])].concat();
        assert_eq!(
            story(&mut session, Peer::Client, &records, &keys),
            "data a "
        );
        let next = updated(Hash::Sha256, &CLIENT_TRAFFIC).expect("as long as the hash");
        let mut client = sealer(&next);
        let records = [say(&mut client, b"b"), tell(&mut client, 24, &[0])].concat();
        assert_eq!(
            story(&mut session, Peer::Client, &records, &keys),
            "data b "
        );
        let mut client = sealer(&updated(Hash::Sha256, &next).expect("as long as the hash"));
        let records = say(&mut client, b"c");
        assert_eq!(
            story(&mut session, Peer::Client, &records, &keys),
            "data c "
        );
        let records = server.seal(ContentType::Alert, &[1, 0], 0);
        assert_eq!(
            story(&mut session, Peer::Server, &records, &keys),
            "CloseNotify "
        );
        assert_eq!(session.facts().key_updates, [2, 0]);
        assert_eq!(session.facts().opening, Opening::Opened);
        assert_eq!(session.facts().sealed_records, [0, 0]);
    }

    #[test]
    fn a_record_without_secrets_waits_and_can_be_given_again() {
        let none = KeyLog::default();
        let mut session = Session::default();
        story(&mut session, Peer::Client, &client_hello(&[]), &none);
        let hello = server_hello(&[2; 32], 0x1301, &VERSION_1_3);
        story(&mut session, Peer::Server, &hello, &none);
        let finished = tell(&mut sealer(&SERVER_HANDSHAKE), 20, &[7; 32]);
        assert_eq!(
            story(&mut session, Peer::Server, &finished, &none),
            "waits "
        );
        assert_eq!(session.facts().opening, Opening::NoSecrets);
        let keys = all_secrets();
        assert_eq!(story(&mut session, Peer::Server, &finished, &keys), "");
        let data = say(&mut sealer(&SERVER_TRAFFIC), b"x");
        assert_eq!(story(&mut session, Peer::Server, &data, &keys), "data x ");
        session.resign();
        let finished = tell(&mut sealer(&CLIENT_HANDSHAKE), 20, &[7; 32]);
        assert_eq!(story(&mut session, Peer::Client, &finished, &none), "");
        assert_eq!(session.facts().sealed_records, [1, 0]);
    }

    #[test]
    fn traffic_secrets_alone_open_application_data() {
        let keys = log(
            &[1; 32],
            &[
                ("CLIENT_TRAFFIC_SECRET_0", &CLIENT_TRAFFIC),
                ("SERVER_TRAFFIC_SECRET_0", &SERVER_TRAFFIC),
            ],
        );
        let mut session = Session::default();
        let (mut client, mut server) = shake(&mut session, &keys);
        let data = say(&mut client, b"up");
        assert_eq!(story(&mut session, Peer::Client, &data, &keys), "data up ");
        let data = say(&mut server, b"down");
        assert_eq!(
            story(&mut session, Peer::Server, &data, &keys),
            "data down "
        );
    }

    #[test]
    fn early_data_opens_before_the_server_answered() {
        let keys = all_secrets();
        let mut session = Session::default();
        let mut early = sealer(&CLIENT_EARLY);
        let records = [client_hello(&EARLY_DATA), say(&mut early, b"GET")].concat();
        assert_eq!(
            story(&mut session, Peer::Client, &records, &keys),
            "data GET "
        );
        let hello = server_hello(&[2; 32], 0x1301, &VERSION_1_3);
        story(&mut session, Peer::Server, &hello, &keys);
        let mut server = sealer(&SERVER_HANDSHAKE);
        let accepted = [0, 4, 0, 42, 0, 0];
        story(
            &mut session,
            Peer::Server,
            &tell(&mut server, 8, &accepted),
            &keys,
        );
        let mut client = sealer(&CLIENT_HANDSHAKE);
        let records = [
            say(&mut early, b"more"),
            tell(&mut early, 5, &[]),
            tell(&mut client, 20, &[7; 32]),
            say(&mut sealer(&CLIENT_TRAFFIC), b"late"),
        ]
        .concat();
        assert_eq!(
            story(&mut session, Peer::Client, &records, &keys),
            "data more data late "
        );
    }

    #[test]
    fn refused_early_data_and_a_second_hello_lead_on() {
        let keys = all_secrets();
        let mut session = Session::default();
        let mut early = sealer(&CLIENT_EARLY);
        let records = [client_hello(&EARLY_DATA), say(&mut early, b"GET")].concat();
        story(&mut session, Peer::Client, &records, &keys);
        let retry = crate::wire::tls::hello::ServerHello::RETRY_RANDOM;
        let hello = server_hello(&retry, 0x1301, &VERSION_1_3);
        story(&mut session, Peer::Server, &hello, &keys);
        let refused = say(&mut early, b"more");
        assert_eq!(story(&mut session, Peer::Client, &refused, &keys), "");
        let (mut client, _) = shake(&mut session, &keys);
        let data = say(&mut client, b"again");
        assert_eq!(
            story(&mut session, Peer::Client, &data, &keys),
            "data again "
        );
        assert!(session.facts().retried && session.facts().early_data);
    }

    #[test]
    fn after_a_gap_the_next_record_that_opens_tells_its_number() {
        let keys = all_secrets();
        let mut session = Session::default();
        let (mut client, _) = shake(&mut session, &keys);
        for _ in 0..20 {
            say(&mut client, b"lost");
        }
        session.gap(Peer::Client, 30);
        let data = [say(&mut client, b"x"), say(&mut client, b"y")].concat();
        assert_eq!(
            story(&mut session, Peer::Client, &data, &keys),
            "data x data y "
        );
        // The KeyUpdate itself is lost.
        session.gap(Peer::Client, 1);
        let next = updated(Hash::Sha256, &CLIENT_TRAFFIC).expect("as long as the hash");
        let data = say(&mut sealer(&next), b"z");
        assert_eq!(story(&mut session, Peer::Client, &data, &keys), "data z ");
    }

    #[test]
    fn secrets_of_another_connection_are_told_and_given_up() {
        let wrong = log(
            &[1; 32],
            &[
                ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", &[99; 32]),
                ("SERVER_HANDSHAKE_TRAFFIC_SECRET", &[98; 32]),
            ],
        );
        let mut session = Session::default();
        story(&mut session, Peer::Client, &client_hello(&[]), &wrong);
        let hello = server_hello(&[2; 32], 0x1301, &VERSION_1_3);
        story(&mut session, Peer::Server, &hello, &wrong);
        let data = say(&mut sealer(&SERVER_HANDSHAKE), b"x");
        for _ in 1..FAILURES_MAX {
            assert_eq!(
                story(&mut session, Peer::Server, &data, &wrong),
                "tls-secrets-do-not-fit "
            );
        }
        assert_eq!(
            story(&mut session, Peer::Server, &data, &wrong),
            "tls-secrets-do-not-fit tls-direction-given-up "
        );
        assert_eq!(story(&mut session, Peer::Server, &data, &wrong), "");
        assert_eq!(session.facts().opening, Opening::SecretsDoNotFit);
        assert_eq!(
            session.facts().sealed_records,
            [0, u64::from(FAILURES_MAX) + 1]
        );
    }

    #[test]
    fn tls_1_2_opens_from_change_cipher_spec_on_and_renegotiates() {
        let master = [5; 48];
        let keys = log(&[1; 32], &[("CLIENT_RANDOM", &master)]);
        let mut session = Session::default();
        let agreed = |server_random| Agreed {
            version: Version::Tls12,
            suite: EARLY_SUITES[0],
            client_random: [1; 32],
            server_random,
            encrypt_then_mac: false,
        };
        let opener =
            |random, from| Opener::of_master_secret(&agreed(random), &master, from).expect("fits");
        let alpn = [0, 16, 0, 5, 0, 3, 2, b'h', b'2'];
        story(&mut session, Peer::Client, &client_hello(&alpn), &keys);
        let hello = server_hello(&[2; 32], 0xc02f, &alpn);
        story(&mut session, Peer::Server, &hello, &keys);
        let mut client = opener([2; 32], Peer::Client);
        let records = [
            CCS.to_vec(),
            client.seal(ContentType::Handshake, &message(20, &[1; 12]), 0),
            client.seal(ContentType::ApplicationData, b"one", 0),
            client.seal(ContentType::Handshake, &client_hello(&alpn)[5..], 0),
        ]
        .concat();
        assert_eq!(
            story(&mut session, Peer::Client, &records, &keys),
            "data one "
        );
        let mut server = opener([2; 32], Peer::Server);
        let again = server_hello(&[3; 32], 0xc02f, &alpn);
        let records = [
            CCS.to_vec(),
            server.seal(ContentType::Handshake, &again[5..], 0),
        ]
        .concat();
        assert_eq!(story(&mut session, Peer::Server, &records, &keys), "");
        let mut renewed = opener([3; 32], Peer::Client);
        let records = [
            client.seal(ContentType::ChangeCipherSpec, &[1], 0),
            renewed.seal(ContentType::ApplicationData, b"two", 0),
        ]
        .concat();
        assert_eq!(
            story(&mut session, Peer::Client, &records, &keys),
            "data two "
        );
        assert_eq!(session.facts().alpn.as_deref(), Some("h2"));
    }

    #[test]
    fn what_can_not_be_opened_is_named() {
        let keys = all_secrets();
        let mut session = Session::default();
        story(&mut session, Peer::Client, &client_hello(&[]), &keys);
        let hello = server_hello(&[2; 32], 0x1304, &VERSION_1_3); // CCM
        story(&mut session, Peer::Server, &hello, &keys);
        assert_eq!(session.facts().opening, Opening::Unsupported);
        let mut session = Session::default();
        story(&mut session, Peer::Client, &record(23, &[0; 40]), &keys);
        assert_eq!(session.facts().opening, Opening::HandshakeMissing);
    }

    #[test]
    fn flipped_records_do_not_panic() {
        let keys = all_secrets();
        let hello = hex("1603030004 02000000 1603030003 0b0000 1503030002 0228");
        let samples = [
            client_hello(&EARLY_DATA),
            server_hello(&[2; 32], 0x1301, &VERSION_1_3),
            hello,
        ];
        let mut session = Session::default();
        for sample in samples {
            for bit in 0..sample.len() * 8 {
                let mut flipped = sample.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                for from in [Peer::Client, Peer::Server] {
                    let mut rest = flipped.as_slice();
                    while let Ok(Some((record, after))) = Record::split(rest) {
                        session.record(from, &record, &keys, &mut |_| {});
                        rest = after;
                    }
                }
            }
        }
    }
}
