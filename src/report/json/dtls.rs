//! `dtls`: associations, their certificates and alerts.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::report::json::context::milliseconds;
use crate::report::json::sctp::Sctp;
use crate::report::json::state::StateChange;
use crate::session::model::media::DtlsTransport;
use crate::track::dtls::facts::AlertSeen;
use crate::track::dtls::facts::CertificateSeen;
use crate::vocab::address::Side;
use crate::vocab::ids::AssociationId;
use crate::wire::tls::certificate::HashFunction;

/// A DTLS association.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Dtls<'a> {
    /// `dtls-1`, in order of the first frame.
    pub id: String,
    /// The peer connection that it secures.
    pub peer_connection: Option<String>,
    /// `turn` when it is no call's and leads to a TURN server, inferred from application protocol or port; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carries: Option<&'static str>,
    /// The conversation that it runs on.
    pub flow: String,
    /// `RTCDtlsTransportState`, inferred; `unknown` when only ciphertext was seen.
    pub state: &'static str,
    /// How it got there.
    pub state_history: Vec<StateChange>,
    /// Version that the server chose: `DTLS 1.2`.
    pub version: Option<String>,
    /// Cipher suite that the server chose.
    pub cipher_suite: Option<String>,
    /// SRTP profile that the server chose; encrypted in DTLS 1.3.
    pub srtp_cipher: Option<String>,
    /// SRTP profiles that the client offered.
    pub srtp_ciphers_offered: Vec<String>,
    /// Key exchange group.
    pub group: Option<String>,
    /// Which side sent the `ClientHello`: `a` or `b`.
    pub client: Option<&'static str>,
    /// Its address.
    pub client_address: Option<String>,
    /// The other address.
    pub server_address: Option<String>,
    /// First `ClientHello`.
    pub handshake_time_seconds: Option<f64>,
    /// From the first `ClientHello` to the last Finished.
    pub handshake_ms: Option<f64>,
    /// Flights that were sent again.
    pub retransmitted_flights: u32,
    /// Was an earlier session resumed?
    pub resumed: Option<bool>,
    /// Was it decrypted?
    pub decrypted: bool,
    /// Certificates seen in the clear (up to DTLS 1.2), each followed by those that it came with.
    pub certificates: Vec<Certificate<'a>>,
    /// Alerts.
    pub alerts: Vec<Alert>,
    /// SCTP inside it, on which data channels run; null where no keys opened it, or there was none.
    pub sctp: Option<Sctp>,
    /// First record.
    pub first_time_seconds: f64,
    /// Last record.
    pub last_time_seconds: f64,
    /// Records.
    pub records: u64,
    /// Frames of the hellos.
    pub hello_frames: Vec<FrameRef>,
    /// Frames that show the handshake's end.
    pub finished_frames: Vec<FrameRef>,
}

/// A certificate.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Certificate<'a> {
    /// Who sent it: `a` or `b`.
    pub side: Option<&'static str>,
    /// Its SHA-256 hash, as in SDP.
    pub fingerprint: String,
    /// Its place in the chain that was sent: 0 for the sender's own, and then one for each issuer.
    pub position: usize,
    /// Does that side's description have its hash? Null when there is no description, and for issuers, whose hash nobody compares.
    pub matches_sdp: Option<bool>,
    /// Subject.
    pub subject: Option<&'a str>,
    /// Frames that carried it.
    pub frames: Vec<FrameRef>,
}

/// An alert.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// `warning` or `fatal`; null when encrypted and not inferred.
    pub level: Option<String>,
    /// `close_notify` …
    pub description: Option<String>,
    /// Who sent it: `a` or `b`.
    pub side: Option<&'static str>,
    /// Could it not be read?
    pub encrypted: bool,
    /// Ground of level and description.
    pub basis: &'static str,
    /// When.
    pub time_seconds: f64,
    /// In which frame.
    pub frames: Vec<FrameRef>,
}

impl<'a> Dtls<'a> {
    /// All associations.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let transports = context.analysis.scene.dtls.iter().zip(0..);
        transports
            .map(|(transport, index)| Self::new(context, AssociationId(index), transport))
            .collect()
    }

    fn new(context: Context<'a>, id: AssociationId, transport: &'a DtlsTransport) -> Self {
        let association = &transport.association;
        let side = |direction| transport.side_of(direction).map(Side::word);
        let scene = &context.analysis.scene;
        let flow = scene.flows.get(association.flow.index());
        let address = |direction| flow.map(|flow| flow.tuple.source(direction).to_string());
        let history = association.state_history.iter().map(|change| {
            StateChange::new(context, change.at, change.state.word(), &change.frames)
        });
        let certificates = association.certificates.iter().enumerate();
        let certificates = certificates.flat_map(|(index, certificate)| {
            let matches = transport.matches_sdp.get(index).copied().flatten();
            Certificate::chain(context, certificate, side(certificate.direction), matches)
        });
        let alerts = association.alerts.iter();
        let offered = association.srtp_profiles_offered.iter();
        Self {
            id: id.id(),
            peer_connection: transport.peer_connection.map(Id::id),
            carries: scene.turn_inside(transport).map(|_| "turn"),
            flow: association.flow.id(),
            state: association.state.value.word(),
            state_history: history.collect(),
            version: association.version.map(|version| version.to_string()),
            cipher_suite: association
                .cipher_suite
                .map(|suite| named(suite.name(), suite.code())),
            srtp_cipher: association
                .srtp_profile
                .map(|profile| named(profile.name(), profile.code())),
            srtp_ciphers_offered: offered
                .map(|profile| named(profile.name(), profile.code()))
                .collect(),
            group: association
                .hello
                .group
                .map(|group| named(group.name(), group.code())),
            client: association.client.and_then(side),
            client_address: association.client.and_then(address),
            server_address: association.server().and_then(address),
            handshake_time_seconds: association
                .handshake_started_at
                .map(|at| context.seconds(at)),
            handshake_ms: association.handshake_duration().map(milliseconds),
            retransmitted_flights: association.retransmitted_flights,
            resumed: association.hello.resumed,
            decrypted: association.decrypted,
            certificates: certificates.collect(),
            alerts: alerts
                .map(|alert| Alert::new(context, alert, side(alert.direction)))
                .collect(),
            sctp: Sctp::of(context, transport),
            first_time_seconds: context.seconds(association.first_at),
            last_time_seconds: context.seconds(association.last_at),
            records: association.records,
            hello_frames: context.frames(association.hello_frames.frames()),
            finished_frames: context.frames(association.finished_frames.frames()),
        }
    }
}

impl<'a> Certificate<'a> {
    /// A certificate and its issuers.
    fn chain(
        context: Context<'a>,
        seen: &'a CertificateSeen,
        side: Option<&'static str>,
        matches_sdp: Option<bool>,
    ) -> impl Iterator<Item = Self> {
        let own = (&seen.fingerprints, &seen.certificate);
        let issuers = seen.issuers.iter();
        let issuers = issuers.map(|issuer| (&issuer.fingerprints, &issuer.certificate));
        let chain = std::iter::once(own).chain(issuers).enumerate();
        chain.map(move |(position, (fingerprints, certificate))| Self {
            side,
            fingerprint: fingerprints.text(HashFunction::Sha256),
            position,
            matches_sdp: matches_sdp.filter(|_| position == 0),
            subject: certificate
                .as_ref()
                .map(|certificate| certificate.subject.as_str()),
            frames: context.frames(&seen.frames),
        })
    }
}

impl Alert {
    fn new(context: Context<'_>, alert: &AlertSeen, side: Option<&'static str>) -> Self {
        Self {
            level: alert
                .level
                .map(|level| named(level.name(), level.code().into())),
            description: alert
                .description
                .map(|description| named(description.name(), description.code().into())),
            side,
            encrypted: alert.encrypted,
            basis: alert.basis.word(),
            time_seconds: context.seconds(alert.at),
            frames: context.frames(&[alert.frame]),
        }
    }
}

/// The registry's name, else the number: `0x1301`.
fn named(name: Option<&'static str>, code: u16) -> String {
    name.map_or_else(|| format!("{code:#06x}"), str::to_owned)
}
