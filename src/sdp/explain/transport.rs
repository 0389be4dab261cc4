//! Sentences for ICE, DTLS, SDES, RTCP's port and SCTP.

use crate::sdp::attribute::Attribute;
use crate::sdp::explain::listed;
use crate::sdp::explain::printable;
use crate::sdp::explain::quoted;
use crate::sdp::transport::RtcpAddress;
use crate::sdp::transport::SetupRole;

/// `None` for attributes of other files.
pub(super) fn explain(attribute: &Attribute) -> Option<String> {
    explain_ice(attribute).or_else(|| {
        Some(match attribute {
            Attribute::Fingerprint(fingerprint) => format!(
                "The {} hash of the certificate that the writer will show in the DTLS handshake; a certificate with another hash is an impostor's or a mix-up (RFC 8122 §5).",
                printable(&fingerprint.algorithm).to_ascii_uppercase()
            ),
            Attribute::Setup(role) => explain_setup(*role).to_owned(),
            Attribute::TlsId(_) => {
                "A name for the DTLS association: when it changes, both sides shake hands anew (RFC 8842 §4).".to_owned()
            }
            Attribute::Crypto(crypto) => format!(
                "An SRTP key for {} inside the description itself (SDES), which browsers refuse since whoever reads the signaling can decrypt the media (RFC 4568 §4).",
                quoted(&crypto.suite)
            ),
            Attribute::Rtcp(rtcp) => explain_rtcp(rtcp),
            Attribute::RtcpMux => "RTP and RTCP share one port, told apart by the second byte (RFC 5761 §5.1.1).".to_owned(),
            Attribute::RtcpMuxOnly => "RTP and RTCP must share one port; the writer has no second one (RFC 8858 §3).".to_owned(),
            Attribute::SctpPort(port) => format!("Data channels run on SCTP port {port}, a number inside the DTLS association, not a UDP port (RFC 8841 §5)."),
            Attribute::MaxMessageSize(0) => "The writer takes data-channel messages of any size (RFC 8841 §6).".to_owned(),
            Attribute::MaxMessageSize(bytes) => format!("The writer takes data-channel messages of up to {bytes} bytes (RFC 8841 §6)."),
            Attribute::Sctpmap { port, streams } => {
                format!("Data channels on SCTP port {port} with up to {streams} streams, in the notation used before RFC 8841 (draft-ietf-mmusic-sctp-sdp-05).")
            }
            _ => return None,
        })
    })
}

fn explain_ice(attribute: &Attribute) -> Option<String> {
    Some(match attribute {
        Attribute::IceUfrag(ufrag) => format!(
            "The writer's ICE user name {}: connectivity checks sent to it carry a USERNAME that starts with it (RFC 8839 §5.4, RFC 8445 §7.2.2).",
            quoted(ufrag)
        ),
        Attribute::IcePwd(_) => {
            "The writer's ICE password: the key that signs connectivity checks sent to it, so that only somebody who saw this description can send them (RFC 8839 §5.4).".to_owned()
        }
        Attribute::IceLite => {
            "The writer, as a rule a server with a public address, answers connectivity checks and sends none, so the other side is in control (RFC 8839 §5.3).".to_owned()
        }
        Attribute::IceOptions(options) => explain_options(options),
        Attribute::IceMismatch => {
            "The writer saw an address in the offer that matches no candidate, as a middlebox leaves behind, and does without ICE (RFC 8839 §5.3).".to_owned()
        }
        Attribute::IcePacing(milliseconds) => format!("The writer wants {milliseconds} ms between connectivity checks (RFC 8839 §5.5)."),
        Attribute::EndOfCandidates => "All candidates are known; no more will trickle in for this section (RFC 8840 §8).".to_owned(),
        _ => return None,
    })
}

fn explain_options(options: &[String]) -> String {
    let mut seen: Vec<String> = options
        .iter()
        .take(4)
        .map(|option| match option.as_str() {
            "trickle" => "candidates may follow one by one as they are found (trickle, RFC 8838)".to_owned(),
            "ice2" => "the writer follows RFC 8445, not the older RFC 5245 (ice2)".to_owned(),
            "renomination" => "the controlling side may change the chosen path later (renomination, draft-thatcher-ice-renomination)".to_owned(),
            "google-ice" => "the writer speaks Google's ICE of before the standard (google-ice)".to_owned(),
            other => quoted(other),
        })
        .collect();
    seen.dedup();
    format!(
        "What the writer's ICE can do: {} (RFC 8839 §5.6).",
        listed(&seen)
    )
}

const fn explain_setup(role: SetupRole) -> &'static str {
    match role {
        SetupRole::ActPass => {
            "The writer can open the DTLS handshake or wait for it (actpass), so the answer chooses (RFC 8842 §5, RFC 4145 §4)."
        }
        SetupRole::Active => {
            "The writer opens the DTLS handshake (active): it is the DTLS client and sends the ClientHello (RFC 8842 §5, RFC 4145 §4)."
        }
        SetupRole::Passive => {
            "The writer waits for the DTLS handshake (passive): it is the DTLS server (RFC 8842 §5, RFC 4145 §4)."
        }
        SetupRole::HoldConn => {
            "The writer wants no connection for now (holdconn), which DTLS does not allow (RFC 4145 §4, RFC 8842 §5)."
        }
    }
}

fn explain_rtcp(rtcp: &RtcpAddress) -> String {
    match &rtcp.address {
        _ if rtcp.port == 9 => {
            "Where RTCP would go without rtcp-mux; port 9 is a placeholder (RFC 3605 §2.1)."
                .to_owned()
        }
        Some(address) => format!(
            "Without rtcp-mux, RTCP goes to {address}, port {} (RFC 3605 §2.1).",
            rtcp.port
        ),
        None => format!(
            "Without rtcp-mux, RTCP goes to port {} (RFC 3605 §2.1).",
            rtcp.port
        ),
    }
}
