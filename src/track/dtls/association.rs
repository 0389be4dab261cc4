//! A DTLS association as the packets of one conversation show it. Plain data; who its ends are is for the session floor to join.

use std::time::Duration;

use crate::crypt::dtls::handshake::Handshake;
use crate::track::dtls::facts::AlertSeen;
use crate::track::dtls::facts::CertificateSeen;
use crate::track::dtls::facts::EpochProgress;
use crate::track::dtls::facts::HelloFacts;
use crate::track::dtls::facts::Traffic;
use crate::track::dtls::flight::Flight;
use crate::vocab::address::Direction;
use crate::vocab::claim::Basis;
use crate::vocab::claim::Claim;
use crate::vocab::claim::Evidence;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::tls::cipher_suite::CipherSuite;
use crate::wire::tls::registry::Version;
use crate::wire::tls::srtp_profile::SrtpProfile;

/// One DTLS association on one conversation. `[T; 2]` is indexed by [`Direction::index`] of the sender.
#[derive(Debug, Clone)]
pub struct Association {
    /// Its place in the tracker's list.
    pub id: AssociationId,
    /// The conversation it runs on.
    pub flow: FlowId,
    /// Where it stands at the end of what was seen; always inferred.
    pub state: Claim<State>,
    /// How it came there, oldest first, at most [`Association::STATES_KEPT`].
    pub state_history: Vec<StateChange>,
    /// Version that the server chose; `None` when its hello was not seen.
    pub version: Option<Version>,
    /// Version in the latest record with a 13-byte header. DTLS 1.3 writes 1.2 there.
    pub record_version: Option<Version>,
    /// Cipher suite that the server chose.
    pub cipher_suite: Option<CipherSuite>,
    /// SRTP profile that the server chose. In DTLS 1.3 it chooses under encryption: then known from the first SRTCP packet that keys of one
    /// profile alone open.
    pub srtp_profile: Option<SrtpProfile>,
    /// SRTP profiles that the client offered, in its order.
    pub srtp_profiles_offered: Vec<SrtpProfile>,
    /// Direction of the client's packets: who sent ClientHello, or whom ServerHello went to.
    pub client: Option<Direction>,
    /// First record.
    pub first_at: Timestamp,
    /// Latest record.
    pub last_at: Timestamp,
    /// First ClientHello.
    pub handshake_started_at: Option<Timestamp>,
    /// The Finished that completed it; `None` when the handshake did not complete, or not all of it was seen.
    pub handshake_finished_at: Option<Timestamp>,
    /// Flights that were sent again; see `flights`.
    pub retransmitted_flights: u32,
    /// Flights of the handshake in order, at most [`Association::FLIGHTS_KEPT`].
    pub flights: Vec<Flight>,
    /// Certificates seen in the clear (up to DTLS 1.2), at most [`Association::CERTIFICATES_KEPT`].
    pub certificates: Vec<CertificateSeen>,
    /// Alerts, at most [`Association::ALERTS_KEPT`]. DTLS 1.3's are indistinguishable from other ciphertext: none of its appear.
    pub alerts: Vec<AlertSeen>,
    /// What the hellos said.
    pub hello: HelloFacts,
    /// Records, those captured twice included.
    pub records: u64,
    /// Records captured twice (same epoch and sequence number): the network's or the capture's doing, not a retransmission.
    pub duplicate_records: u64,
    /// Records of application data and their ciphertext, per direction. In DTLS 1.3 acknowledgements, alerts and tickets are among them.
    pub application_data: [Traffic; 2],
    /// Frames of ClientHello and ServerHello.
    pub hello_frames: Evidence,
    /// Frames that show the handshake's completion.
    pub finished_frames: Evidence,
    /// The client's random: names the association in key logs.
    pub client_random: Option<[u8; 32]>,
    /// The server's random.
    pub server_random: Option<[u8; 32]>,
    /// Epoch and sequence numbers seen, per direction: what shows that another conversation goes on with the same association.
    pub epochs: [Option<EpochProgress>; 2],
    /// Did keys open a record of it?
    pub decrypted: bool,
}

impl Association {
    /// State changes kept.
    pub const STATES_KEPT: usize = 32;
    /// Flights kept.
    pub const FLIGHTS_KEPT: usize = 64;
    /// Certificates kept.
    pub const CERTIFICATES_KEPT: usize = 8;
    /// Alerts kept.
    pub const ALERTS_KEPT: usize = 16;

    pub(super) fn new(id: AssociationId, seen: Sighting, state: State) -> Self {
        let mut association = Self {
            id,
            flow: seen.flow,
            state: Claim {
                value: state,
                basis: Basis::Inferred,
                evidence: Vec::new(),
            },
            state_history: Vec::new(),
            version: None,
            record_version: None,
            cipher_suite: None,
            srtp_profile: None,
            srtp_profiles_offered: Vec::new(),
            client: None,
            first_at: seen.at,
            last_at: seen.at,
            handshake_started_at: None,
            handshake_finished_at: None,
            retransmitted_flights: 0,
            flights: Vec::new(),
            certificates: Vec::new(),
            alerts: Vec::new(),
            hello: HelloFacts::default(),
            records: 0,
            duplicate_records: 0,
            application_data: [Traffic::default(); 2],
            hello_frames: Evidence::default(),
            finished_frames: Evidence::default(),
            client_random: None,
            server_random: None,
            epochs: [None; 2],
            decrypted: false,
        };
        association.set_state(state, seen.at, vec![seen.frame]);
        association
    }

    /// From the first ClientHello to the last Finished.
    pub fn handshake_duration(&self) -> Option<Duration> {
        Some(
            self.handshake_finished_at?
                .since(self.handshake_started_at?),
        )
    }

    /// What keys depend on; `None` while a hello is missing.
    pub fn handshake(&self) -> Option<Handshake> {
        Some(Handshake {
            client_random: self.client_random?,
            server_random: self.server_random?,
            version: self.version?,
            suite: self.cipher_suite?,
        })
    }

    /// Direction of the server's packets.
    pub fn server(&self) -> Option<Direction> {
        self.client.map(Direction::opposite)
    }

    pub(super) fn set_state(&mut self, state: State, at: Timestamp, frames: Vec<FrameNumber>) {
        self.state.value = state;
        self.state.evidence.clone_from(&frames);
        if self.state_history.len() < Self::STATES_KEPT {
            self.state_history.push(StateChange { state, at, frames });
        }
    }
}

/// State of an association, in the words of `RTCDtlsTransportState` (W3C WebRTC §5.5.1), and one for captures that began too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Too little was seen: only ciphertext, or one direction of a handshake and then an encrypted alert.
    Unknown,
    /// Nothing was sent yet; an association that was seen is never new.
    New,
    /// The handshake runs, or was given up without a word.
    Connecting,
    /// The handshake completed.
    Connected,
    /// One end said goodbye.
    Closed,
    /// One end gave up with a fatal alert.
    Failed,
}

impl State {
    /// Lower-case word, as getStats and the report print it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::New => "new",
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Closed => "closed",
            Self::Failed => "failed",
        }
    }
}

/// A state that an association entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The state.
    pub state: State,
    /// When.
    pub at: Timestamp,
    /// Frames that show it.
    pub frames: Vec<FrameNumber>,
}
