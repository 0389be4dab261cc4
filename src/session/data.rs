//! Data channels and the DTLS associations that they run in.

use hashbrown::HashMap;

use crate::session::model::data::DataChannel;
use crate::session::model::data::Sctp;
use crate::session::model::media::DtlsTransport;
use crate::track::sctp::SctpAssociation;
use crate::vocab::ids::AssociationId;

/// Places each association, and its channels, in the DTLS association that they run in.
pub(super) fn join(dtls: &mut [DtlsTransport], found: Vec<SctpAssociation>) -> Vec<DataChannel> {
    let ids = dtls.iter().map(|transport| transport.association.id);
    let places: HashMap<AssociationId, usize> = ids.zip(0..).collect();
    let mut channels = Vec::new();
    for sctp in found {
        let Some(&place) = places.get(&sctp.dtls) else {
            continue;
        };
        let Some(around) = dtls.get_mut(place) else {
            continue;
        };
        let is_over = sctp.course.is_over();
        around.sctp = Some(Sctp {
            course: sctp.course,
            packets: sctp.packets,
            span: sctp.span,
        });
        let (peer_connection, forward_side) = (around.peer_connection, around.forward_side);
        let all = sctp.channels.into_iter();
        channels.extend(all.map(|(id, channel)| DataChannel {
            id,
            channel,
            dtls: AssociationId(place as u32),
            peer_connection,
            forward_side,
            is_over,
        }));
    }
    channels.sort_by_key(|data| (data.channel.span.0.frame, data.id));
    channels
}
