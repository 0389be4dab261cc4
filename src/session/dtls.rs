//! DTLS associations in their peer connections: whose certificate is whose, and does its hash stand in that side's description?

use crate::sdp::media::MediaSection;
use crate::sdp::transport::Fingerprint;
use crate::session::model::media::DtlsTransport;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::dtls::Association;
use crate::track::dtls::association::State;
use crate::track::dtls::facts::CertificateSeen;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;

/// Places each association by its conversation.
///
/// After an ICE restart the association goes on in another conversation without a handshake (RFC 8842 §5.5): such a
/// continuation, ciphertext only, is folded into the association that it continues.
pub(super) fn join(
    associations: Vec<Association>,
    owner: &[Option<PeerConnectionId>],
    connections: &[PeerConnection],
) -> Vec<DtlsTransport> {
    let mut transports: Vec<DtlsTransport> = Vec::with_capacity(associations.len());
    for association in associations {
        let id = owner.get(association.flow.index()).copied().flatten();
        if id.is_some()
            && association.hello_frames.frames().is_empty()
            && let Some(before) = transports.iter_mut().rev().find(|known| {
                known.peer_connection == id && known.association.handshake_finished_at.is_some()
            })
        {
            carry_on(&mut before.association, association);
            continue;
        }
        let pc = id.and_then(|id| connections.get(id.index()));
        transports.push(place(association, id, pc));
    }
    transports
}

fn carry_on(before: &mut Association, after: Association) {
    before.last_at = before.last_at.max(after.last_at);
    before.records += after.records;
    before.decrypted |= after.decrypted;
    before.alerts.extend(after.alerts);
    before.alerts.truncate(Association::ALERTS_KEPT);
    for (ours, theirs) in before
        .application_data
        .iter_mut()
        .zip(after.application_data)
    {
        ours.records += theirs.records;
        ours.bytes += theirs.bytes;
    }
    if matches!(after.state.value, State::Closed | State::Failed) {
        before.state = after.state;
        before.state_history.extend(
            after
                .state_history
                .into_iter()
                .filter(|change| matches!(change.state, State::Closed | State::Failed)),
        );
    }
}

fn place(
    association: Association,
    id: Option<PeerConnectionId>,
    pc: Option<&PeerConnection>,
) -> DtlsTransport {
    let forward_side = pc.and_then(|pc| {
        let flow = pc.flows.iter().find(|(flow, _)| *flow == association.flow);
        flow.map(|(_, side)| *side)
    });
    let mut match_frames = Vec::new();
    let matches_sdp = association
        .certificates
        .iter()
        .map(|certificate| {
            let side = match certificate.direction {
                Direction::Forward => forward_side?,
                Direction::Reverse => forward_side?.opposite(),
            };
            matches(pc?, side, certificate, &mut match_frames)
        })
        .collect();
    DtlsTransport {
        association,
        peer_connection: id,
        forward_side,
        sctp: None,
        matches_sdp,
        match_frames,
    }
}

/// Compares with the side's last description before the certificate came; `None` when there is none to compare with.
fn matches(
    pc: &PeerConnection,
    side: Side,
    certificate: &CertificateSeen,
    frames: &mut Vec<FrameNumber>,
) -> Option<bool> {
    let of_side = || {
        let all = pc.descriptions.iter();
        all.filter(|description| description.side == side)
    };
    // On the answerer's wire the handshake can be quicker than the long poll that carries the answer.
    let description = of_side()
        .rfind(|description| description.at <= certificate.at)
        .or_else(|| of_side().next_back())?;
    let prints: Vec<&Fingerprint> = description
        .parsed
        .media
        .iter()
        .flat_map(MediaSection::fingerprints)
        .chain(&description.parsed.session.transport.fingerprints)
        .collect();
    if prints.is_empty() {
        return None;
    }
    frames.extend(&description.frames);
    frames.extend(&certificate.frames);
    frames.sort_unstable();
    frames.dedup();
    let known: Vec<bool> = prints
        .iter()
        .filter_map(|print| certificate.fingerprints.matches(&print.to_string()))
        .collect();
    (!known.is_empty()).then(|| known.contains(&true))
}
