//! Keys of SRTP: put together from handshakes, key log and descriptions, handed to whoever reads RTCP.

use std::sync::Arc;

use crate::crypt::dtls::exporter::srtp_keys;
use crate::crypt::keylog::KeyLog;
use crate::crypt::srtp::keyring::Keyring;
use crate::crypt::srtp::keyring::MediaKeys;
use crate::crypt::srtp::protection::Protection;
use crate::crypt::srtp::sdes;
use crate::sdp::description::Description;
use crate::track::dtls::Association;
use crate::vocab::address::Direction;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;

/// The keys known so far, and where they came from.
#[derive(Debug, Default)]
pub(super) struct Secured {
    ring: Keyring,
    log: Arc<KeyLog>,
    /// Associations whose keys are in the ring, by place.
    learned: Vec<bool>,
}

impl Secured {
    /// Takes a larger key log; associations that waited for it get their keys.
    pub(super) fn set_key_log(&mut self, log: Arc<KeyLog>, associations: &[Association]) {
        self.log = log;
        for association in associations {
            self.learn(association);
        }
    }

    /// Looks for the keys of an association, once both hellos are known.
    pub(super) fn learn(&mut self, association: &Association) {
        if self.log.is_empty() || self.learned(association.id) {
            return;
        }
        let agreed = association.handshake().zip(association.client);
        let Some((handshake, client)) = agreed else {
            return;
        };
        // DTLS 1.3 chooses under encryption: then any offered profile may be it, and the tags tell.
        let chosen = association.srtp_profile.as_slice();
        let offered = association.srtp_profiles_offered.as_slice();
        let profiles = if chosen.is_empty() { offered } else { chosen };
        let mut found = false;
        for profile in profiles {
            let keys = Protection::of(*profile)
                .and_then(|protection| srtp_keys(&self.log, &handshake, protection));
            let Some([of_client, of_server]) = keys else {
                continue;
            };
            let flow = association.flow;
            self.ring.add(of_client, Some((flow, client)));
            self.ring.add(of_server, Some((flow, client.opposite())));
            found = true;
        }
        if found {
            let place = association.id.index();
            if self.learned.len() <= place {
                self.learned.resize(place + 1, false);
            }
            if let Some(learned) = self.learned.get_mut(place) {
                *learned = true;
            }
        }
    }

    /// Takes the keys that a description carries in the clear (RFC 4568).
    pub(super) fn learn_description(&mut self, description: &Description) {
        let cryptos = description.media.iter().flat_map(|media| &media.cryptos);
        for crypto in cryptos {
            for keys in sdes::keys(&crypto.suite, &crypto.key_parameters) {
                self.ring.add(keys, None);
            }
        }
    }

    /// The plain packets of an SRTCP datagram.
    #[inline]
    pub(super) fn open_rtcp(&mut self, seen: Sighting, datagram: &[u8]) -> Option<Vec<u8>> {
        self.ring.open_rtcp(seen.flow, seen.direction, datagram)
    }

    /// What protects one direction of a conversation, once a tag has proved it.
    pub(super) fn proved(&self, flow: FlowId, direction: Direction) -> Option<Protection> {
        let keys = self.ring.proved(flow, direction)?;
        Some(keys.protection())
    }

    /// No keys at all?
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// What there is to decrypt the media of one direction of a conversation with.
    pub(super) fn for_media(&self, flow: FlowId, direction: Direction) -> MediaKeys<'_> {
        self.ring.for_media(flow, direction)
    }

    fn learned(&self, id: AssociationId) -> bool {
        self.learned.get(id.index()).copied().unwrap_or_default()
    }
}
