//! What the analysis knows that a frame alone does not tell: codecs of SSRCs, calls of conversations.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::flow::table::FlowProtocol;
use crate::session::model::scene::Scene;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::Ssrc;
use crate::wire::datagram::Kind;
use crate::wire::datagram::classify;

/// Look-ups over one scene.
#[derive(Debug, Default)]
pub struct Known {
    streams: HashMap<Ssrc, Stream>,
    calls: HashMap<Key, PeerConnectionId>,
    /// Conversations that carry QUIC.
    quic: HashSet<Key>,
}

type Key = (Transport, TransportAddress, TransportAddress);

/// What is known of an SSRC.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// Encoding name. Text from the wire.
    pub codec: Option<String>,
    /// Is it SRTP?
    pub encrypted: bool,
}

impl Known {
    /// Look-ups over `scene`.
    pub fn of(scene: &Scene) -> Self {
        let streams = scene.streams.iter().map(|stream| {
            let known = Stream {
                codec: stream.codec.clone(),
                encrypted: stream.encrypted.unwrap_or(true),
            };
            (stream.stats.ssrc, known)
        });
        let owned = scene
            .flows
            .iter()
            .zip(&scene.flow_owner)
            .filter_map(|(flow, owner)| {
                let outer = flow
                    .relayed
                    .and_then(|relayed| scene.flows.get(relayed.outer.index()));
                Some((key(&outer.unwrap_or(flow).tuple), (*owner)?))
            });
        let quic = scene.flows.iter().filter(|flow| {
            let protocols = &flow.protocols;
            protocols.contains(&FlowProtocol::Quic) || protocols.contains(&FlowProtocol::Http3)
        });
        Self {
            streams: streams.collect(),
            calls: owned.collect(),
            quic: quic.map(|flow| key(&flow.tuple)).collect(),
        }
    }

    /// What is known of an SSRC.
    pub fn stream(&self, ssrc: Ssrc) -> Option<&Stream> {
        self.streams.get(&ssrc)
    }

    /// The call that a conversation belongs to.
    pub fn call(&self, tuple: &FiveTuple) -> Option<PeerConnectionId> {
        self.calls.get(&key(tuple)).copied()
    }

    /// Reads `payload` as QUIC's short header in a conversation that is none of QUIC's? Its one fixed bit is in every letter, too.
    pub fn only_looks_like_quic(&self, tuple: &FiveTuple, payload: &[u8]) -> bool {
        let short = payload.first().is_some_and(|first| first >> 6 == 1);
        short && classify(payload) == Kind::Quic && !self.quic.contains(&key(tuple))
    }
}

/// The same for both directions.
fn key(tuple: &FiveTuple) -> Key {
    let (low, high) = if tuple.a <= tuple.b {
        (tuple.a, tuple.b)
    } else {
        (tuple.b, tuple.a)
    };
    (tuple.transport, low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_no_quic_unless_the_conversation_carries_it() {
        let end = |last| TransportAddress::new([192, 0, 2, last].into(), 1_900);
        let tuple = FiveTuple {
            transport: Transport::Udp,
            a: end(2),
            b: end(1),
        };
        let search = b"M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\n\r\n";
        let mut known = Known::default();
        assert!(known.only_looks_like_quic(&tuple, search));
        known.quic.insert(key(&tuple));
        assert!(!known.only_looks_like_quic(&tuple, search));
        // A long header names its version.
        let initial = [&[0xc3, 0, 0, 0, 1, 8][..], &[0; 60]].concat();
        assert!(!Known::default().only_looks_like_quic(&tuple, &initial));
    }
}
