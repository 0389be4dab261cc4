//! Data channels and the DTLS associations that they run in.

use hashbrown::HashMap;

use crate::session::model::data::DataChannel;
use crate::session::model::media::DtlsTransport;
use crate::track::sctp::SctpAssociation;
use crate::vocab::ids::AssociationId;

/// Places each channel where its association is.
pub(super) fn join(dtls: &[DtlsTransport], found: Vec<SctpAssociation>) -> Vec<DataChannel> {
    let ids = dtls.iter().map(|transport| transport.association.id);
    let places: HashMap<AssociationId, usize> = ids.zip(0..).collect();
    let mut channels = Vec::new();
    for sctp in found {
        let Some(&place) = places.get(&sctp.dtls) else {
            continue;
        };
        let around = dtls.get(place);
        let aborted = sctp.aborted.is_some();
        let all = sctp.channels.into_iter();
        channels.extend(all.map(|(id, channel)| DataChannel {
            id,
            channel,
            dtls: AssociationId(place as u32),
            peer_connection: around.and_then(|transport| transport.peer_connection),
            forward_side: around.and_then(|transport| transport.forward_side),
            aborted,
        }));
    }
    channels.sort_by_key(|data| (data.channel.span.0.frame, data.id));
    channels
}
