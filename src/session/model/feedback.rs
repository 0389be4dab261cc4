//! What RTCP says of a stream: its sender's reports, its receiver's, and what was asked of the sender.
//!
//! Only of RTCP that could be read: plain, or opened with keys. In the words of webrtc-stats this is `remote-outbound-rtp`, `remote-inbound-rtp`,
//! and the counts of NACK, PLI and FIR.

use std::time::Duration;

use crate::track::rtcp::facts::RoundTrips;
use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;

/// RTCP about one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Feedback {
    /// What its sender reported.
    pub sent: Option<SenderSays>,
    /// What its receiver reported; of several, whoever reported last.
    pub received: Option<ReceiverSays>,
    /// What its receivers asked for; `None` when no RTCP against the stream's direction could be read.
    pub asked: Option<Asked>,
}

/// The sender's own count (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderSays {
    /// Sender reports.
    pub reports: u64,
    /// Packets sent, by the last one.
    pub packets: u32,
    /// Payload bytes sent, by the last one.
    pub bytes: u32,
    /// The last one.
    pub last: Sighting,
}

/// A receiver's account (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiverSays {
    /// Who reported.
    pub reporter: Ssrc,
    /// Reception reports.
    pub reports: u64,
    /// Packets lost, by the last one; below zero when duplicates came.
    pub packets_lost: i32,
    /// Loss between the last two, 256ths.
    pub fraction_lost: u8,
    /// The largest such loss, 256ths.
    pub fraction_lost_max: u8,
    /// Jitter by the last one, ticks of the stream's clock.
    pub jitter_ticks: u32,
    /// The largest, ticks.
    pub jitter_ticks_max: u32,
    /// Round trips between where the capture was taken and the receiver.
    pub round_trips: RoundTrips,
    /// The first and the last.
    pub span: (Sighting, Sighting),
}

/// Feedback of the receivers (RFC 4585 §6, RFC 5104 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// NACK packets.
    pub nacks: u64,
    /// Sequence numbers asked for again, repeats included.
    pub packets_nacked: u64,
    /// Picture loss indications.
    pub plis: u64,
    /// Full intra requests.
    pub firs: u64,
    /// Last bit rate that REMB or TMMBR allowed.
    pub bitrate_limit_bps: Option<u64>,
    /// The first and the last request.
    pub span: Option<(Sighting, Sighting)>,
}

impl ReceiverSays {
    /// Loss between the last two reports, 0 to 1.
    pub fn fraction_lost(&self) -> f64 {
        f64::from(self.fraction_lost) / 256.0
    }

    /// The largest loss between two reports, 0 to 1.
    pub fn fraction_lost_max(&self) -> f64 {
        f64::from(self.fraction_lost_max) / 256.0
    }

    /// Mean round trip; `None` when none could be told.
    pub fn round_trip(&self) -> Option<Duration> {
        self.round_trips.mean()
    }
}
