//! `http`: requests with their responses.

use std::collections::HashMap;

use serde::Serialize;

use crate::flow::exchange::{Exchange, Version};
use crate::report::json::context::{Context, FrameRef, Id, milliseconds};
use crate::vocab::ids::ExchangeId;

/// A request with its response, as far as the capture has them.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Http<'a> {
    /// `http-1`, in order of the request.
    pub id: String,
    /// The conversation that it ran in.
    pub flow: String,
    /// `1.0`, `1.1` or `2`.
    pub version: Option<&'static str>,
    /// Method; null when the request was not captured.
    pub method: Option<&'a str>,
    /// Target URI; null when the request was not captured.
    pub url: Option<String>,
    /// Status; null when unanswered.
    pub status: Option<u16>,
    /// First byte.
    pub time_seconds: Option<f64>,
    /// From the request's last byte to the response's first.
    pub time_to_first_byte_ms: Option<f64>,
    /// From the request's first byte to the response's last.
    pub duration_ms: Option<f64>,
    /// Length of the request's body on the wire.
    pub request_bytes: Option<u64>,
    /// Length of the response's body on the wire.
    pub response_bytes: Option<u64>,
    /// Content-Type of the request.
    pub request_type: Option<&'a str>,
    /// Content-Type of the response.
    pub response_type: Option<&'a str>,
    /// What the connection became: `websocket` …
    pub upgraded: Option<&'a str>,
    /// Frames of the request.
    pub request_frames: Vec<FrameRef>,
    /// Frames of the response.
    pub response_frames: Vec<FrameRef>,
    /// What it was for, when it carried signaling: `janus create`.
    pub purpose: Option<String>,
}

impl<'a> Http<'a> {
    /// All exchanges.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let scene = &context.analysis.scene;
        let mut purposes: HashMap<ExchangeId, String> = HashMap::new();
        for dialogue in &scene.dialogues {
            for message in &dialogue.messages {
                if let Some(exchange) = message.exchange {
                    // The first message of an exchange is its request, where that was captured.
                    purposes.entry(exchange).or_insert_with(|| {
                        format!("{} {}", dialogue.protocol.word(), message.kind)
                    });
                }
            }
        }
        let exchanges = scene.http.iter().zip(0..);
        exchanges
            .map(|(exchange, index)| {
                let purpose = purposes.remove(&ExchangeId(index));
                Self::new(context, exchange, purpose)
            })
            .collect()
    }

    fn new(context: Context<'a>, exchange: &'a Exchange, purpose: Option<String>) -> Self {
        let request = exchange.request.as_ref();
        let response = exchange.response.as_ref();
        Self {
            id: exchange.id.id(),
            flow: exchange.flow.id(),
            version: exchange.version().map(Version::word),
            method: request.map(|request| request.method.as_str()),
            url: request.map(|_| exchange.url()),
            status: response
                .map(|response| response.status)
                .filter(|&status| status != 0),
            time_seconds: exchange.at().map(|at| context.seconds(at)),
            time_to_first_byte_ms: exchange.time_to_first_byte().map(milliseconds),
            duration_ms: exchange.duration().map(milliseconds),
            request_bytes: request.map(|request| request.body.wire_bytes),
            response_bytes: response.map(|response| response.body.wire_bytes),
            request_type: request.and_then(|request| request.header("content-type")),
            response_type: response.and_then(|response| response.header("content-type")),
            upgraded: exchange.upgraded.as_deref(),
            request_frames: request.map_or_else(Vec::new, |it| context.frames(&it.frames)),
            response_frames: response.map_or_else(Vec::new, |it| context.frames(&it.frames)),
            purpose,
        }
    }
}
