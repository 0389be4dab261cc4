//! `streams[].remoteOutbound` and `remoteInbound`: what RTCP says of a stream.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::nine_decimals;
use crate::report::json::context::seconds;
use crate::session::model::feedback::ReceiverSays;
use crate::session::model::feedback::SenderSays;
use crate::session::model::media::MediaStream;

/// What the sender reported of its own stream.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemoteOutbound {
    /// Sender reports.
    pub reports_sent: u64,
    /// Packets, by the last one.
    pub packets_sent: u32,
    /// Payload bytes, by the last one; modulo 2^32 (RFC 3550 §6.4.1).
    pub bytes_sent: u32,
    /// When the last one passed.
    pub time_seconds: f64,
    /// Its frame.
    pub frames: Vec<FrameRef>,
}

/// What the receiver reported; the last to report, where several do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemoteInbound {
    /// Reception reports.
    pub reports: u64,
    /// Packets lost, by the last one; below zero when duplicates came.
    pub packets_lost: i32,
    /// Loss between the last two, 0 to 1.
    pub fraction_lost: f64,
    /// The largest such loss, 0 to 1.
    pub fraction_lost_max: f64,
    /// Jitter by the last one, seconds; null without a clock rate.
    pub jitter: Option<f64>,
    /// The largest, seconds.
    pub jitter_max: Option<f64>,
    /// Mean of the round trips between where the capture was taken and the receiver, seconds; null when none could be told.
    pub round_trip_time: Option<f64>,
    /// The shortest, seconds.
    pub round_trip_time_min: Option<f64>,
    /// The longest, seconds.
    pub round_trip_time_max: Option<f64>,
    /// How many.
    pub round_trip_time_measurements: u64,
    /// When the last report passed.
    pub time_seconds: f64,
    /// Frames of the first and the last report.
    pub frames: Vec<FrameRef>,
}

impl RemoteOutbound {
    pub(super) fn new(context: Context<'_>, says: &SenderSays) -> Self {
        Self {
            reports_sent: says.reports,
            packets_sent: says.packets,
            bytes_sent: says.bytes,
            time_seconds: context.seconds(says.last.at),
            frames: context.frames(&[says.last.frame]),
        }
    }
}

impl RemoteInbound {
    pub(super) fn new(context: Context<'_>, stream: &MediaStream, says: &ReceiverSays) -> Self {
        let jitter = stream.reported_jitter_seconds();
        let trips = says.round_trips;
        let told = trips.count > 0;
        Self {
            reports: says.reports,
            packets_lost: says.packets_lost,
            fraction_lost: nine_decimals(says.fraction_lost()),
            fraction_lost_max: nine_decimals(says.fraction_lost_max()),
            jitter: jitter.map(|(last, _)| nine_decimals(last)),
            jitter_max: jitter.map(|(_, largest)| nine_decimals(largest)),
            round_trip_time: says.round_trip().map(seconds),
            round_trip_time_min: told.then(|| seconds(trips.min)),
            round_trip_time_max: told.then(|| seconds(trips.max)),
            round_trip_time_measurements: trips.count,
            time_seconds: context.seconds(says.span.1.at),
            frames: context.frames(&[says.span.0.frame, says.span.1.frame]),
        }
    }
}
