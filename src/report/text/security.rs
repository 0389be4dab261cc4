//! DTLS associations of a call: did the handshake complete, with whose certificates, and what does it protect with?
//!
//! ```text
//!   DTLS      connected · DTLS 1.2 · handshake 33.9 ms (frames 186, 190, 191) · janus is client · certificates match the SDP
//!             TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 · SRTP_AEAD_AES_128_GCM
//! ```

use std::io;

use crate::report::text::call::Call;
use crate::report::text::figures::NO_BREAK;
use crate::report::text::figures::counted;
use crate::report::text::figures::frames;
use crate::report::text::figures::instant;
use crate::report::text::figures::milliseconds;
use crate::report::text::page::Page;
use crate::report::text::words::BAD;
use crate::report::text::words::DIM;
use crate::report::text::words::GOOD;
use crate::report::text::words::PLAIN;
use crate::report::text::words::POOR;
use crate::report::text::words::Words;
use crate::session::model::media::DtlsTransport;
use crate::track::dtls::association::State;
use crate::vocab::claim::Basis;
use crate::wire::tls::alert::AlertDescription;
use crate::wire::tls::alert::AlertLevel;
use crate::wire::tls::cipher_suite::CipherSuite;
use crate::wire::tls::srtp_profile::SrtpProfile;

/// Prints the associations of a call.
pub fn print(call: Call<'_>, page: &mut Page<'_>) -> io::Result<()> {
    for (index, &id) in call.connection.dtls.iter().enumerate() {
        if let Some(transport) = call.analysis.scene.dtls.get(id.index()) {
            page.field(
                if index == 0 { "DTLS" } else { "" },
                &handshake(call, transport),
            )?;
            page.hanging(&protection(transport))?;
            page.hanging(&alerts(call, transport))?;
        }
    }
    Ok(())
}

fn handshake(call: Call<'_>, transport: &DtlsTransport) -> Words {
    let association = &transport.association;
    let style = match association.state.value {
        State::Connected | State::Closed => GOOD,
        State::Failed => BAD,
        State::Connecting => POOR,
        State::Unknown | State::New => PLAIN,
    };
    let mut words = Words::new().styled(style, association.state.value.word());
    if let Some(version) = association.version {
        let version = version.to_string().replace(' ', &NO_BREAK.to_string());
        words = words.dot().text(version);
    }
    let mut evidence = association.hello_frames.frames().to_vec();
    if let Some(duration) = association.handshake_duration() {
        let duration = milliseconds(duration);
        words = words.dot().text(format!("handshake{NO_BREAK}{duration}"));
        // What begins that span, and what ends it.
        evidence.truncate(1);
        evidence.extend(association.finished_frames.frames());
    } else if association.handshake_started_at.is_some() {
        words = words.dot().styled(POOR, "handshake not completed");
    }
    let shown = frames(&evidence, &call.analysis.capture);
    if !shown.is_empty() {
        words = words.styled(DIM, format!(" ({shown})"));
    }
    let client = association.client;
    if let Some(side) = client.and_then(|direction| transport.side_of(direction)) {
        words = words.dot().text(format!("{} is client", call.name(side)));
    }
    if association.retransmitted_flights > 0 {
        let flights = counted(association.retransmitted_flights.into(), "flight");
        words = words.dot().styled(POOR, format!("{flights} sent again"));
    }
    certificates(call, transport, words)
}

fn certificates(call: Call<'_>, transport: &DtlsTransport, mut words: Words) -> Words {
    let seen = &transport.association.certificates;
    let matches = |index| transport.matches_sdp.get(index).copied().flatten();
    if seen.len() > 1 && (0..seen.len()).all(|index| matches(index) == Some(true)) {
        return words.dot().styled(GOOD, "certificates match the SDP");
    }
    for (index, certificate) in seen.iter().enumerate() {
        let side = transport.side_of(certificate.direction);
        let owner = side.map_or_else(|| "one end".into(), |side| call.name(side));
        let (style, sentence) = match matches(index) {
            Some(true) => (GOOD, format!("certificate of {owner} matches the SDP")),
            Some(false) => (
                BAD,
                format!("certificate of {owner} does not match its a=fingerprint"),
            ),
            None => (
                DIM,
                format!("certificate of {owner}, no a=fingerprint to compare with"),
            ),
        };
        let shown = frames(&certificate.frames, &call.analysis.capture);
        words = words
            .dot()
            .styled(style, sentence)
            .styled(DIM, format!(" ({shown})"));
    }
    words
}

/// What it protects with.
fn protection(transport: &DtlsTransport) -> Words {
    let association = &transport.association;
    let suite = association.cipher_suite.and_then(CipherSuite::name);
    let profile = association.srtp_profile.and_then(SrtpProfile::name);
    let names = suite.into_iter().chain(profile);
    names.fold(Words::new(), |words, name| words.dot().styled(DIM, name))
}

fn alerts(call: Call<'_>, transport: &DtlsTransport) -> Words {
    let alerts = transport.association.alerts.iter().take(ALERTS_SHOWN);
    alerts.fold(Words::new(), |words, alert| {
        let side = transport.side_of(alert.direction);
        let sender = side.map_or_else(|| "one end".into(), |side| call.name(side));
        let is_fatal = alert.level == Some(AlertLevel::Fatal);
        let (style, word) = if is_fatal {
            (BAD, "fatal alert")
        } else {
            (PLAIN, "alert")
        };
        let name = alert.description.and_then(AlertDescription::name);
        let name = name.unwrap_or("(encrypted)");
        let inferred = if alert.basis == Basis::Inferred {
            ", inferred"
        } else {
            ""
        };
        let at = instant(call.analysis.scene.seconds(alert.at));
        let shown = frames(&[alert.frame], &call.analysis.capture);
        words
            .dot()
            .styled(style, format!("{word} {name} from {sender} {at}"))
            .styled(DIM, format!(" ({shown}{inferred})"))
    })
}

/// Alerts written out of an association.
const ALERTS_SHOWN: usize = 4;
