//! `dataChannels`: what ran inside DTLS besides media, where keys opened it.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::session::model::data::DataChannel as Model;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;

/// A data channel (RFC 8831).
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DataChannel<'a> {
    /// `channel-1`, in order of first sight.
    pub id: String,
    /// The peer connection that it belongs to.
    pub peer_connection: Option<String>,
    /// The DTLS association that it runs in.
    pub dtls: String,
    /// Its SCTP stream, as in webrtc-stats.
    pub data_channel_identifier: u16,
    /// Its name; null when its opening was not seen.
    pub label: Option<&'a str>,
    /// Its subprotocol; empty when it has none.
    pub protocol: Option<&'a str>,
    /// Is delivery in order?
    pub ordered: Option<bool>,
    /// How often a lost message is sent again at most; null: no such limit, or not known.
    pub max_retransmits: Option<u32>,
    /// How long, ms; null: no such limit, or not known.
    pub max_packet_life_time: Option<u32>,
    /// `connecting`, `open` or `closed`.
    pub state: &'static str,
    /// Always `inferred`: an end that leaves says so in the clear to nobody.
    pub state_basis: &'static str,
    /// Who opened it: `a` or `b`.
    pub opened_by: Option<&'static str>,
    /// When.
    pub opened_time_seconds: Option<f64>,
    /// When a side reset its stream.
    pub closed_time_seconds: Option<f64>,
    /// Messages of the application.
    pub messages_a_to_b: Option<u64>,
    /// The other way.
    pub messages_b_to_a: Option<u64>,
    /// Bytes of them, without the protocols below.
    pub bytes_a_to_b: Option<u64>,
    /// The other way.
    pub bytes_b_to_a: Option<u64>,
    /// First sight of it.
    pub first_time_seconds: f64,
    /// Last sight of it.
    pub last_time_seconds: f64,
    /// Frames of both.
    pub frames: Vec<FrameRef>,
}

/// `channel-1` for the first.
pub fn id(position: usize) -> String {
    format!("channel-{}", position + 1)
}

impl<'a> DataChannel<'a> {
    /// All channels.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let channels = context.analysis.scene.data_channels.iter().enumerate();
        channels
            .map(|(position, data)| Self::new(context, position, data))
            .collect()
    }

    fn new(context: Context<'a>, position: usize, data: &'a Model) -> Self {
        let channel = &data.channel;
        let (first, last) = channel.span;
        let [a, b] = [Side::A, Side::B].map(|side| data.sent_by(side));
        Self {
            id: id(position),
            peer_connection: data.peer_connection.map(Id::id),
            dtls: data.dtls.id(),
            data_channel_identifier: data.id,
            label: channel.label.as_deref(),
            protocol: channel.protocol.as_deref(),
            ordered: channel.ordered,
            max_retransmits: data.max_retransmits(),
            max_packet_life_time: data.max_packet_life_time(),
            state: data.state(),
            state_basis: Basis::Inferred.word(),
            opened_by: data.opener().map(Side::word),
            opened_time_seconds: channel.opened.map(|seen| context.seconds(seen.at)),
            closed_time_seconds: channel.closed.map(|seen| context.seconds(seen.at)),
            messages_a_to_b: a.map(|(messages, _)| messages),
            messages_b_to_a: b.map(|(messages, _)| messages),
            bytes_a_to_b: a.map(|(_, bytes)| bytes),
            bytes_b_to_a: b.map(|(_, bytes)| bytes),
            first_time_seconds: context.seconds(first.at),
            last_time_seconds: context.seconds(last.at),
            frames: context.frames(&[first.frame, last.frame]),
        }
    }
}
