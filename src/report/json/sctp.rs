//! `dtls[].sctp`: the association on which data channels run.

use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::milliseconds;
use crate::session::model::media::DtlsTransport;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;

/// An SCTP association (RFC 9260) inside DTLS (RFC 8261).
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sctp {
    /// `cookie-wait`, `cookie-echoed`, `established`, `shutdown`, `closed` or `aborted`.
    pub state: &'static str,
    /// Always `inferred`: of the ends' states the wire shows the steps.
    pub state_basis: &'static str,
    /// The first INIT.
    pub init_time_seconds: Option<f64>,
    /// The first COOKIE ACK, which ends setup.
    pub established_time_seconds: Option<f64>,
    /// From the one to the other, ms.
    pub setup_ms: Option<f64>,
    /// The first SHUTDOWN.
    pub shutdown_time_seconds: Option<f64>,
    /// SHUTDOWN COMPLETE.
    pub closed_time_seconds: Option<f64>,
    /// ABORT.
    pub aborted_time_seconds: Option<f64>,
    /// Who sent it: `a` or `b`.
    pub aborted_by: Option<&'static str>,
    /// Packets; null when the sides of the conversation are not known.
    pub packets_a_to_b: Option<u64>,
    /// The other way.
    pub packets_b_to_a: Option<u64>,
    /// First packet.
    pub first_time_seconds: f64,
    /// Last packet.
    pub last_time_seconds: f64,
    /// Frames of setup and end; of the first and last packet where neither was seen.
    pub frames: Vec<FrameRef>,
}

impl Sctp {
    /// That of a DTLS association.
    pub fn of(context: Context<'_>, transport: &DtlsTransport) -> Option<Self> {
        let sctp = transport.sctp.as_ref()?;
        let course = &sctp.course;
        let sent = |side: Side| {
            let forward = transport.side_of(Direction::Forward)?;
            sctp.packets.get(usize::from(forward != side)).copied()
        };
        let aborter = course.aborted.map(|seen| seen.direction);
        Some(Self {
            state: course.state().word(),
            state_basis: Basis::Inferred.word(),
            init_time_seconds: course.init.map(|seen| context.seconds(seen.at)),
            established_time_seconds: course.cookie_ack.map(|seen| context.seconds(seen.at)),
            setup_ms: sctp.setup_duration().map(milliseconds),
            shutdown_time_seconds: course.shutdown.map(|seen| context.seconds(seen.at)),
            closed_time_seconds: course
                .shutdown_complete
                .map(|seen| context.seconds(seen.at)),
            aborted_time_seconds: course.aborted.map(|seen| context.seconds(seen.at)),
            aborted_by: aborter
                .and_then(|direction| transport.side_of(direction))
                .map(Side::word),
            packets_a_to_b: sent(Side::A),
            packets_b_to_a: sent(Side::B),
            first_time_seconds: context.seconds(sctp.span.0.at),
            last_time_seconds: context.seconds(sctp.span.1.at),
            frames: context.frames(&sctp.frames()),
        })
    }
}
