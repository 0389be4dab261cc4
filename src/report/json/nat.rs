//! `natMappings`: how NATs map the sockets seen.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::session::model::nat::Mapped;
use crate::session::model::nat::NatMapping;
use crate::vocab::claim::Basis;

/// A socket behind a NAT whose mapping behaviour (RFC 4787 §4.1) shows.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Mapping {
    /// The socket's own address.
    pub base: String,
    /// The peer connection that it serves.
    pub peer_connection: Option<String>,
    /// Whose socket it is: `a` or `b` of that peer connection.
    pub side: Option<&'static str>,
    /// `endpoint-independent`, `address-dependent`, `address-and-port-dependent`, or `destination-dependent` where the capture does not tell
    /// which of the latter two.
    pub mapping: &'static str,
    /// Always `inferred`.
    pub basis: &'static str,
    /// From what, in order of time.
    pub seen: Vec<Seen>,
}

/// One external address of the socket.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Who saw it; null when only a candidate tells of it.
    pub destination: Option<String>,
    /// The external address.
    pub mapped_address: String,
    /// When that was told.
    pub time_seconds: f64,
    /// In which frame.
    pub frames: Vec<FrameRef>,
}

impl Mapping {
    /// All sockets whose mapping behaviour shows.
    pub fn all(context: Context<'_>) -> Vec<Self> {
        let mappings = context.analysis.scene.nat.iter();
        mappings
            .map(|mapping| Self::new(context, mapping))
            .collect()
    }

    fn new(context: Context<'_>, mapping: &NatMapping) -> Self {
        let seen = mapping.seen.iter();
        Self {
            base: mapping.base.to_string(),
            peer_connection: mapping.owner.map(|(id, _)| id.id()),
            side: mapping.owner.map(|(_, side)| side.word()),
            mapping: mapping.behavior.word(),
            basis: Basis::Inferred.word(),
            seen: seen.map(|seen| Seen::new(context, seen)).collect(),
        }
    }
}

impl Seen {
    fn new(context: Context<'_>, mapped: &Mapped) -> Self {
        let frames = mapped.frame.iter();
        Self {
            destination: mapped.destination.map(|address| address.to_string()),
            mapped_address: mapped.address.to_string(),
            time_seconds: context.seconds(mapped.at),
            frames: frames.map(|&frame| context.frame(frame)).collect(),
        }
    }
}
