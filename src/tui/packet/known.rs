//! What the analysis knows that a frame alone does not tell: codecs of SSRCs, calls of conversations.

use std::collections::HashMap;

use crate::session::model::scene::Scene;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::ids::Ssrc;

/// Look-ups over one scene.
#[derive(Debug, Default)]
pub struct Known {
    streams: HashMap<Ssrc, Stream>,
    calls: HashMap<(Transport, TransportAddress, TransportAddress), PeerConnectionId>,
}

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
        Self {
            streams: streams.collect(),
            calls: owned.collect(),
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
}

/// The same for both directions.
fn key(tuple: &FiveTuple) -> (Transport, TransportAddress, TransportAddress) {
    let (low, high) = if tuple.a <= tuple.b {
        (tuple.a, tuple.b)
    } else {
        (tuple.b, tuple.a)
    };
    (tuple.transport, low, high)
}
