//! DTLS: certificates that are not the signaled ones, alerts, handshakes without answer or that never began.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::media;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::ladder::Status;
use crate::session::model::media::DtlsTransport;
use crate::track::dtls::association::State;
use crate::track::dtls::facts::AlertSeen;
use crate::track::dtls::facts::CertificateSeen;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::tls::alert::AlertDescription;
use crate::wire::tls::alert::AlertLevel;

/// What broke the handshake, or what should have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble<'a> {
    /// A certificate whose hash is not the signaled one.
    Mismatch(&'a CertificateSeen),
    /// An alert.
    Alert(&'a DtlsTransport, Option<&'a AlertSeen>),
    /// No end of the handshake.
    Stalled(&'a DtlsTransport),
    /// No beginning.
    NeverStarted,
}

impl Trouble<'_> {
    /// Frames that show it.
    pub(crate) fn frames(&self) -> Vec<FrameNumber> {
        match self {
            Self::Mismatch(certificate) => certificate.frames.clone(),
            Self::Alert(transport, alert) => alert.map_or_else(
                || transport.association.state.evidence.clone(),
                |alert| vec![alert.frame],
            ),
            Self::Stalled(transport) => transport.association.hello_frames.frames().to_vec(),
            Self::NeverStarted => Vec::new(),
        }
    }
}

/// What broke the DTLS of a call; `None` when nothing did, or when the capture can't tell.
pub(crate) fn trouble<'a>(call: &Call<'a>) -> Option<Trouble<'a>> {
    if let Some((transport, certificate)) = mismatch(call)
        && !survived(call, transport)
    {
        return Some(Trouble::Mismatch(certificate));
    }
    let done = |transport: &&DtlsTransport| {
        let association = &transport.association;
        association.handshake_finished_at.is_some()
            || matches!(association.state.value, State::Connected)
    };
    if call.dtls.iter().copied().any(|transport| done(&transport)) || media::flows(call) {
        return None;
    }
    let whole = !call.doubts.one_direction && call.doubts.truncated == 0 && !call.doubts.mid_call;
    for &transport in &call.dtls {
        let alert = fatal(transport);
        if alert.is_some_and(|alert| !alert.encrypted) {
            return Some(Trouble::Alert(transport, alert));
        }
        if transport.association.state.value == State::Failed && whole {
            return Some(Trouble::Alert(transport, alert));
        }
    }
    if !whole {
        return None;
    }
    let stalled = |transport: &&DtlsTransport| {
        let association = &transport.association;
        let begun = association.handshake_started_at.unwrap_or(call.end);
        association.state.value == State::Connecting && call.end.since(begun) >= HANDSHAKE_WITHIN
    };
    if let Some(transport) = call.dtls.iter().copied().find(stalled) {
        return Some(Trouble::Stalled(transport));
    }
    never_started(call).then_some(Trouble::NeverStarted)
}

/// The first certificate whose hash is not in its side's description.
pub(crate) fn mismatch<'a>(call: &Call<'a>) -> Option<(&'a DtlsTransport, &'a CertificateSeen)> {
    call.dtls.iter().find_map(|transport| {
        let compared = transport
            .association
            .certificates
            .iter()
            .zip(&transport.matches_sdp);
        let mut differing = compared.filter(|(_, matches)| **matches == Some(false));
        differing
            .next()
            .map(|(certificate, _)| (*transport, certificate))
    })
}

/// Did checks go on being answered, and media on flowing, long after the mismatch? Then nobody minded it.
fn survived(call: &Call<'_>, transport: &DtlsTransport) -> bool {
    let since = transport.association.first_at;
    let answered = call
        .pc
        .ice
        .pairs
        .iter()
        .filter_map(|pair| pair.last_answered_at)
        .max();
    let media = call.streams.iter().map(|stream| stream.stats.last.at).max();
    let goes_on = |at: Option<Timestamp>| at.is_some_and(|at| at.since(since) >= SURVIVED_FOR);
    goes_on(answered) && goes_on(media)
}

/// The alert that ended a handshake.
fn fatal(transport: &DtlsTransport) -> Option<&AlertSeen> {
    let mut alerts = transport.association.alerts.iter();
    alerts.find(|alert| {
        let goodbye = matches!(
            alert.description,
            Some(AlertDescription::CloseNotify | AlertDescription::UserCanceled)
        );
        !goodbye && (alert.level != Some(AlertLevel::Warning) || alert.encrypted)
    })
}

fn never_started(call: &Call<'_>) -> bool {
    let Some(pair) = call.pc.selected_pair().filter(|pair| pair.nominated) else {
        return false;
    };
    let since = pair.nominated_at.unwrap_or(call.end);
    // Only descriptions tell whether there is to be DTLS at all.
    let agreed = call.pc.descriptions.iter().any(|description| {
        let sections = &description.parsed.media;
        sections
            .iter()
            .any(|section| !section.fingerprints().is_empty())
    });
    agreed
        && !call.pc.negotiations.is_empty()
        && call.dtls.is_empty()
        && call.streams.is_empty()
        && call.status(Stage::Nomination) == Status::Passed
        && call.end.since(since) >= HANDSHAKE_WITHIN
}

/// A handshake that takes longer has failed for its user: flights are sent again after 1, 2 and 4 s (RFC 6347 §4.2.4.1), in libwebrtc
/// after 50 ms, 100 ms and so on.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);

/// A peer that minds a wrong certificate is gone at once; one that talks this long does not mind.
const SURVIVED_FOR: Duration = Duration::from_secs(5);
